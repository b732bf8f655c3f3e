"""Comparable units are the finest partition, whatever order and names the codes have; totals are kept."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from spatialfin.codes import ComparableCodes, comparable_codes, recode

ORDER = ["1994", "2002", "2011"]
COLUMNS = ["from_year", "from_code", "to_year", "to_code"]
Row = tuple[str, str, str, str]


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """Links of six codes over three vintages, at least one of each step."""
    code = st.sampled_from("ABCDEF")
    step = st.sampled_from([("1994", "2002"), ("2002", "2011")])
    drawn = draw(st.lists(st.tuples(step, code, code), max_size=14))
    fixed = [(("1994", "2002"), "A", draw(code)), (("2002", "2011"), draw(code), "A")]
    return [(one, a, other, b) for (one, other), a, b in [*fixed, *drawn]]


def mapped(links: list[Row]) -> ComparableCodes:
    return comparable_codes(pd.DataFrame(links, columns=COLUMNS), vintages=ORDER)


def partition(mapping: ComparableCodes) -> set[frozenset[tuple[str, str]]]:
    groups = mapping.table.groupby("unit")[["vintage", "code"]].apply(lambda part: part.to_numpy().tolist())
    return {frozenset(map(tuple, group)) for group in groups}


def by_brute_force(links: list[Row]) -> set[frozenset[tuple[str, str]]]:
    """Join any two groups with a link between them until there are none."""
    pairs = [((a, b), (c, d)) for a, b, c, d in links]
    groups = {frozenset([node]) for pair in pairs for node in pair}
    while True:
        joined = next(
            (
                (one, other)
                for one, other in combinations(groups, 2)
                if any((a in one and b in other) or (a in other and b in one) for a, b in pairs)
            ),
            None,
        )
        if joined is None:
            return groups
        groups = groups - set(joined) | {joined[0] | joined[1]}


@given(rows())
def test_units_are_the_finest_that_no_link_crosses(links: list[Row]) -> None:
    mapping = mapped(links)
    assert partition(mapping) == by_brute_force(links)
    assert len(mapping.units) == mapping.table["unit"].nunique()
    assert mapping.units[ORDER].sum().tolist() == mapping.table["vintage"].value_counts()[ORDER].tolist()


@given(rows(), st.randoms(use_true_random=False))
def test_order_and_direction_of_the_links_change_nothing(links: list[Row], random) -> None:
    shuffled = [(c, d, a, b) if random.random() < 0.5 else (a, b, c, d) for a, b, c, d in links * 2]
    random.shuffle(shuffled)
    one, other = mapped(links), mapped(shuffled)
    pd.testing.assert_frame_equal(one.table, other.table)
    pd.testing.assert_frame_equal(one.units, other.units)
    pd.testing.assert_frame_equal(one.incomplete, other.incomplete)


@given(rows(), st.permutations("ABCDEF"))
def test_other_names_give_the_same_units(links: list[Row], names: list[str]) -> None:
    new = dict(zip("ABCDEF", names, strict=True))
    renamed = mapped([(one, new[a], other, new[b]) for one, a, other, b in links])
    before = {frozenset((v, new[code]) for v, code in group) for group in partition(mapped(links))}
    assert partition(renamed) == before


@given(rows())
def test_a_unit_is_named_after_its_single_code(links: list[Row]) -> None:
    mapping = mapped(links)
    for unit, part in mapping.table.groupby("unit"):
        codes = {vintage: group["code"].tolist() for vintage, group in part.groupby("vintage")}
        single = [vintage for vintage in ORDER if len(codes.get(vintage, [])) == 1]
        name = str(unit).split(" (")[0]
        assert name == codes[single[0]][0] if single else name.endswith("+")


@given(rows(), st.integers(0, 2**32 - 1))
def test_totals_are_kept_and_rows_may_stand_in_any_order(links: list[Row], seed: int) -> None:
    mapping, rng = mapped(links), np.random.default_rng(seed)
    data = pd.concat(
        [mapping.table[["vintage", "code"]].assign(year=year) for year in (1, 2)], ignore_index=True
    )
    data["output"] = rng.integers(0, 1000, len(data)).astype(float)
    data["jobs"] = rng.integers(1, 50, len(data)).astype(float)
    keywords = {
        "code": "code",
        "vintage": "vintage",
        "columns": ["output", "jobs"],
        "by": ["vintage", "year"],
    }
    result = recode(data, mapping, **keywords)
    totals = data.groupby(["vintage", "year"])[["output", "jobs"]].sum()
    pd.testing.assert_frame_equal(result.groupby(["vintage", "year"])[["output", "jobs"]].sum(), totals)
    pd.testing.assert_frame_equal(recode(data.iloc[rng.permutation(len(data))], mapping, **keywords), result)
    whole = recode(data, mapping, **{**keywords, "how": {"output": "weighted-mean"}}, weights="jobs")
    sums = (whole["output"] * whole["jobs"]).sum()
    np.testing.assert_allclose(sums, (data["output"] * data["jobs"]).sum(), rtol=1e-12)
