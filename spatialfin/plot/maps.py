"""Maps of values and of local clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.axes import Axes

from spatialfin._errors import DataError
from spatialfin._labels import label_of
from spatialfin._validate import check_option, check_whole

from ._classes import SCHEMES, check_k, classify
from ._layers import (
    Box,
    Entry,
    Names,
    annotate,
    check_known,
    draw_map,
    fill,
    missing_entry,
    name_units,
    on_units,
    split_layer,
)
from ._style import shades

if TYPE_CHECKING:
    import geopandas as gpd

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
        ``spatialfin.plot.SOUTH_CHINA_SEA``; the map itself then ends at its larger parts. In degrees
        also for a projected layer.
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
    Each class contains its upper bound. Coordinates in degrees are drawn with the aspect of the map's
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
    units, lines = split_layer(layer)
    numbers = on_units(values, units, "values")
    known = numbers.dropna()
    if known.empty:
        raise DataError("choropleth: every unit is without a value. Check that the values carry unit codes.")
    classes = classify(known.to_numpy(), scheme=scheme, k=k, breaks=breaks, digits=digits)
    colours = shades(cmap, len(classes.texts))
    entries = [
        Entry(f"{text} ({count})", known.index[classes.members == number], fill(colour))
        for number, (text, count, colour) in enumerate(
            zip(classes.texts, classes.counts, colours, strict=True)
        )
    ]
    entries += missing_entry(numbers, missing_label)
    heading = label_of(values.name, labels) if values.name is not None else ""
    ax = draw_map(ax, units, lines, entries, inset)
    annotate(ax, entries if legend else [], heading=heading, title=title)
    name_units(ax, units, names, labels)
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
    units, lines = split_layer(layer)
    if not hasattr(local, "clusters"):
        raise DataError(f"lisa_map: what local_moran returned is needed, not {type(local).__name__}.")
    found = local.clusters(alpha=alpha, adjust=adjust).astype("str")
    check_known(found, units)
    clusters = found.reindex(units.index)
    entries = []
    for word, style in cluster_styles(local).items():
        members = clusters.index[clusters == word]
        entries.append(Entry(f"{label_of(word, labels)} ({len(members)})", members, style))
    entries += missing_entry(clusters, missing_label)
    level = f"p < {alpha:g}" + ("" if adjust == "none" else f", {_ADJUSTMENTS.get(adjust, adjust)}")
    ax = draw_map(ax, units, lines, entries, inset)
    annotate(
        ax, entries if legend else [], heading=f"{label_of(local.variable, labels)} ({level})", title=title
    )
    significant = clusters.index[clusters.notna() & ~clusters.isin(QUIET_CLUSTERS)]
    name_units(ax, units, list(significant) if names is True else names, labels)
    return ax


def cluster_styles(local: Any) -> dict[str, dict[str, Any]]:
    """How each category of a local statistic is filled, in order; units without neighbours are dotted."""
    colours = {**CLUSTER_COLOURS, **_OTHER_COLOURS}
    words = getattr(local, "categories", tuple(CLUSTER_COLOURS))
    dots = {"No neighbours": {"hatch": "...."}}
    return {word: fill(colours[word], **dots.get(word, {})) for word in words}
