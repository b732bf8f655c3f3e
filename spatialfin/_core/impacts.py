"""Direct, indirect and total impacts, ``S_k = (I - rho W)^-1 (beta_k I + theta_k W)``, for any W.

Everything an average impact needs are four numbers of rho: ``tr (I - rho W)^-1 = N + rho tr G``,
``tr W (I - rho W)^-1 = tr G``, and the sums ``1' (I - rho W)^-1 1`` and ``1' W (I - rho W)^-1 1``
(LeSage & Pace 2009, ch. 4). No inverse is formed and no row sum is assumed to be 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from .logdet import EigenLogDet, LogDet
from .sparse_lu import factorise, filter_matrix

Array = NDArray[np.float64]

_MOST_NODES = 129


@dataclass(frozen=True, slots=True)
class Multipliers:
    """Per-unit averages at one or many rho (arrays of one shape).

    Attributes
    ----------
    own : array
        ``tr S / N`` for ``S = (I - rho W)^-1``.
    own_lag : array
        ``tr(W S) / N``.
    total : array
        ``1' S 1 / N``.
    total_lag : array
        ``1' W S 1 / N``.
    """

    own: Array
    own_lag: Array
    total: Array
    total_lag: Array

    def impacts(self, beta: Array, theta: Array) -> Array:
        """Direct, indirect, total; shape (..., 3) for beta and theta of shape (...)."""
        direct = beta * self.own + theta * self.own_lag
        total = beta * self.total + theta * self.total_lag
        return np.stack([direct, total - direct, total], axis=-1)

    def over_draws(self) -> Multipliers:
        """One row per draw, for coefficients of shape (draws, variables)."""
        return Multipliers(*(np.expand_dims(v, -1) for v in self.each()))

    def each(self) -> tuple[Array, Array, Array, Array]:
        """The four averages."""
        return self.own, self.own_lag, self.total, self.total_lag


def _row_total(weights: csr_array, rho: float) -> float:
    """``1' (I - rho W)^-1 1 / N``."""
    ones = np.ones(weights.shape[0])
    return float(factorise(filter_matrix(weights, rho)).solve(ones).mean()) if rho else 1.0


def multipliers(weights: csr_array, logdet: LogDet, rho: float) -> Multipliers:
    """The four averages at one rho, exactly."""
    n = weights.shape[0]
    own_lag = logdet.trace_g(rho) / n
    total = _row_total(weights, rho)
    total_lag = (total - 1) / rho if abs(rho) > 1e-8 else float(weights.sum()) / n
    return Multipliers(*(np.asarray(v) for v in (1 + rho * own_lag, own_lag, total, total_lag)))


def multiplier_slopes(weights: csr_array, logdet: LogDet, rho: float) -> Multipliers:
    """Derivatives of the four averages with respect to rho, exactly."""
    n = weights.shape[0]
    trace_g, trace_gg = logdet.trace_g(rho), logdet.trace_gg(rho)
    solver = factorise(filter_matrix(weights, rho))
    ones = np.ones(n)
    forward = solver.solve(ones)
    backward = factorise(csc_array(filter_matrix(weights, rho).T)).solve(ones)
    lagged = weights @ forward
    total = float(backward @ lagged) / n
    # W S commutes: 1' W S W S 1 = (S' W' 1)' (W S 1).
    total_lag = float((weights.T @ backward) @ lagged) / n
    values = ((trace_g + rho * trace_gg) / n, trace_gg / n, total, total_lag)
    return Multipliers(*(np.asarray(v) for v in values))


def multipliers_of_draws(weights: csr_array, logdet: LogDet, rhos: Array) -> Multipliers:
    """The four averages at many rho inside the feasible interval, shape (draws,).

    Eigenvalues give the traces directly; otherwise, and for the sums, an interpolant through a few exact
    values. On the logit of the interval the poles at its ends are entire functions, so few nodes do.
    """
    n = weights.shape[0]
    if isinstance(logdet, EigenLogDet):
        values = logdet.eigenvalues
        own_lag = np.array([(values / (1 - rho * values)).sum().real for rho in rhos]) / n
    else:
        own_lag = interpolated(lambda rho: logdet.trace_g(rho) / n, rhos, logdet.interval)
    row_sums = np.asarray(weights.sum(axis=1)).ravel()
    if np.ptp(row_sums) <= 1e-13 * max(abs(row_sums[0]), 1.0):
        total = 1 / (1 - rhos * row_sums[0])
    else:
        total = interpolated(lambda rho: _row_total(weights, rho), rhos, logdet.interval)
    near_zero = np.abs(rhos) <= 1e-8
    safe = np.where(near_zero, 1.0, rhos)
    total_lag = np.where(near_zero, weights.sum() / n, (total - 1) / safe)
    return Multipliers(1 + rhos * own_lag, own_lag, total, total_lag)


def interpolated(
    function: Callable[[float], float | Array], points: Array, interval: tuple[float, float]
) -> Array:
    """Chebyshev interpolant of a smooth function, with nodes doubled until its tail is negligible.

    Shape (points,) for a function with values of shape (), (m, points) for values of shape (m,).
    """
    low, high = interval

    def logit(rho: Array) -> Array:
        return np.asarray(np.log((rho - low) / (high - rho)))

    def weight(rho: Array) -> Array:
        return (rho - low) * (high - rho)  # takes the poles at the ends off the function

    ends = logit(np.array([points.min(), points.max()]))
    middle, half = float(ends.mean()), float(np.ptp(ends)) / 2
    if half < 1e-12:
        return np.asarray(np.multiply.outer(np.asarray(function(float(points[0]))), np.ones(points.shape)))
    known: dict[float, Array] = {}

    def on_unit(position: float) -> Array:
        if position not in known:
            ratio = np.exp(middle + half * position)
            rho = float((low + high * ratio) / (1 + ratio))
            known[position] = np.asarray(function(rho) * float(weight(np.asarray(rho))))
        return known[position]

    nodes = 9
    while True:
        # Nested nodes: doubling keeps the values already computed.
        positions = [float(np.round(np.cos(np.pi * step / (nodes - 1)), 15)) for step in range(nodes)]
        values = np.array([on_unit(position) for position in positions])
        coefficients = chebyshev.chebfit(positions, values, nodes - 1)
        negligible = np.abs(coefficients[-2:]).max() <= 1e-10 * np.abs(coefficients).max()
        if negligible or nodes >= _MOST_NODES:
            break
        nodes = 2 * nodes - 1
    scaled = np.clip((logit(points) - middle) / half, -1, 1)
    return np.asarray(chebyshev.chebval(scaled, coefficients) / weight(points))
