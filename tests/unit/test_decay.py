"""Distance decay: great-circle distances, smoother and bins by other routes, curves with known parameters."""

from __future__ import annotations

import warnings

import geopandas
import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._core.smoother import cross_validated_bandwidth, local_linear
from spatialfin._errors import AlignmentError, DataError, LayerError, OptionError

UNITS = [f"u{number}" for number in range(40)]
_rng = np.random.default_rng(6)
_places = _rng.uniform([100, 25], [120, 40], size=(40, 2))
LAYER = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(*_places.T), index=UNITS, crs=4326)
_lon, _lat = np.radians(_places).T
_cosine = np.sin(_lat[0]) * np.sin(_lat) + np.cos(_lat[0]) * np.cos(_lat) * np.cos(_lon - _lon[0])
KM = pd.Series(6371.0088 * np.arccos(np.clip(_cosine, -1, 1)), index=UNITS)
Y = pd.Series(np.exp(2 - KM / 400 + _rng.normal(scale=0.1, size=40)), name="lq")


def test_distances_are_great_circles_from_a_unit_or_a_place() -> None:
    found = sf.explore.distance_decay(Y, LAYER, "u0", draws=10)
    # The arc cosine loses digits near 1: about a metre.
    np.testing.assert_allclose(found.points["distance"], KM, atol=1e-3)
    assert list(found.points.index) == UNITS
    place = sf.explore.distance_decay(Y, LAYER, tuple(_places[0]), draws=10)
    np.testing.assert_allclose(place.points["distance"], found.points["distance"], atol=1e-6)
    plane = sf.explore.distance_decay(Y, LAYER.to_crs(3857), "u0", draws=10)
    np.testing.assert_allclose(plane.points["distance"], found.points["distance"], atol=1e-3)


def test_the_line_is_a_weighted_regression_at_every_distance() -> None:
    found = sf.explore.distance_decay(Y, LAYER, "u0", bandwidth=250.0, draws=10)
    x, y = found.points["distance"].to_numpy(), Y.to_numpy()
    for row in found.profile.iloc[::20].itertuples():
        root = np.exp(-(((x - row.distance) / 250) ** 2) / 4)
        design = np.column_stack([root, root * (x - row.distance)])
        assert row.estimate == pytest.approx(np.linalg.lstsq(design, root * y, rcond=None)[0][0], rel=1e-9)
        assert row.units == (np.abs(x - row.distance) <= 250).sum()


def test_straight_lines_are_met_and_the_bandwidth_leaves_one_out() -> None:
    x = np.sort(_rng.uniform(0, 10, 30))
    np.testing.assert_allclose(
        local_linear(x, 3 - 2 * x, np.array([0.0, 5, 12]), 1.5), [3, -7, -21], atol=1e-9
    )
    y = np.sin(x) + _rng.normal(scale=0.2, size=30)
    widths = np.geomspace(0.05, 1, 20) * np.ptp(x)
    errors = []
    for width in widths:
        left = [local_linear(np.delete(x, i), np.delete(y, i), x[[i]], width)[0] for i in range(30)]
        errors.append(np.mean((y - left) ** 2))
    assert cross_validated_bandwidth(x, y) == pytest.approx(widths[np.nanargmin(errors)])


def test_the_band_covers_the_bootstrap_of_the_mean() -> None:
    found = sf.explore.distance_decay(Y, LAYER, "u0", method="binned", bins=[0.0, 700, 5000], draws=4000)
    near = Y[KM <= 700]
    row = found.profile.iloc[0]
    assert row["estimate"] == pytest.approx(near.mean())
    assert row["units"] == len(near)
    assert row["distance"] == pytest.approx(KM[KM <= 700].mean(), abs=1e-3)
    spread = near.std(ddof=0) / np.sqrt(len(near))
    means = np.random.default_rng(1).choice(near.to_numpy(), (20_000, len(near))).mean(axis=1)
    # An end of 4,000 draws has a standard error of 0.042 of the spread, one of 20,000 draws of 0.019.
    for end, share in (("conf_low", 0.025), ("conf_high", 0.975)):
        assert row[end] == pytest.approx(np.quantile(means, share), abs=0.2 * spread)
    smooth = sf.explore.distance_decay(Y, LAYER, "u0").profile
    assert (smooth["conf_low"] <= smooth["estimate"]).mean() > 0.9
    assert (smooth["conf_high"] >= smooth["estimate"]).mean() > 0.9


def test_gaps_without_units_have_no_estimate() -> None:
    """Neither a line across nor a warning: two clusters 300 km apart and a bandwidth of 20 km."""
    places = np.concatenate([np.linspace(100.0, 100.5, 8), np.linspace(103.5, 104.0, 8)])
    layer = geopandas.GeoDataFrame(
        geometry=geopandas.points_from_xy(places, np.full(16, 30.0)), index=UNITS[:16], crs=4326
    )
    y = pd.Series(np.linspace(5, 1, 16), index=layer.index)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        profile = sf.explore.distance_decay(y, layer, "u0", bandwidth=20.0, draws=50).profile
    gap = profile["units"] == 0
    assert 50 < gap.sum() < 80
    assert profile.loc[gap, ["estimate", "conf_low", "conf_high"]].isna().all(axis=None)
    assert profile.loc[~gap, "estimate"].between(0.9, 5.1).all()


def test_bins_hold_equally_many_units() -> None:
    found = sf.explore.distance_decay(Y, LAYER, "u0", method="binned", bins=5, draws=10)
    assert found.profile["units"].tolist() == [8] * 5
    nearest_first = Y.loc[KM.sort_values().index]
    assert found.profile["estimate"].tolist() == pytest.approx(
        nearest_first.to_numpy().reshape(5, 8).mean(axis=1)
    )


def test_planted_curves_are_found() -> None:
    found = sf.explore.distance_decay(Y, LAYER, "u0", draws=10)
    curve = found.fit("exponential")
    assert abs(curve.params.loc["b", "estimate"] - 1 / 400) < 3 * curve.params.loc["b", "std_error"]
    assert curve.half_distance == pytest.approx(np.log(2) / curve.params.loc["b", "estimate"])
    relative = curve.params.loc["b", "std_error"] / curve.params.loc["b", "estimate"]
    assert curve.half_distance_std_error == pytest.approx(curve.half_distance * relative)
    assert curve.nobs == 40
    assert curve.predict([0.0])[0] == pytest.approx(np.exp(curve.params.loc["a", "estimate"]))
    power = 5 * KM.where(KM > 0, 1.0) ** -1.5
    exact = sf.explore.distance_decay(power, LAYER, "u0", draws=10).fit("power")
    assert exact.params["estimate"].tolist() == pytest.approx([np.log(5), 1.5], rel=1e-4)
    assert exact.dropped == ("u0",)
    assert exact.r2 == pytest.approx(1)
    rising = sf.explore.distance_decay(1 / Y, LAYER, "u0", draws=10).fit()
    assert np.isnan(rising.half_distance)


def test_robust_errors_by_hand() -> None:
    curve = sf.explore.distance_decay(Y, LAYER, "u0", draws=10).fit()
    x = np.column_stack([np.ones(40), -KM])
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ np.log(Y)
    residuals = np.log(Y) - x @ beta
    cov = inverse @ (x.T * residuals.to_numpy() ** 2) @ x @ inverse * 40 / 38
    assert curve.params["std_error"].tolist() == pytest.approx(np.sqrt(np.diag(cov)).tolist(), rel=1e-4)


@pytest.mark.parametrize("method", ["local-linear", "binned"])
def test_order_and_names_change_nothing(method) -> None:
    one = sf.explore.distance_decay(Y, LAYER, "u0", method=method, draws=50)
    shuffled = Y.sample(frac=1, random_state=1)
    other = sf.explore.distance_decay(shuffled, LAYER[::-1], "u0", method=method, draws=50)
    pd.testing.assert_frame_equal(one.profile, other.profile)
    assert list(other.points.index) == list(shuffled.index)
    names = {unit: f"x{39 - place}" for place, unit in enumerate(UNITS)}
    renamed = sf.explore.distance_decay(Y.rename(names), LAYER.rename(names), "x39", method=method, draws=50)
    pd.testing.assert_frame_equal(one.profile, renamed.profile)


@pytest.mark.parametrize(
    ("y", "options", "error", "message"),
    [
        (Y.iloc[:4], {}, DataError, "lq: 4 units, at least 5"),
        (Y * 0 + 2, {}, DataError, "constant, so it neither rises nor falls"),
        (Y.mask(Y > 6), {}, DataError, "missing or infinite"),
        (Y.rename({"u3": "v3"}), {}, AlignmentError, "The layer has no units 'v3'"),
        (Y.to_numpy(), {}, DataError, "A Series indexed by unit"),
        (pd.concat([Y, Y[:1]]), {}, DataError, "duplicate labels 'u0'"),
        (Y, {"centre": "u00"}, AlignmentError, "no unit of the layer. Did you mean 'u0'"),
        (Y, {"centre": (500.0, 30.0)}, OptionError, "centre, longitude"),
        (Y, {"centre": [110.0, 30.0]}, OptionError, "a unit of the layer or"),
        (Y, {"layer": LAYER.set_crs(None, allow_override=True)}, LayerError, "no CRS"),
        (Y, {"method": "spline"}, OptionError, "'local-linear', 'binned'"),
        (Y, {"bandwidth": -1.0}, OptionError, "positive"),
        (Y, {"level": 95}, OptionError, "between 0 and 1"),
        (Y, {"draws": 1}, OptionError, "from 10 on"),
        (Y, {"method": "binned", "bins": [0.0, 100.0, 200.0]}, OptionError, "units lie outside 0 to 200 km"),
        (Y, {"method": "binned", "bins": [0.0, 1e-9, 5000.0, 6000.0]}, DataError, "no unit in bin '3'"),
        (Y, {"method": "binned", "bins": 60}, DataError, "no unit in bin"),
        (Y, {"method": "binned", "bins": "ten"}, OptionError, "a number of bins or their edges"),
        (Y, {"method": "binned", "bins": [3.0, 2.0, 1.0]}, OptionError, "ascending edges"),
    ],
)
def test_bad_inputs_are_named(y, options, error, message) -> None:
    given = {"layer": LAYER, "centre": "u0", **options}
    with pytest.raises(error, match=message):
        sf.explore.distance_decay(y, given.pop("layer"), given.pop("centre"), **given)


def test_bad_curves_are_named() -> None:
    found = sf.explore.distance_decay(Y - 5, LAYER, "u0", draws=10)
    with pytest.raises(DataError, match="Values of zero or less have no logarithm"):
        found.fit()
    with pytest.raises(OptionError, match="'exponential', 'power'"):
        found.fit("linear")
    same = geopandas.GeoDataFrame(
        geometry=geopandas.points_from_xy([100.0] * 5, [30.0] * 5), index=UNITS[:5], crs=4326
    )
    with pytest.raises(DataError, match="fewer than 3 different distances"):
        sf.explore.distance_decay(Y[:5], same, (101.0, 30.0))
