"""Codes of regions and industries as text: their levels, and what shows that they are not what they seem."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from .._errors import DataError, OptionError, listed
from .._validate import check_option

# GB/T 2260: how many digits name a unit of each level, and which lengths of codes say so.
UNIT_DIGITS = {"township": 9, "county": 6, "prefecture": 4, "province": 2}
_UNIT_LENGTHS = {
    "township": (9, 12),
    "county": (6, 9, 12),
    "prefecture": (4, 6, 9, 12),
    "province": (2, 4, 6, 9, 12),
}
_PROVINCES = frozenset(
    str(code)
    for codes in ((11, 16), (21, 24), (31, 38), (41, 47), (50, 55), (61, 66), (71, 72), (81, 83))
    for code in range(*codes)
)
INDUSTRY_LEVELS = (2, 3, 4)

# Two-digit divisions of mining, manufacturing and utilities that one edition of GB/T 4754 does not have.
_ABSENT_DIVISIONS = {"1994": {"38"}, "2002": {"12", "38"}, "2011": set(), "2017": set()}
VINTAGES = tuple(_ABSENT_DIVISIONS)


def check_levels(unit_level: object, industry_level: object, vintage: object) -> None:
    """Refuse levels and editions that are not there."""
    if unit_level is not None:
        check_option("unit_level", unit_level, tuple(UNIT_DIGITS))
    if industry_level is not None and (
        type(industry_level) is not int or industry_level not in INDUSTRY_LEVELS
    ):
        raise OptionError(
            f"industry_level={industry_level!r}: 2, 3 or 4 digits, or None for codes as they are."
        )
    if vintage is not None:
        check_option("vintage", vintage, VINTAGES)


def region_codes(prefixes: pd.Series, unit_level: str | None) -> pd.Series:
    """Six-digit codes of the units from their first digits; of townships nine."""
    return prefixes if unit_level in (None, "township") else prefixes.str.pad(6, side="right", fillchar="0")


def region_length_fault(
    name: str, lengths: Sequence[int], *, unit_level: str | None, example: Callable[[int], str]
) -> str | None:
    """What is wrong with the lengths of the codes of regions, in words; `example` has a code of a length."""
    if unit_level is None:
        return None
    fitting = _UNIT_LENGTHS[unit_level]
    wrong = sorted(set(lengths) - set(fitting))
    if not wrong:
        return None
    digits = " or ".join(str(length) for length in fitting)
    found = [example(length) for length in wrong[:5]]
    return (
        f"{name!r} holds codes of {listed(wrong)} characters ({listed(found)}), and "
        f"unit_level={unit_level!r} needs codes of {digits}. {_remedy(name, found, fitting[0])}"
    )


def industry_length_fault(
    name: str, lengths: Sequence[int], *, level: int | None, example: Callable[[int], str]
) -> str | None:
    """The same of the codes of industries."""
    if level is None:
        return None
    seen = sorted(set(lengths))
    is_wrong = bool(seen) and (seen[0] < level or seen[-1] > INDUSTRY_LEVELS[-1])
    if not is_wrong and len(seen) < 2:
        return None
    found = [example(length) for length in seen[:5]]
    if is_wrong:
        return (
            f"{name!r} holds codes of {listed(seen)} characters ({listed(found)}), and "
            f"industry_level={level} needs codes of {level} to {INDUSTRY_LEVELS[-1]}. "
            f"{_remedy(name, found, INDUSTRY_LEVELS[-1])}"
        )
    return (
        f"{name!r} mixes codes of {listed(seen)} characters ({listed(found)}): lost zeros, or several "
        "editions of the classification in one column. Bring them to one length and edition before"
    )


def _remedy(name: str, found: Sequence[str], digits: int) -> str:
    """What to do about codes such as those that were found."""
    if any(code != code.strip() for code in found):
        return "Take the blanks off with .str.strip()"
    if any(code.endswith(".0") for code in found):
        return (
            "They were numbers once: read the column as text, of a file with "
            f"read_firms(path, codes={{{name!r}: {digits}}})"
        )
    return "Choose the level that fits, or restore lost zeros with .str.zfill()"


def whole_years(years: pd.Series) -> pd.Series:
    """Years as whole numbers, from numbers or text of four digits; dates as they are."""
    if pd.api.types.is_datetime64_any_dtype(years):
        return years
    is_number = pd.api.types.is_numeric_dtype(years)
    fits = years % 1 == 0 if is_number else years.astype("str").str.fullmatch("[0-9]{4}").astype(bool)
    if not fits.all():
        raise DataError(
            f"firms: {listed(years[~fits].unique())} are no years. Make the column whole numbers, such as "
            "2004."
        )
    return years.astype("int64")


def _are_digits(codes: pd.Series) -> pd.Series:
    # Without digits of other scripts, such as those of full width.
    return codes.str.fullmatch("[0-9]+").astype(bool)


def code_faults(
    regions: pd.Series,
    industries: pd.Series | None,
    *,
    unit_level: str | None,
    level: int | None,
    vintage: str | None,
) -> list[str]:
    """What the codes of the cells show to be wrong, in words."""
    problems = []
    if unit_level is not None:
        known = _are_digits(regions) & regions.str[:2].isin(_PROVINCES)
        if not known.all():
            problems.append(
                f"codes {listed(regions[~known].unique())} are not of GB/T 2260. Correct them, or give "
                "unit_level=None to take codes as they are"
            )
    if industries is not None and level is not None:
        digits = _are_digits(industries)
        if not digits.all():
            problems.append(
                f"industry codes {listed(industries[~digits].unique())} are not digits. Take the letter of "
                "the section off, or give industry_level=None to take codes as they are"
            )
        absent = _ABSENT_DIVISIONS[vintage] if vintage else set()
        strange = industries[industries.str[:2].isin(absent)]
        if len(strange):
            problems.append(
                f"industry codes {listed(strange.unique())} are not in GB/T 4754-{vintage}: codes of another "
                "edition are mixed in. Bring all rows to one edition through a correspondence"
            )
    return problems
