"""Traces of products of G and H that the information matrix needs.

``G = W (I - rho W)^-1`` and ``H = W (I - lam W)^-1``. Exact values come from a dense inverse where n is
small or W is dense, and from one sparse factorisation each otherwise; for the very large, random probes
estimate ``tr G'H`` with ``v'Gv`` and ``v'GHv`` as control variates, whose means are known exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.linalg import inv
from scipy.sparse import csc_array, csr_array

from .logdet import EIGEN_LIMIT, EigenLogDet, LogDet
from .sparse_lu import factorise, filter_matrix, one_thread, threads_for, trace_of_ratio

EXACT_LIMIT = 10_000
_PROBES = 64
# Measured: beyond so many units, and below this share of all links, sparse factors beat the inverse.
_DENSE_BELOW, _DENSE_SHARE = 250, 0.04

TraceMethod = Literal["auto", "exact", "stochastic"]


@dataclass(frozen=True, slots=True)
class CrossTraces:
    """``tr GH``, ``tr G'H`` and the standard error of the second (0 when exact)."""

    product: float
    transposed: float
    std_error: float


def cross_traces(
    weights: csr_array, rho: float, lam: float, logdet: LogDet, *, method: TraceMethod = "auto", seed: int = 0
) -> CrossTraces:
    """``tr GH`` and ``tr G'H`` for W of shape (n, n); ``lam = rho`` gives ``tr GG`` and ``tr G'G``."""
    n = weights.shape[0]
    if method == "stochastic" or (method == "auto" and n > EXACT_LIMIT):
        with one_thread():
            return _stochastic(weights, rho, lam, logdet, seed)
    if n <= _DENSE_BELOW or (n <= EIGEN_LIMIT and weights.nnz > _DENSE_SHARE * n**2):
        return _dense(weights, rho, lam)
    left, right = filter_matrix(weights, rho), filter_matrix(weights, lam)
    product = (
        logdet.trace_gg(rho)
        if rho == lam and isinstance(logdet, EigenLogDet)
        else trace_of_ratio(csc_array(weights @ weights), csc_array(left @ right))
    )
    transposed = trace_of_ratio(csc_array(weights.T @ weights), csc_array(left.T @ right))
    return CrossTraces(product, transposed, 0.0)


def _dense(weights: csr_array, rho: float, lam: float) -> CrossTraces:
    dense, identity = weights.toarray(), np.eye(weights.shape[0])

    def ratio(coefficient: float) -> np.ndarray:
        # An inverse and a sparse product take three quarters of the time of solving for a dense W.
        return np.asarray(weights @ inv(identity - coefficient * dense, overwrite_a=True, check_finite=False))

    with threads_for(*weights.shape):
        g = ratio(rho)
        h = g if lam == rho else ratio(lam)
    return CrossTraces(float((g * h.T).sum()), float((g * h).sum()), 0.0)


def _stochastic(weights: csr_array, rho: float, lam: float, logdet: LogDet, seed: int) -> CrossTraces:
    n = weights.shape[0]
    left = factorise(filter_matrix(weights, rho))
    right = left if lam == rho else factorise(filter_matrix(weights, lam))
    trace_g = logdet.trace_g(rho)
    # W/(I - rho W) - W/(I - lam W) = (rho - lam) W^2 / ((I - rho W)(I - lam W)).
    same = lam == rho
    product = logdet.trace_gg(rho) if same else (trace_g - logdet.trace_g(lam)) / (rho - lam)
    probes = np.random.default_rng(seed).choice([-1.0, 1.0], size=(n, _PROBES))
    hv = weights @ right.solve(probes)
    gv = hv if lam == rho else weights @ left.solve(probes)
    ghv = weights @ left.solve(hv)
    wanted = np.einsum("ij,ij->j", gv, hv)
    controls = np.column_stack([np.einsum("ij,ij->j", probes, gv), np.einsum("ij,ij->j", probes, ghv)])
    centred = controls - np.array([trace_g, product])
    design = np.column_stack([np.ones(_PROBES), centred])
    coefficients, *_ = np.linalg.lstsq(design, wanted, rcond=None)
    residuals = wanted - design @ coefficients
    std_error = float(residuals.std(ddof=3) / np.sqrt(_PROBES))
    return CrossTraces(product, float(coefficients[0]), std_error)
