"""Least squares, its covariances, and the search for collinear columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .sparse_lu import threads_for

Array = NDArray[np.float64]


def triangle_of(columns: Array) -> Array:
    """R of the QR decomposition of columns of shape (n, k)."""
    with threads_for(*columns.shape):
        return np.asarray(np.linalg.qr(columns, mode="r"))


def collinear_columns(x: Array, tolerance: float = 1e-10) -> list[list[int]]:
    """Groups of columns of x, shape (n, k), that are linear combinations of each other, in their order."""
    norms = np.linalg.norm(x, axis=0)
    scaled = x / np.where(norms == 0, 1.0, norms)
    _, singular, right = np.linalg.svd(triangle_of(scaled))
    values = np.zeros(x.shape[1])
    values[: len(singular)] = singular
    null = right[values <= tolerance * max(values.max(initial=0.0), 1.0)]
    # A reduced basis of the null space separates independent coincidences.
    groups = []
    for row in _reduced(null):
        members = [int(column) for column in np.flatnonzero(np.abs(row) > 1e-6 * np.abs(row).max())]
        groups.append(members)
    return sorted(groups)


def _reduced(rows: Array) -> Array:
    """Row echelon form by Gauss-Jordan elimination, for a handful of rows."""
    rows = rows.copy()
    for number in range(len(rows)):
        below, pivot = divmod(int(np.argmax(np.abs(rows[number:]))), rows.shape[1])
        rows[[number, number + below]] = rows[[number + below, number]]
        rows[number] /= rows[number, pivot]
        for other in range(len(rows)):
            if other != number:
                rows[other] -= rows[other, pivot] * rows[number]
    return rows


def ols_covariance(
    x: Array,
    residuals: Array,
    *,
    free: int | None = None,
    kind: str = "expected",
    kernel: csr_array | None = None,
) -> Array:
    """Covariance of least-squares coefficients.

    `free` are the degrees of freedom, n - k when left out (less where x is demeaned). ``"expected"``:
    s2 (X'X)^-1; ``"robust"``: White's sandwich times (free + k)/free;
    ``"hac"``: Kelejian & Prucha (2007) with a kernel matrix, its diagonal taken as 1.
    """
    k = x.shape[1]
    free = x.shape[0] - k if free is None else free
    triangle = triangle_of(x)
    inverse = np.linalg.solve(triangle, np.eye(k))
    bread = inverse @ inverse.T
    if kind == "expected":
        return np.asarray(bread * (residuals @ residuals) / free)
    meat = moment_covariance(x * residuals[:, None], kernel if kind == "hac" else None)
    small_sample = 1.0 if kind == "hac" else (free + k) / free
    return np.asarray(bread @ meat @ bread * small_sample)


def moment_covariance(moments: Array, kernel: csr_array | None = None) -> Array:
    """Sum over pairs of units of their moments' products, weighted by the kernel (own weight 1)."""
    own = moments.T @ moments
    return np.asarray(own if kernel is None else own + moments.T @ (kernel @ moments))
