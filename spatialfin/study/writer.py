"""Save the blocks of a step as files and prepare them for the page."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .blocks import Block, FigureBlock, FileBlock, HeadingBlock, NoteBlock, PageBlock, TableBlock
from .output import fix_zip_dates

# A fragment brings its own style, valid only in the head of a page: there the template has it, once.
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_TABLE_SUFFIXES = (".docx", ".tex", ".csv")


@dataclass(frozen=True, slots=True)
class Shown:
    """One block as the page shows it.

    Attributes
    ----------
    kind : {"heading", "note", "warning", "table", "file", "figure", "page"}
    text : str
        Heading, note or caption, unescaped.
    html : str
        Fragment of a table; `Table.to_html` has escaped it.
    image : str
        Data URI of a figure.
    number : int
        Number of the table or figure on the page.
    files : tuple of str
        Files beside the page.
    """

    kind: str
    text: str = ""
    html: str = ""
    image: str = ""
    number: int = 0
    files: tuple[str, ...] = ()


class Writer:
    """Writes the files of a study and numbers its tables and figures.

    Parameters
    ----------
    folder : Path
        Where the page will stand.
    say : callable
        ``say(key, **values)`` gives a fixed phrase in the language of the page.
    """

    def __init__(self, folder: Path, *, say: Callable[..., str]) -> None:
        self.folder = folder
        self.say = say
        self.numbers = {"table": 0, "figure": 0}
        self.taken: set[str] = set()

    def show(self, step: str, blocks: list[Block]) -> list[Shown]:
        """Write the files of every block and return what the page needs."""
        return [self._show(step, block) for block in blocks]

    def _show(self, step: str, block: Block) -> Shown:
        if isinstance(block, HeadingBlock):
            return Shown("heading", text=block.text)
        if isinstance(block, NoteBlock):
            return Shown("warning" if block.warning else "note", text=block.text)
        if isinstance(block, PageBlock):
            return self._page(step, block)
        if isinstance(block, TableBlock):
            return self._table(self._stem("tables", step, block.name), block)
        if isinstance(block, FileBlock):
            return self._file(self._stem("tables", step, block.name), block)
        return self._figure(self._stem("figures", step, block.name), block)

    def _stem(self, folder: str, step: str, name: str) -> Path:
        """A file name of safe characters that no other block has; names of columns may hold anything."""
        safe = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name)[:60]
        first = stem = f"{folder}/{step}-{safe}" if safe else f"{folder}/{step}"
        count = 1
        while stem.lower() in self.taken:
            count += 1
            stem = f"{first}-{count}"
        self.taken.add(stem.lower())
        path = self.folder / stem
        path.parent.mkdir(exist_ok=True)
        return path

    def _table(self, stem: Path, block: TableBlock) -> Shown:
        table, files = block.table, []
        for suffix in _TABLE_SUFFIXES:
            path = table.save(stem.with_name(stem.name + suffix))
            if suffix == ".docx":
                fix_zip_dates(path)
            files.append(path)
        number = self._next("table")
        rows = len(table.frame)
        if block.rows_shown is not None and rows > block.rows_shown:
            note = self.say("first_rows", shown=block.rows_shown, rows=rows)
            table = replace(table, frame=table.frame.head(block.rows_shown), notes=(note, *table.notes))
        numbered = replace(table, title=f"{self.say('table')} {number}. {table.title}")
        html = _STYLE.sub("", numbered.to_html())
        return Shown("table", html=html, number=number, files=self._relative(files))

    def _file(self, stem: Path, block: FileBlock) -> Shown:
        from ..tables._escape import quote_formula

        path = stem.with_name(stem.name + ".csv")
        frame = block.frame.reset_index() if block.frame.index.name is not None else block.frame
        safe = frame.rename(columns=lambda name: quote_formula(str(name)))
        for position, dtype in enumerate(safe.dtypes):
            if dtype.kind not in "biuf":
                cells = safe.iloc[:, position].map(quote_formula, na_action="ignore")
                safe.isetitem(position, cells.to_list())
        safe.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")
        return Shown("file", text=block.caption, files=self._relative([path]))

    def _page(self, step: str, block: PageBlock) -> Shown:
        """The first page is `report.html`, further ones also have the name of their step."""
        path = self.folder / "report.html"
        if path.exists():
            path = self.folder / f"report-{step}.html"
        path.write_bytes(block.content)
        return Shown("page", text=block.caption, files=self._relative([path]))

    def _figure(self, stem: Path, block: FigureBlock) -> Shown:
        from ..plot.files import save_figure

        png, pdf = save_figure(block.axes, stem)
        image = "data:image/png;base64," + base64.b64encode(png.read_bytes()).decode("ascii")
        number = self._next("figure")
        return Shown(
            "figure", text=block.caption, image=image, number=number, files=self._relative([png, pdf])
        )

    def _next(self, kind: str) -> int:
        self.numbers[kind] += 1
        return self.numbers[kind]

    def _relative(self, paths: list[Any]) -> tuple[str, ...]:
        return tuple(path.relative_to(self.folder).as_posix() for path in paths)
