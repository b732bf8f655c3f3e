"""The provincial study: finance on strategic emerging industries, pooled least squares without W."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from .._errors import DataError, listed
from .._validate import check_frame, numeric_values
from ..models import ModelResult, fit_panel
from ..tables import Table
from ._printed import provincial_fit_table, provincial_variable_table

__all__ = ["ProvincialStudy", "provincial_study"]

FORMULAS = (
    "fin ~ log(turnover) + log(human) + log(patent) + open",
    "fin ~ num + turnover",
)
_VARIABLES = ("fin", "turnover", "num", "patent", "human", "open")
_POSITIVE = ("turnover", "patent", "human")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ProvincialStudy:
    """Two regressions of financial agglomeration.

    Attributes
    ----------
    fits : tuple of ModelResult
        Column 1 (logs of turnover, human and patent, open) and column 2 (num and turnover).
    simulated : bool
        Whether the data say that they are simulated.
    """

    fits: tuple[ModelResult, ...]
    simulated: bool

    def __repr__(self) -> str:
        return "\n\n".join(repr(table) for table in self.tables.values())

    @property
    def tables(self) -> dict[str, Table]:
        """``variables`` (what they mean, and units) and ``regressions`` (t statistics in parentheses)."""
        return {
            "variables": provincial_variable_table(),
            "regressions": provincial_fit_table(self.fits, simulated=self.simulated),
        }


def provincial_study(data: pd.DataFrame, *, unit: str = "code", time: str = "year") -> ProvincialStudy:
    """Regress financial agglomeration of provinces on strategic emerging industries, pooled, without W.

    Parameters
    ----------
    data : DataFrame
        One row per province and year with ``fin``, ``turnover``, ``num``, ``patent``, ``human``, ``open``,
        as `spatialfin.simulate.finance_provinces` draws them.
    unit, time : str
        Columns of the province and the year.

    Returns
    -------
    ProvincialStudy

    Raises
    ------
    DataError
        A column is missing, or not positive where its log is taken.

    Notes
    -----
    ``fin = b0 + b1 log(turnover) + b2 log(human) + b3 log(patent) + b4 open + e`` and
    ``fin = b0 + b1 num + b2 turnover + e`` by least squares on all rows [1]_, with classical standard errors.

    References
    ----------
    .. [1] Chen. Strategic Emerging Industries and Financial Clustering, Table 2.

    Examples
    --------
    >>> import spatialfin as sf
    >>> study = sf.clustering.provincial_study(sf.simulate.finance_provinces())
    >>> study.fits[1].params.index.tolist()
    ['Intercept', 'num', 'turnover']
    """
    check_frame(data)
    absent = [name for name in (unit, time, *_VARIABLES) if name not in data]
    if absent:
        raise DataError(f"data: no columns {listed(absent)}. Rename yours to these.")
    labelled = data.set_index([unit, time])
    low = [name for name in _POSITIVE if (numeric_values(labelled[name], name) <= 0).any()]
    if low:
        raise DataError(f"data: {listed(low)} must be positive, for their logs. Correct or drop these rows.")
    fits = tuple(_fitted(data, unit, time))
    return ProvincialStudy(fits, bool(data.attrs.get("simulated", False)))


def _fitted(data: pd.DataFrame, unit: str, time: str) -> Iterator[ModelResult]:
    for formula in FORMULAS:
        yield fit_panel(formula, data, None, unit=unit, time=time, model="ols", effects="pooled")
