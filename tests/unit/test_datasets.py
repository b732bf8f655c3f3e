"""Shipped tables: numbers as published, sources and caveats attached, nothing invented."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, OptionError
from spatialfin.datasets import dataset_names

PANEL = "china_finance_2002_2011"


@pytest.fixture
def panel() -> pd.DataFrame:
    return sf.load_dataset(PANEL)


def test_names() -> None:
    assert dataset_names() == (
        PANEL, "china_provinces_official", "china_provinces_partial", "china_industry_census_provinces",
        "china_industry_census_industries", "china_urban_agglomeration_loans", "published_regressions",
    )  # fmt: skip


def test_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(OptionError, match=r"Did you mean 'china_finance_2002_2011'.*published_regressions"):
        sf.load_dataset("china_finance")


@pytest.mark.parametrize("name", dataset_names())
def test_what_every_table_says_about_itself(name: str) -> None:
    table = sf.load_dataset(name)
    assert len(table) > 0
    assert {"name", "title", "source", "caveats", "units", "tiers", "suspicious"} == set(table.attrs)
    assert table.attrs["name"] == name
    assert len(table.attrs["source"]) > 30
    assert table.attrs["caveats"]
    assert set(table.attrs["units"]) <= set(table.columns)
    assert json.loads(json.dumps(table.attrs)) == table.attrs
    if "code" in table.columns:
        assert table["code"].str.fullmatch(r"\d{6}").all()


@pytest.mark.parametrize("name", dataset_names())
def test_attrs_survive_and_every_load_is_fresh(name: str) -> None:
    table = sf.load_dataset(name)
    assert table.copy().attrs == table.attrs
    assert table.head(2).attrs == table.attrs
    assert pd.concat([table, table]).attrs == table.attrs
    table.attrs["caveats"].append("mine")
    table.attrs["units"]["mine"] = "mine"
    table.iloc[:, 0] = None
    again = sf.load_dataset(name)
    assert "mine" not in again.attrs["caveats"]
    assert "mine" not in again.attrs["units"]
    assert again.iloc[:, 0].notna().all()


def test_panel_is_balanced_and_complete_where_it_should_be(panel: pd.DataFrame) -> None:
    assert list(panel.columns) == [
        "code", "name", "year", "finance", "tertiary", "gdp",
        "population", "population_interpolated", "gdp_pc",
    ]  # fmt: skip
    assert panel.shape == (310, 9)
    assert panel["code"].nunique() == 31
    assert panel.groupby("code")["year"].agg(list).map(tuple).unique().tolist() == [tuple(range(2002, 2012))]
    assert panel[["finance", "tertiary", "gdp"]].notna().all(axis=None)
    assert (panel["finance"] < panel["tertiary"]).all()
    assert (panel["tertiary"] < panel["gdp"]).all()
    assert panel["population"].isna().equals(panel["year"].eq(2011).rename("population"))
    assert panel["gdp_pc"].isna().equals(panel["year"].eq(2011).rename("gdp_pc"))
    assert panel["population_interpolated"].equals(panel["year"].lt(2010).rename("population_interpolated"))
    assert panel.equals(panel.sort_values(["code", "year"], ignore_index=True))


def test_panel_units_match_the_mainland_layer(panel: pd.DataFrame) -> None:
    assert set(panel["code"]) == set(sf.load_layer("china_provinces", units="mainland").index)


def test_population_2010_is_the_census(panel: pd.DataFrame) -> None:
    """Communique: mainland total 1,339,724,852 with servicemen and persons without a fixed place."""
    people = panel.loc[panel["year"] == 2010, "population"].sum()
    assert people == 1_339_724_852 - 2_300_000 - 4_649_985


def test_population_between_the_censuses_grows_at_one_rate(panel: pd.DataFrame) -> None:
    official = sf.load_dataset("china_provinces_official")
    census = official[official["variable"] == "population_census_1nov"]
    wide = panel.pivot(index="code", columns="year", values="population")
    wide[2000] = census[census["year"] == 2000].set_index("code")["value"]
    logs = np.log(wide[[2000, *range(2002, 2011)]])
    rate = (logs[2010] - logs[2000]) / 10
    for year in range(2002, 2010):
        # rounding of logs of numbers near 1e8 is below 1e-14
        assert np.allclose(logs[year], logs[2000] + rate * (year - 2000), rtol=0, atol=1e-12)
    assert wide.loc["110000", 2010] == 19_612_368  # Beijing, as printed in the communique


def test_gdp_per_head_is_yuan_per_person(panel: pd.DataFrame) -> None:
    beijing = panel.query("code == '110000' and year == 2010").iloc[0]
    assert beijing["gdp"] == 14113.58
    assert beijing["gdp_pc"] == pytest.approx(14113.58e8 / 19_612_368, rel=1e-14)


@pytest.mark.parametrize(("year", "quotient"), [(2002, 3.45), (2011, 2.74)])
def test_financial_location_quotient_of_beijing(panel: pd.DataFrame, year: int, quotient: float) -> None:
    """Published to two digits."""
    rows = panel[panel["year"] == year].set_index("code")
    national = rows["finance"].sum() / rows["gdp"].sum()
    value = rows.loc["110000", "finance"] / rows.loc["110000", "gdp"] / national
    assert value == pytest.approx(quotient, abs=0.005)


def test_loans_add_up_to_the_printed_totals_and_multiples() -> None:
    loans = sf.load_dataset("china_urban_agglomeration_loans")
    assert len(loans) == 11
    assert loans["loans_2011_100m_yuan"].sum() == pytest.approx(309_321.29, abs=0.005)
    assert loans["loans_2020_100m_yuan"].sum() == pytest.approx(904_118.45, abs=0.005)
    multiple = loans["loans_2020_100m_yuan"] / loans["loans_2011_100m_yuan"] - 1
    assert (multiple - loans["growth_multiple_printed"]).abs().max() <= 0.0051  # printed to two digits


@pytest.mark.parametrize(
    ("name", "firms"),
    [
        ("china_industry_census_provinces", {1995: 500_833, 2004: 1_363_284}),
        ("china_industry_census_industries", {1995: 506_409, 2004: 1_363_284}),
    ],
)
def test_firms_add_up_to_the_printed_sums(name: str, firms: dict[int, int]) -> None:
    assert sf.load_dataset(name).groupby("year")["firms"].sum().to_dict() == firms


@pytest.mark.parametrize(("year", "printed"), [(1995, 0.206), (2004, 0.211)])
def test_mean_proximity_of_the_provinces(year: int, printed: float) -> None:
    """Weighted by output; the entries are rounded to three digits, so the third digit may move by one."""
    rows = sf.load_dataset("china_industry_census_provinces").query("year == @year")
    output = rows["firms"] * rows["mean_gross_output_kyuan"]
    assert np.average(rows["industry_proximity_output"], weights=output) == pytest.approx(printed, abs=0.001)


def test_official_tables_have_a_source_and_a_tier_for_every_number() -> None:
    for name, rows in (("china_provinces_official", 2000), ("china_provinces_partial", 126)):
        table = sf.load_dataset(name)
        assert len(table) == rows
        assert table.notna().all(axis=None)
        assert not table.duplicated(["code", "year", "variable"]).any()
        assert set(table["tier"]) <= {1, 2, 3}
        assert set(table.attrs["tiers"]) == set(table["variable"])
    tiers = sf.load_dataset("china_provinces_official").attrs["tiers"]
    assert tiers["insurance_premium"] == 1
    assert tiers["population_census_1nov"] == 2
    assert tiers["finance_value_added"] == 3
    assert tiers["gross_capital_formation"] == 2  # its weakest rows


def test_suspicious_cells_are_the_ones_in_the_numbers(panel: pd.DataFrame) -> None:
    """Repeats of the year before and growth to 1.7 times or more, found again here."""
    ordered = panel.sort_values(["code", "year"])
    growth = ordered["finance"] / ordered.groupby("code")["finance"].shift()
    cells = ordered[(growth == 1) | (growth >= 1.7)]
    found = set(zip(cells["code"], cells["year"], strict=True))
    listed = panel.attrs["suspicious"]
    assert {(cell["code"], cell["year"]) for cell in listed} == found
    assert {cell["variable"] for cell in listed} == {"finance"}
    assert {"Inner Mongolia", "Heilongjiang"} == {
        cell["name"] for cell in listed if "repeats" in cell["reason"]
    }
    twice = panel.query("code in ['150000', '230000'] and year in [2003, 2004]")
    assert twice["finance"].tolist() == [55.89, 55.89, 32.2, 32.2]


def test_suspicious_cells_of_the_long_table() -> None:
    table = sf.load_dataset("china_provinces_official")
    cells = table.attrs["suspicious"]
    assert {cell["variable"] for cell in cells} == {
        "finance_value_added", "grp_expenditure_approach", "final_consumption", "gross_capital_formation",
    }  # fmt: skip
    values = table.set_index(["code", "year", "variable"])["value"]
    for cell in cells:
        assert (cell["code"], cell["year"], cell["variable"]) in values.index
        if cell["code"] == "530000":
            before = values.loc[("530000", 2007, cell["variable"])]
            assert values.loc[("530000", 2008, cell["variable"])] == before


class TestSampleReport:
    """Who is in the sample, and why the others are not."""

    def test_complete_panel(self, panel: pd.DataFrame) -> None:
        layer = sf.load_layer("china_provinces")
        report = sf.sample_report(panel, layer, unit="code", time="year", columns=["finance", "gdp"])
        assert len(report.kept) == 31
        assert report.n_periods == 10
        assert report.dropped["unit"].tolist() == ["710000", "810000", "820000"]
        assert set(report.dropped["reason"]) == {"no row in the data"}
        assert repr(report).startswith("Sample: 31 units kept in each of 10 periods, 3 dropped.\n  710000:")

    def test_every_reason_is_given(self) -> None:
        data = pd.DataFrame(
            {
                "unit": ["a", "a", "b", "b", "c", "d", "d", "x", "x"],
                "year": [2001, 2002, 2001, 2002, 2001, 2001, 2002, 2001, 2002],
                "y": [1.0, 2.0, None, None, 3.0, 4.0, None, 5.0, 6.0],
                "z": [1.0, 2.0, 3.0, 4.0, 5.0, None, 7.0, 8.0, 9.0],
                "note": [None] * 9,
            }
        )
        report = sf.sample_report(data, ["a", "b", "c", "d", "e"], unit="unit", time="year")
        assert list(report.kept) == ["a"]
        assert dict(zip(report.dropped["unit"], report.dropped["reason"], strict=True)) == {
            "b": "y missing in 2001, 2002",
            "c": "no row for 2002",
            "d": "y missing in 2002; z missing in 2001",
            "e": "no row in the data",
            "x": "not among the units of the layer",
        }

    def test_cross_section_with_the_unit_in_the_index(self) -> None:
        data = pd.DataFrame({"y": [1.0, None]}, index=pd.Index(["a", "b"], name="unit"))
        report = sf.sample_report(data, ["b", "a"], unit="unit")
        assert list(report.kept) == ["a"]
        assert repr(report) == "Sample: 1 units kept, 1 dropped.\n  b: y missing"

    def test_columns_that_are_not_named_may_be_missing(self, panel: pd.DataFrame) -> None:
        units = list(panel["code"].unique())
        assert len(sf.sample_report(panel, units, unit="code", time="year", columns=["gdp"]).kept) == 31
        everything = sf.sample_report(panel, units, unit="code", time="year")
        assert len(everything.kept) == 0
        assert set(everything.dropped["reason"]) == {"population missing in 2011; gdp_pc missing in 2011"}

    def test_weights_give_their_ids(self, panel: pd.DataFrame) -> None:
        class Weights:
            ids = pd.Index(["110000", "120000"])

        report = sf.sample_report(panel.query("year == 2010"), Weights(), unit="code")
        assert list(report.kept) == ["110000", "120000"]
        assert len(report.dropped) == 29

    def test_order_of_rows_changes_nothing(self, panel: pd.DataFrame) -> None:
        units = sf.load_layer("china_provinces", units="mainland")
        data = panel[(panel["code"] != "540000") | (panel["year"] != 2005)]
        shuffled = data.sample(frac=1, random_state=3)
        keys = {"unit": "code", "time": "year", "columns": ["gdp"]}
        reports = [sf.sample_report(rows, units, **keys) for rows in (data, shuffled)]
        assert repr(reports[0]) == repr(reports[1])
        assert "540000: no row for 2005" in repr(reports[0])

    def test_unknown_columns_name_the_nearest(self, panel: pd.DataFrame) -> None:
        with pytest.raises(DataError, match=r"no column or index level 'cod'.*'code'"):
            sf.sample_report(panel, ["110000"], unit="cod")
        with pytest.raises(DataError, match=r"no column 'financ'.*'finance'"):
            sf.sample_report(panel, ["110000"], unit="code", time="year", columns=["financ"])

    def test_several_rows_of_a_unit(self, panel: pd.DataFrame) -> None:
        with pytest.raises(DataError, match=r"Several rows for '110000', '120000'.*name the time"):
            sf.sample_report(panel, ["110000"], unit="code")

    def test_blank_keys(self) -> None:
        with pytest.raises(DataError, match="1 rows have no 'unit'"):
            sf.sample_report(pd.DataFrame({"unit": ["a", None]}), ["a"], unit="unit")

    def test_nothing_in_common(self) -> None:
        data = pd.DataFrame({"unit": [110000], "y": [1.0]})
        with pytest.raises(AlignmentError, match=r"No unit of 'unit'.*match_units"):
            sf.sample_report(data, ["110000"], unit="unit")
