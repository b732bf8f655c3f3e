"""The small language of formula terms: read with ``ast``, evaluated here, never by Python.

Allowed are column names, numbers, ``+ - * / **`` and the calls in `FUNCTIONS`. Nothing else has a
meaning, so nothing else can run.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._errors import DataError, FormulaError, listed, nearest

Numbers = NDArray[Any]

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_ELEMENTWISE: dict[str, Callable[[Numbers], Numbers]] = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt}
FUNCTIONS = ("log", "exp", "sqrt", "C", "lag", "diff", "center", "standardize", "I")
_IN_TIME = ("lag", "diff")
_QUOTED = re.compile(r"`([^`]*)`")


@dataclass(frozen=True, slots=True)
class Expression:
    """One term of a formula, such as ``log(gdp / population)``.

    Attributes
    ----------
    text : str
        As written.
    node : ast.expr
        Checked syntax tree.
    columns : tuple of str
        Columns it reads, in order of appearance; a column of an earlier period is one of its own,
        ``lag(x)`` or ``lag(x, 2)``.
    categorical : bool
        Whether it is ``C(column)``.
    past : dict
        Those of `columns` that are of earlier periods -> the column of the data, and how many periods before.
    """

    text: str
    node: ast.expr
    columns: tuple[str, ...]
    categorical: bool
    past: dict[str, tuple[str, int]] = field(default_factory=dict)

    @property
    def sources(self) -> list[str]:
        """Columns of the data that it reads, now or in earlier periods."""
        return list(dict.fromkeys(self.past.get(name, (name, 0))[0] for name in self.columns))


@dataclass(slots=True)
class Memory:
    """What an expression needs besides its columns.

    Attributes
    ----------
    moments : dict
        Means and standard deviations learned from the estimation sample, by text.
    moved : str
        The part that a complex step moves, for derivatives.
    """

    moments: dict[str, tuple[float, float]] = field(default_factory=dict)
    moved: str = ""


def parse_expression(text: str) -> Expression:
    """Read and check one term.

    Raises
    ------
    FormulaError
        When the text holds anything but the allowed names, operators and calls; nothing is run.
    """
    quoted: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        placeholder = f"_quoted_{len(quoted)}_"
        quoted[placeholder] = match.group(1)
        return placeholder

    try:
        node = ast.parse(_QUOTED.sub(replace, text.strip()), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormulaError(f"The term {text!r} cannot be read: {error.args[0]}.") from error
    columns: dict[str, None] = {}
    past: dict[str, tuple[str, int]] = {}
    node = _Reader(text, quoted, columns, past).checked(node)
    categorical = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "C"
    if categorical and len(columns) != 1:
        raise FormulaError(f"{text!r}: C() takes one column.")
    return Expression(text.strip(), node, tuple(columns), categorical, past)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Checks one term and notes the columns it reads."""

    text: str
    quoted: Mapping[str, str]
    columns: dict[str, None]
    past: dict[str, tuple[str, int]]

    def checked(self, node: ast.AST, depth: int = 0, before: int = 0) -> ast.expr:
        """The node with quoted names put back and its columns `before` periods earlier, or an error."""
        if depth > 50:
            raise FormulaError(f"The term {self.text[:60]!r}... is nested too deeply.")

        def inner(part: ast.AST) -> ast.expr:
            return self.checked(part, depth + 1, before)

        if isinstance(node, ast.Name):
            return self._column(self.quoted.get(node.id, node.id), before)
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            if isinstance(node.value, bool):
                raise _not_allowed(node, self.text)
            return ast.Constant(value=float(node.value))
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            return ast.BinOp(left=inner(node.left), op=node.op, right=inner(node.right))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            return ast.UnaryOp(op=node.op, operand=inner(node.operand))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node, node.func.id, depth, before)
        raise _not_allowed(node, self.text)

    def _column(self, name: str, before: int) -> ast.Name:
        if before:
            source, name = name, lagged_name(name, before)
            self.past[name] = (source, before)
        self.columns[name] = None
        return ast.Name(id=name, ctx=ast.Load())

    def _call(self, node: ast.Call, name: str, depth: int, before: int) -> ast.expr:
        text = self.text
        if name not in FUNCTIONS:
            raise FormulaError(
                f"The term {text!r} calls {name!r}, which is not allowed.{nearest(name, FUNCTIONS)} "
                f"Allowed: {', '.join(FUNCTIONS)}. Nothing was run."
            )
        limit = 2 if name in _IN_TIME else 1
        if node.keywords or not 1 <= len(node.args) <= limit:
            raise FormulaError(
                f"The term {text!r}: {name}() takes {limit} plain argument{'s' * (limit > 1)}."
            )
        if name == "C" and not isinstance(node.args[0], ast.Name):
            raise FormulaError(f"{text!r}: C() takes one column.")
        if depth > 0 and name == "C":
            raise FormulaError(f"{text!r}: C() stands alone, not inside another call.")
        if before and name in {*_IN_TIME, "center", "standardize"}:
            raise FormulaError(
                f"{text!r}: {name}() stands outside lag() and diff(), not inside; write lag(x, 2) for two "
                "periods before, center(lag(x)) for a centred lag."
            )
        if name in _IN_TIME:
            return self._in_time(node, name, depth)
        argument = self.checked(node.args[0], depth + 1, before)
        return ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=[argument], keywords=[])

    def _in_time(self, node: ast.Call, name: str, depth: int) -> ast.expr:
        """``lag(f(x), s)`` is f of the columns s periods before; ``diff(f(x), s)`` is f(x) less that."""
        steps = _steps(node, name, self.text)
        now = self.checked(node.args[0], depth + 1) if name == "diff" else None
        then = self.checked(node.args[0], depth + 1, steps)
        if not any(isinstance(part, ast.Name) for part in ast.walk(then)):
            raise FormulaError(f"{self.text!r}: {name}() needs a column.")
        return then if now is None else ast.BinOp(left=now, op=ast.Sub(), right=then)


def lagged_name(column: str, periods: int) -> str:
    """What a column of an earlier period is called."""
    return f"lag({column})" if periods == 1 else f"lag({column}, {periods})"


def _steps(node: ast.Call, name: str, text: str) -> int:
    """The periods that ``lag`` and ``diff`` go back."""
    if len(node.args) == 1:
        return 1
    steps = node.args[1]
    if isinstance(steps, ast.Constant) and type(steps.value) is int and steps.value >= 1:
        return steps.value
    raise FormulaError(
        f"{text!r}: the second argument of {name}() is a whole number of periods before, 1 or more."
    )


def _not_allowed(node: ast.AST, text: str) -> FormulaError:
    return FormulaError(
        f"The term {text!r} holds {_what(node)}, which is not allowed. Allowed: column names, numbers, "
        f"+ - * / **, and calls of {', '.join(FUNCTIONS)}. Nothing was run."
    )


def _what(node: ast.AST) -> str:
    names = {
        ast.Attribute: "an attribute (a dot)",
        ast.Subscript: "an index",
        ast.Constant: "a text or a constant that is no number",
        ast.Lambda: "a function",
        ast.Compare: "a comparison",
        ast.Call: "a call of something that is not a plain name",
        ast.Tuple: "a list",
        ast.List: "a list",
    }
    return names.get(type(node), f"a {type(node).__name__}")


def evaluate(expression: Expression, columns: Mapping[str, Numbers], memory: Memory) -> Numbers:
    """Values of an expression, shape of its columns (or scalars); real or complex.

    ``center`` and ``standardize`` use the moments in `memory` where they are known and store them
    otherwise, so the same memory applies the sample's moments to new data.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.asarray(_value(expression.node, columns, memory))


def _value(node: ast.expr, columns: Mapping[str, Numbers], memory: Memory) -> Any:
    value = _plain_value(node, columns, memory)
    return value + 1e-30j if memory.moved and ast.dump(node) == memory.moved else value


def _plain_value(node: ast.expr, columns: Mapping[str, Numbers], memory: Memory) -> Any:
    if isinstance(node, ast.Name):
        return columns[node.id]
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp):
        value = _value(node.operand, columns, memory)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp):
        return _BINARY[type(node.op)](_value(node.left, columns, memory), _value(node.right, columns, memory))
    assert isinstance(node, ast.Call)  # noqa: S101 - parse_expression lets nothing else pass
    name = node.func.id  # type: ignore[attr-defined]
    value = _value(node.args[0], columns, memory)
    if name in _ELEMENTWISE:
        return _ELEMENTWISE[name](value)
    if name in {"center", "standardize"}:
        mean, deviation = _moments(ast.unparse(node), value, memory)
        return (value - mean) / (deviation if name == "standardize" else 1.0)
    return value


def _moments(key: str, value: Numbers, memory: Memory) -> tuple[float, float]:
    if key not in memory.moments:
        deviation = float(np.std(value, ddof=1)) if np.size(value) > 1 else 0.0
        memory.moments[key] = (float(np.mean(value)), deviation)
        if deviation == 0 and key.startswith("standardize"):
            raise DataError(f"{key}: the variable is constant and cannot be standardised.")
    return memory.moments[key]


def slope(expression: Expression, target: Expression, at: Mapping[str, float], memory: Memory) -> float:
    """Derivative of an expression with respect to a column, or a part of it such as ``log(x)``, at a point.

    A complex step of 1e-30: exact to rounding, and the same code as the value.
    """
    point: dict[str, Numbers] = {name: np.asarray(value, dtype=complex) for name, value in at.items()}
    step = Memory(memory.moments, moved=ast.dump(target.node))
    return float(evaluate(expression, point, step).imag / 1e-30)


def column_expression(name: str) -> Expression:
    """A column on its own."""
    return Expression(name, ast.Name(id=name, ctx=ast.Load()), (name,), categorical=False)


def contains(expression: Expression, part: Expression) -> bool:
    """Whether `part` stands somewhere inside the expression."""
    wanted = ast.dump(part.node)
    return any(ast.dump(node) == wanted for node in ast.walk(expression.node))


def check_no_past(expressions: Iterable[Expression]) -> None:
    """Refuse terms of earlier periods where there is no time."""
    terms = [expression.text for expression in expressions if expression.past]
    if terms:
        raise FormulaError(
            f"lag() needs panel data, and so does diff(): there is no period before for {listed(terms)}. Use "
            "fit_panel with unit= and time=, or a column of the earlier values in the data."
        )


def check_columns(names: Mapping[str, Any] | list[str], wanted: list[str], what: str) -> None:
    """Refuse names that the data do not hold, suggesting the nearest."""
    missing = [name for name in wanted if name not in names]
    if missing:
        hints = "".join(nearest(name, names) for name in missing[:1])
        raise FormulaError(f"{what}: no column {listed(missing)} in the data.{hints}")
