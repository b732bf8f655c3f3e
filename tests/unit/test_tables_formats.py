"""Every format shows text as text, whatever it holds, and leaves whole files or none."""

from __future__ import annotations

import csv
import io
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import docx
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialfin._errors import MissingExtraError, OptionError, OutputError
from spatialfin.tables import Table, frame_table
from spatialfin.tables._escape import escape_latex, is_number, plain, quote_formula
from spatialfin.tables._layout import format_number

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<b>bold</b>",
    '"><img src=x onerror=alert(1)>',
    r"\input{/etc/passwd} $x$ & 100% #1 a_b ^ ~ {}",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "[1ex] *",
    "区位熵（2011）",
    "a\x00b\x0bc\u202e",
]
NUMBERS = ["-0.512***", "-0.05", "0.3*", "1,234.5", "-1.2e-05", "+3", "17"]


class Parsed(HTMLParser):
    """The tags of a page and its text, as a browser would read them."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def everywhere(text: str) -> Table:
    """A table with a text as title, note, column, row and cell."""
    frame = pd.DataFrame([[text, 1.5]], index=pd.Index([text], name=text), columns=[text, "value"])
    return Table(frame, title=text, notes=(text,))


def visible(text: str) -> str:
    """A text as it is to be read: control characters gone, white space as single spaces."""
    kept = re.sub(r"[\x00\x0b\u202e]", "", re.sub(r"[\t\r\n]+", " ", text))
    return kept.strip()


@pytest.mark.parametrize("text", HOSTILE)
def test_html_runs_nothing(text: str) -> None:
    for page in (everywhere(text).to_html(), everywhere(text)._repr_html_()):
        parsed = Parsed(page)
        assert parsed.tags == {"figure", "style", "table", "caption", "thead", "tr", "th", "tbody", "td", "p"}
        assert parsed.attributes <= {"class", "scope", "colspan"}
        shown = [piece.strip() for piece in parsed.text]
        assert shown.count(visible(text)) == 6


def test_html_needs_nothing_from_outside() -> None:
    page = everywhere("x").to_html()
    assert not re.search(r"https?:|//|url\(|@import|<script|src=|href=", page)


@pytest.mark.parametrize("text", HOSTILE)
def test_latex_leaves_no_character_special(text: str) -> None:
    escaped = escape_latex(text)
    for command in (
        r"\textbackslash{}", r"\textasciicircum{}", r"\textasciitilde{}", r"\textless{}", r"\textgreater{}",
        r"\textbar{}", r"\textquotedbl{}", r"\textasciigrave{}",
    ):  # fmt: skip
        escaped = escaped.replace(command, "")
    escaped = re.sub(r"\\[{}$&#_%]", "", escaped)
    assert not re.search(r"[\\{}$&#^_~%<>|]", escaped)


def test_latex_is_a_booktabs_table() -> None:
    text = everywhere("a_b & 50%").to_latex()
    assert text.count(r"a\_b \& 50\%") == 6
    for command in (r"\toprule", r"\midrule", r"\bottomrule", r"\caption{", r"\begin{tabular}{llc}"):
        assert text.count(command) == 1


@pytest.mark.parametrize("start", ["[East]", "*star"])
def test_latex_rows_are_no_argument_of_the_line_before(start: str) -> None:
    lines = frame_table(pd.DataFrame({"x": [1.0, 2.0]}, index=[start, start + "2"])).to_latex().splitlines()
    assert [line for line in lines if start in line and not line.startswith("{}")] == []


def test_latex_names_what_chinese_needs() -> None:
    assert "ctex" in everywhere("区位熵").to_latex()
    assert "ctex" not in everywhere("LQ").to_latex()


def test_latex_shows_a_minus_sign() -> None:
    assert escape_latex("-0.512***") == "$-$0.512***"
    assert escape_latex("(-0.5)") == "($-$0.5)"
    assert escape_latex("two-way") == "two-way"


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_cells_start_no_formula(text: str, tmp_path: Path) -> None:
    path = everywhere(text).save(tmp_path / "t.csv")
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert len(rows) == 2
    for cell in (cell for row in rows for cell in row):
        assert is_number(cell) or not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
        assert visible(text) in cell or cell in ("value", "1.500")


@pytest.mark.parametrize("text", HOSTILE)
def test_xlsx_cells_are_text_and_no_formula(text: str, tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(everywhere(text).save(tmp_path / "t.xlsx")).active
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert sum(visible(text) in str(cell.value) for cell in cells) == 6
    assert [cell.value for cell in cells if cell.data_type == "n"] == [1.5]


@pytest.mark.parametrize("text", HOSTILE)
def test_docx_is_an_editable_table_with_the_text(text: str, tmp_path: Path) -> None:
    document = docx.Document(str(everywhere(text).save(tmp_path / "t.docx")))
    table = document.tables[0]
    assert [[cell.text.strip() for cell in row.cells] for row in table.rows] == [
        [visible(text), visible(text), "value"],
        [visible(text), visible(text), "1.500"],
    ]
    assert [paragraph.text.strip() for paragraph in document.paragraphs] == [visible(text)] * 2


def test_docx_gives_numbers_their_line_and_keeps_an_estimate_with_its_error(tmp_path: Path) -> None:
    label = "A regressor with a label that is much too long for one line of a table in Word"
    index = pd.MultiIndex.from_tuples(
        [("coefficients", label, "estimate"), ("coefficients", label, "se"), ("statistics", "N", "")],
        names=["block", "label", "line"],
    )
    frame = pd.DataFrame({f"({n})": ["-1.814***", "0.238", "31"] for n in range(1, 6)}, index=index)
    document = docx.Document(str(Table(frame).save(tmp_path / "t.docx")))
    table, page = document.tables[0], document.sections[0]
    widths = [column.width for column in table.columns]
    assert sum(widths) == pytest.approx(page.page_width - page.left_margin - page.right_margin, rel=0.01)
    assert min(widths[1:]) >= docx.shared.Pt(9 * 5 + 11)
    assert widths[0] > 1.5 * widths[1]
    assert [cell.width for cell in table.rows[1].cells] == widths
    keep = [row.cells[1].paragraphs[0].paragraph_format.keep_with_next for row in table.rows[1:]]
    assert keep == [True, False, False]


@pytest.mark.parametrize(("title", "lang"), [("Growth", "en"), ("增长", "zh")])
def test_a_page_says_its_language(title: str, lang: str, tmp_path: Path) -> None:
    page = frame_table(pd.DataFrame({"I": [0.2]}), title=title).save(tmp_path / "t.html")
    assert f'<html lang="{lang}">' in page.read_text(encoding="utf-8")


def test_docx_has_three_lines_and_one_border_element_per_cell(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}, index=["x", "y"])
    table = docx.Document(str(frame_table(frame).save(tmp_path / "t.docx"))).tables[0]
    lines = []
    for row in table.rows:
        for cell in row.cells:
            borders = cell._tc.xpath("./w:tcPr/w:tcBorders")
            assert len(borders) <= 1
        sides = row.cells[1]._tc.xpath("./w:tcPr/w:tcBorders/*")
        lines.append([side.tag.rpartition("}")[2] for side in sides])
    assert lines == [["top", "bottom"], [], ["bottom"]]


@pytest.mark.parametrize(("columns", "sideways"), [(6, False), (7, True)])
def test_wide_tables_get_a_landscape_page(columns: int, sideways: bool, tmp_path: Path) -> None:
    frame = pd.DataFrame([[1.0] * columns], index=["a"], columns=[f"c{i}" for i in range(columns)])
    page = docx.Document(str(frame_table(frame).save(tmp_path / "t.docx"))).sections[0]
    assert (page.page_width > page.page_height) is sideways


@pytest.mark.parametrize("number", NUMBERS)
def test_cells_that_show_a_number_stay_as_they_are(number: str) -> None:
    assert quote_formula(number) == number


@pytest.mark.parametrize(
    "text", ["-0.5****", "-1-1", "-0.5 = x", "- 1", "-1e", "-,1", "--1", "-1,2", "=-0.5"]
)
def test_cells_that_only_begin_like_a_number_are_quoted(text: str) -> None:
    assert quote_formula(text) == "'" + text


@given(st.text(max_size=12))
def test_no_text_becomes_a_formula(text: str) -> None:
    quoted = quote_formula(text)
    assert is_number(quoted) or not quoted.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


def test_html_page_names_its_encoding(tmp_path: Path) -> None:
    page = everywhere("区位熵").save(tmp_path / "t.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert '<meta charset="utf-8">' in page
    assert "区位熵" in page


def test_numbers_of_a_sheet_are_numbers_with_their_decimals(tmp_path: Path) -> None:
    frame = pd.DataFrame({"N": [31], "mean": [-0.25049], "shown": ["-0.51***"]}, index=["lq"])
    sheet = openpyxl.load_workbook(frame_table(frame).save(tmp_path / "t.xlsx")).active
    n, mean, shown = sheet["B2"], sheet["C2"], sheet["D2"]
    assert (n.value, mean.value, shown.value) == (31, -0.25049, "-0.51***")
    assert (n.number_format, mean.number_format) == ("0", "0.000")


def test_what_is_no_finite_number_is_text_in_a_sheet(tmp_path: Path) -> None:
    frame = pd.DataFrame({"yes": [True], "inf": [float("inf")], "none": [float("nan")]}, index=["a"])
    sheet = openpyxl.load_workbook(frame_table(frame).save(tmp_path / "t.xlsx")).active
    assert [cell.value for cell in sheet[2]] == ["a", "yes", "inf", None]


def test_a_sheet_follows_the_printed_table(tmp_path: Path) -> None:
    index = pd.MultiIndex.from_tuples(
        [
            ("coefficients", "lq", "estimate"),
            ("coefficients", "lq", "se"),
            ("Direct impacts", "lq", "estimate"),
        ],
        names=["block", "label", "line"],
    )
    columns = pd.MultiIndex.from_tuples([("y", "(1)"), ("y", "(2)")])
    frame = pd.DataFrame([["0.5***", ""], ["0.100", ""], ["-0.25", "=1"]], index=index, columns=columns)
    sheet = openpyxl.load_workbook(Table(frame, title="T", notes=("N",)).save(tmp_path / "t.xlsx")).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["T", None, None],
        [None, "y", None],
        [None, "(1)", "(2)"],
        ["lq", "0.5***", None],
        [None, "(0.100)", None],
        ["Direct impacts", None, None],
        ["lq", -0.25, "'=1"],
        ["N", None, None],
    ]


def test_csv_keeps_whole_numbers_whole(tmp_path: Path) -> None:
    frame = pd.DataFrame({"N": [31], "mean": [-0.25]}, index=pd.Index(["lq"], name="variable"))
    text = frame_table(frame).save(tmp_path / "t.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines() == ["variable,N,mean", "lq,31,-0.250"]


def test_an_unknown_suffix_names_the_valid_ones(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"\.doc'.*\.docx.*\.xlsx"):
        everywhere("x").save(tmp_path / "t.doc")


def test_a_missing_folder_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not exist"):
        everywhere("x").save(tmp_path / "none" / "t.tex")


def test_a_folder_in_the_way_is_an_output_error_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "t.tex").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        everywhere("x").save(tmp_path / "t.tex")
    assert [path.name for path in tmp_path.iterdir()] == ["t.tex"]


def test_a_failed_write_leaves_the_old_file_and_no_half_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "t.tex"
    target.write_text("old")

    def fail(self: Path, other: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OutputError, match="Permission denied"):
        everywhere("x").save(target)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["t.tex"]


def test_an_existing_file_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "t.tex"
    target.write_text("old")
    assert everywhere("x").save(str(target)) == target
    assert "booktabs" in target.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("suffix", "module", "extra"), [("docx", "docx", "tables"), ("xlsx", "openpyxl", "excel")]
)
def test_a_missing_package_names_the_extra(
    suffix: str, module: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"spatialfin\[{extra}\]"):
        everywhere("x").save(tmp_path / f"t.{suffix}")
    assert not list(tmp_path.iterdir())


def test_a_table_keeps_its_own_frame() -> None:
    frame = pd.DataFrame({"x": [1.0]}, index=["a"])
    table = Table(frame)
    frame.loc["a", "x"] = 9.0
    assert table.frame.loc["a", "x"] == 1.0


def test_one_note_may_be_a_text() -> None:
    frame = pd.DataFrame({"x": [1.0]}, index=["a"])
    assert frame_table(frame, notes="One note.").notes == ("One note.",)
    assert Table(frame, notes="One note.").notes == ("One note.",)  # type: ignore[arg-type]


def test_spanning_heads_stay_under_their_parent() -> None:
    columns = pd.MultiIndex.from_tuples([("y", "SAR", "1"), ("y", "SAR", "2"), ("z", "SAR", "3")])
    table = frame_table(pd.DataFrame([[1.0, 2.0, 3.0]], index=["a"], columns=columns))
    head = re.findall(r'<th scope="col"( colspan="\d")?[^>]*>([^<]*)</th>', table.to_html())
    assert [(span.strip(), text) for span, text in head] == [
        ("", ""), ('colspan="2"', "y"), ("", "z"),
        ("", ""), ('colspan="2"', "SAR"), ("", "SAR"),
        ("", ""), ("", "1"), ("", "2"), ("", "3"),
    ]  # fmt: skip
    assert r"\multicolumn{2}{c}{y} & z" in table.to_latex()
    assert r"\cmidrule(lr){2-3}" in table.to_latex()


def test_outer_labels_are_printed_once() -> None:
    index = pd.MultiIndex.from_tuples([("2010", "lq"), ("2010", "gdp"), ("2011", "lq")], names=["year", None])
    shown = str(Table(pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=index), digits=1)).splitlines()
    assert shown == [
        "year         x",
        "--------------",
        "2010  lq   1.0",
        "      gdp  2.0",
        "--------------",
        "2011  lq   3.0",
        "--------------",
    ]
    single = pd.MultiIndex.from_tuples([("2010", "lq"), ("2011", "lq")], names=["year", None])
    lines = str(Table(pd.DataFrame({"x": [1.0, 2.0]}, index=single))).splitlines()
    assert [line.startswith("---") for line in lines] == [False, True, False, False, True]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (31, "31"), (1.0, "1.00"), (-0.0, "0.00"), (0.001, "1.0e-03"), (float("nan"), ""), (None, ""),
        (pd.NA, ""), (True, "yes"), (float("inf"), "inf"), ("text", "text"), (0.005, "0.01"),
        (1234.56, "1,234.6"), (-12345.6, "-12,346"), (999.994, "999.99"),
    ],
)  # fmt: skip
def test_numbers_as_printed(value: object, shown: str) -> None:
    assert format_number(value, 2) == shown


@pytest.mark.parametrize("name", ["p_value", "p_norm", "p_sim", "p_adjusted"])
def test_small_p_values_show_their_bound(name: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"I": [4.5e-11, 0.2], name: [4.5e-11, 0.0015], "of": ["a", "b"]}).set_index("of")
    table = frame_table(frame, labels={name: "p"}, digits=3)
    lines = str(table).splitlines()
    assert [line.split() for line in lines[2:4]] == [["a", "4.5e-11", "<", "0.001"], ["b", "0.200", "0.002"]]
    assert "a,4.5e-11,< 0.001" in table.save(tmp_path / "t.csv").read_text("utf-8-sig")
    cell = openpyxl.load_workbook(table.save(tmp_path / "t.xlsx")).active["C2"]
    assert (cell.value, cell.number_format) == (4.5e-11, '[<0.001]"< 0.001";0.000')


def test_p_values_given_as_text_stay() -> None:
    assert "about 0" in str(frame_table(pd.DataFrame({"x": [1.0], "p_value": ["about 0"]})))


def test_characters_that_no_xml_holds_are_dropped() -> None:
    assert plain("a\ud800b\uffffc\x00\u202ed\u2028e") == "abcd e"


def test_an_empty_table_still_has_its_head() -> None:
    table = frame_table(pd.DataFrame({"code": [], "reason": []}))
    assert "reason" in table.to_html()
    assert "reason" in table.to_latex()
