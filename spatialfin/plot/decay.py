"""The profile of a variable over the distance from a centre."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from spatialfin._errors import DataError
from spatialfin._labels import label_of

from ._style import INK, LINES, QUIET, dress, legend_below, legend_texts, new_axes


def distance_profile(
    result: Any,
    *,
    variable: str | None = None,
    points: bool = True,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A variable over the distance from a centre: its profile, the band, the units.

    Parameters
    ----------
    result : DistanceDecay
        What ``explore.distance_decay`` gave.
    variable : str, optional
        What the values are, the label of the vertical axis.
    points : bool, default True
        Draw the units behind the profile.
    labels : mapping of str to str, optional
        Labels of the variable, ``"Distance from the centre, km"``, ``"Profile"``, ``"Band"`` and ``"Units"``.
    title : str, optional
        Title of the axes.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        The axes; bins are points with bars, a local-linear profile is a line with a band.

    Raises
    ------
    DataError
        `result` is not what ``distance_decay`` gave.

    Examples
    --------
    >>> class Found:
    ...     profile = pd.DataFrame({"distance": [0, 50, 100], "estimate": [3.0, 2, 1],
    ...                             "conf_low": [2.5, 1.5, 0.5], "conf_high": [3.5, 2.5, 1.5]})
    ...     points = pd.DataFrame({"distance": [10, 80], "value": [2.9, 1.2]})
    ...     method, level = "local-linear", 0.95
    >>> [text.get_text() for text in distance_profile(Found()).get_legend().get_texts()]
    ['Profile', '95% band', 'Units']
    """
    profile = getattr(result, "profile", None)
    needed = {"distance", "estimate", "conf_low", "conf_high"}
    if not isinstance(profile, pd.DataFrame) or not needed <= set(profile.columns):
        raise DataError(
            f"distance_profile: what distance_decay returned is needed, not {type(result).__name__}."
        )
    rows = profile.sort_values("distance")
    ax = new_axes(ax, (5.2, 3.4))
    band = f"{result.level:.0%} {labels.get('Band', 'band') if labels else 'band'}"
    line = label_of("Profile", labels)
    if result.method == "binned":
        ax.plot(rows["distance"], rows["estimate"], color=LINES[0], marker="o", markersize=4.5,
                linewidth=0.8, label=line)  # fmt: skip
        ax.vlines(rows["distance"], rows["conf_low"], rows["conf_high"], color=LINES[0], linewidth=1.2,
                  label=band)  # fmt: skip
    else:
        ax.plot(rows["distance"], rows["estimate"], color=LINES[0], linewidth=1.6, label=line)
        ax.fill_between(rows["distance"], rows["conf_low"], rows["conf_high"], color=LINES[0], alpha=0.18,
                        linewidth=0, label=band)  # fmt: skip
    if points:
        ax.scatter(result.points["distance"], result.points["value"], s=12, color=QUIET, alpha=0.7,
                   linewidths=0, zorder=1, label=label_of("Units", labels))  # fmt: skip
    ax.spines[["top", "right"]].set_visible(False)
    drawn = legend_below(ax, columns=3)
    texts = [
        ax.set_xlabel(label_of("Distance from the centre, km", labels)),
        ax.set_ylabel(label_of(variable, labels) if variable else ""),
        *legend_texts(drawn),
    ]
    if title is not None:
        texts.append(ax.set_title(title, color=INK))
    dress(texts)
    return ax
