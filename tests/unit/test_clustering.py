"""The clustering-and-finance study: its samples, its regressions, its tables, its errors."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import (
    AlignmentError,
    CollinearityError,
    DataError,
    MissingExtraError,
    OptionError,
    SpatialfinError,
)
from spatialfin.clustering import (
    ClusteringStudy,
    clustering_study,
    county_regressions,
    county_table,
    firm_panel,
    firm_panel_regressions,
    provincial_study,
)

SIZES = ("assets", "employment", "output")
OFFICIAL = {1995: 5.526, 2004: 18.722}
CENSUS = sf.simulate.firm_census(fraction=0.01)
PHI = CENSUS.industry_proximity
FIRMS = CENSUS.firms


@pytest.fixture(scope="module")
def study() -> ClusteringStudy:
    return clustering_study(FIRMS, PHI, official=OFFICIAL)


@pytest.fixture(scope="module")
def counties(study: ClusteringStudy) -> pd.DataFrame:
    return study.counties


@pytest.fixture(scope="module")
def panel(study: ClusteringStudy) -> pd.DataFrame:
    return study.panel


# Samples ------------------------------------------------------------------------------------------------


def test_counties_are_those_of_the_census(counties: pd.DataFrame) -> None:
    truth = CENSUS.counties.set_index(["county", "year"]).sort_index()
    found = counties.set_index(["county", "year"]).sort_index()
    pd.testing.assert_index_equal(found.index, truth.index)
    for name in ("firms", "minimum_assets", *(f"proximity_{size}" for size in SIZES)):
        np.testing.assert_allclose(found[name], truth[name], rtol=1e-9)
    placed = FIRMS[FIRMS["county"].notna()]
    small = placed[placed["output"] < 5000].groupby(["county", "year"]).size()
    assert (found["small_firms"] == small.reindex(found.index, fill_value=0)).all()
    tenth = placed.groupby(["county", "year"])["assets"].quantile(0.1) / 1000
    np.testing.assert_allclose(found["p10_assets"], tenth.reindex(found.index), rtol=1e-9)


def test_what_is_left_out_is_counted(study: ClusteringStudy, counties: pd.DataFrame) -> None:
    left = study.left_out.set_index("reason")["number"]
    unplaced = FIRMS["county"].isna() & (FIRMS["year"] == 1995)
    assert left["firms without a county in 1995"] == unplaced.sum() > 0
    first, second = (set(counties.loc[counties["year"] == year, "county"]) for year in (1995, 2004))
    assert left["counties with firms in one year only"] == len(first ^ second)
    early = counties[(counties["year"] == 1995) & counties["county"].isin(second)]
    assert left["counties without proximity in 1995"] == early["proximity_assets"].isna().sum()
    once = ~FIRMS["firm"].duplicated(keep=False)
    assert left["firms surveyed in one year only"] == once.sum()
    named = study.left_out.set_index("reason")["examples"]["counties without proximity in 1995"]
    assert set(named.split(", ")[:5]) <= set(early["county"])


def test_variables_of_the_panel(panel: pd.DataFrame) -> None:
    firms = FIRMS.set_index(["firm", "year"])
    rows = firms.loc[list(zip(panel["firm"], panel["year"], strict=True))]
    np.testing.assert_allclose(panel["payable_debt"], rows["payable"] / rows["debt"])
    np.testing.assert_allclose(panel["debt_ratio"], rows["debt"] / rows["assets"])
    np.testing.assert_allclose(panel["log_value_added"], np.log(rows["value_added"]))
    assert (panel["exporter"].to_numpy() == (rows["export"] > 0).to_numpy()).all()
    late = panel["year"] == 2004
    assert (panel.loc[~late, "log_assets_late"] == 0).all()
    np.testing.assert_allclose(panel.loc[late, "log_assets_late"], np.log(rows["assets"])[late.to_numpy()])


def test_zeros_are_missing_not_zero(counties: pd.DataFrame) -> None:
    firms = FIRMS.copy()
    twice = firms.index[firms["firm"].duplicated(keep=False)][:2]
    firms.loc[twice, ["debt", "value_added", "output"]] = 0.0
    firms.loc[twice, "export"] = np.nan
    rows = firm_panel(firms, counties).set_index(["firm", "year"])
    names = ["payable_debt", "log_value_added", "export_share", "exporter", "receivable_output", "log_output"]
    cells = rows.loc[list(zip(firms.loc[twice, "firm"], firms.loc[twice, "year"], strict=True)), names]
    assert cells.isna().all().all()


def test_any_frame_and_other_names_give_the_same(tmp_path: Path, counties: pd.DataFrame) -> None:
    import polars as pl

    path = tmp_path / "firms.parquet"
    theirs = FIRMS.rename(columns={"county": "dxdm", "assets": "zczj"})
    theirs.to_parquet(path)
    names = {"county": "dxdm", "assets": "zczj"}
    for firms in (pl.from_pandas(theirs), path):
        found = county_table(firms, PHI, columns=names)
        pd.testing.assert_frame_equal(found, counties, check_like=True, rtol=1e-10)


def test_simulated_firms_are_told_from_their_column(study: ClusteringStudy) -> None:
    import polars as pl

    assert study.simulated
    assert clustering_study(pl.from_pandas(FIRMS), PHI).simulated
    assert not clustering_study(FIRMS.drop(columns="simulated"), PHI).simulated


def test_a_survey_without_small_firms() -> None:
    """Outcomes that nobody has are named and left out of the tables."""
    census = sf.simulate.firm_census(fraction=0.02)
    found = clustering_study(census.firms.query("output >= 5000"), census.industry_proximity)
    left = found.left_out.set_index("reason")
    assert left.loc["outcomes that no county has in both years", "examples"] == "log_small_firms"
    assert not found.county.has("log_small_firms")
    assert found.tables["firm_numbers"].frame.shape[1] == 3


def test_shuffling_changes_nothing_and_inputs_stay(study: ClusteringStudy) -> None:
    before = FIRMS.copy()
    again = clustering_study(FIRMS.sample(frac=1, random_state=1), PHI)
    pd.testing.assert_frame_equal(FIRMS, before)
    pd.testing.assert_frame_equal(again.tidy(), study.tidy(), rtol=1e-6)


# Regressions --------------------------------------------------------------------------------------------


def test_county_regression_is_least_squares(study: ClusteringStudy, counties: pd.DataFrame) -> None:
    fit = study.county.fit("minimum_assets", "employment")
    first, second = (counties[counties["year"] == year].set_index("county") for year in (1995, 2004))
    both = first.index.intersection(second.index)
    near = first.loc[both, "proximity_employment"]
    X = np.column_stack([near, first.loc[both, "minimum_assets"], np.ones(len(both))])[near.notna()]
    y = second.loc[both, "minimum_assets"].to_numpy()[near.notna()]
    beta, std_error, r2 = _hc1(X, y, X.shape[1])
    np.testing.assert_allclose(fit.coefficients["estimate"], beta, rtol=1e-7)
    np.testing.assert_allclose(fit.coefficients["std_error"], std_error, rtol=1e-7)
    assert fit.r2 == pytest.approx(r2)
    assert fit.nobs == len(y)
    without = _hc1(X[:, 1:], y, 2)[2]
    assert fit.r2_without == pytest.approx(without)
    assert fit.effect_size()["r2_gain"] == pytest.approx(r2 - without)


def _hc1(X: np.ndarray, y: np.ndarray, parameters: int) -> tuple[np.ndarray, np.ndarray, float]:
    bread = np.linalg.inv(X.T @ X)
    beta = bread @ X.T @ y
    e = y - X @ beta
    cov = bread @ (X.T * e**2) @ X @ bread * len(y) / (len(y) - parameters)
    return beta, np.sqrt(np.diag(cov)), 1 - e @ e / np.sum((y - y.mean()) ** 2)


@pytest.fixture(scope="module")
def few(panel: pd.DataFrame) -> pd.DataFrame:
    """A panel of 80 firms, small enough for dummies of all."""
    complete = panel.dropna()
    names = complete["firm"][complete["firm"].duplicated()].unique()[:80]
    return complete[complete["firm"].isin(names)]


def test_fixed_effects_are_dummies(few: pd.DataFrame) -> None:
    """Slopes, robust errors, R2 and the constant equal those of dummies that sum to zero over the firms."""
    fit = firm_panel_regressions(few).fit("export_share", "output")
    terms = [name for name in fit.coefficients.index if name != "Intercept"]
    dummies = pd.get_dummies(few["firm"], dtype=float).to_numpy()
    centred = dummies[:, 1:] - dummies[:, :1]
    X = np.column_stack([few[terms], np.ones(len(few)), centred])
    beta, std_error, r2 = _hc1(X, few["export_share"].to_numpy(), X.shape[1])
    k = len(terms) + 1
    np.testing.assert_allclose(fit.coefficients["estimate"], beta[:k], rtol=1e-6)
    np.testing.assert_allclose(fit.coefficients["std_error"], std_error[:k], rtol=1e-6)
    assert fit.r2 == pytest.approx(r2)


def test_two_years_with_firm_effects_are_a_regression_of_changes(few: pd.DataFrame) -> None:
    fit = firm_panel_regressions(few, vcov="cluster").fit("log_value_added", "assets")
    terms = [name for name in fit.coefficients.index if name not in ("Intercept", "late")]
    wide = few.sort_values("year").groupby("firm")[[*terms, "log_value_added"]].agg(["first", "last"])
    change = wide.xs("last", axis=1, level=1) - wide.xs("first", axis=1, level=1)
    X = np.column_stack([change[terms], np.ones(len(change))])
    beta = np.linalg.lstsq(X, change["log_value_added"], rcond=None)[0]
    np.testing.assert_allclose(fit.coefficients.loc[[*terms, "late"], "estimate"], beta, rtol=1e-6)
    county = few.drop_duplicates("firm").set_index("firm")["county"].reindex(change.index)
    scores = pd.DataFrame(X * (change["log_value_added"].to_numpy() - X @ beta)[:, None]).groupby(
        county.to_numpy()
    )
    bread = np.linalg.inv(X.T @ X)
    cov = bread @ (scores.sum().T.to_numpy() @ scores.sum().to_numpy()) @ bread
    ratio = fit.coefficients.loc[[*terms, "late"], "std_error"] / np.sqrt(np.diag(cov))
    # One factor for small samples, near 1.
    np.testing.assert_allclose(ratio, ratio.iloc[0], rtol=1e-6)
    assert 1 < ratio.iloc[0] < 1.2
    assert fit.vcov == "clustered by county"


def test_singletons_and_missing_rows_are_counted(panel: pd.DataFrame) -> None:
    broken = panel.copy()
    both = broken.dropna()
    both = both[both["firm"].duplicated(keep=False)]
    broken.loc[both.index[::2][:7], "payable_debt"] = np.nan
    plain = firm_panel_regressions(panel).fit("payable_debt", "output")
    fit = firm_panel_regressions(broken).fit("payable_debt", "output")
    assert fit.incomplete == plain.incomplete + 7
    assert fit.singletons == plain.singletons + 7
    assert fit.nobs == plain.nobs - 14


def test_provinces_can_be_absorbed(counties: pd.DataFrame) -> None:
    plain = county_regressions(counties).fit("log_firms", "output")
    within = county_regressions(counties, effects="province").fit("log_firms", "output")
    assert within.r2 > plain.r2
    assert within.effects == "province"


def test_effect_of_one_standard_deviation(study: ClusteringStudy, counties: pd.DataFrame) -> None:
    fit = study.county.fit("minimum_assets", "assets")
    size = fit.effect_size()
    first, second = (counties[counties["year"] == year].set_index("county") for year in (1995, 2004))
    used = first["proximity_assets"].dropna().index.intersection(second.index)
    near, outcome = first.loc[used, "proximity_assets"], second.loc[used, "minimum_assets"]
    b = fit.coefficients.loc["proximity_assets", "estimate"]
    assert size["percent_of_mean"] == pytest.approx(100 * b * near.std() / outcome.mean())
    assert size["range_effect"] == pytest.approx(b * (near.max() - near.min()))
    assert size["percent_low"] < size["percent_of_mean"] < size["percent_high"] < 0
    log = study.county.fit("log_firms", "output").effect_size()
    assert log["percent_of_mean"] == pytest.approx(100 * np.expm1(log["sd_effect"]))
    assert study.effect_sizes()["r2_gain"].notna().sum() == 15


def test_the_results_read_well(study: ClusteringStudy) -> None:
    assert "simulated firms" in repr(study)
    placed = FIRMS.loc[FIRMS["county"].notna(), "year"].value_counts()
    assert f"{placed[1995]:,} and {placed[2004]:,} firms in counties" in repr(study)
    assert repr(study.county).startswith("minimum_assets: proximity_assets -")
    with pytest.raises(DataError, match=r"No regression of 'firms' on 'x'.*minimum_assets on none"):
        study.county.fit("firms", "x")


def test_a_fit_goes_into_a_table_of_ones_own(study: ClusteringStudy) -> None:
    fit = study.firm.fit("export_share", "assets")
    table = sf.tables.regression_table([fit], labels={"late": "2004"})
    assert table.frame.loc[("statistics", "N", "")].iloc[0] == str(fit.nobs)
    assert "Standard errors: robust to heteroskedasticity." in table.notes


# Tables -------------------------------------------------------------------------------------------------

HEADINGS = {
    "coverage": "Table 3.",
    "summary": "Table 5.",
    "minimum_assets": "Table 6.",
    "trade_credit": "Table 7.",
    "firm_numbers": "Table 8.",
    "exports": "Table 9.",
    "productivity": "Table 10.",
}


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("name", HEADINGS)
def test_rows_are_those_printed_in_their_order(
    name: str, study: ClusteringStudy, reference: Callable[[str], Path]
) -> None:
    text = reference("papers/long_zhang_tables_as_printed.txt").read_text(encoding="utf-8")
    section = text[text.index(HEADINGS[name]) :]
    following = re.search(r"Table \d+\. [A-Z]", section[10:])
    printed = _squeezed(section[: following.start() + 10] if following else section)
    table = study.tables[name]
    assert _squeezed(table.title) in printed
    at, last = 0, None
    for row in table._layout().rows:
        words = _squeezed(row.cells[0])
        # The paper leaves the label of the constant of productivity out, and prints the year as Year04.
        if not words or words == last or (name == "productivity" and words == "Constant"):
            continue
        last = words
        found = printed.find(words, at)
        assert found >= 0, f"{row.cells[0]!r} is not printed after position {at}"
        at = found
    for head in table._layout().head[:-1]:
        for words, _ in head:
            assert _squeezed(words).lower() in printed.lower()


def test_minimum_assets_as_printed(study: ClusteringStudy) -> None:
    """Four columns, one proximity each and none in the last; standard errors below; N once, at the end."""
    frame = study.tables["minimum_assets"].frame
    assert list(frame.columns) == ["(1)", "(2)", "(3)", "(4)"]
    block = "Dependent variable=minimum asset in 2004"
    near = frame.loc[
        [(block, f"Proximity in 1995 (w={one})", "estimate") for one in ("asset", "employment", "output")]
    ]
    assert ((near != "").to_numpy() == np.eye(3, 4, dtype=bool)).all()
    assert (frame.index.get_level_values("label") == "Observations").sum() == 1
    fit = study.county.fit("minimum_assets", "assets")
    row = fit.coefficients.loc["proximity_assets"]
    assert near.iloc[0, 0] == f"{row['estimate']:.3f}***"
    assert frame.loc[(block, "Proximity in 1995 (w=asset)", "se"), "(1)"] == f"{row['std_error']:.3f}"
    assert frame.iloc[-1].tolist() == [
        f"{study.county.fit('minimum_assets', one).nobs:,}" for one in (*SIZES, "")
    ]


def test_stars_follow_the_p_values(study: ClusteringStudy) -> None:
    frame = study.tables["exports"].frame
    marks = {0.01: "***", 0.05: "**", 0.1: "*"}
    for place, fit in enumerate(study.firm.fits[6:12]):
        row = fit.coefficients.loc["age"]
        wanted = next((mark for level, mark in marks.items() if row["p_value"] < level), "")
        assert (
            frame.loc[("coefficients", "Firm age", "estimate")].iloc[place]
            == f"{row['estimate']:.3f}{wanted}"
        )


def test_coverage(study: ClusteringStudy) -> None:
    total = FIRMS.groupby("year")["output"].sum() / 1e9
    np.testing.assert_allclose(study.coverage["sample"], total)
    np.testing.assert_allclose(study.coverage["percent"], 100 * total / pd.Series(OFFICIAL))
    without = replace(study, coverage=study.coverage.iloc[:0])
    assert "coverage" not in without.tables


@pytest.mark.parametrize("suffix", [".docx", ".tex", ".html", ".csv"])
def test_tables_are_saved(suffix: str, study: ClusteringStudy, tmp_path: Path) -> None:
    for name, table in study.tables.items():
        path = table.save(tmp_path / f"{name}{suffix}")
        assert path.stat().st_size > 100
        if suffix in (".tex", ".html"):
            assert "Simulated firms: no real firm or county." in path.read_text(encoding="utf-8")


def test_a_second_measure_of_value_added_adds_three_columns(counties: pd.DataFrame) -> None:
    firms = FIRMS.assign(value_added2=0.9 * FIRMS["value_added"])
    found = firm_panel_regressions(firm_panel(firms, counties))
    first, second = (found.fit(f"log_value_added{n}", "assets").coefficients["estimate"] for n in ("", "2"))
    np.testing.assert_allclose(second.iloc[:-1], first.iloc[:-1], rtol=1e-6)
    assert second["Intercept"] == pytest.approx(first["Intercept"] + np.log(0.9))


# Errors -------------------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[Callable[[], Any], type[SpatialfinError], str]] = {
    "no firms": (lambda: clustering_study(None, PHI), DataError, "NoneType is no data frame"),
    "missing columns": (
        lambda: clustering_study(FIRMS.drop(columns=["debt", "age"]), PHI),
        DataError,
        "(?s)2 problems.*no column 'debt'.*no column 'age'",
    ),
    "unknown column": (
        lambda: clustering_study(FIRMS, PHI, columns={"asset": "zc"}),
        OptionError,
        "'asset' are no columns of the study. Did you mean 'assets'",
    ),
    "codes as numbers": (
        lambda: clustering_study(FIRMS.assign(industry=1310), PHI),
        DataError,
        "'industry' holds Int64 where codes are text",
    ),
    "one year": (
        lambda: clustering_study(FIRMS.query("year == 1995"), PHI),
        DataError,
        "two years are compared, and there is '1995'",
    ),
    "no rows": (
        lambda: clustering_study(FIRMS.iloc[:0], PHI),
        DataError,
        "two years are compared, and there are none. Give",
    ),
    "three years": (
        lambda: county_table(pd.concat([FIRMS, FIRMS.query("year == 2004").assign(year=2008)]), PHI),
        DataError,
        "there are '1995', '2004', '2008'. Give the rows of exactly two years",
    ),
    "years as text": (
        lambda: clustering_study(FIRMS.assign(year=FIRMS["year"].astype(str)), PHI),
        DataError,
        "years are whole numbers, not values of type",
    ),
    "years in parts": (
        lambda: county_table(FIRMS.assign(year=FIRMS["year"] + 0.5), PHI),
        DataError,
        "years are whole numbers, not '1995.5', '2004.5'",
    ),
    "no firm twice": (
        lambda: clustering_study(FIRMS.assign(firm=FIRMS["firm"] + FIRMS["year"].astype(str)), PHI),
        DataError,
        "no firm is there in both 1995 and 2004",
    ),
    "a firm twice in a year": (
        lambda: clustering_study(pd.concat([FIRMS, FIRMS.iloc[:1]]), PHI),
        DataError,
        "1 firms have several rows for one firm and year",
    ),
    "negative assets": (
        lambda: clustering_study(FIRMS.assign(assets=FIRMS["assets"] - 1e3), PHI),
        DataError,
        "negative values in 'assets'. Correct them, or leave these rows out",
    ),
    "industries": (
        lambda: clustering_study(FIRMS, PHI.drop(index="1310", columns="1310")),
        AlignmentError,
        "Industries that phi does not hold: '1310'",
    ),
    "official years": (
        lambda: clustering_study(FIRMS, PHI, official={1995: 5.5}),
        DataError,
        "official: totals of '1995' for firms of '1995', '2004'",
    ),
    "official number": (
        lambda: clustering_study(FIRMS, PHI, official={1995: 5.5, 2004: -1}),
        OptionError,
        r"official\[2004\]=-1: a positive number",
    ),
    "official": (lambda: clustering_study(FIRMS, PHI, official=5), OptionError, "a dictionary"),  # type: ignore[arg-type]
    "vcov": (
        lambda: clustering_study(FIRMS, PHI, vcov="clustered"),  # type: ignore[arg-type]
        OptionError,
        "Did you mean 'cluster'",
    ),
    "county effects": (
        lambda: clustering_study(FIRMS, PHI, county_effects="county"),  # type: ignore[arg-type]
        OptionError,
        "Valid: 'none', 'province'",
    ),
    "small": (lambda: county_table(FIRMS, PHI, small_output=0), OptionError, "a positive number"),
    "county regressions on firms": (
        lambda: county_regressions(FIRMS),
        DataError,
        "'firms', 'small_firms', 'minimum_assets'.*Give what county_table returned",
    ),
    "county regressions on a list": (lambda: county_regressions([1]), DataError, "a DataFrame is needed"),  # type: ignore[arg-type]
    "panel of firms": (lambda: firm_panel_regressions(FIRMS), DataError, "Give what firm_panel returned"),
    "panel without counties": (lambda: firm_panel(FIRMS, FIRMS), DataError, "Give what county_table"),
    "provinces: no table": (lambda: provincial_study(None), DataError, "a DataFrame is needed"),  # type: ignore[arg-type]
    "provinces: columns": (
        lambda: provincial_study(sf.simulate.finance_provinces().drop(columns="num")),
        DataError,
        "no columns 'num'",
    ),
    "provinces: zero": (
        lambda: provincial_study(sf.simulate.finance_provinces().assign(patent=0)),
        DataError,
        "'patent' must be positive",
    ),
    "provinces: seed": (lambda: sf.simulate.finance_provinces(seed=-1), OptionError, "seed=-1"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_one_clear_error(fault: str) -> None:
    call, kind, message = FAULTS[fault]
    with pytest.raises(kind, match=message):
        call()


def test_too_few_firms(panel: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="payable_debt: 4 complete rows for 11 coefficients and effects"):
        firm_panel_regressions(panel.dropna().iloc[:4])


def test_an_age_that_is_the_year_cannot_be_told_from_it(panel: pd.DataFrame) -> None:
    with pytest.raises(CollinearityError, match="payable_debt: 'late' are linear combinations"):
        firm_panel_regressions(panel.assign(age=panel["late"] * 9 + 3))


def test_a_regressor_that_does_not_vary(panel: pd.DataFrame) -> None:
    with pytest.raises(CollinearityError, match="'hmt_share' do not vary within firm"):
        firm_panel_regressions(panel.assign(hmt_share=0.0))


def test_without_pyfixest_the_remedy_is_named(
    counties: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyfixest", None)
    with pytest.raises(MissingExtraError, match=r'pip install "spatialfin\[firms\]"'):
        county_regressions(counties)


def test_the_tables_speak_chinese_with_the_same_numbers(study: ClusteringStudy) -> None:
    chinese = study.tables_in("zh")
    assert list(chinese) == list(study.tables) == list(study.tables_in("en"))
    for name, table in study.tables.items():
        pd.testing.assert_frame_equal(
            chinese[name].frame.reset_index(drop=True).set_axis(range(table.frame.shape[1]), axis=1),
            table.frame.reset_index(drop=True).set_axis(range(table.frame.shape[1]), axis=1),
        )
        assert len(chinese[name].notes) == len(table.notes)
        assert re.findall("[A-Za-z]{4,}", repr(chinese[name])) == []
        assert "模拟企业" in chinese[name].notes[-1]
    with pytest.raises(OptionError, match=r"lang='cn'.*'zh'"):
        study.tables_in("cn")


def test_every_reason_and_variable_has_chinese_words(study: ClusteringStudy) -> None:
    from spatialfin.clustering._printed import _CONTROLS, OUTCOME_WORDS, _left_out
    from spatialfin.clustering._words import say

    assert not [word for word in (*_CONTROLS.values(), *OUTCOME_WORDS.values()) if say("zh", word) == word]
    rows = [(reason, 2, "") for reason in ("outcomes that no county has in both years",)]
    more = pd.DataFrame(rows, columns=["reason", "number", "examples"])
    reasons = pd.concat([study.county.left_out, study.firm.left_out, more])
    assert not re.findall("[A-Za-z]{3,}", " ".join(_left_out(reasons, "zh")))
    assert _left_out(more, "en") == ("Left out: 2 outcomes that no county has in both years.",)
