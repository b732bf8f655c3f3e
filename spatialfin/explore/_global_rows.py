"""Global statistics of blocks of series as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from .._core.autocorrelation import (
    GLOBAL,
    Assumption,
    Block,
    GlobalStatistic,
    LinkSums,
    QuadraticStatistic,
    bivariate_moran,
)
from .._core.permutation import Placer, canonical_order, global_p_values, linear_p_values
from .._spatial_weights import SpatialWeights
from .._validate import check_option
from ._sample import check_draws
from ._series import SeriesGroup, Variable, read_series
from ._table_input import Table

_CELLS = 4_000_000
_ROWS_OF = {"join_counts": ("join_bb", "join_bw", "join_ww")}


def global_rows(
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
    assumption: Assumption,
    caller: str,
) -> pd.DataFrame:
    """The rows of `global_table`, each p-value for itself."""
    check_option("assumption", assumption, get_args(Assumption))
    check_draws(permutations, seed)
    table, groups = read_series(
        data, variables, weights, rates=rates, unit=unit, time=time, statistics=statistics, caller=caller
    )
    matrices = table.matrices("Moran's I" if caller == "moran_table" else "a global statistic", caller)
    ranks = table.label_ranks
    frames = [
        _frame(one, p_sim, part, label)
        for label, matrix in matrices.items()
        for group in groups
        for part in group.parts(max(1, _CELLS // len(table.ids)))
        for one, p_sim in _found(part, matrix, ranks, permutations, seed, assumption)
    ]
    names = [name for word in statistics for name in _ROWS_OF.get(word, (word,))]
    rows = sorted_as_given(pd.concat(frames, ignore_index=True), table, names)
    order = ["variable", "weights", "statistic", "value", "expected", "sd", "z", "p_norm", "p_sim", "n"]
    return rows[order if time is None else ["time", *order]]


def weights_for(statistic: str, matrix: csr_array) -> csr_array:
    """Joins are links, whatever their weight; other statistics take the weights as they are."""
    if statistic != "join_counts":
        return matrix
    return csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape)


def sorted_as_given(rows: pd.DataFrame, table: Table, statistics: Sequence[str]) -> pd.DataFrame:
    """Rows by variable, weights, statistic and period, with the names of the periods."""
    period = rows["_period"].to_numpy()
    weight = pd.Index(list(table.weights)).get_indexer(pd.Index(rows["weights"]))
    statistic = pd.Index(list(statistics)).get_indexer(pd.Index(rows["statistic"]))
    order = np.lexsort((period, statistic, weight, rows["_variable"].to_numpy()))
    ordered = rows.drop(columns=["_variable", "_period"]).iloc[order].reset_index(drop=True)
    if table.periods is not None:
        ordered["time"] = table.periods.take(period[order])
    return ordered


def _found(
    group: SeriesGroup,
    matrix: csr_array,
    ranks: np.ndarray,
    permutations: int,
    seed: int,
    assumption: Assumption,
) -> Iterator[tuple[GlobalStatistic, np.ndarray]]:
    """Every statistic of a group with its permutation p-values."""
    if group.x is not None:
        pairs = bivariate_moran(group.x, group.values, LinkSums.of(matrix))
        none = np.full(len(pairs.value), np.nan)
        yield pairs, linear_p_values(pairs.z, pairs.around, permutations, seed) if permutations else none
        return
    joins = [word for word in group.statistics if word == "join_counts"]
    for words in ([word for word in group.statistics if word not in joins], joins):
        if not words:
            continue
        forms = Block.of(group.values, LinkSums.of(weights_for(words[0], matrix)))
        found = [one for word in words for one in _statistics(word, forms, assumption)]
        p_sim = np.full((len(found), len(group.labels)), np.nan)
        if permutations:
            p_sim = _quadratic_p(forms, matrix, found, ranks, permutations, seed)
        yield from zip(found, p_sim, strict=True)


def _statistics(word: str, forms: Block, assumption: Assumption) -> list[QuadraticStatistic]:
    """One statistic, or those of joins; Moran's I of changes and rates under the word that asks for it."""
    if word in GLOBAL:
        return GLOBAL[word](forms, assumption)
    return [replace(one, name=word) for one in GLOBAL["moran"](forms, assumption)]


def _quadratic_p(
    forms: Block,
    matrix: csr_array,
    found: list[QuadraticStatistic],
    ranks: np.ndarray,
    permutations: int,
    seed: int,
) -> np.ndarray:
    """Permutation p-values by statistic and series; `matrix` orders the units, as it does for one series."""
    placer = Placer(forms.links.matrix)
    placed = [
        placer.place(
            forms.z[:, number],
            canonical_order(forms.values[:, number], matrix, ranks),
            np.stack([one.coefficients[number] for one in found]),
        )
        for number in range(forms.z.shape[1])
    ]
    return np.column_stack(global_p_values(placed, permutations, seed))


def _frame(one: GlobalStatistic, p_sim: np.ndarray, group: SeriesGroup, label: str) -> pd.DataFrame:
    sd, z, p_norm = one.scores()
    return pd.DataFrame(
        {
            **group.names(slice(None)),
            "weights": label,
            "statistic": one.name,
            "value": one.value,
            "expected": one.expected,
            "sd": sd,
            "z": z,
            "p_norm": p_norm,
            "p_sim": p_sim,
            "n": len(group.values),
        }
    )
