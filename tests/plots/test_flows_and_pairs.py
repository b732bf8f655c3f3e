"""Arrows of spillovers and maps of two indicators, read from the artists."""

from __future__ import annotations

from itertools import combinations

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from shapely.geometry import box

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, OptionError
from spatialfin.plot._style import LINES
from spatialfin.plot.bivariate import BIVARIATE

from .test_style import BLIND, seen

UNITS = list("abcdefghi")
LAYER = gpd.GeoDataFrame(
    {"name": [f"Unit {unit}" for unit in UNITS]},
    geometry=[box(i % 3, i // 3, i % 3 + 1, i // 3 + 1) for i in range(9)],
    index=UNITS,
)
FLOWS = pd.DataFrame(
    [[9.0, 0.3, -0.2], [0.1, 9.0, 0.0], [0.4, -0.5, 9.0]], index=list("abc"), columns=list("abc")
)


def arrows(ax: plt.Axes) -> list[str]:
    return [arrow.get_gid() for arrow in ax.patches]


def test_the_largest_flows_leave_their_column_and_reach_their_row() -> None:
    ax = sf.plot.flow_map(LAYER, FLOWS, largest=3)
    assert arrows(ax) == ["b to a", "a to c", "b to c"]
    assert [to_hex(arrow.get_edgecolor()) for arrow in ax.patches] == [LINES[0], LINES[0], LINES[1]]
    widths = [arrow.get_linewidth() for arrow in ax.patches]
    assert np.divide(widths, widths[-1]).tolist() == pytest.approx([0.6, 0.8, 1.0])
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == ["Positive: 0.400", "Positive: 0.300", "Negative: −0.500"]


def test_arrows_run_from_the_sender_to_the_receiver() -> None:
    ax = sf.plot.flow_map(LAYER, FLOWS, largest=3)
    ax.figure.draw_without_rendering()
    places = LAYER.representative_point()
    for arrow in ax.patches:
        sender, receiver = (places[unit] for unit in arrow.get_gid().split(" to "))
        start, *_, tip = np.asarray(arrow.get_path().vertices)[:3]  # the shaft; then its head
        assert np.hypot(*(start - (sender.x, sender.y))) < 0.1
        assert np.hypot(*(tip - (receiver.x, receiver.y))) < 0.15


def test_order_does_not_matter_and_zeros_are_no_flows() -> None:
    shuffled = FLOWS.loc[list("cab"), list("bca")]
    before = shuffled.copy()
    assert arrows(sf.plot.flow_map(LAYER, shuffled)) == arrows(sf.plot.flow_map(LAYER, FLOWS))
    assert len(arrows(sf.plot.flow_map(LAYER, FLOWS))) == 5
    pd.testing.assert_frame_equal(shuffled, before)


def test_results_of_a_model_are_drawn_with_their_variable() -> None:
    class Found:
        variable = "lq"
        matrix = FLOWS.abs()

    ax = sf.plot.flow_map(LAYER, Found(), largest=2, names=True, labels={"lq": "区位熵"}, title="Spillovers")
    assert ax.get_legend().get_title().get_text() == "区位熵"
    assert {text.get_text() for text in ax.texts} == {"Unit a", "Unit b", "Unit c"}
    assert ax.get_title() == "Spillovers"


def test_bad_flows() -> None:
    with pytest.raises(DataError, match="square table is needed, not list"):
        sf.plot.flow_map(LAYER, [1, 2])
    with pytest.raises(AlignmentError, match="same units"):
        sf.plot.flow_map(LAYER, FLOWS.drop(columns="a"))
    with pytest.raises(AlignmentError, match="no shape for 'z'"):
        sf.plot.flow_map(LAYER, FLOWS.rename(index={"a": "z"}, columns={"a": "z"}))
    with pytest.raises(DataError, match="in the rows 'b'"):
        sf.plot.flow_map(LAYER, FLOWS.where(FLOWS != 0.1))
    with pytest.raises(DataError, match="no unit sends anything"):
        sf.plot.flow_map(LAYER, FLOWS * 0)
    with pytest.raises(OptionError, match="largest=0"):
        sf.plot.flow_map(LAYER, FLOWS, largest=0)


FIRST = pd.Series(np.arange(9.0), index=UNITS, name="lq")
SECOND = (pd.Series([0.0, 5, 9, 0, 5, 9, 0, 5, 9], index=UNITS) + FIRST / 100).rename("gdp")


def fills(ax: plt.Axes) -> dict[str, str]:
    found = {}
    for collection in ax.collections:
        for path in collection.get_paths():
            middle = path.get_extents()
            number = int(middle.x0) + 3 * int(middle.y0)
            found[UNITS[number]] = to_hex(collection.get_facecolor()[0])
    return found


def test_each_unit_has_the_colour_of_its_two_classes() -> None:
    ax = sf.plot.bivariate_map(LAYER, FIRST.sample(frac=1, random_state=1), SECOND, labels={"lq": "LQ"})
    drawn = fills(ax)
    assert [drawn[unit] for unit in UNITS] == [BIVARIATE[i % 3][i // 3] for i in range(9)]
    square = ax.child_axes[-1]
    assert (square.get_xlabel(), square.get_ylabel()) == ("LQ →", "gdp →")
    assert [text.get_text() for text in square.texts] == ["1"] * 9


def test_empty_cells_keep_their_colours_and_missing_units_are_hatched() -> None:
    ax = sf.plot.bivariate_map(LAYER, FIRST, FIRST.rename("same").drop("e"), missing_label="无数据")
    square = ax.child_axes[-1]
    assert [to_hex(patch.get_facecolor()) for patch in square.patches] == [
        colour for row in BIVARIATE for colour in row
    ]
    assert [text.get_text() for text in square.texts] == ["3", "0", "0", "0", "2", "0", "0", "0", "3"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["无数据 (1)"]
    assert ax.get_legend().get_patches()[0].get_hatch() == "////"


def test_own_breaks_and_an_inset_that_does_not_move() -> None:
    inset = (0.0, 0.0, 1.0, 1.0)
    places = []
    for values in (FIRST, FIRST.drop(["a", "b"])):
        ax = sf.plot.bivariate_map(
            LAYER, values, SECOND, first_breaks=[100, 200], second_breaks=[4, 7], inset=inset
        )
        assert [text.get_text() for text in ax.child_axes[-1].texts][1::3] == ["0", "0", "0"]
        box_axes = ax.child_axes[0]
        places.append((box_axes.get_axes_locator()(ax, None).bounds, box_axes.get_xlim()))
    assert places[0] == places[1]


def test_values_without_three_classes() -> None:
    with pytest.raises(DataError, match=r"'lq' has too few distinct values .* '1.0'.*first_breaks="):
        sf.plot.bivariate_map(LAYER, FIRST * 0 + 1, SECOND)
    with pytest.raises(DataError, match="'gdp' has too few distinct values"):
        sf.plot.bivariate_map(LAYER.loc[["a", "b"]], FIRST[["a", "b"]], SECOND[["a", "b"]] * 0)
    with pytest.raises(DataError, match="no unit has both values"):
        sf.plot.bivariate_map(LAYER, FIRST * np.nan, SECOND)
    with pytest.raises(DataError, match=r"second_breaks=.*two numbers that rise"):
        sf.plot.bivariate_map(LAYER, FIRST, SECOND, second_breaks=[2, 1])


@pytest.mark.parametrize("kind", BLIND)
def test_the_nine_colours_are_told_apart_with_colour_blindness(kind: str) -> None:
    every = [seen(colour, kind) for row in BIVARIATE for colour in row]
    assert min(np.linalg.norm(one - other) for one, other in combinations(every, 2)) > 10
