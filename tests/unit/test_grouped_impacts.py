"""Impacts by unit and by region: dense inverses, averages of averages, every single draw."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import DataError, OptionError
from spatialfin.models.impacts import normal_draws


def dense(weights: sf.SpatialWeights, rho: float, beta: float, theta: float) -> np.ndarray:
    matrix, one = weights.sparse.toarray(), np.eye(weights.n)
    return np.linalg.solve(one - rho * matrix, beta * one + theta * matrix)


@pytest.fixture(scope="module")
def regions(sample: pd.DataFrame) -> pd.DataFrame:
    return sample.assign(region=np.where(np.arange(len(sample)) % 3 == 0, "East", "West"))


def estimates(found: sf.models.Impacts, variable: str) -> pd.DataFrame:
    return found.estimates.xs(variable, level="variable")


@pytest.mark.parametrize("model", ["ols", "slx", "sar", "sem", "sdm", "sdem", "sac"])
@pytest.mark.parametrize("kind", ["rowwise", "binary"])
def test_units_are_the_rows_of_the_dense_inverse(request, regions, model: str, kind: str) -> None:
    weights = request.getfixturevalue(kind)
    fit = sf.fit_cross_section("y ~ lq + depth", regions, weights, model=model)
    s = dense(weights, fit.params.get("rho", 0.0), fit.params["lq"], fit.params.get("W(lq)", 0.0))
    found = estimates(fit.impacts(draws=20, by="unit"), "lq")
    assert list(found.index) == list(map(str, regions.index))
    found = found.loc[weights.ids]
    assert found["direct"].to_numpy() == pytest.approx(np.diag(s), rel=1e-9, abs=1e-12)
    assert found["total"].to_numpy() == pytest.approx(s.sum(axis=1), rel=1e-9)
    member = (regions.loc[weights.ids, "region"] == "East").to_numpy()
    east = estimates(fit.impacts(draws=20, by="region"), "lq").loc["East"]
    assert east["direct"] == pytest.approx(np.diag(s)[member].mean(), rel=1e-9)
    assert east["total"] == pytest.approx(s.sum(axis=1)[member].mean(), rel=1e-9)
    assert east["indirect"] == pytest.approx(east["total"] - east["direct"], abs=1e-12)


def test_one_region_of_all_units_is_the_average_with_its_errors(regions, binary) -> None:
    fit = sf.fit_cross_section("y ~ lq + depth", regions.assign(all="China"), binary, model="sdm")
    one, average = fit.impacts(draws=200, by="all").tidy(), fit.impacts(draws=200).tidy()
    assert list(one.columns) == ["group", *average.columns]
    assert set(one["group"]) == {"China"}
    # Both interpolate the same smooth functions of rho to 1e-10 of their size.
    numbers = ["estimate", "std_error", "conf_low", "conf_high"]
    assert one[numbers].to_numpy() == pytest.approx(average[numbers].to_numpy(), rel=1e-7)
    by_delta = fit.impacts(draws=200, by="all").tidy("delta"), fit.impacts(draws=200).tidy("delta")
    assert by_delta[0][numbers].to_numpy() == pytest.approx(by_delta[1][numbers].to_numpy(), rel=1e-9)


@pytest.mark.parametrize("kind", ["rowwise", "binary"])
def test_errors_of_a_region_are_those_of_every_draw_and_of_the_gradient(request, regions, kind: str) -> None:
    weights = request.getfixturevalue(kind)
    fit = sf.fit_cross_section("y ~ lq", regions, weights, model="sdm", engine="native")
    member = (regions.loc[weights.ids, "region"] == "West").to_numpy()

    def direct_and_total(params: np.ndarray) -> np.ndarray:
        s = dense(weights, params[-1], params[1], params[2])
        return np.array([np.diag(s)[member].mean(), s.sum(axis=1)[member].mean()])

    found = fit.impacts(draws=60, seed=4, by="region")
    low, high = fit.parts.logdet.interval
    draws = normal_draws(fit.params.to_numpy(), fit.cov.to_numpy(), 60, 4)
    simulated = np.array([direct_and_total(draw) for draw in draws if low < draw[-1] < high])
    errors = found.simulated_errors.loc[("West", "lq"), ["direct", "total"]]
    assert errors.to_numpy() == pytest.approx(simulated.std(axis=0, ddof=1), rel=1e-7)
    params, step = fit.params.to_numpy(), 1e-6
    gradient = np.array(
        [
            (direct_and_total(params + step * axis) - direct_and_total(params - step * axis)) / (2 * step)
            for axis in np.eye(len(params))
        ]
    )
    expected = np.sqrt(np.diag(gradient.T @ fit.cov.to_numpy() @ gradient))
    # Central differences of step 1e-6 leave about 1e-9 of the gradient.
    assert found.delta_errors.loc[("West", "lq"), ["direct", "total"]].to_numpy() == pytest.approx(
        expected, rel=1e-6
    )


def test_panels_take_the_regions_from_their_rows_in_any_order(regions, rowwise) -> None:
    rng = np.random.default_rng(3)
    table = regions.rename_axis("code").reset_index()
    panel = pd.concat([table.assign(year=year, y=rng.normal(size=64)) for year in (1, 2, 3)])
    panel["lq"] = rng.normal(size=len(panel))
    options = {"unit": "code", "time": "year", "model": "sdm", "effects": "unit"}
    shuffled = panel.sample(frac=1, random_state=1)
    found, again = (
        sf.fit_panel("y ~ lq", data, rowwise, **options).impacts(draws=50, by="region")
        for data in (panel, shuffled)
    )
    pd.testing.assert_frame_equal(found.tidy(), again.tidy())
    assert "by region" in repr(found)
    lowest = found.one_sided()
    assert lowest["group"].tolist() == ["East", "West"]
    assert sf.tables.impacts_table(found).frame.index.names == ["Group", "Variable", "Impact"]
    moved = panel.assign(region=np.where(panel["year"] == 2, "South", panel["region"]))
    with pytest.raises(DataError, match="change their group over time"):
        sf.fit_panel("y ~ lq", moved, rowwise, **options).impacts(by="region")


def test_wrong_groups_are_named(regions, rowwise) -> None:
    fit = sf.fit_cross_section("y ~ lq", regions, rowwise, model="sar")
    with pytest.raises(DataError, match=r"by='regoin' is no column.*region"):
        fit.impacts(by="regoin")
    with pytest.raises(OptionError, match="'average', 'unit' or the name"):
        fit.impacts(by=["region"])
    with pytest.raises(OptionError, match="static models"):
        fit.impacts(by="region", horizons=["short"])
    holes = regions.assign(region=regions["region"].where(regions.index != regions.index[2]))
    with pytest.raises(DataError, match=str(regions.index[2])):
        sf.fit_cross_section("y ~ lq", holes, rowwise, model="sar").impacts(by="region")
    with pytest.raises(DataError, match="several groups"):
        sf.plot.impacts(fit.impacts(by="region"))
    axes = sf.plot.impacts(fit.impacts(draws=20, by="region"), group="East")
    assert [text.get_text() for text in axes.get_yticklabels()] == ["lq"]
