"""Maps of values and of local clusters."""

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
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from pandas.api.types import is_list_like

from spatialfin._errors import AlignmentError, DataError, LayerError, OptionError, listed
from spatialfin._geometry import BEYOND_THE_POLES, beyond_the_poles
from spatialfin._labels import label_of
from spatialfin._validate import check_option, check_unique, check_whole

from ._classes import SCHEMES, check_k, classify
from ._style import INK, MISSING, QUIET, dress, legend_texts, new_axes, shades

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

Box = tuple[float, float, float, float]
Names = bool | Literal["all"] | Sequence[str]
SOUTH_CHINA_SEA: Box = (105.5, 2.5, 123.5, 24.0)
CLUSTER_COLOURS = {
    "High-High": "#d7191c",
    "Low-Low": "#2c7bb6",
    "Low-High": "#abd9e9",
    "High-Low": "#fdae61",
    "Not significant": "#e3e3e3",
    "No neighbours": "#ffffff",
}
# Of the other local statistics; the same colour never means two things on one map.
_OTHER_COLOURS = {
    "Hot spot": "#d7191c",
    "Cold spot": "#2c7bb6",
    "Other positive": "#fdae61",
    "Negative": "#abd9e9",
}
QUIET_CLUSTERS = ("Not significant", "No neighbours")
_ADJUSTMENTS = {"fdr": "FDR", "bonferroni": "Bonferroni"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A class on the map: its legend text, the units in it, how they are filled."""

    text: str
    members: pd.Index
    style: Mapping[str, Any]


def choropleth(
    layer: gpd.GeoDataFrame,
    values: pd.Series,
    *,
    scheme: str = "quantiles",
    k: int = 5,
    breaks: Sequence[float] | None = None,
    cmap: str = "YlGnBu",
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    missing_label: str = "No data",
    names: Names = False,
    legend: bool = True,
    digits: int = 2,
    inset: Box | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Map values by class; units without a value are hatched and counted in the legend.

    Parameters
    ----------
    layer : GeoDataFrame
        Boundary layer indexed by unit code; decoration rows are drawn as lines only.
    values : Series
        Numbers indexed by unit code, in any order.
    scheme : {"quantiles", "equal_interval", "fisher_jenks", "std_mean", "head_tail"}, default "quantiles"
        How mapclassify finds the classes. ``"fisher_jenks"`` (natural breaks) takes seconds beyond 2,000
        units unless numba is installed; the last two choose the number of classes themselves.
    k : int, default 5
        Number of classes, 2 to 12. Fewer distinct values become one class each.
    breaks : sequence of float, optional
        Inner class bounds of your own, used in place of `scheme`; classes stay even when empty.
    cmap : str, default "YlGnBu"
        A colour map of matplotlib.
    labels : mapping of str to str, optional
        Labels of the variable (the legend's title) and of units (when named on the map).
    title : str, optional
        Title of the axes.
    missing_label : str, default "No data"
        Legend text of units without a value.
    names : bool, "all" or sequence of str, default False
        Units to name on the map: these codes, or all whose name does not cover that of a larger unit.
    legend : bool, default True
        Draw the legend with class bounds and counts, beside the map.
    digits : int, default 2
        Decimals of the bounds; more where they would look alike.
    inset : tuple of four float, optional
        West, south, east and north bounds of a part that is drawn in a box at the lower right, such as
        ``spatialfin.plot.SOUTH_CHINA_SEA``; the map itself then ends at its larger parts.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        The axes with the map.

    Raises
    ------
    AlignmentError
        `values` or `names` hold units that the layer does not have.
    DataError
        A unit is there twice, a value is text or infinite, or every value is missing.
    OptionError
        `scheme` or `k` is not valid.
    LayerError
        The layer has no unit with a geometry.

    Notes
    -----
    Each class contains its upper bound. Coordinates in degrees are drawn with the aspect of the layer's
    middle latitude.

    Examples
    --------
    >>> import pandas as pd
    >>> import spatialfin as sf
    >>> provinces = sf.load_layer("china_provinces")
    >>> rank = pd.Series(range(30), index=provinces.index[:30], name="rank")
    >>> ax = sf.plot.choropleth(provinces, rank, k=3, digits=1)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['0.0 – 9.7 (10)', '9.7 – 19.3 (10)', '19.3 – 29.0 (10)', 'No data (4)']
    """
    check_option("scheme", scheme, tuple(SCHEMES))
    check_k(k)
    check_whole("digits", digits)
    if not isinstance(values, pd.Series):
        raise DataError(f"values: a Series indexed by unit is needed, not {type(values).__name__}.")
    units, lines = _split(layer)
    numbers = _on_units(values, units)
    known = numbers.dropna()
    if known.empty:
        raise DataError("choropleth: every unit is without a value. Check that the values carry unit codes.")
    classes = classify(known.to_numpy(), scheme=scheme, k=k, breaks=breaks, digits=digits)
    colours = shades(cmap, len(classes.texts))
    entries = [
        Entry(f"{text} ({count})", known.index[classes.members == number], _fill(colour))
        for number, (text, count, colour) in enumerate(
            zip(classes.texts, classes.counts, colours, strict=True)
        )
    ]
    entries += _missing_entry(numbers, missing_label)
    heading = label_of(values.name, labels) if values.name is not None else ""
    ax = _draw(ax, units, lines, entries, inset)
    _annotate(ax, entries if legend else [], heading=heading, title=title)
    _name_units(ax, units, names, labels)
    return ax


def lisa_map(
    layer: gpd.GeoDataFrame,
    local: Any,
    *,
    alpha: float = 0.05,
    adjust: str = "fdr",
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    missing_label: str = "No data",
    names: Names = False,
    legend: bool = True,
    inset: Box | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Map the clusters of a local statistic, in the same colours whatever clusters there are.

    Parameters
    ----------
    layer : GeoDataFrame
        Boundary layer indexed by unit code.
    local : LocalMoranResult or LocalResult
        What ``local_moran``, ``local_geary``, ``local_g`` or ``local_moran_bivariate`` gave.
    alpha : float, default 0.05
        Level of significance.
    adjust : {"fdr", "bonferroni", "none"}, default "fdr"
        Adjustment for testing many units at once.
    labels : mapping of str to str, optional
        Labels of the variable, of units and of the classes (``{"High-High": "高-高"}``).
    title : str, optional
        Title of the axes.
    missing_label : str, default "No data"
        Legend text of units that are in the layer only.
    names : bool, "all" or sequence of str, default False
        Units to name on the map; True names those in a significant cluster.
    legend : bool, default True
        Draw the legend: every class with its count, empty classes too.
    inset : tuple of four float, optional
        As in :func:`choropleth`.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        The axes with the map.

    Raises
    ------
    AlignmentError
        The result or `names` hold units that the layer does not have.
    LayerError
        The layer has no unit with a geometry.

    Examples
    --------
    >>> import pandas as pd
    >>> import spatialfin as sf
    >>> class Found:
    ...     variable = "lq"
    ...     def clusters(self, alpha, adjust):
    ...         return pd.Series(["High-High", "Not significant"], index=["110000", "120000"])
    >>> ax = sf.plot.lisa_map(sf.load_layer("china_provinces"), Found())
    >>> ax.get_legend().get_texts()[0].get_text()
    'High-High (1)'
    """
    units, lines = _split(layer)
    if not hasattr(local, "clusters"):
        raise DataError(f"lisa_map: what local_moran returned is needed, not {type(local).__name__}.")
    found = local.clusters(alpha=alpha, adjust=adjust).astype("str")
    _check_known(found, units)
    clusters = found.reindex(units.index)
    entries = []
    for word, style in cluster_styles(local).items():
        members = clusters.index[clusters == word]
        entries.append(Entry(f"{label_of(word, labels)} ({len(members)})", members, style))
    entries += _missing_entry(clusters, missing_label)
    level = f"p < {alpha:g}" + ("" if adjust == "none" else f", {_ADJUSTMENTS.get(adjust, adjust)}")
    ax = _draw(ax, units, lines, entries, inset)
    _annotate(
        ax, entries if legend else [], heading=f"{label_of(local.variable, labels)} ({level})", title=title
    )
    significant = clusters.index[clusters.notna() & ~clusters.isin(QUIET_CLUSTERS)]
    _name_units(ax, units, list(significant) if names is True else names, labels)
    return ax


def cluster_styles(local: Any) -> dict[str, dict[str, Any]]:
    """How each category of a local statistic is filled, in order; units without neighbours are dotted."""
    colours = {**CLUSTER_COLOURS, **_OTHER_COLOURS}
    words = getattr(local, "categories", tuple(CLUSTER_COLOURS))
    dots = {"No neighbours": {"hatch": "...."}}
    return {word: _fill(colours[word], **dots.get(word, {})) for word in words}


def _split(layer: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
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


def _check_known(values: pd.Series, units: gpd.GeoDataFrame) -> None:
    check_unique(values.index, "values")
    unknown = values.index.difference(units.index)
    if len(unknown):
        raise AlignmentError(
            f"The layer has no shape for {listed(unknown)}. Index the values by unit code "
            f"(such as {listed(units.index[:1])}, as text), or drop these rows."
        )


def _on_units(values: pd.Series, units: gpd.GeoDataFrame) -> pd.Series:
    """The values as floats in the order of the units; missing where there is none."""
    _check_known(values, units)
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    text = values.index[numbers.isna() & values.notna()]
    if len(text):
        raise DataError(f"choropleth: text where numbers are expected at {listed(text)}.")
    infinite = values.index[np.isinf(numbers)]
    if len(infinite):
        raise DataError(f"choropleth: infinite values at {listed(infinite)}. Make them missing or drop them.")
    return numbers.reindex(units.index)


def _fill(colour: str, **more: str) -> dict[str, Any]:
    return {"facecolor": colour, "edgecolor": "#5a5a5a", **more}


def _missing_entry(values: pd.Series, label: str) -> list[Entry]:
    without = values.index[values.isna()]
    return [Entry(f"{label} ({len(without)})", without, MISSING)] if len(without) else []


def _draw(
    ax: Axes | None,
    units: gpd.GeoDataFrame,
    lines: gpd.GeoDataFrame,
    entries: list[Entry],
    inset: Box | None,
) -> Axes:
    """The map, and a part of it in a box of its own where asked for."""
    ax = new_axes(ax, (8.0, 5.2))
    _paint(ax, units, lines, entries)
    if inset is None:
        return ax
    if len(inset) != 4:
        raise OptionError(f"inset={inset!r}: west, south, east and north are needed.")
    west, south, east, north = _main_bounds(units)
    margin = 0.02 * (north - south)
    ax.set_xlim(west - margin, east + margin)
    ax.set_ylim(south - margin, north + margin)
    box = ax.inset_axes((0.82, 0.0, 0.17, 0.32))
    _paint(box, units, lines, entries)
    box.set_axis_on()
    box.set(xlim=inset[::2], ylim=inset[1::2], xticks=[], yticks=[], xlabel="", ylabel="")
    box.set_anchor("SE")
    return ax


def _paint(ax: Axes, units: gpd.GeoDataFrame, lines: gpd.GeoDataFrame, entries: list[Entry]) -> None:
    """Units by class, decoration as lines, the right aspect, no frame."""
    width = 0.5 if len(units) < 100 else 0.25 if len(units) < 1000 else 0.1
    for entry in entries:
        outlines = [_outline(shape) for shape in units.geometry.loc[entry.members]]
        ax.add_collection(PathCollection(outlines, linewidths=width, **entry.style))
    shapes = [shape.boundary if "Polygon" in shape.geom_type else shape for shape in lines.geometry]
    pieces = [shapely.get_coordinates(piece) for piece in shapely.get_parts(shapes)]
    if pieces:
        ax.add_collection(LineCollection(pieces, colors=QUIET, linewidths=0.8))
    ax.autoscale_view()
    degrees = units.crs is not None and units.crs.is_geographic
    _, south, _, north = units.total_bounds
    ax.set_aspect(1 / np.cos(np.radians((south + north) / 2)) if degrees else 1.0)
    ax.set_axis_off()


def _outline(shape: BaseGeometry) -> Path:
    """All rings of a unit as one path, holes left open by their direction."""
    polygons = [shapely.geometry.polygon.orient(polygon) for polygon in shapely.get_parts(shape)]
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return Path.make_compound_path(*(Path(shapely.get_coordinates(ring), closed=True) for ring in rings))


def _main_bounds(units: gpd.GeoDataFrame) -> np.ndarray:
    """Bounds of the pieces of land, units joined, that make up at least one two-thousandth of all."""
    parts = shapely.get_parts(shapely.union_all(units.geometry.to_numpy()))
    areas = shapely.area(parts)
    bounds: np.ndarray = shapely.total_bounds(parts[areas >= areas.sum() / 2000])
    return bounds


def _annotate(ax: Axes, entries: list[Entry], *, heading: str, title: str | None) -> None:
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
            fontsize=9,
            title_fontsize=9.5,
        )
        texts += legend_texts(drawn)
    if title is not None:
        texts.append(ax.set_title(title, color=INK))
    dress(texts)


def _name_units(ax: Axes, units: gpd.GeoDataFrame, names: Names, labels: Mapping[str, str] | None) -> None:
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
    own = shown["name"] if "name" in shown.columns else shown.index.to_series()
    halo = [withStroke(linewidth=1.6, foreground="white", alpha=0.8)]
    texts: list[Text] = []
    for unit, point in shown.geometry.representative_point().items():
        text = (labels or {}).get(str(unit), str(own[unit]))
        texts.append(
            ax.text(point.x, point.y, text, ha="center", va="center", fontsize=6.5, clip_on=True,
                    color=INK, path_effects=halo)
        )  # fmt: skip
    dress(texts)
    if every:
        _remove_crowded(ax, texts, shown)


def _remove_crowded(ax: Axes, texts: list[Text], units: gpd.GeoDataFrame) -> None:
    """Take away names far wider than their unit, and names that would cover an earlier one."""
    figure: Any = ax.figure.figure
    figure.draw_without_rendering()
    kept: list[Any] = []
    for artist, (west, _, east, _) in zip(texts, units.geometry.bounds.to_numpy(), strict=True):
        place = artist.get_window_extent()
        room = np.diff(ax.transData.transform([(west, 0.0), (east, 0.0)])[:, 0])[0]
        tight = place.shrunk(1.0, 0.8)
        if place.width > 2.2 * room or any(tight.overlaps(other) for other in kept):
            artist.remove()
        else:
            kept.append(tight)
