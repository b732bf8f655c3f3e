"""Tables of the study in the layout of the papers: their rows in their order, under their labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import TYPE_CHECKING

import pandas as pd

from ..tables import Table, descriptive_table, frame_table, regression_table, variable_table
from ..tables.regression import STAR_LEVELS
from ._inputs import SIZES
from ._words import say
from .counties import LEVELS
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


def minimum_assets_table(county: Regressions, *, lang: str, notes: Sequence[str] = ()) -> Table:
    """Smallest assets on proximity: three outcomes below each other, the last column without proximity."""
    early, late = county.years
    titles = {"minimum_assets": "Minimum", "p5_assets": "5 percentile", "p10_assets": "10 percentile"}
    parts = []
    for outcome in LEVELS:
        fits = [county.fit(outcome, size) for size in (*SIZES, "")]
        labels = {f"{outcome}_{early}": say(lang, f"{titles[outcome]} asset in {{year}}", year=early)}
        labels |= {
            f"proximity_{size}": say(
                lang, "Proximity in {year} (w={size})", year=early, size=say(lang, _WORDS[size])
            )
            for size in SIZES
        }
        name = say(lang, OUTCOME_WORDS[outcome])
        block = say(lang, "Dependent variable={name} in {year}", name=name, year=late)
        parts.append(_coefficients(fits, labels, block))
        parts.append(_line((block, say(lang, "R-squared"), ""), [f"{fit.r2:.2f}" for fit in fits]))
    # The same for all three: assets of a county have a minimum and percentiles, or none.
    parts.append(_line(("statistics", say(lang, "Observations"), ""), _observations(fits)))
    frame = pd.concat(parts)
    frame.columns = pd.Index(["(1)", "(2)", "(3)", "(4)"])
    gains = [county.fit("minimum_assets", size) for size in SIZES]
    gained = ", ".join(f"({place}) {fit.r2 - fit.r2_without:.3f}" for place, fit in enumerate(gains, 1))
    levels = (
        "Minimum asset is the lowest amount, the lowest 5 percentile, and the lowest 10 percentile of assets "
        "among firms at the county level in {year} (in millions of RMB), respectively, in the three panels."
    )
    own = (
        say(lang, levels, year=late),
        _marks(county.fits[0], lang),
        say(
            lang,
            "R-squared gained by proximity, minimum asset, on the same counties: {gained}.",
            gained=gained,
        ),
        *_left_out(county.left_out, lang),
    )
    title = say(lang, "Minimum level of assets and proximity at county level")
    return Table(frame, title=title, notes=(*own, *notes))


def firm_number_table(
    county: Regressions, *, small_output: float, lang: str, notes: Sequence[str] = ()
) -> Table:
    """Log number of firms on proximity: all firms, and small firms."""
    early, late = county.years
    words = {"log_firms": "All firms", "log_small_firms": "Small firms"}
    heads = {outcome: head for outcome, head in words.items() if county.has(outcome)}
    fits = [county.fit(outcome, size) for outcome in heads for size in ("output", "employment", "assets")]
    labels = _proximity_labels(("output", "employment", "assets"), lang)
    # The lagged number of small firms is another regressor in the same row.
    before = say(lang, "Log(average firm number) in {year}", year=early)
    labels |= {f"{outcome}_{early}": before for outcome in heads}
    labels |= {"Intercept": say(lang, "Constant")}
    frame = pd.concat([_coefficients(fits, labels), _fit_lines(fits, lang)])
    number = say(lang, "Log(average number of firms)")
    above = say(lang, "Dependent variable={name} in {year}", name=number, year=late)
    frame.columns = pd.MultiIndex.from_tuples(
        [(above, say(lang, heads[fit.outcome]), f"({place})") for place, fit in enumerate(fits, 1)]
    )
    own = (
        say(
            lang,
            "The number of firms is that of the county; small firms have an output below {limit:g} million "
            "yuan.",
            limit=small_output / 1000,
        ),
        _marks(fits[0], lang),
        *_left_out(county.left_out, lang),
    )
    title = say(lang, "Effects of proximity on firm number")
    return Table(frame, title=title, notes=(*own, *notes))


def firm_table(
    firm: Regressions, outcomes: Sequence[str], *, title: str, lang: str, notes: Sequence[str] = ()
) -> Table:
    """Outcomes of firms side by side, each by the three proximities."""
    fits = [firm.fit(outcome, size) for outcome in outcomes if firm.has(outcome) for size in SIZES]
    late = firm.years[1]
    labels = _proximity_labels(SIZES, lang)
    order = list(dict.fromkeys(term for fit in fits for term in fit.coefficients.index))
    words = {term: say(lang, word) for term, word in _CONTROLS.items()}
    words |= {
        f"{name}_late": say(lang, "{name}*year{year:02d}", name=words[name], year=late % 100)
        for name in ("log_employment", "log_assets")
    }
    words["late"] = say(lang, "Year{year:02d}", year=late % 100)
    labels |= {term: words[term] for term in order if term not in labels}
    frame = pd.concat([_coefficients(fits, labels), _fit_lines(fits, lang)])
    names = [say(lang, OUTCOME_WORDS[fit.outcome]) for fit in fits]
    frame.columns = pd.MultiIndex.from_tuples(
        [
            (say(lang, "Dependent variable={name}", name=name), f"({place})")
            for place, name in enumerate(names, 1)
        ]
    )
    dropped = say(
        lang,
        "Rows left out because a variable is missing: {incomplete}; firms that are then in one year only "
        "(singletons): {singletons}.",
        incomplete=_span([fit.incomplete for fit in fits], lang),
        singletons=_span([fit.singletons for fit in fits], lang),
    )
    dummy = say(lang, "Year{short:02d} is a dummy variable for {year}.", short=late % 100, year=late)
    own = (say(lang, _BOTH), say(lang, _OWNERS), dummy, _marks(fits[0], lang), dropped)
    return Table(frame, title=say(lang, title), notes=(*own, *_left_out(firm.left_out, lang), *notes))


def _proximity_labels(sizes: Sequence[str], lang: str) -> dict[str, str]:
    return {
        f"proximity_{size}": say(lang, "Proximity_{size}", size=say(lang, _WORDS[size])) for size in sizes
    }


def coverage_table(coverage: pd.DataFrame, *, lang: str, notes: Sequence[str] = ()) -> Table:
    """Totals of the sample beside the official ones."""
    frame = coverage.copy()
    above = say(lang, "Gross Industrial Output (trillions of RMB, at current prices)")
    names = (say(lang, "Sample (1)"), say(lang, "Statistical Yearbook (2)"), "(1)/(2)*100%")
    frame.columns = pd.MultiIndex.from_tuples([(above, name) for name in names])
    frame.index = pd.Index([str(year) for year in frame.index])
    return Table(frame, title=say(lang, "Comparing sample with aggregate data"), notes=tuple(notes))


def summary_table(
    counties: pd.DataFrame,
    panel: pd.DataFrame,
    years: tuple[int, int],
    *,
    lang: str,
    notes: Sequence[str] = (),
) -> Table:
    """Mean, standard deviation, minimum, maximum and number: counties (panel A) and firms (panel B)."""
    early, late = years
    wide = counties.set_index(["county", "year"]).unstack("year")
    county = {
        say(lang, "Proximity {year} (w={size})", year=year, size=say(lang, _WORDS[size])): wide[
            f"proximity_{size}", year
        ]
        for year in (late, early)
        for size in ("output", "employment", "assets")
    }
    county |= {
        say(lang, "Minimum asset {year} (in millions)", year=year): wide["minimum_assets", year]
        for year in (late, early)
    }
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
            {say(lang, label): panel[name] for label, name in firm.items() if name in panel}
        ),
    }
    frame = pd.concat([_moments(say(lang, block), data, lang) for block, data in blocks.items()])
    own = (say(lang, _OWNERS), say(lang, "Firms that are surveyed in both years."))
    title = say(lang, "Summary statistics of variables used in regressions")
    return Table(frame, title=title, notes=(*own, *notes))


def effects_table(sizes: pd.DataFrame, *, lang: str, notes: Sequence[str] = ()) -> Table:
    """What one standard deviation of proximity changes, and the way from its lowest to its highest value."""
    shown = sizes.assign(
        outcome=[say(lang, OUTCOME_WORDS[name]) for name in sizes["outcome"]],
        proximity=[say(lang, _WORDS[name]) for name in sizes["proximity"]],
    ).set_index(["outcome", "proximity"])
    heads = {
        "estimate": "Estimate", "proximity_sd": "SD of proximity", "sd_effect": "Effect of one SD",
        "outcome_mean": "Mean of outcome", "percent_of_mean": "% of mean", "percent_low": "95% low",
        "percent_high": "95% high", "range_effect": "Lowest to highest", "r2_gain": "Gain in R²",
    }  # fmt: skip
    frame = shown[list(heads)].rename(columns={name: say(lang, head) for name, head in heads.items()})
    frame.index.names = [say(lang, "Outcome"), say(lang, "Proximity")]
    size = (
        "One standard deviation of proximity over the rows of the regression, in percent of the mean "
        "outcome; for outcomes in logs, the percentage by which the outcome itself changes. The interval is "
        "that of the estimate."
    )
    gain = "Gain in R²: against the regression without proximity on the same counties."
    title = say(lang, "Size of the effects of proximity")
    return frame_table(frame, title=title, notes=(say(lang, size), say(lang, gain), *notes))


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


def _fit_lines(fits: Sequence[Regression], lang: str) -> pd.DataFrame:
    return pd.concat(
        [
            _line(("statistics", say(lang, "Observations"), ""), _observations(fits)),
            _line(("statistics", say(lang, "R-squared"), ""), [f"{fit.r2:.2f}" for fit in fits]),
        ]
    )


def _line(key: tuple[str, str, str], cells: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame([list(cells)], index=pd.MultiIndex.from_tuples([key], names=INDEX))


def _moments(block: str, data: pd.DataFrame, lang: str) -> pd.DataFrame:
    frame = descriptive_table(data, data.columns.tolist()).frame[["Mean", "SD", "Min", "Max", "N"]]
    for name in frame.columns:
        frame[name] = frame[name].map("{:,}".format if name == "N" else "{:.3f}".format)
    frame.index = pd.MultiIndex.from_tuples([(block, label, "") for label in frame.index], names=INDEX)
    return frame.rename(columns=lambda name: name if name == "N" else say(lang, name))


def _marks(fit: Regression, lang: str) -> str:
    stars = (
        "The symbols *, **, and *** stand for significance level at 10%, 5%, and 1%, respectively. Standard "
        "errors {kind} are in parentheses."
    )
    shown = say(lang, stars, kind=say(lang, fit.vcov))
    if fit.effects != "province":
        return shown
    return shown + (" " if lang == "en" else "") + say(lang, "Fixed effects of the province.")


def _left_out(left_out: pd.DataFrame, lang: str) -> tuple[str, ...]:
    """Notes of a table on what is left out."""
    columns = zip(left_out["reason"], left_out["number"], left_out["examples"], strict=True)
    return tuple(
        say(
            lang,
            "Left out: {number:,} {reason} ({examples})." if examples else "Left out: {number:,} {reason}.",
            number=number,
            reason=_reason(reason, lang),
            examples=examples,
        )
        for reason, number, examples in columns
    )


def _reason(reason: str, lang: str) -> str:
    """The phrase of a reason, which may end in a year."""
    year = re.search(r"[0-9]+$", reason)
    if year is None:
        return say(lang, reason)
    return say(lang, reason.removesuffix(year.group()) + "{year}", year=year.group())


def _span(counts: Sequence[int], lang: str) -> str:
    least, most = min(counts), max(counts)
    return f"{least:,}" if least == most else say(lang, "{least:,} to {most:,}", least=least, most=most)
