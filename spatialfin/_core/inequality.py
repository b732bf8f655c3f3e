"""Gini, Dagum and Theil of arrays; every sum of pairs comes from one sort."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from .sums import group_sums


@dataclass(frozen=True, slots=True)
class DagumParts:
    """Dagum's decomposition of one distribution over K groups.

    Attributes
    ----------
    within, between, transvariation : float
        G_w, G_nb and G_t.
    pairs : array, shape (K, K)
        G_jh; the diagonal holds the Gini coefficient of each group.
    affluence : array, shape (K, K)
        Relative economic affluence D_jh, 0 on the diagonal.
    """

    within: float
    between: float
    transvariation: float
    pairs: np.ndarray
    affluence: np.ndarray


@dataclass(frozen=True, slots=True)
class TheilParts:
    """Theil's T of one distribution over K groups.

    Attributes
    ----------
    within, between : float
        The two parts.
    groups : array, shape (K,)
        T of each group; NaN where its total is 0.
    shares : array, shape (K,)
        Share of each group in the total.
    """

    within: float
    between: float
    groups: np.ndarray
    shares: np.ndarray


def gini_coefficients(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Gini coefficient of each column.

    Parameters
    ----------
    values : array, shape (n, k)
        Not negative, with a positive sum in each column.
    weights : array, shape (n,) or (n, k)
        Positive weights of the rows.

    Returns
    -------
    array, shape (k,)
        ``sum_ij w_i w_j |x_i - x_j| / (2 mu W^2)``.
    """
    weights = np.broadcast_to(weights.reshape(len(values), -1), values.shape)
    order = np.argsort(values, axis=0)
    gaps = np.diff(np.take_along_axis(values, order, axis=0), axis=0)
    total = weights.sum(axis=0)
    below = np.cumsum(np.take_along_axis(weights, order, axis=0), axis=0)[:-1] / total
    half_difference = np.sum(gaps * below * (1 - below), axis=0)
    result: np.ndarray = half_difference / (np.sum(weights * values, axis=0) / total)
    return result


def mean_differences(x: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Mean absolute difference between the values of every two groups.

    Between two neighbouring values a and b, all pairs with one value on each side differ by b - a more, so
    the mean difference is the sum of ``(b - a) (F_j (1 - F_h) + F_h (1 - F_j))`` over the sorted values.

    Parameters
    ----------
    x : array, shape (n,)
        Values.
    members : array, shape (n, K)
        Weight of each value in each group, 0 where it does not belong.

    Returns
    -------
    array, shape (K, K)
        Delta_jh, with the mean difference inside each group on the diagonal.
    """
    order = np.argsort(x)
    gaps = np.diff(x[order])
    below = np.cumsum(members[order], axis=0)[:-1] / members.sum(axis=0)
    one_side = below.T @ (gaps[:, None] * (1 - below))
    result: np.ndarray = one_side + one_side.T
    return result


def dagum_parts(x: np.ndarray, weights: np.ndarray, codes: np.ndarray, n_groups: int) -> DagumParts:
    """Split the Gini coefficient into within, net between and transvariation.

    Parameters
    ----------
    x, weights : array, shape (n,)
        Values, not negative with a positive sum, and positive weights.
    codes : integer array, shape (n,)
        Group of each value; every group has members.
    n_groups : int
        Number of groups K.

    Returns
    -------
    DagumParts
    """
    members = np.zeros((len(x), n_groups))
    members[np.arange(len(x)), codes] = weights
    differences = mean_differences(x, members)
    people = members.sum(axis=0) / weights.sum()
    means = (x @ members) / members.sum(axis=0)
    mean = people @ means
    pairs = np.outer(people, people) / mean
    apart = np.abs(means[:, None] - means[None, :])
    both = means[:, None] + means[None, :]
    upper = np.triu_indices(n_groups, 1)
    with np.errstate(invalid="ignore"):
        return DagumParts(
            within=float(np.sum(np.diagonal(pairs * differences)) / 2),
            between=float(np.sum((pairs * apart)[upper])),
            transvariation=float(np.sum((pairs * (differences - apart))[upper])),
            pairs=differences / both,
            affluence=np.where(apart > 0, apart / differences, 0.0),
        )


def theil_index(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Theil's T of each column.

    Parameters
    ----------
    values : array, shape (n, k)
        Not negative, with a positive sum in each column.
    weights : array, shape (n,)
        Positive weights of the rows.

    Returns
    -------
    array, shape (k,)
    """
    share = weights / weights.sum()
    ratio = values / (share @ values)
    result: np.ndarray = share @ xlogy(ratio, ratio)
    return result


def theil_parts(x: np.ndarray, weights: np.ndarray, codes: np.ndarray, n_groups: int) -> TheilParts:
    """Split Theil's T into within and between.

    Parameters
    ----------
    x, weights, codes, n_groups
        As in `dagum_parts`.

    Returns
    -------
    TheilParts
    """
    people = group_sums(weights, codes, n_groups) / weights.sum()
    totals = group_sums(weights * x, codes, n_groups)
    shares = totals / totals.sum()
    with np.errstate(invalid="ignore"):
        ratio = x / (totals / group_sums(weights, codes, n_groups))[codes]
    groups = group_sums(weights * xlogy(ratio, ratio), codes, n_groups) / group_sums(weights, codes, n_groups)
    return TheilParts(
        within=float(np.sum(shares[shares > 0] * groups[shares > 0])),
        between=float(np.sum(xlogy(shares, shares / people))),
        groups=groups,
        shares=shares,
    )
