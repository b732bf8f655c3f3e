"""Tables of fitted models: what is printed is what the results say."""

from __future__ import annotations

import maketables
import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin.models.results import ModelResult
from spatialfin.tables import diagnostics_table, impacts_table, regression_table


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


def test_models_without_spillovers_get_no_impacts(fits: dict[str, ModelResult]) -> None:
    table = regression_table([fits["ols"], fits["sem"]], impacts=True).frame
    assert set(table.index.get_level_values("block")) == {"coefficients", "spatial", "statistics"}


def test_maketables_reads_the_results_itself(fits: dict[str, ModelResult]) -> None:
    table = maketables.ETable([fits["ols"], fits["sar"]], coef_fmt="b:.3f").df
    shown = table.loc[("coef", "rho")]
    assert shown.iloc[0] == ""
    assert float(shown.iloc[1]) == pytest.approx(fits["sar"].params["rho"], abs=1e-3)
