"""The provincial study: its simulated sample, its tables as printed, its planted effects."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import spatialfin as sf
from spatialfin.clustering import provincial_study


def test_the_simulated_provinces_are_possible() -> None:
    for seed in range(5):
        data = sf.simulate.finance_provinces(seed=seed)
        assert data.attrs["simulated"] is True
        assert data["simulated"].all()
        assert (data.groupby("year")["code"].nunique() == 30).all()
        assert "540000" not in set(data["code"])
        assert sorted(data["year"].unique()) == list(range(2014, 2021))
        assert (data[["fin", "turnover", "num", "patent", "human", "open"]] > 0).all().all()
        assert (data[["num", "patent", "human"]] % 1 == 0).all().all()


def _printed_provinces() -> list[dict[str, float]]:
    table = sf.load_dataset("published_regressions").query("source == 'Chen'")
    names = {
        "log turnover": "log(turnover)", "log human": "log(human)", "log patent": "log(patent)",
        "constant": "Intercept", "number of projects": "num",
    }  # fmt: skip
    return [
        dict(zip(part["regressor"].replace(names), part["estimate"], strict=True))
        for _, part in table.groupby("column")
    ]


def test_the_provincial_study_recovers_what_is_planted() -> None:
    """Standardised errors over 40 seeds: mean near 0, spread near 1, none beyond 4.5."""
    z = []
    for seed in range(40):
        study = provincial_study(sf.simulate.finance_provinces(seed=seed))
        for fit, planted in zip(study.fits, _printed_provinces(), strict=True):
            z += [(fit.params[term] - value) / fit.std_errors[term] for term, value in planted.items()]
    table = np.array(z).reshape(40, 8)
    # The mean of 40 has a standard error of 0.16 (4 of them: 0.63), their spread one of 0.11.
    assert np.abs(table.mean(axis=0)).max() < 0.63
    assert (np.abs(table.std(axis=0) - 1) < 0.45).all()
    assert np.abs(table).max() < 4.5


def test_the_provincial_tables_are_as_printed(reference: Callable[[str], Path]) -> None:
    text = reference("papers/chen_tables_as_printed.txt").read_text(encoding="utf-8")
    tables = provincial_study(sf.simulate.finance_provinces()).tables
    printed = text[text.index("Table 2:") :].splitlines()
    labels = [line.split("\t")[0] for line in printed if "\t" in line and line.split("\t")[0]]
    rows = tables["regressions"]._layout().rows
    assert [row.cells[0] for row in rows if row.cells[0]] == labels
    assert [column.split() for column in tables["regressions"].frame.columns] == [
        ["(1)", "fin"],
        ["(2)", "fin"],
    ]
    assert rows[-1].cells[1:] == ("210", "210")
    below = [row.cells[1:] for row in rows if not row.cells[0]]
    assert all(re.fullmatch(r"(\(-?\d+\.\d\d\))?", cell) for cells in below for cell in cells)
    variables = tables["variables"].frame
    head, *entries = [line.split("\t") for line in text[: text.index("Table 2")].splitlines() if "\t" in line]
    assert [variables.index.name, *variables.columns] == head
    for name, meaning, unit in entries:
        row = variables.loc[{"Turn over": "turnover"}.get(name, name)]
        assert [row["Meaning"], row["Unit"]] == [meaning, unit]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.22, "-0.220"), (14.62, "14.62"), (2.515, "2.515"), (-2.438, "-2.438"), (1.26e-7, "0.000000126"),
        (-0.000215, "-0.000215"), (0.0, "0"),
    ],
)  # fmt: skip
def test_significant_digits(value: float, text: str) -> None:
    from spatialfin.clustering._printed import _significant

    assert _significant(value) == text
