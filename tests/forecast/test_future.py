"""What may happen: against conditional normals written out, and what stays common."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.forecast.future import courses, imagined, paths, scores
from ketacourse.forecast.likelihood import TIMES, expected_scores, nearest, noise_of
from ketacourse.forecast.measurement import seen_of
from ketacourse.forecast.posterior import posterior
from ketacourse.therapy.score import Score

DAYS = np.array([7.0, 8.0, 10.0, 14.0, 28.0])


def alone(people, six, told):
    """Return the posterior of a prior of one person: only the swings are left to learn."""
    found = posterior(people, six, told, seed=1, method="importance", noise=replace(
        noise_of(1.0, 20.0), wild_share=1e-12))  # fmt: skip
    values = np.repeat(people.values, found.people.size, axis=0)
    return replace(found, people=replace(found.people, values=values,
                                         log_weight=np.zeros(len(values))))  # fmt: skip


def test_swings_follow_the_conditional_normal(person, six):
    people = person(fluctuation=5.0)
    told = [Score(day=-0.5, scale="madrs", total=32), Score(day=7.0, scale="madrs", total=30)]
    found = alone(people, six, told)
    futures = imagined(found, DAYS, seed=5, draws=8000)
    time = float(TIMES[nearest(np.log(TIMES), np.log(people.of("fluctuation_time")))[0]])
    seen = seen_of(told)

    def kernel(a, b):
        gap = np.abs(a[:, None] - b)
        return 25.0 * np.exp(-gap / time) + 1.0 * np.exp(-gap / 20.0)

    days = np.array([-0.5, 7.0])
    whole = kernel(days, days) + seen.shared_covariance()
    left = seen.value - expected_scores(people, six, seen)[0]
    across = kernel(DAYS, days)
    mean = across @ np.linalg.solve(whole, left)
    variance = np.diag(kernel(DAYS, DAYS) - across @ np.linalg.solve(whole, across.T))
    assert futures.swings.mean(axis=0) == pytest.approx(mean, abs=0.25)
    assert futures.swings.std(axis=0) == pytest.approx(np.sqrt(variance), rel=0.05)


def test_regimens_share_their_swings(prior, six, scores):
    found = posterior(prior, six, scores, seed=1)
    more = six.with_doses([14.0], [1.0])
    days = np.array([11.0, 13.0, 20.0])
    one, other = (paths(found, r, days, seed=4, draws=500) for r in (six, more))
    assert np.array_equal(one[:, :2], other[:, :2])
    assert (other[:, 2] <= one[:, 2] + 1e-9).all()


def test_the_same_seed_gives_the_same_courses_and_another_does_not(prior, six, scores):
    found = posterior(prior, six, scores, seed=1)
    one, same, other = (paths(found, six, DAYS, seed=s, draws=200) for s in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_scores_are_whole_and_on_the_scale(prior, six, scores):
    futures = imagined(posterior(prior, six, scores, seed=1), DAYS, seed=1, draws=500)
    for key, top in (("madrs", 60), ("phq9", 27), ("gad7", 21), ("hamd17", 52)):
        found = futures_scores(futures, six, key)
        assert np.array_equal(found, np.rint(found))
        assert found.min() >= 0
        assert found.max() <= top


def futures_scores(futures, regimen, key):
    return scores(futures, regimen, key, np.array([8.0, 28.0]))


def test_uncertainty_grows_from_today_and_stays_bounded(prior, six, scores):
    found = posterior(prior, six, scores, seed=1)
    futures = imagined(found, np.array([10.0, 12.0, 84.0]), seed=1, draws=3000)
    spread = courses(futures, six).std(axis=0)
    assert spread[0] < spread[2] < 15.0


def test_repeated_people_stand_next_to_each_other(prior, six, scores):
    futures = imagined(posterior(prior, six, scores, seed=1), DAYS, seed=1, draws=80, repeats=8)
    assert np.array_equal(futures.people.values[0], futures.people.values[7])
    assert not np.array_equal(futures.swings[0], futures.swings[7])


def test_scores_of_a_single_day_are_those_of_the_day_among_others(person, six):
    nothing = posterior(person(), six, (), seed=1, method="importance")
    futures = imagined(nothing, np.array([7.0]), seed=5, draws=50)
    total = scores(futures, six, "madrs", np.array([7.0]))
    assert total.shape == (50, 1)
    assert np.isfinite(total).all()
    true = scores(futures, six, "madrs", np.array([7.0]), error=False)
    assert np.abs(total - true).max() < 20.0
