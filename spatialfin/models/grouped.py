"""Impacts by groups of units: of every unit, or averaged over the units of a region."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .._core.impacts import Multipliers, interpolated
from .._core.unit_impacts import group_multipliers, group_slopes
from .._errors import DataError, OptionError, listed, nearest
from .horizons import Response
from .results import ModelResult, check_one_w

Array = NDArray[np.float64]

UNIT_LIMIT = 1_000


def dense_weights(result: ModelResult, what: str) -> csr_array:
    """W of the model, if its impacts between units can be written down."""
    check_one_w(result, what)
    n = len(result.parts.ids)
    if n > UNIT_LIMIT:
        raise OptionError(
            f"{what} serves up to {UNIT_LIMIT:,} units, not {n:,}: the matrix of who affects whom is "
            "dense. Use result.impacts() for averages, or fit a part with weights.subset(ids)."
        )
    if result.parts.weights is None:
        return csr_array((n, n))
    return result.parts.weights


def grouped_responses(result: ModelResult, sample: Array, by: str) -> dict[str, Response]:
    """Multipliers per group of units, of the same period.

    Parameters
    ----------
    result : ModelResult
    sample : array, shape (draws, k)
        Draws of the estimates.
    by : str
        ``"unit"``, or the column of the data that holds the group of every unit.

    Returns
    -------
    dict of str to Response
        By group: units in the order of the data, groups in that of their names.

    Raises
    ------
    OptionError
        For more than 1,000 units.
    DataError
        When `by` is no column, is missing in a row, or changes over time.
    """
    weights = dense_weights(result, f"by={by!r}")
    names, shares = _groups(result, by)
    rho = float(result.params.get("rho", 0.0))
    point = group_multipliers(weights, rho, shares)
    logdet = result.parts.logdet
    if "rho" not in result.params.index or logdet is None:
        own = [Multipliers(*column) for column in point.T]
        return {name: Response(each, {}, each) for name, each in zip(names, own, strict=True)}
    slopes = group_slopes(weights, rho, shares)
    rhos = sample[:, list(result.params.index).index("rho")]
    found = interpolated(
        lambda value: group_multipliers(weights, value, shares).ravel(), rhos, logdet.interval
    )
    draws = found.reshape(4, len(names), len(rhos))
    return {
        name: Response(
            Multipliers(*point[:, place]),
            {"rho": Multipliers(*slopes[:, place])},
            Multipliers(*draws[:, place]),
        )
        for place, name in enumerate(names)
    }


def _groups(result: ModelResult, by: str) -> tuple[list[str], Array]:
    """Names of the groups, and the share of every unit in the average of its group, shape (N, groups)."""
    parts = result.parts
    if by == "unit":
        order = parts.ids if parts.panel is not None else parts.order
        return list(map(str, order)), np.eye(len(parts.ids))[:, parts.ids.get_indexer(order)]
    region = _region_of(result, by)
    names = sorted(region.unique())
    member = np.array([region.to_numpy() == name for name in names], dtype=float).T
    return names, member / member.sum(axis=0)


def _region_of(result: ModelResult, by: str) -> pd.Series:
    """The group of every unit as text, in the order of the arrays."""
    frame, ids = result.parts.frame, result.parts.ids
    if by not in frame.columns:
        raise DataError(
            f"by={by!r} is no column of the data.{nearest(by, frame.columns)} "
            "Or say by='unit' or by='average'."
        )
    table = pd.DataFrame({"unit": np.tile(ids, len(frame) // len(ids)), "group": frame[by].to_numpy()})
    missing = table["unit"][table["group"].isna()].unique()
    if len(missing):
        raise DataError(f"by={by!r}: no group at {listed(missing)}. Give every unit one.")
    table["group"] = table["group"].astype(str)
    several = table.groupby("unit")["group"].nunique()
    moving = several.index[several > 1]
    if len(moving):
        raise DataError(f"by={by!r}: {listed(moving)} change their group over time. A unit needs one group.")
    return table.drop_duplicates("unit").set_index("unit")["group"].loc[ids]
