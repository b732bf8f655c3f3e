"""The step that groups regions into types: the library's answer on the page, and faults by their key."""

from __future__ import annotations

import csv
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

import spatialfin as sf
from spatialfin._errors import DataError, StudyError
from spatialfin.features import SpatialKernelKMeans, cluster_transitions, panel_windows
from spatialfin.study.words import LANGUAGES, say
from spatialfin.study.words_features import WORDS

CODES = [f"u{number:02d}" for number in range(16)]
START = """
[study]
title = "Types"
lang = "{lang}"
[data]
file = "table.csv"
unit = "code"
time = "year"
[layer]
source = "grid.gpkg"
key = "code"
[weights.rook]
kind = "contiguity"
rule = "rook"
[[step]]
id = "types"
kind = "features"
columns = ["x", "z"]
"""


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    keys = [(code, year) for code in CODES for year in (2001, 2002, 2003)]
    values = rng.normal(size=(48, 2)) + np.repeat(rng.choice([0, 5], size=(16, 2)), 3, axis=0)
    frame = pd.DataFrame(keys, columns=["code", "year"])
    return frame.assign(x=values[:, 0], z=values[:, 1], people=rng.uniform(1, 9, 48))


@pytest.fixture
def folder(tmp_path: Path, table: pd.DataFrame) -> Path:
    east, north = 4e5 + 1000 * (np.arange(16) % 4), 3e6 + 1000 * (np.arange(16) // 4)
    squares = [box(x, y, x + 1000, y + 1000) for x, y in zip(east, north, strict=True)]
    geopandas.GeoDataFrame({"code": CODES}, geometry=squares, crs=32650).to_file(tmp_path / "grid.gpkg")
    table.sample(frac=1, random_state=1).to_csv(tmp_path / "table.csv", index=False)
    return tmp_path


def study(folder: Path, more: str, lang: str = "en") -> sf.Study:
    (folder / "study.toml").write_text(START.format(lang=lang) + more, encoding="utf-8")
    return sf.Study.read(folder / "study.toml")


def rows_of(folder: Path, name: str) -> list[list[str]]:
    with (folder / "out" / "tables" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def standardized(rows: pd.DataFrame) -> pd.DataFrame:
    return (rows - rows.mean()) / rows.std(ddof=0)


def test_types_over_the_years_are_those_of_the_library(folder: Path, table: pd.DataFrame) -> None:
    report = study(folder, 'n_clusters = 3\nwindow = 2\nsize = "people"\nmaps = [2002, 2003]').run(
        folder / "out"
    )
    rows = panel_windows(table, unit="code", time="year", columns=["x", "z"], window=2)
    people = table.set_index(["code", "year"])["people"].reindex(rows.index)
    model = SpatialKernelKMeans(3).fit(standardized(rows), sample_weight=people)
    head, *saved = rows_of(folder, "types-types")
    assert head[-1] == "Type"
    assert {(code, int(year)): kind for code, year, _, kind in saved} == {
        key: f"Type {kind + 1}" for key, kind in model.clusters_.items()
    }
    moves = cluster_transitions(model.clusters_ + 1)
    shown = [[int(cell) for cell in row[1:]] for row in rows_of(folder, "types-transitions")[1:]]
    np.testing.assert_array_equal(shown, moves)
    figures = {path.stem for path in (report.folder / "figures").glob("*.png")}
    assert figures == {"types-map-2002", "types-map-2003", "types-profiles"}


def test_connected_types_of_one_year_have_names_of_the_author(folder: Path, table: pd.DataFrame) -> None:
    more = 'time = 2003\nconnected = true\nn_clusters = 2\nnames = ["Core", "Edge"]\nweights = "rook"'
    study(folder, more).run(folder / "out")
    now = table[table["year"] == 2003].set_index("code")[["x", "z"]]
    layer = sf.load_layer(folder / "grid.gpkg", key="code")
    w = sf.contiguity_weights(layer, rule="rook")
    model = SpatialKernelKMeans(2, weights=w, connected=True).fit(standardized(now))
    saved = {row[0]: row[-1] for row in rows_of(folder, "types-types")[1:]}
    assert saved == {code: ("Core", "Edge")[kind] for code, kind in model.clusters_.items()}
    assert not (folder / "out" / "tables" / "types-transitions.csv").exists()
    page = (folder / "out" / "index.html").read_text(encoding="utf-8")
    assert "Every type is connected in the weights." in page


@pytest.mark.filterwarnings("ignore::spatialfin._errors.SpatialfinWarning")
def test_learned_features_come_with_their_network(folder: Path) -> None:
    study(folder, "subspaces = 1\nn_clusters = 2", lang="zh").run(folder / "out")
    assert (folder / "out" / "figures" / "types-network.png").exists()
    assert rows_of(folder, "types-transitions")[0][1:] == ["类型 1", "类型 2"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("n_clusters = 9", "n_clusters: from 2 to 8"),
        ("connected = true", "time: missing; the graph links units of one period"),
        ("graph_share = 1.0", "graph_share: a share from 0"),
        ("time = 2003\nmaps = [2003]", "maps: with time"),
        ('names = ["a"]', "names: 1 given for 4 types"),
        ("window = 0", "window: a whole number from 1"),
        ('kernel = "rfb"', "Did you mean 'rbf'"),
    ],
)
def test_faults_are_named_by_their_key(folder: Path, more: str, told: str) -> None:
    with pytest.raises(StudyError) as caught:
        study(folder, more)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("time = 2001\nwindow = 2", "only 1 periods up to 2001"),
        ("maps = [2001]\nwindow = 2", r"no types for \[2001\]"),
        ("time = 1999", "no period 1999"),
    ],
)
def test_periods_that_are_not_there_are_named(folder: Path, more: str, told: str) -> None:
    with pytest.raises(DataError, match=told):
        study(folder, more).run(folder / "out")


def test_every_phrase_is_there_in_both_languages() -> None:
    for key, both in WORDS.items():
        assert len(both) == len(LANGUAGES)
        assert all(both)
        assert say("zh", key, number=1, period=1, rows=1, share=0.5) != ""
