"""Panels whose W or whose units change from period to period: one block of W per period.

Stacked by period they are one cross-section of unit-periods with a block-diagonal W, so the likelihood, its
log-determinant and the impacts are sums over blocks. Unit effects are another matter: removing means over
time does not commute with a W that changes. With rho alone means are removed after the lags are taken; behind
an error filter ``B = I - lam W`` the dummies are filtered as well and concentrated out by generalised
least squares; the restricted likelihood then takes the place of Lee and Yu's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_diag, csc_array, csr_array

from .information import expected_information
from .likelihood import Estimate, Profile, Sample, check_imperfect, coefficients
from .logdet import EIGEN_LIMIT, EigenLogDet, LogDet, Method, log_det
from .sparse_lu import factorise, one_thread, solve, trace_of_ratio
from .spectrum import eigenvalues, interval_of
from .traces import EXACT_LIMIT, CrossTraces, TraceMethod, cross_traces
from .transformation import Transformation

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ObservedTransformation(Transformation):
    """Unit means over the periods in which each unit is observed.

    Attributes
    ----------
    codes : array of int, shape (M,)
        Unit of every row.
    """

    codes: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, dtype=np.intp))

    @property
    def within_observations(self) -> int:
        """Observations left after the removed means."""
        return len(self.codes) - self.n_units * self.by_unit

    @property
    def n_effective(self) -> int:
        """Observations that the likelihood counts."""
        return self.within_observations if self.lee_yu else len(self.codes)

    @property
    def periods(self) -> int:
        """Once: the log-determinant is already the sum over periods."""
        return 1

    @property
    def dummies(self) -> csr_array:
        """One column per unit, shape (M, N)."""
        rows = len(self.codes)
        return csr_array((np.ones(rows), (np.arange(rows), self.codes)), shape=(rows, self.n_units))

    def demean(self, values: Array) -> Array:
        """Values without the unit means; shape (M,) or (M, k)."""
        if not self.by_unit:
            return values
        return UnitEffects(self).remove(values)


class UnitEffects:
    """Unit dummies behind a filter, ``B D`` with ``B = I - lam W``, and the least squares on them."""

    def __init__(
        self, transformation: ObservedTransformation, weights: csr_array | None = None, lam: float = 0.0
    ) -> None:
        filtered = transformation.dummies
        if lam and weights is not None:
            filtered = csr_array(filtered - lam * (weights @ filtered))
        self._filtered = filtered
        self._gram = csc_array(filtered.T @ filtered)
        self._solver = factorise(self._gram)

    @property
    def log_det(self) -> float:
        """``ln|D'B'BD|``."""
        return float(np.log(np.abs(self._solver.U.diagonal())).sum())

    def cross(self, values: csr_array) -> csc_array:
        """``D'B'`` times sparse columns."""
        return csc_array(self._filtered.T @ values)

    def trace(self, cross: csc_array) -> float:
        """``tr (D'B'BD)^-1 cross``."""
        return trace_of_ratio(cross, self._gram)

    def solve(self, values: Array) -> Array:
        """``(D'B'BD)^-1`` times dense columns."""
        return np.asarray(self._solver.solve(np.ascontiguousarray(values)))

    def estimate(self, values: Array) -> Array:
        """Coefficients of the dummies, shape (N,) or (N, k), for filtered values."""
        return self.solve(self._filtered.T @ values)

    def remove(self, values: Array) -> Array:
        """Filtered values less their projection on the dummies."""
        return np.asarray(values - self._filtered @ self.estimate(values))


class EffectsProfile(Profile):
    """The likelihood concentrated over beta, unit effects behind the error filter, and sigma2.

    With ``lee_yu`` it is the restricted likelihood, that of data transformed to lose the effects,
    ``+ (ln|D'D| - ln|D'B'BD|) / 2`` over M - N observations. With one W and complete units this is the
    likelihood of Lee & Yu; unlike theirs it exists for any W of error models, but not with rho.
    """

    def __init__(
        self, sample: Sample, logdet: LogDet, weights: csr_array, transformation: ObservedTransformation
    ) -> None:
        self.sample, self.logdet = sample, logdet
        self._y, self._wy, self._wwy = sample.y, sample.wy, sample.wwy
        self._x, self._wx = sample.x, sample.wx
        self._values = {0.0: 0.0}
        self._weights, self._transformation = weights, transformation
        self._effects = (0.0, UnitEffects(transformation))
        self._own_log_det = self._effects[1].log_det

    def effects(self, lam: float) -> UnitEffects:
        """The dummies behind the filter, remembered for one lam."""
        if self._effects[0] != lam:
            self._effects = (lam, UnitEffects(self._transformation, self._weights, lam))
        return self._effects[1]

    def beta(self, rho: float, lam: float) -> tuple[Array, Array]:
        """Coefficients and innovations at (rho, lam)."""
        effects = self.effects(lam)
        y = effects.remove(self._y - rho * self._wy - lam * (self._wy - rho * self._wwy))
        x = effects.remove(self._x - lam * self._wx)
        beta: Array = np.asarray(np.linalg.lstsq(x, y, rcond=None)[0], dtype=float)
        return beta, np.asarray(y - x @ beta)

    def residuals(self, rho: float, lam: float) -> Array:
        """Innovations at (rho, lam)."""
        return self.beta(rho, lam)[1]

    def value(self, rho: float, lam: float) -> float:
        """The concentrated log-likelihood, with all constants."""
        direct = super().value(rho, lam)
        if not self._transformation.lee_yu:
            return direct
        return direct + (self._own_log_det - self.effects(lam).log_det) / 2

    def score_lam(self, rho: float, lam: float) -> float:
        """Derivative with respect to lam (beta, effects and sigma2 at their optimum)."""
        residuals = self.residuals(rho, lam)
        # e = B u, so de/dlam = -W u = -W B^-1 e.
        lagged = self._weights @ solve(self._weights, lam, residuals)
        slope = residuals @ lagged / (residuals @ residuals)
        trace = self.logdet.trace_g(lam)
        if self._transformation.lee_yu:
            lagged_dummies = csr_array(self._weights @ self._transformation.dummies)
            effects = self.effects(lam)
            trace -= effects.trace(effects.cross(lagged_dummies))
        return float(self.sample.n_effective * slope - trace)


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Weights of every period.

    Attributes
    ----------
    matrices : tuple of csr_array
        One square matrix per period; periods that share their weights share the object.
    weights : csr_array, shape (M, M)
        All of them on the diagonal of one matrix.
    """

    matrices: tuple[csr_array, ...]
    weights: csr_array

    @property
    def largest(self) -> int:
        """Units of the largest block."""
        return max(matrix.shape[0] for matrix in self.matrices)

    def distinct(self) -> list[tuple[csr_array, int]]:
        """Matrices that are different objects, and how many periods each serves."""
        counts = Counter(map(id, self.matrices))
        known = {id(matrix): matrix for matrix in self.matrices}
        return [(known[key], count) for key, count in counts.items()]


def blocks_of(matrices: Sequence[csr_array]) -> Blocks:
    """The matrices, and one with all of them on its diagonal."""
    return Blocks(tuple(matrices), csr_array(block_diag(list(matrices), format="csr")))


def block_log_det(blocks: Blocks, method: Method = "auto") -> LogDet:
    """``sum_t ln|I - rho W_t|``, chosen by the largest block with ``"auto"``."""
    if method == "eigen" or (method == "auto" and blocks.largest <= EIGEN_LIMIT):
        return JoinedEigenLogDet(blocks)
    return log_det(blocks.weights, method)


class JoinedEigenLogDet(EigenLogDet):
    """From the eigenvalues of every block; the interval is the one that all blocks share."""

    def __init__(self, blocks: Blocks) -> None:
        found: list[NDArray[Any]] = [
            np.tile(eigenvalues(matrix), count) for matrix, count in blocks.distinct()
        ]
        self.eigenvalues = np.concatenate(found)
        self.interval = interval_of(self.eigenvalues)


def block_traces(
    blocks: Blocks, rho: float, lam: float, logdet: LogDet, *, method: TraceMethod = "auto", seed: int = 0
) -> CrossTraces:
    """``tr GH`` and ``tr G'H`` summed over the blocks."""
    if method != "stochastic" and blocks.largest <= EIGEN_LIMIT:
        parts = [
            (cross_traces(matrix, rho, lam, logdet, method="exact"), count)
            for matrix, count in blocks.distinct()
        ]
        return CrossTraces(
            product=sum(found.product * count for found, count in parts),
            transposed=sum(found.transposed * count for found, count in parts),
            std_error=0.0,
        )
    if method == "auto" and blocks.largest <= EXACT_LIMIT:
        method = "exact"
    return cross_traces(blocks.weights, rho, lam, logdet, method=method, seed=seed)


@dataclass(frozen=True, slots=True, eq=False)
class BlockProblem:
    """The likelihood of stacked unit-periods, pooled or with unit effects.

    With rho and unit effects the transformation has to be direct (``lee_yu=False``).

    Attributes
    ----------
    y, x : array, shape (M,), (M, k)
        Raw data.
    blocks : Blocks
    logdet : LogDet
    transformation : ObservedTransformation
    """

    y: Array
    x: Array
    blocks: Blocks
    logdet: LogDet
    transformation: ObservedTransformation

    def maximum(self, *, lag: bool, error: bool) -> Estimate:
        """Estimate with the switches `lag` (rho) and `error` (lam).

        Raises
        ------
        ConvergenceError
            When the maximum lies at a bound of the feasible interval or the fit is perfect.
        """
        weights, raw = self.blocks.weights, self._sample()
        if error and self.transformation.by_unit:
            profile: Profile = EffectsProfile(raw, self.logdet, weights, self.transformation)
        else:
            profile = Profile(self._demeaned(raw), self.logdet)
        check_imperfect(profile.beta(0.0, 0.0)[1], self.transformation.demean(self.y))
        rho, lam = coefficients(profile, lag=lag, error=error)
        beta, _ = profile.beta(rho, lam)
        structural = self.y - rho * raw.wy - self.x @ beta
        errors = structural - removed_effects(structural, self.transformation, weights, lam)
        residuals = errors - lam * (weights @ errors)
        return Estimate(
            beta=beta,
            rho=rho if lag else None,
            lam=lam if error else None,
            sigma2=float(residuals @ residuals) / raw.n_effective,
            loglik=profile.value(rho, lam),
            residuals=residuals,
            errors=errors,
        )

    def information(self, estimate: Estimate, *, traces: TraceMethod, seed: int) -> tuple[Array, float]:
        """Expected information of (beta, rho, lam, sigma2), unit effects concentrated out.

        Unlike with one W in all periods the lagged signal ``G (X b + D mu)`` keeps a part of the effects:
        ``G D`` is not in the span of D.
        """
        weights, raw = self.blocks.weights, self._sample()
        rho, lam = estimate.rho or 0.0, estimate.lam or 0.0
        structural = self.y - rho * raw.wy - self.x @ estimate.beta
        signal = self.x @ estimate.beta + removed_effects(structural, self.transformation, weights, lam)
        lagged_signal = weights @ solve(weights, rho, signal)
        lagged_signal = lagged_signal - lam * (weights @ lagged_signal)
        x = raw.x - lam * raw.wx
        if self.transformation.by_unit:
            effects = UnitEffects(self.transformation, weights, lam)
            x, lagged_signal = effects.remove(x), effects.remove(lagged_signal)
        filtered = replace(raw, x=x, wx=np.zeros_like(x))
        pairs = {"gg": (estimate.rho, estimate.rho), "hh": (estimate.lam, estimate.lam)}
        pairs["gh"] = (estimate.rho, estimate.lam)
        found = {
            name: block_traces(self.blocks, first, second, self.logdet, method=traces, seed=seed)
            for name, (first, second) in pairs.items()
            if first is not None and second is not None
        }
        information = expected_information(filtered, estimate, lagged_signal, self.logdet, found)
        if self.transformation.by_unit and self.transformation.lee_yu:
            first, second = self._restriction(lam)
            information[-2, -2] += second
            information[-2, -1] += first / estimate.sigma2
            information[-1, -2] += first / estimate.sigma2
        return information, max((trace.std_error for trace in found.values()), default=0.0)

    def _restriction(self, lam: float) -> tuple[float, float]:
        """What the removed effects take of ``tr H`` and of ``tr HH + tr H'H``.

        These become ``tr MH`` and ``tr MSMS / 2`` with ``S = H + H'`` and M off ``Z = B D``; ``H Z = W D``.
        """
        n, codes = self.transformation.n_units, self.transformation.codes
        effects = UnitEffects(self.transformation, self.blocks.weights, lam)
        squared, start = np.zeros((n, n)), 0
        for weights in self.blocks.matrices:
            units = codes[start : start + weights.shape[0]]
            start += weights.shape[0]
            own, dense = np.eye(len(units)), weights.toarray()
            turned = np.linalg.solve((own - lam * dense).T, dense.T @ (own - lam * dense))
            squared[np.ix_(units, units)] += (dense + turned).T @ (dense + turned)
        lagged = effects.cross(csr_array(self.blocks.weights @ self.transformation.dummies))
        with one_thread():
            both = effects.solve((lagged + lagged.T).toarray())
            taken = float((both * both.T).sum() / 2 - np.trace(effects.solve(squared)))
        return -effects.trace(lagged), taken

    def _sample(self) -> Sample:
        weights = self.blocks.weights
        wy = weights @ self.y
        return Sample(
            y=self.y,
            wy=wy,
            wwy=weights @ wy,
            x=self.x,
            wx=weights @ self.x,
            n_effective=self.transformation.n_effective,
        )

    def _demeaned(self, raw: Sample) -> Sample:
        demean = self.transformation.demean
        return replace(
            raw,
            y=demean(raw.y),
            wy=demean(raw.wy),
            wwy=demean(raw.wwy),
            x=demean(raw.x),
            wx=demean(raw.wx),
        )


def unit_effects(
    structural: Array, transformation: ObservedTransformation, weights: csr_array | None, lam: float
) -> Array:
    """Unit effects mu, shape (N,), of ``y - rho W y - X b``."""
    effects = UnitEffects(transformation, weights, lam)
    filtered = structural if weights is None else structural - lam * (weights @ structural)
    return effects.estimate(filtered)


def removed_effects(
    structural: Array, transformation: ObservedTransformation, weights: csr_array | None, lam: float
) -> Array:
    """The unit effect of every row, zero in a pooled panel."""
    if not transformation.by_unit:
        return np.zeros_like(structural)
    return unit_effects(structural, transformation, weights, lam)[transformation.codes]
