"""Dagum's Gini decomposition of 2,850 counties x 20 years against the sums over all pairs in numpy."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import spatialfin as sf

COUNTIES, YEARS, SECONDS = 2850, 20, 2.0


def seconds(task: Callable[[], Any]) -> float:
    task()
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def pairwise(x: np.ndarray, codes: np.ndarray, n_groups: int) -> np.ndarray:
    """Gini, within, between and transvariation from the matrix of all differences."""
    apart = np.abs(x[:, None] - x[None, :])
    member = np.eye(n_groups)[codes]
    pairs = member.T @ apart @ member
    count, mean = member.sum(axis=0), (x @ member) / member.sum(axis=0)
    between = np.outer(count, count) * np.abs(mean[:, None] - mean[None, :])
    scale = 2 * x.mean() * len(x) ** 2
    within = np.trace(pairs)
    sums = [pairs.sum(), within, between.sum(), pairs.sum() - within - between.sum()]
    return np.array(sums) / scale


def run() -> list[dict[str, Any]]:
    """One decomposition of a panel, labels and all; the peer has bare arrays."""
    rng = np.random.default_rng(0)
    index = pd.MultiIndex.from_product([range(COUNTIES), range(YEARS)], names=["code", "year"])
    values = pd.Series(rng.lognormal(size=len(index)), index=index)
    codes = rng.integers(0, 4, COUNTIES)
    groups = pd.Series(
        np.repeat(np.array(["East", "Central", "West", "Northeast"])[codes], YEARS), index=index
    )
    arrays = values.to_numpy().reshape(COUNTIES, YEARS).T
    ours = sf.indices.dagum_gini(values, groups=groups, by="year").frame
    order = pd.factorize(groups.to_numpy()[::YEARS], sort=True)[0]
    theirs = np.array([pairwise(year, order, 4) for year in arrays])
    gap = float(np.abs(ours.to_numpy() - theirs).max())
    ours_s = seconds(lambda: sf.indices.dagum_gini(values, groups=groups, by="year"))
    peer_s = seconds(lambda: [pairwise(year, order, 4) for year in arrays])
    shared = {"n": COUNTIES * YEARS, "ours_s": ours_s}
    return [
        {
            **shared,
            "name": "Dagum Gini, 2,850 counties x 20 years",
            "peer": "numpy, all pairs",
            "peer_s": peer_s,
            "target": 1.0,
            "note": f"largest difference {gap:.1e}",
        },
        {
            **shared,
            "name": "Dagum Gini, seconds",
            "peer": "promise",
            "peer_s": SECONDS,
            "target": 1.0,
            "note": f"under {SECONDS:g} seconds",
        },
    ]
