"""Beta convergence: whether poorer units grow faster, how fast, and with what neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy import stats

from .._errors import DataError, listed, warn_caller
from .._panel_trajectories import Trajectories, read_trajectories
from .._typing import Model, PanelEffects
from .._validate import check_names, check_number, check_option
from ..panel import key_panel
from .cross_section import fit_cross_section
from .panel import fit_panel
from .results import ModelResult

if TYPE_CHECKING:
    from ..weights import SpatialWeights

__all__ = ["ConvergenceResult", "beta_convergence"]

_OWN = ("growth", "initial")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ConvergenceResult:
    """A growth regression and the speed of convergence in it.

    Attributes
    ----------
    fit : ModelResult
        The regression of ``growth`` (log points per unit of time) on ``initial`` (logarithm) and controls,
        with its diagnostics and impacts.
    span : float
        Length T of one growth period, in units of time.
    beta, beta_std_error, beta_p_value : float
        Coefficient of ``initial``; negative where poorer units grow faster.
    speed, speed_std_error : float
        Share of the gap closed per unit of time; NaN where ``1 + beta T`` is not positive.
    half_life, half_life_std_error : float
        Units of time until half of the gap is closed; NaN without convergence.
    points : DataFrame
        By unit, or unit and start of the growth period: initial (logarithm), growth (log points per unit of
        time, less what every other term explains), residual.
    variable : str
        Name of the variable.
    """

    fit: ModelResult
    span: float
    beta: float
    beta_std_error: float
    beta_p_value: float
    speed: float
    speed_std_error: float
    half_life: float
    half_life_std_error: float
    points: pd.DataFrame
    variable: str

    @property
    def has_other_terms(self) -> bool:
        """Whether growth also depends on controls, space or effects."""
        alone = set(self.fit.params.index) <= {"Intercept", "initial"}
        return not alone or self.fit.effects not in ("", "pooled")

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """Beta, speed and half-life as rows.

        Parameters
        ----------
        level : float
            Confidence level.

        Returns
        -------
        pandas.DataFrame
            Columns quantity, estimate, std_error, z, p_value, conf_low, conf_high: beta as in the regression
            (of Student's t in OLS), speed and half-life by the normal distribution; a half-life has no test.
        """
        check_number("level", level, between=(0, 1))
        table = pd.DataFrame(
            {
                "quantity": ["beta", "speed", "half-life"],
                "estimate": [self.beta, self.speed, self.half_life],
                "std_error": [self.beta_std_error, self.speed_std_error, self.half_life_std_error],
            }
        )
        table["z"] = (table["estimate"] / table["std_error"]).where(table["quantity"] != "half-life")
        table["p_value"] = 2 * stats.norm.sf(np.abs(table["z"]))
        reach = float(stats.norm.ppf((1 + level) / 2)) * table["std_error"]
        table = table.assign(conf_low=table["estimate"] - reach, conf_high=table["estimate"] + reach)
        same = ["p_value", "conf_low", "conf_high"]
        table.loc[0, same] = self.fit.tidy(level=level).set_index("term").loc["initial", same]
        return table

    def __repr__(self) -> str:
        return (
            f"<Beta convergence, {self.fit.label}: beta = {self.beta:.5f} (p = {self.beta_p_value:.3f}), "
            f"speed {self.speed:.2%} per unit of time, half-life {self.half_life:.1f}>"
        )


def beta_convergence(
    data: pd.DataFrame,
    variable: str,
    weights: SpatialWeights | None = None,
    *,
    unit: str,
    time: str,
    form: Literal["cross-section", "panel"] = "cross-section",
    controls: Sequence[str] = (),
    model: Model = "ols",
    effects: PanelEffects = "twoway",
    vcov: Literal["expected", "robust"] = "expected",
) -> ConvergenceResult:
    """Growth regression on the initial level, without or with space.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, balanced, in any order.
    variable : str
        Column with positive values (not logarithms).
    weights : SpatialWeights, optional
        For the same units; needed by every model but ``"ols"``, which uses them for its diagnostics.
    unit, time : str
        Columns or index levels with the keys.
    form : {"cross-section", "panel"}
        Growth from the first to the last period, or over every step.
    controls : sequence of str
        Terms for conditional convergence, such as ``"log(invest)"``, with their values at the start of the
        growth period.
    model : {"ols", "slx", "sar", "sem", "sdm", "sdem", "sac"}
        As in `fit_cross_section` and `fit_panel`.
    effects : {"pooled", "unit", "time", "twoway", "random", "mundlak"}
        Of a panel, as in `fit_panel`.
    vcov : {"expected", "robust"}
        Standard errors, as in these.

    Returns
    -------
    ConvergenceResult
        A `SpatialfinWarning` says when the coefficient is too negative for a speed.

    Raises
    ------
    DataError
        Missing rows or values, values of zero or less, one period, fewer than 4 units, panels with steps of
        different lengths, data with columns named growth or initial.
    AlignmentError, FormulaError, OptionError
        As in `fit_cross_section` and `fit_panel`.

    Notes
    -----
    ``ln(y_i,t+T / y_it) / T = a + beta ln y_it + controls + e``, where ``beta = -(1 - exp(-s T)) / T`` [1]_,
    so the speed is ``s = -ln(1 + beta T) / T`` and the half-life ``ln 2 / s``. Delta method:
    ``se(s) = se(beta) / (1 + beta T)``, ``se(half-life) = ln 2 se(s) / s^2``. In spatial models [2]_ beta is
    the coefficient of the equation; what a lower start of the unit and of its neighbours does in the end is
    in ``fit.impacts()``. Unit effects make beta of a short panel too negative (Nickell's bias), and the speed
    too high. In `points` growth is ``mean growth + beta (ln y_it - mean) + e``, which is growth itself in OLS
    without controls; ``plot.beta_convergence`` draws it.

    References
    ----------
    .. [1] Barro, R. J. and Sala-i-Martin, X. (1992). Convergence. Journal of Political Economy 100, 223-251.
    .. [2] Rey, S. J. and Montouri, B. D. (1999). US regional income convergence: a spatial econometric
       perspective. Regional Studies 33, 143-156.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> start = np.exp(np.linspace(0, 2, 12))
    >>> end = np.exp(1 + np.exp(-0.02 * 10) * np.log(start))
    >>> data = pd.DataFrame({"code": list("abcdefghijkl") * 2, "year": [2000] * 12 + [2010] * 12,
    ...                      "y": [*start, *(end + np.tile([0.01, -0.01], 6))]})
    >>> found = sf.models.beta_convergence(data, "y", unit="code", time="year")
    >>> round(found.speed, 3), round(found.half_life)
    (0.02, 35)
    """
    check_option("form", form, ("cross-section", "panel"))
    check_option("vcov", vcov, ("expected", "robust"))
    terms = check_names("controls", controls)
    taken = [name for name in _OWN if name in data.columns] if isinstance(data, pd.DataFrame) else []
    if taken:
        raise DataError(f"The regression names its columns growth and initial: rename {listed(taken)}.")
    panel = form == "panel"
    found = read_trajectories(
        data, variable, unit=unit, time=time, fewest_units=4, fewest_times=2, positive=True, even=panel
    )
    frame, span = _growth(data, found, unit, time, panel)
    formula = " + ".join(["growth ~ initial", *terms])
    if panel:
        fit = fit_panel(
            formula, frame, weights, unit=unit, time=time, model=model, effects=effects, vcov=vcov
        )
    else:
        fit = fit_cross_section(formula, frame, weights, unit=unit, model=model, vcov=vcov)
    keys = [unit, time] if panel else [unit]
    return _speed(fit, span, _points(fit, frame, keys), variable)


def _growth(
    data: pd.DataFrame, found: Trajectories, unit: str, time: str, panel: bool
) -> tuple[pd.DataFrame, float]:
    """Rows of the start of each growth period with growth and initial level; the length of a period."""
    logs = np.log(found.values if panel else found.values[:, [0, -1]])
    span = found.step if panel else float(found.years[-1] - found.years[0])
    growth = np.diff(logs, axis=1) / span
    starts = growth.shape[1]
    frame = key_panel(data, unit=unit, time=time).frame.iloc[: starts * len(found.units)]
    frame = frame.reset_index(drop=True)
    keys = {unit: np.tile(found.units, starts), time: np.repeat(found.times[:starts], len(found.units))}
    return frame.assign(**keys, growth=growth.T.ravel(), initial=logs[:, :starts].T.ravel()), span


def _points(fit: ModelResult, frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Initial level and growth less the contribution of all other terms."""
    # Residuals carry the units in a cross-section, the rows in a panel.
    residuals = fit.residuals.loc[frame[keys[0]]] if len(keys) == 1 else fit.residuals.loc[frame.index]
    points = frame.set_index(keys)[["initial"]].assign(residual=residuals.to_numpy())
    beta, initial = float(fit.params["initial"]), points["initial"]
    points["growth"] = frame["growth"].mean() + beta * (initial - initial.mean()) + points["residual"]
    return points[["initial", "growth", "residual"]]


def _speed(fit: ModelResult, span: float, points: pd.DataFrame, variable: str) -> ConvergenceResult:
    """Speed and half-life by the delta method."""
    row = fit.tidy().set_index("term").loc["initial", ["estimate", "std_error", "p_value"]]
    beta, error, p_value = (float(number) for number in row.to_numpy(dtype=float))
    left = 1 + beta * span
    speed = speed_error = half_life = half_life_error = float("nan")
    if left > 0:
        speed, speed_error = -np.log(left) / span, error / left
    else:
        warn_caller(
            f"beta = {beta:.4g} over {span:g} units of time closes more than the whole gap: there is no "
            "speed of convergence."
        )
    if speed > 0:
        half_life, half_life_error = np.log(2) / speed, np.log(2) * speed_error / speed**2
    return ConvergenceResult(
        fit=fit,
        span=span,
        beta=beta,
        beta_std_error=error,
        beta_p_value=p_value,
        speed=float(speed),
        speed_std_error=float(speed_error),
        half_life=float(half_life),
        half_life_std_error=float(half_life_error),
        points=points,
        variable=variable,
    )
