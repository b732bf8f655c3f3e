"""Location quotient and spatial Gini coefficient: how far a sector's geography departs from the whole."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from .._errors import AlignmentError, DataError, SpatialfinWarning, listed, raise_all
from .._validate import numeric_values

__all__ = ["location_quotient", "spatial_gini"]

_ONE_PERIOD = "all"


def location_quotient(
    sector: pd.Series,
    total: pd.Series,
    *,
    by: int | str | pd.Series | None = None,
    reference: tuple[float, float] | pd.DataFrame | None = None,
) -> pd.Series:
    """Location quotient of a sector in each unit.

    Parameters
    ----------
    sector : pandas.Series
        Size of the sector in each unit: value added, employment, deposits and loans, ... Not negative.
    total : pandas.Series
        Size of the whole in the same units: GDP, all employment, population, ... Not negative. Rows are
        matched by label; where labels repeat (a panel indexed by unit) both must have the same index.
    by : None, index level or Series
        Periods. None means one period. A Series has the index of `sector`.
    reference : (float, float) or DataFrame, optional
        Sector and whole of the nation when the units are only a part of it. For several periods a DataFrame
        with columns sector and total, indexed by period. Default: sums over the units of the period.

    Returns
    -------
    pandas.Series
        The quotient, named "lq", on the index of `sector`: 1 means as specialised as the reference. NaN where
        sector and total are both 0, infinite where only the total is; a `SpatialfinWarning` names them.

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
    part, whole, period = _checked_inputs(sector, total, by)
    sums = _sums(part, whole, period) if reference is None else _reference_sums(reference, period)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = part / whole
    national = (sums["sector"] / sums["total"]).reindex(period).to_numpy()
    result = pd.Series(ratio / national, index=sector.index, name="lq")
    _warn_zero_totals(result, whole, part)
    return result


def spatial_gini(
    sector: pd.Series, total: pd.Series, *, by: int | str | pd.Series | None = None
) -> pd.Series:
    """Spatial Gini coefficient of a sector: distance between its distribution and that of the whole.

    Parameters
    ----------
    sector, total, by
        As in `location_quotient`.

    Returns
    -------
    pandas.Series
        One number per period, named "spatial_gini", indexed by period ("all" without `by`). 0 means that the
        sector is distributed like the whole; the value is below 2.

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
    part, whole, period = _checked_inputs(sector, total, by)
    sums = _sums(part, whole, period)
    share = (
        part / sums["sector"].reindex(period).to_numpy() - whole / sums["total"].reindex(period).to_numpy()
    )
    gini: pd.Series = pd.Series(share**2).groupby(period).sum().rename("spatial_gini")
    return gini


def _checked_inputs(
    sector: pd.Series, total: pd.Series, by: int | str | pd.Series | None
) -> tuple[np.ndarray, np.ndarray, pd.Index]:
    """Values of both and the period of each row, in the order of `sector`."""
    for name, values in (("sector", sector), ("total", total)):
        if not isinstance(values, pd.Series):
            raise DataError(f"{name}: a Series indexed by unit is needed, not {type(values).__name__}.")
    if len(sector) == 0:
        raise DataError("sector: no rows. Check the filter that made it.")
    total = _on_index(total, sector.index, "total")
    period = _periods(by, sector.index)
    rows = pd.MultiIndex.from_arrays([sector.index, period])
    if rows.has_duplicates:
        again = [label[0] for label in rows[rows.duplicated()]]
        raise DataError(
            f"More than one row per unit and period for {listed(again)}. Give the periods with by=."
        )
    parts = {"sector": numeric_values(sector, "sector"), "total": numeric_values(total, "total")}
    problems = [
        f"negative {name} at {listed(sector.index[values < 0])}"
        for name, values in parts.items()
        if (values < 0).any()
    ]
    raise_all(problems, DataError, "location quotient")
    return parts["sector"], parts["total"], period


def _on_index(values: pd.Series, index: pd.Index, name: str) -> pd.Series:
    """The values in the order of `index`, matched by label."""
    if values.index.equals(index):
        return values
    if not (values.index.is_unique and index.is_unique):
        raise AlignmentError(
            f"{name} and sector have repeated labels in different orders, so rows cannot be matched. "
            "Take both from the same table, or index them by unit and period."
        )
    only_values, only_index = values.index.difference(index), index.difference(values.index)
    if len(only_values) or len(only_index):
        raise AlignmentError(
            f"{name} and sector must hold the same labels; only in {name}: {listed(only_values) or 'none'}; "
            f"only in sector: {listed(only_index) or 'none'}."
        )
    return values.reindex(index)


def _periods(by: int | str | pd.Series | None, index: pd.Index) -> pd.Index:
    """The period of each row."""
    if by is None:
        return pd.Index([_ONE_PERIOD] * len(index))
    if isinstance(by, pd.Series):
        found: pd.Index = pd.Index(_on_index(by, index, "by"))
    elif by in index.names:
        found = index.get_level_values(by)
    else:
        levels = listed(name for name in index.names if name is not None) or "none"
        raise DataError(f"by={by!r} is not a level of the index (levels: {levels}). Give a Series instead.")
    if found.hasnans:
        raise DataError(f"by: missing periods at {listed(index[found.isna()])}.")
    return found


def _sums(part: np.ndarray, whole: np.ndarray, period: pd.Index) -> pd.DataFrame:
    """Sums by period, or an error naming the periods without any."""
    sums = pd.DataFrame({"sector": part, "total": whole}).groupby(period).sum()
    _refuse_zero(sums)
    return sums


def _reference_sums(reference: Any, period: pd.Index) -> pd.DataFrame:
    """The given totals by period."""
    wanted = period.unique()
    if isinstance(reference, pd.DataFrame):
        missing = [name for name in ("sector", "total") if name not in reference.columns]
        if missing:
            raise DataError(f"reference: no column {listed(missing)}; columns sector and total are needed.")
        if not reference.index.is_unique:
            raise DataError(
                f"reference: duplicate periods {listed(reference.index[reference.index.duplicated()])}."
            )
        absent = wanted.difference(reference.index)
        if len(absent):
            raise AlignmentError(f"reference: no row for periods {listed(absent)}.")
        frame = reference.loc[wanted, ["sector", "total"]]
    elif isinstance(reference, tuple) and len(reference) == 2:
        if len(wanted) > 1:
            raise DataError(
                f"reference: one pair of totals for {len(wanted)} periods. "
                "Give a DataFrame with columns sector and total, indexed by period."
            )
        frame = pd.DataFrame([reference], columns=["sector", "total"], index=wanted)
    else:
        raise DataError("reference: (sector total, whole total) or a DataFrame by period is needed.")
    columns = {name: numeric_values(frame[name], f"reference {name}") for name in frame.columns}
    sums = pd.DataFrame(columns, index=frame.index)
    _refuse_zero(sums)
    return sums


def _refuse_zero(sums: pd.DataFrame) -> None:
    problems = [
        f"{name} is not positive in {listed(sums.index[sums[name] <= 0])}"
        for name in ("sector", "total")
        if (sums[name] <= 0).any()
    ]
    raise_all(problems, DataError, "sums over the units")


def _warn_zero_totals(result: pd.Series, whole: np.ndarray, part: np.ndarray) -> None:
    zero = whole == 0
    if not zero.any():
        return
    kinds = {"infinite": zero & (part > 0), "undefined (NaN)": zero & (part == 0)}
    told = [f"{kind} at {listed(result.index[rows])}" for kind, rows in kinds.items() if rows.any()]
    warnings.warn(
        f"Total is zero, so the location quotient is {' and '.join(told)}.", SpatialfinWarning, stacklevel=3
    )
