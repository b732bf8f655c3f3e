"""Windows of panels, blocks of neighbours, classifiers, profiles, transitions; scikit-learn as an extra."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, OptionError, SpatialfinWarning
from spatialfin.features import (
    SpatialBlockCV,
    SubspaceNetwork,
    cluster_profiles,
    cluster_transitions,
    feature_classifier,
    panel_windows,
    validate_classifier,
)

SIDE = 8
IDS = [f"u{number:02d}" for number in range(SIDE * SIDE)]
LINE = np.eye(SIDE, k=1) + np.eye(SIDE, k=-1)
GRID = np.kron(LINE, np.eye(SIDE)) + np.kron(np.eye(SIDE), LINE)
W = sf.SpatialWeights.from_matrix(GRID, ids=IDS)
YEARS = range(2001, 2006)
PANEL = pd.DataFrame([(code, year) for code in IDS[:4] for year in YEARS], columns=["code", "year"]).assign(
    lq=np.arange(20.0), depth=np.arange(20.0) ** 2
)
KEYS = {"unit": "code", "time": "year"}


# Windows


def test_a_window_holds_the_values_of_its_periods() -> None:
    found = panel_windows(PANEL, columns=["lq", "depth"], window=3, **KEYS)
    assert found.index.names == ["code", "year"]
    assert list(found.columns) == [(name, lag) for name in ("lq", "depth") for lag in (2, 1, 0)]
    assert len(found) == 4 * 3
    for (code, year), row in found.iterrows():
        for name, lag in found.columns:
            cell = PANEL.loc[(PANEL["code"] == code) & (PANEL["year"] == year - lag), name].item()
            assert row[(name, lag)] == cell


@settings(derandomize=True, max_examples=20, deadline=None)
@given(st.permutations(range(20)), st.integers(1, 5))
def test_the_order_of_rows_does_not_matter(order: list[int], window: int) -> None:
    before = PANEL.copy()
    expected = panel_windows(PANEL, columns="lq", window=window, **KEYS)
    found = panel_windows(PANEL.iloc[order].set_index("code"), columns="lq", window=window, **KEYS)
    pd.testing.assert_frame_equal(found, expected)
    pd.testing.assert_frame_equal(PANEL, before)


def test_a_unit_that_enters_late_has_fewer_windows() -> None:
    late = PANEL[(PANEL["code"] != "u01") | (PANEL["year"] > 2003)]
    found = panel_windows(late, columns="lq", window=2, **KEYS)
    assert found.loc["u01"].index.tolist() == [2005]
    assert len(found) == 3 * 4 + 1


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        (PANEL.mask(PANEL == 3.0), {}, DataError, "missing or infinite at 'u00, 2004'"),
        (PANEL.drop(index=[6]), {}, DataError, "no row inside the unit's periods at 'u01, 2002'"),
        (PANEL[PANEL["year"] != 2003], {}, DataError, "2002 is followed by 2004"),
        (PANEL, {"window": 6}, DataError, "only 5 periods"),
        (PANEL, {"window": 0}, OptionError, "window=0"),
        (PANEL, {"columns": ["lqq"]}, DataError, "Did you mean 'lq'"),
        (PANEL.assign(lq="a"), {}, DataError, "text where numbers"),
        (pd.concat([PANEL, PANEL.iloc[:1]]), {}, DataError, "Duplicate rows"),
        (PANEL.loc[[0, 1, 7, 8]], {"window": 3}, DataError, "no unit has so many periods"),
        ([1], {}, DataError, "a DataFrame is needed"),
    ],
)
def test_windows_that_cannot_be_made_are_refused(data, options, error, message) -> None:
    with pytest.raises(error, match=message):
        panel_windows(data, **{"columns": ["lq", "depth"], "window": 2, **KEYS, **options})


# Blocks


def far(links: np.ndarray, train: np.ndarray, test: np.ndarray, steps: int) -> bool:
    reach = np.linalg.matrix_power(np.eye(len(links)) + links, steps)
    return not (reach[np.ix_(train, test)] > 0).any()


@pytest.mark.parametrize("buffer", [1, 2])
@pytest.mark.parametrize("n_splits", [2, 4, 6])
def test_no_neighbour_of_a_test_unit_trains(buffer: int, n_splits: int) -> None:
    X = pd.DataFrame({"x": range(64)}, index=IDS)
    splits = list(SpatialBlockCV(W, n_splits, buffer=buffer).split(X))
    assert sorted(np.concatenate([test for _, test in splits])) == list(range(64))
    assert all(far(GRID, train, test, buffer) for train, test in splits)
    assert all(len(train) for train, _ in splits)


def test_blocks_are_connected_and_of_similar_size() -> None:
    blocks = SpatialBlockCV(W, 4).blocks()
    sizes = blocks.value_counts()
    assert sizes.min() > 64 / 8
    for block in range(4):
        assert W.subset(blocks.index[blocks == block]).n_components == 1


@pytest.mark.parametrize("seed", range(3))
def test_links_in_one_direction_and_loose_parts_are_respected(seed: int) -> None:
    links = np.triu(np.random.default_rng(seed).uniform(size=(40, 40)) < 0.04, 1).astype(float)
    w = sf.SpatialWeights.from_matrix(links, ids=range(40))
    X = pd.DataFrame({"x": range(40)})
    splits = list(SpatialBlockCV(w, 3, random_state=seed).split(X))
    assert sorted(np.concatenate([test for _, test in splits])) == list(range(40))
    assert all(far(links + links.T, train, test, 1) for train, test in splits)


def test_all_periods_of_a_unit_are_together_whatever_the_order() -> None:
    index = pd.MultiIndex.from_product([IDS, [2001, 2002]], names=["code", "year"])
    X = pd.DataFrame({"x": range(128)}, index=index).sample(frac=1, random_state=0)
    cv = SpatialBlockCV(W, 4)
    blocks = cv.blocks()
    for number, (train, test) in enumerate(cv.split(X)):
        units = X.index[test].get_level_values("code")
        assert (blocks.reindex(units) == number).all()
        assert not set(units) & set(X.index[train].get_level_values("code"))
        assert len(test) == 2 * (blocks == number).sum()


def test_the_order_of_the_weights_does_not_matter() -> None:
    order = np.random.default_rng(0).permutation(64)
    shuffled = SpatialBlockCV(W.subset(np.asarray(IDS)[order]), 4).blocks()
    pd.testing.assert_series_equal(shuffled.sort_index(), SpatialBlockCV(W, 4).blocks())


def test_it_works_in_cross_val_predict() -> None:
    X = pd.DataFrame({"x": np.arange(64) % 2, "z": range(64)}, index=IDS)
    y = (X["x"] > 0).astype(int)
    cv = SpatialBlockCV(W, 4)
    expected = cross_val_predict(LogisticRegression(), X, y, cv=cv)
    np.testing.assert_array_equal(expected, y)
    given_groups = cross_val_predict(LogisticRegression(), X.to_numpy(), y, cv=cv, groups=IDS)
    np.testing.assert_array_equal(given_groups, expected)
    assert cv.get_n_splits() == 4


@pytest.mark.parametrize(
    ("options", "X", "error", "message"),
    [
        ({}, pd.DataFrame({"x": range(63)}, index=IDS[1:]), AlignmentError, "only in the weights: 'u00'"),
        ({}, np.zeros((64, 1)), AlignmentError, "X must be a DataFrame indexed by unit, or groups="),
        ({"n_splits": 1}, pd.DataFrame({"x": range(64)}, index=IDS), OptionError, "n_splits=1"),
        ({"n_splits": 65}, pd.DataFrame({"x": range(64)}, index=IDS), DataError, "n_splits=65 is above"),
        ({"buffer": 0}, pd.DataFrame({"x": range(64)}, index=IDS), OptionError, "buffer=0"),
        ({"buffer": 20}, pd.DataFrame({"x": range(64)}, index=IDS), DataError, "leaves no unit to train"),
    ],
)
def test_blocks_that_cannot_be_made_are_refused(options, X, error, message) -> None:
    with pytest.raises(error, match=message):
        list(SpatialBlockCV(W, **options).split(X))


# Classifiers

CODE = np.arange(64)
CLASSES = pd.Series(np.where(CODE % 2, "odd", "even"), index=IDS)
ROWS = pd.DataFrame(
    {
        "x": CODE % 2 + np.random.default_rng(0).normal(scale=0.05, size=64),
        "z": np.random.default_rng(1).normal(size=64),
    },
    index=IDS,
)
REGIONS = pd.Series(np.where(CODE < 32, "North", "South"), index=IDS)


@pytest.mark.parametrize("classifier", ["softmax", "svm"])
def test_classes_are_learned_and_judged_on_other_places(classifier: str) -> None:
    model = feature_classifier(classifier=classifier)
    found = validate_classifier(model, ROWS, CLASSES.iloc[::-1], cv=SpatialBlockCV(W, 4), regions=REGIONS)
    assert found.accuracy == 1.0
    assert found.baseline == 0.5
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1.0, atol=1e-12)
    assert (found.predicted == CLASSES).all()
    assert found.by_region["rows"].to_dict() == {"North": 32, "South": 32}
    assert found.confusion.loc[("North", "odd")].to_dict() == {"even": 0, "odd": 16}
    assert found.confusion.to_numpy().sum() == 64


def test_accuracy_and_confusion_count_the_errors() -> None:
    wrong = CLASSES.mask(CODE < 3, "even")
    found = validate_classifier(feature_classifier(), ROWS, wrong, cv=SpatialBlockCV(W, 4), regions=REGIONS)
    assert found.accuracy == pytest.approx((found.predicted == wrong).mean())
    assert found.confusion.loc[("North", "even"), "odd"] == 1
    north = found.by_region.loc["North"]
    assert north["accuracy"] == pytest.approx(31 / 32)


def test_a_network_is_learned_inside_the_folds() -> None:
    rng = np.random.default_rng(0)
    ids = [f"c{number:04d}" for number in range(1200)]
    w = sf.SpatialWeights.from_matrix(np.eye(1200, k=1) + np.eye(1200, k=-1), ids=ids)
    size = np.where(np.arange(1200) % 2, 3.0, 0.1)
    pair = rng.normal(size=(1200, 2))
    pair *= (size / np.linalg.norm(pair, axis=1))[:, None]
    X = pd.DataFrame(np.column_stack([pair, rng.laplace(size=(1200, 2))]), index=ids, columns=list("abcd"))
    y = pd.Series(np.where(np.arange(1200) % 2, "large", "small"), index=ids)
    cv = SpatialBlockCV(w, 4)
    plain = validate_classifier(feature_classifier(), X, y, cv=cv)
    network = SubspaceNetwork(n_subspaces=2)
    pooled = validate_classifier(feature_classifier(network), X, y, cv=cv)
    # The length of the pair tells the class, its direction does not: only pooled responses know it.
    assert plain.accuracy < 0.7
    assert pooled.accuracy > 0.9
    assert not hasattr(network, "components_")


def test_a_class_that_lies_in_one_place_is_reported() -> None:
    y = CLASSES.mask(CODE < 2, "corner")
    with pytest.warns(SpatialfinWarning, match="Class 'corner' is in no training row"):
        found = validate_classifier(feature_classifier(), ROWS, y, cv=SpatialBlockCV(W, 4))
    assert (found.probabilities.loc[["u00", "u01"], "corner"] == 0).all()
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize(
    ("X", "y", "regions", "error", "message"),
    [
        (ROWS, CLASSES.iloc[1:], None, AlignmentError, "must hold the same rows"),
        (ROWS.to_numpy(), CLASSES, None, AlignmentError, "rows are matched by label"),
        (ROWS, CLASSES.mask(CODE == 3), None, DataError, "no class for 'u03'"),
        (ROWS, CLASSES.mask(CODE >= 0, "one"), None, DataError, "one class only"),
        (ROWS, CLASSES, REGIONS.iloc[2:], AlignmentError, "none for the units 'u00', 'u01'"),
        (ROWS, CLASSES, dict(REGIONS), AlignmentError, "regions must be a Series"),
        (ROWS, CLASSES, pd.concat([REGIONS, REGIONS]), AlignmentError, "each of them once"),
        (ROWS, ROWS["z"], None, DataError, "y: classes are needed"),
        (ROWS.mask(ROWS > 2), CLASSES, None, DataError, "X has missing values"),
        (ROWS.assign(x="1"), CLASSES, None, DataError, "text where numbers are expected in columns 'x'"),
    ],
)
def test_classes_that_do_not_fit_are_refused(X, y, regions, error, message) -> None:
    with pytest.raises(error, match=message):
        validate_classifier(feature_classifier(), X, y, cv=SpatialBlockCV(W, 4), regions=regions)


@pytest.mark.parametrize(
    ("model", "cv", "message"),
    [
        (feature_classifier(), 5, "cv: a SpatialBlockCV is needed"),
        (feature_classifier(), SpatialBlockCV(None), "SpatialWeights are needed, not NoneType"),
        ("svm", SpatialBlockCV(W), "a classifier with predict_proba"),
    ],
)
def test_what_cannot_validate_is_refused(model, cv, message) -> None:
    with pytest.raises(ValueError, match=message):
        validate_classifier(model, ROWS, CLASSES, cv=cv)


def test_a_training_set_with_one_class_is_refused() -> None:
    cv = SpatialBlockCV(W, 2)
    y = cv.blocks().map({0: "a", 1: "b"})
    with pytest.raises(DataError, match="only the class"):
        validate_classifier(feature_classifier(), ROWS, y, cv=cv)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"classifier": "svn"}, "Did you mean 'svm'"), ({"penalty": 0.0}, "penalty=0.0")],
)
def test_unknown_classifiers_are_refused(options, message) -> None:
    with pytest.raises(OptionError, match=message):
        feature_classifier(**options)


@pytest.mark.parametrize("network", ["text", SubspaceNetwork, 3])
def test_a_network_that_makes_no_features_is_refused(network) -> None:
    with pytest.raises(DataError, match="network: a SubspaceNetwork or StackedSubspaceNetwork is needed"):
        feature_classifier(network)


# Profiles and transitions


def test_profiles_are_means_of_standard_scores() -> None:
    clusters = pd.Series(CODE % 3, index=IDS).sample(frac=1, random_state=0)
    found = cluster_profiles(ROWS, clusters)
    scores = (ROWS - ROWS.mean()) / ROWS.std(ddof=0)
    assert found.loc[1, "x"] == pytest.approx(scores["x"][CODE % 3 == 1].mean())
    assert found["units"].tolist() == [22, 21, 21]
    np.testing.assert_allclose(found[["x", "z"]].mul(found["units"], axis=0).sum(), 0, atol=1e-9)


@pytest.mark.parametrize(
    ("data", "clusters", "options", "message"),
    [
        (ROWS, pd.Series(0, index=IDS[1:]), {}, "must hold the same rows; 'u00' differ"),
        (ROWS, np.zeros(64), {}, "a Series by the data's labels"),
        (ROWS, pd.Series(0, index=IDS), {"columns": ["xx"]}, "'xx' not in the data"),
        (ROWS.assign(x=1.0), pd.Series(0, index=IDS), {}, "'x' are constant"),
        (ROWS.mask(ROWS > 2), pd.Series(0, index=IDS), {}, "missing or infinite"),
        (pd.concat([ROWS, ROWS[:1]]), pd.Series(0, index=IDS), {}, "'u00' are there twice"),
        (ROWS.assign(x=1e9 + 0.1), pd.Series(0, index=IDS), {}, "'x' are constant"),
        (ROWS, pd.Series(0.0, index=IDS).where(CODE > 0), {}, "clusters: none for 'u00'"),
        (ROWS, pd.Series(0, index=IDS), {"columns": []}, "at least one"),
        (ROWS, pd.Series(0, index=IDS), {"columns": ["x", "x"]}, "each indicator once"),
        (ROWS.rename(columns={"x": "units"}), pd.Series(0, index=IDS), {}, 'none "units"'),
    ],
)
def test_profiles_that_cannot_be_made_are_refused(data, clusters, options, message) -> None:
    with pytest.raises(ValueError, match=message):
        cluster_profiles(data, clusters, **options)


def test_small_units_of_measurement_have_the_same_profiles() -> None:
    clusters = pd.Series(CODE % 3, index=IDS)
    pd.testing.assert_frame_equal(
        cluster_profiles(ROWS * 1e-15, clusters), cluster_profiles(ROWS, clusters), rtol=1e-9
    )


def test_clusters_of_text_and_numbers_or_none_can_be_counted() -> None:
    index = pd.MultiIndex.from_product([["a", "b"], [1, 2, 3]])
    found = cluster_transitions(pd.Series([1, "rest", 1, None, 1, 1], index=index, dtype=object))
    assert found.to_numpy().tolist() == [[1, 1], [1, 0]]
    assert found.index.tolist() == [1, "rest"]


def test_transitions_count_periods_that_follow_each_other() -> None:
    index = pd.MultiIndex.from_tuples(
        [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 3), ("c", 2), ("c", 3)], names=["code", "year"]
    )
    clusters = pd.Series([0, 1, 1, 0, 2, 1, 0], index=index).sample(frac=1, random_state=0)
    counts = cluster_transitions(clusters)
    assert counts.loc[0, 1] == 1
    assert counts.loc[1].tolist() == [1, 1, 0]
    assert counts.to_numpy().sum() == 3  # b lacks year 2
    shares = cluster_transitions(clusters, shares=True)
    assert shares.loc[1].tolist() == [0.5, 0.5, 0.0]
    assert shares.loc[2].isna().all()


@pytest.mark.parametrize(
    ("clusters", "message"),
    [
        (pd.Series([0, 1]), "index levels unit and period"),
        (pd.Series([0], index=pd.MultiIndex.from_tuples([("a", 1)])), "no unit has two periods"),
        (pd.Series([0, 1], index=pd.MultiIndex.from_tuples([("a", 1)] * 2)), "are there twice"),
    ],
)
def test_transitions_that_cannot_be_counted_are_refused(clusters, message) -> None:
    with pytest.raises(DataError, match=message):
        cluster_transitions(clusters)


# scikit-learn is an extra


def test_without_scikit_learn_the_remedy_is_said_and_the_rest_works() -> None:
    code = (
        "import sys\n"
        "sys.modules['sklearn'] = None\n"
        "import spatialfin as sf\n"
        "import spatialfin.models.panel, spatialfin.features.windows\n"
        "assert callable(sf.features.panel_windows)\n"
        "try:\n"
        "    sf.features.SubspaceNetwork\n"
        "except ImportError as error:\n"
        "    assert 'pip install \"spatialfin[features]\"' in str(error), error\n"
        "else:\n"
        "    raise SystemExit('no error')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'KMeans'"):
        sf.features.KMeans  # noqa: B018
    assert dir(sf.features) == sorted(sf.features.__all__)
