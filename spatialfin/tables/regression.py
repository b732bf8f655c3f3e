"""Fitted models side by side, read through the result format of maketables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from spatialfin._errors import DataError, listed
from spatialfin._labels import label_of
from spatialfin._phrases import LANGUAGES
from spatialfin._typing import PanelEffects
from spatialfin._validate import check_option, check_whole, require

from ._layout import REGRESSION_LEVELS, as_notes, format_number, format_p
from ._words import known, name_of, say
from .results import impacts_notes
from .table import Table

PARENTHESES = ("se", "t", "z", "p")
STATISTICS = {
    "N": "N",
    "ll": "",
    "aic": "AIC",
    "bic": "BIC",
    "r2": "R²",
    "pseudo_r2": "",
    "sigma2": "sigma²",
}
STAR_LEVELS = ((0.01, "***"), (0.05, "**"), (0.1, "*"))
_SPATIAL = ("rho", "lam")
_EFFECTS = {
    "unit_effects": ("unit", "twoway"),
    "period_effects": ("time", "twoway"),
    "random_effects": ("random", "mundlak"),
    "unit_means": ("mundlak",),
}
_PAST = "lags: "  # begins the line of the ledger on periods that only give lags
_ALWAYS_TOLD = ("unit_effects", "period_effects")
_NO_IMPACTS = ("ols", "sem")
Rows = dict[tuple[str, str, str], list[str]]


Estimate = dict[str, float]  # b se t p


@dataclass(frozen=True, slots=True)
class _Column:
    """One model as the table shows it; impacts are keyed by (horizon, impact, label)."""

    model: str
    depvar: str
    effects: str
    coefficients: dict[str, Estimate]
    statistics: dict[str, Any]
    impacts: dict[tuple[str, str, str], Estimate]
    tests: dict[str, Estimate]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Cells:
    """How an estimate and the line below it are printed."""

    parentheses: str
    stars: bool
    digits: int

    def rows(self, block: str, label: str, found: Sequence[Estimate | None]) -> Rows:
        """Two lines, blank where a model does not have the term."""
        below = "t" if self.parentheses == "z" else self.parentheses
        return {
            (block, label, "estimate"): ["" if one is None else self._starred(one) for one in found],
            (block, label, self.parentheses): [
                "" if one is None else self._below(one[below]) for one in found
            ],
        }

    def _below(self, value: float) -> str:
        return (format_p if self.parentheses == "p" else format_number)(value, self.digits)

    def _starred(self, one: Estimate) -> str:
        marks = next((mark for level, mark in STAR_LEVELS if one["p"] < level), "") if self.stars else ""
        return format_number(one["b"], self.digits) + marks


def regression_table(
    results: Any,
    *,
    labels: Mapping[str, str] | None = None,
    parentheses: str = "se",
    impacts: bool | Sequence[Any] = False,
    diagnostics: bool = False,
    stars: bool = True,
    digits: int = 3,
    title: str = "",
    notes: str | Sequence[str] = (),
    lang: Literal["en", "zh"] = "en",
) -> Table:
    """Fitted models side by side: coefficients, spatial parameters, impacts, effects, fit.

    Parameters
    ----------
    results : result or sequence of results
        Fits of spatialfin, or of any package that maketables reads (statsmodels, pyfixest, linearmodels).
    labels : mapping of str to str, optional
        Term to label, also for the dependent variable. ``W(lq)`` and ``lq:depth`` are composed from the
        labels of their parts.
    parentheses : {"se", "t", "z", "p"}, default "se"
        What stands below each estimate. ``"t"`` and ``"z"`` print the same ratio of estimate and standard
        error under the name you prefer.
    impacts : bool or sequence, default False
        True adds direct, indirect and total impacts (``result.impacts()``) of the models that have
        spillovers; a sequence gives the impacts to print, one entry or None per model.
    diagnostics : bool, default False
        Add the tests for spatial dependence of the results that have them, with their p-values.
    stars : bool, default True
        Mark p < .1, .05 and .01 with one, two and three stars.
    digits : int, default 3
        Decimals.
    title : str, optional
        Caption.
    notes : str or sequence of str, optional
        Further notes, printed after the ones the table writes itself.
    lang : {"en", "zh"}, default "en"
        Language of these notes, of the constant, the statistics, the tests and the headings of blocks.

    Returns
    -------
    Table
        The index of ``.frame`` has the levels block (coefficients, spatial, impacts, statistics, tests),
        label and line (``estimate`` or what stands in parentheses); its columns the dependent variable, the
        model and a number.

    Raises
    ------
    OptionError
        `parentheses` or `lang` is not one of the words.
    DataError
        There is no result, two terms get the same label, or `impacts` does not match the results.
    MissingExtraError
        The extra ``tables`` is not installed.

    Examples
    --------
    >>> import pandas as pd
    >>> class Fit:
    ...     label = "SAR"
    ...     __maketables_depvar__ = "growth"
    ...     __maketables_coef_table__ = pd.DataFrame(
    ...         {"b": [1.5, -0.25], "se": [0.5, 0.5], "t": [3.0, -0.5], "p": [0.003, 0.617]},
    ...         index=["lq", "rho"],
    ...     )
    ...     def __maketables_stat__(self, key):
    ...         return {"N": 31}.get(key)
    >>> print(regression_table(Fit(), labels={"lq": "Location quotient"}, digits=2))
                        growth
                           SAR
                           (1)
    --------------------------
    Location quotient  1.50***
                        (0.50)
    --------------------------
    rho                  -0.25
                        (0.50)
    --------------------------
    N                       31
    --------------------------
    Standard errors in parentheses. * p < 0.1, ** p < 0.05, *** p < 0.01.
    """
    check_option("parentheses", parentheses, PARENTHESES)
    check_option("lang", lang, LANGUAGES)
    check_whole("digits", digits)
    every = list(results) if isinstance(results, list | tuple) else [results]
    if not every:
        raise DataError("regression_table: no results. Give at least one fitted model.")
    labels = {"Intercept": say(lang, "constant"), **(labels or {})}
    chosen = _chosen_impacts(every, impacts)
    columns = [
        _read(result, found, labels, diagnostics=diagnostics, lang=lang)
        for result, found in zip(every, chosen, strict=True)
    ]
    cells = _Cells(parentheses, stars, digits)
    rows = _coefficient_rows(columns, cells, labels)
    rows.update(_impact_rows(columns, cells, lang))
    rows.update(_effect_rows([column.effects for column in columns], lang))
    rows.update(_statistic_rows(columns, digits, lang))
    rows.update(_test_rows(columns, replace(cells, parentheses="p"), lang))
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.index = pd.MultiIndex.from_tuples(list(rows), names=REGRESSION_LEVELS)
    heads = [
        (label_of(column.depvar, labels), column.model, f"({number})")
        for number, column in enumerate(columns, 1)
    ]
    frame.columns = pd.MultiIndex.from_tuples(heads, names=["dependent", "model", "column"])
    first = say(lang, "in_parentheses", what=say(lang, parentheses))
    first += (" " if lang == "en" else "") + say(lang, "stars") if stars else ""
    own = _merged_notes([column.notes for column in columns])
    return Table(frame, title=title, notes=(first, *own, *as_notes(notes)), digits=digits)


def _chosen_impacts(results: list[Any], impacts: bool | Sequence[Any]) -> list[Any]:
    """The impacts to print, one entry or None per result."""
    if impacts is False:
        return [None] * len(results)
    if impacts is True:
        return [
            result.impacts() if hasattr(result, "impacts") and result.model not in _NO_IMPACTS else None
            for result in results
        ]
    chosen = list(impacts)
    if len(chosen) != len(results):
        raise DataError(
            f"impacts: {len(chosen)} entries for {len(results)} results. "
            "Give one per result, None for those without."
        )
    return chosen


def _read(
    result: Any, impacts: Any, labels: Mapping[str, str] | None, *, diagnostics: bool, lang: str
) -> _Column:
    extractor = _extractor(result)
    table = extractor.coef_table(result).reindex(columns=["b", "se", "t", "p"]).astype(float)
    table["t"] = table["t"].fillna(table["b"] / table["se"])
    tested = diagnostics and getattr(result, "diagnostics", None) is not None
    return _Column(
        model=_heading(result, lang),
        depvar=str(extractor.depvar(result)),
        effects=_panel_effects(result),
        coefficients={str(term): dict(row) for term, row in table.iterrows()},
        statistics={key: extractor.stat(result, key) for key in STATISTICS},
        impacts={} if impacts is None else _impact_estimates(impacts, labels),
        tests=_test_estimates(result.diagnostics) if tested else {},
        notes=_result_notes(result, impacts, labels, diagnostics=tested, lang=lang),
    )


def _extractor(result: Any) -> Any:
    """What reads a fitted model of this package or of one that maketables knows."""
    maketables = require("maketables", "tables")
    try:
        return maketables.get_extractor(result)
    except TypeError as error:
        raise DataError(
            f"regression_table: a {type(result).__name__} is no fitted model. "
            "Give what fit_cross_section or fit_panel returned, or a list of it."
        ) from error


def _heading(result: Any, lang: str) -> str:
    """The model's word, with the estimator unless it is maximum likelihood (or least squares)."""
    word = getattr(result, "label", None)
    if not isinstance(word, str):
        return type(result).__name__
    if word.startswith("dynamic "):
        word = say(lang, "dynamic", model=word.removeprefix("dynamic "))
    estimator = getattr(result, "estimator", "ml")
    return word if estimator == "ml" else f"{word} ({str(estimator).upper()})"


def _panel_effects(result: Any) -> str:
    """The word for the effects of a panel; other packages mean other things by the attribute."""
    effects = getattr(result, "effects", "")
    return effects if isinstance(effects, str) and effects in get_args(PanelEffects) else ""


def _test_estimates(diagnostics: pd.DataFrame) -> dict[str, Estimate]:
    return {
        str(test): {"b": float(statistic), "p": float(p_value)}
        for test, statistic, p_value in zip(
            diagnostics["test"], diagnostics["statistic"], diagnostics["p_value"], strict=True
        )
    }


def _impact_estimates(impacts: Any, labels: Mapping[str, str] | None) -> dict[tuple[str, str, str], Estimate]:
    tidy = impacts.tidy()
    keys = [
        (str(getattr(row, "horizon", "static")), str(row.impact), label_of(row.variable, labels))
        for row in tidy.itertuples()
    ]
    numbers = tidy[["estimate", "std_error", "z", "p_value"]].set_axis(["b", "se", "t", "p"], axis=1)
    return dict(zip(keys, numbers.to_dict("records"), strict=True))


def _result_notes(
    result: Any, impacts: Any, labels: Mapping[str, str] | None, *, diagnostics: bool, lang: str
) -> tuple[str, ...]:
    """What a reader must know about one column: weights, standard errors, impacts, tests."""
    found = []
    made = _made(result)
    if getattr(result, "weights_name", ""):
        of_weights = "; ".join(line for line in made if not line.startswith(_PAST))
        key = "weights_made" if of_weights else "weights"
        found.append(say(lang, key, name=result.weights_name, made=of_weights))
    found += [say(lang, "sample", text=line.removeprefix(_PAST)) for line in made if line.startswith(_PAST)]
    vcov = getattr(result, "vcov", None)
    if isinstance(vcov, str):
        least_squares = getattr(result, "model", "") in ("ols", "slx") and vcov == "expected"
        key = f"vcov_{'classical' if least_squares else vcov}"
        found.append(say(lang, "vcov", words=say(lang, key) if known(key) else vcov))
    if impacts is not None:
        found += impacts_notes(impacts, labels, lang)
    if diagnostics:
        residuals = result.diagnostics["residuals"].astype(str).unique()
        both = " and " if lang == "en" else " 与 "
        shown = both.join(name_of(lang, text) for text in residuals)
        found.append(say(lang, "tests_note", residuals=shown))
    return tuple(found)


def _made(result: Any) -> list[str]:
    """How W and the sample were made; what the fit itself added to the ledger stays out."""
    ledger = getattr(getattr(result, "provenance", None), "ledger", ())
    return list(takewhile(lambda entry: not entry.startswith("engine:"), ledger))


def _merged_notes(per_column: list[tuple[str, ...]]) -> list[str]:
    """Each note once; with its column numbers unless it holds for all columns."""
    holders: dict[str, list[int]] = {}
    for number, notes in enumerate(per_column, 1):
        for note in notes:
            holders.setdefault(note, []).append(number)
    merged = []
    for note, numbers in holders.items():
        where = "" if len(numbers) == len(per_column) else _column_numbers(numbers) + " "
        merged.append(where + note)
    return merged


def _column_numbers(numbers: list[int]) -> str:
    """``(1)-(3) (5)``: neighbours are a range from three on."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return " ".join(
        f"({run[0]})-({run[-1]})" if len(run) > 2 else " ".join(f"({number})" for number in run)
        for run in runs
    )


def _coefficient_rows(columns: list[_Column], cells: _Cells, labels: Mapping[str, str] | None) -> Rows:
    """Regressors, their spatial lags, the constant, the spatial parameters."""
    terms = sorted(dict.fromkeys(term for column in columns for term in column.coefficients), key=_place)
    _refuse_equal_labels(terms, labels)
    rows: Rows = {}
    for term in terms:
        block = "spatial" if term in _SPATIAL else "coefficients"
        found = [column.coefficients.get(term) for column in columns]
        rows.update(cells.rows(block, label_of(term, labels), found))
    return rows


def _place(term: str) -> int:
    if term in _SPATIAL:
        return 3
    if term == "Intercept":
        return 2
    return 1 if term.startswith("W(") else 0


def _impact_rows(columns: list[_Column], cells: _Cells, lang: str) -> Rows:
    order = {"direct": 0, "indirect": 1, "total": 2}
    keys = dict.fromkeys(key for column in columns for key in column.impacts)
    horizons = list(dict.fromkeys(horizon for horizon, _, _ in keys))
    rows: Rows = {}
    for key in sorted(keys, key=lambda key: (horizons.index(key[0]), order.get(key[1], len(order)))):
        horizon, impact, label = key
        found = [column.impacts.get(key) for column in columns]
        rows.update(cells.rows(_impact_block(horizon, impact, lang), label, found))
    return rows


def _impact_block(horizon: str, impact: str, lang: str) -> str:
    """``Direct impacts``, ``Long-run direct impacts``, ``Direct impacts after 3 periods``."""
    if horizon in {"short", "long"}:
        key = f"{horizon}_{impact}"
        return say(lang, key) if known(key) else f"{horizon.capitalize()}-run {impact} impacts"
    words = say(lang, impact) if known(impact) else f"{impact.capitalize()} impacts"
    if horizon == "static":
        return words
    return say(lang, "periods", impacts=words, count=horizon.removeprefix("after "))


def _refuse_equal_labels(terms: list[str], labels: Mapping[str, str] | None) -> None:
    shown = pd.Series([label_of(term, labels) for term in terms], index=terms)
    twice = shown[shown.duplicated(keep=False)]
    if len(twice):
        raise DataError(
            f"labels: the terms {listed(twice.index)} all get the label {listed(twice.unique())}. "
            "Give each term its own label."
        )


def _test_rows(columns: list[_Column], cells: _Cells, lang: str) -> Rows:
    rows: Rows = {}
    for test in dict.fromkeys(test for column in columns for test in column.tests):
        found = [column.tests.get(test) for column in columns]
        rows.update(cells.rows(say(lang, "tests_block"), name_of(lang, test), found))
    return rows


def _effect_rows(effects: list[str], lang: str) -> Rows:
    """Which effects each panel has; blank for a model that is no panel, no rows where none is."""
    rows: Rows = {}
    for name, kinds in _EFFECTS.items():
        if set(effects) & set(kinds) or (name in _ALWAYS_TOLD and any(effects)):
            shown = ["" if not one else say(lang, "yes" if one in kinds else "no") for one in effects]
            rows["statistics", say(lang, name), ""] = shown
    return rows


def _statistic_rows(columns: list[_Column], digits: int, lang: str) -> Rows:
    """Fit statistics that at least one model has; N is a whole number."""
    rows: Rows = {}
    for key, name in STATISTICS.items():
        values = [column.statistics[key] for column in columns]
        shown = [
            "" if value is None else format_number(int(value) if key == "N" else float(value), digits)
            for value in (None if value is None or not np.isfinite(value) else value for value in values)
        ]
        if any(shown):
            rows["statistics", name or say(lang, key), ""] = shown
    return rows
