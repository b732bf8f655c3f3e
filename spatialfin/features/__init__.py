"""Features of regions: subspace networks, kernel clustering, and classification over space.

The estimators follow scikit-learn, which is an extra: ``pip install "spatialfin[features]"``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .._validate import require
from .profiles import cluster_profiles, cluster_transitions
from .windows import panel_windows

# Name -> module that holds it; these need scikit-learn, so they are imported when asked for.
_HOMES = {
    "ClusterChoice": "choice",
    "SpatialBlockCV": "blocks",
    "SpatialKernelKMeans": "clusters",
    "SpatialValidation": "classify",
    "StackedSubspaceNetwork": "subspaces",
    "SubspaceNetwork": "subspaces",
    "choose_clusters": "choice",
    "feature_classifier": "classify",
    "validate_classifier": "classify",
}

__all__ = [
    "ClusterChoice",
    "SpatialBlockCV",
    "SpatialKernelKMeans",
    "SpatialValidation",
    "StackedSubspaceNetwork",
    "SubspaceNetwork",
    "choose_clusters",
    "cluster_profiles",
    "cluster_transitions",
    "feature_classifier",
    "panel_windows",
    "validate_classifier",
]

if TYPE_CHECKING:
    from .blocks import SpatialBlockCV
    from .choice import ClusterChoice, choose_clusters
    from .classify import SpatialValidation, feature_classifier, validate_classifier
    from .clusters import SpatialKernelKMeans
    from .subspaces import StackedSubspaceNetwork, SubspaceNetwork


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require("sklearn", "features")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
