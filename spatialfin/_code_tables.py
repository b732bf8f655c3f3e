"""Tables and layers brought to comparable units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ._code_units import ComparableCodes
from ._errors import AlignmentError, DataError, OptionError, listed, nearest, warn_caller
from ._geometry import usable_units
from ._unit_names import codes_as_text
from ._validate import check_frame, check_names, check_option, numeric_values

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_HOWS = ("sum", "mean", "weighted-mean")
_NOT_ADDITIVE = re.compile(
    r"(?:^|_)(?:share|rate|ratio|ln|log|growth\d*|index|cpi|mean|average|avg|median|pc|lq|percent|pct|density|gini"
    r"|proximity|price)(?:_|$)|率|比重|指数|人均|平均|密度|价格|区位熵"
)


def recode(
    data: pd.DataFrame,
    mapping: ComparableCodes,
    *,
    code: str,
    vintage: Any,
    columns: str | Sequence[str],
    by: str | Sequence[str] = (),
    how: str | Mapping[str, str] = "sum",
    weights: str | None = None,
) -> pd.DataFrame:
    """Bring a table to comparable units: the values of all codes of a unit become one.

    Parameters
    ----------
    data : DataFrame
        Rows with a code each, in any order: industries, counties, or firms with the code of their industry.
    mapping : ComparableCodes
        From `comparable_codes`.
    code : str
        Column with the codes, as text.
    vintage : label or str
        The vintage of all codes, or the column that says it row by row.
    columns : str or sequence of str
        Columns with numbers to bring over; no cell may be empty.
    by : str or sequence of str, optional
        Further key columns, such as year and county; values are put together within them.
    how : {"sum", "mean", "weighted-mean"} or mapping of column to word, default "sum"
        How values of one unit become one. A column whose name says that it cannot be added up (a share, rate,
        logarithm, index, average or value per head) is summed only where the mapping says so.
    weights : str, optional
        Column with the weights of ``weighted-mean``.

    Returns
    -------
    DataFrame
        One row per `by` and comparable ``unit``, sorted by these, with `columns`. ``attrs["recoding"]`` holds
        ``codes`` and ``units``, the numbers before and after.

    Raises
    ------
    AlignmentError
        For codes that are not in their vintage, with the vintage in which they are.
    DataError
        For absent columns, missing or non-numeric values, columns that cannot be added up, and weights
        that are negative or sum to zero.
    OptionError
        For an unknown vintage or `how`, and ``weighted-mean`` without `weights`.

    Notes
    -----
    Sums keep the total. ``weighted-mean`` is ``sum(w x) / sum(w)`` over the rows of the unit.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatialfin.codes import comparable_codes, recode
    >>> links = pd.DataFrame({"old": ["A", "A", "B", "C"], "new": ["A1", "A2", "D", "D"]})
    >>> mapping = comparable_codes(links, from_code="old", to_code="new", vintages=["1994", "2002"])
    >>> data = pd.DataFrame({"industry": ["A1", "A2", "D"], "output": [1.0, 2.0, 5.0]})
    >>> recode(data, mapping, code="industry", vintage="2002", columns="output")
      unit  output
    0    A     3.0
    1    D     5.0
    """
    names, keys, hows = _checked_request(data, mapping, code, columns, by, how, weights)
    unit = _units_of(data, mapping, code, vintage)
    values = {name: numeric_values(data[name].set_axis(data[code]), f"column {name!r}") for name in names}
    weight = _checked_weights(data, code, weights)
    frame = data[keys].assign(unit=unit.to_numpy()).reset_index(drop=True)
    for name, column in values.items():
        frame[f"value {name}"] = column * weight if hows[name] == "weighted-mean" else column
    frame[" weight"], frame[" rows"] = weight, 1.0
    total = frame.groupby([*keys, "unit"], observed=True).sum()
    _refuse_zero_weights(total, hows)
    divisor = {"sum": np.ones(len(total)), "mean": total[" rows"], "weighted-mean": total[" weight"]}
    means = {name: total[f"value {name}"] / np.asarray(divisor[hows[name]]) for name in names}
    result = pd.DataFrame(means).reset_index()
    result.attrs["recoding"] = {"codes": int(data[code].nunique()), "units": int(unit.nunique())}
    return result


def dissolve(
    layer: GeoDataFrame, mapping: ComparableCodes, *, vintage: Any, totals: str | Sequence[str] = ()
) -> GeoDataFrame:
    """Join the shapes of a layer to comparable units.

    Parameters
    ----------
    layer : geopandas.GeoDataFrame
        Indexed by code, polygons.
    mapping : ComparableCodes
        From `comparable_codes`.
    vintage : label
        The vintage of the layer's codes.
    totals : str or sequence of str, optional
        Columns of numbers that are added up.

    Returns
    -------
    geopandas.GeoDataFrame
        Indexed by comparable unit, in the order of the layer, in its CRS; decoration rows are left as they
        are and stand at the end. A column of a joined unit keeps the value that all its parts share and is
        otherwise missing; names are joined by " + ". ``attrs["ledger"]`` says what was joined.

    Raises
    ------
    LayerError
        For ids, geometry or coordinates that are not usable, see `check_layer`.
    AlignmentError
        For codes of the layer that are not in the vintage, with the vintage in which they are.
    DataError
        For `totals` that are not there, missing or no numbers.
    OptionError
        For an unknown vintage.

    Warns
    -----
    SpatialfinWarning
        A unit lacks the shape of one of its codes.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatialfin import load_layer
    >>> from spatialfin.codes import comparable_codes, dissolve
    >>> layer = load_layer("china_provinces", units=["500000", "510000", "520000"])
    >>> links = pd.DataFrame({"old": ["510000", "510000", "520000"], "new": ["500000", "510000", "520000"]})
    >>> mapping = comparable_codes(links, from_code="old", to_code="new", vintages=[1996, 1997])
    >>> dissolve(layer, mapping, vintage=1997)["name"].to_dict()
    {'510000': 'Chongqing + Sichuan', '520000': 'Guizhou'}
    """
    import geopandas

    _check_mapping(mapping)
    units = usable_units(layer, polygons=True)
    decoration = layer.loc[~layer.index.isin(units.index)]
    names = check_names("totals", totals) if len(totals) else []
    _check_columns(units, names, "layer")
    sums = {name: numeric_values(units[name], f"column {name!r}") for name in names}
    codes = pd.Series(codes_as_text(units.index))
    label = _found(codes, mapping.lookup(vintage), mapping, str(vintage)).to_numpy()
    several = pd.Series(label).duplicated(keep=False).to_numpy()
    alone = units[~several].set_axis(pd.Index(label[~several]), axis=0)
    joined = geopandas.GeoDataFrame(
        [_joined(units, sums, np.flatnonzero(label == unit)) for unit in dict.fromkeys(label[several])],
        index=pd.Index(list(dict.fromkeys(label[several]))),
        columns=units.columns,
        geometry=units.active_geometry_name,
        crs=units.crs,
    )
    parts = [part for part in (alone, joined) if len(part)]
    whole = pd.concat(parts).loc[list(dict.fromkeys(label))]
    result = pd.concat([whole, decoration]) if len(decoration) else whole
    result = result.rename_axis(index=layer.index.name)
    for column in units.columns.drop(units.active_geometry_name):
        if result[column].notna().all():
            result[column] = result[column].astype(layer[column].dtype)
    result.attrs = {
        **layer.attrs,
        "ledger": [*layer.attrs.get("ledger", []), _told(label, codes, mapping, vintage)],
    }
    _warn_if_cut(label, codes, mapping.lookup(vintage))
    return result


def _joined(units: GeoDataFrame, sums: Mapping[str, np.ndarray], where: np.ndarray) -> dict[str, Any]:
    """One row for the parts of a unit."""
    import shapely

    parts = units.iloc[where]
    row: dict[str, Any] = {units.active_geometry_name: shapely.union_all(parts.geometry.to_numpy())}
    for column in units.columns.drop(units.active_geometry_name):
        distinct = list(dict.fromkeys(parts[column]))
        if column in sums:
            row[column] = float(sums[column][where].sum())
        elif len(distinct) == 1:
            row[column] = distinct[0]
        else:
            named = column in ("name", "name_zh") and parts[column].notna().all()
            row[column] = " + ".join(map(str, distinct)) if named else None
    return row


def _told(label: np.ndarray, codes: pd.Series, mapping: ComparableCodes, vintage: Any) -> str:
    """What was joined, for the ledger."""
    sizes = codes.groupby(label, sort=False).agg(list)
    several = sizes[sizes.map(len) > 1]
    which = "; ".join(f"{unit} from {', '.join(members)}" for unit, members in several.items())
    return (
        f"comparable codes of {', '.join(mapping.vintages)}: {len(codes)} units of {vintage} -> {len(sizes)}"
        f"{f'; joined {which}' if which else ''}"
    )


def _warn_if_cut(label: np.ndarray, codes: pd.Series, lookup: pd.Series) -> None:
    missing = lookup[~lookup.index.isin(codes)]
    cut = missing[missing.isin(set(label))]
    if len(cut):
        named = listed(f"{unit} lacks {code}" for code, unit in cut.items())
        warn_caller(f"The layer does not hold every part of its units: {named}.")


def _check_mapping(mapping: object) -> None:
    if not isinstance(mapping, ComparableCodes):
        raise DataError(f"mapping: what comparable_codes returned is needed, not {type(mapping).__name__}.")


def _check_columns(data: pd.DataFrame, names: Sequence[str], what: str) -> None:
    absent = [name for name in names if name not in data.columns]
    if absent:
        raise DataError(f"{what}: no column {listed(absent)}.{nearest(absent[0], data.columns)}")


def _checked_request(
    data: pd.DataFrame, mapping: ComparableCodes, code: str, columns: Any, by: Any, how: Any, weights: Any
) -> tuple[list[str], list[str], dict[str, str]]:
    """Columns, further keys and the word for each column."""
    check_frame(data)
    _check_mapping(mapping)
    names, keys = check_names("columns", columns), check_names("by", by) if len(by) else []
    _check_columns(data, [code, *names, *keys, *([weights] if weights is not None else [])], "data")
    if not len(data) or not names:
        raise DataError("data: at least one row and one column with values are needed.")
    if set(names) & {code, *keys} or "unit" in {*names, *keys}:
        raise DataError("columns: values are needed, not the code, a key of by= or a column called 'unit'.")
    blank = [key for key in keys if data[key].isna().any()]
    if blank:
        raise DataError(f"by: {listed(blank)} missing in some rows. Give every row its keys.")
    if isinstance(how, Mapping):
        unknown = [name for name in how if name not in names]
        if unknown:
            raise OptionError(f"how: {listed(unknown)} not in columns.{nearest(unknown[0], names)}")
    hows = {name: how.get(name, "sum") if isinstance(how, Mapping) else how for name in names}
    for word in hows.values():
        check_option("how", word, _HOWS)
    chosen = set(how) if isinstance(how, Mapping) else set()
    ratios = [
        name for name in names if hows[name] == "sum" and name not in chosen and _NOT_ADDITIVE.search(name)
    ]
    if ratios:
        raise DataError(
            f"columns: by name {listed(ratios)} cannot be added up. "
            f"Take how={{{ratios[0]!r}: 'weighted-mean'}} with weights=, "
            "bring over numerator and denominator, or say 'sum' for it in how."
        )
    if "weighted-mean" in hows.values() and weights is None:
        raise OptionError("weights: how='weighted-mean' needs the column with the weights.")
    return names, keys, hows


def _checked_weights(data: pd.DataFrame, code: str, weights: str | None) -> np.ndarray:
    if weights is None:
        return np.ones(len(data))
    values = numeric_values(data[weights].set_axis(data[code]), f"weights {weights!r}")
    if (values < 0).any():
        raise DataError(
            f"weights {weights!r}: negative at {listed(data[code][values < 0])}. Correct these rows."
        )
    return values


def _refuse_zero_weights(total: pd.DataFrame, hows: Mapping[str, str]) -> None:
    zero = total.index[total[" weight"] == 0]
    if "weighted-mean" in hows.values() and len(zero):
        raise DataError(f"weights sum to zero in {listed(zero)}. Drop these rows or take other weights.")


def _units_of(data: pd.DataFrame, mapping: ComparableCodes, code: str, vintage: Any) -> pd.Series:
    """The comparable unit of each row, or an error that names the codes of another vintage."""
    codes = pd.Series(codes_as_text(data[code]))
    if codes.isna().any():
        raise DataError(
            f"column {code!r}: {int(codes.isna().sum())} rows have no code. Give every row its code."
        )
    text = codes_as_text([vintage])[0]
    if text in mapping.vintages or text not in data.columns:
        return _found(codes, mapping.lookup(vintage), mapping, str(text))
    eras = pd.Series(codes_as_text(data[text]))
    unknown = eras[~eras.isin(mapping.vintages)].astype(str).unique()
    if len(unknown):
        raise OptionError(f"vintage={vintage!r}: {listed(unknown)} is none of {listed(mapping.vintages)}.")
    parts = [
        _found(codes[eras == era], mapping.lookup(era), mapping, era)
        for era in mapping.vintages
        if (eras == era).any()
    ]
    units: pd.Series = pd.concat(parts).sort_index()
    return units


def _found(codes: pd.Series, lookup: pd.Series, mapping: ComparableCodes, vintage: str) -> pd.Series:
    places = lookup.index.get_indexer(pd.Index(codes))
    strange = codes[places < 0].unique()
    if not len(strange):
        return pd.Series(lookup.to_numpy()[places], index=codes.index)
    others = mapping.table.groupby("code")["vintage"].agg(", ".join)
    told = [f"{code} ({f'of {others[code]}' if code in others else 'of none'})" for code in strange[:5]]
    padded = [code for code in strange if any(("0" * zeros + code) in lookup.index for zeros in (1, 2))]
    hint = " Leading zeros seem to be lost: read codes as text." if padded else ""
    raise AlignmentError(
        f"{len(strange)} codes are not of {vintage}: {', '.join(told)}"
        f"{f' and {len(strange) - 5} more' if len(strange) > 5 else ''}.{hint} "
        "Say the right vintage, row by row where they are mixed, or add the codes to the links."
    )
