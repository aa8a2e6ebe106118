"""Sessions and the course they make."""

import math
from dataclasses import FrozenInstanceError, replace

import pytest

from ketacourse.errors import InputError, OutOfRangeError
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession, TherapySession

DOSE = Dose(route="iv_infusion", amount_mg_per_kg=0.5, duration_h=0.5)


def on(*days: float) -> tuple[DrugSession, ...]:
    return tuple(DrugSession(day=day, dose=DOSE) for day in days)


def test_sessions_are_kept_in_the_order_of_their_days() -> None:
    course = Course(sessions=on(7, 0, 2))
    assert [s.day for s in course.sessions] == [0, 2, 7]
    assert course.last_dose_day == 7


def test_a_course_without_drug_has_no_last_dose() -> None:
    assert Course(sessions=()).last_dose_day == 0.0


def test_doses_may_overlap_on_two_lines() -> None:
    assert len(Course(sessions=on(0, 0.01)).sessions) == 2


def test_a_session_ends_when_its_dose_has_run_in() -> None:
    (session,) = on(2)
    assert (session.start_h, session.end_h) == (48.0, 48.5)


def test_a_session_after_the_horizon_is_refused() -> None:
    with pytest.raises(InputError, match="day 20 lies after the horizon of 14 days"):
        Course(sessions=on(0, 20), horizon_days=14.0)


def test_therapy_after_the_horizon_is_refused() -> None:
    therapy = (TherapySession(day=20.0, duration_h=1.0),)
    with pytest.raises(InputError, match="day 20 lies after the horizon of 14 days"):
        Course(sessions=on(0), therapy=therapy, horizon_days=14.0)


@pytest.mark.parametrize("horizon_days", [0.0, -1.0, 731.0, math.nan, math.inf])
def test_an_impossible_horizon_is_refused(horizon_days: float) -> None:
    with pytest.raises(OutOfRangeError, match="Give 1 to 730 days"):
        Course(sessions=on(0), horizon_days=horizon_days)


@pytest.mark.parametrize(
    ("field", "says"), [("masking", "placebo_spray"), ("setting", "trial, clinic")]
)
def test_an_unknown_choice_is_refused_with_the_choices(field: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        replace(Course(sessions=on(0)), **{field: "nonsense"})


@pytest.mark.parametrize("day", [-0.5, 731.0, math.nan])
def test_a_dose_on_an_impossible_day_is_refused(day: float) -> None:
    with pytest.raises(OutOfRangeError, match="Give 0 to 730 days"):
        DrugSession(day=day, dose=DOSE)


def test_therapy_may_begin_before_the_first_dose() -> None:
    assert TherapySession(day=-7.0, duration_h=1.0).start_h == -168.0


@pytest.mark.parametrize(("duration_h", "kind"), [(0.0, "cbt"), (9.0, "cbt"), (1.0, " ")])
def test_an_impossible_therapy_session_is_refused(duration_h: float, kind: str) -> None:
    with pytest.raises(InputError, match="therapy"):
        TherapySession(day=1.0, duration_h=duration_h, kind=kind)


def test_a_course_cannot_be_changed_in_place() -> None:
    course = Course(sessions=on(0))
    with pytest.raises(FrozenInstanceError):
        course.horizon_days = 5.0  # type: ignore[misc]
