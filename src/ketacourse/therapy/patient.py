"""The patient: what the course and the screening need to know of a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from ketacourse.errors import InputError
from ketacourse.therapy.bounds import (
    AGE_YEARS,
    CRP_MG_PER_L,
    FAILED_ANTIDEPRESSANTS,
    HEIGHT_CM,
    IL6_PG_PER_ML,
    WEIGHT_KG,
)
from ketacourse.therapy.checks import Check, check_code
from ketacourse.therapy.conditions import ConditionState, condition_code
from ketacourse.therapy.vitals import VitalSigns

__all__ = [
    "CHOICES",
    "DIAGNOSIS_LABELS",
    "Ancestry",
    "BdnfGenotype",
    "Check",
    "Cyp2b6Genotype",
    "Diagnosis",
    "Medication",
    "Patient",
    "Sex",
    "VitalSigns",
]

Sex = Literal["female", "male"]
Diagnosis = Literal["mdd", "trd", "bipolar_depression", "gad", "social_anxiety", "ptsd", "ocd"]
BdnfGenotype = Literal["val/val", "val/met", "met/met", "unknown"]
Ancestry = Literal[
    "european", "east_asian", "south_asian", "african", "admixed_american", "unknown"
]
Cyp2b6Genotype = Literal["*1/*1", "*1/*6", "*6/*6", "unknown"]

DIAGNOSIS_LABELS: dict[Diagnosis, str] = {
    "mdd": "major depressive disorder",
    "trd": "treatment-resistant depression",
    "bipolar_depression": "bipolar depression",
    "gad": "generalised anxiety disorder",
    "social_anxiety": "social anxiety disorder",
    "ptsd": "post-traumatic stress disorder",
    "ocd": "obsessive-compulsive disorder",
}

CHOICES: dict[str, tuple[str, ...]] = {
    "sex": get_args(Sex),
    "diagnosis": get_args(Diagnosis),
    "bdnf_genotype": get_args(BdnfGenotype),
    "ancestry": get_args(Ancestry),
    "cyp2b6_genotype": get_args(Cyp2b6Genotype),
}
"""Accepted values of each field that is a choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Medication:
    """One medicine the patient takes, with its pharmacological classes.

    Examples
    --------
    >>> Medication(name="lorazepam", classes=("benzodiazepine",)).is_a("benzodiazepine")
    True
    """

    name: str
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InputError("A medication has no name.", remedy="Give its generic name.")

    def is_a(self, code: str) -> bool:
        """Return whether the medicine is of a class, or is itself the one of that name."""
        return code in self.classes or self.name.strip().lower().replace(" ", "_") == code


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One person, as far as the course needs to know.

    Parameters
    ----------
    identifier
        Local pseudonym, never a name.
    age_years, weight_kg, height_cm
        Age (years), body weight (kg), height (cm).
    failed_antidepressants
        Adequate antidepressant trials without response in this episode.
    bdnf_genotype, cyp2b6_genotype, ancestry
        Genotypes; ``unknown`` is averaged over the allele frequencies of the ancestry.
    crp_mg_per_l, il6_pg_per_ml
        Inflammation before the course: C-reactive protein (mg/L), interleukin-6 (pg/mL).
    vitals
        The readings at rest before the course.
    medications
        What the patient takes.
    conditions
        Condition code to ``present`` or ``absent``. A code that is not mentioned is unknown.
    checks
        Check code to what was done. A code that is not mentioned was not recorded.
    """

    identifier: str = "case"
    age_years: float
    sex: Sex
    weight_kg: float
    height_cm: float | None = None
    diagnosis: Diagnosis
    failed_antidepressants: int | None = None
    bdnf_genotype: BdnfGenotype = "unknown"
    ancestry: Ancestry = "unknown"
    cyp2b6_genotype: Cyp2b6Genotype = "unknown"
    crp_mg_per_l: float | None = None
    il6_pg_per_ml: float | None = None
    vitals: VitalSigns | None = None
    medications: tuple[Medication, ...] = ()
    conditions: Mapping[str, ConditionState] = field(default_factory=dict)
    checks: Mapping[str, Check] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if value not in choices:
                raise InputError(
                    f"The {name} '{value}' is not known.",
                    remedy=f"Use one of {', '.join(choices)}.",
                )
        AGE_YEARS.check(self.age_years)
        WEIGHT_KG.check(self.weight_kg)
        for bounds, value in (
            (HEIGHT_CM, self.height_cm),
            (FAILED_ANTIDEPRESSANTS, self.failed_antidepressants),
            (CRP_MG_PER_L, self.crp_mg_per_l),
            (IL6_PG_PER_ML, self.il6_pg_per_ml),
        ):
            if value is not None:
                bounds.check(value)
        for code in self.conditions:
            condition_code(code)
        for code in self.checks:
            check_code(code)
        # Own copies, so that a frozen patient cannot change through the caller's mappings.
        object.__setattr__(self, "conditions", dict(self.conditions))
        object.__setattr__(self, "checks", dict(self.checks))

    @property
    def bmi(self) -> float | None:
        """Return the body mass index (kg/m2), or None without a height."""
        return None if self.height_cm is None else self.weight_kg / (self.height_cm / 100.0) ** 2

    def condition(self, code: str) -> Literal["present", "absent", "unknown"]:
        """Return the state of one condition; what was not mentioned is unknown."""
        condition_code(code)
        return self.conditions.get(code, "unknown")

    def takes(self, code: str) -> tuple[Medication, ...]:
        """Return the patient's medicines of one class or name."""
        return tuple(m for m in self.medications if m.is_a(code))
