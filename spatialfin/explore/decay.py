"""Distance decay: how a variable falls with the distance from a centre."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from .._core.least_squares import ols_covariance
from .._core.smoother import bootstrap_counts, cross_validated_bandwidth, local_linear
from .._errors import AlignmentError, DataError, LayerError, OptionError, listed, nearest
from .._geometry import km_of, points_km, usable_units
from .._validate import check_number, check_option, check_unique, check_whole, numeric_values

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

__all__ = ["DecayFit", "DistanceDecay", "distance_decay"]

_FEWEST = 5
_GRID = 100


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DecayFit:
    """A curve of decay with two parameters.

    Attributes
    ----------
    form : {"exponential", "power"}
        ``y = exp(a - b d)`` or ``y = exp(a) d^-b``, d in km.
    params : DataFrame
        Rows a and b: estimate, std_error (robust), t, p_value.
    half_distance, half_distance_std_error : float
        Exponential: km in which y halves, ``ln 2 / b``; NaN where y does not fall, and for the power.
    r2 : float
        Of the logarithms.
    nobs : int
        Units.
    dropped : tuple
        Units left out because they lie at distance 0, which has no power.
    """

    form: str
    params: pd.DataFrame
    half_distance: float
    half_distance_std_error: float
    r2: float
    nobs: int
    dropped: tuple[object, ...]

    def predict(self, distances: Sequence[float] | np.ndarray) -> np.ndarray:
        """The curve at distances in km.

        Parameters
        ----------
        distances : sequence of float
            In km; positive for the power.

        Returns
        -------
        ndarray
            In the units of the variable.
        """
        a, b = self.params["estimate"]
        km = np.asarray(distances, dtype=float)
        return np.asarray(np.exp(a - b * (km if self.form == "exponential" else np.log(km))))

    def __repr__(self) -> str:
        b = self.params.loc["b"]
        half = f", half in {self.half_distance:.0f} km" if np.isfinite(self.half_distance) else ""
        return (
            f"<{self.form} decay: b = {b['estimate']:.4g} (p = {b['p_value']:.3f}){half}, {self.nobs} units>"
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DistanceDecay:
    """Profile of a variable over the distance from a centre.

    Attributes
    ----------
    profile : DataFrame
        Columns distance (km; of a bin the mean of its units), estimate, conf_low, conf_high, units (in the
        bin, or within one bandwidth; NaN where there is none).
    points : DataFrame
        By unit: distance (km) and value.
    method : {"local-linear", "binned"}
        What the profile is made of.
    bandwidth : float
        Standard deviation of the kernel in km; NaN for bins.
    level : float
        Of the pointwise percentile band.
    draws, seed : int
        What the band rests on.
    """

    profile: pd.DataFrame
    points: pd.DataFrame
    method: str
    bandwidth: float
    level: float
    draws: int
    seed: int

    def fit(self, form: Literal["exponential", "power"] = "exponential") -> DecayFit:
        """Fit a curve by least squares of the logarithm.

        Parameters
        ----------
        form : {"exponential", "power"}
            ``ln y = a - b d`` or ``ln y = a - b ln d``.

        Returns
        -------
        DecayFit

        Raises
        ------
        DataError
            Values of zero or less, by name.
        OptionError
            For another word.

        Notes
        -----
        Standard errors are White's with the factor n/(n - 2) and take the units as independent; that of the
        half-distance is by the delta method, ``ln 2 se(b) / b^2``.
        """
        check_option("form", form, ("exponential", "power"))
        bad = self.points.index[self.points["value"] <= 0]
        if len(bad):
            raise DataError(f"Values of zero or less have no logarithm: {listed(bad)}. Drop these units.")
        away = (self.points["distance"] > 0) | (form == "exponential")
        used = self.points[away]
        km, y = used["distance"].to_numpy(), np.log(used["value"].to_numpy())
        x = np.column_stack([np.ones(len(km)), -km if form == "exponential" else -np.log(km)])
        estimate = np.linalg.lstsq(x, y, rcond=None)[0]
        residuals = y - x @ estimate
        error = np.sqrt(np.diag(ols_covariance(x, residuals, kind="robust")))
        t = estimate / error
        table = pd.DataFrame(
            {
                "estimate": estimate,
                "std_error": error,
                "t": t,
                "p_value": 2 * stats.t.sf(np.abs(t), len(y) - 2),
            },
            index=pd.Index(["a", "b"], name="parameter"),
        )
        half = half_error = float("nan")
        if form == "exponential" and estimate[1] > 0:
            half, half_error = np.log(2) / estimate[1], np.log(2) * error[1] / estimate[1] ** 2
        return DecayFit(
            form=form,
            params=table,
            half_distance=float(half),
            half_distance_std_error=float(half_error),
            r2=float(1 - residuals @ residuals / np.sum((y - y.mean()) ** 2)),
            nobs=len(y),
            dropped=tuple(self.points.index[~away]),
        )

    def __repr__(self) -> str:
        far = self.points["distance"].max()
        width = f", bandwidth {self.bandwidth:.0f} km" if self.method == "local-linear" else ""
        return f"<Distance decay: {len(self.points)} units up to {far:.0f} km, {self.method}{width}>"


def distance_decay(
    y: pd.Series,
    layer: GeoDataFrame,
    centre: Any,
    *,
    method: Literal["local-linear", "binned"] = "local-linear",
    bandwidth: float | None = None,
    bins: int | Sequence[float] = 8,
    level: float = 0.95,
    draws: int = 999,
    seed: int = 0,
) -> DistanceDecay:
    """Profile of a variable over the distance from a centre, with a bootstrap band.

    Parameters
    ----------
    y : pandas.Series
        One number per unit, indexed by unit, in any order.
    layer : GeoDataFrame
        Boundaries or points indexed by unit; units that `y` lacks are left out.
    centre : unit or (float, float)
        A unit of the layer, or longitude and latitude in degrees.
    method : {"local-linear", "binned"}
        A smooth line (Gaussian kernel), or means of bins of distance.
    bandwidth : float, optional
        Standard deviation of the kernel in km; cross-validated when left out.
    bins : int or sequence of float
        Number of bins with equally many units, or their ascending edges in km, from the first to the last.
    level : float
        Of the pointwise percentile band.
    draws, seed : int
        Bootstrap samples of units (of bins: within each), and the seed.

    Returns
    -------
    DistanceDecay
        `.fit("exponential")` and `.fit("power")` give curves with standard errors.

    Raises
    ------
    AlignmentError
        Units that the layer does not have; a centre that it does not have.
    DataError
        Missing values, a constant variable, fewer than 5 units, a bin without a unit.
    LayerError
        A layer without a coordinate system, or with bad ids or geometry.
    OptionError
        For another word, or numbers that are none.

    Notes
    -----
    Distances are great-circle kilometres between centroids. Local-linear: at each of 100 distances the
    intercept of a line fitted with weights ``exp(-(d_i - d)^2 / 2h^2)`` [1]_, h minimising the squared error
    of each unit predicted from the others. Where no unit lies within one bandwidth there is no estimate
    (NaN), and a bootstrap sample whose units give no line at a distance is left out there. The band is that
    of the smoother at this bandwidth, units taken as independent; it does not hold its bias.

    References
    ----------
    .. [1] Fan, J. and Gijbels, I. (1996). Local Polynomial Modelling and Its Applications. Chapman and Hall.

    Examples
    --------
    >>> import geopandas, numpy as np, pandas as pd, spatialfin as sf
    >>> points = geopandas.points_from_xy(np.linspace(110, 120, 12), np.full(12, 30.0))
    >>> layer = geopandas.GeoDataFrame(geometry=points, index=list("abcdefghijkl"), crs=4326)
    >>> y = pd.Series(np.exp(-0.7 * np.arange(12)), index=layer.index)
    >>> found = sf.explore.distance_decay(y, layer, "a", draws=99)
    >>> round(found.fit("exponential").half_distance)
    87
    """
    check_option("method", method, ("local-linear", "binned"))
    check_number("level", level, between=(0, 1))
    check_whole("draws", draws, least=10)
    check_whole("seed", seed)
    if bandwidth is not None:
        check_number("bandwidth", bandwidth, between=(0, np.inf))
    points = _points(y, layer, centre)
    km, values = points["distance"].to_numpy(), points["value"].to_numpy()
    tails = [(1 - level) / 2, (1 + level) / 2]
    width = float("nan")
    if method == "binned":
        table, drawn = _binned(km, values, bins, draws, seed)
    else:
        width = cross_validated_bandwidth(km, values) if bandwidth is None else float(bandwidth)
        grid = np.linspace(km.min(), km.max(), _GRID)
        drawn = local_linear(km, values, grid, width, bootstrap_counts(len(km), draws, seed))
        near = (np.abs(km - grid[:, None]) <= width).sum(axis=1)
        table = pd.DataFrame(
            {"distance": grid, "estimate": local_linear(km, values, grid, width), "units": near}
        )
        # A line between far units says nothing about the gap between them.
        table.loc[near == 0, "estimate"] = np.nan
    low, high = _band(np.where(table["estimate"].notna().to_numpy()[:, None], drawn, np.nan), tails)
    profile = table.assign(conf_low=low, conf_high=high)
    profile = profile[["distance", "estimate", "conf_low", "conf_high", "units"]]
    return DistanceDecay(profile, points.loc[y.index], method, width, level, draws, seed)


def _band(drawn: np.ndarray, tails: list[float]) -> np.ndarray:
    """Quantiles of the samples that have an estimate, shape (2, rows)."""
    band = np.full((2, len(drawn)), np.nan)
    known = ~np.isnan(drawn).all(axis=1)
    band[:, known] = np.nanquantile(drawn[known], tails, axis=1)
    return band


def _points(y: pd.Series, layer: GeoDataFrame, centre: Any) -> pd.DataFrame:
    """Distance and value by unit, nearest first."""
    if not isinstance(y, pd.Series):
        raise DataError(f"A Series indexed by unit is needed, not {type(y).__name__}.")
    check_unique(y.index, "y")
    values = numeric_values(y, str(y.name or "y"))
    if len(values) < _FEWEST:
        raise DataError(f"{y.name or 'y'}: {len(values)} units, at least {_FEWEST} are needed.")
    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        raise DataError(f"{y.name or 'y'}: constant, so it neither rises nor falls.")
    shapes = usable_units(layer, polygons=False)
    if shapes.crs is None:
        raise LayerError("The layer has no CRS, so distances have no unit. Set one with layer.set_crs(...).")
    shapes = shapes.to_crs(4326)
    absent = y.index.difference(shapes.index, sort=False)
    if len(absent):
        raise AlignmentError(f"The layer has no units {listed(absent)} of y: drop them or add them.")
    from_here, _ = points_km(_centre(shapes, centre))
    there, _ = points_km(shapes.loc[y.index])
    km = km_of(np.linalg.norm(there - from_here, axis=1), there.shape[1])
    if len(np.unique(km.round(6))) < 3:
        raise DataError("The units lie at fewer than 3 different distances from the centre.")
    table = pd.DataFrame({"distance": km, "value": values}, index=y.index)
    order = np.lexsort((y.index.astype(str).to_numpy(dtype=str), values, km))
    return table.iloc[order]


def _centre(shapes: GeoDataFrame, centre: Any) -> GeoDataFrame:
    """The centre as a layer with one unit."""
    if isinstance(centre, tuple) and len(centre) == 2:
        import geopandas

        for name, number, end in zip(("longitude", "latitude"), centre, (360.1, 90.1), strict=True):
            check_number(f"centre, {name}", number, between=(-end, end))
        return geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(*([one] for one in centre)), crs=4326)
    if not pd.api.types.is_hashable(centre):
        raise OptionError(f"centre={centre!r}: a unit of the layer or (longitude, latitude) is needed.")
    if centre not in shapes.index:
        raise AlignmentError(f"centre={centre!r} is no unit of the layer.{nearest(centre, shapes.index)}")
    alone: GeoDataFrame = shapes.loc[[centre]]
    return alone


def _binned(
    km: np.ndarray, values: np.ndarray, bins: Any, draws: int, seed: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """Means of bins, and of their bootstrap samples, shape (bins, draws)."""
    if isinstance(bins, (int, np.integer)) and not isinstance(bins, bool):
        check_whole("bins", bins, least=2)
        member = np.arange(len(km)) * int(bins) // len(km)
        number = int(bins)
    else:
        edges = _edges(bins)
        inside = (km >= edges[0]) & (km <= edges[-1])
        if not inside.all():
            raise OptionError(
                f"bins: {int((~inside).sum())} units lie outside {edges[0]:g} to {edges[-1]:g} km, at up to "
                f"{km.max():.0f} km. Widen the edges, or drop the units."
            )
        member = np.minimum(np.searchsorted(edges, km, side="right") - 1, len(edges) - 2)
        number = len(edges) - 1
    sizes = np.bincount(member, minlength=number)
    if (sizes == 0).any():
        raise DataError(f"bins: no unit in bin {listed(np.flatnonzero(sizes == 0) + 1)}. Take fewer bins.")
    share = (member == np.arange(number)[:, None]) / sizes[:, None]
    table = pd.DataFrame({"distance": share @ km, "estimate": share @ values, "units": sizes})
    drawn = share @ (bootstrap_counts(len(km), draws, seed, member) * values[:, None])
    return table, drawn


def _edges(bins: Any) -> np.ndarray:
    try:
        edges = np.asarray(bins, dtype=float)
    except (TypeError, ValueError) as error:
        raise OptionError(f"bins={bins!r}: a number of bins or their edges are needed.") from error
    if edges.ndim != 1 or len(edges) < 3 or not np.isfinite(edges).all() or (np.diff(edges) <= 0).any():
        raise OptionError(f"bins={bins!r}: at least 3 finite, ascending edges are needed.")
    return edges
