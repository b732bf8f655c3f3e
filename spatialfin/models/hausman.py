"""The spatial Hausman test: whether unit effects are independent of the regressors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from .._core.information import covariance
from .._core.likelihood import Estimate
from .._core.random_effects import QuasiDemeaned, bordered_information
from .._core.transformation import Transformation
from .._errors import DataError, listed, raise_all
from ._family import SPATIAL
from ._native import information_of, stacked_sample
from .design import INTERCEPT, absorbed
from .nesting import HypothesisTest, same_rows
from .results import ModelResult

Array = NDArray[np.float64]

__all__ = ["HausmanTest", "hausman"]


@dataclass(frozen=True, slots=True)
class HausmanTest(HypothesisTest):
    """A Hausman test; the p-value is NaN where the statistic has no chi-squared distribution.

    Attributes
    ----------
    smallest_eigenvalue : float
        Of the difference of the covariances; below 0 it is no covariance, and even a positive statistic
        decides nothing.
    """

    smallest_eigenvalue: float

    @property
    def conclusive(self) -> bool:
        """Whether the difference of the covariances is positive definite."""
        return self.smallest_eigenvalue > 0

    @property
    def advice(self) -> str:
        """What to do with an inconclusive test; empty otherwise."""
        if self.conclusive:
            return ""
        what = "the statistic is negative" if self.statistic < 0 else "the statistic is not chi-squared"
        return (
            f"{self.test}: the difference of the covariances is not positive definite (smallest eigenvalue "
            f"{self.smallest_eigenvalue:.3g}), so {what} and decides nothing. Compare with "
            "effects='mundlak', or keep the fixed effects."
        )


def hausman(fixed: ModelResult, random: ModelResult) -> HausmanTest:
    """Spatial Hausman test of random against fixed unit effects.

    Parameters
    ----------
    fixed : ModelResult
        ``fit_panel(..., effects="unit")``.
    random : ModelResult
        The same model with ``effects="random"``. It may have regressors besides that are constant over time,
        which fixed unit effects absorb.

    Returns
    -------
    HausmanTest

    Raises
    ------
    DataError
        When the two are not the same model with unit and random effects on the same data and weights, both
        with ``vcov="expected"``, for SAC with Baltagi error components, and without a regressor that varies
        over time and between units.

    Notes
    -----
    ``d' (V_FE - V_RE)^-1 d`` over the slopes both have (not rho and lam, nor what is the same in all units,
    such as period dummies), chi-squared with as many degrees of freedom. Both covariances are of the
    expected information with the sigma2 of the fixed-effects model; the difference may still be indefinite,
    because the two are evaluated at different estimates. Then the statistic is reported as it is, negative
    or not, without a p-value.

    References
    ----------
    Hausman, J. (1978). Econometrica 46, 1251-1271. Mutl, J. & Pfaffermayr, M. (2011). The Hausman test in a
    Cliff and Ord panel model. Econometrics Journal 14, 48-76.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> ring = np.roll(np.eye(12), 1, axis=0) + np.roll(np.eye(12), -1, axis=0)
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=list("abcdefghijkl")).standardize("row")
    >>> keys = pd.MultiIndex.from_product([w.ids, range(2001, 2006)], names=["code", "year"])
    >>> data = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)), index=keys, columns=["y", "x"])
    >>> data["y"] += np.repeat(np.arange(12.0), 5)
    >>> fits = [
    ...     sf.fit_panel("y ~ x", data, w, unit="code", time="year", model="sar", effects=effects)
    ...     for effects in ("unit", "random")
    ... ]
    >>> sf.models.hausman(*fits).df
    1
    """
    raise_all(_faults(fixed, random), DataError, "The Hausman test cannot be computed")
    slopes = _compared(fixed)
    gap = (fixed.params[slopes] - random.params[slopes]).to_numpy()
    positions = random.params.index.get_indexer(pd.Index(slopes))
    common = _covariance_at(random, fixed.sigma2)[np.ix_(positions, positions)]
    difference = fixed.cov.loc[slopes, slopes].to_numpy() - common
    statistic = float(gap @ np.linalg.solve(difference, gap))
    smallest = float(np.linalg.eigvalsh(difference).min())
    return HausmanTest(
        test=f"Hausman {fixed.label}",
        null="unit effects independent of the regressors",
        statistic=statistic,
        df=len(slopes),
        p_value=float(stats.chi2.sf(statistic, len(slopes))) if smallest > 0 else float("nan"),
        smallest_eigenvalue=smallest,
    )


def _faults(fixed: ModelResult, random: ModelResult) -> list[str]:
    problems = []
    if (fixed.effects, random.effects) != ("unit", "random"):
        problems.append(
            f"it compares effects='unit' with effects='random', not {fixed.effects!r} with {random.effects!r}"
        )
    if fixed.model != random.model:
        problems.append(f"the models differ ({fixed.label}, {random.label})")
    problems += _different_data(fixed, random)
    if fixed.provenance.weights_hash != random.provenance.weights_hash:
        problems.append(f"the weights differ ({fixed.weights_name!r}, {random.weights_name!r})")
    if (fixed.vcov, random.vcov) != ("expected", "expected"):
        problems.append(f"it takes vcov='expected', not {fixed.vcov!r} with {random.vcov!r}")
    if random.model == "sac" and random.error_components == "baltagi":
        problems.append("for SAC fit the random effects with error_components='kkp'")
    return problems


def _compared(fixed: ModelResult) -> list[str]:
    """The slopes compared: of what varies between units, too.

    Period dummies and national series have the same estimates in both models but for what the other slopes
    move them by, so their differences carry nothing and make the covariance singular.
    """
    named, given = _regressors(fixed), fixed.parts.transformation
    common = Transformation("time", given.n_units, given.n_periods)
    same = absorbed(np.column_stack(list(named.values())), common.demean)
    slopes = [name for name, flat in zip(named, same, strict=True) if not flat]
    if not slopes:
        raise DataError("The Hausman test needs a regressor that varies over time and between units.")
    return slopes


def _different_data(fixed: ModelResult, random: ModelResult) -> list[str]:
    """What differs between two designs; random effects may have regressors that are constant over time."""
    if fixed.depvar != random.depvar:
        return [f"the outcomes differ ({fixed.depvar!r}, {random.depvar!r})"]
    if not same_rows(fixed, random):
        return ["the data differ"]
    own, others = (_regressors(result) for result in (fixed, random))
    gone = absorbed(np.column_stack(list(others.values())), fixed.parts.transformation.demean)
    constant = dict(zip(others, gone, strict=True))
    odd = [name for name in own if name not in others]
    odd += [name for name in others if name not in own and not constant[name]]
    if odd:
        return [f"the regressors differ ({listed(odd)})"]
    same = all(np.array_equal(column, others[name]) for name, column in own.items())
    return [] if same and np.array_equal(fixed.parts.design.y, random.parts.design.y) else ["the data differ"]


def _regressors(result: ModelResult) -> dict[str, Array]:
    """Columns by name, the intercept not among them."""
    named = dict(zip(result.params.index, result.parts.matrix.T, strict=False))
    named.pop(INTERCEPT, None)
    return named


def _covariance_at(random: ModelResult, sigma2: float) -> Array:
    """Covariance of the random-effects estimates with another sigma2 in its expected information."""
    if "rho" not in random.params.index:
        # beta and lam are orthogonal: the block of the slopes is proportional to sigma2.
        return np.asarray(random.cov.to_numpy() * sigma2 / random.sigma2)
    parts, params = random.parts, random.params
    if parts.weights is None or parts.logdet is None:
        raise DataError(f"{random.label} has no weights.")
    given = parts.transformation
    transformation = QuasiDemeaned("pooled", given.n_units, given.n_periods, phi=random.phi)
    sample = stacked_sample(parts.design.y, parts.matrix, parts.weights, transformation)
    spatial = {name: float(params[name]) for name in SPATIAL if name in params.index}
    estimate = Estimate(
        beta=params.drop(list(spatial)).to_numpy(),
        rho=spatial.get("rho"),
        lam=spatial.get("lam"),
        sigma2=sigma2,
        loglik=random.loglik,
        residuals=np.zeros(random.nobs),
        errors=np.zeros(random.nobs),
    )
    information, _ = information_of(
        sample, estimate, parts.matrix, parts.weights, parts.logdet, transformation
    )
    if random.phi > 0:
        own = [parts.logdet.trace_g(value) for value in spatial.values()]
        information = bordered_information(
            information, own, random.phi, sigma2, given.n_units, given.n_periods
        )
    return covariance(information)[: len(params), : len(params)]
