"""The product space: revealed advantage, proximity of products and of countries, density."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .._core import product_space as core
from .._errors import AlignmentError, listed, warn_caller
from .._validate import check_frame, check_number
from ._tables import periods, presence_table, proximity_table, wide_table

__all__ = [
    "country_proximity",
    "product_presence",
    "product_proximity",
    "product_space_density",
    "revealed_comparative_advantage",
]


def revealed_comparative_advantage(
    trade: pd.DataFrame,
    *,
    country: str | None = None,
    product: str | None = None,
    value: str | None = None,
    time: str | None = None,
) -> pd.DataFrame:
    """Balassa's index: a product's share in a country's exports over its share in world exports.

    Parameters
    ----------
    trade : pandas.DataFrame
        Exports, not negative, in any unit of money. Wide: countries in rows (or levels country and period),
        products in columns, and no names. Long: one row per country, product (and period), with the names of
        the columns; a pair without a row is not traded. Codes are text.
    country, product, value, time : str, optional
        Columns of a long table; `time` only where there are several periods.

    Returns
    -------
    pandas.DataFrame
        Countries (or levels country and period) in rows, products in columns, in the caller's order. NaN
        where a country or a product has no trade in the period; a `SpatialfinWarning` names them.

    Raises
    ------
    DataError
        Missing, negative or non-numeric amounts, codes twice or missing, a period in which nothing is traded.

    Notes
    -----
    ``RCA_cp = (x_cp / sum_p x_cp) / (sum_c x_cp / sum_cp x_cp)``, each period alone [1]_.

    References
    ----------
    .. [1] Balassa, B. (1965). Trade liberalisation and "revealed" comparative advantage. The Manchester
       School 33, 99-123.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> trade = pd.DataFrame({"0011": [30.0, 10.0], "7810": [10.0, 30.0]}, index=["nzl", "jpn"])
    >>> sf.indices.revealed_comparative_advantage(trade)
         0011  7810
    nzl   1.5   0.5
    jpn   0.5   1.5
    """
    names = {"country": country, "product": product, "value": value, "time": time}
    table = wide_table(trade, "trade", names)
    amounts = table.to_numpy()
    found = np.empty_like(amounts)
    without: list[object] = []
    for label, rows in periods(table.index):
        found[rows] = core.comparative_advantage(amounts[rows])
        without += list(table.index[rows[amounts[rows].sum(axis=1) == 0]])
        idle = table.columns[amounts[rows].sum(axis=0) == 0]
        without += list(idle) if table.index.nlevels == 1 else [(code, label) for code in idle]
    if without:
        warn_caller(
            f"Nothing is traded by or of {listed(without)}: the advantage there is not defined (NaN)."
        )
    return pd.DataFrame(found, index=table.index, columns=table.columns)


def product_presence(advantage: pd.DataFrame, *, threshold: float = 1.0) -> pd.DataFrame:
    """Whether a country has a revealed comparative advantage in a product.

    Parameters
    ----------
    advantage : pandas.DataFrame
        What `revealed_comparative_advantage` returns.
    threshold : float, default 1
        Positive; the advantage from which on a product counts as present.

    Returns
    -------
    pandas.DataFrame
        1.0 where the advantage is at least `threshold`, 0.0 where it is less, NaN where it is not defined.

    Raises
    ------
    DataError, OptionError
        Not a table of advantages, or a threshold that is not positive.

    Notes
    -----
    ``M_cp = 1 if RCA_cp >= threshold``.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> advantage = pd.DataFrame({"0011": [1.5, 0.5]}, index=["nzl", "jpn"])
    >>> sf.indices.product_presence(advantage)["0011"].tolist()
    [1.0, 0.0]
    """
    check_frame(advantage, "advantage")
    check_number("threshold", threshold, between=(0.0, float("inf")))
    known = wide_table(advantage.fillna(0.0), "advantage", {})
    return (known >= threshold).astype(float).where(advantage.notna().to_numpy())


def product_proximity(presence: pd.DataFrame) -> pd.DataFrame:
    """Proximity of products: how often countries that have one of two also have the other.

    Parameters
    ----------
    presence : pandas.DataFrame
        Table of 0 and 1 as `product_presence` returns it: countries in rows, products in columns. With levels
        country and period in the rows the proximity is the mean over the periods.

    Returns
    -------
    pandas.DataFrame
        Products by products, symmetric, in [0, 1] with 1 on the diagonal. NaN where no period knows both
        products, or where no country has either.

    Raises
    ------
    DataError
        Not a table of 0 and 1.

    Notes
    -----
    ``phi_ij = min(P(i|j), P(j|i)) = n_ij / max(n_i, n_j)``, n the number of countries with the product, or
    with both [1]_ [2]_. In the mean over periods a product counts only where it is traded.

    References
    ----------
    .. [1] Hausmann, R. and Klinger, B. (2007). The structure of the product space and the evolution of
       comparative advantage. CID Working Paper 146.
    .. [2] Hidalgo, C., Klinger, B., Barabasi, A.-L. and Hausmann, R. (2007). The product space conditions the
       development of nations. Science 317, 482-487.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> presence = pd.DataFrame({"0011": [1, 1, 0], "0012": [1, 0, 0]}, index=["nzl", "jpn", "fra"])
    >>> sf.indices.product_proximity(presence)
          0011  0012
    0011   1.0   0.5
    0012   0.5   1.0
    """
    table = presence_table(presence)
    values = table.to_numpy()
    phi = core.mean_of_known([core.proximity(values[rows]) for _, rows in periods(table.index)])
    products = table.columns.rename(None)
    return pd.DataFrame(phi, index=products, columns=products)


def country_proximity(presence: pd.DataFrame) -> pd.DataFrame:
    """Proximity of countries: how many products two countries have in common.

    Parameters
    ----------
    presence : pandas.DataFrame
        As in `product_proximity`.

    Returns
    -------
    pandas.DataFrame
        Countries by countries, symmetric, in [0, 1] with 1 on the diagonal; with several periods the mean
        over those that have both countries. NaN where none has, or where neither has any product.

    Raises
    ------
    DataError
        Not a table of 0 and 1.

    Notes
    -----
    ``n_cd / max(k_c, k_d)``, k the number of products of a country and n_cd of those that both have: the
    proximity of products with the roles exchanged.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> presence = pd.DataFrame({"0011": [1, 1], "0012": [1, 0]}, index=["nzl", "jpn"])
    >>> float(sf.indices.country_proximity(presence).loc["nzl", "jpn"])
    0.5
    """
    table = presence_table(presence)
    values = table.to_numpy()
    countries = table.index.get_level_values(0).unique().rename(None)
    tables = []
    for _, rows in periods(table.index):
        place = countries.get_indexer(table.index.get_level_values(0)[rows])
        every = np.full((len(countries), values.shape[1]), np.nan)
        every[place] = values[rows]
        tables.append(core.proximity(every.T))
    return pd.DataFrame(core.mean_of_known(tables), index=countries, columns=countries)


def product_space_density(presence: pd.DataFrame, phi: pd.DataFrame) -> pd.DataFrame:
    """How close a product is to what a country has already.

    Parameters
    ----------
    presence : pandas.DataFrame
        As in `product_proximity`.
    phi : pandas.DataFrame
        Proximity of the same products.

    Returns
    -------
    pandas.DataFrame
        In [0, 1], on the rows and columns of `presence`. NaN for countries and products without trade.

    Raises
    ------
    DataError, AlignmentError
        Not a table of 0 and 1, not a proximity, or other products in one than in the other.

    Notes
    -----
    ``omega_cp = sum_j M_cj phi_pj / sum_j phi_pj`` over all products j, p itself included as in [1]_.

    References
    ----------
    .. [1] Hidalgo, C., Klinger, B., Barabasi, A.-L. and Hausmann, R. (2007). The product space conditions the
       development of nations. Science 317, 482-487, supporting material.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> presence = pd.DataFrame({"0011": [1, 1, 0], "0012": [1, 0, 0]}, index=["nzl", "jpn", "fra"])
    >>> density = sf.indices.product_space_density(presence, sf.indices.product_proximity(presence))
    >>> round(float(density.loc["jpn", "0012"]), 4)
    0.3333
    """
    table = presence_table(presence)
    near = proximity_table(phi)
    strange = [code for code in [*table.columns, *near.index] if code not in near.index or code not in table]
    if strange:
        raise AlignmentError(
            f"presence and phi must hold the same products; only in one of them: {listed(strange)}. "
            "Take both from the same trade table."
        )
    square = near.loc[table.columns, table.columns].to_numpy()
    values = table.to_numpy()
    found = np.empty_like(values)
    for _, rows in periods(table.index):
        found[rows] = core.density(values[rows], square)
        found[np.ix_(rows, np.isnan(values[rows]).all(axis=0))] = np.nan
    return pd.DataFrame(found, index=table.index, columns=table.columns)
