"""The step on clustering and finance: counties and firms on proximity, in the tables of a paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .blocks import Block, NoteBlock, TableBlock
from .schema import FirmFile, InputFile
from .specs import RandomStep, StepOptions
from .steps_firms import firm_source, share_faults
from .steps_proximity import square_table

if TYPE_CHECKING:
    from ..clustering import ClusteringStudy
    from .context import Context


@dataclass(frozen=True, kw_only=True)
class Clustering(RandomStep):
    """``clustering``: regressions of counties and firms on proximity, in the tables of Long and Zhang (2011).

    ``file`` holds firms of two years in the columns of ``clustering.firm_panel``, or under other names given
    in ``columns``, and ``phi_file`` the square table of the proximity of industries; ``simulated`` instead
    draws that share of a census with planted effects, labelled as simulated. ``official`` is gross output by
    year, in trillion yuan, to compare the firms with.
    """

    file: FirmFile = ""
    phi_file: InputFile = ""
    simulated: float | None = None
    columns: dict[str, str] = field(default_factory=dict)
    official: dict[str, float] = field(default_factory=dict)
    vcov: Literal["robust", "cluster"] = "robust"
    county_effects: Literal["none", "province"] = "none"
    small_output: float = 5000.0
    codes: Literal["error", "drop"] = "error"

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """One source of firms, with the proximity that goes with it; years that are years."""
        del earlier, weights
        yield from share_faults(self.file, self.simulated)
        if self.file and not self.phi_file:
            yield "phi_file", f"missing; file = {self.file!r} needs it."
        if self.simulated is not None:
            for key in ("phi_file", "columns"):
                if getattr(self, key):
                    yield key, "the simulated census has its own; leave it out."
        for year in self.official:
            if not year.isdigit():
                yield "official", f"{year!r} is no year."


def run_clustering(options: Clustering, context: Context) -> ClusteringStudy:
    """All regressions of the study."""
    from ..clustering import clustering_study

    firms, phi = firm_source(options.file, options.simulated, context)
    return clustering_study(
        firms,
        square_table(options.phi_file, context) if phi is None else phi,
        official={int(year): total for year, total in options.official.items()} or None,
        vcov=options.vcov,
        county_effects=options.county_effects,
        small_output=options.small_output,
        missing=options.codes,
        columns=options.columns or None,
    )


def render_clustering(result: ClusteringStudy, options: Clustering, context: Context) -> list[Block]:
    """Every table of the study."""
    blocks: list[Block] = []
    if options.simulated is not None:
        words: dict[str, Any] = {"share": f"{options.simulated:g}", "seed": context.head.seed}
        blocks.append(NoteBlock(context.say("simulated_firms", **words), warning=True))
    tables = result.tables_in(context.head.lang)
    return [*blocks, *(TableBlock(name, table) for name, table in tables.items())]
