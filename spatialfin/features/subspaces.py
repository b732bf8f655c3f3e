"""Subspace network: filters and pooled responses learned from rows of features."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from .._core import subspace as core
from .._core.sparse_lu import one_thread
from .._errors import DataError, OptionError, warn_caller
from .._validate import check_number, check_whole
from ._inputs import check_varying, checked_rows, names_of, seed_of

_ROWS_PER_PARAMETER = 10
_CHANCE = 0.25


class SubspaceNetwork(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Independent subspace analysis as a network of two layers: linear filters, then their pooled length.

    Parameters
    ----------
    n_subspaces : int, optional
        Subspaces m, each of which gives one feature; as many as the data hold without it.
    subspace_size : int, default 2
        Filters k in each subspace; 1 is independent component analysis.
    n_starts : int, default 1
        Random starts of the first stage; the one with the lowest objective is kept.
    max_iter : int, default 500
        Most steps (passes over the data with `batch_size`) of the last stage.
    tol : float, default 1e-4
        The last stage has settled when no entry of the gradient is larger, or ten steps gain less than a
        tenth of it of the objective; with `batch_size` when a pass gains a smaller share.
    batch_size : int, optional
        Rows of a mini-batch; all rows at once without it. With it the answer depends on the order of rows.
    smoothing : float, default 1e-4
        Constant under the root, in units of the whitened variance.
    random_state : int, default 0
        Seed of the starts and of the batches.

    Attributes
    ----------
    components_ : array, shape (m k, p)
        Unmixing matrix on the centred data, whitening included; rows grouped by subspace.
    basis_ : array, shape (p, m k)
        Its (pseudo-)inverse: the pattern in the data that each filter answers to.
    filters_ : array, shape (m k, m k)
        Its orthonormal part, on whitened data.
    mean_ : array, shape (p,)
        Mean of the columns.
    objective_path_ : array
        Mean over rows of the summed response at the start of the last stage and after each of its steps;
        it never rises.
    n_iter_ : int
        Steps of the last stage.
    converged_ : bool
        Whether it settled within `max_iter`.

    Raises
    ------
    DataError
        On fit: missing values, constant columns, fewer rows than filters, or fewer independent columns.
    OptionError
        On fit: an option is not valid.

    Warns
    -----
    SpatialfinWarning
        The last stage did not settle; there are fewer than 10 rows per free number of the filters, so that
        they fit noise; or nothing in the data has heavier tails than the normal distribution.

    Notes
    -----
    With z the whitened row, ``s = filters_ z`` and ``y_t = sqrt(sum of s_k^2 over subspace t + smoothing)``;
    the filters minimise the mean over rows of ``sum_t y_t`` under ``filters_ filters_' = I``. Steps follow
    the projected gradient with symmetric orthonormalisation and are shortened until the objective falls.
    The minimum is right for subspaces whose radius has heavy tails; sub-Gaussian ones would need the
    maximum, and Gaussian data hold nothing to find. Random filters end in poor local minima, so the network
    starts from subspaces of size 1, groups these by the correlation of their squares, and then refines.
    Subspaces are ordered by their mean response, the heaviest tails first. A response does not change with
    the sign of its filters or with a rotation among them (phase).

    References
    ----------
    Hyvärinen, A. and Hoyer, P. (2000). Emergence of phase- and shift-invariant features by decomposition of
    natural images into independent feature subspaces. *Neural Computation* 12, 1705-1720.

    Le, Q. V., Zou, W. Y., Yeung, S. Y. and Ng, A. Y. (2011). Learning hierarchical invariant spatio-temporal
    features for action recognition with independent subspace analysis. *CVPR*, 3361-3368.

    Examples
    --------
    >>> import numpy as np
    >>> from spatialfin.features import SubspaceNetwork
    >>> rng = np.random.default_rng(0)
    >>> radius = np.repeat(rng.exponential(size=(2000, 2)), 2, axis=1)
    >>> X = (rng.normal(size=(2000, 4)) * radius) @ rng.normal(size=(4, 4))
    >>> network = SubspaceNetwork(n_subspaces=2).fit(X)
    >>> network.transform(X).shape
    (2000, 2)
    """

    def __init__(
        self,
        n_subspaces: int | None = None,
        subspace_size: int = 2,
        n_starts: int = 1,
        *,
        max_iter: int = 500,
        tol: float = 1e-4,
        batch_size: int | None = None,
        smoothing: float = 1e-4,
        random_state: int = 0,
    ) -> None:
        self.n_subspaces = n_subspaces
        self.subspace_size = subspace_size
        self.n_starts = n_starts
        self.max_iter = max_iter
        self.tol = tol
        self.batch_size = batch_size
        self.smoothing = smoothing
        self.random_state = random_state

    @property
    def _n_features_out(self) -> int:
        return len(self.filters_) // self.subspace_size

    def fit(self, X: Any, y: Any = None) -> SubspaceNetwork:
        """Learn the filters.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p)
            Rows of features, such as those of `panel_windows`.
        y : None
            Not used.

        Returns
        -------
        SubspaceNetwork
            Itself.
        """
        del y
        self._check_options()
        values = checked_rows(self, X, reset=True, least_rows=2)
        check_varying(values, names_of(X))
        # Units of measurement must not decide which directions look empty.
        scale = values.std(axis=0)
        scaled = values / scale
        with one_thread():
            d = self._check_size(len(values), scaled)
        with one_thread():
            white = core.whitening(scaled, d)
            Z = white.matrix @ (scaled - white.mean).T
            found = self._best_start(Z)
            filters = core.in_order(found.filters, Z, self.subspace_size, self.smoothing)
        components = filters @ white.matrix / scale
        signs = core.oriented(components)[:, None]
        self.filters_ = filters * signs
        self.components_ = components * signs
        self.basis_ = scale[:, None] * white.inverse @ self.filters_.T
        self.mean_ = white.mean * scale
        self.objective_path_ = found.path
        self.n_iter_ = max(len(found.path) - 1, 1)
        self.converged_ = found.converged
        self._warn(len(values))
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Second-layer responses.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p)
            Rows with the columns of fit.

        Returns
        -------
        array, shape (n, m)
            Positive; about ``sqrt(k)`` on average.
        """
        sources = self.sources(X)
        return core.pooled(sources.T, self.subspace_size, self.smoothing).T

    def sources(self, X: Any) -> np.ndarray:
        """First-layer outputs, uncorrelated with unit variance on the data of fit.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p)
            Rows with the columns of fit.

        Returns
        -------
        array, shape (n, m k)
            ``(X - mean_) components_'``, grouped by subspace.
        """
        check_is_fitted(self)
        values = checked_rows(self, X, reset=False)
        outputs: np.ndarray = (values - self.mean_) @ self.components_.T
        return outputs

    def _check_options(self) -> None:
        for name in ("subspace_size", "n_starts", "max_iter"):
            check_whole(name, getattr(self, name), least=1)
        for name in ("n_subspaces", "batch_size"):
            if getattr(self, name) is not None:
                check_whole(name, getattr(self, name), least=1)
        for name in ("tol", "smoothing"):
            check_number(name, getattr(self, name), between=(0.0, np.inf))
        if self.random_state is not None and not isinstance(self.random_state, np.random.RandomState):
            check_whole("random_state", self.random_state)

    def _check_size(self, n: int, values: np.ndarray) -> int:
        """Number of filters, once rows and columns suffice for it."""
        p = values.shape[1]
        rank = core.whitening(values, p).rank
        size = self.subspace_size
        wanted = self.n_subspaces if self.n_subspaces is not None else min(rank, n) // size
        d = max(wanted, 1) * size
        if n < d:
            raise DataError(
                f"{d} filters need at least as many rows; there are {n} (n_samples={n}). "
                "Take fewer subspaces, smaller ones, or more rows."
            )
        if rank < d:
            raise DataError(
                f"{d} filters need as many independent columns; the data have {rank} "
                f"(n_features={p}). Take fewer subspaces, smaller ones, or a longer window."
            )
        return d

    def _best_start(self, Z: np.ndarray) -> core.Descent:
        seeds = np.random.SeedSequence(seed_of(self.random_state)).spawn(self.n_starts)
        found = [
            core.learn(
                Z,
                size=self.subspace_size,
                smoothing=self.smoothing,
                max_iter=self.max_iter,
                tol=self.tol,
                batch_size=self.batch_size,
                rng=np.random.default_rng(seed),
            )
            for seed in seeds
        ]
        return min(found, key=lambda one: float(one.path[-1]))

    def _warn(self, n: int) -> None:
        d = len(self.filters_)
        m = d // self.subspace_size
        gap = 1 - self.objective_path_[-1] / (m * core.gaussian_response(self.subspace_size))
        notes = []
        if not self.converged_:
            notes.append(
                f"The filters did not settle in {self.max_iter} steps: raise max_iter, or tol={self.tol:g}."
            )
        if n < _ROWS_PER_PARAMETER * d * d:
            notes.append(
                f"{n} rows are few for {d} filters ({d * d} free numbers): they fit noise. "
                "Take fewer subspaces, or check them on other rows."
            )
        elif gap < _CHANCE * np.sqrt(d / n):
            notes.append(
                "The data hold no direction with heavier tails than the normal distribution: Gaussian data "
                "have no subspaces to find, and sub-Gaussian ones would need the maximum."
            )
        for note in notes:
            warn_caller(note)


class StackedSubspaceNetwork(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Two subspace networks, one on short windows, one on what the first answers along a longer window.

    Parameters
    ----------
    n_lags : int, default 1
        Periods in a row of X, whose columns are ordered by indicator and then by period, as
        `panel_windows` makes them.
    patch : int, default 1
        Periods the first network sees at once, at most `n_lags`.
    stride : int, default 1
        Periods between two places of the first network.
    first, second : SubspaceNetwork, optional
        The networks; with their defaults where they are not given.

    Attributes
    ----------
    first_, second_ : SubspaceNetwork
        As learned.
    positions_ : array of int
        First period of each place of the first network.

    Raises
    ------
    DataError
        On fit: the columns are not `n_lags` periods of each indicator; else as `SubspaceNetwork`.
    OptionError
        On fit: an option is not valid.

    Notes
    -----
    The first network learns from all patches of all rows, is applied at every place (convolved), and its
    responses side by side are the rows of the second. Features are the responses of both: those of the
    first by place, then those of the second.

    References
    ----------
    Le, Q. V., Zou, W. Y., Yeung, S. Y. and Ng, A. Y. (2011). Learning hierarchical invariant spatio-temporal
    features for action recognition with independent subspace analysis. *CVPR*, 3361-3368.

    Examples
    --------
    >>> import numpy as np
    >>> from spatialfin.features import StackedSubspaceNetwork, SubspaceNetwork
    >>> X = np.random.default_rng(0).laplace(size=(5000, 2 * 4))  # 2 indicators, 4 periods
    >>> stacked = StackedSubspaceNetwork(4, 2, second=SubspaceNetwork(n_subspaces=1)).fit(X)
    >>> stacked.transform(X).shape  # 2 responses at 3 places, and 1
    (5000, 7)
    """

    def __init__(
        self,
        n_lags: int = 1,
        patch: int = 1,
        *,
        stride: int = 1,
        first: SubspaceNetwork | None = None,
        second: SubspaceNetwork | None = None,
    ) -> None:
        self.n_lags = n_lags
        self.patch = patch
        self.stride = stride
        self.first = first
        self.second = second

    @property
    def _n_features_out(self) -> int:
        return int(len(self.positions_) * self.first_._n_features_out + self.second_._n_features_out)

    def fit(self, X: Any, y: Any = None) -> StackedSubspaceNetwork:
        """Learn the first network, then the second on its responses.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p n_lags)
            Rows such as those of `panel_windows`.
        y : None
            Not used.

        Returns
        -------
        StackedSubspaceNetwork
            Itself.
        """
        del y
        for name in ("n_lags", "patch", "stride"):
            check_whole(name, getattr(self, name), least=1)
        for name in ("first", "second"):
            if not isinstance(getattr(self, name), SubspaceNetwork | None):
                raise OptionError(f"{name}: a SubspaceNetwork is needed, not {getattr(self, name)!r}.")
        if self.patch > self.n_lags:
            raise OptionError(f"patch={self.patch} is longer than the row: n_lags={self.n_lags}.")
        values = checked_rows(self, X, reset=True, least_rows=2)
        if values.shape[1] % self.n_lags:
            raise DataError(
                f"{values.shape[1]} columns are not {self.n_lags} periods of each indicator. "
                "Give n_lags= the window of panel_windows."
            )
        check_varying(values, names_of(X))
        self.positions_ = np.arange(0, self.n_lags - self.patch + 1, self.stride)
        self.first_ = clone(self.first if self.first is not None else SubspaceNetwork())
        self.second_ = clone(self.second if self.second is not None else SubspaceNetwork())
        self.first_.fit(self._patches(values))
        self.second_.fit(self._first_responses(values))
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Responses of both networks.

        Parameters
        ----------
        X : DataFrame or array, shape (n, p n_lags)
            Rows with the columns of fit.

        Returns
        -------
        array, shape (n, places m1 + m2)
            Of the first network by place, then of the second.
        """
        check_is_fitted(self)
        lower = self._first_responses(checked_rows(self, X, reset=False))
        return np.hstack([lower, self.second_.transform(lower)])

    def _patches(self, values: np.ndarray) -> np.ndarray:
        """Rows of the first network (n places, p patch): all places of the first row, of the second, ..."""
        n = len(values)
        series = values.reshape(n, -1, self.n_lags)
        windows = np.lib.stride_tricks.sliding_window_view(series, self.patch, axis=2)
        chosen = windows[:, :, self.positions_].transpose(0, 2, 1, 3)
        return chosen.reshape(n * len(self.positions_), -1)

    def _first_responses(self, values: np.ndarray) -> np.ndarray:
        responses: np.ndarray = self.first_.transform(self._patches(values))
        return responses.reshape(len(values), -1)
