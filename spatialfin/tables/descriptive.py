"""What a data set holds: moments, correlations, variance inflation, the list of variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas.api.types import is_dict_like, is_list_like

from spatialfin._errors import CollinearityError, DataError, listed, nearest, raise_all
from spatialfin._labels import label_of
from spatialfin._phrases import LANGUAGES
from spatialfin._validate import check_frame, check_option

from ._layout import as_notes
from ._words import say
from .table import Table

_VARIABLE_KEYS = ("symbol", "definition", "unit", "source")


def descriptive_table(
    data: pd.DataFrame,
    columns: Sequence[str],
    *,
    by: str | None = None,
    labels: Mapping[str, str] | None = None,
    digits: int = 3,
    title: str = "",
    notes: str | Sequence[str] = (),
    lang: Literal["en", "zh"] = "en",
) -> Table:
    """Number of values, missing values, mean, standard deviation, minimum and maximum.

    Parameters
    ----------
    data : DataFrame
        One row per unit (and period).
    columns : sequence of str
        Numeric columns, in the order they are to be printed.
    by : str, optional
        A column or index level, such as the year or the macro-region: the moments for all rows come first,
        then those of each group. Rows without a group are a group of their own.
    labels : mapping of str to str, optional
        Column to label.
    digits : int, default 3
        Decimals.
    title : str, optional
        Caption.
    notes : str or sequence of str, optional
        Further notes.
    lang : {"en", "zh"}, default "en"
        Language of headings and notes.

    Returns
    -------
    Table
        ``.frame`` has the columns N, Missing, Mean, SD (n - 1 degrees of freedom), Min, Max.

    Raises
    ------
    DataError
        A column is missing, holds text or infinite values.

    Examples
    --------
    >>> data = pd.DataFrame({"lq": [0.5, 1.0, None], "year": [2010, 2010, 2011]})
    >>> print(descriptive_table(data, ["lq"], labels={"lq": "Location quotient"}, digits=2))
                       N  Missing  Mean    SD   Min   Max
    -----------------------------------------------------
    Location quotient  2        1  0.75  0.35  0.50  1.00
    -----------------------------------------------------
    """
    check_option("lang", lang, LANGUAGES)
    numbers = _numeric(data, columns)
    names = _labels(columns, labels)
    if by is None:
        frame = _moments(numbers, names, lang)
    else:
        groups = _group_keys(data, by)
        parts = {say(lang, "all"): _moments(numbers, names, lang)}
        for key in sorted(groups.dropna().unique(), key=lambda one: (isinstance(one, str), one)):
            parts[label_of(key, labels)] = _moments(
                numbers[(groups == key).to_numpy(dtype=bool)], names, lang
            )
        if groups.isna().any():
            parts[say(lang, "no_group")] = _moments(numbers[groups.isna().to_numpy()], names, lang)
        frame = pd.concat(parts, names=[label_of(by, labels), None])
    return Table(frame, title=title, notes=as_notes(notes), digits=digits)


def _moments(numbers: pd.DataFrame, names: list[str], lang: str) -> pd.DataFrame:
    present = numbers.count().astype(int)
    return pd.DataFrame(
        {
            "N": present.to_numpy(),
            say(lang, "missing"): (len(numbers) - present).to_numpy(),
            say(lang, "mean"): numbers.mean().to_numpy(),
            say(lang, "sd"): numbers.std(ddof=1).to_numpy(),
            say(lang, "min"): numbers.min().to_numpy(),
            say(lang, "max"): numbers.max().to_numpy(),
        },
        index=pd.Index(names),
    )


def _group_keys(data: pd.DataFrame, by: str) -> pd.Series:
    if by in data.columns:
        return data[by].reset_index(drop=True)
    if by in data.index.names:
        return pd.Series(data.index.get_level_values(by))
    known = [*data.columns, *(name for name in data.index.names if name is not None)]
    raise DataError(f"by={by!r} is neither a column nor an index level.{nearest(by, known)}")


def correlation_table(
    data: pd.DataFrame,
    columns: Sequence[str],
    *,
    labels: Mapping[str, str] | None = None,
    digits: int = 3,
    title: str = "",
    notes: str | Sequence[str] = (),
    lang: Literal["en", "zh"] = "en",
) -> Table:
    """Pearson correlations, lower triangle.

    Parameters
    ----------
    data : DataFrame
        One row per unit (and period).
    columns : sequence of str
        Numeric columns.
    labels : mapping of str to str, optional
        Column to label.
    digits : int, default 3
        Decimals.
    title : str, optional
        Caption.
    notes : str or sequence of str, optional
        Further notes.
    lang : {"en", "zh"}, default "en"
        Language of headings and notes.

    Returns
    -------
    Table
        Over the rows that have all columns; a note counts them and the rows left out.

    Raises
    ------
    DataError
        A column is missing, holds text or infinite values, or does not vary.

    Examples
    --------
    >>> data = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [3.0, 2.0, 1.0]})
    >>> print(correlation_table(data, ["a", "b"]))
           (1)    (2)
    --------------------
    (1) a   1.000
    (2) b  -1.000  1.000
    --------------------
    3 rows with all variables; 0 rows left out.
    """
    check_option("lang", lang, LANGUAGES)
    complete, note = _complete(data, columns, lang)
    names = _labels(columns, labels)
    values = np.corrcoef(complete.to_numpy(), rowvar=False).reshape(len(names), len(names))
    values[np.triu_indices(len(names), 1)] = np.nan
    numbered = [f"({number}) {name}" for number, name in enumerate(names, 1)]
    heads = [f"({number})" for number in range(1, len(names) + 1)]
    frame = pd.DataFrame(values, index=pd.Index(numbered), columns=pd.Index(heads))
    return Table(frame, title=title, notes=(note, *as_notes(notes)), digits=digits)


def vif_table(
    data: pd.DataFrame,
    columns: Sequence[str],
    *,
    labels: Mapping[str, str] | None = None,
    digits: int = 2,
    title: str = "",
    notes: str | Sequence[str] = (),
    lang: Literal["en", "zh"] = "en",
) -> Table:
    """Variance inflation factors of regressors beside a constant.

    Parameters
    ----------
    data : DataFrame
        One row per unit (and period).
    columns : sequence of str
        The regressors, at least two numeric columns.
    labels : mapping of str to str, optional
        Column to label.
    digits : int, default 2
        Decimals.
    title : str, optional
        Caption.
    notes : str or sequence of str, optional
        Further notes.
    lang : {"en", "zh"}, default "en"
        Language of headings and notes.

    Returns
    -------
    Table
        ``.frame`` has the columns VIF and 1/VIF, and a last row with the mean.

    Raises
    ------
    DataError
        A column is missing, holds text or infinite values, or does not vary.
    CollinearityError
        A column is a linear combination of others; the ones involved are named.

    Notes
    -----
    ``VIF_j = 1 / (1 - R2_j)``, R2_j from regressing column j on the others; these are the diagonal of the
    inverse correlation matrix.

    Examples
    --------
    >>> data = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, -1.0, -1.0, 1.0]})
    >>> vif_table(data, ["a", "b"]).frame["VIF"].round(6).tolist()
    [1.0, 1.0, 1.0]
    """
    if len(columns) < 2:
        raise DataError("vif_table: give at least two columns; one regressor alone has no inflation.")
    check_option("lang", lang, LANGUAGES)
    complete, note = _complete(data, columns, lang)
    correlation = np.corrcoef(complete.to_numpy(), rowvar=False)
    eigenvalues, vectors = np.linalg.eigh(correlation)
    null = vectors[:, eigenvalues < len(columns) * 1e-10]
    if null.shape[1]:
        involved = [name for name, row in zip(columns, null, strict=True) if np.abs(row).max() > 1e-6]
        raise CollinearityError(
            f"vif_table: {listed(involved)} are linear combinations of each other. Leave out at least "
            f"{null.shape[1]} of them."
        )
    factors = np.diag(np.linalg.inv(correlation))
    names = [*_labels(columns, labels), say(lang, "mean")]
    shown = np.append(factors, factors.mean())
    inverse = np.append(1 / factors, np.nan)
    frame = pd.DataFrame({"VIF": shown, "1/VIF": inverse}, index=pd.Index(names))
    return Table(frame, title=title, notes=(note, *as_notes(notes)), digits=digits)


def variable_table(
    rows: pd.DataFrame | Sequence[Mapping[str, Any]],
    *,
    title: str = "",
    notes: str | Sequence[str] = (),
    lang: Literal["en", "zh"] = "en",
) -> Table:
    """The variables of a study: symbol, definition, unit and source.

    Parameters
    ----------
    rows : DataFrame or sequence of mappings
        One entry per variable with ``symbol`` and ``definition``, and ``unit`` and ``source`` where known.
    title : str, optional
        Caption.
    notes : str or sequence of str, optional
        Notes.
    lang : {"en", "zh"}, default "en"
        Language of the headings.

    Returns
    -------
    Table
        One row per variable, in the order given.

    Raises
    ------
    DataError
        A symbol or definition is missing, a symbol is there twice, or a key is not one of the four.

    Examples
    --------
    >>> rows = [{"symbol": "LQ", "definition": "Location quotient of finance", "unit": "ratio"}]
    >>> print(variable_table(rows))
    Symbol  Definition                    Unit   Source
    ---------------------------------------------------
    LQ      Location quotient of finance  ratio
    ---------------------------------------------------
    """
    check_option("lang", lang, LANGUAGES)
    records: Any = rows.to_dict("records") if isinstance(rows, pd.DataFrame) else rows
    if not is_list_like(records) or not all(map(is_dict_like, records)):
        raise DataError("variable_table: a DataFrame or a list of dictionaries, one per variable, is needed.")
    entries: list[dict[Any, Any]] = [dict(row) for row in records]
    problems = []
    unknown = {str(key) for entry in entries for key in entry} - set(_VARIABLE_KEYS)
    if unknown:
        problems.append(f"keys {listed(sorted(unknown))} are not among {listed(_VARIABLE_KEYS)}.")
    for number, entry in enumerate(entries, 1):
        lacking = [key for key in ("symbol", "definition") if not _text(entry.get(key))]
        if lacking:
            problems.append(f"entry {number} has no {' and no '.join(lacking)}.")
    symbols = pd.Series([_text(entry.get("symbol")) for entry in entries], dtype="str")
    repeated = symbols[symbols.duplicated() & (symbols != "")].unique()
    if len(repeated):
        problems.append(f"the symbols {listed(repeated)} are there twice.")
    raise_all(problems, DataError, "variable_table")
    cells = {say(lang, f"head_{key}"): [_text(entry.get(key)) for entry in entries] for key in _VARIABLE_KEYS}
    frame = pd.DataFrame(cells).set_index(say(lang, "head_symbol"))
    return Table(frame, title=title, notes=as_notes(notes))


def _text(value: Any) -> str:
    return (
        ""
        if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))
        else str(value)
    )


def _labels(columns: Sequence[str], labels: Mapping[str, str] | None) -> list[str]:
    return [label_of(column, labels) for column in columns]


def _numeric(data: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The columns as floats, missing kept; every fault of every column raised at once."""
    check_frame(data)
    if isinstance(columns, str) or not len(columns):
        raise DataError("columns: give a list with at least one column name.")
    repeated = {column for column in columns if list(columns).count(column) > 1}
    if repeated:
        raise DataError(f"columns: {listed(sorted(repeated, key=str))} given more than once.")
    problems = []
    kept = {}
    for column in columns:
        if column not in data.columns:
            problems.append(f"there is no column {column!r}.{nearest(column, data.columns)}")
            continue
        values = data[column]
        converted = pd.to_numeric(values, errors="coerce")
        text = converted.isna() & values.notna()
        if text.any():
            problems.append(f"column {column!r} holds text: {listed(values[text].unique())}.")
            continue
        kept[column] = converted.to_numpy(dtype=float, na_value=np.nan)
        infinite = np.isinf(kept[column])
        if infinite.any():
            problems.append(f"column {column!r} is infinite at {listed(data.index[infinite])}.")
    raise_all(problems, DataError, "columns")
    return pd.DataFrame(kept)


def _complete(data: pd.DataFrame, columns: Sequence[str], lang: str) -> tuple[pd.DataFrame, str]:
    """The rows that have all columns, and how many there are; constant columns are refused."""
    numbers = _numeric(data, columns)
    complete = numbers.dropna()
    if len(complete) < 2:
        raise DataError(
            f"columns: only {len(complete)} rows have all of {listed(columns)}. At least two are needed."
        )
    constant = [column for column in columns if np.ptp(complete[column].to_numpy()) == 0]
    if constant:
        raise DataError(f"columns: {listed(constant)} do not vary. Leave them out.")
    left_out = len(numbers) - len(complete)
    return complete, say(lang, "complete", kept=len(complete), left_out=left_out)
