"""The clustering-and-finance study recovers the effects that were planted in its simulated census."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import spatialfin as sf
from spatialfin.clustering import Regression, clustering_study, county_regressions

FIRM_OUTCOMES = {
    "payable_debt": "accounts payable / total debt", "receivable_output": "accounts receivable / revenue",
    "export_share": "export/sales", "log_value_added": "log(value added)",
}  # fmt: skip


def _published(table: int, outcome: str, regressor: str) -> float:
    rows = sf.load_dataset("published_regressions").query(
        "table == @table and outcome == @outcome and regressor == @regressor"
    )
    return float(rows["estimate"].iloc[0])


def _errors(fraction: float, seed: int, *, vcov: Any = "robust") -> dict[str, float]:
    """How many standard errors each estimate lies from the coefficient that was planted."""
    census = sf.simulate.firm_census(fraction=fraction, seed=seed)
    study = clustering_study(census.firms, census.industry_proximity, vcov=vcov, county_effects="province")
    plain = county_regressions(study.counties)
    planted: list[tuple[Regression, str, float]] = [
        (plain.fit("minimum_assets", "assets"), "proximity_assets",
         _published(6, "minimum asset 2004", "proximity 1995 (asset)")),
        (plain.fit("minimum_assets", "assets"), "minimum_assets_1995",
         _published(6, "minimum asset 2004", "minimum asset 1995")),
        (study.county.fit("log_firms", "output"), "proximity_output",
         _published(8, "log(average number of firms) 2004 all", "proximity (output)")),
    ]  # fmt: skip
    tables = {"payable_debt": 7, "receivable_output": 7, "export_share": 9, "log_value_added": 10}
    planted += [
        (
            study.firm.fit(name, "assets"),
            "proximity_assets",
            _published(tables[name], words, "proximity (asset)"),
        )
        for name, words in FIRM_OUTCOMES.items()
    ]
    found = {}
    for fit, term, value in planted:
        row = fit.coefficients.loc[term]
        found[f"{fit.outcome}: {term}"] = (row["estimate"] - value) / row["std_error"]
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_the_study_recovers_what_is_planted(seed: int) -> None:
    """Seven effects within four standard errors: by chance one seed in 2,000 would fail."""
    assert {name: z for name, z in _errors(0.02, seed).items() if abs(z) > 4} == {}


@pytest.mark.slow
def test_intervals_cover_what_is_planted() -> None:
    """Over 10 seeds: of 70 intervals of 95 percent 66 cover on average; fewer than 58 in 1 of 10,000."""
    from scipy.stats import binom

    least = binom.ppf(1e-4, 70, 0.95)
    table = pd.DataFrame([_errors(0.02, seed, vcov="cluster") for seed in range(10)])
    assert (table.abs() < 1.96).to_numpy().sum() >= least
    # A mean of 10 has a standard error of 0.32.
    assert table.mean().abs().max() < 4 * 0.33


@pytest.mark.slow
def test_the_study_of_the_published_size() -> None:
    assert {name: z for name, z in _errors(1.0, 0).items() if abs(z) > 4} == {}
