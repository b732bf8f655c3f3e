"""Exploration: spatial autocorrelation, global and local; change over time."""

from .markov import MarkovResult, SpatialMarkovResult, markov, spatial_markov
from .moran import CLUSTERS, LocalMoranResult, MoranResult, local_moran, moran, moran_table
from .transitions import (
    MOVES,
    QUADRANTS,
    DirectionalLisaResult,
    LisaMarkovResult,
    directional_lisa,
    lisa_markov,
)

__all__ = [
    "CLUSTERS",
    "MOVES",
    "QUADRANTS",
    "DirectionalLisaResult",
    "LisaMarkovResult",
    "LocalMoranResult",
    "MarkovResult",
    "MoranResult",
    "SpatialMarkovResult",
    "directional_lisa",
    "lisa_markov",
    "local_moran",
    "markov",
    "moran",
    "moran_table",
    "spatial_markov",
]
