"""Studies: a TOML file in, a page with tables, figures and a manifest out."""

from __future__ import annotations

from .examples import copy_example, example_file, example_names
from .linked import linked_report
from .runner import Report, Study

__all__ = ["Report", "Study", "copy_example", "example_file", "example_names", "linked_report"]
