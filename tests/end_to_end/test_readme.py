"""What README.md shows works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

COMMANDS = (
    'python3 -m venv .venv && .venv/bin/pip install -e ".[report]" && .venv/bin/spatialfin demo --out demo',
    'python3 -m venv .venv && .venv/bin/pip install -e ".[test]" && '
    ".venv/bin/python -m pytest -n 2 --dist loadfile",
)


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


def code_blocks(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_two_commands_are_there(text: str, command: str) -> None:
    assert f"    {command}\n" in text


def test_the_ten_lines_run(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    lines = code_blocks(text)[0]
    assert len([line for line in lines.splitlines() if line]) <= 13
    names: dict[str, object] = {}
    exec(lines, names)
    printed = capsys.readouterr().out
    assert "p_norm" in printed
    assert "indirect" in printed
    assert (tmp_path / "table.docx").stat().st_size > 5000


def test_own_shapefile_and_excel(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """The block runs on files of a user: codes in the shapefile, names and figures in the Excel sheet."""
    import spatialfin as sf

    provinces = sf.load_layer("china_provinces", units="mainland")
    own = provinces[["name", "geometry"]].rename_axis("CODE").reset_index()
    own.to_file(tmp_path / "regions.shp")
    figures = pd.DataFrame({"region": own["name"], "bank_jobs": range(1, 32), "jobs": range(100, 131)})
    figures.sample(frac=1, random_state=0).to_excel(tmp_path / "figures.xlsx", index=False)
    monkeypatch.chdir(tmp_path)
    blocks = code_blocks(text)
    assert len(blocks) == 2
    names: dict[str, object] = {}
    exec(blocks[1], names)
    assert "31" in capsys.readouterr().out
    lq = names["data"]["lq"]  # type: ignore[index]
    expected = (figures["bank_jobs"] / figures["jobs"]) / (figures["bank_jobs"].sum() / figures["jobs"].sum())
    assert lq.to_dict() == pytest.approx(dict(zip(own["CODE"], expected, strict=True)))
