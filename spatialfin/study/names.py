"""Check that every table, weights matrix and column a step names is there when the step runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._errors import FormulaError, nearest
from .formulas import column_names
from .schema import Reading, Reference, join
from .specs import DataStep, StepOptions


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a study file.

    Attributes
    ----------
    path : str
        Its key, ``step[3]``.
    options : StepOptions
        None while a file with faults is checked.
    references : tuple of Reference
        The columns, tables and weights it names.
    """

    path: str
    options: Any
    references: tuple[Reference, ...]

    def named(self, role: str) -> list[str]:
        """The texts with a role."""
        return [reference.value for reference in self.references if reference.role == role]


def check_names(
    steps: Sequence[Step], tables: Sequence[str], weights: Sequence[str], reading: Reading
) -> None:
    """Check tables, weights and the grammar of formulas, before any file is opened."""
    known = list(tables)
    earlier: dict[str, StepOptions] = {}
    for step in steps:
        for reference in step.references:
            _check_name(reference, known, weights, reading)
        if step.options is not None:
            _check_needs(step, known, weights, reading)
            for key, fault in step.options.faults(earlier, weights):
                reading.fault(f"{step.path}.{key}" if key else step.path, fault)
            earlier[step.options.id] = step.options
        known += step.named("new_table")


def check_weights_names(
    references: Mapping[str, Sequence[Reference]], tables: Sequence[str], reading: Reading
) -> None:
    """Check the tables and the other weights that weights name, these against those defined above.

    Parameters
    ----------
    references : mapping
        Name of the weights to the tables, columns and weights they name, in the order of the file.
    tables : sequence of str
        Names of the tables in ``[data]``.
    reading : Reading
        Collects the faults.
    """
    above: list[str] = []
    for name, own in references.items():
        for reference in own:
            value = reference.value
            if reference.role == "weights" and value not in above:
                fault = f"there is no [weights.{value}] above this one.{nearest(value, above)}"
                reading.fault(reference.path, fault)
            elif reference.role == "column" and not tables:
                reading.fault(reference.path, "there is no table; add [data].")
            elif reference.role == "table":
                _check_name(reference, tables, above, reading)
        above.append(name)


def _check_needs(step: Step, tables: Sequence[str], weights: Sequence[str], reading: Reading) -> None:
    if step.options.needs_data and not tables:
        reading.fault(step.path, "there is no table; add [data] or a step that makes one.")
    if step.options.needs_weights and not step.named("weights") and len(weights) != 1:
        one_of = f"one of {', '.join(weights)}" if weights else "a matrix defined as [weights.NAME]"
        reading.fault(join(step.path, "weights"), f"missing; give {one_of}.")


def check_columns(
    steps: Sequence[Step], columns: Mapping[str, Sequence[str]], layer: Sequence[str], reading: Reading
) -> None:
    """Check columns against those of the tables and those that earlier steps make.

    Parameters
    ----------
    steps : sequence of Step
        As read.
    columns : mapping
        Table name to its columns; the first table is the default one.
    layer : sequence of str
        Columns of the layer, which regions may come from.
    reading : Reading
        Collects the faults.
    """
    known = {name: list(names) for name, names in columns.items()}
    earlier: dict[str, StepOptions] = {}
    for step in steps:
        options = step.options
        table = (options.table_of(earlier) or next(iter(known), "")) if isinstance(options, DataStep) else ""
        earlier[options.id] = options
        have = [] if options.fresh else list(known.get(table, []))
        for reference in step.references:
            check_reference(reference, table, have, layer, reading)
            if reference.role == "new_column":
                have.append(reference.value)
        have += [name for name in options.made if name not in have]
        target = next(iter(step.named("new_table")), "" if options.fresh else table)
        if target:
            known[target] = have


def check_reference(
    reference: Reference, table: str, have: Sequence[str], layer: Sequence[str], reading: Reading
) -> None:
    """Check the columns that one text names against those of the table and, for regions, of the layer."""
    value = reference.value
    if reference.role == "region" and value not in [*have, *layer]:
        fault = f"{value!r} is neither a column of the table {table!r} nor of the layer."
        reading.fault(reference.path, f"{fault}{nearest(value, [*have, *layer])}")
    for name in _columns_of(reference):
        if name not in have:
            reading.fault(
                reference.path, f"{name!r} is not a column of the table {table!r}.{nearest(name, have)}"
            )


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
