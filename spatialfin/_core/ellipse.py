"""Weighted centre and principal axes of points in a plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ROUND = 1e-9
"""Axes whose lengths differ by less than this share have no direction."""


@dataclass(frozen=True, slots=True)
class Ellipse:
    """Centre, standard deviations along the axes, direction of the major one.

    Attributes
    ----------
    centre : ndarray, shape (2,)
    major, minor : float
        Standard deviations.
    angle : float
        Of the major axis, radians clockwise from the second coordinate's axis, in [0, pi); NaN for a circle.
    """

    centre: Floats
    major: float
    minor: float
    angle: float


def weighted_ellipse(points: Floats, weights: Floats) -> Ellipse:
    """Centre and axes of weighted points.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Coordinates x (east) and y (north).
    weights : ndarray, shape (n,)
        Not negative, with a positive sum.

    Returns
    -------
    Ellipse
        Square roots of the eigenvalues of ``sum w (p - c)(p - c)' / sum w``.
    """
    share = weights / weights.sum()
    centre = share @ points
    apart = points - centre
    values, vectors = np.linalg.eigh(apart.T @ (apart * share[:, None]))
    minor, major = np.sqrt(np.maximum(values, 0.0))
    east, north = vectors[:, 1]
    angle = float(np.arctan2(east, north) % np.pi)
    if major - minor <= _ROUND * major:
        angle = float("nan")
    return Ellipse(centre, float(major), float(minor), angle)
