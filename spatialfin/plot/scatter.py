"""The Moran scatter plot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Annotation, Text

from spatialfin._errors import DataError
from spatialfin._labels import label_of
from spatialfin._phrases import p_words
from spatialfin._validate import check_mapping, check_whole

from ._places import label_farthest, place_labels, settle
from ._style import INK, LINES, QUIET, dress, letters, new_axes, printed

_CORNERS = {
    "High-High": (0.98, 0.98, "right", "top"),
    "Low-High": (0.02, 0.98, "left", "top"),
    "Low-Low": (0.02, 0.02, "left", "bottom"),
    "High-Low": (0.98, 0.02, "right", "bottom"),
}


def moran_scatter(
    result: Any,
    *,
    names: Mapping[str, str] | None = None,
    label_extremes: int = 5,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Standardised values against their spatial lag, with Moran's I and its p-value.

    Parameters
    ----------
    result : MoranResult
        What ``moran`` gave.
    names : mapping of str to str, optional
        Unit code to the name that labels its point; the code where there is none.
    label_extremes : int, default 5
        How many points, the farthest from the origin, get a label.
    labels : mapping of str to str, optional
        Labels of the variable, of ``"Spatial lag"`` and of the quadrants (``"High-High"`` ...).
    title : str, optional
        Title of the axes.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        The axes with the scatter.

    Raises
    ------
    OptionError
        `label_extremes` is negative.

    Notes
    -----
    The line has the least-squares slope of the lag on the values, which is I when W is row-standardised.
    The p-value printed is the two-sided one of the permutations.

    References
    ----------
    Anselin, L. (1996). The Moran scatterplot as an ESDA tool. In *Spatial Analytical Perspectives on GIS*.

    Examples
    --------
    >>> class Found:
    ...     I, p_sim, permutations, variable = 0.5, 0.012, 999, "lq"
    ...     standardized = pd.Series([-1.0, 0.0, 1.0], index=["a", "b", "c"])
    ...     lag = pd.Series([-0.5, 0.0, 0.5], index=["a", "b", "c"])
    >>> ax = moran_scatter(Found(), label_extremes=0)
    >>> ax.texts[0].get_text()
    "Moran's I = 0.500, p = 0.012 (999 permutations)"
    """
    ax = draw_scatter(result, names=names, label_extremes=label_extremes, labels=labels, title=title, ax=ax)
    settle(ax)
    place_extremes(ax)
    return ax


def draw_scatter(
    result: Any,
    *,
    names: Mapping[str, str] | None,
    label_extremes: int,
    labels: Mapping[str, str] | None,
    title: str | None,
    ax: Axes | None,
) -> Axes:
    """The scatter with the labels of its points not yet in their places."""
    check_whole("label_extremes", label_extremes)
    check_mapping("names", names)
    if not hasattr(result, "p_sim") or isinstance(result.p_sim, pd.Series):
        raise DataError(f"moran_scatter: what moran returned is needed, not {type(result).__name__}.")
    points = pd.DataFrame({"z": result.standardized, "lag": result.lag}).sort_index()
    ax = new_axes(ax, (6.0, 5.4))
    ax.axhline(0, color=QUIET, linewidth=0.8, zorder=1)
    ax.axvline(0, color=QUIET, linewidth=0.8, zorder=1)
    ax.scatter(points["z"], points["lag"], s=26, color=LINES[0], alpha=0.8, linewidths=0, zorder=3)
    slope = float((points["z"] * points["lag"]).sum() / (points["z"] ** 2).sum())
    ends = np.array([points["z"].min(), points["z"].max()])
    ax.plot(ends, points["lag"].mean() + slope * ends, color=LINES[1], linewidth=1.6, zorder=2)
    ax.margins(0.12)
    statistic = (
        f"Moran's I = {printed(result.I, 3)}, p {p_words(result.p_sim)} ({result.permutations} permutations)"
    )
    texts: list[Text] = [
        ax.text(0.0, 1.015, statistic, transform=ax.transAxes, ha="left", va="bottom", fontsize=letters(9),
                color=INK)
    ]  # fmt: skip
    for word, (across, up, side, level) in _CORNERS.items():
        texts.append(
            ax.text(across, up, label_of(word, labels), transform=ax.transAxes, ha=side, va=level,
                    fontsize=letters(8.5), color="#777777", style="italic")
        )  # fmt: skip
    texts += label_farthest(ax, points, points["z"] ** 2 + points["lag"] ** 2, names or {}, label_extremes)
    name = label_of(result.variable, labels) if result.variable is not None else ""
    texts.append(ax.set_xlabel(f"{name} (z)" if name else "z"))
    texts.append(ax.set_ylabel(label_of("Spatial lag", labels) + (f": W({name})" if name else "")))
    if title is not None:
        texts.append(ax.set_title(title, color=INK, pad=20))
    ax.spines[["top", "right"]].set_visible(False)
    dress(texts)
    return ax


def place_extremes(ax: Axes) -> None:
    """Put the labels of a scatter where they cover neither each other nor points, away from the origin."""
    extremes = [text for text in ax.texts if isinstance(text, Annotation)]
    if not extremes:
        return
    place_labels(
        ax,
        extremes,
        np.asarray(ax.collections[0].get_offsets()),
        [label.xy for label in extremes],
        lines=ax.lines,
        keep_clear=[text for text in ax.texts if text not in extremes],
    )
