"""Weights from what units are like and not only where they are: economic distance, mixtures, gravity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse as sp
from scipy.sparse import csr_array

from ._distance import check_size
from ._errors import AlignmentError, DataError, IslandError, OptionError, listed
from ._spatial_weights import SpatialWeights, check_weights
from ._validate import check_same_units, check_unique, numeric_values

FLOOR_SHARE = 0.1
"""The default floor of economic distance, in sample standard deviations."""


def economic_weights(
    values: pd.Series, *, floor: float | None = None, neighbours: SpatialWeights | None = None
) -> SpatialWeights:
    """Weights by economic distance: the more alike two units are, the more they count.

    Parameters
    ----------
    values : Series
        One number per unit, indexed by unit, such as mean GDP per head over the years. Take a year before
        the sample, or a mean over it: W must not move with the outcome.
    floor : float, optional
        Smallest difference that counts, in the unit of `values`; smaller ones, ties included, are raised to
        it. A tenth of the sample standard deviation when left out. The ledger holds the floor and how many
        pairs it raised.
    neighbours : SpatialWeights, optional
        Weights of the same units to multiply by, element by element: only their links remain. Without them
        every pair is linked.

    Returns
    -------
    SpatialWeights
        In the order of `values`, style "general"; standardise by rows before use in most models.

    Raises
    ------
    DataError
        Missing values, duplicate units, fewer than two units, or the same value in all of them.
    OptionError
        A floor that is not positive, or no smaller than every difference.
    AlignmentError
        `neighbours` holds other units.
    WeightsError
        More links than fit in memory.

    Notes
    -----
    ``w_ij = c_ij / max(|x_i - x_j|, floor)``, with ``c_ij`` from `neighbours` or 1. Without a floor a pair
    with nearly equal values would take the whole row, and a tie would be a division by zero.

    References
    ----------
    .. [1] Case, A. C., Rosen, H. S. and Hines, J. R. (1993). Budget spillovers and fiscal policy
       interdependence. Journal of Public Economics 52, 285-307.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> income = pd.Series({"a": 1.0, "b": 3.0, "c": 3.0})
    >>> sf.economic_weights(income, floor=0.5).sparse.toarray()
    array([[0. , 0.5, 0.5],
           [0.5, 0. , 2. ],
           [0.5, 2. , 0. ]])
    """
    series = _one_per_unit(values, "values")
    numbers = pd.Series(numeric_values(series, "values"), index=series.index)
    ordered = np.sort(numbers.to_numpy())
    if ordered[-1] - ordered[0] <= 1e-12 * np.abs(ordered).max():
        raise DataError(
            f"values: the same in all {len(ordered)} units, so economic distance tells nothing apart."
        )
    width, origin = _floor(floor, ordered)
    pairs, base = _pairs(series.index, neighbours)
    place = pd.Index(numbers.index)
    x = numbers.to_numpy()
    rows, columns = pairs.coords
    difference = np.abs(x[rows] - x[columns])
    matrix = sp.csr_array((pairs.data / np.maximum(difference, width), (rows, columns)), shape=pairs.shape)
    name = "" if values.name is None else f" of {values.name}"
    ledger = (
        *base,
        f"economic distance{name}: {len(place)} units, weight 1/max(|x_i - x_j|, floor), "
        f"floor {width:.6g} ({origin})",
        _raised(rows, columns, difference, width),
    )
    label = "economic distance" if neighbours is None else f"{neighbours.name or 'neighbours'} x economic"
    return SpatialWeights(place, matrix, "general", ledger, label)


def nested_weights(
    geographic: SpatialWeights, economic: SpatialWeights, *, share: float = 0.5
) -> SpatialWeights:
    """Mix two weights of the same units: a share of one and the rest of the other.

    Parameters
    ----------
    geographic, economic : SpatialWeights
        Any two weights of the same units, in any order; both are standardised by rows first.
    share : float
        Share of `geographic`, from 0 to 1.

    Returns
    -------
    SpatialWeights
        Style "row", in the order of `geographic`. The ledger holds the share and both ledgers.

    Raises
    ------
    OptionError
        A share outside [0, 1].
    AlignmentError
        The units differ.
    IslandError
        A unit with neighbours in one of the two only: its row would not sum to one.

    Notes
    -----
    ``share * W_geo + (1 - share) * W_eco``, both row-standardised. "Nested" has other meanings in the
    literature: products of the two matrices, or mixtures that are not standardised.

    References
    ----------
    .. [1] Case, A. C., Rosen, H. S. and Hines, J. R. (1993). Budget spillovers and fiscal policy
       interdependence. Journal of Public Economics 52, 285-307.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> near = sf.SpatialWeights.from_matrix([[0, 1, 0], [1, 0, 1], [0, 1, 0]], ids=["a", "b", "c"])
    >>> alike = sf.economic_weights(pd.Series({"a": 0.0, "b": 3.0, "c": 1.0}))
    >>> sf.nested_weights(near, alike, share=0.5).sparse.toarray()[0]
    array([0.   , 0.625, 0.375])
    """
    if isinstance(share, bool) or not isinstance(share, (int, float, np.number)) or not 0 <= share <= 1:
        raise OptionError(f"share={share!r}: a number from 0 to 1 is needed, the share of the first weights.")
    for each in (geographic, economic):
        check_weights(each)
    check_same_units(economic.ids, geographic.ids, data_name="the second weights")
    alone = geographic.islands.symmetric_difference(economic.islands, sort=False)
    if len(alone) and 0 < share < 1:
        raise IslandError(
            f"{listed(sorted(alone, key=str))} have neighbours in one of the two weights only, so their rows "
            "would not sum to one. Link them (islands= of the builder) or drop them from both."
        )
    # In one order for all callers: sums of floating-point numbers depend on theirs.
    ids = pd.Index(sorted(geographic.ids, key=str))
    near, alike = (_by_rows(each, ids) for each in (geographic, economic))
    mixed = SpatialWeights(ids, csr_array(share * near + (1 - share) * alike), "row")
    names = (geographic.name or "first", economic.name or "second")
    ledger = (
        *(f"{names[0]}: {line}" for line in geographic.ledger),
        *(f"{names[1]}: {line}" for line in economic.ledger),
        f"nested: {share:g} * {names[0]} + {1 - share:g} * {names[1]}, both row-standardised",
    )
    matrix = mixed.align(geographic.ids)
    return replace(mixed, ids=geographic.ids, sparse=matrix, ledger=ledger, name=f"nested {share:g}")


def times_masses(distance: SpatialWeights, masses: pd.Series, power: float) -> SpatialWeights:
    """Inverse-distance weights times the product of the masses of both units."""
    series = _one_per_unit(masses, "masses")
    _check_against_layer(series.index, distance.ids)
    numbers = numeric_values(series, "masses")
    wrong = series.index[numbers <= 0]
    if len(wrong):
        raise DataError(
            f"masses: zero or negative at {listed(wrong)}. Gravity needs a positive mass of every unit."
        )
    mass = pd.Series(numbers, index=series.index).loc[distance.ids].to_numpy()
    links = distance.sparse.tocoo()
    rows, columns = links.coords
    matrix = sp.csr_array((mass[rows] * mass[columns] * links.data, (rows, columns)), shape=links.shape)
    name = "" if masses.name is None else f", mass {masses.name}"
    ledger = (*distance.ledger, f"gravity: times the masses of both units, x_i x_j / km^{power:g}{name}")
    return SpatialWeights(distance.ids, matrix, "general", ledger, f"gravity km^-{power:g}")


def _one_per_unit(values: Any, what: str) -> pd.Series:
    if not isinstance(values, pd.Series):
        raise DataError(f"{what}: a Series indexed by unit is needed, not {type(values).__name__}.")
    if isinstance(values.index, pd.MultiIndex):
        raise DataError(
            f"{what}: one number per unit is needed, not several index levels. "
            "For a panel take one year or the mean: series.groupby(level=unit).mean()."
        )
    check_unique(values.index, what)
    if len(values) < 2:
        raise DataError(f"{what}: at least two units are needed, not {len(values)}.")
    return values


def _floor(floor: float | None, ordered: np.ndarray) -> tuple[float, str]:
    """The floor of economic distance, and where it comes from."""
    if floor is None:
        return FLOOR_SHARE * float(ordered.std(ddof=1)), f"{FLOOR_SHARE:g} standard deviations"
    if isinstance(floor, bool) or not isinstance(floor, (int, float, np.number)):
        raise OptionError(f"floor={floor!r}: a positive number is needed, in the unit of the values.")
    if not (np.isfinite(floor) and floor > 0):
        raise OptionError(f"floor={floor!r}: a positive number is needed, in the unit of the values.")
    largest = float(ordered[-1] - ordered[0])
    if floor >= largest:
        raise OptionError(
            f"floor={floor:g} is not below the largest difference, {largest:g}: all weights would be equal."
        )
    return float(floor), "given"


def _pairs(ids: pd.Index, neighbours: SpatialWeights | None) -> tuple[sp.coo_array, tuple[str, ...]]:
    """The links that get an economic weight, with what they are multiplied by, and their ledger."""
    if neighbours is not None:
        check_weights(neighbours)
        check_same_units(ids, neighbours.ids, data_name="values")
        return neighbours.align(ids).tocoo(), neighbours.ledger
    n = len(ids)
    check_size(float(n) ** 2, "Give neighbours=, whose links alone are then used.")
    rows, columns = np.nonzero(~np.eye(n, dtype=bool))
    return sp.coo_array((np.ones(len(rows)), (rows, columns)), shape=(n, n)), ()


def _raised(rows: np.ndarray, columns: np.ndarray, difference: np.ndarray, width: float) -> str:
    """How many unordered pairs the floor raised."""
    links = pd.DataFrame({"one": np.minimum(rows, columns), "other": np.maximum(rows, columns)})
    once = difference[~links.duplicated().to_numpy()]
    below, ties = int((once < width).sum()), int((once == 0).sum())
    return f"floor: raised {below} of {len(once)} pairs, {ties} of them ties (equal values)"


def _by_rows(weights: SpatialWeights, ids: pd.Index) -> csr_array:
    """Row-standardised matrix in the order of `ids`."""
    aligned = replace(weights, ids=ids, sparse=weights.align(ids))
    return aligned.sparse if weights.style == "row" else aligned.standardize("row").sparse


def _check_against_layer(masses: Iterable[object], layer: Iterable[object]) -> None:
    have, want = set(masses), set(layer)
    sides = {"masses": have - want, "layer": want - have}
    parts = [f"only in the {side}: {listed(sorted(rest, key=str))}" for side, rest in sides.items() if rest]
    if parts:
        raise AlignmentError(
            f"masses and layer must hold the same units; {'; '.join(parts)}. Take the units of both, such as "
            "layer.loc[masses.index]."
        )
