"""What the estimators accept: tables keyed by unit, or arrays, checked the same way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from .._errors import AlignmentError, DataError, listed
from .._validate import check_same_units, check_unique


def flat_names(X: Any) -> Any:
    """A table whose ``(column, lag)`` heads are one text each, ``lq[t-2]``; anything else as it is."""
    if isinstance(X, pd.DataFrame) and isinstance(X.columns, pd.MultiIndex) and X.columns.nlevels == 2:
        return X.set_axis([f"{name}[t-{lag}]" if lag else f"{name}[t]" for name, lag in X.columns], axis=1)
    return X


def checked_rows(estimator: Any, X: Any, *, reset: bool, least_rows: int = 1) -> np.ndarray:
    """Rows as floats; columns are checked against those of fit unless `reset`.

    Raises
    ------
    DataError
        Missing or infinite values, text, too few rows, or other columns than fit has seen.
    """
    X = flat_names(X)
    if isinstance(X, pd.DataFrame):
        check_numbers(X)
        check_complete(X)
    try:
        values: np.ndarray = validate_data(
            estimator, X, reset=reset, dtype=np.float64, ensure_min_samples=least_rows
        )
    except ValueError as error:
        raise DataError(str(error)) from error
    return values


def check_numbers(X: pd.DataFrame) -> None:
    """Refuse columns that hold text, also that of numbers: codes read as text would be measured."""
    text = [
        name
        for number, name in enumerate(X.columns)
        if not pd.api.types.is_numeric_dtype(X.dtypes.iloc[number])
        and X.iloc[:, number].map(lambda value: isinstance(value, str)).any()
    ]
    if text:
        raise DataError(
            f"X has text where numbers are expected in columns {listed(text)}. "
            "Convert them with pandas.to_numeric first."
        )


def check_complete(X: pd.DataFrame) -> None:
    """Name the rows and columns with missing values: the check of the array would only count them."""
    missing = np.asarray(X.isna(), dtype=bool)
    if missing.any():
        rows, columns = (np.flatnonzero(missing.any(axis=axis)) for axis in (1, 0))
        raise DataError(
            f"X has missing values (NaN) in columns {listed(X.columns[columns])} of rows "
            f"{listed(X.index[rows])}. Drop these rows or fill them openly before."
        )


def check_varying(values: np.ndarray, names: pd.Index | None) -> None:
    """Refuse columns that are the same in every row."""
    spread = np.ptp(values, axis=0) if len(values) else np.zeros(values.shape[1])
    constant = spread <= 1e-12 * np.abs(values).max(axis=0, initial=0.0)
    if constant.any():
        labels = np.flatnonzero(constant) if names is None else names[constant]
        raise DataError(
            f"Columns {listed(labels)} are constant: they hold nothing to learn from. Drop them. "
            f"(n_features={values.shape[1]}, n_samples={len(values)})"
        )


def names_of(X: Any) -> pd.Index | None:
    """Heads of the columns of a table."""
    flat = flat_names(X)
    return flat.columns if isinstance(flat, pd.DataFrame) else None


def check_units(X: Any, weights: Any) -> None:
    """Refuse all but a table indexed by the units of the weights.

    Raises
    ------
    AlignmentError
        X carries no units, or others than the weights.
    """
    if not isinstance(X, pd.DataFrame):
        raise AlignmentError(
            "X must be a DataFrame indexed by unit: with weights, rows are matched by label, not by position."
        )
    check_unique(X.index, "X")
    check_same_units(X.index, weights.ids, data_name="X")


def seed_of(state: Any) -> int:
    """A whole number from what scikit-learn accepts as a random state."""
    if isinstance(state, int | np.integer):
        return int(state)
    return int(check_random_state(state).randint(2**31))
