"""``ln|I - rho W|`` from CHOLMOD's supernodal Cholesky factors, where cvxopt is installed.

For a W similar to a symmetric S, ``I - rho S`` is positive definite exactly on the feasible interval, so its
Cholesky factor gives the determinant at half the work of an LU factor, and one search for a good order of the
units serves every rho.
"""

from __future__ import annotations

from importlib.util import find_spec
from threading import Lock
from typing import Any

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array, tril

from .spectrum import symmetrised


class Cholesky:
    """Cholesky factors of ``I - rho S`` for one symmetric S of shape (n, n).

    Parameters
    ----------
    similar : csr_array
        Symmetric, with the eigenvalues of W.
    """

    def __init__(self, similar: csr_array) -> None:
        from cvxopt import cholmod, matrix, spmatrix

        self._similar = similar
        lower, ones = csc_array(tril(similar)), eye_array(similar.shape[0], format="csc")
        pattern = csc_array(lower + ones)
        pattern.sort_indices()
        columns = np.repeat(np.arange(pattern.shape[1]), np.diff(pattern.indptr))
        self._identity = np.where(pattern.indices == columns, 1.0, 0.0)
        self._entries = pattern.data - self._identity
        self._matrix: Any = spmatrix(
            matrix(pattern.data), pattern.indices.tolist(), columns.tolist(), pattern.shape
        )
        self._factor: Any = cholmod.symbolic(self._matrix)
        self._lock = Lock()  # one factor, overwritten for every rho

    def __reduce__(self) -> tuple[type[Cholesky], tuple[csr_array]]:
        return type(self), (self._similar,)

    def log_determinant(self, rho: float) -> float | None:
        """``ln|I - rho S|``, or None where the matrix is not positive definite."""
        from cvxopt import cholmod, matrix

        with self._lock:
            self._matrix.V = matrix(self._identity - rho * self._entries)
            try:
                cholmod.numeric(self._matrix, self._factor)
                pivots = np.array(cholmod.diag(self._factor))
            except (ArithmeticError, ValueError):  # not definite; or cvxopt was told not to use supernodes
                return None
        return 2 * float(np.log(pivots).sum())


def cholesky_of(weights: csr_array) -> Cholesky | None:
    """CHOLMOD for this W; None where cvxopt is not installed or W is not similar to a symmetric matrix."""
    if find_spec("cvxopt") is None:
        return None
    similar = symmetrised(weights)
    return None if similar is None else Cholesky(similar)
