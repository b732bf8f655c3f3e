"""Exploration: spatial autocorrelation, global and local; change over time."""

from .centrography import GravityPath, gravity_path
from .convergence import SigmaConvergence, sigma_convergence
from .distribution import DensityEvolution, density_evolution
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
    "DensityEvolution",
    "DirectionalLisaResult",
    "GravityPath",
    "LisaMarkovResult",
    "LocalMoranResult",
    "MarkovResult",
    "MoranResult",
    "SigmaConvergence",
    "SpatialMarkovResult",
    "density_evolution",
    "directional_lisa",
    "gravity_path",
    "lisa_markov",
    "local_moran",
    "markov",
    "moran",
    "moran_table",
    "sigma_convergence",
    "spatial_markov",
]
