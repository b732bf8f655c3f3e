"""The map of the study area: groups of units, inset, scale bar, north arrow and note."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle

from spatialfin._errors import DataError, LayerError, listed
from spatialfin._labels import label_of
from spatialfin._validate import check_number

from ._layers import Box, Entry, Names, annotate, check_known, draw_map, fill, name_units, split_layer
from ._style import AREAS, INK, MISSING, dress

if TYPE_CHECKING:
    import geopandas as gpd

_KM_PER_DEGREE = math.pi * 6371.0088 / 180
_LEFT = 0.04  # of the width of the axes


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
    The scale holds at the middle latitude of the layer. North is up where meridians are vertical, as in
    degrees.

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
    north_arrow(ax, labels=labels)
    if note is not None:
        dress([ax.text(0.0, -0.02, note, transform=ax.transAxes, va="top", fontsize=7, color=INK)])
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
        The layer has no coordinate system.
    OptionError
        `length` is not positive.

    Notes
    -----
    Coordinates in degrees: right at the layer's middle latitude, on a sphere of radius 6371 km.

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
    units, _ = split_layer(layer)
    km = _km_per_unit(units)
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
    dress([ax.text(left + width / 2, bottom + 1.6 * height, text, ha="center", va="bottom", fontsize=7)])
    return ax


def north_arrow(ax: Axes, *, labels: Mapping[str, str] | None = None) -> Axes:
    """Add an arrow to the north at the upper left of a map whose meridians are vertical.

    Parameters
    ----------
    ax : Axes
        Axes with a map.
    labels : mapping of str to str, optional
        Label of ``"N"``.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import spatialfin as sf
    >>> provinces = sf.load_layer("china_provinces", units="mainland")
    >>> ax = sf.plot.choropleth(provinces, provinces.geometry.bounds["minx"])
    >>> sf.plot.north_arrow(ax, labels={"N": "北"}).texts[-1].get_text()
    '北'
    """
    across = _LEFT + 0.02
    arrow = FancyArrowPatch(
        (across, 0.80), (across, 0.92), transform=ax.transAxes, mutation_scale=9, color=INK, linewidth=0.9,
        arrowstyle="-|>", shrinkA=0, shrinkB=0,
    )  # fmt: skip
    ax.add_artist(arrow)
    letter = ax.text(across, 0.925, label_of("N", labels), transform=ax.transAxes, fontsize=8, color=INK)
    letter.set(ha="center", va="bottom")
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


def _km_per_unit(units: gpd.GeoDataFrame) -> float:
    """Kilometres of one unit of the horizontal axis as the map is drawn."""
    if units.crs is None:
        raise LayerError(
            "The layer has no coordinate system, so its scale is unknown: use layer.set_crs(...)."
        )
    if units.crs.is_geographic:
        _, south, _, north = units.total_bounds
        return _KM_PER_DEGREE * math.cos(math.radians((south + north) / 2))
    return float(units.crs.axis_info[0].unit_conversion_factor) / 1000


def _round(length: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not above a length."""
    power = 10.0 ** math.floor(math.log10(length))
    return next(step * power for step in (5, 2, 1) if step * power <= length)
