"""What all maps share: units and decoration of a layer, classes and their looks, legend and names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from pandas.api.types import is_list_like

from spatialfin._errors import AlignmentError, DataError, LayerError, OptionError, listed
from spatialfin._geometry import BEYOND_THE_POLES, beyond_the_poles
from spatialfin._validate import check_unique, numeric_values

from ._places import HaloText, settle
from ._style import INK, MISSING, QUIET, dress, legend_texts, letters, new_axes

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

Box = tuple[float, float, float, float]
Names = bool | Literal["all"] | Sequence[str]
_STEPS = (0.0, 0.4, -0.4, 0.7, -0.7)  # heights that a name may move up or down


@dataclass(frozen=True, slots=True)
class Entry:
    """A class on the map: its legend text, the units in it, how they are filled."""

    text: str
    members: pd.Index
    style: Mapping[str, Any]


def split_layer(layer: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Units with a geometry, and decoration."""
    if not hasattr(layer, "active_geometry_name"):
        raise LayerError(f"A GeoDataFrame indexed by unit id is needed, not {type(layer).__name__}.")
    if layer.active_geometry_name is None:
        raise LayerError("The layer has no geometry column: name it with layer.set_geometry(column).")
    check_unique(layer.index, "layer")
    if beyond_the_poles(layer):
        raise LayerError(f"layer: {BEYOND_THE_POLES}.")
    there = pd.Series(~(shapely.is_missing(layer.geometry) | shapely.is_empty(layer.geometry)), layer.index)
    if "decoration" in layer.columns:
        decoration = layer["decoration"].fillna(value=False).astype(bool)
    else:
        decoration = pd.Series(data=False, index=layer.index)
    if not (there & ~decoration).any():
        raise LayerError("The layer has no unit with a geometry to draw.")
    flat = layer.index[there & ~decoration & ~layer.geom_type.isin(["Polygon", "MultiPolygon"])]
    if len(flat):
        raise LayerError(f"The units {listed(flat)} have no area: maps of values need polygons.")
    return layer[there & ~decoration], layer[there & decoration]


def check_known(values: pd.Series, units: gpd.GeoDataFrame) -> None:
    """Refuse values of units that the layer does not have."""
    check_unique(values.index, "values")
    unknown = values.index.difference(units.index)
    if len(unknown):
        raise AlignmentError(
            f"The layer has no shape for {listed(unknown)}. Index the values by unit code "
            f"(such as {listed(units.index[:1])}, as text), or drop these rows."
        )


def on_units(values: pd.Series, units: gpd.GeoDataFrame, what: str) -> pd.Series:
    """The values as floats in the order of the units; missing where there is none."""
    check_known(values, units)
    infinite = values.index[values.isin([np.inf, -np.inf])]
    if len(infinite):
        raise DataError(f"{what}: infinite values at {listed(infinite)}. Make them missing or drop them.")
    there = values.dropna()
    return pd.Series(numeric_values(there, what), there.index).reindex(units.index)


def fill(colour: str, **more: str) -> dict[str, Any]:
    """How the units of a class are drawn."""
    return {"facecolor": colour, "edgecolor": "#5a5a5a", **more}


def missing_entry(values: pd.Series, label: str) -> list[Entry]:
    """The hatched class of units without a value; none where all have one."""
    without = values.index[values.isna()]
    return [Entry(f"{label} ({len(without)})", without, MISSING)] if len(without) else []


@dataclass(frozen=True, slots=True)
class Ground:
    """What maps of a layer have in common, found once for all of them.

    Attributes
    ----------
    units, lines : GeoDataFrame
        Units and decoration.
    outlines : Series of Path
        Of each unit.
    inset, main : Box or None
        In the coordinates of the layer: what the box beside the map shows, and then the map itself.
    """

    units: gpd.GeoDataFrame
    lines: gpd.GeoDataFrame
    outlines: pd.Series
    inset: Box | None
    main: Box | None

    @classmethod
    def of(cls, units: gpd.GeoDataFrame, lines: gpd.GeoDataFrame, inset: Box | None) -> Ground:
        """Outlines, and the bounds of both parts where there is an inset."""
        outlines = pd.Series([_outline(shape) for shape in units.geometry], index=units.index, dtype=object)
        if inset is None:
            return cls(units, lines, outlines, None, None)
        return cls(units, lines, outlines, _inset_bounds(inset, units), tuple(main_bounds(units)))


def draw_map(
    ax: Axes | None,
    units: gpd.GeoDataFrame,
    lines: gpd.GeoDataFrame,
    entries: list[Entry],
    inset: Box | None,
) -> Axes:
    """The map, and a part of it in a box of its own where asked for."""
    return draw_on(ax, Ground.of(units, lines, inset), entries)


def draw_on(ax: Axes | None, ground: Ground, entries: list[Entry]) -> Axes:
    """As `draw_map`, on what several maps share."""
    ax = new_axes(ax, (8.0, 5.2))
    width = _border(ax, len(ground.units))
    _paint(ax, ground, entries, width)
    if ground.inset is None or ground.main is None:
        return ax
    west, south, east, north = ground.main
    margin = 0.02 * (north - south)
    ax.set(xlim=(west - margin, east + margin), ylim=(south - margin, north + margin))
    ax.set_aspect(map_aspect(ground.units, south, north))
    west, south, east, north = ground.inset
    box = ax.inset_axes((0.82, 0.0, 0.17, 0.32))
    _paint(box, ground, entries, width)
    box.set_axis_on()
    box.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], xlabel="", ylabel="")
    box.set_aspect(map_aspect(ground.units, south, north))
    box.set_anchor("SE")
    return ax


def map_aspect(units: gpd.GeoDataFrame, south: float, north: float) -> float:
    """Length of a unit upwards over one across that gives shapes their true form half-way between bounds."""
    if units.crs is None or not units.crs.is_geographic:
        return 1.0
    return float(1 / np.cos(np.radians((south + north) / 2)))


def _inset_bounds(inset: Box, units: gpd.GeoDataFrame) -> Box:
    """The bounds in the coordinates of the layer."""
    if len(inset) != 4:
        raise OptionError(f"inset={inset!r}: west, south, east and north are needed.")
    if units.crs is None or units.crs.is_geographic:
        return inset
    from pyproj import Transformer

    west, south, east, north = inset
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise OptionError(
            f"inset={inset!r}: degrees of west, south, east and north are needed, such as "
            "plot.SOUTH_CHINA_SEA, whatever the coordinate system of the layer."
        )
    to_layer = Transformer.from_crs(units.crs.geodetic_crs, units.crs, always_xy=True)
    return to_layer.transform_bounds(west, south, east, north)


def _border(ax: Axes, count: int) -> float:
    """Points of the borders of units, thinner in a small map, where they would hide the colours."""
    figure: Any = ax.figure.figure
    inches: float = ax.get_position().width * figure.get_figwidth()
    return (0.5 if count < 100 else 0.25 if count < 1000 else 0.1) * min(1.0, inches / 4)


def _paint(ax: Axes, ground: Ground, entries: list[Entry], width: float) -> None:
    """Units by class, decoration as lines, the right aspect, no frame."""
    for entry in entries:
        shapes = ground.outlines.loc[entry.members].tolist()
        ax.add_collection(PathCollection(shapes, linewidths=width, **entry.style))
    drawn = [shape.boundary if "Polygon" in shape.geom_type else shape for shape in ground.lines.geometry]
    pieces = [shapely.get_coordinates(piece) for piece in shapely.get_parts(drawn)]
    if pieces:
        ax.add_collection(LineCollection(pieces, colors=QUIET, linewidths=0.8))
    ax.autoscale_view()
    _, south, _, north = ground.units.total_bounds
    ax.set_aspect(map_aspect(ground.units, south, north))
    ax.set_axis_off()


def _outline(shape: BaseGeometry) -> Path:
    """All rings of a unit as one path, holes left open by their direction."""
    polygons = [shapely.geometry.polygon.orient(polygon) for polygon in shapely.get_parts(shape)]
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return Path.make_compound_path(*(Path(shapely.get_coordinates(ring), closed=True) for ring in rings))


def main_bounds(units: gpd.GeoDataFrame) -> np.ndarray:
    """Bounds of the pieces of land, units joined, that make up at least one two-thousandth of all."""
    parts = shapely.get_parts(shapely.union_all(units.geometry.to_numpy()))
    areas = shapely.area(parts)
    bounds: np.ndarray = shapely.total_bounds(parts[areas >= areas.sum() / 2000])
    return bounds


def annotate(ax: Axes, entries: list[Entry], *, heading: str, title: str | None) -> None:
    """Legend beside the map, title above it."""
    texts: list[Text] = []
    if entries:
        drawn = ax.legend(
            handles=[Patch(label=entry.text, linewidth=0.5, **entry.style) for entry in entries],
            title=heading or None,
            loc="center left",
            bbox_to_anchor=(1.0, 0.5),
            frameon=False,
            alignment="left",
            fontsize=letters(9),
            title_fontsize=letters(9.5),
        )
        texts += legend_texts(drawn)
    if title is not None:
        texts.append(ax.set_title(title, color=INK))
    dress(texts)


def names_of(units: gpd.GeoDataFrame, labels: Mapping[str, str] | None) -> dict[Any, str]:
    """The label of each unit, else its name in the layer, else its code."""
    own = units["name"] if "name" in units.columns else units.index.to_series()
    return {unit: (labels or {}).get(str(unit), str(name)) for unit, name in own.items()}


def name_units(ax: Axes, units: gpd.GeoDataFrame, names: Names, labels: Mapping[str, str] | None) -> None:
    """Write names inside the units, larger ones first."""
    if names is False:
        return
    every = names is True or names == "all"
    if not every and (isinstance(names, str) or not is_list_like(names)):
        raise OptionError(f"names={names!r}: True, 'all' or a list of units is needed.")
    chosen = list(units.index) if every else list(names)  # type: ignore[arg-type]
    unknown = [unit for unit in chosen if unit not in units.index]
    if unknown:
        raise AlignmentError(f"names: the layer has no unit {listed(unknown)}.")
    shown = units.loc[chosen]
    shown = shown.iloc[np.argsort(-shapely.area(shown.geometry.to_numpy()), kind="stable")]
    own = names_of(shown, labels)
    texts: list[Text] = []
    for unit, point in shown.geometry.representative_point().items():
        text = HaloText(point.x, point.y, own[unit], ha="center", va="center", color=INK, clip_on=True)
        text.set(fontsize=letters(6.5), transform=ax.transData)
        texts.append(text)
        ax.add_artist(text)
    dress(texts)
    if every:
        _remove_crowded(ax, texts, shown)


def _remove_crowded(ax: Axes, texts: list[Text], units: gpd.GeoDataFrame) -> None:
    """Take away names far wider than their unit; move names that cover an earlier one, or take them away."""
    settle(ax)
    kept: list[Bbox] = []
    for artist, (west, _, east, _) in zip(texts, units.geometry.bounds.to_numpy(), strict=True):
        place = artist.get_window_extent()
        room = np.diff(ax.transData.transform([(west, 0.0), (east, 0.0)])[:, 0])[0]
        nearby = [place.translated(0.0, step * place.height) for step in _STEPS]
        free = [box for box in nearby if not box.count_overlaps(kept)]
        if place.width > 2.2 * room or not free:
            artist.remove()
            continue
        x, y = ax.transData.inverted().transform(free[0].get_points().mean(axis=0))
        artist.set_position((x, y))
        kept.append(free[0])
