"""Three-dimensional axes and the surface on them."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from mpl_toolkits.mplot3d.axes3d import Axes3D

from spatialfin._errors import OptionError

from ._style import letters, on_page, shades


def surface_axes(ax: Axes | None) -> Axes3D:
    """The three-dimensional axes given, or those of a new figure, seen from the front left."""
    if ax is not None and not isinstance(ax, Axes3D):
        raise OptionError(
            "ax: three-dimensional axes are needed, such as figure.add_subplot(projection='3d'), not "
            f"{type(ax).__name__}."
        )
    if ax is None:
        figure = plt.figure(figsize=on_page((5.6, 4.6)))
        made: Any = figure.add_subplot(projection="3d")
        made.set_position((0.02, 0.06, 0.86, 0.9))
        ax = made
    assert isinstance(ax, Axes3D)  # noqa: S101 - narrows the type
    ax.view_init(elev=26, azim=-58)
    ax.tick_params(labelsize=letters(8), pad=1)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.pane.set_facecolor("#ffffff")
        axis.pane.set_edgecolor("#d0d0d0")
        axis._axinfo["grid"].update(color="#e4e4e4", linewidth=0.5)
    return ax


def draw_surface(ax: Axes3D, across: np.ndarray, along: np.ndarray, heights: np.ndarray, cmap: str) -> None:
    """A surface with fine lines; `heights` has a row for each of `along`."""
    from matplotlib.colors import LinearSegmentedColormap

    x, y = np.meshgrid(across, along)
    scale = LinearSegmentedColormap.from_list(cmap, shades(cmap, 64))
    steps = {"rcount": min(len(along), 60), "ccount": min(len(across), 60)}
    ax.plot_surface(x, y, heights, cmap=scale, edgecolor="#5a5a5a", linewidth=0.2, **steps)
