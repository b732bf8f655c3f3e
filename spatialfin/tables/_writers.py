"""One laid-out table as HTML, LaTeX, plain text, Word, CSV and Excel."""

from __future__ import annotations

import csv
import io
import math
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from spatialfin._labels import has_cjk
from spatialfin._validate import require

from ._escape import escape_html, escape_latex, is_number, plain, quote_formula
from ._layout import Layout, Row, cell_texts, format_number

if TYPE_CHECKING:
    from .table import Table

_STYLE = """<style>
.sf-table{margin:1em 0;overflow-x:auto}
.sf-table table{border-collapse:collapse;font-size:.92em}
.sf-table table{border-top:2px solid #222;border-bottom:2px solid #222}
.sf-table caption{caption-side:top;text-align:left;font-weight:600;padding:.3em 0}
.sf-table th,.sf-table td{padding:.15em .8em;font-weight:400;border:0;text-align:center;vertical-align:top}
.sf-table thead tr:last-child th{border-bottom:1px solid #222}
.sf-table th.span{border-bottom:1px solid #999}
.sf-table .l{text-align:left}
.sf-table tr.rule>*{border-top:1px solid #999}
.sf-table .heading{font-style:italic;text-align:left}
.sf-table p{font-size:.82em;color:#444;max-width:60em;margin:.4em 0}
</style>"""


def _is_chinese(table: Table, layout: Layout) -> bool:
    """Whether some text of the table is Chinese."""
    everything = [table.title, *table.notes, *(text for row in layout.head for text, _ in row)]
    everything += [text for row in layout.rows for text in row.cells]
    return any(has_cjk(text) for text in everything)


# HTML ---------------------------------------------------------------------------------------------------


def html_fragment(table: Table, layout: Layout) -> str:
    """A figure element that needs nothing from outside."""
    caption = f"<caption>{escape_html(table.title)}</caption>" if table.title else ""
    head = "\n".join(f"<tr>{_html_head_row(row, layout)}</tr>" for row in layout.head)
    body = "\n".join(_html_row(row, layout) for row in layout.rows)
    notes = "".join(f"<p>{escape_html(note)}</p>" for note in table.notes)
    return (
        f'<figure class="sf-table">{_STYLE}<table>{caption}\n<thead>\n{head}\n</thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table>{notes}</figure>"
    )


def html_document(table: Table, layout: Layout) -> str:
    """A complete page around the fragment."""
    title = escape_html(table.title or "Table")
    lang = "zh" if _is_chinese(table, layout) else "en"
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head><meta charset="utf-8">'
        f'<title>{title}</title></head>\n<body style="font-family:serif;margin:2em">\n'
        f"{html_fragment(table, layout)}\n</body>\n</html>\n"
    )


def _html_head_row(row: tuple[tuple[str, int], ...], layout: Layout) -> str:
    cells, position = [], 0
    for text, span in row:
        wide = f' colspan="{span}"' if span > 1 else ""
        names = " ".join(
            filter(None, ("l" if layout.align[position] == "l" else "", "span" if span > 1 else ""))
        )
        cells.append(f'<th scope="col"{wide} class="{names}">{escape_html(text)}</th>')
        position += span
    return "".join(cells)


def _html_row(row: Row, layout: Layout) -> str:
    rule = ' class="rule"' if row.rule_above else ""
    if row.is_heading:
        return f'<tr{rule}><th colspan="{layout.width}" class="heading">{escape_html(row.cells[0])}</th></tr>'
    cells = []
    for position, (text, align) in enumerate(zip(row.cells, layout.align, strict=True)):
        tag = 'th scope="row"' if position < layout.stubs else "td"
        side = ' class="l"' if align == "l" else ""
        cells.append(f"<{tag}{side}>{escape_html(text)}</{tag[:2]}>")
    return f"<tr{rule}>{''.join(cells)}</tr>"


# LaTeX --------------------------------------------------------------------------------------------------


def latex(table: Table, layout: Layout) -> str:
    r"""A floating table for ``\usepackage{booktabs}``."""
    lines = [r"% Needs \usepackage{booktabs}."]
    if _is_chinese(table, layout):
        lines.append(r"% Holds Chinese text: compile with XeLaTeX or LuaLaTeX and \usepackage{ctex}.")
    lines += [r"\begin{table}[htbp]", r"\centering"]
    if table.title:
        lines.append(rf"\caption{{{escape_latex(table.title)}}}")
    lines += [rf"\begin{{tabular}}{{{''.join(layout.align)}}}", r"\toprule"]
    for number, row in enumerate(layout.head):
        lines += _latex_head_row(row, is_last=number == len(layout.head) - 1)
    lines.append(r"\midrule")
    for body_row in layout.rows:
        lines += [r"\midrule"] * body_row.rule_above
        if body_row.is_heading:
            heading = rf"\emph{{{escape_latex(body_row.cells[0])}}}"
            lines.append(rf"\multicolumn{{{layout.width}}}{{l}}{{{heading}}} \\")
        else:
            lines.append(_latex_line([escape_latex(text) for text in body_row.cells]))
    lines += [r"\bottomrule", r"\end{tabular}"]
    if table.notes:
        notes = r" \par ".join(escape_latex(note) for note in table.notes)
        lines.append(rf"\par\smallskip\parbox{{\linewidth}}{{\footnotesize {notes}}}")
    lines.append(r"\end{table}")
    return "\n".join(lines) + "\n"


def _latex_line(cells: list[str]) -> str:
    # A row that begins with [ or * would be read as an argument of the \\ before it.
    guard = "{}" if cells and cells[0].startswith(("[", "*")) else ""
    return guard + " & ".join(cells) + r" \\"


def _latex_head_row(row: tuple[tuple[str, int], ...], *, is_last: bool) -> list[str]:
    cells, rules, position = [], [], 1
    for text, span in row:
        shown = escape_latex(text)
        cells.append(rf"\multicolumn{{{span}}}{{c}}{{{shown}}}" if span > 1 else shown)
        if span > 1 and not is_last:
            rules.append(rf"\cmidrule(lr){{{position}-{position + span - 1}}}")
        position += span
    return [_latex_line(cells), *rules]


# Plain text ---------------------------------------------------------------------------------------------


def plain_text(table: Table, layout: Layout) -> str:
    """The table for a terminal; full-width characters count as two."""
    lines = [[text for text, span in row for text in (text, *[""] * (span - 1))] for row in layout.head]
    lines += [list(row.cells) for row in layout.rows if not row.is_heading]
    widths = [max(_text_width(line[column]) for line in lines) for column in range(layout.width)]
    rule = "-" * (sum(widths) + 2 * (layout.width - 1))
    shown = [table.title] if table.title else []
    shown += [_text_line(line, widths, layout) for line in lines[: len(layout.head)]] + [rule]
    for row in layout.rows:
        shown += [rule] * row.rule_above
        shown.append(row.cells[0] if row.is_heading else _text_line(list(row.cells), widths, layout))
    return "\n".join([*shown, rule, *table.notes])


def _text_width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _text_line(cells: list[str], widths: list[int], layout: Layout) -> str:
    padded = []
    for text, width, align in zip(cells, widths, layout.align, strict=True):
        blank = " " * (width - _text_width(text))
        padded.append(text + blank if align == "l" else blank + text)
    return "  ".join(padded).rstrip()


# Spreadsheets -------------------------------------------------------------------------------------------


def csv_bytes(table: Table) -> bytes:
    """One header line and one line per row, every label written out; UTF-8 with a mark for Excel."""
    index = table.frame.index
    heads: list[Any] = list(table.frame.columns)
    header = [name if name is not None else "" for name in index.names]
    header += [" ".join(map(str, _as_tuple(label))) for label in heads]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([quote_formula(text) for text in header])
    for key, cells in zip(index, cell_texts(table.frame, table.digits, table.p_columns), strict=True):
        labels = [format_number(part, table.digits) for part in _as_tuple(key)]
        writer.writerow([quote_formula(text) for text in [*labels, *cells]])
    return buffer.getvalue().encode("utf-8-sig")


def _as_tuple(label: Any) -> tuple[Any, ...]:
    return label if isinstance(label, tuple) else (label,)


def xlsx_bytes(table: Table, layout: Layout) -> bytes:
    """A sheet as the table is printed; plain numbers are numbers."""
    workbook = require("openpyxl", "excel").Workbook()
    sheet = workbook.active
    sheet.title = "Table"
    head = [[table.title]] if table.title else []
    head += [[text for text, span in row for text in (text, *[""] * (span - 1))] for row in layout.head]
    for line in head:
        _append_texts(sheet, line)
    values = iter(_raw_rows(table))
    for number, row in enumerate(layout.rows, len(head) + 1):
        labels = row.cells if row.is_heading else row.cells[: layout.stubs]
        _append_texts(sheet, labels)
        shown = zip(row.cells[layout.stubs :], () if row.is_heading else next(values), strict=True)
        for column, (text, value) in enumerate(shown, layout.stubs + 1):
            _fill_cell(sheet.cell(number, column), text, value)
    for note in table.notes:
        _append_texts(sheet, [note])
    sheet.freeze_panes = sheet.cell(len(head) + 1, layout.stubs + 1)
    sheet.column_dimensions["A"].width = 28
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def _append_texts(sheet: Any, texts: Sequence[str]) -> None:
    sheet.append([quote_formula(text) or None for text in texts])


def _raw_rows(table: Table) -> list[tuple[Any, ...]]:
    """The cells of the frame with the types of their columns, row by row."""
    columns = [column.tolist() for _, column in table.frame.items()]
    return list(zip(*columns, strict=True)) if columns else [()] * len(table.frame)


def _fill_cell(cell: Any, text: str, value: Any) -> None:
    """A number in full precision that shows as in the table, or text."""
    is_numeric = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    number = value if is_numeric else text.replace(",", "") if is_number(text) else None
    if text and number is not None and "*" not in text:
        decimals = len(text.partition(".")[2]) if "e" not in text else 0
        cell.value = float(number)
        shape = "General" if "e" in text else "0." + "0" * decimals if decimals else "0"
        cell.number_format = f'[<{text[2:]}]"{text}";{shape}' if text.startswith("< ") else shape
    elif text:
        cell.value = quote_formula(text)


# Word ---------------------------------------------------------------------------------------------------

_CHARACTER, _MARGIN = 5, 13  # points: a digit of the size used, and the space beside the text of a cell
_LONGEST = 40  # characters that a column of text gets in one line
_MOST_FOR_NUMBERS = 0.75  # of the page


def docx_bytes(table: Table, layout: Layout) -> bytes:
    """A document with one editable three-line table, its title above and its notes below."""
    document = require("docx", "tables").Document()
    document.core_properties.author = ""
    document.core_properties.title = plain(table.title)
    if layout.width > 7:
        _turn_sideways(document.sections[0])
    if table.title:
        _word_text(document.add_paragraph(), plain(table.title), size=11, bold=True, keep=True)
    grid = document.add_table(rows=len(layout.head) + len(layout.rows), cols=layout.width)
    grid.autofit = True
    _word_widths(grid, layout, document.sections[0])
    for number, row in enumerate(layout.head):
        _word_head_row(grid, number, row, layout)
    for number, (body_row, below) in enumerate(zip(layout.rows, [*layout.rows[1:], None], strict=True)):
        stays = below is not None and not below.cells[0] and not below.rule_above
        _word_body_row(grid.rows[len(layout.head) + number], body_row, layout, keep=stays)
    last = len(layout.head) + len(layout.rows) - 1
    _word_rule(grid.rows[0], "top", 12)
    _word_rule(grid.rows[len(layout.head) - 1], "bottom", 6)
    _word_rule(grid.rows[last], "bottom", 12)
    for note in table.notes:
        _word_text(document.add_paragraph(), plain(note), size=9)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _turn_sideways(section: Any) -> None:
    from docx.enum.section import WD_ORIENT

    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width


def _word_widths(grid: Any, layout: Layout, section: Any) -> None:
    """Columns together as wide as the page; numbers get what they need first, text wraps in the rest."""
    from docx.shared import Pt

    lines = [[text if span == 1 else "" for text, span in row for _ in range(span)] for row in layout.head]
    lines += [list(row.cells) for row in layout.rows if not row.is_heading]
    longest = [max(_text_width(line[column]) for line in lines) for column in range(layout.width)]
    needed = [_CHARACTER * min(length, _LONGEST) + _MARGIN for length in longest]
    page = (section.page_width - section.left_margin - section.right_margin) / Pt(1)
    widths = [Pt(points) for points in shared_widths(needed, [align == "l" for align in layout.align], page)]
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = width
    for row in grid.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width


def shared_widths(needed: Sequence[float], is_text: Sequence[bool], page: float) -> list[float]:
    """What each column gets of the page: all in proportion where they fit, text the rest where they do not.

    Examples
    --------
    >>> shared_widths([100.0, 50.0, 50.0], [True, False, False], 400.0)
    [200.0, 100.0, 100.0]
    >>> shared_widths([200.0, 50.0, 50.0], [True, False, False], 200.0)
    [100.0, 50.0, 50.0]
    """
    text = sum(width for width, flexible in zip(needed, is_text, strict=True) if flexible)
    numbers = sum(needed) - text
    if sum(needed) <= page or not text:
        return [width * page / sum(needed) for width in needed]
    kept = min(numbers, _MOST_FOR_NUMBERS * page)
    return [
        width * (page - kept) / text if flexible else width * kept / numbers
        for width, flexible in zip(needed, is_text, strict=True)
    ]


def _word_text(
    paragraph: Any, text: str, *, size: int, bold: bool = False, italic: bool = False, keep: bool = False
) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt

    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    run.font.name = "Times New Roman"
    run._element.rPr.rFonts.set(qn("w:eastAsia"), "SimSun")
    run.bold, run.italic = bold, italic
    paragraph.paragraph_format.space_after = Pt(0)
    paragraph.paragraph_format.keep_with_next = keep


def _word_head_row(grid: Any, number: int, row: tuple[tuple[str, int], ...], layout: Layout) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement

    properties = grid.rows[number]._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:tblHeader"))
    position = 0
    for text, span in row:
        cell = grid.cell(number, position)
        if span > 1:
            cell = cell.merge(grid.cell(number, position + span - 1))
        _word_text(cell.paragraphs[0], text, size=10, keep=True)
        if span > 1 or layout.align[position] == "c":
            cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        if span > 1:
            _word_cell_rule(cell, "bottom", 4)
        position += span


def _word_body_row(line: Any, row: Row, layout: Layout, *, keep: bool) -> None:
    """One printed line; `keep` holds it on the page of the line below it."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    cells = line.cells  # grid.cell() walks through the whole table each time
    if row.is_heading:
        cell = cells[0].merge(cells[-1])
        _word_text(cell.paragraphs[0], row.cells[0], size=10, italic=True, keep=True)
    else:
        for cell, text, align in zip(cells, row.cells, layout.align, strict=True):
            paragraph = cell.paragraphs[0]
            _word_text(paragraph, text, size=10, keep=keep)
            if align == "c":
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if row.rule_above:
        _word_rule(line, "top", 4)


def _word_rule(row: Any, side: str, eighths: int) -> None:
    for cell in row.cells:
        _word_cell_rule(cell, side, eighths)


def _word_cell_rule(cell: Any, side: str, eighths: int) -> None:
    """A rule on one side of a cell, in eighths of a point; one borders element per cell, as Word wants."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = cell._tc.get_or_add_tcPr()
    borders = properties.find(qn("w:tcBorders"))
    if borders is None:
        borders = OxmlElement("w:tcBorders")
        properties.append(borders)
    line = borders.find(qn(f"w:{side}"))
    if line is None:
        line = OxmlElement(f"w:{side}")
        borders.insert(0 if side == "top" else len(borders), line)
    line.set(qn("w:val"), "single")
    line.set(qn("w:sz"), str(eighths))
