"""Places for the labels of points, where they cover least."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import Stroke
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox, IdentityTransform

from ._style import INK, letters

# Around a point: the corners, then above, below and at its sides.
_AROUND = ((1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1), (1, 0), (-1, 0))
_SIDES = {-1: "right", 0: "center", 1: "left"}
_LEVELS = {-1: "top", 0: "center", 1: "bottom"}
_CROSSED, _POINT, _LABEL = 1, 4, 40


def settle(ax: Axes) -> None:
    """Lay out the figure of the axes: only then do they and their texts have their places."""
    figure: Any = ax.figure.figure
    figure.draw_without_rendering()


class _Halo:
    """White behind a text. As a path effect of the text itself it would make outlines of its letters."""

    def draw(self, renderer: Any) -> None:
        """The letters in white and wider, then the text, which stays text in vector files."""
        wider: Any = copy(self)
        wider.stale_callback = None
        wider.set(path_effects=[Stroke(linewidth=1.6, foreground="white")], color="white", alpha=0.8)
        super(_Halo, wider).draw(renderer)  # type: ignore[misc]
        super().draw(renderer)  # type: ignore[misc]


class HaloText(_Halo, Text):
    """A text with white behind it."""


class HaloAnnotation(_Halo, Annotation):
    """The label of a point with white behind it."""


def point_label(ax: Axes, text: str, point: Any, *, halo: bool = False, **style: Any) -> Annotation:
    """A label of a point for `place_labels`; it is not part of the layout, so it does not move the axes."""
    kind = HaloAnnotation if halo else Annotation
    label = kind(text, tuple(point), xytext=(0, 0), textcoords="offset points", color=INK, **style)
    label.set_transform(IdentityTransform())
    label.set_clip_on(False)
    ax.add_artist(label)
    label.set_in_layout(False)
    return label


def label_farthest(
    ax: Axes, places: pd.DataFrame, distance: pd.Series, names: Mapping[str, str], count: int
) -> list[Annotation]:
    """Label the points of the largest distances by their unit, and period where there is one."""
    order = distance.sort_index(key=lambda index: index.astype(str))
    labels = []
    for key in order.sort_values(ascending=False, kind="stable").index[:count]:
        unit, *period = key if isinstance(key, tuple) else (key,)
        text = " ".join([names.get(unit, str(unit)), *map(str, period)])
        labels.append(point_label(ax, text, places.loc[key], fontsize=letters(8), zorder=4))
    return labels


def place_labels(
    ax: Axes,
    labels: Sequence[Annotation],
    points: np.ndarray,
    away: Sequence[tuple[float, float]],
    *,
    lines: Iterable[Any] = (),
    keep_clear: Iterable[Text] = (),
) -> list[bool]:
    """Put each label where it covers least: other labels and the frame, then points, then lines.

    Parameters
    ----------
    ax : Axes
        The axes, which have their final limits and are settled.
    labels : sequence of Annotation
        From `point_label`; the first are placed first.
    points : array of shape (n, 2)
        Points of the axes, in data coordinates.
    away : sequence of pairs
        The direction each label goes where nothing hinders it: right and up are positive.
    lines : iterable of Line2D or FancyArrowPatch
        What labels should not cross.
    keep_clear : iterable of Text
        Other texts.

    Returns
    -------
    list of bool
        Whether each label covers no label and no point.
    """
    seen = ax.transData.transform(points)
    paths = [line.get_transform().transform_path(line.get_path()) for line in lines]
    kept = [text.get_window_extent() for text in keep_clear]
    clear = []
    for label, direction in zip(labels, away, strict=True):
        corners = sorted(_AROUND, key=lambda corner: -_along(corner, direction))
        costs = [_cost(ax, _put(label, corner), kept, seen, paths) for corner in corners]
        best = int(np.argmin(costs))
        kept.append(_put(label, corners[best]))
        clear.append(costs[best] < _POINT)
    return clear


def spread_upwards(labels: Sequence[Annotation]) -> None:
    """Move labels that start at one height above each other, the lowest first, as far as they are high."""
    free = -np.inf
    for label in sorted(labels, key=lambda one: float(one.get_window_extent().y0)):
        figure: Any = label.figure
        points = 72 / figure.dpi
        place = label.get_window_extent()
        across, up = label.get_position()
        label.set_position((across, up + points * max(0.0, free - place.y0)))
        free = max(free, place.y0) + place.height


def _along(corner: tuple[int, int], direction: tuple[float, float]) -> float:
    """Cosine of the angle between a corner and a direction; corners come before sides."""
    length = float(np.hypot(*corner) * np.hypot(*direction)) or 1.0
    return float(np.dot(corner, direction)) / length


def _put(label: Annotation, corner: tuple[int, int]) -> Bbox:
    across, up = corner
    label.set(position=(5 * across, 4 * up), ha=_SIDES[across], va=_LEVELS[up])
    return label.get_window_extent()


def _cost(ax: Axes, place: Bbox, kept: list[Bbox], points: np.ndarray, paths: list[Any]) -> int:
    frame = ax.bbox
    outside = place.x0 < frame.x0 or place.x1 > frame.x1 or place.y0 < frame.y0 or place.y1 > frame.y1
    crossed = sum(path.intersects_bbox(place, filled=False) for path in paths)
    covered = int(place.padded(2).count_contains(points))
    cost: int = (
        _LABEL * (int(place.count_overlaps(kept)) + bool(outside)) + _POINT * covered + _CROSSED * crossed
    )
    return cost
