"""Shipped tables with their sources and caveats, and the report of a sample."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ._errors import AlignmentError, DataError, OptionError, listed, nearest
from ._paths import shipped_data
from ._validate import check_frame

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

__all__ = ["SampleReport", "dataset_names", "load_dataset", "sample_report"]

_PANEL = "china_finance_2002_2011"
_PANEL_VARIABLES = {"finance_value_added": "finance", "tertiary_value_added": "tertiary", "gdp": "gdp"}
_CENSUS = "population_census_1nov"
_YUAN = 1e8  # money is in 100 million yuan


@cache
def _metadata() -> dict[str, Any]:
    return tomllib.loads(shipped_data("datasets.toml").read_text(encoding="utf-8"))


def dataset_names() -> tuple[str, ...]:
    """Names of the shipped tables.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> dataset_names()[0]
    'china_finance_2002_2011'
    """
    return tuple(name for name in _metadata() if name != "suspicious")


def load_dataset(name: str) -> pd.DataFrame:
    """Load a shipped table, with its sources and caveats in ``attrs``.

    Parameters
    ----------
    name : str
        One of `dataset_names`. ``china_finance_2002_2011`` is the main one: 31 provinces by 10 years with the
        columns ``code``, ``name``, ``year``, ``finance``, ``tertiary``, ``gdp`` (100 million yuan at current
        prices), ``population`` (persons on 1 November), ``population_interpolated`` and ``gdp_pc`` (yuan per
        person).

    Returns
    -------
    pandas.DataFrame
        A fresh table. Codes are text. ``attrs`` holds ``name``, ``title``, ``source``, ``caveats`` (list of
        text), ``units`` (column -> unit), ``tiers`` (variable -> 1 official page, 2 copy of a named official
        document, 3 secondary copy; the weakest of its rows; empty for figures from papers) and
        ``suspicious`` (list of dicts code, name, year, variable, reason: cells left as the source has them).

    Raises
    ------
    OptionError
        There is no such table.

    Notes
    -----
    Population between the censuses of 1 November 2000 and 1 November 2010 is
    ``census2000 ** (1 - w) * census2010 ** w`` with ``w = (year - 2000) / 10``, flagged in
    ``population_interpolated``; 2010 is the census, and there is none after it. Nothing else is computed but
    ``gdp_pc = gdp * 10**8 / population``: missing stays missing.

    Examples
    --------
    >>> panel = load_dataset("china_finance_2002_2011")
    >>> panel.shape
    (310, 9)
    >>> panel.attrs["units"]["gdp_pc"]
    'yuan per person, current prices'
    """
    valid = dataset_names()
    if name not in valid:
        raise OptionError(f"There is no table {name!r}.{nearest(name, valid)} Shipped: {', '.join(valid)}.")
    table = _finance_panel() if name == _PANEL else _read(name)
    facts = _metadata()[name]
    table.attrs = {
        "name": name,
        "title": facts["title"],
        "source": facts["source"],
        "caveats": list(facts["caveats"]),
        "units": dict(facts["units"]),
        "tiers": dict(facts["tiers"]) if "tiers" in facts else _weakest_tiers(table),
        "suspicious": _suspicious(table, _PANEL_VARIABLES if name == _PANEL else None),
    }
    return table


def _read(name: str) -> pd.DataFrame:
    import pandas as pd

    return pd.read_csv(shipped_data(f"{name}.csv"), dtype={"code": "str"}, encoding="utf-8")


def _weakest_tiers(table: pd.DataFrame) -> dict[str, int]:
    if "tier" not in table.columns:
        return {}
    return {str(name): int(tier) for name, tier in table.groupby("variable")["tier"].max().items()}


def _suspicious(table: pd.DataFrame, columns: dict[str, str] | None) -> list[dict[str, Any]]:
    """The suspicious cells of a long table, or of a wide one whose `columns` map variables to columns."""
    if not {"code", "year"} <= set(table.columns) or not (columns or "variable" in table.columns):
        return []
    known = columns if columns else {str(variable): str(variable) for variable in table["variable"].unique()}
    names = dict(zip(table["code"], table["name"], strict=True))
    return [
        {
            "code": code,
            "name": names[code],
            "year": entry["year"],
            "variable": known[entry["variable"]],
            "reason": entry["reason"],
        }
        for entry in _metadata()["suspicious"]
        if entry["variable"] in known
        for code in entry["codes"]
    ]


def _finance_panel() -> pd.DataFrame:
    """The panel of finance, tertiary industry, GDP and population, sorted by code and year."""
    long = _read("china_provinces_official")
    values = long.pivot(index=["code", "name", "year"], columns="variable", values="value")
    panel = values[list(_PANEL_VARIABLES)].rename(columns=_PANEL_VARIABLES).dropna(how="all").reset_index()
    panel = panel.rename_axis(columns=None).sort_values(["code", "year"], ignore_index=True)
    census = long[long["variable"] == _CENSUS].pivot(index="code", columns="year", values="value")
    start, end = (panel["code"].map(census[year]) for year in (2000, 2010))
    weight = (panel["year"] - 2000) / 10
    panel["population"] = (start ** (1 - weight) * end**weight).where(panel["year"] < 2010)
    panel["population"] = panel["population"].fillna(end.where(panel["year"] == 2010))
    panel["population_interpolated"] = panel["population"].notna() & (panel["year"] < 2010)
    panel["gdp_pc"] = panel["gdp"] * _YUAN / panel["population"]
    return panel


@dataclass(frozen=True, slots=True)
class SampleReport:
    """Which units a sample keeps, and why the others are dropped.

    Attributes
    ----------
    kept : pandas.Index
        Units that are on both sides, with a complete row in every period; in the order of `units`.
    dropped : pandas.DataFrame
        Columns ``unit`` and ``reason``, one row per dropped unit.
    n_periods : int
        Number of periods in the data; 1 when there is no time.
    """

    kept: pd.Index
    dropped: pd.DataFrame
    n_periods: int = 1

    def __repr__(self) -> str:
        periods = f" in each of {self.n_periods} periods" if self.n_periods > 1 else ""
        head = f"Sample: {len(self.kept)} units kept{periods}, {len(self.dropped)} dropped."
        lines = [f"  {row.unit}: {row.reason}" for row in self.dropped.itertuples()]
        return "\n".join([head, *lines])


def sample_report(
    data: pd.DataFrame,
    units: Any,
    *,
    unit: str,
    time: str | None = None,
    columns: Iterable[str] | None = None,
) -> SampleReport:
    """Say which units of a table and a layer (or weights) make up the sample, and why others do not.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per unit (and period).
    units : GeoDataFrame, SpatialWeights or list
        The units the study is about: a layer, weights, or their codes.
    unit, time : str
        Columns or index levels of `data` that hold the unit and the period; `time` is optional.
    columns : list of str, optional
        The columns that must not be missing; by default every numeric column but the keys.

    Returns
    -------
    SampleReport

    Raises
    ------
    DataError
        A column is not there, or a unit (and period) has several rows.
    AlignmentError
        The table and `units` have no unit in common.

    Examples
    --------
    >>> panel = load_dataset("china_finance_2002_2011").query("year == 2010")
    >>> sample_report(panel, [*panel["code"], "810000"], unit="code")
    Sample: 31 units kept, 1 dropped.
      810000: no row in the data
    """
    table = _with_keys(data, [unit, *([time] if time else [])])
    wanted = _unit_labels(units)
    checked = _checked_columns(table, columns, {unit, time})
    periods = sorted(table[time].unique()) if time else []
    found = dict(list(table.groupby(unit, sort=False)))
    if not set(found) & set(wanted):
        raise AlignmentError(
            f"No unit of {unit!r} ({listed(found)}) is among the units ({listed(wanted)}). "
            "Codes are text: compare the types, or match names with match_units()."
        )
    reasons: dict[Any, str] = {}
    known = set(wanted)
    for label in dict.fromkeys([*wanted, *found]):
        rows = found.get(label)
        if label not in known:
            reasons[label] = "not among the units of the layer"
        elif rows is None:
            reasons[label] = "no row in the data"
        elif why := _gaps(rows, checked, time, periods):
            reasons[label] = why
    return _report(wanted, reasons, max(len(periods), 1))


def _report(wanted: list[Any], reasons: dict[Any, str], n_periods: int) -> SampleReport:
    import pandas as pd

    dropped = pd.DataFrame({"unit": list(reasons), "reason": list(reasons.values())}, dtype="str")
    return SampleReport(pd.Index([label for label in wanted if label not in reasons]), dropped, n_periods)


def _gaps(rows: pd.DataFrame, columns: list[str], time: str | None, periods: list[Any]) -> str:
    """What is missing in the rows of one unit, in words; empty when nothing is."""
    parts = []
    if time and (absent := [str(period) for period in periods if period not in set(rows[time])]):
        parts.append(f"no row for {', '.join(absent)}")
    for column in columns:
        blank = rows[column].isna()
        if blank.any():
            when = ", ".join(str(period) for period in sorted(rows.loc[blank, time])) if time else ""
            parts.append(f"{column} missing in {when}" if when else f"{column} missing")
    return "; ".join(parts)


def _with_keys(data: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The table with its keys as columns, or an error that names what is wrong with them."""
    check_frame(data)
    levels = [name for name in data.index.names if name in keys and name not in data.columns]
    table = data.reset_index(level=levels) if levels else data
    for key in keys:
        if key not in table.columns:
            raise DataError(f"The data have no column or index level {key!r}.{nearest(key, table.columns)}")
        if table[key].isna().any():
            raise DataError(f"{int(table[key].isna().sum())} rows have no {key!r}. Fill it in or drop them.")
    repeated = table.loc[table.duplicated(keys), keys]
    if len(repeated):
        labels = [" ".join(str(part) for part in row) for row in repeated.itertuples(index=False)]
        raise DataError(f"Several rows for {listed(dict.fromkeys(labels))}. Keep one, or name the time.")
    return table


def _unit_labels(units: Any) -> list[Any]:
    import pandas as pd

    if hasattr(units, "ids"):
        return list(units.ids)
    if isinstance(units, pd.DataFrame):
        tagged = units["decoration"].astype(bool) if "decoration" in units.columns else None
        return list(units.index if tagged is None else units.index[~tagged])
    if isinstance(units, str) or not pd.api.types.is_list_like(units):
        raise DataError(f"units={units!r}: weights, a layer or a list of codes is needed.")
    return list(units)


def _checked_columns(table: pd.DataFrame, columns: Iterable[str] | None, keys: set[str | None]) -> list[str]:
    if columns is None:
        return [str(name) for name in table.select_dtypes("number").columns if name not in keys]
    chosen = list(columns)
    unknown = [name for name in chosen if name not in table.columns]
    if unknown:
        raise DataError(f"The data have no column {listed(unknown)}.{nearest(unknown[0], table.columns)}")
    return chosen
