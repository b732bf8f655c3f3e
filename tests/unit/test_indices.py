"""Concentration, inequality, composites and risk: by hand, by brute force, and with bad inputs."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, LayerError, OptionError, SpatialfinWarning

INDICES = sf.indices
UNITS = ["u0", "u1", "u2", "u3", "u4", "u5"]
X = pd.Series([1.0, 4, 0, 7, 2, 9], index=UNITS)
TOTAL = pd.Series([5.0, 8, 3, 9, 4, 12], index=UNITS)
WEIGHTS = pd.Series([3.0, 1, 2, 2, 5, 1], index=UNITS)
GROUPS = pd.Series(["n", "s", "n", "s", "s", "n"], index=UNITS)
TABLE = pd.DataFrame({"steel": X, "banks": [5.0, 1, 1, 2, 3, 0], "rest": [2.0, 2, 2, 3, 3, 3]}, index=UNITS)


def brute_gini(x, w) -> float:
    """Two loops over all pairs."""
    pairs = sum(a * b * abs(p - q) for p, a in zip(x, w, strict=True) for q, b in zip(x, w, strict=True))
    return pairs / (2 * np.average(x, weights=w) * sum(w) ** 2)


def brute_between(x, w, groups, one, two) -> tuple[float, float]:
    """Mean difference, and relative affluence from its definition d_jh - p_jh over their sum."""
    richer, poorer = sorted(
        [one, two], key=lambda name: -np.average(x[groups == name], weights=w[groups == name])
    )
    ahead = behind = 0.0
    for p, a in zip(x[groups == richer], w[groups == richer], strict=True):
        for q, b in zip(x[groups == poorer], w[groups == poorer], strict=True):
            ahead, behind = ahead + a * b * max(p - q, 0), behind + a * b * max(q - p, 0)
    size = w[groups == one].sum() * w[groups == two].sum()
    return (ahead + behind) / size, (ahead - behind) / (ahead + behind)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_gini_against_all_pairs(weights) -> None:
    w = np.ones(6) if weights is None else weights.to_numpy()
    assert INDICES.gini(X, weights=weights).item() == pytest.approx(brute_gini(X, w), rel=1e-13)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("groups", [GROUPS, pd.Series(list("abcabc"), index=UNITS)])
def test_dagum_against_its_definition(weights, groups) -> None:
    found = INDICES.dagum_gini(X, groups=groups[::-1], weights=weights)
    w = pd.Series(1.0, UNITS) if weights is None else weights
    names = sorted(set(groups))
    people, income = w.groupby(groups).sum() / w.sum(), (w * X).groupby(groups).sum() / (w * X).sum()
    mean = (w * X).groupby(groups).sum() / w.groupby(groups).sum()
    within = sum(
        brute_gini(X[groups == name], w[groups == name]) * people[name] * income[name] for name in names
    )
    between = transvariation = 0.0
    for number, one in enumerate(names):
        for two in names[:number]:
            difference, affluence = brute_between(X, w, groups, one, two)
            g = difference / (mean[one] + mean[two])
            part = g * (people[one] * income[two] + people[two] * income[one])
            between, transvariation = between + part * affluence, transvariation + part * (1 - affluence)
            assert found.pairs.loc[("all", one), two] == pytest.approx(g, rel=1e-12)
            assert found.affluence.loc[("all", two), one] == pytest.approx(affluence, rel=1e-12)
    expected = [brute_gini(X, w), within, between, transvariation]
    assert found.frame.loc["all"].tolist() == pytest.approx(expected, rel=1e-12)
    assert sum(expected[1:]) == pytest.approx(expected[0], rel=1e-12)
    for name in names:
        own = brute_gini(X[groups == name], w[groups == name])
        assert found.groups.loc["all", name] == pytest.approx(own, rel=1e-12)
    assert found.contributions.loc["all"].sum() == pytest.approx(1)
    assert "groups" in repr(found)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_theil_against_its_definition(weights) -> None:
    w = pd.Series(1.0, UNITS) if weights is None else weights

    def brute(x, w) -> float:
        mean = np.average(x, weights=w)
        return sum(b / w.sum() * a / mean * np.log(a / mean) for a, b in zip(x, w, strict=True) if a > 0)

    found = INDICES.theil_decomposition(X, groups=GROUPS, weights=weights)
    share = (w * X).groupby(GROUPS).sum() / (w * X).sum()
    within = sum(share[name] * brute(X[name == GROUPS], w[name == GROUPS]) for name in ("n", "s"))
    people = w.groupby(GROUPS).sum() / w.sum()
    between = sum(share[name] * np.log(share[name] / people[name]) for name in ("n", "s"))
    assert found.frame.loc["all"].tolist() == pytest.approx([brute(X, w), within, between], rel=1e-12)
    assert INDICES.theil(X, weights=weights).item() == pytest.approx(brute(X, w), rel=1e-12)
    assert found.contributions.loc["all"].sum() == pytest.approx(1)
    assert (found.groups * found.shares).sum(axis=1).item() == pytest.approx(within)
    assert "2 groups" in repr(found)


def test_a_group_absent_in_a_year_has_no_value_there() -> None:
    index = pd.MultiIndex.from_tuples(
        [(unit, 1) for unit in UNITS] + [(unit, 2) for unit in ("u0", "u1", "u3", "u4")],
        names=["unit", "year"],
    )
    unit = index.get_level_values("unit")
    values = pd.Series(X.reindex(unit).to_numpy(), index=index)
    groups = pd.Series(["c" if name in {"u2", "u5"} else "a" if name < "u3" else "b" for name in unit], index)
    for found in (
        INDICES.dagum_gini(values, groups=groups, by="year"),
        INDICES.theil_decomposition(values, groups=groups, by="year"),
    ):
        assert found.groups.isna().to_numpy().tolist() == [[False] * 3, [False, False, True]]
        assert found.frame.notna().all(axis=None)


def test_a_group_of_zeros_has_no_inequality_of_its_own() -> None:
    values = X.where(GROUPS == "n", 0.0)
    theil = INDICES.theil_decomposition(values, groups=GROUPS)
    dagum = INDICES.dagum_gini(values, groups=GROUPS)
    assert np.isnan(theil.groups.loc["all", "s"])
    assert np.isnan(dagum.groups.loc["all", "s"])
    for frame in (theil.frame, dagum.frame):
        assert frame.iloc[0, 1:].sum() == pytest.approx(frame.iloc[0, 0], rel=1e-12)


def test_a_group_of_one_unit_is_told() -> None:
    groups = GROUPS.mask(GROUPS.index == "u0", "alone")
    for function in (INDICES.dagum_gini, INDICES.theil_decomposition, INDICES.regional_imbalance):
        with pytest.warns(SpatialfinWarning, match="one unit in a period: 'alone'") as told:
            function(X, groups=groups)
        assert len(told) == 1


def test_kinds_and_labels() -> None:
    panel = pd.concat({1: TABLE, 2: TABLE * 2}, names=["year", "unit"])
    one = INDICES.gini(panel["steel"], by="year")
    assert (one.name, list(one.index), one.index.name) == ("gini", [1, 2], "year")
    assert INDICES.gini(X).index.tolist() == ["all"]
    several = INDICES.gini(panel, by="year")
    assert list(several.columns) == list(TABLE.columns)
    assert several["steel"].tolist() == one.tolist()
    both = INDICES.regional_imbalance(panel, groups=panel["rest"].gt(2), by="year")
    assert both.index.tolist() == [(name, year) for name in TABLE for year in (1, 2)]
    flat = panel.reset_index()
    assert INDICES.gini(flat["steel"], by=flat["year"]).tolist() == one.tolist()


def test_concentration_by_hand() -> None:
    assert INDICES.concentration_ratio(X, k=2).to_dict() == {"all": pytest.approx(16 / 23)}
    assert INDICES.herfindahl(X).item() == pytest.approx((1 + 16 + 49 + 4 + 81) / 529)
    s, x = X / 23, TOTAL / 41
    assert INDICES.hoover(X, TOTAL).item() == pytest.approx((s - x).abs().sum() / 2)
    pairs = np.abs(np.outer(s, x) - np.outer(x, s)).sum() / 2
    assert INDICES.locational_gini(X, TOTAL).item() == pytest.approx(pairs, rel=1e-13)
    empty = TOTAL.mask(TOTAL.index == "u1", 0.0)
    pairs = np.abs(np.outer(s, empty / 33) - np.outer(empty / 33, s)).sum() / 2
    assert INDICES.locational_gini(X, empty).item() == pytest.approx(pairs, rel=1e-13)


@pytest.mark.parametrize("reference", ["rest", "all"])
def test_krugman_by_hand(reference) -> None:
    def others(table, label):
        return table.drop(index=label).sum() if reference == "rest" else table.sum()

    special = INDICES.krugman_specialization(TABLE, reference=reference)
    concentrated = INDICES.krugman_concentration(TABLE, reference=reference)
    for table, found in ((TABLE, special), (TABLE.T, concentrated.loc["all"])):
        for label in table.index:
            structure, other = table.loc[label], others(table, label)
            distance = (structure / structure.sum() - other / other.sum()).abs().sum()
            assert found[label] == pytest.approx(distance, rel=1e-12), label


def test_undefined_numbers_are_told() -> None:
    empty = TABLE.mul(pd.Series([1.0, 1, 1, 1, 0, 1], UNITS), axis=0)
    with pytest.warns(SpatialfinWarning, match=r"undefined \(NaN\) at 'u4'"):
        assert np.isnan(INDICES.krugman_specialization(empty)["u4"])
    with pytest.warns(SpatialfinWarning, match=r"undefined \(NaN\) at 'banks'"):
        assert INDICES.krugman_concentration(TABLE.assign(banks=0.0))["banks"].isna().all()
    with pytest.warns(SpatialfinWarning, match="normalised Herfindahl index is undefined .NaN. at 'all'"):
        assert INDICES.herfindahl(X.iloc[:1], normalized=True).isna().all()
    with pytest.warns(SpatialfinWarning, match="infinite or undefined at 'u2'"):
        assert INDICES.growth_multiples(X, TOTAL)["u2"] == np.inf
    with pytest.warns(SpatialfinWarning, match="One plant only, .* in 'all'"):
        assert INDICES.ellison_glaeser(X, TOTAL, plant_herfindahl=1.0).isna().all()


def test_a_dartboard_gives_ellison_and_glaeser_zero() -> None:
    """Plants of unequal size thrown at regions with probabilities x: the mean of many is 0 by design."""
    rng = np.random.default_rng(1)
    x, sizes = TOTAL.to_numpy() / TOTAL.sum(), rng.lognormal(size=15)
    throws = rng.choice(6, p=x, size=(2000, 15))
    cells = np.stack([np.bincount(places, sizes, 6) for places in throws], axis=1)
    table = pd.DataFrame(cells, index=UNITS)
    plants = pd.Series(INDICES.herfindahl(pd.Series(sizes)).item(), index=table.columns)
    gamma = INDICES.ellison_glaeser(table, TOTAL, plant_herfindahl=plants).loc["all"]
    assert abs(gamma.mean()) < 4 * gamma.std() / np.sqrt(2000)
    # Raw concentration is far from zero: taking the plants out is what makes the difference.
    assert sf.spatial_gini(table, TOTAL).loc["all"].mean() > 0.05


def test_coagglomeration_as_it_is_printed() -> None:
    """The formula with plant Herfindahls, which cancel."""
    s, x = TABLE / TABLE.sum(), TOTAL / TOTAL.sum()
    weight, plants = (
        TABLE.sum() / TABLE.to_numpy().sum(),
        pd.Series({"steel": 0.2, "banks": 0.3, "rest": 0.1}),
    )
    gamma = INDICES.ellison_glaeser(TABLE, TOTAL, plant_herfindahl=plants).loc["all"]
    raw = ((s @ weight - x) ** 2).sum() / (1 - (x**2).sum())
    h = (weight**2 * plants).sum()
    top = raw - h - (gamma * weight**2 * (1 - plants)).sum()
    expected = top / (1 - (weight**2).sum())
    assert INDICES.coagglomeration(TABLE, TOTAL).item() == pytest.approx(expected, rel=1e-12)


def test_the_entropy_weights_by_hand() -> None:
    index = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["unit", "year"])
    data = pd.DataFrame({"even": [1.0, 2, 3, 4], "rare": [0.0, 0, 0, 9], "bad": [4.0, 3, 2, 1]}, index=index)
    found = INDICES.entropy_composite(
        data, directions={"even": "positive", "rare": "positive", "bad": "negative"}
    )
    p = np.array([1, 2, 3]) / 6
    entropy = -(p * np.log(p)).sum() / np.log(4)
    assert found.entropy.tolist() == pytest.approx([entropy, 0, entropy])
    total = 2 * (1 - entropy) + 1
    assert found.weights.tolist() == pytest.approx([(1 - entropy) / total, 1 / total, (1 - entropy) / total])
    # Divided by ln T = ln 2, the redundancy of "even" would be negative and its weight too.
    assert entropy * np.log(4) / np.log(2) > 1
    assert found.weights.idxmax() == "rare"
    assert found.composite.tolist() == pytest.approx(
        [0, 2 / 3 * (1 - entropy) / total, 4 / 3 * (1 - entropy) / total, 1]
    )
    assert found.scaled["bad"].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert "3 indicators, 4 cells" in repr(found)


def test_standardised_quotients_and_clusters() -> None:
    rng = np.random.default_rng(3)
    total = pd.Series(100.0, index=[f"u{i}" for i in range(40)])
    sector = pd.Series(np.exp(rng.normal(size=40)), index=total.index)
    sector["u7"] = 12.0
    z = INDICES.standardized_location_quotient(sector, total)
    log = np.log(sector)
    assert z.tolist() == pytest.approx(((log - log.mean()) / log.std()).tolist())
    level = INDICES.standardized_location_quotient(sector, total, scale="level")
    assert level.tolist() == pytest.approx(((sector - sector.mean()) / sector.std()).tolist())
    found = INDICES.cluster_test(sector, total)
    assert found.cutoffs.loc["all", "cutoff"] == pytest.approx(1.959964, abs=5e-7)
    assert found.cutoffs["std_error"].isna().all()
    assert found.frame.index[found.frame["agglomerated"]].tolist() == ["u7", "u9"]
    assert z[["u7", "u9"]].gt(1.96).all()
    assert z.drop(["u7", "u9"]).lt(1.96).all()
    assert found.frame.loc["u7", "p_value"] == pytest.approx(2 * stats.norm.sf(z["u7"]))
    assert found.normality.loc["all", "p_value"] == pytest.approx(stats.shapiro(log).pvalue)
    with pytest.warns(
        SpatialfinWarning, match="Normality of the level location quotient is rejected in 'all'"
    ):
        assert not INDICES.cluster_test(sector, total, scale="level").normality["normal"].any()


def test_bootstrap_cutoffs_are_those_of_every_sample() -> None:
    """Of three units there are 27 samples: the mean and spread of their quantiles are known."""
    total = pd.Series(1.0, index=list("abc"))
    sector = pd.Series([1.0, 2.0, 4.0], index=total.index)
    z = [-1.0, 0.0, 1.0]  # the logarithms are equally far apart
    every = [np.quantile(sample, 0.95) for sample in itertools.product(z, repeat=3)]
    found = INDICES.cluster_test(sector, total, cutoff="bootstrap", alpha=0.1, draws=20_000)
    # Four standard errors of a mean over 20,000 samples, and as much for their spread.
    margin = 4 * np.std(every) / np.sqrt(20_000)
    assert found.cutoffs.loc["all"].tolist() == pytest.approx([np.mean(every), np.std(every)], abs=margin)
    assert found.frame["agglomerated"].tolist() == [False, False, True]
    assert found.frame["p_value"].isna().all()
    assert "z > 0.6" in repr(found)
    assert "by bootstrap" in repr(found)


def test_bootstrap_cutoffs_follow_the_distribution_and_not_the_order() -> None:
    rng = np.random.default_rng(3)
    keys = pd.MultiIndex.from_product([range(400), [2004, 2005]], names=["unit", "year"])
    total = pd.Series(1.0, index=keys)
    sector = pd.Series(rng.exponential(size=800), index=keys)
    options: dict[str, Any] = {"by": "year", "scale": "level", "cutoff": "bootstrap", "draws": 200}
    found = INDICES.cluster_test(sector, total, **options)
    # The 97.5th percentile of the exponential distribution is ln 40, its mean and standard deviation 1.
    assert found.cutoffs["cutoff"].to_numpy() == pytest.approx(np.log(40) - 1, abs=0.35)
    assert found.frame.groupby("year")["agglomerated"].mean().to_numpy() == pytest.approx(0.025, abs=0.01)
    assert found.cutoffs["cutoff"].nunique() == 2
    turned = INDICES.cluster_test(sector.iloc[::-1], total, **options)
    pd.testing.assert_frame_equal(turned.cutoffs, found.cutoffs)
    other = INDICES.cluster_test(sector, total, **options, seed=1)
    assert not np.allclose(other.cutoffs, found.cutoffs)


def test_the_exact_test_of_counts() -> None:
    sector, total = pd.Series({"a": 30, "b": 0, "c": 10}), pd.Series({"a": 100, "b": 50, "c": 10})
    found = INDICES.location_quotient_test(sector, total, alpha=0.1)
    for unit in sector.index:
        exact = stats.binomtest(int(sector[unit]), int(total[unit]), 0.25)
        low, high = exact.proportion_ci(0.9, method="exact")
        assert found.loc[unit, "conf_low":"conf_high"].tolist() == pytest.approx([low / 0.25, high / 0.25])
        tails = [
            stats.binomtest(int(sector[unit]), int(total[unit]), 0.25, alternative=side).pvalue
            for side in ("less", "greater")
        ]
        assert found.loc[unit, "p_value"] == pytest.approx(min(1, 2 * min(tails)))
    with pytest.warns(SpatialfinWarning, match="undefined .NaN. at 'b'"):
        none = INDICES.location_quotient_test(sector, total.mask(total == 50, 0))
    assert none.loc["b"].isna().all()


def test_levels_of_risk() -> None:
    values = pd.concat(
        {1: pd.Series(1.0, UNITS * 2), 2: pd.Series([9.0, *[1.0] * 11], UNITS * 2)}, names=["year"]
    )
    values.index = pd.MultiIndex.from_product([[1, 2], range(12)], names=["year", "unit"])
    limits = {"herfindahl": (0.2, 0.5), "cr_1": (0.05, 0.4)}
    with pytest.warns(SpatialfinWarning, match="high: cr_1 above 0.4 in '2'"):
        found = INDICES.concentration_risk(values, by="year", k=[1], thresholds=limits)
    assert found["herfindahl_level"].tolist() == ["low", "moderate"]
    assert found["cr_1_level"].tolist() == ["moderate", "high"]
    with pytest.warns(SpatialfinWarning, match="herfindahl above 0.18 in '2'"):
        default = INDICES.concentration_risk(values, by="year")
    assert list(default) == ["herfindahl", "herfindahl_level", "cr_3", "cr_5"]
    # A share equal to a threshold has not passed it.
    at = INDICES.concentration_risk(values, by="year", k=[1], thresholds={"cr_1": (1 / 12, 0.9)})
    assert at["cr_1_level"].tolist() == ["low", "moderate"]


def test_density_of_a_panel() -> None:
    panel = pd.concat({1: X, 2: X * 2}, names=["year", "unit"])
    found = INDICES.density(panel, TOTAL[::-1], unit="unit")
    assert found.loc[2].to_dict() == pytest.approx((2 * X / TOTAL).to_dict())
    coded = panel.reset_index("year", drop=True)
    assert INDICES.density(coded, TOTAL).tolist() == pytest.approx(found.tolist())
    layer = sf.load_layer("china_provinces", units=["110000", "120000"])
    with pytest.raises(LayerError, match="no coordinate system"):
        INDICES.density(pd.Series(1.0, layer.index), layer.set_crs(None, allow_override=True))


def test_growth_is_matched_by_row_and_column() -> None:
    start, end = TABLE + 1, (TABLE + 1) * [2.0, 3.0, 4.0]
    found = INDICES.growth_multiples(start, end.loc[UNITS[::-1], ["rest", "steel", "banks"]])
    np.testing.assert_allclose(found, np.tile([1.0, 2, 3], (6, 1)))
    assert list(found.columns) == list(TABLE.columns)


BAD = {
    "negative": (lambda: INDICES.gini(-X), DataError, "negative values at 'u0', 'u1', 'u3', 'u4', 'u5'"),
    "negative table": (lambda: INDICES.herfindahl(-TABLE), DataError, "negative values 'banks' at 'u0'"),
    "zero": (lambda: INDICES.theil(X * 0), DataError, "values is not positive in 'all'"),
    "zero column": (lambda: INDICES.shares(TABLE.assign(banks=0.0)), DataError, "values 'banks' is not pos"),
    "missing": (lambda: INDICES.gini(X.mask(X == 7)), DataError, "values: missing or infinite at 'u3'"),
    "text": (lambda: INDICES.gini(X.astype(str) + "x"), DataError, "text where numbers are expected at 'u0'"),
    "every column": (
        lambda: INDICES.gini(TABLE.assign(steel=np.nan, rest="x")),
        DataError,
        "(?s)'steel': missing.*'rest': text",
    ),
    "Series of polars": (
        lambda: INDICES.gini(pl.Series([1.0])),
        DataError,
        "not that of polars: convert it to pandas first",
    ),
    "total of polars": (
        lambda: INDICES.hoover(X, pl.Series([1.0])),
        DataError,
        "total: a Series .* not that of polars: convert it",
    ),
    "table of polars": (
        lambda: INDICES.krugman_specialization(pl.DataFrame({"a": [1.0]})),
        DataError,
        "table: a DataFrame .* not that of polars: convert it",
    ),
    "years of two types": (
        lambda: INDICES.gini(X, by=pd.Series([2004, *["2004"] * (len(X) - 1)], index=X.index)),
        DataError,
        "by: some periods are text and some are not",
    ),
    "no Series": (lambda: INDICES.gini([1.0]), DataError, "a Series indexed by unit is needed, not list"),
    "no columns": (lambda: INDICES.gini(TABLE[[]]), DataError, "no rows or no columns"),
    "twice": (lambda: INDICES.gini(pd.concat([X, X])), DataError, "More than one row .* for 'u0'"),
    "weights": (lambda: INDICES.gini(X, weights=WEIGHTS - 1), DataError, "not positive at 'u1', 'u5'"),
    "weights list": (lambda: INDICES.gini(X, weights=[1.0]), DataError, "weights: a Series"),
    "weights elsewhere": (
        lambda: INDICES.gini(X, weights=WEIGHTS.iloc[1:]),
        AlignmentError,
        "only in values: 'u0'",
    ),
    "total elsewhere": (
        lambda: INDICES.hoover(X, TOTAL.rename({"u0": "x"})),
        AlignmentError,
        "only in total: 'x'; only in sector: 'u0'",
    ),
    "total a table": (lambda: INDICES.hoover(X, TABLE), DataError, "total: a Series"),
    "both negative": (
        lambda: INDICES.hoover(-X, -TOTAL),
        DataError,
        "(?s)2 problems.*negative sector.*negative total",
    ),
    "no groups": (
        lambda: INDICES.dagum_gini(X, groups=None),
        DataError,
        "groups: an index level or a Series",
    ),
    "one group": (
        lambda: INDICES.dagum_gini(X, groups=pd.Series("n", UNITS)),
        DataError,
        "there is only 'n'",
    ),
    "groupless": (
        lambda: INDICES.theil_decomposition(X, groups=GROUPS.mask(X == 7)),
        DataError,
        "groups: missing groups at 'u3'",
    ),
    "unknown level": (
        lambda: INDICES.dagum_gini(X, groups="area"),
        DataError,
        "groups='area' is not a level",
    ),
    "k": (lambda: INDICES.concentration_ratio(X, k=0), OptionError, "k=0: a whole number from 1"),
    "few units": (lambda: INDICES.concentration_ratio(X, k=7), DataError, "Fewer than 7 units in 'all'"),
    "reference": (
        lambda: INDICES.krugman_specialization(TABLE, reference="other"),
        OptionError,
        "reference='other' is not an option",
    ),
    "no table": (lambda: INDICES.krugman_concentration(X), DataError, "a DataFrame with one column per indu"),
    "plants too large": (
        lambda: INDICES.ellison_glaeser(X, TOTAL, plant_herfindahl=1.5),
        OptionError,
        "plant_herfindahl=1.5",
    ),
    "one number for several": (
        lambda: INDICES.ellison_glaeser(TABLE, TOTAL, plant_herfindahl=0.1),
        DataError,
        "a Series by industry is needed",
    ),
    "plants missing": (
        lambda: INDICES.ellison_glaeser(TABLE, TOTAL, plant_herfindahl=pd.Series({"steel": 0.1})),
        AlignmentError,
        "nothing for 'banks', 'rest'",
    ),
    "plants of zero": (
        lambda: INDICES.ellison_glaeser(TABLE, TOTAL, plant_herfindahl=pd.Series(0.0, TABLE.columns)),
        DataError,
        "not between 0 and 1 for 'steel', 'banks', 'rest'",
    ),
    "plants of one year": (
        lambda: INDICES.ellison_glaeser(
            pd.concat({1: TABLE, 2: TABLE}, names=["year"]),
            pd.concat({1: TOTAL, 2: TOTAL}, names=["year"]),
            plant_herfindahl=pd.Series(0.1, TABLE.columns),
            by="year",
        ),
        DataError,
        "periods x industries",
    ),
    "one place": (
        lambda: INDICES.coagglomeration(TABLE, TOTAL.where(TOTAL == 5, 0.0)),
        DataError,
        "One unit holds the whole in 'all'",
    ),
    "one industry": (
        lambda: INDICES.coagglomeration(TABLE[["steel"]], TOTAL),
        DataError,
        "two or more industries",
    ),
    "constant": (
        lambda: INDICES.entropy_composite(TABLE.assign(rest=1.0), directions={"rest": "positive"}),
        DataError,
        "rest is the same in every cell",
    ),
    "direction": (
        lambda: INDICES.entropy_composite(TABLE, directions={"rest": "positiv"}),
        OptionError,
        "directions.'rest'.='positiv' is not an option. Did you mean 'positive'",
    ),
    "no direction": (lambda: INDICES.entropy_composite(TABLE, directions={}), OptionError, "at least one"),
    "directions": (
        lambda: INDICES.entropy_composite(TABLE, directions=["rest"]),
        OptionError,
        "a dictionary",
    ),
    "indicator": (
        lambda: INDICES.entropy_composite(TABLE, directions={"stel": "positive"}),
        DataError,
        "'stel' not in the data. Did you mean 'steel'",
    ),
    "indicator missing": (
        lambda: INDICES.entropy_composite(
            TABLE.assign(rest=np.nan, banks="a"), directions={"rest": "positive", "banks": "negative"}
        ),
        DataError,
        "(?s)rest: missing.*banks: text",
    ),
    "log of zero": (
        lambda: INDICES.standardized_location_quotient(X, TOTAL),
        DataError,
        "zero, infinite or undefined at 'u2'.*level",
    ),
    "no spread": (
        lambda: INDICES.standardized_location_quotient(TOTAL * 2, TOTAL),
        DataError,
        "the same in every unit of 'all'",
    ),
    "scale": (lambda: INDICES.cluster_test(TOTAL, X + 1, scale="ln"), OptionError, "scale='ln'"),
    "cut-off": (
        lambda: INDICES.cluster_test(TOTAL, X + 1, cutoff="bootstrp"),
        OptionError,
        "Did you mean 'bootstrap'",
    ),
    "draws": (
        lambda: INDICES.cluster_test(TOTAL, X + 1, cutoff="bootstrap", draws=1),
        OptionError,
        "draws=1: a whole number from 2 on",
    ),
    "alpha": (lambda: INDICES.cluster_test(TOTAL, X + 1, alpha=1), OptionError, "alpha=1"),
    "table": (lambda: INDICES.cluster_test(TABLE, TOTAL), DataError, "one sector at a time"),
    "two units": (
        lambda: INDICES.cluster_test(TOTAL.iloc[:2], WEIGHTS.iloc[:2]),
        DataError,
        "Fewer than three units in 'all'",
    ),
    "no counts": (
        lambda: INDICES.location_quotient_test(X / 2, TOTAL),
        DataError,
        "sector is no whole number at 'u0', 'u3', 'u5'",
    ),
    "more than all": (
        lambda: INDICES.location_quotient_test(TOTAL, X),
        DataError,
        "sector exceeds its total at 'u0'",
    ),
    "area": (lambda: INDICES.density(X, TOTAL - 3), DataError, "area: not positive at 'u2'"),
    "area elsewhere": (lambda: INDICES.density(X, TOTAL.iloc[1:]), AlignmentError, "only in values: 'u0'"),
    "area a list": (lambda: INDICES.density(X, [1.0]), DataError, "a Series in km2 or a layer is needed"),
    "which level": (
        lambda: INDICES.density(pd.concat({1: X}, names=["year", "unit"]), TOTAL),
        DataError,
        "name the level .* 'year', 'unit'",
    ),
    "start and end": (lambda: INDICES.growth_multiples(X, TABLE), DataError, "both a Series or both"),
    "other end": (lambda: INDICES.growth_multiples(X, X.iloc[1:]), AlignmentError, "only in start: 'u0'"),
    "other columns": (
        lambda: INDICES.growth_multiples(TABLE, TABLE[["rest"]]),
        AlignmentError,
        "same columns; only in start: 'banks', 'steel'",
    ),
    "sizes": (lambda: INDICES.concentration_risk(X, k=3), OptionError, "a list of whole numbers"),
    "measure": (
        lambda: INDICES.concentration_risk(X, thresholds={"cr_4": (0.1, 0.2)}),
        OptionError,
        "'cr_4' is not reported. Did you mean 'cr_5'",
    ),
    "one threshold": (
        lambda: INDICES.concentration_risk(X, thresholds={"cr_3": 0.1}),
        OptionError,
        "two shares are needed",
    ),
    "order of thresholds": (
        lambda: INDICES.concentration_risk(X, thresholds={"cr_3": (0.6, 0.4)}),
        OptionError,
        "the first must be below the second",
    ),
    "threshold": (
        lambda: INDICES.concentration_risk(X, thresholds={"cr_3": (0.6, 18)}),
        OptionError,
        "=18: a number between 0 and 1",
    ),
}


@pytest.mark.parametrize("name", list(BAD))
def test_bad_inputs_name_the_offenders(name) -> None:
    task, error, message = BAD[name]
    with pytest.raises(error, match=message):
        task()


def test_groups_may_be_given_by_unit() -> None:
    keys = pd.MultiIndex.from_product([list("abcd"), [1, 2]], names=["unit", "year"])
    values = pd.Series([1.0, 2, 4, 3, 2, 5, 6, 1], index=keys)
    region = pd.Series({"d": "East", "a": "West", "c": "West", "b": "East"})
    each = pd.Series(keys.get_level_values("unit").map(region), index=keys)
    pd.testing.assert_frame_equal(
        sf.indices.theil_decomposition(values, groups=region, by="year").frame,
        sf.indices.theil_decomposition(values, groups=each, by="year").frame,
    )
    with pytest.raises(AlignmentError, match="groups and values"):
        sf.indices.dagum_gini(values, groups=region.drop("a"), by="year")
    with pytest.raises((AlignmentError, DataError), match="'a'"):
        sf.indices.dagum_gini(values, groups=pd.concat([region, region[["a"]]]), by="year")
