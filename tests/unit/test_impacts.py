"""Impacts: against dense inverses, numerical derivatives and each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import DataError, FormulaError, OptionError, SpatialfinWarning
from spatialfin.models.impacts import normal_draws

from .conftest import lattice


def dense_impacts(weights: sf.SpatialWeights, rho: float, beta: float, theta: float) -> list[float]:
    """Direct, indirect and total from the inverse itself."""
    matrix = weights.sparse.toarray()
    s = np.linalg.inv(np.eye(weights.n) - rho * matrix) @ (beta * np.eye(weights.n) + theta * matrix)
    direct, total = np.trace(s) / weights.n, s.sum() / weights.n
    return [direct, total - direct, total]


@pytest.mark.parametrize("model", ["ols", "slx", "sar", "sem", "sdm", "sdem", "sac"])
@pytest.mark.parametrize("kind", ["rowwise", "binary"])
def test_equal_to_the_dense_inverse(request, sample, model: str, kind: str) -> None:
    weights = request.getfixturevalue(kind)
    fit = sf.fit_cross_section("y ~ lq + depth", sample, weights, model=model, engine="auto")
    impacts = fit.impacts(draws=50)
    for variable in ("lq", "depth"):
        rho = fit.params.get("rho", 0.0)
        theta = fit.params.get(f"W({variable})", 0.0)
        expected = dense_impacts(weights, rho, fit.params[variable], theta)
        assert impacts.estimates.loc[variable].to_numpy() == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("kind", ["rowwise", "binary"])
@pytest.mark.parametrize("logdet", ["eigen", "sparse"])
def test_every_draw_equals_the_dense_inverse(request, sample, kind: str, logdet: str) -> None:
    weights = request.getfixturevalue(kind)
    fit = sf.fit_cross_section("y ~ lq", sample, weights, model="sdm", engine="native", logdet=logdet)
    impacts = fit.impacts(draws=60, seed=3)
    sample_draws = normal_draws(fit.params.to_numpy(), fit.cov.to_numpy(), 60, seed=3)
    low, high = fit.parts.logdet.interval
    kept = [draw for draw in sample_draws if low < draw[-1] < high]
    assert impacts.n_rejected == 60 - len(kept)
    for ours, draw in zip(impacts.draws[:, 0], kept, strict=True):
        assert ours == pytest.approx(dense_impacts(weights, draw[-1], draw[1], draw[2]), rel=1e-7, abs=1e-10)


def test_draws_have_the_mean_and_covariance_asked_for() -> None:
    covariance = np.array([[4.0, 1.0, 0.0], [1.0, 0.25, 0.0], [0.0, 0.0, 0.0]])  # singular
    draws = normal_draws(np.array([1.0, -2.0, 3.0]), covariance, 40_000, seed=1)
    # Four standard errors of a mean and of a variance of 40,000 draws.
    assert draws.mean(axis=0) == pytest.approx([1.0, -2.0, 3.0], abs=0.04)
    assert np.cov(draws, rowvar=False) == pytest.approx(covariance, abs=0.12)


def test_delta_errors_are_those_of_a_numerical_gradient(sample, binary) -> None:
    fit = sf.fit_cross_section("y ~ lq", sample, binary, model="sdm")
    point = fit.params.to_numpy()

    def impacts(at: np.ndarray) -> np.ndarray:
        return np.array(dense_impacts(binary, at[-1], at[1], at[2]))

    gradient = np.column_stack(
        [(impacts(point + step) - impacts(point - step)) / 2e-6 for step in np.eye(len(point)) * 1e-6]
    )
    expected = np.sqrt(np.diag(gradient @ fit.cov.to_numpy() @ gradient.T))
    # A central difference with step 1e-6.
    assert fit.impacts(draws=10).delta_errors.loc["lq"].to_numpy() == pytest.approx(expected, rel=1e-5)


def test_simulated_and_delta_errors_are_close_in_a_regular_problem() -> None:
    weights = lattice(20).standardize("row")
    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    y = np.linalg.solve(np.eye(400) - 0.3 * weights.sparse.toarray(), 1 + x + 0.3 * rng.normal(size=400))
    data = pd.DataFrame({"y": y, "x": x}, index=weights.ids)
    impacts = sf.fit_cross_section("y ~ x", data, weights).impacts(draws=20_000)
    # 20,000 draws know a standard deviation to 0.5 %; the rest is curvature.
    assert impacts.simulated_errors.to_numpy() == pytest.approx(impacts.delta_errors.to_numpy(), rel=0.03)


def test_tidy(sample, rowwise) -> None:
    impacts = sf.fit_cross_section("y ~ lq + depth", sample, rowwise, model="sdm").impacts()
    table = impacts.tidy()
    assert list(table.columns) == [
        "variable", "impact", "horizon", "at", "estimate",
        "std_error", "z", "p_value", "conf_low", "conf_high",
    ]  # fmt: skip
    assert table["impact"].tolist() == ["direct", "indirect", "total"] * 2
    wide = table.pivot(index="variable", columns="impact", values="estimate")
    assert (wide["direct"] + wide["indirect"]).to_numpy() == pytest.approx(wide["total"].to_numpy())
    assert ((table["conf_low"] < table["estimate"]) & (table["estimate"] < table["conf_high"])).all()
    assert table["z"].to_numpy() == pytest.approx((table["estimate"] / table["std_error"]).to_numpy())
    delta = impacts.tidy("delta", level=0.9)
    assert delta["conf_high"].to_numpy() == pytest.approx(
        (delta["estimate"] + 1.6448536269514722 * delta["std_error"]).to_numpy()
    )
    with pytest.raises(OptionError, match="Did you mean 'delta'"):
        impacts.tidy("delt")
    assert "rejected" in repr(impacts)
    assert "lq" in impacts._repr_html_()


def test_same_seed_same_draws_other_seed_others(sample, rowwise) -> None:
    fit = sf.fit_cross_section("y ~ lq", sample, rowwise)
    state = np.random.get_state()[1].copy()  # noqa: NPY002 - the global state must stay as it was
    assert np.array_equal(fit.impacts(draws=30).draws, fit.impacts(draws=30).draws)
    assert not np.array_equal(fit.impacts(draws=30).draws, fit.impacts(draws=30, seed=1).draws)
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_without_spillovers_the_indirect_impact_is_zero_without_error(sample, rowwise) -> None:
    table = sf.fit_cross_section("y ~ lq", sample, rowwise, model="sem").impacts(draws=20).tidy()
    indirect = table.set_index("impact").loc["indirect"]
    assert indirect["estimate"] == 0
    assert indirect[["std_error", "p_value", "conf_low"]].isna().all()


def test_linear_models_have_exact_errors(sample, rowwise) -> None:
    fit = sf.fit_cross_section("y ~ lq", sample, rowwise, model="ols")
    direct = fit.impacts(draws=20).tidy().set_index("impact").loc["direct"]
    assert direct["std_error"] == pytest.approx(fit.std_errors["lq"])


def marginal(fit, data: pd.DataFrame, variable: str, at: dict[str, float]) -> float:
    """Numerical derivative of the signal at a point where every unit has the same values."""
    constant = data.assign(**at)
    step = 1e-5
    up = fit.parts.design.apply(constant.assign(**{variable: at[variable] + step}))
    down = fit.parts.design.apply(constant.assign(**{variable: at[variable] - step}))
    return float(((up - down) @ fit.params.to_numpy()[: up.shape[1]] / (2 * step))[0])


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ lq * depth",
        "y ~ lq + lq**2 + depth",
        "y ~ log(lq) + lq * depth + lq:I(depth**2)",
        "y ~ center(lq) * depth + lq**2",
    ],
)
def test_one_effect_per_variable_in_products_and_squares(sample, rowwise, formula: str) -> None:
    fit = sf.fit_cross_section(formula, sample, rowwise, model="sem")
    at = {"lq": 1.7, "depth": 0.6}
    estimates = fit.impacts(draws=5, at=at).estimates
    assert list(estimates.index) == ["lq", "depth"] if "center" not in formula else "lq" in estimates.index
    # A central difference of smooth terms.
    assert estimates.loc["lq", "direct"] == pytest.approx(marginal(fit, sample, "lq", at), rel=1e-6)
    assert estimates.loc["depth", "direct"] == pytest.approx(marginal(fit, sample, "depth", at), rel=1e-6)


def test_effect_at_a_moderator_has_the_error_of_the_combination(sample, rowwise) -> None:
    fit = sf.fit_cross_section("y ~ lq * depth", sample, rowwise, model="sem")
    impacts = fit.impacts(draws=5, at={"depth": 0.4})
    weights = pd.Series(0.0, index=fit.params.index)
    weights["lq"], weights["lq:depth"] = 1, 0.4
    assert impacts.estimates.loc["lq", "direct"] == pytest.approx(weights @ fit.params)
    assert impacts.delta_errors.loc["lq", "direct"] == pytest.approx(np.sqrt(weights @ fit.cov @ weights))
    assert impacts.at.loc["lq"] == "depth = 0.4"


def test_without_at_moderators_are_at_their_means_and_the_table_says_so(sample, rowwise) -> None:
    fit = sf.fit_cross_section("y ~ lq * depth", sample, rowwise, model="sdm")
    impacts = fit.impacts(draws=5)
    mean = sample["depth"].mean()
    assert impacts.at.loc["lq"] == f"depth = {mean:.4g} (mean)"
    expected = dense_impacts(
        rowwise,
        fit.params["rho"],
        fit.params["lq"] + mean * fit.params["lq:depth"],
        fit.params["W(lq)"] + mean * fit.params["W(lq:depth)"],
    )
    assert impacts.estimates.loc["lq"].to_numpy() == pytest.approx(expected)


def test_centred_products_have_main_effects_at_the_mean(sample, rowwise) -> None:
    fit = sf.fit_cross_section("y ~ center(lq) * center(depth)", sample, rowwise, model="sem")
    estimates = fit.impacts(draws=5).estimates
    assert estimates.loc["center(lq)", "direct"] == pytest.approx(fit.params["center(lq)"])
    assert fit.impacts(draws=5).at.loc["center(lq)"] == "center(depth) = 0 (mean)"
    moved = fit.impacts(draws=5, at={"depth": 0.5}).estimates
    shift = (0.5 - sample["depth"].mean()) * fit.params["center(lq):center(depth)"]
    assert moved.loc["center(lq)", "direct"] == pytest.approx(fit.params["center(lq)"] + shift)


def test_effects_at_a_point_are_derivatives_of_the_reduced_form(sample, rowwise) -> None:
    """Products, squares and logarithms in a Durbin model, against finite differences unit by unit."""
    fit = sf.fit_cross_section("y ~ lq * log(wealth) + lq**2 + log(wealth)**2", sample, rowwise, model="sdm")
    params, dense, n, step = fit.params, rowwise.sparse.toarray(), rowwise.n, 1e-5
    lq, log_wealth = 0.8, np.log(1.5)

    def expected(x: np.ndarray, z: np.ndarray) -> np.ndarray:
        columns = {"lq": x, "log(wealth)": z, "lq**2": x**2, "log(wealth)**2": z**2, "lq:log(wealth)": x * z}
        signal = sum(
            params[name] * values + params[f"W({name})"] * (dense @ values)
            for name, values in columns.items()
        )
        return np.linalg.solve(np.eye(n) - params["rho"] * dense, signal)

    found = fit.impacts(at={"lq": lq, "wealth": 1.5}, draws=5).estimates
    point = np.full(n, lq), np.full(n, log_wealth)
    for place, variable in enumerate(("lq", "log(wealth)")):
        jacobian = np.empty((n, n))
        for unit in range(n):
            up, down = (
                [
                    value + sign * step * (np.arange(n) == unit) * (place == other)
                    for other, value in enumerate(point)
                ]
                for sign in (1, -1)
            )
            jacobian[:, unit] = (expected(*up) - expected(*down)) / (2 * step)
        direct, total = np.trace(jacobian) / n, jacobian.sum() / n
        assert found.loc[variable].tolist() == pytest.approx([direct, total - direct, total], rel=1e-6)


def test_a_term_beside_others_of_its_columns_is_moved_by_the_column(sample, rowwise) -> None:
    """A value of log(wealth) alone would leave log(wealth)**2 where it was."""
    fit = sf.fit_cross_section("y ~ log(wealth) + log(wealth)**2", sample, rowwise)
    with pytest.raises(
        FormulaError, match=r"'log\(wealth\)' stands beside 'log\(wealth\)\*\*2'.* Give 'wealth'"
    ):
        fit.impacts(at={"log(wealth)": 0.1})
    level = np.log(sample["wealth"].mean())
    assert fit.impacts(draws=5).at.iloc[0] == f"log(wealth) = {level:.4g} (at the mean of wealth)"
    assert fit.impacts(draws=5, at={"wealth": 2}).at.iloc[0] == f"log(wealth) = {np.log(2):.4g}"


def test_draws_near_the_bound_are_warned_of() -> None:
    """One draw of rho at .999 outweighs a thousand others in a standard deviation, not in a percentile."""
    weights = lattice(5).standardize("row")
    rng = np.random.default_rng(1)
    x = rng.normal(size=weights.n)
    y = np.linalg.solve(np.eye(weights.n) - 0.9 * weights.sparse.toarray(), x + rng.normal(size=weights.n))
    fit = sf.fit_cross_section("y ~ x", pd.DataFrame({"x": x, "y": y}, index=weights.ids), weights)
    with pytest.warns(SpatialfinWarning, match="more than twice what the intervals say"):
        impacts = fit.impacts()
    with pytest.warns(SpatialfinWarning, match="more than twice") as told:
        sf.tables.regression_table(fit, impacts=True)
    assert [warning.filename for warning in told] == [__file__]
    assert (impacts.simulated_errors > 2 * impacts.delta_errors).to_numpy().any()


def test_a_transformed_variable_alone_keeps_its_own_effect(sample, rowwise) -> None:
    fit = sf.fit_cross_section("y ~ log(wealth) + lq", sample, rowwise, model="sem")
    impacts = fit.impacts(draws=5)
    assert impacts.estimates.loc["log(wealth)", "direct"] == pytest.approx(fit.params["log(wealth)"])
    assert (impacts.at == "").all()


def test_a_common_deflator_does_not_join_two_variables(sample, rowwise) -> None:
    prices = sample.assign(cpi=1.5 + sample["z"] ** 2, price=sample["wealth"] + 1)
    fit = sf.fit_cross_section("y ~ log(price/cpi) + log(lq/cpi)", prices, rowwise)
    impacts = fit.impacts(draws=5)
    assert list(impacts.estimates.index) == ["log(price/cpi)", "log(lq/cpi)"]
    assert (impacts.at == "").all()


def test_the_square_of_a_logarithm_is_about_the_logarithm(sample, rowwise) -> None:
    fit = sf.fit_cross_section("y ~ log(lq) + log(lq)**2", sample, rowwise, model="sem")
    impacts = fit.impacts(draws=5, at={"lq": 2.0})
    assert list(impacts.estimates.index) == ["log(lq)"]
    expected = fit.params["log(lq)"] + 2 * np.log(2.0) * fit.params["log(lq)**2"]
    assert impacts.estimates.loc["log(lq)", "direct"] == pytest.approx(expected)


def test_categories_as_moderators(sample, rowwise) -> None:
    fit = sf.fit_cross_section("y ~ lq * region", sample, rowwise, model="sem")
    west = fit.impacts(draws=5, at={"region": "West"}).estimates.loc["lq", "direct"]
    east = fit.impacts(draws=5, at={"region": "East"}).estimates.loc["lq", "direct"]
    half = fit.impacts(draws=5).estimates.loc["lq", "direct"]
    assert east == pytest.approx(fit.params["lq"])
    assert west - east == pytest.approx(fit.params["lq:region[West]"])
    assert half == pytest.approx((west + east) / 2)


def test_a_category_that_stands_only_in_products_counts_with_its_share(sample, rowwise) -> None:
    uneven = sample.assign(region=["East"] * 16 + ["West"] * 48)
    fit = sf.fit_cross_section("y ~ region:lq", uneven, rowwise, model="sem")
    east, west = fit.params["region[East]:lq"], fit.params["region[West]:lq"]
    assert fit.impacts(draws=5).estimates.loc["lq", "direct"] == pytest.approx(0.25 * east + 0.75 * west)


def test_at_is_checked(sample, rowwise) -> None:
    fit = sf.fit_cross_section("y ~ lq * region + depth", sample, rowwise)
    with pytest.raises(FormulaError, match=r"'dept' is no regressor.*Did you mean 'depth'"):
        fit.impacts(at={"dept": 1.0})
    with pytest.raises(OptionError, match=r"at.*'high': a number is needed"):
        fit.impacts(at={"depth": "high"})
    with pytest.raises(OptionError, match="Did you mean 'West'"):
        fit.impacts(at={"region": "west"})
    with pytest.warns(SpatialfinWarning, match="outside the data"):
        fit.impacts(draws=5, at={"depth": 99.0})


def test_too_few_draws_no_regressor_and_regimes(sample, rowwise) -> None:
    with pytest.raises(OptionError, match="a whole number from 2 on"):
        sf.fit_cross_section("y ~ lq", sample, rowwise).impacts(draws=1)
    with pytest.raises(FormulaError, match="no regressor"):
        sf.fit_cross_section("y ~ 1", sample, rowwise).impacts()
    with pytest.raises(DataError, match="regimes"):
        sf.fit_cross_section("y ~ lq", sample, rowwise, regimes="region").impacts()


def test_rejected_draws_are_counted_and_warned_about() -> None:
    weights = lattice(4).standardize("row")
    rng = np.random.default_rng(2)
    field = np.linalg.solve(np.eye(16) - 0.97 * weights.sparse.toarray(), rng.normal(size=16))
    data = pd.DataFrame({"y": field, "x": rng.normal(size=16)}, index=weights.ids)
    fit = sf.fit_cross_section("y ~ x", data, weights)
    with pytest.warns(SpatialfinWarning, match="rejected"):
        impacts = fit.impacts(draws=500)
    assert impacts.n_rejected > 25
    assert len(impacts.draws) == 500 - impacts.n_rejected
