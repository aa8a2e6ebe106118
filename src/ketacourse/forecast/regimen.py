"""A course as the course model sees it: when, how strong, with what expectancy, with therapy."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from ketacourse.errors import InputError
from ketacourse.evidence.posterior import value_in_force
from ketacourse.forecast.drive import strength_of
from ketacourse.population.expectancy import (
    care_parameter,
    expectancy_parameter,
    medicated_share,
    takes_antidepressant,
)
from ketacourse.therapy.course import Course
from ketacourse.therapy.patient import Patient
from ketacourse.therapy.session import DrugSession

Array = NDArray[np.float64]

LEAST_SHARE = 1e-3
"""Typical shares of placebo below this count as this much: log odds stay finite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimen:
    """A course in the terms of the course model.

    Parameters
    ----------
    days
        Start of each session (days from the first dose), increasing, shape (S,).
    strength
        Drive of each dose relative to 0.5 mg/kg of racemic ketamine over 40 min into a
        vein; 0 for a session without drug, shape (S,), or (S, N) where people differ.
    therapy_days, therapy_hours
        Start (days) and length (h) of each therapy session, shape (J,).
    expectancy_shift, care_shift
        Log odds by which expectancy and care differ from open treatment in a clinic.
    new_antidepressant
        Whether an oral antidepressant is started on day 0.
    decay
        How much faster the consolidated benefit fades than in a clinic without a new
        antidepressant (factor).
    drug_share
        Share of the drug's benefit that is left (0 to 1): less than 1 under anaesthesia.
    expectancy_days
        Time constant with which expectancy fades (days); that of patients who are awake where
        it is None.
    """

    days: Array
    strength: Array
    therapy_days: Array = field(default_factory=lambda: np.zeros(0))
    therapy_hours: Array = field(default_factory=lambda: np.zeros(0))
    expectancy_shift: float = 0.0
    care_shift: float = 0.0
    new_antidepressant: bool = False
    decay: float = 1.0
    drug_share: float = 1.0
    expectancy_days: float | None = None

    def __post_init__(self) -> None:
        for name in ("days", "strength", "therapy_days", "therapy_hours"):
            value = np.asarray(getattr(self, name), dtype=np.float64)
            flat = value.ndim == 1 or (name == "strength" and value.ndim == 2)
            if not flat or not np.isfinite(value).all():
                raise InputError(f"'{name}' of a regimen is not a row of finite numbers.")
            object.__setattr__(self, name, value)
        pairs = (("days", "strength"), ("therapy_days", "therapy_hours"))
        for days, beside in pairs:
            if len(getattr(self, days)) != len(getattr(self, beside)):
                raise InputError(f"'{days}' and '{beside}' of a regimen differ in length.")
            if (np.diff(getattr(self, days)) < 0.0).any():
                raise InputError(f"'{days}' of a regimen do not increase.", remedy="Sort them.")
        if (self.strength < 0.0).any():
            raise InputError("A dose of a regimen has a negative strength.")
        if not 0.0 < self.decay < np.inf:
            raise InputError(f"The decay of a regimen is {self.decay}.", remedy="Give more than 0.")
        if not 0.0 <= self.drug_share <= 1.0:
            raise InputError(
                f"The share of the drug in a regimen is {self.drug_share}.", remedy="Give 0 to 1."
            )
        if self.expectancy_days is not None and not 0.0 < self.expectancy_days < np.inf:
            raise InputError(
                f"Expectancy of a regimen fades with {self.expectancy_days} days.",
                remedy="Give more than 0, or None.",
            )

    def until(self, day: float) -> "Regimen":
        """Return the regimen without what lies after a day."""
        return self._kept(self.days <= day, self.therapy_days <= day)

    def with_doses(self, days: Sequence[float], strength: Sequence[float]) -> "Regimen":
        """Return the regimen with further doses."""
        every = np.concatenate([self.days, np.asarray(days, dtype=float)])
        force = np.concatenate([self.strength, np.asarray(strength, dtype=float)])
        order = np.argsort(every, kind="stable")
        return replace(self, days=every[order], strength=force[order])

    def with_therapy(self, days: Sequence[float], hours: float = 1.0) -> "Regimen":
        """Return the regimen with further therapy sessions of equal length (h)."""
        every = np.concatenate([self.therapy_days, np.asarray(days, dtype=float)])
        length = np.concatenate([self.therapy_hours, np.full(len(days), hours)])
        order = np.argsort(every, kind="stable")
        return replace(self, therapy_days=every[order], therapy_hours=length[order])

    def _kept(self, doses: NDArray[np.bool_], therapy: NDArray[np.bool_]) -> "Regimen":
        return replace(
            self,
            days=self.days[doses],
            strength=self.strength[doses],
            therapy_days=self.therapy_days[therapy],
            therapy_hours=self.therapy_hours[therapy],
        )


def regimen_of(
    patient: Patient, course: Course, *, given: Sequence[DrugSession] | None = None
) -> Regimen:
    """Return the regimen of a patient on a course.

    Parameters
    ----------
    given
        The doses that count, such as those that were really given and those still to
        come; the planned ones by default.
    """
    sessions = sorted(course.sessions if given is None else given, key=lambda s: s.day)

    def odds(name: str) -> float:
        return float(logit(max(value_in_force(name, "1"), LEAST_SHARE)))

    oral = course.new_oral_antidepressant
    share = medicated_share(
        course.setting, new_oral_antidepressant=oral, medicated=takes_antidepressant(patient)
    )
    asleep = course.masking == "anaesthesia"
    expected = odds(expectancy_parameter(course.masking)) - odds(expectancy_parameter("open"))
    return Regimen(
        days=np.array([s.day for s in sessions]),
        strength=np.array([strength_of(patient, s.dose) for s in sessions]),
        therapy_days=np.array([t.day for t in course.therapy]),
        therapy_hours=np.array([t.duration_h for t in course.therapy]),
        expectancy_shift=expected,
        care_shift=odds(care_parameter(course.setting)) - odds(care_parameter("clinic")),
        new_antidepressant=oral,
        decay=value_in_force("patient.medication_decay", "1")
        ** (share - medicated_share("clinic")),
        drug_share=1.0 - value_in_force("mood.anaesthesia_block", "1") if asleep else 1.0,
        expectancy_days=value_in_force("placebo.unaware_time", "d") if asleep else None,
    )
