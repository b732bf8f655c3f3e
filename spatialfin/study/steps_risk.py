"""The step on units of any kind, not those of the layer: growth, concentration risk, imbalance."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._errors import DataError, SpatialfinWarning, listed, nearest
from .blocks import Block, FigureBlock, FileBlock, NoteBlock, TableBlock
from .files import read_table_file
from .schema import InputFile
from .specs import StepOptions
from .steps_index import period_blocks

if TYPE_CHECKING:
    import pandas as pd

    from .context import Context

_LEVELS = ("moderate", "high")
_DEFAULT_LIMITS = {"herfindahl": [0.10, 0.18]}


@dataclass(frozen=True, kw_only=True)
class Agglomerations(StepOptions):
    """``agglomerations``: growth multiples, shares, CR_k and Herfindahl index of agglomerations over time.

    The table (``dataset``, shipped, or ``file``) has a row per agglomeration (``unit``) and a column per
    period, ``columns = { 2011 = "loans_2011", 2020 = "loans_2020" }``; or a row per agglomeration and period,
    ``value`` and ``time``. ``thresholds`` gives measures two shares each: moderate and high. ``regions``
    (agglomeration to region) or ``by`` (a column) adds the imbalance within and between regions by Theil and
    Dagum.
    """

    unit: str
    dataset: str = ""
    file: InputFile = ""
    columns: dict[str, str] = field(default_factory=dict)
    value: str = ""
    time: str = ""
    label: str = ""
    k: list[int] = field(default_factory=lambda: [3, 5])
    thresholds: dict[str, list[float]] = field(default_factory=lambda: dict(_DEFAULT_LIMITS))
    by: str = ""
    regions: dict[str, str] = field(default_factory=dict)

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """One source, one layout, measures that are there, thresholds in order."""
        del earlier, weights
        if bool(self.dataset) == bool(self.file):
            yield "", "give either dataset = a shipped table or file = a table below this folder."
        if self.dataset:
            yield from _dataset_faults(self.dataset)
        long = bool(self.value and self.time)
        if bool(self.columns) == long or bool(self.value) != bool(self.time):
            yield "", "give either columns = { period = column } or both value = ... and time = ...."
        if self.by and self.regions:
            yield "regions", "goes without by; leave one of them out."
        yield from self._risk_faults()

    def _risk_faults(self) -> Iterator[tuple[str, str]]:
        if not self.k or min(self.k) < 1 or len(set(self.k)) < len(self.k):
            yield "k", f"{self.k!r} is no list of different whole numbers from 1 on."
        measures = ["herfindahl", *(f"cr_{size}" for size in self.k)]
        for name, pair in self.thresholds.items():
            if name not in measures:
                hint = nearest(name, measures)
                yield "thresholds", f"{name!r} is not reported.{hint} There are {', '.join(measures)}."
            elif len(pair) != 2 or not 0 < pair[0] < pair[1] < 1:
                yield "thresholds", f"{name} = {pair!r} is not two shares that rise, moderate and high."


def _dataset_faults(name: str) -> Iterator[tuple[str, str]]:
    from ..datasets import dataset_names

    names = list(dataset_names())
    if name not in names:
        yield "dataset", f"{name!r} is not shipped.{nearest(name, names)} Shipped: {', '.join(names)}."


@dataclass(frozen=True, slots=True)
class RiskFound:
    """What the step found.

    Attributes
    ----------
    sizes : DataFrame
        By agglomeration (rows) and period (columns).
    shares : DataFrame
        Laid out like `sizes`.
    multiples : Series or None
        From the first to the last period.
    risk : DataFrame
        Measures and levels by period.
    imbalance : DataFrame or None
        Theil and Dagum by period.
    notes : dict
        Source and caveats of a shipped table.
    """

    sizes: pd.DataFrame
    shares: pd.DataFrame
    multiples: pd.Series | None
    risk: pd.DataFrame
    imbalance: pd.DataFrame | None
    notes: dict[str, Any]


def run_agglomerations(options: Agglomerations, context: Context) -> RiskFound:
    """Growth, shares, concentration and, with regions, imbalance."""
    from .. import indices

    table, notes = _table(options, context)
    sizes, regions = _sizes(options, table)
    long = sizes.rename_axis(index="unit").reset_index().melt("unit", var_name="time")
    long = long.set_index(["unit", "time"], drop=False)
    limits = {name: (pair[0], pair[1]) for name, pair in options.thresholds.items()}
    multiples = None
    if len(sizes.columns) > 1:
        multiples = indices.growth_multiples(sizes.iloc[:, 0], sizes.iloc[:, -1])
    imbalance = None
    if regions is not None:
        groups = long["unit"].map(regions)
        imbalance = indices.regional_imbalance(long["value"], groups=groups, by=long["time"])
    with warnings.catch_warnings():
        # The page tells it in the language of the study.
        warnings.filterwarnings("ignore", "Concentration is high", SpatialfinWarning)
        risk = indices.concentration_risk(long["value"], by=long["time"], k=options.k, thresholds=limits)
    return RiskFound(
        sizes=sizes,
        shares=sizes.apply(indices.shares),
        multiples=multiples,
        risk=risk,
        imbalance=imbalance,
        notes=notes,
    )


def _table(options: Agglomerations, context: Context) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The table and what is known about it."""
    if options.dataset:
        from ..datasets import load_dataset

        table = load_dataset(options.dataset)
        return table, {str(key): value for key, value in table.attrs.items()}
    return read_table_file(context.folder / options.file, [options.unit], context), {"source": options.file}


def _sizes(options: Agglomerations, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series | None]:
    """Sizes by unit and period in the order of the table, and the region of each unit."""
    import pandas as pd

    named = [options.unit, *options.columns.values(), options.value, options.time, options.by]
    absent = [name for name in named if name and name not in table.columns]
    if absent:
        raise DataError(
            f"{options.dataset or options.file}: no column {listed(absent)}."
            f"{nearest(absent[0], table.columns)} It has {listed(table.columns, 10)}."
        )
    keys = [options.unit, *([options.time] if options.time else [])]
    again = table.loc[table.duplicated(keys), options.unit]
    if len(again):
        raise DataError(f"several rows for {listed(again.unique())}. Keep one per agglomeration and period.")
    if options.columns:
        sizes = table.set_index(options.unit)[list(options.columns.values())]
        sizes.columns = pd.Index([int(period) if period.isdigit() else period for period in options.columns])
    else:
        order = table[options.unit].drop_duplicates()
        sizes = table.pivot(index=options.unit, columns=options.time, values=options.value).reindex(order)
    return sizes, _regions(options, table, sizes.index)


def _regions(options: Agglomerations, table: pd.DataFrame, units: pd.Index) -> pd.Series | None:
    """The region of each agglomeration, from a column or from the study file."""
    import pandas as pd

    if options.by:
        return table.drop_duplicates(options.unit).set_index(options.unit)[options.by].reindex(units)
    if not options.regions:
        return None
    strange = [name for name in options.regions if name not in units]
    without = [name for name in units if name not in options.regions]
    if strange or without:
        hint = nearest(strange[0], list(units)) if strange else ""
        raise DataError(
            f"regions: not in the table: {listed(strange) or 'none'}.{hint} "
            f"Without a region: {listed(without) or 'none'}."
        )
    return pd.Series(options.regions)


def render_agglomerations(result: RiskFound, options: Agglomerations, context: Context) -> list[Block]:
    """Sizes with shares and growth, concentration with its thresholds, imbalance."""
    from ..tables import frame_table

    label = options.label or context.label(options.value or options.id)
    source = str(result.notes.get("source", ""))
    notes = [f"{context.say('source')}: {source}"] if source else []
    notes += [str(caveat) for caveat in result.notes.get("caveats", [])]
    title = context.say("agglomerations_title", label=label)
    blocks: list[Block] = [
        TableBlock("", frame_table(_printed_sizes(result, context), title=title, notes=notes))
    ]
    shares = result.shares.rename_axis(index=context.say("unit"), columns=None)
    blocks.append(FileBlock("shares", shares, context.say("shares_file", label=label)))
    blocks += _risk_blocks(result.risk, options, label, context)
    if result.imbalance is not None:
        title = context.say("imbalance_title", label=label)
        blocks += period_blocks("imbalance", result.imbalance, title, context)
    return blocks


def _printed_sizes(result: RiskFound, context: Context) -> pd.DataFrame:
    """Sizes as they are, shares and growth as shares; the sum of all in the last row."""
    import pandas as pd

    columns: dict[str, list[str]] = {}
    for period in _ends(result.sizes.columns):
        sizes = result.sizes[period]
        columns[str(period)] = [f"{size:,.2f}" for size in [*sizes, sizes.sum()]]
    for period in _ends(result.shares.columns):
        shares = result.shares[period]
        name = context.say("share_in", period=period)
        columns[name] = [f"{share:.4f}" for share in [*shares, shares.sum()]]
    if result.multiples is not None:
        first, last = result.sizes.iloc[:, 0].sum(), result.sizes.iloc[:, -1].sum()
        columns[context.say("multiple")] = [f"{one:.2f}" for one in [*result.multiples, last / first - 1]]
    names = [context.label(str(unit)) for unit in result.sizes.index]
    return pd.DataFrame({context.say("unit"): [*names, context.say("sum")], **columns})


def _ends(periods: pd.Index) -> list[Any]:
    """Up to three periods, or the first and the last of more: a page is no wider."""
    return list(periods) if len(periods) <= 3 else [periods[0], periods[-1]]


def _risk_blocks(risk: pd.DataFrame, options: Agglomerations, label: str, context: Context) -> list[Block]:
    """The measures with their levels, what is high, and each measure over time with its thresholds."""
    from ..tables import frame_table

    words = {word: context.say(f"level_{word}") for word in ("low", *_LEVELS)}
    shown: dict[str, list[str]] = {}
    for name in _measures(risk):
        measure = context.word("part", name)
        shown[measure] = [f"{value:.5f}" for value in risk[name]]
        if name in options.thresholds:
            levels = risk[f"{name}_level"].map(words)
            shown[context.say("level", measure=measure)] = levels.tolist()
    pairs = "; ".join(
        f"{context.word('part', name)} {pair[0]:g}, {pair[1]:g}" for name, pair in options.thresholds.items()
    )
    notes = [context.say("thresholds_note", pairs=pairs)] if pairs else []
    title = context.say("risk_title", label=label)
    frame = risk[[]].assign(**shown).rename_axis(context.say("year"))
    blocks: list[Block] = [TableBlock("risk", frame_table(frame, title=title, notes=notes))]
    for name in options.thresholds:
        high = risk.index[risk[f"{name}_level"] == "high"]
        if len(high):
            found = {"measure": context.word("part", name), "periods": ", ".join(map(str, high))}
            blocks.append(NoteBlock(context.say("risk_high", **found), warning=True))
    return [*blocks, *_risk_figures(risk, options, label, context)]


def _risk_figures(risk: pd.DataFrame, options: Agglomerations, label: str, context: Context) -> list[Block]:
    """Each measure over time with its thresholds, where there are more than two periods."""
    from ..plot import trend

    if len(risk) <= 2:
        return []
    blocks: list[Block] = []
    for name in _measures(risk):
        limits = zip(_LEVELS, options.thresholds.get(name, []), strict=False)
        measure = context.word("part", name)
        axes = trend(
            risk.rename_axis("time").reset_index(),
            name,
            time="time",
            labels={"time": context.say("year"), name: measure},
            thresholds={context.say(f"level_{level}"): limit for level, limit in limits},
        )
        caption = context.say("risk_caption", measure=measure, label=label)
        blocks.append(FigureBlock(f"{name}-trend", axes, caption))
    return blocks


def _measures(risk: pd.DataFrame) -> list[str]:
    return [name for name in risk.columns if not name.endswith("_level")]
