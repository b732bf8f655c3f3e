"""Values and weights of one Moran statistic, and what esda is given of them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from .._core.permutation import canonical_order
from .._errors import DataError, WeightsError
from .._spatial_weights import SpatialWeights, check_weights
from .._validate import check_same_units, check_unique, check_whole, numeric_values

_FEWEST_UNITS = 4
_FLAT = 1e-12
CONSTANT = "constant, so its autocorrelation is not defined."


@dataclass(frozen=True, slots=True)
class EsdaGraph:
    """What esda asks of a libpysal Graph, without the n^3 steps of the Graph's own summary."""

    sparse: csr_array

    def transform(self, transformation: str) -> EsdaGraph:  # noqa: ARG002
        """The weights as they are: they have been standardised by name."""
        return self

    def lag(self, values: np.ndarray) -> np.ndarray:
        """Weighted sums over neighbours."""
        return np.asarray(self.sparse @ values)

    def summary(self) -> SimpleNamespace:
        """The sums of weights in the moments of Cliff and Ord."""
        both_ways = self.sparse + self.sparse.T
        in_and_out = self.sparse.sum(axis=0) + self.sparse.sum(axis=1)
        return SimpleNamespace(
            s0=np.float64(self.sparse.sum()),
            s1=np.float64(both_ways.multiply(both_ways).sum() / 2),
            s2=np.float64(in_and_out @ in_and_out),
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """Values and weights in the canonical order, and the way back to the caller's index."""

    values: np.ndarray
    z: np.ndarray
    matrix: csr_array
    order: np.ndarray
    index: pd.Index
    x: np.ndarray

    @classmethod
    def of(
        cls,
        y: pd.Series,
        weights: SpatialWeights,
        statistic: str = "Moran's I",
        x: pd.Series | None = None,
    ) -> Sample:
        """Check and align all, or say what is wrong. `x` is a second variable of the same units."""
        named = _named(y, "y")
        check_weights(weights)
        matrix = weights.align(y.index)
        values = numeric_values(y, named)
        check_map(matrix, f"{named}: ", statistic)
        check_varies(values, named)
        other = None if x is None else _matched(x, weights, y.index)
        order = canonical_order(values, matrix, y.index.astype(str).to_numpy(dtype=str), other)
        ordered = matrix[order][:, order]
        ordered.sort_indices()
        z = standardised(values[order])
        return cls(
            values[order], z, ordered, order, y.index, z if other is None else standardised(other[order])
        )

    @property
    def alone(self) -> np.ndarray:
        """Which units have no neighbours."""
        return np.asarray(np.diff(self.matrix.indptr) == 0)

    def graph(self) -> EsdaGraph:
        """The weights as esda wants them, a copy."""
        return EsdaGraph(self.matrix.copy())

    def series(self, values: np.ndarray, name: str) -> pd.Series:
        """Put values in canonical order back on the caller's index."""
        back = np.empty_like(values)
        back[self.order] = values
        return pd.Series(back, index=self.index, name=name)


def check_map(matrix: csr_array, place: str, statistic: str) -> None:
    """Refuse maps too small for the moments, or without a link."""
    if matrix.shape[0] < _FEWEST_UNITS:
        raise DataError(f"{place}{matrix.shape[0]} units; {statistic} needs at least {_FEWEST_UNITS}.")
    if matrix.nnz == 0:
        raise WeightsError(f"No unit has a neighbour: {statistic} is not defined.")


def varies(values: np.ndarray, scale: np.ndarray | None = None) -> np.ndarray:
    """Whether values differ by more than rounding on a scale, that of the values themselves, by column."""
    largest = np.abs(values if scale is None else scale).max(axis=0)
    return np.asarray(values.std(axis=0) > _FLAT * largest)


def check_varies(values: np.ndarray, what: str) -> None:
    """Refuse a constant."""
    if not varies(values):
        raise DataError(f"{what}: {CONSTANT}")


def _named(values: object, name: str) -> str:
    if not isinstance(values, pd.Series):
        raise DataError(f"A Series indexed by unit is needed, not {type(values).__name__}.")
    return series_name(values) or name


def series_name(values: pd.Series) -> str | None:
    """The name as text."""
    return None if values.name is None else str(values.name)


def _matched(x: pd.Series, weights: SpatialWeights, index: pd.Index) -> np.ndarray:
    """The second variable in the order of the first."""
    named = _named(x, "x")
    check_unique(x.index, named)
    check_same_units(x.index, weights.ids, data_name=named)
    values = numeric_values(x, named)
    check_varies(values, named)
    return np.asarray(values[x.index.get_indexer(index)])


def standardised(values: np.ndarray) -> np.ndarray:
    """Values less their mean, over their population standard deviation."""
    z = values - values.mean()
    return np.asarray(z / z.std())


@contextmanager
def guarded() -> Iterator[None]:
    """Keep esda's changes of the warning filters inside, and its warnings of a zero variance."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        yield


def check_draws(permutations: int, seed: int, *, fewest: int = 0) -> None:
    """Refuse numbers of permutations and seeds that are no whole numbers, or too small."""
    check_whole("permutations", permutations, least=fewest)
    check_whole("seed", seed)
