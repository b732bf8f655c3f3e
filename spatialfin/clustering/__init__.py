"""Clustering and finance: counties and firms on the proximity of industries, and the tables of the paper."""

from __future__ import annotations

from .counties import county_regressions, county_table
from .firm_panel import firm_panel, firm_panel_regressions
from .provinces import ProvincialStudy, provincial_study
from .regressions import Regression, Regressions
from .study import ClusteringStudy, clustering_study

__all__ = [
    "ClusteringStudy",
    "ProvincialStudy",
    "Regression",
    "Regressions",
    "clustering_study",
    "county_regressions",
    "county_table",
    "firm_panel",
    "firm_panel_regressions",
    "provincial_study",
]
