"""The weights object: units, a sparse matrix, its style, and the ledger of how it came about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse as sp
from scipy.sparse.csgraph import connected_components

from ._errors import AlignmentError, OptionError, WeightsError, listed, warn_caller
from ._provenance import hash_weights
from ._typing import Style
from ._validate import check_option, check_same_units, check_unique, numeric_values
from ._weights_matrix import (
    as_index,
    check_style,
    checked,
    from_frame,
    frozen,
    identical,
    is_symmetric,
    matrix_of_w,
    recognise_style,
    scaled,
)

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from scipy.sparse import csr_array

_STYLES = ("row", "spectral", "binary")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SpatialWeights:
    """Spatial weights between named units: a value that nothing changes.

    Made by the builders (`contiguity_weights`, `knn_weights`, `distance_weights`, `kernel_weights`), by
    `from_matrix`, `from_graph` and `read`. Everything that looks like a change returns a new object.

    Parameters
    ----------
    ids : pandas.Index
        Labels of the n units, unique and not missing.
    sparse : scipy.sparse.csr_array
        n x n non-negative weights, row = unit, column = neighbour. The diagonal is zero.
    style : {"general", "binary", "row", "spectral"}
        How the weights are scaled: anything, 0/1, rows that sum to one, spectral radius one.
    ledger : tuple of str
        Every choice made on the way, in order.
    name : str
        A short name for tables.

    Raises
    ------
    WeightsError
        The matrix is not square, does not fit the ids, has negative or infinite weights or self-neighbours.
    DataError
        Ids are missing or duplicate.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> w = sf.SpatialWeights.from_matrix(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]), ids=["a", "b", "c"])
    >>> w.standardize("row").lag(pd.Series({"c": 4.0, "a": 2.0, "b": 1.0}))
    c    1.0
    a    1.0
    b    3.0
    dtype: float64
    """

    ids: pd.Index
    sparse: csr_array
    style: Style = "general"
    ledger: tuple[str, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        check_option("style", self.style, ("general", *_STYLES))
        ids = as_index(self.ids)
        if isinstance(ids, pd.MultiIndex):
            raise WeightsError("ids: one label per unit is needed, not a MultiIndex.")
        check_unique(ids, "ids")
        object.__setattr__(self, "ids", ids)
        weights = checked(self.sparse, ids)
        check_style(weights, self.style)
        object.__setattr__(self, "sparse", frozen(weights))
        object.__setattr__(self, "ledger", tuple(self.ledger))

    @classmethod
    def from_matrix(
        cls, matrix: Any, ids: Iterable[object] | None = None, *, name: str = ""
    ) -> SpatialWeights:
        """Make weights from a square matrix.

        Parameters
        ----------
        matrix : array, scipy sparse matrix or DataFrame
            n x n weights. A DataFrame carries its own labels: rows and columns must hold the same units, in
            any order.
        ids : iterable, optional
            Labels of the rows (and columns), needed unless `matrix` is a DataFrame.
        name : str
            A short name for tables.

        Returns
        -------
        SpatialWeights
            Style "binary" when all weights are 1, "row" when rows sum to one, otherwise "general".

        Raises
        ------
        WeightsError
            Not square, wrong size, negative or missing weights, self-neighbours, labels that differ.

        Examples
        --------
        >>> import spatialfin as sf
        >>> sf.SpatialWeights.from_matrix([[0, 1], [1, 0]], ids=["110000", "120000"]).style
        'binary'
        """
        if isinstance(matrix, pd.DataFrame):
            matrix, ids = from_frame(matrix, ids)
        elif ids is None:
            raise WeightsError("ids= is needed: the labels of the rows, in the order of the matrix.")
        index = as_index(ids)
        raw = matrix if sp.issparse(matrix) else np.asarray(matrix)
        weights = checked(raw, index)
        style, note = recognise_style(weights)
        ledger = (f"matrix of {len(index)} units, {weights.nnz} links, style {style}", *note)
        return cls(index, weights, style, ledger, name)

    @classmethod
    def from_graph(cls, graph: Any, *, name: str = "") -> SpatialWeights:
        """Take over a libpysal ``Graph`` or ``W``; the peer object is copied, never changed.

        Parameters
        ----------
        graph : libpysal.graph.Graph or libpysal.weights.W
            Weights. Zero-weight self-loops, libpysal's mark for islands, become empty rows.
        name : str
            A short name for tables.

        Returns
        -------
        SpatialWeights
            The same links and weights with the peer's ids.

        Raises
        ------
        WeightsError
            The object is neither, or has self-neighbours with a weight.

        Examples
        --------
        >>> import spatialfin as sf
        >>> w = sf.SpatialWeights.from_matrix([[0, 1], [1, 0]], ids=["a", "b"])
        >>> sf.SpatialWeights.from_graph(w.to_graph()) == w
        True
        """
        if hasattr(graph, "adjacency") and hasattr(graph, "unique_ids"):
            ids = pd.Index(graph.unique_ids)
            matrix = sp.csr_array(graph.sparse, copy=True)
        elif hasattr(graph, "id_order") and hasattr(graph, "neighbors"):
            ids = as_index(graph.id_order)
            matrix = matrix_of_w(graph, ids)
        else:
            raise WeightsError(f"A libpysal Graph or W is needed, not {type(graph).__name__}.")
        made = cls.from_matrix(matrix, ids.rename(None), name=name)
        return replace(made, ledger=(f"libpysal {type(graph).__name__}", *made.ledger))

    @classmethod
    def read(cls, path: str | PathLike[str], *, ids: Sequence[object] | None = None) -> SpatialWeights:
        """Read weights from a file: gal, gwt, npz, or a square matrix in csv, txt, xlsx or dta.

        Parameters
        ----------
        path : path
            The file; its ending says the format.
        ids : sequence, optional
            Labels of the rows for square matrices that carry none (Stata's spmat and spatwmat files).

        Returns
        -------
        SpatialWeights
            Ids are text, exactly as written in the file.

        Raises
        ------
        WeightsError
            The file is not what its ending says; the message names the line.

        See Also
        --------
        SpatialWeights.to_file : the reverse; what was written reads back identically.

        Examples
        --------
        >>> import spatialfin as sf, tempfile, pathlib
        >>> w = sf.SpatialWeights.from_matrix([[0, 1], [1, 0]], ids=["a", "b"])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     sf.SpatialWeights.read(w.to_file(pathlib.Path(folder) / "w.gal")) == w
        True
        """
        from ._weights_io import read_weights

        labels, matrix, note = read_weights(path, ids)
        made = cls.from_matrix(matrix, labels)
        return replace(made, ledger=(note, *made.ledger))

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.ids)

    @property
    def islands(self) -> pd.Index:
        """Units without a neighbour (empty rows)."""
        return self.ids.take(np.flatnonzero(np.diff(self.sparse.indptr) == 0))

    @property
    def components(self) -> pd.Series:
        """Component number (0, 1, ...) of each unit; links count in either direction."""
        _, numbers = connected_components(self.sparse, directed=True, connection="weak")
        return pd.Series(numbers, index=self.ids, name="component")

    @property
    def n_components(self) -> int:
        """Number of components; an island is a component of its own."""
        return int(self.components.max()) + 1 if self.n else 0

    @property
    def hash(self) -> str:
        """A short hash of ids and weights, the same for any order of the units."""
        return hash_weights(self.ids, self.sparse)

    def standardize(self, style: Style) -> SpatialWeights:
        """Scale the weights.

        Parameters
        ----------
        style : {"row", "spectral", "binary"}
            "row" divides each row by its sum, "spectral" divides all by the largest eigenvalue, "binary"
            turns every link into 1.

        Returns
        -------
        SpatialWeights
            A new object; the rows of islands stay zero and the ledger says so.

        Raises
        ------
        OptionError
            Another word.
        WeightsError
            "spectral" for weights whose spectral radius is zero.

        Notes
        -----
        Row: ``w_ij / sum_j w_ij``. Spectral: ``w_ij / max |eigenvalue(W)|``, which keeps W symmetric and the
        relative size of its rows [1]_.

        References
        ----------
        .. [1] Kelejian, H. H. and Prucha, I. R. (2010). Specification and estimation of spatial
           autoregressive models. Journal of Econometrics 157, 53-67.

        Examples
        --------
        >>> import spatialfin as sf
        >>> w = sf.SpatialWeights.from_matrix([[0, 1, 1], [1, 0, 0], [1, 0, 0]], ids=["a", "b", "c"])
        >>> w.standardize("row").sparse.toarray()[0]
        array([0. , 0.5, 0.5])
        """
        check_option("style", style, _STYLES)
        matrix, how = scaled(self.sparse, style)
        zero_rows = self.islands
        kept = f"; {len(zero_rows)} island rows stay zero: {listed(zero_rows)}" if len(zero_rows) else ""
        return replace(self, sparse=matrix, style=style, ledger=(*self.ledger, f"standardised: {how}{kept}"))

    def subset(self, ids: Iterable[object]) -> SpatialWeights:
        """Keep the links among some units.

        Parameters
        ----------
        ids : iterable
            Units to keep; the new weights have their order.

        Returns
        -------
        SpatialWeights
            A new object, standardised again if these weights are of style "row" or "spectral". The ledger
            names the units that were dropped. A unit that loses its last neighbour is reported by a
            `SpatialfinWarning`.

        Raises
        ------
        AlignmentError
            A unit that these weights do not have.
        DataError
            Duplicate units.

        Examples
        --------
        >>> import spatialfin as sf
        >>> w = sf.SpatialWeights.from_matrix([[0, 1, 1], [1, 0, 1], [1, 1, 0]], ids=["a", "b", "c"])
        >>> w.standardize("row").subset(["c", "a"]).sparse.toarray()
        array([[0., 1.],
               [1., 0.]])
        """
        wanted = as_index(ids)
        check_unique(wanted, "ids")
        unknown = wanted.difference(self.ids, sort=False)
        if len(unknown):
            raise AlignmentError(f"subset: the weights have no units {listed(unknown)}.")
        positions = self.ids.get_indexer(wanted)
        matrix = self.sparse[positions][:, positions]
        dropped = self.ids.difference(wanted, sort=False)
        had_neighbours = np.diff(self.sparse.indptr)[positions] > 0
        stranded = wanted[had_neighbours & (np.diff(matrix.indptr) == 0)]
        line = f"subset: kept {len(wanted)} of {self.n} units"
        line += f"; dropped {listed(dropped)}" if len(dropped) else ""
        line += f"; without neighbours now: {listed(stranded)}" if len(stranded) else ""
        raw: Style = "binary" if self.style == "binary" else "general"
        kept = replace(self, ids=self.ids[positions], sparse=matrix, style=raw, ledger=(*self.ledger, line))
        if len(stranded):
            warn_caller(
                f"subset: units left without neighbours: {listed(stranded)}. Their spatial lag is zero."
            )
        return kept.standardize(self.style) if self.style in ("row", "spectral") and matrix.nnz else kept

    def lag(self, values: pd.Series) -> pd.Series:
        """Weighted sum over neighbours, by label.

        Parameters
        ----------
        values : pandas.Series
            One number per unit, in any order.

        Returns
        -------
        pandas.Series
            ``sum_j w_ij x_j`` on the index of `values`; 0 for islands.

        Raises
        ------
        AlignmentError
            The units differ from those of the weights.
        DataError
            Missing values or text.

        Examples
        --------
        >>> import pandas as pd, spatialfin as sf
        >>> w = sf.SpatialWeights.from_matrix([[0, 1], [1, 0]], ids=["a", "b"])
        >>> w.lag(pd.Series({"b": 2.0, "a": 5.0}))
        b    5.0
        a    2.0
        dtype: float64
        """
        if not isinstance(values, pd.Series):
            raise AlignmentError(f"lag: a Series indexed by unit is needed, not {type(values).__name__}.")
        matrix = self.align(values.index)
        return pd.Series(matrix @ numeric_values(values, "lag"), index=values.index, name=values.name)

    def align(self, index: pd.Index) -> csr_array:
        """The matrix with rows and columns in the order of `index`.

        Parameters
        ----------
        index : pandas.Index
            The same units in any order.

        Returns
        -------
        scipy.sparse.csr_array
            n x n weights, read-only.

        Raises
        ------
        AlignmentError
            `index` holds other units.
        DataError
            `index` has duplicate or missing labels.

        Examples
        --------
        >>> import spatialfin as sf
        >>> w = sf.SpatialWeights.from_matrix([[0, 1], [3, 0]], ids=["a", "b"])
        >>> w.align(["b", "a"]).toarray()
        array([[0., 3.],
               [1., 0.]])
        """
        index = as_index(index)
        if index.equals(self.ids):
            return self.sparse
        check_unique(index, "units of the data")
        check_same_units(index, self.ids)
        positions = self.ids.get_indexer(index)
        return frozen(self.sparse[positions][:, positions])

    def summary(self) -> pd.DataFrame:
        """Links, neighbours, islands and components in one row.

        Returns
        -------
        pandas.DataFrame
            One row named after the weights: n, style, links (non-zero weights), density (share of the
            n(n-1) possible links), min, mean and max neighbours, islands, components, symmetric.

        Examples
        --------
        >>> import spatialfin as sf
        >>> sf.SpatialWeights.from_matrix([[0, 1], [1, 0]], ids=["a", "b"]).summary()["links"].item()
        2
        """
        neighbours = np.diff(self.sparse.indptr)
        row = {
            "n": self.n,
            "style": self.style,
            "links": int(self.sparse.nnz),
            "density": self.sparse.nnz / max(self.n * (self.n - 1), 1),
            "min_neighbours": int(neighbours.min(initial=self.n)) if self.n else 0,
            "mean_neighbours": float(neighbours.mean()) if self.n else 0.0,
            "max_neighbours": int(neighbours.max(initial=0)),
            "islands": len(self.islands),
            "components": self.n_components,
            "symmetric": is_symmetric(self.sparse),
        }
        return pd.DataFrame([row], index=pd.Index([self.name or "weights"], name="weights"))

    def to_graph(self, *, self_weight: float = 0.0) -> Graph:
        """A libpysal ``Graph`` with the same ids, links and weights.

        Parameters
        ----------
        self_weight : float
            Weight of each unit on itself. 0 (the default) writes only libpysal's zero-weight self-loops of
            islands. Kernel weights for spreg's HAC covariance need 1.

        Returns
        -------
        libpysal.graph.Graph
            A copy: changing it changes nothing here.

        Examples
        --------
        >>> import spatialfin as sf
        >>> sf.SpatialWeights.from_matrix([[0, 1], [1, 0]], ids=["a", "b"]).to_graph().n_edges
        2
        """
        from libpysal.graph import Graph

        alone = np.arange(self.n) if self_weight else np.flatnonzero(np.diff(self.sparse.indptr) == 0)
        links = self.sparse.tocoo()
        focal = np.concatenate([links.row, alone])
        neighbour = np.concatenate([links.col, alone])
        weight = np.concatenate([links.data, np.full(len(alone), float(self_weight))])
        order = np.lexsort((neighbour, focal))
        ids = self.ids.to_numpy()
        return Graph.from_arrays(ids[focal[order]], ids[neighbour[order]], weight[order])

    def to_file(self, path: str | PathLike[str]) -> Path:
        """Write the weights to a file that `read` gives back identically (.xlsx: to 16 digits).

        Parameters
        ----------
        path : path
            Ends in .gal (links only), .gwt, .npz, .csv or .xlsx (square matrices). An existing file is
            replaced only after the new one is complete.

        Returns
        -------
        pathlib.Path
            Where it was written.

        Raises
        ------
        WeightsError
            Weights other than 0/1 in a .gal file, ids the format cannot hold, an unknown ending.
        OutputError
            The file cannot be written.

        Examples
        --------
        >>> import spatialfin as sf, tempfile, pathlib
        >>> w = sf.SpatialWeights.from_matrix([[0, 2], [1, 0]], ids=["a", "b"])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     w.to_file(pathlib.Path(folder) / "w.gwt").name
        'w.gwt'
        """
        from ._weights_io import write_weights

        return write_weights(path, self.ids, self.sparse)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SpatialWeights):
            return NotImplemented
        same_ids = self.n == other.n and list(self.ids) == list(other.ids)
        return same_ids and identical(self.sparse, other.sparse)

    def __hash__(self) -> int:
        return hash((self.n, self.hash))

    def __repr__(self) -> str:
        title = f"SpatialWeights {self.name!r}" if self.name else "SpatialWeights"
        mean = self.sparse.nnz / self.n if self.n else 0.0
        parts = [
            f"{self.n} units",
            f"{self.sparse.nnz} links (mean {mean:.2f} neighbours)",
            f"style {self.style}",
        ]
        parts.append(f"{len(self.islands)} islands")
        parts.append(f"{self.n_components} components")
        return f"<{title}: {', '.join(parts)}>"


def check_weights(weights: object) -> None:
    """Refuse anything but `SpatialWeights`, saying how to make them of it."""
    if not isinstance(weights, SpatialWeights):
        raise WeightsError(
            f"SpatialWeights are needed, not {type(weights).__name__}: take a matrix over with "
            "SpatialWeights.from_matrix, a libpysal object with SpatialWeights.from_graph."
        )


def check_linked(matrix: csr_array) -> None:
    """Refuse weights of islands only."""
    if matrix.nnz == 0:
        raise WeightsError("The weights have no link at all: every unit is an island. Build other weights.")


def sample_weights(weights: SpatialWeights | None, ids: pd.Index) -> SpatialWeights:
    """Weights among the units of the sample, for ``units="subset"``; the same ones where none is dropped."""
    if weights is None:
        raise OptionError("units='subset' takes weights for the units of the data: give weights.")
    check_weights(weights)
    return weights if set(ids) == set(weights.ids) else weights.subset(ids)
