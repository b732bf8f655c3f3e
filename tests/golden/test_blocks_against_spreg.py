"""Panels with gaps and weights per period beside spreg, which knows neither.

Its cross-section models on stacked unit-periods are the same models: W with the periods on its diagonal, and
a dummy for every unit among the regressors.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

import libpysal
import numpy as np
import pandas as pd
import pytest
import spreg
from scipy.linalg import block_diag

import spatialfin as sf

TERMS = ["lq", "services"]


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    """Finance in 31 provinces, 2002-2010, with every seventh row missing; rows by year and code."""
    table = sf.load_dataset("china_finance_2002_2011")
    table["lq"] = sf.location_quotient(table["finance"], table["gdp"], by=table["year"])
    table["services"] = table["tertiary"] / table["gdp"]
    table = table[table["year"] <= 2010].sort_values(["year", "code"])
    return table.assign(y=np.log(table["gdp_pc"]))[["code", "year", "y", *TERMS]].drop(index=table.index[::7])


@pytest.fixture(scope="module")
def weights() -> dict[int, sf.SpatialWeights]:
    """Neighbours until 2006, neighbours of the first and second order afterwards."""
    provinces = sf.load_layer("china_provinces", units="mainland")
    islands = {"460000": ["440000", "450000"]}
    near = sf.contiguity_weights(provinces, islands=islands)
    reach = near.sparse @ near.sparse + near.sparse
    reach.setdiag(0)
    reach.eliminate_zeros()
    far = sf.SpatialWeights.from_matrix(reach, ids=near.ids)
    return {year: (near if year < 2007 else far).standardize("row") for year in range(2002, 2011)}


def stacked(data: pd.DataFrame, weights: dict[int, sf.SpatialWeights]) -> libpysal.weights.W:
    blocks = [weights[int(year)].subset(rows["code"]).sparse.toarray() for year, rows in data.groupby("year")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        w = libpysal.weights.full2W(block_diag(*blocks))
    w.transform = "r"
    return w


def peer(name: str, *args: Any, **keywords: Any) -> Any:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(spreg, name)(*args, **keywords)


@pytest.mark.parametrize("model", ["sar", "sem"])
@pytest.mark.parametrize("effects", ["pooled", "unit"])
def test_lag_and_error_models_with_gaps(data, weights, model: str, effects: str) -> None:
    ours = sf.fit_panel(
        "y ~ lq + services", data, weights, unit="code", time="year", model=model, effects=effects,
        gaps="observed", bias_correction="none",
    )  # fmt: skip
    x = data[TERMS].to_numpy(float)
    if effects == "unit":  # one province is left to spreg's own constant
        x = np.column_stack([x, pd.get_dummies(data["code"]).to_numpy(float)[:, 1:]])
    name = "ML_Lag" if model == "sar" else "ML_Error"
    theirs = peer(name, data[["y"]].to_numpy(), x, stacked(data, weights), epsilon=1e-12)
    betas, vm = np.ravel(theirs.betas), np.asarray(theirs.vm)
    spatial = len(betas) - 1
    kept = [1, 2, spatial] if effects == "unit" else [0, 1, 2, spatial]
    # spreg stops its search for rho at a tolerance of its own.
    assert ours.params.to_numpy() == pytest.approx(betas[kept], rel=1e-6)
    assert ours.loglik == pytest.approx(float(theirs.logll), rel=1e-9)
    assert ours.sigma2 == pytest.approx(float(np.squeeze(theirs.sig2)), rel=1e-6)
    assert ours.cov.to_numpy() == pytest.approx(vm[np.ix_(kept, kept)], rel=1e-5, abs=1e-12)
