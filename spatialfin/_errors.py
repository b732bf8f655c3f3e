"""What can go wrong, by the part of the input that is wrong.

Every error is a ``ValueError`` whose message names the offenders and the remedy.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

_HERE = str(Path(__file__).parent) + os.sep


class SpatialfinError(ValueError):
    """Base of all errors that spatialfin raises about its inputs."""


class OptionError(SpatialfinError):
    """An option word is not one of the valid ones."""


class DataError(SpatialfinError):
    """A table or series has missing, duplicate, non-numeric or impossible values."""


class AlignmentError(SpatialfinError):
    """Two inputs do not hold the same units (or periods)."""


class LayerError(SpatialfinError):
    """A boundary layer cannot be used: ids, geometry or coordinate system."""


class WeightsError(SpatialfinError):
    """A weights matrix is not a valid one, or not one for this use."""


class IslandError(WeightsError):
    """Units without neighbours where they are not allowed."""


class FormulaError(SpatialfinError):
    """A formula cannot be read, or asks for something that is not allowed."""


class CollinearityError(SpatialfinError):
    """Regressors are linear combinations of each other."""


class ConvergenceError(SpatialfinError):
    """An estimate was not found, or lies at the edge of its feasible interval."""


class StudyError(SpatialfinError):
    """A study file is not valid; the message names the key."""


class OutputError(SpatialfinError):
    """The output folder or file cannot be written or must not be replaced."""


class MissingExtraError(SpatialfinError, ImportError):
    """An optional package is needed; the message says how to install it."""


class SpatialfinWarning(UserWarning):
    """Something the reader of a result should know, while the result stands."""


def warn_caller(message: str) -> None:
    """Give a `SpatialfinWarning` at the line outside the package that led here, from however deep inside."""
    frame, depth = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame, depth = frame.f_back, depth + 1
    warnings.warn(message, SpatialfinWarning, stacklevel=depth)


def listed(labels: Iterable[object], limit: int = 5) -> str:
    """Show up to `limit` labels for an error message, and how many more there are."""
    every = list(labels)
    shown = ", ".join(repr(_as_text(label)) for label in every[:limit])
    return shown if len(every) <= limit else f"{shown} and {len(every) - limit} more"


def _as_text(label: object) -> str:
    """A label, or the parts of one of an index with levels."""
    return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def nearest(word: object, candidates: Iterable[object]) -> str:
    """A hint ``" Did you mean 'x'?"`` or an empty string."""
    names = [str(candidate) for candidate in candidates]
    lower = {name.lower(): name for name in reversed(names)}
    close = get_close_matches(str(word).lower(), list(lower), n=1, cutoff=0.5)
    return f" Did you mean {lower[close[0]]!r}?" if close else ""


def raise_all(problems: list[str], error: type[SpatialfinError], what: str) -> None:
    """Raise one `error` with every collected problem, or nothing when there is none."""
    if len(problems) == 1:
        raise error(f"{what}: {problems[0]}")
    if problems:
        lines = "\n".join(f"  {number}. {problem}" for number, problem in enumerate(problems, 1))
        raise error(f"{what}: {len(problems)} problems.\n{lines}")
