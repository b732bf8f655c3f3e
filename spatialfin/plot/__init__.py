"""Figures of a study: they draw results on the axes they are given, and never save or show."""

from __future__ import annotations

from ._style import journal_style
from .area import north_arrow, scale_bar, study_area
from .bivariate import bivariate_map
from .centres import ellipse_map
from .clubs import club_paths
from .clusters import cluster_members, lisa_maps
from .convergence import beta_convergence
from .decay import distance_profile
from .density import density_surface, ridge
from .features import cluster_map, cluster_profiles, subspace_network
from .flows import flow_map
from .maps import SOUTH_CHINA_SEA, choropleth, lisa_map
from .moran import moran_scatters, moran_trend
from .production import production_surface
from .proximity import proximity_scatter
from .scatter import moran_scatter
from .series import map_series
from .spillovers import impacts, marginal_impact
from .transitions import rose, transition_matrices, transition_matrix
from .trends import trend

__all__ = [
    "SOUTH_CHINA_SEA",
    "beta_convergence",
    "bivariate_map",
    "choropleth",
    "club_paths",
    "cluster_map",
    "cluster_members",
    "cluster_profiles",
    "density_surface",
    "distance_profile",
    "ellipse_map",
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
    "north_arrow",
    "production_surface",
    "proximity_scatter",
    "ridge",
    "rose",
    "scale_bar",
    "study_area",
    "subspace_network",
    "transition_matrices",
    "transition_matrix",
    "trend",
]
