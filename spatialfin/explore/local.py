"""Local statistics beside the local Moran of one variable: bivariate, Geary, G and G*."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from .._core.permutation import local_p_values
from .._errors import OptionError
from .._spatial_weights import SpatialWeights
from .._typing import Adjust
from ._clusters import clusters_of
from ._local_maps import LocalMap
from ._sample import Sample, check_draws, series_name
from ._series import pair_label
from .moran import LocalMoranResult

__all__ = ["LocalResult", "local_g", "local_geary", "local_moran_bivariate"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LocalResult:
    """A local statistic of one variable, each Series on the index of the data.

    Attributes
    ----------
    statistic : str
        Its name.
    value : pandas.Series
        The statistic; NaN for units without neighbours.
    z, p_norm : pandas.Series
        Standardised by its expectation and variance, with the two-sided normal p-value.
    p_sim : pandas.Series
        Two-sided conditional permutation p-value.
    kind : pandas.Series
        What each unit would be if it were significant.
    categories : tuple of str
        All categories of a map of this statistic, in order.
    variable : str or None
        Name of the series.
    permutations, seed : int
        What `p_sim` rests on.
    weights_name : str
        Name of the weights.
    weights_ledger : tuple of str
        How the weights came about.
    """

    statistic: str
    value: pd.Series
    z: pd.Series
    p_norm: pd.Series
    p_sim: pd.Series
    kind: pd.Series
    categories: tuple[str, ...]
    variable: str | None
    permutations: int
    seed: int
    weights_name: str
    weights_ledger: tuple[str, ...]

    @property
    def frame(self) -> pd.DataFrame:
        """All columns in one table, indexed by unit."""
        columns = ("value", "z", "p_norm", "p_sim", "kind")
        return pd.DataFrame({name: getattr(self, name) for name in columns})

    def clusters(self, alpha: float = 0.05, adjust: Adjust = "fdr") -> pd.Series:
        """Kind of the significant units.

        Parameters
        ----------
        alpha : float
            Level, between 0 and 1.
        adjust : {"fdr", "bonferroni", "none"}
            How p-values of many units are judged together, as in `LocalMoranResult.clusters`.

        Returns
        -------
        pandas.Series
            Ordered categorical with all `categories`, on the index of the data.

        Raises
        ------
        OptionError
            Another word, or a level outside (0, 1).

        Examples
        --------
        >>> import pandas as pd, spatialfin as sf
        >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
        >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"])
        >>> y = pd.Series([1.0, 2.0, 3.0, 4.0], index=["a", "b", "c", "d"])
        >>> sf.explore.local_g(y, w, permutations=99).clusters().unique().tolist()
        ['Not significant']
        """
        return clusters_of(
            self.kind, self.p_sim, self.permutations, self.categories, alpha=alpha, adjust=adjust
        )

    def __repr__(self) -> str:
        name = f" of {self.variable}" if self.variable else ""
        below = int((self.p_sim <= 0.05).sum())
        return (
            f"<{self.statistic}{name}: {len(self.value)} units, {below} with p_sim <= 0.05 before adjustment "
            f"({self.permutations} permutations)>"
        )


def local_geary(
    y: pd.Series, weights: SpatialWeights, *, permutations: int = 999, seed: int = 0
) -> LocalResult:
    """Local Geary statistics, where a unit is more like its neighbours, or less, than any others.

    Parameters
    ----------
    y : pandas.Series
        One number per unit, indexed by unit, in any order.
    weights : SpatialWeights
        Weights of the same units, used in the style they have.
    permutations, seed : int
        As in `local_moran`.

    Returns
    -------
    LocalResult
        Statistics on the index of `y`. A value below its expectation (z < 0) is likeness: High-High, Low-Low
        or Other positive; above, Negative.

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
    ``c_i = sum_j w_ij (z_i - z_j)^2`` with standardised values (population standard deviation). z and
    p-values are those of the other units' values in any order.

    References
    ----------
    .. [1] Anselin, L. (2019). A local indicator of multivariate spatial association: extending Geary's c.
       Geographical Analysis 51, 133-150.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"])
    >>> y = pd.Series([1.0, 2.0, 3.0, 4.0], index=["a", "b", "c", "d"])
    >>> sf.explore.local_geary(y, w, permutations=99).value.round(3).to_dict()
    {'a': 8.0, 'b': 1.6, 'c': 1.6, 'd': 8.0}
    """
    return _one(y, weights, "geary", "Local Geary", permutations, seed)


def local_g(
    y: pd.Series,
    weights: SpatialWeights,
    *,
    star: bool = True,
    permutations: int = 999,
    seed: int = 0,
) -> LocalResult:
    """Local G or G* of Getis and Ord, where hot spots and cold spots are.

    Parameters
    ----------
    y : pandas.Series
        One number per unit, indexed by unit, in any order.
    weights : SpatialWeights
        Weights of the same units, used in the style they have.
    star : bool
        G*, which counts the unit itself among its neighbours, or G, which leaves it out of all sums.
    permutations, seed : int
        As in `local_moran`.

    Returns
    -------
    LocalResult
        Statistics on the index of `y`; kinds are Hot spot (above the expectation) and Cold spot.

    Raises
    ------
    AlignmentError
        Data and weights hold different units.
    DataError
        Missing values, a constant variable, fewer than 4 units.
    OptionError
        `star` is neither True nor False.
    WeightsError
        Weights without any link.

    Notes
    -----
    ``G*_i = sum_j w_ij y_j / sum_j y_j`` with ``w_ii`` the largest weight of the row (row-standardised
    weights are then standardised again); G leaves i out of both sums. The ratio is read for variables that
    are not negative; z does not depend on the origin:
    ``(sum_j w_ij y_j - W_i m) / (s sqrt((N S_i - W_i^2)/(N-1)))`` with mean m and standard deviation s of the
    N values that count, ``W_i`` and ``S_i`` the sums of weights and of their squares [1]_. (esda uses ``W_i``
    for ``S_i``, the same with binary weights.) Draws keep the unit's own value, so that G and G* have the
    same `p_sim`.

    References
    ----------
    .. [1] Ord, J. K. and Getis, A. (1995). Local spatial autocorrelation statistics: distributional issues
       and an application. Geographical Analysis 27, 286-306.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"])
    >>> y = pd.Series([1.0, 2.0, 3.0, 4.0], index=["a", "b", "c", "d"])
    >>> sf.explore.local_g(y, w, permutations=99).value.to_dict()
    {'a': 0.7, 'b': 0.6, 'c': 0.9, 'd': 0.8}
    """
    if not isinstance(star, bool | np.bool_):
        raise OptionError(f"star={star!r}: True (G*) or False (G) is needed.")
    word, title = ("g_star", "Local G*") if star else ("g", "Local G")
    return _one(y, weights, word, title, permutations, seed)


def local_moran_bivariate(
    x: pd.Series, y: pd.Series, weights: SpatialWeights, *, permutations: int = 999, seed: int = 0
) -> LocalMoranResult:
    """Bivariate local Moran statistics, where x is high (or low) and the neighbours' y is high (or low).

    Parameters
    ----------
    x, y : pandas.Series
        One number per unit each, indexed by the same units, in any order.
    weights : SpatialWeights
        Weights of the same units, used in the style they have.
    permutations, seed : int
        As in `local_moran`; the other units' y change places.

    Returns
    -------
    LocalMoranResult
        Statistics on the index of `y`: the quadrant is that of x and of the neighbours' y, `standardized` is
        x and `lag` the spatial lag of y.

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
    ``I_i = (n-1)/n z_x,i (W z_y)_i`` with standardised variables; z and p-values are those of the other
    units' y in any order.

    References
    ----------
    .. [1] Anselin, L., Syabri, I. and Smirnov, O. (2002). Visualizing multivariate spatial correlation with
       dynamically linked windows. CSISS workshop, Santa Barbara.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"])
    >>> x = pd.Series([1.0, 2.0, 3.0, 4.0], index=["a", "b", "c", "d"])
    >>> sf.explore.local_moran_bivariate(x, -x, w, permutations=99).quadrant.to_dict()
    {'a': 'Low-Low', 'b': 'Low-High', 'c': 'High-Low', 'd': 'High-High'}
    """
    check_draws(permutations, seed, fewest=1)
    sample = Sample.of(y, weights, "a local statistic", x)
    found = LocalMap.of("moran_bivariate", sample.values, sample.matrix, weights.style, sample.x)
    return LocalMoranResult(
        I=sample.series(found.value, "I"),
        z=sample.series(found.score, "z"),
        p_sim=sample.series(_p_sim(found, permutations, seed), "p_sim"),
        quadrant=sample.series(found.kinds, "quadrant"),
        standardized=sample.series(found.own, "z"),
        lag=sample.series(found.lag, "lag"),
        variable=pair_label(series_name(x) or "x", series_name(y) or "y"),
        permutations=permutations,
        seed=seed,
        weights_name=weights.name,
        weights_ledger=weights.ledger,
    )


def _one(
    y: pd.Series, weights: SpatialWeights, word: str, title: str, permutations: int, seed: int
) -> LocalResult:
    """A local statistic of one variable."""
    check_draws(permutations, seed, fewest=1)
    sample = Sample.of(y, weights, "a local statistic")
    found = LocalMap.of(word, sample.values, sample.matrix, weights.style)
    return LocalResult(
        statistic=title,
        value=sample.series(found.value, "value"),
        z=sample.series(found.score, "z"),
        p_norm=sample.series(2 * ndtr(-np.abs(found.score)), "p_norm"),
        p_sim=sample.series(_p_sim(found, permutations, seed), "p_sim"),
        kind=sample.series(found.kinds, "kind"),
        categories=found.categories,
        variable=series_name(y),
        permutations=permutations,
        seed=seed,
        weights_name=weights.name,
        weights_ledger=weights.ledger,
    )


def _p_sim(found: LocalMap, permutations: int, seed: int) -> np.ndarray:
    return local_p_values([found.found.draws], permutations, seed)[0]
