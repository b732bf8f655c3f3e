"""The command line: ``spatialfin demo``, ``study``, ``examples``, ``example``."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from . import __version__
from ._errors import SpatialfinError

if TYPE_CHECKING:
    from .study import Report, Study

_FAULT = 2

app = typer.Typer(
    name="spatialfin",
    help="Spatial econometrics of financial agglomeration: run a study file, get its page.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Out = Annotated[Path, typer.Option("--out", help="Output folder: absent, empty, or an earlier output.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


def main() -> None:
    """Run the command line."""
    app()


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"spatialfin {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Spatial econometrics of financial agglomeration: run a study file, get its page."""


@app.command()
def demo(
    out: Out = Path("demo"),
    study: Annotated[str, typer.Option("--study", help="Name from 'spatialfin examples'.")] = "provinces",
    debug: Debug = False,
) -> None:
    """Run a shipped study: of China's provinces, or another one by name."""
    from .study import Study, example_file

    with _faults(debug=debug):
        _run(Study.read(example_file(study)), out)


@app.command()
def study(
    file: Annotated[Path, typer.Argument(help="The study file (TOML).")],
    out: Out,
    allow_outside: Annotated[
        bool, typer.Option("--allow-outside", help="Let the study file name local files outside its folder.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Run a study file."""
    from .study import Study

    with _faults(debug=debug):
        _run(Study.read(file, allow_outside=allow_outside), out)


@app.command()
def examples() -> None:
    """List the shipped study files."""
    from .study import example_names

    found = example_names()
    width = max(map(len, found)) + 2
    for name, words in found.items():
        typer.echo(_folded(f"{name:<{width}}{words}", indent=width, terminal=sys.stdout.isatty()))


@app.command()
def example(
    name: Annotated[str, typer.Argument(help="Name from 'spatialfin examples'.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to copy to.")] = Path(),
    debug: Debug = False,
) -> None:
    """Copy a shipped study file, and what it needs, to start your own from."""
    from .study import copy_example

    with _faults(debug=debug):
        for path in copy_example(name, out):
            typer.echo(str(path))


@contextmanager
def _faults(*, debug: bool) -> Iterator[None]:
    """Tell an error of the inputs without a traceback, and leave with status 2."""
    try:
        yield
    except SpatialfinError as error:
        if debug:
            raise
        lines = f"Error: {error}".split("\n")
        terminal = sys.stderr.isatty()
        typer.echo("\n".join(_folded(line, indent=5, terminal=terminal) for line in lines), err=True)
        raise typer.Exit(_FAULT) from error


def _folded(line: str, *, indent: int, terminal: bool) -> str:
    """A line cut between words to the width of the terminal; as it is where its reader may be a program."""
    if not terminal:
        return line
    return textwrap.fill(
        line,
        width=shutil.get_terminal_size().columns,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _run(checked: Study, out: Path) -> None:
    report = _with_progress(checked, out) if sys.stderr.isatty() else checked.run(out)
    typer.echo(f"{len(report.files)} files written. Open {report.page}")


def _with_progress(checked: Study, out: Path) -> Report:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(number: int, total: int, title: str) -> None:
            bar.update(task, completed=number - 1, total=total, description=title)

        return checked.run(out, on_step=show)
