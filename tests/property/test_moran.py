"""Order and names of the units change nothing, not even the permutation p-values."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import spatialfin as sf


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
