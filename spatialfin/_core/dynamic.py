"""Dynamic panels: quasi-likelihood, the bias of its estimates, stability, and effects over time.

``y_t = rho W y_t + tau y_t-1 + eta W y_t-1 + X_t b + mu (+ alpha_t) + v_t``. With ``S = (I - rho W)^-1``
the process moves by ``A = S (tau I + eta W)``, and its long run is governed by
``D = (1 - tau) I - (rho + eta) W = (1 - tau) (I - r W)``: the long run is a static model with the
coefficient ``r = (rho + eta) / (1 - tau)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .impacts import Multipliers, multiplier_slopes, multipliers, multipliers_of_draws
from .logdet import EigenLogDet, LogDet
from .spectrum import symmetrised
from .transformation import Transformation

Array = NDArray[np.float64]
Spectrum = NDArray[np.float64] | NDArray[np.complex128]


class Motion(NamedTuple):
    """tau, eta and rho: numbers, or arrays of shape (draws,)."""

    tau: Array | float
    eta: Array | float
    rho: Array | float

    @property
    def long_run(self) -> Array:
        """r, the coefficient of W in the long run."""
        return np.asarray((self.rho + self.eta) / (1 - np.asarray(self.tau)))


@dataclass(frozen=True, slots=True)
class DynamicTransformation(Transformation):
    """Demeaned over the T usable periods, all of which the likelihood counts.

    The bias that this leaves is of order 1/T and is removed afterwards. With two-way effects the period
    means are no observations, so that W needs row sums of 1.
    """

    @property
    def n_effective(self) -> int:
        """Observations that the likelihood counts: n T with n = N, or N - 1 for two-way effects."""
        return (self.n_units - self.by_time) * self.n_periods

    @property
    def periods(self) -> int:
        """How often the log-determinant counts."""
        return self.n_periods

    @property
    def centred(self) -> bool:
        """Whether the log-determinant loses the constant vector."""
        return self.by_time


def bias_direction(
    motion: Motion, sigma2: float, jacobian: LogDet, units: int, *, own: int, lag: int | None, size: int
) -> Array:
    """The vector a, shape (size,), of which ``Sigma^-1 a / T`` repairs the quasi-likelihood estimate.

    Parameters
    ----------
    motion : Motion
        Numbers for which the process is stable.
    sigma2 : float
    jacobian : LogDet
        Centred with two-way effects.
    units : int
        n: N, or N - 1 for two-way effects.
    own, lag : int
        Positions of tau and eta (None without it); rho and sigma2 stand last.
    size : int
        Number of parameters.

    References
    ----------
    Yu, J., de Jong, R. & Lee, L.-F. (2008). Quasi-maximum likelihood estimators for spatial dynamic panel
    data with fixed effects when both n and T are large. Journal of Econometrics 146, 118-134.
    Lee, L.-F. & Yu, J. (2010). A spatial dynamic panel data model with both time and individual fixed
    effects. Econometric Theory 26, 564-597.
    """
    r, scale = float(motion.long_run), 1 - float(motion.tau)
    # tr (J)(I - r W)^-1 = n + r tr JG(r) and tr (J) W (I - r W)^-1 = tr JG(r).
    trace_g = jacobian.trace_g(r)
    found = np.zeros(size)
    found[own] = (units + r * trace_g) / scale / units
    found[-2] = trace_g / scale / units
    if lag is not None:
        found[lag] = found[-2]
    found[-1] = 1 / (2 * sigma2)
    return found


def outer_spectrum(weights: csr_array, logdet: LogDet) -> Spectrum:
    """Eigenvalues of W among which A has its largest in modulus.

    All of them where they are known. Otherwise the two ends: between real ends the eigenvalues of A are
    monotone in those of W, and over the disk with these ends they are largest at an end, so that for a W
    with complex eigenvalues the spectral radius of A is bounded from above.
    """
    if isinstance(logdet, EigenLogDet):
        return logdet.eigenvalues
    low, high = logdet.interval
    return np.array([1 / low if symmetrised(weights) is not None else -1 / high, 1 / high])


def spectral_radius(spectrum: Spectrum, motion: Motion) -> Array:
    """Largest modulus of the eigenvalues ``(tau + eta w) / (1 - rho w)`` of A; shape of tau."""
    tau, eta, rho = (np.asarray(value)[..., None] for value in motion)
    return np.asarray(np.abs((tau + eta * spectrum) / (1 - rho * spectrum)).max(axis=-1))


def _scaled(values: Multipliers, factor: Array | float) -> Multipliers:
    return Multipliers(*(value * np.asarray(factor) for value in values.each()))


def long_run_multipliers(weights: csr_array, logdet: LogDet, motion: Motion) -> Multipliers:
    """Averages of ``D^-1`` and ``W D^-1`` for one motion."""
    return _scaled(multipliers(weights, logdet, float(motion.long_run)), 1 / (1 - motion.tau))


def long_run_of_draws(weights: csr_array, logdet: LogDet, motion: Motion) -> Multipliers:
    """Averages of ``D^-1`` and ``W D^-1`` for many stable motions, shape (draws,)."""
    return _scaled(multipliers_of_draws(weights, logdet, motion.long_run), 1 / (1 - motion.tau))


def long_run_slopes(weights: csr_array, logdet: LogDet, motion: Motion) -> dict[str, Multipliers]:
    """Derivatives of `long_run_multipliers` with respect to tau, eta and rho."""
    r, scale = float(motion.long_run), 1 - float(motion.tau)
    level = _scaled(multipliers(weights, logdet, r), 1 / scale**2)
    by_r = _scaled(multiplier_slopes(weights, logdet, r), 1 / scale**2)
    pairs = zip(level.each(), by_r.each(), strict=True)
    return {"tau": Multipliers(*(one + r * two for one, two in pairs)), "eta": by_r, "rho": by_r}


@dataclass(frozen=True, slots=True)
class FullSpectrum:
    """Averages of functions of W from its eigenvalues w.

    Attributes
    ----------
    own : array, shape (N,)
        ``tr f(W) / N`` is the mean of ``f(own)``.
    total, shares : array
        ``1' f(W) 1 / N`` is the sum of ``shares * f(total)``.
    """

    own: Spectrum
    total: Spectrum
    shares: Spectrum

    def multipliers(self, on_own: Array, on_total: Array) -> Multipliers:
        """Averages of a function from its values at `own` and `total`, shapes (..., N) and (..., m)."""
        return Multipliers(
            own=np.asarray(on_own.mean(axis=-1).real),
            own_lag=np.asarray((on_own * self.own).mean(axis=-1).real),
            total=np.asarray((on_total @ self.shares).real),
            total_lag=np.asarray((on_total @ (self.shares * self.total)).real),
        )


def full_spectrum(weights: csr_array, logdet: EigenLogDet) -> FullSpectrum | None:
    """All eigenvalues and what each carries of the vector of ones; None where W has no eigenvectors."""
    n = weights.shape[0]
    row_sums = np.asarray(weights.sum(axis=1), dtype=float).ravel()
    if np.ptp(row_sums) <= 1e-13 * max(abs(row_sums[0]), 1.0):
        return FullSpectrum(logdet.eigenvalues, row_sums[:1], np.ones(1))
    values, vectors = np.linalg.eig(weights.toarray())
    if np.linalg.cond(vectors) > 1e8:
        return None
    shares = vectors.sum(axis=0) * np.linalg.solve(vectors, np.ones(n)) / n
    return FullSpectrum(logdet.eigenvalues, values, shares)


def cumulative_multipliers(spectrum: FullSpectrum, motion: Motion, periods: int) -> Multipliers:
    """Averages of ``sum_{j <= h} A^j S`` after h periods, for one or many motions."""
    on = [_cumulated(motion, values, periods)[0] for values in (spectrum.own, spectrum.total)]
    return spectrum.multipliers(on[0], on[1])


def cumulative_slopes(spectrum: FullSpectrum, motion: Motion, periods: int) -> dict[str, Multipliers]:
    """Derivatives of `cumulative_multipliers` with respect to tau, eta and rho, for one motion."""
    on_own = _cumulated(motion, spectrum.own, periods)
    on_total = _cumulated(motion, spectrum.total, periods)
    return {
        name: spectrum.multipliers(on_own[number], on_total[number])
        for number, name in enumerate(("tau", "eta", "rho"), start=1)
    }


def _cumulated(motion: Motion, values: Spectrum, periods: int) -> list[Array]:
    """``s sum a^j`` at eigenvalues w, ``s = 1/(1 - rho w)``, ``a = (tau + eta w) s``; and its slopes."""
    tau, eta, rho = (np.asarray(value)[..., None] for value in motion)
    s = 1 / (1 - rho * values)
    a = (tau + eta * values) * s
    power, summed, derived = np.ones_like(a), np.ones_like(a), np.zeros_like(a)
    for step in range(1, periods + 1):
        derived = derived + step * power
        power = power * a
        summed = summed + power
    by_a = derived * s**2  # da/dtau = s
    return [summed * s, by_a, by_a * values, (by_a * a + summed * s**2) * values]
