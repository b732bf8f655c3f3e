"""A formula as it is written: its outcome, its terms and their factors, each one checked.

formulaic reads the structure of a formula (terms, interactions); what a term means is decided by
`expressions`, so the text of a formula is never evaluated as code.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from .._errors import FormulaError, listed
from .expressions import Expression, parse_expression

_OPENING = re.compile(r"[^\W\d]\w*(?=\()|`|\{")
_POWER = re.compile(r"([^\W\d]\w*)\s*(?:\*\*|\^)\s*(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Terms:
    """A formula that has been read.

    Attributes
    ----------
    formula, outcome : str
    terms : list of lists of str
        The factors of every term of the right side.
    intercept : bool
    expressions : dict
        Label of a factor, the outcome among them -> its checked expression.
    """

    formula: str
    outcome: str
    terms: list[list[str]]
    intercept: bool
    expressions: dict[str, Expression]

    @property
    def factors(self) -> dict[str, Expression]:
        """The expressions of the right side."""
        return {factor: self.expressions[factor] for term in self.terms for factor in term}

    @property
    def periods_before(self) -> int:
        """How many earlier periods the terms read."""
        return max(
            (steps for each in self.expressions.values() for _, steps in each.past.values()), default=0
        )


def read_formula(formula: str) -> tuple[str, list[list[str]], bool]:
    """Left side, right-hand terms as lists of factors, and whether there is an intercept.

    Raises
    ------
    FormulaError
        When the formula cannot be read or is not of the form ``y ~ a + b``.
    """
    if not isinstance(formula, str):
        raise FormulaError(f"formula must be text such as 'y ~ lq + services', not {type(formula).__name__}.")
    if len(formula) > 10_000:
        raise FormulaError(f"The formula has {len(formula)} characters; at most 10,000 are read.")
    outcome, terms, intercept = _read(formula)
    return outcome, [list(term) for term in terms], intercept


@lru_cache(maxsize=64)
def _read(formula: str) -> tuple[str, tuple[tuple[str, ...], ...], bool]:
    """`read_formula`, remembered: tests and tables fit one formula many times."""
    masked, typed = _mask(formula)
    from formulaic import Formula
    from formulaic.errors import FormulaicError
    from formulaic.formula import SimpleFormula

    try:
        parsed = Formula(masked, _ordering="degree")
    except (FormulaicError, SyntaxError, AttributeError, TypeError, ValueError, RecursionError) as error:
        reason = f"{error} ".splitlines()[0].split(". ")[0].strip(" .")
        raise FormulaError(f"The formula {formula!r} cannot be read: {reason}.") from error
    left, right = getattr(parsed, "lhs", None), getattr(parsed, "rhs", None)
    if not isinstance(left, SimpleFormula) or not isinstance(right, SimpleFormula) or len(left) != 1:
        raise FormulaError(
            f"The formula {formula!r} must be 'outcome ~ terms' with one outcome; "
            "write I(a - b) for a difference."
        )

    def written(text: str) -> str:
        for name, original in reversed(typed.items()):
            text = text.replace(name, original)
        return text

    outcome = [written(factor.expr) for factor in next(iter(left)).factors]
    if len(outcome) != 1 or outcome == ["1"]:
        raise FormulaError(f"The formula {formula!r} must have one outcome on the left of '~'.")
    terms = [tuple(written(factor.expr) for factor in term.factors) for term in right]
    return outcome[0], tuple(term for term in terms if term != ("1",)), ("1",) in terms


def _mask(formula: str) -> tuple[str, dict[str, str]]:
    """Replace calls, quoted names and powers by plain names, and the texts they stand for.

    In formula arithmetic ``x**2`` is the interaction of x with itself, so just x; what people mean is
    the square, and that is what they get.
    """
    typed: dict[str, str] = {}

    def stand_in(text: str) -> str:
        name = f"term_{len(typed)}_"
        while name in formula:
            name += "_"
        typed[name] = text
        return name

    result, position = "", 0
    while match := _OPENING.search(formula, position):
        end = _closing(formula, match)
        text = formula[match.start() : end]
        result += formula[position : match.start()]
        result += stand_in(text[1:-1].strip() if text.startswith("{") else text)
        position = end
    result += formula[position:]
    result = _POWER.sub(
        lambda match: stand_in(f"{typed.get(match.group(1), match.group(1))}**{match.group(2)}"), result
    )
    return result, typed


def _closing(formula: str, match: re.Match[str]) -> int:
    """Where the call, the quoted name or the braces that begin at `match` end."""
    if match.group() == "`":
        end = formula.find("`", match.end())
        if end < 0:
            raise FormulaError(f"The formula {formula!r} has an opening ` without a closing one.")
        return end + 1
    opening, closing = ("{", "}") if match.group() == "{" else ("(", ")")
    start = match.start() if match.group() == "{" else match.end()
    depth = 0
    for position in range(start, len(formula)):
        depth += (formula[position] == opening) - (formula[position] == closing)
        if depth == 0:
            return position + 1
    raise FormulaError(f"The formula {formula!r} has an opening {opening!r} without a closing one.")


def read_terms(formula: str) -> Terms:
    """Read a formula and check every term.

    Raises
    ------
    FormulaError
        For what the formula language does not allow.
    """
    outcome, terms, intercept = read_formula(formula)
    if any(squeezed(factor) == squeezed(outcome) for term in terms for factor in term):
        raise FormulaError(f"The outcome {outcome!r} stands on both sides of {formula!r}.")
    if not terms and not intercept:
        raise FormulaError("The formula has no regressor: give it an intercept or a term.")
    texts = dict.fromkeys([outcome, *(factor for term in terms for factor in term)])
    read = [parse_expression(text) for text in texts]
    _check_names_of_past(read)
    expressions = {_label(expression.text): expression for expression in read}
    labels = [[_label(factor) for factor in term] for term in terms]
    return Terms(formula, _label(outcome), labels, intercept, expressions)


def _check_names_of_past(expressions: Iterable[Expression]) -> None:
    """Refuse a column that is called like an earlier period of another one."""
    past = {name for expression in expressions for name in expression.past}
    plain = {name for expression in expressions for name in expression.columns if name not in expression.past}
    if past & plain:
        raise FormulaError(
            f"{listed(past & plain)} is a column of the data and a column of an earlier period in one "
            "formula: rename the column."
        )


def written(outcome: str, terms: Iterable[Iterable[str]], *, intercept: bool) -> str:
    """The formula that `read_formula` takes apart into these parts."""
    right = [":".join(map(_braced, term)) for term in terms]
    if not intercept or not right:
        right = ["1" if intercept else "0", *right]
    return f"{_braced(outcome)} ~ {' + '.join(right)}"


def without(formula: str, names: Container[str]) -> str:
    """A formula less some of its terms."""
    outcome, terms, intercept = read_formula(formula)
    kept = [term for term in terms if ":".join(map(_label, term)) not in names]
    return written(outcome, kept, intercept=intercept)


def _braced(factor: str) -> str:
    """A factor in braces where formula arithmetic would take it apart."""
    match = _OPENING.match(factor)
    whole = factor.isidentifier() or (match and _closing(factor, match) == len(factor))
    return factor if whole or _POWER.fullmatch(factor) else f"{{{factor}}}"


def only_of(factors: Iterable[str], expressions: Mapping[str, Expression], column: str | None) -> bool:
    """Whether a term is made of this column alone, such as dummies of the periods."""
    return {name for factor in factors for name in expressions[factor].sources} == {column}


def squeezed(text: str) -> str:
    """A term without its white space, to compare terms."""
    return "".join(text.split())


def _label(text: str) -> str:
    return text[1:-1] if text.startswith("`") and text.endswith("`") else text
