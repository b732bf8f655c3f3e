"""Contiguity from geometry: pairs of polygons that share a point or a line, as arrays."""

from __future__ import annotations

import numpy as np
import shapely
from scipy import sparse as sp

_SHIFT = np.uint64(29)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_QUARTER_CIRCLE = 2
_ROUNDING = 1e-9
_ROOK_FACTOR = 10
"""A shared boundary is a line when it is longer than this many snaps."""


def queen_pairs(geometry: np.ndarray, snap: float) -> np.ndarray:
    """Pairs (i < j) of polygons at most `snap` apart.

    Parameters
    ----------
    geometry : ndarray of shapely polygons, shape (n,)
        Valid, not empty.
    snap : float
        Distance in coordinate units.

    Returns
    -------
    ndarray of int, shape (pairs, 2)
        Sorted, each pair once.

    Notes
    -----
    Polygons with an identical vertex touch, which needs no geometry: only the other pairs whose boxes are
    within `snap` are measured.
    """
    shared = _pairs_with_shared_vertex(geometry)
    near = _pairs_with_near_boxes(geometry, snap)
    open_pairs = _without(near, shared, len(geometry))
    if len(open_pairs):
        touching = _prepared_dwithin(geometry[open_pairs[:, 0]], geometry[open_pairs[:, 1]], snap)
        shared = np.concatenate([shared, open_pairs[touching]])
    return shared[np.lexsort((shared[:, 1], shared[:, 0]))]


def rook_pairs(geometry: np.ndarray, snap: float) -> np.ndarray:
    """Pairs (i < j) of polygons whose shared boundary within `snap` is longer than 10 snaps.

    Parameters and result as in `queen_pairs`. Polygons with an identical edge of that length need no
    geometry; for the other queen pairs the longest connected piece of the first boundary within `snap` of the
    second one is measured, so several contacts in points do not add up to a line.
    """
    queen = queen_pairs(geometry, snap)
    with_edge = _pairs_with_shared_edge(geometry, _ROOK_FACTOR * snap)
    open_pairs = _without(queen, with_edge, len(geometry))
    lengths = _shared_length(geometry[open_pairs[:, 0]], geometry[open_pairs[:, 1]], snap)
    every = np.concatenate([with_edge, open_pairs[lengths > _ROOK_FACTOR * snap]])
    return every[np.lexsort((every[:, 1], every[:, 0]))]


def symmetric_matrix(pairs: np.ndarray, n: int) -> sp.csr_array:
    """Binary n x n matrix with both directions of every pair."""
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    return sp.csr_array((np.ones(len(rows)), (rows, columns)), shape=(n, n))


def neighbours_of_order(first: sp.csr_array, order: int) -> sp.csr_array:
    """Binary matrix of the units exactly `order` steps away in the graph of `first`."""
    reached = (first + sp.eye_array(first.shape[0], format="csr")).astype(bool)
    newest = first.astype(bool)
    for _ in range(order - 1):
        step = (newest.astype(np.int32) @ first.astype(np.int32)).astype(bool)
        newest = (step.astype(np.int8) - step.multiply(reached).astype(np.int8)).astype(bool)
        newest.eliminate_zeros()
        reached = (reached + newest).astype(bool)
    return newest.astype(float)


def _pairs_with_shared_vertex(geometry: np.ndarray) -> np.ndarray:
    points, owner = shapely.get_coordinates(geometry, return_index=True)
    return _pairs_of_owners(points, owner)


def _pairs_with_shared_edge(geometry: np.ndarray, longer_than: float) -> np.ndarray:
    rings, owner = shapely.get_rings(geometry, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same_ring = ring[:-1] == ring[1:]
    start, end = points[:-1][same_ring], points[1:][same_ring]
    long_enough = np.hypot(*(end - start).T) > longer_than
    start, end, edge_owner = start[long_enough], end[long_enough], owner[ring[:-1][same_ring][long_enough]]
    forward = (start[:, 0] < end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] <= end[:, 1]))
    edges = np.where(forward[:, None], np.hstack([start, end]), np.hstack([end, start]))
    return _pairs_of_owners(edges, edge_owner)


def _pairs_of_owners(rows: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Distinct pairs (i < j) of owners of an identical row of numbers.

    Rows are sorted by a hash, with their position in its lowest bits, and then compared in full, so no pair
    is wrong; that a collision of hashes hides a pair is possible in principle, and the measured pairs make up
    for it.
    """
    n = int(owner.max(initial=0)) + 1
    hashed = np.zeros(len(rows), dtype=np.uint64)
    for column in np.ascontiguousarray(rows).view(np.uint64).T:
        hashed = (hashed ^ (hashed >> _SHIFT) ^ column) * _MULTIPLIER
    width = np.uint64(len(rows).bit_length())
    packed = np.sort((hashed >> width << width) | np.arange(len(rows), dtype=np.uint64))
    order = (packed & ((np.uint64(1) << width) - np.uint64(1))).astype(np.int64)
    owner = owner[order]
    columns = [column[order] for column in rows.T]
    found, gap = [], 1
    place = np.flatnonzero((packed[:-1] ^ packed[1:]) >> width == 0)
    while len(place):
        for column in columns:
            place = place[column[place] == column[place + gap]]
        left, right = owner[place], owner[place + gap]
        found.append((np.minimum(left, right) * n + np.maximum(left, right))[left != right])
        gap += 1
        place = place[place + gap < len(rows)]
    keys = np.sort(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)
    keys = keys[np.diff(keys, prepend=-1) > 0]
    return np.column_stack([keys // n, keys % n])


def _pairs_with_near_boxes(geometry: np.ndarray, snap: float) -> np.ndarray:
    west, south, east, north = shapely.bounds(geometry).T
    boxes = shapely.box(west - snap, south - snap, east + snap, north + snap)
    pairs: np.ndarray = shapely.STRtree(geometry).query(boxes).T
    once: np.ndarray = pairs[pairs[:, 0] < pairs[:, 1]]
    return once


def _prepared_dwithin(left: np.ndarray, right: np.ndarray, snap: float) -> np.ndarray:
    """Whether pairs are within `snap`; what is prepared for it is dropped again: the layer is not ours."""
    fresh = left[~shapely.is_prepared(left)]
    shapely.prepare(fresh)
    near: np.ndarray = shapely.dwithin(left, right, snap)
    shapely.destroy_prepared(fresh)
    return near


def _without(pairs: np.ndarray, known: np.ndarray, n: int) -> np.ndarray:
    return pairs[~np.isin(pairs[:, 0] * n + pairs[:, 1], known[:, 0] * n + known[:, 1])]


def _shared_length(left: np.ndarray, right: np.ndarray, snap: float) -> np.ndarray:
    """Length of the longest connected piece of each left boundary within `snap` of the right one."""
    mine, theirs = _boundaries_where_boxes_meet(left, right, snap)
    within = shapely.buffer(theirs, snap, quad_segs=_QUARTER_CIRCLE) if snap else theirs
    shared = shapely.intersection(mine, within)
    pieces, owner = shapely.get_parts(shapely.line_merge(shared), return_index=True)
    longest = np.zeros(len(left))
    np.maximum.at(longest, owner, shapely.length(pieces))
    return longest


def _boundaries_where_boxes_meet(
    left: np.ndarray, right: np.ndarray, snap: float
) -> tuple[np.ndarray, np.ndarray]:
    """Both boundaries, cut to the part of the plane where they can be near each other."""
    here, there = shapely.bounds(left), shapely.bounds(right)
    low = np.maximum(here[:, :2], there[:, :2]) - 2 * snap
    high = np.minimum(here[:, 2:], there[:, 2:]) + 2 * snap
    low, high = np.minimum(low, high), np.maximum(low, high)
    margin = _ROUNDING * np.abs([low, high]).max(initial=0.0)
    corners = np.hstack([low - margin, high + margin])
    cut = [
        [shapely.clip_by_rect(line, *box) for line, box in zip(shapely.boundary(side), corners, strict=True)]
        for side in (left, right)
    ]
    return np.array(cut[0], dtype=object), np.array(cut[1], dtype=object)
