"""Contiguity of 2,891 counties against libpysal's builders, with the same pairs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import spatialfin as sf

REPEATS = 7


def fastest(*tasks: Callable[[], Any]) -> list[float]:
    """Best time of each task in seconds; the tasks take turns, so that noise hits all of them."""
    best = [float("inf")] * len(tasks)
    for _ in range(REPEATS):
        for place, task in enumerate(tasks):
            start = time.perf_counter()
            task()
            best[place] = min(best[place], time.perf_counter() - start)
    return best


def pairs_of(weights: sf.SpatialWeights) -> set[tuple[str, str]]:
    links = weights.sparse.tocoo()
    return {(weights.ids[row], weights.ids[column]) for row, column in zip(links.row, links.col, strict=True)}


def run() -> list[dict[str, Any]]:
    """Queen and rook contiguity, ours and libpysal's, on the shipped counties."""
    from libpysal.graph import Graph

    counties = sf.load_layer("china_counties")
    rows = []
    for rule, target in (("queen", 6.0), ("rook", None)):

        def ours(rule: str = rule) -> sf.SpatialWeights:
            return sf.contiguity_weights(counties, rule=rule, islands="keep")

        def peer(rule: str = rule) -> Graph:
            return Graph.build_contiguity(counties, rook=rule == "rook")

        adjacency = peer().adjacency
        same = pairs_of(ours()) == set(adjacency[adjacency != 0].index)
        ours_s, peer_s = fastest(ours, peer)
        rows.append(
            {
                "name": f"{rule} contiguity",
                "n": len(counties),
                "ours_s": ours_s,
                "peer": "libpysal Graph.build_contiguity",
                "peer_s": peer_s,
                "ratio": peer_s / ours_s,
                "target": target,
                "note": "same pairs" if same else "PAIRS DIFFER",
            }
        )
    return rows
