"""The numbers of a linked page: values, classes and statistics, rounded to what is shown."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._errors import AlignmentError, DataError, SpatialfinWarning, WeightsError, listed
from .._validate import check_same_units

if TYPE_CHECKING:
    from ..weights import SpatialWeights
    from .linked import Settings

HUNDREDTHS, THOUSANDTHS = 100, 1000
_FEWEST_UNITS = 4
_NONE = "-"


@dataclass(frozen=True, slots=True)
class Cell:
    """The statistics of one variable in one period with one W; units in the order of the page.

    Attributes
    ----------
    n : int
        Units with a value.
    reason : str
        Why there are no statistics: ``empty``, ``few``, ``constant``, ``no_links``; empty where there are.
    z, lag, p : list of int or None
        Hundredths of z and of its lag, thousandths of the permutation p-value; None for units without a
        value.
    clusters : str
        One digit per unit, its place in `CLUSTERS`; a hyphen for units without one.
    I, p_global : float or None
        Moran's I and its permutation p-value.
    line : list of two float, or None
        Slope and intercept of the least-squares line of the lag on z.
    """

    n: int
    reason: str = ""
    z: list[int | None] | None = None
    lag: list[int | None] | None = None
    p: list[int | None] | None = None
    clusters: str = ""
    I: float | None = None  # noqa: E741
    p_global: float | None = None
    line: list[float] | None = None


def value_grids(
    data: pd.DataFrame, variables: list[str], *, unit: str, time: str | None, units: pd.Index
) -> tuple[list[Any], dict[str, pd.DataFrame]]:
    """The periods, and for each variable a table of units (rows) by periods.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period.
    variables : list of str
        Columns of numbers.
    unit, time : str
        Its keys; without `time` there is one period.
    units : Index
        Units of the layer; those without rows have no values.
    """
    from .._panel_keys import checked_columns, column_values, panel_rows

    key = time if time is not None else "period"
    keyed = data if time is not None else data.assign(**{key: ""})
    rows = panel_rows(keyed, unit=unit, time=key)
    names = checked_columns(data, variables, keys=[unit, key])
    unknown = rows.units.difference(units)
    if len(unknown):
        raise AlignmentError(
            f"The layer has no shape for {listed(unknown)}. Give the column with the codes of the layer "
            f"(such as {listed(units[:1])}, as text) as unit=, or drop these rows."
        )
    grids = {}
    places = rows.grid()
    for name in names:
        values = np.append(column_values(data, name, rows.labels), np.nan)[places]
        grids[name] = pd.DataFrame(values, index=rows.units, columns=rows.periods)
    return list(rows.periods), grids


def cells(
    grids: Mapping[str, pd.DataFrame],
    weights: Mapping[str, SpatialWeights],
    units: pd.Index,
    settings: Settings,
) -> dict[str, dict[str, list[Cell]]]:
    """Variable to W to the statistics of each period.

    Parameters
    ----------
    grids : mapping
        From `value_grids`.
    weights : mapping of str to SpatialWeights
        Over exactly the units of the data.
    units : Index
        Order of the units on the page.
    settings : Settings
    """
    found: dict[str, dict[str, list[Cell]]] = {}
    gaps = []
    for name, grid in grids.items():
        found[name] = {label: [] for label in weights}
        for period in grid.columns:
            known = grid[period].dropna().rename(name)
            if 0 < len(known) < len(grid):
                gaps.append(f"{name} {period}".strip())
            for label, matrix in weights.items():
                found[name][label].append(_cell(known, matrix, units, settings))
    if gaps:
        warnings.warn(
            f"Some units have no value of {listed(gaps)}: the statistics are those of the other units, with "
            "the links among these.",
            SpatialfinWarning,
            stacklevel=3,
        )
    return found


def check_units(grids: Mapping[str, pd.DataFrame], weights: Mapping[str, SpatialWeights]) -> None:
    """Refuse weights over other units than the data."""
    have = next(iter(grids.values())).index
    for matrix in weights.values():
        check_same_units(have, matrix.ids)


def _cell(known: pd.Series, weights: SpatialWeights, units: pd.Index, settings: Settings) -> Cell:
    from ..explore import CLUSTERS, local_moran, moran

    if known.empty:
        return Cell(0, "empty")
    try:
        matrix = _among(weights, known.index)
        overall = moran(known, matrix, permutations=settings.permutations, seed=settings.seed)
        local = local_moran(known, matrix, permutations=settings.permutations, seed=settings.seed)
    except DataError:
        return Cell(len(known), "few" if len(known) < _FEWEST_UNITS else "constant")
    except WeightsError:
        return Cell(len(known), "no_links")
    codes = (
        local.clusters(alpha=settings.alpha, adjust=settings.adjust).cat.set_categories(CLUSTERS).cat.codes
    )
    digits = codes.astype(str).reindex(units, fill_value=_NONE)
    return Cell(
        len(known),
        z=whole(local.standardized.reindex(units), HUNDREDTHS),
        lag=whole(local.lag.reindex(units), HUNDREDTHS),
        p=whole(local.p_sim.reindex(units), THOUSANDTHS),
        clusters="".join(digits),
        I=round(overall.I, 4),
        p_global=round(overall.p_sim, 4),
        line=_line(local.standardized.to_numpy(), local.lag.to_numpy()),
    )


def _line(z: np.ndarray, lag: np.ndarray) -> list[float]:
    """Least squares of the lag on z, which has mean 0 and variance 1."""
    return [round(float(z @ lag / len(z)), 4), round(float(lag.mean()), 4)]


def _among(weights: SpatialWeights, known: pd.Index) -> SpatialWeights:
    """The links among the units with a value; one that lost all neighbours is a class of its own."""
    if len(known) == weights.n:
        return weights
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpatialfinWarning)
        return weights.subset(known)


def whole(values: pd.Series, parts: int) -> list[int | None]:
    """Numbers as whole parts, None where there is none."""
    numbers = values.to_numpy(dtype=float)
    there = np.isfinite(numbers)
    rounded = np.rint(np.where(there, numbers, 0) * parts).astype(int)
    return [int(number) if known else None for number, known in zip(rounded, there, strict=True)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A variable as the map shows it.

    Attributes
    ----------
    digits : int
        Decimals of its values.
    classes : tuple of str
        Bounds of its classes, those of all periods together.
    colours : list of str
        One for each class.
    values : list of list of float or None
        By period, in the order of the page.
    members : list of str
        By period: one letter per unit (``a`` is the lowest class), a hyphen without a value.
    """

    digits: int
    classes: tuple[str, ...]
    colours: list[str]
    values: list[list[float | None]]
    members: list[str]


def shown_values(grid: pd.DataFrame, units: pd.Index, *, scheme: str, k: int) -> Shown:
    """Class the values of all periods together, so that the maps of different years compare."""
    from ..plot._classes import classify
    from ..plot._style import shades

    table = grid.reindex(units)
    numbers = table.to_numpy(dtype=float)
    known = np.isfinite(numbers)
    if not known.any():
        return Shown(0, (), [], [[None] * len(units) for _ in table], [_NONE * len(units) for _ in table])
    digits = _decimals(numbers[known])
    classes = classify(numbers[known], scheme=scheme, k=k, breaks=None, digits=digits)
    letters = np.full(numbers.shape, _NONE, dtype="U1")
    letters[known] = [chr(ord("a") + member) for member in classes.members]
    rounded = np.where(known, np.round(np.where(known, numbers, 0.0), digits) + 0.0, np.nan)
    return Shown(
        digits,
        classes.texts,
        shades("YlGnBu", len(classes.texts)),
        [[_short(value, digits) for value in column] for column in rounded.T],
        ["".join(column) for column in letters.T],
    )


def _decimals(numbers: np.ndarray) -> int:
    """Decimals that show about four figures of a middling value, none of whole numbers."""
    if (numbers == np.round(numbers)).all():
        return 0
    middle = float(np.median(np.abs(numbers[numbers != 0])))
    return int(np.clip(3 - np.floor(np.log10(middle)), 0, 9))


def _short(value: float, digits: int) -> float | int | None:
    if np.isnan(value):
        return None
    return float(value) if digits else int(value)
