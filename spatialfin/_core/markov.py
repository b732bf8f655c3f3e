"""Markov chains of classes: counts, probabilities, long run, tests of homogeneity; arrays only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.stats import chi2

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PERIODIC = 1e-9


def transition_counts(start: Ints, end: Ints, classes: int) -> Floats:
    """How often class i was followed by class j.

    Parameters
    ----------
    start, end : ndarray of int
        Classes 0, 1, ... of the same cases, before and after.
    classes : int
        Number of classes k.

    Returns
    -------
    ndarray, shape (k, k)
        Counts, row = before.
    """
    flat = np.bincount(start.ravel() * classes + end.ravel(), minlength=classes**2)
    return flat.reshape(classes, classes).astype(float)


def probabilities(counts: Floats) -> Floats:
    """Shares of each row; NaN in rows without a case."""
    sums = counts.sum(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        found: Floats = counts / sums
    return found


@dataclass(frozen=True, slots=True)
class LongRun:
    """Where a chain ends, if it does so wherever it starts.

    Attributes
    ----------
    steady_state : ndarray, shape (k,)
        Stationary distribution; NaN where it is not unique, and for classes that were never seen.
    closed : list of ndarray
        Classes of each set that the chain cannot leave.
    unseen : ndarray of int
        Classes that no case is in.
    dead_ends : ndarray of int
        Classes that cases enter, but which none was seen to leave or stay in.
    period : int
        Length of the cycle in the closed set: 1 for a chain that converges.
    half_life : float
        Periods until half of the distance to the steady state is gone; NaN without one.
    """

    steady_state: Floats
    closed: list[Ints]
    unseen: Ints
    dead_ends: Ints
    period: int
    half_life: float


def long_run(counts: Floats) -> LongRun:
    """Closed sets, steady state and half-life of the chain that counts estimate.

    Parameters
    ----------
    counts : ndarray, shape (k, k)
        Transitions.

    Returns
    -------
    LongRun
    """
    k = len(counts)
    leaves, entered = counts.sum(axis=1) > 0, counts.sum(axis=0) > 0
    unseen, dead_ends = np.flatnonzero(~leaves & ~entered), np.flatnonzero(~leaves & entered)
    seen = np.flatnonzero(leaves)
    steady = np.full(k, np.nan)
    closed: list[Ints] = []
    if len(seen):
        sets = _closed_sets(counts[np.ix_(seen, seen)])
        closed = [seen[members] for members in sets]
    if len(closed) != 1 or len(dead_ends):
        return LongRun(steady, closed, unseen, dead_ends, 1, float("nan"))
    chain = probabilities(counts[np.ix_(seen, seen)])
    steady[seen] = _stationary(chain)
    sizes = np.sort(np.abs(np.linalg.eigvals(chain)))[::-1]
    period = int(np.count_nonzero(sizes > 1 - _PERIODIC))
    second = sizes[1] if len(sizes) > 1 else 0.0
    half_life = float("nan")
    if period == 1:
        half_life = -np.log(2) / np.log(second) if second > _PERIODIC else 0.0
    return LongRun(steady, closed, unseen, dead_ends, period, float(half_life))


def _closed_sets(counts: Floats) -> list[Ints]:
    """Sets of classes that reach each other and nothing else, in the order of their first class."""
    links = csr_matrix((counts > 0).astype(np.int8))
    number, component = connected_components(links, directed=True, connection="strong")
    found = [np.flatnonzero(component == one) for one in range(number)]
    ends = [members for members in found if not np.delete(counts[members], members, axis=1).any()]
    return sorted(ends, key=lambda members: int(members[0]))


def _stationary(chain: Floats) -> Floats:
    """The row vector with ``pi P = pi`` that sums to one."""
    k = len(chain)
    system = np.vstack([chain.T - np.eye(k), np.ones(k)])
    found = np.linalg.lstsq(system, np.append(np.zeros(k), 1.0), rcond=None)[0]
    clipped = np.where(found < 1e-14, 0.0, found)
    steady: Floats = clipped / clipped.sum()
    return steady


def mean_first_passage(counts: Floats) -> Floats:
    """Expected number of periods from class i until class j is next entered.

    Parameters
    ----------
    counts : ndarray, shape (k, k)
        Transitions.

    Returns
    -------
    ndarray, shape (k, k)
        On the diagonal the mean time of return; infinite where j may never be reached, NaN from classes
        that no case was seen to leave.
    """
    k = len(counts)
    known = counts.sum(axis=1) > 0
    chain = np.where(known[:, None], np.nan_to_num(probabilities(counts)), 0.0)
    found = np.full((k, k), np.nan)
    for target in range(k):
        surely = _surely_reach(chain, target, known)
        others = np.flatnonzero(surely & (np.arange(k) != target))
        times = np.full(k, np.inf)
        times[target] = 0.0
        among = chain[np.ix_(others, others)]
        times[others] = np.linalg.solve(np.eye(len(others)) - among, np.ones(len(others)))
        onward = chain > 0
        found[:, target] = [1 + chain[i, onward[i]] @ times[onward[i]] for i in range(k)]
    found[~known] = np.nan
    return found


def _surely_reach(chain: Floats, target: int, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """From which classes the target is reached with probability one."""
    links = chain > 0
    links[target] = False
    reach = links | np.eye(len(chain), dtype=bool)
    for _ in range(len(chain)):
        reach = reach | ((reach.astype(int) @ reach.astype(int)) > 0)
    able = reach[:, target] & (known | (np.arange(len(chain)) == target))
    sure: NDArray[np.bool_] = ~(reach & ~able[None, :]).any(axis=1)
    return sure


@dataclass(frozen=True, slots=True)
class Homogeneity:
    """Likelihood ratio and chi-squared statistics with their degrees of freedom."""

    lr: float
    q: float
    df: int

    @property
    def p_values(self) -> tuple[float, float]:
        """Upper tails, NaN without degrees of freedom."""
        if self.df == 0:
            return float("nan"), float("nan")
        return float(chi2.sf(self.lr, self.df)), float(chi2.sf(self.q, self.df))


def homogeneity(counts: Floats) -> Homogeneity:
    """Whether several chains have the same probabilities.

    Parameters
    ----------
    counts : ndarray, shape (m, k, k)
        Transitions of each of m regimes.

    Returns
    -------
    Homogeneity
        ``LR = 2 sum n_ij|m ln(p_ij|m / p_ij)`` and ``Q = sum n_i|m (p_ij|m - p_ij)^2 / p_ij`` with
        ``sum_i (a_i - 1)(b_i - 1)`` degrees of freedom: a_i regimes with a case in row i, b_i classes that
        row i leads to in all regimes together.
    """
    pooled = counts.sum(axis=0)
    expected = counts.sum(axis=2)[:, :, None] * np.nan_to_num(probabilities(pooled))
    there = counts > 0
    lr = 2 * float(np.sum(counts[there] * np.log(counts[there] / expected[there])))
    possible = expected > 0
    q = float(np.sum((counts[possible] - expected[possible]) ** 2 / expected[possible]))
    regimes, targets = (counts.sum(axis=2) > 0).sum(axis=0), (pooled > 0).sum(axis=1)
    used = regimes > 0
    return Homogeneity(max(lr, 0.0), q, int(((regimes - 1) * (targets - 1))[used].sum()))
