"""Fixed-effects panels against spreg.Panel_FE_Lag, in one run: time, memory, and what only we do.

Each measurement of memory is a fresh process, so that one fit does not count another's peak.
"""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

import spatialfin as sf

from .bench_models import FORMULA, RHO, planar_weights, seconds

KEYS = {"unit": "unit", "time": "time"}


def panel_sample(weights: sf.SpatialWeights, periods: int) -> pd.DataFrame:
    """A spatial lag process with unit and period effects; rows sorted by period, then unit."""
    from spatialfin._core.transformation import solve_periods

    rng = np.random.default_rng(2)
    n = weights.n
    data = pd.DataFrame(rng.normal(size=(n * periods, 3)), columns=list("abc"))
    data["unit"], data["time"] = list(weights.ids) * periods, np.repeat(np.arange(periods), n)
    effects = np.tile(rng.normal(size=n), periods) + np.repeat(rng.normal(size=periods), n)
    signal = data[list("abc")].sum(axis=1).to_numpy() + effects + rng.normal(size=n * periods)
    return data.assign(y=solve_periods(weights.sparse, RHO, signal, periods))


def peer_fit(data: pd.DataFrame, weights: sf.SpatialWeights) -> tuple[float, Any]:
    """Seconds and result of spreg's fixed-effects lag model on the same rows."""
    import spreg
    from libpysal.weights import WSP

    w = WSP(csr_matrix(weights.sparse)).to_W(silence_warnings=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        model = spreg.Panel_FE_Lag(data[["y"]].to_numpy(), data[list("abc")].to_numpy(), w)
        return time.perf_counter() - start, model


def our_fit(data: pd.DataFrame, weights: sf.SpatialWeights, **options: str) -> sf.models.ModelResult:
    chosen = {"model": "sar", "effects": "unit", "bias_correction": "none", **options}
    return sf.fit_panel(FORMULA, data, weights, **KEYS, **chosen)  # type: ignore[arg-type]


def compared(n: int, periods: int, target: float) -> dict[str, Any]:
    weights = planar_weights(n)
    data = panel_sample(weights, periods)
    ours_s, ours = seconds(lambda: our_fit(data, weights), repeats=3)
    peer_s, peer = peer_fit(data, weights)
    return {
        "name": "panel lag, unit effects",
        "n": f"{n}x{periods}",
        "ours_s": ours_s,
        "peer": "spreg.Panel_FE_Lag",
        "peer_s": peer_s,
        "target": target,
        "note": f"rho differs by {abs(ours.params['rho'] - float(peer.rho)):.1e}",
    }


def peak(n: int, periods: int, call: str) -> tuple[float, float]:
    """Seconds and peak memory in GB that `call` adds to a fresh process holding the sample (Linux)."""
    code = (
        "from benchmarks.bench_models import planar_weights, watched\n"
        "from benchmarks.bench_panel import our_fit, panel_sample, peer_fit\n"
        f"weights = planar_weights({n}); data = panel_sample(weights, {periods})\n"
        f"taken, before, most = watched(lambda: {call})\n"
        "print(taken, most - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    taken, size = (float(value) for value in done.stdout.split()[-2:])
    return taken, size


def memory_row() -> dict[str, Any]:
    ours_s, ours = peak(2_850, 20, "our_fit(data, weights)")
    peer_s, peer = peak(2_850, 20, "peer_fit(data, weights)")
    return {
        "name": "panel lag, peak memory added (share of the peer's)",
        "n": "2850x20",
        "ours_s": ours_s,
        "peer": "spreg.Panel_FE_Lag",
        "peer_s": peer_s,
        "ratio": ours / peer,
        "target": 0.1,
        "smaller_is_better": True,
        "note": f"{ours:.2f} GB against {peer:.2f} GB",
    }


def limit_rows() -> list[dict[str, Any]]:
    durbin = "our_fit(data, weights, model='sdm', effects='twoway', bias_correction='lee-yu')"
    first = seconds_of_durbin()
    taken, size = peak(50_000, 5, durbin)
    return [
        {
            "name": "two-way SDM with 1,000 draws of impacts (limit 2 s)",
            "n": "2850x20",
            "ours_s": first,
            "peer": "the limit",
            "peer_s": 2.0,
            "target": 1.0,
        },
        {
            "name": "two-way SDM, peak memory in GB (limit 3)",
            "n": "50000x5",
            "ours_s": taken,
            "peer": "the limit",
            "ratio": size,
            "target": 3.0,
            "smaller_is_better": True,
            "note": f"{size:.2f} GB",
        },
    ]


def seconds_of_durbin() -> float:
    weights = planar_weights(2_850)
    data = panel_sample(weights, 20)
    options = {"model": "sdm", "effects": "twoway", "bias_correction": "lee-yu"}
    return seconds(lambda: our_fit(data, weights, **options).impacts(draws=1000), repeats=3)[0]


def run() -> list[dict[str, Any]]:
    """Three sizes, memory, and the limits that we set ourselves."""
    return [
        compared(31, 20, 2.0),
        compared(340, 15, 5.0),
        compared(2_850, 10, 50.0),
        memory_row(),
        *limit_rows(),
    ]
