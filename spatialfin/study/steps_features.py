"""The step that groups regions into types by their features: map, profiles, moves over the years."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .._errors import DataError
from .blocks import Block, FigureBlock, FileBlock, NoteBlock, TableBlock
from .schema import Column, Period
from .specs import RandomStep, SpatialStep, StepOptions
from .steps_explore import map_inset, map_labels

if TYPE_CHECKING:
    import pandas as pd

    from .context import Context

_MOST = 8  # colours that a map can tell apart


@dataclass(frozen=True, kw_only=True)
class Features(RandomStep, SpatialStep):
    """``features``: types of regions by kernel k-means of their standardised indicators.

    Over all periods together, with the moves between types, or with `time` in one. `window` periods side by
    side make one row. `subspaces` learns that many features from the rows first. ``connected`` types and a
    ``graph_share`` of the contiguity graph need `weights` and one period. `size` is a column that weighs the
    units; `names` are the names of the types, the largest first.
    """

    columns: list[Column]
    window: int = 1
    time: Period | None = None
    n_clusters: int = 4
    kernel: Literal["linear", "rbf"] = "linear"
    connected: bool = False
    graph_share: float = 0.0
    size: Column = ""
    subspaces: int = 0
    subspace_size: int = 2
    maps: list[Period] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    @property
    def needs_weights(self) -> bool:
        """Whether the graph takes part."""
        return self.connected or self.graph_share > 0

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Numbers out of range, and keys that exclude each other."""
        del earlier, weights
        if not 2 <= self.n_clusters <= _MOST:
            yield "n_clusters", f"from 2 to {_MOST} types can be drawn."
        if not 0 <= self.graph_share < 1:
            yield "graph_share", "a share from 0 to below 1 is needed."
        for key, least in (("window", 1), ("subspaces", 0), ("subspace_size", 1)):
            if getattr(self, key) < least:
                yield key, f"a whole number from {least} on is needed."
        if self.needs_weights and self.time is None:
            yield "time", "missing; the graph links units of one period."
        if self.maps and self.time is not None:
            yield "maps", "with time = ... there is one map; leave it out."
        if self.names and len(self.names) != self.n_clusters:
            yield "names", f"{len(self.names)} given for {self.n_clusters} types."


@dataclass(frozen=True, slots=True)
class Types:
    """What the step found.

    Attributes
    ----------
    clusters : Series
        Type (1, 2, ...) by unit, or by unit and period.
    profiles : DataFrame
        Of the types, on the indicators of the end of the window.
    transitions : DataFrame or None
        Moves between types, where there are several periods.
    share : float
        Of the scatter of the features that lies between types.
    network : SubspaceNetwork or None
    """

    clusters: pd.Series
    profiles: pd.DataFrame
    transitions: pd.DataFrame | None
    share: float
    network: Any


def run_features(options: Features, context: Context) -> Types:
    """Rows of indicators, features where asked for, types."""
    from .. import features

    rows, sizes = _rows(options, context)
    network = None
    learned = _standardized(rows)
    if options.subspaces:
        network = features.SubspaceNetwork(
            options.subspaces, options.subspace_size, random_state=context.head.seed
        ).fit(learned)
        learned = _standardized(network.set_output(transform="pandas").transform(learned))
    weights = context.weights_for(options.weights, rows.index) if options.needs_weights else None
    model = features.SpatialKernelKMeans(
        options.n_clusters,
        options.kernel,
        weights=weights,
        connected=options.connected,
        graph_share=options.graph_share,
        random_state=context.head.seed,
    ).fit(learned, sample_weight=sizes)
    clusters = (model.clusters_ + 1).rename("cluster")
    now = rows.loc[:, rows.columns.get_level_values("lag") == 0].droplevel("lag", axis=1)
    transitions = features.cluster_transitions(clusters) if clusters.index.nlevels == 2 else None
    share = 1 - model.objective_ / model.scatter_
    return Types(clusters, features.cluster_profiles(now, clusters), transitions, share, network)


def _rows(options: Features, context: Context) -> tuple[pd.DataFrame, pd.Series | None]:
    """Windows of the indicators, and the size of the unit of each row."""
    from ..features import panel_windows

    table = context.table(options.data)
    columns = [*options.columns, *([options.size] if options.size else [])]
    if not table.time:
        if options.time is not None or options.window > 1:
            raise DataError("The table has no periods: leave time and window out, or set time in [data].")
        found = context.cross_section(options.data, columns).assign(_period=0)
        rows = found.rename_axis(table.unit).reset_index()
        time = "_period"
    else:
        rows, time = context.panel(options.data, columns, _periods(options, table.periods())), table.time
    keys = {"unit": table.unit, "time": time}
    windows = panel_windows(rows, columns=options.columns, window=options.window, **keys)
    sizes = None
    if options.size:
        sizes = rows.set_index([table.unit, time])[options.size].reindex(windows.index)
    if options.time is not None or not table.time:
        windows = windows.droplevel(1)
        sizes = None if sizes is None else sizes.droplevel(1)
    return windows, sizes


def _periods(options: Features, have: list[Any]) -> list[Any]:
    """The periods of the window that ends at `time`; all without it."""
    if options.time is None:
        return []
    if options.time not in have:
        return [options.time]  # the table says which it has
    end = have.index(options.time) + 1
    if end < options.window:
        raise DataError(f"window = {options.window}: there are only {end} periods up to {options.time}.")
    return have[end - options.window : end]


def _standardized(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean 0 and standard deviation 1; a constant column stays, for the estimator names it."""
    spread = rows.std(ddof=0)
    return (rows - rows.mean()) / spread.where(spread > 0, 1.0)


def render_features(result: Types, options: Features, context: Context) -> list[Block]:
    """Maps, profiles, moves, and the type of every unit in a file."""
    from ..plot import cluster_profiles, subspace_network

    names = _names(options, context)
    labels = {**map_labels(context), **{str(kind): name for kind, name in names.items()}}
    labels |= {
        "cluster": context.say("features_heading"),
        "Standard deviations from the mean": context.say("features_spread"),
    }
    blocks: list[Block] = [
        NoteBlock(context.say("features_note", rows=len(result.clusters), share=result.share))
    ]
    if options.connected:
        blocks.append(NoteBlock(context.say("features_connected")))
    blocks += _maps(result.clusters, options, context, labels)
    axes = cluster_profiles(result.profiles, labels=labels)
    blocks.append(FigureBlock("profiles", axes, context.say("features_profile")))
    if result.network is not None:
        axes = subspace_network(result.network, labels=labels)
        blocks.append(FigureBlock("network", axes, context.say("features_network")))
    return blocks + _tables(result, names, context)


def _names(options: Features, context: Context) -> dict[int, str]:
    given = options.names or [
        context.say("features_type", number=number) for number in range(1, options.n_clusters + 1)
    ]
    return dict(enumerate(given, 1))


def _maps(clusters: pd.Series, options: Features, context: Context, labels: Mapping[str, str]) -> list[Block]:
    """One map for each period in `maps`, or for the last one."""
    from ..plot import cluster_map

    found: dict[str, pd.Series] = {"": clusters}
    if clusters.index.nlevels == 2:
        have = sorted(clusters.index.get_level_values(1).unique())
        missing = [period for period in options.maps if period not in have]
        if missing:
            raise DataError(f"maps: no types for {missing}; there are some for {have[0]} to {have[-1]}.")
        found = {str(period): clusters.xs(period, level=1) for period in options.maps or have[-1:]}
    blocks: list[Block] = []
    for period, values in found.items():
        axes = cluster_map(
            context.background,
            values,
            labels=labels,
            kinds=range(1, options.n_clusters + 1),
            missing_label=context.say("no_data"),
            inset=map_inset(context),
        )
        shown = period or ("" if options.time is None else str(options.time))
        caption = context.say("features_map", period=shown) if shown else context.say("features_map_one")
        blocks.append(FigureBlock(f"map-{period}" if period else "map", axes, caption))
    return blocks


def _tables(result: Types, names: Mapping[int, str], context: Context) -> list[Block]:
    from ..tables import frame_table

    heading = context.say("features_heading")
    profile = result.profiles.rename(index=names, columns={"units": context.say("features_units")})
    profile = profile.rename_axis(index=heading).reset_index()
    title = context.say("features_profile_title")
    blocks: list[Block] = [
        TableBlock("profiles", frame_table(profile, title=title, notes=context.say("features_spread"),
                                           labels=context.labels))
    ]  # fmt: skip
    if result.transitions is not None:
        moves = result.transitions.rename(index=names, columns=names)
        moves = moves.rename_axis(index=context.say("features_before"), columns=None).reset_index()
        table = frame_table(moves, title=context.say("features_transitions"))
        blocks.append(TableBlock("transitions", table))
    members = result.clusters.map(names).rename(heading).to_frame()
    units = context.unit_names()
    codes = members.index.get_level_values(0)
    members.insert(0, context.say("unit"), [units.get(str(code), str(code)) for code in codes])
    blocks.append(FileBlock("types", members.reset_index(), context.say("features_file")))
    return blocks
