"""The opening part of the page: data, sources, caveats, sample and weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .blocks import Block, HeadingBlock, NoteBlock, TableBlock
from .inputs import unit_codes
from .words import has_word

if TYPE_CHECKING:
    from .context import Context, StudyTable


def data_blocks(name: str, table: StudyTable, used: list[str], context: Context) -> list[Block]:
    """What a reader must know about one table before its results.

    Parameters
    ----------
    name : str
        Of the table, where it has no title.
    table : StudyTable
        As opened, before any step.
    used : list of str
        Columns that the steps use; the sample report looks at these.
    context : Context
        The run.
    """
    say = context.say
    frame, notes = table.frame, table.notes
    periods = table.periods()
    span = say("periods", first=periods[0], last=periods[-1]) if len(periods) > 1 else say("no_periods")
    size = say("rows", rows=len(frame), units=frame[table.unit].nunique(), periods=span)
    blocks: list[Block] = [HeadingBlock(str(notes.get("title", name))), NoteBlock(size)]
    blocks.append(NoteBlock(f"{say('source')}: {notes.get('source', name)}"))
    blocks += [NoteBlock(caveat, warning=True) for caveat in notes.get("caveats", [])]
    blocks += _variables(table, context)
    blocks += _suspicious(table, context)
    return [*blocks, *_sample(table, used, context)]


def weights_block(context: Context) -> TableBlock:
    """The summary of all weights: links, islands, neighbours, correlations between them."""
    from ..tables import frame_table
    from ..weights import compare_weights

    summary = compare_weights(context.weights)
    if len(context.weights) == 1:
        summary = summary.drop(columns=[name for name in summary if str(name).startswith("corr ")])
    shown = summary.T.rename_axis(index=None, columns=None)
    shown.index = [context.say(str(name)) if has_word(str(name)) else str(name) for name in shown.index]
    texts = shown.map(lambda value: _measure(value, context))
    return TableBlock("summary", frame_table(texts, title=context.say("weights_title")))


def _measure(value: Any, context: Context) -> str:
    """A cell of the summary, whose rows differ in kind."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return context.say("yes" if value else "no")
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.3f}"


def _variables(table: StudyTable, context: Context) -> list[Block]:
    import pandas as pd

    from ..tables import frame_table

    units, tiers = table.notes.get("units", {}), table.notes.get("tiers", {})
    if not units:
        return []
    columns: dict[str, list[Any]] = {
        context.say("column"): list(units),
        context.say("variable"): [context.label(column) for column in units],
        context.say("unit_of"): list(units.values()),
    }
    if tiers:
        columns[context.say("tier")] = [str(tiers.get(column, "")) for column in units]
    note = context.say("tiers_note") if tiers else ()
    table_of = frame_table(pd.DataFrame(columns), title=context.say("variables"), notes=note)
    return [TableBlock("variables", table_of)]


def _suspicious(table: StudyTable, context: Context) -> list[Block]:
    import pandas as pd

    from ..tables import frame_table

    cells = table.notes.get("suspicious", [])
    if not cells:
        return []
    names = context.unit_names()
    rows = [
        {
            context.say("unit"): names.get(cell["code"], cell["name"]),
            context.say("year"): str(cell["year"]),
            context.say("variable"): context.label(cell["variable"]),
            context.say("reason"): cell["reason"],
        }
        for cell in cells
    ]
    return [TableBlock("suspicious", frame_table(pd.DataFrame(rows), title=context.say("suspicious")))]


def _sample(table: StudyTable, used: list[str], context: Context) -> list[Block]:
    """Units kept and dropped. A column with gaps in some period drops no one here: steps use periods."""
    from ..datasets import sample_report
    from ..tables import frame_table

    units = unit_codes(context.layer)
    whole = [column for column in used if not table.frame[column].isna().any()]
    report = sample_report(table.frame, units, unit=table.unit, time=table.time or None, columns=whole)
    if report.dropped.empty:
        blocks: list[Block] = [NoteBlock(context.say("kept_all", kept=len(report.kept)))]
    else:
        words = context.say("kept", kept=len(report.kept), dropped=len(report.dropped))
        names = context.unit_names()
        dropped = report.dropped.assign(unit=[names.get(code, code) for code in report.dropped["unit"]])
        dropped.columns = [context.say("unit"), context.say("reason")]
        blocks = [
            NoteBlock(words),
            TableBlock("dropped", frame_table(dropped, title=context.say("sample"))),
        ]
    gaps = [column for column in used if column not in whole]
    blocks += [NoteBlock(_gap_text(table, column, context), warning=True) for column in gaps]
    return blocks


def _gap_text(table: StudyTable, column: str, context: Context) -> str:
    blank = table.frame[table.frame[column].isna()]
    if not table.time:
        names = context.unit_names()
        where = ", ".join(names.get(code, code) for code in blank[table.unit])
    else:
        counts = blank.groupby(table.time).size()
        where = ", ".join(f"{period} ({count})" for period, count in counts.items())
    return context.say("gaps", column=context.label(column), where=where)
