"""Fixed effects taken out of stacked data, and what the likelihood must know about it.

Data are stacked by period: row ``t * N + i`` is unit i in period t. Spatial lags are taken of the raw data
and everything is demeaned afterwards; demeaning first and then lagging is another, wrong estimator unless
the columns of W also sum to one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .logdet import LogDet
from .sparse_lu import factorise, filter_matrix
from .traces import CrossTraces

Array = NDArray[np.float64]
Effects = Literal["pooled", "unit", "time", "twoway"]


@dataclass(frozen=True, slots=True)
class Transformation:
    """Which effects are removed, from how many units and periods, and on what scale.

    Attributes
    ----------
    effects : {"pooled", "unit", "time", "twoway"}
    n_units, n_periods : int
    lee_yu : bool
        Whether the likelihood is that of the orthogonally transformed data (Lee & Yu 2010), in which the
        removed means are no observations; the direct likelihood counts all N T.
    """

    effects: Effects
    n_units: int
    n_periods: int
    lee_yu: bool = True

    @property
    def by_unit(self) -> bool:
        """Whether unit means are removed."""
        return self.effects in {"unit", "twoway"}

    @property
    def by_time(self) -> bool:
        """Whether period means are removed."""
        return self.effects in {"time", "twoway"}

    @property
    def within_observations(self) -> int:
        """Observations left after the removed means."""
        return (self.n_units - self.by_time) * (self.n_periods - self.by_unit)

    @property
    def n_effective(self) -> int:
        """Observations that the likelihood counts."""
        return self.within_observations if self.lee_yu else self.n_units * self.n_periods

    @property
    def periods(self) -> int:
        """How often the log-determinant counts."""
        return self.n_periods - (self.by_unit and self.lee_yu)

    @property
    def centred(self) -> bool:
        """Whether the log-determinant loses the constant vector, ``- ln(1 - rho)``."""
        return self.by_time and self.lee_yu

    def demean(self, values: Array) -> Array:
        """Values without the removed means; shape (N T,) or (N T, k)."""
        if self.effects == "pooled":
            return values
        cube = values.reshape(self.n_periods, self.n_units, -1)
        result = cube
        if self.by_unit:
            result = result - cube.mean(axis=0, keepdims=True)
        if self.by_time:
            result = result - result.mean(axis=1, keepdims=True)
        return np.asarray(result.reshape(values.shape))


def cross_section(n: int) -> Transformation:
    """A cross-section: a pooled panel with one period."""
    return Transformation("pooled", n, 1)


def lag_periods(weights: csr_array, values: Array, periods: int) -> Array:
    """W applied to every period of stacked values, shape (N T,) or (N T, k)."""
    n = weights.shape[0]
    columns = values.reshape(periods, n, -1)
    side = columns.transpose(1, 0, 2).reshape(n, -1)
    lagged = (weights @ side).reshape(n, periods, -1).transpose(1, 0, 2)
    return np.asarray(lagged.reshape(values.shape))


def solve_periods(weights: csr_array, coefficient: float, values: Array, periods: int) -> Array:
    """``(I - coefficient W)^-1`` applied to every period of stacked values, shape (N T,)."""
    if coefficient == 0.0:
        return values
    side = np.ascontiguousarray(values.reshape(periods, -1).T)
    solved = factorise(filter_matrix(weights, coefficient)).solve(side)
    return np.asarray(solved.T.reshape(-1))


class CentredLogDet:
    """``ln|I - rho W| - ln(1 - rho)``: the determinant on the space orthogonal to the constant.

    Needs every row of W to sum to 1.
    """

    def __init__(self, logdet: LogDet) -> None:
        self.logdet, self.method = logdet, logdet.method

    @property
    def interval(self) -> tuple[float, float]:
        """The interval of the full matrix."""
        return self.logdet.interval

    def value(self, rho: float) -> float:
        """``ln|I - rho W| - ln(1 - rho)``."""
        return self.logdet.value(rho) - float(np.log(1 - rho))

    def trace_g(self, rho: float) -> float:
        """``tr JG``, J the centring matrix."""
        return self.logdet.trace_g(rho) - 1 / (1 - rho)

    def trace_gg(self, rho: float) -> float:
        """``tr JGJG``."""
        return self.logdet.trace_gg(rho) - 1 / (1 - rho) ** 2


def centred_traces(traces: CrossTraces, weights: csr_array, rho: float, lam: float) -> CrossTraces:
    """``tr JGJH`` and ``tr G'JH`` from the uncentred traces, for W with row sums of 1."""
    n = weights.shape[0]
    sums = []
    for coefficient in (rho, lam):
        # 1'G = 1'W (I - rho W)^-1 by one transposed solve.
        inner = filter_matrix(weights, coefficient)
        sums.append(factorise(inner.T.tocsc()).solve(np.asarray(weights.sum(axis=0)).ravel()))
    return CrossTraces(
        product=traces.product - 1 / ((1 - rho) * (1 - lam)),
        transposed=traces.transposed - float(sums[0] @ sums[1]) / n,
        std_error=traces.std_error,
    )
