"""Study files that are shipped, with the small files they need."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..._errors import OutputError, StudyError, listed, nearest

_HERE = Path(__file__).resolve().parent


def example_names() -> dict[str, str]:
    """Names of the shipped studies and what each one shows: the first comment of its file.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> sorted(example_names())
    ['agglomeration', 'counties', 'own_data', 'panel', 'provinces']
    """
    files = sorted(_HERE.glob("*.toml"))
    return {file.stem: file.read_text(encoding="utf-8").splitlines()[0].lstrip("# ") for file in files}


def example_file(name: str) -> Path:
    """Path of a shipped study file.

    Parameters
    ----------
    name : str
        One of `example_names`.

    Returns
    -------
    Path

    Raises
    ------
    StudyError
        There is no such example.

    Examples
    --------
    >>> example_file("provinces").name
    'provinces.toml'
    """
    names = list(example_names())
    if name not in names:
        raise StudyError(f"There is no example {name!r}.{nearest(name, names)} Examples: {', '.join(names)}.")
    return _HERE / f"{name}.toml"


def copy_example(name: str, out: Path) -> list[Path]:
    """Copy a shipped study file and the files it needs into a folder.

    Parameters
    ----------
    name : str
        One of `example_names`.
    out : Path
        Folder to copy to; made when absent.

    Returns
    -------
    list of Path
        The copies, the study file first.

    Raises
    ------
    StudyError
        There is no such example.
    OutputError
        The folder cannot be written, or holds a file of the same name; nothing is copied then.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in copy_example("provinces", Path(folder))]
    ['provinces.toml']
    """
    study = example_file(name)
    sources = [study, *sorted(file for file in _HERE.glob(f"{name}.*") if file != study)]
    there = [source.name for source in sources if (out / source.name).exists()]
    if there:
        raise OutputError(f"The folder {str(out)!r} already holds {listed(there)}. Nothing was copied.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copyfile(source, out / source.name)) for source in sources]
    except OSError as error:
        raise OutputError(f"The folder {str(out)!r} cannot be written: {error.strerror}.") from error
