"""Concordances keep codes as text, spread them evenly, and report whom they lose."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, OptionError

read = sf.indices.read_concordance
TABLE = pd.DataFrame(
    {
        "level": ["4", "4", "4", "4", "2", "4", "4"],
        "year": ["2002", "2002", "2002", "2002", "2002", "2002", "1994"],
        "gb": ["0111", "0111", "0112", "0113", "01", None, "0199"],
        "isic": ["0111", "0112", "0112", "", "01", "0150", "0111"],
    }
)
GB = {"source": "gb", "target": "isic", "where": {"level": "4", "year": "2002"}, "vintage": "year"}
NEXT = pd.DataFrame({"isic": ["0112", "0112", "0999"], "sitc": ["0411", "0412", "0999"]})


def test_weights_are_equal_and_sum_to_one() -> None:
    found = read(TABLE.sample(frac=1, random_state=1), **GB)
    weights = found.pairs.set_index(["source", "target"])["weight"]
    assert weights.to_dict() == {("0111", "0111"): 0.5, ("0111", "0112"): 0.5, ("0112", "0112"): 1.0}
    assert found.matrix(["0112", "0111"]).loc[:, ["0111", "0112"]].to_numpy().tolist() == [[0, 1], [0.5, 0.5]]
    twice = read(pd.concat([TABLE, TABLE]), **GB)
    assert twice == read(TABLE, **GB)


def test_codes_without_a_counterpart_are_reported() -> None:
    found = read(TABLE, **GB)
    assert found.unmatched.to_numpy().tolist() == [
        ["gb", "0113", "has no isic in the table"],
        ["isic", "0150", "has no gb in the table"],
    ]
    assert repr(found) == "Concordance from gb to isic: 2 codes to 2 in 3 pairs, 2 unmatched."


def test_a_chain_reaches_codes_once_and_reports_each_step() -> None:
    chain = read(TABLE, **GB).compose(read(NEXT, source="isic", target="sitc"))
    assert (chain.source, chain.target) == ("gb", "sitc")
    weights = chain.pairs.set_index(["source", "target"])["weight"].to_dict()
    assert weights == dict.fromkeys([(gb, to) for gb in ("0111", "0112") for to in ("0411", "0412")], 0.5)
    lost = set(map(tuple, chain.unmatched.to_numpy()))
    assert lost == {
        ("gb", "0113", "has no isic in the table"),
        ("isic", "0150", "has no gb in the table"),
        ("isic", "0111", "goes on to no sitc"),
        ("isic", "0999", "is reached from no gb"),
        ("sitc", "0999", "is reached from no gb"),
    }


def test_an_industry_that_loses_every_product_is_reported() -> None:
    other = pd.DataFrame({"isic": ["0111"], "sitc": ["0410"]})
    chain = read(TABLE, **GB).compose(read(other, source="isic", target="sitc"))
    assert ("gb", "0112", "reaches no sitc") in set(chain.lost)
    assert list(chain.sources) == ["0111"]


def test_chains_do_not_depend_on_where_they_are_joined_first() -> None:
    third = pd.DataFrame({"sitc": ["0411", "0412"], "hs": ["1001", "1001"]})
    a, b = read(TABLE, **GB), read(NEXT, source="isic", target="sitc")
    c = read(third, source="sitc", target="hs")
    one, two = a.compose(b).compose(c), a.compose(b.compose(c))
    assert set(one.links) == set(two.links) == {("0111", "1001"), ("0112", "1001")}
    assert one.pairs["weight"].tolist() == [1.0, 1.0]


def test_files_keep_leading_zeros(tmp_path: Path) -> None:
    file = tmp_path / "gb.csv"
    TABLE.to_csv(file, index=False, encoding="utf-8-sig")
    assert read(file, **GB) == read(TABLE, **GB)
    assert read(str(file), **GB).sources.tolist() == ["0111", "0112"]
    back = read(file, **GB | {"source": "isic", "target": "gb"})
    assert back.pairs["weight"].tolist() == [1.0, 0.5, 0.5]


def test_a_level_in_numbers_is_chosen_by_its_text() -> None:
    assert read(TABLE.astype({"level": int}), **GB) == read(TABLE, **GB)


def test_inputs_are_left_alone() -> None:
    before = TABLE.copy()
    found = read(TABLE, **GB)
    pairs, matrix = found.pairs, found.matrix()
    pairs["weight"] = 9.0
    matrix.iloc[:, :] = 9.0
    pd.testing.assert_frame_equal(TABLE, before)
    assert found.matrix().to_numpy().max() == 1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: read(TABLE, **GB | {"where": {"year": "2002"}}),
            DataError,
            "2 problems.*'gb' holds codes of several levels .'0111' within '01'.*'isic' holds",
        ),
        (
            lambda: read(TABLE, **GB | {"where": {"level": "4"}}),
            DataError,
            "several vintages in 'year': '2002', '1994'; choose one with where=",
        ),
        (
            lambda: read(TABLE, **GB | {"where": {"level": "3"}}),
            DataError,
            "no row has level '3'; there are '4'",
        ),
        (lambda: read(TABLE, **GB | {"source": "gbt"}), DataError, "no column 'gbt'. Did you mean 'gb'"),
        (lambda: read(TABLE, **GB | {"target": "gb"}), OptionError, "two of each are needed"),
        (lambda: read(TABLE, **GB | {"names": ("x", "x")}), OptionError, "two of each are needed"),
        (lambda: read(TABLE, **GB | {"where": "4"}), OptionError, "where: a dictionary"),
        (lambda: read("/nowhere/a.csv", **GB), DataError, "there is no file '/nowhere/a.csv'"),
        (lambda: read(3, **GB), DataError, "concordance: a DataFrame is needed, not int"),
        (
            lambda: read(pd.DataFrame({"a": [111, 112], "b": ["1", "2"]}), source="a", target="b"),
            DataError,
            "column 'a' holds codes that are not text, such as '111', '112': leading zeros",
        ),
        (
            lambda: read(pd.DataFrame({"a": ["1", ""], "b": ["", "2"]}), source="a", target="b"),
            DataError,
            "no row has both codes",
        ),
        (
            lambda: read(TABLE, **GB).matrix(["0111", "0211"]),
            AlignmentError,
            "Not in the .* 'gb' .*: '0211'.",
        ),
        (lambda: read(TABLE, **GB).compose(TABLE), DataError, "other: a Concordance is needed"),
        (
            lambda: read(TABLE, **GB).compose(read(NEXT, source="isic", target="sitc", names=("isic2", "s"))),
            AlignmentError,
            "ends in 'isic', the next begins with 'isic2': codes of two classifications or vintages must not",
        ),
        (
            lambda: read(TABLE, **GB).compose(
                read(pd.DataFrame({"isic": ["1"], "sitc": ["2"]}), source="isic", target="sitc")
            ),
            AlignmentError,
            "No code of 'isic' is on both sides",
        ),
    ],
)
def test_bad_inputs_name_the_offenders(call, error, message) -> None:
    with pytest.raises(error, match=f"(?s){message}"):
        call()
