"""Spatial regression on panels: units observed over periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .._core.logdet import log_det
from .._core.traces import TraceMethod
from .._core.transformation import Transformation
from .._errors import DataError, OptionError, listed, warn_caller
from .._spatial_weights import check_linked, check_weights, sample_weights
from .._typing import LogDetMethod, Model, PanelEffects
from .._validate import check_option, check_whole
from ..panel import KeyedPanel, key_panel, unit_labels
from . import _native
from ._family import HAS_LAGS, HAS_LAM, HAS_RHO, LEAST_SQUARES, MODELS, RANDOM, spatial_names
from ._spreg import Fitted
from .blocks import fit_blocks, period_weights_of_sample
from .covariances import InformationVcov, PanelVcov, with_covariance
from .design import (
    Design,
    absorbed,
    build_design,
    check_rank,
    durbin_columns,
    with_lags,
)
from .formula import read_terms
from .history import with_history
from .parts import Parts, provenance_of
from .results import ModelResult

if TYPE_CHECKING:
    from ..weights import SpatialWeights

Array = NDArray[np.float64]
_COMMON = ("model", "effects", "durbin", "vcov", "logdet", "traces", "seed")


def fit_panel(
    formula: str,
    data: pd.DataFrame,
    weights: SpatialWeights | Mapping[object, SpatialWeights] | None,
    *,
    unit: str,
    time: str,
    model: Model = "sdm",
    effects: PanelEffects = "twoway",
    error_components: Literal["baltagi", "kkp"] | None = None,
    bias_correction: Literal["lee-yu", "none"] = "lee-yu",
    lags: Sequence[str] = (),
    durbin: Sequence[str] | None = None,
    vcov: PanelVcov = "expected",
    logdet: LogDetMethod = "auto",
    traces: Literal["auto", "exact", "stochastic"] = "auto",
    seed: int = 0,
    gaps: Literal["error", "observed"] = "error",
    units: Literal["match", "subset"] = "match",
) -> ModelResult:
    """Fit a static or dynamic spatial panel model by maximum likelihood.

    Parameters
    ----------
    formula : str
        As in `fit_cross_section`, and ``lag(x)``, ``lag(x, 2)`` (periods before, by key) and
        ``diff(log(y))`` on either side. The first periods, which have none before them, leave the sample.
    data : DataFrame
        One row per unit and period, in any order.
    weights : SpatialWeights or mapping
        For the same units; None only for ``model="ols"``. ``{period: W}`` gives every period its own W,
        for static models, pooled or with unit effects, with ``vcov="expected"``.
    unit, time : str
        Columns or index levels with the keys.
    model : {"ols", "slx", "sar", "sem", "sdm", "sdem", "sac"}
        Least squares; with WX; spatial lag; spatial error; lag + WX; error + WX; lag + error.
    effects : {"pooled", "unit", "time", "twoway", "random", "mundlak"}
        Fixed effects taken out; random unit effects; or random ones with the unit means of the regressors
        that vary over time as further regressors, ``mean(<term>)`` (impacts leave these means as they are).
    error_components : {"baltagi", "kkp"}, optional
        How random effects go with spatial errors: not spilling over (Baltagi, Song & Koh 2003, the default;
        up to 1,000 units), or filtered like the errors (Kapoor, Kelejian & Prucha 2007).
    bias_correction : {"lee-yu", "none"}
        The likelihood of the transformed data (Lee & Yu 2010), or the direct one, whose sigma2 and standard
        errors are too small when T (or N) is. For dynamic models ``"lee-yu"`` is the quasi-likelihood
        estimate with its bias of order 1/T removed, ``"none"`` the estimate as it is.
    lags : sequence of str
        ``("y",)`` adds the outcome of the period before (its coefficient is ``tau``), ``("y", "Wy")`` also
        that of the neighbours (``eta``): a dynamic ``sar`` or ``sdm`` with unit or two-way effects. The first
        period is the initial condition, of which only the outcome is used.
    durbin : sequence of str, optional
        Terms that get a spatial lag in ``slx``, ``sdm``, ``sdem``; when left out all but those made of
        `time` alone, such as period dummies ``C(year)``.
    vcov : {"expected", "observed", "robust", "cluster", "driscoll-kraay", "bootstrap"}
        Inverse of the expected or of the observed information (negative Hessian); or a sandwich of it with
        the variance of the scores for errors independent over units and periods with any variances
        (``"robust"``), independent over units only (``"cluster"``), or, for 20 periods and more, dependent
        over units in any way and over periods for a while (``"driscoll-kraay"``). Of models with rho or lam,
        robust and cluster are for up to 2,000 units. Random effects take ``"expected"``, ``"observed"`` and,
        unless `error_components` is ``"baltagi"``, ``"cluster"``; dynamic models take ``"expected"``.
        ``"bootstrap"`` is the covariance of 499 wild-bootstrap samples, whole units flipped, for a few dozen
        units; `bootstrap_impacts` gives the impacts their own intervals.
    logdet : {"auto", "eigen", "sparse", "chebyshev", "stochastic"}
        How ``ln|I - rho W|`` is computed.
    traces : {"auto", "exact", "stochastic"}
        Traces in the information matrix: exact up to 10,000 units, random probes beyond.
    seed : int
        Seed of the random probes, and of the bootstrap.
    gaps : {"error", "observed"}
        Refuse units without a row in a period, or take the likelihood of the rows that are there, with W
        in each period among its observed units as ``weights.subset`` gives it. For the same models and
        options as weights per period.
    units : {"match", "subset"}
        Refuse weights for more units than the data hold, or take their subset, which the ledger notes.

    Returns
    -------
    ModelResult
        ``.loglik`` belongs to the transformation used.

    Raises
    ------
    OptionError
        For a word that is not an option.
    AlignmentError
        When data and weights hold different units or periods.
    DataError
        For duplicate rows, gaps, missing values, one period (of any unit, where there are gaps) with unit
        effects, regressors that the effects absorb.
    WeightsError
        For a dynamic two-way model when the rows of W do not sum to 1.
    FormulaError, CollinearityError, ConvergenceError
        As in `fit_cross_section`; also when an unstable dynamic process cannot be corrected.

    Notes
    -----
    ``y_t = rho W y_t + X_t b + W X_t theta + mu + alpha_t + u_t``, ``u_t = lam W u_t + e_t``. W y and W X are
    taken of the raw data and then demeaned. With time effects the transformed likelihood needs every row
    of W to sum to 1; otherwise the direct one is used, with a warning. Dynamic models have
    ``tau y_t-1 + eta W y_t-1`` besides; their log-likelihood is the maximum before the correction.

    With weights per period or gaps the log-determinant is the sum over periods and impacts are averages over
    the observed unit-periods; who has no row in a period neither sends nor receives in it. Removing means
    over time does not commute with a W_t that changes. For ``sem`` and ``sdem`` with unit effects (to 2,000
    units) Lee-Yu is then the restricted likelihood of errors filtered by ``B = I - lam W_t``, the dummies
    D filtered too: ``ln|B| - ln|D'B'BD|/2`` over the rows less the units. With rho there is no such
    likelihood: the direct one is used, with a warning, means being removed after the lags are taken. Its
    sigma2 and variances are too small by the share of unit effects among the rows; rho of ``sar`` and
    ``sdm`` stays consistent for few periods where no row is missing, and nearly so with gaps; lam of ``sac``
    has a bias of order 1/T.

    Shocks that units share are taken for spillovers: with ``"driscoll-kraay"`` the standard errors allow for
    them, but rho and lam themselves then need period effects.

    Sandwiches take the martingale differences of the linear-quadratic scores (Kelejian & Prucha 2001), a mean
    over all orders of the units. They mend standard errors only: where the variance of the errors differs
    between units, the estimate of rho (or lam) itself is in general not consistent (Lin & Lee 2010). Driscoll
    and Kraay use Bartlett's kernel with ``floor(4 (T/100)^(2/9))`` lags. Variances of scores are multiplied
    by NT over the observations left by the removed means and, for least squares, coefficients; clustered ones
    by N/(N - 1), for least squares times (NT - 1)/(NT - K), where unit means do not count in K. ``"robust"``
    with unit effects wants homoskedastic periods or large T (Stock & Watson 2008); ``"cluster"`` does not.

    References
    ----------
    Lee, L.-F. & Yu, J. (2010). Estimation of spatial autoregressive panel data models with fixed effects.
    Journal of Econometrics 154, 165-185. Yu, J., de Jong, R. & Lee, L.-F. (2008), Journal of Econometrics
    146, 118-134, and Lee, L.-F. & Yu, J. (2010), Econometric Theory 26, 564-597, on dynamic ones. Elhorst,
    J. P. (2014). Spatial Econometrics. Kelejian, H. & Prucha, I. (2001), Journal of Econometrics 104,
    219-257. Lin, X. & Lee, L.-F. (2010), Journal of Econometrics 157, 34-52. Stock, J. & Watson, M. (2008),
    Econometrica 76, 155-174. Driscoll, J. & Kraay, A. (1998), Review of Economics and Statistics 80, 549-560.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> ring = np.roll(np.eye(12), 1, axis=0) + np.roll(np.eye(12), -1, axis=0)
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=list("abcdefghijkl")).standardize("row")
    >>> keys = pd.MultiIndex.from_product([w.ids, range(2001, 2006)], names=["code", "year"])
    >>> rng = np.random.default_rng(0)
    >>> data = pd.DataFrame(rng.normal(size=(60, 2)), index=keys, columns=["y", "x"])
    >>> fit = sf.fit_panel("y ~ x", data, w, unit="code", time="year", model="sdm", effects="twoway")
    >>> list(fit.params.index)
    ['x', 'W(x)', 'rho']
    """
    given = dict(locals())
    _check_options(given)
    common: dict[str, Any] = {name: given[name] for name in _COMMON}
    if vcov == "bootstrap":
        from .bootstrap import with_bootstrap

        return with_bootstrap(fit_panel(**{**given, "vcov": "expected"}), seed)
    if units == "subset":
        ids = unit_labels(data, unit=unit, time=time)
        weights = (
            period_weights_of_sample(weights, ids)
            if isinstance(weights, Mapping)
            else sample_weights(weights, ids)
        )
    if gaps == "observed" or isinstance(weights, Mapping):
        keyed = key_panel(data, unit=unit, time=time, gaps=gaps)
        if keyed.places is not None or isinstance(weights, Mapping):
            return fit_blocks(
                formula, keyed, weights, time=time, bias_correction=bias_correction, lags=lags, **common
            )
    common |= {"unit": unit, "time": time}
    if lags:
        from .dynamic import fit_dynamic_panel

        return fit_dynamic_panel(formula, data, weights, bias_correction=bias_correction, lags=lags, **common)
    if effects == "random" or effects == "mundlak":
        from .random_effects import fit_random_panel

        return fit_random_panel(formula, data, weights, error_components=error_components, **common)
    return _fit_fixed_panel(formula, data, weights, bias_correction=bias_correction, **common)


def _fit_fixed_panel(
    formula: str,
    data: pd.DataFrame,
    weights: SpatialWeights | None,
    *,
    unit: str,
    time: str,
    model: str,
    effects: Literal["pooled", "unit", "time", "twoway"],
    bias_correction: str,
    durbin: Sequence[str] | None,
    vcov: InformationVcov,
    logdet: LogDetMethod,
    traces: TraceMethod,
    seed: int,
) -> ModelResult:
    """See `fit_panel`: the same W in all periods, all rows there, no or fixed effects."""
    terms = read_terms(formula)
    panel = with_history(key_panel(data, unit=unit, time=time), terms, effects=effects)
    n, periods = len(panel.units), len(panel.times)
    matrix = matrix_for(panel, weights)
    if (effects in {"unit", "twoway"} and periods < 2) or (effects in {"time", "twoway"} and n < 2):
        raise DataError(
            f"effects={effects!r} needs more than one of what it removes; there are {n} units and "
            f"{periods} periods. Use effects='pooled' or fit_cross_section."
        )
    row_sums = None if matrix is None else np.asarray(matrix.sum(axis=1), dtype=float).ravel()
    lee_yu = _lee_yu_applies(bias_correction, effects, row_sums, model)
    transformation = Transformation(effects, n, periods, lee_yu)
    design = build_design(terms, panel.frame, past=panel.past)
    if effects != "pooled":
        design = design.beside_effects(transformation.demean)
    lagged = durbin_columns(design, durbin, time) if model in HAS_LAGS else []
    x, labels = with_lags(design, lagged, matrix, periods)
    check_variation(design, x, labels, transformation)
    check_rank(transformation.demean(x), labels)
    ld = None if matrix is None else log_det(matrix, logdet)
    if model in LEAST_SQUARES or matrix is None or ld is None:
        fitted = _native.least_squares(design.y, x, transformation, vcov="expected")
    else:
        fitted = _native.maximum_likelihood(
            design.y,
            x,
            matrix,
            ld,
            transformation,
            lag=model in HAS_RHO,
            error=model in HAS_LAM,
            traces=traces,
            seed=seed,
        )
    fitted = with_covariance(fitted, vcov, design.y, x, matrix, ld, transformation, model=model)
    parts = Parts.of_panel(panel, design, x, lagged, matrix, ld, transformation)
    return panel_result(
        parts,
        fitted,
        [*labels, *spatial_names(model)],
        weights,
        model=model,
        vcov=vcov,
        bias_correction="lee-yu" if lee_yu else "none",
        seed=seed,
    )


def matrix_for(panel: KeyedPanel, weights: SpatialWeights | None) -> csr_array | None:
    """W in the order of the panel's units, which must be its own."""
    if weights is None:
        return None
    check_weights(weights)
    matrix = weights.align(panel.units)
    check_linked(matrix)
    return matrix


def panel_result(
    parts: Parts,
    fitted: Fitted,
    names: list[str],
    weights: SpatialWeights | None,
    *,
    model: str,
    vcov: str,
    bias_correction: str,
    seed: int,
) -> ModelResult:
    """Estimates of a panel with their labels."""
    panel, design, transformation = parts.panel, parts.design, parts.transformation
    assert panel is not None  # noqa: S101
    index = pd.Index(names)
    return ModelResult(
        model=model,
        estimator="ml",
        engine="native",
        vcov=vcov,
        formula=design.formula,
        depvar=design.depvar,
        params=pd.Series(fitted.params, index=index, name="estimate"),
        cov=pd.DataFrame(fitted.cov, index=index, columns=index),
        sigma2=fitted.sigma2,
        loglik=fitted.loglik,
        nobs=len(panel.frame),
        fitted=parts.in_callers_order(design.y - fitted.residuals, "fitted"),
        residuals=parts.in_callers_order(fitted.residuals, "residuals"),
        diagnostics=None,
        regime_tests=None,
        weights_name="" if weights is None else (weights.name or weights.style),
        provenance=provenance_of(
            panel.frame, design, weights, "native", parts.logdet, fitted, seed, panel.notes()
        ),
        parts=parts,
        effects=transformation.effects,
        bias_correction=bias_correction,
    )


def _check_options(given: dict[str, object]) -> None:
    check_option("model", given["model"], MODELS)
    check_option("effects", given["effects"], get_args(PanelEffects))
    check_option("bias_correction", given["bias_correction"], ("lee-yu", "none"))
    check_option("vcov", given["vcov"], get_args(PanelVcov))
    check_option("logdet", given["logdet"], get_args(LogDetMethod))
    check_whole("seed", given["seed"])
    check_option("traces", given["traces"], ("auto", "exact", "stochastic"))
    check_option("gaps", given["gaps"], ("error", "observed"))
    check_option("units", given["units"], ("match", "subset"))
    if given["error_components"] is not None and given["effects"] not in RANDOM:
        raise OptionError(
            f"error_components= goes with effects='random' or 'mundlak', not with {given['effects']!r}."
        )
    if given["model"] != "ols" and given["weights"] is None:
        raise OptionError(
            f"model={given['model']!r} needs weights; build them with contiguity_weights(layer)."
        )
    if given["durbin"] is not None and given["model"] not in HAS_LAGS:
        raise OptionError(f"durbin= goes with slx, sdm and sdem, not with model={given['model']!r}.")


def _lee_yu_applies(wanted: str, effects: str, row_sums: Array | None, model: str) -> bool:
    """Whether the transformed likelihood is used; where W forbids it the direct one is, with a warning."""
    if wanted == "none":
        return False
    spatial = model not in LEAST_SQUARES
    if effects not in {"time", "twoway"} or not spatial or row_sums is None:
        return True
    if np.abs(row_sums - 1).max() <= 1e-9:
        return True
    warn_caller(
        f"The Lee-Yu transformation with effects={effects!r} needs every row of W to sum to 1 (an island "
        "does not); the direct likelihood is used. Standardise W by rows, link the islands, or say "
        "bias_correction='none'."
    )
    return False


def check_variation(design: Design, x: Array, labels: list[str], transformation: Transformation) -> None:
    """Refuse what the effects absorb: constant outcomes, and regressors without variation within."""
    what = {
        "pooled": "the panel",
        "unit": "every unit (constant over time)",
        "time": "every period (the same in all units)",
        "twoway": "units and periods (a unit part plus a period part)",
    }[transformation.effects]
    outcome = design.y - design.y.mean() if transformation.effects == "pooled" else design.y
    if absorbed(outcome[:, None], transformation.demean)[0]:
        raise DataError(f"The outcome {design.depvar!r} is constant within {what}: nothing to explain.")
    if transformation.effects == "pooled":
        return
    gone = absorbed(x, transformation.demean)
    if gone.any():
        named = listed(label for label, flat in zip(labels, gone, strict=True) if flat)
        raise DataError(
            f"effects={transformation.effects!r}: {named} constant within {what}, so the effects "
            "absorb them. Drop these terms or choose other effects."
        )
