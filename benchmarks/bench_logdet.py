"""One value of ``ln|I - rho W|``: CHOLMOD (cvxopt, where it is installed) against SciPy's SuperLU."""

from __future__ import annotations

import time
from importlib.util import find_spec
from typing import Any

from spatialfin._core.logdet import SparseLogDet
from spatialfin._core.sparse_lu import fill_reducing, filter_matrix, log_determinant

from .bench_models import planar_weights

RHOS = (-0.5, 0.1, 0.3, 0.5, 0.7, 0.9)


def run() -> list[dict[str, Any]]:
    """Mean over several rho, after the order of the units has been found."""
    if find_spec("cvxopt") is None:
        return []
    rows = []
    for n in (2_850, 10_000, 50_000):
        matrix = planar_weights(n).sparse
        ours, ordered = SparseLogDet(matrix), fill_reducing(matrix)
        ours.value(0.2)
        start = time.perf_counter()
        found = [ours.value(rho) for rho in RHOS]
        middle = time.perf_counter()
        peers = [log_determinant(filter_matrix(ordered, rho), ordered=True) for rho in RHOS]
        end = time.perf_counter()
        gap = max(abs(one - other) for one, other in zip(found, peers, strict=True))
        rows.append(
            {
                "name": "log-determinant, one value",
                "n": n,
                "ours_s": (middle - start) / len(RHOS),
                "peer": "SuperLU",
                "peer_s": (end - middle) / len(RHOS),
                "note": f"largest difference {gap:.1e}",
            }
        )
    return rows
