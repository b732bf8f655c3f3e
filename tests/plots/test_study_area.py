"""The study-area map, its scale and its arrow, read from the artists."""

from __future__ import annotations

import math
from itertools import combinations

import geopandas as gpd
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from pyproj import Geod
from shapely.geometry import box

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, LayerError, OptionError

UNITS = list("abcd")
LAYER = gpd.GeoDataFrame(
    {"name": ["A", "B", "C", "D"]},
    geometry=[box(10 * i, 55, 10 * i + 10, 65) for i in range(4)],
    index=UNITS,
    crs="EPSG:4326",
)
GROUPS = pd.Series({"a": "East", "b": "West", "c": "West"}, name="region")


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def legend(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_groups_scale_arrow_note_and_names() -> None:
    ax = sf.plot.study_area(
        LAYER,
        GROUPS,
        names=["a"],
        note="审图号 $x$",
        labels={"region": "Region", "East": "东部", "km": "千米", "N": "北"},
        title="Area",
    )
    assert legend(ax) == ["东部 (1)", "West (2)", "Not in the study (1)"]
    assert ax.get_legend().get_patches()[-1].get_hatch() == "////"
    assert ax.get_legend().get_title().get_text() == "Region"
    assert texts(ax) == ["200 千米", "北", "审图号 $x$", "A"]
    assert ax.get_title() == "Area"


def test_without_groups_there_is_no_legend() -> None:
    ax = sf.plot.study_area(LAYER, names=False)
    assert ax.get_legend() is None
    assert texts(ax) == ["200 km", "N"]


def test_categories_keep_their_order_and_empty_groups() -> None:
    kinds = pd.CategoricalDtype(["West", "Middle", "East"])
    ax = sf.plot.study_area(LAYER, GROUPS.astype(kinds), names=False)
    assert legend(ax) == ["West (2)", "Middle (0)", "East (1)", "Not in the study (1)"]


def middle_of(ax: Axes) -> tuple[float, float]:
    return sum(ax.get_xlim()) / 2, sum(ax.get_ylim()) / 2


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:32632", "EPSG:2225", "ESRI:102025"])
def test_the_bar_is_as_long_as_the_geodesic_across_the_middle(crs: str) -> None:
    """In degrees, in Web Mercator (half of its metres at 60 degrees), metres, feet and a conic projection."""
    layer = LAYER.to_crs(crs) if crs != "EPSG:2225" else LAYER.translate(-160, -17)
    layer = gpd.GeoDataFrame(geometry=layer.geometry).to_crs(crs)
    ax = sf.plot.study_area(layer, names=False)
    before = ax.get_xlim()
    sf.plot.scale_bar(ax, layer, length=200)
    left, right = [patch for patch in ax.patches if isinstance(patch, Rectangle)][-2:]
    (x, y), half = middle_of(ax), (left.get_width() + right.get_width()) / 2
    ends = gpd.GeoSeries.from_xy([x - half, x + half], [y, y], crs=crs).to_crs("EPSG:4326")
    metres = Geod(ellps="WGS84").inv(ends.x[0], ends.y[0], ends.x[1], ends.y[1])[2]
    assert metres / 1000 == pytest.approx(200, rel=2e-3)  # the scale changes along the bar
    assert ax.get_xlim() == before


def test_the_arrow_points_along_the_meridian_of_its_place() -> None:
    layer = LAYER.set_geometry(LAYER.geometry.translate(60, -20)).to_crs("ESRI:102025")
    ax = sf.plot.study_area(layer, names=False)
    arrow = next(text for text in ax.texts if text.get_text() == "N")
    right, up = arrow.xyann
    start = ax.transLimits.inverted().transform(arrow.xy)
    foot = gpd.GeoSeries.from_xy(*start[:, None], crs=layer.crs).to_crs("EPSG:4326")
    there = foot.translate(0, 0.5).to_crs(layer.crs)
    east, north = there.x[0] - start[0], there.y[0] - start[1]
    assert math.degrees(math.atan2(right, up)) == pytest.approx(
        math.degrees(math.atan2(east, north)), abs=0.1
    )
    assert math.degrees(math.atan2(right, up)) > 10
    assert sf.plot.north_arrow(ax).texts[-1].xyann[0] == 0  # without a layer it points up
    assert sf.plot.study_area(LAYER, names=False).texts[-1].xyann[0] == pytest.approx(0)


def test_a_map_off_the_globe_has_no_scale() -> None:
    local = 'LOCAL_CS["plan",UNIT["metre",1]]'
    with pytest.raises(LayerError, match="no place on the globe"):
        sf.plot.study_area(LAYER.set_crs(local, allow_override=True), names=False)
    with pytest.raises(LayerError, match="no coordinate system"):
        sf.plot.north_arrow(plt.subplots()[1], LAYER.set_crs(None, allow_override=True))


def test_an_inset_in_degrees_is_found_in_a_projected_layer() -> None:
    layer = LAYER.to_crs("ESRI:102025")
    ax = sf.plot.study_area(layer, names=False, inset=(0, 55, 10, 65))
    (x0, x1), (y0, y1) = ax.child_axes[0].get_xlim(), ax.child_axes[0].get_ylim()
    west, south, east, north = layer.loc["a"].geometry.bounds
    assert x0 == pytest.approx(west, abs=1e5)
    assert x1 == pytest.approx(east, abs=1e5)
    assert y0 == pytest.approx(south, abs=1e5)
    assert y1 == pytest.approx(north, abs=1e5)
    with pytest.raises(OptionError, match=r"degrees of west, south, east and north.*SOUTH_CHINA_SEA"):
        sf.plot.study_area(layer, names=False, inset=(0.0, 0.0, 1e6, 1e6))


def test_with_an_inset_shapes_are_true_at_the_middle_of_each_part() -> None:
    far = gpd.GeoDataFrame({"name": ["Reef"]}, geometry=[box(15, 0, 15.01, 0.01)], index=["r"], crs=LAYER.crs)
    layer = gpd.GeoDataFrame(pd.concat([LAYER, far]), crs=LAYER.crs)
    ax = sf.plot.study_area(layer, names=False, inset=(14, -10, 16, 20))
    assert ax.get_aspect() == pytest.approx(2)  # 60 degrees north, not the middle of all
    assert ax.child_axes[0].get_aspect() == pytest.approx(1 / math.cos(math.radians(5)))


def test_names_neither_cover_each_other_nor_are_lost_where_they_can_move() -> None:
    layer = sf.load_layer("china_provinces")
    with sf.plot.journal_style():
        ax = sf.plot.study_area(layer, inset=sf.plot.SOUTH_CHINA_SEA)
    ax.figure.draw_without_rendering()
    names = [text for text in ax.texts if text.get_text() in set(layer["name"])]
    boxes = [text.get_window_extent() for text in names]
    assert {"Beijing", "Hebei"} <= {text.get_text() for text in names}
    # The layout moves by a pixel or two after the names have found their places.
    assert not any(one.padded(-1).overlaps(other.padded(-1)) for one, other in combinations(boxes, 2))


def test_an_inset_stays_whatever_is_on_the_map() -> None:
    places = []
    for groups, names in ((GROUPS, True), (GROUPS.iloc[:1], False), (None, False)):
        ax = sf.plot.study_area(LAYER, groups, names=names, inset=(0, 55, 10, 65))
        inset = ax.child_axes[0]
        ax.figure.draw_without_rendering()
        corners = ax.transAxes.inverted().transform(inset.get_window_extent().get_points())
        places.append((*corners.ravel().round(6), *inset.get_xlim(), *inset.get_ylim()))
    assert places[0] == places[1] == places[2]


def test_bad_input() -> None:
    with pytest.raises(LayerError, match="no coordinate system"):
        sf.plot.study_area(LAYER.set_crs(None, allow_override=True))
    with pytest.raises(AlignmentError, match="'z'"):
        sf.plot.study_area(LAYER, pd.Series({"z": "East"}))
    with pytest.raises(DataError, match="no unit has a group"):
        sf.plot.study_area(LAYER, pd.Series({"a": None}, dtype="object"))
    with pytest.raises(DataError, match="a Series indexed by unit"):
        sf.plot.study_area(LAYER, ["East"])  # type: ignore[arg-type]
    nine = pd.concat([LAYER] * 3).set_axis([str(number) for number in range(12)])
    with pytest.raises(DataError, match="12 groups"):
        sf.plot.study_area(nine, nine.index.to_series())
    with pytest.raises(OptionError, match="length=-1"):
        sf.plot.scale_bar(sf.plot.study_area(LAYER), LAYER, length=-1)
