"""Rows of features from panels: the last periods of each unit, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .._errors import DataError, raise_all
from .._panel_keys import PanelRows, checked_columns, panel_rows, refuse_where
from .._validate import check_frame, check_whole, numeric_values


def panel_windows(
    data: pd.DataFrame, *, unit: str, time: str, columns: str | Sequence[str], window: int
) -> pd.DataFrame:
    """One row per unit and end period: every column over the last `window` periods.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, in any order. A unit may enter late or leave early.
    unit, time : str
        Columns (or index levels) of the keys.
    columns : str or list of str
        Indicators.
    window : int
        Periods in a row, from 1 to the number of periods.

    Returns
    -------
    DataFrame
        Index: `unit` and `time`, the end of the window, sorted. Columns: ``(column, lag)``, the indicators
        as they are named and, within each, the oldest period first; lag 0 is the end period.

    Raises
    ------
    DataError
        Values are missing or not numbers, a unit lacks a period in the middle, periods are not evenly
        spaced, a row is there twice, or no unit has `window` periods.
    OptionError
        `window` is not a whole number from 1 on.

    Notes
    -----
    A unit with T_i periods gives ``T_i - window + 1`` rows.

    Examples
    --------
    >>> import pandas as pd
    >>> data = pd.DataFrame({"code": ["a"] * 3, "year": [2001, 2002, 2003], "lq": [1.0, 2.0, 4.0]})
    >>> panel_windows(data, unit="code", time="year", columns="lq", window=2)
    column      lq
    lag          1    0
    code year
    a    2002  1.0  2.0
         2003  2.0  4.0
    """
    check_frame(data)
    check_whole("window", window, least=1)
    rows = panel_rows(data, unit=unit, time=time)
    names = checked_columns(data, columns, keys=[unit, time])
    _check_periods(rows)
    values, problems = _values(data, names, rows)
    problems += _holes(rows)
    raise_all(problems, DataError, "panel_windows")
    T = len(rows.periods)
    if window > T:
        raise DataError(f"window={window}: the data have only {T} periods. Take a shorter window.")
    grid = np.full((len(rows.units), T, len(names)), np.nan)
    grid[rows.unit_of, rows.period_of] = values
    windows = np.lib.stride_tricks.sliding_window_view(grid, window, axis=1)
    units, ends = np.nonzero(np.isfinite(windows).all(axis=(2, 3)))
    if not len(units):
        raise DataError(f"window={window}: no unit has so many periods. Take a shorter window.")
    keys = pd.MultiIndex.from_arrays(
        [rows.units.take(units), rows.periods.take(ends + window - 1)], names=[unit, time]
    )
    heads = pd.MultiIndex.from_product([names, range(window - 1, -1, -1)], names=["column", "lag"])
    return pd.DataFrame(windows[units, ends].reshape(len(units), -1), index=keys, columns=heads)


def _check_periods(rows: PanelRows) -> None:
    steps = np.diff(rows.clock)
    if isinstance(rows.periods, pd.DatetimeIndex) or not len(steps) or np.allclose(steps, steps[0]):
        return
    wide = int(np.argmax(steps > steps.min() * (1 + 1e-9)))
    raise DataError(
        f"panel_windows: periods are not evenly spaced: {rows.periods[wide]} is followed by "
        f"{rows.periods[wide + 1]}. Take evenly spaced periods, or fill the gap with panel.fill_gaps."
    )


def _values(data: pd.DataFrame, names: Sequence[str], rows: PanelRows) -> tuple[np.ndarray, list[str]]:
    """The columns (n, C) and what is wrong with them."""
    values, problems = [], []
    for name in names:
        try:
            values.append(numeric_values(data[name].set_axis(rows.labels), f"column {name!r}"))
        except DataError as error:
            problems.append(str(error))
    return (np.column_stack(values) if not problems else np.empty((0, 0))), problems


def _holes(rows: PanelRows) -> list[str]:
    """Periods that a unit lacks between two that it has."""
    there = rows.grid() >= 0
    inside = np.maximum.accumulate(there, axis=1) & np.maximum.accumulate(there[:, ::-1], axis=1)[:, ::-1]
    units, periods = np.nonzero(inside & ~there)
    pairs = zip(rows.units.take(units), rows.periods.take(periods), strict=True)
    labels = pd.Index([f"{unit}, {period}" for unit, period in pairs], dtype=object)
    return refuse_where(
        np.ones(len(labels), dtype=bool),
        labels,
        "no row inside the unit's periods",
        "Fill them with panel.fill_gaps, or drop these units with panel.balance.",
    )
