"""Markov chains: by hand, in the long run, with neighbours, and with inputs that cannot work."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spatialfin as sf
from spatialfin._core.markov import homogeneity, long_run, mean_first_passage
from spatialfin._errors import AlignmentError, DataError, IslandError, OptionError, SpatialfinWarning

UNITS = [f"u{number}" for number in range(10)]
KEYS = {"unit": "code", "time": "year"}


def long(values: np.ndarray, units: list[str] | None = None, first: int = 2001) -> pd.DataFrame:
    names = [f"u{number}" for number in range(len(values))] if units is None else units
    years = range(first, first + values.shape[1])
    keys = pd.MultiIndex.from_product([names, years], names=["code", "year"])
    return pd.DataFrame({"y": values.ravel()}, index=keys).reset_index()


def ring(n: int) -> sf.SpatialWeights:
    matrix = np.roll(np.eye(n), 1, axis=0) + np.roll(np.eye(n), -1, axis=0)
    return sf.SpatialWeights.from_matrix(matrix, ids=[f"u{number}" for number in range(n)], name="ring")


WALK = np.random.default_rng(5).normal(size=(10, 30)).cumsum(axis=1)
DATA = long(WALK)
W = ring(10)


def test_counts_by_hand() -> None:
    data = long(np.array([[1.0, 2, 3], [3, 3, 1], [2, 1, 1]]))
    found = sf.explore.markov(data, "y", classes=[1, 2], **KEYS)
    assert found.counts.to_numpy().tolist() == [[1, 1, 0], [1, 0, 1], [1, 0, 1]]
    assert found.probabilities.loc[1].tolist() == [0.5, 0.5, 0]
    assert found.std_errors.loc[1, 2] == pytest.approx(np.sqrt(0.25 / 2))
    assert np.isnan(found.std_errors.loc[1, 3])
    assert found.mobility == pytest.approx((3 - 1) / 2)
    assert found.tidy().query("`from` == 2 and to == 3")["count"].item() == 1
    assert found.classes.loc["u0"].tolist() == [1, 2, 3]


def test_the_steady_state_stays_and_sums_to_one() -> None:
    found = sf.explore.markov(DATA, "y", classes=3, **KEYS)
    pi, chain = found.steady_state.to_numpy(), found.probabilities.to_numpy()
    assert pi.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(pi @ chain, pi, atol=1e-12)
    np.testing.assert_allclose(np.linalg.matrix_power(chain, 4000), np.tile(pi, (3, 1)), atol=1e-9)
    recurrence = np.diag(found.mean_first_passage)
    np.testing.assert_allclose(recurrence, 1 / pi, rtol=1e-9)


def test_half_life_is_that_of_a_chain_with_two_states() -> None:
    chain = long_run(np.array([[80.0, 20], [10, 90]]))  # eigenvalues 1 and 0.7
    assert chain.half_life == pytest.approx(np.log(0.5) / np.log(0.7), rel=1e-12)
    assert chain.steady_state == pytest.approx([1 / 3, 2 / 3])


def test_first_passage_by_simulation_of_the_definition() -> None:
    counts = np.array([[5.0, 3, 2], [1, 6, 3], [2, 2, 6]])
    chain = counts / 10
    found = mean_first_passage(counts)
    for target in range(3):
        distribution = np.eye(3) @ chain
        expected, alive = np.zeros(3), np.ones(3)
        for step in range(1, 400):
            expected += step * distribution[:, target]
            distribution[:, target] = 0
            alive = distribution.sum(axis=1)
            distribution = distribution @ chain
        assert alive.max() < 1e-12
        np.testing.assert_allclose(found[:, target], expected, rtol=1e-9)


def test_chains_that_are_not_ergodic_are_named() -> None:
    apart = long(np.array([[1.0, 1, 1], [1, 1, 1], [5, 5, 5], [5, 6, 5]]))
    with pytest.warns(SpatialfinWarning, match=r"no unique steady state: not ergodic: \{1\} and \{2\}"):
        found = sf.explore.markov(apart, "y", classes=[3], **KEYS)
    assert found.steady_state.isna().all()
    assert found.mean_first_passage.loc[1, 2] == np.inf
    up = long(np.array([[1.0, 1, 5], [5, 5, 5]]))
    absorbing = sf.explore.markov(up, "y", classes=[3], **KEYS)
    assert absorbing.structure == "not ergodic: all units end in {2}"
    assert absorbing.steady_state.tolist() == [0, 1]
    assert absorbing.mean_first_passage.loc[1].tolist() == [np.inf, 2]
    swing = sf.explore.markov(long(np.array([[1.0, 5, 1], [5, 1, 5]])), "y", classes=[3], **KEYS)
    assert swing.structure == "not ergodic: a cycle of 2 steps in {1, 2}"
    assert swing.steady_state.tolist() == pytest.approx([0.5, 0.5])
    assert np.isnan(swing.half_life)
    with pytest.warns(SpatialfinWarning, match="undefined: units enter class '2', none was seen to leave"):
        sf.explore.markov(long(np.array([[1.0, 1, 5], [1, 1, 1]])), "y", classes=[3], **KEYS)
    empty = sf.explore.markov(DATA, "y", classes=[0, 1e6], **KEYS)
    assert "no unit was in class '3'" in empty.structure
    assert np.isnan(empty.steady_state[3])
    assert empty.steady_state[:2].sum() == pytest.approx(1)
    assert np.isnan(empty.mobility)


def test_quantiles_of_all_values_and_of_each_period() -> None:
    pooled = sf.explore.markov(DATA, "y", classes=4, **KEYS)
    np.testing.assert_allclose(pooled.breaks.loc["all"], np.quantile(WALK, [0.25, 0.5, 0.75]))
    ranks = sf.explore.markov(DATA, "y", classes=2, quantiles="period", **KEYS)
    assert (ranks.classes == 1).sum().tolist() == [5] * 30
    assert list(ranks.breaks.index) == list(range(2001, 2031))
    positive = DATA.assign(y=np.exp(DATA["y"] / 9))
    growing = positive.assign(y=positive["y"] * 1.1 ** (positive["year"] - 2001))
    one = sf.explore.markov(positive, "y", classes=3, relative="mean", **KEYS)
    other = sf.explore.markov(growing, "y", classes=3, relative="mean", **KEYS)
    pd.testing.assert_frame_equal(one.counts, other.counts)


def test_longer_steps_are_counted_in_periods_of_the_data() -> None:
    five = DATA.assign(year=2000 + 5 * (DATA["year"] - 2001))
    one, other = (sf.explore.markov(data, "y", classes=3, **KEYS) for data in (DATA, five))
    assert other.half_life == pytest.approx(5 * one.half_life)
    assert other.mean_first_passage.loc[1, 3] == pytest.approx(5 * one.mean_first_passage.loc[1, 3])


def test_periods_that_are_no_numbers_are_taken_in_their_order() -> None:
    plain = sf.explore.markov(DATA, "y", classes=3, **KEYS)
    dates = pd.to_datetime(DATA["year"].astype(str) + "-12-31")
    words = "wave " + (DATA["year"] - 1900).astype(str)
    # As text, 10 comes before 9 and "wave 10" before "wave 9".
    short = (DATA["year"] - 1993).astype(str)
    for periods in (dates, words, DATA["year"].astype(str), short, "wave " + short):
        found = sf.explore.markov(DATA.assign(year=periods), "y", classes=3, **KEYS)
        pd.testing.assert_frame_equal(found.counts, plain.counts)
        assert found.half_life == pytest.approx(plain.half_life)
        assert found.classes.to_numpy().tolist() == plain.classes.to_numpy().tolist()


def test_conditional_chains_add_up_to_the_pooled_one() -> None:
    found = sf.explore.spatial_markov(DATA, "y", W, classes=3, lag_classes=2, **KEYS)
    total = sum(chain.counts for chain in found.conditional.values())
    pd.testing.assert_frame_equal(total, found.pooled.counts)
    pd.testing.assert_frame_equal(found.pooled.counts, sf.explore.markov(DATA, "y", classes=3, **KEYS).counts)
    assert found.tidy().groupby("neighbours")["count"].sum().to_dict()["all"] == 290
    lag = (np.roll(WALK, 1, axis=0) + np.roll(WALK, -1, axis=0)) / 2
    low = lag <= np.median(lag)
    own = np.searchsorted(np.quantile(WALK, [1 / 3, 2 / 3]), WALK)
    by_hand = np.sum(low[:, :-1] & (own[:, :-1] == 0) & (own[:, 1:] == 1))
    assert found.conditional[1].counts.loc[1, 2] == by_hand
    given = sf.explore.spatial_markov(DATA, "y", W, classes=[-1.0, 1.0], **KEYS)
    assert given.lag_breaks.loc["all"].tolist() == [-1, 1]


def test_homogeneity_is_zero_for_equal_chains_and_by_hand_for_others() -> None:
    one = np.array([[8.0, 2], [3, 7]])
    same = homogeneity(np.stack([one, 2 * one]))
    assert (same.lr, same.q, same.df) == (pytest.approx(0, abs=1e-12), pytest.approx(0, abs=1e-12), 2)
    other = np.array([[4.0, 6], [0, 0]])
    found = homogeneity(np.stack([one, other]))
    table = np.array([[8.0, 2], [4, 6]])
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / 20
    assert found.df == 1  # the second regime has no case in the second row
    assert found.q == pytest.approx(((table - expected) ** 2 / expected).sum())
    assert found.lr == pytest.approx(2 * (table * np.log(table / expected)).sum())


def test_moves_by_hand() -> None:
    values = np.array([[9.0, 1.0], [9.0, 1.0], [1.0, 9.0], [1.0, 9.0]])
    pairs = np.zeros((4, 4))
    pairs[0, 1] = pairs[1, 0] = pairs[2, 3] = pairs[3, 2] = 1
    w = sf.SpatialWeights.from_matrix(pairs, ids=[f"u{number}" for number in range(4)])
    moves = sf.explore.lisa_markov(long(values), "y", w, **KEYS).moves
    assert moves["start"].tolist() == ["High-High"] * 2 + ["Low-Low"] * 2
    assert set(moves["move"]) == {"IIIa"}
    assert set(moves["year"]) == {2002}
    alone = np.array([[9.0, 1.0], [9.0, 9.0], [1.0, 1.0], [1.0, 1.0]])
    with pytest.warns(SpatialfinWarning, match="no unique steady state"):
        moves = sf.explore.lisa_markov(long(alone), "y", w, **KEYS).moves
    assert moves["move"].tolist() == ["I", "II", "0", "0"]
    opposite = np.array([[9.0, 1.0], [1.0, 9.0], [9.0, 9.0], [9.0, 9.0]])
    with pytest.warns(SpatialfinWarning, match="no unique steady state"):
        found = sf.explore.lisa_markov(long(opposite), "y", w, **KEYS)
    assert found.moves["move"].tolist() == ["IIIb", "IIIb", "0", "0"]
    assert found.shares.loc[2002, "IIIb"] == 0.5


def test_expected_moves_are_those_of_independent_chains() -> None:
    found = sf.explore.lisa_markov(DATA, "y", W, **KEYS)
    counts, expected = found.chain.counts.to_numpy(), found.expected.to_numpy()
    np.testing.assert_allclose(expected.sum(axis=1), counts.sum(axis=1))
    assert found.test["value"] == pytest.approx(((counts - expected) ** 2 / expected).sum())
    assert found.test["df"] == 8


@given(st.permutations(range(10)))
def test_order_and_names_of_units_change_nothing(order) -> None:
    names = {f"u{old}": f"x{new}" for old, new in enumerate(order)}
    other = DATA.assign(code=DATA["code"].map(names)).sample(frac=1, random_state=order[0])
    w = sf.SpatialWeights.from_matrix(W.sparse, ids=[names[unit] for unit in W.ids])
    one = sf.explore.spatial_markov(DATA, "y", W, classes=3, **KEYS)
    two = sf.explore.spatial_markov(other, "y", w, classes=3, **KEYS)
    pd.testing.assert_frame_equal(one.tests, two.tests)
    pd.testing.assert_frame_equal(one.pooled.mean_first_passage, two.pooled.mean_first_passage)
    rose = [
        sf.explore.directional_lisa(data.assign(y=data["y"] + 30), "y", weights, permutations=49, **KEYS).rose
        for data, weights in ((DATA, W), (other, w))
    ]
    pd.testing.assert_frame_equal(*rose)


def test_a_rose_of_units_that_all_gain_alike() -> None:
    values = np.column_stack([np.arange(1.0, 9.0), np.arange(1.0, 9.0)])
    values[:, 1] += [1, 1, 1, 1, -1, -1, -1, -1]
    found = sf.explore.directional_lisa(long(values), "y", ring(8), sectors=4, permutations=99, **KEYS)
    assert found.rose["count"].sum() == 8
    assert found.rose["expected"].sum() == pytest.approx(8)
    assert found.vectors.loc["u1", "sector"] == 1
    assert found.vectors.loc["u6", "sector"] == 3
    assert found.periods == (2001, 2002)


def test_inputs_are_left_alone() -> None:
    before = DATA.copy()
    sf.explore.spatial_markov(DATA, "y", W, classes=2, **KEYS)
    pd.testing.assert_frame_equal(DATA, before)


CONSTANT = DATA.assign(y=3.0)
ISLAND = sf.SpatialWeights.from_matrix(
    np.where(np.eye(10)[0] + np.eye(10)[:, :1], 0, W.sparse.toarray()), ids=UNITS
)
ALL = ("markov", "spatial_markov", "lisa_markov", "directional_lisa")


def run(name: str, data: pd.DataFrame = DATA, weights: sf.SpatialWeights = W, **options: object) -> object:
    wanted = () if name == "markov" else (weights,)
    return getattr(sf.explore, name)(data, options.pop("variable", "y"), *wanted, **{**KEYS, **options})


def test_a_rose_of_units_that_stay_is_refused() -> None:
    growing = DATA.groupby("code")["y"].transform("first").abs() * 1.07 ** (DATA["year"] - 2001)
    for values in (1.0, growing):
        with pytest.raises(DataError, match="y: no unit moved relative to the mean"):
            run("directional_lisa", DATA.assign(y=values))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (DATA[DATA["year"] == 2001], "1 periods, at least 2 are needed"),
        (DATA[DATA["code"] == "u1"], "1 units, at least"),
        (DATA.drop(index=[3, 4]), "no row for 'u0, 2004', 'u0, 2005': drop these units or periods"),
        (DATA.assign(y=DATA["y"].where(DATA.index != 3)), "y: missing or infinite at 'u0, 2004'"),
        (pd.concat([DATA, DATA.iloc[:1]]), r"Duplicate rows for \(code, year\) 'u0, 2001'"),
        (DATA.rename(columns={"y": "yy"}), "no column 'y'. Did you mean 'yy'"),
        (DATA.iloc[:0], "no rows"),
        (DATA["y"], "a DataFrame is needed"),
    ],
)
def test_bad_panels_are_named(name, data, message) -> None:
    with pytest.raises(DataError, match=message):
        run(name, data)


@pytest.mark.parametrize("name", ALL[:3])
def test_periods_must_be_one_step_apart(name) -> None:
    with pytest.raises(DataError, match="are not equally far apart"):
        run(name, DATA[DATA["year"] != 2007])
    with pytest.raises(DataError, match="are not equally far apart"):
        run(name, DATA[DATA["year"] != 2007].assign(year=lambda d: d["year"].astype(str)))
    with pytest.raises(DataError, match="constant"):
        run(name, CONSTANT)


@pytest.mark.parametrize("name", ALL[1:])
def test_bad_weights_are_named(name) -> None:
    with pytest.raises(IslandError, match="Units without neighbours have no spatial lag: 'u0'"):
        run(name, weights=ISLAND)
    with pytest.raises(AlignmentError, match="only in data: 'u8', 'u9'"):
        run(name, weights=ring(8))
    with pytest.raises(AlignmentError, match="only in the weights: 'u9'"):
        run(name, DATA[DATA["code"] != "u9"])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"classes": 1}, OptionError, "classes=1: at least 2"),
        ({"classes": "five"}, OptionError, "a number of classes or their bounds"),
        ({"classes": [2.0, 1.0]}, OptionError, "finite and ascending"),
        ({"classes": []}, OptionError, "finite and ascending"),
        ({"quantiles": "year"}, OptionError, "'pooled', 'period'"),
        ({"relative": "median"}, OptionError, "'none', 'mean'"),
        ({"data": DATA.assign(y=(DATA["y"] > 0) * 1.0)}, DataError, "quantiles of 'all' coincide"),
        (
            {"data": DATA.assign(y=DATA["code"].str[1:].astype(int) - 4.5), "relative": "mean"},
            DataError,
            "mean is not positive in '2001', .*'2005'.*: take relative='none'",
        ),
        # Divided by a negative mean, the lowest values are the highest.
        (
            {"data": DATA.assign(y=DATA["y"].where(DATA["year"] != 2005, -9)), "relative": "mean"},
            DataError,
            "mean is not positive in .*'2005'",
        ),
        ({"variable": "code"}, DataError, "variable='code' is a key of the panel"),
    ],
)
def test_bad_options_are_named(options, error, message) -> None:
    with pytest.raises(error, match=message):
        run("markov", **options)


def test_bad_options_of_the_rose_and_of_stretches_are_named() -> None:
    for options in ({"sectors": 1}, {"permutations": 0}, {"seed": -1}):
        with pytest.raises(OptionError, match="a whole number"):
            run("directional_lisa", **options)
    with pytest.raises(DataError, match=r"y: the mean is not positive in '2030', .*: take a variable that"):
        run("directional_lisa", DATA.assign(y=(DATA["y"] + 30) * np.where(DATA["year"] == 2030, -1, 1)))
    found = sf.explore.markov(DATA, "y", classes=2, **KEYS)
    for breaks in (2010, "2010"):
        with pytest.raises(OptionError, match="a list of periods is needed"):
            found.time_homogeneity(breaks)
    with pytest.raises(AlignmentError, match="no transition starts in '2030'"):
        found.time_homogeneity([2010, 2030])
    with pytest.raises(DataError, match="one stretch"):
        found.time_homogeneity([2001])
