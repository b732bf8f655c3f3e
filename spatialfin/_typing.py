"""Option words, in one place."""

from __future__ import annotations

from typing import Literal

Rule = Literal["queen", "rook"]
Style = Literal["binary", "row", "spectral", "general"]
Model = Literal["ols", "slx", "sar", "sem", "sdm", "sdem", "sac"]
Estimator = Literal["ml", "gmm", "2sls"]
Engine = Literal["auto", "spreg", "native"]
Vcov = Literal["expected", "robust", "hac", "bootstrap"]
LogDetMethod = Literal["auto", "eigen", "sparse", "chebyshev", "stochastic"]
Adjust = Literal["none", "fdr", "bonferroni"]
PanelEffects = Literal["pooled", "unit", "time", "twoway", "random", "mundlak"]
