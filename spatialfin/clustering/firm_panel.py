"""Firms surveyed in both years, and their regressions with fixed effects of the firm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from .._errors import DataError
from .._validate import check_option
from ._inputs import KEYS, OPTIONAL, SIZES, VALUES, check_made_by, firm_rows, two_years
from .regressions import Regressions, left_out_table, regress

__all__ = ["firm_panel", "firm_panel_regressions"]

_SHARES = ("private_share", "hmt_share", "foreign_share")
_CREDIT = ("age", "log_output", "debt_ratio", "fixed_ratio", *_SHARES, "late")
_EXPORT = ("age", "log_output", *_SHARES, "late")
_INPUTS = ("log_employment", "log_assets", "log_employment_late", "log_assets_late", "age", *_SHARES, "late")
# Dependent variable -> its controls, in the order of the tables.
OUTCOMES = {
    "payable_debt": _CREDIT,
    "receivable_output": _CREDIT,
    "export_share": _EXPORT,
    "exporter": _EXPORT,
    "log_value_added": _INPUTS,
    "log_value_added2": _INPUTS,
}
_NEAR = tuple(f"proximity_{size}" for size in SIZES)


def firm_panel(
    firms: Any, counties: pd.DataFrame, *, columns: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Variables of the firms that are surveyed in both years, with the proximity of their county and year.

    Parameters
    ----------
    firms : data frame or path
        One row per firm and year, as for `county_table`, with ``firm``, ``year``, ``county``, ``industry``,
        ``output``, ``value_added``, ``assets``, ``fixed_assets``, ``debt``, ``receivable``, ``payable``,
        ``export`` (thousand yuan), ``employment``, ``age`` and the ownership shares ``private_share``,
        ``hmt_share`` and ``foreign_share``. A second measure ``value_added2`` is used where it is there.
    counties : DataFrame
        What `county_table` returned.
    columns : mapping of str to str, optional
        Name here -> name in `firms`, where they differ.

    Returns
    -------
    DataFrame
        Two rows per firm: ``firm``, ``year``, ``county``, ``payable_debt``, ``receivable_output``,
        ``export_share``, ``exporter`` (0 or 1), ``log_value_added``, the controls, ``late`` (1 in the second
        year) and the three proximities. Ratios to zero and logs of numbers that are not positive are NaN.
        ``attrs["once"]`` counts the firms that are there in one year only.

    Raises
    ------
    DataError
        Missing columns, text where numbers are expected, a firm twice in a year, not two years, or no firm
        that is there in both.

    Examples
    --------
    >>> import spatialfin as sf
    >>> census = sf.simulate.firm_census(fraction=0.002)
    >>> counties = sf.clustering.county_table(census.firms, census.industry_proximity)
    >>> panel = sf.clustering.firm_panel(census.firms, counties)
    >>> panel.groupby("firm")["year"].nunique().unique().tolist()
    [2]
    """
    check_made_by(counties, "counties", ("county", "year", *_NEAR), "county_table")
    return panel_of(firm_rows(firms, columns, (*KEYS, *VALUES)), counties)


def panel_of(rows: pd.DataFrame, counties: pd.DataFrame) -> pd.DataFrame:
    """The table of `firm_panel` from rows that are in memory and checked."""
    early, late = two_years(rows, "firms")
    is_twice = rows["firm"].notna() & rows["firm"].duplicated(keep=False)
    if not is_twice.any():
        raise DataError(
            f"firms: no firm is there in both {early} and {late}. Firms are matched by the column firm: give "
            "them the same name in both years, as text of one spelling."
        )
    twice = rows[is_twice]
    near = counties[["county", "year", *_NEAR]]
    panel = _with_variables(twice.merge(near, on=["county", "year"], how="left", validate="m:1"), late)
    panel = panel.sort_values(["firm", "year"], ignore_index=True)
    panel.attrs = {"once": int((~is_twice).sum())}
    return panel


def _with_variables(firms: pd.DataFrame, late: int) -> pd.DataFrame:
    is_late = (firms["year"] == late).astype(float)
    logs = {
        f"log_{name}": np.log(firms[name].where(firms[name] > 0))
        for name in ("output", "employment", "assets", "value_added", *OPTIONAL)
        if name in firms
    }
    exported = (firms["export"] > 0).astype(float).where(firms["export"].notna())
    return firms[["firm", "year", "county", "age", *_SHARES, *_NEAR]].assign(
        payable_debt=_ratio(firms, "payable", "debt"),
        receivable_output=_ratio(firms, "receivable", "output"),
        export_share=_ratio(firms, "export", "output"),
        exporter=exported,
        debt_ratio=_ratio(firms, "debt", "assets"),
        fixed_ratio=_ratio(firms, "fixed_assets", "assets"),
        late=is_late,
        **logs,
        log_employment_late=logs["log_employment"] * is_late,
        log_assets_late=logs["log_assets"] * is_late,
    )


def _ratio(firms: pd.DataFrame, part: str, whole: str) -> pd.Series:
    return firms[part] / firms[whole].where(firms[whole] != 0)


def firm_panel_regressions(
    panel: pd.DataFrame, *, vcov: Literal["robust", "cluster"] = "robust"
) -> Regressions:
    """Trade credit, exports and productivity on the proximity of the county, with fixed effects of the firm.

    Parameters
    ----------
    panel : DataFrame
        What `firm_panel` returned.
    vcov : {"robust", "cluster"}
        Standard errors robust to heteroskedasticity, or clustered by county.

    Returns
    -------
    Regressions
        Outcomes ``payable_debt``, ``receivable_output``, ``export_share``, ``exporter``, ``log_value_added``
        (and ``log_value_added2``), each on proximity weighted by assets, employment and output.

    Raises
    ------
    DataError
        Not a firm panel, or too few firms.
    CollinearityError
        A regressor does not vary within firms, or is a combination of others: an age that grows by the years
        between for every firm cannot be told from the year.
    MissingExtraError
        pyfixest is not installed.

    Notes
    -----
    ``y_ict = a_i + d 1(t = late) + b P_ct + x_it' g + e_ict`` [1]_. Rows that lack a variable are left out;
    firms that then have one year only are singletons, dropped and counted in each regression. The constant
    is the mean of the firm effects. Proximity is common to the firms of a county: robust standard errors,
    the published choice, treat firms as independent; ``vcov="cluster"`` does not.

    References
    ----------
    .. [1] Long, C. and Zhang, X. (2011). Cluster-based industrialization in China: Financing and performance.
       Journal of International Economics 84, 112-123.

    Examples
    --------
    >>> import spatialfin as sf
    >>> census = sf.simulate.firm_census(fraction=0.01)
    >>> counties = sf.clustering.county_table(census.firms, census.industry_proximity)
    >>> panel = sf.clustering.firm_panel(census.firms, counties)
    >>> found = sf.clustering.firm_panel_regressions(panel, vcov="cluster")
    >>> found.fit("export_share", "output").vcov
    'clustered by county'
    """
    check_option("vcov", vcov, ("robust", "cluster"))
    check_made_by(panel, "panel", ("firm", "year", "county", *_INPUTS, *_CREDIT, *_NEAR), "firm_panel")
    years = two_years(panel, "panel")
    fits = [
        regress(panel, outcome, controls, proximity=size, effects="firm", vcov=vcov)
        for outcome, controls in OUTCOMES.items()
        if outcome in panel
        for size in SIZES
    ]
    bare = panel.loc[panel[list(_NEAR)].isna().any(axis=1), "county"]
    left_out = left_out_table(
        [
            ("firms surveyed in one year only", panel.attrs.get("once", 0), []),
            ("rows of firms in counties without proximity", len(bare), list(bare.dropna().unique())),
        ]
    )
    return Regressions(tuple(fits), years, left_out)
