"""What holds for every sample: row order, names of units, units of measurement."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spatialfin as sf

SIDE = 6
MODELS = ("ols", "slx", "sar", "sem", "sdm", "sdem", "sac")


def lattice() -> np.ndarray:
    line = np.eye(SIDE, k=1) + np.eye(SIDE, k=-1)
    return np.kron(line, np.eye(SIDE)) + np.kron(np.eye(SIDE), line)


def draw(seed: int) -> tuple[pd.DataFrame, sf.SpatialWeights]:
    rng = np.random.default_rng(seed)
    n = SIDE**2
    weights = sf.SpatialWeights.from_matrix(lattice(), ids=[f"{i:03d}" for i in range(n)]).standardize("row")
    data = pd.DataFrame(rng.normal(size=(n, 2)), index=weights.ids, columns=["x", "z"])
    signal = 1 + data["x"] - 0.5 * data["z"] + rng.normal(size=n)
    data["y"] = np.linalg.solve(np.eye(n) - 0.3 * weights.sparse.toarray(), signal)
    return data, weights


@given(seed=st.integers(0, 50), order=st.randoms(use_true_random=False), model=st.sampled_from(MODELS))
def test_row_order_of_data_and_weights_changes_nothing(seed: int, order, model: str) -> None:
    data, weights = draw(seed)
    rows, units = list(data.index), list(range(weights.n))
    order.shuffle(rows)
    order.shuffle(units)
    dense = weights.sparse.toarray()[np.ix_(units, units)]
    shuffled = sf.SpatialWeights.from_matrix(dense, ids=weights.ids[units])
    one = sf.fit_cross_section("y ~ x + z", data, weights, model=model)
    two = sf.fit_cross_section("y ~ x + z", data.loc[rows], shuffled, model=model)
    # To the last bit: rows are sorted by key before anything is computed.
    assert one.params.equals(two.params)
    assert one.cov.equals(two.cov)
    assert one.loglik == two.loglik
    assert one.residuals.loc[rows].equals(two.residuals)
    assert np.array_equal(one.impacts(draws=10).draws, two.impacts(draws=10).draws)
    assert one.provenance.data_hash == two.provenance.data_hash
    assert one.provenance.weights_hash == two.provenance.weights_hash


@given(seed=st.integers(0, 50), shuffle=st.randoms(use_true_random=False))
def test_names_of_units_change_nothing_but_rounding(seed: int, shuffle) -> None:
    data, weights = draw(seed)
    names = [f"name {i}" for i in range(weights.n)]
    shuffle.shuffle(names)
    new = dict(zip(weights.ids, names, strict=True))
    renamed = sf.SpatialWeights.from_matrix(weights.sparse.toarray(), ids=[new[i] for i in weights.ids])
    one = sf.fit_cross_section("y ~ x", data, weights, model="sdm", engine="native")
    two = sf.fit_cross_section("y ~ x", data.rename(index=new), renamed, model="sdm", engine="native")
    assert two.params.to_numpy() == pytest.approx(one.params.to_numpy(), rel=1e-8, abs=1e-10)


@given(seed=st.integers(0, 30), scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
def test_units_of_measurement(seed: int, scale: float, shift: float) -> None:
    data, weights = draw(seed)
    fit = sf.fit_cross_section("y ~ x + z", data, weights, model="sar", engine="native")
    changed = data.assign(x=data["x"] * scale + shift, y=data["y"] * 7)
    other = sf.fit_cross_section("y ~ x + z", changed, weights, model="sar", engine="native")
    assert other.params["rho"] == pytest.approx(fit.params["rho"], abs=1e-8)
    assert other.params["x"] == pytest.approx(7 / scale * fit.params["x"], rel=1e-6, abs=1e-9)
    assert other.loglik == pytest.approx(fit.loglik - weights.n * np.log(7), rel=1e-8)


@given(seed=st.integers(0, 30))
def test_likelihoods_of_nested_models_are_ordered(seed: int) -> None:
    data, weights = draw(seed)
    fits = {m: sf.fit_cross_section("y ~ x", data, weights, model=m, engine="auto").loglik for m in MODELS}
    slack = 1e-8
    assert fits["ols"] <= min(fits["sar"], fits["sem"], fits["slx"]) + slack
    assert max(fits["sar"], fits["slx"], fits["sem"]) <= fits["sdm"] + slack  # SEM by the common factor
    assert max(fits["sar"], fits["sem"]) <= fits["sac"] + slack


@given(seed=st.integers(0, 30))
def test_lag_model_at_rho_zero_is_least_squares(seed: int) -> None:
    from spatialfin._core.likelihood import Profile, Sample
    from spatialfin._core.logdet import log_det

    data, weights = draw(seed)
    matrix = weights.sparse
    x = np.column_stack([np.ones(weights.n), data["x"]])
    y = data["y"].to_numpy()
    sample = Sample(y, matrix @ y, matrix @ (matrix @ y), x, matrix @ x, len(y))
    ols = sf.fit_cross_section("y ~ x", data, model="ols")
    profile = Profile(sample, log_det(matrix))
    assert profile.value(0.0, 0.0) == pytest.approx(ols.loglik, rel=1e-12)
    assert profile.beta(0.0, 0.0)[0] == pytest.approx(ols.params.to_numpy(), rel=1e-9)
