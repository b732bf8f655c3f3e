"""The subspace network: recovery, invariance, convergence, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import FastICA
from sklearn.utils.estimator_checks import parametrize_with_checks

from spatialfin._core.subspace import descend, grouped_rows, value_and_gradient
from spatialfin._errors import DataError, OptionError, SpatialfinWarning
from spatialfin.features import StackedSubspaceNetwork, SubspaceNetwork, panel_windows

Simulated = tuple[np.ndarray, np.ndarray, np.ndarray]


def simulated(seed: int, n: int = 10_000, m: int = 4, k: int = 2) -> Simulated:
    """Independent subspaces with directions at random and heavy-tailed radii: sources, mixing, data."""
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(n, m, k))
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    sources = (directions * rng.exponential(size=(n, m, 1)) ** 1.5).reshape(n, m * k)
    mixing = rng.normal(size=(m * k, m * k))
    return sources, mixing, sources @ mixing.T + rng.normal(size=m * k)


def block_amari(product: np.ndarray, k: int) -> float:
    """0 when each learned subspace answers to one true subspace, about 1 when to all alike."""
    m = len(product) // k
    block = np.linalg.norm(product.reshape(m, k, m, k), axis=(1, 3))
    rows = (block.sum(axis=1) / block.max(axis=1) - 1).sum()
    columns = (block.sum(axis=0) / block.max(axis=0) - 1).sum()
    return float((rows + columns) / (2 * m * (m - 1)))


def error_of(network: SubspaceNetwork, sources: np.ndarray, mixing: np.ndarray, k: int = 2) -> float:
    return block_amari(network.components_ @ mixing * sources.std(axis=0), k)


def fast_ica_error(data: Simulated, seed: int, k: int = 2) -> float:
    """FastICA's components grouped by the same rule."""
    sources, mixing, X = data
    ica = FastICA(whiten="unit-variance", random_state=seed, max_iter=1000, tol=1e-5).fit(X)
    order = grouped_rows(ica.transform(X).T, k)
    return block_amari(ica.components_[order] @ mixing * sources.std(axis=0), k)


@pytest.fixture(scope="module")
def data() -> Simulated:
    return simulated(0, n=4000)


@pytest.fixture(scope="module")
def network(data: Simulated) -> SubspaceNetwork:
    return SubspaceNetwork(n_subspaces=4).fit(data[2])


@pytest.mark.parametrize("seed", [1, 2])
def test_simulated_subspaces_are_found(seed: int) -> None:
    data = simulated(seed, n=4000)
    error = error_of(SubspaceNetwork(n_subspaces=4).fit(data[2]), *data[:2])
    assert error < 0.05
    assert error <= fast_ica_error(data, seed) + 0.01


@pytest.mark.slow
def test_ten_simulations_of_the_promised_size() -> None:
    errors, peers = [], []
    for seed in range(10):
        data = simulated(seed)
        errors.append(error_of(SubspaceNetwork(n_subspaces=4, random_state=seed).fit(data[2]), *data[:2]))
        peers.append(fast_ica_error(data, seed))
    assert np.median(errors) < 0.05
    assert np.median(errors) <= np.median(peers) + 0.01


def test_subspaces_of_three_are_found_too() -> None:
    data = simulated(3, n=4000, m=3, k=3)
    network = SubspaceNetwork(n_subspaces=3, subspace_size=3).fit(data[2])
    assert error_of(network, *data[:2], k=3) < 0.05


def test_random_filters_alone_would_fail(data: Simulated) -> None:
    """Why the start matters: without it the same descent ends elsewhere, in a worse place."""
    X = data[2]
    good = SubspaceNetwork(n_subspaces=4).fit(X)
    Z = np.linalg.solve(good.filters_, good.sources(X).T)
    start = np.random.default_rng(0).normal(size=(8, 8))
    poor = descend(start, Z, size=2, smoothing=1e-4, max_iter=500, tol=1e-4)
    assert poor.path[-1] > good.objective_path_[-1] + 0.05


def test_filters_are_orthonormal_and_the_matrices_fit_together(network, data) -> None:
    X = data[2]
    np.testing.assert_allclose(network.filters_ @ network.filters_.T, np.eye(8), atol=1e-10)
    np.testing.assert_allclose(network.components_ @ network.basis_, np.eye(8), atol=1e-9)
    sources = network.sources(X)
    np.testing.assert_allclose(np.cov(sources.T, bias=True), np.eye(8), atol=1e-8)
    np.testing.assert_allclose(sources @ network.basis_.T + network.mean_, X, atol=1e-8)
    responses = np.sqrt((sources**2).reshape(-1, 4, 2).sum(axis=2) + network.smoothing)
    np.testing.assert_allclose(network.transform(X), responses, rtol=1e-12)
    assert network.objective_path_[-1] == pytest.approx(responses.sum(axis=1).mean(), rel=1e-9)


def test_fewer_filters_than_columns_keep_the_largest_axes(data) -> None:
    network = SubspaceNetwork(n_subspaces=2).fit(data[2])
    assert network.components_.shape == (4, 8)
    assert network.basis_.shape == (8, 4)
    np.testing.assert_allclose(network.components_ @ network.basis_, np.eye(4), atol=1e-9)


@pytest.mark.parametrize("batch_size", [None, 500])
def test_the_objective_never_rises_and_settles(data, batch_size) -> None:
    network = SubspaceNetwork(n_subspaces=4, batch_size=batch_size).fit(data[2])
    assert (np.diff(network.objective_path_) <= 0).all()
    assert len(network.objective_path_) == network.n_iter_ + 1
    assert network.converged_
    assert error_of(network, *data[:2]) < 0.05
    np.testing.assert_allclose(network.filters_ @ network.filters_.T, np.eye(8), atol=1e-10)


def test_the_gradient_is_that_of_the_objective() -> None:
    rng = np.random.default_rng(0)
    Z, filters = rng.laplace(size=(4, 50)), rng.normal(size=(4, 4))
    _, gradient = value_and_gradient(filters, Z, 2, 1e-3)
    step = np.zeros((4, 4))
    step[1, 2] = 1e-6
    up, down = (value_and_gradient(filters + sign * step, Z, 2, 1e-3)[0] for sign in (1, -1))
    # Central differences of step 1e-6 are good to about 1e-8.
    assert gradient[1, 2] == pytest.approx((up - down) / 2e-6, abs=1e-7)


def test_responses_do_not_change_with_sign_and_phase(network, data) -> None:
    X = data[2][:200]
    expected = network.transform(X)
    np.testing.assert_allclose(network.transform(2 * network.mean_ - X), expected, rtol=1e-9)
    angle = 0.7
    turn = np.kron(np.eye(4), [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = network.mean_ + network.sources(X) @ turn.T @ network.basis_.T
    np.testing.assert_allclose(network.transform(turned), expected, rtol=1e-8)


def test_shuffled_rows_give_the_same_features(network, data) -> None:
    X = data[2]
    order = np.random.default_rng(5).permutation(len(X))
    shuffled = SubspaceNetwork(n_subspaces=4).fit(X[order])
    # The descent stops at a gradient of 1e-4, so sums in another order move the filters by less than that.
    np.testing.assert_allclose(shuffled.transform(X), network.transform(X), rtol=1e-3, atol=1e-3)


def test_units_of_measurement_do_not_matter(network, data) -> None:
    scale = 10.0 ** np.arange(-3, 5)
    scaled = SubspaceNetwork(n_subspaces=4).fit(data[2] * scale)
    np.testing.assert_allclose(scaled.transform(data[2] * scale), network.transform(data[2]), rtol=1e-5)


def test_seeds_are_reproduced_and_inputs_untouched(data) -> None:
    X = data[2].copy()
    one, two = (SubspaceNetwork(4, batch_size=700, random_state=3, n_starts=2).fit(X) for _ in range(2))
    np.testing.assert_array_equal(one.components_, two.components_)
    np.testing.assert_array_equal(X, data[2])


def test_more_starts_are_never_worse(data) -> None:
    one = SubspaceNetwork(n_subspaces=4, n_starts=1).fit(data[2])
    three = SubspaceNetwork(n_subspaces=4, n_starts=3).fit(data[2])
    assert three.objective_path_[-1] <= one.objective_path_[-1]


def test_few_rows_are_said_to_overfit() -> None:
    X = np.random.default_rng(0).laplace(size=(31, 4))
    with pytest.warns(SpatialfinWarning, match="31 rows are few for 4 filters"):
        SubspaceNetwork().fit(X)


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_data_without_heavy_tails_are_said_to_hold_nothing(kind: str) -> None:
    X = getattr(np.random.default_rng(0), kind)(size=(4000, 6))
    with pytest.warns(SpatialfinWarning, match="heavier tails than the normal"):
        SubspaceNetwork(n_subspaces=3).fit(X)


def test_steps_that_run_out_are_reported() -> None:
    X = simulated(1, n=4000)[2]
    with pytest.warns(SpatialfinWarning, match="did not settle in 1 steps"):
        network = SubspaceNetwork(n_subspaces=4, max_iter=1, tol=1e-12).fit(X)
    assert not network.converged_


def frame(values: np.ndarray) -> pd.DataFrame:
    names = [f"x{number}" for number in range(values.shape[1])]
    return pd.DataFrame(values, columns=names, index=[f"u{row}" for row in range(len(values))])


@pytest.mark.parametrize(
    ("change", "options", "error", "message"),
    [
        (lambda X: X[:5], {"n_subspaces": 3}, DataError, "6 filters need at least as many rows; there are 5"),
        (lambda X: X * [1, 1, 0, 1, 1, 1], {}, DataError, "Columns 'x2' are constant"),
        (
            lambda X: np.where(np.arange(6) == 1, np.nan, X),
            {},
            DataError,
            r"missing values \(NaN\) in columns 'x1' of rows 'u0'",
        ),
        (lambda X: X[:, [0, 1, 0, 1]], {"n_subspaces": 2}, DataError, "independent columns; the data have 2"),
        (lambda X: X, {"n_subspaces": 4}, DataError, "8 filters need as many independent columns"),
        (lambda X: X, {"subspace_size": 0}, OptionError, "subspace_size=0"),
        (lambda X: X, {"n_subspaces": 1.5}, OptionError, "n_subspaces=1.5"),
        (lambda X: X, {"batch_size": 0}, OptionError, "batch_size=0"),
        (lambda X: X, {"tol": -1.0}, OptionError, "tol=-1.0"),
        (lambda X: X, {"random_state": -1}, OptionError, "random_state=-1"),
    ],
)
def test_what_cannot_be_learned_is_refused(change, options, error, message) -> None:
    X = frame(change(np.random.default_rng(0).laplace(size=(900, 6))))
    with pytest.raises(error, match=message):
        SubspaceNetwork(**options).fit(X)


def test_other_columns_than_in_fit_are_refused(data) -> None:
    X = frame(data[2])
    network = SubspaceNetwork(n_subspaces=4).fit(X)
    with pytest.raises(DataError, match="feature names"):
        network.transform(X.iloc[:, :5])


def test_windows_keep_their_names_and_keys() -> None:
    rng = np.random.default_rng(0)
    panel = pd.DataFrame(
        [(f"c{unit:03d}", year) for unit in range(200) for year in range(2001, 2011)],
        columns=["code", "year"],
    ).assign(lq=rng.laplace(size=2000), depth=rng.laplace(size=2000))
    X = panel_windows(panel, unit="code", time="year", columns=["lq", "depth"], window=2)
    network = SubspaceNetwork(n_subspaces=2).set_output(transform="pandas").fit(X)
    assert list(network.feature_names_in_) == ["lq[t-1]", "lq[t]", "depth[t-1]", "depth[t]"]
    features = network.transform(X)
    assert list(features.columns) == ["subspacenetwork0", "subspacenetwork1"]
    assert features.index.equals(X.index)


def test_stacked_networks_answer_at_every_place_and_once_above() -> None:
    X = np.random.default_rng(0).laplace(size=(3000, 2 * 5))
    stacked = StackedSubspaceNetwork(
        5, 2, stride=3, first=SubspaceNetwork(n_subspaces=2), second=SubspaceNetwork(n_subspaces=1)
    ).fit(X)
    assert stacked.positions_.tolist() == [0, 3]
    features = stacked.transform(X)
    assert features.shape == (3000, 2 * 2 + 1)
    assert len(stacked.get_feature_names_out()) == 5
    series = X.reshape(-1, 2, 5)
    for place, first in enumerate(stacked.positions_):
        patch = series[:, :, first : first + 2].reshape(3000, 4)
        np.testing.assert_allclose(features[:, 2 * place : 2 * place + 2], stacked.first_.transform(patch))
    np.testing.assert_allclose(features[:, 4:], stacked.second_.transform(features[:, :4]))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_lags": 4}, DataError, "10 columns are not 4 periods"),
        ({"n_lags": 2, "patch": 3}, OptionError, "patch=3 is longer"),
        ({"n_lags": 0}, OptionError, "n_lags=0"),
        ({"n_lags": 2, "first": "network"}, OptionError, "first: a SubspaceNetwork is needed"),
    ],
)
def test_stacked_networks_check_their_layout(options, error, message) -> None:
    with pytest.raises(error, match=message):
        StackedSubspaceNetwork(**options).fit(np.random.default_rng(0).laplace(size=(50, 10)))


SINGLE = SubspaceNetwork(subspace_size=1)


@parametrize_with_checks([SubspaceNetwork(), StackedSubspaceNetwork(first=SINGLE, second=SINGLE)])
@pytest.mark.filterwarnings("ignore::spatialfin._errors.SpatialfinWarning")
def test_the_interface_is_that_of_scikit_learn(estimator, check) -> None:
    check(estimator)
