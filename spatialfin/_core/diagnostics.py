"""Tests for spatial dependence in least-squares residuals.

Moran's I of the residuals (Cliff & Ord 1981) and the Lagrange multiplier tests of Anselin (1988) and
Anselin, Bera, Florax & Yoon (1996), on the direct scale: with T periods the trace counts T times.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .transformation import Transformation, cross_section, lag_periods

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LagrangeMultipliers:
    """Statistics; lag, error and the robust ones have 1 degree of freedom, sarma has 2."""

    lag: float
    error: float
    robust_lag: float
    robust_error: float
    sarma: float


@dataclass(frozen=True, slots=True)
class ResidualMoran:
    """Moran's I of residuals with its moments under normal errors."""

    statistic: float
    expected: float
    variance: float

    @property
    def z(self) -> float:
        """Standardised statistic."""
        return (self.statistic - self.expected) / float(np.sqrt(self.variance))


def _residual_maker(x: Array, columns: Array) -> Array:
    """M @ columns, with M the residual maker of x."""
    basis = np.linalg.qr(x)[0]
    return np.asarray(columns - basis @ (basis.T @ columns))


def lagrange_multipliers(
    x: Array, residuals: Array, lagged_y: Array, lagged_fit: Array, lagged_residuals: Array, trace: float
) -> LagrangeMultipliers:
    """LM tests from stacked data.

    Parameters
    ----------
    x : array, shape (m, k)
    residuals, lagged_y, lagged_fit, lagged_residuals : array, shape (m,)
        `lagged_fit` is ``W X b``, transformed after the lag.
    trace : float
        ``T tr(WW + W'W)``.
    """
    sigma2 = float(residuals @ residuals) / len(residuals)
    score_error = float(residuals @ lagged_residuals) / sigma2
    score_lag = float(residuals @ lagged_y) / sigma2
    off = _residual_maker(x, lagged_fit)
    information = float(off @ off) / sigma2 + trace
    # W X b inside the span of X (an intercept alone): lag and error cannot be told apart.
    apart = information - trace if information - trace > 1e-10 * information else float("nan")
    robust_lag = (score_lag - score_error) ** 2 / apart
    robust_error = (score_error - trace / information * score_lag) ** 2 / (trace * apart / information)
    error = score_error**2 / trace
    return LagrangeMultipliers(
        lag=score_lag**2 / information,
        error=error,
        robust_lag=robust_lag,
        robust_error=robust_error,
        sarma=error + robust_lag,
    )


def quadratic_trace(weights: csr_array) -> float:
    """``tr(WW + W'W)``."""
    return float(weights.multiply(weights.T).sum() + weights.multiply(weights).sum())


def residual_moran(
    x: Array, residuals: Array, weights: csr_array, transformation: Transformation | None = None
) -> ResidualMoran:
    """Moran's I of least-squares residuals, for any W.

    Parameters
    ----------
    x : array, shape (N T, k)
        Regressors, transformed.
    residuals : array, shape (N T,)
    weights : csr_array, shape (N, N)
    transformation : Transformation, optional
        Which means were removed; a cross-section when left out.

    Notes
    -----
    ``I = (N T / (T S0)) e'(I x W) e / e'e``. The residuals are ``M u``, M = Q - P with Q the removal of means
    and P the projection on the transformed x: the moments are those of Cliff & Ord (1981) with this M, so
    they are exact for normal errors with fixed effects, too.
    """
    given = cross_section(len(residuals)) if transformation is None else transformation
    n, periods = given.n_units, given.n_periods
    basis = np.linalg.qr(x)[0]
    symmetric = csr_array((weights + weights.T) / 2)
    scale = n / float(weights.sum())
    lagged = lag_periods(symmetric, basis, periods)
    inner = basis.T @ lagged
    first, second = _removed_traces(symmetric, given)
    # With P = BB', B'Q = B': tr(MS) = tr QS - tr(B'SB), tr(MSMS) = tr QSQS - 2 tr(B'SQSB) + tr((B'SB)^2).
    centred = given.demean(lagged)
    first -= float(np.trace(inner))
    second += float((inner * inner.T).sum()) - 2 * float((centred * centred).sum())
    degrees = given.within_observations - x.shape[1]
    expected = scale * first / degrees
    variance = scale**2 * (2 * second + first**2) / (degrees * (degrees + 2)) - expected**2
    quadratic = float(residuals @ lag_periods(symmetric, residuals, periods))
    return ResidualMoran(scale * quadratic / float(residuals @ residuals), expected, variance)


def _removed_traces(symmetric: csr_array, transformation: Transformation) -> tuple[float, float]:
    """``tr QS`` and ``tr QSQS`` for S = I_T x `symmetric` and Q the removal of means."""
    n = transformation.n_units
    first = float(symmetric.diagonal().sum())
    second = float(symmetric.multiply(symmetric).sum())
    if transformation.by_time:
        sums = np.asarray(symmetric.sum(axis=0)).ravel()
        level = float(sums.sum()) / n
        first -= level
        second += level**2 - 2 * float(sums @ sums) / n
    times = transformation.n_periods - transformation.by_unit
    return times * first, times * second
