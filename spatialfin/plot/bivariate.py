"""Two indicators of the same units on one map."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from spatialfin._errors import DataError, listed
from spatialfin._labels import label_of

from ._layers import Box, Entry, Names, draw_map, fill, missing_entry, name_units, on_units, split_layer
from ._style import INK, MISSING, dress, legend_below, legend_texts, letters, printed

if TYPE_CHECKING:
    import geopandas as gpd

# Joshua Stevens's blue and gold: rows by the second indicator, columns by the first, low to high.
BIVARIATE = (
    ("#e8e8e8", "#e4d9ac", "#c8b35a"),
    ("#cbb8d7", "#c8ada0", "#af8e53"),
    ("#9972af", "#976b82", "#804d36"),
)


def bivariate_map(
    layer: gpd.GeoDataFrame,
    first: pd.Series,
    second: pd.Series,
    *,
    first_breaks: Sequence[float] | None = None,
    second_breaks: Sequence[float] | None = None,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    missing_label: str = "No data",
    names: Names = False,
    inset: Box | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Map two indicators at once: three classes of each, nine colours, and a square as their legend.

    Parameters
    ----------
    layer : GeoDataFrame
        Boundary layer indexed by unit code.
    first, second : Series
        Numbers indexed by unit code, in any order. A unit without one of them is hatched.
    first_breaks, second_breaks : sequence of two float, optional
        The inner class bounds of your own; terciles of the units that have both values without them.
    labels : mapping of str to str, optional
        Labels of the two variables and of units.
    title : str, optional
        Title of the axes.
    missing_label : str, default "No data"
        Legend text of units without a value.
    names : bool, "all" or sequence of str, default False
        As in `choropleth`.
    inset : tuple of four float, optional
        As in `choropleth`.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        The axes with the map; the legend is its last child axes. Empty cells keep their colour and say 0.

    Raises
    ------
    AlignmentError
        A series or `names` hold units that the layer does not have.
    DataError
        A value is text or infinite, no unit has both, or a variable has too few distinct values for three
        classes.
    LayerError
        The layer has no unit with a geometry.

    Notes
    -----
    Each class contains its upper bound. In the legend the first variable rises to the right and the second
    upwards; the numbers count the units.

    Examples
    --------
    >>> import spatialfin as sf
    >>> provinces = sf.load_layer("china_provinces", units="mainland")
    >>> rank = pd.Series(range(31), index=provinces.index, name="rank")
    >>> ax = sf.plot.bivariate_map(provinces, rank, (rank**2).rename("square"))
    >>> [text.get_text() for text in ax.child_axes[-1].texts]
    ['11', '0', '0', '0', '10', '0', '0', '0', '10']
    """
    units, lines = split_layer(layer)
    table = pd.DataFrame(
        {"first": on_units(first, units, "first"), "second": on_units(second, units, "second")}
    )
    known = table.dropna()
    if known.empty:
        raise DataError("bivariate_map: no unit has both values. Check that both carry unit codes.")
    words = [
        "first" if first.name is None else str(first.name),
        "second" if second.name is None else str(second.name),
    ]
    bounds = (
        _bounds(known["first"], first_breaks, words[0], "first_breaks"),
        _bounds(known["second"], second_breaks, words[1], "second_breaks"),
    )
    across, up = (
        np.searchsorted(own, known[one].to_numpy(), side="left")
        for own, one in zip(bounds, known, strict=True)
    )
    entries = [
        Entry(f"{row},{column}", known.index[(up == row) & (across == column)], fill(BIVARIATE[row][column]))
        for row in range(3)
        for column in range(3)
    ]
    missing = missing_entry(table["first"].where(table.notna().all(axis=1)), missing_label)
    ax = draw_map(ax, units, lines, [*entries, *missing], inset)
    square = _square(ax, entries, [label_of(word, labels) for word in words], bounds)
    texts = []
    if missing:
        handles = [Patch(label=missing[0].text, linewidth=0.5, **MISSING)]
        drawn = legend_below(ax, columns=1, handles=handles, under=square)
        texts += legend_texts(drawn)
    if title is not None:
        texts.append(ax.set_title(title, color=INK))
    dress(texts)
    name_units(ax, units, names, labels)
    return ax


def _bounds(values: pd.Series, breaks: Sequence[float] | None, name: str, option: str) -> np.ndarray:
    """The two bounds between the classes 0, 1 and 2."""
    if breaks is None:
        bounds: np.ndarray = np.quantile(values.to_numpy(), [1 / 3, 2 / 3])
        if not values.min() <= bounds[0] < bounds[1] < values.max():
            raise DataError(
                f"bivariate_map: {name!r} has too few distinct values for three classes, "
                f"{listed(sorted(values.unique()), 3)}. "
                f"Give {option}=, two bounds, or draw the other by choropleth."
            )
    else:
        bounds = np.asarray(breaks, dtype=float)
        if bounds.shape != (2,) or not np.isfinite(bounds).all() or bounds[0] >= bounds[1]:
            raise DataError(f"bivariate_map: {option}={breaks!r}: two numbers that rise are needed.")
    return bounds


def _shown(bound: float) -> str:
    """A bound with at least three digits."""
    digits = 2 if bound == 0 else max(0, 2 - math.floor(math.log10(abs(bound))))
    return printed(bound, digits)


def _square(ax: Axes, entries: list[Entry], names: list[str], bounds: Sequence[np.ndarray]) -> Axes:
    """The legend: nine cells with the number of their units, and the bounds between them."""
    box = ax.inset_axes((1.16, 0.38, 0.24, 0.34))
    for number, entry in enumerate(entries):
        row, column = divmod(number, 3)
        box.add_patch(Rectangle((column, row), 1, 1, linewidth=0.5, **entry.style))
        box.text(column + 0.5, row + 0.5, str(len(entry.members)), ha="center", va="center",
                 fontsize=letters(7.5), color="white" if row == 2 and column else INK)  # fmt: skip
    box.set(xlim=(0, 3), ylim=(0, 3), aspect="equal")
    box.set_xticks([1, 2], [_shown(bound) for bound in bounds[0]])
    box.set_yticks([1, 2], [_shown(bound) for bound in bounds[1]])
    left, right = box.get_xticklabels()
    left.set_horizontalalignment("right")  # away from each other
    right.set_horizontalalignment("left")
    box.tick_params(length=2, width=0.5, labelsize=letters(7))
    box.spines[:].set_visible(False)
    box.set_anchor("SW")
    size = letters(8.5)
    dress([box.set_xlabel(f"{names[0]} →", fontsize=size), box.set_ylabel(f"{names[1]} →", fontsize=size)])
    return box
