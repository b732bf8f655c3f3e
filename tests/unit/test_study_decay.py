"""The step on decay with distance: the library's profile, in figure, table and file; faults by their key."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely import box

import spatialfin as sf
from spatialfin._errors import DataError, StudyError
from spatialfin.study.blocks import FigureBlock, FileBlock, TableBlock
from spatialfin.study.context import Context, StudyTable
from spatialfin.study.specs import Head
from spatialfin.study.steps_decay import Decay, DecayFound, render_decay, run_decay
from spatialfin.study.words_spacetime import WORDS

UNITS = [f"u{number:02d}" for number in range(25)]


def made(lang: str = "en") -> Context:
    squares = [box(number % 5, number // 5, number % 5 + 1, number // 5 + 1) for number in range(25)]
    layer = geopandas.GeoDataFrame({"name": UNITS}, geometry=squares, crs=4326, index=pd.Index(UNITS))
    frame = pd.DataFrame({"code": UNITS, "lq": np.random.default_rng(4).uniform(1, 2, 25)})
    frame["lq"] += 10 / (1 + np.arange(25))
    frame = pd.concat([frame.assign(year=2010), frame.assign(year=2011, lq=frame["lq"] * 2)])
    tables = {"data": StudyTable(frame.sample(frac=1, random_state=1), unit="code", time="year")}
    return Context(Head(title="t", lang=lang, seed=5), layer, layer, False, tables, {}, {"lq": "LQ"})


def step(**more: Any) -> Decay:
    given = {"centre": "u00", "time": 2010, "draws": 99, **more}
    return Decay(id="d", kind="distance_decay", column="lq", **given)


def expected(context: Context, centre: Any = "u00", **more: Any) -> Any:
    frame = context.tables["data"].frame
    y = frame[frame["year"] == 2010].set_index("code")["lq"]
    return sf.explore.distance_decay(y, context.layer, centre, draws=99, seed=5, **more)


def shown(found: DecayFound, options: Decay, context: Context) -> dict[str, Any]:
    return {f"{type(block).__name__} {block.name}": block for block in render_decay(found, options, context)}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"bandwidth": 120.0, "level": 0.9},
        {"method": "binned", "bins": 4},
        {"method": "binned", "bins": [0.0, 200.0, 700.0]},
    ],
)
def test_the_profile_is_that_of_the_library(given: dict[str, Any]) -> None:
    context = made()
    found = run_decay(step(**given), context)
    pd.testing.assert_frame_equal(found.decay.profile, expected(context, **given).profile)
    assert found.curve is None


def test_the_centre_may_be_a_place() -> None:
    context = made()
    found = run_decay(step(centre=[2, 2.5]), context)
    pd.testing.assert_frame_equal(found.decay.profile, expected(context, (2, 2.5)).profile)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_smooth_profile_has_its_figure_a_short_table_and_a_file(lang: str) -> None:
    context, place = made(lang), ["en", "zh"].index(lang)
    options = step(curve="exponential")
    found = run_decay(options, context)
    blocks = shown(found, options, context)
    assert list(blocks) == [
        "FigureBlock profile", "TableBlock profile", "FileBlock profile-all", "TableBlock curve",
    ]  # fmt: skip
    figure, table, file, curve = blocks.values()
    assert isinstance(figure, FigureBlock)
    assert isinstance(table, TableBlock)
    assert isinstance(file, FileBlock)
    legend = figure.axes.get_legend().get_texts()
    assert legend[0].get_text() == WORDS["decay_profile"][place]
    assert figure.axes.get_xlabel() == WORDS["decay_distance"][place]
    assert figure.axes.get_ylabel() == "LQ"
    assert f"{found.decay.bandwidth:.0f}" in figure.caption
    assert len(file.frame) == 100
    rows = table.table.frame
    assert len(rows) == 11
    np.testing.assert_allclose(
        rows[WORDS["decay_estimate"][place]].iloc[[0, -1]], found.decay.profile["estimate"].iloc[[0, -1]]
    )
    assert WORDS["decay_conf_low"][place].format(level="95%") in rows.columns
    alone = expected(context).fit("exponential")
    np.testing.assert_allclose(
        curve.table.frame.reset_index().iloc[:, 1].to_numpy(dtype=float), alone.params["estimate"]
    )
    assert f"{alone.half_distance:.0f}" in " ".join(curve.table.notes)
    if lang == "zh":
        headings = [*map(str, rows.columns), *map(str, curve.table.frame.reset_index().columns)]
        assert [text for text in headings if re.fullmatch("[A-Za-z ,]{2,}", text)] == []


def test_bins_are_shown_whole_and_a_power_leaves_the_centre_out() -> None:
    context = made()
    options = step(method="binned", bins=4, curve="power")
    blocks = shown(run_decay(options, context), options, context)
    assert list(blocks) == ["FigureBlock profile", "TableBlock profile", "TableBlock curve"]
    assert len(blocks["TableBlock profile"].table.frame) == 4
    assert "Units left out because they lie at distance 0: 1." in blocks["TableBlock curve"].table.notes


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_small_p_values_of_a_curve_show_their_bound(lang: str) -> None:
    context = made(lang)
    options = step(curve="exponential")
    found = run_decay(options, context)
    assert found.curve is not None
    curve = replace(found.curve, params=found.curve.params.assign(p_value=1e-9))
    table = shown(replace(found, curve=curve), options, context)["TableBlock curve"].table
    assert str(table).count("< 0.00001") == len(table.frame) == 2
    assert WORDS["st_p"][["en", "zh"].index(lang)] in table.frame


def test_a_curve_of_values_without_a_logarithm_is_refused() -> None:
    context = made()
    frame = context.tables["data"].frame
    frame.loc[frame["code"] == "u03", "lq"] = -1.0
    with pytest.raises(DataError, match="have no logarithm: 'u03'"):
        run_decay(step(curve="power"), context)


STEP = """
[[step]]
id = "s"
kind = "distance_decay"
column = "gdp"
time = 2010
"""


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("", "step[1].centre: missing; it must be text or a list of number"),
        ("centre = [121.5]", "step[1].centre: 1 numbers; longitude and latitude are needed."),
        ('centre = "310000"\nbins = 5', "step[1].bins: goes with method = 'binned'."),
        ('centre = "310000"\nmethod = "binned"\nbandwidth = 9', "step[1].bandwidth: goes with method ="),
        ('centre = "310000"\ncurv = "power"', "step[1].curv: unknown key. Did you mean 'curve'?"),
    ],
)
def test_faults_are_found_before_anything_is_opened(
    provincial: Callable[[str], Path], more: str, message: str
) -> None:
    path = provincial(STEP + more)
    with pytest.raises(StudyError, match=re.escape(message)):
        sf.Study.read(path)


@pytest.mark.parametrize(
    ("centre", "message"),
    [
        ("310001", "step[1].centre: '310001' is no code of a unit of the layer. Did you mean '310000'?"),
        ("Shanghai", "'Shanghai' is no code of a unit of the layer. Give its code '310000'."),
    ],
)
def test_a_centre_that_is_no_unit_is_named_before_anything_runs(
    provincial: Callable[[str], Path], tmp_path: Path, centre: str, message: str
) -> None:
    path = provincial(f'{STEP}centre = "{centre}"')
    with pytest.raises(StudyError, match=re.escape(message)):
        sf.Study.read(path).run(tmp_path / "out")
