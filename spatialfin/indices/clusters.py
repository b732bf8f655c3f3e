"""Which units are significantly agglomerated: tests on location quotients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from .._errors import DataError, listed, raise_all, warn_caller
from .._validate import check_number, check_option, check_whole
from ._inputs import By, Cells
from .quotient import Reference, quotients, warn_zero_totals, z_scores

__all__ = ["ClusterTest", "cluster_test", "location_quotient_test"]

_FEWEST_UNITS = 3


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ClusterTest:
    """Units whose standardised location quotient passes a cut-off.

    Attributes
    ----------
    frame : DataFrame
        On the caller's index: ``lq``, ``z``, ``p_value`` (two-sided, of the normal distribution; NaN with
        bootstrap cut-offs) and ``agglomerated`` (z above the cut-off of the period).
    normality : DataFrame
        Shapiro-Wilk test by period: ``n``, ``w``, ``p_value`` and ``normal`` (not rejected at `alpha`).
    cutoffs : DataFrame
        By period: ``cutoff``, the z that an agglomerated unit exceeds, and its bootstrap ``std_error`` (NaN
        for the normal one).
    alpha : float
        Level of both tests.
    scale : str
        "log" or "level".
    """

    frame: pd.DataFrame
    normality: pd.DataFrame
    cutoffs: pd.DataFrame
    alpha: float
    scale: str

    def __repr__(self) -> str:
        found = self.frame.index[self.frame["agglomerated"]]
        normal = int(self.normality["normal"].sum())
        cutoffs = [f"{least:.3f}" for least in sorted(set(self.cutoffs["cutoff"]))]
        shown = " to ".join(dict.fromkeys([cutoffs[0], cutoffs[-1]]))
        kind = "" if self.cutoffs["std_error"].isna().all() else " by bootstrap"
        return (
            f"Cluster test ({self.scale} location quotient, z > {shown}{kind})\n"
            f"{len(found)} of {len(self.frame)} agglomerated: {listed(found) or 'none'}\n"
            f"normal in {normal} of {len(self.normality)} periods"
        )


def cluster_test(
    sector: pd.Series,
    total: pd.Series,
    *,
    by: By = None,
    reference: Reference = None,
    scale: Literal["log", "level"] = "log",
    cutoff: Literal["normal", "bootstrap"] = "normal",
    alpha: float = 0.05,
    draws: int = 1000,
    seed: int = 0,
) -> ClusterTest:
    """Find the units whose standardised location quotient is significantly high.

    Parameters
    ----------
    sector, total, by, reference
        As in `location_quotient`, for one sector.
    scale : {"log", "level"}
        As in `standardized_location_quotient`.
    cutoff : {"normal", "bootstrap"}
        Take the cut-off from the normal distribution, or from the units themselves.
    alpha : float
        Level: 0.05 gives the normal cut-off z > 1.96.
    draws, seed : int
        Number of bootstrap samples, and the seed of their random numbers.

    Returns
    -------
    ClusterTest

    Raises
    ------
    AlignmentError, DataError
        As in `standardized_location_quotient`; a period has fewer than three units.
    OptionError
        `cutoff` is not one of its words, `alpha` not between 0 and 1, `draws` below 2, `seed` negative.

    Warns
    -----
    SpatialfinWarning
        Normality is rejected in a period, so the normal cut-off does not hold there.

    Notes
    -----
    The normal cut-off is the quantile of ``1 - alpha / 2``, following [1]_, who take 1.96 after testing
    normality. The bootstrap, proposed for quotients that are not normal by [3]_, draws as many units of the
    period as there are, with replacement, `draws` times: the cut-off is the mean of the quantiles of
    ``1 - alpha / 2`` of z in these samples, and their standard deviation its standard error. By its making
    about ``alpha / 2`` of the units pass it, whatever the distribution; ``alpha=0.1`` is the 95th percentile.

    The test finds units that stand out among the others, not units above the reference;
    `location_quotient_test` tests LQ = 1.

    References
    ----------
    .. [1] O'Donoghue, D. and Gleave, B. (2004). A note on methods for measuring industrial agglomeration.
       Regional Studies, 38(4), 419-427.
    .. [2] Shapiro, S. S. and Wilk, M. B. (1965). An analysis of variance test for normality (complete
       samples). Biometrika, 52, 591-611.
    .. [3] Tian, Z. (2013). Measuring agglomeration using the standardized location quotient with a bootstrap
       method. Journal of Regional Analysis and Policy, 43(2), 186-197.

    Examples
    --------
    >>> import spatialfin as sf
    >>> year = sf.load_dataset("china_finance_2002_2011").query("year == 2011").set_index("name")
    >>> sf.indices.cluster_test(year["finance"], year["gdp"])
    Cluster test (log location quotient, z > 1.960)
    2 of 31 agglomerated: 'Beijing', 'Shanghai'
    normal in 1 of 1 periods
    """
    check_option("cutoff", cutoff, ["normal", "bootstrap"])
    check_number("alpha", alpha, between=(0.0, 1.0))
    check_whole("draws", draws, least=2)
    check_whole("seed", seed)
    _refuse_table(sector)
    found = quotients(sector, total, by, reference, warn=False)
    cells, z = found.cells, z_scores(found.cells, found.values, scale)[:, 0]
    counts = np.bincount(cells.codes)
    if (counts < _FEWEST_UNITS).any():
        few = cells.periods[counts < _FEWEST_UNITS]
        raise DataError(f"Fewer than three units in {listed(few)}: normality cannot be tested.")
    if cutoff == "normal":
        cutoffs = pd.DataFrame({"cutoff": stats.norm.isf(alpha / 2), "std_error": np.nan}, cells.periods)
        p_values = 2 * stats.norm.sf(np.abs(z))
    else:
        cutoffs = _bootstrap_cutoffs(cells, z, alpha, draws, seed)
        p_values = np.full(len(z), np.nan)
    frame = pd.DataFrame(
        {
            "lq": found.values[:, 0],
            "z": z,
            "p_value": p_values,
            "agglomerated": z > cutoffs["cutoff"].to_numpy()[cells.codes],
        },
        index=cells.index,
    )
    tests = [(len(rows), *stats.shapiro(z[rows])) for rows in cells.each_period()]
    normality = pd.DataFrame(tests, columns=["n", "w", "p_value"], index=cells.periods)
    normality["normal"] = normality["p_value"] >= alpha
    skewed = normality.index[~normality["normal"]]
    if len(skewed) and cutoff == "normal":
        warn_caller(
            f"Normality of the {scale} location quotient is rejected in {listed(skewed)}, "
            "so the cut-off for z does not hold there. cutoff='bootstrap' needs no normality."
        )
    return ClusterTest(frame, normality, cutoffs, alpha, scale)


def _bootstrap_cutoffs(
    cells: Cells[pd.Series], z: np.ndarray, alpha: float, draws: int, seed: int
) -> pd.DataFrame:
    """Mean and standard deviation of the quantile of z in samples of the units of each period."""
    found = []
    for rows, child in zip(
        cells.each_period(), np.random.SeedSequence(seed).spawn(len(cells.periods)), strict=True
    ):
        # Sorted, so that the order of the units changes nothing.
        units, rng = np.sort(z[rows]), np.random.default_rng(child)
        quantiles = [np.quantile(rng.choice(units, len(units)), 1 - alpha / 2) for _ in range(draws)]
        found.append((np.mean(quantiles), np.std(quantiles, ddof=1)))
    return pd.DataFrame(found, columns=["cutoff", "std_error"], index=cells.periods)


def location_quotient_test(
    sector: pd.Series,
    total: pd.Series,
    *,
    by: By = None,
    reference: Reference = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Exact test and interval of the location quotient of counts.

    Parameters
    ----------
    sector, total, by, reference
        As in `location_quotient`, for one sector of counts (persons, firms): whole numbers, the sector no
        larger than the total.
    alpha : float
        1 minus the coverage of the interval.

    Returns
    -------
    pandas.DataFrame
        On the caller's index: ``lq``, ``conf_low``, ``conf_high`` and ``p_value`` (two-sided, of LQ = 1). NaN
        where the total is 0; a `SpatialfinWarning` names these units.

    Raises
    ------
    AlignmentError, DataError
        As in `location_quotient`; values are no counts, or a sector exceeds its total.
    OptionError
        `alpha` is not between 0 and 1.

    Notes
    -----
    The sector of unit i is binomial with size x_i and probability LQ_i times p, p = S / X. The interval is
    that of Clopper and Pearson [1]_ divided by p; the p-value doubles the smaller tail. p is taken as known:
    where a unit makes up much of the reference, its sampling error matters too (see [2]_ for a large-sample
    interval of a ratio of proportions).

    References
    ----------
    .. [1] Clopper, C. J. and Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in
       the case of the binomial. Biometrika, 26, 404-413.
    .. [2] Moineddin, R., Beyene, J. and Boyle, E. (2003). On the location quotient confidence interval.
       Geographical Analysis, 35(3), 249-256.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> firms, all_firms = pd.Series({"a": 30, "b": 10}), pd.Series({"a": 100, "b": 100})
    >>> sf.indices.location_quotient_test(firms, all_firms).round(3)
        lq  conf_low  conf_high  p_value
    a  1.5     1.062      1.999    0.022
    b  0.5     0.245      0.881    0.011
    """
    check_number("alpha", alpha, between=(0.0, 1.0))
    _refuse_table(sector)
    found = quotients(sector, total, by, reference, warn=False)
    part, size, national = found.cells.values[:, 0], found.whole[:, 0], found.national[:, 0]
    _refuse_uncounted(part, size, found.cells.index)
    warn_zero_totals(found.cells, found.whole)
    if (national >= 1).any():
        raise DataError("The sector is the whole of the reference: every location quotient is 1.")
    tails = np.minimum(stats.binom.cdf(part, size, national), stats.binom.sf(part - 1, size, national))
    low = np.where(part > 0, stats.beta.ppf(alpha / 2, part, size - part + 1), 0.0)
    high = np.where(part < size, stats.beta.isf(alpha / 2, part + 1, size - part), 1.0)
    columns = {
        "conf_low": low / national,
        "conf_high": high / national,
        "p_value": np.minimum(2 * tails, 1.0),
    }
    counted = {name: np.where(size > 0, values, np.nan) for name, values in columns.items()}
    return pd.DataFrame({"lq": found.values[:, 0], **counted}, index=found.cells.index)


def _refuse_table(sector: object) -> None:
    if isinstance(sector, pd.DataFrame):
        raise DataError("sector: a Series is needed, one sector at a time; take a column of the DataFrame.")


def _refuse_uncounted(part: np.ndarray, size: np.ndarray, index: pd.Index) -> None:
    faults = {
        "sector is no whole number": part % 1 != 0,
        "total is no whole number": size % 1 != 0,
        "sector exceeds its total": part > size,
    }
    problems = [f"{what} at {listed(index[rows])}" for what, rows in faults.items() if rows.any()]
    raise_all(problems, DataError, "counts are needed")
