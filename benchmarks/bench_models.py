"""Maximum-likelihood lag models and their impacts against spreg's sparse method, in one run.

The samples are planar (Delaunay neighbours of random points), as contiguity of counties is.
"""

from __future__ import annotations

import contextlib
import io
import resource
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, csr_matrix
from scipy.spatial import Delaunay

import spatialfin as sf
from spatialfin._core.sparse_lu import solve

FORMULA = "y ~ a + b + c"
RHO = 0.5


def planar_weights(n: int) -> sf.SpatialWeights:
    """Row-standardised Delaunay neighbours of n random points."""
    corners = Delaunay(np.random.default_rng(0).random((n, 2))).simplices
    heads, tails = corners.ravel(), corners[:, [1, 2, 0]].ravel()
    one_way = csr_array((np.ones(len(heads)), (heads, tails)), shape=(n, n))
    binary = csr_array(((one_way + one_way.T) > 0).astype(float))
    return sf.SpatialWeights.from_matrix(binary, ids=[f"{unit:06d}" for unit in range(n)]).standardize("row")


def lag_sample(weights: sf.SpatialWeights) -> pd.DataFrame:
    """A spatial lag process with three regressors."""
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(weights.n, 3)), index=weights.ids, columns=list("abc"))
    signal = 1 + data.sum(axis=1).to_numpy() + rng.normal(size=weights.n)
    return data.assign(y=solve(weights.sparse, RHO, signal))


def seconds(task: Callable[[], Any], repeats: int = 1) -> tuple[float, Any]:
    """Best time of a task and what it gave."""
    best, result = float("inf"), None
    for _ in range(repeats):
        start = time.perf_counter()
        result = task()
        best = min(best, time.perf_counter() - start)
    return best, result


def watched(task: Callable[[], Any]) -> tuple[float, float, float]:
    """Seconds of a task, and the memory in GB before it and at its peak, looked at every 5 ms (Linux).

    The kernel's own peak of a process includes what its parent held when it was started.
    """

    def resident() -> float:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e9

    stop, sizes = threading.Event(), [resident()]

    def look() -> None:
        while not stop.wait(0.005):
            sizes.append(resident())

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    taken, _ = seconds(task)
    stop.set()
    watcher.join()
    return taken, sizes[0], max(sizes)


def peer_lag(data: pd.DataFrame, weights: sf.SpatialWeights) -> Any:
    import spreg
    from libpysal.weights import WSP

    w = WSP(csr_matrix(weights.sparse)).to_W(silence_warnings=True)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y, x = data[["y"]].to_numpy(), data[["a", "b", "c"]].to_numpy()
        # Time only the estimation: building the W is no part of it.
        start = time.perf_counter()
        model = spreg.ML_Lag(y, x, w, method="LU")
        return time.perf_counter() - start, model


def compared(n: int, targets: dict[str, float], repeats: int) -> list[dict[str, Any]]:
    weights = planar_weights(n)
    data = lag_sample(weights)
    peer_s, peer = peer_lag(data, weights)
    rows = []
    for traces, target in targets.items():
        ours_s, fit = seconds(
            lambda traces=traces: sf.fit_cross_section(FORMULA, data, weights, traces=traces), repeats
        )
        rho, error = float(peer.rho), float(np.sqrt(peer.vm[-1, -1]))
        rows.append(
            {
                "name": f"ML lag, {traces} traces",
                "n": n,
                "ours_s": ours_s,
                "peer": "spreg.ML_Lag(method='LU')",
                "peer_s": peer_s,
                "target": target,
                "note": f"rho differs by {abs(fit.params['rho'] - rho):.1e}, "
                f"its SE by {abs(fit.std_errors['rho'] / error - 1):.1e} of itself",
            }
        )
    return rows


def impacts_row(n: int) -> dict[str, Any]:
    weights = planar_weights(n)
    fit = sf.fit_cross_section(FORMULA, lag_sample(weights), weights)
    ours_s, _ = seconds(lambda: fit.impacts(draws=1000), repeats=3)
    return {
        "name": "1,000 draws of impacts (limit 0.5 s)",
        "n": n,
        "ours_s": ours_s,
        "peer": "the limit",
        "peer_s": 0.5,
        "target": 1.0,
        "note": "",
    }


def memory_row(n: int) -> dict[str, Any]:
    """Peak memory of a fresh process that fits the lag model and draws its impacts."""
    code = (
        "from benchmarks.bench_models import FORMULA, lag_sample, planar_weights, sf, watched\n"
        f"weights = planar_weights({n}); data = lag_sample(weights)\n"
        "taken, _, most = watched(lambda: sf.fit_cross_section(FORMULA, data, weights))\n"
        "print(taken, most)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    taken, peak = (float(value) for value in done.stdout.split())
    return {
        "name": "ML lag, peak memory in GB (limit 1.5)",
        "n": n,
        "ours_s": taken,
        "peer": "the limit",
        "ratio": peak,
        "target": 1.5,
        "smaller_is_better": True,
        "note": f"{peak:.2f} GB",
    }


def run() -> list[dict[str, Any]]:
    """Estimation at 2,850 and 10,000 units, impacts, and memory at 50,000."""
    return [
        *compared(2_850, {"exact": 5.0, "stochastic": 20.0}, repeats=5),
        *compared(10_000, {"exact": 20.0, "stochastic": 20.0}, repeats=2),
        impacts_row(2_850),
        memory_row(50_000),
    ]
