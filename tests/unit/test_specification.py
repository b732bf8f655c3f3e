"""specification_tests: identities, the choice, row order, and the pairs that are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spatialfin as sf
from spatialfin._core.diagnostics import residual_moran
from spatialfin._core.error_components import conditional_random, conditional_spatial
from spatialfin._core.logdet import EigenLogDet
from spatialfin._core.traces import cross_traces
from spatialfin._core.transformation import Transformation
from spatialfin._errors import ConvergenceError, DataError, FormulaError, OptionError, WeightsError
from spatialfin.models import hausman, likelihood_ratio, wald_common_factor, wald_no_lags
from spatialfin.models.choice import choose
from spatialfin.models.hausman import HausmanTest, _covariance_at

from .conftest import lattice

EFFECTS = ("pooled", "unit", "time", "twoway")


@pytest.fixture(scope="module")
def weights() -> sf.SpatialWeights:
    return lattice(5).standardize("row")


def panel(
    weights: sf.SpatialWeights, *, rho: float, lam: float, theta: float, unit: float = 1, time: float = 1
) -> pd.DataFrame:
    """Six periods of a known process with one regressor that matters and one that does not."""
    rng = np.random.default_rng(4)
    n, periods = weights.n, 6
    dense, one = weights.sparse.toarray(), np.eye(weights.n)
    x, z = rng.normal(size=(2, periods, n))
    noise = np.linalg.solve(one - lam * dense, 0.4 * rng.normal(size=(n, periods))).T
    signal = (
        x + theta * x @ dense.T + unit * rng.normal(size=n) + time * rng.normal(size=(periods, 1)) + noise
    )
    y = np.linalg.solve(one - rho * dense, signal.T).T
    keys = pd.MultiIndex.from_product([range(2001, 2001 + periods), weights.ids], names=["year", "code"])
    return pd.DataFrame({"y": y.ravel(), "x": x.ravel(), "z": z.ravel()}, index=keys).reset_index()


@pytest.fixture(scope="module")
def durbin_data(weights: sf.SpatialWeights) -> pd.DataFrame:
    return panel(weights, rho=0.35, lam=0, theta=0.6)


def run(data: pd.DataFrame, weights: sf.SpatialWeights, formula: str = "y ~ x + z", **keywords: object):
    return sf.specification_tests(formula, data, weights, unit="code", time="year", **keywords)  # type: ignore[arg-type]


def fit(data: pd.DataFrame, weights: sf.SpatialWeights | None, model: str, **keywords: object):
    options = {"effects": "twoway", "bias_correction": "none", **keywords}
    formula = str(options.pop("formula", "y ~ x + z"))
    return sf.fit_panel(formula, data, weights, unit="code", time="year", model=model, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("style", ["row", "binary"])
def test_moran_moments_are_those_of_dummies(effects: str, style: str) -> None:
    """The closed-form traces against the dense residual maker of regressors and dummies."""
    rng = np.random.default_rng(0)
    w = lattice(3).standardize(style)  # type: ignore[arg-type]
    n, periods = w.n, 4
    given_ = Transformation(effects, n, periods)  # type: ignore[arg-type]
    x = rng.normal(size=(n * periods, 2))
    dummies = {
        "pooled": np.empty((n * periods, 0)),
        "unit": np.kron(np.ones((periods, 1)), np.eye(n)),
        "time": np.kron(np.eye(periods), np.ones((n, 1))),
    }
    dummies["twoway"] = np.hstack([dummies["unit"], dummies["time"][:, 1:]])
    basis = np.linalg.qr(np.hstack([x, dummies[effects]]))[0]
    maker = np.eye(n * periods) - basis @ basis.T
    dense = np.kron(np.eye(periods), w.sparse.toarray())
    product = maker @ (dense + dense.T) / 2
    degrees, scale = round(np.trace(maker)), n * periods / dense.sum()
    expected = scale * np.trace(product) / degrees
    second = 2 * np.trace(product @ product) + np.trace(product) ** 2
    variance = scale**2 * second / (degrees * (degrees + 2)) - expected**2
    e = maker @ rng.normal(size=n * periods)
    found = residual_moran(given_.demean(x), e, w.sparse, given_)
    assert found.statistic == pytest.approx(scale * (e @ dense @ e) / (e @ e), rel=1e-10)
    assert found.expected == pytest.approx(expected, rel=1e-10)
    assert found.variance == pytest.approx(variance, rel=1e-10)


@pytest.mark.parametrize("style", ["row", "binary"])
def test_conditional_tests_are_their_dense_definitions(style: str) -> None:
    """Scores and informations of Baltagi, Song & Koh (2003) by Kronecker products."""
    rng = np.random.default_rng(1)
    weights = lattice(3).standardize(style).sparse  # type: ignore[arg-type]
    dense, n, periods, lam = weights.toarray(), 9, 4, 0.15
    u = rng.normal(size=n * periods)
    one, mean = np.eye(n), np.full((periods, periods), 1 / periods)
    b = one - lam * dense
    p, q = b.T @ b, dense.T @ b + b.T @ dense
    s2 = u @ np.kron(np.eye(periods), p) @ u / (n * periods)
    score = u @ np.kron(periods * mean, p @ p) @ u / (2 * s2**2) - periods * np.trace(p) / (2 * s2)
    ratio = q @ np.linalg.inv(p)
    # Information of (mu variance, lam, s2), the last two partialled out.
    information = (
        np.array(
            [
                [
                    periods**2 * np.trace(p @ p) / s2**2,
                    periods * np.trace(q) / s2,
                    periods * np.trace(p) / s2**2,
                ],
                [
                    periods * np.trace(q) / s2,
                    periods * np.trace(ratio @ ratio),
                    periods * np.trace(ratio) / s2,
                ],
                [periods * np.trace(p) / s2**2, periods * np.trace(ratio) / s2, n * periods / s2**2],
            ]
        )
        / 2
    )
    variance = np.linalg.inv(information)[0, 0]
    logdet = EigenLogDet(weights)
    traces = (logdet.trace_g(lam), cross_traces(weights, lam, lam, logdet))
    found = conditional_random(u, weights, lam, traces)
    assert found == pytest.approx(score * np.sqrt(variance), rel=1e-9)

    within = u @ np.kron(np.eye(periods) - mean, one) @ u / (n * (periods - 1))
    between = u @ np.kron(mean, one) @ u / n
    both = dense + dense.T
    slope = within / between**2 * np.kron(mean, both) + np.kron(np.eye(periods) - mean, both) / within
    size = (periods - 1 + (within / between) ** 2) * np.trace(dense @ dense + dense.T @ dense)
    assert conditional_spatial(u, weights) == pytest.approx(u @ slope @ u / 2 / np.sqrt(size), rel=1e-9)


@pytest.mark.parametrize(
    ("process", "choice"),
    [
        ({"rho": 0.4, "lam": 0, "theta": 0}, ("sar", "twoway")),
        ({"rho": 0, "lam": 0.6, "theta": 0}, ("sem", "twoway")),
        ({"rho": 0.35, "lam": 0, "theta": 0.6}, ("sdm", "twoway")),
        ({"rho": 0, "lam": 0, "theta": 0, "unit": 1, "time": 0}, ("ols", "unit")),
        ({"rho": 0, "lam": 0, "theta": 0, "unit": 0, "time": 1}, ("ols", "time")),
        ({"rho": 0, "lam": 0, "theta": 0, "unit": 0, "time": 0}, ("ols", "pooled")),
    ],
)
def test_the_choice_finds_the_process(process: dict[str, float], choice: tuple[str, str]) -> None:
    weights = lattice(8).standardize("row")
    tests = run(panel(weights, **process), weights, alpha=0.01)
    assert (tests.model, tests.effects) == choice
    assert len(tests.reasons) >= 3
    assert tests.choice == {"model": choice[0], "effects": choice[1]}


def test_choice_goes_straight_into_fit_panel(tested, durbin_data, weights) -> None:
    tests = tested
    result = sf.fit_panel("y ~ x + z", durbin_data, weights, unit="code", time="year", **tests.choice)
    assert result.label == "SDM"


def outcome(rows: dict[str, tuple[float, float]]) -> pd.DataFrame:
    """A frame of a cross-section with given (statistic, p-value)."""
    table = [(test, statistic, p, "") for test, (statistic, p) in rows.items()]
    return pd.DataFrame(table, columns=["test", "statistic", "p_value", "effects"])


YES, NO = (9.0, 0.01), (1.0, 0.5)
BOTH = {"LM lag": YES, "LM error": (8.0, 0.01), "Robust LM lag": YES, "Robust LM error": NO}
NONE = {"LM lag": NO, "LM error": NO}


@pytest.mark.parametrize(
    ("rows", "model", "words"),
    [
        ({**NONE, "LR OLS against SLX": NO}, "ols", "least squares stays"),
        ({**NONE, "LR OLS against SLX": YES, "LR SLX against SDM": NO}, "slx", "so the SLX"),
        ({**NONE, "LR OLS against SLX": YES, "LR SLX against SDM": YES}, "sdm", "so the SDM"),
        (BOTH, "sar", "could not be tested"),
        ({**BOTH, "LR SAR against SDM": NO, "Wald SEM against SDM": YES}, "sar", "reduced to the SAR"),
        ({**BOTH, "LR SAR against SDM": YES, "Wald SEM against SDM": NO}, "sdm", "point elsewhere"),
        ({**BOTH, "LR SAR against SDM": YES, "Wald SEM against SDM": YES}, "sdm", "neither SAR nor SEM"),
        ({**BOTH, "LR SAR against SDM": YES}, "sdm", "SEM is not nested"),
        ({**BOTH, "LR SAR against SDM": NO, "Wald SAR against SDM": YES}, "sdm", "not nested"),
    ],
)
def test_decision_path(rows: dict[str, tuple[float, float]], model: str, words: str) -> None:
    chosen = choose(outcome(rows), 0.05)
    assert chosen.model == model
    assert words in chosen.reasons[-1]


def test_both_robust_tests_silent_means_the_larger_plain_one() -> None:
    rows = {**BOTH, "Robust LM lag": NO, "LR SAR against SDM": NO, "LR SEM against SDM": NO}
    assert choose(outcome(rows), 0.05).model == "sar"


@pytest.fixture(scope="module")
def tested(durbin_data, weights) -> sf.models.SpecificationTests:
    return run(durbin_data, weights)


@settings(max_examples=2, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1000), by_unit=st.booleans())
def test_row_order_changes_nothing(tested, durbin_data, weights, seed: int, by_unit: bool) -> None:
    """To the last bit, with keys in columns or in the index."""
    shuffled = durbin_data.sample(frac=1, random_state=seed)
    if by_unit:
        shuffled = shuffled.set_index(["code", "year"])
    again = run(shuffled, weights)
    assert again.frame.equals(tested.frame)
    assert again.reasons == tested.reasons


def test_frame_and_table(tested) -> None:
    tests = tested
    assert list(tests.frame.columns) == [
        "test", "null", "statistic", "df", "p_value", "residuals", "effects",
    ]  # fmt: skip
    assert not tests.frame.duplicated(["test", "effects"]).any()
    compared = tests.frame["test"].str.startswith("Hausman")
    assert compared.sum() == 3
    assert tests.frame.loc[~compared, "p_value"].between(0, 1).all()
    assert (tests.frame.loc[~compared & tests.frame["df"].notna(), "statistic"] >= -1e-9).all()
    copy = tests.tidy()
    copy["statistic"] = 0.0
    assert (tests.frame["statistic"] != 0).any()
    wide = tests.table()
    row = tests.frame.query("test == 'LM lag' and effects == 'unit'")
    assert wide.loc["LM lag", ("unit", "statistic")] == row["statistic"].item()
    printed = str(sf.tables.frame_table(wide, title="Specification tests"))
    assert "twoway" in printed
    assert "Robust LM error" in printed


def test_text_says_what_is_implied(tested) -> None:
    tests = tested
    for text in (repr(tests), tests._repr_html_()):
        assert "Implied at the 5% level: SDM with twoway effects" in text
        assert "LM lag" in text
        assert "each given the other" in text
    assert "25 units x 6 periods" in repr(tests)


def test_html_is_escaped(durbin_data, weights) -> None:
    named = durbin_data.rename(columns={"x": "<b>x"})
    assert "<b>x" not in run(named, weights, "y ~ `<b>x` + z")._repr_html_()


def test_cross_section(sample, rowwise) -> None:
    tests = sf.specification_tests("y ~ lq + depth", sample.sample(frac=1, random_state=1), rowwise)
    fits = {
        model: sf.fit_cross_section("y ~ lq + depth", sample, rowwise, model=model, engine="native")
        for model in ("ols", "sar", "sdm")
    }
    table = tests.frame.set_index("test")
    own = fits["ols"].diagnostics.set_index("test")["statistic"]
    assert table.loc[own.index, "statistic"].to_numpy() == pytest.approx(own.to_numpy(), rel=1e-10)
    lr = 2 * (fits["sdm"].loglik - fits["sar"].loglik)
    assert table.loc["LR SAR against SDM", "statistic"] == pytest.approx(lr, rel=1e-9)
    assert tests.choice == {"model": tests.model}
    assert list(tests.table().columns) == ["statistic", "df", "p_value"]
    assert "N = 64" in repr(tests)


def test_durbin_subset_leaves_the_error_model_out(durbin_data, weights) -> None:
    tests = run(durbin_data, weights, durbin=["x"])
    assert not tests.frame["test"].str.contains("SEM against").any()
    assert any("SEM is not nested in the SDM with unit effects: 'W(z)'" in note for note in tests.notes)


def test_binary_weights_use_the_direct_likelihood(durbin_data) -> None:
    binary = lattice(5)
    tests = run(durbin_data, binary)
    assert tests.bias_correction == "none"
    assert "Not every row of W sums to 1" in tests.notes[1]
    assert tests.frame.equals(run(durbin_data, binary, bias_correction="none").frame)
    # Row sums differ: the error model leaves the Durbin model with an intercept or period effects.
    nested = set(tests.frame.loc[tests.frame["test"] == "Wald SEM against SDM", "effects"])
    assert nested == {"unit"}


def test_what_cannot_be_estimated_is_left_out_and_said(durbin_data, weights, monkeypatch) -> None:
    """One likelihood without a maximum does not cost the other tests."""
    import spatialfin.models.tests as module

    def failing(*arguments: object, **keywords: object) -> sf.models.ModelResult:
        if (keywords["model"], keywords["effects"]) in {
            ("sdm", "twoway"),
            ("sem", "unit"),
            ("sar", "random"),
        }:
            raise ConvergenceError("The likelihood still rises at the bound. Try another model.")
        return sf.fit_panel(*arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "fit_panel", failing)
    tests = run(durbin_data, weights)
    kept = set(tests.frame["effects"] + " " + tests.frame["test"])
    assert not {"twoway LR SAR against SDM", "unit LR SEM against SDM", "unit Hausman SAR"} & kept
    assert {"twoway LR OLS against SLX", "unit Wald SEM against SDM", "unit Hausman SDM"} <= kept
    said = "SDM with twoway effects could not be estimated: The likelihood still rises at the bound."
    assert said in tests.notes
    assert "the SDM could not be tested" in tests.reasons[2]


def test_an_island_uses_the_direct_likelihood(durbin_data, weights) -> None:
    matrix = weights.sparse.toarray()
    matrix[3] = 0
    island = sf.SpatialWeights.from_matrix(matrix, ids=weights.ids)
    tests = run(durbin_data, island)
    assert tests.bias_correction == "none"
    assert tests.frame.loc[~tests.frame["test"].str.startswith("Hausman"), "p_value"].notna().all()


def test_lr_of_effects_is_direct_whatever_the_rest(tested, durbin_data) -> None:
    tests = tested.frame.set_index(["effects", "test"])["statistic"]
    one = fit(durbin_data, None, "ols", effects="time")
    two = fit(durbin_data, None, "ols", effects="twoway")
    assert tests["twoway", "LR unit effects"] == pytest.approx(2 * (two.loglik - one.loglik), rel=1e-12)


def test_wald_tests_by_hand(durbin_data, weights) -> None:
    sdm = fit(durbin_data, weights, "sdm")
    theta = sdm.params[["W(x)", "W(z)"]].to_numpy()
    cov = sdm.cov.loc[["W(x)", "W(z)"], ["W(x)", "W(z)"]].to_numpy()
    assert wald_no_lags(sdm).statistic == pytest.approx(theta @ np.linalg.inv(cov) @ theta, rel=1e-10)

    def gap(params: np.ndarray) -> np.ndarray:
        return params[2:4] + params[4] * params[:2]

    at = sdm.params.to_numpy()
    jacobian = np.column_stack([(gap(at + s) - gap(at - s)) / 2e-6 for s in np.eye(5) * 1e-6])
    by_hand = gap(at) @ np.linalg.inv(jacobian @ sdm.cov.to_numpy() @ jacobian.T) @ gap(at)
    assert wald_common_factor(sdm).statistic == pytest.approx(by_hand, rel=1e-6)
    assert wald_common_factor(sdm).df == 2


def test_lr_accepts_nested_pairs(durbin_data, weights) -> None:
    sdm = fit(durbin_data, weights, "sdm")
    for model, df in (("ols", 3), ("slx", 1), ("sar", 2), ("sem", 2)):
        test = likelihood_ratio(fit(durbin_data, weights, model), sdm)
        assert test.df == df
        assert test.statistic >= 0
    shuffled = durbin_data.sample(frac=1, random_state=0)
    assert likelihood_ratio(fit(shuffled, weights, "sar", formula="y ~ x"), sdm).df == 3
    pooled, unit = (fit(durbin_data, weights, "sar", effects=effects) for effects in ("pooled", "unit"))
    assert likelihood_ratio(pooled, unit).df == 24


@pytest.mark.parametrize(
    ("one", "two", "message"),
    [
        ({"model": "sdm"}, {"model": "sar"}, r"'W\(x\)', 'W\(z\)' is not among the regressors"),
        ({"model": "sar"}, {"model": "sem"}, "SAR is no special case of SEM"),
        ({"model": "sac"}, {"model": "sdm"}, "SAC is no special case of SDM"),
        ({"model": "sdem"}, {"model": "sdm"}, r"'W\(W\(x\)\)'"),
        ({"model": "sem"}, {"model": "sdm", "durbin": ["x"]}, r"'W\(z\)' is not among"),
        ({"model": "sar", "formula": "log(y + 50) ~ x"}, {"model": "sdm"}, "the outcomes differ"),
        ({"model": "sar", "bias_correction": "lee-yu"}, {"model": "sdm"}, "bias_correction='none'"),
        (
            {"model": "sar", "effects": "pooled", "bias_correction": "lee-yu"},
            {"model": "sar", "effects": "unit", "bias_correction": "lee-yu"},
            "always tested by the direct likelihoods",
        ),
        (
            {"model": "sar", "effects": "unit"},
            {"model": "sar", "effects": "time"},
            "unit effects are no special",
        ),
        ({"model": "sar"}, {"model": "sar"}, "nothing to test"),
    ],
)
def test_lr_refuses(durbin_data, weights, one, two, message: str) -> None:
    with pytest.raises(DataError, match=message):
        likelihood_ratio(fit(durbin_data, weights, **one), fit(durbin_data, weights, **two))


def test_lr_refuses_other_samples_and_weights(durbin_data, weights) -> None:
    sdm = fit(durbin_data, weights, "sdm")
    other = fit(durbin_data, lattice(5), "sar")
    with pytest.raises(DataError, match="the weights differ"):
        likelihood_ratio(other, sdm)
    shorter = fit(durbin_data[durbin_data["year"] < 2006], weights, "sar")
    with pytest.raises(DataError, match=r"samples differ \(125 and 150"):
        likelihood_ratio(shorter, sdm)
    moved = fit(durbin_data.assign(year=durbin_data["year"] + 1), weights, "sar")
    with pytest.raises(DataError, match="samples differ"):
        likelihood_ratio(moved, sdm)
    changed = fit(durbin_data.assign(y=durbin_data["y"].where(durbin_data.index != 3, 0.0)), weights, "sar")
    with pytest.raises(DataError, match="other values"):
        likelihood_ratio(changed, sdm)


def test_lr_refuses_an_estimator_without_likelihood(sample, rowwise) -> None:
    sdm = sf.fit_cross_section("y ~ lq", sample, rowwise, model="sdm")
    moments = sf.fit_cross_section("y ~ lq", sample, rowwise, model="sar", estimator="2sls")
    with pytest.raises(DataError, match="no likelihood"):
        likelihood_ratio(moments, sdm)


def test_wald_refuses(durbin_data, weights, sample, rowwise) -> None:
    with pytest.raises(DataError, match="no lagged regressor"):
        wald_no_lags(fit(durbin_data, weights, "sar"))
    with pytest.raises(DataError, match="needs an SDM"):
        wald_common_factor(fit(durbin_data, weights, "slx"))
    with pytest.raises(DataError, match=r"SEM is not nested in this SDM: 'W\(z\)'"):
        wald_common_factor(fit(durbin_data, weights, "sdm", durbin=["x"]))
    with pytest.raises(DataError, match="rows of W have different sums"):
        wald_common_factor(fit(durbin_data, lattice(5), "sdm"))
    regimes = sf.fit_cross_section("y ~ lq", sample, rowwise, model="sdm", regimes="region")
    with pytest.raises(DataError, match="without regimes"):
        wald_no_lags(regimes)


def test_refusals(durbin_data, weights) -> None:
    with pytest.raises(OptionError, match="bias_correction='leeyu'"):
        run(durbin_data, weights, bias_correction="leeyu")
    with pytest.raises(WeightsError, match="SpatialWeights are needed, not ndarray"):
        run(durbin_data, np.eye(3))  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="alpha=5"):
        run(durbin_data, weights, alpha=5)
    with pytest.raises(OptionError, match="time= goes with unit="):
        sf.specification_tests("y ~ x", durbin_data, weights, time="year")
    with pytest.raises(DataError, match="one period of 'year'"):
        run(durbin_data[durbin_data["year"] == 2001], weights)
    with pytest.raises(FormulaError, match="no regressor besides the intercept"):
        run(durbin_data, weights, "y ~ 1")


@pytest.mark.parametrize("model", ["sar", "sem", "sdm", "sac"])
def test_covariance_at_its_own_sigma2_is_the_covariance(durbin_data, weights, model: str) -> None:
    kind = "kkp" if model in {"sem", "sac"} else None
    random = fit(durbin_data, weights, model, effects="random", error_components=kind)
    own = _covariance_at(random, random.sigma2)
    assert own == pytest.approx(random.cov.to_numpy(), rel=1e-9)
    slopes = slice(0, 3)
    wider = _covariance_at(random, 2 * random.sigma2)
    assert (np.diag(wider)[slopes] > np.diag(own)[slopes]).all()


def test_hausman_tells_correlated_effects() -> None:
    rng = np.random.default_rng(8)
    w = lattice(8).standardize("row")
    data = panel(w, rho=0, lam=0.3, theta=0, time=0)
    shift = data["code"].map(dict(zip(w.ids, rng.normal(size=w.n), strict=True)))

    def test(table: pd.DataFrame) -> HausmanTest:
        return hausman(
            fit(table, w, "sem", effects="unit"),
            fit(table, w, "sem", effects="random", error_components="kkp"),
        )

    found = test(data.assign(x=data["x"] + shift / 2, y=data["y"] + shift))
    assert found.conclusive
    assert found.df == 2
    assert found.p_value < 0.001
    assert test(data).p_value > 0.05


def test_an_indefinite_difference_decides_nothing() -> None:
    negative = HausmanTest("Hausman SAR", "null", -3.2, 4, float("nan"), -0.01)
    assert "smallest eigenvalue -0.01" in negative.advice
    assert "the statistic is negative and decides nothing" in negative.advice
    positive = HausmanTest("Hausman SAR", "null", 3.2, 4, float("nan"), -0.01)
    assert "not chi-squared" in positive.advice
    assert HausmanTest("Hausman SAR", "null", 3.2, 4, 0.5, 0.01).advice == ""


def test_hausman_refuses(durbin_data, weights) -> None:
    unit = fit(durbin_data, weights, "sar", effects="unit")
    random = fit(durbin_data, weights, "sar", effects="random")
    with pytest.raises(DataError, match="not 'random' with 'unit'"):
        hausman(random, unit)
    with pytest.raises(DataError, match=r"the models differ \(SEM, SAR\)"):
        hausman(fit(durbin_data, weights, "sem", effects="unit"), random)
    with pytest.raises(DataError, match="regressors differ"):
        hausman(fit(durbin_data, weights, "sar", effects="unit", formula="y ~ x"), random)
    with pytest.raises(DataError, match="the data differ"):
        hausman(fit(durbin_data.assign(x=durbin_data["x"] * 2), weights, "sar", effects="unit"), random)
    with pytest.raises(DataError, match="the weights differ"):
        hausman(fit(durbin_data, lattice(5), "sar", effects="unit"), random)
    with pytest.raises(DataError, match="vcov='expected', not 'expected' with 'observed'"):
        hausman(unit, fit(durbin_data, weights, "sar", effects="random", vcov="observed"))
    sac = [
        fit(durbin_data, weights, "sac", effects="unit"),
        fit(durbin_data, weights, "sac", effects="random", error_components="baltagi"),
    ]
    with pytest.raises(DataError, match="error_components='kkp'"):
        hausman(*sac)


def test_likelihood_ratio_is_for_fixed_effects(durbin_data, weights) -> None:
    random = fit(durbin_data, weights, "sar", effects="random")
    with pytest.raises(DataError, match="'random' are no fixed effects"):
        likelihood_ratio(random, fit(durbin_data, weights, "sdm"))


@pytest.mark.parametrize(
    ("p_value", "words"),
    [(0.001, "so they stay fixed"), (0.4, "would be admissible"), (float("nan"), "decides nothing")],
)
def test_fixed_or_random_in_words(p_value: float, words: str) -> None:
    rows = [
        ("LR unit effects", 99.0, 0.0, "twoway"),
        ("LR period effects", 1.0, 0.9, "twoway"),
        ("LM lag", 20.0, 0.0, "unit"),
        ("LM error", 1.0, 0.5, "unit"),
        ("LR SAR against SDM", 1.0, 0.5, "unit"),
        ("Hausman SAR", 9.0, p_value, "unit"),
    ]
    chosen = choose(pd.DataFrame(rows, columns=["test", "statistic", "p_value", "effects"]), 0.05)
    assert (chosen.model, chosen.effects) == ("sar", "unit")
    assert words in chosen.reasons[-1]
