"""Numbers into map classes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from spatialfin._errors import DataError, OptionError
from spatialfin._validate import check_whole

from ._style import printed

SCHEMES = {
    "quantiles": "Quantiles",
    "equal_interval": "EqualInterval",
    "fisher_jenks": "FisherJenks",
    "std_mean": "StdMean",
    "head_tail": "HeadTailBreaks",
}
_WITHOUT_K = ("std_mean", "head_tail")


@dataclass(frozen=True, slots=True)
class Classes:
    """Class of each value (0 is the lowest) and the text of each class; empty classes are kept."""

    members: np.ndarray
    texts: tuple[str, ...]

    @property
    def counts(self) -> np.ndarray:
        """Values in each class."""
        return np.bincount(self.members, minlength=len(self.texts))


def classify(
    values: np.ndarray, *, scheme: str, k: int, breaks: Sequence[float] | None, digits: int
) -> Classes:
    """Sort finite values into classes that contain their upper bound.

    With `breaks` the classes are those between them, empty ones included, so that maps of several years
    can be compared. Otherwise a class nobody is in is merged with the next, and fewer distinct values than
    `k` become one class each.
    """
    distinct = np.unique(values)
    if breaks is not None:
        bounds = _checked_breaks(breaks)
        members = np.searchsorted(bounds, values, side="left")
        return Classes(members, _open_texts(bounds, digits))
    if len(distinct) <= k:
        whole = bool((distinct == np.round(distinct)).all())
        return Classes(np.searchsorted(distinct, values), tuple(_texts(distinct, 0 if whole else digits)))
    upper = _upper_bounds(values, scheme, k)
    members = np.searchsorted(upper, values, side="left")
    used = np.unique(members)
    lower = np.concatenate([[distinct[0]], upper[used[:-1]]])
    shown = _texts(np.concatenate([lower, upper[used[-1:]]]), digits)
    texts = tuple(f"{low} – {high}" for low, high in pairwise(shown))
    return Classes(np.searchsorted(used, members), texts)


def _upper_bounds(values: np.ndarray, scheme: str, k: int) -> np.ndarray:
    import mapclassify

    classifier = getattr(mapclassify, SCHEMES[scheme])
    with warnings.catch_warnings():
        # It warns about numba and about ties, which are merged below.
        warnings.simplefilter("ignore")
        found = classifier(values) if scheme in _WITHOUT_K else classifier(values, k=k)
    bins = np.unique(np.asarray(found.bins, dtype=float))
    bins = bins[bins < values.max()]
    return np.append(bins, values.max())


def _checked_breaks(breaks: Sequence[float]) -> np.ndarray:
    try:
        bounds = np.asarray(breaks, dtype=float)
    except (TypeError, ValueError):
        bounds = np.array([np.nan])
    if bounds.ndim != 1 or not len(bounds) or not np.isfinite(bounds).all() or (np.diff(bounds) <= 0).any():
        raise DataError(f"breaks={breaks!r} must be finite numbers that rise. Sort them and drop ties.")
    return bounds


def _open_texts(bounds: np.ndarray, digits: int) -> tuple[str, ...]:
    shown = _texts(bounds, digits)
    between = [f"{low} – {high}" for low, high in pairwise(shown)]
    return (f"≤ {shown[0]}", *between, f"> {shown[-1]}")


def _texts(bounds: np.ndarray, digits: int) -> list[str]:
    """Bounds as text, with as many more decimals as it takes to tell them apart."""
    shown: list[str] = []
    for decimals in range(digits, digits + 10):
        shown = [printed(bound + 0.0, decimals) for bound in bounds]
        if len(set(shown)) == len(np.unique(bounds)):
            break
    return shown


def check_k(k: int) -> None:
    """Refuse a number of classes that cannot be drawn."""
    check_whole("k", k)
    if not 2 <= k <= 12:
        raise OptionError(f"k={k!r} must be between 2 and 12 classes: more colours cannot be told apart.")
