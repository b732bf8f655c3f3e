"""The command line: ``spatialfin demo``, ``study``, ``examples``, ``example``."""

from __future__ import annotations

import sys
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

    for name, words in example_names().items():
        typer.echo(f"{name:<12} {words}")


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
    """Tell an error of the inputs in one line, without a traceback, and leave with status 2."""
    try:
        yield
    except SpatialfinError as error:
        if debug:
            raise
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(_FAULT) from error


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
