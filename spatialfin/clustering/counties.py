"""Counties in two years: smallest assets, numbers of firms, proximity; and their regressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from .._errors import DataError, listed
from .._validate import check_number, check_option
from ..firms import firm_cells
from ..indices import regional_proximity
from ._inputs import KEYS, SIZES, check_made_by, firm_rows, two_years
from .regressions import Regressions, left_out_table, regress

__all__ = ["county_regressions", "county_table"]

LEVELS = {"minimum_assets": "assets_min", "p5_assets": "assets_p5", "p10_assets": "assets_p10"}
COUNTS = ("firms", "small_firms")
_MADE = ("county", "year", *COUNTS, *LEVELS, *(f"proximity_{size}" for size in SIZES))
_MILLION = 1000  # assets are in thousand yuan


def county_table(
    firms: Any,
    phi: pd.DataFrame,
    *,
    small_output: float = 5000.0,
    missing: Literal["error", "drop"] = "error",
    columns: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Smallest assets, number of firms and proximity of industries by county and year, from firm records.

    Parameters
    ----------
    firms : data frame or path
        One row per firm and year, as `spatialfin.firms.firm_cells` takes them, with the columns ``firm``,
        ``year``, ``county`` (six digits as text), ``industry`` (text), ``assets``, ``output`` (thousand yuan)
        and ``employment``. Exactly two years.
    phi : DataFrame
        Proximity of the industries, as `spatialfin.indices.industry_proximity` returns it.
    small_output : float, default 5000
        Firms with less output, in thousand yuan, are small.
    missing : {"error", "drop"}
        What to do with industries that `phi` does not hold; see `spatialfin.indices.regional_proximity`.
    columns : mapping of str to str, optional
        Name here -> name in `firms`, where they differ.

    Returns
    -------
    DataFrame
        One row per county and year: ``county``, ``year``, ``firms``, ``small_firms`` (numbers),
        ``minimum_assets``, ``p5_assets``, ``p10_assets`` (million yuan) and ``proximity_assets``,
        ``proximity_employment``, ``proximity_output`` (NaN with fewer than two industries).
        ``attrs["without_county"]`` counts the firms that have no county, by year.

    Raises
    ------
    DataError
        Missing columns, numbers where codes are text, negative values, a firm twice in a year, not two years.
    AlignmentError
        Industries that `phi` does not hold.

    Examples
    --------
    >>> import spatialfin as sf
    >>> census = sf.simulate.firm_census(fraction=0.002)
    >>> counties = sf.clustering.county_table(census.firms, census.industry_proximity)
    >>> counties.groupby("year")["firms"].sum().to_dict()
    {1995: 1002, 2004: 2727}
    """
    check_number("small_output", small_output, between=(0, np.inf))
    needed = (*KEYS, *SIZES)
    return counties_of(firm_rows(firms, columns, needed), phi, small_output=small_output, missing=missing)


def counties_of(
    rows: pd.DataFrame, phi: pd.DataFrame, *, small_output: float, missing: Literal["error", "drop"]
) -> pd.DataFrame:
    """The table of `county_table` from rows that are in memory and checked."""
    two_years(rows, "firms")
    below = [size for size in SIZES if (rows[size] < 0).any()]
    if below:
        raise DataError(f"firms: negative values in {listed(below)}. Correct them, or leave these rows out.")
    placed = rows[rows["county"].notna() & (rows["county"] != "")]
    by_county: dict[str, Any] = {"region": "county", "year": "year", "industry_level": None}
    cells = firm_cells(placed, **by_county, values="assets", statistics=["min", "p5", "p10"]).table
    keys = ["region", "year"]
    table = cells[[*keys, "firms"]].copy()
    small = firm_cells(placed[placed["output"] < small_output], **by_county).table
    counts = small.set_index(keys)["firms"].reindex(pd.MultiIndex.from_frame(cells[keys]), fill_value=0)
    table["small_firms"] = counts.to_numpy()
    for name, column in LEVELS.items():
        table[name] = cells[column] / _MILLION
    coded = placed[placed["industry"].notna()]
    by_industry = firm_cells(coded, **by_county, industry="industry", values=SIZES).table
    places = pd.MultiIndex.from_frame(table[keys])
    for size in SIZES:
        near = regional_proximity(
            by_industry.dropna(subset=[size]), phi, region="region", industry="industry", size=size,
            time="year", missing=missing,
        )  # fmt: skip
        table[f"proximity_{size}"] = near.reindex(places).to_numpy()
    result = table.rename(columns={"region": "county"})
    without = rows.loc[~rows.index.isin(placed.index), "year"].value_counts().sort_index()
    result.attrs = {"without_county": without.to_dict()}
    return result


def county_regressions(
    counties: pd.DataFrame, *, effects: Literal["none", "province"] = "none"
) -> Regressions:
    """Smallest assets and number of firms of counties on proximity of nine years before, with robust errors.

    Parameters
    ----------
    counties : DataFrame
        What `county_table` returned.
    effects : {"none", "province"}
        Fixed effects of the provinces (the first two digits of the county).

    Returns
    -------
    Regressions
        Outcomes ``minimum_assets``, ``p5_assets``, ``p10_assets`` (million yuan), ``log_firms`` and
        ``log_small_firms``, each on its value in the first year and on proximity in the first year weighted
        by assets, employment and output; and once without proximity (``proximity=""``). ``left_out`` names
        the counties in one year only and those without proximity, and outcomes that no county has, such as
        small firms in a survey of large ones.

    Raises
    ------
    DataError
        Not a county table, not two years, or too few counties.
    MissingExtraError
        pyfixest is not installed.

    Notes
    -----
    ``y_c,2004 = a + b1 y_c,1995 + b2 P_c,1995 + e_c`` [1]_, in the years of the data; covariance HC1.
    The gain in R2 compares with the regression without proximity on the same counties.

    References
    ----------
    .. [1] Long, C. and Zhang, X. (2011). Cluster-based industrialization in China: Financing and performance.
       Journal of International Economics 84, 112-123.

    Examples
    --------
    >>> import spatialfin as sf
    >>> census = sf.simulate.firm_census(fraction=0.02)
    >>> counties = sf.clustering.county_table(census.firms, census.industry_proximity)
    >>> found = sf.clustering.county_regressions(counties)
    >>> found.fit("minimum_assets", "assets").coefficients.index.tolist()
    ['proximity_assets', 'minimum_assets_1995', 'Intercept']
    """
    check_option("effects", effects, ("none", "province"))
    check_made_by(counties, "counties", _MADE, "county_table")
    early, late = two_years(counties, "counties")
    data, left_out = _side_by_side(counties, early, late)
    column = "province" if effects == "province" else ""
    outcomes = [*LEVELS, *(f"log_{count}" for count in COUNTS)]
    # Surveys of firms above a size hold no small ones.
    known = [name for name in outcomes if data[[name, f"{name}_{early}"]].notna().all(axis=1).any()]
    unknown = [name for name in outcomes if name not in known]
    more = left_out_table([("outcomes that no county has in both years", len(unknown), unknown)])
    left_out = pd.concat([left_out, more], ignore_index=True) if unknown else left_out
    fits = [
        regress(data, outcome, [f"{outcome}_{early}"], proximity=size, effects=column, compare=True)
        for outcome in known
        for size in (*SIZES, "")
    ]
    return Regressions(tuple(fits), (early, late), left_out)


def _side_by_side(counties: pd.DataFrame, early: int, late: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per county of both years: outcomes late, the same early, proximity early."""
    logs = {f"log_{name}": np.log(counties[name].where(counties[name] > 0)) for name in COUNTS}
    table = counties.assign(**logs)
    first, second = (table[table["year"] == year].set_index("county") for year in (early, late))
    outcomes = [*LEVELS, *logs]
    near = [f"proximity_{size}" for size in SIZES]
    data = second[outcomes].join(
        first[[*outcomes, *near]].rename(columns={name: f"{name}_{early}" for name in outcomes}), how="inner"
    )
    data = data.assign(province=data.index.str[:2]).reset_index()
    only = first.index.symmetric_difference(second.index)
    bare = data.loc[data[near].isna().any(axis=1), "county"]
    left_out = left_out_table(
        [
            ("counties with firms in one year only", len(only), list(only)),
            (f"counties without proximity in {early}", len(bare), list(bare)),
        ]
    )
    return data, left_out
