"""The planned course: drug sessions, therapy sessions, and how it is given."""

from dataclasses import dataclass
from typing import Literal, get_args

from ketacourse.errors import InputError
from ketacourse.therapy.bounds import HORIZON_DAYS
from ketacourse.therapy.session import DrugSession, TherapySession

Masking = Literal[
    "open", "saline_parallel", "saline_crossover", "active_placebo", "placebo_spray", "anaesthesia"
]
Setting = Literal["trial", "clinic"]

MASKINGS: tuple[Masking, ...] = get_args(Masking)
SETTINGS: tuple[Setting, ...] = get_args(Setting)

DEFAULT_HORIZON_DAYS = 84.0
"""Follow-up without another wish (days): twelve weeks, as long as most trials follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A course as planned.

    Sessions are kept in the order of their days, however they were given. Doses may
    overlap: a second line, a bolus during an infusion. A case file refuses overlap.

    Parameters
    ----------
    sessions
        Doses, by day; empty for a course without drug.
    therapy
        Psychotherapy sessions, by day.
    horizon_days
        How long the patient is followed (days from the first dose).
    masking
        What the patient knows of the drug; it sets the placebo component.
    setting
        Trial or clinic.
    new_oral_antidepressant
        Whether an oral antidepressant is started with the course.
    protocol
        Name of the protocol the sessions came from, empty if none.
    """

    sessions: tuple[DrugSession, ...]
    therapy: tuple[TherapySession, ...] = ()
    horizon_days: float = DEFAULT_HORIZON_DAYS
    masking: Masking = "open"
    setting: Setting = "clinic"
    new_oral_antidepressant: bool = False
    protocol: str = ""

    def __post_init__(self) -> None:
        HORIZON_DAYS.check(self.horizon_days)
        if self.masking not in MASKINGS:
            raise InputError(
                f"The masking '{self.masking}' is not known.",
                remedy=f"Use one of {', '.join(MASKINGS)}.",
            )
        if self.setting not in SETTINGS:
            raise InputError(
                f"The setting '{self.setting}' is not known.",
                remedy=f"Use one of {', '.join(SETTINGS)}.",
            )
        # A frozen class can only be put in order here.
        object.__setattr__(self, "sessions", tuple(sorted(self.sessions, key=lambda s: s.day)))
        object.__setattr__(self, "therapy", tuple(sorted(self.therapy, key=lambda s: s.day)))
        days = [s.day for s in self.sessions] + [t.day for t in self.therapy]
        last = max(days, default=0.0)
        if last > self.horizon_days:
            raise InputError(
                f"A session on day {last:g} lies after the horizon of {self.horizon_days:g} days.",
                remedy=f"Set the horizon to at least {last:g} days or leave the session out.",
            )

    @property
    def horizon_h(self) -> float:
        """Return the follow-up time (h from the first dose)."""
        return self.horizon_days * 24.0

    @property
    def last_dose_day(self) -> float:
        """Return the day of the last dose (days; 0 without doses)."""
        return self.sessions[-1].day if self.sessions else 0.0
