"""Features of regions: seconds to learn a network and to cluster 2,850 units, against the promised limits."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse as sp
from sklearn.cluster import KMeans

import spatialfin as sf
from spatialfin._errors import SpatialfinWarning
from spatialfin.features import SpatialKernelKMeans, SubspaceNetwork, panel_windows

from .bench_models import seconds

UNITS, YEARS, INDICATORS = 2850, 20, 10


def panel() -> pd.DataFrame:
    """Indicators that are mixtures of five independent pairs with heavy-tailed size."""
    rng = np.random.default_rng(0)
    n = UNITS * YEARS
    pairs = rng.normal(size=(n, INDICATORS // 2, 2)) * rng.exponential(size=(n, INDICATORS // 2, 1))
    values = pairs.reshape(n, INDICATORS) @ rng.normal(size=(INDICATORS, INDICATORS))
    keys = [(f"{unit:06d}", year) for unit in range(UNITS) for year in range(2000, 2000 + YEARS)]
    frame = pd.DataFrame(keys, columns=["code", "year"])
    return frame.assign(**{f"x{number}": values[:, number] for number in range(INDICATORS)})


def learning_rows(data: pd.DataFrame) -> list[dict[str, Any]]:
    """The network on windows of 1, 5 and 20 years; windows and fit are timed together."""
    rows = []
    columns = [f"x{number}" for number in range(INDICATORS)]
    for window, subspaces in ((1, 5), (5, 25), (20, 25)):

        def learn(window: int = window, subspaces: int = subspaces) -> SubspaceNetwork:
            X = panel_windows(data, unit="code", time="year", columns=columns, window=window)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SpatialfinWarning)  # 2,850 long windows are few
                return SubspaceNetwork(subspaces).fit(X)

        taken, network = seconds(learn, repeats=1)
        rows.append(
            {
                "name": f"subspace network, windows of {window} years, {2 * subspaces} filters",
                "n": UNITS * (YEARS - window + 1),
                "ours_s": taken,
                "peer": "the limit of 10 s",
                "peer_s": 10.0,
                "target": 1.0,
                "note": f"{network.n_iter_} steps, settled: {network.converged_}",
            }
        )
    return rows


def grid_weights() -> sf.SpatialWeights:
    """50 x 57 units side by side."""
    lines = [sp.diags_array([np.ones(m - 1)] * 2, offsets=[-1, 1]) for m in (50, 57)]
    links = sp.kron(lines[0], sp.eye_array(57)) + sp.kron(sp.eye_array(50), lines[1])
    return sf.SpatialWeights.from_matrix(sp.csr_array(links), ids=[f"{unit:06d}" for unit in range(UNITS)])


def clustering_rows() -> list[dict[str, Any]]:
    """Six clusters of 2,850 units by ten indicators, five starts."""
    rng = np.random.default_rng(0)
    w = grid_weights()
    centres = 1.2 * rng.normal(size=(6, INDICATORS))
    values = centres[rng.integers(0, 6, UNITS)] + rng.normal(size=(UNITS, INDICATORS))
    X = pd.DataFrame(values, index=w.ids, columns=[f"x{number}" for number in range(INDICATORS)])
    rows = []
    for name, options in (
        ("linear", {}),
        ("rbf", {"kernel": "rbf"}),
        ("rbf and graph", {"kernel": "rbf", "weights": w, "graph_share": 0.3}),
        ("connected", {"weights": w, "connected": True}),
    ):
        taken, model = seconds(lambda options=options: SpatialKernelKMeans(6, **options).fit(X), repeats=3)
        note = f"{model.n_iter_} steps"
        if name == "linear":
            peer_s, peer = seconds(lambda: KMeans(6, n_init=5, random_state=0).fit(X), repeats=3)
            note += f"; KMeans {peer_s:.2f} s, objective {model.objective_ / peer.inertia_ - 1:+.1e} of its"
        rows.append(
            {
                "name": f"kernel k-means, {name}",
                "n": UNITS,
                "ours_s": taken,
                "peer": "the limit of 2 s",
                "peer_s": 2.0,
                "target": 1.0,
                "note": note,
            }
        )
    return rows


def run() -> list[dict[str, Any]]:
    """Learning and clustering."""
    return [*learning_rows(panel()), *clustering_rows()]
