"""The probability of scores: against the multivariate normal written out, and its parts."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from ketacourse.forecast.likelihood import (
    RECALLS,
    TIMES,
    Noise,
    expected_scores,
    log_likelihood,
    nearest,
    with_bounds,
)
from ketacourse.forecast.measurement import seen_of
from ketacourse.therapy.score import Score

NOISE = Noise(misfit_sd=1.1, misfit_days=15.0, wild_share=0.02, wild_sd=12.0)
PLAIN = replace(NOISE, wild_share=0.0)


def written_out(people, expected, seen, noise):
    """Return the log probability for each person from whole covariance matrices."""
    found = []
    for i in range(people.size):
        time = TIMES[nearest(np.log(TIMES), np.log(people.of("fluctuation_time")))[i]]
        recall = RECALLS[nearest(RECALLS, people.of("recall"))[i]] if seen.looks_back else 0.0
        weights = (1.0 - recall) * seen.now + recall * seen.back
        gap = np.abs(seen.nodes[:, None] - seen.nodes)
        inner = people.of("fluctuation")[i] ** 2 * np.exp(-gap / time)
        inner += noise.misfit_sd**2 * np.exp(-gap / noise.misfit_days)
        whole = weights @ inner @ weights.T + np.diag(seen.error_var)
        for k in range(len(seen.scales)):
            here = (seen.scale_of == k).astype(float)
            whole += seen.bias_var[k] * np.outer(here, here)
        parts = [multivariate_normal(expected[i], whole).logpdf(seen.value)]
        share = min(seen.size * noise.wild_share, 0.5)
        if share:
            for j in range(seen.size):
                wild = whole + noise.wild_sd**2 * np.outer(*[np.eye(seen.size)[j]] * 2)
                parts.append(multivariate_normal(expected[i], wild).logpdf(seen.value))
            weight = np.log([1.0 - share] + [share / seen.size] * seen.size)
            found.append(logsumexp(np.array(parts) + weight))
        else:
            found.append(parts[0])
    return np.array(found)


@pytest.mark.parametrize("noise", [NOISE, PLAIN])
def test_the_likelihood_is_the_multivariate_normal_written_out(six, crowd, scores, noise):
    people = crowd([{}, {"fluctuation": 6.0, "fluctuation_time": 30.0}, {"recall": 0.05},
                    {"baseline": 20.0, "recall": 0.9}])  # fmt: skip
    seen = seen_of(scores)
    expected = expected_scores(people, six, seen)
    with np.errstate(divide="ignore"):
        found = log_likelihood(people, expected, seen, noise)
    assert found == pytest.approx(written_out(people, expected, seen, noise), abs=1e-8)


def test_one_wild_score_costs_less_than_it_would_without_wild_scores(six, crowd):
    people = crowd([{}])
    days = (-0.5, 1.0, 4.0, 7.0, 10.0)
    told = [Score(day=d, scale="madrs", total=20) for d in days]
    told[2] = Score(day=4.0, scale="madrs", total=55)
    seen = seen_of(told)
    expected = expected_scores(people, six, seen)
    with np.errstate(divide="ignore"):
        normal = log_likelihood(people, expected, seen, PLAIN)[0]
    assert log_likelihood(people, expected, seen, NOISE)[0] > normal + 10.0


def test_the_order_of_scores_does_not_matter(six, prior, scores):
    few = prior.taken(np.arange(50))
    one, other = seen_of(scores), seen_of(scores[::-1])
    both = [log_likelihood(few, expected_scores(few, six, s), s, NOISE) for s in (one, other)]
    assert both[0] == pytest.approx(both[1], abs=1e-9)


def test_a_questionnaire_that_looks_back_follows_a_change_late(six, crowd):
    people = crowd([{"recall": 0.01}, {"recall": 0.99}])
    seen = seen_of([Score(day=1.0, scale="phq9", total=10)])
    now, late = expected_scores(people, six, seen)[:, 0]
    assert late > now + 5.0


def test_a_score_at_the_floor_tells_only_that_it_is_this_or_less(six, crowd):
    people = crowd([{"baseline": b} for b in np.linspace(1.0, 20.0, 200)])
    seen = seen_of([Score(day=-0.5, scale="madrs", total=0)])
    expected = expected_scores(people, six, seen)
    noise = replace(PLAIN, misfit_sd=1e-6)
    spread = np.sqrt(people.of("fluctuation")[0] ** 2 + seen.bias_var[0] + seen.error_var[0])
    exact = norm.cdf((0.5 - expected[:, 0]) / spread)
    weight = exact / exact.sum()
    with np.errstate(divide="ignore"):
        stand_in = with_bounds(people, weight, expected, seen, noise)
        found = np.exp(log_likelihood(people, expected, stand_in, noise))
    found /= found.sum()
    mean, approximate = weight @ expected[:, 0], found @ expected[:, 0]
    assert approximate == pytest.approx(mean, rel=0.1)
