"""Spatial regression on one cross-section of units."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .._core.logdet import LogDet, log_det
from .._core.traces import TraceMethod
from .._core.transformation import cross_section
from .._errors import AlignmentError, ConvergenceError, DataError, OptionError, nearest
from .._spatial_weights import check_linked, check_weights, sample_weights
from .._typing import Engine, Estimator, LogDetMethod, Model, Vcov
from .._validate import check_frame, check_names, check_option, check_same_units, check_unique, check_whole
from . import _native, _spreg
from ._family import HAS_LAGS, HAS_LAM, HAS_RHO, LEAST_SQUARES, MODELS, spatial_names
from ._spreg import Fitted
from .dependence import dependence_tests
from .design import build_design, check_rank, durbin_columns, with_lags
from .instruments import instrumented
from .parts import Parts, provenance_of
from .regimes import by_regime, regime_tests
from .results import ModelResult

if TYPE_CHECKING:
    from ..weights import SpatialWeights

Array = NDArray[np.float64]

SPREG_LIMIT = 1_000


def fit_cross_section(
    formula: str,
    data: pd.DataFrame,
    weights: SpatialWeights | None = None,
    *,
    unit: str | None = None,
    model: Model = "sar",
    estimator: Estimator = "ml",
    durbin: Sequence[str] | None = None,
    endogenous: Sequence[str] | None = None,
    instruments: Sequence[str] | None = None,
    regimes: str | None = None,
    vcov: Vcov = "expected",
    kernel: SpatialWeights | None = None,
    engine: Engine = "auto",
    logdet: LogDetMethod = "auto",
    traces: Literal["auto", "exact", "stochastic"] = "auto",
    seed: int = 0,
    units: Literal["match", "subset"] = "match",
) -> ModelResult:
    """Fit a linear or spatial regression to one cross-section.

    Parameters
    ----------
    formula : str
        Such as ``"log(gdp_pc) ~ lq * depth + lq**2"``. Allowed are column names, numbers, ``+ - * / **`` and
        the calls log, exp, sqrt, C, center, standardize, I; columns of text or categories become sets of
        dummies, without that of the first level. (``lag`` and ``diff`` need panels.)
    data : DataFrame
        One row per unit, in any order.
    weights : SpatialWeights, optional
        For the same units; needed by every model but ``"ols"``, which uses them for its diagnostics.
    unit : str, optional
        Column or index level that names the units; the index when left out.
    model : {"ols", "slx", "sar", "sem", "sdm", "sdem", "sac"}
        Least squares; with WX; spatial lag; spatial error; lag + WX; error + WX; lag + error.
    estimator : {"ml", "gmm", "2sls"}
        Maximum likelihood, or spreg's estimators: 2sls for lag models and endogenous regressors, gmm for
        error models (heteroskedasticity-robust).
    durbin : sequence of str, optional
        Terms that get a spatial lag in ``slx``, ``sdm``, ``sdem``; all when left out.
    endogenous, instruments : sequence of str, optional
        Terms of the formula that are endogenous, and columns of the data that instrument them (2sls, gmm).
    regimes : str, optional
        Column with groups of units: every coefficient but rho and lam differs by group.
    vcov : {"expected", "robust", "hac", "bootstrap"}
        Expected information (classical for least squares and 2sls); White; HAC with `kernel`, these two for
        least squares and 2sls; the covariance of 499 wild-bootstrap samples, for least squares and maximum
        likelihood.
    kernel : SpatialWeights, optional
        Kernel weights for ``vcov="hac"``.
    engine : {"auto", "spreg", "native"}
        Whose likelihood: spreg (dense, up to 1,000 units) or the project's sparse one, at any size.
    logdet : {"auto", "eigen", "sparse", "chebyshev", "stochastic"}
        How ``ln|I - rho W|`` is computed by the native engine and for impacts.
    traces : {"auto", "exact", "stochastic"}
        Traces in the information matrix: exact up to 10,000 units, random probes beyond.
    seed : int
        Seed of the random probes, and of the bootstrap.
    units : {"match", "subset"}
        Refuse weights for more units than the data hold, or take their subset, which the ledger notes.

    Returns
    -------
    ModelResult

    Raises
    ------
    OptionError
        For a word that is not an option, or a combination that does not exist.
    AlignmentError
        When data and weights hold different units.
    DataError
        For missing values, text, duplicate units, a constant outcome.
    FormulaError
        For what the formula language does not allow and for unknown columns.
    CollinearityError
        For linearly dependent terms, by name.
    ConvergenceError
        When the likelihood has no maximum inside the feasible interval.

    Notes
    -----
    ``y = rho W y + X b + W X theta + u``, ``u = lam W u + e``. Standard errors are those of the expected
    information. AIC and BIC count sigma2 as a parameter.

    References
    ----------
    Anselin, L. (1988). Spatial Econometrics: Methods and Models. LeSage, J. & Pace, R. K. (2009).
    Introduction to Spatial Econometrics.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> ring = np.roll(np.eye(12), 1, axis=0) + np.roll(np.eye(12), -1, axis=0)
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=list("abcdefghijkl")).standardize("row")
    >>> data = pd.DataFrame({"x": np.arange(12.0) ** 1.5 % 5}, index=w.ids)
    >>> data["y"] = 1 + 2 * data["x"] + np.sin(np.arange(12.0))
    >>> fit = sf.fit_cross_section("y ~ x", data, w, model="sar")
    >>> list(fit.params.index)
    ['Intercept', 'x', 'rho']
    """
    given = dict(locals())
    _check_options(given)
    if vcov == "bootstrap":
        from .bootstrap import with_bootstrap

        return with_bootstrap(fit_cross_section(**{**given, "vcov": "expected"}), seed)
    frame = _keyed(data, unit)
    if units == "subset":
        weights = sample_weights(weights, frame.index)
    if weights is not None:
        check_weights(weights)
        check_same_units(frame.index, weights.ids)
        check_linked(weights.sparse)
    ids = pd.Index(sorted(frame.index, key=str))
    matrix = None if weights is None else weights.align(ids)
    ordered = frame.loc[ids]
    design = build_design(formula, ordered)
    if np.ptp(design.y) == 0:
        raise DataError(f"The outcome {design.depvar!r} is constant: there is nothing to explain.")
    lagged = durbin_columns(design, durbin) if model in HAS_LAGS else []
    x, labels = with_lags(design, lagged, matrix)
    if regimes is not None:
        x, labels = by_regime(x, labels, ordered, regimes)
    check_rank(x, labels)
    ld = None if matrix is None else log_det(matrix, logdet)
    kernel_matrix = None if kernel is None else _kernel(kernel, ids)
    chosen = _engine(engine, model, estimator, matrix, ld)
    if estimator != "ml":
        roles = instrumented(
            design,
            ordered,
            x,
            lagged,
            matrix,
            check_names("endogenous", endogenous or ()),
            check_names("instruments", instruments or ()),
        )
        fitted = _spreg.instrumental_variables(
            design.y, roles, matrix, model=model, vcov=vcov, kernel=kernel_matrix
        )
    else:
        likelihood = partial(_likelihood, design.y, x, matrix, ld, model, vcov, kernel_matrix, traces, seed)
        try:
            fitted = likelihood(chosen)
        except ConvergenceError:
            if (engine, chosen) != ("auto", "spreg"):
                raise
            chosen = "native"
            fitted = likelihood(chosen)
    names = [*labels, *spatial_names(model)]
    diagnostics = None
    if matrix is not None and model in LEAST_SQUARES and estimator == "ml":
        diagnostics = dependence_tests(x, design.y, fitted, matrix, design.has_intercept)
    parts = Parts(
        design=design,
        matrix=x,
        ids=ids,
        order=frame.index,
        lagged=lagged,
        weights=matrix,
        logdet=ld,
        transformation=cross_section(len(ids)),
        frame=ordered,
    )
    params = pd.Series(fitted.params, index=pd.Index(names), name="estimate")
    cov = pd.DataFrame(fitted.cov, index=names, columns=names)
    return ModelResult(
        model=model,
        estimator=estimator,
        engine=chosen,
        vcov=vcov,
        formula=formula,
        depvar=design.depvar,
        params=params,
        cov=cov,
        sigma2=fitted.sigma2,
        loglik=fitted.loglik,
        nobs=len(ids),
        fitted=parts.in_callers_order(design.y - fitted.residuals, "fitted"),
        residuals=parts.in_callers_order(fitted.residuals, "residuals"),
        diagnostics=diagnostics,
        regime_tests=None if regimes is None else regime_tests(params, cov),
        weights_name="" if weights is None else (weights.name or weights.style),
        provenance=provenance_of(ordered, design, weights, chosen, ld, fitted, seed),
        parts=parts,
    )


def _check_options(given: dict[str, object]) -> None:
    """Refuse unknown words and combinations that do not exist."""
    check_option("model", given["model"], MODELS)
    check_option("estimator", given["estimator"], ("ml", "gmm", "2sls"))
    check_option("engine", given["engine"], ("auto", "spreg", "native"))
    check_option("vcov", given["vcov"], ("expected", "robust", "hac", "bootstrap"))
    check_option("logdet", given["logdet"], get_args(LogDetMethod))
    check_whole("seed", given["seed"])
    check_option("traces", given["traces"], ("auto", "exact", "stochastic"))
    check_option("units", given["units"], ("match", "subset"))
    model, estimator, vcov = str(given["model"]), str(given["estimator"]), given["vcov"]
    instrumented = bool(given["endogenous"]) or bool(given["instruments"])
    if model != "ols" and given["weights"] is None:
        raise OptionError(f"model={model!r} needs weights; build them with contiguity_weights(layer).")
    if given["durbin"] is not None and model not in HAS_LAGS:
        raise OptionError(f"durbin= goes with slx, sdm and sdem, not with model={model!r}.")
    if estimator == "ml" and instrumented:
        raise OptionError("endogenous= and instruments= go with estimator='2sls' or 'gmm', not with 'ml'.")
    if bool(given["endogenous"]) != bool(given["instruments"]):
        raise OptionError("endogenous= and instruments= go together: name both.")
    if estimator != "ml" and model in LEAST_SQUARES and not instrumented:
        raise OptionError(f"model={model!r} by {estimator} needs endogenous= and instruments=.")
    wrong: frozenset[str] = {"2sls": HAS_LAM, "gmm": LEAST_SQUARES}.get(estimator, frozenset())
    if model in wrong:
        other = "gmm" if estimator == "2sls" else "2sls"
        raise OptionError(
            f"model={model!r} is estimated by estimator={other!r} (or 'ml'), not {estimator!r}."
        )
    plain = model in LEAST_SQUARES or (estimator != "ml" and model in {"sar", "sdm"})
    if vcov in {"robust", "hac"} and not plain:
        raise OptionError(
            f"vcov={vcov!r} is for least squares and 2sls; model={model!r} takes 'expected' or 'bootstrap'."
        )
    if (vcov == "hac") != (given["kernel"] is not None):
        raise OptionError("vcov='hac' and kernel= go together; build the kernel with kernel_weights(layer).")
    if given["regimes"] is not None and estimator != "ml":
        raise OptionError("regimes= goes with estimator='ml'.")
    if given["engine"] == "spreg" and (model == "sac" or model in LEAST_SQUARES) and estimator == "ml":
        raise OptionError(f"engine='spreg' has no maximum likelihood for model={model!r}; use 'auto'.")
    if given["engine"] == "native" and estimator != "ml":
        raise OptionError(f"estimator={estimator!r} runs through spreg; use engine='auto'.")


def _keyed(data: pd.DataFrame, unit: str | None) -> pd.DataFrame:
    """The table with one row per unit and the units as its index."""
    check_frame(data)
    frame = data
    if unit is not None and unit in data.columns:
        frame = data.set_index(unit)
    elif unit is not None and unit in data.index.names:
        frame = data.droplevel([name for name in data.index.names if name != unit])
    elif unit is not None:
        names = [*data.columns, *(name for name in data.index.names if name)]
        raise DataError(f"unit={unit!r} is no column or index level of the data.{nearest(unit, names)}")
    if isinstance(frame.index, pd.MultiIndex):
        raise DataError("The data have several index levels: name the one with the units by unit=.")
    check_unique(frame.index, "data")
    return frame


def _kernel(kernel: SpatialWeights, ids: pd.Index) -> csr_array:
    check_weights(kernel)
    if set(kernel.ids) != set(ids):
        raise AlignmentError("kernel= must hold the same units as the data; use kernel.subset(ids).")
    return kernel.align(ids)


def _engine(engine: str, model: str, estimator: str, matrix: csr_array | None, logdet: LogDet | None) -> str:
    if estimator != "ml":
        return "spreg"
    if model in {"ols", "slx", "sac"} or matrix is None or logdet is None:
        return "native"
    if engine != "auto":
        return engine
    # spreg searches in (-1, 1), which is right only where W's spectral radius is 1.
    fits = matrix.shape[0] <= SPREG_LIMIT and abs(logdet.interval[1] - 1) < 1e-6 and logdet.interval[0] <= -1
    return "spreg" if fits else "native"


def _likelihood(
    y: Array,
    x: Array,
    matrix: csr_array | None,
    logdet: LogDet | None,
    model: str,
    vcov: str,
    kernel: csr_array | None,
    traces: TraceMethod,
    seed: int,
    engine: str,
) -> Fitted:
    if model in LEAST_SQUARES or matrix is None or logdet is None:
        return _native.least_squares(y, x, cross_section(len(y)), vcov=vcov, kernel=kernel)
    lag, error = model in HAS_RHO, model in HAS_LAM
    if engine == "spreg":
        if matrix.shape[0] > SPREG_LIMIT:
            raise OptionError(
                f"engine='spreg' is dense and serves up to {SPREG_LIMIT:,} units, not {matrix.shape[0]:,}; "
                "use engine='auto'."
            )
        return _spreg.maximum_likelihood(y, x, matrix, lag=lag)
    return _native.maximum_likelihood(
        y, x, matrix, logdet, cross_section(len(y)), lag=lag, error=error, traces=traces, seed=seed
    )
