"""Figures of a study: they draw results on the axes they are given, and never save or show."""

from __future__ import annotations

from ._style import journal_style
from .density import density_surface, ridge
from .maps import SOUTH_CHINA_SEA, choropleth, lisa_map
from .proximity import proximity_scatter
from .scatter import moran_scatter
from .spillovers import impacts, marginal_impact
from .trends import trend

__all__ = [
    "SOUTH_CHINA_SEA",
    "choropleth",
    "density_surface",
    "impacts",
    "journal_style",
    "lisa_map",
    "marginal_impact",
    "moran_scatter",
    "proximity_scatter",
    "ridge",
    "trend",
]
