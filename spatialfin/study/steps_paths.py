"""Parts of the step on space and time about the paths of units: beta convergence, clubs, directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .blocks import Block, FigureBlock, NoteBlock, TableBlock
from .panel_spec import p_text

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


def beta_models(
    rows: Any, column: str, weights: SpatialWeights, *, unit: str, time: str
) -> dict[str, ConvergenceResult]:
    """Growth on the initial level without space, with a spatial lag and with spatial errors."""
    from ..models import beta_convergence

    return {
        model: beta_convergence(rows, column, weights, unit=unit, time=time, model=model)
        for model in ("ols", "sar", "sem")
    }


def beta_blocks(result: dict[str, ConvergenceResult], column: str, context: Context) -> list[Block]:
    """One row for each model."""
    import pandas as pd

    from ..tables import frame_table

    shown = pd.DataFrame(
        {
            context.say("st_model"): [one.fit.label for one in result.values()],
            "β": [one.beta for one in result.values()],
            context.say("st_std_error"): [one.beta_std_error for one in result.values()],
            "p": [one.beta_p_value for one in result.values()],
            context.say("st_speed"): [100 * one.speed for one in result.values()],
            context.say("st_half_life"): [one.half_life for one in result.values()],
        }
    )
    title = context.say("st_beta_title", what=context.what(column))
    table = frame_table(shown, title=title, notes=context.say("st_beta_note"), digits=4)
    return [TableBlock("beta", table)]


def club_blocks(result: ConvergenceClubs, column: str, context: Context) -> list[Block]:
    """The test of all units, the clubs and their members."""
    import pandas as pd

    from ..tables import frame_table

    names = context.unit_names()
    divergent = context.say("st_divergent")
    words = {name: context.say(f"st_{name}") for name in ("std_error", "alpha")}
    tests = result.table.rename(index={"divergent": divergent}).rename(columns=words)
    tests = tests.rename_axis(context.say("st_club")).reset_index()
    clubs = result.members.astype(object).where(result.members.notna(), divergent)
    listed = {
        club: ", ".join(names.get(str(unit), str(unit)) for unit in units)
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
    return [
        NoteBlock(text),
        TableBlock("clubs", frame_table(tests, title=title, notes=context.say("st_clubs_note"))),
        TableBlock("club-members", frame_table(members, title=context.say("st_members"))),
    ]


def rose_blocks(result: DirectionalLisaResult, column: str, context: Context) -> list[Block]:
    """The rose, with the smallest p-value of its sectors."""
    from ..plot import rose

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
    return [FigureBlock("rose", axes, caption)]
