"""Moran's I over time: its course against chance, and its scatter plots side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from spatialfin._errors import DataError, listed, nearest
from spatialfin._labels import label_of
from spatialfin._validate import check_frame, check_number

from ._panels import check_results, keep_outer_labels, panel_axes
from ._places import settle
from ._style import INK, LINES, QUIET, dress, legend_below, legend_texts, letters, new_axes
from .scatter import draw_scatter, place_extremes

_NEEDED = ("time", "variable", "weights", "I", "expected", "sd", "p_norm", "p_sim")


def moran_trend(
    table: pd.DataFrame,
    *,
    alpha: float = 0.05,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Moran's I over time, with the band in which it stays by chance.

    Parameters
    ----------
    table : DataFrame
        What ``moran_table`` gave with ``time=``; each pair of variable and weights is a line, at most eight.
    alpha : float, default 0.05
        Level of significance: full points are significant, hollow ones are not.
    labels : mapping of str to str, optional
        Labels of variables, weights, ``"time"``, ``"Moran's I"``, ``"Significant"``, ``"Not significant"``
        and ``"Without autocorrelation"``.
    title : str, optional
        Title of the axes.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        The axes; a period without I is a gap.

    Raises
    ------
    DataError
        The table is not one of ``moran_table`` with periods, has more than eight lines, or has no I.
    OptionError
        `alpha` is not between 0 and 1.

    Notes
    -----
    The band of each W is ``expected +- q sd`` with the normal quantile q of ``1 - alpha/2``. Points are
    judged by the permutation p-value, by the normal one where there are no permutations.

    Examples
    --------
    >>> table = pd.DataFrame({"time": [2010, 2011], "variable": "lq", "weights": "queen", "I": [0.1, 0.4],
    ...                       "expected": -0.03, "sd": 0.1, "p_norm": [0.2, 0.01], "p_sim": [0.2, 0.01]})
    >>> moran_trend(table).lines[-1].get_xdata().tolist()  # the significant year
    [2011]
    """
    check_number("alpha", alpha, between=(0, 1))
    groups = _groups(table)
    ax = new_axes(ax, (5.6, 3.4))
    drawn_bands: list[pd.DataFrame] = []
    for _, rows in groups:
        band = _band(rows, alpha)
        if not any(band.equals(other) for other in drawn_bands):
            ax.fill_between(band.index, band["low"], band["high"], color=QUIET, alpha=0.22, linewidth=0)
            drawn_bands.append(band)
    ax.axhline(0, color=QUIET, linewidth=0.7, zorder=1)
    for (_, rows), colour in zip(groups, LINES, strict=False):
        p_values = rows["p_sim"].fillna(rows["p_norm"])
        found = p_values.lt(alpha)
        ax.plot(rows["time"], rows["I"], color=colour, linewidth=1.5, marker="o", markersize=4.5,
                markerfacecolor="white", zorder=3)  # fmt: skip
        ax.plot(rows.loc[found, "time"], rows.loc[found, "I"], color=colour, linestyle="none", marker="o",
                markersize=4.5, zorder=4)  # fmt: skip
    if pd.api.types.is_integer_dtype(table["time"].dtype):
        ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    texts = [ax.set_xlabel(label_of("time", labels)), ax.set_ylabel(label_of("Moran's I", labels))]
    handles = _handles([key for key, _ in groups], alpha, labels)
    drawn = legend_below(ax, columns=2, handles=handles)
    if title is not None:
        texts.append(ax.set_title(title, color=INK))
    dress([*texts, *legend_texts(drawn)])
    return ax


def moran_scatters(
    results: Mapping[Any, Any],
    *,
    names: Mapping[str, str] | None = None,
    label_extremes: int = 3,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    axes: Sequence[Axes] | None = None,
) -> list[Axes]:
    """Moran scatter plots of several periods side by side, with the same limits.

    Parameters
    ----------
    results : dict of period to MoranResult
        What ``moran`` gave for each period, in the order of the panels; at most 24.
    names, label_extremes
        As in `moran_scatter`.
    labels : mapping of str to str, optional
        As in `moran_scatter`, and of the periods.
    title : str, optional
        Title above all panels.
    axes : sequence of Axes, optional
        Where to draw, one for each period; a new figure without it.

    Returns
    -------
    list of Axes
        One per period.

    Raises
    ------
    DataError
        There are no results, or one is not of ``moran``.
    OptionError
        There are more than 24 periods, or not as many axes.

    Notes
    -----
    Panels and statistics as in `moran_scatter`.

    Examples
    --------
    >>> import spatialfin as sf
    >>> ring = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=["a", "b", "c", "d"])
    >>> y = pd.Series([1.0, 2.0, 3.0, 4.0], index=["a", "b", "c", "d"], name="lq")
    >>> results = {year: sf.moran(y**power, w, permutations=9) for year, power in [(2010, 1), (2011, 2)]}
    >>> axes = moran_scatters(results)
    >>> [ax.get_title() for ax in axes]
    ['2010', '2011']
    """
    found = check_results(results, "moran_scatters", "p_sim", "moran")
    drawn = panel_axes(axes, len(found), panel=(2.9, 2.9), layout="constrained", narrowest=2.1)
    for ax, (period, result) in zip(drawn, found.items(), strict=True):
        draw_scatter(
            result,
            names=names,
            label_extremes=label_extremes,
            labels=labels,
            title=label_of(period, labels),
            ax=ax,
        )
        ax.texts[0].set_text(ax.texts[0].get_text().partition(" (")[0])
        for text in ax.texts:
            text.set_fontsize(letters(8))
    _share_limits(drawn)
    if axes is None:
        keep_outer_labels(drawn)
    if title is not None:
        dress([drawn[0].figure.figure.suptitle(title, color=INK, fontsize=letters(12))])
    settle(drawn[0])
    for ax in drawn:
        place_extremes(ax)
    return drawn


def _share_limits(axes: list[Axes]) -> None:
    """The same limits for all, with room above and below for the words in the corners."""
    x, y = (np.array([getattr(ax, f"get_{along}lim")() for ax in axes]) for along in "xy")
    low, high = y[:, 0].min(), y[:, 1].max()
    room = 0.08 * (high - low)
    for ax in axes:
        ax.set(xlim=(x[:, 0].min(), x[:, 1].max()), ylim=(low - room, high + room))


def _groups(table: pd.DataFrame) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    """Rows of each variable and weights, in order of time."""
    check_frame(table, "moran_trend")
    absent = [name for name in _NEEDED if name not in table.columns]
    if absent:
        raise DataError(
            f"moran_trend: there is no column {listed(absent)}.{nearest(absent[0], table.columns)} "
            "What moran_table returned with time= is needed."
        )
    if not table["I"].notna().any():
        raise DataError("moran_trend: no period has a Moran's I.")
    groups = [
        ((str(variable), str(weights)), rows.sort_values("time"))
        for (variable, weights), rows in table.groupby(["variable", "weights"], sort=False)
    ]
    if len(groups) > len(LINES):
        raise DataError(
            f"moran_trend: {len(groups)} lines. At most {len(LINES)} colours can be told apart: choose "
            "variables or weights."
        )
    for (variable, weights), rows in groups:
        twice = rows.loc[rows["time"].duplicated(), "time"]
        if len(twice):
            raise DataError(f"moran_trend: more than one row of {variable}, {weights} for {listed(twice)}.")
    return groups


def _band(rows: pd.DataFrame, alpha: float) -> pd.DataFrame:
    quantile = NormalDist().inv_cdf(1 - alpha / 2)
    reach = quantile * rows["sd"]
    band = pd.DataFrame({"low": rows["expected"] - reach, "high": rows["expected"] + reach})
    return band.set_axis(pd.Index(rows["time"], name="time")).astype(float)


def _handles(keys: list[tuple[str, str]], alpha: float, labels: Mapping[str, str] | None) -> list[Any]:
    """A line for each variable and weights where there are several, the points, the band."""
    variables, weights = ({key[place] for key in keys} for place in (0, 1))
    handles: list[Any] = []
    for (variable, matrix), colour in zip(keys, LINES, strict=False):
        parts = [label_of(variable, labels)] if len(variables) > 1 or len(weights) == 1 else []
        parts += [label_of(matrix, labels)] if len(weights) > 1 else []
        handles.append(Line2D([], [], color=colour, linewidth=1.5, label=", ".join(parts)))
    shown = INK if len(keys) > 1 else LINES[0]
    level = f"p < {alpha:g}"
    for word, filled in (("Significant", shown), ("Not significant", "white")):
        text = f"{label_of(word, labels)} ({level})" if word == "Significant" else label_of(word, labels)
        handles.append(
            Line2D([], [], color=shown, linestyle="none", marker="o", markersize=4.5, markerfacecolor=filled,
                   label=text)
        )  # fmt: skip
    band = f"{label_of('Without autocorrelation', labels)} ({1 - alpha:.0%})"
    return [*handles, Patch(facecolor=QUIET, alpha=0.22, label=band)]
