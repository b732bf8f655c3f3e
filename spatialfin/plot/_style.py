"""Colours, axes and text that all figures share."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import matplotlib.pyplot as plt
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.text import Text

from spatialfin._errors import OptionError, SpatialfinWarning
from spatialfin._labels import has_cjk, is_cjk

# Okabe and Ito's colours, told apart with every common form of colour blindness.
LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#8c564b")
INK = "#222222"
QUIET = "#9a9a9a"
MISSING = {"facecolor": "#f5f5f5", "edgecolor": "#a8a8a8", "hatch": "////"}

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
    return plt.subplots(figsize=size, layout="compressed")[1]


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
        warnings.warn(
            "No font with Chinese characters is installed, so they are drawn as boxes: install one, for "
            "example Noto Sans CJK SC (fonts-noto-cjk), and restart Python.",
            SpatialfinWarning,
            stacklevel=3,
        )


def legend_texts(legend: Any) -> list[Text]:
    """Every text of a legend, its title included."""
    return [legend.get_title(), *legend.get_texts()]
