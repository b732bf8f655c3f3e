"""How a table's frame is laid out on a page, the same for HTML, LaTeX, Word and Excel.

A row index with the levels ``block``, ``label`` and ``line`` is the layout of regression tables: a rule
between blocks, a heading for blocks that have one, and the statistic in parentheses below the estimate.
Any other index is shown as it is, one column per level.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ._escape import is_number, plain

REGRESSION_LEVELS = ["block", "label", "line"]
_PLAIN = ("", "inf", "-inf", "yes", "no", "是", "否")
SILENT_BLOCKS = ("coefficients", "spatial", "statistics")


@dataclass(frozen=True, slots=True)
class Row:
    """One printed line: its cells as text, or a heading over the whole width."""

    cells: tuple[str, ...]
    rule_above: bool = False
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A table as text: header rows of (text, columns spanned), body rows, one alignment per column."""

    head: tuple[tuple[tuple[str, int], ...], ...]
    rows: tuple[Row, ...]
    align: tuple[str, ...]
    stubs: int

    @property
    def width(self) -> int:
        """Number of columns, labels included."""
        return len(self.align)


def as_notes(notes: str | Sequence[str]) -> tuple[str, ...]:
    """One note or several, as a tuple."""
    return (notes,) if isinstance(notes, str) else tuple(notes)


def format_number(value: Any, digits: int) -> str:
    """A number as printed: whole numbers whole, tiny ones in scientific notation, missing as nothing.

    Decimals that no reader needs are left out: from 10,000 on all, between them and 1,000 all but one.
    """
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        number = float(value)
        if np.isnan(number):
            return ""
        if number != 0 and abs(number) < 0.5 * 10.0**-digits:
            return f"{number:.1e}"
        if abs(number) >= 1000:
            return f"{number:,.{0 if abs(number) >= 10_000 else min(1, digits)}f}"
        return f"{number + 0.0:.{digits}f}"
    return "" if value is None or value is pd.NaT or value is pd.NA else plain(value)


def format_p(value: Any, digits: int) -> str:
    """A p-value as printed: ``< 0.001`` below the last decimal."""
    smallest = 10.0**-digits
    is_below = isinstance(value, float) and value < smallest
    return f"< {smallest:.{digits}f}" if is_below else format_number(value, digits)


def cell_texts(frame: pd.DataFrame, digits: int, p_columns: Collection[object] = ()) -> list[list[str]]:
    """The cells of each row as printed."""
    body = [
        [(format_p if name in p_columns else format_number)(value, digits) for value in column]
        for name, column in frame.items()
    ]
    return [list(row) for row in zip(*body, strict=True)] if body else [[] for _ in frame.index]


def lay_out(frame: pd.DataFrame, digits: int, p_columns: Collection[object] = ()) -> Layout:
    """Arrange a frame for printing."""
    cells = cell_texts(frame, digits, p_columns)
    if list(frame.index.names) == REGRESSION_LEVELS:
        stubs, rows = [""], _regression_rows(frame.index, cells)
    else:
        stubs = [plain(name) if name is not None else "" for name in frame.index.names]
        rows = _plain_rows(frame.index, cells, digits)
    columns = [[row[position] for row in cells] for position in range(frame.shape[1])]
    align = ["l"] * len(stubs) + ["c" if all(map(_looks_numeric, column)) else "l" for column in columns]
    return Layout(_head(frame.columns, stubs), tuple(rows), tuple(align), len(stubs))


def _looks_numeric(text: str) -> bool:
    return text in _PLAIN or is_number(text.removeprefix("< "))


def _head(columns: pd.Index, stubs: list[str]) -> tuple[tuple[tuple[str, int], ...], ...]:
    """Header rows; equal neighbours under the same parent are one spanning cell, but not in the last row."""
    tuples = [label if isinstance(label, tuple) else (label,) for label in columns]
    names = [[str(part) for part in label] for label in tuples]
    levels = columns.nlevels
    rows = []
    for level in range(levels):
        row: list[tuple[str, int]] = [(text if level == levels - 1 else "", 1) for text in stubs]
        for position, label in enumerate(names):
            same = (
                position > 0 and level < levels - 1 and label[: level + 1] == names[position - 1][: level + 1]
            )
            if same:
                row[-1] = (row[-1][0], row[-1][1] + 1)
            else:
                row.append((plain(label[level]), 1))
        rows.append(tuple(row))
    return tuple(rows)


def _regression_rows(index: pd.Index, cells: list[list[str]]) -> list[Row]:
    rows: list[Row] = []
    last_block = None
    for (block, label, line), values in zip(index, cells, strict=True):
        new = block != last_block
        last_block = block
        if new and block not in SILENT_BLOCKS:
            rows.append(Row((plain(block),), rule_above=bool(rows), is_heading=True))
            new = False
        below = line not in ("", "estimate")
        shown = [f"({value})" if below and value else value for value in values]
        rows.append(Row(("" if below else plain(label), *shown), rule_above=new and bool(rows)))
    return rows


def _plain_rows(index: pd.Index, cells: list[list[str]], digits: int) -> list[Row]:
    """Rows under their labels; an outer label is printed once, with a rule above groups of several rows."""
    grouped = index.nlevels > 1 and not index.get_level_values(0).is_unique
    rows: list[Row] = []
    previous: tuple[str, ...] = ()
    for key, values in zip(index, cells, strict=True):
        labels = tuple(format_number(part, digits) for part in (key if isinstance(key, tuple) else (key,)))
        shown = [
            "" if depth < len(labels) - 1 and labels[: depth + 1] == previous[: depth + 1] else label
            for depth, label in enumerate(labels)
        ]
        rule = grouped and bool(previous) and labels[0] != previous[0]
        rows.append(Row((*shown, *values), rule_above=rule))
        previous = labels
    return rows
