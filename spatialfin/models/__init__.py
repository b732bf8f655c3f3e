"""Spatial regression models: formulas, estimation, results, impacts."""

from .cross_section import MODELS, fit_cross_section
from .impacts import Impacts
from .results import ModelResult

__all__ = ["MODELS", "Impacts", "ModelResult", "fit_cross_section"]
