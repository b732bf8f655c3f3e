"""The reference lists every public name, and every link in the Markdown pages leads somewhere."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import spatialfin as sf

from ..test_architecture import PUBLIC_MODULES


def listed_names(root: Path) -> set[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in root.glob("docs/reference/*.md"))
    return set(
        re.findall(r"^\.\. auto(?:function|class|exception|data):: spatialfin\.([\w.]+)$", text, re.MULTILINE)
    )


@pytest.mark.parametrize("module", PUBLIC_MODULES)
def test_the_reference_lists_every_public_name(module: str, root: Path) -> None:
    names = importlib.import_module(f"spatialfin.{module}").__all__
    shown = {name.split(".")[-1] for name in listed_names(root)}
    assert [name for name in names if name not in shown] == []


def test_the_reference_lists_only_what_exists(root: Path) -> None:
    found = listed_names(root)
    assert len(found) > 30
    for name in found:
        value: object = sf
        for part in name.split("."):
            value = getattr(value, part)


def test_every_top_level_name_is_listed(root: Path) -> None:
    shown = {name.split(".")[-1] for name in listed_names(root)}
    names = {name for name in sf.__all__ if not name.startswith("_") and name not in sf._MODULES}
    assert names <= shown


def test_links_between_the_pages_lead_somewhere(root: Path) -> None:
    pages = [*root.glob("*.md"), *root.glob("docs/**/*.md")]
    assert len(pages) > 10
    broken = [
        f"{page.relative_to(root)}: {target}"
        for page in pages
        if "_build" not in page.parts
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken
