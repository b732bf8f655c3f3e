"""Weights files: what others write is read, what we write comes back, what is broken names its line."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin import _weights_io, _weights_square
from spatialfin._errors import OutputError, WeightsError

IDS = ["110000", "120000", "130000"]
DENSE = np.array([[0, 1.0, 0.25], [1 / 3, 0, 0], [0, 0, 0]])


@pytest.fixture
def general() -> sf.SpatialWeights:
    return sf.SpatialWeights.from_matrix(DENSE, ids=IDS)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", [".gwt", ".npz", ".csv", ".xlsx", ".CSV"])
def test_what_is_written_comes_back(tmp_path, general, suffix) -> None:
    path = general.to_file(tmp_path / f"w{suffix}")
    made = sf.SpatialWeights.read(path)
    assert list(made.ids) == IDS
    assert np.allclose(made.sparse.toarray(), DENSE, rtol=1e-15, atol=0)
    assert suffix == ".xlsx" or made == general  # openpyxl writes 16 digits
    assert made.ledger[0] == f"read from w{suffix}"
    assert [file.name for file in tmp_path.iterdir()] == [f"w{suffix}"]


def test_gal_keeps_links_and_islands(tmp_path, general) -> None:
    binary = general.standardize("binary")
    assert sf.SpatialWeights.read(binary.to_file(str(tmp_path / "w.gal"))) == binary
    with pytest.raises(WeightsError, match=r"links only: use \.gwt"):
        general.to_file(tmp_path / "x.gal")
    assert not (tmp_path / "x.gal").exists()


def test_whole_numbers_stay_numbers_only_in_npz(tmp_path, general) -> None:
    numbered = sf.SpatialWeights.from_matrix(DENSE, ids=[3, 1, 2])
    assert list(sf.SpatialWeights.read(numbered.to_file(tmp_path / "w.npz")).ids) == [3, 1, 2]
    assert list(sf.SpatialWeights.read(numbered.to_file(tmp_path / "w.csv")).ids) == ["3", "1", "2"]


@pytest.mark.filterwarnings("ignore:DBF relating to GWT")
def test_files_are_readable_by_libpysal(tmp_path, general) -> None:
    import libpysal

    binary = general.standardize("binary")
    gal = libpysal.io.open(str(binary.to_file(tmp_path / "w.gal"))).read()
    assert gal.neighbors == {"110000": ["120000", "130000"], "120000": ["110000"], "130000": []}
    gwt = libpysal.io.open(str(general.to_file(tmp_path / "w.gwt"))).read()
    assert gwt.weights["110000"] == [1.0, 0.25]


def test_libpysals_own_examples_are_read() -> None:
    from libpysal.examples import get_path

    columbus = sf.SpatialWeights.read(get_path("columbus.gal"))
    assert (columbus.n, columbus.sparse.nnz, columbus.ids[0]) == (49, 236, "1")
    juvenile = sf.SpatialWeights.read(get_path("juvenile.gwt"))
    assert juvenile.n == 168


def test_geoda_headers_and_line_breaks_are_read(tmp_path) -> None:
    text = "0 3 provinces CODE\r\n110000 2\r\n120000\r\n130000\r\n120000 1\r\n110000\r\n130000 0\r\n\r\n"
    assert sf.SpatialWeights.read(written(tmp_path, "w.gal", text)).sparse.nnz == 3
    assert sf.SpatialWeights.read(written(tmp_path, "short.gal", "2\na 1\nb\nb 1\na\n")).n == 2


def test_a_gwt_file_that_leaves_islands_out_needs_ids(tmp_path) -> None:
    path = written(tmp_path, "w.gwt", "0 3 provinces CODE\n110000 120000 0.5\n120000 110000 0.5\n")
    with pytest.raises(WeightsError, match=r"line 1: 3 units announced, 2 found.*ids="):
        sf.SpatialWeights.read(path)
    made = sf.SpatialWeights.read(path, ids=["130000", "110000", "120000"])
    assert list(made.islands) == ["130000"]
    with pytest.raises(WeightsError, match="lacks units of the file: '120000'"):
        sf.SpatialWeights.read(path, ids=["130000", "110000", "140000"])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("w.gal", "", "w.gal: the file is empty"),
        ("w.gal", "x\na 1\nb\n", "line 1: a header such as"),
        ("w.gal", "0 2 l id\na 1\nb\na 1\nb\n", "line 4: unit 'a' appears twice"),
        ("w.gal", "0 2 l id\na one\nb\n", "line 2: the number of neighbours of 'a'.*'one'"),
        ("w.gal", "0 2 l id\na 1\nb\nb 2\na\n", "line 4: 'b' has 2 neighbours"),
        ("w.gal", "0 3 l id\na 1\nb\nb 1\na\n", "line 1: 3 units announced, 2 found"),
        ("w.gal", "0 2 l id\na 1\nb\nb 1\nz\n", "line 5: neighbours that are no units: 'z'"),
        ("w.gal", "0 2 l id\na 1\na\nb 1\na\n", "self-neighbours .* at 'a'"),
        ("w.gal", "0 2 l id\na 2\nb b\nb 1\na\n", "line 2: 'a' names a neighbour twice"),
        ("w.gal", f"0 {'9' * 5000} l id\n", "line 1: a header"),
        (
            "w.csv",
            f"id,a,b\na,0,1\nb,{'1' * 140000},0\n",
            "w.csv: cannot be read as a .csv file .field larger",
        ),
        ("w.gwt", "0 2 l id\na b\n", "line 2: 'unit neighbour weight' is needed, not 'a b'"),
        ("w.gwt", "0 2 l id\na b x\n", "line 2: 'x' is not a number"),
        ("w.gwt", "0 2 l id\na b 1\nb a 1\na b 2\n", "line 4: the link a -> b appears twice"),
        ("w.gwt", "0 2 l id\na b -1\nb a 1\n", "negative weights at 'a'"),
        ("w.csv", "id,a,b\na,0,1\nb,1\n", "line 3: 2 cells where 3"),
        ("w.csv", "id,a,b\na,0,x\nb,1,0\n", "line 2, column 3: 'x' is not a number"),
        ("w.csv", "id,a,b\na,0,\nb,1,0\n", "line 2, column 3: '' is not a number"),
        ("w.csv", "id,a,b\na,0,1\nc,1,0\n", "line 1: columns and rows hold different units: 'b', 'c'"),
        ("w.csv", "id,a,b,c\na,0,1,0\nb,1,0,1\n", "not square: 2 rows of 4 cells"),
        ("w.csv", "id,a,a\na,0,1\na,1,0\n", "duplicate ids 'a'"),
        ("w.csv", "id,a,b\na,0,nan\nb,1,0\n", "missing or infinite weights at 'a'"),
        ("w.csv", "0,1\n1,0\n", "the matrix has no ids: give them in the order of its rows"),
        ("w.csv", "a,b\n0,1\nx,0\n", "line 3, column 1: 'x' is not a number"),
        ("w.csv", "id,a\n", "at least two lines"),
        ("w.txt", "3\n1 0 1\n2 1 0\n", "line 1: 3 units announced, 2 rows found"),
        ("w.shp", "", "ending '.shp' is not one of .gal, .gwt"),
        ("w.npz", "nonsense", "w.npz: cannot be read as a .npz file"),
        ("w.xlsx", "nonsense", "w.xlsx: cannot be read as a .xlsx file"),
        ("w.dta", "nonsense", "w.dta: cannot be read as a .dta file"),
    ],
)
def test_broken_files_name_the_place(tmp_path, name, text, message) -> None:
    with pytest.raises(WeightsError, match=message):
        sf.SpatialWeights.read(written(tmp_path, name, text))


def test_ids_are_only_taken_where_the_file_has_none(tmp_path, general) -> None:
    for suffix in (".csv", ".npz", ".xlsx"):
        path = general.to_file(tmp_path / f"w{suffix}")
        with pytest.raises(WeightsError, match="leave ids= out"):
            sf.SpatialWeights.read(path, ids=IDS)
    bare = written(tmp_path, "bare.csv", "0,1\n1,0\n")
    assert list(sf.SpatialWeights.read(bare, ids=["a", "b"]).ids) == ["a", "b"]
    with pytest.raises(WeightsError, match="3 ids for 2 rows"):
        sf.SpatialWeights.read(bare, ids=IDS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("comma.csv", "id,a,b,c\na,0,1,2\nb,3,0,4\nc,5,6,0\n"),
        ("semicolon.csv", "id;a;b;c\na;0;1;2\nb;3;0;4\nc;5;6;0\n"),
        ("tab.txt", "\ta\tb\tc\na\t0\t1\t2\nb\t3\t0\t4\nc\t5\t6\t0\n"),
        ("blank.txt", "a b c\na 0 1 2\nb 3 0 4\nc 5 6 0\n"),
        ("other_order.csv", "id,c,a,b\na,2,0,1\nb,4,3,0\nc,0,5,6\n"),
        ("header_only.csv", "a,b,c\n0,1,2\n3,0,4\n5,6,0\n"),
        ("quoted.csv", '"","a","b","c"\n"a",0,1,2\n"b",3,0,4\n"c",5,6,0\n'),
        ("bom.csv", "\ufeffid,a,b,c\na,0,1,2\nb,3,0,4\nc,5,6,0\n"),
        ("empty_lines.csv", "\nid,a,b,c\n\na,0,1,2\nb,3,0,4\nc,5,6,0\n\n"),
        ("spmatrix.txt", "3\na 0 1 2\nb 3 0 4\nc 5 6 0\n"),
    ],
)
def test_square_matrices_of_every_layout_are_read(tmp_path, name, text) -> None:
    made = sf.SpatialWeights.read(written(tmp_path, name, text))
    assert list(made.ids) == ["a", "b", "c"]
    assert made.sparse.toarray().tolist() == [[0, 1, 2], [3, 0, 4], [5, 6, 0]]


def test_numeric_codes_stay_codes(tmp_path) -> None:
    text = written(tmp_path, "r.txt", "1001 1002\n1001 0 1\n1002 1 0\n")
    assert list(sf.SpatialWeights.read(text).ids) == ["1001", "1002"]
    book = openpyxl.Workbook()
    for row in ([None, 110000, 120000], [110000.0, 0, 1], [120000, 1, 0]):
        book.active.append(row)
    book.save(tmp_path / "w.xlsx")
    assert list(sf.SpatialWeights.read(tmp_path / "w.xlsx").ids) == ["110000", "120000"]


def test_a_stata_matrix_without_ids_asks_for_them(tmp_path) -> None:
    frame = pd.DataFrame([[0.0, 1.0], [1.0, 0.0]], columns=["v1", "v2"])
    frame.to_stata(tmp_path / "w.dta", write_index=False)
    with pytest.raises(WeightsError, match="no ids"):
        sf.SpatialWeights.read(tmp_path / "w.dta")
    assert list(sf.SpatialWeights.read(tmp_path / "w.dta", ids=["a", "b"]).ids) == ["a", "b"]


@pytest.mark.parametrize("codes", [[110000, 120000], ["110000", "120000"], [110000.0, 120000.0]])
def test_a_stata_matrix_with_an_id_variable(tmp_path, codes) -> None:
    frame = pd.DataFrame({"code": codes, "v1": [0.0, 0.5], "v2": [1.0, 0.0]})
    frame.to_stata(tmp_path / "w.dta", write_index=False)
    made = sf.SpatialWeights.read(tmp_path / "w.dta")
    assert list(made.ids) == ["110000", "120000"]
    assert made.sparse.toarray().tolist() == [[0, 1], [0.5, 0]]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".npz"])
def test_labels_that_look_like_formulas_are_quoted_and_come_back(tmp_path, suffix) -> None:
    names = ["=1+1", "+a", "-b", "@c", "'d", "</script>", 'a,"b";c', "北京"]
    matrix = np.ones((8, 8)) - np.eye(8)
    weights = sf.SpatialWeights.from_matrix(matrix, ids=names)
    path = weights.to_file(tmp_path / f"w{suffix}")
    assert sf.SpatialWeights.read(path) == weights
    if suffix == ".xlsx":
        cells = [cell for row in openpyxl.load_workbook(path).active.iter_rows() for cell in row]
        assert not any(cell.data_type == "f" for cell in cells)
    if suffix == ".csv":
        assert "\n'=1+1," in path.read_text(encoding="utf-8").replace("\r", "")


@pytest.mark.parametrize(
    ("ids", "suffix", "message"),
    [
        (["a b", "c"], ".gal", "ids with spaces: 'a b'. Use .npz"),
        (["", "c"], ".gwt", "empty ids"),
        (["a\n", "c"], ".csv", "control characters"),
        (["a\x00", "c"], ".npz", "control characters"),
        (["1", 1], ".csv", "same as text"),
    ],
)
def test_labels_that_a_file_cannot_hold_are_refused(tmp_path, ids, suffix, message) -> None:
    weights = sf.SpatialWeights.from_matrix([[0, 1], [1, 0]], ids=pd.Index(ids, dtype=object))
    with pytest.raises(WeightsError, match=message):
        weights.to_file(tmp_path / f"w{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(WeightsError, match=r"no file .*gone\.gal"):
        sf.SpatialWeights.read(tmp_path / "gone.gal")


def test_text_in_another_encoding_is_told(tmp_path) -> None:
    (tmp_path / "w.csv").write_bytes("id,北京\n北京,0\n".encode("gbk"))
    with pytest.raises(WeightsError, match="not UTF-8"):
        sf.SpatialWeights.read(tmp_path / "w.csv")


def test_what_cannot_be_written_leaves_the_old_file(tmp_path, general) -> None:
    path = written(tmp_path, "w.gal", "old")
    with pytest.raises(WeightsError):
        general.to_file(path)
    assert path.read_text() == "old"
    with pytest.raises(OutputError, match="Cannot write"):
        general.to_file(tmp_path / "no" / "w.gwt")
    with pytest.raises(WeightsError, match=r"Did you mean '\.gwt'"):
        general.to_file(tmp_path / "w.gwtt")


def test_an_npz_with_objects_is_never_unpickled(tmp_path) -> None:
    parts = {"layout": "spatialfin weights 1", "data": np.ones(1), "indices": [1], "indptr": [0, 1, 1]}
    np.savez(tmp_path / "w.npz", ids=np.array([object(), object()]), **parts)
    with pytest.raises(WeightsError, match="allow_pickle=False"):
        sf.SpatialWeights.read(tmp_path / "w.npz")


@pytest.mark.parametrize(
    "change",
    [
        {"layout": "other"},
        {"indices": [5]},
        {"indptr": [0, 9, 1]},
        {"ids": ["a"]},
        {"data": np.array(["x"])},
        {"indices": None},
    ],
)
def test_an_npz_with_wrong_parts_is_refused(tmp_path, change) -> None:
    parts = {"layout": "spatialfin weights 1", "ids": ["a", "b"], "data": np.ones(1), "indices": [1]}
    parts = {**parts, "indptr": [0, 1, 1], **change}
    np.savez(tmp_path / "w.npz", **{name: part for name, part in parts.items() if part is not None})
    with pytest.raises(WeightsError, match=r"w\.npz"):
        sf.SpatialWeights.read(tmp_path / "w.npz")


def test_packed_files_are_measured_unpacked(tmp_path, monkeypatch) -> None:
    with zipfile.ZipFile(tmp_path / "w.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ids.npy", b"\0" * 100_000)
    monkeypatch.setattr(_weights_io, "_MOST_BYTES", 50_000)
    with pytest.raises(WeightsError, match=r"100,000 bytes .unpacked. are more than 50,000"):
        sf.SpatialWeights.read(tmp_path / "w.npz")


def test_large_square_matrices_are_not_written(tmp_path, general, monkeypatch) -> None:
    monkeypatch.setattr(_weights_square, "_MOST_CELLS", 8)
    with pytest.raises(WeightsError, match=r"use \.npz or \.gwt"):
        general.to_file(tmp_path / "w.csv")
