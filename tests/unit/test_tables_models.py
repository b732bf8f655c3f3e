"""Tables of fitted models: what is printed is what the results say."""

from __future__ import annotations

import re

import maketables
import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import OptionError
from spatialfin.models.results import ModelResult
from spatialfin.tables import (
    Table,
    correlation_table,
    descriptive_table,
    diagnostics_table,
    impacts_table,
    regression_table,
    variable_table,
    vif_table,
)
from spatialfin.tables._words import known


@pytest.fixture(scope="module")
def fits() -> dict[str, ModelResult]:
    rng = np.random.default_rng(3)
    ids = [f"u{i}" for i in range(25)]
    pairs = [(i, j) for i in range(25) for j in range(25) if abs(i // 5 - j // 5) + abs(i % 5 - j % 5) == 1]
    matrix = np.zeros((25, 25))
    matrix[tuple(zip(*pairs, strict=True))] = 1.0
    weights = sf.SpatialWeights.from_matrix(matrix, ids=ids).standardize("row")
    x = rng.normal(size=(25, 2))
    y = np.linalg.solve(
        np.eye(25) - 0.4 * weights.sparse.toarray(), 1 + x @ [1.0, -0.5] + rng.normal(size=25) / 3
    )
    data = pd.DataFrame({"y": y, "lq": x[:, 0], "depth": x[:, 1]}, index=ids)
    return {
        model: sf.fit_cross_section("y ~ lq + depth", data, weights, model=model)
        for model in ("ols", "sar", "sem", "sdm")
    }


def test_every_printed_estimate_is_that_of_the_result(fits: dict[str, ModelResult]) -> None:
    table = regression_table(list(fits.values()), digits=6, stars=False)
    printed = table.frame.drop(index="statistics", level="block")
    names = {"Constant": "Intercept", "lambda": "lam"}
    for number, fit in enumerate(fits.values()):
        column = printed.iloc[:, number]
        column = column[column != ""]
        for line, expected in (("estimate", fit.params), ("se", fit.std_errors)):
            shown = column.xs(line, level="line").droplevel("block").rename(names).astype(float)
            pd.testing.assert_series_equal(
                shown.sort_index(),
                expected.sort_index(),
                check_names=False,
                atol=1e-6,
                check_index_type=False,
            )
    assert table.frame.columns.get_level_values("model").tolist() == ["OLS", "SAR", "SEM", "SDM"]


def test_fit_statistics_and_tests_are_those_of_the_result(fits: dict[str, ModelResult]) -> None:
    table = regression_table([fits["ols"], fits["sar"]], diagnostics=True, digits=6).frame
    assert float(table.loc[("statistics", "Log-likelihood", "")].iloc[1]) == pytest.approx(
        fits["sar"].loglik, abs=1e-6
    )
    assert table.loc[("statistics", "R²", "")].iloc[1] == ""
    tests = fits["ols"].diagnostics
    assert tests is not None
    lag = tests.set_index("test").loc["LM lag"]
    assert float(table.loc[("Tests for spatial dependence", "LM lag", "p")].iloc[0]) == pytest.approx(
        lag["p_value"], abs=1e-6
    )
    assert len(diagnostics_table(fits["ols"]).frame) == 2 * len(tests)


def test_impacts_are_those_of_the_result(fits: dict[str, ModelResult]) -> None:
    impacts = fits["sdm"].impacts(draws=50, seed=4)
    tidy = impacts.tidy().set_index(["impact", "variable"])
    table = regression_table([fits["sem"], fits["sdm"]], impacts=[None, impacts], digits=6, stars=False).frame
    for (impact, variable), row in tidy.iterrows():
        keys = [(f"{impact.capitalize()} impacts", variable, line) for line in ("estimate", "se")]
        shown = [float(table.loc[key].iloc[1]) for key in keys]
        assert shown == pytest.approx([row["estimate"], row["std_error"]], abs=1e-6)
    own = impacts_table(impacts)
    assert own.frame["Estimate"].tolist() == impacts.tidy()["estimate"].tolist()
    assert "from 50 draws (seed 4)" in own.notes[0]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_p_values_of_impacts_are_printed_as_in_journals(fits: dict[str, ModelResult], lang: str) -> None:
    impacts = fits["sdm"].impacts(draws=50, seed=4)
    smallest = impacts.tidy()["p_value"].min()
    assert smallest < 1e-6
    table = impacts_table(impacts, lang=lang)
    assert table.frame["p"].min() == smallest
    assert "< 0.001" in str(table)
    assert "e-" not in str(table)
    assert "< 0.01 " in str(impacts_table(impacts, digits=2, lang=lang))


def test_models_without_spillovers_get_no_impacts(fits: dict[str, ModelResult]) -> None:
    table = regression_table([fits["ols"], fits["sem"]], impacts=True).frame
    assert set(table.index.get_level_values("block")) == {"coefficients", "spatial", "statistics"}


def test_maketables_reads_the_results_itself(fits: dict[str, ModelResult]) -> None:
    table = maketables.ETable([fits["ols"], fits["sar"]], coef_fmt="b:.3f").df
    shown = table.loc[("coef", "rho")]
    assert shown.iloc[0] == ""
    assert float(shown.iloc[1]) == pytest.approx(fits["sar"].params["rho"], abs=1e-3)


DATA = pd.DataFrame({"a": [1.0, 2.0, 3.0, 5.0], "b": [3.0, 1.0, 2.0, 2.0], "year": [1, 1, 2, np.nan]})
BY_DATA = {
    "moments": lambda lang: descriptive_table(DATA, ["a", "b"], by="year", lang=lang),
    "correlations": lambda lang: correlation_table(DATA, ["a", "b"], lang=lang),
    "inflation": lambda lang: vif_table(DATA, ["a", "b"], lang=lang),
    "variables": lambda lang: variable_table([{"symbol": "a", "definition": "甲"}], lang=lang),
}


def _english(table: Table) -> set[str]:
    """Words of four letters or more that a table prints."""
    return set(re.findall(r"[A-Za-z]{4,}", repr(table)))


@pytest.mark.parametrize("name", BY_DATA)
def test_tables_of_data_speak_chinese(name: str) -> None:
    assert _english(BY_DATA[name]("zh")) <= {"year"}
    assert _english(BY_DATA[name]("en")) - {"year"} or name == "inflation"
    with pytest.raises(OptionError, match=r"lang='cn'.*'zh'"):
        BY_DATA[name]("cn")


def test_tables_of_models_speak_chinese(fits: dict[str, ModelResult]) -> None:
    impacts = fits["sdm"].impacts(draws=20, at={"lq": 0.1})
    labels = {"lq": "区位熵", "depth": "深度"}
    assert _english(impacts_table(impacts, labels=labels, lang="zh")) == set()
    assert {"direct", "Variable", "Estimate"} <= _english(impacts_table(impacts))
    shown = diagnostics_table(fits["ols"], lang="zh")
    assert _english(shown) == {"SARMA"}
    assert shown.frame.index[0][1] == "莫兰指数（残差）"
    assert "原假设：莫兰指数（残差）: 无空间自相关; LM 滞后: rho = 0" in shown.notes[0]
    mine = diagnostics_table(fits["ols"], labels={"LM lag": "我的检验"}, lang="zh")
    assert "我的检验" in mine.frame.index.get_level_values("label")
    both = regression_table(list(fits.values()), impacts=True, diagnostics=True, lang="zh", labels=labels)
    assert "常数项" in both.frame.index.get_level_values("label")
    own = [note for note in both.notes if not note.split(" ")[-1].startswith("W：") and "W：" not in note]
    assert set(re.findall(r"[A-Za-z]{4,}", " ".join(own))) == set()
    for make in (impacts_table, diagnostics_table):
        with pytest.raises(OptionError, match=r"lang='cn'.*'zh'"):
            make(impacts if make is impacts_table else fits["ols"], lang="cn")


def test_horizons_speak_chinese() -> None:
    class Dynamic:
        draws, seed, n_rejected = range(9), 0, 0
        at = pd.Series({"lq": "depth = 0.4 (mean), x = 1"})

        def tidy(self) -> pd.DataFrame:
            horizons = ["short", "long", "after 3"]
            numbers = dict.fromkeys(["estimate", "std_error", "z", "p_value", "conf_low", "conf_high"], 0.5)
            return pd.DataFrame({"variable": "lq", "impact": "direct", "horizon": horizons, **numbers})

    table = impacts_table(Dynamic(), lang="zh")
    assert table.frame.index.get_level_values("期限").tolist() == ["短期", "长期", "3 期后"]
    assert table.notes[1] == "影响的取值点：lq（depth = 0.4，均值, x = 1）。"
    english = impacts_table(Dynamic())
    assert english.frame.index.get_level_values("Horizon").tolist() == ["short", "long", "after 3"]
    assert english.notes[1] == "Impacts evaluated: lq at depth = 0.4 (mean), x = 1."


def test_every_test_and_hypothesis_has_a_chinese_name() -> None:
    rng = np.random.default_rng(1)
    ids = [f"u{i}" for i in range(12)]
    ring = np.roll(np.eye(12), 1, axis=1) + np.roll(np.eye(12), -1, axis=1)
    w = sf.SpatialWeights.from_matrix(ring, ids=ids).standardize("row")
    index = pd.MultiIndex.from_product([ids, range(6)], names=["id", "year"])
    panel = pd.DataFrame(rng.normal(size=(72, 2)), index=index, columns=["y", "x"]).reset_index()
    over_time = sf.models.specification_tests("y ~ x", panel, w, unit="id", time="year").frame
    cross = sf.models.specification_tests("y ~ x", panel[panel["year"] == 0].set_index("id"), w).frame
    names = {*over_time["test"], *cross["test"]}
    assert {name for name in names if not known(name)} == {
        "LM SARMA",
        "Hausman SAR",
        "Hausman SEM",
        "Hausman SDM",
    }
    nulls = {*over_time["null"], *cross["null"]}
    assert {null for null in nulls if re.search(r"[A-Za-z]{6,}", null) and not known(null)} == set()
