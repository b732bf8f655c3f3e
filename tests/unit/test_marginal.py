"""Impacts along a moderator, and their figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import DataError, FormulaError, OptionError
from spatialfin.models import marginal_impact


@pytest.fixture(scope="module")
def curved(rowwise, sample):
    return sf.fit_cross_section("y ~ lq * depth + lq**2", sample, rowwise, model="sdm")


def test_every_point_is_the_impact_there(curved, sample) -> None:
    curve = marginal_impact(curved, "lq", "depth", values=[1.5, 0.5], draws=50)
    assert curve.frame["value"].tolist() == [0.5] * 3 + [1.5] * 3
    for value in (0.5, 1.5):
        here = curved.impacts(draws=50, at={"depth": value}).tidy()
        here = here[here["variable"] == "lq"]
        ours = curve.frame[curve.frame["value"] == value]
        for column in ("estimate", "std_error", "conf_low", "conf_high"):
            assert ours[column].to_numpy() == pytest.approx(here[column].to_numpy())


def test_turning_point_of_a_product_is_minus_the_ratio(sample, rowwise) -> None:
    moved = sample.assign(y=sample["lq"] * (sample["depth"] - 1) + 0.05 * sample["z"])
    fit = sf.fit_cross_section("y ~ lq * depth", moved, rowwise, model="sem", engine="native")
    points = marginal_impact(fit, "lq", "depth", draws=200).turning_points.set_index("impact")
    # Linear in the moderator, so the interpolation between values is exact.
    assert points.loc["total", "value"] == pytest.approx(-fit.params["lq"] / fit.params["lq:depth"])
    assert points.loc["total", "conf_low"] < points.loc["total", "value"] < points.loc["total", "conf_high"]
    assert points.loc["total", "share_of_draws"] == 1
    assert np.isnan(points.loc["indirect", "value"])


def test_a_turning_point_on_a_value_of_the_moderator_is_found() -> None:
    x = np.arange(-4.0, 5.0)
    # Symmetric around zero: the slope there is exactly nothing.
    data = pd.DataFrame({"x": x, "y": x**2 + np.array([1, -2, 1, 0, 0, 0, 1, -2, 1]) / 1000})
    fit = sf.fit_cross_section("y ~ x + x**2", data, model="ols")
    for values in ([-1.0, 0.0, 1.0], [-2.0, 0.0, 3.0]):
        points = marginal_impact(fit, "x", "x", values=values, draws=50).turning_points.set_index("impact")
        assert points.loc["total", "value"] == pytest.approx(0, abs=1e-12)


def test_default_values_span_the_sample(curved, sample) -> None:
    values = marginal_impact(curved, "lq", "lq", draws=20).frame["value"]
    assert (values.min(), values.max()) == pytest.approx((sample["lq"].min(), sample["lq"].max()))
    assert values.nunique() == 25


def test_what_it_refuses(curved, sample, rowwise) -> None:
    with pytest.raises(FormulaError, match=r"'dept' is no column.*Did you mean 'depth'"):
        marginal_impact(curved, "lq", "dept")
    with pytest.raises(FormulaError, match=r"'lqq' has no impact.*Did you mean 'lq'"):
        marginal_impact(curved, "lqq", "depth", draws=10)
    with pytest.raises(DataError, match="at least two"):
        marginal_impact(curved, "lq", "depth", values=[1.0])
    with pytest.raises(DataError, match="at least two"):
        marginal_impact(curved, "lq", "depth", values="ab")
    with pytest.raises(OptionError, match="level"):
        marginal_impact(curved, "lq", "depth", level=95)
    with pytest.raises(OptionError, match="level"):
        curved.impacts(draws=5).tidy(level=95)
    with pytest.raises(OptionError, match="ModelResult is needed"):
        marginal_impact(3, "lq", "depth")
    with pytest.raises(DataError, match="Impacts are needed"):
        sf.plot.impacts(curved)
    with pytest.raises(DataError, match="curve is needed"):
        sf.plot.marginal_impact(curved)
    for call in (sf.models.unit_impacts, sf.models.likelihood_ratio):
        with pytest.raises(OptionError, match="ModelResult is needed"):
            call(None, "lq")
    with pytest.raises(OptionError, match="durbin=3"):
        sf.fit_cross_section("y ~ lq", sample, rowwise, model="sdm", durbin=3)
    plain = sf.fit_cross_section("y ~ lq + depth", sample, rowwise)
    with pytest.raises(FormulaError, match="does not depend on 'depth'"):
        marginal_impact(plain, "lq", "depth", draws=10)


def test_figure_of_impacts_shows_every_interval(curved) -> None:
    result = curved.impacts(draws=100)
    axes = sf.plot.impacts(result, labels={"lq": "金融区位熵", "direct": "Own"}, title="$x$")
    assert [text.get_text() for text in axes.get_yticklabels()] == ["金融区位熵", "depth"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["Own", "Indirect", "Total"]
    table = result.tidy().set_index(["impact", "variable"])
    segments = axes.collections[0].get_segments()
    assert segments[0][:, 0] == pytest.approx(
        table.loc[("direct", "lq"), ["conf_low", "conf_high"]].to_numpy(float)
    )
    assert axes.lines[2].get_xdata() == pytest.approx(table.loc["total", "estimate"].to_numpy())
    only = sf.plot.impacts(result, variables=["depth"])
    assert len(only.get_yticklabels()) == 1
    with pytest.raises(DataError, match=r"no impacts of 'dept'.*Did you mean 'depth'"):
        sf.plot.impacts(result, variables=["dept"])
    with pytest.raises(OptionError):
        sf.plot.impacts(result, horizon="long")


def test_figure_along_a_moderator(curved) -> None:
    curve = marginal_impact(curved, "lq", "depth", draws=50)
    axes = sf.plot.marginal_impact(curve, labels={"depth": "Depth", "lq": "Quotient"})
    total = curve.frame[curve.frame["impact"] == "total"]
    assert axes.lines[0].get_ydata() == pytest.approx(total["estimate"].to_numpy())
    assert axes.get_xlabel() == "Depth"
    assert axes.get_ylabel() == "Total impact of Quotient"
    with pytest.raises(OptionError, match="Did you mean 'direct'"):
        sf.plot.marginal_impact(curve, impact="direkt")


def test_rows_in_any_order_give_the_same_curve(sample, rowwise, curved) -> None:
    shuffled = sf.fit_cross_section(
        "y ~ lq * depth + lq**2", sample.sample(frac=1, random_state=1), rowwise, model="sdm"
    )
    one, two = (marginal_impact(fit, "lq", "depth", draws=20).frame for fit in (curved, shuffled))
    pd.testing.assert_frame_equal(one, two)
