"""The step that fits a production function: elasticities, returns to scale, the surface of two factors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import _typing
from .._errors import DataError
from .blocks import Block, FigureBlock, TableBlock
from .formulas import column_names
from .panel_spec import periods_between
from .schema import Column, Expression, Period, WeightsName
from .specs import DataStep, StepOptions
from .steps_impacts import impact_words, labelled
from .steps_panel import number_cell

if TYPE_CHECKING:
    import pandas as pd

    from ..models import ProductionResult
    from .context import Context


@dataclass(frozen=True, kw_only=True)
class Production(DataStep):
    """``production``: a Cobb-Douglas function of the `factors` in logarithms, with its returns to scale.

    ``start`` and ``end`` cut the periods; what is left of one period is a cross-section, of several a panel
    with `effects`. `surface` names the two factors of the figure; without it there is one where there are
    two factors.
    """

    output: Column
    factors: list[Column]
    controls: list[Expression] = field(default_factory=list)
    model: _typing.Model = "ols"
    effects: _typing.PanelEffects | None = None
    weights: WeightsName = ""
    start: Period | None = None
    end: Period | None = None
    surface: list[Column] = field(default_factory=list)

    @property
    def needs_weights(self) -> bool:
        """OLS alone needs none."""
        return self.model != "ols"

    @property
    def drawn(self) -> list[str]:
        """The two factors of the figure; empty without one."""
        return self.surface or (self.factors if len(self.factors) == 2 else [])

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """No factor, or a surface that is not over two of them."""
        del earlier, weights
        if not self.factors:
            yield "factors", "the list is empty; name at least one."
        if self.surface and (len(set(self.surface)) != 2 or not set(self.surface) <= set(self.factors)):
            yield "surface", f"name two different ones of the factors {', '.join(self.factors)}."


def run_production(options: Production, context: Context) -> ProductionResult:
    """Fit the function to the periods that were chosen."""
    from ..models import fit_production

    table = context.table(options.data)
    controls = [name for term in options.controls for name in column_names(term)]
    columns = [options.output, *options.factors, *controls]
    rows = context.panel(options.data, columns, periods_between(table, options.start, options.end))
    keys: dict[str, Any] = {"unit": table.unit}
    if table.time and len(rows[table.time].unique()) > 1:
        keys["time"] = table.time
    if options.effects is not None and "time" not in keys:
        raise DataError("effects need a table of several periods; leave them out.")
    given = {} if options.effects is None else {"effects": options.effects}
    units = rows.drop_duplicates(table.unit).set_index(table.unit).index
    return fit_production(
        rows,
        context.weights_for(options.weights, units) if options.needs_weights else None,
        output=options.output,
        factors=options.factors,
        controls=options.controls,
        model=options.model,
        **keys,
        **given,
    )


def render_production(result: ProductionResult, options: Production, context: Context) -> list[Block]:
    """Tables of elasticities and of returns to scale, and the surface."""
    from ..plot import production_surface
    from ..tables import frame_table

    what = context.label(result.output)
    labels = {**impact_words(context), **_words(context), **context.labels}
    note = context.say("production_note", model=result.fit.label, n=result.fit.nobs)
    elasticities = result.elasticities()
    elasticities["factor"] = labelled(elasticities["factor"], context)
    blocks: list[Block] = [
        TableBlock(
            "",
            frame_table(
                _printed(elasticities, context),
                title=context.say("production_title", what=what),
                notes=note,
                labels=labels,
            ),
        )
    ]
    returns = _printed(result.returns_to_scale().reset_index(), context)
    returns["conclusion"] = [context.word("returns", word.split()[0]) for word in returns["conclusion"]]
    title = context.say("returns_title")
    blocks.append(TableBlock("returns", frame_table(returns, title=title, labels=labels)))
    if options.drawn:
        first, second = options.drawn
        axes = production_surface(result, factors=(first, second), labels=context.labels)
        words = {"first": context.label(first), "second": context.label(second), "what": what}
        blocks.append(FigureBlock("surface", axes, context.say("surface_caption", **words)))
    return blocks


def _words(context: Context) -> dict[str, str]:
    return {name: context.say(f"production_{name}") for name in ("factor", "distribution", "conclusion")}


def _printed(table: pd.DataFrame, context: Context) -> pd.DataFrame:
    """Impacts and p-values as a reader sees them."""
    return table.assign(
        impact=[context.say(kind) for kind in table["impact"]],
        p_value=[number_cell(value, "p_value") for value in table["p_value"]],
    )
