"""Production functions: elasticities, returns to scale, the surface, and their spatial versions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, FormulaError, OptionError, WeightsError
from spatialfin.models import ProductionResult, fit_production

from .conftest import lattice

FACTORS = ["capital", "labour", "credit"]


@pytest.fixture(scope="module")
def weights() -> sf.SpatialWeights:
    return lattice(6).standardize("row")


@pytest.fixture(scope="module")
def panel(weights: sf.SpatialWeights) -> pd.DataFrame:
    """Output that spills over with rho = .3; own coefficients .3, .5, .2."""
    rng = np.random.default_rng(21)
    n, periods = weights.n, 4
    logs = rng.normal(2, 0.6, size=(3, periods, n))
    mu = 0.2 * rng.normal(size=n)
    signal = 0.5 + 0.3 * logs[0] + 0.5 * logs[1] + 0.2 * logs[2] + mu + 0.1 * rng.normal(size=(periods, n))
    y = np.linalg.solve(np.eye(n) - 0.3 * weights.sparse.toarray(), signal.T).T
    keys = pd.MultiIndex.from_product([range(2001, 2001 + periods), weights.ids], names=["year", "code"])
    columns = {name: np.exp(values.ravel()) for name, values in zip(FACTORS, logs, strict=True)}
    table = pd.DataFrame({"gdp": np.exp(y.ravel()), **columns}, index=keys).reset_index()
    table["reform"] = rng.uniform(size=len(table))
    return table


@pytest.fixture(scope="module")
def year(panel: pd.DataFrame) -> pd.DataFrame:
    return panel[panel["year"] == 2002].set_index("code")


def fit(data: pd.DataFrame, weights: sf.SpatialWeights | None = None, **keywords: object) -> ProductionResult:
    given = {"output": "gdp", "factors": FACTORS, **keywords}
    return fit_production(data, weights, **given)  # type: ignore[arg-type]


def of_panel(data: pd.DataFrame, weights: sf.SpatialWeights | None, **keywords: object) -> ProductionResult:
    return fit(data, weights, unit="code", time="year", **keywords)


def test_returns_to_scale_are_the_coefficient_of_one_factor_over_which_the_others_are_taken(year) -> None:
    """ln Y on ln L, ln(K/L), ln(F/L): the coefficient of ln L is the sum, with its standard error."""
    result = fit(year, controls=["reform"])
    logs = np.log(year[["gdp", *FACTORS]])
    x = np.column_stack(
        [
            np.ones(len(year)),
            logs["labour"],
            logs["capital"] - logs["labour"],
            logs["credit"] - logs["labour"],
            year["reform"],
        ]
    )
    beta = np.linalg.lstsq(x, logs["gdp"], rcond=None)[0]
    residuals = logs["gdp"] - x @ beta
    error = np.sqrt(residuals @ residuals / (36 - 5) * np.linalg.inv(x.T @ x)[1, 1])
    found = result.returns_to_scale().loc["total"]
    assert found["estimate"] == pytest.approx(beta[1], rel=1e-9)
    assert found["std_error"] == pytest.approx(error, rel=1e-9)
    t = (beta[1] - 1) / error
    assert found["statistic"] == pytest.approx(t**2, rel=1e-7)
    assert found["p_value"] == pytest.approx(2 * stats.t(31).sf(abs(t)), rel=1e-7)
    assert found["distribution"] == "F(1, 31)"
    low, high = beta[1] + error * stats.t(31).ppf([0.025, 0.975])
    assert found[["conf_low", "conf_high"]].tolist() == pytest.approx([low, high], rel=1e-8)


def test_without_spillovers_elasticities_are_the_coefficients(panel, weights) -> None:
    for model in ("ols", "sem"):
        result = of_panel(panel, weights, model=model, effects="unit")
        table = result.elasticities(level=0.9).set_index("factor")
        expected = result.fit.tidy(level=0.9).set_index("term")
        assert (table["impact"] == "total").all()
        for factor in FACTORS:
            for value in ("estimate", "std_error", "p_value", "conf_low", "conf_high"):
                assert table.loc[factor, value] == pytest.approx(expected.loc[f"log({factor})", value])
        assert list(result.returns_to_scale().index) == ["total"]


@pytest.mark.parametrize("model", ["slx", "sar", "sdm", "sdem", "sac"])
@pytest.mark.parametrize("style", ["row", "binary"])
def test_with_spillovers_elasticities_are_the_impacts(panel, weights, model, style) -> None:
    w = weights.standardize(style)
    result = of_panel(panel, w, model=model, effects="unit", controls=["reform"])
    table = result.elasticities().set_index(["factor", "impact"])
    impacts = result.fit.impacts(draws=20).tidy("delta").set_index(["variable", "impact"])
    for factor in FACTORS:
        for kind in ("direct", "indirect", "total"):
            expected = impacts.loc[(f"log({factor})", kind), ["estimate", "std_error"]].tolist()
            found = table.loc[(factor, kind), ["estimate", "std_error"]].tolist()
            assert found == pytest.approx(expected, rel=1e-9)


def test_spatial_returns_are_those_of_the_dense_inverse(panel, weights) -> None:
    w = weights.standardize("binary")
    result = of_panel(panel, w, model="sdm", effects="unit", durbin=["log(credit)"])
    params, n = result.fit.params, w.n

    def returns(values: pd.Series) -> np.ndarray:
        beta = sum(values[f"log({factor})"] for factor in FACTORS)
        dense = w.align(result.fit.parts.ids).toarray()
        impact = np.linalg.solve(
            np.eye(n) - values["rho"] * dense, beta * np.eye(n) + values["W(log(credit))"] * dense
        )
        return np.array([np.trace(impact) / n, impact.sum() / n])

    found = result.returns_to_scale()
    assert found["estimate"].tolist() == pytest.approx(returns(params).tolist(), rel=1e-9)
    step = 1e-6
    slopes = []
    for name in params.index:
        up, down = params.copy(), params.copy()
        up[name], down[name] = up[name] + step, down[name] - step
        slopes.append((returns(up) - returns(down)) / (2 * step))
    gradient = np.array(slopes)
    errors = np.sqrt(np.diag(gradient.T @ result.fit.cov.to_numpy() @ gradient))
    assert found["std_error"].tolist() == pytest.approx(errors.tolist(), rel=1e-5)
    assert (found["distribution"] == "chi2(1)").all()
    statistic = ((found["estimate"] - 1) / found["std_error"]) ** 2
    assert found["p_value"].tolist() == pytest.approx(stats.chi2(1).sf(statistic).tolist())


def test_the_truth_is_found(panel, weights) -> None:
    """Direct near 1 for one unit, 1 / (1 - rho) = 1.43 when all scale together."""
    result = of_panel(panel, weights, model="sar", effects="unit")
    found = result.returns_to_scale()
    assert abs(found.loc["total", "estimate"] - 1 / 0.7) < 3 * found.loc["total", "std_error"]
    assert found.loc["total", "conclusion"] == "increasing"


@pytest.mark.parametrize(("power", "conclusion"), [(0.4, "decreasing"), (2.0, "increasing")])
def test_conclusions_in_words(year, power, conclusion) -> None:
    result = fit(year.assign(gdp=year["gdp"] ** power))
    assert result.returns_to_scale()["conclusion"].item() == conclusion
    assert fit(year).returns_to_scale(level=1 - 1e-12)["conclusion"].item() == "constant not rejected"


def test_the_unit_of_a_factor_changes_no_elasticity(panel, weights) -> None:
    one = of_panel(panel, weights, model="sdm")
    other = of_panel(panel.assign(credit=panel["credit"] * 1000), weights, model="sdm")
    assert one.elasticities()["estimate"].tolist() == pytest.approx(
        other.elasticities()["estimate"].tolist(), rel=1e-6
    )
    assert other.centre["credit"] == pytest.approx(1000 * one.centre["credit"])


def test_the_surface_is_the_fitted_function(year) -> None:
    result = fit(year, factors=["capital", "credit"])
    surface = result.surface("capital", "credit", points=4)
    assert surface.shape == (4, 4)
    assert (surface.index.name, surface.columns.name) == ("capital", "credit")
    assert surface.index[[0, -1]].tolist() == pytest.approx([year["capital"].min(), year["capital"].max()])
    params = result.fit.params
    for capital in surface.index:
        for credit in surface.columns:
            log = params["Intercept"] + params["log(capital)"] * np.log(capital)
            log += params["log(credit)"] * np.log(credit)
            assert surface.loc[capital, credit] == pytest.approx(np.exp(log), rel=1e-9)
    assert surface.attrs == {"output": "gdp", "held": {}}


def test_the_surface_holds_other_factors_and_knows_both_impacts(panel, weights) -> None:
    result = of_panel(panel, weights, model="sar", effects="unit")
    total = result.surface("labour", "credit", points=3)
    direct = result.surface("labour", "credit", points=3, impact="direct")
    assert total.attrs["held"]["capital"] == pytest.approx(np.exp(np.log(panel["capital"]).mean()))
    elasticity = result.elasticities().set_index(["factor", "impact"])["estimate"]
    for surface, kind in ((total, "total"), (direct, "direct")):
        rise = np.log(surface.iloc[2, 0] / surface.iloc[0, 0])
        width = np.log(surface.index[2] / surface.index[0])
        assert rise / width == pytest.approx(elasticity["labour", kind], rel=1e-9)


@pytest.mark.parametrize("model", ["ols", "sdm"])
def test_row_order_changes_nothing(panel, weights, model) -> None:
    before = panel.copy()
    one = of_panel(panel, weights, model=model)
    other = of_panel(panel.sample(frac=1, random_state=4), weights, model=model)
    pd.testing.assert_frame_equal(one.elasticities(), other.elasticities(), check_exact=True)
    pd.testing.assert_frame_equal(one.returns_to_scale(), other.returns_to_scale(), check_exact=True)
    pd.testing.assert_frame_equal(
        one.surface("capital", "labour"), other.surface("capital", "labour"), check_exact=True
    )
    assert panel.equals(before)


def test_columns_that_are_no_plain_names(year) -> None:
    spaced = year.rename(columns={"credit": "bank credit"})
    result = fit(spaced, factors=["capital", "labour", "bank credit"])
    assert result.elasticities()["estimate"].tolist() == fit(year).elasticities()["estimate"].tolist()
    assert fit(year.rename(columns={"credit": "信贷"}), factors=["capital", "信贷"]).factors[1] == "信贷"


def test_the_result_reads_well(year) -> None:
    result = fit(year)
    assert repr(result).startswith("Cobb-Douglas by OLS: log(gdp) ~ log(capital) + log(labour) + log(credit)")
    assert "tested against 1" in repr(result)
    assert "conclusion" in result._repr_html_()


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"factors": []}, OptionError, r"factors=\[\]: a list of columns"),
        ({"factors": "capital"}, OptionError, "factors='capital': a list of columns"),
        ({"factors": ["capital", "capital"]}, OptionError, "factors: 'capital' more than once"),
        ({"factors": ["capital", "gdp"]}, OptionError, "the output 'gdp' is among the factors"),
        ({"factors": ["capital", "labor"]}, FormulaError, "Did you mean 'labour'"),
        ({"controls": ["log(credit)**2"]}, OptionError, r"controls: 'log\(credit\)\*\*2' made of factors"),
        ({"controls": ["credit:reform"]}, OptionError, "controls: 'credit:reform' made of factors"),
        ({"model": "sar"}, OptionError, "needs weights"),
        ({"model": "cobb"}, OptionError, "model='cobb' is not an option"),
        ({"time": "year"}, OptionError, "time='year' needs unit="),
        ({"effects": "unit"}, OptionError, "effects= is no option of fit_cross_section"),
        ({"regimes": "region"}, OptionError, "regimes= is not for fit_production"),
        ({"weights": {"near": 1}}, WeightsError, "a SpatialWeights is needed, not dict"),
    ],
)
def test_what_is_refused(year, keywords, error, message) -> None:
    with pytest.raises(error, match=message):
        fit(year, **keywords)


def test_several_faults_are_told_at_once(year) -> None:
    with pytest.raises(OptionError, match=r"(?s)2 problems.*more than once.*among the factors"):
        fit(year, factors=["capital", "capital", "gdp"])


def test_factors_must_be_positive(year) -> None:
    zero = year.assign(credit=year["credit"].where(year.index != "u0003", 0.0))
    with pytest.raises(DataError, match=r"'log\(credit\)' is not a finite number at 'u0003'"):
        fit(zero)


def test_units_must_be_those_of_the_weights(year, weights) -> None:
    with pytest.raises(AlignmentError, match="only in the weights: 'u0035'"):
        fit(year.iloc[:35], weights, model="sar")


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        (("capital", "capital"), {}, "two different factors"),
        (("capital", "land"), {}, "factor='land' is not an option"),
        (("capital", "labour"), {"points": 1}, "points=1"),
        (("capital", "labour"), {"points": 2.5}, "points=2.5"),
        (("capital", "labour"), {"impact": "indirect"}, "impact='indirect' is not an option"),
    ],
)
def test_what_a_surface_refuses(year, arguments, keywords, message) -> None:
    with pytest.raises(OptionError, match=message):
        fit(year).surface(*arguments, **keywords)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_levels_are_shares(year, level) -> None:
    with pytest.raises(OptionError, match="a confidence level lies between 0 and 1"):
        fit(year).returns_to_scale(level=level)
