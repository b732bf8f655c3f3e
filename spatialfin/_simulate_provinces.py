"""A simulated replica of the provincial study of emerging industries and financial clustering."""

from __future__ import annotations

from math import cosh, sinh

import numpy as np
import pandas as pd

from ._validate import check_whole
from .datasets import load_dataset

YEARS = tuple(range(2014, 2021))
_DROPPED = "540000"  # Tibet, as in the published sample
_LEVEL = 13.5  # of log turnover
_HALF = 1.5  # half the range of log turnover
_SPREAD_E = 0.5  # standard deviation of the error of column 1
_EXPLAINED = 0.12  # share of what turnover leaves open that the number of projects explains
_MEAN_FIN = 1.65

# Chen, Strategic emerging industries and financial clustering, Table 2.
PROVINCE_EFFECTS = {
    1: {"constant": 14.62, "log_turnover": -0.220, "log_human": -2.438, "log_patent": 1.556, "open": 1.435},
    2: {"constant": 2.515, "num": -0.000215, "turnover": 0.000000126},
}


def finance_provinces(*, seed: int = 0) -> pd.DataFrame:
    """Draw 30 provinces of China in 2014 to 2020 in which two published regressions of finance hold.

    Parameters
    ----------
    seed : int
        Seed of the draws.

    Returns
    -------
    DataFrame
        210 rows: ``code``, ``name``, ``year``, ``fin`` (per-capita savings and loans relative to the nation,
        ratio), ``turnover`` (signed projects in strategic emerging industries, thousand dollars), ``num``
        (number of projects), ``patent`` (grants), ``human`` (man-years), ``open`` (trade to GDP, ratio) and
        ``simulated`` (True). ``attrs["simulated"]`` is True and ``attrs["source"]`` says so in words.

    Raises
    ------
    OptionError
        `seed` is not a whole number.

    Notes
    -----
    Both columns of the published table [1]_ hold in the population at once: ``fin = 14.62 - 0.220 lturnover
    - 2.438 lhuman + 1.556 lpatent + 1.435 open + e``, with e independent of the regressors; and the best
    linear prediction of fin by the number of projects and turnover is ``2.515 - 0.000215 num + 1.26e-7
    turnover``, for which ``num`` is drawn from what turnover leaves open. Means, spreads and standard errors
    are not those of the provinces. Only ``patent`` and ``human`` persist over the years.

    References
    ----------
    .. [1] Chen. Strategic Emerging Industries and Financial Clustering, Table 2.

    Examples
    --------
    >>> data = finance_provinces()
    >>> data.shape, data.attrs["simulated"]
    ((210, 10), True)
    """
    check_whole("seed", seed)
    rng = np.random.default_rng(seed)
    names = load_dataset("china_industry_census_provinces").query("year == 2004 and code != @_DROPPED")
    data = pd.DataFrame(
        [
            (code, name, year)
            for code, name in zip(names["code"], names["name"], strict=True)
            for year in YEARS
        ],
        columns=["code", "name", "year"],
    )
    n, first = len(data), PROVINCE_EFFECTS[1]
    size = np.repeat(rng.normal(9.6, 1.2, len(names)), len(YEARS)) + np.tile(0.12 * np.arange(7), len(names))
    log_patent = size + 0.1 * rng.standard_normal(n)
    log_turnover = _LEVEL + rng.uniform(-_HALF, _HALF, n)
    openness = rng.uniform(0.1, 0.45, n)
    # The level of human that brings fin to its mean, and a part of its own.
    known = first["constant"] + first["log_turnover"] * _LEVEL + first["open"] * 0.275 - _MEAN_FIN
    log_human = (known + first["log_patent"] * log_patent) / -first["log_human"] + rng.uniform(-0.2, 0.2, n)
    # A skewed error keeps fin positive.
    error = rng.exponential(_SPREAD_E, n) - _SPREAD_E
    fin = first["constant"] + error + sum(
        first[name] * values
        for name, values in (
            ("log_turnover", log_turnover), ("log_human", log_human), ("log_patent", log_patent),
            ("open", openness),
        )
    )  # fmt: skip
    turnover = np.exp(log_turnover)
    data = data.assign(
        fin=fin, turnover=turnover, num=_projects(rng, fin, turnover), patent=np.round(np.exp(log_patent)),
        human=np.round(np.exp(log_human)), open=openness, simulated=True,
    )  # fmt: skip
    data.attrs = {
        "simulated": True,
        "source": "Simulated by spatialfin with published coefficients: drawn by a computer.",
        "seed": seed,
    }
    return data


def _projects(rng: np.random.Generator, fin: np.ndarray, turnover: np.ndarray) -> np.ndarray:
    """Numbers of projects of which, with turnover, the best linear prediction of fin is the published one.

    What turnover leaves open of fin, r, is divided: projects carry a share of it and noise z in the opposite
    direction, such that the rest, ``(1 - share) r + q z``, is uncorrelated with both.
    """
    effects = PROVINCE_EFFECTS[2]
    mean, variance, slope = _turnover_moments()
    open_variance = _fin_variance() - slope**2 * variance
    left = fin - _MEAN_FIN - slope * (turnover - mean)
    q = np.sqrt(_EXPLAINED * (1 - _EXPLAINED) * open_variance)
    z = rng.uniform(-np.sqrt(3), np.sqrt(3), len(fin))
    part = (slope - effects["turnover"]) * (turnover - mean) + _EXPLAINED * left - q * z
    level = _MEAN_FIN - effects["constant"] - effects["turnover"] * mean
    return np.asarray(np.round((level + part) / effects["num"]))


def _turnover_moments() -> tuple[float, float, float]:
    """Mean and variance of turnover, whose log is uniform, and the slope of fin's projection on it."""
    c, level = _HALF, np.exp(_LEVEL)
    mean = level * sinh(c) / c
    variance = level**2 * sinh(2 * c) / (2 * c) - mean**2
    with_log = level * (cosh(c) - sinh(c) / c)
    return float(mean), float(variance), float(PROVINCE_EFFECTS[1]["log_turnover"] * with_log / variance)


def _fin_variance() -> float:
    """Variance of fin: of uniform parts a third of half the range squared, and of the exponential error."""
    first = PROVINCE_EFFECTS[1]
    halves = (first["log_turnover"] * _HALF, first["log_human"] * 0.2, first["open"] * 0.175)
    return sum(half**2 for half in halves) / 3 + _SPREAD_E**2
