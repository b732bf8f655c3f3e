"""The shipped panel study: its page says what the library says, from the tests to the regions."""

from __future__ import annotations

import csv
import re
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import SpatialfinWarning
from spatialfin.study import example_file

KEYS = {"unit": "code", "time": "year"}
FORMULA = "ln_goods ~ ln_finance + ln_services"
NAMES = {"Log finance": "ln_finance", "Log other services": "ln_services"}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sf.Study.read(example_file("panel")).run(tmp_path_factory.mktemp("panel") / "out").folder


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    table = sf.load_dataset("china_finance_2002_2011").query("2005 <= year <= 2011")
    return table.assign(
        ln_goods=np.log(table["gdp"] - table["tertiary"]),
        ln_finance=np.log(table["finance"]),
        ln_services=np.log(table["tertiary"] - table["finance"]),
    )


@pytest.fixture(scope="module")
def queen() -> sf.SpatialWeights:
    provinces = sf.load_layer("china_provinces", units="mainland")
    return sf.contiguity_weights(provinces, islands={"460000": ["440000"]}).standardize("row")


def rows(folder: Path, name: str) -> list[list[str]]:
    with (folder / "tables" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def printed(folder: Path, name: str, block: str, label: str) -> list[float]:
    """The estimates of one row of a regression table; NaN where a column has none."""
    for row in rows(folder, name):
        if row[:3] == [block, label, "estimate"]:
            return [float(re.sub(r"[*,']", "", cell)) if cell else np.nan for cell in row[3:]]
    raise AssertionError(f"{name} has no row {block} {label}")


def test_the_models_are_those_of_the_library(study: Path, panel: pd.DataFrame, queen: sf.SpatialWeights):
    for column, model in enumerate(["ols", "slx", "sar", "sem", "sdm", "sdem"]):
        fit = sf.fit_panel(FORMULA, panel, None if model == "ols" else queen, model=model, **KEYS)
        for label, term in NAMES.items():
            found = printed(study, "baseline", "coefficients", label)[column]
            assert found == pytest.approx(fit.params[term], abs=5e-4)
        if "rho" in fit.params:
            found = printed(study, "baseline", "spatial", "rho")[column]
            assert found == pytest.approx(fit.params["rho"], abs=5e-4)
        if model not in ("ols", "sem"):
            impacts = fit.impacts().estimates
            for label, term in NAMES.items():
                found = printed(study, "baseline", "Indirect impacts", label)[column]
                assert found == pytest.approx(impacts.loc[term, "indirect"], abs=5e-4)


def test_two_way_least_squares_is_that_of_plain_numpy(study: Path, panel: pd.DataFrame):
    """The first column, recomputed from the shipped table by dummies and numpy alone."""
    dummies = pd.get_dummies(panel[["code", "year"]].astype(str), drop_first=True, dtype=float)
    x = np.column_stack([panel["ln_finance"], panel["ln_services"], np.ones(len(panel)), dummies])
    slopes = np.linalg.lstsq(x, panel["ln_goods"].to_numpy(), rcond=None)[0][:2]
    found = [printed(study, "baseline", "coefficients", label)[0] for label in NAMES]
    assert found == pytest.approx(slopes, abs=5e-4)


def test_tests_and_verdict_are_those_of_the_library(
    study: Path, panel: pd.DataFrame, queen: sf.SpatialWeights
):
    found = sf.specification_tests(FORMULA, panel, queen, **KEYS)
    table = rows(study, "tests")
    at = table[0].index("Two-way effects Statistic")
    shown = {row[0]: row[at] for row in table[1:] if row[at]}
    expected = found.frame[found.frame["effects"] == "twoway"].set_index("test")["statistic"]
    assert list(shown) == list(expected.index)
    assert [float(value.replace(",", "")) for value in shown.values()] == pytest.approx(
        expected.tolist(), abs=5e-3
    )
    assert found.choice == {"model": "sar", "effects": "twoway"}
    page = (study / "index.html").read_text(encoding="utf-8")
    assert "At the level of 5% the tests imply: SAR with unit and period effects." in page


def test_robustness_is_that_of_the_library(study: Path, panel: pd.DataFrame, queen: sf.SpatialWeights):
    provinces = sf.load_layer("china_provinces", units="mainland")
    before = sf.load_dataset("china_finance_2002_2011").query("year < 2005")
    income = before.groupby("code")["gdp_pc"].mean()
    alike = sf.economic_weights(income, neighbours=sf.knn_weights(provinces, k=8)).standardize("row")
    weights = {
        "queen": queen,
        "nearest4": sf.knn_weights(provinces, k=4).standardize("row"),
        "distance": sf.distance_weights(provinces, power=2).standardize("row"),
        "alike": alike,
        "nested": sf.nested_weights(queen, alike, share=0.5),
    }
    found = sf.models.robustness(FORMULA, panel, weights, **KEYS)
    rho = [fit.params["rho"] for fit in found.fits.values()]
    assert printed(study, "robustness", "spatial", "rho") == pytest.approx(rho, abs=5e-4)
    for label, term in NAMES.items():
        total = [impacts.estimates.loc[term, "total"] for impacts in found.impacts.values()]
        assert printed(study, "robustness", "Total impacts", label) == pytest.approx(total, abs=5e-4)
    shown = [[float(cell) for cell in row[1:]] for row in rows(study, "robustness-correlations")[1:]]
    np.testing.assert_allclose(shown, found.correlations, atol=5e-4)


@pytest.mark.parametrize(("name", "method"), [("regions", "interacted"), ("regions-split", "split")])
def test_regions_are_those_of_the_library(
    study: Path, panel: pd.DataFrame, queen: sf.SpatialWeights, name: str, method: str
):
    provinces = sf.load_layer("china_provinces", units="mainland")
    data = panel.assign(region=panel["code"].map(provinces["macro_region3"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpatialfinWarning)
        found = sf.models.heterogeneity(FORMULA, data, queen, by="region", method=method, **KEYS)
    assert [cell.split(" (")[0] for cell in rows(study, name)[0][3:]] == [
        f"Log goods {region}" for region in ("Central", "East", "West")
    ]
    for label, term in NAMES.items():
        expected = [impacts.estimates.loc[term, "indirect"] for impacts in found.impacts.values()]
        assert printed(study, name, "Indirect impacts", label) == pytest.approx(expected, abs=5e-4)


def test_the_page_tells_what_not_to_conclude(study: Path):
    page = (study / "index.html").read_text(encoding="utf-8")
    for text in (
        "31 units over 7 periods are few",
        "nothing here separates cause from effect",
        "Use 2005-2011 for growth",
        "repeats the figure of 2003 exactly",
        "no sign of a siphon effect. That is no proof of none.",
        "regions of fewer than 30 units",
        "A higher log-likelihood is no test of one W against another",
    ):
        assert text in page


def test_every_table_opens_in_word(study: Path):
    names = {path.stem for path in (study / "tables").iterdir()}
    assert {
        "baseline",
        "tests",
        "effects",
        "spillovers",
        "spillovers-siphon",
        "spillovers-flows-ln_finance",
        "robustness",
        "regions",
    } <= names
    for name in names:
        assert zipfile.ZipFile(study / "tables" / f"{name}.docx").testzip() is None
        assert r"\begin{table}" in (study / "tables" / f"{name}.tex").read_text(encoding="utf-8")
    figures = {path.name for path in (study / "figures").iterdir()}
    curve = "along-marginal-ln_finance-ln_services-total"
    drawn = ("spillovers", "spillovers-flows-ln_finance", "along", curve)
    assert figures == {f"{name}.{kind}" for name in drawn for kind in ("png", "pdf")}
