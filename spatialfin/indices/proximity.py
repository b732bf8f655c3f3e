"""Proximity of industries and of regions, and its change between two years."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import pandas as pd

from .._core import product_space as core
from .._errors import AlignmentError, DataError, listed, nearest, raise_all, warn_caller
from .._validate import check_option, check_unique, numeric_values
from ._inputs import kind_of
from ._tables import proximity_table, wide_table
from .concordance import Concordance

__all__ = [
    "ProximityChange",
    "industry_proximity",
    "proximity_change",
    "regional_proximity",
]


def industry_proximity(
    phi: pd.DataFrame,
    concordance: Concordance,
    *,
    industries: Iterable[str] | None = None,
    missing: Literal["error", "drop"] = "error",
) -> pd.DataFrame:
    """Proximity of industries: the mean proximity of the products that two industries make.

    Parameters
    ----------
    phi : pandas.DataFrame
        Proximity of products, P by P, as `product_proximity` returns it.
    concordance : Concordance
        From industries to the products of `phi`.
    industries : list of str, optional
        The industries wanted, in this order; all of the concordance by default.
    missing : {"error", "drop"}
        What to do with products that `phi` does not hold and with industries that the concordance does not.
        "drop" spreads an industry over its other products, and leaves out an industry without any; the codes
        are in ``attrs["dropped_products"]`` and ``attrs["dropped_industries"]``.

    Returns
    -------
    pandas.DataFrame
        Industries by industries, symmetric, in [0, 1]. The diagonal is NaN: an industry's proximity to itself
        is not 1 and is never used.

    Raises
    ------
    AlignmentError
        Codes that one side does not hold, with ``missing="error"``.
    DataError
        `phi` is no proximity, or has no value for a product that is needed.

    Notes
    -----
    ``phi_ij = sum_ab C_ia phi_ab C_jb`` with equal weights C that sum to one per industry [1]_. Where two
    industries share a product a, ``phi_aa = 1`` counts.

    References
    ----------
    .. [1] Long, C. and Zhang, X. (2011). Cluster-based industrialization in China: Financing and performance.
       Journal of International Economics 84, 112-123.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> phi = pd.DataFrame([[1, 0.4], [0.4, 1]], index=["0011", "0012"], columns=["0011", "0012"])
    >>> table = pd.DataFrame({"gb": ["03", "13", "13"], "sitc": ["0011", "0011", "0012"]})
    >>> concordance = sf.indices.read_concordance(table, source="gb", target="sitc")
    >>> sf.indices.industry_proximity(phi, concordance)
         03   13
    03  NaN  0.7
    13  0.7  NaN
    """
    check_option("missing", missing, ("error", "drop"))
    if not isinstance(concordance, Concordance):
        raise DataError(f"concordance: a Concordance is needed, not {type(concordance).__name__}.")
    near = proximity_table(phi)
    strange = concordance.targets[~concordance.targets.isin(near.index)]
    wanted = pd.Index(concordance.sources if industries is None else list(industries))
    check_unique(wanted, "industries")
    if missing == "error" and len(strange):
        raise AlignmentError(
            f"Products of the concordance that phi does not hold: {listed(strange)}. Take the same level and "
            'revision of the products, or pass missing="drop" to spread industries over their other products.'
        )
    held = Concordance(
        concordance.source,
        concordance.target,
        tuple(pair for pair in concordance.links if pair[1] in near.index),
    )
    kept = wanted if missing == "error" else wanted[wanted.isin(held.sources)]
    if not held.links or not len(kept):
        raise AlignmentError("No industry has a product that phi holds. Take the same codes on both sides.")
    weights = held.matrix(kept)
    weights = weights.loc[:, (weights > 0).any()]
    square = near.loc[weights.columns, weights.columns]
    unknown = square.index[square.isna().any(axis=1)]
    if len(unknown):
        raise DataError(
            f"phi: no value for products {listed(unknown)}. Leave them out of phi, or use more years."
        )
    values = core.industry_proximity(weights.to_numpy(), square.to_numpy())
    result = pd.DataFrame(values, index=list(kept), columns=list(kept))
    if missing == "drop":
        result.attrs["dropped_products"] = [str(code) for code in strange]
        result.attrs["dropped_industries"] = [str(code) for code in wanted[~wanted.isin(kept)]]
    return result


def regional_proximity(
    sizes: pd.DataFrame,
    phi: pd.DataFrame,
    *,
    region: str | None = None,
    industry: str | None = None,
    size: str | None = None,
    time: str | None = None,
    missing: Literal["error", "drop"] = "error",
) -> pd.Series:
    """Proximity of the industries of a region: how close, on average, an industry is to the others there.

    Parameters
    ----------
    sizes : pandas.DataFrame
        Output, assets or employment, not negative. Wide: regions in rows (or levels region and period),
        industries in columns, and no names. Long: one row per region, industry (and period), with the names
        of the columns; an industry without a row is not there.
    phi : pandas.DataFrame
        Proximity of industries, as `industry_proximity` returns it; the diagonal is not read.
    region, industry, size, time : str, optional
        Columns of a long table.
    missing : {"error", "drop"}
        What to do with industries that `phi` does not hold; "drop" leaves them out of every region and names
        them in ``attrs["dropped_industries"]``, with their share of all size in ``attrs["dropped_share"]``.

    Returns
    -------
    pandas.Series
        Named "regional_proximity", in [0, 1], indexed by region (and period) in the caller's order. NaN for a
        region with one industry only, and for a region without any, of which a `SpatialfinWarning` tells.

    Raises
    ------
    AlignmentError
        Industries that `phi` does not hold, with ``missing="error"``.
    DataError
        Missing, negative or all-zero sizes, duplicate rows, or no proximity of two industries that are there.

    Notes
    -----
    ``P_r = sum_i (s_ir / s_r) p_ir`` with ``p_ir = sum_{j != i} s_jr phi_ij / sum_{j != i} s_jr``: weights
    are the sizes of the *other* industries [1]_. It does not depend on the unit of size.

    References
    ----------
    .. [1] Long, C. and Zhang, X. (2011). Cluster-based industrialization in China: Financing and performance.
       Journal of International Economics 84, 112-123.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> phi = pd.DataFrame([[1, 0.4], [0.4, 1]], index=["13", "17"], columns=["13", "17"])
    >>> sizes = pd.DataFrame({"13": [5.0, 2.0], "17": [1.0, 0.0]}, index=["330100", "330200"])
    >>> sf.indices.regional_proximity(sizes, phi)
    330100    0.4
    330200    NaN
    Name: regional_proximity, dtype: float64
    """
    check_option("missing", missing, ("error", "drop"))
    table = wide_table(sizes, "sizes", {"region": region, "industry": industry, "size": size, "time": time})
    near = proximity_table(phi)
    there = table.loc[:, (table > 0).any()]
    absent = there.columns[~there.columns.isin(near.index)]
    if len(absent) and missing == "error":
        raise AlignmentError(
            f"Industries that phi does not hold: {listed(absent)}.{nearest(absent[0], near.index)} Take the "
            'same level and vintage of codes, or pass missing="drop" to leave them out.'
        )
    kept = there.drop(columns=absent)
    if kept.empty:
        raise AlignmentError("No industry is on both sides. Take the same codes in the sizes and in phi.")
    square = near.loc[kept.columns, kept.columns].to_numpy(copy=True)
    np.fill_diagonal(square, 0.0)
    unknown = kept.columns[np.isnan(square).any(axis=1)]
    if len(unknown):
        raise DataError(f"phi: no value between industries {listed(unknown)}. Leave them out of the sizes.")
    values = kept.to_numpy()
    result = pd.Series(core.regional_proximity(values, square), index=table.index, name="regional_proximity")
    nothing = table.index[(kept == 0).all(axis=1)]
    if len(nothing):
        told = f"No size in {listed(nothing)}: the proximity there is not defined (NaN)."
        warn_caller(told)
    if missing == "drop":
        whole = float(there.to_numpy().sum())
        result.attrs["dropped_industries"] = [str(code) for code in absent]
        result.attrs["dropped_share"] = float(there[absent].to_numpy().sum()) / whole
    return result


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ProximityChange:
    """Mean change of regional proximity between two years, with its test.

    Attributes
    ----------
    change : float
        Weighted mean of the regions' changes.
    std_error : float
    z : float
    p_value : float
        Two-sided, from the normal distribution.
    regions : DataFrame
        Columns before, after, change, weight (sum 1), of the regions with both values.
    left_out : Index
        Regions without a value in one of the years.
    names : tuple of (str, str)
        What the two years are called.
    """

    change: float
    std_error: float
    z: float
    p_value: float
    regions: pd.DataFrame
    left_out: pd.Index
    names: tuple[str, str]

    def __repr__(self) -> str:
        out = f"; left out: {listed(self.left_out)}" if len(self.left_out) else ""
        p_value = "p < 0.0001" if self.p_value < 0.0001 else f"p = {self.p_value:.4f}"
        return (
            f"Change of proximity from {self.names[0]} to {self.names[1]}: {self.change:.4f} "
            f"({self.std_error:.4f}), z = {self.z:.2f}, {p_value}, "
            f"{len(self.regions)} regions{out}."
        )


def proximity_change(before: pd.Series, after: pd.Series, *, weights: pd.Series) -> ProximityChange:
    """Weighted mean change of regional proximity between two years, and whether it is different from zero.

    Parameters
    ----------
    before, after : pandas.Series
        Proximity of the same regions in two years, as `regional_proximity` returns it for each; rows are
        matched by label. A region that is NaN in either year is left out and listed.
    weights : pandas.Series
        Output of the later year, not negative, for the same regions.

    Returns
    -------
    ProximityChange

    Raises
    ------
    AlignmentError
        Not the same regions in all three.
    DataError
        Missing or negative weights, weights without a positive sum, duplicate regions, or fewer than two
        regions with a value in both years.

    Notes
    -----
    ``d = sum_r w_r d_r`` with ``d_r`` the change of region r and weights that sum to one over the regions
    with both values; its standard error is ``sqrt(sum_r w_r^2 (d_r - d)^2)``, and ``z = d / se``.

    Examples
    --------
    >>> import spatialfin as sf
    >>> table = sf.load_dataset("china_industry_census_provinces").set_index(["code", "year"])
    >>> proximity = table["industry_proximity_output"].unstack()
    >>> output = (table["firms"] * table["mean_gross_output_kyuan"]).unstack()
    >>> sf.indices.proximity_change(proximity[1995], proximity[2004], weights=output[2004])
    Change of proximity from 1995 to 2004: 0.0049 (0.0011), z = 4.34, p < 0.0001, 31 regions.
    """
    given = {"before": before, "after": after, "weights": weights}
    for name, values in given.items():
        if not isinstance(values, pd.Series):
            raise DataError(f"{name}: a Series indexed by region is needed, not {kind_of(values)}.")
        check_unique(values.index, name)
        strange = before.index.symmetric_difference(values.index)
        if len(strange):
            raise AlignmentError(
                f"before and {name} must hold the same regions; only in one of them: {listed(strange)}."
            )
    frame = pd.DataFrame({name: values.reindex(before.index) for name, values in given.items()})
    complete = frame[["before", "after"]].notna().all(axis=1)
    weight = numeric_values(frame["weights"], "weights")
    kept = pd.DataFrame(
        {name: numeric_values(frame.loc[complete, name], name) for name in ("before", "after")},
        index=frame.index[complete],
    )
    negative = frame.index[weight < 0]
    share = weight[complete.to_numpy()]
    problems = [f"negative weights at {listed(negative)}"] if len(negative) else []
    problems += ["fewer than two regions have a value in both years"] if len(kept) < 2 else []
    problems += ["the weights sum to 0"] if len(kept) >= 2 and not share.sum() > 0 else []
    raise_all(problems, DataError, "change of proximity")
    kept["change"] = kept["after"] - kept["before"]
    kept["weight"] = share / share.sum()
    change = math.fsum(kept["weight"] * kept["change"])
    std_error = math.sqrt(math.fsum(kept["weight"] ** 2 * (kept["change"] - change) ** 2))
    z = change / std_error if std_error > 0 else math.nan
    called = tuple(str(values.name) if values.name is not None else word
                   for word, values in list(given.items())[:2])  # fmt: skip
    return ProximityChange(
        change=change,
        std_error=std_error,
        z=z,
        p_value=2 * NormalDist().cdf(-abs(z)),
        regions=kept,
        left_out=frame.index[~complete],
        names=(called[0], called[1]),
    )
