"""fit_cross_section: what it refuses, and what its results hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import (
    AlignmentError,
    CollinearityError,
    ConvergenceError,
    DataError,
    FormulaError,
    OptionError,
    WeightsError,
)

from .conftest import lattice


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"model": "sarr"}, "Did you mean 'sar'"),
        ({"model": "lag"}, "Valid: 'ols'"),
        ({"estimator": "mle"}, "Did you mean 'ml'"),
        ({"engine": "stata"}, "'native'"),
        ({"vcov": "white"}, "'robust'"),
        ({"logdet": "lu"}, "'sparse'"),
        ({"traces": "exactly"}, "Did you mean 'exact'"),
        ({"seed": "a"}, "whole number"),
        ({"vcov": "robust"}, "least squares and 2sls"),
        ({"vcov": "hac", "model": "ols"}, "kernel= go together"),
        ({"durbin": ["lq"]}, "goes with slx, sdm and sdem"),
        ({"endogenous": ["lq"], "instruments": ["z"]}, "not with 'ml'"),
        ({"estimator": "2sls", "endogenous": ["lq"]}, "go together"),
        ({"estimator": "2sls", "model": "sem"}, "estimator='gmm'"),
        ({"estimator": "gmm", "model": "ols", "endogenous": ["lq"], "instruments": ["z"]}, "'2sls'"),
        ({"estimator": "2sls", "model": "ols"}, "needs endogenous="),
        ({"estimator": "2sls", "regimes": "region"}, "regimes= goes with estimator='ml'"),
        ({"model": "sac", "engine": "spreg"}, "no maximum likelihood"),
        ({"estimator": "2sls", "engine": "native"}, "runs through spreg"),
    ],
)
def test_options(sample, rowwise, keywords: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message.replace("(", r"\(")):
        sf.fit_cross_section("y ~ lq", sample, rowwise, **keywords)  # type: ignore[arg-type]


def test_spatial_models_need_weights(sample) -> None:
    with pytest.raises(OptionError, match="needs weights"):
        sf.fit_cross_section("y ~ lq", sample)


def test_units_must_be_those_of_the_weights(sample, rowwise) -> None:
    with pytest.raises(AlignmentError, match=r"'u0000'.*subset"):
        sf.fit_cross_section("y ~ lq", sample.drop(index="u0000"), rowwise)
    with pytest.raises(AlignmentError, match="only in data: 'other'"):
        sf.fit_cross_section("y ~ lq", sample.rename(index={"u0000": "other"}), rowwise)


def test_units_by_column_or_level(sample, rowwise) -> None:
    expected = sf.fit_cross_section("y ~ lq", sample, rowwise).params
    column = sample.rename_axis("code").reset_index()
    pd.testing.assert_series_equal(
        sf.fit_cross_section("y ~ lq", column, rowwise, unit="code").params, expected
    )
    level = sample.rename_axis("code").assign(year=2011).set_index("year", append=True)
    pd.testing.assert_series_equal(
        sf.fit_cross_section("y ~ lq", level, rowwise, unit="code").params, expected
    )
    with pytest.raises(DataError, match=r"'cod' is no column.*Did you mean 'code'"):
        sf.fit_cross_section("y ~ lq", column, rowwise, unit="cod")
    with pytest.raises(DataError, match="several index levels"):
        sf.fit_cross_section("y ~ lq", level, rowwise)


def test_duplicate_units_and_wrong_types(sample, rowwise) -> None:
    with pytest.raises(DataError, match="duplicate labels 'u0003'"):
        sf.fit_cross_section("y ~ lq", pd.concat([sample, sample.loc[["u0003"]]]), rowwise)
    with pytest.raises(DataError, match="a DataFrame is needed, not dict"):
        sf.fit_cross_section("y ~ lq", sample.to_dict(), rowwise)  # type: ignore[arg-type]


def test_missing_values_name_the_units(sample, rowwise) -> None:
    holes = sample.copy()
    holes.loc[["u0001", "u0007"], "lq"] = np.nan
    with pytest.raises(DataError, match=r"'u0001', 'u0007'.*subset"):
        sf.fit_cross_section("y ~ lq", holes, rowwise)


def test_constant_outcome_perfect_fit_and_collinear_terms(sample, rowwise) -> None:
    with pytest.raises(DataError, match="constant"):
        sf.fit_cross_section("one ~ lq", sample.assign(one=1.0), rowwise)
    with pytest.raises(ConvergenceError, match="reproduce the outcome exactly"):
        sf.fit_cross_section("twice ~ lq", sample.assign(twice=2 * sample["lq"] + 1), rowwise, model="sem")
    share = sample.assign(share=0.07 * sample["lq"])
    with pytest.raises(CollinearityError, match="'lq' and 'share'"):
        sf.fit_cross_section("y ~ lq + share", share, rowwise)
    with pytest.raises(CollinearityError, match="'Intercept' and 'one'"):
        sf.fit_cross_section("y ~ lq + one", sample.assign(one=1.0), rowwise)


def test_the_outcome_on_both_sides_and_perfect_least_squares(sample, rowwise) -> None:
    for formula in ("y ~ y", "log(wealth) ~ lq + log( wealth )"):
        with pytest.raises(FormulaError, match="both sides"):
            sf.fit_cross_section(formula, sample, rowwise, model="ols")
    with pytest.raises(ConvergenceError, match="reproduce the outcome exactly"):
        sf.fit_cross_section("twice ~ lq", sample.assign(twice=2 * sample["lq"]), model="ols")


def test_an_intercept_alone_has_no_robust_tests(sample, rowwise) -> None:
    table = sf.fit_cross_section("y ~ 1", sample, rowwise, model="ols").diagnostics.set_index("test")
    assert table.loc[["Robust LM lag", "Robust LM error"], "p_value"].isna().all()
    # Without regressors lag and error are the same alternative.
    assert table.loc["LM lag", "statistic"] == pytest.approx(table.loc["LM error", "statistic"])


def test_weights_without_links(sample, rowwise) -> None:
    alone = sf.SpatialWeights.from_matrix(np.zeros((64, 64)), ids=rowwise.ids)
    with pytest.raises(WeightsError, match="no link"):
        sf.fit_cross_section("y ~ lq", sample, alone)


def test_one_unit_is_too_few() -> None:
    data = pd.DataFrame({"y": [1.0], "x": [2.0]}, index=["a"])
    with pytest.raises(DataError):
        sf.fit_cross_section("y ~ x", data, model="ols")


def test_coefficient_at_its_bound(rowwise) -> None:
    field = np.linalg.solve(
        np.eye(64) - 0.9999999 * rowwise.sparse.toarray(), np.random.default_rng(0).normal(size=64)
    )
    data = pd.DataFrame({"y": field, "x": np.arange(64.0) % 3}, index=rowwise.ids)
    with pytest.raises(ConvergenceError, match="feasible"):
        sf.fit_cross_section("y ~ 0 + x", data, rowwise, engine="native")


def test_spreg_engine_is_for_small_samples() -> None:
    weights = lattice(32).standardize("row")
    rng = np.random.default_rng(0)
    data = pd.DataFrame(rng.normal(size=(weights.n, 2)), index=weights.ids, columns=["y", "x"])
    with pytest.raises(OptionError, match="up to 1,000 units"):
        sf.fit_cross_section("y ~ x", data, weights, engine="spreg")
    fit = sf.fit_cross_section("y ~ x", data, weights)
    assert fit.engine == "native"
    assert any("log-determinant: sparse by " in entry for entry in fit.provenance.ledger)


def test_where_spreg_gives_up_near_the_bound_the_own_likelihood_is_used() -> None:
    """It predicts by powers of rho W, whose norm may grow at first, and raises a plain Exception."""
    weights = lattice(5).standardize("row")
    rng = np.random.default_rng(0)
    x = rng.normal(size=weights.n)
    y = np.linalg.solve(np.eye(weights.n) - 0.95 * weights.sparse.toarray(), x + rng.normal(size=weights.n))
    data = pd.DataFrame({"x": x, "y": y}, index=weights.ids)
    with pytest.raises(ConvergenceError, match=r"spreg gave up \(power expansion.*Use engine='native'"):
        sf.fit_cross_section("y ~ x", data, weights, engine="spreg")
    fit = sf.fit_cross_section("y ~ x", data, weights)
    own = sf.fit_cross_section("y ~ x", data, weights, engine="native")
    assert fit.engine == "native"
    pd.testing.assert_series_equal(fit.params, own.params)


def test_binary_weights_go_to_the_own_likelihood(sample, binary) -> None:
    fit = sf.fit_cross_section("y ~ lq", sample, binary)
    assert fit.engine == "native"
    low, high = fit.parts.logdet.interval
    assert low < fit.params["rho"] < high < 0.3


@pytest.mark.parametrize(("estimator", "model"), [("2sls", "sar"), ("gmm", "sem")])
def test_spreg_estimators_need_an_intercept(sample, rowwise, estimator: str, model: str) -> None:
    with pytest.raises(FormulaError, match="always have an intercept"):
        sf.fit_cross_section("y ~ 0 + lq", sample, rowwise, model=model, estimator=estimator)  # type: ignore[arg-type]


def test_endogenous_terms_are_checked(sample, rowwise) -> None:
    with pytest.raises(FormulaError, match=r"'lqq' is no term.*Did you mean 'lq'"):
        sf.fit_cross_section(
            "y ~ lq", sample, rowwise, estimator="2sls", endogenous=["lqq"], instruments=["z"]
        )
    with pytest.raises(FormulaError, match="no column 'zz'"):
        sf.fit_cross_section(
            "y ~ lq", sample, rowwise, estimator="2sls", endogenous=["lq"], instruments=["zz"]
        )
    with pytest.raises(OptionError, match="at least as many instruments"):
        sf.fit_cross_section(
            "y ~ lq + depth",
            sample,
            model="ols",
            estimator="2sls",
            endogenous=["lq", "depth"],
            instruments=["z"],
        )


def test_regimes_are_checked(sample, rowwise) -> None:
    with pytest.raises(DataError, match=r"'regio' is no column.*Did you mean 'region'"):
        sf.fit_cross_section("y ~ lq", sample, rowwise, regimes="regio")
    with pytest.raises(DataError, match="one group"):
        sf.fit_cross_section("y ~ lq", sample.assign(g="a"), rowwise, regimes="g")
    few = sample.assign(g=["a", "a", *(["b"] * 62)])
    with pytest.raises(DataError, match="'a' have no more units"):
        sf.fit_cross_section("y ~ lq", few, rowwise, regimes="g")
    missing = sample.assign(g=[None, *(["a"] * 31), *(["b"] * 32)])
    with pytest.raises(DataError, match="missing at 'u0000'"):
        sf.fit_cross_section("y ~ lq", missing, rowwise, regimes="g")


def test_kernel_must_hold_the_same_units(sample, rowwise) -> None:
    with pytest.raises(AlignmentError, match="kernel="):
        sf.fit_cross_section(
            "y ~ lq", sample, model="ols", vcov="hac", kernel=rowwise.subset(rowwise.ids[:40])
        )


def test_result_is_labelled_and_frozen(sample, rowwise) -> None:
    fit = sf.fit_cross_section("y ~ lq * depth", sample, rowwise, model="sdm", durbin=["lq"])
    assert list(fit.params.index) == ["Intercept", "lq", "depth", "lq:depth", "W(lq)", "rho"]
    assert list(fit.cov.index) == list(fit.cov.columns) == list(fit.params.index)
    assert fit.residuals.index.equals(sample.index)
    assert (fit.fitted + fit.residuals).to_numpy() == pytest.approx(sample["y"].to_numpy(), rel=1e-12)
    assert fit.label == "SDM"
    assert fit.provenance.weights_hash == rowwise.hash
    assert fit.nobs == 64
    with pytest.raises(AttributeError):
        fit.model = "sar"  # type: ignore[misc]
    tidy = fit.tidy()
    assert list(tidy.columns) == [
        "term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high",
    ]  # fmt: skip
    glance = fit.glance().iloc[0]
    assert glance["aic"] == pytest.approx(-2 * fit.loglik + 2 * 7)
    assert glance["bic"] == pytest.approx(-2 * fit.loglik + np.log(64) * 7)
    for text in (fit.summary(), repr(fit), fit._repr_html_()):
        assert "W(lq)" in text
    with pytest.raises(OptionError, match="level=95: a number between 0 and 1"):
        fit.tidy(level=95)


def test_least_squares_uses_students_t_and_r2(sample, rowwise) -> None:
    from scipy import stats

    fit = sf.fit_cross_section("y ~ lq + depth", sample, rowwise, model="ols")
    slope = fit.tidy().set_index("term").loc["lq"]
    assert slope["p_value"] == pytest.approx(2 * stats.t.sf(abs(slope["statistic"]), 61))
    assert fit.r2 == pytest.approx(np.corrcoef(sample["y"], fit.fitted)[0, 1] ** 2)
    assert fit.df_resid == 61
    assert fit.vif.index.tolist() == ["lq", "depth"]
    assert fit.diagnostics["test"].tolist()[0] == "Moran's I (residuals)"
    spatial = sf.fit_cross_section("y ~ lq + depth", sample, rowwise, model="sar")
    assert np.isnan(spatial.r2)
    assert spatial.diagnostics is None


def test_predict_is_the_reduced_form(sample, rowwise) -> None:
    fit = sf.fit_cross_section("y ~ lq + depth", sample, rowwise, model="sdm")
    dense = rowwise.sparse.toarray()
    signal = fit.params["Intercept"] + sample[["lq", "depth"]] @ fit.params[["lq", "depth"]]
    signal = (
        signal + dense @ sample[["lq", "depth"]].to_numpy() @ fit.params[["W(lq)", "W(depth)"]].to_numpy()
    )
    expected = np.linalg.solve(np.eye(64) - fit.params["rho"] * dense, signal.to_numpy())
    assert fit.predict().to_numpy() == pytest.approx(expected)
    shuffled = sample.sample(frac=1, random_state=4)
    pd.testing.assert_series_equal(fit.predict(shuffled), fit.predict().loc[shuffled.index])
    assert fit.pseudo_r2 == pytest.approx(np.corrcoef(expected, sample["y"])[0, 1] ** 2)
    with pytest.raises(AlignmentError, match="new data"):
        fit.predict(sample.iloc[:10])
    plain = sf.fit_cross_section("y ~ lq", sample, model="ols")
    new = pd.DataFrame({"lq": [1.0, 2.0]}, index=["p", "q"])
    assert plain.predict(new).to_numpy() == pytest.approx(
        plain.params["Intercept"] + plain.params["lq"] * new["lq"].to_numpy()
    )
    groups = sf.fit_cross_section("y ~ lq", sample, rowwise, regimes="region")
    assert groups.predict().index.equals(sample.index)
    with pytest.raises(DataError, match="regimes"):
        groups.predict(sample)


def test_spatial_error_model_filters_its_residuals(sample, rowwise) -> None:
    fit = sf.fit_cross_section("y ~ lq", sample, rowwise, model="sem", engine="native")
    dense, y = rowwise.sparse.toarray(), sample["y"].to_numpy()
    u = y - fit.params["Intercept"] - fit.params["lq"] * sample["lq"].to_numpy()
    assert fit.residuals.to_numpy() == pytest.approx(u - fit.params["lam"] * dense @ u)
    assert fit.sigma2 == pytest.approx((fit.residuals**2).mean())


def test_an_island_kept_on_purpose_is_no_error(sample, rowwise) -> None:
    matrix = rowwise.sparse.toarray()
    matrix[0], matrix[:, 0] = 0, 0
    weights = sf.SpatialWeights.from_matrix(matrix, ids=rowwise.ids)
    fit = sf.fit_cross_section("y ~ lq", sample, weights.standardize("row"), model="sar")
    assert abs(fit.params["rho"]) < 1
    assert np.isfinite(fit.impacts(draws=50).tidy()["estimate"]).all()


def test_inputs_are_not_changed(sample, rowwise) -> None:
    before = sample.copy(deep=True)
    fit = sf.fit_cross_section("y ~ center(lq) + depth", sample, rowwise, model="sdm")
    fit.impacts(draws=20)
    fit.predict()
    pd.testing.assert_frame_equal(sample, before)


@pytest.mark.parametrize("method", ["chebyshev", "stochastic"])
def test_estimated_determinants_give_nearly_the_same_model(method: str) -> None:
    weights = lattice(32).standardize("row")
    rng = np.random.default_rng(6)
    x = rng.normal(size=weights.n)
    y = np.linalg.solve(
        np.eye(weights.n) - 0.4 * weights.sparse.toarray(), 1 + x + rng.normal(size=weights.n)
    )
    data = pd.DataFrame({"y": y, "x": x}, index=weights.ids)
    exact = sf.fit_cross_section("y ~ x", data, weights)
    estimated = sf.fit_cross_section("y ~ x", data, weights, logdet=method)  # type: ignore[arg-type]
    # The noise of the probes is far below that of the estimate.
    assert abs(estimated.params["rho"] - exact.params["rho"]) < 0.2 * exact.std_errors["rho"]
    assert estimated.std_errors["rho"] == pytest.approx(exact.std_errors["rho"], rel=0.05)
    assert any(f"log-determinant: {method}" in entry for entry in estimated.provenance.ledger)
