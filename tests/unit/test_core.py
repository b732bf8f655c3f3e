"""Numerics of the core against dense linear algebra."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.sparse import csr_array
from threadpoolctl import threadpool_info, threadpool_limits

from spatialfin._core.impacts import multiplier_slopes, multipliers, multipliers_of_draws
from spatialfin._core.information import covariance
from spatialfin._core.least_squares import collinear_columns, ols_covariance
from spatialfin._core.logdet import EigenLogDet, SparseLogDet, log_det
from spatialfin._core.sparse_lu import threads_for
from spatialfin._core.spectrum import eigenvalues, sparse_interval, symmetrised
from spatialfin._core.traces import cross_traces
from spatialfin._errors import ConvergenceError

RHOS = (-0.9, -0.2, 0.0, 0.35, 0.9)


def planar(n: int, seed: int = 0) -> csr_array:
    """Binary Delaunay neighbours of random points: a planar graph like real contiguity."""
    from scipy.spatial import Delaunay

    corners = Delaunay(np.random.default_rng(seed).random((n, 2))).simplices
    heads, tails = corners[:, [0, 1, 2]].ravel(), corners[:, [1, 2, 0]].ravel()
    one_way = csr_array((np.ones(len(heads)), (heads, tails)), shape=(n, n))
    return csr_array(((one_way + one_way.T) > 0).astype(float))


def row(weights: csr_array) -> csr_array:
    sums = np.asarray(weights.sum(axis=1)).ravel()
    return csr_array(weights.multiply(1 / np.where(sums == 0, 1, sums)[:, None]))


def nearest_four(n: int) -> csr_array:
    """Four nearest neighbours, not symmetric: W has complex eigenvalues."""
    points = np.random.default_rng(3).random((n, 2))
    distance = np.linalg.norm(points[:, None] - points[None], axis=2) + 10 * np.eye(n)
    matrix = np.zeros((n, n))
    np.put_along_axis(matrix, np.argsort(distance, axis=1)[:, :4], 0.25, axis=1)
    return csr_array(matrix)


MATRICES = {
    "row": row(planar(150)),
    "knn": nearest_four(120),
    "spectral": csr_array(planar(90) / np.abs(np.linalg.eigvalsh(planar(90).toarray())).max()),
    "island": csr_array(np.pad(row(planar(60)).toarray(), (0, 1))),
}


@pytest.fixture(params=list(MATRICES))
def weights(request: pytest.FixtureRequest) -> csr_array:
    return MATRICES[request.param]


@pytest.mark.parametrize("rho", RHOS)
@pytest.mark.parametrize("method", [EigenLogDet, SparseLogDet])
def test_log_determinant_and_traces_equal_dense_ones(weights: csr_array, rho: float, method: type) -> None:
    dense = weights.toarray()
    inner = np.eye(len(dense)) - rho * dense
    g = dense @ np.linalg.inv(inner)
    ld = method(weights)
    # Rounding of a determinant of 150 pivots and of a dense inverse.
    assert ld.value(rho) == pytest.approx(np.linalg.slogdet(inner)[1], abs=1e-10)
    assert ld.trace_g(rho) == pytest.approx(np.trace(g), abs=1e-9)
    assert ld.trace_gg(rho) == pytest.approx(np.trace(g @ g), rel=1e-9)


@pytest.mark.parametrize("method", ["chebyshev", "stochastic"])
@pytest.mark.parametrize("rho", [-0.6, 0.2, 0.5, 0.8])
def test_estimated_determinants_agree_with_exact_ones(method: str, rho: float) -> None:
    weights = row(planar(1500))
    exact, estimated = SparseLogDet(weights), log_det(weights, method)  # type: ignore[arg-type]
    assert estimated.method == method
    error = estimated.std_error(rho)  # type: ignore[attr-defined]
    # Five standard errors of a seeded estimate, which itself must be small.
    assert abs(estimated.value(rho) - exact.value(rho)) < 5 * error + 1e-8
    assert error < 0.01 * abs(exact.value(rho))
    assert estimated.trace_g(rho) == pytest.approx(exact.trace_g(rho), rel=0.03)
    assert estimated.trace_gg(rho) == pytest.approx(exact.trace_gg(rho), rel=0.05)


def test_methods_are_chosen_by_size_and_kind_of_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    from spatialfin._core import logdet
    from spatialfin._errors import OptionError

    assert log_det(MATRICES["row"]).method == "eigen"
    monkeypatch.setattr(logdet, "EIGEN_LIMIT", 50)
    assert log_det(MATRICES["row"]).method == "sparse"
    monkeypatch.setattr(logdet, "SPARSE_LIMIT", 100)
    assert log_det(MATRICES["row"]).method == "chebyshev"
    assert log_det(MATRICES["knn"]).method == "stochastic"
    with pytest.raises(OptionError, match="stochastic"):
        log_det(MATRICES["knn"], "chebyshev")


def test_eigenvalues_of_contiguity_are_real_and_those_of_nearest_neighbours_are_not() -> None:
    assert np.isrealobj(eigenvalues(MATRICES["row"]))
    assert np.iscomplexobj(eigenvalues(MATRICES["knn"]))
    similar = symmetrised(MATRICES["row"])
    assert similar is not None
    ours = np.linalg.eigvalsh(similar.toarray())
    theirs = np.sort(np.linalg.eigvals(MATRICES["row"].toarray()).real)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_a_cycle_of_ratios_that_does_not_close_is_not_symmetrisable() -> None:
    triangle = csr_array(np.array([[0, 2.0, 1], [1, 0, 2], [2, 1, 0]]))
    assert symmetrised(triangle) is None


def test_interval_ends_make_the_matrix_singular(weights: csr_array) -> None:
    low, high = EigenLogDet(weights).interval
    identity = np.eye(weights.shape[0])
    assert abs(np.linalg.det(identity - high * weights.toarray())) < 1e-6
    if symmetrised(weights) is not None:
        assert abs(np.linalg.det(identity - low * weights.toarray())) < 1e-6


def test_sparse_interval_lies_within_the_exact_one(weights: csr_array) -> None:
    exact, sparse = EigenLogDet(weights).interval, sparse_interval(weights)
    assert exact[0] - 1e-6 <= sparse[0] < 0 < sparse[1] <= exact[1] + 1e-6
    assert sparse[1] == pytest.approx(exact[1], rel=1e-6)


def test_binary_weights_have_a_narrow_interval() -> None:
    binary = planar(80)
    low, high = log_det(binary).interval
    values = np.linalg.eigvalsh(binary.toarray())
    assert (low, high) == pytest.approx((1 / values.min(), 1 / values.max()), rel=1e-9)


@pytest.mark.parametrize(("rho", "lam"), [(0.6, 0.6), (0.6, -0.4), (0.3, 0.3001), (0.0, 0.5), (-0.7, -0.7)])
def test_cross_traces(rho: float, lam: float) -> None:
    weights = row(planar(1010))  # beyond the dense limit: one complex factorisation each
    dense, identity = weights.toarray(), np.eye(1010)
    g, h = np.linalg.solve(identity - rho * dense, dense), np.linalg.solve(identity - lam * dense, dense)
    ld = SparseLogDet(weights)
    exact = cross_traces(weights, rho, lam, ld, method="exact")
    assert exact.product == pytest.approx((g * h.T).sum(), rel=1e-9)
    assert exact.transposed == pytest.approx((g * h).sum(), rel=1e-9)
    assert exact.std_error == 0
    probes = cross_traces(weights, rho, lam, ld, method="stochastic")
    assert probes.std_error > 0
    # Five standard errors of a seeded estimate, and the size that the standard error promises.
    assert abs(probes.transposed - exact.transposed) < 5 * probes.std_error
    assert probes.std_error < 5e-3 * exact.transposed
    assert cross_traces(weights, rho, lam, ld, method="stochastic") == probes


@pytest.mark.parametrize(
    ("rows", "columns", "waiting"),
    [(31, 31, False), (340, 340, True), (900, 900, False), (600, 9, False), (57_000, 15, True)],
)
def test_blas_gets_one_thread_where_several_would_wait(rows: int, columns: int, waiting: bool) -> None:
    with threadpool_limits(2, user_api="blas"):
        before = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
        with threads_for(rows, columns):
            inside = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
        after = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert max(before) == 2  # of NumPy and SciPy; another library may be built for one thread
    assert after == before
    assert inside == ([1] * len(before) if waiting else before)


@pytest.mark.parametrize("method", ["eigen", "sparse", "chebyshev"])
@pytest.mark.parametrize("links", ["few", "many"])
@pytest.mark.parametrize("n", [60, 260])  # on either side of where sparse factors begin
def test_exact_traces_with_any_log_determinant(n: int, links: str, method: str) -> None:
    points = np.random.default_rng(0).random((n, 2))
    distance = np.linalg.norm(points[:, None] - points, axis=2) + np.eye(n)
    weights = row(planar(n) if links == "few" else csr_array(1 / distance - np.diag(1 / np.diag(distance))))
    dense = weights.toarray()
    g = np.linalg.solve(np.eye(n) - 0.6 * dense, dense)
    exact = cross_traces(weights, 0.6, 0.6, log_det(weights, method), method="exact")  # type: ignore[arg-type]
    assert exact.product == pytest.approx((g * g.T).sum(), rel=1e-9)
    assert exact.transposed == pytest.approx((g * g).sum(), rel=1e-9)


@pytest.mark.parametrize("rho", [-0.5, 0.0, 0.45])
def test_multipliers_and_their_slopes(weights: csr_array, rho: float) -> None:
    ld = EigenLogDet(weights)
    dense = weights.toarray()

    def averages(at: float) -> np.ndarray:
        inverse = np.linalg.inv(np.eye(len(dense)) - at * dense)
        lag = dense @ inverse
        return np.array([np.trace(inverse), np.trace(lag), inverse.sum(), lag.sum()]) / len(dense)

    ours = multipliers(weights, ld, rho)
    assert [ours.own, ours.own_lag, ours.total, ours.total_lag] == pytest.approx(averages(rho), abs=1e-10)
    slopes = multiplier_slopes(weights, ld, rho)
    step = 1e-5
    numeric = (averages(rho + step) - averages(rho - step)) / (2 * step)
    # A central difference: truncation of order step^2 times a third derivative below 1e2.
    assert [slopes.own, slopes.own_lag, slopes.total, slopes.total_lag] == pytest.approx(numeric, abs=1e-6)


@pytest.mark.parametrize("method", [EigenLogDet, SparseLogDet])
def test_multipliers_of_draws_are_those_of_every_draw(weights: csr_array, method: type) -> None:
    ld = method(weights)
    low, high = ld.interval
    rhos = np.concatenate([np.linspace(0.8 * low, 0.985 * high, 23), [0.0]])
    many = multipliers_of_draws(weights, ld, rhos)
    for position, rho in enumerate(rhos):
        one = multipliers(weights, ld, float(rho))
        assert many.own[position] == pytest.approx(float(one.own), rel=1e-8)
        assert many.total[position] == pytest.approx(float(one.total), rel=1e-8)
        assert many.total_lag[position] == pytest.approx(float(one.total_lag), rel=1e-7)


def test_one_value_of_rho_needs_no_interpolation() -> None:
    weights = MATRICES["spectral"]
    many = multipliers_of_draws(weights, SparseLogDet(weights), np.full(3, 0.3))
    assert many.own == pytest.approx(np.full(3, float(multipliers(weights, SparseLogDet(weights), 0.3).own)))


def test_singular_value_of_rho_is_an_error() -> None:
    pair = csr_array(np.array([[0, 1.0], [1, 0]]))
    with pytest.raises(ConvergenceError, match="bound"):
        SparseLogDet(pair).value(1.0)


def test_collinear_columns_are_told_apart() -> None:
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 40))
    x = np.column_stack([np.ones(40), a, b, 3 * a, c, b - 2])
    assert collinear_columns(x) == [[0, 2, 5], [1, 3]]
    # The order of the groups is that of the columns, not that of a basis of the null space.
    turned = np.linalg.qr(rng.normal(size=(40, 40)))[0]
    assert collinear_columns(turned @ x) == [[0, 2, 5], [1, 3]]
    assert collinear_columns(x[:, [0, 1, 2, 4]]) == []
    assert collinear_columns(np.column_stack([a, np.zeros(40)])) == [[1]]


def test_badly_scaled_columns_are_not_collinear() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(50), 1e9 + 1e6 * rng.normal(size=50), 1e-9 * rng.normal(size=50)])
    assert collinear_columns(x) == []


def test_robust_covariance_is_the_sandwich() -> None:
    rng = np.random.default_rng(2)
    x = np.column_stack([np.ones(30), rng.normal(size=30)])
    e = rng.normal(size=30) * (1 + np.abs(x[:, 1]))
    bread = np.linalg.inv(x.T @ x)
    expected = bread @ (x.T @ np.diag(e**2) @ x) @ bread * 30 / 28
    assert ols_covariance(x, e, kind="robust") == pytest.approx(expected, rel=1e-10)


@pytest.fixture
def needs_cholmod() -> None:
    pytest.importorskip("cvxopt", reason="CHOLMOD comes with cvxopt: pip install 'spatialfin[cholmod]'")


@pytest.mark.slow
@pytest.mark.parametrize("weights", [row(planar(300)), planar(300), row(planar(300))[:, ::-1][::-1]])
def test_cholmod_gives_the_determinant_of_the_eigenvalues(needs_cholmod, weights: csr_array) -> None:
    ours, exact, general = SparseLogDet(csr_array(weights)), EigenLogDet(weights), SparseLogDet(weights)
    general.__dict__["_cholesky"] = None
    assert (ours.factors, general.factors) == ("CHOLMOD", "SuperLU")
    low, high = exact.interval
    for share in (0.999, 0.5, 0.01):
        for rho in (share * low, share * high):
            # 300 logarithms of pivots; near the bound the smallest pivot is 1e-3 and loses three digits.
            assert ours.value(rho) == pytest.approx(exact.value(rho), abs=1e-9)
            assert ours.value(rho) == pytest.approx(general.value(rho), abs=1e-9)


@pytest.mark.slow
def test_cholmod_leaves_what_is_not_definite_to_superlu(needs_cholmod) -> None:
    weights = row(planar(60))
    inner = np.eye(60) - 1.5 * weights.toarray()
    assert SparseLogDet(weights).value(1.5) == pytest.approx(np.linalg.slogdet(inner)[1], abs=1e-10)
    assert SparseLogDet(nearest_four(60)).factors == "SuperLU"  # not similar to a symmetric matrix


@pytest.mark.slow
def test_cholmod_survives_copies_and_threads(needs_cholmod) -> None:
    """joblib sends the determinant to other processes, or calls one from several threads."""
    ours = SparseLogDet(row(planar(400)))
    rhos = np.linspace(-0.5, 0.9, 200).tolist()
    one_by_one = [ours.value(rho) for rho in rhos]
    assert [copy.deepcopy(ours).value(rho) for rho in rhos[:3]] == one_by_one[:3]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ours.value, rhos)) == one_by_one


def test_superlu_serves_where_cholmod_is_missing(monkeypatch) -> None:
    from spatialfin._core import cholesky

    monkeypatch.setattr(cholesky, "find_spec", lambda name: None)
    weights = row(planar(60))
    ld = SparseLogDet(weights)
    assert ld.factors == "SuperLU"
    assert ld.value(0.4) == pytest.approx(
        np.linalg.slogdet(np.eye(60) - 0.4 * weights.toarray())[1], abs=1e-10
    )


def test_singular_information_has_no_inverse() -> None:
    flat = np.diag([1e8, 2.0, 1e-8]) @ np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 1.0], [0.5, 1.0, 1.0]])
    flat = flat @ np.diag([1e8, 2.0, 1e-8])
    indefinite = np.array([[1.0, 2.0], [2.0, 1.0]])
    for information in (flat, indefinite, np.diag([1.0, 0.0]), np.diag([1.0, np.nan])):
        with pytest.raises(ConvergenceError, match="information matrix is singular"):
            covariance(information)
    scales = np.diag([1e8, 1e-8])
    regular = np.array([[1.0, 0.5], [0.5, 1.0]])
    assert scales @ covariance(scales @ regular @ scales) @ scales == pytest.approx(np.linalg.inv(regular))
