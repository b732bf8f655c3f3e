"""Composite index of several indicators, weighted by their information entropy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import xlogy

from .._errors import DataError, OptionError, listed, nearest, raise_all
from .._validate import check_frame, check_mapping, check_option, numeric_values

__all__ = ["EntropyComposite", "entropy_composite"]

Direction = Literal["positive", "negative"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EntropyComposite:
    """Entropy-weighted composite of indicators.

    Attributes
    ----------
    composite : Series
        Weighted mean of the rescaled indicators, from 0 to 1, on the caller's index; named "composite".
    weights : Series
        Weight of each indicator; they sum to 1.
    entropy : Series
        Information entropy of each indicator, from 0 to 1.
    redundancy : Series
        1 minus the entropy.
    scaled : DataFrame
        The indicators rescaled to 0 (worst cell) ... 1 (best cell).
    """

    composite: pd.Series
    weights: pd.Series
    entropy: pd.Series
    redundancy: pd.Series
    scaled: pd.DataFrame

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} {weight:.3f}" for name, weight in self.weights.items())
        return f"Entropy composite of {len(self.weights)} indicators, {len(self.composite)} cells: {shown}"


def entropy_composite(data: pd.DataFrame, *, directions: Mapping[str, Direction]) -> EntropyComposite:
    """Composite index with entropy weights, pooled over all units and periods.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per unit (and period). Other columns than the indicators may be there.
    directions : dict
        Indicator -> "positive" (more is better) or "negative" (less is better). Its keys are the indicators.

    Returns
    -------
    EntropyComposite

    Raises
    ------
    DataError
        An indicator is no column, is missing somewhere, not numeric, or the same in every cell.
    OptionError
        A direction is none of its words, or no indicator is given.

    Notes
    -----
    All N T cells are pooled, so that years can be compared. Each indicator is rescaled by its smallest and
    largest cell, ``y = (x - min) / (max - min)`` or ``(max - x) / (max - min)``; with ``p = y / sum y`` the
    entropy is ``e = -sum p ln p / ln(N T)``, where a share of 0 contributes 0, the redundancy ``d = 1 - e``,
    and the weight ``d / sum d`` [1]_. Dividing by ln T instead, as a widely copied script does, makes
    redundancies negative and turns the order of the weights round.

    References
    ----------
    .. [1] Shannon, C. E. (1948). A mathematical theory of communication. Bell System Technical Journal, 27,
       379-423.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> data = pd.DataFrame({"banks": [1.0, 2.0, 9.0], "npl": [3.0, 1.0, 2.0]}, index=["a", "b", "c"])
    >>> found = sf.indices.entropy_composite(data, directions={"banks": "positive", "npl": "negative"})
    >>> found.weights.round(3).to_dict()
    {'banks': 0.619, 'npl': 0.381}
    >>> found.composite.round(3).to_dict()
    {'a': 0.0, 'b': 0.459, 'c': 0.809}
    """
    values, names = _indicators(data, directions)
    low, high = values.min(axis=0), values.max(axis=0)
    better = np.array([directions[name] == "positive" for name in names])
    scaled = np.where(better, values - low, high - values) / (high - low)
    share = scaled / scaled.sum(axis=0)
    entropy = -xlogy(share, share).sum(axis=0) / np.log(len(values))
    redundancy = 1 - entropy
    weights = redundancy / redundancy.sum()
    return EntropyComposite(
        composite=pd.Series(scaled @ weights, index=data.index, name="composite"),
        weights=pd.Series(weights, index=names, name="weight"),
        entropy=pd.Series(entropy, index=names, name="entropy"),
        redundancy=pd.Series(redundancy, index=names, name="redundancy"),
        scaled=pd.DataFrame(scaled, index=data.index, columns=names),
    )


def _indicators(data: pd.DataFrame, directions: Mapping[str, Direction]) -> tuple[np.ndarray, pd.Index]:
    """The indicators as an array of shape (N T, k), none of them constant."""
    check_frame(data)
    check_mapping("directions", directions)
    if not directions:
        raise OptionError("directions: name at least one indicator and its direction.")
    for name, direction in directions.items():
        check_option(f"directions[{name!r}]", direction, ["positive", "negative"])
    unknown = [name for name in directions if name not in data.columns]
    if unknown:
        raise DataError(f"directions: {listed(unknown)} not in the data.{nearest(unknown[0], data.columns)}")
    if len(data) == 0:
        raise DataError("data: no rows. Check the filter that made it.")
    arrays, problems = [], []
    for name in directions:
        try:
            arrays.append(numeric_values(data[name], name))
        except DataError as fault:
            problems.append(str(fault))
            continue
        if np.ptp(arrays[-1]) == 0:
            problems.append(f"{name} is the same in every cell, so it tells units not apart. Leave it out.")
    raise_all(problems, DataError, "indicators")
    return np.column_stack(arrays), pd.Index(list(directions))
