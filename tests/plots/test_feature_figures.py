"""Figures of the subspace network and of clusters of regions."""

from __future__ import annotations

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Circle
from shapely.geometry import box

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, OptionError
from spatialfin.features import SubspaceNetwork, panel_windows
from spatialfin.features import cluster_profiles as profiles_of
from spatialfin.plot import cluster_map, cluster_profiles, subspace_network
from spatialfin.plot._style import AREAS

IDS = ["a", "b", "c", "d"]
LAYER = gpd.GeoDataFrame(
    {"name": IDS}, geometry=[box(i, 0, i + 1, 1) for i in range(4)], index=IDS, crs="EPSG:32650"
)
DATA = pd.DataFrame({"lq": [1.0, 1.0, 3.0, 3.0], "depth": [2.0, 1.0, 1.0, 5.0]}, index=IDS)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def legend(ax) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_clusters_have_the_same_colours_whatever_clusters_there_are() -> None:
    clusters = pd.Series([2, 0, 2], index=["c", "a", "b"], name="cluster")
    ax = cluster_map(LAYER, clusters, kinds=[0, 1, 2], labels={"2": "Centres", "cluster": "Type"})
    assert legend(ax) == ["0 (1)", "1 (0)", "Centres (2)", "No data (1)"]
    assert ax.get_legend().get_title().get_text() == "Type"
    drawn = {len(part.get_paths()): to_hex(part.get_facecolor()[0]) for part in ax.collections[:3] if len(
        part.get_paths()) > 1}  # fmt: skip
    assert drawn == {2: AREAS[2]}


def test_clusters_are_drawn_on_the_axes_given() -> None:
    _, ax = plt.subplots()
    assert cluster_map(LAYER, pd.Series(0, index=IDS), ax=ax, names=True) is ax
    assert {text.get_text() for text in ax.texts} == set(IDS)


@pytest.mark.parametrize(
    ("clusters", "options", "error", "message"),
    [
        (pd.Series(0, index=["x", *IDS]), {}, AlignmentError, "no shape for 'x'"),
        (pd.Series(np.nan, index=IDS), {}, DataError, "no unit has a cluster"),
        (pd.Series(range(4), index=IDS), {"kinds": [0, 1, 2]}, DataError, r"\[3\] not in kinds"),
        (pd.Series(0, index=IDS), {"kinds": range(9)}, DataError, "9 of them; 8 colours"),
        ([0, 1], {}, DataError, "a Series indexed by unit"),
    ],
)
def test_maps_that_cannot_be_drawn_are_refused(clusters, options, error, message) -> None:
    with pytest.raises(error, match=message):
        cluster_map(LAYER, clusters, **options)


def test_profiles_stand_where_their_means_are() -> None:
    clusters = pd.Series([0, 0, 1, 1], index=IDS)
    found = profiles_of(DATA, clusters)
    ax = cluster_profiles(found, labels={"lq": "区位熵", "1": "Rich"}, title="Types")
    assert legend(ax) == ["0 (2)", "Rich (2)"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["区位熵", "depth"]
    np.testing.assert_allclose(ax.lines[1].get_xdata(), found.loc[0, ["lq", "depth"]])
    np.testing.assert_allclose(ax.lines[2].get_xdata(), found.loc[1, ["lq", "depth"]])


def test_other_tables_are_no_profiles() -> None:
    with pytest.raises(DataError, match=r"what features\.cluster_profiles gave"):
        cluster_profiles(DATA)


def network() -> SubspaceNetwork:
    rng = np.random.default_rng(0)
    panel = pd.DataFrame(
        [(f"c{unit:03d}", year) for unit in range(300) for year in range(2001, 2008)],
        columns=["code", "year"],
    ).assign(lq=rng.laplace(size=2100), depth=rng.laplace(size=2100))
    rows = panel_windows(panel, unit="code", time="year", columns=["lq", "depth"], window=3)
    return SubspaceNetwork(n_subspaces=3).fit(rows)


def test_the_network_shows_inputs_filters_and_responses() -> None:
    fitted = network()
    ax = subspace_network(fitted, labels={"lq": "Finance LQ"})
    assert [text.get_text() for text in ax.get_xticklabels()] == ["Finance LQ\nt−2 … t", "depth\nt−2 … t"]
    assert sum(isinstance(patch, Circle) for patch in ax.patches) == 3
    largest = np.abs(fitted.basis_).max(axis=1)
    for number, image in enumerate(ax.images):
        expected = fitted.basis_.T[2 * number : 2 * number + 2] / largest
        np.testing.assert_allclose(np.asarray(image.get_array()), expected)


def test_only_the_first_subspaces_are_drawn_where_asked_for() -> None:
    assert len(subspace_network(network(), most=2).images) == 2


@pytest.mark.parametrize(
    ("given", "options", "error", "message"),
    [
        (SubspaceNetwork(), {}, DataError, "a fitted SubspaceNetwork is needed"),
        (sf, {}, DataError, "a fitted SubspaceNetwork is needed"),
        (SubspaceNetwork(), {"most": 0}, OptionError, "most=0"),
    ],
)
def test_what_is_no_network_is_refused(given, options, error, message) -> None:
    with pytest.raises(error, match=message):
        subspace_network(given, **options)
