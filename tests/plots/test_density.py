"""Ridges and the surface of densities, read from the artists."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from mpl_toolkits.mplot3d.axes3d import Axes3D

import spatialfin as sf
from spatialfin._errors import DataError, OptionError

GRID = np.linspace(0, 2, 21)


def curves(years: tuple[int, ...] = (2010, 2011, 2012)) -> pd.DataFrame:
    frames = [
        pd.DataFrame({"time": year, "value": GRID, "density": np.exp(-8 * (GRID - 1) ** 2) * (1 + number)})
        for number, year in enumerate(years)
    ]
    return pd.concat(frames, ignore_index=True)


def test_ridges_run_from_the_first_year_down_on_one_scale() -> None:
    ax = sf.plot.ridge(curves().sample(frac=1, random_state=0), overlap=0.5, variable="lq", title="Finance")
    assert [text.get_text() for text in ax.get_yticklabels()] == ["2010", "2011", "2012"]
    assert list(ax.get_yticks()) == [0, -1, -2]
    heights = [np.ptp(line.get_ydata()) for line in ax.lines]
    assert heights == pytest.approx([0.5, 1.0, 1.5], abs=0.01)
    assert (ax.get_xlabel(), ax.get_title()) == ("lq", "Finance")


def test_a_year_without_a_curve_keeps_its_line_and_says_so() -> None:
    data = curves()
    data.loc[data["time"] == 2011, "density"] = np.nan
    ax = sf.plot.ridge(data, missing_label="无数据")
    assert [text.get_text() for text in ax.get_yticklabels()] == ["2010", "2011", "2012"]
    assert len(ax.lines) == 2
    assert [(text.get_text(), round(text.get_position()[1])) for text in ax.texts] == [("无数据", -1)]


def test_the_surface_has_the_density_of_each_value_and_year(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(Axes3D, "plot_surface", lambda _, *given, **style: drawn.append(given))
    data = curves()
    sf.plot.density_surface(data.sample(frac=1, random_state=0))
    ((values, years, heights),) = drawn
    found = pd.DataFrame({"time": years.ravel(), "value": values.ravel(), "density": heights.ravel()})
    pd.testing.assert_frame_equal(found, data, check_dtype=False)


def test_the_surface_spans_values_and_years() -> None:
    three = sf.plot.density_surface(curves(), variable="lq", labels={"time": "年份", "Density": "密度"})
    assert (three.get_xlabel(), three.get_ylabel(), three.get_zlabel()) == ("lq", "年份", "密度")
    assert len(three.collections) == 1
    given = plt.figure().add_subplot(projection="3d")
    assert sf.plot.density_surface(curves(), ax=given) is given


def test_results_carry_their_variable() -> None:
    class Found:
        frame = curves()
        variable = "lq"

    assert sf.plot.ridge(Found(), labels={"lq": "区位熵"}).get_xlabel() == "区位熵"  # type: ignore[arg-type]
    assert sf.plot.density_surface(Found()).get_xlabel() == "lq"  # type: ignore[arg-type]
    with pytest.raises(DataError, match="what density_evolution returned is needed, not list"):
        sf.plot.ridge([1])  # type: ignore[arg-type]


def test_inputs_are_untouched() -> None:
    data = curves()
    before = data.copy()
    sf.plot.ridge(data)
    sf.plot.density_surface(data)
    pd.testing.assert_frame_equal(data, before)


BAD_CURVES = [
    (curves().rename(columns={"density": "densty"}), "'density'.*Did you mean 'densty'"),
    (curves().assign(density="high"), "'density' does not hold numbers"),
    (curves().assign(density=-1.0), "negative densities in '2010'"),
    (curves().assign(density=np.nan), "no year has a density"),
]


@pytest.mark.parametrize(("data", "message"), BAD_CURVES)
@pytest.mark.parametrize("draw", [sf.plot.ridge, sf.plot.density_surface])
def test_bad_curves(draw: object, data: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        draw(data)  # type: ignore[operator]


def test_a_surface_needs_two_years_one_grid_and_depth() -> None:
    with pytest.raises(DataError, match=r"fewer than two years.*plot\.ridge"):
        sf.plot.density_surface(curves((2010,)))
    shifted = curves()
    shifted.loc[shifted["time"] == 2011, "value"] += 0.5
    with pytest.raises(DataError, match="at different values"):
        sf.plot.density_surface(shifted)
    with pytest.raises(OptionError, match="projection='3d'"):
        sf.plot.density_surface(curves(), ax=plt.subplots()[1])
    with pytest.raises(DataError, match="are not numbers"):
        sf.plot.density_surface(curves().replace({"time": {2010: "a", 2011: "b", 2012: "c"}}))
    with pytest.raises(OptionError, match="overlap=-1"):
        sf.plot.ridge(curves(), overlap=-1)
