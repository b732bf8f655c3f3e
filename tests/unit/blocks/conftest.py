"""A panel with gaps and weights per period."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf

from ..conftest import lattice

MODELS = ("ols", "slx", "sar", "sem", "sdm", "sdem", "sac")
SPATIAL_MODELS = MODELS[2:]
KEYS = {"unit": "code", "time": "year"}
PERIODS = 5


def links(seed: int, n: int = 16) -> sf.SpatialWeights:
    """Random directed links with weights of their own, rows that sum to one."""
    rng = np.random.default_rng(seed)
    matrix = rng.uniform(0.2, 1, (n, n)) * (rng.uniform(size=(n, n)) < 0.25)
    np.fill_diagonal(matrix, 0)
    matrix[np.arange(n), (np.arange(n) + 1) % n] = 0.5
    return sf.SpatialWeights.from_matrix(matrix, ids=lattice(4).ids, name=f"w{seed}").standardize("row")


@pytest.fixture(scope="module")
def weights() -> sf.SpatialWeights:
    return lattice(4).standardize("row")


@pytest.fixture(scope="module")
def changing() -> dict[int, sf.SpatialWeights]:
    return {2001 + step: links(step) for step in range(PERIODS)}


@pytest.fixture(scope="module")
def data(changing: dict[int, sf.SpatialWeights]) -> pd.DataFrame:
    """A SAR process with lam = .3 in its errors, unit effects, and the weights of each period."""
    rng = np.random.default_rng(8)
    n = 16
    mu = rng.normal(size=n)
    rows = []
    for year, w in changing.items():
        dense = w.sparse.toarray()
        x, z = rng.normal(size=(2, n))
        errors = np.linalg.solve(np.eye(n) - 0.3 * dense, 0.5 * rng.normal(size=n))
        y = np.linalg.solve(np.eye(n) - 0.4 * dense, 1 + x - 0.5 * z + mu + errors)
        rows.append(pd.DataFrame({"code": w.ids, "year": year, "y": y, "x": x, "z": z}))
    return pd.concat(rows, ignore_index=True)


@pytest.fixture(scope="module")
def gappy(data: pd.DataFrame) -> pd.DataFrame:
    return data.drop(index=[0, 5, 17, 40, 41, 55, 70])


def fit(
    data: pd.DataFrame, weights: Any, formula: str = "y ~ x + z", **keywords: Any
) -> sf.models.ModelResult:
    return sf.fit_panel(formula, data, weights, **KEYS, **{"bias_correction": "none", **keywords})
