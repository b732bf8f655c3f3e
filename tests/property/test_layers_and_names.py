"""What must hold for any spelling, any order of rows and any text."""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

import spatialfin as sf
from spatialfin._unit_names import codes_as_text, short_forms, spelling


@cache
def provinces() -> gpd.GeoDataFrame:
    return sf.load_layer("china_provinces")


KNOWN = {
    "Inner Mongolia": "150000", "Guangxi Zhuang AR": "450000", "Hong Kong SAR": "810000", "Beijing": "110000",
    "内蒙古自治区": "150000", "西藏": "540000", "北京市": "110000", "350000": "350000",
}  # fmt: skip


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """A known name with its case changed and blanks or punctuation put between its characters."""
    name, code = draw(st.sampled_from(sorted(KNOWN.items())))
    between = st.sampled_from(["", "", "", " ", "　", "\t", ".", "-", "·", "'"])
    letters = [draw(st.sampled_from([character.upper(), character.lower()])) for character in name]
    return "".join(letter + draw(between) for letter in letters), code


@given(st.lists(spellings(), min_size=1, max_size=8))
def test_spelling_does_not_matter(rows: list[tuple[str, str]]) -> None:
    table = pd.DataFrame({"name": [name for name, _ in rows]})
    found = sf.match_units(table, provinces(), name="name").codes
    assert found.tolist() == [code for _, code in rows]


@given(
    st.lists(st.one_of(st.text(max_size=12), st.none(), st.integers(), st.floats()), min_size=1, max_size=8)
)
def test_any_text_is_answered_and_never_guessed(values: list[object]) -> None:
    table = pd.DataFrame({"name": pd.Series(values, dtype=object)})
    report = sf.match_units(table, provinces(), name="name")
    assert report.codes.index.equals(table.index)
    assert report.matched["rows"].sum() + report.unmatched["rows"].sum() == len(table)
    assert report.codes.isna().sum() == report.unmatched["rows"].sum()
    assert isinstance(repr(report), str)


@given(st.permutations(range(len(KNOWN))))
def test_order_of_rows_does_not_matter(order: list[int]) -> None:
    table = pd.DataFrame({"name": list(KNOWN)})
    forward = sf.match_units(table, provinces(), name="name").codes
    shuffled = sf.match_units(table.iloc[order], provinces(), name="name").codes
    pd.testing.assert_series_equal(shuffled.loc[forward.index], forward)


@given(st.text(max_size=20))
def test_spelling_is_stable(text: str) -> None:
    assert spelling(spelling(text)) == spelling(text)
    assert all(text.startswith(short[:1]) for short in short_forms(text))


@given(st.lists(st.one_of(st.integers(), st.text(max_size=5), st.none())))
def test_codes_as_text_is_stable(values: list[object]) -> None:
    codes = codes_as_text(values)
    assert codes_as_text(codes).equals(codes)
    assert all(isinstance(code, str) and code == code.strip() and code for code in codes.dropna())


@given(st.permutations(range(6)), st.permutations(list("abcdef")))
def test_faults_follow_the_labels(order: list[int], labels: list[str]) -> None:
    """Unit 0 and 1 overlap, 2 is empty: whatever they are called and wherever they stand."""
    shapes = [box(0, 0, 20, 10), box(10, 0, 20, 10), Polygon()]
    shapes += [box(10 * i, 0, 10 * i + 10, 10) for i in range(3, 6)]
    layer = gpd.GeoDataFrame(geometry=shapes, index=labels)
    frame = sf.check_layer(layer.iloc[order]).frame.fillna("")
    found = {frozenset({row.problem, row.unit, row.other} - {""}) for row in frame.itertuples()}
    assert found == {
        frozenset({"overlapping polygons", labels[0], labels[1]}),
        frozenset({"empty geometry", labels[2]}),
        frozenset({"no CRS", "layer"}),
    }
