"""Linear regressions by pyfixest, and what the study says about them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .._errors import CollinearityError, DataError, listed
from .._validate import require

__all__ = ["Regression", "Regressions"]

VCOV_WORDS = {"robust": "robust to heteroskedasticity", "cluster": "clustered by county"}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Regression:
    """One regression of the study.

    Attributes
    ----------
    outcome, proximity : str
        Dependent variable, and the weights of the proximity (``"assets"``, ...; ``""`` without proximity).
    coefficients : DataFrame
        Indexed by term, columns estimate, std_error, t, p_value, conf_low, conf_high (95 percent); the last
        row is ``Intercept``, with fixed effects their mean.
    nobs : int
        Rows used.
    r2 : float
        Share of variance explained, fixed effects included.
    r2_without : float
        The same on the same rows without proximity; NaN where it was not asked for.
    effects : str
        ``""``, or the column whose fixed effects are in.
    vcov : str
        How standard errors are found, in words.
    incomplete, singletons : int
        Rows left out because a variable is missing, and because they were the only one of their fixed effect.
    moments : dict of str to float
        ``outcome_mean``, and of proximity ``sd``, ``least`` and ``most`` over the rows used.
    """

    outcome: str
    proximity: str
    coefficients: pd.DataFrame
    nobs: int
    r2: float
    r2_without: float
    effects: str
    vcov: str
    incomplete: int
    singletons: int
    moments: dict[str, float]

    def __repr__(self) -> str:
        terms = ", ".join(
            f"{term} {row.estimate:.3f} ({row.std_error:.3f})"
            for term, row in zip(self.coefficients.index, self.coefficients.itertuples(), strict=True)
        )
        return f"{self.outcome}: {terms}; N = {self.nobs}, R2 = {self.r2:.2f}"

    def effect_size(self) -> dict[str, Any]:
        """What one standard deviation of proximity, and the way from the lowest to the highest, changes.

        Returns
        -------
        dict
            ``estimate``, ``proximity_sd``, ``sd_effect`` (estimate times sd), ``outcome_mean``,
            ``percent_of_mean`` with its interval ``percent_low`` and ``percent_high``, ``range_effect``
            (lowest to highest proximity), ``r2``, ``r2_without`` and ``r2_gain``. For outcomes in logs the
            percentages are the change of the outcome itself, ``100 (exp(sd_effect) - 1)``.
        """
        row = self.coefficients.loc[f"proximity_{self.proximity}"].astype(float).to_dict()
        sd, mean = self.moments["sd"], self.moments["outcome_mean"]

        def percent(estimate: float) -> float:
            is_log = self.outcome.startswith("log_")
            return float(100 * (np.expm1(estimate * sd) if is_log else estimate * sd / mean))

        low, high = sorted((percent(row["conf_low"]), percent(row["conf_high"])))
        return {
            "outcome": self.outcome,
            "proximity": self.proximity,
            "estimate": row["estimate"],
            "proximity_sd": sd,
            "sd_effect": row["estimate"] * sd,
            "outcome_mean": mean,
            "percent_of_mean": percent(row["estimate"]),
            "percent_low": low,
            "percent_high": high,
            "range_effect": row["estimate"] * (self.moments["most"] - self.moments["least"]),
            "r2": self.r2,
            "r2_without": self.r2_without,
            "r2_gain": self.r2 - self.r2_without,
        }

    # The names below are read by maketables.
    @property
    def __maketables_coef_table__(self) -> pd.DataFrame:
        names = {
            "estimate": "b",
            "std_error": "se",
            "p_value": "p",
            "conf_low": "ci95l",
            "conf_high": "ci95u",
        }
        return self.coefficients.rename(columns=names)

    def __maketables_stat__(self, key: str) -> Any:
        return {"N": self.nobs, "r2": self.r2}.get(key)

    @property
    def __maketables_depvar__(self) -> str:
        return self.outcome

    @property
    def __maketables_fixef_string__(self) -> str | None:
        return self.effects or None

    @property
    def __maketables_vcov_info__(self) -> dict[str, Any]:
        return {"vcov_type": self.vcov}

    @property
    def __maketables_default_stat_keys__(self) -> list[str]:
        return ["N", "r2"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Regressions:
    """Regressions of one kind: outcomes by weights of proximity.

    Attributes
    ----------
    fits : tuple of Regression
        In the order of the tables.
    years : tuple of (int, int)
    left_out : DataFrame
        What is not used, and why: ``reason``, ``number`` and up to five ``examples``.
    """

    fits: tuple[Regression, ...]
    years: tuple[int, int]
    left_out: pd.DataFrame

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.fits))

    def has(self, outcome: str) -> bool:
        """Whether there are regressions of an outcome.

        Parameters
        ----------
        outcome : str
            Dependent variable.

        Returns
        -------
        bool
        """
        return any(fit.outcome == outcome for fit in self.fits)

    def fit(self, outcome: str, proximity: str) -> Regression:
        """One of the regressions.

        Parameters
        ----------
        outcome : str
            Dependent variable.
        proximity : str
            ``"assets"``, ``"employment"``, ``"output"``, or ``""`` for the one without proximity.

        Returns
        -------
        Regression

        Raises
        ------
        DataError
            There is no such regression.
        """
        found = [fit for fit in self.fits if (fit.outcome, fit.proximity) == (outcome, proximity)]
        if not found:
            there = [f"{fit.outcome} on {fit.proximity or 'none'}" for fit in self.fits]
            raise DataError(f"No regression of {outcome!r} on {proximity!r}. There are: {listed(there, 50)}.")
        return found[0]

    def tidy(self) -> pd.DataFrame:
        """All coefficients, one row each: outcome, proximity, term, estimate, std_error, t, p_value, ..."""
        parts = [
            fit.coefficients.rename_axis("term").reset_index().assign(
                outcome=fit.outcome, proximity=fit.proximity, nobs=fit.nobs, r2=fit.r2
            )
            for fit in self.fits
        ]  # fmt: skip
        table = pd.concat(parts, ignore_index=True)
        first = ["outcome", "proximity", "term"]
        return table[[*first, *(name for name in table if name not in first)]]

    def effect_sizes(self) -> pd.DataFrame:
        """`Regression.effect_size` of every regression with proximity, one row each."""
        return pd.DataFrame([fit.effect_size() for fit in self.fits if fit.proximity])


def regress(
    data: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    *,
    proximity: str = "",
    effects: str = "",
    vcov: str = "robust",
    compare: bool = False,
) -> Regression:
    """Regress `outcome` on `terms` (and proximity) by pyfixest, on the rows that are complete.

    With `compare`, the same rows are also fitted without proximity, for the gain in R2.
    """
    near = f"proximity_{proximity}"
    regressors = [near, *terms] if proximity else list(terms)
    keys = [name for name in (effects, "county" if vcov == "cluster" else "") if name]
    columns = list(dict.fromkeys([outcome, *regressors, *keys]))
    complete = data[columns].replace([np.inf, -np.inf], np.nan).dropna()
    kept = complete
    if effects:
        kept = complete[complete.groupby(effects)[outcome].transform("size") > 1]
    _refuse_unusable(kept, outcome, regressors, effects)
    how: Any = {"CRV1": "county"} if vcov == "cluster" else "hetero"
    table, r2 = _fitted(kept, outcome, regressors, effects, how)
    r2_without = _fitted(kept, outcome, list(terms), effects, how)[1] if compare and proximity else np.nan
    moments = {"outcome_mean": float(kept[outcome].mean())}
    if proximity:
        values = kept[near]
        moments |= {"sd": float(values.std()), "least": float(values.min()), "most": float(values.max())}
    return Regression(
        outcome, proximity, table, len(kept), r2, r2_without, effects, VCOV_WORDS[vcov],
        len(data) - len(complete), len(complete) - len(kept), moments,
    )  # fmt: skip


def _refuse_unusable(kept: pd.DataFrame, outcome: str, regressors: list[str], effects: str) -> None:
    """Refuse too few rows, and regressors that do not vary (within the fixed effects)."""
    parameters = len(regressors) + (kept[effects].nunique() if effects else 1)
    if len(kept) <= parameters:
        raise DataError(
            f"{outcome}: {len(kept)} complete rows for {parameters} coefficients and effects. "
            "Give more firms or counties, or fill what is missing."
        )
    within = _within(kept, [outcome, *regressors], effects)
    scale = kept[within.columns].abs().max()
    constant = [str(name) for name in within.columns[within.std() <= 1e-10 * scale]]
    if constant:
        where = f" within {effects}" if effects else ""
        raise CollinearityError(
            f"{outcome}: {listed(constant)} do not vary{where}; nothing can be estimated."
        )


def _within(data: pd.DataFrame, names: list[str], effects: str) -> pd.DataFrame:
    """Values less the means of their fixed effect, around the overall mean."""
    values = data[names].astype(float)
    if not effects:
        return values
    return values - values.groupby(data[effects]).transform("mean") + values.mean()


def _fitted(
    data: pd.DataFrame, outcome: str, regressors: list[str], effects: str, vcov: Any
) -> tuple[pd.DataFrame, float]:
    """Coefficients with the constant last, and R2."""
    formula = f"{outcome} ~ {' + '.join(regressors)}"
    fit = _feols(f"{formula} | {effects}" if effects else formula, data, vcov)
    dropped = [name for name in fit._collin_vars or [] if name != "Intercept"]
    if dropped:
        raise CollinearityError(
            f"{outcome}: {listed(dropped)} are linear combinations of the other regressors. "
            "Use more firms or counties, or data where they vary on their own."
        )
    table = _renamed(fit.tidy())
    if effects:
        table = pd.concat([table, _mean_effect(data, outcome, regressors, effects, vcov, table)])
    else:
        table = table.loc[[*regressors, "Intercept"]]
    return table, float(fit._r2)


def _mean_effect(
    data: pd.DataFrame, outcome: str, regressors: list[str], effects: str, vcov: Any, table: pd.DataFrame
) -> pd.DataFrame:
    """The constant of a regression with fixed effects: their mean.

    The regression of what varies within the effects, around the overall means, has the same slopes, and this
    constant. Its standard errors lack the degrees of freedom of the effects, all by one factor.
    """
    from scipy.stats import t as student

    names = [outcome, *regressors]
    around = data.drop(columns=names).assign(**_within(data, names, effects))
    fit = _feols(f"{outcome} ~ {' + '.join(regressors)}", around, vcov)
    plain = _renamed(fit.tidy())
    row = plain.loc[["Intercept"]].copy()
    row["std_error"] *= (table["std_error"] / plain.loc[table.index, "std_error"]).iloc[0]
    row["t"] = row["estimate"] / row["std_error"]
    clusters = data["county"].nunique() if isinstance(vcov, dict) else None
    df = clusters - 1 if clusters else len(data) - len(regressors) - data[effects].nunique()
    row["p_value"] = 2 * student.sf(row["t"].abs(), df)
    half = student.isf(0.025, df) * row["std_error"]
    row["conf_low"], row["conf_high"] = row["estimate"] - half, row["estimate"] + half
    return row


def _feols(formula: str, data: pd.DataFrame, vcov: Any) -> Any:
    pyfixest = require("pyfixest", "firms")
    with warnings.catch_warnings():
        # Dropped columns are read from the fit and raised by name.
        warnings.filterwarnings("ignore", message=r"[\s\S]*dropped due to multicollinearity")
        return pyfixest.feols(formula, data, vcov=vcov)


def _renamed(table: pd.DataFrame) -> pd.DataFrame:
    names = {
        "Estimate": "estimate", "Std. Error": "std_error", "t value": "t", "Pr(>|t|)": "p_value",
        "2.5%": "conf_low", "97.5%": "conf_high",
    }  # fmt: skip
    return table.rename(columns=names).rename_axis("term")[list(names.values())]


def left_out_table(rows: Sequence[tuple[str, int, Sequence[object]]]) -> pd.DataFrame:
    """What is left out: reason, number and up to five examples; reasons without a case are not there."""
    kept = [
        (reason, number, ", ".join([*map(str, examples[:5]), *(["..."] if len(examples) > 5 else [])]))
        for reason, number, examples in rows
        if number
    ]
    return pd.DataFrame(kept, columns=["reason", "number", "examples"]).astype({"number": "int64"})
