"""Coefficients that differ between groups of units, and tests that they do."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from .._errors import DataError, listed, nearest
from ._family import SPATIAL

Array = NDArray[np.float64]


def by_regime(x: Array, labels: list[str], data: pd.DataFrame, column: str) -> tuple[Array, list[str]]:
    """Every regressor once per regime, zero outside it; lags follow the unit whose lag they are."""
    if not isinstance(column, str) or column not in data.columns:
        raise DataError(f"regimes={column!r} is no column of the data.{nearest(column, data.columns)}")
    groups = data[column]
    if groups.isna().any():
        raise DataError(f"regimes={column!r}: missing at {listed(groups.index[groups.isna()])}.")
    text = groups.astype(str).to_numpy()
    names = sorted(set(text))
    if len(names) < 2:
        raise DataError(f"regimes={column!r} has one group, {names[0]!r}; at least two are needed.")
    small = [name for name in names if (text == name).sum() <= x.shape[1]]
    if small:
        raise DataError(
            f"regimes={column!r}: groups {listed(small)} have no more units than the {x.shape[1]} "
            "coefficients they need. Merge groups or drop terms."
        )
    blocks = [x * (text == name)[:, None] for name in names]
    return np.column_stack(blocks), [f"{label}[{name}]" for name in names for label in labels]


def regime_tests(params: pd.Series, cov: pd.DataFrame) -> pd.DataFrame:
    """Wald tests that a coefficient, and that all of them, are equal over the regimes (Chow)."""
    groups: dict[str, list[str]] = {}
    for name in params.index:
        if name not in SPATIAL:
            groups.setdefault(name.rpartition("[")[0], []).append(name)
    rows, contrasts = [], []
    for label, names in groups.items():
        contrast = np.zeros((len(names) - 1, len(params)))
        for number, name in enumerate(names[1:]):
            contrast[number, params.index.get_loc(names[0])] = 1
            contrast[number, params.index.get_loc(name)] = -1
        contrasts.append(contrast)
        rows.append((label, *wald(params, cov, contrast)))
    rows.append(("all coefficients", *wald(params, cov, np.vstack(contrasts))))
    return pd.DataFrame(rows, columns=["term", "statistic", "df", "p_value"])


def wald(params: pd.Series, cov: pd.DataFrame, contrast: Array) -> tuple[float, int, float]:
    """Wald statistic, degrees of freedom and p-value of ``contrast @ params = 0``.

    NaN where the covariance of the contrast is singular, as with fewer clusters than coefficients.
    """
    count = len(contrast)
    variance = contrast @ cov.to_numpy() @ contrast.T
    scale = np.sqrt(np.maximum(np.diag(variance), 0.0))
    if (scale == 0).any() or np.linalg.matrix_rank(variance / np.outer(scale, scale)) < count:
        return float("nan"), count, float("nan")
    gap = contrast @ params.to_numpy()
    statistic = float(gap @ np.linalg.solve(variance, gap))
    return statistic, count, float(stats.chi2.sf(statistic, count))
