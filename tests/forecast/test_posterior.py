"""Inference: three ways to the same answer, the same answer twice, and honest failure."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from ketacourse.errors import InputError
from ketacourse.forecast.likelihood import noise_of
from ketacourse.forecast.posterior import LARGEST_K, posterior, update
from ketacourse.therapy.score import Score

NOISE = replace(noise_of(1.1, 15.0), wild_share=1e-9)


def spread(people, name):
    values, weight = people.of(name), people.weight
    return np.sqrt(weight @ (values - weight @ values) ** 2)


def test_importance_sampling_and_tempering_agree(prior, six, scores):
    one = posterior(prior, six, scores, seed=3, method="importance")
    other = posterior(prior, six, scores, seed=4, method="tempered")
    for name in ("baseline", "consolidated_gain", "expectancy", "fluctuation"):
        apart = abs(one.people.mean(name) - other.people.mean(name))
        assert apart < 0.25 * spread(prior, name)


@pytest.mark.parametrize("method", ["importance", "tempered"])
def test_inference_agrees_with_a_grid(crowd, six, method):
    """Two scores and one unknown: the posterior can be written down on a grid."""
    random = np.random.default_rng(1)
    prior = crowd([{"baseline": float(b)} for b in random.uniform(10.0, 50.0, 3000)])
    told = [Score(day=-5.0, scale="madrs", total=30), Score(day=-0.5, scale="madrs", total=35)]
    found = posterior(prior, six, told, seed=1, noise=NOISE, method=method).people
    grid = np.linspace(10.0, 50.0, 400)
    kept = 2.5**2 * np.exp(-4.5 / 8.0) + 1.1**2 * np.exp(-4.5 / 15.0) + 1.5**2
    whole = 2.5**2 + 1.1**2 + 1.5**2 + 2.6**2 + 1.0 / 12.0
    density = np.array([
        multivariate_normal([b, b], [[whole, kept], [kept, whole]]).pdf([30.0, 35.0]) for b in grid
    ])  # fmt: skip
    density /= density.sum()
    mean = density @ grid
    assert found.mean("baseline") == pytest.approx(mean, abs=0.5)
    assert spread(found, "baseline") == pytest.approx(
        np.sqrt(density @ (grid - mean) ** 2), rel=0.15
    )


def test_the_same_seed_gives_the_same_answer(prior, six, scores):
    one, other = (posterior(prior, six, scores, seed=7) for _ in range(2))
    assert np.array_equal(one.people.values, other.people.values)
    assert np.array_equal(one.people.log_weight, other.people.log_weight)


def test_an_added_score_is_the_same_as_a_refit_with_all(prior, six, scores):
    step = update(posterior(prior, six, scores[:-1], seed=2), scores[-1])
    whole = posterior(prior, six, scores, seed=2)
    assert np.array_equal(step.people.log_weight, whole.people.log_weight)


def test_many_exact_scores_switch_to_tempering_and_say_so(prior, six):
    told = [
        Score(day=d, scale="madrs", total=max(8, 55 - int(9 * d)))
        for d in (-0.5, *np.arange(0.5, 28.0, 0.5))
    ]
    found = posterior(prior, six, told, seed=1).diagnostics
    assert found.method == "tempered"
    assert found.pareto_k > LARGEST_K or found.effective < 200.0
    assert "step by step" in found.text
    assert found.steps > 1


def test_without_scores_the_prior_comes_back(prior, six):
    found = posterior(prior, six, (), seed=1)
    assert found.diagnostics.method == "prior"
    assert found.people.mean("baseline") == pytest.approx(prior.mean("baseline"), rel=0.05)


def test_more_scores_narrow_what_is_believed(prior, six, scores):
    few = posterior(prior, six, scores[:1], seed=1)
    assert spread(few.people, "baseline") < 0.8 * spread(prior, "baseline")
    many = posterior(prior, six, scores, seed=1)
    assert spread(many.people, "consolidated_gain") < spread(few.people, "consolidated_gain")


def test_scores_that_fit_nobody_are_named_and_widen_the_forecast(prior, six):
    told = [Score(day=d, scale="madrs", total=t) for d, t in
            ((-0.5, 20), (1.0, 55), (3.0, 5), (5.0, 58), (7.0, 3), (9.0, 56))]  # fmt: skip
    found = posterior(prior, six, told, seed=1)
    assert found.surprise.is_surprising
    assert found.noise.widened > 1.0
    assert "on day" in found.surprise.text


def test_ordinary_scores_do_not_surprise(prior, six, scores):
    found = posterior(prior, six, scores, seed=1)
    assert not found.surprise.is_surprising
    assert found.noise.widened == 1.0


def test_a_scale_that_is_not_read_is_refused(prior, six):
    with pytest.raises(InputError, match="does not read CADSS"):
        posterior(prior, six, [Score(day=1.0, scale="cadss", total=5)])
