"""Firm records in Parquet: one file, or a folder of parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .._errors import DataError, listed, nearest, raise_all


def parts_of(folder: Path) -> list[Path]:
    """The Parquet files in and below a folder, without what Spark and others hide by ``_`` or ``.``."""
    return [
        file
        for file in sorted(folder.rglob("*.parquet"))
        if file.is_file() and not any(part[0] in "._" for part in file.relative_to(folder).parts)
    ]


def scan_parquet(connection: Any, files: Sequence[Path], folder: Path | None) -> Any:
    """A relation over the files; folders such as ``year=2004`` are columns of text."""
    is_hive = folder is not None and any("=" in part for part in files[0].relative_to(folder).parts)
    return connection.sql(
        "SELECT * FROM read_parquet(?, union_by_name = true, hive_partitioning = ?, "
        "hive_types_autocast = false)",
        params=[[str(file) for file in files], is_hive],
    )


def check_parts(files: Sequence[Path], folder: Path, wanted: Iterable[str] | None) -> None:
    """Refuse parts that lack a column that others have, or hold text where others hold numbers."""
    from pyarrow import parquet

    kinds = {}
    for file in files:
        schema = parquet.read_schema(file)
        folders = [part.partition("=")[0] for part in file.relative_to(folder).parts if "=" in part]
        kinds[file] = dict.fromkeys(folders, "text") | {field.name: _kind(field.type) for field in schema}
    first, *others = files
    every = list(dict.fromkeys(name for held in kinds.values() for name in held))
    problems = []
    for name in every if wanted is None else dict.fromkeys(wanted):
        lacking = [str(file.relative_to(folder)) for file in files if name not in kinds[file]]
        if len(lacking) == len(files):
            problems.append(f"no column {name!r}.{nearest(name, every)}")
        elif lacking:
            problems.append(f"column {name!r} is not in {listed(lacking)}")
        elif strange := [str(f.relative_to(folder)) for f in others if kinds[f][name] != kinds[first][name]]:
            problems.append(
                f"column {name!r} is {kinds[first][name]} in {str(first.relative_to(folder))!r} and not in "
                f"{listed(strange)}"
            )
    raise_all(problems, DataError, f"{folder.name}, {len(files)} Parquet files")


def _kind(arrow: Any) -> str:
    """Text, number, or the name of the type."""
    import pyarrow as pa

    held = arrow.value_type if pa.types.is_dictionary(arrow) else arrow
    if pa.types.is_string(held) or pa.types.is_large_string(held) or str(held) == "string_view":
        return "text"
    is_number = pa.types.is_integer(held) or pa.types.is_floating(held) or pa.types.is_decimal(held)
    return "number" if is_number else str(held)
