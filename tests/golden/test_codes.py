"""Comparable industries of GB/T 4754 from the concordances of its revisions, counted by another way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spatialfin.codes import comparable_codes, recode


@pytest.fixture(scope="module")
def concordance(reference: Callable[[str], Path]) -> pd.DataFrame:
    return pd.read_csv(reference("proximity/concordance/gb_all_pairs.csv"), dtype=str)


def walked(links: pd.DataFrame) -> list[set[tuple[str, str]]]:
    """Components by walking the links one after the other, in plain Python."""
    near: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for row in links.itertuples():
        ends = [(y, c) for y, c in ((row.from_year, row.from_code), (row.to_year, row.to_code)) if c == c]
        for node in ends:
            near[node].update(ends)
    found, seen = [], set()
    for start in near:
        if start in seen:
            continue
        group, waiting = set(), [start]
        while waiting:
            node = waiting.pop()
            if node not in group:
                group.add(node)
                waiting += near[node]
        seen |= group
        found.append(group)
    return found


@pytest.mark.parametrize("level", ["L", "M", "S"])
@pytest.mark.parametrize("vintages", [["1994", "2002"], ["2002", "2011"], ["1994", "2002", "2011", "2017"]])
def test_units_are_those_of_a_walk_through_the_links(concordance, level: str, vintages: list[str]) -> None:
    steps = list(pairwise(vintages))
    links = concordance[concordance["level"] == level]
    links = links[[pair in steps for pair in zip(links["from_year"], links["to_year"], strict=True)]]
    mapping = comparable_codes(concordance[concordance["level"] == level], vintages=vintages)
    groups = mapping.table.groupby("unit")[["vintage", "code"]].apply(lambda part: part.to_numpy().tolist())
    assert {frozenset(map(tuple, group)) for group in groups} == {frozenset(g) for g in walked(links)}
    lacking = [g for g in walked(links) if {year for year, _ in g} != set(vintages)]
    assert (mapping.units["kind"] == "incomplete").sum() == len(lacking)
    assert len(mapping.incomplete) == sum(map(len, lacking))


def test_output_of_four_digit_industries_keeps_its_total(concordance) -> None:
    mapping = comparable_codes(concordance[concordance["level"] == "S"], vintages=["1994", "2002"])
    rng = np.random.default_rng(0)
    data = mapping.table[["vintage", "code"]].assign(output=rng.uniform(1, 100, len(mapping.table)))
    result = recode(data, mapping, code="code", vintage="vintage", columns="output", by="vintage")
    expected = data.groupby("vintage")["output"].sum()
    np.testing.assert_allclose(result.groupby("vintage")["output"].sum(), expected, rtol=1e-12)
    lost = recode(data[data["vintage"] == "2002"], mapping, code="code", vintage=2002, columns="output")
    assert lost.attrs["recoding"] == {"codes": 914, "units": len(lost)}
