"""Moves between classes: transition matrices, and the rose of moves in the Moran scatterplot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.projections.polar import PolarAxes
from matplotlib.ticker import MaxNLocator

from spatialfin._errors import DataError, OptionError
from spatialfin._labels import label_of
from spatialfin._validate import check_number, check_whole

from ._panels import check_results, panel_axes
from ._style import INK, LINES, MISSING, QUIET, dress, legend_texts, letters, new_axes, on_page

_SHADES = "Blues"
_DIRECTIONS = ("Unit gains", "Neighbours gain", "Unit loses", "Neighbours lose")


def transition_matrix(
    chain: Any,
    *,
    digits: int = 2,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """The transition probabilities of a Markov chain as a heat map with numbers.

    Parameters
    ----------
    chain : MarkovResult
        What ``explore.markov`` gave, or one of the chains of ``spatial_markov`` and ``lisa_markov``.
    digits : int, default 2
        Decimals.
    labels : mapping of str to str, optional
        Labels of the classes (as text), of ``"Class before"`` and ``"Class after"``.
    title : str, optional
        Title of the axes.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        The axes: a row for the class before, with its number of transitions, and a column for the class
        after. Colours run from 0 to 1 in every chain; a class nobody was in is hatched.

    Raises
    ------
    DataError
        `chain` is not what ``markov`` gave.

    Examples
    --------
    >>> class Chain:
    ...     probabilities = pd.DataFrame([[0.9, 0.1], [0.5, 0.5]], index=[1, 2], columns=[1, 2])
    ...     counts = pd.DataFrame([[9, 1], [2, 2]], index=[1, 2], columns=[1, 2])
    >>> ax = transition_matrix(Chain())
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['1 (n = 10)', '2 (n = 4)']
    """
    check_whole("digits", digits)
    if not hasattr(chain, "probabilities") or not hasattr(chain, "counts"):
        raise DataError(f"transition_matrix: what markov returned is needed, not {type(chain).__name__}.")
    shares, counts = chain.probabilities, chain.counts.sum(axis=1)
    size = len(shares)
    ax = new_axes(ax, (1.6 + 0.55 * size, 0.9 + 0.5 * size))
    values = shares.to_numpy(dtype=float)
    ax.pcolormesh(np.arange(size + 1), np.arange(size + 1), values, cmap=_SHADES, vmin=0, vmax=1,
                  edgecolor="white", linewidth=0.8)  # fmt: skip
    for row, column in np.ndindex(values.shape):
        if np.isnan(values[row, column]):
            ax.add_patch(Rectangle((column, row), 1, 1, linewidth=0, **MISSING))
            continue
        colour = "white" if values[row, column] > 0.6 else INK
        ax.text(column + 0.5, row + 0.5, f"{values[row, column]:.{digits}f}", ha="center", va="center",
                fontsize=letters(9), color=colour)  # fmt: skip
    words = [label_of(name, labels) for name in shares.index]
    places = np.arange(size) + 0.5
    ax.set_xticks(places, words)
    ax.set_yticks(places, [f"{word} (n = {count:g})" for word, count in zip(words, counts, strict=True)])
    ax.tick_params(length=0, labelsize=letters(9))
    ax.set(xlim=(0, size), ylim=(size, 0), aspect="equal")
    ax.spines[:].set_visible(False)
    texts = [
        ax.set_xlabel(label_of("Class after", labels)),
        ax.set_ylabel(label_of("Class before", labels)),
        *ax.get_xticklabels(),
        *ax.get_yticklabels(),
    ]
    if title is not None:
        texts.append(ax.set_title(title, color=INK, fontsize=letters(10)))
    dress(texts)
    return ax


def transition_matrices(
    chains: Mapping[Any, Any],
    *,
    digits: int = 2,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    axes: Sequence[Axes] | None = None,
) -> list[Axes]:
    """Transition matrices side by side in one scale, such as those of a spatial Markov chain.

    Parameters
    ----------
    chains : dict of name to MarkovResult
        For example ``{"All": found.pooled, **found.conditional}`` of ``explore.spatial_markov``.
    digits, labels
        As in `transition_matrix`; `labels` also of the names.
    title : str, optional
        Title above all panels.
    axes : sequence of Axes, optional
        Where to draw, one for each chain; a new figure without it.

    Returns
    -------
    list of Axes
        One per chain.

    Raises
    ------
    DataError
        There are no chains, or one is not what ``markov`` gave.
    OptionError
        There are more than 24 chains, or not as many axes.

    Examples
    --------
    >>> class Chain:
    ...     probabilities = pd.DataFrame([[0.9, 0.1], [0.5, 0.5]], index=[1, 2], columns=[1, 2])
    ...     counts = pd.DataFrame([[9, 1], [2, 2]], index=[1, 2], columns=[1, 2])
    >>> [ax.get_title() for ax in transition_matrices({"All": Chain(), 1: Chain()}, labels={"1": "Poor"})]
    ['All', 'Poor']
    """
    found = check_results(chains, "transition_matrices", "probabilities", "markov")
    size = max(len(chain.probabilities) for chain in found.values())
    drawn = panel_axes(
        axes, len(found), panel=(1.2 + 0.4 * size, 0.8 + 0.4 * size), layout="constrained", narrowest=2.1
    )
    for ax, (name, chain) in zip(drawn, found.items(), strict=True):
        transition_matrix(chain, digits=digits, labels=labels, title=label_of(name, labels), ax=ax)
    if title is not None:
        dress([drawn[0].figure.figure.suptitle(title, color=INK, fontsize=letters(12))])
    return drawn


def rose(
    result: Any,
    *,
    alpha: float = 0.05,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> PolarAxes:
    """Directions in which units and their neighbours moved, against what chance gives.

    Parameters
    ----------
    result : DirectionalLisaResult
        What ``explore.directional_lisa`` gave.
    alpha : float, default 0.05
        Level of significance: sectors with more or fewer units than by chance are coloured.
    labels : mapping of str to str, optional
        Labels of ``"Unit gains"``, ``"Neighbours gain"``, ``"Unit loses"``, ``"Neighbours lose"``,
        ``"Expected"``, ``"Significant"`` and ``"Not significant"``.
    title : str, optional
        Title of the axes.
    ax : Axes, optional
        Polar axes; a new figure without it.

    Returns
    -------
    Axes
        Polar axes: a sector reaches as far as it has units.

    Raises
    ------
    DataError
        `result` is not what ``directional_lisa`` gave.
    OptionError
        `ax` is not polar, or `alpha` not between 0 and 1.

    References
    ----------
    Rey, S. J., Murray, A. T. and Anselin, L. (2011). Visualizing regional income distribution dynamics.
    *Letters in Spatial and Resource Sciences* 4, 81-90.

    Examples
    --------
    >>> class Found:
    ...     rose = pd.DataFrame({"start": [0, 3.14], "end": [3.14, 6.28], "count": [5, 1],
    ...                          "expected": [3.0, 3.0], "p_sim": [0.02, 0.3]})
    >>> [int(bar.get_height()) for bar in rose(Found()).patches]
    [5, 1]
    """
    check_number("alpha", alpha, between=(0, 1))
    sectors = getattr(result, "rose", None)
    needed = {"start", "end", "count", "expected", "p_sim"}
    if not isinstance(sectors, pd.DataFrame) or not needed <= set(sectors.columns):
        raise DataError(f"rose: what directional_lisa returned is needed, not {type(result).__name__}.")
    if ax is not None and not isinstance(ax, PolarAxes):
        raise OptionError(
            f"ax: polar axes are needed (add_subplot(projection='polar')), not {type(ax).__name__}."
        )
    polar: Any = ax
    if polar is None:
        size, kind = on_page((4.8, 4.2)), {"projection": "polar"}
        polar = plt.subplots(figsize=size, layout="constrained", subplot_kw=kind)[1]
    width = (sectors["end"] - sectors["start"]).to_numpy()
    colours = np.where(sectors["p_sim"] <= alpha, LINES[1], "#c9d6df")
    polar.bar(sectors["start"], sectors["count"], width=width, align="edge", color=colours,
              edgecolor="white", linewidth=0.8)  # fmt: skip
    for start, end, expected in sectors[["start", "end", "expected"]].to_numpy():
        polar.plot(np.linspace(start, end, 20), np.full(20, expected), color=INK, linewidth=1.0)
    words = [
        label_of(word, labels) for word in ("Unit gains", "Neighbours gain", "Unit loses", "Neighbours lose")
    ]
    polar.set_xticks(np.arange(4) * np.pi / 2, words)
    polar.tick_params(labelsize=letters(9))
    polar.tick_params(axis="x", pad=14)
    polar.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    polar.grid(color="#e0e0e0", linewidth=0.5)
    polar.spines["polar"].set_color(QUIET)
    handles = [
        Patch(color=LINES[1], label=f"{label_of('Significant', labels)} (p ≤ {alpha:g})"),
        Patch(color="#c9d6df", label=label_of("Not significant", labels)),
        Line2D([], [], color=INK, linewidth=1.0, label=label_of("Expected", labels)),
    ]
    drawn = polar.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.14),
        ncols=3,
        frameon=False,
        fontsize=letters(9),
    )
    texts = [*polar.get_xticklabels(), *legend_texts(drawn)]
    if title is not None:
        texts.append(polar.set_title(title, color=INK))
    dress(texts)
    made: PolarAxes = polar
    return made
