"""Comparable codes: named, counted, recoded and dissolved by hand, and every fault named."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from shapely.geometry import LineString, box

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, LayerError, OptionError, SpatialfinWarning
from spatialfin.codes import ComparableCodes, comparable_codes, dissolve, recode

OLD_NEW = {"from_code": "old", "to_code": "new", "vintages": ["1994", "2002"]}


def pairs(text: str) -> pd.DataFrame:
    """``"A-A1 A-A2"`` as a table; ``A-`` has no counterpart."""
    rows = [pair.split("-") for pair in text.split()]
    return pd.DataFrame(rows, columns=["old", "new"]).replace("", None)


def two(text: str, **keywords: object) -> ComparableCodes:
    return comparable_codes(pairs(text), **{**OLD_NEW, **keywords})  # type: ignore[arg-type]


def chained(text: str, **keywords: object) -> ComparableCodes:
    """``"1:A-2:B"`` links code A of vintage 1 to code B of vintage 2."""
    cells = [[side.split(":") for side in pair.split("-")] for pair in text.split()]
    rows = [(*one, *other) for one, other in cells]
    links = pd.DataFrame(rows, columns=["from_year", "from_code", "to_year", "to_code"]).replace("", None)
    return comparable_codes(links, **keywords)  # type: ignore[arg-type]


def test_what_became_of_each_code_and_its_name() -> None:
    mapping = two("A-A S-S1 S-S2 M1-M M2-M R-Q P1-N1 P1-N2 P2-N2 E- -Z")
    assert mapping.lookup("1994").to_dict() == {
        "A": "A", "E": "E", "M1": "M", "M2": "M", "P1": "P1+", "P2": "P1+", "R": "R", "S": "S",
    }  # fmt: skip
    assert mapping.lookup(2002).to_dict() == {
        "A": "A", "M": "M", "N1": "P1+", "N2": "P1+", "Q": "R", "S1": "S", "S2": "S", "Z": "Z",
    }  # fmt: skip
    assert mapping.units["kind"].to_dict() == {
        "A": "unchanged", "E": "incomplete", "M": "merged", "P1+": "regrouped", "R": "renamed", "S": "split",
        "Z": "incomplete",
    }  # fmt: skip
    assert mapping.units.loc["S", ["1994", "2002"]].tolist() == [1, 2]
    assert mapping.incomplete.to_numpy().tolist() == [["1994", "E", "E", "2002"], ["2002", "Z", "Z", "1994"]]
    assert repr(mapping).startswith("Codes 1994: 8, 2002: 8 -> 7 comparable units (2 incomplete")
    assert mapping.table.columns.tolist() == ["vintage", "code", "unit"]


def test_the_vintage_of_codes() -> None:
    mapping = chained(
        "1994:A-2002:A 1994:S-2002:S1 1994:S-2002:S2 2002:A-2011:A 2002:S1-2011:T 2002:S2-2011:S2"
    )
    assert mapping.vintage_of(["A", "S", None, "S"]) == "1994"
    assert mapping.vintage_of(pd.Series(["S1", "S2"])) == "2002"
    with pytest.raises(AlignmentError, match="all of 1994 and of 2002 and of 2011, and do not tell which"):
        mapping.vintage_of(["A"])
    with pytest.raises(AlignmentError, match="all of 2002 and of 2011"):
        mapping.vintage_of(["A", "S2"])
    with pytest.raises(
        AlignmentError,
        match=r"all of the 5 codes: only of 1994: 'S'; only of 2002: 'S1'; only of 2011: 'T'; of none: 'X'\.",
    ):
        mapping.vintage_of(["A", "S", "S1", "T", "X"])


def test_codes_of_several_vintages_that_no_vintage_has_together() -> None:
    mapping = chained("1:A-2:A 2:B-3:B 1:C-2:D 2:D-3:C")
    with pytest.raises(AlignmentError, match=r"'A of 1 and 2', 'B of 2 and 3', 'C of 1 and 3'\. Vintages"):
        mapping.vintage_of(["A", "B", "C"])


def test_the_same_name_of_two_units_carries_its_vintage() -> None:
    mapping = two("10-11 10-12 20-10 30-10")
    assert mapping.lookup(1994).to_dict() == {"10": "10 (1994)", "20": "10 (2002)", "30": "10 (2002)"}
    assert mapping.lookup(2002).to_dict() == {"10": "10 (2002)", "11": "10 (1994)", "12": "10 (1994)"}


def test_more_vintages_are_chained() -> None:
    mapping = chained(
        "1:A-2:B 2:B-3:C 2:B-3:D 1:E-2:F 1:E-2:G 2:F-3:H 2:G-3:H 1:K-2:K 1:L-2:L 2:L-3:M 2:K-3:M"
    )
    assert mapping.vintages == ("1", "2", "3")
    assert mapping.units["kind"].to_dict() == {"A": "split", "E": "regrouped", "M": "merged"}
    assert mapping.lookup(3).to_dict() == {"C": "A", "D": "A", "H": "E", "M": "M"}
    first = chained("1:A-2:B 2:B-3:C 2:B-3:D", vintages=[1, 2])
    assert first.units["kind"].tolist() == ["renamed"]
    assert chained("9:A-10:B 10:B-11:C").vintages == ("9", "10", "11")


COUNTIES = {"2000": ["1", "2", "3", "4"], "2010": ["1", "2", "5", "6"]}


def test_a_table_of_changes_needs_a_word_for_what_it_leaves_out() -> None:
    with pytest.raises(
        AlignmentError, match=r"6 codes are in no row: '1 \(2000\)', '2 \(2000\)'.*unlisted='same'"
    ):
        two("3-5", vintages=["2000", "2010"], codes=COUNTIES)
    same = two("3-5", vintages=["2000", "2010"], codes=COUNTIES, unlisted="same")
    assert same.units["kind"].to_dict() == {
        "1": "unchanged", "2": "unchanged", "3": "renamed", "4": "incomplete", "6": "incomplete",
    }  # fmt: skip
    alone = two("3-5", vintages=["2000", "2010"], codes=COUNTIES, unlisted="alone")
    assert alone.units["kind"].tolist().count("incomplete") == 6
    lost = two(
        "2-1", vintages=["2000", "2010"], codes={"2000": ["1", "2"], "2010": ["1", "2"]}, unlisted="same"
    )
    assert lost.lookup("2010").to_dict() == {"1": "1+", "2": "1+"}  # 2 gave a part to 1 and lives on
    with pytest.raises(DataError, match=r"'9 \(2000\)' not in the list of codes of their vintage"):
        two("9-5", vintages=["2000", "2010"], codes=COUNTIES)
    with pytest.raises(DataError, match="no list for vintages '2010'"):
        two("3-5", vintages=["2000", "2010"], codes={"2000": ["3"]})


BAD_LINKS = {
    "not a table": (lambda: comparable_codes([1], **OLD_NEW), DataError, "a DataFrame is needed, not list"),
    "no rows": (lambda: comparable_codes(pairs("A-B").iloc[:0], **OLD_NEW), DataError, "no rows"),
    "column": (lambda: two("A-B", to_code="nwe"), DataError, "no column 'nwe'. Did you mean 'new'"),
    "undated": (lambda: two("A-B", vintages=None), DataError, r"no columns 'from_year'.*vintages=\[older"),
    "one vintage": (lambda: two("A-B", vintages=["1994"]), OptionError, "at least two different ones"),
    "text": (lambda: two("A-B", vintages="1994"), OptionError, "at least two different ones"),
    "no code": (lambda: two("A-B -"), DataError, "rows without any code: '1'"),
    "itself": (lambda: chained("1:A-1:B 1:A-2:C"), DataError, "link a vintage to itself: '0'"),
    "no vintage": (lambda: chained("1:A-:B 1:A-2:C"), DataError, "rows without a vintage: '0'"),
    "lone": (
        lambda: chained("1:A-2:B 2:B-3:C", vintages=[1, 3]),
        AlignmentError,
        "nothing links '3' to '1'.*add those that lie between",
    ),
    "absent": (lambda: chained("1:A-2:B", vintages=[1, 2, 5]), AlignmentError, "nothing links '5'"),
    "word": (lambda: two("A-B", unlisted="sam"), OptionError, "Did you mean 'same'"),
    "lookup": (lambda: two("A-B").lookup(2003), OptionError, "vintage=2003 is none of '1994', '2002'"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD_LINKS)
def test_what_a_mapping_refuses(fault: str) -> None:
    call, error, message = BAD_LINKS[fault]
    with pytest.raises(error, match=message):
        call()


MAPPING = two("A-A S-S1 S-S2 M1-M M2-M")
TABLE = pd.DataFrame(
    {
        "industry": ["S1", "M", "S2", "A", "M"],
        "year": [2003, 2003, 2003, 2003, 2004],
        "output": [1.0, 5.0, 2.0, 4.0, 7.0],
        "wage_share": [0.1, 0.2, 0.4, 0.5, 0.6],
    },
    index=list("vwxyz"),
)


def test_values_are_added_up_by_unit_and_year() -> None:
    before = TABLE.copy()
    result = recode(TABLE, MAPPING, code="industry", vintage="2002", columns="output", by="year")
    assert result.to_dict("list") == {
        "year": [2003, 2003, 2003, 2004], "unit": ["A", "M", "S", "M"], "output": [4.0, 5.0, 3.0, 7.0],
    }  # fmt: skip
    assert result.attrs["recoding"] == {"codes": 4, "units": 3}
    pd.testing.assert_frame_equal(TABLE, before)


def test_the_vintage_may_differ_by_row() -> None:
    old = pd.DataFrame({"industry": ["S", "M1", "M2", "A"], "year": 2001, "output": [1.0, 2.0, 3.0, 4.0]})
    both = pd.concat([TABLE, old]).assign(gb=lambda t: np.where(t["year"] < 2003, 1994, 2002))
    result = recode(both, MAPPING, code="industry", vintage="gb", columns=["output"], by=["year"])
    assert result.query("year == 2001")["output"].tolist() == [4, 5, 1]
    with pytest.raises(OptionError, match="'1995' is none of"):
        recode(both.replace({"gb": {1994: 1995}}), MAPPING, code="industry", vintage="gb", columns="output")


def test_shares_are_not_added_up_unless_it_is_said() -> None:
    keywords = {"code": "industry", "vintage": 2002, "columns": ["output", "wage_share"], "by": "year"}
    with pytest.raises(DataError, match=r"'wage_share' cannot be added up.*'weighted-mean'"):
        recode(TABLE, MAPPING, **keywords)
    mean = recode(TABLE, MAPPING, **keywords, how={"wage_share": "weighted-mean"}, weights="output")
    np.testing.assert_allclose(mean["wage_share"], [0.5, 0.2, 0.3, 0.6])  # (.1 + .4 x 2) / 3 = .3
    assert mean["output"].tolist() == [4, 5, 3, 7]
    plain = recode(TABLE, MAPPING, **keywords, how={"wage_share": "mean"})
    np.testing.assert_allclose(plain["wage_share"], [0.5, 0.2, 0.25, 0.6])
    added = recode(TABLE, MAPPING, **keywords, how={"wage_share": "sum"})
    np.testing.assert_allclose(added["wage_share"], [0.5, 0.2, 0.5, 0.6])


@pytest.mark.parametrize(
    "name", ["ln_output", "tax_rate", "gdp_pc", "lq", "growth1_gdp", "cpi", "人均GDP", "失业率"]
)
def test_names_that_cannot_be_added_up(name: str) -> None:
    with pytest.raises(DataError, match="cannot be added up"):
        recode(TABLE.rename(columns={"output": name}), MAPPING, code="industry", vintage=2002, columns=name)


@pytest.mark.parametrize(
    "name", ["output", "shareholders_equity", "deposits", "rated_power", "catalog", "总产值"]
)
def test_names_that_can(name: str) -> None:
    result = recode(
        TABLE.rename(columns={"output": name}), MAPPING, code="industry", vintage=2002, columns=name
    )
    assert result[name].sum() == 19


BAD_TABLES = {
    "other vintage": (
        {"vintage": 1994}, AlignmentError, r"3 codes are not of 1994: S1 \(of 2002\), M \(of 2002\)",
    ),
    "no vintage": ({"vintage": 2003}, OptionError, "vintage=2003 is none of"),
    "code": ({"code": "indsutry"}, DataError, "no column 'indsutry'. Did you mean 'industry'"),
    "column": ({"columns": ["outptu"]}, DataError, "no column 'outptu'"),
    "by": ({"by": "yaer"}, DataError, "no column 'yaer'"),
    "weights": ({"how": "weighted-mean"}, OptionError, "needs the column with the weights"),
    "how": ({"how": "total"}, OptionError, "how='total' is not an option"),
    "how of another": ({"how": {"otput": "sum"}}, OptionError, "'otput' not in columns. Did you mean 'out"),
    "key as value": ({"columns": "year", "by": "year"}, DataError, "values are needed"),
    "missing": ({"data": TABLE.replace({"output": {2.0: np.nan}})}, DataError, "missing or infinite at 'S2'"),
    "text": ({"data": TABLE.assign(output="x")}, DataError, "text where numbers are expected at 'S1'"),
    "no code in a row": ({"data": TABLE.replace({"industry": {"M": None}})}, DataError, "2 rows have no"),
    "no key in a row": (
        {"data": TABLE.assign(year=[1, None, 1, 1, 1]), "by": "year"}, DataError, "'year' missing",
    ),
    "no rows": ({"data": TABLE.iloc[:0]}, DataError, "at least one row"),
    "negative": (
        {"data": TABLE.assign(w=-1.0), "how": "weighted-mean", "weights": "w"}, DataError, "negative at 'S1'",
    ),
    "zero": (
        {"data": TABLE.assign(w=0.0), "how": "weighted-mean", "weights": "w"}, DataError, "to zero in 'A'",
    ),
    "mapping": ({"mapping": {"A": "B"}}, DataError, "what comparable_codes returned is needed, not dict"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD_TABLES)
def test_what_recoding_refuses(fault: str) -> None:
    keywords, error, message = BAD_TABLES[fault]
    call = {
        "data": TABLE,
        "mapping": MAPPING,
        "code": "industry",
        "vintage": 2002,
        "columns": "output",
        **keywords,
    }
    with pytest.raises(error, match=message):
        recode(call.pop("data"), call.pop("mapping"), **call)


def test_lost_leading_zeros_are_recognised() -> None:
    mapping = two("0610-0610 0620-0620")
    data = pd.DataFrame({"code": [610, 620], "output": [1.0, 2.0]})
    with pytest.raises(AlignmentError, match=r"610 \(of none\).*Leading zeros seem to be lost"):
        recode(data, mapping, code="code", vintage=1994, columns="output")


@pytest.fixture
def layer() -> gpd.GeoDataFrame:
    """Five unit squares in a row, and a line that is no unit."""
    codes = ["S1", "A", "S2", "M", "N"]
    frame = gpd.GeoDataFrame(
        {
            "name": ["Upper", "Middle", "Lower", "Far", "Farther"],
            "region": ["East", "East", "East", "West", "West"],
            "city": ["u", "u", "v", "w", "w"],
            "population": [10, 20, 30, 40, 50],
            "decoration": False,
        },
        geometry=[box(0, 0, 1, 1), box(2, 0, 3, 1), box(1, 0, 2, 1), box(3, 0, 4, 1), box(4, 0, 5, 1)],
        index=pd.Index(codes, name="code"),
        crs="EPSG:32650",
    )
    line = frame.iloc[:1].assign(name="sea", decoration=True, geometry=[LineString([(0, 2), (5, 2)])])
    frame = pd.concat([line.set_axis(["JD"]), frame]).rename_axis(index="code")
    frame.attrs = {"source": "made up", "ledger": ["read"]}
    return frame


LAYER_CODES = two("A-A S-S1 S-S2 M-M N-N")


def test_shapes_are_joined_and_decoration_left_alone(layer) -> None:
    before = layer.copy()
    result = dissolve(layer, LAYER_CODES, vintage=2002, totals="population")
    assert result.index.tolist() == ["S", "A", "M", "N", "JD"]
    assert result.index.name == "code"
    assert result.geometry.is_valid.all()
    assert result.geometry["S"].equals(box(0, 0, 2, 1))
    assert result.geometry["A"] == layer.geometry["A"]
    assert result.geometry["JD"] == layer.geometry["JD"]
    assert result["decoration"].tolist() == [False] * 4 + [True]
    assert result["population"].tolist() == [40, 20, 40, 50, 10]
    assert result.loc["S", ["name", "region"]].tolist() == ["Upper + Lower", "East"]
    assert pd.isna(result.loc["S", "city"])
    assert (
        result.dtypes[["decoration", "population"]].tolist()
        == layer.dtypes[["decoration", "population"]].tolist()
    )
    assert result.crs == layer.crs
    assert result.attrs["source"] == "made up"
    assert result.attrs["ledger"] == [
        "read", "comparable codes of 1994, 2002: 5 units of 2002 -> 4; joined S from S1, S2",
    ]  # fmt: skip
    assert isinstance(result, gpd.GeoDataFrame)
    assert_geodataframe_equal(layer, before)
    assert sorted(sf.contiguity_weights(result).ids) == ["A", "M", "N", "S"]


def test_values_that_are_not_totals_are_not_made_up(layer) -> None:
    assert pd.isna(dissolve(layer, LAYER_CODES, vintage=2002).loc["S", "population"])


def test_what_dissolving_refuses(layer) -> None:
    with pytest.raises(AlignmentError, match=r"2 codes are not of 1994: S1 \(of 2002\), S2 \(of 2002\)"):
        dissolve(layer, LAYER_CODES, vintage=1994)
    with pytest.raises(DataError, match=r"no column 'popluation'\. Did you mean 'population'"):
        dissolve(layer, LAYER_CODES, vintage=2002, totals="popluation")
    with pytest.raises(DataError, match="text where numbers are expected at 'S1'"):
        dissolve(layer, LAYER_CODES, vintage=2002, totals=["name"])
    with pytest.raises(LayerError, match="duplicate ids 'A'"):
        dissolve(pd.concat([layer, layer.loc[["A"]]]), LAYER_CODES, vintage=2002)
    with pytest.raises(LayerError, match="A GeoDataFrame indexed by unit id is needed"):
        dissolve(pd.DataFrame(), LAYER_CODES, vintage=2002)
    with pytest.raises(DataError, match="what comparable_codes returned is needed, not list"):
        dissolve(layer, [], vintage=2002)
    with pytest.warns(SpatialfinWarning, match="not hold every part of its units: 'S lacks S2'"):
        dissolve(layer.drop("S2"), LAYER_CODES, vintage=2002)


def test_sichuan_before_chongqing() -> None:
    """Chongqing was split from Sichuan in 1997: the shipped layer joined to the provinces of 1996."""
    provinces = sf.load_layer("china_provinces")
    now = [code for code in provinces.index if code.isdigit()]
    links = pd.DataFrame({"old": ["510000", "510000"], "new": ["500000", "510000"]})
    mapping = comparable_codes(
        links, from_code="old", to_code="new", vintages=[1996, 1997],
        codes={1996: [code for code in now if code != "500000"], 1997: now}, unlisted="same",
    )  # fmt: skip
    before = dissolve(provinces, mapping, vintage=1997)
    assert len(before) == len(provinces) - 1
    assert before.geometry.is_valid.all()
    both = provinces.loc[["500000", "510000"]].to_crs("ESRI:102025").area.sum()
    joined = before.loc[["510000"]].to_crs("ESRI:102025").area.sum()
    assert joined == pytest.approx(both, rel=1e-5)  # the two borders are simplified apart by some metres
    assert before.attrs["ledger"][-1].endswith("34 units of 1997 -> 33; joined 510000 from 500000, 510000")
    assert mapping.units["kind"].value_counts().to_dict() == {"unchanged": 32, "split": 1}
