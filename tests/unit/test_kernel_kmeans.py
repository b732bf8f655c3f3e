"""Kernel clustering: against scikit-learn, rings, the trace form, connected clusters, errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse as sp
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import KMeans
from sklearn.datasets import make_circles
from sklearn.metrics import adjusted_rand_score, pairwise, silhouette_score
from sklearn.utils.estimator_checks import parametrize_with_checks

import spatialfin as sf
from spatialfin._core import kernel_kmeans as core
from spatialfin._errors import AlignmentError, DataError, OptionError, SpatialfinWarning
from spatialfin.features import SpatialKernelKMeans, choose_clusters

SIDE = 8
IDS = [f"u{number:02d}" for number in range(SIDE * SIDE)]
LINE = np.eye(SIDE, k=1) + np.eye(SIDE, k=-1)
GRID = np.kron(LINE, np.eye(SIDE)) + np.kron(np.eye(SIDE), LINE)
W = sf.SpatialWeights.from_matrix(GRID, ids=IDS)
RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(64, 3)), index=pd.Index(IDS, name="code"), columns=["a", "b", "c"])
POPULATION = pd.Series(RNG.uniform(1, 20, 64), index=X.index)


def explicit_objective(values: np.ndarray, labels: np.ndarray, w: np.ndarray) -> float:
    """The sum of weighted squared distances to weighted means, with features at hand."""
    total = 0.0
    for cluster in np.unique(labels):
        inside = labels == cluster
        mean = np.average(values[inside], axis=0, weights=w[inside])
        total += float(w[inside] @ ((values[inside] - mean) ** 2).sum(axis=1))
    return total


def pieces(labels: pd.Series, weights: sf.SpatialWeights) -> list[int]:
    """Into how many connected pieces of the weights each cluster falls."""
    places = [weights.ids.get_indexer(labels.index[labels == cluster]) for cluster in sorted(set(labels))]
    return [connected_components(weights.sparse[place][:, place])[0] for place in places]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("weighted", [False, True])
def test_linear_clusters_are_those_of_scikit_learn_from_the_same_start(seed: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(300, 4))
    w = rng.uniform(1, 5, 300) if weighted else np.ones(300)
    centres = values[rng.choice(300, 5, replace=False)]
    peer = KMeans(5, init=centres, n_init=1, tol=0, max_iter=500, algorithm="lloyd").fit(values, None, w)
    start = pairwise.euclidean_distances(values, centres).argmin(axis=1)
    if (
        weighted
    ):  # the first means of scikit-learn are its seeds, ours those of the labels: start a step later
        centres = np.vstack([np.average(values[start == c], axis=0, weights=w[start == c]) for c in range(5)])
    ours = SpatialKernelKMeans(5, init=start).fit(values, sample_weight=w)
    assert adjusted_rand_score(peer.labels_, ours.labels_) == 1.0
    assert ours.objective_ == pytest.approx(peer.inertia_, rel=1e-10)


def test_two_rings_are_told_apart_by_the_rbf_kernel_only() -> None:
    rings, truth = make_circles(300, factor=0.2, noise=0.03, random_state=0)
    rbf = SpatialKernelKMeans(2, kernel="rbf", gamma=2.0, n_starts=20).fit(rings)
    assert adjusted_rand_score(truth, rbf.labels_) == 1.0
    assert adjusted_rand_score(truth, SpatialKernelKMeans(2).fit(rings).labels_) < 0.1


@pytest.mark.parametrize("options", [{}, {"connected": True, "weights": W}])
@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_objective_and_trace_form_are_equal_and_the_path_never_rises(options, kernel) -> None:
    model = SpatialKernelKMeans(4, kernel=kernel, **options).fit(X, sample_weight=POPULATION)
    assert model.objective_ == pytest.approx(model.trace_ - model.association_.sum(), rel=1e-10)
    assert (np.diff(model.objective_path_) <= 0).all()
    assert model.objective_path_[-1] == pytest.approx(model.objective_, rel=1e-9)
    w = POPULATION.to_numpy()
    K = X @ X.T if kernel == "linear" else pairwise.rbf_kernel(X, gamma=model._measure.gamma)
    Y = (model.labels_[:, None] == np.arange(4)) * np.sqrt(w)[:, None]
    Y /= np.linalg.norm(Y, axis=0)
    scaled = np.sqrt(w)[:, None] * np.asarray(K) * np.sqrt(w)
    assert model.objective_ == pytest.approx(np.trace(scaled) - np.trace(Y.T @ scaled @ Y), rel=1e-10)
    if kernel == "linear":
        assert model.objective_ == pytest.approx(
            explicit_objective(X.to_numpy(), model.labels_, w), rel=1e-10
        )
    single = SpatialKernelKMeans(1, kernel=kernel, gamma=model._measure.gamma)
    assert model.scatter_ == pytest.approx(single.fit(X, sample_weight=POPULATION).objective_)
    assert model.sizes_.sum() == pytest.approx(w.sum())
    assert (np.diff(model.sizes_) <= 0).all()


def test_population_weights_pull_the_means() -> None:
    values = pd.DataFrame({"x": [0.0, 1.0, 2.0, 10.0, 11.0]}, index=list("abcde"))
    weights = pd.Series([1.0, 1.0, 1000.0, 1.0, 1.0], index=list("edcba"))
    model = SpatialKernelKMeans(2).fit(values, sample_weight=weights)
    assert model.clusters_.to_dict() == {"a": 0, "b": 0, "c": 0, "d": 1, "e": 1}
    assert model.objective_ == pytest.approx(explicit_objective(
        values.to_numpy(), model.labels_, np.array([1.0, 1.0, 1000.0, 1.0, 1.0])))  # fmt: skip


def test_weights_count_units_and_zero_leaves_them_out() -> None:
    counts = np.random.default_rng(1).integers(0, 4, 64)
    weighted = SpatialKernelKMeans(4).fit(X.to_numpy(), sample_weight=counts)
    repeated = SpatialKernelKMeans(4).fit(np.repeat(X.to_numpy(), counts, axis=0))
    np.testing.assert_array_equal(weighted.predict(X.to_numpy()), repeated.predict(X.to_numpy()))
    np.testing.assert_array_equal(weighted.labels_, weighted.predict(X.to_numpy()))
    assert weighted.objective_ == pytest.approx(repeated.objective_)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
@pytest.mark.parametrize("k", [2, 5, 9])
def test_connected_clusters_are_connected(kernel: str, k: int) -> None:
    model = SpatialKernelKMeans(k, kernel=kernel, weights=W, connected=True).fit(X)
    assert pieces(model.clusters_, W) == [1] * k
    free = SpatialKernelKMeans(k, kernel=kernel).fit(X)
    assert sum(pieces(free.clusters_, W)) > k
    assert model.objective_ > free.objective_


def test_connected_clusters_on_the_provinces_are_connected() -> None:
    provinces = sf.load_layer("china_provinces", units="mainland")
    w = sf.contiguity_weights(provinces, islands={"460000": ["440000"]})
    panel = sf.load_dataset("china_finance_2002_2011")
    rows = panel[panel["year"] == 2010].set_index("code")
    found = np.log(rows[["gdp_pc", "finance"]]).assign(services=rows["tertiary"] / rows["gdp"])
    model = SpatialKernelKMeans(5, weights=w, connected=True).fit((found - found.mean()) / found.std())
    assert pieces(model.clusters_, w) == [1] * 5


def test_every_part_of_the_graph_gets_a_cluster() -> None:
    two = sp.block_diag([GRID[:32, :32], GRID[32:, 32:]]).toarray()
    w = sf.SpatialWeights.from_matrix(two, ids=IDS)
    model = SpatialKernelKMeans(3, weights=w, connected=True).fit(X)
    assert pieces(model.clusters_, w) == [1, 1, 1]
    assert model.clusters_[:32].isin(model.clusters_[32:]).sum() == 0


def test_border_moves_lower_the_objective_of_regions() -> None:
    K = X.to_numpy() @ X.to_numpy().T
    links, w = sp.csr_array(GRID), POPULATION.to_numpy()
    start = core.ward_regions(K, w, links, 6)
    assert core.are_connected(start, links)
    moved = core.move_borders(K, w, links, start, 6, max_iter=100)
    assert core.are_connected(moved.labels, links)
    assert core.objective(K, w, moved.labels, 6) < core.objective(K, w, start, 6)
    assert moved.converged
    # No single move to a neighbouring cluster that leaves clusters connected is left to make.
    best = core.objective(K, w, moved.labels, 6)
    for unit in range(64):
        for other in set(moved.labels[links.indices[links.indptr[unit] : links.indptr[unit + 1]]]):
            tried = moved.labels.copy()
            tried[unit] = other
            if core.are_connected(tried, links) and len(np.unique(tried)) == 6:
                assert core.objective(K, w, tried, 6) >= best - 1e-6


def test_the_graph_in_the_kernel_makes_clusters_more_compact() -> None:
    def cut(model: SpatialKernelKMeans) -> float:
        labels = model.clusters_.to_numpy()
        return float(GRID[labels[:, None] != labels].sum())

    free = SpatialKernelKMeans(4).fit(X)
    mixed = SpatialKernelKMeans(4, weights=W, graph_share=0.7).fit(X)
    graph = SpatialKernelKMeans(4, kernel="graph", weights=W, gamma=5.0).fit(X)
    assert cut(graph) < cut(mixed) < cut(free)


def test_the_graph_kernel_is_the_inverse_of_its_definition() -> None:
    kernel = core.graph_kernel(sp.csr_array(GRID), 0.8)
    laplacian = np.diag(GRID.sum(axis=1)) - GRID
    np.testing.assert_allclose(kernel @ (np.eye(64) + 0.8 * laplacian), np.eye(64), atol=1e-12)
    np.testing.assert_array_equal(kernel, kernel.T)
    columns = np.random.default_rng(0).normal(size=(64, 3))
    np.testing.assert_allclose(
        core.graph_products(sp.csr_array(GRID), 0.8, columns), kernel @ columns, atol=1e-12
    )


def test_a_unit_may_leave_exactly_where_its_cluster_stays_in_one_piece() -> None:
    links, rng = sp.csr_array(GRID), np.random.default_rng(0)
    found = []
    for _ in range(20):
        labels = core.grown_regions(np.eye(64), links, rng.choice(64, 4, replace=False))
        for unit in range(64):
            around = links.indices[links.indptr[unit] : links.indptr[unit + 1]]
            rest = np.setdiff1d(np.flatnonzero(labels == labels[unit]), unit)
            whole = len(rest) > 0 and connected_components(links[rest][:, rest])[0] == 1
            assert core._may_leave(labels, links, unit, around[labels[around] == labels[unit]]) == whole
            found.append(whole)
    assert 10 < np.sum(found) < len(found) - 10


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"kernel": "rbf"},
        {"weights": W, "connected": True},
        {"weights": W, "graph_share": 0.4},
        {"kernel": "graph", "weights": W},
    ],
)
def test_shuffled_units_have_the_same_clusters(options) -> None:
    expected = SpatialKernelKMeans(4, **options).fit(X, sample_weight=POPULATION).clusters_
    order = np.random.default_rng(2).permutation(64)
    if "weights" in options:
        options = options | {"weights": W.subset(np.asarray(IDS)[order[::-1]])}
    shuffled = SpatialKernelKMeans(4, **options).fit(X.iloc[order], sample_weight=POPULATION)
    assert shuffled.clusters_.index.equals(X.index[order])
    pd.testing.assert_series_equal(shuffled.clusters_.sort_index(), expected)


def test_seeds_are_reproduced_and_inputs_untouched() -> None:
    before = X.copy()
    one, two = (SpatialKernelKMeans(5, random_state=7).fit(X).labels_ for _ in range(2))
    np.testing.assert_array_equal(one, two)
    pd.testing.assert_frame_equal(X, before)


def test_a_new_unit_goes_to_the_nearest_mean() -> None:
    model = SpatialKernelKMeans(3).fit(X, sample_weight=POPULATION)
    w = POPULATION.to_numpy()
    means = [np.average(X[model.labels_ == c], axis=0, weights=w[model.labels_ == c]) for c in range(3)]
    new = pd.DataFrame(np.random.default_rng(9).normal(size=(20, 3)), columns=X.columns)
    expected = pairwise.euclidean_distances(new, np.vstack(means)).argmin(axis=1)
    np.testing.assert_array_equal(model.predict(new), expected)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_a_precomputed_kernel_gives_the_same_clusters(kernel: str) -> None:
    apart = X + np.outer(np.arange(64) % 3, [4.0, -4.0, 0.0])
    plain = SpatialKernelKMeans(3, kernel=kernel, gamma=0.1).fit(apart)
    K = pairwise.rbf_kernel(apart, gamma=0.1) if kernel == "rbf" else (apart @ apart.T).to_numpy()
    table = pd.DataFrame(K, index=X.index, columns=IDS)
    shuffled = table.iloc[::-1, np.random.default_rng(0).permutation(64)]
    given = SpatialKernelKMeans(3, kernel="precomputed", n_starts=20).fit(shuffled)
    assert adjusted_rand_score(plain.clusters_, given.clusters_.reindex(IDS)) == 1.0
    np.testing.assert_array_equal(given.predict(table[shuffled.index]), given.clusters_.reindex(IDS))


def test_a_new_unit_is_placed_by_its_links_where_the_graph_is_in_the_kernel() -> None:
    model = SpatialKernelKMeans(4, kernel="graph", weights=W, gamma=5.0).fit(X)
    target = model.clusters_.index[model.clusters_ == 2]
    new = pd.DataFrame([[0.0, 0.0, 0.0]], index=["new"], columns=X.columns)
    links = pd.DataFrame(0.0, index=["new"], columns=IDS)
    links.loc["new", target[:4]] = 1.0
    assert model.predict(new, links=links).tolist() == [2]
    with pytest.raises(DataError, match="give links="):
        model.predict(new)
    with pytest.raises(AlignmentError, match="links: rows must be the units of X"):
        model.predict(new, links=links.iloc[:, 1:])


@pytest.mark.parametrize(
    ("links", "error", "message"),
    [
        (GRID, AlignmentError, "a DataFrame is needed"),
        (pd.DataFrame(np.where(GRID == 0, np.nan, GRID), IDS, IDS), DataError, "missing values"),
    ],
)
def test_links_that_cannot_be_read_are_refused(links, error, message) -> None:
    model = SpatialKernelKMeans(weights=W, graph_share=0.3).fit(X)
    with pytest.raises(error, match=message):
        model.predict(X, links=links)


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_large_means_cost_no_digits(kernel: str) -> None:
    near, far = (SpatialKernelKMeans(4, kernel=kernel).fit(table) for table in (X, X + 1e7))
    np.testing.assert_allclose(far.objective_, near.objective_, rtol=1e-7)
    np.testing.assert_array_equal(far.predict(X + 1e7), near.labels_)


def test_equal_units_count_one_by_one_in_the_silhouette() -> None:
    twice = pd.concat([X.iloc[:20], X.iloc[:10].add_prefix("again", axis=0)])
    found = choose_clusters(SpatialKernelKMeans(), twice, n_clusters=[3], draws=1)
    labels = SpatialKernelKMeans(3).fit(twice).labels_
    # Equal rows are a root of rounding apart in the kernel, so 1e-7.
    assert found.table.loc[3, "silhouette"] == pytest.approx(silhouette_score(twice, labels), abs=1e-7)


ISLAND = sf.SpatialWeights.from_matrix(GRID * (np.arange(64) > 1) * (np.arange(64) > 1)[:, None], ids=IDS)


@pytest.mark.parametrize(
    ("options", "rows", "error", "message"),
    [
        ({"n_clusters": 65}, X, DataError, "n_clusters=65 is above the number of units"),
        ({"n_clusters": 3}, X.iloc[[0] * 9 + [1]], DataError, "number of distinct units"),
        ({"n_clusters": 2, "weights": ISLAND, "connected": True}, X, DataError, "below the 3 connected"),
        ({"weights": W, "connected": True}, X.iloc[1:], AlignmentError, "only in the weights: 'u00'"),
        ({"weights": W}, X.rename(index={"u00": "new"}), AlignmentError, "only in X: 'new'"),
        ({"weights": W}, X.to_numpy(), AlignmentError, "X must be a DataFrame indexed by unit"),
        ({"connected": True}, X, OptionError, "connected=True: weights= is needed"),
        ({"kernel": "graph", "graph_share": 0.5}, X, OptionError, "graph_share=0.5 and kernel=\"graph\": w"),
        ({"kernel": "rfb"}, X, OptionError, "Did you mean 'rbf'"),
        ({"gamma": 0.0}, X, OptionError, "gamma=0.0"),
        ({"graph_share": 1.0, "weights": W}, X, OptionError, "must be below 1"),
        ({"init": [0, 1]}, X, OptionError, "64 whole numbers from 0 to 2"),
        ({"init": [0] * 64, "connected": True, "weights": W}, X, OptionError, "exclude each other"),
        ({}, X.assign(a=1.0), DataError, "Columns 'a' are constant"),
        ({}, X.mask(X > 2), DataError, "missing values"),
        ({"kernel": "precomputed"}, X.iloc[:3].to_numpy(), DataError, "square and symmetric"),
        ({"kernel": "precomputed"}, X.iloc[:3], AlignmentError, "same units as rows and columns"),
        ({"kernel": "precomputed"}, X.to_numpy(), DataError, "square and symmetric"),
        ({}, X.astype(str), DataError, "text where numbers are expected in columns 'a'"),
        ({"connected": "yes", "weights": W}, X, OptionError, "connected='yes'"),
    ],
)  # fmt: skip
def test_what_cannot_be_clustered_is_refused(options, rows, error, message) -> None:
    with pytest.raises(error, match=message):
        SpatialKernelKMeans(**options).fit(rows)


@pytest.mark.parametrize(
    ("sample_weight", "error", "message"),
    [
        (np.ones(3), AlignmentError, "3 values for 64 units"),
        (-np.ones(64), DataError, "must not be negative"),
        (np.zeros(64), DataError, "not zero for every unit"),
        (POPULATION.iloc[1:], AlignmentError, "must hold the same units"),
    ],
)
def test_wrong_sample_weights_are_refused(sample_weight, error, message) -> None:
    with pytest.raises(error, match=message):
        SpatialKernelKMeans().fit(X, sample_weight=sample_weight)


def test_a_kernel_that_is_no_kernel_is_refused() -> None:
    found = []
    for seed in range(20):
        K = np.random.default_rng(seed).normal(size=(30, 30))
        try:
            SpatialKernelKMeans(4, kernel="precomputed").fit(K + K.T)
        except DataError as error:
            found.append(str(error))
    assert found
    assert all("not positive semi-definite" in message for message in found)


def test_steps_that_run_out_are_reported() -> None:
    with pytest.warns(SpatialfinWarning, match="did not settle in 1 steps"):
        model = SpatialKernelKMeans(6, max_iter=1, n_starts=1).fit(
            np.random.default_rng(0).normal(size=(500, 3))
        )
    assert not model.converged_


def test_the_number_of_clusters_is_found() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(90, 2)) + np.repeat([[0, 0], [9, 0], [0, 9]], 30, axis=0)
    choice = choose_clusters(SpatialKernelKMeans(), values, n_clusters=range(2, 6), draws=10)
    assert choice.best == 3
    assert choice.table.loc[3, "stability"] == pytest.approx(1.0)
    assert (choice.table["objective"].diff().dropna() < 0).all()
    again = choose_clusters(SpatialKernelKMeans(), values, n_clusters=range(2, 6), draws=10)
    pd.testing.assert_frame_equal(choice.table, again.table)


def test_the_choice_keeps_clusters_connected() -> None:
    model = SpatialKernelKMeans(weights=W, connected=True, n_starts=1)
    choice = choose_clusters(model, X, n_clusters=[3, 4], draws=3)
    assert choice.table.loc[3, "objective"] == pytest.approx(model.set_params(n_clusters=3).fit(X).objective_)


def test_the_silhouette_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import silhouette_score

    choice = choose_clusters(SpatialKernelKMeans(), X, n_clusters=[3], draws=1)
    labels = SpatialKernelKMeans(3).fit(X).labels_
    assert choice.table.loc[3, "silhouette"] == pytest.approx(silhouette_score(X, labels))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: choose_clusters(SpatialKernelKMeans(), X, n_clusters=[1, 3]), r"n_clusters: \[1\] given"),
        (lambda: choose_clusters(SpatialKernelKMeans(), X, n_clusters=[64]), r"\[64\] given for 64"),
        (lambda: choose_clusters(KMeans(), X), "a SpatialKernelKMeans is needed"),
        (lambda: choose_clusters(SpatialKernelKMeans(), None), "X: a table of units .*, not NoneType"),
        (lambda: choose_clusters(SpatialKernelKMeans(), "text"), "X: a table of units .*, not str"),
        (lambda: choose_clusters(SpatialKernelKMeans(), X, draws=0), "draws=0"),
        (lambda: choose_clusters(SpatialKernelKMeans(), X, n_clusters=["3"]), "n_clusters='3'"),
        (lambda: choose_clusters(SpatialKernelKMeans(), X, n_clusters=1), r"n_clusters: \[1\] given"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(call, message) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@parametrize_with_checks([SpatialKernelKMeans(), SpatialKernelKMeans(kernel="rbf")])
def test_the_interface_is_that_of_scikit_learn(estimator, check) -> None:
    check(estimator)
