"""Independent subspace analysis: orthonormal filters that make pooled responses sparse.

Data are whitened and stand as columns: Z is d x n. Rows of the filters W (d x d) belong to subspaces of
equal size, in order: the first `size` rows to the first, and so on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

_ARMIJO = 1e-4
_SHORTEST = 1e-12
_NEGLIGIBLE = 1e-4
_START_ROWS = 10_000
_START_STEPS = 60
_START_TOL = 5e-3


@dataclass(frozen=True, slots=True)
class Whitening:
    """Mean (p,), whitening matrix (d, p), its pseudo-inverse (p, d), and the rank of the data."""

    mean: np.ndarray
    matrix: np.ndarray
    inverse: np.ndarray
    rank: int


@dataclass(frozen=True, slots=True)
class Descent:
    """Filters (d, d), the mean summed response at the start and after every step, and whether it settled."""

    filters: np.ndarray
    path: np.ndarray
    converged: bool


def whitening(X: np.ndarray, d: int) -> Whitening:
    """Centre and scale rows (n, p) to d uncorrelated variables of unit variance, the largest axes first.

    The sign of each axis is such that its largest loading is positive, so it does not depend on the order
    of the rows.
    """
    mean = X.mean(axis=0)
    centred = X - mean
    values, vectors = np.linalg.eigh(centred.T @ centred / len(X))
    values, vectors = values[::-1], vectors[:, ::-1]
    rank = int(np.sum(values > values[0] * 1e-10))
    values, vectors = values[:d], vectors[:, :d]
    vectors = vectors * oriented(vectors.T)[None, :]
    scale = np.sqrt(np.maximum(values, np.finfo(float).tiny))
    return Whitening(mean, (vectors / scale).T, vectors * scale, rank)


def oriented(rows: np.ndarray) -> np.ndarray:
    """Sign (1 or -1) of the largest entry of each row."""
    largest = rows[np.arange(len(rows)), np.abs(rows).argmax(axis=1)]
    return np.where(largest < 0, -1.0, 1.0)


def orthonormal(matrix: np.ndarray) -> np.ndarray:
    """The nearest matrix with orthonormal rows, ``(M M')^-1/2 M``."""
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    nearest: np.ndarray = left @ right
    return nearest


def pooled(sources: np.ndarray, size: int, smoothing: float) -> np.ndarray:
    """Responses (d / size, n): root of the summed squares of each subspace of the sources (d, n)."""
    d, n = sources.shape
    total: np.ndarray = np.einsum("tkn,tkn->tn", *[sources.reshape(d // size, size, n)] * 2)
    total += smoothing
    np.sqrt(total, out=total)
    return total


def value_and_gradient(
    filters: np.ndarray, Z: np.ndarray, size: int, smoothing: float
) -> tuple[float, np.ndarray]:
    """Mean over rows of the summed response, and its gradient with respect to the filters (d, d)."""
    d, n = Z.shape
    sources = filters @ Z
    responses = pooled(sources, size, smoothing)
    value = float(responses.sum() / n)
    shaped = sources.reshape(d // size, size, n)
    shaped /= responses[:, None, :]
    return value, sources @ Z.T / n


def descend(
    start: np.ndarray, Z: np.ndarray, *, size: int, smoothing: float, max_iter: int, tol: float
) -> Descent:
    """Projected gradient: a step along the tangent, then symmetric orthonormalisation.

    The first trial length is that of Barzilai and Borwein; it is halved until the objective has fallen, so
    the path never rises. It has settled when the largest entry of the tangent gradient is below `tol`, or the
    last ten steps gained less than a tenth of `tol` of the objective.
    """
    filters = orthonormal(start)
    value, gradient = value_and_gradient(filters, Z, size, smoothing)
    tangent = _tangent(filters, gradient)
    path, length, converged = [value], 1.0, False
    for _ in range(max_iter):
        if np.abs(tangent).max() < tol or (len(path) > 10 and path[-11] - value < 0.1 * tol * value):
            converged = True
            break
        steepness = float(np.sum(tangent**2))
        while True:
            trial = orthonormal(filters - length * tangent)
            new_value, new_gradient = value_and_gradient(trial, Z, size, smoothing)
            if new_value <= value - _ARMIJO * length * steepness or length < _SHORTEST:
                break
            length /= 2
        if new_value > value:
            converged = True  # no step of any length falls: the rounding of the objective is reached
            break
        new_tangent = _tangent(trial, new_gradient)
        moved, turned = trial - filters, new_tangent - tangent
        length = _trial_length(moved, turned, length)
        filters, value, tangent = trial, new_value, new_tangent
        path.append(value)
    return Descent(filters, np.asarray(path), converged)


def _tangent(filters: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """The part of the gradient along which filters stay orthonormal, without turns inside a subspace."""
    product = gradient @ filters.T
    tangent: np.ndarray = (product - product.T) @ filters / 2
    return tangent


def _trial_length(moved: np.ndarray, turned: np.ndarray, last: float) -> float:
    inner = float(np.sum(moved * turned))
    if inner <= 0:
        return 2 * last
    return float(np.clip(np.sum(moved**2) / inner, 1e-6, 1e3))


def descend_in_batches(
    start: np.ndarray,
    Z: np.ndarray,
    *,
    size: int,
    smoothing: float,
    max_iter: int,
    tol: float,
    batch_size: int,
    rng: np.random.Generator,
) -> Descent:
    """Projected gradient by batches of columns, one step each; a pass that raised the objective is undone.

    After such a pass steps are half as long. It has settled when a pass gains less than `tol` of the
    objective, or steps have become negligible.
    """
    filters, length, converged = orthonormal(start), 1.0, False
    value = _value_in_batches(filters, Z, size, smoothing, batch_size)
    path = [value]
    for _ in range(max_iter):
        trial = filters
        for columns in np.array_split(rng.permutation(Z.shape[1]), -(-Z.shape[1] // batch_size)):
            _, gradient = value_and_gradient(trial, Z[:, columns], size, smoothing)
            trial = orthonormal(trial - length * _tangent(trial, gradient))
        new_value = _value_in_batches(trial, Z, size, smoothing, batch_size)
        gain = value - new_value
        if gain > 0:
            filters, value = trial, new_value
            path.append(value)
        if gain <= tol * value:
            length /= 2
        if 0 <= gain <= tol * value or length < _NEGLIGIBLE:
            converged = True
            break
    return Descent(filters, np.asarray(path), converged)


def _value_in_batches(
    filters: np.ndarray, Z: np.ndarray, size: int, smoothing: float, batch_size: int
) -> float:
    parts = (Z[:, first : first + batch_size] for first in range(0, Z.shape[1], batch_size))
    total = math.fsum(float(pooled(filters @ part, size, smoothing).sum()) for part in parts)
    return float(total / Z.shape[1])


def representative_columns(Z: np.ndarray, most: int) -> np.ndarray:
    """At most `most` columns of Z (d, n), evenly over their lengths: the same for any order of columns."""
    n = Z.shape[1]
    if n <= most:
        return Z
    by_length = np.argsort(np.einsum("dn,dn->n", Z, Z), kind="stable")
    return Z[:, by_length[np.linspace(0, n - 1, most).astype(int)]]


def grouped_rows(sources: np.ndarray, size: int) -> np.ndarray:
    """Order of the sources (d, n) that puts those whose squares move together into one subspace.

    Pairs of high correlation grow to groups of `size`; then members of two groups change places as long as
    the correlation inside groups rises.

    Returns
    -------
    array of int, shape (d,)
        Rows of the first group, of the second, and so on.
    """
    d = len(sources)
    with np.errstate(invalid="ignore"):
        related = np.nan_to_num(np.corrcoef(sources**2)) if d > 1 else np.zeros((1, 1))
    np.fill_diagonal(related, 0.0)
    member = _grown_groups(related, size)
    for _ in range(10 * d):
        together = related @ (member[:, None] == np.arange(d // size)).astype(float)
        own = together[np.arange(d), member]
        there = together[:, member]  # [i, j]: with the group of j
        gain = there + there.T - own[:, None] - own[None, :] - 2 * related
        gain[member[:, None] == member[None, :]] = 0.0
        i, j = np.unravel_index(int(gain.argmax()), gain.shape)
        if gain[i, j] <= 1e-12:
            break
        member[i], member[j] = member[j], member[i]
    return np.argsort(member, kind="stable")


def _grown_groups(related: np.ndarray, size: int) -> np.ndarray:
    d = len(related)
    member = np.full(d, -1)
    for group in range(d // size):
        free = np.flatnonzero(member < 0)
        if size == 1:
            member[free[0]] = group
            continue
        among = related[np.ix_(free, free)].copy()
        np.fill_diagonal(among, -np.inf)
        chosen = list(free[list(np.unravel_index(int(among.argmax()), among.shape))])
        while len(chosen) < size:
            rest = np.setdiff1d(free, chosen)
            chosen.append(rest[related[np.ix_(rest, chosen)].sum(axis=1).argmax()])
        member[chosen] = group
    return member


def learn(
    Z: np.ndarray,
    *,
    size: int,
    smoothing: float,
    max_iter: int,
    tol: float,
    batch_size: int | None,
    rng: np.random.Generator,
) -> Descent:
    """Filters of whitened data (d, n): independent components first, grouped, then refined as subspaces.

    Random starts of the last step alone end in poor local minima. The first step runs on at most 10,000
    columns and need not settle: turns inside a subspace change nothing that follows.
    """
    some = representative_columns(Z, _START_ROWS)
    start = rng.normal(size=(len(Z), len(Z)))
    single = descend(start, some, size=1, smoothing=smoothing, max_iter=_START_STEPS, tol=_START_TOL)
    filters = single.filters[grouped_rows(single.filters @ some, size)]
    if batch_size is None:
        return descend(filters, Z, size=size, smoothing=smoothing, max_iter=max_iter, tol=tol)
    return descend_in_batches(
        filters, Z, size=size, smoothing=smoothing, max_iter=max_iter, tol=tol, batch_size=batch_size, rng=rng
    )


def in_order(filters: np.ndarray, Z: np.ndarray, size: int, smoothing: float) -> np.ndarray:
    """The same subspaces, the one with the smallest mean response (the heaviest tails) first."""
    d = len(filters)
    responses = pooled(filters @ Z, size, smoothing).mean(axis=1)
    order = np.argsort(responses, kind="stable")
    rows: np.ndarray = filters.reshape(d // size, size, d)[order].reshape(d, d)
    return rows


def gaussian_response(size: int) -> float:
    """Mean length of `size` independent standard normal variables."""
    return float(math.sqrt(2) * math.exp(math.lgamma((size + 1) / 2) - math.lgamma(size / 2)))
