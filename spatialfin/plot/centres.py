"""Gravity centres and standard deviational ellipses on the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from spatialfin._errors import DataError, LayerError, listed
from spatialfin._labels import label_of

from ._layers import Box, Entry, draw_map, map_aspect, split_layer
from ._places import place_labels, point_label, settle
from ._style import INK, QUIET, dress, legend_texts, letters, shades
from .area import scale_bar

if TYPE_CHECKING:
    import geopandas as gpd

_LAND: dict[str, Any] = {"facecolor": "#f2f2f2", "edgecolor": "#c4c4c4"}


def ellipse_map(
    layer: gpd.GeoDataFrame,
    result: Any,
    *,
    times: Sequence[Any] | None = None,
    cmap: str = "viridis_r",
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    inset: Box | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Map standard deviational ellipses by period and the path of the gravity centre, enlarged beside it.

    Parameters
    ----------
    layer : GeoDataFrame
        Boundary layer with a coordinate system, the background.
    result : GravityPath
        What ``explore.gravity_path`` gave.
    times : sequence, optional
        Periods whose ellipses are drawn; the first and the last without it. The path has all of them.
    cmap : str, default "viridis_r"
        A colour map of matplotlib; later periods are darker.
    labels : mapping of str to str, optional
        Labels of the variable, of periods and of ``"Path of the centre"``.
    title : str, optional
        Title of the axes.
    inset : tuple of four float, optional
        As in `choropleth`.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        The axes with the map; its last child axes hold the enlarged path.

    Raises
    ------
    DataError
        `result` is not what ``gravity_path`` gave, or `times` names a period that it lacks.
    LayerError
        The layer has no unit with a geometry, or no coordinate system.

    Examples
    --------
    >>> import pandas as pd
    >>> import spatialfin as sf
    >>> provinces = sf.load_layer("china_provinces", units="mainland")
    >>> panel = sf.load_dataset("china_finance_2002_2011")
    >>> found = sf.explore.gravity_path(panel, "finance", provinces, unit="code", time="year")
    >>> ax = ellipse_map(provinces, found)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['2002', '2011', 'Path of the centre']
    """
    ellipses = getattr(result, "ellipses", None)
    if ellipses is None or not hasattr(result, "table"):
        raise DataError(f"ellipse_map: what gravity_path returned is needed, not {type(result).__name__}.")
    units, lines = split_layer(layer)
    if units.crs is None:
        raise LayerError(
            "The layer has no coordinate system, so the ellipses have no place: layer.set_crs(...)."
        )
    known = list(ellipses.index)
    chosen = list(dict.fromkeys([known[0], known[-1]])) if times is None else list(times)
    absent = [period for period in chosen if period not in known]
    if absent or not chosen:
        raise DataError(f"times: no ellipse of {listed(absent)}. There are {listed(known, 10)}.")
    colours = dict(zip(known, shades(cmap, len(known)), strict=True))
    ax = draw_map(ax, units, lines, [Entry("", units.index, _LAND)], inset)
    drawn = ellipses.geometry.to_crs(units.crs)
    for period in chosen:
        outline = shapely.get_coordinates(drawn[period].exterior)
        ax.add_line(Line2D(*outline.T, color=colours[period], linewidth=1.6, zorder=3))
    centres = _centres(result.table, units)
    _path(ax, centres, list(colours.values()), size=3)
    box = _enlarged(ax, layer, centres, list(colours.values()))
    handles = [
        Line2D([], [], color=colours[one], linewidth=1.6, label=label_of(one, labels)) for one in chosen
    ]
    handles.append(
        Line2D([], [], color=QUIET, linewidth=0.8, marker="o", markersize=3, markerfacecolor=INK,
               markeredgecolor=INK, label=label_of("Path of the centre", labels))
    )  # fmt: skip
    legend = ax.legend(
        handles=handles, title=label_of(result.variable, labels), loc="upper left", bbox_to_anchor=(1.0, 1.0),
        frameon=False, alignment="left", fontsize=letters(9), title_fontsize=letters(9.5),
    )  # fmt: skip
    texts = legend_texts(legend)
    if title is not None:
        texts.append(ax.set_title(title, color=INK))
    dress(texts)
    _name_periods(box, centres, known, labels)
    return ax


def _centres(table: Any, units: gpd.GeoDataFrame) -> np.ndarray:
    """Centres in the coordinates of the layer, shape (T, 2)."""
    import geopandas

    points = geopandas.points_from_xy(table["longitude"], table["latitude"], crs="EPSG:4326")
    return np.asarray(shapely.get_coordinates(points.to_crs(units.crs)))


def _path(ax: Axes, centres: np.ndarray, colours: list[str], *, size: float) -> None:
    ax.add_line(Line2D(*centres.T, color=QUIET, linewidth=0.8, zorder=4))
    ax.scatter(centres[:, 0], centres[:, 1], s=size**2, c=colours, edgecolors=INK, linewidths=0.4, zorder=5)


def _enlarged(ax: Axes, layer: gpd.GeoDataFrame, centres: np.ndarray, colours: list[str]) -> Axes:
    """The path in a box of its own beside the map."""
    limits = (ax.get_xlim(), ax.get_ylim())
    box = ax.inset_axes((1.04, 0.02, 0.42, 0.5))
    _path(box, centres, colours, size=4.5)
    middle = (centres.max(axis=0) + centres.min(axis=0)) / 2
    reach = max(float(np.ptp(centres, axis=0).max()) * 0.75, 1e-6)
    box.set(
        xlim=(middle[0] - reach, middle[0] + reach), ylim=(middle[1] - reach, middle[1] + reach), xticks=[],
        yticks=[],
    )  # fmt: skip
    box.set_aspect(map_aspect(layer, *box.get_ylim()))
    box.set_anchor("SW")
    box.spines[:].set_color(QUIET)
    scale_bar(box, layer)
    ax.set(xlim=limits[0], ylim=limits[1])
    return box


def _name_periods(
    box: Axes, centres: np.ndarray, periods: list[Any], labels: Mapping[str, str] | None
) -> None:
    """Name the first and the last period, and every other one whose name covers nothing."""
    order = [0, len(periods) - 1, *range(1, len(periods) - 1)] if len(periods) > 1 else [0]
    scale = list(box.texts)
    texts = [
        point_label(box, label_of(periods[one], labels), centres[one], fontsize=letters(7.5)) for one in order
    ]
    dress(texts)
    middle = centres.mean(axis=0)
    away = [tuple(centres[one] - middle) for one in order]
    settle(box)
    clear = place_labels(box, texts, centres, away, lines=box.lines, keep_clear=scale)
    for text, alone in list(zip(texts, clear, strict=True))[2:]:
        if not alone:
            text.remove()
