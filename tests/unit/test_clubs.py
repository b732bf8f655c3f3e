"""The log-t test and convergence clubs: by hand, by a slow search, and clubs that were planted."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._core import logt
from spatialfin._core.logt import LogT, find_clubs, log_t, long_run_variance, merge_clubs, smooth_trend
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
    t = np.arange(13, 41)  # without the first 0.3 * 40 = 12
    y = np.log(spread[0] / spread[12:]) - 2 * np.log(np.log(t))
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


def slow_long_run_variance(u: np.ndarray) -> float:
    """The kernel of Andrews, term by term; the last residual only in the sum of squares, divisor T - 1."""
    n = len(u)
    rho = sum(u[i] * u[i + 1] for i in range(n - 1)) / sum(u[i] ** 2 for i in range(n - 1))
    width = 1.3221 * (4 * rho**2 / (1 - rho) ** 4 * n) ** (1 / 5)
    total = sum(v * v for v in u)
    for lag in range(1, n - 1):
        z = 6 * np.pi * lag / (5 * width)
        weight = 25 / (12 * np.pi**2 * (lag / width) ** 2) * (np.sin(z) / z - np.cos(z))
        total += 2 * weight * sum(u[i] * u[i + lag] for i in range(n - 1 - lag))
    return total / (n - 1)


@pytest.mark.parametrize("seed", range(4))
def test_the_long_run_variance_by_loops(seed) -> None:
    u = np.cumsum(np.random.default_rng(seed).normal(size=30)) * 0.1
    u = u - u.mean()
    assert long_run_variance(u) == pytest.approx(slow_long_run_variance(u))


def test_a_long_run_variance_at_the_edges() -> None:
    assert long_run_variance(np.array([0.0, 0, 0, 2])) == pytest.approx(4 / 3)
    assert long_run_variance(np.array([1.0, 0, -1, 0])) == pytest.approx(2 / 3)  # no autocorrelation
    # A coefficient of exactly 1 gives the widest kernel, which weighs all products alike.
    assert long_run_variance(np.array([1.0, 1, 1, 1])) == pytest.approx((4 + 2 * 3) / 3, rel=1e-6)


def test_paths_that_meet_or_cross() -> None:
    level = np.linspace(9, 10, 20)
    assert log_t(np.tile(level, (3, 1)), 0.3).t == np.inf
    apart = np.tile(level, (2, 1))
    apart[0, 1:] += 0.01
    assert log_t(apart, 0.3).t == -np.inf
    crossing = np.tile(level, (2, 1))
    crossing[0] += 0.1 / np.arange(1, 21) ** 0.5
    smooth = log_t(crossing, 0.3)
    crossing[0, 12] = crossing[1, 12]
    assert log_t(crossing, 0.3).b == pytest.approx(smooth.b, abs=0.05)


# The clubs, as the papers put them, step by step and without care for time


def slow_t(x: np.ndarray, rows: list[int]) -> float:
    group = x[rows]
    h = group / (group.sum(axis=0) / len(rows))
    spread = ((h - 1) ** 2).sum(axis=0) / len(rows)
    t = np.arange(round(0.3 * x.shape[1]) + 1, x.shape[1] + 1)
    y = np.log(spread[0] / spread[t - 1]) - 2 * np.log(np.log(t))
    design = np.column_stack([np.ones(len(t)), np.log(t)])
    estimate = np.linalg.lstsq(design, y, rcond=None)[0]
    covariance = np.linalg.inv(design.T @ design) * slow_long_run_variance(y - design @ estimate)
    return float(estimate[1] / np.sqrt(covariance[1, 1]))


def slow_core(x: np.ndarray, rows: list[int], seen: Counter) -> list[int]:
    for first in range(len(rows) - 1):
        sizes = {}
        for size in range(2, len(rows) - first + 1):
            sizes[size] = slow_t(x, rows[first : first + size])
            if min(sizes.values()) <= -1.65:
                del sizes[size]
                break
        if sizes:
            best = max(sizes, key=lambda size: sizes[size])
            seen["dropped the highest"] += first > 0
            seen["a core larger than a pair"] += best > 2
            return rows[first : first + best]
    return []


def slow_club(x: np.ndarray, rows: list[int], core: list[int], seen: Counter) -> list[int]:
    with_core = {row: slow_t(x, [*core, row]) for row in rows if row not in core}
    for step in range(100_000):
        bar = step * 0.05
        club = sorted([*core, *(row for row, t in with_core.items() if t > bar)])
        if len(club) == len(core) or slow_t(x, club) > -1.65:
            seen["raised the bar"] += step > 0
            seen["more than the core"] += len(club) > len(core)
            return club
    raise AssertionError


def slow_search(x: np.ndarray, seen: Counter) -> tuple[list[list[int]], list[int]]:
    left, clubs = list(range(len(x))), []
    while len(left) > 1:
        if slow_t(x, left) > -1.65:
            return [*clubs, left], []
        core = slow_core(x, left, seen)
        if not core:
            break
        clubs.append(slow_club(x, left, core, seen))
        left = [row for row in left if row not in clubs[-1]]
    seen["divergent"] += len(left) > 0
    return clubs, left


def slow_merge(x: np.ndarray, clubs: list[list[int]], seen: Counter) -> list[list[int]]:
    merged = [clubs[0]]
    for club in clubs[1:]:
        if slow_t(x, sorted(merged[-1] + club)) > -1.65:
            merged[-1] = sorted(merged[-1] + club)
        else:
            merged.append(club)
    if len(merged) == len(clubs):
        return merged
    seen["merged"] += 1
    return slow_merge(x, merged, seen)


def test_the_search_is_that_of_the_papers() -> None:
    seen: Counter = Counter()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        t = np.arange(1, 31)
        levels = rng.choice([10.0, 9.7, 9.4], size=(14, 1))
        x = levels + rng.uniform(-0.8, 0.8, size=(14, 1)) / t ** rng.uniform(0, 0.8, size=(14, 1))
        x = x + rng.normal(scale=0.01, size=x.shape).cumsum(axis=1)
        x = x[np.argsort(-x[:, -1])]
        clubs, alone = find_clubs(x, 0.3)
        slow_clubs, slow_alone = slow_search(x, seen)
        assert [club.tolist() for club in clubs] == slow_clubs
        assert alone.tolist() == slow_alone
        if slow_clubs:
            assert [club.tolist() for club in merge_clubs(x, clubs, 0.3)] == slow_merge(x, slow_clubs, seen)
    steps = ("dropped the highest", "a core larger than a pair", "raised the bar", "more than the core")
    assert min(seen[step] for step in (*steps, "divergent", "merged")) >= 3


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


def test_the_bar_rises_past_a_value_that_rounds_to_its_step(monkeypatch) -> None:
    """A t just above a multiple of 0.05, whose ratio to the step rounds to the whole number below."""
    multiple = next(step for step in range(1, 200) if math.nextafter(0.05 * step, math.inf) / 0.05 <= step)
    t = math.nextafter(0.05 * multiple, math.inf)
    monkeypatch.setattr(logt, "log_t", lambda x, share: LogT(1.0, 1.0, t if len(x) == 3 else -5.0))
    core, others = np.array([0, 1]), np.array([2, 3])
    assert logt._sieve(np.ones((4, 20)), core, others, 0.3).tolist() == [0, 1]


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
        (long(planted(1, (-1.0,))), {}, DataError, "trend of the logarithm is not positive at 'u00'"),
        (long(planted(1, (9.0, 0.1))), {}, DataError, "not positive at .* smaller unit of measurement"),
        (long(planted(1, (9.0,))), {"penalty": -1}, OptionError, "at least 0"),
        (long(planted(1, (9.0,))), {"trim": 1.0}, OptionError, "between 0 and 0.9"),
        (long(planted(1, (9.0,), periods=8)), {"trim": 0.5}, OptionError, "trim=0.5 leaves 4 periods"),
        (long(planted(1, (9.0,))).query("year != 1990"), {}, DataError, "not equally far apart"),
    ],
)
def test_bad_inputs_are_named(data, options, error, message) -> None:
    with pytest.raises(error, match=message):
        sf.explore.convergence_clubs(data, "y", **KEYS, **options)
