"""Tables of a study: built from data and results, saved as Word, LaTeX, HTML, CSV or Excel."""

from __future__ import annotations

from .descriptive import correlation_table, descriptive_table, variable_table, vif_table
from .regression import regression_table
from .results import diagnostics_table, frame_table, impacts_table
from .table import Table

__all__ = [
    "Table",
    "correlation_table",
    "descriptive_table",
    "diagnostics_table",
    "frame_table",
    "impacts_table",
    "regression_table",
    "variable_table",
    "vif_table",
]
