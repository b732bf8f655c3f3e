"""The log-t test of Phillips and Sul, and their search for convergence clubs; arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CRITICAL = -1.65
"""One-sided 5 % point: below it a group is not one club."""
_SIEVE_STEP = 0.05
_EQUAL = 1e-24
"""Variance of relative paths that rounding alone leaves."""
_NEAR_UNIT_ROOT = 1e-4


def smooth_trend(y: Floats, penalty: float) -> Floats:
    """Hodrick-Prescott trends of the rows.

    Parameters
    ----------
    y : ndarray, shape (N, T)
        Series.
    penalty : float
        On squared second differences.

    Returns
    -------
    ndarray, shape (N, T)
    """
    periods = y.shape[1]
    second = np.diff(np.eye(periods), n=2, axis=0)
    return np.asarray(np.linalg.solve(np.eye(periods) + penalty * second.T @ second, y.T).T)


@dataclass(frozen=True, slots=True)
class LogT:
    """Slope b of the log-t regression, its standard error and t statistic."""

    b: float
    std_error: float
    t: float

    @property
    def converges(self) -> bool:
        """Whether convergence is not rejected at 5 %."""
        return self.t > CRITICAL


def discarded(periods: int, share: float) -> int:
    """How many of the first periods a regression leaves out: the share, but always the first (log 1 = 0)."""
    return max(round(share * periods), 1)


def log_t(x: Floats, share: float) -> LogT:
    """Regress the fall of the cross-section variance on log t.

    Parameters
    ----------
    x : ndarray, shape (N, T)
        Positive paths of a group.
    share : float
        Of the first periods that is left out.

    Returns
    -------
    LogT
        ``log(H_1/H_t) - 2 log log t = a + b log t``, t = round(share T) + 1, ..., T; the variance of b is the
        long-run variance of the residuals over the sum of squares of log t. t is infinite for paths that
        become equal, minus infinite for those that only start so, and NaN without a long-run variance.
        Single periods in which all paths cross have no logarithm and are left out.
    """
    apart = np.mean((x / x.mean(axis=0) - 1) ** 2, axis=0)
    clock = np.arange(1, x.shape[1] + 1, dtype=float)
    kept = (clock > discarded(x.shape[1], share)) & (apart > _EQUAL)
    if kept.sum() < 3:
        return LogT(float("nan"), float("nan"), float("inf"))
    if apart[0] <= _EQUAL:
        return LogT(float("nan"), float("nan"), float("-inf"))
    logs = np.log(clock[kept])
    outcome = np.log(apart[0] / apart[kept]) - 2 * np.log(logs)
    centred = logs - logs.mean()
    b = float(centred @ outcome / (centred @ centred))
    residuals = outcome - outcome.mean() - b * centred
    variance = long_run_variance(residuals)
    if variance < 0:
        return LogT(b, float("nan"), float("nan"))
    error = float(np.sqrt(variance / (centred @ centred)))
    return LogT(b, error, b / error if error > 0 else float(np.copysign(np.inf, b)))


def long_run_variance(u: Floats) -> float:
    """Quadratic spectral kernel with the bandwidth of Andrews for a first-order autoregression.

    As in the programs of Phillips and Sul, and in those that follow them for Stata and R: products of
    different periods leave the last residual out, and all sums are divided by T - 1.

    Parameters
    ----------
    u : ndarray, shape (T,)
        Residuals.

    Returns
    -------
    float
    """
    n = len(u)
    squares = float(u @ u)
    before = u[:-1]
    if not before.any():
        return squares / (n - 1)
    rho = float(before @ u[1:] / (before @ before))
    bandwidth = 1.3221 * (4 * rho**2 / max(abs(1 - rho), _NEAR_UNIT_ROOT) ** 4 * n) ** 0.2
    if bandwidth == 0:
        return squares / (n - 1)
    angle = 1.2 * np.pi * np.arange(1, n - 1) / bandwidth
    kernel = 3 / angle**2 * (np.sin(angle) / angle - np.cos(angle))
    products = np.array([before[:-lag] @ before[lag:] for lag in range(1, n - 1)])
    return float(squares + 2 * kernel @ products) / (n - 1)


def find_clubs(x: Floats, share: float) -> tuple[list[Ints], Ints]:
    """Clubs by the algorithm of Phillips and Sul, before merging.

    Parameters
    ----------
    x : ndarray, shape (N, T)
        Paths, rows from the highest end to the lowest.
    share : float
        As in `log_t`.

    Returns
    -------
    clubs : list of ndarray
        Rows of each.
    divergent : ndarray
        Rows in none.
    """
    clubs: list[Ints] = []
    left = np.arange(len(x))
    while len(left) >= 2:
        if log_t(x[left], share).converges:
            return [*clubs, left], left[:0]
        core = _core_group(x, left, share)
        if core is None:
            break
        club = _sieve(x, core, np.setdiff1d(left, core), share)
        clubs.append(club)
        left = np.setdiff1d(left, club)
    return clubs, left


def _core_group(x: Floats, left: Ints, share: float) -> Ints | None:
    """Neighbours in the order of the end that converge most clearly, from the first pair that converges."""
    for first in range(len(left) - 1):
        best, best_t = None, -np.inf
        for last in range(first + 2, len(left) + 1):
            found = log_t(x[left[first:last]], share)
            if not found.converges:
                break
            if found.t > best_t:
                best, best_t = left[first:last], found.t
        if best is not None:
            return best
    return None


def _sieve(x: Floats, core: Ints, others: Ints, share: float) -> Ints:
    """The core and all others that alone converge with it, by a bar raised until all converge together."""
    alone = np.array([log_t(x[[*core, other]], share).t for other in others])
    bar = 0.0
    while True:
        club = np.sort(np.concatenate([core, others[alone > bar]]))
        if len(club) == len(core) or log_t(x[club], share).converges:
            return club
        above = alone[np.isfinite(alone) & (alone > bar)]
        if not len(above):
            return core
        # The next step of the bar that leaves one out, whatever rounding does to the multiple.
        bar = max(_SIEVE_STEP * float(np.ceil(above.min() / _SIEVE_STEP)), float(above.min()))


def merge_clubs(x: Floats, clubs: list[Ints], share: float) -> list[Ints]:
    """Join neighbouring clubs that converge together, downwards from the highest, again until none do.

    Parameters
    ----------
    x : ndarray, shape (N, T)
        Paths.
    clubs : list of ndarray
        Rows of each, from the highest club to the lowest.
    share : float
        As in `log_t`.

    Returns
    -------
    list of ndarray
    """
    merged = clubs[:1]
    for club in clubs[1:]:
        joint = np.sort(np.concatenate([merged[-1], club]))
        if log_t(x[joint], share).converges:
            merged[-1] = joint
        else:
            merged.append(club)
    return merged if len(merged) == len(clubs) else merge_clubs(x, merged, share)
