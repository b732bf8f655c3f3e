"""The step on the proximity of the industries of a region, and its change between two years."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .._errors import DataError, listed, nearest
from .blocks import Block, FigureBlock, FileBlock, NoteBlock, TableBlock
from .files import codes_as_text, read_table_file
from .panel_spec import p_text
from .schema import Column, InputFile, NewColumn, NewTable, Period
from .specs import DataStep, RandomStep, StepOptions
from .steps_firms import Firms
from .tables_of import on_layer

if TYPE_CHECKING:
    import pandas as pd

    from ..indices import ProximityChange
    from .context import Context

_COMMUNITIES = 6
_COUNTRIES = 60
_ROWS_SHOWN = 40
_ROWS_IN_TABLES = 400
_LONG = ("region", "industry", "time")


@dataclass(frozen=True, kw_only=True)
class Proximity(RandomStep, DataStep):
    """``proximity``: how close the industries of a region are to each other, and its change between years.

    The sizes come from the cells of an earlier ``firms`` step (``of``) or from a long table (``file`` with
    the columns `region`, `industry` and `time`), and ``size`` is the column that weighs. The proximity of
    industries comes from a square table (``phi_file``), from a simulated product space
    (``phi = "simulated"``) or, with simulated firms, from their census. Instead, ``column`` names
    proximities that a table has already, and ``weight`` what weighs the change. ``before`` and ``after`` are
    the years to compare; ``table`` puts the proximities into a new table.
    """

    of: str = ""
    file: InputFile = ""
    region: str = ""
    industry: str = ""
    time: str = ""
    size: str = ""
    phi_file: InputFile = ""
    phi: Literal["simulated", ""] = ""
    codes: Literal["error", "drop"] = "error"
    column: Column = ""
    weight: Column = ""
    before: Period | None = None
    after: Period | None = None
    table: NewTable = ""
    name: NewColumn = ""
    label_extremes: int = 10

    @property
    def needs_data(self) -> bool:
        """Only for proximities that a table has already."""
        return bool(self.column)

    @property
    def fresh(self) -> bool:
        """A new table holds nothing but what the step makes."""
        return not self.column

    @property
    def made(self) -> list[str]:
        """The proximity, where there is a table for it."""
        return [self.name or "proximity"] if self.table else []

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """One source of sizes and one of proximity, and no key of another source."""
        del weights
        sources = [key for key in ("of", "file", "column") if getattr(self, key)]
        if len(sources) != 1:
            yield "", "give one of: of = the id of an earlier firms step, file = ..., column = ...."
            return
        yield from self._needed(sources[0])
        yield from self._not_taken(sources[0])
        if self.of:
            yield from _firms_faults(self.of, self.size, earlier)
        if not self.column:
            yield from self._phi_faults(earlier)
        if (self.before is None) != (self.after is None):
            missing = "before" if self.before is None else "after"
            yield missing, "missing; give both before and after, or neither."

    def _needed(self, source: str) -> Iterator[tuple[str, str]]:
        needed = {"of": ("size",), "file": ("region", "industry", "size"), "column": ("weight",)}
        for key in needed[source]:
            if not getattr(self, key):
                yield key, f"missing; {source} = {getattr(self, source)!r} needs it."

    def _not_taken(self, source: str) -> Iterator[tuple[str, str]]:
        others: dict[str, tuple[str, ...]] = {
            "of": (*_LONG, "weight", "data"),
            "file": ("weight", "data"),
            "column": (*_LONG, "size", "phi", "phi_file", "table", "name"),
        }
        for key in others[source]:
            if getattr(self, key):
                yield key, f"does not go with {source} = {getattr(self, source)!r}; leave it out."

    def _phi_faults(self, earlier: Mapping[str, StepOptions]) -> Iterator[tuple[str, str]]:
        base = earlier.get(self.of)
        own = isinstance(base, Firms) and base.simulated is not None
        if own and (self.phi or self.phi_file):
            yield "phi_file" if self.phi_file else "phi", f"comes with the simulated firms of {self.of!r}."
        elif not own and bool(self.phi) == bool(self.phi_file):
            yield "phi_file", 'give either phi_file = a square table or phi = "simulated".'


def _firms_faults(of: str, size: str, earlier: Mapping[str, StepOptions]) -> Iterator[tuple[str, str]]:
    base = earlier.get(of)
    firms = [name for name, options in earlier.items() if isinstance(options, Firms)]
    if base is None:
        have = f" Firms steps: {', '.join(firms)}." if firms else ""
        yield "of", f"no firms step above this one has the id {of!r}.{nearest(of, firms)}{have}"
    elif not isinstance(base, Firms):
        yield "of", f"{of!r} is a step of kind {base.kind!r}; the id of a firms step is needed."
    elif size and size not in (sizes := [*base.values, "firms"]):
        yield (
            "size",
            f"{size!r} is no value of the step {of!r}.{nearest(size, sizes)} It has {listed(sizes)}.",
        )


@dataclass(frozen=True, slots=True)
class ProximityFound:
    """What the step found.

    Attributes
    ----------
    values : DataFrame
        Proximity by region (rows) and year (columns).
    change : ProximityChange or None
        Where two years are compared.
    dropped : tuple of (list of str, float)
        Industries without proximity, and their share of all size.
    simulated : tuple of str
        Keys of the words that say what is simulated.
    """

    values: pd.DataFrame
    change: ProximityChange | None
    dropped: tuple[list[str], float]
    simulated: tuple[str, ...]


def run_proximity(options: Proximity, context: Context) -> ProximityFound:
    """Proximity of every region and year, and the test of its change."""
    if options.column:
        values, weights = _given(options, context)
        simulated = context.table(options.data).notes.get("simulated")
        change = _change(options, values, weights)
        return ProximityFound(values, change, ([], 0.0), ("simulated",) if simulated else ())
    values, weights, dropped, simulated = _computed(options, context)
    if options.table:
        _put_table(options, values, bool(simulated), context)
    return ProximityFound(values, _change(options, values, weights), dropped, simulated)


def _given(options: Proximity, context: Context) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Proximity and weight of a table, by unit and year."""
    table = context.table(options.data)
    if not table.time:
        raise DataError("the change of proximity needs a table with time = ....")
    periods = [period for period in (options.before, options.after) if period is not None]
    rows = context.panel(options.data, [options.column, options.weight], periods)
    keys = {"index": table.unit, "columns": table.time}
    return rows.pivot(**keys, values=options.column), rows.pivot(**keys, values=options.weight)


def _computed(
    options: Proximity, context: Context
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[list[str], float], tuple[str, ...]]:
    """Proximity and size by region and year, the industries left out, what is simulated."""
    from ..indices import regional_proximity

    cells, keys, simulated = _sizes(options, context)
    phi = _phi(options, context, cells[keys["industry"]].astype(str))
    if phi is None:
        phi, simulated = context.done[options.of][1].industries, ("simulated_census",)
    elif options.phi:
        simulated = (*simulated, "simulated_space")
    found = regional_proximity(cells, phi, **keys, size=options.size, missing=options.codes)
    sums = cells.groupby([keys["region"], *([keys["time"]] if "time" in keys else [])])[options.size].sum()
    values, sizes = (one.unstack() if "time" in keys else one.to_frame("all") for one in (found, sums))
    dropped = (found.attrs.get("dropped_industries", []), found.attrs.get("dropped_share", 0.0))
    return values, sizes, dropped, simulated


def _sizes(options: Proximity, context: Context) -> tuple[pd.DataFrame, dict[str, str], tuple[str, ...]]:
    """The long table of sizes, the names of its keys, what is simulated."""
    if options.of:
        found = context.done[options.of][1]
        cells = found.cells.table
        keys = {"region": "region", "industry": "industry"}
        if "year" in cells.columns:
            keys["time"] = "year"
        return cells, keys, ("simulated",) if found.simulated else ()
    keys = {name: getattr(options, name) for name in _LONG if getattr(options, name)}
    texts = [options.region, options.industry]
    table = read_table_file(context.folder / options.file, texts, context)
    absent = [name for name in (*keys.values(), options.size) if name not in table.columns]
    if absent:
        hint = nearest(absent[0], table.columns)
        raise DataError(f"{options.file}: {listed(absent)} is not a column.{hint}")
    codes = {name: codes_as_text(table[name]) for name in texts}
    return table.assign(**codes), keys, ()


def _phi(options: Proximity, context: Context, industries: pd.Series) -> pd.DataFrame | None:
    """Proximity of industries from a file or a simulated product space; None where the census has its own."""
    if options.phi_file:
        return square_table(options.phi_file, context)
    if not options.phi:
        return None
    from .. import indices
    from ..simulate import product_space

    codes = sorted(industries.unique())
    trade = product_space(
        countries=_COUNTRIES,
        products=max(len(codes), 2),
        communities=min(_COMMUNITIES, len(codes)),
        seed=context.head.seed,
    )
    advantage = indices.revealed_comparative_advantage(
        trade, country="country", product="product", value="value"
    )
    phi = indices.product_proximity(indices.product_presence(advantage))
    names = dict(zip(sorted(phi.index), codes, strict=False))
    return phi.rename(index=names, columns=names)


def square_table(name: str, context: Context) -> pd.DataFrame:
    """A square table: codes in its first column and in its header."""
    import pandas as pd

    table = read_table_file(context.folder / name, [0], context)
    square = table.set_index(table.columns[0]).rename_axis(None)
    square = square.set_axis(codes_as_text(square.index.to_series()), axis=0).rename_axis(None)
    square = square.set_axis(square.columns.astype(str), axis=1)
    texts = [
        str(column) for column, dtype in square.dtypes.items() if not pd.api.types.is_numeric_dtype(dtype)
    ]
    if texts:
        raise DataError(f"{name}: text where proximities are expected, in the columns {listed(texts)}.")
    return square


def _change(options: Proximity, values: pd.DataFrame, weights: pd.DataFrame) -> ProximityChange | None:
    """The change between the two years named, or the only two there are."""
    from ..indices import proximity_change

    have = list(values.columns)
    pair = [options.before, options.after] if options.before is not None else have
    unknown = [period for period in pair if period not in have]
    if unknown:
        raise DataError(f"no proximity of {listed(unknown)}; there is that of {listed(have)}.")
    if len(pair) != 2:
        return None
    before, after = (values[period].rename(str(period)) for period in pair)
    return proximity_change(before, after, weights=weights[pair[1]].reindex(values.index).fillna(0.0))


def _put_table(options: Proximity, values: pd.DataFrame, simulated: bool, context: Context) -> None:
    name = options.made[0]
    if list(values.columns) == ["all"]:
        frame, time = values.rename(columns={"all": name}).rename_axis("unit").reset_index(), ""
    else:
        wide = values.rename_axis(index="unit").reset_index()
        frame, time = wide.melt("unit", var_name="year", value_name=name), "year"
    notes: dict[str, Any] = {"title": options.table, "source": options.of or options.file}
    notes["simulated"] = simulated
    context.tables[options.table] = on_layer(options.table, frame, time, "drop", notes, context)


def render_proximity(result: ProximityFound, options: Proximity, context: Context) -> list[Block]:
    """The test of the change, the scatter of the two years, and the regions."""
    from ..plot import proximity_scatter

    mark = context.say("simulated_mark") if result.simulated else ""
    blocks: list[Block] = [NoteBlock(context.say(key), warning=True) for key in result.simulated]
    industries, share = result.dropped
    if industries:
        words = {"names": listed(industries), "share": f"{share:.1%}"}
        blocks.append(NoteBlock(context.say("industries_dropped", **words), warning=True))
    if result.change is not None:
        blocks.append(NoteBlock(_change_text(result.change, context)))
        axes = proximity_scatter(
            result.change,
            names=context.unit_names(),
            label_extremes=options.label_extremes,
            labels={word: context.say(key) for word, key in _DRAWN.items()},
            title=context.say("simulated_title") if result.simulated else None,
        )
        before, after = result.change.names
        caption = context.say("proximity_caption", before=before, after=after) + mark
        blocks.append(FigureBlock("scatter", axes, caption))
    return [*blocks, *_region_blocks(result, mark, context)]


_DRAWN = {"Mean change": "mean_change", "No change": "no_change"}


def _change_text(change: ProximityChange, context: Context) -> str:
    before, after = change.names
    left = len(change.left_out)
    out = context.say("proximity_left", count=left, names=listed(change.left_out)) if left else ""
    words = {
        "before": before,
        "after": after,
        "change": f"{change.change:.4f}",
        "std_error": f"{change.std_error:.4f}",
        "z": f"{change.z:.2f}",
        "p": p_text(change.p_value),
        "n": len(change.regions),
    }
    return context.say("proximity_change", **words) + out


def _region_blocks(result: ProximityFound, mark: str, context: Context) -> list[Block]:
    """Proximity of every region: a table, or for very many regions a file alone."""
    from ..tables import frame_table

    names = context.unit_names()
    shown = result.values.rename(columns={"all": context.say("proximity")}).rename_axis(columns=None)
    if result.change is not None:
        shown[context.say("change")] = result.change.regions["change"]
    shown = shown.rename_axis(context.say("code")).reset_index()
    shown.insert(0, context.say("unit"), [names.get(str(code), str(code)) for code in shown.iloc[:, 0]])
    shown.columns = shown.columns.astype(str)
    title = context.say("proximity_title") + mark
    if len(shown) > _ROWS_IN_TABLES:
        return [FileBlock("regions", shown, title)]
    return [TableBlock("", frame_table(shown, title=title, digits=4), rows_shown=_ROWS_SHOWN)]
