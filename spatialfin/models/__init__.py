"""Spatial regression models: formulas, estimation, results, impacts."""

from ._family import MODELS
from .bootstrap import BootstrapImpacts, bootstrap_impacts
from .convergence import ConvergenceResult, beta_convergence
from .cross_section import fit_cross_section
from .hausman import HausmanTest, hausman
from .heterogeneity import HeterogeneityResult, heterogeneity
from .impacts import Impacts
from .marginal import MarginalImpact, marginal_impact
from .nesting import HypothesisTest, likelihood_ratio, wald_common_factor, wald_no_lags
from .panel import fit_panel
from .production import ProductionResult, fit_production
from .results import ModelResult
from .robustness import RobustnessResult, robustness
from .tests import SpecificationTests, specification_tests
from .unit_impacts import UnitImpacts, unit_impacts

__all__ = [
    "MODELS",
    "BootstrapImpacts",
    "ConvergenceResult",
    "HausmanTest",
    "HeterogeneityResult",
    "HypothesisTest",
    "Impacts",
    "MarginalImpact",
    "ModelResult",
    "ProductionResult",
    "RobustnessResult",
    "SpecificationTests",
    "UnitImpacts",
    "beta_convergence",
    "bootstrap_impacts",
    "fit_cross_section",
    "fit_panel",
    "fit_production",
    "hausman",
    "heterogeneity",
    "likelihood_ratio",
    "marginal_impact",
    "robustness",
    "specification_tests",
    "unit_impacts",
    "wald_common_factor",
    "wald_no_lags",
]
