"""Economic distance, nested and gravity weights: values by hand, the floor, keys, and what is refused."""

from __future__ import annotations

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, IslandError, OptionError, WeightsError


@pytest.fixture
def income() -> pd.Series:
    return pd.Series({"a": 1.0, "b": 4.0, "c": 4.0, "d": 6.0}, name="income")


@pytest.fixture
def chain() -> sf.SpatialWeights:
    matrix = np.eye(4, k=1) + np.eye(4, k=-1)
    return sf.SpatialWeights.from_matrix(matrix, ids=list("abcd"), name="chain")


@pytest.fixture
def cities() -> geopandas.GeoDataFrame:
    places = {"Beijing": (116.407, 39.904), "Shanghai": (121.474, 31.230), "Lhasa": (91.117, 29.646)}
    points = [shapely.Point(place) for place in places.values()]
    return geopandas.GeoDataFrame(geometry=points, index=list(places), crs=4326)


def great_circle(one: shapely.Point, other: shapely.Point) -> float:
    """Haversine, with the mean radius of 6371.0088 km."""
    (x1, y1), (x2, y2) = np.radians([one.x, one.y]), np.radians([other.x, other.y])
    h = np.sin((y2 - y1) / 2) ** 2 + np.cos(y1) * np.cos(y2) * np.sin((x2 - x1) / 2) ** 2
    return float(2 * 6371.0088 * np.arcsin(np.sqrt(h)))


def test_economic_distance_by_hand(income) -> None:
    weights = sf.economic_weights(income, floor=2.5)
    expected = [
        [0, 1 / 3, 1 / 3, 1 / 5],
        [1 / 3, 0, 1 / 2.5, 1 / 2.5],
        [1 / 3, 1 / 2.5, 0, 1 / 2.5],
        [1 / 5, 1 / 2.5, 1 / 2.5, 0],
    ]
    assert np.allclose(weights.sparse.toarray(), expected, rtol=1e-15)
    assert weights.style == "general"
    assert weights.name == "economic distance"
    assert weights.ledger == (
        "economic distance of income: 4 units, weight 1/max(|x_i - x_j|, floor), floor 2.5 (given)",
        "floor: raised 3 of 6 pairs, 1 of them ties (equal values)",
    )


def test_the_default_floor_is_a_tenth_of_the_standard_deviation() -> None:
    # mean 2, squares 4 + 4 + 0 + 0 over n - 1 = 3
    weights = sf.economic_weights(pd.Series([0.0, 4.0, 2.0, 2.0], index=list("abcd")))
    floor = 0.1 * np.sqrt(8 / 3)
    assert weights.sparse[2, 3] == pytest.approx(1 / floor, rel=1e-14)
    assert f"floor {floor:.6g} (0.1 standard deviations)" in weights.ledger[0]
    assert weights.ledger[1] == "floor: raised 1 of 6 pairs, 1 of them ties (equal values)"


def test_only_differences_count() -> None:
    """Logarithms may be negative; another zero point changes nothing, another unit only the scale."""
    logs = pd.Series({"a": -2.0, "b": 0.5, "c": 1.0})
    plain = sf.economic_weights(logs)
    assert np.allclose(sf.economic_weights(logs + 8).sparse.toarray(), plain.sparse.toarray())
    scaled = sf.economic_weights(logs * 10).standardize("row")
    assert np.allclose(scaled.sparse.toarray(), plain.standardize("row").sparse.toarray())


def test_no_near_tie_takes_the_whole_row() -> None:
    close = pd.Series({"a": 1.0, "b": 1.0 + 1e-9, "c": 2.0, "d": 3.0})
    row = sf.economic_weights(close).standardize("row").sparse.toarray()[0]
    assert row[1] < 0.95
    assert row.argmax() == 1


def test_economic_distance_among_neighbours(income, chain) -> None:
    product = sf.economic_weights(income, floor=1, neighbours=chain.standardize("row"))
    expected = np.zeros((4, 4))
    expected[0, 1], expected[1, 0], expected[1, 2] = 1 / 3, 0.5 / 3, 0.5
    expected[2, 1], expected[2, 3], expected[3, 2] = 0.5, 0.5 / 2, 1 / 2
    assert np.allclose(product.sparse.toarray(), expected, rtol=1e-15)
    assert product.name == "chain x economic"
    assert product.ledger[: len(chain.ledger)] == chain.ledger
    assert product.ledger[-1] == "floor: raised 1 of 3 pairs, 1 of them ties (equal values)"


def test_nested_by_hand(income, chain) -> None:
    economic = sf.economic_weights(income, floor=1)
    nested = sf.nested_weights(chain, economic, share=0.25)
    # d: the chain gives all to c; economic distance 5, 2, 2 gives 1/6, 5/12, 5/12.
    assert np.allclose(nested.sparse.toarray()[3], [0.75 / 6, 0.75 * 5 / 12, 0.25 + 0.75 * 5 / 12, 0])
    assert nested.style == "row"
    assert nested.name == "nested 0.25"
    assert nested.ledger[-1] == "nested: 0.25 * chain + 0.75 * economic distance, both row-standardised"
    assert any("floor 1 (given)" in line for line in nested.ledger)


@pytest.mark.parametrize("share", [0, 1.0, np.float64(0.5)])
def test_the_ends_of_the_mixture_are_the_parts(income, chain, share) -> None:
    economic = sf.economic_weights(income)
    nested = sf.nested_weights(chain, economic, share=share)
    near, alike = (each.standardize("row").sparse.toarray() for each in (chain, economic))
    assert np.allclose(nested.sparse.toarray(), share * near + (1 - share) * alike, rtol=1e-14)


def test_gravity_is_masses_over_great_circle_distance(cities) -> None:
    masses = pd.Series({"Lhasa": 2.0, "Beijing": 3.0, "Shanghai": 5.0}, name="gdp")
    weights = sf.gravity_weights(cities, masses, power=1.5)
    for one in cities.index:
        for other in cities.index.drop(one):
            km = great_circle(cities.geometry[one], cities.geometry[other])
            found = weights.align(cities.index)[cities.index.get_loc(one), cities.index.get_loc(other)]
            assert found == pytest.approx(masses[one] * masses[other] / km**1.5, rel=1e-9)
    assert list(weights.ids) == list(cities.index)
    assert "great-circle km" in weights.ledger[0]
    assert weights.ledger[-1] == "gravity: times the masses of both units, x_i x_j / km^1.5, mass gdp"
    default = sf.gravity_weights(cities, masses)
    assert default.ledger[-1].endswith("x_i x_j / km^2, mass gdp")


@given(
    st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), min_size=3, max_size=9),
    st.randoms(use_true_random=False),
)
def test_shuffled_inputs_give_the_same_weights(numbers: list[float], random) -> None:
    if len(set(numbers)) == 1:
        numbers[0] += 1
    labels = [f"u{number}" for number in range(len(numbers))]
    values = pd.Series(numbers, index=labels)
    ring = np.roll(np.eye(len(labels)), 1, axis=0) + np.roll(np.eye(len(labels)), -1, axis=0)
    near = sf.SpatialWeights.from_matrix(ring, ids=labels)
    points = [shapely.Point(1000.0 * number**2, 500.0 * number) for number in range(len(labels))]
    layer = geopandas.GeoDataFrame(geometry=points, index=labels, crs=32650)
    masses = values.abs() + 1
    order = random.sample(labels, len(labels))
    moved = values.loc[order]
    near_moved = near.subset(order)
    pairs = [
        (sf.economic_weights(values), sf.economic_weights(moved)),
        (sf.economic_weights(values, neighbours=near), sf.economic_weights(moved, neighbours=near_moved)),
        (
            sf.nested_weights(near, sf.economic_weights(values), share=0.3),
            sf.nested_weights(near_moved, sf.economic_weights(moved), share=0.3),
        ),
        (
            sf.gravity_weights(layer, masses),
            sf.gravity_weights(layer.loc[order], masses.sample(frac=1, random_state=1)),
        ),
    ]
    for first, second in pairs:
        assert list(second.ids) == order
        assert np.array_equal(second.align(first.ids).toarray(), first.sparse.toarray())  # to the last bit
        assert second.hash == first.hash
        assert second.ledger[-1] == first.ledger[-1]


def test_inputs_stay_as_they_were(income, chain, cities) -> None:
    masses = pd.Series({"Lhasa": 2.0, "Beijing": 3.0, "Shanghai": 5.0})
    before = income.copy(), chain.sparse.toarray(), masses.copy(), cities.copy()
    economic = sf.economic_weights(income, neighbours=chain)
    sf.nested_weights(chain, economic)
    sf.gravity_weights(cities, masses)
    assert income.equals(before[0])
    assert np.array_equal(chain.sparse.toarray(), before[1])
    assert masses.equals(before[2])
    assert cities.equals(before[3])
    assert chain.name == "chain"


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (pd.Series({"a": 1.0, "b": np.nan, "c": 2.0}), DataError, "missing or infinite at 'b'"),
        (pd.Series({"a": 1.0, "b": "x", "c": 2.0}), DataError, "text where numbers are expected at 'b'"),
        (pd.Series({"a": 1.0}), DataError, "at least two units are needed, not 1"),
        (pd.Series({"a": 0.1, "b": 0.1, "c": 0.1}), DataError, "the same in all 3 units"),
        (pd.Series([1.0, 2.0, 3.0], index=list("aab")), DataError, "duplicate labels 'a'"),
        (np.array([1.0, 2.0]), DataError, "a Series indexed by unit is needed, not ndarray"),
        (
            pd.Series([1.0, 2.0], index=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])),
            DataError,
            "take one year or the mean",
        ),
    ],
)
def test_values_that_cannot_be_used(values, error, message) -> None:
    with pytest.raises(error, match=message):
        sf.economic_weights(values)


@pytest.mark.parametrize("floor", [0, -1.0, np.nan, np.inf, True, "1"])
def test_the_floor_is_a_positive_number(income, floor) -> None:
    with pytest.raises(OptionError, match="a positive number is needed, in the unit of the values"):
        sf.economic_weights(income, floor=floor)


def test_a_floor_above_every_difference_is_refused(income) -> None:
    with pytest.raises(OptionError, match="floor=5 is not below the largest difference, 5"):
        sf.economic_weights(income, floor=5)


def test_units_must_be_the_same(income, chain, cities) -> None:
    other = income.rename({"d": "z"})
    with pytest.raises(AlignmentError, match="only in values: 'z'; only in the weights: 'd'"):
        sf.economic_weights(other, neighbours=chain)
    with pytest.raises(AlignmentError, match="only in the second weights: 'z'"):
        sf.nested_weights(chain, sf.economic_weights(other))
    with pytest.raises(AlignmentError, match="only in the masses: 'Xian'; only in the layer: 'Lhasa'"):
        sf.gravity_weights(cities, pd.Series({"Beijing": 1.0, "Shanghai": 2.0, "Xian": 3.0}))


@pytest.mark.parametrize("share", [-0.1, 1.1, np.nan, True, "half"])
def test_a_share_lies_between_0_and_1(income, chain, share) -> None:
    with pytest.raises(OptionError, match="a number from 0 to 1 is needed"):
        sf.nested_weights(chain, sf.economic_weights(income), share=share)


def test_an_island_of_one_part_is_refused(income) -> None:
    near = sf.SpatialWeights.from_matrix(np.diag([1.0, 1, 0], 1), ids=list("abcd"))
    economic = sf.economic_weights(income)
    with pytest.raises(IslandError, match=r"'c', 'd' have neighbours in one of the two weights only"):
        sf.nested_weights(near, economic)
    assert list(sf.nested_weights(near, economic, share=1).islands) == ["c", "d"]


@pytest.mark.parametrize(("bad", "word"), [(0.0, "zero or negative"), (-2.0, "zero or negative")])
def test_masses_are_positive(cities, bad, word) -> None:
    with pytest.raises(DataError, match=f"masses: {word} at 'Lhasa'"):
        sf.gravity_weights(cities, pd.Series({"Beijing": 1.0, "Shanghai": 2.0, "Lhasa": bad}))


def test_what_gravity_needs(cities) -> None:
    masses = pd.Series({"Beijing": 1.0, "Shanghai": 2.0, "Lhasa": np.nan})
    with pytest.raises(DataError, match="masses: missing or infinite at 'Lhasa'"):
        sf.gravity_weights(cities, masses)
    full = masses.fillna(1.0)
    with pytest.raises(OptionError, match="power=0: a positive number is needed"):
        sf.gravity_weights(cities, full, power=0)
    with pytest.raises(DataError, match="at least two units"):
        sf.gravity_weights(cities.loc[["Lhasa"]], full.loc[["Lhasa"]])
    together = cities.set_geometry([cities.geometry.iloc[0]] * 2 + [cities.geometry.iloc[2]])
    with pytest.raises(WeightsError, match="the same centroid: 'Beijing = Shanghai'"):
        sf.gravity_weights(together, full)


def test_too_many_pairs_are_refused_before_they_are_made() -> None:
    values = pd.Series(np.arange(6000.0), index=[f"u{number}" for number in range(6000)])
    with pytest.raises(WeightsError, match="Give neighbours=, whose links alone are then used"):
        sf.economic_weights(values)
