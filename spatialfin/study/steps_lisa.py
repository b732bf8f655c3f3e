"""The step that maps local clusters: where the units are, and their neighbours, alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .. import _typing
from .blocks import Block, FigureBlock, NoteBlock, TableBlock
from .schema import Column, Period
from .specs import RandomStep, SpatialStep, StepOptions
from .steps_explore import map_inset, map_labels
from .words import has_word

if TYPE_CHECKING:
    import pandas as pd

    from ..explore import LocalMoranResult, LocalResult
    from .context import Context

    Found = LocalMoranResult | LocalResult

LocalStatistic = Literal["moran", "moran_bivariate", "geary", "g", "g_star"]
_QUIET = ("Not significant", "No neighbours")
_ROWS_SHOWN = 20
_COUNTED: tuple[_typing.Adjust, ...] = ("none", "fdr")


@dataclass(frozen=True, kw_only=True)
class Lisa(RandomStep, SpatialStep):
    """``lisa``: local clusters of one column in one period, as a map and a table of their members.

    `statistic` is local Moran, its bivariate form (the column of a unit and the neighbours' `lagged` one),
    local Geary, or Getis and Ord's G or G* (hot and cold spots).
    """

    column: Column
    statistic: LocalStatistic = "moran"
    lagged: Column = ""
    time: Period | None = None
    alpha: float = 0.05
    adjust: _typing.Adjust = "fdr"
    permutations: int = 999

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """A second column where there are two, and only there."""
        del earlier, weights
        if self.statistic == "moran_bivariate" and not self.lagged:
            yield "lagged", "missing; statistic = 'moran_bivariate' needs the column of the neighbours."
        if self.statistic != "moran_bivariate" and self.lagged:
            yield "lagged", f"goes with statistic = 'moran_bivariate', not with {self.statistic!r}."


def run_lisa(options: Lisa, context: Context) -> Found:
    """The local statistic over the units with a value."""
    from .. import explore

    columns = [options.column, *([options.lagged] if options.lagged else [])]
    rows = context.cross_section(options.data, columns, options.time)
    weights = context.weights_for(options.weights, rows.index)
    drawn: dict[str, Any] = {"permutations": options.permutations, "seed": context.head.seed}
    series = [rows[column] for column in columns]
    compute: dict[LocalStatistic, Callable[..., Found]] = {
        "moran": explore.local_moran,
        "moran_bivariate": explore.local_moran_bivariate,
        "geary": explore.local_geary,
        "g": lambda *given, **more: explore.local_g(*given, star=False, **more),
        "g_star": explore.local_g,
    }
    return compute[options.statistic](*series, weights, **drawn)


def render_lisa(result: Found, options: Lisa, context: Context) -> list[Block]:
    """The map of clusters, how many there are, and the table of their members."""
    from ..plot import lisa_map
    from ..tables import frame_table

    words: dict[str, Any] = {
        "name": context.say(f"lisa_{options.statistic}"),
        "what": _what(options, context),
        "alpha": options.alpha,
        "adjust": context.say(f"adjust_{options.adjust}"),
        "permutations": options.permutations,
        "seed": context.head.seed,
        "weights": options.weights or next(iter(context.weights)),
    }
    labels = map_labels(context)
    if options.lagged:
        labels[str(result.variable)] = _pair(options, context)
    axes = lisa_map(
        context.background,
        result,
        alpha=options.alpha,
        adjust=options.adjust,
        labels=labels,
        missing_label=context.say("no_data"),
        inset=map_inset(context),
    )
    blocks: list[Block] = [FigureBlock("map", axes, context.say("local_caption", **words))]
    if has_word(f"lisa_{options.statistic}_note"):
        blocks.append(NoteBlock(context.say(f"lisa_{options.statistic}_note")))
    counts = {adjust: len(_clustered(result, options.alpha, adjust)) for adjust in _COUNTED}
    blocks.append(NoteBlock(context.say("lisa_counts", alpha=options.alpha, **counts)))
    if options.adjust == "none":
        blocks.append(NoteBlock(context.say("lisa_exploratory", alpha=options.alpha), warning=True))
    members = _members(result, options, context)
    if len(members):
        title = context.say("local_title", **words)
        table = frame_table(members, title=title, notes=context.say("lisa_note", **words))
        blocks.append(TableBlock("clusters", table, rows_shown=_ROWS_SHOWN))
    return blocks


def _pair(options: Lisa, context: Context) -> str:
    one, two = context.label(options.column), context.label(options.lagged)
    return context.say("lisa_pair", column=one, lagged=two)


def _what(options: Lisa, context: Context) -> str:
    """The column or the two of them, and the period."""
    what = _pair(options, context) if options.lagged else context.label(options.column)
    return context.dated(what, options.time)


def _members(result: Found, options: Lisa, context: Context) -> pd.DataFrame:
    """Units in a cluster, by cluster and p-value."""
    import pandas as pd

    from ..explore import LocalMoranResult

    chosen = _clustered(result, options.alpha, options.adjust)
    names = context.unit_names()
    if isinstance(result, LocalMoranResult):
        value, heading = result.I, "local_i"
    else:
        value, heading = result.value, f"lisa_{options.statistic}_value"
    frame = pd.DataFrame(
        {
            context.say("unit"): [names.get(str(unit), str(unit)) for unit in chosen.index],
            context.say("code"): chosen.index.astype(str),
            context.say("cluster"): [context.say(str(kind)) for kind in chosen],
            context.say(heading): value.reindex(chosen.index).to_numpy(),
            context.say("p_permutation"): result.p_sim.reindex(chosen.index).to_numpy(),
        }
    )
    order = [context.say("cluster"), context.say("p_permutation")]
    return frame.sort_values(order, kind="stable", ignore_index=True)


def _clustered(result: Found, alpha: float, adjust: _typing.Adjust) -> pd.Series:
    """The units in a cluster or an outlier, with its kind."""
    clusters = result.clusters(alpha=alpha, adjust=adjust)
    return clusters[~clusters.isin(_QUIET)]
