"""All statistics of many variables, periods and weights in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd

from .._core.autocorrelation import Assumption
from .._spatial_weights import SpatialWeights
from .._typing import Adjust
from .._validate import check_names, check_option
from ._clusters import adjusted, check_adjust
from ._global_rows import global_rows
from ._local_maps import local_rows
from ._series import Variable

__all__ = ["global_table", "local_table"]

LocalName = Literal["moran", "moran_bivariate", "moran_differential", "moran_rate", "geary", "g", "g_star"]
GlobalName = Literal[
    "moran", "moran_bivariate", "moran_differential", "moran_rate", "geary", "getis_ord", "join_counts"
]


def global_table(
    data: pd.DataFrame,
    variables: Variable | Sequence[Variable],
    weights: SpatialWeights | Mapping[str, SpatialWeights],
    *,
    unit: str,
    time: str | None = None,
    statistics: GlobalName | Sequence[GlobalName] = ("moran", "geary"),
    rates: Sequence[tuple[str, str]] = (),
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
    variables : str, or list of str and pairs of str
        Columns, and pairs of columns for `moran_bivariate`: ``("gdp", "lq")`` is gdp and the neighbours' lq.
    weights : SpatialWeights or mapping of name to SpatialWeights
        One or several of the same units.
    unit, time : str
        Column or index level with the units, and with the periods. Without `time` the table is one
        cross-section.
    statistics : word or list of words
        Of columns "moran", "geary", "getis_ord", "join_counts" (three rows each: join_bb, join_bw, join_ww)
        and "moran_differential", Moran's I of the change since the period before; of pairs "moran_bivariate";
        of rates "moran_rate".
    rates : list of pairs of str
        Columns with events and population for `moran_rate`, as ``("closed", "firms")``.
    permutations, seed : int
        Random orders behind `p_sim`, shared by all series, and their seed; 0 leaves `p_sim` out.
    assumption : {"normality", "randomization"}
        What the moments of Moran's I, also of changes and rates, and of Geary's C assume; those of the others
        are of random orders.
    adjust : {"fdr", "bonferroni", "none"}
        How the p-values of the whole table are judged together in `p_adjusted`.

    Returns
    -------
    pandas.DataFrame
        Columns time (only with `time`), variable, weights, statistic, value, expected, sd, z, p_norm, p_sim,
        p_adjusted, n; sorted by variable (then rate), weights and statistic as given and by time. Pairs and
        rates are named "gdp and lagged lq" and "closed per firms"; the time of a change is that of its later
        period. `p_adjusted` comes from `p_sim`, without permutations from `p_norm`.

    Raises
    ------
    DataError
        A column that is not there, missing or duplicate units or periods, and every series that has missing
        values, is constant or is none that a statistic takes, by variable and period.
    AlignmentError
        Units of a period that differ from those of the weights.
    OptionError
        Another word; statistics without a column, pair or rate to be taken of, or the other way round;
        changes without `time`.

    Notes
    -----
    Formulas and conventions as in `moran`, `moran_bivariate`, `moran_differential`, `moran_rate`, `geary`,
    `getis_ord` and `join_counts`, whose numbers these are: the same statistic and p-values within rounding,
    and the same permutations. The statistics of one series combine ``z'Wz``, ``d'z`` and ``d'z^2`` of the
    standardised values, d the row sums of W + W', so that one product of a sparse matrix with a block of
    series gives the statistics, and one with permuted values their draws. In the bivariate one y changes
    places and x stays.

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
    >>> pairs = sf.explore.global_table(panel.assign(gdp=[4.0, 3, 2, 1] * 2), [("gdp", "lq")], w, unit="code",
    ...                                 time="year", statistics="moran_bivariate")
    >>> pairs[["time", "variable", "value"]]
       time           variable  value
    0  2002  gdp and lagged lq    0.2
    1  2003  gdp and lagged lq    0.2
    """
    wanted = _wanted(statistics, get_args(GlobalName))
    check_adjust(adjust)
    table = global_rows(
        data,
        variables,
        weights,
        unit=unit,
        time=time,
        statistics=wanted,
        rates=rates,
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
    variables: Variable | Sequence[Variable],
    weights: SpatialWeights | Mapping[str, SpatialWeights],
    *,
    unit: str,
    time: str | None = None,
    statistics: LocalName | Sequence[LocalName] = ("moran",),
    rates: Sequence[tuple[str, str]] = (),
    permutations: int = 999,
    seed: int = 0,
    alpha: float = 0.05,
    adjust: Adjust = "fdr",
) -> pd.DataFrame:
    """Local statistics and clusters of every unit by period, variable, weights and statistic.

    Parameters
    ----------
    data, variables, weights, unit, time, rates
        As in `global_table`.
    statistics : word or list of words
        Of columns "moran", "geary", "g", "g_star" and "moran_differential", of pairs "moran_bivariate", of
        rates "moran_rate": local Moran statistics of columns, changes, pairs and rates.
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
        As in `global_table`, or a level outside (0, 1).

    Notes
    -----
    Formulas and conventions as in `local_moran`, `local_moran_bivariate`, `local_geary` and `local_g`, with
    the same permutations; changes and rates as in `moran_differential` and `moran_rate`.

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
    return local_rows(
        data,
        variables,
        weights,
        unit=unit,
        time=time,
        statistics=wanted,
        rates=rates,
        permutations=permutations,
        seed=seed,
        alpha=alpha,
        adjust=adjust,
    )


def _wanted(statistics: object, valid: tuple[str, ...]) -> tuple[str, ...]:
    wanted = check_names("statistics", statistics)
    for word in wanted or [""]:
        check_option("statistics", word, valid)
    return tuple(dict.fromkeys(wanted))
