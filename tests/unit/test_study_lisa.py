"""The step on local clusters: the library's numbers for every statistic, in words of the study."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from shapely import box

import spatialfin as sf
from spatialfin._errors import DataError, StudyError
from spatialfin.study.blocks import FigureBlock, NoteBlock, TableBlock
from spatialfin.study.context import Context, StudyTable
from spatialfin.study.specs import Head
from spatialfin.study.steps_lisa import Lisa, render_lisa, run_lisa
from spatialfin.study.words_spacetime import WORDS

UNITS = [f"u{number:02d}" for number in range(36)]
NAMES = [f"Place {unit}" for unit in UNITS]
KINDS = {
    "moran": sf.explore.CLUSTERS,
    "moran_bivariate": sf.explore.CLUSTERS,
    "geary": sf.explore.GEARY_CLUSTERS,
    "g": sf.explore.G_CLUSTERS,
    "g_star": sf.explore.G_CLUSTERS,
}


def made(lang: str = "en") -> Context:
    squares = [box(number % 6, number // 6, number % 6 + 1, number // 6 + 1) for number in range(36)]
    layer = geopandas.GeoDataFrame({"name": NAMES}, geometry=squares, crs=4326, index=pd.Index(UNITS))
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"code": UNITS, "lq": np.arange(36) // 6 + rng.uniform(0, 2, 36)})
    frame["gdp"] = frame["lq"] ** 2 + rng.uniform(0, 5, 36)
    frame = frame.assign(year=2010).sample(frac=1, random_state=1)
    w = sf.contiguity_weights(layer).standardize("row")
    tables = {"data": StudyTable(frame, unit="code", time="year")}
    labels = {"lq": "LQ", "gdp": "GDP"}
    return Context(Head(title="t", lang=lang, seed=5), layer, layer, False, tables, {"queen": w}, labels)


def step(statistic: str, **more: Any) -> Lisa:
    lagged = "gdp" if statistic == "moran_bivariate" else ""
    given = {"lagged": lagged, "time": 2010, "permutations": 199, "alpha": 0.1, **more}
    return Lisa(id="l", kind="lisa", column="lq", statistic=statistic, **given)  # type: ignore[arg-type]


def expected(statistic: str, context: Context) -> Any:
    rows = context.tables["data"].frame.set_index("code")
    given = (context.weights["queen"],)
    drawn = {"permutations": 199, "seed": 5}
    if statistic == "moran":
        return sf.local_moran(rows["lq"], *given, **drawn)
    if statistic == "moran_bivariate":
        return sf.explore.local_moran_bivariate(rows["lq"], rows["gdp"], *given, **drawn)
    if statistic == "geary":
        return sf.explore.local_geary(rows["lq"], *given, **drawn)
    return sf.explore.local_g(rows["lq"], *given, star=statistic == "g_star", **drawn)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("statistic", KINDS)
def test_every_statistic_is_that_of_the_library_on_the_map_and_in_the_table(
    statistic: str, lang: str
) -> None:
    context, place = made(lang), ["en", "zh"].index(lang)
    options = step(statistic)
    found, alone = run_lisa(options, context), expected(statistic, context)
    pd.testing.assert_series_equal(found[2010].p_sim, alone.p_sim)
    clusters = alone.clusters(alpha=0.1)
    blocks = render_lisa(found, options, context)
    (figure,) = (block for block in blocks if isinstance(block, FigureBlock))
    (table,) = (block for block in blocks if isinstance(block, TableBlock))
    significant = clusters[~clusters.isin(["Not significant", "No neighbours"])]
    assert len(significant) > 3
    shown = table.table.frame.reset_index()
    assert sorted(shown.iloc[:, 1]) == sorted(significant.index)
    assert sorted(shown.iloc[:, 0]) == sorted(f"Place {unit}" for unit in significant.index)
    value = alone.I if hasattr(alone, "I") else alone.value
    assert shown.set_index(shown.columns[1]).iloc[:, 2].to_dict() == pytest.approx(
        value[significant.index].to_dict(), rel=1e-12
    )
    assert WORDS[f"lisa_{statistic}"][place] in figure.caption
    assert WORDS[f"lisa_{statistic}"][place] in table.table.title
    legend = [text.get_text() for text in figure.axes.get_legend().get_texts()]
    counts = clusters.value_counts(sort=False)
    words = [context.say(kind) for kind in KINDS[statistic]]
    assert legend == [f"{word} ({counts[kind]})" for word, kind in zip(words, KINDS[statistic], strict=True)]
    assert ("GDP" in figure.axes.get_legend().get_title().get_text()) == (statistic == "moran_bivariate")
    if lang == "zh":
        assert not [text for text in legend if re.search("[A-Za-z]", text)]
    plt.close("all")


def test_what_the_kinds_mean_is_said_where_it_is_not_plain() -> None:
    context = made()
    notes = {}
    for statistic in KINDS:
        options = step(statistic, adjust="none")
        blocks = render_lisa(run_lisa(options, context), options, context)
        notes[statistic] = [block.text for block in blocks if isinstance(block, NoteBlock)]
    assert WORDS["lisa_geary_note"][0] in notes["geary"]
    assert WORDS["lisa_moran_bivariate_note"][0] in notes["moran_bivariate"]
    assert len(notes["moran"]) == len(notes["g_star"]) == 2
    plt.close("all")


def test_the_lagged_column_must_be_complete_too() -> None:
    context = made()
    frame = context.tables["data"].frame
    frame.loc[frame["code"] == "u07", "gdp"] = np.nan
    with pytest.raises(DataError, match="gdp missing for 1 units: 'Place u07'"):
        run_lisa(step("moran_bivariate"), context)
    assert len(run_lisa(step("moran"), context)[2010].p_sim) == 36


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_several_periods_stand_side_by_side_with_a_table_for_each(lang: str) -> None:
    context = made(lang)
    first = context.tables["data"].frame
    other = first.assign(year=2011, lq=10 - first["lq"] ** 2)
    flat = first.assign(year=2012, lq=np.random.default_rng(1).permutation(36))
    context.tables["data"] = StudyTable(pd.concat([other, flat, first]), unit="code", time="year")
    options = step("moran", time=None, times=[2010, 2011, 2012])
    found = run_lisa(options, context)
    assert list(found) == [2010, 2011, 2012]
    alone = sf.local_moran(other.set_index("code")["lq"], context.weights["queen"], permutations=199, seed=5)
    pd.testing.assert_series_equal(found[2011].p_sim, alone.p_sim)
    blocks = render_lisa(found, options, context)
    (figure,) = (block for block in blocks if isinstance(block, FigureBlock))
    assert "2010, 2011, 2012" in figure.caption
    drawn = figure.axes.figure
    assert [ax.get_title() for ax in drawn.axes[:3]] == ["2010", "2011", "2012"]
    (legend,) = drawn.legends
    assert [text.get_text() for text in legend.get_texts()] == [context.say(kind) for kind in KINDS["moran"]]
    tables = {block.name: block.table for block in blocks if isinstance(block, TableBlock)}
    assert set(tables) == {"clusters-2010", "clusters-2011"}  # 2012 has no cluster
    members = alone.clusters(alpha=0.1)
    members = members[~members.isin(["Not significant", "No neighbours"])]
    assert sorted(tables["clusters-2011"].frame.reset_index().iloc[:, 1]) == sorted(members.index)
    assert "2011" in tables["clusters-2011"].title
    notes = [block.text for block in blocks if isinstance(block, NoteBlock)]
    assert [note[:4] for note in notes] == ["2010", "2011", "2012"]
    plt.close("all")


STEP = """
[[step]]
id = "s"
kind = "lisa"
column = "gdp"
time = 2010
"""


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('statistic = "g-star"', "'g_star', got the text 'g-star'. Did you mean 'g_star'?"),
        ('statistic = "moran_bivariate"', "step[1].lagged: missing; statistic = 'moran_bivariate' needs"),
        ('statistic = "geary"\nlagged = "finance"', "step[1].lagged: goes with statistic ="),
        ("times = [2010, 2011]", "step[1].times: goes without time."),
        ('lag = "finance"', "step[1].lag: unknown key. Did you mean 'lagged'?"),
    ],
)  # fmt: skip
def test_faults_are_found_before_anything_runs(
    provincial: Callable[[str], Path], more: str, message: str
) -> None:
    path = provincial(STEP + more)
    with pytest.raises(StudyError, match=re.escape(message)):
        sf.Study.read(path)


def test_a_period_is_named_once(provincial: Callable[[str], Path]) -> None:
    path = provincial(STEP.replace("time = 2010", "times = [2010, 2010]"))
    with pytest.raises(StudyError, match=re.escape("step[1].times: the same period twice.")):
        sf.Study.read(path)


def test_an_unknown_lagged_column_is_named_before_anything_runs(
    provincial: Callable[[str], Path], tmp_path: Path
) -> None:
    path = provincial(STEP + 'statistic = "moran_bivariate"\nlagged = "finanse"')
    message = "step[1].lagged: 'finanse' is not a column of the table 'data'. Did you mean 'finance'?"
    with pytest.raises(StudyError, match=re.escape(message)):
        sf.Study.read(path).run(tmp_path / "out")
