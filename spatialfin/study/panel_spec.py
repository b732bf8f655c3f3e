"""What the panel steps share: a specification, given in a step or taken from an earlier one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .. import _typing
from .._errors import DataError, nearest
from .._phrases import p_words
from .blocks import Block, NoteBlock
from .formulas import column_names
from .schema import Formula, Period, WeightsName
from .specs import DataStep, RandomStep, StepOptions

if TYPE_CHECKING:
    import pandas as pd

    from ..weights import SpatialWeights
    from .context import Context, StudyTable

Vcov = Literal["expected", "observed", "robust", "cluster", "driscoll-kraay", "bootstrap"]
BiasCorrection = Literal["lee-yu", "none"]
Lag = Literal["y", "Wy"]

WITH_DURBIN = ("slx", "sdm", "sdem")
_RANDOM = ("random", "mundlak")
_SMALL = 50
_SAMPLE = ("data", "start", "end")
_FIT = ("bias_correction", "durbin", "lags", "vcov", "error_components", "gaps")


@dataclass(frozen=True, kw_only=True)
class Panel(RandomStep, DataStep):
    """``panel``: one formula as several models, with one or more kinds of effects and weights, side by side.

    `weights` are one matrix, several to compare, or one for each period (``{ 2004 = "w04", ... }``).
    ``start`` and ``end`` cut the periods; ``gaps = "observed"`` fits the rows that are there where units lack
    some; `impacts` adds direct, indirect and total impacts to the table.
    """

    formula: Formula
    models: list[_typing.Model]
    effects: _typing.PanelEffects | list[_typing.PanelEffects] = "twoway"
    weights: WeightsName | list[WeightsName] | dict[str, WeightsName] = ""
    start: Period | None = None
    end: Period | None = None
    gaps: Literal["error", "observed"] = "error"
    durbin: list[str] | None = None
    lags: list[Lag] | None = None
    bias_correction: BiasCorrection = "lee-yu"
    vcov: Vcov = "expected"
    error_components: Literal["baltagi", "kkp"] | None = None
    parentheses: Literal["se", "t", "z", "p"] = "se"
    impacts: bool = True
    draws: int = 1000

    @property
    def needs_weights(self) -> bool:
        """OLS alone needs none."""
        return any(model != "ols" for model in self.models)

    @property
    def all_effects(self) -> list[_typing.PanelEffects]:
        """One or several, as a list."""
        return self.effects if isinstance(self.effects, list) else [self.effects]

    @property
    def all_weights(self) -> list[str]:
        """One or several, as a list; matrices by period are one that has no name."""
        if isinstance(self.weights, dict):
            return [""]
        return self.weights if isinstance(self.weights, list) else [self.weights]

    @property
    def by_period(self) -> dict[str, str]:
        """The matrix of each period, where they differ."""
        return self.weights if isinstance(self.weights, dict) else {}

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Empty lists, and options that no model of the step has."""
        del earlier, weights
        for key in ("models", "effects", "weights"):
            if getattr(self, key) in ([], {}):
                yield key, "the list is empty; name at least one."
        if self.durbin is not None and not set(self.models) & set(WITH_DURBIN):
            yield "durbin", f"goes with {', '.join(WITH_DURBIN)}; none of them is in models."
        if self.error_components is not None and not set(self.all_effects) & set(_RANDOM):
            yield "error_components", f"goes with effects {' and '.join(_RANDOM)}."


@dataclass(frozen=True, kw_only=True)
class Specified(DataStep):
    """A step on a formula of its own or, by ``of``, on the specification of an earlier ``panel`` step."""

    of: str = ""
    formula: Formula = ""
    start: Period | None = None
    end: Period | None = None
    durbin: list[str] | None = None
    bias_correction: BiasCorrection | None = None

    def table_of(self, earlier: Mapping[str, StepOptions]) -> str:
        """The table of the earlier step where there is one."""
        base = earlier.get(self.of)
        return base.data if isinstance(base, Panel) else self.data

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Neither or both of formula and ``of``, and what ``of`` settles already."""
        del weights
        if bool(self.of) == bool(self.formula):
            yield "", "give either of = the id of an earlier panel step or formula = ...."
        if not self.of:
            return
        yield from earlier_faults(self.of, earlier)
        base = earlier.get(self.of)
        if isinstance(base, Panel) and base.by_period:
            yield "of", f"the step {self.of!r} has weights by period; give a formula and weights instead."
        for key in _SAMPLE:
            if getattr(self, key):
                yield key, f"comes from the step {self.of!r}; leave it out."


@dataclass(frozen=True, kw_only=True)
class Refitted(RandomStep, Specified):
    """A step that fits the specification again."""

    model: _typing.Model | None = None
    effects: _typing.PanelEffects | None = None
    lags: list[Lag] | None = None
    vcov: Vcov | None = None
    error_components: Literal["baltagi", "kkp"] | None = None
    draws: int = 1000

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Also: one model and one kind of effects must be meant."""
        yield from super().faults(earlier, weights)
        base = earlier.get(self.of)
        if isinstance(base, Panel):
            yield from one_of("model", self.model, base.models, self.of, free=True)
            yield from one_of("effects", self.effects, base.all_effects, self.of, free=True)


def earlier_faults(name: str, earlier: Mapping[str, StepOptions]) -> Iterator[tuple[str, str]]:
    """What is wrong with the id of an earlier panel step."""
    panels = [key for key, options in earlier.items() if isinstance(options, Panel)]
    if name in earlier and name not in panels:
        yield "of", f"{name!r} is a step of kind {earlier[name].kind!r}; the id of a panel step is needed."
    elif name not in earlier:
        have = f" Panel steps: {', '.join(panels)}." if panels else ""
        yield "of", f"no panel step above this one has the id {name!r}.{nearest(name, panels)}{have}"


def one_of(
    key: str, given: str | None, there: Sequence[str], step: str, *, free: bool = False
) -> Iterator[tuple[str, str]]:
    """What is wrong with a choice among several of an earlier step; a `free` one need not be among them."""
    if given is None and len(set(there)) > 1:
        yield key, f"missing; the step {step!r} has several: {', '.join(dict.fromkeys(there))}."
    elif given is not None and given not in there and not free:
        have = ", ".join(dict.fromkeys(there))
        yield key, f"{given!r} is not in the step {step!r}.{nearest(given, there)} It has {have}."


@dataclass(frozen=True, slots=True)
class Specification:
    """A formula with its rows, keys and options of the fit.

    Attributes
    ----------
    formula : str
    rows : DataFrame
        The sample; units are in the column ``keys["unit"]``.
    keys : dict
        ``unit`` and, where the table has periods, ``time``: the keyword arguments of the library.
    weights : str
        Name of the weights; empty for the first ones.
    model : str or None
    options : dict
        Of the fit, without the model.
    """

    formula: str
    rows: pd.DataFrame
    keys: dict[str, Any]
    weights: str
    model: str | None
    options: dict[str, Any]

    def weights_in(self, context: Context, name: str = "") -> SpatialWeights:
        """The weights over the units of the sample."""
        units = self.rows.drop_duplicates(self.keys["unit"]).set_index(self.keys["unit"]).index
        return context.weights_for(name or self.weights, units)


def panel_rows(options: Panel | Specified, context: Context) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The rows from ``start`` to ``end`` with all columns of the formula, and the names of their keys."""
    table = context.table(options.data)
    chosen = periods_between(table, options.start, options.end)
    rows = context.panel(options.data, column_names(options.formula), chosen)
    return rows, {"unit": table.unit, **({"time": table.time} if table.time else {})}


def periods_between(table: StudyTable, start: Any, end: Any) -> list[Any]:
    """The periods of a table from ``start`` to ``end``; empty, which means all, where neither is given."""
    periods = [] if start is None and end is None else table.periods()
    for name, edge in (("start", start), ("end", end)):
        if edge is not None and edge not in table.periods():
            have = [str(period) for period in table.periods()]
            span = f"{have[0]} to {have[-1]}" if have else "no periods"
            raise DataError(f"{name} = {edge!r} is no period of the table, which has {span}.")
    chosen = [
        period for period in periods if (start is None or period >= start) and (end is None or period <= end)
    ]
    if periods and not chosen:
        raise DataError(f"No period is left from start = {start!r} to end = {end!r}.")
    return chosen


def specification(options: Specified, context: Context, weights: str = "") -> Specification:
    """The specification of a step, with what it takes from an earlier one.

    Parameters
    ----------
    options : Specified
        The step.
    context : Context
        The run, with the earlier steps in ``done``.
    weights : str
        Name of the weights the step itself gives.
    """
    base = context.done[options.of][0] if options.of else None
    rows, keys = panel_rows(base or options, context)
    settled: dict[str, Any] = {}
    if base is not None:
        settled = {name: getattr(base, name) for name in _FIT} | {"effects": base.all_effects[0]}
        weights = weights or base.all_weights[0]
    own = {name: getattr(options, name, None) for name in (*_FIT, "effects")}
    settled |= {name: value for name, value in own.items() if value is not None}
    model = getattr(options, "model", None) or (base.models[0] if base is not None else None)
    return Specification(
        formula=(base or options).formula,
        rows=rows,
        keys=keys,
        weights=weights,
        model=model,
        options={name: value for name, value in settled.items() if value is not None},
    )


def fit_options(options: Mapping[str, Any], model: str | None) -> dict[str, Any]:
    """The options that a model with its effects has: no durbin for sar, no components for fixed effects."""
    drop = set() if model in WITH_DURBIN or model is None else {"durbin"}
    drop |= set() if options.get("effects") in _RANDOM else {"error_components"}
    return {name: value for name, value in options.items() if name not in drop and value is not None}


def sample_blocks(fit: Any, context: Context) -> list[Block]:
    """How large the panel of a fit is, and that it is small."""
    periods, n_units = list(fit.parts.panel.times), len(fit.parts.ids)
    span = context.say("periods", first=periods[0], last=periods[-1])
    words = {"units": n_units, "count": len(periods), "span": span, "n": fit.nobs}
    blocks: list[Block] = [NoteBlock(context.say("panel_size", **words))]
    if n_units <= _SMALL:
        blocks.append(NoteBlock(context.say("small_panel", **words), warning=True))
    return blocks


def p_text(value: float) -> str:
    """A p-value inside a sentence."""
    return f"p {p_words(value)}"
