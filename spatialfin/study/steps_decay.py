"""The step on how a column falls, or rises, with the distance from a centre."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .blocks import Block, FigureBlock, FileBlock, TableBlock
from .schema import Column, Period, UnitCode
from .specs import DataStep, RandomStep, StepOptions

if TYPE_CHECKING:
    from ..explore import DecayFit, DistanceDecay
    from .context import Context

_ROWS = 11  # of a smooth profile in the table of the page
_FIGURE_WORDS = {
    "Distance from the centre, km": "decay_distance",
    "Profile": "decay_profile",
    "Band": "decay_band",
    "Units": "decay_units",
}


@dataclass(frozen=True, kw_only=True)
class Decay(RandomStep, DataStep):
    """``distance_decay``: a column in one period over the distance from a centre, with a bootstrap band.

    `centre` is the code of a unit, or longitude and latitude. The profile is a smooth line (`bandwidth` in
    km, cross-validated when left out) or means of `bins`, as many or with these edges in km; `curve` fits a
    curve with two parameters too.
    """

    column: Column
    centre: UnitCode | list[float]
    time: Period | None = None
    method: Literal["local-linear", "binned"] = "local-linear"
    bandwidth: float | None = None
    bins: int | list[float] | None = None
    curve: Literal["none", "exponential", "power"] = "none"
    level: float = 0.95
    draws: int = 999

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Two coordinates, and what goes with the method."""
        del earlier, weights
        if isinstance(self.centre, list) and len(self.centre) != 2:
            yield "centre", f"{len(self.centre)} numbers; longitude and latitude are needed."
        for key, method in (("bandwidth", "local-linear"), ("bins", "binned")):
            if getattr(self, key) is not None and self.method != method:
                yield key, f"goes with method = {method!r}."


@dataclass(frozen=True, slots=True)
class DecayFound:
    """The profile, and the curve where one was asked for."""

    decay: DistanceDecay
    curve: DecayFit | None


def run_decay(options: Decay, context: Context) -> DecayFound:
    """The profile over the units with a value."""
    from ..explore import distance_decay

    rows = context.cross_section(options.data, [options.column], options.time)
    bins = {} if options.bins is None else {"bins": options.bins}
    found = distance_decay(
        rows[options.column],
        context.layer,
        tuple(options.centre) if isinstance(options.centre, list) else options.centre,
        method=options.method,
        bandwidth=options.bandwidth,
        level=options.level,
        draws=options.draws,
        seed=context.head.seed,
        **bins,
    )
    curve = None if options.curve == "none" else found.fit(options.curve)
    return DecayFound(found, curve)


def render_decay(result: DecayFound, options: Decay, context: Context) -> list[Block]:
    """The figure, the profile as a table and as a file, the curve."""
    from ..plot import distance_profile
    from ..tables import frame_table

    found = result.decay
    words: dict[str, Any] = {
        "what": context.what(options.column, options.time),
        "centre": _centre(options, context),
        "level": f"{found.level:.0%}",
        "draws": found.draws,
        "seed": found.seed,
    }
    labels = {**context.labels, **{word: context.say(key) for word, key in _FIGURE_WORDS.items()}}
    axes = distance_profile(found, variable=options.column, labels=labels)
    smooth = found.method == "local-linear"
    caption = context.say("decay_caption", **words)
    if smooth:
        caption += " " + context.say("decay_bandwidth", width=f"{found.bandwidth:.0f}")
    names = {name: context.say(f"decay_{name}") for name in ("distance", "estimate", "units")}
    names |= {name: context.say(f"decay_{name}", level=words["level"]) for name in ("conf_low", "conf_high")}
    profile = found.profile.rename(columns=names)
    shown = profile.iloc[_spread(len(profile))].reset_index(drop=True) if smooth else profile
    shown = shown.assign(**{names["distance"]: shown[names["distance"]].round().astype(int)})
    title = context.say("decay_title", **words)
    note = context.say("decay_note", **words)
    table = frame_table(shown, title=title, notes=note, digits=2)
    blocks: list[Block] = [FigureBlock("profile", axes, caption), TableBlock("profile", table)]
    if smooth:
        blocks.append(FileBlock("profile-all", profile, context.say("decay_file")))
    if result.curve is not None:
        blocks.append(_curve_table(result.curve, context))
    return blocks


def _centre(options: Decay, context: Context) -> str:
    if isinstance(options.centre, str):
        return context.unit_names().get(options.centre, options.centre)
    return context.say("decay_place", longitude=options.centre[0], latitude=options.centre[1])


def _spread(count: int) -> list[int]:
    """Places of some rows, evenly from the first to the last."""
    return [round(number * (count - 1) / (_ROWS - 1)) for number in range(_ROWS)]


def _curve_table(curve: DecayFit, context: Context) -> TableBlock:
    """Parameters, and the distance in which the column halves where it does."""
    from ..tables import frame_table

    labels = {
        "estimate": context.say("estimate"),
        "std_error": context.say("st_std_error"),
        "p_value": context.say("st_p"),
    }
    notes = [context.say(f"decay_{curve.form}", r2=f"{curve.r2:.3f}", n=curve.nobs)]
    if curve.half_distance == curve.half_distance:
        half = {"km": f"{curve.half_distance:.0f}", "error": f"{curve.half_distance_std_error:.0f}"}
        notes.append(context.say("decay_half", **half))
    if curve.dropped:
        notes.append(context.say("decay_dropped", n=len(curve.dropped)))
    shown = curve.params.rename_axis(context.say("decay_parameter")).reset_index()
    title = context.say("decay_curve")
    return TableBlock("curve", frame_table(shown, title=title, notes=notes, labels=labels, digits=5))
