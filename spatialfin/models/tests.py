"""Specification tests of spatial models in one call: one frame, and the model it implies."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Literal, cast

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from .._errors import (
    ConvergenceError,
    DataError,
    FormulaError,
    OptionError,
    SpatialfinWarning,
    listed,
)
from .._provenance import Provenance
from .._spatial_weights import SpatialWeights, check_weights
from .._typing import LogDetMethod, Model, PanelEffects
from .._validate import check_number, check_option
from ._family import HAS_LAGS
from ._native import least_squares
from .absorbed import AbsorbedTerms, absorbed_terms
from .choice import choose
from .cross_section import fit_cross_section
from .dependence import dependence_tests, error_component_tests
from .hausman import hausman
from .nesting import (
    HypothesisTest,
    common_factor_faults,
    likelihood_ratio,
    parameter_count,
    wald_common_factor,
    wald_no_lags,
)
from .panel import fit_panel
from .results import ModelResult
from .views import html_table

_COLUMNS = ["test", "null", "statistic", "df", "p_value", "residuals", "effects"]
_EFFECTS = ("pooled", "unit", "time", "twoway")
_SPATIAL_MODELS: tuple[Model, ...] = ("sar", "sem", "sdm")
_HOW_TO_READ = (
    "LR tests of effects: against pooled data under unit and time, each given the other under twoway "
    "(both effects: against pooled data)."
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SpecificationTests:
    """Specification tests of one regression and what they imply.

    Attributes
    ----------
    frame : DataFrame
        One row per test: test, null, statistic, df, p_value, residuals (which fit the test rests on),
        effects (``""`` for a cross-section).
    model, effects : str
        The implied model and, for panels, the implied effects.
    reasons : tuple of str
        Why, step by step.
    notes : tuple of str
        What could not be tested and on which scale the tests are.
    alpha : float
        Level of significance of the choice.
    formula, weights_name : str
    nobs, n_units, n_periods : int
    bias_correction : str
        Scale of the tests that start from the SDM.
    implied_formula : str
        `formula` without the terms that the implied effects absorb.
    provenance : Provenance
    """

    frame: pd.DataFrame
    model: str
    effects: str
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    alpha: float
    formula: str
    weights_name: str
    nobs: int
    n_units: int
    n_periods: int
    bias_correction: str
    implied_formula: str
    provenance: Provenance

    @property
    def choice(self) -> dict[str, str]:
        """The implied options: ``fit_panel(tests.implied_formula, ..., **tests.choice)``."""
        return {"model": self.model, **({"effects": self.effects} if self.effects else {})}

    def tidy(self) -> pd.DataFrame:
        """The tests as a table.

        Returns
        -------
        DataFrame
            A copy of `frame`.
        """
        return self.frame.copy()

    def table(self) -> pd.DataFrame:
        """The tests as they stand in a paper: one row per test, statistic and p-value per set of effects.

        Returns
        -------
        DataFrame
            Index test; columns (effects, statistic or p_value) for a panel; statistic, df and p_value for a
            cross-section. ``sf.tables.frame_table`` prints it.
        """
        if not self.effects:
            return self.frame.set_index("test")[["statistic", "df", "p_value"]]
        wide = self.frame.pivot(index="test", columns="effects", values=["statistic", "p_value"])
        order = [name for name in _EFFECTS if name in set(self.frame["effects"])]
        columns = [(name, value) for name in order for value in ("statistic", "p_value")]
        return wide.swaplevel(axis=1).reindex(index=self.frame["test"].unique())[columns]

    def __repr__(self) -> str:
        shape = f"N = {self.nobs}"
        if self.effects:
            shape = f"{self.n_units} units x {self.n_periods} periods"
        head = f"Specification tests of {self.formula} ({shape}, weights: {self.weights_name})"
        table = self.table().to_string(float_format=lambda value: f"{value:.4f}", na_rep="")
        return "\n".join([head, "", table, "", self._verdict, *self.reasons, *self.notes])

    def _repr_html_(self) -> str:
        text = "".join(f"<li>{escape(line)}</li>" for line in (*self.reasons, *self.notes))
        head = f"<p><b>{escape(f'Specification tests: {self.formula}')}</b></p>"
        return f"{head}{html_table(self.frame)}<p>{escape(self._verdict)}</p><ul>{text}</ul>"

    @property
    def _verdict(self) -> str:
        with_effects = f" with {self.effects} effects" if self.effects else ""
        return f"Implied at the {self.alpha:.0%} level: {self.model.upper()}{with_effects}"


def specification_tests(
    formula: str,
    data: pd.DataFrame,
    weights: SpatialWeights,
    *,
    unit: str | None = None,
    time: str | None = None,
    durbin: Sequence[str] | None = None,
    bias_correction: Literal["lee-yu", "none"] = "lee-yu",
    alpha: float = 0.05,
    logdet: LogDetMethod = "auto",
) -> SpecificationTests:
    """Test which spatial model, and which fixed effects, a regression needs.

    Parameters
    ----------
    formula : str
        As in `fit_panel` and `fit_cross_section`.
    data : DataFrame
        One row per unit (and period), in any order.
    weights : SpatialWeights
        For the same units.
    unit, time : str, optional
        Columns or index levels with the keys. Without `time` the data are a cross-section.
    durbin : sequence of str, optional
        Terms that get a spatial lag in the SDM; all when left out. With some only, SEM is no special case
        of the SDM and those tests are left out, with a note.
    bias_correction : {"lee-yu", "none"}
        Likelihood of the tests that start from the SDM in a panel. LM tests and LR tests of effects are on
        the direct scale whatever is said here.
    alpha : float
        Level of significance at which the choice is made.
    logdet : {"auto", "eigen", "sparse", "chebyshev", "stochastic"}
        How ``ln|I - rho W|`` is computed.

    Returns
    -------
    SpecificationTests
        ``.frame``, ``.table()``, ``.choice``, ``.reasons``.

    Raises
    ------
    OptionError
        For a word that is not an option.
    DataError
        For one period, and where some effects absorb all regressors, or all that have a lag.
    FormulaError
        For a formula without regressors.
    AlignmentError, CollinearityError
        As in `fit_panel`.

    Notes
    -----
    For pooled data and unit, period and two-way effects: Moran's I of the residuals with its exact moments
    under normal errors, LM and robust LM tests (Anselin 1988; Anselin, Le Gallo & Jayet 2008; Elhorst 2014)
    with W applied before the means are removed, and likelihood-ratio and Wald tests of the SDM against SAR
    (``theta = 0``) and SEM (``theta + rho beta = 0``). LR tests of effects compare least-squares fits by
    their direct likelihoods, with N - 1 and T - 1 degrees of freedom; with few periods the test of unit
    effects rejects too often, because its degrees of freedom grow with N, and where the outcome depends on
    its neighbours the test of period effects does so, too: least squares takes shocks that units share for
    effects of the period.

    A term that effects absorb, because it is constant over time or the same in all units, is in the tests
    without these effects only; the rows and the notes say so. Hausman tests keep it under random effects and
    compare the coefficients that both models have.

    Pooled data have the tests of Baltagi, Song & Koh (2003) for random effects and spatial errors besides:
    marginal, joint and conditional, one-sided (normal; the joint one a mixture of chi-squared). Unit effects
    have spatial Hausman tests of random effects (see `hausman`), for SEM with the error components of
    Kapoor, Kelejian & Prucha.

    The choice follows Elhorst (2014): effects by LR; SAR or SEM only where the LM tests point to it and the
    LR and Wald tests allow it; the SDM otherwise. Without spatial dependence: least squares, or SLX (or SDM)
    where lagged regressors matter.

    References
    ----------
    Anselin, L. (1988). Spatial Econometrics: Methods and Models. Anselin, L., Le Gallo, J. & Jayet, H.
    (2008). Spatial panel econometrics. Baltagi, B. H., Song, S. H. & Koh, W. (2003). Testing panel data
    regression models with spatial error correlation. Journal of Econometrics 117, 123-150. Elhorst, J. P.
    (2014). Spatial Econometrics: From Cross-Sectional Data to Spatial Panels. Springer.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> ring = np.roll(np.eye(12), 1, axis=0) + np.roll(np.eye(12), -1, axis=0)
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=list("abcdefghijkl")).standardize("row")
    >>> keys = pd.MultiIndex.from_product([w.ids, range(2001, 2006)], names=["code", "year"])
    >>> rng = np.random.default_rng(0)
    >>> data = pd.DataFrame(rng.normal(size=(60, 2)), index=keys, columns=["y", "x"])
    >>> tests = sf.specification_tests("y ~ x", data, w, unit="code", time="year")
    >>> tests.choice
    {'model': 'ols', 'effects': 'pooled'}
    """
    _check_arguments(weights, unit, time, bias_correction, alpha)
    call = _Call(formula, data, weights, unit, time, durbin, logdet, AbsorbedTerms())
    kinds = ("",) if time is None else _EFFECTS
    first = call.fit("ols", kinds[0])
    if first.parts.transformation.n_periods == 1 and time is not None:
        raise DataError(f"The data hold one period of {time!r}: leave time= out to test a cross-section.")
    if not any(first.parts.design.pieces):
        raise FormulaError(
            f"The formula {formula!r} has no regressor besides the intercept: nothing to test."
        )
    if time is not None:
        call = replace(call, absorbed=absorbed_terms(first, durbin, time))
    plain = {kind: first if kind == kinds[0] else call.fit("ols", kind) for kind in kinds}
    matrix = weights.align(first.parts.ids)
    notes = [] if time is None else [_HOW_TO_READ, *call.absorbed.notes()]
    scale = "none" if time is None else _scale(bias_correction, matrix, notes)
    blocks = [] if time is None else [_effect_tests(call, plain, notes)]
    for kind in kinds:
        fits = _fits(call, kind, scale, notes)
        blocks.append(_dependence(call, plain[kind], matrix))
        blocks.append(_durbin_tests(call, fits, kind, scale, notes))
        if kind == "pooled":
            random = _random(call, "ols", notes)
            blocks.append(error_component_tests(plain[kind], random, fits.get("sem"))[_COLUMNS])
        if kind == "unit":
            blocks.append(_hausman_tests(call, fits, scale, notes))
    frame = pd.concat(blocks, ignore_index=True)
    chosen = choose(frame, alpha)
    return SpecificationTests(
        frame=frame,
        model=chosen.model,
        effects=chosen.effects,
        reasons=(*chosen.reasons, *_left_out(call, chosen.effects)),
        notes=tuple(notes),
        alpha=alpha,
        formula=formula,
        weights_name=first.weights_name,
        nobs=first.nobs,
        n_units=first.parts.transformation.n_units,
        n_periods=first.parts.transformation.n_periods,
        bias_correction=scale,
        implied_formula=call.absorbed.formula(formula, chosen.effects),
        provenance=first.provenance,
    )


@dataclass(frozen=True, slots=True)
class _Call:
    """What every fit of one call shares."""

    formula: str
    data: pd.DataFrame
    weights: SpatialWeights
    unit: str | None
    time: str | None
    durbin: Sequence[str] | None
    logdet: LogDetMethod
    absorbed: AbsorbedTerms

    def fit(self, model: Model, effects: str, scale: str = "none") -> ModelResult:
        """One model; `effects` and `scale` count for panels only."""
        durbin = self.durbin if model in HAS_LAGS else None
        if self.time is None or self.unit is None:
            return fit_cross_section(
                self.formula,
                self.data,
                self.weights,
                unit=self.unit,
                model=model,
                durbin=durbin,
                engine="native",
                logdet=self.logdet,
            )
        return fit_panel(
            self.absorbed.formula(self.formula, effects),
            self.data,
            self.weights,
            unit=self.unit,
            time=self.time,
            model=model,
            effects=cast(PanelEffects, effects),
            error_components="kkp" if effects == "random" and model == "sem" else None,
            bias_correction="none" if scale == "none" else "lee-yu",
            durbin=self.absorbed.durbin(durbin, effects),
            logdet=self.logdet,
        )


def _check_arguments(
    weights: object, unit: str | None, time: str | None, bias_correction: str, alpha: float
) -> None:
    check_option("bias_correction", bias_correction, ("lee-yu", "none"))
    check_weights(weights)
    if time is not None and unit is None:
        raise OptionError("time= goes with unit=: name the column or index level that holds the units.")
    check_number("alpha", alpha, between=(0, 1))


def _scale(wanted: str, matrix: csr_array, notes: list[str]) -> str:
    """The likelihood of the Durbin tests: as wanted, direct where W forbids the transformation."""
    row_sums = np.asarray(matrix.sum(axis=1), dtype=float).ravel()
    if wanted == "none" or np.abs(row_sums - 1).max() <= 1e-9:
        return wanted
    notes.append(
        "Not every row of W sums to 1, so all tests from the SDM use the direct likelihood "
        "(bias_correction='none')."
    )
    return "none"


def _rows(tests: list[HypothesisTest], residuals: str, effects: str) -> pd.DataFrame:
    values = [(t.test, t.null, t.statistic, float(t.df), t.p_value, residuals, effects) for t in tests]
    return pd.DataFrame(values, columns=_COLUMNS)


def _stacked(blocks: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(blocks or [_rows([], "", "")], ignore_index=True)


def _left_out(call: _Call, effects: str) -> list[str]:
    """What the implied effects absorb, in words."""
    gone = call.absorbed.of(effects)
    if not gone:
        return []
    return [
        f"Formula: {effects} effects absorb {listed(gone)}, which leaves "
        f"{call.absorbed.formula(call.formula, effects)!r}; effects='random' and 'mundlak' keep all terms."
    ]


def _effect_tests(call: _Call, fits: dict[str, ModelResult], notes: list[str]) -> pd.DataFrame:
    """Likelihood ratios of unit, period and both effects, between least-squares fits."""
    pairs = [
        ("LR unit effects", "no unit effects, period effects kept", "time", "twoway"),
        ("LR period effects", "no period effects, unit effects kept", "unit", "twoway"),
        ("LR unit and period effects", "neither unit nor period effects", "pooled", "twoway"),
        ("LR unit effects", "no unit effects", "pooled", "unit"),
        ("LR period effects", "no period effects", "pooled", "time"),
    ]
    blocks = []
    for name, null, small, large in pairs:
        if parameter_count(fits[small]) == parameter_count(fits[large]):
            notes.append(f"{name}, {small} against {large}: the formula holds these effects already.")
            continue
        test = replace(likelihood_ratio(fits[small], fits[large]), test=name, null=null)
        used = f"OLS, direct likelihood ({small} against {large}){call.absorbed.said(large)}"
        blocks.append(_rows([test], used, large))
    return _stacked(blocks)


def _dependence(call: _Call, fit: ModelResult, matrix: csr_array) -> pd.DataFrame:
    """Moran's I and LM tests of the least-squares residuals."""
    parts = fit.parts
    fitted = least_squares(parts.design.y, parts.matrix, parts.transformation, vcov="expected")
    table = dependence_tests(
        parts.matrix, parts.design.y, fitted, matrix, parts.design.has_intercept, parts.transformation
    )
    residuals = table["residuals"] + call.absorbed.said(fit.effects)
    return table.assign(effects=fit.effects, residuals=residuals)[_COLUMNS]


def _fits(call: _Call, kind: str, scale: str, notes: list[str]) -> dict[str, ModelResult]:
    """The models that the tests compare; one that cannot be estimated is left out, with a note."""
    fits: dict[str, ModelResult] = {}
    models: tuple[Model, ...] = ("ols", "slx", *_SPATIAL_MODELS)
    for model in models:
        try:
            fits[model] = call.fit(model, kind, scale)
        except ConvergenceError as error:
            notes.append(_not_estimated(model, kind, error))
    return fits


def _not_estimated(model: str, kind: str, error: ConvergenceError) -> str:
    spelled = f" with {kind} effects" if kind else ""
    return f"{model.upper()}{spelled} could not be estimated: {str(error).split('. ')[0]}."


def _durbin_tests(
    call: _Call, fits: dict[str, ModelResult], kind: str, scale: str, notes: list[str]
) -> pd.DataFrame:
    """The Durbin model against its special cases, by likelihood ratio and Wald."""
    tests = [replace(likelihood_ratio(fits["ols"], fits["slx"]), null="theta = 0 (rho = 0)")]
    sdm = fits.get("sdm")
    if sdm is not None:
        tests.append(replace(likelihood_ratio(fits["slx"], sdm), null="rho = 0"))
        if "sar" in fits:
            tests.append(replace(likelihood_ratio(fits["sar"], sdm), null="theta = 0"))
        tests.append(replace(wald_no_lags(sdm), test="Wald SAR against SDM"))
        faults = common_factor_faults(sdm)
        if faults:
            spelled = f" with {kind} effects" if kind else ""
            notes.append(f"SEM is not nested in the SDM{spelled}: {'; '.join(faults)}.")
        else:
            if "sem" in fits:
                tests.append(replace(likelihood_ratio(fits["sem"], sdm), null="theta + rho beta = 0"))
            tests.append(replace(wald_common_factor(sdm), test="Wald SEM against SDM"))
    return _rows(tests, _likelihood_used(kind, scale) + call.absorbed.said(kind), kind)


def _likelihood_used(kind: str, scale: str) -> str:
    if kind in {"", "pooled"}:
        return "maximum likelihood"
    return "maximum likelihood, Lee-Yu" if scale == "lee-yu" else "maximum likelihood, direct"


def _random(call: _Call, model: Model, notes: list[str]) -> ModelResult | None:
    """The model with random effects; None, with a note, where it cannot be estimated."""
    try:
        with warnings.catch_warnings():
            # No variance of the effects is an answer here: then it is the pooled model.
            warnings.simplefilter("ignore", SpatialfinWarning)
            return call.fit(model, "random")
    except ConvergenceError as error:
        notes.append(_not_estimated(model, "random", error))
        return None


def _hausman_tests(call: _Call, fixed: dict[str, ModelResult], scale: str, notes: list[str]) -> pd.DataFrame:
    """Random against fixed unit effects for every spatial model."""
    rows = []
    for model in _SPATIAL_MODELS:
        if model not in fixed:
            continue
        random = _random(call, model, notes)
        if random is None:
            continue
        test = hausman(fixed[model], random)
        used = f"{_likelihood_used('unit', scale)}{call.absorbed.said('unit')}; random effects"
        used += " (KKP)" if random.error_components == "kkp" else ""
        used += f"; smallest eigenvalue {test.smallest_eigenvalue:.3g}"
        rows.append(_rows([test], used, "unit"))
        if test.advice:
            notes.append(test.advice)
    return _stacked(rows)
