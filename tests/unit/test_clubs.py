"""The log-t test and convergence clubs: by hand, and clubs that were planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._core.logt import log_t, long_run_variance, smooth_trend
from spatialfin._errors import DataError, OptionError

KEYS = {"unit": "code", "time": "year"}


def long(logs: np.ndarray) -> pd.DataFrame:
    units = [f"u{number:02d}" for number in range(len(logs))]
    keys = pd.MultiIndex.from_product([units, range(1980, 1980 + logs.shape[1])], names=["code", "year"])
    return pd.DataFrame({"y": np.exp(logs).ravel()}, index=keys).reset_index()


def planted(seed: int, levels: tuple[float, ...], size: int = 8, periods: int = 40) -> np.ndarray:
    """Units that approach the level of their club, and the noise around."""
    rng = np.random.default_rng(seed)
    t = np.arange(1, periods + 1)
    gaps = rng.uniform(-0.8, 0.8, size=(len(levels) * size, 1))
    noise = rng.normal(scale=0.0005, size=(len(gaps), periods)) / np.sqrt(t)
    return np.repeat(levels, size)[:, None] + gaps / t**0.7 + noise


def test_the_regression_by_hand() -> None:
    x = planted(1, (9.0,))
    h = x / x.mean(axis=0)
    spread = ((h - 1) ** 2).mean(axis=0)
    t = np.arange(12, 41)  # [0.3 * 40] = 12
    y = np.log(spread[0] / spread[11:]) - 2 * np.log(np.log(t))
    b, a = np.polyfit(np.log(t), y, 1)
    residuals = y - a - b * np.log(t)
    found = log_t(x, 0.3)
    assert found.b == pytest.approx(b)
    error = np.sqrt(long_run_variance(residuals) / np.sum((np.log(t) - np.log(t).mean()) ** 2))
    assert found.std_error == pytest.approx(error)
    assert found.t == pytest.approx(b / error)


def test_a_power_of_time_has_the_slope_that_theory_gives() -> None:
    """H_t falling like t^-2a / (log t)^2 gives b = 2a exactly in the regression."""
    t = np.arange(1.0, 201)
    gap = 0.1 * t**-0.4 / np.where(t > 1, np.log(np.maximum(t, 2)), 1.0)
    x = np.array([5 * (1 + gap), 5 * (1 - gap)])
    assert log_t(x, 0.3).b == pytest.approx(0.8, abs=1e-9)


def test_the_long_run_variance_by_loops() -> None:
    u = np.cumsum(np.random.default_rng(3).normal(size=30)) * 0.1
    u = u - u.mean()
    rho = sum(u[i] * u[i + 1] for i in range(29)) / sum(u[i] ** 2 for i in range(29))
    rho = min(max(rho, -0.97), 0.97)
    width = 1.3221 * (4 * rho**2 / (1 - rho) ** 4 * 30) ** (1 / 5)
    total = sum(v * v for v in u)
    for lag in range(1, 30):
        z = 6 * np.pi * lag / (5 * width)
        weight = 25 / (12 * np.pi**2 * (lag / width) ** 2) * (np.sin(z) / z - np.cos(z))
        total += 2 * weight * sum(u[i] * u[i + lag] for i in range(30 - lag))
    assert long_run_variance(u) == pytest.approx(total / 30)


def test_the_trend_minimises_its_objective() -> None:
    y = np.random.default_rng(2).normal(size=(3, 25)).cumsum(axis=1)
    trend = smooth_trend(y, 400.0)

    def objective(tau: np.ndarray) -> float:
        return float(np.sum((y - tau) ** 2) + 400 * np.sum(np.diff(tau, n=2, axis=1) ** 2))

    best = objective(trend)
    for seed in range(20):
        assert objective(trend + 0.01 * np.random.default_rng(seed).normal(size=trend.shape)) > best
    np.testing.assert_allclose(smooth_trend(y, 0.0), y)
    line = np.arange(25.0)[None] * 3
    np.testing.assert_allclose(smooth_trend(line, 400.0), line, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_planted_clubs_are_found(seed) -> None:
    logs = planted(seed, (10.0, 8.5, 7.0))
    found = sf.explore.convergence_clubs(
        long(logs).sample(frac=1, random_state=seed), "y", penalty=0.0, **KEYS
    )
    assert found.overall["t"] < -1.65
    assert found.members.tolist() == [1] * 8 + [2] * 8 + [3] * 8
    assert (found.table["t"] > -1.65).all()
    assert found.table["n"].tolist() == [8, 8, 8]
    assert found.table["alpha"].tolist() == pytest.approx((found.table["b"] / 2).tolist())
    means = found.paths.groupby("year")["h"].mean()
    assert means.to_numpy() == pytest.approx(np.ones(40))
    first = found.paths[found.paths["code"] == "u00"]
    assert first["h"].to_numpy() == pytest.approx((logs / logs.mean(axis=0))[0])


def test_one_club_and_units_that_leave() -> None:
    one = sf.explore.convergence_clubs(long(planted(3, (9.0,))), "y", penalty=0.0, **KEYS)
    assert set(one.members) == {1}
    assert one.overall["t"] > -1.65
    logs = planted(4, (9.0,))
    t = np.arange(1, 41)
    away = np.array([9 + 0.08 * t, 9 - 0.08 * t])
    found = sf.explore.convergence_clubs(long(np.vstack([logs, away])), "y", penalty=0.0, **KEYS)
    assert found.members.isna().tolist() == [False] * 8 + [True] * 2
    assert found.table.loc["divergent", "n"] == 2
    assert "1 clubs, 2 divergent units" in repr(found)


def test_merging_only_joins_clubs() -> None:
    rng = np.random.default_rng(12)
    found = sf.explore.convergence_clubs(
        long(9 + rng.normal(scale=0.05, size=(20, 30)).cumsum(axis=1)), "y", **KEYS
    )
    assert len(found.table) <= len(found.before_merging)
    assert found.table["n"].sum() == found.before_merging["n"].sum() == 20
    clubs = found.table.drop(index="divergent", errors="ignore")
    assert (clubs["t"] > -1.65).all()


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        (long(planted(1, (9.0,), periods=7)), {}, DataError, "7 periods, at least 8"),
        (long(planted(1, (9.0,))[:2]), {}, DataError, "2 units, at least 3"),
        (long(planted(1, (9.0,))).drop(index=[0]), {}, DataError, "no row for 'u00, 1980'"),
        (long(planted(1, (9.0,))).assign(y=lambda d: d["y"] - 9000), {}, DataError, "no logarithm"),
        (long(planted(1, (-1.0,))), {}, DataError, "mean logarithm is not positive in '1980'"),
        (long(planted(1, (9.0,))), {"penalty": -1}, OptionError, "at least 0"),
        (long(planted(1, (9.0,))), {"trim": 1.0}, OptionError, "between 0 and 0.9"),
        (long(planted(1, (9.0,))).query("year != 1990"), {}, DataError, "not equally far apart"),
    ],
)
def test_bad_inputs_are_named(data, options, error, message) -> None:
    with pytest.raises(error, match=message):
        sf.explore.convergence_clubs(data, "y", **KEYS, **options)
