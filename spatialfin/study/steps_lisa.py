"""The step that maps local clusters: where the units are, and their neighbours, alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .. import _typing
from .blocks import Block, FigureBlock, NoteBlock, TableBlock
from .schema import Column, Period
from .specs import RandomStep, SpatialStep, StepOptions
from .steps_explore import map_inset, map_labels
from .words import has_word

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from ..explore import LocalMoranResult, LocalResult
    from .context import Context

    Found = LocalMoranResult | LocalResult

LocalStatistic = Literal["moran", "moran_bivariate", "geary", "g", "g_star"]
_QUIET = ("Not significant", "No neighbours")
_ROWS_SHOWN = 20
_COUNTED: tuple[_typing.Adjust, ...] = ("none", "fdr")


@dataclass(frozen=True, kw_only=True)
class Lisa(RandomStep, SpatialStep):
    """``lisa``: local clusters of one column as a map and a table of their members, also of several `times`.

    Those stand side by side under one legend, each with its table. `statistic` is local Moran, its bivariate
    form (the column of a unit and the neighbours' `lagged` one), local Geary, or Getis and Ord's G or G* (hot
    and cold spots).
    """

    column: Column
    statistic: LocalStatistic = "moran"
    lagged: Column = ""
    time: Period | None = None
    times: list[Period] = field(default_factory=list)
    alpha: float = 0.05
    adjust: _typing.Adjust = "fdr"
    permutations: int = 999

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """A second column where there are two, and only there; one period or several, each once."""
        del earlier, weights
        if self.statistic == "moran_bivariate" and not self.lagged:
            yield "lagged", "missing; statistic = 'moran_bivariate' needs the column of the neighbours."
        if self.statistic != "moran_bivariate" and self.lagged:
            yield "lagged", f"goes with statistic = 'moran_bivariate', not with {self.statistic!r}."
        if self.times and self.time is not None:
            yield "times", "goes without time."
        if len(set(self.times)) < len(self.times):
            yield "times", "the same period twice."

    @property
    def periods(self) -> list[Any]:
        """The periods of the maps; None stands for the only one of the table."""
        return [*self.times] or [self.time]


def run_lisa(options: Lisa, context: Context) -> dict[Any, Found]:
    """Period to the local statistic over the units with a value."""
    return {period: _statistic(options, context, period) for period in options.periods}


def _statistic(options: Lisa, context: Context, period: Any) -> Found:
    from .. import explore

    columns = [options.column, *([options.lagged] if options.lagged else [])]
    rows = context.cross_section(options.data, columns, period)
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


def render_lisa(result: dict[Any, Found], options: Lisa, context: Context) -> list[Block]:
    """The maps of clusters, how many there are, and the tables of their members."""
    words: dict[str, Any] = {
        "name": context.say(f"lisa_{options.statistic}"),
        "alpha": options.alpha,
        "adjust": context.say(f"adjust_{options.adjust}"),
        "permutations": options.permutations,
        "seed": context.head.seed,
        "weights": options.weights or next(iter(context.weights)),
    }
    caption = context.say("local_caption", what=_what(options, context, *options.periods), **words)
    blocks: list[Block] = [FigureBlock("map", _maps(result, options, context), caption)]
    if has_word(f"lisa_{options.statistic}_note"):
        blocks.append(NoteBlock(context.say(f"lisa_{options.statistic}_note")))
    for period, found in result.items():
        counts = {adjust: len(_clustered(found, options.alpha, adjust)) for adjust in _COUNTED}
        text = context.say("lisa_counts", alpha=options.alpha, **counts)
        blocks.append(
            NoteBlock(text if len(result) == 1 else context.say("of_period", period=period, text=text))
        )
    if options.adjust == "none":
        blocks.append(NoteBlock(context.say("lisa_exploratory", alpha=options.alpha), warning=True))
    for period, found in result.items():
        name = "clusters" if len(result) == 1 else f"clusters-{period}"
        blocks += _members_table(name, found, options, context, {**words, "period": period})
    return blocks


def _maps(result: dict[Any, Found], options: Lisa, context: Context) -> Axes:
    from ..plot import lisa_map, lisa_maps

    labels = map_labels(context)
    if options.lagged:
        labels |= {str(found.variable): _pair(options, context) for found in result.values()}
    look: dict[str, Any] = {
        "alpha": options.alpha,
        "adjust": options.adjust,
        "labels": labels,
        "missing_label": context.say("no_data"),
        "inset": map_inset(context),
    }
    if len(result) > 1:
        return lisa_maps(context.background, result, **look)[0]
    (found,) = result.values()
    return lisa_map(context.background, found, **look)


def _pair(options: Lisa, context: Context) -> str:
    one, two = context.label(options.column), context.label(options.lagged)
    return context.say("lisa_pair", column=one, lagged=two)


def _what(options: Lisa, context: Context, *periods: Any) -> str:
    """The column or the two of them, and the periods where there are any."""
    what = _pair(options, context) if options.lagged else context.label(options.column)
    return context.dated(what, *periods)


def _members_table(
    name: str, result: Found, options: Lisa, context: Context, words: Mapping[str, Any]
) -> list[Block]:
    """The table of units in a cluster; nothing where there is none."""
    from ..tables import frame_table

    members = _members(result, options, context)
    if members.empty:
        return []
    title = context.say("local_title", what=_what(options, context, words["period"]), **words)
    table = frame_table(members, title=title, notes=context.say("lisa_note", **words))
    return [TableBlock(name, table, rows_shown=_ROWS_SHOWN)]


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
