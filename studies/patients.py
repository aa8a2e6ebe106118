"""Virtual patients as a clinic would see them: who they are, and their scores at visits."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.population.measurement import Rating, latent_scores, observe, remembered
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.patient import Patient
from ketacourse.therapy.score import Score
from ketacourse.therapy.session import DrugSession
from studies.chain import PER_BELIEF, ChainPatients, chain_patients
from studies.truths import FOREIGN, Truth

Array = NDArray[np.float64]

BEFORE = -0.5
"""Day of the baseline rating."""
DOSE = Dose(route="iv_infusion", amount_mg_per_kg=0.5, duration_h=40.0 / 60.0)
DESIGNS: Mapping[str, tuple[float, ...]] = {
    "six": (0.0, 2.0, 4.0, 7.0, 9.0, 11.0),
    "six and boosters": (0.0, 2.0, 4.0, 7.0, 9.0, 11.0, 28.0, 49.0),
}
VISITS = (BEFORE, 1.0, 3.9, 6.9, 10.0, 14.0, 21.0, 27.9, 42.0, 56.0, 84.0)
RATERS = 40
TYPICAL = Patient(
    identifier="virtual", age_years=42.0, sex="female", weight_kg=75.0, diagnosis="trd"
)
"""What a clinic knows of a patient of a foreign truth: nothing that matters."""

TRUTHS = ("full_chain", "full_chain_steady", *FOREIGN)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Followed:
    """N patients on one design.

    Attributes
    ----------
    who
        What a clinic knows of each.
    doses
        Days of the doses.
    days
        Days of the visits, the first before treatment, shape (T,).
    totals
        Totals written down at each visit (points), shape (N, T).
    true
        True MADRS at each visit (points), shape (N, T).
    group
        Number of the joint draw that each was drawn under, shape (N,): patients of one draw
        resemble each other.
    key
        The scale.
    """

    who: tuple[Patient, ...]
    doses: tuple[float, ...]
    days: Array
    totals: NDArray[np.int16]
    true: Array
    group: NDArray[np.int64]
    key: str

    @property
    def course(self) -> Course:
        """Return the course that all of them get."""
        return Course(
            sessions=tuple(DrugSession(day=d, dose=DOSE) for d in self.doses),
            horizon_days=max(self.days[-1], self.doses[-1]) + 1.0,
        )

    def scores(self, patient: int, count: int) -> tuple[Score, ...]:
        """Return the first scores of one patient."""
        return tuple(
            Score(day=float(self.days[k]), scale=self.key, total=int(self.totals[patient, k]))
            for k in range(count)
        )


def truth_of(name: str, size: int, *, seed: int) -> Truth:
    """Draw patients of one truth, by the name it has in `TRUTHS`."""
    if name == "full_chain":
        return chain_patients(size, seed=seed)
    if name == "full_chain_steady":
        return chain_patients(size, seed=seed, restless=False)
    return FOREIGN[name](size, seed=seed)


def follow(truth: Truth, design: str, *, seed: int, key: str = "madrs") -> Followed:
    """Follow patients on one design and rate them at every visit.

    Clinicians who rate MADRS lean to one side or the other; answers to a questionnaire look
    back and lean as people do, half way between the day and the days asked about.
    """
    doses = np.array(DESIGNS[design])
    days = np.array(VISITS)
    amount = np.ones((truth.size, doses.size))
    true = truth.severity(doses, amount, days)
    if key == "madrs":
        totals = _rated(true, days, seed)
    else:
        totals = _answered(truth, doses, amount, days, key, seed)
    return Followed(
        who=known_of(truth), doses=DESIGNS[design], days=days, totals=totals, true=true,
        group=group_of(truth), key=key,
    )  # fmt: skip


def _rated(true: Array, days: Array, seed: int) -> NDArray[np.int16]:
    leaning = load_catalogue().value("course_model.madrs_bias", "point")
    how = Rating(raters=RATERS, rater_sd=leaning)
    columns = [
        observe(true[:, k], key="madrs", visit=k, seed=seed, first=0, rating=how)
        for k in range(days.size)
    ]
    return np.stack(columns, axis=1)


def _answered(
    truth: Truth, doses: Array, amount: Array, days: Array, key: str, seed: int
) -> NDArray[np.int16]:
    catalogue = load_catalogue()
    grid = np.arange(-14.0, days[-1] + 0.01, 0.5)
    true = truth.severity(doses, amount, grid)
    back = remembered(grid * 24.0, true, days * 24.0, recall_h=14.0 * 24.0)
    now = remembered(grid * 24.0, true, days * 24.0, recall_h=0.0)
    rng = np.random.default_rng([seed, 41])
    leaning = catalogue.value(f"course_model.{key}_bias", "point")
    own = leaning * rng.standard_normal((truth.size, 1))
    perfect = latent_scores(0.5 * (back + now) + own, key)
    columns = [
        observe(perfect[:, k], key=key, visit=k, seed=seed, first=0) for k in range(days.size)
    ]
    return np.stack(columns, axis=1)


def group_of(truth: Truth) -> NDArray[np.int64]:
    """Return the number of the joint draw each patient was drawn under, shape (N,)."""
    each = PER_BELIEF if isinstance(truth, ChainPatients) else 1
    return np.arange(truth.size) // each


def known_of(truth: Truth) -> tuple[Patient, ...]:
    """Return what a clinic knows of each patient."""
    if not isinstance(truth, ChainPatients):
        return (TYPICAL,) * truth.size
    known = truth.covariates
    return tuple(
        Patient(
            identifier=f"virtual-{i}",
            age_years=float(known["age_years"][i]),
            sex=str(known["sex"][i]),  # type: ignore[arg-type]
            weight_kg=float(known["weight_kg"][i]),
            height_cm=float(known["height_cm"][i]),
            diagnosis=str(known["diagnosis"][i]),  # type: ignore[arg-type]
            failed_antidepressants=int(known["failed_antidepressants"][i]),
            crp_mg_per_l=float(known["crp_mg_per_l"][i]),
        )
        for i in range(truth.size)
    )
