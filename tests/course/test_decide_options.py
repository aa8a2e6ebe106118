"""Options: what the rules and the patient's state allow, and nothing else."""

import pytest

from ketacourse.course.decide_options import (
    FEWEST_BEFORE_STOP,
    STEPS_MG_PER_KG,
    options_for,
)
from ketacourse.course.options import LEAST_GAP_DAYS, Standing
from ketacourse.errors import InputError
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.protocol import protocol
from ketacourse.therapy.session import DrugSession, TherapySession


def course(*days, mg_per_kg=0.5, therapy=()):
    dose = Dose(route="iv_infusion", amount_mg_per_kg=mg_per_kg, duration_h=40 / 60)
    return Course(
        sessions=tuple(DrugSession(day=d, dose=dose) for d in days),
        therapy=tuple(TherapySession(day=d, duration_h=1.0) for d in therapy),
    )


def standing(today, improvement=0.3, plan=None):
    return Standing(course=plan or course(0, 2, 4, 7, 9, 11), today=today, improvement=improvement)


def by_key(options):
    return {o.key: o for o in options}


def test_to_continue_as_planned_is_the_first_option_and_leaves_the_plan():
    first = options_for(standing(8.0))[0]
    assert first.key == "continue"
    assert [s.day for s in first.course.sessions] == [0, 2, 4, 7, 9, 11]


@pytest.mark.parametrize("today", [0.0, 3.0, 8.0, 12.0, 40.0])
def test_no_option_changes_what_was_given(today):
    here = standing(today)
    for option in options_for(here):
        assert tuple(s for s in option.course.sessions if s.day < today) == here.given


@pytest.mark.parametrize("today", [3.0, 8.0, 12.0, 40.0])
def test_no_option_gives_two_doses_closer_than_the_least_gap(today):
    for option in options_for(standing(today)):
        days = [s.day for s in option.course.sessions]
        assert all(b - a >= LEAST_GAP_DAYS - 1e-9 for a, b in zip(days, days[1:], strict=False))


def test_stopping_is_no_option_before_the_fourth_session():
    assert "stop" not in by_key(options_for(standing(7.0, plan=course(0, 2, 4, 7))))
    assert FEWEST_BEFORE_STOP == 4
    assert "stop" in by_key(options_for(standing(8.0)))


def test_stopping_is_no_option_while_benefit_has_not_been_measured():
    assert "stop" not in by_key(options_for(standing(8.0, improvement=None)))


def test_stopping_is_called_for_lack_of_benefit_only_where_there_is_little():
    assert "lack of benefit" in by_key(options_for(standing(8.0, 0.1)))["stop"].label
    assert "lack of benefit" not in by_key(options_for(standing(8.0, 0.4)))["stop"].label


def test_the_dose_goes_one_step_up_without_a_response_and_one_step_down_with_one():
    up = by_key(options_for(standing(8.0, 0.3)))
    down = by_key(options_for(standing(8.0, 0.7)))
    assert "dose_down" not in up
    assert "dose_up" not in down
    assert up["dose_up"].future(8.0)[0].dose.amount_mg_per_kg == 0.75
    assert down["dose_down"].future(8.0)[0].dose.amount_mg_per_kg == 0.25


def test_no_dose_leaves_the_range_that_was_tried():
    highest = standing(8.0, 0.1, plan=course(0, 2, 4, 7, 9, 11, mg_per_kg=1.0))
    assert "dose_up" not in by_key(options_for(highest))
    assert max(STEPS_MG_PER_KG) <= 1.0


def test_spacing_out_doubles_the_intervals_and_keeps_the_number():
    spaced = by_key(options_for(standing(8.0)))["space_out"]
    assert [s.day for s in spaced.future(8.0)] == [9.0, 13.0]


def test_waiting_puts_every_remaining_dose_off_by_a_week():
    waited = by_key(options_for(standing(8.0)))["wait"]
    assert [s.day for s in waited.future(8.0)] == [16.0, 18.0]


def test_after_the_series_a_booster_may_be_given_soon_or_later_but_within_the_horizon():
    found = [o for o in options_for(standing(30.0)) if o.kind == "booster"]
    days = [o.future(30.0)[0].day for o in found]
    assert days[0] == 30.0
    assert all(30.0 <= d <= 30.0 + 84.0 - 7.0 for d in days)


def test_therapy_moves_to_the_day_after_a_dose():
    plan = course(0, 2, 4, 7, 9, 11, therapy=(8.5, 20.0))
    moved = by_key(options_for(standing(8.0, plan=plan)))["move_therapy"]
    assert [t.day for t in moved.future_therapy(8.0)] == [8.0, 12.0]


def test_therapy_that_stands_right_is_not_moved():
    plan = course(0, 2, 4, 7, 9, 11, therapy=(10.0, 12.0))
    assert "move_therapy" not in by_key(options_for(standing(8.0, plan=plan)))


def test_an_enantiomer_gets_no_step_of_the_ladder_and_no_other_route():
    label = protocol("esketamine_label")
    here = Standing(
        course=Course(sessions=label.sessions, horizon_days=112.0), today=11.0, improvement=0.1
    )
    assert {"dose_up", "change_route"} & set(by_key(options_for(here))) == set()


def test_a_course_without_a_dose_has_no_options():
    with pytest.raises(InputError, match="no drug session"):
        options_for(standing(0.0, plan=course(therapy=(1.0,))))
