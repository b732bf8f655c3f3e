"""Firms with coordinates to the polygon that covers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._errors import DataError, LayerError, OptionError
from .._geometry import usable_units

if TYPE_CHECKING:
    import narwhals as nw
    from geopandas import GeoDataFrame

POINTS_CRS = "EPSG:4326"
_ROWS_AT_A_TIME = 200_000


def locate(
    frame: nw.LazyFrame[Any],
    layer: GeoDataFrame,
    *,
    longitude: str,
    latitude: str,
    columns: list[str],
    crs: str,
) -> pd.DataFrame:
    """The chosen columns of every firm with the code of its polygon.

    Parameters
    ----------
    frame : narwhals.LazyFrame
    layer : GeoDataFrame
        Polygons indexed by unit code, with a CRS.
    longitude, latitude : str
        Columns with coordinates.
    columns : list of str
        The other columns to keep.
    crs : str
        Coordinate system of the coordinates.

    Returns
    -------
    DataFrame
        ``columns``, the coordinates, and last ``__region``: missing outside every polygon.
    """
    units = usable_units(layer, polygons=True)
    if units.crs is None:
        raise LayerError("The layer has no CRS: set the one it was made in with layer.set_crs().")
    names = list(dict.fromkeys([longitude, latitude, *columns]))
    table = frame.select(*names).collect(backend="pyarrow").to_pandas()
    x, y = (table[name].to_numpy(dtype=float, na_value=np.nan) for name in (longitude, latitude))
    _refuse_impossible(x, y, crs, longitude, latitude)
    place = _polygons(units, x, y, crs)
    _refuse_swapped(units, x, y, place, crs, longitude, latitude)
    ids = np.asarray([str(label) for label in units.index], dtype=object)
    region = np.where(place >= 0, ids[place], None)
    return table.assign(__region=pd.Series(region, index=table.index, dtype="str"))


def _is_geographic(crs: str) -> bool:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return bool(CRS.from_user_input(crs).is_geographic)
    except CRSError as error:
        raise OptionError(
            f"points_crs={crs!r} is not a coordinate system. Give one such as 'EPSG:4326'."
        ) from error


def _refuse_impossible(x: np.ndarray, y: np.ndarray, crs: str, longitude: str, latitude: str) -> None:
    if not _is_geographic(crs):
        return
    bad = int(np.sum((np.abs(x) > 180) | (np.abs(y) > 90)))
    if not bad:
        return
    turned = np.nanmax(np.abs(x)) <= 90 and np.nanmax(np.abs(y)) <= 180
    raise DataError(
        f"{bad} firms have a longitude beyond 180 or a latitude beyond 90 degrees. "
        + (
            f"{longitude!r} and {latitude!r} look swapped: turn them round."
            if turned
            else "Give points_crs= when the coordinates are not degrees, or correct them."
        )
    )


def _polygons(units: GeoDataFrame, x: np.ndarray, y: np.ndarray, crs: str) -> np.ndarray:
    """Row of the polygon that covers each point: on a border the smallest code; -1 for none."""
    import shapely
    from pyproj import Transformer

    tree = shapely.STRtree(units.geometry.to_numpy())
    rank = np.empty(len(units), dtype=np.intp)
    by_code = np.argsort(np.asarray([str(label) for label in units.index], dtype=object))
    rank[by_code] = np.arange(len(units))
    turn = Transformer.from_crs(crs, units.crs, always_xy=True)
    none = len(units)
    found = np.full(len(x), none)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    for start in range(0, len(known), _ROWS_AT_A_TIME):
        rows = known[start : start + _ROWS_AT_A_TIME]
        points = shapely.points(*turn.transform(x[rows], y[rows]))
        hits, polygons = tree.query(points, predicate="intersects")
        np.minimum.at(found, rows[hits], rank[polygons])
    return np.asarray(np.append(by_code, -1)[found])


def _refuse_swapped(
    units: GeoDataFrame,
    x: np.ndarray,
    y: np.ndarray,
    place: np.ndarray,
    crs: str,
    longitude: str,
    latitude: str,
) -> None:
    """Refuse coordinates of which more lie in the layer the other way round."""
    outside = np.flatnonzero((place < 0) & np.isfinite(x) & np.isfinite(y))
    inside = int(np.sum(place >= 0))
    if len(outside) <= inside:
        return
    sample = outside[:: max(1, len(outside) // 10_000)]
    turned = np.mean(_polygons(units, y[sample], x[sample], crs) >= 0)
    if turned > 0.5:
        raise DataError(
            f"{len(outside)} of {len(outside) + inside} firms lie outside the layer, and inside when "
            f"{longitude!r} and {latitude!r} are swapped: turn them round."
        )
