"""A study: read its file, run its steps, leave its page, tables, figures and manifest."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from .._errors import SpatialfinWarning, StudyError
from .._provenance import versions
from .._validate import require
from .blocks import NoteBlock
from .formulas import column_names
from .output import MANIFEST, listed_files, staged_output, write_manifest
from .page import Section, paragraphs, render_page
from .reader import MAIN, Contents, read_contents
from .registry import KINDS
from .specs import DataStep, RandomStep, StepOptions
from .words import all_words

if TYPE_CHECKING:
    from .context import Context
    from .names import Step
    from .writer import Shown, Writer

__all__ = ["Report", "Study"]

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Report:
    """Where the output of a study is.

    Attributes
    ----------
    folder : Path
        The output folder.
    files : tuple of str
        Every file of the output, relative to the folder.
    """

    folder: Path
    files: tuple[str, ...]

    @property
    def page(self) -> Path:
        """The page to open."""
        return self.folder / "index.html"


@dataclass(frozen=True, slots=True)
class Study:
    """A checked study file, ready to run.

    Attributes
    ----------
    path : Path
        The study file.
    contents : Contents
        What it says.

    Examples
    --------
    >>> import spatialfin as sf
    >>> from spatialfin.study import example_file
    >>> study = sf.Study.read(example_file("provinces"))
    >>> study.contents.head.seed
    0
    """

    path: Path
    contents: Contents

    @classmethod
    def read(cls, path: str | PathLike[str], *, allow_outside: bool = False) -> Study:
        """Read and check a study file; nothing is run.

        Parameters
        ----------
        path : path
            A TOML file; the files it names are relative to its folder.
        allow_outside : bool
            Whether it may name local files outside its folder.

        Returns
        -------
        Study

        Raises
        ------
        StudyError
            With every fault of the file, each named by its key.
        """
        if not isinstance(path, str | PathLike):
            raise StudyError(f"The path of a study file is needed, not {type(path).__name__}.")
        file = Path(path)
        return cls(file, read_contents(file, allow_outside=allow_outside))

    def run(self, out: str | PathLike[str], *, on_step: Progress | None = None) -> Report:
        """Run every step and write the output folder.

        Parameters
        ----------
        out : path
            The output folder: absent, empty, or an earlier output, whose files are replaced.
        on_step : callable, optional
            Called as ``on_step(number, total, title)`` before each step.

        Returns
        -------
        Report

        Raises
        ------
        MissingExtraError
            The extra ``report`` is not installed; nothing was done.
        OutputError
            The folder cannot be written, or holds files that are not ours; nothing was changed.
        SpatialfinError
            A step failed; its message begins with the id of the step, and nothing was written.
        """
        _require_extra()
        tell = on_step or (lambda *_: None)
        folder = Path(out)
        with staged_output(folder) as staging:
            _write_study(self, staging, tell)
        return Report(folder, tuple(listed_files(folder)))


def _require_extra() -> None:
    for module in ("jinja2", "openpyxl", "maketables", "docx"):
        require(module, "report")


def _write_study(study: Study, staging: Path, tell: Progress) -> None:
    from .inputs import input_hashes, open_inputs
    from .writer import Writer

    contents = study.contents
    total = len(contents.steps) + 1
    tell(1, total, contents.head.title)
    context = open_inputs(contents, study.path.parent)
    inputs = input_hashes(contents, study.path, context)
    writer = Writer(staging, say=context.say)
    sections = _opening(contents, context, writer)
    for number, step in enumerate(contents.steps, 2):
        tell(number, total, step.options.title or step.options.id)
        sections.append(_run_step(step, context, writer))
    facts = {
        "title": contents.head.title,
        "seed": contents.head.seed,
        "versions": versions(),
        "inputs": inputs,
        "steps": [{"id": step.options.id, "kind": step.options.kind} for step in contents.steps],
        "ledger": context.ledger,
    }
    page = render_page(
        {
            "head": contents.head,
            "opening": paragraphs(contents.head.text),
            "words": all_words(contents.head.lang),
            "sections": sections,
            "facts": facts,
            "manifest": MANIFEST,
            "layer_source": str(context.layer.attrs.get("source", "")),
        }
    )
    (staging / "index.html").write_text(page, encoding="utf-8")
    write_manifest(staging, facts)


def _opening(contents: Contents, context: Context, writer: Writer) -> list[Section]:
    from .data_section import data_blocks, weights_block

    about: list[Shown] = []
    for name, table in context.tables.items():
        used = _source_columns(contents, name, next(iter(context.tables)), list(table.frame.columns))
        files = "data" if name == MAIN else f"data-{name}"
        about += writer.show(files, data_blocks(name, table, used, context))
    sections = []
    if about:
        sections.append(Section("data", context.say("data"), (), tuple(about)))
    if context.weights:
        shown = tuple(writer.show("weights", [weights_block(context)]))
        ledger = tuple(f"{name}: {'; '.join(w.ledger)}." for name, w in context.weights.items())
        sections.append(Section("weights", context.say("weights"), ledger, shown))
    return sections


def _source_columns(contents: Contents, name: str, first: str, columns: list[str]) -> list[str]:
    """Columns of a table, as opened, that some step uses."""
    used: list[str] = []
    for step in contents.steps:
        if not isinstance(step.options, DataStep) or (step.options.data or first) != name:
            continue
        for reference in step.references:
            if reference.role == "column":
                used.append(reference.value)
            elif reference.role in ("formula", "expression"):
                used += column_names(reference.value)
    return [column for column in dict.fromkeys(used) if column in columns]


def _run_step(step: Step, context: Context, writer: Writer) -> Section:
    from .inputs import at_key

    options: StepOptions = step.options
    kind = KINDS[options.kind]
    before = len(context.ledger)
    own_seed = options.seed if isinstance(options, RandomStep) else None
    context = context.seeded(own_seed)
    with at_key(f"{step.path} {options.id!r}"), _warnings_in(context) as cautions:
        found = kind.run(options, context)
        context.done[options.id] = (options, found)
        blocks = [*_simulated_table(options, context), *kind.render(found, options, context)]
    notes = [
        NoteBlock(context.say("quoted", text=line), warning=line in cautions)
        for line in context.ledger[before:]
    ]
    if own_seed is not None:
        context.log(context.say("step_seed", seed=own_seed))
        notes.append(NoteBlock(context.ledger[-1]))
    context.ledger[before:] = [f"step {options.id}: {line}" for line in context.ledger[before:]]
    title = options.title or options.id
    shown = tuple(writer.show(options.id, [*blocks, *notes]))
    return Section(f"step-{options.id}", title, paragraphs(options.text), shown)


def _simulated_table(options: StepOptions, context: Context) -> list[NoteBlock]:
    """A caution where the table of a step was drawn by a computer."""
    if not isinstance(options, DataStep) or not options.needs_data:
        return []
    earlier = {name: step for name, (step, _) in context.done.items()}
    name = options.table_of(earlier) or next(iter(context.tables))
    if not context.table(name).notes.get("simulated"):
        return []
    return [NoteBlock(context.say("simulated_table", table=name), warning=True)]


@contextmanager
def _warnings_in(context: Context) -> Iterator[list[str]]:
    """Write our warnings into the ledger, where the page shows them as cautions; others pass on."""
    cautions: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield cautions
    for warning in caught:
        text = str(warning.message)
        if issubclass(warning.category, SpatialfinWarning) and text not in cautions:
            cautions.append(text)
            context.log(text)
    for warning in caught:
        if not issubclass(warning.category, SpatialfinWarning):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
