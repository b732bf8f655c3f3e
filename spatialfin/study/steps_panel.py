"""Steps that fit panel models side by side, and that test which model and effects a panel needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .._errors import DataError, listed, nearest, raise_all
from .._phrases import p_words
from .blocks import Block, NoteBlock, TableBlock
from .panel_spec import Panel, Specified, fit_options, panel_rows, sample_blocks, specification
from .schema import WeightsName

if TYPE_CHECKING:
    import pandas as pd

    from ..models import SpecificationTests
    from ..tables import Table
    from ..weights import SpatialWeights
    from .context import Context

NO_SPILLOVERS = ("ols", "sem")
_EFFECTS = ("pooled", "unit", "time", "twoway")
_FIXED = ("unit", "time", "twoway")


@dataclass(frozen=True, slots=True)
class PanelFit:
    """One column: the fit, its impacts where it has spillovers, and the name of its weights."""

    fit: Any
    impacts: Any
    weights: str


def run_panel(options: Panel, context: Context) -> list[PanelFit]:
    """Fit every model with every kind of effects and weights, on one sample."""
    from ..models.panel import fit_panel

    rows, keys = panel_rows(options, context)
    if "time" not in keys:
        raise DataError("a panel needs a table with time = ....")
    units = rows.drop_duplicates(keys["unit"]).set_index(keys["unit"]).index
    found = []
    weights: Any
    for name, effects, model in _columns(options, context):
        given = {key: getattr(options, key) for key in ("durbin", "lags", "vcov", "error_components", "gaps")}
        given |= {"bias_correction": options.bias_correction, "effects": effects}
        if options.by_period and model != "ols":
            weights = _by_period(options, rows[keys["time"]], units, context)
        else:
            weights = context.weights_for(name, units) if name else None
        given |= {"seed": context.head.seed}
        fit = fit_panel(options.formula, rows, weights, model=model, **keys, **fit_options(given, model))
        spills = options.impacts and model not in NO_SPILLOVERS
        impacts = fit.impacts(draws=options.draws, seed=context.head.seed) if spills else None
        found.append(PanelFit(fit, impacts, name))
    return found


def _by_period(
    options: Panel, times: pd.Series, units: pd.Index, context: Context
) -> dict[object, SpatialWeights]:
    """The matrix of each period of the sample."""
    given, have = options.by_period, {str(period): period for period in times.unique()}
    known = {str(period) for period in context.table(options.data).periods()}
    problems = [f"no matrix for {listed(sorted(set(have) - set(given)))}."] * bool(set(have) - set(given))
    foreign = sorted(set(given) - known)
    problems += [f"the table has no period {listed(foreign)}.{nearest(foreign[0], known)}"] if foreign else []
    raise_all(problems, DataError, "weights")
    return {period: context.weights_for(given[key], units) for key, period in have.items()}


def _columns(options: Panel, context: Context) -> Iterator[tuple[str, Any, Any]]:
    """Weights, effects and model of every column; least squares has no W and comes once."""
    names = [name or next(iter(context.weights), "") for name in options.all_weights]
    for number, name in enumerate(names):
        for effects in options.all_effects:
            for model in options.models:
                if model != "ols":
                    yield name, effects, model
                elif number == 0:
                    yield "", effects, model


def render_panel(result: list[PanelFit], options: Panel, context: Context) -> list[Block]:
    """The models side by side with their impacts, effects and weights."""
    from ..tables import regression_table

    fits = [column.fit for column in result]
    first = fits[0]
    table = regression_table(
        fits,
        labels=context.labels,
        parentheses=options.parentheses,
        impacts=[column.impacts for column in result],
        title=context.say("panel_models", label=context.label(first.depvar)),
        notes=_scale_notes(fits, context),
        lang=context.head.lang,
    )
    blocks = sample_blocks(first, context)
    blocks.append(TableBlock("", _with_weights(table, result)))
    for fit in fits:
        if fit.lags:
            blocks.append(stability_note(fit, context))
    return blocks


def stability_note(fit: Any, context: Context) -> NoteBlock:
    """Whether a dynamic model has a long run."""
    radius = fit.spectral_radius
    key = "stable" if radius < 1 else "unstable"
    return NoteBlock(context.say(key, model=fit.label, radius=f"{radius:.3f}"), warning=radius >= 1)


def _scale_notes(fits: list[Any], context: Context) -> list[str]:
    """How fixed effects were taken out of the likelihood, by column where columns differ."""
    holders: dict[str, list[str]] = {}
    for number, fit in enumerate(fits, 1):
        if fit.effects in _FIXED:
            holders.setdefault(fit.bias_correction, []).append(f"({number})")
    return [
        ("" if len(columns) == len(fits) else f"{' '.join(columns)} ") + context.say(f"scale_{scale}")
        for scale, columns in holders.items()
    ]


def _with_weights(table: Table, result: list[PanelFit]) -> Table:
    """A row with the weights of each column, where there are several."""
    import pandas as pd

    names = [column.weights for column in result]
    if len(set(names) - {""}) < 2:
        return table
    frame = table.frame
    row = pd.DataFrame([names], index=[("statistics", "W", "")], columns=frame.columns)
    row.index = pd.MultiIndex.from_tuples(row.index, names=frame.index.names)
    at = list(frame.index.get_level_values(0)).index("statistics")
    return replace(table, frame=pd.concat([frame.iloc[:at], row, frame.iloc[at:]]))


@dataclass(frozen=True, kw_only=True)
class SpecTests(Specified):
    """``tests``: which spatial model and which effects the data need, in one table, and what that implies.

    On a table without periods the tests are those of a cross-section.
    """

    weights: WeightsName = ""
    alpha: float = 0.05

    @property
    def needs_weights(self) -> bool:
        """Always; an earlier step may give them."""
        return not self.of


def run_tests(options: SpecTests, context: Context) -> SpecificationTests:
    """All tests in one call."""
    from ..models.tests import specification_tests

    spec = specification(options, context, options.weights)
    given = {name: spec.options[name] for name in ("durbin", "bias_correction") if name in spec.options}
    weights = spec.weights_in(context)
    return specification_tests(spec.formula, spec.rows, weights, **spec.keys, alpha=options.alpha, **given)


def render_tests(result: SpecificationTests, _options: SpecTests, context: Context) -> list[Block]:
    """What the tests imply, why, and the table."""
    from ..tables import frame_table
    from ..tables.results import hypotheses

    effects = context.say(f"with_{result.effects}") if result.effects else ""
    verdict = context.say("implied", alpha=result.alpha, model=result.model.upper(), effects=effects)
    pairs = hypotheses(result.frame, context.head.lang)
    quoted = [context.say("quoted", text=text) for text in result.notes]
    notes = [context.say("tests_note", weights=result.weights_name, pairs=pairs), *quoted]
    table = frame_table(_printed(result, context), title=context.say("tests"), notes=notes)
    reasons = [NoteBlock(context.say("quoted", text=text)) for text in result.reasons]
    return [NoteBlock(verdict), *reasons, TableBlock("", table)]


def _printed(result: SpecificationTests, context: Context) -> pd.DataFrame:
    """Statistics with two decimals and p-values with three, blank where there is no test."""
    from ..tables.results import name_of_test

    wide = result.table().rename_axis(None)
    wide.index = wide.index.map(lambda name: name_of_test(name, context.head.lang))
    words = {"statistic": context.say("statistic"), "p_value": "p", "df": context.say("df")}
    words |= {name: context.say(f"effects_{name}") for name in _EFFECTS}
    shown = wide.astype(object)
    for position, name in enumerate(wide.columns):
        kind = name if isinstance(name, str) else name[-1]
        shown.isetitem(position, [number_cell(value, kind) for value in wide.iloc[:, position]])
    return shown.rename(columns=words)


def number_cell(value: float, kind: str) -> str:
    """One number of a table of tests: a ``statistic``, its ``df`` or its ``p_value``."""
    if value != value:
        return ""
    if kind == "p_value":
        return p_words(value).removeprefix("= ")
    return f"{value:.2f}" if kind == "statistic" else f"{value:.0f}"
