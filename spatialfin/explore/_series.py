"""Which series a statistic takes from a table: columns, their changes, pairs of columns, rates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_list_like

from .._core.autocorrelation import standardised_rates
from .._errors import DataError, OptionError, listed
from .._spatial_weights import SpatialWeights
from ._sample import varies
from ._table_input import Fault, Table, raise_faults, read_table

Variable = str | tuple[str, str]
"""A column, or a pair of columns."""

CONSTANT = "constant, so its autocorrelation is not defined."


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
    unit: str,
    time: str | None,
    statistics: Sequence[str],
    caller: str,
) -> tuple[Table, list[SeriesGroup]]:
    """The series that the statistics take, or every fault of keys, units and values at once."""
    asked = _variables(variables)
    _check_use(asked, statistics, caller)
    names = list(dict.fromkeys(name for entry in asked for name in _columns(entry)))
    table = read_table(data, names, weights, unit=unit, time=time, caller=caller)
    _check_periods(table, statistics, caller)
    wanted: dict[str, list[str]] = {}
    for word in statistics:
        wanted.setdefault(_kind(word), []).append(word)
    takes = {
        kind: [place for place, entry in enumerate(asked) if _paired(entry) == _KINDS[kind].paired]
        for kind in wanted
    }
    faults = list(table.faults)
    for kind, words in wanted.items():
        faults += [
            fault for place in takes[kind] for fault in _KINDS[kind].faults(table, asked[place], words)
        ]
    raise_faults(faults, caller)
    return table, [_group(table, asked, takes[kind], kind, words) for kind, words in wanted.items()]


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


def _variables(variables: object) -> list[Variable]:
    """Columns and pairs of them, each once."""
    entries = list(variables) if is_list_like(variables) else [str(variables)]  # type: ignore[call-overload]
    asked: list[Variable] = []
    for entry in entries:
        names = tuple(entry) if is_list_like(entry) else (entry, entry)
        if len(names) != 2:
            raise OptionError(f"variables: {entry!r} is no pair. Give two columns, as ('x', 'y').")
        asked.append(names if is_list_like(entry) else entry)
    return list(dict.fromkeys(asked))


def _paired(entry: Variable) -> bool:
    return isinstance(entry, tuple)


def _columns(entry: Variable) -> tuple[str, ...]:
    return entry if isinstance(entry, tuple) else (entry,)


def _kind(word: str) -> str:
    return word if word in _KINDS else "level"


def _check_use(asked: list[Variable], statistics: Sequence[str], caller: str) -> None:
    """Refuse statistics without a variable of their kind, and variables without a statistic."""
    if not asked:
        raise DataError(f"{caller}: at least one variable, one W and one row of data are needed.")
    for paired, what in ((False, "columns"), (True, "pairs of columns, as ('x', 'y')")):
        words = [word for word in statistics if _KINDS[_kind(word)].paired == paired]
        if words and all(_paired(entry) != paired for entry in asked):
            raise OptionError(f"{caller}: statistics {listed(words)} take {what}, and variables has none.")
    taken = {_KINDS[_kind(word)].paired for word in statistics}
    rest = [entry for entry in asked if _paired(entry) not in taken]
    if rest:
        takers = "'moran_bivariate' and 'moran_rate'" if _paired(rest[0]) else "the statistics of one column"
        raise OptionError(f"{caller}: variables {listed(rest)} are only for {takers}; name one of them.")


def _check_periods(table: Table, statistics: Sequence[str], caller: str) -> None:
    if "moran_differential" not in statistics:
        return
    if table.periods is None:
        raise OptionError(f"{caller}: statistics='moran_differential' compares periods. Give `time`.")
    if len(table.periods) < 2:
        raise DataError(f"{caller}: 'moran_differential' needs two periods, not only {table.periods[0]}.")


def _group(
    table: Table, asked: list[Variable], places: list[int], kind: str, words: list[str]
) -> SeriesGroup:
    found = [_KINDS[kind].series(table, asked[place]) for place in places]
    labels = [_KINDS[kind].label(asked[place]) for place in places]
    steps, first = found[0][0].shape[1], table.values.shape[2] - found[0][0].shape[1]
    xs = [x for _, x in found if x is not None]
    return SeriesGroup(
        tuple(words),
        np.column_stack([values for values, _ in found]),
        np.column_stack(xs) if xs else None,
        pd.Index(labels).repeat(steps),
        np.repeat(places, steps),
        np.tile(np.arange(first, first + steps), len(places)),
    )


def _level_faults(table: Table, name: Any, words: Sequence[str]) -> Iterator[Fault]:
    for step, text in series_faults(table.column(name), words):
        yield Fault(name, table.period(step), text)


def _change_faults(table: Table, name: Any, words: Sequence[str]) -> Iterator[Fault]:  # noqa: ARG001
    values = table.column(name)
    same = ~changes_vary(values[:, :-1], values[:, 1:])
    for step in np.flatnonzero(same & ~np.isnan(np.diff(values)).any(axis=0)):
        yield Fault(f"change of {name}", table.period(int(step) + 1), CONSTANT)


def _pair_faults(table: Table, pair: Any, words: Sequence[str]) -> Iterator[Fault]:  # noqa: ARG001
    for name in pair:
        yield from _level_faults(table, name, ())


def _rate_faults(table: Table, pair: Any, words: Sequence[str]) -> Iterator[Fault]:  # noqa: ARG001
    events, population = (table.column(name) for name in pair)
    for step in range(events.shape[1]):
        if not np.isnan(events[:, step] + population[:, step]).any():
            text = rate_fault(events[:, step], population[:, step], table.ids)
            if text is not None:
                yield Fault(rate_label(*pair), table.period(step), text)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How series of one kind come out of a table.

    `paired` says whether they take a pair of columns; `series` gives values and, for two variables, x, by
    unit and period.
    """

    paired: bool
    label: Callable[[Any], object]
    faults: Callable[[Table, Any, Sequence[str]], Iterator[Fault]]
    series: Callable[[Table, Any], tuple[np.ndarray, np.ndarray | None]]


_KINDS = {
    "level": _Kind(False, lambda name: name, _level_faults, lambda table, name: (table.column(name), None)),
    "moran_differential": _Kind(
        False,
        lambda name: name,
        _change_faults,
        lambda table, name: (np.diff(table.column(name)), None),
    ),
    "moran_bivariate": _Kind(
        True,
        lambda pair: pair_label(*pair),
        _pair_faults,
        lambda table, pair: (table.column(pair[1]), table.column(pair[0])),
    ),
    "moran_rate": _Kind(
        True,
        lambda pair: rate_label(*pair),
        _rate_faults,
        lambda table, pair: (standardised_rates(*(table.column(name) for name in pair)), None),
    ),
}
