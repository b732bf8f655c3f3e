"""Order and names of the units change nothing, not even the permutation p-values."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import spatialfin as sf
from spatialfin import explore


@st.composite
def samples(draw) -> tuple[pd.Series, sf.SpatialWeights]:
    n = draw(st.integers(5, 14))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    matrix = (rng.uniform(size=(n, n)) < 0.4) * rng.uniform(size=(n, n))
    np.fill_diagonal(matrix, 0)
    matrix[0, 1] = 1.0
    distinct = draw(st.booleans())
    values = rng.normal(size=n) if distinct else rng.integers(0, 3, size=n).astype(float)
    values[:2] = [-5, 5]
    ids = [f"u{number}" for number in range(n)]
    return pd.Series(values, index=ids, name="y"), sf.SpatialWeights.from_matrix(matrix, ids=ids)


@given(sample=samples(), data=st.data())
def test_order_and_names_change_nothing(sample, data) -> None:
    y, weights = sample
    names = dict(zip(y.index, data.draw(st.permutations([f"x{n:02d}" for n in range(len(y))])), strict=True))
    order = data.draw(st.permutations(list(y.index)))
    renamed = y.loc[order].rename(names)
    other = sf.SpatialWeights(weights.ids.map(names), weights.sparse)
    other = other.subset(data.draw(st.permutations(list(other.ids))))
    one, two = sf.moran(y, weights, permutations=49), sf.moran(renamed, other, permutations=49)
    for name in ("I", "variance", "z", "p_norm"):
        assert np.isclose(getattr(one, name), getattr(two, name), rtol=1e-9, atol=1e-12), name
    assert one.p_sim == two.p_sim
    here = sf.local_moran(y, weights, permutations=49).frame.rename(index=names).loc[renamed.index]
    there = sf.local_moran(renamed, other, permutations=49).frame
    pd.testing.assert_frame_equal(here, there, rtol=1e-9)


@given(sample=samples(), scale=st.sampled_from([0.5, 8.0, 1024.0]), shift=st.sampled_from([0.0, -2.0, 16.0]))
def test_units_of_measurement_change_nothing(sample, scale, shift) -> None:
    y, weights = sample
    one, two = sf.moran(y, weights, permutations=49), sf.moran(y * scale + shift, weights, permutations=49)
    assert np.isclose(one.I, two.I, rtol=1e-9, atol=1e-12)


@given(sample=samples(), data=st.data())
def test_order_and_names_change_no_other_statistic(sample, data) -> None:
    y, weights = sample
    y = (y + 6).rename("y")
    x = pd.Series(np.arange(len(y)) % 3.0, index=y.index, name="x")
    names = dict(zip(y.index, data.draw(st.permutations([f"x{n:02d}" for n in range(len(y))])), strict=True))
    order = data.draw(st.permutations(list(y.index)))
    other = sf.SpatialWeights(weights.ids.map(names), weights.sparse)
    other = other.subset(data.draw(st.permutations(list(other.ids))))
    y2, x2 = y.loc[order].rename(names), x.rename(names)
    before = y.copy(), weights.sparse.toarray()
    for function in (explore.geary, explore.getis_ord):
        one, two = function(y, weights, permutations=49), function(y2, other, permutations=49)
        for name in ("value", "variance", "p_norm"):
            assert np.isclose(getattr(one, name), getattr(two, name), rtol=1e-9, equal_nan=True), name
        assert one.p_sim == two.p_sim
    one, two = (explore.moran_bivariate(*v, permutations=49) for v in ((x, y, weights), (x2, y2, other)))
    assert np.isclose(one.value, two.value, atol=1e-12)
    assert one.p_sim == two.p_sim
    joins = [explore.join_counts(v > 6, w, permutations=49) for v, w in ((y, weights), (y2, other))]
    pd.testing.assert_frame_equal(joins[0].frame, joins[1].frame, rtol=1e-9)
    for function in (explore.local_geary, explore.local_g):
        here = function(y, weights, permutations=49).frame.rename(index=names).loc[y2.index]
        pd.testing.assert_frame_equal(here, function(y2, other, permutations=49).frame, rtol=1e-9, atol=1e-12)
    here = explore.local_moran_bivariate(x, y, weights, permutations=49).frame.rename(index=names)
    there = explore.local_moran_bivariate(x2, y2, other, permutations=49).frame
    pd.testing.assert_frame_equal(here.loc[y2.index], there, rtol=1e-9, atol=1e-12)
    assert y.equals(before[0])
    assert np.array_equal(weights.sparse.toarray(), before[1])


@st.composite
def panels(draw) -> tuple[pd.DataFrame, sf.SpatialWeights]:
    """Two periods of a variable, another one with ties, and events in populations; islands may occur."""
    y, weights = draw(samples())
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    periods = []
    for year in (2001, 2000):
        people = rng.integers(3, 40, size=len(y))
        events = np.minimum(rng.poisson(2.0, size=len(y)) + np.arange(len(y)) % 2, people)
        values = y.to_numpy() + (year - 2000) * rng.integers(-2, 3, size=len(y))
        columns = {"code": y.index, "year": year, "y": values, "x": np.arange(len(y)) % 3.0}
        periods.append(pd.DataFrame(columns).assign(events=events, people=people))
    return pd.concat(periods, ignore_index=True), weights


TABLES = {
    explore.global_table: ["moran", "moran_differential", "geary", "moran_bivariate", "moran_rate"],
    explore.local_table: ["moran", "moran_differential", "g_star", "moran_bivariate", "moran_rate"],
}


@settings(max_examples=12)  # of four tables each
@given(sample=panels(), data=st.data())
def test_order_and_names_change_no_table(sample, data) -> None:
    panel, weights = sample
    ids = list(weights.ids)
    names = dict(zip(ids, data.draw(st.permutations([f"x{n:02d}" for n in range(len(ids))])), strict=True))
    other = sf.SpatialWeights(weights.ids.map(names), weights.sparse)
    other = other.subset(data.draw(st.permutations(list(other.ids))))
    shuffled = panel.assign(code=panel["code"].map(names)).iloc[data.draw(st.permutations(range(len(panel))))]
    before = panel.copy(), weights.sparse.toarray()
    changes = panel.pivot(index="code", columns="year", values="y").diff(axis=1)[2001]
    assume(changes.min() < changes.max())
    for function, statistics in TABLES.items():
        options = {
            "unit": "code",
            "time": "year",
            "permutations": 49,
            "adjust": "none",
            "rates": [("events", "people")],
        }
        here, there = (
            function(rows, ["y", ("x", "y")], w, statistics=statistics, **options)
            for rows, w in ((panel, weights), (shuffled, other))
        )
        if "unit" in here:
            keys = ["variable", "statistic", "time", "unit"]
            here = here.assign(unit=here["unit"].map(names)).set_index(keys).sort_index()
            there = there.set_index(keys).sort_index()
        pd.testing.assert_frame_equal(here, there, rtol=1e-7, atol=1e-9)
        assert here["p_sim"].equals(there["p_sim"])
    assert panel.equals(before[0])
    assert np.array_equal(weights.sparse.toarray(), before[1])


@given(sample=panels())
def test_tables_hold_esdas_numbers(sample) -> None:
    from esda import Moran, Moran_BV, Moran_Rate

    panel, weights = sample
    table = explore.global_table(
        panel,
        ["y", ("x", "y")],
        weights,
        rates=[("events", "people")],
        unit="code",
        time="year",
        statistics=["moran", "moran_bivariate", "moran_rate"],
        permutations=0,
    ).set_index(["variable", "statistic", "time"])["value"]
    state = np.random.get_state()  # noqa: NPY002
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # islands
        w = weights.to_graph().to_W()
        for year, rows in panel.groupby("year"):
            rows = rows.set_index("code").loc[weights.ids]
            y, x, events, people = (
                rows[name].to_numpy(dtype=float) for name in ("y", "x", "events", "people")
            )
            options = {"transformation": "O", "permutations": 0}
            moran, rate = Moran(y, w, **options), Moran_Rate(events, people, w, **options)
            both = Moran_BV(x, y, w, **options)
            assert np.isclose(table["y", "moran", year], moran.I, rtol=0, atol=1e-12)
            assert np.isclose(table["events per people", "moran_rate", year], rate.I, rtol=0, atol=1e-11)
            # esda divides by n, not by the sum of the weights
            scaled = both.I * weights.n / weights.sparse.sum()
            assert np.isclose(table["x and lagged y", "moran_bivariate", year], scaled, rtol=0, atol=1e-12)
    np.random.set_state(state)  # noqa: NPY002


@settings(max_examples=20)  # of nine statistics each
@given(sample=samples())
def test_other_statistics_are_those_of_esda(sample) -> None:
    """Values, and the moments and scores that esda has without draws; it takes no islands here."""
    from esda import G, G_Local, Geary, Geary_Local, Moran_Local, Moran_Local_BV

    y, weights = sample
    assume(not len(weights.islands))
    y, x = y + 6, pd.Series(np.arange(len(y)) % 3.0, index=y.index, name="x")
    binary = sf.SpatialWeights(weights.ids, (weights.sparse > 0).astype(float))
    drawn = {"permutations": 9}
    state = np.random.get_state()  # noqa: NPY002
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # parts without links
        w, b = weights.to_graph().to_W(), binary.to_graph().to_W()
        pairs = [
            (explore.geary(y, weights, **drawn).value, Geary(y, w, transformation="O", permutations=0).C),
            (explore.getis_ord(y, binary, **drawn).value, G(y, b, permutations=0).G),
        ]
        local = sf.local_moran(y, weights, **drawn)
        pairs.append((local.I, Moran_Local(y, w, transformation="O", permutations=0).Is))
        both = explore.local_moran_bivariate(x, y, weights, **drawn)
        pairs.append((both.I, Moran_Local_BV(x, y, w, transformation="O", permutations=0).Is))
        rows = weights.standardize("row")  # as esda does unasked; its values are in the order of the labels
        peer = pd.Series(Geary_Local(rows.to_graph(), permutations=0).fit(y).localG, index=sorted(y.index))
        pairs.append((explore.local_geary(y, rows, **drawn).value, peer[y.index]))
        for star in (False, True):
            hot = explore.local_g(y, binary, star=star, **drawn)
            peer = G_Local(y, b, transform="B", star=star, permutations=0)
            pairs += [(hot.value, peer.Gs), (hot.z, peer.Zs)]
    np.random.set_state(state)  # noqa: NPY002
    for ours, theirs in pairs:
        # The same formulas in another order of summation; what cannot vary has no score, or in esda an
        # infinite one.
        theirs = np.where(np.isinf(theirs), np.nan, theirs)
        assert np.allclose(ours, theirs, rtol=1e-9, atol=1e-12, equal_nan=True)
