"""Tests for spatial dependence of least-squares residuals, as a labelled table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import csr_array

from .._core.diagnostics import lagrange_multipliers, quadratic_trace, residual_moran
from .._core.error_components import (
    conditional_random,
    conditional_spatial,
    marginal_random,
    marginal_spatial,
)
from .._core.traces import cross_traces
from .._core.transformation import Transformation, cross_section, lag_periods
from .._errors import DataError
from ._family import SPATIAL
from ._spreg import Fitted

if TYPE_CHECKING:
    from .results import ModelResult

Array = NDArray[np.float64]


def dependence_tests(
    x: Array,
    y: Array,
    fitted: Fitted,
    matrix: csr_array,
    has_intercept: bool,
    transformation: Transformation | None = None,
) -> pd.DataFrame:
    """Moran's I and Lagrange multiplier tests on the least-squares residuals.

    x and y are raw, stacked by period; lags are taken first and means removed afterwards, and the
    multipliers are on the direct scale (sigma2 = SSR / N T).
    """
    given = cross_section(len(y)) if transformation is None else transformation
    demean, periods = given.demean, given.n_periods
    e = fitted.residuals
    lm = lagrange_multipliers(
        demean(x),
        e,
        lag_periods(matrix, y, periods),
        demean(lag_periods(matrix, x @ fitted.params, periods)),
        lag_periods(matrix, e, periods),
        periods * quadratic_trace(matrix),
    )
    moran = residual_moran(demean(x), e, matrix, given)
    rows: list[tuple[str, str, float, float, float]] = [
        (
            "Moran's I (residuals)",
            "no spatial autocorrelation",
            moran.statistic,
            np.nan,
            2 * stats.norm.sf(abs(moran.z)),
        )
    ]
    tests = [
        ("LM lag", "rho = 0", lm.lag, 1),
        ("LM error", "lam = 0", lm.error, 1),
        ("Robust LM lag", "rho = 0, lam free", lm.robust_lag, 1),
        ("Robust LM error", "lam = 0, rho free", lm.robust_error, 1),
        ("LM SARMA", "rho = lam = 0", lm.sarma, 2),
    ]
    rows += [(name, null, value, df, float(stats.chi2.sf(value, df))) for name, null, value, df in tests]
    table = pd.DataFrame(rows, columns=["test", "null", "statistic", "df", "p_value"])
    return table.assign(residuals=_residuals_used(has_intercept, given.effects))


def _residuals_used(has_intercept: bool, effects: str) -> str:
    if effects != "pooled":
        return f"OLS within ({effects})"
    return "OLS" if has_intercept else "OLS without intercept"


def error_component_tests(
    pooled: ModelResult, random: ModelResult | None, error: ModelResult | None
) -> pd.DataFrame:
    """Tests of Baltagi, Song & Koh (2003) for random unit effects and spatial errors.

    Parameters
    ----------
    pooled : ModelResult
        Least squares without effects.
    random, error : ModelResult or None
        Least squares with random effects, and the pooled error model; without one its test is left out.
    """
    weights = pooled.parts.weights
    if weights is None:
        raise DataError("Tests for spatial errors need weights.")
    n = pooled.parts.transformation.n_units
    e = _errors(pooled)
    one, two = marginal_random(e, n), marginal_spatial(e, weights)
    joint = max(one, 0.0) ** 2 + max(two, 0.0) ** 2
    rows = [
        ("BSK LM1 random effects", "no random effects (lam = 0)", one, float(stats.norm.sf(one)), "OLS"),
        ("BSK LM2 spatial errors", "lam = 0 (no random effects)", two, float(stats.norm.sf(two)), "OLS"),
        ("BSK joint", "no random effects and lam = 0", joint, _mixture(joint), "OLS"),
    ]
    if random is not None:
        value = conditional_spatial(_errors(random), weights)
        null = "lam = 0, random effects free"
        rows.append(
            (
                "BSK conditional spatial errors",
                null,
                value,
                float(stats.norm.sf(value)),
                "OLS, random effects",
            )
        )
    if error is not None and error.parts.logdet is not None:
        lam, logdet = float(error.params["lam"]), error.parts.logdet
        traces = (logdet.trace_g(lam), cross_traces(weights, lam, lam, logdet))
        value = conditional_random(_errors(error), weights, lam, traces)
        null = "no random effects, lam free"
        rows.append(
            ("BSK conditional random effects", null, value, float(stats.norm.sf(value)), "SEM, pooled")
        )
    table = pd.DataFrame(rows, columns=["test", "null", "statistic", "p_value", "residuals"])
    return table.assign(df=np.nan, effects="pooled")


def _errors(result: ModelResult) -> Array:
    """``y - X b``, with random effects and spatial correlation left in."""
    coefficients = result.params.drop(list(SPATIAL), errors="ignore").to_numpy()
    return np.asarray(result.parts.design.y - result.parts.matrix @ coefficients)


def _mixture(statistic: float) -> float:
    """Tail of ``(chi2(0) + 2 chi2(1) + chi2(2)) / 4``, the joint test against two one-sided alternatives."""
    if statistic <= 0:
        return 1.0
    return float(stats.chi2.sf(statistic, 1) / 2 + stats.chi2.sf(statistic, 2) / 4)
