"""Cluster maps by year and the list of members, read from the artists."""

from __future__ import annotations

import geopandas as gpd
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from shapely.geometry import box

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, OptionError
from spatialfin.plot.maps import CLUSTER_COLOURS

LAYER = gpd.GeoDataFrame(
    {"name": ["A", "B", "C", "D"]}, geometry=[box(i, 0, i + 1, 1) for i in range(4)], index=list("abcd")
)


class Found:
    """Stands for what local_moran gives."""

    variable = "lq"

    def __init__(self, clusters: dict[str, str]) -> None:
        self.found = pd.Series(clusters)

    def clusters(self, alpha: float, adjust: str) -> pd.Series:
        return self.found


EARLY = Found({"a": "High-High", "b": "Not significant", "c": "Not significant"})
LATE = Found({"c": "Low-Low", "a": "High-High", "b": "High-High"})
WORDS = list(CLUSTER_COLOURS)


def test_years_share_one_legend_with_every_class_and_the_missing_units() -> None:
    axes = sf.plot.lisa_maps(LAYER, {2010: EARLY, 2011: LATE}, labels={"lq": "LQ", "High-High": "高-高"})
    assert [ax.get_title() for ax in axes] == ["2010", "2011"]
    assert all(ax.get_legend() is None for ax in axes)
    (legend,) = axes[0].figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["高-高", *WORDS[1:], "No data"]
    shown = [to_hex(patch.get_facecolor()) for patch in legend.get_patches()]
    assert shown[:-1] == list(CLUSTER_COLOURS.values())
    assert legend.get_patches()[-1].get_hatch() == "////"
    assert legend.get_title().get_text() == "LQ\n(p < 0.05, FDR)"


def test_without_missing_units_there_is_no_such_entry() -> None:
    axes = sf.plot.lisa_maps(LAYER.loc[list("abc")], {2010: EARLY})
    assert [text.get_text() for text in axes[0].figure.legends[0].get_texts()] == WORDS


def test_on_axes_of_the_caller_the_legend_is_beside_the_last() -> None:
    given = plt.subplots(1, 2)[1]
    axes = sf.plot.lisa_maps(LAYER, {2010: EARLY, 2011: LATE}, axes=given)
    assert axes == list(given)
    assert given[0].get_legend() is None
    assert len(given[1].get_legend().get_texts()) == 7


def test_bad_results() -> None:
    with pytest.raises(DataError, match="what local_moran returned is needed, not list"):
        sf.plot.lisa_maps(LAYER, [EARLY])  # type: ignore[arg-type]
    with pytest.raises(AlignmentError, match="'z'"):
        sf.plot.lisa_maps(LAYER, {2010: Found({"z": "High-High"})})
    with pytest.raises(DataError, match="cluster_members: what local_moran returned is needed, not int"):
        sf.plot.cluster_members(3)


def test_members_are_named_class_by_class() -> None:
    ax = sf.plot.cluster_members(
        LATE, names={"a": "Anhui", "b": "Beijing"}, labels={"Low-Low": "低-低"}, layer=LAYER, title="2011"
    )
    texts = [text.get_text() for text in ax.texts]
    assert texts == [
        *("High-High (2)", "Anhui, Beijing", "低-低 (1)", "c", "Low-High (0)", "none"),
        *("High-Low (0)", "none", "Not significant (0)", "No neighbours (0)", "No data (1)"),
    ]
    assert [to_hex(patch.get_facecolor()) for patch in ax.patches][:-1] == list(CLUSTER_COLOURS.values())
    assert ax.patches[-1].get_hatch() == "////"
    assert ax.get_title() == "2011"


@pytest.mark.parametrize("name", ["Guangdong", "广东省"])
def test_long_lists_are_broken_at_the_width_of_the_axes(name: str) -> None:
    many = Found({f"{number:02d}": "High-High" for number in range(30)})
    figure = plt.figure(figsize=(4, 5))
    ax = sf.plot.cluster_members(many, names=dict.fromkeys(many.found.index, name), ax=figure.add_subplot())
    figure.draw_without_rendering()
    assert len(ax.texts) > 12
    assert all(text.get_window_extent().x1 <= ax.bbox.x1 for text in ax.texts)


def test_too_many_names_for_the_height_are_refused() -> None:
    many = Found({f"{number:03d}": "High-High" for number in range(400)})
    with pytest.raises(OptionError, match="inches of height, the axes have"):
        sf.plot.cluster_members(many)


def test_hot_spots_and_geary_kinds_are_drawn_with_all_their_categories() -> None:
    quiet = ("Not significant", "No neighbours")
    hot_kinds = ("Hot spot", "Cold spot", *quiet)
    geary_kinds = ("High-High", "Low-Low", "Other positive", "Negative", *quiet)
    hot = Found({"a": "Hot spot", "b": "Cold spot", "c": "Not significant", "d": "No neighbours"})
    hot.categories = hot_kinds  # type: ignore[attr-defined]
    ax = sf.plot.lisa_map(LAYER, hot)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [f"{word} (1)" for word in hot_kinds]
    assert len({collection.get_facecolor().tobytes() for collection in ax.collections}) == 4
    geary = Found({"a": "Negative", "b": "Other positive"})
    geary.categories = geary_kinds  # type: ignore[attr-defined]
    axes = sf.plot.lisa_maps(LAYER, {2010: geary})
    shown = [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    assert shown == [*geary_kinds, "No data"]
    assert sf.plot.cluster_members(hot).texts[0].get_text() == "Hot spot (1)"
