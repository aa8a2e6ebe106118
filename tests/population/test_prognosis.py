from dataclasses import replace

import numpy as np
import pytest

from ketacourse.population.cohort import draw_cohort
from ketacourse.population.prognosis import (
    NATURAL_COURSES,
    benefit_log_odds,
    early_step,
    natural_stress,
)
from ketacourse.population.specification import population_preset

VALUES = {
    "patient.age_odds": -0.2, "patient.early_step_odds": 0.5, "patient.natural_course": 0.6,
    "patient.natural_course_resistant": 0.2, "mood.disease_time": 4800.0,
}  # fmt: skip


def with_failures(count):
    spec = population_preset("trd_trial")
    who = replace(spec.covariates, failed_minimum=count, failed_further=0.0)
    return draw_cohort(replace(spec, covariates=who), seed=3, first=0, count=40)


def test_a_history_that_nobody_states_counts_as_resistant():
    assert early_step(None) == 0.0
    assert early_step(1, diagnosis="trd") == 0.0
    assert early_step(1, diagnosis="mdd") == 1.0


def test_age_makes_no_difference_below_fifty_five():
    assert (benefit_log_odds([20.0, 40.0, 55.0], 0.0, VALUES) == 0.0).all()


def test_age_and_history_add_on_the_scale_of_log_odds():
    plain = benefit_log_odds(45.0, 0.0, VALUES)
    older = benefit_log_odds(75.0, 0.0, VALUES)
    early = benefit_log_odds(75.0, 1.0, VALUES)
    assert plain == 0.0
    assert older == pytest.approx(2 * VALUES["patient.age_odds"])
    assert early - older == pytest.approx(VALUES["patient.early_step_odds"])


def test_a_natural_course_ends_at_the_share_that_goes_by_itself():
    drive = natural_stress(np.array([1.0, 0.0]), VALUES) * VALUES["mood.disease_time"]
    assert drive == pytest.approx([-0.6, -0.2])


def test_the_second_failed_antidepressant_makes_the_difference():
    none, one, two, five = (with_failures(n).values for n in (0, 1, 2, 5))
    for name in ("mood.fast_gain", "placebo.antidepressant_share", "patient.stress"):
        assert np.array_equal(none[name], one[name]), name
        assert np.array_equal(two[name], five[name]), name
    assert (one["mood.fast_gain"] > two["mood.fast_gain"]).all()
    assert (one["patient.stress"] < two["patient.stress"]).all()


def test_natural_courses_differ_between_people_and_stay_shares():
    cohort = with_failures(2)
    for name in NATURAL_COURSES:
        share = cohort.values[name]
        assert np.ptp(share) > 0.0
        assert ((share > 0.0) & (share < 1.0)).all()
