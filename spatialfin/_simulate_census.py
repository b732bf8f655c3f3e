"""A simulated industrial census of two years, with the printed numbers of firms and planted effects."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ._core.product_space import regional_proximity
from ._errors import OptionError
from ._validate import check_number, check_whole
from .boundaries import load_layer
from .datasets import load_dataset

if TYPE_CHECKING:
    from numpy.random import Generator

YEARS = (1995, 2004)
# The 39 divisions of mining, manufacturing and utilities in GB/T 4754-2002, in the printed order.
_DIVISIONS = [code for code in range(6, 47) if code not in (12, 38)]
_CLASSES = 13  # four-digit classes per division
_COMMUNITIES = 8
_SHARE_CLUSTERED = 0.4
_FIRMS_IN_BOTH_YEARS = 76_000
_WITHIN, _BETWEEN, _NOISE = 0.36, 0.18, 0.05  # proximity of industries

# Published coefficients of Long and Zhang (2011), Tables 6 to 10, column of proximity weighted by assets.
COUNTY_EFFECTS = {
    "minimum_assets": {"proximity": -1.569, "minimum_assets_1995": 0.450},
    "log_firms": {"proximity": 2.846, "log_firms_1995": 1.077},
}
FIRM_EFFECTS = {
    "payable / debt": {
        "constant": 0.292, "proximity": 0.165,
        "age": 0.001, "log_output": -0.007, "debt_ratio": -0.098, "fixed_ratio": -0.148,
        "private_share": -0.035, "hmt_share": 0.230, "foreign_share": 0.422, "year04": 0.067,
    },
    "receivable / output": {
        "constant": 1.109, "proximity": 0.221,
        "age": 0.001, "log_output": -0.097, "debt_ratio": 0.002, "fixed_ratio": -0.236,
        "private_share": 0.014, "hmt_share": 0.019, "foreign_share": 0.024, "year04": 0.056,
    },
    "export / output": {
        "constant": -0.087, "proximity": 0.215, "age": 0.001, "log_output": 0.006,
        "private_share": 0.005, "hmt_share": 0.208,
        "foreign_share": 0.188, "year04": 0.048,
    },
    "log_value_added": {
        "proximity": 0.618, "log_employment": 0.068, "log_assets": 0.800, "log_employment_04": 0.262,
        "log_assets_04": -0.179, "age": 0.001, "private_share": 0.083, "hmt_share": 0.303,
        "foreign_share": 0.683, "year04": 0.545,
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FirmCensus:
    """A simulated census.

    Attributes
    ----------
    firms : DataFrame
        One row per firm and year; see `firm_census` for its columns.
    counties : DataFrame
        The truth behind the draw, one row per county and year with a firm: ``county``, ``year``,
        ``clustered``, ``firms``, ``minimum_assets`` (million yuan) and the regional proximity weighted by
        ``proximity_assets``, ``proximity_output`` and ``proximity_employment``.
    industry_proximity : DataFrame
        Proximity of the four-digit industries, symmetric.
    """

    firms: pd.DataFrame
    counties: pd.DataFrame
    industry_proximity: pd.DataFrame

    def __repr__(self) -> str:
        counts = self.firms["year"].value_counts().sort_index()
        rows = ", ".join(f"{count:,} firms in {year}" for year, count in counts.items())
        return f"Simulated census: {rows}; {self.counties['county'].nunique():,} counties"


@dataclass(frozen=True, slots=True)
class _Places:
    """Counties of the shipped layer and the communities of industries that their firms belong to."""

    codes: np.ndarray
    province: np.ndarray
    clustered: np.ndarray
    focus: np.ndarray
    strength: np.ndarray


def firm_census(*, fraction: float = 1.0, seed: int = 0) -> FirmCensus:
    """Draw an industrial census of 1995 and 2004 of the published size, with effects of proximity planted.

    Parameters
    ----------
    fraction : float
        Share of the firms to draw, in (0, 1]; 1 gives 506,409 firms in 1995 and 1,363,284 in 2004.
    seed : int
        Seed of the draws.

    Returns
    -------
    FirmCensus
        ``firms`` has the columns ``firm`` (text; the same in both years for firms surveyed twice), ``year``,
        ``county`` (six digits), ``industry`` (four digits of a GB/T 4754-2002 division; the last two are
        made up), ``output``, ``value_added``, ``assets``, ``fixed_assets``, ``debt``, ``receivable``,
        ``payable``, ``export`` (thousand yuan), ``employment`` (persons), ``age`` (years),
        ``private_share``, ``hmt_share``, ``foreign_share`` (shares of ownership) and ``simulated`` (True).
        ``attrs`` of all three tables say that they are simulated.

    Raises
    ------
    OptionError
        `fraction` or `seed` is out of range.

    Notes
    -----
    Numbers of firms by province and by industry are those of the datasets
    ``china_industry_census_provinces`` and ``china_industry_census_industries``, exactly when `fraction` is
    1. The printed provinces of 1995 sum to 500,833, the industries to 506,409: the difference, 5,576 firms,
    has no county. Output is lognormal with the printed standard deviation of the industry relative to its
    mean; sums are raked to the printed means by province and by industry, the latter exactly.

    40 percent of the counties are clustered: a share of their firms beyond the average belongs to one
    community of close industries. ``proximity`` is the regional proximity of the county and year at
    four digits, computed from the very firms that are returned. Planted [1]_:

    - number of firms of a county: ``log n04 = a_province + 1.077 log n95 + 2.846 proximity_output95 + e``,
      where a_province makes the printed totals;
    - smallest assets of a county in million yuan:
      ``m04 = a + 0.450 m95 - 1.569 proximity_assets95 + e``, a such that the least is 0.001;
    - firms with the coefficients of Tables 7, 9 and 10 of proximity weighted by assets: payable / debt
      (0.165), receivable / output (0.221), export / output (0.215), log value added (0.618), with effects
      of the firm that keep shares from being negative.

    Other means, correlations, the number of exporters and percentiles of assets are not those of the
    census. 76,000 firms are in both years; their ages are reported with an error of two years.

    References
    ----------
    .. [1] Long, C. and Zhang, X. (2011). Cluster-based industrialization in China: Financing and performance.
       Journal of International Economics 84, 112-123.

    Examples
    --------
    >>> census = firm_census(fraction=0.002)
    >>> census
    Simulated census: 1,013 firms in 1995, 2,727 firms in 2004; ... counties
    >>> census.firms.attrs["simulated"]
    True
    """
    check_number("fraction", fraction, least=1e-4)
    if fraction > 1:
        raise OptionError(f"fraction={fraction!r}: a number of at most 1 is needed.")
    check_whole("seed", seed)
    rng = np.random.default_rng(seed)
    places = _places(rng)
    phi = _industry_proximity(rng)
    first = _drawn(rng, places, 1995, fraction, rng.lognormal(0, 1, len(places.codes)))
    _set_assets(first, _floors(rng, len(places.codes)))
    near_95 = _proximities(first, places, phi)
    second = _drawn(rng, places, 2004, fraction, _growing(rng, first, near_95["output"]))
    _set_assets(second, _later_floors(rng, first, near_95["assets"], len(places.codes)))
    near_04 = _proximities(second, places, phi)
    _name_firms(rng, first, second, round(_FIRMS_IN_BOTH_YEARS * fraction))
    firms = pd.concat([pd.DataFrame(first), pd.DataFrame(second)], ignore_index=True)
    near = np.concatenate([_at(near_95["assets"], first), _at(near_04["assets"], second)])
    _plant(rng, firms, near)
    return _labelled(firms, places, phi, {1995: near_95, 2004: near_04}, seed, fraction)


def _places(rng: Generator) -> _Places:
    layer = load_layer("china_counties", units="mainland")
    layer = layer[layer["province"] != layer.index].sort_index()
    n = len(layer)
    clustered = rng.random(n) < _SHARE_CLUSTERED
    return _Places(
        codes=layer.index.to_numpy(dtype=object),
        province=layer["province"].to_numpy(dtype=object),
        clustered=clustered,
        focus=rng.integers(0, _COMMUNITIES, n),
        strength=np.where(clustered, rng.uniform(0.2, 0.7, n), 0.0),
    )


def _communities() -> np.ndarray:
    """Community of each four-digit industry: neighbouring divisions belong together."""
    n = len(_DIVISIONS)
    return np.repeat(np.arange(n) * _COMMUNITIES // n, _CLASSES)


def _industry_codes() -> np.ndarray:
    return np.asarray(
        [f"{division:02d}{10 + place}" for division in _DIVISIONS for place in range(_CLASSES)], dtype=object
    )


def _industry_proximity(rng: Generator) -> np.ndarray:
    community = _communities()
    phi: np.ndarray = np.where(community[:, None] == community, _WITHIN, _BETWEEN)
    noise = np.triu(rng.uniform(-_NOISE, _NOISE, phi.shape), 1)
    phi = phi + noise + noise.T
    np.fill_diagonal(phi, 1.0)
    return phi


def _whole(shares: np.ndarray, total: int) -> np.ndarray:
    """Whole numbers in proportion to `shares` that sum to `total`: the largest remainders are rounded up."""
    exact = shares / shares.sum() * total
    counts: np.ndarray = np.floor(exact).astype(np.intp)
    rest = total - int(counts.sum())
    counts[np.argsort(counts - exact, kind="stable")[:rest]] += 1
    return counts


def _drawn(
    rng: Generator, places: _Places, year: int, fraction: float, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Firms of one year with their place, industry, output and employment; places by `weights`."""
    by_industry = load_dataset("china_industry_census_industries").query("year == @year")
    by_province = load_dataset("china_industry_census_provinces").query("year == @year")
    n = round(int(by_industry["firms"].sum()) * fraction)
    per_division = _whole(by_industry["firms"].to_numpy(dtype=float), n)
    placed = min(n, round(int(by_province["firms"].sum()) * fraction))
    per_province = _whole(by_province["firms"].to_numpy(dtype=float), placed)
    slots = []
    for code, count in zip(by_province["code"], per_province, strict=True):
        counties = np.flatnonzero(places.province == code)
        slots.append(np.repeat(counties, _whole(weights[counties], count)))
    county = np.concatenate([*slots, np.full(n - placed, -1)])
    industry = np.repeat(np.arange(len(_DIVISIONS)), per_division) * _CLASSES
    industry = _matched(rng, industry + rng.integers(0, _CLASSES, n), county, places)
    province = np.where(
        county >= 0, np.repeat(np.arange(len(per_province) + 1), [*per_province, n - placed]), -1
    )
    means = by_industry["mean_gross_output_kyuan"].to_numpy(dtype=float)
    spreads = by_industry["sd_gross_output_kyuan"].to_numpy(dtype=float)
    provincial = by_province["mean_gross_output_kyuan"].to_numpy(dtype=float)
    output = _output(rng, industry // _CLASSES, province, means, spreads / means, provincial)
    employment = np.maximum(np.round(np.exp(0.55 * np.log(output) - 0.6 + 0.7 * rng.standard_normal(n))), 1.0)
    return {
        "year": np.full(n, year),
        "county": county,
        "industry": industry,
        "output": output,
        "employment": employment,
    }


def _matched(rng: Generator, industry: np.ndarray, county: np.ndarray, places: _Places) -> np.ndarray:
    """Industries in the order of the counties: clustered ones get more firms of their community.

    Industries are spread over provinces at random; within a province firms sorted by their community meet
    places sorted by the community they prefer, so both margins stay exact.
    """
    n = len(county)
    community = _communities()[industry]
    prefers = community[rng.permutation(n)]
    placed = county >= 0
    focused = placed & (rng.random(n) < np.where(placed, places.strength[county], 0.0))
    prefers[focused] = places.focus[county[focused]]
    provinces = np.where(placed, np.unique(places.province, return_inverse=True)[1][county], -1)
    chosen = industry[rng.permutation(n)]
    by_preference = np.lexsort((rng.random(n), prefers, provinces))
    by_community = np.lexsort((rng.random(n), _communities()[chosen], np.sort(provinces)))
    # The firms of a province are those at its places in the sorted order.
    result = np.empty(n, dtype=np.intp)
    result[by_preference] = chosen[by_community]
    return result


def _output(
    rng: Generator, division: np.ndarray, province: np.ndarray, means: np.ndarray, spread: np.ndarray,
    provincial: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Lognormal output, raked to the printed means by province and, last and exactly, by industry."""
    sigma = np.sqrt(np.log1p(spread**2))[division]
    output: np.ndarray = means[division] * np.exp(sigma * rng.standard_normal(len(division)) - sigma**2 / 2)
    placed = province >= 0
    for _ in range(10):
        for groups, targets, rows in (
            (province[placed], provincial, placed),
            (division, means, np.ones(len(division), dtype=bool)),
        ):
            counts = np.bincount(groups, minlength=len(targets))
            sums = np.bincount(groups, weights=output[rows], minlength=len(targets))
            factor = np.divide(targets * counts, sums, out=np.ones(len(targets)), where=sums > 0)
            output[rows] *= factor[groups]
    return output


def _floors(rng: Generator, n: int) -> np.ndarray:
    """Smallest assets by county in 1995, thousand yuan."""
    return np.asarray(1000 * rng.lognormal(-3.5, 1.2, n))


def _set_assets(firms: dict[str, np.ndarray], floors: np.ndarray) -> None:
    """Assets in proportion to output; those below the county's floor lie at it (the smallest) or above."""
    county, output = firms["county"], firms["output"]
    # A fixed pattern in place of another draw: firms below the floor are spread over the 50 percent above it.
    assets = 1.2 * output**0.95 * firms["employment"] ** 0.1
    floor = np.where(county >= 0, floors[county], 0.0)
    low = assets < floor
    assets[low] = floor[low] * (1 + 0.5 * assets[low] / floor[low])
    order = np.lexsort((assets, county))
    smallest = order[np.flatnonzero(np.diff(county[order], prepend=-2))]
    smallest = smallest[county[smallest] >= 0]
    assets[smallest] = floors[county[smallest]]
    firms["assets"] = assets


def _growing(rng: Generator, first: dict[str, np.ndarray], near: np.ndarray) -> np.ndarray:
    """Weights of the counties in 2004 from their firms and proximity in 1995."""
    counts = np.bincount(first["county"][first["county"] >= 0], minlength=len(near))
    effects = COUNTY_EFFECTS["log_firms"]
    log_firms = effects["log_firms_1995"] * np.log(np.maximum(counts, 0.3))
    log_firms += effects["proximity"] * np.where(np.isnan(near), np.nanmean(near), near)
    return np.asarray(np.exp(log_firms + 0.4 * rng.standard_normal(len(near))))


def _later_floors(rng: Generator, first: dict[str, np.ndarray], near: np.ndarray, n: int) -> np.ndarray:
    """Smallest assets by county in 2004, thousand yuan."""
    before = _smallest(first, n)
    effects = COUNTY_EFFECTS["minimum_assets"]
    found = effects["minimum_assets_1995"] * np.where(np.isnan(before), 0.0, before)
    found += effects["proximity"] * np.where(np.isnan(near), np.nanmean(near), near)
    found += rng.exponential(0.15, n)
    return np.asarray(1000 * (found - found.min() + 0.001))


def _smallest(firms: dict[str, np.ndarray], n: int) -> np.ndarray:
    """Smallest assets of each county, million yuan; NaN without a firm."""
    found = np.full(n, np.inf)
    placed = firms["county"] >= 0
    np.minimum.at(found, firms["county"][placed], firms["assets"][placed] / 1000)
    return np.where(np.isinf(found), np.nan, found)


def _proximities(firms: dict[str, np.ndarray], places: _Places, phi: np.ndarray) -> dict[str, np.ndarray]:
    """Regional proximity of every county by the three sizes; NaN with fewer than two industries."""
    others = phi.copy()
    np.fill_diagonal(others, 0.0)
    placed = firms["county"] >= 0
    n, m = len(places.codes), len(phi)
    cell = firms["county"][placed] * m + firms["industry"][placed]
    return {
        size: np.asarray(
            regional_proximity(np.bincount(cell, firms[size][placed], n * m).reshape(n, m), others)
        )
        for size in ("assets", "output", "employment")
    }


def _at(near: np.ndarray, firms: dict[str, np.ndarray]) -> np.ndarray:
    """Proximity of the county of each firm; the mean where there is none."""
    filled = np.append(np.where(np.isnan(near), np.nanmean(near), near), np.nanmean(near))
    return np.asarray(filled[firms["county"]])


def _ranked(firms: dict[str, np.ndarray], width: int) -> tuple[np.ndarray, np.ndarray]:
    """Firms in the order of county, division and output, and a key of all; negative without a county."""
    cell = firms["county"] * len(_DIVISIONS) + firms["industry"] // _CLASSES
    cell = np.where(firms["county"] >= 0, cell, -1)
    order = np.lexsort((firms["output"], cell))
    rank = np.arange(len(cell)) - np.searchsorted(cell[order], cell[order])
    return order, cell[order] * width + np.where(cell[order] >= 0, rank, -np.arange(len(cell)))


def _name_firms(
    rng: Generator, first: dict[str, np.ndarray], second: dict[str, np.ndarray], both: int
) -> None:
    """Give firms numbers and ages; `both` of them are surveyed twice, in one county and division."""
    width = len(first["county"]) + len(second["county"])
    (order_one, keys_one), (order_other, keys_other) = (_ranked(firms, width) for firms in (first, second))
    shared, one, other = np.intersect1d(keys_one, keys_other, return_indices=True)
    one, other = order_one[one[shared >= 0]], order_other[other[shared >= 0]]
    chosen = rng.choice(len(one), size=min(both, len(one)), replace=False)
    n_first, n_second = len(first["county"]), len(second["county"])
    first["number"] = np.arange(n_first)
    second["number"] = np.arange(n_first, n_first + n_second)
    second["number"][other[chosen]] = one[chosen]
    first["age"] = np.minimum(np.floor(rng.exponential(14, n_first)), 90.0)
    second["age"] = np.minimum(np.floor(rng.exponential(9, n_second)), 90.0)
    # Reported ages do not grow by the years between: an age without error could not be told from the year.
    reported = first["age"][one[chosen]] + (YEARS[1] - YEARS[0])
    reported += np.round(2 * rng.standard_normal(len(chosen)))
    second["age"][other[chosen]] = np.clip(reported, 0, 99)


def _plant(rng: Generator, firms: pd.DataFrame, near: np.ndarray) -> None:
    """Add what depends on proximity, by the published coefficients."""
    n = len(firms)
    kinds = rng.choice(4, n, p=[0.76, 0.15, 0.06, 0.03])
    for kind, name in enumerate(("private_share", "hmt_share", "foreign_share"), 1):
        firms[name] = np.where(kinds == kind, rng.beta(5, 2, n), 0.0)
    late = (firms["year"] == YEARS[1]).to_numpy(dtype=float)
    log_assets, log_employment = np.log(firms["assets"]), np.log(firms["employment"])
    terms = {
        "constant": np.ones(n), "proximity": near, "age": firms["age"], "log_output": np.log(firms["output"]),
        "year04": late,
        "debt_ratio": rng.beta(3, 2, n), "fixed_ratio": rng.beta(2, 3, n),
        "log_employment": log_employment, "log_assets": log_assets,
        "log_employment_04": log_employment * late, "log_assets_04": log_assets * late,
        **{name: firms[name] for name in ("private_share", "hmt_share", "foreign_share")},
    }  # fmt: skip
    firms["fixed_assets"] = terms["fixed_ratio"] * firms["assets"]
    firms["debt"] = terms["debt_ratio"] * firms["assets"]
    number = firms["number"].to_numpy()
    for outcome, base, column, spread in (
        ("payable / debt", firms["debt"], "payable", 0.1),
        ("receivable / output", firms["output"], "receivable", 0.1),
        ("export / output", firms["output"], "export", 0.04),
    ):
        effect = (0.1 * rng.standard_normal(number.max() + 1))[number]
        share = _signal(FIRM_EFFECTS[outcome], terms) + spread * rng.standard_normal(n)
        firms[column] = _not_negative(share + effect, number) * base
    signal = _signal(FIRM_EFFECTS["log_value_added"], terms)
    effect = np.zeros(number.max() + 1)
    effect[number] = (np.log(0.25 * firms["output"]) - signal).to_numpy()
    firms["value_added"] = np.exp(signal + effect[number] + 0.3 * rng.standard_normal(n))


def _signal(effects: dict[str, float], terms: dict[str, np.ndarray]) -> np.ndarray:
    return np.asarray(sum(effect * np.asarray(terms[name]) for name, effect in effects.items()))


def _not_negative(share: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Add to every firm what lifts its lowest share to zero: an effect of the firm, that changes no other."""
    lowest = np.zeros(number.max() + 1)
    np.minimum.at(lowest, number, share)
    return np.asarray(share - lowest[number])


def _labelled(
    firms: pd.DataFrame, places: _Places, phi: np.ndarray, near: dict[int, dict[str, np.ndarray]], seed: int,
    fraction: float,
) -> FirmCensus:  # fmt: skip
    attrs: dict[Hashable | None, object] = {
        "simulated": True,
        "source": "Simulated by spatialfin after printed totals: drawn by a computer, no real firm.",
        "seed": seed,
        "fraction": fraction,
    }
    n = len(places.codes)
    parts = []
    for year, sizes in near.items():
        here = firms[(firms["year"] == year) & (firms["county"] >= 0)]
        arrays = {"county": here["county"].to_numpy(), "assets": here["assets"].to_numpy()}
        part = pd.DataFrame({"county": places.codes, "year": year, "clustered": places.clustered})
        part["firms"] = np.bincount(arrays["county"], minlength=n)
        part["minimum_assets"] = _smallest(arrays, n)
        parts.append(part.assign(**{f"proximity_{size}": values for size, values in sizes.items()}))
    counties = pd.concat(parts, ignore_index=True)
    counties = counties[counties["firms"] > 0].astype({"county": "str"}).reset_index(drop=True)
    industries = _industry_codes()
    table = pd.DataFrame(phi, index=pd.Index(industries, name="industry"), columns=industries)
    county = np.asarray([*places.codes, None], dtype=object)[firms["county"].to_numpy()]
    numbers = firms["number"].to_numpy()
    labels = np.char.add("F", np.char.zfill(numbers.astype("U7"), 7))
    columns = {
        "firm": pd.Series(labels, dtype="str"),
        "year": firms["year"],
        "county": pd.Series(county, dtype="str"),
        "industry": pd.Series(industries[firms["industry"].to_numpy()], dtype="str"),
    }
    names = [
        "output", "value_added", "assets", "fixed_assets", "debt", "receivable", "payable", "export",
        "employment", "age", "private_share", "hmt_share", "foreign_share",
    ]  # fmt: skip
    frame = pd.DataFrame({**columns, **{name: firms[name] for name in names}, "simulated": True})
    for result in (frame, counties, table):
        result.attrs = {**attrs}
    return FirmCensus(frame, counties, table)
