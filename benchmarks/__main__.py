"""Run every benchmark: ``python -m benchmarks [names...] [--json FILE]``.

Each module ``bench_*.py`` in this folder has a function ``run() -> list[dict]``. A row holds ``name``,
``ours_s`` and ``peer_s`` (seconds), ``peer`` (what we are compared with), ``n``, ``target`` (the ratio that
is promised, or None), ``note`` and, where it is not peer_s / ours_s, ``ratio``. A larger ratio is better for
us; a row with ``smaller_is_better`` turns that round. The exit code is 1 when a promise is not kept.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import spatialfin

HERE = Path(__file__).resolve().parent
PACKAGES = ("numpy", "scipy", "pandas", "shapely", "geopandas", "libpysal", "esda", "spreg")
COLUMNS = ("name", "n", "ours_s", "peer", "peer_s", "ratio", "target", "kept", "note")

Row = dict[str, Any]


def versions() -> dict[str, str]:
    """Versions of Python, of the packages compared and of R where it is there."""
    found = {"python": platform.python_version(), "spatialfin": spatialfin.__version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found | r_versions()


def r_versions() -> dict[str, str]:
    """Versions of R, spdep and spatialreg, or nothing when Rscript is not there."""
    code = (
        'cat("R", as.character(getRversion()), "\\n");'
        'for (p in c("spdep", "spatialreg")) if (requireNamespace(p, quietly = TRUE))'
        ' cat(p, as.character(packageVersion(p)), "\\n")'
    )
    try:
        done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return {"R": "not installed"}
    return dict(line.split()[:2] for line in done.stdout.splitlines() if line.strip())


def machine() -> dict[str, Any]:
    """The processor, its cores, the system and how busy it was (ratios need a quiet machine)."""
    names = [
        line.split(":", 1)[1].strip()
        for line in (
            Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
        )
        if line.startswith("model name")
    ]
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": platform.platform(),
        "load": [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else None,
    }


def judged(row: Row) -> Row:
    """The row with its ratio and whether the promise is kept (None where nothing is promised)."""
    done = {"target": None, "note": "", "n": None, "peer": "", "peer_s": None, **row}
    if done.get("ratio") is None:
        done["ratio"] = done["peer_s"] / done["ours_s"] if done["peer_s"] else None
    done["kept"] = None
    if done["target"] is not None and done["ratio"] is not None:
        smaller = done.get("smaller_is_better", False)
        done["kept"] = done["ratio"] <= done["target"] if smaller else done["ratio"] >= done["target"]
    return done


def shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def table(rows: list[Row]) -> str:
    """The rows as text, one line each, columns aligned."""
    cells = [list(COLUMNS), *([shown(row[column]) for column in COLUMNS] for row in rows)]
    widths = [max(len(line[position]) for line in cells) for position in range(len(COLUMNS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    return "\n".join([lines[0], "-" * min(len(lines[0]) + 20, 110), *lines[1:]])


def found_benchmarks() -> list[str]:
    return sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def main() -> int:
    """Run the benchmarks that are asked for (all by default), show and write what they found."""
    reader = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Compare speed with peer packages."
    )
    reader.add_argument(
        "names", nargs="*", help=f"which ones; all by default: {', '.join(found_benchmarks())}"
    )
    reader.add_argument(
        "--json", type=Path, default=HERE / "results" / "latest.json", help="where to write the result"
    )
    asked = reader.parse_args()
    unknown = sorted(set(asked.names) - set(found_benchmarks()))
    if unknown:
        reader.error(f"unknown: {', '.join(unknown)}; there are {', '.join(found_benchmarks())}")
    rows: list[Row] = []
    for name in asked.names or found_benchmarks():
        print(f"running {name} ...", file=sys.stderr, flush=True)
        rows += [judged(row) for row in importlib.import_module(f"benchmarks.bench_{name}").run()]
    print(table(rows))
    print()
    for part in (versions(), machine()):
        print("  ".join(f"{key} {value}" for key, value in part.items()))
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    written = {
        "date": datetime.now(UTC).isoformat(),
        "versions": versions(),
        "machine": machine(),
        "rows": rows,
    }
    asked.json.write_text(json.dumps(written, indent=2), encoding="utf-8")
    print(f"written to {asked.json}")
    return 1 if any(row["kept"] is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
