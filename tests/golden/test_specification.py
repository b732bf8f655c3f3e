"""Specification tests against the cigarette panel, splm (Produc), spdep (Columbus) and spreg."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf

PRODUC = "log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp"
CIGAR = "log(sales) ~ log(price/cpi) + log(ndi/cpi)"

Panel = tuple[pd.DataFrame, sf.SpatialWeights]


@pytest.fixture(scope="module")
def produc(reference: Callable[[str], Path]) -> Panel:
    data = pd.read_csv(reference("validation/produc/Produc.csv"))
    data["state"] = data["state"].str.replace(" ", "_")
    matrix = pd.read_csv(reference("validation/produc/usaww_row_standardised_48x48.csv"), index_col=0)
    weights = sf.SpatialWeights.from_matrix(matrix.to_numpy(), ids=matrix.index)
    return data.sample(frac=1, random_state=1), weights


@pytest.fixture(scope="module")
def produc_tests(produc: Panel) -> pd.DataFrame:
    return run(produc, PRODUC)


@pytest.fixture(scope="module")
def cigar_tests(reference: Callable[[str], Path]) -> sf.models.SpecificationTests:
    data = pd.read_csv(reference("validation/cigar/Cigar.csv")).sample(frac=1, random_state=2)
    matrix = pd.read_csv(reference("validation/cigar/usa46_binary_46x46.csv"), index_col=0)
    weights = sf.SpatialWeights.from_matrix(matrix.to_numpy(float), ids=matrix.index.astype(int))
    return sf.specification_tests(
        CIGAR, data, weights.standardize("row"), unit="state", time="year", bias_correction="none"
    )


def run(panel: Panel, formula: str) -> pd.DataFrame:
    data, weights = panel
    tests = sf.specification_tests(formula, data, weights, unit="state", time="year", bias_correction="none")
    return tests.frame.set_index(["effects", "test"])


LM = ["LM lag", "LM error", "Robust LM lag", "Robust LM error"]
DURBIN = ["Wald SAR against SDM", "Wald SEM against SDM", "LR SAR against SDM", "LR SEM against SDM"]


@pytest.mark.parametrize(
    ("effects", "names", "expected"),
    [
        ("twoway", ["LR unit effects", "LR period effects"], [2315.7004, 473.0957]),
        ("unit", ["LR unit effects"], [2109.6497]),
        ("time", ["LR period effects"], [267.0451]),
        ("unit", LM, [136.4292, 255.7150, 29.5127, 148.7985]),
        ("twoway", LM, [47.0729, 54.6548, 1.1718, 8.7536]),
        ("time", LM, [44.1052, 62.8646, 0.3323, 19.0917]),
        ("twoway", DURBIN, [15.4710, 8.7699, 15.9035, 8.6402]),
        ("unit", DURBIN, [254.3917, 101.8936, 232.2324, 119.5146]),
    ],
)
def test_cigarettes(cigar_tests, effects: str, names: list[str], expected: list[float]) -> None:
    """To the last printed digit; two-way LM with W before the means (demeaned first: 46.9005, 1.1563)."""
    table = cigar_tests.frame.set_index(["effects", "test"])["statistic"]
    assert [table[(effects, name)] for name in names] == pytest.approx(expected, abs=6e-5)


def test_cigarettes_choose_the_two_way_durbin_model(cigar_tests) -> None:
    """Elhorst's conclusion for these data."""
    assert cigar_tests.choice == {"model": "sdm", "effects": "twoway"}
    assert "spatial error" in cigar_tests.reasons[1]
    assert "neither SAR nor SEM is accepted" in cigar_tests.reasons[2]
    degrees = cigar_tests.frame.set_index(["effects", "test"])["df"]
    assert degrees["twoway", "LR unit effects"] == 45
    assert degrees["twoway", "LR period effects"] == 29
    assert degrees["twoway", "Wald SEM against SDM"] == 2


@pytest.mark.parametrize(
    ("effects", "theirs"), [("pooled", "pooling"), ("unit", "within individual"), ("time", "within time")]
)
def test_lm_tests_are_those_of_splm(produc_tests, reference, effects: str, theirs: str) -> None:
    table = pd.read_csv(reference("validation/produc/splm_reference_results.csv")).set_index("model")[
        "estimate"
    ]
    # splm demeans before it lags: with period effects its lag tests differ in the third digit.
    rel = 2e-3 if effects == "time" else 1e-9
    for name, code in zip(LM, ["lml", "lme", "rlml", "rlme"], strict=True):
        assert produc_tests.loc[(effects, name), "statistic"] == pytest.approx(
            table[f"slmtest {theirs} {code}"], rel=rel
        ), name


def test_pooled_lm_error_is_that_of_spreg(produc, produc_tests) -> None:
    """spreg divides by N T - k where the test has N T (and its LM lag squares the trace: not compared)."""
    from libpysal.weights import WSP
    from scipy.sparse import csr_matrix
    from spreg.diagnostics_panel import panel_LMerror

    data, weights = produc
    ordered = data.sort_values(["year", "state"])
    w = WSP(csr_matrix(weights.align(pd.Index(sorted(weights.ids))))).to_W(silence_warnings=True)
    x = np.column_stack([np.log(ordered[["pcap", "pc", "emp"]]), ordered["unemp"]])
    theirs = panel_LMerror(np.log(ordered[["gsp"]].to_numpy()), x, w)[0]
    ours = produc_tests.loc[("pooled", "LM error"), "statistic"]
    assert ours * ((816 - 5) / 816) ** 2 == pytest.approx(theirs, rel=1e-8)


@pytest.mark.parametrize(
    ("name", "code", "rel"),
    [
        ("BSK LM1 random effects", "bsktest LM1", 1e-9),
        ("BSK LM2 spatial errors", "bsktest LM2", 1e-9),
        ("BSK joint", "bsktest LMH", 1e-9),
        # These rest on estimates of phi and lam, which splm's optimiser finds to about 1e-6.
        ("BSK conditional spatial errors", "bsktest CLMlambda", 1e-5),
        ("BSK conditional random effects", "bsktest CLMmu", 1e-5),
    ],
)
def test_error_components_are_those_of_splm(
    produc_tests, reference, name: str, code: str, rel: float
) -> None:
    table = pd.read_csv(reference("validation/produc/splm_reference_results.csv")).set_index("model")[
        "estimate"
    ]
    assert produc_tests.loc[("pooled", name), "statistic"] == pytest.approx(table[code], rel=rel)


def test_columbus(reference: Callable[[str], Path]) -> None:
    """The same call on a cross-section, against spdep (which equals Anselin 1988)."""
    import json

    expected = json.loads(reference("validation/columbus/expected.json").read_text())["columbus"]
    data = pd.read_csv(reference("validation/columbus/oldcol_COL_OLD.csv"))
    matrix = pd.read_csv(reference("validation/columbus/oldcol_COL_nb_binary_49x49.csv"), index_col=0)
    weights = sf.SpatialWeights.from_matrix(matrix.to_numpy(float), ids=matrix.index).standardize("row")
    tests = sf.specification_tests(
        "CRIME ~ INC + HOVAL", data.set_index(matrix.index).sample(frac=1, random_state=3), weights
    )
    table = tests.frame.set_index("test")["statistic"]
    assert table["Moran's I (residuals)"] == pytest.approx(expected["moran_resid"]["I"], rel=1e-8)
    codes = ["LMlag", "LMerr", "RLMlag", "RLMerr"]
    assert [table[name] for name in LM] == pytest.approx([expected["LM"][code] for code in codes], rel=1e-8)
    sar = 2 * (expected["sdm"]["LL"] - expected["ml_lag"]["LL"])
    sem = 2 * (expected["sdm"]["LL"] - expected["ml_error"]["LL"])
    # The log-likelihoods there have seven decimals.
    assert table["LR SAR against SDM"] == pytest.approx(sar, abs=4e-7)
    assert table["LR SEM against SDM"] == pytest.approx(sem, abs=4e-7)
    assert tests.choice == {"model": "sar"}


def test_hausman_of_the_error_model(produc: Panel, reference: Callable[[str], Path]) -> None:
    """splm compares with the KKP kind and leaves each model its own sigma2; ours has a common one."""
    data, weights = produc
    options = {"unit": "state", "time": "year", "model": "sem"}
    fixed = sf.fit_panel(PRODUC, data, weights, effects="unit", bias_correction="none", **options)
    random = sf.fit_panel(PRODUC, data, weights, effects="random", error_components="kkp", **options)
    names = list(fixed.params.index[:4])
    gap = (fixed.params - random.params)[names].to_numpy()

    def statistic(factor: float) -> float:
        difference = (fixed.cov - factor * random.cov).loc[names, names].to_numpy()
        return float(gap @ np.linalg.inv(difference) @ gap)

    table = pd.read_csv(reference("validation/produc/splm_reference_results.csv")).set_index("model")[
        "estimate"
    ]
    # The difference of covariances magnifies the error of splm's optimiser.
    assert statistic(1.0) == pytest.approx(table["sphtest ML error"], rel=1e-5)
    ours = sf.models.hausman(fixed, random)
    assert ours.statistic == pytest.approx(statistic(fixed.sigma2 / random.sigma2), rel=1e-6)
    assert ours.df == 4
    assert ours.smallest_eigenvalue > 0


@pytest.mark.parametrize(
    ("model", "kind", "row"),
    [("sar", None, "sphtest ML lag"), ("sem", "kkp", "sphtest ML error"), ("sac", "kkp", "sphtest ML sarar")],
)
def test_hausman_statistics_of_splm_and_where_they_come_from(
    produc: Panel, reference: Callable[[str], Path], model: str, kind: str | None, row: str
) -> None:
    """Random effects given rho, lam and phi, fixed effects with rho and lam estimated, and ``abs``."""
    data, weights = produc
    options = {"unit": "state", "time": "year", "model": model}
    fixed = sf.fit_panel(PRODUC, data, weights, effects="unit", bias_correction="none", **options)
    random = sf.fit_panel(PRODUC, data, weights, effects="random", error_components=kind, **options)
    names = ["log(pcap)", "log(pc)", "log(emp)", "unemp"]
    cube = np.stack([random.parts.matrix[:, k].reshape(17, 48) for k in range(5)])
    cube = cube - random.params.get("lam", 0.0) * (cube @ random.parts.weights.toarray().T)
    share = 1 - 1 / np.sqrt(1 + 17 * random.phi)
    x = (cube - share * cube.mean(axis=1, keepdims=True)).reshape(5, -1)
    given = random.sigma2 * np.linalg.inv(x @ x.T)[1:, 1:]
    difference = fixed.cov.loc[names, names].to_numpy() - given
    gap = (fixed.params - random.params)[names].to_numpy()
    statistic = float(gap @ np.linalg.solve(difference, gap))
    table = pd.read_csv(reference("validation/produc/splm_reference_results.csv")).set_index("model")
    # A difference with an eigenvalue near zero magnifies the error of splm's optimiser.
    assert abs(statistic) == pytest.approx(table.loc[row, "estimate"], rel=1e-5)
    assert (statistic < 0) == (model == "sar")
    assert np.linalg.eigvalsh(difference).min() < 0
    assert sf.models.hausman(fixed, random).statistic != pytest.approx(abs(statistic), rel=0.05)
