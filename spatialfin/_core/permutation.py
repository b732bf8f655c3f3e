"""Permutation distributions of global and local Moran statistics, seeded, from arrays only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

_CELLS_IN_CACHE = 200_000
_CELLS_IN_MEMORY = 5_000_000
_TIE = 1e-12
"""Simulated and observed values this close are ties, not rounding that fell to one side."""

Floats = NDArray[np.float64]


def two_sided_p(at_least: Floats | int, at_most: Floats | int, permutations: int) -> Floats:
    """``min(1, 2 (min(#>=, #<=) + 1) / (R + 1))``: twice the share of draws as extreme, on the rarer side.

    Parameters
    ----------
    at_least, at_most : int or ndarray
        How many of the draws are at least, at most the observed value.
    permutations : int
        Number of draws R.

    Returns
    -------
    ndarray
        p-values, the smallest possible one is ``2 / (R + 1)``.
    """
    rarer = np.minimum(at_least, at_most)
    return np.minimum(1.0, 2.0 * (rarer + 1.0) / (permutations + 1.0))


def global_p(z: Floats, weights: csr_array, permutations: int, seed: int) -> float:
    """Two-sided p-value of ``z' W z`` when the values change places at random.

    Parameters
    ----------
    z : ndarray, shape (n,)
        Values with mean zero.
    weights : csr_array, shape (n, n)
        Weights in the order of `z`.
    permutations, seed : int
        Number of random orders, and the seed of their generator.

    Returns
    -------
    float
        The p-value.
    """
    generator = np.random.default_rng(seed)
    observed = float(z @ (weights @ z))
    margin = _TIE * float(np.abs(z) @ (weights @ np.abs(z)))
    at_least = at_most = 0
    for size in _batches(permutations, len(z), _CELLS_IN_CACHE):
        drawn = generator.permuted(np.broadcast_to(z, (size, len(z))), axis=1).T
        simulated = np.einsum("ij,ij->j", drawn, weights @ drawn)
        at_least += int(np.count_nonzero(simulated >= observed - margin))
        at_most += int(np.count_nonzero(simulated <= observed + margin))
    return float(two_sided_p(at_least, at_most, permutations))


def local_p(z: Floats, weights: csr_array, permutations: int, seed: int) -> Floats:
    """Two-sided p-values of ``z_i (W z)_i`` when the other units' values change places at random.

    Parameters
    ----------
    z : ndarray, shape (n,)
        Values with mean zero.
    weights : csr_array, shape (n, n)
        Weights in the order of `z`.
    permutations, seed : int
        Number of random draws, the same ones for every unit, and the seed of their generator.

    Returns
    -------
    ndarray, shape (n,)
        p-values, NaN for units without neighbours.
    """
    n = len(z)
    starts = weights.indptr
    counts = np.diff(starts)
    most = int(counts.max(initial=0))
    generator = np.random.default_rng(seed)
    at_least, at_most = np.zeros(n), np.zeros(n)
    for size in _batches(permutations, n, _CELLS_IN_MEMORY):
        order = generator.permuted(np.broadcast_to(np.arange(n - 1), (size, n - 1)), axis=1)[:, :most]
        for unit in np.flatnonzero(counts):
            row = weights.data[starts[unit] : starts[unit + 1]]
            neighbours = weights.indices[starts[unit] : starts[unit + 1]]
            drawn = np.delete(z, unit)[order[:, : len(row)]] @ row
            observed, simulated = z[unit] * (z[neighbours] @ row), z[unit] * drawn
            margin = _TIE * abs(z[unit]) * (np.abs(z).max() * row.sum())
            at_least[unit] += np.count_nonzero(simulated >= observed - margin)
            at_most[unit] += np.count_nonzero(simulated <= observed + margin)
    return np.where(counts > 0, two_sided_p(at_least, at_most, permutations), np.nan)


def canonical_order(y: Floats, weights: csr_array, labels: NDArray[np.str_]) -> NDArray[np.int64]:
    """An order of the units that does not depend on the order of the rows, nor on the labels.

    Units are sorted by value, then by what their neighbours and the units they neighbour hold; labels only
    decide between units that are alike in all of that.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Values.
    weights : csr_array, shape (n, n)
        Weights in the order of `y`.
    labels : ndarray of text, shape (n,)
        Labels of the units.

    Returns
    -------
    ndarray of int, shape (n,)
        Positions of the units.
    """
    scale = float(np.abs(y).max()) or 1.0
    lag = weights @ (y / scale)
    keys = (labels, *(_rounded(part) for part in (weights.T @ lag, weights @ lag, lag)), y)
    return np.lexsort(keys)


def _rounded(values: Floats) -> Floats:
    """Nine significant digits of the largest value: sums in another order give the same key."""
    scale = float(np.abs(values).max(initial=0.0)) or 1.0
    return np.round(values / scale, 9)


def _batches(permutations: int, n: int, cells: int) -> list[int]:
    """Sizes of batches of at most so many cells."""
    size = max(1, min(permutations, cells // max(n, 1)))
    full, rest = divmod(permutations, size)
    return [size] * full + ([rest] if rest else [])
