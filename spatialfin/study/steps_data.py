"""Steps that make columns and tables: derived variables, growth rates, location quotients, simulations."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .._errors import DataError
from .blocks import Block, NoteBlock, TableBlock
from .formulas import evaluate
from .schema import Column, Expression, NewColumn, NewTable, Period, WeightsName
from .specs import DataStep, RandomStep, StepOptions

if TYPE_CHECKING:
    import pandas as pd

    from .context import Context, StudyTable


@dataclass(frozen=True, slots=True)
class NewVariables:
    """What a step made: the table it is in, and the definition of each column."""

    table: str
    definitions: dict[str, str]
    units: dict[str, str] = field(default_factory=dict)
    simulated: bool = False


@dataclass(frozen=True, kw_only=True)
class Derive(DataStep):
    """``derive``: columns from expressions, in order; ``center`` subtracts their means afterwards."""

    variables: dict[NewColumn, Expression] = field(default_factory=dict)
    center: list[Column] = field(default_factory=list)


def run_derive(options: Derive, context: Context) -> NewVariables:
    """Add the columns to the table."""
    table = context.table(options.data)
    frame = table.frame.copy()
    definitions = {}
    for name, expression in options.variables.items():
        frame[name] = evaluate(expression, frame)
        definitions[name] = expression
        lost = int(frame[name].isna().sum())
        if lost:
            context.log(f"{name} = {expression}: missing in {lost} of {len(frame)} rows.")
    for name in options.center:
        frame[name] = frame[name] - frame[name].mean()
        definitions[name] = context.say("centred", what=definitions.get(name, name))
    _put(context, options.data, replace(table, frame=frame))
    return NewVariables(options.data, definitions)


@dataclass(frozen=True, kw_only=True)
class Growth(DataStep):
    """``growth``: log difference of a variable between two periods, in a new table at the first period."""

    variable: Column
    start: Period
    end: Period
    table: NewTable
    name: NewColumn = "growth"
    per_year: bool = True


def run_growth(options: Growth, context: Context) -> NewVariables:
    """Make the table: all columns at `start`, and the growth to `end`, matched by unit."""
    import numpy as np

    table = context.table(options.data)
    if not table.time:
        raise DataError("growth needs a table with time = ....")
    start = context.cross_section(options.data, [options.variable], options.start)
    end = context.cross_section(options.data, [options.variable], options.end)[options.variable]
    positive = (start[options.variable] > 0) & (end.reindex(start.index) > 0)
    if not positive.all():
        raise DataError(f"growth of {options.variable!r} needs positive values in both periods.")
    change = np.log(end.reindex(start.index)) - np.log(start[options.variable])
    years = _years(options) if options.per_year else 1
    frame = start.assign(**{options.name: change / years}).reset_index()
    context.tables[options.table] = replace(table, frame=frame, time="")
    definition = f"log({options.variable} {options.end}) - log({options.variable} {options.start})"
    unit = context.say("log_points_per_year" if options.per_year else "log_points")
    shown = f"({definition}) / {years}" if options.per_year else definition
    return NewVariables(options.table, {options.name: shown}, {options.name: unit})


def _years(options: Growth) -> int:
    if not isinstance(options.start, int) or not isinstance(options.end, int) or options.end <= options.start:
        raise DataError("growth per_year needs start and end as years, start before end.")
    return options.end - options.start


@dataclass(frozen=True, kw_only=True)
class Quotient(DataStep):
    """``lq``: location quotient of a sector, within each period."""

    sector: Column
    total: Column
    name: NewColumn = "lq"


def run_quotient(options: Quotient, context: Context) -> NewVariables:
    """Add the quotient to the table."""
    from ..indices.quotient import location_quotient

    table = context.table(options.data)
    rows = context.panel(options.data, [options.sector, options.total])
    by = rows[table.time] if table.time else None
    quotient = location_quotient(rows[options.sector], rows[options.total], by=by)
    frame = table.frame.assign(**{options.name: quotient})
    _put(context, options.data, replace(table, frame=frame))
    definition = context.say("quotient", sector=options.sector, total=options.total)
    if table.time:
        definition = context.say("in_each", what=definition, time=table.time)
    return NewVariables(options.data, {options.name: definition}, {options.name: context.say("ratio")})


@dataclass(frozen=True, kw_only=True)
class Simulate(RandomStep):
    """``simulate``: a table with an outcome drawn by a spatial lag model, labelled as simulated."""

    table: NewTable
    weights: WeightsName = ""
    rho: float = 0.5
    beta: float = 1.0
    outcome: NewColumn = "simulated_outcome"
    driver: NewColumn = "simulated_driver"

    @property
    def needs_weights(self) -> bool:
        """The outcome spills over along the weights."""
        return True


def run_simulate(options: Simulate, context: Context) -> NewVariables:
    """Draw the outcome for every unit of the weights."""
    from ..simulate import simulate_outcome
    from .context import StudyTable

    weights = context.weights[options.weights or next(iter(context.weights))]
    drawn = simulate_outcome(weights, rho=options.rho, beta=options.beta, seed=context.head.seed)
    frame = drawn.set_axis([options.driver, options.outcome], axis=1)
    for name in frame.columns:
        if "simulated" not in name:
            raise DataError(f"{name!r}: a simulated column must have 'simulated' in its name.")
    notes = {"source": drawn.attrs["source"], "caveats": [context.say("simulated")]}
    table = StudyTable(frame.rename_axis("unit").reset_index(), unit="unit", notes=notes)
    context.tables[options.table] = table
    definitions = {
        options.driver: context.say("simulated_driver"),
        options.outcome: context.say("simulated_outcome", rho=options.rho, beta=options.beta),
    }
    return NewVariables(options.table, definitions, simulated=True)


def render_variables(result: NewVariables, _options: StepOptions, context: Context) -> list[Block]:
    """A table of definitions with the moments of the new columns."""
    import pandas as pd

    from ..tables import frame_table

    frame = context.table(result.table).frame
    rows = [
        {
            context.say("column"): name,
            context.say("variable"): context.label(name),
            context.say("definition"): definition,
            **({context.say("unit_of"): result.units.get(name, "")} if result.units else {}),
            "N": int(frame[name].notna().sum()),
            context.say("mean"): _mean(frame[name]),
            context.say("sd"): frame[name].std(),
            context.say("min"): frame[name].min(),
            context.say("max"): frame[name].max(),
        }
        for name, definition in result.definitions.items()
    ]
    table = frame_table(pd.DataFrame(rows), title=context.say("definitions"))
    warning: list[Block] = [NoteBlock(context.say("simulated"), warning=True)] if result.simulated else []
    return [*warning, TableBlock("", table)]


def _mean(column: pd.Series) -> float:
    """The mean; zero where only rounding is left of it."""
    mean = float(column.mean())
    return 0.0 if abs(mean) < 1e-12 * float(column.abs().max()) else mean


def _put(context: Context, name: str, table: StudyTable) -> None:
    context.tables[name or next(iter(context.tables))] = table
