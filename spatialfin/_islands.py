"""What to do with units that border on nobody."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import shapely

from ._distance import nearest_links
from ._errors import IslandError, WeightsError, listed
from ._geometry import points_km
from ._validate import check_option

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from scipy.sparse import csr_array

Islands = Literal["error", "keep", "nearest"] | Mapping[Hashable, Iterable[Hashable]]


def resolve_islands(matrix: csr_array, units: GeoDataFrame, islands: Islands) -> tuple[csr_array, list[str]]:
    """Apply the policy for units without neighbours; answer the matrix and what was done."""
    ids = units.index
    if isinstance(islands, Mapping):
        links = _named_links(islands, ids)
    else:
        check_option("islands", islands, ("error", "keep", "nearest"))
        alone = np.flatnonzero(np.diff(matrix.indptr) == 0)
        if islands == "keep":
            return matrix, [f"islands kept with empty rows: {listed(ids[alone])}"] if len(alone) else []
        links = _nearest_links(alone, units) if islands == "nearest" and len(alone) else []
    for unit, other in links:
        matrix = _linked(matrix, unit, other)
    left = np.flatnonzero(np.diff(matrix.indptr) == 0)
    if len(left):
        raise IslandError(_island_message(left, units))
    how = "as given" if isinstance(islands, Mapping) else "nearest centroid"
    return matrix, [f"linked {ids[unit]!s} and {ids[other]!s} ({how})" for unit, other in links]


def _named_links(islands: Mapping[Hashable, Iterable[Hashable]], ids: pd.Index) -> list[tuple[int, int]]:
    """Positions of the pairs to link, in the order given."""
    pairs = [
        (unit, other)
        for unit, others in islands.items()
        for other in ([others] if isinstance(others, str) else others)
    ]
    unknown = sorted({str(label) for pair in pairs for label in pair if label not in ids})
    if unknown:
        raise WeightsError(f"islands: the layer has no units {listed(unknown)}.")
    itself = [unit for unit, other in pairs if unit == other]
    if itself:
        raise WeightsError(f"islands: a unit cannot be its own neighbour: {listed(itself)}.")
    position = {label: number for number, label in enumerate(ids)}
    return [(position[unit], position[other]) for unit, other in pairs]


def _nearest_links(alone: np.ndarray, units: GeoDataFrame) -> list[tuple[int, int]]:
    """Each lonely unit with the unit whose centroid is nearest."""
    if len(units) < 2:
        return []
    neighbours, _, _ = nearest_links(_positions(units), 1)
    return [(int(unit), int(neighbours[unit, 0])) for unit in alone]


def _positions(units: GeoDataFrame) -> np.ndarray:
    """Points for nearest-centroid links; without a CRS the coordinates as they are."""
    if units.crs is not None:
        return points_km(units)[0]
    coordinates: np.ndarray = shapely.get_coordinates(shapely.centroid(units.geometry.to_numpy()))
    return coordinates


def _linked(matrix: csr_array, unit: int, other: int) -> csr_array:
    linked = matrix.tolil()
    linked[unit, other] = linked[other, unit] = 1.0
    return linked.tocsr()


def _island_message(alone: np.ndarray, units: GeoDataFrame) -> str:
    ids = units.index
    suggestion = ""
    if len(units) > 1:
        unit, other = _nearest_links(alone[:1], units)[0]
        suggestion = f", or islands={{{str(ids[unit])!r}: [{str(ids[other])!r}]}} to link units by name"
    return (
        f"{len(alone)} of {len(ids)} units have no neighbours: {listed(ids[alone])}. "
        'Use islands="keep" to leave their rows empty, islands="nearest" to link each to the nearest centroid'
        f"{suggestion}."
    )
