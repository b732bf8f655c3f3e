"""The project's own likelihood as an engine, sparse at every size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .._core.information import covariance, expected_information
from .._core.least_squares import ols_covariance
from .._core.likelihood import Sample, maximise
from .._core.logdet import LogDet
from .._core.sparse_lu import solve
from .._core.traces import CrossTraces, TraceMethod, cross_traces
from ._spreg import Fitted

Array = NDArray[np.float64]


def least_squares(y: Array, x: Array, *, vcov: str, kernel: csr_array | None) -> Fitted:
    """Least squares with the covariance `vcov`; sigma2 is SSR/(n - k), the log-likelihood has SSR/n."""
    n, k = x.shape
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    residuals = y - x @ beta
    ssr = float(residuals @ residuals)
    return Fitted(
        params=np.asarray(beta, dtype=float),
        cov=ols_covariance(x, residuals, kind=vcov, kernel=kernel),
        sigma2=ssr / (n - k),
        loglik=float(-n / 2 * (np.log(2 * np.pi * ssr / n) + 1)),
        residuals=residuals,
    )


def maximum_likelihood(
    y: Array,
    x: Array,
    weights: csr_array,
    logdet: LogDet,
    *,
    lag: bool,
    error: bool,
    traces: TraceMethod = "auto",
    seed: int = 0,
) -> Fitted:
    """Maximum of the likelihood with rho (`lag`) and lam (`error`); covariance by expected information."""
    wy = weights @ y
    sample = Sample(y, wy, weights @ wy, x, weights @ x, n_effective=len(y))
    estimate = maximise(sample, logdet, lag=lag, error=error)
    found: dict[str, CrossTraces] = {}
    signal_lag = np.zeros_like(y)
    rho, lam = estimate.rho, estimate.lam
    if rho is not None:
        found["gg"] = cross_traces(weights, rho, rho, logdet, method=traces, seed=seed)
        signal_lag = weights @ solve(weights, rho, x @ estimate.beta)
        signal_lag = signal_lag - (lam or 0.0) * (weights @ signal_lag)
    if lam is not None:
        found["hh"] = cross_traces(weights, lam, lam, logdet, method=traces, seed=seed)
    if rho is not None and lam is not None:
        found["gh"] = cross_traces(weights, rho, lam, logdet, method=traces, seed=seed)
    information = expected_information(sample, estimate, signal_lag, logdet, found)
    spatial = [value for value in (rho, lam) if value is not None]
    return Fitted(
        params=np.concatenate([estimate.beta, spatial]),
        cov=covariance(information)[:-1, :-1],
        sigma2=estimate.sigma2,
        loglik=estimate.loglik,
        residuals=estimate.residuals,
        trace_error=max((trace.std_error for trace in found.values()), default=0.0),
    )
