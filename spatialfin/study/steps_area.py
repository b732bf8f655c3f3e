"""The step that shows the study area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import DataError, nearest
from .blocks import Block, FigureBlock
from .specs import StepOptions
from .steps_explore import map_inset, map_labels

if TYPE_CHECKING:
    import pandas as pd

    from .context import Context


@dataclass(frozen=True, kw_only=True)
class Area(StepOptions):
    """``area``: the study area with a scale bar and a north arrow, its units by a column of the layer.

    `groups` is that column, such as ``"macro_region"``; `note` stands below the map, such as the approval
    number of your base map.
    """

    groups: str = ""
    names: bool = True
    note: str = ""


def run_area(options: Area, context: Context) -> pd.Series | None:
    """The group of each unit, in the words of the study."""
    if not options.groups:
        return None
    if options.groups not in context.layer.columns:
        hint = nearest(options.groups, context.layer.columns)
        raise DataError(f"groups = {options.groups!r} is no column of the layer.{hint}")
    found: pd.Series = context.layer[options.groups].dropna()
    return found.map({name: context.word("region", name) for name in found.unique()})


def render_area(result: pd.Series | None, options: Area, context: Context) -> list[Block]:
    """The map."""
    from ..plot import study_area

    words = {"km": context.say("area_km"), "N": context.say("st_wind_N")}
    axes = study_area(
        context.background,
        result,
        names=options.names,
        note=options.note or None,
        labels={options.groups: context.say("area_groups"), **map_labels(context), **words},
        missing_label=context.say("area_outside"),
        inset=map_inset(context),
    )
    return [FigureBlock("", axes, context.say("area_caption"))]
