"""The log-t regression against R."""

from __future__ import annotations

import numpy as np
import pytest

from spatialfin._core.logt import log_t, smooth_trend


@pytest.fixture(scope="module")
def trends() -> np.ndarray:
    """Trends of twelve made-up units over forty years, in two groups of seven and five."""
    unit, t = np.arange(1, 13)[:, None], np.arange(1, 41)
    upper = unit <= 7
    gap = np.where(upper, (unit - 4) / 5, (unit - 10) / 4)
    logs = np.where(upper, 9.5, 8.2) + 0.02 * t + gap / np.sqrt(t) + 0.03 * np.sin(unit * t / 5)
    return smooth_trend(logs, 400.0)


def test_the_trends_are_those_of_mfilter(trends) -> None:
    # R 4.2.2, mFilter 0.1-5: hpfilter(x, freq = 400, type = "lambda")$trend, units 1 and 12, years 1, 20, 40.
    published = [[9.11586733087, 9.75702670950, 10.23986354121], [8.57690140087, 8.70596556339, 9.08346351]]
    np.testing.assert_allclose(trends[np.ix_([0, 11], [0, 19, 39])], published, rtol=1e-9)


# R 4.2.2: lm of the regression; rho from lm(u[-1] ~ 0 + u[-n]); the kernel by kweights of sandwich 3.0-2 with
# bandwidth 1.3221 (4 rho^2 / (1 - rho)^4 n)^(1/5); sums over the residuals but the last, as in the programs
# of Phillips and Sul. Printed to 12 digits.
@pytest.mark.parametrize(
    ("rows", "share", "b", "std_error", "t"),
    [
        (slice(0, 12), 0.3, -0.523681489480, 0.00961499071465, -54.4651061056),
        (slice(0, 7), 0.3, 0.59534545832268, 0.03957084176138, 15.04505418188138),
        (slice(7, 12), 0.3, 0.42915087839297, 0.02279730491548, 18.82463212138582),
        (slice(0, 7), 1 / 3, 0.61485162687716, 0.03811272964267, 16.13244794172002),
    ],
)
def test_the_regression_is_that_of_r(trends, rows, share, b, std_error, t) -> None:
    found = log_t(trends[rows], share)
    # Two solutions of the same trends agree to about ten digits after the logarithms of small variances.
    assert (found.b, found.std_error, found.t) == pytest.approx((b, std_error, t), rel=1e-9)
