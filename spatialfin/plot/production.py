"""The surface of an estimated production function."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from spatialfin._errors import DataError, OptionError, listed
from spatialfin._labels import label_of

from ._style import INK, dress
from ._surfaces import draw_surface, surface_axes

if TYPE_CHECKING:
    from mpl_toolkits.mplot3d.axes3d import Axes3D

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def production_surface(
    result: Any,
    *,
    factors: tuple[str, str] | None = None,
    impact: str = "total",
    cmap: str = "YlGnBu",
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes3D:
    """Output over two factors of an estimated production function, as a surface in three dimensions.

    Parameters
    ----------
    result : ProductionResult
        What ``models.fit_production`` gave.
    factors : pair of str, optional
        Which two factors; needed when there are more. The others stay at their geometric means.
    impact : {"total", "direct"}, default "total"
        As in ``ProductionResult.surface``.
    cmap : str, default "YlGnBu"
        A colour map of matplotlib; higher output is darker.
    labels : mapping of str to str, optional
        Labels of output and factors.
    title : str, optional
        Title of the axes.
    ax : Axes, optional
        Three-dimensional axes; a new figure without it.

    Returns
    -------
    Axes
        Three-dimensional axes; large numbers are divided by a power of ten that the label of the axis names.

    Raises
    ------
    DataError
        `result` is not what ``fit_production`` gave.
    OptionError
        `factors` are not two factors of the model, or are left out where there are not two; `ax` is flat.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> rng = np.random.default_rng(0)
    >>> data = pd.DataFrame(np.exp(rng.normal(size=(40, 2))), columns=["capital", "credit"])
    >>> data["gdp"] = data["capital"] ** 0.6 * data["credit"] ** 0.4 * np.exp(0.1 * rng.normal(size=40))
    >>> found = sf.models.fit_production(data, output="gdp", factors=["capital", "credit"])
    >>> ax = sf.plot.production_surface(found)
    >>> (ax.get_xlabel(), ax.get_ylabel(), ax.get_zlabel())
    ('capital', 'credit', 'gdp')
    """
    if not hasattr(result, "surface") or not hasattr(result, "factors"):
        raise DataError(
            f"production_surface: what fit_production returned is needed, not {type(result).__name__}."
        )
    chosen = result.factors if factors is None else tuple(factors)
    if len(chosen) != 2:
        raise OptionError(f"factors: two of {listed(result.factors)} are needed, not {len(chosen)}.")
    surface = result.surface(*chosen, impact=impact)
    three = surface_axes(ax)
    scaled = [
        _scaled(np.asarray(values, dtype=float))
        for values in (surface.index, surface.columns, surface.to_numpy().T)
    ]
    draw_surface(three, scaled[0][0], scaled[1][0], scaled[2][0], cmap)
    names = (*chosen, result.output)
    texts = [
        setter(label_of(name, labels) + power, labelpad=7)
        for setter, name, (_, power) in zip(
            (three.set_xlabel, three.set_ylabel, three.set_zlabel), names, scaled, strict=True
        )
    ]
    if title is not None:
        texts.append(three.set_title(title, color=INK))
    dress(texts)
    return three


def _scaled(values: np.ndarray) -> tuple[np.ndarray, str]:
    """Values divided by a power of a thousand that leaves at most four digits, and that power in words."""
    power = 3 * math.floor(math.log10(float(values.max())) / 3)
    if -3 <= power <= 3 and float(values.max()) < 10_000:
        return values, ""
    return values / 10.0**power, f" (10{str(power).translate(_RAISED)})"
