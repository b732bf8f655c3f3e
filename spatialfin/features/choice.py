"""How many clusters: by silhouette and by stability."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score, silhouette_score

from .._core.kernel_kmeans import Partition
from .._errors import DataError
from .._validate import check_number, check_whole
from ._inputs import seed_of
from .clusters import Problem, SpatialKernelKMeans


@dataclass(frozen=True, slots=True, eq=False)
class ClusterChoice:
    """Numbers of clusters side by side.

    Attributes
    ----------
    table : DataFrame
        By k: ``objective``, ``silhouette`` (-1 to 1, of the distances in the kernel), ``stability`` (mean
        adjusted Rand index, 1 is the same clusters).
    best : int
        The k of the highest silhouette among the stable ones; the most stable k where none is.
    least_stability : float
        From which stability a k counts as stable.
    """

    table: pd.DataFrame
    best: int
    least_stability: float


def choose_clusters(
    model: SpatialKernelKMeans,
    X: Any,
    *,
    n_clusters: Iterable[int] = range(2, 9),
    draws: int = 20,
    least_stability: float = 0.75,
    sample_weight: Any = None,
) -> ClusterChoice:
    """Compare numbers of clusters by how apart clusters lie and how little they depend on single units.

    Parameters
    ----------
    model : SpatialKernelKMeans
        Kernel, weights and all other options; it is not changed.
    X : DataFrame or array, shape (n, p)
        As in its ``fit``.
    n_clusters : iterable of int, default 2 to 8
        The k to compare, each from 2 to n - 1.
    draws : int, default 20
        Bootstrap draws for the stability.
    least_stability : float, default 0.75
        From which mean adjusted Rand index a k counts as stable.
    sample_weight : Series or array, shape (n,), optional
        As in ``fit``.

    Returns
    -------
    ClusterChoice

    Raises
    ------
    DataError
        A k is not between 2 and n - 1, or `model` is not a SpatialKernelKMeans.

    Notes
    -----
    Each draw multiplies the sample weights by exponential random numbers (the Bayesian bootstrap), so all
    units and all their links stay: clusters can be connected in every draw. Stability is the mean adjusted
    Rand index of its clusters with those of the data. The silhouette counts units of positive weight equally.

    References
    ----------
    Rousseeuw, P. J. (1987). Silhouettes. *Journal of Computational and Applied Mathematics* 20, 53-65.

    Hubert, L. and Arabie, P. (1985). Comparing partitions. *Journal of Classification* 2, 193-218.

    Rubin, D. B. (1981). The Bayesian bootstrap. *Annals of Statistics* 9, 130-134.

    Examples
    --------
    >>> import numpy as np, spatialfin as sf
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 2)) + np.repeat([[0, 0], [8, 0], [0, 8]], 20, axis=0)
    >>> sf.features.choose_clusters(sf.features.SpatialKernelKMeans(), X, n_clusters=[2, 3, 4]).best
    3
    """
    if not isinstance(model, SpatialKernelKMeans):
        raise DataError(f"model: a SpatialKernelKMeans is needed, not {type(model).__name__}.")
    if np.ndim(X) != 2:
        raise DataError(f"X: a table of units by attributes is needed, not {type(X).__name__}.")
    check_whole("draws", draws, least=1)
    check_number("least_stability", least_stability, least=0.0)
    numbers = list(n_clusters) if isinstance(n_clusters, Iterable) else [n_clusters]
    for number in numbers:
        check_whole("n_clusters", number)
    wanted = sorted(set(numbers))
    n = len(X)
    wrong = [k for k in wanted if not 2 <= k <= n - 1]
    if wrong or not wanted:
        raise DataError(f"n_clusters: {wrong} given for {n} units; each must be from 2 to {n - 1}.")
    rows = []
    for k in wanted:
        one = clone(model).set_params(n_clusters=k).fit(X, sample_weight=sample_weight)
        problem = one.problem_of(X, sample_weight)
        labels = one.labels_[problem.order]
        rows.append(
            (one.objective_, _silhouette(problem, one.labels_), _stability(one, problem, labels, draws))
        )
    table = pd.DataFrame(
        rows, index=pd.Index(wanted, name="k"), columns=["objective", "silhouette", "stability"]
    )
    stable = table[table["stability"] >= least_stability]
    column = stable["silhouette"] if len(stable) else table["stability"]
    best = int(column.index[int(column.to_numpy().argmax())])
    return ClusterChoice(table, best, least_stability)


def _silhouette(problem: Problem, labels: np.ndarray) -> float:
    diagonal = problem.K.diagonal()
    squared = np.maximum(diagonal[:, None] + diagonal[None, :] - 2 * problem.K, 0.0)
    np.fill_diagonal(squared, 0.0)
    counted = problem.place >= 0
    place = problem.place[counted]  # equal units are one row of the problem, but count one by one
    distances = np.sqrt(squared)[np.ix_(place, place)]
    return float(silhouette_score(distances, labels[counted], metric="precomputed"))


def _stability(model: SpatialKernelKMeans, problem: Problem, labels: np.ndarray, draws: int) -> float:
    rng = np.random.default_rng(seed_of(model.random_state))
    found = []
    for _ in range(draws):
        drawn: Partition = model.partition_of(problem, problem.weights * rng.exponential(size=len(labels)))
        found.append(adjusted_rand_score(labels, drawn.labels))
    return float(np.mean(found))
