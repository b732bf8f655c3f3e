"""Production functions: log Cobb-Douglas with any factors, returns to scale, and their spatial versions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from .._core.impacts import multiplier_slopes, multipliers
from .._errors import OptionError, WeightsError, listed, raise_all
from .._typing import Model
from .._validate import check_option
from ..weights import SpatialWeights
from ._family import HAS_LAGS, HAS_RHO, MODELS
from .cross_section import fit_cross_section
from .impacts import KINDS
from .panel import fit_panel
from .results import ModelResult
from .robustness import check_options_of
from .views import html_table

Array = NDArray[np.float64]

_NOT_HERE = {
    "lags": "short and long run have their own elasticities: fit_panel(...).impacts() gives them",
    "regimes": "fit each group of units by itself with weights.subset(ids)",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ProductionResult:
    """A fitted Cobb-Douglas production function.

    Attributes
    ----------
    fit : ModelResult
        The regression in logarithms.
    output : str
    factors : tuple of str
        Columns of the data.
    terms : tuple of str
        How the factors stand in `fit.params`, in the same order.
    centre : Series
        Geometric means of output and factors in the sample: where `surface` is anchored.
    ranges : DataFrame
        Rows factors; columns low, high: the sample's range.
    """

    fit: ModelResult
    output: str
    factors: tuple[str, ...]
    terms: tuple[str, ...]
    centre: pd.Series
    ranges: pd.DataFrame

    @property
    def spills_over(self) -> bool:
        """Whether a factor of one unit moves the output of others, so that impacts are the elasticities."""
        return self.fit.model in HAS_RHO | HAS_LAGS

    def elasticities(self, level: float = 0.95) -> pd.DataFrame:
        """Elasticity of output with respect to each factor.

        Parameters
        ----------
        level : float
            Confidence level.

        Returns
        -------
        DataFrame
            factor, impact, estimate, std_error, statistic, p_value, conf_low, conf_high. The impact is
            ``total`` where nothing spills over; otherwise ``direct`` (own factor), ``indirect`` (that of all
            other units) and ``total``, by the delta method.
        """
        rows = []
        for factor, term in zip(self.factors, self.terms, strict=True):
            estimate, error = self._combined([term])
            rows += [(factor, kind, estimate[kind], error[kind]) for kind in self._kinds()]
        table = pd.DataFrame(rows, columns=["factor", "impact", "estimate", "std_error"])
        table["statistic"] = table["estimate"] / table["std_error"]
        table["p_value"] = 2 * self._distribution().sf(table["statistic"].abs())
        return self._with_interval(table, level)

    def returns_to_scale(self, level: float = 0.95) -> pd.DataFrame:
        """Wald test that the elasticities sum to one.

        Parameters
        ----------
        level : float
            Confidence level; the conclusion is drawn at ``1 - level``.

        Returns
        -------
        DataFrame
            Indexed by impact: estimate (the sum), std_error, statistic, distribution, p_value, conf_low,
            conf_high, conclusion. ``total``: all units scale their factors together; ``direct``, where
            factors spill over: one unit alone does. The statistic is F(1, df) for least squares and
            chi2(1) otherwise.

        Notes
        -----
        ``((sum_k e_k - 1) / se)^2`` with the standard error of the sum by the delta method.
        """
        estimate, error = self._combined(list(self.terms))
        kinds = [kind for kind in self._kinds() if kind != "indirect"]
        table = pd.DataFrame(
            {"estimate": estimate[kinds], "std_error": error[kinds]}, index=pd.Index(kinds, name="impact")
        )
        table["statistic"] = ((table["estimate"] - 1) / table["std_error"]) ** 2
        df = self.fit.df_resid
        table["distribution"] = f"F(1, {df})" if self.fit.uses_t else "chi2(1)"
        law = stats.f(1, df) if self.fit.uses_t else stats.chi2(1)
        table["p_value"] = law.sf(table["statistic"])
        table = self._with_interval(table, level)
        words = np.where(table["estimate"] > 1, "increasing", "decreasing")
        table["conclusion"] = np.where(table["p_value"] < 1 - level, words, "constant not rejected")
        return table

    def surface(self, first: str, second: str, *, points: int = 30, impact: str = "total") -> pd.DataFrame:
        """Output over a grid of two factors, the others at their geometric means: what a figure draws.

        Parameters
        ----------
        first, second : str
            Two of the factors.
        points : int
            Grid points per factor, evenly spaced in logarithms over the sample's range.
        impact : {"total", "direct"}
            ``total``: all units have these factors; ``direct``: one unit has, the others stay.

        Returns
        -------
        DataFrame
            Output in its own unit, shape (points, points): rows values of `first`, columns values of
            `second`. ``attrs["held"]`` holds where the other factors are.

        Raises
        ------
        OptionError
            A name that is no factor, the same factor twice, fewer than two points, another impact.

        Notes
        -----
        ``exp(mean ln Y + sum_k e_k (ln F_k - mean ln F_k))``: anchored at the geometric means of the sample,
        so it holds with fixed effects too. It is the median of output, not its mean.
        """
        for name in (first, second):
            check_option("factor", name, self.factors)
        if first == second:
            raise OptionError(f"A surface needs two different factors, not {first!r} twice.")
        check_option("impact", impact, ("total", "direct"))
        if isinstance(points, bool) or not isinstance(points, int) or points < 2:
            raise OptionError(f"points={points!r}: a whole number of at least 2 is needed.")
        bounds = self.ranges.loc[[first, second]].to_numpy()
        grids = [np.geomspace(low, high, points) for low, high in bounds]
        parts = []
        for name, grid in zip((first, second), grids, strict=True):
            estimate, _ = self._combined([self.terms[self.factors.index(name)]])
            parts.append(estimate[impact] * np.log(grid / self.centre[name]))
        height = self.centre[self.output] * np.exp(parts[0][:, None] + parts[1][None, :])
        frame = pd.DataFrame(
            height, index=pd.Index(grids[0], name=first), columns=pd.Index(grids[1], name=second)
        )
        others = [name for name in self.factors if name not in {first, second}]
        frame.attrs = {"output": self.output, "held": {name: float(self.centre[name]) for name in others}}
        return frame

    def _kinds(self) -> list[str]:
        return list(KINDS) if self.spills_over else ["total"]

    def _distribution(self) -> Any:
        return stats.t(self.fit.df_resid) if self.fit.uses_t else stats.norm()

    def _with_interval(self, table: pd.DataFrame, level: float) -> pd.DataFrame:
        if not 0 < level < 1:
            raise OptionError(f"level={level!r}: a confidence level lies between 0 and 1, such as 0.95.")
        width = self._distribution().ppf((1 + level) / 2) * table["std_error"]
        return table.assign(conf_low=table["estimate"] - width, conf_high=table["estimate"] + width)

    def _combined(self, terms: list[str]) -> tuple[pd.Series, pd.Series]:
        """Impacts of a unit change in the logs of several factors at once, and their standard errors."""
        fit, names = self.fit, list(self.fit.params.index)
        own = [names.index(term) for term in terms]
        lags = [names.index(f"W({term})") for term in terms if f"W({term})" in names]
        values = fit.params.to_numpy()
        beta, theta = np.asarray(values[own].sum()), np.asarray(values[lags].sum())
        gradient = np.zeros((len(KINDS), len(names)))
        if not self.spills_over or fit.parts.weights is None or fit.parts.logdet is None:
            estimate = np.array([beta, 0.0, beta])
            gradient[0, own] = gradient[2, own] = 1.0
        else:
            rho = float(fit.params["rho"]) if "rho" in names else 0.0
            at = multipliers(fit.parts.weights, fit.parts.logdet, rho)
            one, zero = np.asarray(1.0), np.asarray(0.0)
            estimate = at.impacts(beta, theta)
            gradient[:, own] = at.impacts(one, zero)[:, None]
            gradient[:, lags] = at.impacts(zero, one)[:, None]
            if "rho" in names:
                slopes = multiplier_slopes(fit.parts.weights, fit.parts.logdet, rho)
                gradient[:, names.index("rho")] = slopes.impacts(beta, theta)
        variance = np.einsum("ip,pq,iq->i", gradient, fit.cov.to_numpy(), gradient)
        errors = np.sqrt(np.maximum(variance, 0.0))
        return pd.Series(estimate, index=list(KINDS)), pd.Series(errors, index=list(KINDS))

    def __repr__(self) -> str:
        def shown(table: pd.DataFrame, *, index: bool) -> str:
            return table.to_string(index=index, float_format=lambda value: f"{value:.5g}")

        lines = [
            f"Cobb-Douglas by {self.fit.label}: {self.fit.formula} (N = {self.fit.nobs})",
            shown(self.elasticities(), index=False),
            "",
            "Returns to scale: the sum of the elasticities, tested against 1",
            shown(self.returns_to_scale(), index=True),
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return html_table(self.elasticities()) + html_table(self.returns_to_scale().reset_index())


def fit_production(
    data: pd.DataFrame,
    weights: SpatialWeights | None = None,
    *,
    output: str,
    factors: Sequence[str],
    controls: Sequence[str] = (),
    unit: str | None = None,
    time: str | None = None,
    model: Model = "ols",
    **options: Any,
) -> ProductionResult:
    """Fit a Cobb-Douglas production function in logarithms and test its returns to scale.

    Parameters
    ----------
    data : DataFrame
        One row per unit, or per unit and period, in any order. Levels, not logarithms.
    weights : SpatialWeights, optional
        For the same units; needed by every model but ``"ols"``.
    output : str
        Column with output, such as GDP in constant prices.
    factors : sequence of str
        Columns with the factors, such as ``["capital", "labour", "finance"]``; all positive.
    controls : sequence of str
        Further terms as in a formula, such as ``"unemp"`` or ``"C(region)"``; they are no factors and do not
        count in the returns to scale.
    unit : str, optional
        Column or index level with the units; needed with `time`.
    time : str, optional
        Column or index level with the periods of a panel; a cross-section when left out.
    model : {"ols", "slx", "sar", "sem", "sdm", "sdem", "sac"}
        As in `fit_panel`.
    **options
        Handed on to `fit_panel` or `fit_cross_section`, such as ``effects="unit"``.

    Returns
    -------
    ProductionResult
        ``.elasticities()``, ``.returns_to_scale()``, ``.surface(first, second)``, and the regression
        ``.fit``.

    Raises
    ------
    OptionError
        Factors that are missing, repeated or the output itself, a control made of a factor, an option that
        does not exist.
    WeightsError
        Weights that are not one `SpatialWeights`.
    DataError, FormulaError, AlignmentError, CollinearityError, ConvergenceError
        As in `fit_cross_section`; the logarithm of a value that is not positive names the units.

    Notes
    -----
    ``ln Y = ln A + sum_k e_k ln F_k + controls + u``. Where factors spill over (slx, sar, sdm, sdem, sac)
    the coefficients are no elasticities: the impacts ``(I - rho W)^-1 (b_k I + theta_k W)`` are. Value added
    of finance is a part of GDP: as a factor of GDP take credit or deposits, or read its elasticity as a
    share.

    References
    ----------
    Cobb, C. W. & Douglas, P. H. (1928). A theory of production. American Economic Review 18, 139-165.
    LeSage, J. P. & Pace, R. K. (2009). Introduction to Spatial Econometrics, ch. 2.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> rng = np.random.default_rng(0)
    >>> data = pd.DataFrame(np.exp(rng.normal(size=(40, 3))), columns=["capital", "labour", "credit"])
    >>> noise = np.exp(0.1 * rng.normal(size=40))
    >>> data["gdp"] = data["capital"] ** 0.3 * data["labour"] ** 0.5 * data["credit"] ** 0.2 * noise
    >>> found = sf.models.fit_production(data, output="gdp", factors=["capital", "labour", "credit"])
    >>> found.returns_to_scale()["conclusion"].item()
    'constant not rejected'
    """
    check_option("model", model, MODELS)
    if time is not None and unit is None:
        raise OptionError(f"time={time!r} needs unit=, the column with the units.")
    if weights is not None and not isinstance(weights, SpatialWeights):
        raise WeightsError(f"weights: a SpatialWeights is needed, not {type(weights).__name__}.")
    fitter: Callable[..., ModelResult] = fit_cross_section if time is None else fit_panel
    keys = {"unit": unit} if time is None else {"unit": unit, "time": time}
    check_options_of(fitter, options)
    _check_roles(output, factors, options)
    terms = [_log_of(name) for name in factors]
    formula = f"{_log_of(output)} ~ {' + '.join([*terms, *controls])}"
    fit = fitter(formula, data, weights, **keys, model=model, **options)
    _check_controls(fit, factors, terms)
    logs = {name: np.log(fit.parts.design.columns[name]) for name in (output, *factors)}
    centre = pd.Series({name: float(np.exp(values.mean())) for name, values in logs.items()}, name="centre")
    levels = {name: fit.parts.design.columns[name] for name in factors}
    ranges = pd.DataFrame(
        {name: (float(values.min()), float(values.max())) for name, values in levels.items()},
        index=["low", "high"],
    ).T
    return ProductionResult(fit, output, tuple(factors), tuple(terms), centre, ranges)


def _check_roles(output: str, factors: Sequence[str], options: dict[str, Any]) -> None:
    """Refuse factors that are none, and options whose results are no single set of elasticities."""
    if isinstance(factors, str) or not factors or not all(isinstance(name, str) for name in factors):
        raise OptionError(f"factors={factors!r}: a list of columns is needed, such as ['capital', 'labour'].")
    problems = [
        f"{name}= is not for fit_production: {why}" for name, why in _NOT_HERE.items() if options.get(name)
    ]
    repeated = sorted({name for name in factors if list(factors).count(name) > 1})
    if repeated:
        problems.append(f"factors: {listed(repeated)} more than once")
    if output in factors:
        problems.append(f"the output {output!r} is among the factors")
    raise_all(problems, OptionError, "The production function")


def _check_controls(fit: ModelResult, factors: Sequence[str], terms: Sequence[str]) -> None:
    """Refuse controls made of a factor: its elasticity would not be the constant that is reported."""
    design, wrong = fit.parts.design, []
    for label, pieces in zip(design.labels, design.pieces, strict=True):
        columns = {name for piece in pieces for name in design.expressions[piece.expression].columns}
        if label not in terms and columns & set(factors):
            wrong.append(label)
    if wrong:
        raise OptionError(
            f"controls: {listed(wrong)} made of factors, whose elasticities would then not be constant. "
            "Leave them out, or fit the formula with fit_panel or fit_cross_section and read impacts(at=...)."
        )


def _log_of(name: str) -> str:
    plain = name.isidentifier() and not iskeyword(name)
    return f"log({name})" if plain else f"log(`{name}`)"
