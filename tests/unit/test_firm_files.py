"""Firm records in files: read as data, as they are, in bounded memory, and nothing else with them."""

from __future__ import annotations

import gc
import gzip
import io
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from spatialfin._errors import DataError, OptionError
from spatialfin.firms import firm_cells, read_firms, stata

from .test_firms import CODES, FIRMS


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    paths = {kind: tmp_path / f"it's {kind}.{kind}" for kind in ("csv", "csv.gz", "parquet", "dta")}
    FIRMS.to_csv(paths["csv"], index=False)
    FIRMS.to_csv(paths["csv.gz"], index=False)
    FIRMS.to_parquet(paths["parquet"])
    FIRMS.to_stata(paths["dta"], write_index=False)
    return paths


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet", "dta"])
def test_files_give_what_the_frame_gives(files: dict[str, Path], kind: str) -> None:
    options: dict[str, Any] = {**CODES, "year": "year", "values": ["output", "employment"], "firm": "id"}
    expected = firm_cells(FIRMS, **options).table
    pd.testing.assert_frame_equal(firm_cells(files[kind], **options).table, expected, rtol=1e-12)


@pytest.mark.parametrize("kind", ["csv", "dta", "parquet"])
def test_lost_zeros_come_back_only_when_asked_for(tmp_path: Path, kind: str) -> None:
    frame = pd.DataFrame({"industry": [610, 1711], "county": [110101, 110102]})
    path = tmp_path / f"firms.{kind}"
    {"csv": frame.to_csv, "dta": frame.to_stata, "parquet": frame.to_parquet}[kind](path)  # type: ignore[operator]
    with pytest.raises(DataError, match="lost zeros"):
        firm_cells(path, **CODES)
    table = firm_cells(read_firms(path, codes={"industry": 4, "county": 6}), **CODES).table
    assert list(table["industry"]) == ["06", "17"]


def test_a_column_of_codes_that_is_not_there_is_named_once(files: dict[str, Path]) -> None:
    with pytest.raises(DataError, match=r"has no column 'cuonty'\. Did you mean 'county'"):
        firm_cells(files["csv"], region="cuonty")


@pytest.mark.parametrize("kind", ["dta", "parquet"])
def test_codes_stored_as_fractional_numbers_are_read_as_codes(tmp_path: Path, kind: str) -> None:
    frame = pd.DataFrame({"industry": [610.0, np.nan, 1711.0], "town": [110101001.0, 110101002.0, np.nan]})
    path = tmp_path / f"firms.{kind}"
    {"dta": frame.to_stata, "parquet": frame.to_parquet}[kind](path)  # type: ignore[operator]
    read = read_firms(path, codes={"industry": 4, "town": 9}, columns=["industry", "town"])
    assert read.fetchall() == [("0610", "110101001"), (None, "110101002"), ("1711", None)]


def test_numbers_of_stata_that_are_no_codes_any_more_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "firms.dta"
    pd.DataFrame({"county": [110101.5, np.nan]}).to_stata(path)
    with pytest.raises(DataError, match=r"'county' holds '110101.5', which are no codes"):
        read_firms(path, codes={"county": 6})
    pd.DataFrame({"town": np.array([110101001, 110101002], dtype="float32")}).to_stata(path)
    with pytest.raises(DataError, match="'town' is of Stata's type float, which rounds codes"):
        read_firms(path, codes={"town": 9})


def test_a_fraction_in_parquet_is_no_code(tmp_path: Path) -> None:
    pd.DataFrame({"county": [110101.5, 110102.5]}).to_parquet(tmp_path / "firms.parquet")
    with pytest.raises(DataError, match="'county' holds codes of '8' characters"):
        firm_cells(read_firms(tmp_path / "firms.parquet", codes={"county": 6}), region="county")


def test_too_little_memory_is_told_with_the_remedy(tmp_path: Path) -> None:
    firms = pd.concat([FIRMS] * 1000, ignore_index=True)
    firms.assign(county=[f"11{number % 10_000:04d}" for number in range(len(firms))]).to_parquet(
        tmp_path / "firms.parquet"
    )
    few = read_firms(tmp_path / "firms.parquet", memory="2MB")
    with pytest.raises(DataError, match=r"more memory than DuckDB may use.*memory='4GB'"):
        firm_cells(few, region="county", values=["output", "employment"])


def test_column_names_are_never_code(tmp_path: Path) -> None:
    names = ['x"; DROP TABLE firms; --', "select", "1); ATTACH 'x", "a,b", "%s", "県"]
    firms = pd.DataFrame({name: [1.0, 2.0] for name in names} | {"county'": ["110101", "110102"]})
    firms.to_csv(tmp_path / "firms.csv", index=False)
    firms.to_parquet(tmp_path / "firms.parquet")
    for source in (tmp_path / "firms.csv", tmp_path / "firms.parquet", duckdb.from_df(firms)):
        table = firm_cells(source, region="county'", values=names).table
        assert table.to_numpy().tolist() == [["110101", 1, *[1.0] * 6], ["110102", 1, *[2.0] * 6]]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/hostname')",
        "COPY (SELECT 1) TO 'out.csv'",
        "ATTACH 'other.db'",
        "INSTALL spatial",
        "LOAD httpfs",
        "SELECT * FROM 'https://example.com/x.csv'",
        "SET memory_limit = '9GB'",
        "SET enable_external_access = true",
    ],
)
def test_the_connection_opens_this_file_and_nothing_else(files: dict[str, Path], query: str) -> None:
    relation = read_firms(files["parquet"])
    with pytest.raises(duckdb.Error, match=r"(?i)permission|disabled|locked|cannot"):
        relation.query("firms", query).fetchall()
    assert not Path("out.csv").exists()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("https://example.com/firms.csv", "not a local file"),
        ("s3://bucket/firms.parquet", "not a local file"),
        ("/vsicurl/example.com/firms.csv", "not a local file"),
        ("*.csv", "patterns are not read"),
        ("no_such.csv", "There is no file 'no_such.csv'"),
        (__file__, "cannot be read as firm records"),
    ],
)
def test_only_local_files_of_known_kinds(path: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_firms(path)


def test_a_pattern_in_a_file_name_is_not_expanded(tmp_path: Path) -> None:
    FIRMS.to_csv(tmp_path / "a[1].csv", index=False)
    with pytest.raises(DataError, match="would be a pattern"):
        read_firms(tmp_path / "a[1].csv")


@pytest.mark.parametrize(
    ("content", "suffix"),
    [(b"\xff\xfe\x00county", "parquet"), (b"no stata", "dta"), (b"a,b\n\xff\xfe,1\n", "csv")],
)
def test_a_file_that_is_not_what_it_says(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"firms.{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read as"):
        firm_cells(path, region="a")


def test_text_far_down_in_a_column_of_numbers(tmp_path: Path) -> None:
    lines = ["county,output", *["110101,1"] * 50_000, "110101,n.a."]
    path = tmp_path / "firms.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match=r'firms.csv cannot be read .*Could not convert string "n.a."'):
        firm_cells(path, region="county", values="output")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": ["countyy"]}, "no column 'countyy'.*'county'"),
        ({"codes": {"countyy": 6}}, "no column 'countyy'"),
        ({"codes": {"county": 0}}, "from 1 on"),
        ({"codes": ["county"]}, "a dictionary"),
        ({"memory": "1'; DROP"}, "'500MB'"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "dta"])
def test_options_of_files(files: dict[str, Path], options: dict[str, Any], message: str, kind: str) -> None:
    with pytest.raises((DataError, OptionError), match=message):
        read_firms(files[kind], **options)


# --- CSV as it stands -----------------------------------------------------------------------------

HEAD = "county,industry,output\n"
LINE = "110101,1711,1\n"


def csv(folder: Path, text: str) -> Path:
    path = folder / "firms.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_quotes_that_only_late_rows_have(tmp_path: Path) -> None:
    path = csv(tmp_path, "name," + HEAD + f"a,{LINE}" * 30_000 + f'"b, ""c""\nd",{LINE}' + f'"e",{LINE}')
    read = read_firms(path, codes={"county": 6})
    assert sorted(read.select("name").distinct().fetchall()) == [("a",), ('b, "c"\nd',), ("e",)]
    assert list(firm_cells(path, region="county", values="output").table["firms"]) == [30_002]


def test_fractions_that_only_late_rows_have(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD + LINE * 30_000 + "110101,1711,0.5\n")
    assert list(firm_cells(path, region="county", values="output").table["output"]) == [30_000.5]
    # DuckDB by itself would round: the sum would be a whole number, and wrong.
    whole = read_firms(path, codes={"county": 6})
    with pytest.raises(
        DataError, match=r"'output' is of whole numbers by .* holds 0\.5.* numbers= of read_firms"
    ):
        firm_cells(whole, region="county", values="output")
    read = read_firms(path, codes={"county": 6}, numbers=["output"])
    assert list(firm_cells(read, region="county", values="output").table["output"]) == [30_000.5]
    assert read_firms(csv(tmp_path, HEAD + "1,2,3\n" * 30_000 + "1,2,4.0\n")).aggregate(
        "sum(output)"
    ).fetchall() == [(90_004,)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "firms.csv is empty"),
        (HEAD, r"firms.csv holds no rows\. The first line names the columns"),
        ("Table 1\n" + HEAD + LINE, "no column 'county', 'output'. It has 'Table 1'"),
        (HEAD + "110101,1711\n110101,1711,2,3\n", "no column 'county', 'output'. It has"),
        ("county," + HEAD + "1," + LINE, r"columns 'county' are there more than once \(capitals aside\)"),
        ("County," + HEAD + "1," + LINE, r"columns 'county' are there more than once \(capitals aside\)"),
        (HEAD + '110101,1711,"1,234"\n', 'Could not convert string "1,234"'),
        (HEAD + "110101,1711,NA\n", 'Could not convert string "NA"'),
    ],
)
def test_csv_that_is_no_table(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        firm_cells(csv(tmp_path, text), region="county", values="output")


def test_codes_that_a_spreadsheet_made_numbers(tmp_path: Path) -> None:
    path = csv(tmp_path, HEAD + "110101.0,610.0,1\n110102.0,1711.00,2\n,,3\n110102.5,x.0,4\n")
    rows = [("110101", "0610"), ("110102", "1711"), (None, None), ("110102.5", "0x.0")]
    read = read_firms(path, codes={"county": 6, "industry": 4}, columns=["county", "industry"])
    assert read.fetchall() == rows
    table = pd.read_csv(path, dtype={"county": str, "industry": str}, keep_default_na=False)
    table.to_stata(tmp_path / "firms.dta", write_index=False)
    assert (
        read_firms(tmp_path / "firms.dta", codes={"county": 6, "industry": 4}, columns=[]).fetchall() == rows
    )


# --- folders of Parquet ---------------------------------------------------------------------------


def test_a_folder_of_parquet_parts(tmp_path: Path) -> None:
    for number, part in enumerate(np.array_split(np.arange(len(FIRMS)), 3)):
        FIRMS.iloc[part].to_parquet(tmp_path / f"part-{number}.parquet")
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / "_temporary").mkdir()
    FIRMS.to_parquet(tmp_path / "_temporary" / "part-0.parquet")
    options: dict[str, Any] = {**CODES, "year": "year", "values": "output", "firm": "id"}
    expected = firm_cells(FIRMS, **options).table
    pd.testing.assert_frame_equal(firm_cells(tmp_path, **options).table, expected, rtol=1e-12)


def test_partitions_of_a_folder_are_columns(tmp_path: Path) -> None:
    firms = FIRMS.assign(industry=FIRMS["industry"].str.replace("17", "06"))
    for (year, industry), part in firms.groupby(["year", "industry"]):
        folder = tmp_path / f"year={year}" / f"industry={industry}"
        folder.mkdir(parents=True)
        part.drop(columns=["year", "industry"]).to_parquet(folder / "a.parquet")
    options: dict[str, Any] = {**CODES, "year": "year", "values": ["output", "employment"]}
    expected = firm_cells(firms, **options).table
    pd.testing.assert_frame_equal(firm_cells(tmp_path, **options).table, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda part: part.drop(columns="output"), r"column 'output' is not in 'b.parquet'"),
        (
            lambda part: part.assign(county=part["county"].astype(int)),
            "'county' is text in 'a.parquet' and not in 'b.parquet'",
        ),
    ],
)
def test_parts_that_differ(tmp_path: Path, change: Any, message: str) -> None:
    FIRMS.to_parquet(tmp_path / "a.parquet")
    change(FIRMS).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(DataError, match=message):
        firm_cells(tmp_path, region="county", values="output")
    with pytest.raises(DataError, match=r"2 Parquet files: no column 'outptu'\. Did you mean 'output'"):
        read_firms(tmp_path, columns=["outptu"])
    if "output" not in change(FIRMS):
        assert read_firms(tmp_path, columns=["id"]).aggregate("count(*)").fetchall() == [(2 * len(FIRMS),)]


def test_whole_and_fractional_numbers_of_parts_go_together(tmp_path: Path) -> None:
    FIRMS.assign(output=1).to_parquet(tmp_path / "a.parquet")
    FIRMS.assign(output=0.5).to_parquet(tmp_path / "b.parquet")
    assert firm_cells(tmp_path, region="county", values="output").table["output"].sum() == 1.5 * len(FIRMS)


def test_a_folder_without_parts(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="or of a folder of Parquet files"):
        read_firms(tmp_path)


# --- Stata ----------------------------------------------------------------------------------------


@pytest.fixture
def spills(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that takes what is beyond memory."""
    folder = tmp_path / "spills"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def many_firms(path: Path, n: int = 200_000) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    firms = pd.DataFrame(
        {
            "county": [f"11{number:04d}" for number in rng.integers(0, 50, n)],
            "name": [f"firm {number} of a long name" for number in range(n)],
            "output": rng.random(n),
            "assets": rng.random(n),
        }
    )
    firms.to_stata(path, write_index=False)
    return firms


def test_stata_files_larger_than_memory_go_through_it(
    tmp_path: Path, spills: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    firms = many_firms(tmp_path / "firms.dta")
    monkeypatch.setattr(stata, "_CHUNK_BYTES", 1_000_000)
    rows: list[int] = []
    as_text = stata._as_text
    monkeypatch.setattr(
        stata, "_as_text", lambda chunk, widths: rows.append(len(chunk)) or as_text(chunk, widths)
    )
    read = read_firms(tmp_path / "firms.dta", memory="10MB")
    width = (tmp_path / "firms.dta").stat().st_size / len(firms)
    assert sum(rows) == len(firms)
    assert max(rows) * width <= 1.01e6
    held, spilled = read.query(
        "firms", "SELECT sum(memory_usage_bytes), sum(temporary_storage_bytes) FROM duckdb_memory()"
    ).fetchall()[0]
    assert held <= 10e6 < firms.memory_usage(deep=True).sum()
    assert spilled > 0
    assert list(spills.iterdir())
    expected = firm_cells(firms, region="county", values=["output", "assets"]).table
    found = firm_cells(read, region="county", values=["output", "assets"]).table
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12)
    part = read.select("county")
    del read
    gc.collect()
    assert part.aggregate("count(*)").fetchall() == [(len(firms),)]
    del part
    gc.collect()
    assert not list(spills.iterdir())


def test_nothing_stays_of_a_file_that_fails(tmp_path: Path, spills: Path) -> None:
    path = tmp_path / "firms.dta"
    many_firms(path)
    path.write_bytes(path.read_bytes()[:-3_000_000])
    with pytest.raises(DataError, match=r"firms.dta cannot be read as a Stata file"):
        read_firms(path, memory="10MB")
    assert not list(spills.iterdir())


def test_columns_of_stata_keep_their_kind(tmp_path: Path) -> None:
    # The first whole number is missing in the second chunk only.
    firms = pd.DataFrame(
        {
            "employment": np.arange(3_000, dtype="float32"),
            "year": np.int16(2004),
            "since": pd.Timestamp("1995-05-01"),
            "name": "a",
        }
    )
    with_gap = firms.assign(employment=firms["employment"].mask(firms.index == 2_999))
    options: dict[str, Any] = {"write_index": False, "convert_dates": {"since": "td"}}
    for frame, kind in ((firms.astype({"employment": "int32"}), "BIGINT"), (with_gap, "DOUBLE")):
        frame.to_stata(tmp_path / "firms.dta", **options)
        read = read_firms(tmp_path / "firms.dta")
        assert [str(name) for name in read.types] == [kind, "BIGINT", "TIMESTAMP", "VARCHAR"]
        assert read.aggregate("count(employment)").fetchall() == [(3_000 - (kind == "DOUBLE"),)]


def test_whole_numbers_of_stata_with_gaps_in_later_rows(tmp_path: Path) -> None:
    # An integer column, of which only the second chunk holds a missing value.
    firms = pd.DataFrame({"employment": pd.array([1] * 1_500 + [None], dtype="Int16")})
    firms.to_stata(tmp_path / "firms.dta", write_index=False)
    read = read_firms(tmp_path / "firms.dta")
    assert read.aggregate("count(*), count(employment), sum(employment)").fetchall() == [
        (1_501, 1_500, 1_500)
    ]


@pytest.mark.parametrize("version", [114, 117, 118])
def test_a_stata_file_without_rows(tmp_path: Path, version: Any) -> None:
    FIRMS.iloc[:0].to_stata(tmp_path / "firms.dta", version=version, write_index=False)
    cells = firm_cells(tmp_path / "firms.dta", **CODES, values="output")
    assert list(cells.table.columns) == ["region", "industry", "firms", "output"]
    assert len(cells.table) == 0


def test_value_labels_are_not_put_in_place_of_codes(tmp_path: Path) -> None:
    firms = pd.DataFrame({"county": [110101, 110102], "v": [1.0, np.nan]})
    firms.to_stata(tmp_path / "firms.dta", value_labels={"county": {110101: "Dongcheng"}}, write_index=False)
    read = read_firms(tmp_path / "firms.dta", codes={"county": 6})
    assert read.fetchall() == [("110101", 1.0), ("110102", None)]


def test_long_texts_are_read_where_they_fit(tmp_path: Path) -> None:
    path = tmp_path / "firms.dta"
    firms = pd.DataFrame({"county": ["110101"] * 60, "note": [f"{number}" * 3_000 for number in range(60)]})
    firms.to_stata(path, version=117, convert_strl=["note"], write_index=False)
    assert read_firms(path, columns=["note"]).fetchall() == [(text,) for text in firms["note"]]
    with pytest.raises(DataError, match=r"long texts \(strL\) of firms.dta take 0.331 MB.*memory="):
        read_firms(path, columns=["county"], memory="100KB")


BEIJING = "北京"


def old_stata(path: Path, version: Any = 114) -> None:
    """A file as Stata 13 for Chinese wrote it: the bytes of GBK, and a name of them."""
    text = BEIJING.encode("gbk").decode("latin-1")
    pd.DataFrame({"abcd": ["110101"], "name": [text], "output": [2.0]}).to_stata(
        path, version=version, write_index=False
    )
    path.write_bytes(path.read_bytes().replace(b"abcd", "代码".encode("gbk")))


@pytest.mark.parametrize("version", [114, 117])
def test_chinese_text_of_old_stata_files(tmp_path: Path, version: Any) -> None:
    path = tmp_path / "firms.dta"
    old_stata(path, version)
    with pytest.raises(DataError, match=r"does not say the encoding.*the columns.*encoding='gb18030'"):
        firm_cells(path, region="代码")
    read = read_firms(path, codes={"代码": 6}, encoding="gb18030")
    assert read.columns == ["代码", "name", "output"]
    assert read.fetchall() == [("110101", BEIJING, 2.0)]
    assert read_firms(path, columns=["output"], encoding="gbk").fetchall() == [(2.0,)]
    with pytest.raises(DataError, match=r"hold text that is not 'ascii': b"):
        read_firms(path, encoding="ascii")


def test_text_of_old_stata_files_is_asked_for_only_where_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "firms.dta"
    text = BEIJING.encode("gbk").decode("latin-1")
    pd.DataFrame({"county": ["110101"], "name": [text]}).to_stata(path, version=114, write_index=False)
    assert read_firms(path, columns=["county"]).fetchall() == [("110101",)]
    with pytest.raises(DataError, match=r"\('name' hold more than ASCII\)"):
        read_firms(path)


def test_stata_text_that_is_not_the_utf8_that_it_says(tmp_path: Path) -> None:
    path = tmp_path / "firms.dta"
    pd.DataFrame({"county": ["110101"], "name": ["abcd"]}).to_stata(path, version=118, write_index=False)
    path.write_bytes(path.read_bytes().replace(b"abcd", BEIJING.encode("gbk")))
    with pytest.raises(DataError, match="unicode translate"):
        read_firms(path)
    assert read_firms(path, columns=["county"]).fetchall() == [("110101",)]
    with pytest.raises(DataError, match="leave encoding out"):
        read_firms(path, encoding="gbk")


# --- encodings of CSV -----------------------------------------------------------------------------

CHINESE = 'county,省份,output\n110101,"北京,\n东城",1.5\n010101,"说""好""",2\n'


@pytest.mark.parametrize("name", ["firms.csv", "firms.csv.gz"])
@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-16", "utf-8", "utf-8-sig"])
def test_csv_in_other_encodings(tmp_path: Path, spills: Path, name: str, encoding: str) -> None:
    data = CHINESE.encode(encoding)
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    read = read_firms(tmp_path / name, codes={"county": 6}, encoding=encoding)
    assert read.columns == ["county", "省份", "output"]
    assert read.fetchall() == [("110101", "北京,\n东城", 1.5), ("010101", '说"好"', 2.0)]
    assert read_firms(tmp_path / name, columns=["output"], encoding=encoding).fetchall() == [(1.5,), (2.0,)]
    assert not list(spills.iterdir())


def test_csv_whose_encoding_is_not_named_or_another(tmp_path: Path, spills: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_bytes(CHINESE.encode("gbk"))
    with pytest.raises(DataError, match=r"read_firms\(path, encoding='gb18030'\)"):
        firm_cells(path, region="county")
    path.write_bytes(b"county,name\n110101,\xff\xff\n")
    with pytest.raises(DataError, match=r"firms.csv is not 'gbk': b'\\xff.* is no text in it"):
        read_firms(path, encoding="gbk")
    (tmp_path / "firms.csv.gz").write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"firms.csv.gz cannot be read as firm records"):
        read_firms(tmp_path / "firms.csv.gz", encoding="gbk")
    assert not list(spills.iterdir())


@pytest.mark.parametrize("encoding", ["gbk2", "hex", 5])
def test_encodings_that_are_none(files: dict[str, Path], encoding: Any) -> None:
    with pytest.raises(OptionError, match="is no encoding of text"):
        read_firms(files["csv"], encoding=encoding)


def test_parquet_has_no_other_encoding(files: dict[str, Path]) -> None:
    with pytest.raises(DataError, match="Leave encoding out"):
        read_firms(files["parquet"], encoding="gbk")


# --- how far --------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("shown", "is_shown"), [(Terminal, True), (io.StringIO, False)])
def test_a_bar_on_a_terminal_only(
    files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, shown: type[io.StringIO], is_shown: bool
) -> None:
    screen = shown()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    read_firms(files["dta"])
    assert ("Reading it's dta.dta" in screen.getvalue()) == is_shown
    assert is_shown or not screen.getvalue()
