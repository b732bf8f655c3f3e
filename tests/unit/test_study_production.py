"""The step on production functions prints the elasticities and returns to scale of the library."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

import spatialfin as sf
from spatialfin._errors import DataError, StudyError

STEP = """
[[step]]
id = "f"
kind = "production"
output = "gdp"
factors = ["population", "finance"]
"""


def rows(out: Path, name: str) -> list[list[str]]:
    with (out / "tables" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="module")
def queen() -> sf.SpatialWeights:
    layer = sf.load_layer("china_provinces", units="mainland")
    return sf.contiguity_weights(layer, islands="nearest").standardize("row")


def test_numbers_are_those_of_the_library(provincial: Callable[[str], Path], queen, tmp_path: Path):
    step = STEP + 'model = "sdm"\neffects = "unit"\nstart = 2005\nend = 2008\n'
    out = sf.Study.read(provincial(step)).run(tmp_path / "out").folder
    data = sf.load_dataset("china_finance_2002_2011").query("2005 <= year <= 2008")
    expected = sf.models.fit_production(
        data,
        queen,
        output="gdp",
        factors=["population", "finance"],
        unit="code",
        time="year",
        model="sdm",
        effects="unit",
    )
    head, *body = rows(out, "f")
    estimates = [float(row[head.index("Estimate")]) for row in body]
    # Printed with three decimals.
    assert estimates == pytest.approx(expected.elasticities()["estimate"].tolist(), abs=5e-4)
    head, *body = rows(out, "f-returns")
    returns = expected.returns_to_scale()
    assert [row[0] for row in body] == ["Direct", "Total"]
    sums = [float(row[head.index("Estimate")]) for row in body]
    assert sums == pytest.approx(returns["estimate"].tolist(), abs=5e-4)
    assert [row[head.index("Conclusion")] for row in body] == returns["conclusion"].tolist()
    assert (out / "figures" / "f-surface.pdf").is_file()


def test_one_period_is_a_cross_section_in_chinese(provincial: Callable[[str], Path], tmp_path: Path):
    path = provincial(STEP + 'start = 2010\nend = 2010\ncontrols = ["log(tertiary)"]\n')
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[study]", '[study]\nlang = "zh"', 1), encoding="utf-8")
    out = sf.Study.read(path).run(tmp_path / "out").folder
    data = sf.load_dataset("china_finance_2002_2011").query("year == 2010").set_index("code")
    factors = ["population", "finance"]
    expected = sf.models.fit_production(data, output="gdp", factors=factors, controls=["log(tertiary)"])
    head, *body = rows(out, "f")
    assert head[:3] == ["要素", "影响", "估计值"]
    estimates = [float(row[2]) for row in body]
    assert estimates == pytest.approx(expected.elasticities()["estimate"].tolist(), abs=5e-4)
    assert rows(out, "f-returns")[1][-1] in ("递增", "递减", "不拒绝不变")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("factors = []", "factors: the list is empty"),
        ('factors = ["population"]\nsurface = ["population", "finance"]', "surface: name two different ones"),
        ('factors = ["population"]\ncontrols = ["open(1)"]', "controls.*open"),
    ],
)
def test_faults_are_found_before_anything_is_opened(
    provincial: Callable[[str], Path], more: str, message: str
):
    step = STEP.replace('factors = ["population", "finance"]', more)
    with pytest.raises(StudyError, match=message):
        sf.Study.read(provincial(step))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('factors = ["population", "finanse"]', "'finanse' is not a column .* Did you mean 'finance'"),
        ('factors = ["population"]\ncontrols = ["log(gpd)"]', "'gpd' is not a column .* Did you mean 'gdp'"),
    ],
)
def test_columns_that_are_not_there_are_named(
    provincial: Callable[[str], Path], tmp_path: Path, more: str, message: str
):
    step = STEP.replace('factors = ["population", "finance"]', more)
    with pytest.raises(StudyError, match=message):
        sf.Study.read(provincial(step)).run(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_effects_need_periods(provincial: Callable[[str], Path], tmp_path: Path):
    path = provincial(STEP + 'start = 2010\nend = 2010\neffects = "unit"\n')
    with pytest.raises(DataError, match="'f': effects need a table of several periods"):
        sf.Study.read(path).run(tmp_path / "out")
    assert not (tmp_path / "out").exists()
