"""Spatial autocorrelation against esda on 2,891 counties: one series, 200 series or pairs, local statistics.

Each row takes the processor time of both sides, the minimum of repeats in turn, so that other work on the
machine does not count. esda loops over `libpysal.weights.W`, the faster of its two kinds of weights. Its
local statistics are compiled where numba is installed; they are timed after one call that compiles them, and
once more in a process of their own that does not find numba. (esda's local Geary does not take islands.)
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import spatialfin as sf

SERIES, PERMUTATIONS = 200, 999
LOOPED = 10
"""esda loops over so many of the series with permutations; its time is the same for each."""


def fastest(*tasks: Callable[[], Any], repeats: int = 3) -> list[float]:
    """Processor seconds of each task, the minimum of repeats in turn after one call to warm up."""
    taken: list[list[float]] = [[] for _ in tasks]
    for repeat in range(repeats + 1):
        for task, times in zip(tasks, taken, strict=True):
            start = time.process_time()
            task()
            if repeat:
                times.append(time.process_time() - start)
    return [min(times) for times in taken]


def sample() -> tuple[sf.SpatialWeights, Any, pd.DataFrame]:
    """County weights, the same for esda, and 200 series: ten variables in 20 years."""
    weights = sf.contiguity_weights(sf.load_layer("china_counties"), islands="keep").standardize("row")
    theirs = weights.to_graph().to_W()
    theirs.transform = "r"
    years = SERIES // 10
    panel = pd.DataFrame(
        {"code": np.tile(weights.ids, years), "year": np.repeat(np.arange(years), weights.n)}
    )
    draws = np.random.default_rng(0).normal(size=(len(panel), 10))
    return weights, theirs, panel.assign(**{f"x{number}": draws[:, number] for number in range(10)})


def batch_rows(weights: sf.SpatialWeights, theirs: Any, panel: pd.DataFrame) -> list[dict[str, Any]]:
    """200 series of Moran's I in one table, analytic and with permutations."""
    import esda

    names = [name for name in panel if name.startswith("x")]
    values = panel[names].to_numpy().T.reshape(SERIES, weights.n)

    def table(permutations: int) -> pd.DataFrame:
        return sf.explore.global_table(
            panel, names, weights, unit="code", time="year", statistics="moran", permutations=permutations
        )

    def loop(count: int, permutations: int) -> list[Any]:
        return [esda.Moran(series, theirs, permutations=permutations) for series in values[:count]]

    found, peers = table(0), loop(SERIES, 0)
    apart = max(abs(found["value"] - [peer.I for peer in peers]))
    apart_p = max(abs(found["p_norm"] - [peer.p_norm for peer in peers]))
    analytic = fastest(lambda: table(0), lambda: loop(SERIES, 0))
    simulated = fastest(lambda: table(PERMUTATIONS), lambda: loop(LOOPED, PERMUTATIONS))
    common = {"n": weights.n, "peer": "esda.Moran in a loop"}
    return [
        {
            **common,
            "name": f"{SERIES} Moran's I, analytic",
            "ours_s": analytic[0],
            "peer_s": analytic[1],
            "target": 15,
            "note": f"I within {apart:.0e}, p within {apart_p:.0e}",
        },
        {
            **common,
            "name": f"{SERIES} Moran's I, {PERMUTATIONS} permutations",
            "ours_s": simulated[0],
            "peer_s": simulated[1] * SERIES / LOOPED,
            "target": 8,
            "note": f"esda: {LOOPED} series, times {SERIES // LOOPED}",
        },
    ]


def pair_row(weights: sf.SpatialWeights, theirs: Any, panel: pd.DataFrame) -> dict[str, Any]:
    """200 bivariate Moran's I in one table, each variable with the next one."""
    import esda

    names = [name for name in panel if name.startswith("x")]
    pairs = list(zip(names, [*names[1:], names[0]], strict=True))
    first = panel.query("year == 0")

    def table(permutations: int) -> pd.DataFrame:
        return sf.explore.global_table(
            panel,
            pairs,
            weights,
            unit="code",
            time="year",
            statistics="moran_bivariate",
            permutations=permutations,
        )

    def loop(permutations: int) -> list[Any]:
        return [esda.Moran_BV(first[x], first[y], theirs, permutations=permutations) for x, y in pairs]

    found = table(0).query("time == 0")["value"]
    # esda divides by all units, also by those without neighbours
    scale = weights.n / weights.sparse.sum()
    apart = max(abs(found - [scale * peer.I for peer in loop(0)]))
    ours, peer = fastest(lambda: table(PERMUTATIONS), lambda: loop(PERMUTATIONS), repeats=2)
    return {
        "name": f"{SERIES} bivariate Moran's I, {PERMUTATIONS} permutations",
        "n": weights.n,
        "ours_s": ours,
        "peer": "esda.Moran_BV in a loop",
        "peer_s": peer * SERIES / len(pairs),
        "note": f"I within {apart:.0e}; esda: {len(pairs)} pairs, times {SERIES // len(pairs)}",
    }


def single_row(weights: sf.SpatialWeights, theirs: Any, y: pd.Series) -> dict[str, Any]:
    """One series of Moran's I with permutations."""
    import esda

    ours, peer = fastest(lambda: sf.moran(y, weights), lambda: esda.Moran(y, theirs, permutations=999))
    return {
        "name": "Moran's I, 999 permutations",
        "n": weights.n,
        "ours_s": ours,
        "peer": "esda.Moran",
        "peer_s": peer,
    }


def local_rows() -> list[dict[str, Any]]:
    """Local statistics of one series with permutations, esda as this process finds it."""
    import esda

    weights, theirs, panel = sample()
    y = panel.query("year == 0").set_index("code")["x0"]
    z, options = y.to_numpy(), {"permutations": PERMUTATIONS, "seed": 0}
    tasks: dict[str, tuple[Callable[[], Any], Callable[[], Any], str]] = {
        "local Moran": (
            lambda: sf.local_moran(y, weights),
            lambda: esda.Moran_Local(z, theirs, keep_simulations=False, **options),
            "esda.Moran_Local",
        ),
        "local G": (
            lambda: sf.explore.local_g(y, weights, star=False),
            lambda: esda.G_Local(z, theirs, transform="R", n_jobs=1, **options),
            "esda.G_Local",
        ),
    }
    rows = []
    compiled = find_spec("numba") is not None
    for name, (ours, peer, title) in tasks.items():
        ours_s, peer_s = fastest(ours, peer)
        rows.append(
            {
                "name": f"{name}, {PERMUTATIONS} permutations",
                "n": weights.n,
                "ours_s": ours_s,
                "peer": title,
                "peer_s": peer_s,
                "target": 1 if name == "local Moran" else None,
                "note": f"esda {'with' if compiled else 'without'} numba",
            }
        )
    return rows


def local_rows_without_numba() -> list[dict[str, Any]]:
    """The same in a process that does not find numba."""
    code = (
        "import json, sys, warnings; sys.modules['numba'] = None; warnings.simplefilter('ignore'); "
        "from benchmarks import bench_moran; print(json.dumps(bench_moran.local_rows()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return rows


def run() -> list[dict[str, Any]]:
    """Statistics, moments and permutation p-values."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weights, theirs, panel = sample()
        y = panel.query("year == 0").set_index("code")["x0"]
        rows = [*batch_rows(weights, theirs, panel), pair_row(weights, theirs, panel)]
        rows += [single_row(weights, theirs, y), *local_rows()]
        return rows + (local_rows_without_numba() if find_spec("numba") else [])
