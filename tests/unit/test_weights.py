"""The weights value: what it accepts, what it refuses, and that nothing changes it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import sparse as sp

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, OptionError, SpatialfinWarning, WeightsError

LINE = np.array([[0.0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]])
IDS = ["110000", "120000", "130000", "140000"]


def frame_of(rows: list[str], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(LINE, index=rows, columns=columns)


@pytest.fixture
def line() -> sf.SpatialWeights:
    return sf.SpatialWeights.from_matrix(LINE, ids=IDS, name="line")


@pytest.fixture
def one_way() -> sf.SpatialWeights:
    """Directed, weighted, with an island at the end."""
    matrix = [[0, 2.0, 6.0, 0], [1.0, 0, 0, 0], [0, 5.0, 0, 0], [0, 0, 0, 0]]
    return sf.SpatialWeights.from_matrix(matrix, ids=IDS)


def test_nothing_can_be_written(line) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        line.name = "other"
    for part in (line.sparse.data, line.sparse.indices, line.sparse.indptr):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 9


def test_the_callers_matrix_stays_as_it_was() -> None:
    matrix = sp.csr_array(LINE)
    before = matrix.copy()
    weights = sf.SpatialWeights.from_matrix(matrix, ids=IDS)
    matrix.data[:] = 7
    assert matrix.data.flags.writeable
    assert (weights.sparse != before).nnz == 0


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_array, sp.coo_matrix, sp.csc_array, list])
def test_every_kind_of_square_matrix_is_taken(kind) -> None:
    made = sf.SpatialWeights.from_matrix(kind(LINE), ids=IDS)
    assert np.array_equal(made.sparse.toarray(), LINE)
    assert made.sparse.dtype == float


def test_a_labelled_matrix_may_have_its_columns_in_any_order() -> None:
    frame = pd.DataFrame(LINE, index=IDS, columns=IDS)
    shuffled = frame.loc[:, IDS[::-1]]
    assert sf.SpatialWeights.from_matrix(shuffled) == sf.SpatialWeights.from_matrix(LINE, ids=IDS)


@pytest.mark.parametrize(
    ("matrix", "ids", "error", "message"),
    [
        (LINE[:3], IDS, WeightsError, "must be square"),
        (LINE, IDS[:3], WeightsError, "4 rows, ids has 3 labels"),
        (LINE, None, WeightsError, "ids= is needed"),
        (LINE + np.diag([0, 1, 0, 1]), IDS, WeightsError, "self-neighbours .* at '120000', '140000'"),
        (-LINE, IDS, WeightsError, "negative weights at '110000', '120000', '130000', '140000'"),
        (np.where(LINE == 1, np.nan, 0), IDS, WeightsError, "missing or infinite weights at '110000'"),
        ([["a", "b"], ["c", "d"]], ["x", "y"], WeightsError, "not a number"),
        (LINE, ["1", "1", "2", "3"], DataError, "duplicate labels '1'"),
        (LINE, ["1", None, "2", "3"], DataError, "1 missing labels"),
        (LINE, pd.MultiIndex.from_product([["a", "b"], [1, 2]]), WeightsError, "not a MultiIndex"),
        (frame_of(IDS, IDS), IDS, WeightsError, "carries its own labels"),
        (frame_of(IDS, list("abcd")), None, WeightsError, "only in the rows: '110000'"),
        (frame_of(list("aabc"), list("aabc")), None, DataError, "duplicate labels 'a'"),
    ],
)  # fmt: skip
def test_bad_matrices_are_refused_by_name(matrix, ids, error, message) -> None:
    with pytest.raises(error, match=message):
        sf.SpatialWeights.from_matrix(matrix, ids=ids)


def test_several_faults_are_told_at_once() -> None:
    matrix = LINE.copy()
    matrix[0, 0], matrix[1, 2] = 1, -1
    with pytest.raises(WeightsError, match=r"(?s)2 problems.*negative weights at '120000'.*'110000'"):
        sf.SpatialWeights.from_matrix(matrix, ids=IDS)


@pytest.mark.parametrize(
    ("matrix", "style"),
    [
        (LINE, "binary"),
        (LINE / LINE.sum(axis=1, keepdims=True), "row"),
        (LINE * 3, "general"),
        (np.round(np.full((4, 4), 1 / 3) - np.eye(4) / 3, 4), "general"),
    ],
)
def test_the_style_is_recognised(matrix, style) -> None:
    assert sf.SpatialWeights.from_matrix(matrix, ids=IDS).style == style


@pytest.mark.parametrize("style", ["binary", "row"])
def test_a_style_that_is_not_there_is_refused(style) -> None:
    with pytest.raises(WeightsError, match=f'style="{style}", but not all'):
        sf.SpatialWeights(pd.Index(IDS), sp.csr_array(LINE * 2), style)


def test_rounded_rows_are_told_in_the_ledger() -> None:
    third = np.round(np.full((4, 4), 1 / 3) - np.eye(4) / 3, 4)
    assert "rounded" in sf.SpatialWeights.from_matrix(third, ids=IDS).ledger[-1]


def test_row_style_sums_to_one_and_keeps_islands_at_zero(one_way) -> None:
    made = one_way.standardize("row")
    assert made.sparse.sum(axis=1).tolist() == [1, 1, 1, 0]
    assert made.sparse.toarray()[0].tolist() == [0, 0.25, 0.75, 0]
    assert made.style == "row"
    assert "1 island rows stay zero: '140000'" in made.ledger[-1]


def test_spectral_style_has_radius_one_and_keeps_symmetry(line, one_way) -> None:
    for weights in (line, one_way):
        dense = weights.standardize("spectral").sparse.toarray()
        assert np.abs(np.linalg.eigvals(dense)).max() == pytest.approx(1, abs=1e-12)
    assert line.standardize("spectral").summary()["symmetric"].item()


@pytest.mark.parametrize("directed", [False, True])
def test_the_spectral_radius_of_large_weights_agrees_with_all_eigenvalues(directed) -> None:
    rng = np.random.default_rng(2)
    dense = (rng.uniform(size=(450, 450)) < 0.02) * rng.uniform(size=(450, 450))
    np.fill_diagonal(dense, 0)
    dense = dense if directed else dense + dense.T
    made = sf.SpatialWeights.from_matrix(dense, ids=range(450)).standardize("spectral")
    assert np.abs(np.linalg.eigvals(made.sparse.toarray())).max() == pytest.approx(1, abs=1e-10)


def test_a_matrix_without_way_back_has_no_spectral_style() -> None:
    weights = sf.SpatialWeights.from_matrix(np.triu(np.ones((3, 3)), 1) * 1e-9, ids=list("abc"))
    with pytest.raises(WeightsError, match="spectral radius is zero"):
        weights.standardize("spectral")


def test_small_weights_have_a_spectral_radius_all_the_same(line) -> None:
    tiny = sf.SpatialWeights.from_matrix(LINE * 1e-15, ids=IDS).standardize("spectral")
    assert np.allclose(tiny.sparse.toarray(), line.standardize("spectral").sparse.toarray(), rtol=1e-12)


def test_binary_style_forgets_the_weights(one_way) -> None:
    made = one_way.standardize("binary")
    assert set(made.sparse.data) == {1.0}
    assert made.sparse.nnz == one_way.sparse.nnz


def test_an_unknown_style_is_answered_with_the_valid_ones(line) -> None:
    with pytest.raises(OptionError, match=r"Did you mean 'row'.*'row', 'spectral', 'binary'"):
        line.standardize("rows")


def test_a_subset_is_standardised_again_and_logged(line) -> None:
    kept = line.standardize("row").subset(["130000", "120000", "110000"])
    assert list(kept.ids) == ["130000", "120000", "110000"]
    assert kept.sparse.toarray().tolist() == [[0, 1, 0], [0.5, 0, 0.5], [0, 1, 0]]
    assert any("kept 3 of 4 units; dropped '140000'" in entry for entry in kept.ledger)
    assert kept.style == "row"
    assert line.subset(IDS[:3]).style == "binary"


def test_a_subset_that_strands_a_unit_warns(line) -> None:
    with pytest.warns(SpatialfinWarning, match="without neighbours: '140000'"):
        kept = line.standardize("spectral").subset(["110000", "120000", "140000"])
    assert list(kept.islands) == ["140000"]


@pytest.mark.parametrize(
    ("ids", "error", "message"),
    [(["110000", "999999"], AlignmentError, "no units '999999'"), (["110000"] * 2, DataError, "duplicate")],
)
def test_a_subset_of_other_units_is_refused(line, ids, error, message) -> None:
    with pytest.raises(error, match=message):
        line.subset(ids)


def test_the_lag_goes_by_label(one_way) -> None:
    values = pd.Series({"140000": 1.0, "120000": 10.0, "130000": 100.0, "110000": 1000.0}, name="gdp")
    lag = one_way.lag(values)
    assert lag.to_dict() == {"140000": 0.0, "120000": 1000.0, "130000": 50.0, "110000": 620.0}
    assert list(lag.index) == list(values.index)
    assert lag.name == "gdp"


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (pd.Series(1.0, index=IDS[:3]), AlignmentError, "only in the weights: '140000'"),
        (pd.Series(1.0, index=[*IDS, "150000"]), AlignmentError, "only in data: '150000'"),
        (pd.Series(1.0, index=[int(label) for label in IDS]), AlignmentError, "agree as text"),
        (pd.Series([1.0, np.nan, 1, 1], index=IDS), DataError, "missing or infinite at '120000'"),
        (pd.Series(1.0, index=["110000", *IDS[:3]]), DataError, "duplicate labels '110000'"),
        (np.ones(4), AlignmentError, "a Series indexed by unit"),
    ],
)
def test_a_lag_of_other_units_is_refused(line, values, error, message) -> None:
    with pytest.raises(error, match=message):
        line.lag(values)


def test_align_answers_in_the_order_asked(one_way) -> None:
    order = ["130000", "140000", "110000", "120000"]
    places = [IDS.index(label) for label in order]
    expected = one_way.sparse.toarray()[np.ix_(places, places)]
    assert np.array_equal(one_way.align(pd.Index(order)).toarray(), expected)


def test_the_hash_knows_content_but_not_order(line, one_way) -> None:
    assert line.hash == line.subset(IDS[::-1]).hash
    assert line.hash != one_way.hash
    assert line.hash != line.standardize("row").hash


def test_equality_is_by_content_not_by_name_or_history(line) -> None:
    twin = dataclasses.replace(line, name="twin", ledger=("other",))
    assert twin == line
    assert hash(twin) == hash(line)
    assert line != line.standardize("row")
    assert line != line.subset(IDS[::-1])
    assert line != "line"


def test_islands_and_components(one_way, line) -> None:
    assert list(one_way.islands) == ["140000"]
    assert one_way.n_components == 2
    assert line.n_components == 1
    assert one_way.components.to_dict() == {"110000": 0, "120000": 0, "130000": 0, "140000": 1}


def test_the_summary_counts_directed_links(one_way) -> None:
    row = one_way.summary().iloc[0]
    assert (row["n"], row["links"], row["islands"], row["components"]) == (4, 4, 1, 2)
    assert (row["min_neighbours"], row["mean_neighbours"], row["max_neighbours"]) == (0, 1.0, 2)
    assert row["density"] == pytest.approx(4 / 12)
    assert not row["symmetric"]


def test_the_repr_says_what_matters(line) -> None:
    assert repr(line) == (
        "<SpatialWeights 'line': 4 units, 6 links (mean 1.50 neighbours), style binary, "
        "0 islands, 1 components>"
    )


def test_a_graph_there_and_back_is_the_same(one_way) -> None:
    graph = one_way.to_graph()
    assert list(graph.unique_ids) == IDS
    assert list(graph.isolates) == ["140000"]
    assert sf.SpatialWeights.from_graph(graph) == one_way


def test_a_graph_with_ones_on_the_diagonal_for_kernel_covariances(one_way) -> None:
    graph = one_way.to_graph(self_weight=1.0)
    assert graph.sparse.diagonal().tolist() == [1, 1, 1, 1]
    assert graph.sparse.sum() == one_way.sparse.sum() + 4


def test_a_peer_w_is_taken_over_and_left_alone(one_way) -> None:
    peer = one_way.to_graph().to_W()
    peer.transform = "r"
    made = sf.SpatialWeights.from_graph(peer)
    assert made.subset(IDS) == one_way.standardize("row")
    assert peer.transform == "R"


def test_changing_the_peer_changes_nothing_here(one_way) -> None:
    before = one_way.sparse.toarray()
    graph = one_way.to_graph()
    graph._adjacency.iloc[:] = 9
    assert np.array_equal(one_way.sparse.toarray(), before)


def test_a_graph_with_self_weights_is_refused_by_name(one_way) -> None:
    with pytest.raises(WeightsError, match="self-neighbours"):
        sf.SpatialWeights.from_graph(one_way.to_graph(self_weight=1.0))


def test_other_objects_are_no_graphs() -> None:
    with pytest.raises(WeightsError, match="libpysal Graph or W is needed, not dict"):
        sf.SpatialWeights.from_graph({"a": ["b"]})


def test_weights_side_by_side(line) -> None:
    other = sf.SpatialWeights.from_matrix(np.ones((4, 4)) - np.eye(4) + LINE, ids=IDS).subset(IDS[::-1])
    table = sf.compare_weights({"line": line, "all": other, "constant": _complete()})
    off = ~np.eye(4, dtype=bool)
    expected = np.corrcoef(LINE[off], (LINE + 1)[off])[0, 1]
    assert table.loc["line", "corr all"] == pytest.approx(expected, abs=1e-12)
    assert table.loc["all", "corr line"] == pytest.approx(expected, abs=1e-12)
    assert np.isnan(table.loc["line", "corr constant"])
    assert table["links"].to_dict() == {"line": 6, "all": 12, "constant": 12}


def _complete() -> sf.SpatialWeights:
    return sf.SpatialWeights.from_matrix(np.ones((4, 4)) - np.eye(4), ids=IDS)


def test_correlations_do_not_depend_on_scale(line) -> None:
    small = sf.SpatialWeights.from_matrix(LINE * 1e-12, ids=IDS)
    assert sf.compare_weights({"a": line, "b": small}).loc["a", "corr b"] == pytest.approx(1)


def test_weights_of_other_units_are_not_compared(line) -> None:
    with pytest.raises(AlignmentError, match="beside 'other'"):
        sf.compare_weights({"line": line, "other": line.subset(IDS[:3])})
    with pytest.raises(WeightsError, match="a dictionary of name to weights, not empty"):
        sf.compare_weights({})
