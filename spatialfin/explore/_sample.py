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
from .._validate import check_whole, numeric_values

_FEWEST_UNITS = 4
_FLAT = 1e-12


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

    @classmethod
    def of(cls, y: pd.Series, weights: SpatialWeights) -> Sample:
        """Check and align both, or say what is wrong."""
        if not isinstance(y, pd.Series):
            raise DataError(f"A Series indexed by unit is needed, not {type(y).__name__}.")
        check_weights(weights)
        what = str(y.name) if y.name is not None else "y"
        matrix = weights.align(y.index)
        values = numeric_values(y, what)
        if len(values) < _FEWEST_UNITS:
            raise DataError(f"{what}: {len(values)} units; Moran's I needs at least {_FEWEST_UNITS}.")
        if matrix.nnz == 0:
            raise WeightsError("No unit has a neighbour: Moran's I is not defined.")
        spread = values.std()
        if spread <= _FLAT * np.abs(values).max():
            raise DataError(f"{what}: constant, so its autocorrelation is not defined.")
        order = canonical_order(values, matrix, y.index.astype(str).to_numpy(dtype=str))
        ordered = matrix[order][:, order]
        ordered.sort_indices()
        values = values[order]
        z = values - values.mean()
        return cls(values, z / z.std(), ordered, order, y.index)

    def graph(self) -> EsdaGraph:
        """The weights as esda wants them, a copy."""
        return EsdaGraph(self.matrix.copy())

    def series(self, values: np.ndarray, name: str) -> pd.Series:
        """Put values in canonical order back on the caller's index."""
        back = np.empty_like(values)
        back[self.order] = values
        return pd.Series(back, index=self.index, name=name)


@contextmanager
def guarded() -> Iterator[None]:
    """Keep esda's changes of the warning filters inside, and its warnings of a zero variance."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        yield


def check_draws(permutations: int, seed: int, *, fewest: int = 0) -> None:
    """Refuse numbers of permutations and seeds that are no whole numbers, or too small."""
    check_whole("permutations", permutations, least=fewest)
    check_whole("seed", seed)
