"""spreg as an engine: our arrays in, our order of coefficients out, nothing of the caller's touched.

spreg prints, keeps no labels and may change the W it is given; each call gets a fresh W and a silenced
standard output.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix

from .._core.least_squares import moment_covariance
from .._errors import ConvergenceError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fitted:
    """What an engine hands back.

    Attributes
    ----------
    params, cov : array, shape (p,) and (p, p)
        Regression coefficients in the order of the regressors, then rho, then lam, as far as estimated.
    sigma2, loglik : float
    residuals : array, shape (n,)
        Innovations e.
    trace_error : float
        Standard error of an estimated trace in the information matrix.
    """

    params: Array
    cov: Array
    sigma2: float
    loglik: float
    residuals: Array
    trace_error: float = 0.0


@dataclass(frozen=True, slots=True)
class Instrumented:
    """Regressors of an instrumental-variables model, by their role; columns of the full matrix.

    Attributes
    ----------
    x : array, shape (n, k)
        All regressors: design columns, then lagged ones; the first is the intercept.
    exogenous, lagged, endogenous : list of int
        Columns of x: exogenous design columns without the intercept, lags of exogenous columns, endogenous
        columns (their lags among them).
    lagged_sources : list of int
        For every exogenous column of the design whether (by position) it has a lag.
    instruments : array, shape (n, q)
        Excluded instruments.
    """

    x: Array
    exogenous: list[int]
    lagged: list[int]
    endogenous: list[int]
    lagged_sources: list[int]
    instruments: Array


def pysal_w(weights: csr_array) -> Any:
    """A fresh libpysal W with these weights."""
    from libpysal.weights import WSP

    return WSP(csr_matrix(weights)).to_W(silence_warnings=True)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with (
        contextlib.redirect_stdout(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


def maximum_likelihood(y: Array, x: Array, weights: csr_array, *, lag: bool) -> Fitted:
    """ML lag (`lag`) or error model by spreg's dense method, whose standard errors are right.

    Raises
    ------
    ConvergenceError
        Where spreg gives up: it predicts by powers of rho W, which can grow at first when rho is near 1.
    """
    from spreg.ml_error import BaseML_Error
    from spreg.ml_lag import BaseML_Lag

    # Orthonormal regressors, and for the error model only what least squares leaves of y: spreg's likelihood
    # subtracts products of raw columns, whose rounding would move lam by 1e-6 when rows change places.
    q, r = np.linalg.qr(x)
    start = np.zeros(x.shape[1]) if lag else np.linalg.lstsq(x, y, rcond=None)[0]
    estimator = BaseML_Lag if lag else BaseML_Error
    try:
        with _quiet():
            model = estimator((y - x @ start)[:, None], q, pysal_w(weights), method="full")
    except Exception as error:  # spreg raises no narrower one
        raise ConvergenceError(f"spreg gave up ({error}). Use engine='native'.") from error
    params = np.asarray(model.betas, dtype=float).ravel()
    k = x.shape[1]
    back = np.eye(len(params))
    back[:k, :k] = np.linalg.inv(r)
    params = back @ params
    params[:k] += start
    residuals = model.u if lag else model.e_filtered
    return Fitted(
        params=params,
        cov=back @ np.asarray(model.vm, dtype=float) @ back.T,
        sigma2=float(np.squeeze(model.sig2)),
        loglik=float(np.squeeze(model.logll)),
        residuals=np.asarray(residuals, dtype=float).ravel(),
    )


def instrumental_variables(
    y: Array,
    roles: Instrumented,
    weights: csr_array | None,
    *,
    model: str,
    vcov: str,
    kernel: csr_array | None,
) -> Fitted:
    """GMM and 2SLS estimators of spreg: TSLS, GM_Lag, GM_Error_Het, GM_Endog_Error_Het, GM_Combo_Het."""
    import spreg

    x, endogenous = roles.x, roles.x[:, roles.endogenous]
    keywords: dict[str, Any] = {}
    if roles.lagged:
        # spreg must know which columns are lags: lagging them again would repeat instruments.
        keywords |= {"slx_lags": 1, "slx_vars": [bool(flag) for flag in roles.lagged_sources]}
    if endogenous.shape[1]:
        keywords |= {"yend": endogenous, "q": roles.instruments}
    if model in {"ols", "slx", "sar", "sdm"}:
        keywords |= {"robust": "white" if vcov == "robust" else None}
    if model in {"sar", "sdm", "sac"} and endogenous.shape[1]:
        keywords |= {"lag_q": False}
    error = "GM_Endog_Error_Het" if endogenous.shape[1] else "GM_Error_Het"
    name = {"ols": "TSLS", "slx": "TSLS", "sar": "GM_Lag", "sdm": "GM_Lag", "sac": "GM_Combo_Het"}
    estimator = getattr(spreg, name.get(model, error))
    if weights is not None:
        keywords |= {"w": pysal_w(weights)}
    if estimator is spreg.GM_Lag:
        keywords |= {"spat_diag": False}
    with _quiet():
        fitted = estimator(y[:, None], x[:, roles.exogenous], **keywords)
    covariance = fitted.vm if kernel is None else _hac_covariance(fitted, kernel)
    return _in_our_order(fitted, np.asarray(covariance, dtype=float), roles, model)


def _hac_covariance(fitted: Any, kernel: csr_array) -> Array:
    """Kelejian & Prucha (2007) for two-stage least squares; spreg takes no kernel but its own class."""
    h, z, residuals = fitted.h, fitted.z, np.ravel(fitted.u)
    first = np.linalg.solve(h.T @ h, h.T @ z)
    bread = np.linalg.solve(z.T @ h @ first, first.T)
    return np.asarray(bread @ moment_covariance(h * residuals[:, None], kernel) @ bread.T)


def _in_our_order(fitted: Any, covariance: Array, roles: Instrumented, model: str) -> Fitted:
    """Bring coefficients into our order; spreg's is constant, exogenous, lags, endogenous, spatial."""
    order = [0, *roles.exogenous, *roles.lagged, *roles.endogenous]
    betas = np.asarray(fitted.betas, dtype=float).ravel()
    spatial = list(range(len(order), len(betas)))
    positions = [*np.argsort(order).tolist(), *spatial]
    filtered = model in {"sem", "sdem", "sac"}
    residuals = np.asarray(fitted.e_filtered if filtered else fitted.u, dtype=float).ravel()
    return Fitted(
        params=betas[positions],
        cov=covariance[np.ix_(positions, positions)],
        sigma2=float(residuals @ residuals) / len(residuals),
        loglik=float("nan"),
        residuals=residuals,
    )
