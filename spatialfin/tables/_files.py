"""Files that are there whole or not at all."""

from __future__ import annotations

import uuid
from pathlib import Path

from spatialfin._errors import OutputError


def write_file(target: Path, content: bytes) -> None:
    """Write a file in one step: into a sibling first, which then takes its place."""
    if not target.parent.is_dir():
        raise OutputError(f"The folder {str(target.parent)!r} does not exist. Make it first.")
    if target.is_dir():
        raise OutputError(f"{str(target)!r} is a folder. Give a file name.")
    sibling = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        sibling.write_bytes(content)
        sibling.replace(target)
    except OSError as error:
        raise OutputError(f"{str(target)!r} cannot be written: {error.strerror or error}.") from error
    finally:
        sibling.unlink(missing_ok=True)
