"""Reads a table of units and periods into one block of series, matched to weights by label."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_list_like, is_numeric_dtype
from scipy.sparse import csr_array

from .._errors import DataError, SpatialfinError, listed, nearest, raise_all
from .._spatial_weights import SpatialWeights, check_weights
from .._validate import check_frame, numeric_values
from ._sample import check_map

SeriesCheck = Callable[[np.ndarray], list[tuple[int, str]]]
Fault = tuple[str, SpatialfinError]


@dataclass(frozen=True, slots=True)
class SeriesBlock:
    """Series of every variable and period, units in one order.

    Attributes
    ----------
    values : ndarray, shape (n, k)
        Variable by variable, periods in ascending order.
    variables : list of str
        Variables.
    periods : pandas.Index or None
        Periods, None for one cross-section.
    ids : pandas.Index
        Units.
    matrices : dict of str to csr_array
        Weights by name, in the order of the units.
    styles : dict of str to str
        Styles of the weights by name.
    """

    values: np.ndarray
    variables: list[str]
    periods: pd.Index | None
    ids: pd.Index
    matrices: dict[str, csr_array]
    styles: dict[str, str]

    @property
    def label_ranks(self) -> np.ndarray:
        """Ranks of the unit labels as text, which decide between units that are otherwise alike."""
        return np.unique(self.ids.astype(str).to_numpy(dtype=str), return_inverse=True)[1]


def read_block(
    data: pd.DataFrame,
    variables: str | Sequence[str],
    weights: SpatialWeights | Mapping[str, SpatialWeights],
    *,
    unit: str,
    time: str | None,
    check: SeriesCheck,
    statistic: str,
    caller: str,
) -> SeriesBlock:
    """The series of a table, or every fault of keys, units and values at once.

    `check` gives the columns of a block that cannot be used, and why; `statistic` and `caller` are named in
    messages.
    """
    check_frame(data)
    named = _named_weights(weights)
    names = list(variables) if is_list_like(variables) else [str(variables)]
    if not names or not named or data.empty:
        raise DataError(f"{caller}: at least one variable, one W and one row of data are needed.")
    frame = _flat(data, names, unit, time)
    first = next(iter(named.values()))
    same_units = all(w.ids is first.ids or set(w.ids) == set(first.ids) for w in named.values())
    found = _complete(frame, names, first.ids, unit, time) if same_units else None
    if found is None:
        found = _by_period(frame, names, named, unit, time, check, caller)
    values, periods = found
    places = [_place(name, None if time is None else period) for name in names for period in periods]
    _raise_faults([(places[column], DataError(fault)) for column, fault in check(values)], caller)
    matrices = {label: w.align(first.ids) for label, w in named.items()}
    for label, matrix in matrices.items():
        check_map(matrix, f"{caller}, weights {label}: ", statistic)
    styles = {label: str(w.style) for label, w in named.items()}
    return SeriesBlock(values, names, None if time is None else periods, first.ids, matrices, styles)


def _named_weights(weights: SpatialWeights | Mapping[str, SpatialWeights]) -> dict[str, SpatialWeights]:
    if isinstance(weights, Mapping):
        for matrix in weights.values():
            check_weights(matrix)
        return {str(label): matrix for label, matrix in weights.items()}
    check_weights(weights)
    return {weights.name or "W": weights}


def _flat(data: pd.DataFrame, variables: list[str], unit: str, time: str | None) -> pd.DataFrame:
    """Keys and variables as columns."""
    levels = [name for name in data.index.names if name is not None]
    keys = [unit] if time is None else [unit, time]
    missing = [name for name in (*keys, *variables) if name not in data.columns and name not in levels]
    if missing:
        hints = "".join(nearest(name, [*data.columns, *levels]) for name in missing)
        raise DataError(f"The data have no column {listed(missing)}.{hints}")
    frame = data.reset_index(level=levels) if levels else data
    return frame[[*keys, *variables]]


def _complete(
    frame: pd.DataFrame, variables: list[str], ids: pd.Index, unit: str, time: str | None
) -> tuple[np.ndarray, pd.Index] | None:
    """Values of a table of numbers with one row for each unit and period, None for any other table."""
    columns = [frame[name] for name in variables]
    if not all(is_numeric_dtype(column.dtype) and not is_bool_dtype(column.dtype) for column in columns):
        return None
    place = ids.get_indexer(pd.Index(frame[unit]))
    step, periods = _periods(frame, time)
    cell = place * len(periods) + step
    once = (place >= 0).all() and (step >= 0).all() and len(frame) == len(ids) * len(periods)
    if not once or (np.bincount(cell, minlength=len(frame)) != 1).any():
        return None
    values = np.empty((len(ids), len(variables), len(periods)))
    for number, column in enumerate(columns):
        array = column.to_numpy(dtype=float, na_value=np.nan)
        if not np.isfinite(array).all():
            return None
        values[place, number, step] = array
    return values.reshape(len(ids), -1), periods


def _periods(frame: pd.DataFrame, time: str | None) -> tuple[np.ndarray, pd.Index]:
    if time is None:
        return np.zeros(len(frame), dtype=int), pd.RangeIndex(1)
    step, periods = pd.factorize(frame[time], sort=True)
    return step, pd.Index(periods)


def _by_period(
    frame: pd.DataFrame,
    variables: list[str],
    weights: dict[str, SpatialWeights],
    unit: str,
    time: str | None,
    check: SeriesCheck,
    caller: str,
) -> tuple[np.ndarray, pd.Index]:
    """The values, read one period after the other, or every fault of them at once."""
    _check_keys(frame, [unit] if time is None else [unit, time])
    ids = next(iter(weights.values())).ids
    step, periods = _periods(frame, time)
    faults: list[Fault] = []
    series = []
    for name in variables:
        for number, period in enumerate(periods):
            rows = frame[step == number].set_index(unit)
            place = _place(name, None if time is None else period)
            for label, matrix in weights.items():
                faults += _attempt(lambda w=matrix, r=rows: w.align(r.index), f"{place}, weights {label}")  # type: ignore[misc]
            faults += _attempt(lambda n=name, r=rows: series.append(_numbers(r[n], ids, check)), place)  # type: ignore[misc]
    _raise_faults(faults, caller)
    return np.column_stack(series), periods


def _check_keys(frame: pd.DataFrame, keys: list[str]) -> None:
    blank = frame[keys].isna().any(axis=1)
    if blank.any():
        raise DataError(f"{int(blank.sum())} rows have no {' or '.join(keys)}.")
    repeated = frame.loc[frame.duplicated(keys), keys]
    if len(repeated):
        pairs = [" ".join(str(part) for part in row) for row in repeated.itertuples(index=False)]
        raise DataError(f"More than one row for {listed(pairs)}. Keep one row per {' and '.join(keys)}.")


def _numbers(values: pd.Series, ids: pd.Index, check: SeriesCheck) -> np.ndarray:
    """The numbers of one series that can be used, in the order of the ids."""
    if values.isna().all():
        raise DataError(f"missing in every one of the {len(values)} units. Leave out the period or variable.")
    array = numeric_values(values, str(values.name))
    for _, fault in check(array[:, None]):
        raise DataError(fault)
    return np.asarray(array[values.index.get_indexer(ids)])


def _attempt(step: Callable[[], object], place: str) -> list[Fault]:
    try:
        step()
    except SpatialfinError as error:
        return [(place, error)]
    return []


def _place(variable: str, period: Any) -> str:
    return variable if period is None else f"{variable}, {period}"


def _raise_faults(faults: list[Fault], caller: str) -> None:
    """Raise every fault at once, as the kind they all are."""
    problems = list(dict.fromkeys(f"{place}: {error}" for place, error in faults))
    kinds = {type(error) for _, error in faults}
    raise_all(problems, kinds.pop() if len(kinds) == 1 else SpatialfinError, caller)
