"""Ellison-Glaeser indices: concentration beyond what few large plants give by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .._errors import AlignmentError, DataError, listed, warn_caller
from .._validate import check_number, numeric_values
from ._inputs import By, Cells, Table, read_pair
from .quotient import share_gap

__all__ = ["coagglomeration", "ellison_glaeser", "pairwise_coagglomeration"]


def ellison_glaeser(
    sector: Table,
    total: pd.Series,
    *,
    plant_herfindahl: float | pd.Series | pd.DataFrame,
    by: By = None,
) -> Table:
    """Ellison-Glaeser index of agglomeration.

    Parameters
    ----------
    sector, total, by
        As in `location_quotient`; employment of the industry (or industries) and of all industries.
    plant_herfindahl : float, Series or DataFrame
        Herfindahl index of the industry's plant sizes, above 0 and at most 1: ``herfindahl(sizes,
        by=industry)`` of a table of firms. For one industry a number, or a Series by period; for several a
        Series by industry, or a DataFrame of periods x industries.

    Returns
    -------
    pandas.Series or DataFrame
        One number per period (and industry), indexed by period ("all" without `by`); a Series is named
        "ellison_glaeser". About 0 when plants choose places at random with the probabilities x_i. NaN for an
        industry of one plant; a `SpatialfinWarning` names it.

    Raises
    ------
    AlignmentError, DataError
        As in `location_quotient`; the plant Herfindahl does not fit, or one unit holds the whole.

    Notes
    -----
    ``gamma = (G - (1 - sum x_i^2) H) / ((1 - sum x_i^2) (1 - H))`` with ``G = sum (s_i - x_i)^2`` [1]_.
    There, below 0.02 counts as not very localised and above 0.05 as highly localised.

    References
    ----------
    .. [1] Ellison, G. and Glaeser, E. L. (1997). Geographic concentration in U.S. manufacturing industries: a
       dartboard approach. Journal of Political Economy, 105(5), 889-927.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> plants = pd.Series([200.0, 650, 12000, 100, 50, 16000, 13000, 1500, 1500, 25000])
    >>> industry = pd.Series({"Wien": 13000.0, "Linz": 32000.0, "Graz": 25000.0})
    >>> everything = pd.Series({"Wien": 500000.0, "Linz": 400000.0, "Graz": 100000.0})
    >>> h = sf.indices.herfindahl(plants).item()
    >>> round(sf.indices.ellison_glaeser(industry, everything, plant_herfindahl=h).item(), 8)
    0.05990628
    """
    parts, whole = read_pair(sector, total, by)
    raw, chance = _raw_concentration(parts, whole)
    plants = _plants(plant_herfindahl, parts)
    with np.errstate(divide="ignore", invalid="ignore"):
        gamma = (raw - chance * plants) / (chance * (1 - plants))
    gamma[plants == 1] = np.nan
    if (plants == 1).any():
        rows = np.nonzero((plants == 1).any(axis=1))[0]
        warn_caller(
            "One plant only, so the Ellison-Glaeser index is undefined (NaN) in "
            f"{listed(parts.periods[rows])}."
        )
    return parts.over_periods(gamma, "ellison_glaeser")


def coagglomeration(sectors: pd.DataFrame, total: pd.Series, *, by: By = None) -> pd.Series:
    """Ellison-Glaeser index of co-agglomeration of a group of industries.

    Parameters
    ----------
    sectors : pandas.DataFrame
        Employment of the industries of the group (columns, two or more) in every unit and period (rows).
    total, by
        As in `location_quotient`.

    Returns
    -------
    pandas.Series
        One number per period, named "coagglomeration", indexed by period ("all" without `by`). 0 when the
        industries choose places independently of each other.

    Raises
    ------
    AlignmentError, DataError
        As in `location_quotient`; fewer than two industries, or one unit holds the whole.

    Notes
    -----
    ``gamma^c = (G / (1 - sum x_i^2) - H - sum_j gamma_j w_j^2 (1 - H_j)) / (1 - sum_j w_j^2)`` [1]_ with the
    raw concentration G and plant Herfindahl ``H = sum_j w_j^2 H_j`` of the group and the shares w_j of its
    industries. Putting in gamma_j, every plant Herfindahl cancels:
    ``gamma^c = (G - sum_j w_j^2 G_j) / ((1 - sum x_i^2) (1 - sum_j w_j^2))``, which is computed here.

    References
    ----------
    .. [1] Ellison, G. and Glaeser, E. L. (1997). Geographic concentration in U.S. manufacturing industries: a
       dartboard approach. Journal of Political Economy, 105(5), 889-927.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> sectors = pd.DataFrame({"steel": [4.0, 0.0], "coal": [2.0, 0.0]}, index=["a", "b"])
    >>> sf.indices.coagglomeration(sectors, pd.Series({"a": 50.0, "b": 50.0})).item()
    1.0
    """
    parts, gap, chance = _several(sectors, total, by)
    sums = parts.sums()
    weight = sums / sums.sum(axis=1, keepdims=True)
    group = (gap * weight[parts.codes]).sum(axis=1, keepdims=True)
    own = (weight**2 * parts.sums(gap**2)).sum(axis=1)
    result = (parts.sums(group**2)[:, 0] - own) / (chance[:, 0] * (1 - (weight**2).sum(axis=1)))
    return pd.Series(result, index=parts.periods, name="coagglomeration")


def pairwise_coagglomeration(sectors: pd.DataFrame, total: pd.Series, *, by: By = None) -> pd.DataFrame:
    """Co-agglomeration of every two industries.

    Parameters
    ----------
    sectors, total, by
        As in `coagglomeration`.

    Returns
    -------
    pandas.DataFrame
        Rows are (period, industry), columns industries; symmetric in each period. The diagonal is no
        co-agglomeration and NaN.

    Raises
    ------
    AlignmentError, DataError
        As in `coagglomeration`.

    Notes
    -----
    ``gamma_jk = sum_i (s_ij - x_i)(s_ik - x_i) / (1 - sum_i x_i^2)`` [1]_. The index of the group is
    their mean weighted by w_j w_k.

    References
    ----------
    .. [1] Ellison, G., Glaeser, E. L. and Kerr, W. R. (2010). What causes industry agglomeration? Evidence
       from coagglomeration patterns. American Economic Review, 100(3), 1195-1213.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> sectors = pd.DataFrame({"steel": [4.0, 0.0], "coal": [2.0, 0.0]}, index=["a", "b"])
    >>> sf.indices.pairwise_coagglomeration(sectors, pd.Series({"a": 50.0, "b": 50.0}))
               steel  coal
    all steel    NaN   1.0
        coal     1.0   NaN
    """
    parts, gap, chance = _several(sectors, total, by)
    blocks = []
    for number, rows in enumerate(parts.each_period()):
        block = gap[rows].T @ gap[rows] / chance[number]
        np.fill_diagonal(block, np.nan)
        blocks.append(block)
    index = pd.MultiIndex.from_product([parts.periods, sectors.columns])
    return pd.DataFrame(np.vstack(blocks), index=index, columns=sectors.columns)


def _several(sectors: Any, total: pd.Series, by: By) -> tuple[Cells[pd.DataFrame], np.ndarray, np.ndarray]:
    """Cells of two industries or more, their share gaps (n, k), and 1 - sum x^2 by period (T, 1)."""
    if not isinstance(sectors, pd.DataFrame) or sectors.shape[1] < 2:
        raise DataError("sectors: a DataFrame with two or more industries as columns is needed.")
    parts, whole = read_pair(sectors, total, by)
    return parts, share_gap(parts, whole), _chance(whole)


def _raw_concentration(parts: Cells[Table], whole: Cells[pd.Series]) -> tuple[np.ndarray, np.ndarray]:
    """G by period and column (T, k), and 1 - sum x^2 by period (T, 1)."""
    return parts.sums(share_gap(parts, whole) ** 2), _chance(whole)


def _chance(whole: Cells[pd.Series]) -> np.ndarray:
    share = whole.shares("total")
    alone = whole.periods[whole.codes[share[:, 0] == 1]]
    if len(alone):
        raise DataError(f"One unit holds the whole in {listed(alone)}: nothing can agglomerate.")
    return 1 - whole.sums(share**2)


def _plants(given: float | pd.Series | pd.DataFrame, cells: Cells[Table]) -> np.ndarray:
    """Plant Herfindahl by period and column, shape (T, k), matched by label."""
    columns = pd.Index(["sector"]) if cells.columns is None else cells.columns
    one_period = len(cells.periods) == 1
    if isinstance(given, pd.DataFrame):
        frame = given
    elif isinstance(given, pd.Series):
        by_period = cells.columns is None
        frame = given.to_frame("sector") if by_period else given.to_frame(cells.periods[0]).T
        if not by_period and not one_period:
            raise DataError(
                "plant_herfindahl: a DataFrame of periods x industries is needed for several periods."
            )
    elif len(columns) > 1:
        raise DataError("plant_herfindahl: a Series by industry is needed for several industries.")
    else:
        check_number("plant_herfindahl", given, between=(0.0, 1.0 + 1e-12))
        frame = pd.DataFrame(float(given), index=cells.periods, columns=columns)
    for axis, wanted in ((frame.index, cells.periods), (frame.columns, columns)):
        absent = wanted.difference(axis)
        if len(absent):
            raise AlignmentError(f"plant_herfindahl: nothing for {listed(absent)}; it has {listed(axis)}.")
    values = np.column_stack(
        [numeric_values(frame.loc[cells.periods, name], "plant_herfindahl") for name in columns]
    )
    wrong = (np.min(values, axis=0) <= 0) | (np.max(values, axis=0) > 1)
    if wrong.any():
        raise DataError(f"plant_herfindahl: not between 0 and 1 for {listed(columns[wrong])}.")
    return values
