"""The project's own likelihood as an engine: cross-sections and panels, sparse at every size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .._core.information import covariance, expected_information
from .._core.least_squares import ols_covariance
from .._core.likelihood import Estimate, Sample, check_imperfect, maximise
from .._core.logdet import LogDet
from .._core.traces import CrossTraces, TraceMethod, cross_traces
from .._core.transformation import (
    CentredLogDet,
    Transformation,
    centred_traces,
    lag_periods,
    solve_periods,
)
from ._spreg import Fitted

Array = NDArray[np.float64]


def least_squares(
    y: Array, x: Array, transformation: Transformation, *, vcov: str, kernel: csr_array | None = None
) -> Fitted:
    """Least squares on transformed data with the covariance `vcov`.

    sigma2 is SSR over the observations left by the means and coefficients; the log-likelihood has SSR over
    the observations that the transformation counts.
    """
    y, x = transformation.demean(y), transformation.demean(x)
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    residuals = y - x @ beta
    check_imperfect(residuals, y)
    ssr, n = float(residuals @ residuals), transformation.n_effective
    free = transformation.within_observations - x.shape[1]
    return Fitted(
        params=np.asarray(beta, dtype=float),
        cov=ols_covariance(x, residuals, free=free, kind=vcov, kernel=kernel),
        sigma2=ssr / free,
        loglik=float(-n / 2 * (np.log(2 * np.pi * ssr / n) + 1)),
        residuals=residuals,
    )


def stacked_sample(y: Array, x: Array, weights: csr_array, transformation: Transformation) -> Sample:
    """Raw data, lagged first and demeaned afterwards."""
    periods, demean = transformation.n_periods, transformation.demean
    wy = lag_periods(weights, y, periods)
    return Sample(
        y=demean(y),
        wy=demean(wy),
        wwy=demean(lag_periods(weights, wy, periods)),
        x=demean(x),
        wx=demean(lag_periods(weights, x, periods)),
        n_effective=transformation.n_effective,
        periods=transformation.periods,
    )


def maximum_likelihood(
    y: Array,
    x: Array,
    weights: csr_array,
    logdet: LogDet,
    transformation: Transformation,
    *,
    lag: bool,
    error: bool,
    traces: TraceMethod = "auto",
    seed: int = 0,
) -> Fitted:
    """Maximum of the likelihood with rho (`lag`) and lam (`error`); covariance by expected information."""
    sample = stacked_sample(y, x, weights, transformation)
    jacobian = jacobian_of(logdet, transformation)
    estimate = maximise(sample, jacobian, lag=lag, error=error)
    information, trace_error = information_of(
        sample, estimate, x, weights, logdet, transformation, traces=traces, seed=seed
    )
    spatial = [value for value in (estimate.rho, estimate.lam) if value is not None]
    return Fitted(
        params=np.concatenate([estimate.beta, spatial]),
        cov=covariance(information)[:-1, :-1],
        sigma2=estimate.sigma2,
        loglik=estimate.loglik,
        residuals=estimate.residuals,
        trace_error=trace_error,
    )


def jacobian_of(logdet: LogDet, transformation: Transformation) -> LogDet:
    """The log-determinant as the transformation counts it."""
    return CentredLogDet(logdet) if transformation.centred else logdet


def information_of(
    sample: Sample,
    estimate: Estimate,
    x: Array,
    weights: csr_array,
    logdet: LogDet,
    transformation: Transformation,
    *,
    traces: TraceMethod = "auto",
    seed: int = 0,
) -> tuple[Array, float]:
    """Expected information of (beta, rho, lam, sigma2) at an estimate, and the error of its traces."""
    rho, lam = estimate.rho, estimate.lam

    def traced(first: float, second: float) -> CrossTraces:
        found = cross_traces(weights, first, second, logdet, method=traces, seed=seed)
        return centred_traces(found, weights, first, second) if transformation.centred else found

    found: dict[str, CrossTraces] = {}
    signal_lag = np.zeros_like(sample.y)
    if rho is not None:
        found["gg"] = traced(rho, rho)
        solved = solve_periods(weights, rho, x @ estimate.beta, transformation.n_periods)
        signal_lag = lag_periods(weights, solved, transformation.n_periods)
        if lam is not None:
            signal_lag = signal_lag - lam * lag_periods(weights, signal_lag, transformation.n_periods)
        signal_lag = transformation.demean(signal_lag)
    if lam is not None:
        found["hh"] = traced(lam, lam)
    if rho is not None and lam is not None:
        found["gh"] = traced(rho, lam)
    jacobian = jacobian_of(logdet, transformation)
    information = expected_information(sample, estimate, signal_lag, jacobian, found)
    return information, max((trace.std_error for trace in found.values()), default=0.0)
