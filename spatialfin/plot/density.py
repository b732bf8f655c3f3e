"""Distributions that move over time: ridges, and a surface over values and years."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from spatialfin._errors import DataError, listed, nearest
from spatialfin._labels import label_of
from spatialfin._validate import check_frame, check_number

from ._style import INK, QUIET, dress, letters, new_axes, shades
from ._surfaces import draw_surface, surface_axes

if TYPE_CHECKING:
    from mpl_toolkits.mplot3d.axes3d import Axes3D

    from spatialfin.explore.distribution import DensityEvolution


def ridge(
    curves: DensityEvolution | pd.DataFrame,
    *,
    time: str = "time",
    overlap: float = 0.8,
    cmap: str = "YlGnBu",
    variable: str | None = None,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    missing_label: str = "No data",
    ax: Axes | None = None,
) -> Axes:
    """Density curves of several years, one above the other, the first year on top.

    Parameters
    ----------
    curves : DensityEvolution or DataFrame
        What ``explore.density_evolution`` gave, or columns `time`, ``value`` and ``density``, one row per
        point of a curve, in any order.
    time : str, default "time"
        Column of the years.
    overlap : float, default 0.8
        How far the highest curve reaches beyond the base line of the year above, at least 0.
    cmap : str, default "YlGnBu"
        A colour map of matplotlib; later years are darker.
    variable : str, optional
        What the values are, the label of the horizontal axis; that of `curves` without it.
    labels : mapping of str to str, optional
        Labels of the variable and of the years.
    title : str, optional
        Title of the axes.
    missing_label : str, default "No data"
        Written on the base line of a year without a curve.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        The axes; all curves have the same scale, which has no ticks.

    Raises
    ------
    DataError
        A column is missing or holds text, a density is negative, or no year has a curve.
    OptionError
        `overlap` or `cmap` is not valid.

    Examples
    --------
    >>> curves = pd.DataFrame({"time": [2010] * 3 + [2011] * 3, "value": [0, 1, 2] * 2,
    ...                        "density": [0.1, 0.8, 0.1, 0.2, 0.6, 0.2]})
    >>> [text.get_text() for text in ridge(curves, variable="lq").get_yticklabels()]
    ['2010', '2011']
    """
    check_number("overlap", overlap, least=0)
    found = _curves(curves, time, "ridge")
    highest = max(float(curve["density"].max()) for curve in found.values() if len(curve))
    ax = new_axes(ax, (5.0, 1.2 + 0.36 * len(found)))
    texts = []
    for number, (curve, colour) in enumerate(zip(found.values(), shades(cmap, len(found)), strict=True)):
        base = -float(number)
        if curve.empty:
            texts.append(
                ax.text(0.01, base + 0.08, missing_label, transform=ax.get_yaxis_transform(),
                        fontsize=letters(8), color=QUIET, style="italic")
            )  # fmt: skip
            continue
        height = base + curve["density"].to_numpy() / highest * (1 + overlap)
        ax.fill_between(curve["value"], base, height, color=colour, alpha=0.85, linewidth=0, zorder=number)
        ax.plot(curve["value"], height, color=INK, linewidth=0.7, zorder=number + 0.5)
    ax.margins(x=0)
    for number in range(len(found)):  # each behind its curve and those below it
        ax.hlines(-float(number), *ax.get_xlim(), color=QUIET, linewidth=0.4, zorder=number - 0.5)
    ax.set_yticks([-number for number in range(len(found))], [label_of(year, labels) for year in found])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-len(found) + 0.7, 1.15 + overlap)
    ax.spines[["top", "right", "left"]].set_visible(False)
    texts += [ax.set_xlabel(_name(curves, variable, labels)), *ax.get_yticklabels()]
    if title is not None:
        texts.append(ax.set_title(title, color=INK))
    dress(texts)
    return ax


def density_surface(
    curves: DensityEvolution | pd.DataFrame,
    *,
    time: str = "time",
    cmap: str = "YlGnBu",
    variable: str | None = None,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes3D:
    """Density over values and years as a surface in three dimensions.

    Parameters
    ----------
    curves : DensityEvolution or DataFrame
        What ``explore.density_evolution`` gave, or columns `time`, ``value`` and ``density``, every year at
        the same values.
    time : str, default "time"
        Column of the years, numbers.
    cmap : str, default "YlGnBu"
        A colour map of matplotlib; higher densities are darker.
    variable : str, optional
        What the values are, the label of their axis; that of `curves` without it.
    labels : mapping of str to str, optional
        Labels of the variable, of the time and of ``"Density"``.
    title : str, optional
        Title of the axes.
    ax : Axes, optional
        Three-dimensional axes; a new figure without it.

    Returns
    -------
    Axes
        Three-dimensional axes.

    Raises
    ------
    DataError
        A column is missing or holds text, there are fewer than two years with a curve, their values differ,
        or the years are not numbers.
    OptionError
        `ax` is flat, or `cmap` is no colour map.

    Notes
    -----
    A year without a curve is left out of the surface, which then runs straight between its neighbours.

    Examples
    --------
    >>> curves = pd.DataFrame({"time": [2010] * 3 + [2011] * 3, "value": [0, 1, 2] * 2,
    ...                        "density": [0.1, 0.8, 0.1, 0.2, 0.6, 0.2]})
    >>> density_surface(curves, variable="lq").get_zlabel()
    'Density'
    """
    found = {year: curve for year, curve in _curves(curves, time, "density_surface").items() if len(curve)}
    if len(found) < 2:
        raise DataError("density_surface: fewer than two years have a curve. Draw one year by plot.ridge.")
    years = pd.to_numeric(pd.Series(list(found)), errors="coerce").to_numpy(dtype=float)
    if np.isnan(years).any():
        raise DataError(f"density_surface: the years {listed(found)} are not numbers.")
    first, *others = (curve["value"].to_numpy() for curve in found.values())
    if any(len(other) != len(first) or not np.allclose(other, first) for other in others):
        raise DataError(
            "density_surface: the years have their densities at different values. Estimate all of them on "
            "one grid, or draw them by plot.ridge."
        )
    heights = np.vstack([curve["density"].to_numpy() for curve in found.values()])
    three = surface_axes(ax)
    draw_surface(three, first, years, heights, cmap)
    three.set_yticks(years[:: max(1, -(-len(years) // 6))])
    three.yaxis.set_major_formatter("{x:g}")
    texts = [
        three.set_xlabel(_name(curves, variable, labels)),
        three.set_ylabel(label_of(time, labels)),
        three.set_zlabel(label_of("Density", labels)),
    ]
    if title is not None:
        texts.append(three.set_title(title, color=INK))
    dress(texts)
    return three


def _name(curves: object, variable: str | None, labels: Mapping[str, str] | None) -> str:
    known = variable or getattr(curves, "variable", None)
    return label_of(known, labels) if known else ""


def _curves(given: DensityEvolution | pd.DataFrame, time: str, name: str) -> dict[object, pd.DataFrame]:
    """The curve of each year in order, sorted by value; empty where the year has no density."""
    curves = given if isinstance(given, pd.DataFrame) else getattr(given, "frame", None)
    if not isinstance(curves, pd.DataFrame):
        raise DataError(f"{name}: what density_evolution returned is needed, not {type(given).__name__}.")
    check_frame(curves)
    absent = [column for column in (time, "value", "density") if column not in curves.columns]
    if absent:
        raise DataError(
            f"{name}: there is no column {listed(absent)}.{nearest(absent[0], curves.columns)} Needed are "
            f"{time!r}, 'value' and 'density', as density_evolution gives them."
        )
    for column in ("value", "density"):
        if not pd.api.types.is_numeric_dtype(curves[column].dtype):
            raise DataError(f"{name}: column {column!r} does not hold numbers.")
    negative = curves.loc[curves["density"] < 0, time].unique()
    if len(negative):
        raise DataError(f"{name}: negative densities in {listed(negative)}.")
    found: dict[object, pd.DataFrame] = {
        year: rows.dropna(subset=["value", "density"]).sort_values("value")
        for year, rows in curves.groupby(time, sort=True)
    }
    if not any(len(curve) for curve in found.values()):
        raise DataError(f"{name}: no year has a density. Check the frame, or the data behind it.")
    return found
