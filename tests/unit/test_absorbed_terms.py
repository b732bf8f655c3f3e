"""Terms that fixed effects absorb: tests of effects and Hausman tests do without them and say so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spatialfin as sf
from spatialfin._errors import DataError
from spatialfin.models import hausman
from spatialfin.models.formula import read_formula, without, written

from .conftest import lattice

KEYS = {"unit": "code", "time": "year"}


@pytest.fixture(scope="module")
def weights() -> sf.SpatialWeights:
    return lattice(5).standardize("row")


@pytest.fixture(scope="module")
def data(weights: sf.SpatialWeights) -> pd.DataFrame:
    """Five periods of a lag model: `coast` is constant over time, `rate` the same in all units."""
    rng = np.random.default_rng(8)
    n, periods = weights.n, 5
    frame = pd.DataFrame({"code": np.tile(weights.ids, periods), "year": np.repeat(range(2001, 2006), n)})
    x, z = rng.normal(size=(2, n * periods))
    coast, area = rng.normal(size=n), rng.choice(["hill", "plain"], n)
    unit, rate = rng.normal(size=n), rng.normal(size=periods)
    signal = x + 0.5 * np.tile(coast + unit, periods) + 0.3 * rng.normal(size=n * periods)
    inverse = np.linalg.inv(np.eye(n) - 0.3 * weights.sparse.toarray())
    y = signal.reshape(periods, n) @ inverse.T
    return frame.assign(
        y=y.ravel(), x=x, z=z, rate=np.repeat(rate, n), coast=np.tile(coast, periods),
        **{"kind of land": np.tile(area, periods)},
    )  # fmt: skip


def run(data: pd.DataFrame, weights: sf.SpatialWeights, formula: str, **keywords: object):
    return sf.specification_tests(formula, data, weights, **KEYS, **keywords)  # type: ignore[arg-type]


def numbers(tests: sf.models.SpecificationTests, effects: str, *, but: str) -> pd.DataFrame:
    frame = tests.frame[(tests.frame["effects"] == effects) & ~tests.frame["test"].str.startswith(but)]
    return frame[["test", "statistic", "df", "p_value"]].reset_index(drop=True)


@pytest.fixture(scope="module")
def tested(data, weights) -> sf.models.SpecificationTests:
    return run(data, weights, "y ~ x + z + coast")


def test_a_term_that_is_constant_over_time_is_in_the_other_tests_only(tested, data, weights) -> None:
    bare = run(data, weights, "y ~ x + z")
    for effects in ("unit", "twoway"):
        # LR of effects compare with a fit that has the term, Hausman tests with one that keeps it.
        ours, theirs = (
            numbers(each, effects, but=("LR unit", "LR period", "Hausman")) for each in (tested, bare)
        )
        pd.testing.assert_frame_equal(ours, theirs)
    pooled = sf.fit_panel("y ~ x + z + coast", data, weights, **KEYS, model="sdm", effects="pooled")
    sar = sf.fit_panel("y ~ x + z + coast", data, weights, **KEYS, model="sar", effects="pooled")
    row = tested.frame.query("test == 'LR SAR against SDM' and effects == 'pooled'").iloc[0]
    assert row["statistic"] == pytest.approx(2 * (pooled.loglik - sar.loglik), rel=1e-9)
    assert row["df"] == 3


def test_likelihood_ratio_of_unit_effects_counts_the_absorbed_term(tested, data, weights) -> None:
    def fit(formula: str, effects: str) -> float:
        options = {"model": "ols", "effects": effects, "bias_correction": "none"}
        return sf.fit_panel(formula, data, weights, **KEYS, **options).loglik

    row = tested.frame.query("test == 'LR unit effects' and effects == 'twoway'").iloc[0]
    expected = 2 * (fit("y ~ x + z", "twoway") - fit("y ~ x + z + coast", "time"))
    assert row["statistic"] == pytest.approx(expected, rel=1e-9)
    assert row["df"] == weights.n - 1 - 1


def test_it_says_what_was_left_out_and_where(tested, data, weights) -> None:
    note = "'coast': constant over time, so not in the tests with unit and twoway effects."
    assert note in tested.notes
    absorbed = tested.frame["residuals"].str.contains("'coast' absorbed")
    assert set(tested.frame.loc[absorbed, "effects"]) == {"unit", "twoway"}
    assert set(tested.frame.loc[~absorbed, "effects"]) == {"pooled", "time"}
    assert tested.implied_formula == "y ~ x + z"
    assert "which leaves 'y ~ x + z'" in tested.reasons[-1]
    fit = sf.fit_panel(tested.implied_formula, data, weights, **KEYS, **tested.choice)
    assert fit.label.lower() == tested.model


def test_nothing_absorbed_nothing_said(data, weights) -> None:
    tests = run(data, weights, "y ~ x + z")
    assert tests.implied_formula == tests.formula
    assert not tests.frame["residuals"].str.contains("absorbed").any()
    assert not any(line.startswith("Formula") for line in tests.reasons)


def test_terms_of_periods_are_left_out_with_period_effects(data, weights) -> None:
    tests = run(data, weights, "y ~ x + rate + z", durbin=["x", "z"])
    assert "'rate': the same in all units, so not in the tests with time and twoway effects." in tests.notes
    bare = run(data, weights, "y ~ x + z", durbin=["x", "z"])
    ours, theirs = (numbers(each, "time", but="LR period") for each in (tests, bare))
    pd.testing.assert_frame_equal(ours, theirs)


def test_period_dummies_stand_in_for_period_effects(data, weights) -> None:
    tests = run(data, weights, "y ~ x + C(year) + C(`kind of land`)")
    assert "LR period effects, unit against twoway: the formula holds these effects already." in tests.notes
    assert tests.frame.query("test == 'LR period effects'").empty
    assert tests.choice == {"model": "sar", "effects": "unit"}
    assert tests.implied_formula == "y ~ x + C(year)"
    sf.fit_panel(tests.implied_formula, data, weights, **KEYS, **tests.choice)


def test_a_lag_of_an_absorbed_term_goes_with_it(data, weights) -> None:
    tests = run(
        data, weights, "y ~ x + coast + C(`kind of land`)", durbin=["x", "coast", "C(`kind of land`)"]
    )
    rows = tests.frame.set_index(["test", "effects"])["df"]
    assert rows["LR OLS against SLX", "pooled"] == 3
    assert rows["LR OLS against SLX", "unit"] == 1


@pytest.mark.parametrize(
    "options", [{"formula": "y ~ coast"}, {"formula": "y ~ x + coast", "durbin": ["coast"]}]
)
def test_something_must_vary(data, weights, options) -> None:
    with pytest.raises(DataError) as error:
        run(data, weights, **options)
    assert "unit effects absorb every regressor that has a spatial lag, 'coast'" in str(error.value)
    assert "twoway effects absorb" in str(error.value)
    assert "time effects" not in str(error.value)


def test_row_order_changes_nothing(tested, data, weights) -> None:
    again = run(data.sample(frac=1, random_state=3), weights, "y ~ x + z + coast")
    pd.testing.assert_frame_equal(again.frame, tested.frame, rtol=0, atol=0)
    assert (again.notes, again.reasons) == (tested.notes, tested.reasons)


def test_hausman_keeps_the_term_under_random_effects(data, weights) -> None:
    fixed = sf.fit_panel("y ~ x + z", data, weights, **KEYS, model="ols", effects="unit")
    random = sf.fit_panel("y ~ x + z + coast", data, weights, **KEYS, model="ols", effects="random")
    found = hausman(fixed, random)
    names = ["x", "z"]
    gap = fixed.params[names] - random.params[names]
    common = random.cov.loc[names, names] * fixed.sigma2 / random.sigma2
    expected = gap @ np.linalg.inv(fixed.cov.loc[names, names] - common) @ gap
    assert found.statistic == pytest.approx(expected, rel=1e-9)
    assert found.df == 2
    with pytest.raises(DataError, match=r"the regressors differ \('z'\)"):
        hausman(sf.fit_panel("y ~ x", data, weights, **KEYS, model="ols", effects="unit"), random)
    doubled = sf.fit_panel("I(2 * y) ~ x + z", data, weights, **KEYS, model="ols", effects="random")
    with pytest.raises(DataError, match=r"the outcomes differ \('y', 'I\(2 \* y\)'\)"):
        hausman(fixed, doubled)


def test_hausman_leaves_out_what_is_the_same_in_all_units(data, weights) -> None:
    """Period dummies made the difference of the covariances singular."""
    fits = [
        sf.fit_panel("y ~ x + z + C(year)", data, weights, **KEYS, model="ols", effects=effects)
        for effects in ("unit", "random")
    ]
    found = hausman(*fits)
    assert found.df == 2
    assert found.smallest_eigenvalue > 1e-8
    gap = (fits[0].params - fits[1].params)[["x", "z"]]
    common = fits[1].cov.loc[gap.index, gap.index] * fits[0].sigma2 / fits[1].sigma2
    expected = gap @ np.linalg.inv(fits[0].cov.loc[gap.index, gap.index] - common) @ gap
    assert found.statistic == pytest.approx(expected, rel=1e-9)
    assert found.p_value == pytest.approx(stats.chi2.sf(expected, 2))
    alone = [
        sf.fit_panel("y ~ C(year)", data, weights, **KEYS, model="ols", effects=effects)
        for effects in ("unit", "random")
    ]
    with pytest.raises(DataError, match="needs a regressor that varies over time and between units"):
        hausman(*alone)


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ log(x / z) + `kind of land` + x**2 + {a - b}:C(r) + lag(x, 2)",
        "log(`a b`) ~ x:z - 1",
        "y ~ 1",
        "y ~ 0 + x",
    ],
)
def test_a_formula_is_written_as_it_was_read(formula: str) -> None:
    outcome, terms, intercept = read_formula(formula)
    assert read_formula(written(outcome, terms, intercept=intercept)) == (outcome, terms, intercept)


def test_terms_are_taken_out_of_a_formula() -> None:
    assert without("log(y) ~ x*z + `odd one` + {a - b}", {"z", "odd one"}) == "log(y) ~ x + {a - b} + x:z"
    assert without("y ~ x", {"x"}) == "y ~ 1"
