"""Which files a study file may read: those below its own folder, of the kinds that hold data only."""

from __future__ import annotations

import re
from pathlib import Path

TABLE_SUFFIXES = (".csv", ".xlsx", ".dta", ".parquet")
FIRM_SUFFIXES = (".csv", ".parquet", ".dta")
WEIGHTS_SUFFIXES = (".gal", ".gwt", ".npz", ".csv", ".xlsx", ".dta", ".txt")

# GDAL picks its driver by content, and some of its text formats point at other files or addresses.
_LAYER_SIGNATURES = {
    ".gpkg": (b"SQLite format 3\x00",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".geojson": (b"{",),
    ".json": (b"{",),
    ".parquet": (b"PAR1",),
    ".fgb": (b"fgb",),
    ".zip": (b"PK",),
}
LAYER_SUFFIXES = tuple(_LAYER_SIGNATURES)


def path_fault(text: str, folder: Path, suffixes: tuple[str, ...], *, allow_outside: bool = False) -> str:
    """Say why a study file in `folder` may not read `text`; an empty string when it may.

    Parameters
    ----------
    text : str
        Path as the study file gives it, with ``/`` between folders.
    folder : Path
        Folder of the study file.
    suffixes : tuple of str
        Kinds of file that are meant here, e.g. ``(".csv", ".xlsx")``.
    allow_outside : bool
        Whether local files outside `folder` may be read. Addresses on the network never are.

    Returns
    -------
    str
        The fault and its remedy, or ``""``.

    Examples
    --------
    >>> path_fault("../secret.csv", Path("."), (".csv",))
    "'../secret.csv' leaves the folder of the study file ('..'). Put the file below it, or pass ...."
    """
    fault = _never_allowed(text) or ("" if allow_outside else _leaves_by_name(text))
    if fault:
        return f"{text!r} {fault}"
    target = folder / text
    if not allow_outside and not _stays_inside(target, folder):
        return f"{text!r} leaves the folder of the study file through a link.{_REMEDY}"
    if target.suffix.lower() not in suffixes:
        return f"{text!r} is not of a kind that can be read here: {', '.join(suffixes)}."
    if not target.is_file():
        return f"{text!r} is not a file in {folder.resolve().name!r}, the folder of the study file."
    if suffixes is LAYER_SUFFIXES and not _has_signature(target):
        return f"{text!r} does not hold what its ending {target.suffix!r} says; export the layer anew."
    return ""


_REMEDY = " Put the file below it, or pass --allow-outside."


def _never_allowed(text: str) -> str:
    if not text.strip() or re.search(r"[\x00-\x1f\x7f]", text):
        return "is empty or holds control characters."
    if "/vsi" in text.lower().replace("\\", "/"):
        return "is a virtual file system of GDAL, not a file. Save a local copy and name that."
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text) or "://" in text:
        return "is an address, not a file. Save a local copy and name that."
    return ""


def _leaves_by_name(text: str) -> str:
    if re.match(r"[A-Za-z]:", text) or text.startswith(("/", "\\", "~")):
        return f"is an absolute path; paths are relative to the study file.{_REMEDY}"
    if "\\" in text:
        return "holds a backslash; write / between folders."
    if ".." in text.split("/"):
        return f"leaves the folder of the study file ('..').{_REMEDY}"
    return ""


def _stays_inside(target: Path, folder: Path) -> bool:
    """Whether a file, and the parts of a shapefile beside it, lie below the folder, links followed."""
    parts = [target]
    if target.suffix.lower() == ".shp" and target.parent.is_dir():
        parts += [part for part in target.parent.iterdir() if part.stem == target.stem]
    return all(part.resolve().is_relative_to(folder.resolve()) for part in parts)


def _has_signature(target: Path) -> bool:
    with target.open("rb") as file:
        head = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    return head.startswith(_LAYER_SIGNATURES[target.suffix.lower()])
