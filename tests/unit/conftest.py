"""Small samples that the unit tests of models share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf


def lattice(side: int) -> sf.SpatialWeights:
    """Rook neighbours on a square lattice, binary."""
    line = np.eye(side, k=1) + np.eye(side, k=-1)
    matrix = np.kron(line, np.eye(side)) + np.kron(np.eye(side), line)
    return sf.SpatialWeights.from_matrix(matrix, ids=[f"u{number:04d}" for number in range(side**2)])


@pytest.fixture(scope="session")
def binary() -> sf.SpatialWeights:
    return lattice(8)


@pytest.fixture(scope="session")
def rowwise(binary: sf.SpatialWeights) -> sf.SpatialWeights:
    return binary.standardize("row")


@pytest.fixture(scope="session")
def sample(rowwise: sf.SpatialWeights) -> pd.DataFrame:
    """A Durbin process with rho = .4 on the 8 x 8 lattice, plus columns for odd cases."""
    rng = np.random.default_rng(1)
    n = rowwise.n
    data = pd.DataFrame(
        {"lq": rng.uniform(0.3, 3, n), "depth": rng.normal(1, 0.5, n), "z": rng.normal(size=n)},
        index=rowwise.ids,
    )
    dense = rowwise.sparse.toarray()
    signal = 1 + 0.8 * data["lq"] + 0.3 * data["depth"] + 0.5 * (dense @ data["lq"])
    data["y"] = np.linalg.solve(np.eye(n) - 0.4 * dense, signal + 0.3 * rng.normal(size=n))
    data["region"] = np.where(np.arange(n) < n // 2, "East", "West")
    data["wealth"] = np.exp(data["depth"])
    return data


_PROVINCES = """
[study]
title = "t"
[data]
dataset = "china_finance_2002_2011"
[layer]
source = "china_provinces"
units = "mainland"
[weights.queen]
kind = "contiguity"
islands = "nearest"
"""


@pytest.fixture
def provincial(tmp_path: Path) -> Callable[[str], Path]:
    """Write a study of the shipped provinces with these steps."""

    def write(steps: str) -> Path:
        path = tmp_path / "study.toml"
        path.write_text(_PROVINCES + steps, encoding="utf-8")
        return path

    return write
