"""A finished table: a frame with a title and notes, and the formats it can be saved in."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from spatialfin._errors import DataError, OptionError, nearest
from spatialfin._validate import check_whole

from . import _writers
from ._files import write_file
from ._layout import Layout, as_notes, lay_out

SUFFIXES = (".docx", ".tex", ".html", ".csv", ".xlsx")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Table:
    """A table of a study, ready to be printed; every text in it is shown as text, never run as markup.

    Attributes
    ----------
    frame : DataFrame
        What the table shows, numbers or text, labels in the index and the columns.
    title : str
        Caption above the table.
    notes : tuple of str
        Notes below the table, one paragraph each.
    digits : int
        Decimals of the numbers in `frame` when printed.
    p_columns : tuple
        Columns of `frame` that hold p-values, printed as ``< 0.001`` where they are smaller.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatialfin.tables import frame_table
    >>> table = frame_table(pd.DataFrame({"I": [0.2111]}, index=["LQ <2011>"]), digits=2)
    >>> print(table)
                  I
    ---------------
    LQ <2011>  0.21
    ---------------
    >>> "LQ &lt;2011&gt;" in table.to_html()
    True
    """

    frame: pd.DataFrame
    title: str = ""
    notes: tuple[str, ...] = ()
    digits: int = field(default=3)
    p_columns: tuple[object, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.frame, pd.DataFrame):
            raise DataError(f"A table is made of a DataFrame, not of {type(self.frame).__name__}.")
        check_whole("digits", self.digits)
        object.__setattr__(self, "frame", self.frame.copy())
        object.__setattr__(self, "notes", as_notes(self.notes))

    def _layout(self) -> Layout:
        return lay_out(self.frame, self.digits, self.p_columns)

    def to_html(self) -> str:
        """The table as a self-contained HTML fragment, without scripts or remote parts."""
        return _writers.html_fragment(self, self._layout())

    def to_latex(self) -> str:
        """The table as a floating LaTeX table in booktabs style; a comment names the packages it needs."""
        return _writers.latex(self, self._layout())

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        return _writers.plain_text(self, self._layout())

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the table; the suffix chooses the format.

        Parameters
        ----------
        path : path
            ``.docx`` (an editable three-line Word table), ``.tex``, ``.html`` (a complete page), ``.csv``
            (UTF-8 that Excel recognises; labels and statistics in their own columns, no title or notes) or
            ``.xlsx``. An existing file is replaced in one step; the folder must exist.

        Returns
        -------
        Path
            Where the table is.

        Raises
        ------
        OptionError
            The suffix is not one of these.
        OutputError
            The folder is missing or the file cannot be written. Nothing half-written stays.
        MissingExtraError
            ``.docx`` needs the extra ``tables``, ``.xlsx`` the extra ``excel``.

        Notes
        -----
        In ``.csv`` and ``.xlsx`` text that begins with ``= + - @`` gets a leading apostrophe, so that no
        program runs it as a formula; cells that show a number, such as ``-0.512***``, stay as they are.
        """
        if not isinstance(path, str | os.PathLike):
            raise OptionError(f"path={path!r}: the path of a file is needed.")
        target = Path(path)
        suffix = target.suffix.lower()
        if suffix not in SUFFIXES:
            raise OptionError(
                f"A table cannot be saved as {target.name!r}.{nearest(suffix, SUFFIXES)} "
                f"Valid suffixes: {', '.join(SUFFIXES)}."
            )
        write_file(target, self._content(suffix))
        return target

    def _content(self, suffix: str) -> bytes:
        layout = self._layout()
        if suffix == ".docx":
            return _writers.docx_bytes(self, layout)
        if suffix == ".xlsx":
            return _writers.xlsx_bytes(self, layout)
        if suffix == ".csv":
            return _writers.csv_bytes(self)
        text = _writers.latex(self, layout) if suffix == ".tex" else _writers.html_document(self, layout)
        return text.encode("utf-8")
