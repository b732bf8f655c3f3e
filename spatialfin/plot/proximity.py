"""Regional proximity of two years against each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Text

from spatialfin._errors import DataError
from spatialfin._labels import label_of
from spatialfin._phrases import p_words
from spatialfin._validate import check_mapping, check_whole

from ._places import label_farthest, place_labels, settle
from ._style import INK, LINES, QUIET, dress, letters, new_axes, printed


def proximity_scatter(
    result: Any,
    *,
    names: Mapping[str, str] | None = None,
    label_extremes: int = 10,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Proximity of each region in a later year against an earlier one, with the 45-degree line.

    Parameters
    ----------
    result : ProximityChange
        What ``proximity_change`` gave.
    names : mapping of str to str, optional
        Unit code to the name that labels its point; the code where there is none.
    label_extremes : int, default 10
        How many points, the farthest from the 45-degree line, get a label.
    labels : mapping of str to str, optional
        Labels of the two years, of ``"Mean change"`` and of ``"No change"``.
    title : str, optional
        Title of the axes.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        The axes with the scatter; both directions have the same limits.

    Raises
    ------
    DataError
        `result` is not what ``proximity_change`` gave.
    OptionError
        `label_extremes` is negative.

    Notes
    -----
    Above the line proximity has risen. The text gives the weighted mean change with its standard error and
    the two-sided p-value.

    References
    ----------
    Long, C. and Zhang, X. (2011). Cluster-based industrialization in China: Financing and performance.
    *Journal of International Economics* 84, 112-123.

    Examples
    --------
    >>> import spatialfin as sf
    >>> before = pd.Series([0.20, 0.21, 0.19], index=["a", "b", "c"], name="1995")
    >>> after = pd.Series([0.21, 0.20, 0.22], index=["a", "b", "c"], name="2004")
    >>> change = sf.indices.proximity_change(before, after, weights=after * 0 + 1)
    >>> ax = proximity_scatter(change, label_extremes=1)
    >>> (ax.get_xlabel(), ax.get_ylabel())
    ('1995', '2004')
    """
    check_whole("label_extremes", label_extremes)
    check_mapping("names", names)
    points = getattr(result, "regions", None)
    if not isinstance(points, pd.DataFrame) or not {"before", "after", "change"} <= set(points.columns):
        raise DataError(
            f"proximity_scatter: what proximity_change gave is needed, not {type(result).__name__}."
        )
    ax = new_axes(ax, (6.0, 6.0))
    values = points[["before", "after"]].to_numpy(dtype=float)
    low, high = float(values.min()), float(values.max())
    edge = 0.12 * (high - low) or 0.01
    limits = (low - edge, high + edge)
    ax.plot(limits, limits, color=QUIET, linewidth=1.2, zorder=1)
    ax.scatter(points["before"], points["after"], s=28, color=LINES[0], alpha=0.85, linewidths=0, zorder=3)
    ax.set(xlim=limits, ylim=limits, aspect="equal")
    texts: list[Text] = [
        ax.text(0.0, 1.015, _summary(result, labels), transform=ax.transAxes, ha="left", va="bottom",
                fontsize=letters(9), color=INK),
        ax.text(0.93, 0.92, label_of("No change", labels), transform=ax.transAxes, ha="center", va="top",
                fontsize=letters(8.5), color="#777777", style="italic", rotation=45, rotation_mode="anchor"),
    ]  # fmt: skip
    places = points[["before", "after"]]
    extremes = label_farthest(ax, places, points["change"].abs(), names or {}, label_extremes)
    texts += extremes
    texts.append(ax.set_xlabel(label_of(result.names[0], labels)))
    texts.append(ax.set_ylabel(label_of(result.names[1], labels)))
    if title is not None:
        texts.append(ax.set_title(title, color=INK, pad=20))
    ax.spines[["top", "right"]].set_visible(False)
    dress(texts)
    off_the_line = [(-1.0, 1.0) if label.xy[1] >= label.xy[0] else (1.0, -1.0) for label in extremes]
    settle(ax)
    place_labels(ax, extremes, values, off_the_line, lines=ax.lines)
    return ax


def _summary(result: Any, labels: Mapping[str, str] | None) -> str:
    change = f"{printed(result.change, 4)} ({result.std_error:.4f})"
    return f"{label_of('Mean change', labels)} {change}, p {p_words(result.p_value)}"
