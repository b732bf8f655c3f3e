"""Which files a study file may name."""

from __future__ import annotations

from pathlib import Path

import pytest

from spatialfin.study.paths import LAYER_SUFFIXES, TABLE_SUFFIXES, path_fault


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "study"
    (inside / "sub").mkdir(parents=True)
    for name in ("study/data.csv", "study/sub/data.csv", "outside.csv"):
        (tmp_path / name).write_text("a,b\n1,2\n", encoding="utf-8")
    return inside


@pytest.mark.parametrize("text", ["data.csv", "sub/data.csv", "./data.csv"])
def test_files_below_the_study_file_are_allowed(folder: Path, text: str):
    assert path_fault(text, folder, TABLE_SUFFIXES) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("../outside.csv", "leaves the folder of the study file ('..')"),
        ("sub/../../outside.csv", "leaves the folder of the study file ('..')"),
        ("sub/../data.csv", "leaves the folder of the study file ('..')"),
        ("/etc/passwd", "is an absolute path"),
        ("~/data.csv", "is an absolute path"),
        ("C:/data.csv", "is an absolute path"),
        ("C:data.csv", "is an absolute path"),
        (r"\\server\share\data.csv", "is an absolute path"),
        (r"sub\data.csv", "holds a backslash"),
        (r"..\outside.csv", "holds a backslash"),
        ("http://example.org/data.csv", "is an address"),
        ("https://example.org/data.csv", "is an address"),
        ("file:///etc/passwd", "is an address"),
        ("s3://bucket/data.csv", "is an address"),
        ("zip:data.zip", "is an address"),
        ("/vsicurl/http://example.org/a.csv", "is a virtual file system of GDAL"),
        ("sub/vsizip/data.csv", "is a virtual file system of GDAL"),
        ("/VSIMEM/data.csv", "is a virtual file system of GDAL"),
        ("", "is empty"),
        ("data.csv\x00.csv", "holds control characters"),
        ("missing.csv", "is not a file"),
        ("sub", "is not of a kind"),
        ("data.pkl", "is not of a kind"),
    ],
)
def test_other_paths_are_refused_and_the_message_says_why(folder: Path, text: str, why: str):
    assert why in path_fault(text, folder, TABLE_SUFFIXES)


def test_a_link_that_leaves_the_folder_is_refused(folder: Path):
    (folder / "link.csv").symlink_to(folder.parent / "outside.csv")
    (folder / "linked").symlink_to(folder.parent)
    assert "through a link" in path_fault("link.csv", folder, TABLE_SUFFIXES)
    assert "through a link" in path_fault("linked/outside.csv", folder, TABLE_SUFFIXES)


def test_a_part_of_a_shapefile_may_not_leave_either(folder: Path):
    (folder / "layer.shp").write_bytes(b"\x00\x00\x27\x0a")
    assert path_fault("layer.shp", folder, LAYER_SUFFIXES) == ""
    (folder / "layer.dbf").symlink_to(folder.parent / "outside.csv")
    assert "through a link" in path_fault("layer.shp", folder, LAYER_SUFFIXES)


def test_a_link_that_stays_inside_is_allowed(folder: Path):
    (folder / "link.csv").symlink_to(folder / "data.csv")
    assert path_fault("link.csv", folder, TABLE_SUFFIXES) == ""


def test_the_flag_allows_local_files_only(folder: Path):
    (folder / "link.csv").symlink_to(folder.parent / "outside.csv")
    for text in ("../outside.csv", str(folder.parent / "outside.csv"), "link.csv"):
        assert path_fault(text, folder, TABLE_SUFFIXES, allow_outside=True) == ""
    for text in ("https://example.org/data.csv", "/vsicurl/http://example.org/a.csv"):
        assert path_fault(text, folder, TABLE_SUFFIXES, allow_outside=True)


def test_a_layer_must_hold_what_its_ending_says(folder: Path):
    """GDAL would follow the address inside a virtual format whatever the ending."""
    layer = folder / "layer.geojson"
    layer.write_text("<OGRVRTDataSource><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTDataSource>")
    assert "does not hold what its ending '.geojson' says" in path_fault(layer.name, folder, LAYER_SUFFIXES)
    layer.write_text('\ufeff {"type": "FeatureCollection", "features": []}', encoding="utf-8")
    assert path_fault(layer.name, folder, LAYER_SUFFIXES) == ""
