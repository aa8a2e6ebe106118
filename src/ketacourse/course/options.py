"""What may be done next: the options that a clinic's rules and the patient's state allow.

Each option is a whole course: what was given, then what would follow. An option changes one
thing of the plan. Nothing here predicts; what an option leads to is computed elsewhere, and
whether it is allowed is screened on its own course.
"""

from dataclasses import dataclass, replace
from typing import Literal

from ketacourse.therapy.case import Case
from ketacourse.therapy.course import Course
from ketacourse.therapy.session import DrugSession, TherapySession

Kind = Literal[
    "continue", "add", "space", "booster", "dose", "route", "therapy", "stop", "wait"
]  # fmt: skip

EARLY_BENEFIT = 0.2
"""Improvement below which a course is said to bring little (SCH-008; the rule itself decides)."""
LEAST_GAP_DAYS = 2.0
"""Least time between two doses of any option (days): as close as the courses that were tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing that may be done next.

    Parameters
    ----------
    key, kind
        Name in files, and sort of change.
    label
        What is done, in a few words.
    why
        What makes it an option now, with the rule it comes from.
    course
        The whole course with what was given and what would follow.
    """

    key: str
    kind: Kind
    label: str
    why: str
    course: Course

    def of(self, case: Case) -> Case:
        """Return the case with this option's course in place of the plan."""
        return replace(case, course=self.course, treated=())

    def future(self, today: float) -> tuple[DrugSession, ...]:
        """Return the doses still to come (days from the first dose)."""
        return tuple(s for s in self.course.sessions if s.day >= today)

    def future_therapy(self, today: float) -> tuple[TherapySession, ...]:
        """Return the therapy sessions still to come."""
        return tuple(s for s in self.course.therapy if s.day >= today)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a course stands.

    Parameters
    ----------
    course
        The course as planned.
    today
        Day from which the next step is decided; doses before it are given (days from the
        first dose).
    improvement
        Share of the baseline that the newest score has lost, None without one.
    horizon_days
        How far options are looked ahead (days from today).
    """

    course: Course
    today: float
    improvement: float | None
    horizon_days: float = 84.0

    @property
    def given(self) -> tuple[DrugSession, ...]:
        """Return the doses before today."""
        return tuple(s for s in self.course.sessions if s.day < self.today)

    @property
    def planned(self) -> tuple[DrugSession, ...]:
        """Return the doses still planned."""
        return tuple(s for s in self.course.sessions if s.day >= self.today)

    @property
    def gap_days(self) -> float:
        """Return the usual time between doses (days; the median, 3.5 for a single dose)."""
        days = [s.day for s in self.course.sessions]
        gaps = sorted(b - a for a, b in zip(days, days[1:], strict=False))
        return max(gaps[len(gaps) // 2], LEAST_GAP_DAYS) if gaps else 3.5

    @property
    def next_free_day(self) -> float:
        """Return the first day on which a further dose may be given."""
        last = self.given[-1].day if self.given else self.today - LEAST_GAP_DAYS
        return max(self.today, last + LEAST_GAP_DAYS)

    @property
    def lacks_benefit(self) -> bool:
        """Return whether less than a fifth of the baseline is gone (SCH-008)."""
        return self.improvement is not None and self.improvement < EARLY_BENEFIT

    @property
    def responded(self) -> bool:
        """Return whether at least half of the baseline is gone by the newest score."""
        return self.improvement is not None and self.improvement >= 0.5
