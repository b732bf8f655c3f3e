"""Simulated data, labelled as simulated wherever they go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ._spatial_weights import check_weights
from ._validate import check_number, check_whole

if TYPE_CHECKING:
    from .weights import SpatialWeights

__all__ = ["simulate_outcome"]

_SOURCE = "Simulated by spatialfin: drawn by a computer, describes no real place."


def simulate_outcome(
    weights: SpatialWeights, *, rho: float = 0.5, beta: float = 1.0, sigma: float = 1.0, seed: int = 0
) -> pd.DataFrame:
    """Draw an outcome that spills over to neighbours, for examples and tests.

    Parameters
    ----------
    weights : SpatialWeights
        N units.
    rho : float
        Spatial dependence, inside (-1, 1); the weights are row-standardised for the draw.
    beta : float
        Effect of the driver on the outcome.
    sigma : float
        Standard deviation of the noise.
    seed : int
        Seed of the draws. They belong to the sorted ids: the order of the units changes nothing.

    Returns
    -------
    DataFrame
        N rows indexed by unit, columns ``simulated_driver`` and ``simulated_outcome``;
        ``attrs["simulated"]`` is True and ``attrs["source"]`` says so in words.

    Raises
    ------
    OptionError
        `rho` is not inside (-1, 1), or `sigma` is negative.

    Notes
    -----
    ``y = (I - rho W)^-1 (beta x + sigma e)`` with independent standard normal x and e.

    Examples
    --------
    >>> from spatialfin import SpatialWeights
    >>> w = SpatialWeights.from_matrix(np.array([[0, 1], [1, 0]]), ids=["a", "b"])
    >>> list(simulate_outcome(w).columns)
    ['simulated_driver', 'simulated_outcome']
    """
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import spsolve

    check_weights(weights)
    check_number("rho", rho, between=(-1, 1))
    check_number("beta", beta)
    check_number("sigma", sigma, least=0)
    check_whole("seed", seed)
    ids = weights.ids.sort_values()
    matrix = weights.standardize("row").align(ids)
    draws = np.random.default_rng(seed).standard_normal((2, len(ids)))
    outcome = spsolve((eye_array(len(ids)) - rho * matrix).tocsc(), beta * draws[0] + sigma * draws[1])
    frame = pd.DataFrame({"simulated_driver": draws[0], "simulated_outcome": outcome}, index=ids)
    frame = frame.reindex(weights.ids)
    frame.attrs = {"simulated": True, "source": _SOURCE, "seed": seed, "rho": rho, "beta": beta}
    return frame
