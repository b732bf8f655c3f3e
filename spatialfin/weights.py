"""Spatial weights: builders from layers, the `SpatialWeights` value, and comparison of several."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from ._contiguity import neighbours_of_order, queen_pairs, rook_pairs, symmetric_matrix
from ._errors import IslandError, OptionError, WeightsError, listed
from ._geometry import default_snap, points_km, usable_units
from ._spatial_weights import SpatialWeights
from ._typing import Rule
from ._validate import check_option

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from scipy.sparse import csr_array

__all__ = ["SpatialWeights", "contiguity_weights"]

Islands = Literal["error", "keep", "nearest"] | Mapping[Hashable, Iterable[Hashable]]


def contiguity_weights(
    layer: GeoDataFrame,
    *,
    rule: Rule = "queen",
    order: int = 1,
    snap: float | None = None,
    islands: Islands = "error",
) -> SpatialWeights:
    """Binary weights of units that border on each other.

    Parameters
    ----------
    layer : GeoDataFrame
        Polygons indexed by unit id. Rows with a true `decoration` column are left out.
    rule : {"queen", "rook"}
        "queen": at most `snap` apart (a shared point is enough). "rook": a shared boundary within `snap` that
        is longer than 10 times `snap`.
    order : int
        Neighbours exactly so many steps away: order 2 are the neighbours of neighbours that are not
        neighbours themselves. For "up to order 2" add both matrices with `SpatialWeights.from_matrix`.
    snap : float, optional
        Distance, in the units of the coordinates, within which two boundaries count as one. The default is
        10 mm, or 1e-8 of the layer's extent when it has no CRS. Coordinates are never rounded.
    islands : {"error", "keep", "nearest"} or mapping
        Units without neighbours: raise, leave their rows empty, link them to the unit with the nearest
        centroid, or link units as in ``{"460000": ["440000"]}``. Links are symmetric, made before `order` is
        applied, and written in the ledger.

    Returns
    -------
    SpatialWeights
        Style "binary", symmetric, in the order of the layer.

    Raises
    ------
    LayerError
        Faults of the layer, all at once.
    IslandError
        Units without neighbours, with the remedies.
    WeightsError
        `islands` names units that the layer does not have.
    OptionError
        Another rule, an order below 1, a negative snap.

    Notes
    -----
    Polygons that overlap are neighbours too, as in the fuzzy contiguity of libpysal.

    Examples
    --------
    >>> import geopandas, shapely, spatialfin as sf
    >>> squares = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(2, 1, 3, 2)]
    >>> layer = geopandas.GeoDataFrame(geometry=squares, index=["a", "b", "c"], crs=32650)
    >>> sf.contiguity_weights(layer).sparse.toarray()
    array([[0., 1., 0.],
           [1., 0., 1.],
           [0., 1., 0.]])
    >>> sf.contiguity_weights(layer, rule="rook", islands="keep").islands
    Index(['c'], dtype='str')
    """
    check_option("rule", rule, ("queen", "rook"))
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or order < 1:
        raise OptionError(f"order={order!r}: a whole number from 1 on is needed.")
    units = usable_units(layer, polygons=True)
    distance, how = _snap(units, snap)
    find = queen_pairs if rule == "queen" else rook_pairs
    geometry = units.geometry.to_numpy().copy()
    matrix = symmetric_matrix(find(geometry, distance), len(units))
    ledger = [f"{rule} contiguity of {len(units)} units, {matrix.nnz // 2} pairs, {how}"]
    matrix, links = _resolve_islands(matrix, units, islands)
    ledger += links
    name = str(rule)
    if order > 1:
        matrix, name = neighbours_of_order(matrix, order), f"{rule} order {order}"
        ledger.append(f"neighbours exactly {order} steps away: {matrix.nnz // 2} pairs")
        alone = units.index[np.diff(matrix.indptr) == 0]
        if len(alone) and islands != "keep":
            raise IslandError(
                f"{len(alone)} units have no neighbours of order {order}: {listed(alone)}. "
                'Use islands="keep" to leave their rows empty, or a lower order.'
            )
    return SpatialWeights(units.index, matrix, "binary", tuple(ledger), name)


def _snap(units: GeoDataFrame, snap: float | None) -> tuple[float, str]:
    if snap is None:
        return default_snap(units)
    if not np.isfinite(snap) or snap < 0:
        raise OptionError(f"snap={snap!r}: a distance of zero or more, in coordinate units, is needed.")
    return float(snap), f"snap {snap:.3g} coordinate units (given)"


def _resolve_islands(matrix: csr_array, units: GeoDataFrame, islands: Islands) -> tuple[csr_array, list[str]]:
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
    from scipy.spatial import cKDTree

    if len(units) < 2:
        return []
    positions = _positions(units)
    found = np.asarray(cKDTree(positions).query(positions[alone], k=2)[1])
    others = np.where(found[:, 0] == alone, found[:, 1], found[:, 0])
    return [(int(unit), int(other)) for unit, other in zip(alone, others, strict=True)]


def _positions(units: GeoDataFrame) -> np.ndarray:
    """Points for nearest-centroid links; without a CRS the coordinates as they are."""
    if units.crs is not None:
        return points_km(units)[0]
    import shapely

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
