"""The whole way from layer to tables: order, labels and the last digits of coordinates do not matter."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shapely

import spatialfin as sf

YEAR = 2005
MODELS = ("ols", "slx", "sar", "sem", "sdm", "sdem", "sac")


@dataclass(frozen=True)
class Inputs:
    layer: gpd.GeoDataFrame
    panel: pd.DataFrame
    guangdong: str = "440000"
    hainan: str = "460000"


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return Inputs(
        sf.load_layer("china_provinces", units="mainland"), sf.load_dataset("china_finance_2002_2011")
    )


def weights_of(given: Inputs) -> sf.SpatialWeights:
    links = {given.hainan: [given.guangdong]}
    return sf.contiguity_weights(given.layer, islands=links).standardize("row")


def sample(given: Inputs) -> pd.DataFrame:
    """The growth sample: one row per province, in the order of the panel."""
    panel = given.panel.assign(
        lq=sf.location_quotient(given.panel["finance"], given.panel["gdp"], by=given.panel["year"])
    )
    start, end = (panel[panel["year"] == year].set_index("code") for year in (YEAR, 2010))
    growth = 100 * np.log(end["gdp_pc"].reindex(start.index) / start["gdp_pc"]) / 5
    return pd.DataFrame(
        {
            "growth": growth,
            "initial": np.log(start["gdp_pc"]),
            "lq": start["lq"],
            "structure": start["finance"] / start["tertiary"],
        }
    )


def answers(
    given: Inputs,
    reorder: Callable[[sf.SpatialWeights], sf.SpatialWeights],
    back: Callable[[Any], Any] = lambda unit: unit,
) -> dict[str, Any]:
    """Every answer of the pipeline; series are sorted by the original code."""

    def by_code(values: pd.Series) -> pd.Series:
        return values.rename(index=back).sort_index().rename_axis(None)

    w, data = reorder(weights_of(given)), sample(given)
    found: dict[str, Any] = {"lq": by_code(data["lq"])}
    found["table"] = sf.moran_table(
        given.panel.assign(
            lq=sf.location_quotient(given.panel["finance"], given.panel["gdp"], by=given.panel["year"])
        ),
        ["lq"], w, unit="code", time="year", permutations=199,
    )  # fmt: skip
    local = sf.local_moran(data["lq"], w, permutations=199)
    found["local p"] = by_code(local.p_sim)
    found["clusters"] = by_code(local.clusters(adjust="none").astype(str))
    found["components"] = sorted(by_code(w.components).groupby(w.components.rename(index=back)).size())
    fits = [sf.fit_cross_section("growth ~ initial + lq + structure", data, w, model=m) for m in MODELS]
    for fit in fits:
        found[f"{fit.model} tidy"] = fit.tidy()
        found[f"{fit.model} fitted"] = by_code(fit.fitted)
        found[f"{fit.model} predict"] = by_code(fit.predict(data))
    found["tests"] = fits[0].diagnostics
    impacts = fits[4].impacts(draws=200)
    found["impacts"] = impacts.tidy()
    found["print"] = sf.tables.regression_table(fits, diagnostics=True).frame.to_csv()
    found["print impacts"] = sf.tables.impacts_table(impacts, digits=2).frame.round(4)
    known = given.panel[given.panel["year"] <= 2010].assign(
        share=lambda frame: frame["tertiary"] / frame["gdp"]
    )
    panel_fit = sf.fit_panel("log(gdp_pc) ~ share", known, w, unit="code", time="year", model="sdm")
    found["panel"] = panel_fit.tidy()
    return found


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        if isinstance(value, pd.DataFrame):
            # sums in another order differ in the last digits, which moves where spreg stops searching
            pd.testing.assert_frame_equal(found[name], value, rtol=1e-6, atol=1e-6, obj=name)
        elif isinstance(value, pd.Series):
            pd.testing.assert_series_equal(found[name], value, rtol=1e-6, check_names=False, obj=name)
        else:
            assert found[name] == value, name


@pytest.fixture(scope="module")
def expected(inputs: Inputs) -> dict[str, Any]:
    return answers(inputs, lambda w: w)


def test_the_order_of_layer_weights_and_rows_does_not_matter(inputs, expected) -> None:
    shuffled = Inputs(
        inputs.layer.sample(frac=1, random_state=1), inputs.panel.sample(frac=1, random_state=2)
    )
    rng = np.random.default_rng(3)
    found = answers(shuffled, lambda w: w.subset(rng.permutation(w.ids)))
    assert_same(found, expected)


def test_the_labels_of_units_do_not_matter(inputs, expected) -> None:
    """New labels in another alphabetical order; permutations are drawn in an order of the values."""
    rng = np.random.default_rng(4)
    new = dict(zip(inputs.layer.index, rng.permutation([f"unit {n:02d}" for n in range(31)]), strict=True))
    old = {label: code for code, label in new.items()}
    relabelled = Inputs(
        inputs.layer.rename(index=new),
        inputs.panel.assign(code=inputs.panel["code"].map(new)),
        guangdong=new["440000"],
        hainan=new["460000"],
    )
    assert_same(answers(relabelled, lambda w: w, old.__getitem__), expected)


def test_jitter_of_the_coordinates_does_not_matter(inputs, expected) -> None:
    """1e-9 degrees, a tenth of a millimetre, on every vertex."""
    layer = inputs.layer
    # a function of unit and place: rings stay closed, and neighbours no longer share a vertex
    shapes = [
        shapely.transform(shape, lambda xy, unit=unit: xy + 1e-9 * np.sin(1e6 * xy[:, ::-1] + unit))
        for unit, shape in enumerate(layer.geometry)
    ]
    jittered = layer.set_geometry(gpd.GeoSeries(shapes, index=layer.index, crs=layer.crs))
    assert not jittered.geometry.geom_equals(layer.geometry).any()
    assert_same(answers(Inputs(jittered, inputs.panel), lambda w: w), expected)


def world() -> tuple[Any, ...]:
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    return state.tolist(), list(warnings.filters), dict(mpl.rcParams), pd.get_option("display.width")


def use_everything(inputs: Inputs, graph: Any, legacy: Any) -> None:
    answers(inputs, lambda w: w)
    w = weights_of(inputs)
    for peer in (graph, legacy):
        taken = sf.SpatialWeights.from_graph(peer)
        taken.standardize("row").to_graph()
    lq = sample(inputs)["lq"]
    local = sf.local_moran(lq, w, permutations=99)
    draw: list[Callable[[], Any]] = [
        partial(sf.plot.choropleth, inputs.layer, lq),
        partial(sf.plot.lisa_map, inputs.layer, local),
        partial(sf.plot.moran_scatter, sf.moran(lq, w)),
        partial(sf.plot.trend, inputs.panel, "gdp", time="year", unit="name", units=["Beijing"]),
    ]
    for figure in draw:
        figure()
    sf.check_layer(inputs.layer)
    sf.match_units(inputs.panel, inputs.layer, name="name")


def test_nothing_of_the_callers_is_changed(inputs) -> None:
    """Tables, layers, their attributes, weights of peers, random state, warning filters, plot settings."""
    from libpysal.graph import Graph

    graph = Graph.build_contiguity(inputs.layer, rook=False)
    legacy = graph.to_W()
    held: list[Any] = [inputs.layer, inputs.panel, graph.adjacency]
    before = copy.deepcopy(held), [copy.deepcopy(each.attrs) for each in held[:2]]
    with warnings.catch_warnings(), mpl.rc_context():
        use_everything(inputs, graph, legacy)  # what other packages set when they are imported is theirs
    neighbours, transform, outside = copy.deepcopy(legacy.neighbors), legacy.transform, world()
    use_everything(inputs, graph, legacy)
    assert world() == outside
    assert (legacy.neighbors, legacy.transform) == (neighbours, transform)
    for now, then in zip(held, before[0], strict=True):
        assert now.equals(then)
    assert [each.attrs for each in held[:2]] == before[1]
