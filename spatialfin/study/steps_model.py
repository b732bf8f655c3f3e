"""The step that fits growth models: several side by side, with tests and impacts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .. import _typing
from .._labels import label_of
from .blocks import Block, NoteBlock, TableBlock
from .formulas import column_names
from .schema import Column, Formula
from .specs import RandomStep, SpatialStep

if TYPE_CHECKING:
    from .context import Context

_WITH_DURBIN = ("slx", "sdm", "sdem")
_WITHOUT_SPILLOVERS = ("ols", "sem")
_SMALL = 50
_HIGH_VIF = 10


@dataclass(frozen=True, kw_only=True)
class Model(RandomStep, SpatialStep):
    """``model``: one formula, one or several models, in the order given.

    ``durbin`` names the regressors that get a spatial lag in slx, sdm and sdem (all by default).
    """

    formula: Formula
    models: list[_typing.Model]
    time: int | str | None = None
    durbin: list[str] | None = None
    estimator: _typing.Estimator = "ml"
    vcov: Literal["expected", "robust"] = "expected"
    parentheses: Literal["se", "t", "z", "p"] = "se"
    impacts: bool = True
    draws: int = 1000
    vif: bool = True
    at: dict[Column, float] = field(default_factory=dict)

    @property
    def needs_weights(self) -> bool:
        """OLS alone needs none."""
        return any(model != "ols" for model in self.models)


@dataclass(frozen=True, slots=True)
class Fitted:
    """The fits, and the impacts of those with spillovers (None for the others)."""

    fits: list[Any]
    impacts: list[Any]


def run_model(options: Model, context: Context) -> Fitted:
    """Fit every model on the same complete sample."""
    from ..models.cross_section import fit_cross_section

    rows = context.cross_section(options.data, column_names(options.formula), options.time)
    weights = context.weights_for(options.weights, rows.index) if context.weights else None
    fits = [
        fit_cross_section(
            options.formula,
            rows,
            weights,
            model=model,
            estimator=options.estimator if model != "ols" else "ml",
            durbin=options.durbin if model in _WITH_DURBIN else None,
            vcov=options.vcov,
        )
        for model in options.models
    ]
    impacts = [
        fit.impacts(draws=options.draws, seed=context.head.seed, at=options.at or None)
        if options.impacts and fit.model not in _WITHOUT_SPILLOVERS
        else None
        for fit in fits
    ]
    return Fitted(fits, impacts)


def render_model(result: Fitted, options: Model, context: Context) -> list[Block]:
    """Inflation factors, tests, the models side by side, and their impacts."""
    from ..tables import diagnostics_table, impacts_table, regression_table

    first = result.fits[0]
    title = context.say("models", label=context.label(first.depvar))
    blocks: list[Block] = _sample_notes(first, context)
    if options.vif:
        blocks += _vif_blocks(first, context)
    tested = [fit for fit in result.fits if fit.model == "ols" and fit.diagnostics is not None]
    blocks.append(
        TableBlock(
            "",
            regression_table(
                result.fits,
                labels=context.labels,
                parentheses=options.parentheses,
                title=title,
                lang=context.head.lang,
            ),
        )
    )
    if tested:
        table = diagnostics_table(
            tested, labels=context.labels, title=context.say("diagnostics"), lang=context.head.lang
        )
        blocks.append(TableBlock("tests", table))
    for fit, impacts in zip(result.fits, result.impacts, strict=True):
        if impacts is not None:
            label = fit.label
            caption = context.say("impacts", model=label)
            table = impacts_table(impacts, labels=context.labels, title=caption, lang=context.head.lang)
            blocks.append(TableBlock(f"impacts-{label.lower()}", table))
    if any(fit.model in _WITHOUT_SPILLOVERS for fit in result.fits) and any(result.impacts):
        blocks.append(NoteBlock(context.say("no_impacts")))
    return blocks


def _sample_notes(fit: Any, context: Context) -> list[Block]:
    if fit.nobs > _SMALL:
        return []
    text = context.say("small_sample", n=fit.nobs, k=len(fit.params))
    return [NoteBlock(text, warning=True)]


def _vif_blocks(fit: Any, context: Context) -> list[Block]:
    from ..tables import frame_table

    if fit.vif is None or len(fit.vif) < 2:
        return []
    factors = fit.vif.rename("VIF").rename(index=lambda term: label_of(term, context.labels))
    table = frame_table(factors.to_frame(), title=context.say("vif"), notes=context.say("vif_note"), digits=1)
    high = factors.index[factors > _HIGH_VIF]
    warning: list[Block] = []
    if len(high):
        warning = [NoteBlock(context.say("collinear", names=", ".join(high)), warning=True)]
    return [TableBlock("vif", table), *warning]
