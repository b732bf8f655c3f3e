"""Indices of agglomeration, one module per family."""

from .complexity import ComplexityResult, economic_complexity
from .concordance import Concordance, read_concordance
from .product_space import (
    country_proximity,
    product_presence,
    product_proximity,
    product_space_density,
    revealed_comparative_advantage,
)
from .proximity import (
    ProximityChange,
    industry_proximity,
    largest_firms_share,
    proximity_change,
    regional_proximity,
)
from .quotient import location_quotient, spatial_gini

__all__ = [
    "ComplexityResult",
    "Concordance",
    "ProximityChange",
    "country_proximity",
    "economic_complexity",
    "industry_proximity",
    "largest_firms_share",
    "location_quotient",
    "product_presence",
    "product_proximity",
    "product_space_density",
    "proximity_change",
    "read_concordance",
    "regional_proximity",
    "revealed_comparative_advantage",
    "spatial_gini",
]
