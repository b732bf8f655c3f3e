"""Reading tables into dataclasses: every fault is found, named by its key, in one go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialfin.study.schema import (
    ID_PATTERN,
    Column,
    NewColumn,
    Reading,
    Reference,
    check_id,
    join,
    read_table,
)


@dataclass(frozen=True, kw_only=True)
class Inner:
    formula: str
    level: float = 0.95


@dataclass(frozen=True, kw_only=True)
class Outer:
    name: str
    count: int = 1
    rate: float = 0.5
    on: bool = False
    word: Literal["queen", "rook"] = "queen"
    columns: list[Column] = field(default_factory=list)
    made: NewColumn = "lq"
    model: Inner | None = None
    islands: Literal["error", "keep"] | dict[str, list[str]] = "error"
    periods: list[int | str] = field(default_factory=list)


def faults(raw: object) -> list[str]:
    reading = Reading()
    assert read_table(Outer, raw, "step[3]", reading) is None
    return reading.problems


def test_a_valid_table_is_read_with_its_defaults():
    reading = Reading()
    read = read_table(
        Outer,
        {
            "name": "a",
            "rate": 2,
            "model": {"formula": "y ~ x"},
            "islands": {"46": ["44"]},
            "periods": [1, "b"],
        },
        "step[3]",
        reading,
    )
    assert reading.problems == []
    assert read == Outer(
        name="a", rate=2.0, model=Inner(formula="y ~ x"), islands={"46": ["44"]}, periods=[1, "b"]
    )
    assert isinstance(read.rate, float)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, ["step[3].name: missing; it must be text."]),
        ({"name": 3}, ["step[3].name: expected text, got 3."]),
        ({"name": "a", "count": True}, ["step[3].count: expected a whole number, got true."]),
        ({"name": "a", "count": 1.5}, ["step[3].count: expected a whole number, got 1.5."]),
        ({"name": "a", "rate": float("nan")}, ["step[3].rate: expected a number, got nan."]),
        ({"name": "a", "on": "yes"}, ["step[3].on: expected true or false, got the text 'yes'."]),
        ({"name": "a", "columns": "lq"}, ["step[3].columns: expected a list of text, got the text 'lq'."]),
        ({"name": "a", "columns": ["lq", 2]}, ["step[3].columns[2]: expected text, got 2."]),
        ({"name": "a", "model": {}}, ["step[3].model.formula: missing; it must be text."]),
        ({"name": "a", "model": {"formula": 1}}, ["step[3].model.formula: expected text, got 1."]),
        (
            {"name": "a", "islands": {"46": "44"}},
            ["step[3].islands.46: expected a list of text, got the text '44'."],
        ),
        ([], ["step[3]: expected a table, got a list."]),
    ],
)
def test_each_fault_names_its_key(raw, expected):
    assert faults(raw) == expected


def test_a_wrong_word_is_answered_with_the_valid_ones_and_the_nearest():
    (message,) = faults({"name": "a", "word": "quen"})
    assert message == (
        "step[3].word: expected one of 'queen', 'rook', got the text 'quen'. Did you mean 'queen'?"
    )
    (message,) = faults({"name": "a", "islands": "kep"})
    assert message.startswith("step[3].islands: expected one of 'error', 'keep' or a table")
    assert message.endswith("Did you mean 'keep'?")


def test_an_unknown_key_is_answered_with_the_nearest():
    (message,) = faults({"name": "a", "colums": []})
    assert message.startswith(
        "step[3].colums: unknown key. Did you mean 'columns'? Valid keys: columns, count"
    )


def test_all_faults_come_together():
    assert len(faults({"count": "x", "rate": "y", "nonsense": 1})) == 4


def test_references_are_noted_with_their_keys_and_defaults():
    reading = Reading()
    read_table(Outer, {"name": "a", "columns": ["gdp", "lq"]}, "step[1]", reading)
    assert reading.references == [
        Reference("step[1].columns[1]", "column", "gdp"),
        Reference("step[1].columns[2]", "column", "lq"),
        Reference("step[1].made", "new_column", "lq"),
    ]


def test_a_key_that_is_no_word_is_quoted():
    assert join("step[1]", "</script>") == "step[1].'</script>'"
    assert join("", "study") == "study"


@pytest.mark.parametrize("name", ["", "A", "a b", "../x", "a" * 41, "é", "a\n", 3, None])
def test_ids_outside_the_pattern_are_refused(name):
    reading = Reading()
    assert not check_id(name, "step[1].id", reading)
    assert reading.problems[0].startswith("step[1].id: ")


@given(st.from_regex(r"[a-z0-9_-]{1,40}", fullmatch=True))
def test_ids_of_the_pattern_are_accepted(name):
    assert check_id(name, "step[1].id", Reading())
    assert ID_PATTERN.fullmatch(name)


_TOML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["name", "count", "model", "islands", "periods", "x"]), _TOML))
def test_nothing_that_a_file_holds_breaks_the_reader(raw):
    reading = Reading()
    read = read_table(Outer, raw, "step[1]", reading)
    assert (read is None) == bool(reading.problems)
    assert all(problem.startswith("step[1]") for problem in reading.problems)
