"""Which units of a cluster map are significant, many tests judged together."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd

from .._errors import warn_caller
from .._typing import Adjust
from .._validate import check_number, check_option

CLUSTERS = ("High-High", "Low-Low", "Low-High", "High-Low", "Not significant", "No neighbours")
"""Categories of a cluster map, always all of them and in this order."""

GEARY_CLUSTERS = (
    "High-High",
    "Low-Low",
    "Other positive",
    "Negative",
    "Not significant",
    "No neighbours",
)
"""Categories of a map of local Geary statistics."""

G_CLUSTERS = ("Hot spot", "Cold spot", "Not significant", "No neighbours")
"""Categories of a map of local G statistics."""


def quadrants(z: np.ndarray, lag: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """High or Low, the unit first and then its neighbours."""
    own = np.where(z > 0, "High", "Low")
    around = np.where(lag > 0, "High", "Low")
    names = np.char.add(np.char.add(own, "-"), around)
    return _or_alone(names, alone)


def geary_kinds(z: np.ndarray, lag: np.ndarray, score: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """Alike (a statistic below its expectation) among high or low values or across the mean, or unlike."""
    alike = np.where((z > 0) & (lag > 0), "High-High", "Other positive")
    alike = np.where((z < 0) & (lag < 0), "Low-Low", alike)
    return _or_alone(np.where(score < 0, alike, "Negative"), alone)


def g_kinds(score: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """Hot where the sum around a unit is above its expectation."""
    return _or_alone(np.where(score > 0, "Hot spot", "Cold spot"), alone)


def _or_alone(kinds: np.ndarray, alone: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.where(alone, "No neighbours", kinds).astype(object)
    return found


def clusters_of(
    kinds: pd.Series,
    p_sim: pd.Series,
    permutations: int,
    categories: tuple[str, ...],
    *,
    alpha: float,
    adjust: Adjust,
) -> pd.Series:
    """The kind of the significant units, an ordered categorical on the index of the data.

    Units whose p-value is missing have no neighbours: they keep their kind and are no tests.
    """
    check_adjust(adjust)
    check_number("alpha", alpha, between=(0, 1))
    tested = p_sim.notna().to_numpy()
    significant = np.zeros(len(tested), dtype=bool)
    significant[tested] = adjusted(p_sim.to_numpy()[tested], adjust) <= alpha
    if adjust == "bonferroni":
        _warn_if_hopeless(alpha, int(tested.sum()), permutations)
    found = kinds.where(significant | ~tested, "Not significant")
    return found.astype(pd.CategoricalDtype(list(categories), ordered=True)).rename("cluster")


def check_adjust(adjust: object) -> None:
    """Refuse another word."""
    check_option("adjust", adjust, get_args(Adjust))


def adjusted(p_values: np.ndarray, adjust: Adjust) -> np.ndarray:
    """p-values of many tests, none of them missing, judged together."""
    if adjust == "none" or len(p_values) == 0:
        return p_values
    if adjust == "bonferroni":
        raised: np.ndarray = np.minimum(1.0, p_values * len(p_values))
        return raised
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(p_values))


def _warn_if_hopeless(alpha: float, tests: int, permutations: int) -> None:
    if 2 / (permutations + 1) * tests > alpha:
        needed = int(np.ceil(2 * tests / alpha)) - 1
        warn_caller(
            f"Bonferroni over {tests} units cannot find anything at {alpha:g} with {permutations} "
            f"permutations: take at least permutations={needed}."
        )
