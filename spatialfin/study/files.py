"""Read the tables that a study file names, whatever their kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from .context import Context


def read_table_file(
    path: Path, texts: Sequence[str | int], context: Context, *, sheet: str = ""
) -> pd.DataFrame:
    """The whole of a csv, xlsx, dta or parquet file.

    Parameters
    ----------
    path : Path
    texts : sequence of str or int
        Columns to read as text (names; or positions, in csv and xlsx), such as codes with zeros in front.
    context : Context
        Takes a note where a csv is not UTF-8.
    sheet : str
        Of an xlsx file; the first by default.

    Raises
    ------
    DataError
        The file cannot be read; the message names it.
    """
    import pandas as pd

    keys: Any = dict.fromkeys(texts, "str")
    readers: dict[str, Callable[[], pd.DataFrame]] = {
        ".csv": lambda: _read_csv(path, keys, context),
        ".xlsx": lambda: pd.read_excel(path, sheet_name=sheet or 0, dtype=keys, engine="openpyxl"),
        ".dta": lambda: pd.read_stata(path),
        ".parquet": lambda: pd.read_parquet(path),
    }
    try:
        return readers[path.suffix.lower()]()
    except ImportError:
        raise
    except Exception as error:  # every reader has its own kinds
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path.name!r} cannot be read: {reason}") from error


def _read_csv(path: Path, keys: Any, context: Context) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_csv(path, dtype=keys, encoding="utf-8-sig")
    except UnicodeDecodeError:
        context.log(f"{path.name} is not UTF-8; read as GB 18030.")
        return pd.read_csv(path, dtype=keys, encoding="gb18030")


def codes_as_text(column: pd.Series) -> pd.Series:
    """Codes as text; whole numbers that a file stores as floats lose their '.0'."""
    import pandas as pd

    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    return column.astype("str").str.strip().str.removesuffix(".0").where(column.notna())
