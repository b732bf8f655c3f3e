"""Sums over groups of rows."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp


def group_sums(values: np.ndarray, codes: np.ndarray, n_groups: int) -> np.ndarray:
    """Sum the rows of each group.

    Parameters
    ----------
    values : array, shape (n,) or (n, k)
        Rows to sum.
    codes : integer array, shape (n,)
        Group of each row, from 0 to `n_groups` - 1.
    n_groups : int
        Number of groups.

    Returns
    -------
    array, shape (n_groups,) or (n_groups, k)
    """
    n = len(codes)
    member = sp.csr_array((np.ones(n), (codes, np.arange(n))), shape=(n_groups, n))
    sums: np.ndarray = member @ values
    return sums
