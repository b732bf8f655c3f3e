"""The steps index, firms, proximity and agglomerations: numbers of the library, faults by their key."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely import box

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, StudyError
from spatialfin.study.registry import KINDS
from spatialfin.study.steps_clustering import Clustering, render_clustering
from spatialfin.study.steps_index import MEASURES, IndexName, period_blocks
from spatialfin.study.words import LANGUAGES, has_word, say

CODES = ["110000", "120000", "130000", "140000", "150000", "210000"]
YEARS = [2001, 2002, 2003]
START = """
[study]
title = "Agglomeration"
seed = 3
[layer]
source = "grid.gpkg"
key = "code"
[data]
file = "table.csv"
unit = "code"
time = "year"
[labels]
banks = "Banks"
"""


def written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{json.dumps(str(key))} = {written(one)}' for key, one in value.items())} }}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)


def step(kind: str, ident: str = "one", **keys: object) -> str:
    lines = [f"{key} = {written(value)}" for key, value in keys.items()]
    return "\n".join(["[[step]]", f'id = "{ident}"', f'kind = "{kind}"', *lines, ""])


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    draws = np.random.default_rng(2)
    index = pd.MultiIndex.from_product([CODES, YEARS], names=["code", "year"])
    names = ["banks", "shops", "all", "people"]
    frame = pd.DataFrame(draws.uniform(1, 9, (len(index), 4)), index=index, columns=names)
    frame["all"] += frame["banks"] + frame["shops"]
    return frame.round(6).reset_index()


@pytest.fixture(scope="module")
def grid() -> geopandas.GeoDataFrame:
    squares = [
        box(x, y, x + 1000, y + 1000) for y in (3e6, 3e6 + 1000) for x in (4e5, 4e5 + 1000, 4e5 + 2000)
    ]
    regions = ["East", "East", "East", "West", "West", "West"]
    return geopandas.GeoDataFrame({"code": CODES, "area": regions}, geometry=squares, crs=32650)


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    draws = np.random.default_rng(5)
    n = 400
    return pd.DataFrame(
        {
            "county": [f"{CODES[place][:2]}01{number:02d}" for place, number in draws.integers(0, 6, (n, 2))],
            "industry": [f"{code}10" for code in draws.choice(["13", "14", "17", "18"], n)],
            "year": draws.choice([1995, 2004], n),
            "output": draws.integers(1, 100, n).astype(float),
            "workers": draws.integers(1, 9, n).astype(float),
        }
    )


@pytest.fixture
def folder(tmp_path: Path, grid: geopandas.GeoDataFrame, table: pd.DataFrame, firms: pd.DataFrame) -> Path:
    grid.to_file(tmp_path / "grid.gpkg")
    table.sample(frac=1, random_state=1).to_csv(tmp_path / "table.csv", index=False)
    firms.to_csv(tmp_path / "firms.csv", index=False)
    firms.to_parquet(tmp_path / "firms.parquet")
    firms.to_stata(tmp_path / "firms.dta", write_index=False)
    phi().to_csv(tmp_path / "phi.csv")
    return tmp_path


def phi() -> pd.DataFrame:
    codes = ["13", "14", "17", "18"]
    near = np.array([[1, 0.5, 0.2, 0.1], [0.5, 1, 0.3, 0.2], [0.2, 0.3, 1, 0.6], [0.1, 0.2, 0.6, 1]])
    return pd.DataFrame(near, index=codes, columns=codes)


def read(folder: Path, *parts: str) -> sf.Study:
    (folder / "study.toml").write_text("".join((START, *parts)), encoding="utf-8")
    return sf.Study.read(folder / "study.toml")


def run(folder: Path, *parts: str) -> Path:
    return read(folder, *parts).run(folder / "out").folder


def fault(folder: Path, *parts: str) -> str:
    with pytest.raises(StudyError) as caught:
        read(folder, *parts)
    return str(caught.value)


def saved(folder: Path, name: str) -> pd.DataFrame:
    with (folder / "tables" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        head, *rows = list(csv.reader(file))
    return pd.DataFrame(rows, columns=head)


def numbers(frame: pd.DataFrame) -> np.ndarray:
    return frame.replace("", "nan").map(lambda text: float(text.replace(",", ""))).to_numpy()


CALLS = {
    "location_quotient": {"columns": ["banks"], "total": "all"},
    "symmetric_location_quotient": {"columns": ["banks"], "total": "all"},
    "standardized_location_quotient": {"columns": ["banks"], "total": "all", "scale": "level"},
    "shares": {"columns": ["banks"]},
    "density": {"columns": ["banks"]},
    "krugman_specialization": {"columns": ["banks", "shops"], "reference": "all"},
    "entropy_composite": {"directions": {"banks": "positive", "shops": "negative"}},
    "spatial_gini": {"columns": ["banks", "shops"], "total": "all"},
    "locational_gini": {"columns": ["banks"], "total": "all"},
    "hoover": {"columns": ["banks"], "total": "all"},
    "ellison_glaeser": {"columns": ["banks"], "total": "all", "plant_herfindahl": 0.1},
    "coagglomeration": {"columns": ["banks", "shops"], "total": "all"},
    "krugman_concentration": {"columns": ["banks", "shops"]},
    "concentration_ratio": {"columns": ["banks"], "k": 2},
    "herfindahl": {"columns": ["banks"], "normalized": True},
    "gini": {"columns": ["banks", "shops"], "weight": "people"},
    "theil": {"columns": ["banks"]},
    "theil_decomposition": {"columns": ["banks"], "by": "area", "weight": "people"},
    "dagum_gini": {"columns": ["banks"], "by": "area"},
}


def expected(name: str, table: pd.DataFrame, grid: geopandas.GeoDataFrame) -> pd.DataFrame:
    """What the library says, by unit and year or by year; written out, not by way of the step."""
    ix, year, banks = sf.indices, table["year"], table["banks"]
    pair, everything = table[["banks", "shops"]], table["all"]
    area, people = table["code"].map(grid.set_index("code")["area"]), table["people"]
    found = {
        "location_quotient": lambda: ix.location_quotient(banks, everything, by=year),
        "symmetric_location_quotient": lambda: ix.symmetric_location_quotient(banks, everything, by=year),
        "standardized_location_quotient": lambda: ix.standardized_location_quotient(
            banks, everything, by=year, scale="level"
        ),
        "shares": lambda: ix.shares(banks, by=year),
        "density": lambda: ix.density(banks, grid.set_index("code"), unit=table["code"]),
        "krugman_specialization": lambda: ix.krugman_specialization(pair, by=year, reference="all"),
        "entropy_composite": lambda: (
            ix.entropy_composite(table, directions={"banks": "positive", "shops": "negative"}).composite
        ),
        "spatial_gini": lambda: ix.spatial_gini(pair, everything, by=year),
        "locational_gini": lambda: ix.locational_gini(banks, everything, by=year),
        "hoover": lambda: ix.hoover(banks, everything, by=year),
        "ellison_glaeser": lambda: ix.ellison_glaeser(banks, everything, plant_herfindahl=0.1, by=year),
        "coagglomeration": lambda: ix.coagglomeration(pair, everything, by=year),
        "krugman_concentration": lambda: ix.krugman_concentration(pair, by=year),
        "concentration_ratio": lambda: ix.concentration_ratio(banks, k=2, by=year),
        "herfindahl": lambda: ix.herfindahl(banks, by=year, normalized=True),
        "gini": lambda: ix.gini(pair, by=year, weights=people),
        "theil": lambda: ix.theil(banks, by=year),
        "theil_decomposition": lambda: (
            ix.theil_decomposition(banks, groups=area, by=year, weights=people).frame
        ),
        "dagum_gini": lambda: ix.dagum_gini(banks, groups=area, by=year).frame,
    }[name]()
    if MEASURES[name].name:
        return table.assign(value=found).pivot(index="code", columns="year", values="value")
    return found.to_frame() if isinstance(found, pd.Series) else found


@pytest.mark.parametrize("name", list(MEASURES))
def test_every_index_is_that_of_the_library(
    name: str, folder: Path, table: pd.DataFrame, grid: geopandas.GeoDataFrame
):
    out = run(folder, step("index", index=name, **CALLS[name]))
    by_unit = bool(MEASURES[name].name)
    frame = saved(out, "one-values" if by_unit else "one")
    found = numbers(frame.drop(columns=["Code", "Unit"] if by_unit else ["Year"]))
    # A table prints four decimals, a file of values all of them.
    np.testing.assert_allclose(found, expected(name, table, grid), atol=1e-12 if by_unit else 5.1e-5)


def test_the_words_of_indices_are_those_of_the_measures_and_of_the_library():
    from typing import get_args

    assert get_args(IndexName) == tuple(MEASURES)
    assert set(MEASURES) <= set(sf.indices.__all__)
    assert set(CALLS) == set(MEASURES)
    for name, measure in MEASURES.items():
        assert bool(measure.name) != has_word(f"index_{name}"), name


def test_an_index_by_unit_serves_later_steps_and_is_mapped_with_pooled_classes(folder: Path):
    out = run(
        folder,
        step("index", index="location_quotient", columns=["banks"], total="all", maps={"k": 3}),
        step("describe", "two", columns=["lq"]),
        step("index", "three", index="shares", columns=["lq"], name="part", times=[2002]),
    )
    assert (out / "figures" / "one-maps.png").is_file()
    assert "the same classes in all periods" in (out / "index.html").read_text(encoding="utf-8")
    assert len(saved(out, "three-values")) == 6
    assert list(saved(out, "three-values").columns) == ["Code", "Unit", "2002"]


def test_lines_over_time_and_regions_come_with_a_decomposition(folder: Path):
    out = run(folder, step("index", index="dagum_gini", columns=["banks"], by="area"))
    frame = numbers(saved(out, "one").drop(columns="Year"))
    np.testing.assert_allclose(frame[:, 0], frame[:, 1:].sum(axis=1), atol=2e-4)
    assert list(saved(out, "one-regions").columns) == ["Year", "East", "West"]
    assert {path.name for path in (out / "figures").glob("*.png")} == {
        "one-trend.png",
        "one-regions-trend.png",
    }


INDEX_FAULTS = [
    ({"index": "ginni", "columns": ["banks"]}, "step[1].index: expected one of", "Did you mean 'gini'?"),
    ({"index": "hoover", "columns": ["banks"]}, "step[1].total: missing; index = 'hoover' needs it.", ""),
    (
        {"index": "gini", "columns": ["banks"], "k": 3},
        "step[1].k: does not go with index = 'gini'; it has weight.",
        "",
    ),
    (
        {"index": "shares", "columns": ["banks"], "total": "all"},
        "step[1].total: does not go with index = 'shares'; it has no such keys.",
        "",
    ),
    (
        {"index": "shares", "columns": ["banks", "shops"]},
        "step[1].columns: index = 'shares' takes one column.",
        "",
    ),
    (
        {"index": "coagglomeration", "columns": ["banks"], "total": "all"},
        "step[1].columns: index = 'coagglomeration' takes two columns or more.",
        "",
    ),
    (
        {"index": "entropy_composite", "columns": ["banks"], "directions": {"banks": "positive"}},
        "takes its columns from directions; leave it out.",
        "",
    ),
    (
        {"index": "entropy_composite", "directions": {"banks": "up"}},
        "step[1].directions.banks: expected one of 'positive', 'negative'",
        "",
    ),
    (
        {"index": "gini", "columns": ["banks"], "maps": {"k": 3}, "name": "g"},
        "step[1].maps: index = 'gini' has one value per period, none per unit; leave it out.",
        "step[1].name: index = 'gini'",
    ),
    (
        {"index": "shares", "columns": ["banks"], "maps": {"classes": 3}},
        "step[1].maps.classes: unknown key.",
        "",
    ),
]


@pytest.mark.parametrize(("keys", "words", "more"), INDEX_FAULTS)
def test_faults_of_an_index_are_named_by_their_key(folder: Path, keys: dict, words: str, more: str):
    told = fault(folder, step("index", **keys))
    assert words in told
    assert more in told


def test_faults_that_only_the_data_show(folder: Path):
    study = read(folder, step("index", index="shares", columns=["bank"]))
    with pytest.raises(StudyError, match=r"'bank' is not a column.*Did you mean 'banks'"):
        study.run(folder / "out")
    study = read(folder, step("index", index="shares", columns=["banks"], name="shops"))
    with pytest.raises(DataError, match=r"step\[1\] 'one': 'shops' is a column of the table already"):
        study.run(folder / "out")
    study = read(folder, step("index", index="shares", columns=["banks"], maps={"times": [1999]}))
    with pytest.raises(DataError, match="the index has no period 1999"):
        study.run(folder / "out")
    study = read(folder, step("index", index="dagum_gini", columns=["banks"], by="aera"))
    with pytest.raises(StudyError, match=r"neither a column of the table.*Did you mean 'area'"):
        study.run(folder / "out")
    assert not (folder / "out").exists()
    assert not [path for path in folder.iterdir() if path.name.startswith(".out")]


FIRMS = {
    "region": "county", "industry": "industry", "year": "year", "values": ["output", "workers"],
    "unit_level": "province", "industry_level": 2, "table": "by_region",
}  # fmt: skip


@pytest.mark.parametrize("suffix", ["csv", "parquet", "dta"])
def test_cells_are_those_of_the_library_from_every_kind_of_file(
    folder: Path, firms: pd.DataFrame, suffix: str
):
    out = run(folder, step("firms", file=f"firms.{suffix}", statistics=["top3_share"], **FIRMS))
    cells = saved(out, "one-cells")
    assert float(cells["firms"].astype(int).sum()) == len(firms)
    keys = [firms["county"].str[:2] + "0000", firms["industry"].str[:2], firms["year"]]
    sums = firms.groupby(keys)[["output", "workers"]].sum()
    np.testing.assert_allclose(numbers(cells[["output", "workers"]]), sums, rtol=1e-12)
    regions = saved(out, "one-regions")
    top = firms.groupby([keys[0], keys[2]])["output"].apply(lambda part: part.nlargest(3).sum() / part.sum())
    np.testing.assert_allclose(numbers(regions[["output_top3_share"]])[:, 0], top, rtol=1e-12)
    total = saved(out, "one")
    assert total["Firms"].astype(int).sum() == len(firms)
    assert "SIMULATED" not in (out / "index.html").read_text(encoding="utf-8")
    hashes = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["inputs"]
    assert f"firms.{suffix}" in hashes


def test_the_table_of_regions_serves_later_steps(folder: Path, firms: pd.DataFrame):
    keys = {**FIRMS, "statistics": ["max"]}
    out = run(
        folder,
        step("firms", file="firms.csv", **keys),
        step("derive", "size", data="by_region", variables={"mean_output": "output / firms"}),
        step("index", "lq", data="by_region", index="location_quotient", columns=["output"], total="workers"),
        step("map", "map", data="by_region", column="output_max", times=[2004]),
    )
    code = firms["county"].str[:2] + "0000"
    sums = firms.groupby([code, "year"])[["output", "workers"]].sum().reset_index(names=["code", "year"])
    quotient = sf.location_quotient(sums["output"], sums["workers"], by=sums["year"])
    wide = sums.assign(lq=quotient).pivot(index="code", columns="year", values="lq")
    np.testing.assert_allclose(numbers(saved(out, "lq-values").iloc[:, 2:]), wide, rtol=1e-12)
    with pytest.raises(StudyError, match="'shops' is not a column of the table 'by_region'"):
        run(folder, step("firms", file="firms.csv", **FIRMS),
            step("describe", "two", data="by_region", columns=["shops"]))  # fmt: skip


def test_faults_of_firms_are_named_by_their_key(folder: Path):
    told = fault(folder, step("firms", table="t", values=["outputs"], simulated=2.0, region="county"))
    assert "step[1].simulated: 2 is no share" in told
    assert "step[1].region: the simulated census has columns of its own" in told
    assert "step[1].values: the simulated census has no 'outputs'. Did you mean 'output'?" in told
    told = fault(folder, step("firms", table="t", values=[], statistics=["p0", "sum"]))
    assert "give either file = firm records or simulated" in told
    assert "step[1].region: missing" in told
    assert "step[1].values: the list is empty" in told
    assert "'p0' is not an option" in told
    assert "'sum' is always there" in told
    assert "is the name of a table already" in fault(
        folder, step("firms", file="firms.csv", **{**FIRMS, "table": "data"})
    )


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("../firms.csv", "leaves the folder of the study file"),
        ("/etc/passwd", "is an absolute path"),
        ("https://example.org/firms.csv", "is an address, not a file"),
        ("/vsicurl/x.csv", "virtual file system"),
        ("grid.gpkg", "is not of a kind that can be read here: .csv, .parquet, .dta"),
        ("nothing.csv", "is not a file in"),
    ],
)
def test_steps_read_files_below_the_folder_only(folder: Path, file: str, words: str):
    told = fault(folder, step("firms", file=file, **FIRMS))
    assert "step[1].file: " in told
    assert words in told
    told = fault(folder, step("agglomerations", file=file, unit="a", value="v", time="t"))
    assert "step[1].file: " in told
    told = fault(
        folder, step("proximity", file="firms.csv", region="r", industry="i", size="s", phi_file=file)
    )
    assert "step[1].phi_file: " in told


def test_regions_of_another_level_than_the_layer_are_refused(folder: Path):
    study = read(folder, step("firms", file="firms.csv", **{**FIRMS, "unit_level": "county"}))
    with pytest.raises(AlignmentError, match=r"step\[1\] 'one': No region .* is a unit of the layer"):
        study.run(folder / "out")
    assert not (folder / "out").exists()


def proximity_of(firms: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    cells = firms.assign(region=firms["county"].str[:2] + "0000", industry=firms["industry"].str[:2])
    sums = cells.groupby(["region", "industry", "year"], as_index=False)["output"].sum()
    near = sf.indices.regional_proximity(
        sums, phi(), region="region", industry="industry", size="output", time="year"
    ).unstack()
    return near.sort_index(), sums.groupby(["region", "year"])["output"].sum().unstack()


def test_proximity_of_cells_and_its_change_are_those_of_the_library(folder: Path, firms: pd.DataFrame):
    out = run(
        folder,
        step("firms", file="firms.csv", **FIRMS),
        step("proximity", "near", of="one", size="output", phi_file="phi.csv", table="near"),
        step("describe", "last", data="near", columns=["proximity"]),
    )
    near, output = proximity_of(firms)
    frame = saved(out, "near").set_index("Code")
    np.testing.assert_allclose(numbers(frame[["1995", "2004"]]), near.loc[frame.index], atol=5.1e-5)
    change = sf.indices.proximity_change(near[1995], near[2004], weights=output[2004])
    page = (out / "index.html").read_text(encoding="utf-8")
    assert (
        f"changes by {change.change:.4f} (standard error {change.std_error:.4f}, z = {change.z:.2f}" in page
    )
    assert (out / "figures" / "near-scatter.png").is_file()


def test_proximity_of_a_long_file_is_that_of_its_cells(folder: Path, firms: pd.DataFrame):
    first = run(
        folder,
        step("firms", file="firms.csv", **FIRMS),
        step("proximity", "near", of="one", size="output", phi_file="phi.csv"),
    )
    expected = (first / "tables" / "near.csv").read_text(encoding="utf-8")
    (folder / "cells.csv").write_bytes((first / "tables" / "one-cells.csv").read_bytes())
    keys = {"region": "region", "industry": "industry", "time": "year", "size": "output"}
    out = run(folder, step("proximity", "near", file="cells.csv", phi_file="phi.csv", **keys))
    assert (out / "tables" / "near.csv").read_text(encoding="utf-8") == expected


def test_industries_without_proximity_are_an_error_or_told(folder: Path):
    phi().drop(index="18", columns="18").to_csv(folder / "phi.csv")
    cells = step("firms", file="firms.csv", **FIRMS)
    near = {"of": "one", "size": "output", "phi_file": "phi.csv"}
    with pytest.raises(AlignmentError, match=r"step\[2\] 'near': Industries that phi does not hold: '18'"):
        run(folder, cells, step("proximity", "near", **near))
    assert not (folder / "out").exists()
    out = run(folder, cells, step("proximity", "near", codes="drop", **near))
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "Industries without a known proximity, left out" in page


def test_a_simulated_product_space_says_so(folder: Path):
    near = {"of": "one", "size": "output", "phi": "simulated", "table": "near"}
    out = run(
        folder,
        step("firms", file="firms.csv", **FIRMS),
        step("proximity", "near", **near),
        step("describe", "last", data="near", columns=["proximity"]),
    )
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "the proximity of industries was drawn by a computer" in page
    assert "uses the simulated table near" in page
    assert "Proximity of the industries of each region (simulated)" in page


def test_proximities_of_a_table_are_compared(folder: Path, table: pd.DataFrame):
    near = {"column": "banks", "weight": "all", "before": 2001, "after": 2003}
    out = run(folder, step("proximity", **near))
    wide = table.pivot(index="code", columns="year")
    change = sf.indices.proximity_change(wide["banks"][2001], wide["banks"][2003], weights=wide["all"][2003])
    page = (out / "index.html").read_text(encoding="utf-8")
    assert f"From 2001 to 2003 the weighted mean changes by {change.change:.4f}" in page
    with pytest.raises(DataError, match="no period 1999"):
        run(folder, step("proximity", **{**near, "before": 1999}))


PROXIMITY_FAULTS = [
    ({}, "give one of: of = the id of an earlier firms step"),
    (
        {"of": "fims", "size": "output", "phi": "simulated"},
        "step[2].of: no firms step above this one has the id",
    ),
    ({"of": "one"}, "step[2].size: missing; of = 'one' needs it."),
    ({"of": "one", "size": "outptu", "phi": "simulated"}, "Did you mean 'output'?"),
    ({"of": "one", "size": "output"}, "step[2].phi_file: give either phi_file"),
    (
        {"of": "one", "size": "output", "phi": "simulated", "region": "r"},
        "step[2].region: does not go with of",
    ),
    ({"column": "banks"}, "step[2].weight: missing; column = 'banks' needs it."),
    ({"column": "banks", "weight": "all", "table": "t"}, "step[2].table: does not go with column"),
    ({"column": "banks", "weight": "all", "before": 2001}, "step[2].after: missing; give both"),
]


@pytest.mark.parametrize(("keys", "words"), PROXIMITY_FAULTS)
def test_faults_of_proximity_are_named_by_their_key(folder: Path, keys: dict, words: str):
    told = fault(folder, step("firms", file="firms.csv", **FIRMS), step("proximity", "near", **keys))
    assert words in told


def test_proximity_needs_a_step_of_the_right_kind(folder: Path):
    told = fault(
        folder,
        step("describe", columns=["banks"]),
        step("proximity", "near", of="one", size="output", phi="simulated"),
    )
    assert "step[2].of: 'one' is a step of kind 'describe'; the id of a firms step is needed." in told


def test_simulated_firms_are_labelled_wherever_they_go(tmp_path: Path):
    head = START.replace('"grid.gpkg"\nkey = "code"', '"china_provinces"\nunits = "mainland"')
    head = head[: head.index("[data]")] + "[labels]\n"
    keys = {"simulated": 0.001, "values": ["output"], "unit_level": "province", "industry_level": 2}
    parts = [
        step("firms", table="drawn", missing="drop", **keys),
        step("map", "map", data="drawn", column="output", times=[2004]),
    ]
    (tmp_path / "study.toml").write_text("".join((head, *parts)), encoding="utf-8")
    page = sf.Study.read(tmp_path / "study.toml").run(tmp_path / "out").page.read_text(encoding="utf-8")
    assert "SIMULATED: 0.001 of the firms of a simulated census (seed 3)" in page
    assert "Firms and their totals (simulated)" in page
    assert "SIMULATED: this step uses the simulated table drawn" in page
    assert "no region code" in page


LOANS = {
    "dataset": "china_urban_agglomeration_loans",
    "unit": "agglomeration",
    "columns": {2011: "loans_2011_100m_yuan", 2020: "loans_2020_100m_yuan"},
    "label": "Loans",
}


def test_loans_of_agglomerations_are_as_printed(folder: Path):
    """Totals, multiples, CR_3 and CR_5 as they stand in the published table."""
    out = run(folder, step("agglomerations", **LOANS))
    frame = saved(out, "one").set_index("Unit")
    assert list(frame.loc["Sum", ["2011", "2020"]]) == ["309,321.29", "904,118.45"]
    printed = sf.load_dataset("china_urban_agglomeration_loans").set_index("agglomeration")
    multiples = frame["Growth multiple"].drop("Sum").astype(float)
    assert multiples.to_dict() == printed["growth_multiple_printed"].to_dict()
    risk = saved(out, "one-risk").set_index("Year")
    assert (risk.loc["2020", "CR_3"], risk.loc["2020", "CR_5"]) == ("0.66113", "0.82539")
    loans = printed["loans_2020_100m_yuan"]
    assert float(risk.loc["2020", "HHI"]) == pytest.approx(((loans / loans.sum()) ** 2).sum(), abs=5.1e-6)
    assert list(risk["Level of HHI"]) == ["high", "high"]
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "Concentration is high: HHI is above its threshold in 2011, 2020." in page
    assert page.count("Concentration is high") == 1
    shares = numbers(saved(out, "one-shares").iloc[:, 1:])
    np.testing.assert_allclose(shares.sum(axis=0), 1, rtol=1e-12)


def test_a_long_table_with_thresholds_and_regions(folder: Path, table: pd.DataFrame):
    regions = dict(zip(CODES, ["a", "a", "a", "b", "b", "b"], strict=True))
    keys = {"file": "table.csv", "unit": "code", "value": "banks", "time": "year", "k": [2]}
    out = run(
        folder,
        step("agglomerations", thresholds={"cr_2": [0.1, 0.2]}, regions=regions, **keys),
    )
    sizes = table.sort_values(["code", "year"]).set_index(["code", "year"])["banks"]
    year = sizes.index.get_level_values("year").to_series(index=sizes.index)
    code = sizes.index.get_level_values("code").to_series(index=sizes.index)
    imbalance = sf.indices.regional_imbalance(sizes, groups=code.map(regions), by=year)
    found = numbers(saved(out, "one-imbalance").drop(columns="Year"))
    np.testing.assert_allclose(found, imbalance, atol=5.1e-5)
    risk = saved(out, "one-risk")
    ratio = sf.indices.concentration_ratio(sizes, k=2, by=year)
    np.testing.assert_allclose(numbers(risk[["CR_2"]])[:, 0], ratio, atol=5.1e-6)
    assert set(risk["Level of CR_2"]) == {"high"}
    assert {path.name for path in (out / "figures").glob("*.png")} == {
        "one-herfindahl-trend.png", "one-cr_2-trend.png", "one-imbalance-trend.png",
    }  # fmt: skip


AGGLOMERATION_FAULTS = [
    (
        {"unit": "a"},
        "give either dataset = a shipped table or file",
        "give either columns = { period = column }",
    ),
    ({**LOANS, "dataset": "loans"}, "step[1].dataset: 'loans' is not shipped.", ""),
    ({**LOANS, "k": [0]}, "step[1].k: [0] is no list of different whole numbers", ""),
    ({**LOANS, "thresholds": {"cr_4": [0.1, 0.2]}}, "'cr_4' is not reported.", ""),
    (
        {**LOANS, "thresholds": {"cr_3": [0.3, 0.2]}},
        "step[1].thresholds: cr_3 = [0.3, 0.2] is not two shares",
        "",
    ),
    ({**LOANS, "by": "x", "regions": {"y": "z"}}, "step[1].regions: goes without by", ""),
    ({**LOANS, "value": "x"}, "or both value = ... and time = ....", ""),
]


@pytest.mark.parametrize(("keys", "words", "more"), AGGLOMERATION_FAULTS)
def test_faults_of_agglomerations_are_named_by_their_key(folder: Path, keys: dict, words: str, more: str):
    told = fault(folder, step("agglomerations", **keys))
    assert words in told
    assert more in told


def test_what_the_table_of_agglomerations_lacks_is_named(folder: Path):
    with pytest.raises(DataError, match=r"no column 'loans_2012'"):
        run(folder, step("agglomerations", **{**LOANS, "columns": {2012: "loans_2012"}}))
    with pytest.raises(DataError, match=r"Without a region: 'Yangtze River Delta'"):
        run(folder, step("agglomerations", **LOANS, regions={"Beibu Gulf": "West"}))
    keys = {"file": "firms.csv", "unit": "county", "columns": {1995: "output"}}
    with pytest.raises(DataError, match="several rows for"):
        run(folder, step("agglomerations", **keys))
    assert not (folder / "out").exists()


def test_a_chinese_page_has_chinese_words(folder: Path):
    text = START.replace("seed = 3", 'seed = 3\nlang = "zh"')
    parts = [
        step("index", index="theil_decomposition", columns=["banks"], by="area"),
        step("firms", "firms", file="firms.csv", **FIRMS),
        step("proximity", "near", of="firms", size="output", phi_file="phi.csv"),
        step("agglomerations", "loans", **LOANS),
    ]
    (folder / "study.toml").write_text("".join((text, *parts)), encoding="utf-8")
    page = sf.Study.read(folder / "study.toml").run(folder / "out").page.read_text(encoding="utf-8")
    for words in (
        "泰尔指数及其区域分解",
        "区域间",
        "企业及其总量",
        "各地区的产业邻近度",
        "加权平均变化",
        "增长倍数",
        "集中度偏高",
    ):
        assert words in page
    for words in ("Within", "Growth multiple", "Concentration is high", "weighted mean"):
        assert words not in page


def test_every_phrase_takes_the_same_gaps_in_both_languages():
    from string import Formatter

    from spatialfin.study.words_agglomeration import WORDS

    assert LANGUAGES == ("en", "zh")
    for key, both in WORDS.items():
        gaps = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in both]
        assert gaps[0] == gaps[1], key
        assert both[0] != both[1] or key in ("part_herfindahl",), key
    assert say("zh", "sum") == "合计"
    assert {"index", "firms", "proximity", "agglomerations"} <= set(KINDS)


@pytest.mark.slow
def test_the_clustering_study_prints_the_tables_of_the_library(tmp_path: Path):
    head = START.replace('"grid.gpkg"\nkey = "code"', '"china_provinces"')
    head = head[: head.index("[data]")]
    keys = {"simulated": 0.02, "county_effects": "province", "official": {1995: 5.526, 2004: 18.722}}
    (tmp_path / "study.toml").write_text(head + step("clustering", **keys), encoding="utf-8")
    out = sf.Study.read(tmp_path / "study.toml").run(tmp_path / "out").folder
    census = sf.simulate.firm_census(fraction=0.02, seed=3)
    found = sf.clustering.clustering_study(
        census.firms,
        census.industry_proximity,
        official={1995: 5.526, 2004: 18.722},
        county_effects="province",
    )
    assert found.tables
    for name, table in found.tables.items():
        expected = table.save(tmp_path / "expected.csv").read_text(encoding="utf-8")
        assert (out / "tables" / f"one-{name}.csv").read_text(encoding="utf-8") == expected
        assert (out / "tables" / f"one-{name}.docx").is_file()
    assert "SIMULATED: 0.02 of the firms" in (out / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("lang", "caption"), [("en", "Theil."), ("zh", "Theil。")])
def test_the_caption_of_a_trend_ends_as_its_language_does(lang: str, caption: str):
    context = SimpleNamespace(
        say=lambda key, **values: say(lang, key, **values), word=lambda family, part: str(part)
    )
    frame = pd.DataFrame({"theil": [0.1, 0.2, 0.3]}, index=[2001, 2002, 2003])
    _, figure = period_blocks("", frame, "Theil", context)
    assert figure.caption == caption


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_clustering_study_prints_its_tables_in_the_language_of_the_page(lang: str):
    class Found:
        def tables_in(self, lang: str) -> dict[str, str]:
            return {"summary": f"table in {lang}"}

    context = SimpleNamespace(head=SimpleNamespace(lang=lang))
    (block,) = render_clustering(
        Found(), Clustering(file="firms.csv", phi_file="phi.csv", id="c", kind="clustering"), context
    )
    assert block.table == f"table in {lang}"


def test_faults_of_clustering_are_named_by_their_key(folder: Path):
    told = fault(folder, step("clustering", file="firms.csv", official={"last": 1.5}))
    assert "step[1].phi_file: missing; file = 'firms.csv' needs it." in told
    assert "step[1].official: 'last' is no year." in told
    told = fault(folder, step("clustering", simulated=0.5, columns={"county": "dxdm"}, vcov="clusterd"))
    assert "Did you mean 'cluster'?" in told
    told = fault(folder, step("clustering", simulated=0.5, columns={"county": "dxdm"}))
    assert "step[1].columns: the simulated census has its own; leave it out." in told
    study = read(folder, step("clustering", file="firms.csv", phi_file="phi.csv"))
    with pytest.raises(DataError, match=r"step\[1\] 'one'"):
        study.run(folder / "out")
    assert not (folder / "out").exists()
