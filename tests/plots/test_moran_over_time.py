"""Moran's I over time and its scatter plots side by side, read from the artists."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

import spatialfin as sf
from spatialfin._errors import DataError, OptionError

TABLE = pd.DataFrame(
    {
        "time": [2011, 2010, 2012],
        "variable": "lq",
        "weights": "queen",
        "I": [0.4, 0.1, 0.5],
        "expected": -0.1,
        "sd": 0.2,
        "p_norm": [0.01, 0.3, 0.01],
        "p_sim": [0.02, 0.4, np.nan],
    }
)
RING = sf.SpatialWeights.from_matrix(
    np.roll(np.eye(6), 1, axis=0) + np.roll(np.eye(6), -1, axis=0), ids=list("abcdef")
)


def found(shift: float) -> object:
    y = pd.Series([1.0, 2.0, 4.0, 8.0, 5.0, 3.0 + shift], index=list("abcdef"), name="lq")
    return sf.moran(y, RING, permutations=99)


def legend(ax: plt.Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_the_line_runs_in_order_and_significant_years_are_filled() -> None:
    ax = sf.plot.moran_trend(TABLE, labels={"lq": "LQ", "time": "Year"})
    line, filled = ax.lines[-2:]
    assert line.get_xdata().tolist() == [2010, 2011, 2012]
    assert line.get_ydata().tolist() == [0.1, 0.4, 0.5]
    # 2012 has no permutations, so the normal p-value counts
    assert filled.get_xdata().tolist() == [2011, 2012]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Year", "Moran's I")
    assert legend(ax) == ["LQ", "Significant (p < 0.05)", "Not significant", "Without autocorrelation (95%)"]


def test_the_band_is_what_chance_allows() -> None:
    (band,) = (one for one in sf.plot.moran_trend(TABLE).collections if isinstance(one, PolyCollection))
    corners = band.get_paths()[0].vertices
    assert corners[:, 1].min() == pytest.approx(-0.1 - 1.959964 * 0.2, abs=1e-5)
    assert corners[:, 1].max() == pytest.approx(-0.1 + 1.959964 * 0.2, abs=1e-5)


def test_weights_share_a_band_only_where_it_is_the_same() -> None:
    both = pd.concat([TABLE, TABLE.assign(weights="four", sd=0.3), TABLE.assign(variable="gdp")])
    ax = sf.plot.moran_trend(both)
    assert len(ax.collections) == 2
    assert legend(ax)[:3] == ["lq, queen", "lq, four", "gdp, queen"]


def test_a_year_without_a_statistic_is_a_gap() -> None:
    holes = TABLE.assign(I=[np.nan, 0.1, 0.5], p_norm=np.nan, p_sim=np.nan)
    line, filled = sf.plot.moran_trend(holes).lines[-2:]
    assert np.isnan(line.get_ydata()[1])
    assert len(filled.get_xdata()) == 0


def test_tables_that_cannot_be_drawn() -> None:
    with pytest.raises(DataError, match=r"no column 'time'.*moran_table returned with time="):
        sf.plot.moran_trend(TABLE.drop(columns="time"))
    with pytest.raises(DataError, match="no period has a Moran's I"):
        sf.plot.moran_trend(TABLE.assign(I=np.nan))
    with pytest.raises(DataError, match="9 lines"):
        sf.plot.moran_trend(pd.concat([TABLE.assign(variable=str(number)) for number in range(9)]))
    with pytest.raises(DataError, match="more than one row of lq, queen for '2010'"):
        sf.plot.moran_trend(pd.concat([TABLE, TABLE.iloc[[1]]]))
    with pytest.raises(OptionError, match="alpha=2"):
        sf.plot.moran_trend(TABLE, alpha=2)


def test_scatters_share_their_limits_and_keep_the_outer_labels() -> None:
    axes = sf.plot.moran_scatters(
        {year: found(year - 2009.0) for year in range(2009, 2014)}, labels={"2009": "二〇〇九"}, title="LQ"
    )
    assert [ax.get_title() for ax in axes] == ["二〇〇九", "2010", "2011", "2012", "2013"]
    assert len({ax.get_xlim() for ax in axes}) == len({ax.get_ylim() for ax in axes}) == 1
    assert [bool(ax.get_ylabel()) for ax in axes] == [True, False, False, True, False]
    # the panel above the empty place keeps its labels
    assert [bool(ax.get_xlabel()) for ax in axes] == [False, False, True, True, True]
    assert axes[0].texts[0].get_text().startswith("Moran's I = ")
    assert axes[0].figure.get_suptitle() == "LQ"


def test_scatters_on_axes_of_the_caller() -> None:
    given = plt.subplots(1, 2)[1]
    assert sf.plot.moran_scatters({1: found(0.0), 2: found(1.0)}, axes=given) == list(given)
    with pytest.raises(OptionError, match="2 matplotlib axes are needed, one for each period, not 1"):
        sf.plot.moran_scatters({1: found(0.0), 2: found(1.0)}, axes=given[:1])


def test_scatters_need_results_by_period() -> None:
    with pytest.raises(DataError, match="dictionary of period to what moran returned is needed, not list"):
        sf.plot.moran_scatters([found(0.0)])  # type: ignore[arg-type]
    with pytest.raises(DataError, match="without entries"):
        sf.plot.moran_scatters({})
    with pytest.raises(DataError, match="not so at '2011'"):
        sf.plot.moran_scatters({2010: found(0.0), 2011: 0.3})
    with pytest.raises(OptionError, match=r"25 periods\. Choose 1 to 24"):
        sf.plot.moran_scatters({year: found(0.0) for year in range(25)})
