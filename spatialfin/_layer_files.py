"""Read a boundary file from the local disk, and nothing from anywhere else."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ._errors import LayerError, listed

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

# How a file of each kind begins. GDAL chooses its reader by content, not by suffix: a file that only
# calls itself .geojson may be a virtual layer that fetches from the network.
_STARTS = {
    ".shp": b"\x00\x00\x27\x0a",
    ".gpkg": b"SQLite format 3\x00",
    ".parquet": b"PAR1",
    ".geoparquet": b"PAR1",
    ".zip": b"PK",
    ".geojson": b"{",
    ".json": b"{",
}
_IN_ZIP = (".shp", ".gpkg", ".geojson", ".json")
_READABLE = "a shapefile (.shp), .gpkg, .geojson, .parquet, or a .zip that holds one of them"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _begins_as(suffix: str, start: bytes) -> bool:
    text = suffix in (".geojson", ".json")
    seen = start.removeprefix(_BYTE_ORDER_MARK).lstrip() if text else start
    return seen.startswith(_STARTS[suffix])


def local_file(name: str | Path) -> Path:
    """The path of a readable boundary file on the local disk, or an error that says what is wrong."""
    text = str(name)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text) or re.match(
        r"/+vsi", text.replace("\\", "/"), re.IGNORECASE
    ):
        raise LayerError(f"{text!r} is not a local file. Download the layer, then give the path of the file.")
    path = Path(name)
    if not path.exists():
        raise LayerError(f"There is no file {text!r}. Check the path.")
    suffix = path.suffix.lower()
    if not path.is_file() or suffix not in _STARTS:
        raise LayerError(f"{text!r} cannot be read as a layer. Give {_READABLE}.")
    with path.open("rb") as stream:
        if not _begins_as(suffix, stream.read(64)):
            raise LayerError(f"{text!r} does not hold what its name says. Give {_READABLE}.")
    return path


def _layer_in_zip(path: Path) -> str:
    """The one boundary file in a zip archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [
                name
                for name in archive.namelist()
                if PurePosixPath(name).suffix.lower() in _IN_ZIP and not name.startswith("__MACOSX")
            ]
            if len(names) != 1:
                found = f"these: {listed(names)}" if names else "none"
                raise LayerError(f"{str(path)!r} must hold exactly one layer, and holds {found}.")
            with archive.open(names[0]) as stream:
                good = _begins_as(PurePosixPath(names[0]).suffix.lower(), stream.read(64))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise LayerError(
            f"{str(path)!r} cannot be unpacked ({error}). Unpack it, then give the path."
        ) from error
    if not good or ".." in PurePosixPath(names[0]).parts:
        raise LayerError(f"{names[0]!r} in {str(path)!r} does not hold what its name says. Give {_READABLE}.")
    return names[0]


def _read_vector(source: str, *, is_shapefile: bool) -> Any:
    """Read through GDAL; text of a shapefile that does not state its encoding is UTF-8, else GB 18030."""
    import geopandas as gpd

    if not is_shapefile:
        return gpd.read_file(source)
    try:
        return gpd.read_file(source, encoding="UTF-8")
    except UnicodeDecodeError:
        return gpd.read_file(source, encoding="GB18030")


def _states_encoding(path: Path) -> bool:
    """Whether a shapefile has a .cpg file beside it."""
    return any(path.with_suffix(suffix).is_file() for suffix in (".cpg", ".CPG"))


def read_layer_file(path: Path) -> GeoDataFrame:
    """Read a file that `local_file` has accepted."""
    import geopandas as gpd

    suffix = path.suffix.lower()
    try:
        if suffix in (".parquet", ".geoparquet"):
            return gpd.read_parquet(path)
        if suffix == ".zip":
            member = _layer_in_zip(path)
            source = f"/vsizip/{path.resolve().as_posix()}/{member}"
            frame = _read_vector(source, is_shapefile=False)
        else:
            guess = suffix == ".shp" and not _states_encoding(path)
            frame = _read_vector(str(path.resolve()), is_shapefile=guess)
    except LayerError:
        raise
    except Exception as error:
        raise LayerError(f"{str(path)!r} cannot be read as a layer: {error}") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise LayerError(f"{str(path)!r} has no geometry. Give {_READABLE}.")
    return frame
