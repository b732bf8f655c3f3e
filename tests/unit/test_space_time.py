"""Convergence, densities and gravity centres: by hand, by other routes, and with bad inputs."""

from __future__ import annotations

import geopandas
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import trapezoid

import spatialfin as sf
from spatialfin._core.ellipse import weighted_ellipse
from spatialfin._errors import AlignmentError, DataError, LayerError, OptionError, SpatialfinWarning

KEYS = {"unit": "code", "time": "year"}
UNITS = [f"u{number}" for number in range(16)]
YEARS = [2005, 2006, 2007, 2008]
_start, _noise = np.random.default_rng(8).normal(size=(16, 1)), np.random.default_rng(9).normal(size=(16, 4))
LEVELS = np.exp(_start + 0.2 * _noise)


def long(values: np.ndarray, units: list[str], years: list[int], name: str = "y") -> pd.DataFrame:
    keys = pd.MultiIndex.from_product([units, years], names=["code", "year"])
    return pd.DataFrame({name: values.ravel()}, index=keys).reset_index()


DATA = long(LEVELS, UNITS, YEARS)
_ring = np.roll(np.eye(16), 1, axis=0) + np.roll(np.eye(16), -1, axis=0)
W = sf.SpatialWeights.from_matrix(_ring, ids=UNITS, name="ring").standardize("row")
_lon, _lat = np.meshgrid([104.0, 108, 112, 116], [26.0, 30, 34, 38])
POINTS = geopandas.GeoDataFrame(
    geometry=geopandas.points_from_xy(_lon.ravel(), _lat.ravel()), index=UNITS, crs=4326
)


# Sigma


def test_dispersion_by_hand() -> None:
    found = sf.explore.sigma_convergence(DATA, "y", **KEYS)
    assert found.by_time["sd_log"].tolist() == pytest.approx([pd.Series(np.log(c)).std() for c in LEVELS.T])
    assert found.by_time["cv"].tolist() == pytest.approx([stats.variation(c, ddof=1) for c in LEVELS.T])
    line = stats.linregress(YEARS, found.by_time["sd_log"])
    row = found.trend.loc["sd_log"]
    assert (row["slope"], row["std_error"], row["p_value"]) == pytest.approx(
        (line.slope, line.stderr, line.pvalue)
    )


def test_the_change_of_dispersion_is_a_likelihood_ratio() -> None:
    """Against the two likelihoods of correlated normals, maximised by their moments."""
    logs = np.log(LEVELS[:, [0, -1]])
    free = np.cov(logs.T, ddof=0)
    tied = np.full((2, 2), free[0, 1])
    np.fill_diagonal(tied, np.diag(free).mean())
    centred = logs - logs.mean(axis=0)
    values = [stats.multivariate_normal([0, 0], one).logpdf(centred).sum() for one in (free, tied)]
    found = sf.explore.sigma_convergence(DATA, "y", **KEYS)
    assert found.change["statistic"] == pytest.approx(2 * (values[0] - values[1]) * (16 - 2.5) / 16)
    assert found.change["p_value"] == pytest.approx(stats.chi2.sf(found.change["statistic"], 1))


def test_shrinking_gaps_are_seen() -> None:
    start = np.log(LEVELS[:, 0])
    noise = np.random.default_rng(2).normal(scale=0.05, size=(16, 8))
    data = long(np.exp(np.array([start * 0.9**t for t in range(8)]).T + noise), UNITS, list(range(8)))
    found = sf.explore.sigma_convergence(data, "y", **KEYS)
    assert found.trend["slope"].max() < 0
    assert found.trend["p_value"].max() < 0.01
    assert found.change["p_value"] < 0.01
    two = sf.explore.sigma_convergence(data[data["year"] < 2], "y", **KEYS)
    assert two.trend["p_value"].isna().all()
    scaled = sf.explore.sigma_convergence(DATA.assign(y=DATA["y"] * np.exp(DATA["year"] - 2005)), "y", **KEYS)
    np.testing.assert_allclose(
        scaled.by_time["sd_log"], sf.explore.sigma_convergence(DATA, "y", **KEYS).by_time["sd_log"]
    )
    parallel = sf.explore.sigma_convergence(long(np.outer(LEVELS[:, 0], [1, 2]), UNITS, [1, 2]), "y", **KEYS)
    assert parallel.change["p_value"] == pytest.approx(1)


# Beta


def test_absolute_convergence_is_least_squares_on_the_start() -> None:
    found = sf.models.beta_convergence(DATA.sample(frac=1, random_state=1), "y", **KEYS)
    growth = np.log(LEVELS[:, 3] / LEVELS[:, 0]) / 3
    line = stats.linregress(np.log(LEVELS[:, 0]), growth)
    assert found.beta == pytest.approx(line.slope)
    assert found.beta_std_error == pytest.approx(line.stderr)
    assert found.beta_p_value == pytest.approx(line.pvalue)
    assert found.span == 3
    assert found.speed == pytest.approx(-np.log(1 + line.slope * 3) / 3)
    step = 1e-6
    slope = (-np.log(1 + (line.slope + step) * 3) / 3 - found.speed) / step
    assert found.speed_std_error == pytest.approx(abs(slope) * line.stderr, rel=1e-4)
    assert found.half_life == pytest.approx(np.log(2) / found.speed)
    drift = (np.log(2) / (found.speed + step) - found.half_life) / step
    assert found.half_life_std_error == pytest.approx(abs(drift) * found.speed_std_error, rel=1e-3)
    table = found.tidy().set_index("quantity")
    assert table.loc["speed", "conf_low"] == pytest.approx(found.speed - 1.959964 * found.speed_std_error)
    assert np.isnan(table.loc["half-life", "p_value"])
    regression = found.fit.tidy(level=0.9).set_index("term").loc["initial"]
    for column in ("p_value", "conf_low", "conf_high"):
        assert found.tidy(level=0.9).set_index("quantity").loc["beta", column] == regression[column]
    assert table.loc["beta", "p_value"] == found.beta_p_value


@pytest.mark.parametrize("kind", ["datetime", "period", "date", "text"])
def test_dates_count_in_years_and_gaps_are_seen(kind) -> None:
    data = DATA[DATA["year"] != 2006]
    years = data["year"].astype(str)
    dates = pd.to_datetime(years + "-12-31")
    kinds = {"datetime": dates, "period": dates.dt.to_period("Y"), "date": dates.dt.date, "text": years}
    data = data.assign(year=kinds[kind])
    assert sf.models.beta_convergence(data, "y", **KEYS).span == pytest.approx(3)
    with pytest.raises(DataError, match="not equally far apart"):
        sf.models.beta_convergence(data, "y", form="panel", **KEYS)
    months = DATA.assign(
        year=pd.PeriodIndex.from_fields(year=[2010] * 64, month=DATA["year"] - 2004, freq="M")
    )
    for data in (months, months.assign(year=months["year"].dt.to_timestamp())):
        assert sf.models.beta_convergence(data, "y", **KEYS).span == pytest.approx(3 / 12)
    weeks = DATA.assign(year=pd.Timestamp("2010-01-04") + pd.to_timedelta(7 * (DATA["year"] - 2005), "D"))
    assert sf.models.beta_convergence(weeks, "y", **KEYS).span == pytest.approx(21 / 365.25)


def test_points_of_the_figure_are_growth_less_all_other_terms() -> None:
    data = DATA.assign(invest=np.random.default_rng(3).random(64)).sample(frac=1, random_state=1)
    plain = sf.models.beta_convergence(data, "y", **KEYS)
    growth = pd.Series(np.log(LEVELS[:, 3] / LEVELS[:, 0]) / 3, UNITS)
    start = pd.Series(np.log(LEVELS[:, 0]), UNITS)
    points = plain.points.loc[UNITS]
    assert points["initial"].to_numpy() == pytest.approx(start.to_numpy())
    assert points["growth"].to_numpy() == pytest.approx(growth.to_numpy())
    assert not plain.has_other_terms
    held = sf.models.beta_convergence(data, "y", W, model="sar", controls=["log(invest)"], **KEYS)
    first = data[data["year"] == 2005].set_index("code").loc[UNITS]
    others = held.fit.params["rho"] * W.lag(growth).loc[UNITS]
    others += held.fit.params["log(invest)"] * np.log(first["invest"])
    less = growth - others
    points = held.points.loc[UNITS]
    assert (points["growth"] - points["growth"].mean()).to_numpy() == pytest.approx(
        (less - less.mean()).to_numpy()
    )
    assert points["growth"].mean() == pytest.approx(growth.mean())
    assert held.has_other_terms


@pytest.mark.parametrize("effects", ["pooled", "unit"])
def test_points_of_a_panel_have_their_unit_and_period(effects: str) -> None:
    walks = long(LEVELS.cumprod(axis=1), UNITS, [2005, 2006, 2007, 2008])
    found = sf.models.beta_convergence(
        walks.sample(frac=1, random_state=2), "y", form="panel", effects=effects, **KEYS
    )
    assert found.points.index.names == ["code", "year"]
    logs = np.log(LEVELS.cumprod(axis=1))
    initial, growth = (found.points[name].unstack().loc[UNITS].to_numpy() for name in ("initial", "growth"))
    assert initial == pytest.approx(logs[:, :-1])
    # The effects of the units are what is taken out.
    gap = np.diff(logs, axis=1) - growth
    assert gap.std(axis=1).max() == pytest.approx(0, abs=1e-12)
    assert (np.abs(gap).max() > 1e-6) == (effects == "unit") == found.has_other_terms


def test_a_speed_that_was_planted_is_found() -> None:
    rng = np.random.default_rng(4)
    logs = [rng.normal(size=300)]
    for _ in range(20):
        logs.append(logs[-1] * np.exp(-0.03) + rng.normal(scale=0.01, size=300))
    data = long(np.exp(np.array(logs).T), [f"u{number}" for number in range(300)], list(range(21)))
    far = sf.models.beta_convergence(data, "y", **KEYS)
    steps = sf.models.beta_convergence(data, "y", form="panel", effects="pooled", **KEYS)
    for found in (far, steps):
        assert abs(found.speed - 0.03) < 4 * found.speed_std_error
        assert found.speed_std_error < 0.002
    assert steps.span == 1
    assert steps.fit.nobs == 6000


def test_spatial_growth_regressions_are_those_of_the_models() -> None:
    data = DATA.assign(invest=np.random.default_rng(3).random(64))
    found = sf.models.beta_convergence(data, "y", W, model="sar", controls=["log(invest)"], **KEYS)
    wide = data.set_index(["code", "year"]).unstack("year")
    frame = pd.DataFrame(
        {
            "g": np.log(wide[("y", 2008)] / wide[("y", 2005)]) / 3,
            "y0": np.log(wide[("y", 2005)]),
            "invest": wide[("invest", 2005)],
        }
    )
    direct = sf.fit_cross_section("g ~ y0 + log(invest)", frame, W, model="sar")
    assert found.fit.params.to_numpy() == pytest.approx(direct.params.to_numpy())
    assert found.beta_std_error == pytest.approx(direct.std_errors["y0"])
    panel = sf.models.beta_convergence(DATA, "y", W, form="panel", model="sdm", effects="time", **KEYS)
    rows = DATA.sort_values(["code", "year"]).assign(y0=lambda d: np.log(d["y"]))
    rows["g"] = rows.groupby("code")["y0"].shift(-1) - rows["y0"]
    direct = sf.fit_panel("g ~ y0", rows.dropna(), W, unit="code", time="year", model="sdm", effects="time")
    assert panel.fit.params.to_numpy() == pytest.approx(direct.params.to_numpy(), rel=1e-5)


def test_divergence_and_overshooting_have_no_half_life() -> None:
    apart = long(np.column_stack([LEVELS[:, 0], LEVELS[:, 0] ** 1.5 * LEVELS[:, 1] ** 0.1]), UNITS, [0, 5])
    found = sf.models.beta_convergence(apart, "y", **KEYS)
    assert found.speed < 0
    assert np.isnan(found.half_life)
    across = long(np.column_stack([LEVELS[:, 0], LEVELS[:, 0] ** -0.5 * LEVELS[:, 1] ** 0.1]), UNITS, [0, 5])
    with pytest.warns(SpatialfinWarning, match="closes more than the whole gap"):
        found = sf.models.beta_convergence(across, "y", **KEYS)
    assert np.isnan(found.speed)
    assert found.beta < 0


# Densities


def test_densities_integrate_to_one_and_agree_with_scipy() -> None:
    found = sf.explore.density_evolution(DATA, "y", bandwidth="scott", points=400, **KEYS)
    wide = found.wide()
    grid = wide.columns.to_numpy()
    # Three bandwidths beyond the extremes leave at most 0.14 % of the mass outside.
    assert trapezoid(wide.to_numpy(), grid, axis=1) == pytest.approx(np.ones(4), abs=2e-3)
    for year, values in zip(YEARS, LEVELS.T, strict=True):
        h = 1.06 * values.std(ddof=1) * 16**-0.2
        assert found.summary.loc[year, "bandwidth"] == pytest.approx(h)
        peer = stats.gaussian_kde(values, bw_method=h / values.std(ddof=1))(grid)
        np.testing.assert_allclose(wide.loc[year], peer, rtol=1e-10)
    assert list(found.frame.columns) == ["time", "value", "density"]
    assert len(found.frame) == 1600


def test_silverman_takes_the_smaller_spread_and_modes_are_counted() -> None:
    values = np.array([0.0, 0, 0.1, 0.1, 9, 9, 9.1, 9.1, 0.2, 9.2])
    data = long(np.column_stack([values, values / 100]), [f"u{number}" for number in range(10)], [1, 2])
    found = sf.explore.density_evolution(data, "y", points=1000, **KEYS)
    quartiles = np.quantile(values, [0.25, 0.75])
    smaller = min(values.std(ddof=1), (quartiles[1] - quartiles[0]) / 1.34)
    assert found.summary.loc[1, "bandwidth"] == pytest.approx(0.9 * smaller * 10**-0.2)
    fine = sf.explore.density_evolution(data[data["year"] == 1], "y", bandwidth=0.5, **KEYS)
    assert fine.summary["modes"].tolist() == [2]
    tied = long(np.array([[1.0], [1], [1], [1], [1], [1], [1], [9]]), UNITS[:8], [1])
    width = sf.explore.density_evolution(tied, "y", **KEYS).summary["bandwidth"].item()
    assert width == pytest.approx(0.9 * np.std([1] * 7 + [9], ddof=1) * 8**-0.2)


def test_a_grid_too_coarse_for_a_period_is_told() -> None:
    growing = DATA.assign(y=DATA["y"] * 50.0 ** (DATA["year"] - 2005))
    with pytest.warns(SpatialfinWarning, match=r"y: the step of the grid, .* in '2005', '2006'.*: take more"):
        sf.explore.density_evolution(growing, "y", **KEYS)


# Ellipses


def cloud(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(12, 2)) @ np.array([[3.0, 1], [0, 1]]), rng.random(12)


@given(st.integers(0, 10_000), st.floats(0.01, 3.1), st.floats(0.1, 50))
def test_ellipses_turn_and_grow_with_the_points(seed, turn, size) -> None:
    points, weights = cloud(seed)
    one = weighted_ellipse(points, weights)
    clockwise = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    other = weighted_ellipse(size * points @ clockwise + [5, -7], 3 * weights)
    assert (other.major, other.minor) == pytest.approx((size * one.major, size * one.minor), rel=1e-7)
    gap = (other.angle - one.angle - turn) % np.pi
    if one.major > 1.05 * one.minor:
        assert min(gap, np.pi - gap) < 1e-6
    np.testing.assert_allclose(other.centre, size * one.centre @ clockwise + [5, -7], rtol=1e-7, atol=1e-9)


def test_weights_are_numbers_of_points() -> None:
    points, _ = cloud(1)
    counts = np.arange(12) % 4
    one = weighted_ellipse(points, counts.astype(float))
    other = weighted_ellipse(np.repeat(points, counts, axis=0), np.ones(counts.sum()))
    assert (one.major, one.minor, one.angle) == pytest.approx((other.major, other.minor, other.angle))
    circle = weighted_ellipse(np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]]), np.ones(4))
    assert np.isnan(circle.angle)
    assert weighted_ellipse(points, np.eye(12)[3]).major == pytest.approx(0)


def test_the_path_is_measured_on_the_globe() -> None:
    weights = np.tile(0.0, (16, 3))
    weights[5, 0] = weights[6, 1] = weights[10, 2] = 1  # 108E 30N, 112E 30N, 112E 34N
    found = sf.explore.gravity_path(long(weights, UNITS, [1, 2, 3]), "y", POINTS, **KEYS)
    assert found.table["longitude"].tolist() == pytest.approx([108, 112, 112])
    assert found.table["latitude"].tolist() == pytest.approx([30, 30, 34])
    assert found.table["area_km2"].tolist() == pytest.approx([0, 0, 0], abs=1e-6)
    by_cosines = [
        6371.0088 * np.arccos(np.sin(a) * np.sin(b) + np.cos(a) * np.cos(b) * np.cos(d))
        for a, b, d in np.radians([[30, 30, 4], [30, 34, 0]])
    ]
    assert found.path["km"].tolist() == pytest.approx(by_cosines)
    assert found.path["direction"].tolist() == ["E", "N"]
    assert found.path["bearing"].tolist() == pytest.approx([89, 0], abs=0.01)
    assert found.displacement["direction"] == "NE"
    assert found.displacement["way_km"] == pytest.approx(sum(by_cosines))
    still = sf.explore.gravity_path(long(weights[:, [0, 0]], UNITS, [1, 2]), "y", POINTS, **KEYS)
    assert still.path["direction"].isna().all()
    assert still.path["km"].tolist() == [0]
    assert "no move on a way of 0.0 km" in repr(still)


def test_area_and_rotation_do_not_depend_on_the_projection() -> None:
    long_way = np.where(np.abs(_lon.ravel() - 110 - (_lat.ravel() - 32)) < 5, 10, 1)[:, None]
    data = long(LEVELS + long_way, UNITS, YEARS)
    one = sf.explore.gravity_path(data, "y", POINTS, **KEYS)
    albers = "+proj=aea +lat_1=25 +lat_2=47 +lon_0=105 +datum=WGS84"
    other = sf.explore.gravity_path(data, "y", POINTS.to_crs(3857), crs=albers, **KEYS)
    # Centroids of points are the same; the two projections bend the plane a little differently.
    centre = ["longitude", "latitude"]
    np.testing.assert_allclose(one.table[centre], other.table[centre], atol=0.1)
    np.testing.assert_allclose(one.table["area_km2"], other.table["area_km2"], rtol=0.02)
    np.testing.assert_allclose(one.table["rotation"], other.table["rotation"], atol=3)
    yuill = sf.explore.gravity_path(data, "y", POINTS, axes="yuill", **KEYS)
    np.testing.assert_allclose(one.table["area_km2"], 2 * yuill.table["area_km2"])
    outline = one.ellipses.to_crs(one.crs)
    np.testing.assert_allclose(outline.area / 1e6, one.table["area_km2"], rtol=1e-3)
    assert list(one.ellipses.index) == YEARS


@pytest.mark.parametrize("crs", [3857, 3395])
def test_projections_that_stretch_areas_are_told(crs) -> None:
    with pytest.warns(SpatialfinWarning, match=r"areas at the centre 1\.[34]\d times as large"):
        found = sf.explore.gravity_path(DATA, "y", POINTS, crs=crs, **KEYS)
    right = sf.explore.gravity_path(DATA, "y", POINTS, **KEYS)
    assert (found.table["area_km2"] > 1.3 * right.table["area_km2"]).all()


def test_rotation_is_from_true_north() -> None:
    """Units on one meridian far from the middle of the layer lie on a line that runs north."""
    weights = np.where(_lon.ravel() == 116, 1.0, 0.0)[:, None]
    found = sf.explore.gravity_path(long(weights, UNITS, [1]), "y", POINTS, **KEYS)
    turned = found.table["rotation"].item()
    assert min(turned, 180 - turned) < 0.2
    assert found.table["flattening"].item() > 0.95


def test_units_may_be_in_any_order_and_the_layer_may_have_more() -> None:
    one = sf.explore.gravity_path(DATA, "y", POINTS, **KEYS)
    other = sf.explore.gravity_path(DATA.sample(frac=1, random_state=2), "y", POINTS[::-1], **KEYS)
    pd.testing.assert_frame_equal(one.table, other.table)
    part = DATA[DATA["code"].isin(UNITS[:6])]
    pd.testing.assert_frame_equal(
        sf.explore.gravity_path(part, "y", POINTS, **KEYS).table,
        sf.explore.gravity_path(part, "y", POINTS.iloc[:6], **KEYS).table,
    )


# Bad inputs

CALLS = {
    "sigma_convergence": lambda data: sf.explore.sigma_convergence(data, "y", **KEYS),
    "beta_convergence": lambda data: sf.models.beta_convergence(data, "y", **KEYS),
    "density_evolution": lambda data: sf.explore.density_evolution(data, "y", **KEYS),
    "gravity_path": lambda data: sf.explore.gravity_path(data, "y", POINTS, **KEYS),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (DATA[DATA["code"].isin(UNITS[:2])], "2 units, at least"),
        (DATA.drop(index=[3]), "no row for 'u0, 2008'"),
        (DATA.assign(y=DATA["y"].where(DATA.index != 3)), "missing or infinite at 'u0, 2008'"),
        (DATA.rename(columns={"y": "z"}), "no column 'y'"),
    ],
)
def test_bad_panels_are_named(call, data, message) -> None:
    with pytest.raises(DataError, match=message):
        call(data)


@pytest.mark.parametrize("name", ["sigma_convergence", "beta_convergence"])
def test_logarithms_need_two_years_of_positive_values(name) -> None:
    with pytest.raises(DataError, match=r"no logarithm, at 'u0, 2007'"):
        CALLS[name](DATA.assign(y=DATA["y"].where(DATA.index != 2, -1.0)))
    with pytest.raises(DataError, match="1 periods, at least 2 are needed"):
        CALLS[name](DATA[DATA["year"] == 2005])


@pytest.mark.parametrize("name", ["sigma_convergence", "density_evolution"])
def test_a_flat_year_is_named(name) -> None:
    with pytest.raises(DataError, match="constant in '2006'"):
        CALLS[name](DATA.assign(y=DATA["y"].where(DATA["year"] != 2006, 2.0)))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: sf.explore.density_evolution(DATA, "y", bandwidth="wide", **KEYS),
            OptionError,
            "'silverman'",
        ),
        (lambda: sf.explore.density_evolution(DATA, "y", bandwidth=0.0, **KEYS), OptionError, "positive"),
        (lambda: sf.explore.density_evolution(DATA, ["y"], **KEYS), DataError, "the name of one column"),
        (lambda: sf.explore.density_evolution(DATA, "y", unit="cod", time="year"), DataError, "mean 'code'"),
        (lambda: sf.explore.density_evolution(DATA, "y", points=3, **KEYS), OptionError, "from 10 on"),
        (lambda: sf.models.beta_convergence(DATA, "y", form="both", **KEYS), OptionError, "'panel'"),
        (lambda: sf.models.beta_convergence(DATA, "y", model="sar", **KEYS), OptionError, "needs weights"),
        (
            lambda: sf.models.beta_convergence(DATA.assign(growth=1), "y", **KEYS),
            DataError,
            "rename 'growth'",
        ),
        (
            lambda: sf.models.beta_convergence(DATA[DATA["year"] != 2006], "y", form="panel", **KEYS),
            DataError,
            "not equally far apart",
        ),
        (lambda: sf.models.beta_convergence(DATA, "y", W.subset(UNITS[:9]), **KEYS), AlignmentError, "'u10'"),
        (
            lambda: sf.explore.gravity_path(DATA.assign(y=-DATA["y"]), "y", POINTS, **KEYS),
            DataError,
            "negative weights at 'u0'",
        ),
        (
            lambda: sf.explore.gravity_path(
                DATA.assign(y=DATA["y"] * (DATA["year"] > 2005)), "y", POINTS, **KEYS
            ),
            DataError,
            "all weights are zero in '2005'",
        ),
        (
            lambda: sf.explore.gravity_path(DATA, "y", POINTS.iloc[1:], **KEYS),
            AlignmentError,
            "The layer has no units 'u0'",
        ),
        (
            lambda: sf.explore.gravity_path(DATA, "y", POINTS.set_crs(None, allow_override=True), **KEYS),
            LayerError,
            "no CRS",
        ),
        (lambda: sf.explore.gravity_path(DATA, "y", POINTS, crs=4326, **KEYS), OptionError, "not projected"),
        (lambda: sf.explore.gravity_path(DATA, "y", POINTS, crs="here", **KEYS), OptionError, "pyproj knows"),
        (lambda: sf.explore.gravity_path(DATA, "y", POINTS, axes="one", **KEYS), OptionError, "'yuill'"),
    ],
)
def test_other_faults_are_named(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
