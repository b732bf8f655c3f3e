"""Columns computed from others within a panel: logs, lags, differences, growth, per head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from ._errors import DataError, raise_all
from ._panel_keys import (
    PanelRows,
    add_columns,
    check_steps,
    checked_columns,
    column_values,
    panel_rows,
    refuse_where,
)
from ._validate import check_number, check_option

_METHODS = ("log", "percent")


def log_columns(data: pd.DataFrame, columns: str | Sequence[str], *, unit: str, time: str) -> pd.DataFrame:
    """Add natural logarithms, named ``ln_`` and the column.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, in any order.
    columns : str or sequence of str
        Columns with positive numbers; an empty cell stays empty.
    unit, time : str
        Columns or index levels with the keys.

    Returns
    -------
    DataFrame
        A copy of `data` with the new columns, in the caller's order. Log points.

    Raises
    ------
    DataError
        For unknown keys or columns, duplicate rows, text, and zero or negative values, named by unit and
        period. No constant is added to get rid of zeros.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatialfin.panel import log_columns
    >>> data = pd.DataFrame({"code": ["a", "b"], "year": [2001, 2001], "gdp": [1.0, 10.0]})
    >>> log_columns(data, "gdp", unit="code", time="year")["ln_gdp"].round(4).tolist()
    [0.0, 2.3026]
    """
    rows, values = _read(data, columns, unit, time)
    _refuse_non_positive(values, rows, "a logarithm needs positive numbers")
    return add_columns(data, {f"ln_{name}": np.log(column) for name, column in values.items()})


def lag_columns(
    data: pd.DataFrame,
    columns: str | Sequence[str],
    *,
    unit: str,
    time: str,
    periods: int = 1,
    step: float = 1,
) -> pd.DataFrame:
    """Add the values of earlier periods, as Stata's ``L.``: ``lag1_gdp``, ``lag2_gdp``.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, in any order.
    columns : str or sequence of str
        Columns with numbers.
    unit, time : str
        Columns or index levels with the keys.
    periods : int, default 1
        How many periods back, at least 1.
    step : float, default 1
        Distance of two neighbouring periods that are numbers: 1 for years, 5 for every fifth year (the
        ``delta()`` of Stata's ``xtset``). Dates and other labels count by their order in the data.

    Returns
    -------
    DataFrame
        A copy of `data` with the new columns, in the caller's order; missing where the unit has no row so
        many periods before. A gap in the years is never lagged over.

    Raises
    ------
    DataError
        For unknown keys or columns, duplicate rows, text, and when no period lies so far after another.
    OptionError
        For `periods` below 1 or a `step` that is not positive.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatialfin.panel import lag_columns
    >>> data = pd.DataFrame({"code": ["a"] * 3, "year": [2001, 2002, 2004], "gdp": [1.0, 2.0, 3.0]})
    >>> lag_columns(data, "gdp", unit="code", time="year")["lag1_gdp"].tolist()
    [nan, 1.0, nan]
    """
    return _from_earlier(data, columns, unit, time, periods, step, "lag", lambda _now, before: before)


def diff_columns(
    data: pd.DataFrame,
    columns: str | Sequence[str],
    *,
    unit: str,
    time: str,
    periods: int = 1,
    step: float = 1,
) -> pd.DataFrame:
    """Add the change since an earlier period, as Stata's ``D.`` (``S2.`` for two periods): ``diff1_gdp``.

    Parameters
    ----------
    data, columns, unit, time, periods, step
        As in `lag_columns`.

    Returns
    -------
    DataFrame
        A copy of `data` with ``x_t - x_(t-k)``, in the unit of the column; missing where there is no earlier
        row.

    Raises
    ------
    DataError, OptionError
        As in `lag_columns`.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatialfin.panel import diff_columns
    >>> data = pd.DataFrame({"code": ["a"] * 2, "year": [2001, 2002], "gdp": [1.0, 4.0]})
    >>> diff_columns(data, "gdp", unit="code", time="year")["diff1_gdp"].tolist()
    [nan, 3.0]
    """
    return _from_earlier(data, columns, unit, time, periods, step, "diff", lambda now, before: now - before)


def growth_rates(
    data: pd.DataFrame,
    columns: str | Sequence[str],
    *,
    unit: str,
    time: str,
    method: Literal["log", "percent"] = "log",
    periods: int = 1,
    step: float = 1,
) -> pd.DataFrame:
    """Add growth since an earlier period: ``growth1_gdp``.

    Parameters
    ----------
    data, columns, unit, time, periods, step
        As in `lag_columns`; the columns hold positive numbers.
    method : {"log", "percent"}, default "log"
        Difference of logarithms (log points) or change in percent of the earlier value.

    Returns
    -------
    DataFrame
        A copy of `data` with the growth over the whole span of `periods`, not per year; missing where there
        is no earlier row.

    Raises
    ------
    DataError
        As in `lag_columns`, and for zero or negative values, named by unit and period.
    OptionError
        As in `lag_columns`, and for an unknown `method`.

    Notes
    -----
    ``ln(x_t / x_(t-k))`` or ``100 (x_t / x_(t-k) - 1)``.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatialfin.panel import growth_rates
    >>> data = pd.DataFrame({"code": ["a"] * 2, "year": [2001, 2002], "gdp": [100.0, 110.0]})
    >>> growth_rates(data, "gdp", unit="code", time="year", method="percent")["growth1_gdp"].round(6).tolist()
    [nan, 10.0]
    """
    check_option("method", method, _METHODS)

    def growth(now: np.ndarray, before: np.ndarray) -> np.ndarray:
        ratio: np.ndarray = now / before
        return np.asarray(np.log(ratio)) if method == "log" else 100 * (ratio - 1)

    return _from_earlier(data, columns, unit, time, periods, step, "growth", growth)


def per_capita(
    data: pd.DataFrame,
    columns: str | Sequence[str],
    *,
    population: str,
    unit: str,
    time: str,
    factor: float = 1.0,
) -> pd.DataFrame:
    """Add values per head, named by the column and ``_pc``.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, in any order.
    columns : str or sequence of str
        Columns with totals.
    population : str
        Column with the number of persons (or of ten thousand persons, see `factor`).
    unit, time : str
        Columns or index levels with the keys.
    factor : float, default 1
        What the quotient is multiplied by: 10,000 turns 100 million yuan per 10,000 persons into yuan per
        person.

    Returns
    -------
    DataFrame
        A copy of `data` with ``factor * column / population``, in the caller's order; empty cells stay empty.

    Raises
    ------
    DataError
        For unknown keys or columns, duplicate rows, text, and a population that is zero or negative.
    OptionError
        For a `factor` that is not positive.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatialfin.panel import per_capita
    >>> data = pd.DataFrame({"code": ["a"], "year": [2001], "gdp": [300.0], "persons": [150.0]})
    >>> per_capita(data, "gdp", population="persons", unit="code", time="year", factor=1e4)["gdp_pc"].tolist()
    [20000.0]
    """
    check_number("factor", factor, between=(0.0, np.inf))
    rows, values = _read(data, columns, unit, time)
    heads = _read(data, population, unit, time)[1]
    _refuse_non_positive(heads, rows, "a population is a positive number")
    return add_columns(
        data, {f"{name}_pc": factor * column / heads[population] for name, column in values.items()}
    )


def _from_earlier(
    data: pd.DataFrame,
    columns: str | Sequence[str],
    unit: str,
    time: str,
    periods: int,
    step: float,
    word: str,
    change: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> pd.DataFrame:
    """Columns made from the value now and the one `periods` before."""
    check_steps(periods, step)
    rows, values = _read(data, columns, unit, time)
    if word == "growth":
        _refuse_non_positive(values, rows, "a growth rate needs positive numbers")
    return add_columns(
        data,
        {
            f"{word}{periods}_{name}": change(now, rows.earlier(now, periods, step))
            for name, now in values.items()
        },
    )


def _read(
    data: pd.DataFrame, columns: str | Sequence[str], unit: str, time: str
) -> tuple[PanelRows, dict[str, np.ndarray]]:
    """The keys of the rows and the numbers of the columns."""
    rows = panel_rows(data, unit=unit, time=time)
    names = checked_columns(data, columns, keys=(unit, time))
    return rows, {name: column_values(data, name, rows.labels) for name in names}


def _refuse_non_positive(values: dict[str, np.ndarray], rows: PanelRows, why: str) -> None:
    problems = [
        problem
        for name, column in values.items()
        for problem in refuse_where(
            column <= 0,
            rows.labels,
            f"column {name!r} is zero or negative",
            f"{why[0].upper()}{why[1:]}: correct these cells or make them missing.",
        )
    ]
    raise_all(problems, DataError, "data")
