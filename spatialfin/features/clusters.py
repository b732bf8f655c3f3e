"""Kernel clustering of regions: free, with the contiguity graph in the kernel, or in connected clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse as sp
from scipy.sparse.csgraph import connected_components
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted

from .._core import kernel_kmeans as core
from .._core.sparse_lu import one_thread
from .._errors import AlignmentError, DataError, OptionError, warn_caller
from .._spatial_weights import SpatialWeights
from .._validate import check_number, check_option, check_whole, numeric_values
from ._inputs import check_units, check_varying, checked_rows, names_of, seed_of
from ._kernels import KERNELS, MOST_UNITS, Measure, check_symmetric


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """What is clustered: distinct rows of X where attributes decide alone, else its units sorted by label.

    Attributes
    ----------
    order : array of int, shape (n,)
        A row of X for each of these.
    place : array of int
        Where each row of X stands among these; -1 where its weight is zero.
    values : array, shape (n, p)
    K : array, shape (n, n)
    measure : Measure
        How K was made.
    weights : array, shape (n,)
        Of the units.
    links : sparse array or None
        Symmetric 0/1 links of W.
    """

    order: np.ndarray
    place: np.ndarray
    values: np.ndarray
    K: np.ndarray
    measure: Measure
    weights: np.ndarray
    links: sp.csr_array | None


class SpatialKernelKMeans(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Weighted kernel k-means of units, with the neighbourhood of units in the kernel or in the clusters.

    Parameters
    ----------
    n_clusters : int, default 3
        Clusters k.
    kernel : {"linear", "rbf", "precomputed", "graph"}, default "linear"
        ``x'z`` of rows less their mean; ``exp(-gamma ||x - z||^2)``; X is the kernel itself; the
        graph kernel of `weights` alone.
    gamma : float, optional
        Of "rbf", ``1 / (p * variance of X)`` without it; of "graph", 1 without it: the larger, the farther
        neighbourhood reaches.
    weights : SpatialWeights, optional
        Links between the units, matched to the index of X by label. Only whether units are linked, in
        either direction, counts.
    connected : bool, default False
        Whether every cluster must be connected in `weights`.
    graph_share : float, default 0.0
        Share of the graph kernel in a mix with `kernel`, 0 to below 1; both scaled to the same scatter.
    n_starts : int, default 5
        Starts; the result with the lowest objective is kept.
    max_iter : int, default 300
        Most steps from a start.
    init : array of int, shape (n,), optional
        Labels (0 to k - 1) of the rows of X to start from, in place of `n_starts` starts.
    random_state : int, default 0
        Seed of the starts.

    Attributes
    ----------
    labels_ : array of int, shape (n,)
        Cluster of each row, 0 to k - 1, the one with the largest sum of sample weights first.
    clusters_ : Series
        The same, on the index of X.
    objective_ : float
        ``sum_c sum_{i in c} w_i ||phi(x_i) - m_c||^2``.
    association_ : array, shape (k,)
        Within-cluster association ``u_c'K u_c / s_c``.
    trace_ : float
        ``tr(W^1/2 K W^1/2) = sum_i w_i K_ii``; ``objective_ = trace_ - sum(association_)``.
    scatter_ : float
        Objective of a single cluster; ``1 - objective_ / scatter_`` is the share between clusters.
    sizes_ : array, shape (k,)
        Sum of sample weights of each cluster.
    objective_path_ : array
        Objective at the best start and after each step; it never rises.
    n_iter_ : int
        Steps from the best start.
    converged_ : bool
        Whether they ended before `max_iter`.

    Raises
    ------
    DataError
        On fit: missing values, constant columns, k above the number of units, k below the number of
        components with ``connected=True``, a kernel that is not symmetric and positive semi-definite,
        or more units than fit into memory.
    AlignmentError
        On fit: X and `weights` hold different units, or X carries no labels.
    OptionError
        On fit: an option is not valid.

    Warns
    -----
    SpatialfinWarning
        Steps did not end within `max_iter`.

    Notes
    -----
    With u_c the sample weights of the members of cluster c and s_c their sum, the squared distance of unit i
    to the mean of c is ``K_ii - 2 (K u_c)_i / s_c + u_c'K u_c / s_c^2``: no features are needed. The
    objective equals the trace form ``tr(W^1/2 K W^1/2) - tr(Y'W^1/2 K W^1/2 Y)`` with Y the orthonormal
    indicators. Free clusters take steps of Lloyd from seeds drawn by distance. Connected ones start from
    joining neighbours (Ward's criterion) and from regions grown around seeds; then units at borders change
    side while the objective falls and no cluster breaks. The graph kernel is the regularised Laplacian
    ``(I + gamma L)^-1`` of the links divided by their mean number.

    References
    ----------
    Dhillon, I. S., Guan, Y. and Kulis, B. (2004). Kernel k-means, spectral clustering and normalized cuts.
    *KDD*, 551-556.

    Smola, A. J. and Kondor, R. (2003). Kernels and regularization on graphs. *COLT*, 144-158.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> X = pd.DataFrame({"lq": [0.5, 0.6, 1.9, 2.0, 0.4]}, index=list("abcde"))
    >>> sf.features.SpatialKernelKMeans(n_clusters=2).fit(X).clusters_.tolist()
    [0, 0, 1, 1, 0]
    """

    def __init__(
        self,
        n_clusters: int = 3,
        kernel: str = "linear",
        gamma: float | None = None,
        weights: SpatialWeights | None = None,
        connected: bool = False,
        *,
        graph_share: float = 0.0,
        n_starts: int = 5,
        max_iter: int = 300,
        init: Any = None,
        random_state: int = 0,
    ) -> None:
        self.n_clusters = n_clusters
        self.kernel = kernel
        self.gamma = gamma
        self.weights = weights
        self.connected = connected
        self.graph_share = graph_share
        self.n_starts = n_starts
        self.max_iter = max_iter
        self.init = init
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.pairwise = self.kernel == "precomputed"
        return tags

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> SpatialKernelKMeans:
        """Find the clusters.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p)
            One row per unit; with `weights` a DataFrame indexed by unit. With ``kernel="precomputed"`` the
            kernel, n x n.
        y : None
            Not used.
        sample_weight : Series or array, shape (n,), optional
            Weights of the units, such as population or GDP. A Series is matched by label.

        Returns
        -------
        SpatialKernelKMeans
            Itself.
        """
        del y
        self._check_options()
        problem = self.problem_of(X, sample_weight)
        found = self.partition_of(problem, problem.weights)
        labels = _by_size(found, problem, self.n_clusters)
        sums = core.Sums.of(problem.K, problem.weights, labels, self.n_clusters)
        self.objective_ = core.objective(problem.K, problem.weights, labels, self.n_clusters)
        self.association_ = sums.association
        self.trace_ = float(problem.weights @ problem.K.diagonal())
        self.scatter_ = core.scatter(problem.K, problem.weights)
        self.sizes_ = sums.sizes
        self.objective_path_ = found.path
        self.n_iter_ = max(len(found.path) - 1, 1)
        self.converged_ = found.converged
        self._remember(problem, labels)
        self.labels_ = labels[problem.place]
        aside = problem.place < 0
        if aside.any():
            self.labels_[aside] = self._nearest(checked_rows(self, X, reset=False)[aside], None)
        index = X.index if isinstance(X, pd.DataFrame) else pd.RangeIndex(len(self.labels_))
        self.clusters_ = pd.Series(self.labels_, index=index, name="cluster")
        if not found.converged:
            warn_caller(f"The clusters did not settle in {self.max_iter} steps: raise max_iter.")
        return self

    def predict(self, X: Any, *, links: pd.DataFrame | None = None) -> np.ndarray:
        """Nearest cluster of units, those of fit or new ones.

        Parameters
        ----------
        X : DataFrame or array, shape (m, p)
            Rows with the columns of fit; with ``kernel="precomputed"`` the kernel of the m units with the n
            of fit, (m, n).
        links : DataFrame, shape (m, n), optional
            Links (not 0) of these units to those of fit, by label; needed where the graph is in the kernel.
            A unit is then placed as the mean of its neighbours, drawn towards the origin.

        Returns
        -------
        array of int, shape (m,)
            Also with ``connected=True`` the nearest cluster, which need not be one next to the unit.

        Raises
        ------
        DataError
            Missing values, other columns than in fit, or `links` are needed and missing.
        AlignmentError
            The rows of `links` are not those of X, or its columns are not the units of fit.
        """
        check_is_fitted(self)
        values = checked_rows(self, X, reset=False)
        if self.kernel == "precomputed":
            values = values[:, self._order]
        return self._nearest(values, None if links is None else self._links_to_fit(X, links))

    def _nearest(self, values: np.ndarray, near: np.ndarray | None) -> np.ndarray:
        KU = self._measure.means(values, self._values, near, self._means, self._graph_means)
        nearest: np.ndarray = (self._offsets - 2 * KU).argmin(axis=1)
        return nearest.astype(np.int64)

    def _check_options(self) -> None:
        for name in ("n_clusters", "n_starts", "max_iter"):
            check_whole(name, getattr(self, name), least=1)
        check_option("kernel", self.kernel, KERNELS)
        if self.gamma is not None:
            check_number("gamma", self.gamma, between=(0.0, np.inf))
        check_number("graph_share", self.graph_share, least=0.0)
        if self.graph_share >= 1:
            raise OptionError(
                f'graph_share={self.graph_share!r} must be below 1; kernel="graph" is all of it.'
            )
        if not isinstance(self.connected, bool | np.bool_):
            raise OptionError(f"connected={self.connected!r}: True or False is needed.")
        if self.connected and self.init is not None:
            raise OptionError("init and connected=True exclude each other: starts must be connected.")
        needs = [
            what
            for what, asked in (
                ("connected=True", self.connected),
                (f"graph_share={self.graph_share:g}", self.graph_share > 0),
                ('kernel="graph"', self.kernel == "graph"),
            )
            if asked
        ]
        if needs and not isinstance(self.weights, SpatialWeights):
            raise OptionError(f"{' and '.join(needs)}: weights= is needed, the links between the units.")

    def problem_of(self, X: Any, sample_weight: Any = None) -> Problem:
        """What fit clusters: the inputs checked, units in an order of their own, the kernel.

        Parameters
        ----------
        X, sample_weight : object
            As in `fit`.

        Returns
        -------
        Problem
        """
        if self.kernel == "precomputed" and isinstance(X, pd.DataFrame):
            X = _square(X)
        if self.weights is not None:
            check_units(X, self.weights)
        values = checked_rows(self, X, reset=True)
        self._check_number(len(values), "units")
        if self.kernel == "precomputed":
            check_symmetric(values)
        by_value = self.kernel in ("linear", "rbf")
        if by_value:
            check_varying(values, names_of(X))
        w = _sample_weights(sample_weight, X, len(values))
        if by_value and not self._needs_links:
            order, place = _distinct(values, w)
            self._check_number(len(order), "distinct units with weight")
        else:
            order = _by_label(X, len(values))
            place = np.argsort(order)
        values = values[order][:, order] if self.kernel == "precomputed" else values[order]
        w = np.bincount(place[place >= 0], w[place >= 0], minlength=len(order))
        links = _links(self.weights, X.index[order]) if self._needs_links else None
        if self.connected and links is not None:
            self._check_parts(links)
        K, measure = Measure.of(values, w, links, self.kernel, self.gamma, self.graph_share)
        return Problem(order, place, values, K, measure, w, links)

    @property
    def _needs_links(self) -> bool:
        return bool(self.connected or self.graph_share > 0 or self.kernel == "graph")

    def _check_number(self, n: int, what: str) -> None:
        if self.n_clusters > n:
            raise DataError(
                f"n_clusters={self.n_clusters} is above the number of {what} (n_samples={n}). "
                "Take fewer clusters."
            )
        if n > MOST_UNITS:
            raise DataError(f"{n} units need a kernel of {n} x {n} numbers; {MOST_UNITS:,} is the limit.")

    def _check_parts(self, links: sp.csr_array) -> None:
        parts = connected_components(links, directed=False)[0]
        if parts > self.n_clusters:
            raise DataError(
                f"n_clusters={self.n_clusters} is below the {parts} connected parts of the weights: with "
                "connected=True every part needs a cluster. Take more clusters, or link the parts "
                "(islands=)."
            )

    def partition_of(self, problem: Problem, w: np.ndarray) -> core.Partition:
        """The best partition of all starts.

        Parameters
        ----------
        problem : Problem
            As `problem_of` makes it.
        w : array, shape (n,)
            Weights of its units.

        Returns
        -------
        Partition
        """
        with one_thread():
            found = [self._refined(problem, w, start) for start in self._starts(problem, w)]
        return min(found, key=lambda one: float(one.path[-1]))

    def _refined(self, problem: Problem, w: np.ndarray, start: np.ndarray) -> core.Partition:
        K, k = problem.K, self.n_clusters
        if self.connected and problem.links is not None:
            return core.move_borders(K, w, problem.links, start, k, max_iter=self.max_iter)
        return core.lloyd(K, w, start, k, max_iter=self.max_iter)

    def _starts(self, problem: Problem, w: np.ndarray) -> list[np.ndarray]:
        K, k, links = problem.K, self.n_clusters, problem.links
        if self.init is not None:
            return [_start_labels(self.init, k, len(problem.place))[problem.order]]
        rng = np.random.default_rng(seed_of(self.random_state))
        if not self.connected or links is None:
            return [core.nearest_seed(K, core.seeds(K, w, k, rng)) for _ in range(self.n_starts)]
        parts = connected_components(links, directed=False)[1]
        grown = [
            core.grown_regions(K, links, core.seeds(K, w, k, rng, parts)) for _ in range(self.n_starts - 1)
        ]
        return [core.ward_regions(K, w, links, k), *grown]

    def _remember(self, problem: Problem, labels: np.ndarray) -> None:
        """What predict needs: means of clusters as combinations of the units of fit."""
        sums = core.Sums.of(problem.K, problem.weights, labels, self.n_clusters)
        size = np.where(sums.sizes > 0, sums.sizes, 1.0)
        means = np.zeros((len(labels), self.n_clusters))
        means[np.arange(len(labels)), labels] = problem.weights
        self._means = means / size
        self._offsets = np.where(sums.sizes > 0, sums.association / size, np.inf)
        self._measure = problem.measure
        self._graph_means = problem.measure.graph_means(problem.links, self._means)
        self._values, self._order = problem.values, problem.order

    def _links_to_fit(self, X: Any, links: pd.DataFrame) -> np.ndarray:
        """0/1 links of the rows of X (m) to the sorted units of fit (n)."""
        units = self.clusters_.index[self._order]
        rows = X.index if isinstance(X, pd.DataFrame) else pd.RangeIndex(len(X))
        if not isinstance(links, pd.DataFrame):
            raise AlignmentError(f"links: a DataFrame is needed, not {type(links).__name__}.")
        if (
            not (links.columns.is_unique and links.index.is_unique)
            or set(links.columns) != set(units)
            or set(links.index) != set(rows)
        ):
            raise AlignmentError(
                "links: rows must be the units of X and columns the units of fit, by the same labels."
            )
        if links.isna().to_numpy().any():
            raise DataError("links: missing values; write 0 where there is no link.")
        near: np.ndarray = links.reindex(index=rows, columns=units).to_numpy(dtype=float) != 0
        return near.astype(float)


def _square(X: pd.DataFrame) -> pd.DataFrame:
    """A kernel with its columns in the order of its rows."""
    if not (X.index.is_unique and X.columns.is_unique) or set(X.index) != set(X.columns):
        raise AlignmentError(
            "A precomputed kernel needs the same units as rows and columns, each of them once."
        )
    return X.reindex(columns=X.index)


def _distinct(values: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One row for equal ones and none for weight zero, sorted by value; and where each row went (or -1)."""
    counted = np.flatnonzero(w > 0)
    _, first, inverse = np.unique(values[counted], axis=0, return_index=True, return_inverse=True)
    place = np.full(len(values), -1)
    place[counted] = inverse.ravel()
    return counted[first], place


def _by_label(X: Any, n: int) -> np.ndarray:
    """Rows of a table sorted by label, rows of an array as they are."""
    if not isinstance(X, pd.DataFrame) or not X.index.is_unique:
        return np.arange(n)
    return np.argsort(X.index.astype(str).to_numpy(dtype=object), kind="stable")


def _links(weights: Any, units: pd.Index) -> sp.csr_array:
    """Symmetric 0/1 links in the order of `units`."""
    places = weights.ids.get_indexer(units)
    linked = sp.csr_array(weights.sparse[places][:, places], copy=True)
    linked.data = np.ones(linked.nnz)
    links = sp.csr_array(linked.maximum(linked.T))
    links.sort_indices()
    return links


def _sample_weights(sample_weight: Any, X: Any, n: int) -> np.ndarray:
    if sample_weight is None:
        return np.ones(n)
    if isinstance(sample_weight, pd.Series) and isinstance(X, pd.DataFrame):
        if not sample_weight.index.is_unique or set(sample_weight.index) != set(X.index):
            raise AlignmentError("sample_weight must hold the same units as X, each of them once.")
        sample_weight = sample_weight.reindex(X.index)
    given = numeric_values(pd.Series(np.asarray(sample_weight).ravel()), "sample_weight")
    if len(given) != n:
        raise AlignmentError(f"sample_weight has {len(given)} values for {n} units.")
    if (given < 0).any() or not (given > 0).any():
        raise DataError("sample_weight must not be negative, and not zero for every unit.")
    return given


def _start_labels(init: Any, k: int, n: int) -> np.ndarray:
    labels = np.asarray(init)
    if labels.shape != (n,) or labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= k:
        raise OptionError(f"init: {n} whole numbers from 0 to {k - 1} are needed, one per row of X.")
    return labels.astype(np.int64)


def _by_size(found: core.Partition, problem: Problem, k: int) -> np.ndarray:
    """Labels renumbered by the weight of clusters, the heaviest first; ties by the length of their means."""
    sums = core.Sums.of(problem.K, problem.weights, found.labels, k)
    lengths = sums.association / np.where(sums.sizes > 0, sums.sizes, 1.0)
    rank = np.empty(k, dtype=np.int64)
    rank[np.lexsort((-_rounded(lengths), -_rounded(sums.sizes)))] = np.arange(k)
    renumbered: np.ndarray = rank[found.labels]
    return renumbered


def _rounded(values: np.ndarray) -> np.ndarray:
    """To nine digits of the largest, so that rounding does not decide an order."""
    largest = np.abs(values).max(initial=0.0)
    return np.round(values / largest, 9) if largest > 0 else values
