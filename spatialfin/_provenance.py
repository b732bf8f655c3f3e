"""What a result was computed from: hashes of its inputs, the seed, the versions, the ledger of choices."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    import numpy as np
    import pandas as pd

    table = frame.to_frame("value") if isinstance(frame, pd.Series) else frame
    table = table.reindex(sorted(table.columns, key=str), axis=1)
    rows = pd.util.hash_pandas_object(table.set_axis(table.index.astype(str)))
    digest = hashlib.sha256("\n".join(str(name) for name in table.columns).encode())
    digest.update(np.sort(rows.to_numpy()).tobytes())
    return digest.hexdigest()[:16]


def hash_weights(ids: pd.Index, matrix: csr_array) -> str:
    """A short SHA-256 of the ids and weights, the same for any order of the units."""
    import numpy as np

    names = [str(label) for label in ids.tolist()]
    order = np.argsort(np.asarray(names))
    ordered = matrix[order][:, order].tocsr()
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
