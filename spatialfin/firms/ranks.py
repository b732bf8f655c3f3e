"""Statistics of the firms of a cell, by name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .._errors import OptionError, nearest
from .._validate import check_names

_PLAIN = ("sum", "mean", "min", "max", "median")


@dataclass(frozen=True, slots=True)
class Statistic:
    """One statistic: its word, and its percentile (0 to 1) or number of largest firms where it has one."""

    word: str
    percentile: float | None = None
    largest: int | None = None

    @property
    def needs_every_firm(self) -> bool:
        """Whether totals of parts are not enough."""
        return self.percentile is not None or self.largest is not None

    def column(self, value: str) -> str:
        """Name of the column for one value."""
        return value if self.word == "sum" else f"{value}_{self.word}"


def parse_statistics(statistics: str | Iterable[str]) -> list[Statistic]:
    """The statistics asked for, or an error that names the valid words."""
    words = list(dict.fromkeys(check_names("statistics", statistics)))
    return [_parsed(word) for word in words]


def _parsed(word: str) -> Statistic:
    if word == "median":
        return Statistic(word, percentile=0.5)
    if word in _PLAIN:
        return Statistic(word)
    if found := re.fullmatch(r"p([1-9]\d?)", word):
        return Statistic(word, percentile=int(found[1]) / 100)
    if found := re.fullmatch(r"top([1-9]\d{0,3})_share", word):
        return Statistic(word, largest=int(found[1]))
    raise OptionError(
        f"statistics: {word!r} is not an option.{nearest(word, [*_PLAIN, 'top3_share'])} "
        "Valid: 'sum', 'mean', 'min', 'max', 'median', 'p1' to 'p99', 'top3_share' (or any number)."
    )


def ordered_statistic(statistic: Statistic, values: np.ndarray, cell: np.ndarray, n_cells: int) -> np.ndarray:
    """A percentile, or the share of the largest, in every cell.

    Parameters
    ----------
    statistic : Statistic
    values : array, shape (n,)
        Values of the firms, without missing ones.
    cell : array of int, shape (n,)
        The cell of each firm.
    n_cells : int

    Returns
    -------
    array, shape (n_cells,)
        NaN in cells without a firm, and for shares where the sum is zero.
    """
    order = np.lexsort((values, cell))
    values, cell = values[order], cell[order]
    counts = np.bincount(cell, minlength=n_cells)
    starts = np.cumsum(counts) - counts
    found = np.full(n_cells, np.nan)
    filled = counts > 0
    if statistic.percentile is not None:
        place = statistic.percentile * (counts[filled] - 1)
        below = np.floor(place).astype(np.intp)
        above = np.minimum(below + 1, counts[filled] - 1)
        low, high = values[starts[filled] + below], values[starts[filled] + above]
        found[filled] = low + (place - below) * (high - low)
        return found
    from_the_top = counts[cell] - (np.arange(len(cell)) - starts[cell])
    largest = np.where(from_the_top <= (statistic.largest or 0), values, 0.0)
    top, total = (np.bincount(cell, weights=part, minlength=n_cells) for part in (largest, values))
    np.divide(top, total, out=found, where=total > 0)
    return found
