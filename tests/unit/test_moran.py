"""Moran statistics: formulas, two-sided p-values, labels, and nothing of the caller's changed."""

from __future__ import annotations

import warnings
from itertools import permutations as orders

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spatialfin as sf
from spatialfin._core.permutation import global_p, two_sided_p
from spatialfin._errors import (
    AlignmentError,
    DataError,
    OptionError,
    SpatialfinError,
    SpatialfinWarning,
    WeightsError,
)
from spatialfin.explore import CLUSTERS


@pytest.fixture
def y(rowwise) -> pd.Series:
    """A smooth surface with noise on the 8 x 8 lattice, in shuffled rows."""
    rng = np.random.default_rng(5)
    places = np.arange(rowwise.n)
    values = np.sin(places // 8 / 2) + np.cos(places % 8 / 2) + 0.5 * rng.normal(size=rowwise.n)
    return pd.Series(values, index=rowwise.ids, name="lq").sample(frac=1, random_state=1)


def dense_moran(z: np.ndarray, matrix: np.ndarray) -> float:
    z = z - z.mean()
    return float(len(z) / matrix.sum() * (z @ matrix @ z) / (z @ z))


@pytest.mark.parametrize("style", ["row", "binary", "spectral"])
def test_the_statistic_and_its_moments_by_their_formulas(y, binary, style) -> None:
    weights = binary.standardize(style)
    found = sf.moran(y, weights, permutations=0)
    matrix, n = weights.align(y.index).toarray(), len(y)
    assert pytest.approx(dense_moran(y.to_numpy(), matrix), abs=1e-14) == found.I
    assert found.expected == pytest.approx(-1 / (n - 1))
    s0, s1 = matrix.sum(), ((matrix + matrix.T) ** 2).sum() / 2
    s2 = ((matrix.sum(axis=0) + matrix.sum(axis=1)) ** 2).sum()
    variance = (n**2 * s1 - n * s2 + 3 * s0**2) / (s0**2 * (n**2 - 1)) - 1 / (n - 1) ** 2
    assert found.variance == pytest.approx(variance, rel=1e-12)
    assert found.sd == pytest.approx(variance**0.5)
    assert found.z == pytest.approx((found.I - found.expected) / found.sd)
    assert found.p_norm == pytest.approx(2 * stats.norm.sf(abs(found.z)))
    assert np.isnan(found.p_sim)


def test_randomisation_moments_are_those_of_all_orders() -> None:
    """Five units have 120 orders: their mean and variance are the moments, exactly."""
    rng = np.random.default_rng(6)
    matrix = rng.uniform(size=(5, 5))
    np.fill_diagonal(matrix, 0)
    weights = sf.SpatialWeights.from_matrix(matrix, ids=list("abcde"))
    y = pd.Series([1.0, 2, 4, 8, 20], index=list("abcde"))
    every = np.array([dense_moran(np.array(order), matrix) for order in orders(y)])
    found = sf.moran(y, weights, assumption="randomization", permutations=9999)
    assert found.expected == pytest.approx(every.mean(), abs=1e-12)
    assert found.variance == pytest.approx(every.var(), rel=1e-10)
    rarer = min((every >= found.I - 1e-12).mean(), (every <= found.I + 1e-12).mean())
    exact = min(1.0, 2 * rarer)
    # 4 standard errors of a share from 9,999 draws
    assert found.p_sim == pytest.approx(exact, abs=8 * np.sqrt(0.25 / 9999))


def test_two_sided_p_by_hand() -> None:
    assert two_sided_p(0, 99, 99) == pytest.approx(0.02)
    assert two_sided_p(99, 0, 99) == pytest.approx(0.02)
    assert two_sided_p(4, 95, 99) == pytest.approx(0.1)
    assert two_sided_p(60, 60, 99) == 1.0


def test_permutation_and_normal_p_agree_on_a_normal_sample(rowwise) -> None:
    rng = np.random.default_rng(7)
    values = rng.normal(size=rowwise.n) + 0.4 * rowwise.sparse @ rng.normal(size=rowwise.n)
    found = sf.moran(pd.Series(values, index=rowwise.ids), rowwise, permutations=9999)
    assert found.p_sim == pytest.approx(found.p_norm, abs=0.03)


def test_negative_autocorrelation_is_as_significant_as_positive(rowwise) -> None:
    board = pd.Series([(-1.0) ** (i // 8 + i % 8) for i in range(64)], index=rowwise.ids)
    found = sf.moran(board + 0.01 * np.arange(64), rowwise, permutations=199)
    assert found.I < -0.9
    assert found.p_sim == pytest.approx(0.01)
    assert found.p_norm < 1e-6


def test_ties_with_the_observed_value_count_on_both_sides() -> None:
    """Every order of a complete graph gives the same I: nothing is extreme."""
    weights = sf.SpatialWeights.from_matrix(np.ones((6, 6)) - np.eye(6), ids=list("abcdef"))
    y = pd.Series([0.1, 0.2, 0.3, 0.7, 1.1, 1.3], index=list("abcdef"))
    found = sf.moran(y, weights)
    assert (found.p_sim, found.variance) == (1.0, 0.0)
    assert np.isnan([found.z, found.p_norm]).all()
    assert sf.local_moran(y, weights).p_sim.tolist() == [1.0] * 6


def test_the_seed_decides(y, rowwise) -> None:
    weak = y.sample(frac=1, random_state=3).set_axis(y.index)
    first = sf.moran(weak, rowwise, seed=1, permutations=99).p_sim
    assert sf.moran(weak, rowwise, seed=1, permutations=99).p_sim == first
    assert len({sf.moran(weak, rowwise, seed=seed, permutations=99).p_sim for seed in range(6)}) > 1


def test_batches_do_not_change_the_draws(y, rowwise, monkeypatch) -> None:
    from spatialfin._core import permutation

    z = (y - y.mean()).to_numpy()
    matrix = rowwise.align(y.index)
    at_once = global_p(z, matrix, 99, 0), permutation.local_p(z, matrix, 99, 0)
    monkeypatch.setattr(permutation, "_CELLS_IN_CACHE", 64 * 7)
    monkeypatch.setattr(permutation, "_CELLS_IN_MEMORY", 64 * 7)
    assert global_p(z, matrix, 99, 0) == at_once[0]
    assert np.array_equal(permutation.local_p(z, matrix, 99, 0), at_once[1])


def test_esda_agrees(y, rowwise) -> None:
    import esda

    graph = rowwise.subset(y.index).to_graph()
    peer = esda.Moran(y.to_numpy(), graph, transformation="O", permutations=0)
    found = sf.moran(y, rowwise)
    assert (found.I, found.variance) == (pytest.approx(peer.I), pytest.approx(peer.VI_norm))
    assert found.p_norm == pytest.approx(peer.p_norm)


@pytest.mark.slow  # esda compiles for twenty seconds
def test_esda_agrees_locally(y, rowwise) -> None:
    import esda

    graph = rowwise.subset(y.index).to_graph()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        state = np.random.get_state()  # noqa: NPY002
        local = esda.Moran_Local(y.to_numpy(), graph, transformation="O", permutations=9999, seed=1)
        np.random.set_state(state)  # noqa: NPY002
    ours = sf.local_moran(y, rowwise, permutations=9999)
    assert ours.I.to_numpy() == pytest.approx(local.Is)
    # esda's p-value is one-sided; 4 standard errors of both simulations
    assert ours.p_sim.to_numpy() == pytest.approx(np.minimum(1, 2 * local.p_sim), abs=0.06)
    quadrants = pd.Series(local.q).map({1: "High-High", 2: "Low-High", 3: "Low-Low", 4: "High-Low"})
    assert ours.quadrant.tolist() == quadrants.tolist()


@pytest.mark.parametrize("style", ["row", "binary"])
def test_local_statistics_sum_to_the_global_one(y, binary, style) -> None:
    weights = binary.standardize(style)
    local, found, n = sf.local_moran(y, weights), sf.moran(y, weights), len(y)
    assert local.I.sum() == pytest.approx((n - 1) / n * weights.sparse.sum() * found.I, rel=1e-12)


def test_local_moments_are_those_of_the_conditional_draws() -> None:
    """Unit a keeps its value while 24 orders of the others pass by."""
    rng = np.random.default_rng(8)
    matrix = rng.uniform(size=(5, 5))
    np.fill_diagonal(matrix, 0)
    y = pd.Series([1.0, 2, 4, 8, 20], index=list("abcde"))
    z = (y - y.mean()).to_numpy() / y.std(ddof=0)
    drawn = np.array([4 / 5 * z[0] * (matrix[0, 1:] @ np.array(order)) for order in orders(z[1:])])
    local = sf.local_moran(y, sf.SpatialWeights.from_matrix(matrix, ids=list("abcde")))
    observed = 4 / 5 * z[0] * (matrix[0] @ z)
    assert local.I["a"] == pytest.approx(observed)
    assert observed - drawn.mean() == pytest.approx(local.z["a"] * drawn.std(), rel=1e-9)


def test_standardised_values_and_lags_keep_the_callers_labels(y, rowwise) -> None:
    for found in (sf.moran(y, rowwise), sf.local_moran(y, rowwise)):
        expected = (y - y.mean()) / y.std(ddof=0)
        pd.testing.assert_series_equal(found.standardized, expected, check_names=False)
        pd.testing.assert_series_equal(found.lag, rowwise.lag(expected), check_names=False)
        assert found.variable == "lq"
    # the slope of the Moran scatter plot is I
    slope = np.polyfit(found.standardized, found.lag, 1)[0]
    assert slope == pytest.approx(sf.moran(y, rowwise).I)


def test_nothing_of_the_callers_changes(y, rowwise) -> None:
    before = y.copy(), rowwise.sparse.toarray(), np.random.get_state()[1].copy(), list(warnings.filters)  # noqa: NPY002
    sf.moran(y, rowwise)
    sf.local_moran(y, rowwise)
    assert y.equals(before[0])
    assert np.array_equal(rowwise.sparse.toarray(), before[1])
    assert np.array_equal(np.random.get_state()[1], before[2])  # noqa: NPY002
    assert warnings.filters == before[3]


def test_islands_count_but_have_no_cluster(y, binary) -> None:
    matrix = binary.sparse.toarray()
    matrix[0] = matrix[:, 0] = 0
    weights = sf.SpatialWeights.from_matrix(matrix, ids=binary.ids).standardize("row")
    found, local = sf.moran(y, weights), sf.local_moran(y, weights)
    assert found.n == 64
    assert pytest.approx(dense_moran(y.to_numpy(), weights.align(y.index).toarray())) == found.I
    alone = binary.ids[0]
    assert np.isnan(local.I[alone])
    assert np.isnan(local.p_sim[alone])
    assert local.quadrant[alone] == "No neighbours"
    assert local.clusters()[alone] == "No neighbours"
    assert found.lag[alone] == 0


def test_clusters_have_all_six_categories_in_order(y, rowwise) -> None:
    for adjust in ("none", "fdr"):
        clusters = sf.local_moran(y, rowwise).clusters(adjust=adjust)
        assert tuple(clusters.cat.categories) == CLUSTERS
        assert clusters.cat.ordered
        assert list(clusters.index) == list(y.index)


def test_adjustments_by_hand(y, rowwise) -> None:
    local = sf.local_moran(y, rowwise, permutations=4999)
    m = len(y)
    ranked = local.p_sim.sort_values()
    passing = np.flatnonzero(ranked.to_numpy() <= 0.05 * np.arange(1, m + 1) / m)
    expected = {"none": set(y.index[local.p_sim.loc[y.index] <= 0.05])}
    expected["fdr"] = set(ranked.index[: passing.max() + 1])
    expected["bonferroni"] = set(y.index[local.p_sim.loc[y.index] <= 0.05 / m])
    for adjust, units in expected.items():
        clusters = local.clusters(alpha=0.05, adjust=adjust)
        assert set(clusters.index[clusters != "Not significant"]) == units, adjust
    assert expected["bonferroni"] < expected["fdr"] < expected["none"]
    significant = local.clusters(adjust="none").loc[list(expected["none"])]
    assert significant.astype(str).eq(local.quadrant.loc[significant.index]).all()


def test_too_few_permutations_for_bonferroni_are_told(y, rowwise) -> None:
    with pytest.warns(SpatialfinWarning, match="Bonferroni over 64 units .* take at least permutations=2559"):
        sf.local_moran(y, rowwise, permutations=999).clusters(adjust="bonferroni")
    sf.local_moran(y, rowwise, permutations=2559).clusters(adjust="bonferroni")


@pytest.mark.parametrize("options", [{"alpha": 0}, {"alpha": 1.5}, {"adjust": "bh"}])
def test_bad_cluster_options_are_refused(y, rowwise, options) -> None:
    with pytest.raises(OptionError):
        sf.local_moran(y, rowwise, permutations=9).clusters(**options)


def test_the_frame_holds_every_column(y, rowwise) -> None:
    frame = sf.local_moran(y, rowwise, permutations=9).frame
    assert list(frame.columns) == ["I", "z", "p_sim", "quadrant", "standardized", "lag"]
    assert list(frame.index) == list(y.index)


@pytest.mark.parametrize("statistic", [sf.moran, sf.local_moran])
def test_bad_inputs_are_named(y, rowwise, statistic) -> None:
    gap = y.copy()
    gap.iloc[0] = np.nan
    four = rowwise.subset(rowwise.ids[:2])
    empty = sf.SpatialWeights.from_matrix(np.zeros((64, 64)), ids=rowwise.ids)
    cases = [
        (y.iloc[1:], rowwise, AlignmentError, f"only in the weights: '{y.index[0]}'"),
        (gap, rowwise, DataError, f"lq: missing or infinite at '{y.index[0]}'"),
        (y * 0 + 3, rowwise, DataError, "lq: constant"),
        (y * 1e-14 + 3, rowwise, DataError, "lq: constant"),
        (pd.Series([1.0, 2.0], index=four.ids), four, DataError, "2 units; Moran's I needs at least 4"),
        (y, empty, WeightsError, "No unit has a neighbour"),
        (y.to_numpy(), rowwise, DataError, "a Series indexed by unit|A Series indexed by unit"),
        (y, rowwise.to_graph(), WeightsError, "SpatialWeights.from_graph"),
    ]
    for values, weights, error, message in cases:
        with pytest.raises(error, match=message):
            statistic(values, weights)
    for options in ({"permutations": -1}, {"permutations": 9.5}, {"seed": -1}, {"seed": None}):
        with pytest.raises(OptionError, match="a whole number"):
            statistic(y, rowwise, **options)


def test_local_statistics_need_permutations(y, rowwise) -> None:
    with pytest.raises(OptionError, match="permutations=0"):
        sf.local_moran(y, rowwise, permutations=0)
    with pytest.raises(OptionError, match="'normality', 'randomization'"):
        sf.moran(y, rowwise, assumption="normal")


@pytest.fixture
def panel(y) -> pd.DataFrame:
    rng = np.random.default_rng(9)
    years = [
        pd.DataFrame(
            {"code": y.index, "year": year, "lq": rng.permutation(y), "gdp": rng.normal(size=y.size)}
        )
        for year in (2003, 2002)
    ]
    return pd.concat(years).sample(frac=1, random_state=2).reset_index(drop=True)


def test_the_table_holds_one_row_per_variable_weights_and_time(panel, binary, rowwise) -> None:
    weights = {"queen": rowwise, "raw": binary}
    table = sf.moran_table(panel, ["lq", "gdp"], weights, unit="code", time="year", permutations=99)
    assert " ".join(table.columns) == "time variable weights I expected sd z p_norm p_sim n"
    assert list(zip(table["variable"], table["weights"], table["time"], strict=True)) == [
        (variable, name, year) for variable in ("lq", "gdp") for name in weights for year in (2002, 2003)
    ]
    one = panel[panel["year"] == 2003].set_index("code")["gdp"]
    expected = sf.moran(one, binary, permutations=99)
    row = table.query("time == 2003 and variable == 'gdp' and weights == 'raw'").iloc[0]
    # sums of a block of series round differently; the draws are the same
    for name in ("I", "expected", "sd", "z", "p_norm"):
        assert row[name] == pytest.approx(getattr(expected, name), rel=1e-12, abs=1e-14), name
    assert (row["p_sim"], row["n"]) == (expected.p_sim, expected.n)


def test_unit_and_time_may_be_index_levels(panel, rowwise) -> None:
    flat = sf.moran_table(panel, "lq", rowwise, unit="code", time="year", permutations=9)
    keyed = panel.set_index(["year", "code"])
    pd.testing.assert_frame_equal(
        sf.moran_table(keyed, "lq", rowwise, unit="code", time="year", permutations=9), flat
    )
    one = panel[panel["year"] == 2002].set_index("code")
    cross = sf.moran_table(one, "lq", rowwise, unit="code", permutations=9)
    assert "time" not in cross
    assert cross["I"].item() == pytest.approx(flat["I"].iloc[0], rel=1e-12)


def test_every_gap_of_the_table_is_told_at_once(panel, binary, rowwise) -> None:
    gappy = panel.copy()
    first = gappy.query("year == 2002 and code == 'u0003'").index
    second = gappy.query("year == 2003 and code == 'u0007'").index
    gappy.loc[first, "lq"] = gappy.loc[second, "gdp"] = np.nan
    weights = {"one": binary, "two": rowwise}
    with pytest.raises(DataError, match=r"(?s)2 problems.*lq, 2002: .*'u0003'.*gdp, 2003: .*'u0007'"):
        sf.moran_table(gappy, ["lq", "gdp"], weights, unit="code", time="year")
    short = panel.drop(index=first)
    with pytest.raises(AlignmentError, match=r"weights W, 2002: .*only in the weights: 'u0003'"):
        sf.moran_table(short, "lq", rowwise, unit="code", time="year")
    short = short.assign(lq=short["lq"].mask(short["code"].eq("u0009") & short["year"].eq(2003)))
    with pytest.raises(SpatialfinError, match=r"(?s)2 problems.*weights W, 2002.*lq, 2003: .*'u0009'"):
        sf.moran_table(short, "lq", rowwise, unit="code", time="year")


def test_bad_tables_are_refused(panel, rowwise) -> None:
    twice = pd.concat([panel, panel[panel["code"] == "u0005"]])
    cases = [
        (panel, "lqq", "code", "year", "no column 'lqq'. Did you mean 'lq'"),
        (panel, "lq", "kode", "year", "no column 'kode'. Did you mean 'code'"),
        (twice, "lq", "code", "year", "More than one row for 'u0005 200[23]', 'u0005 200[23]'"),
        (panel, "lq", "code", None, "More than one row for"),
        (
            panel.assign(code=panel["code"].mask(panel.index < 3)),
            "lq",
            "code",
            "year",
            "3 rows have no code or year",
        ),
    ]
    for data, variable, unit, time, message in cases:
        with pytest.raises(DataError, match=message):
            sf.moran_table(data, variable, rowwise, unit=unit, time=time)


def test_the_reprs_say_what_matters(y, rowwise) -> None:
    assert "<Moran's I of lq: 0." in repr(sf.moran(y, rowwise))
    assert "p_sim = 0.002 (999 permutations), 64 units>" in repr(sf.moran(y, rowwise))
    assert repr(sf.local_moran(y, rowwise, permutations=99)).startswith("<Local Moran of lq: 64 units, ")
