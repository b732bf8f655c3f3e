"""Transition paths of convergence clubs, read from the artists."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError
from spatialfin.plot._style import LINES, QUIET

YEARS = [2001, 2002, 2003]
# Units a and b form club 1, c club 2, d none.
PATHS = {"a": [1.3, 1.2, 1.2], "b": [1.1, 1.1, 1.2], "c": [0.9, 0.9, 0.9], "d": [0.7, 0.8, 0.7]}


def found(paths: dict[str, list[float]] = PATHS, clubs: tuple[int | None, ...] = (1, 1, 2, None)) -> object:
    members = pd.Series(clubs, index=pd.Index(list(paths), name="code"), name="club", dtype="Int64")
    rows = [(unit, year, h) for unit, values in paths.items() for year, h in zip(YEARS, values, strict=True)]
    table = pd.DataFrame(rows, columns=["code", "year", "h"])
    table.insert(2, "club", members.loc[table["code"]].to_numpy())
    return SimpleNamespace(members=members, paths=table, variable="gdp_pc")


def thick(ax: Axes) -> dict[str, list[float]]:
    return {to_hex(line.get_color()): list(line.get_ydata()) for line in ax.lines if line.get_linewidth() > 2}


def legend(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_each_club_has_its_mean_in_its_colour_before_its_units() -> None:
    ax = sf.plot.club_paths(
        found(), labels={"Club": "俱乐部", "Divergent": "发散", "gdp_pc": "GDP"}, title="T"
    )
    assert thick(ax) == {LINES[0]: pytest.approx([1.2, 1.15, 1.2]), LINES[1]: [0.9, 0.9, 0.9]}
    assert legend(ax) == ["俱乐部 1 (2)", "俱乐部 2 (1)", "发散 (1)"]
    alone = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert [list(line.get_ydata()) for line in alone] == [PATHS["d"]]
    assert to_hex(alone[0].get_color()) == QUIET
    units = [line for line in ax.lines if line.get_alpha()]
    assert [list(line.get_ydata()) for line in units] == [PATHS["a"], PATHS["b"], PATHS["c"]]
    assert all(line.get_zorder() < 4 for line in units)
    assert (ax.get_xlabel(), ax.get_title()) == ("year", "T")
    assert ax.get_ylabel() == "Relative transition path: GDP"


def test_order_of_rows_and_of_members_changes_nothing() -> None:
    one, other = found(), found()
    other.paths = other.paths.sample(frac=1, random_state=0)
    other.members = other.members.iloc[::-1]
    before = other.paths.copy()
    first, second = (sf.plot.club_paths(result, units=["b"]) for result in (one, other))
    for left, right in zip(first.lines, second.lines, strict=True):
        assert left.get_color() == right.get_color()
        np.testing.assert_array_equal(left.get_xydata(), right.get_xydata())
    pd.testing.assert_frame_equal(other.paths, before)


def test_chosen_units_are_named_at_their_ends_above_each_other() -> None:
    close = {**PATHS, "b": [1.1, 1.1, 1.201], "c": [0.9, 0.9, 1.199]}
    ax = sf.plot.club_paths(found(close), units=["a", "b", "c"], names={"a": "安徽"})
    assert [text.get_text() for text in ax.texts] == ["安徽", "b", "c"]
    assert {text.xy[0] for text in ax.texts} == {2003}
    places = [text.get_window_extent() for text in ax.texts]
    assert not any(one.padded(-1).overlaps(other.padded(-1)) for one, other in combinations(places, 2))
    order = sorted(range(3), key=lambda number: places[number].y0)
    assert [ax.texts[number].get_text() for number in order] == ["c", "安徽", "b"]


def test_the_legend_reads_by_row_and_lies_below_the_axes() -> None:
    many = {f"u{number}": [1.0, 1.0, 1.0] for number in range(6)}
    ax = sf.plot.club_paths(found(many, tuple(range(1, 7))))
    ax.figure.draw_without_rendering()
    drawn = ax.get_legend()
    by_place = sorted(
        drawn.get_texts(),
        key=lambda text: (-round(text.get_window_extent().y0, -1), text.get_window_extent().x0),
    )
    assert [text.get_text() for text in by_place] == [f"Club {number} (1)" for number in range(1, 7)]
    assert drawn.get_window_extent().y1 < ax.bbox.y0


def test_in_a_column_the_legend_leaves_room_for_the_paths() -> None:
    many = {f"u{number}": [1.0, 1.0, 1.0] for number in range(8)}
    with sf.plot.journal_style(width=3.5):
        ax = sf.plot.club_paths(found(many, tuple(range(1, 9))), units=["u0"], names={"u0": "Guangdong"})
        ax.figure.draw_without_rendering()
    assert ax.bbox.width > 0.5 * ax.figure.bbox.width
    assert ax.bbox.height > 0.25 * ax.figure.bbox.height


def test_a_real_result_is_drawn() -> None:
    rows = sf.load_dataset("china_finance_2002_2011").query("year <= 2010")
    clubs = sf.explore.convergence_clubs(rows, "gdp_pc", unit="code", time="year")
    ax = sf.plot.club_paths(clubs, units=["110000"])
    counts = [int(text.rpartition("(")[2][:-1]) for text in legend(ax)]
    assert sorted(counts) == sorted(clubs.table["n"])
    assert sum(counts) == 31


def test_bad_inputs_say_what_is_needed() -> None:
    with pytest.raises(DataError, match="what convergence_clubs returned is needed, not int"):
        sf.plot.club_paths(3)
    with pytest.raises(AlignmentError, match="no unit 'z'"):
        sf.plot.club_paths(found(), units=["a", "z"])
    nine = {f"u{number}": [1.0, 1.0, 1.0] for number in range(9)}
    with pytest.raises(DataError, match=r"9 clubs\. At most 8 colours"):
        sf.plot.club_paths(found(nine, tuple(range(1, 10))))
