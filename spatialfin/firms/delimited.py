"""Firm records in CSV files, read as they stand: no line, quote or encoding is guessed away."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from .._errors import DataError, listed
from .bar import bar

_CHARACTERS = 4_000_000


def scan_csv(connection: Any, file: Path, *, texts: Iterable[str], numbers: Iterable[str]) -> Any:
    """A relation over the file.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    file : path
    texts, numbers : iterable of str
        Columns that are text, and floating point; the first rows tell the kind of the others.

    Returns
    -------
    duckdb.DuckDBPyRelation
    """
    import duckdb

    # The first rows would tell DuckDB to skip some, and not to mind quotes that only later rows have.
    layout: dict[str, Any] = {"skiprows": 0, "quotechar": '"', "escapechar": '"'}
    plain = connection.read_csv(str(file), header=True, all_varchar=True, **layout)
    if not plain.limit(1).fetchall():
        raise DataError(f"{file.name} holds no rows. The first line names the columns, the others are firms.")
    names = connection.read_csv(str(file), header=False, all_varchar=True, **layout).limit(1).fetchall()[0]
    chosen = [*texts, *numbers]
    # DuckDB takes names that differ in capitals for the same, and numbers the later ones.
    folded = [str(name).casefold() for name in names]
    twice = [name for name in dict.fromkeys(chosen) if folded.count(name.casefold()) > 1]
    if twice:
        raise DataError(
            f"{file.name}: columns {listed(twice)} are there more than once (capitals aside). Rename or drop "
            "them."
        )
    named = dict.fromkeys(texts, "VARCHAR") | dict.fromkeys(numbers, "DOUBLE")
    kinds = {name: duckdb.type(kind) for name, kind in named.items() if name in plain.columns}
    found = connection.read_csv(str(file), header=True, dtype=kinds, **layout)
    # Whole numbers by the first rows: DuckDB would round a later fraction to one, and say nothing.
    whole = [name for name, kind in zip(found.columns, found.types, strict=True) if str(kind) == "BIGINT"]
    kinds |= dict.fromkeys(whole, duckdb.type("VARCHAR"))
    found = connection.read_csv(str(file), header=True, dtype=kinds, **layout)
    return found.select(
        *(_whole(name) if name in whole else duckdb.ColumnExpression(name) for name in found.columns)
    )


def _whole(name: str) -> Any:
    """A column of text as whole numbers, with an error at the first fraction."""
    from duckdb import CaseExpression, ColumnExpression, ConstantExpression, FunctionExpression

    text = ColumnExpression(name)
    number = text.cast("DOUBLE")
    is_fraction = FunctionExpression("contains", text, ConstantExpression(".")) & (
        number != FunctionExpression("floor", number)
    )
    told = FunctionExpression(
        "concat",
        ConstantExpression(f"column {name!r} is of whole numbers by its first rows, and later holds "),
        text,
    )
    refused = FunctionExpression("error", told).cast("BIGINT")
    return CaseExpression(is_fraction, refused).otherwise(text.cast("BIGINT")).alias(name)


def write_as_utf8(file: Path, encoding: str, copy: Path) -> None:
    """Copy a CSV file, packed or not, to one in UTF-8."""
    with file.open("rb") as raw, bar(file, raw) as move, ExitStack() as stack:
        is_packed = file.name.lower().endswith(".gz")
        plain = stack.enter_context(gzip.GzipFile(fileobj=raw)) if is_packed else raw
        text = stack.enter_context(io.TextIOWrapper(plain, encoding=encoding, newline=""))
        target = stack.enter_context(copy.open("w", encoding="utf-8", newline=""))
        try:
            while part := text.read(_CHARACTERS):
                target.write(part)
                move()
        except UnicodeDecodeError as error:
            raise DataError(
                f"{file.name} is not {encoding!r}: {error.object[error.start : error.start + 4]!r} is no "
                "text in it. Name another encoding."
            ) from error
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"{file.name} cannot be read as firm records: {error}.") from error
