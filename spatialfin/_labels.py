"""What a reader sees in place of a column's name: one rule for tables and figures."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ._validate import check_mapping

_CATEGORY = re.compile(r"^(?:C\()?(?P<variable>[^()\[\]]+?)\)?\[(?:T\.)?(?P<level>.+)\]$")
_CALL = re.compile(r"^(?P<function>\w+)\((?P<inner>.+)\)$")
_DEFAULTS = {"lam": "lambda", "sigma2": "sigma²", "Intercept": "Constant"}


def label_of(term: object, labels: Mapping[str, str] | None = None) -> str:
    """The label of a term, composed from the labels of its parts when it has none of its own.

    Parameters
    ----------
    term : object
        A variable or a model term: ``lq``, ``W(lq)``, ``log(gdp)``, ``lq:depth``, ``C(region)[T.East]``.
    labels : mapping of str to str, optional
        Term to label; a whole term wins over its parts.

    Returns
    -------
    str
        The label; the term itself where nothing is known about it.

    Examples
    --------
    >>> label_of("W(lq)", {"lq": "Location quotient"})
    'W(Location quotient)'
    >>> label_of("lq:depth", {"lq": "区位熵"})
    '区位熵 × depth'
    """
    check_mapping("labels", labels)
    known = {**_DEFAULTS, **(labels or {})}
    text = str(term)
    if text in known:
        return str(known[text])
    parts = _split_outside_brackets(text)
    if len(parts) > 1:
        return " × ".join(label_of(part, labels) for part in parts)
    call = _CALL.match(text)
    if call:
        return f"{call['function']}({label_of(call['inner'], labels)})"
    category = _CATEGORY.match(text)
    if category:
        return f"{label_of(category['variable'].strip(), labels)} = {category['level']}"
    return text


def _split_outside_brackets(text: str) -> list[str]:
    """Cut at ``:`` where no bracket is open."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if character == ":" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts if all(parts) else [text]


def has_cjk(text: str) -> bool:
    """Whether a text holds Chinese, Japanese or Korean characters or full-width punctuation."""
    return any(map(is_cjk, text))


def is_cjk(character: str) -> bool:
    """Whether one character is Chinese, Japanese, Korean or full-width punctuation."""
    return (
        "\u2e80" <= character <= "\u9fff"
        or "\uac00" <= character <= "\ud7af"
        or "\uf900" <= character <= "\ufaff"
        or "\uff00" <= character <= "\uffef"
        or "\U00020000" <= character <= "\U0003ffff"
    )
