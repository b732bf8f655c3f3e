"""The step that writes a page of linked maps beside the page of the study."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .. import _typing
from .blocks import Block, NoteBlock, PageBlock
from .schema import Column, Period, WeightsName
from .specs import DataStep, RandomStep

if TYPE_CHECKING:
    from .context import Context


@dataclass(frozen=True, kw_only=True)
class Linked(RandomStep, DataStep):
    """``linked``: map, clusters, Moran scatter plot and table that are brushed together, as ``report.html``.

    ``variables`` and `weights` (all of the study by default) are for the reader to choose from.
    """

    variables: list[Column]
    weights: list[WeightsName] = field(default_factory=list)
    times: list[Period] = field(default_factory=list)
    alpha: float = 0.05
    adjust: _typing.Adjust = "fdr"
    permutations: int = 999
    scheme: str = "quantiles"
    k: int = 5

    @property
    def needs_weights(self) -> bool:
        """Always: clusters are clusters of neighbours."""
        return True


def run_linked(options: Linked, context: Context) -> bytes:
    """The page. It is a file of its own: the page of a study carries no script and can be printed."""
    from ..plot import SOUTH_CHINA_SEA
    from .context import one_period
    from .linked import Settings
    from .linked_page import linked_page

    table = context.table(options.data)
    rows = table.frame
    if table.time and options.times:
        rows = rows[rows[table.time].isin([one_period(table, period) for period in options.times])]
    units = rows.drop_duplicates(table.unit).set_index(table.unit).index
    names = options.weights or list(context.weights)
    settings = Settings(
        title=options.title or f"{context.head.title}: {context.say('linked_title')}",
        labels={**context.unit_names(), **context.labels},
        lang=context.head.lang,
        alpha=options.alpha,
        adjust=options.adjust,
        permutations=options.permutations,
        seed=context.head.seed,
        scheme=options.scheme,
        k=options.k,
        inset=SOUTH_CHINA_SEA if context.shows_china else None,
    )
    return linked_page(
        context.background,
        rows,
        options.variables,
        {name: context.weights_for(name, units) for name in names},
        unit=table.unit,
        time=table.time or None,
        settings=settings,
    )


def render_linked(result: bytes, options: Linked, context: Context) -> list[Block]:
    """A link to the page, and its size."""
    label = ", ".join(context.label(variable) for variable in options.variables)
    return [
        PageBlock(result, context.say("linked_link", label=label)),
        NoteBlock(context.say("linked_size", size=f"{len(result) / 1e6:.1f}")),
    ]
