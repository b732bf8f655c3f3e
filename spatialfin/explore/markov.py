"""Markov chains of classes: how units move up and down, and whether their neighbours matter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from .._core.markov import (
    Homogeneity,
    LongRun,
    homogeneity,
    long_run,
    mean_first_passage,
    probabilities,
    transition_counts,
)
from .._errors import AlignmentError, DataError, OptionError, listed, warn_caller
from .._panel_trajectories import Trajectories, neighbour_means, read_trajectories
from .._spatial_weights import SpatialWeights
from .._validate import check_option

__all__ = ["MarkovResult", "SpatialMarkovResult", "markov", "spatial_markov"]

Relative = Literal["none", "mean"]
Quantiles = Literal["pooled", "period"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MarkovResult:
    """A chain of classes, estimated from transitions.

    Attributes
    ----------
    counts : DataFrame
        Transitions, row = class before, column = class after.
    probabilities : DataFrame
        Shares of each row; NaN where no unit was in the class.
    std_errors : DataFrame
        ``sqrt(p (1 - p) / n_i)``; NaN where p is 0 or 1, which few cases do not make certain.
    steady_state : Series
        Share of each class in the long run; NaN where it is not unique, and `structure` says why.
    structure : str
        Whether the chain is ergodic, in words.
    half_life : float
        Periods until half of the distance to the steady state is gone, ``-ln 2 / ln |lambda_2|``; NaN where
        the chain does not converge to one.
    mean_first_passage : DataFrame
        Expected periods from a class (row) until another is entered, on the diagonal until return; infinite
        where that may never happen.
    mobility : float
        Shorrocks' index ``(k - trace P) / (k - 1)``; NaN when a class was never left.
    breaks : DataFrame or None
        Upper bounds of all classes but the last: one row per period for quantiles by period, else one row
        "all"; None for categories.
    classes : DataFrame
        Class of every unit (row) in every period (column).
    """

    counts: pd.DataFrame
    probabilities: pd.DataFrame
    std_errors: pd.DataFrame
    steady_state: pd.Series
    structure: str
    half_life: float
    mean_first_passage: pd.DataFrame
    mobility: float
    breaks: pd.DataFrame | None
    classes: pd.DataFrame
    _by_period: np.ndarray = field(repr=False)

    def tidy(self) -> pd.DataFrame:
        """One row per pair of classes.

        Returns
        -------
        pandas.DataFrame
            Columns from, to, count, probability, std_error.
        """
        return _long(self)

    def time_homogeneity(self, breaks: Sequence[object] | None = None) -> pd.DataFrame:
        """Test whether the probabilities are the same over time.

        Parameters
        ----------
        breaks : sequence, optional
            Periods that begin a new stretch; without them every transition is a stretch of its own, whose
            cells may be few.

        Returns
        -------
        pandas.DataFrame
            One row for the likelihood ratio and one for Pearson's Q: null, statistic, value, df, p_value.

        Raises
        ------
        AlignmentError
            A break is not one of the periods in which a transition starts.
        DataError
            Only one stretch.
        OptionError
            Breaks that are no list.

        Notes
        -----
        A transition belongs to the stretch in which it starts. Formulas as in `spatial_markov`.
        """
        starts = self.classes.columns[:-1]
        if breaks is None:
            parts = self._by_period
        else:
            if isinstance(breaks, str) or not isinstance(breaks, Iterable):
                raise OptionError(f"breaks={breaks!r}: a list of periods is needed.")
            unknown = [one for one in breaks if one not in starts]
            if unknown:
                raise AlignmentError(f"breaks: no transition starts in {listed(unknown)}.")
            cuts = np.unique([0, *(cast(int, starts.get_loc(cast(Any, one))) for one in breaks)])
            parts = np.add.reduceat(self._by_period, cuts, axis=0)
        if len(parts) < 2:
            raise DataError("time_homogeneity: one stretch of time cannot be compared with another.")
        return _tests(homogeneity(parts), "the same in every stretch of time")

    def __repr__(self) -> str:
        return (
            f"<Markov chain: {len(self.counts)} classes, {self.counts.to_numpy().sum():.0f} transitions, "
            f"mobility {self.mobility:.3f}, {self.structure}>"
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SpatialMarkovResult:
    """Chains of classes given the class of the neighbours' mean.

    Attributes
    ----------
    pooled : MarkovResult
        Without regard to neighbours.
    conditional : dict of MarkovResult
        By class 1, 2, ... of the neighbours' mean at the start of the transition.
    lag_breaks : DataFrame
        Upper bounds of the classes of the neighbours' mean, as in `MarkovResult.breaks`.
    tests : DataFrame
        Null that neighbours do not matter: LR and Q with null, statistic, value, df, p_value.
    weights_name : str
        Name of the weights.
    """

    pooled: MarkovResult
    conditional: dict[int, MarkovResult]
    lag_breaks: pd.DataFrame
    tests: pd.DataFrame
    weights_name: str

    def tidy(self) -> pd.DataFrame:
        """One row per class of the neighbours and pair of classes.

        Returns
        -------
        pandas.DataFrame
            Columns neighbours (a class, or "all"), from, to, count, probability, std_error.
        """
        rows = [_long(chain).assign(neighbours=key) for key, chain in self._all()]
        table = pd.concat(rows, ignore_index=True)
        return table[["neighbours", *table.columns[:-1]]]

    def steady_states(self) -> pd.DataFrame:
        """Long-run shares of the classes.

        Returns
        -------
        pandas.DataFrame
            Row = class of the neighbours, or "all"; column = class.
        """
        table = pd.DataFrame({key: chain.steady_state for key, chain in self._all()}).T
        return table.rename_axis(index="neighbours", columns="class")

    def _all(self) -> list[tuple[int | str, MarkovResult]]:
        return [*self.conditional.items(), ("all", self.pooled)]

    def __repr__(self) -> str:
        lr = self.tests.iloc[0]
        return (
            f"<Spatial Markov chains: {len(self.pooled.counts)} classes given {len(self.conditional)} of the "
            f"neighbours, LR = {lr['value']:.2f}, df = {lr['df']}, p = {lr['p_value']:.3f}>"
        )


def markov(
    data: pd.DataFrame,
    variable: str,
    *,
    unit: str,
    time: str,
    classes: int | Sequence[float] = 5,
    quantiles: Quantiles = "pooled",
    relative: Relative = "none",
) -> MarkovResult:
    """Markov chain of the classes that units are in.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, balanced, in any order; periods equally far apart.
    variable : str
        Column with the values.
    unit, time : str
        Columns or index levels with the keys.
    classes : int or sequence of float
        Number of quantile classes, or ascending upper bounds of all classes but the last (a value equal to
        a bound belongs below it).
    quantiles : {"pooled", "period"}
        Quantiles of all values together, or of each period, so that only ranks move.
    relative : {"none", "mean"}
        The values themselves, or divided by the mean of the units in the period.

    Returns
    -------
    MarkovResult
        Classes are 1, 2, ... from the lowest. A `SpatialfinWarning` says when there is no unique steady
        state.

    Raises
    ------
    DataError
        Missing rows or values, one period, fewer than 2 units, unequal steps, a constant variable, bounds
        that leave no class, means that are not positive with ``relative="mean"``.
    OptionError
        For a word that is not an option.

    Notes
    -----
    ``p_ij = n_ij / sum_j n_ij``, the maximum likelihood estimate [1]_; the steady state solves
    ``pi P = pi``. Values relative to the nation's own average: divide by it before.

    References
    ----------
    .. [1] Quah, D. (1993). Empirical cross-section dynamics in economic growth. European Economic Review
       37, 426-434.
    .. [2] Kemeny, J. G. and Snell, J. L. (1976). Finite Markov Chains. Springer.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> data = pd.DataFrame({"code": list("abcd") * 3, "year": [1] * 4 + [2] * 4 + [3] * 4,
    ...                      "y": [1.0, 2, 3, 4, 1, 3, 2, 4, 3, 1, 2, 4]})
    >>> sf.explore.markov(data, "y", unit="code", time="year", classes=2).probabilities
    to      1     2
    from
    1     0.5   0.5
    2     0.5   0.5
    """
    check_option("quantiles", quantiles, ("pooled", "period"))
    found = _read(data, variable, unit, time, relative)
    member, breaks = _classify(found.values, found, classes, quantiles, "classes")
    result = chain_of(member, len(breaks.columns) + 1, found, breaks)
    warn_without_steady_state(result)
    return result


def spatial_markov(
    data: pd.DataFrame,
    variable: str,
    weights: SpatialWeights,
    *,
    unit: str,
    time: str,
    classes: int | Sequence[float] = 5,
    lag_classes: int | Sequence[float] | None = None,
    quantiles: Quantiles = "pooled",
    relative: Relative = "none",
) -> SpatialMarkovResult:
    """Markov chains given the class of the neighbours, and the test whether neighbours matter.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, balanced, in any order; periods equally far apart.
    variable : str
        Column with the values.
    weights : SpatialWeights
        Weights of the same units without islands, row-standardised for the mean of the neighbours.
    unit, time, classes, quantiles, relative
        As in `markov`.
    lag_classes : int or sequence of float, optional
        Classes of the neighbours' mean: as `classes`, of which it takes the number of quantiles (its own) or
        the bounds when left out.

    Returns
    -------
    SpatialMarkovResult

    Raises
    ------
    AlignmentError
        Data and weights hold different units.
    DataError, OptionError
        As in `markov`.
    IslandError
        Units without neighbours, by name.

    Notes
    -----
    A transition from t to t + 1 belongs to the neighbours' class at t [1]_. Null: the same probabilities
    given every class m of the neighbours, tested by ``LR = 2 sum n_ij|m ln(p_ij|m / p_ij)`` and
    ``Q = sum n_i|m (p_ij|m - p_ij)^2 / p_ij`` [2]_ with ``sum_i (a_i - 1)(b_i - 1)`` degrees of freedom, a_i
    being the classes of neighbours met from class i, b_i the classes that i leads to. With few cases per
    cell both are rough.

    References
    ----------
    .. [1] Rey, S. J. (2001). Spatial empirics for economic growth and convergence. Geographical Analysis
       33, 195-214.
    .. [2] Bickenbach, F. and Bode, E. (2003). Evaluating the Markov property in studies of economic
       convergence. International Regional Science Review 26, 363-392.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> ring = np.roll(np.eye(8), 1, axis=0) + np.roll(np.eye(8), -1, axis=0)
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=list("abcdefgh"))
    >>> y = np.random.default_rng(1).random((8, 20)).cumsum(axis=1)
    >>> data = pd.DataFrame(y, index=w.ids).stack().rename_axis(["code", "year"]).rename("y").reset_index()
    >>> found = sf.explore.spatial_markov(data, "y", w, unit="code", time="year", classes=2, relative="mean")
    >>> found.tests["df"].tolist()
    [2, 2]
    """
    check_option("quantiles", quantiles, ("pooled", "period"))
    found = _read(data, variable, unit, time, relative)
    around = neighbour_means(found, weights)
    own, breaks = _classify(found.values, found, classes, quantiles, "classes")
    wanted = classes if lag_classes is None else lag_classes
    context, lag_breaks = _classify(around, found, wanted, quantiles, "lag_classes")
    k, m = len(breaks.columns) + 1, len(lag_breaks.columns) + 1
    conditional = {
        level + 1: chain_of(own, k, found, breaks, where=context[:, :-1] == level) for level in range(m)
    }
    pooled = chain_of(own, k, found, breaks)
    warn_without_steady_state(pooled)
    counts = np.stack([chain.counts.to_numpy() for chain in conditional.values()])
    return SpatialMarkovResult(
        pooled=pooled,
        conditional=conditional,
        lag_breaks=lag_breaks,
        tests=_tests(homogeneity(counts), "the same given any class of the neighbours"),
        weights_name=weights.name,
    )


def _read(data: pd.DataFrame, variable: str, unit: str, time: str, relative: str) -> Trajectories:
    check_option("relative", relative, ("none", "mean"))
    found = read_trajectories(data, variable, unit=unit, time=time, fewest_units=2, fewest_times=2, even=True)
    if relative == "none":
        return found
    values = found.relative(slice(None), "take relative='none'")
    return Trajectories(values, found.units, found.times, variable)


def _classify(
    values: np.ndarray, found: Trajectories, classes: Any, quantiles: str, option: str
) -> tuple[np.ndarray, pd.DataFrame]:
    """Class 0, 1, ... of every value, and the breaks by period or for "all"."""
    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        raise DataError(f"{found.name}: constant, so it has no classes.")
    if isinstance(classes, (int, np.integer)) and not isinstance(classes, bool):
        if classes < 2:
            raise OptionError(f"{option}={classes!r}: at least 2 classes are needed.")
        shares = np.arange(1, classes) / classes
        by_period = quantiles == "period"
        breaks = np.quantile(values, shares, axis=0).T if by_period else np.quantile(values, shares)[None]
        index = found.times if by_period else pd.Index(["all"])
        largest = values.max(axis=0 if by_period else None)
        tied = (np.diff(breaks, axis=1) <= 0).any(axis=1) | (breaks[:, -1] >= largest)
        if tied.any():
            raise DataError(
                f"{found.name}: values repeat so often that the quantiles of {listed(index[tied])} coincide. "
                f"Take fewer {option}, or give the bounds."
            )
    else:
        breaks, index = _given_breaks(classes, option)[None], pd.Index(["all"])
    columns = pd.RangeIndex(1, breaks.shape[1] + 1, name="class")
    table = pd.DataFrame(breaks, index=index, columns=columns)
    rows = np.broadcast_to(breaks, (values.shape[1], breaks.shape[1]))
    pairs = zip(rows, values.T, strict=True)
    member = np.stack([np.searchsorted(row, column, side="left") for row, column in pairs], axis=1)
    return member, table


def _given_breaks(classes: Any, option: str) -> np.ndarray:
    try:
        breaks = np.asarray(classes, dtype=float)
    except (TypeError, ValueError) as error:
        raise OptionError(f"{option}={classes!r}: a number of classes or their bounds are needed.") from error
    if breaks.ndim != 1 or not len(breaks) or not np.isfinite(breaks).all() or (np.diff(breaks) <= 0).any():
        raise OptionError(f"{option}={classes!r}: bounds must be finite and ascending.")
    return breaks


def chain_of(
    member: np.ndarray,
    k: int,
    found: Trajectories,
    breaks: pd.DataFrame | None,
    *,
    where: np.ndarray | None = None,
    labels: Sequence[str] | None = None,
) -> MarkovResult:
    """The chain of classes 0 to k - 1 in an array of units by periods, of the transitions `where`."""
    kept = np.ones(member[:, :-1].shape, dtype=bool) if where is None else where
    by_period = np.stack(
        [transition_counts(member[kept[:, t], t], member[kept[:, t], t + 1], k) for t in range(kept.shape[1])]
    )
    counts = by_period.sum(axis=0)
    named: pd.Index = pd.RangeIndex(1, k + 1) if labels is None else pd.Index(list(labels))
    index, columns = named.rename("from"), named.rename("to")
    shares = probabilities(counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.sqrt(shares * (1 - shares) / counts.sum(axis=1, keepdims=True))
    errors[(shares == 0) | (shares == 1)] = np.nan
    end = long_run(counts)
    return MarkovResult(
        counts=pd.DataFrame(counts.astype(int), index, columns),
        probabilities=pd.DataFrame(shares, index, columns),
        std_errors=pd.DataFrame(errors, index, columns),
        steady_state=pd.Series(end.steady_state, named.rename("class"), name="steady_state"),
        structure=_structure(end, named),
        half_life=end.half_life * found.step,
        mean_first_passage=pd.DataFrame(mean_first_passage(counts) * found.step, index, columns),
        mobility=float((k - np.trace(shares)) / (k - 1)),
        breaks=breaks,
        classes=pd.DataFrame(named.to_numpy()[member], found.units, found.times),
        _by_period=by_period,
    )


def _structure(end: LongRun, labels: pd.Index) -> str:
    unseen = f"; no unit was in class {listed(labels[end.unseen])}" if len(end.unseen) else ""
    if not end.closed:
        return f"no transition was seen{unseen}"
    if len(end.dead_ends):
        return f"undefined: units enter class {listed(labels[end.dead_ends])}, none was seen to leave{unseen}"
    sets = " and ".join("{" + ", ".join(map(str, labels[one])) + "}" for one in end.closed)
    if len(end.closed) > 1:
        return f"not ergodic: {sets} are never left, the long run depends on the start{unseen}"
    if end.period > 1:
        return f"not ergodic: a cycle of {end.period} steps in {sets}{unseen}"
    whole = len(end.closed[0]) + len(end.unseen) == len(labels)
    return ("ergodic" if whole else f"not ergodic: all units end in {sets}") + unseen


def warn_without_steady_state(chain: MarkovResult) -> None:
    """Tell the caller of a public function that the steady state is not unique."""
    if chain.steady_state.isna().all():
        warn_caller(f"There is no unique steady state: {chain.structure}.")


def _tests(found: Homogeneity, null: str) -> pd.DataFrame:
    rows = [
        {"null": null, "statistic": name, "value": value, "df": found.df, "p_value": p}
        for name, value, p in zip(("LR", "Q"), (found.lr, found.q), found.p_values, strict=True)
    ]
    return pd.DataFrame(rows)


def _long(chain: MarkovResult) -> pd.DataFrame:
    pairs = pd.MultiIndex.from_product([chain.counts.index, chain.counts.columns])
    columns = {
        "count": chain.counts.to_numpy().ravel(),
        "probability": chain.probabilities.to_numpy().ravel(),
        "std_error": chain.std_errors.to_numpy().ravel(),
    }
    return pd.DataFrame(columns, index=pairs).reset_index()
