"""Checks that every public function makes before it computes."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from ._errors import AlignmentError, DataError, MissingExtraError, OptionError, listed, nearest

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def check_option(name: str, value: object, valid: Sequence[str]) -> None:
    """Refuse a word that is not in `valid`, naming the valid ones and the nearest."""
    if value not in valid:
        words = ", ".join(repr(word) for word in valid)
        raise OptionError(f"{name}={value!r} is not an option.{nearest(value, valid)} Valid: {words}.")


def require(module: str, extra: str) -> ModuleType:
    """Import an optional module or say which extra installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        raise MissingExtraError(
            f"This needs the package {package!r}, which is not installed. "
            f'Install it with: pip install "spatialfin[{extra}]"'
        ) from error


def check_unique(labels: pd.Index, what: str) -> None:
    """Refuse duplicate or missing labels."""
    import numpy as np

    if labels.hasnans:
        raise DataError(f"{what}: {int(np.sum(labels.isna()))} missing labels. Give every row its unit.")
    if not labels.is_unique:
        repeated = labels[labels.duplicated()].unique()
        raise DataError(f"{what}: duplicate labels {listed(repeated)}. Keep one row per unit.")


def check_same_units(data: Iterable[object], weights: Iterable[object], *, data_name: str = "data") -> None:
    """Refuse two sets of units that differ, naming up to five of each side."""
    have, want = set(data), set(weights)
    if have == want:
        return
    only_data = sorted(have - want, key=str)
    only_weights = sorted(want - have, key=str)
    parts = []
    if only_data:
        parts.append(f"only in {data_name}: {listed(only_data)}")
    if only_weights:
        parts.append(f"only in the weights: {listed(only_weights)}")
    hint = ""
    if only_data and only_weights and {str(label) for label in have} == {str(label) for label in want}:
        hint = " The labels agree as text: make both the same type (codes are text)."
    raise AlignmentError(
        f"{data_name} and weights must hold the same units; {'; '.join(parts)}.{hint} "
        "Drop the rows, or take weights for the sample with weights.subset(ids)."
    )


def numeric_values(values: pd.Series, what: str) -> np.ndarray:
    """The values as float64, or an error naming the labels that are missing or not numbers."""
    import numpy as np
    import pandas as pd

    converted = pd.to_numeric(values, errors="coerce")
    not_numbers = values.index[converted.isna().to_numpy() & values.notna().to_numpy()]
    if len(not_numbers):
        examples = listed(values.loc[not_numbers].astype(str).unique())
        raise DataError(
            f"{what}: text where numbers are expected at {listed(not_numbers)} (values {examples})."
        )
    array = converted.to_numpy(dtype=float, na_value=np.nan)
    bad = ~np.isfinite(array)
    if bad.any():
        raise DataError(
            f"{what}: missing or infinite at {listed(values.index[bad])}. "
            "Drop these units (and take weights.subset(ids)) or fill them openly before."
        )
    return array
