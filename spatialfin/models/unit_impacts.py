"""Impacts unit by unit: who sends and who receives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import csr_array

from .._core.unit_impacts import unit_matrix, unit_multipliers, unit_multipliers_of_draws, unit_sums
from .._errors import FormulaError, listed, nearest
from .grouped import dense_weights
from .impacts import feasible_draws
from .results import ModelResult, check_model
from .variables import variable_slopes
from .views import html_table

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class UnitImpacts:
    """Impacts of one variable between all pairs of units.

    Attributes
    ----------
    model, variable : str
    at : str
        Where the effect depends on other variables: their values, in words.
    matrix : DataFrame, N x N
        Rows receive, columns send: the response of the row's outcome to a unit change of the variable in the
        column's unit.
    own, received, sent : DataFrame
        Per unit: the diagonal of `matrix`, and the sums of its row and of its column without the diagonal.
        Columns estimate, std_error, z, p_value, conf_low, conf_high; the errors and 95% percentile intervals
        are simulated. The means over units of own, received and sent are the direct impact and, twice, the
        indirect one.
    n_draws, n_rejected : int
        Draws in use, and those whose rho lay outside the feasible interval.
    seed : int
    """

    model: str
    variable: str
    at: str
    matrix: pd.DataFrame
    own: pd.DataFrame
    received: pd.DataFrame
    sent: pd.DataFrame
    n_draws: int
    n_rejected: int
    seed: int

    @property
    def frame(self) -> pd.DataFrame:
        """Estimates per unit: own, received, sent, and net = sent - received."""
        parts = {"own": self.own, "received": self.received, "sent": self.sent}
        table = pd.DataFrame({name: part["estimate"] for name, part in parts.items()})
        return table.assign(net=table["sent"] - table["received"])

    def __repr__(self) -> str:
        where = f" at {self.at}" if self.at else ""
        ranked = self.frame.sort_values("sent", ascending=False, kind="stable")
        shown = ranked if len(ranked) <= 10 else pd.concat([ranked.head(5), ranked.tail(5)])
        head = f"Impacts of {self.variable}{where} between {len(ranked)} units ({self.model.upper()} model)"
        order = "by what they send" + ("" if len(shown) == len(ranked) else ", first and last five")
        return f"{head}, {order}\n{shown.to_string(float_format=lambda value: f'{value:.4g}')}"

    def _repr_html_(self) -> str:
        return html_table(self.frame.reset_index())


def unit_impacts(
    result: ModelResult,
    variable: str,
    *,
    at: Mapping[str, float | str] | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> UnitImpacts:
    """Give the impacts of one variable from every unit on every unit.

    Parameters
    ----------
    result : ModelResult
        Of a cross-section or a panel of up to 1,000 units.
    variable : str
        As it heads a row of ``result.impacts()``.
    at : mapping, optional
        Values of moderators, as in ``result.impacts()``.
    draws, seed : int
        Of the simulated standard errors.

    Returns
    -------
    UnitImpacts

    Raises
    ------
    FormulaError
        When the variable has no impact in the model, or `at` names something that is no regressor.
    OptionError
        For more than 1,000 units: the matrix is dense.
    DataError
        For a model with regimes.

    Notes
    -----
    ``S = (I - rho W)^-1 (beta I + theta W)``; ``S_ij`` is the response of unit i to a change in unit j. Of a
    dynamic model these are the impacts of the same period.

    References
    ----------
    LeSage, J. & Pace, R. K. (2009). Introduction to Spatial Econometrics, section 2.7.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> ring = np.roll(np.eye(12), 1, axis=0) + np.roll(np.eye(12), -1, axis=0)
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=list("abcdefghijkl")).standardize("row")
    >>> data = pd.DataFrame({"x": np.arange(12.0) ** 1.5 % 5}, index=w.ids)
    >>> data["y"] = 1 + 2 * data["x"] + w.lag(data["x"]) + np.sin(np.arange(12.0))
    >>> found = sf.models.unit_impacts(sf.fit_cross_section("y ~ x", data, w, model="slx"), "x")
    >>> int((found.matrix.loc["a"] != 0).sum())  # itself and two neighbours
    3
    """
    check_model(result)
    weights = dense_weights(result, "unit_impacts")
    slopes = variable_slopes(result, at)
    if variable not in slopes.labels:
        raise FormulaError(
            f"variable={variable!r} has no impact in this model.{nearest(variable, slopes.labels)} "
            f"There are {listed(slopes.labels, 10)}."
        )
    position = list(slopes.labels).index(variable)
    sample, rejected = feasible_draws(result, draws, seed)
    beta, theta = (float(part[position]) for part in slopes.split(result.params.to_numpy()))
    rho = float(result.params.get("rho", 0.0))
    simulated = _simulated(result, weights, sample, *(part[:, position] for part in slopes.split(sample)))
    point = unit_sums(unit_multipliers(weights, rho), beta, theta)
    parts = result.parts
    ids = parts.ids.rename("unit")
    order = ids if parts.panel is not None else parts.order.rename("unit")
    own, received, sent = (_with_errors(*pair, ids).loc[order] for pair in zip(point, simulated, strict=True))
    matrix = pd.DataFrame(
        unit_matrix(weights, rho, beta, theta), index=ids.rename("receiver"), columns=ids.rename("sender")
    )
    return UnitImpacts(
        model=result.model,
        variable=variable,
        at=str(slopes.at.iloc[position]),
        matrix=matrix.loc[order.rename("receiver"), order.rename("sender")],
        own=own,
        received=received,
        sent=sent,
        n_draws=len(sample),
        n_rejected=rejected,
        seed=seed,
    )


def _simulated(result: ModelResult, weights: csr_array, sample: Array, beta: Array, theta: Array) -> Array:
    """own, received, sent of every draw, shape (3, N, draws)."""
    logdet = result.parts.logdet
    if "rho" not in result.params.index or logdet is None:
        return unit_sums(unit_multipliers(weights, 0.0)[:, :, None], beta, theta)
    rhos = sample[:, list(result.params.index).index("rho")]
    return unit_sums(unit_multipliers_of_draws(weights, rhos, logdet.interval), beta, theta)


def _with_errors(estimate: Array, simulated: Array, ids: pd.Index) -> pd.DataFrame:
    """Estimates with what the draws say of them; no errors for what is zero by construction."""
    error = simulated.std(axis=1, ddof=1)
    scale = max(float(np.abs(simulated).max()), 1e-300)
    error = np.where(error > 1e-12 * scale, error, np.nan)
    low, high = np.quantile(simulated, [0.025, 0.975], axis=1)
    z = estimate / error
    return pd.DataFrame(
        {
            "estimate": estimate,
            "std_error": error,
            "z": z,
            "p_value": 2 * stats.norm.sf(np.abs(z)),
            "conf_low": np.where(np.isnan(error), np.nan, low),
            "conf_high": np.where(np.isnan(error), np.nan, high),
        },
        index=ids,
    )
