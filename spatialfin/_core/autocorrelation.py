"""Global statistics of spatial autocorrelation and their moments, for blocks of series."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import ndtr

Floats = NDArray[np.float64]
Assumption = Literal["normality", "randomization"]

_NO_VARIANCE = 1e-15


@dataclass(frozen=True, slots=True)
class LinkSums:
    """Sums of the weights in the moments of Cliff and Ord.

    Attributes
    ----------
    matrix : csr_array, shape (n, n)
        The weights.
    degree : ndarray, shape (n,)
        Row sums of W + W'.
    s0, s1, s2 : float
        Sum of the weights, of the squares of W + W' halved, of the squares of `degree`.
    """

    matrix: csr_array
    degree: Floats
    s0: float
    s1: float
    s2: float

    @classmethod
    def of(cls, matrix: csr_array) -> LinkSums:
        """Take the sums of one matrix."""
        degree = np.asarray(matrix.sum(axis=0) + matrix.sum(axis=1), dtype=float)
        both_ways = float(matrix.multiply(matrix).sum() + matrix.multiply(matrix.T).sum())
        return cls(matrix, degree, float(matrix.sum()), both_ways, float(degree @ degree))


@dataclass(frozen=True, slots=True)
class Block:
    """Standardised series on one map and their forms in the weights.

    Attributes
    ----------
    values, z : ndarray, shape (n, k)
        k series, and the same with mean zero and variance one.
    mean, sd : ndarray, shape (k,)
        What standardised them (population standard deviation).
    product, linear, square : ndarray, shape (k,)
        ``z'Wz``, ``d'z`` and ``d'z^2`` with d the row sums of W + W'.
    links : LinkSums
        The weights.
    """

    values: Floats
    z: Floats
    mean: Floats
    sd: Floats
    product: Floats
    linear: Floats
    square: Floats
    links: LinkSums

    @classmethod
    def of(cls, values: Floats, links: LinkSums) -> Block:
        """Standardise k series that vary, shape (n, k)."""
        mean, sd, z = _standardised(values)
        product = np.einsum("ij,ij->j", z, links.matrix @ z)
        square = np.einsum("i,ij,ij->j", links.degree, z, z)
        return cls(values, z, mean, sd, product, links.degree @ z, square, links)


@dataclass(frozen=True, slots=True)
class GlobalStatistic:
    """One statistic of k series.

    Attributes
    ----------
    name : str
        Its name in tables.
    value, expected, variance : ndarray, shape (k,)
        The statistic and its moments; a variance of 0 where the statistic cannot vary.
    """

    name: str
    value: Floats
    expected: Floats
    variance: Floats

    def scores(self) -> tuple[Floats, Floats, Floats]:
        """Standard deviation, z and two-sided normal p-value; NaN where the statistic cannot vary."""
        sd = np.sqrt(self.variance)
        z = np.full(len(sd), np.nan)
        np.divide(self.value - self.expected, sd, out=z, where=sd > 0)
        return sd, z, 2 * ndtr(-np.abs(z))


@dataclass(frozen=True, slots=True)
class QuadraticStatistic(GlobalStatistic):
    """One statistic of k series that combines their quadratic forms.

    Attributes
    ----------
    coefficients : ndarray, shape (k, 3)
        What it takes of product, linear and square of the block, up to constants and a positive factor: what
        permutations need.
    """

    coefficients: Floats


@dataclass(frozen=True, slots=True)
class LinearStatistic(GlobalStatistic):
    """One statistic of k pairs of series that is linear in the second.

    Attributes
    ----------
    around, z : ndarray, shape (n, k)
        What stays, and the values that change places: the statistic is the sum of their products, up to a
        positive factor.
    """

    around: Floats
    z: Floats


def moran_statistics(block: Block, assumption: Assumption) -> list[QuadraticStatistic]:
    """Moran's I, ``n/S0 z'Wz / z'z``, as in Cliff and Ord (1981)."""
    n, s0, s1, s2 = len(block.z), block.links.s0, block.links.s1, block.links.s2
    expected = -1.0 / (n - 1)
    if assumption == "normality":
        second = (n**2 * s1 - n * s2 + 3 * s0**2) / ((n - 1) * (n + 1) * s0**2) * np.ones_like(block.sd)
    else:
        a = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
        b = _kurtosis(block.z) * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
        second = (a - b) / ((n - 1) * (n - 2) * (n - 3) * s0**2)
    return [
        _statistic("moran", block.product / s0, expected, second - expected**2, 1.0, (1.0, 0.0, 0.0), block)
    ]


def geary_statistics(block: Block, assumption: Assumption) -> list[QuadraticStatistic]:
    """Geary's C, ``(n-1)/(2 S0) sum w_ij (y_i - y_j)^2 / sum (y_i - mean)^2``."""
    n = len(block.z)
    value = (n - 1) / (2 * block.links.s0 * n) * (block.square - 2 * block.product)
    variance = _geary_variance(block, assumption)
    return [_statistic("geary", value, 1.0, variance, 1.0, (-2.0, 0.0, 1.0), block)]


def getis_ord_statistics(block: Block, assumption: Assumption) -> list[QuadraticStatistic]:  # noqa: ARG001
    """G of Getis and Ord, ``sum w_ij y_i y_j / sum_(i != j) y_i y_j``; moments of random orders."""
    n, s0, s1, s2 = len(block.z), block.links.s0, block.links.s1, block.links.s2
    y = block.values / np.abs(block.values).max(axis=0)
    y2 = y * y
    sums = y.sum(axis=0), y2.sum(axis=0), (y2 * y).sum(axis=0), (y2 * y2).sum(axis=0)
    pairs = sums[0] ** 2 - sums[1]
    value = np.einsum("ij,ij->j", y, block.links.matrix @ y) / pairs
    b0 = (n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2
    b1 = -((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    b2 = -(2 * n * s1 - (n + 3) * s2 + 6 * s0**2)
    b3 = 4 * (n - 1) * s1 - 2 * (n + 1) * s2 + 8 * s0**2
    b4 = s1 - s2 + s0**2
    second = b0 * sums[1] ** 2 + b1 * sums[3] + b2 * sums[0] ** 2 * sums[1]
    second = (second + b3 * sums[0] * sums[2] + b4 * sums[0] ** 4) / pairs**2
    expected = s0 / (n * (n - 1))
    variance = second / (n * (n - 1) * (n - 2) * (n - 3)) - expected**2
    return [
        _statistic("getis_ord", value, expected, variance, expected, (1.0, block.mean / block.sd, 0.0), block)
    ]


def join_count_statistics(block: Block, assumption: Assumption) -> list[QuadraticStatistic]:  # noqa: ARG001
    """Joins of 1 with 1 (BB), 1 with 0 (BW) and 0 with 0 (WW); moments of sampling without replacement."""
    n, s0 = len(block.z), block.links.s0
    ones = np.rint(block.values.sum(axis=0))
    found = []
    for name, y, count, tilt in (
        ("join_bb", block.values, ones, block.mean),
        ("join_ww", 1.0 - block.values, n - ones, block.mean - 1.0),
    ):
        value = np.einsum("ij,ij->j", y, block.links.matrix @ y) / 2
        expected, variance = _same_colour_moments(count, n, block.links)
        coefficients = (1.0, tilt / block.sd, 0.0)
        found.append(_statistic(name, value, expected, variance, s0, coefficients, block))
    expected = s0 * ones * (n - ones) / (n * (n - 1))
    variance = _geary_variance(block, "randomization") * expected**2
    value = s0 / 2 - found[0].value - found[1].value
    mixed = _statistic("join_bw", value, expected, variance, s0, (-2.0, 0.0, 1.0), block)
    return [found[0], mixed, found[1]]


GLOBAL: dict[str, Callable[[Block, Assumption], list[QuadraticStatistic]]] = {
    "moran": moran_statistics,
    "geary": geary_statistics,
    "getis_ord": getis_ord_statistics,
    "join_counts": join_count_statistics,
}
"""The global statistics of one series by the word that asks for them."""


def bivariate_moran(x: Floats, y: Floats, links: LinkSums) -> LinearStatistic:
    """Moran's I of k pairs, ``z_x' W z_y / S0``, with the moments of y in any order and x in its place."""
    around = links.matrix.T @ _standardised(x)[2]
    z = _standardised(y)[2]
    value = np.einsum("ij,ij->j", around, z) / links.s0
    n, spread = len(z), around - around.mean(axis=0)
    variance = n / (n - 1) * np.einsum("ij,ij->j", spread, spread) / links.s0**2
    variance[variance <= _NO_VARIANCE] = 0.0
    return LinearStatistic("moran_bivariate", value, np.zeros_like(value), variance, around, z)


def standardised_rates(events: Floats, population: Floats) -> Floats:
    """Rates of k series less their mean, over the deviations that Assuncao and Reis (1999) expect, (n, k).

    Exact sums: the rates of a unit are the same in any order of the units.
    """
    count, base = _exact_sums(events), _exact_sums(population)
    mean = count / base
    apart = events / population - mean
    between = _exact_sums(population * apart**2) / base - mean * len(events) / base
    variance = between + mean / population
    rates: Floats = apart / np.sqrt(np.where(variance > 0, variance, mean / population))
    return rates


def _exact_sums(values: Floats) -> Floats:
    return np.array([math.fsum(column) for column in values.T])


def _standardised(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean, population standard deviation and z-values by column."""
    mean = values.mean(axis=0)
    z = values - mean
    sd = np.sqrt(np.einsum("ij,ij->j", z, z) / len(z))
    z /= sd
    return mean, sd, z


def _kurtosis(z: Floats) -> Floats:
    squares = z * z
    kurtosis: Floats = np.einsum("ij,ij->j", squares, squares) / len(z)
    return kurtosis


def _geary_variance(block: Block, assumption: Assumption) -> Floats:
    n, s0, s1, s2 = len(block.z), block.links.s0, block.links.s1, block.links.s2
    if assumption == "normality":
        variance = ((2 * s1 + s2) * (n - 1) - 4 * s0**2) / (2 * (n + 1) * s0**2)
        return np.full(len(block.sd), variance)
    k = _kurtosis(block.z)
    a = (n - 1) * s1 * (n**2 - 3 * n + 3 - (n - 1) * k)
    b = (n - 1) * s2 * (n**2 + 3 * n - 6 - (n**2 - n + 2) * k) / 4
    c = s0**2 * (n**2 - 3 - (n - 1) ** 2 * k)
    return np.asarray((a - b + c) / (n * (n - 2) * (n - 3) * s0**2))


def _same_colour_moments(count: Floats, n: int, links: LinkSums) -> tuple[Floats, Floats]:
    """Moments of ``x'Wx / 2`` when the ones of x fall on any units."""
    shares = [np.ones_like(count)]
    for drawn in range(4):
        shares.append(shares[-1] * np.maximum(count - drawn, 0.0) / (n - drawn))
    s0, s1, s2 = links.s0, links.s1, links.s2
    second = s1 * shares[2] + (s2 - 2 * s1) * shares[3] + (s0**2 + s1 - s2) * shares[4]
    expected = s0 * shares[2] / 2
    return expected, second / 4 - expected**2


def _statistic(
    name: str,
    value: Floats,
    expected: Floats | float,
    variance: Floats,
    scale: float,
    coefficients: tuple[Floats | float, ...],
    block: Block,
) -> QuadraticStatistic:
    """Arrays over the series; a variance that is rounding on the scale of the statistic is none."""
    ones = np.ones(len(block.sd))
    variance = np.where(variance <= _NO_VARIANCE * scale**2, 0.0, variance)
    columns = np.column_stack([part * ones for part in coefficients])
    return QuadraticStatistic(name, value, expected * ones, variance, columns)
