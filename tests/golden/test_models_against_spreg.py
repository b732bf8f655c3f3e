"""Our estimates beside spreg's own, called directly, on libpysal's built-in Columbus layer."""

from __future__ import annotations

import contextlib
import io
import warnings

import geopandas as gpd
import libpysal
import numpy as np
import pandas as pd
import pytest
import spreg

import spatialfin as sf

FORMULA = "CRIME ~ INC + HOVAL"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    frame = pd.DataFrame(gpd.read_file(libpysal.examples.get_path("columbus.shp")).drop(columns="geometry"))
    frame.index = pd.Index([f"n{number:02d}" for number in frame["POLYID"].astype(int)])
    frame["NS"] = frame["NSA"].map({1.0: "north", 0.0: "south"})
    return frame


@pytest.fixture(scope="module")
def w() -> libpysal.weights.W:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = libpysal.weights.Queen.from_shapefile(libpysal.examples.get_path("columbus.shp"))
    found.transform = "r"
    return found


@pytest.fixture(scope="module")
def weights(w: libpysal.weights.W, data: pd.DataFrame) -> sf.SpatialWeights:
    return sf.SpatialWeights.from_matrix(w.full()[0], ids=data.index)


def peer(estimator: str, *args: object, **keywords: object) -> object:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(spreg, estimator)(*args, **keywords)


def arrays(data: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return data[["CRIME"]].to_numpy(), data[["INC", "HOVAL"]].to_numpy()


def agree(ours, theirs: object, order: list[int] | None = None, rel: float = 1e-8) -> None:
    """Same coefficients and covariance; `order` puts spreg's coefficients into ours."""
    betas, vm = np.ravel(theirs.betas), np.asarray(theirs.vm)
    order = order or list(range(len(betas)))
    assert ours.params.to_numpy() == pytest.approx(betas[order], rel=rel)
    assert ours.cov.to_numpy() == pytest.approx(vm[np.ix_(order, order)], rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("model", "name"), [("sar", "ML_Lag"), ("sem", "ML_Error")])
def test_both_engines_agree_with_spreg(data, w, weights, model: str, name: str) -> None:
    theirs = peer(name, *arrays(data), w, method="full")
    for engine in ("spreg", "native"):
        ours = sf.fit_cross_section(
            FORMULA, data.sample(frac=1, random_state=3), weights, model=model, engine=engine
        )
        # The issue of precision is spreg's optimiser (1e-7 in the spatial coefficient).
        assert ours.params.to_numpy() == pytest.approx(np.ravel(theirs.betas), rel=1e-6)
        assert ours.std_errors.to_numpy() == pytest.approx(np.sqrt(np.diag(theirs.vm)), rel=1e-4)
        assert ours.sigma2 == pytest.approx(float(np.squeeze(theirs.sig2)), rel=1e-6)
        assert ours.loglik == pytest.approx(float(np.squeeze(theirs.logll)), rel=1e-9)


@pytest.mark.parametrize("model", ["sar", "sem", "sdm", "sdem"])
def test_engines_agree_with_each_other(data, weights, model: str) -> None:
    ours = {
        e: sf.fit_cross_section(FORMULA, data, weights, model=model, engine=e) for e in ("spreg", "native")
    }
    assert ours["spreg"].engine == "spreg"
    assert ours["native"].engine == "native"
    assert ours["native"].params.to_numpy() == pytest.approx(ours["spreg"].params.to_numpy(), rel=2e-6)
    assert ours["native"].std_errors.to_numpy() == pytest.approx(
        ours["spreg"].std_errors.to_numpy(), rel=1e-4
    )
    assert ours["native"].residuals.to_numpy() == pytest.approx(ours["spreg"].residuals.to_numpy(), abs=1e-4)


def test_sparse_likelihood_agrees_with_the_dense_one(data, weights) -> None:
    for model in ("sar", "sem", "sac"):
        dense = sf.fit_cross_section(FORMULA, data, weights, model=model, engine="native", logdet="eigen")
        sparse = sf.fit_cross_section(FORMULA, data, weights, model=model, engine="native", logdet="sparse")
        assert sparse.params.to_numpy() == pytest.approx(dense.params.to_numpy(), rel=1e-7)
        assert sparse.cov.to_numpy() == pytest.approx(dense.cov.to_numpy(), rel=1e-6, abs=1e-12)


def test_sac_satisfies_its_first_order_conditions_and_nests_lag_and_error(data, weights) -> None:
    fit = {
        m: sf.fit_cross_section(FORMULA, data, weights, model=m, engine="native")
        for m in ("sar", "sem", "sac")
    }
    assert fit["sac"].loglik >= max(fit["sar"].loglik, fit["sem"].loglik)
    dense = weights.align(fit["sac"].parts.ids).toarray()
    parts, identity = fit["sac"].parts, np.eye(weights.n)

    def loglik(theta: np.ndarray) -> float:
        beta, (rho, lam, s2) = theta[:-3], theta[-3:]
        a, b = identity - rho * dense, identity - lam * dense
        e = b @ (a @ parts.design.y - parts.design.x @ beta)
        jacobian = np.linalg.slogdet(a)[1] + np.linalg.slogdet(b)[1]
        return float(-len(e) / 2 * np.log(2 * np.pi * s2) + jacobian - e @ e / (2 * s2))

    top = np.append(fit["sac"].params.to_numpy(), fit["sac"].sigma2)
    assert loglik(top) == pytest.approx(fit["sac"].loglik, rel=1e-12)
    for position in range(len(top)):
        step = np.zeros_like(top)
        step[position] = 1e-5 * max(abs(top[position]), 0.1)
        slope = (loglik(top + step) - loglik(top - step)) / (2 * step[position])
        curvature = (loglik(top + step) - 2 * loglik(top) + loglik(top - step)) / step[position] ** 2
        assert curvature < 0
        # Central differences of a value near 180: rounding 1e-13 / step.
        assert abs(slope) < 1e-4 * abs(curvature) * max(abs(top[position]), 1)


def test_sac_information_is_the_mean_of_simulated_scores(data, weights) -> None:
    """Expected information against the covariance of scores of data simulated from the estimate."""
    fit = sf.fit_cross_section(FORMULA, data, weights, model="sac", engine="native")
    dense, x = weights.align(fit.parts.ids).toarray(), fit.parts.design.x
    identity = np.eye(weights.n)
    beta, rho, lam, s2 = fit.params.to_numpy()[:3], fit.params["rho"], fit.params["lam"], fit.sigma2
    a, b = identity - rho * dense, identity - lam * dense
    g, h = dense @ np.linalg.inv(a), dense @ np.linalg.inv(b)
    rng = np.random.default_rng(5)
    e = np.sqrt(s2) * rng.normal(size=(weights.n, 40_000))
    u = np.linalg.solve(b, e)
    y = np.linalg.solve(a, (x @ beta)[:, None] + u)
    scores = np.vstack(
        [
            (b @ x).T @ e / s2,
            (np.einsum("ij,ij->j", e, b @ dense @ y) / s2 - np.trace(g))[None],
            (np.einsum("ij,ij->j", e, dense @ u) / s2 - np.trace(h))[None],
            (np.einsum("ij,ij->j", e, e) / (2 * s2**2) - weights.n / (2 * s2))[None],
        ]
    )
    simulated = np.linalg.inv(np.cov(scores))[:-1, :-1]
    # 40,000 draws: a variance is known to about sqrt(2/40000) = 0.7 %; four of these.
    assert np.sqrt(np.diag(simulated)) == pytest.approx(fit.std_errors.to_numpy(), rel=0.03)


@pytest.mark.parametrize("vcov", ["expected", "robust"])
def test_lag_by_two_stage_least_squares(data, w, weights, vcov: str) -> None:
    y, x = arrays(data)
    theirs = peer("GM_Lag", y, x, w=w, robust="white" if vcov == "robust" else None)
    ours = sf.fit_cross_section(FORMULA, data, weights, model="sar", estimator="2sls", vcov=vcov)
    agree(ours, theirs)


def test_durbin_lag_by_two_stage_least_squares(data, w, weights) -> None:
    y, x = arrays(data)
    agree(
        sf.fit_cross_section(FORMULA, data, weights, model="sdm", estimator="2sls"),
        peer("GM_Lag", y, x, w=w, slx_lags=1),
    )
    subset = sf.fit_cross_section(FORMULA, data, weights, model="sdm", estimator="2sls", durbin=["HOVAL"])
    agree(subset, peer("GM_Lag", y, x, w=w, slx_lags=1, slx_vars=[False, True]))
    assert list(subset.params.index) == ["Intercept", "INC", "HOVAL", "W(HOVAL)", "rho"]


def test_heteroskedastic_error_and_combo(data, w, weights) -> None:
    y, x = arrays(data)
    agree(
        sf.fit_cross_section(FORMULA, data, weights, model="sem", estimator="gmm"),
        peer("GM_Error_Het", y, x, w),
    )
    agree(
        sf.fit_cross_section(FORMULA, data, weights, model="sac", estimator="gmm"),
        peer("GM_Combo_Het", y, x, w=w),
    )


def test_endogenous_regressors_keep_their_place(data, w, weights) -> None:
    y = arrays(data)[0]
    inc, hoval, discbd = (data[[name]].to_numpy() for name in ("INC", "HOVAL", "DISCBD"))
    lagged = np.column_stack([discbd, w.sparse @ discbd])
    keywords = {"endogenous": ["INC"], "instruments": ["DISCBD"]}
    ours = sf.fit_cross_section(FORMULA, data, weights, model="sar", estimator="2sls", **keywords)
    theirs = peer("GM_Lag", y, hoval, yend=inc, q=lagged, w=w, lag_q=False)
    agree(ours, theirs, order=[0, 2, 1, 3])
    assert list(ours.params.index) == ["Intercept", "INC", "HOVAL", "rho"]
    plain = sf.fit_cross_section(FORMULA, data, model="ols", estimator="2sls", **keywords)
    agree(plain, peer("TSLS", y, hoval, inc, discbd), order=[0, 2, 1])
    error = sf.fit_cross_section(FORMULA, data, weights, model="sem", estimator="gmm", **keywords)
    agree(error, peer("GM_Endog_Error_Het", y, hoval, inc, lagged, w), order=[0, 2, 1, 3])


def test_hac(data, w, weights) -> None:
    y, x = arrays(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gwk = libpysal.weights.Kernel(
            data[["X", "Y"]].to_numpy(), k=10, fixed=False, function="triangular", diagonal=True
        )
    ours_kernel = gwk.full()[0] - np.eye(gwk.n)
    kernel = sf.SpatialWeights.from_matrix(ours_kernel, ids=data.index)
    agree(
        sf.fit_cross_section(FORMULA, data, model="ols", vcov="hac", kernel=kernel),
        peer("OLS", y, x, robust="hac", gwk=gwk),
    )
    agree(
        sf.fit_cross_section(
            FORMULA, data, weights, model="sar", estimator="2sls", vcov="hac", kernel=kernel
        ),
        peer("GM_Lag", y, x, w=w, robust="hac", gwk=gwk),
    )


def test_regimes(data, w, weights) -> None:
    y, x = arrays(data)
    groups = data["NS"].tolist()
    theirs = peer("OLS_Regimes", y, x, groups, regime_err_sep=False, nonspat_diag=False)
    ours = sf.fit_cross_section(FORMULA, data, model="ols", regimes="NS")
    agree(ours, theirs)
    assert ours.params.index[0] == "Intercept[north]"
    # spreg's Chow test is the same Wald test.
    assert ours.regime_tests["statistic"].iloc[-1] == pytest.approx(theirs.chow.joint[0], rel=1e-8)
    lag = peer("ML_Lag_Regimes", y, x, groups, w, regime_lag_sep=False, method="full")
    both = sf.fit_cross_section(FORMULA, data, weights, model="sar", regimes="NS")
    assert both.params.to_numpy() == pytest.approx(np.ravel(lag.betas), rel=1e-6)
    assert both.std_errors.to_numpy() == pytest.approx(np.sqrt(np.diag(lag.vm)), rel=1e-4)


def test_lagrange_multipliers(data, w, weights) -> None:
    theirs = peer("OLS", *arrays(data), w=w, spat_diag=True, moran=True)
    ours = sf.fit_cross_section(FORMULA, data, weights, model="ols").diagnostics.set_index("test")
    pairs = {
        "LM lag": theirs.lm_lag,
        "LM error": theirs.lm_error,
        "Robust LM lag": theirs.rlm_lag,
        "Robust LM error": theirs.rlm_error,
        "LM SARMA": theirs.lm_sarma,
        "Moran's I (residuals)": (theirs.moran_res[0], theirs.moran_res[2]),
    }
    for name, (statistic, p_value) in pairs.items():
        assert ours.loc[name, "statistic"] == pytest.approx(float(statistic), rel=1e-9), name
        assert ours.loc[name, "p_value"] == pytest.approx(float(p_value), rel=1e-7), name
    assert ours["residuals"].unique().tolist() == ["OLS"]


def test_nothing_of_the_callers_is_changed(data, weights, capsys) -> None:
    before, matrix = data.copy(deep=True), weights.sparse.copy()
    for estimator, model in (("ml", "sar"), ("ml", "sem"), ("2sls", "sar"), ("gmm", "sem")):
        sf.fit_cross_section(FORMULA, data, weights, model=model, estimator=estimator)
    pd.testing.assert_frame_equal(data, before)
    assert (weights.sparse != matrix).nnz == 0
    assert capsys.readouterr().out == ""
