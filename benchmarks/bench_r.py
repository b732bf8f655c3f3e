"""The same work in R's spdep and spatialreg, where Rscript and both packages are there; nothing otherwise."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

import spatialfin as sf
from benchmarks.bench_models import FORMULA, lag_sample, planar_weights

UNITS = 2_850
REPEATS = 3

# Writes lines "name seconds result"; times only the work, not the reading of its input.
SCRIPT = """
suppressPackageStartupMessages({library(sf); library(spdep); library(spatialreg); library(Matrix)})
folder <- commandArgs(trailingOnly = TRUE)[1]
best <- function(task) {
  times <- numeric(0)
  for (turn in 1:REPEATS) times <- c(times, system.time(result <- task())[["elapsed"]])
  list(seconds = min(times), result = result)
}
report <- function(name, seconds, result) cat(name, seconds, format(result, digits = 12), "\\n")

sf_use_s2(FALSE)
counties <- st_read(file.path(folder, "counties.gpkg"), quiet = TRUE)
queen <- suppressWarnings(best(function() poly2nb(counties)))
report("contiguity", queen$seconds, sum(card(queen$result)))

data <- read.csv(file.path(folder, "data.csv"))
links <- read.csv(file.path(folder, "links.csv"))
W <- sparseMatrix(i = links$row, j = links$column, x = 1, dims = c(nrow(data), nrow(data)))
listw <- mat2listw(W, style = "W")
lag <- best(function() lagsarlm(y ~ a + b + c, data, listw, method = "Matrix"))
report("lag", lag$seconds, lag$result$rho)
traces <- trW(as(listw, "CsparseMatrix"))
draws <- best(function() impacts(lag$result, tr = traces, R = 1000))
report("impacts", draws$seconds, draws$result$res$total[1])
"""


def in_r(folder: Path) -> dict[str, tuple[float, float]]:
    """Seconds and result of each piece of work, or nothing where R or a package is missing."""
    if shutil.which("Rscript") is None:
        return {}
    script = folder / "work.R"
    script.write_text(SCRIPT.replace("REPEATS", str(REPEATS)), encoding="utf-8")
    done = subprocess.run(["Rscript", str(script), str(folder)], capture_output=True, text=True)
    if "there is no package" in done.stderr:
        return {}
    if done.returncode:
        raise RuntimeError(done.stderr)
    lines = [line.split() for line in done.stdout.splitlines()]
    return {line[0]: (float(line[1]), float(line[2])) for line in lines if len(line) == 3}


def fastest(task: Callable[[], Any]) -> tuple[float, Any]:
    """Best time in seconds, and what the task gave."""
    best, result = float("inf"), None
    for _ in range(REPEATS):
        start = time.perf_counter()
        result = task()
        best = min(best, time.perf_counter() - start)
    return best, result


def run() -> list[dict[str, Any]]:
    """Queen neighbours of the counties; a lag model and its impacts at 2,850 units."""
    counties = sf.load_layer("china_counties")
    weights = planar_weights(UNITS)
    data = lag_sample(weights)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counties[["geometry"]].to_file(folder / "counties.gpkg")
        data.to_csv(folder / "data.csv", index=False)
        rows, columns = weights.sparse.nonzero()
        links = pd.DataFrame({"row": rows + 1, "column": columns + 1})
        links.to_csv(folder / "links.csv", index=False)
        peer = in_r(folder)
    if not peer:
        return []
    queen_s, queen = fastest(lambda: sf.contiguity_weights(counties, islands="keep"))
    fit_s, fit = fastest(lambda: sf.fit_cross_section(FORMULA, data, weights))
    impacts_s, impacts = fastest(lambda: fit.impacts(draws=1000))
    total = impacts.tidy().query("variable == 'a' and impact == 'total'")["estimate"].item()
    ours = {
        "contiguity": ("queen contiguity", "spdep poly2nb", len(counties), queen_s, queen.sparse.nnz),
        "lag": ("ML lag", "spatialreg lagsarlm(method='Matrix')", UNITS, fit_s, fit.params["rho"]),
        "impacts": ("1,000 draws of impacts", "spatialreg impacts", UNITS, impacts_s, total),
    }
    return [
        {
            "name": label,
            "n": n,
            "ours_s": ours_s,
            "peer": peer_name,
            "peer_s": peer[kind][0],
            "note": f"results differ by {abs(result - peer[kind][1]):.1e}",
        }
        for kind, (label, peer_name, n, ours_s, result) in ours.items()
    ]
