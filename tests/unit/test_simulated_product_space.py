"""The simulated product space is labelled, the same for the same seed, and holds its communities."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import OptionError


def test_it_says_that_it_is_simulated_and_repeats() -> None:
    trade = sf.simulate.product_space(seed=3)
    assert trade.attrs["simulated"] is True
    assert trade.attrs["seed"] == 3
    assert "describes no real place" in trade.attrs["source"]
    pd.testing.assert_frame_equal(trade, sf.simulate.product_space(seed=3))
    assert not trade.equals(sf.simulate.product_space(seed=4))
    assert not trade.duplicated(["country", "product"]).any()
    assert (trade["country"].nunique(), trade["product"].nunique()) == (60, 120)
    assert (trade["value"] > 0).all()


def test_products_of_one_community_are_closer() -> None:
    """The planted structure is found: every community is closer within than to any other."""
    trade = sf.simulate.product_space(seed=1)
    advantage = sf.indices.revealed_comparative_advantage(
        trade, country="country", product="product", value="value"
    )
    phi = sf.indices.product_proximity(sf.indices.product_presence(advantage)).to_numpy(copy=True)
    np.fill_diagonal(phi, np.nan)
    community = trade.drop_duplicates("product")["community"].to_numpy()
    means = pd.DataFrame(phi).groupby(community).mean().T.groupby(community).mean()
    for number in range(6):
        assert means.loc[number, number] > 1.3 * means.loc[number].drop(number).max()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"countries": 1}, "countries=1: a whole number from 2 on"),
        ({"products": "9"}, "products='9': a whole number"),
        ({"communities": 0}, "communities=0: a whole number from 1 on"),
        ({"products": 4, "communities": 5}, "communities=5: no more than products=4"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_impossible_numbers_are_refused(options, message) -> None:
    with pytest.raises(OptionError, match=message):
        sf.simulate.product_space(**options)
