"""A fitted model as text and HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from .results import ModelResult


def html_table(frame: pd.DataFrame) -> str:
    """Give a frame as an escaped HTML table with five significant digits."""
    return str(frame.to_html(index=False, escape=True, float_format=lambda value: f"{value:.5g}"))


def summary_html(result: ModelResult) -> str:
    """The coefficients as an escaped HTML table under their formula."""
    head = escape(f"{result.label}: {result.formula} (N = {result.nobs})")
    return f"<p><b>{head}</b></p>" + html_table(result.tidy())


def summary_text(result: ModelResult) -> str:
    """The result as text."""
    head = [
        f"{result.label} by {result.estimator.upper()} ({result.engine}), standard errors: {result.vcov}",
        f"Formula: {result.formula}",
        f"N = {result.nobs}" + (f", weights: {result.weights_name}" if result.weights_name else ""),
    ]
    if result.effects:
        panel = result.parts.transformation
        head.append(
            f"{panel.n_units} units x {panel.n_periods} periods, effects: {_effects_in_words(result)}, "
            f"bias correction: {result.bias_correction}"
        )
    # What the sample lost is for the reader of the table, not only for the ledger.
    losses = ("subset: ", "observed: ", "lags: ")
    head += [line for line in result.provenance.ledger if line.startswith(losses)]
    if result.lags:
        head.append(_stability(result))
    table = result.tidy().set_index("term")[["estimate", "std_error", "statistic", "p_value"]]
    foot = [f"sigma2 = {result.sigma2:.6g}"]
    if result.has_random_effects:
        foot.append(
            f"phi = {result.phi:.6g} (variance of the unit effects over sigma2)" + _around_phi(result)
        )
    if np.isfinite(result.loglik):
        foot.append(f"log-likelihood = {result.loglik:.4f}, AIC = {result.aic:.3f}, BIC = {result.bic:.3f}")
    goodness = f"R2 = {result.r2:.4f}" if np.isfinite(result.r2) else f"pseudo R2 = {result.pseudo_r2:.4f}"
    foot.append(goodness)
    text = [*head, "", table.to_string(float_format=lambda value: f"{value:.5g}"), "", *foot]
    if result.diagnostics is not None:
        shown = result.diagnostics.drop(columns=["null", "residuals"])
        text += ["", "Spatial dependence of the residuals", shown.to_string(index=False)]
    return "\n".join(text)


def _around_phi(result: ModelResult) -> str:
    if not np.isfinite(result.phi_std_error):
        return ""
    low, high = result.phi_interval()
    return f", standard error {result.phi_std_error:.4g}, 95% interval {low:.4g} to {high:.4g}"


def _stability(result: ModelResult) -> str:
    """The test of the stability condition in words."""
    radius = result.spectral_radius
    verdict = "< 1: stable" if radius < 1 else ">= 1: not stable, no long run"
    return f"Dynamic ({', '.join(result.lags)} of the period before), spectral radius {radius:.4f} {verdict}"


def _effects_in_words(result: ModelResult) -> str:
    return f"{result.effects} ({result.error_components})" if result.error_components else result.effects
