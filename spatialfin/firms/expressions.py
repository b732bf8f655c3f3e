"""The narwhals expressions: the same on pandas, polars, pyarrow, DuckDB, Dask and Spark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from .._errors import DataError, listed, nearest, raise_all
from .coded import code_lengths, coded, counts_and_least, cut_codes, grouped_by_code, is_coded

if TYPE_CHECKING:
    import narwhals as nw

    from .ranks import Statistic

_TEXTS = ("region", "industry")


@dataclass(frozen=True, slots=True)
class Overview:
    """What one look at all rows shows.

    Attributes
    ----------
    firms : int
        Number of rows.
    counts, least : list
        Number and smallest of the values, by value.
    lengths : dict of str to list of int
        Lengths of the codes, by key; missing codes apart.
    """

    firms: int
    counts: list[int]
    least: list[float]
    lengths: dict[str, list[int]]


def as_lazy(firms: Any) -> nw.LazyFrame[Any]:
    """Any data frame as a lazy frame of narwhals, or an error that lists what can be read."""
    import narwhals as nw
    from narwhals.exceptions import DuplicateError

    try:
        frame: nw.LazyFrame[Any] = nw.from_native(firms).lazy()
        frame.collect_schema()
    except DuplicateError as error:
        said = " ".join(str(error).split())
        raise DataError(f"firms: columns are there more than once ({said}). Rename or drop them.") from error
    except TypeError as error:
        raise DataError(
            f"firms: {type(firms).__name__} is no data frame. Give pandas, polars, pyarrow, a DuckDB "
            "relation, Dask, PySpark, or the path of a Parquet, CSV or Stata file."
        ) from error
    return frame


def collected(frame: nw.LazyFrame[Any]) -> pd.DataFrame:
    """The rows in memory."""
    return frame.collect(backend="pyarrow").to_native().to_pandas()  # type: ignore[no-any-return]


def check_columns(
    frame: nw.LazyFrame[Any],
    columns: Iterable[str],
    *,
    texts: Sequence[str] = (),
    numbers: Sequence[str] = (),
) -> None:
    """Refuse unknown columns, codes that are not text, and values that are not numbers, all at once."""
    import narwhals as nw

    schema = frame.collect_schema()
    columns = list(columns)
    unknown = [name for name in columns if name not in schema]
    problems = [f"no column {name!r}.{nearest(name, schema)}" for name in unknown]
    if "*" in columns:
        problems.append("a column named '*' cannot be told from all columns: rename it")
    for name in texts:
        kind = schema.get(name, nw.String())
        if kind not in (nw.String, nw.Categorical, nw.Enum):
            problems.append(
                f"{name!r} holds {kind} where codes are text. Numbers lose zeros in front: read the column "
                "as text, or write them out openly, such as .astype(str).str.zfill(6)"
            )
    problems += [
        f"{name!r} holds {schema[name]} where numbers are expected. Make it numbers, without separators of "
        "thousands and words such as 'NA'"
        for name in numbers
        if name in schema and not schema[name].is_numeric()
    ]
    raise_all(problems, DataError, "firms")


def selected(
    frame: nw.LazyFrame[Any], keys: Mapping[str, str], values: Sequence[str], firm: str | None
) -> nw.LazyFrame[Any]:
    """Only what is needed, under names of our own: region, industry, year, firm, value0, value1, ...

    Text keys of pandas frames become categories.
    """
    import narwhals as nw

    schema = frame.collect_schema()
    chosen = []
    for key, column in keys.items():
        value = nw.col(column)
        if key in _TEXTS and schema[column] != nw.String:
            # A missing code stays missing: pandas before 3 would make it the text 'nan'.
            value = nw.when(~value.is_null()).then(value.cast(nw.String))
        chosen.append(value.alias(key))
    if firm is not None:
        chosen.append(nw.col(firm).alias("firm"))
    for number, column in enumerate(values):
        value = nw.col(column)
        if schema[column] != nw.Float64:
            value = value.cast(nw.Float64)
        if schema[column].is_float() and not _missing_is_nan(frame):
            value = value.fill_nan(None)
        chosen.append(value.alias(f"value{number}"))
    rows = frame.select(*chosen)
    return coded(rows, [key for key in _TEXTS if key in keys]) if is_coded(rows) else rows


def _missing_is_nan(frame: nw.LazyFrame[Any]) -> bool:
    return bool(frame.implementation.is_pandas_like() or frame.implementation.is_dask())


def look_over(rows: nw.LazyFrame[Any], keys: Mapping[str, str], n_values: int) -> Overview:
    """Count rows and values, and find the smallest value and the lengths of codes."""
    import narwhals as nw

    texts = [key for key in _TEXTS if key in keys]
    if is_coded(rows):
        counts, least = counts_and_least(rows, n_values)
        return Overview(len(rows.to_native()), counts, least, {key: code_lengths(rows, key) for key in texts})
    measured = [nw.col(key).str.len_chars().alias(f"{key}_length") for key in texts]
    # A column of its own, so that frames without any chosen column can be counted too.
    values = [f"value{number}" for number in range(n_values)]
    rows = rows.select(*measured, *(nw.col(name) for name in values), one=nw.lit(1))
    found = collected(
        rows.select(
            nw.col("one").count(),
            *(nw.col(name).count().alias(f"{name}_count") for name in values),
            *(nw.col(name).min().alias(f"{name}_min") for name in values),
            *(nw.col(f"{key}_length").min().alias(f"{key}_min") for key in texts),
            *(nw.col(f"{key}_length").max().alias(f"{key}_max") for key in texts),
        )
    ).iloc[0]
    return Overview(
        firms=int(found["one"]),
        counts=[int(found[f"{name}_count"]) for name in values],
        least=[float(found[f"{name}_min"]) for name in values],
        lengths={key: _lengths(rows, key, found) for key in texts},
    )


def _lengths(rows: nw.LazyFrame[Any], key: str, found: pd.Series) -> list[int]:
    """All lengths of a code; asked for only when there are several. Empty text is a missing code."""
    low, high = found[f"{key}_min"], found[f"{key}_max"]
    if pd.isna(low) or low == high:
        every = [] if pd.isna(low) else [int(low)]
    else:
        several = collected(rows.select(f"{key}_length").unique())[f"{key}_length"].dropna()
        every = sorted(int(length) for length in several)
    return [length for length in every if length > 0]


def code_of_length(rows: nw.LazyFrame[Any], key: str, length: int) -> str:
    """One of the codes that are so long."""
    import narwhals as nw

    if is_coded(rows):
        every = rows.to_native()[key].cat.categories
        return str(next(code for code in every if len(code) == length))
    fitting = rows.filter(nw.col(key).str.len_chars() == length).select(nw.col(key).alias("code"))
    return str(collected(fitting.head(1))["code"].iloc[0])


def refuse_duplicates(rows: nw.LazyFrame[Any], *, has_year: bool, firm: str) -> None:
    """Refuse several rows of one firm (and year), naming and counting them."""
    import narwhals as nw

    keys = ["firm", "year"] if has_year else ["firm"]
    several = rows.group_by(*keys).agg(nw.len().alias("rows")).filter(nw.col("rows") > 1)
    twice = collected(several)
    blank = int(twice["firm"].isna().sum())
    twice = twice[twice["firm"].notna()].sort_values(keys)
    problems = []
    if len(twice):
        named = [" in ".join(str(part) for part in row) for row in twice[keys].itertuples(index=False)]
        what = "firm and year" if has_year else "firm"
        remedy = "Keep one row each" if has_year else "Keep one row each, or name the year"
        problems.append(
            f"{len(twice)} firms have several rows for one {what} ({int(twice['rows'].sum())} rows): "
            f"{listed(named)}. {remedy}"
        )
    if blank:
        problems.append(f"several rows have no {firm!r}")
    raise_all(problems, DataError, "firms")


def grouped(
    rows: nw.LazyFrame[Any],
    keys: Mapping[str, str],
    overview: Overview,
    statistics: Sequence[Statistic],
) -> pd.DataFrame:
    """Number of firms, sums, counts and extremes of the values by cell, in memory, sorted by the keys."""
    import narwhals as nw

    wanted = {statistic.word for statistic in statistics} & {"min", "max"}
    if is_coded(rows):
        complete = [count == overview.firms for count in overview.counts]
        return grouped_by_code(rows, keys, complete, sorted(wanted))
    totals = [nw.len().alias("firms")]
    for number, count in enumerate(overview.counts):
        value = nw.col(f"value{number}")
        totals.append(value.sum())
        if count < overview.firms:
            totals.append(value.count().alias(f"count{number}"))
        totals += [getattr(value, word)().alias(f"{word}{number}") for word in sorted(wanted)]
    cells = collected(rows.group_by(*keys).agg(*totals)).sort_values(list(keys))
    for name in [column for column in cells if column == "firms" or str(column).startswith("count")]:
        cells[name] = cells[name].astype("int64")
    for number, count in enumerate(overview.counts):
        if count == overview.firms:
            cells[f"count{number}"] = cells["firms"]
    return cells


def with_prefixes(
    rows: nw.LazyFrame[Any],
    keys: Mapping[str, str],
    prefixes: Mapping[str, int | None],
    lengths: Mapping[str, Sequence[int]],
) -> nw.LazyFrame[Any]:
    """Codes cut to the digits of their level; those that are no longer stay as they are."""
    import narwhals as nw

    cut = {
        key: digits
        for key, digits in prefixes.items()
        if key in keys and digits is not None and any(length > digits for length in lengths[key])
    }
    if is_coded(rows):
        return cut_codes(rows, cut)
    shorter = [nw.col(key).str.slice(0, digits) for key, digits in cut.items()]
    return rows.with_columns(*shorter) if shorter else rows
