"""Numerics on plain arrays: no labels, no tables, no files."""
