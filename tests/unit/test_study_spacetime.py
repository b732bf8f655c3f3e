"""The step on space and time: the library's numbers, a figure for each part, faults by their key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from shapely import box

import spatialfin as sf
from spatialfin._errors import DataError, StudyError
from spatialfin.study import steps_spacetime
from spatialfin.study.blocks import FigureBlock, HeadingBlock, NoteBlock, TableBlock
from spatialfin.study.context import Context, StudyTable
from spatialfin.study.reader import read_contents
from spatialfin.study.specs import Head
from spatialfin.study.steps_paths import Beta
from spatialfin.study.words_spacetime import WORDS

UNITS = [f"u{number:02d}" for number in range(16)]
YEARS = range(2000, 2008)


def made(lang: str = "en") -> Context:
    squares = [box(number % 4, number // 4, number % 4 + 1, number // 4 + 1) for number in range(16)]
    layer = geopandas.GeoDataFrame({"name": UNITS}, geometry=squares, crs=4326, index=pd.Index(UNITS))
    draws = np.random.default_rng(4).uniform(1, 5, (16, len(YEARS)))
    frame = pd.DataFrame(draws, index=UNITS, columns=YEARS).rename_axis("code").reset_index()
    table = frame.melt("code", var_name="year", value_name="lq").astype({"year": int})
    w = sf.contiguity_weights(layer).standardize("row")
    tables = {"data": StudyTable(table, unit="code", time="year")}
    return Context(Head(title="t", lang=lang), layer, layer, False, tables, {"queen": w}, {"lq": "LQ"})


def step(**keys: object) -> steps_spacetime.SpaceTime:
    return steps_spacetime.SpaceTime(id="s", kind="spacetime", column="lq", **keys)  # type: ignore[arg-type]


def test_each_part_is_what_the_library_gives() -> None:
    context = made()
    found = steps_spacetime.run_spacetime(step(classes=3, relative="mean"), context)
    data, keys = context.tables["data"].frame, {"unit": "code", "time": "year"}
    chains = sf.explore.spatial_markov(
        data, "lq", context.weights["queen"], classes=3, relative="mean", **keys
    )
    pd.testing.assert_frame_equal(found["markov"].tests, chains.tests)
    sigma = sf.explore.sigma_convergence(data, "lq", **keys)
    pd.testing.assert_frame_equal(found["convergence"].by_time, sigma.by_time)
    path = sf.explore.gravity_path(data, "lq", context.layer, **keys)
    pd.testing.assert_frame_equal(found["ellipse"].table, path.table)
    density = sf.explore.density_evolution(data, "lq", **keys)
    pd.testing.assert_frame_equal(found["density"].frame, density.frame)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_part_has_its_figures_and_tables(lang: str) -> None:
    context = made(lang)
    options = step(classes=3)
    blocks = steps_spacetime.render_spacetime(
        steps_spacetime.run_spacetime(options, context), options, context
    )
    figures = [block.name for block in blocks if isinstance(block, FigureBlock)]
    tables = [block.name for block in blocks if isinstance(block, TableBlock)]
    assert figures == ["markov", "sigma", "ellipse", "ridge", "surface"]
    assert tables == ["markov-tests", "markov-steady", "sigma", "ellipse", "density"]
    headings = [block.text for block in blocks if isinstance(block, HeadingBlock)]
    place = ["en", "zh"].index(lang)
    assert headings == [
        WORDS[f"st_{part}"][place] for part in ("markov", "convergence", "ellipse", "density")
    ]
    (note,) = (block.text for block in blocks if isinstance(block, NoteBlock))
    assert "2000" in note
    assert "2007" in note
    for block in blocks:
        if isinstance(block, FigureBlock):
            block.axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    plt.close("all")


def test_one_part_needs_no_heading_and_no_weights() -> None:
    options = step(parts=["density"])
    context = made()
    context.weights.clear()
    blocks = steps_spacetime.render_spacetime(
        steps_spacetime.run_spacetime(options, context), options, context
    )
    assert not any(isinstance(block, HeadingBlock) for block in blocks)
    assert (options.needs_weights, step().needs_weights) == (False, True)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_paths_of_units_are_what_the_library_gives(lang: str) -> None:
    context = made(lang)
    frame = context.tables["data"].frame
    start = frame["code"].map(frame.groupby("code")["lq"].first())
    frame["lq"] = np.exp(3 + np.log(start) * 0.96 ** (frame["year"] - 2000)) * (1 + frame["lq"] / 100)
    options = step(parts=["beta", "clubs", "rose"])
    found = steps_spacetime.run_spacetime(options, context)
    data, w, keys = context.tables["data"].frame, context.weights["queen"], {"unit": "code", "time": "year"}
    for model in ("ols", "sar", "sem"):
        alone = sf.models.beta_convergence(data, "lq", w, model=model, **keys)
        assert found["beta"][model].beta == pytest.approx(alone.beta, rel=1e-9)
    clubs = sf.explore.convergence_clubs(data, "lq", **keys)
    pd.testing.assert_series_equal(found["clubs"].members, clubs.members)
    rose = sf.explore.directional_lisa(data, "lq", w, seed=context.head.seed, **keys)
    pd.testing.assert_frame_equal(found["rose"].rose, rose.rose)
    blocks = steps_spacetime.render_spacetime(found, options, context)
    names = [block.name for block in blocks if isinstance(block, FigureBlock | TableBlock)]
    assert names == [
        "beta",
        "beta",
        "beta-models",
        "beta-tests",
        "clubs",
        "clubs",
        "club-members",
        "rose",
        "rose",
    ]
    (scatter,) = (b for b in blocks if isinstance(b, FigureBlock) and b.name == "beta")
    assert scatter.axes.get_ylabel() == WORDS["st_growth"][["en", "zh"].index(lang)].format(what="LQ")
    assert WORDS["st_half_life_short"][["en", "zh"].index(lang)] in scatter.axes.texts[0].get_text()
    assert "OLS" in scatter.caption
    tables = {block.name: block.table.frame for block in blocks if isinstance(block, TableBlock)}
    assert tables["beta"]["β"].tolist() == [one.beta for one in found["beta"].values()]
    sure = {model: replace(one, beta_p_value=1e-9) for model, one in found["beta"].items()}
    printed = str(
        next(
            block.table
            for block in steps_spacetime.render_spacetime({"beta": sure}, options, context)
            if isinstance(block, TableBlock) and block.name == "beta"
        )
    )
    assert printed.count("< 0.0001") == len(sure)
    mark = {"en": ", ", "zh": "、"}[lang]
    assert sorted(mark.join(tables["club-members"].iloc[:, -1]).split(mark)) == UNITS
    assert tables["rose"].iloc[:, 0].tolist() == rose.rose["count"].tolist()
    assert options.needs_weights
    assert not step(parts=["clubs"]).needs_weights
    assert not step(parts=["beta"], beta=Beta(models=["ols"])).needs_weights
    plt.close("all")


def grown(lang: str = "en") -> Context:
    """Units that grow towards a level that depends on `invest`, after two years of noise."""
    context = made(lang)
    frame = context.tables["data"].frame
    rng = np.random.default_rng(1)
    invest = dict(zip(UNITS, rng.uniform(1, 3, 16), strict=True))
    frame["invest"] = frame["code"].map(invest) * rng.uniform(0.99, 1.01, len(frame))
    start = frame["code"].map(frame.groupby("code")["lq"].first())
    away = np.log(start) * 0.9 ** (frame["year"] - 2000)
    level = (3 + np.log(frame["code"].map(invest))) * (1 - 0.9 ** (frame["year"] - 2000))
    frame["lq"] = np.exp(away + level) * rng.uniform(0.99, 1.01, len(frame))
    return context


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ({"models": ["ols", "sdm"], "controls": ["log(invest)"]}, {"controls": ["log(invest)"]}),
        (
            {"models": ["sar"], "form": "panel", "effects": "unit", "controls": ["invest"]},
            {"form": "panel", "effects": "unit", "controls": ["invest"]},
        ),
        ({"models": ["ols"], "vcov": "robust"}, {"vcov": "robust"}),
    ],
)
def test_growth_regressions_are_those_that_are_asked_for(asked: dict, given: dict) -> None:
    context = grown()
    options = step(parts=["beta"], beta=Beta(**asked), start=2002, end=2006)
    found = steps_spacetime.run_spacetime(options, context)["beta"]
    frame = context.tables["data"].frame.query("2002 <= year <= 2006")
    keys = {"unit": "code", "time": "year"}
    assert list(found) == asked["models"]
    for model, one in found.items():
        alone = sf.models.beta_convergence(
            frame, "lq", context.weights["queen"], model=model, **given, **keys
        )
        assert one.beta == pytest.approx(alone.beta, rel=1e-9)
        assert one.half_life == pytest.approx(alone.half_life, rel=1e-7)
        pd.testing.assert_series_equal(one.fit.params, alone.fit.params, rtol=1e-7)
    blocks = steps_spacetime.render_spacetime({"beta": found}, options, context)
    tables = {block.name: block.table for block in blocks if isinstance(block, TableBlock)}
    terms = " ".join(str(label) for label in tables["beta-models"].frame.index.get_level_values(1))
    assert "Log initial LQ" in terms
    assert ("invest" in terms) == ("controls" in asked)
    notes = " ".join(tables["beta"].notes)
    assert WORDS[f"st_beta_{asked.get('form', 'cross-section')}"][0] in notes


def test_controls_hold_the_level_fixed() -> None:
    context = grown()
    betas = {}
    for controls in ([], ["log(invest)"]):
        options = step(parts=["beta"], beta=Beta(models=["ols"], controls=controls))
        betas[len(controls)] = steps_spacetime.run_spacetime(options, context)["beta"]["ols"]
    assert betas[1].speed == pytest.approx(-np.log(0.9), rel=0.05)
    assert abs(betas[0].speed + np.log(0.9)) > 0.01


def test_options_reach_their_parts_and_periods_are_cut() -> None:
    context = made()
    options = step(
        parts=["markov", "ellipse", "density", "rose"], classes=[0.8, 1.2], relative="mean", axes="yuill",
        bandwidth=0.4, sectors=4, permutations=19, start=2001, end=2006, quantiles="pooled",
    )  # fmt: skip
    found = steps_spacetime.run_spacetime(options, context)
    data = context.tables["data"].frame.query("2001 <= year <= 2006")
    w, keys = context.weights["queen"], {"unit": "code", "time": "year"}
    chains = sf.explore.spatial_markov(data, "lq", w, classes=[0.8, 1.2], relative="mean", **keys)
    pd.testing.assert_frame_equal(found["markov"].tests, chains.tests)
    path = sf.explore.gravity_path(data, "lq", context.layer, axes="yuill", **keys)
    pd.testing.assert_frame_equal(found["ellipse"].table, path.table)
    density = sf.explore.density_evolution(data, "lq", bandwidth=0.4, **keys)
    pd.testing.assert_frame_equal(found["density"].frame, density.frame)
    rose = sf.explore.directional_lisa(data, "lq", w, sectors=4, permutations=19, seed=0, **keys)
    pd.testing.assert_frame_equal(found["rose"].rose, rose.rose)
    assert found["rose"].periods == (2001, 2006)
    steps_spacetime.render_spacetime(found, options, context)
    plt.close("all")


def test_a_period_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match=r"end = 2020 is no period of the table, which has 2000 to 2007"):
        steps_spacetime.run_spacetime(step(parts=["density"], end=2020), made())


def test_a_cross_section_is_refused() -> None:
    context = made()
    rows = context.tables["data"].frame.query("year == 2000")
    context.tables["data"] = StudyTable(rows, unit="code", time="")
    with pytest.raises(DataError, match="needs a table with time"):
        steps_spacetime.run_spacetime(step(), context)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ("[]", "parts: empty"),
        ('["density", "density"]', "same part twice"),
        ('["markof"]', "markov"),
        (
            '["density"]\nclasses = 3',
            r"step\[1\].classes: goes with the part 'markov', which is not in parts",
        ),
        ('["density"]\nbeta = { models = ["ols"] }', r"step\[1\].beta: goes with the part 'beta'"),
        ('["beta"]\nbeta = { models = [] }', r"step\[1\].beta.models: the list is empty"),
        ('["beta"]\nbeta = { models = ["ols", "ols"] }', r"step\[1\].beta.models: the same model twice"),
        ('["beta"]\nbeta = { effects = "unit" }', r"step\[1\].beta.effects: goes with form = 'panel'"),
        ('["beta"]\nbeta = { modls = ["ols"] }', r"step\[1\].beta.modls: unknown key. Did you mean 'models'"),
        ('["beta"]\nbeta = { controls = ["exec(gdp)"] }', r"step\[1\].beta.controls\[1\]: .*exec"),
        ('["density"]\nbandwidth = "silvermann"', r"step\[1\].bandwidth: .* Did you mean 'silverman'"),
    ],
)
def test_faults_of_parts_are_found_before_anything_runs(
    provincial: Callable[[str], Path], parts: str, message: str
) -> None:
    path = provincial(
        f"""
[[step]]
id = "s"
kind = "spacetime"
column = "gdp"
parts = {parts}
"""
    )
    with pytest.raises(StudyError, match=message):
        read_contents(path)
