"""Codes that changed over time: industries and counties reduced to units that stay comparable."""

from __future__ import annotations

from ._code_tables import dissolve, recode
from ._code_units import ComparableCodes, comparable_codes

__all__ = ["ComparableCodes", "comparable_codes", "dissolve", "recode"]
