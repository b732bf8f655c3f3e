"""What clusters are like, and how units change between them over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .._errors import AlignmentError, DataError, listed, nearest
from .._validate import check_frame, check_names, numeric_values


def cluster_profiles(
    data: pd.DataFrame, clusters: pd.Series, *, columns: str | Sequence[str] | None = None
) -> pd.DataFrame:
    """Mean of each indicator in each cluster, in standard deviations from the mean of all rows.

    Parameters
    ----------
    data : DataFrame
        Indicators, one row per clustered unit.
    clusters : Series
        Cluster of each row, by the same labels, such as ``clusters_`` of a fit.
    columns : str or list of str, optional
        Indicators to take; all by default.

    Returns
    -------
    DataFrame
        Index: the clusters, sorted. Columns: ``units``, the number of rows, then the indicators.

    Raises
    ------
    DataError
        Values or clusters are missing, an indicator is constant, given twice, called "units" or not in the
        data, or labels are not unique.
    AlignmentError
        `data` and `clusters` hold different rows.

    Notes
    -----
    ``(mean of the cluster - mean of all) / standard deviation of all``, rows counted equally.

    Examples
    --------
    >>> import pandas as pd
    >>> data = pd.DataFrame({"lq": [1.0, 1.0, 3.0, 3.0]}, index=list("abcd"))
    >>> cluster_profiles(data, pd.Series([0, 0, 1, 1], index=list("abcd")))
             units   lq
    cluster
    0            2 -1.0
    1            2  1.0
    """
    check_frame(data)
    if not isinstance(clusters, pd.Series):
        raise DataError(f"clusters: a Series by the data's labels is needed, not {type(clusters).__name__}.")
    for what, index in (("data", data.index), ("clusters", clusters.index)):
        if not index.is_unique:
            raise DataError(f"{what}: rows {listed(index[index.duplicated()].unique())} are there twice.")
    if len(data) != len(clusters) or set(data.index) != set(clusters.index):
        only = sorted(set(data.index) ^ set(clusters.index), key=str)
        raise AlignmentError(f"data and clusters must hold the same rows; {listed(only)} differ.")
    if clusters.isna().any():
        raise DataError(
            f"clusters: none for {listed(clusters.index[clusters.isna().to_numpy()])}. Drop these rows."
        )
    names = list(data.columns) if columns is None else check_names("columns", columns)
    if not names or "units" in names or len(set(names)) < len(names):
        raise DataError('columns: name each indicator once, at least one, and none "units" (their number).')
    unknown = [name for name in names if name not in data.columns]
    if unknown:
        raise DataError(f"columns: {listed(unknown)} not in the data.{nearest(unknown[0], data.columns)}")
    values = np.column_stack([numeric_values(data[name], f"column {name!r}") for name in names])
    spread = values.std(axis=0)
    least = 1e-12 * np.abs(values).max(axis=0)
    flat = [name for name, one, low in zip(names, np.ptp(values, axis=0), least, strict=True) if one <= low]
    if flat:
        raise DataError(
            f"columns: {listed(flat)} are constant and tell clusters apart in nothing. Drop them."
        )
    scores = pd.DataFrame((values - values.mean(axis=0)) / spread, index=data.index, columns=names)
    groups = scores.groupby(clusters.reindex(data.index).rename("cluster"))
    found = groups.mean()
    found.insert(0, "units", groups.size())
    return found


def cluster_transitions(clusters: pd.Series, *, shares: bool = False) -> pd.DataFrame:
    """How often units change from one cluster to another between two periods that follow each other.

    Parameters
    ----------
    clusters : Series
        Cluster by unit and period (two index levels, in this order), such as ``clusters_`` of a fit on the
        rows of `panel_windows`.
    shares : bool, default False
        Shares of each row in place of counts; NaN for a cluster that no unit is in before a change.

    Returns
    -------
    DataFrame
        Rows: cluster before; columns: cluster after.

    Raises
    ------
    DataError
        The index has not two levels, rows are there twice, or no unit has two periods.

    Notes
    -----
    Periods follow each other when no other period of the data lies between; a unit that lacks one of the two
    does not count there; neither does a missing cluster.

    Examples
    --------
    >>> import pandas as pd
    >>> index = pd.MultiIndex.from_product([["a", "b"], [2001, 2002]], names=["code", "year"])
    >>> cluster_transitions(pd.Series([0, 1, 1, 1], index=index))
    after   0  1
    before
    0       0  1
    1       0  1
    """
    if not isinstance(clusters, pd.Series) or clusters.index.nlevels != 2:
        raise DataError("clusters: a Series with the index levels unit and period is needed.")
    if not clusters.index.is_unique:
        raise DataError(f"clusters: {listed(clusters.index[clusters.index.duplicated()])} are there twice.")
    wide = clusters.unstack()
    found = set(clusters.dropna().tolist())
    kinds = sorted(found, key=str if any(isinstance(kind, str) for kind in found) else None)
    before, after = wide.iloc[:, :-1].to_numpy(dtype=object), wide.iloc[:, 1:].to_numpy(dtype=object)
    there = pd.notna(before) & pd.notna(after)
    if not there.any():
        raise DataError("clusters: no unit has two periods that follow each other.")
    pairs = pd.crosstab(pd.Series(before[there], name="before"), pd.Series(after[there], name="after"))
    table = _typed(pairs, kinds)
    return table.div(table.sum(axis=1), axis=0) if shares else table


def _typed(pairs: pd.DataFrame, kinds: list[Any]) -> pd.DataFrame:
    found = pairs.reindex(index=kinds, columns=kinds, fill_value=0)
    return found.rename_axis(index="before", columns="after")
