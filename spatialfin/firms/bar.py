"""How far a long file has been read, shown on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def bar(file: Path, handle: BinaryIO) -> Iterator[Callable[[], None]]:
    """A bar for the bytes of `file` that `handle` has passed; the function moves it on."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(f"Reading {file.name}", total=file.stat().st_size)
        yield lambda: shown.update(task, completed=handle.tell())
