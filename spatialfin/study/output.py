"""The output folder: written beside its place, then put there whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from .._errors import OutputError, listed

MANIFEST = "manifest.json"
_MARK = "spatialfin study"


@contextmanager
def staged_output(out: Path) -> Iterator[Path]:
    """Give a temporary folder beside `out`; when the block ends well its files take their place in `out`.

    Parameters
    ----------
    out : Path
        The output folder. It may be absent, empty, or an earlier output (it then carries our manifest).

    Yields
    ------
    Path
        Folder to write into. It must hold a ``manifest.json`` from `write_manifest` in the end.

    Raises
    ------
    OutputError
        When `out` cannot be written, is a file, or holds files and no manifest of ours. Nothing is
        removed then, and nothing half-written is left.

    Notes
    -----
    Of an earlier output only the files its manifest lists are replaced; other files stay.
    """
    listed_files(Path(out))
    out = Path(out).resolve()
    new_parents = [parent for parent in out.parents if not parent.exists()]
    staging = _make_staging(out)
    try:
        yield staging
        _put_in_place(staging, out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        for parent in new_parents:
            if not any(parent.iterdir()):
                parent.rmdir()


def listed_files(out: Path) -> list[str]:
    """Relative names of the files of an earlier output in `out`, its manifest last.

    Raises
    ------
    OutputError
        When `out` holds something that is not an output of ours.
    """
    if out.is_symlink() and not out.exists():
        raise OutputError(f"The output folder {str(out)!r} is a link that leads nowhere.")
    if not out.exists():
        return []
    if not out.is_dir():
        raise OutputError(f"The output folder {str(out)!r} is a file. Name a folder.")
    try:
        if not any(out.iterdir()):
            return []
    except OSError as error:
        raise OutputError(f"The output folder {str(out)!r} cannot be read: {error.strerror}.") from error
    names = _manifest_names(out)
    inside = out.resolve()
    for name in names:
        pure = PurePosixPath(name)
        leaves = pure.is_absolute() or ".." in pure.parts or "\\" in name
        if leaves or not (inside / name).parent.resolve().is_relative_to(inside):
            raise OutputError(
                f"The manifest in {str(out)!r} lists {name!r}, which lies outside. Use another folder."
            )
    return [*(name for name in names if name != MANIFEST), MANIFEST]


def write_manifest(folder: Path, facts: dict[str, Any]) -> None:
    """Write ``manifest.json``: `facts`, and every file of `folder` with its SHA-256."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    text = json.dumps({"made_by": _MARK, **facts, "files": files}, ensure_ascii=False, indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def fix_zip_dates(path: Path) -> None:
    """Rewrite a zip file (a .docx is one) with fixed dates, so that the same content gives the same bytes."""
    with zipfile.ZipFile(path) as source:
        members = [(info.filename, source.read(info)) for info in source.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members:
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, content)


def _manifest_names(out: Path) -> list[str]:
    try:
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        manifest = None
    if not isinstance(manifest, dict) or manifest.get("made_by") != _MARK:
        raise OutputError(
            f"The output folder {str(out)!r} is not empty and is not an earlier output (it has no {MANIFEST} "
            "of spatialfin). Nothing was changed; name another folder."
        )
    return [str(name) for name in manifest.get("files", {})]


def _make_staging(out: Path) -> Path:
    if out.exists() and not os.access(out, os.W_OK):
        raise OutputError(f"The output folder {str(out)!r} cannot be written: permission denied.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise OutputError(f"The output folder {str(out)!r} cannot be written: {error.strerror}.") from error


def _put_in_place(staging: Path, out: Path) -> None:
    """Move the new files to `out`; on any fault put the earlier ones back."""
    old = [name for name in listed_files(out) if (out / name).is_file() or (out / name).is_symlink()]
    new = sorted(path.relative_to(staging).as_posix() for path in staging.rglob("*") if path.is_file())
    foreign = [name for name in new if name not in old and os.path.lexists(out / name)]
    if foreign:
        raise OutputError(
            f"The output folder {str(out)!r} holds files of the same name that are not listed in its "
            f"{MANIFEST}: {listed(foreign)}. Move them away."
        )
    backup = staging / ".replaced"
    moved: list[tuple[Path, Path]] = []
    try:
        for name in old:
            _move(out / name, backup / name, moved)
        for name in new:
            _move(staging / name, out / name, moved)
    except OSError as error:
        for source, target in reversed(moved):
            target.replace(source)
        raise OutputError(f"The output folder {str(out)!r} cannot be written: {error.strerror}.") from error
    _remove_empty_folders(out, old)


def _move(source: Path, target: Path, moved: list[tuple[Path, Path]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    moved.append((source, target))


def _remove_empty_folders(out: Path, names: list[str]) -> None:
    for folder in sorted({(out / name).parent for name in names} - {out}, reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
