"""Weights by distance: nearest units, bands, inverse distance and kernels, always in km."""

from __future__ import annotations

import geopandas
import numpy as np
import pytest
import shapely

import spatialfin as sf
from spatialfin import _distance
from spatialfin._errors import IslandError, LayerError, OptionError, WeightsError

METRIC, DEGREES, FEET = "EPSG:32650", "EPSG:4326", "EPSG:2263"


def points(places: dict[str, tuple[float, float]], crs: str | None = METRIC) -> geopandas.GeoDataFrame:
    geometry = [shapely.Point(place) for place in places.values()]
    return geopandas.GeoDataFrame(geometry=geometry, index=list(places), crs=crs)


@pytest.fixture
def road() -> geopandas.GeoDataFrame:
    """Four towns on a road, at 0, 1, 3 and 10 km."""
    return points({"a": (0, 0), "b": (1000, 0), "c": (3000, 0), "d": (10_000, 0)})


@pytest.fixture
def cities() -> geopandas.GeoDataFrame:
    return points(
        {"Beijing": (116.407, 39.904), "Shanghai": (121.474, 31.230), "Lhasa": (91.117, 29.646)}, DEGREES
    )


def great_circle(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Haversine, with the mean radius of 6371.0088 km."""
    (x1, y1), (x2, y2) = np.radians(one), np.radians(other)
    h = np.sin((y2 - y1) / 2) ** 2 + np.cos(y1) * np.cos(y2) * np.sin((x2 - x1) / 2) ** 2
    return float(2 * 6371.0088 * np.arcsin(np.sqrt(h)))


def test_nearest_units_on_a_road(road) -> None:
    weights = sf.knn_weights(road, k=2)
    assert weights.sparse.toarray().tolist() == [[0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 0], [0, 1, 1, 0]]
    assert weights.style == "binary"
    assert weights.ledger == ("2 nearest neighbours of 4 units, planar km between centroids",)


def test_centroids_of_polygons_are_used(road) -> None:
    squares = road.set_geometry(road.geometry.buffer(100, cap_style="square"))
    assert sf.knn_weights(squares, k=1) == sf.knn_weights(road, k=1)


def test_nearest_counts_the_globe_not_degrees() -> None:
    arctic = points({"a": (0, 80), "east": (6, 80), "south": (0, 78)}, DEGREES)
    assert sf.knn_weights(arctic, k=1).sparse.toarray()[0].tolist() == [0, 1, 0]


def test_the_date_line_is_no_barrier() -> None:
    pacific = points({"fiji": (179.5, -17), "samoa": (-179.5, -17), "tonga": (175.0, -17)}, DEGREES)
    assert sf.knn_weights(pacific, k=1).sparse.toarray()[0].tolist() == [0, 1, 0]


def test_ties_are_decided_by_place_and_told() -> None:
    cross = points({"o": (0, 0), "n": (0, 1000), "e": (1000, 0), "s": (0, -1000), "w": (-1000, 0)})
    weights = sf.knn_weights(cross, k=2)
    assert "ties at the last neighbour of" in weights.ledger[-1]
    for seed in range(5):
        shuffled = sf.knn_weights(cross.sample(frac=1, random_state=seed), k=2)
        assert shuffled.subset(weights.ids) == weights


def test_coincident_points_are_neighbours_of_each_other() -> None:
    layer = points({"a": (0, 0), "b": (0, 0), "c": (1000, 0)})
    assert sf.knn_weights(layer, k=1).sparse.toarray()[:2].tolist() == [[0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize("k", [0, 4, 1.0, True, "2"])
def test_k_must_be_possible(road, k) -> None:
    with pytest.raises(OptionError, match="a whole number from 1 to 3 is needed for 4 units"):
        sf.knn_weights(road, k=k)


def test_a_band_links_all_within_it(road) -> None:
    weights = sf.distance_weights(road, band=2.0, islands="keep")
    assert weights.sparse.toarray()[:3, :3].tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    assert list(weights.islands) == ["d"]
    assert weights.name == "within 2 km"


def test_a_band_without_neighbours_says_how_long_it_must_be(road) -> None:
    with pytest.raises(IslandError, match=r"'d'.*7\.0 km from its nearest.*km, never degrees.*\"keep\""):
        sf.distance_weights(road, band=2.0)
    assert len(sf.distance_weights(road, band=7.0).islands) == 0


def test_inverse_distance_in_great_circle_km(cities) -> None:
    weights = sf.distance_weights(cities, power=1)
    km = great_circle((116.407, 39.904), (121.474, 31.230))
    assert km == pytest.approx(1067, abs=1)  # Beijing-Shanghai as the crow flies
    # haversine and chord agree to rounding
    assert weights.align(["Beijing", "Shanghai", "Lhasa"]).toarray()[0, 1] == pytest.approx(1 / km, rel=1e-9)
    assert weights.style == "general"
    squared = sf.distance_weights(cities, power=2)
    assert np.allclose(squared.sparse.toarray(), weights.sparse.toarray() ** 2, rtol=1e-12)


def test_a_band_may_be_combined_with_a_power(road) -> None:
    weights = sf.distance_weights(road, band=3, power=2, islands="keep")
    expected = [[0, 1, 1 / 9, 0], [1, 0, 1 / 4, 0], [1 / 9, 1 / 4, 0, 0], [0, 0, 0, 0]]
    assert np.allclose(weights.sparse.toarray(), expected)


def test_projected_units_become_km() -> None:
    feet = points({"a": (0, 0), "b": (5280, 0)}, FEET)
    mile = 1 / sf.distance_weights(feet, power=1).sparse.toarray()[0, 1]
    assert mile == pytest.approx(1.609347, abs=1e-6)  # a US survey mile in km


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Give band= .km., power=, or both"),
        ({"band": 0}, "band=0"),
        ({"band": np.inf}, "band=inf"),
        ({"power": -1}, "power=-1"),
        ({"band": 1, "islands": "nearest"}, "'error', 'keep'"),
    ],
)
def test_bad_distances_are_refused(road, options, message) -> None:
    with pytest.raises(OptionError, match=message):
        sf.distance_weights(road, **options)


def test_coincident_units_have_no_inverse_distance() -> None:
    layer = points({"a": (0, 0), "b": (0, 0), "c": (1000, 0), "d": (1000, 0)})
    with pytest.raises(WeightsError, match="'a = b', 'c = d'"):
        sf.distance_weights(layer, power=1)
    assert sf.distance_weights(layer, band=0.5).sparse.nnz == 4


@pytest.mark.parametrize("build", [sf.knn_weights, sf.distance_weights, sf.kernel_weights])
def test_distances_need_a_crs(road, build) -> None:
    options = {sf.knn_weights: {"k": 1}, sf.distance_weights: {"power": 1}, sf.kernel_weights: {}}[build]
    with pytest.raises(LayerError, match="no CRS"):
        build(road.set_crs(None, allow_override=True), **options)


def test_latitudes_beyond_the_pole_are_noticed() -> None:
    with pytest.raises(LayerError, match="beyond 90 degrees"):
        sf.knn_weights(points({"a": (0, 0), "b": (500_000, 4_000_000)}, DEGREES), k=1)


def test_sizes_are_checked_before_anything_is_made(road, monkeypatch) -> None:
    monkeypatch.setattr(_distance, "MOST_LINKS", 5)
    with pytest.raises(WeightsError, match=r"16 links .* Give a band= in km"):
        sf.distance_weights(road, power=1)
    with pytest.raises(WeightsError, match="Take a smaller band"):
        sf.distance_weights(road, band=100)
    with pytest.raises(WeightsError, match="Take a smaller k"):
        sf.knn_weights(road, k=2)


@pytest.mark.parametrize(
    ("kernel", "value"),
    [
        ("triangular", 0.75),
        ("uniform", 0.5),
        ("epanechnikov", 0.75 * (1 - 1 / 16)),
        ("bisquare", 15 / 16 * (1 - 1 / 16) ** 2),
        ("gaussian", np.exp(-1 / 32) / np.sqrt(2 * np.pi)),
    ],
)
def test_kernels_at_a_quarter_of_the_bandwidth(road, kernel, value) -> None:
    weights = sf.kernel_weights(road, kernel=kernel, bandwidth=4, islands="keep")
    assert weights.sparse.toarray()[0, 1] == pytest.approx(value)
    assert weights.sparse.diagonal().tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("kernel", ["triangular", "uniform", "epanechnikov", "bisquare", "gaussian"])
def test_adaptive_kernels_agree_with_libpysal(kernel) -> None:
    from libpysal.weights import Kernel

    rng = np.random.default_rng(3)
    places = rng.uniform(0, 100_000, size=(40, 2))
    layer = points({f"u{i}": tuple(place) for i, place in enumerate(places)})
    words = {"epanechnikov": "quadratic", "bisquare": "quartic"}
    peer = Kernel(places / 1000, k=6, fixed=False, function=words.get(kernel, kernel), eps=1.0)
    expected = peer.full()[0]
    np.fill_diagonal(expected, 0)
    weights = sf.kernel_weights(layer, kernel=kernel, k=6)
    assert np.allclose(weights.sparse.toarray(), expected, atol=1e-9)


def test_the_default_bandwidth_reaches_the_cube_root_of_n() -> None:
    layer = points({f"u{i}": (1000.0 * i**2, 0) for i in range(27)})
    assert "bandwidth to neighbour 3" in sf.kernel_weights(layer).ledger[0]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"kernel": "square"}, OptionError, "'triangular', 'uniform'"),
        ({"bandwidth": 3, "k": 2}, OptionError, "not both"),
        ({"bandwidth": -3}, OptionError, "bandwidth=-3"),
        ({"k": 9}, OptionError, "k=9"),
        ({"bandwidth": 2.5}, IslandError, "'d'"),
    ],
)
def test_bad_kernels_are_refused(road, options, error, message) -> None:
    with pytest.raises(error, match=message):
        sf.kernel_weights(road, **options)


def test_an_adaptive_bandwidth_of_zero_is_refused() -> None:
    layer = points({"a": (0, 0), "b": (0, 0), "c": (0, 0), "d": (1000, 0)})
    with pytest.raises(WeightsError, match="2 or more units share the centroid of 'a', 'b', 'c'"):
        sf.kernel_weights(layer, k=2)
