"""Cross-validation over space: blocks of neighbours are tested together, and no neighbour of them trains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse as sp
from scipy.sparse.csgraph import connected_components, dijkstra
from sklearn.model_selection import BaseCrossValidator

from .._errors import AlignmentError, DataError, OptionError
from .._spatial_weights import SpatialWeights
from .._validate import check_same_units, check_whole


class SpatialBlockCV(BaseCrossValidator):  # type: ignore[misc]
    """Split units into blocks of neighbours; each is the test set once.

    Parameters
    ----------
    weights : SpatialWeights
        Links between the units; only whether units are linked, in either direction, counts.
    n_splits : int, default 5
        Blocks.
    buffer : int, default 1
        Steps along links around the test block that are left out of training, at least 1: no neighbour of a
        test unit trains.
    random_state : int, default 0
        Seed of the unit the first block starts from.

    Raises
    ------
    AlignmentError
        On split: the rows carry other units than `weights`, or none.
    DataError
        On split: more blocks than units, or a split that leaves no unit to train.
    OptionError
        On split: an option is not valid.

    Notes
    -----
    Blocks grow from seeds far apart in links, the smallest block first, so they are connected and of similar
    size; parts of the graph without a seed join the smallest block whole. Rows are matched by label: the
    index of X, its first level for rows by unit and period, or `groups`. All periods of a unit are together.

    References
    ----------
    Roberts, D. R. et al. (2017). Cross-validation strategies for data with temporal, spatial, hierarchical,
    or phylogenetic structure. *Ecography* 40, 913-929.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> line = np.eye(6, k=1) + np.eye(6, k=-1)
    >>> w = sf.SpatialWeights.from_matrix(line, ids=list("abcdef"))
    >>> X = pd.DataFrame({"x": range(6)}, index=list("abcdef"))
    >>> for train, test in sf.features.SpatialBlockCV(w, n_splits=2).split(X):
    ...     "".join(X.index[train]), "".join(X.index[test])
    ('ab', 'def')
    ('ef', 'abc')
    """

    def __init__(self, weights: Any, n_splits: int = 5, *, buffer: int = 1, random_state: int = 0) -> None:
        self.weights = weights
        self.n_splits = n_splits
        self.buffer = buffer
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of blocks.

        Parameters
        ----------
        X, y, groups : object
            Not used.

        Returns
        -------
        int
        """
        del X, y, groups
        return self.n_splits

    def blocks(self) -> pd.Series:
        """Block (0, 1, ...) of each unit, on the ids of the weights."""
        check_whole("n_splits", self.n_splits, least=2)
        check_whole("buffer", self.buffer, least=1)
        check_whole("random_state", self.random_state)
        if not isinstance(self.weights, SpatialWeights):
            raise OptionError(f"weights: SpatialWeights are needed, not {type(self.weights).__name__}.")
        n = self.weights.n
        if self.n_splits > n:
            raise DataError(
                f"n_splits={self.n_splits} is above the number of units ({n}). Take fewer splits."
            )
        order = np.argsort(self.weights.ids.astype(str).to_numpy(dtype=object), kind="stable")
        links = _symmetric(self.weights.sparse)[order][:, order]
        links.sort_indices()
        found = np.empty(n, dtype=np.int64)
        found[order] = _grown_blocks(links, self.n_splits, np.random.default_rng(self.random_state))
        return pd.Series(found, index=self.weights.ids, name="block")

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Rows to train on and rows to test, block by block.

        Parameters
        ----------
        X : DataFrame
            Rows indexed by unit, or by unit and period.
        y : object
            Not used.
        groups : Series or array, optional
            Unit of each row, in place of the index of X.

        Yields
        ------
        train, test : array of int
            Positions of rows; every row is in one test set.
        """
        del y
        blocks = self.blocks()
        units = self._units(X, groups)
        place = self.weights.ids.get_indexer(units)
        links = _symmetric(self.weights.sparse)
        labels = blocks.to_numpy()
        for block in range(self.n_splits):
            inside = labels == block
            near = inside.astype(float)
            for _ in range(self.buffer):
                near = np.minimum(near + links @ near, 1.0)
            train = np.flatnonzero(near[place] == 0)
            test = np.flatnonzero(inside[place])
            if not len(train):
                raise DataError(
                    f"Split {block} of {self.n_splits} leaves no unit to train within buffer={self.buffer}. "
                    "Take more splits or a smaller buffer."
                )
            yield train, test

    def _units(self, X: Any, groups: Any) -> pd.Index:
        units: pd.Index
        if groups is not None:
            units = pd.Index(np.asarray(groups))
        elif isinstance(X, pd.DataFrame | pd.Series):
            units = X.index.get_level_values(0)
        else:
            raise AlignmentError(
                "X must be a DataFrame indexed by unit, or groups= the unit of each row: rows are matched by "
                "label, not by position."
            )
        check_same_units(units.unique(), self.weights.ids, data_name="X")
        return units


def _symmetric(matrix: sp.csr_array) -> sp.csr_array:
    links = sp.csr_array(matrix, copy=True)
    links.data = np.ones(links.nnz)
    return sp.csr_array(links.maximum(links.T))


def _grown_blocks(links: sp.csr_array, count: int, rng: np.random.Generator) -> np.ndarray:
    """Blocks (n,) grown along links from seeds that lie far apart."""
    n = links.shape[0]
    labels = np.full(n, -1)
    fronts: list[list[int]] = []
    for block, seed in enumerate(_far_apart(links, count, rng)):
        labels[seed] = block
        fronts.append([seed])
    sizes = np.ones(count)
    while any(fronts):
        block = min((number for number in range(count) if fronts[number]), key=lambda number: sizes[number])
        unit = fronts[block][0]
        around = links.indices[links.indptr[unit] : links.indptr[unit + 1]]
        free = around[labels[around] < 0]
        if not len(free):
            fronts[block].pop(0)
            continue
        labels[free[0]] = block
        sizes[block] += 1
        fronts[block].append(int(free[0]))
    _, parts = connected_components(links, directed=False)
    for part in np.unique(parts[labels < 0]):
        smallest = int(sizes.argmin())
        labels[parts == part] = smallest
        sizes[smallest] += np.sum(parts == part)
    return labels


def _far_apart(links: sp.csr_array, count: int, rng: np.random.Generator) -> list[int]:
    """Seeds, each with the most steps to those before; small parts of the graph get none at first."""
    _, parts = connected_components(links, directed=False)
    large = np.bincount(parts)[parts] >= links.shape[0] / (2 * count)
    first = int(rng.choice(np.flatnonzero(large) if large.any() else np.arange(links.shape[0])))
    chosen, nearest = [first], _steps(links, first)
    while len(chosen) < count:
        reach = np.where(large & np.isfinite(nearest), nearest, -1.0)
        reach[large & np.isinf(nearest)] = np.inf
        if reach.max() <= 0:
            reach = np.where(np.isin(np.arange(len(parts)), chosen), -1.0, 1.0)
        chosen.append(int(reach.argmax()))
        nearest = np.minimum(nearest, _steps(links, chosen[-1]))
    return chosen


def _steps(links: sp.csr_array, start: int) -> np.ndarray:
    found: np.ndarray = dijkstra(links, directed=False, indices=[start], unweighted=True)[0]
    return found
