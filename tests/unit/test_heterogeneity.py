"""One specification by regions: against fits made by hand, Wald statistics by hand, and every fault."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spatialfin as sf
from spatialfin._errors import (
    AlignmentError,
    DataError,
    FormulaError,
    OptionError,
    SpatialfinError,
    SpatialfinWarning,
)
from spatialfin.models import heterogeneity
from spatialfin.models.regimes import wald

from .conftest import lattice

REGION = {"by": "region", "draws": 50}


@pytest.fixture(scope="module")
def panel(sample: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    parts, effect = [], rng.normal(size=len(sample))
    for year in (2001, 2002, 2003, 2004):
        noise = rng.normal(size=(len(sample), 2))
        part = sample.assign(year=year, lq=sample["lq"] + noise[:, 0], depth=noise[:, 1])
        slope = np.where(sample["region"] == "East", 1.5, 0.2)
        part["y"] = slope * part["lq"] + part["depth"] + effect + rng.normal(size=len(sample))
        parts.append(part.rename_axis("code").reset_index())
    return pd.concat(parts, ignore_index=True)


def test_split_samples_are_the_fits_of_each_region(sample, rowwise) -> None:
    found = heterogeneity("y ~ lq + depth", sample, rowwise, method="split", **REGION)
    for name, part in sample.groupby("region"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SpatialfinWarning)
            alone = sf.fit_cross_section("y ~ lq + depth", part, rowwise.subset(part.index), model="sdm")
        pd.testing.assert_series_equal(found.fits[name].params, alone.params)
        pd.testing.assert_frame_equal(found.impacts[name].tidy(), alone.impacts(draws=50).tidy())
        assert any("subset: kept 32 of 64 units" in line for line in found.fits[name].provenance.ledger)
    assert found.sizes.to_dict() == {"East": 32, "West": 32}


def test_wald_tests_of_two_split_samples_are_squared_z(sample, rowwise) -> None:
    found = heterogeneity("y ~ lq + depth", sample, rowwise, method="split", **REGION)
    east, west = found.fits.values()
    tests = found.coefficient_tests.set_index("term")
    assert list(tests.index) == ["lq", "depth", "W(lq)", "W(depth)", "rho", "all coefficients"]
    for term in ("lq", "W(depth)", "rho"):
        gap = east.params[term] - west.params[term]
        expected = gap**2 / (east.cov.loc[term, term] + west.cov.loc[term, term])
        assert tests.loc[term, "statistic"] == pytest.approx(expected)
        assert tests.loc[term, "p_value"] == pytest.approx(2 * stats.norm.sf(np.sqrt(expected)))
    assert tests.loc["all coefficients", "df"] == 5
    row = found.impact_tests.set_index(["variable", "impact"]).loc[("lq", "indirect")]
    first, second = (each.estimates.loc["lq", "indirect"] for each in found.impacts.values())
    errors = [each.simulated_errors.loc["lq", "indirect"] for each in found.impacts.values()]
    assert row["statistic"] == pytest.approx((first - second) ** 2 / (errors[0] ** 2 + errors[1] ** 2))


@pytest.mark.parametrize("kind", ["rowwise", "binary"])
def test_interacted_impacts_are_those_of_the_dense_inverse(request, sample, kind: str) -> None:
    weights = request.getfixturevalue(kind)
    found = heterogeneity("y ~ lq + depth", sample, weights, method="interacted", **REGION)
    fit, dense = found.fits["East"], weights.sparse.toarray()
    assert found.fits["West"] is fit
    assert not [label for label in fit.params.index if label.startswith("W(C(")]
    for name in ("East", "West"):
        beta, theta = (
            fit.params[f"lq:C(region)[{name}]"],
            fit.params[f"W(lq:C(region)[{name}])"],
        )
        one = np.eye(weights.n)
        s = np.linalg.solve(one - fit.params["rho"] * dense, beta * one + theta * dense)
        direct, indirect, total = found.frame.loc["lq", (name, "estimate")]
        assert direct == pytest.approx(np.trace(s) / weights.n)
        assert total == pytest.approx(s.sum() / weights.n)
        assert direct + indirect == pytest.approx(total)
    assert set(found.tidy()["variable"]) == {"lq", "depth"}


def test_interacted_least_squares_is_a_regression_per_region(sample, rowwise) -> None:
    found = heterogeneity("y ~ lq + depth", sample, rowwise, method="interacted", model="ols", **REGION)
    for name, part in sample.groupby("region"):
        alone = sf.fit_cross_section("y ~ lq + depth", part, model="ols")
        estimates = found.frame[(name, "estimate")]
        for variable in ("lq", "depth"):
            assert estimates.loc[(variable, "direct", "static")] == pytest.approx(alone.params[variable])
    direct = found.impact_tests.query("impact == 'direct'")
    assert np.isfinite(direct["statistic"]).all()
    assert found.impact_tests.query("impact == 'indirect'")["statistic"].isna().all()
    by_hand = sf.fit_cross_section("y ~ lq + depth", sample, rowwise, model="ols", regimes="region")
    expected = by_hand.regime_tests.set_index("term").loc[["lq", "depth"]]
    ours = found.coefficient_tests.set_index("term").loc[["lq", "depth"]]
    pd.testing.assert_frame_equal(ours, expected)


@pytest.mark.parametrize("effects", ["unit", "twoway", "time", "pooled", "random"])
@pytest.mark.parametrize("method", ["split", "interacted"])
def test_panels_find_the_difference(panel, rowwise, method: str, effects: str) -> None:
    found = heterogeneity(
        "y ~ lq + depth", panel, rowwise, method=method, unit="code", time="year", model="sar",
        effects=effects, **REGION,
    )  # fmt: skip
    direct = found.frame.xs("estimate", axis=1, level="value").loc[("lq", "direct", "static")]
    # The truth is 1.5 and 0.2; standard errors are about 0.1.
    assert direct["East"] == pytest.approx(1.5, abs=0.4)
    assert direct["West"] == pytest.approx(0.2, abs=0.4)
    tests = found.coefficient_tests.set_index("term")["p_value"]
    assert tests["lq"] < 1e-4 < tests["depth"]
    assert found.impact_tests.set_index(["variable", "impact"])["p_value"][("lq", "total")] < 1e-3


def test_interacted_period_dummies_with_unit_effects_are_a_regression_per_region(panel, rowwise) -> None:
    """Least squares of one region alone, with its own dummies of the years, has the same coefficients."""
    options = {"unit": "code", "time": "year", "model": "ols", "effects": "unit"}
    found = heterogeneity("y ~ lq + C(year)", panel, rowwise, method="interacted", **options, **REGION)
    for name, part in panel.groupby("region"):
        alone = sf.fit_panel("y ~ lq + C(year)", part, None, **options)
        estimates = found.frame[(name, "estimate")]
        for variable in ("lq", "C(year)[2002]", "C(year)[2003]", "C(year)[2004]"):
            assert estimates.loc[(variable, "direct", "static")] == pytest.approx(alone.params[variable])
    assert found.coefficient_tests["term"].tolist()[-1] == "all coefficients"
    assert found.coefficient_tests["df"].iloc[-1] == 4


def test_period_dummies_get_no_lag_by_default(panel, rowwise) -> None:
    options = {"unit": "code", "time": "year", "effects": "unit", **REGION}
    found = heterogeneity("y ~ lq + C(year)", panel, rowwise, method="interacted", model="sdm", **options)
    lagged = [name for name in found.fits["East"].params.index if name.startswith("W(")]
    assert lagged == ["W(lq:C(region)[East])", "W(lq:C(region)[West])"]


@pytest.mark.parametrize("method", ["split", "interacted"])
@pytest.mark.parametrize("kind", ["cross-section", "panel"])
def test_row_order_changes_nothing(sample, panel, rowwise, method: str, kind: str) -> None:
    keys = {"unit": "code", "time": "year"} if kind == "panel" else {}
    data = panel if kind == "panel" else sample

    def found(table: pd.DataFrame) -> sf.models.HeterogeneityResult:
        return heterogeneity("y ~ lq", table, rowwise, method=method, **REGION, **keys)

    first, second = found(data), found(data.sample(frac=1, random_state=4))
    pd.testing.assert_frame_equal(first.frame, second.frame)
    pd.testing.assert_frame_equal(first.coefficient_tests, second.coefficient_tests)


def test_odd_names_powers_moderators_and_durbin(sample, rowwise) -> None:
    odd = sample.rename(columns={"region": "macro region", "z": "z score"})
    found = heterogeneity(
        "y ~ lq * depth + `z score`", odd, rowwise, by="macro region", method="interacted", durbin=["lq"],
        at={"depth": 0.5}, draws=20,
    )  # fmt: skip
    assert sum(label.startswith("W(") for label in found.fits["East"].params.index) == 2
    flat = heterogeneity(
        "y ~ lq * depth", odd, rowwise, by="macro region", method="interacted", model="sem",
        at={"depth": 0.5}, draws=20,
    )  # fmt: skip
    table = flat.fits["East"].params
    expected = table["lq:C(`macro region`)[East]"] + 0.5 * table["lq:depth:C(`macro region`)[East]"]
    assert flat.frame.loc[("lq", "direct", "static"), ("East", "estimate")] == pytest.approx(expected)
    numbered = sample.assign(region=(sample["region"] == "East").astype(int))
    assert list(heterogeneity("y ~ lq", numbered, rowwise, method="interacted", **REGION).fits) == [
        "0",
        "1",
    ]


@pytest.mark.parametrize("method", ["split", "interacted"])
def test_squares_and_logarithms(sample, rowwise, method: str) -> None:
    formula = "log(wealth) ~ lq + lq**2 + z"
    found = heterogeneity(formula, sample, rowwise, method=method, model="ols", at={"lq": 1.0}, **REGION)
    for name, part in sample.groupby("region"):
        alone = sf.fit_cross_section(formula, part, model="ols").params
        ours = found.frame.loc[("lq", "direct", "static"), (name, "estimate")]
        assert ours == pytest.approx(alone["lq"] + 2 * alone["lq**2"])


def test_small_regions_are_warned_about(rowwise) -> None:
    weights = lattice(6).standardize("row")
    rng = np.random.default_rng(0)
    data = pd.DataFrame(rng.normal(size=(36, 2)), index=weights.ids, columns=["y", "x"])
    data["region"] = ["East"] * 18 + ["West"] * 18
    with pytest.warns(SpatialfinWarning, match=r"fewer than 30 units: 'East' \(18\), 'West' \(18\)"):
        heterogeneity("y ~ x", data, weights, model="sar", **REGION)


@pytest.mark.parametrize("method", ["split", "interacted"])
def test_what_is_refused(sample, panel, rowwise, method: str) -> None:
    def refused(error: type[SpatialfinError], match: str, data: pd.DataFrame = sample, **changes: object):
        given = {"formula": "y ~ lq + depth", "weights": rowwise, "method": method, **REGION, **changes}
        with pytest.raises(error, match=match):
            heterogeneity(data=data, **given)

    first = sample.index == "u0000"
    refused(DataError, r"by='regoin' is no column.*Did you mean 'region'", by="regoin")
    refused(DataError, r"by=\['region'\] is no column", by=["region"])
    refused(DataError, r"by='region' has one region, 'East'", sample.assign(region="East"))
    refused(DataError, "no region at 'u0000'", sample.assign(region=sample["region"].mask(first)))
    few = sample.assign(region=np.where(np.arange(64) < 3, "Tiny", "Rest"))
    refused(DataError, "regions 'Tiny' have no more rows than the 4 coefficients", few)
    refused(FormulaError, "by='region' is a term of the formula too", formula="y ~ lq * region")
    refused(AlignmentError, "same units", sample.drop(index="u0003"))
    refused(OptionError, r"effects= is no option of fit_cross_section.*time=", effects="twoway")
    refused(OptionError, "regimes=", regimes="region")
    refused(OptionError, "model='sdmm' is not an option", model="sdmm")
    refused(OptionError, "time='year' needs unit=", panel, time="year")
    moving = panel.assign(region=panel["region"].where(panel["year"] > 2001, "West"))
    refused(DataError, "'u0000', .* change their region over time", moving, unit="code", time="year")
    refused(FormulaError, "durbin=.*'lqq' is no term.*Did you mean 'lq'", durbin=["lqq"])


def test_words_and_failing_regions(sample, rowwise) -> None:
    with pytest.raises(OptionError, match="method='splits' is not an option"):
        heterogeneity("y ~ lq", sample, rowwise, by="region", method="splits")
    flat = sample.assign(lq=sample["lq"].where(sample["region"] == "East", 1.0))
    with pytest.raises(SpatialfinError, match=r"regions: 'West': .*ollinear"):
        heterogeneity("y ~ lq", flat, rowwise, model="sar", **REGION)


def test_it_shows_impacts_and_tests(sample, rowwise) -> None:
    found = heterogeneity("y ~ lq", sample, rowwise, **REGION)
    text = repr(found)
    assert text.startswith("SDM by region (split), units: East 32, West 32")
    assert "Equality of coefficients (Wald)" in text
    assert "Equality of impacts (Wald)" in text
    assert found._repr_html_().count("<table") == 3


def test_a_singular_covariance_has_no_joint_test() -> None:
    params = pd.Series([1.0, 2.0, 3.0])
    thin = np.outer([1.0, 1e-4, 2.0], [1.0, 1e-4, 2.0])  # rank one, as of a single cluster
    statistic, df, p_value = wald(params, pd.DataFrame(thin), np.eye(3)[:2])
    assert (np.isnan(statistic), df, np.isnan(p_value)) == (True, 2, True)
    scaled = pd.DataFrame(np.diag([1e-8, 1e8, 1.0]))  # far apart in scale, but regular
    assert wald(params, scaled, np.eye(3))[0] == pytest.approx(1e8 + 4e-8 + 9)
