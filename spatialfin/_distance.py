"""Links between points by distance, as arrays: nearest ones, ones within a band, kernels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse as sp
from scipy.spatial import cKDTree

from ._errors import WeightsError
from ._geometry import chord_of, km_of

MOST_LINKS = 25_000_000
"""More links than this (about 300 MB) are refused before they are made."""
_TIE = 1e-9

KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "triangular": lambda u: 1 - u,
    "uniform": lambda u: np.full_like(u, 0.5),
    "epanechnikov": lambda u: 0.75 * (1 - u**2),
    "bisquare": lambda u: 15 / 16 * (1 - u**2) ** 2,
    "gaussian": lambda u: np.exp(-(u**2) / 2) / np.sqrt(2 * np.pi),
}
"""Weights by distance over bandwidth, ``u <= 1``; nothing beyond the bandwidth."""


def check_size(links: float, remedy: str) -> None:
    """Refuse weights that would not fit in memory."""
    if links > MOST_LINKS:
        raise WeightsError(f"{links:,.0f} links are more than {MOST_LINKS:,} that fit in memory. {remedy}")


def nearest_links(positions: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, int]:
    """The k nearest other points of each point.

    Parameters
    ----------
    positions : ndarray, shape (n, d)
        Points in km.
    k : int
        From 1 to n - 1.

    Returns
    -------
    neighbours : ndarray of int, shape (n, k)
        By distance; equally distant ones by their coordinates, so that row order decides nothing.
    km : ndarray, shape (n, k)
        Distances.
    ties : int
        Points whose k-th and next neighbour are equally far.
    """
    n, dimensions = positions.shape
    tree = cKDTree(positions)
    rank = np.empty(n, dtype=np.int64)
    rank[np.lexsort(np.round(positions, 9).T)] = np.arange(n)
    reach = np.asarray(tree.query(positions, k=k + 1)[0])[:, -1]
    neighbours, chords, ties = np.empty((n, k), dtype=np.int64), np.empty((n, k)), 0
    candidates = tree.query_ball_point(positions, reach * (1 + _TIE) + _TIE)
    for unit, found in enumerate(candidates):
        others = np.array([other for other in found if other != unit])
        away = np.sqrt(((positions[others] - positions[unit]) ** 2).sum(axis=1))
        order = np.lexsort((rank[others], np.round(away / max(reach[unit], 1.0), 9)))
        ties += len(others) > k
        neighbours[unit], chords[unit] = others[order[:k]], away[order[:k]]
    return neighbours, km_of(chords, dimensions), ties


def links_within(positions: np.ndarray, band_km: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All ordered pairs of different points at most `band_km` apart, with their distance in km.

    Returns
    -------
    rows, columns : ndarray of int, shape (links,)
    km : ndarray, shape (links,)
    """
    dimensions = positions.shape[1]
    reach = chord_of(band_km, dimensions) * (1 + _TIE)
    tree = cKDTree(positions)
    check_size(float(tree.count_neighbors(tree, reach)), "Take a smaller band.")
    pairs = tree.query_pairs(reach, output_type="ndarray")
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    km = km_of(np.sqrt(((positions[rows] - positions[columns]) ** 2).sum(axis=1)), dimensions)
    return rows, columns, km


def nearest_km(positions: np.ndarray) -> np.ndarray:
    """Distance in km from each point to the nearest other one, shape (n,)."""
    chords = np.asarray(cKDTree(positions).query(positions, k=2)[0])[:, 1]
    return km_of(chords, positions.shape[1])


def matrix_of(rows: np.ndarray, columns: np.ndarray, values: np.ndarray, n: int) -> sp.csr_array:
    """Sparse n x n matrix of the links."""
    return sp.csr_array((values, (rows, columns)), shape=(n, n))
