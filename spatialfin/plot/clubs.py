"""Convergence clubs: the transition paths of their units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.ticker import MaxNLocator

from spatialfin._errors import AlignmentError, DataError, listed, nearest
from spatialfin._labels import label_of
from spatialfin._validate import check_mapping, check_names

from ._places import settle, spread_upwards
from ._style import INK, LINES, QUIET, dress, legend_below, legend_texts, letters, new_axes

_NEEDED = {"club", "h"}
_ENTRY = 1.15  # inches of the legend


def club_paths(
    result: Any,
    *,
    units: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Relative transition paths of convergence clubs: the mean of each club before those of its units.

    Parameters
    ----------
    result : ConvergenceClubs
        What ``explore.convergence_clubs`` gave; at most eight clubs.
    units : sequence of str, optional
        Units whose paths are drawn darker, with their names at the last period.
    names : mapping of str to str, optional
        Unit code to name; the code where there is none.
    labels : mapping of str to str, optional
        Labels of the variable, of the time and of the words drawn: ``"Relative transition path"``,
        ``"Club"`` and ``"Divergent"``.
    title : str, optional
        Title of the axes.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        The axes: a thin line for each unit and a thick one for the mean of each club, in the colour of the
        club; units of no club are grey and dashed. The legend has the number of units of each.

    Raises
    ------
    DataError
        `result` is not what ``convergence_clubs`` gave, or has more than eight clubs.
    AlignmentError
        `units` names units that the result does not have.

    Notes
    -----
    A path is ``h_it = x_it / mean_i x_it`` of the trends x of the logarithms: 1 is the mean of all units,
    and the paths of a club approach each other.

    References
    ----------
    Phillips, P. C. B. and Sul, D. (2007). Transition modeling and econometric convergence tests.
    *Econometrica* 75, 1771-1855.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> t = np.arange(40)
    >>> logs = [level + gap / (t + 1) for level in (9, 7) for gap in (0.9, 0.4, -0.5, -0.8)]
    >>> data = pd.DataFrame(np.exp(logs), index=list("abcdefgh"), columns=t).stack().rename("y")
    >>> data = data.rename_axis(["code", "year"]).reset_index()
    >>> found = sf.explore.convergence_clubs(data, "y", unit="code", time="year", penalty=0)
    >>> ax = sf.plot.club_paths(found, units=["a"])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['Club 1 (4)', 'Club 2 (4)']
    """
    check_mapping("names", names)
    wide, clubs, time = _paths(result)
    marked = [] if units is None else check_names("units", units)
    unknown = [unit for unit in marked if unit not in wide.columns]
    if unknown:
        raise AlignmentError(
            f"club_paths: the clubs have no unit {listed(unknown)}.{nearest(unknown[0], wide.columns)}"
        )
    ax = new_axes(ax, (6.2, 3.8))
    ax.axhline(1.0, color=QUIET, linewidth=0.7, zorder=1)
    handles = [
        _club(
            ax,
            wide.loc[:, clubs.eq(club).to_numpy(dtype=bool, na_value=False)],
            colour,
            f"{label_of('Club', labels)} {club}",
        )
        for club, colour in zip(sorted(clubs.dropna().unique()), LINES, strict=False)
    ]
    alone = wide.loc[:, clubs.isna().to_numpy()]
    if alone.shape[1]:
        ax.plot(alone.index, alone.to_numpy(), color=QUIET, linewidth=0.9, linestyle="--", zorder=2)
        text = f"{label_of('Divergent', labels)} ({alone.shape[1]})"
        handles.append(Line2D([], [], color=QUIET, linewidth=0.9, linestyle="--", label=text))
    ends = _marked(ax, wide[marked], clubs, names or {})
    if pd.api.types.is_integer_dtype(wide.index.dtype):
        ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    figure: Any = ax.figure.figure
    columns = max(1, min(4, int(ax.get_position().width * figure.get_figwidth() / _ENTRY)))
    by_row = [handle for column in range(columns) for handle in handles[column::columns]]
    legend = legend_below(ax, columns=columns, handles=by_row)
    height = f"{label_of('Relative transition path', labels)}: {label_of(result.variable, labels)}"
    texts = [ax.set_xlabel(label_of(time, labels)), ax.set_ylabel(height), *ends, *legend_texts(legend)]
    if title is not None:
        texts.append(ax.set_title(title, color=INK))
    dress(texts)
    settle(ax)
    spread_upwards(ends)
    return ax


def _paths(result: Any) -> tuple[pd.DataFrame, pd.Series, str]:
    """Paths by period and unit, the club of each of these units, and what the periods are called."""
    paths = getattr(result, "paths", None)
    members = getattr(result, "members", None)
    if not isinstance(paths, pd.DataFrame) or not set(paths.columns) >= _NEEDED or members is None:
        raise DataError(
            f"club_paths: what convergence_clubs returned is needed, not {type(result).__name__}."
        )
    unit, time = paths.columns[:2]
    wide = paths.pivot(index=time, columns=unit, values="h").sort_index()
    wide.columns = wide.columns.astype("str")
    clubs = members.set_axis(members.index.astype("str")).reindex(wide.columns)
    if clubs.nunique() > len(LINES):
        raise DataError(
            f"club_paths: {clubs.nunique()} clubs. At most {len(LINES)} colours can be told apart: draw the "
            "clubs of some units, or of another variable."
        )
    return wide, clubs, str(time)


def _club(ax: Axes, paths: pd.DataFrame, colour: str, text: str) -> Line2D:
    """Thin lines of the units, a thick one of their mean."""
    ax.plot(paths.index, paths.to_numpy(), color=colour, linewidth=0.7, alpha=0.45, zorder=2)
    ax.plot(paths.index, paths.mean(axis=1).to_numpy(), color=colour, linewidth=2.4, zorder=4)
    return Line2D([], [], color=colour, linewidth=2.4, label=f"{text} ({paths.shape[1]})")


def _marked(ax: Axes, paths: pd.DataFrame, clubs: pd.Series, names: Mapping[str, str]) -> list[Annotation]:
    """Paths of chosen units in full colour, named at their ends one above the other."""
    colours = dict(zip(sorted(clubs.dropna().unique()), LINES, strict=False))
    texts = []
    for unit in paths.columns:
        club = clubs[unit]
        colour = INK if pd.isna(club) else colours[club]
        ax.plot(paths.index, paths[unit].to_numpy(), color=colour, linewidth=1.2, linestyle=(0, (4, 1.5)),
                zorder=5)  # fmt: skip
        texts.append(
            ax.annotate(names.get(unit, unit), (paths.index[-1], paths[unit].iloc[-1]), xytext=(5, 0),
                        textcoords="offset points", va="center", fontsize=letters(8), color=INK)
        )  # fmt: skip
    return texts
