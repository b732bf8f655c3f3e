"""Steps that look at the data: descriptives, maps, trends, Moran's I."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from .blocks import Block, FigureBlock, TableBlock
from .schema import Column, Period
from .specs import DataStep, RandomStep, SpatialStep, StepOptions

if TYPE_CHECKING:
    import pandas as pd

    from ..explore.moran import MoranResult
    from .context import Context


_DRAWN_WORDS = (
    "High-High", "Low-Low", "Low-High", "High-Low", "Hot spot", "Cold spot", "Other positive", "Negative",
    "Not significant", "No neighbours", "Spatial lag",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Describe(DataStep):
    """``describe``: moments of columns, by period where asked, and their correlations."""

    columns: list[Column]
    by_period: bool = False
    correlations: bool = True


def run_describe(options: Describe, context: Context) -> pd.DataFrame:
    """The rows to describe; missing values are counted in the table."""
    table = context.table(options.data)
    return table.frame[[*([table.time] if table.time else []), *options.columns]]


def render_describe(result: pd.DataFrame, options: Describe, context: Context) -> list[Block]:
    """Tables of moments and correlations."""
    from ..tables import correlation_table, descriptive_table

    time = context.table(options.data).time
    words: dict[str, Any] = {"labels": context.labels, "lang": context.head.lang}
    moments = descriptive_table(result, options.columns, title=context.say("descriptives"), **words)
    blocks: list[Block] = [TableBlock("descriptives", moments)]
    if options.by_period and time:
        by_period = descriptive_table(
            result, options.columns, by=time, title=context.say("by_period"), **words
        )
        blocks.append(TableBlock("by-period", by_period))
    if options.correlations and len(options.columns) > 1:
        correlations = correlation_table(result, options.columns, title=context.say("correlations"), **words)
        blocks.append(TableBlock("correlations", correlations))
    return blocks


@dataclass(frozen=True, kw_only=True)
class Map(DataStep):
    """``map``: one column by classes, several periods side by side with pooled classes and one legend.

    ``breaks`` fixes inner class bounds; `names` writes the units on the map of one period. With a `second`
    column there are three classes of each in nine colours.
    """

    column: Column
    second: Column = ""
    times: list[Period] = field(default_factory=list)
    scheme: str = "quantiles"
    k: int = 5
    breaks: list[float] = field(default_factory=list)
    cmap: str = "YlGnBu"
    names: bool = False
    digits: int = 2

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Each period once; names on one map only."""
        del earlier, weights
        if len(set(self.times)) < len(self.times):
            yield "times", "the same period twice."
        if self.names and len(self.times) > 1:
            yield "names", "goes with one period: small maps have no room for names."
        if self.second and len(self.times) > 1:
            yield "second", "goes with one period."
        plain = {item.name: item.default for item in fields(self)}
        for key in ("scheme", "k", "cmap", "digits"):
            if self.second and getattr(self, key) != plain[key]:
                yield key, "goes without second: a map of two columns has three classes of each."
        if self.second and self.breaks:
            yield "breaks", "goes without second: a map of two columns has terciles of each."


def run_map(options: Map, context: Context) -> dict[Any, pd.DataFrame]:
    """Period to the values by unit; None stands for the only period."""
    periods: list[Any] = [*options.times] or [None]
    columns = [options.column, *([options.second] if options.second else [])]
    return {period: context.cross_section(options.data, [], period)[columns] for period in periods}


def render_map(result: dict[Any, pd.DataFrame], options: Map, context: Context) -> list[Block]:
    """The map, or those of several periods in one figure."""
    import pandas as pd

    from ..plot import bivariate_map, choropleth, map_series

    ground: dict[str, Any] = {
        "labels": map_labels(context),
        "missing_label": context.say("no_data"),
        "inset": map_inset(context),
    }
    look: dict[str, Any] = {
        **ground,
        "scheme": options.scheme,
        "k": options.k,
        "breaks": options.breaks or None,
        "cmap": options.cmap,
        "digits": options.digits,
    }
    if len(result) > 1:
        table = pd.DataFrame({period: values[options.column] for period, values in result.items()})
        axes = map_series(context.background, table, label=context.label(options.column), **look)[0]
        caption = context.say("maps_caption", what=context.what(options.column, *result))
        return [FigureBlock("", axes, caption)]
    ((period, values),) = result.items()
    one, what = values[options.column], context.label(options.column)
    if options.second:
        two = values[options.second]
        ax = bivariate_map(context.background, one, two, names=options.names, **ground)
        what = context.say("map_both", first=what, second=context.label(options.second))
    else:
        ax = choropleth(context.background, one, names=options.names, **look)
    caption = context.say("map_caption", what=context.dated(what, period))
    return [FigureBlock("" if period is None else str(period), ax, caption)]


@dataclass(frozen=True, kw_only=True)
class Trend(DataStep):
    """``trend``: one or two columns over time, of all units together or of some."""

    columns: list[Column]
    units: list[str] = field(default_factory=list)


def run_trend(options: Trend, context: Context) -> pd.DataFrame:
    """The rows to draw."""
    table = context.table(options.data)
    return table.frame[[table.unit, table.time, *options.columns]]


def render_trend(result: pd.DataFrame, options: Trend, context: Context) -> list[Block]:
    """One figure."""
    from ..plot import trend

    table = context.table(options.data)
    axes = trend(
        result,
        options.columns,
        time=table.time,
        unit=table.unit,
        units=options.units or None,
        names=context.unit_names(),
        labels=context.labels,
    )
    label = ", ".join(context.label(column) for column in options.columns)
    return [FigureBlock("", axes, context.say("trend_caption", label=label))]


@dataclass(frozen=True, kw_only=True)
class Moran(RandomStep, SpatialStep):
    """``moran``: Moran's I by period, and scatter plots for the periods in `scatter`, side by side."""

    variables: list[Column]
    times: list[Period] = field(default_factory=list)
    scatter: list[Period] = field(default_factory=list)
    permutations: int = 999


@dataclass(frozen=True, slots=True)
class MoranFound:
    """The table by variable and period, and the results behind the scatter plots."""

    table: pd.DataFrame
    scatters: dict[str, dict[Any, MoranResult]]
    weights: str


def run_moran(options: Moran, context: Context) -> MoranFound:
    """Moran's I of every variable in every period."""
    from ..explore.moran import moran, moran_table

    table = context.table(options.data)
    rows = context.panel(options.data, options.variables, options.times)
    weights = context.weights_for(options.weights, _units(rows, table.unit))
    seed = context.head.seed
    found = moran_table(
        rows,
        options.variables,
        weights,
        unit=table.unit,
        time=table.time or None,
        permutations=options.permutations,
        seed=seed,
    )
    periods = options.scatter if table.time else [None]
    scatters: dict[str, dict[Any, MoranResult]] = {variable: {} for variable in options.variables}
    for period in periods:
        one = rows if period is None else rows[rows[table.time] == period]
        for variable, own in scatters.items():
            values = one.set_index(table.unit)[variable]
            own[period] = moran(values, weights, permutations=options.permutations, seed=seed)
    return MoranFound(found, scatters, weights.name or options.weights)


def render_moran(result: MoranFound, options: Moran, context: Context) -> list[Block]:
    """The table, a line of I over time, and the scatter plots."""
    from ..tables import frame_table

    note = context.say(
        "moran_note",
        weights=result.weights,
        permutations=options.permutations,
        seed=context.head.seed,
    )
    names = ", ".join(context.label(variable) for variable in options.variables)
    title = context.say("moran_title", label=names)
    single = ["variable"] if len(options.variables) == 1 and "time" in result.table else []
    shown = result.table.drop(columns=["weights", "n", *single], errors="ignore")
    labels = {**map_labels(context), **_moran_words(context)}
    blocks: list[Block] = [TableBlock("", frame_table(shown, title=title, notes=note, labels=labels))]
    if "time" in result.table and result.table["time"].nunique() > 2:
        blocks += moran_trends(result.table, context)
    for variable, results in result.scatters.items():
        if results:
            blocks.append(_scatter_block(variable, results, context))
    return blocks


def _scatter_block(variable: str, results: dict[Any, MoranResult], context: Context) -> FigureBlock:
    """The scatter plot of one variable, or those of several periods in one figure."""
    from ..plot import moran_scatter, moran_scatters

    names, labels = context.unit_names(), map_labels(context)
    if len(results) > 1:
        axes = moran_scatters(results, names=names, labels=labels)[0]
        what = context.what(variable, *results)
        return FigureBlock(f"scatter-{variable}", axes, context.say("scatter_caption", what=what))
    ((period, result),) = results.items()
    name = f"scatter-{variable}" if period is None else f"scatter-{variable}-{period}"
    axes = moran_scatter(result, names=names, labels=labels)
    return FigureBlock(name, axes, context.say("scatter_caption", what=context.what(variable, period)))


def moran_trends(table: pd.DataFrame, context: Context) -> list[Block]:
    """Moran's I over time with the band in which it stays by chance, a figure for each variable."""
    from ..plot import moran_trend

    words = {
        "time": context.say("year"),
        "Significant": context.say("st_significant"),
        "Without autocorrelation": context.say("moran_band"),
    }
    blocks: list[Block] = []
    for variable, rows in table.groupby("variable", sort=False):
        axes = moran_trend(rows, labels={**map_labels(context), **words})
        caption = context.say("moran_trend", label=context.label(str(variable)))
        blocks.append(FigureBlock(f"by-period-{variable}", axes, caption))
    return blocks


def _moran_words(context: Context) -> dict[str, str]:
    keys = {"time": "year", "p_norm": "p_normal", "p_sim": "p_permutation"}
    words = {name: context.say(keys.get(name, name)) for name in ("expected", "sd", "variable", *keys)}
    return {**words, "I": "I", "z": "z"}


def map_inset(context: Context) -> tuple[float, float, float, float] | None:
    """The islands of the South China Sea in a box of their own, where the map shows the whole country."""
    from ..plot import SOUTH_CHINA_SEA

    return SOUTH_CHINA_SEA if context.shows_china else None


def _units(rows: pd.DataFrame, unit: str) -> pd.Index:
    return rows.drop_duplicates(unit).set_index(unit).index


def map_labels(context: Context) -> dict[str, str]:
    """Labels of columns, names of units and words on figures; a column wins where several are there."""
    words = {word: context.say(word) for word in _DRAWN_WORDS}
    # Maps name the units around the study too.
    names = replace(context, layer=context.background).unit_names()
    return {**words, **names, **context.labels}
