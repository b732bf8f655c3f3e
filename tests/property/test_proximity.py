"""Product space and proximity: bounds, symmetry, order and names, and what equal sizes promise."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import assume, given
from hypothesis import strategies as st

import spatialfin as sf

indices = sf.indices


@st.composite
def trades(draw) -> pd.DataFrame:
    """Wide trade of a few countries and products, every row and column with some."""
    n, m = draw(st.integers(3, 7)), draw(st.integers(3, 8))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    values = rng.integers(1, 50, (n, m)) * (rng.uniform(size=(n, m)) < 0.7)
    values[:, 0] += 1
    values[0] += 1
    return pd.DataFrame(
        values.astype(float), [f"c{i}" for i in range(n)], [f"0{j}" for j in range(m)], dtype=float
    )


@st.composite
def regions(draw) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sizes by region and industry, and a proximity of the industries."""
    n, m = draw(st.integers(1, 5)), draw(st.integers(2, 6))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    codes = [f"{j:02d}" for j in range(m)]
    upper = np.triu(rng.uniform(size=(m, m)), 1)
    phi = upper + upper.T
    np.fill_diagonal(phi, np.nan)
    sizes = rng.uniform(0.1, 9, (n, m)) * (rng.uniform(size=(n, m)) < 0.7)
    sizes[:, 0] += 1
    return (
        pd.DataFrame(sizes, [f"r{i}" for i in range(n)], codes),
        pd.DataFrame(phi, codes, codes),
    )


@given(trade=trades())
def test_advantage_is_a_quotient(trade) -> None:
    """Weighted by the shares of the products in world trade, a country's mean advantage is 1."""
    advantage = indices.revealed_comparative_advantage(trade)
    mean = advantage.to_numpy() @ (trade.sum() / trade.to_numpy().sum()).to_numpy()
    np.testing.assert_allclose(mean, 1, rtol=1e-12)


@given(trade=trades(), threshold=st.sampled_from([0.5, 1.0, 1.5]))
def test_proximity_is_symmetric_and_between_0_and_1(trade, threshold) -> None:
    presence = indices.product_presence(indices.revealed_comparative_advantage(trade), threshold=threshold)
    for phi in (indices.product_proximity(presence), indices.country_proximity(presence)):
        values = phi.to_numpy()
        known = values[~np.isnan(values)]
        assert ((known >= 0) & (known <= 1)).all()
        np.testing.assert_array_equal(values, values.T)
        diagonal = np.diagonal(values)
        assert set(diagonal[~np.isnan(diagonal)]) <= {1.0}


@given(trade=trades(), data=st.data())
def test_order_names_and_money_change_nothing(trade, data) -> None:
    rows = data.draw(st.permutations(list(trade.index)))
    columns = data.draw(st.permutations(list(trade.columns)))
    country = dict(zip(trade.index, data.draw(st.permutations([f"x{i}" for i in range(9)])), strict=False))
    product = dict(zip(trade.columns, data.draw(st.permutations([f"y{i}" for i in range(9)])), strict=False))
    before = trade.copy()
    one = indices.product_presence(indices.revealed_comparative_advantage(trade))
    other = trade.loc[rows, columns].rename(index=country, columns=product) * 1024.0
    two = indices.product_presence(indices.revealed_comparative_advantage(other))
    phi, again = indices.product_proximity(one), indices.product_proximity(two)
    expected = phi.rename(index=product, columns=product)
    pd.testing.assert_frame_equal(again, expected.loc[again.index, again.columns], rtol=1e-12)
    density = indices.product_space_density(one, phi).rename(index=country, columns=product)
    found = indices.product_space_density(two, again)
    pd.testing.assert_frame_equal(found, density.loc[found.index, found.columns], rtol=1e-12)
    pd.testing.assert_frame_equal(trade, before)


@given(trade=trades(), data=st.data())
def test_complexity_goes_with_its_country(trade, data) -> None:
    presence = indices.product_presence(indices.revealed_comparative_advantage(trade), threshold=0.5)
    assume(presence.sum().min() > 0)
    try:
        one = indices.economic_complexity(presence)
    except sf.SpatialfinError:
        assume(False)
    rows = data.draw(st.permutations(list(presence.index)))
    columns = data.draw(st.permutations(list(presence.columns)))
    two = indices.economic_complexity(presence.loc[rows, columns])
    pd.testing.assert_frame_equal(two.countries, one.countries.loc[rows], rtol=1e-6, atol=1e-6)
    pd.testing.assert_frame_equal(two.products, one.products.loc[columns], rtol=1e-6, atol=1e-6)


@given(sample=regions(), data=st.data())
def test_regions_keep_their_value_whatever_the_order_and_unit(sample, data) -> None:
    sizes, phi = sample
    codes = data.draw(st.permutations(list(phi.index)))
    names = dict(zip(phi.index, data.draw(st.permutations([f"z{i}" for i in range(9)])), strict=False))
    one = indices.regional_proximity(sizes, phi)
    other = (sizes * 1000.0)[codes].iloc[::-1].rename(columns=names)
    two = indices.regional_proximity(other, phi.rename(index=names, columns=names))
    pd.testing.assert_series_equal(two, one.iloc[::-1], rtol=1e-12)
    off = phi.to_numpy()[~np.eye(len(phi), dtype=bool)]
    known = one.dropna()
    assert ((known >= off.min() - 1e-12) & (known <= off.max() + 1e-12)).all()


@given(sample=regions(), growth=st.sampled_from([1.01, 1.5, 10.0]))
def test_growth_of_the_closest_industry_raises_the_region_of_equal_sizes(sample, growth) -> None:
    """Promised for equal sizes only; two industries are always equally close, so there are three."""
    _, phi = sample
    assume(len(phi) >= 3)
    equal = pd.DataFrame(1.0, index=["r"], columns=phi.columns)
    mean = phi.mean(axis=1).sort_values()
    assume(mean.iloc[-1] - mean.iloc[-2] > 1e-3)
    larger = equal.assign(**{str(mean.index[-1]): 1.0 + (growth - 1.0) * 1e-3})
    assert indices.regional_proximity(larger, phi)["r"] > indices.regional_proximity(equal, phi)["r"]
