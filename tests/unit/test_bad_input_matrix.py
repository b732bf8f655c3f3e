"""Every public function against every fault of its inputs: one clear error, never a traceback of a peer."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, Polygon, box

import spatialfin as sf
from spatialfin._errors import SpatialfinError
from spatialfin.plot import choropleth, lisa_map, moran_scatter, trend
from spatialfin.tables import (
    correlation_table,
    descriptive_table,
    diagnostics_table,
    frame_table,
    impacts_table,
    regression_table,
    variable_table,
    vif_table,
)

IDS = [f"u{number:02d}" for number in range(16)]
LINE = np.eye(4, k=1) + np.eye(4, k=-1)
MATRIX = np.kron(LINE, np.eye(4)) + np.kron(np.eye(4), LINE)
W = sf.SpatialWeights.from_matrix(MATRIX, ids=IDS).standardize("row")
ONE = sf.SpatialWeights.from_matrix([[0]], ids=IDS[:1])
ISLANDS = sf.SpatialWeights.from_matrix(MATRIX * 0, ids=IDS)
LAYER = gpd.GeoDataFrame(
    {"name": [f"Place {number}" for number in range(16)]},
    geometry=[box(i % 4, i // 4, i % 4 + 1, i // 4 + 1) for i in range(16)],
    index=pd.Index(IDS, name="code"),
    crs="EPSG:32650",
)
RNG = np.random.default_rng(0)
DATA = pd.DataFrame(
    {"y": RNG.normal(size=16), "x": RNG.normal(size=16), "z": RNG.uniform(1, 2, 16)},
    index=pd.Index(IDS, name="code"),
)
DATA = DATA.assign(constant=1.0, text="abc", double=2 * DATA["x"], size=DATA["z"] + 5)
PANEL = pd.concat(
    [
        DATA.assign(code=IDS, year=year, y=RNG.normal(size=16), x=RNG.normal(size=16))
        for year in (2000, 2001, 2002)
    ],
    ignore_index=True,
)
PANEL["double"] = 2 * PANEL["x"]
FIT = sf.fit_cross_section("y ~ x + z", DATA, W)
MORAN = sf.moran(DATA["y"], W, permutations=9)
LOCAL = sf.local_moran(DATA["y"], W, permutations=99)
TABLE = frame_table(DATA)
MODELS = ("ols", "slx", "sar", "sem", "sdm", "sdem", "sac")

Faults = dict[str, tuple[Callable[[], Any], str]]


def blank(data: pd.DataFrame, value: object = np.nan) -> pd.DataFrame:
    """The same data with one bad cell in x."""
    return data.assign(x=data["x"].astype(object).where(np.arange(len(data)) != 1, value))


def reshaped(shape: Any) -> gpd.GeoDataFrame:
    """The layer with another shape for its first unit."""
    layer = LAYER.copy()
    layer.loc["u00", "geometry"] = shape
    return layer


def doubled(rows: Any) -> Any:
    return pd.concat([rows, rows.iloc[:1]])


def series_faults(name: str, function: Callable[[Any], Any], *, tables: bool = False) -> Faults:
    """What can be wrong with one Series of numbers, or with a table where `tables` are taken as well."""
    y = DATA["y"].abs()
    frame = (DATA[["size", "text"]], "'text': text where") if tables else (DATA[["y"]], "not DataFrame")
    return {
        f"{name}: a list": (lambda: function([1.0, 2.0]), "Series indexed by unit is needed, not list"),
        f"{name}: a frame": (lambda: function(frame[0]), frame[1]),
        f"{name}: text": (lambda: function(DATA["text"]), "text where numbers are expected at 'u00'"),
        f"{name}: dates": (lambda: function(pd.Series(pd.Timestamp(2020, 1, 1), y.index)), "real numbers"),
        f"{name}: complex": (lambda: function(y + 1j), "real numbers are needed"),
        f"{name}: missing": (lambda: function(y.mask(y.index == "u03")), "missing or infinite at 'u03'"),
        f"{name}: infinite": (lambda: function(y.mask(y.index == "u03", np.inf)), "infinite at 'u03'"),
        f"{name}: other units": (lambda: function(y.iloc[1:]), "'u00'"),
        f"{name}: repeated units": (lambda: function(doubled(y)), "'u00'|repeated labels"),
    }


def layer_faults(name: str, function: Callable[[Any], Any]) -> Faults:
    """What can be wrong with a layer."""
    bow = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    far = LAYER.copy()
    far["geometry"] = LAYER.translate(500_000, 4_000_000)
    return {
        f"{name}: None": (
            lambda: function(None),
            "A GeoDataFrame indexed by unit id is needed, not NoneType",
        ),
        f"{name}: a table": (lambda: function(DATA), "A GeoDataFrame indexed by unit id is needed"),
        f"{name}: no geometry column": (lambda: function(gpd.GeoDataFrame(DATA)), "no geometry column"),
        f"{name}: repeated id": (lambda: function(doubled(LAYER)), "duplicate ids.*u00"),
        f"{name}: missing id": (lambda: function(LAYER.set_axis([None, *IDS[1:]])), "missing ids"),
        f"{name}: two index levels": (
            lambda: function(LAYER.set_index("name", append=True)),
            "not a MultiIndex",
        ),
        f"{name}: missing geometry": (lambda: function(reshaped(None)), "missing geometry.*u00"),
        f"{name}: empty geometry": (lambda: function(reshaped(Polygon())), "empty geometry.*u00"),
        f"{name}: invalid geometry": (lambda: function(reshaped(bow)), "invalid geometry.*u00"),
        f"{name}: infinite coordinates": (lambda: function(reshaped(Point(np.inf, 0))), "not finite.*u00"),
        f"{name}: wrong CRS": (
            lambda: function(far.set_crs("EPSG:4326", allow_override=True)),
            "CRS does not fit|wrong CRS",
        ),
        f"{name}: no units": (lambda: function(LAYER.iloc[:0]), "no units"),
    }


def map_faults(name: str, function: Callable[[Any], Any]) -> Faults:
    """What can be wrong with a layer that is only drawn: shapes need not be valid."""
    every = layer_faults(name, function)
    del every[f"{name}: invalid geometry"]
    told = {
        "repeated id": "duplicate labels 'u00'",
        "missing id": "1 missing labels",
        "two index levels": "one level of labels is needed",
        "missing geometry": "no shape for 'u00'",
        "empty geometry": "no shape for 'u00'",
        "infinite coordinates": "'u00' have no area",
        "no units": "no unit with a geometry",
    }
    for fault, message in told.items():
        every[f"{name}: {fault}"] = (every[f"{name}: {fault}"][0], message)
    return every


def weights_faults(name: str, function: Callable[[Any], Any]) -> Faults:
    """What can be wrong with weights."""
    return {
        f"{name}: W a matrix": (
            lambda: function(MATRIX),
            "SpatialWeights are needed, not ndarray: .*from_matrix",
        ),
        f"{name}: W a layer": (lambda: function(LAYER), "SpatialWeights are needed, not GeoDataFrame"),
        f"{name}: W of other units": (lambda: function(W.subset(IDS[1:])), "only in .*'u00'"),
        f"{name}: W without links": (
            lambda: function(ISLANDS),
            "every unit is an island|No unit has a|one of the two weights only",
        ),
    }


def model_faults(name: str, fit: Callable[..., Any], rows: pd.DataFrame) -> Faults:
    """What can be wrong with a model, whatever its kind."""
    bad: dict[str, tuple[str, pd.DataFrame, str]] = {
        "column not there": ("y ~ x + zz", rows, "no column 'zz'.*Did you mean 'z'"),
        "collinear": ("y ~ x + double", rows, "collinear terms: .*'x' and 'double'"),
        "constant regressor": ("y ~ x + constant", rows, "constant"),
        "constant outcome": ("constant ~ x", rows, "constant|does not vary"),
        "outcome of text": ("text ~ x", rows, "'text'"),
        "missing value": ("y ~ x", blank(rows), "column 'x'.*missing or infinite at 'u01"),
        "infinite value": ("y ~ x", blank(rows, np.inf), "column 'x'.*missing or infinite at 'u01"),
        "text for a number": ("y ~ x", blank(rows, "many"), "'u01.*many"),
        "repeated row": ("y ~ x", doubled(rows), "[Dd]uplicate.*u00"),
        "repeated column": ("y ~ x", pd.concat([rows, rows[["x"]]], axis=1), "'x' are there more than once"),
        "no rows": ("y ~ x", rows.iloc[:0], ""),
        "not a table": ("y ~ x", rows["y"], "a DataFrame is needed, not Series"),
        "logarithm of zero": ("y ~ log(x)", rows, "logarithm"),
        "a call off the list": ("y ~ I(open('x'))", rows, "not allowed.*Nothing was run"),
        "an attribute": ("y ~ x.values", rows, "not allowed.*Nothing was run"),
        "not a formula": ("y x", rows, "~|cannot be read"),
    }
    return {
        f"{name}: {fault}": (lambda formula=formula, data=data: fit(formula, data), message)  # type: ignore[misc]
        for fault, (formula, data, message) in bad.items()
    }


def options(name: str, function: Callable[..., Any], **bad: Any) -> Faults:
    """Words and numbers that are no options; the message names the option and its value."""
    return {
        f"{name}: {option}={value!r}": (
            lambda option=option, value=value: function(**{option: value}),  # type: ignore[misc]
            option,
        )
        for option, values in bad.items()
        for value in (values if isinstance(values, list) else [values])
    }


def column_faults(name: str, function: Callable[[Any, Any], Any]) -> Faults:
    """What can be wrong with a table and a list of its columns."""
    return {
        f"{name}: no table": (lambda: function(None, ["x", "z"]), "a DataFrame is needed, not NoneType"),
        f"{name}: column not there": (
            lambda: function(DATA, ["x", "yy"]),
            "no column 'yy'. Did you mean 'y'",
        ),
        f"{name}: no columns": (lambda: function(DATA, []), "at least"),
        f"{name}: columns as text": (lambda: function(DATA, "x"), "at least"),
        f"{name}: a column twice": (lambda: function(DATA, ["x", "x"]), "'x' given more than once"),
        f"{name}: text": (lambda: function(DATA, ["x", "text"]), "column 'text' holds text"),
    }


def fit(model: str) -> Callable[[str, Any], Any]:
    return lambda formula, data: sf.fit_cross_section(formula, data, W, model=model)  # type: ignore[arg-type]


def panel_fit(model: str) -> Callable[[str, Any], Any]:
    return lambda formula, data: sf.fit_panel(
        formula, data, W, unit="code", time="year", model=model  # type: ignore[arg-type]
    )  # fmt: skip


def twoway(data: Any = PANEL, weights: Any = W, **keys: Any) -> Any:
    return sf.fit_panel("y ~ x", data, weights, **{"unit": "code", "time": "year", **keys})


def table_of(weights: Any = W, variables: Any = "y", data: Any = PANEL, **keys: Any) -> Any:
    return sf.moran_table(data, variables, weights, **{"unit": "code", "time": "year", **keys})


def autocorrelation(
    weights: Any = W, variables: Any = "y", *, table: str = "global_table", data: Any = PANEL, **keys: Any
) -> Any:
    return getattr(sf.explore, table)(data, variables, weights, **{"unit": "code", "time": "year", **keys})


def table_faults(table: str) -> Faults:
    """What can be wrong with the columns, pairs and rates of a table of statistics."""

    def call(variables: Any = "y", statistics: Any = "moran", **keys: Any) -> Callable[[], Any]:
        return lambda: autocorrelation(W, variables, table=table, statistics=statistics, **keys)

    bivariate, changes = "moran_bivariate", "moran_differential"
    bad = {
        "no pair": (call(statistics=bivariate), "need pairs of columns among the variables"),
        "a pair for one": (
            call([("x", "y"), "y"]),
            "'x, y': pairs of variables, which only 'moran_bivariate'",
        ),
        "three columns": (call([("x", "y", "z")], bivariate), "is no pair. Give two columns"),
        "a rate that is no pair": (call([], "moran_rate", rates="yz"), "rates: 'yz' is no pair"),
        "pair not there": (call([("x", "yy")], bivariate), "no column 'yy'. Did you mean 'y'"),
        "a constant in a pair": (
            call([("y", "constant")], bivariate),
            "constant, 2000, 2001, 2002: constant, so its autocorrelation",
        ),
        "text in a pair": (call([("text", "y")], bivariate), f"{table}: text: text where numbers are exp"),
        "no rates": (call(statistics="moran_rate"), r"need rates=\[\('events', 'population'\)\]"),
        "rates for nothing": (call(rates=[("z", "size")]), "'z, size': rates, which only 'moran_rate' takes"),
        "negative events": (
            call([], "moran_rate", rates=[("y", "size")]),
            "y per size, 2000: negative events at 'u",
        ),
        "one period": (call("y", changes, data=PANEL[:16]), "'moran_differential' needs two periods"),
        "no time": (call("y", changes, data=PANEL[:16], time=None), "compares periods. Give `time`"),
        "a change that is the same": (call("z", changes), "change of z, 2001, 2002: constant"),
        "a year without data": (
            call(data=PANEL.assign(y=PANEL["y"].mask(PANEL["year"].eq(2001)))),
            f"{table}: y, 2001: missing in every one of the 16 units",
        ),
        "complex": (call(data=PANEL.assign(y=PANEL["y"] + 1j)), f"{table}: y: real numbers are needed"),
        "the unit as a variable": (call("code"), "column 'code' names units or periods"),
    }
    return {f"{table}: {name}": fault for name, fault in bad.items()}


def lines(columns: Any = "x", data: Any = PANEL, **keys: Any) -> Any:
    return trend(data, columns, **{"time": "year", "unit": "code", "units": ["u00"], **keys})


def read(name: str) -> Any:
    return sf.SpatialWeights.read(name)


S, T = DATA["z"], DATA["size"]
FAULTS: Faults = {
    **series_faults("location_quotient sector", lambda s: sf.location_quotient(s, T), tables=True),
    **series_faults("location_quotient total", lambda t: sf.location_quotient(S, t)),
    **series_faults("spatial_gini", lambda s: sf.spatial_gini(s, T), tables=True),
    **series_faults("moran", lambda y: sf.moran(y, W)),
    **series_faults("local_moran", lambda y: sf.local_moran(y, W)),
    "location_quotient: negative": (lambda: sf.location_quotient(S, -T), "negative total at 'u00'"),
    "spatial_gini: negative": (lambda: sf.spatial_gini(-S, T), "negative sector at 'u00'"),
    "location_quotient: no rows": (lambda: sf.location_quotient(S.iloc[:0], T.iloc[:0]), "no rows"),
    "location_quotient: by": (lambda: sf.location_quotient(S, T, by="yeer"), "by='yeer' is not a level"),
    "location_quotient: reference": (lambda: sf.location_quotient(S, T, reference=(1,)), "reference"),  # type: ignore[arg-type]
    "moran: constant": (lambda: sf.moran(DATA["constant"], W), "constant: constant"),
    "moran: one unit": (lambda: sf.moran(S.iloc[:1], ONE), "1 units"),
    "moran: a panel": (lambda: sf.moran(PANEL.set_index(["code", "year"])["y"], W), "2. Select one period"),
    **series_faults("geary", lambda y: sf.explore.geary(y, W)),
    **series_faults("getis_ord", lambda y: sf.explore.getis_ord(y, W)),
    **series_faults("join_counts", lambda y: sf.explore.join_counts(y, W)),
    **series_faults("local_geary", lambda y: sf.explore.local_geary(y, W)),
    **series_faults("local_g", lambda y: sf.explore.local_g(y, W)),
    **series_faults("moran_bivariate", lambda y: sf.explore.moran_bivariate(y, T, W)),
    **series_faults("moran_bivariate lagged", lambda y: sf.explore.moran_bivariate(T, y, W)),
    **series_faults("local_moran_bivariate", lambda y: sf.explore.local_moran_bivariate(y, T, W)),
    **weights_faults("geary", lambda w: sf.explore.geary(S, w)),
    **weights_faults("moran_bivariate", lambda w: sf.explore.moran_bivariate(S, T, w)),
    **weights_faults("local_g", lambda w: sf.explore.local_g(S, w)),
    **weights_faults("global_table", lambda w: autocorrelation(w)),
    **weights_faults("local_table", lambda w: autocorrelation(w, table="local_table")),
    **options("global_table", autocorrelation, statistics=["morn", []], adjust="q", permutations=-1),
    **table_faults("global_table"),
    **table_faults("local_table"),
    "moran_differential: a list": (lambda: sf.explore.moran_differential(S, [1.0], W), "later: a Series"),  # type: ignore[arg-type]
    "moran_differential: other units": (lambda: sf.explore.moran_differential(S, T.iloc[1:], W), "'u00'"),
    "moran_rate: negative": (lambda: sf.explore.moran_rate(-S, T, W), "negative events at 'u00'"),
    "moran_rate: no population": (lambda: sf.explore.moran_rate(S, T * 0, W), "not positive at 'u00'"),
    "getis_ord: negative": (lambda: sf.explore.getis_ord(-S, W), "negative values"),
    "join_counts: not binary": (lambda: sf.explore.join_counts(S, W), "other than 0 and 1"),
    "local_g: star": (lambda: sf.explore.local_g(S, W, star="no"), "star='no'"),  # type: ignore[arg-type]
    **weights_faults("moran", lambda w: sf.moran(S, w)),
    **weights_faults("local_moran", lambda w: sf.local_moran(S, w)),
    **weights_faults("moran_table", table_of),
    **options("moran", lambda **o: sf.moran(S, W, **o), permutations=["99", -1], seed=[None, 0.5]),
    **options("clusters", LOCAL.clusters, alpha=["5%", 0, 2], adjust="fdrr"),
    "moran_table: a list of W": (lambda: table_of([W]), "SpatialWeights are needed, not list"),
    "moran_table: no W": (lambda: table_of({}), "at least one variable, one W"),
    "moran_table: no variable": (lambda: table_of(variables=[]), "at least one variable, one W"),
    "moran_table: no rows": (lambda: table_of(data=PANEL.iloc[:0]), "at least one .* row of data"),
    "moran_table: not a table": (lambda: table_of(data=PANEL["y"]), "a DataFrame is needed, not Series"),
    "moran_table: a number for a variable": (lambda: table_of(variables=3), "no column '3'"),
    "moran_table: column not there": (lambda: table_of(variables="yy"), "no column 'yy'. Did you mean 'y'"),
    "moran_table: no such unit": (lambda: table_of(unit="cod"), "no column 'cod'. Did you mean 'code'"),
    **layer_faults("contiguity_weights", sf.contiguity_weights),
    **layer_faults("knn_weights", lambda layer: sf.knn_weights(layer, k=1)),
    **layer_faults("distance_weights", lambda layer: sf.distance_weights(layer, band=1.0)),
    **layer_faults("kernel_weights", lambda layer: sf.kernel_weights(layer, bandwidth=1.0)),
    **layer_faults("check_layer", lambda layer: sf.check_layer(layer).raise_if_bad()),
    **options(
        "contiguity_weights",
        lambda **o: sf.contiguity_weights(LAYER, **o),
        rule="quen", order=[0, "2"], snap=[-1, "1", np.nan], islands=["keeep", None, {"u99": ["u00"]}],
    ),
    "contiguity_weights: a lone island": (
        lambda: sf.contiguity_weights(LAYER.loc[["u00", "u01", "u15"]]),
        "'u15'.*islands=",
    ),
    **options("knn_weights", lambda **o: sf.knn_weights(LAYER, **o), k=[0, 16, "2", 2.5, True]),
    **options("distance_weights", lambda **o: sf.distance_weights(LAYER, **o), band=["1", -1], power=-1),
    **options(
        "kernel_weights", lambda **o: sf.kernel_weights(LAYER, **o), bandwidth=["1", 0], k=0, kernel="x"
    ),
    "knn_weights: no CRS": (
        lambda: sf.knn_weights(LAYER.set_crs(None, allow_override=True), k=1),
        "no CRS.*set_crs",
    ),
    **layer_faults("gravity_weights", lambda layer: sf.gravity_weights(layer, S)),
    **series_faults("gravity_weights masses", lambda masses: sf.gravity_weights(LAYER, masses)),
    **series_faults("economic_weights", lambda y: sf.economic_weights(y, neighbours=W)),
    **weights_faults("nested_weights", lambda w: sf.nested_weights(w, W)),
    **options("gravity_weights", lambda **o: sf.gravity_weights(LAYER, S, **o), power=["2", -1, 0]),
    **options("economic_weights", lambda **o: sf.economic_weights(S, **o), floor=["1", -1, 0]),
    **options("nested_weights", lambda **o: sf.nested_weights(W, W, **o), share=["1", -1, 2]),
    "compare_weights: a list": (lambda: sf.compare_weights([W]), "a dictionary of name to weights"),  # type: ignore[arg-type]
    "compare_weights: a matrix": (lambda: sf.compare_weights({"a": MATRIX}), "SpatialWeights are needed"),  # type: ignore[dict-item]
    "compare_weights: other units": (lambda: sf.compare_weights({"a": W, "b": W.subset(IDS[1:])}), "'u00'"),
    "from_matrix: self-neighbours": (
        lambda: sf.SpatialWeights.from_matrix(MATRIX + np.diag([1.0] + [0] * 15), ids=IDS),
        "self-neighbours .*'u00'",
    ),
    "from_matrix: negative": (lambda: sf.SpatialWeights.from_matrix(-MATRIX, ids=IDS), "negative weights"),
    "from_matrix: missing": (lambda: sf.SpatialWeights.from_matrix(MATRIX * np.nan, ids=IDS), "missing"),
    "from_matrix: not square": (lambda: sf.SpatialWeights.from_matrix(MATRIX[:3], ids=IDS), "square"),
    "from_matrix: repeated ids": (lambda: sf.SpatialWeights.from_matrix(MATRIX, ids=["a"] * 16), "'a'"),
    "from_graph: a matrix": (lambda: sf.SpatialWeights.from_graph(MATRIX), "Graph or W is needed"),
    "read: no path": (lambda: read(None), "path of a weights file is needed"),  # type: ignore[arg-type]
    "read: no file": (lambda: read("/nowhere/w.gal"), "no file"),
    "subset: no such unit": (lambda: W.subset(["u99"]), "no units 'u99'"),
    "lag: a list": (lambda: W.lag([1.0]), "Series indexed by unit is needed"),  # type: ignore[arg-type]
    "standardize": (lambda: W.standardize("rows"), "Did you mean 'row'"),  # type: ignore[arg-type]
    **{
        key: fault
        for model in MODELS
        for key, fault in model_faults(f"fit_cross_section {model}", fit(model), DATA).items()
    },
    **{
        key: fault
        for model in MODELS
        for key, fault in model_faults(f"fit_panel {model}", panel_fit(model), PANEL).items()
    },
    **weights_faults("fit_cross_section", lambda w: sf.fit_cross_section("y ~ x", DATA, w)),
    **weights_faults("fit_panel", lambda w: twoway(weights=w)),
    **options(
        "fit_cross_section",
        lambda **o: sf.fit_cross_section("y ~ x", DATA, W, **o),
        model="sarr", estimator="m l", vcov="robst", engine="sreg", unit="kode", units="sub",
    ),
    **options(
        "fit_panel", twoway, model="smd", effects="two-way", unit="cod", time="yr", gaps="observe", units=2,
    ),
    "fit_panel: W of one period only": (
        lambda: twoway(weights={2000: W}, effects="unit"), "one W for each period.*without weights: '2001'",
    ),
    "fit_panel: gaps with two-way effects": (
        lambda: twoway(PANEL.iloc[1:], gaps="observed"), "effects='twoway': use effects='unit'",
    ),
    "fit_cross_section: no W": (lambda: sf.fit_cross_section("y ~ x", DATA), "needs weights"),
    "fit_cross_section: durbin": (
        lambda: sf.fit_cross_section("y ~ x", DATA, W, model="sdm", durbin=["q"]),
        "durbin.*'q'",
    ),
    "fit_panel: not balanced": (lambda: twoway(PANEL.iloc[1:]), "not balanced.*u00, 2000"),
    "fit_panel: one key": (lambda: twoway(time="code"), "both 'code'"),
    "fit_panel: one period": (lambda: twoway(PANEL[PANEL["year"] == 2000]), "1 periods"),
    **model_faults("specification_tests", lambda text, data: sf.specification_tests(text, data, W), DATA),
    **weights_faults("specification_tests", lambda w: sf.specification_tests("y ~ x", DATA, w)),
    **options(
        "specification_tests",
        lambda **o: sf.specification_tests("y ~ x", DATA, W, **o),
        alpha=[2, "5%"], unit="q",
    ),
    **options("impacts", FIT.impacts, draws=["x", 1], seed=["a", -1], at=[3, {"q": 1}, {"x": np.nan}]),
    **options("tidy", FIT.tidy, level=["95%", 5]),
    "predict: other units": (lambda: FIT.predict(DATA.iloc[1:]), "'u00'"),
    "predict: repeated unit": (lambda: FIT.predict(doubled(DATA)), "duplicate labels 'u00'"),
    "predict: a list": (lambda: FIT.predict([1.0]), "a DataFrame is needed"),  # type: ignore[arg-type]
    "predict: column not there": (lambda: FIT.predict(DATA.drop(columns="x")), "'x'"),
    **{
        key: fault
        for function in (descriptive_table, correlation_table, vif_table)
        for key, fault in {
            **column_faults(function.__name__, function),
            **options(
                function.__name__,
                lambda f=function, **o: f(DATA, ["x", "z"], **o),  # type: ignore[misc]
                digits=["2", -1, 1.5], labels=[["x"]],
            ),
        }.items()
    },
    "vif_table: collinear": (lambda: vif_table(DATA, ["x", "double", "z"]), "'x', 'double'"),
    "correlation_table: constant": (lambda: correlation_table(DATA, ["x", "constant"]), "'constant' do not"),
    "descriptive_table: by": (lambda: descriptive_table(DATA, ["x"], by="q"), "by='q'"),
    "variable_table: numbers": (lambda: variable_table([1, 2]), "list of dictionaries"),  # type: ignore[list-item]
    "variable_table: None": (lambda: variable_table(None), "list of dictionaries"),  # type: ignore[arg-type]
    "variable_table: key": (lambda: variable_table([{"symbl": "x"}]), "'symbl'"),
    "regression_table: a number": (lambda: regression_table([1]), "a int is no fitted model"),
    "regression_table: None": (lambda: regression_table(None), "a NoneType is no fitted model"),
    "regression_table: nothing": (lambda: regression_table([]), "at least one fitted model"),
    **options("regression_table", lambda **o: regression_table([FIT], **o), parentheses="std", digits=1.5),
    "impacts_table: a fit": (lambda: impacts_table(FIT), "impacts are needed, .*not ModelResult"),
    "impacts_table: a number": (lambda: impacts_table(3), "impacts are needed, .*not int"),
    "diagnostics_table: a number": (lambda: diagnostics_table(3), "have no tests"),
    "frame_table: a number": (lambda: frame_table(3), "a DataFrame is needed, not int"),  # type: ignore[arg-type]
    "frame_table: a Series": (lambda: frame_table(S), "a DataFrame is needed, not Series"),  # type: ignore[arg-type]
    "save: no path": (lambda: TABLE.save(None), "path=None"),  # type: ignore[arg-type]
    "save: suffix": (lambda: TABLE.save("table.pdf"), "Valid suffixes"),
    "save: no folder": (lambda: TABLE.save("/nowhere/table.csv"), "does not exist"),
    **map_faults("choropleth", lambda layer: choropleth(layer, S)),
    **map_faults("lisa_map", lambda layer: lisa_map(layer, LOCAL)),
    "choropleth: a list": (lambda: choropleth(LAYER, [1.0]), "a Series indexed by unit is needed"),  # type: ignore[arg-type]
    "choropleth: text": (lambda: choropleth(LAYER, DATA["text"]), "text where numbers are expected at 'u00'"),
    "choropleth: other units": (lambda: choropleth(LAYER, S.rename({"u00": "x"})), "no shape for 'x'"),
    "choropleth: all missing": (lambda: choropleth(LAYER, S * np.nan), "every unit is without a value"),
    **options(
        "choropleth",
        lambda **o: choropleth(LAYER, S, **o),
        scheme="quantile", k=[0, 99, "5"], cmap="YlGnBuu", breaks=[[3, 1], ["a"], []], names=["u99", 3],
        ax=1, inset=[(1, 2)], digits="2", labels=3,
    ),
    "lisa_map: a number": (lambda: lisa_map(LAYER, 3), "what local_moran returned is needed, not int"),
    "lisa_map: global": (lambda: lisa_map(LAYER, MORAN), "what local_moran returned is needed"),
    **options("lisa_map", lambda **o: lisa_map(LAYER, LOCAL, **o), alpha=[3, "x"], adjust="q", ax=1),
    "moran_scatter: a number": (lambda: moran_scatter(3), "what moran returned is needed, not int"),
    "moran_scatter: local": (lambda: moran_scatter(LOCAL), "what moran returned is needed"),
    **options("moran_scatter", lambda **o: moran_scatter(MORAN, **o), label_extremes=[-1, "a"], ax=1),
    "trend: no table": (lambda: lines(data=None), "a DataFrame is needed"),
    "trend: no rows": (lambda: lines(data=PANEL.iloc[:0]), "no rows"),
    "trend: column not there": (lambda: lines("q"), "no column 'q'"),
    "trend: text": (lambda: lines("text"), "column 'text' holds text"),
    "trend: three": (lambda: lines(["x", "y", "z"]), "3 columns"),
    "trend: no such unit": (lambda: lines(units=["u99"]), "no unit 'u99'"),
    "trend: units as text": (lambda: lines(units="u00"), "a list is needed, such as .'u00'"),
    **options("trend", lines, ax=1, names=3),
    "load_layer: name": (lambda: sf.load_layer("china_province"), "Did you mean 'china_provinces'"),
    "load_layer: None": (lambda: sf.load_layer(None), "no shipped layer"),  # type: ignore[arg-type]
    "load_layer: no file": (lambda: sf.load_layer("/nowhere/a.shp"), "no file"),
    "load_layer: address": (lambda: sf.load_layer("https://example.com/a.shp"), "not a local file"),
    **options(
        "load_layer",
        lambda **o: sf.load_layer("china_provinces", **o),
        units=["mainlnd", ["999999"], 5, []],
    ),
    "load_dataset: name": (lambda: sf.load_dataset("china_fin"), "Did you mean 'china_finance_2002_2011'"),
    "match_units: no column": (lambda: sf.match_units(DATA, LAYER, name="txt"), "Did you mean 'text'"),
    "match_units: no table": (lambda: sf.match_units(None, LAYER, name="x"), "a DataFrame is needed"),  # type: ignore[arg-type]
    "match_units: no layer": (lambda: sf.match_units(DATA, None, name="text"), "a GeoDataFrame"),  # type: ignore[arg-type]
    "match_units: unmatched": (lambda: sf.match_units(DATA, LAYER, name="text").apply(), "abc: not found"),
    "sample_report: no table": (lambda: sf.sample_report(None, IDS, unit="code"), "a DataFrame is needed"),  # type: ignore[arg-type]
    "sample_report: no units": (
        lambda: sf.sample_report(PANEL, None, unit="code", time="year"),
        "units=None: weights, a layer or a list",
    ),
    "sample_report: column": (
        lambda: sf.sample_report(PANEL, IDS, unit="code", time="year", columns=["q"]),
        "no column 'q'",
    ),
    "balance_report: no table": (
        lambda: sf.panel.balance_report(None, unit="code", time="year"),  # type: ignore[arg-type]
        "a DataFrame is needed",
    ),
    "simulate_outcome: a matrix": (lambda: sf.simulate.simulate_outcome(MATRIX), "SpatialWeights are needed"),  # type: ignore[arg-type]
    **options(
        "simulate_outcome",
        lambda **o: sf.simulate.simulate_outcome(W, **o),
        rho=[1.5, "a"], sigma=[-1, "a"], seed=["a", -1], beta=[np.nan],
    ),
    "Study.read: None": (lambda: sf.Study.read(None), "path of a study file is needed"),  # type: ignore[arg-type]
    "Study.read: no file": (lambda: sf.Study.read("/nowhere/study.toml"), "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_one_clear_error(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call, message = FAULTS[fault]
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(SpatialfinError, match=f"(?s){message}") as told:
            call()
    text = str(told.value)
    assert len(text) > 20
    assert len(text) < 1500
    assert "Traceback" not in text
    assert not list(tmp_path.iterdir())
    assert not plt.get_fignums() or fault.split(":")[0] in {"choropleth", "lisa_map", "trend"}


def test_no_public_function_is_left_out() -> None:
    """A new function at top level needs its faults here."""
    public = {name for name in sf.__all__ if inspect.isfunction(getattr(sf, name))}
    covered = {key.split(":")[0].split(" ")[0] for key in FAULTS}
    assert public - covered == set()
