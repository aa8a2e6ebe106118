"""Sessions: with the drug in the chair, and with a therapist."""

from dataclasses import dataclass

from ketacourse.errors import InputError
from ketacourse.therapy.bounds import COURSE_DAY, DOSE_DAY, THERAPY_DURATION_H
from ketacourse.therapy.dose import Dose


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugSession:
    """One dose on one day of the course.

    Parameters
    ----------
    day
        Start of the dose (days from the first dose, fractions allowed).
    dose
        What is given.
    note
        A remark shown with the session.
    """

    day: float
    dose: Dose
    note: str = ""

    def __post_init__(self) -> None:
        DOSE_DAY.check(self.day)

    @property
    def start_h(self) -> float:
        """Return the start of the dose (h from the first dose)."""
        return self.day * 24.0

    @property
    def end_h(self) -> float:
        """Return the end of the dose (h from the first dose)."""
        return self.start_h + self.dose.duration_h


@dataclass(frozen=True, slots=True, kw_only=True)
class TherapySession:
    """One session of psychotherapy.

    Parameters
    ----------
    day
        Start of the session (days from the first dose; negative before it).
    duration_h
        Length of the session (h).
    kind
        Kind of therapy, such as ``cbt``.
    """

    day: float
    duration_h: float
    kind: str = "cbt"

    def __post_init__(self) -> None:
        COURSE_DAY.check(self.day)
        THERAPY_DURATION_H.check(self.duration_h)
        if not self.kind.strip():
            raise InputError("The kind of therapy is empty.", remedy="Name it, for example 'cbt'.")

    @property
    def start_h(self) -> float:
        """Return the start of the session (h from the first dose)."""
        return self.day * 24.0
