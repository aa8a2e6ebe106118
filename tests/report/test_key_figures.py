"""Key figures: peaks, days below a line, times back to rest, on curves known by hand."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.report.key_figures import (
    goals,
    key_days,
    lowest,
    peak,
    stay_below,
    time_back,
    time_under,
)

T = np.arange(0.0, 241.0, 1.0)


@pytest.fixture
def triangle(made, simulation):
    """A rise of 10 points that peaks after 2 h and is gone after 10 h."""
    height = np.interp(T, [0.0, 2.0, 10.0, 240.0], [0.0, 10.0, 0.0, 0.0])
    series = replace(simulation.series["cadss"], typical=height, lower=height / 2, upper=height * 2)
    return made(times_h=T, series={"cadss": series}), series


def test_the_peak_carries_its_time_and_the_band_at_that_time(triangle):
    found = peak(*triangle, 0.0, 24.0, "", "")
    assert (found.time_h, found.value, found.lower, found.upper) == (2.0, 10.0, 5.0, 20.0)


def test_a_fall_is_a_peak_too(made, triangle):
    run, series = triangle
    below = replace(series, typical=-series.typical, lower=None, upper=None)
    assert peak(run, below, 0.0, 24.0, "", "").value == -10.0


def test_half_is_gone_when_the_fall_has_passed_half(triangle):
    assert time_back(*triangle, 0.0, 0.5, end_h=24.0) == 6.0


def test_half_is_not_gone_when_the_window_ends_before(triangle):
    assert time_back(*triangle, 0.0, 0.5, end_h=4.0) is None


def test_the_time_to_fall_below_a_level_counts_from_the_start(triangle):
    assert time_under(*triangle, 0.0, 2.5, end_h=24.0) == 8.0
    assert time_under(*triangle, 0.0, 11.0, end_h=24.0) == 0.0
    assert time_under(*triangle, 0.0, 2.5, end_h=5.0) is None


def test_days_below_a_line_are_counted_over_every_visit():
    values = np.array([30.0, 10.0, 30.0, 10.0, 30.0])
    stay = stay_below(np.arange(5.0) * 24.0, values, 20.0)
    assert (stay.first_day, stay.last_day, stay.days) == (0.5, 3.5, 2.0)
    assert not stay.open_end


def test_a_curve_that_ends_below_the_line_is_still_there():
    stay = stay_below(np.arange(3.0) * 24.0, np.array([30.0, 10.0, 10.0]), 20.0)
    assert stay.open_end
    assert stay.last_day == 2.0


def test_a_curve_that_never_gets_there_has_no_day():
    stay = stay_below(np.arange(3.0), np.full(3, 30.0), 20.0)
    assert (stay.first_day, stay.days) == (None, 0.0)


def test_time_before_the_first_dose_does_not_count_as_benefit():
    stay = stay_below(np.array([-48.0, 0.0, 24.0]), np.array([5.0, 30.0, 30.0]), 20.0)
    assert stay.first_day is None


def test_response_is_half_of_the_recorded_baseline(simulation):
    response = next(goal for goal in goals(simulation) if goal.name == "response")
    assert response.line == 16.5


def test_the_worse_edge_of_the_band_is_never_below_the_line_for_longer(simulation):
    for goal in goals(simulation):
        assert goal.upper.days <= goal.typical.days <= goal.lower.days


def test_key_days_hold_the_day_after_the_last_dose_and_the_horizon(simulation):
    days = key_days(simulation)
    assert {0.0, 1.0, 18.0, 84.0} <= set(days)
    assert list(days) == sorted(days)


def test_the_lowest_score_is_the_lowest(simulation):
    series = simulation.series["madrs"]
    assert lowest(simulation, series).value == series.typical.min()
