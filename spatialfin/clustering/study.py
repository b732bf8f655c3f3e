"""The whole study of clustering and finance, from firm records to the tables of the paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from .._errors import DataError, listed
from .._phrases import LANGUAGES
from .._validate import check_mapping, check_number, check_option
from ..tables import Table
from ._inputs import KEYS, SIMULATED, VALUES, firm_rows, two_years
from ._printed import (
    coverage_table,
    effects_table,
    firm_number_table,
    firm_table,
    minimum_assets_table,
    summary_table,
)
from ._words import say
from .counties import counties_of, county_regressions
from .firm_panel import firm_panel_regressions, panel_of
from .regressions import Regressions, left_out_table

__all__ = ["ClusteringStudy", "clustering_study"]

_TRILLION = 1e9  # of thousand yuan
_FIRM_TABLES = {
    "trade_credit": (("payable_debt", "receivable_output"), "Trade credit and proximity at firm level"),
    "exports": (("export_share", "exporter"), "Proximity and export"),
    "productivity": (("log_value_added", "log_value_added2"), "Proximity and total factor productivity"),
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ClusteringStudy:
    """What `clustering_study` found.

    Attributes
    ----------
    county, firm : Regressions
        Of counties, and of firms with fixed effects.
    counties, panel : DataFrame
        What they were estimated from: see `county_table` and `firm_panel`.
    coverage : DataFrame
        By year, output of the sample and official output (trillion yuan) and their ratio in percent; without
        rows when no official totals were given.
    left_out : DataFrame
        What is not used, and why: ``reason``, ``number``, up to five ``examples``.
    simulated : bool
        Whether the firms say that they are simulated; then every table says so.
    small_output : float
        Firms with less output, in thousand yuan, are small.
    """

    county: Regressions
    firm: Regressions
    counties: pd.DataFrame
    panel: pd.DataFrame
    coverage: pd.DataFrame
    left_out: pd.DataFrame
    simulated: bool
    small_output: float

    def __repr__(self) -> str:
        early, late = self.county.years
        numbers = self.counties.groupby("year")["firms"].sum()
        return (
            f"Clustering and finance, {early} and {late}{' (simulated firms)' if self.simulated else ''}: "
            f"{numbers[early]:,} and {numbers[late]:,} firms in counties, {len(self.panel) // 2:,} of both "
            f"years; {len(self.county.fits)} regressions of counties, {len(self.firm.fits)} of firms"
        )

    def effect_sizes(self) -> pd.DataFrame:
        """One standard deviation of proximity in percent of the mean, of all regressions; one row each."""
        return pd.concat([self.county.effect_sizes(), self.firm.effect_sizes()], ignore_index=True)

    def tidy(self) -> pd.DataFrame:
        """All coefficients of counties and firms, one row each."""
        return pd.concat([self.county.tidy(), self.firm.tidy()], ignore_index=True)

    @property
    def tables(self) -> dict[str, Table]:
        """The tables of the paper by name, in its order and in English.

        ``coverage`` (with official totals), ``summary``, ``minimum_assets``, ``trade_credit``,
        ``firm_numbers``, ``exports``, ``productivity`` and, beyond the paper, ``effect_sizes``.
        """
        return self.tables_in("en")

    def tables_in(self, lang: Literal["en", "zh"]) -> dict[str, Table]:
        """The same tables in English or Chinese.

        Parameters
        ----------
        lang : {"en", "zh"}
            Language of titles, labels and notes.

        Returns
        -------
        dict of str to Table
            By the names of `tables`.

        Raises
        ------
        OptionError
            `lang` is not one of the words.
        """
        check_option("lang", lang, LANGUAGES)
        simulated = (say(lang, "Simulated firms: no real firm or county."),) if self.simulated else ()
        both: Any = {"lang": lang, "notes": simulated}
        tables = {} if self.coverage.empty else {"coverage": coverage_table(self.coverage, **both)}
        tables["summary"] = summary_table(self.counties, self.panel, self.county.years, **both)
        tables["minimum_assets"] = minimum_assets_table(self.county, **both)
        for name, (outcomes, title) in _FIRM_TABLES.items():
            tables[name] = firm_table(self.firm, outcomes, title=title, **both)
            if name == "trade_credit":
                tables["firm_numbers"] = firm_number_table(
                    self.county, small_output=self.small_output, **both
                )
        tables["effect_sizes"] = effects_table(self.effect_sizes(), **both)
        return tables


def clustering_study(
    firms: Any,
    phi: pd.DataFrame,
    *,
    official: Mapping[int, float] | None = None,
    vcov: Literal["robust", "cluster"] = "robust",
    county_effects: Literal["none", "province"] = "none",
    small_output: float = 5000.0,
    missing: Literal["error", "drop"] = "error",
    columns: Mapping[str, str] | None = None,
) -> ClusteringStudy:
    """Study clustering and finance: regressions of counties and firms on proximity, and the paper's tables.

    Parameters
    ----------
    firms : data frame or path
        One row per firm and year, of exactly two years, with the columns of `firm_panel`: any frame that
        `spatialfin.firms.firm_cells` takes, or a file.
    phi : DataFrame
        Proximity of the industries, as `spatialfin.indices.industry_proximity` returns it.
    official : mapping of int to float, optional
        Official gross industrial output by year, trillion yuan, to compare the sample with.
    vcov : {"robust", "cluster"}
        Standard errors of the firm regressions; those of counties are robust.
    county_effects : {"none", "province"}
        Fixed effects in the county regressions.
    small_output : float, default 5000
        Firms with less output, in thousand yuan, are small.
    missing : {"error", "drop"}
        What to do with industries that `phi` does not hold.
    columns : mapping of str to str, optional
        Name here -> name in `firms`, where they differ.

    Returns
    -------
    ClusteringStudy
        ``.tables`` maps names to tables that save to docx, tex, html, csv and xlsx.

    Raises
    ------
    DataError
        Missing columns, one year only, no firm in both years, official totals of other years.
    AlignmentError
        Industries that `phi` does not hold.
    MissingExtraError
        pyfixest (extra ``firms``) or, for the tables, maketables (extra ``tables``) is not installed.

    Notes
    -----
    Runs `county_table`, `county_regressions`, `firm_panel` and `firm_panel_regressions` [1]_; the firms are
    read once. In a study file this is what a step of the kind ``clustering`` runs, whose page shows every
    table.

    References
    ----------
    .. [1] Long, C. and Zhang, X. (2011). Cluster-based industrialization in China: Financing and performance.
       Journal of International Economics 84, 112-123.

    Examples
    --------
    >>> import spatialfin as sf
    >>> census = sf.simulate.firm_census(fraction=0.02)
    >>> study = sf.clustering.clustering_study(census.firms, census.industry_proximity)
    >>> list(study.tables)  # doctest: +NORMALIZE_WHITESPACE
    ['summary', 'minimum_assets', 'trade_credit', 'firm_numbers', 'exports', 'productivity', 'effect_sizes']
    """
    check_option("vcov", vcov, ("robust", "cluster"))
    check_option("county_effects", county_effects, ("none", "province"))
    check_number("small_output", small_output, between=(0, float("inf")))
    rows = firm_rows(firms, columns, (*KEYS, *VALUES))
    years = two_years(rows, "firms")
    coverage = _coverage(rows, official, years)
    counties = counties_of(rows, phi, small_output=small_output, missing=missing)
    panel = panel_of(rows, counties)
    county = county_regressions(counties, effects=county_effects)
    firm = firm_panel_regressions(panel, vcov=vcov)
    unplaced = counties.attrs["without_county"]
    without = left_out_table(
        [(f"firms without a county in {year}", count, []) for year, count in unplaced.items()]
    )
    reasons = [without, county.left_out, firm.left_out]
    return ClusteringStudy(
        county, firm, counties, panel, coverage,
        pd.concat([part for part in reasons if len(part)] or [without], ignore_index=True),
        rows.attrs[SIMULATED], float(small_output),
    )  # fmt: skip


def _coverage(
    rows: pd.DataFrame, official: Mapping[int, float] | None, years: tuple[int, int]
) -> pd.DataFrame:
    """Output of the sample and official output by year, trillion yuan, and their ratio in percent."""
    check_mapping("official", official)
    given = dict(official or {})
    if given and set(given) != set(years):
        raise DataError(
            f"official: totals of {listed(sorted(given, key=str))} for firms of {listed(years)}. "
            "Give one total per year, in trillion yuan."
        )
    for year, total in given.items():
        check_number(f"official[{year}]", total, between=(0, float("inf")))
    sample = rows.groupby("year")["output"].sum() / _TRILLION
    totals = pd.Series(given, name="official", dtype=float).rename_axis("year").sort_index()
    table = pd.DataFrame({"sample": sample.reindex(totals.index), "official": totals})
    return table.assign(percent=100 * table["sample"] / table["official"])
