"""Tables of amounts by unit and column, and square tables of proximity, as the product space takes them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from .._errors import DataError, listed, nearest, raise_all
from .._validate import check_frame, numeric_values

ONE_PERIOD = "all"


def wide_table(data: pd.DataFrame, what: str, keys: dict[str, str | None]) -> pd.DataFrame:
    """Amounts as floats, units (and periods) in rows, in the caller's order.

    `keys` holds the parameter names and columns of the row, the column, the value and the time of a long
    table, in this order; all None for a table that is wide already. A pair that a long table leaves out is 0.
    """
    check_frame(data, what)
    table = _from_long(data, what, keys) if any(name is not None for name in keys.values()) else data
    if table.empty:
        raise DataError(f"{what}: no rows or no columns. Check the filter that made it.")
    if table.index.nlevels > 2:
        raise DataError(
            f"{what}: {table.index.nlevels} levels of rows; unit, or unit and period, are needed."
        )
    for labels, place in ((table.index, "row"), (table.columns, "column")):
        if not labels.is_unique:
            again = labels[labels.duplicated()].unique()
            raise DataError(f"{what}: {place} {listed(again)} more than once. Keep one per unit and period.")
        if labels.to_frame().isna().to_numpy().any():
            raise DataError(f"{what}: a {place} has no label. Give every {place} its code.")
    values = _numbers(table, what)
    rows, columns = np.nonzero(values < 0)
    cells = [(table.index[i], table.columns[j]) for i, j in zip(rows[:6], columns[:6], strict=True)]
    problems = [f"negative amounts at {listed(cells)}"] if cells else []
    zero = [label for label, place in periods(table.index) if not cells and not values[place].sum() > 0]
    problems += [f"every amount is 0 in {listed(zero)}"] if zero else []
    raise_all(problems, DataError, what)
    return pd.DataFrame(values, index=table.index, columns=table.columns)


def check_columns(data: pd.DataFrame, wanted: list[str], what: str) -> None:
    """Refuse a table without the columns that are wanted, naming the nearest."""
    held = data.columns
    absent = [f"no column {name!r}.{nearest(name, held)}" for name in wanted if name not in held]
    raise_all(absent, DataError, what)


def periods(index: pd.Index) -> Iterator[tuple[object, np.ndarray]]:
    """Each period of an index (unit, period) with the positions of its rows; one period without the level."""
    if index.nlevels == 1:
        yield ONE_PERIOD, np.arange(len(index))
        return
    level = index.get_level_values(1)
    for label in level.unique():
        yield label, np.flatnonzero(level == label)


def proximity_table(phi: pd.DataFrame, what: str = "phi") -> pd.DataFrame:
    """The square table with its columns in the order of its rows, or an error that says what it is not."""
    check_frame(phi, what)
    if phi.empty or not phi.index.is_unique or set(phi.index) != set(phi.columns):
        strange = set(phi.index) ^ set(phi.columns)
        raise DataError(
            f"{what}: rows and columns must hold the same codes once; only on one side: "
            f"{listed(sorted(strange, key=str)) or 'none'}. Give what product_proximity returns."
        )
    square = phi.loc[:, phi.index]
    values = square.to_numpy(dtype=float, na_value=np.nan)
    problems = []
    if not ((values >= 0) & (values <= 1 + 1e-12) | np.isnan(values)).all():
        problems.append("values outside [0, 1]")
    if not np.allclose(values, values.T, rtol=0, atol=1e-9, equal_nan=True):
        problems.append("not symmetric")
    raise_all(problems, DataError, what)
    return pd.DataFrame(values, index=square.index, columns=square.columns)


def presence_table(presence: pd.DataFrame) -> pd.DataFrame:
    """Presence as floats 0, 1 and NaN, or an error."""
    check_frame(presence, "presence")
    if presence.empty or presence.index.nlevels > 2 or not presence.index.is_unique:
        raise DataError(
            "presence: one row per country (and period) and one column per product are needed. "
            "Give what product_presence returns."
        )
    numeric = [pd.api.types.is_numeric_dtype(dtype) for dtype in presence.dtypes]
    values = presence.to_numpy(dtype=float, na_value=np.nan) if all(numeric) else None
    if values is None or not (np.isin(values, (0.0, 1.0)) | np.isnan(values)).all():
        raise DataError("presence: only 0 and 1 are known. Give what product_presence returns.")
    return pd.DataFrame(values, index=presence.index, columns=presence.columns)


def _from_long(data: pd.DataFrame, what: str, keys: dict[str, str | None]) -> pd.DataFrame:
    row, column, value, time = keys.values()
    left_out = [key for key, name in list(keys.items())[:3] if name is None]
    if left_out:
        raise DataError(
            f"{what}: a long table needs {', '.join(f'{key}=' for key in left_out)} too; "
            "a wide one (units in rows) needs no names."
        )
    wanted = [name for name in (row, column, value, time) if name is not None]
    check_columns(data, wanted, what)
    names = [name for name in (row, time) if name is not None]
    empty = [name for name in [*names, column] if data[name].isna().any()]
    if empty:
        raise DataError(f"{what}: missing codes in {listed(empty)}. Drop these rows or fill them before.")
    place, rows = _first_seen(data, names)
    spot, columns = _first_seen(data, [str(column)])
    cells = place * len(columns) + spot
    if len(cells) and np.bincount(cells).max() > 1:
        again = data[pd.Index(cells).duplicated()]
        shown = listed(again[[*names, str(column)]].drop_duplicates().itertuples(index=False, name=None))
        raise DataError(f"{what}: more than one row for {shown}. Sum them, or name the period with time=.")
    amounts = data[str(value)].set_axis(pd.MultiIndex.from_frame(data[[*names, str(column)]]))
    values = np.zeros((len(rows), len(columns)))
    values[place, spot] = numeric_values(amounts, f"{what}, column {value!r}")
    return pd.DataFrame(values, index=rows, columns=columns)


def _first_seen(data: pd.DataFrame, names: list[str]) -> tuple[np.ndarray, pd.Index]:
    """Number of each row's key in order of appearance, and the keys."""
    numbers = data.groupby(names, sort=False, observed=True).ngroup().to_numpy()
    first = np.unique(numbers, return_index=True)[1]
    keys = data[names].iloc[first]
    kinds = {name: dtype for name, dtype in keys.dtypes.items() if isinstance(dtype, pd.CategoricalDtype)}
    keys = keys.astype({name: dtype.categories.dtype for name, dtype in kinds.items()})
    if len(names) == 1:
        return numbers, pd.Index(keys[names[0]])
    return numbers, pd.MultiIndex.from_frame(keys)


def _numbers(table: pd.DataFrame, what: str) -> np.ndarray:
    """The cells as floats; an error names the rows and columns without one."""
    numeric = [
        pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)
        for dtype in table.dtypes
    ]
    if all(numeric):
        values = table.to_numpy(dtype=float, na_value=np.nan)
        if np.isfinite(values).all():
            return values
    labels = [(row, column) for row in table.index for column in table.columns]
    cells = pd.Series(table.to_numpy().ravel(), index=pd.Index(labels, tupleize_cols=False))
    return numeric_values(cells, what).reshape(table.shape)
