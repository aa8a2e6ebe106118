"""Patients drawn from the prior are found again where they should be: rank uniformity."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest

from ketacourse.forecast import posterior as inference
from ketacourse.forecast.future import imagined, scores
from ketacourse.forecast.parameters import COLUMN
from ketacourse.forecast.posterior import posterior
from ketacourse.therapy.score import Score

PATIENTS = 100
DAYS = np.array([-0.5, 1.0, 4.0, 7.0, 10.0, 14.0])
NEXT = np.array([21.0])
CHECKED = ("baseline", "fast_gain", "consolidated_gain", "expectancy", "fluctuation", "drift")


def simulated(prior, six):
    """Return true patients with their scores and one later score."""
    nothing = posterior(prior, six, (), seed=11)
    futures = imagined(nothing, np.concatenate([DAYS, NEXT]), seed=12, draws=PATIENTS)
    told = scores(futures, six, "madrs", np.concatenate([DAYS, NEXT]))
    return futures.people.values, told[:, :-1].astype(int), told[:, -1]


def ranks(prior, six, noise=None):
    """Return where the truth and the later score lie in what is believed, (N, checked + 1)."""
    truth, told, later = simulated(prior, six)
    random = np.random.default_rng(5)
    found = []
    for i, own in enumerate(told):
        record = [Score(day=float(d), scale="madrs", total=int(t))
                  for d, t in zip(DAYS, own, strict=True)]  # fmt: skip
        after = posterior(prior, six, record, seed=100 + i, noise=noise, method="importance")
        weight = after.people.weight
        row = [weight @ (after.people.of(n) < truth[i, COLUMN[n]]) for n in CHECKED]
        ahead = imagined(after, np.append(DAYS, NEXT), seed=i, draws=400)
        next_score = scores(ahead, six, "madrs", NEXT)[:, 0]
        below, same = (next_score < later[i]).mean(), (next_score == later[i]).mean()
        found.append([*row, below + random.random() * same])
    return np.array(found)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(inference, "PEOPLE", 4000)


@pytest.mark.usefixtures("quick")
def test_true_parameters_rank_uniformly_and_the_next_score_is_covered(prior, six):
    found = ranks(prior, six)
    for k, name in enumerate((*CHECKED, "next score")):
        assert kstest(found[:, k], "uniform").pvalue > 0.001, name
    assert 0.70 <= np.mean(np.abs(found[:, -1] - 0.5) < 0.4) <= 0.90


@pytest.mark.usefixtures("quick")
def test_a_likelihood_without_rating_error_and_swings_is_caught(prior, six, monkeypatch):
    whole = inference.seen_of

    def without_error(told):
        seen = whole(told)
        return replace(seen, error_var=0.02 * seen.error_var, bias_var=0.02 * seen.bias_var)

    monkeypatch.setattr(inference, "seen_of", without_error)
    found = ranks(prior, six)
    values = [kstest(found[:, k], "uniform").pvalue for k in range(len(CHECKED))]
    assert min(values) < 0.001
