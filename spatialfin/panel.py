"""Panel data by their keys: which unit, which period, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from ._errors import DataError, listed, nearest
from ._panel_changes import diff_columns, growth_rates, lag_columns, log_columns, per_capita
from ._panel_gaps import FilledPanel, fill_gaps
from ._panel_keys import coded_labels, coded_periods, key_values, listed_keys, no_duplicates
from ._panel_prices import deflate
from ._panel_samples import BalancedPanel, WinsorizedPanel, balance, winsorize

__all__ = [
    "BalanceReport",
    "BalancedPanel",
    "FilledPanel",
    "WinsorizedPanel",
    "balance",
    "balance_report",
    "deflate",
    "diff_columns",
    "fill_gaps",
    "growth_rates",
    "lag_columns",
    "log_columns",
    "per_capita",
    "winsorize",
]


@dataclass(frozen=True, slots=True, eq=False)
class KeyedPanel:
    """A table sorted by period and unit.

    Attributes
    ----------
    frame : DataFrame
        Rows in the order period, unit; index of (unit, period) labels for messages.
    units : Index
        The N units, in the order of their labels as text.
    times : Index
        The T periods, ascending.
    positions : array, shape (N T,)
        Where each sorted row stood in the caller's data.
    index : Index
        The caller's index.
    places : array or None
        Only where rows are missing: ``period * N + unit`` of every sorted row.
    before : Index
        Earlier periods, which only give values to lags.
    history : DataFrame or None
        The rows of these and of `times`, like `frame`.
    """

    frame: pd.DataFrame
    units: pd.Index
    times: pd.Index
    positions: np.ndarray
    index: pd.Index
    places: np.ndarray | None = None
    before: pd.Index = field(default_factory=lambda: pd.Index([]))
    history: pd.DataFrame | None = None

    @property
    def occupied(self) -> np.ndarray:
        """``period * N + unit`` of every sorted row."""
        return np.arange(len(self.frame)) if self.places is None else self.places

    def later(self, periods: int) -> KeyedPanel:
        """Without the first periods, keyed to the caller's rows of the others."""
        first = periods * len(self.units)
        kept = np.sort(self.positions[first:])
        return KeyedPanel(
            frame=self.frame.iloc[first:],
            units=self.units,
            times=self.times[periods:],
            positions=np.searchsorted(kept, self.positions[first:]),
            index=self.index[kept],
            before=self.times[:periods],
            history=self.frame,
        )

    def past(self, periods: int) -> pd.DataFrame:
        """The rows so many periods before those of `frame`, in the same order."""
        assert self.history is not None  # noqa: S101 - with_history looks how far back lags go
        n = len(self.units)
        first = n * (len(self.before) - periods)
        return self.history.iloc[first : first + n * len(self.times)]

    def notes(self) -> list[str]:
        """What happened to the periods, for the ledger."""
        if not len(self.before):
            return []
        return [f"lags: {listed(self.before)} only give earlier values, {len(self.times)} periods are left"]

    def in_callers_order(self, values: np.ndarray, name: str) -> pd.Series:
        """Sorted values back on the caller's rows.

        Parameters
        ----------
        values : array, shape (N T,)
            In the order of `frame`.
        name : str
            Name of the series.

        Returns
        -------
        pandas.Series
            On `index`, in the caller's order.
        """
        back = np.empty(len(values))
        back[self.positions] = values
        return pd.Series(back, index=self.index, name=name)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BalanceReport:
    """How complete a panel is.

    Attributes
    ----------
    n_units, n_periods, n_rows : int
    missing : DataFrame
        Combinations of unit and period without a row.
    duplicates : DataFrame
        Combinations with more than one row.
    incomplete : DataFrame
        Cells without a value: unit, period, column.
    """

    n_units: int
    n_periods: int
    n_rows: int
    missing: pd.DataFrame
    duplicates: pd.DataFrame
    incomplete: pd.DataFrame

    @property
    def balanced(self) -> bool:
        """Whether every unit has one row in every period and no cell is empty."""
        return not (len(self.missing) or len(self.duplicates) or len(self.incomplete))

    def __repr__(self) -> str:
        state = "balanced" if self.balanced else "not balanced"
        lines = [
            f"{self.n_units} units x {self.n_periods} periods, {self.n_rows} rows: {state}",
            *(
                f"{what}: {len(frame)} ({listed_keys(frame)})"
                for what, frame in (
                    ("missing rows", self.missing),
                    ("duplicate keys", self.duplicates),
                    ("empty cells", self.incomplete),
                )
                if len(frame)
            ),
        ]
        return "\n".join(lines)


def balance_report(
    data: pd.DataFrame, *, unit: str, time: str, columns: Sequence[str] | None = None
) -> BalanceReport:
    """Say how complete a panel is.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, in any order.
    unit, time : str
        Columns or index levels with the keys.
    columns : sequence of str, optional
        Columns to check for empty cells; all when left out.

    Returns
    -------
    BalanceReport

    Raises
    ------
    DataError
        When a key or column is not there, or a key is missing in a row.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatialfin.panel import balance_report
    >>> data = pd.DataFrame({"code": ["a", "a", "b"], "year": [1, 2, 1], "y": [1.0, 2.0, 3.0]})
    >>> balance_report(data, unit="code", time="year")
    2 units x 2 periods, 3 rows: not balanced
    missing rows: 1 ('b, 2')
    """
    values = key_values(data, unit, time)
    units, _ = coded_labels(values[unit], unit)
    times, _ = coded_periods(values[time], time)
    keys = pd.DataFrame(values)
    full = pd.MultiIndex.from_product([units, times], names=[unit, time])
    have = pd.MultiIndex.from_frame(keys)
    checked = (
        [name for name in data.columns if name not in {unit, time}] if columns is None else list(columns)
    )
    unknown = [name for name in checked if name not in data.columns]
    if unknown:
        raise DataError(f"columns: {listed(unknown)} not in the data.{nearest(unknown[0], data.columns)}")
    empty = data[checked].isna().to_numpy()
    rows, places = np.nonzero(empty)
    incomplete = keys.iloc[rows].assign(column=[checked[place] for place in places])
    return BalanceReport(
        n_units=len(units),
        n_periods=len(times),
        n_rows=len(data),
        missing=full.difference(have).to_frame(index=False),
        duplicates=keys[keys.duplicated()].drop_duplicates().reset_index(drop=True),
        incomplete=incomplete.reset_index(drop=True),
    )


def key_panel(
    data: pd.DataFrame, *, unit: str, time: str, gaps: Literal["error", "observed"] = "error"
) -> KeyedPanel:
    """Sort a panel by its keys.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, in any order.
    unit, time : str
        Columns or index levels with the keys.
    gaps : {"error", "observed"}
        Whether combinations of unit and period without a row are refused or left out.

    Returns
    -------
    KeyedPanel

    Raises
    ------
    DataError
        For absent or missing keys, duplicate rows, and combinations without a row.
    """
    keys = key_values(data, unit, time)
    if not len(data):
        raise DataError("data: no rows. Check the filter that made it.")
    units, unit_of = coded_labels(keys[unit], unit)
    times, time_of = coded_periods(keys[time], time)
    places = time_of * len(units) + unit_of
    count = np.bincount(places, minlength=len(units) * len(times))
    no_duplicates(keys, count[places] > 1)
    has_gaps = len(data) != len(units) * len(times)
    if has_gaps and gaps == "error":
        full = pd.MultiIndex.from_product([units, times])
        absent = full[count.reshape(len(times), len(units)).T.ravel() == 0].to_frame()
        raise DataError(
            f"The panel is not balanced: {len(units)} units x {len(times)} periods need "
            f"{len(units) * len(times)} rows, {len(data)} are there. No row for "
            f"{listed_keys(absent)}. Drop these units or periods, fill the gaps openly before, or "
            "fit the rows that are there with fit_panel(..., gaps='observed')."
        )
    positions = np.argsort(places)
    kept = places[positions]
    order = pd.MultiIndex(
        levels=cast(Any, [units, times]),
        codes=[kept % len(units), kept // len(units)],
        verify_integrity=False,
    )
    frame = data.take(positions).set_axis(order)
    # Formulas may name a key, as in C(year), wherever it stands.
    for name in keys.keys() - set(data.columns):
        frame[name] = keys[name][positions]
    return KeyedPanel(frame, units, times, positions, data.index, kept if has_gaps else None)


def unit_labels(data: pd.DataFrame, *, unit: str, time: str) -> pd.Index:
    """The units of a panel, in the order of their labels as text.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, in any order.
    unit, time : str
        Columns or index levels with the keys.

    Returns
    -------
    pandas.Index

    Raises
    ------
    DataError
        For absent or missing keys.
    """
    return coded_labels(key_values(data, unit, time)[unit], unit)[0]
