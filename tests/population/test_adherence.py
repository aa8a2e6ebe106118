"""Who comes and who stays: shares are met, benefit holds patients, burden drives them off."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.engine.solve import solve
from ketacourse.errors import OutOfRangeError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.population.adherence import (
    FULL_ADHERENCE,
    adherence_preset,
    draw_attendance,
    draw_dropout,
    dropout_probability,
    hazard_of_share,
    side_effect_burden,
)
from ketacourse.population.batch import pose_course
from ketacourse.population.cohort import arm_parameters, draw_cohort
from ketacourse.population.specification import population_preset
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession, TherapySession

MANY = 20_000
DOSE = Dose(drug="ketamine", route="iv_infusion", amount_mg_per_kg=0.5, duration_h=40 / 60)
COURSE = Course(
    sessions=tuple(DrugSession(day=d, dose=DOSE) for d in (0.0, 2.0, 4.0)),
    therapy=(TherapySession(day=5.0, duration_h=1.0),),
    horizon_days=14.0,
)
QUANTITIES = ("madrs", "expectancy", "exposure", "coping")
TIMES_H = np.arange(0.0, 14.1) * 24.0


@pytest.fixture(scope="module")
def usual():
    return adherence_preset()


@pytest.fixture(scope="module")
def course_of():
    cohort = draw_cohort(population_preset("clinic"), seed=1, first=0, count=4)

    def run(course=COURSE, **options):
        problem = pose_course(
            course, body=cohort.body, parameters=arm_parameters(cohort), times_h=TIMES_H,
            catalogue=load_catalogue(), **options,
        )  # fmt: skip
        return solve(problem, quantities=QUANTITIES, nodes_h=np.arange(336 * 6 + 1) / 6)

    return run


def probability(spec, benefit, burden, days=7.0):
    return dropout_probability(
        spec, benefit=np.array([benefit]), burden=np.array([burden]), days=days
    )[0]


def test_the_first_session_is_never_missed_and_later_ones_in_the_stated_share(usual):
    spec = replace(usual, missed_spread=0.0)
    present = draw_attendance(spec, 6, seed=1, first=0, count=MANY)
    assert present[0].all()
    assert 1.0 - present[1:].mean() == pytest.approx(spec.missed_share, abs=0.005)


def test_some_patients_miss_more_than_others(usual):
    def twice(spec):
        present = draw_attendance(spec, 3, seed=1, first=0, count=MANY)
        return ((present[1] == 0) & (present[2] == 0)).mean()

    spread, alike = twice(usual), twice(replace(usual, missed_spread=0.0))
    assert spread > 2.0 * alike


def test_attendance_is_the_same_in_any_chunk_and_however_many_sessions_follow(usual):
    whole = draw_attendance(usual, 8, seed=1, first=0, count=500)
    part = draw_attendance(usual, 3, seed=1, first=100, count=50)
    assert np.array_equal(part, whole[:3, 100:150])


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1.0), (1.0, 0.0)])
def test_nobody_or_everybody_may_miss(usual, share, expected):
    present = draw_attendance(replace(usual, missed_share=share), 3, seed=1, first=0, count=20)
    assert (present[1:] == expected).all()


def test_benefit_keeps_patients_and_burden_drives_them_away(usual):
    content = probability(usual, 1.0, 0.0)
    assert probability(usual, 0.0, 0.0) == pytest.approx(5.0 * content, rel=0.05)
    assert probability(usual, 1.0, 1.0) == pytest.approx(3.0 * content, rel=0.05)


def test_a_month_is_four_weeks_of_the_same_hazard(usual):
    stays = (1.0 - probability(usual, 0.5, 0.2)) ** 4
    assert 1.0 - probability(usual, 0.5, 0.2, days=28.0) == pytest.approx(stays)


def test_about_a_ninth_leaves_in_four_ordinary_weeks(usual):
    assert probability(usual, 0.5, 0.25, days=28.0) == pytest.approx(0.1127, abs=0.01)


def test_full_adherence_loses_nobody():
    assert probability(FULL_ADHERENCE, 0.0, 1.0, days=365.0) == 0.0
    assert draw_attendance(FULL_ADHERENCE, 4, seed=1, first=0, count=10).all()


def test_those_who_leave_are_the_same_in_any_chunk():
    p = np.full(MANY, 0.2)
    whole = draw_dropout(p, visit=3, seed=1, first=0)
    assert whole.mean() == pytest.approx(0.2, abs=0.01)
    assert np.array_equal(draw_dropout(p[:9], visit=3, seed=1, first=70), whole[70:79])


def test_who_leaves_at_a_low_risk_leaves_at_a_high_one():
    low, high = (draw_dropout(np.full(MANY, p), visit=1, seed=1, first=0) for p in (0.1, 0.3))
    assert not (low & ~high).any()


def test_the_burden_grows_with_dissociation_up_to_one():
    assert side_effect_burden(np.array([0.0, 15.0, 90.0])).tolist() == [0.0, 0.5, 1.0]


def test_a_share_becomes_the_hazard_that_gives_it():
    spec = replace(FULL_ADHERENCE, dropout_per_week=hazard_of_share(0.2, days=28.0))
    assert probability(spec, 0.0, 0.0, days=28.0) == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"missed_share": 1.2}, "'missed_share' is 1.2"),
        ({"missed_share": float("nan")}, "'missed_share' is nan"),
        ({"dropout_per_week": -0.1}, "'dropout_per_week' is -0.1"),
        ({"dropout_with_burden": 0.0}, "'dropout_with_burden' is 0"),
    ],
)
def test_impossible_adherence_is_refused(usual, change, problem):
    with pytest.raises(OutOfRangeError, match=problem):
        replace(usual, **change)


@pytest.mark.parametrize("share", [1.0, 1.5, -0.1, float("nan")])
def test_a_drop_out_of_one_or_above_is_refused(share):
    with pytest.raises(OutOfRangeError, match="share that drops out is"):
        hazard_of_share(share, days=28.0)


def test_a_nan_benefit_is_refused(usual):
    with pytest.raises(OutOfRangeError, match="A benefit is NaN"):
        probability(usual, float("nan"), 0.0)


def test_a_missed_session_gives_neither_drug_nor_expectancy(course_of):
    attendance = np.ones((3, 4))
    attendance[1, 2] = 0.0
    whole, missed = course_of(), course_of(attendance=attendance)
    others = [0, 1, 3]
    assert np.array_equal(missed.values[others], whole.values[others])
    assert missed.of("exposure")[2, -1] == pytest.approx(whole.of("exposure")[2, -1] * 2 / 3)
    assert missed.of("expectancy")[2, 3] < whole.of("expectancy")[2, 3]
    assert missed.of("madrs")[2, 3] > whole.of("madrs")[2, 3]


def test_factors_may_differ_between_sessions_and_patients(course_of):
    factor = np.ones((3, 4))
    factor[:, 1] = (1.0, 0.5, 0.0)
    whole, less = course_of(), course_of(dose_factor=factor)
    assert less.of("exposure")[1, -1] == pytest.approx(whole.of("exposure")[1, -1] / 2)
    assert np.array_equal(less.of("expectancy"), whole.of("expectancy"))


def test_a_missed_therapy_session_teaches_nothing(course_of):
    attendance = np.array([[1.0, 0.0, 1.0, 1.0]])
    run = course_of(therapy_attendance=attendance)
    assert run.of("coping")[1, -1] == 0.0
    assert run.of("coping")[0, -1] > 0.0


def test_leaving_plasma_out_changes_nothing_else(course_of):
    assert np.array_equal(course_of(plasma=False).values, course_of().values)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"attendance": np.ones((2, 4))}, r"'attendance' has shape \(2, 4\)"),
        ({"attendance": np.full((3, 4), 1.5)}, "'attendance' is not all from 0 to 1"),
        ({"attendance": np.full((3, 4), np.nan)}, "'attendance' is not all from 0 to 1"),
        ({"therapy_attendance": np.ones((2, 4))}, "'therapy_attendance' has shape"),
        ({"dose_factor": np.ones((4, 3))}, r"dose factors have shape \(4, 3\)"),
    ],
)
def test_attendance_of_another_shape_is_refused(course_of, options, problem):
    with pytest.raises(OutOfRangeError, match=problem):
        course_of(**options)
