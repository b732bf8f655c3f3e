"""Moran's I, global and local: keyed by unit, seeded, two-sided throughout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .._core.autocorrelation import Assumption
from .._core.permutation import global_p, local_p
from .._spatial_weights import SpatialWeights
from .._typing import Adjust
from .._validate import check_option
from ._clusters import CLUSTERS, clusters_of, quadrants
from ._global_rows import global_rows
from ._sample import Sample, check_draws, guarded, series_name

__all__ = ["CLUSTERS", "LocalMoranResult", "MoranResult", "local_moran", "moran", "moran_table"]

_NO_VARIANCE = 1e-15


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MoranResult:
    """Moran's I of one variable.

    Attributes
    ----------
    I : float
        The statistic.
    expected : float
        Its expectation without autocorrelation, ``-1/(n-1)``.
    variance, sd, z, p_norm : float
        Moments under `assumption`, ``z = (I - expected) / sd`` and its two-sided normal p-value; z and p are
        NaN where I cannot vary (every unit a neighbour of every other).
    p_sim : float
        Two-sided permutation p-value, NaN without permutations.
    permutations, seed : int
        What `p_sim` rests on.
    n : int
        Number of units, islands included.
    variable : str or None
        Name of the series.
    assumption : {"normality", "randomization"}
        What the analytic moments assume.
    standardized, lag : pandas.Series
        z-values (population standard deviation) and their spatial lag, on the index of the data.
    weights_name : str
        Name of the weights.
    weights_ledger : tuple of str
        How the weights came about.
    """

    I: float  # noqa: E741
    expected: float
    variance: float
    sd: float
    z: float
    p_norm: float
    p_sim: float
    permutations: int
    seed: int
    n: int
    variable: str | None
    assumption: Assumption
    standardized: pd.Series
    lag: pd.Series
    weights_name: str
    weights_ledger: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """The result as one row.

        Returns
        -------
        pandas.DataFrame
            Columns variable, weights, I, expected, sd, z, p_norm, p_sim, n.

        Examples
        --------
        >>> import pandas as pd, spatialfin as sf
        >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
        >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"], name="ring")
        >>> y = pd.Series([1.0, 2.0, 3.0, 4.0], index=["a", "b", "c", "d"])
        >>> sf.moran(y, w, permutations=99).tidy()["I"].item()
        -0.2
        """
        row = {
            "variable": self.variable,
            "weights": self.weights_name,
            "I": self.I,
            "expected": self.expected,
            "sd": self.sd,
            "z": self.z,
            "p_norm": self.p_norm,
            "p_sim": self.p_sim,
            "n": self.n,
        }
        return pd.DataFrame([row])

    def __repr__(self) -> str:
        name = f" of {self.variable}" if self.variable else ""
        simulated = (
            f", p_sim = {self.p_sim:.3f} ({self.permutations} permutations)" if self.permutations else ""
        )
        return (
            f"<Moran's I{name}: {self.I:.4f}, expected {self.expected:.4f}, z = {self.z:.2f}, "
            f"p = {self.p_norm:.3f}{simulated}, {self.n} units>"
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LocalMoranResult:
    """Local Moran statistics of one variable, each Series on the index of the data.

    Attributes
    ----------
    I : pandas.Series
        ``I_i = (n-1)/n z_i (W z)_i``; NaN for units without neighbours.
    z : pandas.Series
        ``I_i`` standardised by its expectation and variance under conditional randomisation.
    p_sim : pandas.Series
        Two-sided conditional permutation p-value.
    quadrant : pandas.Series
        High-High, Low-Low, Low-High or High-Low (unit, then neighbours), or No neighbours.
    standardized, lag : pandas.Series
        z-values (population standard deviation) and their spatial lag.
    variable : str or None
        Name of the series.
    permutations, seed : int
        What `p_sim` rests on.
    weights_name : str
        Name of the weights.
    weights_ledger : tuple of str
        How the weights came about.
    """

    I: pd.Series  # noqa: E741
    z: pd.Series
    p_sim: pd.Series
    quadrant: pd.Series
    standardized: pd.Series
    lag: pd.Series
    variable: str | None
    permutations: int
    seed: int
    weights_name: str
    weights_ledger: tuple[str, ...]

    @property
    def frame(self) -> pd.DataFrame:
        """All columns in one table, indexed by unit."""
        columns = ("I", "z", "p_sim", "quadrant", "standardized", "lag")
        return pd.DataFrame({name: getattr(self, name) for name in columns})

    def clusters(self, alpha: float = 0.05, adjust: Adjust = "fdr") -> pd.Series:
        """Quadrant of the significant units.

        Parameters
        ----------
        alpha : float
            Level, between 0 and 1.
        adjust : {"fdr", "bonferroni", "none"}
            How p-values of many units are judged together: false discovery rate [1]_, Bonferroni, or each
            alone. Units without neighbours do not count as tests.

        Returns
        -------
        pandas.Series
            Ordered categorical with all six `CLUSTERS` as categories, on the index of the data.

        Raises
        ------
        OptionError
            Another word, or a level outside (0, 1).

        Notes
        -----
        With R permutations no p-value is below ``2/(R+1)``. When Bonferroni then cannot find anything, a
        `SpatialfinWarning` says how many permutations it takes.

        References
        ----------
        .. [1] Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the
           Royal Statistical Society B 57, 289-300.

        Examples
        --------
        >>> import pandas as pd, spatialfin as sf
        >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
        >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"])
        >>> y = pd.Series([1.0, 2.0, 3.0, 4.0], index=["a", "b", "c", "d"])
        >>> sf.local_moran(y, w, permutations=99).clusters().unique().tolist()
        ['Not significant']
        """
        return clusters_of(self.quadrant, self.p_sim, self.permutations, CLUSTERS, alpha=alpha, adjust=adjust)

    def __repr__(self) -> str:
        name = f" of {self.variable}" if self.variable else ""
        below = int((self.p_sim <= 0.05).sum())
        return (
            f"<Local Moran{name}: {len(self.I)} units, {below} with p_sim <= 0.05 before adjustment "
            f"({self.permutations} permutations)>"
        )


def moran(
    y: pd.Series,
    weights: SpatialWeights,
    *,
    permutations: int = 999,
    seed: int = 0,
    assumption: Assumption = "normality",
) -> MoranResult:
    """Moran's I, whether neighbours hold similar values.

    Parameters
    ----------
    y : pandas.Series
        One number per unit, indexed by unit, in any order.
    weights : SpatialWeights
        Weights of the same units, used in the style they have.
    permutations : int
        Random orders behind `p_sim`; 0 leaves it out.
    seed : int
        Seed of the permutations. The same seed gives the same p-value for any order or naming of the units.
    assumption : {"normality", "randomization"}
        What the analytic variance assumes: normal values, or that any order of the values is equally likely.

    Returns
    -------
    MoranResult
        Statistic, moments, z and both p-values.

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
    ``I = n/S0 * z'Wz / z'z`` with ``S0`` the sum of the weights. Both p-values are two-sided: the normal one
    is ``2 (1 - Phi(|z|))``, the permutation one ``min(1, 2 (min(#>=, #<=) + 1)/(R + 1))``, twice what esda
    and GeoDa print. Islands stay in: their lag is zero and they count in n. Statistic and moments come from
    esda.

    References
    ----------
    .. [1] Cliff, A. D. and Ord, J. K. (1981). Spatial Processes. Pion, London.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"])
    >>> sf.moran(pd.Series([4.0, 1.0, 3.0, 2.0], index=["d", "a", "c", "b"]), w, permutations=0)
    <Moran's I: -0.2000, expected -0.3333, z = 0.45, p = 0.655, 4 units>
    """
    check_option("assumption", assumption, ("normality", "randomization"))
    check_draws(permutations, seed)
    sample = Sample.of(y, weights)
    from esda.moran import Moran

    with guarded():
        peer = Moran(sample.values, sample.graph(), transformation="O", permutations=0)
    variance = float(peer.VI_norm if assumption == "normality" else peer.VI_rand)
    p_norm = float(peer.p_norm if assumption == "normality" else peer.p_rand)
    if variance <= _NO_VARIANCE:
        variance, p_norm = 0.0, float("nan")
    sd = float(np.sqrt(variance))
    p_sim = global_p(sample.z, sample.matrix, permutations, seed) if permutations else float("nan")
    return MoranResult(
        I=float(peer.I),
        expected=float(peer.EI),
        variance=variance,
        sd=sd,
        z=float(peer.I - peer.EI) / sd if sd else float("nan"),
        p_norm=p_norm,
        p_sim=p_sim,
        permutations=permutations,
        seed=seed,
        n=len(y),
        variable=series_name(y),
        assumption=assumption,
        standardized=sample.series(sample.z, "z"),
        lag=sample.series(sample.matrix @ sample.z, "lag"),
        weights_name=weights.name,
        weights_ledger=weights.ledger,
    )


def local_moran(
    y: pd.Series, weights: SpatialWeights, *, permutations: int = 999, seed: int = 0
) -> LocalMoranResult:
    """Local Moran statistics (LISA), where the clusters and the outliers are.

    Parameters
    ----------
    y : pandas.Series
        One number per unit, indexed by unit, in any order.
    weights : SpatialWeights
        Weights of the same units, used in the style they have.
    permutations : int
        Random draws of the other units' values behind `p_sim`, at least 1.
    seed : int
        Seed of the draws. The same seed gives the same p-values for any order or naming of the units.

    Returns
    -------
    LocalMoranResult
        Statistics on the index of `y`; `.clusters()` for the map.

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
    ``I_i = (n-1) z_i (Wz)_i / z'z``, so that ``sum_i I_i = (n-1)/n S0 I`` with the global I [1]_. The
    permutation p-value is two-sided, ``min(1, 2 (min(#>=, #<=) + 1)/(R + 1))``: twice what esda and GeoDa
    print. Statistic and moments (conditional randomisation [2]_) come from esda.

    References
    ----------
    .. [1] Anselin, L. (1995). Local indicators of spatial association. Geographical Analysis 27, 93-115.
    .. [2] Sokal, R. R., Oden, N. L. and Thomson, B. A. (1998). Local spatial autocorrelation in a biological
       model. Geographical Analysis 30, 331-354.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"])
    >>> y = pd.Series([1.0, 2.0, 3.0, 4.0], index=["a", "b", "c", "d"])
    >>> sf.local_moran(y, w, permutations=99).quadrant.to_dict()
    {'a': 'Low-High', 'b': 'Low-Low', 'c': 'High-High', 'd': 'High-Low'}
    """
    check_draws(permutations, seed, fewest=1)
    sample = Sample.of(y, weights)
    from esda.moran import Moran_Local

    with guarded():
        peer = Moran_Local(sample.values, sample.graph(), transformation="O", permutations=0)
    alone = sample.alone
    with np.errstate(divide="ignore", invalid="ignore"):
        # esda gives the moments of z_i (Wz)_i, its statistic has the factor (n-1)/n
        z = (peer.Is * len(y) / (len(y) - 1) - peer.EIc) / np.sqrt(peer.VIc)
    lag = sample.matrix @ sample.z
    return LocalMoranResult(
        I=sample.series(np.where(alone, np.nan, peer.Is), "I"),
        z=sample.series(np.where(alone, np.nan, z), "z"),
        p_sim=sample.series(local_p(sample.z, sample.matrix, permutations, seed), "p_sim"),
        quadrant=sample.series(quadrants(sample.z, lag, alone), "quadrant"),
        standardized=sample.series(sample.z, "z"),
        lag=sample.series(lag, "lag"),
        variable=series_name(y),
        permutations=permutations,
        seed=seed,
        weights_name=weights.name,
        weights_ledger=weights.ledger,
    )


def moran_table(
    data: pd.DataFrame,
    variables: str | Sequence[str],
    weights: SpatialWeights | Mapping[str, SpatialWeights],
    *,
    unit: str,
    time: str | None = None,
    permutations: int = 999,
    seed: int = 0,
) -> pd.DataFrame:
    """Moran's I by period, variable and weights.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per unit (and period), in any order.
    variables : str or list of str
        Columns.
    weights : SpatialWeights or mapping of name to SpatialWeights
        One or several.
    unit, time : str
        Column or index level with the units, and with the periods. Without `time` the table is one
        cross-section.
    permutations, seed : int
        As in `moran`, the same seed for every row.

    Returns
    -------
    pandas.DataFrame
        Columns time (only with `time`), variable, weights, I, expected, sd, z, p_norm, p_sim, n; sorted by
        variable, weights and time as given.

    Raises
    ------
    DataError
        A column that is not there, missing or duplicate units or periods, and every missing value by
        variable and period.
    AlignmentError
        Units of a period that differ from those of the weights.

    Notes
    -----
    Formulas and conventions as in `moran`.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"], name="ring")
    >>> panel = pd.DataFrame({"code": list("abcd") * 2, "year": [2002] * 4 + [2003] * 4,
    ...                       "lq": [1.0, 2, 3, 4, 1, 4, 3, 2]})
    >>> sf.moran_table(panel, ["lq"], w, unit="code", time="year")[["time", "variable", "weights", "I"]]
       time variable weights    I
    0  2002       lq    ring -0.2
    1  2003       lq    ring -0.2
    """
    table = global_rows(
        data,
        variables,
        weights,
        unit=unit,
        time=time,
        statistics=("moran",),
        permutations=permutations,
        seed=seed,
        assumption="normality",
        caller="moran_table",
    )
    order = ["variable", "weights", "I", "expected", "sd", "z", "p_norm", "p_sim", "n"]
    return table.rename(columns={"value": "I"})[order if time is None else ["time", *order]]
