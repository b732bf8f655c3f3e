"""Whatever the order or the names of the units: the same weights, and the same after a file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import spatialfin as sf

LABELS = st.text(st.characters(blacklist_categories=("C",), blacklist_characters=""), min_size=1, max_size=6)
WORDS = LABELS.filter(lambda text: not any(sign.isspace() for sign in text))


@st.composite
def weights(draw, labels=LABELS, binary: bool = False) -> sf.SpatialWeights:
    n = draw(st.integers(1, 7))
    ids = draw(st.lists(labels, min_size=n, max_size=n, unique=True))
    positive = st.just(1.0) if binary else st.floats(0, 1e6, allow_subnormal=False)
    cells = draw(st.lists(st.one_of(st.just(0.0), positive), min_size=n * n, max_size=n * n))
    matrix = np.array(cells).reshape(n, n)
    np.fill_diagonal(matrix, 0)
    return sf.SpatialWeights.from_matrix(matrix, ids=ids)


def back_from_file(made: sf.SpatialWeights, suffix: str) -> sf.SpatialWeights:
    with tempfile.TemporaryDirectory() as folder:
        return sf.SpatialWeights.read(made.to_file(Path(folder) / f"w{suffix}"))


@pytest.mark.parametrize("suffix", [".npz", ".csv"])
@given(made=weights())
def test_matrices_come_back_from_files_bit_by_bit(suffix, made) -> None:
    assert back_from_file(made, suffix) == made


@settings(max_examples=10)
@given(made=weights())
def test_matrices_come_back_from_excel_to_its_16_digits(made) -> None:
    back = back_from_file(made, ".xlsx")
    assert list(back.ids) == list(made.ids)
    assert np.allclose(back.sparse.toarray(), made.sparse.toarray(), rtol=1e-15, atol=0)


@given(made=weights(WORDS))
def test_gwt_comes_back_bit_by_bit(made) -> None:
    assert back_from_file(made, ".gwt") == made


@given(made=weights(WORDS, binary=True))
def test_gal_comes_back_bit_by_bit(made) -> None:
    assert back_from_file(made, ".gal") == made


@given(made=weights())
def test_a_graph_there_and_back_changes_nothing(made) -> None:
    assert sf.SpatialWeights.from_graph(made.to_graph()) == made


@given(made=weights(), data=st.data())
def test_the_order_of_units_changes_nothing(made, data) -> None:
    order = data.draw(st.permutations(list(made.ids)))
    shuffled = made.subset(order)
    values = pd.Series(np.arange(made.n, dtype=float), index=made.ids)
    assert shuffled.hash == made.hash
    assert np.allclose(shuffled.lag(values), made.lag(values), rtol=1e-12)
    assert np.array_equal(shuffled.align(made.ids).toarray(), made.sparse.toarray())
    rows, again = made.standardize("row"), shuffled.standardize("row").align(made.ids)
    assert np.allclose(again.toarray(), rows.sparse.toarray(), rtol=1e-12, atol=0)


CELLS = [(column, row) for column in range(5) for row in range(5)]


@given(cells=st.lists(st.sampled_from(CELLS), min_size=2, max_size=12, unique=True), data=st.data())
def test_contiguity_knows_only_geometry(cells, data) -> None:
    """On a grid the neighbours are known; order, names, place and jitter change nothing."""
    order = data.draw(st.permutations(range(len(cells))))
    jitter = data.draw(st.sampled_from([0.0, 1e-9]))
    squares = []
    for number, (column, row) in enumerate(cells):
        square = shapely.box(column, row, column + 1, row + 1)
        squares.append(shapely.transform(square, lambda c, k=number: c + jitter * np.sin(1e5 * c + k)))
    layer = geopandas.GeoDataFrame(geometry=squares, index=[f"u{n}" for n in range(len(cells))], crs=32650)
    apart = np.abs(np.array(cells)[:, None] - np.array(cells)[None]).astype(float)
    for rule, near in (("queen", apart.max(axis=2) == 1), ("rook", apart.sum(axis=2) == 1)):
        shuffled = sf.contiguity_weights(layer.iloc[order], rule=rule, islands="keep")
        assert np.array_equal(shuffled.align(layer.index).toarray(), near.astype(float))


@given(data=st.data(), n=st.integers(3, 12))
def test_distances_know_only_places(data, n) -> None:
    place = st.tuples(st.integers(-6, 6), st.integers(-6, 6))
    places = data.draw(st.lists(place, min_size=n, max_size=n, unique=True))
    geometry = [shapely.Point(1000.0 * x, 1000.0 * y) for x, y in places]
    layer = geopandas.GeoDataFrame(geometry=geometry, index=[f"u{i}" for i in range(n)], crs=32650)
    shuffled = layer.iloc[data.draw(st.permutations(range(n)))]
    k = data.draw(st.integers(1, n - 1))
    for build in (
        lambda one: sf.knn_weights(one, k=k),
        lambda one: sf.distance_weights(one, power=1),
        lambda one: sf.distance_weights(one, band=3.0, islands="keep"),
        lambda one: sf.kernel_weights(one, kernel="gaussian", k=k),
    ):
        assert np.allclose(
            build(shuffled).align(layer.index).toarray(), build(layer).sparse.toarray(), rtol=1e-12
        )
