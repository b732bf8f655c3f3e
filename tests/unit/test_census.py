"""The simulated census: its printed margins, its label, its effects, and that a seed is all it depends on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import OptionError
from spatialfin.simulate import FirmCensus, firm_census


@pytest.fixture(scope="module")
def small() -> FirmCensus:
    return firm_census(fraction=0.02)


@pytest.fixture(scope="module")
def whole() -> FirmCensus:
    return firm_census()


def test_it_is_labelled_as_simulated(small: FirmCensus) -> None:
    assert small.firms["simulated"].all()
    for table in (small.firms, small.counties, small.industry_proximity):
        assert table.attrs["simulated"] is True
        assert "Simulated" in table.attrs["source"]
    assert repr(small).startswith("Simulated census: 10,128 firms in 1995, 27,266 firms in 2004")


def test_codes_are_text_of_their_level(small: FirmCensus) -> None:
    firms = small.firms
    assert firms["industry"].str.fullmatch(r"\d{4}").all()
    assert firms["industry"].str[:2].nunique() == 39
    counties = sf.load_layer("china_counties", units="mainland").index
    assert set(firms["county"].dropna()) <= set(counties)
    assert firms["industry"].isin(small.industry_proximity.index).all()


def test_money_and_shares_are_possible(small: FirmCensus) -> None:
    firms = small.firms
    numbers = firms.select_dtypes("number")
    assert np.isfinite(numbers.to_numpy(dtype=float)).all()
    assert (numbers >= 0).all().all()
    assert (firms[["debt", "fixed_assets"]].le(firms["assets"], axis=0)).all().all()
    shares = firms[["private_share", "hmt_share", "foreign_share"]]
    assert shares.max().max() <= 1
    assert (firms["employment"] >= 1).all()


def test_a_firm_has_one_row_per_year_and_stays_in_its_county(small: FirmCensus) -> None:
    firms = small.firms
    assert not firms.duplicated(["firm", "year"]).any()
    both = firms[firms["firm"].duplicated(keep=False)]
    assert len(both) > 1000
    assert len(both[["firm", "county"]].drop_duplicates()) == both["firm"].nunique()


def test_the_proximity_is_that_of_the_firms_returned(small: FirmCensus) -> None:
    firms = small.firms[small.firms["county"].notna()]
    for size in ("assets", "output", "employment"):
        cells = firms.groupby(["county", "year", "industry"], as_index=False)[size].sum()
        found = _regional(cells, small, size)
        truth = small.counties.set_index(["county", "year"])[f"proximity_{size}"]
        np.testing.assert_allclose(found.reindex(truth.index), truth, rtol=1e-10)


def _regional(cells: pd.DataFrame, census: FirmCensus, size: str) -> pd.Series:
    """The mean over pairs of industries, weighted by size and by the size of the others, written out."""
    phi = census.industry_proximity.to_numpy(copy=True)
    np.fill_diagonal(phi, 0)
    wide = cells.pivot(index=["county", "year"], columns="industry", values=size).fillna(0.0)
    wide = wide.reindex(columns=census.industry_proximity.index, fill_value=0.0)
    sizes = wide.to_numpy()
    total = sizes.sum(axis=1, keepdims=True)
    others = np.where(sizes > 0, total - sizes, np.nan)
    several = (sizes > 0).sum(axis=1) > 1
    with np.errstate(invalid="ignore"):
        mean = np.nansum(sizes / total * (sizes @ phi) / others, axis=1)
    return pd.Series(np.where(several, mean, np.nan), wide.index)


def test_the_minimum_is_that_of_the_firms_returned(small: FirmCensus) -> None:
    least = small.firms.groupby(["county", "year"])["assets"].min() / 1000
    truth = small.counties.set_index(["county", "year"])
    pd.testing.assert_series_equal(least.reindex(truth.index), truth["minimum_assets"], check_names=False)
    counts = small.firms.groupby(["county", "year"]).size()
    assert (counts.reindex(truth.index) == truth["firms"]).all()


def test_the_seed_is_all_it_depends_on(small: FirmCensus) -> None:
    again = firm_census(fraction=0.02)
    pd.testing.assert_frame_equal(again.firms, small.firms)
    pd.testing.assert_frame_equal(again.counties, small.counties)
    assert not firm_census(fraction=0.02, seed=1).firms["output"].equals(small.firms["output"])


@pytest.mark.parametrize("options", [{"fraction": 0}, {"fraction": 1.5}, {"fraction": "1"}, {"seed": -1}])
def test_options_out_of_range(options: dict[str, float]) -> None:
    ((name, value),) = options.items()
    with pytest.raises(OptionError, match=f"^{name}={value!r}: a .*number"):
        firm_census(**options)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("year", [1995, 2004])
def test_the_printed_margins_are_exact(whole: FirmCensus, year: int) -> None:
    firms = whole.firms.query("year == @year")
    provinces = sf.load_dataset("china_industry_census_provinces").query("year == @year")
    industries = sf.load_dataset("china_industry_census_industries").query("year == @year")
    assert len(firms) == {1995: 506_409, 2004: 1_363_284}[year]
    counts = firms["county"].str[:2].value_counts()
    assert counts.to_dict() == {row.code[:2]: row.firms for row in provinces.itertuples()}
    divisions = firms.groupby(firms["industry"].str[:2])["output"]
    assert list(divisions.size()) == list(industries["firms"])
    # Raked last, so exact but for rounding.
    np.testing.assert_allclose(divisions.mean(), industries["mean_gross_output_kyuan"], rtol=1e-9)
    means = firms.groupby(firms["county"].str[:2])["output"].mean()
    # The two printed margins have different sums, so provinces cannot be exact too.
    np.testing.assert_allclose(means, provinces.sort_values("code")["mean_gross_output_kyuan"], rtol=0.05)
    log_sd = np.log(firms["output"]).groupby(firms["industry"].str[:2]).std().to_numpy()
    spread = (industries["sd_gross_output_kyuan"] / industries["mean_gross_output_kyuan"]).to_numpy()
    # Provincial factors add to the spread within an industry; small industries are noisy.
    np.testing.assert_allclose(log_sd, np.sqrt(np.log1p(spread**2)), rtol=0.15)


def _estimates(formula: str, data: pd.DataFrame) -> pd.DataFrame:
    import pyfixest

    return pyfixest.feols(formula, data, vcov="hetero").tidy()


def _planted(table: pd.DataFrame, name: str, value: float) -> None:
    """A planted coefficient lies within four of its standard errors: chance in 16,000."""
    assert abs(table.loc[name, "Estimate"] - value) < 4 * table.loc[name, "Std. Error"], table.loc[name]


@pytest.mark.slow
def test_the_effects_on_counties_are_recovered(whole: FirmCensus) -> None:
    early, late = (whole.counties.query("year == @year").set_index("county") for year in (1995, 2004))
    both = early.join(late[["firms", "minimum_assets"]], rsuffix="_04", how="inner").dropna()
    both = both.assign(l95=np.log(both["firms"]), l04=np.log(both["firms_04"]), province=both.index.str[:2])
    numbers = _estimates("l04 ~ l95 + proximity_output | province", both)
    _planted(numbers, "proximity_output", 2.846)
    _planted(numbers, "l95", 1.077)
    smallest = _estimates("minimum_assets_04 ~ minimum_assets + proximity_assets", both)
    _planted(smallest, "proximity_assets", -1.569)
    _planted(smallest, "minimum_assets", 0.450)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("outcome", "controls", "effect"),
    [
        ("payable / debt", "log_output + debt_ratio + fixed_ratio", 0.165),
        ("receivable / output", "log_output + debt_ratio + fixed_ratio", 0.221),
        ("export / output", "log_output", 0.215),
        ("log(value_added)", "labour + capital + labour:late + capital:late", 0.618),
    ],
)
def test_the_effects_on_firms_are_recovered(
    whole: FirmCensus, outcome: str, controls: str, effect: float
) -> None:
    firms = whole.firms[whole.firms["firm"].duplicated(keep=False)]
    keys = ["county", "year"]
    data = firms.merge(whole.counties[[*keys, "proximity_assets"]], on=keys)
    data = data.assign(
        late=(data["year"] == 2004).astype(float), log_output=np.log(data["output"]),
        debt_ratio=data["debt"] / data["assets"], fixed_ratio=data["fixed_assets"] / data["assets"],
        labour=np.log(data["employment"]), capital=np.log(data["assets"]),
    )  # fmt: skip
    over = outcome.split(" / ")
    data["y"] = data[over[0]] / data[over[1]] if len(over) == 2 else np.log(data["value_added"])
    shares = "private_share + hmt_share + foreign_share"
    table = _estimates(f"y ~ proximity_assets + age + {controls} + {shares} + late | firm", data)
    _planted(table, "proximity_assets", effect)
    _planted(table, "age", 0.001)
