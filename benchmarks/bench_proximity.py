"""Product proximity against a plain pandas loop; regional proximity against its limits of time and memory."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd

import spatialfin as sf

from .bench_models import seconds

COUNTIES, INDUSTRIES = 2_800, 500


def presence_sample() -> pd.DataFrame:
    trade = sf.simulate.product_space(countries=226, products=785, communities=20)
    names = {"country": "country", "product": "product", "value": "value"}
    return sf.indices.product_presence(sf.indices.revealed_comparative_advantage(trade, **names))


def plain_loop(presence: pd.DataFrame) -> pd.DataFrame:
    """Proximity product by product, as one would write it in pandas."""
    counts = presence.sum()
    columns = {}
    for code in presence.columns:
        both = presence[presence[code] == 1].sum()
        columns[code] = both / counts.clip(lower=counts[code])
    return pd.DataFrame(columns)


def county_sample() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sizes of industries in counties, two thirds of the pairs there, and a proximity of the industries."""
    rng = np.random.default_rng(0)
    codes = [f"{number:04d}" for number in range(INDUSTRIES)]
    sizes = rng.pareto(1.0, (COUNTIES, INDUSTRIES)) * (rng.uniform(size=(COUNTIES, INDUSTRIES)) < 2 / 3)
    phi = rng.uniform(size=(INDUSTRIES, INDUSTRIES))
    counties = [f"{number:06d}" for number in range(COUNTIES)]
    return pd.DataFrame(sizes, counties, codes), pd.DataFrame((phi + phi.T) / 2, codes, codes)


def long_sample() -> tuple[pd.DataFrame, pd.DataFrame]:
    sizes, phi = county_sample()
    rows = sizes.rename_axis("county").reset_index().melt("county", var_name="industry", value_name="size")
    return rows[rows["size"] > 0], phi


def watched_call(sample: str, names: str) -> tuple[float, float]:
    """Seconds and peak memory in GB that a call adds to a fresh process holding the sample (Linux)."""
    code = (
        "import spatialfin as sf\n"
        "from benchmarks.bench_models import watched\n"
        f"from benchmarks.bench_proximity import {sample}\n"
        f"sizes, phi = {sample}()\n"
        "proximity = sf.indices.regional_proximity  # imported before the watch runs\n"
        f"taken, before, most = watched(lambda: proximity(sizes, phi{names}))\n"
        "print(taken, most - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    taken, size = (float(value) for value in done.stdout.split()[-2:])
    return taken, size


def limit_rows(kind: str, sample: str, names: str) -> list[dict[str, Any]]:
    taken, size = watched_call(sample, names)
    common = {"n": f"{COUNTIES}x{INDUSTRIES}", "ours_s": taken, "peer": "the limit"}
    return [
        {**common, "name": f"regional proximity, {kind} (limit 2 s)", "peer_s": 2.0, "target": 1.0},
        {
            **common,
            "name": f"regional proximity, {kind}, memory added in GB (limit 2)",
            "ratio": size,
            "target": 2.0,
            "smaller_is_better": True,
            "note": f"{size:.2f} GB",
        },
    ]


def run() -> list[dict[str, Any]]:
    """Proximity of 785 products in 226 countries, and of 2,800 counties with 500 industries."""
    presence = presence_sample()
    ours_s, ours = seconds(lambda: sf.indices.product_proximity(presence), repeats=3)
    peer_s, peer = seconds(lambda: plain_loop(presence))
    row = {
        "name": "product proximity",
        "n": "226x785",
        "ours_s": ours_s,
        "peer": "a pandas loop",
        "peer_s": peer_s,
        "note": f"phi differs by {np.abs(ours - peer).to_numpy().max():.1e}",
    }
    return [
        row,
        *limit_rows("wide table", "county_sample", ""),
        *limit_rows("long table", "long_sample", ", region='county', industry='industry', size='size'"),
    ]
