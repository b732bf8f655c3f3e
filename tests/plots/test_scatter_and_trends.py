"""Moran scatter plots and trends, read from the artists."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, OptionError

Z = pd.Series([-1.5, -0.5, 0.0, 0.5, 1.5], index=list("abcde"))
LAG = pd.Series([-0.7, -0.3, 0.1, 0.2, 0.7], index=list("abcde"))


def result(**more: Any) -> SimpleNamespace:
    return SimpleNamespace(
        **{"I": 0.47, "p_sim": 0.0123, "permutations": 999, "variable": "lq", "standardized": Z, "lag": LAG}
        | more
    )


def test_the_scatter_shows_points_statistic_and_quadrants() -> None:
    ax = sf.plot.moran_scatter(
        result(), labels={"lq": "区位熵", "High-High": "高-高", "Spatial lag": "空间滞后"}
    )
    points = ax.collections[0].get_offsets()
    assert sorted(map(tuple, points.tolist())) == sorted(zip(Z, LAG, strict=True))
    texts = [text.get_text() for text in ax.texts]
    assert texts[0] == "Moran's I = 0.470, p = 0.012 (999 permutations)"
    assert {"高-高", "Low-High", "Low-Low", "High-Low"} <= set(texts)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("区位熵 (z)", "空间滞后: W(区位熵)")
    assert "Moran's I = 0.470, p < 0.001" in sf.plot.moran_scatter(result(p_sim=0.0004)).texts[0].get_text()


def test_the_line_has_the_least_squares_slope() -> None:
    line = sf.plot.moran_scatter(result()).lines[-1]
    x, y = line.get_data()
    slope, intercept = np.polyfit(Z, LAG, 1)
    assert (y[1] - y[0]) / (x[1] - x[0]) == pytest.approx(slope)
    assert y[0] == pytest.approx(intercept + slope * x[0])


def test_the_farthest_points_are_labelled() -> None:
    ax = sf.plot.moran_scatter(result(), label_extremes=2, names={"a": "Anhui $1$"})
    labels = ax.texts[5:]
    assert sorted(text.get_text() for text in labels) == ["Anhui $1$", "e"]
    assert not any(text.get_parse_math() for text in ax.texts)
    assert len(sf.plot.moran_scatter(result(), label_extremes=0).texts) == 5
    assert len(sf.plot.moran_scatter(result(), label_extremes=50).texts) == 10
    with pytest.raises(OptionError, match="label_extremes=-1: a whole number from 0 on"):
        sf.plot.moran_scatter(result(), label_extremes=-1)


def test_points_are_matched_by_unit() -> None:
    shuffled = result(lag=LAG.iloc[::-1])
    points = sf.plot.moran_scatter(shuffled).collections[0].get_offsets()
    assert sorted(map(tuple, points.tolist())) == sorted(zip(Z, LAG, strict=True))


def test_the_scatter_uses_the_axes_given() -> None:
    _, ax = plt.subplots()
    assert sf.plot.moran_scatter(result(), ax=ax, title="T") is ax
    assert ax.get_title() == "T"


PANEL = pd.DataFrame(
    {
        "code": list("aaabbbccc"),
        "year": [2009, 2010, 2011] * 3,
        "lq": [1.0, np.nan, 1.2, 2.0, 2.1, 2.2, 0.5, 0.6, 0.7],
        "gdp": np.arange(9.0),
    }
)


def lines(ax: plt.Axes) -> dict[str, list[tuple[Any, Any]]]:
    """Points of each coloured line by its colour."""
    return {line.get_color(): list(zip(*line.get_data(), strict=True)) for line in ax.lines}


@settings(max_examples=8)
@given(st.permutations(range(9)))
def test_trends_are_sorted_by_period_whatever_the_row_order(order: list[int]) -> None:
    ax = sf.plot.trend(PANEL.iloc[order], "gdp", time="year", unit="code")
    drawn = [line.get_ydata().tolist() for line in ax.lines]
    plt.close("all")
    assert drawn == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]


def test_a_missing_value_and_a_missing_year_are_gaps() -> None:
    ax = sf.plot.trend(PANEL, "lq", time="year", unit="code", units=["a"])
    assert np.isnan(ax.lines[-1].get_ydata()[1])
    holed = PANEL[PANEL["year"] != 2010]
    line = sf.plot.trend(holed, "gdp", time="year", unit="code", units=["b"]).lines[-1]
    assert line.get_xdata().tolist() == [2009, 2010, 2011]
    assert np.isnan(line.get_ydata()[1])


def test_selected_units_are_coloured_before_the_others() -> None:
    ax = sf.plot.trend(PANEL, "lq", time="year", unit="code", units=["c", "a"], names={"c": "Chongqing"})
    grey, *coloured = [line.get_color() for line in ax.lines]
    assert grey == "#cfcfcf"
    assert len(set(coloured)) == 2
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Chongqing", "a"]


def test_many_units_are_grey_unless_selected() -> None:
    many = pd.DataFrame({"u": [f"u{i}" for i in range(20)] * 2, "t": [1] * 20 + [2] * 20, "x": 1.0})
    ax = sf.plot.trend(many, "x", time="t", unit="u")
    assert {line.get_color() for line in ax.lines} == {"#cfcfcf"}
    assert ax.get_legend() is None


def test_a_second_variable_has_its_own_scale() -> None:
    one = PANEL[PANEL["code"] == "b"]
    ax = sf.plot.trend(one, ["lq", "gdp"], time="year", labels={"lq": "区位熵", "gdp": "GDP", "year": "年份"})
    other = ax.figure.axes[1]
    assert (ax.get_ylabel(), other.get_ylabel(), ax.get_xlabel()) == ("区位熵", "GDP", "年份")
    assert (ax.lines[0].get_linestyle(), other.lines[0].get_linestyle()) == ("-", "--")
    assert other.lines[0].get_ydata().tolist() == [3.0, 4.0, 5.0]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["区位熵", "GDP"]


def test_unit_and_time_may_be_index_levels() -> None:
    ax = sf.plot.trend(PANEL.set_index(["code", "year"]), "gdp", time="year", unit="code")
    assert len(ax.lines) == 3


def test_periods_and_dates() -> None:
    data = pd.DataFrame({"t": pd.period_range("2010", periods=3, freq="Y"), "x": [1.0, 2.0, 3.0]})
    assert len(sf.plot.trend(data, "x", time="t").lines[0].get_xdata()) == 3


@pytest.mark.parametrize(
    ("columns", "options", "error", "message"),
    [
        (["lq", "gdp", "year"], {"unit": "code"}, DataError, "3 columns"),
        ("lqs", {"unit": "code"}, DataError, "no column 'lqs'. Did you mean 'lq'"),
        ("lq", {"unit": "codes"}, DataError, "no column 'codes'. Did you mean 'code'"),
        ("lq", {}, DataError, "more than one row for '2009', '2010', '2011'.*Give unit="),
        ("code", {"unit": "code"}, DataError, "holds text: 'a', 'b', 'c'"),
        ("lq", {"unit": "code", "units": ["z"]}, AlignmentError, "no unit 'z'"),
        ("lq", {"unit": "code", "units": ["a"] * 9}, DataError, "At most 8"),
    ],
)
def test_bad_trends(columns: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        sf.plot.trend(PANEL, columns, time="year", **options)
    assert not plt.get_fignums()


def test_rows_without_a_period() -> None:
    with pytest.raises(DataError, match="without a unit or period"):
        sf.plot.trend(pd.DataFrame({"t": [1.0, np.nan], "x": [1.0, 2.0]}), "x", time="t")


def test_the_scatter_of_a_real_result() -> None:
    layer = sf.load_layer("china_provinces", units="mainland")
    weights = sf.contiguity_weights(layer, islands={"460000": ["440000"]}).standardize("row")
    values = pd.Series(np.random.default_rng(1).normal(size=31), index=layer.index, name="lq")
    found = sf.moran(values, weights, permutations=99)
    line = sf.plot.moran_scatter(found, names=dict(layer["name"])).lines[-1]
    (x0, x1), (y0, y1) = line.get_data()
    # With row-standardised W the slope of the scatter is Moran's I itself.
    assert (y1 - y0) / (x1 - x0) == pytest.approx(found.I, abs=1e-12)
    local = sf.local_moran(values, weights, permutations=99)
    ax = sf.plot.lisa_map(layer, local, adjust="none", alpha=0.2)
    counts = [int(text.get_text().rpartition("(")[2][:-1]) for text in ax.get_legend().get_texts()]
    assert counts == local.clusters(alpha=0.2, adjust="none").value_counts(sort=False).tolist()
    assert sum(counts) == 31


def test_labels_of_close_extremes_do_not_cover_each_other() -> None:
    """Two far points almost in one place: the second name goes to the other side of its point."""

    index = ["a", "b", "c", "d"]
    found = SimpleNamespace(
        I=0.5, p_sim=0.01, permutations=99, variable="lq",
        standardized=pd.Series([-2.0, -1.9, 0.1, 2.0], index=index),
        lag=pd.Series([-1.2, -1.23, 0.1, 1.0], index=index),
    )  # fmt: skip
    ax = sf.plot.moran_scatter(found, label_extremes=2, names={"a": "Heilongjiang", "b": "Liaoning"})
    one, other = (text for text in ax.texts if text.get_text() in {"Heilongjiang", "Liaoning"})
    assert not one.get_window_extent().overlaps(other.get_window_extent())
