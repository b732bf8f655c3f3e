"""Impacts with their intervals, and along a moderator."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from spatialfin._errors import DataError, listed, nearest
from spatialfin._labels import label_of
from spatialfin._validate import check_names, check_option

from ._style import INK, LINES, QUIET, dress, legend_texts, letters, new_axes

if TYPE_CHECKING:
    import pandas as pd

    from spatialfin.models.impacts import Impacts
    from spatialfin.models.marginal import MarginalImpact

KINDS = ("direct", "indirect", "total")
_COLOURS = dict(zip(KINDS, LINES, strict=False))
_MARKERS = dict(zip(KINDS, "os^", strict=True))


def _part_of(table: pd.DataFrame, name: str, wanted: str | None) -> pd.DataFrame:
    """The rows of one horizon or group; the only one need not be named."""
    if name not in table:
        if wanted is not None:
            raise DataError(f"{name}={wanted!r}: the impacts have no {name}s.")
        return table
    known = list(dict.fromkeys(table[name]))
    if wanted is None and len(known) > 1:
        raise DataError(f"The impacts have several {name}s, {listed(known)}: choose one by {name}=.")
    check_option(name, wanted or known[0], known)
    return table[table[name] == (wanted or known[0])]


def impacts(
    result: Impacts,
    *,
    variables: Sequence[str] | None = None,
    horizon: str | None = None,
    group: str | None = None,
    level: float = 0.95,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Direct, indirect and total impacts as points with intervals.

    Parameters
    ----------
    result : Impacts
        From ``fit.impacts()``.
    variables : sequence of str, optional
        Which variables, from top to bottom; all when left out.
    horizon : str, optional
        Which horizon of a dynamic model, such as ``"short"``; needed when there are several.
    group : str, optional
        Which group of impacts by groups, such as ``"East"``; needed when there are several.
    level : float
        Confidence level of the intervals.
    labels : mapping of str to str, optional
        Labels of variables, of direct, indirect and total, and of the words of the axis,
        ``"Impact with interval"``.
    title : str, optional
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        When a variable, horizon or group is not in the result.

    Notes
    -----
    An impact that is zero by construction has a point and no interval.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> data = pd.DataFrame({"x": [1.0, 2, 3, 5], "y": [1.0, 3, 2, 6]})
    >>> fit = sf.fit_cross_section("y ~ x", data, model="ols")
    >>> [text.get_text() for text in sf.plot.impacts(fit.impacts()).get_yticklabels()]
    ['x']
    """
    if not hasattr(result, "draws"):
        raise DataError(f"Impacts are needed, from fit.impacts(), not {type(result).__name__}.")
    table = result.tidy(level=level)
    table = _part_of(table, "horizon", horizon)
    table = _part_of(table, "group", group)
    known = list(dict.fromkeys(table["variable"]))
    shown = known if variables is None else check_names("variables", variables)
    absent = [name for name in shown if name not in known]
    if absent:
        raise DataError(f"variables: no impacts of {listed(absent)}.{nearest(absent[0], known)}")
    names = dict(labels or {})
    axes = new_axes(ax, (6.2, 1.0 + 0.75 * len(shown)))
    for number, kind in enumerate(KINDS):
        places = [len(shown) - 1 - row + 0.22 * (1 - number) for row in range(len(shown))]
        rows = table[table["impact"] == kind].set_index("variable").loc[shown]
        axes.hlines(
            places,
            rows["conf_low"].to_numpy(dtype=float),
            rows["conf_high"].to_numpy(dtype=float),
            color=_COLOURS[kind],
            linewidth=1.6,
        )
        axes.plot(
            rows["estimate"].to_numpy(dtype=float),
            places,
            linestyle="none",
            marker=_MARKERS[kind],
            color=_COLOURS[kind],
            label=names.get(kind, kind.capitalize()),
        )
    axes.axvline(0, color=QUIET, linewidth=0.8, zorder=0)
    axes.set_yticks(
        [len(shown) - 1 - row for row in range(len(shown))], [label_of(name, names) for name in shown]
    )
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlabel(names.get("Impact with interval", f"Impact with {level:.0%} interval"))
    _finish(axes, title)
    return axes


def marginal_impact(
    curve: MarginalImpact,
    *,
    impact: str = "total",
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The impact of a variable against its moderator, with a band.

    Parameters
    ----------
    curve : MarginalImpact
        From `spatialfin.models.marginal_impact`.
    impact : {"direct", "indirect", "total"}
        Which impact.
    labels : mapping of str to str, optional
        Labels of the variable, the moderator, direct, indirect and total, and of the words drawn:
        ``"Interval"``, ``"Turning point"``, ``"{impact} impact"`` and ``"{impact} of {variable}"``.
    title : str, optional
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes

    Raises
    ------
    OptionError
        For a word that is no kind of impact.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> data = pd.DataFrame({"x": [1.0, 2, 3, 5, 6], "y": [1.0, 3, 2, 6, 5]})
    >>> fit = sf.fit_cross_section("y ~ x + x**2", data, model="ols")
    >>> sf.plot.marginal_impact(sf.models.marginal_impact(fit, "x", "x", draws=50)).get_xlabel()
    'x'
    """
    check_option("impact", impact, KINDS)
    if not hasattr(curve, "turning_points"):
        raise DataError(f"A curve is needed, from models.marginal_impact, not {type(curve).__name__}.")
    names = dict(labels or {})
    axes = new_axes(ax, (5.6, 3.8))
    chosen = curve.frame[curve.frame["impact"] == impact]
    colour = _COLOURS[impact]
    axes.fill_between(
        chosen["value"],
        chosen["conf_low"],
        chosen["conf_high"],
        color=colour,
        alpha=0.2,
        linewidth=0,
        label=names.get("Interval", f"{curve.level:.0%} interval"),
    )
    kind = names.get("{impact} impact", "{impact} impact").format(
        impact=names.get(impact, impact.capitalize())
    )
    axes.plot(chosen["value"], chosen["estimate"], color=colour, label=kind)
    axes.axhline(0, color=QUIET, linewidth=0.8, zorder=0)
    points = curve.turning_points
    turning = float(points.loc[points["impact"] == impact, "value"].to_numpy(dtype=float)[0])
    if math.isfinite(turning):
        word = names.get("Turning point", "Turning point")
        axes.axvline(turning, color=INK, linewidth=0.8, linestyle=":", label=f"{word} {turning:.3g}")
    axes.set_xlabel(label_of(curve.moderator, names))
    of = names.get("{impact} of {variable}", "{impact} of {variable}")
    axes.set_ylabel(of.format(impact=kind, variable=label_of(curve.variable, names)))
    _finish(axes, title)
    return axes


def _finish(axes: Axes, title: str | None) -> None:
    """Legend, title, and fonts that show every text as it is."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    legend = axes.legend(
        frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0, fontsize=letters(9)
    )
    if title is not None:
        axes.set_title(title, loc="left")
    dress(
        [
            axes.title,
            axes.xaxis.label,
            axes.yaxis.label,
            *axes.get_yticklabels(),
            *legend_texts(legend),
        ]
    )
