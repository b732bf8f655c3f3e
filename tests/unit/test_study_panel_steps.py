"""The panel steps of study files: they print what the library says, and name what is wrong with them."""

from __future__ import annotations

import csv
import re
import warnings
from pathlib import Path
from typing import get_args

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely import box

import spatialfin as sf
from spatialfin._errors import DataError, FormulaError, SpatialfinWarning, StudyError
from spatialfin.models.covariances import PanelVcov
from spatialfin.study.panel_spec import Vcov
from spatialfin.study.reader import read_contents

SIDE, PERIODS = 6, range(2001, 2007)
UNITS = [f"u{number:02d}" for number in range(SIDE * SIDE)]
KEYS = {"unit": "code", "time": "year"}

START = """
[study]
title = "A panel"
seed = 3
[layer]
source = "grid.gpkg"
key = "code"
[data]
file = "panel.csv"
unit = "code"
time = "year"
[weights.rook]
kind = "contiguity"
rule = "rook"
[weights.near]
kind = "knn"
k = 3
"""
BASE = """
[[step]]
id = "base"
kind = "panel"
formula = "y ~ x + z"
models = ["ols", "sar", "sdm"]
weights = "rook"
draws = 50
"""


def step(name: str, kind: str, **keys: object) -> str:
    def written(value: object) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, list):
            return f"[{', '.join(map(written, value))}]"
        if isinstance(value, dict):
            return f"{{ {', '.join(f'{key} = {written(one)}' for key, one in value.items())} }}"
        return f'"{value}"' if isinstance(value, str) else str(value)

    lines = [f"{key} = {written(value)}" for key, value in keys.items()]
    return "\n".join(["[[step]]", f'id = "{name}"', f'kind = "{kind}"', *lines, ""])


@pytest.fixture(scope="module")
def grid() -> geopandas.GeoDataFrame:
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    metres = 1000 * np.column_stack([column + 400, row + 3000])
    squares = [box(x, y, x + 1000, y + 1000) for x, y in metres]
    regions = np.where(column < SIDE // 2, "East", "West")
    return geopandas.GeoDataFrame({"code": UNITS, "area": regions}, geometry=squares, crs=32650)


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    index = pd.MultiIndex.from_product([UNITS, PERIODS], names=["code", "year"])
    frame = pd.DataFrame(rng.normal(size=(len(index), 2)), index=index, columns=["x", "z"]).reset_index()
    frame["income"] = 10 + frame["code"].map({unit: float(n % 7) for n, unit in enumerate(UNITS)})
    frame["y"] = 1 + 0.8 * frame["x"] - 0.4 * frame["z"] + 0.5 * frame["x"] * frame["z"]
    frame["y"] += rng.normal(size=len(frame))
    return frame.round(6)


@pytest.fixture
def folder(tmp_path: Path, grid: geopandas.GeoDataFrame, data: pd.DataFrame) -> Path:
    grid.to_file(tmp_path / "grid.gpkg")
    data.sample(frac=1, random_state=1).to_csv(tmp_path / "panel.csv", index=False)
    return tmp_path


@pytest.fixture(scope="module")
def weights(grid: geopandas.GeoDataFrame) -> dict[str, sf.SpatialWeights]:
    layer = grid.set_index("code")
    return {
        "rook": sf.contiguity_weights(layer, rule="rook").standardize("row"),
        "near": sf.knn_weights(layer, k=3).standardize("row"),
    }


def run(folder: Path, *parts: str) -> Path:
    (folder / "study.toml").write_text("".join((START, *parts)), encoding="utf-8")
    return sf.Study.read(folder / "study.toml").run(folder / "out").folder


def faults(folder: Path, *parts: str) -> str:
    (folder / "study.toml").write_text("".join((START, *parts)), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        read_contents(folder / "study.toml")
    return str(caught.value)


def rows(folder: Path, name: str) -> list[list[str]]:
    with (folder / "tables" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def number(text: str) -> float:
    return float(re.sub(r"[*,'()]", "", text))


def estimates(folder: Path, name: str, block: str) -> dict[str, list[str]]:
    """Rows of estimates of one block of a regression table, by label."""
    return {row[1]: row[3:] for row in rows(folder, name) if row[0] == block and row[2] in ("estimate", "")}


def page(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


def test_the_panel_table_prints_the_fits_of_the_library(folder: Path, data, weights):
    out = run(folder, BASE)
    coefficients = estimates(out, "base", "coefficients")
    for column, model in enumerate(["ols", "sar", "sdm"]):
        w = None if model == "ols" else weights["rook"]
        fit = sf.fit_panel("y ~ x + z", data, w, model=model, effects="twoway", **KEYS)
        for term in ("x", "z"):
            assert number(coefficients[term][column]) == pytest.approx(fit.params[term], abs=5e-4)
        if model != "ols":
            impacts = fit.impacts(draws=50, seed=3).estimates
            printed = estimates(out, "base", "Indirect impacts")["x"][column]
            assert number(printed) == pytest.approx(impacts.loc["x", "indirect"], abs=5e-4)
    assert coefficients["W(x)"][:2] == ["", ""]
    statistics = estimates(out, "base", "statistics")
    assert statistics["Unit effects"] == statistics["Period effects"] == ["yes"] * 3
    assert statistics["N"] == ["216"] * 3
    assert "36 units over 6 periods are few" in page(out)


def test_effects_and_weights_stand_side_by_side(folder: Path, data, weights):
    several = step(
        "side",
        "panel",
        formula="y ~ x",
        models=["ols", "sar"],
        effects=["pooled", "unit", "mundlak"],
        weights=["rook", "near"],
        impacts=False,
    )
    statistics = estimates(run(folder, several), "side", "statistics")
    # Least squares has no W: it comes once for each kind of effects, with the first weights.
    assert statistics["W"] == ["", "rook", "", "rook", "", "rook", "near", "near", "near"]
    assert statistics["Unit effects"] == ["no", "no", "yes", "yes", "no", "no", "no", "yes", "no"]
    assert statistics["Unit means (Mundlak)"] == ["no"] * 4 + ["yes", "yes", "no", "no", "yes"]
    spatial = estimates(folder / "out", "side", "spatial")["rho"]
    fit = sf.fit_panel("y ~ x", data, weights["near"], model="sar", effects="unit", **KEYS)
    assert number(spatial[7]) == pytest.approx(fit.params["rho"], abs=5e-4)


def test_start_and_end_cut_the_periods(folder: Path, data, weights):
    part = BASE.replace("draws", "start = 2002\nend = 2005\ndraws")
    statistics = estimates(run(folder, part), "base", "statistics")
    assert statistics["N"] == ["144"] * 3
    fit = sf.fit_panel("y ~ x + z", data.query("2002 <= year <= 2005"), weights["rook"], model="sar", **KEYS)
    assert number(statistics["Log-likelihood"][1]) == pytest.approx(fit.loglik, abs=5e-4)


def test_a_dynamic_panel_says_whether_it_is_stable(folder: Path):
    out = run(folder, step("d", "panel", formula="y ~ x", models=["sar"], weights="rook", lags=["y"]))
    assert re.search(r"dynamic SAR: spectral radius 0\.\d{3}, below 1: the process is stable", page(out))
    assert "Long-run indirect impacts" in {row[0] for row in rows(out, "d")}


def test_a_dynamic_model_has_impacts_by_horizon(folder: Path, data, weights):
    base = step("d", "panel", formula="y ~ x", models=["sar"], weights="rook", lags=["y"], impacts=False)
    out = run(folder, base, step("i", "impacts", of="d", horizons=["short", 3], draws=50))
    fit = sf.fit_panel("y ~ x", data, weights["rook"], model="sar", lags=("y",), **KEYS)
    expected = fit.impacts(draws=50, seed=3, horizons=["short", 3]).tidy()
    head, *body = rows(out, "i")
    assert list(dict.fromkeys(row[head.index("Horizon")] for row in body)) == ["short run", "after 3 periods"]
    printed = [float(row[head.index("Estimate")]) for row in body]
    assert printed == pytest.approx(expected["estimate"].tolist(), abs=5e-4)
    assert {path.name for path in (out / "figures").glob("*.png")} == {"i-short.png", "i-after-3.png"}


def test_a_panel_with_gaps_tells_its_true_size(folder: Path, data):
    data.drop(index=[5, 77]).to_csv(folder / "panel.csv", index=False)
    keys = {"models": ["sar"], "effects": "unit", "weights": "rook", "impacts": False}
    with pytest.raises(DataError, match=r"'p': The panel is not balanced"):
        run(folder, step("p", "panel", formula="y ~ x", **keys))
    part = step("p", "panel", formula="y ~ x", gaps="observed", **keys)
    assert "214 observations: 36 units over 6 periods" in page(run(folder, part))


def test_the_tests_are_those_of_the_library_with_their_verdict(folder: Path, data, weights):
    out = run(folder, BASE, step("t", "tests", of="base", alpha=0.1))
    found = sf.specification_tests("y ~ x + z", data, weights["rook"], alpha=0.1, **KEYS)
    table = rows(out, "t")
    at = table[0].index("Two-way effects Statistic")
    printed = {row[0]: row[at] for row in table[1:]}
    lag = found.frame.query("test == 'LM lag' and effects == 'twoway'")["statistic"].item()
    assert float(printed["LM lag"]) == pytest.approx(lag, abs=5e-3)
    effects = {"pooled": " without effects", "unit": " with unit effects", "time": " with period effects"}
    words = effects.get(found.effects, " with unit and period effects")
    assert f"At the level of 10% the tests imply: {found.model.upper()}{words}." in page(out)
    assert all(reason.split(":")[0] in page(out) for reason in found.reasons)


def test_tests_stand_on_their_own_formula_and_on_a_cross_section(folder: Path, data, weights):
    growth = step("g", "growth", variable="income", start=2001, end=2006, table="once")
    data.assign(income=data["income"] * data["year"]).to_csv(folder / "panel.csv", index=False)
    once = step("t", "tests", formula="y ~ x", data="once", weights="near")
    out = run(folder, growth, once)
    first = data[data["year"] == 2001].set_index("code")
    found = sf.specification_tests("y ~ x", first, weights["near"])
    printed = {row[0]: row[1:] for row in rows(out, "t")[1:]}
    lag = found.frame.set_index("test").loc["LM lag"]
    assert float(printed["LM lag"][0]) == pytest.approx(lag["statistic"], abs=5e-3)
    assert printed["LM lag"][1] == "1"


def test_impacts_are_those_of_the_earlier_fit(folder: Path, data, weights):
    more = step("i", "impacts", of="base", model="sdm", draws=200, siphon="less")
    out = run(folder, BASE, more)
    found = sf.fit_panel("y ~ x + z", data, weights["rook"], **KEYS).impacts(draws=200, seed=3)
    head, *body = rows(out, "i")
    printed = {(row[0], row[1]): row for row in body}
    for row in found.tidy().to_dict("records"):
        cells = printed[row["variable"], row["impact"].capitalize()]
        for column, key in (("Estimate", "estimate"), ("Std. error", "std_error"), ("95% low", "conf_low")):
            assert float(cells[head.index(column)]) == pytest.approx(row[key], abs=5e-4)
    one_sided = found.one_sided("indirect", "less").set_index("variable")
    head, *body = rows(out, "i-siphon")
    for row in body:
        expected = one_sided.loc[row[0], "p_value"]
        assert number(row[head.index("p (one-sided)")].removeprefix("< ")) == pytest.approx(
            expected, abs=1e-3
        )
    assert (out / "figures" / "i.png").exists()
    assert page(out).count("siphon effect") == 2


def test_flows_are_the_impacts_between_units(folder: Path, data, weights):
    out = run(folder, BASE, step("i", "impacts", of="base", model="sdm", draws=20, flows=["x"]))
    fit = sf.fit_panel("y ~ x + z", data, weights["rook"], **KEYS)
    found = sf.models.unit_impacts(fit, "x", draws=2).frame.sort_values("sent", ascending=False)
    head, *body = rows(out, "i-flows-x")
    assert head == ["Unit", "Own", "Received", "Sent", "Net"]
    assert [float(row[3]) for row in body] == pytest.approx(list(found["sent"]), abs=5e-4)
    for name, *cells in body:
        # Printed with three decimals.
        assert [float(cell) for cell in cells] == pytest.approx(list(found.loc[name]), abs=5e-4)
    assert (out / "figures" / "i-flows-x.pdf").exists()
    assert "arrows run from the unit that sends" in page(out)


def test_a_flow_of_no_variable_is_named(folder: Path):
    part = step("i", "impacts", of="base", model="sdm", draws=20, flows=["xx"])
    with pytest.raises(FormulaError, match=r"'i': variable='xx' has no impact in this model.*'x'"):
        run(folder, BASE, part)


def test_a_curve_shows_the_impact_along_the_moderator(folder: Path, data, weights):
    base = BASE.replace("x + z", "x * z")
    curve = {"variable": "x", "moderator": "z", "impact": "direct", "values": [-1, 0, 1]}
    out = run(folder, base, step("i", "impacts", of="base", model="sar", siphon="none", marginal=[curve]))
    fit = sf.fit_panel("y ~ x * z", data, weights["rook"], model="sar", **KEYS)
    found = sf.models.marginal_impact(fit, "x", "z", values=[-1, 0, 1], seed=3)
    expected = found.frame.query("impact == 'direct'")
    head, *body = rows(out, "i-marginal-x-z-direct")
    assert [float(row[0]) for row in body] == [-1, 0, 1]
    printed = [float(row[head.index("Estimate")]) for row in body]
    assert printed == pytest.approx(expected["estimate"].tolist(), abs=5e-4)
    assert (out / "figures" / "i-marginal-x-z-direct.pdf").exists()
    assert not (out / "tables" / "i-siphon.csv").exists()


def test_robustness_sets_the_weights_side_by_side(folder: Path, data, weights):
    out = run(folder, BASE, step("r", "robustness", of="base", model="sar", draws=50))
    assert rows(out, "r")[0][3:] == ["y rook (1)", "y near (2)"]
    for column, name in enumerate(["rook", "near"]):
        fit = sf.fit_panel("y ~ x + z", data, weights[name], model="sar", **KEYS)
        assert number(estimates(out, "r", "spatial")["rho"][column]) == pytest.approx(
            fit.params["rho"], abs=5e-4
        )
        total = fit.impacts(draws=50, seed=3).estimates.loc["x", "total"]
        assert number(estimates(out, "r", "Total impacts")["x"][column]) == pytest.approx(total, abs=5e-4)
    expected = sf.compare_weights(weights).loc["rook", "corr near"]
    assert float(rows(out, "r-correlations")[1][2]) == pytest.approx(expected, abs=5e-4)
    assert re.search(r"rho lies between .* with \d of 2 weights\.", page(out))


@pytest.mark.parametrize("method", ["split", "interacted"])
def test_regions_are_those_of_the_library(folder: Path, data, grid, weights, method: str):
    out = run(folder, BASE, step("h", "heterogeneity", of="base", model="sar", by="area", method=method))
    areas = grid.set_index("code")["area"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpatialfinWarning)
        found = sf.models.heterogeneity(
            "y ~ x + z",
            data.assign(area=data["code"].map(areas)),
            weights["rook"],
            by="area",
            method=method,
            model="sar",
            seed=3,
            **KEYS,
        )
    assert rows(out, "h")[0][3:] == ["y East (18) (1)", "y West (18) (2)"]
    direct = estimates(out, "h", "Direct impacts")["x"]
    wanted = found.tidy().query("variable == 'x' and impact == 'direct'").set_index("region")["estimate"]
    assert [number(cell) for cell in direct] == pytest.approx(wanted[["East", "West"]].tolist(), abs=5e-4)
    tests = {row[0]: row[1:] for row in rows(out, "h-equality-coefficients")[1:]}
    together = found.coefficient_tests.set_index("term").loc["all coefficients"]
    assert float(tests["All coefficients"][0]) == pytest.approx(together["statistic"], abs=5e-3)
    assert tests["All coefficients"][1] == f"{together['df']:.0f}"
    if method == "interacted":
        rho = found.fits["East"].params["rho"]
        assert number(estimates(out, "h", "spatial")["rho"][0]) == pytest.approx(rho, abs=5e-4)
    warned = re.search(r'<p class="caution">[^<]*regions of fewer than 30 units', page(out))
    assert warned, "the small regions must be warned of"


def test_weights_from_values_and_mixtures(folder: Path, data, weights):
    more = """
[weights.alike]
kind = "economic"
column = "income"
times = [2001, 2002]
neighbours = "rook"
[weights.mixed]
kind = "nested"
geographic = "rook"
economic = "alike"
share = 0.25
[weights.pull]
kind = "gravity"
column = "income"
times = [2001]
"""
    out = run(folder, more, step("r", "robustness", formula="y ~ x", model="sar", draws=20))
    income = data[data["year"] == 2001].set_index("code")["income"]
    alike = sf.economic_weights(income, neighbours=weights["rook"]).standardize("row")
    mixed = sf.nested_weights(weights["rook"], alike, share=0.25)
    printed = estimates(out, "r", "spatial")["rho"]
    for column, w in ((2, alike), (3, mixed)):
        fit = sf.fit_panel("y ~ x", data, w, model="sar", **KEYS)
        assert number(printed[column]) == pytest.approx(fit.params["rho"], abs=5e-4)
    assert "economic distance of income, mean over 2001, 2002" in page(out)


def test_the_chinese_page_has_chinese_words(folder: Path):
    text = START.replace("seed = 3", 'seed = 3\nlang = "zh"')
    more = step("h", "heterogeneity", of="base", model="sar", by="area")
    more += step("d", "describe", columns=["x", "y"], by_period=True)
    more += step("q", "lq", sector="income", total="income")
    more += step("g", "growth", variable="income", start=2001, end=2002, table="grown")
    more += step("s", "simulate", table="drawn", weights="rook")
    more += step("m", "model", formula="y ~ x + z", models=["ols", "sar"], time=2001, weights="rook")
    (folder / "study.toml").write_text("".join((text, BASE, step("t", "tests", of="base"), more)), "utf-8")
    out = sf.Study.read(folder / "study.toml").run(folder / "out").folder
    assert rows(out, "h")[0][3:] == ["y 东部（18） (1)", "y 西部（18） (2)"]
    for words in ("个体效应", "检验指向", "各区域系数相等的 Wald 检验"):
        assert words in page(out)
    shown = page(out)
    for words in (
        "稳健 LM 滞后",
        "无个体效应（保留时间效应）",
        "程序说明（原文）：Effects:",
        "216 行变量齐全",
    ):
        assert words in shown
    for words in (
        "Robust LM",
        "no unit effects, period",
        "rows with all",
        "Missing",
        "Std. error",
        ">direct<",
    ):
        assert words not in shown
    assert rows(out, "m-impacts-sar")[0][:4] == ["变量", "影响", "估计值", "标准误"]


def test_the_words_of_covariances_are_those_of_the_library():
    assert get_args(Vcov) == get_args(PanelVcov)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((BASE.replace('"sar"', '"sarr"'),), "step[1].models[2]: expected one of"),
        ((BASE.replace('"sar"', '"sarr"'),), "Did you mean 'sar'?"),
        ((BASE.replace("models", "modells"),), "step[1].modells: unknown key. Did you mean 'models'?"),
        ((BASE + 'effects = "twoways"\n',), "Did you mean 'twoway'?"),
        ((BASE.replace('"rook"', '"rok"'),), "there is no [weights.rok]. Did you mean 'rook'?"),
        ((BASE.replace('"rook"', "[]"),), "step[1].weights: the list is empty"),
        (
            (BASE.replace('["ols", "sar", "sdm"]', '["sar"]') + 'durbin = ["x"]\n',),
            "step[1].durbin: goes with slx, sdm, sdem",
        ),
        ((BASE + 'error_components = "kkp"\n',), "error_components: goes with effects random and mundlak"),
        ((BASE, step("t", "tests")), "step[2]: give either of = the id of an earlier panel step or formula"),
        ((BASE, step("t", "tests", of="base", formula="y ~ x")), "step[2]: give either of"),
        ((BASE, step("t", "tests", of="bse")), "no panel step above this one has the id 'bse'."),
        ((BASE, step("t", "tests", of="bse")), "Did you mean 'base'?"),
        ((BASE, step("t", "tests", of="base", start=2002)), "step[2].start: comes from the step 'base'"),
        ((step("t", "tests", of="base"), BASE), "no panel step above this one has the id 'base'"),
        (
            (step("d", "describe", columns=["x"]), step("t", "tests", of="d")),
            "'d' is a step of kind 'describe'; the id of a panel step is needed.",
        ),
        ((step("t", "tests", formula="y ~ x"),), "step[1].weights: missing; give one of rook, near."),
        ((BASE, step("i", "impacts", of="base")), "model: missing; the step 'base' has several: ols,"),
        ((BASE, step("i", "impacts", of="base", model="sem")), "'sem' is not in the step 'base'."),
        ((BASE, step("i", "impacts", of="base", model="sar", weights="near")), "'near' is not in the step"),
        (
            (BASE, step("i", "impacts", of="base", model="sar", marginal=[{"moderater": "z"}])),
            "marginal[1].moderater: unknown key. Did you mean 'moderator'?",
        ),
        ((BASE, step("r", "robustness", of="base", model="sar", weights=["rook"])), "at least two different"),
        ((BASE, step("r", "robustness", of="base")), "step[2].model: missing; the step 'base' has several"),
        ((BASE, step("h", "heterogeneity", of="base", model="sar")), "step[2].by: missing"),
        (("[weights.mix]\nkind = \"nested\"\ngeographic = \"rook\"\neconomic = \"rich\"\n", BASE),
         "weights.mix.economic: there is no [weights.rich] above this one."),
        (("[weights.e]\nkind = \"economic\"\n", BASE), "weights.e.column: missing"),
    ],
)  # fmt: skip
def test_faults_are_named_before_anything_runs(folder: Path, parts: tuple[str, ...], expected: str):
    assert expected in faults(folder, *parts)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((BASE.replace("x + z", "x + zz"),), "step[1].formula: 'zz' is not a column of the table 'data'."),
        (
            (BASE, step("h", "heterogeneity", of="base", model="sar", by="aera")),
            "'aera' is neither a column of the table 'data' nor of the layer. Did you mean 'area'?",
        ),
        (
            ("[weights.e]\nkind = \"economic\"\ncolumn = \"incme\"\n", BASE),
            "weights.e.column: 'incme' is not a column of the table 'data'. Did you mean 'income'?",
        ),
        (
            (BASE, step("i", "impacts", of="base", model="sar", at={"q": 1})),
            "'q' is not a column of the table 'data'",
        ),
    ],
)  # fmt: skip
def test_columns_that_are_not_there_are_named(folder: Path, parts: tuple[str, ...], expected: str):
    with pytest.raises(StudyError, match=re.escape(expected)):
        run(folder, *parts)
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((BASE + "start = 1999\n",), "step[1] 'base': start = 1999 is no period of the table"),
        ((BASE + "start = 2005\nend = 2003\n",), "No period is left from start = 2005 to end = 2003."),
        (
            ('[weights.e]\nkind = "economic"\ncolumn = "income"\n', BASE),
            "weights.e: the table has 6 periods: name with times = [...]",
        ),
        (
            (step("g", "growth", variable="income", start=2001, end=2006, table="once"),
             step("p", "panel", formula="y ~ x", models=["ols"], data="once")),
            "step[2] 'p': a panel needs a table with time",
        ),
    ],
)  # fmt: skip
def test_a_failing_step_names_itself_and_leaves_nothing(folder: Path, parts: tuple[str, ...], expected: str):
    with pytest.raises(DataError, match=re.escape(expected)):
        run(folder, *parts)
    assert not (folder / "out").exists()


def test_a_region_that_is_missing_is_told(folder: Path, grid: geopandas.GeoDataFrame):
    (folder / "grid.gpkg").unlink()
    grid.assign(area=grid["area"].where(grid["code"] != "u04")).to_file(folder / "grid.gpkg")
    with pytest.raises(DataError, match=r"'h': by = 'area': 1 units have no region"):
        run(folder, BASE, step("h", "heterogeneity", of="base", model="sar", by="area"))


def test_the_study_file_of_the_documentation_is_valid(tmp_path: Path, root: Path):
    text = (root / "docs" / "study-files.md").read_text(encoding="utf-8")
    (part,) = (block for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if '"panel"' in block)
    head = '[study]\ntitle = "t"\n[data]\ndataset = "china_finance_2002_2011"\n'
    head += '[layer]\nsource = "china_provinces"\n'
    (tmp_path / "study.toml").write_text(head + part, encoding="utf-8")
    steps = sf.Study.read(tmp_path / "study.toml").contents.steps
    assert [step.options.kind for step in steps] == [
        "panel",
        "tests",
        "impacts",
        "robustness",
        "heterogeneity",
    ]


BY_PERIOD = {str(year): "rook" if year < 2004 else "near" for year in PERIODS}


def test_weights_may_differ_by_period(
    folder: Path, data: pd.DataFrame, weights: dict[str, sf.SpatialWeights]
):
    asked = {"formula": "y ~ x + z", "models": ["ols", "sdm"], "effects": "unit", "bias_correction": "none"}
    parts = (
        step("base", "panel", weights=BY_PERIOD, draws=50, **asked),
        step("spills", "impacts", of="base", model="sdm", draws=50),
    )
    out = run(folder, *parts)
    each = {year: weights[BY_PERIOD[str(year)]] for year in PERIODS}
    given = {**KEYS, "model": "sdm", "effects": "unit", "bias_correction": "none"}
    fit = sf.fit_panel("y ~ x + z", data, each, **given)
    shown = estimates(out, "base", "spatial")
    assert number(shown["rho"][-1]) == pytest.approx(fit.params["rho"], abs=5e-4)
    assert fit.params["rho"] != pytest.approx(
        sf.fit_panel("y ~ x + z", data, weights["rook"], **given).params["rho"], abs=5e-3
    )
    assert "step-spills" in page(out)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"2001": "rook", "2002": "rook"}, "weights: no matrix for '2003', '2004', '2005', '2006'."),
        ({**BY_PERIOD, "2060": "rook"}, "the table has no period '2060'. Did you mean '2006'?"),
    ],
)
def test_periods_of_weights_are_those_of_the_sample(folder: Path, given: dict[str, str], expected: str):
    asked = step("base", "panel", formula="y ~ x", models=["sar"], effects="unit", weights=given)
    with pytest.raises(DataError, match=re.escape(expected)):
        run(folder, asked)


def test_faults_of_weights_by_period_are_named_before_anything_runs(folder: Path):
    asked = {"formula": "y ~ x", "models": ["sar"], "effects": "unit"}
    misspelt = step("base", "panel", weights={"2001": "rok"}, **asked)
    assert "step[1].weights.2001: there is no [weights.rok]. Did you mean 'rook'?" in faults(folder, misspelt)
    base = step("base", "panel", weights=BY_PERIOD, **asked)
    assert "step[2].of: the step 'base' has weights by period" in faults(
        folder, base, step("t", "tests", of="base")
    )


@pytest.mark.parametrize(("more", "seed"), [({}, 3), ({"seed": 8}, 8)])
def test_fits_draw_with_the_seed_of_the_study_or_their_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch, more: dict[str, int], seed: int
):
    import spatialfin.models.panel as models

    seeds, fit_panel = [], models.fit_panel
    monkeypatch.setattr(
        models, "fit_panel", lambda *given, **keys: seeds.append(keys["seed"]) or fit_panel(*given, **keys)
    )
    run(folder, step("base", "panel", formula="y ~ x", models=["sem"], weights="rook", **more))
    assert seeds == [seed]
