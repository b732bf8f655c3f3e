"""Spatial econometrics of financial agglomeration and spatial spillovers.

Boundary layers and keyed tables in; weights, agglomeration indices, spatial statistics, spatial growth
models with their impacts, tables and figures out. Rows are matched by key, never by position.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Public name -> module that holds it. Nothing is imported before it is asked for.
_HOMES = {
    "load_layer": "boundaries",
    "check_layer": "boundaries",
    "match_units": "boundaries",
    "load_dataset": "datasets",
    "sample_report": "datasets",
    "SpatialWeights": "weights",
    "contiguity_weights": "weights",
    "knn_weights": "weights",
    "distance_weights": "weights",
    "kernel_weights": "weights",
    "economic_weights": "weights",
    "nested_weights": "weights",
    "gravity_weights": "weights",
    "compare_weights": "weights",
    "location_quotient": "indices.quotient",
    "spatial_gini": "indices.quotient",
    "moran": "explore.moran",
    "moran_table": "explore.moran",
    "local_moran": "explore.moran",
    "fit_cross_section": "models.cross_section",
    "fit_panel": "models.panel",
    "specification_tests": "models.tests",
    "Study": "study.runner",
    "SpatialfinError": "_errors",
    "SpatialfinWarning": "_errors",
}
_MODULES = (
    "boundaries",
    "clustering",
    "codes",
    "datasets",
    "explore",
    "features",
    "firms",
    "indices",
    "models",
    "panel",
    "plot",
    "simulate",
    "study",
    "tables",
    "weights",
)

__all__ = [
    "SpatialWeights",
    "SpatialfinError",
    "SpatialfinWarning",
    "Study",
    "__version__",
    "boundaries",
    "check_layer",
    "clustering",
    "codes",
    "compare_weights",
    "contiguity_weights",
    "datasets",
    "distance_weights",
    "economic_weights",
    "explore",
    "features",
    "firms",
    "fit_cross_section",
    "fit_panel",
    "gravity_weights",
    "indices",
    "kernel_weights",
    "knn_weights",
    "load_dataset",
    "load_layer",
    "local_moran",
    "location_quotient",
    "match_units",
    "models",
    "moran",
    "moran_table",
    "nested_weights",
    "panel",
    "plot",
    "sample_report",
    "simulate",
    "spatial_gini",
    "specification_tests",
    "study",
    "tables",
    "weights",
]

if TYPE_CHECKING:
    from . import (
        boundaries,
        clustering,
        codes,
        datasets,
        explore,
        features,
        firms,
        indices,
        models,
        panel,
        plot,
        simulate,
        study,
        tables,
        weights,
    )
    from ._errors import SpatialfinError, SpatialfinWarning
    from .boundaries import check_layer, load_layer, match_units
    from .datasets import load_dataset, sample_report
    from .explore.moran import local_moran, moran, moran_table
    from .indices.quotient import location_quotient, spatial_gini
    from .models.cross_section import fit_cross_section
    from .models.panel import fit_panel
    from .models.tests import specification_tests
    from .study.runner import Study
    from .weights import (
        SpatialWeights,
        compare_weights,
        contiguity_weights,
        distance_weights,
        economic_weights,
        gravity_weights,
        kernel_weights,
        knn_weights,
        nested_weights,
    )


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    elif name in _MODULES:
        value = importlib.import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
