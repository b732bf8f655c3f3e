"""The charts of a linked page as one Vega-Lite specification: it holds no data, only the names of fields.

The page fills the datasets ``line`` (the ends of Moran's line), ``chosen`` (those of the line of the
selected), ``once`` (an empty row, for what is drawn once), ``trend`` (Moran's I by period) and ``units``, one
row per unit: ``i`` its number, ``geo`` its outline, ``cx`` and ``cy`` a point inside, ``member`` its class,
``cluster``, ``z`` and ``lag``, and the texts of the tooltip.

Units and lines are not drawn by Vega, which would draw them all again at every move of a brush: the page
paints them as one ``picture`` for each ``chart`` of the dataset ``pictures``, in the looks of ``usermeta``.
The marks of units are there unseen, for the pointer and the legends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._validate import require

FONT = (
    'system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "PingFang SC", '
    '"Microsoft YaHei", sans-serif'
)
_CHOSEN = "#d55e00"
_INK, _QUIET, _RULE = "#1c2430", "#5a6573", "#b9c0c9"
_BRUSHED = "brushed_"
_CLEAR = "clearbrush"
_MANY = 1000
_SCATTER_HEIGHT = 250


def linked_spec(
    *,
    width: int,
    height: int,
    units: int,
    words: Mapping[str, str],
    classes: int,
    clusters: list[str],
    alone: int,
    over_time: bool,
) -> dict[str, Any]:
    """Map, clusters, Moran scatter and, over time, the line of Moran's I.

    Parameters
    ----------
    width, height : int
        Size of a map in pixels.
    units : int
        Number of units: borders and points are finer where there are many.
    words : mapping
        Phrases in the language of the page.
    classes : int
        Most classes a variable has; the page sets their colours, and puts units without a value after them.
    clusters : list of str
        Colours of the classes of clusters, in their order; the last is for units without one.
    alone : int
        The class of clusters of units without neighbours: white, so these are outlined at any size.
    over_time : bool
        Whether there are several periods.
    """
    alt = require("altair", "report")
    parts = _Parts(alt, width, height, units, words)
    charts = [
        parts.map(
            "map", "member", [alt.ExprRef(f"mapColours[{k}]") for k in range(classes + 1)], shown="mapShown"
        ),
        parts.map("lisa", "cluster", clusters),
        parts.scatter(),
    ]
    if over_time:
        charts.append(parts.trend())
    chart = alt.concat(*charts, columns=2, spacing=22, data=alt.NamedData("units"), params=_parameters(alt))
    chart = chart.resolve_scale(color="independent", x="independent", y="independent")
    chart = chart.configure(
        font=FONT, aria=False, background="#ffffff", padding={"left": 2, "top": 2, "bottom": 2, "right": 18},
        title=alt.TitleConfig(anchor="start", frame="group", fontSize=14, fontWeight=600, color=_INK,
                              offset=8),
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(gridColor="#eceff2", domainColor=_RULE, tickColor=_RULE, labelColor=_QUIET,
                            titleColor=_QUIET, titleFontWeight="normal", labelFontSize=11, titleFontSize=12),
        legend=alt.LegendConfig(orient="bottom", columns=2, title=None, symbolType="square", symbolSize=140,
                                symbolStrokeWidth=0.6, labelFontSize=11.5, labelColor=_INK, labelLimit=150,
                                columnPadding=18 if units < _MANY else 34, rowPadding=3, offset=4),
    )  # fmt: skip
    spec: dict[str, Any] = chart.to_dict()
    # altair numbers the names of charts; the brush names them as they are in the end.
    names = [layer.get("name", "") for part in spec["concat"] for layer in part["layer"]]
    spec["params"][0]["views"] = [name for name in names if name.startswith(_BRUSHED)]
    spec["usermeta"] = _looks(units, alone)
    return spec


def _looks(units: int, alone: int) -> dict[str, Any]:
    """How the page paints: borders, if any, hatching and lines on maps, dots, and how pale the others get."""
    # Borders of thousands of units are thinner than a pixel and hide what they surround.
    border = {"colour": "#4a525c", "width": 0.7 if units < 100 else 0.35} if units < _MANY else None
    return {
        "pale": 0.2,
        "border": border,
        "hatch": {"colour": "#a8a8a8", "width": 0.7},
        "rim": {"colour": "#6b7480", "width": 0.7, "dash": [2, 2], "cluster": alone},
        "line": {"colour": "#8d949d", "width": 0.9},
        "dot": {"size": _dot(units), "opacity": 0.95, "rim": {"colour": "#3a424c", "width": 0.7}},
        "ground": {"colour": _INK, "opacity": 0.13},
    }


def _dot(units: int) -> int:
    """Square pixels of a dot in the scatter plot."""
    return 55 if units < 100 else 26 if units < 1000 else 10


def _parameters(alt: Any) -> list[Any]:
    """One brush over three charts, the unit pointed at, and what the page says above and below them."""
    brush = alt.TopLevelSelectionParameter(
        name="brush",
        select=alt.IntervalSelectionConfig(
            type="interval", encodings=["x", "y"], resolve="global", clear=f"dblclick, window:{_CLEAR}",
            mark=alt.BrushConfig(fill=_INK, fillOpacity=0.06, stroke=_INK, strokeOpacity=0.7),
        ),
        views=[],
    )  # fmt: skip
    texts = ("mapTitle", "lisaTitle", "scatterTitle", "trendTitle")
    ends = {
        f"{name}{end}": number for name in ("z", "lag", "I") for end, number in (("Low", -1), ("High", 1))
    }
    lists = ("mapLabels", "mapShown", "mapColours", "lisaLabels")
    starts = {"pointed": -1, "now": 0, **{name: [] for name in lists}, **ends, **dict.fromkeys(texts, "")}
    return [brush, *(alt.VariableParameter(name=name, value=value) for name, value in starts.items())]


class _Parts:
    """The charts, which share their selection and their looks."""

    def __init__(self, alt: Any, width: int, height: int, units: int, words: Mapping[str, str]) -> None:
        self.alt, self.words = alt, words
        self.size = {"width": width, "height": height}
        self.dot = _dot(units)

    def map(self, name: str, field: str, colours: list[Any], *, shown: str = "") -> Any:
        """Units by colour, the unit pointed at, and a point that gives the brush its scales."""
        alt = self.alt
        legend = alt.Legend(
            values=alt.ExprRef(shown) if shown else alt.Undefined, labelExpr=f"{name}Labels[datum.value]",
            symbolStrokeColor="#8a929c", symbolOpacity=1,
        )  # fmt: skip
        scale = alt.Scale(domain=list(range(len(colours))), range=colours)
        base = alt.Chart()
        outline = alt.Shape(field="geo", type="geojson")
        points = base.mark_point(opacity=0, size=1).encode(
            x=self._pixels("cx", self.size["width"]), y=self._pixels("cy", self.size["height"], reverse=True)
        )
        colour = alt.Color(field=field, type="ordinal", scale=scale, legend=legend)
        layers = [
            points.transform_filter("datum.i === 0").properties(name=f"{_BRUSHED}{name}"),
            self._picture(name),
            base.mark_geoshape(opacity=0).encode(shape=outline, color=colour),
            base.mark_geoshape(fill="transparent", stroke="#000000", strokeWidth=2.2, strokeJoin="round")
            .encode(shape=outline, tooltip=self._tooltip()).transform_filter("datum.i === pointed"),
        ]  # fmt: skip
        return (
            alt.layer(*layers)
            .properties(**self.size, title=alt.TitleParams(text=alt.ExprRef(f"{name}Title")))
            .project(type="identity", scale=1, translate=[0, 0])
        )

    def _picture(self, chart: str) -> Any:
        """What the page painted, over the whole of a chart; Vega-Lite has no name for the field it is in."""
        alt = self.alt
        return (
            alt.Chart(alt.NamedData("pictures"))
            .mark_image(aspect=False)
            .encode(x=alt.value(0), x2=alt.value("width"), y=alt.value(0), y2=alt.value("height"))
            .transform_filter(f"datum.chart === '{chart}'")
        )

    def scatter(self) -> Any:
        """Moran's scatter plot: z and its lag, the lines of the selected and of all, the unit pointed at."""
        alt = self.alt
        x = alt.X("z:Q", title=self.words["linked_z"], axis=alt.Axis(tickCount=6), scale=self._open("z"))
        y = alt.Y(
            "lag:Q", title=self.words["linked_lag"], axis=alt.Axis(tickCount=6), scale=self._open("lag")
        )
        base = alt.Chart()
        nought, once = {"color": "#9aa3ad", "strokeDash": [4, 3]}, alt.Chart(alt.NamedData("once"))
        layers = [
            once.mark_rule(**nought).encode(x=alt.datum(0)),
            once.mark_rule(**nought).encode(y=alt.datum(0)),
            self._picture("scatter"),
            base.mark_point(filled=True, size=self.dot, opacity=0).encode(x=x, y=y)
            .properties(name=f"{_BRUSHED}scatter"),
            alt.Chart(alt.NamedData("chosen")).mark_line(color=_CHOSEN, strokeWidth=2.4).encode(x=x, y=y),
            alt.Chart(alt.NamedData("line")).mark_line(color=_INK, strokeWidth=1.4).encode(x=x, y=y),
            base.mark_point(fill="transparent", size=130, stroke="#000000", strokeWidth=2.2)
            .encode(x=x, y=y, tooltip=self._tooltip()).transform_filter("datum.i === pointed"),
        ]  # fmt: skip
        size = {"width": self.size["width"], "height": _SCATTER_HEIGHT}
        return alt.layer(*layers).properties(**size, title=alt.TitleParams(text=alt.ExprRef("scatterTitle")))

    def trend(self) -> Any:
        """Moran's I by period; filled where it is significant."""
        alt = self.alt
        base = alt.Chart(alt.NamedData("trend"))
        axis = alt.Axis(labelAngle=0, labelOverlap="greedy", title=None)
        x = alt.X("period:O", sort=None, axis=axis, scale=alt.Scale(padding=0.5))
        y = alt.Y("I:Q", title=self.words["linked_moran"], axis=alt.Axis(tickCount=6), scale=self._open("I"))
        tips = [
            alt.Tooltip("period:N", title=self.words["year"]),
            alt.Tooltip("I:Q", title=self.words["linked_moran"], format=".3f"),
            alt.Tooltip("p:N", title="p"),
        ]
        layers = [
            base.mark_line(color="#0072b2", strokeWidth=1.6).encode(x=x, y=y),
            alt.Chart(alt.NamedData("once")).mark_rule(color="#9aa3ad", strokeDash=[4, 3])
            .encode(y=alt.datum(0)),
            base.mark_rule(color="#d9a441", strokeWidth=3, opacity=0.55).encode(x=x)
            .transform_filter("datum.t === now"),
            base.mark_point(size=48, filled=True, stroke="#0072b2", strokeWidth=1.4).encode(
                x=x, y=y, tooltip=tips,
                fill=alt.condition("datum.significant", alt.value("#0072b2"), alt.value("#ffffff")),
            ),
        ]  # fmt: skip
        size = {"width": self.size["width"], "height": _SCATTER_HEIGHT}
        return alt.layer(*layers).properties(**size, title=alt.TitleParams(text=alt.ExprRef("trendTitle")))

    def _open(self, name: str) -> Any:
        """A scale whose ends the page sets."""
        ends = [self.alt.ExprRef(f"{name}Low"), self.alt.ExprRef(f"{name}High")]
        return self.alt.Scale(domain=ends, nice=False, zero=False)

    def _pixels(self, field: str, length: int, *, reverse: bool = False) -> Any:
        alt = self.alt
        domain = [length, 0] if reverse else [0, length]
        channel = alt.Y if reverse else alt.X
        return channel(
            field, type="quantitative", axis=None, scale=alt.Scale(domain=domain, nice=False, zero=False)
        )

    def _tooltip(self) -> list[Any]:
        fields = {"name": "unit", "value": "linked_value", "kind": "cluster", "p": "p_permutation"}
        return [
            self.alt.Tooltip(field, type="nominal", title=self.words[word]) for field, word in fields.items()
        ]
