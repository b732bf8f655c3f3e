"""Steps on firm records: cells by region and industry, and the proximity of the industries of a region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .._errors import listed, nearest
from .blocks import Block, FileBlock, NoteBlock, TableBlock
from .schema import FirmFile, NewColumn, NewTable
from .specs import Missing, RandomStep, StepOptions
from .tables_of import on_layer

if TYPE_CHECKING:
    import pandas as pd

    from .context import Context

CENSUS_COLUMNS = (
    "output", "value_added", "assets", "fixed_assets", "debt", "receivable", "payable", "export",
    "employment",
)  # fmt: skip
_CENSUS_KEYS = {"region": "county", "industry": "industry", "year": "year", "firm": "firm"}
_PLAIN = ("mean", "min", "max", "median")


@dataclass(frozen=True, kw_only=True)
class Firms(RandomStep):
    """``firms``: firm records summed to cells of region, industry and year, and to a table by region.

    ``file`` is a csv (UTF-8), parquet or Stata file with a row per firm (and year); ``simulated`` instead
    draws that share of the firms of a census, labelled as simulated, with the columns of
    ``simulate.firm_census``. ``table`` names the new table by region (and year) with ``firms`` and the
    `values` and their `statistics`, which later steps can use; the cells are saved beside the page and serve
    ``proximity`` steps.
    """

    table: NewTable
    file: FirmFile = ""
    simulated: float | None = None
    region: str = ""
    industry: str = ""
    year: str = ""
    values: list[NewColumn]
    unit_level: Literal["township", "county", "prefecture", "province", "as given"] = "county"
    industry_level: Literal[2, 3, 4] | None = None
    statistics: list[str] = field(default_factory=list)
    firm: str = ""
    negative: Literal["error", "keep", "exclude"] = "error"
    vintage: Literal["1994", "2002", "2011", "2017"] | None = None
    missing: Missing = "error"

    @property
    def made(self) -> list[str]:
        """The number of firms, and the statistics of every value."""
        return ["firms", *(f"{value}_{word}" for value in self.values for word in self.statistics)]

    @property
    def fresh(self) -> bool:
        """The table holds nothing but what the step makes."""
        return True

    @property
    def keys(self) -> dict[str, str]:
        """The columns that hold region, industry, year and firm."""
        given = {name: getattr(self, name) for name in ("region", "industry", "year", "firm")}
        own = given if self.simulated is None else _CENSUS_KEYS
        return {name: column for name, column in own.items() if column}

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """One source, and the columns that go with it."""
        del earlier, weights
        yield from share_faults(self.file, self.simulated)
        if self.simulated is not None:
            for key in ("region", "industry", "year", "firm"):
                if getattr(self, key):
                    yield key, "the simulated census has columns of its own; leave it out."
            unknown = [name for name in self.values if name not in CENSUS_COLUMNS]
            if unknown:
                hint = nearest(unknown[0], CENSUS_COLUMNS)
                yield "values", f"the simulated census has no {listed(unknown)}.{hint}"
        else:
            for key in ("region", "industry"):
                if not getattr(self, key):
                    yield key, "missing; name the column of the file that holds it."
        if not self.values:
            yield "values", "the list is empty; name at least one column to sum."
        yield from self._statistics_faults()

    def _statistics_faults(self) -> Iterator[tuple[str, str]]:
        from .._errors import OptionError
        from ..firms.ranks import parse_statistics

        try:
            parse_statistics(self.statistics)
        except OptionError as error:
            yield "statistics", str(error).removeprefix("statistics: ")
        if "sum" in self.statistics:
            yield "statistics", "'sum' is always there; leave it out."


@dataclass(frozen=True, slots=True)
class FirmsFound:
    """What the step found.

    Attributes
    ----------
    cells, regions : FirmCells
        By region, industry and year, and by region and year.
    industries : DataFrame or None
        Proximity of the industries, where the census is simulated.
    simulated : bool
    """

    cells: Any
    regions: Any
    industries: pd.DataFrame | None
    simulated: bool


def run_firms(options: Firms, context: Context) -> FirmsFound:
    """Sum the firms to cells and regions, and put the regions into a table."""
    from ..firms import firm_cells

    source, industries = firm_source(options.file, options.simulated, context)
    keys = options.keys
    given: dict[str, Any] = {
        "values": options.values,
        "unit_level": None if options.unit_level == "as given" else options.unit_level,
        "statistics": ["sum", *options.statistics],
        "negative": options.negative,
        "region": keys["region"],
        "year": keys.get("year"),
        "firm": keys.get("firm"),
    }
    cells = firm_cells(
        source,
        **given,
        industry=keys["industry"],
        industry_level=options.industry_level,
        vintage=options.vintage,
    )
    regions = firm_cells(source, **given, industry_level=None)
    simulated = options.simulated is not None
    notes: dict[str, Any] = {"title": options.table, "source": options.file, "simulated": simulated}
    frame = regions.table.rename(columns={"region": "unit"})
    time = "year" if "year" in frame.columns else ""
    context.tables[options.table] = on_layer(options.table, frame, time, options.missing, notes, context)
    return FirmsFound(cells, regions, industries, simulated)


def share_faults(file: str, simulated: float | None) -> Iterator[tuple[str, str]]:
    """Firms come from a file or are drawn, not both, and a share is drawn."""
    if bool(file) == (simulated is not None):
        yield "", "give either file = firm records or simulated = the share of a simulated census."
    if simulated is not None and not 0.0001 <= simulated <= 1:
        yield "simulated", f"{simulated:g} is no share between 0.0001 and 1."


def firm_source(file: str, simulated: float | None, context: Context) -> tuple[Any, Any]:
    """Where the firms are, and the proximity of their industries where it is known."""
    if simulated is None:
        return context.folder / file, None
    from ..simulate import firm_census

    census = firm_census(fraction=simulated, seed=context.head.seed)
    return census.firms, census.industry_proximity


def render_firms(result: FirmsFound, options: Firms, context: Context) -> list[Block]:
    """How many firms there are, what was left out, the totals by year, and the cells as a file."""
    from ..tables import frame_table

    cells, notes = result.cells.table, []
    if result.simulated:
        notes.append(context.say("simulated_firms", share=f"{options.simulated:g}", seed=context.head.seed))
    words = {"firms": f"{int(cells['firms'].sum()):,}", "cells": f"{len(cells):,}"}
    words["regions"] = f"{cells['region'].nunique():,}"
    words["industries"] = f"{cells['industry'].nunique():,}"
    blocks: list[Block] = [NoteBlock(note, warning=True) for note in notes]
    blocks.append(NoteBlock(context.say("firms_size", **words)))
    mark = context.say("simulated_mark") if result.simulated else ""
    title = context.say("firms_title") + mark
    blocks.append(TableBlock("", frame_table(_totals(cells, options, context), title=title, digits=1)))
    missing = {name: count for name, count in result.cells.missing.items() if count}
    if missing:
        pairs = ", ".join(f"{context.label(name)} ({count})" for name, count in missing.items())
        blocks.append(NoteBlock(context.say("firms_missing", pairs=pairs), warning=True))
    if len(result.cells.left_out):
        left = result.cells.left_out.rename(columns={"reason": context.say("reason")})
        left = left.rename(columns={"firms": context.say("firms"), **context.labels})
        blocks.append(
            TableBlock("left-out", frame_table(left, title=context.say("firms_left") + mark, digits=1))
        )
    blocks.append(FileBlock("cells", cells, context.say("cells_file") + mark))
    blocks.append(FileBlock("regions", result.regions.table, context.say("regions_file") + mark))
    return blocks


def _totals(cells: pd.DataFrame, options: Firms, context: Context) -> pd.DataFrame:
    """Firms, cells, regions, industries and sums of the values, one row per year."""
    import pandas as pd

    periods = cells.groupby("year") if "year" in cells.columns else [(context.say("no_periods"), cells)]
    rows = [
        {
            context.say("year"): str(period),
            context.say("firms"): int(part["firms"].sum()),
            context.say("cells"): len(part),
            context.say("regions"): part["region"].nunique(),
            context.say("industries"): part["industry"].nunique(),
            **{context.label(name): float(part[name].sum()) for name in options.values},
        }
        for period, part in periods
    ]
    return pd.DataFrame(rows)
