"""What a result was computed from: hashes of its inputs, the seed, the versions, the ledger of choices."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from scipy.sparse import csr_array

_PACKAGES = ("spatialfin", "numpy", "scipy", "pandas", "geopandas", "libpysal", "esda", "spreg")


@cache
def versions() -> dict[str, str]:
    """Versions of spatialfin and of the packages it computes with."""
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


def hash_frame(frame: pd.DataFrame | pd.Series) -> str:
    """A short SHA-256 of the labels and values, the same for any row or column order."""
    import pandas as pd

    table = frame.to_frame("value") if isinstance(frame, pd.Series) else frame
    names = table.columns.tolist()
    return hash_columns(table.index, {str(name): table.iloc[:, place] for place, name in enumerate(names)})


def hash_columns(index: pd.Index, columns: Mapping[str, pd.Series | np.ndarray]) -> str:
    """`hash_frame` of columns that have one index."""
    import numpy as np

    rows = np.zeros(len(index), dtype=np.uint64)
    for part in [*_label_hashes(index), *(_value_hashes(columns[name]) for name in sorted(columns))]:
        rows = rows * np.uint64(1_000_003) + part
    digest = hashlib.sha256("\n".join(sorted(columns)).encode())
    digest.update(np.sort(rows).tobytes())
    return digest.hexdigest()[:16]


def _label_hashes(index: pd.Index) -> list[np.ndarray]:
    """Hashes of the labels as text, one array per level."""
    import numpy as np
    import pandas as pd

    if not isinstance(index, pd.MultiIndex):
        text = np.array([str(label) for label in index.tolist()], dtype=object)
        return [pd.util.hash_array(text, categorize=False)]
    # Each label of a level once; a missing one, of code -1, is zero.
    levels = [np.append(_label_hashes(level)[0], np.uint64(0)) for level in index.levels]
    return [level[codes] for level, codes in zip(levels, index.codes, strict=True)]


def _value_hashes(column: pd.Series | np.ndarray) -> np.ndarray:
    import numpy as np
    import pandas as pd

    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "fiub":
        return pd.util.hash_array(np.asarray(column))
    return pd.util.hash_pandas_object(pd.Series(column), index=False).to_numpy()


def hash_weights(ids: pd.Index, matrix: csr_array) -> str:
    """A short SHA-256 of the ids and weights, the same for any order of the units."""
    import numpy as np

    names = [str(label) for label in ids.tolist()]
    order = np.argsort(np.asarray(names))
    is_sorted = matrix.has_sorted_indices and np.array_equal(order, np.arange(len(order)))
    ordered = matrix if is_sorted else matrix[order][:, order].tocsr()
    ordered.sort_indices()
    digest = hashlib.sha256("\n".join(names[position] for position in order).encode())
    for part in (ordered.indptr, ordered.indices, np.round(ordered.data, 12)):
        digest.update(np.ascontiguousarray(part, dtype=float).tobytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a result comes from.

    Attributes
    ----------
    ledger : tuple of str
        Every choice made on the way, in order, in words.
    data_hash, weights_hash : str
        Short hashes of the inputs; independent of their row order.
    seed : int or None
        Seed of the random parts.
    versions : dict
        Versions of the packages that computed it.
    """

    ledger: tuple[str, ...] = ()
    data_hash: str = ""
    weights_hash: str = ""
    seed: int | None = None
    versions: dict[str, str] = field(default_factory=versions)
