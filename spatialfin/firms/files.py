"""Firm records in local files, read without loading what is not needed and without reaching any network."""

from __future__ import annotations

import codecs
import re
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from .._errors import DataError, OptionError
from .._validate import check_names, check_whole, require
from .delimited import scan_csv, write_as_utf8
from .parts import check_parts, parts_of, scan_parquet
from .stata import StataFile, refuse_unknown, stream_stata

__all__ = ["read_firms"]

_KINDS = (".parquet", ".csv", ".csv.gz", ".dta")
_FRACTIONAL = ("FLOAT", "DOUBLE")
_UNITS = {"K": 1, "M": 2, "G": 3, "T": 4}


def read_firms(
    path: str | Path,
    *,
    codes: Mapping[str, int | None] | None = None,
    columns: list[str] | None = None,
    numbers: Sequence[str] = (),
    encoding: str | None = None,
    memory: str = "1GB",
) -> Any:
    r"""Open a local file of firm records, larger than memory if need be.

    Parameters
    ----------
    path : str or path
        A ``.parquet``, ``.csv``, ``.csv.gz`` or Stata ``.dta`` file on the local disk, or a folder of Parquet
        files, where folders in it such as ``year=2004`` are columns of text. Addresses, virtual paths and
        patterns are refused.
    codes : dict, optional
        Columns that are codes -> number of digits. They become text; numbers get the zeros in front that they
        have lost, up to this number of digits, and text loses the ``.0`` that spreadsheets add. None as
        number of digits leaves the text of the file alone.
    columns : list of str, optional
        The columns to read; by default all.
    numbers : list of str
        Columns of a CSV file that are floating point. Of others the first 20,000 rows tell the kind, and a
        later row that does not fit is an error.
    encoding : str, optional
        Encoding of the text of a CSV file that is not UTF-8, or of a file of Stata 13 or older (which do not
        say theirs): ``"gb18030"`` holds all of GBK and GB 2312.
    memory : str
        What DuckDB may use, such as ``"1GB"`` or ``"500MB"``.

    Returns
    -------
    duckdb.DuckDBPyRelation
        For Parquet and CSV it reads the file when it is asked. Of a Stata file, and of CSV in another
        encoding, the chosen columns are copied at once, a chunk of rows at a time (with a bar on a terminal),
        into a table of DuckDB; what is beyond `memory` goes to a temporary folder, which is removed when the
        last relation is gone.

    Raises
    ------
    DataError
        There is no such local file, it is empty or of another kind, a column is not in it (or not in every
        part, or twice), its text is of another encoding or one that it does not say, numbers of a Stata file
        are no codes, or its long texts (strL) take more than `memory`.
    OptionError
        An encoding, number of digits or size that is none.
    MissingExtraError
        DuckDB is not installed.

    Notes
    -----
    The connection to DuckDB may open this file (or these) and nothing else, installs and loads no extension,
    and its settings are locked.

    Numbers of a Stata file are what is stored: value labels are not put in their place, and every kind of
    missing value is one. Whole numbers with missing ones become floating point, as in pandas.

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
    floats = check_names("numbers", numbers)
    _check_encoding(file, kind, encoding)
    if kind == ".dta":
        return _copied_stata(StataFile(file, widths, wanted, encoding, _bytes(memory)), memory)
    if kind == ".parquet":
        return _parquet(file, widths, wanted, memory)
    if encoding is not None and codecs.lookup(encoding).name != "utf-8":
        return _copied_csv(file, widths, wanted, floats, encoding, memory)
    with told_by_name(file):
        scanned = scan_csv(_connection(memory, files=[file]), file, texts=widths, numbers=floats)
        return _chosen(scanned, file, widths, wanted, floats)


def _local_file(path: str | Path) -> tuple[Path, str]:
    """The file and its kind, or an error that says what is wrong."""
    text = str(path)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text) or re.match(
        r"/+vsi", text.replace("\\", "/"), re.IGNORECASE
    ):
        raise DataError(f"{text!r} is not a local file. Download it, then give its path.")
    file = Path(path)
    kind = next((kind for kind in _KINDS if file.name.lower().endswith(kind)), None)
    if file.is_dir() and parts_of(file):
        kind = ".parquet"
    elif not file.is_file():
        raise DataError(
            f"There is no file {text!r}. Give the path of one local file, or of a folder of Parquet files; "
            "patterns are not read."
        )
    elif not file.stat().st_size:
        raise DataError(f"{file.name} is empty. Give a file of firm records.")
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


def _check_encoding(file: Path, kind: str, encoding: object) -> None:
    if encoding is None:
        return
    try:
        "".encode(encoding)  # type: ignore[arg-type]
    except (LookupError, TypeError) as error:
        raise OptionError(
            f"encoding={encoding!r} is no encoding of text. Give one such as 'gb18030'."
        ) from error
    if kind == ".parquet":
        raise DataError(f"{file.name}: text in Parquet is UTF-8. Leave encoding out.")


def _bytes(memory: str) -> float:
    number, unit = re.split(r"\s?(?=[KMGT])", memory)
    return float(number) * float((1024 if "i" in unit else 1000) ** _UNITS[unit[0]])


def _connection(memory: str, *, files: Sequence[Path] = (), spills: bool = False) -> Any:
    """A connection that opens these files and nothing else, writing to a folder of its own where it may."""
    duckdb = require("duckdb", "firms")
    # DuckDB makes this folder when it needs it, and removes it with the connection and its relations.
    spill = Path(tempfile.gettempdir()) / f"spatialfin-{uuid.uuid4().hex}" if spills else ""
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": memory,
            "temp_directory": str(spill),
        }
    )
    quoted = ", ".join("'{}'".format(str(file).replace("'", "''")) for file in files)
    connection.execute(f"SET allowed_paths = [{quoted}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _chosen(
    relation: Any,
    file: Path,
    widths: dict[str, int | None],
    wanted: list[str] | None,
    numbers: Sequence[str] = (),
) -> Any:
    """The wanted columns, codes as text."""
    names = list(relation.columns)
    refuse_unknown(file, names, [*widths, *(wanted or []), *numbers])
    chosen = names if wanted is None else list(dict.fromkeys([*wanted, *widths, *numbers]))
    kinds = dict(zip(names, map(str, relation.types), strict=True))
    return relation.select(*(_column(name, widths, fractional=kinds[name] in _FRACTIONAL) for name in chosen))


def _copied_stata(source: StataFile, memory: str) -> Any:
    with told_by_name(source.path), ExitStack() as on_failure:
        connection = _connection(memory, spills=True)
        on_failure.callback(connection.close)
        relation = stream_stata(connection, source)
        on_failure.pop_all()
        return relation


def _parquet(path: Path, widths: dict[str, int | None], wanted: list[str] | None, memory: str) -> Any:
    folder = path if path.is_dir() else None
    files = [path] if folder is None else parts_of(folder)
    with told_by_name(path):
        if folder is not None:
            check_parts(files, folder, None if wanted is None else [*wanted, *widths])
        scanned = scan_parquet(_connection(memory, files=files), files, folder)
        return _chosen(scanned, path, widths, wanted)


def _copied_csv(
    file: Path,
    widths: dict[str, int | None],
    wanted: list[str] | None,
    numbers: list[str],
    encoding: str,
    memory: str,
) -> Any:
    """The wanted columns as a table of DuckDB, which reads UTF-8 only, by way of a temporary file."""
    with (
        told_by_name(file),
        ExitStack() as on_failure,
        tempfile.TemporaryDirectory(prefix="spatialfin-") as folder,
    ):
        copy = Path(folder).resolve() / "firms.csv"
        write_as_utf8(file, encoding, copy)
        connection = _connection(memory, files=[copy], spills=True)
        on_failure.callback(connection.close)
        scanned = scan_csv(connection, copy, texts=widths, numbers=numbers)
        _chosen(scanned, file, widths, wanted, numbers).create("firms")
        on_failure.pop_all()
        return connection.table("firms")


@contextmanager
def told_by_name(source: Any) -> Iterator[None]:
    """Turn what DuckDB says about a file or relation that it reads into an error with the remedy."""
    is_path = isinstance(source, str | Path)
    if not is_path and type(source).__name__ != "DuckDBPyRelation":
        yield
        return
    duckdb = require("duckdb", "firms")
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise DataError(
            "firms: the cells need more memory than DuckDB may use (or more room for temporary files). Give "
            "it more with read_firms(path, memory='4GB'), or ask for fewer cells or values at a time."
        ) from error
    except duckdb.Error as error:
        said = " ".join(str(error).splitlines()[:3])
        what = f"{Path(source).name} cannot be read as firm records" if is_path else "firms: DuckDB says"
        raise DataError(
            f"{what}: {said}. Text must be UTF-8 or of an encoding that is named, as in read_firms(path, "
            "encoding='gb18030'), and a column of one kind: correct the file, or name columns of text in "
            "codes= and of numbers in numbers= of read_firms."
        ) from error


def _column(name: str, widths: dict[str, int | None], *, fractional: bool) -> Any:
    """One column by its name (never by a piece of SQL); codes as text with the zeros they had."""
    import duckdb

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
        pattern, rest = (duckdb.ConstantExpression(part) for part in (r"^([0-9]+)\.0+$", r"\1"))
        text = duckdb.FunctionExpression("regexp_replace", text, pattern, rest)
        size = duckdb.FunctionExpression("length", text)
        padded = duckdb.FunctionExpression(
            "lpad", text, duckdb.ConstantExpression(digits), duckdb.ConstantExpression("0")
        )
        text = duckdb.CaseExpression((size > 0) & (size < digits), padded).otherwise(text)
    return text.alias(name)
