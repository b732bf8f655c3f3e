"""The scatter of growth against the initial level, read from the artists."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import DataError, OptionError

KEYS = {"unit": "code", "time": "year"}
UNITS = [f"u{number:02d}" for number in range(20)]
W = sf.SpatialWeights.from_matrix(
    np.roll(np.eye(20), 1, axis=0) + np.roll(np.eye(20), -1, axis=0), ids=UNITS
).standardize("row")


def made(pull: float = 0.6) -> pd.DataFrame:
    """Three years; u03 and u11 far above and below what the others do."""
    rng = np.random.default_rng(8)
    logs = [rng.normal(size=20)]
    for _ in range(2):
        logs.append(1 + pull * logs[-1] + rng.normal(scale=0.05, size=20))
    logs[2][3] += 1
    logs[2][11] -= 1.5
    wide = pd.DataFrame(
        np.exp(np.array(logs)).T, index=pd.Index(UNITS, name="code"), columns=range(2000, 2003)
    )
    return wide.reset_index().melt("code", var_name="year", value_name="y").astype({"year": int})


DATA = made()
FOUND = sf.models.beta_convergence(DATA.sample(frac=1, random_state=1), "y", **KEYS)


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


def test_points_are_the_units_and_the_line_is_that_of_least_squares() -> None:
    ax = sf.plot.beta_convergence(FOUND, labels={"y": "GDP $1$"}, title="T")
    wide = np.log(DATA.pivot(index="code", columns="year", values="y"))
    initial, growth = wide[2000], (wide[2002] - wide[2000]) / 2
    drawn = np.asarray(ax.collections[0].get_offsets())
    np.testing.assert_allclose(
        drawn[np.argsort(drawn[:, 0])], np.array(sorted(zip(initial, growth, strict=True)))
    )
    slope, intercept = np.polyfit(initial, growth, 1)
    x, y = ax.lines[0].get_data()
    assert x.tolist() == pytest.approx([initial.min(), initial.max()])
    assert y.tolist() == pytest.approx((intercept + slope * x).tolist())
    assert ax.get_xlabel() == "Initial GDP $1$, logarithm"
    assert ax.get_ylabel() == "Growth of GDP $1$, log points per unit of time"
    assert not any(text.get_parse_math() for text in [*ax.texts, ax.title, ax.xaxis.label, ax.yaxis.label])


def test_the_numbers_above_are_those_of_the_result() -> None:
    words = {"speed": "速度", "half-life": "半衰期"}
    text = sf.plot.beta_convergence(FOUND, labels=words).texts[0].get_text()
    assert text.startswith(f"β = \N{MINUS SIGN}{-FOUND.beta:.4f} ({FOUND.beta_std_error:.4f}), p ")
    assert text.endswith(f"; 速度 {100 * FOUND.speed:.2f}%; 半衰期 {FOUND.half_life:.1f}")
    apart = sf.models.beta_convergence(made(pull=1.3), "y", **KEYS)
    assert "half-life" not in sf.plot.beta_convergence(apart).texts[0].get_text()


def test_the_units_farthest_from_the_line_are_named_and_cover_nothing() -> None:
    ax = sf.plot.beta_convergence(FOUND, label_extremes=2, names={"u11": "Last"})
    assert [text.get_text() for text in ax.texts[1:]] == ["Last", "u03"]
    assert len(sf.plot.beta_convergence(FOUND, label_extremes=0).texts) == 1
    ax = sf.plot.beta_convergence(FOUND, label_extremes=20)
    places = [text.get_window_extent() for text in ax.texts[1:]]
    assert not any(place.count_overlaps(places[:number]) for number, place in enumerate(places))


def test_with_other_terms_the_line_still_has_the_slope_of_the_regression() -> None:
    found = sf.models.beta_convergence(DATA, "y", W, model="sar", **KEYS)
    ax = sf.plot.beta_convergence(found, labels={"growth": "增长", "other terms fixed": "其他项固定"})
    x, y = ax.lines[0].get_data()
    assert np.diff(y) / np.diff(x) == pytest.approx(found.beta)
    assert ax.get_ylabel() == "增长 (其他项固定)"


def test_points_of_a_panel_are_named_by_unit_and_period() -> None:
    found = sf.models.beta_convergence(DATA, "y", form="panel", effects="pooled", **KEYS)
    ax = sf.plot.beta_convergence(found, label_extremes=2, ax=plt.subplots()[1])
    assert len(ax.collections[0].get_offsets()) == 40
    assert [text.get_text() for text in ax.texts[1:]] == ["u11 2001", "u03 2001"]


def test_bad_inputs_say_what_is_needed() -> None:
    with pytest.raises(DataError, match=r"what models.beta_convergence gave is needed, not DataFrame"):
        sf.plot.beta_convergence(DATA)
    with pytest.raises(OptionError, match="label_extremes=-1"):
        sf.plot.beta_convergence(FOUND, label_extremes=-1)
    assert not plt.get_fignums()
