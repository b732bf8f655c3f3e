"""Short panels drawn again and again: what the direct likelihood breaks, the transformed one mends."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed

import spatialfin as sf

from .conftest import lattice

DRAWS, SEED, PERIODS = 1_000, 2026, 3
RHO, BETA, SIGMA2 = 0.4, 1.0, 0.25
TOTAL = BETA / (1 - RHO)
Z = 1.959963984540054


def panel(weights: sf.SpatialWeights, solver: np.ndarray, number: int, effects: str) -> pd.DataFrame:
    """A spatial lag panel with unit effects that are correlated with x, and period effects."""
    rng = np.random.default_rng([SEED, number])
    mu = rng.normal(size=weights.n)
    x = rng.normal(size=(PERIODS, weights.n)) + 0.5 * mu
    signal = BETA * x + mu
    if effects == "twoway":
        signal = signal + rng.normal(size=(PERIODS, 1))
    y = (signal + np.sqrt(SIGMA2) * rng.normal(size=x.shape)) @ solver.T
    keys = pd.MultiIndex.from_product([range(PERIODS), weights.ids], names=["year", "code"])
    return pd.DataFrame({"y": y.ravel(), "x": x.ravel()}, index=keys)


def one_draw(weights: sf.SpatialWeights, solver: np.ndarray, number: int, effects: str) -> list[float]:
    """sigma2 and whether the intervals of beta and total impact hold the truth: Lee-Yu, then direct."""
    data, found = panel(weights, solver, number, effects), []
    for correction in ("lee-yu", "none"):
        fit = sf.fit_panel(
            "y ~ x",
            data,
            weights,
            unit="code",
            time="year",
            model="sar",
            effects=effects,
            bias_correction=correction,
        )
        beta = abs(fit.params["x"] - BETA) <= Z * fit.std_errors["x"]
        # The intervals of the delta method do not use the draws.
        table = fit.impacts(draws=50).tidy("delta").set_index("impact").loc["total"]
        found += [fit.sigma2, beta, table["conf_low"] <= TOTAL <= table["conf_high"]]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("effects", ["unit", "twoway"])
def test_lee_yu_is_unbiased_and_covers_with_three_periods(effects: str) -> None:
    weights = lattice(10).standardize("row")
    solver = np.linalg.inv(np.eye(weights.n) - RHO * weights.sparse.toarray())
    drawn = Parallel(n_jobs=-1)(
        delayed(one_draw)(weights, solver, number, effects) for number in range(DRAWS)
    )
    sigma2, beta, total, direct_sigma2, direct_beta, direct_total = np.mean(drawn, axis=0)
    # Maximum likelihood does not count its two coefficients: 1% less than the truth of n = 200 or 198 is
    # expected. Over 1,000 draws the mean has a standard error of .3%, a coverage of .95 one of .7 points.
    assert sigma2 == pytest.approx(SIGMA2, rel=0.02)
    assert 0.93 <= beta <= 0.97
    assert 0.92 <= total <= 0.98
    # The direct likelihood divides by N T what has N (T - 1) degrees of freedom or fewer.
    assert direct_sigma2 < SIGMA2 * (PERIODS - 1) / PERIODS
    assert direct_beta < 0.91
    assert direct_total < 0.92


def one_random_draw(weights: sf.SpatialWeights, solver: np.ndarray, number: int) -> list[float]:
    """Estimates of x and rho, their standard errors as expected and clustered; errors follow each other."""
    rng = np.random.default_rng([SEED, number])
    x, noise = rng.normal(size=(2, 5, weights.n))
    x = x.cumsum(axis=0)
    v = [noise[0]]
    for e in noise[1:]:
        v.append(0.7 * v[-1] + np.sqrt(1 - 0.7**2) * e)
    y = (1 + x + rng.normal(size=weights.n) + np.array(v)) @ solver.T
    keys = pd.MultiIndex.from_product([range(5), weights.ids], names=["year", "code"])
    data = pd.DataFrame({"y": y.ravel(), "x": x.ravel()}, index=keys)
    expected, cluster = (
        sf.fit_panel(
            "y ~ x", data, weights, unit="code", time="year", model="sar", effects="random", vcov=vcov
        )
        for vcov in ("expected", "cluster")
    )
    names = ["x", "rho"]
    return [*expected.params[names], *expected.std_errors[names], *cluster.std_errors[names]]


@pytest.mark.slow
def test_clusters_of_random_effects_see_errors_that_follow_each_other() -> None:
    weights = lattice(10).standardize("row")
    solver = np.linalg.inv(np.eye(weights.n) - RHO * weights.sparse.toarray())
    drawn = np.array(
        Parallel(n_jobs=-1)(delayed(one_random_draw)(weights, solver, number) for number in range(300))
    )
    spread = drawn[:, :2].std(axis=0)
    # Over 300 draws a standard deviation has a standard error of 4%.
    assert drawn[:, 4:].mean(axis=0) == pytest.approx(spread, rel=0.12)
    assert (drawn[:, 2:4].mean(axis=0) < 0.92 * spread).all()
