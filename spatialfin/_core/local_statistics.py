"""Local statistics of spatial autocorrelation and their moments, given the value of the unit itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from .permutation import TIE, Conditional, lag_products

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LocalStatistic:
    """A local statistic of n units.

    Attributes
    ----------
    value : ndarray, shape (n,)
        The statistic.
    score : ndarray, shape (n,)
        Less its expectation, over its standard deviation.
    draws : Conditional
        What its permutations need.
    """

    value: Floats
    score: Floats
    draws: Conditional


def local_moran_statistic(x: Floats, y: Floats, matrix: csr_array) -> LocalStatistic:
    """``(n-1)/n x_i (W y)_i`` of standardised values, the other units' y in any order."""
    n = len(y)
    lag = matrix @ y
    mean, variance = _lag_moments(*_others(y), matrix, n - 1)
    return LocalStatistic(
        (n - 1) / n * x * lag, np.sign(x) * _score(lag, mean, variance), lag_products(x, y, matrix)
    )


def local_geary_statistic(z: Floats, matrix: csr_array) -> LocalStatistic:
    """``sum_j w_ij (z_i - z_j)^2`` of standardised values, the other units' z in any order."""
    n = len(z)
    s1, s2, s3, s4 = (float((z**power).sum()) for power in (1, 2, 3, 4))
    squares = n * z**2 - 2 * z * s1 + s2
    fourth = n * z**4 - 4 * z**3 * s1 + 6 * z**2 * s2 - 4 * z * s3 + s4
    rows = np.asarray(matrix.sum(axis=1), dtype=float)
    own = rows * z**2

    def combine(units: slice, sums: Floats) -> Floats:
        combined: Floats = own[units, None] - 2 * z[units, None] * sums[0] + sums[1]
        return combined

    margin = TIE * rows * (np.abs(z) + np.abs(z).max()) ** 2
    draws = Conditional(np.stack([z, z * z]), matrix, combine, margin)
    value = draws.observed()
    mean, variance = _lag_moments(squares / (n - 1), fourth / (n - 1), matrix, n - 1)
    return LocalStatistic(value, _score(value, mean, variance), draws)


def local_g_statistic(y: Floats, matrix: csr_array, *, star: bool, rescale: bool) -> LocalStatistic:
    """``sum_j w_ij y_j / sum_j y_j``, over the other units, or over all with G* (`star`).

    The unit itself weighs in G* as much as its heaviest neighbour; `rescale` then brings rows to sum one.
    """
    n, centred = len(y), y - y.mean()
    draws = lag_products(np.ones(n), centred / centred.std(), matrix)
    if star:
        matrix = _with_self(matrix, rescale)
        total, count = np.full(n, y.sum()), n
        moments = np.full(n, 0.0), np.full(n, centred @ centred / n)
    else:
        total, count = y.sum() - y, n - 1
        moments = _others(centred)
    mean, variance = _lag_moments(*moments, matrix, count)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(total == 0, np.nan, (matrix @ y) / total)
    return LocalStatistic(value, _score(matrix @ centred, mean, variance), draws)


def _others(values: Floats) -> tuple[Floats, Floats]:
    """Mean and mean square of the other units' values."""
    n, squares = len(values), values * values
    return (values.sum() - values) / (n - 1), (squares.sum() - squares) / (n - 1)


def _lag_moments(mean: Floats, square: Floats, matrix: csr_array, count: int) -> tuple[Floats, Floats]:
    """Mean and variance of ``sum_j w_ij v_j``, the v drawn from `count` values without replacement."""
    rows = np.asarray(matrix.sum(axis=1), dtype=float)
    spread = count * np.asarray(matrix.multiply(matrix).sum(axis=1), dtype=float) - rows**2
    return rows * mean, (square - mean**2) * spread / (count - 1)


def _score(value: Floats, mean: Floats, variance: Floats) -> Floats:
    """Standardised values, NaN where the statistic cannot vary."""
    can_vary = variance > 1e-15 * np.maximum(mean**2, np.finfo(float).tiny)
    score = np.full(len(value), np.nan)
    score[can_vary] = (value - mean)[can_vary] / np.sqrt(variance[can_vary])
    return score


def _with_self(matrix: csr_array, rescale: bool) -> csr_array:
    heaviest = matrix.max(axis=1).toarray().ravel()
    starred = csr_array(matrix + diags_array(heaviest))
    if rescale:
        rows = starred.sum(axis=1)
        starred = csr_array(diags_array(1 / np.where(rows == 0, 1.0, rows)) @ starred)
    return starred
