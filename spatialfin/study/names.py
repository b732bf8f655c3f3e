"""Check that every table, weights matrix and column a step names is there when the step runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._errors import FormulaError, nearest
from .formulas import column_names
from .schema import Reading, Reference
from .specs import DataStep, StepOptions


def check_names(
    steps: Sequence[StepOptions],
    references: Sequence[Sequence[Reference]],
    tables: Sequence[str],
    weights: Sequence[str],
    reading: Reading,
) -> None:
    """Check tables, weights and the grammar of formulas, before any file is opened."""
    known = list(tables)
    for step, named in zip(steps, references, strict=True):
        for reference in named:
            _check_name(reference, known, weights, reading)
        given = {reference.role for reference in named}
        if step.needs_data and not known:
            reading.fault(f"step {step.id!r}", "there is no table; add [data] or a step that makes one.")
        if step.needs_weights and "weights" not in given and len(weights) != 1:
            one_of = f"one of {', '.join(weights)}" if weights else "a matrix defined as [weights.NAME]"
            reading.fault(f"step {step.id!r}", f"needs weights = {one_of}.")
        known += [reference.value for reference in named if reference.role == "new_table"]


def check_columns(
    steps: Sequence[StepOptions],
    references: Sequence[Sequence[Reference]],
    columns: Mapping[str, Sequence[str]],
    reading: Reading,
) -> None:
    """Check columns against those of the tables and those that earlier steps make.

    Parameters
    ----------
    steps, references
        As in `check_names`.
    columns : mapping
        Table name to its columns; the first table is the default one.
    reading : Reading
        Collects the faults.
    """
    known = {name: list(names) for name, names in columns.items()}
    for step, named in zip(steps, references, strict=True):
        table = (step.data or next(iter(known))) if isinstance(step, DataStep) else ""
        have = list(known.get(table, []))
        for reference in named:
            for name in _columns_of(reference):
                if name not in have:
                    reading.fault(
                        reference.path,
                        f"{name!r} is not a column of the table {table!r}.{nearest(name, have)}",
                    )
            if reference.role == "new_column":
                have.append(reference.value)
        target = next((reference.value for reference in named if reference.role == "new_table"), table)
        known[target] = have


def _check_name(
    reference: Reference, tables: Sequence[str], weights: Sequence[str], reading: Reading
) -> None:
    value = reference.value
    if reference.role == "table" and value not in tables:
        reading.fault(reference.path, f"{value!r} is not a table at this point.{nearest(value, tables)}")
    elif reference.role == "weights" and value not in weights:
        reading.fault(reference.path, f"there is no [weights.{value}].{nearest(value, weights)}")
    elif reference.role == "new_table" and value in tables:
        reading.fault(reference.path, f"{value!r} is the name of a table already.")
    elif reference.role in ("formula", "expression"):
        try:
            column_names(value)
        except FormulaError as error:
            reading.fault(reference.path, str(error))


def _columns_of(reference: Reference) -> list[str]:
    if reference.role == "column":
        return [reference.value]
    if reference.role in ("formula", "expression"):
        return column_names(reference.value)
    return []
