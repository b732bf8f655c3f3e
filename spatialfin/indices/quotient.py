"""Location quotients and spatial Gini coefficient: how far a sector's geography departs from the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Literal

import numpy as np
import pandas as pd

from .._errors import AlignmentError, DataError, listed, raise_all, warn_caller
from .._validate import check_option, numeric_values
from ._inputs import By, Cells, Table, read_pair, refuse_zero_sums, zero_sums

__all__ = [
    "location_quotient",
    "spatial_gini",
    "standardized_location_quotient",
    "symmetric_location_quotient",
]

Reference = tuple[float, float] | pd.DataFrame | None


def location_quotient(
    sector: Table, total: pd.Series, *, by: By = None, reference: Reference = None
) -> Table:
    """Location quotient of a sector in each unit.

    Parameters
    ----------
    sector : pandas.Series or DataFrame
        Size of the sector in each unit: value added, employment, deposits and loans, ... Not negative. A
        DataFrame has one column per sector.
    total : pandas.Series
        Size of the whole in the same units: GDP, all employment, population, ... Not negative. Rows are
        matched by label; where labels repeat (a panel indexed by unit) both must have the same index.
    by : None, index level or Series
        Periods. None means one period. A Series has the index of `sector`.
    reference : (float, float) or DataFrame, optional
        Sector and whole of the nation when the units are only a part of it. For several periods a DataFrame
        with columns sector and total, indexed by period; for several sectors its columns are their names and
        total. Default: sums over the units of the period.

    Returns
    -------
    pandas.Series or DataFrame
        The quotient (a Series is named "lq") on the index of `sector`: 1 means as specialised as the
        reference. NaN where sector and total are both 0, infinite where only the total is; a
        `SpatialfinWarning` names them.

    Raises
    ------
    AlignmentError
        `sector`, `total` or `by` hold other labels.
    DataError
        Missing, negative or non-numeric values, duplicate rows, or a period whose sum is zero.

    Notes
    -----
    ``LQ_i = (s_i / x_i) / (S / X)``. With S and X the sample sums, the mean of LQ weighted by x is 1. With
    deposits and loans as the sector and population as the total it is the agglomeration index per head.

    References
    ----------
    .. [1] Isard, W. (1960). Methods of Regional Analysis. MIT Press, ch. 7.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> finance = pd.Series({"110000": 20.0, "120000": 5.0, "130000": 5.0})
    >>> gdp = pd.Series({"130000": 100.0, "110000": 100.0, "120000": 100.0})
    >>> sf.location_quotient(finance, gdp)
    110000    2.0
    120000    0.5
    130000    0.5
    Name: lq, dtype: float64
    """
    found = quotients(sector, total, by, reference)
    return found.cells.over_rows(found.values, "lq")


def symmetric_location_quotient(
    sector: Table, total: pd.Series, *, by: By = None, reference: Reference = None
) -> Table:
    """Symmetric location quotient: from -1 to 1, with 0 where the unit is like the reference.

    Parameters
    ----------
    sector, total, by, reference
        As in `location_quotient`.

    Returns
    -------
    pandas.Series or DataFrame
        On the index of `sector` (a Series is named "slq"). 1 where only the total is 0, NaN where both are;
        a `SpatialfinWarning` names them.

    Raises
    ------
    AlignmentError, DataError
        As in `location_quotient`.

    Notes
    -----
    ``SLQ = (LQ - 1) / (LQ + 1)`` [1]_, so that twice and half the reference are equally far from 0.

    References
    ----------
    .. [1] Dalum, B., Laursen, K. and Villumsen, G. (1998). Structural change in OECD export specialisation
       patterns: de-specialisation and "stickiness". International Review of Applied Economics, 12, 423-443.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> finance = pd.Series({"a": 20.0, "b": 5.0, "c": 5.0})
    >>> gdp = pd.Series({"a": 10.0, "b": 10.0, "c": 10.0})
    >>> sf.indices.symmetric_location_quotient(finance, gdp).round(3).to_dict()
    {'a': 0.333, 'b': -0.333, 'c': -0.333}
    """
    found = quotients(sector, total, by, reference)
    return found.cells.over_rows(1 - 2 / (found.values + 1), "slq")


def standardized_location_quotient(
    sector: Table,
    total: pd.Series,
    *,
    by: By = None,
    reference: Reference = None,
    scale: Literal["log", "level"] = "log",
) -> Table:
    """Location quotient in standard deviations from the mean of the period.

    Parameters
    ----------
    sector, total, by, reference
        As in `location_quotient`.
    scale : {"log", "level"}
        Standardise the logarithm of the quotient, which is closer to a normal distribution, or the quotient.

    Returns
    -------
    pandas.Series or DataFrame
        z on the index of `sector` (a Series is named "lq_z"), with mean 0 and standard deviation 1 (divisor
        n - 1) over the units of each period.

    Raises
    ------
    AlignmentError, DataError
        As in `location_quotient`; a quotient of 0 has no logarithm, an infinite or undefined one no place,
        and one that is the same everywhere no spread.

    Notes
    -----
    ``z_i = (LQ_i - mean(LQ)) / sd(LQ)`` [1]_, or the same of ``ln LQ``. Cut-offs for z need a normal
    distribution: `cluster_test` tests it.

    References
    ----------
    .. [1] O'Donoghue, D. and Gleave, B. (2004). A note on methods for measuring industrial agglomeration.
       Regional Studies, 38(4), 419-427.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> finance, gdp = pd.Series({"a": 4.0, "b": 2.0, "c": 1.0}), pd.Series({"a": 1.0, "b": 1.0, "c": 1.0})
    >>> sf.indices.standardized_location_quotient(finance, gdp).round(9).tolist()
    [1.0, 0.0, -1.0]
    """
    found = quotients(sector, total, by, reference, warn=False)
    return found.cells.over_rows(z_scores(found.cells, found.values, scale), "lq_z")


def spatial_gini(sector: Table, total: pd.Series, *, by: By = None) -> Table:
    """Spatial Gini coefficient of a sector: distance between its distribution and that of the whole.

    Parameters
    ----------
    sector, total, by
        As in `location_quotient`.

    Returns
    -------
    pandas.Series or DataFrame
        One number per period (and sector), indexed by period ("all" without `by`); a Series is named
        "spatial_gini". 0 means that the sector is distributed like the whole; the value is below 2.

    Raises
    ------
    AlignmentError, DataError
        As in `location_quotient`.

    Notes
    -----
    ``G = sum_i (X_i - S_i)^2`` with X_i the unit's share of the whole and S_i its share of the sector [1]_.

    References
    ----------
    .. [1] Krugman, P. (1991). Geography and Trade. MIT Press.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> sf.spatial_gini(pd.Series({"a": 1.0, "b": 3.0}), pd.Series({"a": 5.0, "b": 5.0}))
    all    0.125
    Name: spatial_gini, dtype: float64
    """
    parts, whole = read_pair(sector, total, by)
    apart = share_gap(parts, whole)
    return parts.over_periods(parts.sums(apart**2), "spatial_gini")


def share_gap(parts: Cells[Table], whole: Cells[pd.Series]) -> np.ndarray:
    """Share of each row in its sector minus its share in the whole, shape (n, k)."""
    sums, whole_sums = parts.sums(), whole.sums()
    refuse_zero_sums([zero_sums(parts, sums, "sector"), zero_sums(whole, whole_sums, "total")])
    gap: np.ndarray = parts.values / sums[parts.codes] - whole.values / whole_sums[parts.codes]
    return gap


@dataclass(frozen=True, slots=True, eq=False)
class Quotients(Generic[Table]):
    """Location quotients with what they were made of.

    Attributes
    ----------
    cells : Cells
        The sectors.
    whole : array, shape (n, 1)
        The whole beside them.
    national : array, shape (n, k)
        Share of each sector in the reference of the row's period.
    values : array, shape (n, k)
        The quotients.
    """

    cells: Cells[Table]
    whole: np.ndarray
    national: np.ndarray
    values: np.ndarray


def quotients(
    sector: Table, total: pd.Series, by: By, reference: Reference, *, warn: bool = True
) -> Quotients[Table]:
    """Check the inputs and compute the quotients of every sector."""
    parts, whole = read_pair(sector, total, by)
    if reference is None:
        sums, whole_sums = parts.sums(), whole.sums()
        refuse_zero_sums([zero_sums(parts, sums, "sector"), zero_sums(whole, whole_sums, "total")])
    else:
        sums, whole_sums = _reference_sums(reference, parts)
    national = (sums / whole_sums)[parts.codes]
    with np.errstate(divide="ignore", invalid="ignore"):
        values = parts.values / whole.values / national
    if warn:
        warn_zero_totals(parts, whole.values)
    return Quotients(parts, whole.values, national, values)


def z_scores(cells: Cells[Table], quotient: np.ndarray, scale: str) -> np.ndarray:
    """Standardise by period and column, or name the quotients that have no place."""
    check_option("scale", scale, ["log", "level"])
    unusable = ~np.isfinite(quotient) | ((quotient == 0) if scale == "log" else False)
    rows = unusable.any(axis=1)
    if rows.any():
        remedy = "Drop these units" + (', or take scale="level" for zeros.' if scale == "log" else ".")
        raise DataError(
            f"The location quotient is zero, infinite or undefined at {listed(cells.index[rows])}. {remedy}"
        )
    values = np.log(quotient) if scale == "log" else quotient
    count = np.bincount(cells.codes)[:, None]
    centred = values - (cells.sums(values) / count)[cells.codes]
    spread = np.sqrt(cells.sums(centred**2) / np.maximum(count - 1, 1))
    least = 1e-12 * np.maximum(cells.sums(np.abs(values)) / count, 1)
    flat = np.min(spread - least, axis=1) < 0
    if flat.any():
        raise DataError(
            f"The location quotient is the same in every unit of {listed(cells.periods[flat])}: "
            "it has no spread to standardise by."
        )
    result: np.ndarray = centred / spread[cells.codes]
    return result


def _reference_sums(reference: Reference, cells: Cells[Any]) -> tuple[np.ndarray, np.ndarray]:
    """The given totals by period, shapes (T, k) and (T, 1)."""
    names: list[Any] = ["sector"] if cells.columns is None else list(cells.columns)
    if isinstance(reference, pd.DataFrame):
        missing = [name for name in (*names, "total") if name not in reference.columns]
        if missing:
            raise DataError(
                f"reference: no column {listed(missing)}; columns {listed(names)} and total are needed."
            )
        if not reference.index.is_unique:
            raise DataError(
                f"reference: duplicate periods {listed(reference.index[reference.index.duplicated()])}."
            )
        absent = cells.periods.difference(reference.index)
        if len(absent):
            raise AlignmentError(f"reference: no row for periods {listed(absent)}.")
        frame = reference.reindex(index=cells.periods)[[*names, "total"]]
    elif isinstance(reference, tuple) and len(reference) == 2 and cells.columns is None:
        if len(cells.periods) > 1:
            raise DataError(
                f"reference: one pair of totals for {len(cells.periods)} periods. "
                "Give a DataFrame with columns sector and total, indexed by period."
            )
        frame = pd.DataFrame([reference], columns=["sector", "total"], index=cells.periods)
    else:
        raise DataError("reference: (sector total, whole total) or a DataFrame by period is needed.")
    sums = np.column_stack([numeric_values(frame[name], f"reference {name}") for name in frame.columns])
    problems = [
        f"{name} is not positive in {listed(frame.index[column <= 0])}"
        for name, column in zip(frame.columns, sums.T, strict=True)
        if (column <= 0).any()
    ]
    raise_all(problems, DataError, "reference")
    return sums[:, :-1], sums[:, -1:]


def warn_zero_totals(cells: Cells[Table], whole: np.ndarray) -> None:
    """Name the units whose total is 0."""
    zero = whole == 0
    if not zero.any():
        return
    kinds = {"infinite": zero & (cells.values > 0), "undefined (NaN)": zero & (cells.values == 0)}
    told = [
        f"{kind} at {listed(cells.index[found.any(axis=1)])}" for kind, found in kinds.items() if found.any()
    ]
    warn_caller(f"Total is zero, so the location quotient is {' and '.join(told)}.")
