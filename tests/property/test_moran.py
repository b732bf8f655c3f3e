"""Order and names of the units change nothing, not even the permutation p-values."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
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
