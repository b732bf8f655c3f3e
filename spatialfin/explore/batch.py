"""All statistics of many variables, periods and weights in one call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import ndtr

from .._core.autocorrelation import GLOBAL, Assumption, Block, GlobalStatistic, LinkSums
from .._core.local_statistics import (
    LocalStatistic,
    local_g_statistic,
    local_geary_statistic,
    local_moran_statistic,
)
from .._core.permutation import Placer, canonical_order, global_p_values, local_p_values
from .._spatial_weights import SpatialWeights
from .._typing import Adjust
from .._validate import check_names, check_option
from ._clusters import (
    CLUSTERS,
    G_CLUSTERS,
    GEARY_CLUSTERS,
    adjusted,
    check_adjust,
    clusters_of,
    g_kinds,
    geary_kinds,
    quadrants,
)
from ._sample import check_draws, varies
from ._table_input import SeriesBlock, read_block

__all__ = ["global_table", "local_table"]

_CELLS = 4_000_000
_SERIES = 64

LocalName = Literal["moran", "geary", "g", "g_star"]
GlobalName = Literal["moran", "geary", "getis_ord", "join_counts"]


def global_table(
    data: pd.DataFrame,
    variables: str | Sequence[str],
    weights: SpatialWeights | Mapping[str, SpatialWeights],
    *,
    unit: str,
    time: str | None = None,
    statistics: GlobalName | Sequence[GlobalName] = ("moran", "geary"),
    permutations: int = 999,
    seed: int = 0,
    assumption: Assumption = "normality",
    adjust: Adjust = "fdr",
) -> pd.DataFrame:
    """Global statistics of spatial autocorrelation by period, variable, weights and statistic.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per unit (and period), in any order.
    variables : str or list of str
        Columns.
    weights : SpatialWeights or mapping of name to SpatialWeights
        One or several of the same units.
    unit, time : str
        Column or index level with the units, and with the periods. Without `time` the table is one
        cross-section.
    statistics : {"moran", "geary", "getis_ord", "join_counts"} or list of them
        Which ones. Join counts give three rows each: join_bb, join_bw, join_ww.
    permutations, seed : int
        Random orders behind `p_sim`, shared by all series, and their seed; 0 leaves `p_sim` out.
    assumption : {"normality", "randomization"}
        What the moments of Moran's I and Geary's C assume; those of the others are of random orders.
    adjust : {"fdr", "bonferroni", "none"}
        How the p-values of the whole table are judged together in `p_adjusted`.

    Returns
    -------
    pandas.DataFrame
        Columns time (only with `time`), variable, weights, statistic, value, expected, sd, z, p_norm, p_sim,
        p_adjusted, n; sorted by variable, weights and statistic as given and by time. `p_adjusted` comes from
        `p_sim`, without permutations from `p_norm`.

    Raises
    ------
    DataError
        A column that is not there, missing or duplicate units or periods, and every series that has missing
        values, is constant or is none that a statistic takes, by variable and period.
    AlignmentError
        Units of a period that differ from those of the weights.
    OptionError
        Another word.

    Notes
    -----
    Formulas and conventions as in `moran`, `geary`, `getis_ord` and `join_counts`, whose numbers these are:
    the same statistic and p-values within rounding, and the same permutations. All combine ``z'Wz``,
    ``d'z`` and ``d'z^2`` of the standardised series, d the row sums of W + W', so that one product of a
    sparse matrix with a block of series gives the statistics, and one with permuted values their draws.

    References
    ----------
    .. [1] Cliff, A. D. and Ord, J. K. (1981). Spatial Processes. Pion, London.
    .. [2] Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the
       Royal Statistical Society B 57, 289-300.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"], name="ring")
    >>> panel = pd.DataFrame({"code": list("abcd") * 2, "year": [2002] * 4 + [2003] * 4,
    ...                       "lq": [1.0, 2, 3, 4, 1, 4, 3, 2]})
    >>> table = sf.explore.global_table(panel, "lq", w, unit="code", time="year")
    >>> table[["time", "statistic", "value"]]
       time statistic  value
    0  2002     moran   -0.2
    1  2003     moran   -0.2
    2  2002     geary    0.9
    3  2003     geary    0.9
    """
    wanted = _wanted(statistics, tuple(GLOBAL))
    check_adjust(adjust)
    table = global_rows(
        data,
        variables,
        weights,
        unit=unit,
        time=time,
        statistics=wanted,
        permutations=permutations,
        seed=seed,
        assumption=assumption,
        caller="global_table",
    )
    p_values = table["p_sim" if permutations else "p_norm"].to_numpy()
    judged = np.full(len(table), np.nan)
    tested = ~np.isnan(p_values)
    judged[tested] = adjusted(p_values[tested], adjust)
    table.insert(len(table.columns) - 1, "p_adjusted", judged)
    return table


def local_table(
    data: pd.DataFrame,
    variables: str | Sequence[str],
    weights: SpatialWeights | Mapping[str, SpatialWeights],
    *,
    unit: str,
    time: str | None = None,
    statistics: LocalName | Sequence[LocalName] = ("moran",),
    permutations: int = 999,
    seed: int = 0,
    alpha: float = 0.05,
    adjust: Adjust = "fdr",
) -> pd.DataFrame:
    """Local statistics and clusters of every unit by period, variable, weights and statistic.

    Parameters
    ----------
    data, variables, weights, unit, time
        As in `global_table`.
    statistics : {"moran", "geary", "g", "g_star"} or list of them
        Which ones.
    permutations, seed : int
        Random draws of the other units' values, shared by all series, at least 1, and their seed.
    alpha : float
        Level of the clusters.
    adjust : {"fdr", "bonferroni", "none"}
        How the p-values of one map (a variable, period, weights and statistic) are judged together.

    Returns
    -------
    pandas.DataFrame
        Columns time (only with `time`), variable, weights, statistic, unit, value, z, p_sim, cluster; one row
        per unit, in the order of the weights.

    Raises
    ------
    DataError
        As in `global_table`.
    AlignmentError
        Units of a period that differ from those of the weights.
    OptionError
        Another word, or a level outside (0, 1).

    Notes
    -----
    Formulas and conventions as in `local_moran`, `local_geary` and `local_g`, with the same permutations.

    References
    ----------
    .. [1] Anselin, L. (1995). Local indicators of spatial association: LISA. Geographical Analysis 27,
       93-115.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"], name="ring")
    >>> y = pd.DataFrame({"code": list("abcd"), "lq": [1.0, 2, 3, 4]})
    >>> sf.explore.local_table(y, "lq", w, unit="code", permutations=99)[["unit", "value", "cluster"]]
      unit  value          cluster
    0    a   -0.9  Not significant
    1    b    0.3  Not significant
    2    c    0.3  Not significant
    3    d   -0.9  Not significant
    """
    wanted = _wanted(statistics, get_args(LocalName))
    check_adjust(adjust)
    check_draws(permutations, seed, fewest=1)
    block = read_block(
        data,
        variables,
        weights,
        unit=unit,
        time=time,
        check=lambda values: series_faults(values, ()),
        statistic="a local statistic",
        caller="local_table",
    )
    frames = [
        _map_frame(found, block, permutations, alpha, adjust)
        for label in block.matrices
        for found in _local_maps(block, label, wanted, permutations, seed)
    ]
    table = pd.concat(frames, ignore_index=True)
    table = _sorted_as_given(table, block, list(wanted))
    return table if time is None else table[["time", *(name for name in table if name != "time")]]


def global_rows(
    data: pd.DataFrame,
    variables: str | Sequence[str],
    weights: SpatialWeights | Mapping[str, SpatialWeights],
    *,
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
    block = read_block(
        data,
        variables,
        weights,
        unit=unit,
        time=time,
        check=lambda values: series_faults(values, statistics),
        statistic="Moran's I" if caller == "moran_table" else "a global statistic",
        caller=caller,
    )
    parts = [
        part
        for label, matrix in block.matrices.items()
        for part in _global_parts(block, label, matrix, statistics, permutations, seed, assumption)
    ]
    names = list(dict.fromkeys(part["statistic"].iloc[0] for part in parts))
    table = _sorted_as_given(pd.concat(parts, ignore_index=True), block, names)
    order = ["variable", "weights", "statistic", "value", "expected", "sd", "z", "p_norm", "p_sim", "n"]
    return table[order if time is None else ["time", *order]]


def series_faults(values: np.ndarray, statistics: Sequence[str]) -> list[tuple[int, str]]:
    """Columns that a statistic does not take, and why."""
    faults = [
        (int(column), "constant, so its autocorrelation is not defined.")
        for column in np.flatnonzero(~varies(values))
    ]
    if "getis_ord" in statistics:
        negative = np.flatnonzero((values < 0).any(axis=0))
        faults += [(int(column), "negative values, for which G is not defined.") for column in negative]
    if "join_counts" in statistics:
        other = np.flatnonzero(~np.isin(values, (0.0, 1.0)).all(axis=0))
        text = "values other than 0 and 1, which join counts need. Code the classes as 0 and 1."
        faults += [(int(column), text) for column in other]
    return sorted(faults)


def moments(found: GlobalStatistic) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standard deviation, z and two-sided normal p-value; NaN where the statistic cannot vary."""
    sd = np.sqrt(found.variance)
    z = np.full(len(sd), np.nan)
    np.divide(found.value - found.expected, sd, out=z, where=sd > 0)
    return sd, z, 2 * ndtr(-np.abs(z))


def weights_for(statistic: str, matrix: csr_array) -> csr_array:
    """Joins are links, whatever their weight; other statistics take the weights as they are."""
    if statistic != "join_counts":
        return matrix
    return csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape)


def _wanted(statistics: object, valid: tuple[str, ...]) -> tuple[str, ...]:
    wanted = check_names("statistics", statistics)
    for word in wanted or [""]:
        check_option("statistics", word, valid)
    return tuple(dict.fromkeys(wanted))


def _global_parts(
    block: SeriesBlock,
    label: str,
    matrix: csr_array,
    statistics: Sequence[str],
    permutations: int,
    seed: int,
    assumption: Assumption,
) -> Iterator[pd.DataFrame]:
    """Tables of one statistic and some series each."""
    n, k = block.values.shape
    size = max(1, _CELLS // n)
    for own in ([name for name in statistics if name != "join_counts"], ["join_counts"]):
        asked = [name for name in own if name in statistics]
        if not asked:
            continue
        links = weights_for(asked[0], matrix)
        sums = LinkSums.of(links)
        for start in range(0, k, size):
            series = np.arange(start, min(start + size, k))
            forms = Block.of(block.values[:, series], sums)
            found = [one for name in asked for one in GLOBAL[name](forms, assumption)]
            p_sim = np.full((len(found), len(series)), np.nan)
            if permutations:
                p_sim = _global_p(forms, matrix, found, block.label_ranks, permutations, seed)
            for one, p_values in zip(found, p_sim, strict=True):
                yield _global_frame(one, p_values, block, series, label)


def _global_p(
    forms: Block,
    matrix: csr_array,
    found: list[GlobalStatistic],
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


def _global_frame(
    one: GlobalStatistic, p_sim: np.ndarray, block: SeriesBlock, series: np.ndarray, label: str
) -> pd.DataFrame:
    sd, z, p_norm = moments(one)
    return pd.DataFrame(
        {
            "_series": series,
            "weights": label,
            "statistic": one.name,
            "value": one.value,
            "expected": one.expected,
            "sd": sd,
            "z": z,
            "p_norm": p_norm,
            "p_sim": p_sim,
            "n": len(block.ids),
        }
    )


def _sorted_as_given(table: pd.DataFrame, block: SeriesBlock, statistics: list[str]) -> pd.DataFrame:
    """Rows by variable, weights, statistic and period, with the names of the series."""
    steps = 1 if block.periods is None else len(block.periods)
    variable, period = np.divmod(table["_series"].to_numpy(), steps)
    weight = pd.Index(list(block.matrices)).get_indexer(pd.Index(table["weights"]))
    statistic = pd.Index(statistics).get_indexer(pd.Index(table["statistic"]))
    order = np.lexsort((period, statistic, weight, variable))
    named = table.drop(columns="_series").iloc[order].reset_index(drop=True)
    named.insert(0, "variable", np.array(block.variables, dtype=object)[variable[order]])
    named["variable"] = named["variable"].astype(pd.Series(block.variables).dtype)
    if block.periods is not None:
        named["time"] = block.periods.take(period[order])
    return named


@dataclass(frozen=True, slots=True)
class _Map:
    """A local statistic of one series, units in the order of the weights."""

    series: int
    weights: str
    statistic: str
    value: np.ndarray
    score: np.ndarray
    p_sim: np.ndarray
    kinds: np.ndarray
    categories: tuple[str, ...]


def local_statistic(name: str, values: np.ndarray, matrix: csr_array, *, style: str) -> LocalStatistic:
    """One local statistic by its word."""
    z = (values - values.mean()) / values.std()
    if name == "moran":
        return local_moran_statistic(z, z, matrix)
    if name == "geary":
        return local_geary_statistic(z, matrix)
    return local_g_statistic(values, matrix, star=name == "g_star", rescale=style == "row")


def kinds_of(
    name: str, z: np.ndarray, lag: np.ndarray, score: np.ndarray, alone: np.ndarray
) -> tuple[np.ndarray, tuple[str, ...]]:
    """What each unit would be if it were significant, and all categories of such a map."""
    if name == "moran":
        return quadrants(z, lag, alone), CLUSTERS
    if name == "geary":
        return geary_kinds(z, lag, score, alone), GEARY_CLUSTERS
    return g_kinds(score, alone), G_CLUSTERS


def _local_maps(
    block: SeriesBlock, label: str, statistics: tuple[str, ...], permutations: int, seed: int
) -> Iterator[_Map]:
    matrix, ranks, k = block.matrices[label], block.label_ranks, block.values.shape[1]
    for start in range(0, k, _SERIES):
        waiting: list[tuple[int, str, np.ndarray, np.ndarray, csr_array, LocalStatistic]] = []
        for series in range(start, min(start + _SERIES, k)):
            order = canonical_order(block.values[:, series], matrix, ranks)
            values, ordered = block.values[order, series], matrix[order][:, order]
            ordered.sort_indices()
            for name in statistics:
                found = local_statistic(name, values, ordered, style=block.styles[label])
                waiting.append((series, name, order, values, ordered, found))
        p_values = local_p_values([entry[-1].draws for entry in waiting], permutations, seed)
        for (series, name, order, values, ordered, found), p_sim in zip(waiting, p_values, strict=True):
            z, alone = values - values.mean(), np.diff(ordered.indptr) == 0
            kinds, categories = kinds_of(name, z, ordered @ z, found.score, alone)
            value, score = (np.where(alone, np.nan, part) for part in (found.value, found.score))
            back = np.argsort(order)
            yield _Map(series, label, name, value[back], score[back], p_sim[back], kinds[back], categories)


def _map_frame(
    found: _Map, block: SeriesBlock, permutations: int, alpha: float, adjust: Adjust
) -> pd.DataFrame:
    p_sim = pd.Series(found.p_sim)
    kinds = pd.Series(found.kinds)
    cluster = clusters_of(kinds, p_sim, permutations, found.categories, alpha=alpha, adjust=adjust)
    columns: dict[str, Any] = {
        "_series": found.series,
        "weights": found.weights,
        "statistic": found.statistic,
        "unit": block.ids,
        "value": found.value,
        "z": found.score,
        "p_sim": p_sim,
        "cluster": cluster.astype(str),
    }
    return pd.DataFrame(columns)
