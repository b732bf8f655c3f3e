"""Covariances of panels: against a differenced likelihood, dummies and loops, and each other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._core.covariance import Pieces, bandwidth, long_run_variance, score_variance
from spatialfin._errors import DataError, OptionError, SpatialfinWarning

from .conftest import lattice

WORDS = ("observed", "robust", "cluster", "driscoll-kraay")
EFFECTS = ("pooled", "unit", "time", "twoway")


def panel(
    weights: sf.SpatialWeights, periods: int, seed: int, *, lam: float = 0.0, effects: str = "twoway"
) -> pd.DataFrame:
    """A SAR process with normal errors and the effects named."""
    rng = np.random.default_rng(seed)
    n, dense = weights.n, weights.sparse.toarray()
    x, z, e = rng.normal(size=(3, periods, n))
    u = np.linalg.solve(np.eye(n) - lam * dense, e.T).T
    mu, alpha = rng.normal(size=n), rng.normal(size=(periods, 1))
    signal = x + 0.5 * z + u + mu * (effects in {"unit", "twoway"}) + alpha * (effects in {"time", "twoway"})
    y = np.linalg.solve(np.eye(n) - 0.35 * dense, signal.T).T
    keys = pd.MultiIndex.from_product([range(2001, 2001 + periods), weights.ids], names=["year", "code"])
    return pd.DataFrame({"y": y.ravel(), "x": x.ravel(), "z": z.ravel()}, index=keys).reset_index()


@pytest.fixture(scope="module")
def weights() -> sf.SpatialWeights:
    return lattice(5).standardize("row")


@pytest.fixture(scope="module")
def data(weights: sf.SpatialWeights) -> pd.DataFrame:
    return panel(weights, 20, 3, lam=0.2)


def fit(data: pd.DataFrame, weights: sf.SpatialWeights | None, **keywords: object) -> sf.models.ModelResult:
    return sf.fit_panel("y ~ x + z", data, weights, unit="code", time="year", **keywords)  # type: ignore[arg-type]


def loglik(
    result: sf.models.ModelResult, data: pd.DataFrame, dense: np.ndarray
) -> Callable[[np.ndarray], float]:
    """The whole log-likelihood as a function of (params, sigma2), from explicit contrasts."""
    y, x, z = (data.pivot(index="code", columns="year", values=name).to_numpy() for name in "yxz")
    regressors = {"Intercept": np.ones_like(y), "x": x, "z": z, "W(x)": dense @ x, "W(z)": dense @ z}
    left, right = np.eye(len(dense)), np.eye(y.shape[1])
    if result.effects in {"time", "twoway"}:
        left = np.linalg.qr(np.column_stack([np.ones(len(left)), left[:, 1:]]))[0][:, 1:]
    if result.effects in {"unit", "twoway"}:
        right = np.linalg.qr(np.column_stack([np.ones(len(right)), right[:, 1:]]))[0][:, 1:]

    def value(theta: np.ndarray) -> float:
        at, s2 = dict(zip(result.params.index, theta, strict=False)), theta[-1]
        a, b = (np.eye(len(dense)) - at.pop(name, 0.0) * dense for name in ("rho", "lam"))
        signal = sum(number * regressors[name] for name, number in at.items())
        e = left.T @ b @ (a @ y - signal) @ right
        determinant = sum(np.linalg.slogdet(left.T @ matrix @ left)[1] for matrix in (a, b))
        return -e.size / 2 * np.log(2 * np.pi * s2) - (e**2).sum() / (2 * s2) + right.shape[1] * determinant

    return value


@pytest.mark.parametrize("model", ["sar", "sem", "sdm", "sac"])
@pytest.mark.parametrize("effects", ["pooled", "unit", "twoway"])
def test_observed_information_is_the_hessian_of_the_likelihood(data, weights, model, effects) -> None:
    result = fit(data, weights, model=model, effects=effects, vcov="observed")
    value = loglik(result, data, weights.sparse.toarray())
    top = np.append(result.params.to_numpy(), result.sigma2)
    assert value(top) == pytest.approx(result.loglik, rel=1e-10)
    steps = 1e-4 * np.eye(len(top))
    hessian = np.array(
        [
            [value(top + a + b) - value(top + a - b) - value(top - a + b) + value(top - a - b) for a in steps]
            for b in steps
        ]
    )
    expected = np.linalg.inv(-hessian / 4e-8)[:-1, :-1]
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    # Central differences with steps of 1e-4 are good to about 1e-5 of the curvature.
    assert np.abs((result.cov.to_numpy() - expected) / scale).max() < 1e-4


def dummy_design(data: pd.DataFrame, effects: str) -> tuple[np.ndarray, np.ndarray]:
    """Regressors with explicit dummies, x and z first."""
    columns = [data["x"], data["z"]]
    if effects in {"unit", "twoway"}:
        columns += [data["code"] == label for label in data["code"].unique()]
    if effects in {"time", "twoway"}:
        columns += [data["year"] == label for label in data["year"].unique()[effects == "twoway" :]]
    if effects == "pooled":
        columns.append(np.ones(len(data)))
    return np.column_stack(columns).astype(float), data["y"].to_numpy()


@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("kind", ["robust", "cluster", "driscoll-kraay"])
def test_least_squares_is_dummies_and_loops(data, effects: str, kind: str) -> None:
    x, y = dummy_design(data, effects)
    bread = np.linalg.inv(x.T @ x)
    e = y - x @ (bread @ x.T @ y)
    n, periods, total = data["code"].nunique(), data["year"].nunique(), len(data)
    meat = np.zeros((x.shape[1], x.shape[1]))
    if kind == "robust":  # White with HC1
        for row, error in zip(x, e, strict=True):
            meat += error**2 * np.outer(row, row) * total / (total - x.shape[1])
    elif kind == "cluster":  # unit dummies are nested in clusters and count as one constant
        counted = 2 + {"pooled": 1, "unit": 1, "time": periods, "twoway": periods}[effects]
        for code in data["code"].unique():
            mine = (data["code"] == code).to_numpy()
            moment = x[mine].T @ e[mine]
            meat += np.outer(moment, moment) * n / (n - 1) * (total - 1) / (total - counted)
    else:  # 20 periods: floor(4 * .2^(2/9)) = 2 lags
        sums = [
            x[(data["year"] == year).to_numpy()].T @ e[(data["year"] == year).to_numpy()]
            for year in data["year"].unique()
        ]
        for i, one in enumerate(sums):
            for j, other in enumerate(sums):
                meat += max(0.0, 1 - abs(i - j) / 3) * np.outer(one, other) * total / (total - x.shape[1])
    expected = (bread @ meat @ bread)[:2, :2]
    result = fit(data, None, model="ols", effects=effects, vcov=kind)
    assert result.cov.loc[["x", "z"], ["x", "z"]].to_numpy() == pytest.approx(expected, rel=1e-8)
    assert result.vcov == kind


def test_the_mean_over_all_orders_is_what_it_says() -> None:
    """Martingale differences summed in each of the 24 orders of four units."""
    rng = np.random.default_rng(0)
    periods, n = 3, 4
    e, linear = rng.normal(size=(periods, n)), rng.normal(size=(periods, n, 3))
    pairs = {}
    for parameter in (1, 2):
        matrix = rng.normal(size=(n, n))
        pairs[parameter] = matrix + matrix.T
        np.fill_diagonal(pairs[parameter], 0.0)
    for clustered in (False, True):
        total = np.zeros((3, 3))
        for order in permutations(range(n)):
            for place, unit in enumerate(order):
                pieces = linear[:, unit].copy()
                for parameter, matrix in pairs.items():
                    for before in order[:place]:
                        pieces[:, parameter] += matrix[unit, before] * e[:, unit] * e[:, before]
                pieces = pieces.sum(axis=0, keepdims=True) if clustered else pieces
                total += pieces.T @ pieces
        found = score_variance(Pieces(linear, pairs, e), clustered=clustered)
        assert found == pytest.approx(total / 24, rel=1e-12)


@pytest.mark.parametrize(
    ("model", "effects"), [("sar", "unit"), ("sem", "pooled"), ("sdm", "twoway"), ("sac", "time")]
)
def test_normal_errors_give_the_same_standard_errors(model: str, effects: str) -> None:
    weights = lattice(14).standardize("row")
    data = panel(weights, 12, 1, lam=0.3 if model in {"sem", "sac"} else 0.0, effects=effects)
    reference = fit(data, weights, model=model, effects=effects).std_errors
    # 2,352 independent errors, 196 clusters: relative Monte-Carlo errors of about 3% and 5%.
    for kind, tolerance in (("observed", 0.05), ("robust", 0.1), ("cluster", 0.2)):
        errors = fit(data, weights, model=model, effects=effects, vcov=kind).std_errors
        assert errors.to_numpy() == pytest.approx(reference.to_numpy(), rel=tolerance), kind


def test_many_periods_give_the_same_standard_errors() -> None:
    weights = lattice(4).standardize("row")
    data = panel(weights, 250, 2, effects="unit")
    for model in ("ols", "sdm"):
        reference = fit(data, weights, model=model, effects="unit").std_errors
        errors = fit(data, weights, model=model, effects="unit", vcov="driscoll-kraay").std_errors
        # 250 periods with 4 lags: relative Monte-Carlo error of about 9%.
        assert errors.to_numpy() == pytest.approx(reference.to_numpy(), rel=0.3)


def test_variances_that_follow_a_regressor_are_seen() -> None:
    weights = lattice(14).standardize("row")
    data = panel(weights, 8, 5, effects="pooled")
    noisy = data.assign(y=data["y"] + 2 * data["x"] * np.random.default_rng(1).normal(size=len(data)))
    reference = fit(noisy, weights, model="sem", effects="pooled").std_errors["x"]
    # Errors with variance c + 4 x^2 inflate Var(b): E x^2 v / (E x^2 E v) = (c + 12) / (c + 4), c about 3.
    errors = fit(noisy, weights, model="sem", effects="pooled", vcov="robust").std_errors["x"]
    assert 1.2 < errors / reference < 1.8


def test_dependence_over_the_periods_of_a_unit_is_seen() -> None:
    """Trends of units in the errors and in x: only clusters by unit allow for them."""
    weights = lattice(14).standardize("row")
    rng = np.random.default_rng(0)
    trend = np.linspace(-1, 1, 6)[:, None]
    data = panel(weights, 6, 5, effects="unit")
    x, e = (rng.normal(size=(6, weights.n)) + 1.5 * rng.normal(size=weights.n) * trend for _ in range(2))
    dense = weights.sparse.toarray()
    y = np.linalg.solve(np.eye(weights.n) - 0.35 * dense, (x + e).T).T
    data = data.assign(x=x.ravel(), y=y.ravel())
    reference, robust, cluster = (
        fit(data, weights, model="sar", effects="unit", vcov=kind).std_errors
        for kind in ("expected", "robust", "cluster")
    )
    for name in ("x", "rho"):
        assert cluster[name] > 1.25 * reference[name]
        assert cluster[name] > 1.1 * robust[name]


def test_pooled_least_squares_is_that_of_a_cross_section(data) -> None:
    table = data.set_index(data["code"] + data["year"].astype(str))
    plain = sf.fit_cross_section("y ~ x + z", table, model="ols", vcov="robust")
    pooled = fit(data, None, model="ols", effects="pooled", vcov="robust")
    assert pooled.cov.to_numpy() == pytest.approx(plain.cov.to_numpy(), rel=1e-9)


@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize("model", ["ols", "sac"])
def test_order_of_rows_changes_nothing(data, weights, kind: str, model: str) -> None:
    one = fit(data, weights, model=model, effects="twoway", vcov=kind)
    for other in (data.sort_values(["code", "year"]), data.sample(frac=1, random_state=5)):
        again = fit(other, weights, model=model, effects="twoway", vcov=kind)
        assert again.cov.equals(one.cov)  # to the last bit
        assert again.params.equals(one.params)


@pytest.mark.parametrize("kind", ["robust", "cluster"])
def test_names_of_units_change_nothing(data, weights, kind: str) -> None:
    """Other labels put the units into another order."""
    one = fit(data, weights, model="sac", effects="unit", vcov=kind)
    names = dict(
        zip(
            weights.ids, np.random.default_rng(0).permutation(weights.ids.to_numpy(dtype=object)), strict=True
        )
    )
    renamed = sf.SpatialWeights.from_matrix(weights.sparse.toarray(), ids=[names[i] for i in weights.ids])
    again = fit(data.assign(code=data["code"].map(names)), renamed, model="sac", effects="unit", vcov=kind)
    assert again.cov.to_numpy() == pytest.approx(one.cov.to_numpy(), rel=1e-6)


@pytest.mark.parametrize("kind", WORDS)
def test_only_the_covariance_differs(data, weights, kind: str) -> None:
    one = fit(data, weights, model="sdm")
    other = fit(data, weights, model="sdm", vcov=kind)
    assert other.params.equals(one.params)
    assert other.loglik == one.loglik
    assert not other.cov.equals(one.cov)
    assert np.linalg.eigvalsh(other.cov).min() > -1e-12
    assert other.impacts(draws=50).tidy()["std_error"].notna().all()
    assert other.glance()["vcov"].item() == kind


def test_bandwidth_and_kernel() -> None:
    assert [bandwidth(periods) for periods in (2, 8, 20, 100, 250)] == [1, 2, 2, 4, 4]
    scores = np.array([[1.0], [2.0], [-1.0]])
    # One lag with weight 1/2: 1 + 4 + 1 + 2 * (2 - 2) / 2.
    assert long_run_variance(scores).item() == pytest.approx(6.0)


def test_what_is_refused(data, weights) -> None:
    with pytest.raises(OptionError, match="Did you mean 'cluster'"):
        fit(data, weights, vcov="clustered")
    one = data[data["year"] == 2001]
    with pytest.raises(DataError, match="more than one of the periods"):
        fit(one, weights, model="sar", effects="pooled", vcov="driscoll-kraay")
    short = data[data["year"] < 2004]
    with pytest.warns(SpatialfinWarning, match=r"3 periods, for 5 coefficients.*singular.*below 20"):
        fit(short, weights, model="sdm", vcov="driscoll-kraay")
    few = [*weights.ids[:3]]
    with pytest.warns(SpatialfinWarning, match=r"3 units, for 5 coefficients.*joint tests fail\.$"):
        fit(data[data["code"].isin(few)], weights.subset(few), model="sdm", effects="unit", vcov="cluster")


def test_too_many_units_for_dense_matrices(data, weights, monkeypatch) -> None:
    monkeypatch.setattr("spatialfin.models.covariances.DENSE_LIMIT", 20)
    with pytest.raises(OptionError, match=r"up to 20 units; there are 25.*driscoll-kraay"):
        fit(data, weights, model="sar", vcov="cluster")
    for kind in ("observed", "driscoll-kraay"):
        assert fit(data, weights, model="sar", vcov=kind).vcov == kind
    assert fit(data, weights, model="slx", vcov="cluster").vcov == "cluster"
