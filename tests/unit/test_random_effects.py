"""Random effects: the dense likelihood and information, the pooled and the within limit, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spatialfin as sf
from spatialfin._core.likelihood import Estimate
from spatialfin._core.random_covariance import random_pieces
from spatialfin._core.random_effects import QuasiDemeaned
from spatialfin._errors import ConvergenceError, DataError, OptionError, SpatialfinWarning
from spatialfin.models._native import stacked_sample

from .conftest import lattice

KINDS = [
    ("ols", None),
    ("sar", None),
    ("sem", "baltagi"),
    ("sem", "kkp"),
    ("sac", "baltagi"),
    ("sac", "kkp"),
    ("sdm", None),
    ("sdem", "baltagi"),
]
PERIODS = 4


@pytest.fixture(scope="module")
def weights() -> sf.SpatialWeights:
    return lattice(4).standardize("row")


def process(weights: sf.SpatialWeights, *, effect: float, rho: float = 0.3, lam: float = 0.4) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n = weights.n
    dense = weights.sparse.toarray()
    x, z = rng.normal(size=(2, PERIODS, n)) + rng.normal(size=(2, 1, n))
    v = rng.normal(size=(PERIODS, n))
    v = v - v.mean(axis=0) if effect == 0 else v + effect * rng.normal(size=n)
    u = np.linalg.solve(np.eye(n) - lam * dense, v.T).T
    y = np.linalg.solve(np.eye(n) - rho * dense, (1 + x - 0.5 * z + u).T).T
    keys = pd.MultiIndex.from_product([range(PERIODS), weights.ids], names=["year", "code"])
    table = pd.DataFrame({"y": y.ravel(), "x": x.ravel(), "z": z.ravel()}, index=keys).reset_index()
    table["area"] = table["code"].map(dict(zip(weights.ids, rng.uniform(1, 2, n), strict=True)))
    table["trend"] = table["year"].astype(float)
    return table


@pytest.fixture(scope="module")
def data(weights: sf.SpatialWeights) -> pd.DataFrame:
    return process(weights, effect=1.0)


def fit(data: pd.DataFrame, weights, formula: str = "y ~ x + z", **keywords: object):
    keywords = {"effects": "random", **keywords}
    return sf.fit_panel(formula, data, weights, unit="code", time="year", **keywords)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def fitted(data, weights):
    """One fit per model for the tests that only look at it."""
    results: dict[tuple[str, str | None], sf.models.ModelResult] = {}

    def get(model: str, kind: str | None) -> sf.models.ModelResult:
        if (model, kind) not in results:
            results[model, kind] = fit(data, weights, model=model, error_components=kind)
        return results[model, kind]

    return get


class Dense:
    """The model written out for all N T observations: mean and variance of y at any parameters."""

    def __init__(self, result, kind: str | None) -> None:
        parts = result.parts
        self.kind, self.y, self.x = kind, parts.design.y, parts.matrix
        self.w = parts.weights.toarray()
        self.n = len(self.w)
        self.periods = len(self.y) // self.n
        self.k = self.x.shape[1]
        self.names = [name for name in ("rho", "lam") if name in result.params.index]
        self.theta = np.array([*result.params, result.sigma2, result.phi])

    def split(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, float]:
        spatial = dict(zip(self.names, theta[self.k :], strict=False))
        a = np.eye(self.n) - spatial.get("rho", 0.0) * self.w
        b = np.eye(self.n) - spatial.get("lam", 0.0) * self.w
        return a, b, theta[-2], theta[-1]

    def errors(self, theta: np.ndarray) -> np.ndarray:
        """Variance of u."""
        _, b, sigma2, phi = self.split(theta)
        inner = np.linalg.inv(b.T @ b)
        effects = phi * (inner if self.kind == "kkp" else np.eye(self.n))
        ones = np.ones((self.periods, self.periods))
        return sigma2 * (np.kron(ones, effects) + np.kron(np.eye(self.periods), inner))

    def moments(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and variance of y."""
        outer = np.kron(np.eye(self.periods), np.linalg.inv(self.split(theta)[0]))
        return outer @ self.x @ theta[: self.k], outer @ self.errors(theta) @ outer.T

    def loglik(self, theta: np.ndarray) -> float:
        return float(stats.multivariate_normal(*self.moments(theta), allow_singular=False).logpdf(self.y))

    def information(self) -> np.ndarray:
        """``dm' V^-1 dm + tr(V^-1 dV V^-1 dV) / 2`` with central differences."""
        step = 1e-5
        slopes = []
        for shift in np.eye(len(self.theta)) * step:
            up, down = self.moments(self.theta + shift), self.moments(self.theta - shift)
            slopes.append([(high - low) / (2 * step) for high, low in zip(up, down, strict=True)])
        inverse = np.linalg.inv(self.moments(self.theta)[1])
        turned = [inverse @ variance for _, variance in slopes]
        return np.array(
            [
                [
                    left @ inverse @ right + (one * two.T).sum() / 2
                    for (right, _), two in zip(slopes, turned, strict=True)
                ]
                for (left, _), one in zip(slopes, turned, strict=True)
            ]
        )


@pytest.mark.parametrize(("model", "kind"), KINDS)
def test_likelihood_and_information_are_those_of_the_dense_model(fitted, model: str, kind) -> None:
    result = fitted(model, kind)
    dense = Dense(result, kind)
    assert result.phi > 0.1
    assert result.loglik == pytest.approx(dense.loglik(dense.theta), rel=1e-11)
    size = len(result.params)
    expected = np.linalg.inv(dense.information())[:size, :size]
    # Central differences with a step of 1e-5 carry about nine digits of the slopes.
    assert result.cov.to_numpy() == pytest.approx(expected, rel=1e-5, abs=1e-8)


def hessian(function, top: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Second derivatives by central differences."""
    shifts = np.diag(steps)
    square = [
        [
            function(top + a + b) - function(top + a - b) - function(top - a + b) + function(top - a - b)
            for a in shifts
        ]
        for b in shifts
    ]
    return np.array(square) / (4 * np.outer(steps, steps))


@pytest.mark.parametrize(("model", "kind"), KINDS)
def test_observed_information_is_the_hessian_of_the_dense_likelihood(
    data, weights, fitted, model, kind
) -> None:
    expected, result = (
        fitted(model, kind),
        fit(data, weights, model=model, error_components=kind, vcov="observed"),
    )
    assert result.params.equals(expected.params)
    dense = Dense(result, kind)
    curvature = -hessian(dense.loglik, dense.theta, 2e-4 * np.maximum(np.abs(dense.theta), 0.5))
    inverse = np.linalg.inv(curvature)
    size, scale = len(result.params), np.sqrt(np.diag(inverse))
    # Second differences of a likelihood near -100 with steps of 1e-4 carry five to six digits.
    found = (result.cov.to_numpy() - inverse[:size, :size]) / np.outer(scale[:size], scale[:size])
    assert np.abs(found).max() < 2e-4
    assert result.phi_std_error == pytest.approx(scale[-1], rel=2e-4)
    assert result.phi_std_error != expected.phi_std_error


@pytest.mark.parametrize(("model", "kind"), KINDS)
def test_standard_error_of_the_variance_ratio_is_that_of_the_dense_model(fitted, model, kind) -> None:
    result = fitted(model, kind)
    inverse = np.linalg.inv(Dense(result, kind).information())
    assert result.phi_std_error == pytest.approx(np.sqrt(inverse[-1, -1]), rel=1e-5)


CLUSTERED = [case for case in KINDS if case[1] != "baltagi"]


@pytest.mark.parametrize(("model", "kind"), CLUSTERED)
def test_unit_scores_sum_to_the_gradient_of_the_dense_likelihood(fitted, model: str, kind) -> None:
    """Away from the maximum, with sigma2 the mean square there."""
    result = fitted(model, kind)
    dense, k = Dense(result, kind), len(result.params)
    theta = dense.theta + np.concatenate([np.full(k, 0.05), [0.0, 0.2]])
    spatial = dict(zip(dense.names, theta[dense.k : k], strict=True))
    weights, transformation = result.parts.weights, QuasiDemeaned("pooled", dense.n, PERIODS, phi=theta[-1])
    sample = stacked_sample(dense.y, dense.x, weights, transformation)
    guess = Estimate(theta[: dense.k], spatial.get("rho"), spatial.get("lam"), 1.0, 0.0, sample.y, sample.y)
    first = random_pieces(sample, guess, weights, transformation)
    theta[-2] = (first.residuals**2).mean()
    pieces = random_pieces(sample, replace(guess, sigma2=theta[-2]), weights, transformation)
    total = pieces.own.sum(axis=(0, 1))
    for parameter, matrix in pieces.pairs.items():
        total[parameter] += np.einsum("ti,ij,tj", pieces.residuals, matrix, pieces.residuals) / 2
    steps = 1e-5 * np.eye(len(theta))
    gradient = [(dense.loglik(theta + shift) - dense.loglik(theta - shift)) / 2e-5 for shift in steps]
    assert np.abs(gradient).max() > 1
    # Differences of a likelihood near -100 with a step of 1e-5 carry an error of about 1e-8.
    assert total == pytest.approx(np.array(gradient), rel=1e-5, abs=1e-5)


def test_clusters_of_least_squares_are_the_likelihoods_of_the_units(data, weights) -> None:
    """Without spatial coefficients the likelihood is a product over units."""
    result = fit(data, weights, model="ols", vcov="cluster")
    dense = Dense(result, None)

    def of_unit(unit: int, theta: np.ndarray) -> float:
        rows = slice(unit, None, dense.n)
        variance = theta[-2] * (np.eye(PERIODS) + theta[-1] * np.ones((PERIODS, PERIODS)))
        mean = dense.x[rows] @ theta[: dense.k]
        return float(stats.multivariate_normal(mean, variance).logpdf(dense.y[rows]))

    theta, n = dense.theta, dense.n
    scores = [
        [(of_unit(unit, theta + shift) - of_unit(unit, theta - shift)) / 2e-5 for unit in range(n)]
        for shift in 1e-5 * np.eye(len(theta))
    ]
    bread = np.linalg.inv(-hessian(dense.loglik, theta, 2e-4 * np.maximum(np.abs(theta), 0.5)))
    expected = bread @ (np.array(scores) @ np.array(scores).T) @ bread * n / (n - 1)
    size = len(result.params)
    assert result.cov.to_numpy() == pytest.approx(expected[:size, :size], rel=2e-3, abs=1e-5)
    assert result.phi_std_error == pytest.approx(np.sqrt(expected[-1, -1]), rel=2e-3)


@pytest.mark.parametrize(("model", "kind"), [("sar", None), ("sem", "kkp"), ("sac", "kkp")])
def test_normal_effects_give_the_same_standard_errors(model: str, kind) -> None:
    weights = lattice(16).standardize("row")
    data = process(weights, effect=1.0, lam=0.4 if kind else 0.0)
    results = [
        fit(data, weights, model=model, error_components=kind, vcov=vcov)
        for vcov in ("expected", "observed", "cluster")
    ]
    reference = np.append(results[0].std_errors, results[0].phi_std_error)
    # 256 independent units: relative Monte-Carlo errors of about 5%, of phi (fourth moments) 12%.
    for result, tolerance in zip(results[1:], (0.15, 0.25), strict=True):
        assert np.append(result.std_errors, result.phi_std_error) == pytest.approx(reference, rel=tolerance)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"model": "sar", "vcov": "robust"}, "periods of a unit as independent"),
        ({"model": "sar", "vcov": "driscoll-kraay"}, "a random effect stays for all of them"),
        ({"model": "sem", "vcov": "cluster"}, "error_components='kkp', or vcov='observed'"),
        ({"model": "sem", "vcov": "clustered"}, "Did you mean 'cluster'"),
    ],
)
def test_covariances_that_are_not_those_of_random_effects(data, weights, keywords, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        fit(data, weights, **keywords)


def test_too_many_units_for_dense_scores(data, weights, monkeypatch) -> None:
    monkeypatch.setattr("spatialfin.models.covariances.DENSE_LIMIT", 10)
    with pytest.raises(OptionError, match=r"up to 10 units; there are 16. Take vcov='observed'\.$"):
        fit(data, weights, model="sar", vcov="cluster")
    assert fit(data, weights, model="ols", vcov="cluster").vcov == "cluster"


@pytest.mark.parametrize(("model", "kind"), KINDS)
def test_the_estimate_is_a_maximum(fitted, model: str, kind) -> None:
    result = fitted(model, kind)
    dense = Dense(result, kind)
    step = 1e-4
    for shift in np.eye(len(dense.theta)) * step:
        up, down = dense.loglik(dense.theta + shift), dense.loglik(dense.theta - shift)
        assert max(up, down) < result.loglik
        assert (up - down) / (2 * step) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(("model", "kind"), KINDS[:6])
def test_residuals_are_the_predicted_innovations(fitted, model: str, kind) -> None:
    """``E(v | u) = Cov(v, u) Var(u)^-1 u``."""
    result = fitted(model, kind)
    dense = Dense(result, kind)
    a, b, sigma2, _ = dense.split(dense.theta)
    periods = np.eye(dense.periods)
    u = np.kron(periods, a) @ dense.y - dense.x @ dense.theta[: dense.k]
    covariance = sigma2 * np.kron(periods, np.linalg.inv(b).T)
    expected = covariance @ np.linalg.solve(dense.errors(dense.theta), u)
    assert result.residuals.to_numpy() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("model", "kind"), [*KINDS[:3], ("sac", "kkp")])
def test_without_variance_of_the_effects_it_is_the_pooled_model(weights, model: str, kind) -> None:
    flat = process(weights, effect=0.0)  # unit means of the errors are all zero
    with pytest.warns(SpatialfinWarning, match="estimated as zero"):
        result = fit(flat, weights, model=model, error_components=kind)
    pooled = fit(flat, weights, model=model, effects="pooled")
    assert result.phi == 0.0
    assert np.isnan([result.phi_std_error, *result.phi_interval()]).all()
    assert "standard error" not in result.summary().split("phi = ")[1]
    assert result.params.to_numpy() == pytest.approx(pooled.params.to_numpy(), abs=1e-8)
    assert result.loglik == pytest.approx(pooled.loglik, rel=1e-12)
    if model != "ols":  # least squares divides by N T - k, the likelihood by N T
        assert result.sigma2 == pytest.approx(pooled.sigma2, rel=1e-8)
        assert result.cov.to_numpy() == pytest.approx(pooled.cov.to_numpy(), rel=1e-6, abs=1e-12)
        for vcov in ("observed", "cluster") if kind != "baltagi" else ("observed",):
            with pytest.warns(SpatialfinWarning, match="estimated as zero"):
                result = fit(flat, weights, model=model, error_components=kind, vcov=vcov)
            pooled = fit(flat, weights, model=model, effects="pooled", vcov=vcov)
            assert result.cov.to_numpy() == pytest.approx(pooled.cov.to_numpy(), rel=1e-5, abs=1e-9)


@pytest.mark.parametrize(
    ("model", "kind"), [("ols", None), ("sdm", None), ("sdem", "baltagi"), ("sac", "kkp")]
)
def test_order_of_rows_changes_nothing(data, weights, model: str, kind) -> None:
    keywords = {"model": model, "error_components": kind, "effects": "mundlak"}
    one = fit(data, weights, **keywords)
    shuffled = data.sample(frac=1, random_state=5)
    other = fit(shuffled.set_index(["year", "code"]), weights, **keywords)
    assert other.params.equals(one.params)  # to the last bit
    assert other.cov.equals(one.cov)
    assert (other.phi, other.loglik) == (one.phi, one.loglik)
    assert fit(shuffled, weights, **keywords).residuals.sort_index().equals(one.residuals)


@pytest.mark.parametrize("model", ["ols", "slx"])
def test_mundlak_has_the_coefficients_of_unit_effects(data, weights, model: str) -> None:
    random = fit(data, weights, model=model, effects="mundlak")
    within = fit(data, weights, model=model, effects="unit")
    assert random.params[within.params.index].to_numpy() == pytest.approx(within.params.to_numpy(), rel=1e-9)


def test_mundlak_adds_means_of_what_varies_over_time_and_units(data, weights) -> None:
    result = fit(data, weights, "y ~ x + area + trend", model="sdm", effects="mundlak", durbin=["x"])
    expected = ["Intercept", "x", "area", "trend", "W(x)", "mean(x)", "mean(W(x))", "rho"]
    assert list(result.params.index) == expected
    means = data.groupby("code")["x"].mean()
    by_hand = fit(data.assign(mean=data["code"].map(means)), weights, "y ~ x + mean", model="sar")
    ours = fit(data, weights, "y ~ x", model="sar", effects="mundlak")
    assert ours.params.to_numpy() == pytest.approx(by_hand.params.to_numpy(), rel=1e-8)
    with pytest.raises(DataError, match="no regressor varies both over time and between units"):
        fit(data, weights, "y ~ area + trend", model="sar", effects="mundlak")


def test_least_squares_needs_no_weights(data, weights) -> None:
    without, given = fit(data, None, model="ols"), fit(data, weights, model="ols")
    assert without.params.to_numpy() == pytest.approx(given.params.to_numpy(), rel=1e-12)
    with pytest.raises(OptionError, match="needs weights"):
        fit(data, None, model="sar")


def test_log_determinants_agree(data, weights) -> None:
    eigen, sparse = (fit(data, weights, model="sac", logdet=method) for method in ("eigen", "sparse"))
    assert sparse.params.to_numpy() == pytest.approx(eigen.params.to_numpy(), abs=1e-8)
    assert sparse.cov.to_numpy() == pytest.approx(eigen.cov.to_numpy(), rel=1e-6)


def test_impacts_equal_the_dense_inverse(data, weights) -> None:
    result = fit(data, weights, model="sdm", effects="mundlak")
    dense = weights.sparse.toarray()
    effect = np.linalg.solve(
        np.eye(weights.n) - result.params["rho"] * dense,
        result.params["x"] * np.eye(weights.n) + result.params["W(x)"] * dense,
    )
    estimates = result.impacts(draws=50).estimates
    assert list(estimates.index) == ["x", "z"]
    assert estimates.loc["x", "direct"] == pytest.approx(np.trace(effect) / weights.n, rel=1e-10)
    assert estimates.loc["x", "total"] == pytest.approx(effect.sum() / weights.n, rel=1e-10)


def test_the_variance_ratio_is_shown(data, weights) -> None:
    result = fit(data, weights, model="sem", error_components="kkp")
    assert result.glance().loc[0, "phi"] == result.phi
    assert f"phi = {result.phi:.6g}" in result.summary()
    assert result.glance().loc[0, "phi_std_error"] == result.phi_std_error
    low, high = result.phi_interval()
    assert 0 < low < result.phi < high
    assert low * high == pytest.approx(result.phi**2)
    assert np.log(high / low) == pytest.approx(2 * 1.959964 * result.phi_std_error / result.phi, rel=1e-6)
    assert (
        f"standard error {result.phi_std_error:.4g}, 95% interval {low:.4g} to {high:.4g}" in result.summary()
    )
    assert "effects: random (kkp)" in result.summary()
    assert result.aic == pytest.approx(-2 * result.loglik + 2 * (4 + 2))  # sigma2 and phi
    least_squares = fit(data, None, model="ols")
    assert np.isnan(least_squares.r2)
    assert not least_squares.uses_t
    assert np.isnan(fit(data, weights, model="sar", effects="pooled").phi)
    with pytest.raises(DataError, match="no fixed effects"):
        result.fixed_effects()


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"model": "sem", "error_components": "kpp"}, "Did you mean 'kkp'"),
        ({"model": "sar", "error_components": "kkp"}, "'sem', 'sdem' and 'sac'"),
        ({"model": "sem", "error_components": "kkp", "effects": "unit"}, "effects='random' or 'mundlak'"),
        ({"model": "sem", "effects": "randon"}, "Did you mean 'random'"),
        ({"model": "sar", "durbin": ["x"]}, "durbin="),
    ],
)
def test_options(data, weights, keywords: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        fit(data, weights, **keywords)


def test_one_period_is_refused(data, weights) -> None:
    with pytest.raises(DataError, match="16 units and 1 periods"):
        fit(data[data["year"] == 1], weights, model="sar")


def test_dense_error_components_have_a_limit() -> None:
    n = 1_001
    ring = np.roll(np.eye(n), 1, axis=0) + np.roll(np.eye(n), -1, axis=0)
    weights = sf.SpatialWeights.from_matrix(ring, ids=range(n)).standardize("row")
    keys = pd.MultiIndex.from_product([range(2), range(n)], names=["year", "code"])
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(2 * n, 2)), index=keys, columns=["y", "x"])
    with pytest.raises(OptionError, match="up to 1,000 units, not 1,001"):
        fit(table, weights, "y ~ x", model="sem")


def test_what_cannot_be_estimated_is_said(data, weights) -> None:
    with pytest.raises(ConvergenceError, match="reproduce the outcome exactly"):
        fit(data.assign(y=2 * data["x"]), weights, model="sar")
    exact = data.assign(y=data["x"] + data["area"])
    with pytest.raises(ConvergenceError, match="grows without limit"):
        fit(exact, weights, model="ols")
