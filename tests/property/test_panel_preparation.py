"""What must hold for any panel: shuffled rows, other names of units and other units of measurement."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialfin.panel import balance, deflate, fill_gaps, growth_rates, lag_columns, winsorize

KEYS = {"unit": "code", "time": "year"}
PRICES = pd.Series({year: 100.0 + year % 7 for year in range(2000, 2008)})


@st.composite
def panels(draw: st.DrawFn) -> pd.DataFrame:
    """Positive numbers of up to four units and seven years; rows and cells are missing, rows shuffled."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    full = pd.MultiIndex.from_product([list("abcd"), range(2001, 2008)], names=["code", "year"])
    data = pd.DataFrame({"x": rng.uniform(1, 9, len(full)), "z": rng.uniform(1, 9, len(full))}, index=full)
    data["x"] = data["x"].where(rng.random(len(full)) < 0.6)
    data = data.reset_index().sample(frac=draw(st.sampled_from([0.5, 0.8, 1.0])), random_state=rng)
    return data.set_index(np.arange(100, 100 + len(data)))


STEPS = {
    "linear": lambda d: fill_gaps(d, "x", ends="keep", **KEYS).data["x"],
    "growth": lambda d: fill_gaps(d, "x", method="growth", ends="extend", **KEYS).data["x"],
    "deflate": lambda d: deflate(d, "x", index=PRICES, base=2003, **KEYS)["real_x"],
    "lag": lambda d: lag_columns(d, "x", **KEYS)["lag1_x"],
    "growth rate": lambda d: growth_rates(d, "x", periods=2, method="percent", **KEYS)["growth2_x"],
    "winsorize": lambda d: winsorize(d, "x", quantiles=(0.2, 0.8), **KEYS).data["x"],
}


@pytest.mark.parametrize("step", STEPS)
@given(panels(), st.integers(0, 99))
def test_order_of_rows_and_names_of_units_change_nothing(step: str, data: pd.DataFrame, seed: int) -> None:
    before = data.copy()
    result = STEPS[step](data)
    assert result.index.equals(data.index)
    pd.testing.assert_frame_equal(data, before)
    pd.testing.assert_series_equal(
        STEPS[step](data.sample(frac=1, random_state=seed)).loc[data.index], result
    )
    renamed = data.assign(code=data["code"].map(dict(zip("abcd", "zyxw", strict=True))))
    pd.testing.assert_series_equal(STEPS[step](renamed), result)


@pytest.mark.parametrize("step", STEPS)
@given(panels())
def test_units_of_measurement_do_not_matter(step: str, data: pd.DataFrame) -> None:
    scaled = STEPS[step](data.assign(x=1000 * data["x"]))
    factor = 1 if step == "growth rate" else 1000
    np.testing.assert_allclose(scaled, factor * STEPS[step](data), rtol=1e-9, atol=1e-9)


@given(panels(), st.sampled_from(["linear", "growth"]), st.sampled_from(["keep", "extend"]))
def test_every_empty_cell_is_filled_or_listed_and_no_other_is_touched(data, method: str, ends: str) -> None:
    if method == "linear" and ends == "extend":
        data = data.assign(x=data["x"] - 100)  # below zero is no surprise then
    result = fill_gaps(data, "x", method=method, ends=ends, **KEYS)
    empty = data["x"].isna()
    assert len(result.filled) + len(result.remaining) == empty.sum()
    assert result.data["x"].isna().sum() == len(result.remaining)
    pd.testing.assert_series_equal(result.data["x"][~empty], data["x"][~empty])
    merged = result.filled.merge(result.data, on=["code", "year"])
    np.testing.assert_array_equal(merged["value"], merged["x"])


@given(panels(), st.sampled_from([2001, 2004, 2007]))
def test_real_growth_does_not_depend_on_the_base(data: pd.DataFrame, base: int) -> None:
    one = deflate(data, "z", index=PRICES, base=2003, **KEYS)["real_z"]
    other = deflate(data, "z", index=PRICES, base=base, **KEYS)["real_z"]
    np.testing.assert_allclose(other / one, (other / one).iloc[0], rtol=1e-12)
    level = (PRICES / 100).cumprod() * 250  # the same index with a fixed base
    fixed = deflate(data, "z", index=level, base=base, kind="fixed-base", **KEYS)["real_z"]
    np.testing.assert_allclose(fixed, other, rtol=1e-12)


@given(panels())
def test_a_filled_panel_has_every_row_once(data: pd.DataFrame) -> None:
    result = balance(data, how="fill", **KEYS)
    assert len(result.data) == data["code"].nunique() * data["year"].nunique()
    assert not result.data.duplicated(["code", "year"]).any()
    assert len(result.added) == len(result.data) - len(data)
    assert result.data["z"].isna().sum() == len(result.added)
