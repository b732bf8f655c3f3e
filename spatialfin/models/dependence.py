"""Tests for spatial dependence of least-squares residuals, as a labelled table."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import csr_array

from .._core.diagnostics import lagrange_multipliers, quadratic_trace, residual_moran
from .._core.transformation import Transformation, cross_section, lag_periods
from ._spreg import Fitted

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
