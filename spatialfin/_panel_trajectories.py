"""One variable of a panel as an array of units by periods, with everything checked once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from ._errors import DataError, IslandError, listed, nearest, raise_all
from ._spatial_weights import SpatialWeights, check_linked, check_weights
from ._validate import check_frame, check_same_units, numeric_values
from .panel import KeyedPanel, key_panel


@dataclass(frozen=True, slots=True, eq=False)
class Trajectories:
    """Values of every unit in every period.

    Attributes
    ----------
    values : ndarray, shape (N, T)
    units, times : Index
        In the order of rows and columns.
    name : str
        The variable.
    """

    values: np.ndarray
    units: pd.Index
    times: pd.Index
    name: str

    @property
    def years(self) -> np.ndarray:
        """Periods as numbers: themselves, also when written as text, dates in years, else 0, 1, 2, ..."""
        times = self.times.to_timestamp() if isinstance(self.times, pd.PeriodIndex) else self.times
        if pd.api.types.infer_dtype(times) == "date":
            times = pd.DatetimeIndex(times)
        if isinstance(times, pd.DatetimeIndex):
            return _years_of_dates(times)
        numbers = pd.to_numeric(pd.Series(times), errors="coerce").to_numpy(dtype=float)
        return numbers if (np.diff(numbers) > 0).all() else np.arange(len(times), dtype=float)

    @property
    def step(self) -> float:
        """Length of the step between periods, the same for all."""
        return float(np.diff(self.years)[0])

    def refuse_flat_periods(self, why: str) -> None:
        """Name the periods in which all units have the same value."""
        flat = np.ptp(self.values, axis=0) <= 1e-12 * np.abs(self.values).max(axis=0)
        if flat.any():
            raise DataError(f"{self.name}: constant in {listed(self.times[flat])}, so it {why}.")

    def relative(self, steps: slice | list[int], remedy: str) -> np.ndarray:
        """Values of some periods over their means, which must be positive."""
        values = self.values[:, steps]
        means = values.mean(axis=0)
        low = self.times[steps][means <= 1e-12 * np.abs(values).max()]
        if len(low):
            raise DataError(
                f"{self.name}: the mean is not positive in {listed(low)}, so values relative to it mean "
                f"nothing: {remedy}."
            )
        return np.asarray(values / means)

    def frame(self, values: np.ndarray, name: str, unit: str, time: str) -> pd.DataFrame:
        """Values by unit and the periods they belong to (the last of those here) in rows."""
        times = self.times[len(self.times) - values.shape[1] :]
        keys = pd.MultiIndex.from_product([self.units, times], names=[unit, time])
        return pd.DataFrame({name: values.ravel()}, index=keys).reset_index()


def _years_of_dates(dates: pd.DatetimeIndex) -> np.ndarray:
    """Whole months, which calendars make unequal, as parts of a year; shorter steps by their days."""
    months = (dates.year * 12 + dates.month).to_numpy(dtype=float)
    if (np.diff(months) > 0).all():
        return months / 12
    return np.asarray((dates - dates[0]) / pd.Timedelta(days=365.25), dtype=float)


def read_trajectories(
    data: pd.DataFrame,
    variable: str,
    *,
    unit: str,
    time: str,
    fewest_units: int,
    fewest_times: int,
    positive: bool = False,
    even: bool = False,
) -> Trajectories:
    """Check a variable of a balanced panel and bring it into an array.

    `positive` asks for values that have a logarithm, `even` for steps of equal length.
    """
    panel = key_panel(_with_variable(data, variable, unit, time), unit=unit, time=time, gaps="observed")
    found = Trajectories(np.empty((0, 0)), panel.units, panel.times, variable)
    problems = [*_too_few(found, fewest_units, fewest_times), *_gaps(panel)]
    if even and len(panel.times) > 2 and len(np.unique(np.round(np.diff(found.years), 9))) > 1:
        problems.append(
            f"the periods {listed(panel.times)} are not equally far apart, and a step must be one length: "
            "take a stretch without missing periods, or every second, third, ... period"
        )
    values = numeric_values(panel.frame[variable], variable)
    bad = values <= 0
    if positive and bad.any():
        problems.append(
            f"values of zero or less, which have no logarithm, at {listed(panel.frame.index[bad])}: "
            "drop these units"
        )
    raise_all(problems, DataError, variable)
    shape = len(panel.times), len(panel.units)
    return Trajectories(values.reshape(shape).T.copy(), panel.units, panel.times, variable)


def _with_variable(data: pd.DataFrame, variable: str, unit: str, time: str) -> pd.DataFrame:
    check_frame(data)
    if not isinstance(variable, str):
        raise DataError(f"variable={variable!r}: the name of one column is needed.")
    if variable in (unit, time):
        raise DataError(f"variable={variable!r} is a key of the panel: name a column with values.")
    if variable not in data.columns:
        raise DataError(f"The data have no column {variable!r}.{nearest(variable, data.columns)}")
    if data.empty:
        raise DataError("The data have no rows.")
    levels = [name for name in (unit, time) if name in data.index.names and name not in data.columns]
    frame = data.reset_index(level=levels) if levels else data
    wanted = [unit, time, variable]
    # Without its keys the whole table goes on to the error that names them.
    return frame[wanted] if set(wanted) <= set(frame.columns) and unit != time else frame


def _too_few(found: Trajectories, fewest_units: int, fewest_times: int) -> list[str]:
    problems = []
    if len(found.units) < fewest_units:
        problems.append(f"{len(found.units)} units, at least {fewest_units} are needed")
    if len(found.times) < fewest_times:
        problems.append(f"{len(found.times)} periods, at least {fewest_times} are needed")
    return problems


def _gaps(panel: KeyedPanel) -> list[str]:
    if panel.places is None:
        return []
    n = len(panel.units)
    absent = np.setdiff1d(np.arange(n * len(panel.times)), panel.places)
    named = listed(f"{panel.units[place % n]}, {panel.times[place // n]}" for place in absent)
    return [f"no row for {named}: drop these units or periods, or fill the gaps openly before"]


def neighbour_means(found: Trajectories, weights: SpatialWeights) -> np.ndarray:
    """Mean of the neighbours in each period, shape (N, T); the weights are row-standardised for it."""
    return np.asarray(neighbour_matrix(found, weights) @ found.values)


def neighbour_matrix(found: Trajectories, weights: SpatialWeights) -> csr_array:
    """Row-standardised weights in the order of the units, every unit with a neighbour."""
    check_weights(weights)
    check_same_units(found.units, weights.ids)
    check_linked(weights.sparse)
    if len(weights.islands):
        raise IslandError(
            f"Units without neighbours have no spatial lag: {listed(weights.islands)}. Link them with "
            "islands= of the builder, or drop them from data and weights (weights.subset(ids))."
        )
    row = weights if weights.style == "row" else weights.standardize("row")
    return row.align(found.units)
