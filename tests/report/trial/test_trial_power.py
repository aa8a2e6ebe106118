"""Power: by size, with its interval, and from what size it is enough."""

from dataclasses import replace

import pytest

from ketacourse.report.trial_power import curve_of, enough_words, power_section, size_of
from ketacourse.trials.estimates import PowerPoint
from ketacourse.trials.statistics import share_of


def curve(*powers):
    return {
        10 * (k + 1): PowerPoint(patients=10 * (k + 1), trials=100, power=share_of(100, power))
        for k, power in enumerate(powers)
    }


def test_enough_is_the_smallest_size_from_which_power_stays():
    told = enough_words("A v B", curve(30, 85, 70, 90))
    assert told.startswith("A v B reaches 80% with 40 patients per arm (power 90%,")


def test_too_little_power_is_said_with_the_largest_size():
    told = enough_words("A v B", curve(30, 85, 70))
    assert told.startswith("A v B stays below 80% up to 30 patients per arm (power 70%,")


def test_the_own_size_of_the_arms_is_among_the_sizes(result):
    contrast = result.endpoints[0].contrasts[0]
    assert [point.patients for point in contrast.power] == [0, 5, 10, 30]
    assert list(curve_of(result.trial, contrast)) == [5, 10, 15, 30]


def test_where_arms_differ_the_smallest_compared_counts(result):
    trial = result.trial
    larger = replace(trial, arms=(replace(trial.arms[0], patients=90), *trial.arms[1:]))
    contrast = result.endpoints[0].contrasts[0]
    assert size_of(larger, contrast, contrast.power[0]) == 15


def test_every_endpoint_has_a_curve_and_every_point_a_row(result):
    (figure,) = power_section(result).figures
    assert len(figure.drawings) == 4
    assert len(figure.table.rows) == 4 * 2 * 4
    assert "80%" in figure.drawings[0].markup


def test_one_size_is_drawn_as_bars(trial_of, result_from):
    found = result_from(trial_of(power={"patients": [15]}))
    figure = power_section(found).figures[0]
    assert "15 patients per arm" in figure.drawings[0].markup
    assert "<rect" in figure.drawings[0].markup


@pytest.mark.parametrize("name", ["bare", "sequential"])
def test_a_single_trial_has_no_power(request, name):
    section = power_section(request.getfixturevalue(name))
    assert section.figures == ()
    assert "has neither" in section.intro
