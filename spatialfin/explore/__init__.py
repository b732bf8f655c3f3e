"""Exploration: spatial autocorrelation, global and local; change over time."""

from ._clusters import CLUSTERS, G_CLUSTERS, GEARY_CLUSTERS
from .autocorrelation import geary, getis_ord, join_counts
from .batch import global_table, local_table
from .centrography import GravityPath, gravity_path
from .clubs import ConvergenceClubs, convergence_clubs
from .convergence import SigmaConvergence, sigma_convergence
from .decay import DecayFit, DistanceDecay, distance_decay
from .distribution import DensityEvolution, density_evolution
from .local import LocalResult, local_g, local_geary, local_moran_bivariate
from .markov import MarkovResult, SpatialMarkovResult, markov, spatial_markov
from .moran import LocalMoranResult, MoranResult, local_moran, moran, moran_table
from .moran_pairs import moran_bivariate, moran_differential, moran_rate
from .results import GlobalResult, JoinCountsResult
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
    "GEARY_CLUSTERS",
    "G_CLUSTERS",
    "MOVES",
    "QUADRANTS",
    "ConvergenceClubs",
    "DecayFit",
    "DensityEvolution",
    "DirectionalLisaResult",
    "DistanceDecay",
    "GlobalResult",
    "GravityPath",
    "JoinCountsResult",
    "LisaMarkovResult",
    "LocalMoranResult",
    "LocalResult",
    "MarkovResult",
    "MoranResult",
    "SigmaConvergence",
    "SpatialMarkovResult",
    "convergence_clubs",
    "density_evolution",
    "directional_lisa",
    "distance_decay",
    "geary",
    "getis_ord",
    "global_table",
    "gravity_path",
    "join_counts",
    "lisa_markov",
    "local_g",
    "local_geary",
    "local_moran",
    "local_moran_bivariate",
    "local_table",
    "markov",
    "moran",
    "moran_bivariate",
    "moran_differential",
    "moran_rate",
    "moran_table",
    "sigma_convergence",
    "spatial_markov",
]
