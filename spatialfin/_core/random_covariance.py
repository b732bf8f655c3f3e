"""Covariances of random-effects estimates: from the curvature of the likelihood, and by unit.

Coefficients come in the order beta, rho, lam, sigma2, phi; phi is left out where it is zero, at its bound.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .covariance import Filtered, Pieces, likelihood_pieces
from .information import covariance
from .likelihood import Estimate, Sample
from .random_effects import Likelihood, Point, QuasiDemeaned

Array = NDArray[np.float64]

_STEP = 1e-5


def observed_covariance(likelihood: Likelihood, estimate: Estimate, phi: float) -> Array:
    """Inverse of the negative Hessian of the log-likelihood.

    Given rho, lam and phi the Hessian is that of least squares, so the inverse follows from the likelihood
    concentrated over beta and sigma2: central differences of its exact scores and of its solution.
    """
    here = {"rho": estimate.rho, "lam": estimate.lam, "phi": phi or None}
    active = {name: value for name, value in here.items() if value is not None}
    curvature = np.zeros((len(active), len(active)))
    slopes = np.zeros((likelihood.sample.k + 1, len(active)))
    for column, (name, value) in enumerate(active.items()):
        step = _STEP * (value if name == "phi" else 1.0)
        ends = [_point({**active, name: value + sign * step}) for sign in (1, -1)]
        up, down = (_scores(likelihood, point, list(active)) for point in ends)
        curvature[:, column] = (down - up) / (2 * step)
        above, below = (likelihood.state(point) for point in ends)
        slopes[:-1, column] = (above.beta - below.beta) / (2 * step)
        slopes[-1, column] = (above.sigma2 - below.sigma2) / (2 * step)
    return _joint(likelihood, estimate, _point(active), (curvature + curvature.T) / 2, slopes)


def _point(values: dict[str, float]) -> Point:
    return Point(*(values.get(name, 0.0) for name in ("rho", "lam", "phi")))


def _scores(likelihood: Likelihood, point: Point, active: list[str]) -> Array:
    values = dict(zip(("rho", "lam", "phi"), likelihood.scores(point), strict=True))
    return np.array([values[name] for name in active])


def _joint(
    likelihood: Likelihood, estimate: Estimate, point: Point, curvature: Array, slopes: Array
) -> Array:
    """Covariance of (beta, rho, lam, sigma2, phi) from that of (rho, lam, phi) and the slopes of the rest."""
    k, m = likelihood.sample.k, len(curvature)
    total = likelihood.n * likelihood.periods
    searched = covariance(curvature) if m else curvature
    inner = np.zeros((k + 1 + m, k + 1 + m))
    inner[:k, :k] = covariance(likelihood.moments(point) / estimate.sigma2)
    inner[k, k] = 2 * estimate.sigma2**2 / total
    spread = np.vstack([slopes, np.eye(m)])
    inner += spread @ searched @ spread.T
    spatial = [k + 1 + place for place in range(m - (point.phi > 0))]
    order = [*range(k), *spatial, k, *([k + m] if point.phi > 0 else [])]
    return inner[np.ix_(order, order)]


def random_pieces(
    sample: Sample, estimate: Estimate, weights: csr_array, transformation: QuasiDemeaned
) -> Pieces:
    """Scores taken apart by unit, for effects that are filtered like the errors.

    Quasi-demeaning acts over time and W over units, so the two commute: the filtered residuals of two units
    are independent, and the scores are those of a pooled panel. That of phi is a sum of squared unit means.
    """
    filtered = Filtered.of(sample, estimate)
    lag, error = estimate.rho or 0.0, estimate.lam or 0.0
    left = sample.y - lag * sample.wy - error * (sample.wy - lag * sample.wwy)
    residuals = left - filtered.x @ estimate.beta
    pieces = likelihood_pieces(sample, replace(estimate, residuals=residuals), weights, transformation)
    if not transformation.phi:
        return pieces
    periods = transformation.n_periods
    means = pieces.residuals.mean(axis=0)
    of_phi = (periods * means**2 / estimate.sigma2 - 1) / (2 * (1 + periods * transformation.phi))
    every = np.broadcast_to(of_phi, pieces.residuals.shape)[:, :, None]
    return replace(pieces, own=np.concatenate([pieces.own, every], axis=2))
