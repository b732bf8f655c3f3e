"""Columbus crime (49 neighbourhoods): every number of the reference, as spatialreg 1.2-6 printed it.

The reference has 10 significant digits for least squares and its tests. Its likelihood estimates come
from an optimiser that stops near 1e-8 in rho; a coefficient moves by d beta / d rho, at most 60 here,
so they agree to about 1e-6 absolutely or relatively.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf

FORMULA = "CRIME ~ INC + HOVAL"
EXACT = {"rel": 2e-9}  # ten printed digits
OPTIMISED = {"rel": 2e-6}


@pytest.fixture(scope="module")
def columbus(reference: Callable[[str], Path]) -> tuple[pd.DataFrame, sf.SpatialWeights, dict[str, Any]]:
    data = pd.read_csv(reference("validation/columbus/oldcol_COL_OLD.csv"))
    matrix = pd.read_csv(reference("validation/columbus/oldcol_COL_nb_binary_49x49.csv"), index_col=0)
    ids = [str(label) for label in matrix.index]
    weights = sf.SpatialWeights.from_matrix(matrix.to_numpy(float), ids=ids).standardize("row")
    data.index = pd.Index([str(label) for label in data["NEIGNO"]])
    expected = json.loads(reference("validation/columbus/expected.json").read_text())["columbus"]
    return data.sample(frac=1, random_state=7), weights, expected


def test_least_squares(columbus) -> None:
    data, weights, expected = columbus
    fit = sf.fit_cross_section(FORMULA, data, weights, model="ols")
    assert fit.params.to_numpy() == pytest.approx(expected["ols"]["b"], **EXACT)
    assert fit.sigma2 == pytest.approx(expected["ols"]["sigma2"], **EXACT)
    assert fit.loglik == pytest.approx(expected["ols"]["logLik"], **EXACT)


def test_moran_of_residuals(columbus) -> None:
    from spatialfin._core.diagnostics import residual_moran

    data, weights, expected = columbus
    fit = sf.fit_cross_section(FORMULA, data, weights, model="ols")
    moran = residual_moran(
        fit.parts.matrix, fit.residuals.loc[fit.parts.ids].to_numpy(), weights.align(fit.parts.ids)
    )
    numbers = expected["moran_resid"]
    assert moran.statistic == pytest.approx(numbers["I"], **EXACT)
    assert moran.expected == pytest.approx(numbers["E"], **EXACT)
    assert moran.variance == pytest.approx(numbers["Var"], rel=2e-9)
    assert moran.z == pytest.approx(numbers["z"], rel=2e-8)  # eight printed digits
    row = fit.diagnostics.set_index("test").loc["Moran's I (residuals)"]
    assert row["statistic"] == pytest.approx(numbers["I"], **EXACT)


def test_lagrange_multipliers(columbus) -> None:
    data, weights, expected = columbus
    table = sf.fit_cross_section(FORMULA, data, weights, model="ols").diagnostics.set_index("test")
    names = {
        "LM error": "LMerr",
        "LM lag": "LMlag",
        "Robust LM error": "RLMerr",
        "Robust LM lag": "RLMlag",
        "LM SARMA": "SARMA",
    }
    for ours, theirs in names.items():
        # RLMerr is printed with eight digits.
        assert table.loc[ours, "statistic"] == pytest.approx(expected["LM"][theirs], rel=2e-8), ours


@pytest.mark.parametrize("engine", ["auto", "spreg", "native"])
def test_lag(columbus, engine: str) -> None:
    data, weights, expected = columbus
    numbers = expected["ml_lag"]
    fit = sf.fit_cross_section(FORMULA, data, weights, model="sar", engine=engine)
    assert fit.params.to_numpy() == pytest.approx([*numbers["b"], numbers["rho"]], **OPTIMISED)
    assert fit.std_errors.to_numpy() == pytest.approx([*numbers["se"], numbers["rho_se"]], **OPTIMISED)
    assert fit.sigma2 == pytest.approx(numbers["s2"], **OPTIMISED)
    assert fit.loglik == pytest.approx(numbers["LL"], rel=2e-9)  # flat at the top
    ols = sf.fit_cross_section(FORMULA, data, weights, model="ols")
    assert 2 * (fit.loglik - ols.loglik) == pytest.approx(numbers["LR"], rel=1e-7)


@pytest.mark.parametrize("engine", ["spreg", "native"])
def test_error(columbus, engine: str) -> None:
    data, weights, expected = columbus
    numbers = expected["ml_error"]
    fit = sf.fit_cross_section(FORMULA, data, weights, model="sem", engine=engine)
    assert fit.params.to_numpy() == pytest.approx([*numbers["b"], numbers["lambda"]], **OPTIMISED)
    assert fit.std_errors.to_numpy() == pytest.approx([*numbers["se"], numbers["lambda_se"]], **OPTIMISED)
    assert fit.sigma2 == pytest.approx(numbers["s2"], **OPTIMISED)
    assert fit.loglik == pytest.approx(numbers["LL"], rel=2e-9)
    ols = sf.fit_cross_section(FORMULA, data, weights, model="ols")
    assert 2 * (fit.loglik - ols.loglik) == pytest.approx(numbers["LR"], rel=1e-7)


@pytest.mark.parametrize("engine", ["spreg", "native"])
def test_durbin(columbus, engine: str) -> None:
    data, weights, expected = columbus
    numbers = expected["sdm"]
    fit = sf.fit_cross_section(FORMULA, data, weights, model="sdm", engine=engine)
    assert fit.params.to_numpy() == pytest.approx([*numbers["b"], numbers["rho"]], **OPTIMISED)
    assert fit.std_errors["rho"] == pytest.approx(numbers["rho_se"], **OPTIMISED)
    assert fit.sigma2 == pytest.approx(numbers["s2"], **OPTIMISED)
    assert fit.loglik == pytest.approx(numbers["LL"], rel=2e-9)


@pytest.mark.parametrize("model", ["sar", "sdm"])
def test_impacts(columbus, model: str) -> None:
    data, weights, expected = columbus
    numbers = expected["ml_lag" if model == "sar" else "sdm"]["impacts"]
    impacts = sf.fit_cross_section(FORMULA, data, weights, model=model).impacts(draws=10)
    for variable in ("INC", "HOVAL"):
        # HOVAL's total in the SDM is a difference of terms ten times its size.
        assert impacts.estimates.loc[variable].to_numpy() == pytest.approx(numbers[variable], abs=5e-7)
    assert np.isfinite(impacts.delta_errors.to_numpy()).all()
