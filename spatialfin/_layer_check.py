"""All faults of a boundary layer in one report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from ._errors import LayerError, listed, raise_all
from ._geometry import default_snap
from ._validate import check_number

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_AREAS = ("Polygon", "MultiPolygon")
_OVERLAP_SHARE = 1e-3
# How widespread layers of China name the line in the South China Sea that is a row but no unit.
_LINE_NAMES = {"境界线", "九段线", "十段线", "南海断续线", "南海诸岛界线"}
_LINE_CODE_END = "_JD"

_NEAR = "near-touching pairs"
_REMEDIES = {
    "no units": "Check units= and the filter that made the layer.",
    "duplicate ids": "Dissolve the parts (layer.dissolve(by=...)) or keep one row per unit.",
    "missing ids": "Give every row its code, or drop the rows.",
    "missing geometry": "Drop the rows, or take their shape from another layer.",
    "empty geometry": "Drop the rows, or take their shape from another layer.",
    "invalid geometry": "Repair it with layer.geometry.make_valid().",
    "coordinates that are not finite": "Read the layer again from its source.",
    "no CRS": "Say which one it is: layer.set_crs(...), EPSG:4326 for longitude and latitude.",
    "wrong CRS": "Set the CRS the coordinates are in: layer.set_crs(..., allow_override=True).",
    "decoration rows": "Tag lines of the map that are no units: layer.loc[ids, 'decoration'] = True.",
    "rows that are not polygons": "Take areas, or tag lines: layer.loc[ids, 'decoration'] = True.",
    _NEAR: ("They share no vertex: contiguity_weights joins them within snap, other programs may not."),
    "overlapping polygons": "Correct the boundaries, or cut one with geometry.difference(...).",
}


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


@dataclass(frozen=True, slots=True)
class LayerReport:
    """Faults of a layer.

    Attributes
    ----------
    ok : bool
        No fault was found.
    problems : tuple of str
        One sentence per kind of fault, with up to five units and the remedy.
    frame : pandas.DataFrame
        Every offender: ``problem``, ``unit``, ``other`` (second unit of a pair, else blank), ``detail``.
    n_units, n_decoration : int
        Rows that are units, and rows tagged as decoration.
    """

    problems: tuple[str, ...]
    frame: pd.DataFrame
    n_units: int
    n_decoration: int

    @property
    def ok(self) -> bool:
        """Whether no fault was found."""
        return not self.problems

    def raise_if_bad(self) -> None:
        """Raise one error with every fault that weights cannot cope with, or do nothing.

        Raises
        ------
        LayerError

        Notes
        -----
        Near-touching pairs are reported and do not raise: `contiguity_weights` joins them within its snap.
        """
        fatal = [text for text in self.problems if not text.startswith(_NEAR)]
        raise_all(fatal, LayerError, "layer")

    def __repr__(self) -> str:
        lines = f" and {_count(self.n_decoration, 'decoration row')}" if self.n_decoration else ""
        verdict = "ok" if self.ok else _count(len(self.problems), "problem")
        head = f"Layer of {_count(self.n_units, 'unit')}{lines}: {verdict}."
        return "\n".join([head, *(f"  {number}. {text}" for number, text in enumerate(self.problems, 1))])


@dataclass(frozen=True, slots=True)
class _Fault:
    """One offender: a unit, or a pair of units."""

    problem: str
    unit: Any
    other: Any = None
    detail: str = ""

    def __str__(self) -> str:
        label = str(self.unit) if self.other is None else f"{self.unit} - {self.other}"
        return f"{label} ({self.detail})" if self.detail else label


def check_layer(layer: GeoDataFrame, *, snap: float | None = None) -> LayerReport:
    """Find every fault of a layer that would spoil weights or maps.

    Parameters
    ----------
    layer : geopandas.GeoDataFrame
        Indexed by unit id, as `load_layer` returns it.
    snap : float, optional
        Distance, in coordinate units, up to which two boundaries count as one. By default 10 mm: the
        equivalent in degrees for longitude and latitude, 1e-8 of the extent without a CRS.

    Returns
    -------
    LayerReport
        ``ok``, ``problems``, ``frame``, and ``raise_if_bad()``.

    Raises
    ------
    LayerError
        `layer` is no GeoDataFrame, or `snap` is negative.

    Notes
    -----
    Looked for are: duplicate and missing ids; missing, empty and invalid geometry; coordinates that are not
    finite; no CRS, or one that the coordinates do not fit; rows that are no polygons and lines of the map
    that are not tagged as decoration; pairs of polygons within `snap` of each other that share no vertex;
    pairs that overlap by more than 0.1 % of the smaller one, in pieces wider than `snap`. Rows tagged in the
    column ``decoration`` need an id and a geometry, and are left out of the rest.

    Examples
    --------
    >>> from spatialfin import load_layer
    >>> check_layer(load_layer("china_provinces"))
    Layer of 34 units and 1 decoration row: ok.
    """
    import geopandas as gpd

    if not isinstance(layer, gpd.GeoDataFrame):
        raise LayerError(f"A GeoDataFrame indexed by unit id is needed, not {type(layer).__name__}.")
    if layer.active_geometry_name is None:
        raise LayerError("The layer has no geometry column: name it with layer.set_geometry(column).")
    if layer.index.nlevels > 1:
        raise LayerError("The layer needs one id per unit as its index, not a MultiIndex.")
    if snap is not None:
        check_number("snap", snap, least=0)
    tagged = _tagged(layer)
    units = layer[~tagged]
    faults = [
        *([] if len(units) else [_Fault("no units", "layer")]),
        *_id_faults(layer.index),
        *_geometry_faults(layer),
        *_crs_faults(layer),
        *_kind_faults(units),
        *_pair_faults(units, snap),
    ]
    return LayerReport(_sentences(faults), _as_frame(faults), len(units), int(tagged.sum()))


def _tagged(layer: GeoDataFrame) -> np.ndarray:
    if "decoration" not in layer.columns:
        return np.zeros(len(layer), dtype=bool)
    return np.asarray(layer["decoration"].eq(True), dtype=bool)


def _id_faults(ids: pd.Index) -> Iterator[_Fault]:
    present = ids[ids.notna()]
    for label, count in present[present.duplicated(keep=False)].value_counts(sort=False).items():
        yield _Fault("duplicate ids", label, detail=f"{count} rows")
    for row in np.flatnonzero(ids.isna()):
        yield _Fault("missing ids", f"row {row + 1}")


def _geometry_faults(layer: GeoDataFrame) -> Iterator[_Fault]:
    geometry = layer.geometry.to_numpy()
    missing, empty = shapely.is_missing(geometry), shapely.is_empty(geometry)
    finite = np.isfinite(shapely.bounds(geometry)).all(axis=1)
    filled = ~missing & ~empty
    for problem, bad in (
        ("missing geometry", missing),
        ("empty geometry", empty),
        ("coordinates that are not finite", filled & ~finite),
    ):
        yield from (_Fault(problem, label) for label in layer.index[bad])
    for position in np.flatnonzero(filled & finite & ~shapely.is_valid(geometry)):
        reason = shapely.is_valid_reason(geometry[position])
        yield _Fault("invalid geometry", layer.index[position], detail=reason)


def _crs_faults(layer: GeoDataFrame) -> Iterator[_Fault]:
    if layer.crs is None:
        yield _Fault("no CRS", "layer")
        return
    bounds = shapely.bounds(layer.geometry.to_numpy())
    west, south, east, north = bounds.T
    beyond = (west < -180.000001) | (east > 360) | (south < -90.000001) | (north > 90.000001)
    if layer.crs.is_geographic:
        for position in np.flatnonzero(beyond):
            yield _Fault(
                "wrong CRS",
                layer.index[position],
                detail=f"{layer.crs.name} is in degrees; x {west[position]:g}, y {south[position]:g}",
            )
    elif len(layer) and not beyond[~np.isnan(west)].any():
        yield _Fault(
            "wrong CRS", "layer", detail=f"{layer.crs.name}, but every coordinate looks like degrees"
        )


def _kind_faults(units: GeoDataFrame) -> Iterator[_Fault]:
    kinds = units.geom_type
    lines = _looks_like_a_line_of_the_map(units)
    for label, kind in zip(units.index[lines], kinds[lines], strict=True):
        yield _Fault("decoration rows", label, detail="" if pd.isna(kind) else str(kind))
    other = ~lines & kinds.notna().to_numpy() & ~kinds.isin(_AREAS).to_numpy()
    for label, kind in zip(units.index[other], kinds[other], strict=True):
        yield _Fault("rows that are not polygons", label, detail=str(kind))


def _looks_like_a_line_of_the_map(units: GeoDataFrame) -> np.ndarray:
    found = np.array([str(label).endswith(_LINE_CODE_END) for label in units.index], dtype=bool)
    attributes = units.drop(columns=units.geometry.name)
    for column in attributes.columns:
        if not pd.api.types.is_numeric_dtype(attributes[column]):
            found |= attributes[column].isin(_LINE_NAMES).to_numpy()
    return found


def _pair_faults(units: GeoDataFrame, snap: float | None) -> Iterator[_Fault]:
    """Faults between two polygons; broken polygons are left out, they are faults already."""
    geometry = units.geometry.to_numpy()
    usable = np.isfinite(shapely.bounds(geometry)).all(axis=1) & shapely.is_valid(geometry)
    usable &= units.geom_type.isin(_AREAS).to_numpy()
    if usable.sum() < 2:
        return
    areas, labels = geometry[usable], units.index[usable]
    within = default_snap(units[usable])[0] if snap is None else snap
    left, right = shapely.STRtree(areas).query(areas, predicate="dwithin", distance=within)
    pairs = np.column_stack([left, right])[left < right]
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    touching = shapely.touches(areas[pairs[:, 0]], areas[pairs[:, 1]])
    overlaps = {
        (i, j): share
        for i, j in pairs[~touching]
        if (share := _overlap_share(areas[i], areas[j], within)) > _OVERLAP_SHARE
    }
    for i, j in pairs[_share_no_vertex(areas, pairs)]:
        if (i, j) not in overlaps:
            gap = shapely.distance(areas[i], areas[j])
            yield _Fault(
                "near-touching pairs", labels[i], labels[j], f"{gap:.1e} apart" if gap else "touching"
            )
    for (i, j), share in overlaps.items():
        yield _Fault("overlapping polygons", labels[i], labels[j], f"{share:.1%} of the smaller")


def _share_no_vertex(areas: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    used = np.unique(pairs)
    vertices = {i: set(map(tuple, shapely.get_coordinates(areas[i]).tolist())) for i in used}
    return np.array([vertices[i].isdisjoint(vertices[j]) for i, j in pairs], dtype=bool)


def _overlap_share(one: Any, other: Any, snap: float) -> float:
    """Share of the smaller polygon that lies in the other one; 0 when the overlap is a seam within `snap`."""
    common = shapely.intersection(one, other)
    area, perimeter = shapely.area(common), shapely.length(common)
    if area == 0 or 2 * area / perimeter <= snap:
        return 0.0
    return float(area / min(shapely.area(one), shapely.area(other)))


def _sentences(faults: list[_Fault]) -> tuple[str, ...]:
    kinds = dict.fromkeys(fault.problem for fault in faults)
    sentences = []
    for kind in kinds:
        offenders = [fault for fault in faults if fault.problem == kind]
        sentences.append(f"{kind}: {listed(offenders)}. {_REMEDIES[kind]}")
    return tuple(sentences)


def _as_frame(faults: list[_Fault]) -> pd.DataFrame:
    rows = [(fault.problem, fault.unit, fault.other, fault.detail) for fault in faults]
    return pd.DataFrame(rows, columns=["problem", "unit", "other", "detail"])
