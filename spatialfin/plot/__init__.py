"""Figures of a study: they draw results on the axes they are given, and never save or show."""

from __future__ import annotations

from ._style import journal_style
from .bivariate import bivariate_map
from .clusters import cluster_members, lisa_maps
from .density import density_surface, ridge
from .flows import flow_map
from .maps import SOUTH_CHINA_SEA, choropleth, lisa_map
from .moran import moran_scatters, moran_trend
from .proximity import proximity_scatter
from .scatter import moran_scatter
from .series import map_series
from .spillovers import impacts, marginal_impact
from .trends import trend

__all__ = [
    "SOUTH_CHINA_SEA",
    "bivariate_map",
    "choropleth",
    "cluster_members",
    "density_surface",
    "flow_map",
    "impacts",
    "journal_style",
    "lisa_map",
    "lisa_maps",
    "map_series",
    "marginal_impact",
    "moran_scatter",
    "moran_scatters",
    "moran_trend",
    "proximity_scatter",
    "ridge",
    "trend",
]
