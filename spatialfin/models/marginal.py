"""The impact of one variable as a function of another: interactions, squares and logarithms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .._errors import DataError, FormulaError, listed, nearest
from .._validate import check_number
from .results import ModelResult, check_model

Array = NDArray[np.float64]
KINDS = ("direct", "indirect", "total")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MarginalImpact:
    """Impact of a variable along a moderator.

    Attributes
    ----------
    variable, moderator : str
    frame : DataFrame
        Columns value (of the moderator), impact, estimate, std_error, conf_low, conf_high.
    turning_points : DataFrame
        Per kind of impact: where it changes sign (NaN where it does not), a percentile interval over the
        draws that change sign within the range, and their share.
    level : float
        Confidence level.
    """

    variable: str
    moderator: str
    frame: pd.DataFrame
    turning_points: pd.DataFrame
    level: float

    def __repr__(self) -> str:
        table = self.turning_points.to_string(index=False, float_format=lambda value: f"{value:.4g}")
        low, high = self.frame["value"].min(), self.frame["value"].max()
        return (
            f"Impact of {self.variable} along {self.moderator} from {low:.4g} to {high:.4g}\n"
            f"Turning points\n{table}"
        )


def marginal_impact(
    result: ModelResult,
    variable: str,
    moderator: str,
    *,
    values: Sequence[float] | None = None,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    horizon: str | int | None = None,
) -> MarginalImpact:
    """Evaluate the impact of a variable along the values of a moderator.

    Parameters
    ----------
    result : ModelResult
    variable : str
        As it heads a row of ``result.impacts()``.
    moderator : str
        Column of the data, another variable or `variable` itself (squares).
    values : sequence of float, optional
        Values of the moderator; 25 between the sample's minimum and maximum when left out.
    draws, seed : int
        Of the simulated intervals.
    level : float
        Confidence level.
    horizon : {"short", "long"} or int, optional
        Of a dynamic model, as in ``result.impacts()``; short when left out.

    Returns
    -------
    MarginalImpact

    Raises
    ------
    FormulaError
        When the variable or the moderator is not in the model, or the impact does not depend on it.
    DataError
        When fewer than two values are given.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> rng = np.random.default_rng(0)
    >>> data = pd.DataFrame({"lq": rng.uniform(0, 2, 80)})
    >>> data["y"] = data["lq"] - 0.5 * data["lq"] ** 2 + 0.1 * rng.normal(size=80)
    >>> fit = sf.fit_cross_section("y ~ lq + lq**2", data, model="ols")
    >>> curve = sf.models.marginal_impact(fit, "lq", "lq")
    >>> round(float(curve.turning_points["value"].iloc[0]), 1)
    1.0
    """
    check_model(result)
    check_number("level", level, between=(0, 1))
    columns = result.parts.design.columns
    if moderator not in columns:
        raise FormulaError(f"moderator={moderator!r} is no column of the model.{nearest(moderator, columns)}")
    sample = columns[moderator]
    grid = np.linspace(sample.min(), sample.max(), 25) if values is None else _grid(values)
    asked = "short" if horizon is None and result.lags else horizon
    horizons = None if asked is None else [asked]
    pieces, simulated = [], []
    for value in np.sort(grid):
        impacts = result.impacts(draws=draws, seed=seed, at={moderator: float(value)}, horizons=horizons)
        table = impacts.tidy(level=level)
        known = list(dict.fromkeys(table["variable"]))
        if variable not in known:
            raise FormulaError(
                f"variable={variable!r} has no impact in this model.{nearest(variable, known)} "
                f"There are {listed(known, 10)}."
            )
        chosen = table[table["variable"] == variable]
        pieces.append(chosen.assign(value=value))
        simulated.append(impacts.draws[:, known.index(variable)])
    kept = ["value", "impact", "estimate", "std_error", "conf_low", "conf_high"]
    frame = pd.concat(pieces, ignore_index=True)[kept]
    spread = frame.groupby("impact")["estimate"].agg(np.ptp)
    if float(spread.max()) <= 1e-12 * float(frame["estimate"].abs().max()):
        raise FormulaError(
            f"The impact of {variable!r} does not depend on {moderator!r}: the formula has no product or "
            "power that joins them."
        )
    points = _turning_points(frame, np.stack(simulated), np.sort(grid), level)
    return MarginalImpact(variable, moderator, frame, points, level)


def _grid(values: Sequence[float]) -> Array:
    try:
        grid = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        grid = np.empty(0)
    if grid.ndim != 1 or len(grid) < 2 or not np.isfinite(grid).all():
        raise DataError("values: at least two finite values of the moderator are needed.")
    return grid


def _turning_points(frame: pd.DataFrame, simulated: Array, grid: Array, level: float) -> pd.DataFrame:
    """Where estimates and draws, shape (values, draws, 3), change sign along the grid."""
    rows = []
    for number, kind in enumerate(KINDS):
        estimate = frame.loc[frame["impact"] == kind, "estimate"].to_numpy()
        roots = np.array([_root(grid, path) for path in simulated[:, :, number].T])
        inside = roots[np.isfinite(roots)]
        low, high = (
            np.quantile(inside, [(1 - level) / 2, (1 + level) / 2]) if len(inside) else (np.nan, np.nan)
        )
        rows.append((kind, _root(grid, estimate), low, high, len(inside) / len(roots)))
    return pd.DataFrame(rows, columns=["impact", "value", "conf_low", "conf_high", "share_of_draws"])


def _root(grid: Array, path: Array) -> float:
    """First change of sign of a path, linearly between the values; NaN without one."""
    # A value of the grid may be the zero itself: signs are compared across it.
    signed = np.flatnonzero(path)
    change = np.flatnonzero(np.sign(path[signed[:-1]]) * np.sign(path[signed[1:]]) < 0)
    if not len(change):
        return float("nan")
    before, after = signed[change[0]], signed[change[0] + 1]
    share = path[before] / (path[before] - path[after])
    return float(grid[before] + share * (grid[after] - grid[before]))
