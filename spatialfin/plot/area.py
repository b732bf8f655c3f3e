"""The map of the study area: groups of units, inset, scale bar, north arrow and note."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from spatialfin._errors import DataError, LayerError, listed
from spatialfin._labels import label_of
from spatialfin._validate import check_number

from ._layers import Box, Entry, Names, annotate, check_known, draw_map, fill, name_units, split_layer
from ._style import AREAS, INK, MISSING, dress, letters

if TYPE_CHECKING:
    import geopandas as gpd

_LEFT = 0.04  # of the width of the axes
_ARROW = 34.0  # points


def study_area(
    layer: gpd.GeoDataFrame,
    groups: pd.Series | None = None,
    *,
    names: Names = True,
    note: str | None = None,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    missing_label: str = "Not in the study",
    inset: Box | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Map the study area: groups of units in colours, names, a scale bar and a north arrow.

    Parameters
    ----------
    layer : GeoDataFrame
        Boundary layer with a coordinate system, indexed by unit code.
    groups : Series, optional
        Group of each unit, such as ``layer["macro_region"]``; at most eight, in the order of the
        categories or the alphabet. Units without a group are hatched. Without it all units are one area.
    names : bool, "all" or sequence of str, default True
        As in `choropleth`.
    note : str, optional
        Text of your own under the map, such as the approval number of the base map.
    labels : mapping of str to str, optional
        Labels of the groups, of the name of `groups` (the legend's title), of units, of ``"km"`` and ``"N"``.
    title : str, optional
        Title of the axes.
    missing_label : str, default "Not in the study"
        Legend text of units without a group.
    inset : tuple of four float, optional
        As in `choropleth`.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        The axes with the map.

    Raises
    ------
    AlignmentError
        `groups` or `names` hold units that the layer does not have.
    DataError
        There are more than eight groups, or none.
    LayerError
        The layer has no unit with a geometry, or no coordinate system.

    Notes
    -----
    The scale holds at the middle of the map, see `scale_bar`; the arrow points to the north of where it is.

    Examples
    --------
    >>> import spatialfin as sf
    >>> provinces = sf.load_layer("china_provinces")
    >>> ax = sf.plot.study_area(provinces, provinces["macro_region"], names=False, note="My base map")
    >>> [text.get_text() for text in ax.texts]
    ['1,000 km', 'N', 'My base map']
    """
    units, lines = split_layer(layer)
    entries = grouped_entries(units, groups, labels, missing_label)
    ax = draw_map(ax, units, lines, entries, inset)
    named = groups is not None and groups.name is not None
    heading = label_of(groups.name, labels) if named else ""  # type: ignore[union-attr]
    annotate(ax, [] if groups is None else entries, heading=heading, title=title)
    scale_bar(ax, layer, labels=labels)
    north_arrow(ax, layer, labels=labels)
    if note is not None:
        dress([ax.text(0.0, -0.02, note, transform=ax.transAxes, va="top", fontsize=letters(7.5), color=INK)])
    name_units(ax, units, names, labels)
    return ax


def scale_bar(
    ax: Axes,
    layer: gpd.GeoDataFrame,
    *,
    length: float | None = None,
    labels: Mapping[str, str] | None = None,
) -> Axes:
    """Add a scale bar at the lower left of a map.

    Parameters
    ----------
    ax : Axes
        Axes with a map of the layer.
    layer : GeoDataFrame
        The layer, whose coordinate system gives the scale.
    length : float, optional
        Kilometres; a round number of about a fifth of the map's width without it.
    labels : mapping of str to str, optional
        Label of ``"km"``.

    Returns
    -------
    Axes

    Raises
    ------
    LayerError
        The layer has no coordinate system, or the middle of the map has no place on the globe.
    OptionError
        `length` is not positive.

    Notes
    -----
    The bar is as long as a geodesic across the middle of the map, on the ellipsoid of the layer: elsewhere
    a projection has another scale, Web Mercator a quite different one.

    Examples
    --------
    >>> import spatialfin as sf
    >>> provinces = sf.load_layer("china_provinces", units="mainland")
    >>> ax = sf.plot.choropleth(provinces, provinces.geometry.bounds["minx"])
    >>> sf.plot.scale_bar(ax, provinces, length=500).texts[-1].get_text()
    '500 km'
    """
    if length is not None:
        check_number("length", length, between=(0, math.inf))
    km = _km_per_unit(ax, layer)
    west, east = ax.get_xlim()
    south, north = ax.get_ylim()
    shown = length or _round(0.2 * (east - west) * km)
    left, bottom = west + _LEFT * (east - west), south + 0.045 * (north - south)
    width, height = shown / km, 0.012 * (north - south)
    for half, colour in ((0, INK), (1, "white")):
        piece = Rectangle((left + half * width / 2, bottom), width / 2, height, facecolor=colour)
        piece.set(edgecolor=INK, linewidth=0.6, zorder=5)
        ax.add_artist(piece)
    text = f"{shown:,g} {label_of('km', labels)}"
    middle = left + width / 2
    dress([ax.text(middle, bottom + 1.6 * height, text, ha="center", va="bottom", fontsize=letters(7.5))])
    return ax


def north_arrow(
    ax: Axes, layer: gpd.GeoDataFrame | None = None, *, labels: Mapping[str, str] | None = None
) -> Axes:
    """Add an arrow to the north at the upper left of a map.

    Parameters
    ----------
    ax : Axes
        Axes with a map.
    layer : GeoDataFrame, optional
        The layer, whose coordinate system tells where north is at the place of the arrow; up without it.
    labels : mapping of str to str, optional
        Label of ``"N"``.

    Returns
    -------
    Axes

    Raises
    ------
    LayerError
        The layer has no coordinate system, or the arrow has no place on the globe.

    Notes
    -----
    On a conical projection meridians meet: the north of the map's edge is not that of its middle.

    Examples
    --------
    >>> import spatialfin as sf
    >>> provinces = sf.load_layer("china_provinces", units="mainland")
    >>> ax = sf.plot.choropleth(provinces, provinces.geometry.bounds["minx"])
    >>> sf.plot.north_arrow(ax, labels={"N": "北"}).texts[-1].get_text()
    '北'
    """
    place = (_LEFT + 0.02, 0.8)
    turn = 0.0 if layer is None else _north(ax, layer, place)
    tip = (_ARROW * math.sin(turn), _ARROW * math.cos(turn))
    letter = ax.annotate(
        label_of("N", labels),
        place,
        xycoords="axes fraction",
        xytext=tip,
        textcoords="offset points",
        arrowprops={"arrowstyle": "<|-", "color": INK, "linewidth": 0.9, "shrinkA": 1, "shrinkB": 0},
        fontsize=letters(8.5),
        color=INK,
        ha="center",
        va="center",
    )
    dress([letter])
    return ax


def grouped_entries(
    units: gpd.GeoDataFrame, groups: pd.Series | None, labels: Mapping[str, str] | None, missing_label: str
) -> list[Entry]:
    """Units by group, then those without one."""
    if groups is None:
        return [Entry("", units.index, fill("#f2f2f2"))]
    if not isinstance(groups, pd.Series):
        raise DataError(f"groups: a Series indexed by unit is needed, not {type(groups).__name__}.")
    own = groups.dropna()
    own = own[own.astype("str") != ""]
    check_known(own, units)
    found = own.reindex(units.index)
    known = list(own.cat.categories) if isinstance(own.dtype, pd.CategoricalDtype) else sorted(own.unique())
    if not known:
        raise DataError("study_area: no unit has a group. Check that the groups carry unit codes.")
    if len(known) > len(AREAS):
        raise DataError(
            f"study_area: {len(known)} groups, {listed(known)}. At most {len(AREAS)} colours can be told "
            "apart."
        )
    entries = []
    for group, colour in zip(known, AREAS, strict=False):
        members = units.index[np.asarray(found == group)]
        entries.append(Entry(f"{label_of(group, labels)} ({len(members)})", members, fill(colour)))
    without = units.index[found.isna().to_numpy()]
    return (
        [*entries, Entry(f"{missing_label} ({len(without)})", without, MISSING)] if len(without) else entries
    )


def _km_per_unit(ax: Axes, layer: gpd.GeoDataFrame) -> float:
    """Kilometres on the ground of one unit across the middle of the map."""
    step = (ax.get_xlim()[1] - ax.get_xlim()[0]) / 200
    x, y = np.mean(ax.get_xlim()), np.mean(ax.get_ylim())
    (west, east), latitudes = _on_globe(layer, np.array([x - step, x + step]), np.array([y, y]))
    metres = layer.crs.get_geod().inv(west, latitudes[0], east, latitudes[1])[2]
    return float(metres) / 1000 / (2 * step)


def _north(ax: Axes, layer: gpd.GeoDataFrame, place: tuple[float, float]) -> float:
    """Angle of the north from upwards, clockwise, at a place in fractions of the axes."""
    from pyproj import Transformer

    low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
    x, y = low + np.array(place) * (high - low)
    longitudes, latitudes = _on_globe(layer, np.array([x]), np.array([y]))
    to_layer = Transformer.from_crs(layer.crs.geodetic_crs, layer.crs, always_xy=True)
    there = to_layer.transform(longitudes[0], latitudes[0] + 0.01)
    return math.atan2(there[0] - x, there[1] - y)


def _on_globe(layer: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes of points of the map."""
    from pyproj import Transformer

    if layer.crs is None:
        raise LayerError(
            "The layer has no coordinate system, so its scale is unknown: use layer.set_crs(...)."
        )
    globe = layer.crs.geodetic_crs
    if globe is not None:
        found = Transformer.from_crs(layer.crs, globe, always_xy=True).transform(x, y)
        if np.isfinite(found).all():
            return found[0], found[1]
    raise LayerError(f"The map has no place on the globe in {layer.crs.name}. Check layer.crs.")


def _round(length: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not above a length."""
    power = 10.0 ** math.floor(math.log10(length))
    return next(step * power for step in (5, 2, 1) if step * power <= length)
