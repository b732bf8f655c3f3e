"""Cell totals of firm records, by the same expressions on every kind of data frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from .._errors import DataError, OptionError, listed, raise_all, warn_caller
from .._validate import check_names, check_option
from . import codes as rules
from .expressions import (
    Overview,
    as_lazy,
    check_columns,
    code_of_length,
    collected,
    grouped,
    look_over,
    refuse_duplicates,
    selected,
    with_prefixes,
)
from .files import read_firms, told_by_name
from .locate import POINTS_CRS, locate
from .ranks import Statistic, ordered_statistic, parse_statistics

if TYPE_CHECKING:
    import narwhals as nw
    from geopandas import GeoDataFrame

__all__ = ["FirmCells", "firm_cells"]

UnitLevel = Literal["township", "county", "prefecture", "province"]
Vintage = Literal["1994", "2002", "2011", "2017"]
Negative = Literal["error", "keep", "exclude"]

_NO_KEY = {"region": "no region code", "industry": "no industry code", "year": "no year"}
_LOCATED = "__region"


@dataclass(frozen=True, slots=True)
class _Request:
    """Which columns play which part, and what is asked of them."""

    keys: dict[str, str]
    values: list[str]
    firm: str | None
    unit_level: str | None
    industry_level: int | None
    statistics: list[Statistic]
    negative: str
    vintage: str | None

    @property
    def columns(self) -> list[str]:
        """Every column that is read, once."""
        firm = [] if self.firm is None else [self.firm]
        return list(dict.fromkeys([*self.keys.values(), *firm, *self.values]))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FirmCells:
    """Totals by cell, and what is in none.

    Attributes
    ----------
    table : DataFrame
        One row per cell, sorted by its keys: ``region``, ``industry`` and ``year`` as far as asked for,
        ``firms`` (number of rows) and one column per value and statistic.
    left_out : DataFrame
        Rows of firms in no cell: ``reason``, ``firms`` and the sums of the values.
    outside : DataFrame
        Every firm outside all polygons of the layer: its longitude, latitude, other keys and values.
    missing : dict of str to int
        Values that are missing in firms of any cell or none, by column.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame
    outside: pd.DataFrame
    missing: dict[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        lines = [f"{len(self.table)} cells of {int(self.table['firms'].sum())} firms"]
        lines += [f"  left out: {row.firms} firms, {row.reason}" for row in self.left_out.itertuples()]
        lines += [f"  missing: {count} values of {name}" for name, count in self.missing.items() if count]
        return "\n".join(lines)


def firm_cells(
    firms: Any,
    *,
    region: str | None = None,
    industry: str | None = None,
    year: str | None = None,
    values: str | Iterable[str] = (),
    unit_level: UnitLevel | None = "county",
    industry_level: int | None = 2,
    statistics: str | Iterable[str] = ("sum",),
    firm: str | None = None,
    negative: Negative = "error",
    vintage: Vintage | None = None,
    layer: GeoDataFrame | None = None,
    longitude: str | None = None,
    latitude: str | None = None,
    points_crs: str = POINTS_CRS,
) -> FirmCells:
    """Totals of firm records by region, industry and year, from any data frame or file.

    Parameters
    ----------
    firms : data frame or path
        One row per firm (and year): pandas, polars (eager or lazy), pyarrow, a DuckDB relation, Dask or
        PySpark; or the path of a Parquet, CSV or Stata file, which is read as `read_firms` does.
    region : str, optional
        Column with codes of GB/T 2260 as text. Either this or `layer`.
    industry, year : str, optional
        Columns with codes of GB/T 4754 as text and with the year (a number, or text of four digits); without
        them cells are not divided by it.
    values : str or list of str
        Columns of numbers to sum: output, assets, employment, ... Without any, firms are only counted.
    unit_level : "township", "county", "prefecture", "province" or None
        Level of the regions, taken from the first 9, 6, 4 or 2 digits. None takes codes as they are.
    industry_level : 2, 3, 4 or None
        Digits of the industries. None takes codes as they are.
    statistics : str or list of str
        ``"sum"`` (column named as the value), ``"mean"``, ``"min"``, ``"max"``, ``"median"``, percentiles
        ``"p1"`` to ``"p99"``, and ``"top3_share"`` (share of the three largest firms; any number); their
        columns are named ``output_p5`` and so on.
    firm : str, optional
        Column that names the firm: several rows of one firm (and year) are then refused.
    negative : "error", "keep" or "exclude"
        What to do with negative values. ``"exclude"`` leaves out firms with any, and counts them.
    vintage : "1994", "2002", "2011" or "2017", optional
        Edition of GB/T 4754 of the codes; divisions that it does not have are refused. Where you have the
        lists of codes, ``vintage_of`` of `spatialfin.codes.ComparableCodes` finds it.
    layer : GeoDataFrame, optional
        Polygons indexed by unit code: firms are put in the polygon that covers them.
    longitude, latitude : str, optional
        Columns with the coordinates of the firms, for `layer`.
    points_crs : str
        Coordinate system of these columns.

    Returns
    -------
    FirmCells
        ``table`` with the cells, ``left_out`` and ``outside`` with what is in none.

    Raises
    ------
    DataError
        Unknown or repeated columns, values named as other columns of the cells, numbers where codes are text,
        years that are none, codes that do not fit the level or the edition, text or infinite numbers among
        the values, negative values, duplicate rows of a firm, swapped coordinates, too little memory for
        DuckDB.
    LayerError
        The layer cannot be used.
    OptionError
        A level, statistic or policy that is not there.

    Warns
    -----
    SpatialfinWarning
        Firms are in no cell: their code is missing, or they lie outside every polygon.

    Notes
    -----
    The expressions are those of narwhals, so the frame's own engine does the work, and only the cells come
    back; of pandas frames only the distinct codes are cut and compared, and firms are summed by their places
    among these. Numbers of firms are exact and the same everywhere; sums are made in float64 (whole numbers
    below 2**53 are exact), and engines that add in another order differ in the last digits. Missing values
    are skipped and counted; a cell without any value is NaN.

    Median, percentiles and shares of the largest are exact as well, not approximate: the keys and one value
    of every firm are collected for them (some 40 bytes per firm and value). Percentiles are interpolated,
    ``x[k] + (h - k) (x[k+1] - x[k])`` with ``h = p (n - 1)``. With a layer, the coordinates, keys and values
    are collected too, and points are joined in chunks; a point on a border belongs to the polygon with the
    smallest code.

    Six digits of a county do not always hold its prefecture: counties directly under a province (4290xx,
    4690xx, 6590xx) form one unit 429000 and so on. To place them otherwise, map codes by the column
    ``prefecture`` of ``load_layer("china_counties")``.

    Examples
    --------
    >>> import pandas as pd
    >>> firms = pd.DataFrame({
    ...     "county": ["110101", "110102", "120101", "120101"],
    ...     "industry": ["1711", "1712", "1711", "1810"],
    ...     "output": [5.0, 7.0, 1.0, 2.0],
    ... })
    >>> cells = firm_cells(
    ...     firms, region="county", industry="industry", values="output", unit_level="province"
    ... )
    >>> cells.table
       region industry  firms  output
    0  110000       17      2    12.0
    1  120000       17      1     1.0
    2  120000       18      1     2.0
    """
    rules.check_levels(unit_level, industry_level, vintage)
    check_option("negative", negative, ("error", "keep", "exclude"))
    _check_place(region, layer, longitude, latitude)
    keys = {"region": region, "industry": industry, "year": year}
    request = _Request(
        keys={name: column for name, column in keys.items() if column is not None},
        values=list(dict.fromkeys(check_names("values", values))),
        firm=firm,
        unit_level=unit_level,
        industry_level=industry_level,
        statistics=parse_statistics(statistics),
        negative=negative,
        vintage=vintage,
    )
    _check_results(request)
    coordinates = [name for name in (longitude, latitude) if name is not None]
    with told_by_name(firms):
        frame = as_lazy(_opened(firms, request, coordinates) if isinstance(firms, str | Path) else firms)
        if layer is None:
            return _cells(frame, request, pd.DataFrame(), {})
        return _cells(*_located(frame, request, layer, coordinates, points_crs))


def _located(
    frame: nw.LazyFrame[Any], request: _Request, layer: GeoDataFrame, coordinates: list[str], crs: str
) -> tuple[nw.LazyFrame[Any], _Request, pd.DataFrame, dict[str, pd.DataFrame]]:
    """What `_cells` needs of firms whose region is the polygon that covers them."""
    check_columns(frame, [*coordinates, *request.columns], numbers=coordinates)
    longitude, latitude = coordinates
    located = locate(frame, layer, longitude=longitude, latitude=latitude, columns=request.columns, crs=crs)
    if request.firm is not None:
        # Also of firms outside, so that no firm counts once here and once there.
        rows = selected(as_lazy(located), request.keys, [], request.firm)
        refuse_duplicates(rows, has_year="year" in request.keys, firm=request.firm)
    lost = located[_LOCATED].isna()
    blank = located[coordinates].isna().any(axis=1)
    outside = located[lost & ~blank].drop(columns=_LOCATED).reset_index(drop=True)
    return (
        as_lazy(located[~lost]),
        replace(request, keys={"region": _LOCATED, **request.keys}, unit_level=None),
        outside,
        {"outside every polygon": outside, "no coordinates": located[blank]},
    )


def _check_results(request: _Request) -> None:
    """Refuse values whose columns of results would take the place of others."""
    keys = ["region", *request.keys, "firms"]
    names = [s.column(value) for value in request.values for s in request.statistics]
    taken = [name for place, name in enumerate(names) if name in keys or name in names[:place]]
    if taken:
        raise DataError(
            f"firms: two columns of the cells would be called {listed(dict.fromkeys(taken))}. Rename the "
            "columns of these values."
        )


def _check_place(region: object, layer: object, longitude: object, latitude: object) -> None:
    """Refuse anything but a column of codes, or a layer with both coordinates."""
    if region is not None and layer is None and longitude is None and latitude is None:
        return
    if region is None and layer is not None and longitude is not None and latitude is not None:
        return
    raise OptionError("Give region= (a column of codes), or layer= with longitude= and latitude=; not both.")


def _opened(path: str | Path, request: _Request, coordinates: list[str]) -> Any:
    """The needed columns of a file, codes as text."""
    codes = [request.keys[name] for name in ("region", "industry") if name in request.keys]
    columns = list(dict.fromkeys([*request.columns, *coordinates]))
    return read_firms(
        path, codes=dict.fromkeys(codes), columns=columns, numbers=[*request.values, *coordinates]
    )


def _cells(
    frame: nw.LazyFrame[Any], request: _Request, outside: pd.DataFrame, unplaced: dict[str, pd.DataFrame]
) -> FirmCells:
    """The cells of firms whose region is a column."""
    texts = [request.keys[name] for name in ("region", "industry") if name in request.keys]
    check_columns(frame, request.columns, texts=texts, numbers=request.values)
    rows = selected(frame, request.keys, request.values, request.firm)
    overview = look_over(rows, request.keys, len(request.values))
    _check_lengths(rows, overview, request)
    _check_negative(overview, request)
    if request.firm is not None:
        refuse_duplicates(rows, has_year="year" in request.keys, firm=request.firm)
    prefixes = {
        "region": rules.UNIT_DIGITS.get(request.unit_level or ""),
        "industry": request.industry_level,
    }
    kept, left_out = _without_negative(rows, request, overview)
    kept = with_prefixes(kept, request.keys, prefixes, overview.lengths)
    raw = grouped(kept, request.keys, overview, request.statistics)
    table, keyless = _split(raw, request)
    problems = rules.code_faults(
        table["region"],
        table.get("industry"),
        unit_level=request.unit_level,
        level=request.industry_level,
        vintage=request.vintage,
    )
    raise_all(problems, DataError, "firms")
    _refuse_infinite(raw, request)
    left_out = pd.concat(
        [keyless, left_out, *(_left(reason, rows_, request) for reason, rows_ in unplaced.items())]
    )
    left_out = left_out[left_out["firms"] > 0].reset_index(drop=True)
    _warn(left_out, overview.firms + sum(map(len, unplaced.values())))
    table = _finished(table, kept, request)
    missing = {
        name: overview.firms - count for name, count in zip(request.values, overview.counts, strict=True)
    }
    return FirmCells(table, left_out, outside, missing)


def _check_lengths(rows: nw.LazyFrame[Any], overview: Overview, request: _Request) -> None:
    problems = []
    if "region" in request.keys:
        problems.append(
            rules.region_length_fault(
                request.keys["region"],
                overview.lengths["region"],
                unit_level=request.unit_level,
                example=partial(code_of_length, rows, "region"),
            )
        )
    if "industry" in request.keys:
        problems.append(
            rules.industry_length_fault(
                request.keys["industry"],
                overview.lengths["industry"],
                level=request.industry_level,
                example=partial(code_of_length, rows, "industry"),
            )
        )
    raise_all([problem for problem in problems if problem], DataError, "firms")


def _check_negative(overview: Overview, request: _Request) -> None:
    below = [name for name, least in zip(request.values, overview.least, strict=True) if least < 0]
    shares = [statistic.word for statistic in request.statistics if statistic.largest is not None]
    problems = []
    if below and request.negative == "error":
        problems.append(
            f"negative values in {listed(below)}. Correct them, or say negative='keep' or negative='exclude'"
        )
    if below and request.negative == "keep" and shares:
        problems.append(f"{listed(shares)} is no share when values are negative ({listed(below)})")
    raise_all(problems, DataError, "firms")


def _without_negative(
    rows: nw.LazyFrame[Any], request: _Request, overview: Overview
) -> tuple[nw.LazyFrame[Any], pd.DataFrame]:
    """The firms that are kept, and the totals of those that negative values exclude."""
    import narwhals as nw

    below = [f"value{number}" for number, least in enumerate(overview.least) if least < 0]
    if request.negative != "exclude" or not below:
        return rows, _left("", pd.DataFrame(), request)
    is_below = nw.any_horizontal(*(nw.col(name) < 0 for name in below), ignore_nulls=True)
    values = [f"value{number}" for number in range(len(request.values))]
    out = rows.filter(is_below).with_columns(one=nw.lit(1))
    totals = collected(out.select(nw.col("one").count(), *(nw.col(name).sum() for name in values)))
    sums = totals[values].set_axis(request.values, axis="columns")
    left = pd.concat(
        [pd.DataFrame({"reason": ["negative values"], "firms": totals["one"].astype("int64")}), sums], axis=1
    )
    return rows.filter(~is_below), left


def _left(reason: str, rows: pd.DataFrame, request: _Request) -> pd.DataFrame:
    """Rows of the caller's columns as one row of what is left out."""
    sums = {name: [float(rows[name].sum()) if len(rows) else 0.0] for name in request.values}
    return pd.DataFrame({"reason": pd.Series([reason], dtype="str"), "firms": [len(rows)], **sums})


def _split(raw: pd.DataFrame, request: _Request) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells with every key, and the totals of firms whose key is missing, by the first that is."""
    reason = pd.Series("", index=raw.index, dtype="str")
    for key in reversed(list(request.keys)):
        absent = raw[key].isna() | (raw[key] == "")
        reason = reason.mask(absent, _NO_KEY[key])
    inner = [f"value{number}" for number in range(len(request.values))]
    lost = reason != ""
    keyless = raw[lost].assign(reason=reason[lost]).groupby("reason")[["firms", *inner]].sum().reset_index()
    keyless.columns = pd.Index(["reason", "firms", *request.values])
    cells = raw[~lost].reset_index(drop=True)
    for key in request.keys:
        cells[key] = rules.whole_years(cells[key]) if key == "year" else cells[key].astype("str")
    cells["region"] = rules.region_codes(cells["region"], request.unit_level)
    return cells, keyless


def _refuse_infinite(raw: pd.DataFrame, request: _Request) -> None:
    names = [
        name
        for number, name in enumerate(request.values)
        if raw[f"value{number}"].abs().eq(float("inf")).any()
    ]
    if names:
        raise DataError(f"firms: infinite values in {listed(names)}. Correct them or set them missing.")


def _warn(left_out: pd.DataFrame, firms: int) -> None:
    told = [f"{row.firms} ({row.reason})" for row in left_out.itertuples() if row.reason != "negative values"]
    if told:
        warn_caller(f"Of {firms} firms these are in no cell: {', '.join(told)}. See left_out.")


def _finished(cells: pd.DataFrame, kept: nw.LazyFrame[Any], request: _Request) -> pd.DataFrame:
    """The keys, the number of firms, and every value by its statistics under the caller's names."""
    table = cells[[*request.keys, "firms"]].copy()
    ordered = any(statistic.needs_every_firm for statistic in request.statistics)
    for number, name in enumerate(request.values):
        counts = cells[f"count{number}"]
        plain = {"sum": cells[f"value{number}"].astype("float64").where(counts > 0)}
        plain["mean"] = plain["sum"] / counts.where(counts > 0)
        every = _every_firm(kept, request, number, cells) if ordered else None
        for statistic in request.statistics:
            if every is not None and statistic.needs_every_firm:
                values, place = every
                table[statistic.column(name)] = ordered_statistic(statistic, values, place, len(cells))
            elif statistic.word in plain:
                table[statistic.column(name)] = plain[statistic.word]
            else:
                table[statistic.column(name)] = cells[f"{statistic.word}{number}"].astype("float64")
    return table


def _every_firm(
    kept: nw.LazyFrame[Any], request: _Request, number: int, cells: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """One value of every firm, and the row of its cell."""
    keys = list(request.keys)
    rows = collected(kept.select(*keys, f"value{number}")).dropna()
    texts = [key for key in keys if key != "year"]
    rows[texts] = rows[texts].astype("str")
    rows["region"] = rules.region_codes(rows["region"], request.unit_level)
    if "year" in request.keys:
        rows = rows[rows["year"] != ""].assign(year=lambda known: rules.whole_years(known["year"]))
    places = pd.MultiIndex.from_frame(cells[keys]).get_indexer(pd.MultiIndex.from_frame(rows[keys]))
    inside = places >= 0
    return rows[f"value{number}"].to_numpy(dtype=float)[inside], places[inside]
