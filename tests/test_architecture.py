"""The rules of the code base that a reader can rely on, checked from the source alone."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "spatialfin"

# Imports only point left: a module may use what stands above it in this list, and its own family.
LAYERS = (
    ("_errors",),
    ("_typing", "_phrases", "_validate", "_paths", "_provenance", "_core"),
    ("boundaries",),
    ("weights",),
    ("panel", "datasets", "codes"),
    ("indices", "explore", "models", "features", "firms", "simulate"),
    ("tables", "plot"),
    ("clustering",),
    ("study",),
    ("cli",),
)
# Private modules and the public one whose work they do.
PRIVATE = {
    "boundaries": ("_geometry", "_labels", "_layer_check", "_layer_files", "_unit_names"),
    "weights": (
        "_contiguity", "_distance", "_economic", "_islands", "_spatial_weights", "_weights_io",
        "_weights_matrix", "_weights_square",
    ),
    "codes": ("_code_tables", "_code_units"),
    "simulate": ("_simulate_census", "_simulate_provinces"),
    "panel": (
        "_panel_changes", "_panel_gaps", "_panel_keys", "_panel_prices", "_panel_samples",
        "_panel_trajectories",
    ),
}  # fmt: skip
FAMILIES = {private: public for public, several in PRIVATE.items() for private in several}
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

# Packages that only one place may import.
HOMES = {"matplotlib": ("plot",), "mpl_toolkits": ("plot",), "maketables": ("tables",)}
CORE_MAY_IMPORT = {"numpy", "scipy", "threadpoolctl", "cvxopt", *sys.stdlib_module_names}
NEVER_IMPORT = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "random"}

NEVER_CALL = {"print", "eval", "exec", "compile", "breakpoint", "__import__"}
NEVER_CALL_ATTRIBUTE = {"read_pickle", "to_pickle", "set_option", "seterr"}
NEW_RANDOM = {"default_rng", "Generator", "SeedSequence", "PCG64", "BitGenerator"}

PUBLIC_MODULES = (
    "boundaries",
    "clustering",
    "codes",
    "datasets",
    "weights",
    "panel",
    "indices",
    "explore",
    "features",
    "firms",
    "models",
    "simulate",
    "tables",
    "plot",
    "study",
)
TOP_LEVEL = {
    "load_layer", "check_layer", "match_units", "load_dataset", "sample_report",
    "SpatialWeights", "contiguity_weights", "knn_weights", "distance_weights", "kernel_weights",
    "location_quotient", "spatial_gini", "moran", "moran_table", "local_moran",
    "fit_cross_section", "Study",
}  # fmt: skip
IN_MODULES = {
    "tables": {"regression_table", "descriptive_table", "variable_table"},
    "plot": {"choropleth", "moran_scatter", "lisa_map", "trend"},
}

Finding = tuple[int, str]
Check = Callable[[str, ast.Module], Iterator[Finding]]


def module_name(path: Path) -> str:
    parts = ("spatialfin", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def family(module: str) -> str:
    """The part of the package a module belongs to: ``spatialfin.models.design`` -> ``models``."""
    parts = module.split(".")
    name = parts[1] if len(parts) > 1 else ""
    return FAMILIES.get(name, name)


def imports(module: str, tree: ast.Module, *, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Every imported module by its full name, wherever in the file the import stands."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            if source == "spatialfin":
                yield from ((node.lineno, f"spatialfin.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, source


def check_direction(module: str, tree: ast.Module) -> Iterator[Finding]:
    here = family(module)
    if here and here not in RANK:
        yield 1, f"{here} has no place in the order of layers"
        return
    for line, name in imports(module, tree, is_package=is_package(module)):
        there = family(name) if name.split(".")[0] == "spatialfin" else ""
        if not there or there == "__version__" or here in ("", there):
            continue
        if there not in RANK:
            yield line, f"{there} has no place in the order of layers"
        elif RANK[there] > RANK[here] or (RANK[there] == RANK[here] and RANK[here] > 1):
            yield line, f"{here} must not import {there}: imports only point left"


def check_core(module: str, tree: ast.Module) -> Iterator[Finding]:
    if family(module) != "_core":
        return
    for line, name in imports(module, tree, is_package=is_package(module)):
        own = name.startswith(("spatialfin._core", "spatialfin._errors"))
        if not own and name.split(".")[0] not in CORE_MAY_IMPORT:
            yield line, f"_core knows only numpy, scipy and threadpoolctl, not {name}"


def for_typing_only(tree: ast.Module) -> set[int]:
    """The lines under ``if TYPE_CHECKING:``, which never run."""
    blocks = [
        node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    return {inner.lineno for block in blocks for inner in block.body}


def check_homes(module: str, tree: ast.Module) -> Iterator[Finding]:
    never_run = for_typing_only(tree)
    for line, name in imports(module, tree, is_package=is_package(module)):
        top = name.split(".")[0]
        if top in NEVER_IMPORT:
            yield line, f"{top} is not used here"
        if top in HOMES and family(module) not in HOMES[top] and line not in never_run:
            yield line, f"{top} is imported only in {HOMES[top][0]}"


def check_calls(_module: str, tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "bare except"
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        name = called.split(".")[-1]
        if called in NEVER_CALL or ("." in called and name in NEVER_CALL_ATTRIBUTE):
            yield node.lineno, f"{called}() is not used here"
        if re.fullmatch(r"(np|numpy)\.random\.\w+", called) and name not in NEW_RANDOM:
            yield node.lineno, f"{called}() draws from the global generator"
        if any(
            keyword.arg == "allow_pickle" and ast.unparse(keyword.value) != "False"
            for keyword in node.keywords
        ):
            yield node.lineno, "allow_pickle must be False"


def check_settings(_module: str, tree: ast.Module) -> Iterator[Finding]:
    """Global settings are changed only inside a context that puts them back."""
    guarded: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.With) and any(
            re.search(r"catch_warnings|rc_context", ast.unparse(item.context_expr)) for item in node.items
        ):
            guarded.update(id(inner) for inner in ast.walk(node))
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if re.search(r"\b(simplefilter|filterwarnings|resetwarnings)$", called):
                yield node.lineno, f"{called}() outside warnings.catch_warnings()"
            if re.search(r"rcParams\.\w+$|(matplotlib|mpl)\.use$|(plt|pyplot)\.show$|style\.use$", called):
                yield node.lineno, f"{called}() changes matplotlib for everyone"
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any("rcParams" in ast.unparse(target) for target in targets):
            yield node.lineno, "rcParams set outside rc_context()"


def public_functions(tree: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def parameters_described(docstring: str) -> set[str]:
    """The names in the section Parameters of a numpydoc docstring."""
    found = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-{3,}$|\Z)", docstring, re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^([*\w, ]+?)(?: :.*)?$", found.group(1) if found else "", re.MULTILINE)
    return {name.strip(" *") for head in heads for name in head.split(",")}


def docstring_faults(node: ast.FunctionDef) -> Iterator[Finding]:
    """What a numpydoc docstring leaves out: parameters, or what is returned."""
    text = ast.get_docstring(node) or ""
    if not text:
        yield node.lineno, f"{node.name} has no docstring"
        return
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    described = parameters_described(text) | {"self", "cls"}
    missing = [argument.arg for argument in arguments if argument.arg not in described]
    if missing:
        yield node.lineno, f"{node.name}: parameters not described: {', '.join(missing)}"
    returns = ast.unparse(node.returns) if node.returns else "None"
    is_property = any("property" in ast.unparse(decorator) for decorator in node.decorator_list)
    has_section = re.search(r"^(Returns|Yields)\n-+$", text, re.MULTILINE)
    is_bare_method = [argument.arg for argument in arguments] == ["self"]
    if returns not in ("None", "Never", "NoReturn") and not (has_section or is_property or is_bare_method):
        yield node.lineno, f"{node.name}: no section Returns"


def check_docstrings(module: str, tree: ast.Module) -> Iterator[Finding]:
    """Every function without an underscore says what it does; public ones also how to call them."""
    names = (exported(tree) if module.count(".") == 1 else None) or []
    for node in public_functions(tree):
        if node.name in names:
            yield from docstring_faults(node)
        elif not ast.get_docstring(node):
            yield node.lineno, f"{node.name} has no docstring"


def check_future(_module: str, tree: ast.Module) -> Iterator[Finding]:
    defines = any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body)
    found = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body)
    if defines and not found:
        yield 1, "no `from __future__ import annotations`"


def is_package(module: str) -> bool:
    return PACKAGE.joinpath(*module.split(".")[1:]).is_dir()


CHECKS: tuple[Check, ...] = (
    check_direction, check_core, check_homes, check_calls, check_settings, check_docstrings, check_future,
)  # fmt: skip
MODULES = sorted(PACKAGE.rglob("*.py"))


def exported(tree: ast.Module) -> list[str] | None:
    """The names of a literal ``__all__``, or None when there is none."""
    for node in tree.body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return [element.value for element in node.value.elts if isinstance(element, ast.Constant)]  # type: ignore[union-attr]
    return None


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_module_keeps_the_rule(check: Check) -> None:
    broken = [
        f"{path.relative_to(PACKAGE.parent)}:{line}: {what}"
        for path in MODULES
        for line, what in check(module_name(path), ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not broken, "\n".join(broken)


def test_the_modules_are_found() -> None:
    names = {module_name(path) for path in MODULES}
    assert {"spatialfin", "spatialfin._core", "spatialfin._errors", "spatialfin.models"} <= names


PARAMETERS = '"""Do.\n\n    Parameters\n    ----------\n    x : int\n        X.\n'
RETURNS = "\n    Returns\n    -------\n    int\n        X.\n"
EXPORT = '__all__ = ["f"]\n'

BAD = [
    (check_direction, "spatialfin.boundaries", "from .weights import SpatialWeights"),
    (check_direction, "spatialfin.boundaries", "def f():\n    from . import weights"),
    (check_direction, "spatialfin.models.design", "from ..tables import Table"),
    (check_direction, "spatialfin.models.design", "import spatialfin.explore.moran"),
    (check_direction, "spatialfin.plot.maps", "from ..tables import Table"),
    (check_direction, "spatialfin.weights", "from .study.runner import Study"),
    (check_direction, "spatialfin.novelty", ""),
    (check_direction, "spatialfin._contiguity", "from .datasets import load_dataset"),
    (check_core, "spatialfin._core.logdet", "import pandas as pd"),
    (check_core, "spatialfin._core.logdet", "def f():\n    from .._validate import check_option"),
    (check_homes, "spatialfin.explore.moran", "def f():\n    import matplotlib.pyplot as plt"),
    (check_homes, "spatialfin.models.results", "from maketables import ETable"),
    (check_homes, "spatialfin.weights", "import pickle"),
    (check_homes, "spatialfin.weights", "from random import shuffle"),
    (check_calls, "spatialfin.weights", "print('x')"),
    (check_calls, "spatialfin.weights", "eval('1')"),
    (check_calls, "spatialfin.weights", "np.random.seed(1)"),
    (check_calls, "spatialfin.weights", "numpy.random.permutation(5)"),
    (check_calls, "spatialfin.weights", "np.load(path, allow_pickle=True)"),
    (check_calls, "spatialfin.weights", "pd.read_pickle(path)"),
    (check_calls, "spatialfin.weights", "try:\n    f()\nexcept:\n    pass"),
    (check_settings, "spatialfin.weights", "warnings.simplefilter('ignore')"),
    (check_settings, "spatialfin.weights", "with open(p) as f:\n    warnings.filterwarnings('ignore')"),
    (check_settings, "spatialfin.plot.maps", "plt.rcParams['font.family'] = 'x'"),
    (check_settings, "spatialfin.plot.maps", "plt.show()"),
    (check_docstrings, "spatialfin.weights", "def f(x):\n    return x"),
    (check_docstrings, "spatialfin.weights", '__all__ = ["f"]\ndef f(x) -> int:\n    """Do."""'),
    (
        check_docstrings, "spatialfin.weights",
        f'{EXPORT}def f(x, y) -> None:\n    {PARAMETERS}    """',
    ),
    (
        check_docstrings, "spatialfin.weights",
        f'{EXPORT}def f(x) -> int:\n    {PARAMETERS}    """',
    ),
    (check_future, "spatialfin.weights", "def f():\n    pass"),
]  # fmt: skip

GOOD = [
    (check_direction, "spatialfin.weights", "from ._contiguity import pairs\nfrom ._errors import DataError"),
    (check_direction, "spatialfin._contiguity", "from .boundaries import check_layer"),
    (check_direction, "spatialfin.study.runner", "from ..models import x\nfrom . import schema"),
    (check_direction, "spatialfin.models.results", "from ._numbers import f\nfrom .. import __version__"),
    (check_core, "spatialfin._core.impacts", "import numpy as np\nfrom .logdet import LogDet\nimport math"),
    (check_homes, "spatialfin.plot.maps", "import matplotlib.pyplot as plt"),
    (check_homes, "spatialfin.study.blocks", "if TYPE_CHECKING:\n    from matplotlib.axes import Axes"),
    (check_calls, "spatialfin.weights", "np.random.default_rng(0)\nmodel.eval(load(p, allow_pickle=False))"),
    (check_settings, "spatialfin.weights", "with warnings.catch_warnings():\n    warnings.simplefilter()"),
    (
        check_docstrings, "spatialfin.weights",
        f'{EXPORT}def f(x) -> int:\n    {PARAMETERS}{RETURNS}    """',
    ),
    (check_future, "spatialfin.weights", '"""Only words."""\nfrom .x import y'),
]  # fmt: skip


@pytest.mark.parametrize(("check", "module", "source"), BAD)
def test_a_broken_rule_is_found(check: Check, module: str, source: str) -> None:
    assert list(check(module, ast.parse(source)))


@pytest.mark.parametrize(("check", "module", "source"), GOOD)
def test_code_within_the_rules_passes(check: Check, module: str, source: str) -> None:
    assert not list(check(module, ast.parse(source)))


def test_public_names_exist() -> None:
    import spatialfin as sf

    assert set(sf.__all__) >= TOP_LEVEL
    assert set(sf.__all__) == {*sf._HOMES, *sf._MODULES, "__version__"}
    assert dir(sf) == sorted(sf.__all__)
    missing = [name for name in sf.__all__ if not hasattr(sf, name)]
    for module, names in IN_MODULES.items():
        missing += [f"{module}.{name}" for name in sorted(names) if not hasattr(getattr(sf, module), name)]
    assert not missing


def test_an_unknown_name_is_an_attribute_error() -> None:
    import spatialfin as sf

    with pytest.raises(AttributeError, match="no_such_name"):
        sf.no_such_name  # noqa: B018


@pytest.mark.parametrize("module", PUBLIC_MODULES)
def test_public_modules_list_their_names(module: str) -> None:
    import importlib

    folder = PACKAGE / module
    path = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    names = exported(ast.parse(path.read_text(encoding="utf-8")))
    assert names, f"{module} has no explicit __all__"
    loaded = importlib.import_module(f"spatialfin.{module}")
    assert [name for name in names if not hasattr(loaded, name)] == []


@pytest.mark.parametrize("module", PUBLIC_MODULES)
def test_what_is_exported_is_described(module: str) -> None:
    """Also where the code of a public name stands in a private module; methods of classes included."""
    import importlib
    import inspect
    import textwrap

    loaded = importlib.import_module(f"spatialfin.{module}")
    faults = []
    for name in loaded.__all__:
        thing = getattr(loaded, name)
        if not (inspect.isfunction(thing) or inspect.isclass(thing)):
            continue
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(thing))).body
        assert inspect.getdoc(thing), f"{name} has no docstring"
        methods = public_functions(node) if isinstance(node, ast.ClassDef) else [node]
        faults += [f"{module}.{name}: {what}" for method in methods for _, what in docstring_faults(method)]
    assert not faults, "\n".join(faults)


def test_errors_are_raised_from_one_module() -> None:
    """Every exception class of the package derives from SpatialfinError and lives in _errors."""
    strays = [
        f"{path.name}: {node.name}"
        for path in MODULES
        if path.name != "_errors.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and any(re.search(r"Error|Exception|Warning", ast.unparse(b)) for b in node.bases)
    ]
    assert not strays
