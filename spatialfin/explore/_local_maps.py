"""Local statistics of blocks of series, as maps and as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from .._core.local_statistics import (
    LocalStatistic,
    local_g_statistic,
    local_geary_statistic,
    local_moran_statistic,
)
from .._core.permutation import canonical_order, local_p_values
from .._spatial_weights import SpatialWeights
from .._typing import Adjust
from ._clusters import CLUSTERS, G_CLUSTERS, GEARY_CLUSTERS, clusters_of, g_kinds, geary_kinds, quadrants
from ._global_rows import sorted_as_given
from ._sample import check_draws, standardised
from ._series import SeriesGroup, Variable, read_series

_SERIES = 64


@dataclass(frozen=True, slots=True)
class LocalMap:
    """A local statistic of one series, units in one order.

    Attributes
    ----------
    statistic : str
        Word.
    found : LocalStatistic
        Statistic, score and what permutations need.
    own, lag : ndarray, shape (n,)
        Standardised values (of x, where there are two variables) and the spatial lag.
    alone : ndarray of bool, shape (n,)
        Units without neighbours.
    """

    statistic: str
    found: LocalStatistic
    own: np.ndarray
    lag: np.ndarray
    alone: np.ndarray

    @classmethod
    def of(
        cls, word: str, values: np.ndarray, matrix: csr_array, style: str, x: np.ndarray | None = None
    ) -> LocalMap:
        """One statistic by its word; `x` is the variable that the values are the neighbours' of."""
        z = standardised(values)
        own = z if x is None else standardised(x)
        if word == "geary":
            found = local_geary_statistic(z, matrix)
        elif word in ("g", "g_star"):
            found = local_g_statistic(values, matrix, star=word == "g_star", rescale=style == "row")
        else:
            found = local_moran_statistic(own, z, matrix)
        return cls(word, found, own, matrix @ z, np.diff(matrix.indptr) == 0)

    @property
    def value(self) -> np.ndarray:
        """The statistic, NaN for units without neighbours."""
        return np.where(self.alone, np.nan, self.found.value)

    @property
    def score(self) -> np.ndarray:
        """The standardised statistic, NaN for units without neighbours."""
        return np.where(self.alone, np.nan, self.found.score)

    @property
    def kinds(self) -> np.ndarray:
        """What each unit would be if it were significant."""
        if self.statistic == "geary":
            return geary_kinds(self.own, self.lag, self.found.score, self.alone)
        if self.statistic in ("g", "g_star"):
            return g_kinds(self.found.score, self.alone)
        return quadrants(self.own, self.lag, self.alone)

    @property
    def categories(self) -> tuple[str, ...]:
        """All categories of such a map."""
        return {"geary": GEARY_CLUSTERS, "g": G_CLUSTERS, "g_star": G_CLUSTERS}.get(self.statistic, CLUSTERS)


def local_rows(
    data: pd.DataFrame,
    variables: Variable | Sequence[Variable],
    weights: SpatialWeights | Mapping[str, SpatialWeights],
    *,
    rates: Sequence[tuple[str, str]] = (),
    unit: str,
    time: str | None,
    statistics: Sequence[str],
    permutations: int,
    seed: int,
    alpha: float,
    adjust: Adjust,
) -> pd.DataFrame:
    """The rows of `local_table`."""
    check_draws(permutations, seed, fewest=1)
    table, groups = read_series(
        data,
        variables,
        weights,
        rates=rates,
        unit=unit,
        time=time,
        statistics=statistics,
        caller="local_table",
    )
    matrices = table.matrices("a local statistic", "local_table")
    ranks = table.label_ranks
    frames = []
    for label, matrix in matrices.items():
        for part in (part for group in groups for part in group.parts(_SERIES)):
            maps = _maps(part, matrix, table.weights[label].style, ranks)
            p_values = local_p_values([one.found.draws for _, _, one in maps], permutations, seed)
            for (series, order, one), p_sim in zip(maps, p_values, strict=True):
                cluster = clusters_of(
                    pd.Series(one.kinds),
                    pd.Series(p_sim),
                    permutations,
                    one.categories,
                    alpha=alpha,
                    adjust=adjust,
                )
                frame = _frame(one, p_sim, cluster).iloc[np.argsort(order)]
                frames.append(frame.assign(unit=table.ids, weights=label, **part.names(series)))
    rows = sorted_as_given(pd.concat(frames, ignore_index=True), table, statistics)
    columns = ["variable", "weights", "statistic", "unit", "value", "z", "p_sim", "cluster"]
    return rows[columns if time is None else ["time", *columns]]


def _maps(
    group: SeriesGroup, matrix: csr_array, style: str, ranks: np.ndarray
) -> list[tuple[int, np.ndarray, LocalMap]]:
    """Every series with an order of the units that does not depend on the data's, and its maps in it."""
    maps = []
    for series in range(group.values.shape[1]):
        values, x = group.values[:, series], None if group.x is None else group.x[:, series]
        order = canonical_order(values, matrix, ranks, x)
        ordered = matrix[order][:, order]
        ordered.sort_indices()
        x = None if x is None else x[order]
        maps += [
            (series, order, LocalMap.of(word, values[order], ordered, style, x)) for word in group.statistics
        ]
    return maps


def _frame(one: LocalMap, p_sim: np.ndarray, cluster: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "statistic": one.statistic,
            "value": one.value,
            "z": one.score,
            "p_sim": p_sim,
            "cluster": cluster.astype(str),
        }
    )
