"""Dynamic panels: dense formulas, effects over time, stability, the Monte Carlo, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._core.dynamic import (
    Motion,
    full_spectrum,
    long_run_multipliers,
    long_run_slopes,
    outer_spectrum,
    spectral_radius,
)
from spatialfin._core.impacts import multiplier_slopes, multipliers
from spatialfin._core.logdet import EigenLogDet, SparseLogDet
from spatialfin._errors import (
    AlignmentError,
    ConvergenceError,
    DataError,
    FormulaError,
    OptionError,
    SpatialfinWarning,
    WeightsError,
)
from spatialfin.models.impacts import normal_draws

from .conftest import lattice


def simulated(
    weights: sf.SpatialWeights,
    periods: int,
    *,
    tau: float = 0.4,
    eta: float = 0.1,
    sigma: float = 1.0,
    seed: int = 0,
    burn: int = 40,
) -> pd.DataFrame:
    """Rows of `periods` usable periods and the initial one; rho .2, beta 1, theta .3, both effects."""
    rng = np.random.default_rng(seed)
    n, dense = weights.n, weights.sparse.toarray()
    solver = np.linalg.inv(np.eye(n) - 0.2 * dense)
    mu, y, rows = rng.normal(size=n), np.zeros(n), []
    for step in range(burn + periods + 1):
        x = rng.normal(size=n)
        signal = tau * y + eta * dense @ y + x + 0.3 * dense @ x + mu + rng.normal()
        y = solver @ (signal + sigma * rng.normal(size=n))
        if step >= burn:
            rows.append(pd.DataFrame({"year": 2000 + step - burn, "code": weights.ids, "y": y, "x": x}))
    return pd.concat(rows, ignore_index=True)


def fit(data: pd.DataFrame, weights: sf.SpatialWeights | None, formula: str = "y ~ x", **keywords: object):
    options: dict[str, object] = {"model": "sdm", "effects": "twoway", "lags": ("y", "Wy"), **keywords}
    return sf.fit_panel(formula, data, weights, unit="code", time="year", **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def weights() -> sf.SpatialWeights:
    return lattice(5).standardize("row")


@pytest.fixture(scope="module")
def data(weights: sf.SpatialWeights) -> pd.DataFrame:
    return simulated(weights, 8, seed=2)


@pytest.fixture(scope="module")
def fitted(data: pd.DataFrame, weights: sf.SpatialWeights):
    return fit(data, weights)


def arrays(data: pd.DataFrame, weights: sf.SpatialWeights, effects: str) -> dict[str, np.ndarray]:
    """y, W y and regressors, shape (N, T, k), lagged first and demeaned afterwards."""
    dense = weights.sparse.toarray()
    y = data.pivot(index="code", columns="year", values="y").loc[weights.ids].to_numpy()
    x = data.pivot(index="code", columns="year", values="x").loc[weights.ids].to_numpy()
    raw = np.stack([x[:, 1:], dense @ x[:, 1:], y[:, :-1], dense @ y[:, :-1]], axis=-1)

    def demean(values: np.ndarray) -> np.ndarray:
        values = values - values.mean(axis=1, keepdims=True)
        return values - values.mean(axis=0, keepdims=True) if effects == "twoway" else values

    return {
        "raw": raw,
        "z": demean(raw),
        "y": demean(y[:, 1:]),
        "wy": demean(dense @ y[:, 1:]),
        "centre": np.eye(weights.n) - (effects == "twoway") / weights.n,
    }


def dense_information(
    found: dict[str, np.ndarray], dense: np.ndarray, point: np.ndarray, sigma2: float
) -> np.ndarray:
    """Expected information of (beta, theta, tau, eta, rho, sigma2) from dense matrices."""
    z, centre, rho = found["z"], found["centre"], point[-1]
    periods = z.shape[1]
    g = dense @ np.linalg.inv(np.eye(len(dense)) - rho * dense)
    lagged = np.einsum("ij,jt->it", g, found["raw"] @ point[:-1])
    lagged = lagged - lagged.mean(axis=1, keepdims=True)
    lagged = centre @ lagged
    columns = np.column_stack([z.reshape(-1, 4), lagged.ravel()])
    information = np.zeros((6, 6))
    information[:5, :5] = columns.T @ columns / sigma2
    jg = centre @ g
    information[4, 4] += periods * (np.trace(jg @ jg) + np.trace(g.T @ jg))
    information[4, 5] = information[5, 4] = periods * np.trace(jg) / sigma2
    information[5, 5] = round(np.trace(centre)) * periods / (2 * sigma2**2)
    return information


@pytest.mark.parametrize("effects", ["unit", "twoway"])
def test_quasi_likelihood_is_at_its_maximum(data, weights, effects: str) -> None:
    result = fit(data, weights, effects=effects, bias_correction="none")
    found, dense = arrays(data, weights, effects), weights.sparse.toarray()
    n, periods = round(np.trace(found["centre"])), found["y"].shape[1]

    def loglik(point: np.ndarray) -> float:
        e = found["y"] - point[4] * found["wy"] - found["z"] @ point[:4]
        jacobian = np.linalg.slogdet(np.eye(len(dense)) - point[4] * dense)[1]
        jacobian -= np.log(1 - point[4]) if effects == "twoway" else 0.0
        return (
            -n * periods / 2 * np.log(2 * np.pi * point[5]) - (e**2).sum() / 2 / point[5] + periods * jacobian
        )

    top = np.append(result.params.to_numpy(), result.sigma2)
    assert list(result.params.index) == ["x", "W(x)", "tau", "eta", "rho"]
    assert result.loglik == pytest.approx(loglik(top), rel=1e-12)
    for step in np.eye(6) * 1e-5:  # rounding of the log-likelihood (1e-13 of 300) over the step
        assert abs(loglik(top + step) - loglik(top - step)) / 2e-5 < 1e-4
    expected = np.linalg.inv(dense_information(found, dense, result.params.to_numpy(), result.sigma2))
    assert result.cov.to_numpy() == pytest.approx(expected[:5, :5], rel=1e-8)


@pytest.mark.parametrize("effects", ["unit", "twoway"])
@pytest.mark.parametrize("lags", [("y",), ("y", "Wy")])
def test_correction_is_the_dense_formula(data, weights, effects: str, lags: tuple[str, ...]) -> None:
    before = fit(data, weights, effects=effects, lags=lags, bias_correction="none")
    after = fit(data, weights, effects=effects, lags=lags)
    found, dense = arrays(data, weights, effects), weights.sparse.toarray()
    n, periods, centre = round(np.trace(found["centre"])), found["y"].shape[1], found["centre"]
    point = np.array([before.params.get(name, 0.0) for name in ("x", "W(x)", "tau", "eta", "rho")])
    d = (1 - point[2]) * np.eye(len(dense)) - (point[4] + point[3]) * dense
    own = np.trace(centre @ np.linalg.inv(d)) / n
    lag = np.trace(centre @ dense @ np.linalg.inv(d)) / n
    a = np.array([0, 0, own, lag, lag, 1 / (2 * before.sigma2)])
    sigma = dense_information(found, dense, point, before.sigma2) / (n * periods)
    kept = [0, 1, 2, 4, 5] if lags == ("y",) else list(range(6))
    step = np.linalg.solve(sigma[np.ix_(kept, kept)], a[kept]) / periods
    assert (after.params - before.params).to_numpy() == pytest.approx(step[:-1], rel=1e-7, abs=1e-12)
    assert after.sigma2 - before.sigma2 == pytest.approx(step[-1], rel=1e-8)
    assert after.loglik == before.loglik
    assert after.bias_correction == "lee-yu"
    moved = np.array([after.params.get(name, 0.0) for name in ("x", "W(x)", "tau", "eta", "rho")])
    information = dense_information(found, dense, moved, after.sigma2)[np.ix_(kept, kept)]
    assert after.cov.to_numpy() == pytest.approx(np.linalg.inv(information)[:-1, :-1], rel=1e-8)


def test_order_and_types_of_keys_change_nothing(data, weights, fitted) -> None:
    shuffled_rows = data.sample(frac=1, random_state=4)
    for other in (
        shuffled_rows,
        data.sort_values(["code", "year"]),
        data.assign(year=pd.to_datetime(data["year"].astype(str))),
        data.set_index(["year", "code"]),
    ):
        again = fit(other, weights)
        assert again.params.equals(fitted.params)  # to the last bit
        assert again.cov.equals(fitted.cov)
    again = fit(shuffled_rows, weights)
    assert again.residuals.sort_index().equals(fitted.residuals)
    assert again.residuals.index.equals(shuffled_rows.index[shuffled_rows["year"] > 2000])


def test_the_first_period_only_starts_the_process(data, weights, fitted) -> None:
    first = data["year"] == 2000
    assert fitted.nobs == len(data) - weights.n
    assert fitted.residuals.index.equals(data.index[~first])
    assert fit(data.assign(x=data["x"].where(~first)), weights).params.equals(fitted.params)
    with pytest.raises(DataError, match="'u0003, 2000'"):
        fit(data.assign(y=data["y"].where(data.index != 3)), weights)
    with pytest.raises(DataError, match=r"'log\(z\)' is not a finite number at 'u0003, 2000', the initial"):
        fit(data.assign(z=np.where(data.index == 3, 0.0, 1 + data["y"] ** 2)), weights, "log(z) ~ x")
    table = fitted.fixed_effects()
    assert set(table.loc[table["effect"] == "time", "label"]) == set(range(2001, 2009))


def test_prediction_uses_the_period_before(data, weights, fitted) -> None:
    dense, params = weights.sparse.toarray(), fitted.params
    wide = {
        name: data.pivot(index="code", columns="year", values=name).loc[weights.ids] for name in ("y", "x")
    }
    effects = fitted.fixed_effects().set_index("label")["estimate"]
    x, before = wide["x"][2005].to_numpy(), wide["y"][2004].to_numpy()
    signal = params["x"] * x + params["W(x)"] * dense @ x + params["tau"] * before
    signal = signal + params["eta"] * dense @ before + effects[""] + effects[2005]
    signal = signal + effects[weights.ids].to_numpy()
    expected = np.linalg.solve(np.eye(weights.n) - params["rho"] * dense, signal)
    assert fitted.predict()[data["year"] == 2005].to_numpy() == pytest.approx(expected, rel=1e-9)


def dense_effects(dense: np.ndarray, point: np.ndarray, horizon: str | int) -> np.ndarray:
    """Direct, indirect, total from whole matrices; point = (beta, theta, tau, eta, rho)."""
    beta, theta, tau, eta, rho = point
    identity = np.eye(len(dense))
    s = np.linalg.inv(identity - rho * dense)
    step = s @ (tau * identity + eta * dense)
    shock = beta * identity + theta * dense
    if horizon == "long":
        whole = np.linalg.inv((1 - tau) * identity - (rho + eta) * dense) @ shock
    else:
        periods = 0 if horizon == "short" else int(horizon)
        whole = sum(np.linalg.matrix_power(step, j) for j in range(periods + 1)) @ s @ shock
    direct, total = np.trace(whole) / len(dense), whole.sum() / len(dense)
    return np.array([direct, total - direct, total])


def named(horizon: str | int) -> str:
    return horizon if isinstance(horizon, str) else f"after {horizon}"


HORIZONS = ("short", "long", 0, 3)


@pytest.mark.parametrize("kind", ["row", "binary"])
@pytest.mark.parametrize("lags", [("y",), ("y", "Wy")])
def test_effects_equal_dense_matrices(data, weights, kind: str, lags: tuple[str, ...]) -> None:
    w = weights if kind == "row" else lattice(5).standardize("spectral")
    result = fit(data, w, effects="unit", lags=lags)
    dense = w.sparse.toarray()
    names = ["x", "W(x)", "tau", "eta", "rho"]
    point = np.array([result.params.get(name, 0.0) for name in names])
    impacts = result.impacts(draws=40, seed=1, horizons=HORIZONS)
    draws = normal_draws(result.params.to_numpy(), result.cov.to_numpy(), 40, seed=1)
    estimated = [names.index(name) for name in result.params.index]
    cov = result.cov.to_numpy()
    for place, horizon in enumerate(HORIZONS):
        ours = impacts.estimates.loc[(named(horizon), "x")].to_numpy()
        assert ours == pytest.approx(dense_effects(dense, point, horizon), rel=1e-9)
        for drawn, draw in zip(impacts.draws[:, place], draws, strict=True):
            at = np.zeros(5)
            at[estimated] = draw
            assert drawn == pytest.approx(dense_effects(dense, at, horizon), rel=1e-8, abs=1e-12)
        gradient = np.column_stack(
            [
                (dense_effects(dense, point + step, horizon) - dense_effects(dense, point - step, horizon))
                / 2e-6
                for step in np.eye(5)[estimated] * 1e-6
            ]
        )
        errors = np.sqrt(np.diag(gradient @ cov @ gradient.T))
        # A central difference with step 1e-6.
        assert impacts.delta_errors.loc[(named(horizon), "x")].to_numpy() == pytest.approx(errors, rel=1e-5)
    assert impacts.n_rejected == 0


def test_table_of_effects(fitted) -> None:
    impacts = fitted.impacts(draws=100)
    table = impacts.tidy().set_index(["horizon", "impact"])
    assert list(table.index) == [(h, i) for h in ("short", "long") for i in ("direct", "indirect", "total")]
    for horizon in ("short", "long"):
        parts = table.loc[horizon, "estimate"]
        assert parts["direct"] + parts["indirect"] == pytest.approx(parts["total"], rel=1e-12)
    assert table["std_error"].notna().all()
    assert (impacts.tidy("delta")["std_error"] > 0).all()
    assert "long" in repr(impacts)
    assert "or unstable" in repr(impacts)
    many = fitted.impacts(draws=50, horizons=[200, "long"]).estimates
    # A has a spectral radius of .6: 200 periods are the long run.
    assert many.loc["after 200"].to_numpy() == pytest.approx(many.loc["long"].to_numpy(), rel=1e-12)


def test_printed_tables_keep_horizons_apart(data, weights, fitted) -> None:
    static = sf.fit_panel("y ~ x", data, weights, unit="code", time="year")
    table = sf.tables.regression_table([static, fitted], impacts=True).frame
    blocks = list(dict.fromkeys(table.index.get_level_values(0)))
    for horizon in ("Short-run", "Long-run"):
        for impact in ("direct", "indirect", "total"):
            assert f"{horizon} {impact} impacts" in blocks
    assert "Direct impacts" in blocks  # of the static model
    long = table.loc["Long-run total impacts"].iloc[0].tolist()
    assert long[0] == ""
    assert long[1].startswith(f"{fitted.impacts().estimates.loc[('long', 'x'), 'total']:.3f}")
    after = sf.tables.regression_table(
        [fitted], impacts=[fitted.impacts(draws=20, horizons=[2])]
    ).frame.index.get_level_values(0)
    assert "Total impacts after 2 periods" in set(after)
    own = sf.tables.impacts_table(fitted.impacts(draws=20)).frame
    assert own.index.names == ["Variable", "Impact", "Horizon"]
    assert own.index.is_unique


def test_effect_along_a_moderator_has_a_horizon(data, weights) -> None:
    result = fit(data, weights, "y ~ x + x**2", model="sar")
    curves = {
        horizon: sf.models.marginal_impact(result, "x", "x", values=[-1, 1], draws=50, horizon=horizon)
        for horizon in (None, "short", "long")
    }
    pd.testing.assert_frame_equal(curves[None].frame, curves["short"].frame)
    own = result.impacts(draws=50, at={"x": 1.0}).estimates
    for horizon in ("short", "long"):
        frame = curves[horizon].frame.set_index(["value", "impact"])
        assert frame.loc[(1.0, "total"), "estimate"] == pytest.approx(own.loc[(horizon, "x"), "total"])
    static = sf.fit_panel("y ~ x + x**2", data, weights, unit="code", time="year")
    with pytest.raises(OptionError, match="goes with dynamic models"):
        sf.models.marginal_impact(static, "x", "x", horizon="long")


def test_tests_of_nested_models(data, weights, fitted) -> None:
    simple = fit(data, weights, model="sar")
    assert sf.models.likelihood_ratio(simple, fitted).statistic == pytest.approx(
        2 * (fitted.loglik - simple.loglik)
    )
    assert sf.models.wald_no_lags(fitted).statistic == pytest.approx(
        (fitted.params["W(x)"] / fitted.std_errors["W(x)"]) ** 2
    )
    with pytest.raises(DataError, match="lags of the outcome, which an error model has not"):
        sf.models.wald_common_factor(fitted)


def test_without_dynamics_the_long_run_is_static(weights) -> None:
    logdet = EigenLogDet(weights.sparse)
    still = Motion(0.0, 0.0, 0.35)
    assert long_run_multipliers(weights.sparse, logdet, still) == multipliers(weights.sparse, logdet, 0.35)
    slopes = long_run_slopes(weights.sparse, logdet, still)["rho"]
    assert slopes == multiplier_slopes(weights.sparse, logdet, 0.35)
    assert spectral_radius(logdet.eigenvalues, still) == 0


def test_data_without_dynamics(weights) -> None:
    data = simulated(weights, 30, tau=0.0, eta=0.0, sigma=0.3, seed=5)
    result = fit(data, weights)
    # Within three standard errors of zero, and short and long run within theirs of each other.
    assert abs(result.params["tau"]) < 3 * result.std_errors["tau"]
    assert abs(result.params["eta"]) < 3 * result.std_errors["eta"]
    impacts = result.impacts(draws=200)
    gap = impacts.estimates.loc[("long", "x")] - impacts.estimates.loc[("short", "x")]
    assert (gap.abs() < 3 * impacts.delta_errors.loc[("long", "x")]).all()


def test_spectral_radius(weights) -> None:
    one_way = sf.SpatialWeights.from_matrix(np.roll(np.eye(30), 1, axis=0), ids=[f"u{i}" for i in range(30)])
    for w in (weights, one_way):  # real eigenvalues, and complex ones
        dense, motion = w.sparse.toarray(), Motion(0.5, -0.2, 0.3)
        a = np.linalg.solve(np.eye(w.n) - 0.3 * dense, 0.5 * np.eye(w.n) - 0.2 * dense)
        expected = np.abs(np.linalg.eigvals(a)).max()
        radius = spectral_radius(outer_spectrum(w.sparse, EigenLogDet(w.sparse)), motion)
        assert radius == pytest.approx(expected, rel=1e-10)
        ends = outer_spectrum(w.sparse, SparseLogDet(w.sparse))
        assert len(ends) == 2
        # Lanczos gives the ends to 1e-8; for the ring w = -1 is an eigenvalue, so the bound is reached.
        assert spectral_radius(ends, motion) == pytest.approx(expected, rel=1e-6)


def test_weights_without_eigenvectors_have_no_full_spectrum() -> None:
    chain = sf.SpatialWeights.from_matrix(np.eye(6, k=1), ids=list("abcdef"))
    assert full_spectrum(chain.sparse, EigenLogDet(chain.sparse)) is None


def test_sparse_determinant_gives_the_same(data, weights, fitted) -> None:
    sparse = fit(data, weights, logdet="sparse")
    assert sparse.params.to_numpy() == pytest.approx(fitted.params.to_numpy(), rel=1e-7)
    assert sparse.spectral_radius == pytest.approx(fitted.spectral_radius, rel=1e-6)
    one, two = sparse.impacts(draws=50).tidy(), fitted.impacts(draws=50).tidy()
    assert one["std_error"].to_numpy() == pytest.approx(two["std_error"].to_numpy(), rel=1e-5)
    with pytest.raises(OptionError, match=r"all eigenvalues.*1,000"):
        sparse.impacts(horizons=[3])


def test_summary_tests_stability(fitted) -> None:
    text = fitted.summary()
    assert text.startswith("dynamic SDM by ML")
    assert f"spectral radius {fitted.spectral_radius:.4f} < 1: stable" in text
    assert "25 units x 8 periods" in text
    assert np.isnan(fitted.params.to_numpy()).sum() == 0


@pytest.fixture(scope="module")
def explosive(weights: sf.SpatialWeights) -> pd.DataFrame:
    return simulated(weights, 12, tau=1.1, eta=0.0, seed=1, burn=0)


def test_no_long_run_without_stability(weights, explosive) -> None:
    with pytest.raises(ConvergenceError, match=r"not stable \(spectral radius 1.*bias_correction='none'"):
        fit(explosive, weights)
    result = fit(explosive, weights, bias_correction="none")
    assert result.spectral_radius > 1
    assert ">= 1: not stable, no long run" in result.summary()
    with pytest.warns(SpatialfinWarning, match="no long run"):
        impacts = result.impacts(draws=20)
    assert set(impacts.tidy()["horizon"]) == {"short"}
    with pytest.raises(ConvergenceError, match="no long run"):
        result.impacts(horizons=["short", "long"])
    later = result.impacts(draws=20, horizons=["short", 2]).estimates
    assert later.loc[("after 2", "x"), "total"] > later.loc[("short", "x"), "total"]


def test_unstable_draws_are_rejected_and_counted(weights) -> None:
    result = fit(simulated(weights, 6, tau=0.85, eta=-0.1, sigma=2.0, seed=1), weights)
    assert 0.9 < result.spectral_radius < 1
    draws = normal_draws(result.params.to_numpy(), result.cov.to_numpy(), 300, seed=0)
    dense, identity = weights.sparse.toarray(), np.eye(weights.n)
    unstable = sum(
        np.abs(
            np.linalg.eigvals(np.linalg.solve(identity - d[4] * dense, d[2] * identity + d[3] * dense))
        ).max()
        >= 1
        for d in draws
    )
    assert unstable > 15
    with pytest.warns(SpatialfinWarning, match=f"{unstable} of 300 draws were unstable"):
        impacts = result.impacts(draws=300)
    assert impacts.n_rejected == unstable
    assert len(impacts.draws) == 300 - unstable
    assert result.impacts(draws=300, horizons=["short"]).n_rejected == 0


def test_monte_carlo_of_the_bias() -> None:
    """N = 49, T = 10: tau = .4 is estimated at .324, and at .395 after the correction.

    The estimates have a standard deviation of .03, so the mean of 25 of .006: three of these are .02. The
    correction itself hardly varies between samples.
    """
    weights = lattice(7).standardize("row")
    found = np.array(
        [
            [
                fit(data, weights, bias_correction=word).params["tau"]
                for data in [simulated(weights, 10, seed=seed)]
                for word in ("none", "lee-yu")
            ]
            for seed in range(25)
        ]
    )
    assert found.mean(axis=0) == pytest.approx([0.324, 0.395], abs=0.02)
    assert (found[:, 1] - found[:, 0]).mean() == pytest.approx(0.071, abs=0.005)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"lags": ("x",)}, r"lags=\('x',\) is not an option"),
        ({"lags": ("Wy",)}, "Valid"),
        ({"lags": "y"}, "lags='y' is not an option"),
        ({"model": "sem"}, "lags= goes with model='sar' and 'sdm', not with model='sem'"),
        ({"effects": "pooled"}, "effects='pooled'"),
        ({"effects": "time"}, "effects='time'"),
        ({"effects": "random"}, "effects='random'"),
        ({"model": "sar", "durbin": ["x"]}, "durbin="),
        ({"vcov": "robust"}, "'expected'"),
    ],
)
def test_options(data, weights, keywords: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        fit(data, weights, **keywords)


def test_other_refusals(data, weights, fitted) -> None:
    with pytest.raises(DataError, match="at least 3 periods, there are 2"):
        fit(data[data["year"] < 2002], weights)
    assert fit(data[data["year"] < 2003], weights, model="sar", effects="unit").nobs == 50
    with pytest.raises(WeightsError, match="every row of W to sum to 1"):
        fit(data, lattice(5))
    with pytest.raises(AlignmentError, match="'u0001'"):
        fit(data[data["code"] != "u0001"], weights)
    with pytest.raises(DataError, match="not balanced"):
        fit(data.drop(index=40), weights)
    with pytest.raises(OptionError, match="lags= goes with model='sar'"):
        fit(data, None, model="ols")
    with pytest.raises(FormulaError, match="'tau' have the names of coefficients"):
        fit(data.assign(tau=data["x"]), weights, "y ~ tau")
    for horizons in (["static"], [-1], [True], [1.5], []):
        with pytest.raises(OptionError, match="is no horizon"):
            fitted.impacts(horizons=horizons)
    static = sf.fit_panel("y ~ x", data, weights, unit="code", time="year")
    with pytest.raises(OptionError, match="goes with dynamic models"):
        static.impacts(horizons=["short"])
    assert np.isnan(static.spectral_radius)
