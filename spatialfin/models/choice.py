"""Which model and effects a set of specification tests implies, and why, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from .._phrases import p_words

_EFFECTS = {
    "": "",
    "pooled": "no fixed effects",
    "unit": "unit effects",
    "time": "period effects",
    "twoway": "unit and period effects",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """The model and effects that the tests imply, with one reason per step."""

    model: str
    effects: str
    reasons: tuple[str, ...]


def choose(frame: pd.DataFrame, alpha: float) -> Choice:
    """Elhorst's path: effects by likelihood ratio, then LM, then the SDM against its special cases."""
    reader = _Reader(frame, alpha)
    effects, reasons = "", []
    if frame["effects"].ne("").any():
        effects, why = _choose_effects(reader)
        reasons.append(why)
    pointed, why = _pointed(reader, effects)
    reasons.append(why)
    model, why = _choose_model(reader, effects, pointed)
    reasons.append(why)
    reasons += _fixed_or_random(reader, model, effects)
    return Choice(model, effects, tuple(reasons))


@dataclass(frozen=True, slots=True)
class _Reader:
    frame: pd.DataFrame
    alpha: float

    def rows(self, tests: str | Sequence[str], effects: str) -> pd.DataFrame:
        names = [tests] if isinstance(tests, str) else list(tests)
        chosen = self.frame["test"].isin(names) & (self.frame["effects"] == effects)
        return self.frame[chosen]

    def rejects(self, tests: str | Sequence[str], effects: str) -> bool:
        """Whether one of the tests rejects its null."""
        return bool((self.rows(tests, effects)["p_value"] < self.alpha).any())

    def said(self, tests: str | Sequence[str], effects: str) -> str:
        """The statistics in words."""
        rows = self.rows(tests, effects)
        cells = zip(rows["test"], rows["statistic"], rows["p_value"], strict=True)
        return ", ".join(f"{test} {value:.2f} (p {p_words(p)})" for test, value, p in cells)


def _choose_effects(reader: _Reader) -> tuple[str, str]:
    unit = reader.rejects("LR unit effects", "twoway")
    time = reader.rejects("LR period effects", "twoway")
    effects = {(True, True): "twoway", (True, False): "unit", (False, True): "time"}.get(
        (unit, time), "pooled"
    )
    said = reader.said(["LR unit effects", "LR period effects"], "twoway")
    return effects, f"Effects: {said}, each given the other: {_EFFECTS[effects]}."


def _pointed(reader: _Reader, effects: str) -> tuple[list[str], str]:
    """Which kinds of dependence the LM tests point to, the stronger first."""
    plain = {"lag": "LM lag", "error": "LM error"}
    robust = {"lag": "Robust LM lag", "error": "Robust LM error"}
    found = [kind for kind, test in plain.items() if reader.rejects(test, effects)]
    said = reader.said(list(plain.values()), effects)
    if len(found) < 2:
        words = f"spatial {found[0]}" if found else "no spatial dependence"
        return found, f"Dependence: {said}: they point to {words}."
    sharper = [kind for kind, test in robust.items() if reader.rejects(test, effects)]
    tests = robust if sharper else plain
    strength = {kind: float(reader.rows(test, effects)["statistic"].iloc[0]) for kind, test in tests.items()}
    found = sorted(sharper or [max(strength, key=lambda kind: strength[kind])], key=lambda k: -strength[k])
    said += f"; {reader.said(list(robust.values()), effects)}"
    words = " and ".join(f"spatial {kind}" for kind in found)
    return found, f"Dependence: {said}: they point to {words}."


def _choose_model(reader: _Reader, effects: str, pointed: list[str]) -> tuple[str, str]:
    if not pointed:
        return _without_dependence(reader, effects)
    lag_tests = ["LR SAR against SDM", "Wald SAR against SDM"]
    error_tests = ["LR SEM against SDM", "Wald SEM against SDM"]
    if reader.rows(lag_tests, effects).empty:
        model = "sar" if pointed[0] == "lag" else "sem"
        return (
            model,
            f"Model: the SDM could not be tested (see the notes), so the LM tests decide: {model.upper()}.",
        )
    can_be_error = not reader.rows(error_tests, effects).empty
    allowed = {
        "lag": not reader.rejects(lag_tests, effects),
        "error": can_be_error and not reader.rejects(error_tests, effects),
    }
    said = reader.said([*lag_tests, *error_tests], effects)
    kept = [kind for kind in pointed if allowed[kind]]
    if kept:
        model = "sar" if kept[0] == "lag" else "sem"
        return model, f"Model: {said}: the SDM can be reduced to the {model.upper()}, as the LM tests say."
    if not any(allowed.values()):
        refused = "neither SAR nor SEM" if can_be_error else "no SAR (SEM is not nested)"
        return "sdm", f"Model: {said}: {refused} is accepted, so the SDM stays."
    other = "SAR" if allowed["lag"] else "SEM"
    return "sdm", f"Model: {said}: these allow the {other}, the LM tests point elsewhere, so the SDM stays."


def _without_dependence(reader: _Reader, effects: str) -> tuple[str, str]:
    """Least squares, unless lagged regressors matter (then SLX, or SDM where rho matters with them)."""
    said = reader.said("LR OLS against SLX", effects)
    if not reader.rejects("LR OLS against SLX", effects):
        return "ols", f"Model: {said}: no lagged regressors needed either, so least squares stays."
    said += f", {reader.said('LR SLX against SDM', effects)}"
    if reader.rejects("LR SLX against SDM", effects):
        return "sdm", f"Model: {said}: lagged regressors and a lagged outcome, so the SDM."
    return "slx", f"Model: {said}: lagged regressors without a lagged outcome, so the SLX."


def _fixed_or_random(reader: _Reader, model: str, effects: str) -> list[str]:
    """What the Hausman test of the chosen model says; the choice itself keeps fixed effects."""
    test = f"Hausman {model.upper()}"
    rows = reader.rows(test, "unit")
    if effects != "unit" or rows.empty:
        return []
    said = reader.said(test, "unit")
    if rows["p_value"].isna().any():
        return [f"Fixed or random: {test} {rows['statistic'].iloc[0]:.2f} decides nothing (see the notes)."]
    if reader.rejects(test, "unit"):
        return [f"Fixed or random: {said}: unit effects go with the regressors, so they stay fixed."]
    return [f"Fixed or random: {said}: effects='random' would be admissible and more precise."]
