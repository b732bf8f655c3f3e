"""Panels side by side: their grid, and one legend for all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from spatialfin._errors import DataError, OptionError, listed

from ._style import legend_texts, letters, on_page, page_width

if TYPE_CHECKING:
    from matplotlib.text import Text

MOST = 24


def panel_axes(
    given: Sequence[Axes] | None,
    count: int,
    *,
    panel: tuple[float, float],
    layout: str = "compressed",
    extra: tuple[float, float] = (0.0, 0.0),
    narrowest: float = 1.2,
) -> list[Axes]:
    """The axes given, or a grid on a new figure of panels of a size in inches, with room for a legend.

    On a page of the journal style panels are smaller, down to `narrowest`, then there are fewer in a row.
    """
    if given is not None:
        chosen = list(given)
        wrong = [type(ax).__name__ for ax in chosen if not isinstance(ax, Axes)]
        if wrong or len(chosen) != count:
            what = f"not {listed(wrong)}" if wrong else f"not {len(chosen)}"
            raise OptionError(f"axes: {count} matplotlib axes are needed, one for each period, {what}.")
        return chosen
    columns = count if count <= 3 else 2 if count == 4 else 3 if count <= 9 else 4
    columns = max(1, math.floor(min(columns, (page_width() - extra[0]) / narrowest)))
    rows = math.ceil(count / columns)
    size = (panel[0] * columns + extra[0], panel[1] * rows + extra[1])
    grid = plt.subplots(rows, columns, figsize=on_page(size), layout=layout, squeeze=False)[1].ravel()
    for ax in grid[count:]:
        ax.set_axis_off()
    return list(grid[:count])


def keep_outer_labels(axes: list[Axes]) -> None:
    """Labels and tick labels at the left of each row and under the lowest panel of each column only."""
    grid: Any = axes[0].get_gridspec()
    for number, ax in enumerate(axes):
        if number % grid.ncols:
            ax.set_ylabel("")
            ax.tick_params(labelleft=False)
        if number + grid.ncols < len(axes):
            ax.set_xlabel("")
            ax.tick_params(labelbottom=False)


def panel_legend(axes: list[Axes], handles: Sequence[Any], heading: str, *, whole: bool) -> list[Text]:
    """One legend: at the right of the figure, or beside the last of the caller's axes."""
    style: dict[str, Any] = {"title": heading or None, "frameon": False, "alignment": "left"}
    style |= {"fontsize": letters(9), "title_fontsize": letters(9.5), "handles": list(handles)}
    if whole:
        return legend_texts(axes[0].figure.figure.legend(loc="outside right center", **style))
    return legend_texts(axes[-1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5), **style))


def check_results(results: object, function: str, attribute: str, needed: str) -> dict[Any, Any]:
    """Results by period as a dictionary, or an error that says what is needed."""
    if not isinstance(results, dict) or not results:
        raise DataError(
            f"{function}: a dictionary of period to what {needed} returned is needed, not "
            f"{type(results).__name__}{'' if results else ' without entries'}."
        )
    if len(results) > MOST:
        raise OptionError(f"{function}: {len(results)} periods. Choose 1 to {MOST}.")
    wrong = [str(period) for period, result in results.items() if not hasattr(result, attribute)]
    if wrong:
        raise DataError(f"{function}: what {needed} returned is needed, but not so at {listed(wrong)}.")
    return dict(results)
