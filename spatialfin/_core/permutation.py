"""Permutation distributions of global and local Moran statistics, seeded, from arrays only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, triu

_CELLS_IN_CACHE = 500_000
_CELLS_IN_MEMORY = 5_000_000
_ROWS = 512
_UNITS = 64
_SINGLE = float(np.finfo(np.float32).eps)
TIE = 1e-12
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


@dataclass(frozen=True, slots=True)
class Placed:
    """One series on its map, and the statistics that are wanted of it.

    Attributes
    ----------
    z : ndarray, shape (n,)
        Values with mean zero and variance one.
    links : csr_array, shape (n, n)
        One triangle of W + W', scaled like `degree`.
    degree : ndarray, shape (n,)
        Row sums of W + W', scaled to a maximum of one.
    coefficients : ndarray, shape (m, 3)
        What each of m statistics takes of ``z'Wz``, ``d'z`` and ``d'z^2`` with d the row sums of W + W'.
    """

    z: Floats
    links: csr_array
    degree: Floats
    coefficients: Floats

    @property
    def scales(self) -> Floats:
        """Upper bounds of the sums of absolute terms, by statistic (Cauchy and Schwarz)."""
        bounds: Floats = len(self.z) * (np.abs(self.coefficients) @ np.array([0.5, 1.0, 1.0]))
        return bounds


class Placer:
    """Places series on one map, each in its own order of the units."""

    def __init__(self, weights: csr_array) -> None:
        both = weights + weights.T
        degree = np.asarray(both.sum(axis=1), dtype=float)
        scale = float(degree.max(initial=0.0)) or 1.0
        self._links = triu(csr_array(both / scale), k=1, format="csr")
        self._degree = degree / scale

    def place(self, z: Floats, order: NDArray[np.intp], coefficients: Floats) -> Placed:
        """The series `z` with its units in `order`."""
        links, n = self._links, len(order)
        rank = np.empty(n, dtype=links.indices.dtype)
        rank[order] = np.arange(n)
        counts = np.diff(links.indptr)[order]
        ends = np.cumsum(counts)
        entries = np.repeat(links.indptr[order] - (ends - counts), counts) + np.arange(links.nnz)
        starts = np.concatenate([[0], ends]).astype(links.indptr.dtype)
        placed = csr_array((links.data[entries], rank[links.indices[entries]], starts), shape=links.shape)
        return Placed(z[order], placed, self._degree[order], np.atleast_2d(coefficients))


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
    placed = Placer(weights).place(z / z.std(), np.arange(len(z)), np.array([1.0, 0.0, 0.0]))
    return float(global_p_values([placed], permutations, seed)[0][0])


def global_p_values(series: Sequence[Placed], permutations: int, seed: int) -> list[Floats]:
    """Two-sided p-values of many series whose values change places in the same random orders.

    Parameters
    ----------
    series : sequence of Placed
        Series of n values each.
    permutations, seed : int
        Number of random orders, and the seed of their generator.

    Returns
    -------
    list of ndarray, each of shape (m,)
        p-values of the m statistics of each series.

    Notes
    -----
    Sums are taken in single precision first. Only draws too close to the observed value for its error bound
    are taken again in double precision, so the counts are those of double precision.
    """
    if not series:
        return []
    n = len(series[0].z)
    screens = [_Screen(placed) for placed in series]
    for orders in drawn_orders(n, permutations, seed, _CELLS_IN_CACHE):
        for screen in screens:
            screen.count(orders)
    return [two_sided_p(screen.at_least, screen.at_most, permutations) for screen in screens]


class _Screen:
    """Counts draws on either side of the observed statistics of one series."""

    def __init__(self, placed: Placed) -> None:
        links, n = placed.links, len(placed.z)
        self._placed = placed
        self._needed = np.asarray(placed.coefficients.any(axis=0))
        self._z = placed.z.astype(np.float32)
        single = links.data.astype(np.float32)
        self._links = csr_array((single, links.indices, links.indptr), shape=links.shape)
        self._degree = placed.degree.astype(np.float32)
        observed = _sums(placed.z[:, None], links, placed.degree, self._needed)
        self._observed = placed.coefficients @ observed
        terms = min(n, _ROWS) + n // _ROWS + int(np.diff(links.indptr).max(initial=0)) + 8
        self._error = (2 * terms * _SINGLE * placed.scales)[:, None]
        self._margin = (TIE * placed.scales)[:, None]
        self.at_least = np.zeros(len(self._observed))
        self.at_most = np.zeros(len(self._observed))

    def count(self, orders: NDArray[np.intp]) -> None:
        """Count the draws of one block of orders, one order a column."""
        placed = self._placed
        drawn = self._z.take(orders, mode="clip")
        simulated = placed.coefficients @ _sums(drawn, self._links, self._degree, self._needed)
        above = simulated > self._observed + self._error
        below = simulated < self._observed - self._error
        self.at_least += np.count_nonzero(above, axis=1)
        self.at_most += np.count_nonzero(below, axis=1)
        near = ~(above | below)
        columns = np.flatnonzero(near.any(axis=0))
        if len(columns):
            again = placed.z.take(orders[:, columns], mode="clip")
            exact = placed.coefficients @ _sums(again, placed.links, placed.degree, self._needed)
            near = near[:, columns]
            self.at_least += np.count_nonzero(near & (exact >= self._observed - self._margin), axis=1)
            self.at_most += np.count_nonzero(near & (exact <= self._observed + self._margin), axis=1)


def _sums(drawn: Any, links: csr_array, degree: Any, needed: Any) -> Floats:
    """``z'Wz``, ``d'z`` and ``d'z^2`` of each column, zero where they are not needed."""
    sums = np.zeros((3, drawn.shape[1]))
    if needed[0]:
        sums[0] = _column_products(links @ drawn, drawn)
    if needed[1:].any():
        weighted = degree[:, None] * drawn
        sums[1] = _column_products(weighted)
        sums[2] = _column_products(weighted, drawn)
    return sums


def _column_products(*factors: Any) -> Floats:
    """Sums of products by column: short runs in the precision of the factors, then in double precision."""
    pattern = ",".join(["ij"] * len(factors)) + "->j"
    total = np.zeros(factors[0].shape[1])
    for start in range(0, len(factors[0]), _ROWS):
        total += np.einsum(pattern, *(factor[start : start + _ROWS] for factor in factors))
    return total


def linear_p_values(z: Floats, a: Floats, permutations: int, seed: int) -> Floats:
    """Two-sided p-values of ``a'z`` when the values of z change places at random.

    Parameters
    ----------
    z, a : ndarray, shape (n, k)
        Values of k series that change places in the same random orders, and what stays.
    permutations, seed : int
        Number of random orders, and the seed of their generator.

    Returns
    -------
    ndarray, shape (k,)
        The p-values, the same for any order of the units.
    """
    observed = np.einsum("ij,ij->j", a, z)
    margin = TIE * np.einsum("ij,ij->j", np.abs(a), np.abs(z))
    z, a = np.sort(z.T), np.sort(a.T)
    at_least, at_most = np.zeros(len(z)), np.zeros(len(z))
    for orders in drawn_orders(z.shape[1], permutations, seed, _CELLS_IN_CACHE):
        for series, (moving, staying) in enumerate(zip(z, a, strict=True)):
            simulated = np.einsum("i,ij->j", staying, moving.take(orders, mode="clip"))
            at_least[series] += np.count_nonzero(simulated >= observed[series] - margin[series])
            at_most[series] += np.count_nonzero(simulated <= observed[series] + margin[series])
    return two_sided_p(at_least, at_most, permutations)


@dataclass(frozen=True, slots=True)
class Conditional:
    """Local statistics of one series, each given the value of its unit.

    Attributes
    ----------
    sources : ndarray, shape (p, n)
        What the neighbours' places are filled with: values, or several functions of them.
    weights : csr_array, shape (n, n)
        Weights in the order of the sources.
    combine : callable
        ``combine(units, sums)``: statistics (c, R) of a slice of c units from sums (p, c, R) of the weighted
        draws.
    margin : ndarray, shape (n,)
        Statistics this close are ties.
    """

    sources: Floats
    weights: csr_array
    combine: Callable[[slice, Floats], Floats]
    margin: Floats

    def observed(self) -> Floats:
        """The statistics of the data, shape (n,)."""
        sums = (self.weights @ self.sources.T).T[:, :, None]
        return self.combine(slice(None), np.ascontiguousarray(sums))[:, 0]


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
    return local_p_values([lag_products(z, z, weights)], permutations, seed)[0]


def lag_products(x: Floats, y: Floats, weights: csr_array) -> Conditional:
    """``x_i (W y)_i``, the local Moran statistic of one variable or two."""
    margin = TIE * np.abs(x) * np.abs(y).max() * weights.sum(axis=1)
    return Conditional(y[None, :], weights, lambda units, sums: x[units, None] * sums[0], margin)


def local_p_values(series: Sequence[Conditional], permutations: int, seed: int) -> list[Floats]:
    """Two-sided p-values of local statistics when the other units' values change places at random.

    Parameters
    ----------
    series : sequence of Conditional
        Statistics of n units each.
    permutations, seed : int
        Number of random draws, the same ones for every unit and series, and the seed of their generator.

    Returns
    -------
    list of ndarray, each of shape (n,)
        p-values, NaN for units without neighbours.
    """
    if not series:
        return []
    n = len(series[0].margin)
    most = max(int(np.diff(one.weights.indptr).max(initial=0)) for one in series)
    counts = [(np.zeros(n), np.zeros(n)) for _ in series]
    for orders in drawn_orders(n - 1, permutations, seed, _CELLS_IN_MEMORY):
        places = np.ascontiguousarray(orders[:most])
        by_place = np.argsort(places, axis=None)
        for one, (at_least, at_most) in zip(series, counts, strict=True):
            _count_local(one, places, by_place, at_least, at_most)
    return [
        np.where(np.diff(one.weights.indptr) > 0, two_sided_p(*pair, permutations), np.nan)
        for one, pair in zip(series, counts, strict=True)
    ]


def _count_local(
    one: Conditional, places: NDArray[np.intp], by_place: NDArray[np.intp], at_least: Floats, at_most: Floats
) -> None:
    """Count draws on either side, for chunks of units.

    Place o holds the o-th of the other units: unit o below i, unit o + 1 from i on. From one unit to the
    next only draws of that unit's place change, so a chunk starts from the draws of its first unit and is
    corrected where its own places were drawn.
    """
    n, drawn_places = len(one.margin), places.ravel()
    observed = one.observed()
    drawn = one.sources[:, drawn_places + 1]
    starts = np.searchsorted(drawn_places[by_place], np.arange(n + 1))
    rows = _by_position(one.weights, len(places))
    for first in range(0, n, _UNITS):
        units = slice(first, min(first + _UNITS, n))
        changed = by_place[starts[units.start] : starts[units.stop]]
        sums = _chunk_sums(one.sources, drawn, rows[units], units, drawn_places, changed)
        simulated = one.combine(units, sums)
        margin = one.margin[units]
        at_least[units] += np.count_nonzero(simulated >= (observed[units] - margin)[:, None], axis=1)
        at_most[units] += np.count_nonzero(simulated <= (observed[units] + margin)[:, None], axis=1)
        drawn[:, changed] = one.sources[:, drawn_places[changed]]


def _chunk_sums(
    sources: Floats,
    drawn: Floats,
    rows: csr_array,
    units: slice,
    places: NDArray[np.intp],
    changed: NDArray[np.intp],
) -> Floats:
    """Weighted sums (p, c, R) of the draws of each unit in a chunk."""
    most = rows.shape[1]
    neighbour, draw = np.divmod(changed, len(places) // most)
    place = places[changed]
    touched = np.arange(units.start, units.stop)[:, None] > place
    weight = np.where(touched, rows[:, neighbour].toarray(), 0.0)
    sums = np.stack([rows @ values.reshape(most, -1) for values in drawn])
    for source, total in zip(sources, sums, strict=True):
        np.add.at(total.T, draw, (weight * (source[place] - source[place + 1])).T)
    return sums


def _by_position(weights: csr_array, most: int) -> csr_array:
    """The rows of weights, with the position in the row for a column."""
    starts = weights.indptr
    position = np.arange(weights.nnz) - np.repeat(starts[:-1], np.diff(starts))
    return csr_array((weights.data, position, starts), shape=(weights.shape[0], most))


def drawn_orders(n: int, permutations: int, seed: int, cells: int) -> Iterator[NDArray[np.intp]]:
    """Random orders of n places, one order a column, in blocks of at most so many cells."""
    generator = np.random.default_rng(seed)
    for size in _batches(permutations, n, cells):
        orders = generator.permuted(np.broadcast_to(np.arange(n), (size, n)), axis=1)
        yield np.ascontiguousarray(orders.T)


def canonical_order(
    y: Floats, weights: csr_array, labels: NDArray[Any], x: Floats | None = None
) -> NDArray[np.intp]:
    """An order of the units that does not depend on the order of the rows, nor on the labels.

    Units are sorted by value, then by what their neighbours and the units they neighbour hold; labels only
    decide between units that are alike in all of that.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Values.
    weights : csr_array, shape (n, n)
        Weights in the order of `y`.
    labels : ndarray of text or of their ranks, shape (n,)
        Labels of the units.
    x : ndarray, shape (n,), optional
        A second variable, which decides between units of equal value first.

    Returns
    -------
    ndarray of int, shape (n,)
        Positions of the units.
    """
    order = np.argsort(y, kind="stable")
    ranked = y[order]
    if (ranked[1:] > ranked[:-1]).all():
        return order
    scale = float(np.abs(y).max()) or 1.0
    lag = weights @ (y / scale)
    ties = [] if x is None else [x]
    keys = (labels, *(_rounded(part) for part in (weights.T @ lag, weights @ lag, lag)), *ties, y)
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
