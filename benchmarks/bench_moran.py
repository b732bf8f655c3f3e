"""Moran's I with 999 permutations, global and local, against esda on 2,891 counties."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

import spatialfin as sf


def seconds(task: Callable[[], Any]) -> float:
    task()
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def run() -> list[dict[str, Any]]:
    """Statistic, moments and permutation p-values of one variable."""
    import esda

    weights = sf.contiguity_weights(sf.load_layer("china_counties"), islands="keep").standardize("row")
    y = pd.Series(np.random.default_rng(0).normal(size=weights.n), index=weights.ids, name="y")
    graph = weights.to_graph()
    tasks = {
        "Moran's I, 999 permutations": (
            lambda: sf.moran(y, weights),
            lambda: esda.Moran(y, graph, transformation="O", permutations=999),
            "esda.Moran",
        ),
        "local Moran, 999 permutations": (
            lambda: sf.local_moran(y, weights),
            lambda: esda.Moran_Local(y, graph, transformation="O", permutations=999, seed=0),
            "esda.Moran_Local",
        ),
    }
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, (ours, theirs, peer) in tasks.items():
            ours_s, peer_s = seconds(ours), seconds(theirs)
            rows.append(
                {
                    "name": name,
                    "n": weights.n,
                    "ours_s": ours_s,
                    "peer": peer,
                    "peer_s": peer_s,
                    "ratio": peer_s / ours_s,
                    "note": f"esda {'with' if find_spec('numba') else 'without'} numba",
                }
            )
    return rows
