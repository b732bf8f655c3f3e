"""The study-area map, its scale and its arrow, read from the artists."""

from __future__ import annotations

import math

import geopandas as gpd
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
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


@pytest.mark.parametrize(
    ("crs", "km"), [("EPSG:4326", 111.195 * math.cos(math.radians(60))), ("EPSG:3857", 0.001)]
)
def test_the_bar_has_the_length_it_says(crs: str, km: float) -> None:
    layer = LAYER.set_crs(crs, allow_override=True)
    ax = sf.plot.study_area(layer, names=False)
    before = ax.get_xlim()
    length = 100 if crs == "EPSG:4326" else 0.01
    sf.plot.scale_bar(ax, layer, length=length)
    bars = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    width = sum(bar.get_width() for bar in bars[-2:])
    assert width * km == pytest.approx(length, rel=1e-4)
    assert ax.get_xlim() == before


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
