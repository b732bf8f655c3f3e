"""One specification over several weights: whether the result hangs on who is called a neighbour."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

import pandas as pd

from .._errors import (
    OptionError,
    SpatialfinError,
    SpatialfinWarning,
    WeightsError,
    nearest,
    raise_all,
    warn_caller,
)
from .._typing import Model
from .._validate import check_option
from ..weights import SpatialWeights, compare_weights
from ._family import HAS_LAGS, HAS_RHO, MODELS, SPATIAL
from .cross_section import fit_cross_section
from .impacts import Impacts
from .panel import fit_panel
from .results import ModelResult
from .views import html_table

_SHOWN = ["estimate", "std_error", "p_value"]
_COLUMNS = ["weights", "part", "term", "at", "estimate", "std_error", "statistic", "p_value"]
_COLUMNS += ["conf_low", "conf_high"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RobustnessResult:
    """The same specification fitted with several weights.

    Attributes
    ----------
    formula, model : str
    fits : dict of str to ModelResult
        By the name of the weights, in the order given.
    impacts : dict of str to Impacts
        Empty for models without spillovers of regressors (sem).
    weights : DataFrame
        `compare_weights`: links, neighbours, islands, components and correlations of the weights.
    """

    formula: str
    model: str
    fits: dict[str, ModelResult]
    impacts: dict[str, Impacts]
    weights: pd.DataFrame

    @property
    def correlations(self) -> pd.DataFrame:
        """Correlations between the weights over all ordered pairs of units, k x k."""
        names = list(self.fits)
        found = self.weights[[f"corr {name}" for name in names]]
        return found.set_axis(pd.Index(names, name="weights"), axis=1)

    @property
    def frame(self) -> pd.DataFrame:
        """Everything side by side.

        Returns
        -------
        DataFrame
            Rows (part, term): ``spatial`` (rho, lam), ``coefficient``, ``direct``, ``indirect``, ``total``,
            ``fit`` (log-likelihood, AIC, sigma2, observations). Columns (weights, estimate | std_error |
            p_value); the standard errors of ``fit`` are NaN.
        """
        table = self.tidy().set_index(["part", "term"])
        sides = {name: table.loc[table["weights"] == name, _SHOWN] for name in self.fits}
        return pd.concat(sides, axis=1, names=["weights", "value"], sort=False)

    def tidy(self, inference: str = "simulated", level: float = 0.95) -> pd.DataFrame:
        """Everything in one long table.

        Parameters
        ----------
        inference : {"simulated", "delta"}
            Standard errors of the impacts, as in `Impacts.tidy`.
        level : float
            Confidence level.

        Returns
        -------
        DataFrame
            weights, part, term, at, estimate, std_error, statistic, p_value, conf_low, conf_high.
        """
        parts = []
        for name, fit in self.fits.items():
            own = pd.concat(
                [_coefficients(fit, level), *self._impact_rows(name, inference, level), _fit(fit)]
            )
            parts.append(own.assign(weights=name))
        return pd.concat(parts, ignore_index=True)[_COLUMNS]

    def _impact_rows(self, name: str, inference: str, level: float) -> list[pd.DataFrame]:
        """One table per kind of impact; dynamic models have one per horizon too."""
        if name not in self.impacts:
            return []
        table = self.impacts[name].tidy(inference, level)
        static = table["horizon"] == "static"
        part = table["impact"].where(static, table["impact"] + ", " + table["horizon"] + " run")
        table = table.assign(part=part).rename(columns={"variable": "term", "z": "statistic"})
        return [rows for _, rows in table.groupby("part", sort=False)]

    def __repr__(self) -> str:
        estimates = self.frame.xs("estimate", axis=1, level="value")
        lines = [
            f"{next(iter(self.fits.values())).label}: {self.formula}, over {len(self.fits)} weights",
            estimates.to_string(float_format=lambda value: f"{value:.5g}"),
            "",
            "Correlations between the weights",
            self.correlations.to_string(float_format=lambda value: f"{value:.3f}"),
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        table = self.tidy()[["weights", "part", "term", *_SHOWN]]
        return html_table(table) + html_table(self.correlations.reset_index())


def robustness(
    formula: str,
    data: pd.DataFrame,
    weights: Mapping[str, SpatialWeights],
    *,
    unit: str | None = None,
    time: str | None = None,
    model: Model = "sdm",
    draws: int = 1000,
    seed: int = 0,
    at: Mapping[str, float | str] | None = None,
    **options: Any,
) -> RobustnessResult:
    """Fit one specification with several weights and lay the results side by side.

    Parameters
    ----------
    formula : str
        As in `fit_cross_section`.
    data : DataFrame
        One row per unit, or per unit and period, in any order.
    weights : mapping of str to SpatialWeights
        Weights of the units in the data, by the name they have in tables.
    unit : str, optional
        Column or index level with the units; needed with `time`.
    time : str, optional
        Column or index level with the periods of a panel; a cross-section when left out.
    model : {"sar", "sem", "sdm", "sdem", "sac", "slx"}
        As in `fit_panel`.
    draws, seed, at
        As in `ModelResult.impacts`.
    **options
        Handed on to `fit_panel` or `fit_cross_section`, such as ``effects="twoway"``.

    Returns
    -------
    RobustnessResult
        ``.frame`` side by side, ``.tidy()`` long, ``.correlations`` between the weights, ``.fits``.

    Raises
    ------
    OptionError
        ``model="ols"``, which has no W, `time` without `unit`, or an option that the fit does not have.
    WeightsError
        No weights, or something that is not a `SpatialWeights`.
    SpatialfinError
        What the fits raise; faults of several weights are named together.

    Warns
    -----
    SpatialfinWarning
        What the fits warn of, with the name of the weights; and when the likelihoods are not on one scale:
        the Lee-Yu transformation needs rows of W that sum to one, and only some of the weights have them.

    Notes
    -----
    Weights are no parameter: a higher log-likelihood is no test of one W against another. What should hold
    over all of them are signs, sizes and significance of the impacts.

    References
    ----------
    LeSage, J. P. & Pace, R. K. (2014). The biggest myth in spatial econometrics. Econometrics 2, 217-249.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> ids = list("abcdefghijkl")
    >>> ring = np.roll(np.eye(12), 1, axis=0) + np.roll(np.eye(12), -1, axis=0)
    >>> near = sf.SpatialWeights.from_matrix(ring, ids=ids).standardize("row")
    >>> data = pd.DataFrame({"x": np.arange(12.0) ** 1.5 % 5}, index=ids)
    >>> data["y"] = 1 + 2 * data["x"] + np.sin(np.arange(12.0))
    >>> alike = sf.economic_weights(data["x"]).standardize("row")
    >>> both = sf.models.robustness("y ~ x", data, {"near": near, "alike": alike}, model="sar", draws=50)
    >>> both.frame["near"].loc["spatial"].index.tolist()
    ['rho']
    """
    check_option("model", model, MODELS)
    if model == "ols":
        raise OptionError('model="ols" has no W to vary. Take one of slx, sar, sem, sdm, sdem, sac.')
    if time is not None and unit is None:
        raise OptionError(f"time={time!r} needs unit=, the column with the units.")
    fitter: Callable[..., ModelResult] = fit_cross_section if time is None else fit_panel
    keys = {"unit": unit} if time is None else {"unit": unit, "time": time}
    check_options_of(fitter, options)
    _check_weights(weights)
    fits: dict[str, ModelResult] = {}
    impacts: dict[str, Impacts] = {}
    failures: dict[str, SpatialfinError] = {}
    told: dict[str, list[warnings.WarningMessage]] = {}
    for name, each in weights.items():
        try:
            with warnings.catch_warnings(record=True) as told[name]:
                warnings.simplefilter("always")
                fit = fitter(formula, data, each, **keys, model=model, seed=seed, **options)
                if model in HAS_RHO | HAS_LAGS:
                    impacts[name] = fit.impacts(draws=draws, seed=seed, at=at)
        except SpatialfinError as error:
            failures[name] = error
        else:
            fits[name] = fit
    _tell(told)
    if failures:
        _raise_failures(failures, len(weights))
    _warn_of_scales(fits)
    return RobustnessResult(formula, model, fits, impacts, compare_weights(weights))


def check_options_of(fit: Callable[..., ModelResult], options: Mapping[str, object]) -> None:
    """Refuse an option that the function which fits does not have."""
    valid = list(signature(fit).parameters)
    for name in options:
        if name not in valid:
            hint = " Name the periods by time= for a panel." if fit is fit_cross_section else ""
            raise OptionError(f"{name}= is no option of {fit.__name__}.{nearest(name, valid)}{hint}")


def _check_weights(weights: object) -> None:
    if not isinstance(weights, Mapping) or not weights:
        raise WeightsError('weights must be a mapping of at least one name to weights, as {"queen": w}.')
    strays = [
        f"{name!r} is of type {type(each).__name__}, not SpatialWeights"
        for name, each in weights.items()
        if not isinstance(each, SpatialWeights)
    ]
    raise_all(strays, WeightsError, "weights")


def _raise_failures(failures: dict[str, SpatialfinError], tried: int) -> None:
    """One error for all weights; a fault of the formula or the data is told once, as it is."""
    first = next(iter(failures.values()))
    if len(failures) == tried and len({str(error) for error in failures.values()}) == 1:
        raise first
    kinds = {type(error) for error in failures.values()}
    kind = kinds.pop() if len(kinds) == 1 else SpatialfinError
    raise_all([f"{name!r}: {error}" for name, error in failures.items()], kind, "weights")


def _tell(told: Mapping[str, Sequence[warnings.WarningMessage]]) -> None:
    """Pass the warnings of the fits on, ours with the name of the weights they are about."""
    for name, messages in told.items():
        for caught in messages:
            if issubclass(caught.category, SpatialfinWarning):
                warn_caller(f"{name!r}: {caught.message}")
            else:
                warnings.warn_explicit(caught.message, caught.category, caught.filename, caught.lineno)


def _warn_of_scales(fits: dict[str, ModelResult]) -> None:
    scales = {name: fit.bias_correction for name, fit in fits.items()}
    if len(set(scales.values())) > 1:
        direct = [name for name, scale in scales.items() if scale == "none"]
        warn_caller(
            f"The likelihoods with {', '.join(map(repr, direct))} are direct, the others transformed "
            "(Lee-Yu): log-likelihoods, sigma2 and standard errors are on two scales. Standardise all "
            "weights by rows, or say bias_correction='none'."
        )


def _coefficients(fit: ModelResult, level: float) -> pd.DataFrame:
    """Spatial coefficients first, then the others."""
    table = fit.tidy(level)
    spatial = table["term"].isin(SPATIAL)
    table = table.assign(part=spatial.map({True: "spatial", False: "coefficient"}), at="")
    return pd.concat([table[spatial], table[~spatial]])


def _fit(fit: ModelResult) -> pd.DataFrame:
    values = {
        "log-likelihood": fit.loglik,
        "AIC": fit.aic,
        "sigma2": fit.sigma2,
        "observations": float(fit.nobs),
    }
    table = pd.DataFrame({"term": list(values), "estimate": list(values.values()), "part": "fit", "at": ""})
    return table.reindex(columns=_COLUMNS[1:])
