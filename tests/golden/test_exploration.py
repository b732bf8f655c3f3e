"""Statistics of spatial autocorrelation against esda, spdep and the incomes of 48 states."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin import explore
from spatialfin._core.autocorrelation import standardised_rates

DRAWS = 999


@contextmanager
def quiet() -> Iterator[None]:
    """esda warns about islands and draws from the global generator."""
    state = np.random.get_state()  # noqa: NPY002
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    np.random.set_state(state)  # noqa: NPY002


def two_sided(one_sided: np.ndarray | float) -> np.ndarray:
    return np.minimum(1.0, 2 * np.asarray(one_sided, dtype=float))


def same_draws(ours: float, theirs: float) -> None:
    """Two simulated p-values: 4.5 standard errors of the difference of two doubled shares, and the +1."""
    share = max((ours + float(two_sided(theirs))) / 4, 1 / DRAWS)
    assert abs(ours - float(two_sided(theirs))) <= 9 * np.sqrt(2 * share / DRAWS) + 2 / DRAWS


@pytest.fixture(scope="module")
def provinces() -> tuple[pd.DataFrame, sf.SpatialWeights]:
    """31 provinces in 2011, Hainan an island, in shuffled rows."""
    weights = sf.contiguity_weights(sf.load_layer("china_provinces", units="mainland"), islands="keep")
    panel = sf.load_dataset("china_finance_2002_2011")
    panel["lq"] = sf.location_quotient(panel["finance"], panel["gdp"], by=panel["year"])
    wide = panel.pivot(index="code", columns="year", values=["lq", "gdp", "finance"])
    wide.columns = [f"{name}_{year}" for name, year in wide.columns]
    return wide.astype(float).sample(frac=1, random_state=3), weights


@pytest.fixture(scope="module")
def rows(provinces) -> sf.SpatialWeights:
    return provinces[1].standardize("row")


@pytest.fixture(scope="module")
def graphs(provinces, rows):
    """esda's graphs in the order of the data, binary and row-standardised."""
    ids = provinces[0].index
    with quiet():
        return provinces[1].subset(ids).to_graph(), rows.subset(ids).to_graph()


def agree(found, peer, **names: str) -> None:
    for ours, theirs in names.items():
        # the same formulas in another order of summation
        assert getattr(found, ours) == pytest.approx(getattr(peer, theirs), rel=1e-10), ours


@pytest.fixture(scope="module")
def mainland(provinces, rows) -> tuple[pd.DataFrame, sf.SpatialWeights]:
    """The provinces without the island, on which esda's Geary fails and by which its bivariate I differs."""
    data = provinces[0].drop(index="460000").sort_index()
    return data, rows.subset(data.index)


def test_geary_as_in_esda(mainland) -> None:
    from esda import Geary

    y, rows = mainland[0]["lq_2011"], mainland[1]
    with quiet():
        np.random.seed(1)  # noqa: NPY002
        peer = Geary(y.to_numpy(), rows.to_graph(), permutations=DRAWS)
    for assumption, tag in (("normality", "norm"), ("randomization", "rand")):
        found = explore.geary(y, rows, assumption=assumption, permutations=DRAWS)
        agree(found, peer, value="C", variance=f"VC_{tag}", z=f"z_{tag}")
        assert found.p_norm == pytest.approx(2 * getattr(peer, f"p_{tag}"), rel=1e-10)
        same_draws(found.p_sim, peer.p_sim)


def test_getis_ord_as_in_esda(provinces, graphs) -> None:
    from esda import G

    y, weights = provinces[0]["lq_2011"], provinces[1]
    with quiet():
        np.random.seed(1)  # noqa: NPY002
        peer = G(y.to_numpy(), graphs[0], permutations=DRAWS)
    found = explore.getis_ord(y, weights, permutations=DRAWS)
    agree(found, peer, value="G", expected="EG", variance="VG", z="z_norm")
    assert found.p_norm == pytest.approx(2 * peer.p_norm, rel=1e-10)
    same_draws(found.p_sim, peer.p_sim)


def test_join_counts_as_in_esda(provinces, rows, graphs) -> None:
    from esda import Join_Counts

    y = provinces[0]["lq_2011"].gt(1).rename("agglomerated")
    with quiet():
        np.random.seed(1)  # noqa: NPY002
        peer = Join_Counts(y.to_numpy().astype(int), graphs[0], permutations=DRAWS)
    found = explore.join_counts(y, rows, permutations=DRAWS).frame
    assert found["count"].to_dict() == {"BB": peer.bb, "BW": peer.bw, "WW": peer.ww}
    # esda counts draws at least as large only, and gives no moments: those of its draws, 5 standard errors
    for join, draws in (("BB", peer.sim_bb), ("BW", peer.sim_bw)):
        draws = draws.astype(float)
        assert abs(found.loc[join, "expected"] - draws.mean()) < 5 * draws.std() / np.sqrt(DRAWS)
        assert found.loc[join, "sd"] == pytest.approx(draws.std(), rel=5 / np.sqrt(2 * DRAWS))
        above, below = (draws >= found.loc[join, "count"]).sum(), (draws <= found.loc[join, "count"]).sum()
        same_draws(found.loc[join, "p_sim"], (min(above, below) + 1) / (DRAWS + 1))


def test_join_counts_of_columbus_as_in_spdep(reference) -> None:
    """``joincount.test(cut(COL.OLD$CRIME, c(0, 35, 80)), nb2listw(COL.nb, style="B"))`` in spdep's manual."""
    data = pd.read_csv(reference("validation/columbus/oldcol_COL_OLD.csv"))
    weights = sf.SpatialWeights.read(reference("validation/columbus/oldcol_COL_nb_binary_49x49.csv"))
    found = explore.join_counts(data.set_index(weights.ids)["CRIME"].gt(35), weights).frame
    for join, count, expected, variance in (("BB", 54, 27.224, 17.888), ("WW", 34, 29.592, 18.895)):
        assert found.loc[join, "count"] == count
        assert found.loc[join, "expected"] == pytest.approx(expected, abs=5e-4)
        assert found.loc[join, "sd"] ** 2 == pytest.approx(variance, abs=5e-4)


def test_bivariate_moran_as_in_esda(mainland) -> None:
    from esda import Moran_BV

    x, y, weights = mainland[0]["gdp_2011"], mainland[0]["lq_2011"], mainland[1]
    with quiet():
        np.random.seed(1)  # noqa: NPY002
        peer = Moran_BV(x, y, weights.to_graph(), transformation="O", permutations=DRAWS)
    found = explore.moran_bivariate(x, y, weights, permutations=DRAWS)
    assert found.value == pytest.approx(peer.I, rel=1e-10)
    # esda's moments are simulated: 5 standard errors
    assert abs(peer.EI_sim) < 5 * found.sd / np.sqrt(DRAWS)
    assert found.sd == pytest.approx(peer.seI_sim, rel=5 / np.sqrt(2 * DRAWS))
    same_draws(found.p_sim, peer.p_sim)


def test_change_and_rates_as_in_esda(provinces, rows, graphs) -> None:
    from esda import Moran, Moran_Rate

    wide = provinces[0]
    events, population = wide["finance_2011"], wide["gdp_2011"]
    with quiet():
        change = Moran(wide["lq_2011"] - wide["lq_2002"], graphs[1], transformation="O", permutations=0)
        rate = Moran_Rate(events, population, graphs[1], transformation="O", permutations=0)
    shuffled = wide["lq_2011"].sample(frac=1, random_state=4)
    found = explore.moran_differential(wide["lq_2002"], shuffled, rows, permutations=9)
    agree(found, change, I="I", variance="VI_norm", p_norm="p_norm")
    found = explore.moran_rate(events.sample(frac=1, random_state=5), population, rows, permutations=9)
    agree(found, rate, I="I", variance="VI_norm", p_norm="p_norm")


def test_tables_of_pairs_changes_and_rates_as_in_esda(mainland) -> None:
    from esda import Moran, Moran_BV, Moran_Rate

    wide, weights = mainland
    years = (2002, 2006, 2011)
    long = pd.concat(
        [
            wide[[f"{name}_{year}" for name in ("lq", "gdp", "finance")]]
            .set_axis(["lq", "gdp", "finance"], axis=1)
            .assign(year=year)
            for year in years
        ]
    ).sample(frac=1, random_state=7)
    table = explore.global_table(
        long.rename_axis("code"),
        ["lq", ("finance", "gdp")],
        weights,
        unit="code",
        time="year",
        statistics=["moran_differential", "moran_bivariate", "moran_rate"],
        rates=[("finance", "gdp")],
        permutations=0,
    ).set_index(["statistic", "time"])
    assert len(table) == 8
    with quiet():
        graph = weights.to_graph()
        peers = {}
        for before, year in zip((None, *years), years, strict=False):
            finance, gdp = (wide[f"{name}_{year}"].to_numpy() for name in ("finance", "gdp"))
            peers["moran_bivariate", year] = Moran_BV(finance, gdp, graph, transformation="O", permutations=0)
            peers["moran_rate", year] = Moran_Rate(finance, gdp, graph, transformation="O", permutations=0)
            if before is not None:
                change = (wide[f"lq_{year}"] - wide[f"lq_{before}"]).to_numpy()
                peers["moran_differential", year] = Moran(change, graph, transformation="O", permutations=0)
    assert set(peers) == set(table.index)
    for (word, year), peer in peers.items():
        row = table.loc[(word, year)]
        assert row["value"] == pytest.approx(peer.I, abs=1e-12)
        if word != "moran_bivariate":  # esda has no moments of it
            assert row["sd"] ** 2 == pytest.approx(peer.VI_norm, rel=1e-10)
            assert row["p_norm"] == pytest.approx(peer.p_norm, rel=1e-9)


def test_standardised_rates_are_esdas() -> None:
    from esda.smoothing import assuncao_rate

    rng = np.random.default_rng(2)
    population = rng.integers(1, 5000, size=(60, 3)).astype(float)
    events = rng.binomial(population.astype(int), 0.02).astype(float)
    found = standardised_rates(events, population)
    for number in range(3):
        # the same formula in another order of summation
        peer = assuncao_rate(events[:, number], population[:, number])
        assert found[:, number] == pytest.approx(peer, rel=1e-12, abs=1e-13)


@pytest.mark.slow  # esda compiles for half a minute
def test_local_geary_as_in_esda(mainland) -> None:
    from esda import Geary_Local

    # in the order of the labels: esda returns its values in that order whatever the order of the data
    y, weights = mainland[0]["lq_2011"], mainland[1]
    with quiet():
        np.random.seed(1)  # noqa: NPY002
        peer = Geary_Local(weights.to_graph(), permutations=DRAWS, seed=1).fit(y)
    found = explore.local_geary(y, weights, permutations=DRAWS)
    assert found.value.to_numpy() == pytest.approx(peer.localG, rel=1e-10)
    drawn = peer.rlocalG
    score = (peer.localG - drawn.mean(axis=1)) / drawn.std(axis=1)
    # moments of esda's draws: 6 standard errors of a mean and, for skewed draws, 15 percent of the scale
    assert np.abs(found.z - score).max() < 6 / np.sqrt(DRAWS) + 0.15 * np.abs(score).max()
    above, below = ((drawn >= peer.localG[:, None]).sum(axis=1), (drawn <= peer.localG[:, None]).sum(axis=1))
    for ours, rarer in zip(found.p_sim, np.minimum(above, below), strict=True):
        same_draws(ours, (rarer + 1) / (DRAWS + 1))


@pytest.mark.slow  # esda compiles
@pytest.mark.parametrize("star", [False, True])
def test_local_g_as_in_esda(provinces, graphs, star) -> None:
    from esda import G_Local

    y, weights = provinces[0]["lq_2011"], provinces[1]
    with quiet():
        peer = G_Local(y, graphs[0], transform="B", star=star, permutations=DRAWS, seed=1, n_jobs=1)
    found = explore.local_g(y, weights, star=star, permutations=DRAWS)
    joined = found.value.notna().to_numpy()
    assert list(y.index[~joined]) == ["460000"]
    assert found.value[joined].to_numpy() == pytest.approx(peer.Gs[joined], rel=1e-10)
    assert found.z[joined].to_numpy() == pytest.approx(peer.Zs[joined], rel=1e-9)
    assert found.p_norm[joined].to_numpy() == pytest.approx(2 * peer.p_norm[joined], rel=1e-9)
    above, below = ((peer.sim >= peer.Gs).sum(axis=0), (peer.sim <= peer.Gs).sum(axis=0))
    for ours, rarer in zip(found.p_sim[joined], np.minimum(above, below)[joined], strict=True):
        same_draws(ours, (rarer + 1) / (DRAWS + 1))


@pytest.mark.slow  # esda compiles
def test_local_bivariate_moran_as_in_esda(provinces, rows, graphs) -> None:
    from esda import Moran_Local_BV

    x, y = provinces[0]["gdp_2011"], provinces[0]["lq_2011"]
    with quiet():
        peer = Moran_Local_BV(x, y, graphs[1], transformation="O", permutations=DRAWS, seed=1)
    found = explore.local_moran_bivariate(x.sample(frac=1, random_state=4), y, rows, permutations=DRAWS)
    joined = found.I.notna().to_numpy()
    assert found.I[joined].to_numpy() == pytest.approx(peer.Is[joined], rel=1e-10)
    names = {1: "High-High", 2: "Low-High", 3: "Low-Low", 4: "High-Low"}
    assert found.quadrant[joined].tolist() == [names[number] for number in peer.q[joined]]
    for ours, theirs in zip(found.p_sim[joined], peer.p_sim[joined], strict=True):
        same_draws(ours, theirs)
    long = provinces[0][["gdp_2011", "lq_2011"]].rename_axis("code").reset_index()
    table = explore.local_table(
        long, [("gdp_2011", "lq_2011")], rows, unit="code", statistics="moran_bivariate", permutations=9
    )
    table = table.set_index("unit").loc[x.index]
    assert table["value"][joined].to_numpy() == pytest.approx(peer.Is[joined], rel=1e-10)


@pytest.fixture(scope="module")
def incomes() -> tuple[pd.DataFrame, sf.SpatialWeights]:
    """Income per head of 48 states, 1929 to 2009, and their contiguity, from libpysal's us_income."""
    import libpysal

    with quiet():
        wide = pd.read_csv(libpysal.examples.get_path("usjoin.csv")).drop(columns=["STATE_FIPS"])
        matrix = libpysal.io.open(libpysal.examples.get_path("states48.gal")).read().sparse
    ids = wide.pop("Name")
    weights = sf.SpatialWeights.from_matrix(matrix, ids=ids).standardize("row")
    long = wide.set_axis(wide.columns.astype(int), axis=1).assign(state=ids)
    return long.melt("state", var_name="year", value_name="income"), weights


def test_incomes_of_states_by_year_as_in_esda(incomes) -> None:
    from esda import Moran

    data, weights = incomes
    data = data.sample(frac=1, random_state=6)
    table = explore.global_table(data, "income", weights, unit="state", time="year", permutations=DRAWS)
    table = table[table["statistic"] == "moran"].set_index("time")
    assert table.index.tolist() == list(range(1929, 2010))
    with quiet():
        w = weights.to_graph().to_W()
        wide = data.pivot(index="state", columns="year", values="income").loc[weights.ids]
        np.random.seed(1)  # noqa: NPY002
        for year in table.index:
            peer = Moran(wide[year], w, permutations=DRAWS if year % 20 == 9 else 0)
            row = table.loc[year]
            assert row["value"] == pytest.approx(peer.I, abs=1e-12)
            assert row["expected"] == pytest.approx(peer.EI, abs=1e-15)
            assert row["sd"] ** 2 == pytest.approx(peer.VI_norm, rel=1e-10)
            assert row["p_norm"] == pytest.approx(peer.p_norm, rel=1e-9)
            if year % 20 == 9:
                same_draws(row["p_sim"], peer.p_sim)
