"""Growth, concentration risk and regional imbalance over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .._errors import AlignmentError, DataError, OptionError, listed, nearest, warn_caller
from .._validate import check_mapping, check_number, check_whole
from ._inputs import By, Cells, Table, read_cells
from .concentration import largest_shares
from .inequality import read_grouped, split_dagum, split_theil

__all__ = ["concentration_risk", "growth_multiples", "regional_imbalance"]

# Merger Guidelines of the U.S. Department of Justice and the Federal Trade Commission, 2023: 1,000 and 1,800
# points of 10,000.
_GUIDELINES = {"herfindahl": (0.10, 0.18)}
_LEVELS = np.array(["low", "moderate", "high"])


def growth_multiples(start: Table, end: Table) -> Table:
    """Growth as a multiple of the start: 1.83 means that 1.83 times the start was added.

    Parameters
    ----------
    start, end : pandas.Series or DataFrame
        Size of each unit in the first and in the last year; not negative, matched by label (and column).

    Returns
    -------
    pandas.Series or DataFrame
        ``end / start - 1`` on the index of `start`; a Series is named "growth_multiple". Infinite or NaN
        where the start is 0; a `SpatialfinWarning` names these units.

    Raises
    ------
    AlignmentError
        `start` and `end` hold other labels.
    DataError
        Missing, negative or non-numeric values, or duplicate rows.

    Examples
    --------
    >>> import spatialfin as sf
    >>> loans = sf.load_dataset("china_urban_agglomeration_loans").set_index("agglomeration")
    >>> found = sf.indices.growth_multiples(loans["loans_2011_100m_yuan"], loans["loans_2020_100m_yuan"])
    >>> found["Pearl River Delta"].round(2).item()
    2.28
    """
    if isinstance(start, pd.DataFrame) is not isinstance(end, pd.DataFrame):
        raise DataError("start and end: both a Series or both a DataFrame are needed.")
    first, last = read_cells(start, None, name="start"), read_cells(end, None, name="end")
    for axis, (one, other) in {"rows": (first.index, last.index), "columns": _columns(first, last)}.items():
        only_first, only_last = one.difference(other), other.difference(one)
        if len(only_first) or len(only_last):
            raise AlignmentError(
                f"start and end must hold the same {axis}; only in start: {listed(only_first) or 'none'}; "
                f"only in end: {listed(only_last) or 'none'}."
            )
    rows = last.index.get_indexer(first.index)
    names, last_names = _columns(first, last)
    with np.errstate(divide="ignore", invalid="ignore"):
        multiples = last.values[np.ix_(rows, last_names.get_indexer(names))] / first.values - 1
    zero = (first.values == 0).any(axis=1)
    if zero.any():
        warn_caller(f"The start is zero, so growth is infinite or undefined at {listed(first.index[zero])}.")
    return first.over_rows(multiples, "growth_multiple")


def concentration_risk(
    values: pd.Series | pd.DataFrame,
    *,
    by: By = None,
    k: Sequence[int] = (3, 5),
    thresholds: Mapping[str, tuple[float, float]] | None = None,
) -> pd.DataFrame:
    """Concentration over time, with an alert where it passes a threshold.

    Parameters
    ----------
    values : pandas.Series or DataFrame
        Size of each unit (loans of agglomerations, deposits of banks) by period; not negative.
    by : None, index level or Series
        Periods. None means one period. A Series has the index of `values`.
    k : sequence of int
        Concentration ratios to report.
    thresholds : dict, optional
        Measure ("herfindahl", "cr_3", ...) -> two shares: above the first the level is "moderate", above the
        second "high". It replaces the default, which is the Herfindahl index at 0.10 and 0.18 [1]_; there is
        no such convention for CR_k, so these get a level from your own thresholds only.

    Returns
    -------
    pandas.DataFrame
        One row per period ("all" without `by`; for a table of several columns (column, period)), columns
        ``herfindahl`` and ``cr_<k>`` and, for each measure with thresholds, ``<measure>_level`` with the
        words low, moderate, high.

    Raises
    ------
    AlignmentError, DataError
        Values are missing, negative or not numbers, rows repeat, a total is zero, or a period has fewer
        units than some k.
    OptionError
        `k` or `thresholds` are not as described.

    Warns
    -----
    SpatialfinWarning
        A measure is high: the measures and the periods are named.

    Notes
    -----
    The Herfindahl index cannot be below 1/n: with ten units or fewer it is never "low" by the default, so set
    thresholds of your own there.

    References
    ----------
    .. [1] U.S. Department of Justice and Federal Trade Commission (2023). Merger Guidelines, section 2.1
       (markets above 1,800 points are highly concentrated) and its note on 1,000 to 1,800 points.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> loans = pd.Series([4.0, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    >>> sf.indices.concentration_risk(loans, k=[3], thresholds={"cr_3": (0.4, 0.6)})
         herfindahl  cr_3 cr_3_level
    all         0.1  0.45   moderate
    """
    sizes = _sizes(k)
    limits = _thresholds(_GUIDELINES if thresholds is None else thresholds, sizes)
    cells: Cells[Any] = read_cells(values, by)
    found = {"herfindahl": cells.sums(cells.shares("values") ** 2)}
    found |= {f"cr_{size}": largest_shares(cells, size) for size in sizes}
    index: pd.Index = cells.periods
    if cells.columns is not None:
        index = pd.MultiIndex.from_product([cells.columns, cells.periods])
    frame = pd.DataFrame(index=index)
    for measure, table in found.items():
        frame[measure] = table.ravel(order="F")
        if measure in limits:
            above = np.searchsorted(limits[measure], frame[measure].to_numpy(), side="left")
            frame[f"{measure}_level"] = _LEVELS[above]
    _alert(frame, limits)
    return frame


def regional_imbalance(
    values: pd.Series | pd.DataFrame, *, groups: By, by: By = None, weights: pd.Series | None = None
) -> pd.DataFrame:
    """Inequality over time within and between regions, by Theil and by Dagum.

    Parameters
    ----------
    values : pandas.Series or DataFrame
        One value per unit and period, per head where that is meant; not negative.
    groups : index level or Series
        Region of each row (macro-region, say). A Series has the index of `values`, or the labels of one of
        its levels, such as the units.
    by : None, index level or Series
        Periods. None means one period. A Series has the index of `values`.
    weights : Series, optional
        Positive weight of each row, population say; equal weights by default.

    Returns
    -------
    pandas.DataFrame
        One row per period ("all" without `by`; for a table of several columns (column, period)), columns
        ``theil``, ``theil_within``, ``theil_between``, ``gini``, ``gini_within``, ``gini_between`` and
        ``gini_transvariation``. The parts sum to their whole.

    Raises
    ------
    AlignmentError, DataError
        As in `dagum_gini`.

    Warns
    -----
    SpatialfinWarning
        A region has one unit in a period: inequality within it is 0 by definition.

    See Also
    --------
    theil_decomposition, dagum_gini : with the inequality in each region.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> gdp = pd.Series({"a": 1.0, "b": 3.0, "c": 5.0, "d": 7.0})
    >>> coast = pd.Series({"a": "inland", "b": "coast", "c": "inland", "d": "coast"})
    >>> sf.indices.regional_imbalance(gdp, groups=coast)[["gini", "gini_within", "gini_between"]]
           gini  gini_within  gini_between
    all  0.3125        0.125         0.125
    """
    grouped = read_grouped(values, groups, by, weights)
    theil, gini = split_theil(grouped).frame, split_dagum(grouped).frame
    parts = [
        frame.rename(columns={name: f"{whole}_{name}" for name in frame.columns if name != whole})
        for whole, frame in (("theil", theil), ("gini", gini))
    ]
    return pd.concat(parts, axis=1)


def _columns(first: Cells[Table], last: Cells[Table]) -> tuple[pd.Index, pd.Index]:
    one = pd.Index([0])
    return (
        one if first.columns is None else first.columns,
        one if last.columns is None else last.columns,
    )


def _sizes(k: Any) -> list[int]:
    if isinstance(k, str) or not isinstance(k, Sequence):
        raise OptionError(f"k={k!r}: a list of whole numbers is needed, such as (3, 5).")
    for size in k:
        check_whole("k", size, least=1)
    return list(k)


def _thresholds(given: Any, sizes: list[int]) -> dict[str, tuple[float, float]]:
    check_mapping("thresholds", given)
    measures = ["herfindahl", *(f"cr_{size}" for size in sizes)]
    for measure, pair in given.items():
        if measure not in measures:
            raise OptionError(
                f"thresholds: {measure!r} is not reported.{nearest(measure, measures)} "
                f"There are {listed(measures)}."
            )
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise OptionError(f"thresholds[{measure!r}]={pair!r}: two shares are needed, moderate and high.")
        for limit in pair:
            check_number(f"thresholds[{measure!r}]", limit, between=(0.0, 1.0))
        if pair[0] >= pair[1]:
            raise OptionError(f"thresholds[{measure!r}]={pair!r}: the first must be below the second.")
    return {measure: (float(pair[0]), float(pair[1])) for measure, pair in given.items()}


def _alert(frame: pd.DataFrame, limits: Mapping[str, tuple[float, float]]) -> None:
    told = [
        f"{measure} above {limit:g} in {listed(frame.index[frame[f'{measure}_level'] == 'high'])}"
        for measure, (_, limit) in limits.items()
        if (frame[f"{measure}_level"] == "high").any()
    ]
    if told:
        warn_caller(f"Concentration is high: {'; '.join(told)}.")
