"""Rows of a panel by unit and period: what every step of preparing it shares."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ._errors import DataError, listed, nearest
from ._validate import check_frame, check_names, check_number, check_whole, numeric_values


@dataclass(frozen=True, slots=True, eq=False)
class PanelRows:
    """Where each row of a table stands among units and periods.

    Attributes
    ----------
    keys : DataFrame, shape (n, 2)
        Unit and time of each row, in the caller's order.
    labels : Index, shape (n,)
        ``unit, period`` as text, for messages.
    units, periods : Index
        The N units and T periods, sorted.
    unit_of, period_of : array of int, shape (n,)
        Places of each row's unit and period in these.
    clock : array, shape (T,)
        The periods on a line: numbers as they are, dates in days, other labels by their order.
    """

    keys: pd.DataFrame
    labels: pd.Index
    units: pd.Index
    periods: pd.Index
    unit_of: np.ndarray
    period_of: np.ndarray
    clock: np.ndarray

    @property
    def numbered(self) -> bool:
        """Whether periods are numbers, such as years, also when written as text."""
        return bool(pd.to_numeric(pd.Series(self.periods), errors="coerce").notna().all()) and not _dates(
            self.periods
        )

    def grid(self) -> np.ndarray:
        """Row of each unit and period, -1 where there is none; shape (N, T)."""
        rows = np.full((len(self.units), len(self.periods)), -1)
        rows[self.unit_of, self.period_of] = np.arange(len(self.keys))
        return rows

    def earlier(self, values: np.ndarray, periods: int, step: float) -> np.ndarray:
        """The unit's value `periods` times `step` before each row, NaN where there is no such row.

        Raises
        ------
        DataError
            No period of the data has another one so much before it.
        """
        if self.numbered:
            there = self._places(self.clock - periods * step)
        else:
            there = np.maximum(np.arange(len(self.periods)) - periods, -1)
        if not (there >= 0).any():
            raise DataError(
                f"No period lies {periods} x {step:g} after another one; the periods are "
                f"{listed(self.periods)}. Give the distance of two neighbouring periods as step=."
            )
        before = there[self.period_of]
        rows = np.where(before >= 0, self.grid()[self.unit_of, before], -1)
        return np.where(rows >= 0, values[rows], np.nan)

    def _places(self, wanted: np.ndarray) -> np.ndarray:
        return np.asarray(pd.Index(self.clock).get_indexer(pd.Index(wanted)))

    def cells(self, rows: np.ndarray, **columns: Any) -> pd.DataFrame:
        """Unit and period of `rows` and further columns, sorted by unit and period."""
        order = np.lexsort((self.period_of[rows], self.unit_of[rows]))
        frame = self.keys.iloc[rows].reset_index(drop=True).assign(**columns)
        return frame.iloc[order].reset_index(drop=True)


def key_values(data: pd.DataFrame, unit: str, time: str) -> dict[str, np.ndarray]:
    """The two key columns, wherever they stand."""
    check_frame(data)
    if unit == time:
        raise DataError(f"unit and time are both {unit!r}: name two columns or index levels.")
    found = {}
    for role, name in (("unit", unit), ("time", time)):
        if name in data.columns:
            found[name] = _key_array(data[name])
        elif name in data.index.names:
            found[name] = _key_array(data.index.get_level_values(name))
        else:
            names = [*data.columns, *(level for level in data.index.names if level)]
            raise DataError(f"{role}={name!r} is no column or index level of the data.{nearest(name, names)}")
    return found


def _key_array(values: pd.Series | pd.Index) -> Any:
    """The keys as an array; ordered categories stay what they are, for their order."""
    ordered = isinstance(values.dtype, pd.CategoricalDtype) and values.dtype.ordered
    return values.array if ordered else values.to_numpy()


def coded_labels(
    values: np.ndarray | pd.Categorical[Any], name: str, *, order_of: Callable[[object], Any] = str
) -> tuple[pd.Index, np.ndarray]:
    """Distinct labels, numbers and dates in order, others by `order_of`, and the place of each row's."""
    codes, labels = pd.factorize(np.asarray(values))
    if (codes < 0).any():
        raise DataError(f"{int((codes < 0).sum())} rows have no {name!r}: give every row its key.")
    if labels.dtype.kind in "iufbM":
        order = np.argsort(labels, kind="stable")
    else:
        keys = [order_of(label) for label in labels]
        order = np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return pd.Index(labels[order]), place[codes]


def coded_periods(values: np.ndarray | pd.Categorical[Any], name: str) -> tuple[pd.Index, np.ndarray]:
    """Distinct periods in their order and the place of every row's: of text, 9 comes before 10.

    Ordered categories that are no numbers or dates come in their own order.
    """
    if isinstance(values, pd.Categorical):
        places = {category: place for place, category in enumerate(values.categories)}
        return coded_labels(np.asarray(values), name, order_of=places.__getitem__)
    return coded_labels(values, name, order_of=_by_numbers)


def _by_numbers(label: object) -> tuple[object, ...]:
    """The words and whole numbers in a label, which alternate."""
    return tuple(int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", str(label)))


def listed_keys(keys: pd.DataFrame) -> str:
    """Up to five keys, as ``unit, period``."""
    return listed(", ".join(map(str, row)) for row in keys.itertuples(index=False, name=None))


def no_duplicates(keys: dict[str, np.ndarray], twice: np.ndarray) -> None:
    """Refuse the rows whose keys other rows have too, `twice` of shape (n,)."""
    if twice.any():
        again = pd.DataFrame(keys)[twice].drop_duplicates()
        raise DataError(
            f"Duplicate rows for ({', '.join(keys)}) {listed_keys(again)}. Keep one row per unit and period."
        )


def panel_rows(data: pd.DataFrame, *, unit: str, time: str) -> PanelRows:
    """Read the keys of a table that has at most one row per unit and period."""
    values = key_values(data, unit, time)
    keys = pd.DataFrame(values)
    if not len(keys):
        raise DataError("data: no rows. Check the filter that made it.")
    units, unit_of = coded_labels(values[unit], unit)
    periods, period_of = coded_periods(values[time], time)
    no_duplicates(values, keys.duplicated(keep=False).to_numpy())
    labels = pd.Index(keys[unit].astype(str) + ", " + keys[time].astype(str))
    return PanelRows(
        keys=keys,
        labels=labels,
        units=units,
        periods=periods,
        unit_of=unit_of,
        period_of=period_of,
        clock=clock_of(periods),
    )


def _dates(periods: pd.Index) -> bool:
    return isinstance(periods, pd.DatetimeIndex)


def clock_of(periods: pd.Index) -> np.ndarray:
    """Periods on a line: numbers (also as text) as they are, dates in days, other labels by their order."""
    if isinstance(periods, pd.DatetimeIndex):
        return np.asarray((periods - periods[0]) / pd.Timedelta(days=1), dtype=float)
    numbers = pd.to_numeric(pd.Series(periods), errors="coerce")
    if numbers.notna().all():
        return numbers.to_numpy(dtype=float)
    return np.arange(len(periods), dtype=float)


def checked_columns(data: pd.DataFrame, columns: str | Sequence[str], *, keys: Sequence[str]) -> list[str]:
    """The columns a caller names, or an error for unknown, repeated and key columns."""
    names = check_names("columns", columns)
    if not names:
        raise DataError("columns: name at least one column.")
    unknown = [name for name in names if name not in data.columns]
    if unknown:
        raise DataError(f"columns: {listed(unknown)} not in the data.{nearest(unknown[0], data.columns)}")
    taken = [name for name in names if name in keys]
    if taken:
        raise DataError(f"columns: {listed(taken)} is the key of the panel, not a variable.")
    if len(set(names)) < len(names):
        raise DataError(f"columns: {listed(n for n in names if names.count(n) > 1)} given more than once.")
    return names


def column_values(data: pd.DataFrame, column: str, labels: pd.Index) -> np.ndarray:
    """Numbers of a column, NaN where it is empty; text and infinite values are refused by `labels`."""
    series = data[column].set_axis(labels)
    known = series.notna().to_numpy()
    values = np.full(len(series), np.nan)
    values[known] = numeric_values(series[known], f"column {column!r}")
    return values


def refuse_where(bad: np.ndarray, labels: pd.Index, what: str, remedy: str) -> list[str]:
    """A problem that names the offending rows, or nothing."""
    return [f"{what} at {listed(labels[bad])}. {remedy}"] if bad.any() else []


def add_columns(data: pd.DataFrame, columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """The table with further columns; a name that is taken is refused."""
    taken = [name for name in columns if name in data.columns or name in data.index.names]
    if taken:
        raise DataError(f"The data already have {listed(taken)}. Drop or rename these columns before.")
    return data.assign(**columns)


def check_steps(periods: object, step: object) -> None:
    """Refuse a lag below one and a step that is no positive number."""
    check_whole("periods", periods, least=1)
    check_number("step", step, between=(0.0, np.inf))
