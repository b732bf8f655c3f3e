"""Global statistics beside Moran's I of one variable: bivariate, change, rates, Geary, Getis-Ord, joins."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd

from .._core.autocorrelation import GLOBAL, Assumption, Block, GlobalStatistic, LinkSums
from .._core.permutation import Placer, global_p_values, linear_p
from .._errors import AlignmentError, DataError, listed
from .._spatial_weights import SpatialWeights
from .._validate import check_option, check_unique, numeric_values
from ._sample import Sample, check_draws
from .batch import moments, series_faults, weights_for
from .moran import MoranResult, moran
from .results import GlobalResult, JoinCountsResult

__all__ = [
    "geary",
    "getis_ord",
    "join_counts",
    "moran_bivariate",
    "moran_differential",
    "moran_rate",
]

_ROUNDING = 1e-15


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
        sd, z, p_norm = (float(part[0]) for part in moments(one))
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
        variable=_name(y),
        weights_name=weights.name,
        weights_ledger=weights.ledger,
    )


def moran_bivariate(
    x: pd.Series, y: pd.Series, weights: SpatialWeights, *, permutations: int = 999, seed: int = 0
) -> GlobalResult:
    """Bivariate Moran's I, whether x is high where the neighbours' y is high.

    Parameters
    ----------
    x, y : pandas.Series
        One number per unit each, indexed by the same units, in any order.
    weights : SpatialWeights
        Weights of the same units, used in the style they have.
    permutations, seed : int
        As in `moran`; y changes places, x stays.

    Returns
    -------
    GlobalResult
        Statistic, moments and p-values given x in its place.

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
    ``I = z_x' W z_y / S0`` with standardised variables, so that x = y gives Moran's I; esda divides by n,
    which is the same with row-standardised weights and no island. Moments are exact for y in any order:
    expectation 0 and variance ``n/(n-1) sum_j (a_j - mean a)^2 / S0^2`` with ``a = W' z_x``. The statistic
    also answers to correlation of x and y in the same unit.

    References
    ----------
    .. [1] Lee, S.-I. (2001). Developing a bivariate spatial association measure: an integration of
       Pearson's r and Moran's I. Journal of Geographical Systems 3, 369-385.
    .. [2] Wald, A. and Wolfowitz, J. (1944). Statistical tests based on permutations of the observations.
       Annals of Mathematical Statistics 15, 358-372.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"])
    >>> x = pd.Series([1.0, 2.0, 3.0, 4.0], index=["a", "b", "c", "d"], name="x")
    >>> sf.explore.moran_bivariate(x, (x**2).rename("y"), w, permutations=0)
    <Bivariate Moran's I of x and lagged y: -0.1969, expected 0.0000, z = -0.76, p = 0.446, 4 units>
    """
    check_draws(permutations, seed)
    sample = Sample.of(y, weights, "bivariate Moran's I", x)
    n, s0 = len(sample.z), float(sample.matrix.sum())
    around = sample.matrix.T @ sample.x
    value = float(around @ sample.z) / s0
    variance = n / (n - 1) * float(((around - around.mean()) ** 2).sum()) / s0**2
    p_sim = linear_p(sample.z, around, permutations, seed) if permutations else float("nan")
    coefficients = np.zeros((1, 3))
    variances = np.array([variance if variance > _ROUNDING else 0.0])
    found = GlobalStatistic("", np.array([value]), np.zeros(1), variances, coefficients)
    named = f"{_name(x) or 'x'} and lagged {_name(y) or 'y'}"
    return _result(
        found, p_sim, "Bivariate Moran's I", named, weights, n, permutations, seed, "randomization"
    )


def moran_differential(
    earlier: pd.Series,
    later: pd.Series,
    weights: SpatialWeights,
    *,
    permutations: int = 999,
    seed: int = 0,
    assumption: Assumption = "normality",
) -> MoranResult:
    """Moran's I of the change between two periods, whether neighbours change alike.

    Parameters
    ----------
    earlier, later : pandas.Series
        The variable in two periods, indexed by the same units, in any order.
    weights : SpatialWeights
        Weights of the same units, used in the style they have.
    permutations, seed, assumption
        As in `moran`.

    Returns
    -------
    MoranResult
        Moran's I of ``later - earlier``; what is fixed in a unit cancels.

    Raises
    ------
    AlignmentError
        Data and weights hold different units.
    DataError
        Missing values, the same change everywhere, fewer than 4 units.
    WeightsError
        Weights without any link.

    Notes
    -----
    ``I`` of ``y_i,t2 - y_i,t1``.

    References
    ----------
    .. [1] Anselin, L. (2019). Global spatial autocorrelation (2): bivariate, differential and EB rate Moran
       scatter plot. GeoDa workbook.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"])
    >>> y = pd.DataFrame({"y1": [1.0, 2.0, 3.0, 4.0], "y2": [2.0, 4.0, 6.0, 8.0]}, index=list("abcd"))
    >>> round(sf.explore.moran_differential(y["y1"], y["y2"], w).I, 4)
    -0.2
    """
    before, after = _matched_pair(earlier, later, ("earlier", "later"))
    return moran(
        (after - before).rename(f"{after.name} - {before.name}"),
        weights,
        permutations=permutations,
        seed=seed,
        assumption=assumption,
    )


def moran_rate(
    events: pd.Series,
    population: pd.Series,
    weights: SpatialWeights,
    *,
    permutations: int = 999,
    seed: int = 0,
    assumption: Assumption = "normality",
) -> MoranResult:
    """Moran's I of rates, corrected for populations of different size.

    Parameters
    ----------
    events, population : pandas.Series
        How many happened, and among how many they could, indexed by the same units, in any order.
    weights : SpatialWeights
        Weights of the same units, used in the style they have.
    permutations, seed, assumption
        As in `moran`.

    Returns
    -------
    MoranResult
        Moran's I of the standardised rates.

    Raises
    ------
    AlignmentError
        Data and weights hold different units.
    DataError
        Missing values, negative events, a population that is not positive, the same rate everywhere, fewer
        than 4 units.
    WeightsError
        Weights without any link.

    Notes
    -----
    The rate of a small population varies more, which Moran's I would take for a pattern. So the rates are
    standardised by their empirical Bayes moments: ``(p_i - b) / sqrt(a + b / x_i)`` with population x,
    ``b = sum events / sum x`` and ``a = sum x_i (p_i - b)^2 / sum x - b n / sum x``; where ``a + b / x_i`` is
    negative, a is left out [1]_. The rates are esda's.

    References
    ----------
    .. [1] Assuncao, R. M. and Reis, E. A. (1999). A new proposal to adjust Moran's I for population density.
       Statistics in Medicine 18, 2147-2162.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"])
    >>> firms = pd.DataFrame({"closed": [9, 5, 2, 6], "all": [100, 90, 50, 80]}, index=list("abcd"))
    >>> round(sf.explore.moran_rate(firms["closed"], firms["all"], w).I, 4)
    -0.0797
    """
    from esda.smoothing import assuncao_rate

    count, base = _matched_pair(events, population, ("events", "population"))
    faults = [
        f"{what} at {listed(values.index[bad])}"
        for what, values, bad in (
            ("negative events", count, count < 0),
            ("a population that is not positive", base, base <= 0),
        )
        if bad.any()
    ]
    if faults:
        raise DataError(f"moran_rate: {'; '.join(faults)}. Correct these units or leave them out.")
    if count.sum() == 0:
        raise DataError("moran_rate: no events at all, so there are no rates to compare.")
    rates = pd.Series(assuncao_rate(count.to_numpy(), base.to_numpy()), index=count.index)
    return moran(
        rates.rename(f"rate of {count.name}"),
        weights,
        permutations=permutations,
        seed=seed,
        assumption=assumption,
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
    return _result(found[0], p_sim[0], title, _name(y), weights, len(y), permutations, seed, assumption)


def _sample(y: pd.Series, weights: SpatialWeights, word: str, title: str) -> Sample:
    sample = Sample.of(y, weights, title)
    faults = series_faults(sample.values[:, None], (word,))
    if faults:
        raise DataError(f"{_name(y) or 'y'}: {faults[0][1]}")
    return sample


def _statistics(
    sample: Sample, word: str, assumption: Assumption, permutations: int, seed: int
) -> tuple[list[GlobalStatistic], list[float]]:
    links = weights_for(word, sample.matrix)
    block = Block.of(sample.values[:, None], LinkSums.of(links))
    found = GLOBAL[word](block, assumption)
    if not permutations:
        return found, [float("nan")] * len(found)
    coefficients = np.vstack([one.coefficients for one in found])
    placed = Placer(links).place(sample.z, np.arange(len(sample.z)), coefficients)
    return found, [float(value) for value in global_p_values([placed], permutations, seed)[0]]


def _result(
    found: GlobalStatistic,
    p_sim: float,
    title: str,
    variable: str | None,
    weights: SpatialWeights,
    n: int,
    permutations: int,
    seed: int,
    assumption: Assumption,
) -> GlobalResult:
    sd, z, p_norm = (float(part[0]) for part in moments(found))
    return GlobalResult(
        statistic=title,
        value=float(found.value[0]),
        expected=float(found.expected[0]),
        variance=float(found.variance[0]),
        sd=sd,
        z=z,
        p_norm=p_norm,
        p_sim=p_sim,
        permutations=permutations,
        seed=seed,
        n=n,
        variable=variable,
        assumption=assumption,
        weights_name=weights.name,
        weights_ledger=weights.ledger,
    )


def _matched_pair(one: pd.Series, two: pd.Series, names: tuple[str, str]) -> tuple[pd.Series, pd.Series]:
    """Numbers of two Series on the index of the first, each with a name."""
    series = []
    for values, name in zip((one, two), names, strict=True):
        if not isinstance(values, pd.Series):
            raise DataError(f"{name}: a Series indexed by unit is needed, not {type(values).__name__}.")
        check_unique(values.index, name)
        series.append(pd.Series(numeric_values(values, name), values.index, name=_name(values) or name))
    alone = [here.index.difference(there.index) for here, there in (series, series[::-1])]
    if len(alone[0]) or len(alone[1]):
        parts = [f"only in {name}: {listed(ids)}" for name, ids in zip(names, alone, strict=True) if len(ids)]
        raise AlignmentError(f"{names[0]} and {names[1]} must hold the same units; {'; '.join(parts)}.")
    return series[0], series[1].loc[series[0].index]


def _name(y: pd.Series) -> str | None:
    return None if y.name is None else str(y.name)
