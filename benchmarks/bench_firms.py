"""Cells from 1.36 million firms: time against pandas' own groupby, memory, and clusters, in one run.

What cannot run here (Dask, Spark or Java not installed) is left out with a note. Each measurement of memory
is a fresh process.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from spatialfin.firms import firm_cells

from .bench_models import seconds

N = 1_363_284
VALUES = ["output", "assets", "employment"]
OPTIONS: dict[str, Any] = {"region": "county", "industry": "industry", "values": VALUES}


def firm_sample(extra: int = 0) -> pd.DataFrame:
    """Firms of 2,800 counties and 507 industries, with `extra` columns that no one asks for."""
    rng = np.random.default_rng(0)
    provinces = np.asarray([11, 12, 13, 14, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 50, 51, 52, 53])
    counties = np.asarray([f"{p}{c:04d}" for p in provinces for c in range(101, 241)], dtype=object)
    industries = np.asarray([f"{d:02d}{c}" for d in range(13, 38) for c in range(10, 30)], dtype=object)
    frame = pd.DataFrame(
        {
            "county": pd.Series(counties[rng.integers(0, len(counties), N)], dtype="str"),
            "industry": pd.Series(industries[rng.integers(0, len(industries), N)], dtype="str"),
            "output": rng.lognormal(8, 2, N),
            "assets": rng.lognormal(8, 2, N),
            "employment": rng.integers(1, 5000, N),
        }
    )
    more = {f"item{number}": rng.normal(size=N) for number in range(extra)}
    return pd.concat([frame, pd.DataFrame(more)], axis=1) if more else frame


def by_pandas(firms: pd.DataFrame) -> pd.DataFrame:
    """The same cells as a user of pandas writes them."""
    groups = firms.assign(industry=firms["industry"].str[:2]).groupby(["county", "industry"])
    return groups[VALUES].sum().assign(firms=groups.size())


def time_rows(firms: pd.DataFrame, parquet: Path) -> list[dict[str, Any]]:
    peer_s, peer = seconds(lambda: by_pandas(firms), repeats=5)
    rows = []
    for name, ours, theirs in (
        ("cells of a pandas frame", lambda: firm_cells(firms, **OPTIONS), (peer_s, peer)),
        (
            "cells from a Parquet file",
            lambda: firm_cells(parquet, **OPTIONS),
            seconds(lambda: by_pandas(pd.read_parquet(parquet, columns=list(firms.columns))), repeats=3),
        ),
    ):
        ours_s, cells = seconds(ours, repeats=5)
        difference = np.abs(cells.table["output"].to_numpy() / theirs[1]["output"].to_numpy() - 1).max()
        same = (cells.table["firms"].to_numpy() == theirs[1]["firms"].to_numpy()).all()
        rows.append(
            {
                "name": name,
                "n": N,
                "ours_s": ours_s,
                "peer": "pandas groupby",
                "peer_s": theirs[0],
                "target": 1.0,
                "note": f"firms equal: {same}; sums differ by {difference:.0e}",
            }
        )
    return rows


def memory_row(path: Path) -> dict[str, Any]:
    """Peak memory of a fresh process that sums the cells of a file (Linux)."""
    code = (
        "import sys\nfrom benchmarks.bench_firms import OPTIONS\n"
        "from benchmarks.bench_models import watched\n"
        "from spatialfin.firms import firm_cells\n"
        "taken, _, most = watched(lambda: firm_cells(sys.argv[1], **OPTIONS))\nprint(taken, most)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    taken, size = (float(value) for value in done.stdout.split()[-2:])
    return {
        "name": f"peak memory in GB, 40 columns of {path.suffix[1:]} (limit 2)",
        "n": N,
        "ours_s": taken,
        "peer": "the limit",
        "ratio": size,
        "target": 2.0,
        "smaller_is_better": True,
        "note": f"{size:.2f} GB for a file of {path.stat().st_size / 1e9:.2f} GB",
    }


def dask_rows(firms: pd.DataFrame) -> list[dict[str, Any]]:
    """Dask with two workers, once whole and once with a worker killed on the way."""
    if find_spec("dask") is None or find_spec("distributed") is None:
        return [{"name": "cells on Dask", "ours_s": 0.0, "note": "not installed"}]
    import dask.dataframe as dd
    from distributed import Client, LocalCluster

    expected = by_pandas(firms)["firms"].to_numpy()
    rows = []
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        frame = dd.from_pandas(firms, npartitions=8)
        for name, kill in (("cells on Dask, two workers", False), ("cells on Dask, one worker killed", True)):
            if kill:
                victim = next(iter(client.run(os.getpid).values()))
                threading.Timer(1.0, os.kill, (victim, signal.SIGKILL)).start()
            start = time.perf_counter()
            cells = firm_cells(frame, **OPTIONS)
            taken = time.perf_counter() - start
            same = (cells.table["firms"].to_numpy() == expected).all()
            rows.append({"name": name, "n": N, "ours_s": taken, "note": f"firms equal: {same}"})
    return rows


def spark_rows(firms: pd.DataFrame, parquet: Path) -> list[dict[str, Any]]:
    """Spark with two workers, from the Parquet file."""
    if find_spec("pyspark") is None or shutil.which("java") is None:
        return [{"name": "cells on Spark", "ours_s": 0.0, "note": "not installed"}]
    from pyspark.sql import SparkSession

    options = {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.executor.memory": "1g"}
    spark = SparkSession.builder.master("local-cluster[2,1,1024]").config(map=options).getOrCreate()
    try:
        frame = spark.read.parquet(str(parquet))
        taken, cells = seconds(lambda: firm_cells(frame, **OPTIONS), repeats=2)
    finally:
        spark.stop()
    same = (cells.table["firms"].to_numpy() == by_pandas(firms)["firms"].to_numpy()).all()
    return [{"name": "cells on Spark, two workers", "n": N, "ours_s": taken, "note": f"firms equal: {same}"}]


def run() -> list[dict[str, Any]]:
    """Time, memory and clusters."""
    firms = firm_sample(extra=35)
    with tempfile.TemporaryDirectory() as folder:
        parquet, text, stata = (Path(folder) / f"firms.{kind}" for kind in ("parquet", "csv", "dta"))
        firms.to_parquet(parquet, row_group_size=100_000)
        firms.round(3).to_csv(text, index=False)
        firms.to_stata(stata, write_index=False)
        firms = firms[["county", "industry", *VALUES]].copy()
        return [
            *time_rows(firms, parquet),
            memory_row(parquet),
            memory_row(text),
            memory_row(stata),
            *dask_rows(firms),
            *spark_rows(firms, parquet),
        ]
