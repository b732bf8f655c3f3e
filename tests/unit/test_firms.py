"""Firm records to cells: the same totals on every engine, nothing lost in silence, files as data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import polars.selectors as cs
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from spatialfin._errors import DataError, LayerError, OptionError, SpatialfinError, SpatialfinWarning
from spatialfin.firms import firm_cells

STATISTICS = ["sum", "mean", "min", "max", "median", "p5", "top3_share"]
CODES = {"region": "county", "industry": "industry"}


def records(n: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": np.arange(n),
            "year": rng.choice([1995, 2004], n),
            "county": rng.choice(["110101", "110102", "310101", "429004"], n),
            "industry": rng.choice(["0610", "1711", "1712", "1810"], n),
            "output": rng.lognormal(size=n),
            "employment": rng.integers(1, 1000, n),
        }
    )


FIRMS = records()
GAPS = FIRMS.assign(
    county=FIRMS["county"].mask(FIRMS["id"] == 3),
    industry=FIRMS["industry"].mask(FIRMS["id"] == 4, ""),
    output=FIRMS["output"].mask(FIRMS["id"] == 5),
)
ENGINES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "polars": pl.from_pandas,
    "polars lazy, NaN": lambda frame: pl.from_pandas(frame).lazy().with_columns(cs.float().fill_null(np.nan)),
    "pyarrow": pa.Table.from_pandas,
    "duckdb": duckdb.from_df,
}


def of_dask(frame: pd.DataFrame) -> Any:
    import dask.dataframe as dd

    return dd.from_pandas(frame, npartitions=3)


MAKERS = ENGINES | {"dask": of_dask}
NAMES = [*ENGINES, pytest.param("dask", marks=pytest.mark.slow)]  # Dask comes with the heavy tests


def test_totals_are_those_of_a_groupby() -> None:
    cells = firm_cells(FIRMS, **CODES, year="year", values=["output", "employment"]).table
    keys = [FIRMS["county"], FIRMS["industry"].str[:2], FIRMS["year"]]
    groups = FIRMS.groupby(keys)
    expected = groups[["output", "employment"]].sum().assign(firms=groups.size())
    found = cells.set_index(["region", "industry", "year"])
    assert list(found.columns) == ["firms", "output", "employment"]
    assert list(found["firms"]) == list(expected["firms"])
    np.testing.assert_allclose(
        found[["output", "employment"]], expected[["output", "employment"]], rtol=1e-13
    )


@pytest.mark.parametrize("engine", NAMES)
@pytest.mark.parametrize("level", ["county", "province"])
def test_every_engine_gives_the_same(engine: str, level: Any) -> None:
    options: dict[str, Any] = {
        **CODES, "year": "year", "values": ["output", "employment"], "unit_level": level,
        "statistics": STATISTICS, "firm": "id",
    }  # fmt: skip
    with pytest.warns(
        SpatialfinWarning, match=r"Of 400 firms .* 1 \(no industry code\), 1 \(no region code\)"
    ):
        expected = firm_cells(GAPS, **options)
    with pytest.warns(SpatialfinWarning):
        found = firm_cells(MAKERS[engine](GAPS), **options)
    # Engines add in another order: the last digits of a sum of some 50 numbers may differ.
    pd.testing.assert_frame_equal(found.table, expected.table, rtol=1e-12)
    pd.testing.assert_frame_equal(found.left_out, expected.left_out)
    assert found.missing == {"output": 1, "employment": 0}
    assert found.table["firms"].dtype == "int64"


@pytest.mark.parametrize(
    "make",
    [
        lambda firms: firms.assign(county=firms["county"].astype("category").cat.add_categories(["9"])),
        lambda firms: firms.assign(county=firms["county"].astype(object)),
        lambda firms: firms.assign(output=firms["output"].astype("Float64")),
        lambda firms: firms.assign(year=firms["year"].where(firms["id"] != 8)),
        lambda firms: firms.assign(year=firms["id"], industry=[f"{code:04d}" for code in firms["id"]]),
        lambda firms: firms.iloc[:0],
    ],
    ids=["unused category", "objects", "nullable", "missing year", "nearly a cell per firm", "no firm"],
)
@pytest.mark.filterwarnings("ignore::spatialfin._errors.SpatialfinWarning")
def test_columns_of_pandas_of_any_type_give_what_polars_gives(make: Any) -> None:
    firms = make(GAPS)
    options: dict[str, Any] = {**CODES, "year": "year", "values": "output", "statistics": STATISTICS}
    found, expected = firm_cells(firms, **options), firm_cells(pl.from_pandas(firms), **options)
    pd.testing.assert_frame_equal(found.table, expected.table, rtol=1e-12)
    pd.testing.assert_frame_equal(found.left_out, expected.left_out, rtol=1e-12)
    assert found.missing == expected.missing


def test_no_firm_is_lost() -> None:
    with pytest.warns(SpatialfinWarning):
        cells = firm_cells(GAPS, **CODES, values="output")
    assert cells.table["firms"].sum() + cells.left_out["firms"].sum() == len(GAPS)
    total = cells.table["output"].sum() + cells.left_out["output"].sum()
    np.testing.assert_allclose(total, GAPS["output"].sum(), rtol=1e-13)
    assert repr(cells).startswith("12 cells of 398 firms\n  left out: 1 firms, no industry code")
    assert "missing: 1 values of output" in repr(cells)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("province", ["110000", "310000", "420000"]),
        ("prefecture", ["110100", "310100", "429000"]),
        ("county", ["110101", "110102", "310101", "429004"]),
    ],
)
def test_levels_are_the_first_digits(level: Any, expected: list[str]) -> None:
    assert list(firm_cells(FIRMS, region="county", unit_level=level).table["region"]) == expected


def test_townships_are_nine_digits_of_nine_or_twelve() -> None:
    firms = pd.DataFrame({"town": ["110101001", "110101001002", "110101002"]})
    cells = firm_cells(firms, region="town", unit_level="township").table
    assert list(cells["region"]) == ["110101001", "110101002"]
    assert list(cells["firms"]) == [2, 1]
    assert list(firm_cells(firms, region="town").table["region"]) == ["110101"]


@pytest.mark.parametrize(
    ("level", "expected"), [(2, ["06", "17"]), (3, ["061", "171"]), (4, ["0610", "1711"])]
)
def test_industries_keep_their_zeros(level: int, expected: list[str]) -> None:
    firms = pd.DataFrame({"county": "110101", "industry": ["0610", "1711"]})
    cells = firm_cells(firms, region="county", industry="industry", industry_level=level).table
    assert list(cells["industry"]) == expected


def test_order_statistics_are_exact() -> None:
    cells = firm_cells(FIRMS, region="county", values="output", statistics=STATISTICS).table.set_index(
        "region"
    )
    for county, group in FIRMS.groupby("county")["output"]:
        row = cells.loc[county]
        expected = [np.quantile(group, 0.05), np.median(group), group.max(), group.mean()]
        np.testing.assert_allclose(
            row[["output_p5", "output_median", "output_max", "output_mean"]].astype(float), expected
        )
        share = group.sort_values().iloc[-3:].sum() / group.sum()
        np.testing.assert_allclose(row["output_top3_share"], share, rtol=1e-12)


def test_a_cell_without_any_value_is_not_zero() -> None:
    firms = pd.DataFrame({"county": ["110101", "110102"], "output": [np.nan, 2.0]})
    cells = firm_cells(
        firms, region="county", values="output", statistics=["sum", "mean", "p5", "top1_share"]
    )
    assert cells.table.iloc[0, 2:].isna().all()
    assert cells.missing == {"output": 1}


@given(st.randoms(use_true_random=False), st.integers(0, 5))
def test_the_order_of_firms_does_not_matter(random: Any, seed: int) -> None:
    firms = records(60, seed)
    order = list(range(60))
    random.shuffle(order)
    before = firms.copy()
    one = firm_cells(firms, **CODES, values="output", statistics=STATISTICS).table
    other = firm_cells(firms.iloc[order], **CODES, values="output", statistics=STATISTICS).table
    pd.testing.assert_frame_equal(one, other, rtol=1e-12)
    pd.testing.assert_frame_equal(firms, before)


# --- errors ---------------------------------------------------------------------------------------

NEGATIVE = FIRMS.assign(output=FIRMS["output"].where(FIRMS["id"] != 7, -1.0))
FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown columns": ({"region": "cuonty", "values": "outptu"}, "(?s)'cuonty'.*'county'.*'output'"),
    "numbers as codes": ({"region": "id"}, r"'id' holds Int64 where codes are text.*zfill"),
    "text as numbers": ({"region": "county", "values": "industry"}, "'industry' holds String where numbers"),
    "short codes": ({"region": "industry"}, r"codes of .4. characters \(.0610.\), and unit_level"),
    "negative": ({"region": "county", "values": "output"}, "negative values in 'output'.*negative='keep'"),
    "negative shares": (
        {"region": "county", "values": "output", "negative": "keep", "statistics": "top3_share"},
        "'top3_share' is no share",
    ),
    "duplicates": ({"region": "county", "firm": "year"}, r"2 firms .*\(400 rows\): '1995', '2004'"),
    "no place": ({}, "Give region="),
    "two places": ({"region": "county", "longitude": "id"}, "not both"),
    "level": ({"region": "county", "unit_level": "town"}, "'township'"),
    "industry level": ({"region": "county", "industry_level": 5}, "2, 3 or 4 digits"),
    "statistic": ({"region": "county", "statistics": "maen"}, "Did you mean 'mean'"),
    "percentile": ({"region": "county", "statistics": "p100"}, "'p1' to 'p99'"),
    "vintage": ({"region": "county", "vintage": "2003"}, "'2002'"),
    "policy": ({"region": "county", "negative": "drop"}, "'exclude'"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_named_with_the_remedy(fault: str) -> None:
    options, message = FAULTS[fault]
    with pytest.raises(SpatialfinError, match=message):
        firm_cells(NEGATIVE, **options)


def test_a_column_named_as_all_columns_is_refused() -> None:
    firms = pd.DataFrame({"county": ["110101"], "*": [1.0]})
    with pytest.raises(DataError, match="rename it"):
        firm_cells(firms, region="county", values="*")


@pytest.mark.parametrize("is_arrow", [False, True])
def test_repeated_columns_are_refused(is_arrow: bool) -> None:
    firms: Any = pd.concat([FIRMS, FIRMS[["output"]]], axis="columns")
    if is_arrow:
        firms = pa.Table.from_pandas(FIRMS).append_column("output", pa.array(FIRMS["output"]))
    with pytest.raises(DataError, match=r"more than once .*'output' 2 times.*Rename or drop"):
        firm_cells(firms, region="county", values="output")


@pytest.mark.parametrize(
    ("old", "options", "taken"),
    [
        ("output", {"values": "region"}, "region"),
        ("output", {"values": "firms"}, "firms"),
        ("output", {"values": ["employment", "employment_p5"], "statistics": ["sum", "p5"]}, "employment_p5"),
    ],
)
def test_no_value_takes_the_place_of_another_column(old: str, options: dict[str, Any], taken: str) -> None:
    firms = FIRMS.rename(columns={old: taken})
    with pytest.raises(DataError, match=f"two columns of the cells would be called '{taken}'. Rename"):
        firm_cells(firms, region="county", **options)


def test_no_data_frame_is_refused() -> None:
    with pytest.raises(DataError, match="list is no data frame"):
        firm_cells([1, 2], region="county")


@pytest.mark.parametrize(
    ("county", "industry", "message"),
    [
        (["110101", "990101"], ["1711", "1711"], "'990101' are not of GB/T 2260"),
        (["110101", "11O101"], ["1711", "17A1"], "'11O101'"),
        (["110101", "110102"], ["1711", "C711"], "industry codes 'C7' are not digits"),
        (["110101", "110102"], ["1711", "610"], "mixes codes of '3', '4' characters"),
        (["110101", "110102"], ["1711", "17111"], "codes of '4', '5' characters"),
        (["110101", "110102"], ["1711", "1210"], r"'12' are not in GB/T 4754-2002.*correspondence"),
    ],
)
def test_codes_that_cannot_be_are_refused(county: list[str], industry: list[str], message: str) -> None:
    firms = pd.DataFrame({"county": county, "industry": industry})
    with pytest.raises(DataError, match=message):
        firm_cells(firms, **CODES, vintage="2002", unit_level="county")


@pytest.mark.parametrize("engine", [None, *NAMES])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"county": "110101.0"}, r"'8' characters \('110101.0'\).*read_firms\(path, codes=\{'county': 6\}\)"),
        ({"county": "110101 "}, r"'7' characters \('110101 '\).*\.str\.strip\(\)"),
        ({"industry": "C1711"}, r"'5' characters \('C1711'\), and industry_level=2 needs codes of 2 to 4"),
        ({"industry": "610"}, r"mixes codes of '3', '4' characters \('610', '0610'\): lost zeros"),
    ],
)
def test_codes_that_do_not_fit_are_shown(engine: str | None, change: dict[str, str], message: str) -> None:
    firms = FIRMS.iloc[:40].assign(industry="0610")
    for name, code in change.items():
        firms[name] = firms[name].mask(firms["id"] > (20 if code == "610" else -1), code)
    with pytest.raises(DataError, match=message):
        firm_cells(firms if engine is None else MAKERS[engine](firms), **CODES)


def test_digits_of_other_scripts_are_no_codes() -> None:
    with pytest.raises(DataError, match=r"industry codes '１７' are not digits"):
        firm_cells(FIRMS.assign(industry="１７１１"), **CODES)


@pytest.mark.parametrize("engine", [None, *NAMES])
def test_years_as_text_are_years(engine: str | None) -> None:
    firms = FIRMS.assign(year=FIRMS["year"].astype(str))
    options: dict[str, Any] = {"region": "county", "year": "year", "values": "output"}
    options["statistics"] = ["sum", "median"]
    expected = firm_cells(FIRMS, **options).table
    found = firm_cells(firms if engine is None else MAKERS[engine](firms), **options).table
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12)
    blank = firms.assign(year=firms["year"].mask(firms["id"] == 7, ""))
    with pytest.warns(SpatialfinWarning, match=r"1 \(no year\)"):
        cells = firm_cells(blank if engine is None else MAKERS[engine](blank), **options)
    assert cells.table["year"].dtype == "int64"


@pytest.mark.parametrize("year", ["2004.0", "2004年", 2004.5, "04"])
def test_years_that_are_none(year: Any) -> None:
    years = FIRMS["year"].astype(type(year)).mask(FIRMS["id"] == 1, year)
    with pytest.raises(DataError, match=rf"'{year}' are no years. Make the column whole numbers"):
        firm_cells(FIRMS.assign(year=years), region="county", year="year")


def test_codes_as_they_are() -> None:
    firms = pd.DataFrame({"county": ["B-1", "A"], "industry": ["x", "yy"]})
    cells = firm_cells(firms, **CODES, unit_level=None, industry_level=None).table
    assert cells.to_numpy().tolist() == [["A", "yy", 1], ["B-1", "x", 1]]


def test_duplicate_firm_years_are_named_and_counted() -> None:
    firms = pd.concat([FIRMS, FIRMS.iloc[[1, 2, 2]]])
    years = dict(zip(FIRMS["id"], FIRMS["year"], strict=True))
    with pytest.raises(DataError, match=rf"2 firms .*\(5 rows\): '1 in {years[1]}', '2 in {years[2]}'"):
        firm_cells(firms, region="county", firm="id", year="year")


def test_negative_values_are_kept_or_counted() -> None:
    kept = firm_cells(NEGATIVE, region="county", values="output", negative="keep")
    np.testing.assert_allclose(kept.table["output"].sum(), NEGATIVE["output"].sum(), rtol=1e-13)
    for frame in (NEGATIVE, *(engine(NEGATIVE) for engine in ENGINES.values())):
        cells = firm_cells(frame, region="county", values="output", negative="exclude")
        assert cells.left_out.to_numpy().tolist() == [["negative values", 1, -1.0]]
        assert cells.table["firms"].sum() == 399


def test_infinite_values_are_refused() -> None:
    with pytest.raises(DataError, match="infinite values in 'output'"):
        firm_cells(FIRMS.assign(output=np.inf), region="county", values="output")


# --- coordinates ----------------------------------------------------------------------------------

SQUARES = gpd.GeoDataFrame(
    geometry=[box(100, 30, 101, 31), box(101, 30, 102, 31)],
    index=pd.Index(["b", "a"], name="code"),
    crs="EPSG:4326",
)
POINTS = pd.DataFrame(
    {
        "id": range(6),
        "x": [100.5, 101.5, 101.0, 99.0, np.nan, 101.2],
        "y": [30.5, 30.5, 30.5, 30.5, 30.5, 30.1],
        "v": 1.0,
    }
)
PLACED = {"layer": SQUARES, "longitude": "x", "latitude": "y", "values": "v"}


@pytest.mark.parametrize("engine", [None, *NAMES])
def test_points_in_polygons(engine: str | None) -> None:
    firms = POINTS if engine is None else MAKERS[engine](POINTS)
    with pytest.warns(
        SpatialfinWarning, match=r"Of 6 firms .* 1 \(outside every polygon\), 1 \(no coordinates\)"
    ):
        cells = firm_cells(firms, **PLACED, firm="id")
    # The third point lies on the border: it belongs to the smaller code.
    assert cells.table.to_numpy().tolist() == [["a", 3, 3.0], ["b", 1, 1.0]]
    assert cells.outside[["id", "x", "y", "v"]].to_numpy().tolist() == [[3, 99.0, 30.5, 1.0]]
    assert cells.table["firms"].sum() + cells.left_out["firms"].sum() == len(POINTS)


def test_a_firm_inside_and_outside_is_a_duplicate() -> None:
    with pytest.raises(DataError, match=r"1 firms have several rows for one firm .*: '3'"):
        firm_cells(POINTS.assign(id=[0, 1, 2, 3, 4, 3]), **PLACED, firm="id")


def test_the_warning_of_points_outside_is_told_of_the_callers_line() -> None:
    with pytest.warns(SpatialfinWarning) as told:
        firm_cells(POINTS, **PLACED)
    assert [warning.filename for warning in told] == [__file__]


def test_the_order_of_polygons_does_not_matter() -> None:
    with pytest.warns(SpatialfinWarning):
        one = firm_cells(POINTS, **PLACED).table
    with pytest.warns(SpatialfinWarning):
        other = firm_cells(POINTS, **{**PLACED, "layer": SQUARES.iloc[::-1]}).table
    pd.testing.assert_frame_equal(one, other)


def test_points_are_joined_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.warns(SpatialfinWarning):
        whole = firm_cells(POINTS, **PLACED).table
    monkeypatch.setattr("spatialfin.firms.locate._ROWS_AT_A_TIME", 2)
    with pytest.warns(SpatialfinWarning):
        pd.testing.assert_frame_equal(firm_cells(POINTS, **PLACED).table, whole)


def test_a_projected_layer_is_met_in_its_own_system() -> None:
    inside = POINTS.iloc[[0, 1, 5]]
    cells = firm_cells(inside, **{**PLACED, "layer": SQUARES.to_crs("EPSG:32647")})
    assert list(cells.table["firms"]) == [2, 1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"longitude": "y", "latitude": "x"}, "'y' and 'x' look swapped"),
        ({"layer": SQUARES.set_crs(None, allow_override=True)}, "no CRS"),
        ({"points_crs": "EPSG:abc"}, "not a coordinate system"),
        ({"latitude": "yy"}, "no column 'yy'"),
        ({"layer": None}, "not both"),
        ({"layer": POINTS}, "GeoDataFrame"),
    ],
)
def test_places_that_cannot_be(options: dict[str, Any], message: str) -> None:
    with pytest.raises((DataError, LayerError, OptionError), match=message):
        firm_cells(POINTS, **{**PLACED, **options})


def test_swapped_coordinates_are_seen_where_both_are_possible() -> None:
    squares = SQUARES.translate(-80, 0)
    layer = gpd.GeoDataFrame(geometry=squares, crs="EPSG:4326")
    firms = POINTS.iloc[[0, 1]].assign(x=[30.5, 30.6], y=[20.5, 21.5])
    with pytest.raises(
        DataError, match="2 of 2 firms lie outside the layer, and inside when 'x' and 'y' are swapped"
    ):
        firm_cells(firms, layer=layer, longitude="x", latitude="y")
