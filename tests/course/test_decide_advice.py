"""Comparing possible futures: closed forms, ordering, and saying so where nothing differs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacourse.course.advice import (
    Lines,
    Outcome,
    burdens,
    compare,
    day_weights,
    days_below,
    estimate,
    first_of,
    held_at,
    net_benefit,
    ranking,
    relief,
)
from ketacourse.course.decide_score import score_chances, value_of_score
from ketacourse.course.preferences import Preferences

DAYS = np.arange(0.0, 85.0)


def outcome(days=20.0, sessions=2, surge=0.0, dissociation=0.0, draws=4):
    flat = np.ones(draws)
    return Outcome(
        symptom_free_days=days * flat, relief_days=days * flat, held={}, sessions=sessions,
        therapy_sessions=0, surge_sessions=surge * flat,
        dissociative_sessions=dissociation * flat, any_surge=surge * flat,
        any_dissociation=dissociation * flat, exposure_mg_per_kg=0.5 * sessions,
    )  # fmt: skip


def test_a_course_below_the_line_all_along_is_symptom_free_on_every_day():
    paths = np.full((3, DAYS.size), 9.0)
    assert days_below(paths, 10.0, day_weights(DAYS, 84.0)) == pytest.approx(84.0)


def test_the_line_itself_still_counts():
    assert days_below(np.array([[10.0]]), 10.0, np.array([1.0])) == 1.0


@given(st.lists(st.floats(0.1, 5.0), min_size=1, max_size=30))
def test_the_days_of_a_grid_add_up_to_the_horizon(gaps):
    days = np.cumsum([0.0, *gaps])
    assert day_weights(days, 84.0).sum() == pytest.approx(84.0)


def test_relief_is_one_in_remission_nothing_at_baseline_and_in_proportion_between():
    lines = Lines(remission=10.0, response=16.0, baseline=np.array([32.0, 20.0]))
    found = relief(np.array([[5.0, 21.0, 40.0], [10.0, 15.0, 20.0]]), lines)
    assert found == pytest.approx(np.array([[1.0, 0.5, 0.0], [1.0, 0.5, 0.0]]))


def test_a_baseline_in_remission_does_not_divide_by_nothing():
    lines = Lines(remission=10.0, response=4.0, baseline=8.0)
    assert np.isfinite(relief(np.array([[9.0, 12.0]]), lines)).all()


def test_a_response_that_is_lost_before_week_eight_is_held_at_week_four_only():
    path = np.where(DAYS <= 40.0, 10.0, 30.0)[None]
    assert [bool(held_at(path, DAYS, week, 15.0)[0]) for week in (4, 8, 12)] == [True, False, False]


def test_every_cost_lowers_the_balance_and_benefit_raises_it():
    plain = net_benefit(outcome(), Preferences()).mean()
    assert net_benefit(outcome(days=21.0), Preferences()).mean() > plain
    for worse in (outcome(sessions=3), outcome(surge=0.5), outcome(dissociation=1.0)):
        assert net_benefit(worse, Preferences()).mean() < plain


def test_dissociation_never_raises_the_balance_whatever_it_is_weighed():
    for weight in (0.0, 0.5, 10.0):
        wanted = Preferences(dissociation=weight)
        more = net_benefit(outcome(dissociation=2.0), wanted).mean()
        assert more <= net_benefit(outcome(), wanted).mean()


def test_an_option_compared_with_itself_shows_no_difference():
    draws = np.random.default_rng(1).normal(30.0, 10.0, 500)
    found = compare(draws, draws, indifference=1.0)
    assert (found.estimate.mean, found.verdict) == (0.0, "same")


@pytest.mark.parametrize(
    ("shift", "spread", "verdict"),
    [(10.0, 1.0, "better"), (-10.0, 1.0, "worse"), (0.0, 0.1, "same"), (3.0, 6.0, "open")],
)
def test_the_verdict_follows_from_the_interval_and_the_indifference(shift, spread, verdict):
    rng = np.random.default_rng(2)
    gap = shift + spread * rng.standard_normal(2000)
    assert compare(gap, np.zeros(2000), indifference=2.0).verdict == verdict


def test_an_interval_that_touches_the_indifference_is_never_called_better():
    gap = np.linspace(1.0, 9.0, 200)
    assert compare(gap, np.zeros(200), indifference=2.0).verdict == "open"


def test_weights_of_draws_move_the_estimate():
    values = np.array([0.0, 10.0])
    assert estimate(values, np.array([1.0, 3.0])).mean == 7.5


def test_of_options_that_hardly_differ_the_one_with_fewest_sessions_comes_first():
    burden = burdens([4, 0, 2], [0, 1, 2])
    assert first_of(np.array([[11.0, 9.5, 10.0]]), burden, indifference=2.0)[0] == 1
    assert first_of(np.array([[14.0, 9.5, 10.0]]), burden, indifference=2.0)[0] == 0


@given(st.lists(st.floats(-50.0, 50.0), min_size=1, max_size=12))
def test_the_ranking_holds_every_option_once_and_none_far_behind_comes_before_a_better_one(nets):
    expected = np.array(nets)
    order = ranking(expected, np.arange(len(nets), dtype=float), indifference=2.0)
    assert sorted(order) == list(range(len(nets)))
    best_left = [expected[order[k:]].max() for k in range(len(order))]
    assert all(expected[k] >= best - 2.0 for k, best in zip(order, best_left, strict=True))


def test_chances_of_all_scores_add_up_to_one():
    chances = score_chances(np.array([-5.0, 20.0, 70.0]), 2.6, minimum=0, maximum=60)
    assert chances.shape == (61, 3)
    assert chances.sum(axis=0) == pytest.approx(1.0)
    assert chances[:, 1].argmax() == 20


def test_a_score_that_decides_between_two_options_is_worth_something():
    ill = np.array([10.0] * 50 + [30.0] * 50)
    net = np.stack([np.where(ill < 20, 20.0, 0.0), np.where(ill < 20, 0.0, 20.0)])
    chances = score_chances(ill, 1.0, minimum=0, maximum=60)
    found = value_of_score(net, chances, np.array([0.0, 1.0]), minimum=0, indifference=0.5)
    assert found.gain == pytest.approx(10.0, abs=0.1)
    assert found.chance_of_change == pytest.approx(0.5, abs=0.01)
    assert [t.first for t in found.turns] == [0, 1]


def test_a_score_that_says_nothing_is_worth_nothing():
    net = np.random.default_rng(3).normal(size=(3, 200))
    chances = np.full((61, 200), 1.0 / 61.0)
    found = value_of_score(net, chances, np.arange(3.0), minimum=0, indifference=0.1)
    assert found.gain == pytest.approx(0.0, abs=1e-9)
    assert found.chance_of_change == 0.0
