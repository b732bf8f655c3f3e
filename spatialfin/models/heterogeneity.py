"""One specification by groups of units: split samples or interacted coefficients, and tests of equality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import block_diag

from .._errors import (
    DataError,
    FormulaError,
    OptionError,
    SpatialfinError,
    listed,
    nearest,
    raise_all,
    warn_caller,
)
from .._spatial_weights import check_weights
from .._typing import Model
from .._validate import check_frame, check_names, check_option, check_same_units, check_unique
from ..panel import key_panel
from ..weights import SpatialWeights
from ._family import HAS_LAGS, MODELS
from .cross_section import fit_cross_section
from .design import INTERCEPT
from .formula import Terms, only_of, read_formula, read_terms, written
from .impacts import Impacts
from .panel import fit_panel
from .regimes import wald
from .results import ModelResult
from .robustness import check_options_of
from .views import html_table

Array = NDArray[np.float64]

FEW_UNITS = 30
_SHOWN = ["estimate", "std_error", "p_value"]
_ROW = ["variable", "impact", "horizon"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class HeterogeneityResult:
    """The same specification by region, side by side.

    Attributes
    ----------
    formula, model, by : str
    method : {"split", "interacted"}
    sizes : Series
        Units per region.
    fits : dict of str to ModelResult
        By region; of ``"interacted"`` the one common fit under every name.
    impacts : dict of str to Impacts
        By region.
    coefficient_tests : DataFrame
        Wald tests that a coefficient, and that all of them, are equal over the regions (without the
        intercept): term, statistic, df, p_value.
    impact_tests : DataFrame
        The same of every impact, with the covariance of its draws: variable, impact, horizon, statistic, df,
        p_value.
    """

    formula: str
    model: str
    by: str
    method: str
    sizes: pd.Series
    fits: dict[str, ModelResult]
    impacts: dict[str, Impacts]
    coefficient_tests: pd.DataFrame
    impact_tests: pd.DataFrame

    @property
    def frame(self) -> pd.DataFrame:
        """Impacts side by side: rows (variable, impact, horizon), columns (region, value)."""
        table = self.tidy().set_index(_ROW)
        sides = {name: table.loc[table["region"] == name, _SHOWN] for name in self.impacts}
        return pd.concat(sides, axis=1, names=["region", "value"], sort=False)

    def tidy(self, inference: str = "simulated", level: float = 0.95) -> pd.DataFrame:
        """Impacts of all regions in one long table.

        Parameters
        ----------
        inference : {"simulated", "delta"}
            As in `Impacts.tidy`.
        level : float
            Confidence level.

        Returns
        -------
        DataFrame
            region, and the columns of `Impacts.tidy`. With ``"interacted"`` the variables of the formula
            only, not the dummies of the regions.
        """
        tables = []
        for name, impacts in self.impacts.items():
            table = impacts.tidy(inference, level)
            table = table[table["variable"].isin(self.impact_tests["variable"])]
            tables.append(table.assign(region=name))
        found = pd.concat(tables, ignore_index=True)
        return found[["region", *(name for name in found.columns if name != "region")]]

    def __repr__(self) -> str:
        estimates = self.frame.xs("estimate", axis=1, level="value")
        counted = ", ".join(f"{name} {size}" for name, size in self.sizes.items())
        return (
            f"{self.model.upper()} by {self.by} ({self.method}), units: {counted}\n"
            f"{estimates.to_string(float_format=lambda value: f'{value:.4g}')}\n"
            f"Equality of coefficients (Wald)\n{_short(self.coefficient_tests)}\n"
            f"Equality of impacts (Wald)\n{_short(self.impact_tests)}"
        )

    def _repr_html_(self) -> str:
        return html_table(self.tidy()) + html_table(self.coefficient_tests) + html_table(self.impact_tests)


def heterogeneity(
    formula: str,
    data: pd.DataFrame,
    weights: SpatialWeights,
    *,
    by: str,
    method: Literal["split", "interacted"] = "split",
    unit: str | None = None,
    time: str | None = None,
    model: Model = "sdm",
    at: Mapping[str, float | str] | None = None,
    draws: int = 1000,
    seed: int = 0,
    **options: Any,
) -> HeterogeneityResult:
    """Fit one specification by groups of units, such as macro-regions, and test whether they differ.

    Parameters
    ----------
    formula : str
        Without `by`.
    data : DataFrame
        One row per unit, or per unit and period, in any order.
    weights : SpatialWeights
        For the same units.
    by : str
        Column with the group of every unit, the same in all periods.
    method : {"split", "interacted"}
        A model per region with the links inside it (``weights.subset``; links across are cut), or one model
        of all units in which every coefficient but rho and lam differs by region.
    unit, time : str, optional
        Columns or index levels with the keys; `time` makes it a panel.
    model : {"ols", "slx", "sar", "sem", "sdm", "sdem", "sac"}
    at : mapping, optional
        Values of moderators, as in ``ModelResult.impacts``.
    draws, seed : int
        Of the simulated impacts.
    **options
        Further options of `fit_cross_section` or `fit_panel`, such as ``effects="twoway"``.

    Returns
    -------
    HeterogeneityResult

    Raises
    ------
    OptionError
        For an option that does not exist.
    DataError
        When `by` is no column, is missing in a row, changes over time, has one region or a region with too
        few rows for its coefficients; and as in the fit, with the region's name.
    FormulaError
        When `by` is in the formula too.
    AlignmentError
        When data and weights hold different units.

    Warns
    -----
    SpatialfinWarning
        For regions of fewer than 30 units.

    Notes
    -----
    Split samples count as independent in the tests. With ``"interacted"`` a lagged regressor has the
    coefficient of the region that sends, ``sum_j w_ij x_j theta_r(j)``; the impacts of a region are those of
    a network in which all units have its coefficients, ``(I - rho W)^-1 (beta_r I + theta_r W)``: they differ
    by the coefficients and not by the position on the map.

    References
    ----------
    Anselin, L. (1988). Spatial Econometrics: Methods and Models, chapter 9.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> ring = np.roll(np.eye(80), 1, axis=0) + np.roll(np.eye(80), -1, axis=0)
    >>> w = sf.SpatialWeights.from_matrix(ring, ids=[f"u{i:02d}" for i in range(80)]).standardize("row")
    >>> rng = np.random.default_rng(0)
    >>> data = pd.DataFrame({"x": rng.normal(size=80), "region": ["East"] * 40 + ["West"] * 40}, index=w.ids)
    >>> data["y"] = np.where(data["region"] == "East", 2, -1) * data["x"] + rng.normal(size=80)
    >>> found = sf.models.heterogeneity("y ~ x", data, w, by="region", model="sar", draws=50)
    >>> bool(found.coefficient_tests.set_index("term")["p_value"]["x"] < 0.01)
    True
    """
    check_option("method", method, ("split", "interacted"))
    check_option("model", model, MODELS)
    check_weights(weights)
    _check_options(time, unit, options)
    regions = _regions(data, by, unit, time)
    check_same_units(regions["unit"], weights.ids)
    _check_formula(formula, by, regions, lagged=model in HAS_LAGS)
    names = sorted(regions["region"].unique())
    sizes = regions.drop_duplicates("unit").groupby("region").size().loc[names].rename("units")
    _warn_of_small(sizes, by)
    options = {**options, "unit": unit, "time": time, "model": model, "seed": seed}
    simulation = {"draws": draws, "seed": seed}
    if method == "split":
        fits, impacts = _split(formula, data, weights, regions, names, options, {**simulation, "at": at})
        params = pd.concat({name: fit.params for name, fit in fits.items()})
        blocks = block_diag(*(fit.cov for fit in fits.values()))
        cov = pd.DataFrame(blocks, index=params.index, columns=params.index)
    else:
        fits, impacts = _interacted(formula, data, weights, by, names, options, simulation, at or {})
        params, cov = _by_region(fits[names[0]], by, names)
    return HeterogeneityResult(
        formula=formula,
        model=model,
        by=by,
        method=method,
        sizes=sizes,
        fits=fits,
        impacts=impacts,
        coefficient_tests=_coefficient_tests(params, cov),
        impact_tests=_impact_tests(impacts, _factor(by), independent=method == "split"),
    )


def _short(table: pd.DataFrame) -> str:
    return str(table.to_string(index=False, float_format=lambda value: f"{value:.4g}"))


def _check_options(time: str | None, unit: str | None, options: dict[str, Any]) -> None:
    if time is not None and unit is None:
        raise OptionError(f"time={time!r} needs unit=, the column with the units.")
    if "regimes" in options:
        raise OptionError("regimes= goes with fit_cross_section; name the regions by by=.")
    check_options_of(fit_cross_section if time is None else fit_panel, options)


def _regions(data: pd.DataFrame, by: str, unit: str | None, time: str | None) -> pd.DataFrame:
    """Unit and region (as text) of every row; every unit in one region."""
    check_frame(data)
    if not isinstance(by, str) or by not in data.columns:
        raise DataError(f"by={by!r} is no column of the data.{nearest(by, data.columns)}")
    if unit is not None and time is not None:
        key_panel(data, unit=unit, time=time)
    if unit is not None and unit not in [*data.columns, *data.index.names]:
        known = [*data.columns, *(name for name in data.index.names if name)]
        raise DataError(f"unit={unit!r} is no column or index level of the data.{nearest(unit, known)}")
    labels = data.index if unit is None else _key(data, unit)
    if time is None:
        check_unique(labels, "data")
    found = pd.DataFrame({"unit": labels.to_numpy(), "region": data[by].to_numpy()})
    missing = found["unit"][found["region"].isna()].unique()
    if len(missing):
        raise DataError(f"by={by!r}: no region at {listed(missing)}. Give every unit one, or drop the units.")
    found["region"] = found["region"].astype(str)
    several = found.groupby("unit")["region"].nunique()
    moving = several.index[several > 1]
    if len(moving):
        raise DataError(
            f"by={by!r}: {listed(moving)} change their region over time. A unit needs one region."
        )
    names = found["region"].unique()
    if len(names) < 2:
        raise DataError(f"by={by!r} has one region, {names[0]!r}; at least two are needed.")
    return found


def _key(data: pd.DataFrame, name: str) -> pd.Index:
    return pd.Index(data[name]) if name in data.columns else data.index.get_level_values(name)


def _check_formula(formula: str, by: str, regions: pd.DataFrame, *, lagged: bool) -> None:
    """The formula must leave `by` to us, and every region must carry its coefficients."""
    _, terms, _ = read_formula(formula)
    if any(factor.strip("`") in {by, f"C({by})"} for term in terms for factor in term):
        raise FormulaError(f"by={by!r} is a term of the formula too. Leave it out: by= adds what is needed.")
    coefficients = len(terms) * (1 + lagged)
    rows = regions.groupby("region").size()
    small = rows.index[rows <= coefficients]
    if len(small):
        raise DataError(
            f"by={by!r}: regions {listed(small)} have no more rows than the {coefficients} coefficients they "
            "need. Merge regions or drop terms."
        )


def _warn_of_small(sizes: pd.Series, by: str) -> None:
    small = sizes[sizes < FEW_UNITS]
    if len(small):
        counted = ", ".join(f"{name!r} ({size})" for name, size in small.items())
        warn_caller(
            f"by={by!r}: regions of fewer than {FEW_UNITS} units: {counted}. Standard errors and tests hold "
            "for many units; read them with care."
        )


def _fit(
    formula: str, data: pd.DataFrame, weights: SpatialWeights, *, time: str | None, **options: Any
) -> ModelResult:
    if time is None:
        return fit_cross_section(formula, data, weights, **options)
    return fit_panel(formula, data, weights, time=time, **options)


def _split(
    formula: str,
    data: pd.DataFrame,
    weights: SpatialWeights,
    regions: pd.DataFrame,
    names: list[str],
    options: dict[str, Any],
    simulation: dict[str, Any],
) -> tuple[dict[str, ModelResult], dict[str, Impacts]]:
    """A fit per region with the links inside it; failures of all regions in one error."""
    fits: dict[str, ModelResult] = {}
    impacts: dict[str, Impacts] = {}
    failures: dict[str, SpatialfinError] = {}
    for name in names:
        inside = (regions["region"] == name).to_numpy()
        try:
            kept = weights.subset(regions["unit"][inside].drop_duplicates())
            fits[name] = _fit(formula, data[inside], kept, **options)
            impacts[name] = fits[name].impacts(**simulation)
        except SpatialfinError as error:
            failures[name] = error
    kinds = {type(error) for error in failures.values()}
    kind = kinds.pop() if len(kinds) == 1 else SpatialfinError
    if len(failures) == len(names) and len({str(error) for error in failures.values()}) == 1:
        raise failures[names[0]]  # a fault of the formula or the options: told once
    raise_all([f"{name!r}: {error}" for name, error in failures.items()], kind, "regions")
    return fits, impacts


def _interacted(
    formula: str,
    data: pd.DataFrame,
    weights: SpatialWeights,
    by: str,
    names: list[str],
    options: dict[str, Any],
    simulation: dict[str, Any],
    at: Mapping[str, float | str],
) -> tuple[dict[str, ModelResult], dict[str, Impacts]]:
    """One fit with every term by region, and its impacts at each region."""
    outcome, terms, intercept = read_formula(formula)
    absorbed = options["time"] is not None and options.get("effects", "twoway") in {"unit", "twoway"}
    factor = _factor(by)
    if not terms:
        raise FormulaError("The formula has no regressor but the intercept, so no coefficient to differ.")
    # Unit effects hold the regions' own dummies; with a constant, dummies of periods are coded beside them.
    alone = [[factor]] if intercept and not absorbed else []
    crossed = written(
        outcome,
        [*alone, *([*term, factor] for term in terms)],
        intercept=intercept or absorbed,
    )
    if options["model"] in HAS_LAGS:
        lagged = _durbin(options.get("durbin"), read_terms(formula), options["time"])
        options = {**options, "durbin": [f"{name}:{factor}" for name in lagged]}
    fit = _fit(crossed, data, weights, **options)
    return (
        dict.fromkeys(names, fit),
        {name: fit.impacts(at={**at, factor: name}, **simulation) for name in names},
    )


def _factor(by: str) -> str:
    return f"C({by})" if by.isidentifier() else f"C(`{by}`)"


def _durbin(wanted: Sequence[str] | None, read: Terms, time: str | None) -> list[str]:
    """The terms that get a lag: by default all but what is made of the periods alone."""
    plain = [":".join(term) for term in read.terms]
    if wanted is None:
        return [
            name
            for name, term in zip(plain, read.terms, strict=True)
            if not only_of(term, read.expressions, time)
        ]
    chosen = check_names("durbin", wanted)
    unknown = [name for name in chosen if name not in plain]
    if unknown:
        raise FormulaError(
            f"durbin={list(chosen)!r}: {listed(unknown)} is no term of the formula."
            f"{nearest(unknown[0], plain)} Terms: {listed(plain, 10)}."
        )
    return chosen


def _by_region(fit: ModelResult, by: str, names: list[str]) -> tuple[pd.Series, pd.DataFrame]:
    """Coefficients of the crossed terms keyed by (region, term), with their covariance."""
    keys: dict[str, tuple[str, str]] = {}
    for name in names:
        mark = f":{_factor(by)}[{name}]"
        for label in fit.params.index:
            if mark in label:
                keys[label] = (name, label.replace(mark, ""))
    index = pd.MultiIndex.from_tuples(keys.values())
    chosen = list(keys)
    params = fit.params.loc[chosen].set_axis(index)
    return params, fit.cov.loc[chosen, chosen].set_axis(index).set_axis(index, axis=1)


def _coefficient_tests(params: pd.Series, cov: pd.DataFrame) -> pd.DataFrame:
    """Wald tests per term that all regions have, and of all such terms together."""
    regions = list(dict.fromkeys(params.index.get_level_values(0)))
    terms = dict.fromkeys(params.index.get_level_values(1))
    shared = [
        term for term in terms if term != INTERCEPT and all((name, term) in params.index for name in regions)
    ]
    rows, contrasts = [], []
    for term in shared:
        chosen = np.array([params.index == (name, term) for name in regions], dtype=float)
        contrast = chosen[0] - chosen[1:]
        contrasts.append(contrast)
        rows.append((term, *wald(params, cov, contrast)))
    rows.append(("all coefficients", *wald(params, cov, np.vstack(contrasts))))
    return pd.DataFrame(rows, columns=["term", "statistic", "df", "p_value"])


def _impact_tests(impacts: dict[str, Impacts], factor: str, *, independent: bool) -> pd.DataFrame:
    """Wald tests that an impact is equal over the regions; none where it has no variance.

    The dummies of the regions, levels of `factor`, are no variables.
    """
    tables = [each.tidy().set_index(_ROW) for each in impacts.values()]
    shared = [key for key in tables[0].index if all(key in table.index for table in tables)]
    rows = []
    for key in (key for key in shared if not str(key[0]).startswith(f"{factor}[")):
        estimates = np.array([table.loc[key, "estimate"] for table in tables], dtype=float)
        samples = [
            each.draws.reshape(len(each.draws), -1)[:, table.index.get_loc(key)]
            for each, table in zip(impacts.values(), tables, strict=True)
        ]
        cov = np.diag([sample.var(ddof=1) for sample in samples]) if independent else np.cov(samples)
        contrast = np.column_stack([np.ones(len(tables) - 1), -np.eye(len(tables) - 1)])
        rows.append((*key, *wald(pd.Series(estimates), pd.DataFrame(cov), contrast)))
    return pd.DataFrame(rows, columns=[*_ROW, "statistic", "df", "p_value"])
