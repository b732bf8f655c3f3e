"""The family of models: which have lagged regressors, a lagged outcome, a lagged error."""

from __future__ import annotations

MODELS = ("ols", "slx", "sar", "sem", "sdm", "sdem", "sac")
HAS_LAGS = frozenset({"slx", "sdm", "sdem"})
HAS_RHO = frozenset({"sar", "sdm", "sac"})
HAS_LAM = frozenset({"sem", "sdem", "sac"})
SPATIAL = ("rho", "lam")
DYNAMIC = ("tau", "eta")
LEAST_SQUARES = frozenset({"ols", "slx"})
RANDOM = frozenset({"random", "mundlak"})


def spatial_names(model: str) -> list[str]:
    """Names of the spatial coefficients, in the order of results."""
    return [*(["rho"] if model in HAS_RHO else []), *(["lam"] if model in HAS_LAM else [])]
