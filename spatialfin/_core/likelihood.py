"""One Gaussian likelihood with two switches, rho and lam.

``(I - rho W) y = X b + u``, ``(I - lam W) u = e``, ``e ~ N(0, sigma2 I)``. With both switches off it is
least squares; a Durbin model only has lagged columns in X. A cross-section is a panel with one period:
`Sample` holds transformed stacked data, and ``n_effective`` and ``periods`` carry the transformation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import xlogy

from .._errors import ConvergenceError
from .least_squares import triangle_of
from .logdet import LogDet

Array = NDArray[np.float64]

_GRID = 6
_MOST_STEPS = 100
_EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Sample:
    """Stacked data, already transformed (lag first, then demean).

    Attributes
    ----------
    y, wy, wwy : array, shape (m,)
        The outcome, its spatial lag, and the lag of the lag (needed where both switches are on).
    x, wx : array, shape (m, k)
        The regressors (Durbin columns among them) and their spatial lags.
    n_effective : float
        Observations that the transformation leaves; N for a cross-section.
    periods : float
        How often the log-determinant counts; 1 for a cross-section.
    """

    y: Array
    wy: Array
    wwy: Array
    x: Array
    wx: Array
    n_effective: float
    periods: float = 1.0

    @property
    def k(self) -> int:
        """Number of regressors."""
        return int(self.x.shape[1])


@dataclass(frozen=True, slots=True)
class Estimate:
    """Maximum-likelihood estimate.

    Attributes
    ----------
    beta : array, shape (k,)
    rho, lam : float or None
        None where the switch is off.
    sigma2 : float
        SSR / n_effective.
    loglik : float
        With all constants.
    residuals : array, shape (m,)
        e, the innovations.
    errors : array, shape (m,)
        u = y - rho W y - X b, before the error filter.
    """

    beta: Array
    rho: float | None
    lam: float | None
    sigma2: float
    loglik: float
    residuals: Array
    errors: Array


class Profile:
    """The likelihood concentrated over beta and sigma2.

    An orthogonal reduction of ``[y, Wy, WWy, X, WX]`` done once leaves a small triangle: every later
    evaluation costs the same for any number of observations and does not square the condition number.
    """

    def __init__(self, sample: Sample, logdet: LogDet) -> None:
        self.sample, self.logdet = sample, logdet
        columns = np.column_stack([sample.y, sample.wy, sample.wwy, sample.x, sample.wx])
        triangle = triangle_of(columns)
        k = sample.k
        self._y, self._wy, self._wwy = triangle[:, 0], triangle[:, 1], triangle[:, 2]
        self._x, self._wx = triangle[:, 3 : 3 + k], triangle[:, 3 + k :]
        self._values: dict[float, float] = {0.0: 0.0}
        self._reduced: dict[float, tuple[Array, Array]] = {}

    def log_det(self, coefficient: float) -> float:
        """``ln|I - coefficient W|``, remembered."""
        if coefficient not in self._values:
            self._values[coefficient] = self.logdet.value(coefficient)
        return self._values[coefficient]

    def beta(self, rho: float, lam: float) -> tuple[Array, Array]:
        """Coefficients and reduced residuals at (rho, lam)."""
        y = self._outcome(rho, lam)
        basis, triangle = self._basis(lam)
        along = basis.T @ y
        return np.asarray(np.linalg.solve(triangle, along)), np.asarray(y - basis @ along)

    def residuals(self, rho: float, lam: float) -> Array:
        """Reduced residuals at (rho, lam)."""
        y = self._outcome(rho, lam)
        basis, _ = self._basis(lam)
        return np.asarray(y - basis @ (basis.T @ y))

    def _outcome(self, rho: float, lam: float) -> Array:
        y = self._y - rho * self._wy
        return np.asarray(y - lam * (self._wy - rho * self._wwy) if lam else y)

    def _basis(self, lam: float) -> tuple[Array, Array]:
        """Orthonormal regressors and their triangle; only lam moves them."""
        if lam not in self._reduced:
            self._reduced = {lam: np.linalg.qr(self._x - lam * self._wx)}
        return self._reduced[lam]

    def _ssr(self, rho: float, lam: float) -> float:
        residuals = self.residuals(rho, lam)
        return float(residuals @ residuals)

    def value(self, rho: float, lam: float) -> float:
        """The concentrated log-likelihood, with all constants."""
        n, ssr = self.sample.n_effective, self._ssr(rho, lam)
        jacobian = self.sample.periods * (self.log_det(rho) + self.log_det(lam))
        return float(-n / 2 * (np.log(2 * np.pi) + 1) - xlogy(n / 2, ssr / n) + jacobian)

    def score_rho(self, rho: float, lam: float) -> float:
        """Derivative with respect to rho (beta and sigma2 at their optimum)."""
        residuals = self.residuals(rho, lam)
        slope = residuals @ (self._wy - lam * self._wwy) / (residuals @ residuals)
        return float(self.sample.n_effective * slope - self.sample.periods * self.logdet.trace_g(rho))

    def score_lam(self, rho: float, lam: float) -> float:
        """Derivative with respect to lam (beta and sigma2 at their optimum)."""
        beta, residuals = self.beta(rho, lam)
        lagged = self._wy - rho * self._wwy - self._wx @ beta
        slope = residuals @ lagged / (residuals @ residuals)
        return float(self.sample.n_effective * slope - self.sample.periods * self.logdet.trace_g(lam))


def check_imperfect(residuals: Array, y: Array) -> None:
    """Refuse a fit that leaves nothing to the errors.

    Raises
    ------
    ConvergenceError
        When the regressors reproduce the outcome.
    """
    if residuals @ residuals <= 1e-22 * (y @ y):
        raise ConvergenceError(
            "The regressors reproduce the outcome exactly, so there is no error variance to estimate. "
            "Check whether the outcome, or a transformation of it, stands on the right-hand side."
        )


def maximise(sample: Sample, logdet: LogDet, *, lag: bool, error: bool) -> Estimate:
    """Maximum of the likelihood with the switches `lag` (rho) and `error` (lam).

    Raises
    ------
    ConvergenceError
        When the maximum lies at a bound of the feasible interval or the fit is perfect.
    """
    profile = Profile(sample, logdet)
    check_imperfect(profile.beta(0.0, 0.0)[1], sample.y)
    rho, lam = coefficients(profile, lag=lag, error=error)
    beta, _ = profile.beta(rho, lam)
    errors = sample.y - rho * sample.wy - sample.x @ beta
    lagged_errors = sample.wy - rho * sample.wwy - sample.wx @ beta
    residuals = errors - lam * lagged_errors
    return Estimate(
        beta=beta,
        rho=rho if lag else None,
        lam=lam if error else None,
        sigma2=float(residuals @ residuals) / sample.n_effective,
        loglik=profile.value(rho, lam),
        residuals=residuals,
        errors=errors,
    )


def coefficients(profile: Profile, *, lag: bool, error: bool) -> tuple[float, float]:
    """Values of rho and lam at the maximum; zero where the switch is off."""
    if lag and error:
        return _two_coefficients(profile)
    logdet = profile.logdet
    if lag:
        value, score = profile.value, profile.score_rho
        return _one_coefficient(lambda at: value(at, 0.0), lambda at: score(at, 0.0), logdet), 0.0
    if error:
        value, score = profile.value, profile.score_lam
        return 0.0, _one_coefficient(lambda at: value(0.0, at), lambda at: score(0.0, at), logdet)
    return 0.0, 0.0


def feasible_grid(logdet: LogDet) -> list[float]:
    """The feasible interval, a hair inside its ends, with points between, denser towards the ends."""
    low, high = logdet.interval
    margin = _EDGE * (high - low)
    angles = np.linspace(np.pi, 0, _GRID)
    return [float(point) for point in (low + high) / 2 + ((high - low) / 2 - margin) * np.cos(angles)]


def _one_coefficient(
    value: Callable[[float], float], score: Callable[[float], float], logdet: LogDet
) -> float:
    """The root of the score next to the best inner point of a coarse grid.

    Secant steps inside a shrinking bracket: the score is smooth, and each evaluation is a factorisation.
    """
    grid = feasible_grid(logdet)
    inner = [value(point) for point in grid[1:-1]]
    best = int(np.argmax(inner)) + 1
    low, high = grid[best - 1], grid[best + 1]
    point, curvature = _peak(grid[1:-1], inner)
    previous: tuple[float, float] | None = None
    for _ in range(_MOST_STEPS):
        slope = score(point)
        low, high = (point, high) if slope > 0 else (low, point)
        if previous is not None:
            curvature = (slope - previous[1]) / (point - previous[0])
        step = -slope / curvature if curvature < 0 else float(np.copysign(0.1, slope))
        previous = (point, slope)
        following = point + step
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - point) <= 1e-11 or slope == 0:
            break
        point = following
    if min(point - grid[0], grid[-1] - point) <= _EDGE:
        raise at_the_bound(point, logdet)
    return point


def _peak(points: list[float], values: list[float]) -> tuple[float, float]:
    """Where the parabola through the three points around the best one has its top, and its curvature."""
    best = min(max(int(np.argmax(values)), 1), len(points) - 2)
    left, centre, right = points[best - 1 : best + 2]
    rise = (values[best] - values[best - 1]) / (centre - left)
    curvature = 2 * ((values[best + 1] - values[best]) / (right - centre) - rise) / (right - left)
    if curvature >= 0:
        return centre, curvature
    top, reach = (left + centre) / 2 - rise / curvature, (right - left) / 2
    return min(max(top, centre - reach), centre + reach), curvature


def _two_coefficients(profile: Profile) -> tuple[float, float]:
    """Several starts, because the likelihood of the SAC model can have two maxima; then the scores' root."""
    grid = feasible_grid(profile.logdet)
    surface = {(rho, lam): profile.value(rho, lam) for rho in grid for lam in grid}
    starts = sorted(surface, key=lambda point: surface[point], reverse=True)[:3]
    bounds = [(grid[0], grid[-1])] * 2

    def negative(point: Array) -> tuple[float, Array]:
        rho, lam = float(point[0]), float(point[1])
        gradient = np.array([profile.score_rho(rho, lam), profile.score_lam(rho, lam)])
        return -profile.value(rho, lam), -gradient

    found = [
        minimize(
            negative, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-9}
        )
        for start in starts
    ]
    best = min(found, key=lambda result: float(result.fun))
    optimised = (float(best.x[0]), float(best.x[1]))
    rho, lam = _newton(profile, *optimised)
    for coefficient in (*optimised, rho, lam):
        if min(coefficient - grid[0], grid[-1] - coefficient) <= _EDGE:
            raise at_the_bound(coefficient, profile.logdet)
    return rho, lam


def _newton(profile: Profile, rho: float, lam: float) -> tuple[float, float]:
    """A few Newton steps on the exact scores, so that the answer does not depend on the optimiser."""
    point, step = np.array([rho, lam]), 1e-5

    def scores(at: Array) -> Array:
        return np.array([profile.score_rho(at[0], at[1]), profile.score_lam(at[0], at[1])])

    for _ in range(3):
        jacobian = np.column_stack(
            [(scores(point + shift) - scores(point - shift)) / (2 * step) for shift in np.eye(2) * step]
        )
        move = np.linalg.solve(jacobian, scores(point))
        if np.abs(move).max() > 1e-2:  # flat likelihood: keep the optimiser's point
            break
        point = point - move
    return float(point[0]), float(point[1])


def at_the_bound(coefficient: float, logdet: LogDet) -> ConvergenceError:
    """The error of a coefficient whose likelihood has no maximum inside its interval."""
    low, high = logdet.interval
    return ConvergenceError(
        f"The likelihood still rises at the bound of the spatial coefficient ({coefficient:.4f}; feasible "
        f"interval {low:.4f} to {high:.4f}). The model does not fit these data and weights: check W "
        "(units, standardisation), a near-perfect regressor, or try another model."
    )
