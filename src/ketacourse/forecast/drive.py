"""How strongly one dose drives the benefit, and how high it goes: from the patient's own body.

The pharmacokinetic model gives unbound drug at the effect site for a person of this weight,
age, sex and with these interactions. The drive is the time integral of the block of NMDA
receptors on interneurons, relative to the reference dose in the reference person, so that
route, dose, duration and body act through one number.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.model import brain, receptors, safety
from ketacourse.model.pk.dosing import inflows_of
from ketacourse.model.pk.models import serving
from ketacourse.model.pk.modes import modes, solve_modes
from ketacourse.model.pk.modifiers import PkModifiers, modifiers_for
from ketacourse.population.batch import REFERENCE_COURSE, Body, drug_system
from ketacourse.population.cohort import FEMALE
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.patient import Patient
from ketacourse.therapy.session import DrugSession

Array = NDArray[np.float64]

_TIMES_H = np.concatenate([np.linspace(0.0, 3.0, 61), np.linspace(3.25, 12.0, 36),
                           np.linspace(13.0, 48.0, 36)])  # fmt: skip
SMALLEST = 1e-12
"""Floor of a concentration (umol/L): none at all has no logarithm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What one dose does at the effect site of one person.

    Attributes
    ----------
    block_h
        Integral of the block of interneurons over two days (h).
    acute
        Largest unbound drug that acts at once (S-ketamine equivalents, umol/L).
    """

    block_h: float
    acute: float


def strength_of(patient: Patient, dose: Dose) -> float:
    """Return the drive of a dose relative to the reference dose (dimensionless)."""
    return exposure_of(patient, dose).block_h / _reference().block_h


def exposure_of(patient: Patient, dose: Dose) -> Exposure:
    """Return what a dose does at the effect site of a patient."""
    if dose.total_mg(patient.weight_kg) == 0.0:
        return Exposure(block_h=0.0, acute=0.0)
    return _exposure(_who(patient), dose)


def _who(patient: Patient) -> tuple[float, float, tuple[str, ...]]:
    has = patient.conditions.get
    liver = ("moderate_hepatic_impairment", "severe_hepatic_impairment")
    found = modifiers_for(
        cyp2b6_genotype=patient.cyp2b6_genotype,
        medications=tuple(m.name for m in patient.medications),
        renal_impairment=has("renal_impairment") == "present",
        hepatic_impairment=any(has(code) == "present" for code in liver),
    ).scenarios
    sex = (FEMALE,) if patient.sex == "female" else ()
    return patient.weight_kg, patient.age_years, tuple(sorted({*found, *sex}))


@lru_cache(maxsize=1)
def _reference() -> Exposure:
    block_h, acute = exposures(Body(), REFERENCE_COURSE.sessions[0].dose)
    return Exposure(block_h=float(block_h[0]), acute=float(acute[0]))


@lru_cache(maxsize=4096)
def _exposure(who: tuple[float, float, tuple[str, ...]], dose: Dose) -> Exposure:
    weight_kg, age_years, scenarios = who
    body = Body(
        weight_kg=weight_kg,
        age_years=age_years,
        modifiers=PkModifiers(scenarios=dict.fromkeys(scenarios, "typical")),
    )
    block_h, acute = exposures(body, dose)
    return Exposure(block_h=float(block_h[0]), acute=float(acute[0]))


def strengths(body: Body, dose: Dose) -> Array:
    """Return the drive of a dose in each of N bodies relative to the reference, (N,)."""
    return np.asarray(exposures(body, dose)[0] / _reference().block_h)


def exposures(body: Body, dose: Dose) -> tuple[Array, Array]:
    """Return block over two days (h) and largest acute drug (umol/L) of N bodies, (N,)."""
    catalogue = load_catalogue()
    size = max(np.size(body.weight_kg), np.size(body.age_years))
    course = Course(sessions=(DrugSession(day=0.0, dose=dose),), horizon_days=14.0)
    values = {
        f"brain.{n}": np.full(size, catalogue.value(f"brain.{n}", u))
        for n, u in brain.UNITS.items()
    }
    solved = modes(drug_system(course, body, values, catalogue=catalogue, plasma=False))
    inflows = inflows_of(
        [(0.0, dose)],
        model=serving(body.model, [dose]),
        catalogue=catalogue,
        weight_kg=body.weight_kg,
        parameters=body.parameters,
    )
    drug = np.maximum(solve_modes(solved, inflows, _TIMES_H), SMALLEST)
    nmda = drug[:, :, solved.outputs.index("driver.nmda")]
    acute = drug[:, :, solved.outputs.index("driver.acute")]
    kd, slope = (catalogue.value(f"receptors.{n}", receptors.UNITS[n]) for n in ("kd", "hill"))
    block = receptors.occupancy(nmda, kd=kd, slope=slope)
    return np.trapezoid(block, _TIMES_H, axis=1), acute.max(axis=1)


def effect_of(acute: float, effect: str) -> float:
    """Return the share of its largest size that an acute effect reaches (0 to 1).

    Parameters
    ----------
    effect
        ``pressure`` or ``cadss``.
    """
    if acute <= 0.0:
        return 0.0
    catalogue = load_catalogue()
    half = catalogue.value(f"safety.{effect}_half", safety.UNITS[f"{effect}_half"])
    slope = catalogue.value(f"safety.{effect}_slope", safety.UNITS[f"{effect}_slope"])
    return float(1.0 / (1.0 + (half / acute) ** slope))
