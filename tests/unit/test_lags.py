"""``lag()`` and ``diff()`` in the formulas of panels: by key, and the same as columns shifted by hand."""

from __future__ import annotations

import datetime
import warnings

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import DataError, FormulaError, OptionError, SpatialfinWarning
from spatialfin.models.expressions import parse_expression
from spatialfin.study.formulas import column_names, evaluate

from .conftest import lattice

KEYS = {"unit": "code", "time": "year"}


@pytest.fixture(scope="module")
def weights() -> sf.SpatialWeights:
    return lattice(4).standardize("row")


@pytest.fixture(scope="module")
def data(weights: sf.SpatialWeights) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    keys = pd.MultiIndex.from_product([range(2001, 2010), weights.ids], names=["year", "code"])
    table = pd.DataFrame(rng.normal(size=(len(keys), 2)), keys, ["x", "z"]).reset_index()
    table["y"] = np.exp(0.5 * table["x"] + 0.3 * table["z"] + rng.normal(size=len(table)))
    return table


def shifted(data: pd.DataFrame) -> pd.DataFrame:
    """The same columns by pandas, without the two periods that have none before them."""
    ordered = data.sort_values(["code", "year"])
    units = ordered.groupby("code")
    table = ordered.assign(
        x1=units["x"].shift(1),
        x2=units["x"].shift(2),
        z1=units["z"].shift(1),
        growth=np.log(ordered["y"]) - np.log(units["y"].shift(1)),
    )
    return table[table["year"] > 2002]


def fit(data: pd.DataFrame, weights: sf.SpatialWeights | None, formula: str, **options: object):
    return sf.fit_panel(formula, data, weights, **KEYS, **options)  # type: ignore[arg-type]


def same(one: sf.models.ModelResult, other: sf.models.ModelResult) -> None:
    """To the last bit."""
    assert one.params.tolist() == other.params.tolist()
    assert np.array_equal(one.cov.to_numpy(), other.cov.to_numpy())
    assert (one.loglik, one.nobs) == (other.loglik, other.nobs)
    assert one.residuals.sort_index().equals(other.residuals.sort_index())
    assert one.fitted.sort_index().equals(other.fitted.sort_index())


BY_FORMULA = "diff(log(y)) ~ x + lag(x) + lag(x, 2):z + diff(z) + center(lag(x))**2"
BY_HAND = "growth ~ x + x1 + x2:z + I(z - z1) + center(x1)**2"


@pytest.mark.parametrize("effects", ["pooled", "unit", "time", "twoway"])
@pytest.mark.parametrize("model", ["sar", "sdm", "sem", "slx"])
def test_lags_are_the_columns_shifted_by_hand(data, weights, effects: str, model: str) -> None:
    same(
        fit(data, weights, BY_FORMULA, effects=effects, model=model),
        fit(shifted(data), weights, BY_HAND, effects=effects, model=model),
    )


@pytest.mark.parametrize("effects", ["random", "mundlak"])
def test_random_effects_take_lags(data, weights, effects: str) -> None:
    units = data["code"].map(dict(zip(weights.ids, np.random.default_rng(1).normal(size=16), strict=True)))
    table = data.assign(y=data["y"] * np.exp(units))
    later = table.assign(x1=table.sort_values("year").groupby("code")["x"].shift(1))
    same(
        fit(table, weights, "log(y) ~ x + lag(x)", model="sar", effects=effects),
        fit(later[later["year"] > 2001], weights, "log(y) ~ x + x1", model="sar", effects=effects),
    )


def test_labels_are_as_written_and_the_note_says_which_periods_went(data, weights) -> None:
    found = fit(data, weights, "diff(log(y)) ~ x + lag(x) + lag(x, 2) + diff(z)", model="sdm")
    assert found.depvar == "diff(log(y))"
    labels = ["x", "lag(x)", "lag(x, 2)", "diff(z)"]
    assert list(found.params.index) == [*labels, *(f"W({label})" for label in labels), "rho"]
    assert found.nobs == 16 * 7
    assert set(found.residuals.index) == set(data.index[data["year"] > 2002])
    note = "lags: '2001', '2002' only give earlier values, 7 periods are left"
    assert note in found.provenance.ledger
    assert note in found.summary()
    assert found.fixed_effects().query("effect == 'time'")["label"].tolist() == list(range(2003, 2010))


def test_without_lags_all_periods_stay(data, weights) -> None:
    found = fit(data, weights, "log(y) ~ x")
    assert found.nobs == len(data)
    assert not any("earlier" in line for line in found.provenance.ledger)


@pytest.mark.parametrize("lags", [("y",), ("y", "Wy")])
def test_dynamic_models_take_lags_of_regressors(data, weights, lags: tuple[str, ...]) -> None:
    options = {"model": "sar", "effects": "unit", "lags": lags}
    found = fit(data, weights, "log(y) ~ x + lag(x)", **options)
    later = data.assign(x1=data.sort_values("year").groupby("code")["x"].shift(1))
    same(found, fit(later, weights, "log(y) ~ x + x1", **options))
    growing = fit(data, weights, "diff(log(y)) ~ x", **options)
    assert growing.nobs == 16 * 7
    table = data.assign(
        growth=np.log(data["y"]) - np.log(data.sort_values("year").groupby("code")["y"].shift(1))
    )
    same(growing, fit(table[table["year"] > 2001], weights, "growth ~ x", **options))


def test_order_of_rows_changes_nothing(data, weights) -> None:
    formula = "log(y) ~ x + lag(x) + diff(z, 2)"
    one = fit(data, weights, formula)
    for other in (data.sample(frac=1, random_state=3), data.sort_values(["code", "year"], ascending=False)):
        again = fit(other, weights, formula)
        same(one, again)
        assert again.provenance.data_hash == one.provenance.data_hash
        assert again.residuals.index.equals(other.index[other["year"] > 2002])
    names = dict(zip(weights.ids, [f"r{number}" for number in range(16)][::-1], strict=True))
    renamed = sf.SpatialWeights.from_matrix(weights.sparse, ids=[names[unit] for unit in weights.ids])
    relabelled = fit(data.assign(code=data["code"].map(names)), renamed, formula)
    assert relabelled.params.to_numpy() == pytest.approx(one.params.to_numpy(), rel=1e-7)


def test_the_hash_knows_the_earlier_values(data, weights) -> None:
    one = fit(data, weights, "log(y) ~ x + lag(z)")
    first = data["year"] == 2001
    other = fit(data.assign(z=data["z"] + first * 1.0), weights, "log(y) ~ x + lag(z)")
    assert one.provenance.data_hash != other.provenance.data_hash


def test_only_the_values_that_are_read_must_be_there(data, weights) -> None:
    first = data["year"] == 2001
    formula = "log(y) ~ z + lag(x)"
    without = data.assign(y=data["y"].mask(first), z=data["z"].mask(first))
    same(fit(without, weights, formula), fit(data, weights, formula))
    with pytest.raises(DataError, match=r"column 'x': missing or infinite at 'u0000, 2001'"):
        fit(data.assign(x=data["x"].mask(first)), weights, formula)
    last = data["year"] == 2009
    same(fit(data.assign(x=data["x"].mask(last)), weights, formula), fit(data, weights, formula))
    with pytest.raises(DataError, match=r"'lag\(log\(x\)\)' is not a finite number at .*2002"):
        fit(data, weights, "log(y) ~ z + lag(log(x))")


def test_impacts_of_a_variable_are_those_of_its_own_period(data, weights) -> None:
    """x, its square and its lag: two variables; a difference moves with the present only."""
    found = fit(data, weights, "log(y) ~ x + x**2 + lag(x)", model="sar").impacts()
    assert list(found.estimates.index) == ["x", "lag(x)"]
    at = fit(data, weights, "log(y) ~ x * lag(x)", model="sar")
    params = at.params
    total = at.impacts(at={"lag(x)": 0.5}).tidy().query("variable == 'x' and impact == 'total'")
    expected = (params["x"] + 0.5 * params["x:lag(x)"]) / (1 - params["rho"])
    assert total["estimate"].item() == pytest.approx(expected)
    changing = fit(data, weights, "log(y) ~ x + diff(x)", model="sar")
    rows = changing.impacts().estimates["total"]
    assert rows["x"] == pytest.approx(changing.params[["x", "diff(x)"]].sum() / (1 - changing.params["rho"]))
    assert rows["lag(x)"] == pytest.approx(-changing.params["diff(x)"] / (1 - changing.params["rho"]))


def test_what_reads_results_works_with_lags(data, weights) -> None:
    found = fit(data, weights, "log(y) ~ x + lag(x)", model="sar")
    assert found.predict().index.equals(data.index[data["year"] > 2001])
    assert found.predict().notna().all()
    assert list(sf.models.bootstrap_impacts(found, replications=20).estimates.index) == ["x", "lag(x)"]
    tests = sf.specification_tests("log(y) ~ x + lag(x)", data, weights, **KEYS)
    assert tests.nobs == 16 * 8
    curve = sf.models.marginal_impact(fit(data, weights, "log(y) ~ x * lag(z)", model="sar"), "x", "lag(z)")
    assert curve.moderator == "lag(z)"


@pytest.mark.filterwarnings("ignore:The variance of the unit effects")
@pytest.mark.parametrize("effects", ["unit", "twoway", "random", "mundlak"])
def test_an_earlier_outcome_among_the_regressors_is_warned_of(data, weights, effects: str) -> None:
    """Growth on the level before, as of convergence: Nickell's bias under unit effects."""
    formula = "diff(log(y)) ~ x + lag(log(y))"
    with pytest.warns(SpatialfinWarning, match=r"'lag\(log\(y\)\)': an earlier outcome.*lags=\('y',\)"):
        fit(data, weights, formula, model="sar", effects=effects)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(data, weights, formula, model="sar", effects="time")


def test_the_bootstrap_refuses_earlier_outcomes(data, weights) -> None:
    found = fit(data, weights, "log(y) ~ x + lag(y)", model="sar", effects="pooled")
    with pytest.raises(OptionError, match="the outcome of earlier periods"):
        sf.models.bootstrap_impacts(found, replications=20)


@pytest.mark.parametrize(
    ("term", "message"),
    [
        ("lag(x, 0)", r"second argument of lag\(\) is a whole number of periods before, 1 or more"),
        ("lag(x, -1)", "1 or more"),
        ("lag(x, 1.5)", "1 or more"),
        ("lag(x, True)", "1 or more"),
        ("lag(x, z)", "1 or more"),
        ("diff(x, 0)", r"second argument of diff\(\)"),
        ("lag(x, 1, 2)", "takes 2 plain arguments"),
        ("lag(x, periods=2)", "takes 2 plain arguments"),
        ("lag()", "takes 2 plain arguments"),
        ("lag(lag(x))", r"lag\(\) stands outside lag\(\) and diff\(\).*lag\(x, 2\)"),
        ("lag(diff(x))", r"diff\(\) stands outside"),
        ("diff(diff(x))", r"diff\(\) stands outside"),
        ("lag(center(x))", r"center\(\) stands outside.*center\(lag\(x\)\)"),
        ("diff(standardize(x))", r"standardize\(\) stands outside"),
        ("lag(C(code))", r"C\(\) stands alone"),
        ("lag(2)", r"lag\(\) needs a column"),
        ("diff(2)", r"diff\(\) needs a column"),
        ("lag(w)", "no column 'w' in the data"),
        ("lag(x) + `lag(x)`", r"'lag\(x\)' is a column of the data and a column of an earlier period"),
    ],
)
def test_what_is_no_lag_is_refused(data, weights, term: str, message: str) -> None:
    with pytest.raises(FormulaError, match=message):
        fit(data.assign(**{"lag(x)": 1.0}), weights, f"y ~ z + {term}")


def test_too_long_lags_and_text_are_refused(data, weights) -> None:
    with pytest.raises(DataError, match=r"reads 99 periods before each, and there are 9 periods"):
        fit(data, weights, "y ~ x + lag(x, 99)")
    with pytest.raises(DataError, match="reads 9 periods"):
        fit(data, weights, "y ~ x + lag(x, 9)")
    with pytest.raises(DataError, match="effects='unit' needs more than one"):
        fit(data, weights, "y ~ x + lag(x, 8)", effects="unit")
    with pytest.raises(DataError, match="A dynamic model needs at least 3 periods, there are 2"):
        fit(data, weights, "y ~ lag(x, 8)", model="sar", effects="unit", lags=("y",))
    with pytest.raises(DataError, match="column 'kind': text where numbers are expected"):
        fit(data.assign(kind="a"), weights, "y ~ x + lag(kind)")


def test_there_is_no_period_before_in_a_cross_section(data, weights) -> None:
    year = data[data["year"] == 2005].set_index("code")
    for formula in ("y ~ lag(x)", "y ~ x + diff(log(z))", "diff(y) ~ x"):
        with pytest.raises(FormulaError, match=r"needs panel data.*no period before for .*fit_panel"):
            sf.fit_cross_section(formula, year, weights)
    with pytest.raises(FormulaError, match="needs panel data"):
        evaluate("lag(x)", year)
    assert column_names("y ~ lag(x, 2) + diff(z)") == ["y", "x", "z"]
    assert parse_expression("diff(log(a / b), 2)").sources == ["a", "b"]


@pytest.mark.parametrize("kind", ["number", "text", "date", "object", "period"])
def test_gaps_in_time_are_refused(data, weights, kind: str) -> None:
    """Two years missing for everybody: the period before is three years ago."""
    years = {
        "number": lambda year: year,
        "text": str,
        "date": lambda year: pd.Timestamp(year, 1, 31),
        "object": lambda year: datetime.date(year, 12, 31),
        "period": lambda year: pd.Period(str(year), "Y"),
    }[kind]
    even = data.assign(year=data["year"].map(years))
    gap = even[~data["year"].isin([2004, 2005])]
    formula = "log(y) ~ x + lag(x)"
    assert fit(even, weights, formula).nobs == 16 * 8
    assert fit(gap, weights, "log(y) ~ x").nobs == 16 * 7
    with pytest.raises(DataError, match=r"not evenly spaced .*2003.*2006.*Add the missing periods"):
        fit(gap, weights, formula)
    with pytest.raises(DataError, match="not evenly spaced"):
        fit(gap, weights, "log(y) ~ x", model="sar", effects="unit", lags=("y",))


def test_even_periods_of_other_lengths_and_names_are_taken(data, weights) -> None:
    formula = "log(y) ~ x + lag(x)"
    one = fit(data, weights, formula)
    months = {
        year: pd.Timestamp("2001-01-31") + pd.offsets.MonthEnd(year - 2001) for year in range(2001, 2010)
    }
    for years in (lambda year: 5 * year, lambda year: f"wave {year}", months.get):
        same(fit(data.assign(year=data["year"].map(years)), weights, formula), one)


@pytest.mark.parametrize("as_index", [False, True])
def test_ordered_categories_are_periods_in_their_own_order(data, weights, as_index: bool) -> None:
    """As text they would be after, before, meanwhile."""
    three = data[data["year"] < 2004]
    names = ["before", "meanwhile", "after"]
    stage = pd.Categorical.from_codes((three["year"] - 2001).to_numpy(), categories=names, ordered=True)
    named = three.assign(stage=stage)
    keys = {"unit": "code", "model": "sar", "effects": "pooled"}
    expected = sf.fit_panel("y ~ x + lag(x)", three, weights, time="year", **keys)
    table = named.set_index(["stage", "code"]) if as_index else named
    found = sf.fit_panel("y ~ x + lag(x)", table, weights, time="stage", **keys)
    pd.testing.assert_series_equal(found.params, expected.params)


def test_every_unit_needs_every_period(data, weights) -> None:
    with pytest.raises(DataError, match="not balanced"):
        fit(data.drop(index=20), weights, "log(y) ~ x + lag(x)")
