"""Arrays of the product space: advantage, proximity, density, complexity, proximity of regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp
from scipy.sparse.csgraph import connected_components

_TIE = 1e-10  # relative distance of two singular values that are the same in double precision


def comparative_advantage(trade: np.ndarray) -> np.ndarray:
    """Balassa's index, shape (countries, products); NaN where a country or a product has no trade."""
    countries, products = trade.sum(axis=1), trade.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        index: np.ndarray = (trade / countries[:, None]) / (products / trade.sum())
    return index


def proximity(presence: np.ndarray) -> np.ndarray:
    """``n_ij / max(n_i, n_j)`` of the columns of a table of 0, 1 and NaN, shape (columns, columns).

    A column without any known value is NaN with every other; 0/0 is NaN too.
    """
    present = np.nan_to_num(presence)
    together = present.T @ present
    counts = present.sum(axis=0)
    with np.errstate(invalid="ignore"):
        phi: np.ndarray = together / np.maximum(counts[:, None], counts)
    unknown = np.isnan(presence).all(axis=0)
    phi[unknown, :] = np.nan
    phi[:, unknown] = np.nan
    return phi


def mean_of_known(tables: list[np.ndarray]) -> np.ndarray:
    """Cell by cell the mean over the tables that have a value, NaN where none has."""
    total = np.zeros_like(tables[0])
    count = np.zeros_like(tables[0])
    for table in tables:
        total += np.nan_to_num(table)
        count += ~np.isnan(table)
    with np.errstate(invalid="ignore"):
        mean: np.ndarray = total / count
    return mean


def density(presence: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """``sum_j M_cj phi_pj / sum_j phi_pj`` over the products j that are known, shape of `presence`."""
    near = np.nan_to_num(phi)
    with np.errstate(invalid="ignore"):
        found: np.ndarray = (np.nan_to_num(presence) @ near) / ((~np.isnan(presence)).astype(float) @ near)
    found[:, np.isnan(np.diagonal(phi))] = np.nan
    return found


@dataclass(frozen=True, slots=True)
class Complexity:
    """Standardised complexity of rows and columns, and what speaks against it.

    Attributes
    ----------
    rows : array, shape (n,)
    columns : array, shape (m,)
    groups : array, shape (n,)
        Connected component of each row: complexity compares rows of one component only.
    determined : bool
        Whether the second singular value stands alone and diversity tells the sign.
    """

    rows: np.ndarray
    columns: np.ndarray
    groups: np.ndarray
    determined: bool


def complexity(presence: np.ndarray) -> Complexity:
    """Economic complexity of a table of 0 and 1 without empty rows or columns.

    With ``S = D_r^-1/2 M D_c^-1/2`` the matrices of the two eigenproblems are similar to S S' and S' S, so
    the second singular vectors, rescaled, are both eigenvectors at once and agree in sign.
    """
    n = len(presence)
    links = sp.block_array([[None, sp.csr_array(presence)], [sp.csr_array(presence.T), None]])
    groups = connected_components(links, directed=False)[1][:n]
    diversity, ubiquity = presence.sum(axis=1), presence.sum(axis=0)
    scaled = presence / np.sqrt(diversity)[:, None] / np.sqrt(ubiquity)
    if min(scaled.shape) < 2:
        return Complexity(np.full(n, np.nan), np.full(presence.shape[1], np.nan), groups, determined=False)
    left, singular, right = np.linalg.svd(scaled, full_matrices=False)
    rows, columns = left[:, 1] / np.sqrt(diversity), right[1] / np.sqrt(ubiquity)
    with_diversity = (rows - rows.mean()) @ (diversity - diversity.mean())
    scale = np.linalg.norm(rows) * np.linalg.norm(diversity)
    third = singular[2] if len(singular) > 2 else 0.0
    determined = singular[1] > third + _TIE and abs(with_diversity) > _TIE * scale
    sign = 1.0 if with_diversity >= 0 else -1.0
    return Complexity(standardized(sign * rows), standardized(sign * columns), groups, bool(determined))


def reflections(presence: np.ndarray, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Means of means of a table of 0 and 1 without empty rows or columns.

    Returns
    -------
    array, shape (n, order + 1)
        Of the rows: column 0 is diversity, column k the mean of column k - 1 of their columns.
    array, shape (m, order + 1)
        Of the columns: column 0 is ubiquity.
    """
    n, m = presence.shape
    rows, columns = np.empty((n, order + 1)), np.empty((m, order + 1))
    rows[:, 0], columns[:, 0] = presence.sum(axis=1), presence.sum(axis=0)
    for k in range(1, order + 1):
        rows[:, k] = presence @ columns[:, k - 1] / rows[:, 0]
        columns[:, k] = presence.T @ rows[:, k - 1] / columns[:, 0]
    return rows, columns


def standardized(values: np.ndarray) -> np.ndarray:
    """Mean 0 and standard deviation 1 (divided by n)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        result: np.ndarray = (values - values.mean()) / values.std()
    return result


def industry_proximity(shares: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """``C phi C'`` with a diagonal of NaN, from C (industries, products) and phi (products, products)."""
    weights = sp.csr_array(shares)
    found: np.ndarray = weights @ (weights @ phi).T
    np.fill_diagonal(found, np.nan)
    return found


def regional_proximity(sizes: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Proximity of each region, shape (regions,), from sizes (regions, industries); the diagonal is not read.

    The size of the other industries is a sum of its own, not a difference: one industry that dwarfs the rest
    costs no digits.
    """
    near, others = phi.copy(), np.ones_like(phi)
    np.fill_diagonal(near, 0.0)
    np.fill_diagonal(others, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        of_industry = (sizes @ near) / (sizes @ others)
        weights = sizes / sizes.sum(axis=1, keepdims=True)
        result: np.ndarray = np.where(weights > 0, weights * of_industry, 0.0).sum(axis=1)
    result[(sizes > 0).sum(axis=1) < 2] = np.nan
    return result
