"""Which regressors are exogenous, lagged or endogenous, and what instruments them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .._errors import FormulaError, OptionError, listed, nearest
from ._spreg import Instrumented
from .design import INTERCEPT, Design, build_design

Array = NDArray[np.float64]


def instrumented(
    design: Design,
    data: pd.DataFrame,
    x: Array,
    lagged: list[int],
    matrix: csr_array | None,
    endogenous: Sequence[str],
    instruments: Sequence[str],
) -> Instrumented:
    """Sort the regressors into exogenous, lagged and endogenous ones, and collect the instruments."""
    if not design.has_intercept:
        raise FormulaError("spreg's GMM and 2SLS estimators always have an intercept: drop '0 +' or '- 1'.")
    unknown = [name for name in endogenous if name not in design.labels]
    if unknown:
        raise FormulaError(
            f"endogenous: {listed(unknown)} is no term of the formula.{nearest(unknown[0], design.labels)}"
        )
    inside = [position for position, label in enumerate(design.labels) if label in endogenous]
    exogenous = [p for p in range(len(design.labels)) if p not in inside and design.labels[p] != INTERCEPT]
    first = len(design.labels)
    lag_of = {source: first + number for number, source in enumerate(lagged)}
    columns = np.empty((len(data), 0))
    if instruments:
        columns = build_design(
            "one ~ 0 + " + " + ".join(f"`{name}`" for name in instruments),
            data.assign(one=np.arange(len(data), dtype=float)),
        ).x
    lagged_endogenous = [lag_of[source] for source in inside if source in lag_of]
    if inside and matrix is not None and (lagged_endogenous or design):
        once = matrix @ columns
        columns = np.column_stack([columns, once, matrix @ once] if lagged_endogenous else [columns, once])
    if inside and columns.shape[1] < len(inside) + len(lagged_endogenous):
        raise OptionError(
            f"{len(inside)} endogenous terms need at least as many instruments; {len(instruments)} given."
        )
    return Instrumented(
        x=x,
        exogenous=exogenous,
        lagged=[lag_of[source] for source in exogenous if source in lag_of],
        endogenous=[*inside, *lagged_endogenous],
        lagged_sources=[int(source in lag_of) for source in exogenous],
        instruments=columns,
    )
