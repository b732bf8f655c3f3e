"""The command line, and the pages of small studies with hostile or Chinese data."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import spatialfin as sf
from spatialfin._errors import DataError, MissingExtraError
from spatialfin.cli import app
from spatialfin.study import runner
from spatialfin.study.blocks import NoteBlock, TableBlock
from spatialfin.study.registry import KINDS, Kind
from spatialfin.study.schema import Column
from spatialfin.study.specs import DataStep

HOSTILE = "</script><script>alert(1)</script>"


@dataclass(frozen=True, kw_only=True)
class Fake(DataStep):
    column: Column
    fail: bool = False


def run_fake(options: Fake, context):
    if options.fail:
        raise DataError("nothing works.\nReally.")
    return context.table(options.data).frame[["code", options.column]]


def render_fake(result, options, context):
    from spatialfin.tables import frame_table

    named = result.assign(code=[context.unit_names().get(code, code) for code in result["code"]])
    return [NoteBlock(options.text), TableBlock("", frame_table(named, labels=context.labels))]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study of four squares with one step of a kind of its own."""
    monkeypatch.setitem(KINDS, "fake", Kind(Fake, run_fake, render_fake))
    import geopandas
    from shapely import box

    squares = geopandas.GeoDataFrame(
        {"id": list("abcd"), "name": [HOSTILE, "b", "c", "=1+1"]},
        geometry=[box(x, 0, x + 1, 1) for x in range(4)],
        crs=4326,
    )
    squares.to_file(tmp_path / "squares.geojson")
    pd.DataFrame({"code": list("abcd"), "x": [1.0, 2.0, 4.0, 3.0]}).to_csv(tmp_path / "data.csv", index=False)
    write(tmp_path)
    return tmp_path


def write(
    folder: Path, *, step: str = 'kind = "fake"\ncolumn = "x"\n', head: str = 'title = "Squares"\n'
) -> Path:
    path = folder / "study.toml"
    path.write_text(
        f"""
[study]
{head}
[data]
file = "data.csv"
unit = "code"
[layer]
source = "squares.geojson"
key = "id"
[weights.queen]
kind = "contiguity"
[labels]
x = {HOSTILE!r}
[[step]]
id = "step"
{step}
""",
        encoding="utf-8",
    )
    return path


def invoke(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_version():
    result = invoke("--version")
    assert result.exit_code == 0
    assert result.stdout.strip() == f"spatialfin {sf.__version__}"


def test_examples_are_listed_and_copied(tmp_path: Path):
    listing = invoke("examples")
    assert listing.exit_code == 0
    assert [line.split()[0] for line in listing.stdout.splitlines()] == [
        "agglomeration",
        "counties",
        "own_data",
        "panel",
        "provinces",
    ]
    assert invoke("example", "own_data", "--out", tmp_path / "mine").exit_code == 0
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {
        "own_data.toml",
        "own_data.xlsx",
        "own_data.geojson",
    }
    again = invoke("example", "own_data", "--out", tmp_path / "mine")
    assert again.exit_code == 2
    assert "already holds 'own_data.toml'" in again.stderr
    wrong = invoke("example", "provnces", "--out", tmp_path)
    assert wrong.exit_code == 2
    assert "Did you mean 'provinces'?" in wrong.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("command", [["examples"], ["demo", "--study", "pannel"]])
def test_lines_are_cut_between_words_in_a_terminal_only(command: list[str]):
    import pty

    code = [sys.executable, "-c", "from spatialfin.cli import main; main()", *command]
    plain = subprocess.run(code, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert max(map(len, (plain.stdout + plain.stderr).splitlines())) > 80
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        code,
        stdout=theirs,
        stderr=theirs,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": "80", "TERM": "dumb"},
    )
    os.close(theirs)
    process.wait()
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert max(map(len, shown.splitlines())) <= 80
    assert shown.split() == (plain.stdout + plain.stderr).split()


def test_a_study_runs_and_says_where_its_page_is(folder: Path):
    result = invoke("study", folder / "study.toml", "--out", folder / "out")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].endswith(f"Open {folder / 'out' / 'index.html'}")
    assert result.stderr == ""
    assert {path.name for path in (folder / "out" / "tables").glob("step.*")} == {
        "step.csv",
        "step.docx",
        "step.tex",
    }


def test_there_is_no_bar_when_there_is_no_terminal(folder: Path):
    """A process of its own: what a log file would hold."""
    write(folder, step='kind = "describe"\ncolumns = ["x"]\n')
    command = [
        sys.executable,
        "-c",
        "from spatialfin.cli import main; main()",
        "study",
        str(folder / "study.toml"),
        "--out",
        str(folder / "out"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    assert "\x1b" not in done.stdout


def test_steps_are_told_as_they_begin(folder: Path):
    told: list[tuple[int, int, str]] = []
    study = sf.Study.read(folder / "study.toml")
    study.run(folder / "out", on_step=lambda *step: told.append(step))
    assert told == [(1, 2, "Squares"), (2, 2, "step")]


def test_an_error_is_one_line_and_status_two(folder: Path):
    write(folder, step='kind = "fake"\ncolumn = "y"\n')
    result = invoke("study", folder / "study.toml", "--out", folder / "out")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: The study file does not fit its data: step[1].column: 'y' is not")
    assert "Traceback" not in result.output
    assert not (folder / "out").exists()


def test_debug_shows_the_traceback(folder: Path):
    write(folder, step='kind = "nonsense"\n')
    result = invoke("study", folder / "study.toml", "--out", folder / "out", "--debug")
    assert isinstance(result.exception, sf.SpatialfinError)


def test_a_failing_step_names_itself_and_leaves_the_earlier_output(folder: Path):
    assert invoke("study", folder / "study.toml", "--out", folder / "out").exit_code == 0
    before = {path: path.read_bytes() for path in (folder / "out").rglob("*") if path.is_file()}
    write(folder, step='kind = "fake"\ncolumn = "x"\nfail = true\n')
    result = invoke("study", folder / "study.toml", "--out", folder / "out")
    assert result.exit_code == 2
    assert "step[1] 'step': nothing works." in result.stderr
    assert {path: path.read_bytes() for path in (folder / "out").rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == []


def test_a_folder_of_the_user_is_not_touched(folder: Path):
    (folder / "thesis").mkdir()
    (folder / "thesis" / "chapter.tex").write_text("mine")
    result = invoke("study", folder / "study.toml", "--out", folder / "thesis")
    assert result.exit_code == 2
    assert "is not empty and is not an earlier output" in result.stderr
    assert [path.name for path in (folder / "thesis").iterdir()] == ["chapter.tex"]


def test_a_path_outside_needs_the_flag(folder: Path):
    inner = folder / "inner"
    inner.mkdir()
    text = write(folder).read_text(encoding="utf-8")
    outside = text.replace('"data.csv"', '"../data.csv"').replace('"squares.geojson"', '"../squares.geojson"')
    (inner / "study.toml").write_text(outside, encoding="utf-8")
    refused = invoke("study", inner / "study.toml", "--out", folder / "out")
    assert refused.exit_code == 2
    assert "data.file: '../data.csv' leaves the folder" in refused.stderr
    allowed = invoke("study", inner / "study.toml", "--out", folder / "out", "--allow-outside")
    assert allowed.exit_code == 0, allowed.output


def test_a_missing_extra_is_told_before_any_work(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def missing(module: str, extra: str) -> None:
        raise MissingExtraError(f'needs {module}: pip install "spatialfin[{extra}]"')

    monkeypatch.setattr(runner, "require", missing)
    result = invoke("study", folder / "study.toml", "--out", folder / "new" / "out")
    assert result.exit_code == 2
    assert 'pip install "spatialfin[report]"' in result.stderr
    assert not (folder / "new").exists()


def test_hostile_text_is_shown_as_text(folder: Path):
    steps = f"""
kind = "fake"
column = "x"
title = {HOSTILE!r}
text = {HOSTILE!r}
[[step]]
id = "map"
kind = "map"
column = "x"
names = true
k = 2
[[step]]
id = "moran"
kind = "moran"
variables = ["x"]
permutations = 9
[[step]]
id = "lisa"
kind = "lisa"
column = "x"
permutations = 9
alpha = 0.99
adjust = "none"
"""
    write(folder, step=steps, head=f"title = {HOSTILE!r}\nauthor = {HOSTILE!r}\ntext = {HOSTILE!r}\n")
    result = invoke("study", folder / "study.toml", "--out", folder / "out")
    assert result.exit_code == 0, result.output
    page = (folder / "out" / "index.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert page.count("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;") >= 6
    sheet = (folder / "out" / "tables" / "step.csv").read_text(encoding="utf-8-sig")
    assert "'=1+1" in sheet
    assert "\n=1+1" not in sheet


def test_a_chinese_study_has_chinese_headings_and_text(folder: Path):
    text = "金融集聚"
    write(folder, head=f'title = "{text}"\nlang = "zh"\n', step='kind = "describe"\ncolumns = ["x"]\n')
    assert invoke("study", folder / "study.toml", "--out", folder / "out").exit_code == 0
    page = (folder / "out" / "index.html").read_text(encoding="utf-8")
    assert '<html lang="zh">' in page
    for heading in ("数据与样本", "空间权重矩阵", "描述性统计", "本页生成方式", "表 1."):
        assert heading in page
    assert f"<h1>{text}</h1>" in page


def test_units_without_a_value_are_dropped_and_told(folder: Path):
    pd.DataFrame({"code": list("abcd"), "x": [1.0, None, 4.0, 3.0]}).to_csv(folder / "data.csv", index=False)
    step = 'kind = "lisa"\ncolumn = "x"\npermutations = 9\n'
    refused = invoke("study", write(folder, step=step), "--out", folder / "out")
    assert refused.exit_code == 2
    assert "step[1] 'step': x missing for 1 units: 'b'." in refused.stderr
    assert 'missing = "drop"' in refused.stderr
