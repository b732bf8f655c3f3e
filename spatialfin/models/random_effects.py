"""Random unit effects as an engine for panels, and the unit means of correlated ones (Mundlak)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .._core.information import covariance
from .._core.likelihood import Estimate
from .._core.logdet import LogDet, SparseLogDet, log_det
from .._core.random_effects import (
    DENSE_LIMIT,
    ErrorComponents,
    Likelihood,
    QuasiDemeaned,
    bordered_information,
    dense_information,
    maximise,
)
from .._core.traces import TraceMethod
from .._core.transformation import Transformation, lag_periods, solve_periods
from .._errors import DataError, OptionError, warn_caller
from .._typing import LogDetMethod
from .._validate import check_option
from ..panel import key_panel
from ._family import HAS_LAGS, HAS_LAM, HAS_RHO, spatial_names
from ._native import information_of, stacked_sample
from ._spreg import Fitted
from .covariances import InformationVcov, check_random, random_covariance
from .design import build_design, check_rank, durbin_columns, with_lags
from .formula import read_terms
from .history import with_history
from .panel import check_variation, matrix_for, panel_result
from .parts import Parts
from .results import ModelResult

if TYPE_CHECKING:
    from ..weights import SpatialWeights

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RandomFit:
    """What the engine hands back; `phi` is the variance of the effects over that of the errors.

    Its standard error is NaN where it is zero, at its bound.
    """

    fitted: Fitted
    phi: float
    phi_std_error: float


def fit_random_panel(
    formula: str,
    data: pd.DataFrame,
    weights: SpatialWeights | None,
    *,
    unit: str,
    time: str,
    model: str,
    effects: Literal["random", "mundlak"],
    error_components: str | None,
    durbin: Sequence[str] | None,
    vcov: InformationVcov,
    logdet: LogDetMethod,
    traces: TraceMethod,
    seed: int,
) -> ModelResult:
    """See `fit_panel`: random unit effects, with the unit means of the regressors for ``"mundlak"``."""
    kind = error_components_of(error_components, model)
    check_random(vcov, kind)
    terms = read_terms(formula)
    panel = with_history(key_panel(data, unit=unit, time=time), terms, effects=effects)
    n, periods = len(panel.units), len(panel.times)
    check_size(n, periods, kind)
    matrix = matrix_for(panel, weights)
    transformation = Transformation("pooled", n, periods)
    design = build_design(terms, panel.frame, past=panel.past)
    lagged = durbin_columns(design, durbin, time) if model in HAS_LAGS else []
    x, labels = with_lags(design, lagged, matrix, periods)
    check_variation(design, x, labels, transformation)
    if effects == "mundlak":
        x, labels = with_unit_means(x, labels, n)
    check_rank(x, labels)
    ld = None if matrix is None else log_det(matrix, logdet)
    estimated = random_effects(
        design.y, x, matrix, ld, n, model=model, kind=kind, vcov=vcov, traces=traces, seed=seed
    )
    parts = Parts.of_panel(panel, design, x, lagged, matrix, ld, transformation)
    names = [*labels, *spatial_names(model)]
    result = panel_result(
        parts, estimated.fitted, names, weights, model=model, vcov=vcov, bias_correction="none", seed=seed
    )
    return replace(
        result,
        effects=effects,
        phi=estimated.phi,
        phi_std_error=estimated.phi_std_error,
        error_components=kind or "",
    )


def error_components_of(wanted: str | None, model: str) -> ErrorComponents | None:
    """The kind of error components in use; None where there is nothing to choose.

    Raises
    ------
    OptionError
        For an unknown word, and where the model has no lam.
    """
    if wanted is None:
        return "baltagi" if model in HAS_LAM else None
    check_option("error_components", wanted, ("baltagi", "kkp"))
    if model not in HAS_LAM:
        raise OptionError(
            f"error_components={wanted!r} says how random effects go with spatial errors, of which "
            f"model={model!r} has none; it goes with 'sem', 'sdem' and 'sac'."
        )
    return "baltagi" if wanted == "baltagi" else "kkp"


def check_size(n: int, periods: int, kind: ErrorComponents | None) -> None:
    """Refuse panels that random effects cannot be told from errors in, or that are too large.

    Raises
    ------
    DataError
        For one period or one unit.
    OptionError
        For error_components='baltagi' beyond its size.
    """
    if periods < 2 or n < 2:
        raise DataError(
            f"Random effects need at least 2 periods and 2 units; there are {n} units and {periods} periods. "
            "Use effects='pooled' or fit_cross_section."
        )
    if kind == "baltagi" and n > DENSE_LIMIT:
        raise OptionError(
            f"error_components='baltagi' is dense and serves up to {DENSE_LIMIT:,} units, not {n:,}; "
            "use error_components='kkp', which is sparse."
        )


def with_unit_means(x: Array, labels: list[str], n: int) -> tuple[Array, list[str]]:
    """Columns and the unit means of those that vary over time, labelled ``mean(<term>)``.

    Columns with the same mean in every unit (period dummies, trends) get none: it would be a constant.
    """
    cube = x.reshape(-1, n, x.shape[1])
    means = cube.mean(axis=0)
    scale = 1e-10 * np.abs(x).max(axis=0)
    over_time = np.abs(cube - means).max(axis=(0, 1)) > scale
    over_units = np.ptp(means, axis=0) > scale
    chosen = np.flatnonzero(over_time & over_units)
    if not len(chosen):
        raise DataError(
            "effects='mundlak': no regressor varies both over time and between units, so there is no unit "
            "mean to add. Use effects='random'."
        )
    repeated = np.tile(means[:, chosen], (len(cube), 1))
    return np.column_stack([x, repeated]), [*labels, *(f"mean({labels[column]})" for column in chosen)]


def random_effects(
    y: Array,
    x: Array,
    weights: csr_array | None,
    logdet: LogDet | None,
    n: int,
    *,
    model: str,
    kind: ErrorComponents | None,
    vcov: InformationVcov = "expected",
    traces: TraceMethod = "auto",
    seed: int = 0,
) -> RandomFit:
    """Maximum likelihood with random unit effects.

    Warns
    -----
    SpatialfinWarning
        When the variance of the effects is estimated as zero.
    """
    lag, error = model in HAS_RHO, model in HAS_LAM
    if weights is None or logdet is None:
        weights = csr_array((n, n))
        logdet = SparseLogDet(weights)
    periods = len(y) // n
    raw = stacked_sample(y, x, weights, Transformation("pooled", n, periods))
    likelihood = Likelihood(raw, weights, logdet, kind or "kkp")
    estimate, phi = maximise(likelihood, lag=lag, error=error)
    if phi == 0.0:
        warn_caller(
            "The variance of the unit effects is estimated as zero: the random-effects model is the pooled "
            "one."
        )
    if vcov == "expected":
        found, trace_error = _expected(likelihood, estimate, phi, y, x, traces=traces, seed=seed)
    else:
        found, trace_error = random_covariance(vcov, likelihood, estimate, phi, y, x), 0.0
    size = len(estimate.beta) + lag + error
    spatial = [value for value in (estimate.rho, estimate.lam) if value is not None]
    fitted = Fitted(
        params=np.concatenate([estimate.beta, spatial]),
        cov=found[:size, :size],
        sigma2=estimate.sigma2,
        loglik=estimate.loglik,
        residuals=estimate.residuals,
        trace_error=trace_error,
    )
    return RandomFit(fitted, phi, float(np.sqrt(found[-1, -1])) if phi > 0 else float("nan"))


def _expected(
    likelihood: Likelihood,
    estimate: Estimate,
    phi: float,
    y: Array,
    x: Array,
    *,
    traces: TraceMethod,
    seed: int,
) -> tuple[Array, float]:
    """Covariance of (beta, rho, lam, sigma2, phi) by expected information, and the error of its traces."""
    weights, periods = likelihood.weights, likelihood.periods
    if likelihood.kind == "kkp" or phi == 0:
        information, trace_error = _sparse_information(
            estimate, phi, y, x, weights, likelihood.logdet, traces=traces, seed=seed
        )
        return covariance(information), trace_error
    signal_lag = np.zeros_like(y)
    if estimate.rho is not None:
        signal = solve_periods(weights, estimate.rho, x @ estimate.beta, periods)
        signal_lag = lag_periods(weights, signal, periods)
    return covariance(dense_information(likelihood, estimate, phi, signal_lag)), 0.0


def _sparse_information(
    estimate: Estimate,
    phi: float,
    y: Array,
    x: Array,
    weights: csr_array,
    logdet: LogDet,
    *,
    traces: TraceMethod,
    seed: int,
) -> tuple[Array, float]:
    """Information of (beta, rho, lam, sigma2, phi); without phi where it is zero, at its bound."""
    n = weights.shape[0]
    periods = len(y) // n
    transformation = QuasiDemeaned("pooled", n, periods, phi=phi)
    sample = stacked_sample(y, x, weights, transformation)
    information, trace_error = information_of(
        sample, estimate, x, weights, logdet, transformation, traces=traces, seed=seed
    )
    if phi > 0:
        own = [logdet.trace_g(value) for value in (estimate.rho, estimate.lam) if value is not None]
        information = bordered_information(information, own, phi, estimate.sigma2, n, periods)
    return information, trace_error
