"""What the global statistics return."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from .._core.autocorrelation import Assumption, GlobalStatistic
from .._spatial_weights import SpatialWeights

__all__ = ["GlobalResult", "JoinCountsResult"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GlobalResult:
    """A global statistic of spatial autocorrelation.

    Attributes
    ----------
    statistic : str
        Its name.
    value, expected : float
        The statistic, and its expectation without autocorrelation.
    variance, sd, z, p_norm : float
        Moments, ``z = (value - expected) / sd`` and its two-sided normal p-value; z and p are NaN where the
        statistic cannot vary.
    p_sim : float
        Two-sided permutation p-value, NaN without permutations.
    permutations, seed : int
        What `p_sim` rests on.
    n : int
        Number of units, islands included.
    variable : str or None
        Name of the series.
    assumption : {"normality", "randomization"}
        What the moments assume.
    weights_name : str
        Name of the weights.
    weights_ledger : tuple of str
        How the weights came about.
    """

    statistic: str
    value: float
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
    weights_name: str
    weights_ledger: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """The result as one row.

        Returns
        -------
        pandas.DataFrame
            Columns variable, weights, statistic, value, expected, sd, z, p_norm, p_sim, n.

        Examples
        --------
        >>> import pandas as pd, spatialfin as sf
        >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
        >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"], name="ring")
        >>> y = pd.Series([1.0, 2.0, 3.0, 4.0], index=["a", "b", "c", "d"])
        >>> sf.explore.geary(y, w, permutations=99).tidy()["value"].round(6).item()
        0.9
        """
        names = ("statistic", "value", "expected", "sd", "z", "p_norm", "p_sim", "n")
        row = {name: getattr(self, name) for name in names}
        return pd.DataFrame([{"variable": self.variable, "weights": self.weights_name, **row}])

    def __repr__(self) -> str:
        name = f" of {self.variable}" if self.variable else ""
        simulated = (
            f", p_sim = {self.p_sim:.3f} ({self.permutations} permutations)" if self.permutations else ""
        )
        return (
            f"<{self.statistic}{name}: {self.value:.4f}, expected {self.expected:.4f}, z = {self.z:.2f}, "
            f"p = {self.p_norm:.3f}{simulated}, {self.n} units>"
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class JoinCountsResult:
    """Joins between the classes of a variable of ones and zeros.

    Attributes
    ----------
    frame : pandas.DataFrame
        Rows BB (one with one), BW (one with zero) and WW (zero with zero); columns count, expected, sd, z,
        p_norm and p_sim, the p-values two-sided.
    ones, n : int
        Number of ones, and of units, islands included.
    permutations, seed : int
        What `p_sim` rests on.
    variable : str or None
        Name of the series.
    weights_name : str
        Name of the weights.
    weights_ledger : tuple of str
        How the weights came about.
    """

    frame: pd.DataFrame
    ones: int
    n: int
    permutations: int
    seed: int
    variable: str | None
    weights_name: str
    weights_ledger: tuple[str, ...]

    def __repr__(self) -> str:
        name = f" of {self.variable}" if self.variable else ""
        counts = ", ".join(
            f"{join} {count:g} (expected {expected:.1f})"
            for join, count, expected in self.frame[["count", "expected"]].itertuples()
        )
        return f"<Join counts{name}: {counts}; {self.ones} of {self.n} units are 1>"


def global_result(
    found: GlobalStatistic,
    p_sim: float,
    *,
    statistic: str,
    variable: str | None,
    weights: SpatialWeights,
    permutations: int,
    seed: int,
    assumption: Assumption,
) -> GlobalResult:
    """One statistic of one series with its names."""
    sd, z, p_norm = (float(part[0]) for part in found.scores())
    return GlobalResult(
        statistic=statistic,
        value=float(found.value[0]),
        expected=float(found.expected[0]),
        variance=float(found.variance[0]),
        sd=sd,
        z=z,
        p_norm=p_norm,
        p_sim=p_sim,
        permutations=permutations,
        seed=seed,
        n=weights.n,
        variable=variable,
        assumption=assumption,
        weights_name=weights.name,
        weights_ledger=weights.ledger,
    )
