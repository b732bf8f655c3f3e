"""Dynamic spatial panels: yesterday's outcome, and its spatial lag, among the regressors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .._core.dynamic import (
    DynamicTransformation,
    Motion,
    bias_direction,
    outer_spectrum,
    spectral_radius,
)
from .._core.information import covariance
from .._core.likelihood import Estimate, Sample, maximise
from .._core.logdet import LogDet, log_det
from .._core.traces import TraceMethod
from .._core.transformation import lag_periods
from .._errors import ConvergenceError, DataError, FormulaError, OptionError, WeightsError, listed
from .._typing import LogDetMethod
from .._validate import check_option, numeric_values
from ..panel import KeyedPanel, key_panel
from ._family import DYNAMIC
from ._native import information_of, jacobian_of, stacked_sample
from ._spreg import Fitted
from .design import Design, build_design, check_rank, durbin_columns, with_lags
from .expressions import evaluate
from .formula import read_terms
from .history import with_history
from .panel import check_variation, matrix_for, panel_result
from .parts import Parts
from .results import ModelResult

if TYPE_CHECKING:
    from ..weights import SpatialWeights

Array = NDArray[np.float64]

LAGS = ((), ("y",), ("y", "Wy"))
_FEWEST_PERIODS = 3


def fit_dynamic_panel(
    formula: str,
    data: pd.DataFrame,
    weights: SpatialWeights | None,
    *,
    unit: str,
    time: str,
    model: str,
    effects: str,
    bias_correction: str,
    lags: Sequence[str],
    durbin: Sequence[str] | None,
    vcov: str,
    logdet: LogDetMethod,
    traces: TraceMethod,
    seed: int,
) -> ModelResult:
    """See `fit_panel`, which calls this for ``lags=("y",)`` and ``("y", "Wy")``."""
    lags = check_lags(lags)
    _check_dynamic_options(model, effects, vcov)
    terms = read_terms(formula)
    whole = key_panel(data, unit=unit, time=time)
    matrix = matrix_for(whole, weights)
    assert matrix is not None  # noqa: S101
    _check_room(len(whole.times), matrix, effects)
    panel = with_history(whole, terms, effects=effects, dynamic=True)
    _check_room(len(panel.times) + 1, matrix, effects)
    transformation = DynamicTransformation(
        "twoway" if effects == "twoway" else "unit", len(panel.units), len(panel.times)
    )
    design = build_design(terms, panel.frame, past=panel.past).beside_effects(transformation.demean)
    lagged = durbin_columns(design, durbin, time) if model == "sdm" else []
    x, labels = _regressors(design, lagged, panel, matrix, lags)
    check_variation(design, x, labels, transformation)
    check_rank(transformation.demean(x), labels)
    sample = stacked_sample(design.y, x, matrix, transformation)
    problem = _Problem(x, matrix, log_det(matrix, logdet), transformation, sample)
    estimate = problem.maximum()
    if bias_correction == "lee-yu":
        estimate = problem.corrected(estimate, len(lags), traces, seed)
    parts = Parts.of_panel(panel, design, x, lagged, matrix, problem.logdet, transformation)
    result = panel_result(
        parts,
        problem.fitted(estimate, traces, seed),
        [*labels, "rho"],
        weights,
        model=model,
        vcov=vcov,
        bias_correction=bias_correction,
        seed=seed,
    )
    return replace(result, lags=lags)


def check_lags(lags: Sequence[str]) -> tuple[str, ...]:
    """The lags as one of the valid tuples.

    Raises
    ------
    OptionError
    """
    words = () if isinstance(lags, str) else tuple(lags)
    if isinstance(lags, str) or words not in LAGS:
        valid = ", ".join(str(choice) for choice in LAGS)
        raise OptionError(f"lags={lags!r} is not an option. Valid: {valid}.")
    return words


def _check_dynamic_options(model: str, effects: str, vcov: str) -> None:
    if model not in {"sar", "sdm"}:
        raise OptionError(f"lags= goes with model='sar' and 'sdm', not with model={model!r}.")
    if effects not in {"unit", "twoway"}:
        raise OptionError(
            f"lags= goes with effects='unit' and 'twoway', not with effects={effects!r}: the bias correction "
            "of the lagged outcome is that of unit effects."
        )
    check_option("vcov (of a dynamic model)", vcov, ("expected",))


def _check_room(periods: int, matrix: csr_array, effects: str) -> None:
    """Enough periods, and a W that two-way effects can use."""
    if periods < _FEWEST_PERIODS:
        raise DataError(
            f"A dynamic model needs at least {_FEWEST_PERIODS} periods, there are {periods}: the first one "
            "is the initial condition, and unit effects need two more."
        )
    if effects == "twoway" and np.abs(np.asarray(matrix.sum(axis=1)) - 1).max() > 1e-9:
        raise WeightsError(
            "A dynamic model with effects='twoway' needs every row of W to sum to 1 (an island's does not). "
            "Standardise W by rows, link the islands, or use effects='unit'."
        )


def _regressors(
    design: Design, lagged: list[int], panel: KeyedPanel, matrix: csr_array, lags: tuple[str, ...]
) -> tuple[Array, list[str]]:
    """X, WX and the outcome of the period before, with labels."""
    x, labels = with_lags(design, lagged, matrix, len(panel.times))
    names = list(DYNAMIC[: len(lags)])
    taken = [name for name in (*names, "rho") if name in labels]
    if taken:
        raise FormulaError(
            f"The terms {listed(taken)} have the names of coefficients of a dynamic model: rename these "
            "columns."
        )
    history = _history(design, panel, matrix)[:, : len(lags)]
    return np.column_stack([x, history]), [*labels, *names]


def _history(design: Design, panel: KeyedPanel, matrix: csr_array) -> Array:
    """``y_t-1`` and ``W y_t-1``, shape (N T, 2); of the first period only the outcome is needed."""
    first = _first_outcome(design, panel)
    before = np.concatenate([first, design.y[: -len(first)]])
    return np.column_stack([before, lag_periods(matrix, before, len(panel.times))])


def _first_outcome(design: Design, panel: KeyedPanel) -> Array:
    """The outcome of the initial period, by the same expression."""
    expression, n = design.expressions[design.depvar], len(panel.units)
    frame = panel.past(1).iloc[:n]
    columns = {}
    for name in expression.columns:
        source, steps = expression.past.get(name, (name, 0))
        columns[name] = numeric_values(panel.past(1 + steps)[source].iloc[:n], f"column {source!r}")
    values = np.asarray(np.broadcast_to(evaluate(expression, columns, design.memory), (len(frame),)))
    bad = ~np.isfinite(values)
    if bad.any():
        raise DataError(
            f"The outcome {design.depvar!r} is not a finite number at {listed(frame.index[bad])}, "
            "the initial condition of a dynamic model."
        )
    return np.asarray(values, dtype=float)


@dataclass(frozen=True, slots=True)
class _Problem:
    """The quasi-likelihood of one dynamic panel."""

    x: Array
    weights: csr_array
    logdet: LogDet
    transformation: DynamicTransformation
    sample: Sample

    def maximum(self) -> Estimate:
        """The estimate before any correction."""
        jacobian = jacobian_of(self.logdet, self.transformation)
        return maximise(self.sample, jacobian, lag=True, error=False)

    def information(self, estimate: Estimate, traces: TraceMethod, seed: int) -> tuple[Array, float]:
        """Expected information of (beta, tau, eta, rho, sigma2)."""
        return information_of(
            self.sample,
            estimate,
            self.x,
            self.weights,
            self.logdet,
            self.transformation,
            traces=traces,
            seed=seed,
        )

    def corrected(self, estimate: Estimate, lags: int, traces: TraceMethod, seed: int) -> Estimate:
        """The estimate plus ``Sigma^-1 a / T``, with ``Sigma`` the information over n T."""
        own = self.sample.k - lags
        lag = own + 1 if lags > 1 else None
        rho = float(estimate.rho or 0.0)
        motion = Motion(float(estimate.beta[own]), 0.0 if lag is None else float(estimate.beta[lag]), rho)
        radius = float(spectral_radius(outer_spectrum(self.weights, self.logdet), motion))
        if radius >= 1:
            raise ConvergenceError(
                f"The estimated process is not stable (spectral radius {radius:.4f}, tau {motion.tau:.4f}, "
                f"eta {motion.eta:.4f}, rho {rho:.4f}), and the bias correction is that of a stable one. "
                "Model growth rates or use bias_correction='none'."
            )
        information, _ = self.information(estimate, traces, seed)
        jacobian = jacobian_of(self.logdet, self.transformation)
        units = self.transformation.n_units - self.transformation.by_time
        direction = bias_direction(
            motion, estimate.sigma2, jacobian, units, own=own, lag=lag, size=len(information)
        )
        # Sigma^-1 a / T = n (information)^-1 a.
        step = units * covariance(information) @ direction
        return self._moved(estimate, step)

    def _moved(self, estimate: Estimate, step: Array) -> Estimate:
        beta = estimate.beta + step[:-2]
        rho = float(estimate.rho or 0.0) + float(step[-2])
        low, high = self.logdet.interval
        if not low < rho < high:
            raise ConvergenceError(
                f"The bias correction moves rho to {rho:.4f}, out of its feasible interval {low:.4f} to "
                f"{high:.4f}: there are too few periods for it. Use bias_correction='none'."
            )
        residuals = self.sample.y - rho * self.sample.wy - self.sample.x @ beta
        return Estimate(
            beta=beta,
            rho=rho,
            lam=None,
            sigma2=estimate.sigma2 + float(step[-1]),
            loglik=estimate.loglik,
            residuals=residuals,
            errors=residuals,
        )

    def fitted(self, estimate: Estimate, traces: TraceMethod, seed: int) -> Fitted:
        """Estimates with the covariance of their expected information."""
        information, trace_error = self.information(estimate, traces, seed)
        return Fitted(
            params=np.append(estimate.beta, float(estimate.rho or 0.0)),
            cov=covariance(information)[:-1, :-1],
            sigma2=estimate.sigma2,
            loglik=estimate.loglik,
            residuals=estimate.residuals,
            trace_error=trace_error,
        )
