"""Convergence clubs: groups of units whose paths approach each other (log-t test)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .._core.logt import LogT, discarded, find_clubs, log_t, merge_clubs, smooth_trend
from .._errors import DataError, OptionError, listed
from .._panel_trajectories import read_trajectories
from .._validate import check_number

__all__ = ["ConvergenceClubs", "convergence_clubs"]

_FEWEST_PERIODS = 8
_FEWEST_LEFT = 5


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ConvergenceClubs:
    """Clubs of units, from the highest to the lowest.

    Attributes
    ----------
    members : Series
        Club 1, 2, ... of each unit, <NA> for units that belong to none.
    table : DataFrame
        By club and, where there are such units, "divergent": n, b, std_error, t, alpha (speed ``b / 2``).
    before_merging : DataFrame
        The same of the clubs that the algorithm found first.
    overall : Series
        Log-t test of all units together: b, std_error, t, alpha.
    paths : DataFrame
        Relative transition paths: columns unit, time, club, h (trend over the mean of all units).
    variable : str
        Name of the variable.
    """

    members: pd.Series
    table: pd.DataFrame
    before_merging: pd.DataFrame
    overall: pd.Series
    paths: pd.DataFrame
    variable: str

    def __repr__(self) -> str:
        clubs = int(self.members.nunique())
        alone = int(self.members.isna().sum())
        return (
            f"<Convergence clubs of {self.variable}: {clubs} clubs, {alone} divergent units; "
            f"all together t = {self.overall['t']:.2f}>"
        )


def convergence_clubs(
    data: pd.DataFrame, variable: str, *, unit: str, time: str, penalty: float = 400.0, trim: float = 0.3
) -> ConvergenceClubs:
    """Find convergence clubs by the log-t test.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, balanced, in any order; at least 8 periods, equally far apart.
    variable : str
        Column with positive values (not logarithms), in units in which they exceed 1.
    unit, time : str
        Columns or index levels with the keys.
    penalty : float
        Of the Hodrick-Prescott filter of the logarithms, 400 for years as in [1]_; 0 takes the logarithms as
        they are.
    trim : float
        Share of the first periods that the regressions leave out (rounded to periods); 0.3 is advised up to
        50 periods [1]_.

    Returns
    -------
    ConvergenceClubs

    Raises
    ------
    DataError
        Missing rows or values, values of zero or less, fewer than 8 periods or 3 units, trends of the
        logarithms that are not positive.
    OptionError
        For numbers that are none, and a `trim` that leaves fewer than 5 periods.

    Notes
    -----
    ``h_it = x_it / mean_i x_it`` of the trends x of the logarithms, ``H_t = mean_i (h_it - 1)^2``, and
    ``log(H_1/H_t) - 2 log log t = a + b log t + u``; a group is a club unless t(b) < -1.65 [1]_, t by the
    long-run variance of u: quadratic spectral kernel, bandwidth of Andrews for an AR(1), as the authors'
    programs compute it (products of different periods leave the last one out, sums are divided by T - 1) and
    as Stata's logtreg and R's ConvergenceClubs do after them.

    Clubs [2]_: order by the last period; core group, the neighbours in that order with the largest t, as long
    as all smaller groups converge; sieve of all others by their t with the core, the bar rising from 0 in
    steps of 0.05 until all converge together; again on the rest. Then neighbouring clubs that converge
    together are merged from the highest down, again until none do [3]_.

    h depends on the unit of measurement of the variable. With few periods the test has little power: clubs
    of a dozen years are a description.

    References
    ----------
    .. [1] Phillips, P. C. B. and Sul, D. (2007). Transition modeling and econometric convergence tests.
       Econometrica 75, 1771-1855.
    .. [2] Phillips, P. C. B. and Sul, D. (2009). Economic transition and growth. Journal of Applied
       Econometrics 24, 1153-1185.
    .. [3] Schnurbus, J., Haupt, H. and Meier, V. (2017). Economic transition and growth: a replication.
       Journal of Applied Econometrics 32, 1039-1042.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> t = np.arange(40)
    >>> logs = [level + gap / (t + 1) for level in (9, 7) for gap in (0.9, 0.4, -0.5, -0.8)]
    >>> data = pd.DataFrame(np.exp(logs), index=list("abcdefgh"), columns=t).stack().rename("y")
    >>> data = data.rename_axis(["code", "year"]).reset_index()
    >>> sf.explore.convergence_clubs(data, "y", unit="code", time="year", penalty=0).members.to_dict()
    {'a': 1, 'b': 1, 'c': 1, 'd': 1, 'e': 2, 'f': 2, 'g': 2, 'h': 2}
    """
    check_number("penalty", penalty, least=0.0)
    check_number("trim", trim, between=(0, 0.9))
    found = read_trajectories(
        data,
        variable,
        unit=unit,
        time=time,
        fewest_units=3,
        fewest_times=_FEWEST_PERIODS,
        positive=True,
        even=True,
    )
    left = len(found.times) - discarded(len(found.times), trim)
    if left < _FEWEST_LEFT:
        raise OptionError(f"trim={trim:g} leaves {left} periods, at least {_FEWEST_LEFT} are needed.")
    trends = smooth_trend(np.log(found.values), penalty)
    low = found.units[np.flatnonzero(trends.min(axis=1) <= 0)]
    if len(low):
        raise DataError(
            f"{variable}: the trend of the logarithm is not positive at {listed(low)}, so there are no paths "
            "relative to a mean. Take a smaller unit of measurement."
        )
    order = np.argsort(-trends[:, -1], kind="stable")
    x = trends[order]
    first, alone = find_clubs(x, trim)
    clubs = merge_clubs(x, first, trim)
    members = np.zeros(len(x), dtype=int)
    for number, rows in enumerate(clubs, 1):
        members[order[rows]] = number
    labels = pd.Series(members, index=found.units.rename(unit), name="club", dtype="Int64")
    labels = labels.mask(labels == 0)
    paths = found.frame(trends / trends.mean(axis=0), "h", unit, time)
    paths.insert(2, "club", labels.loc[paths[unit]].to_numpy())
    return ConvergenceClubs(
        members=labels,
        table=_table(x, clubs, alone, trim),
        before_merging=_table(x, first, alone, trim),
        overall=pd.Series(_row(log_t(x, trim)), name="all"),
        paths=paths,
        variable=variable,
    )


def _table(x: np.ndarray, clubs: list[np.ndarray], alone: np.ndarray, trim: float) -> pd.DataFrame:
    rows = [{"n": len(club), **_row(log_t(x[club], trim))} for club in clubs]
    names: list[object] = list(range(1, len(clubs) + 1))
    if len(alone):
        together = log_t(x[alone], trim) if len(alone) > 1 else LogT(*[float("nan")] * 3)
        rows.append({"n": len(alone), **_row(together)})
        names.append("divergent")
    return pd.DataFrame(rows, index=pd.Index(names, name="club"))


def _row(found: LogT) -> dict[str, float]:
    return {"b": found.b, "std_error": found.std_error, "t": found.t, "alpha": found.b / 2}
