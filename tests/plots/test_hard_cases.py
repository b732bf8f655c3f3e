"""One class, one value, a year without data, two units: what the figures draw, or say instead."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from shapely.geometry import box

import spatialfin as sf
from spatialfin._errors import DataError

UNITS = list("abcd")
LAYER = gpd.GeoDataFrame(geometry=[box(i, 0, i + 1, 1) for i in range(4)], index=UNITS, crs="EPSG:4326")
TWO = LAYER.loc[["a", "b"]]
RING = sf.SpatialWeights.from_matrix([[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]], ids=UNITS)
PAIR = sf.SpatialWeights.from_matrix([[0, 1], [1, 0]], ids=["a", "b"])


def shared_legend(axes: list[Axes]) -> list[str]:
    return [text.get_text() for text in axes[0].figure.legends[0].get_texts()]


def legend(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_constant_variable_is_one_class_on_every_map() -> None:
    one = pd.Series(2.5, index=UNITS, name="lq")
    assert legend(sf.plot.choropleth(LAYER, one)) == ["2.50 (4)"]
    assert shared_legend(sf.plot.map_series(LAYER, pd.DataFrame({2010: one, 2011: one}))) == ["2.50"]
    with pytest.raises(DataError, match=r"'lq' has too few distinct values for three classes.*choropleth"):
        sf.plot.bivariate_map(LAYER, one, one)


def test_a_constant_variable_has_no_moran_plot_and_the_statistic_says_so() -> None:
    with pytest.raises(DataError, match="constant"):
        sf.moran(pd.Series(2.5, index=UNITS), RING)


def test_a_year_without_data_stays_a_panel_of_hatched_units() -> None:
    values = pd.DataFrame({2010: [1.0, 2, 3, 4], 2011: np.nan}, index=UNITS)
    axes = sf.plot.map_series(LAYER, values, k=2, digits=0)
    assert [ax.get_title() for ax in axes] == ["2010", "2011"]
    hatched = [sum(len(c.get_paths()) for c in ax.collections if c.get_hatch()) for ax in axes]
    assert hatched == [0, 4]
    assert shared_legend(axes)[-1] == "No data"
    with pytest.raises(DataError, match="every value is missing"):
        sf.plot.map_series(LAYER, values[[2011]])
    with pytest.raises(DataError, match="every unit is without a value"):
        sf.plot.choropleth(LAYER, values[2011])


def test_two_units_are_mapped_but_have_no_statistic() -> None:
    values = pd.Series([1.0, 2.0], index=["a", "b"], name="lq")
    assert legend(sf.plot.choropleth(TWO, values)) == ["1 (1)", "2 (1)"]
    assert shared_legend(sf.plot.map_series(TWO, pd.DataFrame({2010: values}))) == ["1", "2"]
    with pytest.raises(DataError, match="4"):
        sf.moran(values, PAIR)
    pair = sf.plot.bivariate_map(TWO, values, values.rename("same")).child_axes[-1]
    assert [text.get_text() for text in pair.texts] == ["1", *"0" * 7, "1"]
    flows = pd.DataFrame([[0.0, 1.0], [2.0, 0.0]], ["a", "b"], ["a", "b"])
    ax = sf.plot.flow_map(TWO, flows)
    assert [arrow.get_gid() for arrow in ax.patches] == ["b to a", "a to b"]


def test_a_chain_of_one_class_is_one_cell() -> None:
    class Chain:
        probabilities = pd.DataFrame([[1.0]], index=[1], columns=[1])
        counts = pd.DataFrame([[30]], index=[1], columns=[1])

    assert [text.get_text() for text in sf.plot.transition_matrix(Chain()).texts] == ["1.00"]


def test_clusters_without_any_significant_unit_keep_all_classes() -> None:
    y = pd.Series([4.0, 1.0, 3.0, 2.0], index=UNITS, name="lq")
    axes = sf.plot.lisa_maps(LAYER, {2010: sf.local_moran(y, RING, permutations=99)})
    assert shared_legend(axes) == [
        *("High-High", "Low-Low", "Low-High", "High-Low", "Not significant", "No neighbours")
    ]
