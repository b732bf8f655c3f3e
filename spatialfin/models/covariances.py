"""The covariance of a fitted panel that `vcov` asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .._core.covariance import (
    DENSE_LIMIT,
    Dependence,
    least_squares_pieces,
    likelihood_pieces,
    long_run_variance,
    observed_information,
    period_scores,
    sandwich,
    score_variance,
    small_sample,
)
from .._core.information import covariance
from .._core.likelihood import Estimate, Sample
from .._core.logdet import LogDet
from .._core.random_covariance import observed_covariance, random_pieces
from .._core.random_effects import ErrorComponents, Likelihood, QuasiDemeaned
from .._core.transformation import Transformation
from .._errors import DataError, OptionError, warn_caller
from ._family import HAS_LAM, HAS_RHO
from ._native import jacobian_of, stacked_sample
from ._spreg import Fitted

Array = NDArray[np.float64]
LONG_PANEL = 20
InformationVcov = Literal["expected", "observed", "robust", "cluster", "driscoll-kraay"]
PanelVcov = Literal["expected", "observed", "robust", "cluster", "driscoll-kraay", "bootstrap"]


def with_covariance(
    fitted: Fitted,
    kind: InformationVcov,
    y: Array,
    x: Array,
    weights: csr_array | None,
    logdet: LogDet | None,
    transformation: Transformation,
    *,
    model: str,
) -> Fitted:
    """The same estimates with the covariance `kind`.

    Raises
    ------
    OptionError
        For more units than dense matrices are formed for.
    DataError
        For Driscoll-Kraay with one period, clusters with one unit.
    """
    if kind == "expected":
        return fitted
    _check_groups(kind, transformation, len(fitted.params))
    if weights is None or logdet is None or model not in HAS_RHO | HAS_LAM:
        # The information of a linear regression is known: observed and expected are the same.
        if kind == "observed":
            return fitted
        return replace(fitted, cov=_least_squares(kind, x, fitted.residuals, transformation))
    sample = stacked_sample(y, x, weights, transformation)
    estimate = _estimate(fitted, sample, model)
    jacobian = jacobian_of(logdet, transformation)
    bread = covariance(observed_information(sample, estimate, jacobian))
    if kind == "observed":
        return replace(fitted, cov=bread[:-1, :-1], trace_error=0.0)
    if kind == "driscoll-kraay":
        variance = long_run_variance(period_scores(sample, estimate, jacobian, transformation))
    else:
        _check_size(kind, transformation, "'observed' or 'driscoll-kraay'")
        pieces = likelihood_pieces(sample, estimate, weights, transformation)
        variance = score_variance(pieces, clustered=kind == "cluster")
    factor = small_sample(kind, transformation, None)
    return replace(fitted, cov=sandwich(bread, variance * factor)[:-1, :-1], trace_error=0.0)


def check_random(kind: InformationVcov, components: ErrorComponents | None) -> None:
    """Refuse the covariances that are not those of random effects.

    Raises
    ------
    OptionError
    """
    reasons = {
        "robust": "takes the periods of a unit as independent, which its random effect denies",
        "driscoll-kraay": "lets dependence over periods fade, but a random effect stays for all of them",
    }
    if kind in reasons:
        raise OptionError(
            f"vcov={kind!r} {reasons[kind]}. With random effects take 'cluster', 'observed' or 'expected'."
        )
    if kind == "cluster" and components == "baltagi":
        raise OptionError(
            "vcov='cluster' sums scores that come from one unit each. With error_components='baltagi' the "
            "errors spill over and the effects do not, so that no filter makes the units independent. Take "
            "error_components='kkp', or vcov='observed'."
        )


def random_covariance(
    kind: InformationVcov, likelihood: Likelihood, estimate: Estimate, phi: float, y: Array, x: Array
) -> Array:
    """Of (beta, rho, lam, sigma2, phi), phi only where it is not zero; ``"observed"`` or ``"cluster"``.

    Raises
    ------
    OptionError
        For more units than dense matrices are formed for.
    DataError
        For one unit.
    """
    bread = observed_covariance(likelihood, estimate, phi)
    if kind == "observed":
        return bread
    transformation = QuasiDemeaned("pooled", likelihood.n, likelihood.periods, phi=phi)
    spatial = [value for value in (estimate.rho, estimate.lam) if value is not None]
    if spatial:
        _check_size(kind, transformation, "'observed'")
    _check_groups(kind, transformation, len(estimate.beta) + len(spatial))
    sample = stacked_sample(y, x, likelihood.weights, transformation)
    pieces = random_pieces(sample, estimate, likelihood.weights, transformation)
    variance = score_variance(pieces, clustered=True) * small_sample("cluster", transformation, None)
    return sandwich(bread, variance)


def _least_squares(kind: Dependence, x: Array, residuals: Array, transformation: Transformation) -> Array:
    x = transformation.demean(x)
    pieces = least_squares_pieces(x, residuals, transformation)
    if kind == "driscoll-kraay":
        variance = long_run_variance(pieces.own.sum(axis=1))
    else:
        variance = score_variance(pieces, clustered=kind == "cluster")
    return sandwich(covariance(x.T @ x), variance * small_sample(kind, transformation, x.shape[1]))


def _estimate(fitted: Fitted, sample: Sample, model: str) -> Estimate:
    """The estimate behind the coefficients of a likelihood model."""
    beta, spatial = fitted.params[: sample.k], [float(value) for value in fitted.params[sample.k :]]
    rho = spatial.pop(0) if model in HAS_RHO else None
    lam = spatial.pop(0) if model in HAS_LAM else None
    return Estimate(
        beta=beta,
        rho=rho,
        lam=lam,
        sigma2=fitted.sigma2,
        loglik=fitted.loglik,
        residuals=fitted.residuals,
        errors=sample.y - (rho or 0.0) * sample.wy - sample.x @ beta,
    )


def _check_size(kind: str, transformation: Transformation, remedy: str) -> None:
    if transformation.n_units > DENSE_LIMIT:
        raise OptionError(
            f"vcov={kind!r} of a model with rho or lam forms dense matrices, for up to {DENSE_LIMIT:,} "
            f"units; there are {transformation.n_units:,}. Take vcov={remedy}."
        )


def _check_groups(kind: str, transformation: Transformation, parameters: int) -> None:
    """Refuse one cluster, or one period; warn where there are too few of them."""
    counts = {
        "cluster": (transformation.n_units, "units"),
        "driscoll-kraay": (transformation.n_periods, "periods"),
    }
    if kind not in counts:
        return
    groups, what = counts[kind]
    if groups < 2:
        raise DataError(f"vcov={kind!r} needs more than one of the {what}: it sums over them.")
    faults = []
    if groups <= parameters:
        faults.append(f"for {parameters} coefficients, so the covariance is singular and joint tests fail")
    if kind == "driscoll-kraay" and groups < LONG_PANEL:
        faults.append(f"and standard errors tend to be too small below {LONG_PANEL}; consider 'cluster'")
    if faults:
        warn_caller(f"vcov={kind!r} sums over {groups} {what}, {'; '.join(faults)}.")
