"""The spectrum of W: its eigenvalues, and the interval on which I - rho W stays regular."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigvals, eigvalsh
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components
from scipy.sparse.linalg import ArpackError, eigs, eigsh

from .sparse_lu import threads_for


def symmetrised(weights: csr_array) -> csr_array | None:
    """A symmetric matrix with the eigenvalues of W, or None when W is not similar to one.

    Row-standardised contiguity is: with ``d_i w_ij = d_j w_ji`` the matrix
    ``D^1/2 W D^-1/2`` is symmetric. The d are found along a spanning tree of every component and
    checked on every link.
    """
    weights = _canonical(weights)
    transposed = csr_array(weights.T)
    same_links = np.array_equal(weights.indptr, transposed.indptr) and np.array_equal(
        weights.indices, transposed.indices
    )
    if not same_links or np.any(weights.data <= 0):
        return None
    n = weights.shape[0]
    heads = np.repeat(np.arange(n), np.diff(weights.indptr))
    tails = weights.indices
    log_ratio = np.log(weights.data / transposed.data)
    log_d = _along_spanning_tree(weights, heads * n + tails, log_ratio)
    mismatch = log_d[tails] - log_d[heads] - log_ratio
    if np.abs(mismatch).max(initial=0.0) > 1e-8:
        return None
    # Where it is symmetric, d_i^1/2 w_ij d_j^-1/2 is the geometric mean of w_ij and w_ji.
    mean = np.sqrt(weights.data * transposed.data)
    return csr_array((mean, weights.indices, weights.indptr), shape=weights.shape)


def _canonical(weights: csr_array) -> csr_array:
    """W with the links of each row in order and without stored zeros."""
    if weights.has_canonical_format and np.all(weights.data != 0):
        return weights
    tidy = weights.copy()
    tidy.sum_duplicates()
    tidy.eliminate_zeros()
    return tidy


def _along_spanning_tree(
    weights: csr_array, links: NDArray[np.int64], steps: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum `steps`, one per link ``head * n + tail``, from one root per component to every node."""
    n = weights.shape[0]
    _, labels = connected_components(weights, directed=False)
    _, roots, sizes = np.unique(labels, return_index=True, return_counts=True)
    total = [0.0] * n
    for root in roots[sizes > 1]:
        order, parents = breadth_first_order(weights, root, directed=True)
        inner = order[1:].astype(np.int64)
        above = parents[inner]
        along = steps[np.searchsorted(links, above * n + inner)]
        for node, parent, step in zip(inner.tolist(), above.tolist(), along.tolist(), strict=True):
            total[node] = total[parent] + step
    return np.array(total)


def eigenvalues(weights: csr_array) -> NDArray[np.float64] | NDArray[np.complex128]:
    """All eigenvalues; real ones where W is similar to a symmetric matrix. Dense: for small n."""
    similar = symmetrised(weights)
    with threads_for(*weights.shape):
        if similar is None:
            return np.asarray(eigvals(weights.toarray()), dtype=complex)
        return np.asarray(eigvalsh(similar.toarray()), dtype=float)


def interval_of(values: NDArray[np.float64] | NDArray[np.complex128]) -> tuple[float, float]:
    """The open interval around 0 on which no ``1 - rho * value`` is zero.

    Only real eigenvalues make ``I - rho W`` singular for a real rho. A side without one is closed at
    minus or plus the inverse of the spectral radius.
    """
    radius = float(np.abs(values).max(initial=0.0))
    if radius == 0.0:
        return -1.0, 1.0
    is_real = np.abs(np.imag(values)) <= 1e-9 * radius
    real = np.real(values)[is_real]
    low, high = float(real.min(initial=0.0)), float(real.max(initial=0.0))
    # A negative eigenvalue that is only rounding would open the interval without a limit.
    tiny = 1e-6 * radius
    return (1 / low if low < -tiny else -1 / radius), (1 / high if high > tiny else 1 / radius)


def _row_sums_are_one(weights: csr_array) -> bool:
    """Whether the largest eigenvalue is 1 without looking for it (Perron and Frobenius)."""
    return bool(np.abs(np.asarray(weights.sum(axis=1)) - 1).max() <= 1e-12)


def sparse_interval(weights: csr_array) -> tuple[float, float]:
    """The feasible interval from the extreme eigenvalues alone (Lanczos or Arnoldi)."""
    if weights.shape[0] < 20:  # Arnoldi needs more rows than it keeps vectors
        return interval_of(eigenvalues(weights))
    similar = symmetrised(weights)
    # A fixed start makes the iteration, and so the interval, the same in every run.
    start = np.random.default_rng(0).random(weights.shape[0]) + 0.5
    try:
        if similar is not None:
            low = eigsh(similar, k=1, which="SA", v0=start, tol=1e-8, return_eigenvectors=False)
            if _row_sums_are_one(weights):
                return interval_of(np.append(low, 1.0))
            high = eigsh(similar, k=1, which="LA", v0=start, tol=1e-8, return_eigenvectors=False)
            return interval_of(np.append(low, high))
        largest = eigs(weights, k=1, which="LM", v0=start, return_eigenvectors=False)
        extremes = [
            eigs(weights, k=2, which=end, v0=start, return_eigenvectors=False) for end in ("SR", "LR")
        ]
        return interval_of(np.concatenate([largest, *extremes]))
    except ArpackError:
        # Without convergence the norm bound is always inside the true interval.
        bound = 1 / float(abs(weights).sum(axis=1).max())
        return -bound, bound
