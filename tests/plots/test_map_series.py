"""Small maps of several periods: one set of classes, one legend, nothing missing without a trace."""

from __future__ import annotations

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from shapely.geometry import box

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, OptionError
from spatialfin.plot._style import MISSING

UNITS = list("abcdef")


def layer() -> gpd.GeoDataFrame:
    shapes = [box(i % 3, i // 3, i % 3 + 1, i // 3 + 1) for i in range(6)]
    return gpd.GeoDataFrame({"name": UNITS}, index=pd.Index(UNITS), geometry=shapes, crs="EPSG:32650")


def table() -> pd.DataFrame:
    return pd.DataFrame({2004: np.arange(6.0), 2010: np.arange(6.0) + 6}, index=UNITS)


def drawn(ax: Axes) -> dict[str, tuple[str, str | None]]:
    """Fill and hatch of each unit, found by the place of its shape."""
    found = {}
    for collection in ax.collections:
        assert isinstance(collection, PathCollection)
        fill = to_hex(collection.get_facecolor()[0]) if len(collection.get_paths()) else ""
        for path in collection.get_paths():
            middle = path.get_extents()
            unit = UNITS[int(middle.y0) * 3 + int(middle.x0)]
            found[unit] = (fill, collection.get_hatch())
    return found


def legend(axes: list[Axes]) -> dict[str, str]:
    """Text of each entry to its colour."""
    (found,) = axes[0].figure.legends
    return {
        text.get_text(): to_hex(patch.get_facecolor())
        for text, patch in zip(found.get_texts(), found.get_patches(), strict=True)
    }


def test_classes_are_pooled_over_the_periods() -> None:
    axes = sf.plot.map_series(layer(), table(), k=4, digits=0)
    keys = list(legend(axes).values())
    assert len(set(keys)) == 4
    assert [ax.get_title() for ax in axes] == ["2004", "2010"]
    first, last = (drawn(ax) for ax in axes)
    assert {fill for fill, _ in first.values()} == set(keys[:2])
    assert {fill for fill, _ in last.values()} == set(keys[2:])


def test_a_class_that_is_empty_keeps_its_colour_and_its_entry() -> None:
    every = sf.plot.map_series(layer(), table(), breaks=[3, 8, 100], digits=0)
    few = sf.plot.map_series(layer(), table()[[2004]], breaks=[3, 8, 100], digits=0)
    assert legend(every) == legend(few)
    assert list(legend(few)) == ["≤ 3", "3 – 8", "8 – 100", "> 100"]
    assert drawn(few[0]) == drawn(every[0])


def test_units_without_a_value_are_hatched_in_their_period_and_in_the_legend() -> None:
    values = table().drop(index="f")
    values.loc["a", 2010] = np.nan
    axes = sf.plot.map_series(layer(), values, k=3, missing_label="Nothing")
    first, last = (drawn(ax) for ax in axes)
    grey = (to_hex(MISSING["facecolor"]), MISSING["hatch"])
    assert (first["f"], last["f"], last["a"]) == (grey, grey, grey)
    assert first["a"][1] is None
    assert list(legend(axes))[-1] == "Nothing"
    assert "No data" not in legend(sf.plot.map_series(layer(), table()))


def test_order_of_rows_and_input_do_not_matter() -> None:
    values = table()
    before = values.copy()
    expected = [drawn(ax) for ax in sf.plot.map_series(layer(), values, k=3)]
    mixed = sf.plot.map_series(layer().iloc[::-1], values.iloc[[3, 1, 5, 0, 2, 4]], k=3)
    assert [drawn(ax) for ax in mixed] == expected
    pd.testing.assert_frame_equal(values, before)


def test_labels_title_and_the_axes_of_the_caller() -> None:
    figure, grid = plt.subplots(1, 2)
    axes = sf.plot.map_series(
        layer(), table(), labels={"lq": "区位熵", "2004": "2004*"}, label="lq", title="Two years", axes=grid
    )
    assert list(grid) == axes
    assert figure.legends == []
    assert axes[1].get_legend().get_title().get_text() == "区位熵"
    assert axes[0].get_title() == "2004*"
    assert figure.get_suptitle() == "Two years"


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"values": pd.DataFrame({2004: [1.0]}, index=["zz"])}, AlignmentError, "no shape for 'zz'"),
        ({"values": table() * np.nan}, DataError, "every value is missing"),
        ({"values": table()[[]]}, OptionError, "0 periods"),
        ({"values": table()[[2004, 2004]]}, DataError, "2004"),
        ({"values": table()[2004]}, DataError, "DataFrame"),
        ({"values": pd.DataFrame(0.0, index=UNITS, columns=range(25))}, OptionError, "25 periods"),
        ({"axes": [1, 2]}, OptionError, "axes: 2 matplotlib axes are needed"),
        ({"k": 1}, OptionError, "between 2 and 12"),
        ({"scheme": "quantile"}, OptionError, "quantiles"),
    ],
)
def test_what_cannot_be_drawn_is_named(change: dict, error: type[Exception], words: str) -> None:
    given = {"values": table(), **change}
    with pytest.raises(error, match=words):
        sf.plot.map_series(layer(), given.pop("values"), **given)


def test_thresholds_are_lines_with_their_words() -> None:
    data = pd.DataFrame({"year": [2010, 2011, 2012], "hhi": [0.12, 0.15, 0.2]})
    ax = sf.plot.trend(data, "hhi", time="year", thresholds={"moderate": 0.1, "high": 0.18})
    levels = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == "--"]
    assert levels == [0.1, 0.18]
    assert [text.get_text() for text in ax.texts] == ["moderate 0.1", "high 0.18"]
    assert ax.get_ylim()[0] <= 0.1
    with pytest.raises(DataError, match="thresholds belong to one variable"):
        sf.plot.trend(data.assign(b=1), ["hhi", "b"], time="year", thresholds={"high": 0.1})
    with pytest.raises(OptionError, match="thresholds"):
        sf.plot.trend(data, "hhi", time="year", thresholds={"high": "a"})
