"""The subspace network and its filters; clusters of regions on the map, and what they are like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Patch
from matplotlib.text import Text

from spatialfin._errors import DataError
from spatialfin._labels import label_of
from spatialfin._validate import check_whole

from ._layers import Box, Names, annotate, draw_map, name_units, split_layer
from ._style import AREAS, INK, QUIET, dress, legend_texts, letters, new_axes
from .area import grouped_entries

if TYPE_CHECKING:
    import geopandas as gpd

_MARKERS = "osD^vPX*"
_SIGNS = "RdBu_r"


def cluster_map(
    layer: gpd.GeoDataFrame,
    clusters: pd.Series,
    *,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    missing_label: str = "No data",
    names: Names = False,
    kinds: Sequence[Any] | None = None,
    inset: Box | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Map the cluster of each unit.

    Parameters
    ----------
    layer : GeoDataFrame
        Boundary layer indexed by unit code; decoration rows are drawn as lines only.
    clusters : Series
        Cluster of each unit, such as ``clusters_`` of a fit; units without one are hatched.
    labels : mapping of str to str, optional
        Labels of the clusters (as text), of the name of `clusters` (the legend's title) and of units.
    title : str, optional
        Title of the axes.
    missing_label : str, default "No data"
        Legend text of units without a cluster.
    names : bool, "all" or sequence of str, default False
        Units to name, as in `choropleth`.
    kinds : sequence, optional
        All clusters, at most eight, in the order of their colours, so that maps of several years agree;
        those of `clusters`, sorted, without it.
    inset : tuple of four float, optional
        As in `choropleth`.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        The axes with the map; the legend has every cluster with its number of units, empty ones too.

    Raises
    ------
    AlignmentError
        `clusters` or `names` hold units that the layer does not have.
    DataError
        No unit has a cluster, there are more than eight, or one is not in `kinds`.
    LayerError
        The layer has no unit with a geometry.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> found = pd.Series([0, 1, 1], index=["110000", "120000", "130000"], name="cluster")
    >>> ax = sf.plot.cluster_map(sf.load_layer("china_provinces"), found, labels={"cluster": "Type"})
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['0 (1)', '1 (2)', 'No data (31)']
    """
    if not isinstance(clusters, pd.Series):
        raise DataError(f"clusters: a Series indexed by unit is needed, not {type(clusters).__name__}.")
    units, lines = split_layer(layer)
    every = list(_colours(clusters.dropna().tolist(), kinds))
    groups = clusters.astype(pd.CategoricalDtype(every))
    entries = grouped_entries(units, groups, labels, missing_label)
    ax = draw_map(ax, units, lines, entries, inset)
    heading = label_of(clusters.name, labels) if clusters.name is not None else ""
    annotate(ax, entries, heading=heading, title=title)
    name_units(ax, units, names, labels)
    return ax


def cluster_profiles(
    profiles: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """What clusters are like: the mean of each indicator in each cluster, in standard deviations.

    Parameters
    ----------
    profiles : DataFrame
        What ``features.cluster_profiles`` gave.
    labels : mapping of str to str, optional
        Labels of the clusters (as text), of the indicators, of ``"cluster"`` (the legend's title) and of
        ``"Standard deviations from the mean"``.
    title : str, optional
        Title of the axes.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        One row per indicator, one mark per cluster in the colours of `cluster_map`.

    Raises
    ------
    DataError
        `profiles` is not what ``features.cluster_profiles`` gave, or has more than eight clusters.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> data = pd.DataFrame({"lq": [1.0, 1.0, 3.0], "depth": [2.0, 1.0, 1.0]}, index=list("abc"))
    >>> found = sf.features.cluster_profiles(data, pd.Series([0, 0, 1], index=list("abc")))
    >>> ax = sf.plot.cluster_profiles(found)
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['lq', 'depth']
    """
    if not isinstance(profiles, pd.DataFrame) or "units" not in profiles.columns:
        raise DataError("cluster_profiles: what features.cluster_profiles gave is needed.")
    shown = profiles.drop(columns="units")
    colours = _colours(list(shown.index), None)
    ax = new_axes(ax, (6.4, 1.2 + 0.42 * shown.shape[1]))
    rows = np.arange(shown.shape[1])
    ax.hlines(rows, *_limits(shown), colors="#e4e4e4", linewidth=1.0, zorder=1)
    ax.axvline(0.0, color=QUIET, linewidth=1.0, zorder=1)
    for marker, (kind, colour) in zip(_MARKERS, colours.items(), strict=False):
        text = f"{label_of(kind, labels)} ({profiles.loc[kind, 'units']:.0f})"
        ax.plot(shown.loc[kind].to_numpy(), rows, color=colour, linewidth=1.2, alpha=0.55, zorder=2)
        ax.scatter(shown.loc[kind], rows, s=52, color=colour, marker=marker, edgecolors=INK, linewidths=0.5,
                   label=text, zorder=3)  # fmt: skip
    ax.set_yticks(rows, [label_of(name, labels) for name in shown.columns])
    ax.set(ylim=(len(rows) - 0.5, -0.5), xlim=_limits(shown))
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    handles, _ = ax.get_legend_handles_labels()
    heading = label_of(shown.index.name or "cluster", labels)
    legend = ax.legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False,
                       fontsize=letters(9), title_fontsize=letters(9.5), title=heading,
                       alignment="left")  # fmt: skip
    texts = [*legend_texts(legend), *ax.get_yticklabels()]
    texts.append(ax.set_xlabel(label_of("Standard deviations from the mean", labels)))
    if title is not None:
        texts.append(ax.set_title(title, color=INK))
    dress(texts)
    return ax


def subspace_network(
    network: Any,
    *,
    most: int = 8,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a subspace network: indicators, the filters on them, and the responses that pool the filters.

    Parameters
    ----------
    network : SubspaceNetwork
        After ``fit``.
    most : int, default 8
        Subspaces to draw, those of the heaviest tails.
    labels : mapping of str to str, optional
        Labels of the indicators, of ``"Filters"``, ``"Responses"``, ``"Above the mean"`` and
        ``"Below the mean"``.
    title : str, optional
        Title of the axes.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        Each row of squares is one filter, a pattern in the data (a column of ``basis_``, each indicator in
        units of its largest pattern): red where the indicator is above its mean, blue below. Lines join the
        filters of a subspace to its response.

    Raises
    ------
    DataError
        `network` is not a fitted SubspaceNetwork.
    OptionError
        `most` is not a whole number from 1 on.

    Notes
    -----
    Signs of filters, and turns among the filters of one subspace, change no response: only the span of the
    rows of one subspace has a meaning.

    Examples
    --------
    >>> import numpy as np, spatialfin as sf
    >>> rng = np.random.default_rng(0)
    >>> X = rng.laplace(size=(900, 4))
    >>> ax = sf.plot.subspace_network(sf.features.SubspaceNetwork(n_subspaces=2).fit(X))
    >>> [text.get_text() for text in ax.texts if text.get_text().startswith("y")]
    ['y1', 'y2']
    """
    check_whole("most", most, least=1)
    if not hasattr(network, "basis_") or not hasattr(network, "subspace_size"):
        raise DataError(
            f"subspace_network: a fitted SubspaceNetwork is needed, not {type(network).__name__}."
        )
    size = int(network.subspace_size)
    count = min(most, network.basis_.shape[1] // size)
    patterns = np.asarray(network.basis_).T[: count * size]
    largest = np.abs(network.basis_).max(axis=1)
    p = patterns.shape[1]
    ax = new_axes(ax, (min(2.8 + 0.34 * p, 13.0), 1.6 + 0.3 * count * (size + 0.6)))
    texts = _filters(ax, patterns / np.where(largest > 0, largest, 1.0), count, size)
    texts += _inputs(ax, network, labels)
    texts += _signs(ax, labels)
    bottom = count * (size + 0.6) - 0.4
    for x, word in ((p / 2, "Filters"), (p + 2.6, "Responses")):
        texts.append(
            ax.text(
                x, -0.55, label_of(word, labels), ha="center", va="bottom", fontsize=letters(10), color=INK
            )
        )
    ax.set(xlim=(-0.3, p + 3.6), ylim=(bottom, -1.3), aspect="equal")
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_yticks([])
    if title is not None:
        texts.append(ax.set_title(title, color=INK))
    dress(texts)
    return ax


def _colours(found: Sequence[Any], kinds: Sequence[Any] | None) -> dict[Any, str]:
    """Cluster to its colour."""
    every = sorted(set(found)) if kinds is None else list(kinds)
    strange = sorted(set(found) - set(every), key=str)
    if not every or strange:
        what = f"{strange} not in kinds" if strange else "no unit has a cluster"
        raise DataError(f"clusters: {what}.")
    if len(every) > len(AREAS):
        raise DataError(f"clusters: {len(every)} of them; {len(AREAS)} colours can be told apart.")
    return dict(zip(every, AREAS, strict=False))


def _limits(shown: pd.DataFrame) -> tuple[float, float]:
    low, high = float(np.nanmin(shown.to_numpy())), float(np.nanmax(shown.to_numpy()))
    edge = 0.06 * (high - low) or 0.1
    return min(low, 0.0) - edge, max(high, 0.0) + edge


def _filters(ax: Axes, patterns: np.ndarray, count: int, size: int) -> list[Text]:
    """Rows of squares, and the responses that pool them; every subspace is a little apart from the next."""
    texts = []
    p = patterns.shape[1]
    for subspace in range(count):
        top = subspace * (size + 0.6)
        rows = patterns[subspace * size : (subspace + 1) * size]
        ax.imshow(rows, cmap=_SIGNS, vmin=-1, vmax=1, extent=(0, p, top + size, top), aspect="auto")
        ax.hlines(top + np.arange(size + 1), 0, p, colors="white", linewidth=1.2)
        ax.vlines(np.arange(p + 1), top, top + size, colors="white", linewidth=1.2)
        middle = top + size / 2
        for row in range(size):
            ax.plot([p + 0.1, p + 2.1], [top + row + 0.5, middle], color=QUIET, linewidth=0.9)
        ax.add_patch(Circle((p + 2.6, middle), 0.5, facecolor="#f2f2f2", edgecolor=INK, linewidth=0.9))
        texts.append(
            ax.text(p + 2.6, middle, f"y{subspace + 1}", ha="center", va="center", fontsize=letters(8.5))
        )
    return texts


def _signs(ax: Axes, labels: Mapping[str, str] | None) -> list[Text]:
    """What the two colours mean."""
    handles = [
        Patch(facecolor=mpl.colormaps[_SIGNS](share), label=label_of(word, labels))
        for word, share in (("Above the mean", 0.85), ("Below the mean", 0.15))
    ]
    return legend_texts(
        ax.legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False,
                  fontsize=letters(9))
    )  # fmt: skip


def _inputs(ax: Axes, network: Any, labels: Mapping[str, str] | None) -> list[Text]:
    """Names of the indicators below the squares; the periods of one are under one name."""
    p = network.basis_.shape[0]
    names = [str(name) for name in getattr(network, "feature_names_in_", [f"x{i}" for i in range(p)])]
    heads = [(name.split("[t")[0], name) for name in names]
    ticks, shown, first = [], [], 0
    for head, members in groupby(heads, key=lambda pair: pair[0]):
        width = len(list(members))
        ticks.append(first + width / 2)
        lags = f"\nt−{width - 1} … t" if width > 1 else ""
        shown.append(f"{label_of(head, labels)}{lags}")
        first += width
    wide = p / max(len(shown), 1) < 4
    ax.set_xticks(ticks, shown, fontsize=letters(8.5))
    if wide:
        plt.setp(ax.get_xticklabels(), rotation=45, ha="right", rotation_mode="anchor")
    ax.tick_params(axis="x", length=0)
    return list(ax.get_xticklabels())
