"""Reading layers: shipped ones, one's own files, and everything that is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import box

import spatialfin as sf
from spatialfin._errors import LayerError
from spatialfin.boundaries import shipped_layers


@pytest.fixture
def own_layer() -> gpd.GeoDataFrame:
    """Three squares in a row with whole-number codes and Chinese names."""
    return gpd.GeoDataFrame(
        {"adcode": [420100, 420200, 420300], "label": ["武汉市", "黄石市", "十堰市"]},
        geometry=[box(x, 30, x + 1, 31) for x in (113, 114, 115)],
        crs="EPSG:4326",
    )


@pytest.mark.parametrize("suffix", ["shp", "gpkg", "geojson", "parquet"])
def test_own_files_are_read_with_codes_as_text(own_layer, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"地图.{suffix}"
    if suffix == "parquet":
        own_layer.to_parquet(path)
    else:
        own_layer.to_file(path)
    for given in (path, str(path)):
        layer = sf.load_layer(given, key="adcode")
        assert list(layer.index) == ["420100", "420200", "420300"]
        assert layer.index.name == "adcode"
        assert layer["label"].tolist() == ["武汉市", "黄石市", "十堰市"]
        assert not layer["decoration"].any()
        assert layer.attrs["source"] == str(path)
        assert layer.attrs["ledger"] == [f"layer 地图.{suffix}: 3 rows read"]


def test_zip_with_a_shapefile(own_layer, tmp_path: Path) -> None:
    own_layer.to_file(tmp_path / "own.shp")
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        for part in tmp_path.glob("own.[!z]*"):
            archive.write(part, f"folder/{part.name}")
    assert list(sf.load_layer(tmp_path / "own.zip", key="adcode").index) == ["420100", "420200", "420300"]


@pytest.mark.parametrize("packed", [False, True])
def test_shapefile_in_gb18030_without_cpg(own_layer, packed: bool, tmp_path: Path) -> None:
    path = tmp_path / "old.shp"
    own_layer.to_file(path, encoding="GB18030")
    (tmp_path / "old.cpg").unlink()
    if packed:
        path = tmp_path / "old.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for part in tmp_path.glob("old.[!z]*"):
                archive.write(part, part.name)
    layer = sf.load_layer(path, key="adcode")
    assert layer["label"].tolist() == ["武汉市", "黄石市", "十堰市"]


def test_leading_zeros_are_kept_and_none_are_added(own_layer, tmp_path: Path) -> None:
    own_layer.assign(fips=["01001", " 01003 ", "1005"]).to_file(tmp_path / "usa.gpkg")
    assert list(sf.load_layer(tmp_path / "usa.gpkg", key="fips").index) == ["01001", "01003", "1005"]


def test_whole_numbers_stored_as_decimals_lose_the_point(own_layer, tmp_path: Path) -> None:
    own_layer.assign(code=[110000.0, 120000.0, None]).to_file(tmp_path / "x.gpkg")
    index = sf.load_layer(tmp_path / "x.gpkg", key="code").index
    assert list(index[:2]) == ["110000", "120000"]
    assert index.isna().tolist() == [False, False, True]


def test_key_is_asked_for_with_the_columns(own_layer, tmp_path: Path) -> None:
    own_layer.to_file(tmp_path / "own.gpkg")
    with pytest.raises(LayerError, match=r"key=.*adcode, label"):
        sf.load_layer(tmp_path / "own.gpkg")


def test_unknown_key_suggests_the_nearest(own_layer, tmp_path: Path) -> None:
    own_layer.to_file(tmp_path / "own.gpkg")
    with pytest.raises(LayerError, match=r"no column 'adcod'.*Did you mean 'adcode'"):
        sf.load_layer(tmp_path / "own.gpkg", key="adcod")


def test_key_and_units_work_for_shipped_layers_too() -> None:
    layer = sf.load_layer("china_provinces", key="name", units=["Tibet", "Beijing"])
    assert list(layer.index) == ["Tibet", "Beijing"]


def test_a_list_of_units_keeps_its_order() -> None:
    layer = sf.load_layer("china_provinces", units=[460000, "110000"])
    assert list(layer.index) == ["460000", "110000"]
    assert layer.attrs["ledger"][-1] == "kept the units of a list: 2 rows"


def test_mainland_at_the_level_of_counties() -> None:
    layer = sf.load_layer("china_counties", units="mainland")
    assert layer["province"].nunique() == 31
    assert not set(layer["province"]) & {"710000", "810000", "820000"}


def test_unknown_unit_names_the_nearest() -> None:
    with pytest.raises(LayerError, match=r"not in the layer: '11000'.*Did you mean '110000'"):
        sf.load_layer("china_provinces", units=["11000", "120000"])


def test_repeated_unit_is_refused() -> None:
    with pytest.raises(LayerError, match="more than once: '110000'"):
        sf.load_layer("china_provinces", units=["110000", "110000"])


def test_other_word_than_mainland_is_refused() -> None:
    with pytest.raises(LayerError, match="'mainland' or a list"):
        sf.load_layer("china_provinces", units="110000")


def test_mainland_of_an_own_layer_is_refused(own_layer, tmp_path: Path) -> None:
    own_layer.to_file(tmp_path / "own.gpkg")
    with pytest.raises(LayerError, match="shipped layers"):
        sf.load_layer(tmp_path / "own.gpkg", key="adcode", units="mainland")


def test_unknown_layer_names_the_nearest() -> None:
    with pytest.raises(LayerError, match="Did you mean 'china_provinces'"):
        sf.load_layer("china_province")


def test_shipped_layers_are_fresh_each_time() -> None:
    first = sf.load_layer("china_provinces")
    first["name"] = "changed"
    first.attrs["ledger"].append("changed")
    second = sf.load_layer("china_provinces")
    assert second.loc["110000", "name"] == "Beijing"
    assert second.attrs["ledger"] == ["layer china_provinces: 35 rows read"]
    assert "MIT" in second.attrs["source"]
    assert set(shipped_layers()) == {"china_provinces", "china_prefectures", "china_counties"}


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/layer.geojson",
        "HTTP://example.org/layer.shp",
        "file:///etc/passwd",
        "/vsicurl/https://example.org/layer.shp",
        "/VSIzip/vsicurl/https://example.org/layer.zip",
        "\\vsimem\\layer.shp",
        "zip://layer.zip",
        "WFS:http://example.org",
        "PG:dbname=x",
    ],
)
def test_addresses_and_virtual_paths_are_refused(address: str) -> None:
    with pytest.raises(LayerError, match="not a local file"):
        sf.load_layer(address, key="code")


def test_missing_file() -> None:
    with pytest.raises(LayerError, match=r"There is no file 'nowhere\.shp'"):
        sf.load_layer("nowhere.shp", key="code")


@pytest.mark.parametrize("suffix", ["csv", "vrt", "xml", "gml"])
def test_other_formats_are_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"layer.{suffix}"
    path.write_text("code,x\n1,2\n")
    with pytest.raises(LayerError, match="cannot be read as a layer"):
        sf.load_layer(path, key="code")


@pytest.mark.parametrize("suffix", ["geojson", "json", "shp", "gpkg", "parquet", "zip"])
def test_a_virtual_layer_under_another_name_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"layer.{suffix}"
    path.write_text(
        "<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/vsicurl/http://127.0.0.1:9/x.shp"
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    with pytest.raises(LayerError, match="does not hold what its name says"):
        sf.load_layer(path, key="code")


def test_broken_geojson_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "layer.geojson"
    path.write_text("{ not json")
    with pytest.raises(LayerError, match="cannot be read as a layer"):
        sf.load_layer(path, key="code")


def test_table_without_geometry(tmp_path: Path) -> None:
    gpd.pd.DataFrame({"code": ["1"]}).to_parquet(tmp_path / "table.parquet")
    with pytest.raises(LayerError, match=r"table\.parquet.* cannot be read as a layer"):
        sf.load_layer(tmp_path / "table.parquet", key="code")


def test_geopackage_of_a_table(tmp_path: Path) -> None:
    pyogrio = pytest.importorskip("pyogrio")
    pyogrio.write_dataframe(gpd.pd.DataFrame({"code": ["1"]}), tmp_path / "table.gpkg")
    with pytest.raises(LayerError, match=r"table\.gpkg.* has no geometry"):
        sf.load_layer(tmp_path / "table.gpkg", key="code")


def make_zip(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


GEOJSON = '{"type": "FeatureCollection", "features": []}'


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"readme.txt": "x"}, "exactly one layer, and holds none"),
        ({"a.geojson": GEOJSON, "b.geojson": GEOJSON}, "holds these: 'a.geojson', 'b.geojson'"),
        ({"a.geojson": "<OGRVRTDataSource/>"}, "does not hold what its name says"),
        ({"../a.geojson": GEOJSON}, "does not hold what its name says"),
    ],
)
def test_zips_that_are_refused(files: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(LayerError, match=message):
        sf.load_layer(make_zip(tmp_path / "layer.zip", files), key="code")


def test_broken_zip(tmp_path: Path) -> None:
    (tmp_path / "layer.zip").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(LayerError, match="cannot be unpacked"):
        sf.load_layer(tmp_path / "layer.zip", key="code")
