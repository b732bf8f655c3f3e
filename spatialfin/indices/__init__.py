"""Indices of agglomeration, one module per family."""

from .quotient import location_quotient, spatial_gini

__all__ = ["location_quotient", "spatial_gini"]
