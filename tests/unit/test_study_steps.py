"""What the kinds of steps compute, on tables small enough to check by hand."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely import box

from spatialfin import SpatialWeights
from spatialfin._errors import DataError, OptionError
from spatialfin.simulate import simulate_outcome
from spatialfin.study import steps_data, steps_explore, steps_model
from spatialfin.study.blocks import FigureBlock, NoteBlock, TableBlock
from spatialfin.study.context import Context, StudyTable
from spatialfin.study.inputs import open_inputs
from spatialfin.study.reader import read_contents
from spatialfin.study.specs import Head
from spatialfin.study.words import LANGUAGES, all_words

SIDE = 5
UNITS = [f"u{number:02d}" for number in range(SIDE * SIDE)]


def grid_weights() -> SpatialWeights:
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    apart = abs(row[:, None] - row) + abs(column[:, None] - column)
    return SpatialWeights.from_matrix((apart == 1).astype(float), ids=UNITS, name="rook").standardize("row")


@pytest.fixture
def context() -> Context:
    squares = [
        box(number % SIDE, number // SIDE, number % SIDE + 1, number // SIDE + 1) for number in range(25)
    ]
    layer = geopandas.GeoDataFrame({"name": [f"Unit {unit}" for unit in UNITS]}, geometry=squares, crs=4326)
    layer.index = pd.Index(UNITS)
    generator = np.random.default_rng(1)
    rows = [
        {"code": unit, "year": year, "a": value * (1 + year - 2000), "b": 2.0 + number % 3, "c": noise}
        for year in (2000, 2004)
        for number, (unit, value, noise) in enumerate(
            zip(UNITS, generator.uniform(1, 3, 25), generator.normal(size=25), strict=True)
        )
    ]
    table = StudyTable(pd.DataFrame(rows), unit="code", time="year")
    return Context(
        Head(title="t"), layer, layer, False, {"data": table}, {"rook": grid_weights()}, {"a": "Variable A"}
    )


def shuffled(context: Context) -> Context:
    table = context.tables["data"]
    mixed = table.frame.sample(frac=1, random_state=3)
    context.tables["data"] = StudyTable(mixed, table.unit, table.time, table.missing)
    return context


def test_derive_adds_columns_in_order_and_centres_them(context: Context):
    options = steps_data.Derive(
        id="d", kind="derive", variables={"half": "a / 2", "logged": "log(half * 2)"}, center=["logged"]
    )
    found = steps_data.run_derive(options, context)
    frame = context.table("").frame
    expected = np.log(frame["a"]) - np.log(frame["a"]).mean()
    np.testing.assert_allclose(frame["logged"], expected, rtol=1e-12)
    assert found.definitions == {"half": "a / 2", "logged": "log(half * 2), minus its mean"}


def test_derive_outside_the_domain_is_missing_and_logged(context: Context):
    options = steps_data.Derive(id="d", kind="derive", variables={"bad": "log(c)"})
    steps_data.run_derive(options, context)
    negative = int((context.table("").frame["c"] <= 0).sum())
    assert context.table("").frame["bad"].isna().sum() == negative
    assert context.ledger == [f"bad = log(c): missing in {negative} of 50 rows."]


def test_growth_is_the_log_difference_by_unit_for_any_row_order(context: Context):
    options = steps_data.Growth(id="g", kind="growth", variable="a", start=2000, end=2004, table="grown")
    steps_data.run_growth(options, shuffled(context))
    grown = context.tables["grown"].frame.set_index("code")["growth"]
    wide = context.tables["data"].frame.pivot(index="code", columns="year", values="a")
    expected = (np.log(wide[2004]) - np.log(wide[2000])) / 4
    np.testing.assert_allclose(grown.loc[expected.index], expected, rtol=1e-12)
    assert context.tables["grown"].time == ""


def test_growth_of_what_is_not_positive_is_refused(context: Context):
    options = steps_data.Growth(id="g", kind="growth", variable="c", start=2000, end=2004, table="grown")
    with pytest.raises(DataError, match="needs positive values"):
        steps_data.run_growth(options, context)


@pytest.mark.parametrize(("start", "end"), [(2004, 2000), (2000, 2000)])
def test_growth_backwards_is_refused(context: Context, start: int, end: int):
    options = steps_data.Growth(id="g", kind="growth", variable="a", start=start, end=end, table="grown")
    with pytest.raises(DataError, match="start before end"):
        steps_data.run_growth(options, context)


def test_a_period_that_is_not_there_is_named(context: Context):
    with pytest.raises(DataError, match=r"no period 2003.*It has '2000', '2004'"):
        context.cross_section("", ["a"], 2003)
    with pytest.raises(DataError, match=r"name one with time = \.\.\."):
        context.cross_section("", ["a"])


def test_the_quotient_is_taken_within_each_period(context: Context):
    options = steps_data.Quotient(id="q", kind="lq", sector="a", total="b")
    steps_data.run_quotient(options, context)
    frame = context.table("").frame
    for _, rows in frame.groupby("year"):
        expected = (rows["a"] / rows["b"]) / (rows["a"].sum() / rows["b"].sum())
        np.testing.assert_allclose(rows["lq"], expected, rtol=1e-12)


def test_the_quotient_of_units_with_gaps_is_missing_where_they_may_be_dropped(context: Context):
    table = context.tables["data"]
    frame = table.frame.copy()
    frame.loc[3, "a"] = np.nan
    options = steps_data.Quotient(id="q", kind="lq", sector="a", total="b")
    context.tables["data"] = StudyTable(frame, "code", "year", "error")
    with pytest.raises(DataError, match="a missing for 1 units"):
        steps_data.run_quotient(options, context)
    context.tables["data"] = StudyTable(frame, "code", "year", "drop")
    steps_data.run_quotient(options, context)
    made = context.tables["data"].frame
    assert made.loc[made["lq"].isna(), "code"].unique().tolist() == [frame.loc[3, "code"]]
    assert any("1 units dropped because a is missing" in line for line in context.ledger)


def test_units_with_gaps_are_an_error_or_dropped_with_their_weights(context: Context):
    table = context.tables["data"]
    frame = table.frame.copy()
    frame.loc[frame["code"].eq("u07") & frame["year"].eq(2004), "c"] = np.nan
    context.tables["data"] = StudyTable(frame, "code", "year", "error")
    options = steps_explore.Moran(id="m", kind="moran", variables=["c"], permutations=9)
    with pytest.raises(DataError, match="c missing for 1 units: 'Unit u07'"):
        steps_explore.run_moran(options, context)
    context.tables["data"] = StudyTable(frame, "code", "year", "drop")
    found = steps_explore.run_moran(options, context)
    assert found.table["n"].tolist() == [24, 24]
    assert any("1 units dropped because c is missing: 'Unit u07'" in line for line in context.ledger)
    assert any("Weights 'rook': rows and columns of 1 units" in line for line in context.ledger)


def test_moran_is_the_one_of_the_definition_for_any_row_order(context: Context):
    options = steps_explore.Moran(id="m", kind="moran", variables=["a"], permutations=9)
    table = steps_explore.run_moran(options, shuffled(context)).table.set_index("time")
    values = context.tables["data"].frame.query("year == 2004").set_index("code")["a"].loc[UNITS]
    z = (values - values.mean()).to_numpy()
    expected = z @ (grid_weights().align(pd.Index(UNITS)) @ z) / (z @ z)
    assert table.loc[2004, "I"] == pytest.approx(expected, rel=1e-10)


def test_steps_show_what_they_found(context: Context):
    steps = [
        (steps_explore.Describe(id="d", kind="describe", columns=["a", "b"], by_period=True), "describe"),
        (steps_explore.Map(id="m", kind="map", column="a", times=[2000, 2004], breaks=[3.0]), "map"),
        (steps_explore.Trend(id="t", kind="trend", columns=["a"]), "trend"),
        (steps_explore.Moran(id="i", kind="moran", variables=["a"], scatter=[2004], permutations=9), "moran"),
    ]
    kinds = {}
    for options, name in steps:
        run, render = getattr(steps_explore, f"run_{name}"), getattr(steps_explore, f"render_{name}")
        kinds[name] = [type(block) for block in render(run(options, context), options, context)]
    assert kinds["describe"] == [TableBlock] * 3
    assert kinds["map"] == [FigureBlock]
    assert kinds["trend"] == [FigureBlock]
    assert kinds["moran"] == [TableBlock, FigureBlock]


def test_moran_scatters_of_several_periods_stand_side_by_side(context: Context):
    options = steps_explore.Moran(id="i", kind="moran", variables=["a"], scatter=[2004, 2000], permutations=9)
    found = steps_explore.run_moran(options, context)
    *_, figure = steps_explore.render_moran(found, options, context)
    assert [ax.get_title() for ax in figure.axes.figure.axes] == ["2004", "2000"]
    assert "2004, 2000" in figure.caption
    values = context.tables["data"].frame.query("year == 2000").set_index("code")["a"]
    # The horizontal axis is the standardised variable.
    points = np.sort(np.asarray(figure.axes.figure.axes[1].collections[0].get_offsets())[:, 0])
    expected = np.sort((values - values.mean()) / values.std(ddof=0))
    np.testing.assert_allclose(points, expected, rtol=1e-12)


def test_maps_of_several_periods_have_pooled_classes_and_one_legend(context: Context):
    options = steps_explore.Map(id="m", kind="map", column="a", times=[2004, 2000], k=3)
    found = steps_explore.run_map(options, context)
    (figure,) = steps_explore.render_map(found, options, context)
    drawn = figure.axes.figure
    assert "2004, 2000" in figure.caption
    assert [ax.get_title() for ax in drawn.axes[:2]] == ["2004", "2000"]
    rows = context.tables["data"].frame
    (legend,) = drawn.legends
    texts = [text.get_text() for text in legend.get_texts()]
    bounds = rows.loc[rows["year"].isin([2000, 2004]), "a"].quantile([1 / 3, 2 / 3]).tolist()
    assert [text.split(" – ")[1] for text in texts[:2]] == [f"{bound:.2f}" for bound in bounds]
    assert legend.get_title().get_text() == context.label("a")
    (single,) = steps_explore.render_map({2000: found[2000]}, options, context)
    assert single.name == "2000"


def test_two_columns_share_a_map(context: Context):
    values = np.random.default_rng(2).permutation(len(UNITS)).astype(float)
    frame = context.tables["data"].frame
    frame["other"] = frame["code"].map(dict(zip(UNITS, values, strict=True)))
    options = steps_explore.Map(id="m", kind="map", column="a", second="other", times=[2000])
    (figure,) = steps_explore.render_map(steps_explore.run_map(options, context), options, context)
    square = figure.axes.child_axes[-1]
    assert (square.get_xlabel(), square.get_ylabel()) == (f"{context.label('a')} →", "other →")
    assert sum(int(text.get_text()) for text in square.texts) == len(UNITS)
    assert figure.caption == f"{context.label('a')} and other, 2000."
    wrong = steps_explore.Map(
        id="m", kind="map", column="a", second="other", times=[2000, 2004], k=4, breaks=[1.0]
    )
    assert [key for key, _ in wrong.faults({}, [])] == ["second", "k", "breaks"]


def test_names_go_with_one_map_and_periods_are_named_once():
    options = steps_explore.Map(id="m", kind="map", column="a", times=[2000, 2004, 2004], names=True)
    assert [key for key, _ in options.faults({}, [])] == ["times", "names"]


def test_models_share_a_sample_and_only_those_with_spillovers_have_impacts(context: Context):
    options = steps_model.Model(
        id="m",
        kind="model",
        formula="a ~ b + c",
        models=["ols", "slx", "sar", "sem", "sdm"],
        durbin=["b"],
        time=2004,
        draws=50,
    )
    found = steps_model.run_model(options, context)
    assert [fit.nobs for fit in found.fits] == [25] * 5
    assert [impacts is not None for impacts in found.impacts] == [False, True, True, False, True]
    assert "W(b)" in found.fits[4].params.index
    assert "W(c)" not in found.fits[4].params.index
    blocks = steps_model.render_model(found, options, context)
    assert isinstance(blocks[0], NoteBlock)
    assert blocks[0].warning
    names = [block.name for block in blocks if isinstance(block, TableBlock)]
    assert names == ["vif", "", "tests", "impacts-slx", "impacts-sar", "impacts-sdm"]


def test_least_squares_needs_no_weights(context: Context):
    context.weights.clear()
    options = steps_model.Model(id="m", kind="model", formula="a ~ b", models=["ols"], time=2004)
    assert not options.needs_weights
    found = steps_model.run_model(options, context)
    y = context.cross_section("", ["a"], 2004)
    slope = np.polyfit(y["b"], y["a"], 1)[0]
    assert found.fits[0].params["b"] == pytest.approx(slope, rel=1e-10)


def test_simulated_columns_say_so(context: Context):
    options = steps_data.Simulate(id="s", kind="simulate", table="drawn")
    found = steps_data.run_simulate(options, context)
    assert found.simulated
    assert "Simulated" in context.tables["drawn"].notes["source"]
    blocks = steps_data.render_variables(found, options, context)
    assert isinstance(blocks[0], NoteBlock)
    assert blocks[0].text.startswith("SIMULATED")
    wrong = steps_data.Simulate(id="s", kind="simulate", table="other", outcome="gdp")
    with pytest.raises(DataError, match="must have 'simulated' in its name"):
        steps_data.run_simulate(wrong, context)


def test_a_simulated_outcome_obeys_its_equation():
    weights = grid_weights()
    drawn = simulate_outcome(weights, rho=0.6, beta=2.0, sigma=0.0, seed=4)
    y, x = drawn["simulated_outcome"], drawn["simulated_driver"]
    np.testing.assert_allclose(y - 0.6 * weights.lag(y), 2 * x, atol=1e-12)
    assert drawn.attrs["simulated"] is True


def test_a_simulated_outcome_does_not_depend_on_the_order_of_the_units():
    weights = grid_weights()
    turned = SpatialWeights.from_matrix(weights.sparse[::-1][:, ::-1], ids=UNITS[::-1])
    first, second = simulate_outcome(weights, seed=2), simulate_outcome(turned, seed=2)
    assert list(second.index) == UNITS[::-1]
    pd.testing.assert_frame_equal(first, second.loc[UNITS], rtol=1e-12)
    assert not first.equals(simulate_outcome(weights, seed=3))


@pytest.mark.parametrize("options", [{"rho": 1.0}, {"rho": -1.5}, {"sigma": -1.0}])
def test_impossible_simulations_are_refused(options: dict[str, float]):
    with pytest.raises(OptionError):
        simulate_outcome(grid_weights(), **options)


def test_both_languages_have_every_phrase_with_the_same_gaps():
    from string import Formatter

    first, second = (all_words(language) for language in LANGUAGES)
    for key, phrase in first.items():
        gaps = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (phrase, second[key])]
        assert gaps[0] == gaps[1], key


@pytest.mark.parametrize(
    ("kind", "links"),
    [
        ('kind = "contiguity"\nrule = "rook"', 80),
        ('kind = "contiguity"', 144),
        ('kind = "knn"\nk = 2', 50),
        ('kind = "distance"\nband = 115', 80),
        ('kind = "distance"\nband = 115\npower = 2\nstyle = "none"', 80),
        ('kind = "kernel"\nk = 4', None),
        ('kind = "file"\nfile = "w.npz"', 80),
    ],
)
def test_every_kind_of_weights_is_built(tmp_path: Path, context: Context, kind: str, links: int | None):
    context.layer.rename_axis("id").reset_index().to_file(tmp_path / "squares.gpkg")
    grid_weights().to_file(tmp_path / "w.npz")
    lines = "\n".join(f"{unit},{number}" for number, unit in enumerate(UNITS))
    (tmp_path / "data.csv").write_text("code,x\n" + lines)
    path = tmp_path / "study.toml"
    path.write_text(
        f"""
[study]
title = "t"
[data]
file = "data.csv"
unit = "code"
[layer]
source = "squares.gpkg"
key = "id"
[weights.w]
{kind}
[[step]]
id = "m"
kind = "moran"
variables = ["x"]
"""
    )
    weights = open_inputs(read_contents(path), tmp_path).weights["w"]
    assert weights.name == "w"
    assert weights.style == ("general" if "none" in kind else "row")
    assert links is None or weights.sparse.nnz == links
