"""Impacts unit by unit: against dense inverses, the averages and every single draw."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spatialfin as sf
from spatialfin._errors import DataError, FormulaError, OptionError
from spatialfin.models import unit_impacts
from spatialfin.models.impacts import normal_draws

from .conftest import lattice


def dense(weights: sf.SpatialWeights, rho: float, beta: float, theta: float) -> np.ndarray:
    matrix, one = weights.sparse.toarray(), np.eye(weights.n)
    return np.linalg.solve(one - rho * matrix, beta * one + theta * matrix)


@pytest.fixture(scope="module")
def panel(sample: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    parts = []
    for year in (2001, 2002, 2003):
        noise = rng.normal(size=(len(sample), 2))
        part = sample.assign(year=year, lq=sample["lq"] + noise[:, 0], y=sample["y"] + noise[:, 1])
        parts.append(part.rename_axis("code").reset_index())
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("model", ["ols", "slx", "sar", "sem", "sdm", "sdem", "sac"])
@pytest.mark.parametrize("kind", ["rowwise", "binary"])
def test_the_matrix_is_the_dense_inverse_and_its_means_are_the_averages(
    request, sample, model: str, kind: str
) -> None:
    weights = request.getfixturevalue(kind)
    fit = sf.fit_cross_section("y ~ lq + depth", sample, weights, model=model)
    found = unit_impacts(fit, "lq", draws=20)
    expected = dense(weights, fit.params.get("rho", 0.0), fit.params["lq"], fit.params.get("W(lq)", 0.0))
    matrix = found.matrix.loc[weights.ids, weights.ids].to_numpy()
    assert matrix == pytest.approx(expected, rel=1e-9, abs=1e-12)
    direct, indirect, total = fit.impacts(draws=20).estimates.loc["lq"]
    assert found.matrix.sum(axis=1).mean() == pytest.approx(total)
    assert found.own["estimate"].mean() == pytest.approx(direct)
    for part in (found.received, found.sent):
        assert part["estimate"].mean() == pytest.approx(indirect, abs=1e-12)


def test_rows_receive_and_columns_send(sample, binary) -> None:
    links = np.zeros((64, 64))
    links[np.arange(64), (np.arange(64) + 1) % 64] = 1.0  # everyone looks at the next
    links[10:40, 5] = 1.0  # thirty also look at the sixth
    links[63] = 0.0
    links[63, 5] = 1.0  # nobody looks at the first
    weights = sf.SpatialWeights.from_matrix(links, ids=binary.ids)
    fit = sf.fit_cross_section("y ~ lq", sample, weights, model="slx")
    found, theta = unit_impacts(fit, "lq", draws=20), fit.params["W(lq)"]
    assert found.sent["estimate"].to_numpy() == pytest.approx(theta * links.sum(axis=0), abs=1e-12)
    assert found.received["estimate"].to_numpy() == pytest.approx(theta * links.sum(axis=1))
    assert found.matrix.loc["u0020", "u0005"] == pytest.approx(theta)
    assert found.matrix.loc["u0005", "u0020"] == 0.0
    assert np.isnan(found.sent["std_error"].iloc[0])  # zero by construction
    assert found.frame["net"].sum() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("kind", ["rowwise", "binary"])
def test_errors_are_those_of_every_draw(request, sample, kind: str) -> None:
    weights = request.getfixturevalue(kind)
    fit = sf.fit_cross_section("y ~ lq", sample, weights, model="sdm", engine="native")
    found = unit_impacts(fit, "lq", draws=40, seed=5)
    low, high = fit.parts.logdet.interval
    draws = normal_draws(fit.params.to_numpy(), fit.cov.to_numpy(), 40, 5)
    sums = []
    for _, beta, theta, rho in (draw for draw in draws if low < draw[-1] < high):
        s = dense(weights, rho, beta, theta)
        own = np.diag(s)
        sums.append([own, s.sum(axis=1) - own, s.sum(axis=0) - own])
    assert found.n_draws == len(sums)
    for part, expected in zip((found.own, found.received, found.sent), np.stack(sums, axis=1), strict=True):
        ours = part.loc[weights.ids]
        assert ours["std_error"].to_numpy() == pytest.approx(expected.std(axis=0, ddof=1), rel=1e-6)
        assert ours["conf_low"].to_numpy() == pytest.approx(np.quantile(expected, 0.025, axis=0), rel=1e-6)


@pytest.mark.parametrize("kind", ["cross-section", "panel"])
def test_row_order_changes_nothing(sample, panel, rowwise, kind: str) -> None:
    def fit(data: pd.DataFrame) -> sf.models.ModelResult:
        if kind == "panel":
            return sf.fit_panel("y ~ lq", data, rowwise, unit="code", time="year")
        return sf.fit_cross_section("y ~ lq", data, rowwise, model="sdm")

    data = panel if kind == "panel" else sample
    shuffled = data.sample(frac=1, random_state=4)
    first, second = (unit_impacts(fit(each), "lq", draws=20) for each in (data, shuffled))
    order = list(first.matrix.index)
    pd.testing.assert_frame_equal(first.matrix, second.matrix.loc[order, order])
    pd.testing.assert_frame_equal(first.sent, second.sent.loc[order])
    if kind == "cross-section":
        assert list(second.received.index) == list(shuffled.index)


def test_panels_and_moderators(sample, panel, rowwise) -> None:
    fit = sf.fit_panel("y ~ lq * depth", panel, rowwise, unit="code", time="year", effects="time")
    found = unit_impacts(fit, "lq", at={"depth": 0.5}, draws=20)
    average = fit.impacts(at={"depth": 0.5}, draws=20).estimates.loc["lq"]
    assert found.at == "depth = 0.5"
    assert found.own["estimate"].mean() == pytest.approx(average["direct"])
    assert found.sent["estimate"].mean() == pytest.approx(average["indirect"])


def test_what_is_refused(sample, rowwise) -> None:
    fit = sf.fit_cross_section("y ~ lq + depth", sample, rowwise)
    with pytest.raises(FormulaError, match=r"variable='dept' .*Did you mean 'depth'.*'lq', 'depth'"):
        unit_impacts(fit, "dept")
    with pytest.raises(OptionError, match="a whole number from 2 on"):
        unit_impacts(fit, "lq", draws=1)
    with pytest.raises(DataError, match="regimes"):
        unit_impacts(sf.fit_cross_section("y ~ lq", sample, rowwise, regimes="region"), "lq")


def test_too_many_units_are_refused_by_name() -> None:
    weights = lattice(32).standardize("row")
    data = pd.DataFrame(np.random.default_rng(0).normal(size=(1024, 2)), weights.ids, ["y", "x"])
    fit = sf.fit_cross_section("y ~ x", data, weights, model="slx")
    with pytest.raises(OptionError, match=r"up to 1,000 units, not 1,024.*weights\.subset"):
        unit_impacts(fit, "x")


def test_it_shows_the_strongest_senders(sample, rowwise) -> None:
    found = unit_impacts(sf.fit_cross_section("y ~ lq", sample, rowwise, model="sdm"), "lq", draws=20)
    text = repr(found)
    assert "Impacts of lq between 64 units (SDM model), by what they send, first and last five" in text
    assert text.splitlines()[3].startswith(found.frame["sent"].idxmax())
    assert "<table" in found._repr_html_()


@pytest.mark.parametrize("inference", ["simulated", "delta"])
def test_a_negative_spillover_is_a_one_sided_test(sample, rowwise, inference: str) -> None:
    impacts = sf.fit_cross_section("y ~ lq + depth", sample, rowwise, model="sdm").impacts(draws=200)
    table = impacts.tidy(inference).query("impact == 'indirect'").reset_index(drop=True)
    less = impacts.one_sided(inference=inference)
    greater = impacts.one_sided("indirect", "greater", inference)
    assert list(less["variable"]) == ["lq", "depth"]
    assert less["z"].to_numpy() == pytest.approx(table["z"].to_numpy())
    assert less["p_value"].to_numpy() == pytest.approx(stats.norm.cdf(table["estimate"] / table["std_error"]))
    assert (less["p_value"] + greater["p_value"]).to_numpy() == pytest.approx(1.0)
    assert (2 * np.minimum(less["p_value"], greater["p_value"])).to_numpy() == pytest.approx(
        table["p_value"].to_numpy(), abs=1e-15
    )


def test_words_of_the_one_sided_test_are_checked(sample, rowwise) -> None:
    impacts = sf.fit_cross_section("y ~ lq", sample, rowwise).impacts(draws=20)
    with pytest.raises(OptionError, match="impact='spillover' is not an option"):
        impacts.one_sided("spillover")
    with pytest.raises(OptionError, match=r"alternative='lower'.*'less'"):
        impacts.one_sided(alternative="lower")
    with pytest.raises(OptionError, match="inference='boot'"):
        impacts.one_sided(inference="boot")
