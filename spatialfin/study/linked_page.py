"""Put a linked page together: its numbers, outlines, charts and scripts."""

from __future__ import annotations

import base64
import hashlib
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._errors import DataError, OptionError, SpatialfinWarning
from .._labels import label_of
from .._validate import (
    check_frame,
    check_names,
    check_number,
    check_option,
    check_whole,
    require,
)
from .linked_cells import Cell, Shown, cells, check_units, shown_values, value_grids
from .linked_shapes import GRID, display_shapes
from .page import render_page
from .words import LANGUAGES, all_words

if TYPE_CHECKING:
    import geopandas as gpd

    from ..weights import SpatialWeights
    from .linked import Settings

_MOST_BYTES = 6_000_000


def linked_page(
    layer: gpd.GeoDataFrame,
    data: pd.DataFrame,
    variables: str | Sequence[str],
    weights: SpatialWeights | Mapping[str, SpatialWeights],
    *,
    unit: str,
    time: str | None,
    settings: Settings,
) -> bytes:
    """The page of `linked_report` as bytes: check, compute, put together."""
    _check(settings)
    check_frame(data)
    from ..plot._layers import split_layer

    named = _named(weights)
    units, lines = split_layer(layer)
    names = check_names("variables", variables)
    periods, grids = value_grids(data, names, unit=unit, time=time, units=units.index)
    check_units(grids, named)
    found = cells(grids, named, units.index, settings)
    gaps = [grid.reindex(units.index).isna().any(axis=1).to_numpy() for grid in grids.values()]
    shapes = display_shapes(units, lines, hatched=np.any(gaps, axis=0), inset=settings.inset)
    shown = {
        name: shown_values(grid, units.index, scheme=settings.scheme, k=settings.k)
        for name, grid in grids.items()
    }
    labels = settings.labels
    payload = {
        "periods": [""] if time is None else [_period_text(period) for period in periods],
        "names": _unit_names(units, settings),
        "variables": [
            _variable_entry(label_of(name, labels), shown[name], found[name].values()) for name in grids
        ],
        "weights": [label_of(name, labels) for name in named],
        "cells": [[[_cell_entry(cell) for cell in row] for row in each.values()] for each in found.values()],
        "grid": GRID,
        **asdict(shapes),
        **_looks(settings),
    }
    return _filled(payload, settings)


def _check(settings: Settings) -> None:
    """Refuse words that are not valid before anything is computed, and say which packages are missing."""
    from ..plot._classes import SCHEMES, check_k

    check_option("lang", settings.lang, LANGUAGES)
    check_option("adjust", settings.adjust, ("fdr", "bonferroni", "none"))
    check_option("scheme", settings.scheme, tuple(SCHEMES))
    check_number("alpha", settings.alpha, between=(0, 1))
    check_whole("permutations", settings.permutations, least=1)
    check_whole("seed", settings.seed)
    check_k(settings.k)
    if settings.title is not None and not isinstance(settings.title, str):
        raise OptionError(f"title={settings.title!r}: text is needed.")
    for module in ("jinja2", "altair", "vl_convert"):
        require(module, "report")


def _named(weights: SpatialWeights | Mapping[str, SpatialWeights]) -> dict[str, SpatialWeights]:
    """Weights by name."""
    from .._spatial_weights import check_weights

    if not isinstance(weights, Mapping):
        check_weights(weights)
        return {weights.name or "W": weights}
    if not weights:
        raise DataError("weights: name at least one W.")
    for matrix in weights.values():
        check_weights(matrix)
    return {str(name): matrix for name, matrix in weights.items()}


def _period_text(period: Any) -> str:
    return f"{period:%Y-%m-%d}" if isinstance(period, pd.Timestamp) else str(period)


def _unit_names(units: gpd.GeoDataFrame, settings: Settings) -> list[str]:
    """Names from `labels`, else those of the layer in the language of the page, else codes."""
    wanted = ("name_zh", "name") if settings.lang == "zh" else ("name", "name_zh")
    own = next((units[name] for name in wanted if name in units.columns), units.index.to_series())
    return [
        str(settings.labels.get(str(code), code if pd.isna(name) else name)) for code, name in own.items()
    ]


def _variable_entry(label: str, shown: Shown, per_weights: Any) -> dict[str, Any]:
    """A variable; its z-values are the same under all weights that have any."""
    z = [next((cell.z for cell in cells_of if cell.z), None) for cells_of in zip(*per_weights, strict=True)]
    return {**asdict(shown), "label": label, "z": z}


def _cell_entry(cell: Cell) -> dict[str, Any]:
    entry = asdict(cell)
    del entry["z"]
    return entry


def _looks(settings: Settings) -> dict[str, Any]:
    """Colours and phrases; the last class of clusters holds the units that have none."""
    from ..explore import CLUSTERS

    words = all_words(settings.lang)
    level = {"alpha": f"{settings.alpha:g}", "adjust": words[f"linked_adjust_{settings.adjust}"]}
    prefix = "linked_"
    phrases = {key.removeprefix(prefix): text for key, text in words.items() if key.startswith(prefix)}
    phrases |= {name: phrases[name].format(**level, n="{n}") for name in ("trend", "clusters", "quiet")}
    return {
        "alpha": settings.alpha,
        "adjusted": settings.adjust != "none",
        "cluster_names": [*(words[name] for name in CLUSTERS), words["no_data"]],
        "cluster_colours": _cluster_colours(),
        "missing_colour": _missing_colour(),
        "words": {**phrases, "no_data": words["no_data"]},
    }


def _cluster_colours() -> list[str]:
    from ..explore import CLUSTERS
    from ..plot.maps import CLUSTER_COLOURS

    return [*(CLUSTER_COLOURS[name] for name in CLUSTERS), _missing_colour()]


def _missing_colour() -> str:
    from ..plot._style import MISSING

    return str(MISSING["facecolor"])


def _filled(payload: dict[str, Any], settings: Settings) -> bytes:
    """The template with its data, its specification and its scripts."""
    from ..explore import CLUSTERS
    from .linked_spec import linked_spec

    words = all_words(settings.lang)
    over_time = len(payload["periods"]) > 1
    classes = max(len(variable["classes"]) for variable in payload["variables"])
    spec = linked_spec(
        width=payload.pop("width"), height=payload.pop("height"), units=len(payload["names"]), words=words,
        classes=classes, clusters=_cluster_colours(), alone=CLUSTERS.index("No neighbours"),
        over_time=over_time,
    )  # fmt: skip
    scripts = [_vega(), _own_script("linked_paint.js"), _own_script("linked.js")]
    facts = {
        "lang": settings.lang, "title": settings.title or words["linked_title"], "words": words,
        "over_time": over_time, "last_period": len(payload["periods"]) - 1,
        "data": script_json(payload), "spec": script_json(spec),
        "about": words["linked_about"].format(
            permutations=settings.permutations, seed=settings.seed, adjust=words[f"adjust_{settings.adjust}"],
        ),
        "scripts": scripts, "script_hashes": [_hash(script) for script in scripts],
    }  # fmt: skip
    page = render_page(facts, template="linked.html").encode("utf-8")
    if len(page) > _MOST_BYTES:
        warnings.warn(
            f"The page takes {len(page) / 1e6:.1f} MB, more than browsers open quickly: choose fewer "
            "variables, weights or periods.",
            SpatialfinWarning,
            stacklevel=4,
        )
    return page


def script_json(value: Any) -> str:
    r"""JSON that can stand in a script element: no text in it ends the element or begins another.

    Parameters
    ----------
    value : object
        Lists, mappings, text, finite numbers and None.

    Examples
    --------
    >>> print(script_json("</script>"))
    "\u003c/script\u003e"
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@lru_cache(maxsize=1)
def _vega() -> str:
    """Vega, the Vega-Lite of altair and vega-embed as one script."""
    altair, vl_convert = require("altair", "report"), require("vl_convert", "report")
    version = ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    bundle: str = vl_convert.javascript_bundle(vl_version=version)
    return bundle.replace("\r", "")


def _own_script(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """The script as a content security policy names it."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
