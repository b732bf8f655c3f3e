"""Weights per period and panels with gaps: identities and brute force."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import block_diag
from scipy.optimize import minimize

import spatialfin as sf
from spatialfin._core.blocks import block_log_det, block_traces, blocks_of
from spatialfin._errors import AlignmentError, SpatialfinWarning
from spatialfin.models.blocks import fit_blocks
from spatialfin.panel import key_panel

from ..conftest import lattice
from .conftest import KEYS, MODELS, SPATIAL_MODELS, fit


def same(one: sf.models.ModelResult, two: sf.models.ModelResult, *, rel: float = 1e-7) -> None:
    assert list(one.params.index) == list(two.params.index)
    np.testing.assert_allclose(one.params, two.params, rtol=rel, atol=1e-8)
    np.testing.assert_allclose(one.cov, two.cov, rtol=1e-6, atol=1e-9)
    assert one.loglik == pytest.approx(two.loglik, rel=1e-10)
    assert one.sigma2 == pytest.approx(two.sigma2, rel=1e-7)
    np.testing.assert_allclose(one.residuals, two.residuals, atol=1e-7)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("effects", ["pooled", "unit"])
def test_the_same_w_in_every_period_is_one_w(data, weights, model: str, effects: str) -> None:
    one = fit(data, weights, model=model, effects=effects)
    many = fit(data, dict.fromkeys(range(2001, 2006), weights), model=model, effects=effects)
    same(one, many)
    assert many.bias_correction == "none"
    assert many.df_resid == one.df_resid
    assert many.pseudo_r2 == pytest.approx(one.pseudo_r2)
    np.testing.assert_allclose(one.predict(), many.predict(), atol=1e-7)
    np.testing.assert_allclose(one.impacts().estimates, many.impacts().estimates, rtol=1e-6)
    np.testing.assert_allclose(one.impacts().delta_errors, many.impacts().delta_errors, rtol=1e-5)
    np.testing.assert_allclose(one.impacts().simulated_errors, many.impacts().simulated_errors, rtol=1e-4)
    if effects == "unit":
        ours, theirs = many.fixed_effects(), one.fixed_effects()
        assert ours["label"].tolist() == theirs["label"].tolist()
        np.testing.assert_allclose(ours["estimate"], theirs["estimate"], atol=1e-7)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("effects", ["pooled", "unit"])
def test_without_a_gap_the_observed_units_are_all_units(data, weights, model: str, effects: str) -> None:
    direct = fit(data, weights, model=model, effects=effects)
    blocks = fit_blocks(
        "y ~ x + z", key_panel(data, **KEYS), weights, time=KEYS["time"], model=model, effects=effects,
        bias_correction="none", lags=(), durbin=None, vcov="expected", logdet="auto", traces="auto", seed=0,
    )  # fmt: skip
    same(direct, blocks)
    assert blocks.provenance.weights_hash == direct.provenance.weights_hash
    # gaps="observed" on complete data is the ordinary panel, Lee-Yu and all.
    asked = fit(data, weights, model=model, effects=effects, gaps="observed", bias_correction="lee-yu")
    ordinary = fit(data, weights, model=model, effects=effects, bias_correction="lee-yu")
    assert asked.params.equals(ordinary.params)
    assert asked.bias_correction == "lee-yu"


@pytest.mark.parametrize("model", MODELS)
def test_one_period_with_missing_units_is_a_cross_section(data, changing, model: str) -> None:
    one = data[data["year"] == 2003].drop(index=[32, 37, 41])
    with pytest.raises(AlignmentError, match="only in the weights: 'u0000', 'u0005', 'u0009'"):
        fit(one, changing[2003], model=model, effects="pooled")
    panel = fit(one, changing[2003], model=model, effects="pooled", units="subset")
    kept = changing[2003].subset(one["code"])
    cross = sf.fit_cross_section("y ~ x + z", one, kept, unit="code", model=model, engine="native")
    np.testing.assert_allclose(panel.params, cross.params, rtol=1e-8)
    assert panel.loglik == pytest.approx(cross.loglik, rel=1e-8)
    assert panel.provenance.weights_hash == kept.hash
    assert any("kept 13 of 16 units; dropped 'u0000'" in line for line in panel.provenance.ledger)
    assert "subset: kept 13 of 16 units" in panel.summary()
    asked = sf.fit_cross_section(
        "y ~ x + z", one, changing[2003], unit="code", model=model, engine="native", units="subset"
    )
    assert asked.params.equals(cross.params)
    assert "subset: kept 13 of 16 units" in asked.summary()


class Dense:
    """The model written out: every matrix dense, every unit a dummy. Shares no code with the package."""

    def __init__(self, data: pd.DataFrame, weights: dict[int, sf.SpatialWeights], model: str, effects: str):
        data = data.sort_values(["year", "code"])
        blocks = []
        for year, rows in data.groupby("year"):
            ids = list(weights[year].ids)
            present = [ids.index(code) for code in rows["code"]]
            block = weights[year].sparse.toarray()[np.ix_(present, present)]
            sums = block.sum(axis=1, keepdims=True)
            blocks.append(block / np.where(sums == 0, 1, sums))
        self.w = block_diag(*blocks)
        self.y = data["y"].to_numpy()
        x = data[["x", "z"]].to_numpy()
        lags = [self.w @ x] if model in {"slx", "sdm", "sdem"} else []
        dummies = pd.get_dummies(data["code"]).to_numpy(float) if effects == "unit" else np.ones((len(x), 1))
        order = [dummies, x, *lags] if effects == "pooled" else [x, *lags, dummies]
        self.x = np.column_stack(order)
        self.lag, self.error = model in {"sar", "sdm", "sac"}, model in {"sem", "sdem", "sac"}
        self.kept = self.x.shape[1] - (dummies.shape[1] if effects == "unit" else 0)

    def parts(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values = list(point)
        rho = values.pop(0) if self.lag else 0.0
        lam = values.pop(0) if self.error else 0.0
        identity = np.eye(len(self.w))
        return identity - rho * self.w, identity - lam * self.w

    def concentrated(self, point: np.ndarray) -> float:
        a, b = self.parts(point)
        signs, logs = zip(np.linalg.slogdet(a), np.linalg.slogdet(b), strict=True)
        if min(signs) <= 0:
            return 1e10
        x, y = b @ self.x, b @ a @ self.y
        e = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
        m = len(y)
        return float(m / 2 * (np.log(2 * np.pi * (e @ e) / m) + 1) - sum(logs))

    def estimates(self) -> tuple[np.ndarray, float, float]:
        start = np.full(self.lag + self.error, 0.1)
        found = minimize(
            self.concentrated, start, method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-13}
        )
        a, b = self.parts(found.x)
        x, y = b @ self.x, b @ a @ self.y
        beta = np.linalg.lstsq(x, y, rcond=None)[0]
        e = y - x @ beta
        return np.concatenate([beta, found.x]), float(e @ e / len(y)), -found.fun

    def loglik(self, theta: np.ndarray, y: np.ndarray) -> float:
        """The full likelihood at (beta and dummies, rho, lam, sigma2)."""
        k = self.x.shape[1]
        a, b = self.parts(theta[k:-1])
        e = b @ (a @ y - self.x @ theta[:k])
        m = len(y)
        determinants = np.linalg.slogdet(a)[1] + np.linalg.slogdet(b)[1]
        return float(-m / 2 * np.log(2 * np.pi * theta[-1]) - e @ e / (2 * theta[-1]) + determinants)

    def covariance(self, theta: np.ndarray) -> np.ndarray:
        """Inverse of the expected information of all coefficients, dummies among them, term by term."""
        k, s2 = self.x.shape[1], theta[-1]
        a, b = self.parts(theta[k:-1])
        g, h = self.w @ np.linalg.inv(a), self.w @ np.linalg.inv(b)
        x = b @ self.x
        signal = b @ g @ self.x @ theta[:k]
        m = len(self.y)
        size = k + self.lag + self.error + 1
        info = np.zeros((size, size))
        info[:k, :k] = x.T @ x / s2
        info[-1, -1] = m / (2 * s2**2)
        if self.lag:
            info[k, :k] = info[:k, k] = x.T @ signal / s2
            info[k, k] = np.trace(g @ g) + np.trace(g.T @ g) + signal @ signal / s2
            info[k, -1] = info[-1, k] = np.trace(g) / s2
        if self.error:
            info[-2, -2] = np.trace(h @ h) + np.trace(h.T @ h)
            info[-2, -1] = info[-1, -2] = np.trace(h) / s2
        if self.lag and self.error:
            info[k, -2] = info[-2, k] = np.trace(g @ h) + np.trace(g.T @ h)
        return np.linalg.inv(info)

    def reported(self, cov: np.ndarray) -> np.ndarray:
        k = self.x.shape[1]
        keep = [*range(self.kept), *range(k, k + self.lag + self.error)]
        return cov[np.ix_(keep, keep)]


@pytest.mark.parametrize("model", SPATIAL_MODELS)
@pytest.mark.parametrize("effects", ["pooled", "unit"])
@pytest.mark.parametrize("weights_kind", ["one", "changing"])
def test_gaps_against_dense_brute_force(gappy, weights, changing, model, effects, weights_kind) -> None:
    given: Any = weights if weights_kind == "one" else changing
    ours = fit(gappy, given, model=model, effects=effects, gaps="observed")
    by_period = dict.fromkeys(changing, weights) if weights_kind == "one" else changing
    dense = Dense(gappy, by_period, model, effects)
    theta, sigma2, loglik = dense.estimates()
    k = dense.x.shape[1]
    expected = np.concatenate([theta[: dense.kept], theta[k:]])
    np.testing.assert_allclose(ours.params, expected, atol=1e-6)
    assert ours.sigma2 == pytest.approx(sigma2, rel=1e-6)
    assert ours.loglik == pytest.approx(loglik, rel=1e-9)
    cov = dense.reported(dense.covariance(np.append(theta, sigma2)))
    np.testing.assert_allclose(ours.cov, cov, rtol=1e-4, atol=1e-8)
    # Impacts are averages over the observed unit-periods.
    rho = theta[k] if dense.lag else 0.0
    s = np.linalg.inv(np.eye(len(dense.w)) - rho * dense.w)
    first = int(effects == "pooled")
    effect = s * theta[first]
    if model in {"sdm", "sdem"}:
        effect = s @ (np.eye(len(s)) * theta[first] + dense.w * theta[first + 2])
    table = ours.impacts(draws=2).estimates.loc["x"]
    m = len(dense.y)
    assert table["direct"] == pytest.approx(np.trace(effect) / m, abs=1e-6)
    assert table["total"] == pytest.approx(effect.sum() / m, abs=1e-6)
    if effects == "unit":
        units = ours.fixed_effects().query("effect == 'unit'")["estimate"].to_numpy()
        mu = theta[dense.kept : k]
        np.testing.assert_allclose(units, mu - mu.mean(), atol=1e-5)
        signal = s @ dense.x @ theta[:k]
        np.testing.assert_allclose(
            ours.predict().loc[gappy.sort_values(["year", "code"]).index], signal, atol=1e-5
        )


@pytest.mark.parametrize("model", ["sar", "sem", "sac"])
def test_dense_information_is_the_mean_hessian(gappy, changing, model: str) -> None:
    """The formula that the other test trusts, against numerical Hessians averaged over simulated outcomes."""
    dense = Dense(gappy, changing, model, "unit")
    rng = np.random.default_rng(4)
    k, m = dense.x.shape[1], len(dense.y)
    theta = np.concatenate([rng.normal(size=k), [0.4, 0.3][: dense.lag + dense.error], [0.7]])
    a, b = dense.parts(theta[k:-1])
    wanted = np.linalg.inv(dense.covariance(theta))[k:, k:]
    size, step, draws = len(wanted), 1e-3, 400
    shocks = rng.normal(size=(draws, m)) * np.sqrt(theta[-1])
    shocks = np.concatenate([shocks, -shocks])
    outcomes = np.linalg.solve(a, (dense.x @ theta[:k])[:, None] + np.linalg.solve(b, shocks.T)).T

    def at(shift: np.ndarray) -> np.ndarray:
        moved = theta.copy()
        moved[k:] += shift
        a, b = dense.parts(moved[k:-1])
        e = b @ (a @ outcomes.T - (dense.x @ moved[:k])[:, None])
        logs = np.linalg.slogdet(a)[1] + np.linalg.slogdet(b)[1]
        return logs - m / 2 * np.log(moved[-1]) - (e**2).sum(axis=0) / (2 * moved[-1])

    units = np.eye(size) * step
    for i in range(size):
        for j in range(i + 1):
            total = at(units[i] + units[j]) - at(units[i] - units[j]) - at(units[j] - units[i])
            hessian = -(total + at(-units[i] - units[j])) / (4 * step**2)
            error = hessian.std() / np.sqrt(draws)
            assert abs(hessian.mean() - wanted[i, j]) < 4 * error + 1e-4 * abs(wanted[i, j])


@pytest.mark.parametrize("effects", ["pooled", "unit"])
def test_least_squares_on_gaps_is_least_squares_with_dummies(gappy, weights, effects: str) -> None:
    ours = fit(gappy, weights, model="slx", effects=effects, gaps="observed")
    dense = Dense(gappy, dict.fromkeys(range(2001, 2006), weights), "slx", effects)
    beta = np.linalg.lstsq(dense.x, dense.y, rcond=None)[0]
    np.testing.assert_allclose(ours.params, beta[: dense.kept], atol=1e-9)
    e = dense.y - dense.x @ beta
    free = len(e) - dense.x.shape[1]
    assert ours.df_resid == free
    assert ours.sigma2 == pytest.approx(e @ e / free)
    cov = np.linalg.inv(dense.x.T @ dense.x) * ours.sigma2
    np.testing.assert_allclose(ours.cov, cov[: dense.kept, : dense.kept], rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("model", ["sar", "sem", "sdm"])
@pytest.mark.parametrize("effects", ["pooled", "unit"])
def test_order_changes_nothing(gappy, changing, model: str, effects: str) -> None:
    one = fit(gappy, changing, model=model, effects=effects, gaps="observed")
    shuffled = gappy.sample(frac=1, random_state=2)
    backwards = {
        year: sf.SpatialWeights.from_matrix(w.sparse.toarray()[::-1, ::-1], ids=w.ids[::-1])
        for year, w in reversed(changing.items())
    }
    two = fit(shuffled, backwards, model=model, effects=effects, gaps="observed")
    assert two.params.equals(one.params)
    assert two.cov.equals(one.cov)
    assert two.residuals.index.equals(shuffled.index)
    assert two.residuals.sort_index().equals(one.residuals)


def test_period_dummies_stand_in_for_two_way_effects(data, weights) -> None:
    """The remedy that the refusal of two-way effects names, where both can be had."""
    twoway = fit(data, weights, model="sar", effects="twoway")
    every = dict.fromkeys(range(2001, 2006), weights)
    dummies = fit(data, every, "y ~ x + z + C(year)", model="sar", effects="unit")
    kept = ["x", "z", "rho"]
    np.testing.assert_allclose(dummies.params[kept], twoway.params[kept], rtol=1e-7)
    np.testing.assert_allclose(dummies.std_errors[kept], twoway.std_errors[kept], rtol=1e-6)
    assert dummies.loglik == pytest.approx(twoway.loglik)


def test_curves_and_tables_of_gaps(gappy, weights) -> None:
    result = fit(gappy, weights, "y ~ x * z", model="sdm", effects="unit", gaps="observed")
    curve = sf.models.marginal_impact(result, "x", "z", values=[-1.0, 1.0], draws=50)
    assert curve.frame["estimate"].notna().all()
    assert sf.tables.regression_table([result], impacts=True) is not None


def test_inputs_stay_as_they_are(gappy, changing) -> None:
    before, mapping = gappy.copy(), dict(changing)
    fit(gappy, changing, model="sdm", effects="unit", gaps="observed", units="subset")
    pd.testing.assert_frame_equal(gappy, before)
    assert changing == mapping


def test_log_determinants_and_traces_of_blocks_agree(weights) -> None:
    large = lattice(6).standardize("row").sparse
    blocks = blocks_of([weights.sparse, large, large])
    eigen, sparse = block_log_det(blocks, "auto"), block_log_det(blocks, "sparse")
    assert (eigen.method, sparse.method) == ("eigen", "sparse")
    assert eigen.interval == pytest.approx(sparse.interval, rel=1e-6)
    whole = blocks.weights.toarray()
    identity = np.eye(len(whole))
    for rho in (-0.5, 0.6):
        g = whole @ np.linalg.inv(identity - rho * whole)
        for logdet in (eigen, sparse):
            assert logdet.value(rho) == pytest.approx(np.linalg.slogdet(identity - rho * whole)[1])
            assert logdet.trace_g(rho) == pytest.approx(np.trace(g))
            assert logdet.trace_gg(rho) == pytest.approx(np.trace(g @ g))
        h = whole @ np.linalg.inv(identity - 0.2 * whole)
        found = block_traces(blocks, rho, 0.2, eigen)
        assert (found.product, found.transposed) == pytest.approx((np.trace(g @ h), np.trace(g.T @ h)))
        probed = block_traces(blocks, rho, 0.2, eigen, method="stochastic")
        assert abs(probed.transposed - found.transposed) < 5 * probed.std_error


def test_stochastic_traces_and_sparse_determinant(gappy, weights) -> None:
    exact = fit(gappy, weights, model="sdm", effects="unit", gaps="observed")
    other = fit(
        gappy, weights, model="sdm", effects="unit", gaps="observed", logdet="sparse", traces="stochastic"
    )
    np.testing.assert_allclose(exact.params, other.params, rtol=1e-6)
    np.testing.assert_allclose(exact.std_errors, other.std_errors, rtol=0.02)
    assert any("random probes" in line for line in other.provenance.ledger)


def test_lee_yu_gives_way_with_a_warning(data, gappy, weights, changing) -> None:
    for table, given in ((gappy, weights), (data, changing)):
        keywords = {"model": "sar", "effects": "unit", "gaps": "observed"}
        with pytest.warns(
            SpatialfinWarning,
            match=r"direct likelihood.*sigma2 is about 0\.[78]\d\d of the right one.*errors by 1\.1\d\d",
        ):
            warned = fit(table, given, **keywords, bias_correction="lee-yu")
        assert warned.bias_correction == "none"
        assert warned.params.equals(fit(table, given, **keywords).params)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fit(table, given, **keywords)
            fit(table, given, model="sar", effects="pooled", gaps="observed", bias_correction="lee-yu")


def test_lee_yu_warns_of_the_bias_of_lam(data, changing) -> None:
    said = r"0\.800 of .*16 unit effects in 80 rows.*by 1\.118\. lam has a bias of order 1/T, here 1/5\.0"
    with pytest.warns(SpatialfinWarning, match=said):
        fit(data, changing, model="sac", effects="unit", bias_correction="lee-yu")


@pytest.mark.parametrize("model", ["sem", "sdem"])
def test_the_restricted_likelihood_is_lee_yu_where_w_is_one(data, weights, model: str) -> None:
    one = fit(data, weights, model=model, effects="unit", bias_correction="lee-yu")
    every = dict.fromkeys(range(2001, 2006), weights)
    many = fit(data, every, model=model, effects="unit", bias_correction="lee-yu")
    same(one, many)
    assert many.bias_correction == "lee-yu"


@pytest.mark.parametrize("model", ["sem", "sdem"])
def test_restricted_likelihood_against_the_density_of_transformed_data(gappy, changing, model: str) -> None:
    """All orthonormal contrasts that remove the effects have the same normal density."""
    ours = fit(gappy, changing, model=model, effects="unit", gaps="observed", bias_correction="lee-yu")
    dense = Dense(gappy, changing, model, "unit")
    dummies, x = dense.x[:, dense.kept :], dense.x[:, : dense.kept]
    contrasts = np.linalg.qr(np.column_stack([dummies, np.eye(len(x))]))[0][:, dummies.shape[1] : len(x)]
    y, x = contrasts.T @ dense.y, contrasts.T @ x
    n = len(y)

    def omega(lam: float) -> np.ndarray:
        inverse = np.linalg.inv(np.eye(len(dense.w)) - lam * dense.w)
        return np.asarray(contrasts.T @ inverse @ inverse.T @ contrasts)

    def negative(point: np.ndarray) -> float:
        root = np.linalg.cholesky(omega(float(point[0])))
        left, right = np.linalg.solve(root, y), np.linalg.solve(root, x)
        e = left - right @ np.linalg.lstsq(right, left, rcond=None)[0]
        return float(n / 2 * (np.log(2 * np.pi * (e @ e) / n) + 1) + np.log(np.diag(root)).sum())

    found = minimize(negative, [0.1], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-13})
    lam = float(found.x[0])
    assert ours.params["lam"] == pytest.approx(lam, abs=1e-6)
    assert ours.loglik == pytest.approx(-found.fun, rel=1e-9)
    inverse = np.linalg.inv(omega(lam))
    bread = np.linalg.inv(x.T @ inverse @ x)
    beta = bread @ x.T @ inverse @ y
    np.testing.assert_allclose(ours.params.iloc[:-1], beta, atol=1e-6)
    sigma2 = float((y - x @ beta) @ inverse @ (y - x @ beta) / n)
    assert ours.sigma2 == pytest.approx(sigma2, rel=1e-6)
    np.testing.assert_allclose(ours.cov.iloc[:-1, :-1], bread * sigma2, rtol=1e-4, atol=1e-9)
    # Expected information of a normal density: tr(V^-1 dV V^-1 dV) / 2, with sigma2 concentrated out.
    slope = inverse @ (omega(lam + 1e-5) - omega(lam - 1e-5)) / 2e-5
    variance = 1 / (np.trace(slope @ slope) / 2 - np.trace(slope) ** 2 / (2 * n))
    assert ours.cov.loc["lam", "lam"] == pytest.approx(variance, rel=1e-4)


@pytest.mark.parametrize("logdet", ["eigen", "sparse"])
def test_a_period_with_one_unit(gappy, weights, logdet: str) -> None:
    """Without a neighbour in the period it is a row without a lag."""
    table = gappy[(gappy["year"] != 2003) | (gappy["code"] == "u0006")]
    with pytest.warns(SpatialfinWarning, match="'u0006, 2003' have no observed neighbour"):
        result = fit(table, weights, model="sar", effects="unit", gaps="observed", logdet=logdet)
    dense = Dense(table, dict.fromkeys(range(2001, 2006), weights), "sar", "unit")
    theta = dense.estimates()[0]
    np.testing.assert_allclose(result.params, theta[[0, 1, -1]], atol=1e-6)


@pytest.mark.parametrize("kind", ["changing", "gaps"])
def test_rho_is_recovered(kind: str) -> None:
    """50 draws at 36 units and 6 periods: the mean of rho within three of its standard errors, or .02."""
    rng = np.random.default_rng(11)
    n, periods, rho = 36, 6, 0.4
    every: dict[int, sf.SpatialWeights] = {}
    for year in range(periods):
        matrix = rng.uniform(0.2, 1, (n, n)) * (rng.uniform(size=(n, n)) < 0.12)
        np.fill_diagonal(matrix, 0)
        matrix[np.arange(n), (np.arange(n) + 1) % n] = 0.5
        every[year] = sf.SpatialWeights.from_matrix(matrix, ids=lattice(6).ids).standardize("row")
    if kind == "gaps":
        every = dict.fromkeys(range(periods), lattice(6).standardize("row"))
    found, sigma2 = [], []
    keys = pd.MultiIndex.from_product([range(periods), lattice(6).ids], names=["year", "code"])
    for _ in range(50):
        mu, x = rng.normal(size=n), rng.normal(size=(periods, n))
        errors = 0.5 * rng.normal(size=(periods, n))
        # Every unit twice at least: one row alone is taken in whole by its effect.
        present = rng.uniform(size=(periods, n)) < (0.8 if kind == "gaps" else 2)
        present[:2] = True
        y = np.full((periods, n), np.nan)
        for year, w in every.items():
            here = present[year]
            dense = w.sparse.toarray()[np.ix_(here, here)]
            sums = dense.sum(axis=1, keepdims=True)
            dense = dense / np.where(sums == 0, 1, sums)
            signal = (x[year] + mu + errors[year])[here]
            y[year, here] = np.linalg.solve(np.eye(here.sum()) - rho * dense, signal)
        rows = pd.DataFrame({"y": y.ravel(), "x": x.ravel()}, index=keys).dropna()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SpatialfinWarning)  # a unit may lose its last neighbour
            result = sf.fit_panel(
                "y ~ x", rows, every if kind == "changing" else every[0], **KEYS, model="sar",
                effects="unit", bias_correction="none", gaps="observed",
            )  # fmt: skip
        found.append(result.params.to_numpy())
        sigma2.append(result.sigma2 * len(rows) / (len(rows) - n))
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(len(found))
    assert np.all(np.abs(mean - [1, rho]) < np.maximum(3 * error, 0.02))
    assert np.mean(sigma2) == pytest.approx(0.25, rel=0.04)
