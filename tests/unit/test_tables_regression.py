"""Regression tables: order, stars, impacts, notes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from spatialfin._errors import DataError, OptionError
from spatialfin._phrases import LANGUAGES
from spatialfin._typing import Vcov
from spatialfin.models.covariances import PanelVcov
from spatialfin.tables import diagnostics_table, impacts_table, regression_table
from spatialfin.tables._words import say


class Fit:
    """What maketables and the tables read from a result."""

    estimator = "ml"
    vcov = "expected"
    diagnostics: pd.DataFrame | None = None

    def __init__(self, model: str, estimates: dict[str, tuple[float, float, float]], **more: Any) -> None:
        self.model = model
        self.label = model.upper()
        self.depvar = "growth"
        self.weights_name = "" if model == "ols" else "queen, row-standardised"
        self.estimates = estimates
        self.stats: dict[str, Any] = {"N": 31, "ll": 12.3456, "aic": -10.0}
        for name, value in more.items():
            setattr(self, name, value)

    @property
    def __maketables_coef_table__(self) -> pd.DataFrame:
        table = pd.DataFrame.from_dict(self.estimates, orient="index", columns=["b", "se", "p"])
        return table.assign(t=table["b"] / table["se"])

    @property
    def __maketables_depvar__(self) -> str:
        return self.depvar

    def __maketables_stat__(self, key: str) -> Any:
        return self.stats.get(key)

    def impacts(self) -> SimpleNamespace:
        if self.model in ("ols", "sem"):
            raise AssertionError("no spillovers to ask for")
        rows = [
            ("lq", "direct", 0.61, 0.2, 3.05, 0.0023),
            ("lq", "indirect", 0.33, 0.3, 1.1, 0.27),
            ("lq", "total", 0.94, 0.4, 2.35, 0.0188),
        ]
        columns = ["variable", "impact", "estimate", "std_error", "z", "p_value"]
        tidy = pd.DataFrame(rows, columns=columns).assign(conf_low=0.0, conf_high=1.0)
        return SimpleNamespace(
            tidy=lambda: tidy, draws=np.zeros((990, 1, 3)), seed=7, n_rejected=10,
            at=pd.Series({"lq": "depth = 0.4 (mean)"}),
        )  # fmt: skip


OLS = Fit("ols", {"Intercept": (0.2, 0.1, 0.0455), "lq": (-0.512, 0.1, 0.0005), "depth": (0.1, 0.1, 0.317)},
          diagnostics=pd.DataFrame({
              "test": ["Moran's I", "LM lag"], "null": ["no dependence", "rho = 0"], "statistic": [2.5, 4.2],
              "df": [np.nan, 1.0], "p_value": [0.0124, 0.0404], "residuals": ["OLS", "OLS"]}))  # fmt: skip
SDM = Fit("sdm", {"Intercept": (0.3, 0.1, 0.003), "lq": (-0.4, 0.2, 0.0455), "W(lq)": (0.15, 0.3, 0.617),
                  "rho": (0.25, 0.14, 0.074)})  # fmt: skip
SEM = Fit("sem", {"Intercept": (0.3, 0.1, 0.003), "lq": (-0.4, 0.2, 0.0455), "lam": (0.3, 0.1, 0.0027)})


def cell(table: Any, block: str, label: str, line: str, column: int) -> str:
    return str(table.frame.loc[(block, label, line)].iloc[column])


def test_rows_stand_in_the_order_of_the_field() -> None:
    table = regression_table([OLS, SDM, SEM])
    labels = [key[:2] for key in table.frame.index if key[2] in ("estimate", "")]
    assert labels == [
        ("coefficients", "lq"), ("coefficients", "depth"), ("coefficients", "W(lq)"),
        ("coefficients", "Constant"), ("spatial", "rho"), ("spatial", "lambda"),
        ("statistics", "N"), ("statistics", "Log-likelihood"), ("statistics", "AIC"),
    ]  # fmt: skip


def test_estimates_stars_and_gaps() -> None:
    table = regression_table([OLS, SDM, SEM])
    assert [cell(table, "coefficients", "lq", "estimate", i) for i in range(3)] == [
        "-0.512***", "-0.400**", "-0.400**",
    ]  # fmt: skip
    assert [cell(table, "spatial", "rho", "estimate", i) for i in range(3)] == ["", "0.250*", ""]
    assert [cell(table, "coefficients", "depth", "estimate", i) for i in range(3)] == ["0.100", "", ""]
    assert cell(table, "statistics", "N", "", 0) == "31"
    assert cell(table, "statistics", "Log-likelihood", "", 2) == "12.346"


@pytest.mark.parametrize(
    ("parentheses", "shown", "word"),
    [
        ("se", "0.1000", "Standard errors"),
        ("t", "-5.1200", "t statistics"),
        ("z", "-5.1200", "z statistics"),
        ("p", "0.0005", "p-values"),
    ],
)
def test_what_stands_in_parentheses(parentheses: str, shown: str, word: str) -> None:
    table = regression_table(OLS, parentheses=parentheses, digits=4)
    assert cell(table, "coefficients", "lq", parentheses, 0) == shown
    assert f"({shown})" in table.to_html()
    assert table.notes[0] == f"{word} in parentheses. * p < 0.1, ** p < 0.05, *** p < 0.01."


def test_small_p_values_are_bounded() -> None:
    table = regression_table(OLS, parentheses="p", digits=3)
    assert cell(table, "coefficients", "lq", "p", 0) == "< 0.001"


def test_without_stars_nothing_speaks_of_them() -> None:
    table = regression_table(OLS, stars=False)
    assert "*" not in str(table)


def test_labels_reach_terms_lags_and_the_dependent_variable() -> None:
    table = regression_table(
        [SDM], labels={"lq": "区位熵", "growth": "增长", "rho": "空间滞后"}, impacts=True
    )
    assert ("coefficients", "W(区位熵)", "estimate") in table.frame.index
    assert ("Direct impacts", "区位熵", "estimate") in table.frame.index
    assert ("spatial", "空间滞后", "se") in table.frame.index
    assert table.frame.columns.tolist() == [("增长", "SDM", "(1)")]


def test_equal_labels_are_refused() -> None:
    with pytest.raises(DataError, match=r"'lq', 'depth' all get the label 'X'"):
        regression_table(OLS, labels={"lq": "X", "depth": "X"})


def test_impacts_come_by_kind_and_only_where_there_are_spillovers() -> None:
    table = regression_table([OLS, SDM, SEM], impacts=True, labels={"depth": "Depth"})
    blocks = list(dict.fromkeys(table.frame.index.get_level_values("block")))
    assert blocks == [
        "coefficients", "spatial", "Direct impacts", "Indirect impacts", "Total impacts", "statistics",
    ]  # fmt: skip
    assert [cell(table, "Direct impacts", "lq", "estimate", i) for i in range(3)] == ["", "0.610***", ""]
    assert [cell(table, "Total impacts", "lq", "se", i) for i in range(3)] == ["", "0.400", ""]
    assert "(2) Impacts: standard errors from 1000 draws (seed 7), 10 rejected." in table.notes
    assert "(2) Impacts evaluated: lq at Depth = 0.4 (mean)." in table.notes


def test_impacts_may_be_given() -> None:
    given = regression_table([OLS, SDM], impacts=[None, SDM.impacts()])
    pd.testing.assert_frame_equal(given.frame, regression_table([OLS, SDM], impacts=True).frame)
    with pytest.raises(DataError, match="1 entries for 2 results"):
        regression_table([OLS, SDM], impacts=[None])


def test_diagnostics_say_which_residuals_were_used() -> None:
    table = regression_table([OLS, SDM], diagnostics=True)
    assert cell(table, "Tests for spatial dependence", "Moran's I", "estimate", 0) == "2.500**"
    assert cell(table, "Tests for spatial dependence", "LM lag", "p", 0) == "0.040"
    assert cell(table, "Tests for spatial dependence", "LM lag", "p", 1) == ""
    assert "(1) Tests use the OLS residuals; p-values in parentheses." in table.notes


def test_notes_common_to_all_columns_have_no_number() -> None:
    notes = regression_table([SDM, SEM], notes="Source: yearbooks.").notes
    assert notes[1:] == (
        "W: queen, row-standardised.",
        "Standard errors: from the expected information.",
        "Source: yearbooks.",
    )
    assert regression_table([OLS, SDM]).notes[1:] == (
        "(1) Standard errors: classical.",
        "(2) W: queen, row-standardised.",
        "(2) Standard errors: from the expected information.",
    )


def test_the_note_on_weights_says_how_they_were_made() -> None:
    ledger = (
        "queen contiguity of 31 units",
        "linked 460000 and 440000",
        "engine: spreg",
        "log-determinant: eigen",
    )
    fit = Fit("sar", {"lq": (1.0, 0.5, 0.0455)}, provenance=SimpleNamespace(ledger=ledger))
    assert regression_table(fit).notes[1] == (
        "W: queen, row-standardised (queen contiguity of 31 units; linked 460000 and 440000)."
    )


def test_column_numbers_of_notes_run_together() -> None:
    fits = [SDM, SEM, SDM, OLS, SDM, OLS, SDM, SEM]
    assert "(1)-(3) (5) (7) (8) W: queen, row-standardised." in regression_table(fits).notes


def test_the_estimator_heads_the_column_when_it_is_not_likelihood() -> None:
    fit = Fit("sar", {"lq": (1.0, 0.5, 0.0455)}, estimator="gmm")
    assert regression_table(fit).frame.columns[0] == ("growth", "SAR (GMM)", "(1)")


def test_statistics_no_model_has_are_left_out() -> None:
    fit = Fit("sar", {"lq": (1.0, 0.5, 0.0455)}, stats={"N": 31, "ll": float("nan"), "r2": None})
    blocks = regression_table(fit).frame.loc["statistics"].index.get_level_values("label")
    assert list(blocks) == ["N"]


def test_results_of_other_packages_stand_beside_ours() -> None:
    class Foreign:
        __maketables_coef_table__ = pd.DataFrame({"b": [2.0], "se": [1.0], "p": [0.0455]}, index=["lq"])

    table = regression_table([OLS, Foreign()], parentheses="t")
    assert cell(table, "coefficients", "lq", "t", 1) == "2.000"
    assert table.frame.columns[1][1] == "Foreign"


def test_a_chinese_table_says_everything_in_chinese() -> None:
    fits = [
        Fit("ols", {"lq": (1.0, 0.5, 0.04)}),
        Fit("sar", {"lq": (0.9, 0.4, 0.03), "rho": (0.3, 0.1, 0.01)}),
    ]
    tests = pd.DataFrame(
        {"test": ["LM lag"], "statistic": [4.0], "p_value": [0.04], "residuals": ["OLS"]}, index=[0]
    )
    fits[0].diagnostics = tests
    table = regression_table(fits, impacts=True, diagnostics=True, lang="zh")
    blocks = list(dict.fromkeys(table.frame.index.get_level_values(0)))
    assert blocks == [
        "coefficients",
        "spatial",
        "直接影响",
        "间接影响",
        "总影响",
        "statistics",
        "空间依赖检验",
    ]
    assert "对数似然" in table.frame.index.get_level_values(1)
    text = " ".join(table.notes)
    assert "括号内为标准误。* p < 0.1" in text
    assert "标准误：由期望信息矩阵得出。" in text
    for word in ("parentheses", "Standard", "draws", "Tests"):
        assert word not in text


def test_every_covariance_has_words_in_both_languages() -> None:
    for vcov in {*get_args(Vcov), *get_args(PanelVcov)}:
        for lang in LANGUAGES:
            notes = " ".join(
                regression_table(Fit("sar", {"lq": (1.0, 0.5, 0.04)}, vcov=vcov), lang=lang).notes
            )
            assert say(lang, f"vcov_{vcov}") in notes
    english = {say("en", f"vcov_{vcov}") for vcov in get_args(PanelVcov)}
    assert len(english) == len(get_args(PanelVcov))


def test_effects_of_panels_are_told_apart() -> None:
    kinds = ("pooled", "unit", "time", "twoway", "random", "mundlak", "")
    table = regression_table([Fit("sar", {"lq": (1.0, 0.5, 0.04)}, effects=kind) for kind in kinds])
    shown = {key[1]: row.tolist() for key, row in table.frame.loc[["statistics"]].iterrows()}
    yes, no = "yes", "no"
    assert shown["Unit effects"] == [no, yes, no, yes, no, no, ""]
    assert shown["Period effects"] == [no, no, yes, yes, no, no, ""]
    assert shown["Random unit effects"] == [no, no, no, no, yes, yes, ""]
    assert shown["Unit means (Mundlak)"] == [no, no, no, no, no, yes, ""]
    assert list(shown).index("Unit means (Mundlak)") < list(shown).index("N")
    fixed = regression_table(Fit("sar", {"lq": (1.0, 0.5, 0.04)}, effects="twoway"), lang="zh").frame
    assert fixed.loc[("statistics", "个体效应", "")].tolist() == ["是"]
    assert "随机个体效应" not in fixed.index.get_level_values("label")
    for none in ("", "province", None):
        frame = regression_table(Fit("ols", {"lq": (1.0, 0.5, 0.04)}, effects=none)).frame
        assert "Unit effects" not in frame.index.get_level_values("label")


def test_lags_say_what_the_sample_lost_apart_from_the_weights() -> None:
    made = ("queen contiguity of 31 units", "lags: '2005' only give earlier values", "engine: native")
    fits = [
        Fit("sar", {"lq": (1.0, 0.5, 0.04)}, provenance=SimpleNamespace(ledger=ledger))
        for ledger in (made, (made[0], made[2]))
    ]
    notes = regression_table(fits).notes
    assert "W: queen, row-standardised (queen contiguity of 31 units)." in notes
    assert "(1) Sample: '2005' only give earlier values." in notes
    assert not [note for note in notes if "lags" in note or "engine" in note]


def test_bad_calls() -> None:
    with pytest.raises(OptionError, match="lang='cn'"):
        regression_table(Fit("ols", {"lq": (1.0, 0.5, 0.04)}), lang="cn")
    with pytest.raises(OptionError, match=r"parentheses='ses'.*'se'"):
        regression_table(OLS, parentheses="ses")
    with pytest.raises(DataError, match="no results"):
        regression_table([])


def test_the_statistic_stands_below_the_estimate_in_parentheses() -> None:
    lines = str(regression_table(OLS)).splitlines()
    assert [line.split() for line in lines[4:6]] == [["lq", "-0.512***"], ["(0.100)"]]


def test_hostile_terms_are_text() -> None:
    hostile = "</script><script>alert(1)</script>"
    fit = Fit("sar", {hostile: (1.0, 0.5, 0.0455), f"W({hostile})": (1.0, 0.5, 0.0455)}, depvar=hostile)
    page = regression_table(fit).to_html()
    assert "<script" not in page
    assert page.count("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;") == 3


def test_impacts_table() -> None:
    table = impacts_table(SDM.impacts(), labels={"lq": "LQ"})
    assert table.frame.index.tolist() == [("LQ", "direct"), ("LQ", "indirect"), ("LQ", "total")]
    assert table.frame.loc[("LQ", "total"), "Estimate"] == 0.94
    assert table.notes[0] == "Impacts: standard errors from 1000 draws (seed 7), 10 rejected."


def test_diagnostics_table() -> None:
    table = diagnostics_table([OLS, OLS], labels={"LM lag": "拉格朗日"})
    assert cell(table, "coefficients", "拉格朗日", "p", 1) == "0.040"
    assert cell(diagnostics_table(OLS, digits=1), "coefficients", "LM lag", "p", 0) == "< 0.1"
    assert "Residuals: OLS." in table.notes[0]
    assert "LM lag: rho = 0" in table.notes[0]
    with pytest.raises(DataError, match="results number 2 have no tests"):
        diagnostics_table([OLS, SDM])
