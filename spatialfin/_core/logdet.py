"""``ln|I - rho W|`` and its derivatives, one object for likelihood, information and impacts.

With ``G(rho) = W (I - rho W)^-1``: ``tr G = -d ln|I - rho W| / d rho`` and
``tr GG = -d2 ln|I - rho W| / d rho2``.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from .sparse_lu import filter_matrix, log_determinant, trace_of_ratio
from .spectrum import eigenvalues, interval_of, sparse_interval

EIGEN_LIMIT = 1_000


class LogDet(Protocol):
    """What every log-determinant can do. ``rho`` is one number inside ``interval``."""

    method: str

    @property
    def interval(self) -> tuple[float, float]:
        """Open interval around 0 on which ``I - rho W`` is regular."""
        ...

    def value(self, rho: float) -> float:
        """``ln|I - rho W|``."""
        ...

    def trace_g(self, rho: float) -> float:
        """``tr G(rho)``."""
        ...

    def trace_gg(self, rho: float) -> float:
        """``tr G(rho) G(rho)``."""
        ...


class EigenLogDet:
    """From all eigenvalues: exact, dense, for up to about a thousand units."""

    method = "eigen"

    def __init__(self, weights: csr_array) -> None:
        self.eigenvalues: NDArray[np.float64] | NDArray[np.complex128] = eigenvalues(weights)
        self.interval = interval_of(self.eigenvalues)

    def value(self, rho: float) -> float:
        """``ln|I - rho W|``."""
        return float(np.log(np.abs(1 - rho * self.eigenvalues)).sum())

    def _ratios(self, rho: float) -> NDArray[np.float64] | NDArray[np.complex128]:
        ratios: NDArray[np.float64] | NDArray[np.complex128] = self.eigenvalues / (1 - rho * self.eigenvalues)
        return ratios

    def trace_g(self, rho: float) -> float:
        """``tr G(rho)``."""
        return float(self._ratios(rho).sum().real)

    def trace_gg(self, rho: float) -> float:
        """``tr G(rho) G(rho)``."""
        return float((self._ratios(rho) ** 2).sum().real)


class SparseLogDet:
    """From sparse factorisations: exact, for large n with few neighbours."""

    method = "sparse"

    def __init__(self, weights: csr_array) -> None:
        self.weights = weights
        self._traces: dict[float, float] = {}

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Open interval around 0 on which ``I - rho W`` is regular."""
        return sparse_interval(self.weights)

    def value(self, rho: float) -> float:
        """``ln|I - rho W|``."""
        return log_determinant(filter_matrix(self.weights, rho))

    def trace_g(self, rho: float) -> float:
        """``tr G(rho)``."""
        if rho not in self._traces:
            self._traces[rho] = trace_of_ratio(csc_array(self.weights), filter_matrix(self.weights, rho))
        return self._traces[rho]

    def trace_gg(self, rho: float) -> float:
        """``tr G(rho) G(rho)``, as the trace of ``W W`` over ``(I - rho W)^2``."""
        inner = filter_matrix(self.weights, rho)
        squared = csc_array(self.weights @ self.weights)
        return trace_of_ratio(squared, csc_array(inner @ inner))


def log_det(weights: csr_array, method: Literal["auto", "eigen", "sparse"] = "auto") -> LogDet:
    """The log-determinant of ``I - rho W`` for a sparse W of shape (n, n)."""
    if method == "eigen" or (method == "auto" and weights.shape[0] <= EIGEN_LIMIT):
        return EigenLogDet(weights)
    return SparseLogDet(weights)
