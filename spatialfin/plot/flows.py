"""Arrows between units: who sends spillovers to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from spatialfin._errors import AlignmentError, DataError, listed
from spatialfin._labels import label_of
from spatialfin._validate import check_whole

from ._layers import Box, Entry, Names, draw_map, name_units, names_of, split_layer
from ._places import place_labels, point_label, settle
from ._style import INK, LINES, dress, legend_texts, letters, new_axes, printed

if TYPE_CHECKING:
    import geopandas as gpd

_LAND: dict[str, Any] = {"facecolor": "#f2f2f2", "edgecolor": "#b0b0b0"}
_WIDEST = 3.2  # points


def flow_map(
    layer: gpd.GeoDataFrame,
    impacts: Any,
    *,
    largest: int = 20,
    names: Names = False,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    digits: int = 3,
    inset: Box | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the largest spillovers between units as arrows from sender to receiver.

    Parameters
    ----------
    layer : GeoDataFrame
        Boundary layer indexed by unit code.
    impacts : UnitImpacts or DataFrame
        What ``models.unit_impacts`` gave, or a square table of flows: rows receive, columns send. The
        diagonal is not drawn.
    largest : int, default 20
        How many flows to draw, the largest in size.
    names : bool, "all" or sequence of str, default False
        Units to name; True names those that an arrow leaves or reaches, those of the largest flows first,
        as long as there is room.
    labels : mapping of str to str, optional
        Labels of the variable (the legend's title), of units, and of ``"Positive"`` and ``"Negative"``.
    title : str, optional
        Title of the axes.
    digits : int, default 3
        Decimals in the legend.
    inset : tuple of four float, optional
        As in `choropleth`; no arrows are drawn in it.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        The axes; the width of an arrow is proportional to the size of its flow, its colour tells the sign.

    Raises
    ------
    AlignmentError
        A unit of the flows has no shape, or rows and columns hold different units.
    DataError
        The flows are no square table of numbers, or all are zero.
    OptionError
        `largest` is not a whole number from 1 on.

    Notes
    -----
    Arrows run between points inside the units and bend to the right of their direction, so that the flows
    of a pair in both directions lie side by side.

    Examples
    --------
    >>> import spatialfin as sf
    >>> provinces = sf.load_layer("china_provinces")
    >>> codes = ["110000", "120000", "130000"]
    >>> flows = pd.DataFrame([[1.0, 0.1, 0.2], [0.4, 1.0, 0.1], [0.3, 0.2, 1.0]], codes, codes)
    >>> ax = sf.plot.flow_map(provinces, flows, largest=2)
    >>> [arrow.get_gid() for arrow in ax.patches]
    ['110000 to 130000', '110000 to 120000']
    """
    check_whole("largest", largest, least=1)
    check_whole("digits", digits)
    units, lines = split_layer(layer)
    chosen = _largest(getattr(impacts, "matrix", impacts), units, largest)
    ax = new_axes(ax, (7.0, 4.6))
    draw_map(ax, units, lines, [Entry("", units.index, _LAND)], inset)
    points = {str(unit): (at.x, at.y) for unit, at in units.geometry.representative_point().items()}
    top = float(chosen.abs().max())
    pairs: list[Any] = list(chosen.index)
    for (receiver, sender), size in zip(pairs, chosen.to_numpy(), strict=True):
        arrow = FancyArrowPatch(
            points[sender],
            points[receiver],
            connectionstyle="arc3,rad=0.18",
            arrowstyle="-|>,head_length=4.5,head_width=2.2",
            linewidth=max(0.4, _WIDEST * abs(size) / top),
            color=LINES[0] if size > 0 else LINES[1],
            alpha=0.85,
            shrinkA=2,
            shrinkB=4,
            mutation_scale=1,
            zorder=3,
            gid=f"{sender} to {receiver}",
        )
        ax.add_patch(arrow)
    if names is True:
        reached = dict.fromkeys(unit for pair in reversed(pairs) for unit in pair)
        _name_ends(ax, {unit: points[unit] for unit in reached}, names_of(units, labels))
    else:
        name_units(ax, units, names, labels)
    variable = getattr(impacts, "variable", None)
    heading = label_of(variable, labels) if variable else None
    drawn = ax.legend(
        handles=_samples(chosen, digits, labels), title=heading, loc="center left", bbox_to_anchor=(1.0, 0.5),
        frameon=False, alignment="left", fontsize=letters(9), title_fontsize=letters(9.5),
    )  # fmt: skip
    texts = legend_texts(drawn)
    if title is not None:
        texts.append(ax.set_title(title, color=INK))
    dress(texts)
    return ax


def _largest(matrix: object, units: gpd.GeoDataFrame, count: int) -> pd.Series:
    """The flows largest in size, by receiver and sender, the smallest of them first."""
    if not isinstance(matrix, pd.DataFrame):
        raise DataError(
            f"flow_map: what unit_impacts returned or a square table is needed, not {type(matrix).__name__}."
        )
    ids = matrix.index.astype("str")
    if not ids.is_unique or set(ids) != set(matrix.columns.astype("str")) or len(ids) != matrix.shape[1]:
        raise AlignmentError("flow_map: rows and columns of the flows must hold the same units, each once.")
    unknown = ids.difference(units.index)
    if len(unknown):
        raise AlignmentError(f"The layer has no shape for {listed(unknown)}.")
    numbers = matrix.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = ids[~np.isfinite(numbers).all(axis=1)]
    if len(bad):
        raise DataError(f"flow_map: missing, infinite or no numbers in the rows {listed(bad)}.")
    pairs = pd.MultiIndex.from_product([ids, matrix.columns.astype("str")], names=["to", "from"])
    flows = pd.Series(numbers.ravel(), index=pairs)
    receivers, senders = (pairs.get_level_values(level) for level in (0, 1))
    flows = flows[(receivers != senders) & (flows != 0).to_numpy()]
    if flows.empty:
        raise DataError("flow_map: no unit sends anything to another. Does the model have spillovers?")
    order = flows.abs().sort_index().sort_values(ascending=False, kind="stable").index[:count]
    return flows[order[::-1]]


def _name_ends(ax: Axes, points: Mapping[str, tuple[float, float]], names: Mapping[Any, str]) -> None:
    """Name the ends of the arrows beside them, the largest flows first, where there is room."""
    places = np.array(list(points.values()))
    ax.scatter(places[:, 0], places[:, 1], s=5, color=INK, linewidths=0, zorder=4)
    texts = [
        point_label(ax, names[unit], place, fontsize=letters(6.5), zorder=5, halo=True)
        for unit, place in points.items()
    ]
    dress(texts)
    settle(ax)
    clear = place_labels(ax, texts, places, [(0.0, 1.0)] * len(texts), lines=ax.patches)
    for text, alone in zip(texts, clear, strict=True):
        if not alone:
            text.remove()


def _samples(chosen: pd.Series, digits: int, labels: Mapping[str, str] | None) -> list[Line2D]:
    """Lines of the legend: the widest and the thinnest arrow of each sign."""
    top = float(chosen.abs().max())
    handles = []
    signs = [("Positive", chosen[chosen > 0], LINES[0]), ("Negative", chosen[chosen < 0], LINES[1])]
    both = all(len(part) for _, part, _ in signs)
    for word, part, colour in signs:
        sizes = part.abs().sort_values(ascending=False)
        for size in list(dict.fromkeys([*sizes.iloc[:1], *sizes.iloc[-1:]])):
            value = printed(size if word == "Positive" else -size, digits)
            text = f"{label_of(word, labels)}: {value}" if both else value
            width = max(0.4, _WIDEST * size / top)
            handles.append(Line2D([], [], color=colour, linewidth=width, alpha=0.85, label=text))
    return handles
