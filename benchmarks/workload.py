"""What every engine is given: one course, many different patients, four outputs.

The course is that of the page: 40-minute infusions of 0.5 mg/kg twice a week, six in 17
days unless said otherwise, seen daily for weeks and often on the days of treatment.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.problem import Problem
from ketacourse.evidence.catalogue import Catalogue, load_catalogue
from ketacourse.model.pk.linear import LinearSystem
from ketacourse.population.batch import drug_system, pose_course
from ketacourse.population.cohort import Cohort, arm_parameters, draw_cohort
from ketacourse.population.specification import population_preset
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession

Array = NDArray[np.float64]

OUTPUTS = ("madrs", "sbp_rise", "cadss", "plasticity_window")
"""Mood, blood pressure, dissociation, plasticity: slow, fast, fast and attenuating, between."""
POPULATION = "trd_trial"
SEED = 20
DOSE_MG_PER_KG = 0.5
INFUSION_H = 40.0 / 60.0
DAYS_BETWEEN = 3.5
MINUTES_SEEN = (5, 10, 20, 30, 40, 50, 60, 90, 120, 180, 240, 360, 480, 720)
"""Minutes after the start of each infusion at which the outputs are asked for."""


@dataclass(frozen=True)
class Design:
    """A course: sessions twice a week from day 0, and weeks until the end."""

    sessions: int = 6
    weeks: int = 12

    @property
    def session_days(self) -> tuple[float, ...]:
        """Return the days of the infusions: 0, 3, 7, 10, 14, 17, ..."""
        return tuple(float(int(DAYS_BETWEEN * k)) for k in range(self.sessions))

    @property
    def course(self) -> Course:
        """Return the course."""
        dose = Dose(
            drug="ketamine", route="iv_infusion", amount_mg_per_kg=DOSE_MG_PER_KG,
            duration_h=INFUSION_H,
        )  # fmt: skip
        sessions = tuple(DrugSession(day=day, dose=dose) for day in self.session_days)
        return Course(sessions=sessions, horizon_days=7.0 * self.weeks)

    @property
    def times_h(self) -> Array:
        """Return the times at which the outputs are asked for (h)."""
        daily = 24.0 * np.arange(7 * self.weeks + 1)
        seen = [24.0 * d + np.array(MINUTES_SEEN) / 60.0 for d in self.session_days]
        return np.unique(np.concatenate([daily, *seen]).round(9))


class Workload:
    """Patients ``first`` to ``first + count`` of the population, on a course."""

    def __init__(self, design: Design, count: int, *, first: int = 0) -> None:
        self.design = design
        self.count = count
        self.cohort: Cohort = draw_cohort(
            population_preset(POPULATION), seed=SEED, first=first, count=count
        )
        self.parameters = arm_parameters(self.cohort)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Return the parameters of the package."""
        return load_catalogue()

    @cached_property
    def problem(self) -> Problem:
        """Return the problem for the engine of this package."""
        return self.pose()

    def pose(self) -> Problem:
        """Pose the problem anew; drawing the patients is done."""
        return pose_course(
            self.design.course,
            body=self.cohort.body,
            parameters=self.parameters,
            times_h=self.design.times_h,
            catalogue=self.catalogue,
            plasma=False,
        )

    @cached_property
    def system(self) -> LinearSystem:
        """Return the compartments of all patients."""
        return drug_system(
            self.design.course, self.cohort.body, self.parameters, catalogue=self.catalogue,
            plasma=False,
        )  # fmt: skip
