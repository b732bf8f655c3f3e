"""Seeds of single steps: by one mechanism for every kind that draws, and for no other kind."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import StudyError
from spatialfin.simulate import simulate_outcome
from spatialfin.study.registry import KINDS
from spatialfin.study.specs import RandomStep

DRAWING = {
    "autocorrelation", "clustering", "distance_decay", "features", "firms", "heterogeneity", "impacts",
    "linked", "lisa", "model", "moran", "panel", "proximity", "robustness", "simulate", "spacetime",
}  # fmt: skip
CODES = [f"u{number:02d}" for number in range(16)]
START = """
[study]
title = "Seeds"
lang = "{lang}"
seed = 3
[data]
file = "table.csv"
unit = "code"
[layer]
source = "grid.gpkg"
key = "code"
[weights.rook]
kind = "contiguity"
rule = "rook"
"""
LISA = """
[[step]]
id = "{name}"
kind = "lisa"
column = "x"
permutations = 99
alpha = 0.5
adjust = "none"
{more}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    import geopandas
    from shapely import box

    squares = [box(n % 4, n // 4, n % 4 + 1, n // 4 + 1) for n in range(16)]
    layer = geopandas.GeoDataFrame({"code": CODES, "name": CODES}, geometry=squares, crs=4326)
    layer.to_file(tmp_path / "grid.gpkg")
    values = np.random.default_rng(8).normal(size=16)
    pd.DataFrame({"code": CODES, "x": values}).to_csv(tmp_path / "table.csv", index=False)
    return tmp_path


def study(folder: Path, steps: str, lang: str = "en") -> sf.Study:
    (folder / "study.toml").write_text(START.format(lang=lang) + steps, encoding="utf-8")
    return sf.Study.read(folder / "study.toml")


def p_values(folder: Path, name: str) -> pd.Series:
    table = pd.read_csv(folder / "out" / "tables" / f"{name}-clusters.csv", dtype=str)
    return table.set_index(table.columns[1]).iloc[:, -1].astype(float).sort_index()


def test_the_kinds_that_draw_have_a_seed_and_no_other() -> None:
    have = {name for name, kind in KINDS.items() if issubclass(kind.options, RandomStep)}
    named = {
        name
        for name, kind in KINDS.items()
        if "seed" in [field.name for field in dataclasses.fields(kind.options)]
    }
    assert have == named == DRAWING & set(KINDS)


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "Seed of this step: 7."), ("zh", "本步骤的随机种子：7。")]
)
def test_a_step_draws_with_its_own_seed_and_the_others_with_that_of_the_study(
    folder: Path, lang: str, words: str
) -> None:
    steps = LISA.format(name="own", more="seed = 7") + LISA.format(name="common", more="")
    report = study(folder, steps, lang).run(folder / "out")
    layer = sf.load_layer(folder / "grid.gpkg", key="code")
    w = sf.contiguity_weights(layer, rule="rook").standardize("row")
    x = pd.read_csv(folder / "table.csv", index_col="code")["x"]
    expected = {seed: sf.local_moran(x, w, permutations=99, seed=seed).p_sim for seed in (3, 7)}
    assert not expected[3].equals(expected[7])
    for name, seed in (("own", 7), ("common", 3)):
        found = p_values(folder, name)
        assert len(found) > 4
        np.testing.assert_allclose(found, expected[seed].reindex(found.index), atol=5e-4)
    page = report.page.read_text(encoding="utf-8")
    sections = dict(re.findall(r'<section id="step-(\w+)">(.*?)</section>', page, re.DOTALL))
    assert words in sections["own"]
    assert words not in sections["common"]
    manifest = json.loads((folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["seed"] == 3
    assert [line for line in manifest["ledger"] if words in line] == [f"step own: {words}"]


def test_a_table_drawn_with_an_own_seed_is_there_for_later_steps(folder: Path) -> None:
    steps = """
[[step]]
id = "drawn"
kind = "simulate"
table = "made"
seed = 11
[[step]]
id = "after"
kind = "describe"
data = "made"
columns = ["simulated_outcome"]
"""
    study(folder, steps).run(folder / "out")
    table = pd.read_csv(folder / "out" / "tables" / "after-descriptives.csv", dtype=str)
    layer = sf.load_layer(folder / "grid.gpkg", key="code")
    w = sf.contiguity_weights(layer, rule="rook").standardize("row")
    drawn = {seed: simulate_outcome(w, rho=0.5, beta=1.0, seed=seed).iloc[:, 1] for seed in (3, 11)}
    assert f"{drawn[11].mean():.3f}" in table.to_string()
    assert f"{drawn[3].mean():.3f}" not in table.to_string()


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (LISA.format(name="s", more="seed = -1"), "step[1].seed: -1 is too small; 0 is the least."),
        (LISA.format(name="s", more="seed = 1.5"), "step[1].seed: expected a whole number, got 1.5."),
        ('[[step]]\nid = "s"\nkind = "describe"\ncolumns = ["x"]\nseed = 1', "step[1].seed: unknown key."),
    ],
)
def test_a_seed_that_is_none_is_refused_before_anything_runs(folder: Path, steps: str, message: str) -> None:
    with pytest.raises(StudyError, match=re.escape(message)):
        study(folder, steps)


def test_the_seed_of_the_study_is_not_negative(folder: Path) -> None:
    path = folder / "study.toml"
    path.write_text(START.format(lang="en").replace("seed = 3", "seed = -3") + LISA.format(name="s", more=""))
    with pytest.raises(StudyError, match=re.escape("study.seed: -3 is too small; 0 is the least.")):
        sf.Study.read(path)
