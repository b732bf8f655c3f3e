"""Kernels between units: of attributes, of the graph of W, and mixes of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse as sp

from .._core.kernel_kmeans import graph_kernel, graph_products, scatter
from .._errors import DataError

KERNELS = ("linear", "rbf", "precomputed", "graph")
MOST_UNITS = 20_000


def attribute_kernel(rows: np.ndarray, others: np.ndarray, kernel: str, gamma: float) -> np.ndarray:
    """Kernel of rows (m, p) with others (n, p): (m, n). A precomputed one is `rows` itself."""
    if kernel == "precomputed":
        return rows
    products: np.ndarray = rows @ others.T
    if kernel == "linear":
        return products
    lengths = np.einsum("ij,ij->i", rows, rows)[:, None] + np.einsum("ij,ij->i", others, others)[None, :]
    products *= -2
    products += lengths
    np.maximum(products, 0.0, out=products)
    products *= -gamma
    np.exp(products, out=products)
    return products


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """How the kernel of a fit was made, so that other units can be measured the same way.

    Attributes
    ----------
    kernel : str
        Of the attributes, or "graph".
    gamma : float
        Of the attributes.
    graph_gamma : float
        Of the graph.
    shares : tuple of float
        Factors of the attribute kernel and of the graph kernel; 0 where one is not in it.
    link_scale : float
        Mean number of links, by which links are divided.
    centre : array, shape (p,)
        Mean of the attributes, from which they are measured: products of large numbers would lose digits.
    """

    kernel: str
    gamma: float
    graph_gamma: float
    shares: tuple[float, float]
    link_scale: float
    centre: np.ndarray

    @classmethod
    def of(
        cls,
        values: np.ndarray,
        weights: np.ndarray,
        links: sp.csr_array | None,
        kernel: str,
        gamma: float | None,
        graph_share: float,
    ) -> tuple[np.ndarray, Measure]:
        """The kernel (n, n) of the units, and how it was made."""
        mean = np.average(values, axis=0, weights=weights)
        variance = float(np.average((values - mean) ** 2, axis=0, weights=weights).mean())
        plain = 1.0 / (values.shape[1] * variance) if variance > 0 else 1.0
        own = gamma if gamma is not None else plain
        graph_gamma = gamma if gamma is not None and kernel == "graph" else 1.0
        scale = max(links.nnz / len(values), 1.0) if links is not None else 1.0
        centre = np.zeros_like(mean) if kernel == "precomputed" else mean
        made = cls(kernel, own, graph_gamma, (1.0, 0.0), scale, centre)
        if kernel == "graph" and links is not None:
            return graph_kernel(sp.csr_array(links / scale), graph_gamma), cls(
                kernel, own, graph_gamma, (0.0, 1.0), scale, centre
            )
        K = attribute_kernel(values - centre, values - centre, kernel, own)
        if graph_share == 0 or links is None:
            return K, made
        graph = graph_kernel(sp.csr_array(links / scale), graph_gamma)
        total = weights.sum()
        own_scatter = scatter(K, weights)
        shares = (
            (1 - graph_share) * total / own_scatter if own_scatter > 0 else 0.0,
            graph_share * total / scatter(graph, weights),
        )
        K = shares[0] * K
        K += shares[1] * graph
        return K, cls(kernel, own, graph_gamma, shares, scale, centre)

    def graph_means(self, links: sp.csr_array | None, means: np.ndarray) -> np.ndarray | None:
        """Graph kernel of the units of fit with the means (n, k) of clusters, where the graph is in it."""
        if self.shares[1] == 0 or links is None:
            return None
        return graph_products(sp.csr_array(links / self.link_scale), self.graph_gamma, means)

    def means(
        self,
        rows: np.ndarray,
        fitted: np.ndarray,
        near: np.ndarray | None,
        means: np.ndarray,
        graph_means: np.ndarray | None,
    ) -> np.ndarray:
        """Kernel of other units (m) with the means of the clusters: (m, k).

        Parameters
        ----------
        rows, fitted : array, shape (m, p) and (n, p)
            Attributes of the units and of those of fit.
        near : array or None, shape (m, n)
            0/1 links between them.
        means, graph_means : array, shape (n, k)
            Combinations of the units of fit that make the means; the graph kernel with these.

        Raises
        ------
        DataError
            The graph is in the kernel and there are no links.
        """
        found = np.zeros((len(rows), means.shape[1]))
        if self.shares[0] > 0:
            own = attribute_kernel(rows - self.centre, fitted - self.centre, self.kernel, self.gamma)
            found += self.shares[0] * (own @ means)
        if graph_means is not None:
            if near is None:
                raise DataError(
                    "The graph is in the kernel: give links=, a table of the links of these units (rows) to "
                    "the units of fit (columns)."
                )
            pull = self.graph_gamma * near / self.link_scale
            found += self.shares[1] * (pull @ graph_means) / (1 + pull.sum(axis=1, keepdims=True))
        return found


def check_symmetric(K: np.ndarray) -> None:
    """Refuse a precomputed kernel that is not one number for each pair of units."""
    if K.shape[0] != K.shape[1] or not np.allclose(
        K, K.T, rtol=1e-8, atol=1e-10 * np.abs(K).max(initial=0.0)
    ):
        raise DataError("kernel='precomputed': X must be a square and symmetric kernel.")
