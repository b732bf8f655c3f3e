"""The page of a study of space and time as a reader sees it: every step, both languages, hostile names."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely import box

import spatialfin as sf

pytest.importorskip("sklearn")

HOSTILE = "</script><img src=x onerror=\"document.body.dataset.hit='1'\">"
PHONE, DESK = (390, 844), (1280, 900)
CODES = [f"u{number:02d}" for number in range(25)]
YEARS = range(2001, 2011)
WORDS = {
    "en": {"title": "Space and time", "name": "Place {}", "labels": ("Quotient", "Output", "Invested")},
    "zh": {"title": "时空演变", "name": "地区{}", "labels": ("区位熵", "产出", "投资")},
}
STEPS = {
    "global": 'kind = "autocorrelation"\nvariables = ["lq"]\npairs = [["gdp", "lq"]]\n'
    'rates = [["closed", "firms"]]\n'
    'statistics = ["moran", "geary", "getis_ord", "moran_differential", "moran_bivariate", "moran_rate"]',
    "geary": 'kind = "lisa"\ncolumn = "lq"\nstatistic = "geary"\ntime = 2010\nadjust = "none"\nseed = 7',
    "hot": 'kind = "lisa"\ncolumn = "lq"\nstatistic = "g_star"\ntime = 2010\nadjust = "none"',
    "both": 'kind = "lisa"\ncolumn = "gdp"\nlagged = "lq"\nstatistic = "moran_bivariate"\ntime = 2010\n'
    'adjust = "none"',
    "decay": 'kind = "distance_decay"\ncolumn = "gdp"\ncentre = "u12"\ntime = 2010\ncurve = "exponential"\n'
    "draws = 99",
    "change": 'kind = "spacetime"\ncolumn = "gdp"\nclasses = 3\n'
    'parts = ["markov", "convergence", "ellipse", "density", "beta", "clubs", "rose"]\n'
    'beta = { models = ["ols", "sar"], controls = ["log(invest)"] }',
    "types": 'kind = "features"\ncolumns = ["lq", "gdp"]\nn_clusters = 3',
    "linked": 'kind = "linked"\nvariables = ["lq"]\ntimes = [2009, 2010]',
}
# What is a name, a symbol or a code in both languages.
NAMES = {
    "AIC", "BIC", "FDR", "Geary", "Getis", "LISA", "LM", "LR", "MB", "Moran", "OLS", "Ord", "SAR", "SARMA",
    "lam", "lambda", "ln", "log", "queen", "rho", "sigma",
}  # fmt: skip


def write_study(folder: Path, lang: str) -> Path:
    """The files of a study on a grid; the first unit and the title carry markup."""
    words: dict[str, Any] = WORDS[lang]
    squares = [box(n % 5 + 100, n // 5 + 30, n % 5 + 101, n // 5 + 31) for n in range(25)]
    names = [HOSTILE, *(words["name"].format(number) for number in range(1, 25))]
    layer = geopandas.GeoDataFrame({"code": CODES, "name": names}, geometry=squares, crs=4326)
    layer.to_file(folder / "grid.gpkg")
    rng = np.random.default_rng(3)
    keys = pd.MultiIndex.from_product([CODES, YEARS], names=["code", "year"])
    place, time = np.repeat(np.arange(25), 10), np.tile(np.arange(10), 25)
    level = np.where(place % 5 < 2, 9.0, 7.0)
    frame = pd.DataFrame({"lq": place // 5 + rng.uniform(0, 2, 250)}, index=keys)
    frame["gdp"] = np.exp(level + (place % 7 - 3) * 0.3 * 0.9**time + rng.normal(0, 0.02, 250))
    frame["invest"] = rng.uniform(1, 3, 250)
    frame["closed"], frame["firms"] = rng.integers(1, 9, 250), rng.integers(50, 99, 250)
    frame.to_csv(folder / "table.csv")
    lq, gdp, invest = words["labels"]
    extra = {"en": ("Closed", "Firms"), "zh": ("关闭企业", "企业")}[lang]
    steps = "".join(
        f'[[step]]\nid = "{name}"\ntitle = "{words["title"]} {number}"\n{text}\n'
        for number, (name, text) in enumerate(STEPS.items(), 1)
    )
    path = folder / "study.toml"
    path.write_text(
        f"""[study]
title = '''{words["title"]} {HOSTILE}'''
lang = "{lang}"
[data]
file = "table.csv"
unit = "code"
time = "year"
source = "{words["title"]}"
[layer]
source = "grid.gpkg"
key = "code"
[weights.queen]
kind = "contiguity"
[labels]
lq = "{lq}"
gdp = '''{gdp}{"<b>&" if lang == "en" else ""}'''
invest = "{invest}"
closed = "{extra[0]}"
firms = "{extra[1]}"
{steps}""",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="module", params=list(WORDS))
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, sf.Study.read(write_study(folder, request.param)).run(folder / "out").page


def opened(browser: Any, path: Path, size: tuple[int, int]) -> None:
    browser.get_log("browser")
    browser.set_window_size(*size)
    browser.get(path.as_uri())


@pytest.mark.browser
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_fits_and_runs_nothing_of_the_names(
    browser: Any, page: tuple[str, Path], size: tuple[int, int]
) -> None:
    opened(browser, page[1], size)
    width = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1] + 1
    assert browser.execute_script("return document.body.dataset.hit || ''") == ""
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    assert HOSTILE in browser.execute_script("return document.querySelector('h1').textContent")
    assert browser.execute_script("return document.querySelectorAll('section b').length") == 0
    # A table too wide scrolls; its words are not squeezed to single characters.
    narrow = browser.execute_script(
        "return Math.min(...[...document.querySelectorAll('#step-global td.l')].map(e => e.offsetWidth))"
    )
    assert narrow > 60


@pytest.mark.browser
def test_every_step_has_its_figures_and_tables(browser: Any, page: tuple[str, Path]) -> None:
    opened(browser, page[1], DESK)
    found = browser.execute_script(
        "return [...document.querySelectorAll('section')].map(s => [s.id, s.querySelectorAll('img').length,"
        " s.querySelectorAll('table').length, s.querySelectorAll('h3').length])"
    )
    counts = {name.removeprefix("step-"): tuple(numbers) for name, *numbers in found}
    assert {name: counts[name] for name in STEPS} == {
        "global": (1, 1, 0),
        "geary": (1, 1, 0),
        "hot": (1, 1, 0),
        "both": (1, 1, 0),
        "decay": (1, 2, 0),
        "change": (8, 11, 7),
        "types": (2, 2, 0),
        "linked": (0, 0, 0),
    }
    drawn = browser.execute_script("return [...document.images].map(i => i.complete && i.naturalWidth > 0)")
    assert all(drawn)


@pytest.mark.browser
def test_a_chinese_page_has_chinese_headings_tables_and_captions(
    browser: Any, page: tuple[str, Path]
) -> None:
    lang, path = page
    if lang != "zh":
        pytest.skip("the page in English")
    opened(browser, path, DESK)
    texts = browser.execute_script(
        "return [...document.querySelectorAll('section[id^=step-] :is(h2, h3, caption, th, p:not(.files))')]"
        ".map(e => e.innerText)"
    )
    # How weights came about is told in the words of the library, in brackets.
    plain = [re.sub("^W：queen（.*）。$", "", text.replace(HOSTILE, "")) for text in texts]
    english = {word for text in plain for word in re.findall(r"[A-Za-z]{2,}", text)}
    assert english - NAMES == set()
    assert len(texts) > 60
    assert json.dumps(texts, ensure_ascii=False).count("表") > 10
