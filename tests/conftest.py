"""Settings and fixtures that every test shares."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from selenium.webdriver import Chrome

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


def program(*names: str) -> str:
    """Find a program that only some tests need: without it they are skipped, in CI they fail."""
    found = next((path for path in map(shutil.which, names) if path), None)
    if found is None and os.environ.get("CI"):
        pytest.fail(f"{names[0]} is needed in CI")
    if found is None:
        pytest.skip(f"{names[0]} is not installed")
    return found


@pytest.fixture(scope="session")
def java() -> str:
    """Return the path of the Java runtime."""
    return program("java")


@pytest.fixture(scope="session")
def spark(java: str) -> Iterator[SparkSession]:
    """One Spark session with two workers in processes of their own, for all tests."""
    from pyspark.sql import SparkSession

    options = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.executor.memory": "512m",
        "spark.scheduler.minRegisteredResourcesRatio": "1.0",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }
    builder = SparkSession.builder.master("local-cluster[2,1,512]").appName("tests")
    with pytest.MonkeyPatch.context() as environment:
        # The setting spark.pyspark.python is read by spark-submit alone; without this the workers run
        # whatever python3 is on the path.
        environment.setenv("PYSPARK_PYTHON", sys.executable)
        session = builder.config(map=options).getOrCreate()
        yield session
        session.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    """Headless Chromium that records what pages request and what they log."""
    binary, driver = program("chromium", "chromium-browser", "google-chrome"), program("chromedriver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()
