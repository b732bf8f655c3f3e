"""Tests for spatial dependence of least-squares residuals, as a labelled table."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import csr_array

from .._core.diagnostics import lagrange_multipliers, quadratic_trace, residual_moran
from ._spreg import Fitted

Array = NDArray[np.float64]


def dependence_tests(
    x: Array, y: Array, fitted: Fitted, matrix: csr_array, has_intercept: bool
) -> pd.DataFrame:
    """Moran's I and Lagrange multiplier tests on the least-squares residuals."""
    e = fitted.residuals
    lm = lagrange_multipliers(
        x, e, matrix @ y, matrix @ (x @ fitted.params), matrix @ e, quadratic_trace(matrix)
    )
    moran = residual_moran(x, e, matrix)
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
    return table.assign(residuals="OLS" if has_intercept else "OLS without intercept")
