"""Square matrices in csv, txt, xlsx and dta files, read row by row and never as a dense array."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse as sp

from ._errors import WeightsError, listed
from ._validate import require

Row = tuple[int, list[Any]]
Labelled = tuple[Sequence[object], sp.csr_array]

_MOST_CELLS = 10_000_000
_FORMULA_SIGNS = ("=", "+", "-", "@", "'")


def read_csv(file: Path, ids: Sequence[object] | None) -> Labelled:
    """Read a text matrix separated by commas, semicolons, tabs or blanks.

    Row and column labels, only one of them, none (with `ids`), or Stata's ``spmatrix export`` layout (first
    line n, then an id and n weights per line).
    """
    separator = _separator(file)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        if separator is None:
            every: Iterator[Row] = ((number, line.split()) for number, line in enumerate(lines, 1))
        else:
            every = ((number, row) for number, row in enumerate(csv.reader(lines, delimiter=separator), 1))
        return _with_header(
            ((number, row) for number, row in every if any(cell.strip() for cell in row)), ids
        )


def read_xlsx(file: Path, ids: Sequence[object] | None) -> Labelled:
    """Read the first sheet of a workbook, laid out as in `read_csv`."""
    openpyxl = require("openpyxl", "excel")
    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    try:
        cells = book.worksheets[0].iter_rows(values_only=True)
        filled = ((number, list(row)) for number, row in enumerate(cells, 1))
        return _with_header(((n, row) for n, row in filled if any(cell is not None for cell in row)), ids)
    finally:
        book.close()


def read_dta(file: Path, ids: Sequence[object] | None) -> Labelled:
    """Read a Stata data set: n variables, or an id variable followed by n variables in the same order."""
    import pandas as pd

    frame = pd.read_stata(file, convert_categoricals=False)
    rows = ((number, list(row)) for number, row in enumerate(frame.itertuples(index=False), 1))
    return _assemble([_parsed(number, row) for number, row in rows], None, ids)


def write_csv(file: Path, ids: list[str], matrix: sp.csr_array) -> None:
    """Write labels in the first row and column; labels that look like formulas are quoted."""
    _check_cells(len(ids))
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerows(_labelled_rows(ids, matrix))


def write_xlsx(file: Path, ids: list[str], matrix: sp.csr_array) -> None:
    """Write a workbook with one sheet, laid out as in `write_csv`; Excel files keep 16 digits."""
    openpyxl = require("openpyxl", "excel")
    _check_cells(len(ids))
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("weights")
    for row in _labelled_rows(ids, matrix):
        sheet.append(row)
    book.save(file)


def _labelled_rows(ids: list[str], matrix: sp.csr_array) -> Iterator[list[Any]]:
    safe = [_quoted(label) for label in ids]
    yield ["id", *safe]
    for place, label in enumerate(safe):
        row = np.zeros(len(ids))
        start, end = matrix.indptr[place], matrix.indptr[place + 1]
        row[matrix.indices[start:end]] = matrix.data[start:end]
        yield [label, *(int(value) if value.is_integer() else value for value in row.tolist())]


def _quoted(label: str) -> str:
    return f"'{label}" if label.startswith(_FORMULA_SIGNS) else label


def _label(cell: Any) -> str:
    """A label as text: whole numbers without decimals, our own quoting taken off."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    text = "" if cell is None else str(cell)
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_SIGNS) else text


def _check_cells(units: int) -> None:
    if units**2 > _MOST_CELLS:
        raise WeightsError(f"{units}^2 cells are too many for a square matrix: use .npz or .gwt.")


def _separator(file: Path) -> str | None:
    """The sign that splits the second line into a label and numbers; None for blanks."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        head = list(islice((line for line in lines if line.strip()), 2))
    for line in reversed(head):
        for sign in (",", ";", "\t"):
            cells = next(csv.reader([line], delimiter=sign))
            if len(cells) > 1 and all(_is_number(cell) for cell in cells[1:]):
                return sign
    return next((sign for sign in (",", ";", "\t") if head and sign in head[0]), None)


def _with_header(rows: Iterator[Row], ids: Sequence[object] | None) -> Labelled:
    """Tell the header from the body, then assemble."""
    head = list(islice(rows, 2))
    if len(head) < 2:
        raise WeightsError("at least two lines are needed.")
    (line, first), (_, second) = head
    announced = len(first) == 1 and _is_number(first[0])
    header = announced or len(second) == len(first) + 1 or not all(_is_number(cell) for cell in first)
    body = chain(head[1:] if header else head, rows)
    parsed = [_parsed(number, cells) for number, cells in body]
    if announced and float(first[0]) != len(parsed):
        raise WeightsError(f"line {line}: {first[0]} units announced, {len(parsed)} rows found.")
    return _assemble(parsed, [_label(cell) for cell in first] if header and not announced else None, ids)


@dataclass(frozen=True, slots=True)
class _Parsed:
    """One row: its first cell, label or number, and where the other cells are not zero."""

    line: int
    first: Any
    places: np.ndarray
    values: np.ndarray
    width: int


def _parsed(line: int, cells: list[Any]) -> _Parsed:
    rest = cells[1:]
    try:
        numbers = np.array([float(cell) for cell in rest])
    except (ValueError, TypeError):
        bad = next(place for place, cell in enumerate(rest) if not _is_number(cell))
        raise WeightsError(f"line {line}, column {bad + 2}: {rest[bad]!r} is not a number.") from None
    places = np.flatnonzero(numbers)
    return _Parsed(line, cells[0], places, numbers[places], len(cells))


def _assemble(rows: list[_Parsed], header: list[str] | None, ids: Sequence[object] | None) -> Labelled:
    """Ids and matrix, with the columns in the order of the rows."""
    n, width = len(rows), rows[0].width
    uneven = [row for row in rows if row.width != width]
    if uneven:
        raise WeightsError(f"line {uneven[0].line}: {uneven[0].width} cells where {width} are expected.")
    if width not in (n, n + 1):
        raise WeightsError(f"the matrix is not square: {n} rows of {width} cells.")
    if width == n:
        return _unlabelled(rows, header, ids)
    if ids is not None:
        raise WeightsError("the file has its own ids: leave ids= out.")
    labels = [_label(row.first) for row in rows]
    columns = labels if header is None else header[len(header) - n :]
    position = {label: place for place, label in enumerate(labels)}
    if len(position) < n:
        raise WeightsError(f"duplicate ids {listed(sorted({x for x in labels if labels.count(x) > 1}))}.")
    if sorted(columns) != sorted(labels):
        strangers = sorted(set(columns) ^ set(labels))
        raise WeightsError(f"line 1: columns and rows hold different units: {listed(strangers)}.")
    target = np.array([position[label] for label in columns])
    return labels, _sparse(rows, [target[row.places] for row in rows], [row.values for row in rows])


def _unlabelled(rows: list[_Parsed], header: list[str] | None, ids: Sequence[object] | None) -> Labelled:
    """A matrix whose rows carry no labels: the header's, or the given ones."""
    n = len(rows)
    if ids is None and header is None:
        raise WeightsError(
            "the matrix has no ids: give them in the order of its rows, ids=[...], which is the order of the "
            "data it was made for."
        )
    labels = list(ids) if ids is not None else header
    if labels is None or len(labels) != n:
        raise WeightsError(f"{len(labels or [])} ids for {n} rows.")
    places, values = [], []
    for row in rows:
        if not _is_number(row.first):
            raise WeightsError(f"line {row.line}, column 1: {row.first!r} is not a number.")
        own = float(row.first)
        places.append(np.concatenate([[0], row.places + 1]))
        values.append(np.concatenate([[own], row.values]))
    return labels, _sparse(rows, places, values)


def _sparse(rows: list[_Parsed], places: list[np.ndarray], values: list[np.ndarray]) -> sp.csr_array:
    starts = np.concatenate([[0], np.cumsum([len(several) for several in places])])
    return sp.csr_array(
        (np.concatenate(values), np.concatenate(places), starts), shape=(len(rows), len(rows))
    )


def _is_number(cell: Any) -> bool:
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True
