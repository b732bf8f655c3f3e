"""Read a study file: TOML in, checked specifications out, every fault in one error."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from .._errors import StudyError, nearest, raise_all
from .names import Step, check_names, check_weights_names
from .paths import FIRM_SUFFIXES, LAYER_SUFFIXES, TABLE_SUFFIXES, WEIGHTS_SUFFIXES, path_fault
from .registry import KINDS, WEIGHTS_KINDS
from .schema import Reading, Reference, check_id, join, read_table
from .specs import DataSpec, FileSpec, Head, LayerSpec, WeightsSpec

MAIN = "data"
FILE_SUFFIXES = {"file": TABLE_SUFFIXES, "firm_file": FIRM_SUFFIXES}
_TOP_KEYS = ("study", "data", "layer", "weights", "labels", "step")


@dataclass(frozen=True, slots=True)
class Contents:
    """A study file after checking.

    Attributes
    ----------
    head, layer : Head, LayerSpec
        The tables of the same name.
    data, weights : dict
        Specifications by name; a plain ``[data]`` is named "data".
    labels : dict
        Column name to the words shown for it.
    steps : tuple of Step
        In the order of the file, each with the columns, tables and weights it names.
    weights_references : dict
        Name of the weights to the columns, tables and other weights they name.
    """

    head: Head
    data: dict[str, DataSpec]
    layer: LayerSpec
    weights: dict[str, WeightsSpec]
    labels: dict[str, str]
    steps: tuple[Step, ...]
    weights_references: dict[str, tuple[Reference, ...]]

    def step_files(self) -> list[Reference]:
        """The files that steps name."""
        return _step_files(self.steps)


def _step_files(steps: Sequence[Step]) -> list[Reference]:
    return [one for step in steps for one in step.references if one.role in FILE_SUFFIXES and one.value]


def read_contents(path: Path, *, allow_outside: bool = False) -> Contents:
    """Read and check a study file.

    Parameters
    ----------
    path : Path
        A TOML file.
    allow_outside : bool
        Whether it may name local files outside its folder.

    Raises
    ------
    StudyError
        With every fault of the file, each named by its key.
    """
    raw = _parse(path)
    reading = Reading()
    for key in raw:
        if key not in _TOP_KEYS:
            hint = nearest(key, _TOP_KEYS)
            reading.fault(join("", key), f"unknown key.{hint} Valid keys: {', '.join(_TOP_KEYS)}.")
    if "study" in raw:
        head = read_table(Head, raw["study"], "study", reading)
    else:
        head = None
        reading.fault("study", "missing; start the file with [study] and a title.")
    data = _read_data(raw.get("data", {}), reading)
    layer = read_table(LayerSpec, raw["layer"], "layer", reading) if "layer" in raw else None
    weights, weights_references = _read_weights(raw.get("weights", {}), reading)
    labels = _read_labels(raw.get("labels", {}), reading)
    steps = _read_steps(raw.get("step"), reading)
    _check_files(data, layer, weights, steps, path.parent, allow_outside, reading)
    if "layer" not in raw:
        reading.fault("layer", "missing; give [layer] source = a shipped layer or a file.")
    tables = _names(raw.get("data"))
    check_weights_names(weights_references, tables, reading)
    check_names(steps, tables, _names(raw.get("weights")), reading)
    raise_all(reading.problems, StudyError, f"The study file {path.name!r} is not valid")
    head, layer = cast("Head", head), cast("LayerSpec", layer)
    return Contents(head, data, layer, weights, labels, tuple(steps), weights_references)


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise StudyError(f"The study file {str(path)!r} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise StudyError(f"The study file {path.name!r} is not UTF-8 text. Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise StudyError(f"The study file {path.name!r} is not valid TOML: {error}.") from error


def _read_data(raw: object, reading: Reading) -> dict[str, DataSpec]:
    """``[data]`` alone is one table; ``[data.NAME]`` are several."""
    if not isinstance(raw, dict):
        reading.fault("data", "expected a table.")
        return {}
    several = _names(raw) != [MAIN] or isinstance(raw.get(MAIN), dict)
    named = (
        {join("data", name): (name, value) for name, value in raw.items()}
        if several
        else {"data": (MAIN, raw)}
    )
    specs: dict[str, DataSpec] = {}
    for path, (name, value) in named.items():
        spec = read_table(DataSpec, value, path, reading)
        if check_id(name, path, reading) and spec is not None:
            specs[name] = spec
            _check_source(spec, path, reading)
    return specs


def _names(raw: object) -> list[str]:
    """Names of the tables in ``[data]`` or ``[weights]``, with or without faults."""
    if not isinstance(raw, dict) or not raw:
        return []
    return list(raw) if all(isinstance(value, dict) for value in raw.values()) else [MAIN]


def _check_source(spec: DataSpec, path: str, reading: Reading) -> None:
    if bool(spec.file) == bool(spec.dataset):
        reading.fault(path, "give either file = a table below this folder or dataset = a shipped table.")
    if spec.file and bool(spec.unit) == bool(spec.name):
        reading.fault(path, "give either unit = the column of unit codes or name = the column of unit names.")
    if spec.dataset:
        from ..datasets import dataset_names

        names = list(dataset_names())
        if spec.dataset not in names:
            hint = nearest(spec.dataset, names)
            reading.fault(
                join(path, "dataset"), f"{spec.dataset!r} is not shipped.{hint} Shipped: {', '.join(names)}."
            )


def _read_weights(
    raw: object, reading: Reading
) -> tuple[dict[str, WeightsSpec], dict[str, tuple[Reference, ...]]]:
    """The specifications by name, and what each of them names."""
    specs: dict[str, WeightsSpec] = {}
    references: dict[str, tuple[Reference, ...]] = {}
    if not isinstance(raw, dict):
        reading.fault("weights", "expected tables [weights.NAME].")
        return specs, references
    for name, value in raw.items():
        path = join("weights", name)
        own = Reading()
        known = check_id(name, path, own)
        cls = _kind_of(value, WEIGHTS_KINDS, path, own)
        spec = read_table(cls, value, path, own) if cls is not None else None
        reading.problems.extend(own.problems)
        references[name] = tuple(own.references)
        if known and spec is not None:
            specs[name] = spec
    return specs, references


def _kind_of(raw: object, kinds: dict[str, Any], path: str, reading: Reading) -> Any:
    if not isinstance(raw, dict):
        reading.fault(path, "expected a table.")
        return None
    kind = raw.get("kind")
    if isinstance(kind, str) and kind in kinds:
        return kinds[kind]
    valid = f"Kinds: {', '.join(kinds)}."
    if kind is None:
        reading.fault(join(path, "kind"), f"missing. {valid}")
    else:
        reading.fault(join(path, "kind"), f"{kind!r} is not a kind.{nearest(kind, kinds)} {valid}")
    return None


def _read_labels(raw: object, reading: Reading) -> dict[str, str]:
    if not isinstance(raw, dict):
        reading.fault("labels", "expected a table of column = words.")
        return {}
    for name, words in raw.items():
        if not isinstance(words, str):
            reading.fault(join("labels", name), "expected text.")
    return {name: words for name, words in raw.items() if isinstance(words, str)}


def _read_steps(raw: object, reading: Reading) -> list[Step]:
    steps: list[Step] = []
    if not isinstance(raw, list) or not raw:
        reading.fault("step", "missing; give at least one [[step]] with id and kind.")
        return steps
    first_use: dict[str, int] = {}
    for number, value in enumerate(raw, 1):
        path = f"step[{number}]"
        own = Reading()
        kind = _kind_of(value, KINDS, path, own)
        options = read_table(kind.options, value, path, own) if kind is not None else None
        name = value.get("id") if isinstance(value, dict) else None
        if name is not None and check_id(name, join(path, "id"), own):
            if name in first_use:
                own.fault(join(path, "id"), f"{name!r} is already the id of step[{first_use[name]}].")
            first_use.setdefault(name, number)
        reading.problems.extend(own.problems)
        steps.append(Step(path, options, tuple(own.references)))
    return steps


def _check_files(
    data: dict[str, DataSpec],
    layer: LayerSpec | None,
    weights: dict[str, WeightsSpec],
    steps: list[Step],
    folder: Path,
    allow_outside: bool,
    reading: Reading,
) -> None:
    asked: list[tuple[str, str, tuple[str, ...]]] = []
    for name, spec in data.items():
        key = "data.file" if data.keys() == {MAIN} else f"data.{name}.file"
        asked += [(key, spec.file, TABLE_SUFFIXES)] if spec.file else []
    for name, weights_spec in weights.items():
        if isinstance(weights_spec, FileSpec):
            asked.append((f"weights.{name}.file", weights_spec.file, WEIGHTS_SUFFIXES))
    if layer is not None and not is_shipped_layer(layer):
        asked += _layer_file(layer, reading)
    asked += [(one.path, one.value, FILE_SUFFIXES[one.role]) for one in _step_files(steps)]
    for key, text, suffixes in asked:
        fault = path_fault(text, folder, suffixes, allow_outside=allow_outside)
        if fault:
            reading.fault(key, fault)


def _layer_file(layer: LayerSpec, reading: Reading) -> list[tuple[str, str, tuple[str, ...]]]:
    """The file of a layer to check; a plain word is a shipped layer misspelt."""
    from ..boundaries import shipped_layers

    if any(letter in layer.source for letter in "./\\:"):
        return [("layer.source", layer.source, LAYER_SUFFIXES)]
    names = list(shipped_layers())
    hint = nearest(layer.source, names)
    reading.fault("layer.source", f"{layer.source!r} is not shipped.{hint} Shipped: {', '.join(names)}.")
    return []


def is_shipped_layer(layer: LayerSpec) -> bool:
    """Whether the source is the plain name of a shipped layer, and not a file."""
    from ..boundaries import shipped_layers

    return layer.source in shipped_layers()
