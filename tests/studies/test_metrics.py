"""The measures of the studies agree with closed forms and with what they are called."""

import numpy as np
import pytest
from studies.metrics import (
    brier,
    calibration_slope,
    covered,
    crps_of_draws,
    crps_of_normal,
    interval_holds,
    ratio_interval,
    share,
    uniformity,
)


def test_the_score_of_many_normal_draws_is_the_score_of_the_normal_distribution():
    rng = np.random.default_rng(1)
    draws = 3.0 + 2.0 * rng.standard_normal((1, 20_000))
    closed = crps_of_normal(np.array([3.0]), np.array([2.0]), np.array([4.5]))
    assert crps_of_draws(draws, np.array([4.5])) == pytest.approx(closed, abs=0.03)


def test_a_certain_prediction_is_scored_by_its_error():
    assert crps_of_draws(np.full((1, 50), 7.0), np.array([10.0]))[0] == 3.0


def test_a_sharper_prediction_that_is_right_scores_better():
    observed, mean = np.array([0.0]), np.array([0.0])
    assert crps_of_normal(mean, np.array([1.0]), observed) < crps_of_normal(
        mean, np.array([3.0]), observed
    )


def test_the_interval_of_a_ratio_holds_it_as_often_as_it_says():
    draws, held = np.random.default_rng(7), 0
    for _ in range(400):
        size = np.repeat(draws.gamma(2.0, size=150), 3)  # three predictions of each patient
        others = size * draws.gamma(3.0, size=450)
        errors = 0.9 * size * draws.gamma(3.0, size=450)
        low, high = ratio_interval(errors, others, np.repeat(np.arange(150), 3).tolist())
        held += low <= 0.9 <= high
    assert 0.92 <= held / 400 <= 0.975


def test_patients_seen_twice_tell_no_more_of_a_ratio():
    errors, others = np.array([1.0, 2.0, 4.0]), np.array([2.0, 2.0, 3.0])
    once = ratio_interval(errors, others, ["a", "b", "c"])
    twice = ratio_interval(np.tile(errors, 2), np.tile(others, 2), ["a", "b", "c"] * 2)
    assert twice == pytest.approx(once)


def test_the_brier_score_is_zero_for_a_prophet():
    assert brier(np.array([1.0, 0.0]), np.array([True, False])) == 0.0


def test_chances_that_hold_have_a_slope_of_one_and_chances_too_extreme_less():
    rng = np.random.default_rng(2)
    odds = rng.standard_normal(20_000)
    chance = 1.0 / (1.0 + np.exp(-odds))
    happened = rng.random(odds.size) < chance
    alone = np.arange(odds.size)
    right = calibration_slope(chance, happened, alone)
    assert (right.slope, right.intercept) == pytest.approx((1.0, 0.0), abs=0.06)
    extreme = calibration_slope(1.0 / (1.0 + np.exp(-2.0 * odds)), happened, alone)
    assert extreme.slope == pytest.approx(0.5, abs=0.05)


def test_the_interval_of_the_slope_counts_patients_seen_twice_once():
    rng = np.random.default_rng(4)
    odds = rng.standard_normal(2000)
    chance = 1.0 / (1.0 + np.exp(-odds))
    happened = rng.random(odds.size) < chance
    patient = np.arange(odds.size)
    once = calibration_slope(chance, happened, patient)
    twice = calibration_slope(np.tile(chance, 2), np.tile(happened, 2), np.tile(patient, 2))
    assert twice.slope == pytest.approx(once.slope)
    assert twice.slope_upper - twice.slope_lower == pytest.approx(
        once.slope_upper - once.slope_lower, rel=0.01
    )


def test_intervals_of_the_truth_cover_what_they_say():
    rng = np.random.default_rng(3)
    middle = 20.0 + 5.0 * rng.standard_normal(4000)
    draws = np.rint(middle[:, None] + 3.0 * rng.standard_normal((4000, 400)))
    observed = np.rint(middle + 3.0 * rng.standard_normal(4000))
    assert covered(draws, observed, 0.8).mean() == pytest.approx(0.8, abs=0.02)
    assert interval_holds(draws, observed, 0.8).mean() >= covered(draws, observed, 0.8).mean()


def test_a_share_lies_inside_its_interval():
    found = share(np.array([True] * 80 + [False] * 20))
    assert found.lower < found.value == 0.8 < found.upper
    assert np.isnan(share(np.zeros(0, dtype=bool)).value)


def test_uniform_ranks_pass_and_piled_up_ranks_do_not():
    rng = np.random.default_rng(4)
    assert uniformity(rng.random(2000))[1] > 0.01
    assert uniformity(rng.beta(3.0, 3.0, 2000))[1] < 1e-6
