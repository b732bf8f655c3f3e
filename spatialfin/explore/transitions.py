"""Moves through the Moran scatterplot: LISA Markov chains, Rey's types of moves, and the rose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from .._core.markov import probabilities, transition_counts
from .._core.permutation import canonical_order, two_sided_p
from .._errors import DataError
from .._panel_trajectories import Trajectories, neighbour_matrix, read_trajectories
from .._spatial_weights import SpatialWeights
from .._validate import check_whole
from .markov import MarkovResult, chain_of, warn_without_steady_state

__all__ = [
    "MOVES",
    "QUADRANTS",
    "DirectionalLisaResult",
    "LisaMarkovResult",
    "directional_lisa",
    "lisa_markov",
]

QUADRANTS = ("High-High", "Low-Low", "Low-High", "High-Low")
"""Quadrants of the Moran scatterplot, unit then neighbours."""

MOVES = ("0", "I", "II", "IIIa", "IIIb")
"""Types of moves: none, the unit alone, the neighbours alone, both the same way, both opposite ways."""

_OWN_HIGH = np.array([True, False, False, True])
_AROUND_HIGH = np.array([True, False, True, False])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LisaMarkovResult:
    """Moves of units between the quadrants of the Moran scatterplot.

    Attributes
    ----------
    chain : MarkovResult
        The chain of the four `QUADRANTS`.
    moves : DataFrame
        One row per unit and transition: the unit, the period in which it ends, start, end, move (one of
        `MOVES`).
    shares : DataFrame
        Share of each of `MOVES` by period in which the transition ends.
    expected : DataFrame
        Transitions to expect if a unit and its neighbours moved independently.
    test : Series
        Pearson's test of that independence: value, df, p_value.
    """

    chain: MarkovResult
    moves: pd.DataFrame
    shares: pd.DataFrame
    expected: pd.DataFrame
    test: pd.Series

    def __repr__(self) -> str:
        return (
            f"<LISA Markov chain: {len(self.moves)} transitions, "
            f"{(self.moves['move'] == '0').mean():.0%} without a move; independence of unit and neighbours: "
            f"chi2 = {self.test['value']:.2f}, df = {self.test['df']:.0f}, p = {self.test['p_value']:.3f}>"
        )


def lisa_markov(
    data: pd.DataFrame, variable: str, weights: SpatialWeights, *, unit: str, time: str
) -> LisaMarkovResult:
    """Markov chain of the quadrants of the Moran scatterplot, with Rey's types of moves.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, balanced, in any order; periods equally far apart.
    variable : str
        Column with the values.
    weights : SpatialWeights
        Weights of the same units without islands, row-standardised for the mean of the neighbours.
    unit, time : str
        Columns or index levels with the keys.

    Returns
    -------
    LisaMarkovResult

    Raises
    ------
    AlignmentError, DataError, IslandError
        As in `spatial_markov`; a variable that is constant in a period.

    Notes
    -----
    High and low are above and below the mean of the period. Types of moves [1]_: 0 none, I the unit alone,
    II its neighbours alone, IIIa both the same way, IIIb both opposite ways. Under independence the matrix is
    the product of the chains of the unit and of its neighbours, ``p_own(a, a') p_around(b, b')``; Pearson's
    statistic has 12 - 4 = 8 degrees of freedom, less those of transitions that were never seen. (giddy 2.3
    forms the two chains across units instead of over time, so its statistic is another.)

    References
    ----------
    .. [1] Rey, S. J. (2001). Spatial empirics for economic growth and convergence. Geographical Analysis
       33, 195-214.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> ring = np.roll(np.eye(8), 1, axis=0) + np.roll(np.eye(8), -1, axis=0)
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=list("abcdefgh"))
    >>> y = np.random.default_rng(1).random((8, 20))
    >>> data = pd.DataFrame(y, index=w.ids).stack().rename_axis(["code", "year"]).rename("y").reset_index()
    >>> found = sf.explore.lisa_markov(data, "y", w, unit="code", time="year")
    >>> int(found.chain.counts.to_numpy().sum())
    152
    """
    found = read_trajectories(data, variable, unit=unit, time=time, fewest_units=4, fewest_times=2, even=True)
    matrix = neighbour_matrix(found, weights)
    found.refuse_flat_periods("has no quadrants")
    z = found.values - found.values.mean(axis=0)
    high, around = z > 0, matrix @ z > 0
    member = np.select([high & around, ~high & ~around, ~high], [0, 1, 2], 3)
    chain = chain_of(member, 4, found, None, labels=QUADRANTS)
    warn_without_steady_state(chain)
    moves = _moves(member, found, unit, time)
    counts = moves.groupby([time, "move"], observed=False).size().unstack("move")
    shares = counts.div(counts.sum(axis=1), axis=0)
    expected, test = _independence(member, chain)
    return LisaMarkovResult(chain, moves, shares, expected, test)


def _moves(member: np.ndarray, found: Trajectories, unit: str, time: str) -> pd.DataFrame:
    start, end = member[:, :-1], member[:, 1:]
    own = _OWN_HIGH[start] != _OWN_HIGH[end]
    around = _AROUND_HIGH[start] != _AROUND_HIGH[end]
    together = _OWN_HIGH[start] == _AROUND_HIGH[start]
    kind = np.select([own & around & together, own & around, own, around], [3, 4, 1, 2], 0)
    table = found.frame(start, "start", unit, time)
    quadrants = pd.CategoricalDtype(list(QUADRANTS))
    return table.assign(
        start=pd.Categorical.from_codes(start.ravel(), dtype=quadrants),
        end=pd.Categorical.from_codes(end.ravel(), dtype=quadrants),
        move=pd.Categorical.from_codes(kind.ravel(), dtype=pd.CategoricalDtype(list(MOVES))),
    )


def _independence(member: np.ndarray, chain: MarkovResult) -> tuple[pd.DataFrame, pd.Series]:
    """Expected counts when unit and neighbours move apart from each other, and the test of it."""
    parts = []
    for high in (_OWN_HIGH, _AROUND_HIGH):
        two = (~high[member]).astype(int)
        parts.append(np.nan_to_num(probabilities(transition_counts(two[:, :-1], two[:, 1:], 2))))
    own, around = (~_OWN_HIGH).astype(int), (~_AROUND_HIGH).astype(int)
    product = parts[0][np.ix_(own, own)] * parts[1][np.ix_(around, around)]
    counts = chain.counts.to_numpy()
    expected = counts.sum(axis=1, keepdims=True) * product
    possible = expected > 0
    value = float(np.sum((counts[possible] - expected[possible]) ** 2 / expected[possible]))
    rows = possible.sum(axis=1)
    free = int((rows[rows > 0] - 1).sum()) - sum(int(((part > 0).sum(axis=1) > 1).sum()) for part in parts)
    p_value = float(chi2.sf(value, free)) if free > 0 else float("nan")
    test = pd.Series({"value": value, "df": free, "p_value": p_value}, name="independence")
    return pd.DataFrame(expected, chain.counts.index, chain.counts.columns), test


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DirectionalLisaResult:
    """Moves of units in the Moran scatterplot from the first to the last period, as a rose.

    Attributes
    ----------
    vectors : DataFrame
        By unit: start, end, lag_start, lag_end (relative to the mean of the period), length, angle (radians
        from 0 to 2 pi, counter-clockwise from "the unit alone gains") and sector.
    rose : DataFrame
        By sector 1, 2, ...: start and end angle, count, expected count and two-sided p_sim.
    permutations, seed : int
        What expected counts and p-values rest on.
    periods : tuple
        First and last period.
    """

    vectors: pd.DataFrame
    rose: pd.DataFrame
    permutations: int
    seed: int
    periods: tuple[object, object]

    def __repr__(self) -> str:
        first, last = self.periods
        below = int((self.rose["p_sim"] <= 0.05).sum())
        return (
            f"<Directional LISA {first}-{last}: {len(self.vectors)} units, {len(self.rose)} sectors, "
            f"{below} with p_sim <= 0.05 ({self.permutations} permutations)>"
        )


def directional_lisa(
    data: pd.DataFrame,
    variable: str,
    weights: SpatialWeights,
    *,
    unit: str,
    time: str,
    sectors: int = 8,
    permutations: int = 999,
    seed: int = 0,
) -> DirectionalLisaResult:
    """Directions in which units and their neighbours moved, against chance.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, balanced, in any order; the first and the last period are used.
    variable : str
        Column with the values, divided by the mean of the period.
    weights : SpatialWeights
        Weights of the same units without islands, row-standardised for the mean of the neighbours.
    unit, time : str
        Columns or index levels with the keys.
    sectors : int
        Number of equal sectors of the rose, at least 2.
    permutations, seed : int
        Random places of the units' pairs of values, and the seed. The same seed gives the same p-values for
        any order or naming of the units.

    Returns
    -------
    DirectionalLisaResult

    Raises
    ------
    AlignmentError, DataError, IslandError
        As in `spatial_markov`; a mean that is not positive; values that did not move relative to it.

    Notes
    -----
    The vector of a unit is ``(y_iT - y_i0, (Wy)_iT - (Wy)_i0)`` with y relative to the mean [1]_. Pairs
    (first, last) change places together, which keeps what each unit did and breaks the link with the
    neighbours. p-values are two-sided, ``min(1, 2 (min(#>=, #<=) + 1) / (R + 1))``; giddy leaves draws that
    equal the count out of the lower tail, so some of its p-values are smaller.

    References
    ----------
    .. [1] Rey, S. J., Murray, A. T. and Anselin, L. (2011). Visualizing regional income distribution
       dynamics. Letters in Spatial and Resource Sciences 4, 81-90.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> ring = np.roll(np.eye(8), 1, axis=0) + np.roll(np.eye(8), -1, axis=0)
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=list("abcdefgh"))
    >>> y = np.random.default_rng(1).random((8, 2))
    >>> data = pd.DataFrame(y, index=w.ids).stack().rename_axis(["code", "year"]).rename("y").reset_index()
    >>> found = sf.explore.directional_lisa(data, "y", w, unit="code", time="year", sectors=4)
    >>> int(found.rose["count"].sum())
    8
    """
    check_whole("sectors", sectors, least=2)
    check_whole("permutations", permutations, least=1)
    check_whole("seed", seed)
    found = read_trajectories(data, variable, unit=unit, time=time, fewest_units=4, fewest_times=2)
    matrix = neighbour_matrix(found, weights)
    relative = found.relative([0, -1], "take a variable that is positive on average")
    change = relative[:, 1] - relative[:, 0]
    if np.abs(change).max() <= 1e-12 * np.abs(relative).max():
        raise DataError(f"{variable}: no unit moved relative to the mean, so there are no directions.")
    order = canonical_order(change, matrix, found.units.astype(str).to_numpy(str))
    ordered, own = matrix[order][:, order], change[order]
    observed = _sector_counts(_angles(own, ordered @ own)[:, None], sectors)[0]
    generator = np.random.default_rng(seed)
    drawn = generator.permuted(np.broadcast_to(own, (permutations, len(own))), axis=1).T
    draws = _sector_counts(_angles(drawn, ordered @ drawn), sectors)
    at_least, at_most = (draws >= observed).sum(axis=0), (draws <= observed).sum(axis=0)
    edges = np.linspace(0, 2 * np.pi, sectors + 1)
    rose = pd.DataFrame(
        {
            "start": edges[:-1],
            "end": edges[1:],
            "count": observed,
            "expected": draws.mean(axis=0),
            "p_sim": two_sided_p(at_least, at_most, permutations),
        },
        index=pd.RangeIndex(1, sectors + 1, name="sector"),
    )
    vectors = _vectors(relative, matrix @ relative, found.units.rename(unit), sectors)
    return DirectionalLisaResult(vectors, rose, permutations, seed, (found.times[0], found.times[-1]))


def _angles(own: np.ndarray, around: np.ndarray) -> np.ndarray:
    """Direction of each move, from 0 to 2 pi."""
    angle: np.ndarray = np.arctan2(around, own) % (2 * np.pi)
    return angle


def _sectors(angles: np.ndarray, sectors: int) -> np.ndarray:
    # The remainder of a tiny negative angle is 2 pi itself.
    found: np.ndarray = (angles * sectors / (2 * np.pi)).astype(int) % sectors
    return found


def _sector_counts(angles: np.ndarray, sectors: int) -> np.ndarray:
    """Units in each sector, shape (columns, sectors)."""
    member = _sectors(angles, sectors)
    counts: np.ndarray = (member[:, :, None] == np.arange(sectors)).sum(axis=0)
    return counts


def _vectors(y: np.ndarray, around: np.ndarray, units: pd.Index, sectors: int) -> pd.DataFrame:
    own, near = np.diff(y, axis=1)[:, 0], np.diff(around, axis=1)[:, 0]
    angles = _angles(own, near)
    return pd.DataFrame(
        {
            "start": y[:, 0],
            "end": y[:, 1],
            "lag_start": around[:, 0],
            "lag_end": around[:, 1],
            "length": np.hypot(own, near),
            "angle": angles,
            "sector": _sectors(angles, sectors) + 1,
        },
        index=units,
    )
