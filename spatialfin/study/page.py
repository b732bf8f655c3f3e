"""Pages as self-contained HTML files: what enters is escaped; the page of a study has no script."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .writer import Shown


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: an anchor, a heading, words of the author, and blocks."""

    id: str
    title: str
    text: tuple[str, ...]
    blocks: tuple[Shown, ...]


def paragraphs(text: str) -> tuple[str, ...]:
    """Split a text at blank lines."""
    return tuple(" ".join(part.split()) for part in text.strip().split("\n\n") if part.strip())


def render_page(facts: dict[str, Any], *, template: str = "study.html") -> str:
    """Fill a template.

    Parameters
    ----------
    facts : dict
        What the template names; for a study ``head``, ``words``, ``sections`` and ``colophon``.
    template : str
        File in ``templates``.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**facts)
