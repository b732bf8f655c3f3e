"""Reads a table of units and periods into one block of numbers, matched to weights by label."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_complex_dtype, is_numeric_dtype
from scipy.sparse import csr_array

from .._errors import DataError, SpatialfinError, listed, nearest, raise_all
from .._spatial_weights import SpatialWeights, check_weights
from .._validate import check_frame, numeric_values
from ._sample import check_map

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a variable or with weights, in one period or (None) altogether."""

    what: str
    period: Any
    text: str
    error: type[SpatialfinError] = DataError


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers of every column and period, units in one order.

    Attributes
    ----------
    values : ndarray, shape (n, c, t)
        Units, columns and ascending periods; NaN in all units where there is a fault.
    columns : list of str
        Columns.
    periods : pandas.Index or None
        Periods, None for one cross-section.
    ids : pandas.Index
        Units.
    weights : dict of str to SpatialWeights
        Weights by name.
    faults : list of Fault
        What could not be read.
    """

    values: np.ndarray
    columns: list[str]
    periods: pd.Index | None
    ids: pd.Index
    weights: dict[str, SpatialWeights]
    faults: list[Fault]

    def column(self, name: str) -> np.ndarray:
        """Values of one column by unit and period, shape (n, t)."""
        return np.asarray(self.values[:, self.columns.index(name)])

    def period(self, step: int) -> Any:
        """Name of a period."""
        return None if self.periods is None else self.periods[step]

    @property
    def label_ranks(self) -> np.ndarray:
        """Ranks of the unit labels as text, which decide between units that are otherwise alike."""
        return np.unique(self.ids.astype(str).to_numpy(dtype=str), return_inverse=True)[1]

    def matrices(self, statistic: str, caller: str) -> dict[str, csr_array]:
        """Weights by name in the order of the units, if they are enough for the statistic."""
        found = {label: weights.align(self.ids) for label, weights in self.weights.items()}
        for label, matrix in found.items():
            check_map(matrix, f"{caller}, weights {label}: ", statistic)
        return found


def read_table(
    data: pd.DataFrame,
    columns: Sequence[str],
    weights: SpatialWeights | Mapping[str, SpatialWeights],
    *,
    unit: str,
    time: str | None,
    caller: str,
) -> Table:
    """The numbers of a table, with every fault of units and values; those of its keys are raised."""
    check_frame(data)
    named = _named_weights(weights)
    names = list(columns)
    if not names or not named or data.empty:
        raise DataError(f"{caller}: at least one variable, one W and one row of data are needed.")
    frame = _flat(data, names, unit, time)
    ids = next(iter(named.values())).ids
    same_units = all(w.ids is ids or set(w.ids) == set(ids) for w in named.values())
    found = _complete(frame, names, ids, unit, time) if same_units else None
    values, periods, faults = found or _by_period(frame, names, named, unit, time)
    return Table(values, names, None if time is None else periods, ids, named, faults)


def raise_faults(faults: list[Fault], caller: str) -> None:
    """Raise every fault, each once with its periods, as the kind they all are."""
    places: dict[tuple[str, str], list[Any]] = {}
    for fault in faults:
        periods = places.setdefault((fault.what, fault.text), [])
        if fault.period is not None and fault.period not in periods:
            periods.append(fault.period)
    problems = [f"{_place(what, periods)}: {text}" for (what, text), periods in places.items()]
    kinds = {fault.error for fault in faults}
    raise_all(problems, kinds.pop() if len(kinds) == 1 else SpatialfinError, caller)


def _place(what: str, periods: list[Any]) -> str:
    shown = [what, *(str(period) for period in periods[:_SHOWN])]
    more = f" and {len(periods) - _SHOWN} more" if len(periods) > _SHOWN else ""
    return ", ".join(shown) + more


def _named_weights(weights: SpatialWeights | Mapping[str, SpatialWeights]) -> dict[str, SpatialWeights]:
    if isinstance(weights, Mapping):
        for matrix in weights.values():
            check_weights(matrix)
        return {str(label): matrix for label, matrix in weights.items()}
    check_weights(weights)
    return {weights.name or "W": weights}


def _flat(data: pd.DataFrame, columns: list[str], unit: str, time: str | None) -> pd.DataFrame:
    """Keys and variables as columns."""
    levels = [name for name in data.index.names if name is not None]
    keys = [unit] if time is None else [unit, time]
    both = [name for name in columns if name in keys]
    if both:
        raise DataError(f"The column {listed(both)} names units or periods and is no variable.")
    missing = [name for name in (*keys, *columns) if name not in data.columns and name not in levels]
    if missing:
        hints = "".join(nearest(name, [*data.columns, *levels]) for name in missing)
        raise DataError(f"The data have no column {listed(missing)}.{hints}")
    frame = data.reset_index(level=levels) if levels else data
    return frame[[*keys, *columns]]


def _complete(
    frame: pd.DataFrame, columns: list[str], ids: pd.Index, unit: str, time: str | None
) -> tuple[np.ndarray, pd.Index, list[Fault]] | None:
    """Values of a table of numbers with one row for each unit and period, None for any other table."""
    every = [frame[name] for name in columns]
    if not all(_is_real(column.dtype) for column in every):
        return None
    place = ids.get_indexer(pd.Index(frame[unit]))
    step, periods = _periods(frame, time)
    cell = place * len(periods) + step
    once = (place >= 0).all() and (step >= 0).all() and len(frame) == len(ids) * len(periods)
    if not once or (np.bincount(cell, minlength=len(frame)) != 1).any():
        return None
    values = np.empty((len(ids), len(columns), len(periods)))
    for number, column in enumerate(every):
        array = column.to_numpy(dtype=float, na_value=np.nan)
        if not np.isfinite(array).all():
            return None
        values[place, number, step] = array
    return values, periods, []


def _is_real(dtype: Any) -> bool:
    return is_numeric_dtype(dtype) and not (is_bool_dtype(dtype) or is_complex_dtype(dtype))


def _periods(frame: pd.DataFrame, time: str | None) -> tuple[np.ndarray, pd.Index]:
    if time is None:
        return np.zeros(len(frame), dtype=int), pd.RangeIndex(1)
    step, periods = pd.factorize(frame[time], sort=True)
    return step, pd.Index(periods)


def _by_period(
    frame: pd.DataFrame,
    columns: list[str],
    weights: dict[str, SpatialWeights],
    unit: str,
    time: str | None,
) -> tuple[np.ndarray, pd.Index, list[Fault]]:
    """The values, read one period after the other, and every fault of them."""
    keys = [unit] if time is None else [unit, time]
    _check_keys(frame, keys)
    ids = next(iter(weights.values())).ids
    step, periods = _periods(frame, time)
    values = np.full((len(ids), len(columns), len(periods)), np.nan)
    faults = [
        fault for number, name in enumerate(columns) if (fault := _whole_fault(frame, keys, name)) is not None
    ]
    readable = [name for name in columns if name not in {fault.what for fault in faults}]
    for number, period in enumerate(periods):
        rows = frame[step == number].set_index(unit)
        when = None if time is None else period
        units = [_attempt(f"weights {label}", when, w.align, rows.index) for label, w in weights.items()]
        faults += [fault for _, fault in units if fault is not None]
        for name in readable:
            array, fault = _attempt(name, when, _numbers, rows[name])
            if fault is not None:
                faults.append(fault)
            elif units[0][1] is None:
                values[:, columns.index(name), number] = array[rows.index.get_indexer(ids)]
    return values, periods, faults


def _check_keys(frame: pd.DataFrame, keys: list[str]) -> None:
    blank = frame[keys].isna().any(axis=1)
    if blank.any():
        raise DataError(f"{int(blank.sum())} rows have no {' or '.join(keys)}.")
    repeated = frame.loc[frame.duplicated(keys), keys]
    if len(repeated):
        pairs = [" ".join(str(part) for part in row) for row in repeated.itertuples(index=False)]
        raise DataError(f"More than one row for {listed(pairs)}. Keep one row per {' and '.join(keys)}.")


def _whole_fault(frame: pd.DataFrame, keys: list[str], name: str) -> Fault | None:
    """What is wrong with a column in all its periods: text, another type, or nothing there."""
    column = frame.set_index(keys)[name]
    there = column[~(column.isna() | column.isin([np.inf, -np.inf]))]
    if there.empty:
        return Fault(name, None, f"missing or infinite in all {len(column)} rows. Leave out the variable.")
    return _attempt(name, None, numeric_values, there, name)[1]


def _numbers(values: pd.Series) -> np.ndarray:
    """The numbers of one period."""
    if values.isna().all():
        raise DataError(f"missing in every one of the {len(values)} units. Leave out the period or variable.")
    return numeric_values(values, str(values.name))


def _attempt(what: str, period: Any, step: Callable[..., Any], *arguments: Any) -> tuple[Any, Fault | None]:
    """The result, or the fault that it raised, without the name that the fault has already."""
    try:
        return step(*arguments), None
    except SpatialfinError as error:
        return None, Fault(what, period, str(error).removeprefix(f"{what}: "), type(error))
