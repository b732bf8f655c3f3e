"""Where shipped files lie: inside a wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped_shape(file_name: str) -> Path:
    """Path of a shipped layer: ``spatialfin/_shapes`` in a wheel, ``../shapes`` in a checkout."""
    for folder in (_PACKAGE / "_shapes", _PACKAGE.parent / "shapes"):
        candidate = folder / file_name
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(f"The shipped layer {file_name!r} is missing: reinstall spatialfin.")


def shipped_data(file_name: str) -> Path:
    """Path of a shipped table in ``spatialfin/data``."""
    candidate = _PACKAGE / "data" / file_name
    if candidate.is_file():
        return candidate
    raise FileNotFoundError(f"The shipped table {file_name!r} is missing: reinstall spatialfin.")
