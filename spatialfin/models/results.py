"""What a fitted model knows, as labelled pandas objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from .._core.blocks import ObservedTransformation, removed_effects, unit_effects
from .._core.dynamic import Motion, outer_spectrum, spectral_radius
from .._core.transformation import lag_periods, solve_periods
from .._errors import DataError, OptionError
from .._provenance import Provenance
from .._validate import check_frame, check_number, check_same_units, check_unique
from ._family import LEAST_SQUARES, RANDOM, SPATIAL
from .design import variance_inflation
from .parts import Parts
from .views import summary_html, summary_text

if TYPE_CHECKING:
    from .impacts import Impacts

Array = NDArray[np.float64]

_NAMES = {
    "ols": "OLS",
    "slx": "SLX",
    "sar": "SAR",
    "sem": "SEM",
    "sdm": "SDM",
    "sdem": "SDEM",
    "sac": "SAC",
}


def check_model(result: object) -> None:
    """Refuse anything but a fitted model."""
    if not isinstance(result, ModelResult):
        raise OptionError(
            f"result: a ModelResult is needed, not {type(result).__name__}; "
            "fit_cross_section and fit_panel return one."
        )


def check_one_w(result: ModelResult, what: str) -> None:
    """Refuse a panel with gaps or with weights per period."""
    if isinstance(result.parts.transformation, ObservedTransformation):
        raise OptionError(
            f"{what} needs one W and every unit in every period, and this panel has gaps or weights per "
            "period. Use result.impacts() for averages over its unit-periods, or fit the units and periods "
            "that are complete."
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ModelResult:
    """A fitted spatial model.

    Attributes
    ----------
    model, estimator, engine, vcov : str
        Words as given; the engine says whose likelihood was maximised (``spreg`` or ``native``).
    formula, depvar : str
    params : Series
        ``Intercept``, the terms, ``W(<term>)``, of dynamic models ``tau`` (y of the period before) and
        ``eta`` (its spatial lag), then ``rho`` and ``lam``.
    cov : DataFrame
        Covariance of `params`.
    sigma2 : float
        Error variance; SSR/N for likelihood models, SSR/(N - k) for least squares.
    loglik : float
        Log-likelihood with all constants; NaN for GMM and 2SLS.
    nobs : int
    fitted, residuals : Series
        Keyed by unit in the caller's order. Residuals are the innovations e, less the predicted effects where
        these are random; fitted is y - e.
    diagnostics : DataFrame or None
        Tests for spatial dependence of the least-squares residuals, where there are weights.
    regime_tests : DataFrame or None
        Equality of the coefficients over regimes (Wald).
    weights_name : str
    effects : str
        ``""`` for a cross-section; pooled, unit, time, twoway, random or mundlak.
    bias_correction : str
        ``"lee-yu"`` or ``"none"``: the scale of likelihood, sigma2 and standard errors; of dynamic models
        whether the quasi-likelihood estimates are corrected.
    lags : tuple of str
        ``("y",)`` or ``("y", "Wy")`` for a dynamic panel.
    phi : float
        Variance of random unit effects over `sigma2`, that of the innovations; NaN without such effects.
    phi_std_error : float
        By `vcov`; NaN where phi is zero, at its bound. `phi_interval` gives the interval.
    error_components : str
        How random effects go with spatial errors, ``"baltagi"`` or ``"kkp"``; ``""`` otherwise.
    provenance : Provenance
    """

    model: str
    estimator: str
    engine: str
    vcov: str
    formula: str
    depvar: str
    params: pd.Series
    cov: pd.DataFrame
    sigma2: float
    loglik: float
    nobs: int
    fitted: pd.Series
    residuals: pd.Series
    diagnostics: pd.DataFrame | None
    regime_tests: pd.DataFrame | None
    weights_name: str
    provenance: Provenance
    parts: Parts
    effects: str = ""
    bias_correction: str = "none"
    phi: float = float("nan")
    phi_std_error: float = float("nan")
    error_components: str = ""
    lags: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The model's name as it heads a column: OLS, SAR, SDM, ..., dynamic SDM."""
        return ("dynamic " if self.lags else "") + _NAMES[self.model]

    @property
    def spectral_radius(self) -> float:
        """Of ``A = (I - rho W)^-1 (tau I + eta W)``; a dynamic model is stable below 1. NaN without lags.

        From all eigenvalues of W up to 1,000 units; beyond, for a W that is not similar to a symmetric
        matrix, an upper bound.
        """
        weights, logdet = self.parts.weights, self.parts.logdet
        if not self.lags or weights is None or logdet is None:
            return float("nan")
        motion = Motion(*(float(self.params.get(name, 0.0)) for name in Motion._fields))
        return float(spectral_radius(outer_spectrum(weights, logdet), motion))

    @property
    def vif(self) -> pd.Series | None:
        """Variance inflation factors, of demeaned columns; None for a cross-section without intercept."""
        design = self.parts.design
        if not self.effects and not design.has_intercept:
            return None
        return variance_inflation(self.parts.transformation.demean(design.x), design.labels)

    @property
    def std_errors(self) -> pd.Series:
        """Standard errors of `params`."""
        return pd.Series(np.sqrt(np.diag(self.cov)), index=self.params.index, name="std_error")

    @property
    def df_resid(self) -> int:
        """Observations less removed means and regression coefficients (spatial ones not counted)."""
        coefficients = sum(name not in SPATIAL for name in self.params.index)
        return self.parts.transformation.within_observations - coefficients

    @property
    def uses_t(self) -> bool:
        """Whether p-values come from Student's t (least squares) and not from the normal."""
        return self.model in LEAST_SQUARES and self.estimator == "ml" and not self.has_random_effects

    @property
    def has_random_effects(self) -> bool:
        """Whether unit effects are random (Mundlak's among them)."""
        return self.effects in RANDOM

    @property
    def _n_estimated(self) -> int:
        """Coefficients and variances."""
        return len(self.params) + 1 + self.has_random_effects

    @property
    def aic(self) -> float:
        """Akaike criterion; sigma2 and phi count as parameters."""
        return -2 * self.loglik + 2 * self._n_estimated

    @property
    def bic(self) -> float:
        """Schwarz criterion; sigma2 and phi count as parameters."""
        return -2 * self.loglik + float(np.log(self.nobs)) * self._n_estimated

    @property
    def r2(self) -> float:
        """R-squared of least squares (within R-squared with fixed effects); NaN for all other models."""
        if self.model not in LEAST_SQUARES or self.has_random_effects:
            return float("nan")
        design, demean = self.parts.design, self.parts.transformation.demean
        outcome = demean(design.y)
        centre = float(outcome.mean()) if design.has_intercept else 0.0
        return 1 - float((self.residuals**2).sum() / ((outcome - centre) ** 2).sum())

    @property
    def pseudo_r2(self) -> float:
        """Squared correlation of the outcome with its expectation given the regressors.

        With fixed effects both are demeaned: what the regressors explain beyond the effects.
        """
        demean = self.parts.transformation.demean
        expected = demean(self._expected(self.parts.matrix))
        if np.ptp(expected) <= 1e-12 * max(float(np.abs(expected).max()), 1e-300):
            return 0.0
        return float(np.corrcoef(demean(self.parts.design.y), expected)[0, 1] ** 2)

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """Coefficients as a table.

        Parameters
        ----------
        level : float
            Confidence level.

        Returns
        -------
        DataFrame
            term, estimate, std_error, statistic, p_value, conf_low, conf_high.
        """
        check_number("level", level, between=(0, 1))
        errors = self.std_errors.to_numpy()
        estimates = self.params.to_numpy()
        distribution = stats.t(self.df_resid) if self.uses_t else stats.norm()
        statistic = estimates / errors
        width = distribution.ppf((1 + level) / 2) * errors
        return pd.DataFrame(
            {
                "term": self.params.index,
                "estimate": estimates,
                "std_error": errors,
                "statistic": statistic,
                "p_value": 2 * distribution.sf(np.abs(statistic)),
                "conf_low": estimates - width,
                "conf_high": estimates + width,
            }
        )

    def phi_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Interval of `phi`, symmetric in its logarithm and so always positive.

        Parameters
        ----------
        level : float
            Confidence level.

        Returns
        -------
        tuple of float
            ``phi exp(-+ z se(phi) / phi)``; NaN without random effects, and where phi is zero.
        """
        check_number("level", level, between=(0, 1))
        width = stats.norm.ppf((1 + level) / 2) * self.phi_std_error / self.phi if self.phi else float("nan")
        return float(self.phi * np.exp(-width)), float(self.phi * np.exp(width))

    def glance(self) -> pd.DataFrame:
        """The model in one row."""
        row = {
            "model": self.model,
            "estimator": self.estimator,
            "engine": self.engine,
            "vcov": self.vcov,
            "effects": self.effects,
            "weights": self.weights_name,
            "nobs": self.nobs,
            "k": len(self.params),
            "loglik": self.loglik,
            "aic": self.aic,
            "bic": self.bic,
            "r2": self.r2,
            "pseudo_r2": self.pseudo_r2,
            "sigma2": self.sigma2,
            "phi": self.phi,
            "phi_std_error": self.phi_std_error,
        }
        return pd.DataFrame([row])

    def predict(self, data: pd.DataFrame | None = None) -> pd.Series:
        """Expected outcome given the regressors.

        Parameters
        ----------
        data : DataFrame, optional
            New regressors for the same units, indexed by unit (cross-sections only); the estimation sample
            when left out.

        Returns
        -------
        Series
            ``(I - rho W)^-1 (X b + WX theta + effects)`` with rho, the bracket alone without; on the index
            of `data`, or on the caller's.

        Raises
        ------
        AlignmentError, DataError, FormulaError
        """
        parts = self.parts
        if data is not None:
            check_frame(data, "new data")
            check_unique(data.index, "new data")
        if data is None:
            expected = self._expected(parts.matrix, self._removed())
            return parts.in_callers_order(expected, self.depvar)
        if self.regime_tests is not None or parts.panel is not None:
            raise DataError(
                "A model with regimes, or of a panel, predicts its own sample only: "
                "call predict() without data."
            )
        ordered = data
        if parts.weights is not None:
            check_same_units(data.index, parts.ids, data_name="new data")
            ordered = data.loc[parts.ids]
        regressors = parts.design.apply(ordered)
        if parts.lagged and parts.weights is not None:
            regressors = np.column_stack([regressors, parts.weights @ regressors[:, parts.lagged]])
        return pd.Series(self._expected(regressors), index=ordered.index, name=self.depvar).loc[data.index]

    def _expected(self, regressors: Array, added: Array | float = 0.0) -> Array:
        """Reduced form of the signal, stacked by period."""
        coefficients = self.params.drop(list(SPATIAL), errors="ignore").to_numpy()
        signal = np.asarray(regressors @ coefficients + added)
        if "rho" not in self.params.index or self.parts.weights is None:
            return signal
        periods = len(signal) // self.parts.weights.shape[0]
        return solve_periods(self.parts.weights, float(self.params["rho"]), signal, periods)

    def _structural(self) -> Array:
        """``y - rho W y - X b``, not demeaned: effects and errors."""
        parts = self.parts
        coefficients = self.params.drop(list(SPATIAL), errors="ignore").to_numpy()
        left = parts.design.y
        if "rho" in self.params.index and parts.weights is not None:
            lagged = lag_periods(parts.weights, left, len(left) // parts.weights.shape[0])
            left = left - float(self.params["rho"]) * lagged
        return np.asarray(left - parts.matrix @ coefficients)

    def _removed(self) -> Array:
        """The fixed effects of every row, zero without."""
        errors, transformation = self._structural(), self.parts.transformation
        if isinstance(transformation, ObservedTransformation):
            return removed_effects(errors, transformation, self.parts.weights, self._lam)
        return errors - transformation.demean(errors)

    @property
    def _lam(self) -> float:
        return float(self.params.get("lam", 0.0))

    def fixed_effects(self) -> pd.DataFrame:
        """Recovered unit and period effects, with rho W y accounted for.

        Returns
        -------
        DataFrame
            Columns effect (``intercept``, ``unit``, ``time``), label, estimate. Unit effects and period
            effects sum to zero each; the intercept is their common level.

        Raises
        ------
        DataError
            For a model without fixed effects.
        """
        transformation = self.parts.transformation
        if self.parts.panel is None or transformation.effects == "pooled":
            raise DataError(
                "The model has no fixed effects: fit a panel with effects='unit', 'time' or 'twoway'."
            )
        if isinstance(transformation, ObservedTransformation):
            units = unit_effects(self._structural(), transformation, self.parts.weights, self._lam)
            return _effects_table(units, self.parts.ids)
        cube = self._structural().reshape(transformation.n_periods, transformation.n_units)
        return _effects_table(
            cube.mean(0) if transformation.by_unit else None,
            self.parts.ids,
            cube.mean(1) if transformation.by_time else None,
            self.parts.panel.times,
        )

    def impacts(
        self,
        draws: int = 1000,
        seed: int = 0,
        at: Mapping[str, float | str] | None = None,
        horizons: Sequence[str | int] | None = None,
        by: str = "average",
    ) -> Impacts:
        """Direct, indirect and total impacts with standard errors.

        Parameters
        ----------
        draws : int
            Draws from the normal distribution of the estimates.
        seed : int
        at : mapping, optional
            Values of the moderators, such as ``{"depth": 0.4}``, where a regressor stands in a product, a
            square or two transformations. Without it they are at their sample means, and the table says so.
        horizons : sequence of "short", "long" or int, optional
            For dynamic models: the same period, the new equilibrium, or accumulated after so many periods
            (up to 1,000 units). Short and long when left out; only short, with a warning, where the
            process is not stable. Where the long run is asked for, unstable draws are rejected.
        by : {"average", "unit"} or column name
            Averages over all units; the impacts of every unit (its own change on itself, a change everywhere
            else on it); or averages over the units of each group of a column of the data, such as
            ``"macro_region"``: one set of coefficients, different places in the network. Static models of up
            to 1,000 units. For coefficients that differ see `heterogeneity`, for who sends `unit_impacts`.

        Returns
        -------
        Impacts
            ``.tidy()`` gives the table.

        Raises
        ------
        FormulaError
            When `at` names something that is no regressor.
        DataError
            For a model with regimes, whose impacts are not averages over all units; when `by` is no column,
            is missing in a row or changes over time.
        OptionError
            For horizons of a static model, for what is no horizon, and for groups of a dynamic model or of
            more than 1,000 units.
        ConvergenceError
            When the long run of an unstable process is asked for by name.
        """
        from .impacts import compute_impacts

        return compute_impacts(self, draws=draws, seed=seed, at=at, horizons=horizons, by=by)

    def summary(self) -> str:
        """The result as text."""
        return summary_text(self)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return summary_html(self)

    @property
    def __maketables_coef_table__(self) -> pd.DataFrame:
        table = self.tidy().set_index("term")
        names = {"estimate": "b", "std_error": "se", "statistic": "t", "p_value": "p"}
        names |= {"conf_low": "ci95l", "conf_high": "ci95u"}
        return table.rename(columns=names).rename_axis("Coefficient")

    def __maketables_stat__(self, key: str) -> Any:
        """A statistic by maketables' key, None where there is none."""
        values = {
            "N": self.nobs,
            "ll": self.loglik,
            "aic": self.aic,
            "bic": self.bic,
            "r2": self.r2,
            "pseudo_r2": self.pseudo_r2,
            "se_type": self.vcov,
            "sigma2": self.sigma2,
        }
        value = values.get(key)
        return None if isinstance(value, float) and np.isnan(value) else value

    @property
    def __maketables_depvar__(self) -> str:
        return self.depvar

    @property
    def __maketables_fixef_string__(self) -> str | None:
        return {"unit": "unit", "time": "time", "twoway": "unit+time"}.get(self.effects)

    @property
    def __maketables_vcov_info__(self) -> dict[str, Any]:
        return {"vcov_type": self.vcov}

    @property
    def __maketables_default_stat_keys__(self) -> list[str]:
        return ["N", "ll", "aic", "r2", "pseudo_r2"]


def _effects_table(
    units: Array | None, ids: pd.Index, periods: Array | None = None, times: pd.Index | None = None
) -> pd.DataFrame:
    """Effects as differences from their common level."""
    level = float(next(values for values in (units, periods) if values is not None).mean())
    rows: list[tuple[str, object, float]] = [("intercept", "", level)]
    for effect, values, labels in (("unit", units, ids), ("time", periods, times)):
        if values is not None and labels is not None:
            rows += [(effect, label, value - level) for label, value in zip(labels, values, strict=True)]
    return pd.DataFrame(rows, columns=["effect", "label", "estimate"])
