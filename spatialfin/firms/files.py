"""Firm records in local files, read without loading what is not needed and without reaching any network."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .._errors import DataError, OptionError, listed, nearest
from .._validate import check_names, check_whole, require

__all__ = ["read_firms"]

_KINDS = (".parquet", ".csv", ".csv.gz", ".dta")
_STATA_ROWS = 100_000
_FRACTIONAL = ("FLOAT", "DOUBLE")
# Whole numbers up to here are exact in Stata's default type, float.
_EXACT_FLOAT = 2**24


def read_firms(
    path: str | Path,
    *,
    codes: Mapping[str, int | None] | None = None,
    columns: list[str] | None = None,
    memory: str = "1GB",
) -> Any:
    r"""Open a local file of firm records, larger than memory if need be.

    Parameters
    ----------
    path : str or path
        A ``.parquet``, ``.csv``, ``.csv.gz`` (UTF-8) or Stata ``.dta`` file on the local disk. Addresses,
        virtual paths and patterns are refused.
    codes : dict, optional
        Columns that are codes -> number of digits. They become text; numbers get the zeros in front that they
        have lost, up to this number of digits. None as number of digits leaves the text of the file alone.
    columns : list of str, optional
        The columns to read; by default all.
    memory : str
        What DuckDB may use, such as ``"1GB"`` or ``"500MB"``.

    Returns
    -------
    duckdb.DuckDBPyRelation or pyarrow.Table
        For Parquet and CSV a relation that reads the file when it is asked; for Stata a table of the chosen
        columns, read in chunks.

    Raises
    ------
    DataError
        There is no such local file, it is of another kind, a column is not in it, or numbers of a Stata file
        are no codes.
    MissingExtraError
        DuckDB is not installed.

    Notes
    -----
    The connection to DuckDB may open this one file and nothing else, installs and loads no extension, and its
    settings are locked.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "firms.csv"
    ...     _ = path.write_text("county,output\n010101,5\n")
    ...     read_firms(path, codes={"county": 6}).fetchall()
    [('010101', 5)]
    """
    file, kind = _local_file(path)
    widths = _checked_codes(codes)
    if not isinstance(memory, str) or not re.fullmatch(r"\d+(\.\d+)?\s?[KMGT]i?B", memory):
        raise OptionError(f"memory={memory!r}: a size such as '1GB' or '500MB' is needed.")
    wanted = None if columns is None else check_names("columns", columns)
    if kind == ".dta":
        return _read_stata(file, widths, wanted)
    return _open_with_duckdb(file, kind, widths, wanted, memory)


def _local_file(path: str | Path) -> tuple[Path, str]:
    """The file and its kind, or an error that says what is wrong."""
    text = str(path)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text) or re.match(
        r"/+vsi", text.replace("\\", "/"), re.IGNORECASE
    ):
        raise DataError(f"{text!r} is not a local file. Download it, then give its path.")
    file = Path(path)
    kind = next((kind for kind in _KINDS if file.name.lower().endswith(kind)), None)
    if not file.is_file():
        raise DataError(f"There is no file {text!r}. Give the path of one local file; patterns are not read.")
    if kind is None:
        raise DataError(f"{text!r} cannot be read as firm records. Give one of {', '.join(_KINDS)}.")
    file = file.resolve()
    if set(str(file)) & set("*?[]"):
        raise DataError(f"{text!r}: the characters * ? [ ] in a path would be a pattern. Rename the file.")
    return file, kind


def _checked_codes(codes: Mapping[str, int | None] | None) -> dict[str, int | None]:
    if codes is None:
        return {}
    if not isinstance(codes, Mapping):
        raise OptionError("codes: a dictionary of column to number of digits is needed.")
    for name, digits in codes.items():
        if digits is not None:
            check_whole(f"codes[{name!r}]", digits, least=1)
    return dict(codes)


def _refuse_unknown(file: Path, names: list[str], wanted: list[str]) -> None:
    unknown = [name for name in dict.fromkeys(wanted) if name not in names]
    if unknown:
        raise DataError(f"{file.name} has no column {listed(unknown)}.{nearest(unknown[0], names)}")


def _open_with_duckdb(
    file: Path, kind: str, widths: dict[str, int | None], wanted: list[str] | None, memory: str
) -> Any:
    duckdb = require("duckdb", "firms")
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": memory,
            "temp_directory": "",
        }
    )
    quoted = str(file).replace("'", "''")
    connection.execute(f"SET allowed_paths = ['{quoted}']")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    with told_by_name(file):
        relation = _scan(duckdb, connection, file, kind, widths)
    names = list(relation.columns)
    _refuse_unknown(file, names, [*widths, *(wanted or [])])
    chosen = names if wanted is None else list(dict.fromkeys([*wanted, *widths]))
    kinds = dict(zip(names, map(str, relation.types), strict=True))
    return relation.select(
        *(_column(duckdb, name, widths, fractional=kinds[name] in _FRACTIONAL) for name in chosen)
    )


@contextmanager
def told_by_name(source: Any) -> Iterator[None]:
    """Turn what DuckDB says about a file or relation that it reads into an error with the remedy."""
    is_path = isinstance(source, str | Path) and not str(source).lower().endswith(".dta")
    if not is_path and type(source).__name__ != "DuckDBPyRelation":
        yield
        return
    duckdb = require("duckdb", "firms")
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise DataError(
            "firms: the cells need more memory than DuckDB may use. Give it more with "
            "read_firms(path, memory='4GB'), or ask for fewer cells or values at a time."
        ) from error
    except duckdb.Error as error:
        if not is_path:
            raise
        said = " ".join(str(error).splitlines()[:3])
        raise DataError(
            f"{Path(source).name} cannot be read as firm records: {said}. Text must be UTF-8, and a "
            "column of one kind. Correct the file, or make it text with read_firms(path, codes=...)."
        ) from error


def _scan(duckdb: Any, connection: Any, file: Path, kind: str, widths: dict[str, int | None]) -> Any:
    if kind == ".parquet":
        return connection.read_parquet(str(file))
    names = connection.read_csv(str(file), header=True, all_varchar=True).columns
    return connection.read_csv(
        str(file), header=True, dtype={name: duckdb.type("VARCHAR") for name in widths if name in names}
    )


def _column(duckdb: Any, name: str, widths: dict[str, int | None], *, fractional: bool) -> Any:
    """One column by its name (never by a piece of SQL); codes as text with the zeros they had."""
    column = duckdb.ColumnExpression(name)
    if name not in widths:
        return column
    text = column.cast("VARCHAR")
    if fractional:
        # Codes with gaps are often stored as fractional numbers: 610.0 is the code 610, and 610.5 is none.
        whole = column == duckdb.FunctionExpression("floor", column)
        text = duckdb.CaseExpression(whole, column.cast("HUGEINT").cast("VARCHAR")).otherwise(text)
    digits = widths[name]
    if digits is not None:
        size = duckdb.FunctionExpression("length", text)
        padded = duckdb.FunctionExpression(
            "lpad", text, duckdb.ConstantExpression(digits), duckdb.ConstantExpression("0")
        )
        text = duckdb.CaseExpression((size > 0) & (size < digits), padded).otherwise(text)
    return text.alias(name)


def _read_stata(file: Path, widths: dict[str, int | None], wanted: list[str] | None) -> Any:
    """The chosen columns as one Arrow table, read a chunk of rows at a time."""
    import pandas as pd
    import pyarrow as pa

    try:
        with pd.read_stata(file, iterator=True) as reader:
            names = list(reader.variable_labels())
        _refuse_unknown(file, names, [*widths, *(wanted or [])])
        chosen = None if wanted is None else list(dict.fromkeys([*wanted, *widths]))
        with pd.read_stata(file, chunksize=_STATA_ROWS, columns=chosen, convert_categoricals=False) as reader:
            parts = [pa.Table.from_pandas(_as_text(chunk, widths), preserve_index=False) for chunk in reader]
    except DataError:
        raise
    except (ValueError, OSError, struct.error) as error:
        raise DataError(f"{file.name} cannot be read as a Stata file: {error}.") from error
    return pa.concat_tables(parts, promote_options="permissive")


def _as_text(chunk: Any, widths: dict[str, int | None]) -> Any:
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
        texts[name] = text if digits is None else text.str.zfill(digits)
    return chunk.assign(**texts)


def _refuse_rounded(name: str, column: Any) -> None:
    """Refuse numbers that are no codes any more: with fractions, or more digits than their type holds."""
    broken = column[column % 1 > 0]
    if len(broken):
        raise DataError(f"{name!r} holds {listed(broken.unique())}, which are no codes. Correct the file.")
    if column.dtype == "float32" and (column > _EXACT_FLOAT).any():
        raise DataError(
            f"{name!r} is of Stata's type float, which rounds codes of more than seven digits. Make the file "
            "again with codes as text, or as long or double."
        )
