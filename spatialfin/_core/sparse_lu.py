"""Determinants and traces from sparse factorisations.

One fact carries this module: ``d/dt ln|Q + t P| at t = 0`` is ``tr(P Q^-1)``. A factorisation of
``Q + i h P`` with a tiny h gives ``ln|Q|`` in the real part of the log-determinant and the trace in
its imaginary part, exact to rounding because no difference is taken.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, eye_array
from scipy.sparse.linalg import SuperLU, splu
from threadpoolctl import ThreadpoolController

from .._errors import ConvergenceError

_STEP = 1e-30
# BLAS starts threads at the first size; square matrices below the second, and few columns, gain nothing.
_THREADS_FROM, _THREADS_PAY_FROM = 10_000, 250_000

Matrix = csr_array | csc_array


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[object]:
    """BLAS on one thread: the blocks of sparse factors are tiny, and threads wait for each other."""
    limit: AbstractContextManager[object] = _blas().limit(limits=1, user_api="blas")
    return limit


def threads_for(rows: int, columns: int) -> AbstractContextManager[object]:
    """BLAS on one thread for dense matrices on which several would only wait for each other."""
    size = rows * columns
    waiting = size >= _THREADS_FROM and (size < _THREADS_PAY_FROM or columns < rows // 10)
    return one_thread() if waiting else nullcontext()


def factorise(matrix: Matrix, *, ordered: bool = False) -> SuperLU:
    """LU factors with a symmetric ordering, or as it stands when it is already `ordered`."""
    try:
        with one_thread():
            return splu(
                csc_array(matrix),
                permc_spec="NATURAL" if ordered else "MMD_AT_PLUS_A",
                diag_pivot_thresh=0.0,
                options={"SymmetricMode": True},
            )
    except RuntimeError as error:
        raise ConvergenceError(
            "I - rho W is singular at a value tried: the coefficient is at the bound of its interval."
        ) from error


def fill_reducing(matrix: Matrix) -> csc_array:
    """The matrix with rows and columns in the order that keeps its factors sparse."""
    order = np.argsort(factorise(filter_matrix(csr_array(matrix), 1e-3)).perm_c)
    return csc_array(csr_array(matrix)[order][:, order])


def log_determinant(matrix: Matrix, *, ordered: bool = False) -> float:
    """Natural logarithm of ``|det matrix|``."""
    return float(np.log(np.abs(factorise(matrix, ordered=ordered).U.diagonal())).sum())


def trace_of_ratio(numerator: Matrix, denominator: Matrix, *, ordered: bool = False) -> float:
    """``tr(numerator @ inv(denominator))`` from one complex factorisation."""
    pivots = factorise(denominator + (1j * _STEP) * numerator, ordered=ordered).U.diagonal()
    return float((pivots.imag / pivots.real).sum() / _STEP)


def filter_matrix(weights: Matrix, coefficient: float) -> csc_array:
    """``I - coefficient * W`` as a sparse matrix, shape (n, n)."""
    return csc_array(eye_array(weights.shape[0], format="csc") - coefficient * csc_array(weights))


def solve(weights: csr_array, coefficient: float, right: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(I - coefficient W)^-1 right`` for one or several columns."""
    if coefficient == 0.0:
        return np.array(right, dtype=float)
    solution: NDArray[np.float64] = factorise(filter_matrix(weights, coefficient)).solve(
        np.ascontiguousarray(right, dtype=float)
    )
    return solution
