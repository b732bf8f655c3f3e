"""The shipped study of agglomeration: its numbers are the printed ones and those of the library."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin.study import example_file

pytestmark = pytest.mark.slow  # the whole study takes half a minute

FRACTION = 0.02


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sf.Study.read(example_file("agglomeration")).run(tmp_path_factory.mktemp("study") / "out").folder


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return sf.load_dataset("china_finance_2002_2011")


def saved(folder: Path, name: str) -> pd.DataFrame:
    with (folder / "tables" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        head, *rows = list(csv.reader(file))
    return pd.DataFrame(rows, columns=head).set_index(head[0])


def numbers(frame: pd.DataFrame) -> np.ndarray:
    return frame.map(lambda text: float(text.replace(",", ""))).to_numpy()


def test_loans_are_those_printed(study: Path):
    loans = saved(study, "loans")
    assert list(loans.loc["Sum", ["2011", "2020"]]) == ["309,321.29", "904,118.45"]
    printed = sf.load_dataset("china_urban_agglomeration_loans").set_index("agglomeration")
    multiples = loans["Growth multiple"].drop("Sum").astype(float)
    assert multiples.to_dict() == printed["growth_multiple_printed"].to_dict()
    risk = saved(study, "loans-risk")
    assert list(risk.loc["2020", ["CR_3", "CR_5"]]) == ["0.66113", "0.82539"]


def test_the_quotient_is_that_of_the_library(study: Path, panel: pd.DataFrame):
    panel = panel.assign(lq=sf.location_quotient(panel["finance"], panel["gdp"], by=panel["year"]))
    expected = panel.pivot(index="code", columns="year", values="lq")
    found = saved(study, "quotient-values").drop(columns="Unit")
    assert list(found.index) == list(expected.index)
    np.testing.assert_allclose(numbers(found), expected, rtol=1e-12)


def test_inequality_is_that_of_the_library(study: Path, panel: pd.DataFrame):
    rows = panel.query("year <= 2010")
    provinces = sf.load_layer("china_provinces", units="mainland")
    given = {"groups": rows["code"].map(provinces["macro_region3"]), "by": rows["year"]}
    theil = sf.indices.theil_decomposition(rows["gdp_pc"], weights=rows["population"], **given)
    dagum = sf.indices.dagum_gini(rows["gdp_pc"], weights=rows["population"], **given)
    for name, result in (("theil", theil), ("dagum", dagum)):
        np.testing.assert_allclose(numbers(saved(study, name)), result.frame, atol=5.1e-5)
        np.testing.assert_allclose(numbers(saved(study, f"{name}-regions")), result.groups, atol=5.1e-5)
    assert list(saved(study, "dagum-regions").columns) == ["Central", "East", "West"]


def test_the_composite_is_that_of_the_library(study: Path, panel: pd.DataFrame):
    rows = panel.query("2005 <= year <= 2010")
    indicators = pd.DataFrame(
        {
            "a": rows["finance"] / rows["gdp"],
            "b": rows["finance"] / rows["population"],
            "c": rows["tertiary"] / rows["gdp"],
        }
    )
    found = sf.indices.entropy_composite(indicators, directions=dict.fromkeys("abc", "positive"))
    weights = numbers(saved(study, "composite-weights")[["Weight"]])[:, 0]
    np.testing.assert_allclose(weights, found.weights, atol=5.1e-5)
    wide = rows.assign(value=found.composite).pivot(index="code", columns="year", values="value")
    values = numbers(saved(study, "composite-values").drop(columns="Unit"))
    np.testing.assert_allclose(values, wide, atol=1e-9)


def test_published_proximity_rises_as_the_library_says(study: Path):
    """The published mean change: 0.0049 with a standard error of 0.0011 from the rounded table."""
    page = (study / "index.html").read_text(encoding="utf-8")
    assert "From 1995 to 2004 the weighted mean changes by 0.0049 (standard error 0.0011, z = 4.34" in page


def test_simulated_firms_lead_to_the_proximity_of_the_library(study: Path):
    census = sf.simulate.firm_census(fraction=FRACTION)
    firms = census.firms[census.firms["county"].notna()]
    cells = saved(study, "firms-cells")
    assert cells["firms"].astype(int).sum() == len(firms)
    keys = [firms["county"].str[:2] + "0000", firms["industry"], firms["year"]]
    sums = firms.groupby(keys)["output"].sum()
    np.testing.assert_allclose(numbers(cells[["output"]])[:, 0], sums, rtol=1e-12)
    near = sf.indices.regional_proximity(
        sums.rename_axis(["region", "industry", "year"]).reset_index(),
        census.industry_proximity,
        region="region",
        industry="industry",
        size="output",
        time="year",
    )
    found = saved(study, "firm-proximity").reset_index().set_index("Code")
    np.testing.assert_allclose(numbers(found[["1995", "2004"]]), near.unstack().loc[found.index], atol=5.1e-5)


def test_whatever_is_simulated_says_so(study: Path):
    page = (study / "index.html").read_text(encoding="utf-8")
    sections = {part.split('"', 1)[0]: part for part in page.split('<section id="step-')[1:]}
    for name in ("firms", "firm-proximity", "largest"):
        assert "SIMULATED" in sections[name]
    for name in ("quotient", "theil", "loans", "proximity"):
        assert "SIMULATED" not in sections[name]


def test_figures_and_tables_are_all_there(study: Path):
    figures = {path.name for path in (study / "figures").iterdir()}
    names = (
        "quotient-maps", "location-trend", "ratio-herfindahl-trend", "ratio-cr_5-trend", "theil-trend",
        "theil-regions-trend", "dagum-trend", "dagum-regions-trend", "composite-maps", "proximity-scatter",
        "firm-proximity-scatter", "largest-2004",
    )  # fmt: skip
    assert figures == {f"{name}.{kind}" for name in names for kind in ("png", "pdf")}
    stems = {path.stem for path in (study / "tables").iterdir()}
    for name in stems - {"firms-cells", "firms-regions", "quotient-values", "composite-values",
                         "loans-shares", "ratio-shares"}:  # fmt: skip
        assert zipfile.ZipFile(study / "tables" / f"{name}.docx").testzip() is None
        assert r"\begin{table}" in (study / "tables" / f"{name}.tex").read_text(encoding="utf-8")
