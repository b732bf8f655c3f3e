"""Inequality over units and its parts by group: Gini, Dagum, Theil."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .._core.inequality import dagum_parts, gini_coefficients, theil_index, theil_parts
from .._errors import DataError, listed, warn_caller
from ._inputs import By, Cells, Table, coded, read_cells, read_weights, row_labels

__all__ = ["DagumGini", "TheilDecomposition", "dagum_gini", "gini", "theil", "theil_decomposition"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DagumGini:
    """Dagum's decomposition of the Gini coefficient.

    Rows are periods; for a table of several columns (column, period).

    Attributes
    ----------
    frame : DataFrame
        ``gini``, and its parts ``within`` (G_w), ``between`` (net, G_nb) and ``transvariation`` (G_t).
    groups : DataFrame
        Gini coefficient G_jj of each group (columns); NaN where a group is absent or its total is 0.
    pairs : DataFrame
        Gini coefficient G_jh between two groups: rows (period, group), columns groups.
    affluence : DataFrame
        Relative economic affluence D_jh, laid out like `pairs`.
    """

    frame: pd.DataFrame
    groups: pd.DataFrame
    pairs: pd.DataFrame
    affluence: pd.DataFrame

    @property
    def contributions(self) -> pd.DataFrame:
        """Shares of the three parts in the Gini coefficient; NaN where it is 0."""
        return _relative(self.frame, "gini")

    def __repr__(self) -> str:
        return f"Dagum Gini of {len(self.groups.columns)} groups\n{self.frame}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TheilDecomposition:
    """Theil's T within and between groups.

    Rows are periods; for a table of several columns (column, period).

    Attributes
    ----------
    frame : DataFrame
        ``theil``, and its parts ``within`` and ``between``.
    groups : DataFrame
        T of each group (columns); NaN where a group is absent or its total is 0.
    shares : DataFrame
        Share of each group in the total: the weights of `groups` in ``within``.
    """

    frame: pd.DataFrame
    groups: pd.DataFrame
    shares: pd.DataFrame

    @property
    def contributions(self) -> pd.DataFrame:
        """Shares of the two parts in Theil's T; NaN where it is 0."""
        return _relative(self.frame, "theil")

    def __repr__(self) -> str:
        return f"Theil decomposition of {len(self.groups.columns)} groups\n{self.frame}"


def gini(values: Table, *, by: By = None, weights: pd.Series | None = None) -> Table:
    """Gini coefficient over units.

    Parameters
    ----------
    values : pandas.Series or DataFrame
        One value per unit and period; not negative. A DataFrame has one column per variable.
    by : None, index level or Series
        Periods. None means one period. A Series has the index of `values`.
    weights : Series, optional
        Positive weight of each row (population, say), on the index of `values`; equal weights by default.

    Returns
    -------
    pandas.Series or DataFrame
        One number per period (and column) from 0 (equality) to 1 - 1/n, indexed by period ("all" without
        `by`); a Series is named "gini".

    Raises
    ------
    AlignmentError, DataError
        Values are missing, negative or not numbers, rows repeat, a total is zero, or weights are not
        positive.

    Notes
    -----
    ``G = sum_ij w_i w_j |x_i - x_j| / (2 mu (sum w)^2)``: the divisor is n^2, not n (n - 1), so copying every
    unit changes nothing.

    References
    ----------
    .. [1] Gini, C. (1912). Variabilita e mutabilita. Bologna: Cuppini.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> sf.indices.gini(pd.Series([20.0, 50.0, 20.0, 10.0])).round(9)
    all    0.3
    Name: gini, dtype: float64
    """
    return _by_period(values, by, weights, "gini", gini_coefficients)


def theil(values: Table, *, by: By = None, weights: pd.Series | None = None) -> Table:
    """Theil's T over units.

    Parameters
    ----------
    values, by, weights
        As in `gini`.

    Returns
    -------
    pandas.Series or DataFrame
        One number per period (and column) from 0 (equality) to ln n, indexed by period ("all" without `by`);
        a Series is named "theil".

    Raises
    ------
    AlignmentError, DataError
        As in `gini`.

    Notes
    -----
    ``T = sum_i (w_i / W) (x_i / mu) ln(x_i / mu)``; a value of 0 contributes 0, its limit. Some packages
    call the mean log deviation, ``L = sum_i (w_i / W) ln(mu / x_i)``, by the same name.

    References
    ----------
    .. [1] Theil, H. (1967). Economics and Information Theory. North-Holland.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> sf.indices.theil(pd.Series([10.0, 10.0, 10.0, 20.0, 50.0])).round(6)
    all    0.250201
    Name: theil, dtype: float64
    """
    return _by_period(values, by, weights, "theil", theil_index)


def theil_decomposition(
    values: pd.Series | pd.DataFrame, *, groups: By, by: By = None, weights: pd.Series | None = None
) -> TheilDecomposition:
    """Theil's T, within and between groups of units.

    Parameters
    ----------
    values, by, weights
        As in `gini`.
    groups : index level or Series
        Group of each row (macro-region, say), in any order. A Series has the index of `values`, or the labels
        of one of its levels, such as the units.

    Returns
    -------
    TheilDecomposition

    Raises
    ------
    AlignmentError, DataError
        As in `gini`; a row has no group, or there is only one group.

    Warns
    -----
    SpatialfinWarning
        A group has one unit in a period: inequality within it is 0 by definition.

    Notes
    -----
    ``T = sum_j s_j T_j + sum_j s_j ln(mu_j / mu)`` with the group's share s_j of the total and its mean mu_j.

    References
    ----------
    .. [1] Theil, H. (1967). Economics and Information Theory. North-Holland.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> gdp = pd.Series({"a": 1.0, "b": 3.0, "c": 5.0, "d": 7.0})
    >>> coast = pd.Series({"a": "inland", "b": "coast", "c": "inland", "d": "coast"})
    >>> sf.indices.theil_decomposition(gdp, groups=coast).frame.round(4)
         theil  within  between
    all  0.174  0.1424   0.0316
    """
    return split_theil(read_grouped(values, groups, by, weights))


def dagum_gini(
    values: pd.Series | pd.DataFrame, *, groups: By, by: By = None, weights: pd.Series | None = None
) -> DagumGini:
    """Split the Gini coefficient into within, between and transvariation of groups.

    Parameters
    ----------
    values, groups, by, weights
        As in `theil_decomposition`; groups need no sorting.

    Returns
    -------
    DagumGini

    Raises
    ------
    AlignmentError, DataError
        As in `theil_decomposition`.

    Warns
    -----
    SpatialfinWarning
        A group has one unit in a period: inequality within it is 0 by definition.

    Notes
    -----
    With population shares p_j, shares of the total s_j, means mu_j and the mean difference Delta_jh between
    members of two groups, ``G_jh = Delta_jh / (mu_j + mu_h)`` and ``D_jh = |mu_j - mu_h| / Delta_jh``,

    - ``G_w = sum_j G_jj p_j s_j``,
    - ``G_nb = sum_{j<h} G_jh (p_j s_h + p_h s_j) D_jh``,
    - ``G_t = sum_{j<h} G_jh (p_j s_h + p_h s_j) (1 - D_jh)``,

    and ``G = G_w + G_nb + G_t`` [1]_. All Delta_jh come from one sort of the values.

    References
    ----------
    .. [1] Dagum, C. (1997). A new approach to the decomposition of the Gini income inequality ratio.
       Empirical Economics, 22(4), 515-531.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> gdp = pd.Series({"a": 1.0, "b": 3.0, "c": 5.0, "d": 7.0})
    >>> coast = pd.Series({"a": "inland", "b": "coast", "c": "inland", "d": "coast"})
    >>> sf.indices.dagum_gini(gdp, groups=coast).frame
           gini  within  between  transvariation
    all  0.3125   0.125    0.125          0.0625
    """
    return split_dagum(read_grouped(values, groups, by, weights))


@dataclass(frozen=True, slots=True, eq=False)
class Grouped:
    """Checked values with the weight and the group of each row.

    Attributes
    ----------
    cells : Cells
        The values.
    weights : array, shape (n,)
        Positive weights.
    codes : integer array, shape (n,)
        Position of each row's group in `names`.
    names : Index
        The groups.
    """

    cells: Cells[Any]
    weights: np.ndarray
    codes: np.ndarray
    names: pd.Index


def read_grouped(values: pd.Series | pd.DataFrame, groups: By, by: By, weights: pd.Series | None) -> Grouped:
    """Check what a decomposition needs, for a public function (whose caller the warning points to)."""
    if groups is None:
        raise DataError("groups: an index level or a Series is needed.")
    cells: Cells[Any] = read_cells(values, by)
    weight = read_weights(weights, cells.index)
    cells.shares("values")
    codes, names = coded(row_labels(groups, cells.index, "groups", "groups"))
    if len(names) == 1:
        raise DataError(f"groups: there is only {listed(names)}, so nothing is between groups.")
    counts = np.zeros((len(cells.periods), len(names)), dtype=int)
    np.add.at(counts, (cells.codes, codes), 1)
    single = (counts == 1).any(axis=0)
    if single.any():
        warn_caller(
            f"Groups of one unit in a period: {listed(names[single])}. "
            "Inequality within them is 0 by definition."
        )
    return Grouped(cells, weight, codes, names)


def split_theil(grouped: Grouped) -> TheilDecomposition:
    """Theil's T within and between groups, by column and period."""

    def split(x: np.ndarray, w: np.ndarray, members: np.ndarray, n: int) -> list[Any]:
        parts = theil_parts(x, w, members, n)
        whole = float(theil_index(x[:, None], w)[0])
        return [[whole, parts.within, parts.between], parts.groups, parts.shares]

    frame, groups, shares = _split(grouped, split)
    return TheilDecomposition(
        _frame(grouped.cells, frame, ["theil", "within", "between"]),
        _frame(grouped.cells, groups, grouped.names),
        _frame(grouped.cells, shares, grouped.names),
    )


def split_dagum(grouped: Grouped) -> DagumGini:
    """Gini coefficient within and between groups, by column and period."""

    def split(x: np.ndarray, w: np.ndarray, members: np.ndarray, n: int) -> list[Any]:
        parts = dagum_parts(x, w, members, n)
        whole = float(gini_coefficients(x[:, None], w)[0])
        sums = [whole, parts.within, parts.between, parts.transvariation]
        return [sums, np.diagonal(parts.pairs), parts.pairs, parts.affluence]

    frame, groups, pairs, affluence = _split(grouped, split)
    names = grouped.names
    return DagumGini(
        _frame(grouped.cells, frame, ["gini", "within", "between", "transvariation"]),
        _frame(grouped.cells, groups, names),
        _frame(grouped.cells, pairs, names, inner=names),
        _frame(grouped.cells, affluence, names, inner=names),
    )


def _by_period(
    values: Table,
    by: By,
    weights: pd.Series | None,
    name: str,
    index: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> Table:
    cells = read_cells(values, by)
    weight = read_weights(weights, cells.index)
    cells.shares("values")
    result = [index(cells.values[rows], weight[rows]) for rows in cells.each_period()]
    return cells.over_periods(np.vstack(result), name)


def _split(
    grouped: Grouped, split: Callable[[np.ndarray, np.ndarray, np.ndarray, int], list[Any]]
) -> list[np.ndarray]:
    """Apply `split` to every column and period; groups that are absent there become NaN."""
    found = []
    for column in grouped.cells.values.T:
        for rows in grouped.cells.each_period():
            present, members = np.unique(grouped.codes[rows], return_inverse=True)
            whole, *parts = split(column[rows], grouped.weights[rows], members, len(present))
            full = [_spread(part, present, len(grouped.names)) for part in parts]
            found.append([np.asarray(whole), *full])
    return [np.stack(part) for part in zip(*found, strict=True)]


def _spread(part: np.ndarray, present: np.ndarray, n_groups: int) -> np.ndarray:
    """Values of the present groups among all of them."""
    full = np.full((n_groups,) * part.ndim, np.nan)
    full[np.ix_(*[present] * part.ndim)] = part
    return full


def _frame(
    cells: Cells[Any], values: np.ndarray, columns: Sequence[str] | pd.Index, inner: pd.Index | None = None
) -> pd.DataFrame:
    """Rows by (column,) period (and group), from an array whose last axis are the columns."""
    levels = [
        *([] if cells.columns is None else [cells.columns]),
        cells.periods,
        *([] if inner is None else [inner]),
    ]
    index = levels[0] if len(levels) == 1 else pd.MultiIndex.from_product(levels)
    return pd.DataFrame(values.reshape(-1, len(columns)), index=index, columns=pd.Index(columns))


def _relative(frame: pd.DataFrame, whole: str) -> pd.DataFrame:
    parts = frame.drop(columns=whole)
    return parts.div(frame[whole].where(frame[whole] > 0), axis=0)
