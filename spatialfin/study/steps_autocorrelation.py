"""The step on global statistics of spatial autocorrelation, judged together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .. import _typing
from .blocks import Block, TableBlock
from .schema import Column, Period
from .specs import RandomStep, SpatialStep

if TYPE_CHECKING:
    import pandas as pd

    from .context import Context

Statistic = Literal["moran", "geary", "getis_ord", "join_counts"]
_STATISTICS = ("moran", "geary", "getis_ord", "join_bb", "join_bw", "join_ww")


@dataclass(frozen=True, kw_only=True)
class Autocorrelation(RandomStep, SpatialStep):
    """``autocorrelation``: global statistics of several columns by period, with one adjustment for all."""

    variables: list[Column]
    statistics: list[Statistic] = field(default_factory=lambda: ["moran", "geary"])
    times: list[Period] = field(default_factory=list)
    permutations: int = 999
    adjust: _typing.Adjust = "fdr"


def run_autocorrelation(options: Autocorrelation, context: Context) -> pd.DataFrame:
    """One row for each column, statistic and period."""
    from ..explore import global_table

    table = context.table(options.data)
    rows = context.panel(options.data, options.variables, options.times)
    units = rows.drop_duplicates(table.unit).set_index(table.unit).index
    return global_table(
        rows,
        options.variables,
        context.weights_for(options.weights, units),
        unit=table.unit,
        time=table.time or None,
        statistics=options.statistics,
        permutations=options.permutations,
        seed=context.head.seed,
        adjust=options.adjust,
    )


def render_autocorrelation(result: pd.DataFrame, options: Autocorrelation, context: Context) -> list[Block]:
    """The table."""
    from ..tables import frame_table

    shown = result.drop(columns=["weights", "n"])
    shown["statistic"] = shown["statistic"].map({name: context.say(f"ac_{name}") for name in _STATISTICS})
    names = {"time": "year", "value": "ac_value", "p_norm": "p_normal", "p_sim": "p_permutation"}
    own = {"statistic": "ac_statistic", "p_adjusted": "ac_p_adjusted"}
    keys = {**names, **own, **{name: name for name in ("variable", "expected", "sd")}}
    labels = {**context.labels, **{name: context.say(key) for name, key in keys.items()}}
    note = context.say(
        "ac_note",
        weights=result["weights"].iloc[0],
        permutations=options.permutations,
        seed=context.head.seed,
        adjust=context.say(f"adjust_{options.adjust}"),
    )
    title = context.say("ac_title")
    return [TableBlock("", frame_table(shown, title=title, notes=note, labels=labels))]
