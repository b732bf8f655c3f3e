"""Expected information of the Gaussian likelihood, and the covariance that follows.

With ``A = I - rho W``, ``B = I - lam W`` (they commute), ``G = W A^-1``, ``H = W B^-1``,
``X* = B X`` and ``g = B G X b``; Anselin (1988), Lee & Yu (2010).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._errors import ConvergenceError
from .likelihood import Estimate, Sample
from .logdet import LogDet
from .traces import CrossTraces

Array = NDArray[np.float64]


def expected_information(
    sample: Sample,
    estimate: Estimate,
    signal_lag: Array,
    logdet: LogDet,
    traces: dict[str, CrossTraces],
) -> Array:
    """Information of (beta, rho, lam, sigma2), without the switches that are off.

    Parameters
    ----------
    signal_lag : array, shape (m,)
        g, the filtered ``G X b``; unused when rho is off.
    traces : dict
        Keys ``"gg"`` (rho, rho), ``"hh"`` (lam, lam) and ``"gh"`` (rho, lam) as needed.
    """
    k, s2, periods = sample.k, estimate.sigma2, sample.periods
    rho, lam = estimate.rho, estimate.lam
    x_star = sample.x if lam is None else sample.x - lam * sample.wx
    size = k + (rho is not None) + (lam is not None) + 1
    information = np.zeros((size, size))
    information[:k, :k] = x_star.T @ x_star / s2
    information[-1, -1] = sample.n_effective / (2 * s2**2)
    if rho is not None:
        information[k, :k] = information[:k, k] = x_star.T @ signal_lag / s2
        both = traces["gg"]
        information[k, k] = periods * (both.product + both.transposed) + signal_lag @ signal_lag / s2
        information[k, -1] = information[-1, k] = periods * logdet.trace_g(rho) / s2
    if lam is not None:
        both = traces["hh"]
        information[-2, -2] = periods * (both.product + both.transposed)
        information[-2, -1] = information[-1, -2] = periods * logdet.trace_g(lam) / s2
    if rho is not None and lam is not None:
        both = traces["gh"]
        information[k, -2] = information[-2, k] = periods * (both.product + both.transposed)
    return information


def covariance(information: Array) -> Array:
    """Inverse of the information, through a scaling that keeps tiny and huge entries apart.

    Raises
    ------
    ConvergenceError
        When it is singular to rounding, or no information at all because the estimate is no maximum.
    """
    diagonal = np.diag(information)
    if not np.all(diagonal > 0):  # also for NaN
        raise _singular()
    scale = 1 / np.sqrt(diagonal)
    scaled = information * np.outer(scale, scale)
    if not np.linalg.eigvalsh(scaled).min(initial=1.0) > 8 * len(scaled) * np.finfo(float).eps:
        raise _singular()
    inverse = np.linalg.inv(scaled) * np.outer(scale, scale)
    return np.asarray((inverse + inverse.T) / 2)


def _singular() -> ConvergenceError:
    return ConvergenceError(
        "The information matrix is singular: data and weights do not tell all coefficients apart, so there "
        "are no standard errors. A spatial coefficient is not identified, for instance, where every unit is "
        "a neighbour of every other and period means are removed. Take other weights, other effects, or a "
        "model with one spatial coefficient less."
    )
