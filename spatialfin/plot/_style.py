"""Colours, axes and text that all figures share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation

from spatialfin._errors import OptionError, nearest, warn_caller
from spatialfin._labels import has_cjk, is_cjk
from spatialfin._validate import check_number

# Okabe and Ito's colours, told apart with every common form of colour blindness.
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#8c564b")
INK = "#222222"
QUIET = "#9a9a9a"
# Paul Tol's light colours: areas with black text on them.
AREAS = ("#77aadd", "#eedd88", "#ee8866", "#bbcc33", "#ffaabb", "#99ddff", "#44bb99", "#aaaa00")
MISSING: dict[str, Any] = {"facecolor": "#f5f5f5", "edgecolor": "#a8a8a8", "hatch": "////"}

CJK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Noto Serif CJK SC",
    "SimSun",
    "Songti SC",
    "Arial Unicode MS",
)


def new_axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """The axes given, or those of a new figure of `size` inches that makes room for its legend."""
    if ax is not None and not isinstance(ax, Axes):
        raise OptionError(f"ax: matplotlib axes are needed, not {type(ax).__name__}.")
    if ax is not None:
        return ax
    return plt.subplots(figsize=on_page(size), layout="compressed")[1]


# Inches that a new figure may be wide: those of the page within `journal_style`.
_PAGE: ContextVar[float] = ContextVar("page", default=math.inf)
_SMALLEST = 6.0  # points that print can be read at


def page_width() -> float:
    """Inches that a new figure may be wide; infinite outside `journal_style`."""
    return _PAGE.get()


def on_page(size: tuple[float, float]) -> tuple[float, float]:
    """Width and height in inches, smaller in proportion where the page is not as wide."""
    width = min(size[0], page_width())
    return width, size[1] * width / size[0]


def letters(points: float) -> float:
    """Size of letters that have `points` in a figure of 10-point letters, as matplotlib's are."""
    return max(_SMALLEST, points * float(mpl.rcParams["font.size"]) / 10)


def printed(value: float, digits: int) -> str:
    """A number with its decimals and a true minus sign, like those of the axes."""
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


# What journals ask of a figure: small sans-serif letters, thin lines, letters that stay letters in files.
# More than one, because matplotlib takes characters that a font lacks from the next.
_SANS = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans")
_JOURNAL: dict[Any, Any] = {
    "font.size": 8.0,
    "axes.titlesize": 9.0,
    "axes.labelsize": 8.0,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "none",
}


@contextmanager
def journal_style(*, width: float = 7.0) -> Iterator[None]:
    """Draw and save as journals print: 8-point sans-serif letters, thin lines, text that stays text.

    Within the block, figures have the letters and lines of print, letters between 6 and 10 points, and PDF,
    EPS and SVG files keep text as text. Afterwards every setting of matplotlib is as before.

    Parameters
    ----------
    width : float, default 7.0
        Inches that the figures of these functions are wide at most, legend included: usually 7 for two
        columns and 3.5 for one. A figure of your own has the size you give it.

    Yields
    ------
    None

    Raises
    ------
    OptionError
        `width` is not positive.

    Notes
    -----
    Chinese in an SVG file is shown in the fonts of whoever opens it; a PDF carries its own.

    Examples
    --------
    >>> import io
    >>> import pandas as pd
    >>> import spatialfin as sf
    >>> data = pd.DataFrame({"year": [2010, 2011], "lq": [1.0, 1.1]})
    >>> file = io.StringIO()
    >>> with sf.plot.journal_style():
    ...     sf.plot.trend(data, "lq", time="year").figure.savefig(file, format="svg")
    >>> ">year</text>" in file.getvalue()
    True
    """
    check_number("width", width, between=(0, math.inf))
    installed = installed_fonts()
    found = [name for name in _SANS if name in installed] or ["DejaVu Sans"]
    # Loads the backend: a notebook's sets what rc_context would otherwise put back, and shows no figure then.
    plt.draw_if_interactive()  # type: ignore[no-untyped-call]
    page = _PAGE.set(width)
    try:
        with mpl.rc_context({**_JOURNAL, "font.family": found}):
            yield
    finally:
        _PAGE.reset(page)


def legend_below(
    ax: Axes, *, columns: int, handles: Iterable[Any] | None = None, under: Axes | None = None
) -> Legend:
    """A legend under the label of the horizontal axis, of `under` or its own, however small they are."""
    room = 3.8 * mpl.rcParams["font.size"] / 72  # inches of ticks, their labels and that of the axis
    figure: Any = ax.figure.figure
    corner = (ax if under is None else under).transAxes
    below = corner + ScaledTranslation(0, -room, figure.dpi_scale_trans)
    shown = list(ax.get_legend_handles_labels()[0] if handles is None else handles)
    return ax.legend(
        handles=shown, loc="upper left", bbox_to_anchor=(0.0, 0.0), bbox_transform=below, borderaxespad=0,
        ncols=columns, frameon=False, fontsize=letters(9),
    )  # fmt: skip


def shades(cmap: str, count: int) -> list[str]:
    """`count` colours of a map, without its palest and darkest ends."""
    if cmap not in mpl.colormaps:
        hint = nearest(cmap, mpl.colormaps)
        raise OptionError(f"cmap={cmap!r} is no colour map of matplotlib.{hint} Try 'YlGnBu' or 'viridis'.")
    return [to_hex(mpl.colormaps[cmap](position)) for position in np.linspace(0.12, 0.92, count)]


def installed_fonts() -> set[str]:
    """Names of the fonts that matplotlib can use."""
    return {font.name for font in font_manager.fontManager.ttflist}


def dress(texts: Iterable[Text]) -> None:
    """Show texts as they are: no markup in them is run, and Chinese characters get a font that has them.

    Only these artists change, no setting of matplotlib does. Where no such font is installed the
    characters become boxes, with one warning.
    """
    every = list(texts)
    for artist in every:
        artist.set_parse_math(False)
        artist.set_usetex(False)
    chinese = [artist for artist in every if has_cjk(artist.get_text())]
    if not chinese:
        return
    installed = installed_fonts()
    font = next((name for name in CJK_FONTS if name in installed), None)
    for artist in chinese:
        if font is None:
            boxed = "".join("\u25a1" if is_cjk(character) else character for character in artist.get_text())
            artist.set_text(boxed)
        else:
            artist.set_fontfamily([*artist.get_fontfamily(), font])
    if font is None:
        warn_caller(
            "No font with Chinese characters is installed, so they are drawn as boxes: install one, for "
            "example Noto Sans CJK SC (fonts-noto-cjk), and restart Python."
        )


def legend_texts(legend: Any) -> list[Text]:
    """Every text of a legend, its title included."""
    return [legend.get_title(), *legend.get_texts()]
