"""Exploration: spatial autocorrelation, global and local."""

from .moran import CLUSTERS, LocalMoranResult, MoranResult, local_moran, moran, moran_table

__all__ = ["CLUSTERS", "LocalMoranResult", "MoranResult", "local_moran", "moran", "moran_table"]
