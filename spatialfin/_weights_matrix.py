"""Checks and scalings of weights matrices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse as sp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigs, eigsh

from ._errors import WeightsError, listed, raise_all
from ._typing import Style
from ._validate import check_unique

_ROW_SUM_TOLERANCE = 1e-9
_ROUNDED_ROW_SUM_TOLERANCE = 1e-2
_DENSE_EIGEN_LIMIT = 400
_ROUNDING = 1e-12


def as_index(labels: Any) -> pd.Index:
    """Labels as an Index, one already made as it is."""
    return labels if isinstance(labels, pd.Index) else pd.Index(list(labels))


def checked(matrix: Any, ids: pd.Index) -> csr_array:
    """The matrix as csr float64 with sorted indices, or one error with every fault."""
    if getattr(matrix, "ndim", 0) != 2 or matrix.shape[0] != matrix.shape[1]:
        raise WeightsError(
            f"The matrix must be square, not {getattr(matrix, 'shape', type(matrix).__name__)}."
        )
    if matrix.shape[0] != len(ids):
        raise WeightsError(f"The matrix has {matrix.shape[0]} rows, ids has {len(ids)} labels.")
    try:
        weights = sp.csr_array(matrix, dtype=float, copy=True)
    except (TypeError, ValueError) as error:
        raise WeightsError(f"The matrix holds something that is not a number ({error}).") from error
    weights.sum_duplicates()
    weights.eliminate_zeros()
    rows = np.repeat(np.arange(len(ids)), np.diff(weights.indptr))
    faults = {
        "missing or infinite weights": ~np.isfinite(weights.data),
        "negative weights": weights.data < 0,
        "self-neighbours (set the diagonal to zero)": rows == weights.indices,
    }
    problems = [f"{what} at {listed(ids[np.unique(rows[bad])])}" for what, bad in faults.items() if bad.any()]
    raise_all(problems, WeightsError, "weights")
    return weights


def frozen(weights: csr_array) -> csr_array:
    """The same matrix with sorted indices, which nobody can write to."""
    weights.sort_indices()
    for part in (weights.data, weights.indices, weights.indptr):
        part.setflags(write=False)
    return weights


def from_frame(frame: pd.DataFrame, ids: Iterable[object] | None) -> tuple[np.ndarray, pd.Index]:
    """The matrix of a labelled square frame, columns put into the order of the rows."""
    if ids is not None:
        raise WeightsError("A DataFrame carries its own labels: leave ids= out, or pass its values.")
    check_unique(frame.index, "rows of the matrix")
    check_unique(frame.columns, "columns of the matrix")
    only_rows = frame.index.difference(frame.columns, sort=False)
    only_columns = frame.columns.difference(frame.index, sort=False)
    if len(only_rows) or len(only_columns):
        raise WeightsError(
            "Rows and columns of the matrix must hold the same units; "
            f"only in the rows: {listed(only_rows) or 'none'}; "
            f"only in the columns: {listed(only_columns) or 'none'}."
        )
    return frame.loc[:, list(frame.index)].to_numpy(), frame.index


def matrix_of_w(graph: Any, ids: pd.Index) -> csr_array:
    """Weights of a libpysal W from its dictionaries: its cached `sparse` may have been changed by others."""
    counts = [len(graph.neighbors[unit]) for unit in ids]
    rows = np.repeat(np.arange(len(ids)), counts)
    columns = ids.get_indexer(as_index([other for unit in ids for other in graph.neighbors[unit]]))
    data = np.fromiter(
        (weight for unit in ids for weight in graph.weights[unit]), dtype=float, count=len(rows)
    )
    return sp.csr_array((data, (rows, columns)), shape=(len(ids), len(ids)))


def check_style(weights: csr_array, style: Style) -> None:
    """Refuse a style that the weights do not have."""
    if style == "binary" and not np.all(weights.data == 1):
        raise WeightsError('style="binary", but not all weights are 1: use .standardize("binary").')
    if style == "row" and _off_row_sums(weights) > _ROW_SUM_TOLERANCE:
        raise WeightsError('style="row", but not all rows sum to one: use .standardize("row").')


def _off_row_sums(weights: csr_array) -> float:
    """How far the sums of the rows that are not empty are from one."""
    row_sums = weights.sum(axis=1)[np.diff(weights.indptr) > 0]
    return float(np.abs(row_sums - 1).max(initial=0.0))


def recognise_style(weights: csr_array) -> tuple[Style, tuple[str, ...]]:
    """Style of a matrix, and a note when its rows sum to one only up to rounding."""
    if np.all(weights.data == 1):
        return "binary", ()
    off = _off_row_sums(weights)
    if off <= _ROW_SUM_TOLERANCE:
        return "row", ()
    if off <= _ROUNDED_ROW_SUM_TOLERANCE:
        return "general", (f'row sums are one up to {off:.1g}: rounded; standardize("row") makes them exact',)
    return "general", ()


def scaled(weights: csr_array, style: Style) -> tuple[csr_array, str]:
    """A scaled copy, and how it was scaled for the ledger."""
    if style == "binary":
        ones = np.ones(weights.nnz)
        return sp.csr_array((ones, weights.indices, weights.indptr), shape=weights.shape), "binary"
    if style == "row":
        sums = np.repeat(weights.sum(axis=1), np.diff(weights.indptr))
        data = weights.data / sums
        return sp.csr_array((data, weights.indices, weights.indptr), shape=weights.shape), "row sums of one"
    radius = _spectral_radius(weights)
    return sp.csr_array(weights / radius), f"divided by the spectral radius {radius:.6g}"


def _spectral_radius(weights: csr_array) -> float:
    """Largest eigenvalue of a non-negative matrix (real, by Perron and Frobenius)."""
    n = weights.shape[0]
    if connected_components(weights, connection="strong")[0] == n:
        raise WeightsError('The spectral radius is zero: no unit is reached back. Use standardize("row").')
    if n <= _DENSE_EIGEN_LIMIT:
        return float(np.abs(np.linalg.eigvals(weights.toarray())).max())
    symmetric = is_symmetric(weights)
    solve: Any = eigsh if symmetric else eigs
    which = "LA" if symmetric else "LR"
    found = solve(weights, k=1, which=which, v0=np.ones(n), return_eigenvectors=False, maxiter=100 * n)
    return float(found[0].real)


def is_symmetric(weights: csr_array) -> bool:
    """Whether both directions of every link weigh the same, up to rounding."""
    return weights.nnz == 0 or bool(abs(weights - weights.T).max() <= _ROUNDING * weights.max())


def identical(left: csr_array, right: csr_array) -> bool:
    """Whether two matrices with sorted indices are the same bit by bit."""
    parts = ((left.indptr, right.indptr), (left.indices, right.indices), (left.data, right.data))
    return all(np.array_equal(mine, theirs) for mine, theirs in parts)
