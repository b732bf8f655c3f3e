"""Tables of the study in the layout of the papers: their rows in their order, under their labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import TYPE_CHECKING

import pandas as pd

from ..tables import Table, descriptive_table, frame_table, regression_table, variable_table
from ..tables.regression import STAR_LEVELS
from ._inputs import SIZES
from .counties import LEVELS, named
from .regressions import Regression, Regressions

if TYPE_CHECKING:
    from ..models import ModelResult

INDEX = ["block", "label", "line"]
_OWNERS = "HMT stands for firms owned by Hong Kong, Macao and Taiwan."
_BOTH = "Sample includes only firms that are surveyed in both years."
_CONTROLS = {
    "age": "Firm age",
    "log_output": "Log(sales)",
    "log_employment": "Log(labor)",
    "log_assets": "Log(asset)",
    "debt_ratio": "Debt/asset",
    "fixed_ratio": "Fixed asset/total asset",
    "private_share": "Private share%",
    "hmt_share": "HMT share%",
    "foreign_share": "Other foreign share%",
    "Intercept": "Constant",
}
_WORDS = {"assets": "asset", "employment": "employment", "output": "output"}
OUTCOME_WORDS = {
    "minimum_assets": "minimum asset",
    "p5_assets": "5 percentile level of asset",
    "p10_assets": "10 percentile asset",
    "log_firms": "Log(average number of firms), all firms",
    "log_small_firms": "Log(average number of firms), small firms",
    "payable_debt": "accounts payable/total debt",
    "receivable_output": "accounts receivable/revenue",
    "export_share": "export/sales",
    "exporter": "exporter",
    "log_value_added": "log(value added1)",
    "log_value_added2": "log(value added2)",
}


def minimum_assets_table(county: Regressions, *, notes: Sequence[str] = ()) -> Table:
    """Smallest assets on proximity: three outcomes below each other, the last column without proximity."""
    early, late = county.years
    titles = {"minimum_assets": "Minimum", "p5_assets": "5 percentile", "p10_assets": "10 percentile"}
    parts = []
    for outcome in LEVELS:
        fits = [county.fit(outcome, size) for size in (*SIZES, "")]
        labels = {f"{outcome}_{early}": f"{titles[outcome]} asset in {early}"}
        labels |= {f"proximity_{size}": f"Proximity in {early} (w={_WORDS[size]})" for size in SIZES}
        block = f"Dependent variable={OUTCOME_WORDS[outcome]} in {late}"
        parts.append(_coefficients(fits, labels, block))
        parts.append(_line((block, "R-squared", ""), [f"{fit.r2:.2f}" for fit in fits]))
    # The same for all three: assets of a county have a minimum and percentiles, or none.
    parts.append(_line(("statistics", "Observations", ""), _observations(fits)))
    frame = pd.concat(parts)
    frame.columns = pd.Index(["(1)", "(2)", "(3)", "(4)"])
    gains = [county.fit("minimum_assets", size) for size in SIZES]
    gained = ", ".join(f"({place}) {fit.r2 - fit.r2_without:.3f}" for place, fit in enumerate(gains, 1))
    levels = "lowest amount, the lowest 5 percentile, and the lowest 10 percentile"
    own = (
        f"Minimum asset is the {levels} of assets among firms at the county level in {late} (in millions of "
        "RMB), respectively, in the three panels.",
        *_marks(county.fits[0]),
        f"R-squared gained by proximity, minimum asset, on the same counties: {gained}.",
        *named(county.left_out),
    )
    title = "Minimum level of assets and proximity at county level"
    return Table(frame, title=title, notes=(*own, *notes))


def firm_number_table(county: Regressions, *, small_output: float, notes: Sequence[str] = ()) -> Table:
    """Log number of firms on proximity: all firms, and small firms."""
    early, late = county.years
    words = {"log_firms": "All firms", "log_small_firms": "Small firms"}
    heads = {outcome: head for outcome, head in words.items() if county.has(outcome)}
    fits = [county.fit(outcome, size) for outcome in heads for size in ("output", "employment", "assets")]
    labels = {f"proximity_{size}": f"Proximity_{_WORDS[size]}" for size in ("output", "employment", "assets")}
    # The lagged number of small firms is another regressor in the same row.
    labels |= {f"{outcome}_{early}": f"Log(average firm number) in {early}" for outcome in heads}
    labels |= {"Intercept": "Constant"}
    frame = pd.concat([_coefficients(fits, labels), _fit_lines(fits)])
    above = f"Dependent variable=Log(average number of firms) in {late}"
    frame.columns = pd.MultiIndex.from_tuples(
        [(above, heads[fit.outcome], f"({place})") for place, fit in enumerate(fits, 1)]
    )
    own = (
        "The number of firms is that of the county; small firms have an output below "
        f"{small_output / 1000:g} million yuan.",
        *_marks(fits[0]),
        *named(county.left_out),
    )
    return Table(frame, title="Effects of proximity on firm number", notes=(*own, *notes))


def firm_table(firm: Regressions, outcomes: Sequence[str], *, title: str, notes: Sequence[str] = ()) -> Table:
    """Outcomes of firms side by side, each by the three proximities."""
    fits = [firm.fit(outcome, size) for outcome in outcomes if firm.has(outcome) for size in SIZES]
    year = f"Year{firm.years[1] % 100:02d}"
    labels = {f"proximity_{size}": f"Proximity_{_WORDS[size]}" for size in SIZES}
    order = list(dict.fromkeys(term for fit in fits for term in fit.coefficients.index))
    words = {**_CONTROLS, "late": year}
    words |= {
        f"{name}_late": f"{_CONTROLS[name]}*{year.lower()}" for name in ("log_employment", "log_assets")
    }
    labels |= {term: words[term] for term in order if term not in labels}
    frame = pd.concat([_coefficients(fits, labels), _fit_lines(fits)])
    frame.columns = pd.MultiIndex.from_tuples(
        [
            (f"Dependent variable={OUTCOME_WORDS[fit.outcome]}", f"({place})")
            for place, fit in enumerate(fits, 1)
        ]
    )
    incomplete = [fit.incomplete for fit in fits]
    singletons = [fit.singletons for fit in fits]
    dropped = (
        f"Rows left out because a variable is missing: {_span(incomplete)}; firms that are then in one year "
        f"only (singletons): {_span(singletons)}."
    )
    own = (_BOTH, f"{_OWNERS} {year} is a dummy variable for {firm.years[1]}.", *_marks(fits[0]), dropped)
    return Table(frame, title=title, notes=(*own, *named(firm.left_out), *notes))


def coverage_table(coverage: pd.DataFrame, *, notes: Sequence[str] = ()) -> Table:
    """Totals of the sample beside the official ones."""
    frame = coverage.copy()
    frame.columns = pd.MultiIndex.from_tuples(
        [
            ("Gross Industrial Output (trillions of RMB, at current prices)", name)
            for name in ("Sample (1)", "Statistical Yearbook (2)", "(1)/(2)*100%")
        ]
    )
    frame.index = pd.Index([str(year) for year in frame.index])
    return Table(frame, title="Comparing sample with aggregate data", notes=tuple(notes))


def summary_table(
    counties: pd.DataFrame, panel: pd.DataFrame, years: tuple[int, int], *, notes: Sequence[str] = ()
) -> Table:
    """Mean, standard deviation, minimum, maximum and number: counties (panel A) and firms (panel B)."""
    early, late = years
    wide = counties.set_index(["county", "year"]).unstack("year")
    county = {
        f"Proximity {year} (w={_WORDS[size]})": wide[f"proximity_{size}", year]
        for year in (late, early)
        for size in ("output", "employment", "assets")
    }
    county |= {f"Minimum asset {year} (in millions)": wide["minimum_assets", year] for year in (late, early)}
    firm = {
        "Firm age": "age", "Private%": "private_share", "HMT%": "hmt_share",
        "Other foreign%": "foreign_share", "Log(value added)": "log_value_added",
        "Log(value added2)": "log_value_added2", "Log(asset)": "log_assets",
        "Log(employment)": "log_employment", "Export/sales": "export_share", "Exporter": "exporter",
        "Accounts receivable/revenue": "receivable_output", "Accounts payable/total debt": "payable_debt",
        "Debt/asset": "debt_ratio", "Fixed asset/asset": "fixed_ratio",
    }  # fmt: skip
    blocks = {
        "Panel A: county-level variables": pd.DataFrame(county),
        "Panel B: firm-level variables": pd.DataFrame(
            {label: panel[name] for label, name in firm.items() if name in panel}
        ),
    }
    frame = pd.concat([_moments(block, data) for block, data in blocks.items()])
    own = (_OWNERS, "Firms that are surveyed in both years.")
    title = "Summary statistics of variables used in regressions"
    return Table(frame, title=title, notes=(*own, *notes))


def effects_table(sizes: pd.DataFrame, *, notes: Sequence[str] = ()) -> Table:
    """What one standard deviation of proximity changes, and the way from its lowest to its highest value."""
    shown = sizes.assign(
        outcome=sizes["outcome"].map(OUTCOME_WORDS), proximity=sizes["proximity"].map(_WORDS)
    ).set_index(["outcome", "proximity"])
    heads = {
        "estimate": "Estimate", "proximity_sd": "SD of proximity", "sd_effect": "Effect of one SD",
        "outcome_mean": "Mean of outcome", "percent_of_mean": "% of mean", "percent_low": "95% low",
        "percent_high": "95% high", "range_effect": "Lowest to highest", "r2_gain": "Gain in R²",
    }  # fmt: skip
    frame = shown[list(heads)].rename(columns=heads)
    frame.index.names = ["Outcome", "Proximity"]
    own = (
        "One standard deviation of proximity over the rows of the regression, in percent of the mean "
        "outcome; for outcomes in logs, the percentage by which the outcome itself changes. The interval is "
        "that of the estimate.",
        "Gain in R²: against the regression without proximity on the same counties.",
    )
    return frame_table(frame, title="Size of the effects of proximity", notes=(*own, *notes))


def provincial_variable_table() -> Table:
    """The variables of the provincial study, what they mean, and their units."""
    rows = [
        ("fin", "(Total regional savings and loans in province i in period j/total population in province i "
         "in period j)/(Total national savings and loans in period j/total national population in period j)",
         ""),
        ("turnover", "Amount of signed projects in strategic emerging industries", "thousand dollars"),
        ("num", "Number of projects signed in strategic emerging industries", "term"),
        ("patent", "Number of domestic patent applications granted", "term"),
        ("human", "Full-time equivalents of RD personnel in industrial enterprises above designated size",
         "man-year"),
        ("open", "Total exports and imports of goods by location of business unit (thousands of dollars)/"
         "local GDP", ""),
    ]  # fmt: skip
    records = [dict(zip(("symbol", "definition", "unit"), row, strict=True)) for row in rows]
    frame = variable_table(records).frame[["Definition", "Unit"]]
    frame = frame.rename(columns={"Definition": "Meaning"}).rename_axis("Variable")
    return Table(frame, title="Relevant variables and their meanings")


def provincial_fit_table(fits: Sequence[ModelResult], *, simulated: bool) -> Table:
    """The two columns with t statistics; estimates to at least three significant digits, as printed."""
    labels = {
        "log(turnover)": "lturnover", "log(human)": "lhuman", "log(patent)": "lpatent", "open": "open",
        "num": "num", "turnover": "turnover", "Intercept": "_cons",
    }  # fmt: skip
    table = regression_table(list(fits), labels=labels, parentheses="t", digits=2)
    frame = table.frame.copy()
    places = {key: row for row, key in enumerate(frame.index)}
    for place, fit in enumerate(fits):
        for term, estimate in fit.params.items():
            row = places["coefficients", labels[str(term)], "estimate"]
            stars = "*" * str(frame.iloc[row, place]).count("*")
            frame.iloc[row, place] = _significant(float(estimate)) + stars
    frame = frame.loc[[key for key in frame.index if key[0] == "coefficients" or key[1] == "N"]]
    frame.columns = pd.Index([f"({place}) {fit.depvar}" for place, fit in enumerate(fits, 1)])
    notes = ("Simulated data with published coefficients planted: no real province.",) if simulated else ()
    return Table(frame, title="Ols regression", notes=(table.notes[0], *notes))


def _significant(value: float) -> str:
    """Three significant digits, four from one on (2.515, 14.62), without an exponent."""
    if value == 0:
        return "0"
    digits = 2 - floor(log10(abs(value)))
    return f"{value:.{max(digits + (abs(value) >= 1), 0)}f}"


def _coefficients(
    fits: Sequence[Regression], labels: Mapping[str, str], block: str = "coefficients"
) -> pd.DataFrame:
    """Estimates with stars and standard errors below, the rows in the order of `labels`.

    Terms of different fits may share a label, and then a row. Small numbers are printed as 0.000, as there.
    """
    rows: dict[tuple[str, str, str], list[str]] = {}
    for label in dict.fromkeys(labels.values()):
        terms = [term for term, name in labels.items() if name == label]
        found = [fit.coefficients.loc[fit.coefficients.index.isin(terms)] for fit in fits]
        rows[block, label, "estimate"] = [_starred(*one["estimate"], *one["p_value"]) for one in found]
        rows[block, label, "se"] = ["".join(f"{value:.3f}" for value in one["std_error"]) for one in found]
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.index = pd.MultiIndex.from_tuples(list(rows), names=INDEX)
    return frame


def _starred(estimate: float | None = None, p_value: float = 1.0) -> str:
    if estimate is None:
        return ""
    marks = next((mark for level, mark in STAR_LEVELS if p_value < level), "")
    return f"{estimate:.3f}{marks}"


def _observations(fits: Sequence[Regression]) -> list[str]:
    return [f"{fit.nobs:,}" for fit in fits]


def _fit_lines(fits: Sequence[Regression]) -> pd.DataFrame:
    return pd.concat(
        [
            _line(("statistics", "Observations", ""), _observations(fits)),
            _line(("statistics", "R-squared", ""), [f"{fit.r2:.2f}" for fit in fits]),
        ]
    )


def _line(key: tuple[str, str, str], cells: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame([list(cells)], index=pd.MultiIndex.from_tuples([key], names=INDEX))


def _moments(block: str, data: pd.DataFrame) -> pd.DataFrame:
    frame = descriptive_table(data, data.columns.tolist()).frame[["Mean", "SD", "Min", "Max", "N"]]
    for name in frame.columns:
        frame[name] = frame[name].map("{:,}".format if name == "N" else "{:.3f}".format)
    frame.index = pd.MultiIndex.from_tuples([(block, label, "") for label in frame.index], names=INDEX)
    return frame


def _marks(fit: Regression) -> tuple[str, ...]:
    effects = " Fixed effects of the province." if fit.effects == "province" else ""
    return (
        "The symbols *, **, and *** stand for significance level at 10%, 5%, and 1%, respectively. Standard "
        f"errors {fit.vcov} are in parentheses.{effects}",
    )


def _span(counts: Sequence[int]) -> str:
    least, most = min(counts), max(counts)
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"
