"""The step on global statistics of spatial autocorrelation, judged together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .. import _typing
from .._errors import listed
from .blocks import Block, TableBlock
from .schema import Column, Period
from .specs import RandomStep, SpatialStep, StepOptions
from .steps_explore import moran_trends

if TYPE_CHECKING:
    import pandas as pd

    from .context import Context

Statistic = Literal[
    "moran", "geary", "getis_ord", "join_counts", "moran_differential", "moran_bivariate", "moran_rate"
]  # fmt: skip
_TAKEN_OF = {"moran_bivariate": "pairs", "moran_rate": "rates"}
_SHOWN = (
    "moran", "geary", "getis_ord", "join_bb", "join_bw", "join_ww", "moran_differential", "moran_bivariate",
    "moran_rate",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Autocorrelation(RandomStep, SpatialStep):
    """``autocorrelation``: global statistics of several columns by period, with one adjustment for all.

    "moran_differential" is Moran's I of the change since the period before. "moran_bivariate" takes `pairs`
    of columns (that of the unit, that of its neighbours), "moran_rate" takes `rates` (events, population).
    """

    variables: list[Column] = field(default_factory=list)
    pairs: list[list[Column]] = field(default_factory=list)
    rates: list[list[Column]] = field(default_factory=list)
    statistics: list[Statistic] = field(default_factory=lambda: ["moran", "geary"])
    times: list[Period] = field(default_factory=list)
    permutations: int = 999
    adjust: _typing.Adjust = "fdr"

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Statistics and what they are taken of; pairs of two."""
        del earlier, weights
        if not self.statistics:
            yield "statistics", "the list is empty; name at least one."
        for key in ("pairs", "rates"):
            for number, two in enumerate(getattr(self, key), 1):
                if len(two) != 2:
                    yield f"{key}[{number}]", f"{len(two)} columns; two are needed."
        for key in ("variables", "pairs", "rates"):
            words = [word for word in self.statistics if _TAKEN_OF.get(word, "variables") == key]
            if words and not getattr(self, key):
                yield key, f"missing; statistics {listed(words)} need them."
            if getattr(self, key) and self.statistics and not words:
                yield key, f"none of the statistics is taken of {key}."


def run_autocorrelation(options: Autocorrelation, context: Context) -> pd.DataFrame:
    """One row for each column or pair, statistic and period."""
    from ..explore import global_table

    table = context.table(options.data)
    both = [*options.pairs, *options.rates]
    columns = dict.fromkeys([*options.variables, *(name for two in both for name in two)])
    rows = context.panel(options.data, list(columns), options.times)
    units = rows.drop_duplicates(table.unit).set_index(table.unit).index
    return global_table(
        rows,
        [*options.variables, *((one, two) for one, two in options.pairs)],
        context.weights_for(options.weights, units),
        unit=table.unit,
        time=table.time or None,
        statistics=options.statistics,
        rates=[(events, population) for events, population in options.rates],
        permutations=options.permutations,
        seed=context.head.seed,
        adjust=options.adjust,
    )


def render_autocorrelation(result: pd.DataFrame, options: Autocorrelation, context: Context) -> list[Block]:
    """The table, and Moran's I over time where there are several periods."""
    from ..tables import frame_table

    shown = result.drop(columns=["weights", "n"])
    shown["statistic"] = shown["statistic"].map({name: context.say(f"ac_{name}") for name in _SHOWN})
    names = {"time": "year", "value": "ac_value", "p_norm": "p_normal", "p_sim": "p_permutation"}
    own = {"statistic": "ac_statistic", "p_adjusted": "ac_p_adjusted"}
    keys = {**names, **own, **{name: name for name in ("variable", "expected", "sd")}}
    words = {name: context.say(key) for name, key in keys.items()}
    labels = {**_names_of_pairs(options, context), **context.labels, **words}
    note = context.say(
        "ac_note",
        weights=result["weights"].iloc[0],
        permutations=options.permutations,
        seed=context.head.seed,
        adjust=context.say(f"adjust_{options.adjust}"),
    )
    title = context.say("ac_title")
    blocks: list[Block] = [TableBlock("", frame_table(shown, title=title, notes=note, labels=labels))]
    moran = result[result["statistic"] == "moran"].rename(columns={"value": "I"})
    if "time" in moran and moran["time"].nunique() > 2:
        blocks += moran_trends(moran, context)
    return blocks


def _names_of_pairs(options: Autocorrelation, context: Context) -> dict[str, str]:
    """What the library calls a pair, to the words shown for it."""
    from ..explore._series import pair_label, rate_label

    label, names = context.label, {}
    for one, two in options.pairs:
        names[pair_label(one, two)] = context.say("lisa_pair", column=label(one), lagged=label(two))
    for one, two in options.rates:
        names[rate_label(one, two)] = context.say("ac_per", events=label(one), population=label(two))
    return names
