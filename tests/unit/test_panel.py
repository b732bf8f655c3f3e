"""fit_panel: keys, effects, identities with dummies, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._core.logdet import EigenLogDet
from spatialfin._core.traces import cross_traces
from spatialfin._core.transformation import CentredLogDet, Transformation, centred_traces, lag_periods
from spatialfin._errors import (
    AlignmentError,
    CollinearityError,
    ConvergenceError,
    DataError,
    FormulaError,
    OptionError,
    SpatialfinWarning,
)
from spatialfin.panel import balance_report

from .conftest import lattice

MODELS = ("ols", "slx", "sar", "sem", "sdm", "sdem", "sac")


@pytest.fixture(scope="module")
def weights() -> sf.SpatialWeights:
    return lattice(5).standardize("row")


@pytest.fixture(scope="module")
def data(weights: sf.SpatialWeights) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    n, periods = weights.n, 6
    x, z = rng.normal(size=(2, periods, n))
    mu, alpha = rng.normal(size=n), rng.normal(size=(periods, 1))
    dense = weights.sparse.toarray()
    signal = x + 0.5 * z + 0.4 * x @ dense.T + mu + alpha + 0.5 * rng.normal(size=(periods, n))
    y = np.linalg.solve(np.eye(n) - 0.35 * dense, signal.T).T
    keys = pd.MultiIndex.from_product([range(2001, 2007), weights.ids], names=["year", "code"])
    table = pd.DataFrame({"y": y.ravel(), "x": x.ravel(), "z": z.ravel()}, index=keys).reset_index()
    table["area"] = table["code"].map(dict(zip(weights.ids, rng.uniform(1, 2, n), strict=True)))
    table["rate"] = table["year"] ** 2.0
    return table


def fit(
    data: pd.DataFrame, weights: sf.SpatialWeights | None, formula: str = "y ~ x + z", **keywords: object
):
    return sf.fit_panel(formula, data, weights, unit="code", time="year", **keywords)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("effects", ["pooled", "unit", "time", "twoway"])
def test_order_and_types_of_keys_change_nothing(data, weights, model: str, effects: str) -> None:
    one = fit(data, weights, model=model, effects=effects)
    by_unit = fit(data.sort_values(["code", "year"]), weights, model=model, effects=effects)
    shuffled = fit(data.sample(frac=1, random_state=5), weights, model=model, effects=effects)
    levels = fit(data.set_index(["code", "year"]), weights, model=model, effects=effects)
    dates = fit(
        data.assign(year=pd.to_datetime(data["year"].astype(str))), weights, model=model, effects=effects
    )
    for other in (by_unit, shuffled, levels, dates):
        assert other.params.equals(one.params)  # to the last bit
        assert other.cov.equals(one.cov)
        assert other.loglik == one.loglik
    assert shuffled.residuals.sort_index().equals(one.residuals)
    assert shuffled.residuals.index.equals(data.sample(frac=1, random_state=5).index)


@pytest.mark.parametrize("effects", ["unit", "time", "twoway"])
def test_least_squares_with_effects_is_least_squares_with_dummies(data, effects: str) -> None:
    within = fit(data, None, model="ols", effects=effects)
    dummies = {"unit": "C(code)", "time": "C(year)", "twoway": "C(code) + C(year)"}[effects]
    table = data.set_index(data["code"] + data["year"].astype(str))
    full = sf.fit_cross_section(f"y ~ x + z + {dummies}", table, model="ols")
    for name in ("x", "z"):
        assert within.params[name] == pytest.approx(full.params[name], rel=1e-9)
        assert within.std_errors[name] == pytest.approx(full.std_errors[name], rel=1e-9)
    assert within.sigma2 == pytest.approx(full.sigma2, rel=1e-9)
    assert within.df_resid == full.df_resid


def test_recovered_effects_are_the_dummies(data, weights) -> None:
    result = fit(data, weights, model="sar", effects="twoway", bias_correction="none")
    effects = result.fixed_effects()
    wide = data.pivot(index="year", columns="code", values="y").to_numpy()
    left = wide - result.params["rho"] * wide @ weights.sparse.toarray().T
    structural = data.assign(left=left.ravel())
    table = structural.set_index(data["code"] + data["year"].astype(str))
    full = sf.fit_cross_section("left ~ x + z + C(code) + C(year)", table, model="ols")
    units = effects[effects["effect"] == "unit"].set_index("label")["estimate"]
    gap = full.params[f"C(code)[{units.index[3]}]"]
    assert units.iloc[3] - units.iloc[0] == pytest.approx(gap, rel=1e-8)
    assert units.sum() == pytest.approx(0, abs=1e-10)
    # The prediction with effects is the fit of the reduced form: residuals then have no unit or period mean.
    error = (data["y"] - result.predict()).groupby(data["year"]).mean()
    assert np.abs(error).max() < 0.2
    with pytest.raises(DataError, match="no fixed effects"):
        fit(data, weights, effects="pooled").fixed_effects()


@pytest.mark.parametrize("effects", ["unit", "time", "twoway"])
def test_lee_yu_likelihood_is_that_of_the_transformed_data(data, weights, effects: str) -> None:
    """Orthonormal contrasts instead of demeaning: the same maximum from an explicit transformation."""
    result = fit(data, weights, model="sar", effects=effects)
    n, periods = weights.n, 6
    wide = {
        name: data.pivot(index="code", columns="year", values=name).to_numpy() for name in ("y", "x", "z")
    }

    def contrasts(size: int) -> np.ndarray:
        q = np.linalg.qr(np.column_stack([np.ones(size), np.eye(size)[:, 1:]]))[0]
        return q[:, 1:]

    left = contrasts(n) if effects != "unit" else np.eye(n)
    right = contrasts(periods) if effects != "time" else np.eye(periods)
    dense = weights.sparse.toarray()
    w_star = left.T @ dense @ left
    y, x, z = (left.T @ wide[name] @ right for name in ("y", "x", "z"))
    rho, beta, s2 = result.params["rho"], result.params[["x", "z"]].to_numpy(), result.sigma2
    e = (np.eye(len(w_star)) - rho * w_star) @ y - beta[0] * x - beta[1] * z
    jacobian = right.shape[1] * np.linalg.slogdet(np.eye(len(w_star)) - rho * w_star)[1]
    loglik = -e.size / 2 * np.log(2 * np.pi * s2) - (e**2).sum() / (2 * s2) + jacobian
    assert result.loglik == pytest.approx(loglik, rel=1e-10)
    assert s2 == pytest.approx((e**2).mean(), rel=1e-9)


def test_centred_determinant_and_traces(weights) -> None:
    n = weights.n
    centre = np.eye(n) - 1 / n
    dense = weights.sparse.toarray()
    jacobian = CentredLogDet(EigenLogDet(weights.sparse))
    rho, lam = 0.4, -0.3
    g = dense @ np.linalg.inv(np.eye(n) - rho * dense)
    h = dense @ np.linalg.inv(np.eye(n) - lam * dense)
    assert jacobian.trace_g(rho) == pytest.approx(np.trace(centre @ g), rel=1e-10)
    assert jacobian.trace_gg(rho) == pytest.approx(np.trace(centre @ g @ centre @ g), rel=1e-10)
    plain = cross_traces(weights.sparse, rho, lam, jacobian.logdet)
    ours = centred_traces(plain, weights.sparse, rho, lam)
    assert ours.product == pytest.approx(np.trace(centre @ g @ centre @ h), rel=1e-9)
    assert ours.transposed == pytest.approx(np.trace(g.T @ centre @ h), rel=1e-9)


def test_transformation_counts_and_demeans() -> None:
    values = np.random.default_rng(0).normal(size=(12, 2))
    for effects, left in (("pooled", 12), ("unit", 8), ("time", 9), ("twoway", 6)):
        transformation = Transformation(effects, n_units=4, n_periods=3)  # type: ignore[arg-type]
        assert transformation.n_effective == left
        assert Transformation(effects, 4, 3, lee_yu=False).n_effective == 12  # type: ignore[arg-type]
        once = transformation.demean(values)
        assert transformation.demean(once) == pytest.approx(once, abs=1e-14)
        cube = once.reshape(3, 4, 2)
        if transformation.by_unit:
            assert np.abs(cube.mean(axis=0)).max() < 1e-14
        if transformation.by_time:
            assert np.abs(cube.mean(axis=1)).max() < 1e-14


def test_lags_are_taken_period_by_period(weights) -> None:
    values = np.random.default_rng(0).normal(size=(3 * weights.n, 2))
    full = np.kron(np.eye(3), weights.sparse.toarray())
    assert lag_periods(weights.sparse, values, 3) == pytest.approx(full @ values)
    assert lag_periods(weights.sparse, values[:, 0], 3) == pytest.approx(full @ values[:, 0])


def test_impacts_of_a_panel_equal_the_dense_inverse(data, weights) -> None:
    result = fit(data, weights, model="sdm")
    impacts = result.impacts(draws=200)
    dense, n = weights.sparse.toarray(), weights.n
    s = np.linalg.solve(
        np.eye(n) - result.params["rho"] * dense,
        result.params["x"] * np.eye(n) + result.params["W(x)"] * dense,
    )
    assert impacts.estimates.loc["x", "direct"] == pytest.approx(np.trace(s) / n)
    assert impacts.estimates.loc["x", "total"] == pytest.approx(s.sum() / n)
    assert impacts.tidy()["std_error"].notna().all()


def test_weights_that_lee_yu_cannot_use(data, weights) -> None:
    binary = lattice(5)
    with pytest.warns(SpatialfinWarning, match=r"every row of W to sum to 1.*direct likelihood"):
        result = fit(data, binary, model="sar", effects="twoway")
    assert result.bias_correction == "none"
    assert result.params.equals(
        fit(data, binary, model="sar", effects="twoway", bias_correction="none").params
    )
    assert fit(data, binary, model="sar", effects="unit").bias_correction == "lee-yu"
    assert fit(data, weights, model="sar", effects="twoway").bias_correction == "lee-yu"


def test_no_rows(data, weights) -> None:
    with pytest.raises(DataError, match=r"data: no rows\. Check the filter that made it"):
        sf.fit_panel("y ~ x", data[:0], weights, unit="code", time="year")


def test_gaps_duplicates_and_missing_keys(data, weights) -> None:
    with pytest.raises(DataError, match=r"not balanced.*'u0002, 2001'"):
        fit(data.drop(index=2), weights)
    with pytest.raises(DataError, match=r"Duplicate rows.*u0002"):
        fit(pd.concat([data, data.iloc[[2]]]), weights)
    with pytest.raises(DataError, match="1 rows have no 'code'"):
        fit(data.assign(code=data["code"].where(data.index != 4)), weights)
    with pytest.raises(DataError, match=r"'yeer' is no column.*Did you mean 'year'"):
        sf.fit_panel("y ~ x", data, weights, unit="code", time="yeer")
    with pytest.raises(DataError, match="a DataFrame is needed, not Series"):
        sf.fit_panel("y ~ x", data["y"], weights, unit="code", time="year")  # type: ignore[arg-type]
    with pytest.raises(AlignmentError, match="'u0001'"):
        fit(data[data["code"] != "u0001"], weights)
    holes = data.assign(x=data["x"].where(data.index != 7))
    with pytest.raises(DataError, match="'u0007, 2001'"):
        fit(holes, weights)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"model": "durbin"}, "Valid"),
        ({"effects": "two-way"}, "Did you mean 'twoway'"),
        ({"bias_correction": "leeyu"}, "Did you mean 'lee-yu'"),
        ({"vcov": "robst"}, "Did you mean 'robust'"),
        ({"vcov": "robust", "effects": "random"}, "which its random effect denies"),
        ({"model": "sar", "durbin": ["x"]}, "durbin="),
    ],
)
def test_options(data, weights, keywords: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        fit(data, weights, **keywords)


def test_what_effects_absorb_is_named(data, weights) -> None:
    with pytest.raises(DataError, match=r"'area' constant within every unit"):
        fit(data, weights, "y ~ x + area", model="sar", effects="unit")
    with pytest.raises(DataError, match=r"'rate' constant within every period"):
        fit(data, weights, "y ~ x + rate", model="sar", effects="time")
    with pytest.raises(DataError, match=r"'area', 'rate'"):
        fit(data, weights, "y ~ x + area + rate", model="sar", effects="twoway")
    with pytest.raises(DataError, match="outcome 'area' is constant"):
        fit(data, weights, "area ~ x", effects="unit")
    with pytest.raises(CollinearityError, match="'x' and 'twice'"):
        fit(
            data.assign(twice=2 * data["x"] + data["area"]),
            weights,
            "y ~ x + twice",
            model="sar",
            effects="unit",
        )


@pytest.fixture(scope="module")
def everybody() -> tuple[pd.DataFrame, sf.SpatialWeights]:
    """Every unit a neighbour of every other: within a period W x is x times a number, plus a constant."""
    full = sf.SpatialWeights.from_matrix(np.ones((12, 12)) - np.eye(12), ids=[f"u{k:02d}" for k in range(12)])
    keys = pd.MultiIndex.from_product([range(6), full.ids], names=["year", "code"])
    values = np.random.default_rng(0).normal(size=(72, 3))
    table = pd.DataFrame(values, index=keys, columns=["y", "x", "z"]).reset_index()
    return table.assign(y=table["y"] + table["x"]), full.standardize("row")


def test_data_frames_of_others_are_named(data, weights) -> None:
    polars = pytest.importorskip("polars")
    with pytest.raises(DataError, match=r"not that of polars\. Convert it to pandas first"):
        fit(polars.from_pandas(data), weights)


def test_formulas_name_keys_that_are_index_levels(data, weights) -> None:
    columns = fit(data, weights, "y ~ x + C(year)", model="sar", effects="unit")
    indexed = data.set_index(["code", "year"])
    levels = fit(indexed, weights, "y ~ x + C(year)", model="sar", effects="unit")
    pd.testing.assert_series_equal(columns.params, levels.params)
    assert list(indexed.columns) == list(data.columns.drop(["code", "year"]))


@pytest.mark.parametrize("options", [{}, {"gaps": "observed"}, {"lags": ("y",)}, {"effects": "random"}])
def test_period_dummies_get_no_spatial_lag(data, weights, options) -> None:
    rows = data.iloc[1:] if "gaps" in options else data
    words = {"model": "sdm", "effects": "unit", "bias_correction": "none", **options}
    found = fit(rows, weights, "y ~ x + C(year)", **words)
    assert [name for name in found.params.index if name.startswith("W(")] == ["W(x)"]
    named = fit(rows, weights, "y ~ x + C(year)", **{**words, "durbin": ["x"]})
    pd.testing.assert_series_equal(found.params, named.params)
    with pytest.raises(FormulaError, match="at least one regressor with a spatial lag"):
        fit(rows, weights, "y ~ C(year)", **words)


def test_collinear_lags_of_regressors_are_named(everybody) -> None:
    table, full = everybody
    for model in ("slx", "sdm", "sdem"):
        with pytest.raises(CollinearityError, match=r"'x' and 'W\(x\)'; 'z' and 'W\(z\)'"):
            fit(table, full, "y ~ x + z", model=model, effects="twoway")
    with pytest.raises(CollinearityError, match=r"'x' and 'W\(x\)'"):
        fit(table, full, "y ~ x + z", model="sdm", effects="time", durbin=["x"])


@pytest.mark.parametrize("vcov", ["expected", "observed", "cluster"])
@pytest.mark.parametrize("model", ["sar", "sem"])
def test_singular_information(everybody, model: str, vcov: str) -> None:
    """With the period means removed the likelihood is the same for every rho (or lam), but for rounding."""
    table, full = everybody
    with pytest.raises(ConvergenceError, match=r"information matrix is singular|rises at the bound"):
        fit(table, full, "y ~ x + z", model=model, effects="time", vcov=vcov)


@pytest.mark.parametrize("effects", ["pooled", "unit", "time", "twoway", "random"])
@pytest.mark.parametrize("model", ["sar", "sem"])
def test_coefficient_at_its_bound(model: str, effects: str) -> None:
    """A chessboard that dominates every period: the likelihood rises towards -1, whatever is removed."""
    weights, rng = lattice(4).standardize("row"), np.random.default_rng(0)
    solver = np.linalg.inv(np.eye(16) + 0.9999999 * weights.sparse.toarray())
    keys = pd.MultiIndex.from_product([range(4), weights.ids], names=["year", "code"])
    table = pd.DataFrame({"y": (rng.normal(size=(4, 16)) @ solver.T).ravel()}, index=keys)
    table["x"] = rng.normal(size=64)
    with pytest.raises(ConvergenceError, match="rises at the bound of the spatial coefficient"):
        fit(table, weights, "y ~ 0 + x", model=model, effects=effects)


def test_an_impact_outside_the_data_is_warned_about(data, weights) -> None:
    result = fit(data, weights, "y ~ x * z", model="sdm", effects="twoway")
    with pytest.warns(SpatialfinWarning, match="z=1000 lies outside the data"):
        result.impacts(draws=20, at={"z": 1000.0})


def test_one_period_with_unit_effects(data, weights) -> None:
    one = data[data["year"] == 2001]
    with pytest.raises(DataError, match="25 units and 1 periods"):
        fit(one, weights, effects="unit")
    assert fit(one, weights, effects="pooled", model="sar").nobs == 25


def test_panel_without_weights(data) -> None:
    with pytest.raises(OptionError, match="needs weights"):
        fit(data, None, model="sar")
    assert list(fit(data, None, model="ols").params.index) == ["x", "z"]


def test_balance_report(data) -> None:
    assert balance_report(data, unit="code", time="year").balanced
    broken = pd.concat([data.drop(index=[0, 9]), data.iloc[[3]]]).assign(
        x=lambda t: t["x"].where(t.index != 5)
    )
    report = balance_report(broken, unit="code", time="year")
    assert not report.balanced
    assert report.missing.to_numpy().tolist() == [["u0000", 2001], ["u0009", 2001]]
    assert len(report.duplicates) == 1
    assert report.incomplete["column"].tolist() == ["x"]
    assert "missing rows: 2" in repr(report)
    with pytest.raises(DataError, match="'xx' not in the data"):
        balance_report(data, unit="code", time="year", columns=["xx"])


def test_summary_names_the_effects(data, weights) -> None:
    text = fit(data, weights).summary()
    assert "25 units x 6 periods, effects: twoway, bias correction: lee-yu" in text
    with pytest.raises(DataError, match="own sample only"):
        fit(data, weights).predict(data)
