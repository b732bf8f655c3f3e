"""Fill the empty cells of a panel openly: what was filled, how, and what stays empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ._errors import DataError, listed, raise_all, warn_caller
from ._panel_keys import PanelRows, checked_columns, column_values, panel_rows, refuse_where
from ._validate import check_option

_METHODS = ("linear", "growth")
_ENDS = ("keep", "extend")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FilledPanel:
    """A table with filled cells, and the list of them.

    Attributes
    ----------
    data : DataFrame
        The table with filled cells, in the caller's order and on the caller's index.
    filled : DataFrame
        One row per filled cell: unit, time, ``column``, ``method`` (``linear`` or ``growth``), ``place``
        (``inner`` between two known values, ``end`` before the first or after the last), ``value``.
    remaining : DataFrame
        One row per cell that is still empty: unit, time, ``column``.
    """

    data: pd.DataFrame
    filled: pd.DataFrame
    remaining: pd.DataFrame

    def __repr__(self) -> str:
        lines = [f"{len(self.filled)} cells filled, {len(self.remaining)} still empty."]
        for name, cells in self.filled.groupby("column", sort=False):
            inner = int((cells["place"] == "inner").sum())
            lines.append(
                f"  {name}: {inner} inner and {len(cells) - inner} end cells of "
                f"{cells.iloc[:, 0].nunique()} units ({cells['method'].iloc[0]})"
            )
        return "\n".join(lines)


def fill_gaps(
    data: pd.DataFrame,
    columns: str | Sequence[str],
    *,
    unit: str,
    time: str,
    method: Literal["linear", "growth"] = "linear",
    ends: Literal["keep", "extend"] = "keep",
) -> FilledPanel:
    """Fill the empty cells of a panel by interpolation or average growth, cell by cell on record.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, in any order. Periods without a row are not made: see `balance`.
    columns : str or sequence of str
        Columns whose empty cells are filled from the unit's own other periods.
    unit, time : str
        Columns or index levels with the keys.
    method : {"linear", "growth"}, default "linear"
        Straight line between the known values on both sides (Stata's ``ipolate``), or constant growth between
        them, which needs positive values.
    ends : {"keep", "extend"}, default "keep"
        Cells before the first or after the last known value stay empty, or are extended: ``linear`` along the
        line through the two nearest known values (``ipolate, epolate``), ``growth`` at the average growth
        rate between the unit's first and last known value.

    Returns
    -------
    FilledPanel
        ``data``, ``filled`` and ``remaining``. A unit with fewer than two known values is not filled.

    Raises
    ------
    DataError
        For unknown keys or columns, duplicate rows, text, and with ``growth`` for zero or negative values in
        a unit with gaps, named by unit and period.
    OptionError
        For an unknown `method` or `ends`.

    Warns
    -----
    SpatialfinWarning
        A column that is nowhere negative was extended below zero.

    Notes
    -----
    Between the known x_a and x_b at times a < t < b: ``x_a + (x_b - x_a) (t - a) / (b - a)`` or
    ``x_a (x_b / x_a)^((t - a) / (b - a))``. Time is what the periods say, so unequal distances count.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatialfin.panel import fill_gaps
    >>> data = pd.DataFrame({"code": ["a"] * 3, "year": [2000, 2001, 2002], "loans": [100.0, None, 121.0]})
    >>> result = fill_gaps(data, "loans", unit="code", time="year", method="growth")
    >>> result.data["loans"].round(6).tolist()
    [100.0, 110.0, 121.0]
    >>> result
    1 cells filled, 0 still empty.
      loans: 1 inner and 0 end cells of 1 units (growth)
    """
    check_option("method", method, _METHODS)
    check_option("ends", ends, _ENDS)
    rows = panel_rows(data, unit=unit, time=time)
    names = checked_columns(data, columns, keys=(unit, time))
    values = {name: column_values(data, name, rows.labels) for name in names}
    if method == "growth":
        _refuse_growth_of_non_positive(values, rows)
    result, filled, remaining = data.copy(), [], []
    for name, column in values.items():
        complete, inner = _filled(column, rows, method, ends)
        new = np.flatnonzero(np.isnan(column) & ~np.isnan(complete))
        if len(new):
            result[name] = complete
            _warn_below_zero(name, column, complete, rows)
        place = np.where(inner[new], "inner", "end")
        filled.append(rows.cells(new, column=name, method=method, place=place, value=complete[new]))
        remaining.append(rows.cells(np.flatnonzero(np.isnan(complete)), column=name))
    return FilledPanel(result, pd.concat(filled, ignore_index=True), pd.concat(remaining, ignore_index=True))


def _filled(column: np.ndarray, rows: PanelRows, method: str, ends: str) -> tuple[np.ndarray, np.ndarray]:
    """The column with filled cells, and which cells lie between two known ones."""
    complete, inner = column.copy(), np.zeros(len(column), dtype=bool)
    grid = rows.grid()
    with_gaps = np.unique(rows.unit_of[np.isnan(column)])
    for unit in with_gaps:
        mine = grid[unit][grid[unit] >= 0]
        at, known = rows.clock[rows.period_of[mine]], ~np.isnan(column[mine])
        if known.sum() < 2:
            continue
        first, last = at[known][[0, -1]]
        between = ~known & (at > first) & (at < last)
        wanted = between if ends == "keep" else ~known
        level = np.log(column[mine]) if method == "growth" else column[mine]
        line = _on_lines(at, at[known], level[known], over_all=method == "growth")[wanted]
        complete[mine[wanted]] = np.exp(line) if method == "growth" else line
        inner[mine[between]] = True
    return complete, inner


def _on_lines(at: np.ndarray, known_at: np.ndarray, known: np.ndarray, *, over_all: bool) -> np.ndarray:
    """Straight lines between known points; beyond them the nearest line, or the one from first to last."""
    line: np.ndarray = np.interp(at, known_at, known)
    for outside, edge, next_to_it in ((at < known_at[0], 0, 1), (at > known_at[-1], -1, -2)):
        a, b = (0, -1) if over_all else (edge, next_to_it)
        slope = (known[b] - known[a]) / (known_at[b] - known_at[a])
        line[outside] = known[edge] + slope * (at[outside] - known_at[edge])
    return line


def _refuse_growth_of_non_positive(values: dict[str, np.ndarray], rows: PanelRows) -> None:
    problems = []
    for name, column in values.items():
        gappy = np.isin(rows.unit_of, rows.unit_of[np.isnan(column)])
        problems += refuse_where(
            gappy & (column <= 0),
            rows.labels,
            f"column {name!r} is zero or negative",
            "Growth needs positive numbers: correct these cells or take method='linear'.",
        )
    raise_all(problems, DataError, "data")


def _warn_below_zero(name: str, column: np.ndarray, complete: np.ndarray, rows: PanelRows) -> None:
    below = np.isnan(column) & (complete < 0)
    if below.any() and not (column < 0).any():
        warn_caller(
            f"{name!r} was extended below zero at {listed(rows.labels[below])}, "
            "though no known value is negative."
        )
