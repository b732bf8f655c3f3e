"""Tests for random unit effects and spatially correlated errors (Baltagi, Song & Koh 2003).

``u = mu + e_t``, ``e_t = lam W e_t + v_t``. Each statistic is standard normal under its null and rejects for
large values: variances and, here, lam are positive under the alternatives.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .diagnostics import quadratic_trace
from .sparse_lu import filter_matrix
from .traces import CrossTraces
from .transformation import lag_periods

Array = NDArray[np.float64]


def marginal_random(residuals: Array, n: int) -> float:
    """LM1: no random effects, given lam = 0; from pooled least-squares residuals, shape (N T,)."""
    periods = len(residuals) // n
    sums = residuals.reshape(periods, n).sum(axis=0)
    excess = float(sums @ sums) / float(residuals @ residuals) - 1
    return float(np.sqrt(n * periods / (2 * (periods - 1)))) * excess


def marginal_spatial(residuals: Array, weights: csr_array) -> float:
    """LM2: lam = 0, given no random effects; from pooled least-squares residuals, shape (N T,)."""
    n = weights.shape[0]
    periods = len(residuals) // n
    quadratic = float(residuals @ lag_periods(weights, residuals, periods)) / float(residuals @ residuals)
    return n * float(np.sqrt(periods / quadratic_trace(weights))) * quadratic


def conditional_spatial(errors: Array, weights: csr_array) -> float:
    """No spatial errors (lam = 0), given random effects.

    Parameters
    ----------
    errors : array, shape (N T,)
        ``y - X b`` of the random-effects model without spatial errors.
    weights : csr_array, shape (N, N)
    """
    n = weights.shape[0]
    periods = len(errors) // n
    cube = errors.reshape(periods, n)
    means = cube.mean(axis=0)
    between = periods * float(means @ means) / n
    deviations = (cube - means).reshape(-1)
    within = float(deviations @ deviations) / (n * (periods - 1))
    of_means = periods * float(means @ (weights @ means))
    of_deviations = float(deviations @ lag_periods(weights, deviations, periods))
    score = within / between**2 * of_means + of_deviations / within
    return score / float(np.sqrt((periods - 1 + (within / between) ** 2) * quadratic_trace(weights)))


def conditional_random(
    errors: Array, weights: csr_array, lam: float, traces: tuple[float, CrossTraces]
) -> float:
    """No random effects, given spatially correlated errors.

    Parameters
    ----------
    errors : array, shape (N T,)
        ``y - X b`` of the pooled error model.
    weights : csr_array, shape (N, N)
    lam : float
    traces : tuple
        ``tr G`` and the traces of ``GG`` and ``G'G``, G = W (I - lam W)^-1.
    """
    n = weights.shape[0]
    periods = len(errors) // n
    inner = csr_array(filter_matrix(weights, lam))
    precision = csr_array(inner.T @ inner)
    filtered = errors - lam * lag_periods(weights, errors, periods)
    variance = float(filtered @ filtered) / len(errors)
    sums = precision @ errors.reshape(periods, n).sum(axis=0)
    h = float(precision.diagonal().sum())
    e = float(precision.multiply(precision).sum())
    score = float(sums @ sums) / (2 * variance**2) - periods * h / (2 * variance)
    # d, g, c: traces of D, D P^-1 and (D P^-1)^2 with P = B'B and D = W'B + B'W, G and B commuting.
    d = 2 * float(weights.multiply(inner).sum())
    g = 2 * traces[0]
    c = 2 * (traces[1].product + traces[1].transposed)
    t = periods
    spread = t * n * e * c - n * d**2 - t * g**2 * e + 2 * g * h * d - h**2 * c
    return score * variance * float(np.sqrt(2 / t * (n * c - g**2) / spread))
