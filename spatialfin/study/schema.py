"""Turn the tables of a TOML file into checked dataclasses, naming every fault by its key.

A dataclass is the whole description of a table: its field names are the valid keys, its annotations the
types, a field without a default a required key. Text with a meaning (a column, a file, another table) is
annotated with a `Role`, so that references can be checked before anything runs.
"""

from __future__ import annotations

import dataclasses
import math
import re
import types
import typing
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from .._errors import listed, nearest

ID_PATTERN = re.compile(r"[a-z0-9_-]{1,40}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Role:
    """What a piece of text stands for: ``column``, ``new_column``, ``table``, ..."""

    name: str


@dataclass(frozen=True, slots=True)
class Least:
    """The smallest number that is allowed."""

    number: int


Column = Annotated[str, Role("column")]
NewColumn = Annotated[str, Role("new_column")]
TableName = Annotated[str, Role("table")]
NewTable = Annotated[str, Role("new_table")]
WeightsName = Annotated[str, Role("weights")]
RegionColumn = Annotated[str, Role("region")]
UnitCode = Annotated[str, Role("unit")]
InputFile = Annotated[str, Role("file")]
FirmFile = Annotated[str, Role("firm_file")]
Formula = Annotated[str, Role("formula")]
Expression = Annotated[str, Role("expression")]
Seed = Annotated[int, Least(0)]
Period = int | str


@dataclass(frozen=True, slots=True)
class Reference:
    """One piece of text with a role, and the key it stands at."""

    path: str
    role: str
    value: str


@dataclass(slots=True)
class Reading:
    """What reading the tables found: the faults, and the references to check later."""

    problems: list[str] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)

    def fault(self, path: str, message: str) -> None:
        """Note a fault at a key."""
        self.problems.append(f"{path}: {message}")


def read_table(cls: type[T], raw: object, path: str, reading: Reading) -> T | None:
    """Read a TOML table into `cls`; None when it has faults, which `reading` then holds.

    Parameters
    ----------
    cls : dataclass
        Description of the table.
    raw : object
        What the TOML file holds at `path`.
    path : str
        Key of the table, used in messages (``step[2]``).
    reading : Reading
        Collects faults and references.
    """
    if not isinstance(raw, dict):
        reading.fault(path, f"expected a table, got {_describe(raw)}.")
        return None
    before = len(reading.problems)
    hints = get_type_hints(cls, include_extras=True)
    fields = {item.name: item for item in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for key in raw:
        if key not in fields:
            valid = ", ".join(sorted(fields))
            reading.fault(join(path, key), f"unknown key.{nearest(key, fields)} Valid keys: {valid}.")
    values = {}
    for name, item in fields.items():
        if name in raw:
            values[name] = _read_value(hints[name], raw[name], join(path, name), reading)
        elif item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING:
            reading.fault(join(path, name), f"missing; it must be {_expected(hints[name])}.")
    if len(reading.problems) > before:
        return None
    _note_defaults(cls, hints, set(values), path, reading)
    return cls(**values)


def join(path: str, key: str) -> str:
    """The path of a key inside a table; a key that is not a plain word is quoted."""
    shown = key if re.fullmatch(r"[\w-]+", key) else repr(key)
    return f"{path}.{shown}" if path else shown


def check_id(text: object, path: str, reading: Reading) -> bool:
    """Check that an id is 1 to 40 of a-z, 0-9, underscore and hyphen."""
    if isinstance(text, str) and ID_PATTERN.fullmatch(text):
        return True
    reading.fault(path, f"{text!r} is not a valid id: use 1 to 40 of the characters a-z 0-9 _ -.")
    return False


def _note_defaults(
    cls: type[Any], hints: dict[str, Any], given: set[str], path: str, reading: Reading
) -> None:
    """Defaults name columns and tables too: they are references like any other."""
    for item in dataclasses.fields(cls):
        default = item.default
        hint = hints[item.name]
        if item.name not in given and isinstance(default, str) and default and get_origin(hint) is Annotated:
            reading.references.append(Reference(join(path, item.name), get_args(hint)[1].name, default))


def _read_value(kind: Any, raw: Any, path: str, reading: Reading) -> Any:
    """Check one value against an annotation and return it, noting faults and references."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        value = _read_value(arguments[0], raw, path, reading)
        if isinstance(arguments[1], Least):
            if value is not None and value < arguments[1].number:
                reading.fault(path, f"{value} is too small; {arguments[1].number} is the least.")
        elif isinstance(value, str):
            reading.references.append(Reference(path, arguments[1].name, value))
        return value
    if origin in (Union, types.UnionType):
        return _read_union(arguments, raw, path, reading)
    if dataclasses.is_dataclass(kind):
        return read_table(typing.cast("type[Any]", kind), raw, path, reading)
    if not _fits(kind, raw):
        reading.fault(path, _mismatch(kind, raw))
        return None
    if origin is list:
        return [
            _read_value(arguments[0], item, f"{path}[{number}]", reading)
            for number, item in enumerate(raw, 1)
        ]
    if origin is dict:
        return {
            _read_value(arguments[0], key, join(path, key), reading): _read_value(
                arguments[1], value, join(path, key), reading
            )
            for key, value in raw.items()
        }
    return float(raw) if kind is float else raw


def _read_union(members: tuple[Any, ...], raw: Any, path: str, reading: Reading) -> Any:
    for member in members:
        if _fits(member, raw):
            return _read_value(member, raw, path, reading)
    words = [word for member in members if get_origin(member) is Literal for word in get_args(member)]
    hint = nearest(raw, words) if isinstance(raw, str) else ""
    expected = " or ".join(_expected(member) for member in members if member is not type(None))
    reading.fault(path, f"expected {expected}, got {_describe(raw)}.{hint}")
    return None


def _fits(kind: Any, raw: Any) -> bool:
    """Whether the outer type of `raw` is that of `kind`; members of lists are checked one by one."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _fits(get_args(kind)[0], raw)
    if origin is Literal:
        return any(raw == word and type(raw) is type(word) for word in get_args(kind))
    if origin in (list, dict):
        return isinstance(raw, origin)
    if dataclasses.is_dataclass(kind):
        return isinstance(raw, dict)
    if kind is float:
        return isinstance(raw, int | float) and not isinstance(raw, bool) and math.isfinite(raw)
    if kind is int:
        return isinstance(raw, int) and not isinstance(raw, bool)
    return isinstance(raw, kind)


def _mismatch(kind: Any, raw: Any) -> str:
    hint = nearest(raw, get_args(kind)) if get_origin(kind) is Literal and isinstance(raw, str) else ""
    return f"expected {_expected(kind)}, got {_describe(raw)}.{hint}"


def _expected(kind: Any) -> str:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _expected(arguments[0])
    if origin is Literal:
        return "one of " + ", ".join(repr(word) for word in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(_expected(member) for member in arguments if member is not type(None))
    if origin is list:
        return f"a list of {_expected(arguments[0]).removeprefix('a ').removeprefix('an ')}"
    if origin is dict:
        return f"a table whose values are {_expected(arguments[1]).removeprefix('a ')}"
    if dataclasses.is_dataclass(kind):
        return "a table"
    return {str: "text", int: "a whole number", float: "a number", bool: "true or false"}[kind]


def _describe(raw: object) -> str:
    if isinstance(raw, dict):
        return "a table"
    if isinstance(raw, list):
        return "a list"
    if isinstance(raw, bool):
        return f"{str(raw).lower()}"
    if isinstance(raw, str):
        return f"the text {listed([raw])}" if len(raw) <= 60 else f"the text {raw[:57]!r}..."
    return f"{raw!r}"
