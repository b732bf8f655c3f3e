"""Constant prices: columns deflated to a base year by a price index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from ._errors import AlignmentError, DataError, listed, nearest
from ._panel_keys import PanelRows, add_columns, checked_columns, column_values, panel_rows
from ._validate import check_number, check_option, numeric_values

_KINDS = ("previous-year", "fixed-base")
_USUAL_CHAIN = (50.0, 200.0)  # where the median of an index with the previous year = 100 lies


def deflate(
    data: pd.DataFrame,
    columns: str | Sequence[str],
    *,
    index: pd.Series | pd.DataFrame | str,
    base: Any,
    unit: str,
    time: str,
    kind: Literal["previous-year", "fixed-base"] = "previous-year",
    step: float = 1,
) -> pd.DataFrame:
    """Add columns at the prices of a base year, named ``real_`` and the column.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, in any order.
    columns : str or sequence of str
        Columns at current prices; an empty cell stays empty.
    index : Series, DataFrame or str
        The price index: a Series by period, or by unit and period (two levels named like `unit` and `time`);
        a DataFrame with these as columns or index levels and one further column; or a column of `data`.
    base : label
        The period whose prices are used, such as ``2005``.
    unit, time : str
        Columns or index levels with the keys.
    kind : {"previous-year", "fixed-base"}, default "previous-year"
        What equals 100: the previous year, as yearbooks print it, so that the index is chained; or one fixed
        year, whichever it is.
    step : float, default 1
        Distance of neighbouring periods of a chained index, as in `lag_columns`.

    Returns
    -------
    DataFrame
        A copy of `data` with the new columns, in the caller's order; ``attrs["deflated"]`` says how. In the
        unit of the column, at prices of `base`.

    Raises
    ------
    DataError
        For unknown keys or columns, duplicate rows, text, an index that is missing, zero or negative, and a
        chained index that does not lie around 100.
    AlignmentError
        When the index has no value for the base, for a period of the data or, chained, for a period between.
    OptionError
        For an unknown `kind`.

    Notes
    -----
    ``real_t = nominal_t / (P_t / P_base)``. Chained, ``P_t = P_(t-1) I_t / 100``; the index of the first
    period is not needed.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatialfin.panel import deflate
    >>> data = pd.DataFrame({"code": ["a"] * 3, "year": [2003, 2004, 2005], "gdp": [100.0, 110.0, 121.0]})
    >>> cpi = pd.Series({2003: 101.2, 2004: 103.9, 2005: 110.0}, name="cpi")
    >>> deflate(data, "gdp", index=cpi, base=2004, unit="code", time="year")["real_gdp"].round(3).tolist()
    [103.9, 110.0, 110.0]
    """
    check_option("kind", kind, _KINDS)
    check_number("step", step, between=(0.0, np.inf))
    rows = panel_rows(data, unit=unit, time=time)
    names = checked_columns(data, columns, keys=(unit, time))
    values = {name: column_values(data, name, rows.labels) for name in names}
    table = _index_table(index, data, rows, unit, time)
    _check_base(base, table[time], rows.keys[time], kind)
    factor = _relative_prices(table, rows, unit, time, base, kind, step)
    real = add_columns(data, {f"real_{name}": column / factor for name, column in values.items()})
    real.attrs["deflated"] = {"columns": names, "base": base, "kind": kind}
    return real


def _relative_prices(
    table: pd.DataFrame, rows: PanelRows, unit: str, time: str, base: Any, kind: str, step: float
) -> np.ndarray:
    """Price level of each row relative to the unit's level in the base period, shape (n,)."""
    known, wanted, base = _as_numbers(table[time], rows.keys[time], base)
    line = _line_of_periods(known, wanted, base, step)
    units = rows.units if unit in table else pd.Index(["all"])
    mine = rows.unit_of if unit in table else np.zeros(len(rows.keys), dtype=int)
    at, base_at = line.get_indexer(pd.Index(wanted)), line.get_indexer(pd.Index([base]))[0]
    level = np.full((len(line), len(units)), np.nan)
    period = line.get_indexer(pd.Index(known))
    owner = units.get_indexer(pd.Index(table[unit])) if unit in table else np.zeros(len(table), dtype=int)
    kept = (period >= 0) & (owner >= 0)
    level[period[kept], owner[kept]] = table["value"].to_numpy()[kept]
    needed = np.zeros(level.shape, dtype=bool)
    needed[at, mine], needed[base_at] = True, True
    if kind == "previous-year":
        order = np.arange(len(line))[:, None]
        last = len(line) - 1 - needed[::-1].argmax(axis=0)
        needed = (order > needed.argmax(axis=0)) & (order <= last)
    _refuse_absent(needed & np.isnan(level), line, units, base, by_unit=unit in table)
    if kind == "previous-year":
        _refuse_unlikely_chain(level[needed])
        level = np.cumprod(np.where(needed, level / 100, 1.0), axis=0)
    relative: np.ndarray = level[at, mine] / level[base_at, mine]
    return relative


def _as_numbers(known: pd.Series, wanted: pd.Series, base: Any) -> tuple[pd.Series, pd.Series, Any]:
    """Periods as numbers where all of them are numbers written as text, so that no year is chained over."""
    if pd.api.types.is_datetime64_any_dtype(wanted) or pd.api.types.is_numeric_dtype(wanted):
        return known, wanted, base
    numbers = [pd.to_numeric(periods, errors="coerce") for periods in (known, wanted, pd.Series([base]))]
    if any(values.isna().any() for values in numbers):
        return known, wanted, base
    return numbers[0], numbers[1], numbers[2].iloc[0]


def _line_of_periods(known: pd.Series, wanted: pd.Series, base: Any, step: float) -> pd.Index:
    """Every period that a chain may run through, ascending."""
    ends = pd.Index([*wanted.unique(), base])
    line = ends.union(pd.Index(known[(known >= ends.min()) & (known <= ends.max())]))
    if pd.api.types.is_numeric_dtype(line):
        count = round((ends.max() - ends.min()) / step)
        line = line.union(pd.Index(ends.min() + np.arange(count + 1) * step))
    every: pd.Index = line.unique()
    return every


def _check_base(base: Any, known: pd.Series, wanted: pd.Series, kind: str) -> None:
    numeric = [pd.api.types.is_numeric_dtype(periods) for periods in (known, wanted)]
    if numeric[0] != numeric[1]:
        raise DataError(
            f"index: its periods are {known.dtype}, those of the data {wanted.dtype}. "
            "Make both the same type."
        )
    if base not in {*known, *(wanted if kind == "previous-year" else ())}:
        raise AlignmentError(
            f"base={base!r} is no period of the index ({known.min()} to {known.max()})."
            f"{nearest(base, known.unique())} Choose a base that the index covers."
        )


def _refuse_absent(absent: np.ndarray, line: pd.Index, units: pd.Index, base: Any, *, by_unit: bool) -> None:
    places, owners = np.nonzero(absent)
    if not len(places):
        return
    named = [
        f"{units[owner]}, {line[place]}" if by_unit else str(line[place])
        for place, owner in zip(places.tolist(), owners.tolist(), strict=True)
    ]
    raise AlignmentError(
        f"index: no value for {listed(named)}. Add these periods, give their distance as step=, "
        f"or choose a base (now {base!r}) and a sample that the index covers."
    )


def _refuse_unlikely_chain(values: np.ndarray) -> None:
    low, high = _USUAL_CHAIN
    middle = float(np.median(values)) if len(values) else 100.0
    if not low <= middle <= high:
        raise DataError(
            f"index: its median is {middle:.4g}, but with the previous year = 100 it lies near 100. "
            "Multiply a ratio by 100, or say kind='fixed-base'."
        )


def _index_table(
    index: pd.Series | pd.DataFrame | str, data: pd.DataFrame, rows: PanelRows, unit: str, time: str
) -> pd.DataFrame:
    """The price index as columns [unit,] time, value: positive numbers, one per key."""
    if isinstance(index, str):
        if index not in data.columns:
            raise DataError(f"index={index!r} is no column of the data.{nearest(index, data.columns)}")
        frame = rows.keys.assign(value=data[index].to_numpy())
    elif isinstance(index, pd.Series):
        frame = _series_table(index, unit, time)
    elif isinstance(index, pd.DataFrame):
        frame = _frame_table(index, unit, time)
    else:
        raise DataError(f"index: a Series, DataFrame or column name is needed, not {type(index).__name__}.")
    keys = [name for name in (unit, time) if name in frame.columns]
    if frame[keys].isna().any(axis=None):
        raise DataError("index: rows without a key. Give every value its period (and unit).")
    frame = frame[frame["value"].notna()]
    texts = [frame[name].astype(str) for name in keys]
    labels = pd.Index(texts[0] if len(texts) == 1 else texts[0] + ", " + texts[1])
    if labels.has_duplicates:
        raise DataError(
            f"index: more than one value for {listed(labels[labels.duplicated()].unique())}. "
            "Keep one value per period, or give the index by unit and period."
        )
    values = numeric_values(frame["value"].set_axis(labels), "index")
    if (values <= 0).any():
        raise DataError(
            f"index: zero or negative at {listed(labels[values <= 0])}. "
            "A price index is positive: correct it."
        )
    return frame[keys].assign(value=values)


def _series_table(index: pd.Series, unit: str, time: str) -> pd.DataFrame:
    if index.index.nlevels == 1:
        return pd.DataFrame({time: index.index, "value": index.to_numpy()})
    if set(index.index.names) != {unit, time}:
        levels = listed(index.index.names)
        raise DataError(f"index: levels {levels}; {unit!r} and {time!r} are needed. Rename the levels.")
    frame = index.index.to_frame(index=False)[[unit, time]]
    return frame.assign(value=index.to_numpy())


def _frame_table(index: pd.DataFrame, unit: str, time: str) -> pd.DataFrame:
    named = [name for name in index.index.names if name is not None and name not in index.columns]
    frame = index.reset_index(level=named) if named else index
    if time not in frame.columns:
        raise DataError(f"index: no column or level {time!r}.{nearest(time, frame.columns)}")
    rest = [name for name in frame.columns if name not in (unit, time)]
    if len(rest) != 1:
        raise DataError(f"index: one column with values is needed, not {len(rest)} ({listed(rest)}).")
    keys = [name for name in (unit, time) if name in frame.columns]
    return frame[[*keys, rest[0]]].set_axis([*keys, "value"], axis=1).reset_index(drop=True)
