"""Kaplan-Meier and log-rank against a published example and against their own limits."""

import numpy as np
import pytest

from ketacourse.trials.survival import kaplan_meier, log_rank

# Weeks in remission of leukaemia, 6-mercaptopurine against placebo (Freireich and others,
# Blood 1963;21:699): a plus is a patient still in remission when last seen.
DRUG = "6 6 6 7 10 13 16 22 23 6+ 9+ 10+ 11+ 17+ 19+ 20+ 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"
WEEKS = sorted({int(x.rstrip("+")) for x in (DRUG + " " + PLACEBO).split()})


def counts(patients):
    """Return events and censored at each week."""
    each = patients.split()
    return [each.count(str(w)) for w in WEEKS], [each.count(f"{w}+") for w in WEEKS]


def curve(patients):
    return kaplan_meier([float(week) for week in WEEKS], *counts(patients))


def test_the_published_curve_is_found():
    found = curve(DRUG)
    assert found.at(6.0)[0] == pytest.approx(18 / 21)
    assert found.at(10.0)[0] == pytest.approx(0.7529, abs=1e-4)
    assert found.at(23.0)[0] == pytest.approx(0.4482, abs=1e-4)


def test_the_published_medians_are_found():
    assert curve(DRUG).median[0] == 23.0
    assert curve(PLACEBO).median[0] == 8.0


def test_the_interval_is_greenwoods_on_the_log_log_scale():
    value, lower, upper = curve(DRUG).at(6.0)
    assert (lower, upper) == pytest.approx((0.6197, 0.9516), abs=1e-4)
    greenwood = value * np.sqrt(3 / (21 * 18))
    assert greenwood == pytest.approx(0.0764, abs=1e-4)
    spread = greenwood / (value * abs(np.log(value)))
    assert lower == pytest.approx(value ** np.exp(1.959964 * spread), abs=1e-6)


def test_the_published_log_rank_test_is_found():
    found = log_rank([counts(DRUG)[0], counts(PLACEBO)[0]], [counts(DRUG)[1], counts(PLACEBO)[1]])
    assert found.z**2 == pytest.approx(16.79, abs=0.01)
    assert found.p == pytest.approx(4.17e-5, rel=0.01)
    # observed 9 and 21, expected 19.25 and 10.75
    assert found.ratio == pytest.approx((9 / 19.25) / (21 / 10.75), rel=1e-3)


def test_without_events_nobody_is_lost_and_nothing_is_compared():
    found = kaplan_meier([7.0, 14.0], [0, 0], [1, 4])
    assert found.at(14.0) == (1.0, 1.0, 1.0)
    assert found.median == (None, None, None)
    assert np.isnan(log_rank([[0, 0], [0, 0]], [[1, 4], [2, 2]]).p)


def test_when_all_have_the_event_nobody_is_left():
    found = kaplan_meier([7.0], [5], [0])
    assert found.at(6.0) == (1.0, 1.0, 1.0)
    assert found.at(7.0) == (0.0, 0.0, 0.0)


def test_exchanging_the_groups_turns_the_comparison_around():
    events, censored = [[3, 1], [1, 1]], [[0, 4], [1, 5]]
    one, other = log_rank(events, censored), log_rank(events[::-1], censored[::-1])
    assert one.z == pytest.approx(-other.z)
    assert one.ratio == pytest.approx(1.0 / other.ratio)
    assert one.p == pytest.approx(other.p)
