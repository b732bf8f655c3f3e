"""One specification over several weights: the parts are those of single fits, whatever the order of rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import (
    AlignmentError,
    FormulaError,
    OptionError,
    SpatialfinError,
    SpatialfinWarning,
    WeightsError,
)
from spatialfin.models import RobustnessResult, robustness

from .conftest import lattice


@pytest.fixture(scope="module")
def near() -> sf.SpatialWeights:
    return lattice(5).standardize("row")


@pytest.fixture(scope="module")
def panel(near: sf.SpatialWeights) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n, periods = near.n, 5
    x, z = rng.normal(size=(2, periods, n))
    dense = near.sparse.toarray()
    signal = x + 0.5 * z + 0.4 * x @ dense.T + rng.normal(size=n) + 0.5 * rng.normal(size=(periods, n))
    y = np.linalg.solve(np.eye(n) - 0.3 * dense, signal.T).T
    keys = pd.MultiIndex.from_product([range(2001, 2006), near.ids], names=["year", "code"])
    return pd.DataFrame({"y": y.ravel(), "x": x.ravel(), "z": z.ravel()}, index=keys).reset_index()


@pytest.fixture(scope="module")
def weights(near: sf.SpatialWeights) -> dict[str, sf.SpatialWeights]:
    rng = np.random.default_rng(12)
    alike = sf.economic_weights(pd.Series(rng.lognormal(size=near.n), index=near.ids))
    return {
        "near": near,
        "alike": alike.standardize("row"),
        "nested": sf.nested_weights(near, alike, share=0.8),
    }


def run(
    data: pd.DataFrame, weights: dict[str, sf.SpatialWeights], formula: str = "y ~ x + z", **keywords: object
) -> RobustnessResult:
    given = {"unit": "code", "time": "year", "effects": "unit", "draws": 50, **keywords}
    return robustness(formula, data, weights, **given)  # type: ignore[arg-type]


def test_the_parts_are_those_of_single_fits(panel, weights) -> None:
    result = run(panel, weights, bias_correction="none")
    frame = result.frame
    assert list(frame.columns.unique(level="weights")) == ["near", "alike", "nested"]
    parts = ["spatial", "coefficient", "direct", "indirect", "total", "fit"]
    assert list(frame.index.unique(level="part")) == parts
    for name, each in weights.items():
        fit = sf.fit_panel(
            "y ~ x + z", panel, each, unit="code", time="year", effects="unit", bias_correction="none"
        )
        own = frame[name]
        assert own.loc[("spatial", "rho"), "estimate"] == fit.params["rho"]
        assert own.loc[("coefficient", "W(x)"), "std_error"] == fit.std_errors["W(x)"]
        assert own.loc[("fit", "log-likelihood"), "estimate"] == fit.loglik
        assert own.loc[("fit", "observations"), "estimate"] == 125
        assert np.isnan(own.loc[("fit", "AIC"), "std_error"])
        impacts = fit.impacts(draws=50).tidy().set_index(["impact", "variable"])
        for kind in ("direct", "indirect", "total"):
            for value in ("estimate", "std_error", "p_value"):
                assert own.loc[(kind, "x"), value] == impacts.loc[(kind, "x"), value]


def test_the_long_table_holds_the_same(panel, weights) -> None:
    result = run(panel, weights)
    tidy = result.tidy()
    assert len(tidy) == result.frame["near"].shape[0] * 3
    exact = result.tidy(inference="delta", level=0.9)
    chosen = exact[(exact["weights"] == "nested") & (exact["part"] == "total")].set_index("term")
    expected = result.impacts["nested"].tidy("delta", 0.9).query("impact == 'total'").set_index("variable")
    assert chosen["conf_low"].to_numpy() == pytest.approx(expected["conf_low"].to_numpy())


def test_correlations_between_the_weights(panel, weights) -> None:
    found = run(panel, weights, model="slx").correlations
    off = ~np.eye(25, dtype=bool)
    expected = np.corrcoef([each.sparse.toarray()[off] for each in weights.values()])
    assert list(found.columns) == list(found.index) == list(weights)
    assert np.allclose(found, expected)


@pytest.mark.parametrize(
    ("model", "spatial"), [("sar", ["rho"]), ("sem", ["lam"]), ("sac", ["rho", "lam"]), ("slx", [])]
)
def test_models(panel, weights, model, spatial) -> None:
    frame = run(panel, weights, model=model).frame
    assert [term for part, term in frame.index if part == "spatial"] == spatial
    assert ("total" in frame.index.unique(level="part")) == (model != "sem")
    assert not frame.xs("estimate", axis=1, level="value").isna().any().any()


def test_a_cross_section(panel, weights) -> None:
    year = panel[panel["year"] == 2003].set_index("code")[["y", "x", "z"]]
    result = robustness("y ~ x + z", year, weights, model="sar", draws=50)
    fit = sf.fit_cross_section("y ~ x + z", year, weights["alike"], model="sar")
    assert result.frame["alike"].loc[("coefficient", "Intercept"), "estimate"] == fit.params["Intercept"]


def test_a_dynamic_panel_has_its_horizons_apart(panel, weights) -> None:
    frame = run(panel, {"near": weights["near"]}, model="sar", lags=("y",)).frame
    assert frame.index.is_unique
    parts = set(frame.index.unique(level="part"))
    assert {"total, short run", "total, long run"} <= parts


def test_a_product_is_evaluated_at_a_value(panel, weights) -> None:
    result = run(panel, weights, "y ~ x * z", at={"z": 0.5})
    assert (result.tidy().query("part == 'total' and term == 'x'")["at"] == "z = 0.5").all()


def test_row_order_changes_nothing(panel, weights) -> None:
    one, other = run(panel, weights), run(panel.sample(frac=1, random_state=3), weights)
    pd.testing.assert_frame_equal(one.frame, other.frame, check_exact=True)


def test_the_result_reads_well(panel, weights) -> None:
    result = run(panel, weights, model="sar")
    text = repr(result)
    assert text.startswith("SAR: y ~ x + z, over 3 weights")
    assert "Correlations between the weights" in text
    assert "log-likelihood" in result._repr_html_()


def test_likelihoods_on_two_scales_are_told(panel, weights) -> None:
    """The Lee-Yu transformation of two-way effects needs rows that sum to one."""
    mixed = {"near": weights["near"], "binary": weights["near"].standardize("binary")}
    with pytest.warns(SpatialfinWarning) as caught:
        run(panel, mixed, model="sar", effects="twoway")
    told = [str(one.message) for one in caught if "on two scales" in str(one.message)]
    assert told
    assert told[0].startswith("The likelihoods with 'binary' are direct")


def test_warnings_name_the_weights_they_are_about(panel, weights) -> None:
    mixed = {"near": weights["near"], "two each": weights["near"].standardize("binary")}
    with pytest.warns(SpatialfinWarning) as caught:
        run(panel, mixed, model="sem", effects="twoway")
    assert str(caught[0].message).startswith("'two each': The Lee-Yu transformation")
    assert caught[0].filename == __file__


def test_all_weights_with_other_units_are_named_at_once(panel, weights) -> None:
    short = {
        "a": weights["near"],
        "b": weights["alike"].subset(list(weights["near"].ids[:24])),
        "c": weights["nested"].subset(list(weights["near"].ids[:23])),
    }
    with pytest.raises(AlignmentError, match=r"(?s)weights: 2 problems.*'b': .*'u0024'.*'c': .*'u0023'"):
        run(panel, short)


def test_a_fault_of_the_formula_is_told_once(panel, weights) -> None:
    with pytest.raises(FormulaError) as caught:
        run(panel, weights, "y ~ x + nothing")
    assert str(caught.value).count("nothing") <= 2
    assert "near" not in str(caught.value)


def test_faults_of_several_kinds_are_collected(panel, weights) -> None:
    ids = list(weights["near"].ids)
    bad = {
        "short": weights["near"].subset(ids[:20]),
        "empty": sf.SpatialWeights.from_matrix(np.zeros((25, 25)), ids=ids),
    }
    with pytest.raises(SpatialfinError, match=r"(?s)'short': .*same units.*'empty': .*no link"):
        run(panel, bad)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"model": "ols"}, OptionError, "has no W to vary"),
        ({"model": "sdn"}, OptionError, "Did you mean 'sdm'"),
        ({"unit": None}, OptionError, "time='year' needs unit="),
        ({"effects": "both"}, OptionError, "effects='both' is not an option"),
        ({"time": None}, OptionError, "effects= is no option of fit_cross_section.*time= for a panel"),
        ({"bias_corection": "none"}, OptionError, "no option of fit_panel. Did you mean 'bias_correction'"),
    ],
)
def test_options_are_checked(panel, weights, keywords, error, message) -> None:
    with pytest.raises(error, match=message):
        run(panel, weights, **keywords)


@pytest.mark.parametrize("given", [{}, None, [1]])
def test_weights_are_a_mapping(panel, given) -> None:
    with pytest.raises(WeightsError, match="a mapping of at least one name"):
        run(panel, given)


def test_what_is_no_weights_is_named(panel, weights) -> None:
    with pytest.raises(WeightsError, match="'matrix' is of type ndarray, not SpatialWeights"):
        run(panel, {"near": weights["near"], "matrix": np.eye(25)})
