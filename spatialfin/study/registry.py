"""The kinds of steps and of weights a study file can name; a new kind is one entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import (
    panel_spec,
    specs,
    steps_area,
    steps_autocorrelation,
    steps_clustering,
    steps_compare,
    steps_data,
    steps_decay,
    steps_explore,
    steps_features,
    steps_firms,
    steps_impacts,
    steps_index,
    steps_linked,
    steps_lisa,
    steps_model,
    steps_panel,
    steps_production,
    steps_proximity,
    steps_risk,
    steps_spacetime,
)
from .specs import StepOptions, WeightsSpec


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of step.

    Attributes
    ----------
    options : type
        Dataclass that describes the keys of the step.
    run : callable
        ``run(options, context)`` computes and returns any result.
    render : callable
        ``render(result, options, context)`` returns the blocks of the page; it computes nothing.
    """

    options: type[StepOptions]
    run: Callable[[Any, Any], Any]
    render: Callable[[Any, Any, Any], list[Any]]


KINDS: dict[str, Kind] = {
    "derive": Kind(steps_data.Derive, steps_data.run_derive, steps_data.render_variables),
    "growth": Kind(steps_data.Growth, steps_data.run_growth, steps_data.render_variables),
    "lq": Kind(steps_data.Quotient, steps_data.run_quotient, steps_data.render_variables),
    "simulate": Kind(steps_data.Simulate, steps_data.run_simulate, steps_data.render_variables),
    "describe": Kind(steps_explore.Describe, steps_explore.run_describe, steps_explore.render_describe),
    "area": Kind(steps_area.Area, steps_area.run_area, steps_area.render_area),
    "map": Kind(steps_explore.Map, steps_explore.run_map, steps_explore.render_map),
    "trend": Kind(steps_explore.Trend, steps_explore.run_trend, steps_explore.render_trend),
    "moran": Kind(steps_explore.Moran, steps_explore.run_moran, steps_explore.render_moran),
    "autocorrelation": Kind(
        steps_autocorrelation.Autocorrelation,
        steps_autocorrelation.run_autocorrelation,
        steps_autocorrelation.render_autocorrelation,
    ),
    "lisa": Kind(steps_lisa.Lisa, steps_lisa.run_lisa, steps_lisa.render_lisa),
    "model": Kind(steps_model.Model, steps_model.run_model, steps_model.render_model),
    "panel": Kind(panel_spec.Panel, steps_panel.run_panel, steps_panel.render_panel),
    "tests": Kind(steps_panel.SpecTests, steps_panel.run_tests, steps_panel.render_tests),
    "impacts": Kind(steps_impacts.ImpactsStep, steps_impacts.run_impacts, steps_impacts.render_impacts),
    "linked": Kind(steps_linked.Linked, steps_linked.run_linked, steps_linked.render_linked),
    "spacetime": Kind(
        steps_spacetime.SpaceTime, steps_spacetime.run_spacetime, steps_spacetime.render_spacetime
    ),
    "distance_decay": Kind(steps_decay.Decay, steps_decay.run_decay, steps_decay.render_decay),
    "robustness": Kind(
        steps_compare.Robustness, steps_compare.run_robustness, steps_compare.render_robustness
    ),
    "heterogeneity": Kind(
        steps_compare.Heterogeneity, steps_compare.run_heterogeneity, steps_compare.render_heterogeneity
    ),
    "production": Kind(
        steps_production.Production, steps_production.run_production, steps_production.render_production
    ),
    "index": Kind(steps_index.Index, steps_index.run_index, steps_index.render_index),
    "firms": Kind(steps_firms.Firms, steps_firms.run_firms, steps_firms.render_firms),
    "clustering": Kind(
        steps_clustering.Clustering, steps_clustering.run_clustering, steps_clustering.render_clustering
    ),
    "proximity": Kind(
        steps_proximity.Proximity, steps_proximity.run_proximity, steps_proximity.render_proximity
    ),
    "agglomerations": Kind(
        steps_risk.Agglomerations, steps_risk.run_agglomerations, steps_risk.render_agglomerations
    ),
    "features": Kind(steps_features.Features, steps_features.run_features, steps_features.render_features),
}

WEIGHTS_KINDS: dict[str, type[WeightsSpec]] = {
    "contiguity": specs.ContiguitySpec,
    "knn": specs.NearestSpec,
    "distance": specs.DistanceSpec,
    "kernel": specs.KernelSpec,
    "economic": specs.EconomicSpec,
    "gravity": specs.GravitySpec,
    "nested": specs.NestedSpec,
    "file": specs.FileSpec,
}
