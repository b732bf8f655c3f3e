"""Checks that every public function makes before it computes."""

from __future__ import annotations

import importlib
import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
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


def check_frame(data: object, what: str = "data") -> None:
    """Refuse anything but a table whose columns have names of their own."""
    import pandas as pd

    if not isinstance(data, pd.DataFrame):
        kind = type(data).__name__
        if kind == "DataFrame":
            kind = f"that of {type(data).__module__.partition('.')[0]}. Convert it to pandas first"
        raise DataError(f"{what}: a DataFrame is needed, not {kind}.")
    if not data.columns.is_unique:
        repeated = data.columns[data.columns.duplicated()].unique()
        raise DataError(f"{what}: columns {listed(repeated)} are there more than once. Rename or drop them.")


def check_whole(name: str, value: object, *, least: int = 0) -> None:
    """Refuse anything but a whole number from `least` on."""
    if type(value) is bool or not isinstance(value, numbers.Integral) or int(value) < least:
        raise OptionError(f"{name}={value!r}: a whole number from {least} on is needed.")


def check_names(name: str, value: object) -> list[str]:
    """One name, or several, as a list; anything else is refused."""
    names = [value] if isinstance(value, str) or not isinstance(value, Iterable) else list(value)
    texts = [entry for entry in names if isinstance(entry, str)]
    if len(texts) < len(names):
        raise OptionError(f"{name}={value!r}: a name or a list of names is needed.")
    return texts


def check_number(
    name: str, value: object, *, least: float = -math.inf, between: tuple[float, float] | None = None
) -> None:
    """Refuse anything but a finite number, from `least` on or strictly `between` two."""
    number = math.nan if type(value) is bool or not isinstance(value, numbers.Real) else float(value)
    inside = number >= least if between is None else between[0] < number < between[1]
    if inside and math.isfinite(number):
        return
    if between is None:
        wanted = "a number" if least == -math.inf else f"a number of at least {least:g}"
    elif between == (0.0, math.inf):
        wanted = "a positive number"
    else:
        wanted = f"a number between {between[0]:g} and {between[1]:g}"
    raise OptionError(f"{name}={value!r}: {wanted} is needed.")


def check_mapping(name: str, value: object) -> None:
    """Refuse labels and names that are not a mapping."""
    if value is not None and not isinstance(value, Mapping):
        raise OptionError(f"{name}: a dictionary of name to text is needed, not {type(value).__name__}.")


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

    if labels.nlevels > 1:
        raise DataError(f"{what}: one level of labels is needed, not {labels.nlevels}. Select one period.")
    if labels.hasnans:
        raise DataError(f"{what}: {int(np.sum(labels.isna()))} missing labels. Give every row its unit.")
    if not labels.is_unique:
        repeated = labels[labels.duplicated()].unique()
        raise DataError(f"{what}: duplicate labels {listed(repeated)}. Keep one row per unit.")


def check_same_units(data: Iterable[object], weights: Iterable[object], *, data_name: str = "data") -> None:
    """Refuse two sets of units that differ, naming up to five of each side."""
    # Element-wise iteration over an index of text is slow; a list is not.
    have, want = (
        set(getattr(labels, "tolist", lambda labels=labels: labels)()) for labels in (data, weights)
    )
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

    kind = values.dtype.kind if isinstance(values.dtype, np.dtype) else ""
    if kind in {"m", "M", "c"} or isinstance(values.dtype, pd.DatetimeTZDtype):
        raise DataError(f"{what}: real numbers are needed, not values of type {values.dtype}.")
    if kind in {"f", "i", "u", "b"}:
        array = np.array(values.to_numpy(), dtype=float)
        if np.isfinite(array).all():
            return array
    converted = pd.to_numeric(values, errors="coerce")
    text = np.array([isinstance(value, str) for value in values], dtype=bool)
    not_numbers = text | (converted.isna() & values.notna()).to_numpy()
    if not_numbers.any():
        examples = listed(values[not_numbers].astype(str).unique())
        raise DataError(
            f"{what}: text where numbers are expected at {listed(values.index[not_numbers])} "
            f"(values {examples}). Convert it with pandas.to_numeric first."
        )
    array = converted.to_numpy(dtype=float, na_value=np.nan)
    bad = ~np.isfinite(array)
    if bad.any():
        raise DataError(
            f"{what}: missing or infinite at {listed(values.index[bad])}. "
            "Drop these units (and take weights.subset(ids)) or fill them openly before."
        )
    return array
