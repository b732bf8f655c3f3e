"""Transition matrices, the rose, ellipses and the production surface, read from the artists."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from mpl_toolkits.mplot3d.axes3d import Axes3D
from shapely.geometry import box

import spatialfin as sf
from spatialfin._errors import DataError, LayerError, OptionError
from spatialfin.plot._style import LINES


class Chain:
    """Stands for what explore.markov gives; nobody was ever in class 3."""

    probabilities = pd.DataFrame(
        [[0.9, 0.1, 0.0], [0.5, 0.5, 0.0], [np.nan] * 3], index=[1, 2, 3], columns=[1, 2, 3]
    )
    counts = pd.DataFrame([[9, 1, 0], [2, 2, 0], [0, 0, 0]], index=[1, 2, 3], columns=[1, 2, 3])


def test_a_transition_matrix_has_its_numbers_and_hatches_empty_classes() -> None:
    ax = sf.plot.transition_matrix(Chain(), digits=1, labels={"1": "低", "Class after": "After"}, title="LQ")
    assert [text.get_text() for text in ax.texts] == ["0.9", "0.1", "0.0", "0.5", "0.5", "0.0"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["低 (n = 10)", "2 (n = 4)", "3 (n = 0)"]
    assert [patch.get_hatch() for patch in ax.patches] == ["////"] * 3
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("After", "Class before", "LQ")
    assert ax.get_ylim() == (3, 0)
    assert ax.collections[0].get_clim() == (0, 1)


def test_matrices_side_by_side() -> None:
    axes = sf.plot.transition_matrices({"All": Chain(), 1: Chain()}, labels={"1": "Poor neighbours"})
    assert [ax.get_title() for ax in axes] == ["All", "Poor neighbours"]
    with pytest.raises(DataError, match="what markov returned is needed, but not so at '1'"):
        sf.plot.transition_matrices({"All": Chain(), 1: 5})
    with pytest.raises(DataError, match="what markov returned is needed, not int"):
        sf.plot.transition_matrix(5)


class Moves:
    """Stands for what explore.directional_lisa gives."""

    rose = pd.DataFrame(
        {"start": np.arange(4) * np.pi / 2, "end": np.arange(1, 5) * np.pi / 2, "count": [5, 0, 2, 1],
         "expected": [2.0, 2, 2, 2], "p_sim": [0.02, 0.1, 0.9, 0.5]}
    )  # fmt: skip


def test_the_rose_has_a_bar_for_each_sector() -> None:
    ax = sf.plot.rose(Moves(), labels={"Unit gains": "自身上升"}, title="Moves")
    assert [bar.get_height() for bar in ax.patches] == [5, 0, 2, 1]
    assert plt.matplotlib.colors.to_hex(ax.patches[0].get_facecolor()) == LINES[1]
    assert len({bar.get_facecolor() for bar in ax.patches[1:]}) == 1
    assert len(ax.lines) == 4
    assert [text.get_text() for text in ax.get_xticklabels()][:2] == ["自身上升", "Neighbours gain"]
    assert len(ax.get_legend().get_texts()) == 3


def test_the_rose_needs_polar_axes() -> None:
    with pytest.raises(OptionError, match="projection='polar'"):
        sf.plot.rose(Moves(), ax=plt.subplots()[1])
    with pytest.raises(DataError, match="what directional_lisa returned is needed, not int"):
        sf.plot.rose(5)
    given = plt.figure().add_subplot(projection="polar")
    assert sf.plot.rose(Moves(), ax=given) is given


LAYER = gpd.GeoDataFrame(geometry=[box(0, 0, 10, 10)], index=["a"], crs="EPSG:4326")


class Path:
    """Stands for what explore.gravity_path gives."""

    variable = "gdp"
    table = pd.DataFrame({"longitude": [4.0, 5, 6], "latitude": [5.0, 5, 4]}, index=[2010, 2011, 2012])
    ellipses = gpd.GeoDataFrame(
        geometry=[box(x - 2, 3, x + 2, 6) for x in (4, 5, 6)], index=[2010, 2011, 2012], crs="EPSG:4326"
    )


def outlines(ax: Any) -> list[float]:
    """Middle of every closed line."""
    every = [np.asarray(line.get_xydata()) for line in ax.lines]
    return [float(np.ptp(xy[:, 0]) / 2 + xy[:, 0].min()) for xy in every if (xy[0] == xy[-1]).all()]


def test_ellipses_of_the_chosen_years_and_the_whole_path() -> None:
    ax = sf.plot.ellipse_map(LAYER, Path(), labels={"gdp": "GDP", "2010": "first"})
    assert outlines(ax) == [4, 6]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "first",
        "2012",
        "Path of the centre",
    ]
    assert ax.get_legend().get_title().get_text() == "GDP"
    path = ax.lines[-1].get_xydata()
    assert path.tolist() == [[4, 5], [5, 5], [6, 4]]
    enlarged = ax.child_axes[-1]
    assert enlarged.lines[0].get_xydata().tolist() == path.tolist()
    assert np.ptp(enlarged.get_xlim()) < np.ptp(ax.get_xlim())
    assert outlines(sf.plot.ellipse_map(LAYER, Path(), times=[2011])) == [5]


def test_ellipses_are_drawn_in_the_coordinates_of_the_layer() -> None:
    ax = sf.plot.ellipse_map(LAYER.to_crs("EPSG:3857"), Path())
    assert ax.lines[-1].get_xdata()[0] == pytest.approx(4 * 20037508.34 / 180, rel=1e-6)


def test_bad_ellipses() -> None:
    with pytest.raises(DataError, match="what gravity_path returned is needed, not int"):
        sf.plot.ellipse_map(LAYER, 5)
    with pytest.raises(DataError, match="no ellipse of '1999'"):
        sf.plot.ellipse_map(LAYER, Path(), times=[1999])
    with pytest.raises(LayerError, match="no coordinate system"):
        sf.plot.ellipse_map(LAYER.set_crs(None, allow_override=True), Path())


class Production:
    """Stands for what models.fit_production gives."""

    factors = ("capital", "labour")
    output = "gdp"

    def surface(self, first: str, second: str, *, impact: str) -> pd.DataFrame:
        return pd.DataFrame(
            [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]],
            index=pd.Index([1e6, 2e6], name=first),
            columns=pd.Index([1.0, 2.0, 3.0], name=second),
        )


def test_the_surface_names_the_power_of_ten() -> None:
    ax = sf.plot.production_surface(Production(), labels={"gdp": "GDP", "capital": "资本"}, title="Growth")
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_zlabel()) == ("资本 (10⁶)", "labour", "GDP")
    assert ax.get_title() == "Growth"
    # the first factor runs along x in millions, the second along y
    assert (ax.get_xlim()[0] < 1, ax.get_xlim()[1] > 2, ax.get_xlim()[1] < 3, ax.get_ylim()[1] > 3) == (
        True,
    ) * 4


def test_the_surface_has_the_output_of_each_pair_of_factors(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(Axes3D, "plot_surface", lambda _, *given, **style: drawn.append(given))
    sf.plot.production_surface(Production())
    ((capital, labour, output),) = drawn
    assert output.tolist() == (capital * labour).tolist()
    assert (set(capital.ravel()), set(labour.ravel())) == ({1.0, 2.0}, {1.0, 2.0, 3.0})


def test_bad_surfaces() -> None:
    class Three(Production):
        factors = ("capital", "labour", "finance")  # type: ignore[assignment]

    with pytest.raises(OptionError, match="two of 'capital', 'labour', 'finance' are needed, not 3"):
        sf.plot.production_surface(Three())
    with pytest.raises(DataError, match="what fit_production returned is needed, not int"):
        sf.plot.production_surface(5)
    with pytest.raises(OptionError, match="projection='3d'"):
        sf.plot.production_surface(Production(), ax=plt.subplots()[1])


def test_results_of_the_library_are_drawn() -> None:
    units = [f"u{number}" for number in range(16)]
    shapes = [box(number % 4, number // 4, number % 4 + 1, number // 4 + 1) for number in range(16)]
    layer = gpd.GeoDataFrame(geometry=shapes, index=units, crs="EPSG:4326")
    w = sf.contiguity_weights(layer).standardize("row")
    values = np.random.default_rng(0).uniform(1, 3, 64)
    rows = {"code": units * 4, "year": np.repeat([2000, 2001, 2002, 2003], 16), "lq": values}
    panel, keys = pd.DataFrame(rows), {"unit": "code", "time": "year"}
    moves = sf.explore.directional_lisa(panel, "lq", w, permutations=9, **keys)
    assert sum(bar.get_height() for bar in sf.plot.rose(moves).patches) == 16
    chain = sf.explore.lisa_markov(panel, "lq", w, **keys).chain
    assert len(sf.plot.transition_matrix(chain).get_xticklabels()) == 4
    y = panel.query("year == 2000").set_index("code")["lq"]
    profile = sf.explore.distance_decay(y, layer, "u0", method="binned", bins=4, draws=19)
    assert len(sf.plot.distance_profile(profile).lines[0].get_xdata()) == 4
    hot = sf.plot.lisa_map(layer, sf.explore.local_g(y, w, permutations=19))
    assert hot.get_legend().get_texts()[0].get_text().startswith("Hot spot (")
