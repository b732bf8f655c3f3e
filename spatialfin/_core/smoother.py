"""Local-linear smoothing of one variable over another, with its bootstrap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_TRIED = 20
_NARROWEST, _WIDEST = 0.05, 1.0
"""Bandwidths that are tried, as shares of the range."""
_DEGENERATE = 1e-10


def local_linear(x: Floats, y: Floats, at: Floats, bandwidth: float, counts: Floats | None = None) -> Floats:
    """Local-linear estimates with a Gaussian kernel.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Data.
    at : ndarray, shape (g,)
        Where to estimate.
    bandwidth : float
        Standard deviation of the kernel.
    counts : ndarray, shape (n, r), optional
        How often each case is in each of r samples.

    Returns
    -------
    ndarray, shape (g,) or (g, r)
        NaN where only one value of x carries weight.
    """
    apart = x - at[:, None]
    # The largest weight of a point is 1: far from all cases the nearest ones decide.
    power = -((apart / bandwidth) ** 2) / 2
    kernel = np.exp(power - power.max(axis=1, keepdims=True))
    weights = np.ones((len(x), 1)) if counts is None else counts
    moments = [kernel * apart**degree @ weights for degree in (0, 1, 2)]
    cases = weights * y[:, None]
    found = _line(moments, kernel @ cases, (kernel * apart) @ cases, bandwidth)
    return found[:, 0] if counts is None else found


def cross_validated_bandwidth(x: Floats, y: Floats) -> float:
    """The bandwidth with the smallest squared error of predicting each case from the others.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Data, with at least three different x.

    Returns
    -------
    float
        One of 20 between 5 % and 100 % of the range of x.
    """
    tried = np.geomspace(_NARROWEST, _WIDEST, _TRIED) * np.ptp(x)
    apart = x - x[:, None]
    errors = []
    for width in tried:
        kernel = np.exp(-((apart / width) ** 2) / 2)
        np.fill_diagonal(kernel, 0.0)
        moments = [(kernel * apart**power).sum(axis=1) for power in (0, 1, 2)]
        error = float(np.mean((y - _line(moments, kernel @ y, (kernel * apart) @ y, width)) ** 2))
        errors.append(error if np.isfinite(error) else np.inf)
    return float(tried[int(np.argmin(errors))])


def _line(moments: list[Floats], t0: Floats, t1: Floats, bandwidth: float) -> Floats:
    """Height at the point itself of the line through cases with these weighted sums."""
    s0, s1, s2 = moments
    spread = s2 * s0 - s1**2
    with np.errstate(divide="ignore", invalid="ignore"):
        line: Floats = (s2 * t0 - s1 * t1) / spread
    return np.where(spread > _DEGENERATE * s0**2 * bandwidth**2, line, np.nan)


def bootstrap_counts(n: int, draws: int, seed: int, groups: NDArray[np.int64] | None = None) -> Floats:
    """How often each case is in each bootstrap sample.

    Parameters
    ----------
    n, draws : int
        Cases and samples.
    seed : int
        Of the generator.
    groups : ndarray of int, shape (n,), optional
        Groups that are drawn from each alone, in ascending order.

    Returns
    -------
    ndarray, shape (n, draws)
    """
    generator = np.random.default_rng(seed)
    member = np.zeros(n, dtype=np.int64) if groups is None else groups
    sizes = np.bincount(member)
    parts = [generator.multinomial(size, np.full(size, 1 / size), draws).T for size in sizes if size]
    return np.concatenate(parts).astype(float)
