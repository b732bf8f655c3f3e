"""How long ``import spatialfin`` takes beside ``import numpy, scipy.sparse``, each in a fresh process."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
REPEATS = 9


def seconds(statement: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True, cwd=ROOT)
    return time.perf_counter() - start


def run() -> list[dict[str, object]]:
    """Wall time of both, interpreter included; they take turns so that both meet the same load."""
    ours, peer = "import spatialfin", "import numpy, scipy.sparse"
    for statement in (ours, peer):
        seconds(statement)
    times = [(seconds(ours), seconds(peer)) for _ in range(REPEATS)]
    ours_s, peer_s = (median(column) for column in zip(*times, strict=True))
    return [
        {
            "name": "import",
            "ours_s": ours_s,
            "peer": peer,
            "peer_s": peer_s,
            "ratio": ours_s / peer_s,
            "smaller_is_better": True,
            "n": REPEATS,
            "target": 1.5,
            "note": "ratio = ours / peer, at most 1.5",
        }
    ]
