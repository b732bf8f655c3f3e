"""Bias and coverage of the dynamic panel estimator: ``python -m benchmarks.report_dynamic``.

Samples of a two-way dynamic spatial Durbin process are drawn with a fixed seed for (N, T) = (31, 7), (31, 20)
and (100, 10) usable periods; the quasi-likelihood estimate as it is and the one with its bias removed are
compared with the truth. Writes results/dynamic.json and results/dynamic.md.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import identity
from scipy.sparse.linalg import splu

import spatialfin as sf
from spatialfin._errors import ConvergenceError, SpatialfinWarning

from .bench_models import planar_weights

HERE = Path(__file__).resolve().parent
SIZES = ((31, 7), (31, 20), (100, 10))
TRUTH = {"x": 1.0, "W(x)": 0.3, "tau": 0.4, "eta": 0.1, "rho": 0.2}
SIGMA2 = 1.0
BURN = 50
LEVEL = 0.95

Row = dict[str, Any]


def simulated(weights: sf.SpatialWeights, periods: int, rng: np.random.Generator) -> pd.DataFrame:
    """One sample: the initial period and `periods` more, after a burn-in."""
    n, w = weights.n, weights.sparse
    solver = splu((identity(n) - TRUTH["rho"] * w).tocsc())
    mu, y, rows = rng.normal(size=n), np.zeros(n), []
    for step in range(BURN + periods + 1):
        x = rng.normal(size=n)
        signal = TRUTH["tau"] * y + TRUTH["eta"] * (w @ y) + TRUTH["x"] * x + TRUTH["W(x)"] * (w @ x)
        y = solver.solve(signal + mu + rng.normal() + np.sqrt(SIGMA2) * rng.normal(size=n))
        if step >= BURN:
            rows.append(pd.DataFrame({"year": step - BURN, "code": weights.ids, "y": y, "x": x}))
    return pd.concat(rows, ignore_index=True)


def true_impacts() -> dict[str, float]:
    """Total impacts of x; the rows of W sum to one."""
    shock = TRUTH["x"] + TRUTH["W(x)"]
    stay = 1 - TRUTH["tau"] - TRUTH["rho"] - TRUTH["eta"]
    return {"total, short run": shock / (1 - TRUTH["rho"]), "total, long run": shock / stay}


def estimates(result: Any) -> dict[str, tuple[float, float]]:
    """Every quantity of interest with its standard error; no long run where the process is not stable."""
    found = {name: (result.params[name], result.std_errors[name]) for name in TRUTH}
    horizons = ["short", "long"] if result.spectral_radius < 1 else ["short"]
    with warnings.catch_warnings():
        # The draws are not used: the intervals are those of the delta method.
        warnings.simplefilter("ignore", SpatialfinWarning)
        table = result.impacts(draws=200, horizons=horizons).tidy("delta")
    for row in table[table["impact"] == "total"].itertuples():
        found[f"total, {row.horizon} run"] = (row.estimate, row.std_error)
    return found


def study(n: int, periods: int, replications: int, seed: int) -> list[Row]:
    """Bias, standard deviation and coverage at one sample size, before and after the correction."""
    weights = planar_weights(n)
    truth = {**TRUTH, **true_impacts()}
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    variances: dict[str, list[float]] = {}
    for number in range(replications):
        data = simulated(weights, periods, np.random.default_rng([seed, n, periods, number]))
        for word in ("none", "lee-yu"):
            try:
                result = sf.fit_panel(
                    "y ~ x", data, weights, unit="code", time="year", lags=("y", "Wy"), bias_correction=word
                )
            except ConvergenceError:  # an unstable process cannot be corrected
                continue
            variances.setdefault(word, []).append(result.sigma2)
            for name, pair in estimates(result).items():
                found.setdefault((word, name), []).append(pair)
    rows = [_row(n, periods, word, name, truth[name], pairs) for (word, name), pairs in found.items()]
    for word, values in variances.items():
        rows.append(_row(n, periods, word, "sigma2", SIGMA2, [(value, float("nan")) for value in values]))
    return rows


def _row(n: int, periods: int, word: str, name: str, truth: float, pairs: list[tuple[float, float]]) -> Row:
    values, errors = np.array(pairs).T
    known = np.isfinite(errors).all()
    covered = np.abs(values - truth) <= 1.959963984540054 * errors
    return {
        "n": n,
        "periods": periods,
        "bias_correction": word,
        "quantity": name,
        "truth": truth,
        "samples": len(values),
        "mean": float(values.mean()),
        "bias": float(values.mean() - truth),
        "median_bias": float(np.median(values) - truth),
        "sd": float(values.std(ddof=1)),
        "mean_std_error": float(errors.mean()) if known else None,
        "coverage": float(covered.mean()) if known else None,
    }


def markdown(rows: list[Row], replications: int, seed: int) -> str:
    """The rows as tables, one per sample size."""
    lines = [
        "# Dynamic panels: bias and coverage",
        "",
        f"{replications} samples each, seed {seed}, two-way effects, planar W with rows that sum to 1, "
        f"sigma2 = {SIGMA2:g}. Coverage is that of {LEVEL:.0%} intervals from the expected information "
        "(delta method for impacts). A coverage near .95 has a standard error of "
        f"{np.sqrt(LEVEL * (1 - LEVEL) / replications):.3f}. QML is the estimate as it is "
        '(`bias_correction="none"`), corrected the one with its bias of order 1/T removed. Samples with an '
        "unstable estimate have no long run and, before a correction, none: the last column counts what is "
        "left. The long run has no finite moments (its denominator may be near zero): read its median.",
    ]
    for n, periods in dict.fromkeys((row["n"], row["periods"]) for row in rows):
        lines += ["", f"## N = {n}, T = {periods}", ""]
        lines.append(
            "| | truth | QML bias | corrected bias | QML median bias | corrected median bias | QML sd | "
            "corrected sd | QML coverage | corrected coverage | samples |"
        )
        lines.append("|---" * 11 + "|")
        here = [row for row in rows if (row["n"], row["periods"]) == (n, periods)]
        by = {(row["bias_correction"], row["quantity"]): row for row in here}
        for name in dict.fromkeys(row["quantity"] for row in here):
            before, after = by["none", name], by["lee-yu", name]
            cells = [f"{before['truth']:.3f}"]
            cells += [f"{one['bias']:+.4f}" for one in (before, after)]
            cells += [f"{one['median_bias']:+.4f}" for one in (before, after)]
            cells += [f"{one['sd']:.4f}" for one in (before, after)]
            cells += ["" if one["coverage"] is None else f"{one['coverage']:.3f}" for one in (before, after)]
            lines.append(f"| {name} | {' | '.join(cells)} | {before['samples']}, {after['samples']} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    reader = argparse.ArgumentParser(prog="python -m benchmarks.report_dynamic", description=__doc__)
    reader.add_argument("--replications", type=int, default=1000)
    reader.add_argument("--seed", type=int, default=2026)
    reader.add_argument("--out", type=Path, default=HERE / "results")
    asked = reader.parse_args()
    start, rows = time.perf_counter(), []
    for n, periods in SIZES:
        rows += study(n, periods, asked.replications, asked.seed)
        print(f"N = {n}, T = {periods}: {time.perf_counter() - start:.0f} s", flush=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    written = {"seed": asked.seed, "replications": asked.replications, "truth": TRUTH, "rows": rows}
    (asked.out / "dynamic.json").write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    text = markdown(rows, asked.replications, asked.seed)
    (asked.out / "dynamic.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
