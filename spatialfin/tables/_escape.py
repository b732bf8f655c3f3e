"""Text is data in every format: what reads as markup, code or a formula is made to read as itself."""

from __future__ import annotations

import html
import re

_NUMBER = re.compile(r"^[-+]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?(?:[eE][-+]?\d+)?\*{0,3}$")
_FORMULA_START = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "_": r"\_",
        "%": r"\%",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        "`": r"\textasciigrave{}",
        "×": r"$\times$",
        "²": r"\textsuperscript{2}",
    }
)


def is_number(text: str) -> bool:
    """Whether a cell shows one number: sign, thousands commas, decimals, exponent, up to three stars."""
    return bool(_NUMBER.match(text))


def plain(text: object) -> str:
    """The text without characters that XML forbids; line breaks and tabs become spaces."""
    spaced = re.sub(r"[\t\r\n\u2028\u2029\x85]+", " ", str(text))
    return "".join(character for character in spaced if _is_xml_character(character))


def _is_xml_character(character: str) -> bool:
    code = ord(character)
    control = code < 0x20 or 0x7F <= code <= 0x9F
    return not (control or 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF) or 0x202A <= code <= 0x202E)


def escape_html(text: object) -> str:
    """Text for an HTML element or attribute."""
    return html.escape(plain(text), quote=True)


def escape_latex(text: object) -> str:
    """Text for LaTeX; a minus sign in front of a number becomes a real one."""
    clean = plain(text)
    body = clean.strip("()")
    minus = is_number(body) and "-" in body
    escaped = clean.translate(_LATEX)
    return escaped.replace("-", "$-$") if minus else escaped


def quote_formula(text: object) -> str:
    """Text for a spreadsheet cell: what a program would run as a formula gets a leading apostrophe.

    Cells that show a number (``-0.512***``, ``-1.2e-05``) stay as they are.
    """
    clean = plain(text)
    if clean.lstrip().startswith(_FORMULA_START) and not is_number(clean):
        return "'" + clean
    return clean
