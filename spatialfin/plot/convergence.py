"""Growth against the initial level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Text

from spatialfin._errors import DataError
from spatialfin._labels import label_of
from spatialfin._phrases import p_words
from spatialfin._validate import check_mapping, check_whole

from ._places import label_farthest, place_labels, settle
from ._style import INK, LINES, dress, letters, new_axes, printed


def beta_convergence(
    result: Any,
    *,
    names: Mapping[str, str] | None = None,
    label_extremes: int = 5,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Growth of each unit against its initial level, with the fitted line and its slope.

    Parameters
    ----------
    result : ConvergenceResult
        What ``models.beta_convergence`` gave.
    names : mapping of str to str, optional
        Unit code to the name that labels its point; the code where there is none.
    label_extremes : int, default 5
        How many points, the farthest from the line, get a label.
    labels : mapping of str to str, optional
        Labels of the variable; of the axes, ``"initial"`` and ``"growth"``; of ``"other terms fixed"``,
        ``"speed"`` and ``"half-life"``.
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
    DataError
        `result` is not what ``models.beta_convergence`` gave.
    OptionError
        `label_extremes` is negative.

    Notes
    -----
    With controls, spatial terms or effects, growth is less what they explain, so that the line has the slope
    of the regression. A panel has a point for each unit and period, labelled by both.

    References
    ----------
    Barro, R. J. and Sala-i-Martin, X. (1992). Convergence. *Journal of Political Economy* 100, 223-251.

    Examples
    --------
    >>> import spatialfin as sf
    >>> data = pd.DataFrame({"code": list("abcd") * 2, "year": [2005] * 4 + [2006] * 4,
    ...                      "y": [1.0, 2.0, 4.0, 8.0, 2.0, 2.5, 4.5, 7.0]})
    >>> found = sf.models.beta_convergence(data, "y", unit="code", time="year")
    >>> ax = beta_convergence(found, label_extremes=1)
    >>> (ax.get_xlabel(), ax.get_ylabel())
    ('Initial y, logarithm', 'Growth of y, log points per unit of time')
    """
    check_whole("label_extremes", label_extremes)
    check_mapping("names", names)
    points = getattr(result, "points", None)
    if not isinstance(points, pd.DataFrame) or not {"initial", "growth", "residual"} <= set(points.columns):
        raise DataError(
            f"beta_convergence: what models.beta_convergence gave is needed, not {type(result).__name__}."
        )
    ax = new_axes(ax, (6.0, 5.0))
    ax.scatter(points["initial"], points["growth"], s=26, color=LINES[0], alpha=0.8, linewidths=0, zorder=3)
    ends = np.array([points["initial"].min(), points["initial"].max()])
    line = points["growth"].mean() + result.beta * (ends - points["initial"].mean())
    ax.plot(ends, line, color=LINES[1], linewidth=1.6, zorder=2)
    ax.margins(0.1)
    texts: list[Text] = [
        ax.text(0.0, 1.015, _summary(result, labels), transform=ax.transAxes, ha="left", va="bottom",
                fontsize=letters(9), color=INK)
    ]  # fmt: skip
    places = points[["initial", "growth"]]
    extremes = label_farthest(ax, places, points["residual"].abs(), names or {}, label_extremes)
    texts += [*extremes, *_name_axes(ax, result, labels)]
    if title is not None:
        texts.append(ax.set_title(title, color=INK, pad=20))
    ax.spines[["top", "right"]].set_visible(False)
    dress(texts)
    settle(ax)
    heights = [label.xy[1] - np.interp(label.xy[0], ends, line) for label in extremes]
    off_the_line = [(1.0, 1.0) if height >= 0 else (1.0, -1.0) for height in heights]
    place_labels(ax, extremes, places.to_numpy(), off_the_line, lines=ax.lines)
    return ax


def _summary(result: Any, labels: Mapping[str, str] | None) -> str:
    parts = [f"β = {printed(result.beta, 4)} ({result.beta_std_error:.4f}), p {p_words(result.beta_p_value)}"]
    if np.isfinite(result.speed):
        parts.append(f"{label_of('speed', labels)} {printed(100 * result.speed, 2)}%")
    if np.isfinite(result.half_life):
        parts.append(f"{label_of('half-life', labels)} {result.half_life:.1f}")
    return "; ".join(parts)


def _name_axes(ax: Axes, result: Any, labels: Mapping[str, str] | None) -> list[Text]:
    name = label_of(result.variable, labels)
    known = {
        "initial": f"Initial {name}, logarithm",
        "growth": f"Growth of {name}, log points per unit of time",
        **(labels or {}),
    }
    growth = known["growth"]
    if result.has_other_terms:
        growth += f" ({label_of('other terms fixed', labels)})"
    return [ax.set_xlabel(known["initial"]), ax.set_ylabel(growth)]
