"""Impacts unit by unit: ``S = (I - rho W)^-1 (beta I + theta W)`` itself, and its sums.

``A = (I - rho W)^-1`` is dense, so this serves the sizes at which N x N numbers can be kept and read.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .impacts import interpolated

Array = NDArray[np.float64]


def unit_matrix(weights: csr_array, rho: float, beta: float, theta: float) -> Array:
    """``(I - rho W)^-1 (beta I + theta W)``, shape (N, N): row i receives, column j sends."""
    inverse = _inverse(weights, rho)
    return np.asarray(beta * inverse + theta * (inverse @ weights))


def unit_multipliers(weights: csr_array, rho: float) -> Array:
    """Diagonal, row sums and column sums of A, then of A W; shape (6, N)."""
    inverse = _inverse(weights, rho)
    ones = np.ones(weights.shape[0])
    rows, columns = inverse.sum(axis=1), inverse.sum(axis=0)
    return np.stack(
        [
            np.diag(inverse),
            rows,
            columns,
            np.asarray(weights.T.multiply(inverse).sum(axis=1)).ravel(),
            inverse @ (weights @ ones),
            weights.T @ columns,
        ]
    )


def unit_multipliers_of_draws(weights: csr_array, rhos: Array, interval: tuple[float, float]) -> Array:
    """`unit_multipliers` at many rho inside the feasible interval, shape (6, N, draws)."""
    n = weights.shape[0]
    found = interpolated(lambda rho: unit_multipliers(weights, rho).ravel(), rhos, interval)
    return found.reshape(6, n, len(rhos))


def group_multipliers(weights: csr_array, rho: float, shares: Array) -> Array:
    """Averages over groups of the diagonal of A and of A W, and of the row sums of both; shape (4, groups).

    `shares` has one column per group: what every unit counts in its average, shape (N, groups).
    """
    own, rows, _, own_lag, rows_lag, _ = unit_multipliers(weights, rho)
    return np.stack([own, own_lag, rows, rows_lag]) @ shares


def group_slopes(weights: csr_array, rho: float, shares: Array) -> Array:
    """Derivatives of `group_multipliers` with respect to rho: ``dA = A W A``; shape (4, groups)."""
    inverse = _inverse(weights, rho)
    slope = inverse @ (weights @ inverse)
    ones = np.ones(weights.shape[0])
    own_lag = np.asarray(weights.T.multiply(slope).sum(axis=1)).ravel()
    rows = [np.diag(slope), own_lag, slope @ ones, slope @ (weights @ ones)]
    return np.stack(rows) @ shares


def unit_sums(multipliers: Array, beta: Array | float, theta: Array | float) -> Array:
    """What every unit does to itself, receives from the others and sends to them; shape (3, N, ...)."""
    own, rows, columns = beta * multipliers[:3] + theta * multipliers[3:]
    return np.stack([own, rows - own, columns - own])


def _inverse(weights: csr_array, rho: float) -> Array:
    return np.asarray(np.linalg.inv(np.eye(weights.shape[0]) - rho * weights.toarray()))
