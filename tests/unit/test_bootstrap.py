"""bootstrap_impacts: what it draws, what it estimates, what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import ConvergenceError, OptionError, SpatialfinWarning
from spatialfin.models import bootstrap
from spatialfin.models.bootstrap import bootstrap_impacts

from .test_covariances import fit, panel


@pytest.fixture(scope="module")
def weights() -> sf.SpatialWeights:
    ring = np.roll(np.eye(30), 1, axis=0) + np.roll(np.eye(30), -1, axis=0)
    return sf.SpatialWeights.from_matrix(ring, ids=[f"u{i:02d}" for i in range(30)]).standardize("row")


@pytest.fixture(scope="module")
def data(weights: sf.SpatialWeights) -> pd.DataFrame:
    return panel(weights, 6, 4, lam=0.3)


@pytest.mark.parametrize("kind", ["parametric", "wild"])
def test_normal_errors_give_the_standard_errors_of_the_likelihood(data, weights, kind: str) -> None:
    result = fit(data, weights, model="sdm", effects="twoway")
    found = bootstrap_impacts(result, kind=kind, replications=400)
    delta = result.impacts(draws=2).delta_errors
    # 400 replications: Monte-Carlo error of 4%; 30 clusters of the wild one: 13%.
    assert found.std_errors.to_numpy() == pytest.approx(
        delta.to_numpy(), rel=0.15 if kind == "parametric" else 0.4
    )
    assert found.estimates.to_numpy() == pytest.approx(
        result.impacts(draws=2).estimates.to_numpy(), rel=1e-10
    )
    assert found.n_failed == 0
    middle = found.replicates.mean(axis=0)
    assert np.abs(middle - found.estimates).to_numpy().max() < 0.5 * found.std_errors.to_numpy().max()


@pytest.mark.parametrize("model", ["ols", "slx", "sar", "sem", "sdm", "sdem", "sac"])
@pytest.mark.parametrize("effects", ["pooled", "twoway"])
def test_without_errors_the_sample_comes_back(data, weights, model: str, effects: str, monkeypatch) -> None:
    """With the residuals unflipped and unscaled every artificial sample is the sample."""
    result = fit(data, weights, model=model, effects=effects)
    world = bootstrap._World.of(result)
    plain = world.residuals * np.sqrt(result.df_resid / len(data))
    monkeypatch.setattr(bootstrap._World, "errors", lambda self, kind, rng: plain)
    y = world.outcome("wild", np.random.default_rng(0))
    assert y == pytest.approx(data["y"].to_numpy(), rel=1e-8, abs=1e-8)
    assert world.estimate(y) == pytest.approx(result.params.to_numpy(), rel=1e-6)


def test_signs_are_flipped_by_unit(data, weights) -> None:
    world = bootstrap._World.of(fit(data, weights, model="sar", effects="unit"))
    drawn = world.errors("wild", np.random.default_rng(1)) / world.residuals
    signs = drawn.reshape(6, 30)
    assert np.abs(signs) == pytest.approx(np.ones((6, 30)))
    assert (signs == signs[0]).all()
    assert 0 < (signs[0] > 0).sum() < 30
    normal = world.errors("parametric", np.random.default_rng(1))
    assert normal.std() == pytest.approx(np.sqrt((world.residuals**2).mean()), rel=0.2)


@pytest.mark.parametrize("kind", ["parametric", "wild"])
def test_a_seed_gives_one_answer_and_order_none(data, weights, kind: str) -> None:
    one = bootstrap_impacts(fit(data, weights, model="sar"), kind=kind, replications=20, seed=7)
    again = bootstrap_impacts(fit(data, weights, model="sar"), kind=kind, replications=20, seed=7)
    shuffled = fit(data.sample(frac=1, random_state=3), weights, model="sar")
    other = bootstrap_impacts(shuffled, kind=kind, replications=20, seed=7)
    assert np.array_equal(one.replicates, again.replicates)
    assert np.array_equal(one.replicates, other.replicates)
    different = bootstrap_impacts(fit(data, weights, model="sar"), kind=kind, replications=20, seed=8)
    assert not np.array_equal(one.replicates, different.replicates)


def test_jobs_share_the_work(data, weights) -> None:
    from joblib import parallel_config

    result = fit(data, weights, model="sar", effects="unit")
    one = bootstrap_impacts(result, replications=41)
    with parallel_config(backend="threading"):
        two = bootstrap_impacts(result, replications=41, n_jobs=2)
    assert two.replicates == pytest.approx(one.replicates, rel=1e-8)


def test_the_world_can_be_sent_to_processes(data, weights) -> None:
    import pickle

    world = bootstrap._World.of(fit(data, weights, model="sac"))
    sent = pickle.loads(pickle.dumps(world))
    assert np.array_equal(sent.residuals, world.residuals)
    assert sent.estimate(data["y"].to_numpy()) == pytest.approx(
        world.estimate(data["y"].to_numpy()), rel=1e-8
    )


def test_the_table(data, weights, capsys) -> None:
    result = fit(data, weights, model="sar")
    found = bootstrap_impacts(result, replications=40)
    table = found.tidy(level=0.9)
    assert list(table.columns) == list(result.impacts(draws=10).tidy().columns)
    low, high = np.quantile(found.replicates, [0.05, 0.95], axis=0)
    assert table["conf_low"].to_numpy() == pytest.approx(low.ravel())
    assert table["conf_high"].to_numpy() == pytest.approx(high.ravel())
    assert table["std_error"].to_numpy() == pytest.approx(found.replicates.std(axis=0, ddof=1).ravel())
    assert "parametric bootstrap, 40 replications (seed 0), 0 failed" in repr(found)
    assert "<table" in found._repr_html_()
    assert list(found.params.columns) == ["x", "z", "rho"]
    assert capsys.readouterr() == ("", "")  # no bar without a terminal
    alone = bootstrap_impacts(fit(data, weights, model="sem"), replications=20).tidy()
    assert alone.loc[alone["impact"] == "indirect", "std_error"].isna().all()


def test_a_cross_section(data, weights) -> None:
    table = data[data["year"] == 2001].set_index("code")
    result = sf.fit_cross_section("y ~ x + z", table, weights, model="sdm")
    found = bootstrap_impacts(result, replications=20)
    assert found.estimates.to_numpy() == pytest.approx(result.impacts(draws=2).estimates.to_numpy())
    assert found.replicates.shape == (20, 2, 3)


def test_failures_are_counted(data, weights, monkeypatch) -> None:
    result = fit(data, weights, model="sar")
    maximise, calls = bootstrap.maximise, []

    def failing(every: int):
        def sometimes(*arguments: object, **keywords: object):
            calls.append(1)
            if len(calls) % every:
                return maximise(*arguments, **keywords)
            raise ConvergenceError("at the bound")

        return sometimes

    monkeypatch.setattr(bootstrap, "maximise", failing(20))
    assert bootstrap_impacts(result, replications=40).n_failed == 2
    monkeypatch.setattr(bootstrap, "maximise", failing(4))
    with pytest.warns(SpatialfinWarning, match="10 of 40 artificial samples"):
        found = bootstrap_impacts(result, replications=40)
    assert found.n_failed == 10
    assert len(found.replicates) == len(found.params) == 30
    monkeypatch.setattr(bootstrap, "maximise", failing(1))
    with pytest.raises(ConvergenceError, match="20 of 20 artificial samples"):
        bootstrap_impacts(result, replications=20)


def test_what_is_refused(data, weights) -> None:
    result = fit(data, weights, model="sar")
    for keywords, message in (
        ({"kind": "wilde"}, "Did you mean 'wild'"),
        ({"replications": 5}, "from 20 on"),
        ({"replications": 99.5}, "a whole number"),
        ({"seed": -1}, "from 0 on"),
        ({"n_jobs": 0}, "other than 0"),
    ):
        with pytest.raises(OptionError, match=message):
            bootstrap_impacts(result, **keywords)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="a ModelResult is needed, not DataFrame"):
        bootstrap_impacts(data)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="random effects"):
        bootstrap_impacts(fit(data, weights, model="sar", effects="random"))
    with pytest.raises(OptionError, match="lags in time"):
        bootstrap_impacts(fit(data, weights, model="sar", effects="unit", lags=("y",)))
    table = data[data["year"] == 2001].set_index("code")
    gmm = sf.fit_cross_section("y ~ x + z", table, weights, model="sar", estimator="2sls")
    with pytest.raises(OptionError, match="estimator='2sls'"):
        bootstrap_impacts(gmm)
    table["half"] = np.where(table["x"] > 0, "a", "b")
    split = sf.fit_cross_section("y ~ x", table, weights, model="sar", regimes="half")
    with pytest.raises(OptionError, match="regimes"):
        bootstrap_impacts(split)


@pytest.mark.parametrize("model", ["slx", "sdm"])
def test_vcov_bootstrap_is_the_covariance_of_the_wild_samples(data, weights, model: str) -> None:
    result = fit(data, weights, model=model, effects="unit", vcov="bootstrap", seed=3)
    plain = fit(data, weights, model=model, effects="unit")
    samples = bootstrap_impacts(plain, kind="wild", replications=499, seed=3).params
    pd.testing.assert_frame_equal(result.cov, samples.cov(), check_names=False, rtol=1e-9)
    pd.testing.assert_series_equal(result.params, plain.params)
    assert result.vcov == "bootstrap"
    assert any("wild bootstrap" in line for line in result.provenance.ledger)
    # 30 units: the errors of 499 samples are within 40% of the likelihood's.
    assert result.std_errors.to_numpy() == pytest.approx(plain.std_errors.to_numpy(), rel=0.4)


def test_vcov_bootstrap_of_a_cross_section_and_what_it_refuses(data, weights) -> None:
    year = data[data["year"] == data["year"].min()].set_index("code")
    result = sf.fit_cross_section("y ~ x", year, weights, model="sar", vcov="bootstrap")
    assert (result.std_errors > 0).all()
    with pytest.raises(OptionError, match="random effects"):
        fit(data, weights, model="sar", effects="random", vcov="bootstrap")
