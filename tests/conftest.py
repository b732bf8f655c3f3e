"""Settings and fixtures that every test shares."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("MPLBACKEND", "Agg")

# A slow machine is no failure (no deadline), and in CI every run draws the same examples.
settings.register_profile(
    "local", deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def reference() -> Callable[[str], Path]:
    """Find a file of the reference data that are not shipped, in the folder SPATIALFIN_REFERENCE.

    Without the variable the test is skipped; with it, a file that is missing is a failure.
    """

    def find(path: str) -> Path:
        folder = os.environ.get("SPATIALFIN_REFERENCE")
        if not folder:
            pytest.skip("SPATIALFIN_REFERENCE is not set: the reference data are not shipped")
        found = Path(folder) / path
        if not found.is_file():
            pytest.fail(f"SPATIALFIN_REFERENCE is set, but {path} is not in it")
        return found

    return find


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    """Close the figures of a test, when it drew any."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
