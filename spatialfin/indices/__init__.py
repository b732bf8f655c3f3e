"""Indices of agglomeration, one module per family."""

from .agglomeration import coagglomeration, ellison_glaeser, pairwise_coagglomeration
from .clusters import ClusterTest, cluster_test, location_quotient_test
from .complexity import ComplexityResult, Reflections, economic_complexity, method_of_reflections
from .composite import EntropyComposite, entropy_composite
from .concentration import (
    concentration_ratio,
    herfindahl,
    hoover,
    krugman_concentration,
    krugman_specialization,
    locational_gini,
    shares,
)
from .concordance import Concordance, read_concordance
from .density import density
from .inequality import DagumGini, TheilDecomposition, dagum_gini, gini, theil, theil_decomposition
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
    proximity_change,
    regional_proximity,
)
from .quotient import (
    location_quotient,
    spatial_gini,
    standardized_location_quotient,
    symmetric_location_quotient,
)
from .risk import concentration_risk, growth_multiples, regional_imbalance

__all__ = [
    "ClusterTest",
    "ComplexityResult",
    "Concordance",
    "DagumGini",
    "EntropyComposite",
    "ProximityChange",
    "Reflections",
    "TheilDecomposition",
    "cluster_test",
    "coagglomeration",
    "concentration_ratio",
    "concentration_risk",
    "country_proximity",
    "dagum_gini",
    "density",
    "economic_complexity",
    "ellison_glaeser",
    "entropy_composite",
    "gini",
    "growth_multiples",
    "herfindahl",
    "hoover",
    "industry_proximity",
    "krugman_concentration",
    "krugman_specialization",
    "location_quotient",
    "location_quotient_test",
    "locational_gini",
    "method_of_reflections",
    "pairwise_coagglomeration",
    "product_presence",
    "product_proximity",
    "product_space_density",
    "proximity_change",
    "read_concordance",
    "regional_imbalance",
    "regional_proximity",
    "revealed_comparative_advantage",
    "shares",
    "spatial_gini",
    "standardized_location_quotient",
    "symmetric_location_quotient",
    "theil",
    "theil_decomposition",
]
