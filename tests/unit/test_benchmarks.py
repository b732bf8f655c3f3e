"""The benchmark runner judges what the benchmarks promise."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def runner(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_runner", root / "benchmarks" / "__main__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("ours_s", "peer_s", "target", "ratio", "kept"),
    [
        (1.0, 7.0, 6, 7.0, True),
        (1.0, 5.0, 6, 5.0, False),
        (1.0, 5.0, None, 5.0, None),
        (1.0, None, 6, None, None),
    ],
)
def test_a_row_is_judged_by_its_promise(runner, ours_s, peer_s, target, ratio, kept) -> None:
    row = runner.judged({"name": "x", "ours_s": ours_s, "peer_s": peer_s, "target": target})
    assert row["ratio"] == ratio
    assert row["kept"] is kept


@pytest.mark.parametrize(("ratio", "kept"), [(1.2, True), (1.6, False)])
def test_a_ratio_may_be_better_when_it_is_small(runner, ratio, kept) -> None:
    row = {
        "name": "x",
        "ours_s": ratio,
        "peer_s": 1.0,
        "ratio": ratio,
        "target": 1.5,
        "smaller_is_better": True,
    }
    assert runner.judged(row)["kept"] is kept


def test_every_benchmark_module_has_run(runner, root: Path) -> None:
    names = runner.found_benchmarks()
    assert "import" in names
    for name in names:
        source = (root / "benchmarks" / f"bench_{name}.py").read_text(encoding="utf-8")
        assert "\ndef run() -> list[dict" in source, name


def test_the_table_shows_a_broken_promise(runner) -> None:
    text = runner.table([runner.judged({"name": "slow", "ours_s": 2.0, "peer_s": 1.0, "target": 6})])
    assert "NO" in text
    assert "slow" in text
