"""What a study file may say: the tables outside the steps, and the part all steps share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .schema import Column, InputFile, Period, Seed, TableName, WeightsName

Missing = Literal["error", "drop"]


@dataclass(frozen=True, kw_only=True)
class Head:
    """``[study]``: title, author, language of fixed headings, seed of everything random, opening text."""

    title: str
    author: str = ""
    lang: Literal["en", "zh"] = "en"
    seed: Seed = 0
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class DataSpec:
    """``[data]`` or ``[data.NAME]``: one table keyed by unit (and time).

    ``file`` is a csv, xlsx, dta or parquet file; ``dataset`` a shipped table. ``unit`` is the column of
    unit codes; ``name`` a column of unit names (English or Chinese) to match to codes instead.
    """

    file: InputFile = ""
    dataset: str = ""
    sheet: str = ""
    unit: str = ""
    name: str = ""
    time: str = ""
    missing: Missing = "error"
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class LayerSpec:
    """``[layer]``: a shipped layer or a file, its key column, and the units of the study."""

    source: str
    key: str = ""
    units: str | list[str] = ""


@dataclass(frozen=True, kw_only=True)
class StepOptions:
    """What every step has: an id, a kind, and words of the author above its tables and figures."""

    id: str
    kind: str
    title: str = ""
    text: str = ""

    @property
    def needs_data(self) -> bool:
        """Whether the step reads a table."""
        return False

    @property
    def needs_weights(self) -> bool:
        """Whether the step reads weights."""
        return False

    @property
    def made(self) -> list[str]:
        """Columns that the step makes beside those it names as new."""
        return []

    @property
    def fresh(self) -> bool:
        """Whether a new table of the step has none of the columns of the table it reads."""
        return False

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Key and fault of what single keys do not show: keys that exclude each other, earlier steps.

        Parameters
        ----------
        earlier : mapping
            The steps above this one, by id.
        weights : sequence of str
            Names of the weights of the study.
        """
        del earlier, weights
        yield from ()

    def table_of(self, _earlier: Mapping[str, StepOptions]) -> str:
        """The table whose columns the step names; empty for the first one."""
        return ""


@dataclass(frozen=True, kw_only=True)
class RandomStep(StepOptions):
    """A step that draws random numbers, by the seed of the study or one of its own."""

    seed: Seed | None = None


@dataclass(frozen=True, kw_only=True)
class DataStep(StepOptions):
    """A step on one of the tables; without ``data`` on the first one."""

    data: TableName = ""

    @property
    def needs_data(self) -> bool:
        """Always: it is what these steps share."""
        return True

    def table_of(self, _earlier: Mapping[str, StepOptions]) -> str:
        """The table it names."""
        return self.data


@dataclass(frozen=True, kw_only=True)
class SpatialStep(DataStep):
    """A step on a table with weights; without ``weights`` with the only ones there are."""

    weights: WeightsName = ""

    @property
    def needs_weights(self) -> bool:
        """Always, unless a kind says otherwise."""
        return True


Style = Literal["row", "spectral", "binary", "none"]
Islands = Literal["error", "keep", "nearest"]


@dataclass(frozen=True, kw_only=True)
class WeightsSpec:
    """``[weights.NAME]``: what all kinds of weights share."""

    kind: str
    style: Style = "row"


@dataclass(frozen=True, kw_only=True)
class ContiguitySpec(WeightsSpec):
    """Neighbours share a point (queen) or a line (rook), up to `order` steps away."""

    rule: Literal["queen", "rook"] = "queen"
    order: int = 1
    snap: float | None = None
    islands: Islands | dict[str, list[str]] = "error"


@dataclass(frozen=True, kw_only=True)
class NearestSpec(WeightsSpec):
    """The `k` nearest units."""

    k: int


@dataclass(frozen=True, kw_only=True)
class DistanceSpec(WeightsSpec):
    """Units within `band` km, weighing 1 or falling with distance to a power."""

    band: float | None = None
    power: float | None = None
    islands: Literal["error", "keep"] = "error"


@dataclass(frozen=True, kw_only=True)
class KernelSpec(WeightsSpec):
    """A kernel of the distance, with one bandwidth in km or reaching the `k`-th nearest unit."""

    kernel: Literal["triangular", "uniform", "epanechnikov", "bisquare", "gaussian"] = "triangular"
    bandwidth: float | None = None
    k: int | None = None
    islands: Literal["error", "keep"] = "error"


@dataclass(frozen=True, kw_only=True)
class FileSpec(WeightsSpec):
    """Weights from a gal, gwt, npz or square-matrix file."""

    file: InputFile


@dataclass(frozen=True, kw_only=True)
class MeasuredSpec(WeightsSpec):
    """Weights from a column: its mean over the periods in `times`.

    Name periods before the sample, for W must not move with the outcome.
    """

    column: Column
    data: TableName = ""
    times: list[Period] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class EconomicSpec(MeasuredSpec):
    """Economic distance: units count the more, the more alike they are in `column`.

    ``neighbours`` names weights defined above whose links alone remain; `floor` is the smallest difference.
    """

    floor: float | None = None
    neighbours: WeightsName = ""


@dataclass(frozen=True, kw_only=True)
class GravitySpec(MeasuredSpec):
    """Gravity: units count the more, the larger in `column` and the nearer they are."""

    power: float = 2.0


@dataclass(frozen=True, kw_only=True)
class NestedSpec(WeightsSpec):
    """A share of one matrix and the rest of another, both defined above and standardised by rows."""

    geographic: WeightsName
    economic: WeightsName
    share: float = 0.5
