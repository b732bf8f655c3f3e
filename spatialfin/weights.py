"""Spatial weights: builders from layers, the `SpatialWeights` value, and comparison of several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from ._contiguity import neighbours_of_order, queen_pairs, rook_pairs, symmetric_matrix
from ._distance import KERNELS, check_size, links_within, matrix_of, nearest_km, nearest_links
from ._economic import economic_weights, nested_weights, times_masses
from ._errors import IslandError, OptionError, WeightsError, listed
from ._geometry import default_snap, points_km, usable_units
from ._islands import Islands, resolve_islands
from ._spatial_weights import SpatialWeights, check_weights
from ._typing import Rule, Style
from ._validate import check_number, check_option, check_same_units

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from scipy.sparse import csr_array

__all__ = [
    "SpatialWeights",
    "compare_weights",
    "contiguity_weights",
    "distance_weights",
    "economic_weights",
    "gravity_weights",
    "kernel_weights",
    "knn_weights",
    "nested_weights",
]

Kernel = Literal["triangular", "uniform", "epanechnikov", "bisquare", "gaussian"]

_COINCIDENT_KM = 1e-9
_FLAT = 1e-12


def contiguity_weights(
    layer: GeoDataFrame,
    *,
    rule: Rule = "queen",
    order: int = 1,
    snap: float | None = None,
    islands: Islands = "error",
) -> SpatialWeights:
    """Binary weights of units that border on each other.

    Parameters
    ----------
    layer : GeoDataFrame
        Polygons indexed by unit id. Rows with a true `decoration` column are left out.
    rule : {"queen", "rook"}
        "queen": at most `snap` apart (a shared point is enough). "rook": a shared boundary within `snap` that
        is longer than 10 times `snap`.
    order : int
        Neighbours exactly so many steps away: order 2 are the neighbours of neighbours that are not
        neighbours themselves. For "up to order 2" add both matrices with `SpatialWeights.from_matrix`.
    snap : float, optional
        Distance, in the units of the coordinates, within which two boundaries count as one. The default is
        10 mm, or 1e-8 of the layer's extent when it has no CRS. Coordinates are never rounded.
    islands : {"error", "keep", "nearest"} or mapping
        Units without neighbours: raise, leave their rows empty, link them to the unit with the nearest
        centroid, or link units as in ``{"460000": ["440000"]}``. Links are symmetric, made before `order` is
        applied, and written in the ledger.

    Returns
    -------
    SpatialWeights
        Style "binary", symmetric, in the order of the layer.

    Raises
    ------
    LayerError
        Faults of the layer, all at once.
    IslandError
        Units without neighbours, with the remedies.
    WeightsError
        `islands` names units that the layer does not have.
    OptionError
        Another rule, an order below 1, a negative snap.

    Notes
    -----
    Polygons that overlap are neighbours too, as in the fuzzy contiguity of libpysal.

    Examples
    --------
    >>> import geopandas, shapely, spatialfin as sf
    >>> squares = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(2, 1, 3, 2)]
    >>> layer = geopandas.GeoDataFrame(geometry=squares, index=["a", "b", "c"], crs=32650)
    >>> sf.contiguity_weights(layer).sparse.toarray()
    array([[0., 1., 0.],
           [1., 0., 1.],
           [0., 1., 0.]])
    >>> sf.contiguity_weights(layer, rule="rook", islands="keep").islands.tolist()
    ['c']
    """
    check_option("rule", rule, ("queen", "rook"))
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or order < 1:
        raise OptionError(f"order={order!r}: a whole number from 1 on is needed.")
    units = usable_units(layer, polygons=True)
    distance, how = _snap(units, snap)
    find = queen_pairs if rule == "queen" else rook_pairs
    geometry = units.geometry.to_numpy()
    matrix = symmetric_matrix(find(geometry, distance), len(units))
    ledger = [f"{rule} contiguity of {len(units)} units, {matrix.nnz // 2} pairs, {how}"]
    matrix, links = resolve_islands(matrix, units, islands)
    ledger += links
    name = str(rule)
    if order > 1:
        matrix, name = neighbours_of_order(matrix, order), f"{rule} order {order}"
        ledger.append(f"neighbours exactly {order} steps away: {matrix.nnz // 2} pairs")
        alone = units.index[np.diff(matrix.indptr) == 0]
        if len(alone) and islands != "keep":
            raise IslandError(
                f"{len(alone)} units have no neighbours of order {order}: {listed(alone)}. "
                'Use islands="keep" to leave their rows empty, or a lower order.'
            )
    return SpatialWeights(units.index, matrix, "binary", tuple(ledger), name)


def knn_weights(layer: GeoDataFrame, *, k: int) -> SpatialWeights:
    """Binary weights of the k nearest units, by the distance between centroids.

    Parameters
    ----------
    layer : GeoDataFrame
        Polygons or points indexed by unit id, with a CRS. Rows with a true `decoration` column are left out.
    k : int
        Number of neighbours of every unit, from 1 to n - 1.

    Returns
    -------
    SpatialWeights
        Style "binary", in general not symmetric. Equally distant units are chosen by their coordinates, and
        the ledger counts such ties.

    Raises
    ------
    LayerError
        Faults of the layer, or no CRS.
    OptionError
        `k` is not a whole number from 1 to n - 1.
    WeightsError
        More links than fit in memory.

    Notes
    -----
    Distances are great-circle km for geographic coordinates and planar km otherwise.

    Examples
    --------
    >>> import geopandas, spatialfin as sf
    >>> points = geopandas.points_from_xy([0, 1, 3], [0, 0, 0])
    >>> layer = geopandas.GeoDataFrame(geometry=points, index=["a", "b", "c"], crs=4326)
    >>> sf.knn_weights(layer, k=1).sparse.toarray()
    array([[0., 1., 0.],
           [1., 0., 0.],
           [0., 1., 0.]])
    """
    units = usable_units(layer, polygons=False)
    _check_k(k, len(units))
    positions, measure = points_km(units)
    check_size(len(units) * k, "Take a smaller k.")
    neighbours, _, ties = nearest_links(positions, k)
    rows = np.repeat(np.arange(len(units)), k)
    matrix = matrix_of(rows, neighbours.ravel(), np.ones(len(rows)), len(units))
    ledger = [f"{k} nearest neighbours of {len(units)} units, {measure}"]
    ledger += [f"ties at the last neighbour of {ties} units, decided by coordinates"] if ties else []
    return SpatialWeights(units.index, matrix, "binary", tuple(ledger), f"{k} nearest")


def distance_weights(
    layer: GeoDataFrame,
    *,
    band: float | None = None,
    power: float | None = None,
    islands: Literal["error", "keep"] = "error",
) -> SpatialWeights:
    """Weights by distance between centroids: all within a band, inverse distance, or both.

    Parameters
    ----------
    layer : GeoDataFrame
        Polygons or points indexed by unit id, with a CRS. Rows with a true `decoration` column are left out.
    band : float, optional
        Units at most so many km apart are neighbours. Always km, never degrees. None links all units, which
        needs `power`.
    power : float, optional
        The weight is ``1 / km ** power``. None gives weights of 1 within the band.
    islands : {"error", "keep"}
        What to do when the band leaves units without neighbours.

    Returns
    -------
    SpatialWeights
        Symmetric; style "binary" without `power`, otherwise "general".

    Raises
    ------
    LayerError
        Faults of the layer, or no CRS.
    OptionError
        Neither `band` nor `power`, or one that is not positive.
    WeightsError
        Centroids that coincide, with `power`; more links than fit in memory.
    IslandError
        Units without neighbours; the message says how long the band must be.

    Notes
    -----
    Distances are great-circle km for geographic coordinates and planar km otherwise.

    Examples
    --------
    >>> import geopandas, spatialfin as sf
    >>> points = geopandas.points_from_xy([0, 1000, 3000], [0, 0, 0])
    >>> layer = geopandas.GeoDataFrame(geometry=points, index=["a", "b", "c"], crs=32650)
    >>> sf.distance_weights(layer, band=2.5, power=1).sparse.toarray()
    array([[0. , 1. , 0. ],
           [1. , 0. , 0.5],
           [0. , 0.5, 0. ]])
    """
    check_option("islands", islands, ("error", "keep"))
    if band is None and power is None:
        raise OptionError("Give band= (km), power=, or both.")
    for name, value in (("band", band), ("power", power)):
        _check_positive(name, value)
    units = usable_units(layer, polygons=False)
    positions, measure = points_km(units)
    if band is None:
        check_size(float(len(units)) ** 2, "Give a band= in km.")
    rows, columns, km = links_within(positions, np.inf if band is None else band)
    if power is not None:
        _refuse_coincident(rows, columns, km, units.index)
    values = np.ones(len(km)) if power is None else km**-power
    matrix = matrix_of(rows, columns, values, len(units))
    within = "all pairs" if band is None else f"within {band:g} km"
    weight = "weight 1" if power is None else f"weight 1/km^{power:g}"
    ledger = [f"{within} of {len(units)} units, {weight}, {measure}"]
    ledger += _kept_islands(matrix, units.index, islands, positions)
    style: Style = "binary" if power is None else "general"
    name = within if power is None else f"1/km^{power:g}" + ("" if band is None else f" {within}")
    return SpatialWeights(units.index, matrix, style, tuple(ledger), name)


def kernel_weights(
    layer: GeoDataFrame,
    *,
    kernel: Kernel = "triangular",
    bandwidth: float | None = None,
    k: int | None = None,
    islands: Literal["error", "keep"] = "error",
) -> SpatialWeights:
    """Kernel weights by distance between centroids, with a fixed or an adaptive bandwidth.

    Parameters
    ----------
    layer : GeoDataFrame
        Polygons or points indexed by unit id, with a CRS. Rows with a true `decoration` column are left out.
    kernel : {"triangular", "uniform", "epanechnikov", "bisquare", "gaussian"}
        Function of ``u = distance / bandwidth``, zero beyond the bandwidth ("epanechnikov" and "bisquare" are
        also known as quadratic and quartic).
    bandwidth : float, optional
        One bandwidth for all, in km.
    k : int, optional
        Adaptive: the bandwidth of a unit is the distance to its k-th nearest neighbour. Without `bandwidth`
        and `k`, k is the cube root of n, rounded up, at least 2.
    islands : {"error", "keep"}
        What to do when the bandwidth leaves units without neighbours.

    Returns
    -------
    SpatialWeights
        Style "general"; symmetric only with a fixed bandwidth. The diagonal is zero as everywhere: for the
        HAC covariance of spreg, which needs ones there, use ``to_graph(self_weight=1)``.

    Raises
    ------
    LayerError
        Faults of the layer, or no CRS.
    OptionError
        Another kernel, both `bandwidth` and `k`, or values out of range.
    IslandError
        Units without neighbours; the message says how long the bandwidth must be.
    WeightsError
        An adaptive bandwidth of zero (k coincident points), more links than fit in memory.

    Notes
    -----
    Triangular ``1 - u``, uniform ``1/2``, epanechnikov ``3/4 (1 - u^2)``, bisquare ``15/16 (1 - u^2)^2``,
    gaussian ``exp(-u^2 / 2) / sqrt(2 pi)``, each for ``u <= 1``. Kernels that end at zero give the k-th
    neighbour itself no weight.

    References
    ----------
    .. [1] Anselin, L. and Rey, S. (2014). Modern Spatial Econometrics in Practice. GeoDa Press, ch. 4.

    Examples
    --------
    >>> import geopandas, spatialfin as sf
    >>> points = geopandas.points_from_xy([0, 1000, 3000], [0, 0, 0])
    >>> layer = geopandas.GeoDataFrame(geometry=points, index=["a", "b", "c"], crs=32650)
    >>> sf.kernel_weights(layer, bandwidth=4).sparse.toarray()
    array([[0.  , 0.75, 0.25],
           [0.75, 0.  , 0.5 ],
           [0.25, 0.5 , 0.  ]])
    """
    check_option("kernel", kernel, tuple(KERNELS))
    check_option("islands", islands, ("error", "keep"))
    if bandwidth is not None and k is not None:
        raise OptionError("Give bandwidth= (km, the same for all) or k= (adaptive), not both.")
    _check_positive("bandwidth", bandwidth)
    units = usable_units(layer, polygons=False)
    positions, measure = points_km(units)
    n = len(units)
    if bandwidth is not None:
        rows, columns, km = links_within(positions, bandwidth)
        relative, width = km / bandwidth, f"bandwidth {bandwidth:g} km"
    else:
        k = max(2, int(np.ceil(round(n ** (1 / 3), 9)))) if k is None else k
        _check_k(k, n)
        rows, columns, relative = _adaptive_links(positions, k, units.index)
        width = f"bandwidth to neighbour {k}"
    matrix = matrix_of(rows, columns, KERNELS[kernel](np.minimum(relative, 1.0)), n)
    matrix.eliminate_zeros()
    ledger = [f"{kernel} kernel of {n} units, {width}, {measure}"]
    ledger += _kept_islands(matrix, units.index, islands, positions)
    return SpatialWeights(units.index, matrix, "general", tuple(ledger), f"{kernel} kernel")


def gravity_weights(layer: GeoDataFrame, masses: pd.Series, *, power: float = 2.0) -> SpatialWeights:
    """Gravity weights: large units that are near count most.

    Parameters
    ----------
    layer : GeoDataFrame
        Polygons or points indexed by unit id, with a CRS. Rows with a true `decoration` column are left out.
    masses : Series
        A positive number per unit of the layer, in any order, such as GDP or population.
    power : float
        Decay with distance.

    Returns
    -------
    SpatialWeights
        Symmetric, every pair linked, in the order of the layer; style "general".

    Raises
    ------
    LayerError
        Faults of the layer, or no CRS.
    DataError
        Masses that are missing, zero or negative; duplicate units; fewer than two units.
    AlignmentError
        Layer and masses hold different units.
    OptionError
        A power that is not positive.
    WeightsError
        Centroids that coincide; more links than fit in memory.

    Notes
    -----
    ``w_ij = x_i x_j / d_ij ** power``; d is great-circle km for geographic coordinates, planar km otherwise.
    After standardising by rows the own mass drops out.

    Examples
    --------
    >>> import geopandas, pandas as pd, spatialfin as sf
    >>> points = geopandas.points_from_xy([0, 1000, 3000], [0, 0, 0])
    >>> layer = geopandas.GeoDataFrame(geometry=points, index=["a", "b", "c"], crs=32650)
    >>> sf.gravity_weights(layer, pd.Series({"c": 4.0, "b": 2.0, "a": 1.0})).sparse.toarray().round(3)
    array([[0.   , 2.   , 0.444],
           [2.   , 0.   , 2.   ],
           [0.444, 2.   , 0.   ]])
    """
    return times_masses(distance_weights(layer, power=power, islands="keep"), masses, power)


def compare_weights(weights: Mapping[str, SpatialWeights]) -> pd.DataFrame:
    """Summaries of several weights side by side, with their correlations.

    Parameters
    ----------
    weights : mapping of name to SpatialWeights
        Weights of the same units, in any order.

    Returns
    -------
    pandas.DataFrame
        One row per name: the columns of `SpatialWeights.summary`, then one column ``corr NAME`` for each,
        the correlation over the n(n-1) ordered pairs of different units (NaN when one of them is constant).

    Raises
    ------
    AlignmentError
        The units differ.
    WeightsError
        Nothing to compare.

    Examples
    --------
    >>> import spatialfin as sf
    >>> w = sf.SpatialWeights.from_matrix([[0, 1, 0], [1, 0, 1], [0, 1, 0]], ids=["a", "b", "c"])
    >>> sf.compare_weights({"binary": w, "row": w.standardize("row")})["corr row"].round(3).tolist()
    [0.866, 1.0]
    """
    if not isinstance(weights, Mapping) or not weights:
        raise WeightsError("compare_weights: a dictionary of name to weights, not empty, is needed.")
    for each in weights.values():
        check_weights(each)
    first = next(iter(weights.values()))
    for name, other in weights.items():
        check_same_units(first.ids, other.ids, data_name=f"the first weights (beside {name!r})")
    rows = pd.concat([each.summary() for each in weights.values()])
    rows.index = pd.Index(list(weights), name="weights")
    matrices = {name: each.align(first.ids) for name, each in weights.items()}
    for name, matrix in matrices.items():
        rows[f"corr {name}"] = [_correlation(other, matrix) for other in matrices.values()]
    return rows


def _snap(units: GeoDataFrame, snap: float | None) -> tuple[float, str]:
    if snap is None:
        return default_snap(units)
    check_number("snap", snap, least=0)
    return float(snap), f"snap {snap:.3g} coordinate units (given)"


def _check_k(k: object, n: int) -> None:
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or not 1 <= k < n:
        raise OptionError(f"k={k!r}: a whole number from 1 to {n - 1} is needed for {n} units.")


def _check_positive(name: str, value: float | None) -> None:
    if value is not None:
        check_number(name, value, between=(0, np.inf))


def _refuse_coincident(rows: np.ndarray, columns: np.ndarray, km: np.ndarray, ids: pd.Index) -> None:
    together = (km <= _COINCIDENT_KM) & (rows < columns)
    if together.any():
        pairs = [
            f"{ids[row]} = {ids[column]}"
            for row, column in zip(rows[together], columns[together], strict=True)
        ]
        raise WeightsError(
            f"Inverse distance is infinite between units with the same centroid: {listed(pairs)}. "
            "Merge them or use band= without power=."
        )


def _adaptive_links(
    positions: np.ndarray, k: int, ids: pd.Index
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, columns and distance over bandwidth of the k nearest neighbours."""
    check_size(len(ids) * k, "Take a smaller k.")
    neighbours, km, _ = nearest_links(positions, k)
    width = km[:, -1:]
    stacked = ids[width[:, 0] <= _COINCIDENT_KM]
    if len(stacked):
        raise WeightsError(f"{k} or more units share the centroid of {listed(stacked)}: take a larger k.")
    return np.repeat(np.arange(len(ids)), k), neighbours.ravel(), (km / width).ravel()


def _kept_islands(matrix: csr_array, ids: pd.Index, islands: str, positions: np.ndarray) -> list[str]:
    """The ledger line of islands that are kept, or an error that says how far they are."""
    alone = np.flatnonzero(np.diff(matrix.indptr) == 0)
    if len(alone) == 0:
        return []
    if islands == "keep":
        return [f"islands kept with empty rows: {listed(ids[alone])}"]
    needed = (
        f" The farthest is {nearest_km(positions)[alone].max():.1f} km from its nearest unit: "
        if len(ids) > 1
        else " "
    )
    raise IslandError(
        f"{len(alone)} of {len(ids)} units have no neighbours: {listed(ids[alone])}.{needed}"
        'take a longer distance (always km, never degrees), or islands="keep" to leave their rows empty.'
    )


def _correlation(left: csr_array, right: csr_array) -> float:
    """Correlation over the off-diagonal cells of two sparse matrices."""
    cells = left.shape[0] * (left.shape[0] - 1)
    if cells == 0:
        return float("nan")
    means = left.sum() / cells, right.sum() / cells
    squares = left.multiply(left).sum() / cells, right.multiply(right).sum() / cells
    variances = [square - mean**2 for square, mean in zip(squares, means, strict=True)]
    if any(variance <= _FLAT * square for variance, square in zip(variances, squares, strict=True)):
        return float("nan")
    covariance = left.multiply(right).sum() / cells - means[0] * means[1]
    return float(covariance / np.sqrt(variances[0] * variances[1]))
