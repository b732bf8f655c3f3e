"""What every builder of weights needs from a layer: checked units, the unit of length, points in km."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from ._errors import LayerError, listed, raise_all

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the earth (IUGG)."""
_THREADS = 4
_SNAP_METRES = 0.01
_POLE = 90.01  # degrees, with room for rounding in files
BEYOND_THE_POLES = (
    "latitudes beyond 90 degrees: the CRS does not fit the coordinates, "
    "correct it with layer.set_crs(..., allow_override=True)"
)
_SNAP_SHARE_OF_EXTENT = 1e-8


def usable_units(layer: Any, *, polygons: bool) -> GeoDataFrame:
    """The units of a layer without its decoration, or one error with every fault.

    `polygons` asks for areas; otherwise points are fine too.
    """
    import geopandas

    if not isinstance(layer, geopandas.GeoDataFrame):
        raise LayerError(f"A GeoDataFrame indexed by unit id is needed, not {type(layer).__name__}.")
    if "decoration" in layer.columns:
        layer = layer.loc[~layer["decoration"].fillna(False).astype(bool)]
    if layer.active_geometry_name is None:
        raise LayerError("The layer has no geometry column: name it with layer.set_geometry(column).")
    if isinstance(layer.index, pd.MultiIndex):
        raise LayerError("The layer needs one id per unit as its index, not a MultiIndex.")
    ids, geometry = layer.index, layer.geometry.to_numpy()
    wanted = ("Polygon", "MultiPolygon") if polygons else ("Polygon", "MultiPolygon", "Point")
    missing, empty = shapely.is_missing(geometry), shapely.is_empty(geometry)
    present = ~missing & ~empty
    faults = {
        "missing ids in rows": (ids.isna(), pd.RangeIndex(len(ids))),
        "duplicate ids": (ids.duplicated() & ids.notna(), ids),
        "missing geometry at": (missing, ids),
        "empty geometry at": (empty, ids),
        "invalid geometry (repair with geometry.make_valid()) at": (
            present & ~_is_valid(geometry),
            ids,
        ),
        f"geometry other than {' or '.join(wanted)} at": (
            present & ~layer.geom_type.isin(wanted).to_numpy(),
            ids,
        ),
        "coordinates that are not finite at": (
            present & ~np.isfinite(shapely.bounds(geometry)).all(axis=1),
            ids,
        ),
    }
    problems = [
        f"{what} {listed(labels[bad].unique())}" for what, (bad, labels) in faults.items() if bad.any()
    ]
    if len(layer) == 0:
        problems.append("no units: check the filter that made the layer")
    if beyond_the_poles(layer):
        problems.append(BEYOND_THE_POLES)
    raise_all(problems, LayerError, "layer")
    return layer


def beyond_the_poles(layer: GeoDataFrame) -> bool:
    """Whether a layer that says it is in degrees is not."""
    if layer.crs is None or not layer.crs.is_geographic:
        return False
    _, south, _, north = layer.total_bounds
    return bool(max(abs(south), abs(north)) > _POLE)


def _is_valid(geometry: np.ndarray) -> np.ndarray:
    """Validity of each geometry, in threads: it is the longest step of building contiguity weights."""
    # shapely sets warning filters in each thread, whose restoring would leave all warnings off for good.
    with warnings.catch_warnings(), ThreadPoolExecutor(_THREADS) as pool:
        return np.concatenate(list(pool.map(shapely.is_valid, np.array_split(geometry, _THREADS))))


def metres_per_unit(layer: GeoDataFrame) -> float | None:
    """Length of one coordinate unit in metres (along a meridian for degrees), None without a CRS."""
    if layer.crs is None:
        return None
    factor = float(layer.crs.axis_info[0].unit_conversion_factor)
    return factor * EARTH_RADIUS_KM * 1000 if layer.crs.is_geographic else factor


def default_snap(layer: GeoDataFrame) -> tuple[float, str]:
    """Distance in coordinate units within which two boundaries are one, and how it was chosen."""
    metres = metres_per_unit(layer)
    if metres is None:
        west, south, east, north = layer.total_bounds
        snap = _SNAP_SHARE_OF_EXTENT * max(east - west, north - south)
        return snap, f"snap {snap:.3g} (1e-8 of the extent: the layer has no CRS)"
    snap = _SNAP_METRES / metres
    return snap, f"snap {snap:.3g} coordinate units (10 mm)"


def points_km(layer: GeoDataFrame) -> tuple[np.ndarray, str]:
    """Positions whose Euclidean distances give km: x, y in km, or x, y, z on the globe (chords).

    Returns
    -------
    positions : ndarray, shape (n, 2) or (n, 3)
        Planar coordinates in km, or points on a sphere with the earth's radius in km.
    note : str
        Which of the two, for the ledger.
    """
    metres = metres_per_unit(layer)
    if metres is None:
        raise LayerError("The layer has no CRS, so distances have no unit. Set one with layer.set_crs(...).")
    centres = shapely.get_coordinates(shapely.centroid(layer.geometry.to_numpy()))
    if not layer.crs.is_geographic:
        return centres * metres / 1000, "planar km between centroids"
    radians = centres * float(layer.crs.axis_info[0].unit_conversion_factor)
    longitude, latitude = radians[:, 0], radians[:, 1]
    if np.abs(latitude).max() > np.pi / 2 + 1e-9:
        raise LayerError("Latitudes beyond 90 degrees: the CRS of the layer does not fit its coordinates.")
    level = np.cos(latitude)
    globe = np.column_stack([level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)])
    return EARTH_RADIUS_KM * globe, "great-circle km between centroids"


def chord_of(km: float, dimensions: int) -> float:
    """The Euclidean distance between positions that are `km` apart."""
    if dimensions == 2:
        return km
    return 2 * EARTH_RADIUS_KM * float(np.sin(min(km / (2 * EARTH_RADIUS_KM), np.pi / 2)))


def km_of(chord: np.ndarray, dimensions: int) -> np.ndarray:
    """Distance in km from the Euclidean distance between positions."""
    if dimensions == 2:
        return chord
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / (2 * EARTH_RADIUS_KM), 1.0))
