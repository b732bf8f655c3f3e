"""Covariances besides the expected information: observed information and sandwiches for panels.

With residuals e (demeaned), ``C`` the matrix G of rho or H of lam (centred where period means are removed)
and g the rest of ``B W y``, the score of a spatial coefficient is ``(g'e + e'C e) / s2 - trace``. Its part
that is drawn with unit i, after all units before it, is a martingale difference (Kelejian & Prucha 2001):
``g_i e_i + C_ii (e_i^2 - s2) + e_i sum_{j before i} (C_ij + C_ji) e_j``. The sum of its squares estimates the
variance of the score; it depends on the order of the units, so its mean over all orders is taken, which has
a closed form: j stands before i in half of them, j and k both in a third.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .likelihood import Estimate, Sample
from .logdet import LogDet
from .transformation import Transformation

Array = NDArray[np.float64]
Dependence = Literal["robust", "cluster", "driscoll-kraay"]

DENSE_LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class Filtered:
    """What the scores multiply the residuals with: B X, B W y and W u; None where a switch is off."""

    x: Array
    lag: Array | None
    error: Array | None

    @classmethod
    def of(cls, sample: Sample, estimate: Estimate) -> Filtered:
        """At an estimate."""
        rho, lam = estimate.rho or 0.0, estimate.lam or 0.0
        return cls(
            x=sample.x - lam * sample.wx,
            lag=None if estimate.rho is None else sample.wy - lam * sample.wwy,
            error=None if estimate.lam is None else sample.wy - rho * sample.wwy - sample.wx @ estimate.beta,
        )

    @property
    def columns(self) -> Array:
        """All of them side by side, in the order of the parameters."""
        return np.column_stack([self.x, *(v for v in (self.lag, self.error) if v is not None)])


def observed_information(sample: Sample, estimate: Estimate, logdet: LogDet) -> Array:
    """Negative Hessian of the log-likelihood of (beta, rho, lam, sigma2) at its maximum."""
    k, s2, e = sample.k, estimate.sigma2, estimate.residuals
    filtered = Filtered.of(sample, estimate)
    columns = filtered.columns
    size = columns.shape[1] + 1
    information = np.zeros((size, size))
    information[:-1, :-1] = columns.T @ columns / s2
    information[:-1, -1] = information[-1, :-1] = columns.T @ e / s2**2
    information[-1, -1] = float(e @ e) / s2**3 - sample.n_effective / (2 * s2**2)
    if estimate.rho is not None:
        information[k, k] += sample.periods * logdet.trace_gg(estimate.rho)
    if estimate.lam is not None:
        information[-2, -2] += sample.periods * logdet.trace_gg(estimate.lam)
        cross = sample.wx.T @ e / s2
        information[:k, -2] += cross
        information[-2, :k] += cross
        if estimate.rho is not None:
            both = float(sample.wwy @ e) / s2
            information[k, -2] += both
            information[-2, k] += both
    return information


@dataclass(frozen=True, slots=True)
class Pieces:
    """A score taken apart.

    Attributes
    ----------
    own : array, shape (T, N, p)
        What every residual brings by itself: linear part and diagonal.
    pairs : dict
        Parameter -> symmetric matrix of shape (N, N) without diagonal, ``(C + C')``.
    residuals : array, shape (T, N)
    """

    own: Array
    pairs: dict[int, Array]
    residuals: Array


def least_squares_pieces(x: Array, residuals: Array, transformation: Transformation) -> Pieces:
    """Moments ``X'e`` of demeaned data."""
    shape = (transformation.n_periods, transformation.n_units)
    moments = x * residuals[:, None]
    return Pieces(moments.reshape(*shape, x.shape[1]), {}, residuals.reshape(shape))


def likelihood_pieces(
    sample: Sample, estimate: Estimate, weights: csr_array, transformation: Transformation
) -> Pieces:
    """Scores of (beta, rho, lam, sigma2); forms the dense G and H."""
    shape = (transformation.n_periods, transformation.n_units)
    e, s2 = estimate.residuals, estimate.sigma2
    surplus = e**2 - float(e @ e) / len(e)
    filtered = Filtered.of(sample, estimate)
    own = [*(filtered.x * (e / s2)[:, None]).T]
    pairs: dict[int, Array] = {}
    for coefficient, lagged in ((estimate.rho, filtered.lag), (estimate.lam, filtered.error)):
        if coefficient is None or lagged is None:
            continue
        matrix = _spread(weights, coefficient, centred=transformation.by_time)
        through = (e.reshape(shape) @ matrix.T).ravel()
        diagonal = np.tile(np.diag(matrix), shape[0])
        symmetric = (matrix + matrix.T) / s2
        np.fill_diagonal(symmetric, 0.0)
        pairs[len(own)] = symmetric
        own.append((e * (lagged - through) + diagonal * surplus) / s2)
    own.append(surplus / (2 * s2**2))
    return Pieces(np.column_stack(own).reshape(*shape, len(own)), pairs, e.reshape(shape))


def _spread(weights: csr_array, coefficient: float, *, centred: bool) -> Array:
    """``W (I - coefficient W)^-1``, without row and column means where `centred`."""
    dense = weights.toarray()
    matrix = np.linalg.solve(np.eye(len(dense)) - coefficient * dense, dense)
    if centred:
        matrix = matrix - matrix.mean(axis=0)
        matrix = matrix - matrix.mean(axis=1, keepdims=True)
    return np.asarray(matrix)


def score_variance(pieces: Pieces, *, clustered: bool) -> Array:
    """Variance of a score: units independent, and where not `clustered` also the periods of a unit.

    The mean over all orders of the units of the summed squares of the martingale differences.
    """
    e, size = pieces.residuals, pieces.own.shape[2]
    others = np.zeros_like(pieces.own)
    for parameter, matrix in pieces.pairs.items():
        others[:, :, parameter] = e * (e @ matrix)
    own = (pieces.own.sum(axis=0) if clustered else pieces.own).reshape(-1, size)
    others = (others.sum(axis=0) if clustered else others).reshape(-1, size)
    mixed = own.T @ others
    variance = own.T @ own + (mixed + mixed.T) / 2 + others.T @ others / 3
    products = (e.T @ e) ** 2 if clustered and pieces.pairs else None
    squares = e**2
    for first, left in pieces.pairs.items():
        for second, right in pieces.pairs.items():
            both = left * right
            found = (both * products).sum() if products is not None else (squares @ both * squares).sum()
            variance[first, second] += float(found) / 6
    return np.asarray(variance)


def period_scores(
    sample: Sample, estimate: Estimate, logdet: LogDet, transformation: Transformation
) -> Array:
    """Scores of (beta, rho, lam, sigma2) of every period, shape (T, p)."""
    periods, e, s2 = transformation.n_periods, estimate.residuals, estimate.sigma2
    columns = Filtered.of(sample, estimate).columns
    scores = (columns * (e / s2)[:, None]).reshape(periods, -1, columns.shape[1]).sum(axis=1)
    spatial = [value for value in (estimate.rho, estimate.lam) if value is not None]
    for place, coefficient in enumerate(spatial, start=sample.k):
        scores[:, place] -= sample.periods / periods * logdet.trace_g(coefficient)
    squares = (e**2).reshape(periods, -1).sum(axis=1)
    return np.column_stack([scores, (squares - sample.n_effective * s2 / periods) / (2 * s2**2)])


def bandwidth(periods: int) -> int:
    """Lags of Driscoll and Kraay: ``floor(4 (T / 100)^(2/9))``, at most T - 1 (Newey & West 1994)."""
    return min(int(4 * (periods / 100) ** (2 / 9)), periods - 1)


def long_run_variance(scores: Array) -> Array:
    """Bartlett's kernel over the scores of the periods, shape (T, p)."""
    lags = bandwidth(len(scores))
    variance = scores.T @ scores
    for lag in range(1, lags + 1):
        product = scores[lag:].T @ scores[:-lag]
        variance = variance + (1 - lag / (lags + 1)) * (product + product.T)
    return np.asarray(variance)


def small_sample(kind: Dependence, transformation: Transformation, k: int | None) -> float:
    """What the variance of the scores is multiplied by; `k` regressors of least squares, else None.

    Robust and Driscoll-Kraay: NT over the observations left by the removed means (and, for least squares,
    the coefficients). By unit: N / (N - 1), for least squares times (NT - 1) / (NT - K) with K the
    coefficients and those means that are not nested in units (T of them, 1 for unit effects alone).
    """
    n, periods = transformation.n_units, transformation.n_periods
    total = n * periods
    if kind != "cluster":
        return total / (transformation.within_observations - (k or 0))
    groups = n / (n - 1)
    if k is None:
        return groups
    removed = periods if transformation.by_time else int(transformation.by_unit)
    return groups * (total - 1) / (total - k - removed)


def sandwich(bread: Array, variance: Array) -> Array:
    """``bread variance bread``, symmetric to the last bit."""
    found = bread @ variance @ bread
    return np.asarray((found + found.T) / 2)
