"""Produc (48 states, 17 years) and cigarette demand (46 states, 30 years): published and splm numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf

PRODUC = "log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp"
CIGAR = "log(sales) ~ log(price/cpi) + log(ndi/cpi)"

Panel = tuple[pd.DataFrame, sf.SpatialWeights]


@pytest.fixture(scope="module")
def produc(reference: Callable[[str], Path]) -> Panel:
    data = pd.read_csv(reference("validation/produc/Produc.csv"))
    data["state"] = data["state"].str.replace(" ", "_")
    matrix = pd.read_csv(reference("validation/produc/usaww_row_standardised_48x48.csv"), index_col=0)
    return data.sample(frac=1, random_state=1), sf.SpatialWeights.from_matrix(
        matrix.to_numpy(), ids=matrix.index
    )


@pytest.fixture(scope="module")
def splm(reference: Callable[[str], Path]) -> pd.DataFrame:
    return pd.read_csv(reference("validation/produc/splm_reference_results.csv"))


@pytest.fixture(scope="module")
def cigar(reference: Callable[[str], Path]) -> Panel:
    data = pd.read_csv(reference("validation/cigar/Cigar.csv"))
    matrix = pd.read_csv(reference("validation/cigar/usa46_binary_46x46.csv"), index_col=0)
    weights = sf.SpatialWeights.from_matrix(matrix.to_numpy(float), ids=matrix.index.astype(int))
    return data.sample(frac=1, random_state=2), weights.standardize("row")


def fit(panel: Panel, formula: str, unit: str, **keywords: object) -> sf.models.ModelResult:
    data, weights = panel
    return sf.fit_panel(formula, data, weights, unit=unit, time="year", **keywords)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("model", "reference_model", "spatial"),
    [
        ("sar", "spml within individual lag TRUE err none", {"rho": "lambda"}),
        ("sem", "spml within individual lag FALSE err b", {"lam": "rho"}),
        ("sac", "spml within individual lag TRUE err b", {"rho": "lambda", "lam": "rho"}),
    ],
)
def test_unit_effects_are_those_of_splm(produc, splm, model: str, reference_model: str, spatial) -> None:
    ours = fit(produc, PRODUC, "state", model=model, effects="unit", bias_correction="none")
    theirs = splm[splm["model"] == reference_model].set_index("parameter")
    for name, value in ours.params.items():
        key = spatial.get(name, name)
        # splm's optimiser stops near 1e-7 in the spatial coefficient; SAC has two of them.
        rel = 1e-5 if model != "sac" else 2e-3
        assert value == pytest.approx(theirs.loc[key, "estimate"], rel=rel, abs=1e-6), name
        if model != "sac":
            assert ours.std_errors[name] == pytest.approx(theirs.loc[key, "std_error"], rel=2e-3), name
    assert ours.sigma2 == pytest.approx(
        theirs.loc["sigma2", "estimate"], rel=1e-4 if model != "sac" else 2e-3
    )


def test_produc_numbers_to_the_last_digit(produc) -> None:
    lag = fit(produc, PRODUC, "state", model="sar", effects="unit", bias_correction="none")
    assert lag.std_errors["rho"] == pytest.approx(0.0235164, abs=5e-8)
    assert lag.loglik == pytest.approx(1609.720030, abs=5e-7)
    error = fit(produc, PRODUC, "state", model="sem", effects="unit", bias_correction="none")
    assert error.params["lam"] == pytest.approx(0.5574013, abs=5e-8)
    assert error.loglik == pytest.approx(1634.02068, abs=5e-6)
    assert error.std_errors["lam"] == pytest.approx(0.0330749, abs=5e-8)


def test_lag_first_then_demean(produc) -> None:
    """splm demeans before it lags (.196664 and -.005745); the right order gives these."""
    twoway = fit(produc, PRODUC, "state", model="sar", effects="twoway", bias_correction="none")
    assert twoway.params["rho"] == pytest.approx(0.196914, abs=5e-7)
    time = fit(produc, PRODUC, "state", model="sar", effects="time", bias_correction="none")
    assert time.params["rho"] == pytest.approx(-0.005750, abs=5e-7)


def test_cigarettes(cigar) -> None:
    direct = {"effects": "unit", "bias_correction": "none"}
    sar = fit(cigar, CIGAR, "state", model="sar", **direct)
    assert sar.params.to_numpy() == pytest.approx([-0.53167403, -0.00068965, 0.29815504], abs=6e-9)
    assert sar.loglik == pytest.approx(1482.59909, abs=6e-6)
    sdm = fit(cigar, CIGAR, "state", model="sdm", **direct)
    expected = [-0.92979829, 0.54859777, 0.57930093, -0.57748851, 0.45707706]
    assert sdm.params.to_numpy() == pytest.approx(expected, abs=6e-9)
    assert sdm.loglik == pytest.approx(1598.71526, abs=6e-6)
    sem = fit(cigar, CIGAR, "state", model="sem", **direct)
    assert sem.params["lam"] == pytest.approx(0.46955923, abs=2e-8)
    twoway = fit(cigar, CIGAR, "state", model="sdm", effects="twoway", bias_correction="none")
    assert twoway.params["rho"] == pytest.approx(0.22920, abs=5e-6)


def test_lee_yu_keeps_the_coefficients_and_changes_the_scale(cigar) -> None:
    for model, loglik in (("sar", 1410.5668), ("sdm", 1522.8124)):
        corrected = fit(cigar, CIGAR, "state", model=model, effects="unit")
        direct = fit(cigar, CIGAR, "state", model=model, effects="unit", bias_correction="none")
        assert corrected.params.to_numpy() == pytest.approx(direct.params.to_numpy(), abs=1e-8)
        assert corrected.sigma2 == pytest.approx(direct.sigma2 * 30 / 29, rel=1e-9)
        assert corrected.loglik == pytest.approx(loglik, abs=6e-5)


def test_likelihood_ratios_of_effects(cigar) -> None:
    """Least squares with the direct likelihood: Elhorst's tests of unit and period effects."""
    loglik = {
        effects: fit(cigar, CIGAR, "state", model="ols", effects=effects, bias_correction="none").loglik
        for effects in ("pooled", "unit", "time", "twoway")
    }
    assert 2 * (loglik["twoway"] - loglik["time"]) == pytest.approx(2315.7004, abs=6e-5)
    assert 2 * (loglik["twoway"] - loglik["unit"]) == pytest.approx(473.0957, abs=6e-5)
    assert 2 * (loglik["unit"] - loglik["pooled"]) == pytest.approx(2109.6497, abs=6e-5)
    assert 2 * (loglik["time"] - loglik["pooled"]) == pytest.approx(267.0451, abs=6e-5)


def test_pooled_and_one_period_equal_the_cross_section(produc) -> None:
    data, weights = produc
    year = data[data["year"] == 1980]
    panel = sf.fit_panel(PRODUC, year, weights, unit="state", time="year", model="sdm", effects="pooled")
    cross = sf.fit_cross_section(PRODUC, year, weights, unit="state", model="sdm", engine="native")
    assert panel.params.to_numpy() == pytest.approx(cross.params.to_numpy(), rel=1e-8)
    assert panel.cov.to_numpy() == pytest.approx(cross.cov.to_numpy(), rel=1e-6, abs=1e-14)
    assert panel.loglik == pytest.approx(cross.loglik, rel=1e-12)
    assert np.allclose(panel.impacts(draws=5).estimates, cross.impacts(draws=5).estimates, rtol=1e-7)
