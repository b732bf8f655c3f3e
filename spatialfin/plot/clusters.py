"""Local clusters: maps of several periods with one legend, and the units in each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.patches import Patch, Rectangle

from spatialfin._errors import DataError, OptionError
from spatialfin._labels import has_cjk, label_of
from spatialfin._validate import check_mapping

from ._layers import Box, split_layer
from ._panels import check_results, panel_axes, panel_legend
from ._style import INK, MISSING, dress, letters, new_axes
from .maps import QUIET_CLUSTERS, cluster_styles, lisa_map

if TYPE_CHECKING:
    import geopandas as gpd
    from matplotlib.text import Text

_SIZE = 7.5  # points
_ADJUSTED = {"fdr": ", FDR", "bonferroni": ", Bonferroni", "none": ""}


def lisa_maps(
    layer: gpd.GeoDataFrame,
    results: Mapping[Any, Any],
    *,
    alpha: float = 0.05,
    adjust: str = "fdr",
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    missing_label: str = "No data",
    inset: Box | None = None,
    axes: Sequence[Axes] | None = None,
) -> list[Axes]:
    """Small maps of the clusters of local Moran's I in several periods, with one legend.

    Parameters
    ----------
    layer : GeoDataFrame
        Boundary layer indexed by unit code.
    results : dict of period to LocalMoranResult or LocalResult
        What ``local_moran`` or another local statistic gave for each period, in the order of the maps;
        at most 24.
    alpha, adjust
        As in `lisa_map`.
    labels : mapping of str to str, optional
        Labels of the variable, of the classes and of the periods.
    title : str, optional
        Title above all maps.
    missing_label : str, default "No data"
        Legend text of units that are in the layer only.
    inset : tuple of four float, optional
        As in `choropleth`.
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
        A result holds units that the layer does not have.
    DataError
        There are no results, or one is not of ``local_moran``.
    OptionError
        There are more than 24 periods, or not as many axes.

    Examples
    --------
    >>> import pandas as pd
    >>> import spatialfin as sf
    >>> class Found:
    ...     variable = "lq"
    ...     def clusters(self, alpha, adjust):
    ...         return pd.Series(["High-High", "Not significant"], index=["110000", "120000"])
    >>> axes = lisa_maps(sf.load_layer("china_provinces"), {2010: Found(), 2011: Found()})
    >>> [ax.get_title() for ax in axes]
    ['2010', '2011']
    """
    found = check_results(results, "lisa_maps", "clusters", "local_moran")
    drawn = panel_axes(axes, len(found), panel=(3.3, 2.6), extra=(1.7, 0.2))
    missing = False
    for ax, (period, local) in zip(drawn, found.items(), strict=True):
        lisa_map(layer, local, alpha=alpha, adjust=adjust, legend=False, inset=inset, ax=ax)
        missing |= any(patches.get_hatch() == MISSING["hatch"] for patches in ax.collections)
        dress([ax.set_title(label_of(period, labels), color=INK, fontsize=letters(10.5), pad=3)])
    styles = {word: style for local in found.values() for word, style in cluster_styles(local).items()}
    handles = [Patch(label=label_of(word, labels), linewidth=0.5, **style) for word, style in styles.items()]
    if missing:
        handles.append(Patch(label=missing_label, linewidth=0.5, **MISSING))
    name = label_of(next(iter(found.values())).variable, labels)
    heading = f"{name}\n(p < {alpha:g}{_ADJUSTED.get(adjust, '')})"
    texts = panel_legend(drawn, handles, heading, whole=axes is None)
    if title is not None:
        texts.append(drawn[0].figure.figure.suptitle(title, color=INK, fontsize=letters(12)))
    dress(texts)
    return drawn


def cluster_members(
    local: Any,
    *,
    alpha: float = 0.05,
    adjust: str = "fdr",
    names: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    none_label: str = "none",
    layer: gpd.GeoDataFrame | None = None,
    missing_label: str = "No data",
    ax: Axes | None = None,
) -> Axes:
    """The units of each cluster by name, to stand beside or under a cluster map as its legend.

    Parameters
    ----------
    local : LocalMoranResult or LocalResult
        What ``local_moran`` or another local statistic gave.
    alpha, adjust
        As in `lisa_map`.
    names : mapping of str to str, optional
        Unit code to name; the code where there is none.
    labels : mapping of str to str, optional
        Labels of the classes (``{"High-High": "高-高"}``).
    title : str, optional
        Title of the axes.
    none_label : str, default "none"
        What stands for the members of an empty class.
    layer : GeoDataFrame, optional
        The layer of the map beside it; its units without a result are then counted, hatched as on the map.
    missing_label : str, default "No data"
        What these units are called.
    ax : Axes, optional
        Where to write; a new figure without it. Lines are broken at its width.

    Returns
    -------
    Axes
        Axes without frame: a coloured box for each class, its number of units and their names. Units that are
        not significant, or have no neighbours, are counted only.

    Raises
    ------
    DataError
        `local` is not what ``local_moran`` gave.
    OptionError
        The lines do not fit into the height of the axes.

    Examples
    --------
    >>> import pandas as pd
    >>> class Found:
    ...     def clusters(self, alpha, adjust):
    ...         return pd.Series(["High-High", "Not significant"], index=["110000", "120000"])
    >>> ax = cluster_members(Found(), names={"110000": "Beijing"})
    >>> [text.get_text() for text in ax.texts[:2]]
    ['High-High (1)', 'Beijing']
    """
    check_mapping("names", names)
    if not hasattr(local, "clusters"):
        raise DataError(f"cluster_members: what local_moran returned is needed, not {type(local).__name__}.")
    clusters = local.clusters(alpha=alpha, adjust=adjust).astype("str")
    rows: list[tuple[str, dict[str, Any], list[str]]] = []
    for word, style in cluster_styles(local).items():
        members = clusters.index[clusters == word]
        shown = [(names or {}).get(str(unit), str(unit)) for unit in members] or [none_label]
        heading = f"{label_of(word, labels)} ({len(members)})"
        rows.append((heading, style, [] if word in QUIET_CLUSTERS else shown))
    without = [] if layer is None else split_layer(layer)[0].index.difference(clusters.index)
    if len(without):
        rows.append((f"{missing_label} ({len(without)})", MISSING, []))
    ax = new_axes(ax, (4.0, 3.2))
    texts = _write_rows(ax, rows)
    if title is not None:
        texts.append(ax.set_title(title, color=INK, fontsize=letters(10)))
    dress(texts)
    return ax


def _write_rows(ax: Axes, rows: list[tuple[str, dict[str, Any], list[str]]]) -> list[Text]:
    """A box and a heading for each row, the names below it in lines as long as the axes are wide."""
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.set_axis_off()
    figure: Any = ax.figure.figure
    place = ax.get_position()
    inches = figure.get_size_inches() * [place.width, place.height]
    line = 1.35 * _SIZE / 72 / inches[1]
    left = 0.22 / inches[0]
    top = 1.0
    texts = []
    for heading, style, names in rows:
        size = (0.15 / inches[0], 0.8 * line)
        ax.add_patch(Rectangle((0.0, top - line), *size, linewidth=0.5, **style))
        texts.append(_write(ax, left, top - 0.6 * line, heading))
        top -= 1.25 * line
        for text in _broken(names, (inches[0] - 0.25) * 72 / _SIZE):
            texts.append(_write(ax, left, top - 0.5 * line, text, colour="#5a5a5a"))
            top -= line
        top -= 0.35 * line
    if top < -line:
        raise OptionError(
            f"cluster_members: the names need {(1 - top) * inches[1]:.1f} inches of height, the axes have "
            f"{inches[1]:.1f}. Give higher axes."
        )
    return texts


def _write(ax: Axes, across: float, up: float, text: str, *, colour: str = INK) -> Text:
    return ax.text(across, up, text, fontsize=_SIZE, color=colour, va="center")


def _broken(names: list[str], room: float) -> list[str]:
    """Names joined, in lines of at most `room` letters' heights."""
    text = ", ".join(names)
    # Chinese characters are as wide as high, Latin ones half of it.
    if not has_cjk(text):
        return wrap(text, max(8, int(room / 0.54)))
    lines, used = [""], 0.0
    for number, name in enumerate(names):
        piece = name + ("、" if number + 1 < len(names) else "")
        if used + len(piece) > room and lines[-1]:
            lines.append("")
            used = 0.0
        lines[-1] += piece
        used += len(piece)
    return lines
