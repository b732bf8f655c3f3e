"""Gaps, constant prices, logs, lags, growth and extreme values: by hand, and with every fault named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, OptionError, SpatialfinWarning
from spatialfin.panel import (
    balance,
    deflate,
    diff_columns,
    fill_gaps,
    growth_rates,
    lag_columns,
    log_columns,
    per_capita,
    winsorize,
)

KEYS = {"unit": "code", "time": "year"}


def table(**columns: object) -> pd.DataFrame:
    """Two provinces, 2001 to 2004, rows out of order on an index of its own."""
    frame = pd.DataFrame({"code": ["a"] * 4 + ["b"] * 4, "year": [2001, 2002, 2003, 2004] * 2, **columns})
    return frame.set_index(np.arange(10, 18)).iloc[[5, 0, 7, 2, 1, 6, 3, 4]]


X = [100.0, np.nan, np.nan, 133.1, np.nan, 2.0, np.nan, 8.0]


def by_key(data: pd.DataFrame, column: str) -> list[float]:
    return data.sort_values(["code", "year"])[column].tolist()


LINEAR = [100, 100 + 33.1 / 3, 100 + 2 * 33.1 / 3, 133.1]


def test_linear_gaps_are_filled_and_listed() -> None:
    data = table(x=X)
    before = data.copy()
    result = fill_gaps(data, "x", **KEYS)
    np.testing.assert_allclose(by_key(result.data, "x"), [*LINEAR, np.nan, 2, 5, 8])
    assert result.data.index.equals(data.index)
    assert result.filled.columns.tolist() == ["code", "year", "column", "method", "place", "value"]
    assert result.filled[["code", "year"]].to_numpy().tolist() == [["a", 2002], ["a", 2003], ["b", 2003]]
    assert result.filled["place"].tolist() == ["inner"] * 3
    assert result.remaining.to_numpy().tolist() == [["b", 2001, "x"]]
    assert "3 cells filled, 1 still empty" in repr(result)
    pd.testing.assert_frame_equal(data, before)


def test_average_growth_between_known_values() -> None:
    result = fill_gaps(table(x=X), "x", method="growth", **KEYS)
    np.testing.assert_allclose(by_key(result.data, "x"), [100, 110, 121, 133.1, np.nan, 2, 4, 8])


def test_ends_are_extended_only_on_request() -> None:
    data = table(x=[np.nan, 2.0, 4.0, np.nan, 1.0, 2.0, np.nan, np.nan])
    assert fill_gaps(data, "x", **KEYS).filled.empty
    linear = fill_gaps(data, "x", ends="extend", **KEYS)
    assert by_key(linear.data, "x") == [0, 2, 4, 6, 1, 2, 3, 4]
    assert set(linear.filled["place"]) == {"end"}
    growth = fill_gaps(data, "x", method="growth", ends="extend", **KEYS)
    np.testing.assert_allclose(by_key(growth.data, "x"), [1, 2, 4, 8, 1, 2, 4, 8])


def test_ends_follow_the_nearest_line_or_the_average_growth_of_all_years() -> None:
    data = table(x=[100.0, 100.0, 121.0, np.nan, 1.0, 1.0, 1.0, 1.0])
    linear = fill_gaps(data, "x", ends="extend", **KEYS).filled["value"]
    growth = fill_gaps(data, "x", method="growth", ends="extend", **KEYS).filled["value"]
    np.testing.assert_allclose([linear[0], growth[0]], [142.0, 133.1])


def test_the_distance_of_the_years_counts() -> None:
    data = pd.DataFrame({"code": "a", "year": [1990, 1995, 2000, 2010], "x": [0.0, None, 10.0, None]})
    linear = fill_gaps(data, "x", ends="extend", **KEYS)
    assert linear.data["x"].tolist() == [0, 5, 10, 20]
    dates = data.assign(year=pd.to_datetime(data["year"].astype(str)))
    inner = fill_gaps(dates, "x", **KEYS).data["x"][1]
    assert inner == pytest.approx(10 * 1826 / 3652)  # days from 1990 to 1995 over days to 2000
    text = fill_gaps(data.assign(year=data["year"].astype(str)), "x", ends="extend", **KEYS)
    assert text.data["x"].tolist() == [0, 5, 10, 20]


def test_a_unit_with_one_value_stays_empty() -> None:
    data = table(x=[1.0, np.nan, np.nan, np.nan, 1.0, 2.0, 3.0, 4.0])
    result = fill_gaps(data, "x", ends="extend", **KEYS)
    assert result.filled.empty
    assert len(result.remaining) == 3
    assert result.data["x"].equals(data["x"])


def test_what_gap_filling_refuses() -> None:
    zero = table(x=[0.0, np.nan, 2.0, 3.0, 0.0, 1.0, 2.0, 3.0])
    with pytest.raises(DataError, match=r"'x' is zero or negative at 'a, 2001'\. Growth needs") as told:
        fill_gaps(zero, "x", method="growth", **KEYS)
    assert "b, 2001" not in str(told.value)  # b has no gap
    with pytest.raises(OptionError, match=r"Did you mean 'linear'"):
        fill_gaps(zero, "x", method="linaer", **KEYS)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=r"ends='extnd' is not an option.*'extend'"):
        fill_gaps(zero, "x", ends="extnd", **KEYS)  # type: ignore[arg-type]
    falling = table(x=[9.0, 4.0, 1.0, np.nan, 1.0, 1.0, 1.0, 1.0])
    with pytest.warns(SpatialfinWarning, match="extended below zero at 'a, 2004'"):
        fill_gaps(falling, "x", ends="extend", **KEYS)


def test_population_of_the_shipped_panel_grows_between_its_censuses() -> None:
    """load_dataset interpolates 2002-2009 geometrically: dropping and filling gives the same."""
    panel = sf.load_dataset("china_finance_2002_2011")[["code", "year", "population"]]
    known = panel[panel["year"] <= 2010].copy()
    known.loc[~known["year"].isin([2002, 2010]), "population"] = np.nan
    filled = fill_gaps(known, "population", method="growth", **KEYS).data["population"]
    np.testing.assert_allclose(filled, panel.loc[known.index, "population"], rtol=1e-12)


NOMINAL = [100.0, 110.0, 121.0, 133.1]


def real(data: pd.DataFrame, **keywords: object) -> list[float]:
    return by_key(deflate(data, "x", **{**KEYS, **keywords}), "real_x")  # type: ignore[arg-type]


@pytest.mark.parametrize(("base", "level"), [(2001, 1.0), (2002, 1.1), (2004, 1.1**3)])
def test_a_chained_index_to_any_base(base: int, level: float) -> None:
    data = table(x=NOMINAL * 2)
    chain = pd.Series({2002: 110.0, 2003: 110.0, 2004: 110.0})
    np.testing.assert_allclose(real(data, index=chain, base=base), [100 * level] * 8)


def test_a_fixed_base_index_and_every_way_to_give_it() -> None:
    data = table(x=NOMINAL * 2)
    fixed = pd.Series([200.0, 220.0, 242.0, 266.2], index=pd.Index([2001, 2002, 2003, 2004], name="year"))
    keywords = {"base": 2003, "kind": "fixed-base"}
    expected = [121.0] * 8
    by_unit = pd.concat({"a": fixed, "b": 7 * fixed}, names=["code"])
    for index in (
        fixed,
        fixed.rename("cpi").reset_index(),
        fixed.to_frame("cpi"),
        by_unit,
        by_unit.swaplevel(),
        by_unit.rename("cpi").reset_index(),
    ):
        np.testing.assert_allclose(real(data, index=index, **keywords), expected)
    np.testing.assert_allclose(
        real(data.assign(cpi=data["year"].map(fixed)), index="cpi", **keywords), expected
    )


def test_each_unit_has_its_own_prices() -> None:
    data = table(x=[100.0] * 8, cpi=[np.nan, 110.0, 100.0, 100.0, np.nan, 100.0, 100.0, 125.0])
    np.testing.assert_allclose(
        real(data, index="cpi", base=2001), [100, 100 / 1.1, 100 / 1.1, 100 / 1.1, 100, 100, 100, 80]
    )
    result = deflate(data, "x", index="cpi", base=2001, **KEYS)
    assert result.attrs["deflated"] == {"columns": ["x"], "base": 2001, "kind": "previous-year"}
    assert result.index.equals(data.index)


def test_a_chain_runs_through_years_that_the_data_lack() -> None:
    data = pd.DataFrame({"code": "a", "year": [2001, 2004], "x": [100.0, 133.1]})
    chain = pd.Series({2002: 110.0, 2003: 110.0, 2004: 110.0})
    np.testing.assert_allclose(real(data, index=chain, base=2004), [133.1, 133.1])
    with pytest.raises(AlignmentError, match=r"no value for '2003'\. Add these periods"):
        real(data, index=chain.drop(2003), base=2004)
    with pytest.raises(AlignmentError, match=r"no value for '2002', '2003'"):
        real(data, index=chain.loc[[2004]], base=2004)
    np.testing.assert_allclose(real(data, index=pd.Series({2004: 133.1}), base=2004, step=3), [133.1, 133.1])


def test_years_written_as_text_are_not_chained_over() -> None:
    data = pd.DataFrame({"code": "a", "year": ["2001", "2004"], "x": [100.0, 133.1]})
    chain = pd.Series({"2002": 110.0, "2003": 110.0, "2004": 110.0})
    np.testing.assert_allclose(real(data, index=chain, base="2001"), [100, 100])
    with pytest.raises(AlignmentError, match="no value for '2003'"):
        real(data, index=chain.drop("2003"), base="2001")


PRICES = pd.Series({2001: 100.0, 2002: 101.0, 2003: 102.0, 2004: 103.0})
BAD_PRICES = {
    "base not there": ({"base": 1999}, AlignmentError, "base=1999 is no period of the index"),
    "year not there": ({"index": PRICES.drop(2003)}, AlignmentError, "no value for '2003'"),
    "empty year": ({"index": PRICES.where(PRICES.index != 2003)}, AlignmentError, "no value for '2003'"),
    "zero": ({"index": PRICES.where(PRICES.index != 2003, 0)}, DataError, "zero or negative at '2003'"),
    "text": ({"index": PRICES.astype(object).where(PRICES.index != 2002, "n.a.")}, DataError, "text.*'2002'"),
    "twice": ({"index": pd.concat([PRICES, PRICES.iloc[:1]])}, DataError, "more than one value for '2001'"),
    "ratio": ({"index": PRICES / 100}, DataError, "median is 1.02.*Multiply a ratio by 100"),
    "text years": ({"index": PRICES.rename(str)}, DataError, "Make both the same type"),
    "list": ({"index": [1, 2]}, DataError, "a Series, DataFrame or column name is needed, not list"),
    "no column": ({"index": "cpj"}, DataError, "index='cpj' is no column of the data.*Did you mean 'cpi'"),
    "levels": (
        {"index": pd.concat({"a": PRICES}, names=["prov", "year"])},
        DataError,
        "levels 'prov', 'year'; 'code' and 'year' are needed",
    ),
    "units": (
        {"index": pd.concat({"a": PRICES}, names=["code", "year"])},
        AlignmentError,
        "no value for 'b, 2001'|'b, 2002'",
    ),
    "two columns": (
        {"index": PRICES.rename_axis("year").to_frame("p").assign(q=1.0)},
        DataError,
        "one column with values is needed, not 2",
    ),
    "no time": ({"index": pd.DataFrame({"yaer": [2001], "p": [1.0]})}, DataError, "Did you mean 'yaer'"),
    "kind": ({"kind": "chained"}, OptionError, "kind='chained'"),
    "step": ({"step": 0}, OptionError, "step=0"),
    "column": ({"columns": "gdq"}, DataError, "'gdq' not in the data"),
}


@pytest.mark.parametrize("fault", BAD_PRICES)
def test_what_deflation_refuses(fault: str) -> None:
    keywords, error, message = BAD_PRICES[fault]
    data = table(x=NOMINAL * 2, cpi=100.0)
    with pytest.raises(error, match=message):
        deflate(data, **{"columns": "x", "index": PRICES, "base": 2001, **KEYS, **keywords})  # type: ignore[arg-type]


def test_logs_lags_and_growth_by_hand() -> None:
    data = table(x=[1.0, 2.0, 4.0, np.nan, 10.0, 11.0, 12.1, 13.31])
    logs = log_columns(data, ["x"], **KEYS)
    np.testing.assert_allclose(by_key(logs, "ln_x")[:4], [0, np.log(2), np.log(4), np.nan])
    lags = lag_columns(lag_columns(data, "x", **KEYS), "x", periods=2, **KEYS)
    np.testing.assert_equal(by_key(lags, "lag1_x"), [np.nan, 1, 2, 4, np.nan, 10, 11, 12.1])
    np.testing.assert_equal(by_key(lags, "lag2_x"), [np.nan, np.nan, 1, 2, np.nan, np.nan, 10, 11])
    change = diff_columns(data, "x", periods=2, **KEYS)
    np.testing.assert_allclose(by_key(change, "diff2_x")[2:4], [3, np.nan])
    percent = growth_rates(data, "x", method="percent", **KEYS)
    np.testing.assert_allclose(
        by_key(percent, "growth1_x"), [np.nan, 100, 100, np.nan, np.nan, 10, 10, 10], rtol=1e-12
    )
    log = growth_rates(data, "x", periods=3, **KEYS)
    assert by_key(log, "growth3_x")[7] == pytest.approx(3 * np.log(1.1))
    for result in (logs, lags, change, percent, log):
        assert result.index.equals(data.index)
        assert "x" in result


def test_a_lag_never_crosses_a_gap_or_a_unit() -> None:
    data = table(x=np.arange(8.0)).query("not (code == 'a' and year == 2003)")
    lags = lag_columns(data, "x", **KEYS)
    np.testing.assert_equal(by_key(lags, "lag1_x"), [np.nan, 0, np.nan, np.nan, 4, 5, 6])


@pytest.mark.parametrize("kind", [int, float, str])
def test_censuses_nine_years_apart_need_their_step(kind: type) -> None:
    data = pd.DataFrame({"code": "a", "year": [1995, 2004], "x": [1.0, 2.0]}).astype({"year": kind})
    with pytest.raises(DataError, match=r"No period lies 1 x 1 after.*'1995.*step="):
        lag_columns(data, "x", **KEYS)
    np.testing.assert_equal(lag_columns(data, "x", step=9, **KEYS)["lag1_x"].tolist(), [np.nan, 1])


def test_dates_and_words_count_by_their_order() -> None:
    data = pd.DataFrame({"code": "a", "year": pd.to_datetime(["2001-12-31", "2001-06-30"]), "x": [2.0, 1.0]})
    np.testing.assert_equal(lag_columns(data, "x", **KEYS)["lag1_x"].tolist(), [1, np.nan])
    words = data.assign(year=["2nd plan", "1st plan"])
    np.testing.assert_equal(lag_columns(words, "x", **KEYS)["lag1_x"].tolist(), [1, np.nan])


def test_keys_in_the_index_give_the_same() -> None:
    data = table(x=np.arange(1.0, 9.0), heads=2.0)
    levels = data.set_index(["year", "code"])
    for function in (
        lambda d: lag_columns(d, "x", **KEYS)["lag1_x"],
        lambda d: fill_gaps(d.assign(x=d["x"].where(d["x"] != 3)), "x", **KEYS).data["x"],
        lambda d: per_capita(d, "x", population="heads", **KEYS)["x_pc"],
        lambda d: deflate(d, "x", index=PRICES, base=2002, **KEYS)["real_x"],
        lambda d: winsorize(d, "x", quantiles=(0.3, 0.8), within="all", **KEYS).data["x"],
    ):
        np.testing.assert_array_equal(function(data), function(levels))
        assert function(levels).index.equals(levels.index)


def test_per_head() -> None:
    data = table(gdp=np.full(8, 300.0), heads=[150.0] * 7 + [0.0])
    with pytest.raises(DataError, match=r"'heads' is zero or negative at 'b, 2004'\. A population is"):
        per_capita(data, "gdp", population="heads", **KEYS)
    good = per_capita(data.query("heads > 0"), "gdp", population="heads", factor=1e4, **KEYS)
    assert set(good["gdp_pc"]) == {20000.0}
    with pytest.raises(OptionError, match="factor=0"):
        per_capita(data, "gdp", population="heads", factor=0, **KEYS)


# winsor2 x, cuts(25 75) by(year): _pctile of 1 2 3 4 is 1.5 and 3.5, of 1 2 3 4 5 it is 2 and 4.
def test_extreme_values_by_period_with_the_quantiles_of_stata() -> None:
    data = pd.DataFrame(
        {"code": list("abcdabcde"), "year": [2001] * 4 + [2002] * 5, "x": [1.0, 2, 3, 4, 50, 40, 30, 20, 10]}
    ).iloc[::-1]
    result = winsorize(data, "x", quantiles=(0.25, 0.75), **KEYS)
    assert by_key(result.data, "x") == [1.5, 40, 2, 40, 3, 30, 3.5, 20, 20]
    assert result.limits.to_dict("list") == {
        "column": ["x", "x"], "period": [2001, 2002], "low": [1.5, 20], "high": [3.5, 40], "changed": [2, 2],
    }  # fmt: skip
    assert result.changed.iloc[0].tolist() == ["a", 2001, "x", 1.0, 1.5]
    assert repr(result) == "4 cells changed (x: 4)"
    pooled = winsorize(data, "x", quantiles=(0.25, 0.75), within="all", **KEYS)
    assert by_key(pooled.data, "x") == [3, 30, 3, 30, 3, 30, 4, 20, 10]
    assert pooled.limits["period"].tolist() == ["all"]


def test_winsorising_leaves_empty_cells_and_open_sides() -> None:
    data = table(x=[1.0, np.nan, 3.0, 4.0, 9.0, 6.0, np.nan, 8.0])
    result = winsorize(data, "x", quantiles=(0, 1), **KEYS)
    assert result.changed.empty
    assert result.data.equals(data)
    for bad in ((0.9, 0.1), (1, 99), 0.05, ("a", "b"), (0, 0.5, 1)):
        with pytest.raises(OptionError, match="two ascending numbers from 0 to 1"):
            winsorize(data, "x", quantiles=bad, **KEYS)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="within='perod'"):
        winsorize(data, "x", within="perod", **KEYS)  # type: ignore[arg-type]


def test_balance_in_each_of_its_ways() -> None:
    data = table(x=np.arange(8.0)).query("not (code == 'a' and year == 2003)")
    units = balance(data, how="drop-units", **KEYS)
    assert set(units.data["code"]) == {"b"}
    assert units.dropped["year"].tolist() == [2001, 2002, 2004]
    periods = balance(data, how="drop-periods", **KEYS)
    assert sorted(periods.data["year"].unique()) == [2001, 2002, 2004]
    assert periods.dropped.to_numpy().tolist() == [["b", 2003]]
    fill = balance(data, how="fill", **KEYS)
    assert fill.added.to_numpy().tolist() == [["a", 2003]]
    assert fill.data.iloc[:7].index.equals(data.index)
    assert fill.data.iloc[7].tolist()[:2] == ["a", 2003]
    assert np.isnan(fill.data["x"].iloc[7])
    for result in (units, periods, fill):
        assert sf.panel.balance_report(result.data, columns=[], **KEYS).balanced
    assert "1 rows added (1 x code: 'a'; 1 x year: '2003')" in repr(fill)


@pytest.mark.parametrize("levels", [["code", "year"], ["year", "code"], ["code"]])
def test_new_rows_carry_the_keys_of_the_index(levels: list[str]) -> None:
    data = table(x=np.arange(8.0)).query("not (code == 'a' and year == 2003)").set_index(levels)
    filled = balance(data, how="fill", **KEYS).data
    assert filled.index.names == levels
    flat = filled.reset_index()
    assert flat.loc[7, ["code", "year"]].tolist() == ["a", 2003]


def test_balance_counts_empty_cells_when_asked() -> None:
    data = table(x=X)
    assert len(balance(data, how="drop-units", **KEYS).data) == 8
    periods = balance(data, how="drop-periods", columns="x", **KEYS)
    assert set(periods.data["year"]) == {2004}
    with pytest.raises(DataError, match="no unit has every period, so nothing is left"):
        balance(data, how="drop-units", columns="x", **KEYS)
    with pytest.raises(OptionError, match="columns: how='fill' adds rows"):
        balance(data, how="fill", columns="x", **KEYS)
    with pytest.raises(OptionError, match="how='drop'"):
        balance(data, how="drop", **KEYS)  # type: ignore[arg-type]
    named = data.iloc[1:].set_axis(list("pqrstuv"))
    with pytest.raises(DataError, match=r"new rows have no label.*reset_index"):
        balance(named, how="fill", **KEYS)


FUNCTIONS = {
    "fill_gaps": fill_gaps,
    "log_columns": log_columns,
    "lag_columns": lag_columns,
    "diff_columns": diff_columns,
    "growth_rates": growth_rates,
    "winsorize": winsorize,
    "deflate": lambda data, columns, **k: deflate(data, columns, index=PRICES, base=2001, **k),
    "per_capita": lambda data, columns, **k: per_capita(data, columns, population="heads", **k),
}
LATER = table()["year"] > 2001
FAULTS = {
    "no table": (lambda d: d["x"], "x", {}, "a DataFrame is needed, not Series"),
    "no rows": (lambda d: d.iloc[:0], "x", {}, "no rows"),
    "column": (lambda d: d, "xx", {}, "'xx' not in the data. Did you mean 'x'"),
    "no columns": (lambda d: d, [], {}, "at least one column"),
    "key as column": (lambda d: d, ["x", "year"], {}, "'year' is the key"),
    "column twice": (lambda d: d, ["x", "x"], {}, "'x', 'x' given more than once"),
    "unit": (lambda d: d, "x", {"unit": "cod"}, "unit='cod' is no column.*Did you mean 'code'"),
    "time": (lambda d: d, "x", {"time": "yaer"}, "time='yaer' is no column.*Did you mean 'year'"),
    "one key": (lambda d: d, "x", {"time": "code"}, "both 'code'"),
    "duplicate": (lambda d: pd.concat([d, d.iloc[:1]]), "x", {}, "Duplicate rows.*'b, 2002'"),
    "missing key": (lambda d: d.assign(code=d["code"].where(LATER)), "x", {}, "2 rows have no 'code'"),
    "text": (lambda d: d.assign(x=d["x"].astype(object).where(LATER, "..")), "x", {}, "text.*'a, 2001'"),
    "infinite": (lambda d: d.assign(x=d["x"].where(LATER, np.inf)), "x", {}, "infinite at 'a, 2001'"),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("fault", FAULTS)
def test_every_function_names_the_fault(name: str, fault: str) -> None:
    spoil, columns, keys, message = FAULTS[fault]
    data = spoil(table(x=np.arange(1.0, 9.0), heads=1.0))
    with pytest.raises(DataError, match=message):
        FUNCTIONS[name](data, columns, **{**KEYS, **keys})  # type: ignore[arg-type]


@pytest.mark.parametrize("function", [log_columns, growth_rates])
def test_zero_and_negative_values_are_named_not_patched(function) -> None:
    data = table(x=[1.0, 0.0, 2.0, 3.0, -1.0, 1.0, 1.0, 1.0], z=-1.0)
    with pytest.raises(DataError, match=r"(?s)2 problems.*'x' is zero or negative at 'a, 2002'.*'z' is zero"):
        function(data, ["x", "z"], **KEYS)


def test_names_that_are_taken_and_lags_that_are_none() -> None:
    data = table(x=np.ones(8), lag1_x=1.0)
    with pytest.raises(DataError, match="already have 'lag1_x'"):
        lag_columns(data, "x", **KEYS)
    for bad in ({"periods": 0}, {"periods": 1.5}, {"step": -1}):
        with pytest.raises(OptionError, match=next(iter(bad))):
            diff_columns(data, "x", **KEYS, **bad)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=r"method='logs'.*Did you mean 'log'"):
        growth_rates(data, "x", method="logs", **KEYS)  # type: ignore[arg-type]


def test_numbers_in_the_names_of_periods_give_their_order() -> None:
    """Not the order of text, in which wave 10 comes before wave 9."""
    data = pd.DataFrame({"code": ["a"] * 3, "year": ["wave 10", "wave 9", "wave 11"], "x": [2.0, 1, 3]})
    np.testing.assert_equal(lag_columns(data, "x", **KEYS)["lag1_x"].tolist(), [1, np.nan, 2])
    report = sf.panel.balance_report(data.iloc[1:].assign(code=["a", "b"]), **KEYS)
    assert report.missing["year"].tolist() == ["wave 11", "wave 9"]
