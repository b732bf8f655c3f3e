"""Chinese text gets a font that has it, on the artists drawn and nowhere else."""

from __future__ import annotations

import warnings

import matplotlib.pyplot as plt
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import SpatialfinWarning
from spatialfin.plot import _style

DATA = pd.DataFrame({"year": [2010, 2011], "lq": [1.0, 2.0]})
LABELS = {"lq": "区位熵 LQ", "year": "Year"}


def draw() -> plt.Axes:
    return sf.plot.trend(DATA, "lq", time="year", labels=LABELS, title="金融集聚")


def test_the_first_installed_font_is_a_fallback_behind_the_latin_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_style, "installed_fonts", lambda: {"SimHei", "Microsoft YaHei", "DejaVu Sans"})
    before = dict(plt.rcParams)
    ax = draw()
    default = plt.rcParams["font.family"]
    assert ax.yaxis.label.get_fontfamily() == [*default, "Microsoft YaHei"]
    assert ax.title.get_fontfamily() == [*default, "Microsoft YaHei"]
    assert ax.xaxis.label.get_fontfamily() == default
    assert dict(plt.rcParams) == before
    assert ax.get_ylabel() == "区位熵 LQ"


def test_without_a_font_there_is_one_warning_and_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_style, "installed_fonts", lambda: {"DejaVu Sans"})
    with pytest.warns(SpatialfinWarning, match="No font with Chinese characters") as caught:
        ax = draw()
    with warnings.catch_warnings(record=True) as later:
        warnings.simplefilter("always")
        ax.figure.canvas.draw()
    assert len(caught) == 1
    assert not later
    assert ax.get_ylabel() == "□□□ LQ"
    assert ax.get_title() == "□□□□"


def test_latin_text_needs_no_font(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_style, "installed_fonts", lambda: set())
    assert sf.plot.trend(DATA, "lq", time="year", title="LQ").get_title() == "LQ"


def test_an_installed_font_draws_chinese_without_complaint() -> None:
    if not set(_style.CJK_FONTS) & _style.installed_fonts():
        pytest.skip("no font with Chinese characters is installed")
    ax = draw()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax.figure.canvas.draw()
