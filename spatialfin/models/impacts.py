"""Impacts of a fitted model: one marginal effect per variable, with its uncertainty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from .._core.impacts import Multipliers, multiplier_slopes, multipliers, multipliers_of_draws
from .._errors import ConvergenceError, OptionError, warn_caller
from .._validate import check_number, check_option, check_whole
from .grouped import grouped_responses
from .horizons import Response, chosen_horizons, dynamic_response, horizon_name, stable_draws
from .results import ModelResult
from .variables import VariableSlopes, variable_slopes
from .views import html_table

Array = NDArray[np.float64]
KINDS = ("direct", "indirect", "total")
_MANY_DRAWS = 100


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Impacts:
    """Average impacts of a model.

    Attributes
    ----------
    model : str
    estimates : DataFrame
        Rows variables, of a dynamic model (horizon, variable), by groups of units (group, variable); columns
        direct, indirect, total.
    simulated_errors, delta_errors : DataFrame
        Standard errors, from the draws and by the delta method; same shape.
    draws : array, shape (accepted, rows, 3)
        Simulated impacts.
    n_rejected : int
        Draws whose rho lay outside the feasible interval or, where there is a long run, that were unstable.
    at : Series
        Where a variable's effect depends on others: their values, in words.
    seed : int
    linear : bool
        Whether the model has no rho, so that impacts are linear in its coefficients.
    by : str
        ``"average"``, ``"unit"``, or the column with the groups of the units.
    """

    model: str
    estimates: pd.DataFrame
    simulated_errors: pd.DataFrame
    delta_errors: pd.DataFrame
    draws: Array
    n_rejected: int
    at: pd.Series
    seed: int
    linear: bool
    by: str = "average"

    def tidy(self, inference: str = "simulated", level: float = 0.95) -> pd.DataFrame:
        """Impacts as a table.

        Parameters
        ----------
        inference : {"simulated", "delta"}
            Standard errors and intervals from the draws (percentiles) or by the delta method (normal).
            Without rho the impacts are linear in the coefficients: the delta method is exact and used.
        level : float
            Confidence level.

        Returns
        -------
        DataFrame
            variable, impact, horizon, at, estimate, std_error, z, p_value, conf_low, conf_high; of impacts by
            groups with ``group`` in front. Two-sided p-values. The indirect impact of a model without
            spillovers is 0 by construction and has no standard error.
        """
        check_option("inference", inference, ("simulated", "delta"))
        check_number("level", level, between=(0, 1))
        simulated = inference == "simulated" and not self.linear
        errors = self.simulated_errors if simulated else self.delta_errors
        tails = [(1 - level) / 2, (1 + level) / 2]
        estimate = self.estimates.to_numpy().ravel()
        error = errors.to_numpy().ravel()
        error = np.where(error > 0, error, np.nan)
        if simulated:
            low, high = np.quantile(self.draws, tails, axis=0).reshape(2, -1)
        else:
            low, high = (estimate + error * float(stats.norm.ppf(tail)) for tail in tails)
        z = estimate / error
        variables = self.estimates.index.get_level_values("variable")
        table = pd.DataFrame(
            {
                "variable": np.repeat(variables, len(KINDS)),
                "impact": list(KINDS) * len(self.estimates),
                "horizon": np.repeat(self._horizons(), len(KINDS)),
                "at": np.repeat(self.at.loc[variables].to_numpy(), len(KINDS)),
                "estimate": estimate,
                "std_error": error,
                "z": z,
                "p_value": 2 * stats.norm.sf(np.abs(z)),
                "conf_low": np.where(np.isnan(error), np.nan, low),
                "conf_high": np.where(np.isnan(error), np.nan, high),
            }
        )
        if self.by != "average":
            groups = self.estimates.index.get_level_values("group")
            table.insert(0, "group", np.repeat(groups, len(KINDS)))
        return table

    def one_sided(
        self, impact: str = "indirect", alternative: str = "less", inference: str = "simulated"
    ) -> pd.DataFrame:
        """Test the sign of an impact.

        A negative indirect impact is the siphon effect: a centre draws from its neighbours.

        Parameters
        ----------
        impact : {"indirect", "direct", "total"}
        alternative : {"less", "greater"}
            Whether the impact is negative or positive under the alternative; the null is zero.
        inference : {"simulated", "delta"}
            Standard errors, as in `tidy`.

        Returns
        -------
        DataFrame
            variable, horizon, at, estimate, std_error, z, p_value; of impacts by groups with ``group`` in
            front. One-sided p-values of the normal.

        Raises
        ------
        OptionError
            For a word that is not an option.
        """
        check_option("impact", impact, KINDS)
        check_option("alternative", alternative, ("less", "greater"))
        table = self.tidy(inference)
        table = table[table["impact"] == impact].reset_index(drop=True)
        towards = table["z"] if alternative == "less" else -table["z"]
        return table.drop(columns=["impact", "p_value", "conf_low", "conf_high"]).assign(
            p_value=stats.norm.cdf(towards)
        )

    def _horizons(self) -> pd.Index:
        """The horizon of every row."""
        index = self.estimates.index
        if "horizon" in index.names:
            return index.get_level_values("horizon")
        return pd.Index(["static"] * len(index))

    def __repr__(self) -> str:
        table = self.tidy()
        if "horizon" not in self.estimates.index.names:
            table = table.drop(columns="horizon")
        text = table.to_string(index=False, float_format=lambda v: f"{v:.5g}")
        note = "standard errors are exact: the impacts are linear in the coefficients"
        if not self.linear:
            note = (
                f"{len(self.draws)} draws (seed {self.seed}), "
                f"{self.n_rejected} rejected outside the feasible interval"
            )
            if "long" in set(self._horizons()):
                note += " or unstable"
        groups = "" if self.by == "average" else f" by {self.by}"
        return f"Impacts of the {self.model.upper()} model{groups}\n{text}\n{note}"

    def _repr_html_(self) -> str:
        return html_table(self.tidy())


def feasible_draws(result: ModelResult, draws: int, seed: int) -> tuple[Array, int]:
    """Draws of the estimates with rho inside its interval, and how many were outside."""
    check_whole("draws", draws, least=2)
    check_whole("seed", seed)
    sample = normal_draws(result.params.to_numpy(), result.cov.to_numpy(), draws, seed)
    return _feasible(result, sample)


def compute_impacts(
    result: ModelResult,
    *,
    draws: int,
    seed: int,
    at: Mapping[str, float | str] | None,
    horizons: Sequence[str | int] | None = None,
    by: str = "average",
) -> Impacts:
    """See `ModelResult.impacts`."""
    slopes = variable_slopes(result, at)
    if by != "average":
        _check_groups(result, by, horizons)
    wanted = chosen_horizons(result, horizons) if by == "average" else ["static"]
    sample, rejected = feasible_draws(result, draws, seed)
    sample, unstable = stable_draws(result, sample) if "long" in wanted else (sample, 0)
    if by == "average":
        responses = {horizon_name(each): _response(result, sample, each) for each in wanted}
    else:
        responses = grouped_responses(result, sample, by)
    rows = _rows(slopes.labels, list(responses), "horizon" if by == "average" else "group")
    split, mean = slopes.split, result.params.to_numpy()

    def frame(values: Sequence[Array]) -> pd.DataFrame:
        return pd.DataFrame(np.concatenate(values, axis=-2), index=rows, columns=list(KINDS))

    found = responses.values()
    simulated = [response.draws.over_draws().impacts(*split(sample)) for response in found]
    # Draws that many rejections speak of are warned of already.
    if draws >= _MANY_DRAWS and rejected + unstable <= draws / 20:
        _warn_of_tails(np.concatenate(simulated, axis=-2))
    return Impacts(
        model=result.model,
        estimates=frame([response.point.impacts(*split(mean)) for response in found]),
        simulated_errors=frame([values.std(axis=0, ddof=1) for values in simulated]),
        delta_errors=frame([_delta_errors(result, response, slopes, *split(mean)) for response in found]),
        draws=np.concatenate(simulated, axis=-2),
        n_rejected=rejected + unstable,
        at=slopes.at,
        seed=seed,
        linear="rho" not in result.params.index,
        by=by,
    )


def _warn_of_tails(simulated: Array) -> None:
    """Warn where a few draws near the bound, whose impacts have no limit, make a standard error large."""
    low, high = np.quantile(simulated, [0.025, 0.975], axis=0)
    # Of a normal, whose standard deviation is the width of its 95% interval over 3.92.
    if (simulated.std(axis=0, ddof=1) > 2 * (high - low) / 3.92).any():
        warn_caller(
            "Some simulated standard errors are more than twice what the intervals say: a few draws lie near "
            "the bound of rho, or of stability, where impacts have no limit. Read the intervals, which are "
            "percentiles, or take tidy(inference='delta')."
        )


def _check_groups(result: ModelResult, by: object, horizons: object) -> None:
    """Groups are names, and of the impacts of the same period."""
    if not isinstance(by, str):
        raise OptionError(f"by={by!r}: 'average', 'unit' or the name of a column is needed.")
    if result.lags or horizons is not None:
        raise OptionError(
            f"by={by!r} goes with static models. The impacts of a dynamic one are averages over all units; "
            "unit_impacts(result, variable) gives those of the same period between units."
        )


def _rows(variables: pd.Index, blocks: list[str], level: str) -> pd.Index:
    """The variables; one block of them per horizon or group where there are such."""
    if blocks == ["static"] and level == "horizon":
        return variables
    return pd.MultiIndex.from_product([blocks, variables], names=[level, "variable"])


def _response(result: ModelResult, sample: Array, horizon: str | int) -> Response:
    if horizon in {"static", "short"}:
        return _static(result, sample)
    return dynamic_response(result, sample, horizon)


def _static(result: ModelResult, sample: Array) -> Response:
    """Multipliers of ``(I - rho W)^-1``, of the identity without spillovers."""
    weights, logdet, lagged = result.parts.weights, result.parts.logdet, result.parts.lagged
    names = list(result.params.index)
    if weights is None or logdet is None or not ("rho" in names or lagged):
        own = Multipliers(*(np.asarray(value) for value in (1.0, 0.0, 1.0, 0.0)))
        return Response(own, {}, own)
    if "rho" not in names:
        local = multipliers(weights, logdet, 0.0)
        return Response(local, {}, local)
    rho = float(result.params["rho"])
    return Response(
        point=multipliers(weights, logdet, rho),
        slopes={"rho": multiplier_slopes(weights, logdet, rho)},
        draws=multipliers_of_draws(weights, logdet, sample[:, names.index("rho")]),
    )


def _feasible(result: ModelResult, sample: Array) -> tuple[Array, int]:
    """Draws with rho inside its interval, and how many were outside."""
    if "rho" not in result.params.index or result.parts.logdet is None:
        return sample, 0
    low, high = result.parts.logdet.interval
    rho = sample[:, list(result.params.index).index("rho")]
    inside = (rho > low) & (rho < high)
    rejected = int((~inside).sum())
    if inside.sum() < 2:
        raise ConvergenceError(
            "Fewer than two draws of rho lie in its feasible interval: rho is at the bound and its standard "
            "error too large for simulated impacts. Check W and the model."
        )
    if rejected > len(sample) / 20:
        warn_caller(
            f"{rejected} of {len(sample)} draws of rho were outside its feasible interval and rejected; "
            "read the simulated intervals with care."
        )
    return sample[inside], rejected


def normal_draws(mean: Array, covariance: Array, draws: int, seed: int) -> Array:
    """Draws from a normal distribution, shape (draws, k), that move with the covariance continuously.

    The factor is the symmetric root of the correlations: unlike eigenvectors, whose signs and order are
    arbitrary, it does not jump when the last digit of the covariance changes with the order of the rows.
    """
    scale = np.sqrt(np.diag(covariance))
    scale = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    standard = np.random.default_rng(seed).standard_normal((draws, len(mean)))
    return np.asarray(mean + standard @ root * scale)


def _delta_errors(
    result: ModelResult, response: Response, variables: VariableSlopes, beta: Array, theta: Array
) -> Array:
    """Standard errors by the delta method, shape (variables, 3)."""
    to_beta, to_theta = variables.to_beta, variables.to_theta
    count, k = to_beta.shape
    names = list(result.params.index)
    gradient = np.zeros((count, 3, len(names)))
    ones, zeros = np.asarray(1.0), np.asarray(0.0)
    own = response.point.impacts(ones, zeros)
    lagged = response.point.impacts(zeros, ones)
    gradient[:, :, :k] = to_beta[:, None, :] * own[None, :, None]
    gradient[:, :, k : k + to_theta.shape[1]] = to_theta[:, None, :] * lagged[None, :, None]
    for name, slopes in response.slopes.items():
        gradient[:, :, names.index(name)] = slopes.impacts(beta, theta)
    variance = np.einsum("vip,pq,viq->vi", gradient, result.cov.to_numpy(), gradient)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))
