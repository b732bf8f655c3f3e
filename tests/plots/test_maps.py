"""Maps: colours, legends, missing units and names, read from the artists."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from shapely.geometry import LineString, box

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, LayerError, OptionError
from spatialfin.plot.maps import CLUSTER_COLOURS

UNITS = list("abcdefghi")


def grid(*, decoration: bool = True, crs: str | None = "EPSG:4326") -> gpd.GeoDataFrame:
    """Nine square degrees around 60 degrees north, and a line."""
    shapes = [box(i % 3, 58.5 + i // 3, i % 3 + 1, 59.5 + i // 3) for i in range(9)]
    frame = pd.DataFrame({"name": [f"Unit {u}" for u in UNITS], "decoration": False}, index=UNITS)
    layer = gpd.GeoDataFrame(frame, geometry=shapes, crs=crs)
    if decoration:
        line = pd.DataFrame({"name": ["Line"], "decoration": [True]}, index=["line"])
        extra = gpd.GeoDataFrame(line, geometry=[LineString([(0, 50), (3, 50)])], crs=crs)
        layer = gpd.GeoDataFrame(pd.concat([layer, extra]), crs=crs)
    return layer


VALUES = pd.Series(np.arange(9.0), index=UNITS, name="lq")


def legend(ax: Axes) -> list[str]:
    found = ax.get_legend()
    return [text.get_text() for text in found.get_texts()] if found else []


def colours(ax: Axes) -> dict[str, str]:
    """Fill colour of each unit, found by the place of its drawn shape."""
    found = {}
    places = {
        (shape.centroid.x, shape.centroid.y): unit for unit, shape in grid(decoration=False).geometry.items()
    }
    for collection in ax.collections:
        paths = collection.get_paths()
        fills = collection.get_facecolor()
        for number, path in enumerate(paths):
            middle = path.get_extents()
            key = ((middle.x0 + middle.x1) / 2, (middle.y0 + middle.y1) / 2)
            if len(fills) and key in places:
                found[places[key]] = to_hex(fills[number % len(fills)])
    return found


def test_each_unit_has_the_colour_of_its_class() -> None:
    ax = sf.plot.choropleth(grid(), VALUES, k=3)
    handles = [to_hex(handle.get_facecolor()) for handle in ax.get_legend().get_patches()]
    assert len(set(handles)) == 3
    drawn = colours(ax)
    assert [drawn[unit] for unit in UNITS] == [handles[i // 3] for i in range(9)]


def test_the_legend_counts_every_unit() -> None:
    ax = sf.plot.choropleth(grid(), VALUES.drop(["a", "b"]), k=3, digits=0, labels={"lq": "Quotient"})
    assert legend(ax) == ["2 – 4 (3)", "4 – 6 (2)", "6 – 8 (2)", "No data (2)"]
    assert ax.get_legend().get_title().get_text() == "Quotient"


@settings(max_examples=8)
@given(st.permutations(UNITS))
def test_row_order_does_not_matter(order: list[str]) -> None:
    expected = colours(sf.plot.choropleth(grid(), VALUES, k=4))
    drawn = colours(sf.plot.choropleth(grid().loc[["line", *order]], VALUES[order[::-1]], k=4))
    plt.close("all")
    assert drawn == expected


def test_missing_units_are_hatched_and_never_coloured() -> None:
    ax = sf.plot.choropleth(grid(), VALUES.where(VALUES != 4.0).drop("a"), missing_label="无数据")
    missing = ax.get_legend().get_patches()[-1]
    assert legend(ax)[-1] == "无数据 (2)"
    assert missing.get_hatch() == "////"
    drawn = colours(ax)
    assert drawn["a"] == drawn["e"] == to_hex(missing.get_facecolor())
    assert [unit for unit in drawn if drawn[unit] == drawn["a"]] == ["a", "e"]


def test_decoration_is_a_line_and_no_unit() -> None:
    ax = sf.plot.choropleth(grid(), VALUES, k=2)
    lines = [c for c in ax.collections if c.get_paths()[0].get_extents().y1 == 50.0]
    assert len(lines) == 1
    assert len(lines[0].get_facecolor()) == 0
    with pytest.raises(AlignmentError, match="'line'"):
        sf.plot.choropleth(grid(), pd.Series({"line": 1.0}))


def test_few_distinct_values_get_one_class_each() -> None:
    values = pd.Series([0, 1, 1, 0, 3, 3, 1, 0, 0], index=UNITS)
    assert legend(sf.plot.choropleth(grid(), values)) == ["0 (4)", "1 (3)", "3 (2)"]
    assert legend(sf.plot.choropleth(grid(), pd.Series(2.5, index=UNITS))) == ["2.50 (9)"]


def test_ties_leave_no_empty_class() -> None:
    values = pd.Series([0, 0, 0, 0, 0, 0, 1, 2, 3], index=UNITS, dtype=float)
    texts = legend(sf.plot.choropleth(grid(), values, k=3, digits=1))
    assert sum(int(text.partition("(")[2][:-1]) for text in texts) == 9
    assert not any("(0)" in text for text in texts)


def test_own_breaks_keep_empty_classes() -> None:
    ax = sf.plot.choropleth(grid(), VALUES, breaks=[1.0, 20.0, 30.0], digits=0)
    assert legend(ax) == ["≤ 1 (2)", "1 – 20 (7)", "20 – 30 (0)", "> 30 (0)"]


@pytest.mark.parametrize("scheme", ["quantiles", "equal_interval", "fisher_jenks", "std_mean", "head_tail"])
def test_every_scheme_puts_every_unit_in_one_class(scheme: str) -> None:
    values = pd.Series(np.exp(np.arange(9.0)), index=UNITS)
    texts = legend(sf.plot.choropleth(grid(), values, scheme=scheme, k=4))
    assert sum(int(text.partition("(")[2][:-1]) for text in texts) == 9


def test_schemes_are_those_of_mapclassify() -> None:
    # 0..8 and 100 by equal intervals: everything but the last lies in the first quarter.
    values = pd.Series([0, 1, 2, 3, 4, 5, 6, 7, 100], index=UNITS, dtype=float)
    assert legend(sf.plot.choropleth(grid(), values, scheme="equal_interval", k=4, digits=0)) == [
        "0 – 25 (8)", "25 – 100 (1)",
    ]  # fmt: skip


def test_bounds_that_look_alike_get_more_decimals() -> None:
    texts = legend(sf.plot.choropleth(grid(), VALUES / 10_000, k=3, digits=1))
    assert texts[0] == "0.0000 – 0.0003 (3)"


def test_degrees_have_the_aspect_of_the_middle_latitude() -> None:
    # 1 / cos(60 degrees) = 2
    assert sf.plot.choropleth(grid(), VALUES).get_aspect() == pytest.approx(2.0)
    assert sf.plot.choropleth(grid(crs="EPSG:32650"), VALUES).get_aspect() == 1.0
    assert sf.plot.choropleth(grid(crs=None), VALUES).get_aspect() == 1.0


def test_borders_are_thinner_in_small_maps() -> None:
    values = pd.DataFrame(dict.fromkeys(range(8), VALUES))
    with sf.plot.journal_style():
        large, *_, small = (
            sf.plot.choropleth(grid(), VALUES).collections[0],
            sf.plot.map_series(grid(), values)[0].collections[0],
        )
    assert large.get_linewidth()[0] == pytest.approx(0.5)
    assert 0.1 < small.get_linewidth()[0] < 0.25


def test_names_of_units() -> None:
    chosen = sf.plot.choropleth(grid(), VALUES, names=["a", "i"], labels={"i": "单元"})
    assert [text.get_text() for text in chosen.texts] == ["Unit a", "单元"]
    assert len(sf.plot.choropleth(grid(decoration=False), VALUES, names="all").texts) == 9
    assert not sf.plot.choropleth(grid(), VALUES).texts
    with pytest.raises(AlignmentError, match="names: the layer has no unit 'z'"):
        sf.plot.choropleth(grid(), VALUES, names=["z"])


def test_names_that_do_not_fit_are_left_out() -> None:
    layer = grid()
    layer["name"] = "A very long name of a unit that would cover its neighbours"
    assert not sf.plot.choropleth(layer, VALUES, names="all").texts
    assert len(sf.plot.choropleth(layer, VALUES, names=["a"]).texts) == 1


def test_a_given_axes_is_used_and_nothing_else_is_touched() -> None:
    before = dict(plt.rcParams)
    _, (left, right) = plt.subplots(1, 2)
    values, layer = VALUES.copy(), grid()
    assert sf.plot.choropleth(layer, values, ax=right, legend=False, title="T") is right
    assert right.get_legend() is None
    assert right.get_title() == "T"
    assert not left.collections
    assert len(plt.get_fignums()) == 1
    assert dict(plt.rcParams) == before
    pd.testing.assert_series_equal(values, VALUES)
    assert layer.equals(grid())


def test_an_inset_shows_a_part_in_a_box() -> None:
    layer = grid(decoration=False)
    island = gpd.GeoDataFrame({"name": ["Isle"], "decoration": [False]}, index=["x"],
                              geometry=[box(1, 40, 1.01, 40.01)], crs="EPSG:4326")  # fmt: skip
    layer = gpd.GeoDataFrame(pd.concat([layer, island]), crs="EPSG:4326")
    ax = sf.plot.choropleth(layer, VALUES, inset=(0.0, 39.0, 2.0, 41.0))
    assert ax.get_ylim()[0] > 50
    inner = ax.child_axes[0]
    assert (inner.get_xlim(), inner.get_ylim()) == ((0.0, 2.0), (39.0, 41.0))
    assert inner.collections


def test_the_south_china_sea_is_in_its_box() -> None:
    provinces = sf.load_layer("china_provinces")
    values = pd.Series(range(31), index=provinces.index[:31])
    west, south, east, north = sf.plot.SOUTH_CHINA_SEA
    assert provinces.total_bounds[1] > south
    ax = sf.plot.choropleth(provinces, values, inset=sf.plot.SOUTH_CHINA_SEA)
    assert south < ax.get_ylim()[0] < 18.2 < north
    assert west < 108.6 < east


def test_hostile_text_is_drawn_as_it_is() -> None:
    layer = grid()
    layer["name"] = r"$\frac{1}{0}$ </script>"
    ax = sf.plot.choropleth(
        layer, VALUES, names=["a"], title=r"$x^2$", missing_label="$", labels={"lq": "a_$b$"}
    )
    texts = [*ax.texts, ax.title, ax.get_legend().get_title(), *ax.get_legend().get_texts()]
    assert not any(text.get_parse_math() or text.get_usetex() for text in texts)
    assert (ax.texts[0].get_text(), ax.get_title()) == (r"$\frac{1}{0}$ </script>", r"$x^2$")
    ax.figure.canvas.draw()


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (pd.Series({"z": 1.0, "a": 2.0}), AlignmentError, r"no shape for 'z'.*\(such as 'a'"),
        (pd.Series([1.0, 2.0], index=["a", "a"]), DataError, "duplicate labels 'a'"),
        (
            pd.Series(["high", "low"], index=["a", "b"]),
            DataError,
            "text where numbers are expected at 'a', 'b'",
        ),
        (pd.Series(["1.5", "2"], index=["a", "b"]), DataError, "expected at 'a', 'b' .*pandas.to_numeric"),
        (pd.Series({"a": np.inf, "b": 1.0}), DataError, "values: infinite values at 'a'. Make them missing"),
        (pd.Series(np.nan, index=UNITS), DataError, "every unit is without a value"),
        (pd.Series(dtype=float), DataError, "every unit is without a value"),
    ],
)
def test_bad_values(values: pd.Series, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        sf.plot.choropleth(grid(), values)
    assert not plt.get_fignums()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"scheme": "quantile"}, OptionError, "Did you mean 'quantiles'"),
        ({"k": 1}, OptionError, "between 2 and 12"),
        ({"cmap": "viridi"}, OptionError, "Did you mean 'viridis'"),
        ({"breaks": [2.0, 1.0]}, DataError, "numbers that rise"),
        ({"breaks": []}, DataError, "numbers that rise"),
    ],
)
def test_bad_options(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        sf.plot.choropleth(grid(), VALUES, **options)


def test_a_layer_without_units() -> None:
    with pytest.raises(LayerError, match="no unit"):
        sf.plot.choropleth(grid().loc[["line"]], pd.Series(dtype=float))
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0, 1], [0, 1]), index=["a", "b"])
    with pytest.raises(LayerError, match=r"'a', 'b' have no area"):
        sf.plot.choropleth(points, pd.Series({"a": 1.0}))


def test_a_hole_is_not_filled() -> None:
    ring = box(0, 0, 3, 3).difference(box(1, 1, 2, 2))
    layer = gpd.GeoDataFrame(geometry=[ring, box(5, 0, 6, 1)], index=["ring", "b"])
    ax = sf.plot.choropleth(layer, pd.Series({"ring": 1.0, "b": 2.0}), legend=False)
    ax.figure.canvas.draw()
    pixels = np.asarray(ax.figure.canvas.buffer_rgba())
    across, up = ax.transData.transform([(1.5, 1.5), (0.5, 1.5)]).astype(int).T
    shown = pixels[pixels.shape[0] - up, across, :3]
    assert shown[0].tolist() == [255, 255, 255]
    assert shown[1].tolist() != [255, 255, 255]


class Local:
    """What lisa_map reads of a local Moran result."""

    variable = "lq"

    def __init__(self, clusters: pd.Series) -> None:
        self.found = clusters
        self.asked: tuple[float, str] | None = None

    def clusters(self, alpha: float, adjust: str) -> pd.Series:
        self.asked = (alpha, adjust)
        words = pd.CategoricalDtype(list(CLUSTER_COLOURS), ordered=True)
        return self.found.astype(words)


SOME = pd.Series(
    ["High-High", "High-High", "Low-Low", "No neighbours"] + ["Not significant"] * 4, index=UNITS[:8]
)


def test_all_classes_are_in_the_legend_in_their_colours() -> None:
    local = Local(SOME)
    ax = sf.plot.lisa_map(grid(), local, alpha=0.1, adjust="bonferroni")
    assert legend(ax) == [
        "High-High (2)", "Low-Low (1)", "Low-High (0)", "High-Low (0)", "Not significant (4)",
        "No neighbours (1)", "No data (1)",
    ]  # fmt: skip
    assert local.asked == (0.1, "bonferroni")
    patches = ax.get_legend().get_patches()
    assert [to_hex(patch.get_facecolor()) for patch in patches[:6]] == list(CLUSTER_COLOURS.values())
    assert [bool(patch.get_hatch()) for patch in patches] == [False] * 5 + [True, True]
    drawn = colours(ax)
    assert drawn["a"] == drawn["b"] == CLUSTER_COLOURS["High-High"]
    assert drawn["c"] == CLUSTER_COLOURS["Low-Low"]
    assert drawn["h"] == CLUSTER_COLOURS["Not significant"]


def test_colours_do_not_depend_on_the_clusters_there_are() -> None:
    quiet = sf.plot.lisa_map(grid(), Local(pd.Series("Not significant", index=UNITS)))
    assert legend(quiet)[0] == "High-High (0)"
    assert set(colours(quiet).values()) == {CLUSTER_COLOURS["Not significant"]}


def test_cluster_words_can_be_translated_and_significant_units_named() -> None:
    ax = sf.plot.lisa_map(grid(), Local(SOME), names=True, labels={"High-High": "高-高", "lq": "区位熵"})
    assert legend(ax)[0] == "高-高 (2)"
    assert ax.get_legend().get_title().get_text() == "区位熵 (p < 0.05, FDR)"
    assert sorted(text.get_text() for text in ax.texts) == ["Unit a", "Unit b", "Unit c"]


def test_units_only_in_the_result_are_named() -> None:
    with pytest.raises(AlignmentError, match="no shape for 'z'"):
        sf.plot.lisa_map(grid(), Local(pd.Series({"z": "High-High"})))
