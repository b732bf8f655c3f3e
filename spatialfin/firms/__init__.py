"""Firm records to cells: totals by region, industry and year from any data frame or file."""

from __future__ import annotations

from .cells import FirmCells, firm_cells
from .files import read_firms

__all__ = ["FirmCells", "firm_cells", "read_firms"]
