"""Firms of a pandas frame: keys as categories, so that only the few distinct codes are cut and sorted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import narwhals as nw

# So many cells per firm may be empty before those that are not are looked up.
_EMPTY_PER_FIRM = 4


def is_coded(rows: nw.LazyFrame[Any]) -> bool:
    """Whether the text keys of these rows are categories: those of pandas frames."""
    return bool(rows.implementation.is_pandas())


def coded(rows: nw.LazyFrame[Any], texts: Iterable[str]) -> nw.LazyFrame[Any]:
    """The rows of a pandas frame with these text keys as sorted categories."""
    frame = _native(rows)
    return _assigned(frame, {key: frame[key].astype("category") for key in texts})


def cut_codes(rows: nw.LazyFrame[Any], digits: Mapping[str, int]) -> nw.LazyFrame[Any]:
    """The rows with the codes of some keys cut to so many digits."""
    frame = _native(rows)
    return _assigned(frame, {key: _cut(frame[key], size) for key, size in digits.items()})


def _cut(codes: pd.Series, digits: int) -> pd.Categorical[Any]:
    # Cutting keeps the order of sorted codes, so the shorter ones are sorted too.
    places, shorter = pd.factorize(codes.cat.categories.str[:digits])
    return pd.Categorical.from_codes(np.append(places, -1)[codes.cat.codes.to_numpy()], shorter)


def code_lengths(rows: nw.LazyFrame[Any], key: str) -> list[int]:
    """All lengths of a code. Empty text is a missing code."""
    return sorted({len(code) for code in _native(rows)[key].cat.categories.tolist() if code})


def counts_and_least(rows: nw.LazyFrame[Any], n_values: int) -> tuple[list[int], list[float]]:
    """Number and smallest of the values, by value; NaN where there is none."""
    values = [_value(_native(rows), number) for number in range(n_values)]
    counts = [len(value) - int(np.isnan(value).sum()) for value in values]
    return counts, [float(np.fmin.reduce(value, initial=np.nan)) for value in values]


def grouped_by_code(
    rows: nw.LazyFrame[Any], keys: Iterable[str], complete: Sequence[bool], extremes: Iterable[str]
) -> pd.DataFrame:
    """Number of firms, sums, counts and extremes of the values by cell, sorted by the keys.

    `complete` says of every value whether no firm misses it.
    """
    frame = _native(rows)
    cell, cells = _cells(frame, list(keys))
    size = len(cells)
    cells["firms"] = np.bincount(cell, minlength=size)
    for number, is_complete in enumerate(complete):
        value, within = _value(frame, number), cell
        if not is_complete:
            known = ~np.isnan(value)
            value, within = value[known], cell[known]
        cells[f"value{number}"] = np.bincount(within, weights=value, minlength=size)
        cells[f"count{number}"] = cells["firms"] if is_complete else np.bincount(within, minlength=size)
        for word in extremes:
            found = pd.Series(value).groupby(within).agg(word)
            cells[f"{word}{number}"] = found.reindex(range(size)).to_numpy()
    return cells


def _cells(frame: pd.DataFrame, keys: list[str]) -> tuple[np.ndarray, pd.DataFrame]:
    """The cell of every firm, and the keys of the cells."""
    columns = [frame[key].astype("category") for key in keys]
    # Place 0 of every key is a missing one.
    shape = [len(column.cat.categories) + 1 for column in columns]
    place = np.ravel_multi_index(
        [column.cat.codes.to_numpy().astype(np.int64) + 1 for column in columns], shape
    )
    if np.prod(shape, dtype=float) > _EMPTY_PER_FIRM * len(frame):
        cell, filled = pd.factorize(place, sort=True)
    else:
        is_filled = np.bincount(place) > 0
        cell, filled = (np.cumsum(is_filled) - 1)[place], np.flatnonzero(is_filled)
    labels = {
        key: pd.Series(column.cat.categories).reindex(found - 1).array
        for key, column, found in zip(keys, columns, np.unravel_index(filled, shape), strict=True)
    }
    return cell, pd.DataFrame(labels)


def _native(rows: nw.LazyFrame[Any]) -> pd.DataFrame:
    return cast(pd.DataFrame, rows.to_native())


def _value(frame: pd.DataFrame, number: int) -> np.ndarray:
    return frame[f"value{number}"].to_numpy(dtype=float, na_value=np.nan)


def _assigned(frame: pd.DataFrame, columns: Mapping[str, Any]) -> nw.LazyFrame[Any]:
    import narwhals as nw

    return nw.from_native(frame.assign(**columns)).lazy()
