"""Lines over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from spatialfin._errors import AlignmentError, DataError, listed, nearest
from spatialfin._labels import label_of
from spatialfin._validate import check_frame, check_mapping, check_number

from ._style import INK, LINES, dress, legend_below, legend_texts, letters, new_axes

_OTHERS = "#cfcfcf"
_LIMIT = "#8a4b00"


def trend(
    data: pd.DataFrame,
    columns: str | Sequence[str],
    *,
    time: str,
    unit: str | None = None,
    units: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    thresholds: Mapping[str, float] | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """One or two variables over time, for one series or for selected units.

    Parameters
    ----------
    data : DataFrame
        One row per period, or per unit and period, in any order.
    columns : str or sequence of str
        One variable, or two: the second has its own scale on the right and dashed lines.
    time : str
        Column or index level of the periods.
    unit : str, optional
        Column or index level of the units.
    units : sequence of str, optional
        Units to draw in colour, at most eight. With one variable the others stay grey behind them.
        Without it, all units are coloured when there are at most eight, else all are grey.
    names : mapping of str to str, optional
        Unit code to name.
    labels : mapping of str to str, optional
        Labels of the variables and of the time.
    thresholds : mapping of str to float, optional
        Words to the level of a horizontal line, such as ``{"high": 0.18}``; for one variable only.
    title : str, optional
        Title of the axes.
    ax : Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    Axes
        The axes of the first variable; those of the second lie on top of them.

    Raises
    ------
    DataError
        A column is missing or holds text, there are more than two (or two, and thresholds), a unit has a
        period twice, or nothing is left to draw.
    AlignmentError
        `units` names units that the data do not have.

    Notes
    -----
    A missing value is a gap in the line, never bridged; single periods between gaps show as points.

    Examples
    --------
    >>> data = pd.DataFrame({"year": [2011, 2010], "lq": [1.1, 1.0]})
    >>> trend(data, "lq", time="year").lines[0].get_xdata().tolist()
    [2010, 2011]
    """
    check_frame(data)
    check_mapping("names", names)
    check_mapping("thresholds", thresholds)
    if isinstance(units, str):
        raise DataError(f"units={units!r}: a list is needed, such as [{units!r}].")
    chosen = [columns] if isinstance(columns, str) else list(columns)
    if not 1 <= len(chosen) <= 2:
        raise DataError(f"trend: {len(chosen)} columns. Give one variable, or two for a second scale.")
    if thresholds and len(chosen) == 2:
        raise DataError("trend: thresholds belong to one variable; two have scales of their own.")
    table = _keyed(data, chosen, time, unit)
    wide = [_wide(table, column) for column in chosen]
    coloured = _coloured(wide[0].columns, units, grouped=unit is not None)
    ax = new_axes(ax, (7.4, 4.4))
    axes = [ax] if len(chosen) == 1 else [ax, ax.twinx()]
    if unit is not None and len(chosen) == 1:
        rest = wide[0].drop(columns=coloured)
        ax.plot(rest.index, rest.to_numpy(), color=_OTHERS, linewidth=0.8, zorder=1)
    several = unit is not None and len(coloured) > 1
    for number, (frame, axis, column) in enumerate(zip(wide, axes, chosen, strict=True)):
        for position, name in enumerate(coloured):
            colour = LINES[position] if several else LINES[number]
            _line(axis, frame[name], colour=colour, dashed=number == 1)
        axis.spines["top"].set_visible(False)
        own_colour = len(chosen) == 2 and not several
        axis.set_ylabel(label_of(column, labels), color=LINES[number] if own_colour else INK)
    if len(chosen) == 1:
        ax.spines["right"].set_visible(False)
    if pd.api.types.is_integer_dtype(wide[0].index.dtype):
        ax.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    lines = _threshold_lines(ax, thresholds or {})
    shown = {name: (names or {}).get(str(name), str(name)) for name in coloured}
    _annotate(axes, coloured, shown, chosen, several=several, labels=labels, time=time, title=title)
    dress(lines)
    return ax


def _keyed(data: pd.DataFrame, columns: list[str], time: str, unit: str | None) -> pd.DataFrame:
    """Unit, period and values as columns; units as text."""
    levels = [name for name in data.index.names if name is not None and name not in data.columns]
    table = data.reset_index(level=levels) if levels else data
    problems = [
        f"there is no column {name!r}.{nearest(name, table.columns)}"
        for name in [time, *([] if unit is None else [unit]), *columns]
        if name not in table.columns
    ]
    if problems:
        raise DataError("trend: " + " ".join(problems))
    if table.empty:
        raise DataError("trend: the data have no rows.")
    keyed = pd.DataFrame({"time": table[time].to_numpy()})
    keyed["unit"] = "" if unit is None else table[unit].astype("str").to_numpy()
    for column in columns:
        numbers = pd.to_numeric(table[column], errors="coerce")
        text = table[column][numbers.isna() & table[column].notna()]
        if len(text):
            raise DataError(f"trend: column {column!r} holds text: {listed(text.unique())}.")
        keyed[column] = numbers.to_numpy(dtype=float, na_value=float("nan"))
    if keyed["time"].isna().any() or keyed["unit"].isna().any():
        raise DataError("trend: rows without a unit or period. Drop or complete them.")
    repeated = keyed[keyed.duplicated(["unit", "time"])]
    if len(repeated):
        pairs = [f"{row.unit} {row.time}".strip() for row in repeated.itertuples()]
        hint = "" if unit is not None else " Give unit=, the column of the units."
        raise DataError(f"trend: more than one row for {listed(pairs)}.{hint}")
    return keyed


def _wide(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Periods by units, sorted; years without a row are there and empty."""
    wide = table.pivot(index="time", columns="unit", values=column).sort_index()
    if isinstance(wide.index, pd.PeriodIndex):
        return wide.set_axis(wide.index.to_timestamp())
    if pd.api.types.is_integer_dtype(wide.index.dtype):
        return wide.reindex(pd.RangeIndex(wide.index.min(), wide.index.max() + 1, name="time"))
    return wide


def _coloured(known: pd.Index, units: Sequence[str] | None, *, grouped: bool) -> list[str]:
    if units is None:
        return list(known) if not grouped or len(known) <= len(LINES) else []
    unknown = [one for one in units if str(one) not in known]
    if unknown:
        raise AlignmentError(f"trend: the data have no unit {listed(unknown)}.{nearest(unknown[0], known)}")
    if len(units) > len(LINES):
        raise DataError(f"trend: {len(units)} units. At most {len(LINES)} colours can be told apart.")
    return [str(one) for one in units]


def _line(axis: Axes, values: pd.Series, *, colour: str, dashed: bool) -> None:
    axis.plot(
        values.index,
        values.to_numpy(),
        color=colour,
        linewidth=1.8,
        linestyle="--" if dashed else "-",
        marker="s" if dashed else "o",
        markersize=3.5,
        zorder=3,
    )


def _threshold_lines(ax: Axes, thresholds: Mapping[str, float]) -> list[Text]:
    """Dashed lines over the whole width, each with its words above its left end."""
    texts: list[Text] = []
    for words, level in thresholds.items():
        check_number(f"thresholds[{words!r}]", level)
        ax.axhline(level, color=_LIMIT, linewidth=1.0, linestyle=(0, (4, 3)), zorder=2)
        texts.append(
            ax.annotate(f"{words} {level:g}", (0.0, level), xycoords=("axes fraction", "data"),
                        xytext=(4, 3), textcoords="offset points", fontsize=letters(8.5), color=_LIMIT)
        )  # fmt: skip
    if thresholds:
        ax.autoscale_view()
    return texts


def _annotate(
    axes: list[Axes],
    coloured: list[str],
    shown: Mapping[str, str],
    columns: list[str],
    *,
    several: bool,
    labels: Mapping[str, str] | None,
    time: str,
    title: str | None,
) -> None:
    """Axis labels, one legend for both scales, the title."""
    texts = [axes[0].set_xlabel(label_of(time, labels)), *(axis.yaxis.label for axis in axes)]
    handles = []
    if several:
        handles += [
            Line2D([], [], color=colour, linewidth=2, label=shown[one])
            for colour, one in zip(LINES, coloured, strict=False)
        ]
    if len(columns) == 2:
        for number, column in enumerate(columns):
            handles.append(
                Line2D(
                    [],
                    [],
                    color=INK if several else LINES[number],
                    linestyle="--" if number else "-",
                    marker="s" if number else "o",
                    markersize=3.5,
                    label=label_of(column, labels),
                )
            )
    if handles and len(axes) == 2:
        texts += legend_texts(legend_below(axes[0], columns=2, handles=handles))
    elif handles:
        drawn = axes[0].legend(
            handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=letters(9)
        )
        texts += legend_texts(drawn)
    if title is not None:
        texts.append(axes[0].set_title(title, color=INK))
    dress(texts)
