"""Where the weight of a variable lies and how it spreads: gravity centres and standard ellipses by period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import shapely

from .._core.ellipse import Ellipse, weighted_ellipse
from .._errors import AlignmentError, DataError, LayerError, OptionError, listed, warn_caller
from .._geometry import EARTH_RADIUS_KM, usable_units
from .._panel_trajectories import Trajectories, read_trajectories
from .._validate import check_option

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pyproj import CRS

__all__ = ["GravityPath", "gravity_path"]

_LONGITUDE_LATITUDE = "EPSG:4326"
_OUTLINE = np.linspace(0, 2 * np.pi, 181)
_COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
_NEAR = 1e-4  # degrees of latitude, to find which way north is
_STRETCHED = 0.05
"""Error of areas from which a projection is no longer one to measure in."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GravityPath:
    """Gravity centre and standard deviational ellipse of every period.

    Attributes
    ----------
    table : DataFrame
        By period: longitude, latitude (degrees, WGS 84) of the centre; major_km, minor_km (semi-axes);
        rotation (degrees clockwise from true north to the major axis, from 0 to 180, NaN for a circle);
        flattening (``1 - minor/major``, NaN when all weight is in one place); area_km2.
    path : DataFrame
        By period of arrival: start (period of departure), km (great circle), bearing (degrees clockwise from
        true north), direction (one of N, NE, ..., NW); NaN where the centre stayed.
    ellipses : GeoDataFrame
        By period: outline of the ellipse, in WGS 84.
    variable : str
        Name of the weights.
    axes : {"sqrt2", "yuill"}
        Length of the semi-axes in standard deviations: the square root of 2, or 1.
    crs : str
        Projection in which axes and areas were measured.
    """

    table: pd.DataFrame
    path: pd.DataFrame
    ellipses: GeoDataFrame
    variable: str
    axes: str
    crs: str

    @property
    def displacement(self) -> pd.Series:
        """First centre to last: km, bearing, direction, and the length of the way (way_km)."""
        ends = self.table.iloc[[0, -1]]
        straight = _steps(ends).iloc[0]
        return pd.Series(
            {
                "km": straight["km"],
                "bearing": straight["bearing"],
                "direction": straight["direction"],
                "way_km": self.path["km"].sum(),
            },
            name="displacement",
        )

    def __repr__(self) -> str:
        times = self.table.index
        text = f"<Gravity centre of {self.variable}: {len(times)} periods from {times[0]} to {times[-1]}"
        if len(times) == 1:
            return text + ">"
        moved = self.displacement
        where = f"{moved['km']:.1f} km to {moved['direction']}" if moved["km"] >= 1e-6 else "no move"
        return text + f", {where} on a way of {moved['way_km']:.1f} km>"


def gravity_path(
    data: pd.DataFrame,
    variable: str,
    layer: GeoDataFrame,
    *,
    unit: str,
    time: str,
    axes: Literal["sqrt2", "yuill"] = "sqrt2",
    crs: Any = None,
) -> GravityPath:
    """Gravity centre and weighted standard deviational ellipse by period.

    Parameters
    ----------
    data : DataFrame
        One row per unit and period, balanced, in any order.
    variable : str
        Column with the weights of the units: GDP, deposits, persons, ... Not negative.
    layer : GeoDataFrame
        Boundaries or points indexed by unit; units that the data lack are left out.
    unit, time : str
        Columns or index levels with the keys.
    axes : {"sqrt2", "yuill"}
        Semi-axes of sqrt(2) standard deviations, as ArcGIS and CrimeStat draw them (63 % of a bivariate
        normal distribution lie inside), or of one, as in [1]_ (39 %).
    crs : optional
        Projected coordinate system to measure in, anything that geopandas takes. Default: Lambert's
        azimuthal equal-area projection about the middle of the units.

    Returns
    -------
    GravityPath
        A `SpatialfinWarning` says when `crs` stretches or shrinks areas at a centre by more than 5 %, as
        Mercator's projections do.

    Raises
    ------
    AlignmentError
        Units of the data that the layer does not have.
    DataError
        Missing rows or values, negative weights, a period whose weights are all zero, fewer than 3 units.
    LayerError
        A layer without a coordinate system, or with bad ids or geometry.
    OptionError
        For another word, or a `crs` in degrees or unknown.

    Notes
    -----
    Centre ``c = sum w_i p_i / sum w_i`` of the units' centroids p; the axes are those of the weighted
    covariance ``sum w_i (p_i - c)(p_i - c)' / sum w_i``, which is the rotation
    ``tan 2a = 2 sum w x y / (sum w x^2 - sum w y^2)`` of [1]_; the area is ``pi`` times both semi-axes.
    CrimeStat and pointpats divide by n - 2 instead of n: their unweighted axes are ``sqrt(n / (n - 2))``
    times those of ``axes="sqrt2"``. Distances between centres are great-circle ones.

    References
    ----------
    .. [1] Yuill, R. S. (1971). The standard deviational ellipse: an updated tool for spatial description.
       Geografiska Annaler B 53, 28-39.

    Examples
    --------
    >>> import geopandas, pandas as pd, spatialfin as sf
    >>> points = geopandas.points_from_xy([110, 114, 112, 112], [30, 30, 29, 31])
    >>> layer = geopandas.GeoDataFrame(geometry=points, index=list("abcd"), crs=4326)
    >>> data = pd.DataFrame({"code": list("abcd") * 2, "year": [2005] * 4 + [2006] * 4,
    ...                      "gdp": [1.0, 1, 1, 1, 1, 2, 1, 1]})
    >>> found = sf.explore.gravity_path(data, "gdp", layer, unit="code", time="year")
    >>> found.table["longitude"].round(2).tolist(), found.displacement["direction"]
    ([112.0, 112.4], 'E')
    """
    check_option("axes", axes, ("sqrt2", "yuill"))
    found = read_trajectories(data, variable, unit=unit, time=time, fewest_units=3, fewest_times=1)
    _check_weights_of_units(found)
    shapes = _shapes(found, layer)
    plane = _plane(shapes, crs)
    points = shapely.get_coordinates(shapely.centroid(shapes.to_crs(plane).geometry.to_numpy()))
    km = _km_per_unit(plane)
    drawn = [weighted_ellipse(points, weights) for weights in found.values.T]
    times = found.times.rename(time)
    scale = np.sqrt(2) if axes == "sqrt2" else 1.0
    table = _table(drawn, times, plane, scale * km)
    if crs is not None:
        _warn_of_stretched_areas(table, plane)
    outlines = [_outline(one, scale) for one in drawn]
    return GravityPath(
        table=table,
        path=_steps(table),
        ellipses=_in_degrees(outlines, times, plane),
        variable=variable,
        axes=axes,
        crs=plane.to_string(),
    )


def _check_weights_of_units(found: Trajectories) -> None:
    negative = np.flatnonzero((found.values < 0).any(axis=1))
    empty = np.flatnonzero(found.values.sum(axis=0) == 0)
    if len(negative):
        raise DataError(f"{found.name}: negative weights at {listed(found.units[negative])}.")
    if len(empty):
        raise DataError(
            f"{found.name}: all weights are zero in {listed(found.times[empty])}: drop these periods."
        )


def _shapes(found: Trajectories, layer: GeoDataFrame) -> GeoDataFrame:
    """The units of the data, in their order."""
    usable = usable_units(layer, polygons=False)
    if usable.crs is None:
        raise LayerError("The layer has no CRS, so distances have no unit. Set one with layer.set_crs(...).")
    absent = found.units.difference(usable.index, sort=False)
    if len(absent):
        raise AlignmentError(f"The layer has no units {listed(absent)} of the data: drop them or add them.")
    return usable.loc[found.units]


def _plane(shapes: GeoDataFrame, crs: Any) -> CRS:
    """The projection to measure in."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if crs is not None:
        try:
            plane = CRS.from_user_input(crs)
        except CRSError as error:
            raise OptionError(f"crs={crs!r} is no coordinate system that pyproj knows.") from error
        if not plane.is_projected:
            raise OptionError(f"crs={crs!r} is not projected: lengths in degrees are no lengths.")
        return plane
    centres = shapely.get_coordinates(
        shapely.centroid(shapes.to_crs(_LONGITUDE_LATITUDE).geometry.to_numpy())
    )
    east, north = np.radians(centres).T
    globe = np.array([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)]).mean(axis=1)
    longitude = np.degrees(np.arctan2(globe[1], globe[0]))
    latitude = np.degrees(np.arctan2(globe[2], np.hypot(globe[0], globe[1])))
    return CRS.from_string(f"+proj=laea +lat_0={latitude:.6f} +lon_0={longitude:.6f} +datum=WGS84 +units=m")


def _warn_of_stretched_areas(table: pd.DataFrame, plane: CRS) -> None:
    from pyproj import Proj

    areal = Proj(plane).get_factors(table["longitude"].to_numpy(), table["latitude"].to_numpy()).areal_scale
    worst = max(np.atleast_1d(areal), key=lambda one: abs(np.log(one)))
    if abs(np.log(worst)) > np.log(1 + _STRETCHED):
        warn_caller(
            f"crs shows areas at the centre {worst:.2f} times as large as they are, so axes are off: "
            "leave it out, or take an equal-area projection."
        )


def _km_per_unit(plane: CRS) -> float:
    return float(plane.axis_info[0].unit_conversion_factor) / 1000


def _table(drawn: list[Ellipse], times: pd.Index, plane: CRS, scale: float) -> pd.DataFrame:
    centres = np.array([one.centre for one in drawn])
    longitude, latitude = _degrees(centres, plane).T
    north = _projected(np.column_stack([longitude, latitude + _NEAR]), plane) - centres
    turn = np.arctan2(north[:, 0], north[:, 1])
    angle = np.array([one.angle for one in drawn]) - turn
    major = np.array([one.major for one in drawn]) * scale
    minor = np.array([one.minor for one in drawn]) * scale
    with np.errstate(invalid="ignore"):
        flattening = 1 - minor / major
    return pd.DataFrame(
        {
            "longitude": longitude,
            "latitude": latitude,
            "major_km": major,
            "minor_km": minor,
            "rotation": np.degrees(angle % np.pi),
            "flattening": flattening,
            "area_km2": np.pi * major * minor,
        },
        index=times,
    )


def _outline(one: Ellipse, scale: float) -> np.ndarray:
    """Points of the ellipse in the plane, shape (181, 2)."""
    angle = 0.0 if np.isnan(one.angle) else one.angle
    along, across = scale * one.major * np.cos(_OUTLINE), scale * one.minor * np.sin(_OUTLINE)
    east = along * np.sin(angle) + across * np.cos(angle)
    north = along * np.cos(angle) - across * np.sin(angle)
    around: np.ndarray = one.centre + np.column_stack([east, north])
    return around


def _in_degrees(outlines: list[np.ndarray], times: pd.Index, plane: CRS) -> GeoDataFrame:
    import geopandas

    shapes = geopandas.GeoDataFrame(geometry=list(shapely.polygons(outlines)), index=times, crs=plane)
    return shapes.to_crs(_LONGITUDE_LATITUDE)


def _degrees(points: np.ndarray, plane: CRS) -> np.ndarray:
    from pyproj import Transformer

    to_degrees = Transformer.from_crs(plane, _LONGITUDE_LATITUDE, always_xy=True)
    return np.column_stack([np.asarray(part) for part in to_degrees.transform(*points.T)])


def _projected(degrees: np.ndarray, plane: CRS) -> np.ndarray:
    from pyproj import Transformer

    to_plane = Transformer.from_crs(_LONGITUDE_LATITUDE, plane, always_xy=True)
    return np.column_stack([np.asarray(part) for part in to_plane.transform(*degrees.T)])


def _steps(table: pd.DataFrame) -> pd.DataFrame:
    """Length and direction of the way between the centres of successive periods."""
    east, north = np.radians(table[["longitude", "latitude"]].to_numpy()).T
    turn, climb = np.diff(east), np.diff(north)
    half = np.sin(climb / 2) ** 2 + np.cos(north[:-1]) * np.cos(north[1:]) * np.sin(turn / 2) ** 2
    km = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half))
    sideways = np.sin(turn) * np.cos(north[1:])
    forward = np.cos(north[:-1]) * np.sin(north[1:]) - np.sin(north[:-1]) * np.cos(north[1:]) * np.cos(turn)
    stayed = km < 1e-6  # a millimetre
    bearing = np.where(stayed, np.nan, np.degrees(np.arctan2(sideways, forward)) % 360)
    sector = np.where(stayed, 0, np.nan_to_num(np.round(bearing / 45))).astype(int) % 8
    words = [None if still else _COMPASS[one] for still, one in zip(stayed, sector, strict=True)]
    return pd.DataFrame(
        {"start": table.index[:-1], "km": km, "bearing": bearing, "direction": words}, index=table.index[1:]
    )
