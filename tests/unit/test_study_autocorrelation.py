"""The step on global statistics: the library's numbers for columns and pairs, in words of the study."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import geopandas
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from shapely import box

import spatialfin as sf
from spatialfin._errors import StudyError
from spatialfin.study.blocks import FigureBlock, TableBlock
from spatialfin.study.context import Context, StudyTable
from spatialfin.study.specs import Head
from spatialfin.study.steps_autocorrelation import (
    Autocorrelation,
    render_autocorrelation,
    run_autocorrelation,
)
from spatialfin.study.words_spacetime import WORDS

UNITS = [f"u{number:02d}" for number in range(16)]
YEARS = range(2000, 2004)


def made(lang: str = "en") -> Context:
    squares = [box(number % 4, number // 4, number % 4 + 1, number // 4 + 1) for number in range(16)]
    layer = geopandas.GeoDataFrame({"name": UNITS}, geometry=squares, crs=4326, index=pd.Index(UNITS))
    keys = pd.MultiIndex.from_product([UNITS, YEARS], names=["code", "year"])
    rng = np.random.default_rng(4)
    values = {
        "lq": rng.uniform(1, 5, 64),
        "closed": rng.integers(1, 9, 64),
        "firms": rng.integers(50, 99, 64),
    }
    table = pd.DataFrame(values, index=keys).reset_index()
    w = sf.contiguity_weights(layer).standardize("row")
    tables = {"data": StudyTable(table, unit="code", time="year")}
    labels = {"lq": "LQ", "closed": "Closed", "firms": "Firms"}
    return Context(Head(title="t", lang=lang), layer, layer, False, tables, {"queen": w}, labels)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_global_statistics_are_those_of_the_library(lang: str) -> None:
    context = made(lang)
    frame = context.tables["data"].frame
    frame["high"] = (frame["lq"] > 3).astype(int)
    options = Autocorrelation(
        id="a",
        kind="autocorrelation",
        variables=["high"],
        statistics=["geary", "join_counts"],
        permutations=19,
    )
    found = run_autocorrelation(options, context)
    expected = sf.explore.global_table(
        frame,
        "high",
        context.weights["queen"],
        unit="code",
        time="year",
        statistics=["geary", "join_counts"],
        permutations=19,
        seed=context.head.seed,
    )
    pd.testing.assert_frame_equal(found, expected)
    (block,) = render_autocorrelation(found, options, context)
    assert isinstance(block, TableBlock)
    shown = block.table.frame
    place = ["en", "zh"].index(lang)
    assert WORDS["ac_statistic"][place] in [*shown.columns, *shown.index.names]
    assert shown[WORDS["ac_value"][place]].tolist() == found["value"].tolist()
    assert shown.reset_index()[WORDS["ac_statistic"][place]].notna().all()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_pairs_rates_and_changes_are_those_of_the_library(lang: str) -> None:
    context, place = made(lang), ["en", "zh"].index(lang)
    options = Autocorrelation(
        id="a",
        kind="autocorrelation",
        variables=["lq"],
        pairs=[["closed", "firms"]],
        rates=[["closed", "firms"]],
        statistics=["moran_differential", "moran_bivariate", "moran_rate"],
        times=[2000, 2001, 2003],
        permutations=19,
    )
    found = run_autocorrelation(options, context)
    frame, w = context.tables["data"].frame, context.weights["queen"]
    year = {key: rows.set_index("code") for key, rows in frame.groupby("year")}
    one = found.set_index(["statistic", "time"])["value"]
    assert one["moran_differential"].index.tolist() == [2001, 2003]
    alone = sf.explore.moran_differential(year[2001]["lq"], year[2003]["lq"], w, permutations=19)
    assert one["moran_differential", 2003] == pytest.approx(alone.I)
    pair = year[2003]["closed"], year[2003]["firms"]
    assert one["moran_bivariate", 2003] == pytest.approx(sf.explore.moran_bivariate(*pair, w).value)
    assert one["moran_rate", 2003] == pytest.approx(sf.explore.moran_rate(*pair, w).I)
    (block,) = render_autocorrelation(found, options, context)
    assert isinstance(block, TableBlock)
    shown = block.table.frame.reset_index().astype(str)
    cells = set(shown.to_numpy().ravel())
    words = {WORDS[f"ac_{name}"][place] for name in options.statistics}
    names = {
        "LQ",
        WORDS["lisa_pair"][place].format(column="Closed", lagged="Firms"),
        WORDS["ac_per"][place].format(events="Closed", population="Firms"),
    }
    assert words | names <= cells


def test_moran_over_several_periods_is_drawn() -> None:
    context = made("zh")
    options = Autocorrelation(id="a", kind="autocorrelation", variables=["lq", "firms"], permutations=19)
    blocks = render_autocorrelation(run_autocorrelation(options, context), options, context)
    figures = [block for block in blocks if isinstance(block, FigureBlock)]
    assert [figure.name for figure in figures] == ["by-period-lq", "by-period-firms"]
    legend = " ".join(text.get_text() for text in figures[0].axes.get_legend().get_texts())
    assert re.findall("[a-z]{4,}", legend.replace("queen", "")) == []
    plt.close("all")


STEP = """
[[step]]
id = "s"
kind = "autocorrelation"
"""


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("", "step[1].variables: missing; statistics 'moran', 'geary' need them."),
        (
            'statistics = ["moran_rate"]\nvariables = ["gdp"]',
            "step[1].rates: missing; statistics 'moran_rate'",
        ),
        (
            'variables = ["gdp"]\npairs = [["gdp", "finance"]]',
            "step[1].pairs: none of the statistics is taken",
        ),
        ('variables = ["gdp"]\nstatistics = []', "step[1].statistics: the list is empty; name at least one."),
        ('rates = [["gdp"]]\nstatistics = ["moran_rate"]', "step[1].rates[1]: 1 columns; two are needed."),
        ('variables = ["gdp"]\nstatistics = ["morn"]', "Did you mean 'moran'?"),
    ],
)
def test_faults_are_found_before_anything_runs(
    provincial: Callable[[str], Path], more: str, message: str
) -> None:
    path = provincial(STEP + more)
    with pytest.raises(StudyError, match=re.escape(message)):
        sf.Study.read(path)


def test_an_unknown_column_of_a_pair_is_named(provincial: Callable[[str], Path], tmp_path: Path) -> None:
    path = provincial(STEP + 'pairs = [["gdp", "finanse"]]\nstatistics = ["moran_bivariate"]')
    with pytest.raises(StudyError, match=r"step\[1\].pairs\[1\]\[2\]: 'finanse' is not a column .*'finance'"):
        sf.Study.read(path).run(tmp_path / "out")
