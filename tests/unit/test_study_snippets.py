"""The steps that docs/study-files.md shows are steps that a study file may have."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import spatialfin as sf

KINDS = ("area", "map", "autocorrelation", "lisa", "spacetime", "distance_decay", "features", "production")


@pytest.mark.parametrize("kind", KINDS)
def test_a_shown_step_is_valid(provincial: Callable[[str], Path], root: Path, kind: str) -> None:
    text = (root / "docs" / "study-files.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    shown = [block for block in blocks if f'kind = "{kind}"' in block]
    assert shown
    for block in shown:
        steps = sf.Study.read(provincial(block)).contents.steps
        assert kind in [step.options.kind for step in steps]
