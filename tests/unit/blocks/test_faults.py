"""Weights per period and panels with gaps: what is refused, and what results say of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, OptionError, SpatialfinWarning

from ..conftest import lattice
from .conftest import fit


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"effects": "time"}, r"effects='time': use effects='unit'.*C\(<time column>\)"),
        ({"effects": "twoway"}, "effects='twoway': use effects='unit'"),
        ({"effects": "random"}, "effects='random': use effects='unit' or 'pooled'"),
        ({"effects": "mundlak"}, "effects='mundlak': use effects='unit' or 'pooled'"),
        ({"lags": ("y",), "effects": "unit"}, r"lags=\('y',\): dynamic models need every unit"),
        ({"vcov": "cluster", "effects": "unit"}, "vcov='cluster': use vcov='expected'"),
        ({"vcov": "driscoll-kraay", "effects": "unit"}, "vcov='driscoll-kraay': use"),
        ({"formula": "y ~ x + lag(z)", "effects": "unit"}, r"lag\(\) and diff\(\) in the formula"),
    ],
)
def test_every_other_combination_is_refused_by_name(
    data, gappy, weights, changing, keywords, message
) -> None:
    given = {"model": "sar", **keywords}
    with pytest.raises(OptionError, match=rf"(?s)a panel with gaps \(gaps='observed'\).*{message}"):
        fit(gappy, weights, **given, gaps="observed")
    with pytest.raises(OptionError, match=f"(?s)weights that change over time.*{message}"):
        fit(data, changing, **given)
    with pytest.raises(OptionError, match=r"gaps.* and weights that change over time"):
        fit(gappy, changing, **given, gaps="observed")


def test_all_faults_at_once(gappy, weights) -> None:
    with pytest.raises(OptionError, match=r"(?s)2 problems.*effects='twoway'.*vcov='robust'"):
        fit(gappy, weights, model="sar", effects="twoway", vcov="robust", gaps="observed")


def test_periods_and_units_that_do_not_match(data, gappy, weights, changing) -> None:
    fewer = {year: w for year, w in changing.items() if year not in {2002, 2004}}
    with pytest.raises(AlignmentError, match="without weights: '2002', '2004'"):
        fit(data, fewer, model="sar", effects="unit")
    with pytest.raises(AlignmentError, match="only in the weights: '2009'"):
        fit(data, {**changing, 2009: weights}, model="sar", effects="unit")
    text = {str(year): w for year, w in changing.items()}
    with pytest.raises(AlignmentError, match="agree as text: write the periods in the type of the data"):
        fit(data, text, model="sar", effects="unit")
    other = {**changing, 2003: changing[2003].subset(changing[2003].ids[1:])}
    with pytest.raises(AlignmentError, match=r"2003: .*only in data: 'u0000'"):
        fit(data, other, model="sar", effects="unit")
    with pytest.raises(AlignmentError, match=r"2003: SpatialWeights are needed, not ndarray"):
        fit(data, {**changing, 2003: np.eye(16)}, model="sar", effects="unit")
    with pytest.raises(DataError, match=r"not balanced.*gaps='observed'"):
        fit(gappy, weights, model="sar", effects="unit")
    with pytest.raises(DataError, match="not balanced"):
        fit(gappy, changing, model="sar", effects="unit")
    with pytest.raises(OptionError, match=r"gaps='observe'.*Did you mean 'observed'"):
        fit(gappy, weights, gaps="observe")
    with pytest.raises(OptionError, match="units='sub'"):
        fit(data, weights, units="sub")
    with pytest.raises(OptionError, match="give weights"):
        fit(data, None, model="ols", effects="unit", units="subset")


def test_units_of_the_data_that_the_weights_lack(data, weights) -> None:
    fewer = weights.subset(weights.ids[2:])
    with pytest.raises(AlignmentError, match="only in data: 'u0000', 'u0001'"):
        fit(data, fewer, model="sar", effects="unit")
    with pytest.raises(AlignmentError, match="the weights have no units 'u0000', 'u0001'"):
        fit(data, fewer, model="sar", effects="unit", units="subset")


@pytest.mark.parametrize("effects", ["random", "twoway"])
def test_subset_of_the_weights_for_every_panel(data, weights, effects: str) -> None:
    some = data[~data["code"].isin(["u0003", "u0010"])]
    asked = fit(some, weights, model="sar", effects=effects, units="subset")
    by_hand = fit(some, weights.subset(some["code"].unique()), model="sar", effects=effects)
    np.testing.assert_allclose(asked.params, by_hand.params, rtol=1e-7)
    assert "subset: kept 14 of 16 units; dropped 'u0003', 'u0010'" in asked.summary()
    whole = fit(data, weights, model="sar", effects=effects, units="subset")
    assert whole.provenance.ledger == fit(data, weights, model="sar", effects=effects).provenance.ledger


def test_subset_of_weights_per_period(data, changing) -> None:
    some = data[data["code"] != "u0003"]
    asked = fit(some, changing, model="sar", effects="unit", units="subset")
    ids = some["code"].unique()
    by_hand = fit(some, {year: w.subset(ids) for year, w in changing.items()}, model="sar", effects="unit")
    assert asked.params.equals(by_hand.params)
    assert "dropped 'u0003'" in " ".join(asked.provenance.ledger)


def test_one_row_units_and_one_period(gappy, data, weights) -> None:
    once = gappy[(gappy["code"] != "u0002") | (gappy["year"] == 2002)]
    with pytest.raises(DataError, match="'u0002' have one row only"):
        fit(once, weights, model="sar", effects="unit", gaps="observed")
    with pytest.warns(SpatialfinWarning, match="no observed neighbour"):
        pooled = fit(once, weights, model="sar", effects="pooled", gaps="observed")
    assert pooled.nobs == len(once)
    least_squares = fit(once, None, model="ols", effects="unit", gaps="observed")
    assert least_squares.df_resid == len(once) - 16 - 2
    with pytest.raises(DataError, match="16 units and 1 periods"):
        fit(data[data["year"] == 2001], {2001: weights}, model="sar", effects="unit")


def test_units_without_observed_neighbours_are_named(data) -> None:
    chain = np.diag(np.ones(15), 1) + np.diag(np.ones(15), -1)
    w = sf.SpatialWeights.from_matrix(chain, ids=lattice(4).ids).standardize("row")
    table = data[~((data["year"] == 2002) & (data["code"] == "u0001"))]
    with pytest.warns(SpatialfinWarning, match="'u0000, 2002' have no observed neighbour"):
        result = fit(table, w, model="sar", effects="pooled", gaps="observed")
    line = next(line for line in result.provenance.ledger if line.startswith("observed: "))
    assert line == (
        "observed: 79 of 80 unit-periods; W of every period among its observed units, standardised again; "
        "without observed neighbours: 'u0000, 2002'"
    )
    assert line in result.summary()


def test_what_the_result_says_of_its_weights(data, changing) -> None:
    shared = {year: changing[2001 + (year > 2003)] for year in changing}
    result = fit(data, shared, model="sar", effects="unit")
    ledger = result.provenance.ledger
    assert ledger[0] == "weights per period: 2 different W in 5 periods"
    assert any(line.startswith("W of '2004', '2005': ") for line in ledger)
    assert result.weights_name == "w0, w1"
    swapped = {year: changing[2002 - (year > 2003)] for year in changing}
    assert (
        fit(data, swapped, model="sar", effects="unit").provenance.weights_hash
        != result.provenance.weights_hash
    )


def test_styles_of_the_weights(gappy) -> None:
    """Only weights that were standardised are standardised again; raw ones keep their numbers."""
    for w in (lattice(4), lattice(4).standardize("spectral")):
        result = fit(gappy, w, model="sar", effects="pooled", gaps="observed")
        first = gappy.loc[gappy["year"] == 2001, "code"]
        wanted = w.subset(first).align(pd.Index(sorted(first))).toarray()
        weights = result.parts.weights
        assert weights is not None
        np.testing.assert_allclose(weights.toarray()[: len(first), : len(first)], wanted)


def test_what_needs_one_w_says_so(gappy, weights) -> None:
    result = fit(gappy, weights, model="sar", effects="unit", gaps="observed")
    with pytest.raises(OptionError, match=r"unit_impacts.*one W"):
        sf.models.unit_impacts(result, "x")
    with pytest.raises(OptionError, match="one W"):
        result.impacts(by="unit")
    with pytest.raises(OptionError, match=r"bootstrap_impacts.*one W"):
        sf.models.bootstrap_impacts(result, replications=20)


def test_tests_between_models_work_on_gaps(gappy, weights) -> None:
    keywords = {"effects": "unit", "gaps": "observed"}
    sar, sdm = (fit(gappy, weights, model=model, **keywords) for model in ("sar", "sdm"))
    test = sf.models.likelihood_ratio(sar, sdm)
    assert test.statistic == pytest.approx(2 * (sdm.loglik - sar.loglik))
    assert test.df == 2
    pooled = fit(gappy, weights, model="sdm", effects="pooled", gaps="observed")
    assert sf.models.likelihood_ratio(pooled, sdm).df == 15


def test_an_error_model_is_not_nested_where_w_moves_the_unit_effects(gappy, weights) -> None:
    """``(I - rho W) D`` is outside the dummies of the Durbin model when W is not the same in all periods."""
    sem, sdm = (fit(gappy, weights, model=model, effects="unit", gaps="observed") for model in ("sem", "sdm"))
    with pytest.raises(DataError, match="moves the unit effects out of the model"):
        sf.models.likelihood_ratio(sem, sdm)
    with pytest.raises(DataError, match="moves the unit effects out of the model"):
        sf.models.wald_common_factor(sdm)
    sem, sdm = (
        fit(gappy, weights, model=model, effects="pooled", gaps="observed") for model in ("sem", "sdm")
    )
    assert sf.models.likelihood_ratio(sem, sdm).statistic > 0
    assert sf.models.wald_common_factor(sdm).df == 2
