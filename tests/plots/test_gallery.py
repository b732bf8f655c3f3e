"""The gallery draws every figure, by code that is run when the site is built."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import spatialfin as sf

CELL = re.compile(r"^```\{code-cell\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_public_name_of_the_figures_is_used_in_a_cell_of_the_gallery(root: Path) -> None:
    cells = CELL.findall((root / "docs" / "gallery.md").read_text(encoding="utf-8"))
    used = {
        node.attr
        for node in ast.walk(ast.parse("\n".join(cells)))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "plot"
    }
    assert sorted(set(sf.plot.__all__) - used) == []


def test_every_figure_of_the_gallery_is_drawn_in_the_journal_style(root: Path) -> None:
    cells = CELL.findall((root / "docs" / "gallery.md").read_text(encoding="utf-8"))
    drawing = [cell for cell in cells if re.search(r"\bplot\.(?!SOUTH_CHINA_SEA)\w+\(", cell)]
    assert len(drawing) > 20
    assert [cell for cell in drawing if "with plot.journal_style(" not in cell] == []
