"""Random unit effects: one likelihood over (rho, lam, phi) with two kinds of error components.

``(I - rho W) y_t = X_t b + u_t`` and, with ``B = I - lam W`` and ``phi = s2_mu / s2``,

- ``"kkp"`` (Kapoor, Kelejian & Prucha 2007): ``B u_t = mu + v_t``, the effects spill over like the errors;
- ``"baltagi"`` (Baltagi, Song & Koh 2003): ``u_t = mu + e_t``, ``B e_t = v_t``, only the errors do.

Filtered with B, both split into deviations from unit means, with variance ``s2 I`` in T - 1 copies, and
``sqrt(T)`` times the unit means, with variance ``s2 K``: ``K = (1 + T phi) I`` for the first kind, which
needs sparse determinants only, and ``K = I + T phi B B'`` for the second, by dense Cholesky factors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.sparse import csr_array, eye_array

from .._errors import ConvergenceError
from .likelihood import Estimate, Sample, at_the_bound, feasible_grid
from .logdet import LogDet
from .sparse_lu import one_thread
from .transformation import Transformation, lag_periods

Array = NDArray[np.float64]
ErrorComponents = Literal["baltagi", "kkp"]

DENSE_LIMIT = 1_000
_PHI_GRID = (0.01, 0.1, 1.0, 10.0, 100.0)
_PHI_BOUNDS = (1e-6, 1e6)
_STARTS = 3
_EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Point:
    """Values of the coefficients that are searched for; rho and lam are 0 where they are off."""

    rho: float
    lam: float
    phi: float


@dataclass(frozen=True, slots=True)
class _State:
    """The concentrated likelihood at one point.

    Attributes
    ----------
    beta : array, shape (k,)
    sigma2, loglik : float
    within, means : array
        Residuals of the deviations and of the whitened unit means, in reduced coordinates.
    columns : array, shape (r, 3 + 2k)
        The whitened unit means of y, W y, W W y, X, W X.
    """

    beta: Array
    sigma2: float
    loglik: float
    within: Array
    means: Array
    columns: Array


def _filtered(columns: Array, rho: float, lam: float) -> tuple[Array, Array]:
    """Outcome and regressors after both filters, from columns [y, Wy, WWy, X, WX]."""
    k = (columns.shape[1] - 3) // 2
    y, wy, wwy = columns[:, 0], columns[:, 1], columns[:, 2]
    return y - rho * wy - lam * (wy - rho * wwy), columns[:, 3 : 3 + k] - lam * columns[:, 3 + k :]


def _lagged_outcome(columns: Array, lam: float) -> Array:
    """Minus the derivative of the residuals with respect to rho."""
    return np.asarray(columns[:, 1] - lam * columns[:, 2])


def _lagged_errors(columns: Array, rho: float, beta: Array) -> Array:
    """Minus the derivative of the residuals with respect to lam."""
    return np.asarray(columns[:, 1] - rho * columns[:, 2] - columns[:, 3 + len(beta) :] @ beta)


class Likelihood:
    """The likelihood of a panel with random unit effects, concentrated over beta and sigma2.

    An orthogonal reduction done once leaves two small triangles, of the deviations and of the means.

    Parameters
    ----------
    sample : Sample
        Raw stacked data (row ``t * N + i``) and their lags, nothing demeaned.
    weights : csr_array, shape (N, N)
    logdet : LogDet
    kind : {"baltagi", "kkp"}
    """

    def __init__(self, sample: Sample, weights: csr_array, logdet: LogDet, kind: ErrorComponents) -> None:
        self.sample, self.weights, self.logdet, self.kind = sample, weights, logdet, kind
        self.n = int(weights.shape[0])
        self.periods = len(sample.y) // self.n
        columns = np.column_stack([sample.y, sample.wy, sample.wwy, sample.x, sample.wx])
        cube = columns.reshape(self.periods, self.n, -1)
        means = cube.mean(axis=0)
        self._within = np.asarray(np.linalg.qr((cube - means).reshape(columns.shape), mode="r"))
        self._means = np.sqrt(self.periods) * means
        self._reduced = np.asarray(np.linalg.qr(self._means, mode="r"))
        self._determinants: dict[float, float] = {0.0: 0.0}

    def means_variance(self, point: Point) -> tuple[Array, csr_array]:
        """K's lower Cholesky factor and ``B B'``, for effects that are not filtered; shape (N, N)."""
        inner = eye_array(self.n, format="csr") - point.lam * self.weights
        product: csr_array = csr_array(inner @ inner.T)
        variance = np.eye(self.n) + self.periods * point.phi * product.toarray()
        return np.asarray(cholesky(variance, lower=True, overwrite_a=True)), product

    def _whitened(self, point: Point) -> tuple[Array, float]:
        """The unit means with unit variance, and ``ln|K|``."""
        if self.kind == "kkp":
            ratio = 1 + self.periods * point.phi
            return self._reduced / np.sqrt(ratio), self.n * float(np.log(ratio))
        factor, _ = self.means_variance(point)
        columns = solve_triangular(factor, self._means, lower=True)
        return np.asarray(columns), 2 * float(np.log(np.diag(factor)).sum())

    def _log_det(self, coefficient: float) -> float:
        if coefficient not in self._determinants:
            self._determinants[coefficient] = self.logdet.value(coefficient)
        return self._determinants[coefficient]

    def state(self, point: Point) -> _State:
        """Coefficients, residuals and log-likelihood at a point."""
        total = self.n * self.periods
        columns, log_variance = self._whitened(point)
        y_within, x_within = _filtered(self._within, point.rho, point.lam)
        y_means, x_means = _filtered(columns, point.rho, point.lam)
        y, x = np.concatenate([y_within, y_means]), np.concatenate([x_within, x_means])
        beta = np.asarray(np.linalg.lstsq(x, y, rcond=None)[0], dtype=float)
        residuals = y - x @ beta
        sigma2 = float(residuals @ residuals) / total
        jacobian = self.periods * (self._log_det(point.rho) + self._log_det(point.lam)) - log_variance / 2
        return _State(
            beta=beta,
            sigma2=sigma2,
            loglik=float(-total / 2 * (np.log(2 * np.pi * sigma2) + 1) + jacobian),
            within=residuals[: len(y_within)],
            means=residuals[len(y_within) :],
            columns=columns,
        )

    def moments(self, point: Point) -> Array:
        """``X' V^-1 X`` times sigma2, shape (k, k)."""
        both = [self._within, self._whitened(point)[0]]
        x = np.concatenate([_filtered(columns, point.rho, point.lam)[1] for columns in both])
        return np.asarray(x.T @ x)

    def scores(self, point: Point) -> tuple[float, float, float]:
        """Derivatives of the concentrated log-likelihood with respect to rho, lam and phi."""
        state = self.state(point)
        rho = _lagged_outcome(self._within, point.lam) @ state.within
        rho = rho + _lagged_outcome(state.columns, point.lam) @ state.means
        lam = _lagged_errors(self._within, point.rho, state.beta) @ state.within
        lam = lam + _lagged_errors(state.columns, point.rho, state.beta) @ state.means
        of_lam, of_phi = self._scores_of_variance(point, state)
        return (
            float(rho) / state.sigma2 - self.periods * self.logdet.trace_g(point.rho),
            float(lam) / state.sigma2 - self.periods * self.logdet.trace_g(point.lam) + of_lam,
            of_phi,
        )

    def _scores_of_variance(self, point: Point, state: _State) -> tuple[float, float]:
        """``(q' dK q / sigma2 - tr K^-1 dK) / 2`` for lam and phi, q the means' residuals over K."""
        periods = self.periods
        if self.kind == "kkp":
            ratio = 1 + periods * point.phi
            square = float(state.means @ state.means) / state.sigma2
            return 0.0, periods / ratio * (square - self.n) / 2
        factor, product = self.means_variance(point)
        inverse = cho_solve((factor, True), np.eye(self.n))
        q = solve_triangular(factor, state.means, lower=True, trans="T")
        filtered = eye_array(self.n, format="csr") - point.lam * self.weights
        crossed = self.weights @ filtered.T

        def score(slope: csr_array) -> float:
            trace = float(slope.multiply(inverse).sum())
            return (float(q @ (slope @ q)) / state.sigma2 - trace) / 2

        slope_lam = csr_array(-periods * point.phi * (crossed + crossed.T))
        return score(slope_lam), score(csr_array(periods * product))


@dataclass(frozen=True, slots=True)
class QuasiDemeaned(Transformation):
    """``A - (1 - (1 + T phi)^-1/2) Abar``: the part of the unit means that random effects take out."""

    phi: float = 0.0

    def demean(self, values: Array) -> Array:
        """Values less a part of their unit means; shape (N T,) or (N T, k)."""
        cube = values.reshape(self.n_periods, self.n_units, -1)
        share = 1 - 1 / np.sqrt(1 + self.n_periods * self.phi)
        return np.asarray((cube - share * cube.mean(axis=0)).reshape(values.shape))


def maximise(likelihood: Likelihood, *, lag: bool, error: bool) -> tuple[Estimate, float]:
    """Maximum of the likelihood with the switches `lag` (rho) and `error` (lam), and phi.

    phi = 0 is a possible answer: the unit means then vary no more than the errors explain.

    Raises
    ------
    ConvergenceError
        When rho or lam lies at a bound of the feasible interval, phi grows without limit, or the fit is
        perfect.
    """
    if likelihood.state(Point(0.0, 0.0, 1.0)).sigma2 <= 1e-22 * float(np.mean(likelihood.sample.y**2)):
        raise ConvergenceError(
            "The regressors reproduce the outcome exactly, so there is no error variance to estimate. "
            "Check whether the outcome, or a transformation of it, stands on the right-hand side."
        )
    with one_thread():  # threads wait for each other over thousands of small solves
        point = _best(likelihood, lag=lag, error=error)
        state = likelihood.state(point)
        errors, innovations = _innovations(likelihood, point, state)
    if point.phi > _PHI_BOUNDS[1] / 2:
        raise ConvergenceError(
            "The variance of the unit effects grows without limit against that of the errors: within units "
            "the regressors explain the outcome all but exactly. Use effects='unit'."
        )
    found = Estimate(
        beta=state.beta,
        rho=point.rho if lag else None,
        lam=point.lam if error else None,
        sigma2=state.sigma2,
        loglik=state.loglik,
        residuals=innovations,
        errors=errors,
    )
    return found, point.phi


def _best(likelihood: Likelihood, *, lag: bool, error: bool) -> Point:
    """The maximum inside, or that without effects where phi falls to its bound."""
    point = _search(likelihood, lag=lag, error=error, effect=True)
    if point.phi >= _PHI_GRID[0]:
        return point
    pooled = _search(likelihood, lag=lag, error=error, effect=False)
    return pooled if likelihood.state(pooled).loglik >= likelihood.state(point).loglik else point


def _innovations(likelihood: Likelihood, point: Point, state: _State) -> tuple[Array, Array]:
    """``u = y - rho W y - X b``, and v: what is left of ``B u`` after the predicted effects."""
    sample, periods = likelihood.sample, likelihood.periods
    errors = sample.y - point.rho * sample.wy - sample.x @ state.beta
    lagged = sample.wy - point.rho * sample.wwy - sample.wx @ state.beta
    filtered = (errors - point.lam * lagged).reshape(periods, likelihood.n)
    means = filtered.mean(axis=0)
    if likelihood.kind == "kkp":
        left = means / (1 + periods * point.phi)
    else:
        left = cho_solve((likelihood.means_variance(point)[0], True), means)
    return errors, np.asarray((filtered - means + left).reshape(-1))


def _search(likelihood: Likelihood, *, lag: bool, error: bool, effect: bool) -> Point:
    """The best of several starts from a coarse grid, then the root of the scores."""
    active = [name for name, on in (("rho", lag), ("lam", error), ("phi", effect)) if on]
    grid = feasible_grid(likelihood.logdet) if lag or error else [0.0]
    inner = grid[1:-1]
    surface = [
        (likelihood.state(Point(rho, lam, phi)).loglik, rho, lam, phi)
        for rho in (inner if lag else [0.0])
        for lam in (inner if error else [0.0])
        for phi in (_PHI_GRID if effect else (0.0,))
    ]
    if not active:
        return Point(0.0, 0.0, 0.0)
    best = sorted(surface, reverse=True)[:_STARTS]
    ends = {"rho": (grid[0], grid[-1]), "lam": (grid[0], grid[-1])}
    ends["phi"] = (float(np.log(_PHI_BOUNDS[0])), float(np.log(_PHI_BOUNDS[1])))

    def negative(coordinates: Array) -> tuple[float, Array]:
        loglik = likelihood.state(_point(coordinates, active)).loglik
        return -loglik, -_gradient(likelihood, coordinates, active)

    found = [
        minimize(
            negative,
            _coordinates(Point(*start[1:]), active),
            jac=True,
            bounds=[ends[name] for name in active],
            method="L-BFGS-B",
            options={"ftol": 1e-13, "gtol": 1e-7},
        )
        for start in best
    ]
    top = np.asarray(min(found, key=lambda result: float(result.fun)).x, dtype=float)
    optimised, point = _point(top, active), _point(_newton(likelihood, top, active), active)
    for coefficient in (optimised.rho, optimised.lam, point.rho, point.lam):
        if min(coefficient - grid[0], grid[-1] - coefficient) <= _EDGE and (lag or error):
            raise at_the_bound(coefficient, likelihood.logdet)
    return point


def _coordinates(point: Point, active: list[str]) -> Array:
    """Active coefficients, phi as its logarithm."""
    values = {"rho": point.rho, "lam": point.lam, "phi": float(np.log(point.phi)) if point.phi else 0.0}
    return np.array([values[name] for name in active])


def _point(coordinates: Array, active: list[str]) -> Point:
    values = dict(zip(active, coordinates.tolist(), strict=True))
    phi = float(np.exp(values["phi"])) if "phi" in values else 0.0
    return Point(values.get("rho", 0.0), values.get("lam", 0.0), phi)


def _gradient(likelihood: Likelihood, coordinates: Array, active: list[str]) -> Array:
    point = _point(coordinates, active)
    rho, lam, phi = likelihood.scores(point)
    values = {"rho": rho, "lam": lam, "phi": phi * point.phi}
    return np.array([values[name] for name in active])


def _newton(likelihood: Likelihood, coordinates: Array, active: list[str]) -> Array:
    """A few Newton steps on the exact scores, so that the answer does not depend on the optimiser."""
    step = 1e-5
    for _ in range(3):
        columns = [
            _gradient(likelihood, coordinates + shift, active)
            - _gradient(likelihood, coordinates - shift, active)
            for shift in np.eye(len(active)) * step
        ]
        curvature = np.column_stack(columns) / (2 * step)
        move = np.linalg.lstsq(curvature, _gradient(likelihood, coordinates, active), rcond=None)[0]
        if np.abs(move).max() > 1e-2:  # flat likelihood: keep the optimiser's point
            break
        coordinates = coordinates - move
    return coordinates


def bordered_information(
    information: Array, traces: list[float], phi: float, sigma2: float, n: int, periods: int
) -> Array:
    """Expected information with phi as the last row, for effects that are filtered like the errors.

    Parameters
    ----------
    information : array, shape (p, p)
        Of (beta, rho, lam, sigma2) of the quasi-demeaned data.
    traces : list of float
        ``tr G`` and ``tr H``, as far as rho and lam are there.
    """
    ratio = periods / (1 + periods * phi)
    size = len(information)
    result = np.zeros((size + 1, size + 1))
    result[:-1, :-1] = information
    border = ratio * np.array([*traces, n / (2 * sigma2)])
    result[-1, size - len(border) : -1] = result[size - len(border) : -1, -1] = border
    result[-1, -1] = n * ratio**2 / 2
    return result


def dense_information(likelihood: Likelihood, estimate: Estimate, phi: float, signal_lag: Array) -> Array:
    """Expected information of (beta, rho, lam, sigma2, phi) for effects that are not filtered.

    For a mean m and a variance V: ``dm' V^-1 dm`` and ``tr(V^-1 dV V^-1 dV) / 2``, with
    ``dV = G V + V G'`` for rho (of the filtered outcome).

    Parameters
    ----------
    signal_lag : array, shape (N T,)
        ``G X b``; unused when rho is off.
    """
    point = Point(estimate.rho or 0.0, estimate.lam or 0.0, phi)
    factor, product = likelihood.means_variance(point)
    slopes = [likelihood.sample.x, *([signal_lag[:, None]] if estimate.rho is not None else [])]
    of_mean = _mean_information(likelihood, np.column_stack(slopes), point.lam, factor) / estimate.sigma2
    of_variance = _variance_information(likelihood, estimate, factor, product)
    k = likelihood.sample.k
    size = k + len(of_variance)
    information = np.zeros((size, size))
    information[: len(of_mean), : len(of_mean)] = of_mean
    information[k:, k:] += of_variance
    return information


def _mean_information(likelihood: Likelihood, slopes: Array, lam: float, factor: Array) -> Array:
    """``J' V^-1 J`` for the columns J, times sigma2."""
    periods = likelihood.periods
    filtered = slopes - lam * lag_periods(likelihood.weights, slopes, periods)
    cube = filtered.reshape(periods, likelihood.n, -1)
    means = cube.mean(axis=0)
    deviations = (cube - means).reshape(slopes.shape)
    whitened = solve_triangular(factor, np.sqrt(periods) * means, lower=True)
    return np.asarray(deviations.T @ deviations + whitened.T @ whitened)


def _variance_information(
    likelihood: Likelihood, estimate: Estimate, factor: Array, product: csr_array
) -> Array:
    """``tr(V^-1 dV V^-1 dV) / 2`` over rho, lam (as far as estimated), sigma2 and phi; dense.

    Of the filtered data, where V is I and K: dV is ``G V + V G'`` for rho, ``H + H'`` for lam, 0 and
    ``T B B'`` for phi.
    """
    periods, n = likelihood.periods, likelihood.n
    dense, identity = likelihood.weights.toarray(), np.eye(n)

    def lag_of(coefficient: float) -> Array:
        """``W (I - coefficient W)^-1``."""
        return np.asarray(np.linalg.solve(identity - coefficient * dense, dense))

    def over_variance(matrix: Array) -> Array:
        return np.asarray(cho_solve((factor, True), matrix))

    within, means = [], []
    if estimate.rho is not None:
        g = lag_of(estimate.rho)
        within.append(g + g.T)
        means.append(over_variance(g @ factor @ factor.T) + g.T)
    if estimate.lam is not None:
        h = lag_of(estimate.lam)
        within.append(h + h.T)
        means.append(over_variance(h + h.T))
    within += [identity / estimate.sigma2, np.zeros((n, n))]
    means += [identity / estimate.sigma2, over_variance(periods * product.toarray())]
    size = len(within)
    information = np.zeros((size, size))
    for row in range(size):
        for column in range(row + 1):
            value = (periods - 1) * (within[row] * within[column].T).sum()
            value += (means[row] * means[column].T).sum()
            information[row, column] = information[column, row] = value / 2
    return information
