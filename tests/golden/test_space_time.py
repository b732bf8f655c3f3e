"""Space-time statistics against giddy, pointpats and published numbers."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._core.ellipse import weighted_ellipse

libpysal = pytest.importorskip("libpysal")
giddy = pytest.importorskip("giddy")
mapclassify = pytest.importorskip("mapclassify")


@pytest.fixture(scope="module")
def states() -> SimpleNamespace:
    """Income per head of the 48 states 1929-2009, their contiguity, and the same for peers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = pd.read_csv(libpysal.examples.get_path("usjoin.csv"))
        peer = libpysal.io.open(libpysal.examples.get_path("states48.gal")).read()
        peer.transform = "r"
        matrix = peer.sparse
    years = [str(year) for year in range(1929, 2010)]
    values = raw[years].to_numpy(dtype=float)
    frame = pd.DataFrame(values, raw["Name"].rename("state"), pd.Index(range(1929, 2010), name="year"))
    data = frame.reset_index().melt("state", var_name="year", value_name="income")
    data["year"] = data["year"].astype(int)
    weights = sf.SpatialWeights.from_matrix(matrix, ids=raw["Name"])
    shuffled = data.sample(frac=1, random_state=3)
    return SimpleNamespace(data=shuffled, values=values, peer=peer, weights=weights, names=raw["Name"])


KEYS = {"unit": "state", "time": "year"}


def by_name(frame: pd.DataFrame, names: pd.Series) -> np.ndarray:
    return frame.loc[list(names)].to_numpy()


def test_quintile_chain_of_the_states(states) -> None:
    found = sf.explore.markov(states.data, "income", quantiles="period", **KEYS)
    # Printed in giddy's documentation of Markov (quintiles of each year), to 8 digits.
    published = [
        [0.91011236, 0.0886392, 0.00124844, 0.0, 0.0],
        [0.09972299, 0.78531856, 0.11080332, 0.00415512, 0.0],
        [0.0, 0.10125, 0.78875, 0.1075, 0.0025],
        [0.0, 0.00417827, 0.11977716, 0.79805014, 0.07799443],
        [0.0, 0.0, 0.00125156, 0.07133917, 0.92740926],
    ]
    np.testing.assert_allclose(found.probabilities, published, atol=5e-9)
    classes = np.array([mapclassify.Quantiles(year, k=5).yb for year in states.values.T]).T
    np.testing.assert_array_equal(by_name(found.classes, states.names), classes + 1)
    oracle = giddy.markov.Markov(classes, summary=False)
    np.testing.assert_allclose(found.steady_state, oracle.steady_state, rtol=1e-12)
    np.testing.assert_allclose(found.mean_first_passage, oracle.mfpt, rtol=1e-10)
    assert found.mobility == pytest.approx(giddy.mobility.markov_mobility(oracle.p, measure="P"), rel=1e-12)
    assert found.structure == "ergodic"


def test_spatial_chains_of_the_states(states) -> None:
    found = sf.explore.spatial_markov(states.data, "income", states.weights, relative="mean", **KEYS)
    relative = states.values / states.values.mean(axis=0)
    oracle = giddy.markov.Spatial_Markov(relative, states.peer, fixed=True, k=5, m=5)
    counts = np.stack([chain.counts for chain in found.conditional.values()])
    np.testing.assert_array_equal(counts, oracle.T)
    # giddy's documentation: LR 170.659 and Q 200.624 with 60 degrees of freedom.
    assert found.tests["value"].round(3).tolist() == [170.659, 200.624]
    assert found.tests["df"].tolist() == [60, 60]
    assert found.tests["value"].tolist() == pytest.approx([oracle.LR, oracle.Q], rel=1e-12)
    assert found.tests["p_value"][0] == pytest.approx(oracle.LR_p_value, rel=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        steady = np.stack([giddy.ergodic.steady_state(p) for p in oracle.P])
    np.testing.assert_allclose(found.steady_states().drop(index="all"), steady, atol=1e-12)


def test_time_homogeneity_is_giddys_homogeneity_of_stretches(states) -> None:
    found = sf.explore.markov(states.data, "income", quantiles="period", **KEYS)
    classes = by_name(found.classes, states.names)
    parts = [classes[:, :22], classes[:, 21:52], classes[:, 51:]]
    matrices = [giddy.markov.Markov(part, summary=False).transitions for part in parts]
    oracle = giddy.markov.Homogeneity_Results(matrices)
    test = found.time_homogeneity([1950, 1980])
    assert test["value"].tolist() == pytest.approx([oracle.LR, oracle.Q], rel=1e-12)
    assert test["df"].tolist() == [oracle.dof] * 2


def test_lisa_chain_of_the_states(states) -> None:
    found = sf.explore.lisa_markov(states.data, "income", states.weights, **KEYS)
    oracle = giddy.markov.LISA_Markov(states.values, states.peer)
    order = [0, 2, 1, 3]  # giddy: HH LH LL HL
    np.testing.assert_array_equal(found.chain.counts, oracle.transitions[np.ix_(order, order)])
    # The chains that the test multiplies, by giddy: high or low over time, the unit and its neighbours.
    mean = states.values.mean(axis=0)
    own = giddy.markov.Markov((states.values > mean).astype(int), summary=False).p
    around = giddy.markov.Markov((states.peer.sparse @ states.values > mean).astype(int), summary=False).p
    side = {"High": 1, "Low": 0}
    for start, row in found.chain.counts.iterrows():
        for end, expected in found.expected.loc[start].items():
            (a, b), (c, d) = ([side[part] for part in name.split("-")] for name in (start, end))
            assert expected == pytest.approx(row.sum() * own[a, c] * around[b, d], rel=1e-12)


def test_the_rose_of_the_states(states) -> None:
    found = sf.explore.directional_lisa(states.data, "income", states.weights, **KEYS)
    ends = (states.values / states.values.mean(axis=0))[:, [0, -1]]
    oracle = giddy.directional.Rose(ends, states.peer, k=8)
    assert found.rose["count"].tolist() == oracle.counts.tolist()
    vectors = found.vectors.loc[list(states.names)]
    np.testing.assert_allclose(vectors["length"], oracle.r, rtol=1e-12)
    np.testing.assert_allclose(vectors["angle"], oracle.theta % (2 * np.pi), rtol=1e-12)
    generator = np.random.default_rng(12)
    draws = [oracle._calc(ends[generator.permutation(48)], states.peer, 8)["counts"] for _ in range(999)]
    # Two simulations of 999 draws: their means differ by at most three standard errors of about 0.11.
    np.testing.assert_allclose(found.rose["expected"], np.mean(draws, axis=0), atol=0.35)
    above, below = (np.sum(one, axis=0) for one in (draws >= oracle.counts, draws <= oracle.counts))
    p = np.minimum(2 * (np.minimum(above, below) + 1) / 1000, 1)
    # Two tails of two simulations: three standard errors of 2 sqrt(2 p (1 - p) / 999) at p = 0.5.
    np.testing.assert_allclose(found.rose["p_sim"], p, atol=0.13)
    assert found.rose["p_sim"].min() < 0.5


NEW_ENGLAND = ["Connecticut", "Maine", "Massachusetts", "New Hampshire", "Rhode Island", "Vermont"]


# R 4.2.2: hpfilter(log(y), freq = 400) of mFilter 0.1-5, the regression as in test_clubs.py, 12 digits.
@pytest.mark.parametrize(
    ("names", "trim", "b", "std_error", "t"),
    [
        (None, 0.3, 0.910719282762, 0.0155222293083, 58.6719384617),
        (None, 0.2, 0.920440108770, 0.0114263557570, 80.5541266478),
        (NEW_ENGLAND, 0.3, 0.148728374471, 0.0123571455537, 12.0358195850),
    ],
)
def test_the_states_converge_as_in_r(states, names, trim, b, std_error, t) -> None:
    data = states.data if names is None else states.data[states.data["state"].isin(names)]
    found = sf.explore.convergence_clubs(data, "income", trim=trim, **KEYS).overall
    # Residuals this smooth have an autoregression within 0.01 of 1, which loses some of the digits.
    assert found[["b", "std_error", "t"]].tolist() == pytest.approx([b, std_error, t], rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_ellipses_are_those_of_pointpats(seed) -> None:
    centrography = pytest.importorskip("pointpats.centrography")
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(20, 2)) @ rng.normal(size=(2, 2))
    weights = rng.random(20)
    one = weighted_ellipse(points, np.ones(20))
    major, minor, angle = centrography.ellipse(points)
    # CrimeStat's factor: sqrt(2) standard deviations with divisor n - 2.
    factor = np.sqrt(2 * 20 / 18)
    assert sorted([major, minor]) == pytest.approx([factor * one.minor, factor * one.major], rel=1e-10)
    plain = centrography.ellipse(points, weights, "yuill", crimestatCorr=False, degfreedCorr=False)
    other = weighted_ellipse(points, weights)
    assert sorted(plain[:2]) == pytest.approx([other.minor, other.major], rel=1e-10)
    # pointpats gives the angle of one axis, counter-clockwise from the east.
    gap = (one.angle + angle) % (np.pi / 2)
    assert min(gap, np.pi / 2 - gap) < 1e-9
    np.testing.assert_allclose(other.centre, centrography.weighted_mean_center(points, weights), rtol=1e-12)
