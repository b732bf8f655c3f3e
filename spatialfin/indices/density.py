"""Density: size per square kilometre."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from .._errors import AlignmentError, DataError, LayerError, listed
from .._validate import check_unique, numeric_values
from ._inputs import By, Table, read_cells, row_labels

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

__all__ = ["density"]

_EQUAL_AREA = "EPSG:6933"
_SQUARE_METRES = 1e6


def density(values: Table, area: pd.Series | GeoDataFrame, *, unit: By = None) -> Table:
    """Size per square kilometre: employment density, GDP per area, bank branches per area.

    Parameters
    ----------
    values : pandas.Series or DataFrame
        Size by unit (and period); not negative. A DataFrame has one column per sector.
    area : Series or GeoDataFrame
        Area of each unit in km2, indexed by unit; or a layer, whose areas are measured in the equal-area
        projection EPSG:6933.
    unit : None, index level or Series
        Unit of each row. None means that the index holds the units.

    Returns
    -------
    pandas.Series or DataFrame
        Size per km2 on the index of `values`; a Series is named "density".

    Raises
    ------
    AlignmentError
        `values` and `area` hold other units.
    DataError
        Missing, negative or non-numeric values, or an area that is not positive.
    LayerError
        The layer has no coordinate system.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> sf.indices.density(pd.Series({"a": 10.0, "b": 9.0}), pd.Series({"b": 3.0, "a": 20.0})).to_dict()
    {'a': 0.5, 'b': 3.0}
    """
    cells = read_cells(values, None, repeats=True)
    if unit is None and cells.index.nlevels > 1:
        raise DataError(f"unit: name the level that holds the unit (levels: {listed(cells.index.names)}).")
    units = cells.index if unit is None else row_labels(unit, cells.index, "unit", "units")
    known = _areas(area)
    only_values, only_area = units.unique().difference(known.index), known.index.difference(units)
    if len(only_values) or len(only_area):
        raise AlignmentError(
            f"values and area must hold the same units; only in values: {listed(only_values) or 'none'}; "
            f"only in area: {listed(only_area) or 'none'}. Select the units of both before."
        )
    return cells.over_rows(cells.values / known.reindex(units).to_numpy()[:, None], "density")


def _areas(area: Any) -> pd.Series:
    """Positive areas in km2 by unit."""
    if isinstance(area, pd.Series):
        found = area
    elif hasattr(area, "to_crs"):
        if area.crs is None:
            raise LayerError("area: the layer has no coordinate system, so areas cannot be measured.")
        layer = area[~area["decoration"].astype(bool)] if "decoration" in area.columns else area
        found = pd.Series(layer.to_crs(_EQUAL_AREA).area / _SQUARE_METRES)
    else:
        raise DataError(f"area: a Series in km2 or a layer is needed, not {type(area).__name__}.")
    check_unique(found.index, "area")
    values = numeric_values(found, "area")
    if (values <= 0).any():
        raise DataError(f"area: not positive at {listed(found.index[values <= 0])}.")
    return pd.Series(values, index=found.index)
