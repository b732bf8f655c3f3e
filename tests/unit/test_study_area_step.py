"""The step on the study area: groups in words of the study, a note of the author."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import DataError
from spatialfin.study.context import Context
from spatialfin.study.specs import Head
from spatialfin.study.steps_area import Area, render_area, run_area
from spatialfin.study.steps_explore import Map, render_map


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    plt.close("all")


def made(lang: str) -> Context:
    layer = sf.load_layer("china_provinces")
    mainland = sf.load_layer("china_provinces", units="mainland")
    return Context(Head(title="t", lang=lang), mainland, layer, True, {}, {}, {})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lang", "groups", "texts"),
    [
        ("en", ["Central", "East", "Northeast", "West", "Not in the study"], {"1,000 km", "N", "GS 1"}),
        ("zh", ["东北", "东部", "中部", "西部", "不在研究区"], {"1,000 千米", "北", "GS 1"}),
    ],
)
def test_groups_are_in_the_language_of_the_page(lang: str, groups: list[str], texts: set[str]) -> None:
    context = made(lang)
    options = Area(id="a", kind="area", groups="macro_region", names=False, note="GS 1")
    (figure,) = render_area(run_area(options, context), options, context)
    legend = figure.axes.get_legend()  # type: ignore[union-attr]
    assert [text.get_text().split(" (")[0] for text in legend.get_texts()] == groups
    assert legend.get_title().get_text() == {"en": "Region", "zh": "区域"}[lang]
    context.labels["macro_region"] = "Part"
    (figure,) = render_area(run_area(options, context), options, context)
    assert figure.axes.get_legend().get_title().get_text() == "Part"  # type: ignore[union-attr]
    assert {text.get_text() for text in figure.axes.texts} == texts  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("lang", "names"), [("en", {"Xinjiang", "Taiwan"}), ("zh", {"新疆维吾尔自治区", "台湾省"})]
)
def test_without_groups_it_is_one_area_with_the_names_of_all_units(lang: str, names: set[str]) -> None:
    context = made(lang)
    options = Area(id="a", kind="area")
    (figure,) = render_area(run_area(options, context), options, context)
    assert figure.axes.get_legend() is None  # type: ignore[union-attr]
    assert names <= {text.get_text() for text in figure.axes.texts}  # type: ignore[union-attr]


def test_maps_name_the_units_around_the_study_in_its_language_too() -> None:
    context = made("zh")
    values = pd.DataFrame({"x": range(31)}, index=context.layer.index)
    options = Map(id="m", kind="map", column="x", names=True)
    (figure,) = render_map({None: values}, options, context)
    assert {"新疆维吾尔自治区", "台湾省"} <= {text.get_text() for text in figure.axes.texts}  # type: ignore[union-attr]


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(
        DataError, match=r"groups = 'macro_regon' is no column of the layer. Did you mean 'macro_region"
    ):
        run_area(Area(id="a", kind="area", groups="macro_regon"), made("en"))
