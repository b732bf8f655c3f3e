"""The steps that docs/study-files.md shows are steps that a study file may have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import spatialfin as sf

START = """
[study]
title = "t"
[data]
dataset = "china_finance_2002_2011"
[layer]
source = "china_provinces"
units = "mainland"
[weights.queen]
kind = "contiguity"
islands = "nearest"
"""
KINDS = ("autocorrelation", "lisa", "spacetime", "distance_decay", "features")


@pytest.mark.parametrize("kind", KINDS)
def test_a_shown_step_is_valid(tmp_path: Path, root: Path, kind: str) -> None:
    text = (root / "docs" / "study-files.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    shown = [block for block in blocks if f'kind = "{kind}"' in block]
    assert shown
    for block in shown:
        (tmp_path / "study.toml").write_text(START + block, encoding="utf-8")
        steps = sf.Study.read(tmp_path / "study.toml").contents.steps
        assert kind in [step.options.kind for step in steps]
