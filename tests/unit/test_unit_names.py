"""Names in English or Chinese to codes: matched, ambiguous, or left for the reader, never guessed."""

from __future__ import annotations

import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, LayerError
from spatialfin._unit_names import short_forms


@pytest.fixture(scope="module")
def provinces():
    return sf.load_layer("china_provinces")


@pytest.fixture(scope="module")
def prefectures():
    return sf.load_layer("china_prefectures")


@pytest.fixture(scope="module")
def counties():
    return sf.load_layer("china_counties")


def codes(names: list[object], layer) -> list[str]:
    report = sf.match_units(pd.DataFrame({"region": pd.Series(names, dtype=object)}), layer, name="region")
    assert report.unmatched.empty, report
    return report.codes.tolist()


FORMS = {
    "110000": [
        "北京",
        "北京市",
        "北　京",
        "北 京 市",
        "Beijing",
        "BEIJING",
        "Beijing Municipality",
        "Beijing Shi",
    ],
    "150000": [
        "Inner Mongolia",
        "inner-mongolia",
        "Nei Mongol",
        "内蒙古",
        "内蒙古自治区",
        "Inner Mongolia AR",
    ],
    "540000": ["Tibet", "Xizang", "西藏", "西藏自治区", "Tibet Autonomous Region", "Xizang AR"],
    "450000": ["Guangxi", "Guangxi Zhuang AR", "Guangxi Zhuang Autonomous Region", "广西", "广西壮族自治区"],
    "640000": ["Ningxia", "Ningxia Hui A.R.", "宁夏", "宁夏回族自治区"],
    "650000": ["新疆", "新疆维吾尔自治区", "Xinjiang Uygur Autonomous Region", "Xinjiang Uyghur AR"],
    "140000": ["Shanxi", "山西", "Shanxi Province"],
    "610000": ["Shaanxi", "陕西省", "SHAANXI PROVINCE"],
    "810000": ["Hong Kong", "Hong Kong SAR", "Hongkong", "香港", "Hong Kong, China"],
    "820000": ["Macao", "Macau", "澳门特别行政区"],
    "230000": ["黑龙江", "黑龙江省", "Heilongjiang"],
}


@pytest.mark.parametrize("code", FORMS)
def test_every_form_of_a_province(code: str, provinces) -> None:
    assert codes(FORMS[code], provinces) == [code] * len(FORMS[code])


YEARBOOK = {
    "Neimenggu": "150000", "内 蒙 古": "150000", "Inner Mongolia Aut. Reg.": "150000",
    "Guangxi Zhuang A.R.": "450000", "Guangxi Zhuang Nationality Autonomous Region": "450000",
    "Ningxia Hui Autonomous Reg.": "640000", "Xinjiang Uygur": "650000", "Xizang": "540000",
    "Tibet A.R.": "540000", "Shaan xi": "610000", "Shan xi": "140000", "Hei longjiang": "230000",
    "北　京": "110000", "重庆市": "500000", "上 海 市": "310000", "天津*": "120000",
    "Taiwan, China": "710000",
}  # fmt: skip
AGGREGATES = [
    "全国", "全 国", "全国总计", "全国合计", "合 计", "总计", "国家", "中国", "全国平均", "各地区",
    "东部", "东部地区", "中部", "西部地区", "东北", "东北地区", "其他", "其它", "不分地区",
    "现役军人", "总公司",
    "National Total", "National", "China", "Total", "TOTAL", "National Average", "Average", "East",
    "Eastern Region", "East China", "Central", "Western Regions", "Northeast", "Other", "Others",
    "Not Classified by Region", "Head Offices",
]  # fmt: skip


def test_yearbook_spellings(provinces) -> None:
    assert codes(list(YEARBOOK), provinces) == list(YEARBOOK.values())


def test_totals_and_groups_between_the_provinces_are_told_apart(provinces) -> None:
    report = sf.match_units(pd.DataFrame({"region": [*AGGREGATES, "北京"]}), provinces, name="region")
    assert report.matched["code"].tolist() == ["110000"]
    told = report.unmatched.set_index("name")
    assert told.loc[told["reason"] != "aggregate"].empty
    assert set(told["nearest"]) == {""}
    with pytest.raises(AlignmentError, match=r"全国: aggregate; .*aggregates are totals or groups of units"):
        report.apply()


@pytest.mark.parametrize(
    "name",
    ["大连", "Dalian", "新疆生产建设兵团", "Shannxi", "Mongolia", "东莞", "西宁", "Southern", "中山", "--"],
)
def test_other_places_and_misspellings_are_not_found(name: str, provinces) -> None:
    report = sf.match_units(pd.DataFrame({"region": [name]}), provinces, name="region")
    assert report.unmatched["reason"].tolist() == ["not found"]


def test_a_layer_may_have_a_unit_called_like_a_group(provinces) -> None:
    regions = provinces.iloc[:2].assign(name=["East", "Central"], name_zh=["东部", "中部"])
    assert codes(["East", "中部"], regions) == regions.index.tolist()


@pytest.mark.parametrize("names", [[110000, 650000], [110000.0, 650000.0], ["110000", " 650000 "]])
def test_codes_match_as_text_or_number(names: list[object], provinces) -> None:
    assert codes(names, provinces) == ["110000", "650000"]


@pytest.mark.parametrize(
    "table",
    [
        "china_finance_2002_2011",
        "china_industry_census_provinces",
        "china_provinces_official",
        "china_provinces_partial",
    ],
)
def test_names_of_the_shipped_tables_give_their_codes(table: str, provinces) -> None:
    data = sf.load_dataset(table)
    assert sf.match_units(data, provinces, name="name").codes.tolist() == data["code"].tolist()


@pytest.mark.parametrize("level", ["provinces", "prefectures"])
def test_every_unit_is_found_by_its_names(level: str, request: pytest.FixtureRequest) -> None:
    layer = request.getfixturevalue(level)
    units = layer[~layer["decoration"]]
    for column in ("name", "name_zh"):
        assert codes(units[column].tolist(), layer) == units.index.tolist()


def test_short_names_below_the_province(prefectures) -> None:
    names = ["延边", "延边州", "湘西", "济源", "石家庄", "Shanghai", "锡林郭勒", "大兴安岭"]
    expected = ["222400", "222400", "433100", "419001", "130100", "310000", "152500", "232700"]
    assert codes(names, prefectures) == expected


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("北京市", ["北京"]),
        ("内蒙古自治区", ["内蒙古", "内蒙古区"]),
        ("海西蒙古族藏族自治州", ["海西", "海西州"]),
        ("积石山保安族东乡族撒拉族自治县", ["积石山", "积石山县"]),
        ("鄂伦春自治旗", ["鄂伦春", "鄂伦春旗"]),
        ("东区", ["东区"]),  # one character is no name
        ("Beijing", ["Beijing"]),
    ],
)
def test_short_forms(name: str, short: list[str]) -> None:
    assert short_forms(name) == short


def test_names_that_several_units_share_are_not_guessed(counties) -> None:
    table = pd.DataFrame({"county": ["朝阳区", "东城区", "朝阳"]}, index=[7, 8, 9])
    report = sf.match_units(table, counties, name="county")
    assert report.codes.isna().to_dict() == {7: True, 8: False, 9: True}
    assert report.unmatched["reason"].tolist() == ["ambiguous", "ambiguous"]
    assert report.unmatched["nearest"][0] == "朝阳区 (110105), 朝阳区 (220104)"
    assert "211321" in report.unmatched["nearest"][1]  # 朝阳县, Liaoning


def test_similar_names_are_only_suggested(provinces, counties) -> None:
    table = pd.DataFrame({"p": ["Guangdnog", "广西省", "全国", None]})
    report = sf.match_units(table, provinces, name="p")
    assert report.matched.empty
    assert report.codes.isna().all()
    assert report.unmatched["reason"].tolist() == ["not found", "not found", "aggregate", "no name"]
    assert report.unmatched["nearest"][0].startswith("广东省 (440000)")
    assert report.unmatched["nearest"][1].startswith("广西壮族自治区 (450000)")
    upgraded = sf.match_units(pd.DataFrame({"p": ["密云县"]}), counties, name="p")
    assert upgraded.unmatched["nearest"][0].startswith("密云区 (110118)")


def test_report_counts_rows_and_absent_units(provinces) -> None:
    mainland = provinces[provinces["macro_region"].notna()]
    panel = sf.load_dataset("china_finance_2002_2011").query("name != 'Tibet'")
    report = sf.match_units(panel, mainland, name="name")
    assert len(report.matched) == 30
    assert set(report.matched["rows"]) == {10}
    assert list(report.absent) == ["540000"]
    assert repr(report) == ("30 names matched, 0 not.\n  Units of the layer without a row (1): '540000'.")


def test_decoration_is_no_unit(provinces) -> None:
    report = sf.match_units(pd.DataFrame({"p": ["南海断续线"]}), provinces, name="p")
    assert report.unmatched["reason"].tolist() == ["not found"]
    assert "100000_JD" not in set(report.absent)


def test_apply_puts_the_codes_in_the_index(provinces) -> None:
    table = pd.DataFrame({"省份": ["上海", "北京"], "loans": [2.0, 1.0]}, index=[5, 5])
    before = table.copy()
    applied = sf.match_units(table, provinces, name="省份").apply()
    assert applied.index.tolist() == ["310000", "110000"]
    assert applied.index.name == "code"
    assert applied["loans"].tolist() == [2.0, 1.0]
    pd.testing.assert_frame_equal(table, before)


def test_apply_names_what_was_not_matched(provinces) -> None:
    table = pd.DataFrame({"p": ["Beijing", "Guangdnog", *[f"??{i}" for i in range(6)]]})
    with pytest.raises(
        AlignmentError, match=r"7 names have no unit: Guangdnog: not found.*440000.*and 2 more"
    ):
        sf.match_units(table, provinces, name="p").apply()


def test_a_table_read_from_excel(provinces, tmp_path) -> None:
    pytest.importorskip("openpyxl")
    sheet = pd.DataFrame({"地区": ["北 京", "内蒙古", "新  疆"], "贷款": [1.5, 2.5, 3.5]})
    sheet.to_excel(tmp_path / "loans.xlsx", index=False)
    table = pd.read_excel(tmp_path / "loans.xlsx")
    applied = sf.match_units(table, provinces, name="地区").apply()
    assert applied["贷款"].to_dict() == {"110000": 1.5, "150000": 2.5, "650000": 3.5}


def test_a_layer_without_names_matches_codes_only(provinces) -> None:
    bare = provinces[["geometry"]].iloc[:3]
    assert codes(["110000", "北京", "Tianjin"][:1], bare) == ["110000"]
    report = sf.match_units(pd.DataFrame({"p": ["北京"]}), bare, name="p")
    assert report.unmatched["reason"].tolist() == ["not found"]


def test_wrong_column_and_broken_ids(provinces) -> None:
    table = pd.DataFrame({"province": ["Beijing"]})
    with pytest.raises(DataError, match=r"no column 'provinces'.*Did you mean 'province'"):
        sf.match_units(table, provinces, name="provinces")
    with pytest.raises(LayerError, match="check_layer"):
        sf.match_units(table, provinces.iloc[[0, 0]], name="province")


def test_row_order_changes_nothing(provinces) -> None:
    table = pd.DataFrame({"p": ["Beijing", "西藏", "nowhere", "Macau", "广东"]})
    forward = sf.match_units(table, provinces, name="p").codes
    shuffled = sf.match_units(table.sample(frac=1, random_state=1), provinces.iloc[::-1], name="p").codes
    pd.testing.assert_series_equal(shuffled.sort_index(), forward)
