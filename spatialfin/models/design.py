"""From a formula and a keyed table to arrays, and back to labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .._core.least_squares import collinear_columns
from .._core.transformation import lag_periods
from .._errors import CollinearityError, DataError, FormulaError, SpatialfinError, listed, nearest, raise_all
from .._validate import check_names, numeric_values
from .expressions import Expression, Memory, check_columns, check_no_past, evaluate
from .formula import Terms, only_of, read_terms

Array = NDArray[np.float64]
Past = Callable[[int], pd.DataFrame]
Demean = Callable[[Array], Array]
INTERCEPT = "Intercept"


@dataclass(frozen=True, slots=True)
class Piece:
    """One factor of a column: an expression, or one level of a categorical one."""

    expression: str
    level: str | None = None

    @property
    def label(self) -> str:
        """How it is written in results."""
        return self.expression if self.level is None else f"{self.expression}[{self.level}]"


@dataclass(frozen=True, slots=True)
class Design:
    """Arrays of a formula, with what is needed to label them and to apply them to new data.

    Attributes
    ----------
    formula, depvar : str
    y : array, shape (n,)
    x : array, shape (n, k)
    labels : tuple of str, length k
    pieces : tuple of tuples of Piece, length k
        The factors whose product is the column; empty for the intercept.
    terms : tuple of tuples of str
        The factors of every term of the formula.
    expressions : dict
        Label of a factor -> its checked expression.
    columns : dict
        Column of the data, or of an earlier period -> its numeric values, shape (n,).
    shares : dict
        Level of a categorical factor -> the share of rows that have it.
    levels : dict
        Categorical factor -> its levels in order.
    """

    formula: str
    depvar: str
    y: Array
    x: Array
    labels: tuple[str, ...]
    pieces: tuple[tuple[Piece, ...], ...]
    terms: tuple[tuple[str, ...], ...]
    expressions: dict[str, Expression]
    columns: dict[str, Array]
    memory: Memory
    shares: dict[Piece, float]
    levels: dict[str, tuple[str, ...]]

    @property
    def has_intercept(self) -> bool:
        """Whether the first column is the constant."""
        return INTERCEPT in self.labels

    def apply(self, data: pd.DataFrame) -> Array:
        """The regressors of new data, shape (m, k), with the sample's means and levels."""
        expressions = {text: self.expressions[text] for text in _factors(self.pieces)}
        needed = [column for expression in expressions.values() for column in expression.columns]
        check_columns(data.columns.tolist(), needed, "New data")
        columns = _numeric_columns(data, expressions)
        values = _factor_values(expressions, data, columns, self.memory, self.levels)
        return _matrix(self.pieces, values, self.levels, len(data))

    def beside_effects(self, demean: Demean) -> Design:
        """The same terms without the columns whose part fixed effects take.

        These are the constant and, of an interaction such as ``C(year):C(region)``, the dummies that only
        complete its coding. Columns of a term that the formula names stay.
        """
        terms = {frozenset(term) for term in self.terms}
        named = np.array([frozenset(piece.expression for piece in parts) in terms for parts in self.pieces])
        kept = np.flatnonzero(named | ~absorbed(self.x, demean))
        if not len(kept):
            raise FormulaError("With fixed effects the formula needs a regressor besides the intercept.")
        return replace(
            self,
            x=self.x[:, kept],
            labels=tuple(self.labels[column] for column in kept),
            pieces=tuple(self.pieces[column] for column in kept),
        )

    def absorbed_terms(self, demean: Demean) -> list[tuple[str, ...]]:
        """The terms of which fixed effects leave no column."""
        gone = dict(zip(self.labels, absorbed(self.x, demean), strict=True))
        return [term for term in self.terms if all(gone[label] for label in self.columns_of(term))]

    def columns_of(self, term: tuple[str, ...]) -> list[str]:
        """The labels of the columns of a term."""
        factors = [tuple(piece.expression for piece in parts) for parts in self.pieces]
        return [label for label, own in zip(self.labels, factors, strict=True) if own == term]


def absorbed(values: Array, demean: Demean) -> NDArray[np.bool_]:
    """Which columns are zero, but for rounding, when means are removed."""
    scale = np.abs(values).max(axis=0)
    return np.asarray(np.abs(demean(values)).max(axis=0) <= 1e-10 * scale)


def build_design(formula: str | Terms, data: pd.DataFrame, *, past: Past | None = None) -> Design:
    """Arrays for `formula` from `data`, whose index names the units in messages.

    Parameters
    ----------
    formula : str or Terms
    data : DataFrame
    past : callable, optional
        The rows so many periods before those of `data`; there is no time when left out.

    Raises
    ------
    FormulaError
        For what the formula language does not allow, and for columns the data do not hold.
    DataError
        For missing values, text, and terms that are not finite; the units are named.
    """
    terms = formula if isinstance(formula, Terms) else read_terms(formula)
    expressions, depvar = terms.expressions, terms.outcome
    if past is None:
        check_no_past(expressions.values())
    needed = [column for expression in expressions.values() for column in expression.sources]
    check_columns(data.columns.tolist(), needed, f"Formula {terms.formula!r}")
    columns = _numeric_columns(data, expressions, past)
    if expressions[depvar].categorical or any(name not in columns for name in expressions[depvar].columns):
        raise DataError(f"The outcome {depvar!r} holds text; a numeric outcome is needed.")
    memory = Memory()
    levels: dict[str, tuple[str, ...]] = {}
    outcome = _factor_values({depvar: expressions[depvar]}, data, columns, memory, {})
    values = _factor_values(terms.factors, data, columns, memory, levels)
    pieces = _pieces(terms, levels)
    return Design(
        formula=terms.formula,
        depvar=depvar,
        y=outcome[depvar],
        x=_matrix(pieces, values, levels, len(data)),
        labels=tuple(":".join(piece.label for piece in parts) or INTERCEPT for parts in pieces),
        pieces=pieces,
        terms=tuple(map(tuple, terms.terms)),
        expressions=expressions,
        columns=columns,
        memory=memory,
        shares={
            Piece(factor, level): float((values[factor] == code).mean())
            for factor, known in levels.items()
            for code, level in enumerate(known)
        },
        levels=levels,
    )


def _factors(pieces: tuple[tuple[Piece, ...], ...]) -> list[str]:
    return list(dict.fromkeys(piece.expression for parts in pieces for piece in parts))


def _is_factor(column: pd.Series) -> bool:
    """Whether a column on its own means dummies: categories, and text that holds no number."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return False
    return bool(pd.to_numeric(column, errors="coerce").isna().all())


def _numeric_columns(
    data: pd.DataFrame, expressions: Mapping[str, Expression], past: Past | None = None
) -> dict[str, Array]:
    """Numeric values of the columns in use; text is let through only as a factor on its own."""
    alone = {
        expression.columns[0]
        for expression in expressions.values()
        if expression.categorical or expression.text.strip("`") == (*expression.columns, "")[0]
    }
    wanted = {
        name: expression.past.get(name, (name, 0))
        for expression in expressions.values()
        for name in expression.columns
    }
    columns, problems = {}, []
    names = data.columns.tolist()
    for name, (source, steps) in wanted.items():
        if names.count(source) > 1:
            problems.append(f"the data hold more than one column {source!r}")
            continue
        column = past(steps)[source] if past is not None and steps else data[source]
        if not steps and name in alone and _is_factor(column):
            if column.isna().any():
                problems.append(f"column {name!r}: missing at {listed(column.index[column.isna()])}")
        else:
            try:
                columns[name] = numeric_values(column, f"column {source!r}")
            except SpatialfinError as error:
                problems.append(str(error))
    raise_all(list(dict.fromkeys(problems)), DataError, "The data cannot be used")
    return columns


def _factor_values(
    expressions: Mapping[str, Expression],
    data: pd.DataFrame,
    columns: dict[str, Array],
    memory: Memory,
    levels: dict[str, tuple[str, ...]],
) -> dict[str, Array]:
    """The values of every factor; of a categorical one the positions of its levels."""
    values: dict[str, Array] = {}
    for factor, expression in expressions.items():
        if expression.categorical or (expression.columns and expression.columns[0] not in columns):
            values[factor] = _codes(data[expression.columns[0]], factor, levels)
            continue
        found = np.broadcast_to(evaluate(expression, columns, memory), (len(data),))
        bad = ~np.isfinite(found)
        if bad.any():
            raise DataError(
                f"The term {factor!r} is not a finite number at {listed(data.index[bad])}: the logarithm or "
                "root of a value that is not positive, or a division by zero."
            )
        values[factor] = np.asarray(found, dtype=float)
    return values


def _codes(column: pd.Series, factor: str, levels: dict[str, tuple[str, ...]]) -> Array:
    text = column.astype(str)
    by = column.cat.codes if isinstance(column.dtype, pd.CategoricalDtype) else text
    known = levels.setdefault(factor, tuple(dict.fromkeys(text.iloc[np.argsort(by.to_numpy())])))
    unknown = sorted(set(text) - set(known))
    if unknown:
        raise DataError(f"{factor!r}: levels {listed(unknown)} were not in the estimation sample.")
    return np.asarray(pd.Index(known).get_indexer(pd.Index(text)), dtype=float)


def _pieces(terms: Terms, levels: Mapping[str, tuple[str, ...]]) -> tuple[tuple[Piece, ...], ...]:
    """The factors of every column: terms of numbers are products, formulaic codes the categories."""
    if not levels:
        products = [tuple(Piece(factor) for factor in term) for term in terms.terms]
        return tuple([(), *products] if terms.intercept else products)
    from formulaic import Formula

    factors = list(terms.factors)
    names = {factor: f"f{number}" for number, factor in enumerate(factors)}
    right = ["1" if terms.intercept else "0", *(":".join(names[f] for f in term) for term in terms.terms)]
    # The coding depends on the levels alone, so one row will do.
    row = pd.DataFrame(
        {
            names[factor]: _level_names(len(levels[factor]))[:1] if factor in levels else [1.0]
            for factor in factors
        }
    )
    matrix = Formula(" + ".join(right), _ordering="none").get_model_matrix(row, na_action="raise")
    return tuple(_parts(str(column), factors, levels) for column in matrix.columns)


def _level_names(count: int) -> pd.Categorical[Any]:
    names = [f"L{position}" for position in range(count)]
    return pd.Categorical(names, categories=names)


def _parts(column: str, factors: list[str], levels: Mapping[str, tuple[str, ...]]) -> tuple[Piece, ...]:
    """The factors of a column that formulaic calls, for example, ``f0:f1[T.L2]``."""
    if column == INTERCEPT:
        return ()
    parts = []
    for part in column.split(":"):
        name, _, level = part.partition("[")
        factor = factors[int(name[1:])]
        code = re.search(r"L(\d+)", level)
        parts.append(Piece(factor, levels[factor][int(code.group(1))] if code else None))
    return tuple(parts)


def _matrix(
    pieces: tuple[tuple[Piece, ...], ...],
    values: Mapping[str, Array],
    levels: Mapping[str, tuple[str, ...]],
    rows: int,
) -> Array:
    """One column per product of factors, shape (rows, k)."""
    matrix = np.ones((rows, len(pieces)))
    for column, parts in enumerate(pieces):
        for piece in parts:
            found = values[piece.expression]
            if piece.level is not None:
                found = found == levels[piece.expression].index(piece.level)
            matrix[:, column] *= found
    return matrix


_NO_LAG = "A Durbin model needs at least one regressor with a spatial lag."


def durbin_columns(design: Design, durbin: Sequence[str] | None, time: str | None = None) -> list[int]:
    """Positions of the regressors that get a spatial lag.

    By default all but the intercept and what is made of the column `time` alone, such as period dummies and
    trends, which are their own neighbours' average.

    Raises
    ------
    FormulaError
        When a name in `durbin` is no term of the formula.
    """
    candidates = [position for position, parts in enumerate(design.pieces) if parts]
    if durbin is None:
        factors = [[piece.expression for piece in parts] for parts in design.pieces]
        varying = [place for place in candidates if not only_of(factors[place], design.expressions, time)]
        if candidates and not varying:
            raise FormulaError(_NO_LAG)
        return varying
    durbin = check_names("durbin", durbin)
    whole = [":".join(piece.expression for piece in parts) for parts in design.pieces]
    valid = {design.labels[position] for position in candidates} | {
        whole[position] for position in candidates
    }
    unknown = [name for name in durbin if name not in valid]
    if unknown:
        raise FormulaError(
            f"durbin={list(durbin)!r}: {listed(unknown)} is no term of the formula."
            f"{nearest(unknown[0], valid)} Terms: {listed(sorted(valid), 10)}."
        )
    chosen = [p for p in candidates if design.labels[p] in durbin or whole[p] in durbin]
    if not chosen:
        raise FormulaError(_NO_LAG)
    return chosen


def with_lags(
    design: Design, lagged: list[int], matrix: csr_array | None, periods: int = 1
) -> tuple[Array, list[str]]:
    """Design columns and their spatial lags, with labels."""
    labels = list(design.labels)
    if not lagged or matrix is None:
        return design.x, labels
    lags = lag_periods(matrix, design.x[:, lagged], periods)
    return np.column_stack([design.x, lags]), [*labels, *(f"W({labels[column]})" for column in lagged)]


def check_rank(x: Array, labels: Sequence[str]) -> None:
    """Refuse regressors that are linear combinations of each other, naming them.

    Raises
    ------
    CollinearityError, DataError
    """
    n, k = x.shape
    if n <= k:
        raise DataError(
            f"{n} observations cannot carry {k} coefficients; more units or fewer terms are needed."
        )
    groups = collinear_columns(x)
    if groups:
        named = "; ".join(" and ".join(repr(labels[column]) for column in group) for group in groups)
        raise CollinearityError(
            f"Perfectly collinear terms: {named}. Keep one of each group. (Within one year finance/GDP is "
            "the location quotient times a constant; a constant column repeats the intercept.)"
        )


def variance_inflation(x: Array, labels: Sequence[str]) -> pd.Series:
    """Variance inflation factors of the columns other than the intercept: ``1 / (1 - R2)``."""
    chosen = [position for position, label in enumerate(labels) if label != INTERCEPT]
    names = [labels[position] for position in chosen]
    if len(chosen) < 2:
        return pd.Series(1.0, index=names, name="vif")
    correlation = np.corrcoef(x[:, chosen], rowvar=False)
    return pd.Series(np.diag(np.linalg.inv(correlation)), index=names, name="vif")
