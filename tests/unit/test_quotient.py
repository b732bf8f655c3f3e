"""Location quotient and spatial Gini: matched by label, honest about zeros and gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, SpatialfinWarning

UNITS = ["110000", "120000", "130000"]
FINANCE = pd.Series([20.0, 5.0, 5.0], index=UNITS, name="finance")
GDP = pd.Series([100.0, 50.0, 150.0], index=UNITS, name="gdp")


@pytest.fixture
def panel() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    index = pd.MultiIndex.from_product([UNITS, [2002, 2003, 2004]], names=["code", "year"])
    return pd.DataFrame({"finance": rng.uniform(1, 9, 9), "gdp": rng.uniform(50, 99, 9)}, index=index)


def test_rows_are_matched_by_label() -> None:
    expected = pd.Series([2.0, 1.0, 1 / 3], index=UNITS, name="lq")
    pd.testing.assert_series_equal(sf.location_quotient(FINANCE, GDP), expected)
    pd.testing.assert_series_equal(sf.location_quotient(FINANCE, GDP[::-1]), expected)
    pd.testing.assert_series_equal(sf.location_quotient(FINANCE[::-1], GDP), expected[::-1])


def test_the_mean_weighted_by_the_total_is_one(panel) -> None:
    lq = sf.location_quotient(panel["finance"], panel["gdp"], by="year")
    means = (lq * panel["gdp"]).groupby("year").sum() / panel["gdp"].groupby("year").sum()
    assert means.to_numpy() == pytest.approx([1, 1, 1], abs=1e-14)


def test_periods_by_level_or_by_series_are_the_same(panel) -> None:
    by_level = sf.location_quotient(panel["finance"], panel["gdp"], by="year")
    flat = panel.reset_index().sample(frac=1, random_state=1)
    by_series = sf.location_quotient(flat["finance"], flat["gdp"], by=flat["year"])
    again = by_series.set_axis(pd.MultiIndex.from_frame(flat[["code", "year"]]))
    pd.testing.assert_series_equal(again.loc[by_level.index], by_level)
    assert list(by_series.index) == list(flat.index)


def test_a_panel_indexed_by_unit_keeps_its_rows_together(panel) -> None:
    coded = panel.reset_index("year").sample(frac=1, random_state=2)
    found = sf.location_quotient(coded["finance"], coded["gdp"], by=coded["year"])
    one = coded[coded["year"] == 2003]
    expected = sf.location_quotient(one["finance"], one["gdp"])
    assert found[coded["year"] == 2003].to_dict() == pytest.approx(expected.to_dict())


def test_each_period_stands_alone(panel) -> None:
    year = panel.xs(2004, level="year")
    whole = sf.location_quotient(panel["finance"], panel["gdp"], by="year").xs(2004, level="year")
    assert whole.to_dict() == pytest.approx(sf.location_quotient(year["finance"], year["gdp"]).to_dict())


def test_national_totals_as_the_reference(panel) -> None:
    one = sf.location_quotient(FINANCE, GDP, reference=(60.0, 600.0))
    assert one.tolist() == pytest.approx([2.0, 1.0, 1 / 3])
    nation = pd.DataFrame({"total": [10.0, 20, 40], "sector": [1.0, 1, 1]}, index=[2003, 2002, 2004])
    found = sf.location_quotient(panel["finance"], panel["gdp"], by="year", reference=nation)
    share = panel["finance"] / panel["gdp"]
    expected = share * pd.Series({2002: 20.0, 2003: 10, 2004: 40}).loc[panel.index.get_level_values(1)].array
    assert found.to_numpy() == pytest.approx(expected.to_numpy())


def test_zero_totals_are_told_and_never_become_zero() -> None:
    sector, total = pd.Series([1.0, 0, 3], index=UNITS), pd.Series([0.0, 0, 6], index=UNITS)
    with pytest.warns(SpatialfinWarning, match=r"infinite at '110000' and undefined \(NaN\) at '120000'"):
        found = sf.location_quotient(sector, total)
    assert found.iloc[0] == np.inf
    assert np.isnan(found.iloc[1])
    assert found.iloc[2] == pytest.approx(0.75)


def test_a_unit_without_the_sector_has_quotient_zero() -> None:
    assert sf.location_quotient(FINANCE * [1, 0, 1], GDP).iloc[1] == 0


@pytest.mark.parametrize(
    ("sector", "total", "options", "error", "message"),
    [
        (-FINANCE, GDP, {}, DataError, "negative sector at '110000', '120000', '130000'"),
        (FINANCE, GDP - 75, {}, DataError, "negative total at '120000'"),
        (FINANCE, GDP * 0, {}, DataError, "total is not positive in 'all'"),
        (FINANCE * 0, GDP, {}, DataError, "sector is not positive in 'all'"),
        (FINANCE.mask(FINANCE > 9), GDP, {}, DataError, "sector: missing or infinite at '110000'"),
        (FINANCE, GDP.astype(str) + "x", {}, DataError, "total: text where numbers"),
        (FINANCE, GDP.iloc[:2], {}, AlignmentError, "only in total: none; only in sector: '130000'"),
        (FINANCE, GDP.rename({"110000": "990000"}), {}, AlignmentError, "only in total: '990000'"),
        (FINANCE.to_numpy(), GDP, {}, DataError, "a Series indexed by unit is needed, not ndarray"),
        (FINANCE.iloc[:0], GDP.iloc[:0], {}, DataError, "no rows"),
        (FINANCE, GDP, {"by": "year"}, DataError, "by='year' is not a level of the index .levels: none."),
        (
            FINANCE,
            GDP,
            {"by": pd.Series([1, np.nan, 1], index=UNITS)},
            DataError,
            "missing periods at '120000'",
        ),
        (FINANCE, GDP, {"by": pd.Series([1, 1], index=UNITS[:2])}, AlignmentError, "by and values"),
        (FINANCE, GDP, {"reference": 3.0}, DataError, "sector total, whole total"),
        (FINANCE, GDP, {"reference": (0.0, 5.0)}, DataError, "sector is not positive"),
        (FINANCE, GDP, {"reference": (np.nan, 5.0)}, DataError, "reference sector: missing"),
        (FINANCE, GDP, {"reference": pd.DataFrame({"sector": [1.0]})}, DataError, "no column 'total'"),
        (
            FINANCE,
            GDP,
            {
                "by": pd.Series([1, 1, 2], index=UNITS),
                "reference": pd.DataFrame({"sector": [1.0], "total": [2.0]}, index=[1]),
            },
            AlignmentError,
            "no row for periods '2'",
        ),
        (
            FINANCE,
            GDP,
            {"reference": pd.DataFrame({"sector": [1.0, 2], "total": [2.0, 3]}, index=["all", "all"])},
            DataError,
            "duplicate periods 'all'",
        ),
        (
            FINANCE,
            GDP,
            {"by": pd.Series([1, 1, 2], index=UNITS), "reference": (1.0, 2.0)},
            DataError,
            "one pair of totals for 2 periods",
        ),
    ],
)
def test_bad_inputs_name_the_offenders(sector, total, options, error, message) -> None:
    with pytest.raises(error, match=message):
        sf.location_quotient(sector, total, **options)


def test_repeated_units_need_their_periods(panel) -> None:
    coded = panel.reset_index("year")
    with pytest.raises(DataError, match="More than one row per unit and period for '110000'"):
        sf.location_quotient(coded["finance"], coded["gdp"])
    with pytest.raises(AlignmentError, match="repeated labels in different orders"):
        sf.location_quotient(coded["finance"], coded["gdp"][::-1], by=coded["year"])


def test_inputs_are_left_alone(panel) -> None:
    before = panel.copy()
    sf.location_quotient(panel["finance"], panel["gdp"], by="year")
    pd.testing.assert_frame_equal(panel, before)


def test_spatial_gini_by_hand(panel) -> None:
    gini = sf.spatial_gini(FINANCE, GDP)
    assert gini.to_dict() == {"all": pytest.approx((1 / 3 - 2 / 3) ** 2 + 0 + (1 / 2 - 1 / 6) ** 2)}
    assert sf.spatial_gini(GDP * 3, GDP).item() == pytest.approx(0, abs=1e-30)
    years = sf.spatial_gini(panel["finance"], panel["gdp"].sample(frac=1, random_state=1), by="year")
    assert list(years.index) == [2002, 2003, 2004]
    one = panel.xs(2003, level="year")
    assert years[2003] == pytest.approx(sf.spatial_gini(one["finance"], one["gdp"]).item())
