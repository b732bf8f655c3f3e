"""The site is built with warnings as errors; every page with code is run on the way, once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_the_site_is_built_without_a_warning(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-b", "html"]
    settings = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    done = subprocess.run(
        [*command, "-d", str(tmp_path / "doctrees"), str(root / "docs"), str(tmp_path / "html")],
        capture_output=True,
        text=True,
        env=settings,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    for page in (
        "index",
        "tutorial",
        "tutorial-panel",
        "tutorial-agglomeration",
        "own-data",
        "do-we-match",
        "coming-from-stata",
        "reference/models",
    ):
        assert (tmp_path / "html" / f"{page}.html").stat().st_size > 5000
