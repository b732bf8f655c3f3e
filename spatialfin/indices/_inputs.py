"""What the indices take: sizes by unit and period, one sector as a Series or several as a table."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar, cast

import numpy as np
import pandas as pd

from .._core.sums import group_sums
from .._errors import AlignmentError, DataError, listed, raise_all
from .._validate import check_frame, check_unique, numeric_values

Table = TypeVar("Table", pd.Series, pd.DataFrame)
By: TypeAlias = "Hashable | pd.Series | None"

_ONE_PERIOD = "all"


@dataclass(frozen=True, slots=True, eq=False)
class Cells(Generic[Table]):
    """Checked values with the period of each row.

    Attributes
    ----------
    values : array, shape (n, k)
        One column per sector; finite and not negative.
    index : Index
        The caller's rows.
    columns : Index or None
        The sectors; None when one Series came in.
    codes : integer array, shape (n,)
        Position of each row's period in `periods`.
    periods : Index
        The T periods, ascending.
    """

    values: np.ndarray
    index: pd.Index
    columns: pd.Index | None
    codes: np.ndarray
    periods: pd.Index

    @property
    def labels(self) -> list[str]:
        """Words that tell the columns apart in a message: empty for a Series."""
        return [""] if self.columns is None else [f" {column!r}" for column in self.columns]

    def sums(self, values: np.ndarray | None = None) -> np.ndarray:
        """Sums by period of `values` (its own by default).

        Returns
        -------
        array, shape (T, k)
        """
        return group_sums(self.values if values is None else values, self.codes, len(self.periods))

    def shares(self, name: str) -> np.ndarray:
        """Share of each row in the sum of its period, or an error naming periods without any.

        Returns
        -------
        array, shape (n, k)
        """
        sums = self.sums()
        refuse_zero_sums([zero_sums(self, sums, name)])
        result: np.ndarray = self.values / sums[self.codes]
        return result

    def each_period(self) -> Iterator[np.ndarray]:
        """Positions of the rows of every period, in the order of `periods`."""
        order = np.argsort(self.codes, kind="stable")
        ends = np.cumsum(np.bincount(self.codes, minlength=len(self.periods)))
        yield from np.split(order, ends[:-1])

    def over_rows(self, values: np.ndarray, name: str) -> Table:
        """Label an array of shape (n, k) as the caller's rows are labelled."""
        return self._labelled(values, self.index, name)

    def over_periods(self, values: np.ndarray, name: str) -> Table:
        """Label an array of shape (T, k) by period."""
        return self._labelled(values, self.periods, name)

    def _labelled(self, values: np.ndarray, index: pd.Index, name: str) -> Table:
        result: Any = (
            pd.Series(values[:, 0], index=index, name=name)
            if self.columns is None
            else pd.DataFrame(values, index=index, columns=self.columns)
        )
        return cast("Table", result)


def read_cells(values: Table, by: By, *, name: str = "values", repeats: bool = False) -> Cells[Table]:
    """Check one Series or table and find the period of each row.

    Parameters
    ----------
    values : Series or DataFrame
        Rows are units (and periods), columns sectors.
    by : None, index level or Series
        Periods.
    name : str
        What messages call the values.
    repeats : bool
        Whether a unit may have several rows in a period: where rows stand alone.

    Returns
    -------
    Cells

    Raises
    ------
    DataError, AlignmentError
        Values are missing, negative or not numbers; rows repeat; `by` does not fit.
    """
    cells = _cells(values, by, name, repeats)
    raise_all(_negatives(cells.values, cells, name), DataError, "input")
    return cells


def read_pair(sector: Table, total: pd.Series, by: By) -> tuple[Cells[Table], Cells[pd.Series]]:
    """Check a sector (or several) and the whole that stands beside it, matched by label.

    Parameters
    ----------
    sector : Series or DataFrame
        Sizes of the sectors.
    total : Series
        Size of the whole, on the labels of `sector`.
    by : None, index level or Series
        Periods.

    Returns
    -------
    tuple of Cells
        Both in the order of `sector`.

    Raises
    ------
    DataError, AlignmentError
        As in `read_cells`; both are checked before anything is raised.
    """
    if not isinstance(total, pd.Series):
        raise DataError(f"total: a Series indexed by unit is needed, not {kind_of(total)}.")
    parts = _cells(sector, by, "sector")
    whole: Cells[pd.Series] = Cells(
        numeric_values(on_index(total, sector.index, "total"), "total")[:, None],
        sector.index, None, parts.codes, parts.periods,
    )  # fmt: skip
    problems = _negatives(parts.values, parts, "sector") + _negatives(whole.values, whole, "total")
    raise_all(problems, DataError, "input")
    return parts, whole


def read_weights(weights: pd.Series | None, index: pd.Index) -> np.ndarray:
    """Positive weights on the rows of `index`; ones when there are none.

    Returns
    -------
    array, shape (n,)
    """
    if weights is None:
        return np.ones(len(index))
    if not isinstance(weights, pd.Series):
        raise DataError(f"weights: a Series on the index of values is needed, not {kind_of(weights)}.")
    found = numeric_values(on_index(weights, index, "weights", "values"), "weights")
    if (found <= 0).any():
        raise DataError(
            f"weights: not positive at {listed(index[found <= 0])}. Drop rows that shall not count."
        )
    return found


def on_index(values: pd.Series, index: pd.Index, name: str, other: str = "sector") -> pd.Series:
    """The values in the order of `index`, matched by label."""
    if values.index.equals(index):
        return values
    if not (values.index.is_unique and index.is_unique):
        raise AlignmentError(
            f"{name} and {other} have repeated labels in different orders, so rows cannot be matched. "
            "Take both from the same table, or index them by unit and period."
        )
    only_values, only_index = values.index.difference(index), index.difference(values.index)
    if len(only_values) or len(only_index):
        raise AlignmentError(
            f"{name} and {other} must hold the same labels; only in {name}: {listed(only_values) or 'none'}; "
            f"only in {other}: {listed(only_index) or 'none'}."
        )
    return values.reindex(index)


def row_labels(by: By, index: pd.Index, name: str = "by", what: str = "periods") -> pd.Index:
    """The label that `by` gives to each row; one label for all when it is None."""
    if by is None:
        return pd.Index([_ONE_PERIOD] * len(index))
    if isinstance(by, pd.Series):
        found: pd.Index = pd.Index(_by_unit(by, index, name))
    elif isinstance(by, Hashable) and by in index.names:
        found = index.get_level_values(cast("str", by))
    else:
        levels = listed(level for level in index.names if level is not None) or "none"
        raise DataError(
            f"{name}={by!r} is not a level of the index (levels: {levels}). Give a Series instead."
        )
    if found.hasnans:
        raise DataError(f"{name}: missing {what} at {listed(index[found.isna()])}.")
    if found.dtype == object and len(found.map(lambda label: isinstance(label, str)).unique()) > 1:
        raise DataError(f"{name}: some {what} are text and some are not. Make all of one type.")
    return found


def _by_unit(by: pd.Series, index: pd.Index, name: str) -> pd.Series:
    """A label for each row, from a Series on the same rows or by the labels of one level of theirs."""
    levels = [
        level
        for level in range(index.nlevels)
        if set(by.index) == set(index.get_level_values(level).unique())
    ]
    if index.nlevels == 1 or by.index.nlevels > 1 or len(levels) != 1:
        return on_index(by, index, name, "values")
    check_unique(by.index, name)
    return by.reindex(index.get_level_values(levels[0]))


def kind_of(value: object) -> str:
    """What something is that should be of pandas, in words."""
    name, library = type(value).__name__, type(value).__module__.partition(".")[0]
    is_strange = name in {"Series", "DataFrame", "LazyFrame", "Table"} and library != "pandas"
    return f"that of {library}: convert it to pandas first" if is_strange else name


def coded(labels: pd.Index) -> tuple[np.ndarray, pd.Index]:
    """Position of each label among the distinct ones, ascending, and these."""
    codes, distinct = pd.factorize(labels, sort=True)
    return codes, pd.Index(distinct, name=labels.name)


def zero_sums(cells: Cells[Table], sums: np.ndarray, name: str) -> list[str]:
    """One line per column whose sum is not positive in some period."""
    return [
        f"{name}{label} is not positive in {listed(cells.periods[column <= 0])}"
        for label, column in zip(cells.labels, sums.T, strict=True)
        if (column <= 0).any()
    ]


def refuse_zero_sums(problems: list[list[str]]) -> None:
    """Raise what `zero_sums` found."""
    raise_all([line for lines in problems for line in lines], DataError, "sums over the units")


def _cells(values: Table, by: By, name: str, repeats: bool = False) -> Cells[Table]:
    if isinstance(values, pd.DataFrame):
        check_frame(values, name)
    elif not isinstance(values, pd.Series):
        raise DataError(
            f"{name}: a Series indexed by unit is needed, not {kind_of(values)} "
            "(or a DataFrame with one column per sector)."
        )
    if 0 in values.shape:
        raise DataError(f"{name}: no rows or no columns. Check the filter that made it.")
    period = row_labels(by, values.index)
    if not (repeats or values.index.is_unique):
        rows = pd.MultiIndex.from_arrays([values.index, period])
        again = [label[0] for label in rows[rows.duplicated()]]
        if again:
            raise DataError(
                f"More than one row per unit and period for {listed(again)}. Give the periods with by=."
            )
    codes, periods = coded(period)
    columns = values.columns if isinstance(values, pd.DataFrame) else None
    return Cells(_numbers(values, name), values.index, columns, codes, periods)


def _numbers(values: pd.Series | pd.DataFrame, name: str) -> np.ndarray:
    """The values as an array of shape (n, k), or an error with the faults of every column."""
    if isinstance(values, pd.Series):
        return numeric_values(values, name)[:, None]
    arrays, problems = [], []
    for column in values.columns:
        try:
            arrays.append(numeric_values(values[column], f"{name} {column!r}"))
        except DataError as fault:
            problems.append(str(fault))
    raise_all(problems, DataError, "input")
    return np.column_stack(arrays)


def _negatives(values: np.ndarray, cells: Cells[Table], name: str) -> list[str]:
    return [
        f"negative {name}{label} at {listed(cells.index[column < 0])}"
        for label, column in zip(cells.labels, values.T, strict=True)
        if (column < 0).any()
    ]
