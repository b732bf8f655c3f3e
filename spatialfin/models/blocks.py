"""Panels with a W of their own in every period: because W changes, or because rows are missing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from .._core.blocks import (
    BlockProblem,
    Blocks,
    ObservedTransformation,
    block_log_det,
    blocks_of,
)
from .._core.covariance import DENSE_LIMIT
from .._core.information import covariance
from .._core.traces import TraceMethod
from .._errors import (
    AlignmentError,
    DataError,
    OptionError,
    SpatialfinError,
    listed,
    raise_all,
    warn_caller,
)
from .._spatial_weights import SpatialWeights, check_linked, check_weights, sample_weights
from .._typing import LogDetMethod
from .._validate import check_same_units
from .._weights_matrix import scaled
from ..panel import KeyedPanel
from . import _native
from ._family import HAS_LAGS, HAS_LAM, HAS_RHO, LEAST_SQUARES, spatial_names
from ._spreg import Fitted
from .design import build_design, check_rank, durbin_columns, with_lags
from .formula import Terms, read_terms
from .parts import Parts
from .results import ModelResult

if TYPE_CHECKING:
    from collections.abc import Iterable

Array = NDArray[np.float64]
PeriodWeights = Mapping[object, SpatialWeights]

_EFFECTS = ("pooled", "unit")


def fit_blocks(
    formula: str,
    panel: KeyedPanel,
    weights: SpatialWeights | PeriodWeights | None,
    *,
    time: str,
    model: str,
    effects: str,
    bias_correction: str,
    lags: Sequence[str],
    durbin: Sequence[str] | None,
    vcov: str,
    logdet: LogDetMethod,
    traces: TraceMethod,
    seed: int,
) -> ModelResult:
    """See `fit_panel`, which calls this for weights per period and for panels with gaps."""
    from .panel import check_variation, panel_result

    terms = read_terms(formula)
    _refuse(panel, weights, terms, effects=effects, lags=lags, vcov=vcov)
    _check_room(panel, effects, model)
    found = None if weights is None else weights_by_period(panel, weights)
    blocks = None if found is None else found.blocks
    lee_yu = _lee_yu_applies(bias_correction, effects, model, panel)
    transformation = ObservedTransformation(
        "unit" if effects == "unit" else "pooled",
        len(panel.units),
        len(panel.times),
        lee_yu,
        codes=panel.occupied % len(panel.units),
    )
    design = build_design(terms, panel.frame)
    if effects == "unit":
        design = design.beside_effects(transformation.demean)
    lagged = durbin_columns(design, durbin, time) if model in HAS_LAGS else []
    x, labels = with_lags(design, lagged, None if blocks is None else blocks.weights)
    check_variation(design, x, labels, transformation)
    check_rank(transformation.demean(x), labels)
    ld = None if blocks is None else block_log_det(blocks, logdet)
    if model in LEAST_SQUARES or blocks is None or ld is None:
        fitted = _native.least_squares(design.y, x, transformation, vcov="expected")
    else:
        problem = BlockProblem(design.y, x, blocks, ld, transformation)
        fitted = _maximum_likelihood(problem, model, traces, seed)
    parts = Parts.of_panel(
        panel, design, x, lagged, None if blocks is None else blocks.weights, ld, transformation
    )
    result = panel_result(
        parts,
        fitted,
        [*labels, *spatial_names(model)],
        None,
        model=model,
        vcov=vcov,
        bias_correction="lee-yu" if lee_yu else "none",
        seed=seed,
    )
    return _recorded(result, found)


def _maximum_likelihood(problem: BlockProblem, model: str, traces: TraceMethod, seed: int) -> Fitted:
    estimate = problem.maximum(lag=model in HAS_RHO, error=model in HAS_LAM)
    information, trace_error = problem.information(estimate, traces=traces, seed=seed)
    spatial = [value for value in (estimate.rho, estimate.lam) if value is not None]
    return Fitted(
        params=np.concatenate([estimate.beta, spatial]),
        cov=covariance(information)[:-1, :-1],
        sigma2=estimate.sigma2,
        loglik=estimate.loglik,
        residuals=estimate.residuals,
        trace_error=trace_error,
    )


def _refuse(
    panel: KeyedPanel, weights: object, terms: Terms, *, effects: str, lags: Sequence[str], vcov: str
) -> None:
    """Refuse by name what is there for a complete panel with one W only."""
    problems = []
    if lags:
        problems.append(
            f"lags={lags!r}: dynamic models need every unit in every period and one W; leave lags= out or "
            "fit the complete part of the panel with one W"
        )
    if effects not in _EFFECTS:
        instead = (
            "use effects='unit', with dummies of the periods, C(<time column>), in the formula where periods "
            "differ"
            if effects in {"time", "twoway"}
            else "use effects='unit' or 'pooled'"
        )
        problems.append(f"effects={effects!r}: {instead}")
    if terms.periods_before:
        problems.append(
            "lag() and diff() in the formula: make them columns of the data before, with "
            "spatialfin.panel.lag_columns and diff_columns"
        )
    if vcov != "expected":
        problems.append(f"vcov={vcov!r}: use vcov='expected'")
    causes = [
        *(["a panel with gaps (gaps='observed')"] if panel.places is not None else []),
        *(["weights that change over time"] if isinstance(weights, Mapping) else []),
    ]
    raise_all(problems, OptionError, f"Not available for {' and '.join(causes)}")


def _check_room(panel: KeyedPanel, effects: str, model: str) -> None:
    """Periods enough for unit effects, and no unit whose effect is its only row."""
    if effects != "unit":
        return
    if len(panel.times) < 2:
        raise DataError(
            f"effects='unit' needs more than one period; there are {len(panel.units)} units and "
            f"{len(panel.times)} periods. Use effects='pooled' or fit_cross_section."
        )
    rows = np.bincount(panel.occupied % len(panel.units), minlength=len(panel.units))
    alone = panel.units[rows < 2]
    if len(alone) and model not in LEAST_SQUARES:
        raise DataError(
            f"effects='unit': {listed(alone)} have one row only, which their effect takes in whole, so the "
            "likelihood has nothing of them. Drop these units (and say units='subset') or use "
            "effects='pooled'."
        )


def _lee_yu_applies(wanted: str, effects: str, model: str, panel: KeyedPanel) -> bool:
    """Whether the likelihood is that of transformed data; with rho and unit effects there is none."""
    if wanted == "none" or effects == "pooled" or model in LEAST_SQUARES:
        return wanted != "none"
    if model not in HAS_RHO and len(panel.units) <= DENSE_LIMIT:
        return True
    n, rows = len(panel.units), len(panel.frame)
    share = 1 - n / rows
    why = (
        "A model with rho has no Lee-Yu transformation where W or its units change"
        if model in HAS_RHO
        else f"Beyond {DENSE_LIMIT:,} units there is no Lee-Yu transformation where W or its units change"
    )
    bias = f" lam has a bias of order 1/T, here 1/{rows / n:.1f}." if model in HAS_LAM else ""
    warn_caller(
        f"{why}; the direct likelihood is used. Its sigma2 is about {share:.3f} of the right one ({n} unit "
        f"effects in {rows} rows): multiply standard errors by {share**-0.5:.3f}.{bias} "
        "bias_correction='none' says that this likelihood is meant."
    )
    return False


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Weights of the periods with what there is to say about them."""

    blocks: Blocks
    name: str
    ledger: tuple[str, ...]
    hash: str


def weights_by_period(panel: KeyedPanel, weights: SpatialWeights | PeriodWeights) -> _Found:
    """W of every period among the units observed in it.

    Raises
    ------
    AlignmentError
        When weights and data differ in units or periods.
    WeightsError
        When there is no link at all, or something that is no weights.
    """
    by_period = _by_period(panel, weights)
    n = len(panel.units)
    every = panel.occupied
    aligned = {id(each): each.align(panel.units) for each in by_period}
    known: dict[tuple[int, bytes], csr_array] = {}
    matrices, stranded = [], []
    for number, each in enumerate(by_period):
        present = every[every // n == number] % n
        key = (id(each), present.tobytes())
        if key not in known:
            known[key] = _among(each, aligned[id(each)], present)
        matrices.append(known[key])
        lost = (np.diff(aligned[id(each)].indptr)[present] > 0) & (np.diff(known[key].indptr) == 0)
        stranded += [f"{panel.units[unit]}, {panel.times[number]}" for unit in present[lost]]
    blocks = blocks_of(matrices)
    check_linked(blocks.weights)
    ledger = [*_ledger(panel, weights)]
    if panel.places is not None:
        ledger.append(_gap_line(panel, weights, stranded))
    if stranded:
        warn_caller(
            f"gaps='observed': {listed(stranded)} have no observed neighbour in the period; their spatial "
            "lag is zero."
        )
    distinct = {id(each): each for each in by_period}.values()
    names = dict.fromkeys(each.name or each.style for each in distinct)
    return _Found(blocks, ", ".join(names), tuple(ledger), _hash(panel.times, by_period))


def _by_period(panel: KeyedPanel, weights: SpatialWeights | PeriodWeights) -> list[SpatialWeights]:
    """One checked W for each period of the panel."""
    if not isinstance(weights, Mapping):
        check_weights(weights)
        check_same_units(panel.units, weights.ids)
        return [weights] * len(panel.times)
    _check_periods(panel.times, weights)
    problems = []
    for period in panel.times.tolist():
        try:
            check_weights(weights[period])
            check_same_units(panel.units, weights[period].ids)
        except SpatialfinError as error:
            problems.append(f"{period}: {error}")
    raise_all(problems, AlignmentError, "weights")
    return [weights[period] for period in panel.times.tolist()]


def _check_periods(times: pd.Index, weights: PeriodWeights) -> None:
    have, given = set(times.tolist()), set(weights)
    parts = [
        f"{what}: {listed(sorted(labels, key=str))}"
        for what, labels in (("without weights", have - given), ("only in the weights", given - have))
        if labels
    ]
    if not parts:
        return
    hint = ""
    if {str(label) for label in have} == {str(label) for label in given}:
        hint = " The labels agree as text: write the periods in the type of the data."
    raise AlignmentError(
        f"weights: one W for each period of the data is needed; {'; '.join(parts)}.{hint} Give a mapping "
        "{period: weights} with the periods of the data."
    )


def _among(weights: SpatialWeights, matrix: csr_array, present: NDArray[np.intp]) -> csr_array:
    """Links among some units, standardised again as `SpatialWeights.subset` does."""
    if len(present) == matrix.shape[0]:
        return matrix
    kept = csr_array(matrix[present][:, present])
    return scaled(kept, weights.style)[0] if weights.style in ("row", "spectral") and kept.nnz else kept


def _ledger(panel: KeyedPanel, weights: SpatialWeights | PeriodWeights) -> Iterable[str]:
    """How the weights came about, once for every different W."""
    if not isinstance(weights, Mapping):
        yield from weights.ledger
        return
    periods: dict[int, list[object]] = {}
    for period in panel.times.tolist():
        periods.setdefault(id(weights[period]), []).append(period)
    yield f"weights per period: {len(periods)} different W in {len(panel.times)} periods"
    for shared in periods.values():
        for line in weights[shared[0]].ledger:
            yield f"W of {listed(shared)}: {line}"


def _gap_line(panel: KeyedPanel, weights: SpatialWeights | PeriodWeights, stranded: list[str]) -> str:
    full = len(panel.units) * len(panel.times)
    styles = {each.style for each in (weights.values() if isinstance(weights, Mapping) else [weights])}
    again = ", standardised again" if styles & {"row", "spectral"} else ""
    alone = f"; without observed neighbours: {listed(stranded)}" if stranded else ""
    return (
        f"observed: {len(panel.frame)} of {full} unit-periods; W of every period among its observed units"
        f"{again}{alone}"
    )


def _hash(times: pd.Index, by_period: list[SpatialWeights]) -> str:
    """One hash for all periods; that of W itself where it is the same in all."""
    distinct = {id(each): each.hash for each in by_period}
    if len(set(distinct.values())) == 1:
        return next(iter(distinct.values()))
    text = "\n".join(
        f"{period} {distinct[id(each)]}" for period, each in zip(times.tolist(), by_period, strict=True)
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _recorded(result: ModelResult, found: _Found | None) -> ModelResult:
    """The result with the weights' name, ledger and hash."""
    if found is None:
        return result
    provenance = replace(
        result.provenance, ledger=(*found.ledger, *result.provenance.ledger), weights_hash=found.hash
    )
    return replace(result, weights_name=found.name, provenance=provenance)


def period_weights_of_sample(weights: PeriodWeights, ids: pd.Index) -> PeriodWeights:
    """Weights of every period among the units of the sample; those that are one stay one."""
    known = {id(each): sample_weights(each, ids) for each in weights.values()}
    return {period: known[id(each)] for period, each in weights.items()}
