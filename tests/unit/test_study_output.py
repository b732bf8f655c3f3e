"""The output folder: whole or not at all, and nothing of the user's is touched."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from spatialfin._errors import OutputError
from spatialfin.study.output import MANIFEST, fix_zip_dates, listed_files, staged_output, write_manifest


def write_output(out: Path, files: dict[str, str]) -> None:
    with staged_output(out) as staging:
        for name, text in files.items():
            (staging / name).parent.mkdir(exist_ok=True)
            (staging / name).write_text(text)
        write_manifest(staging, {"title": "t"})


def fail_half_way(out: Path) -> None:
    with staged_output(out) as staging:
        (staging / "index.html").write_text("half")
        raise RuntimeError("step")


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()
    }


def test_a_new_folder_holds_the_files_and_the_manifest(tmp_path: Path):
    out = tmp_path / "new" / "demo"
    write_output(out, {"index.html": "page", "tables/a.csv": "1"})
    assert set(content(out)) == {"index.html", "tables/a.csv", MANIFEST}
    manifest = json.loads((out / MANIFEST).read_text())
    assert list(manifest["files"]) == ["index.html", "tables/a.csv"]
    assert [path.name for path in out.parent.iterdir()] == ["demo"]


def test_an_empty_folder_is_used(tmp_path: Path):
    out = tmp_path / "demo"
    out.mkdir()
    write_output(out, {"index.html": "page"})
    assert (out / "index.html").read_text() == "page"


def test_an_earlier_output_is_replaced_and_other_files_stay(tmp_path: Path):
    out = tmp_path / "demo"
    write_output(out, {"index.html": "old", "tables/a.csv": "1", "figures/f.png": "x"})
    (out / "notes.txt").write_text("mine")
    (out / "tables" / "mine.csv").write_text("mine")
    write_output(out, {"index.html": "new", "tables/b.csv": "2"})
    found = content(out)
    assert found.pop(MANIFEST)
    assert found == {
        "index.html": "new",
        "tables/b.csv": "2",
        "notes.txt": "mine",
        "tables/mine.csv": "mine",
    }
    assert not (out / "figures").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_foreign_folder_is_refused_before_anything_is_written(tmp_path: Path):
    out = tmp_path / "thesis"
    out.mkdir()
    (out / "chapter.tex").write_text("mine")
    with pytest.raises(OutputError, match="is not empty and is not an earlier output"):
        write_output(out, {"index.html": "page"})
    assert content(out) == {"chapter.tex": "mine"}
    assert [path.name for path in tmp_path.iterdir()] == ["thesis"]


@pytest.mark.parametrize("text", ["not json", "[]", '{"files": {"chapter.tex": ""}}'])
def test_a_manifest_of_others_is_no_licence(tmp_path: Path, text: str):
    (tmp_path / MANIFEST).write_text(text)
    (tmp_path / "chapter.tex").write_text("mine")
    with pytest.raises(OutputError, match="not an earlier output"):
        write_output(tmp_path, {"index.html": "page"})
    assert (tmp_path / "chapter.tex").read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["../victim.txt", "/tmp/victim.txt", "a/../../victim.txt", "link/victim.txt"]
)
def test_a_manifest_that_lists_files_outside_is_refused(tmp_path: Path, name: str):
    victim, out = tmp_path / "victim.txt", tmp_path / "demo"
    victim.write_text("mine")
    write_output(out, {"index.html": "old"})
    (out / "link").symlink_to(tmp_path)
    manifest = json.loads((out / MANIFEST).read_text())
    manifest["files"][name] = ""
    (out / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(OutputError, match="which lies outside"):
        write_output(out, {"index.html": "new"})
    assert victim.read_text() == "mine"
    assert (out / "index.html").read_text() == "old"


def test_a_file_of_the_user_is_never_overwritten(tmp_path: Path):
    out = tmp_path / "demo"
    write_output(out, {"index.html": "old"})
    (out / "extra.csv").write_text("mine")
    with pytest.raises(OutputError, match=r"not listed in its manifest\.json: 'extra\.csv'"):
        write_output(out, {"index.html": "new", "extra.csv": "ours"})
    assert (out / "extra.csv").read_text() == "mine"
    assert (out / "index.html").read_text() == "old"


def test_a_failure_leaves_nothing(tmp_path: Path):
    out = tmp_path / "a" / "b" / "demo"
    with pytest.raises(RuntimeError, match="step"):
        fail_half_way(out)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_earlier_output(tmp_path: Path):
    out = tmp_path / "demo"
    write_output(out, {"index.html": "old"})
    before = content(out)
    with pytest.raises(RuntimeError, match="step"):
        fail_half_way(out)
    assert content(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_failure_while_replacing_puts_the_earlier_files_back(tmp_path: Path, monkeypatch):
    out = tmp_path / "demo"
    write_output(out, {"a.csv": "old", "b.csv": "old"})
    before = content(out)
    replace = Path.replace

    def fail_on_new(self: Path, target: Path) -> Path:
        if self.name == "b.csv" and target.parent == out and ".replaced" not in self.parts:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail_on_new)
    with pytest.raises(OutputError, match="No space left"):
        write_output(out, {"a.csv": "new", "b.csv": "new"})
    monkeypatch.undo()
    assert content(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path):
    (tmp_path / "demo").write_text("mine")
    with pytest.raises(OutputError, match="is a file"):
        write_output(tmp_path / "demo", {"index.html": "page"})
    with pytest.raises(OutputError, match="cannot be written"):
        write_output(tmp_path / "demo" / "below", {"index.html": "page"})
    assert (tmp_path / "demo").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            write_output(tmp_path / "demo", {"index.html": "page"})
    finally:
        tmp_path.chmod(0o700)


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path):
    (tmp_path / "demo").symlink_to(tmp_path / "absent")
    with pytest.raises(OutputError, match="leads nowhere"):
        listed_files(tmp_path / "demo")


def test_a_link_to_a_folder_is_followed(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "demo").symlink_to(tmp_path / "real")
    write_output(tmp_path / "demo", {"index.html": "page"})
    assert (tmp_path / "demo").is_symlink()
    assert (tmp_path / "real" / "index.html").read_text() == "page"


def test_zip_dates_are_fixed(tmp_path: Path):
    made = []
    for year in (2001, 2020):
        path = tmp_path / f"{year}.docx"
        with zipfile.ZipFile(path, "w") as file:
            file.writestr(zipfile.ZipInfo("a.xml", date_time=(year, 1, 1, 0, 0, 0)), "<a/>")
        fix_zip_dates(path)
        made.append(path.read_bytes())
    assert made[0] == made[1]
    with zipfile.ZipFile(tmp_path / "2001.docx") as file:
        assert file.read("a.xml") == b"<a/>"
