"""The terms of a formula that fixed effects absorb, so that a comparison of effects can do without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .._core.transformation import Transformation
from .._errors import DataError, listed, raise_all
from .._validate import check_names
from .design import absorbed, durbin_columns
from .formula import without
from .results import ModelResult

_WHY = {
    "unit": "constant over time",
    "time": "the same in all units",
    "twoway": "a unit part plus a period part",
}


@dataclass(frozen=True, slots=True)
class AbsorbedTerms:
    """Which terms of a formula which effects absorb.

    Attributes
    ----------
    terms : mapping
        Effects -> term -> the labels of its columns; effects that absorb nothing are left out.
    """

    terms: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)

    def of(self, effects: str) -> list[str]:
        """The terms that these effects absorb."""
        return list(self.terms.get(effects, ()))

    def formula(self, formula: str, effects: str) -> str:
        """The formula without them."""
        return without(formula, gone) if (gone := self.of(effects)) else formula

    def durbin(self, durbin: Sequence[str] | None, effects: str) -> list[str] | None:
        """The terms with a spatial lag without them."""
        if durbin is None:
            return None
        gone = {name for term, labels in self.terms.get(effects, {}).items() for name in (term, *labels)}
        return [name for name in check_names("durbin", durbin) if name not in gone]

    def said(self, effects: str) -> str:
        """What the effects absorb, to stand behind the name of a fit."""
        return f", {listed(gone)} absorbed" if (gone := self.of(effects)) else ""

    def notes(self) -> list[str]:
        """Which terms are left out with which effects, and why."""
        alone = {"unit": self.of("unit"), "time": self.of("time")}
        alone["twoway"] = [
            term for term in self.of("twoway") if not any(term in one for one in alone.values())
        ]
        return [
            f"{listed(terms)}: {_WHY[effects]}, so not in the tests with "
            f"{effects if effects == 'twoway' else f'{effects} and twoway'} effects."
            for effects, terms in alone.items()
            if terms
        ]


def absorbed_terms(pooled: ModelResult, durbin: Sequence[str] | None, time: str) -> AbsorbedTerms:
    """What unit, period and two-way effects absorb of the formula of a pooled fit.

    Raises
    ------
    DataError
        When some effects absorb all regressors that have a spatial lag.
    """
    design, given = pooled.parts.design, pooled.parts.transformation
    lagged = durbin_columns(design, durbin, time)
    found: dict[str, dict[str, list[str]]] = {}
    problems = []
    for effects in ("unit", "time", "twoway"):
        demean = Transformation(effects, given.n_units, given.n_periods).demean
        if absorbed(design.x[:, lagged], demean).all():
            named = listed(design.labels[column] for column in lagged)
            problems.append(f"{effects} effects absorb every regressor that has a spatial lag, {named}")
        gone = design.absorbed_terms(demean)
        if gone:
            found[effects] = {":".join(term): design.columns_of(term) for term in gone}
    raise_all(problems, DataError, "Nothing to test without a regressor that varies")
    return AbsorbedTerms(found)
