"""Make a panel balanced, and cut its extreme values, with a record of what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from ._errors import DataError, OptionError, listed
from ._panel_keys import PanelRows, checked_columns, column_values, panel_rows
from ._validate import check_option

_HOWS = ("drop-units", "drop-periods", "fill")
_WITHIN = ("period", "all")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BalancedPanel:
    """A panel with one row per unit and period, and what it took.

    Attributes
    ----------
    data : DataFrame
        The balanced table: rows of the caller in their order, added ones at the end.
    dropped : DataFrame
        Unit and time of every row that was left out.
    added : DataFrame
        Unit and time of every row that was made, with missing values.
    """

    data: pd.DataFrame
    dropped: pd.DataFrame
    added: pd.DataFrame

    def __repr__(self) -> str:
        parts = [f"{len(self.data)} rows"]
        for what, rows in (("dropped", self.dropped), ("added", self.added)):
            if len(rows):
                one, other = rows.columns
                parts.append(
                    f"{len(rows)} rows {what} ({rows[one].nunique()} x {one}: {listed(rows[one].unique())}; "
                    f"{rows[other].nunique()} x {other}: {listed(rows[other].unique())})"
                )
        return ", ".join(parts)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WinsorizedPanel:
    """A table with extreme values replaced, and the list of them.

    Attributes
    ----------
    data : DataFrame
        The table with changed cells, in the caller's order and on the caller's index.
    changed : DataFrame
        One row per changed cell: unit, time, ``column``, ``before``, ``after``.
    limits : DataFrame
        ``column``, ``period`` ("all" when pooled), ``low``, ``high``, ``changed`` (number of cells).
    """

    data: pd.DataFrame
    changed: pd.DataFrame
    limits: pd.DataFrame

    def __repr__(self) -> str:
        counts = self.limits.groupby("column", sort=False)["changed"].sum()
        told = "; ".join(f"{name}: {count}" for name, count in counts.items())
        return f"{len(self.changed)} cells changed ({told})"


def balance(
    data: pd.DataFrame,
    *,
    unit: str,
    time: str,
    how: Literal["drop-units", "drop-periods", "fill"],
    columns: str | Sequence[str] | None = None,
) -> BalancedPanel:
    """Make a panel balanced, in one of the ways that have to be chosen openly.

    Parameters
    ----------
    data : DataFrame
        At most one row per unit and period, in any order.
    unit, time : str
        Columns or index levels with the keys.
    how : {"drop-units", "drop-periods", "fill"}
        Leave out the units that lack a period; leave out the periods that lack a unit; or add the rows that
        lack, with missing values (Stata's ``tsfill, full`` within the periods of the data; then see
        `fill_gaps`).
    columns : str or sequence of str, optional
        A row counts only when these columns are not empty. Not with ``fill``, which adds rows alone.

    Returns
    -------
    BalancedPanel
        ``data``, ``dropped`` and ``added``.

    Raises
    ------
    DataError
        For unknown keys or columns, duplicate rows, and when nothing would be left. With ``fill``, when the
        index holds labels that new rows do not have.
    OptionError
        For an unknown `how`, and for `columns` with ``fill``.

    Notes
    -----
    The periods are those of the data: one that no unit has is not added.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatialfin.panel import balance
    >>> data = pd.DataFrame({"code": ["a", "a", "b"], "year": [1, 2, 1], "y": [1.0, 2.0, 3.0]})
    >>> balance(data, unit="code", time="year", how="drop-units")
    2 rows, 1 rows dropped (1 x code: 'b'; 1 x year: '1')
    >>> balance(data, unit="code", time="year", how="fill").data["y"].tolist()
    [1.0, 2.0, 3.0, nan]
    """
    check_option("how", how, _HOWS)
    rows = panel_rows(data, unit=unit, time=time)
    if how == "fill":
        if columns is not None:
            raise OptionError("columns: how='fill' adds rows; fill their cells with fill_gaps(columns).")
        return _with_every_row(data, rows, unit, time)
    usable = np.ones(len(data), dtype=bool)
    if columns is not None:
        usable = data[checked_columns(data, columns, keys=(unit, time))].notna().all(axis=1).to_numpy()
    have = np.zeros((len(rows.units), len(rows.periods)), dtype=bool)
    have[rows.unit_of[usable], rows.period_of[usable]] = True
    whole = np.asarray(have.all(axis=1 if how == "drop-units" else 0))
    kept = whole[rows.unit_of if how == "drop-units" else rows.period_of]
    if not kept.any():
        what = "unit has every period" if how == "drop-units" else "period has every unit"
        raise DataError(f"how={how!r}: no {what}, so nothing is left. Cut the sample first, or fill.")
    return BalancedPanel(data[kept].copy(), rows.cells(np.flatnonzero(~kept)), rows.keys.iloc[:0].copy())


def winsorize(
    data: pd.DataFrame,
    columns: str | Sequence[str],
    *,
    unit: str,
    time: str,
    quantiles: tuple[float, float] = (0.01, 0.99),
    within: Literal["period", "all"] = "period",
) -> WinsorizedPanel:
    """Replace values beyond two quantiles by these quantiles, each change on record.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, in any order.
    columns : str or sequence of str
        Columns with numbers; an empty cell stays empty.
    unit, time : str
        Columns or index levels with the keys.
    quantiles : pair of float, default (0.01, 0.99)
        Lower and upper quantile; 0 or 1 leaves that side alone.
    within : {"period", "all"}, default "period"
        Quantiles of each period (``winsor2, by(year)``) or of all rows.

    Returns
    -------
    WinsorizedPanel
        ``data``, ``changed`` and ``limits``.

    Raises
    ------
    DataError
        For unknown keys or columns, duplicate rows and text.
    OptionError
        For quantiles that are not two ascending numbers from 0 to 1, and for an unknown `within`.

    Notes
    -----
    Quantiles are those of Stata's ``_pctile`` (and so of ``winsor2``): with n values and p, the value of rank
    ``ceil(n p)``, or the mean of ranks ``n p`` and ``n p + 1`` where n p is whole [1]_.

    References
    ----------
    .. [1] Hyndman, R. J. and Fan, Y. (1996). Sample quantiles in statistical packages. The American
       Statistician 50, 361-365 (definition 2).

    Examples
    --------
    >>> import pandas as pd
    >>> from spatialfin.panel import winsorize
    >>> data = pd.DataFrame({"code": list("abcd"), "year": 2001, "debt": [1.0, 2.0, 3.0, 90.0]})
    >>> result = winsorize(data, "debt", unit="code", time="year", quantiles=(0.0, 0.75))
    >>> result.data["debt"].tolist()
    [1.0, 2.0, 3.0, 46.5]
    >>> result
    1 cells changed (debt: 1)
    """
    check_option("within", within, _WITHIN)
    low, high = _checked_quantiles(quantiles)
    rows = panel_rows(data, unit=unit, time=time)
    names = checked_columns(data, columns, keys=(unit, time))
    group = rows.period_of if within == "period" else np.zeros(len(data), dtype=int)
    labels = rows.periods if within == "period" else pd.Index(["all"])
    result, changed, limits = data.copy(), [], []
    for name in names:
        before = column_values(data, name, rows.labels)
        bounds = np.array([_bounds(before[group == place], low, high) for place in range(len(labels))])
        after = np.clip(before, bounds[group, 0], bounds[group, 1])
        differs = ~np.isnan(before) & (after != before)
        if differs.any():
            result[name] = after
        cells = np.flatnonzero(differs)
        changed.append(rows.cells(cells, column=name, before=before[cells], after=after[cells]))
        count = np.bincount(group[cells], minlength=len(labels))
        limits.append(
            pd.DataFrame(
                {
                    "column": name,
                    "period": labels,
                    "low": bounds[:, 0],
                    "high": bounds[:, 1],
                    "changed": count,
                }
            )
        )
    return WinsorizedPanel(
        result, pd.concat(changed, ignore_index=True), pd.concat(limits, ignore_index=True)
    )


def _checked_quantiles(quantiles: Any) -> tuple[float, float]:
    try:
        low, high = (float(value) for value in quantiles)
    except (TypeError, ValueError):
        low, high = np.nan, np.nan
    if not 0 <= low < high <= 1:
        raise OptionError(
            f"quantiles={quantiles!r}: two ascending numbers from 0 to 1 are needed, such as (0.01, 0.99)."
        )
    return low, high


def _bounds(values: np.ndarray, low: float, high: float) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if not len(known):
        return np.nan, np.nan
    lower, upper = np.quantile(known, [low, high], method="averaged_inverted_cdf")
    return float(lower), float(upper)


def _with_every_row(data: pd.DataFrame, rows: PanelRows, unit: str, time: str) -> BalancedPanel:
    """The rows of the data, then one row for each unit and period that has none."""
    absent_unit, absent_period = np.nonzero(rows.grid() < 0)
    added = pd.DataFrame({unit: rows.units[absent_unit], time: rows.periods[absent_period]})
    none = rows.keys.iloc[:0].copy()
    if not len(added):
        return BalancedPanel(data.copy(), none, none.copy())
    new = added[[name for name in (unit, time) if name in data.columns]].set_axis(
        _labels_of_new_rows(data.index, added), axis=0
    )
    return BalancedPanel(pd.concat([data, new]), none, added)


def _labels_of_new_rows(index: pd.Index, added: pd.DataFrame) -> pd.Index:
    """The caller's kind of index for new rows: their keys, or further numbers."""
    keys = set(added.columns)
    if index.nlevels == 1 and index.name not in keys and pd.api.types.is_integer_dtype(index):
        start = int(index.max()) + 1
        return pd.RangeIndex(start, start + len(added), name=index.name)
    if not set(index.names) <= keys:
        raise DataError(
            "how='fill': new rows have no label for the index, which holds more than the keys. "
            "Call reset_index() on the data before."
        )
    if index.nlevels == 1:
        labels: pd.Index = pd.Index(added[index.name], name=index.name)
    else:
        labels = pd.MultiIndex.from_frame(added[list(index.names)])
    return labels
