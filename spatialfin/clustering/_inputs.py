"""Firm rows as the study needs them: its own column names, codes as text, numbers as numbers, two years."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from .._errors import DataError, OptionError, listed, nearest
from .._validate import check_frame, check_mapping
from ..firms import read_firms
from ..firms.expressions import as_lazy, check_columns, collected, refuse_duplicates
from ..firms.files import told_by_name

KEYS = ("firm", "year", "county", "industry")
SIZES = ("assets", "employment", "output")
VALUES = (
    "output", "value_added", "assets", "fixed_assets", "debt", "receivable", "payable", "export",
    "employment", "age", "private_share", "hmt_share", "foreign_share",
)  # fmt: skip
OPTIONAL = ("value_added2",)
SIMULATED = "simulated"  # a column that simulated firms carry
_CODES = ("county", "industry")


def firm_rows(firms: Any, columns: Mapping[str, str] | None, needed: tuple[str, ...]) -> pd.DataFrame:
    """The columns of the study in memory, under its names; one row per firm and year."""
    check_mapping("columns", columns)
    theirs = dict(columns or {})
    strange = [name for name in theirs if name not in (*KEYS, *VALUES, *OPTIONAL)]
    if strange:
        raise OptionError(
            f"columns: {listed(strange)} are no columns of the study.{nearest(strange[0], [*KEYS, *VALUES])}"
        )
    with told_by_name(firms):
        if isinstance(firms, str | Path):
            firms = read_firms(
                firms,
                codes=dict.fromkeys(theirs.get(name, name) for name in _CODES),
                numbers=[theirs.get(name, name) for name in needed if name not in KEYS],
            )
        frame = as_lazy(firms)
        there = frame.collect_schema()
        wanted = {name: theirs.get(name, name) for name in needed}
        wanted |= {name: theirs.get(name, name) for name in OPTIONAL if theirs.get(name, name) in there}
        texts = [wanted[name] for name in _CODES if name in wanted]
        numbers = [column for name, column in wanted.items() if name not in KEYS]
        check_columns(frame, wanted.values(), texts=texts, numbers=numbers)
        import narwhals as nw

        chosen = frame.select(
            *(nw.col(column).alias(name) for name, column in wanted.items()),
            *([nw.col(SIMULATED)] if SIMULATED in there else []),
        )
        refuse_duplicates(chosen, has_year=True, firm="firm")
        rows = collected(chosen)
    is_simulated = bool(rows[SIMULATED].any()) if SIMULATED in rows else False
    rows = rows.drop(columns=SIMULATED, errors="ignore")
    rows.attrs = {SIMULATED: is_simulated}
    return rows


def two_years(data: pd.DataFrame, what: str) -> tuple[int, int]:
    """The two years of a table, the earlier first."""
    if not pd.api.types.is_numeric_dtype(data["year"]):
        raise DataError(f"{what}: years are whole numbers, not values of type {data['year'].dtype}.")
    years = sorted(data["year"].dropna().unique())
    if len(years) != 2 or data["year"].isna().any():
        missing = " and rows without a year" if data["year"].isna().any() else ""
        raise DataError(
            f"{what}: two years are compared, and there {'is' if len(years) == 1 else 'are'} "
            f"{listed(years) or 'none'}{missing}. Give the rows of exactly two years."
        )
    if any(int(year) != year for year in years):
        raise DataError(f"{what}: years are whole numbers, not {listed(years)}.")
    return int(years[0]), int(years[1])


def check_made_by(data: object, what: str, columns: tuple[str, ...], maker: str) -> None:
    """Refuse a table that lacks columns which another function of the study makes."""
    check_frame(data, what)
    assert isinstance(data, pd.DataFrame)  # noqa: S101  for the type checker; check_frame has refused the rest
    absent = [name for name in columns if name not in data]
    if absent:
        raise DataError(f"{what}: no columns {listed(absent)}. Give what {maker} returned.")
