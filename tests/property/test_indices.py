"""Parts sum to the whole, and neither order, names nor units of measurement count."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spatialfin as sf

INDICES = sf.indices
H = pd.DataFrame({"steel": [0.1, 0.3], "banks": [0.2, 0.05], "rest": [0.01, 0.02]}, index=[2001, 2002])
DIRECTIONS = {"steel": "positive", "banks": "negative", "rest": "positive"}

# Every function of a table of sectors beside its total and region, all indexed by unit and year.
BY_PERIOD = {
    "spatial_gini": lambda d: sf.spatial_gini(d[list(H)], d["all"], by="year"),
    "hoover": lambda d: INDICES.hoover(d[list(H)], d["all"], by="year"),
    "locational_gini": lambda d: INDICES.locational_gini(d[list(H)], d["all"], by="year"),
    "concentration_ratio": lambda d: INDICES.concentration_ratio(d[list(H)], k=2, by="year"),
    "herfindahl": lambda d: INDICES.herfindahl(d[list(H)], by="year", normalized=True),
    "gini": lambda d: INDICES.gini(d[list(H)], by="year", weights=d["people"]),
    "theil": lambda d: INDICES.theil(d[list(H)], by="year", weights=d["people"]),
    "krugman_concentration": lambda d: INDICES.krugman_concentration(d[list(H)], by="year"),
    "ellison_glaeser": lambda d: INDICES.ellison_glaeser(d[list(H)], d["all"], plant_herfindahl=H, by="year"),
    "coagglomeration": lambda d: INDICES.coagglomeration(d[list(H)], d["all"], by="year"),
    "pairwise_coagglomeration": lambda d: INDICES.pairwise_coagglomeration(d[list(H)], d["all"], by="year"),
    "regional_imbalance": lambda d: INDICES.regional_imbalance(
        d[list(H)], groups=d["region"], by="year", weights=d["people"]
    ),
    "concentration_risk": lambda d: INDICES.concentration_risk(
        d[list(H)], k=[2], by="year", thresholds={"cr_2": (0.2, 0.999)}
    ),
    "weights": lambda d: INDICES.entropy_composite(d, directions=DIRECTIONS).weights,
}
BY_ROW = {
    "location_quotient": lambda d: sf.location_quotient(d[list(H)], d["all"], by="year"),
    "symmetric": lambda d: INDICES.symmetric_location_quotient(d[list(H)], d["all"], by="year"),
    "standardized": lambda d: INDICES.standardized_location_quotient(d[list(H)], d["all"], by="year"),
    "shares": lambda d: INDICES.shares(d[list(H)], by="year"),
    "krugman_specialization": lambda d: INDICES.krugman_specialization(d[list(H)], by="year"),
    "composite": lambda d: INDICES.entropy_composite(d, directions=DIRECTIONS).composite,
}
EVERY = BY_PERIOD | BY_ROW
POOLED = {"weights", "composite"}  # over all years by definition
FEW = settings(max_examples=5)  # for each of twenty functions


@st.composite
def panels(draw) -> pd.DataFrame:
    n = draw(st.integers(5, 12))
    rng = np.random.default_rng(draw(st.integers(0, 9999)))
    index = pd.MultiIndex.from_product([[f"u{i}" for i in range(n)], [2001, 2002]], names=["unit", "year"])
    data = pd.DataFrame(rng.lognormal(sigma=1, size=(2 * n, 3)), index=index, columns=list(H))
    data["all"] = data.sum(axis=1) * rng.uniform(1, 2, size=2 * n)
    data["people"] = rng.uniform(1, 9, size=2 * n)
    data["region"] = np.repeat(rng.permutation(np.resize(["east", "west"], n)), 2)
    return data


def close(one, other) -> None:
    check = pd.testing.assert_frame_equal if isinstance(one, pd.DataFrame) else pd.testing.assert_series_equal
    check(one, other, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", list(BY_PERIOD))
@FEW
@given(data=panels(), seed=st.integers(0, 99))
def test_neither_order_nor_names_of_units_change_a_period(name, data, seed) -> None:
    before = data.copy()
    expected = BY_PERIOD[name](data)
    pd.testing.assert_frame_equal(data, before)
    renamed = data.sample(frac=1, random_state=seed).rename(lambda unit: f"x{unit}", level="unit")
    close(BY_PERIOD[name](renamed), expected)


@pytest.mark.parametrize("name", list(BY_ROW))
@FEW
@given(data=panels(), seed=st.integers(0, 99))
def test_values_of_units_stay_with_their_units(name, data, seed) -> None:
    before = data.copy()
    expected = BY_ROW[name](data)
    pd.testing.assert_frame_equal(data, before)
    shuffled = data.sample(frac=1, random_state=seed)
    found = BY_ROW[name](shuffled)
    assert found.index.equals(shuffled.index)
    close(found.loc[data.index], expected)


@pytest.mark.parametrize("name", list(EVERY))
@FEW
@given(data=panels(), scale=st.sampled_from([1e-3, 7.0, 1e6]))
def test_the_unit_of_measurement_does_not_count(name, data, scale) -> None:
    columns = [*H, "all", "people"]
    function = EVERY[name]
    close(function(data.assign(**{column: data[column] * scale for column in columns})), function(data))


@pytest.mark.parametrize("name", [name for name in EVERY if name not in POOLED])
@FEW
@given(data=panels())
def test_each_year_stands_alone(name, data) -> None:
    def of_2002(table):
        levels = [set(table.index.get_level_values(level)) for level in range(table.index.nlevels)]
        level = next(number for number, labels in enumerate(levels) if 2002 in labels)
        return table[table.index.get_level_values(level) == 2002]

    close(of_2002(EVERY[name](data)), of_2002(EVERY[name](of_2002(data))))


@given(data=panels())
def test_the_mean_quotient_weighted_by_the_total_is_one(data) -> None:
    quotient = sf.location_quotient(data[list(H)], data["all"], by="year")
    sums = quotient.mul(data["all"], axis=0).groupby("year").sum()
    means = sums.div(data["all"].groupby("year").sum(), axis=0)
    np.testing.assert_allclose(means, 1, rtol=1e-12)


@given(data=panels(), copies=st.integers(2, 4))
def test_copies_of_every_unit_change_no_inequality(data, copies) -> None:
    many = pd.concat([data.rename(lambda unit, c=c: f"{unit}_{c}", level="unit") for c in range(copies)])
    for name in ("gini", "theil", "regional_imbalance"):
        close(BY_PERIOD[name](many), BY_PERIOD[name](data))


@given(data=panels())
def test_the_parts_sum_to_the_whole(data) -> None:
    options = {"groups": data["region"], "by": "year", "weights": data["people"]}
    for found in (
        INDICES.dagum_gini(data[list(H)], **options).frame,
        INDICES.theil_decomposition(data[list(H)], **options).frame,
    ):
        np.testing.assert_allclose(found.iloc[:, 1:].sum(axis=1), found.iloc[:, 0], rtol=1e-10)
        assert (found >= -1e-14).all(axis=None)


@given(data=panels())
def test_inequality_stays_in_its_range(data) -> None:
    n = len(data) // 2
    gini, theil = INDICES.gini(data[list(H)], by="year"), INDICES.theil(data[list(H)], by="year")
    assert gini.gt(0).all(axis=None)
    assert gini.le(1 - 1 / n).all(axis=None)
    assert theil.gt(0).all(axis=None)
    assert theil.le(np.log(n)).all(axis=None)


@given(data=panels())
def test_hoover_is_half_of_krugmans_concentration_against_all(data) -> None:
    sectors = data[list(H)]
    one = INDICES.hoover(sectors, sectors.sum(axis=1), by="year")
    close(INDICES.krugman_concentration(sectors, by="year", reference="all") / 2, one)


@given(data=panels())
def test_entropy_weights_sum_to_one_and_are_not_reversed(data) -> None:
    found = INDICES.entropy_composite(data, directions=DIRECTIONS)
    assert found.weights.sum() == pytest.approx(1, abs=1e-12)
    assert found.redundancy.between(0, 1).all()
    assert found.composite.between(0, 1).all()
    assert found.weights.rank().tolist() == found.entropy.rank(ascending=False).tolist()


@given(data=panels())
def test_the_group_is_the_mean_of_its_pairs(data) -> None:
    """With weights w_j w_k; the pairs come from another formula."""
    sectors = data[list(H)]
    pairs = INDICES.pairwise_coagglomeration(sectors, data["all"], by="year")
    group = INDICES.coagglomeration(sectors, data["all"], by="year")
    for year in (2001, 2002):
        weight = sectors.xs(year, level="year").sum()
        weight = (weight / weight.sum()).to_numpy()
        both = np.outer(weight, weight)
        np.fill_diagonal(both, 0)
        mean = np.nansum(pairs.loc[year].to_numpy() * both) / both.sum()
        assert group[year] == pytest.approx(mean, rel=1e-9, abs=1e-12)


@given(data=panels())
def test_a_relabelled_group_takes_its_numbers_along(data) -> None:
    names = {"east": "z-coast", "west": "a-inland"}
    one = INDICES.dagum_gini(data["steel"], groups=data["region"], by="year")
    two = INDICES.dagum_gini(data["steel"], groups=data["region"].map(names), by="year")
    close(two.frame, one.frame)
    close(two.groups[["z-coast", "a-inland"]].set_axis(one.groups.columns, axis=1), one.groups)
