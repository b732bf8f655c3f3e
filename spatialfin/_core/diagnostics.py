"""Tests for spatial dependence in least-squares residuals.

Moran's I of the residuals (Cliff & Ord 1981) and the Lagrange multiplier tests of Anselin (1988) and
Anselin, Bera, Florax & Yoon (1996), on the direct scale: with T periods the trace counts T times.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

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
    residuals, lagged_y, lagged_residuals : array, shape (m,)
    lagged_fit : array, shape (m,)
        ``W X b``, transformed after the lag.
    trace : float
        ``T tr(WW + W'W)``.
    """
    sigma2 = float(residuals @ residuals) / len(residuals)
    score_error = float(residuals @ lagged_residuals) / sigma2
    score_lag = float(residuals @ lagged_y) / sigma2
    off = _residual_maker(x, lagged_fit)
    information = float(off @ off) / sigma2 + trace
    robust_lag = (score_lag - score_error) ** 2 / (information - trace)
    robust_error = (score_error - trace / information * score_lag) ** 2 / (trace * (1 - trace / information))
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


def residual_moran(x: Array, residuals: Array, weights: csr_array) -> ResidualMoran:
    """Moran's I of the residuals of a regression on x, shape (n, k), for any W."""
    n, k = x.shape
    basis = np.linalg.qr(x)[0]
    symmetric = csr_array((weights + weights.T) / 2)
    scale = n / float(weights.sum())
    lagged = symmetric @ basis
    inner = basis.T @ lagged
    # With P = QQ': tr(MS) = tr S - tr(Q'SQ), tr(MSMS) = tr SS - 2 tr(Q'SSQ) + tr((Q'SQ)^2).
    first = float(symmetric.diagonal().sum() - np.trace(inner))
    second = (
        float(symmetric.multiply(symmetric).sum())
        - 2 * float((lagged * lagged).sum())
        + float((inner * inner.T).sum())
    )
    degrees = n - k
    expected = scale * first / degrees
    variance = scale**2 * (2 * second + first**2) / (degrees * (degrees + 2)) - expected**2
    statistic = scale * float(residuals @ (symmetric @ residuals)) / float(residuals @ residuals)
    return ResidualMoran(statistic, expected, variance)
