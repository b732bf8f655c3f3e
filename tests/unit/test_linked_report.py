"""The numbers and outlines of a linked page, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, Polygon, box

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, OptionError, OutputError, SpatialfinWarning
from spatialfin.study import linked_report
from spatialfin.study.linked_page import script_json
from spatialfin.study.linked_shapes import GRID, WIDTH, display_shapes
from spatialfin.study.linked_spec import linked_spec
from spatialfin.study.words import all_words

SIDE = 4
CODES = [f"u{number:02d}" for number in range(SIDE * SIDE)]


@pytest.fixture
def layer() -> geopandas.GeoDataFrame:
    squares = [box(n % SIDE, n // SIDE, n % SIDE + 1, n // SIDE + 1) for n in range(SIDE * SIDE)]
    layer = geopandas.GeoDataFrame(
        {"name": [f"Place {code}" for code in CODES], "name_zh": [f"地{code}" for code in CODES]},
        geometry=squares, index=pd.Index(CODES), crs=32650,
    )  # fmt: skip
    line = geopandas.GeoDataFrame(
        {"decoration": [True]}, geometry=[LineString([(0, -1), (4, -1)])], index=["line"], crs=32650
    )
    return pd.concat([layer.assign(decoration=False), line])


@pytest.fixture
def weights(layer: geopandas.GeoDataFrame) -> sf.SpatialWeights:
    return sf.contiguity_weights(layer, rule="rook").standardize("row")


@pytest.fixture
def panel() -> pd.DataFrame:
    draws = np.random.default_rng(1).normal(size=(2, len(CODES))).round(3)
    return pd.DataFrame(
        {"code": code, "year": 2000 + t, "x": draws[t, n], "flat": 1.0}
        for t in range(2)
        for n, code in enumerate(CODES)
    )


def write(layer: Any, data: Any, weights: Any, path: Path, **options: Any) -> dict[str, Any]:
    """Write a page and read its data back, as the browser does."""
    given = {"variables": "x", "unit": "code", "time": "year", "permutations": 99, **options}
    page = linked_report(layer, data, weights=weights, path=path / "page.html", **given)
    text = page.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def test_statistics_are_those_of_the_library(layer, panel, weights, tmp_path: Path) -> None:
    data = write(layer, panel.sample(frac=1, random_state=2), {"rook": weights}, tmp_path)
    assert data["periods"] == ["2000", "2001"]
    for t, year in enumerate((2000, 2001)):
        y = panel[panel["year"] == year].set_index("code")["x"]
        cell, local = data["cells"][0][0][t], sf.local_moran(y, weights, permutations=99)
        overall = sf.moran(y, weights, permutations=99)
        assert cell["I"] == round(overall.I, 4)
        assert cell["p_global"] == round(overall.p_sim, 4)
        np.testing.assert_allclose(np.array(cell["lag"]) / 100, local.lag, atol=0.0051)
        np.testing.assert_allclose(
            np.array(data["variables"][0]["z"][t]) / 100, local.standardized, atol=0.0051
        )
        np.testing.assert_allclose(np.array(cell["p"]) / 1000, local.p_sim, atol=0.00051)
        names = [sf.explore.CLUSTERS[int(digit)] for digit in cell["clusters"]]
        assert names == list(local.clusters())
        # The slope of the lag on z is Moran's I where W is row-standardised.
        assert cell["line"][0] == pytest.approx(overall.I, abs=1e-4)
        np.testing.assert_allclose(data["variables"][0]["values"][t], y, atol=0.0005)


def test_a_cross_section_has_no_slider(layer, panel, weights, tmp_path: Path) -> None:
    data = write(layer, panel.query("year == 2000"), weights, tmp_path, time=None)
    assert data["periods"] == [""]
    assert 'type="range"' not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_missing_value_leaves_its_unit_out_and_is_said(layer, panel, weights, tmp_path: Path) -> None:
    holed = panel.copy()
    holed.loc[holed["code"].eq("u05") & holed["year"].eq(2001), "x"] = np.nan
    with pytest.warns(SpatialfinWarning, match="Some units have no value of 'x 2001'"):
        data = write(layer, holed, weights, tmp_path)
    first, second = data["cells"][0][0]
    assert (first["n"], second["n"]) == (16, 15)
    assert second["clusters"][5] == "-"
    assert data["variables"][0]["members"][1][5] == "-"
    y = holed[holed["year"].eq(2001) & holed["x"].notna()].set_index("code")["x"]
    assert second["I"] == round(sf.moran(y, weights.subset(y.index), permutations=99).I, 4)
    assert [bool(lines) for lines in data["hatch"]] == [code == "u05" for code in CODES]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda x: x * 0 + 2.5, "constant"),
        (lambda x: x * np.nan, "empty"),
        (lambda x: x.where(x.index % 16 < 3), "few"),
        (lambda x: x.where((x.index % 16).isin([0, 2, 5, 7, 8, 10])), "no_links"),
    ],
)
def test_what_has_no_statistic_says_why(layer, panel, weights, tmp_path: Path, change, reason: str) -> None:
    changed = panel.assign(x=change(panel["x"]))
    if reason in ("few", "no_links"):
        with pytest.warns(SpatialfinWarning, match="Some units have no value"):
            data = write(layer, changed, weights, tmp_path)
    else:
        data = write(layer, changed, weights, tmp_path)
    assert [cell["reason"] for cell in data["cells"][0][0]] == [reason] * 2


def test_islands_are_a_class_of_their_own(layer, panel, tmp_path: Path) -> None:
    matrix = np.zeros((16, 16))
    matrix[:8, :8] = 1 - np.eye(8)
    data = write(layer, panel, sf.SpatialWeights.from_matrix(matrix, ids=CODES), tmp_path)
    place = str(sf.explore.CLUSTERS.index("No neighbours"))
    assert data["cells"][0][0][0]["clusters"][8:] == place * 8


def test_islands_are_outlined_where_units_have_no_border() -> None:
    alone = sf.explore.CLUSTERS.index("No neighbours")
    spec = linked_spec(
        width=440, height=260, units=2891, words=all_words("en"), classes=5, alone=alone, over_time=False,
        clusters=["#ffffff"] * 7,
    )  # fmt: skip
    looks = spec["usermeta"]
    assert looks["border"] is None
    assert looks["rim"]["cluster"] == alone
    assert looks["rim"]["colour"].lower() != "#ffffff"


def test_only_marks_for_the_pointer_are_drawn_for_each_unit() -> None:
    """A mark per unit that is seen is drawn thousands of times at each move of a brush."""
    spec = linked_spec(
        width=440, height=260, units=2891, words=all_words("en"), classes=5, alone=6, over_time=True,
        clusters=["#ffffff"] * 7,
    )  # fmt: skip
    layers = [layer for chart in spec["concat"] for layer in chart["layer"]]
    each = [layer for layer in layers if layer.get("data", {"name": "units"})["name"] == "units"]
    seen = [layer for layer in each if layer["mark"].get("opacity") != 0]
    assert len(each) > len(seen)
    assert [layer["transform"] for layer in seen] == [[{"filter": "datum.i === pointed"}]] * 3


def test_words_and_names_are_in_the_language_of_the_page(layer, panel, weights, tmp_path: Path) -> None:
    data = write(layer, panel, weights, tmp_path, lang="zh", labels={"x": "变量", "u01": "别名"})
    assert data["names"][:2] == ["地u00", "别名"]
    assert data["variables"][0]["label"] == "变量"
    assert data["cluster_names"][0] == "高-高"
    assert '<html lang="zh">' in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_no_text_can_end_a_script() -> None:
    hostile = "</script><!--<script>&\u2028\u2029"
    text = script_json([hostile])
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == [hostile]


def test_a_page_carries_its_scripts_and_asks_for_nothing(layer, panel, weights, tmp_path: Path) -> None:
    write(layer, panel, weights, tmp_path, title="<b>x</b>")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<title>&lt;b&gt;x&lt;/b&gt;</title>" in text
    assert not re.search(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="', text.split("<script>")[0])
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    assert "default-src 'none'" in policy[1]
    assert "unsafe-eval" not in policy[1]
    assert not re.search(r"script-src[^;]*unsafe-inline", policy[1])


def test_the_same_input_gives_the_same_bytes(layer, panel, weights, tmp_path: Path) -> None:
    write(layer, panel, weights, tmp_path)
    first = (tmp_path / "page.html").read_bytes()
    write(layer, panel.sample(frac=1, random_state=5), weights, tmp_path)
    assert (tmp_path / "page.html").read_bytes() == first


def test_neighbours_keep_one_border_and_small_units_stay(layer) -> None:
    units, lines = layer[~layer["decoration"]].copy(), layer[layer["decoration"]]
    ragged = Polygon([(0, 0), (1, 0), (1.013, 0.41), (1, 1), (0, 1)])
    beside = Polygon([(1, 0), (2, 0), (2, 1), (1, 1), (1.013, 0.41)])
    units.loc["u00", "geometry"], units.loc["u01", "geometry"] = ragged, beside
    units.loc["u15", "geometry"] = box(3, 3, 3.0001, 3.0001)
    shapes = display_shapes(units, lines, hatched=np.zeros(16, dtype=bool), inset=None)
    outlines = [[np.cumsum(np.reshape(ring, (-1, 2)), axis=0) for ring in rings] for rings in shapes.rings]
    left, right = ({tuple(point) for point in rings[0]} for rings in outlines[:2])
    assert len(left & right) == 3
    assert all(rings for rings in outlines)
    everything = np.concatenate([ring for rings in outlines for ring in rings])
    assert everything.min() >= 0
    assert everything[:, 0].max() <= WIDTH * GRID
    areas = [sum(shapely.polygons(ring).area for ring in rings) for rings in outlines[2:15]]
    np.testing.assert_allclose(areas, areas[0], rtol=0.02)
    assert len(shapes.lines) == 1


def test_a_hole_runs_the_other_way(layer) -> None:
    ring = box(0, 0, 4, 4).difference(box(1, 1, 2, 2))
    units = geopandas.GeoDataFrame(geometry=[ring, box(1, 1, 2, 2)], index=["a", "b"], crs=32650)
    shapes = display_shapes(units, units.iloc[:0], hatched=np.array([True, False]), inset=None)
    outer, hole = (np.cumsum(np.reshape(one, (-1, 2)), axis=0) for one in shapes.rings[0])
    turns = [shapely.is_ccw(shapely.linearrings(one)) for one in (outer, hole)]
    assert turns[0] != turns[1]
    drawn = [LineString(np.cumsum(np.reshape(one, (-1, 2)), axis=0)) for one in shapes.hatch[0]]
    inside = shapely.polygons(hole).buffer(-2)
    assert drawn
    assert not any(line.intersects(inside) for line in drawn)


def test_inputs_are_untouched(layer, panel, weights, tmp_path: Path) -> None:
    before = layer.copy(), panel.copy()
    write(layer, panel, weights, tmp_path)
    pd.testing.assert_frame_equal(pd.DataFrame(layer), pd.DataFrame(before[0]))
    pd.testing.assert_frame_equal(panel, before[1])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"variables": "nothing"}, DataError, "'nothing' not in the data"),
        ({"variables": []}, DataError, "name at least one column"),
        ({"lang": "fr"}, OptionError, "lang='fr' is not an option"),
        ({"adjust": "fdt"}, OptionError, "Did you mean 'fdr'"),
        ({"alpha": 2}, OptionError, "alpha=2"),
        ({"permutations": 0}, OptionError, "permutations=0"),
        ({"scheme": "quantile"}, OptionError, "Did you mean 'quantiles'"),
        ({"k": 1}, OptionError, "k=1"),
        ({"title": 3}, OptionError, "title=3: text is needed"),
        ({"labels": ["x"]}, OptionError, "labels: a dictionary"),
        ({"inset": (1, 2)}, OptionError, "west, south, east and north"),
        ({"path": 3}, OptionError, "path=3"),
        ({"path": "page.csv"}, OptionError, "give its name this suffix"),
        ({"path": "missing/page.html"}, OutputError, "does not exist"),
    ],
)  # fmt: skip
def test_faults_are_named(
    layer, panel, weights, tmp_path: Path, monkeypatch, options, error, message
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"variables": "x", "unit": "code", "time": "year", "path": "page.html", **options}
    with pytest.raises(error, match=re.escape(message)):
        linked_report(layer, panel, weights=weights, **given)
    assert list(tmp_path.iterdir()) == []


def test_units_must_agree(layer, panel, weights, tmp_path: Path) -> None:
    with pytest.raises(AlignmentError, match="The layer has no shape for 'u15'"):
        write(layer.drop(index="u15"), panel, weights, tmp_path)
    with pytest.raises(AlignmentError, match="only in data: 'u15'"):
        write(layer, panel, weights.subset(CODES[:15]), tmp_path)
    with pytest.raises(DataError, match="name at least one W"):
        write(layer, panel, {}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_grows_too_large_says_so(layer, panel, weights, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("spatialfin.study.linked_page._MOST_BYTES", 1000)
    with pytest.warns(SpatialfinWarning, match="choose fewer variables, weights or periods"):
        write(layer, panel, weights, tmp_path)


def test_steps_of_a_study_leave_pages_beside_its_own(tmp_path: Path) -> None:
    study = sf.study.example_file("provinces").read_text(encoding="utf-8").split("[[step]]")[0]
    step = '[[step]]\nid = "{}"\nkind = "linked"\nvariables = ["finance"]\ntimes = [2011]\npermutations = 9\n'
    (tmp_path / "study.toml").write_text(study + step.format("one") + step.format("two"), encoding="utf-8")
    report = sf.Study.read(tmp_path / "study.toml").run(tmp_path / "out")
    assert {"report.html", "report-two.html"} <= set(report.files)
    page = report.page.read_text(encoding="utf-8")
    assert '<a href="report.html">Open the linked maps of' in page
    assert '<a href="report-two.html">' in page
    assert "<script" not in page
