"""Global and local statistics beside Moran's I: formulas, batches, labels, and clear answers to bad input."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin import explore
from spatialfin._core import permutation
from spatialfin._errors import (
    AlignmentError,
    DataError,
    OptionError,
    SpatialfinError,
    SpatialfinWarning,
    WeightsError,
)


@pytest.fixture
def y(rowwise) -> pd.Series:
    """A positive surface with noise on the 8 x 8 lattice, in shuffled rows."""
    rng = np.random.default_rng(5)
    places = np.arange(rowwise.n)
    values = 3 + np.sin(places // 8 / 2) + np.cos(places % 8 / 2) + 0.3 * rng.normal(size=rowwise.n)
    return pd.Series(np.abs(values), index=rowwise.ids, name="lq").sample(frac=1, random_state=1)


@pytest.fixture
def x(y) -> pd.Series:
    noise = np.random.default_rng(6).normal(size=len(y))
    return (y + noise).rename("gdp").sample(frac=1, random_state=2)


@pytest.fixture
def few() -> tuple[pd.Series, sf.SpatialWeights]:
    """Five units with weights in both directions that differ: 120 orders are all orders."""
    matrix = np.random.default_rng(6).uniform(size=(5, 5))
    np.fill_diagonal(matrix, 0)
    weights = sf.SpatialWeights.from_matrix(matrix, ids=list("abcde"))
    return pd.Series([1.0, 2, 4, 8, 20], index=list("abcde"), name="y"), weights


def exact(value: float, every: np.ndarray) -> float:
    return min(1.0, 2 * min((every >= value - 1e-12).mean(), (every <= value + 1e-12).mean()))


def dense(name: str, y: np.ndarray, w: np.ndarray) -> float:
    z, n = y - y.mean(), len(y)
    if name == "geary":
        return (n - 1) / (2 * w.sum()) * (w * np.subtract.outer(y, y) ** 2).sum() / (z @ z)
    return (y @ w @ y) / (y.sum() ** 2 - y @ y)


@pytest.mark.parametrize(
    ("name", "function", "options"),
    [
        ("geary", explore.geary, {"assumption": "randomization"}),
        ("getis_ord", explore.getis_ord, {}),
    ],
)
def test_moments_are_those_of_all_orders(few, name, function, options) -> None:
    y, weights = few
    matrix = weights.sparse.toarray()
    every = np.array([dense(name, np.array(order), matrix) for order in permutations(y)])
    found = function(y, weights, permutations=9999, **options)
    assert found.value == pytest.approx(dense(name, y.to_numpy(), matrix), rel=1e-12)
    assert found.expected == pytest.approx(every.mean(), rel=1e-10)
    assert found.variance == pytest.approx(every.var(), rel=1e-9)
    assert found.z == pytest.approx((found.value - found.expected) / found.sd)
    # 4 standard errors of a doubled share of 9,999 draws
    assert found.p_sim == pytest.approx(exact(found.value, every), abs=8 * np.sqrt(0.25 / 9999))


def test_moments_of_joins_are_those_of_all_placings(few) -> None:
    _, weights = few
    links = (weights.sparse.toarray() > 0.4).astype(float)
    weights = sf.SpatialWeights.from_matrix(links * 3.5, ids=weights.ids)
    y = pd.Series([True, False, True, False, False], index=weights.ids)
    found = explore.join_counts(y, weights, permutations=9999).frame
    every: dict[str, list[float]] = {"BB": [], "BW": [], "WW": []}
    for ones in combinations(range(5), 2):
        one = np.isin(np.arange(5), ones).astype(float)
        every["BB"].append(one @ links @ one / 2)
        every["WW"].append((1 - one) @ links @ (1 - one) / 2)
        every["BW"].append((links * np.subtract.outer(one, one) ** 2).sum() / 2)
    assert found["count"].sum() == pytest.approx(links.sum() / 2)
    for join, counts in every.items():
        assert found.loc[join, "expected"] == pytest.approx(np.mean(counts), rel=1e-12)
        assert found.loc[join, "sd"] == pytest.approx(np.std(counts), rel=1e-9)
        # the placing of rows a and c, as in y; 4 standard errors
        assert found.loc[join, "count"] == pytest.approx(counts[1])
        assert found.loc[join, "p_sim"] == pytest.approx(exact(counts[1], np.array(counts)), abs=0.04)


def test_bivariate_moran_of_all_orders(few) -> None:
    y, weights = few
    x = pd.Series([3.0, 1.0, 0.0, 7.0, 2.0], index=y.index, name="x")
    matrix = weights.sparse.toarray()
    zx, zy = ((v - v.mean()).to_numpy() / v.std(ddof=0) for v in (x, y))
    every = np.array([zx @ matrix @ np.array(order) for order in permutations(zy)]) / matrix.sum()
    found = explore.moran_bivariate(x, y, weights, permutations=9999)
    assert found.value == pytest.approx(zx @ matrix @ zy / matrix.sum(), rel=1e-12)
    assert found.variance == pytest.approx(every.var(), rel=1e-10)
    assert (found.expected, every.mean()) == (0.0, pytest.approx(0.0, abs=1e-12))
    assert found.p_sim == pytest.approx(exact(found.value, every), abs=0.04)


def test_bivariate_statistics_of_a_variable_with_itself_are_morans(y, binary) -> None:
    both = explore.moran_bivariate(y, y.sample(frac=1, random_state=9), binary, permutations=9)
    assert both.value == pytest.approx(sf.moran(y, binary).I, rel=1e-12)
    local, one = explore.local_moran_bivariate(y, y, binary), sf.local_moran(y, binary)
    pd.testing.assert_frame_equal(local.frame, one.frame, rtol=1e-9)


def test_local_scores_are_those_of_the_conditional_draws(few) -> None:
    """Unit a keeps its value while 24 orders of the others pass by."""
    y, weights = few
    row = weights.sparse.toarray()[0, 1:]
    others = np.array(list(permutations(y.iloc[1:])))
    sd = y.std(ddof=0)
    draws = {
        "geary": (((y["a"] - others) / sd) ** 2) @ row,
        "g": (others @ row) / y.iloc[1:].sum(),
        "moran": (y["a"] - y.mean()) * ((others - y.mean()) @ row),
    }
    found = {
        "geary": explore.local_geary(y, weights, permutations=9999),
        "g": explore.local_g(y, weights, star=False, permutations=9999),
    }
    for name, result in found.items():
        drawn = draws[name]
        assert result.value["a"] == pytest.approx(drawn[0], rel=1e-12)
        assert result.z["a"] == pytest.approx((drawn[0] - drawn.mean()) / drawn.std(), rel=1e-9)
        assert result.p_sim["a"] == pytest.approx(exact(drawn[0], drawn), abs=0.04)
    local = explore.local_moran_bivariate(y, y, weights, permutations=9)
    drawn = draws["moran"]
    assert local.z["a"] == pytest.approx((drawn[0] - drawn.mean()) / drawn.std(), rel=1e-9)


def test_g_star_counts_the_unit_itself(few, y, rowwise, binary) -> None:
    small, weights = few
    matrix = weights.sparse.toarray()
    np.fill_diagonal(matrix, matrix.max(axis=1))
    found = explore.local_g(small, weights, permutations=9)
    assert found.value.to_numpy() == pytest.approx(matrix @ small / small.sum(), rel=1e-12)
    # its moments are those of all orders of all values
    drawn = np.array(list(permutations(small))) @ matrix.T
    assert found.z.to_numpy() == pytest.approx(
        (matrix @ small - drawn.mean(axis=0)) / drawn.std(axis=0), rel=1e-9
    )
    raw, rows = explore.local_g(y, binary), explore.local_g(y, rowwise)
    # the score does not depend on the scale of a row, and draws keep the unit's own value
    assert rows.z.to_numpy() == pytest.approx(raw.z.to_numpy(), rel=1e-9)
    counts = pd.Series(np.diff(binary.sparse.indptr), index=binary.ids).loc[y.index]
    assert (rows.value * (counts + 1)).to_numpy() == pytest.approx(raw.value.to_numpy())
    assert rows.p_sim.equals(explore.local_g(y, rowwise, star=False).p_sim)


def test_scores_of_g_do_not_depend_on_the_origin(y, rowwise) -> None:
    for star in (True, False):
        one, two = (explore.local_g(v, rowwise, star=star) for v in (y, y - 10))
        assert one.z.to_numpy() == pytest.approx(two.z.to_numpy(), abs=1e-9)
        assert one.p_sim.equals(two.p_sim)


def test_kinds_of_maps(y, rowwise) -> None:
    g, geary = explore.local_g(y, rowwise), explore.local_geary(y, rowwise)
    assert g.kind.eq("Hot spot").equals(g.z > 0)
    assert g.kind.isin(["Hot spot", "Cold spot"]).all()
    z = y - y.mean()
    lag = rowwise.lag(z)
    expected = pd.Series("Other positive", index=y.index).mask((z > 0) & (lag > 0), "High-High")
    expected = expected.mask((z < 0) & (lag < 0), "Low-Low").mask(geary.z >= 0, "Negative")
    assert geary.kind.tolist() == expected.tolist()
    for found, every in ((g, explore.G_CLUSTERS), (geary, explore.GEARY_CLUSTERS)):
        clusters = found.clusters(adjust="none")
        assert tuple(clusters.cat.categories) == every
        assert clusters.index.equals(y.index)
        assert clusters.tolist() == found.kind.where(found.p_sim <= 0.05, "Not significant").tolist()
        assert list(found.frame) == ["value", "z", "p_norm", "p_sim", "kind"]
        with pytest.warns(SpatialfinWarning, match="Bonferroni over 64 units"):
            found.clusters(adjust="bonferroni")
        with pytest.raises(OptionError, match="adjust='bh'"):
            found.clusters(adjust="bh")


def test_islands_have_no_cluster(y, x, binary) -> None:
    matrix = binary.sparse.toarray()
    matrix[0] = matrix[:, 0] = 0
    weights = sf.SpatialWeights.from_matrix(matrix, ids=binary.ids).standardize("row")
    alone = binary.ids[0]
    for found in (explore.local_g(y, weights), explore.local_geary(y, weights)):
        assert found.frame.loc[alone].isna().sum() == 4
        assert found.value.isna().sum() == 1
        assert found.clusters()[alone] == "No neighbours"
    local = explore.local_moran_bivariate(x, y, weights)
    assert np.isnan(local.I[alone])
    assert local.clusters()[alone] == "No neighbours"
    table = explore.local_table(
        y.rename_axis("code").reset_index(), "lq", weights, unit="code", statistics=["moran", "g_star"]
    ).set_index("unit")
    assert table.loc[alone, "cluster"].tolist() == ["No neighbours"] * 2
    assert explore.geary(y, weights, permutations=9).n == 64
    both = pd.DataFrame({"x": x, "y": y}).rename_axis("code").reset_index()
    options = {"unit": "code", "statistics": "moran_bivariate", "permutations": 9}
    pairs = explore.local_table(both, [("x", "y")], weights, **options).set_index("unit")
    assert pairs.loc[alone, ["value", "z", "p_sim"]].isna().all()
    assert pairs.loc[alone, "cluster"] == "No neighbours"
    assert pairs["value"].isna().sum() == 1
    assert explore.global_table(both, [("x", "y")], weights, **options)["n"].item() == 64


@pytest.fixture
def panel(y) -> pd.DataFrame:
    rng = np.random.default_rng(9)
    years = [
        pd.DataFrame({"code": y.index, "year": year, "lq": rng.permutation(y), "gdp": rng.uniform(1, 9, 64)})
        for year in (2003, 2002)
    ]
    table = pd.concat(years).sample(frac=1, random_state=2).reset_index(drop=True)
    return table.assign(big=table["lq"].gt(3).astype(int))


def test_the_table_holds_the_numbers_of_the_single_statistics(panel, binary, rowwise) -> None:
    weights = {"queen": rowwise, "raw": binary.subset(binary.ids[::-1])}
    wanted = ["moran", "geary", "getis_ord"]
    table = explore.global_table(
        panel, ["lq", "gdp"], weights, unit="code", time="year", statistics=wanted, permutations=99
    )
    assert " ".join(table.columns) == (
        "time variable weights statistic value expected sd z p_norm p_sim p_adjusted n"
    )
    names = ["variable", "weights", "statistic", "time"]
    assert list(table[names].itertuples(index=False, name=None)) == [
        (variable, label, word, year)
        for variable in ("lq", "gdp")
        for label in weights
        for word in wanted
        for year in (2002, 2003)
    ]
    for row in table.itertuples():
        series = panel[panel["year"] == row.time].set_index("code")[row.variable]
        found = getattr(explore, row.statistic)(series, weights[row.weights], permutations=99)
        value = found.I if row.statistic == "moran" else found.value
        assert row.value == pytest.approx(value, abs=1e-12)
        for name in ("expected", "sd", "z", "p_norm"):
            assert getattr(row, name) == pytest.approx(getattr(found, name), rel=1e-9), name
        assert (row.p_sim, row.n) == (found.p_sim, 64)


PAIRS = [("gdp", "lq"), "lq", ("lq", "gdp")]
RATES = [("closed", "firms"), ("gdp", "lq")]


@pytest.fixture
def counted(panel) -> pd.DataFrame:
    """The panel with firms and how many of them closed."""
    rng = np.random.default_rng(3)
    firms = rng.integers(20, 900, len(panel))
    return panel.assign(firms=firms, closed=rng.binomial(firms, 0.2))


def of_year(table: pd.DataFrame, name: str, year: int) -> pd.Series:
    return table[table["year"] == year].set_index("code")[name]


def test_pairs_changes_and_rates_in_the_table_are_those_of_the_single_calls(counted, binary, rowwise) -> None:
    weights = {"queen": rowwise, "raw": binary.subset(binary.ids[::-1])}
    third = counted[counted["year"].eq(2003)].assign(year=2004, lq=lambda rows: rows["lq"] ** 2)
    data = pd.concat([counted, third]).sample(frac=1, random_state=4)
    wanted = ["moran_bivariate", "moran", "moran_differential", "moran_rate"]
    options = {"permutations": 99, "seed": 5}
    table = explore.global_table(
        data,
        PAIRS,
        weights,
        unit="code",
        time="year",
        statistics=wanted,
        rates=RATES,
        assumption="randomization",
        **options,
    )
    asked = [
        {"moran_bivariate": "gdp and lagged lq"},
        {"moran": "lq", "moran_differential": "lq"},
        {"moran_bivariate": "lq and lagged gdp"},
        {"moran_rate": "closed per firms"},
        {"moran_rate": "gdp per lq"},
    ]
    names = ["variable", "weights", "statistic", "time"]
    assert list(table[names].itertuples(index=False, name=None)) == [
        (variable, label, word, year)
        for words in asked
        for label in weights
        for word, variable in words.items()
        for year in (2002, 2003, 2004)[word == "moran_differential" :]
    ]
    for row in table.itertuples():
        w, x = weights[row.weights], row.variable.replace(" per ", " and lagged ").split(" and lagged ")
        series = [of_year(data, name, row.time).sample(frac=1, random_state=row.time) for name in x]
        if row.statistic == "moran_differential":
            series.insert(0, of_year(data, "lq", row.time - 1))
        own = {} if row.statistic == "moran_bivariate" else {"assumption": "randomization"}
        found = getattr(explore, row.statistic)(*series, w, **options, **own)
        value = found.value if row.statistic == "moran_bivariate" else found.I
        assert row.value == pytest.approx(value, abs=1e-12)
        for name in ("expected", "sd", "z", "p_norm"):
            assert getattr(row, name) == pytest.approx(getattr(found, name), rel=1e-9, abs=1e-15), name
        assert (row.p_sim, row.n) == (found.p_sim, 64)
        if len(x) == 2:
            assert row.variable == found.variable
    assert table["p_sim"].nunique() > 5
    assert explore.global_table(
        data, PAIRS, rowwise, unit="code", time="year", statistics=wanted, rates=RATES, permutations=0
    )["p_sim"].isna().all()  # fmt: skip


def test_local_pairs_changes_and_rates(counted, rowwise, binary) -> None:
    wanted = ["moran_differential", "moran_bivariate", "g_star", "moran_rate"]
    options = {"permutations": 99, "seed": 3}
    weights = {"queen": rowwise, "raw": binary}
    pairs = [("closed", "firms")]
    table = explore.local_table(
        counted,
        [*pairs, "lq"],
        weights,
        unit="code",
        time="year",
        statistics=wanted,
        rates=pairs,
        adjust="none",
        **options,
    )
    both, rate = "closed and lagged firms", "closed per firms"
    keys = table[["variable", "statistic", "time"]].drop_duplicates().itertuples(index=False, name=None)
    assert list(keys) == [
        *((both, "moran_bivariate", year) for year in (2002, 2003)),
        ("lq", "moran_differential", 2003),
        *(("lq", "g_star", year) for year in (2002, 2003)),
        *((rate, "moran_rate", year) for year in (2002, 2003)),
    ]
    for (label, word, year), rows in table.groupby(["weights", "statistic", "time"]):
        w = weights[label]
        closed, firms, lq = (of_year(counted, name, year) for name in ("closed", "firms", "lq"))
        if word == "g_star":
            continue
        if word == "moran_bivariate":
            found = explore.local_moran_bivariate(closed, firms, w, **options)
        elif word == "moran_rate":
            found = sf.local_moran(explore.moran_rate(closed, firms, w).standardized, w, **options)
        else:
            found = sf.local_moran(lq - of_year(counted, "lq", 2002), w, **options)
        rows = rows.set_index("unit").loc[found.I.index]
        assert rows["value"].to_numpy() == pytest.approx(found.I.to_numpy(), rel=1e-9, abs=1e-12)
        assert rows["z"].to_numpy() == pytest.approx(found.z.to_numpy(), rel=1e-7, abs=1e-9)
        assert rows["p_sim"].tolist() == found.p_sim.tolist()
        assert rows["cluster"].tolist() == found.clusters(adjust="none").astype(str).tolist()


def test_statistics_and_variables_must_fit(counted, rowwise) -> None:
    keys = {"unit": "code", "time": "year"}
    pair = ("gdp", "lq")
    cases = [
        (
            "lq",
            "moran_bivariate",
            OptionError,
            r"'moran_bivariate' need pairs of columns .*, as \('x', 'y'\)",
        ),
        ([pair], "moran", OptionError, "statistics 'moran' need columns among the variables"),
        ([pair], "moran_rate", OptionError, r"'moran_rate' need rates=\[\('events', 'population'\)\]"),
        (
            ["lq", pair],
            "moran",
            OptionError,
            "'gdp, lq': pairs of variables, which only 'moran_bivariate' takes",
        ),
        ([pair, "big"], "moran_bivariate", OptionError, "'big': variables that none of the statistics"),
        ([("gdp", "lq", "big")], "moran_bivariate", OptionError, r"\('gdp', 'lq', 'big'\) is no pair"),
        ([("gdp", "lqq")], "moran_bivariate", DataError, "no column 'lqq'. Did you mean 'lq'"),
        (["lq", "year"], "moran", DataError, "column 'year' names units or periods"),
        ([], "moran", DataError, "at least one variable"),
    ]
    for function in (explore.global_table, explore.local_table):
        for variables, words, error, message in cases:
            with pytest.raises(error, match=message):
                function(counted, variables, rowwise, statistics=words, **keys)
        with pytest.raises(OptionError, match="'gdp, lq': rates, which only 'moran_rate' takes"):
            function(counted, "lq", rowwise, statistics="moran", rates=[pair], **keys)
        with pytest.raises(OptionError, match=r"rates: 'gdp' is no pair.*'events', 'population'"):
            function(counted, "lq", rowwise, statistics=["moran", "moran_rate"], rates=["gdp"], **keys)
        with pytest.raises(OptionError, match="'moran_differential' compares periods"):
            function(counted[:64].assign(code=rowwise.ids), "lq", rowwise, unit="code",
                     statistics="moran_differential")  # fmt: skip
        with pytest.raises(DataError, match="needs two periods, not only 2003"):
            function(counted.query("year == 2003"), "lq", rowwise, statistics="moran_differential", **keys)
    with pytest.raises(OptionError, match=r"moran_table: 'gdp, lq': pairs"):
        sf.moran_table(counted, ["lq", pair], rowwise, **keys)
    once = explore.global_table(counted, ["lq", "lq"], rowwise, permutations=0, **keys)
    assert len(once) == 4


def message_of(function, *arguments, **options) -> str:
    with pytest.raises(SpatialfinError) as caught:
        function(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize("function", [explore.global_table, explore.local_table])
def test_each_fault_is_told_once(counted, rowwise, function) -> None:
    keys = {"unit": "code", "time": "year"}
    bad = counted.assign(
        lq=counted["lq"].mask(counted["code"].eq("u0003")),
        gdp=counted["gdp"].astype(str) + " yuan",
        big=1.0,
        firms=np.nan,
    )
    told = message_of(function, bad, ["lq", "gdp", "big", "firms"], rowwise, **keys).split("\n")
    assert len(told) == 5
    assert "4 problems" in told[0]
    assert told[1].startswith("  1. gdp: text where numbers are expected at '")
    assert told[2] == "  2. firms: missing or infinite in all 128 rows. Leave out the variable."
    assert told[3].startswith("  3. lq, 2002, 2003: missing or infinite at 'u0003'. Drop")
    assert told[4] == "  4. big, 2002, 2003: constant, so its autocorrelation is not defined."
    one = bad.query("year == 2002")
    told = message_of(function, one, "gdp", rowwise, unit="code")
    assert told.count("gdp") == told.count("text where") == 1
    short = counted[counted["code"].ne("u0003")]
    told = message_of(function, short, ["lq", "gdp"], rowwise, **keys)
    assert told.count("only in the weights: 'u0003'") == 1
    assert "weights W, 2002, 2003: " in told
    years = pd.concat([counted.assign(year=year, lq=1.0) for year in range(1990, 1998)])
    told = message_of(function, years.drop_duplicates(["code", "year"]), "lq", rowwise, **keys)
    assert "lq, 1990, 1991, 1992, 1993, 1994 and 3 more: constant" in told


def test_faults_of_pairs_changes_and_rates(counted, rowwise) -> None:
    keys = {"unit": "code", "time": "year"}
    wanted = ["moran", "moran_bivariate", "moran_differential", "moran_rate"]
    bad = counted.assign(
        gdp=counted["gdp"].mask(counted["year"].eq(2003), 7.0),
        lq=counted["code"].map(of_year(counted, "lq", 2002)) * 1e6 + counted["year"],
        firms=counted["firms"].mask(counted["code"].eq("u0007"), 0),
        closed=counted["closed"].mask(counted["code"].eq("u0009") & counted["year"].eq(2002), -1),
        none=0,
        tenth=0.1 * counted["gdp"],
    )
    pairs = [("lq", "gdp"), ("none", "firms")]
    rates = [("closed", "firms"), ("none", "firms"), ("tenth", "gdp")]
    for function in (explore.global_table, explore.local_table):
        told = message_of(function, bad, ["lq", *pairs], rowwise, statistics=wanted, rates=rates, **keys)
        for text in (
            "gdp, 2003: constant",
            "change of lq, 2003: constant",
            "closed per firms, 2002: negative events at 'u0009'; a population that is not positive at",
            "closed per firms, 2003: a population that is not positive at 'u0007'",
            "none, 2002, 2003: constant",
            "none per firms, 2002, 2003: a population",
            "tenth per gdp, 2002: constant",
        ):
            assert told.count(text) == 1, text
    missing = counted.assign(firms=counted["firms"].mask(counted["year"].eq(2003)))
    told = message_of(
        explore.global_table, missing, [("closed", "firms")], rowwise, statistics=wanted[1], **keys
    )
    assert told == (
        "global_table: firms, 2003: missing in every one of the 64 units. Leave out the period or variable."
    )
    two = rowwise.subset(rowwise.ids[:2])
    few = counted[counted["code"].isin(two.ids)]
    for word, variables in (("moran_bivariate", pairs[:1]), ("moran_differential", "lq")):
        told = message_of(explore.global_table, few, variables, two, statistics=word, **keys)
        assert told == "global_table, weights W: 2 units; a global statistic needs at least 4."


def test_constant_changes_and_rates_are_no_noise(y, x, rowwise) -> None:
    """What differs by rounding only is constant, on the scale of the values it comes from."""
    with pytest.raises(DataError, match="change of lq: constant"):
        explore.moran_differential(1e6 * y, 1e6 * y + 0.1, rowwise)
    with pytest.raises(DataError, match="lq per gdp: constant"):
        explore.moran_rate(y.rename("lq"), (3 * y).rename("gdp"), rowwise)


def test_joins_in_the_table(panel, rowwise) -> None:
    table = explore.global_table(
        panel, "big", rowwise, unit="code", time="year", statistics="join_counts", permutations=99
    )
    one = panel[panel["year"] == 2003].set_index("code")["big"]
    single = explore.join_counts(one.astype(bool), rowwise, permutations=99).frame
    rows = table[table["time"] == 2003].set_index("statistic")
    assert rows.index.tolist() == ["join_bb", "join_bw", "join_ww"]
    assert rows["value"].tolist() == single["count"].tolist()
    assert rows["p_sim"].tolist() == single["p_sim"].tolist()
    assert rows["sd"].to_numpy() == pytest.approx(single["sd"].to_numpy(), rel=1e-12)


def test_the_tables_p_values_are_judged_together(panel, rowwise) -> None:
    from scipy.stats import false_discovery_control

    def table(**options: object) -> pd.DataFrame:
        return explore.global_table(panel, ["lq", "gdp"], rowwise, unit="code", time="year", **options)

    simulated, analytic = table(permutations=99), table(permutations=0)
    assert simulated["p_adjusted"].tolist() == false_discovery_control(simulated["p_sim"]).tolist()
    assert analytic["p_adjusted"].tolist() == false_discovery_control(analytic["p_norm"]).tolist()
    assert analytic["p_sim"].isna().all()
    raised = table(permutations=99, adjust="bonferroni")
    assert raised["p_adjusted"].tolist() == np.minimum(1, 8 * raised["p_sim"]).tolist()


def test_the_local_table_holds_the_maps_of_the_single_statistics(panel, binary, rowwise) -> None:
    weights = {"queen": rowwise, "raw": binary}
    wanted = ["moran", "geary", "g", "g_star"]
    options = {"permutations": 199, "seed": 3}
    table = explore.local_table(
        panel, "gdp", weights, unit="code", time="year", statistics=wanted, adjust="none", **options
    )
    assert " ".join(table.columns) == "time variable weights statistic unit value z p_sim cluster"
    assert len(table) == 64 * 2 * 2 * 4
    assert table["unit"].iloc[:64].tolist() == rowwise.ids.tolist()
    singles = {
        "moran": sf.local_moran,
        "geary": explore.local_geary,
        "g": lambda *a, **k: explore.local_g(*a, star=False, **k),
        "g_star": explore.local_g,
    }
    for (label, word, year), rows in table.groupby(["weights", "statistic", "time"]):
        series = panel[panel["year"] == year].set_index("code")["gdp"]
        found = singles[word](series, weights[label], **options)
        value = found.I if word == "moran" else found.value
        rows = rows.set_index("unit").loc[series.index]
        assert rows["value"].to_numpy() == pytest.approx(value.to_numpy(), rel=1e-9)
        assert rows["z"].to_numpy() == pytest.approx(found.z.to_numpy(), rel=1e-7, abs=1e-9)
        assert rows["p_sim"].tolist() == found.p_sim.tolist()
        assert rows["cluster"].tolist() == found.clusters(adjust="none").astype(str).tolist()


def test_blocks_and_single_precision_change_nothing(panel, rowwise, monkeypatch) -> None:
    from spatialfin.explore import _global_rows, _local_maps

    def tables() -> list[pd.DataFrame]:
        keys = {"unit": "code", "time": "year", "permutations": 99}
        return [
            explore.global_table(panel, ["lq", "gdp"], rowwise, statistics=["moran", "geary"], **keys),
            explore.local_table(panel, ["lq", "gdp"], rowwise, statistics=["moran", "geary"], **keys),
        ]

    at_once = tables()
    monkeypatch.setattr(permutation, "_CELLS_IN_CACHE", 64 * 7)
    monkeypatch.setattr(permutation, "_CELLS_IN_MEMORY", 64 * 7)
    monkeypatch.setattr(permutation, "_ROWS", 9)
    monkeypatch.setattr(permutation, "_UNITS", 5)
    monkeypatch.setattr(_global_rows, "_CELLS", 64)
    monkeypatch.setattr(_local_maps, "_SERIES", 1)
    for one, two in zip(at_once, tables(), strict=True):
        pd.testing.assert_frame_equal(one, two, rtol=1e-11)
    # everything too close to call in single precision is taken again
    monkeypatch.setattr(permutation, "_SINGLE", 1e3)
    pd.testing.assert_frame_equal(tables()[0], at_once[0], rtol=1e-11)


def test_weights_of_any_size_give_the_same_p_values(y, binary) -> None:
    """Single precision neither overflows nor underflows."""
    expected = explore.geary(y, binary).p_sim
    for factor in (1e-60, 1e60):
        scaled = sf.SpatialWeights(binary.ids, binary.sparse * factor)
        assert explore.geary(y, scaled).p_sim == expected


def test_change_and_rates(y, x, rowwise) -> None:
    change = explore.moran_differential(y, x, rowwise, permutations=99)
    assert change.variable == "gdp - lq"
    expected = sf.moran((x.loc[y.index] - y), rowwise, permutations=99)
    assert (change.I, change.p_sim) == (expected.I, expected.p_sim)
    events = pd.Series(np.arange(64.0), index=y.index, name="closed")
    # with equal populations the standardised rates are the counts on another scale
    same = explore.moran_rate(events, y * 0 + 500, rowwise, permutations=99)
    assert pytest.approx(sf.moran(events, rowwise).I, rel=1e-10) == same.I
    assert same.variable == "closed per lq"


@pytest.mark.parametrize(
    "statistic",
    [explore.geary, explore.getis_ord, explore.local_geary, explore.local_g, explore.join_counts],
)
def test_bad_inputs_are_named(y, rowwise, statistic) -> None:
    two = rowwise.subset(rowwise.ids[:2])
    empty = sf.SpatialWeights.from_matrix(np.zeros((64, 64)), ids=rowwise.ids)
    cases = [
        (y.iloc[1:], rowwise, AlignmentError, f"only in the weights: '{y.index[0]}'"),
        (y.mask(y.index == "u0003"), rowwise, DataError, "lq: missing or infinite at 'u0003'"),
        (y * np.nan, rowwise, DataError, "lq: missing or infinite at .* and 59 more"),
        (y.astype(str) + "a", rowwise, DataError, "lq: text where numbers are expected"),
        (y * 0 + 3, rowwise, DataError, "lq: constant"),
        (pd.Series([1.0, 2.0], index=two.ids), two, DataError, "2 units; .* needs at least 4"),
        (y, empty, WeightsError, "No unit has a neighbour"),
        (y.to_numpy(), rowwise, DataError, "A Series indexed by unit"),
        (y, rowwise.to_graph(), WeightsError, "SpatialWeights.from_graph"),
    ]
    for values, weights, error, message in cases:
        with pytest.raises(error, match=message):
            statistic(values, weights)
    with pytest.raises(OptionError, match="a whole number"):
        statistic(y, rowwise, permutations=9.5)


def test_values_a_statistic_does_not_take(y, x, panel, rowwise) -> None:
    with pytest.raises(DataError, match="lq: negative values, for which G is not defined"):
        explore.getis_ord(y - 4, rowwise)
    with pytest.raises(DataError, match=r"lq: values other than 0 and 1.*Code the classes"):
        explore.join_counts(y, rowwise)
    with pytest.raises(DataError, match="constant"):
        explore.join_counts(y > 0, rowwise)
    with pytest.raises(DataError, match=r"negative events at 'u0009'; a population .* at 'u0007'"):
        explore.moran_rate(y.mask(y.index == "u0009", -1), y.mask(y.index == "u0007", 0), rowwise)
    with pytest.raises(DataError, match="no events at all"):
        explore.moran_rate(y * 0, y, rowwise)
    with pytest.raises(AlignmentError, match="earlier and later must hold the same units; only in later"):
        explore.moran_differential(y.iloc[1:], x, rowwise)
    with pytest.raises(AlignmentError, match="gdp and weights must hold the same units"):
        explore.moran_bivariate(x.iloc[1:], y, rowwise)
    with pytest.raises(DataError, match="gdp: constant"):
        explore.local_moran_bivariate(x * 0, y, rowwise)
    with pytest.raises(OptionError, match="star='yes'"):
        explore.local_g(y, rowwise, star="yes")
    with pytest.raises(OptionError, match="permutations=0"):
        explore.local_geary(y, rowwise, permutations=0)


def test_all_faults_of_a_table_are_told_at_once(panel, binary, rowwise) -> None:
    keys = {"unit": "code", "time": "year"}
    bad = panel.assign(
        lq=panel["lq"].mask(panel["year"].eq(2002)), gdp=panel["gdp"].mask(panel["year"].eq(2003), 7.0)
    )
    for function in (explore.global_table, explore.local_table):
        with pytest.raises(
            DataError,
            match=r"(?s)2 problems.*lq, 2002: missing in every one of the 64 units.*gdp, 2003: const",
        ):
            function(bad, ["lq", "gdp"], rowwise, **keys)
        with pytest.raises(AlignmentError, match=r"weights W, 2002: .*only in the weights"):
            function(panel[panel["code"].ne("u0003") | panel["year"].eq(2003)], "lq", rowwise, **keys)
        with pytest.raises(OptionError, match=r"statistics='morn' is not an option\. Did you mean 'moran'"):
            function(panel, "lq", rowwise, statistics=["morn"], **keys)
        with pytest.raises(OptionError, match="statistics=''"):
            function(panel, "lq", rowwise, statistics=[], **keys)
        with pytest.raises(OptionError, match="adjust='bh'"):
            function(panel, "lq", rowwise, adjust="bh", **keys)
        with pytest.raises(DataError, match="gdp, 2003: constant"):
            function(bad, "gdp", rowwise, **keys)
    words = ["getis_ord", "join_counts"]
    with pytest.raises(
        DataError, match=r"(?s)2 problems.*lq, 2002, 2003: negative.*lq, 2002, 2003: values other than 0"
    ):
        explore.global_table(panel.assign(lq=-panel["lq"]), "lq", rowwise, statistics=words, **keys)
    with pytest.raises(AlignmentError, match=r"weights b, 2002, 2003: .*only in data"):
        explore.global_table(panel, "lq", {"a": rowwise, "b": binary.subset(binary.ids[1:])}, **keys)


def test_the_reprs_say_what_matters(y, x, rowwise) -> None:
    assert repr(explore.geary(y, rowwise)).startswith("<Geary's C of lq: 0.")
    assert "64 units>" in repr(explore.geary(y, rowwise, permutations=0))
    assert "of gdp and lagged lq: " in repr(explore.moran_bivariate(x, y, rowwise, permutations=9))
    assert repr(explore.join_counts(y > 3, rowwise)).startswith("<Join counts of lq: BB ")
    assert repr(explore.local_g(y, rowwise)).startswith("<Local G* of lq: 64 units, ")
    row = explore.getis_ord(y, rowwise, permutations=9).tidy()
    assert " ".join(row) == "variable weights statistic value expected sd z p_norm p_sim n"
