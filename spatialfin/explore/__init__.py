"""Exploration: spatial autocorrelation, global and local; change over time."""

from .centrography import GravityPath, gravity_path
from .clubs import ConvergenceClubs, convergence_clubs
from .convergence import SigmaConvergence, sigma_convergence
from .decay import DecayFit, DistanceDecay, distance_decay
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
    "ConvergenceClubs",
    "DecayFit",
    "DensityEvolution",
    "DirectionalLisaResult",
    "DistanceDecay",
    "GravityPath",
    "LisaMarkovResult",
    "LocalMoranResult",
    "MarkovResult",
    "MoranResult",
    "SigmaConvergence",
    "SpatialMarkovResult",
    "convergence_clubs",
    "density_evolution",
    "directional_lisa",
    "distance_decay",
    "gravity_path",
    "lisa_markov",
    "local_moran",
    "markov",
    "moran",
    "moran_table",
    "sigma_convergence",
    "spatial_markov",
]
