"""The arrays behind a fitted model, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .._core.logdet import LogDet, SparseLogDet
from .._core.transformation import Transformation
from .._provenance import Provenance, hash_columns
from ._spreg import Fitted
from .design import Design

if TYPE_CHECKING:
    from ..panel import KeyedPanel
    from ..weights import SpatialWeights

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Parts:
    """The arrays behind a result, rows in the order of `ids`; for prediction and impacts.

    Attributes
    ----------
    design : Design
    matrix : array, shape (N T, k)
        All regressors, not demeaned: design columns, lags, split by regime.
    ids : Index, length N
        Units in the order of the arrays.
    order : Index
        The caller's index.
    lagged : list of int
        Columns of the design that have a spatial lag.
    weights : csr_array or None, shape (N, N)
    logdet : LogDet or None
    transformation : Transformation
    frame : DataFrame
        The rows of the data, in the order of the arrays.
    panel : KeyedPanel or None
    """

    design: Design
    matrix: Array
    ids: pd.Index
    order: pd.Index
    lagged: list[int]
    weights: csr_array | None
    logdet: LogDet | None
    transformation: Transformation
    frame: pd.DataFrame
    panel: KeyedPanel | None = None

    @classmethod
    def of_panel(
        cls,
        panel: KeyedPanel,
        design: Design,
        matrix: Array,
        lagged: list[int],
        weights: csr_array | None,
        logdet: LogDet | None,
        transformation: Transformation,
    ) -> Parts:
        """The arrays behind a model of a panel, whose units, index and rows are theirs."""
        return cls(
            design=design,
            matrix=matrix,
            ids=panel.units,
            order=panel.index,
            lagged=lagged,
            weights=weights,
            logdet=logdet,
            transformation=transformation,
            frame=panel.frame,
            panel=panel,
        )

    def in_callers_order(self, values: Array, name: str) -> pd.Series:
        """Values in the order of the arrays, back on the caller's rows."""
        if self.panel is not None:
            return self.panel.in_callers_order(values, name)
        return pd.Series(values, index=self.ids, name=name).loc[self.order]


def provenance_of(
    data: pd.DataFrame,
    design: Design,
    weights: SpatialWeights | None,
    engine: str,
    logdet: LogDet | None,
    fitted: Fitted,
    seed: int,
    notes: Sequence[str] = (),
) -> Provenance:
    """Say where a result comes from: W's ledger, engine, log-determinant, hashes, seed."""
    expressions = design.expressions.values()
    used = dict.fromkeys(name for expression in expressions for name in expression.columns)
    columns = {name: design.columns[name] if name in design.columns else data[name] for name in used}
    ledger = (*(() if weights is None else weights.ledger), *notes, f"engine: {engine}")
    if logdet is not None:
        low, high = logdet.interval
        how = f"sparse by {logdet.factors}" if isinstance(logdet, SparseLogDet) else logdet.method
        ledger = (*ledger, f"log-determinant: {how}, feasible interval {low:.4f} to {high:.4f}")
    if fitted.trace_error:
        ledger = (*ledger, f"tr G'G from random probes, standard error {fitted.trace_error:.4g}, seed {seed}")
    return Provenance(
        ledger=ledger,
        data_hash=hash_columns(data.index, columns),
        weights_hash="" if weights is None else weights.hash,
        seed=seed,
    )
