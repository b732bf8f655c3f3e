"""Tables of what was estimated or tested, and any frame as a table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from spatialfin._errors import DataError
from spatialfin._labels import label_of
from spatialfin._phrases import LANGUAGES
from spatialfin._validate import check_option, check_whole

from ._layout import REGRESSION_LEVELS, as_notes, format_number, format_p
from ._words import name_of, say
from .table import Table

_P_VALUES = ("p_value", "p_norm", "p_sim", "p_adjusted")
_IMPACT_COLUMNS = ("estimate", "std_error", "z", "p_value", "conf_low", "conf_high")


def frame_table(
    frame: pd.DataFrame,
    *,
    title: str = "",
    notes: str | Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    digits: int = 3,
) -> Table:
    """Any frame as a table: ``moran_table``, ``compare_weights``, ``result.glance()`` ...

    Parameters
    ----------
    frame : DataFrame
        Up to three index levels and header levels are printed as they are.
    title : str, optional
        Caption.
    notes : str or sequence of str, optional
        Notes.
    labels : mapping of str to str, optional
        Labels of columns, of index entries and of text cells that are names (``"lq"``).
    digits : int, default 3
        Decimals; whole-number columns are printed without. Smaller p-values, in columns of the names that
        results give them (``p_value``, ``p_norm``, ``p_sim``, ``p_adjusted``), are printed as ``< 0.001``.

    Returns
    -------
    Table
        The frame with labels in place of names. A row index that only counts rows is left out.

    Examples
    --------
    >>> frame = pd.DataFrame({"variable": ["lq"], "I": [0.211], "p_sim": [0.01]})
    >>> print(frame_table(frame, labels={"lq": "区位熵", "p_sim": "p"}))
    variable      I      p
    ----------------------
    区位熵    0.211  0.010
    ----------------------
    """
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"frame_table: a DataFrame is needed, not {type(frame).__name__}.")
    shown = frame.copy()
    for position, dtype in enumerate(shown.dtypes):
        if not pd.api.types.is_numeric_dtype(dtype):
            shown.isetitem(position, [_cell(value, labels) for value in shown.iloc[:, position]])
    if isinstance(frame.index, pd.RangeIndex) and frame.index.name is None and len(shown.columns):
        shown = shown.set_index(shown.columns[0])
    shown = shown.rename(columns=lambda name: label_of(name, labels))
    if not pd.api.types.is_numeric_dtype(shown.index.dtype):
        shown = shown.rename(index=lambda name: _cell(name, labels))
    shown.index.names = [None if name is None else label_of(name, labels) for name in shown.index.names]
    p_columns = tuple(label_of(name, labels) for name in _P_VALUES)
    return Table(shown, title=title, notes=as_notes(notes), digits=digits, p_columns=p_columns)


def _cell(value: Any, labels: Mapping[str, str] | None) -> Any:
    return label_of(value, labels) if isinstance(value, str) and labels and value in labels else value


def impacts_table(
    impacts: Any,
    *,
    labels: Mapping[str, str] | None = None,
    digits: int = 3,
    title: str = "",
    notes: str | Sequence[str] = (),
    lang: Literal["en", "zh"] = "en",
) -> Table:
    """Direct, indirect and total impacts of one model, one row each, with intervals.

    Parameters
    ----------
    impacts : Impacts
        What ``result.impacts()`` gave.
    labels : mapping of str to str, optional
        Variable to label.
    digits : int, default 3
        Decimals.
    title : str, optional
        Caption.
    notes : str or sequence of str, optional
        Further notes; the number of draws, the seed and the rejected draws are noted anyway.
    lang : {"en", "zh"}, default "en"
        Language of headings, impacts and notes.

    Returns
    -------
    Table
        Rows by variable and impact; columns estimate, standard error, z, p and the interval.

    Raises
    ------
    DataError
        `impacts` is something else.
    OptionError
        `lang` is not one of the words.

    Examples
    --------
    >>> class Found:
    ...     draws, seed, n_rejected, at = range(1000), 0, 0, pd.Series({"lq": "depth = 0.4"})
    ...     def tidy(self):
    ...         row = ["lq", "direct", 0.5, 0.25, 2.0, 0.0455, 0.01, 0.99]
    ...         names = "variable impact estimate std_error z p_value conf_low conf_high".split()
    ...         return pd.DataFrame([row], columns=names)
    >>> impacts_table(Found(), digits=2).frame.iloc[0].tolist()
    [0.5, 0.25, 2.0, 0.0455, 0.01, 0.99]
    >>> impacts_table(Found()).notes[1]
    'Impacts evaluated: lq at depth = 0.4.'
    """
    if not hasattr(impacts, "n_rejected"):
        raise DataError(
            f"impacts_table: impacts are needed, what result.impacts() gave, not {type(impacts).__name__}."
        )
    check_option("lang", lang, LANGUAGES)
    tidy = impacts.tidy()
    shown = tidy[list(_IMPACT_COLUMNS)].copy()
    shown.columns = pd.Index([say(lang, f"head_{name}") for name in _IMPACT_COLUMNS])
    levels = {"group": [label_of(name, labels) for name in tidy["group"]]} if "group" in tidy else {}
    levels["variable"] = [label_of(variable, labels) for variable in tidy["variable"]]
    levels["impact"] = [say(lang, f"impact_{impact}") for impact in tidy["impact"]]
    if "horizon" in tidy and set(tidy["horizon"]) != {"static"}:
        levels["horizon"] = [_horizon(str(horizon), lang) for horizon in tidy["horizon"]]
    names = [say(lang, f"head_{name}") for name in levels]
    shown.index = pd.MultiIndex.from_arrays(list(levels.values()), names=names)
    own = impacts_notes(impacts, labels, lang)
    p_columns = (say(lang, "head_p_value"),)
    return Table(shown, title=title, notes=(*own, *as_notes(notes)), digits=digits, p_columns=p_columns)


def _horizon(horizon: str, lang: str) -> str:
    """``long`` or ``after 3`` in a language."""
    if horizon.startswith("after "):
        return say(lang, "horizon_after", count=horizon.removeprefix("after "))
    return say(lang, f"horizon_{horizon}")


def impacts_notes(impacts: Any, labels: Mapping[str, str] | None = None, lang: str = "en") -> list[str]:
    """How standard errors of impacts were found, and where impacts of terms in products were taken.

    Parameters
    ----------
    impacts : Impacts
        What ``result.impacts()`` gave.
    labels : mapping of str to str, optional
        Variable to label.
    lang : {"en", "zh"}, default "en"
        Language of the sentences.

    Returns
    -------
    list of str
        One or two sentences.
    """
    drawn = len(impacts.draws) + impacts.n_rejected
    rejected = impacts.n_rejected
    notes = [say(lang, "impacts_drawn", drawn=drawn, seed=impacts.seed, rejected=rejected)]
    where = [
        say(lang, "variable_at", variable=label_of(variable, labels), at=_labelled(at, labels, lang))
        for variable, at in impacts.at.items()
        if at
    ]
    if where:
        notes.append(say(lang, "impacts_at", where=say(lang, "list_of_places").join(where)))
    return notes


def _labelled(at: str, labels: Mapping[str, str] | None, lang: str) -> str:
    """``depth = 0.4 (mean), x = 1`` with the variables' labels."""
    named = re.sub(r"(?:^|(?<=, ))[^=]+(?= = )", lambda found: label_of(found[0], labels), at)
    return re.sub(r" \(mean\)", say(lang, "at_mean"), named)


def diagnostics_table(
    results: Any,
    *,
    labels: Mapping[str, str] | None = None,
    digits: int = 3,
    title: str = "",
    notes: str | Sequence[str] = (),
    lang: Literal["en", "zh"] = "en",
) -> Table:
    """Tests for spatial dependence of OLS fits side by side, p-values in parentheses.

    Parameters
    ----------
    results : result or sequence of results
        OLS fits with weights: Moran's I of the residuals and the Lagrange multiplier tests.
    labels : mapping of str to str, optional
        Label of a test or of the dependent variable.
    digits : int, default 3
        Decimals.
    title : str, optional
        Caption.
    notes : str or sequence of str, optional
        Further notes.
    lang : {"en", "zh"}, default "en"
        Language of the tests and of the note on them.

    Returns
    -------
    Table
        One row per test; the notes say which residuals the tests used and against which null.

    Raises
    ------
    DataError
        A result has no diagnostics.
    OptionError
        `lang` is not one of the words.

    Examples
    --------
    >>> class Fit:
    ...     depvar = "growth"
    ...     diagnostics = pd.DataFrame(
    ...         {"test": ["LM lag"], "null": ["rho = 0"], "statistic": [4.2], "df": [1], "p_value": [0.04],
    ...          "residuals": ["OLS"]})
    >>> print(diagnostics_table(Fit(), digits=2))
            growth
               (1)
    --------------
    LM lag    4.20
            (0.04)
    --------------
    p-values in parentheses. Residuals: OLS. Null hypotheses: LM lag: rho = 0.
    """
    check_option("lang", lang, LANGUAGES)
    check_whole("digits", digits)
    every = list(results) if isinstance(results, list | tuple) else [results]
    frames = [getattr(result, "diagnostics", None) for result in every]
    without = [str(number) for number, frame in enumerate(frames, 1) if frame is None]
    if without or not frames:
        raise DataError(
            f"diagnostics_table: results number {', '.join(without) or 'none'} have no tests. "
            'Fit them with model="ols" and weights.'
        )
    found = [frame.set_index("test") for frame in frames if frame is not None]
    tests = list(dict.fromkeys(test for frame in found for test in frame.index))
    rows = {}
    for test in tests:
        cells = [frame.loc[test] if test in frame.index else None for frame in found]
        for line, column, printed in (("estimate", "statistic", format_number), ("p", "p_value", format_p)):
            values = ["" if cell is None else printed(float(cell[column]), digits) for cell in cells]
            rows["coefficients", name_of_test(test, lang, labels), line] = values
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.index = pd.MultiIndex.from_tuples(list(rows), names=REGRESSION_LEVELS)
    heads = [(label_of(result.depvar, labels), f"({number})") for number, result in enumerate(every, 1)]
    frame.columns = pd.MultiIndex.from_tuples(heads, names=["dependent", "column"])
    together = pd.concat(found).reset_index()
    residuals = ", ".join(name_of(lang, text) for text in together["residuals"].astype(str).unique())
    own = say(lang, "diagnostics_note", residuals=residuals, nulls=hypotheses(together, lang))
    return Table(frame, title=title, notes=(own, *as_notes(notes)), digits=digits)


def name_of_test(test: str, lang: str, labels: Mapping[str, str] | None = None) -> str:
    """The label of a test, or its name in the language."""
    return (labels or {}).get(test) or name_of(lang, test)


def hypotheses(tests: pd.DataFrame, lang: str = "en") -> str:
    """The null hypothesis of each test.

    Parameters
    ----------
    tests : DataFrame
        With the columns ``test`` and ``null``; of a test that is there several times, the first row counts.
    lang : {"en", "zh"}, default "en"
        Language of tests and hypotheses.

    Returns
    -------
    str
        ``LM lag: rho = 0; LM error: lam = 0``.
    """
    nulls = tests.drop_duplicates("test")
    return "; ".join(
        f"{name_of(lang, test)}: {name_of(lang, null)}"
        for test, null in zip(nulls["test"], nulls["null"], strict=True)
    )
