"""``ln|I - rho W|`` and its derivatives, one object for likelihood, information and impacts.

With ``G(rho) = W (I - rho W)^-1``: ``tr G = -d ln|I - rho W| / d rho`` and
``tr GG = -d2 ln|I - rho W| / d rho2``.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal, Protocol

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from .._errors import OptionError
from .cholesky import Cholesky, cholesky_of
from .sparse_lu import fill_reducing, filter_matrix, log_determinant, trace_of_ratio
from .spectrum import eigenvalues, interval_of, sparse_interval, symmetrised

EIGEN_LIMIT = 1_000
SPARSE_LIMIT = 200_000
_PROBES = 64
_HALF_DEGREE = 60
_POWERS = 200


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
    """From sparse factorisations: exact, for large n with few neighbours.

    Values by CHOLMOD where it is installed and W is similar to a symmetric matrix, all else by SuperLU.
    """

    method = "sparse"

    def __init__(self, weights: csr_array) -> None:
        self.weights = weights
        self._traces: dict[float, float] = {}

    @cached_property
    def _cholesky(self) -> Cholesky | None:
        return cholesky_of(self.weights)

    @property
    def factors(self) -> str:
        """Whose factors give the values: ``CHOLMOD`` or ``SuperLU``."""
        return "SuperLU" if self._cholesky is None else "CHOLMOD"

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Open interval around 0 on which ``I - rho W`` is regular."""
        return sparse_interval(self.weights)

    @cached_property
    def _ordered(self) -> csc_array:
        # Determinants and traces do not depend on the order of the units: search it once.
        return fill_reducing(self.weights)

    def value(self, rho: float) -> float:
        """``ln|I - rho W|``."""
        if self._cholesky is not None:
            found = self._cholesky.log_determinant(rho)
            if found is not None:
                return found
        return log_determinant(filter_matrix(self._ordered, rho), ordered=True)

    def trace_g(self, rho: float) -> float:
        """``tr G(rho)``."""
        if rho not in self._traces:
            self._traces[rho] = trace_of_ratio(self._ordered, filter_matrix(self._ordered, rho), ordered=True)
        return self._traces[rho]

    def trace_gg(self, rho: float) -> float:
        """``tr G(rho) G(rho)``, as the trace of ``W W`` over ``(I - rho W)^2``."""
        inner = filter_matrix(self.weights, rho)
        squared = csc_array(self.weights @ self.weights)
        return trace_of_ratio(squared, csc_array(inner @ inner))


class MomentLogDet:
    """From estimated traces of polynomials of W: for n beyond factorisation.

    ``"chebyshev"`` expands ``ln(1 - rho w)`` on the real spectrum of a W similar to a symmetric matrix
    (Pace & LeSage 2004); ``"stochastic"`` is the power series of Barry & Pace (1999), for any W and
    ``|rho|`` below the inverse of the spectral radius. The traces of the first polynomials are exact, those
    of the others come from seeded random probes; `std_error` says how well the value is known.
    """

    def __init__(self, weights: csr_array, method: Literal["chebyshev", "stochastic"], seed: int = 0) -> None:
        similar = symmetrised(weights)
        if method == "chebyshev" and similar is None:
            raise OptionError(
                "logdet='chebyshev' needs a W that is similar to a symmetric one (contiguity, also row-"
                "standardised); for others, such as nearest neighbours, say logdet='stochastic'."
            )
        self.method: str = method
        self._chebyshev = method == "chebyshev"
        self.interval = sparse_interval(weights)
        if self._chebyshev and similar is not None:
            self._ends = (1 / self.interval[0], 1 / self.interval[1])
            self._moments = _probe_moments(similar, self._ends, seed)
        else:
            bound = min(-self.interval[0], self.interval[1])
            self.interval = (-bound, bound)
            self._ends = (-1.0, 1.0)
            self._moments = _probe_powers(weights, seed)

    def _coefficients(self, rho: float, derivative: int) -> NDArray[np.float64]:
        """Coefficients of the polynomials for the value and its first and second derivative, sign changed."""
        degree = self._moments.shape[1] - 1
        if not self._chebyshev:
            order = np.arange(degree + 1, dtype=float)
            with np.errstate(divide="ignore"):
                scale = (-1 / order, np.ones_like(order), order - 1)[derivative]
            powers = np.where(order >= derivative, float(rho) ** np.maximum(order - derivative, 0), 0.0)
            return np.asarray(np.where(order >= 1, scale, 0.0) * powers)
        low, high = self._ends

        def function(x: NDArray[np.float64]) -> NDArray[np.float64]:
            w = (low + high) / 2 + (high - low) / 2 * x
            if derivative == 0:
                return np.asarray(np.log(1 - rho * w))
            return np.asarray((w / (1 - rho * w)) ** derivative)

        nodes = chebyshev.chebpts1(degree + 1)
        return np.asarray(chebyshev.chebfit(nodes, function(nodes), degree))

    def _estimate(self, rho: float, derivative: int) -> NDArray[np.float64]:
        return np.asarray(self._moments @ self._coefficients(rho, derivative))

    def value(self, rho: float) -> float:
        """``ln|I - rho W|``."""
        return float(self._estimate(rho, 0).mean())

    def std_error(self, rho: float) -> float:
        """Standard error of `value` over the probes."""
        estimates = self._estimate(rho, 0)
        return float(estimates.std(ddof=1) / np.sqrt(len(estimates)))

    def trace_g(self, rho: float) -> float:
        """``tr G(rho)``."""
        return float(self._estimate(rho, 1).mean())

    def trace_gg(self, rho: float) -> float:
        """``tr G(rho) G(rho)``."""
        return float(self._estimate(rho, 2).mean())


def _probes(n: int, seed: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).choice([-1.0, 1.0], size=(n, _PROBES))


def _square_trace(weights: csr_array) -> float:
    return float(weights.multiply(weights.T).sum())


def _probe_moments(similar: csr_array, ends: tuple[float, float], seed: int) -> NDArray[np.float64]:
    """``v' T_j v`` of every probe, shape (probes, 2 * half degree + 1); the first three are exact means."""
    n = similar.shape[0]
    middle, half = (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2

    def scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((similar @ values - middle * values) / half)

    before = _probes(n, seed)
    now = scaled(before)
    moments = np.empty((_PROBES, 2 * _HALF_DEGREE + 1))
    moments[:, 0] = n
    first = np.einsum("ij,ij->j", before, now)
    moments[:, 1] = first
    # T_2j = 2 T_j T_j - T_0 and T_2j+1 = 2 T_j T_j+1 - T_1: two moments for one product.
    for step in range(1, _HALF_DEGREE + 1):
        moments[:, 2 * step] = 2 * np.einsum("ij,ij->j", now, now) - n
        if step < _HALF_DEGREE:
            after = 2 * scaled(now) - before
            moments[:, 2 * step + 1] = 2 * np.einsum("ij,ij->j", now, after) - first
            before, now = now, after
    own = float(similar.diagonal().sum())
    exact_first = (own - middle * n) / half
    square = (_square_trace(similar) - 2 * middle * own + middle**2 * n) / half**2
    moments[:, 1] = exact_first
    moments[:, 2] = 2 * square - n
    return moments


def _probe_powers(weights: csr_array, seed: int) -> NDArray[np.float64]:
    """``v' W^k v`` of every probe, shape (probes, degree + 1); the first three are exact means."""
    n = weights.shape[0]
    start = _probes(n, seed)
    values, moments = start, np.empty((_PROBES, _POWERS + 1))
    for power in range(1, _POWERS + 1):
        values = np.asarray(weights @ values)
        moments[:, power] = np.einsum("ij,ij->j", start, values)
    moments[:, 0] = n
    moments[:, 1] = weights.diagonal().sum()
    moments[:, 2] = _square_trace(weights)
    return moments


Method = Literal["auto", "eigen", "sparse", "chebyshev", "stochastic"]


def log_det(weights: csr_array, method: Method = "auto") -> LogDet:
    """The log-determinant of ``I - rho W`` for a sparse W of shape (n, n), chosen by size with ``"auto"``."""
    n = weights.shape[0]
    if method == "auto" and n > SPARSE_LIMIT:
        method = "stochastic" if symmetrised(weights) is None else "chebyshev"
    if method == "eigen" or (method == "auto" and n <= EIGEN_LIMIT):
        return EigenLogDet(weights)
    if method in {"chebyshev", "stochastic"}:
        return MomentLogDet(weights, "chebyshev" if method == "chebyshev" else "stochastic")
    return SparseLogDet(weights)
