"""What became of the planned sessions: given as planned, given otherwise, or missed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from ketacourse.errors import InputError
from ketacourse.therapy.bounds import DOSE_DAY
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession

Happened = Literal["given", "missed"]
HAPPENED: tuple[Happened, ...] = get_args(Happened)

SAME_SESSION_DAYS = 1e-6
"""A record this near to a planned session is about it (days)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """What became of one session.

    Parameters
    ----------
    day
        Day of the planned session, or of one that was not planned (days from the first dose).
    happened
        ``given`` or ``missed``; a session stopped early was given, with what was infused.
    dose
        What was given; None where it was given as planned.
    given_day
        When it was given, None on the planned day.
    note
        A remark.
    """

    day: float
    happened: Happened = "given"
    dose: Dose | None = None
    given_day: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for day in (self.day, self.given_day):
            if day is not None:
                DOSE_DAY.check(day)
        if self.happened not in HAPPENED:
            raise InputError(
                f"What happened to a session is '{self.happened}'.",
                remedy=f"Use one of {', '.join(HAPPENED)}.",
            )
        if self.happened == "missed" and (self.dose is not None or self.given_day is not None):
            raise InputError(
                f"The session of day {self.day:g} was missed, yet something was given.",
                remedy='Leave dose and given_day out, or write happened = "given".',
            )

    @property
    def when(self) -> float:
        """Return the day on which it happened (days from the first dose)."""
        return self.day if self.given_day is None else self.given_day


def planned_at(course: Course, day: float) -> DrugSession | None:
    """Return the planned session of a day, None if there is none."""
    near = (s for s in course.sessions if abs(s.day - day) <= SAME_SESSION_DAYS)
    return next(near, None)


def as_given(course: Course, treated: Sequence[Treated]) -> Course:
    """Return the course with what became of its sessions in the place of what was planned.

    Sessions without a record stay as planned.

    Raises
    ------
    InputError
        If a record is of a day without a session and says nothing of a dose.
    """
    sessions = list(course.sessions)
    for record in treated:
        planned = planned_at(course, record.day)
        if planned is not None:
            sessions.remove(planned)
        if record.happened == "missed":
            if planned is None:
                raise InputError(
                    f"No session is planned on day {record.day:g} that could be missed.",
                    remedy="Give the day of the planned session.",
                )
            continue
        dose = record.dose or (None if planned is None else planned.dose)
        if dose is None:
            raise InputError(
                f"No session is planned on day {record.day:g}, and no dose is given.",
                remedy="State what was given, or the day of the planned session.",
            )
        sessions.append(DrugSession(day=record.when, dose=dose, note=record.note))
    last = max([course.horizon_days, *(s.day for s in sessions)])
    return replace(course, sessions=tuple(sessions), horizon_days=last)
