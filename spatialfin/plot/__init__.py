"""Figures of a study: they draw results on the axes they are given, and never save or show."""

from __future__ import annotations

from .maps import choropleth, lisa_map
from .scatter import moran_scatter
from .trends import trend

__all__ = ["choropleth", "lisa_map", "moran_scatter", "trend"]
