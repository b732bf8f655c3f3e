"""Steps that fit one specification several times: over several weights, and by region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from .._errors import DataError
from .blocks import Block, NoteBlock, TableBlock
from .panel_spec import Refitted, Specification, fit_options, p_text, specification
from .schema import RegionColumn, WeightsName
from .specs import StepOptions
from .steps_impacts import impact_words, labelled
from .steps_panel import number_cell

if TYPE_CHECKING:
    import pandas as pd

    from ..models import HeterogeneityResult, Impacts, RobustnessResult
    from ..tables import Table
    from .context import Context

_ALPHA = 0.05
_FEWEST_WEIGHTS = 2


@dataclass(frozen=True, kw_only=True)
class Robustness(Refitted):
    """``robustness``: one specification over several weights, rho and impacts side by side.

    Without ``weights`` over all of the study.
    """

    weights: list[WeightsName] | None = None

    def faults(self, earlier: Mapping[str, StepOptions], weights: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Also: one matrix is none to compare."""
        yield from super().faults(earlier, weights)
        if len(set(weights if self.weights is None else self.weights)) < _FEWEST_WEIGHTS:
            yield "weights", "at least two different matrices [weights.NAME] are needed to compare."


def run_robustness(options: Robustness, context: Context) -> RobustnessResult:
    """One fit for each of the weights."""
    from ..models import robustness

    spec = specification(options, context)
    names = options.weights or list(context.weights)
    return robustness(
        spec.formula,
        spec.rows,
        {name: spec.weights_in(context, name) for name in dict.fromkeys(names)},
        **spec.keys,
        **_fit(spec, options, context),
    )


def _fit(spec: Specification, options: Refitted, context: Context) -> dict[str, Any]:
    """What both library calls take beside formula, rows and keys."""
    model = spec.model or "sdm"
    drawn = {"draws": options.draws, "seed": context.head.seed}
    return {"model": model, **drawn, **fit_options(spec.options, model)}


def render_robustness(result: RobustnessResult, _options: Robustness, context: Context) -> list[Block]:
    """What holds over the weights, the fits side by side, and how alike the weights are."""
    from ..tables import frame_table, regression_table

    fits, names = list(result.fits.values()), list(result.fits)
    label = fits[0].label
    table = regression_table(
        fits,
        labels=context.labels,
        impacts=[result.impacts.get(name) for name in names],
        title=context.say("robustness_title", model=label),
        notes=[context.say("robustness_note")],
        lang=context.head.lang,
    )
    blocks: list[Block] = [NoteBlock(line) for line in _held(result, context)]
    blocks.append(TableBlock("", _with_heads(table, names)))
    correlations = result.correlations.rename_axis(None).rename_axis(None, axis=1)
    title = context.say("weights_correlations")
    shown = frame_table(correlations, title=title, notes=context.say("weights_correlations_note"))
    return [*blocks, TableBlock("correlations", shown)]


def _held(result: RobustnessResult, context: Context) -> list[str]:
    """How many of the weights agree in sign and significance, for rho and every indirect impact."""
    table = result.tidy()
    lines = []
    for part, key in (("spatial", "held_spatial"), ("indirect", "held_indirect")):
        for term, rows in table[table["part"] == part].groupby("term", sort=False):
            lines.append(
                context.say(
                    key,
                    term=labelled([term], context)[0],
                    n=len(rows),
                    low=f"{rows['estimate'].min():.3f}",
                    high=f"{rows['estimate'].max():.3f}",
                    positive=int((rows["estimate"] > 0).sum()),
                    sure=int((rows["p_value"] < _ALPHA).sum()),
                )
            )
    return lines


def _with_heads(table: Table, heads: Sequence[str]) -> Table:
    """The table with these words where the models stood: they are all the same."""
    import pandas as pd

    have = table.frame.columns
    outer, numbers = have.get_level_values(0), have.get_level_values(2)
    columns = list(zip(outer, heads, numbers, strict=True))
    names = have.names
    return replace(table, frame=table.frame.set_axis(pd.MultiIndex.from_tuples(columns, names=names), axis=1))


@dataclass(frozen=True, kw_only=True)
class Heterogeneity(Refitted):
    """``heterogeneity``: one specification by region, and tests whether coefficients and impacts differ.

    ``by`` is a column of the table or of the layer, such as ``macro_region``. ``"split"`` fits each region
    alone with the links inside it, ``"interacted"`` one model with coefficients that differ by region.
    """

    by: RegionColumn
    weights: WeightsName = ""
    method: Literal["split", "interacted"] = "split"

    @property
    def needs_weights(self) -> bool:
        """Always; an earlier step may give them."""
        return not self.of


def run_heterogeneity(options: Heterogeneity, context: Context) -> HeterogeneityResult:
    """The fits by region."""
    from ..models import heterogeneity

    spec = specification(options, context, options.weights)
    rows = spec.rows
    if options.by not in rows.columns:
        regions = context.layer[options.by].set_axis(context.layer.index.astype(str))
        rows = rows.assign(**{options.by: rows[spec.keys["unit"]].map(regions)})
    if rows[options.by].isna().any():
        lacking = rows.loc[rows[options.by].isna(), spec.keys["unit"]].nunique()
        raise DataError(f"by = {options.by!r}: {lacking} units have no region.")
    rows = rows.assign(**{options.by: [context.word("region", name) for name in rows[options.by]]})
    return heterogeneity(
        spec.formula,
        rows,
        spec.weights_in(context),
        by=options.by,
        method=options.method,
        **spec.keys,
        **_fit(spec, options, context),
    )


def render_heterogeneity(
    result: HeterogeneityResult, options: Heterogeneity, context: Context
) -> list[Block]:
    """Whether the regions differ, the regions side by side, and the tests."""
    from ..tables import frame_table, regression_table

    names = list(result.fits)
    columns = [_RegionColumn.of(result, name) for name in names]
    table = regression_table(
        columns,
        labels=context.labels,
        impacts=[column.impacts for column in columns],
        title=context.say("heterogeneity_title", by=context.label(options.by)),
        notes=[context.say(f"method_{result.method}")],
        lang=context.head.lang,
    )
    heads = [context.say("region_head", region=name, n=result.sizes[name]) for name in names]
    words = impact_words(context)
    coefficients = _tests(result.coefficient_tests, context, ["term"])
    impacts = _tests(result.impact_tests.drop(columns="horizon"), context, ["variable", "impact"])
    return [
        NoteBlock(_verdict(result, context)),
        TableBlock("", _with_heads(table, heads)),
        TableBlock(
            "equality-coefficients",
            frame_table(coefficients, title=context.say("equality_coefficients"), labels=words),
        ),
        TableBlock(
            "equality-impacts", frame_table(impacts, title=context.say("equality_impacts"), labels=words)
        ),
    ]


def _verdict(result: HeterogeneityResult, context: Context) -> str:
    tests = result.coefficient_tests
    (together,) = tests[tests["term"] == "all coefficients"].to_dict("records")
    key = "regions_differ" if together["p_value"] < _ALPHA else "regions_alike"
    return context.say(
        key, statistic=f"{together['statistic']:.2f}", df=int(together["df"]), p=p_text(together["p_value"])
    )


def _tests(table: pd.DataFrame, context: Context, keys: Sequence[str]) -> pd.DataFrame:
    """Tests of equality as they stand in a paper."""
    shown = table.astype(object)
    for name in ("statistic", "df", "p_value"):
        shown[name] = [number_cell(value, name) for value in table[name]]
    for name in keys:
        together = context.say("all_coefficients")
        texts = [together if value == "all coefficients" else value for value in table[name]]
        shown[name] = [
            context.say(text) if name == "impact" else labelled([text], context)[0] for text in texts
        ]
    return shown.set_index(list(keys))


@dataclass(frozen=True, slots=True)
class _RegionColumn:
    """A region as a column of a regression table, in the result format of maketables.

    Attributes
    ----------
    label, depvar : str
    table : DataFrame
        Coefficients of the region, by the terms of the formula.
    statistics : dict
        Fit statistics; of the common fit of ``"interacted"`` only the observations.
    impacts : _RegionImpacts
    """

    label: str
    depvar: str
    table: pd.DataFrame
    statistics: dict[str, Any]
    impacts: _RegionImpacts

    @classmethod
    def of(cls, result: HeterogeneityResult, name: str) -> _RegionColumn:
        """One region of the result."""
        fit = result.fits[name]
        table = fit.__maketables_coef_table__
        factor = f"C({result.by})" if result.by.isidentifier() else f"C(`{result.by}`)"
        if result.method == "interacted":
            mark = f":{factor}[{name}]"
            own = {term: term.replace(mark, "") for term in table.index if mark in term}
            shared = {term: term for term in table.index if term in ("rho", "lam", "tau", "eta")}
            table = table.loc[[*own, *shared]].rename(index={**own, **shared})
        kept = ("N",) if result.method == "interacted" else ("N", "ll", "sigma2")
        statistics = {key: fit.__maketables_stat__(key) for key in kept}
        variables = set(result.impact_tests["variable"])
        impacts = _RegionImpacts(result.impacts[name], variables, factor)
        return cls(name, fit.depvar, table, statistics, impacts)

    @property
    def __maketables_coef_table__(self) -> pd.DataFrame:
        return self.table

    def __maketables_stat__(self, key: str) -> Any:
        return self.statistics.get(key)

    @property
    def __maketables_depvar__(self) -> str:
        return self.depvar


@dataclass(frozen=True, slots=True)
class _RegionImpacts:
    """The impacts of the variables that all regions share, without the dummies of the regions."""

    found: Impacts
    variables: set[str]
    factor: str

    @property
    def draws(self) -> Any:
        """The simulated impacts."""
        return self.found.draws

    @property
    def n_rejected(self) -> int:
        """Draws outside the feasible interval."""
        return self.found.n_rejected

    @property
    def seed(self) -> int:
        """Of the draws."""
        return self.found.seed

    @property
    def at(self) -> pd.Series:
        """Values of moderators; that the region is fixed goes without saying."""
        import pandas as pd

        notes = {
            name: ", ".join(part for part in text.split(", ") if not part.startswith(self.factor))
            for name, text in self.found.at.items()
            if name in self.variables
        }
        return pd.Series(notes, dtype=object)

    def tidy(self) -> pd.DataFrame:
        """As `Impacts.tidy`."""
        table = self.found.tidy()
        return table[table["variable"].isin(self.variables)]
