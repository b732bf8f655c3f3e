"""Outlines small enough for a page: whole numbers of half pixels, the same on both sides of a border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from .._errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

WIDTH = 440
_HEIGHTS = (260, 400)
GRID = 2
"""Steps per pixel."""
_MARGIN = 6
_TINY = 3
_HATCH = 14
_BOX = (0.81, 0.66, 0.99, 0.99)

Ring = list[int]


@dataclass(frozen=True, slots=True)
class Shapes:
    """What a page draws, in steps of half a pixel from the upper left corner.

    Attributes
    ----------
    width, height : int
        Size of the map in pixels.
    rings : list of list of list of int
        For each unit its rings: x, y of the first point, then the differences from point to point. Outer
        rings run one way, holes the other.
    hatch : list of list of list of int
        For each unit the lines that hatch it, in the same form; empty where it never lacks a value.
    lines : list of list of int
        Decoration and the frame of the inset.
    points : list of tuple of int
        A point inside each unit.
    """

    width: int
    height: int
    rings: list[list[Ring]]
    hatch: list[list[Ring]]
    lines: list[Ring]
    points: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Window:
    """A box of the plane and the place on the page it is drawn at, both as left, top, right, bottom."""

    plane: np.ndarray
    place: np.ndarray

    def steps(self, points: np.ndarray) -> np.ndarray:
        """Points of the plane as steps on the page, in the middle of the place."""
        left, top, right, bottom = self.plane
        room = self.place[2:] - self.place[:2]
        scale = float(np.min(room / np.array([right - left, top - bottom])))
        corner = self.place[:2] + (room - scale * np.array([right - left, top - bottom])) / 2
        moved = np.column_stack([points[:, 0] - left, top - points[:, 1]]) * scale + corner
        steps: np.ndarray = np.rint(moved).astype(int)
        return steps

    def cut(self, shapes: np.ndarray) -> np.ndarray:
        """What of the shapes lies in the box."""
        left, top, right, bottom = self.plane
        cut: np.ndarray = shapely.clip_by_rect(shapes, left, bottom, right, top)
        return cut


def display_shapes(
    units: gpd.GeoDataFrame,
    lines: gpd.GeoDataFrame,
    *,
    hatched: np.ndarray,
    inset: tuple[float, float, float, float] | None,
) -> Shapes:
    """Bring a layer to the size of the page.

    Parameters
    ----------
    units, lines : GeoDataFrame
        Units with an area, and decoration.
    hatched : ndarray of bool
        Which units need lines for a missing value.
    inset : tuple of four float, optional
        West, south, east and north bounds of what is drawn in a box at the lower right.
    """
    squeeze = _squeeze(units)
    shapes, drawn = (_squeezed(layer.geometry.to_numpy(), squeeze) for layer in (units, lines))
    drawn = np.array([shape.boundary if "Polygon" in shape.geom_type else shape for shape in drawn], object)
    windows, height = _windows(shapes, drawn, units, inset, squeeze)
    rings: list[list[Ring]] = [[] for _ in shapes]
    strokes: list[Ring] = []
    for window in windows:
        pieces, parts = (shapes, drawn) if inset is None else (window.cut(shapes), window.cut(drawn))
        for own, piece in zip(rings, pieces, strict=True):
            own += _rings(piece, window)
        strokes += [_differences(line) for part in parts for line in _polylines(part, window)]
    if inset is not None:
        strokes.append(_differences(_frame(windows[1].place)))
    inside = windows[0].steps(shapely.get_coordinates(shapely.point_on_surface(shapes)))
    full = [own or [_diamond(point)] for own, point in zip(rings, inside, strict=True)]
    return Shapes(
        WIDTH, height, full,
        [_hatching(own) if wanted else [] for own, wanted in zip(full, hatched, strict=True)],
        strokes, [(int(x), int(y)) for x, y in inside],
    )  # fmt: skip


def _squeeze(units: gpd.GeoDataFrame) -> float:
    """Width of a degree of longitude at the middle latitude; 1 where coordinates are no degrees."""
    if units.crs is None or not units.crs.is_geographic:
        return 1.0
    _, south, _, north = units.total_bounds
    return float(np.cos(np.radians((south + north) / 2)))


def _squeezed(shapes: Any, squeeze: float) -> np.ndarray:
    flat = shapely.force_2d(np.asarray(shapes, dtype=object))
    moved: np.ndarray = shapely.transform(flat, lambda points: points * np.array([squeeze, 1.0]))
    return moved


def _windows(
    shapes: np.ndarray,
    drawn: np.ndarray,
    units: gpd.GeoDataFrame,
    inset: tuple[float, float, float, float] | None,
    squeeze: float,
) -> tuple[list[Window], int]:
    """The map, and the inset where there is one; the height of the page they take."""
    from ..plot._layers import main_bounds

    if inset is None:
        west, south, east, north = shapely.total_bounds(np.concatenate([shapes, drawn]))
    else:
        if len(inset) != 4:
            raise OptionError(f"inset={inset!r}: west, south, east and north are needed.")
        west, south, east, north = main_bounds(units) * np.array([squeeze, 1.0, squeeze, 1.0])
        rim = 0.02 * (north - south)
        west, south, east, north = west - rim, south - rim, east + rim, north + rim
    wide, high = east - west, north - south
    height = int(np.clip((WIDTH - 2 * _MARGIN) * high / wide + 2 * _MARGIN, *_HEIGHTS))
    edge = np.array([_MARGIN, _MARGIN, WIDTH - _MARGIN, height - _MARGIN]) * GRID
    windows = [Window(np.array([west, north, east, south]), edge)]
    if inset is not None:
        left, bottom, right, top = np.array(inset) * np.array([squeeze, 1.0, squeeze, 1.0])
        place = np.array(_BOX) * np.array([WIDTH, height] * 2) * GRID
        windows.append(Window(np.array([left, top, right, bottom]), place))
    return windows, height


def _rings(shape: Any, window: Window) -> list[Ring]:
    """The rings of a shape that are still areas on the page."""
    found = []
    for polygon in shapely.get_parts(shape):
        if polygon.geom_type != "Polygon" or polygon.is_empty:
            continue
        for number, ring in enumerate((polygon.exterior, *polygon.interiors)):
            points = _straightened(window.steps(shapely.get_coordinates(ring)))
            if len(points) < 4:
                continue
            turn = _area(points)
            if turn:
                found.append(_differences(points if (turn > 0) == (number == 0) else points[::-1]))
    return found


def _polylines(shape: Any, window: Window) -> Iterable[np.ndarray]:
    for line in shapely.get_parts(shape):
        points = _straightened(window.steps(shapely.get_coordinates(line)))
        if len(points) > 1:
            yield points


def _straightened(points: np.ndarray) -> np.ndarray:
    """Without points that repeat or lie on the line between their neighbours."""
    moves = np.diff(points, axis=0)
    points = points[np.concatenate([[True], (moves != 0).any(axis=1)])]
    if len(points) < 3:
        return points
    before, after = points[1:-1] - points[:-2], points[2:] - points[1:-1]
    turns = before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]
    kept: np.ndarray = points[np.concatenate([[True], turns, [True]])]
    return kept


def _area(points: np.ndarray) -> int:
    x, y = points[:, 0], points[:, 1]
    return int((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())


def _differences(points: np.ndarray) -> Ring:
    numbers: Ring = np.concatenate([points[:1], np.diff(points, axis=0)]).ravel().tolist()
    return numbers


def _diamond(point: np.ndarray) -> Ring:
    """A mark for a unit smaller than a pixel."""
    corners = np.array([[0, -1], [1, 0], [0, 1], [-1, 0], [0, -1]]) * _TINY
    return _differences(corners + point)


def _frame(place: np.ndarray) -> np.ndarray:
    left, top, right, bottom = np.rint(place).astype(int)
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom], [left, top]])


def _hatching(rings: list[Ring]) -> list[Ring]:
    """Parallel lines across a unit."""
    closed = [np.cumsum(np.reshape(ring, (-1, 2)), axis=0) for ring in rings]
    area = shapely.union_all(
        shapely.make_valid([shapely.polygons(ring) for ring in closed if _area(ring) > 0])
    )
    for ring in closed:
        if _area(ring) < 0:
            area = shapely.difference(area, shapely.make_valid(shapely.polygons(ring)))
    left, top, right, bottom = shapely.bounds(area)
    first = int(np.floor((left + top) / _HATCH))
    last = int(np.ceil((right + bottom) / _HATCH))
    sums = np.arange(first, last + 1) * _HATCH
    lines = [shapely.LineString([(left, total - left), (right, total - right)]) for total in sums]
    cut = shapely.get_parts(shapely.intersection(area, lines))
    pieces = [np.rint(shapely.get_coordinates(piece)).astype(int) for piece in cut]
    return [_differences(piece) for piece in pieces if len(piece) > 1]
