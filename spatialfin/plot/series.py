"""Maps of several periods side by side, with the same classes."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from spatialfin._errors import DataError, OptionError
from spatialfin._labels import label_of
from spatialfin._validate import check_frame, check_option, check_unique, check_whole

from ._classes import SCHEMES, Classes, check_k, classify
from ._layers import Box, Entry, Ground, draw_on, fill, on_units, split_layer
from ._panels import MOST, panel_axes, panel_legend
from ._style import INK, MISSING, dress, letters, shades

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.text import Text

_HEADING = 22  # characters
_PANEL = (3.3, 2.6)  # inches


def map_series(
    layer: gpd.GeoDataFrame,
    values: pd.DataFrame,
    *,
    scheme: str = "quantiles",
    k: int = 5,
    breaks: Sequence[float] | None = None,
    cmap: str = "YlGnBu",
    labels: Mapping[str, str] | None = None,
    label: str = "",
    title: str | None = None,
    missing_label: str = "No data",
    digits: int = 2,
    inset: Box | None = None,
    axes: Sequence[Axes] | None = None,
) -> list[Axes]:
    """Small maps of several periods with classes pooled over all of them and one legend.

    Parameters
    ----------
    layer : GeoDataFrame
        Boundary layer indexed by unit code; decoration rows are drawn as lines only.
    values : DataFrame
        One row per unit, in any order, and one column per period, in the order of the maps; at most 24.
    scheme, k, cmap, digits, inset
        As in `choropleth`; the classes are found once, from the values of all periods together.
    breaks : sequence of float, optional
        Inner class bounds of your own, used in place of `scheme`; a class keeps its colour and its place in
        the legend where no unit is in it.
    labels : mapping of str to str, optional
        Labels of the variable and of the periods (as text: ``{"2011": "2011 (census)"}``).
    label : str, optional
        Name of the variable: the title of the legend.
    title : str, optional
        Title above all maps.
    missing_label : str, default "No data"
        Legend text of units without a value, which are hatched.
    axes : sequence of Axes, optional
        Where to draw, one for each period; a new figure without it. The legend stands beside the last one,
        in a new figure beside all.

    Returns
    -------
    list of Axes
        One per period.

    Raises
    ------
    AlignmentError
        `values` hold units that the layer does not have.
    DataError
        A unit or a period is there twice, a value is text or infinite, or all values are missing.
    OptionError
        `scheme`, `k` or the number of periods or axes is not valid.
    LayerError
        The layer has no unit with a geometry.

    Notes
    -----
    With classes of its own for each year a map of quantiles looks the same whatever happens; pooled classes
    show change. Each class contains its upper bound.

    Examples
    --------
    >>> import pandas as pd
    >>> import spatialfin as sf
    >>> provinces = sf.load_layer("china_provinces", units="mainland")
    >>> lq = pd.DataFrame({2010: range(31), 2011: range(1, 32)}, index=provinces.index)
    >>> axes = map_series(provinces, lq, k=3, digits=0)
    >>> [ax.get_title() for ax in axes]
    ['2010', '2011']
    >>> [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    ['0 – 10', '10 – 21', '21 – 31']
    """
    check_option("scheme", scheme, tuple(SCHEMES))
    check_k(k)
    check_whole("digits", digits)
    _check_periods(values)
    units, lines = split_layer(layer)
    table = pd.DataFrame(
        {period: on_units(values[period], units, f"values, {period}") for period in values.columns}
    )
    known = table.notna().to_numpy()
    if not known.any():
        raise DataError("map_series: every value is missing. Check that the rows carry unit codes.")
    classes = classify(table.to_numpy()[known], scheme=scheme, k=k, breaks=breaks, digits=digits)
    entries = _entries(classes, table, cmap, missing_label)
    drawn = panel_axes(axes, len(values.columns), panel=_PANEL, extra=(1.6, 0.2))
    texts: list[Text] = []
    ground = Ground.of(units, lines, inset)
    for ax, (period, own) in zip(drawn, entries.items(), strict=True):
        draw_on(ax, ground, own)
        texts.append(ax.set_title(label_of(period, labels), color=INK, fontsize=letters(10.5), pad=3))
    shown = [entry for entry in entries[table.columns[0]] if entry.style is not MISSING or not known.all()]
    handles = [Patch(label=entry.text, linewidth=0.5, **entry.style) for entry in shown]
    heading = _wrapped(label_of(label, labels)) if label else ""
    texts += panel_legend(drawn, handles, heading, whole=axes is None)
    if title is not None:
        texts.append(drawn[0].figure.figure.suptitle(title, color=INK, fontsize=letters(12)))
    dress(texts)
    return drawn


def _check_periods(values: pd.DataFrame) -> None:
    check_frame(values, "values")
    check_unique(values.columns, "values, columns")
    count = len(values.columns)
    if not 1 <= count <= MOST:
        raise OptionError(f"map_series: {count} periods. Choose 1 to {MOST} columns of the values.")


def _entries(classes: Classes, table: pd.DataFrame, cmap: str, missing_label: str) -> dict[Any, list[Entry]]:
    """Every class of every period, empty ones too, and the units without a value."""
    number = np.full(table.shape, -1)
    number[table.notna().to_numpy()] = classes.members
    styles = [fill(colour) for colour in shades(cmap, len(classes.texts))]
    return {
        period: [
            *(
                Entry(text, table.index[place == position], style)
                for position, (text, style) in enumerate(zip(classes.texts, styles, strict=True))
            ),
            Entry(missing_label, table.index[place == -1], MISSING),
        ]
        for period, place in zip(table.columns, number.T, strict=True)
    }


def _wrapped(text: str) -> str:
    """A heading that takes no more width from the maps than the classes do."""
    return "\n".join(textwrap.wrap(text, _HEADING)) or text
