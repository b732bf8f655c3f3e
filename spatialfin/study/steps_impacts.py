"""The step that shows the impacts of a model fitted before: averages, their signs, and along a moderator."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .. import _typing
from .blocks import Block, FigureBlock, NoteBlock, TableBlock
from .panel_spec import Panel, earlier_faults, one_of, p_text
from .schema import Column
from .specs import DataStep, RandomStep, StepOptions
from .steps_explore import map_inset, map_labels
from .steps_panel import number_cell

if TYPE_CHECKING:
    import pandas as pd

    from ..models import Impacts, MarginalImpact, UnitImpacts
    from .context import Context

_KINDS = ("direct", "indirect", "total")
_EVERY = 6  # of the 25 values of a curve, the table shows five
_ALPHA = 0.05
_ROWS = 31  # of the table of units that the page shows


@dataclass(frozen=True, kw_only=True)
class Marginal:
    """The impact of one variable along the values of another."""

    variable: str
    moderator: Column
    impact: Literal["direct", "indirect", "total"] = "total"
    values: list[float] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ImpactsStep(RandomStep, DataStep):
    """``impacts``: direct, indirect and total impacts of a model of an earlier ``panel`` step.

    ``of`` is the id of that step; `model`, `effects` and `weights` say which of its columns. ``siphon`` tests
    whether the indirect impact is negative (``"less"``) or positive (``"greater"``); `at` fixes moderators;
    `marginal` is a list of tables with variable, moderator, impact and values. `flows` names variables whose
    impacts between units are mapped as arrows, and listed by unit.
    """

    of: str
    model: _typing.Model | None = None
    effects: _typing.PanelEffects | None = None
    weights: str | None = None
    draws: int = 1000
    inference: Literal["simulated", "delta"] = "simulated"
    siphon: Literal["less", "greater", "none"] = "less"
    horizons: list[Literal["short", "long"] | int] = field(default_factory=list)
    at: dict[Column, float] = field(default_factory=dict)
    marginal: list[Marginal] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)

    def table_of(self, earlier: Mapping[str, StepOptions]) -> str:
        """The table of the earlier step."""
        base = earlier.get(self.of)
        return base.data if isinstance(base, Panel) else ""

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """The earlier step must be there, and one of its columns be meant."""
        yield from earlier_faults(self.of, earlier)
        if self.data:
            yield "data", f"comes from the step {self.of!r}; leave it out."
        base = earlier.get(self.of)
        if isinstance(base, Panel):
            yield from one_of("model", self.model, base.models, self.of)
            yield from one_of("effects", self.effects, base.all_effects, self.of)
            there = [name or next(iter(weights), "") for name in base.all_weights]
            if (self.model or base.models[0]) != "ols":
                yield from one_of("weights", self.weights, there, self.of)


@dataclass(frozen=True, slots=True)
class ImpactsFound:
    """The impacts, the one-sided test where it was asked for, the curves, and the impacts by unit."""

    label: str
    impacts: Impacts
    one_sided: pd.DataFrame | None
    curves: list[MarginalImpact]
    flows: list[UnitImpacts]


def run_impacts(options: ImpactsStep, context: Context) -> ImpactsFound:
    """Impacts of the chosen fit."""
    from ..models import marginal_impact, unit_impacts

    fit = _chosen(options, context)
    seed = context.head.seed
    impacts = fit.impacts(
        draws=options.draws, seed=seed, at=options.at or None, horizons=options.horizons or None
    )
    curves = [
        marginal_impact(
            fit, curve.variable, curve.moderator, values=curve.values or None, draws=options.draws, seed=seed
        )
        for curve in options.marginal
    ]
    flows = [
        unit_impacts(fit, variable, at=options.at or None, draws=options.draws, seed=seed)
        for variable in options.flows
    ]
    one_sided = None
    if options.siphon != "none":
        one_sided = impacts.one_sided("indirect", options.siphon, options.inference)
    return ImpactsFound(fit.label, impacts, one_sided, curves, flows)


def _chosen(options: ImpactsStep, context: Context) -> Any:
    """The one column that is meant; that there is one has been checked."""
    _, columns = context.done[options.of]
    for column in columns:
        fit = column.fit
        if (
            options.model in (None, fit.model)
            and options.effects in (None, fit.effects)
            and (options.weights in (None, column.weights) or fit.model == "ols")
        ):
            return fit
    raise AssertionError(options)  # pragma: no cover


def render_impacts(result: ImpactsFound, options: ImpactsStep, context: Context) -> list[Block]:
    """Table and figure of the impacts, the one-sided test, and a figure and table for each curve."""
    from ..plot import impacts as plot_impacts
    from ..tables import frame_table
    from ..tables.results import impacts_notes

    title = context.say("impacts", model=result.label)
    labels = {**impact_words(context), **context.labels}
    table = frame_table(
        _printed(result.impacts, options, context),
        title=title,
        labels=labels,
        notes=impacts_notes(result.impacts, context.labels, context.head.lang),
    )
    blocks: list[Block] = [TableBlock("", table)]
    for horizon in dict.fromkeys(result.impacts.tidy()["horizon"]):
        axes = plot_impacts(result.impacts, horizon=horizon, labels=labels)
        suffix = "" if horizon == "static" else f", {_horizon(horizon, context)}"
        caption = context.say("impacts_caption", model=result.label, horizon=suffix)
        blocks.append(FigureBlock("" if horizon == "static" else str(horizon), axes, caption))
    if result.one_sided is not None:
        blocks += _siphon_blocks(result.one_sided, options, context)
    for wanted, curve in zip(options.marginal, result.curves, strict=True):
        blocks += _curve_blocks(wanted, curve, context)
    for found in result.flows:
        blocks += _flow_blocks(found, context)
    return blocks


def impact_words(context: Context) -> dict[str, str]:
    """What tables and figures of impacts say, in the language of the page."""
    columns = ("variable", "impact", "horizon", "estimate", "std_error", "conf_low", "conf_high", "term")
    words = {name: context.say(name) for name in (*columns, *_KINDS, "statistic", "df", "indirect_impact")}
    drawn = {
        "Impact with interval": "interval_axis",
        "Interval": "interval_band",
        "Turning point": "turning_point",
        "{impact} impact": "impact_kind",
        "{impact} of {variable}": "impact_of",
    }
    return {**words, "z": "z", "p_value": "p", **{key: context.say(name) for key, name in drawn.items()}}


def _printed(impacts: Impacts, options: ImpactsStep, context: Context) -> pd.DataFrame:
    """The impacts with labels of the page, one row each."""
    table = impacts.tidy(options.inference).drop(columns="at")
    table["variable"] = labelled(table["variable"], context)
    table["impact"] = [context.say(kind) for kind in table["impact"]]
    table["p_value"] = [number_cell(value, "p_value") for value in table["p_value"]]
    if set(table["horizon"]) == {"static"}:
        return table.drop(columns="horizon").set_index(["variable", "impact"])
    table["horizon"] = [_horizon(horizon, context) for horizon in table["horizon"]]
    return table.set_index(["variable", "impact", "horizon"])


def labelled(names: Any, context: Context) -> list[str]:
    """Terms of the model as a reader sees them."""
    from .._labels import label_of

    return [label_of(name, context.labels) for name in names]


def _horizon(horizon: str, context: Context) -> str:
    if horizon in ("short", "long"):
        return context.say(f"{horizon}_run")
    return context.say("after_periods", count=horizon.removeprefix("after "))


def _siphon_blocks(table: pd.DataFrame, options: ImpactsStep, context: Context) -> list[Block]:
    """The one-sided test, and what it says about each variable."""
    from ..tables import frame_table

    shown = table.assign(variable=labelled(table["variable"], context)).drop(columns="at")
    if set(shown["horizon"]) == {"static"}:
        shown = shown.drop(columns="horizon")
    else:
        shown["horizon"] = [_horizon(horizon, context) for horizon in shown["horizon"]]
    words = {**impact_words(context), "estimate": context.say("indirect_impact")}
    words["p_value"] = context.say("one_sided_p")
    side = context.say(f"siphon_{options.siphon}")
    note = context.say("siphon_note", side=side)
    title = context.say("siphon_title", side=side)
    verdicts = [
        context.say(
            f"siphon_{options.siphon}_{'yes' if row['p_value'] < _ALPHA else 'no'}",
            variable=row["variable"] + (f" ({row['horizon']})" if "horizon" in row else ""),
            estimate=f"{row['estimate']:.3f}",
            p=p_text(row["p_value"]),
        )
        for row in shown.to_dict("records")
        if not math.isnan(row["p_value"])
    ]
    shown["p_value"] = [number_cell(value, "p_value") for value in shown["p_value"]]
    block = TableBlock("siphon", frame_table(shown, title=title, notes=note, labels=words))
    return [block, *map(NoteBlock, verdicts)]


def _curve_blocks(wanted: Marginal, curve: MarginalImpact, context: Context) -> list[Block]:
    """The figure, what it says about a change of sign, and some of its points."""
    from ..plot import marginal_impact as plot_curve
    from ..tables import frame_table

    variable, moderator = labelled([curve.variable, curve.moderator], context)
    words = {**impact_words(context), **context.labels}
    kind = context.say(wanted.impact)
    caption = context.say("marginal_caption", kind=kind, variable=variable, moderator=moderator)
    axes = plot_curve(curve, impact=wanted.impact, labels=words)
    name = f"marginal-{wanted.variable}-{wanted.moderator}-{wanted.impact}"
    points = curve.frame[curve.frame["impact"] == wanted.impact].drop(columns="impact")
    if not wanted.values:
        points = points.iloc[::_EVERY]
    table = frame_table(
        points.reset_index(drop=True),
        title=context.say("marginal_title", kind=kind, variable=variable, moderator=moderator),
        labels={**words, "value": moderator},
    )
    turning_points = curve.turning_points
    (turning,) = turning_points[turning_points["impact"] == wanted.impact].to_dict("records")
    return [
        FigureBlock(name, axes, caption),
        NoteBlock(_turning_text(turning, context)),
        TableBlock(name, table),
    ]


def _turning_text(turning: Mapping[Any, Any], context: Context) -> str:
    if math.isnan(turning["value"]):
        return context.say("no_turning", share=f"{turning['share_of_draws']:.0%}")
    return context.say(
        "turning",
        value=f"{turning['value']:.3g}",
        low=f"{turning['conf_low']:.3g}",
        high=f"{turning['conf_high']:.3g}",
        share=f"{turning['share_of_draws']:.0%}",
    )


def _flow_blocks(found: UnitImpacts, context: Context) -> list[Block]:
    """The map of who sends to whom, and what each unit sends and receives."""
    from ..plot import flow_map
    from ..tables import frame_table

    (variable,) = labelled([found.variable], context)
    words = {column: context.say(f"flows_{column}") for column in ("own", "received", "sent", "net")}
    signs = {sign: context.say(f"flows_{sign.lower()}") for sign in ("Positive", "Negative")}
    axes = flow_map(
        context.background,
        found,
        names=True,
        labels={**map_labels(context), **signs, found.variable: variable},
        inset=map_inset(context),
    )
    names = context.unit_names()
    units = found.frame.sort_values("sent", ascending=False, kind="stable")
    units = units.set_axis([names.get(str(unit), str(unit)) for unit in units.index])
    units = units.rename_axis("unit")
    table = frame_table(
        units,
        title=context.say("flows_title", variable=variable),
        notes=context.say("flows_note"),
        labels={**words, "unit": context.say("unit")},
    )
    name = f"flows-{found.variable}"
    caption = context.say("flows_caption", variable=variable)
    return [FigureBlock(name, axes, caption), TableBlock(name, table, rows_shown=_ROWS)]
