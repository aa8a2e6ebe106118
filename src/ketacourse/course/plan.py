"""The plan step: what a case means for the engine."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ketacourse.evidence.ancestry import val66met_frequencies
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.errors import ExtrapolationError
from ketacourse.model.brain import UNITS as BRAIN_UNITS
from ketacourse.model.pk.dosing import inflows_of
from ketacourse.model.pk.linear import Inflow
from ketacourse.model.pk.modes import Modes, modes
from ketacourse.model.pk.modifiers import PkModifiers, modifiers_for
from ketacourse.population.batch import REFERENCE_COURSE, Body, drug_system
from ketacourse.therapy.case import Case
from ketacourse.therapy.course import Course
from ketacourse.therapy.links import convert
from ketacourse.therapy.patient import Patient
from ketacourse.therapy.scales import scale

Array = NDArray[np.float64]

CLOSE_H = np.concatenate(
    [np.arange(0, 90, 5), np.arange(90, 240, 10), np.arange(240, 720, 30), [720, 1080, 1440]]
) / 60.0  # fmt: skip
"""Times reported after the first and the last dose (h from its start)."""
COARSE_H = np.array([0, 10, 20, 30, 40, 50, 60, 90, 120, 180, 240, 360, 480, 720, 1440]) / 60.0
"""Times reported after the other doses (h from their start)."""
SHORT_COURSE = 12
"""Up to this many doses are all reported closely enough to draw."""
SPARSE_H = np.array([0, 40, 120, 480, 1440]) / 60.0
BETWEEN_H = 12.0
"""Times reported throughout (h apart)."""
SCALES_TO_MADRS = ("madrs", "hamd17", "qids_sr16", "phq9")
"""Baseline scores that can set the MADRS baseline, the best link first."""


def report_times(course: Course, *, start_h: float = 0.0) -> Array:
    """Return the times to report (h from the first dose), dense after doses."""
    horizon = course.horizon_h
    times = [np.arange(0.0, horizon + 1e-9, BETWEEN_H), [start_h, horizon]]
    doses = course.sessions
    for position, session in enumerate(doses):
        outer = position in (0, len(doses) - 1)
        offsets = CLOSE_H if outer else COARSE_H if len(doses) <= SHORT_COURSE else SPARSE_H
        times.append(session.start_h + offsets)
        times.append([session.end_h])
    for therapy in course.therapy:
        times.append([therapy.start_h, therapy.start_h + therapy.duration_h])
    merged = np.unique(np.round(np.concatenate(times), 6))
    return np.asarray(merged[(merged >= start_h) & (merged <= horizon)])


def baseline_madrs(case: Case, catalogue: Catalogue) -> tuple[float, str]:
    """Return the MADRS total before treatment and where it came from."""
    for key in SCALES_TO_MADRS:
        if key in case.baseline:
            value = float(convert(float(case.baseline[key]), key, "madrs"))
            return min(max(value, 1.0), 60.0), scale(key).label
    return catalogue.value("patient.baseline", "point"), "no score given: typical of trials"


def modifiers_of(patient: Patient) -> PkModifiers:
    """Return the exposure scenarios that apply to a patient."""
    return modifiers_for(
        cyp2b6_genotype=patient.cyp2b6_genotype,
        medications=tuple(m.name for m in patient.medications),
        renal_impairment=patient.conditions.get("renal_impairment") == "present",
        hepatic_impairment=patient.conditions.get("severe_hepatic_impairment") == "present",
    )


MET_SHARE = {"val/val": 0.0, "val/met": 0.5, "met/met": 1.0}
"""Share of Met alleles of each genotype."""


def met_share(patient: Patient) -> float:
    """Return the patient's share of Met alleles (0 to 1), expected when not tested."""
    if patient.bdnf_genotype in MET_SHARE:
        return MET_SHARE[patient.bdnf_genotype]
    return val66met_frequencies(patient.ancestry).met_allele


def takes(patient: Patient, medication_class: str) -> float:
    """Return 1 if the patient takes a medicine of a class, else 0."""
    return float(any(m.is_a(medication_class) for m in patient.medications))


def patient_parameters(
    case: Case, values: Mapping[str, Array], *, catalogue: Catalogue
) -> dict[str, Array]:
    """Return the patient's constants for each row of parameters, shape (N,).

    What the case does not say takes the catalogue's typical value; an unknown
    genotype is the average over the allele frequencies of the ancestry.
    """
    patient, course = case.patient, case.course
    rows = len(values["placebo.care_clinic"])
    crp = patient.crp_mg_per_l
    crp = catalogue.value("patient.crp", "mg/L") if crp is None else max(crp, 0.01)
    usual_crp = catalogue.value("patient.crp", "mg/L")
    il6 = patient.il6_pg_per_ml
    if il6 is None:
        typical = catalogue.value("patient.il6", "pg/mL")
        il6_rows = typical * (crp / usual_crp) ** values["patient.il6_crp_exponent"]
    else:
        il6_rows = np.full(rows, max(il6, 0.01))
    hidden = course.masking == "anaesthesia"
    expectancy = "placebo.expectancy_anaesthesia" if hidden else "placebo.expectancy_open"
    care = "placebo.care_clinic" if course.setting == "clinic" else "placebo.care_trial"
    bipolar = patient.diagnosis == "bipolar_depression"
    constant = {
        "patient.met_share": met_share(patient),
        "patient.crp": crp,
        "patient.il1b": catalogue.value("patient.il1b", "pg/mL"),
        "patient.baseline": baseline_madrs(case, catalogue)[0],
        "patient.antidepressant_started": float(course.new_oral_antidepressant),
        "patient.in_care": 1.0,
        "patient.ampa_open": 1.0,
        "patient.mtor_free": 1.0,
        "patient.naltrexone": takes(patient, "opioid_antagonist"),
        "patient.benzodiazepine": takes(patient, "benzodiazepine"),
        "patient.stress": 0.0,
    }
    varying = {
        "patient.il6": il6_rows,
        "patient.expectancy_max": values[expectancy],
        "patient.care_max": values[care],
        "patient.antidepressant_max": values["placebo.antidepressant_share"],
        "patient.decay_factor": values["patient.bipolar_decay"] if bipolar else np.ones(rows),
    }
    return {**{name: np.full(rows, value) for name, value in constant.items()}, **varying}


def inflows_for(course: Course, body: Body, catalogue: Catalogue) -> tuple[Inflow, ...]:
    """Return what enters the body over a course."""
    return inflows_of(
        [(s.start_h, s.dose) for s in course.sessions],
        model=body.model,
        catalogue=catalogue,
        weight_kg=body.weight_kg,
        parameters=body.parameters,
    )


REFERENCE_MG_PER_KG = 0.5


def iv_equivalents(course: Course, *, weight_kg: float, catalogue: Catalogue) -> Array:
    """Return each session as the intravenous racemate dose of equal effect-site exposure.

    Exposure is the area under the concentration at the NMDA receptor, in S-ketamine
    equivalents, norketamine included (mg/kg, one value per session).
    """
    body = Body(weight_kg=weight_kg)
    parameters = {
        f"brain.{n}": np.array([catalogue.value(f"brain.{n}", u)]) for n, u in BRAIN_UNITS.items()
    }
    unit = _areas(REFERENCE_COURSE, body, parameters, catalogue)[0] / REFERENCE_MG_PER_KG
    return np.asarray(_areas(course, body, parameters, catalogue) / unit)


def _areas(
    course: Course, body: Body, parameters: Mapping[str, Array], catalogue: Catalogue
) -> Array:
    found = modes(drug_system(course, body, parameters, catalogue=catalogue))
    areas = []
    for session in course.sessions:
        given = inflows_for(replace(course, sessions=(session,)), body, catalogue)
        areas.append(sum(_area(found, inflow) for inflow in given))
    return np.array(areas)


def _area(found: Modes, inflow: Inflow) -> float:
    row = found.outputs.index("driver.nmda")
    channel = found.channels.index(inflow.channel)
    per_umol = found.weights[0, row] * found.forcing[0, :, channel] / found.rates[0]
    return float(per_umol.sum() * inflow.amount_umol)


MOOD_RANGE_MG_PER_KG = (0.1, 1.0)
"""Intravenous equivalent over which mood was studied (mg/kg)."""
HIGHEST_MG_PER_KG = 2.0
"""Highest intravenous equivalent for which concentrations may be simulated (mg/kg)."""


def check_extrapolation(course: Course, *, weight_kg: float, catalogue: Catalogue, research: bool) -> bool:
    """Return whether the course lies outside the evidence on mood.

    Raises
    ------
    ExtrapolationError
        If it does and ``research`` is not set, or a dose is above any studied.
    """
    given = [s for s in course.sessions if s.dose.total_mg(weight_kg) > 0]
    if not given:
        return False
    equivalents = iv_equivalents(replace(course, sessions=tuple(given)), weight_kg=weight_kg, catalogue=catalogue)
    low, high = MOOD_RANGE_MG_PER_KG
    slack = 1e-6
    for session, value in zip(given, equivalents, strict=True):
        if not value <= HIGHEST_MG_PER_KG + slack:
            raise ExtrapolationError(
                f"course.sessions: the dose on day {session.day:g} ({session.dose.label}) equals "
                f"{value:.2g} mg/kg intravenous ketamine, above {HIGHEST_MG_PER_KG:g} mg/kg.",
                remedy="Concentrations are not simulated there; lower the dose.",
            )
        if not low - slack <= value <= high + slack and not research:
            raise ExtrapolationError(
                f"course.sessions: the dose on day {session.day:g} ({session.dose.label}) equals "
                f"{value:.2g} mg/kg intravenous ketamine, outside {low:g} to {high:g} mg/kg.",
                remedy="Mood is not predicted there; use --research to see it marked as such.",
            )
    return not all(low - slack <= v <= high + slack for v in equivalents)
