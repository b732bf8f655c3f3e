"""Expressions of study files: the formula language of the models, and nothing beyond it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import FormulaError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def column_names(text: str) -> list[str]:
    """Columns that an expression or a model formula names, in order of first use.

    Parameters
    ----------
    text : str
        ``log(gdp / population)`` or ``growth ~ lq + lq:scale``.

    Raises
    ------
    FormulaError
        The text cannot be read, or holds anything but columns, numbers, arithmetic and known functions.

    Examples
    --------
    >>> column_names("growth ~ log(gdp) + lq:scale")
    ['growth', 'gdp', 'lq', 'scale']
    """
    from ..models.expressions import parse_expression
    from ..models.formula import read_formula

    parts = [text]
    if "~" in text:
        outcome, terms, _ = read_formula(text)
        parts = [outcome, *(factor for term in terms for factor in term)]
    return list(dict.fromkeys(name for part in parts for name in parse_expression(part).sources))


def evaluate(text: str, data: pd.DataFrame) -> pd.Series:
    """Compute an expression row by row.

    Parameters
    ----------
    text : str
        Columns, numbers, ``+ - * / **`` and log, exp, sqrt, center (minus the mean), standardize.
    data : DataFrame
        Holds the columns.

    Returns
    -------
    Series
        On the index of `data`. A value outside the domain of a function (log of zero) is missing.

    Raises
    ------
    FormulaError
        The expression is not in this language or names a missing column.

    Examples
    --------
    >>> import pandas as pd
    >>> evaluate("center(log(x))", pd.DataFrame({"x": [1.0, 1.0]})).tolist()
    [0.0, 0.0]
    """
    import numpy as np
    import pandas as pd

    from ..models.expressions import Memory, check_columns, check_no_past, evaluate, parse_expression

    expression = parse_expression(text)
    if expression.categorical:
        raise FormulaError(f"{text!r}: C() belongs in a model formula, not in a variable.")
    check_no_past([expression])
    check_columns(list(data.columns), list(expression.columns), text)
    arrays = {name: _numbers(data[name], text) for name in expression.columns}
    values = np.broadcast_to(evaluate(expression, arrays, Memory()), len(data)).astype(float)
    column = pd.Series(values, index=data.index)
    return column.where(np.isfinite(values))


def _numbers(column: pd.Series, text: str) -> np.ndarray:
    import numpy as np
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(column):
        raise FormulaError(f"{text!r}: the column {column.name!r} holds text, not numbers.")
    return column.to_numpy(dtype=float, na_value=np.nan)
