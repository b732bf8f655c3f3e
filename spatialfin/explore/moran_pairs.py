"""Moran's I of what two series hold together: two variables, the change between two periods, rates."""

from __future__ import annotations

import pandas as pd

from .._core.autocorrelation import Assumption, LinkSums, bivariate_moran, standardised_rates
from .._core.permutation import linear_p_values
from .._errors import AlignmentError, DataError, listed
from .._spatial_weights import SpatialWeights
from .._validate import check_unique, numeric_values
from ._sample import CONSTANT, Sample, check_draws, series_name
from ._series import changes_vary, pair_label, rate_fault, rate_label
from .moran import MoranResult, moran
from .results import GlobalResult, global_result

__all__ = ["moran_bivariate", "moran_differential", "moran_rate"]


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
    found = bivariate_moran(sample.x[:, None], sample.z[:, None], LinkSums.of(sample.matrix))
    p_sim = float("nan")
    if permutations:
        p_sim = float(linear_p_values(found.z, found.around, permutations, seed)[0])
    return global_result(
        found,
        p_sim,
        statistic="Bivariate Moran's I",
        variable=pair_label(series_name(x) or "x", series_name(y) or "y"),
        weights=weights,
        permutations=permutations,
        seed=seed,
        assumption="randomization",
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
    if not changes_vary(before.to_numpy(), after.to_numpy()):
        raise DataError(f"change of {after.name}: {CONSTANT}")
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
    not positive, a is left out [1]_.

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
    count, base = _matched_pair(events, population, ("events", "population"))
    named = rate_label(count.name, base.name)
    fault = rate_fault(count.to_numpy(), base.to_numpy(), count.index)
    if fault is not None:
        raise DataError(f"moran_rate, {named}: {fault}")
    rates = standardised_rates(count.to_numpy()[:, None], base.to_numpy()[:, None])
    return moran(
        pd.Series(rates[:, 0], count.index, name=named),
        weights,
        permutations=permutations,
        seed=seed,
        assumption=assumption,
    )


def _matched_pair(one: pd.Series, two: pd.Series, names: tuple[str, str]) -> tuple[pd.Series, pd.Series]:
    """Numbers of two Series on the index of the first, each with a name."""
    series = []
    for values, name in zip((one, two), names, strict=True):
        if not isinstance(values, pd.Series):
            raise DataError(f"{name}: a Series indexed by unit is needed, not {type(values).__name__}.")
        check_unique(values.index, name)
        series.append(pd.Series(numeric_values(values, name), values.index, name=series_name(values) or name))
    alone = [here.index.difference(there.index) for here, there in (series, series[::-1])]
    if len(alone[0]) or len(alone[1]):
        parts = [f"only in {name}: {listed(ids)}" for name, ids in zip(names, alone, strict=True) if len(ids)]
        raise AlignmentError(f"{names[0]} and {names[1]} must hold the same units; {'; '.join(parts)}.")
    return series[0], series[1].loc[series[0].index]
