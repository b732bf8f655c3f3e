"""Contiguity from geometry: what a neighbour is, what the default refuses, what the ledger keeps."""

from __future__ import annotations

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import box

import spatialfin as sf
from spatialfin._errors import IslandError, LayerError, OptionError, WeightsError

METRIC, DEGREES, FEET = "EPSG:32650", "EPSG:4326", "EPSG:2263"


def layer_of(shapes: dict[str, object], crs: str | None = METRIC) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame(geometry=list(shapes.values()), index=list(shapes), crs=crs)


def pairs(weights: sf.SpatialWeights) -> set[str]:
    links = weights.sparse.tocoo()
    return {weights.ids[row] + weights.ids[column] for row, column in zip(links.row, links.col, strict=True)}


@pytest.fixture
def blocks() -> geopandas.GeoDataFrame:
    """A row of three squares a, b, c, a square d that meets b in a corner, and e far away."""
    shapes = {
        "a": box(0, 0, 10, 10),
        "b": box(10, 0, 20, 10),
        "c": box(20, 0, 30, 10),
        "d": box(0, 10, 10, 20),
        "e": box(100, 100, 110, 110),
    }
    return layer_of(shapes)


def test_queen_takes_corners_and_rook_does_not(blocks) -> None:
    queen = sf.contiguity_weights(blocks, islands="keep")
    rook = sf.contiguity_weights(blocks, rule="rook", islands="keep")
    assert pairs(queen) == {"ab", "ba", "bc", "cb", "ad", "da", "bd", "db"}
    assert pairs(rook) == {"ab", "ba", "bc", "cb", "ad", "da"}
    assert queen.style == "binary"
    assert (queen.name, rook.name) == ("queen", "rook")


def test_edges_need_not_have_the_same_vertices() -> None:
    shapes = {"a": box(0, 0, 10, 10), "b": box(10, 3, 20, 7), "c": box(10, 7, 20, 30)}
    for rule in ("queen", "rook"):
        assert pairs(sf.contiguity_weights(layer_of(shapes), rule=rule)) == {
            "ab",
            "ba",
            "ac",
            "ca",
            "bc",
            "cb",
        }


def test_a_polygon_in_the_hole_of_another_is_its_neighbour() -> None:
    ring = shapely.difference(box(0, 0, 30, 30), box(10, 10, 20, 20))
    weights = sf.contiguity_weights(layer_of({"a": ring, "b": box(10, 10, 20, 20)}), rule="rook")
    assert pairs(weights) == {"ab", "ba"}


def test_overlapping_polygons_are_neighbours() -> None:
    layer = layer_of({"a": box(0, 0, 10, 10), "b": box(8, 0, 18, 10), "c": box(2, 2, 3, 3)})
    assert {"ab", "ba", "ac", "ca"} == pairs(sf.contiguity_weights(layer))


def test_slivers_within_the_snap_are_no_gaps() -> None:
    near, far = box(10.009, 0, 20, 10), box(10.011, 0, 20, 10)
    for rule in ("queen", "rook"):
        assert pairs(sf.contiguity_weights(layer_of({"a": box(0, 0, 10, 10), "b": near}), rule=rule)) == {
            "ab",
            "ba",
        }
    with pytest.raises(IslandError):
        sf.contiguity_weights(layer_of({"a": box(0, 0, 10, 10), "b": far}))
    wider = sf.contiguity_weights(layer_of({"a": box(0, 0, 10, 10), "b": far}), snap=0.02)
    assert pairs(wider) == {"ab", "ba"}
    assert "snap 0.02 coordinate units (given)" in wider.ledger[0]


def test_a_snap_of_zero_means_exact_contact(blocks) -> None:
    assert sf.contiguity_weights(blocks, snap=0, islands="keep").sparse.nnz == 8
    assert sf.contiguity_weights(blocks, snap=0, rule="rook", islands="keep").sparse.nnz == 6


@pytest.mark.parametrize(
    ("crs", "gap", "found"),
    [
        (METRIC, 0.009, True),
        (METRIC, 0.011, False),
        (FEET, 0.030, True),  # 10 mm are .0328 US survey feet
        (FEET, 0.034, False),
        (DEGREES, 8.5e-8, True),  # 10 mm are 9e-8 degrees
        (DEGREES, 9.5e-8, False),
        (None, 1.9e-7, True),  # 1e-8 of an extent of 20
        (None, 2.1e-7, False),
    ],
)
def test_the_default_snap_knows_the_unit_of_the_crs(crs, gap, found) -> None:
    layer = layer_of({"a": box(0, 0, 10, 10), "b": box(10 + gap, 0, 20, 10)}, crs)
    assert (sf.contiguity_weights(layer, islands="keep").sparse.nnz == 2) is found


def test_several_contacts_in_points_are_no_line() -> None:
    comb = shapely.union_all([box(0, 0, 10, 30), *[shapely.Polygon([(10, y), (12, y + 1), (10, y + 2)])
                                                   for y in range(0, 30, 3)]])  # fmt: skip
    layer = layer_of({"a": comb, "b": box(12, 0, 20, 30)})
    assert pairs(sf.contiguity_weights(layer)) == {"ab", "ba"}
    assert sf.contiguity_weights(layer, rule="rook", islands="keep").sparse.nnz == 0


def test_a_line_of_many_short_pieces_is_a_line() -> None:
    y = np.linspace(0, 10, 501)  # pieces of 20 mm, shorter than 10 snaps
    x = 10 + 0.001 * (-1.0) ** np.arange(501)
    left = shapely.Polygon([(0, 0), *zip(x, y, strict=True), (0, 10)])
    right = shapely.Polygon([(20, 0), *zip(x, y, strict=True), (20, 10)])
    assert sf.contiguity_weights(layer_of({"a": left, "b": right}), rule="rook").sparse.nnz == 2


def test_decoration_never_enters(blocks) -> None:
    blocks.loc["sea"] = shapely.LineString([(0, 0), (30, 0)])
    blocks["decoration"] = blocks.index == "sea"
    assert "sea" not in sf.contiguity_weights(blocks, islands="keep").ids


def test_order_two_are_the_neighbours_of_neighbours() -> None:
    layer = layer_of({name: box(10 * i, 0, 10 * i + 10, 10) for i, name in enumerate("abcde")})
    second = sf.contiguity_weights(layer, order=2)
    assert pairs(second) == {"ac", "ca", "bd", "db", "ce", "ec"}
    assert second.name == "queen order 2"
    third = sf.contiguity_weights(layer, order=3, islands="keep")
    assert pairs(third) == {"ad", "da", "be", "eb"}
    assert list(third.islands) == ["c"]
    with pytest.raises(IslandError, match="no neighbours of order 3: 'c'"):
        sf.contiguity_weights(layer, order=3)


def test_the_default_refuses_islands_with_the_remedies(blocks) -> None:
    with pytest.raises(IslandError) as caught:
        sf.contiguity_weights(blocks)
    text = str(caught.value)
    assert "1 of 5 units have no neighbours: 'e'" in text
    assert 'islands="keep"' in text
    assert 'islands="nearest"' in text
    assert "islands={'e': ['c']}" in text


def test_islands_kept_linked_or_named_are_told_in_the_ledger(blocks) -> None:
    kept = sf.contiguity_weights(blocks, islands="keep")
    nearest = sf.contiguity_weights(blocks, islands="nearest")
    named = sf.contiguity_weights(blocks, islands={"e": ["a", "b"]})
    text = sf.contiguity_weights(blocks, islands={"e": "c"})
    assert list(kept.islands) == ["e"]
    assert kept.ledger[-1] == "islands kept with empty rows: 'e'"
    assert pairs(nearest) - pairs(kept) == {"ec", "ce"}
    assert nearest.ledger[-1] == "linked e and c (nearest centroid)"
    assert pairs(named) - pairs(kept) == {"ea", "ae", "eb", "be"}
    assert named.ledger[-2:] == ("linked e and a (as given)", "linked e and b (as given)")
    assert pairs(text) - pairs(kept) == {"ec", "ce"}


def test_links_come_before_the_order(blocks) -> None:
    second = sf.contiguity_weights(blocks, order=2, islands={"e": ["a"]})
    assert {"eb", "ed"} <= pairs(second)
    assert "ea" not in pairs(second)


def test_nearest_counts_the_globe_not_degrees() -> None:
    """At 80 degrees north, 6 degrees east are nearer than 2 degrees south."""
    shapes = {"a": box(0, 80, 1, 81), "b": box(6, 80, 7, 81), "c": box(0, 77.5, 1, 78.5)}
    shapes |= {"d": box(6, 79, 7, 80), "f": box(0, 76.5, 1, 77.5)}
    linked = sf.contiguity_weights(layer_of(shapes, DEGREES), islands="nearest")
    assert "ab" in pairs(linked)


@pytest.mark.parametrize(
    ("islands", "error", "message"),
    [
        ({"e": ["zz"], "yy": ["a"]}, WeightsError, "no units 'yy', 'zz'"),
        ({"e": ["e"]}, WeightsError, "own neighbour: 'e'"),
        ({"a": ["c"]}, IslandError, "no neighbours: 'e'"),
        ("drop", OptionError, "'error', 'keep', 'nearest'"),
    ],
)
def test_bad_island_policies_are_refused(blocks, islands, error, message) -> None:
    with pytest.raises(error, match=message):
        sf.contiguity_weights(blocks, islands=islands)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "bishop"}, "'queen', 'rook'"),
        ({"order": 0}, "order=0"),
        ({"order": True}, "order=True"),
        ({"order": 1.5}, "order=1.5"),
        ({"snap": -1}, "snap=-1"),
        ({"snap": np.nan}, "snap=nan"),
    ],
)
def test_bad_options_are_refused(blocks, options, message) -> None:
    with pytest.raises(OptionError, match=message):
        sf.contiguity_weights(blocks, **options)


def test_every_fault_of_a_layer_is_told_at_once() -> None:
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    shapes = [box(0, 0, 1, 1), bow, None, shapely.Polygon(), shapely.Point(0, 0), box(1, 0, 2, 1)]
    layer = geopandas.GeoDataFrame(
        geometry=shapes, index=["a", "bow", "gone", "none", "dot", "a"], crs=METRIC
    )
    with pytest.raises(LayerError) as caught:
        sf.contiguity_weights(layer)
    text = str(caught.value)
    for fault in (
        "duplicate ids 'a'",
        "missing geometry at 'gone'",
        "empty geometry at 'none'",
        "invalid geometry (repair with geometry.make_valid()) at 'bow'",
        "geometry other than Polygon or MultiPolygon at 'dot'",
    ):
        assert fault in text


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (pd.DataFrame({"a": [1]}), "GeoDataFrame indexed by unit id is needed, not DataFrame"),
        (layer_of({}), "no units"),
        (layer_of({"a": box(0, 0, 1, 1)}).set_index([["x"], ["y"]]), "not a MultiIndex"),
        (
            layer_of({"a": box(0, 0, 1, 1)}).set_index(pd.Index([None], dtype=object)),
            "missing ids in rows '0'",
        ),
    ],
)
def test_other_things_are_no_layers(layer, message) -> None:
    with pytest.raises(LayerError, match=message):
        sf.contiguity_weights(layer)


def test_the_layer_is_left_alone() -> None:
    layer = layer_of({"a": box(0, 0, 10, 10), "b": box(10, 3, 20, 7), "c": box(0, 10.001, 10, 20)})
    shapely.prepare(layer.geometry["a"])
    before = layer.copy()
    sf.contiguity_weights(layer, rule="rook")
    assert layer.equals(before)
    assert shapely.is_prepared(layer.geometry.to_numpy()).tolist() == [True, False, False]
