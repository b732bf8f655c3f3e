"""Sigma convergence: whether units become more alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from .._panel_trajectories import read_trajectories

__all__ = ["SigmaConvergence", "sigma_convergence"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SigmaConvergence:
    """Dispersion by period and its trend.

    Attributes
    ----------
    by_time : DataFrame
        By period: n, mean, sd_log (standard deviation of the logarithms), cv (standard deviation over mean);
        divisor n - 1.
    trend : DataFrame
        By measure: slope per unit of time, std_error, t, df, p_value (two-sided); NaN with two periods.
    change : Series
        First against last period: sd_log_first, sd_log_last, statistic, df, p_value.
    variable : str
        Name of the variable.
    """

    by_time: pd.DataFrame
    trend: pd.DataFrame
    change: pd.Series
    variable: str

    def __repr__(self) -> str:
        first, last = self.by_time.index[[0, -1]]
        slope, p_value = self.trend.loc["sd_log", ["slope", "p_value"]]
        return (
            f"<Sigma convergence of {self.variable}: sd of logs "
            f"{self.change['sd_log_first']:.4f} in {first}, "
            f"{self.change['sd_log_last']:.4f} in {last}, p = {self.change['p_value']:.3f}; "
            f"trend {slope:.5f}, p = {p_value:.3f}>"
        )


def sigma_convergence(data: pd.DataFrame, variable: str, *, unit: str, time: str) -> SigmaConvergence:
    """Dispersion among units by period, its trend, and the test of first against last.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, balanced, in any order.
    variable : str
        Column with positive values (not logarithms).
    unit, time : str
        Columns or index levels with the keys.

    Returns
    -------
    SigmaConvergence

    Raises
    ------
    DataError
        Missing rows or values, values of zero or less, one period, fewer than 4 units, a constant variable.

    Notes
    -----
    The trend is the least-squares slope of the measure on time; neighbouring periods hold much the same
    units, so its p-value is a description rather than a test. First against last: units are the same ones,
    so the two variances are compared by the likelihood ratio for correlated normals with the correction of
    [2]_, ``(n - 2.5) ln(1 + (s1^2 - sT^2)^2 / (4 (s1^2 sT^2 - s1T^2)))``, chi-squared with one degree of
    freedom.

    References
    ----------
    .. [1] Barro, R. J. and Sala-i-Martin, X. (1992). Convergence. Journal of Political Economy 100, 223-251.
    .. [2] Carree, M. and Klomp, L. (1997). Testing the convergence hypothesis: a comment. Review of Economics
       and Statistics 79, 683-686.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> data = pd.DataFrame({"code": list("abcd") * 2, "year": [2005] * 4 + [2006] * 4,
    ...                      "y": [1.0, 2.0, 4.0, 8.0, 2.0, 2.5, 4.5, 7.0]})
    >>> sf.explore.sigma_convergence(data, "y", unit="code", time="year").by_time["sd_log"].round(3).tolist()
    [0.895, 0.568]
    """
    found = read_trajectories(
        data, variable, unit=unit, time=time, fewest_units=4, fewest_times=2, positive=True
    )
    found.refuse_flat_periods("has no dispersion to follow")
    logs = np.log(found.values)
    by_time = pd.DataFrame(
        {
            "n": len(found.units),
            "mean": found.values.mean(axis=0),
            "sd_log": logs.std(axis=0, ddof=1),
            "cv": found.values.std(axis=0, ddof=1) / found.values.mean(axis=0),
        },
        index=found.times.rename(time),
    )
    trend = pd.DataFrame(
        [_trend(found.years, by_time[name].to_numpy()) for name in ("sd_log", "cv")],
        index=pd.Index(["sd_log", "cv"], name="measure"),
    )
    return SigmaConvergence(by_time, trend, _first_against_last(logs[:, 0], logs[:, -1]), variable)


def _trend(years: np.ndarray, measure: np.ndarray) -> dict[str, float]:
    free = len(years) - 2
    centred = years - years.mean()
    slope = float(centred @ measure / (centred @ centred))
    if free < 1:
        nothing = float("nan")
        return {"slope": slope, "std_error": nothing, "t": nothing, "df": free, "p_value": nothing}
    residuals = measure - measure.mean() - slope * centred
    error = float(np.sqrt(residuals @ residuals / free / (centred @ centred)))
    t = slope / error if error > 0 else float("nan")
    p_value = float(2 * stats.t.sf(abs(t), free))
    return {"slope": slope, "std_error": error, "t": t, "df": free, "p_value": p_value}


def _first_against_last(first: np.ndarray, last: np.ndarray) -> pd.Series:
    (s1, both), (_, s2) = np.cov(first, last)
    spread = s1 * s2 - both**2
    apart = (s1 - s2) ** 2 / 4
    # Perfectly correlated logarithms leave no chance: the variances are equal or certainly not.
    ratio = apart / spread if spread > 1e-12 * s1 * s2 else (np.inf if apart > 1e-12 * s1 * s2 else 0.0)
    statistic = (len(first) - 2.5) * np.log1p(ratio)
    return pd.Series(
        {
            "sd_log_first": np.sqrt(s1),
            "sd_log_last": np.sqrt(s2),
            "statistic": statistic,
            "df": 1,
            "p_value": stats.chi2.sf(statistic, 1),
        },
        name="change",
    )
