"""The periods that lags in a formula leave to a panel."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from .._errors import DataError, listed, warn_caller
from ..panel import KeyedPanel
from .expressions import Expression
from .formula import Terms


def with_history(panel: KeyedPanel, terms: Terms, *, effects: str, dynamic: bool = False) -> KeyedPanel:
    """The panel without the first periods, which only give the earlier values that its terms read.

    Parameters
    ----------
    panel : KeyedPanel
        All periods.
    terms : Terms
    effects : str
    dynamic : bool
        Whether the outcome of the period before is needed too.

    Returns
    -------
    KeyedPanel
        `panel` itself where nothing reads an earlier period.

    Raises
    ------
    DataError
        When there are too few periods, they are not evenly spaced, or rows are missing.
    """
    lagged = lagged_outcomes(terms.expressions, terms.outcome)
    needed = terms.periods_before
    if dynamic:
        outcome = terms.expressions[terms.outcome]
        needed = max([needed, *(1 + steps for steps in (0, *_steps(outcome)))])
    if not needed:
        return panel
    if panel.places is not None:
        raise DataError(
            f"The formula {terms.formula!r} reads earlier periods, for which every unit needs a row in every "
            "period. Add lagged columns to the data, or take the units and periods that are complete."
        )
    if needed >= len(panel.times):
        raise DataError(
            f"The formula {terms.formula!r} reads {needed} periods before each, and there are "
            f"{len(panel.times)} periods in all. Take shorter lags or more periods."
        )
    _check_even(panel.times)
    if lagged and effects not in {"pooled", "time"}:
        warn_caller(
            f"{listed(lagged)}: an earlier outcome among the regressors. With effects={effects!r} "
            "its coefficient is biased by an order of 1/T, and impacts and standard errors take it as given. "
            "lags=('y',) is the dynamic model with the bias correction."
        )
    return panel.later(needed)


def lagged_outcomes(expressions: Mapping[str, Expression], outcome: str) -> list[str]:
    """Terms that read a column of the outcome in an earlier period."""
    columns = set(expressions[outcome].sources)
    return [
        text
        for text, expression in expressions.items()
        if text != outcome and any(column in columns for column, _ in expression.past.values())
    ]


def _steps(expression: Expression) -> list[int]:
    return [steps for _, steps in expression.past.values()]


def _check_even(times: pd.Index) -> None:
    """Refuse numbers and dates with gaps, in which "the period before" has no one length."""
    if len(times) < 3 or _evenly_spaced(times):
        return
    shown = ", ".join(str(period) for period in times[:8])
    raise DataError(
        f"The periods are not evenly spaced ({shown}{', ...' if len(times) > 8 else ''}), so the period "
        "before is not equally long ago everywhere. Add the missing periods, or name a column that numbers "
        "the periods 1, 2, 3 by time= if each step counts as one."
    )


def _evenly_spaced(times: pd.Index) -> bool:
    """Whether numbers, dates or texts of numbers have equal distances; other texts are as ordered."""
    if pd.api.types.infer_dtype(times) in {"date", "datetime", "datetime64"}:
        return _even_dates(pd.DatetimeIndex(times))
    if isinstance(times, pd.PeriodIndex):
        return len(set(np.diff(times.asi8))) == 1
    numbers = pd.to_numeric(pd.Series(times), errors="coerce").to_numpy(dtype=float)
    if np.isnan(numbers).any():
        return True
    distances = np.diff(np.sort(numbers))
    return bool(np.allclose(distances, distances[0], rtol=1e-9))


def _even_dates(dates: pd.DatetimeIndex) -> bool:
    """Equally many months apart on the same day or the last of the month, or equally long in time."""
    months = np.asarray(dates.year * 12 + dates.month)
    same_day = len(set(dates.day)) == 1 or bool(dates.is_month_end.all())
    return (same_day and len(set(np.diff(months))) == 1) or len(set(np.diff(dates.asi8))) == 1
