"""Stata files of firms, streamed chunk by chunk into a table that DuckDB keeps, on disk where it must."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from .._errors import DataError, listed, nearest
from .bar import bar

if TYPE_CHECKING:
    import pandas as pd
    from pandas.io.stata import StataReader

_FIRST_ROWS = 1_000
_CHUNK_BYTES = 32_000_000
_WITH_LONG_TEXTS, _UNICODE = 117, 118
# Whole numbers up to here are exact in Stata's default type, float.
_EXACT_FLOAT = 2**24


@dataclass(frozen=True, slots=True)
class StataFile:
    """A Stata file and what is wanted of it.

    Attributes
    ----------
    path : path
    widths : mapping
        Columns that are codes -> number of digits, or None.
    wanted : list of str or None
        The other columns; None for all.
    encoding : str or None
        Of the text of files that Stata 13 or an older one wrote.
    most_bytes : float
        What long texts (strL), which pandas holds in memory, may take.
    """

    path: Path
    widths: Mapping[str, int | None]
    wanted: list[str] | None
    encoding: str | None
    most_bytes: float


def stream_stata(connection: Any, source: StataFile) -> Any:
    """The chosen columns as a relation over a table of the connection, filled a chunk of rows at a time."""
    import pandas as pd

    name = source.path.name
    try:
        with source.path.open("rb") as handle, warnings.catch_warnings():
            warnings.simplefilter("error", UnicodeWarning)
            release = _release(handle)
            _refuse_encoding(source, release)
            _refuse_long_texts(source, handle, release)
            handle.seek(0)
            with pd.read_stata(handle, chunksize=_FIRST_ROWS, convert_categoricals=False) as reader:
                columns = _columns(source, reader, release)
                whole = _fill(connection, source, _chunks(source, reader, handle, columns), release)
    except DataError:
        raise
    except UnicodeWarning as error:
        raise DataError(
            f"{name} says that its text is UTF-8, and it is not. Turn it in Stata with 'unicode translate', "
            "or leave columns of such text out."
        ) from error
    except (ValueError, OSError, struct.error) as error:
        raise DataError(f"{name} cannot be read as a Stata file: {error}.") from error
    return _as_whole(connection.table("firms"), whole)


def refuse_unknown(file: Path, names: list[str], wanted: list[str]) -> None:
    """Refuse columns that a file does not have, with the nearest."""
    unknown = [name for name in dict.fromkeys(wanted) if name not in names]
    if unknown:
        hint = nearest(unknown[0], names) or f" It has {listed(names)}."
        raise DataError(f"{file.name} has no column {listed(unknown)}.{hint}")


def _release(handle: BinaryIO) -> int:
    """The format of the file: 118 from Stata 14 on."""
    start = handle.read(64)
    tag, _, rest = start.partition(b"<release>")
    if tag.startswith(b"<stata_dta>"):
        return int(rest[:3])
    return start[0] if start else 0


def _refuse_encoding(source: StataFile, release: int) -> None:
    if source.encoding is not None and release >= _UNICODE:
        raise DataError(
            f"{source.path.name} is of Stata 14 or later, whose text is UTF-8: leave encoding out."
        )


def _refuse_long_texts(source: StataFile, handle: BinaryIO, release: int) -> None:
    """Refuse files whose long texts, all of which pandas reads at once, do not fit."""
    if release < _WITH_LONG_TEXTS:
        return
    handle.seek(0)
    start = handle.read(1_000)
    order = ">" if b"<byteorder>MSF" in start else "<"
    offsets = struct.unpack_from(f"{order}14q", start, start.index(b"<map>") + len(b"<map>"))
    size = offsets[11] - offsets[10]
    if size > source.most_bytes:
        raise DataError(
            f"The long texts (strL) of {source.path.name} take {size / 1e6:.3g} MB, and are read into "
            "memory at once. Drop them or 'recast' them to str in Stata, or give more with memory=."
        )


def _columns(source: StataFile, reader: StataReader, release: int) -> dict[str, str]:
    """The chosen columns: their names to the reader -> their names."""
    theirs = list(reader.variable_labels())
    names = theirs if release >= _UNICODE else [_in_words(source, "the columns", name) for name in theirs]
    refuse_unknown(source.path, names, [*source.widths, *(source.wanted or [])])
    if source.wanted is None:
        return dict(zip(theirs, names, strict=True))
    chosen = dict.fromkeys([*source.wanted, *source.widths])
    return {theirs[names.index(name)]: name for name in chosen}


def _in_words(source: StataFile, where: str, text: str) -> str:
    """Text of an old file, whose bytes pandas takes for Latin-1, in its own encoding."""
    if text.isascii():
        return text
    if source.encoding is None:
        raise DataError(
            f"{source.path.name} is of Stata 13 or older and does not say the encoding of its text ({where} "
            "hold more than ASCII). Name it: read_firms(path, encoding='gb18030') for Chinese, or 'latin-1'."
        )
    try:
        return text.encode("latin-1").decode(source.encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            f"{source.path.name}: {where} hold text that is not {source.encoding!r}: {error.object!r}. "
            "Name another encoding, or leave the column out."
        ) from error


def _chunks(
    source: StataFile, reader: Any, handle: BinaryIO, columns: Mapping[str, str]
) -> Iterator[pd.DataFrame]:
    """The rows under their own names, so many at a time as some bytes of the file hold."""
    import pandas as pd

    chosen = list(columns)
    rows, place = _FIRST_ROWS, 0
    with bar(source.path, handle) as move:
        while True:
            try:
                chunk = reader.read(nrows=rows, columns=chosen)
            except StopIteration:
                break
            yield chunk.rename(columns=columns)
            move()
            # Of the first rows all that stands before them counts too: the next chunk is only smaller.
            place, passed = handle.tell(), handle.tell() - place
            rows = max(1, len(chunk) * _CHUNK_BYTES // passed)
    if not place:
        yield pd.read_stata(source.path, columns=chosen, convert_categoricals=False).rename(columns=columns)


def _fill(connection: Any, source: StataFile, chunks: Iterator[pd.DataFrame], release: int) -> set[str]:
    """Write the chunks to the table ``firms``. The columns that are whole numbers in all of them."""
    import duckdb
    import pandas as pd
    import pyarrow as pa

    kinds: dict[str, str] = {}
    whole: set[str] = set()
    for chunk in chunks:
        integers = {str(name) for name in chunk if pd.api.types.is_integer_dtype(chunk[name])}
        rows = _as_text(chunk if release >= _UNICODE else _in_own_encoding(source, chunk), source.widths)
        is_first = not kinds
        if is_first:
            kinds, whole = {str(name): _kind(rows[name]) for name in rows}, integers - set(source.widths)
        whole &= integers
        connection.register("chunk", pa.Table.from_pandas(rows, preserve_index=False))
        # The kinds of the first rows hold for all: whole numbers become others where one is missing later.
        typed = connection.view("chunk").select(
            *(duckdb.ColumnExpression(name).cast(kind).alias(name) for name, kind in kinds.items())
        )
        typed.create("firms") if is_first else typed.insert_into("firms")
        connection.unregister("chunk")
    return whole


def _kind(column: pd.Series) -> str:
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return "DOUBLE"
    return "TIMESTAMP" if pd.api.types.is_datetime64_any_dtype(column) else "VARCHAR"


def _in_own_encoding(source: StataFile, chunk: pd.DataFrame) -> pd.DataFrame:
    texts = [str(name) for name in chunk if _kind(chunk[name]) == "VARCHAR"]
    return chunk.assign(
        **{name: [_in_words(source, repr(name), text) for text in chunk[name]] for name in texts}
    )


def _as_whole(firms: Any, whole: set[str]) -> Any:
    """The relation with whole numbers as such: the table holds every number as DOUBLE."""
    import duckdb

    columns = {name: duckdb.ColumnExpression(name) for name in firms.columns}
    return firms.select(
        *(column.cast("BIGINT").alias(name) if name in whole else column for name, column in columns.items())
    )


def _as_text(chunk: pd.DataFrame, widths: Mapping[str, int | None]) -> pd.DataFrame:
    """A chunk whose codes are text, with the zeros that numbers lose."""
    import pandas as pd

    texts = {}
    for name, digits in widths.items():
        column = chunk[name]
        if pd.api.types.is_numeric_dtype(column):
            _refuse_rounded(name, column)
            text = column.astype("Int64").astype("str").where(column.notna(), None)
        else:
            text = column.where(column != "", None)
        if digits is not None:
            text = text.str.replace(r"^([0-9]+)\.0+$", r"\1", regex=True).str.zfill(digits)
        texts[name] = text
    return chunk.assign(**texts)


def _refuse_rounded(name: str, column: pd.Series) -> None:
    """Refuse numbers that are no codes any more: with fractions, or more digits than their type holds."""
    broken = column[column % 1 > 0]
    if len(broken):
        raise DataError(f"{name!r} holds {listed(broken.unique())}, which are no codes. Correct the file.")
    if column.dtype == "float32" and (column > _EXACT_FLOAT).any():
        raise DataError(
            f"{name!r} is of Stata's type float, which rounds codes of more than seven digits. Make the file "
            "again with codes as text, or as long or double."
        )
