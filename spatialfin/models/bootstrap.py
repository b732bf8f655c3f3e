"""Bootstrap of the impacts, for samples of a few dozen units."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import csr_array

from .._core.impacts import Multipliers, multipliers
from .._core.likelihood import maximise
from .._core.logdet import LogDet
from .._core.transformation import Transformation, solve_periods
from .._errors import ConvergenceError, OptionError, warn_caller
from .._validate import check_number, check_option, check_whole
from ._family import HAS_LAM, HAS_RHO, LEAST_SQUARES, SPATIAL
from ._native import jacobian_of, stacked_sample
from .history import lagged_outcomes
from .impacts import KINDS
from .results import ModelResult, check_model, check_one_w
from .variables import VariableSlopes, variable_slopes
from .views import html_table

Array = NDArray[np.float64]
_BATCH = 20
_COVARIANCE_SAMPLES = 499


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BootstrapImpacts:
    """Average impacts with their bootstrap distribution.

    Attributes
    ----------
    model : str
    kind : {"parametric", "wild"}
    estimates : DataFrame
        Rows variables; columns direct, indirect, total, from the sample itself.
    replicates : array, shape (succeeded, variables, 3)
        Impacts of the artificial samples, in the order in which they were drawn.
    params : DataFrame
        Coefficients of the artificial samples, one row each.
    n_failed : int
        Artificial samples whose likelihood had no inner maximum; they are left out.
    at : Series
        Where a variable's effect depends on others: their values, in words.
    seed : int
    """

    model: str
    kind: str
    estimates: pd.DataFrame
    replicates: Array
    params: pd.DataFrame
    n_failed: int
    at: pd.Series
    seed: int

    @property
    def std_errors(self) -> pd.DataFrame:
        """Standard deviations of the replicates, in the shape of `estimates`."""
        return pd.DataFrame(
            self.replicates.std(axis=0, ddof=1), index=self.estimates.index, columns=self.estimates.columns
        )

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """Impacts as a table.

        Parameters
        ----------
        level : float
            Confidence level of the percentile intervals.

        Returns
        -------
        DataFrame
            variable, impact, horizon, at, estimate, std_error, z, p_value (two-sided, normal), conf_low,
            conf_high. An impact that is 0 by construction has no standard error.
        """
        check_number("level", level, between=(0, 1))
        estimate, error = self.estimates.to_numpy().ravel(), self.std_errors.to_numpy().ravel()
        error = np.where(error > 0, error, np.nan)
        tails = [(1 - level) / 2, (1 + level) / 2]
        low, high = np.quantile(self.replicates, tails, axis=0).reshape(2, -1)
        z = estimate / error
        return pd.DataFrame(
            {
                "variable": np.repeat(self.estimates.index, len(KINDS)),
                "impact": list(KINDS) * len(self.estimates),
                "horizon": "static",
                "at": np.repeat(self.at.to_numpy(), len(KINDS)),
                "estimate": estimate,
                "std_error": error,
                "z": z,
                "p_value": 2 * stats.norm.sf(np.abs(z)),
                "conf_low": np.where(np.isnan(error), np.nan, low),
                "conf_high": np.where(np.isnan(error), np.nan, high),
            }
        )

    def __repr__(self) -> str:
        text = (
            self.tidy()
            .drop(columns="horizon")
            .to_string(index=False, float_format=lambda value: f"{value:.5g}")
        )
        return (
            f"Impacts of the {self.model.upper()} model\n{text}\n{self.kind} bootstrap, "
            f"{len(self.replicates)} replications (seed {self.seed}), {self.n_failed} failed and left out"
        )

    def _repr_html_(self) -> str:
        return html_table(self.tidy())


def bootstrap_impacts(
    result: ModelResult,
    *,
    kind: Literal["parametric", "wild"] = "parametric",
    replications: int = 999,
    seed: int = 0,
    n_jobs: int = 1,
) -> BootstrapImpacts:
    """Bootstrap the impacts of a static model: for samples too small for asymptotic intervals.

    Parameters
    ----------
    result : ModelResult
        By maximum likelihood (or ``ols``, ``slx``), pooled or with fixed effects.
    kind : {"parametric", "wild"}
        New errors are normal with the residuals' variance, or the residuals themselves with their sign
        flipped for half of the units, in all periods of a unit together (Rademacher).
    replications : int
        Artificial samples, at least 20.
    seed : int
        The same seed gives the same samples, with any number of jobs.
    n_jobs : int
        Processes at work, -1 for all cores; `joblib.parallel_config` chooses another backend.

    Returns
    -------
    BootstrapImpacts

    Raises
    ------
    OptionError
        For models with random effects, lags in time or regimes, for GMM and 2SLS, for unknown words.
    ConvergenceError
        When fewer than half of the artificial samples can be estimated.

    Notes
    -----
    ``y* = (I - rho W)^-1 (X b + effects + (I - lam W)^-1 e*)`` with X, W and the effects kept; every y* is
    estimated anew. Residuals are first scaled by ``sqrt(NT / df_resid)``, since the removed means and the
    coefficients have taken part of their variance. The wild bootstrap allows any variances and any
    dependence over the periods of a unit; like every one with so few units, it is no cure for an estimator
    of rho that is itself not consistent.

    References
    ----------
    Cameron, A. C., Gelbach, J. & Miller, D. (2008). Bootstrap-based improvements for inference with clustered
    errors. Review of Economics and Statistics 90, 414-427.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> ring = np.roll(np.eye(12), 1, axis=0) + np.roll(np.eye(12), -1, axis=0)
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=list("abcdefghijkl")).standardize("row")
    >>> keys = pd.MultiIndex.from_product([w.ids, range(2001, 2006)], names=["code", "year"])
    >>> rng = np.random.default_rng(0)
    >>> data = pd.DataFrame(rng.normal(size=(60, 2)), index=keys, columns=["y", "x"])
    >>> fit = sf.fit_panel("y ~ x", data, w, unit="code", time="year", model="sar", effects="unit")
    >>> found = sf.models.bootstrap_impacts(fit, kind="wild", replications=20)
    >>> found.replicates.shape, found.n_failed
    ((20, 1, 3), 0)
    """
    check_option("kind", kind, ("parametric", "wild"))
    check_whole("replications", replications, least=20)
    check_whole("seed", seed)
    _check_jobs(n_jobs)
    _check_result(result)
    world = _World.of(result)
    slopes = variable_slopes(result, None)

    def impacts(params: Array) -> Array:
        return _impacts(result, slopes, params)

    found = [params for params in _replicate(world, kind, replications, seed, n_jobs) if params is not None]
    failed = replications - len(found)
    _check_failures(failed, replications)
    return BootstrapImpacts(
        model=result.model,
        kind=kind,
        estimates=pd.DataFrame(impacts(result.params.to_numpy()), index=slopes.labels, columns=list(KINDS)),
        replicates=np.array([impacts(params) for params in found]),
        params=pd.DataFrame(found, columns=result.params.index),
        n_failed=failed,
        at=slopes.at,
        seed=seed,
    )


def with_bootstrap(result: ModelResult, seed: int) -> ModelResult:
    """The same estimates with the covariance of wild-bootstrap samples (``vcov="bootstrap"``)."""
    _check_result(result)
    found = [
        each
        for each in _replicate(_World.of(result), "wild", _COVARIANCE_SAMPLES, seed, 1)
        if each is not None
    ]
    _check_failures(_COVARIANCE_SAMPLES - len(found), _COVARIANCE_SAMPLES)
    names = result.params.index
    note = f"covariance: wild bootstrap by unit, {len(found)} replications, seed {seed}"
    return replace(
        result,
        vcov="bootstrap",
        cov=pd.DataFrame(np.cov(np.array(found), rowvar=False).reshape(len(names), -1), names, names),
        provenance=replace(result.provenance, ledger=(*result.provenance.ledger, note), seed=seed),
    )


@dataclass(frozen=True, slots=True)
class _World:
    """What artificial outcomes are drawn from and estimated with; arrays only, to be sent to processes."""

    model: str
    x: Array
    weights: csr_array | None
    logdet: LogDet | None
    transformation: Transformation
    rho: float
    lam: float
    signal: Array
    residuals: Array

    @classmethod
    def of(cls, result: ModelResult) -> _World:
        """The estimated process, its residuals scaled by what means and coefficients took of them."""
        parts = result.parts
        beta = result.params.drop(list(SPATIAL), errors="ignore").to_numpy()
        if parts.panel is None:
            residuals = result.residuals.loc[parts.ids].to_numpy()
        else:
            residuals = result.residuals.to_numpy()[parts.panel.positions]
        return cls(
            model=result.model,
            x=parts.matrix,
            weights=parts.weights,
            logdet=parts.logdet,
            transformation=parts.transformation,
            rho=float(result.params.get("rho", 0.0)),
            lam=float(result.params.get("lam", 0.0)),
            signal=parts.matrix @ beta + result._removed(),
            residuals=residuals * np.sqrt(len(residuals) / result.df_resid),
        )

    def errors(self, kind: str, rng: np.random.Generator) -> Array:
        """New innovations, stacked by period."""
        if kind == "parametric":
            deviation = float(np.sqrt(np.mean(self.residuals**2)))
            return np.asarray(rng.normal(scale=deviation, size=len(self.residuals)))
        signs = rng.choice([-1.0, 1.0], size=self.transformation.n_units)
        return np.asarray(self.residuals * np.tile(signs, self.transformation.n_periods))

    def outcome(self, kind: str, rng: np.random.Generator) -> Array:
        """One artificial outcome."""
        errors = self.errors(kind, rng)
        if self.weights is None:
            return self.signal + errors
        periods = self.transformation.n_periods
        errors = solve_periods(self.weights, self.lam, errors, periods)
        return solve_periods(self.weights, self.rho, self.signal + errors, periods)

    def estimate(self, y: Array) -> Array:
        """Coefficients of an outcome."""
        transformation = self.transformation
        if self.weights is None or self.logdet is None or self.model in LEAST_SQUARES:
            x = transformation.demean(self.x)
            return np.asarray(np.linalg.lstsq(x, transformation.demean(y), rcond=None)[0])
        sample = stacked_sample(y, self.x, self.weights, transformation)
        logdet = jacobian_of(self.logdet, transformation)
        found = maximise(sample, logdet, lag=self.model in HAS_RHO, error=self.model in HAS_LAM)
        spatial = [value for value in (found.rho, found.lam) if value is not None]
        return np.concatenate([found.beta, spatial])


def _several(world: _World, kind: str, seeds: list[np.random.SeedSequence]) -> list[Array | None]:
    """Coefficients of artificial samples; None where the likelihood has no inner maximum."""
    found: list[Array | None] = []
    for seed in seeds:
        try:
            found.append(world.estimate(world.outcome(kind, np.random.default_rng(seed))))
        except ConvergenceError:
            found.append(None)
    return found


def _replicate(world: _World, kind: str, replications: int, seed: int, n_jobs: int) -> Iterator[Array | None]:
    """All artificial samples in the order of their seeds; a bar on a terminal only."""
    from joblib import Parallel, delayed

    seeds = np.random.SeedSequence(seed).spawn(replications)
    batches = [seeds[start : start + _BATCH] for start in range(0, replications, _BATCH)]
    found = Parallel(n_jobs=n_jobs, return_as="generator")(
        delayed(_several)(world, kind, batch) for batch in batches
    )
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import track

        screen = Console(stderr=True)
        found = track(found, description="Bootstrap", total=len(batches), console=screen, transient=True)
    for batch in found:
        yield from batch


def _impacts(result: ModelResult, slopes: VariableSlopes, params: Array) -> Array:
    """Direct, indirect and total impacts at coefficients, shape (variables, 3)."""
    parts = result.parts
    beta, theta = slopes.split(params)
    own = Multipliers(*(np.asarray(value) for value in (1.0, 0.0, 1.0, 0.0)))
    if parts.weights is None or parts.logdet is None or not (parts.lagged or result.model in HAS_RHO):
        return own.impacts(beta, theta)
    rho = float(params[result.params.index.get_loc("rho")]) if result.model in HAS_RHO else 0.0
    return multipliers(parts.weights, parts.logdet, rho).impacts(beta, theta)


def _check_jobs(n_jobs: object) -> None:
    if type(n_jobs) is bool or not isinstance(n_jobs, int) or n_jobs == 0:
        raise OptionError(f"n_jobs={n_jobs!r}: a whole number other than 0 is needed; -1 takes all cores.")


def _check_result(result: ModelResult) -> None:
    check_model(result)
    check_one_w(result, "bootstrap_impacts")
    design = result.parts.design
    refused = {
        "the outcome of earlier periods": bool(lagged_outcomes(design.expressions, design.depvar)),
        "random effects": result.has_random_effects,
        "lags in time": bool(result.lags),
        "regimes": result.regime_tests is not None,
        f"estimator={result.estimator!r}": result.estimator != "ml",
    }
    why = [what for what, holds in refused.items() if holds]
    if why:
        raise OptionError(
            "The bootstrap is for static models by maximum likelihood, pooled or with fixed effects, without "
            f"regimes; this one has {' and '.join(why)}. Use .impacts(), with its simulated intervals."
        )


def _check_failures(failed: int, replications: int) -> None:
    """Refuse when most artificial samples failed, warn when more than one in twenty did."""
    text = f"{failed} of {replications} artificial samples could not be estimated"
    if 2 * failed > replications:
        raise ConvergenceError(f"{text}: rho or lam is at its bound in most of them. Check W and the model.")
    if 20 * failed > replications:
        warn_caller(f"{text} and are left out; read the intervals with care.")
