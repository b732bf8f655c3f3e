"""Every fault of a layer is found, named with its units, and answered with a remedy."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, Point, Polygon, box

import spatialfin as sf
from spatialfin._errors import LayerError, OptionError

METRES = "EPSG:3857"


def squares(*codes: str, crs: str | None = METRES, **columns: object) -> gpd.GeoDataFrame:
    """Squares of 1 km side in a row; neighbours share an edge."""
    geometry = [box(1000 * i, 0, 1000 * i + 1000, 1000) for i in range(len(codes))]
    return gpd.GeoDataFrame(columns, geometry=geometry, index=pd.Index(codes, name="code"), crs=crs)


def problem(layer: gpd.GeoDataFrame, **options: float) -> str:
    """The one problem that is reported."""
    report = sf.check_layer(layer, **options)
    assert not report.ok
    (text,) = report.problems
    return text


def test_a_good_layer_has_no_problems() -> None:
    report = sf.check_layer(squares("a", "b", "c"))
    assert report.ok
    assert report.problems == ()
    assert report.frame.empty
    assert repr(report) == "Layer of 3 units: ok."
    report.raise_if_bad()


def test_duplicate_ids() -> None:
    text = problem(squares("a", "b", "b", "b"))
    assert text.startswith("duplicate ids: 'b (3 rows)'.")
    assert "dissolve" in text


def test_missing_ids() -> None:
    layer = squares("a", "b", "c")
    layer.index = pd.Index(["a", None, "c"])
    assert problem(layer).startswith("missing ids: 'row 2'.")


@pytest.mark.parametrize(("shape", "kind"), [(None, "missing"), (Polygon(), "empty")])
def test_missing_and_empty_geometry(shape: Polygon | None, kind: str) -> None:
    layer = squares("a", "b", "c")
    layer.geometry = [layer.geometry["a"], layer.geometry["b"], shape]
    assert problem(layer).startswith(f"{kind} geometry: 'c'.")


def test_invalid_geometry_says_why() -> None:
    layer = squares("a", "b")
    bow = Polygon([(1000, 0), (2000, 1000), (2000, 0), (1000, 1000)])
    layer.geometry = [layer.geometry["a"], bow]
    text = problem(layer)
    assert text.startswith("invalid geometry: 'b (Self-intersection")
    assert "make_valid" in text


def test_coordinates_that_are_not_finite() -> None:
    layer = squares("a", "b")
    layer.geometry = [layer.geometry["a"], Polygon([(0, 0), (1, np.inf), (1, 0)])]
    assert problem(layer).startswith("coordinates that are not finite: 'b'.")


def test_no_crs() -> None:
    text = problem(squares("a", "b", crs=None))
    assert text.startswith("no CRS: 'layer'.")
    assert "set_crs" in text


def test_metres_that_claim_to_be_degrees() -> None:
    text = problem(squares("a", "b", crs="EPSG:4326"))
    assert text.startswith("wrong CRS: 'a (WGS 84 is in degrees; x 0, y 0)', 'b (")


def test_latitude_and_longitude_swapped() -> None:
    layer = sf.load_layer("china_provinces", units=["110000", "310000"])
    swapped = layer.set_geometry(shapely.transform(layer.geometry.array, lambda xy: xy[:, ::-1]), crs=4326)
    assert problem(swapped).startswith("wrong CRS: '110000 (")


def test_degrees_that_claim_to_be_metres() -> None:
    layer = squares("a", "b")
    layer.geometry = shapely.transform(layer.geometry.array, lambda xy: xy / 1000)
    assert problem(layer).startswith("wrong CRS: 'layer (WGS 84 / Pseudo-Mercator, but")


@pytest.mark.parametrize("shape", [LineString([(0, 0), (9000, 9000)]), Point(500, 500)])
def test_rows_that_are_not_polygons(shape: LineString | Point) -> None:
    layer = squares("a", "b", "c")
    layer.geometry = [layer.geometry["a"], layer.geometry["b"], shape]
    assert problem(layer).startswith(f"rows that are not polygons: 'c ({shape.geom_type})'.")
    tagged = layer.assign(decoration=[False, False, True])
    assert sf.check_layer(tagged).ok
    assert repr(sf.check_layer(tagged)) == "Layer of 2 units and 1 decoration row: ok."


def test_widespread_line_rows_are_decoration_even_as_polygons() -> None:
    by_code = problem(squares("a", "b", "100000_JD"))
    assert by_code.startswith("decoration rows: '100000_JD (Polygon)'.")
    assert "'decoration'] = True" in by_code
    by_name = problem(squares("a", "b", "c", 名称=["甲", "境界线", "乙"]))
    assert by_name.startswith("decoration rows: 'b (Polygon)'.")


def test_near_touching_pairs_and_snap() -> None:
    layer = squares("a", "b", "c")
    shapes = layer.geometry.tolist()
    shapes[1] = box(1000.004, 0, 2000.004, 1000)
    layer.geometry = shapes
    text = problem(layer)
    assert text.startswith("near-touching pairs: 'a - b (4.0e-03 apart)', 'b - c (touching)'.")
    assert "contiguity_weights" in text
    assert problem(layer, snap=0.001).startswith("near-touching pairs: 'b - c (touching)'.")
    sf.check_layer(layer).raise_if_bad()  # weights join such pairs
    frame = sf.check_layer(layer).frame
    assert frame[["unit", "other"]].to_numpy().tolist() == [["a", "b"], ["b", "c"]]


def test_ten_millimetres_in_degrees() -> None:
    """0.01 m is 9.0e-8 degrees of a meridian: a gap of 8e-8 is found, one of 1e-7 is not."""
    for gap, ok in ((8e-8, False), (1e-7, True)):
        geometry = [box(100, 30, 101, 31), box(101 + gap, 30, 102, 31)]
        layer = gpd.GeoDataFrame(geometry=geometry, index=["a", "b"], crs="EPSG:4326")
        assert sf.check_layer(layer).ok == ok


def test_overlapping_and_nested_polygons() -> None:
    layer = squares("a", "b", "c", "d")
    shapes = layer.geometry.tolist()
    wide = box(1000, 0, 2100, 1000)
    layer.geometry = [shapes[0], wide, shapes[2], box(100, 100, 300, 300)]
    text = problem(layer)
    assert text.startswith("overlapping polygons: 'a - d (100.0% of the smaller)', 'b - c (10.0% of the")


def test_a_sliver_is_no_overlap() -> None:
    layer = squares("a", "b")
    layer.geometry = [layer.geometry["a"], box(999.5, 0, 2000, 1000)]  # 0.05 % of the unit
    assert not any("overlapping" in text for text in sf.check_layer(layer).problems)


def test_the_two_islets_of_the_source_are_no_fault() -> None:
    assert sf.check_layer(sf.load_layer("china_provinces", units=["320000", "370000"])).ok


def test_all_faults_are_in_one_report() -> None:
    layer = squares("a", "a", "b", "c", crs=None)
    shapes = layer.geometry.tolist()
    layer.geometry = [shapes[0], shapes[1], None, Point(0, 0)]
    report = sf.check_layer(layer)
    kinds = ["duplicate ids", "missing geometry", "no CRS", "rows that are not polygons"]
    assert [text.split(":")[0] for text in report.problems] == kinds
    assert sorted(report.frame["problem"].unique()) == sorted(kinds)
    assert repr(report).startswith("Layer of 4 units: 4 problems.\n  1. duplicate ids: 'a (2 rows)'.")
    with pytest.raises(LayerError, match=r"(?s)layer: 4 problems.*duplicate.*missing.*CRS.*polygons"):
        report.raise_if_bad()


def test_up_to_five_offenders_are_named() -> None:
    layer = squares(*"abcdefgh")
    layer.geometry = [Polygon()] * 7 + [layer.geometry["h"]]
    assert problem(layer).startswith("empty geometry: 'a', 'b', 'c', 'd', 'e' and 2 more.")


def test_nothing_is_changed_and_order_does_not_matter() -> None:
    layer = squares("a", "b", "c", "d")
    layer.geometry = [*layer.geometry.tolist()[:3], box(100, 100, 300, 300)]
    before = layer.copy()
    text = problem(layer)
    assert layer.equals(before)
    pair = sf.check_layer(layer.iloc[::-1]).frame[["unit", "other"]].to_numpy().tolist()
    assert [sorted(units) for units in pair] == [["a", "d"]]
    assert "'a - d" in text


def test_other_things_than_layers_are_refused() -> None:
    with pytest.raises(LayerError, match="GeoDataFrame"):
        sf.check_layer(pd.DataFrame({"a": [1]}))
    with pytest.raises(OptionError, match="snap=-1"):
        sf.check_layer(squares("a"), snap=-1)


def test_an_empty_layer_is_a_problem() -> None:
    assert problem(squares()).startswith("no units: 'layer'. Check units=")
