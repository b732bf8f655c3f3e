"""Which series a statistic takes from a table: columns, their changes, pairs of columns, rates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas.api.types import is_list_like

from .._core.autocorrelation import standardised_rates
from .._errors import DataError, OptionError, listed
from .._spatial_weights import SpatialWeights
from ._sample import CONSTANT, varies
from ._table_input import Fault, Table, raise_faults, read_table

Variable = str | tuple[str, str]
"""A column, or a pair of columns."""


@dataclass(frozen=True, slots=True)
class SeriesGroup:
    """Series of one kind and the statistics wanted of them, units in the order of the weights.

    Attributes
    ----------
    statistics : tuple of str
        Words.
    values : ndarray, shape (n, k)
        The series.
    x : ndarray, shape (n, k), or None
        The first variables of pairs, which keep their places; the values are the second ones.
    labels : pandas.Index
        Names of the k series.
    variable, period : ndarray of int, shape (k,)
        Positions of variable and period.
    """

    statistics: tuple[str, ...]
    values: np.ndarray
    x: np.ndarray | None
    labels: pd.Index
    variable: np.ndarray
    period: np.ndarray

    def parts(self, size: int) -> Iterator[SeriesGroup]:
        """The series, at most so many at a time."""
        for start in range(0, len(self.labels), size):
            series = slice(start, start + size)
            yield SeriesGroup(
                self.statistics,
                self.values[:, series],
                None if self.x is None else self.x[:, series],
                self.labels[series],
                self.variable[series],
                self.period[series],
            )

    def names(self, series: int | slice) -> dict[str, Any]:
        """Columns that say which series (or several) a row of a table is of."""
        return {
            "variable": self.labels[series],
            "_variable": self.variable[series],
            "_period": self.period[series],
        }


def read_series(
    data: pd.DataFrame,
    variables: Variable | Sequence[Variable],
    weights: SpatialWeights | Mapping[str, SpatialWeights],
    *,
    rates: Sequence[tuple[str, str]],
    unit: str,
    time: str | None,
    statistics: Sequence[str],
    caller: str,
) -> tuple[Table, list[SeriesGroup]]:
    """The series that the statistics take, or every fault of keys, units and values at once."""
    entries = [*_entries("variables", variables), *_entries("rates", rates)]
    _check_use(entries, statistics, caller)
    names = list(dict.fromkeys(name for entry in entries for name in entry.columns))
    table = read_table(data, names, weights, unit=unit, time=time, caller=caller)
    _check_periods(table, statistics, caller)
    wanted: dict[str, list[str]] = {}
    for word in statistics:
        wanted.setdefault(_kind(word), []).append(word)
    faults = list(table.faults)
    for kind, words in wanted.items():
        for entry in entries:
            if entry.sort == _KINDS[kind].takes:
                faults += _KINDS[kind].faults(table, entry.columns, words)
    raise_faults(faults, caller)
    return table, [_group(table, entries, kind, words) for kind, words in wanted.items()]


def series_faults(values: np.ndarray, statistics: Sequence[str]) -> list[tuple[int, str]]:
    """Columns that a statistic does not take, and why; columns that were not read are passed over."""
    faults = [(int(column), CONSTANT) for column in np.flatnonzero(~varies(values))]
    if "getis_ord" in statistics:
        negative = np.flatnonzero((values < 0).any(axis=0))
        faults += [(int(column), "negative values, for which G is not defined.") for column in negative]
    if "join_counts" in statistics:
        other = np.flatnonzero(~np.isin(values, (0.0, 1.0)).all(axis=0))
        text = "values other than 0 and 1, which join counts need. Code the classes as 0 and 1."
        faults += [(int(column), text) for column in other]
    unread = np.isnan(values).any(axis=0)
    return sorted((column, text) for column, text in faults if not unread[column])


def rate_fault(events: np.ndarray, population: np.ndarray, ids: pd.Index) -> str | None:
    """What is wrong with the numbers behind rates."""
    parts = [
        f"{what} at {listed(ids[bad])}"
        for what, bad in (
            ("negative events", events < 0),
            ("a population that is not positive", population <= 0),
        )
        if bad.any()
    ]
    if parts:
        return f"{'; '.join(parts)}. Correct these units or leave them out."
    if not events.any():
        return "no events at all, so there are no rates to compare."
    if not varies(events / population):
        return CONSTANT
    return None


def changes_vary(earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
    """Whether changes differ by more than rounding of the values, by column."""
    return varies(later - earlier, np.maximum(np.abs(earlier), np.abs(later)))


def pair_label(x: object, y: object) -> str:
    """Name of a pair."""
    return f"{x} and lagged {y}"


def rate_label(events: object, population: object) -> str:
    """Name of a rate."""
    return f"{events} per {population}"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A column, a pair of columns (x, y) or a rate (events, population)."""

    sort: Literal["column", "pair", "rate"]
    columns: tuple[str, ...]


def _entries(option: str, given: Any) -> list[_Entry]:
    """What the caller names, each once."""
    several = list(given) if is_list_like(given) else [str(given)]
    entries = []
    for one in several:
        names = tuple(one) if is_list_like(one) else (one,)
        paired = option == "rates" or is_list_like(one)
        if paired and len(names) != 2:
            example = "('events', 'population')" if option == "rates" else "('x', 'y')"
            raise OptionError(f"{option}: {one!r} is no pair. Give two columns, as {example}.")
        sort: Any = "rate" if option == "rates" else "pair" if paired else "column"
        entries.append(_Entry(sort, names))
    return list(dict.fromkeys(entries))


def _kind(word: str) -> str:
    return word if word in _KINDS else "level"


def _check_use(entries: list[_Entry], statistics: Sequence[str], caller: str) -> None:
    """Refuse statistics without anything to be taken of, and variables and rates without a statistic."""
    if not entries:
        raise DataError(f"{caller}: at least one variable, one W and one row of data are needed.")
    takers = {sort: [word for word in statistics if _KINDS[_kind(word)].takes == sort] for sort in _SORTS}
    there = {entry.sort for entry in entries}
    for sort, (needed, _) in _SORTS.items():
        if takers[sort] and sort not in there:
            raise OptionError(f"{caller}: statistics {listed(takers[sort])} need {needed}.")
    for sort, (_, use) in _SORTS.items():
        rest = [entry.columns for entry in entries if entry.sort == sort]
        if rest and not takers[sort]:
            raise OptionError(f"{caller}: {listed(rest)}: {use}.")


def _check_periods(table: Table, statistics: Sequence[str], caller: str) -> None:
    if "moran_differential" not in statistics:
        return
    if table.periods is None:
        raise OptionError(f"{caller}: statistics='moran_differential' compares periods. Give `time`.")
    if len(table.periods) < 2:
        raise DataError(f"{caller}: 'moran_differential' needs two periods, not only {table.periods[0]}.")


def _group(table: Table, entries: list[_Entry], kind: str, words: list[str]) -> SeriesGroup:
    places = [place for place, entry in enumerate(entries) if entry.sort == _KINDS[kind].takes]
    found = [_KINDS[kind].series(table, *entries[place].columns) for place in places]
    labels = [_KINDS[kind].label(*entries[place].columns) for place in places]
    periods = table.values.shape[2]
    steps = found[0][0].shape[1]
    xs = [x for _, x in found if x is not None]
    return SeriesGroup(
        tuple(words),
        np.column_stack([values for values, _ in found]),
        np.column_stack(xs) if xs else None,
        pd.Index(labels).repeat(steps),
        np.repeat(places, steps),
        np.tile(np.arange(periods - steps, periods), len(places)),
    )


def _level_faults(table: Table, columns: Sequence[str], words: Sequence[str]) -> Iterator[Fault]:
    for name in columns:
        for step, text in series_faults(table.column(name), words):
            yield Fault(name, table.period(step), text)


def _change_faults(table: Table, columns: Sequence[str], words: Sequence[str]) -> Iterator[Fault]:  # noqa: ARG001
    values = table.column(columns[0])
    same = ~changes_vary(values[:, :-1], values[:, 1:])
    for step in np.flatnonzero(same & ~np.isnan(np.diff(values)).any(axis=0)):
        yield Fault(f"change of {columns[0]}", table.period(int(step) + 1), CONSTANT)


def _rate_faults(table: Table, columns: Sequence[str], words: Sequence[str]) -> Iterator[Fault]:  # noqa: ARG001
    events, population = (table.column(name) for name in columns)
    for step in np.flatnonzero(~np.isnan(events + population).any(axis=0)):
        text = rate_fault(events[:, step], population[:, step], table.ids)
        if text is not None:
            yield Fault(rate_label(*columns), table.period(int(step)), text)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How series of one kind come out of a table.

    `takes` is the sort of entry they are made of; `series` gives values and, for two variables, x, by unit
    and period.
    """

    takes: str
    label: Callable[..., object]
    faults: Callable[[Table, Sequence[str], Sequence[str]], Iterator[Fault]]
    series: Callable[..., tuple[np.ndarray, np.ndarray | None]]


_SORTS = {
    "column": ("columns among the variables", "variables that none of the statistics asked for takes"),
    "pair": (
        "pairs of columns among the variables, as ('x', 'y')",
        "pairs of variables, which only 'moran_bivariate' takes",
    ),
    "rate": ("rates=[('events', 'population')]", "rates, which only 'moran_rate' takes"),
}
"""What the statistics that take a sort of entry need, and what is wrong with an entry that none takes."""

_KINDS = {
    "level": _Kind(
        "column", lambda name: name, _level_faults, lambda table, name: (table.column(name), None)
    ),
    "moran_differential": _Kind(
        "column", lambda name: name, _change_faults, lambda table, name: (np.diff(table.column(name)), None)
    ),
    "moran_bivariate": _Kind(
        "pair", pair_label, _level_faults, lambda table, x, y: (table.column(y), table.column(x))
    ),
    "moran_rate": _Kind(
        "rate",
        rate_label,
        _rate_faults,
        lambda table, events, population: (
            standardised_rates(table.column(events), table.column(population)),
            None,
        ),
    ),
}
"""The kinds of series: columns themselves, and by the words of their only statistics what is made of them."""
