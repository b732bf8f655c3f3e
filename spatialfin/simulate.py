"""Simulated data, labelled as simulated wherever they go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ._errors import OptionError
from ._simulate_census import FirmCensus, firm_census
from ._simulate_provinces import finance_provinces
from ._spatial_weights import check_weights
from ._validate import check_number, check_whole

if TYPE_CHECKING:
    from .weights import SpatialWeights

__all__ = ["FirmCensus", "finance_provinces", "firm_census", "product_space", "simulate_outcome"]

_SOURCE = "Simulated by spatialfin: drawn by a computer, describes no real place."


def simulate_outcome(
    weights: SpatialWeights, *, rho: float = 0.5, beta: float = 1.0, sigma: float = 1.0, seed: int = 0
) -> pd.DataFrame:
    """Draw an outcome that spills over to neighbours, for examples and tests.

    Parameters
    ----------
    weights : SpatialWeights
        N units.
    rho : float
        Spatial dependence, inside (-1, 1); the weights are row-standardised for the draw.
    beta : float
        Effect of the driver on the outcome.
    sigma : float
        Standard deviation of the noise.
    seed : int
        Seed of the draws. They belong to the sorted ids: the order of the units changes nothing.

    Returns
    -------
    DataFrame
        N rows indexed by unit, columns ``simulated_driver`` and ``simulated_outcome``;
        ``attrs["simulated"]`` is True and ``attrs["source"]`` says so in words.

    Raises
    ------
    OptionError
        `rho` is not inside (-1, 1), or `sigma` is negative.

    Notes
    -----
    ``y = (I - rho W)^-1 (beta x + sigma e)`` with independent standard normal x and e.

    Examples
    --------
    >>> from spatialfin import SpatialWeights
    >>> w = SpatialWeights.from_matrix(np.array([[0, 1], [1, 0]]), ids=["a", "b"])
    >>> list(simulate_outcome(w).columns)
    ['simulated_driver', 'simulated_outcome']
    """
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import spsolve

    check_weights(weights)
    check_number("rho", rho, between=(-1, 1))
    check_number("beta", beta)
    check_number("sigma", sigma, least=0)
    check_whole("seed", seed)
    ids = weights.ids.sort_values()
    matrix = weights.standardize("row").align(ids)
    draws = np.random.default_rng(seed).standard_normal((2, len(ids)))
    outcome = spsolve((eye_array(len(ids)) - rho * matrix).tocsc(), beta * draws[0] + sigma * draws[1])
    frame = pd.DataFrame({"simulated_driver": draws[0], "simulated_outcome": outcome}, index=ids)
    frame = frame.reindex(weights.ids)
    frame.attrs = {"simulated": True, "source": _SOURCE, "seed": seed, "rho": rho, "beta": beta}
    return frame


def product_space(
    *, countries: int = 60, products: int = 120, communities: int = 6, seed: int = 0
) -> pd.DataFrame:
    """Draw the exports of countries whose abilities lie in communities of products, for examples and tests.

    Parameters
    ----------
    countries, products, communities : int
        How many of each, at least 2 (communities 1). Products of one community have neighbouring codes.
    seed : int
        Seed of the draws.

    Returns
    -------
    DataFrame
        One row per country and product that is traded: ``country``, ``product`` (text such as "0001"),
        ``community`` (the truth behind the draw, from 0 on) and ``value`` (no real money).
        ``attrs["simulated"]`` is True and ``attrs["source"]`` says so in words.

    Raises
    ------
    OptionError
        Numbers that are too small, or more communities than products.

    Notes
    -----
    ``log x_cp = size_c + size_p + 1.5 ability_c,k(p) + e_cp`` with independent standard normal draws and k(p)
    the community of p. A pair is traded where ``1.5 ability + e > 0``, and where it is the largest of its
    country or product. So countries good at one product of a community are often good at its others, and the
    proximity of products within a community is higher.

    Examples
    --------
    >>> trade = product_space(countries=5, products=6, communities=2)
    >>> trade["product"].unique().tolist()
    ['0001', '0002', '0003', '0004', '0005', '0006']
    >>> trade.attrs["simulated"]
    True
    """
    for name, number, least in (
        ("countries", countries, 2),
        ("products", products, 2),
        ("communities", communities, 1),
        ("seed", seed, 0),
    ):
        check_whole(name, number, least=least)
    if communities > products:
        raise OptionError(f"communities={communities}: no more than products={products} are possible.")
    draws = np.random.default_rng(seed)
    community = np.arange(products) * communities // products
    ability = 1.5 * draws.standard_normal((countries, communities))[:, community]
    ability += draws.standard_normal((countries, products))
    size_country, size_product = draws.standard_normal((countries, 1)), draws.standard_normal(products)
    value = np.exp(size_country + size_product + ability)
    traded = (ability > 0) | (value == value.max(axis=0)) | (value == value.max(axis=1, keepdims=True))
    row, column = np.nonzero(traded)
    frame = pd.DataFrame(
        {
            "country": [f"C{place + 1:02d}" for place in row],
            "product": [f"{place + 1:04d}" for place in column],
            "community": community[column],
            "value": value[traded],
        }
    )
    frame = frame.sort_values(["product", "country"], ignore_index=True)
    frame.attrs = {"simulated": True, "source": _SOURCE, "seed": seed}
    return frame
