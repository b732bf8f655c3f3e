"""Tests between two fitted models, or inside one, that refuse what cannot be compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from .._core.blocks import ObservedTransformation
from .._core.transformation import lag_periods
from .._errors import DataError, listed, raise_all
from ._family import SPATIAL
from .results import ModelResult, check_model

Array = NDArray[np.float64]

_PARTS = {
    "": frozenset[str](),
    "pooled": frozenset[str](),
    "unit": frozenset({"unit"}),
    "time": frozenset({"time"}),
    "twoway": frozenset({"unit", "time"}),
}


@dataclass(frozen=True, slots=True)
class HypothesisTest:
    """One test of one null hypothesis.

    Attributes
    ----------
    test, null : str
        What was computed, and the hypothesis in words.
    statistic : float
        Chi-squared under the null.
    df : int
    p_value : float
    """

    test: str
    null: str
    statistic: float
    df: int
    p_value: float


def likelihood_ratio(restricted: ModelResult, full: ModelResult) -> HypothesisTest:
    """Likelihood-ratio test of a restricted model against a full one.

    Parameters
    ----------
    restricted, full : ModelResult
        Maximum-likelihood (or least-squares) results on the same sample, weights and transformation. Models
        with different fixed effects are compared by their direct likelihoods (``bias_correction="none"``).

    Returns
    -------
    HypothesisTest

    Raises
    ------
    DataError
        When the samples, outcomes, weights or transformations differ, or the first model is not a special
        case of the second; every reason is named.

    Notes
    -----
    ``LR = 2 (l_full - l_restricted)``, chi-squared with as many degrees of freedom as parameters (effects
    among them) are lost. Nesting is checked on the regressors themselves: each column of the restricted
    model must lie in the span of the full model's columns and effects. The error model is nested in the
    Durbin model through ``theta = -rho beta``, which needs every lag ``W x`` among the columns, and with
    period effects or an intercept equal row sums of W.

    References
    ----------
    Elhorst, J. P. (2014). Spatial Econometrics: From Cross-Sectional Data to Spatial Panels. Springer.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> ring = np.roll(np.eye(12), 1, axis=0) + np.roll(np.eye(12), -1, axis=0)
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=list("abcdefghijkl")).standardize("row")
    >>> data = pd.DataFrame({"x": np.arange(12.0) ** 1.5 % 5}, index=w.ids)
    >>> data["y"] = 1 + 2 * data["x"] + np.sin(np.arange(12.0))
    >>> fits = [sf.fit_cross_section("y ~ x", data, w, model=model) for model in ("ols", "sar")]
    >>> test = sf.models.likelihood_ratio(*fits)
    >>> test.test, test.df
    ('LR OLS against SAR', 1)
    """
    check_model(restricted)
    check_model(full)
    what = f"{_described(restricted)} cannot be tested against {_described(full)}"
    problems = _different_samples(restricted, full)
    if not problems:
        problems = _not_nested(restricted, full)
    raise_all(problems, DataError, what)
    df = parameter_count(full) - parameter_count(restricted)
    if df <= 0:
        raise DataError(f"{what}: it has as many parameters, so there is nothing to test.")
    statistic = 2 * (full.loglik - restricted.loglik)
    return HypothesisTest(
        test=f"LR {restricted.label} against {full.label}",
        null=f"the {df} restrictions of {_described(restricted)} hold",
        statistic=statistic,
        df=df,
        p_value=float(stats.chi2.sf(statistic, df)),
    )


def wald_no_lags(result: ModelResult) -> HypothesisTest:
    """Wald test that no regressor has a spatial lag: ``theta = 0``, the step from SDM to SAR.

    Parameters
    ----------
    result : ModelResult
        A model with lagged regressors: SDM, SDEM or SLX.

    Returns
    -------
    HypothesisTest

    Raises
    ------
    DataError
        For a model without lagged regressors, or with regimes.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> ring = np.roll(np.eye(12), 1, axis=0) + np.roll(np.eye(12), -1, axis=0)
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=list("abcdefghijkl")).standardize("row")
    >>> data = pd.DataFrame({"x": np.arange(12.0) ** 1.5 % 5}, index=w.ids)
    >>> data["y"] = 1 + 2 * data["x"] + np.sin(np.arange(12.0))
    >>> sf.models.wald_no_lags(sf.fit_cross_section("y ~ x", data, w, model="sdm")).df
    1
    """
    check_model(result)
    thetas, _ = _lag_positions(result)
    jacobian = np.eye(len(result.params))[thetas]
    gap = result.params.to_numpy()[thetas]
    return _wald("Wald no lagged regressors", "theta = 0", gap, jacobian, result)


def wald_common_factor(result: ModelResult) -> HypothesisTest:
    """Wald test of the common factor ``theta + rho beta = 0``, the step from SDM to SEM.

    Parameters
    ----------
    result : ModelResult
        A Durbin model (SDM) in which every regressor has its lag.

    Returns
    -------
    HypothesisTest

    Raises
    ------
    DataError
        For another model, for regimes, and where the error model is not nested: a regressor without its
        lag, or row sums of W that differ beside an intercept or period effects.

    Notes
    -----
    Delta method; the degrees of freedom are the number of lagged regressors.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> ring = np.roll(np.eye(12), 1, axis=0) + np.roll(np.eye(12), -1, axis=0)
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=list("abcdefghijkl")).standardize("row")
    >>> data = pd.DataFrame({"x": np.arange(12.0) ** 1.5 % 5}, index=w.ids)
    >>> data["y"] = 1 + 2 * data["x"] + np.sin(np.arange(12.0))
    >>> sf.models.wald_common_factor(sf.fit_cross_section("y ~ x", data, w, model="sdm")).df
    1
    """
    check_model(result)
    thetas, betas = _lag_positions(result)
    if "rho" not in result.params.index:
        raise DataError(f"The common factor theta + rho beta = 0 needs an SDM; this is an {result.label}.")
    problems = common_factor_faults(result)
    raise_all(problems, DataError, "SEM is not nested in this SDM")
    estimates = result.params.to_numpy()
    at = result.params.index.get_loc("rho")
    jacobian = np.zeros((len(thetas), len(estimates)))
    for row, (theta, beta) in enumerate(zip(thetas, betas, strict=True)):
        jacobian[row, theta] = 1.0
        jacobian[row, beta] = estimates[at]
        jacobian[row, at] = estimates[beta]
    gap = estimates[thetas] + estimates[at] * estimates[betas]
    return _wald("Wald common factor", "theta + rho beta = 0", gap, jacobian, result)


def common_factor_faults(result: ModelResult) -> list[str]:
    """Why the error model is not a special case of this Durbin model; empty when it is."""
    if result.lags:
        return [f"{_described(result)} has lags of the outcome, which an error model has not"]
    design = result.parts.design
    return _factor_faults(design.x, list(design.labels), result)


def _wald(test: str, null: str, gap: Array, jacobian: Array, result: ModelResult) -> HypothesisTest:
    cov = jacobian @ result.cov.to_numpy() @ jacobian.T
    statistic = float(gap @ np.linalg.solve(cov, gap))
    return HypothesisTest(test, null, statistic, len(gap), float(stats.chi2.sf(statistic, len(gap))))


def _lag_positions(result: ModelResult) -> tuple[list[int], list[int]]:
    """Positions of the lagged regressors among the parameters, and of the regressors they are lags of."""
    if result.regime_tests is not None:
        raise DataError("Tests of lagged regressors are for models without regimes.")
    lagged = result.parts.lagged
    if not lagged:
        raise DataError(f"{_described(result)} has no lagged regressor; fit model='sdm'.")
    first = len(result.parts.design.labels)
    return list(range(first, first + len(lagged))), list(lagged)


def _described(result: ModelResult) -> str:
    return f"{result.label} ({result.effects} effects)" if result.effects else result.label


def _coefficient_labels(result: ModelResult) -> list[str]:
    return [str(name) for name in result.params.index if name not in SPATIAL]


def parameter_count(result: ModelResult) -> int:
    """Coefficients and removed effects."""
    return len(result.params) + result.nobs - result.parts.transformation.within_observations


def _different_samples(restricted: ModelResult, full: ModelResult) -> list[str]:
    """What differs between the two samples, likelihoods and transformations."""
    pair = (restricted, full)
    problems = [
        f"{result.label} has no likelihood ({result.estimator}); use estimator='ml'"
        for result in pair
        if not np.isfinite(result.loglik)
    ]
    other = [result.effects for result in pair if result.effects not in _PARTS]
    if other:
        problems.append(f"effects={other[0]!r} are no fixed effects; only those are compared here")
        return problems
    one, two = restricted.parts, full.parts
    if restricted.depvar != full.depvar:
        problems.append(f"the outcomes differ: {restricted.depvar!r} and {full.depvar!r}")
    elif bool(restricted.effects) != bool(full.effects) or not same_rows(restricted, full):
        problems.append(
            f"the samples differ ({restricted.nobs} and {full.nobs} observations, or other units, periods or "
            "values of the outcome)"
        )
    elif not np.array_equal(one.design.y, two.design.y):
        problems.append("the outcome has other values in the two samples")
    hashes = {result.provenance.weights_hash for result in pair if result.provenance.weights_hash}
    if len(hashes) > 1:
        problems.append(f"the weights differ ({restricted.weights_name!r}, {full.weights_name!r})")
    same_effects = restricted.effects == full.effects
    if not same_effects and not _PARTS[restricted.effects] <= _PARTS[full.effects]:
        problems.append(f"{restricted.effects} effects are no special case of {full.effects} effects")
    scales = {
        (result.parts.transformation.n_effective, result.parts.transformation.periods) for result in pair
    }
    if len(scales) > 1:
        problems.append(
            "the likelihoods are of different transformations; fit both with bias_correction='none'"
            + (" (effects are always tested by the direct likelihoods)" if not same_effects else "")
        )
    return problems


def same_rows(restricted: ModelResult, full: ModelResult) -> bool:
    """Whether two results are of the same units and periods."""
    one, two = restricted.parts, full.parts
    if restricted.nobs != full.nobs or not one.ids.equals(two.ids):
        return False
    if one.panel is None or two.panel is None:
        return one.panel is two.panel
    same_gaps = np.array_equal(one.panel.occupied, two.panel.occupied)
    return bool(one.panel.times.equals(two.panel.times)) and same_gaps


def _not_nested(restricted: ModelResult, full: ModelResult) -> list[str]:
    """Why the first model is no special case of the second; empty when it is."""
    own, others = ({name for name in SPATIAL if name in result.params.index} for result in (restricted, full))
    problems = _outside(restricted.parts.matrix, _coefficient_labels(restricted), full)
    if own <= others:
        return problems
    if own == {"lam"} and others == {"rho"}:
        labels = _coefficient_labels(restricted)
        return [*problems, *_factor_faults(restricted.parts.matrix, labels, full)]
    return [*problems, f"{restricted.label} is no special case of {full.label}"]


def _outside(columns: Array, labels: list[str], full: ModelResult) -> list[str]:
    """One problem that names the columns outside the span of the full model's columns and effects."""
    demean = full.parts.transformation.demean
    basis = np.linalg.qr(demean(full.parts.matrix))[0]
    moved = demean(columns)
    left = np.linalg.norm(moved - basis @ (basis.T @ moved), axis=0)
    away = left > 1e-9 * np.linalg.norm(columns, axis=0)
    if not away.any():
        return []
    named = listed(label for label, gone in zip(labels, away, strict=True) if gone)
    return [f"{named} is not among the regressors of {_described(full)}"]


def _factor_faults(columns: Array, labels: list[str], durbin: ModelResult) -> list[str]:
    """Why filtering `columns` and effects by ``I - rho W`` leaves the span of the Durbin model."""
    weights, transformation = durbin.parts.weights, durbin.parts.transformation
    if weights is None:
        return [f"{_described(durbin)} has no weights"]
    lags = lag_periods(weights, columns, len(columns) // weights.shape[0])
    problems = _outside(lags, [f"W({label})" for label in labels], durbin)
    row_sums = np.asarray(weights.sum(axis=1), dtype=float).ravel()
    if transformation.by_time and np.ptp(row_sums) > 1e-9:
        problems.append("the rows of W have different sums, so W moves the period effects out of the model")
    if isinstance(transformation, ObservedTransformation) and transformation.by_unit:
        problems.append("W is not the same in all periods, so it moves the unit effects out of the model")
    return problems
