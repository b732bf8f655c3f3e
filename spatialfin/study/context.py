"""What the steps of one run share: the layer, the tables, the weights, and the notes of what was done."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import DataError, listed, nearest
from .specs import Head, Missing
from .words import has_word, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from geopandas import GeoDataFrame

    from ..weights import SpatialWeights


@dataclass(frozen=True, slots=True)
class StudyTable:
    """A table of the study with the names of its keys.

    Attributes
    ----------
    frame : DataFrame
        One row per unit and period; units are text codes of the layer.
    unit, time : str
        Columns of the keys; ``time`` is empty when there are no periods.
    missing : {"error", "drop"}
        What to do with units that lack a value a step needs.
    notes : dict
        ``source``, ``caveats``, ``units``, ``tiers``, ``suspicious`` where known.
    """

    frame: pd.DataFrame
    unit: str
    time: str = ""
    missing: Missing = "error"
    notes: dict[str, Any] = field(default_factory=dict)

    def periods(self) -> list[Any]:
        """The periods, sorted; empty when there is no time."""
        return sorted(self.frame[self.time].unique().tolist()) if self.time else []


@dataclass(slots=True)
class Context:
    """State of a run. Steps add columns, tables and ledger lines; nothing else changes.

    Attributes
    ----------
    head : Head
        Title, language and seed.
    layer : GeoDataFrame
        Units of the study.
    background : GeoDataFrame
        What maps are drawn on: the layer, or the country it is the mainland of.
    shows_china : bool
        Whether that is the whole country as shipped.
    tables, weights : dict
        By name; the first table is the default one.
    labels : dict
        Column to the words shown for it.
    folder : Path
        Of the study file: files that steps name are relative to it.
    ledger : list of str
        Everything that was decided on the way, in order.
    done : dict
        Id of a step to its options and what it found, for later steps that build on it.
    """

    head: Head
    layer: GeoDataFrame
    background: GeoDataFrame
    shows_china: bool
    tables: dict[str, StudyTable]
    weights: dict[str, SpatialWeights]
    labels: dict[str, str]
    folder: Path = field(default_factory=Path)
    ledger: list[str] = field(default_factory=list)
    done: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def say(self, key: str, **values: object) -> str:
        """A fixed phrase in the language of the study."""
        return say(self.head.lang, key, **values)

    def label(self, column: str) -> str:
        """The words shown for a column."""
        return self.labels.get(column, column)

    def seeded(self, seed: int | None) -> Context:
        """The same run with another seed (None: the same); what a step adds is added to this one too."""
        return self if seed is None else replace(self, head=replace(self.head, seed=seed))

    def word(self, family: str, name: object) -> str:
        """The word of a family for a name (``region`` and East), or the label of the name."""
        key = f"{family}_{name}"
        if has_word(key):
            return self.say(key)
        ratio = re.fullmatch(r"cr_(\d+)", str(name))
        return f"CR_{ratio[1]}" if ratio else self.label(str(name))

    def what(self, column: str, *periods: Any) -> str:
        """A column, and the periods where there are any, for titles and captions."""
        return self.dated(self.label(column), *periods)

    def dated(self, what: str, *periods: Any) -> str:
        """Words with the periods where there are any; None is none."""
        named = ", ".join(str(period) for period in periods if period is not None)
        return self.say("dated", what=what, period=named) if named else what

    def log(self, text: str) -> None:
        """Write down a decision."""
        self.ledger.append(text)

    def table(self, name: str) -> StudyTable:
        """A table by name; the first one for an empty name."""
        return self.tables[name or next(iter(self.tables))]

    def unit_names(self) -> dict[str, str]:
        """Unit code to the name of the unit in the language of the study, where the layer has one."""
        columns = ("name_zh", "name") if self.head.lang == "zh" else ("name", "name_zh")
        for column in columns:
            if column in self.layer.columns:
                names = self.layer[column]
                return {str(code): str(name) for code, name in names[names.notna()].items()}
        return {}

    def weights_for(self, name: str, units: pd.Index) -> SpatialWeights:
        """The weights over exactly these units: the whole matrix, or a logged subset of it."""
        found = self.weights[name or next(iter(self.weights))]
        if set(found.ids) == set(units):
            return found
        outside = units.difference(found.ids)
        if len(outside):
            raise DataError(f"Units {listed(outside)} are not in the weights {name!r}.")
        lost = len(found.ids) - len(units)
        self.log(f"Weights {found.name!r}: rows and columns of {lost} units without data dropped.")
        return found.subset([code for code in found.ids if code in set(units)])

    def cross_section(self, name: str, columns: Sequence[str], period: Any = None) -> pd.DataFrame:
        """Rows of one period, indexed by unit, complete in `columns`.

        Parameters
        ----------
        name : str
            The table.
        columns : sequence of str
            Columns that must not be missing.
        period : int or str, optional
            Needed when the table has several.
        """
        table = self.table(name)
        rows = table.frame
        if table.time:
            rows = rows[rows[table.time] == one_period(table, period)]
        rows = rows.set_index(table.unit)
        return rows.drop(index=self._incomplete(table, rows, columns))

    def panel(self, name: str, columns: Sequence[str], periods: Sequence[Any] = ()) -> pd.DataFrame:
        """Rows of several periods (all by default) for the units that are complete in `columns` in each."""
        table = self.table(name)
        rows = table.frame
        if periods:
            for period in periods:
                one_period(table, period)
            rows = rows[rows[table.time].isin(list(periods))]
        keyed = rows.set_index(table.unit)
        return rows[~rows[table.unit].isin(self._incomplete(table, keyed, columns))]

    def _incomplete(self, table: StudyTable, rows: pd.DataFrame, columns: Sequence[str]) -> list[str]:
        """Units that lack a value; an error, or a ledger line, by the policy of the table."""
        gaps = rows[list(columns)].isna()
        units = list(dict.fromkeys(rows.index[gaps.any(axis=1)]))
        if not units:
            return []
        lacking = ", ".join(str(column) for column in gaps.columns[gaps.any()])
        names = self.unit_names()
        shown = listed([names.get(unit, unit) for unit in units])
        if table.missing == "error":
            raise DataError(
                f"{lacking} missing for {len(units)} units: {shown}. Choose other periods or columns, or set "
                'missing = "drop" in [data] to leave these units out.'
            )
        self.log(f"{len(units)} units dropped because {lacking} is missing: {shown}.")
        return units


def one_period(table: StudyTable, period: Any) -> Any:
    """The period as the table has it; the only one where none is named."""
    have = table.periods()
    if period is None and len(have) == 1:
        return have[0]
    if period in have:
        return period
    shown = f"{have[0]} to {have[-1]}" if len(have) > 5 else listed(have)
    if period is None:
        raise DataError(f"The table has the periods {shown}: name one with time = ....")
    raise DataError(f"The table has no period {period!r}.{nearest(period, have)} It has {shown}.")
