"""Descriptive, correlation, inflation and variable tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialfin._errors import CollinearityError, DataError
from spatialfin.tables import correlation_table, descriptive_table, frame_table, variable_table, vif_table

DATA = pd.DataFrame(
    {
        "year": [2010, 2010, 2011, 2011],
        "region": ["East", None, "West", "East"],
        "lq": [1.0, 3.0, 5.0, np.nan],
        "gdp": [10, 20, 30, 40],
        "name": ["a", "b", "c", "d"],
        "flat": [2.0, 2.0, 2.0, 2.0],
    }
)


def test_moments() -> None:
    frame = descriptive_table(DATA, ["lq", "gdp"]).frame
    # By hand: lq 1 3 5; gdp 10 20 30 40, sd = sqrt(500 / 3).
    assert frame.loc["lq"].tolist() == [3, 1, 3.0, 2.0, 1.0, 5.0]
    assert frame.loc["gdp"].tolist() == pytest.approx([4, 0, 25.0, np.sqrt(500 / 3), 10.0, 40.0])
    assert frame[["N", "Missing"]].dtypes.tolist() == [np.dtype("int64")] * 2


def test_groups_come_after_all_and_no_row_is_dropped() -> None:
    frame = descriptive_table(DATA, ["gdp"], by="region").frame
    assert frame.index.get_level_values(0).tolist() == ["All", "East", "West", "(none)"]
    assert frame["N"].tolist() == [4, 2, 1, 1]
    assert frame.loc[("East", "gdp"), "Mean"] == 25.0


def test_groups_by_an_index_level() -> None:
    by_column = descriptive_table(DATA, ["lq"], by="year").frame
    by_level = descriptive_table(DATA.set_index(["name", "year"]), ["lq"], by="year").frame
    pd.testing.assert_frame_equal(by_column, by_level)
    assert by_level.loc[("2011", "lq"), ["N", "Missing"]].tolist() == [1, 1]


@given(st.permutations(range(4)))
def test_row_order_does_not_matter(order: list[int]) -> None:
    shuffled = DATA.iloc[order]
    for table in (descriptive_table, correlation_table):
        pd.testing.assert_frame_equal(table(shuffled, ["lq", "gdp"]).frame, table(DATA, ["lq", "gdp"]).frame)
    pd.testing.assert_frame_equal(
        descriptive_table(shuffled, ["lq"], by="region").frame,
        descriptive_table(DATA, ["lq"], by="region").frame,
    )


@pytest.mark.parametrize("table", [descriptive_table, correlation_table, vif_table])
def test_all_faults_of_columns_at_once(table: object) -> None:
    data = DATA.assign(bad=[1.0, np.inf, 2.0, 3.0])
    with pytest.raises(DataError) as error:
        table(data, ["lqs", "name", "bad"])  # type: ignore[operator]
    message = str(error.value)
    assert "no column 'lqs'. Did you mean 'lq'?" in message
    assert "'name' holds text: 'a', 'b', 'c', 'd'" in message
    assert "'bad' is infinite at '1'" in message


def test_numbers_read_as_text_are_numbers() -> None:
    data = pd.DataFrame({"x": ["1", "2"]})
    assert descriptive_table(data, ["x"]).frame.loc["x", "Mean"] == 1.5


def test_column_arguments() -> None:
    with pytest.raises(DataError, match="list with at least one"):
        descriptive_table(DATA, "lq")
    with pytest.raises(DataError, match=r"by='yaer'.*Did you mean 'year'"):
        descriptive_table(DATA, ["lq"], by="yaer")


def test_correlations_over_complete_rows() -> None:
    data = DATA.assign(other=[2.0, 1.0, 3.0, 9.0])
    table = correlation_table(data, ["lq", "other"], labels={"lq": "区位熵"})
    # By hand over the rows (1,2), (3,1), (5,3): covariance 1, variances 4 and 1.
    assert table.frame.loc["(2) other", "(1)"] == pytest.approx(0.5)
    assert np.isnan(table.frame.loc["(1) 区位熵", "(2)"])
    assert table.notes[0] == "3 rows with all variables; 1 rows left out."


@pytest.mark.parametrize("table", [correlation_table, vif_table])
def test_constant_columns_are_named(table: object) -> None:
    with pytest.raises(DataError, match="'flat' do not vary"):
        table(DATA, ["lq", "flat"])  # type: ignore[operator]


def test_too_few_complete_rows() -> None:
    with pytest.raises(DataError, match="only 1 rows"):
        correlation_table(pd.DataFrame({"a": [1.0, np.nan], "b": [1.0, 2.0]}), ["a", "b"])


def test_inflation_of_two_regressors() -> None:
    data = DATA.assign(other=[2.0, 1.0, 3.0, 9.0])
    frame = vif_table(data, ["lq", "other"]).frame
    # r = 0.5 (above), so 1 / (1 - 0.25) = 4/3 for both.
    assert frame["VIF"].tolist() == pytest.approx([4 / 3] * 3)
    assert frame["1/VIF"].tolist()[:2] == pytest.approx([0.75] * 2)


def test_collinear_columns_are_named_and_others_are_not() -> None:
    rng = np.random.default_rng(0)
    data = pd.DataFrame(rng.normal(size=(30, 2)), columns=["x", "z"])
    data["share"] = 3.7e-4 * data["x"] + 12.0
    with pytest.raises(CollinearityError, match=r"'x', 'share' are linear combinations") as error:
        vif_table(data, ["x", "z", "share"])
    assert "'z'" not in str(error.value)


def test_inflation_needs_two() -> None:
    with pytest.raises(DataError, match="at least two"):
        vif_table(DATA, ["lq"])


def test_variables_from_a_frame_or_mappings() -> None:
    rows = [{"symbol": "LQ", "definition": "区位熵", "unit": "ratio"}, {"symbol": "Y", "definition": "GDP"}]
    table = variable_table(rows)
    assert table.frame.index.tolist() == ["LQ", "Y"]
    assert table.frame.loc["Y"].tolist() == ["GDP", "", ""]
    pd.testing.assert_frame_equal(table.frame, variable_table(pd.DataFrame(rows)).frame)


def test_all_faults_of_variables_at_once() -> None:
    rows = [
        {"symbol": "LQ", "definition": "a"},
        {"symbol": "LQ", "definition": "b"},
        {"symbol": "Z", "units": "x"},
    ]
    with pytest.raises(DataError) as error:
        variable_table(rows)
    for part in ("keys 'units'", "entry 3 has no definition", "symbols 'LQ' are there twice"):
        assert part in str(error.value)


def test_frames_keep_their_numbers_and_get_labels() -> None:
    frame = pd.DataFrame({"time": [2002, 2011], "variable": ["lq", "lq"], "I": [-0.005, 0.211]})
    table = frame_table(frame, labels={"lq": "LQ", "I": "Moran's I"})
    assert table.frame.index.tolist() == [2002, 2011]
    assert table.frame["variable"].tolist() == ["LQ", "LQ"]
    assert table.frame["Moran's I"].tolist() == [-0.005, 0.211]
    assert frame.columns.tolist() == ["time", "variable", "I"]


def test_frames_keep_an_index_that_names_rows() -> None:
    frame = pd.DataFrame({"I": [0.1]}, index=pd.Index(["lq"], name="variable"))
    shown = frame_table(frame, labels={"lq": "LQ", "variable": "Variable"}).frame
    assert (shown.index.tolist(), shown.index.name) == (["LQ"], "Variable")
