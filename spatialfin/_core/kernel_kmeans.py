"""Weighted kernel k-means, free or with clusters that are connected in a graph.

Distances are those of the feature space of the kernel:
``d_ic = K_ii - 2 (K u_c)_i / s_c + u_c'K u_c / s_c^2``, with u_c the weights of the members of cluster c
and s_c their sum.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.sparse.csgraph import connected_components

from .._errors import DataError
from .sparse_lu import factorise, one_thread

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Partition:
    """Labels (n,), the objective at the start and after each step, and whether steps ended by themselves."""

    labels: np.ndarray
    path: np.ndarray
    converged: bool


@dataclass(slots=True)
class Sums:
    """What distances to clusters need, kept up to date while units move.

    Attributes
    ----------
    K : array, shape (n, n)
        Kernel, symmetric.
    weights : array, shape (n,)
        Not negative.
    labels : array of int, shape (n,)
    KU : array, shape (n, k)
        ``K u_c`` of each cluster.
    sizes : array, shape (k,)
        ``s_c``, the weight of each cluster.
    """

    K: np.ndarray
    weights: np.ndarray
    labels: np.ndarray
    KU: np.ndarray
    sizes: np.ndarray

    @classmethod
    def of(cls, K: np.ndarray, weights: np.ndarray, labels: np.ndarray, k: int) -> Sums:
        """The sums of a partition."""
        U = _indicators(labels, weights, k)
        return cls(K, weights, labels.copy(), K @ U, U.sum(axis=0))

    @property
    def association(self) -> np.ndarray:
        """Within-cluster association ``u_c'K u_c / s_c`` (k,), 0 for an empty cluster."""
        k = len(self.sizes)
        inner = np.bincount(
            self.labels, self.weights * self.KU[np.arange(len(self.labels)), self.labels], minlength=k
        )
        found: np.ndarray = np.divide(inner, self.sizes, out=np.zeros(k), where=self.sizes > 0)
        return found

    @property
    def distances(self) -> np.ndarray:
        """Squared distances (n, k); those to an empty cluster are infinite."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.K.diagonal()[:, None] - 2 * self.KU / self.sizes + self.association / self.sizes
        return np.where(self.sizes > 0, found, np.inf)

    def relabel(self, labels: np.ndarray) -> None:
        """Move units to other clusters."""
        moved = np.flatnonzero(labels != self.labels)
        k = len(self.sizes)
        change = _indicators(labels[moved], self.weights[moved], k)
        change -= _indicators(self.labels[moved], self.weights[moved], k)
        self.KU += self.K[moved].T @ change
        self.sizes = self.sizes + change.sum(axis=0)
        self.labels = labels.copy()


def _indicators(labels: np.ndarray, weights: np.ndarray, k: int) -> np.ndarray:
    U = np.zeros((len(labels), k))
    U[np.arange(len(labels)), labels] = weights
    return U


def objective(K: np.ndarray, weights: np.ndarray, labels: np.ndarray, k: int) -> float:
    """``sum_c sum_{i in c} w_i || phi(x_i) - m_c ||^2``, from the distances."""
    sums = Sums.of(K, weights, labels, k)
    own = sums.distances[np.arange(len(labels)), labels]
    return float(weights @ np.maximum(own, 0.0))


def lloyd(K: np.ndarray, weights: np.ndarray, start: np.ndarray, k: int, *, max_iter: int) -> Partition:
    """Every unit to its nearest mean, until none moves; a cluster nobody is in takes the farthest unit.

    Raises
    ------
    DataError
        The objective rose, which a positive semi-definite kernel cannot do.
    """
    sums = Sums.of(K, weights, start, k)
    sums.relabel(_filled(sums))
    path = [_objective(sums)]
    slack = _ROUNDING * max(float(weights @ np.abs(K.diagonal())), np.finfo(float).tiny)
    for _ in range(max_iter):
        distances = sums.distances
        nearest = distances.argmin(axis=1)
        # A tie is no reason to move: rounding would send units to and fro.
        units = np.arange(len(nearest))
        stays = distances[units, sums.labels] <= distances[units, nearest]
        nearest[stays] = sums.labels[stays]
        if (nearest == sums.labels).all():
            return Partition(sums.labels, np.asarray(path), True)
        sums.relabel(nearest)
        sums.relabel(_filled(sums))
        value = _objective(sums)
        if value > path[-1] + slack:
            raise DataError(
                "The objective rose: the kernel is not positive semi-definite. "
                "Add a constant to its diagonal."
            )
        if value >= path[-1]:
            return Partition(sums.labels, np.asarray(path), True)
        path.append(value)
    return Partition(sums.labels, np.asarray(path), False)


def _objective(sums: Sums) -> float:
    return float(sums.weights @ sums.K.diagonal() - sums.association.sum())


def _filled(sums: Sums) -> np.ndarray:
    """Labels in which every cluster has a unit, taken from where it lies farthest from its mean."""
    labels = sums.labels.copy()
    empty = np.flatnonzero(sums.sizes <= 0)
    if not len(empty):
        return labels
    cost = sums.weights * sums.distances[np.arange(len(labels)), labels]
    for cluster in empty:
        members = np.bincount(labels[sums.weights > 0], minlength=len(sums.sizes))
        free = (members[labels] > 1) & (sums.weights > 0)
        if not free.any():
            break
        farthest = int(np.where(free, cost, -np.inf).argmax())
        labels[farthest], cost[farthest] = cluster, -np.inf
    return labels


def seeds(
    K: np.ndarray, weights: np.ndarray, k: int, rng: np.random.Generator, parts: np.ndarray | None = None
) -> np.ndarray:
    """Distinct units to start from, each drawn by its weighted squared distance to those before.

    With `parts` (n,), the component of each unit, every component gets one first.
    """
    chosen: list[int] = []
    nearest = np.ones(len(K))
    diagonal = K.diagonal()
    first = [] if parts is None else list(range(int(parts.max()) + 1))
    for number in range(k):
        allowed = (
            parts == first[number] if parts is not None and number < len(first) else np.ones(len(K), bool)
        )
        allowed[chosen] = False
        # Where all that is left lies on seeds, or weighs nothing, any of it will do.
        ways = (weights * np.maximum(nearest, 0.0), weights, np.ones(len(K)))
        odds = next(way * allowed for way in ways if (way * allowed).sum() > 0)
        one = int(rng.choice(len(K), p=odds / odds.sum()))
        distance = diagonal + diagonal[one] - 2 * K[one]
        nearest = distance if not chosen else np.minimum(nearest, distance)
        chosen.append(one)
    return np.asarray(chosen)


def nearest_seed(K: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Labels (n,): the nearest of some units."""
    labels: np.ndarray = (K.diagonal()[chosen] - 2 * K[:, chosen]).argmin(axis=1)
    labels[chosen] = np.arange(len(chosen))
    return labels


def ward_regions(K: np.ndarray, weights: np.ndarray, links: sp.csr_array, k: int) -> np.ndarray:
    """Connected clusters by joining neighbours, those first that raise the objective least.

    Parameters
    ----------
    K : array, shape (n, n)
        Kernel.
    weights : array, shape (n,)
        Not negative.
    links : sparse array, shape (n, n)
        Symmetric links, with at most k components.
    k : int
        Clusters.

    Returns
    -------
    array of int, shape (n,)
        Labels 0 to k - 1.
    """
    n = len(K)
    rows = K.copy()  # u_a'K u_b of the clusters a, b that still stand
    rows *= weights[:, None]
    rows *= weights[None, :]
    size, version = weights.astype(float).copy(), np.zeros(n, dtype=int)
    standing, root = np.ones(n, dtype=bool), np.arange(n)
    around = [set(links.indices[links.indptr[i] : links.indptr[i + 1]].tolist()) for i in range(n)]

    def cost(a: int, b: int) -> float:
        if size[a] <= 0 or size[b] <= 0:
            return 0.0
        gap = rows[a, a] / size[a] ** 2 + rows[b, b] / size[b] ** 2 - 2 * rows[a, b] / (size[a] * size[b])
        return float(size[a] * size[b] / (size[a] + size[b]) * gap)

    queue = [(cost(a, b), a, b, 0, 0) for a in range(n) for b in around[a] if a < b]
    heapq.heapify(queue)
    left = n
    while left > k:
        _, a, b, seen_a, seen_b = heapq.heappop(queue)
        if not (standing[a] and standing[b]) or (version[a], version[b]) != (seen_a, seen_b):
            continue
        rows[a] += rows[b]
        rows[:, a] += rows[:, b]
        size[a] += size[b]
        standing[b], root[b] = False, a
        version[a] += 1
        for other in around[b]:
            around[other].discard(b)
            if other != a:
                around[other].add(a)
                around[a].add(other)
        around[b] = set()
        for other in around[a]:
            first, second = min(a, other), max(a, other)
            heapq.heappush(queue, (cost(first, second), first, second, version[first], version[second]))
        left -= 1
    while not standing[root].all():
        root = root[root]
    return np.unique(root, return_inverse=True)[1].reshape(n)


def grown_regions(K: np.ndarray, links: sp.csr_array, chosen: np.ndarray) -> np.ndarray:
    """Connected clusters around some units: the link with the shortest way to a seed is taken first.

    Every component of the links must hold a seed.
    """
    diagonal = K.diagonal()
    labels = np.full(len(K), -1)
    queue = [(0.0, int(unit), cluster) for cluster, unit in enumerate(chosen)]
    while queue:
        _, unit, cluster = heapq.heappop(queue)
        if labels[unit] >= 0:
            continue
        labels[unit] = cluster
        seed = chosen[cluster]
        for other in links.indices[links.indptr[unit] : links.indptr[unit + 1]]:
            if labels[other] < 0:
                way = float(diagonal[other] + diagonal[seed] - 2 * K[seed, other])
                heapq.heappush(queue, (way, int(other), cluster))
    return labels


def move_borders(
    K: np.ndarray, weights: np.ndarray, links: sp.csr_array, start: np.ndarray, k: int, *, max_iter: int
) -> Partition:
    """Units at borders change cluster while that lowers the objective and leaves every cluster connected.

    One step is a round over all units that have a neighbour elsewhere.
    """
    sums = Sums.of(K, weights, start, k)
    path, converged = [_objective(sums)], False
    least = _ROUNDING * max(float(weights @ np.abs(K.diagonal())), np.finfo(float).tiny)
    for _ in range(max_iter):
        if not _round(sums, links, least):
            converged = True
            break
        path.append(min(_objective(sums), path[-1]))
    return Partition(sums.labels, np.asarray(path), converged)


def _round(sums: Sums, links: sp.csr_array, least: float) -> int:
    """Every gainful move of one round, the most gainful first; how many there were."""
    gain = _gains(sums, links)
    moves = 0
    for unit in np.argsort(-gain.max(axis=1), kind="stable"):
        if gain[unit].max() <= least:
            break
        around = links.indices[links.indptr[unit] : links.indptr[unit + 1]]
        own = sums.labels[unit]
        others = np.setdiff1d(sums.labels[around], own)
        if not len(others) or not _may_leave(
            sums.labels, links, int(unit), around[sums.labels[around] == own]
        ):
            continue
        now = _gain_of(sums, int(unit), others)
        if now.max() > least:
            _move(sums, int(unit), int(others[now.argmax()]))
            moves += 1
    return moves


def _gains(sums: Sums, links: sp.csr_array) -> np.ndarray:
    """How much the objective falls when a unit (row) moves to a cluster (column) next to it; else -inf."""
    n, k = sums.KU.shape
    units = np.arange(n)
    near = (links @ _indicators(sums.labels, np.ones(n), k)) > 0
    near[units, sums.labels] = False
    distances = sums.distances
    w, own = sums.weights[:, None], sums.sizes[sums.labels]
    with np.errstate(divide="ignore", invalid="ignore"):
        saved = own * sums.weights / (own - sums.weights) * distances[units, sums.labels]
        paid = sums.sizes[None, :] * w / (sums.sizes[None, :] + w) * distances
    gain = np.where(np.isfinite(saved), saved, 0.0)[:, None] - np.nan_to_num(paid, posinf=np.inf)
    return np.where(near, gain, -np.inf)


def _gain_of(sums: Sums, unit: int, others: np.ndarray) -> np.ndarray:
    w, own = sums.weights[unit], sums.labels[unit]
    columns = np.append(others, own)
    size = sums.sizes[columns]
    inner = np.array([sums.weights[m] @ sums.KU[m, c] for c in columns for m in [sums.labels == c]])
    distance = sums.K[unit, unit] - 2 * sums.KU[unit, columns] / size + inner / size**2
    paid = size[:-1] * w / (size[:-1] + w) * distance[:-1]
    saved: float = size[-1] * w / (size[-1] - w) * distance[-1]
    gain: np.ndarray = saved - paid
    return gain


def _move(sums: Sums, unit: int, target: int) -> None:
    own, w = sums.labels[unit], sums.weights[unit]
    sums.KU[:, own] -= w * sums.K[unit]
    sums.KU[:, target] += w * sums.K[unit]
    sums.sizes[own] -= w
    sums.sizes[target] += w
    sums.labels[unit] = target


def _may_leave(labels: np.ndarray, links: sp.csr_array, unit: int, kin: np.ndarray) -> bool:
    """Whether the cluster of a unit stays connected, and not empty, without it."""
    if len(kin) <= 1:
        return len(kin) == 1
    cluster, front = labels[unit], [int(kin[0])]
    missing, seen = set(kin[1:].tolist()), {unit, front[0]}
    for one in front:  # grows while it is walked: the nearest first, so most walks are short
        for other in links.indices[links.indptr[one] : links.indptr[one + 1]].tolist():
            if other not in seen and labels[other] == cluster:
                seen.add(other)
                front.append(other)
                missing.discard(other)
        if not missing:
            return True
    return False


def are_connected(labels: np.ndarray, links: sp.csr_array) -> bool:
    """Whether every cluster is connected by links between its own members."""
    ends = links.tocoo()
    inside = labels[ends.row] == labels[ends.col]
    kept = sp.csr_array((np.ones(inside.sum()), (ends.row[inside], ends.col[inside])), shape=links.shape)
    return bool(connected_components(kept, directed=False)[0] == len(np.unique(labels)))


def graph_kernel(links: sp.csr_array, gamma: float) -> np.ndarray:
    """Regularised Laplacian ``(I + gamma (D - A))^-1`` of symmetric links A (n, n)."""
    degrees = np.asarray(links.sum(axis=1)).ravel()
    matrix = np.eye(len(degrees)) - gamma * links.toarray()
    matrix[np.diag_indices_from(matrix)] += gamma * degrees
    with one_thread():
        factor, _ = dpotrf(matrix, lower=1, clean=1, overwrite_a=1)
        lower, _ = dpotri(factor, lower=1, overwrite_c=1)
    kernel: np.ndarray = lower + lower.T  # above the diagonal `lower` is zero
    kernel[np.diag_indices_from(kernel)] /= 2
    return kernel


def graph_products(links: sp.csr_array, gamma: float, columns: np.ndarray) -> np.ndarray:
    """The graph kernel times some columns (n, k), without the kernel."""
    degrees = np.asarray(links.sum(axis=1)).ravel()
    matrix = sp.diags_array(1 + gamma * degrees) - gamma * links
    found: np.ndarray = factorise(sp.csc_array(matrix)).solve(columns)
    return found


def scatter(K: np.ndarray, weights: np.ndarray) -> float:
    """Weighted squared distances to the common mean, ``sum_i w_i K_ii - w'K w / sum w``."""
    return float(weights @ K.diagonal() - weights @ K @ weights / weights.sum())
