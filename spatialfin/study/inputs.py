"""Open what a study file names: its layer, its tables, its weights."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import AlignmentError, DataError, SpatialfinError, StudyError, listed, nearest, raise_all
from .._provenance import hash_frame
from . import specs
from .context import Context, StudyTable
from .files import codes_as_text, read_table_file
from .names import check_columns, check_reference
from .reader import Contents, is_shipped_layer
from .schema import Reading, Reference
from .weights_section import open_weights

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


_CODE = "unit_code"


@contextmanager
def at_key(key: str) -> Iterator[None]:
    """Let the errors of a block begin with the key of the study file they belong to."""
    try:
        yield
    except StudyError:
        raise
    except SpatialfinError as error:
        raise type(error)(f"{key}: {error}") from error


def open_inputs(contents: Contents, folder: Path) -> Context:
    """Open layer, tables and weights, and check the columns that the steps name.

    Parameters
    ----------
    contents : Contents
        A checked study file.
    folder : Path
        Its folder; files are relative to it.

    Raises
    ------
    SpatialfinError
        An input cannot be used; the message begins with its key.
    """
    with at_key("layer"):
        layer = _open_layer(contents.layer, folder)
        shows_china = is_shipped_layer(contents.layer) and contents.layer.units in ("", "mainland")
        background = _background(contents.layer.source) if shows_china else layer
    context = Context(contents.head, layer, background, shows_china, {}, {}, contents.labels, folder)
    context.ledger += [f"layer: {line}" for line in layer.attrs.get("ledger", ())]
    for name, spec in contents.data.items():
        with at_key("data" if len(contents.data) == 1 else f"data.{name}"):
            context.tables[name] = _open_table(name, spec, folder, context)
    _check_columns(contents, context)
    for name, weights_spec in contents.weights.items():
        with at_key(f"weights.{name}"):
            context.weights[name] = open_weights(name, weights_spec, folder, context)
            context.ledger += [f"weights {name}: {line}" for line in context.weights[name].ledger]
    return context


def input_hashes(contents: Contents, study_file: Path, context: Context) -> dict[str, str]:
    """SHA-256 of the study file and of every file it names; shipped inputs by their content."""
    folder = study_file.parent
    files = [study_file.name, *(spec.file for spec in contents.data.values() if spec.file)]
    files += [spec.file for spec in contents.weights.values() if isinstance(spec, specs.FileSpec)]
    files += [reference.value for reference in contents.step_files()]
    layer = contents.layer
    hashes = {}
    if is_shipped_layer(layer):
        hashes[layer.source] = _hash_layer(context.layer)
    else:
        files.append(layer.source)
    for name in dict.fromkeys(files):
        hashes[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    for spec in contents.data.values():
        if spec.dataset:
            from ..datasets import load_dataset

            hashes[spec.dataset] = hash_frame(load_dataset(spec.dataset))
    return dict(sorted(hashes.items()))


def _hash_layer(layer: GeoDataFrame) -> str:
    digest = hashlib.sha256()
    for code, shape in zip(layer.index, layer.geometry.to_wkb(), strict=True):
        digest.update(str(code).encode() + shape)
    return digest.hexdigest()[:16]


def _open_layer(spec: specs.LayerSpec, folder: Path) -> GeoDataFrame:
    from ..boundaries import check_layer, load_layer

    source = spec.source if is_shipped_layer(spec) else folder / spec.source
    layer = load_layer(source, key=spec.key or None, units=spec.units or None)
    check_layer(layer).raise_if_bad()
    return layer


def _background(source: str) -> GeoDataFrame:
    """The whole country, so that maps of the mainland leave no part of it out."""
    from ..boundaries import load_layer

    return load_layer(source)


def _open_table(name: str, spec: specs.DataSpec, folder: Path, context: Context) -> StudyTable:
    notes: dict[str, Any]
    if spec.dataset:
        from ..datasets import load_dataset

        frame = load_dataset(spec.dataset)
        notes = {str(key): value for key, value in frame.attrs.items()}
        time = spec.time or ("year" if "year" in frame.columns else "")
        table = StudyTable(frame, spec.unit or "code", time, spec.missing, notes)
    else:
        keys = [column for column in (spec.unit, spec.name) if column]
        frame = read_table_file(folder / spec.file, keys, context, sheet=spec.sheet)
        notes = {"title": spec.file, "source": spec.source or spec.file}
        table = StudyTable(frame, spec.unit, spec.time, spec.missing, notes)
    _check_keys(table, [spec.name] if spec.name else [])
    if spec.name:
        table = _matched(table, spec.name, context)
    else:
        table = replace(table, frame=frame.assign(**{table.unit: codes_as_text(frame[table.unit])}))
    return _on_layer(name, table, context)


def _check_keys(table: StudyTable, names: list[str]) -> None:
    columns = list(table.frame.columns)
    problems = [
        f"{name!r} is not a column.{nearest(name, columns)} Columns: {listed(columns, 10)}."
        for name in [table.unit, table.time, *names]
        if name and name not in columns
    ]
    raise_all(problems, DataError, "Keys")


def _matched(table: StudyTable, name: str, context: Context) -> StudyTable:
    """Names of units turned into codes of the layer."""
    from ..boundaries import match_units

    report = match_units(table.frame, context.layer, name=name)
    if len(report.unmatched) and table.missing == "drop":
        dropped = table.frame.loc[report.codes.isna(), name].astype(str).unique()
        context.log(f"{name}: rows dropped because no unit has this name: {listed(dropped)}.")
    else:
        report.apply()
    frame = table.frame.assign(**{_CODE: report.codes})
    context.log(f"{name}: {report.codes.nunique()} names matched to codes of the layer.")
    return replace(table, frame=frame[report.codes.notna()].reset_index(drop=True), unit=_CODE)


def _on_layer(name: str, table: StudyTable, context: Context) -> StudyTable:
    """Keep the rows of the units of the layer; other rows are an error or dropped, by the policy."""
    units = set(unit_codes(context.layer))
    found = table.frame[table.unit]
    foreign = list(dict.fromkeys(found[~found.isin(units)]))
    absent = [code for code in unit_codes(context.layer) if code not in set(found)]
    keys = [table.unit, *([table.time] if table.time else [])]
    repeated = table.frame[table.frame.duplicated(keys)]
    if len(repeated):
        hint = "" if table.time else " If the table has several periods, set time = ...."
        raise DataError(f"several rows for {listed(dict.fromkeys(repeated[table.unit]))}.{hint}")
    if set(foreign) >= set(found):
        raise AlignmentError(f"no unit of {table.unit!r} ({listed(foreign)}) is in the layer.")
    if table.missing == "error" and (foreign or absent):
        parts = [f"not in the layer: {listed(foreign)}"] * bool(foreign)
        parts += [f"in the layer without a row: {listed(absent)}"] * bool(absent)
        raise AlignmentError(
            f"units differ from those of the layer; {'; '.join(parts)}. "
            'Set missing = "drop" to leave them out.'
        )
    if foreign:
        context.log(f"table {name}: rows of {len(foreign)} units that are not in the layer dropped.")
    return replace(table, frame=table.frame[found.isin(units)].reset_index(drop=True))


def unit_codes(layer: GeoDataFrame) -> list[str]:
    """Codes of the units of a layer, without decoration."""
    if "decoration" not in layer.columns:
        return [str(code) for code in layer.index]
    return [str(code) for code in layer.index[~layer["decoration"].fillna(value=False).astype(bool)]]


def _check_unit(reference: Reference, context: Context, reading: Reading) -> None:
    """Whether a code is one of the layer; a name of a unit is answered with its code."""
    codes = unit_codes(context.layer)
    if reference.role != "unit" or reference.value in codes:
        return
    named = {name: code for code, name in context.unit_names().items()}
    code = named.get(reference.value)
    hint = f" Give its code {code!r}." if code else nearest(reference.value, codes)
    reading.fault(reference.path, f"{reference.value!r} is no code of a unit of the layer.{hint}")


def _check_columns(contents: Contents, context: Context) -> None:
    reading = Reading()
    columns = {
        name: [str(column) for column in table.frame.columns] for name, table in context.tables.items()
    }
    check_columns(contents.steps, columns, [str(column) for column in context.layer.columns], reading)
    for step in contents.steps:
        for reference in step.references:
            _check_unit(reference, context, reading)
    for name, references in contents.weights_references.items():
        spec = contents.weights[name]
        table = getattr(spec, "data", "") or next(iter(columns), "")
        for reference in references:
            check_reference(reference, table, columns.get(table, []), [], reading)
    raise_all(reading.problems, StudyError, "The study file does not fit its data")
