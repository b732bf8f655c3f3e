"""Spatial regression models: formulas, estimation, results, impacts."""

from ._family import MODELS
from .cross_section import fit_cross_section
from .impacts import Impacts
from .panel import fit_panel
from .results import ModelResult
from .robustness import RobustnessResult, robustness

__all__ = [
    "MODELS",
    "Impacts",
    "ModelResult",
    "RobustnessResult",
    "fit_cross_section",
    "fit_panel",
    "robustness",
]
