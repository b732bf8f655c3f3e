"""Build the weights that a study file describes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._errors import DataError, StudyError
from . import specs

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

    from ..weights import SpatialWeights
    from .context import Context


def open_weights(name: str, spec: specs.WeightsSpec, folder: Path, context: Context) -> SpatialWeights:
    """Build one matrix, standardise it, and give it its name.

    Parameters
    ----------
    name : str
        As in ``[weights.NAME]``.
    spec : WeightsSpec
        What the file says about it.
    folder : Path
        Folder of the study file.
    context : Context
        Layer and tables; the weights defined above are in ``context.weights``.

    Raises
    ------
    SpatialfinError
        As the builders of `spatialfin.weights`.
    """
    made = _from_values(spec, context)
    if made is None:
        made = _from_layer(spec, folder, context.layer)
    styled = made if spec.style == "none" else made.standardize(spec.style)
    return replace(styled, name=name)


def _from_values(spec: specs.WeightsSpec, context: Context) -> SpatialWeights | None:
    """Weights from what units are like; None for those from where they are."""
    from .. import weights

    if isinstance(spec, specs.EconomicSpec):
        neighbours = context.weights[spec.neighbours] if spec.neighbours else None
        values = _values(spec, context)
        if neighbours is not None:
            values = values[values.index.isin(neighbours.ids)]
        return weights.economic_weights(values, floor=spec.floor, neighbours=neighbours)
    if isinstance(spec, specs.GravitySpec):
        values = _values(spec, context)
        return weights.gravity_weights(context.layer.loc[list(values.index)], values, power=spec.power)
    if isinstance(spec, specs.NestedSpec):
        first, second = context.weights[spec.geographic], context.weights[spec.economic]
        return weights.nested_weights(first, second, share=spec.share)
    return None


def _from_layer(spec: specs.WeightsSpec, folder: Path, layer: GeoDataFrame) -> SpatialWeights:
    from .. import weights
    from .inputs import unit_codes

    if isinstance(spec, specs.ContiguitySpec):
        islands: Any = spec.islands
        return weights.contiguity_weights(
            layer, rule=spec.rule, order=spec.order, snap=spec.snap, islands=islands
        )
    if isinstance(spec, specs.NearestSpec):
        return weights.knn_weights(layer, k=spec.k)
    if isinstance(spec, specs.DistanceSpec):
        return weights.distance_weights(layer, band=spec.band, power=spec.power, islands=spec.islands)
    if isinstance(spec, specs.KernelSpec):
        return weights.kernel_weights(
            layer, kernel=spec.kernel, bandwidth=spec.bandwidth, k=spec.k, islands=spec.islands
        )
    if isinstance(spec, specs.FileSpec):
        made = weights.SpatialWeights.read(folder / spec.file)
        return made.subset([code for code in made.ids if code in set(unit_codes(layer))])
    raise StudyError(f"{spec.kind!r} is not a kind of weights.")


def _values(spec: specs.MeasuredSpec, context: Context) -> pd.Series:
    """The mean of the column over the periods, by unit."""
    table = context.table(spec.data)
    if table.time and not spec.times and len(table.periods()) > 1:
        raise DataError(
            f"the table has {len(table.periods())} periods: name with times = [...] those whose mean of "
            f"{spec.column!r} makes the weights; take some from before the sample."
        )
    rows = context.panel(spec.data, [spec.column], spec.times)
    over = f", mean over {', '.join(map(str, spec.times))}" if spec.times else ""
    return rows.groupby(table.unit)[spec.column].mean().rename(f"{spec.column}{over}")
