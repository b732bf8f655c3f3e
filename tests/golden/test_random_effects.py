"""Random effects on Produc (48 states, 17 years) against the numbers of splm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import spatialfin as sf

PRODUC = "log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp"


@pytest.fixture(scope="module")
def splm(reference: Callable[[str], Path]) -> pd.DataFrame:
    return pd.read_csv(reference("validation/produc/splm_reference_results.csv"))


@pytest.fixture(scope="module")
def produc(reference: Callable[[str], Path]) -> tuple[pd.DataFrame, sf.SpatialWeights]:
    data = pd.read_csv(reference("validation/produc/Produc.csv"))
    data["state"] = data["state"].str.replace(" ", "_")
    matrix = pd.read_csv(reference("validation/produc/usaww_row_standardised_48x48.csv"), index_col=0)
    weights = sf.SpatialWeights.from_matrix(matrix.to_numpy(), ids=matrix.index)
    return data.sample(frac=1, random_state=4), weights


def fit(produc, **keywords: object) -> sf.models.ModelResult:
    data, weights = produc
    return sf.fit_panel(PRODUC, data, weights, unit="state", time="year", effects="random", **keywords)


@pytest.mark.parametrize(
    ("model", "kind", "reference_model", "loglik"),
    [
        ("ols", None, "spreml re lag FALSE", 1401.903994),
        ("sar", None, "spml random lag TRUE err none", 1426.576705),
        ("sem", "baltagi", "spml random lag FALSE err b", 1491.658850),
        ("sem", "kkp", "spml random lag FALSE err kkp", 1491.911559),
        ("sac", "baltagi", "spml random lag TRUE err b", 1491.663811),
        ("sac", "kkp", "spml random lag TRUE err kkp", 1491.941608),
    ],
)
def test_estimates_are_those_of_splm(produc, splm, model: str, kind, reference_model: str, loglik) -> None:
    ours = fit(produc, model=model, error_components=kind)
    theirs = splm[splm["model"] == reference_model].set_index("parameter")
    assert ours.loglik == pytest.approx(loglik, abs=6e-7)
    # Never below their maximum: the same likelihood, climbed at least as far.
    assert ours.loglik >= theirs.loc["logLik_as_reported_by_splm", "estimate"] - 1e-9
    names = {"Intercept": "(Intercept)", "rho": "lambda", "lam": "rho"}
    # splm's optimiser stops near 1e-6 in the variance ratio, near 1e-4 with two spatial coefficients.
    rel = 2e-4 if model == "sac" else 2e-6
    for name, value in ours.params.items():
        assert value == pytest.approx(theirs.loc[names.get(name, name), "estimate"], rel=rel, abs=1e-7), name
    assert ours.phi == pytest.approx(theirs.loc["phi", "estimate"], rel=rel)
    assert ours.sigma2 == pytest.approx(theirs.loc["sigma2_idios", "estimate"], rel=rel)


@pytest.mark.parametrize(
    ("model", "kind", "reference_model"),
    [
        ("ols", None, "spreml re lag FALSE"),
        ("sem", "baltagi", "spml random lag FALSE err b"),
        ("sem", "kkp", "spml random lag FALSE err kkp"),
    ],
)
def test_standard_errors_of_coefficients_are_those_of_splm(
    produc, splm, model, kind, reference_model
) -> None:
    """splm takes them at given spatial coefficients, which without rho is what the information says.

    Its standard error of lam comes from the curvature of the likelihood, ours from its expectation: they
    agree to a few percent.
    """
    ours = fit(produc, model=model, error_components=kind).std_errors
    theirs = splm[splm["model"] == reference_model].set_index("parameter")["std_error"]
    for name in ours.index.drop("lam", errors="ignore"):
        assert ours[name] == pytest.approx(theirs["(Intercept)" if name == "Intercept" else name], rel=2e-6)
    if "lam" in ours.index:
        assert ours["lam"] == pytest.approx(theirs["rho"], rel=0.05)


@pytest.mark.parametrize(
    ("model", "kind", "reference_model"),
    [
        ("ols", None, "spreml re lag FALSE"),
        ("sar", None, "spml random lag TRUE err none"),
        ("sem", "baltagi", "spml random lag FALSE err b"),
        ("sem", "kkp", "spml random lag FALSE err kkp"),
    ],
)
def test_curvature_gives_the_standard_errors_of_splm(produc, splm, model: str, kind, reference_model) -> None:
    """Of rho, lam and the variance ratio; splm takes them from the curvature at its maximum.

    Its differenced Hessian is good to two or three digits. With rho and lam at once it stops short of the
    maximum and has no standard error for one of them: no reference.
    """
    result = fit(produc, model=model, error_components=kind, vcov="observed")
    theirs = splm[splm["model"] == reference_model].set_index("parameter")["std_error"]
    assert result.phi_std_error == pytest.approx(theirs["phi"], rel=5e-3)
    for name, reference in (("rho", "lambda"), ("lam", "rho")):
        if name in result.params.index:
            assert result.std_errors[name] == pytest.approx(theirs[reference], rel=3e-3)
