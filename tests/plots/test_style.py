"""Colours that people with colour blindness tell apart, and settings that are put back."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

import spatialfin as sf
from spatialfin.plot._style import AREAS, LINES
from spatialfin.plot.files import save_figure
from spatialfin.plot.maps import CLUSTER_COLOURS

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
BLIND = {
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def seen(colour: str, kind: str) -> np.ndarray:
    """A colour as somebody with this colour blindness sees it, in CIELAB."""
    srgb = np.array(to_rgb(colour))
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(BLIND[kind]) @ linear, 0, 1) / [0.95047, 1.0, 1.08883]
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def closest(colours: list[str], kind: str) -> float:
    return min(
        float(np.linalg.norm(seen(one, kind) - seen(other, kind))) for one, other in combinations(colours, 2)
    )


# Two colours 10 apart in CIELAB are told apart at a glance; where units without neighbours are white,
# dots tell them apart too.
PALETTES = {
    "lines": list(LINES),
    "areas": list(AREAS[:6]),
    "clusters": [colour for word, colour in CLUSTER_COLOURS.items() if word != "No neighbours"],
}


@pytest.mark.parametrize("kind", BLIND)
@pytest.mark.parametrize("palette", PALETTES)
def test_categories_are_told_apart_with_colour_blindness(palette: str, kind: str) -> None:
    assert closest(PALETTES[palette], kind) > 10


def test_the_simulation_finds_red_and_green_alike() -> None:
    assert closest(["#a0522d", "#6b7a2a"], "deuteranopia") < 10


def test_the_journal_style_is_put_back_and_keeps_text_as_text() -> None:
    before = dict(plt.rcParams)
    data = pd.DataFrame({"year": [2010, 2011], "lq": [1.0, 2.0]})
    drawn = io.StringIO()
    with sf.plot.journal_style():
        ax = sf.plot.trend(data, "lq", time="year", labels={"lq": "区位熵", "year": "Year of & <data>"})
        ax.figure.savefig(drawn, format="svg")
    assert dict(plt.rcParams) == before
    assert "Year of &amp; &lt;data&gt;</text>" in drawn.getvalue()
    assert "区位熵</text>" in drawn.getvalue()
    assert ax.xaxis.label.get_fontsize() == 8


def test_the_journal_style_is_put_back_after_an_error() -> None:
    def fail() -> None:
        with sf.plot.journal_style():
            raise ZeroDivisionError

    before = dict(plt.rcParams)
    with pytest.raises(ZeroDivisionError):
        fail()
    assert dict(plt.rcParams) == before


def test_what_the_backend_of_a_notebook_sets_survives_the_journal_style(tmp_path: Path) -> None:
    backend = (
        "import matplotlib\nfrom matplotlib.backends.backend_agg import *\nmatplotlib.interactive(True)\n"
    )
    (tmp_path / "notebook_backend.py").write_text(backend, encoding="utf-8")
    code = (
        "import matplotlib, matplotlib.pyplot as plt; from spatialfin.plot import journal_style\n"
        "with journal_style():\n    plt.figure()\n"
        "assert matplotlib.is_interactive()\n"
    )
    paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    environment = {**os.environ, "MPLBACKEND": "module://notebook_backend", "PYTHONPATH": paths}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_saved_pdf_files_hold_whole_fonts(tmp_path: Path) -> None:
    data = pd.DataFrame({"year": [2010, 2011], "lq": [1.0, 2.0]})
    before = dict(plt.rcParams)
    for name in ("one", "two"):
        save_figure(sf.plot.trend(data, "lq", time="year", title="金融 A"), tmp_path / name)
    assert dict(plt.rcParams) == before
    assert b"/Type3" not in (tmp_path / "one.pdf").read_bytes()
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
