"""Study files: what is wrong with one is said before anything runs, by key, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, StudyError
from spatialfin.study.inputs import open_inputs
from spatialfin.study.reader import read_contents

START = """
[study]
title = "A study"
[layer]
source = "china_provinces"
units = "mainland"
"""
DATA = """
[data]
file = "data.csv"
unit = "code"
"""
QUEEN = """
[weights.queen]
kind = "contiguity"
islands = "keep"
"""
DESCRIBE = """
[[step]]
id = "describe"
kind = "describe"
columns = ["x"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    codes = sf.load_layer("china_provinces", units="mainland").index
    lines = [f"{code},{number},{number % 7}" for number, code in enumerate(codes)]
    (tmp_path / "data.csv").write_text("code,x,y\n" + "\n".join(lines), encoding="utf-8")
    return tmp_path


def read(folder: Path, *parts: str):
    path = folder / "study.toml"
    path.write_text("".join(parts), encoding="utf-8")
    return read_contents(path)


def faults(folder: Path, *parts: str) -> str:
    with pytest.raises(StudyError) as caught:
        read(folder, *parts)
    return str(caught.value)


def test_a_valid_file_is_read(folder: Path):
    contents = read(folder, START, DATA, QUEEN, DESCRIBE)
    assert contents.head.title == "A study"
    assert list(contents.data) == ["data"]
    assert [step.options.id for step in contents.steps] == ["describe"]


def test_several_tables_have_names(folder: Path):
    contents = read(folder, START, DATA.replace("[data]", "[data.own]"), DESCRIBE)
    assert list(contents.data) == ["own"]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("",), "study: missing"),
        ((START, DATA), "step: missing; give at least one [[step]]"),
        (
            (START.replace("title", "titel"), DATA, DESCRIBE),
            "study.titel: unknown key. Did you mean 'title'?",
        ),
        ((START.replace("[layer]", "[layr]"), DATA, DESCRIBE), "layr: unknown key. Did you mean 'layer'?"),
        (
            (START.replace('"china_provinces"', '"china_province"'), DATA, DESCRIBE),
            "Did you mean 'china_provinces'?",
        ),
        (
            (START, DATA.replace("unit =", "unitt ="), DESCRIBE),
            "data.unitt: unknown key. Did you mean 'unit'?",
        ),
        ((START, DATA.replace('unit = "code"', ""), DESCRIBE), "data: give either unit ="),
        (
            (START, '[data]\ndataset = "china_finance"\n', DESCRIBE),
            "data.dataset: 'china_finance' is not shipped. Did you mean 'china_finance_2002_2011'?",
        ),
        (
            (START, '[data]\ndataset = "a"\nfile = "data.csv"\nunit = "code"\n', DESCRIBE),
            "data: give either file =",
        ),
        (
            (START, DATA.replace("data.csv", "../data.csv"), DESCRIBE),
            "data.file: '../data.csv' leaves the folder",
        ),
        (
            (START, DATA.replace("data.csv", "https://x.org/data.csv"), DESCRIBE),
            "data.file: 'https://x.org/data.csv' is an address",
        ),
        (
            (START.replace("china_provinces", "/vsicurl/http://x.org/a.gpkg"), DATA, DESCRIBE),
            "layer.source: '/vsicurl/http://x.org/a.gpkg' is a virtual file system",
        ),
        (
            (START, DATA, DESCRIBE.replace('"describe"\ncol', '"descrbe"\ncol')),
            "step[1].kind: 'descrbe' is not a kind. Did you mean 'describe'?",
        ),
        ((START, DATA, DESCRIBE.replace('kind = "describe"', "")), "step[1].kind: missing. Kinds: "),
        ((START, DATA, DESCRIBE, DESCRIBE), "step[2].id: 'describe' is already the id of step[1]."),
        (
            (START, DATA, DESCRIBE.replace('id = "describe"', 'id = "../x"')),
            "step[1].id: '../x' is not a valid id",
        ),
        ((START, DATA, DESCRIBE.replace('id = "describe"', "")), "step[1].id: missing; it must be text."),
        (
            (START, DATA, DESCRIBE, 'data = "dat"\n'),
            "step[1].data: 'dat' is not a table at this point. Did you mean 'data'?",
        ),
        ((START, DESCRIBE), "step[1]: there is no table"),
        (
            (START, DATA, QUEEN.replace('"contiguity"', '"contiguty"'), DESCRIBE),
            "weights.queen.kind: 'contiguty' is not a kind. Did you mean 'contiguity'?",
        ),
        (
            (START, DATA, QUEEN.replace("queen", "Queen"), DESCRIBE),
            "weights.Queen: 'Queen' is not a valid id",
        ),
        (
            (START, DATA, '[[step]]\nid = "m"\nkind = "moran"\nvariables = ["x"]\n'),
            "step[1].weights: missing; give a matrix defined as [weights.NAME].",
        ),
        (
            (START, DATA, QUEEN, '[[step]]\nid = "m"\nkind = "moran"\nvariables = ["x"]\nweights = "quen"\n'),
            "step[1].weights: there is no [weights.quen]. Did you mean 'queen'?",
        ),
        ((START, DATA, "[labels]\nx = 3\n", DESCRIBE), "labels.x: expected text."),
    ],
)
def test_each_fault_names_its_key(folder: Path, parts: tuple[str, ...], expected: str):
    assert expected in faults(folder, *parts)


def test_all_faults_are_told_at_once(folder: Path):
    message = faults(
        folder,
        START.replace("title", "titel"),
        DATA.replace("data.csv", "/etc/passwd"),
        DESCRIBE.replace("columns", "colums"),
        DESCRIBE,
    )
    for expected in (
        "study.titel",
        "study.title: missing",
        "data.file",
        "step[1].colums",
        "step[1].columns: missing",
        "step[2].id",
    ):
        assert expected in message
    assert message.startswith("The study file 'study.toml' is not valid: 6 problems.")


def test_bad_toml_names_the_line(folder: Path):
    assert "is not valid TOML" in faults(folder, '[study]\ntitle = "a\n')
    assert "line 2" in faults(folder, '[study]\ntitle = "a\n')


def test_a_file_that_is_absent_or_no_text_is_a_study_error(folder: Path):
    with pytest.raises(StudyError, match="cannot be read: No such file"):
        read_contents(folder / "absent.toml")
    (folder / "study.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StudyError, match="not UTF-8"):
        read_contents(folder / "study.toml")


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ __import__('os').system('touch hacked')",
        "y ~ I(open('hacked', 'w'))",
        "y ~ x.__class__",
        "y ~ eval(x)",
        "y ~ x[0]",
    ],
)
def test_a_formula_that_is_code_is_refused_and_nothing_runs(folder: Path, formula: str, monkeypatch):
    monkeypatch.chdir(folder)
    step = f'[[step]]\nid = "m"\nkind = "model"\nmodels = ["ols"]\nformula = "{formula}"\n'
    message = faults(folder, START, DATA, step)
    assert "step[1].formula" in message
    assert not (folder / "hacked").exists()


def test_a_derived_column_is_no_code_either(folder: Path):
    step = '[[step]]\nid = "d"\nkind = "derive"\nvariables = { z = "open(x)" }\n'
    assert "step[1].variables.z" in faults(folder, START, DATA, step)


def test_columns_are_checked_against_the_data_before_any_step(folder: Path):
    steps = """
[[step]]
id = "derive"
kind = "derive"
variables = { z = "log(x + 1)" }
[[step]]
id = "a"
kind = "describe"
columns = ["z", "zz"]
[[step]]
id = "b"
kind = "model"
models = ["ols"]
formula = "yy ~ z"
"""
    contents = read(folder, START, DATA, steps)
    with pytest.raises(StudyError) as caught:
        open_inputs(contents, folder)
    message = str(caught.value)
    assert "step[2].columns[2]: 'zz' is not a column of the table 'data'. Did you mean 'z'?" in message
    assert "step[3].formula: 'yy' is not a column of the table 'data'. Did you mean 'y'?" in message


def test_a_table_of_a_step_exists_after_it_and_not_before(folder: Path):
    growth = """
[[step]]
id = "growth"
kind = "growth"
variable = "x"
start = 1
end = 2
table = "growth"
"""
    after = DESCRIBE + 'data = "growth"\n'
    assert read(folder, START, DATA, growth, after)
    assert "is not a table at this point" in faults(folder, START, DATA, after, growth)


def test_units_that_differ_from_the_layer_are_an_error_unless_dropped(folder: Path):
    text = (folder / "data.csv").read_text() + "\n999999,1,1\n"
    (folder / "data.csv").write_text(text.replace("110000,", "888888,"))
    with pytest.raises(AlignmentError) as caught:
        open_inputs(read(folder, START, DATA, DESCRIBE), folder)
    message = str(caught.value)
    assert message.startswith("data: units differ")
    assert "'888888', '999999'" in message
    assert "'110000'" in message
    context = open_inputs(read(folder, START, DATA, 'missing = "drop"\n', DESCRIBE), folder)
    assert len(context.table("").frame) == 30


def test_several_rows_of_a_unit_need_a_time_column(folder: Path):
    with (folder / "data.csv").open("a") as file:
        file.write("\n110000,1,1\n")
    with pytest.raises(DataError, match=r"data: several rows for '110000'\. .*set time"):
        open_inputs(read(folder, START, DATA, DESCRIBE), folder)


def test_a_missing_key_column_is_named_with_the_nearest(folder: Path):
    with pytest.raises(DataError, match=r"'coda' is not a column\. Did you mean 'code'"):
        open_inputs(read(folder, START, DATA.replace('"code"', '"coda"'), DESCRIBE), folder)


def test_a_chinese_csv_of_a_spreadsheet_is_read(folder: Path):
    text = (folder / "data.csv").read_text().replace("code,x,y", "code,x,金融")
    (folder / "data.csv").write_bytes(text.encode("gb18030"))
    context = open_inputs(read(folder, START, DATA, DESCRIBE.replace('"x"', '"金融"')), folder)
    assert "金融" in context.table("").frame.columns
    assert any("GB 18030" in line for line in context.ledger)


@pytest.mark.parametrize("suffix", ["xlsx", "dta", "parquet"])
def test_codes_that_a_file_stores_as_numbers_become_text(folder: Path, suffix: str):
    import pandas as pd

    frame = pd.read_csv(folder / "data.csv", dtype={"code": float})
    save = {"xlsx": frame.to_excel, "dta": frame.to_stata, "parquet": frame.to_parquet}[suffix]
    save(folder / f"data.{suffix}", **({"write_index": False} if suffix == "dta" else {"index": False}))
    context = open_inputs(read(folder, START, DATA.replace("csv", suffix), DESCRIBE), folder)
    assert context.table("").frame["code"].iloc[0] == "110000"


def test_a_file_that_is_not_what_it_says_is_a_data_error(folder: Path):
    (folder / "data.xlsx").write_text("no workbook")
    with pytest.raises(DataError, match=r"data: 'data\.xlsx' cannot be read"):
        open_inputs(read(folder, START, DATA.replace("csv", "xlsx"), DESCRIBE), folder)


def test_names_in_two_languages_are_matched_to_codes(folder: Path):
    layer = sf.load_layer("china_provinces", units="mainland")
    names = [
        row.name_zh if number % 2 else row.name
        for number, row in enumerate(layer[["name", "name_zh"]].itertuples(index=False))
    ]
    lines = [f"{name},{number}" for number, name in enumerate(names)]
    (folder / "data.csv").write_text("region,x\n" + "\n".join(lines), encoding="utf-8")
    context = open_inputs(
        read(folder, START, '[data]\nfile = "data.csv"\nname = "region"\n', DESCRIBE), folder
    )
    assert list(context.table("").frame["unit_code"]) == list(layer.index)


def test_the_order_of_rows_changes_nothing(folder: Path):
    contents = read(folder, START, DATA, DESCRIBE)
    first = open_inputs(contents, folder).cross_section("", ["x"])
    head, *lines = (folder / "data.csv").read_text().split("\n")
    (folder / "data.csv").write_text("\n".join([head, *reversed(lines)]))
    second = open_inputs(contents, folder).cross_section("", ["x"])
    assert second.loc[first.index].equals(first)
