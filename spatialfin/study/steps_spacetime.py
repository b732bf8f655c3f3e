"""The step on space and time: how one column changes, in several parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

from .._errors import DataError
from .blocks import Block, FigureBlock, HeadingBlock, NoteBlock, TableBlock
from .panel_spec import p_text, periods_between
from .schema import Column, Period
from .specs import RandomStep, SpatialStep, StepOptions
from .steps_explore import map_inset
from .steps_paths import Beta, beta_blocks, beta_models, club_blocks, rose_blocks

if TYPE_CHECKING:
    import pandas as pd

    from ..explore import DensityEvolution, GravityPath, SigmaConvergence, SpatialMarkovResult
    from .context import Context

Part = Literal["markov", "convergence", "ellipse", "density", "beta", "clubs", "rose"]
_AXES = {"sqrt2": "√2", "yuill": "1"}
_PART_OF: dict[str, Part] = {
    "classes": "markov", "relative": "markov", "quantiles": "markov", "axes": "ellipse",
    "bandwidth": "density", "beta": "beta", "sectors": "rose", "permutations": "rose",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SpaceTime(RandomStep, SpatialStep):
    """``spacetime``: how one column changes over units and years, from ``start`` to ``end``.

    ``parts`` chooses among "markov" (chains of `classes` given the neighbours' class), "convergence" (sigma),
    "ellipse" (gravity centre and standard deviational ellipse, weighted by the column), "density"; and, only
    where they are named, "beta" (growth on the initial level), "clubs" (log-t test) and "rose" (directional
    LISA). ``relative = "mean"`` classifies values relative to the mean of their period; `classes` may be
    bounds; `beta` is a table with models, controls (``["log(invest)"]``), form, effects and vcov.
    """

    column: Column
    parts: list[Part] = field(default_factory=lambda: ["markov", "convergence", "ellipse", "density"])
    start: Period | None = None
    end: Period | None = None
    classes: int | list[float] = 4
    relative: Literal["none", "mean"] = "none"
    quantiles: Literal["pooled", "period"] = "pooled"
    axes: Literal["sqrt2", "yuill"] = "sqrt2"
    bandwidth: Literal["silverman", "scott"] | float = "silverman"
    beta: Beta | None = None
    sectors: int = 8
    permutations: int = 999

    @property
    def growth(self) -> Beta:
        """What the part "beta" fits."""
        return self.beta or Beta()

    @property
    def needs_weights(self) -> bool:
        """For the Markov chains, the rose and growth regressions with space."""
        spatial = any(model != "ols" for model in self.growth.models)
        return "markov" in self.parts or "rose" in self.parts or ("beta" in self.parts and spatial)

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """At least one part, each once, and no key of a part that is not there."""
        del earlier, weights
        if not self.parts:
            yield "parts", "empty; leave it out for all parts."
        if len(set(self.parts)) < len(self.parts):
            yield "parts", "the same part twice."
        plain = {item.name: item.default for item in fields(self)}
        for key, part in _PART_OF.items():
            if part not in self.parts and getattr(self, key) != plain[key]:
                yield key, f"goes with the part {part!r}, which is not in parts."
        if "beta" in self.parts:
            yield from self.growth.faults()


def run_spacetime(options: SpaceTime, context: Context) -> dict[str, Any]:
    """The result of each part."""
    from .. import explore

    table = context.table(options.data)
    if not table.time:
        raise DataError("the step spacetime needs a table with time = ....")
    rows = context.panel(options.data, [options.column], periods_between(table, options.start, options.end))
    keys: dict[str, Any] = {"unit": table.unit, "time": table.time}
    units = rows.drop_duplicates(table.unit).set_index(table.unit).index
    weights: Any = context.weights_for(options.weights, units) if options.needs_weights else None
    column = options.column
    classes: dict[str, Any] = {name: getattr(options, name) for name in ("classes", "relative", "quantiles")}
    drawn: dict[str, Any] = {
        "sectors": options.sectors, "permutations": options.permutations, "seed": context.head.seed,
    }  # fmt: skip
    compute: dict[Part, Callable[[], Any]] = {
        "markov": lambda: explore.spatial_markov(rows, column, weights, **keys, **classes),
        "convergence": lambda: explore.sigma_convergence(rows, column, **keys),
        "ellipse": lambda: explore.gravity_path(rows, column, context.layer, **keys, axes=options.axes),
        "density": lambda: explore.density_evolution(rows, column, **keys, bandwidth=options.bandwidth),
        "beta": lambda: beta_models(rows, column, weights, options.growth, **keys),
        "clubs": lambda: explore.convergence_clubs(rows, column, **keys),
        "rose": lambda: explore.directional_lisa(rows, column, weights, **keys, **drawn),
    }
    return {part: compute[part]() for part in options.parts}


def render_spacetime(result: dict[str, Any], options: SpaceTime, context: Context) -> list[Block]:
    """Figures and tables of each part, under a heading where there are several."""
    render: dict[str, Callable[..., list[Block]]] = {
        "markov": _markov_blocks,
        "convergence": _convergence_blocks,
        "ellipse": _ellipse_blocks,
        "density": _density_blocks,
        "beta": lambda found, options, context: beta_blocks(found, options.column, options.growth, context),
        "clubs": lambda found, options, context: club_blocks(found, options.column, context),
        "rose": lambda found, options, context: rose_blocks(found, options.column, context),
    }
    blocks: list[Block] = []
    for part, found in result.items():
        if len(result) > 1:
            blocks.append(HeadingBlock(context.say(f"st_{part}")))
        blocks += render[part](found, options, context)
    return blocks


def _markov_blocks(result: SpatialMarkovResult, options: SpaceTime, context: Context) -> list[Block]:
    from ..plot import transition_matrices
    from ..tables import frame_table

    names = {number: context.say("st_neighbours", number=number) for number in result.conditional}
    chains = {context.say("st_all"): result.pooled}
    chains |= {names[number]: chain for number, chain in result.conditional.items()}
    words = {"Class before": context.say("st_before"), "Class after": context.say("st_after")}
    axes = transition_matrices(chains, labels=words)
    caption = context.say(
        "st_markov_caption", what=context.what(options.column), weights=result.weights_name or options.weights
    )
    tests = result.tests[["statistic", "value", "df", "p_value"]].reset_index(drop=True)
    heads = {name: context.say(f"st_{name}") for name in ("statistic", "value", "df")}
    heads["p_value"] = context.say("st_p")
    steady = result.steady_states()
    steady = steady.set_axis([context.say("st_class", number=number) for number in steady.columns], axis=1)
    steady.insert(
        0, context.say("st_group"), [context.say("st_all") if key == "all" else key for key in steady.index]
    )
    return [
        FigureBlock("markov", axes[0], caption),
        TableBlock("markov-tests", frame_table(tests, title=context.say("st_tests"), labels=heads)),
        TableBlock(
            "markov-steady",
            frame_table(
                steady.reset_index(drop=True),
                title=context.say("st_steady"),
                notes=context.say("st_steady_note") if steady.isna().to_numpy().any() else (),
            ),
        ),
    ]


def _convergence_blocks(result: SigmaConvergence, options: SpaceTime, context: Context) -> list[Block]:
    from ..plot import trend
    from ..tables import frame_table

    time = context.table(options.data).time
    shown = result.by_time.reset_index()
    words = {name: context.say(f"st_{name}") for name in ("sd_log", "cv", "mean")} | {
        time: context.say("year")
    }
    axes = trend(shown, ["sd_log", "cv"], time=time, labels=words)
    change, trends = result.change, result.trend.to_dict("index")
    text = context.say(
        "st_sigma_change",
        first=float(change["sd_log_first"]),
        last=float(change["sd_log_last"]),
        start=shown[time].iloc[0],
        end=shown[time].iloc[-1],
        p=p_text(float(change["p_value"])),
        slope=float(trends["sd_log"]["slope"]),
        trend_p=p_text(float(trends["sd_log"]["p_value"])),
    )
    caption = context.say("st_sigma_caption", what=context.what(options.column))
    table = frame_table(shown.drop(columns="n"), title=context.say("st_convergence"), labels=words, digits=4)
    return [NoteBlock(text), FigureBlock("sigma", axes, caption), TableBlock("sigma", table)]


def _ellipse_blocks(result: GravityPath, options: SpaceTime, context: Context) -> list[Block]:
    from ..plot import ellipse_map
    from ..tables import frame_table

    what = context.what(options.column)
    labels = {**context.labels, "Path of the centre": context.say("st_path")}
    axes = ellipse_map(context.background, result, labels=labels, inset=map_inset(context))
    columns = ["longitude", "latitude", "major_km", "minor_km", "rotation"]
    shown: pd.DataFrame = result.table[columns].join(result.path[["km", "direction"]])
    shown["direction"] = [_direction(name, context) for name in shown["direction"]]
    shown = shown.rename_axis(context.say("year")).reset_index()
    words = {name: context.say(f"st_{name}") for name in (*columns, "km", "direction")}
    note = context.say("st_ellipse_note", what=what, axes=_AXES[result.axes])
    table = frame_table(shown, title=context.say("st_ellipse"), notes=note, labels=words)
    return [
        FigureBlock("ellipse", axes, context.say("st_ellipse_caption", what=what)),
        TableBlock("ellipse", table),
    ]


def _direction(name: Any, context: Context) -> str:
    """A direction of the wind rose in words; blank where the centre has not moved."""
    return context.say(f"st_wind_{name}") if isinstance(name, str) and name else ""


def _density_blocks(result: DensityEvolution, options: SpaceTime, context: Context) -> list[Block]:
    from ..plot import density_surface, ridge
    from ..tables import frame_table

    what = context.what(options.column)
    labels = {**context.labels, "time": context.say("year"), "Density": context.say("st_density_axis")}
    shown = result.summary.rename_axis(context.say("year")).reset_index()
    words = {name: context.say(f"st_{name}") for name in ("mean", "sd", "bandwidth", "modes")}
    table = frame_table(shown.drop(columns="n"), title=context.say("st_density"), labels=words)
    blocks: list[Block] = [
        FigureBlock("ridge", ridge(result, labels=labels), context.say("st_ridge_caption", what=what))
    ]
    if len(result.summary) > 1 and result.summary.index.dtype.kind in "iuf":
        surface = density_surface(result, labels=labels)
        blocks.append(FigureBlock("surface", surface, context.say("st_surface_caption")))
    return [*blocks, TableBlock("density", table)]
