"""How concentrated a distribution is over units, and how special the structure of a unit."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from .._errors import DataError, listed, warn_caller
from .._validate import check_option, check_whole
from ._inputs import By, Cells, Table, kind_of, read_cells, read_pair
from .quotient import share_gap

__all__ = [
    "concentration_ratio",
    "herfindahl",
    "hoover",
    "krugman_concentration",
    "krugman_specialization",
    "locational_gini",
    "shares",
]

Others = Literal["rest", "all"]


def shares(values: Table, *, by: By = None) -> Table:
    """Share of each unit in the total of its period.

    Parameters
    ----------
    values : pandas.Series or DataFrame
        Size of each unit; not negative. A DataFrame has one column per sector.
    by : None, index level or Series
        Periods. None means one period. A Series has the index of `values`.

    Returns
    -------
    pandas.Series or DataFrame
        On the index of `values`; a Series is named "share". They sum to 1 in each period.

    Raises
    ------
    AlignmentError, DataError
        Values are missing, negative or not numbers, rows repeat, or a total is zero.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> sf.indices.shares(pd.Series({"a": 1.0, "b": 3.0})).to_dict()
    {'a': 0.25, 'b': 0.75}
    """
    cells = read_cells(values, by)
    return cells.over_rows(cells.shares("values"), "share")


def concentration_ratio(values: Table, *, k: int = 3, by: By = None) -> Table:
    """Concentration ratio CR_k: share of the k largest units.

    Parameters
    ----------
    values, by
        As in `shares`.
    k : int
        How many of the largest units count.

    Returns
    -------
    pandas.Series or DataFrame
        One number per period (and sector), indexed by period ("all" without `by`); a Series is named
        "cr_3" for k = 3.

    Raises
    ------
    AlignmentError, DataError
        As in `shares`; a period has fewer than k units.
    OptionError
        `k` is no whole number from 1 on.

    Examples
    --------
    >>> import spatialfin as sf
    >>> loans = sf.load_dataset("china_urban_agglomeration_loans").set_index("agglomeration")
    >>> sf.indices.concentration_ratio(loans["loans_2020_100m_yuan"], k=3).round(5)
    all    0.66113
    Name: cr_3, dtype: float64
    """
    check_whole("k", k, least=1)
    cells = read_cells(values, by)
    return cells.over_periods(largest_shares(cells, k), f"cr_{k}")


def herfindahl(values: Table, *, by: By = None, normalized: bool = False) -> Table:
    """Herfindahl-Hirschman index: sum of squared shares.

    Parameters
    ----------
    values, by
        As in `shares`. With the sizes of plants and ``by=`` their industry it is the plant Herfindahl that
        `ellison_glaeser` needs.
    normalized : bool
        Rescale to 0 for equal shares: ``(H - 1/n) / (1 - 1/n)``; NaN for one unit, with a
        `SpatialfinWarning` that names the period.

    Returns
    -------
    pandas.Series or DataFrame
        One number per period (and sector) between 1/n and 1, indexed by period ("all" without `by`); a Series
        is named "herfindahl".

    Raises
    ------
    AlignmentError, DataError
        As in `shares`.

    Notes
    -----
    n counts every unit given, also one of size 0.

    References
    ----------
    .. [1] Hirschman, A. O. (1964). The paternity of an index. American Economic Review, 54, 761.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> sales = pd.Series([20.0, 50.0, 20.0, 10.0])
    >>> sf.indices.herfindahl(sales).round(2).item()
    0.34
    >>> sf.indices.herfindahl(sales, normalized=True).round(2).item()
    0.12
    """
    cells = read_cells(values, by)
    index = cells.sums(cells.shares("values") ** 2)
    if not normalized:
        return cells.over_periods(index, "herfindahl")
    count = np.bincount(cells.codes).astype(float)
    if (count == 1).any():
        _warn(
            "One unit only, so the normalised Herfindahl index is undefined (NaN)", cells.periods[count == 1]
        )
    floor = np.where(count > 1, 1 / count, np.nan)[:, None]
    return cells.over_periods((index - floor) / (1 - floor), "herfindahl")


def hoover(sector: Table, total: pd.Series, *, by: By = None) -> Table:
    """Hoover index: share of a sector that would have to move to be distributed like the whole.

    Parameters
    ----------
    sector, total, by
        As in `location_quotient`.

    Returns
    -------
    pandas.Series or DataFrame
        One number per period (and sector) from 0 to 1, indexed by period ("all" without `by`); a Series is
        named "hoover".

    Raises
    ------
    AlignmentError, DataError
        As in `location_quotient`.

    Notes
    -----
    ``H = 1/2 sum_i |s_i - x_i|`` with the unit's shares in the sector and in the whole [1]_.

    References
    ----------
    .. [1] Hoover, E. M. (1936). The measurement of industrial localization. Review of Economics and
       Statistics, 18, 162-171.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> sf.indices.hoover(pd.Series({"a": 1.0, "b": 3.0}), pd.Series({"a": 5.0, "b": 5.0})).item()
    0.25
    """
    parts, whole = read_pair(sector, total, by)
    return parts.over_periods(parts.sums(np.abs(share_gap(parts, whole))) / 2, "hoover")


def locational_gini(sector: Table, total: pd.Series, *, by: By = None) -> Table:
    """Locational Gini coefficient: Gini coefficient of the location quotient, weighted by the whole.

    Parameters
    ----------
    sector, total, by
        As in `location_quotient`.

    Returns
    -------
    pandas.Series or DataFrame
        One number per period (and sector) from 0 (distributed like the whole) to below 1, indexed by period
        ("all" without `by`); a Series is named "locational_gini".

    Raises
    ------
    AlignmentError, DataError
        As in `location_quotient`.

    Notes
    -----
    Twice the area between the diagonal and the Lorenz curve of the sector's shares over the shares of the
    whole, units sorted by location quotient [1]_: ``1/2 sum_ij |s_i x_j - s_j x_i|``. A unit where only the
    total is 0 stands last, so no division is needed. The unweighted coefficient that some authors prefer is
    ``gini(location_quotient(sector, total))``.

    References
    ----------
    .. [1] Krugman, P. (1991). Geography and Trade. MIT Press, appendix A.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> sf.indices.locational_gini(pd.Series({"a": 1.0, "b": 3.0}), pd.Series({"a": 5.0, "b": 5.0})).item()
    0.25
    """
    parts, whole = read_pair(sector, total, by)
    share_gap(parts, whole)
    result = [_lorenz_area(parts.values[rows], whole.values[rows]) for rows in parts.each_period()]
    return parts.over_periods(np.vstack(result), "locational_gini")


def krugman_specialization(table: pd.DataFrame, *, by: By = None, reference: Others = "rest") -> pd.Series:
    """Krugman specialisation of each unit: distance of its industry structure from that of the others.

    Parameters
    ----------
    table : pandas.DataFrame
        Size of every industry (columns) in every unit and period (rows); not negative.
    by : None, index level or Series
        Periods. None means one period. A Series has the index of `table`.
    reference : {"rest", "all"}
        Compare with all other units of the period together, or with all units.

    Returns
    -------
    pandas.Series
        On the index of `table`, named "krugman_specialization", from 0 (same structure) to 2 (no industry in
        common). NaN where the unit or the rest is empty; a `SpatialfinWarning` names these.

    Raises
    ------
    AlignmentError, DataError
        As in `shares`.
    OptionError
        `reference` is none of its words.

    Notes
    -----
    ``K_i = sum_k |v_ik - v_k|`` with the share of industry k in the unit and in the reference [1]_.

    References
    ----------
    .. [1] Krugman, P. (1991). Geography and Trade. MIT Press.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> table = pd.DataFrame({"steel": [20.0, 0.0], "banks": [0.0, 10.0]}, index=["a", "b"])
    >>> sf.indices.krugman_specialization(table).to_dict()
    {'a': 2.0, 'b': 2.0}
    """
    cells = _industries(table, by, reference)
    sums = cells.sums()[cells.codes]
    others = sums - cells.values if reference == "rest" else sums
    with np.errstate(divide="ignore", invalid="ignore"):
        own_structure = cells.values / cells.values.sum(axis=1, keepdims=True)
        structure = others / others.sum(axis=1, keepdims=True)
    result = np.abs(own_structure - structure).sum(axis=1)
    if np.isnan(result).any():
        _warn(
            "The unit or the reference is empty, so Krugman specialisation is undefined (NaN)",
            cells.index[np.isnan(result)],
        )
    return pd.Series(result, index=cells.index, name="krugman_specialization")


def krugman_concentration(table: pd.DataFrame, *, by: By = None, reference: Others = "rest") -> pd.DataFrame:
    """Krugman concentration of each industry: distance of its geography from that of the others.

    Parameters
    ----------
    table, by
        As in `krugman_specialization`.
    reference : {"rest", "all"}
        Compare with all other industries together, or with all industries.

    Returns
    -------
    pandas.DataFrame
        One row per period ("all" without `by`), one column per industry, from 0 (distributed like the others)
        to 2 (no unit in common). NaN where the industry or the rest is empty; a `SpatialfinWarning` names
        these.

    Raises
    ------
    AlignmentError, DataError
        As in `shares`.
    OptionError
        `reference` is none of its words.

    Notes
    -----
    ``K_k = sum_i |s_ik - x_i|`` with the share of unit i in the industry and in the reference; with
    ``reference="all"`` it is twice the Hoover index.

    References
    ----------
    .. [1] Krugman, P. (1991). Geography and Trade. MIT Press.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> table = pd.DataFrame({"steel": [20.0, 0.0], "banks": [0.0, 10.0]}, index=["a", "b"])
    >>> sf.indices.krugman_concentration(table)
         steel  banks
    all    2.0    2.0
    """
    cells = _industries(table, by, reference)
    whole = cells.values.sum(axis=1, keepdims=True)
    others = whole - cells.values if reference == "rest" else np.broadcast_to(whole, cells.values.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        own_place = cells.values / cells.sums()[cells.codes]
        place = others / cells.sums(others)[cells.codes]
    result = cells.over_periods(cells.sums(np.abs(own_place - place)), "krugman_concentration")
    empty = result.columns[result.isna().any()]
    if len(empty):
        _warn("The industry or the reference is empty, so Krugman concentration is undefined (NaN)", empty)
    return result


def largest_shares(cells: Cells[Table], k: int) -> np.ndarray:
    """Sum of the k largest shares, shape (T, number of columns)."""
    share = cells.shares("values")
    few = np.bincount(cells.codes) < k
    if few.any():
        raise DataError(f"Fewer than {k} units in {listed(cells.periods[few])}: CR_{k} is not defined there.")
    return np.vstack([np.sort(share[rows], axis=0)[-k:].sum(axis=0) for rows in cells.each_period()])


def _industries(table: pd.DataFrame, by: By, reference: str) -> Cells[pd.DataFrame]:
    check_option("reference", reference, ["rest", "all"])
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"table: a DataFrame with one column per industry is needed, not {kind_of(table)}.")
    return read_cells(table, by, name="table")


def _lorenz_area(parts: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Twice the area between the diagonal and the Lorenz curve of each column."""
    with np.errstate(divide="ignore", invalid="ignore"):
        order = np.argsort(parts / whole, axis=0)
    sector = np.take_along_axis(parts / parts.sum(axis=0), order, axis=0)
    width = np.take_along_axis(np.broadcast_to(whole / whole.sum(), parts.shape), order, axis=0)
    curve = np.cumsum(sector, axis=0)
    area: np.ndarray = 1 - np.sum(width * (2 * curve - sector), axis=0)
    return area


def _warn(what: str, labels: pd.Index) -> None:
    warn_caller(f"{what} at {listed(labels)}.")
