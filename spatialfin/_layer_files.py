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


def _layer_in_zip(path: Path) -> tuple[str, bool]:
    """The one boundary file in a zip archive, and whether a .cpg file states the encoding of its text."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.startswith("__MACOSX")]
            layers = [name for name in names if PurePosixPath(name).suffix.lower() in _IN_ZIP]
            if len(layers) != 1:
                found = f"these: {listed(layers)}" if layers else "none"
                raise LayerError(f"{str(path)!r} must hold exactly one layer, and holds {found}.")
            layer = PurePosixPath(layers[0])
            with archive.open(layers[0]) as stream:
                good = _begins_as(layer.suffix.lower(), stream.read(64)) and ".." not in layer.parts
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise LayerError(f"{str(path)!r} cannot be unpacked ({error}). Unpack it yourself.") from error
    if not good:
        raise LayerError(
            f"{layers[0]!r} in {str(path)!r} does not hold what its name says. Give {_READABLE}."
        )
    return layers[0], any(name.lower().endswith(".cpg") for name in names)


def _read_vector(source: str, *, states_encoding: bool) -> Any:
    """Read through GDAL; text of a shapefile that does not state its encoding is UTF-8, else GB 18030."""
    import geopandas as gpd

    if states_encoding or not source.lower().endswith(".shp"):
        return gpd.read_file(source)
    try:
        return gpd.read_file(source, encoding="UTF-8")
    except UnicodeDecodeError:
        return gpd.read_file(source, encoding="GB18030")


def _read(path: Path) -> Any:
    import geopandas as gpd

    suffix = path.suffix.lower()
    if suffix in (".parquet", ".geoparquet"):
        return gpd.read_parquet(path)
    if suffix == ".zip":
        member, states_encoding = _layer_in_zip(path)
        return _read_vector(f"/vsizip/{path.resolve().as_posix()}/{member}", states_encoding=states_encoding)
    states_encoding = any(path.with_suffix(end).is_file() for end in (".cpg", ".CPG"))
    return _read_vector(str(path.resolve()), states_encoding=states_encoding)


def read_layer_file(path: Path) -> GeoDataFrame:
    """Read a file that `local_file` has accepted."""
    import geopandas as gpd

    try:
        frame = _read(path)
    except LayerError:
        raise
    except Exception as error:
        raise LayerError(f"{str(path)!r} cannot be read as a layer: {error}") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise LayerError(f"{str(path)!r} has no geometry. Give {_READABLE}.")
    return frame
