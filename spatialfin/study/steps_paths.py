"""Parts of the step on space and time about the paths of units: beta convergence, clubs, directions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .. import _typing
from .blocks import Block, FigureBlock, NoteBlock, TableBlock
from .panel_spec import p_text
from .schema import Expression

if TYPE_CHECKING:
    from .._spatial_weights import SpatialWeights
    from ..explore import ConvergenceClubs, DirectionalLisaResult
    from ..models import ConvergenceResult
    from .context import Context

_ROSE_WORDS = {
    "Unit gains": "st_gains",
    "Neighbours gain": "st_neighbours_gain",
    "Unit loses": "st_loses",
    "Neighbours lose": "st_neighbours_lose",
    "Expected": "st_expected",
    "Significant": "st_significant",
    "Not significant": "Not significant",
}

_BETA_WORDS = {
    "other terms fixed": "st_other_terms",
    "speed": "st_speed_short",
    "half-life": "st_half_life_short",
}

_CLUB_WORDS = {
    "Relative transition path": "st_club_path",
    "Club": "st_club",
    "Divergent": "st_divergent",
}
_MOST_CLUBS = 8  # colours that a figure can tell apart


@dataclass(frozen=True, kw_only=True)
class Beta:
    """Growth regressions on the initial level: which models, with which controls and, of a panel, effects."""

    models: list[_typing.Model] = field(default_factory=lambda: ["ols", "sar", "sem"])
    controls: list[Expression] = field(default_factory=list)
    form: Literal["cross-section", "panel"] = "cross-section"
    effects: _typing.PanelEffects | None = None
    vcov: Literal["expected", "robust"] = "expected"

    def faults(self) -> Iterator[tuple[str, str]]:
        """Models, each once; effects of a panel alone."""
        if not self.models:
            yield "beta.models", "the list is empty; name at least one."
        if len(set(self.models)) < len(self.models):
            yield "beta.models", "the same model twice."
        if self.effects is not None and self.form != "panel":
            yield "beta.effects", "goes with form = 'panel'."


def beta_models(
    rows: Any, column: str, weights: SpatialWeights | None, asked: Beta, *, unit: str, time: str
) -> dict[str, ConvergenceResult]:
    """Growth on the initial level by each model."""
    from ..models import beta_convergence

    given: dict[str, Any] = {"form": asked.form, "controls": asked.controls, "vcov": asked.vcov}
    if asked.effects is not None:
        given["effects"] = asked.effects
    return {
        model: beta_convergence(rows, column, weights, unit=unit, time=time, model=model, **given)
        for model in asked.models
    }


def beta_blocks(
    result: dict[str, ConvergenceResult], column: str, asked: Beta, context: Context
) -> list[Block]:
    """The first model as a scatter; speed and half-life of all, their regressions and spatial tests."""
    import pandas as pd

    from ..plot import beta_convergence
    from ..tables import diagnostics_table, frame_table, regression_table

    shown = pd.DataFrame(
        {
            context.say("st_model"): [one.fit.label for one in result.values()],
            "β": [one.beta for one in result.values()],
            context.say("st_std_error"): [one.beta_std_error for one in result.values()],
            "p_value": [one.beta_p_value for one in result.values()],
            context.say("st_speed"): [100 * one.speed for one in result.values()],
            context.say("st_half_life"): [one.half_life for one in result.values()],
        }
    )
    what = context.what(column)
    notes = [context.say(f"st_beta_{asked.form}"), context.say("st_beta_note")]
    title = context.say("st_beta_title", what=what)
    table = frame_table(shown, title=title, notes=notes, labels={"p_value": "p"}, digits=4)
    fits = [one.fit for one in result.values()]
    words = {"growth": context.say("st_growth", what=what), "initial": context.say("st_initial", what=what)}
    labels = {**context.labels, **words}
    title = context.say("st_beta_models", what=what)
    models = regression_table(fits, labels=labels, title=title, lang=context.head.lang)
    drawn = {word: context.say(key) for word, key in _BETA_WORDS.items()}
    axes = beta_convergence(
        next(iter(result.values())), names=context.unit_names(), labels={**labels, **drawn}
    )
    caption = context.say("st_beta_caption", what=what, model=fits[0].label)
    blocks: list[Block] = [
        FigureBlock("beta", axes, caption),
        TableBlock("beta", table),
        TableBlock("beta-models", models),
    ]
    tested = [fit for fit in fits if fit.model == "ols" and getattr(fit, "diagnostics", None) is not None]
    if tested:
        title, lang = context.say("diagnostics"), context.head.lang
        tests = diagnostics_table(tested, labels=labels, title=title, lang=lang)
        blocks.append(TableBlock("beta-tests", tests))
    return blocks


def club_blocks(result: ConvergenceClubs, column: str, context: Context) -> list[Block]:
    """The test of all units, the clubs, their paths and their members."""
    import pandas as pd

    from ..plot import club_paths
    from ..tables import frame_table

    names = context.unit_names()
    divergent = context.say("st_divergent")
    words = {name: context.say(f"st_{name}") for name in ("std_error", "alpha")}
    words["n"] = context.say("st_units")
    tests = result.table.rename(index={"divergent": divergent}).rename(columns=words)
    tests = tests.rename_axis(context.say("st_club")).reset_index()
    clubs = result.members.astype(object).where(result.members.notna(), divergent)
    listed = {
        club: context.say("list_mark").join(names.get(str(unit), str(unit)) for unit in units)
        for club, units in clubs.groupby(clubs, sort=False).groups.items()
    }
    members = pd.DataFrame(
        {
            context.say("st_club"): [club for club in tests.iloc[:, 0] if club in listed],
            context.say("st_members"): [listed[club] for club in tests.iloc[:, 0] if club in listed],
        }
    )
    text = context.say("st_logt", t=float(result.overall["t"]), b=float(result.overall["b"]))
    title = context.say("st_clubs_title", what=context.what(column))
    figure: list[Block] = []
    if result.members.nunique() <= _MOST_CLUBS:
        drawn = {word: context.say(key) for word, key in _CLUB_WORDS.items()}
        drawn[str(result.paths.columns[1])] = context.say("year")
        axes = club_paths(result, names=names, labels={**context.labels, **drawn})
        caption = context.say("st_clubs_caption", what=context.what(column))
        figure.append(FigureBlock("clubs", axes, caption))
    return [
        NoteBlock(text),
        TableBlock("clubs", frame_table(tests, title=title, notes=context.say("st_clubs_note"))),
        *figure,
        TableBlock("club-members", frame_table(members, title=context.say("st_members"))),
    ]


def rose_blocks(result: DirectionalLisaResult, column: str, context: Context) -> list[Block]:
    """The rose, with the smallest p-value of its sectors, and the sectors as a table."""
    import numpy as np
    import pandas as pd

    from ..plot import rose
    from ..tables import frame_table

    first, last = result.periods
    caption = context.say(
        "st_rose_caption",
        what=context.what(column),
        start=first,
        end=last,
        p=p_text(float(result.rose["p_sim"].min())),
        permutations=result.permutations,
        seed=result.seed,
    )
    axes = rose(result, labels={word: context.say(key) for word, key in _ROSE_WORDS.items()})
    edges = np.rad2deg(result.rose[["start", "end"]].to_numpy())
    sectors = pd.DataFrame(
        {
            context.say("st_sector"): [f"{start:g}–{end:g}" for start, end in edges.round(1)],
            context.say("st_units"): result.rose["count"].to_numpy(),
            context.say("st_expected"): result.rose["expected"].to_numpy(),
            context.say("p_permutation"): result.rose["p_sim"].to_numpy(),
        }
    )
    table = frame_table(sectors, title=context.say("st_sectors"), notes=context.say("st_sector_note"))
    return [FigureBlock("rose", axes, caption), TableBlock("rose", table)]
