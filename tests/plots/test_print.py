"""What a referee sees first: sizes, minus signs, legends and labels that hide nothing."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

import spatialfin as sf
from spatialfin._errors import OptionError

LAYER = sf.load_layer("china_provinces")
UNITS = LAYER.index[~LAYER["decoration"].astype(bool)][:31]
NAMES = LAYER["name"].to_dict()
PANEL = sf.load_dataset("china_finance_2002_2011")
RNG = np.random.default_rng(3)
VALUES = pd.DataFrame(RNG.normal(size=(31, 10)), index=UNITS, columns=range(2002, 2012))


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


class Local:
    """Stands for what local_moran gives."""

    variable = "lq"

    def clusters(self, alpha: float, adjust: str) -> pd.Series:
        return pd.Series(["High-High", "Low-Low", *["Not significant"] * 29], index=UNITS)


class Chain:
    """Stands for what markov gives."""

    probabilities = pd.DataFrame(np.full((4, 4), 0.25), index=range(1, 5), columns=range(1, 5))
    counts = pd.DataFrame(np.full((4, 4), 5), index=range(1, 5), columns=range(1, 5))


def moran(year: int) -> SimpleNamespace:
    z = VALUES[year]
    return SimpleNamespace(
        I=-0.25, p_sim=0.04, permutations=99, variable="lq", standardized=z, lag=0.4 * z + VALUES[2002] / 3
    )


def path() -> Any:
    return sf.explore.gravity_path(PANEL, "finance", LAYER.loc[UNITS], unit="code", time="year")


def flows() -> pd.DataFrame:
    return pd.DataFrame(RNG.normal(size=(31, 31)), index=UNITS, columns=UNITS)


SEA = {"inset": sf.plot.SOUTH_CHINA_SEA}
FIGURES: dict[str, Callable[[], Any]] = {
    "choropleth": lambda: sf.plot.choropleth(LAYER, VALUES[2002].rename("lq"), names=True, title="T", **SEA),
    "map_series": lambda: sf.plot.map_series(LAYER, VALUES[[2002, 2005]], label="lq", title="T", **SEA),
    "lisa_map": lambda: sf.plot.lisa_map(LAYER, Local(), title="T", **SEA),
    "lisa_maps": lambda: sf.plot.lisa_maps(LAYER, dict.fromkeys(range(2), Local()), title="T", **SEA),
    "cluster_members": lambda: sf.plot.cluster_members(Local(), names=NAMES, layer=LAYER, title="T"),
    "bivariate_map": lambda: sf.plot.bivariate_map(LAYER, VALUES[2002], VALUES[2003], title="T", **SEA),
    "study_area": lambda: sf.plot.study_area(LAYER, LAYER["macro_region"], note="GS", title="T", **SEA),
    "flow_map": lambda: sf.plot.flow_map(LAYER, flows(), names=True, title="T", **SEA),
    "ellipse_map": lambda: sf.plot.ellipse_map(LAYER, path(), title="T", **SEA),
    "moran_scatter": lambda: sf.plot.moran_scatter(moran(2003), names=NAMES, title="T"),
    "moran_scatters": lambda: sf.plot.moran_scatters({year: moran(year) for year in VALUES}, title="T"),
    "trend": lambda: sf.plot.trend(
        PANEL, "finance", time="year", unit="code", units=UNITS[:3], thresholds={"high": 500}, title="T"
    ),
    "transition_matrices": lambda: sf.plot.transition_matrices(dict.fromkeys("abcde", Chain()), title="T"),
}


def figure_of(drawn: Any) -> Figure:
    ax = drawn[0] if isinstance(drawn, list) else drawn
    return ax.figure.figure


@pytest.mark.parametrize("name", FIGURES)
def test_in_the_journal_style_figures_fit_the_page_in_letters_that_print(name: str) -> None:
    with sf.plot.journal_style():
        figure = figure_of(FIGURES[name]())
    assert figure.get_size_inches()[0] <= 7
    sizes = {text.get_fontsize() for text in figure.findobj(Text) if text.get_text()}
    assert min(sizes) >= 6
    assert max(sizes) <= 10


def test_a_column_is_half_a_page_and_panels_stay_wide_enough_to_read() -> None:
    with sf.plot.journal_style(width=3.5):
        one, two = (figure_of(FIGURES[name]()) for name in ("choropleth", "map_series"))
    assert one.get_size_inches()[0] == two.get_size_inches()[0] == 3.5
    assert two.axes[0].get_gridspec().ncols == 1
    with sf.plot.journal_style():
        assert figure_of(FIGURES["moran_scatters"]()).axes[0].get_gridspec().ncols == 3
    assert figure_of(FIGURES["choropleth"]()).get_size_inches()[0] == 8  # as before the block
    with pytest.raises(OptionError, match="width=0: a positive number"), sf.plot.journal_style(width=0):
        pass


def test_years_do_not_run_into_each_other_in_one_column() -> None:
    with sf.plot.journal_style(width=3.5):
        ax = sf.plot.trend(PANEL, "finance", time="year", unit="code", units=UNITS[:2])
        ax.figure.draw_without_rendering()
        places = [label.get_window_extent() for label in ax.get_xticklabels() if label.get_text()]
    assert len(places) > 2
    assert not any(one.overlaps(other) for one, other in combinations(places, 2))


def test_negative_numbers_have_the_minus_sign_of_the_axes() -> None:
    ax = sf.plot.choropleth(
        LAYER, pd.Series([-2.0, -1.0, 1.0], index=UNITS[:3]), breaks=[-1.5, 0.0], digits=1
    )
    assert [text.get_text() for text in ax.get_legend().get_texts()][:2] == ["≤ −1.5 (1)", "−1.5 – 0.0 (1)"]
    assert sf.plot.moran_scatter(moran(2004)).texts[0].get_text().startswith("Moran's I = −0.250, p")


TABLE = pd.DataFrame(
    {"time": [2010, 2011], "variable": "lq", "weights": "queen", "I": [0.1, 0.4], "expected": -0.03,
     "sd": 0.1, "p_norm": 0.2, "p_sim": 0.2}
)  # fmt: skip
BELOW: dict[str, Callable[[], Axes]] = {
    "distance_profile": lambda: sf.plot.distance_profile(
        sf.explore.distance_decay(VALUES[2002], LAYER.loc[UNITS], "310000", draws=20)
    ),
    "moran_trend": lambda: sf.plot.moran_trend(TABLE),
    "trend": lambda: sf.plot.trend(PANEL[PANEL["code"] == "110000"], ["finance", "gdp"], time="year"),
}


@pytest.mark.parametrize("name", BELOW)
@pytest.mark.parametrize("width", [3.5, 7.0])
def test_legends_hide_neither_data_nor_labels_however_small_the_figure(name: str, width: float) -> None:
    with sf.plot.journal_style(width=width):
        ax = BELOW[name]()
        ax.figure.draw_without_rendering()
        legend = ax.get_legend().get_window_extent()
        assert legend.y1 < ax.xaxis.get_tightbbox().y0
    assert legend.x1 - legend.x0 < ax.figure.bbox.width


def test_base_lines_of_ridges_are_behind_the_curves_below_them() -> None:
    curves = pd.DataFrame(
        {"time": [1, 1, 2, 2, 3, 3], "value": [0, 1] * 3, "density": [1.0, 0.5, 1.0, 0.5, 1.0, 0.5]}
    )
    ax = sf.plot.ridge(curves)
    fills = sorted(part.get_zorder() for part in ax.collections if len(part.get_paths()[0]) > 2)
    lines = sorted(part.get_zorder() for part in ax.collections if len(part.get_paths()[0]) == 2)
    assert [line < fill for line, fill in zip(lines, fills, strict=True)] == [True] * 3
    assert [line > fill for line, fill in zip(lines[1:], fills[:-1], strict=True)] == [True] * 2


def test_the_square_of_two_variables_has_the_bounds_of_its_classes() -> None:
    big = pd.Series(np.arange(31.0) * 1000, index=UNITS, name="gdp")
    square = sf.plot.bivariate_map(LAYER, VALUES[2002], big, first_breaks=[-0.5, 0.25]).child_axes[-1]
    assert [label.get_text() for label in square.get_xticklabels()] == ["−0.500", "0.250"]
    assert [label.get_text() for label in square.get_yticklabels()] == ["10000", "20000"]
    assert [*square.get_xticks(), *square.get_yticks()] == [1, 2, 1, 2]


@pytest.mark.parametrize("width", [3.5, 7.0])
def test_the_words_around_the_square_of_two_variables_do_not_touch(width: float) -> None:
    big = pd.Series(np.arange(31.0) * 1000, index=UNITS, name="gdp")
    with sf.plot.journal_style(width=width):
        ax = sf.plot.bivariate_map(LAYER, VALUES[2002], big)
        ax.figure.draw_without_rendering()
        square = ax.child_axes[-1]
        words = [*square.get_xticklabels(), *square.get_yticklabels(), square.xaxis.label, square.yaxis.label]
        places = [word.get_window_extent() for word in [*words, *ax.get_legend().get_texts()]]
    assert len(places) == 7
    assert not any(one.overlaps(other) for one, other in combinations(places, 2))


def annotations(ax: Axes) -> list[tuple[Bbox, Annotation]]:
    return [(text.get_window_extent(), text) for text in ax.texts if isinstance(text, Annotation)]


def clear_of_each_other(ax: Axes, points: np.ndarray) -> bool:
    """No name covers another or a point of the axes."""
    found = [place.padded(-1) for place, _ in annotations(ax)]
    seen = ax.transData.transform(points)
    covered = any(one.overlaps(other) for one, other in combinations(found, 2))
    return not covered and not any(place.count_contains(seen) for place in found)


def test_names_of_flows_cover_neither_each_other_nor_the_ends_of_arrows() -> None:
    with sf.plot.journal_style():
        ax = FIGURES["flow_map"]()
    ax.figure.draw_without_rendering()
    ends = np.asarray(ax.collections[-1].get_offsets())
    reached = {unit for arrow in ax.patches for unit in arrow.get_gid().split(" to ")}
    assert len(ends) == len(reached)
    assert clear_of_each_other(ax, ends)
    assert len(annotations(ax)) > len(reached) / 2


def test_the_path_of_a_centre_names_its_ends_and_covers_no_point() -> None:
    with sf.plot.journal_style():
        box = FIGURES["ellipse_map"]().child_axes[-1]
    box.figure.draw_without_rendering()
    assert {"2002", "2011"} <= {text.get_text() for text in box.texts}
    assert clear_of_each_other(box, np.asarray(box.collections[0].get_offsets()))


def test_names_in_scatters_of_several_years_keep_clear_of_points() -> None:
    with sf.plot.journal_style():
        axes = FIGURES["moran_scatters"]()
    axes[0].figure.draw_without_rendering()
    clear = [clear_of_each_other(ax, np.asarray(ax.collections[0].get_offsets())) for ax in axes]
    assert all(clear)
    assert all(len(annotations(ax)) == 3 for ax in axes)


def test_names_on_maps_stay_text_in_vector_files() -> None:
    with sf.plot.journal_style():
        for ax, known in ((FIGURES["choropleth"](), "Xinjiang"), (FIGURES["flow_map"](), None)):
            drawn = io.StringIO()
            ax.figure.savefig(drawn, format="svg")
            names = [text.get_text() for text in ax.texts]
            assert known in names or known is None
            assert len(names) > 5
            assert [name for name in names if f"{name}</text>" not in drawn.getvalue()] == []


def test_the_colours_of_filters_are_explained() -> None:
    network = sf.features.SubspaceNetwork(n_subspaces=2).fit(RNG.laplace(size=(400, 4)))
    ax = sf.plot.subspace_network(network, labels={"Above the mean": "高于均值"})
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["高于均值", "Below the mean"]
    red, blue = (patch.get_facecolor() for patch in ax.get_legend().get_patches())
    assert red[0] > red[2]
    assert blue[2] > blue[0]
