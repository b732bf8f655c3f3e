"""Global statistics beside Moran's I: Geary, Getis-Ord, joins."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd

from .._core.autocorrelation import GLOBAL, Assumption, Block, LinkSums, QuadraticStatistic
from .._core.permutation import Placer, global_p_values
from .._errors import DataError
from .._spatial_weights import SpatialWeights
from .._validate import check_option
from ._global_rows import weights_for
from ._sample import Sample, check_draws, series_name
from ._series import series_faults
from .results import GlobalResult, JoinCountsResult, global_result

__all__ = ["geary", "getis_ord", "join_counts"]


def geary(
    y: pd.Series,
    weights: SpatialWeights,
    *,
    permutations: int = 999,
    seed: int = 0,
    assumption: Assumption = "normality",
) -> GlobalResult:
    """Geary's C, whether neighbours differ less than any two units.

    Parameters
    ----------
    y : pandas.Series
        One number per unit, indexed by unit, in any order.
    weights : SpatialWeights
        Weights of the same units, used in the style they have.
    permutations, seed : int
        As in `moran`.
    assumption : {"normality", "randomization"}
        What the analytic variance assumes.

    Returns
    -------
    GlobalResult
        C is 1 without autocorrelation, below 1 when neighbours are alike.

    Raises
    ------
    AlignmentError
        Data and weights hold different units.
    DataError
        Missing values, a constant variable, fewer than 4 units.
    WeightsError
        Weights without any link.

    Notes
    -----
    ``C = (n-1) / (2 S0) * sum_ij w_ij (y_i - y_j)^2 / sum_i (y_i - mean)^2``. Both p-values are two-sided,
    twice what esda prints. Islands stay in and count in n.

    References
    ----------
    .. [1] Cliff, A. D. and Ord, J. K. (1981). Spatial Processes. Pion, London.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"])
    >>> sf.explore.geary(pd.Series([1.0, 2.0, 3.0, 4.0], index=["a", "b", "c", "d"]), w, permutations=0)
    <Geary's C: 0.9000, expected 1.0000, z = -0.45, p = 0.655, 4 units>
    """
    check_option("assumption", assumption, get_args(Assumption))
    return _one(y, weights, "geary", "Geary's C", permutations, seed, assumption)


def getis_ord(
    y: pd.Series, weights: SpatialWeights, *, permutations: int = 999, seed: int = 0
) -> GlobalResult:
    """General G of Getis and Ord, whether high values (or low ones) lie together.

    Parameters
    ----------
    y : pandas.Series
        One number per unit, none negative, indexed by unit, in any order.
    weights : SpatialWeights
        Weights of the same units, used in the style they have; G is usually read with binary weights,
        ``weights.standardize("binary")``.
    permutations, seed : int
        As in `moran`.

    Returns
    -------
    GlobalResult
        G above its expectation when high values are neighbours, below it when low ones are.

    Raises
    ------
    AlignmentError
        Data and weights hold different units.
    DataError
        Missing or negative values, a constant variable, fewer than 4 units.
    WeightsError
        Weights without any link.

    Notes
    -----
    ``G = sum_ij w_ij y_i y_j / sum_(i != j) y_i y_j``, with the moments of random orders of the values. Both
    p-values are two-sided, twice what esda prints (esda always turns the weights into binary ones).

    References
    ----------
    .. [1] Getis, A. and Ord, J. K. (1992). The analysis of spatial association by use of distance statistics.
       Geographical Analysis 24, 189-206.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"])
    >>> found = sf.explore.getis_ord(pd.Series([1.0, 2.0, 3.0, 4.0], index=["a", "b", "c", "d"]), w)
    >>> round(found.value, 4), round(found.expected, 4)
    (0.6857, 0.6667)
    """
    return _one(y, weights, "getis_ord", "Getis-Ord G", permutations, seed, "randomization")


def join_counts(
    y: pd.Series, weights: SpatialWeights, *, permutations: int = 999, seed: int = 0
) -> JoinCountsResult:
    """Join counts of a variable with two classes, whether units of a class are neighbours.

    Parameters
    ----------
    y : pandas.Series
        0, 1, False or True per unit, indexed by unit, in any order.
    weights : SpatialWeights
        Weights of the same units. Every link counts once in each direction, whatever its weight; a join is
        two links.
    permutations, seed : int
        As in `moran`.

    Returns
    -------
    JoinCountsResult
        Counts of BB, BW and WW with their moments and p-values.

    Raises
    ------
    AlignmentError
        Data and weights hold different units.
    DataError
        Missing values, other numbers than 0 and 1, one class only, fewer than 4 units.
    WeightsError
        Weights without any link.

    Notes
    -----
    ``BB = 1/2 sum_ij b_ij y_i y_j``, ``WW`` the same of ``1 - y`` and ``BW = 1/2 sum_ij b_ij (y_i - y_j)^2``
    with b = 1 for links. Moments are those of sampling without replacement [1]_. Both p-values are
    two-sided.

    References
    ----------
    .. [1] Cliff, A. D. and Ord, J. K. (1981). Spatial Processes. Pion, London.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"])
    >>> sf.explore.join_counts(pd.Series([1, 1, 0, 0], index=["a", "b", "c", "d"]), w)
    <Join counts: BB 1 (expected 0.7), BW 2 (expected 2.7), WW 1 (expected 0.7); 2 of 4 units are 1>
    """
    check_draws(permutations, seed)
    sample = _sample(y, weights, "join_counts", "a join count")
    found, p_sim = _statistics(sample, "join_counts", "randomization", permutations, seed)
    rows = {}
    for one, p_value in zip(found, p_sim, strict=True):
        sd, z, p_norm = (float(part[0]) for part in one.scores())
        rows[one.name.removeprefix("join_").upper()] = {
            "count": float(one.value[0]),
            "expected": float(one.expected[0]),
            "sd": sd,
            "z": z,
            "p_norm": p_norm,
            "p_sim": p_value,
        }
    return JoinCountsResult(
        frame=pd.DataFrame.from_dict(rows, orient="index").rename_axis("join"),
        ones=int(sample.values.sum()),
        n=len(y),
        permutations=permutations,
        seed=seed,
        variable=series_name(y),
        weights_name=weights.name,
        weights_ledger=weights.ledger,
    )


def _one(
    y: pd.Series,
    weights: SpatialWeights,
    word: str,
    title: str,
    permutations: int,
    seed: int,
    assumption: Assumption,
) -> GlobalResult:
    """A statistic of one variable."""
    check_draws(permutations, seed)
    sample = _sample(y, weights, word, title)
    found, p_sim = _statistics(sample, word, assumption, permutations, seed)
    return global_result(
        found[0],
        p_sim[0],
        statistic=title,
        variable=series_name(y),
        weights=weights,
        permutations=permutations,
        seed=seed,
        assumption=assumption,
    )


def _sample(y: pd.Series, weights: SpatialWeights, word: str, title: str) -> Sample:
    sample = Sample.of(y, weights, title)
    faults = series_faults(sample.values[:, None], (word,))
    if faults:
        raise DataError(f"{series_name(y) or 'y'}: {faults[0][1]}")
    return sample


def _statistics(
    sample: Sample, word: str, assumption: Assumption, permutations: int, seed: int
) -> tuple[list[QuadraticStatistic], list[float]]:
    links = weights_for(word, sample.matrix)
    block = Block.of(sample.values[:, None], LinkSums.of(links))
    found = GLOBAL[word](block, assumption)
    if not permutations:
        return found, [float("nan")] * len(found)
    coefficients = np.vstack([one.coefficients for one in found])
    placed = Placer(links).place(sample.z, np.arange(len(sample.z)), coefficients)
    return found, [float(value) for value in global_p_values([placed], permutations, seed)[0]]
