"""Impacts over time: the multipliers of a horizon, from a fitted dynamic model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .._core.dynamic import (
    Motion,
    cumulative_multipliers,
    cumulative_slopes,
    full_spectrum,
    long_run_multipliers,
    long_run_of_draws,
    long_run_slopes,
    outer_spectrum,
    spectral_radius,
)
from .._core.impacts import Multipliers
from .._core.logdet import EIGEN_LIMIT, EigenLogDet
from .._errors import ConvergenceError, OptionError, listed, warn_caller
from .results import ModelResult

Array = NDArray[np.float64]
Horizon = str | int


@dataclass(frozen=True, slots=True)
class Response:
    """The average multipliers of one horizon.

    Attributes
    ----------
    point : Multipliers
        At the estimate.
    slopes : dict
        Name of a coefficient -> derivatives of `point`, for those that the multipliers depend on.
    draws : Multipliers
        At every draw, shape (draws,), or one number where no coefficient moves them.
    """

    point: Multipliers
    slopes: dict[str, Multipliers]
    draws: Multipliers


def horizon_name(horizon: Horizon) -> str:
    """How a horizon is written in tables: static, short, long, or ``after 3``."""
    return horizon if isinstance(horizon, str) else f"after {horizon}"


def chosen_horizons(result: ModelResult, horizons: Sequence[Horizon] | None) -> list[Horizon]:
    """The horizons to compute; no long run where the process is not stable."""
    if not result.lags:
        if horizons is not None:
            raise OptionError("horizons= goes with dynamic models: fit_panel(..., lags=('y',)).")
        return ["static"]
    stable = result.spectral_radius < 1
    if horizons is None:
        if stable:
            return ["short", "long"]
        warn_caller(
            f"The process is not stable (spectral radius {result.spectral_radius:.4f}): there is no long "
            "run, only the short-run impacts are given."
        )
        return ["short"]
    wanted = list(dict.fromkeys([horizons] if isinstance(horizons, str) else horizons))
    wrong = [horizon for horizon in wanted if not _is_horizon(horizon)]
    if wrong or not wanted:
        raise OptionError(
            f"horizons={horizons!r}: {listed(wrong) or 'nothing'} is no horizon. Valid: 'short', 'long' and "
            "whole numbers of periods from 0."
        )
    if "long" in wanted and not stable:
        raise ConvergenceError(
            f"The process is not stable (spectral radius {result.spectral_radius:.4f}), so it has no long "
            "run. Ask for 'short' or for a number of periods."
        )
    return wanted


def _is_horizon(horizon: object) -> bool:
    if isinstance(horizon, str):
        return horizon in {"short", "long"}
    return isinstance(horizon, int | np.integer) and not isinstance(horizon, bool) and int(horizon) >= 0


def _motion_of(result: ModelResult, sample: Array) -> Motion:
    """tau, eta and rho of every draw, shape (draws,)."""
    names = list(result.params.index)
    zero = np.zeros(len(sample))
    return Motion(*(sample[:, names.index(name)] if name in names else zero for name in Motion._fields))


def stable_draws(result: ModelResult, sample: Array) -> tuple[Array, int]:
    """Draws that are stable, and how many were not."""
    weights, logdet = result.parts.weights, result.parts.logdet
    assert weights is not None and logdet is not None  # noqa: S101, PT018
    stable = spectral_radius(outer_spectrum(weights, logdet), _motion_of(result, sample)) < 1
    rejected = int((~stable).sum())
    if stable.sum() < 2:
        raise ConvergenceError(
            "Fewer than two draws are stable: the standard errors are too large for a simulated long run. "
            "Ask for horizons=['short']."
        )
    if rejected > len(sample) / 20:
        warn_caller(
            f"{rejected} of {len(sample)} draws were unstable and rejected; read the simulated intervals "
            "with care."
        )
    return sample[stable], rejected


def dynamic_response(result: ModelResult, sample: Array, horizon: Horizon) -> Response:
    """Multipliers of the long run, or accumulated after a number of periods."""
    weights, logdet = result.parts.weights, result.parts.logdet
    assert weights is not None and logdet is not None  # noqa: S101, PT018
    point = Motion(*(float(result.params.get(name, 0.0)) for name in Motion._fields))
    moved = _motion_of(result, sample)
    if horizon == "long":
        slopes = long_run_slopes(weights, logdet, point)
        response = Response(
            long_run_multipliers(weights, logdet, point), slopes, long_run_of_draws(weights, logdet, moved)
        )
    else:
        spectrum = full_spectrum(weights, logdet) if isinstance(logdet, EigenLogDet) else None
        if spectrum is None:
            raise OptionError(
                f"horizons of a number of periods need all eigenvalues and eigenvectors of W: up to "
                f"{EIGEN_LIMIT:,} units with logdet='eigen'. Ask for 'short' and 'long'."
            )
        response = Response(
            cumulative_multipliers(spectrum, point, int(horizon)),
            cumulative_slopes(spectrum, point, int(horizon)),
            cumulative_multipliers(spectrum, moved, int(horizon)),
        )
    estimated = {name: slopes for name, slopes in response.slopes.items() if name in result.params.index}
    return Response(response.point, estimated, response.draws)
