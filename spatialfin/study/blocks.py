"""What a step puts on the page: headings, notes, tables and figures, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ..tables import Table


@dataclass(frozen=True, slots=True)
class NoteBlock:
    """A paragraph; a warning is set apart from the text."""

    text: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class HeadingBlock:
    """A heading inside a section."""

    text: str


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table; `name` becomes part of its file names. The page may show only its first rows."""

    name: str
    table: Table
    rows_shown: int | None = None


@dataclass(frozen=True, slots=True)
class FileBlock:
    """A table too long for the page, saved beside it as csv with every digit."""

    name: str
    frame: pd.DataFrame
    caption: str


@dataclass(frozen=True, slots=True)
class PageBlock:
    """A page of its own, written beside the page of the study, which only links to it."""

    content: bytes
    caption: str


@dataclass(frozen=True, slots=True)
class FigureBlock:
    """A drawn figure; `name` becomes part of its file names, `caption` is its description too."""

    name: str
    axes: Axes
    caption: str


Block = HeadingBlock | NoteBlock | TableBlock | FileBlock | FigureBlock | PageBlock
