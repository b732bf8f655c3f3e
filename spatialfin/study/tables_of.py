"""Tables that steps make of other things than tables of the study, on the units of the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._errors import AlignmentError, listed
from .context import StudyTable
from .specs import Missing

if TYPE_CHECKING:
    import pandas as pd

    from .context import Context


def on_layer(
    name: str, frame: pd.DataFrame, time: str, missing: Missing, notes: dict[str, Any], context: Context
) -> StudyTable:
    """A table with the column ``unit``, without the rows of units that the layer does not have.

    Raises
    ------
    AlignmentError
        No unit is in the layer.
    """
    from .inputs import unit_codes

    inside = frame["unit"].isin(unit_codes(context.layer))
    foreign = list(dict.fromkeys(frame.loc[~inside, "unit"]))
    if not inside.any():
        raise AlignmentError(
            f"No region ({listed(foreign)}) is a unit of the layer ({listed(unit_codes(context.layer))}). "
            "Take the level of regions that the layer has."
        )
    if foreign:
        context.log(f"table {name}: rows of {len(foreign)} regions that are not in the layer dropped.")
    return StudyTable(frame[inside].reset_index(drop=True), "unit", time, missing, notes)
