"""Indices that others published."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf

INDICES = sf.indices
GERMAN_GDP = [
    *(460.69, 549.19, 124.16, 65.29, 31.59, 109.27, 263.44, 39.87),
    *(258.53, 645.59, 131.95, 35.03, 112.66, 56.22, 85.61, 56.81),
]


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    table = sf.load_dataset("china_urban_agglomeration_loans").set_index("agglomeration")
    return table.set_axis([2011, 2020, "printed"], axis=1)


def test_ellison_and_glaeser_of_ten_plants() -> None:
    """Farhauer and Kroell (2014), printed with eight digits in the manual of R's REAT 3.0.3 (ellison.a)."""
    places = ["Wien"] * 5 + ["Linz"] * 4 + ["Graz"]
    plants = pd.Series([200.0, 650, 12000, 100, 50, 16000, 13000, 1500, 1500, 25000])
    total = pd.Series({"Graz": 100000.0, "Linz": 400000.0, "Wien": 500000.0})
    found = INDICES.ellison_glaeser(
        plants.groupby(places).sum(), total, plant_herfindahl=INDICES.herfindahl(plants).item()
    )
    assert found.item() == pytest.approx(0.05990628, abs=5e-9)


def test_herfindahl_of_four_car_makers() -> None:
    """Doersam (2004), printed with two digits in the manual of REAT (herf)."""
    sales = pd.Series([20.0, 50, 20, 10])
    assert INDICES.herfindahl(sales).item() == pytest.approx(0.34, abs=1e-12)
    assert INDICES.herfindahl(sales, normalized=True).item() == pytest.approx(0.12, abs=1e-12)


@pytest.mark.parametrize(
    ("values", "weights", "printed", "digits"),
    [
        ([20, 50, 20, 10], None, 0.3, 1e-12),
        (GERMAN_GDP, None, 0.5009, 5e-5),
        ([500, 1500, 2500, 4000, 7500, 15000], [1000, 1200, 1600, 400, 200, 600], 0.5278, 5e-5),
        ([541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261], None, 0.4620911, 5e-8),
    ],
)
def test_gini_coefficients(values, weights, printed, digits) -> None:
    """Three of the manual of REAT (gini), one of that of R's ineq; each to its last printed digit."""
    given = pd.Series(values, dtype=float)
    options = {} if weights is None else {"weights": pd.Series(weights)}
    assert INDICES.gini(given, **options).item() == pytest.approx(printed, abs=digits)


def test_gini_of_the_location_quotient() -> None:
    """Farhauer and Kroell (2013), printed with seven digits in the manual of REAT (gini.conc)."""
    sector = pd.Series([500.0, 500, 1000, 7000, 1000])
    total = pd.Series([20000.0, 15000, 20000, 40000, 5000])
    found = INDICES.gini(sf.location_quotient(sector, total))
    assert found.item() == pytest.approx(0.4068966, abs=5e-8)


def test_krugmans_index_of_two_regions_with_nothing_in_common() -> None:
    """Farhauer and Kroell (2013), in the manual of REAT (krugman.spec)."""
    table = pd.DataFrame([[20.0, 10, 70, 0, 0], [0, 0, 0, 60, 40]], index=["j", "l"])
    assert INDICES.krugman_specialization(table).tolist() == [2.0, 2.0]


def test_the_interval_is_that_of_clopper_and_pearson() -> None:
    """682 of 925 against 0.75 (Conover, 1971, in the manual of binom.test), by R 4.2.2 to ten digits."""
    found = INDICES.location_quotient_test(
        pd.Series({"a": 682}), pd.Series({"a": 925}), reference=(75.0, 100.0)
    )
    assert found.loc["a", "conf_low"] * 0.75 == pytest.approx(0.7076682641, abs=5e-11)
    assert found.loc["a", "conf_high"] * 0.75 == pytest.approx(0.7654065582, abs=5e-11)


def test_all_german_industries_at_once(reference) -> None:
    """A table with one column per industry, against R's REAT; both are double precision."""
    data = pd.read_csv(reference("lq/reat_G_regions_industries.csv"))
    expected = pd.read_csv(reference("lq/expected_LQ_G_regions_industries.csv"))
    table = data.pivot(index="region_code", columns="ind_code", values="emp_all")
    total = table.sum(axis=1).sample(frac=1, random_state=1)
    printed = expected.pivot(index="j_region", columns="i_industry", values="LQ")
    found = sf.location_quotient(table, total)
    assert printed.size == 272
    np.testing.assert_allclose(found, printed.loc[found.index, found.columns], rtol=0, atol=1e-9)
    symmetric = INDICES.symmetric_location_quotient(table, total)
    np.testing.assert_allclose(symmetric.loc["HE", "WZ08-K"], 0.67106 / 2.67106, atol=5e-6)


def test_loans_of_urban_agglomerations(loans) -> None:
    """Totals, multiples and concentration ratios to the digits printed."""
    assert loans[[2011, 2020]].sum().round(2).tolist() == [309321.29, 904118.45]
    multiples = INDICES.growth_multiples(loans[2011], loans[2020].sample(frac=1, random_state=1))
    assert len(multiples) == 11
    for name, value in loans["printed"].items():
        assert round(multiples[name], 2) == value, name
    assert INDICES.concentration_ratio(loans[[2011, 2020]], k=3).loc["all", 2020] == pytest.approx(
        0.66113, abs=5e-6
    )
    assert INDICES.concentration_ratio(loans[2020], k=5).item() == pytest.approx(0.82539, abs=5e-6)


@pytest.mark.parametrize(
    ("code", "km2"), [("110000", 16410), ("140000", 156700), ("410000", 167000), ("500000", 82400)]
)
def test_areas_of_provinces(code, km2) -> None:
    """Official areas of Beijing, Shanxi, Henan, Chongqing; the borders of the layer are generalised (1%)."""
    layer = sf.load_layer("china_provinces", units=[code])
    assert 1 / INDICES.density(pd.Series({code: 1.0}), layer).item() == pytest.approx(km2, rel=0.01)
