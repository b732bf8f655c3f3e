"""Densities by period: how a whole distribution moves, spreads and splits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from .._errors import listed, warn_caller
from .._panel_trajectories import Trajectories, read_trajectories
from .._validate import check_number, check_option, check_whole

__all__ = ["DensityEvolution", "density_evolution"]

Bandwidth = Literal["silverman", "scott"] | float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DensityEvolution:
    """Kernel densities of one variable by period on a common grid.

    Attributes
    ----------
    frame : DataFrame
        Columns time, value, density: the grid of every period, for ridge and surface figures.
    summary : DataFrame
        By period: n, mean, sd, bandwidth, modes (local maxima of the density).
    variable : str
        Name of the variable.
    rule : str
        How bandwidths were chosen.
    """

    frame: pd.DataFrame
    summary: pd.DataFrame
    variable: str
    rule: str

    def wide(self) -> pd.DataFrame:
        """Densities as a matrix.

        Returns
        -------
        pandas.DataFrame
            Row = period, column = value.
        """
        return self.frame.pivot(index="time", columns="value", values="density")

    def __repr__(self) -> str:
        first, last = self.summary.index[[0, -1]]
        return (
            f"<Densities of {self.variable}: {len(self.summary)} periods from {first} to {last}, "
            f"bandwidth {self.rule}>"
        )


def density_evolution(
    data: pd.DataFrame,
    variable: str,
    *,
    unit: str,
    time: str,
    bandwidth: Bandwidth = "silverman",
    points: int = 200,
) -> DensityEvolution:
    """Kernel density of a variable in every period.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, balanced, in any order.
    variable : str
        Column with the values.
    unit, time : str
        Columns or index levels with the keys.
    bandwidth : {"silverman", "scott"} or float
        Rule for the bandwidth of each period, or one bandwidth for all, in units of the variable.
    points : int
        Points of the grid, which reaches three bandwidths beyond the extremes of all periods.

    Returns
    -------
    DensityEvolution
        A `SpatialfinWarning` says when the step of the grid is wider than the bandwidth of a period, as for a
        variable that grows manifold.

    Raises
    ------
    DataError
        Missing rows or values, fewer than 4 units, a period in which the variable is constant.
    OptionError
        For another word or a bandwidth that is not positive.

    Notes
    -----
    Gaussian kernel, ``f(x) = sum_i phi((x - y_i)/h) / (n h)``. Silverman: ``h = 0.9 min(sd, IQR/1.34)
    n^(-1/5)`` [1]_ (sd alone where the quartiles coincide); Scott: ``h = 1.06 sd n^(-1/5)``. Bounds of the
    variable are not enforced: some mass of a positive variable may lie below zero, and its logarithm is the
    remedy.

    References
    ----------
    .. [1] Silverman, B. W. (1986). Density Estimation for Statistics and Data Analysis. Chapman and Hall.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> data = pd.DataFrame({"code": list("abcd") * 2, "year": [2005] * 4 + [2006] * 4,
    ...                      "y": [1.0, 2.0, 3.0, 4.0, 1.0, 1.2, 9.0, 9.2]})
    >>> found = sf.explore.density_evolution(data, "y", unit="code", time="year", bandwidth=0.8)
    >>> found.summary["modes"].tolist()
    [1, 2]
    """
    check_whole("points", points, least=10)
    if isinstance(bandwidth, str):
        check_option("bandwidth", bandwidth, ("silverman", "scott"))
    else:
        check_number("bandwidth", bandwidth, between=(0, np.inf))
    found = read_trajectories(data, variable, unit=unit, time=time, fewest_units=4, fewest_times=1)
    found.refuse_flat_periods("has no density")
    widths = _bandwidths(found, bandwidth)
    margin = 3 * widths.max()
    grid = np.linspace(found.values.min() - margin, found.values.max() + margin, points)
    _warn_of_coarse_grid(found, widths, float(grid[1] - grid[0]))
    scaled = (grid[:, None, None] - found.values) / widths
    densities = np.exp(-(scaled**2) / 2).mean(axis=1) / (widths * np.sqrt(2 * np.pi))
    rising = np.diff(densities, axis=0) > 0
    summary = pd.DataFrame(
        {
            "n": len(found.units),
            "mean": found.values.mean(axis=0),
            "sd": found.values.std(axis=0, ddof=1),
            "bandwidth": widths,
            "modes": (rising[:-1] & ~rising[1:]).sum(axis=0),
        },
        index=found.times.rename(time),
    )
    frame = pd.DataFrame(
        {
            "time": np.repeat(found.times, points),
            "value": np.tile(grid, len(found.times)),
            "density": densities.T.ravel(),
        }
    )
    rule = bandwidth if isinstance(bandwidth, str) else f"{bandwidth:g}"
    return DensityEvolution(frame, summary, variable, rule)


def _warn_of_coarse_grid(found: Trajectories, widths: np.ndarray, step: float) -> None:
    coarse = np.flatnonzero(widths < step)
    if len(coarse):
        warn_caller(
            f"{found.name}: the step of the grid, {step:.3g}, is wider than the bandwidth in "
            f"{listed(found.times[coarse])}, so their densities are rough: take more points=, or values "
            "relative to the mean of the period."
        )


def _bandwidths(found: Trajectories, bandwidth: Bandwidth) -> np.ndarray:
    """Bandwidth of each period, shape (T,)."""
    if not isinstance(bandwidth, str):
        return np.full(len(found.times), float(bandwidth))
    n = len(found.units)
    sd = found.values.std(axis=0, ddof=1)
    if bandwidth == "scott":
        return np.asarray(1.06 * sd * n**-0.2)
    quartiles = np.quantile(found.values, [0.25, 0.75], axis=0)
    spread = (quartiles[1] - quartiles[0]) / 1.34
    return np.asarray(0.9 * np.where(spread > 0, np.minimum(sd, spread), sd) * n**-0.2)
