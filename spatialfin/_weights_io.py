"""Weights files: gal and gwt as GeoDa writes them, npz, and square matrices (`_weights_square`)."""

from __future__ import annotations

import csv
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any
from uuid import uuid4
from xml.etree.ElementTree import ParseError

import numpy as np
import pandas as pd
from scipy import sparse as sp

from ._errors import MissingExtraError, OutputError, WeightsError, listed, nearest
from ._weights_square import read_csv, read_dta, read_xlsx, write_csv, write_xlsx

Read = tuple[Sequence[object], sp.csr_array]

_MOST_BYTES = 1_000_000_000
_MOST_DIGITS = 12
_LAYOUT = "spatialfin weights 1"
# What the readers of other packages raise on broken files, beside ValueError.
_UNREADABLE = (
    ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError, TypeError,
    ValueError, ParseError, csv.Error, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def read_weights(
    path: str | PathLike[str], ids: Sequence[object] | None
) -> tuple[Sequence[object], sp.csr_array, str]:
    """Read ids and matrix from a file of any known format, with a line for the ledger."""
    if not isinstance(path, str | PathLike):
        raise WeightsError(f"The path of a weights file is needed, not {type(path).__name__}.")
    file = Path(path)
    reader = _of_suffix(file, _READERS)
    if not file.is_file():
        raise WeightsError(f"There is no file {str(file)!r}.")
    try:
        _check_bytes(file)
        labels, matrix = reader(file, None if ids is None else list(ids))
    except UnicodeDecodeError as error:
        raise WeightsError(f"{file.name}: not UTF-8 text (byte {error.start}).") from error
    except WeightsError as error:
        raise WeightsError(f"{file.name}: {error}") from error
    except MissingExtraError:
        raise
    except _UNREADABLE as error:
        raise WeightsError(f"{file.name}: cannot be read as a {file.suffix} file ({error}).") from error
    return labels, matrix, f"read from {file.name}"


def write_weights(path: str | PathLike[str], ids: pd.Index, matrix: sp.csr_array) -> Path:
    """Write ids and matrix in the format that the ending names; all or nothing."""
    file = Path(path)
    writer = _of_suffix(file, _WRITERS)
    with _replacing(file) as draft:
        writer(draft, ids, matrix)
    return file


def _of_suffix(file: Path, table: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
    suffix = file.suffix.lower()
    if suffix not in table:
        raise WeightsError(
            f"{file.name}: the ending {suffix!r} is not one of {', '.join(table)}.{nearest(suffix, table)}"
        )
    return table[suffix]


def _check_bytes(file: Path) -> None:
    """Refuse files that would fill the memory, also once unpacked."""
    size = file.stat().st_size
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            size = max(size, sum(member.file_size for member in archive.infolist()))
    if size > _MOST_BYTES:
        raise WeightsError(f"{size:,} bytes (unpacked) are more than {_MOST_BYTES:,}.")


@contextmanager
def _replacing(file: Path) -> Iterator[Path]:
    """A file beside `file` that takes its place once everything is written."""
    draft = file.with_name(f".{uuid4().hex}{file.suffix}")
    try:
        yield draft
        draft.replace(file)
    except OSError as error:
        raise OutputError(f"Cannot write {str(file)!r}: {error.strerror or error}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _words(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and words of the lines that are not empty."""
    with file.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            words = line.split()
            if words:
                yield number, words


def _header_units(line: tuple[int, list[str]] | None) -> int:
    """Number of units in a GeoDa header: ``n``, or ``0 n layer id_field``."""
    if line is None:
        raise WeightsError("the file is empty.")
    number, words = line
    count = words[1] if len(words) > 1 else words[0]
    if not _is_count(count):
        raise WeightsError(
            f"line {number}: a header such as '0 49 layer id' is needed, not {' '.join(words)!r}."
        )
    return int(count)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS


def _read_gal(file: Path, ids: Sequence[object] | None) -> Read:
    if ids is not None:
        raise WeightsError("a gal file names its units: leave ids= out.")
    lines = _words(file)
    units = _header_units(next(lines, None))
    words = ((number, word) for number, several in lines for word in several)
    records: dict[str, list[tuple[int, str]]] = {}
    for number, unit in words:
        if unit in records:
            raise WeightsError(f"line {number}: unit {unit!r} appears twice.")
        _, count = next(words, (number, ""))
        if not _is_count(count):
            raise WeightsError(
                f"line {number}: the number of neighbours of {unit!r} is needed, not {count!r}."
            )
        records[unit] = [word for _, word in zip(range(int(count)), words, strict=False)]
        if len(records[unit]) < int(count):
            raise WeightsError(
                f"line {number}: {unit!r} has {count} neighbours, but the file ends before them."
            )
        if len({word for _, word in records[unit]}) < len(records[unit]):
            raise WeightsError(f"line {number}: {unit!r} names a neighbour twice.")
    if len(records) != units:
        raise WeightsError(f"line 1: {units} units announced, {len(records)} found.")
    position = {unit: place for place, unit in enumerate(records)}
    strangers = [
        (line, word) for several in records.values() for line, word in several if word not in position
    ]
    if strangers:
        raise WeightsError(
            f"line {strangers[0][0]}: neighbours that are no units: {listed(w for _, w in strangers)}."
        )
    rows = [position[unit] for unit, several in records.items() for _ in several]
    columns = [position[word] for several in records.values() for _, word in several]
    return list(records), _matrix(rows, columns, np.ones(len(rows)), units)


def _read_gwt(file: Path, ids: Sequence[object] | None) -> Read:
    lines = _words(file)
    units = _header_units(next(lines, None))
    focal: dict[str, None] = {}
    others: dict[str, None] = {}
    links: dict[tuple[str, str], float] = {}
    for number, words in lines:
        if len(words) != 3:
            raise WeightsError(f"line {number}: 'unit neighbour weight' is needed, not {' '.join(words)!r}.")
        unit, other, text = words
        if (unit, other) in links:
            raise WeightsError(f"line {number}: the link {unit} -> {other} appears twice.")
        links[unit, other] = _number(text, f"line {number}")
        focal[unit] = others[other] = None
    named = list({**focal, **others})
    labels = named if ids is None else [str(label) for label in ids]
    if set(named) - set(labels):
        raise WeightsError(f"ids= lacks units of the file: {listed(sorted(set(named) - set(labels)))}.")
    if len(labels) != units:
        raise WeightsError(
            f"line 1: {units} units announced, {len(labels)} found. A gwt file does not name units without "
            "neighbours: give all ids with ids=."
        )
    position = {unit: place for place, unit in enumerate(labels)}
    rows = [position[unit] for unit, _ in links]
    columns = [position[other] for _, other in links]
    return labels, _matrix(rows, columns, np.array(list(links.values())), units)


def _read_npz(file: Path, ids: Sequence[object] | None) -> Read:
    if ids is not None:
        raise WeightsError("an npz file of spatialfin carries its ids: leave ids= out.")
    with np.load(file, allow_pickle=False) as stored:
        parts = {name: stored[name] for name in ("layout", "ids", "data", "indices", "indptr")}
    if str(parts["layout"]) != _LAYOUT:
        raise WeightsError(f"layout {str(parts['layout'])!r} is not {_LAYOUT!r}.")
    labels = list(parts["ids"].tolist())
    matrix = sp.csr_array(
        (parts["data"].astype(float), parts["indices"], parts["indptr"]), shape=(len(labels), len(labels))
    )
    matrix.check_format(full_check=True)
    return labels, matrix


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise WeightsError(f"{where}: {text!r} is not a number.") from None


def _matrix(rows: Sequence[int], columns: Sequence[int], data: np.ndarray, units: int) -> sp.csr_array:
    return sp.csr_array((data, (rows, columns)), shape=(units, units))


def _text_ids(ids: pd.Index, *, spaces: bool) -> list[str]:
    """The ids as text that a file can hold and give back."""
    texts = [str(label) for label in ids]
    bad = [
        text
        for text in texts
        if not text
        or any(unicodedata.category(sign).startswith("C") for sign in text)
        or (not spaces and any(sign.isspace() for sign in text))
    ]
    if bad:
        what = "empty ids or ids with control characters" if spaces else "empty ids or ids with spaces"
        remedy = "" if spaces else " Use .npz, .csv or .xlsx."
        raise WeightsError(f"The file cannot hold {what}: {listed(bad)}.{remedy}")
    if len(set(texts)) < len(texts):
        raise WeightsError("Some ids are the same as text: make all of one type first.")
    return texts


def _write_gal(file: Path, ids: pd.Index, matrix: sp.csr_array) -> None:
    if not np.all(matrix.data == 1):
        raise WeightsError('A gal file holds links only: use .gwt, or standardize("binary") first.')
    texts = _text_ids(ids, spaces=False)
    with file.open("w", encoding="utf-8", newline="\n") as out:
        out.write(f"0 {len(texts)} unknown id\n")
        for place, unit in enumerate(texts):
            neighbours = matrix.indices[matrix.indptr[place] : matrix.indptr[place + 1]]
            out.write(f"{unit} {len(neighbours)}\n{' '.join(texts[other] for other in neighbours)}\n")


def _write_gwt(file: Path, ids: pd.Index, matrix: sp.csr_array) -> None:
    """One line per link; units without neighbours get a link to themselves of weight zero."""
    texts = _text_ids(ids, spaces=False)
    with file.open("w", encoding="utf-8", newline="\n") as out:
        out.write(f"0 {len(texts)} unknown id\n")
        for place, unit in enumerate(texts):
            start, end = matrix.indptr[place], matrix.indptr[place + 1]
            for other, weight in zip(matrix.indices[start:end], matrix.data[start:end], strict=True):
                out.write(f"{unit} {texts[other]} {float(weight)!r}\n")
            if start == end:
                out.write(f"{unit} {unit} 0\n")


def _write_npz(file: Path, ids: pd.Index, matrix: sp.csr_array) -> None:
    labels = np.asarray(ids) if pd.api.types.is_integer_dtype(ids) else np.array(_text_ids(ids, spaces=True))
    with file.open("wb") as out:
        np.savez_compressed(
            out, layout=_LAYOUT, ids=labels, data=matrix.data, indices=matrix.indices, indptr=matrix.indptr
        )


def _write_csv(file: Path, ids: pd.Index, matrix: sp.csr_array) -> None:
    write_csv(file, _text_ids(ids, spaces=True), matrix)


def _write_xlsx(file: Path, ids: pd.Index, matrix: sp.csr_array) -> None:
    write_xlsx(file, _text_ids(ids, spaces=True), matrix)


_READERS: dict[str, Callable[[Path, Sequence[object] | None], Read]] = {
    ".gal": _read_gal,
    ".gwt": _read_gwt,
    ".npz": _read_npz,
    ".csv": read_csv,
    ".txt": read_csv,
    ".xlsx": read_xlsx,
    ".dta": read_dta,
}
_WRITERS: dict[str, Callable[[Path, pd.Index, sp.csr_array], None]] = {
    ".gal": _write_gal,
    ".gwt": _write_gwt,
    ".npz": _write_npz,
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
}
