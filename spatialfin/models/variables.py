"""The variables of a model, and how each moves the columns of its design at a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .._errors import DataError, FormulaError, listed, nearest, warn_caller
from .._validate import check_mapping, check_number, check_option
from .design import Design, Piece
from .expressions import Expression, column_expression, contains, evaluate, slope
from .results import ModelResult

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Variable:
    """What an impact is an impact of: a column of the data, a transformed term, or a level."""

    label: str
    slopes: Array  # effect of a unit change on every column of the design
    at: str


@dataclass(frozen=True, slots=True)
class VariableSlopes:
    """How the variables of a model move the columns of its design.

    Attributes
    ----------
    labels : Index
    at : Series
        Where a variable's effect depends on others: their values, in words.
    to_beta : array, shape (variables, k)
    to_theta : array, shape (variables, lagged columns)
    """

    labels: pd.Index
    at: pd.Series
    to_beta: Array
    to_theta: Array

    def split(self, coefficients: Array) -> tuple[Array, Array]:
        """Coefficients beta and theta of every variable, shape (..., variables)."""
        k, lagged = self.to_beta.shape[1], self.to_theta.shape[1]
        return coefficients[..., :k] @ self.to_beta.T, coefficients[..., k : k + lagged] @ self.to_theta.T


def variable_slopes(result: ModelResult, at: Mapping[str, float | str] | None) -> VariableSlopes:
    """The variables whose impacts a model has.

    Raises
    ------
    DataError
        For a model with regimes.
    FormulaError
        When `at` names something that is no regressor, or there is no regressor.
    """
    if result.regime_tests is not None:
        raise DataError(
            "A model with regimes has coefficients per regime, so impacts averaged over all units are not "
            "defined. Read the coefficients, or fit the regimes apart with weights.subset(ids)."
        )
    check_mapping("at", at)
    design = result.parts.design
    variables = _variables(design, _Point(design, at or {}))
    if not variables:
        raise FormulaError("The model has no regressor but the intercept, so it has no impacts.")
    labels = pd.Index([variable.label for variable in variables], name="variable")
    to_beta = np.array([variable.slopes for variable in variables])
    notes = pd.Series([variable.at for variable in variables], index=labels)
    return VariableSlopes(labels, notes, to_beta, to_beta[:, result.parts.lagged])


class _Point:
    """Where the effects are evaluated: the values given in `at`, sample means otherwise."""

    def __init__(self, design: Design, at: Mapping[str, float | str]) -> None:
        self.design = design
        pieces = {piece: None for parts in design.pieces for piece in parts}
        self.pieces = list(pieces)
        self.expressions = list(
            dict.fromkeys(piece.expression for piece in self.pieces if piece.level is None)
        )
        self.categorical = {piece.expression for piece in self.pieces if piece.level is not None}
        self.columns = list(
            dict.fromkeys(name for text in self.expressions for name in design.expressions[text].columns)
        )
        self.given = dict(at)
        self._check()
        self.means = {name: float(design.columns[name].mean()) for name in self.columns}
        self.values = {**self.means, **{n: float(v) for n, v in self.given.items() if n in self.columns}}

    def _check(self) -> None:
        known = [*self.columns, *self.expressions, *self.categorical]
        unknown = [name for name in self.given if name not in known]
        if unknown:
            raise FormulaError(
                f"at: {listed(unknown)} is no regressor.{nearest(unknown[0], known)} "
                f"Regressors: {listed(dict.fromkeys(known), 10)}."
            )
        for name, value in self.given.items():
            others = self.sharing(name) if name in self.expressions and name not in self.columns else set()
            if others:
                raise FormulaError(
                    f"at: {name!r} stands beside {listed(sorted(others))}, made of the same columns. Give "
                    f"{listed(self.design.expressions[name].columns)} instead."
                )
            if name in self.categorical:
                check_option(f"at[{name!r}]", value, self.design.levels[name])
                continue
            check_number(f"at[{name!r}]", value)
            number = float(value)
            sample = self.design.columns[name] if name in self.columns else self._sample(name)
            if not sample.min() <= number <= sample.max():
                warn_caller(
                    f"at: {name}={number:g} lies outside the data ({sample.min():g} to {sample.max():g}); "
                    "the effect there is extrapolated."
                )

    def _sample(self, text: str) -> Array:
        expression = self.design.expressions[text]
        values = evaluate(expression, self.design.columns, self.design.memory)
        return np.asarray(np.broadcast_to(values, self.design.y.shape), dtype=float)

    def value(self, piece: Piece) -> float:
        """Value of a factor at the point."""
        if piece.level is not None:
            if piece.expression in self.given:
                return float(self.given[piece.expression] == piece.level)
            return self.design.shares[piece]
        if piece.expression in self.given and piece.expression not in self.columns:
            return float(self.given[piece.expression])
        expression = self.design.expressions[piece.expression]
        if self._moved(piece.expression):
            return float(evaluate(expression, _scalars(self.values), self.design.memory))
        return float(self._sample(piece.expression).mean())

    def _moved(self, text: str) -> bool:
        """Whether a factor must be evaluated at column values: one is given, or it shares a column."""
        columns = self.design.expressions[text].columns
        return any(name in self.given for name in columns) or bool(self.sharing(text))

    def sharing(self, text: str) -> set[str]:
        """Other factors of the same variable: their columns are among its columns, or the reverse.

        ``x`` and ``x**2`` are; ``log(a / p)`` and ``log(b / p)`` are two variables with one deflator.
        """
        mine = set(self.design.expressions[text].columns)
        others = {
            other: set(self.design.expressions[other].columns) for other in self.expressions if other != text
        }
        return {other for other, theirs in others.items() if mine <= theirs or theirs <= mine}

    def variables_of(self, text: str) -> list[Expression]:
        """What the factors of one variable are differentiated by.

        The factor that all others are made of (``x`` for ``x**2``, ``log(x)`` for ``log(x)**2``) and the
        columns that it does not hold (``z`` for ``log(x / z)``), or the columns where there is none.
        """
        expressions = self.design.expressions
        group = [text, *self.sharing(text)]
        for candidate in group:
            if all(contains(expressions[other], expressions[candidate]) for other in group):
                mine = expressions[candidate].columns
                rest = (name for other in group for name in expressions[other].columns if name not in mine)
                return [expressions[candidate], *map(column_expression, dict.fromkeys(rest))]
        return [column_expression(name) for name in expressions[text].columns]

    def note(self, piece: Piece) -> str:
        """The value of a factor in words, for the table."""
        columns = self.design.expressions[piece.expression].columns
        value = self.value(piece)
        # The mean of a centred term is zero but for rounding.
        if piece.level is None and abs(value) < 1e-9 * float(np.ptp(self._sample(piece.expression))):
            value = 0.0
        given = piece.expression in self.given or any(name in self.given for name in columns)
        moved = piece.level is None and self._moved(piece.expression)
        mean = _mean_of(piece.label, columns) if moved else " (mean)"
        return f"{piece.label} = {value:.4g}" + ("" if given else mean)

    def slope(self, piece: Piece, variable: Expression | Piece) -> float:
        """Derivative of a factor with respect to a variable (an expression, or the factor itself)."""
        if isinstance(variable, Piece):
            return float(piece == variable)
        if piece.level is not None:
            return 0.0
        expression = self.design.expressions[piece.expression]
        return slope(expression, variable, self.values, self.design.memory)


def _scalars(values: Mapping[str, float]) -> dict[str, NDArray[np.float64]]:
    return {name: np.asarray(value) for name, value in values.items()}


def _mean_of(label: str, columns: Sequence[str]) -> str:
    """Say that a factor is at the mean of its columns: ``log(x)`` there is not the mean of ``log(x)``."""
    return " (mean)" if label in columns else f" (at the mean of {', '.join(columns)})"


def _variables(design: Design, point: _Point) -> list[_Variable]:
    """One variable per factor, one for all factors of the same variable.

    ``x`` and ``x**2`` have one effect together; ``log(x)`` alone keeps its own.
    """
    wanted: dict[str, Expression | Piece] = {}
    for piece in point.pieces:
        if piece.level is None and point.sharing(piece.expression):
            for expression in point.variables_of(piece.expression):
                wanted.setdefault(expression.text.strip("`"), expression)
        else:
            wanted.setdefault(piece.label, piece)
    return [_variable(design, point, label, key) for label, key in wanted.items()]


def _variable(design: Design, point: _Point, label: str, key: Expression | Piece) -> _Variable:
    slopes = np.zeros(len(design.pieces))
    notes: dict[str, None] = {}
    for column, parts in enumerate(design.pieces):
        for number, piece in enumerate(parts):
            rate = point.slope(piece, key)
            if rate == 0.0:
                continue
            others = parts[:number] + parts[number + 1 :]
            slopes[column] += rate * np.prod([point.value(other) for other in others])
            notes.update(dict.fromkeys(point.note(other) for other in others))
    if isinstance(key, Expression):
        value = float(evaluate(key, _scalars(point.values), design.memory))
        given = any(name in point.given for name in key.columns)
        notes[f"{label} = {value:.4g}" + ("" if given else _mean_of(label, key.columns))] = None
    return _Variable(label, slopes, ", ".join(notes))
