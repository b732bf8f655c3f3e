"""The pairs of libpysal's builder, exactly: on the shipped layers and on its own examples."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from libpysal.examples import get_path
from libpysal.graph import Graph

import spatialfin as sf
from spatialfin._errors import IslandError

EXAMPLES = ("columbus", "sids2", "us48", "mexicojoin", "stl_hom", "10740", "vautm17n", "G_utm")


def pairs(weights: sf.SpatialWeights) -> set[tuple[object, object]]:
    links = weights.sparse.tocoo()
    return {(weights.ids[row], weights.ids[column]) for row, column in zip(links.row, links.col, strict=True)}


def peer_pairs(
    layer: geopandas.GeoDataFrame, rule: str, *, strict: bool = False
) -> set[tuple[object, object]]:
    adjacency = Graph.build_contiguity(layer, rook=rule == "rook", strict=strict).adjacency
    return set(adjacency[adjacency != 0].index)


def jittered(layer: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Every polygon's vertices moved by up to 1e-9, each polygon in its own way."""
    moved = [
        shapely.transform(shape, lambda c, k=number: c + 1e-9 * np.sin(1e5 * c + k))
        for number, shape in enumerate(layer.geometry)
    ]
    return layer.set_geometry(geopandas.GeoSeries(moved, index=layer.index, crs=layer.crs))


@pytest.mark.parametrize("rule", ["queen", "rook"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_libpysals_examples(name, rule) -> None:
    layer = geopandas.read_file(Path(get_path(f"{name}.shp")))
    found = pairs(sf.contiguity_weights(layer, rule=rule, islands="keep"))
    assert found == peer_pairs(layer, rule)
    assert found == peer_pairs(layer, rule, strict=True)
    assert found == pairs(sf.contiguity_weights(jittered(layer), rule=rule, islands="keep"))


@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_mainland_provinces(rule) -> None:
    """68 pairs and Hainan alone, by either rule."""
    provinces = sf.load_layer("china_provinces", units="mainland")
    with pytest.raises(IslandError, match="1 of 31 units have no neighbours: '460000'"):
        sf.contiguity_weights(provinces, rule=rule)
    for layer in (provinces, jittered(provinces), provinces.sample(frac=1, random_state=1)):
        weights = sf.contiguity_weights(layer, rule=rule, islands="keep")
        assert weights.sparse.nnz == 2 * 68
        assert list(weights.islands) == ["460000"]
        assert pairs(weights) == peer_pairs(provinces, rule)


@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_counties(rule) -> None:
    """8,195 queen pairs, 5.67 neighbours on average, 10 islands."""
    counties = sf.load_layer("china_counties")
    weights = sf.contiguity_weights(counties, rule=rule, islands="keep")
    assert pairs(weights) == peer_pairs(counties, rule)
    if rule == "queen":
        assert weights.sparse.nnz == 2 * 8195
        assert weights.summary()["mean_neighbours"].item() == pytest.approx(5.67, abs=0.005)
        assert len(weights.islands) == 10
        again = sf.contiguity_weights(jittered(counties), islands="keep")
        assert again == weights


def test_the_peer_loses_its_neighbours_in_the_jitter() -> None:
    """Why there is a snap: an exact test of shared vertices finds nothing then, and says nothing."""
    provinces = jittered(sf.load_layer("china_provinces", units="mainland"))
    assert peer_pairs(provinces, "queen") == set()
