"""The step that computes an index of `spatialfin.indices` on columns of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from .._errors import DataError
from .blocks import Block, FigureBlock, FileBlock, TableBlock
from .schema import Column, NewColumn, Period, RegionColumn
from .specs import DataStep, StepOptions
from .steps_data import NewVariables, render_variables
from .steps_explore import map_inset, map_labels

if TYPE_CHECKING:
    import pandas as pd

    from ..indices import EntropyComposite
    from .context import Context

_PLACE = 4  # decimals of an index
_MOST_LINES = 8  # colours that a figure over time can tell apart


@dataclass(frozen=True, slots=True)
class Measure:
    """What an index asks of a step.

    Attributes
    ----------
    name : str
        Of the new column of an index by unit; empty for an index by period.
    columns : {"one", "any", "several", "none"}
        How many columns it takes.
    needs, takes : tuple of str
        Further keys it must have, and may have.
    """

    name: str = ""
    columns: Literal["one", "any", "several", "none"] = "any"
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


MEASURES = {
    "location_quotient": Measure("lq", "one", ("total",)),
    "symmetric_location_quotient": Measure("slq", "one", ("total",)),
    "standardized_location_quotient": Measure("lq_z", "one", ("total",), ("scale",)),
    "shares": Measure("share", "one"),
    "density": Measure("density", "one"),
    "krugman_specialization": Measure("krugman_specialization", "several", (), ("reference",)),
    "entropy_composite": Measure("composite", "none", ("directions",)),
    "spatial_gini": Measure(needs=("total",)),
    "locational_gini": Measure(needs=("total",)),
    "hoover": Measure(needs=("total",)),
    "ellison_glaeser": Measure(columns="one", needs=("total", "plant_herfindahl")),
    "coagglomeration": Measure(columns="several", needs=("total",)),
    "krugman_concentration": Measure(columns="several", takes=("reference",)),
    "concentration_ratio": Measure(takes=("k",)),
    "herfindahl": Measure(takes=("normalized",)),
    "gini": Measure(takes=("weight",)),
    "theil": Measure(takes=("weight",)),
    "theil_decomposition": Measure(columns="one", needs=("by",), takes=("weight",)),
    "dagum_gini": Measure(columns="one", needs=("by",), takes=("weight",)),
}
IndexName = Literal[
    "location_quotient", "symmetric_location_quotient", "standardized_location_quotient", "shares", "density",
    "krugman_specialization", "entropy_composite", "spatial_gini", "locational_gini", "hoover",
    "ellison_glaeser", "coagglomeration", "krugman_concentration", "concentration_ratio", "herfindahl",
    "gini", "theil", "theil_decomposition", "dagum_gini",
]  # fmt: skip
_BY_UNIT = ("name", "maps")
_COUNTS = {"one": (1, 1), "any": (1, 99), "several": (2, 99), "none": (0, 0)}
_COUNT_WORDS = {"one": "one column", "any": "one column or more", "several": "two columns or more"}


@dataclass(frozen=True, kw_only=True)
class IndexMaps:
    """Maps of an index by unit: side by side, with classes pooled over the periods in `times` (or all)."""

    times: list[Period] = field(default_factory=list)
    scheme: Literal["quantiles", "equal_interval", "fisher_jenks", "std_mean", "head_tail"] = "quantiles"
    k: int = 5
    breaks: list[float] = field(default_factory=list)
    cmap: str = "YlGnBu"
    digits: int = 2


@dataclass(frozen=True, kw_only=True)
class Index(DataStep):
    """``index``: an index of ``spatialfin.indices`` of columns of a table, in each period.

    An index by unit becomes a column (``name``) that later steps can use, and may be mapped: `maps` is a
    table with times, scheme, k, breaks, cmap and digits. An index by period becomes a table, and a figure
    where there are more than two periods. ``total``, ``by`` (regions: a column of the table or of the
    layer), ``weight``, ``directions`` and the other keys go with the indices that have them.
    """

    index: IndexName
    columns: list[Column] = field(default_factory=list)
    total: Column = ""
    by: RegionColumn = ""
    weight: Column = ""
    directions: dict[Column, Literal["positive", "negative"]] = field(default_factory=dict)
    k: int | None = None
    normalized: bool | None = None
    reference: Literal["rest", "all"] | None = None
    scale: Literal["log", "level"] | None = None
    plant_herfindahl: float | None = None
    times: list[Period] = field(default_factory=list)
    name: NewColumn = ""
    maps: IndexMaps | None = None

    @property
    def measure(self) -> Measure:
        """What the index asks for."""
        return MEASURES[self.index]

    @property
    def made(self) -> list[str]:
        """The column of an index by unit."""
        return [self.name or self.measure.name] if self.measure.name else []

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Keys that the index needs and has not, or has not and is given."""
        del earlier, weights
        measure = self.measure
        keys = ("total", "by", "weight", "directions", "k", "normalized", "reference", "scale",
                "plant_herfindahl")  # fmt: skip
        own = (*measure.needs, *measure.takes)
        for key in keys:
            given = getattr(self, key) not in ("", None, {})
            if key in measure.needs and not given:
                yield key, f"missing; index = {self.index!r} needs it."
            elif given and key not in own:
                has = f"it has {', '.join(own)}." if own else "it has no such keys."
                yield key, f"does not go with index = {self.index!r}; {has}"
        low, high = _COUNTS[measure.columns]
        if not low <= len(self.columns) <= high:
            if measure.columns == "none":
                yield "columns", f"index = {self.index!r} takes its columns from directions; leave it out."
            else:
                yield "columns", f"index = {self.index!r} takes {_COUNT_WORDS[measure.columns]}."
        for key in _BY_UNIT:
            if getattr(self, key) and not measure.name:
                yield key, f"index = {self.index!r} has one value per period, none per unit; leave it out."


@dataclass(frozen=True, slots=True)
class IndexFound:
    """What the step found.

    Attributes
    ----------
    variables : NewVariables or None
        Of an index by unit.
    values : DataFrame
        By unit and period, or by period and part.
    groups : DataFrame or None
        The index within each region, by period.
    entropy : EntropyComposite or None
        Weights of a composite.
    """

    variables: NewVariables | None
    values: pd.DataFrame
    groups: pd.DataFrame | None = None
    entropy: EntropyComposite | None = None


def run_index(options: Index, context: Context) -> IndexFound:
    """Compute the index; one by unit becomes a column of the table."""
    table = context.table(options.data)
    named = [*options.columns, options.total, options.weight, *options.directions]
    columns = list(dict.fromkeys(name for name in named if name))
    rows = context.panel(options.data, columns, options.times)
    found = _computed(options, context, rows)
    if not options.made:
        return _by_period(found)
    name = options.made[0]
    if name in table.frame.columns:
        raise DataError(f"{name!r} is a column of the table already. Give another name = ....")
    values = found.composite if options.index == "entropy_composite" else found
    frame = table.frame.assign(**{name: values})
    context.tables[options.data or next(iter(context.tables))] = replace(table, frame=frame)
    keyed = frame.loc[rows.index]
    wide = keyed.pivot(index=table.unit, columns=table.time, values=name) if table.time else (
        keyed.set_index(table.unit)[[name]]
    )  # fmt: skip
    variables = NewVariables(options.data, {name: _definition(options)})
    return IndexFound(variables, wide, entropy=found if values is not found else None)


def _computed(options: Index, context: Context, rows: pd.DataFrame) -> Any:
    """What the function of the library returns."""
    from .. import indices

    table = context.table(options.data)
    function = getattr(indices, options.index)
    keys: dict[str, Any] = {
        key: getattr(options, key)
        for key in ("k", "normalized", "reference", "scale", "plant_herfindahl")
        if getattr(options, key) is not None
    }
    if options.index == "entropy_composite":
        return function(rows, directions=options.directions)
    if options.index == "density":
        from .inputs import unit_codes

        units = set(rows[table.unit])
        area = context.layer.loc[[code for code in unit_codes(context.layer) if code in units]]
        return function(rows[options.columns[0]], area, unit=rows[table.unit])
    if table.time:
        keys["by"] = rows[table.time]
    if options.by:
        keys["groups"] = _regions(options.by, rows, context, table.unit)
    if options.weight:
        keys["weights"] = rows[options.weight]
    many = len(options.columns) > 1 or options.measure.columns == "several"
    sizes = rows[options.columns] if many else rows[options.columns[0]]
    return function(sizes, rows[options.total], **keys) if options.total else function(sizes, **keys)


def _regions(by: str, rows: pd.DataFrame, context: Context, unit: str) -> pd.Series:
    """The region of each row, from the table or by its unit from the layer, in the words of the study."""
    found: pd.Series = rows[by] if by in rows.columns else rows[unit].map(context.layer[by])
    known = {name: context.word("region", name) for name in found.dropna().unique()}
    return found.map(known)


def _by_period(found: Any) -> IndexFound:
    """An index by period as a frame of periods and parts."""
    if hasattr(found, "groups"):
        return IndexFound(None, found.frame, groups=found.groups)
    return IndexFound(None, found.to_frame() if found.ndim == 1 else found)


def _definition(options: Index) -> str:
    """The call in words, as it stands in the library."""
    columns = options.columns or [f"{name} ({way})" for name, way in options.directions.items()]
    whole = f"; total {options.total}" if options.total else ""
    return f"{options.index}: {', '.join(columns)}{whole}"


def render_index(result: IndexFound, options: Index, context: Context) -> list[Block]:
    """The new column with its maps, or the table by period with its figure."""
    if result.variables is None:
        return _render_periods(result, options, context)
    blocks = render_variables(result.variables, options, context)
    if result.entropy is not None:
        blocks.append(TableBlock("weights", _entropy_table(result.entropy, context)))
    label = context.label(options.made[0])
    values = result.values.rename_axis(index=context.say("code"), columns=None)
    names = context.unit_names()
    values.insert(0, context.say("unit"), [names.get(str(code), str(code)) for code in values.index])
    blocks.append(FileBlock("values", values, context.say("values_file", label=label)))
    if options.maps is not None:
        blocks.append(_maps(result.values, options.maps, label, context))
    return blocks


def _maps(values: pd.DataFrame, maps: IndexMaps, label: str, context: Context) -> FigureBlock:
    """Small maps of the periods with the same classes."""
    from ..plot import map_series

    unknown = [period for period in maps.times if period not in values.columns]
    if unknown:
        raise DataError(f"maps: the index has no period {unknown[0]!r}.")
    chosen = values[maps.times] if maps.times else values
    single = len(chosen.columns) == 1
    axes = map_series(
        context.background,
        chosen,
        scheme=maps.scheme,
        k=maps.k,
        breaks=maps.breaks or None,
        cmap=maps.cmap,
        labels=map_labels(context),
        label=label,
        missing_label=context.say("no_data"),
        digits=maps.digits,
        inset=map_inset(context),
    )
    what = context.what(label, *chosen.columns)
    return FigureBlock("maps", axes[0], context.say("map_caption" if single else "maps_caption", what=what))


def _entropy_table(found: EntropyComposite, context: Context) -> Any:
    import pandas as pd

    from ..tables import frame_table

    columns = {
        context.say("variable"): [context.label(str(name)) for name in found.weights.index],
        context.say("entropy"): found.entropy.to_numpy(),
        context.say("redundancy"): found.redundancy.to_numpy(),
        context.say("entropy_weight"): found.weights.to_numpy(),
    }
    frame = pd.DataFrame(columns)
    return frame_table(frame, title=context.say("entropy_title"), notes=context.say("entropy_note"), digits=4)


def _render_periods(result: IndexFound, options: Index, context: Context) -> list[Block]:
    what = ", ".join(context.label(column) for column in options.columns)
    title = context.say("index_title", index=context.say(f"index_{options.index}"), what=what)
    blocks = period_blocks("", result.values, title, context)
    if result.groups is not None:
        inside = context.say("index_within", title=title)
        blocks += period_blocks("regions", result.groups, inside, context)
    return blocks


def period_blocks(name: str, frame: pd.DataFrame, title: str, context: Context) -> list[Block]:
    """A table of one row per period, and lines over time where there are more than two."""
    from ..plot import trend
    from ..tables import frame_table

    words = {part: context.word("part", part) for part in frame.columns}
    shown = frame.rename(columns=words).rename_axis(index=context.say("year"), columns=None)
    if list(frame.index) == ["all"]:
        shown = shown.rename(index={"all": context.say("no_periods")}).rename_axis(index="")
    blocks: list[Block] = [TableBlock(name, frame_table(shown, title=title, digits=_PLACE))]
    if len(frame) > 2:
        long = frame.rename_axis("time").reset_index().melt("time", var_name="part", value_name="value")
        single = len(frame.columns) == 1
        axes = trend(
            long,
            "value",
            time="time",
            unit=None if single else "part",
            units=None if single or len(words) > _MOST_LINES else [str(part) for part in words],
            names={str(part): word for part, word in words.items()},
            labels={"time": context.say("year"), "value": words[frame.columns[0]] if single else ""},
        )
        blocks.append(
            FigureBlock(f"{name}-trend" if name else "trend", axes, context.say("map_caption", what=title))
        )
    return blocks
