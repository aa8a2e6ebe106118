"""The plan step: what a case means for the engine."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ketacourse.evidence.ancestry import val66met_frequencies
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.model.pk.dosing import inflows_of
from ketacourse.model.pk.linear import Inflow
from ketacourse.model.pk.models import serving
from ketacourse.model.pk.modifiers import PkModifiers, modifiers_for
from ketacourse.population.batch import Body
from ketacourse.population.expectancy import (
    DRUG_GAINS,
    care_parameter,
    expectancy_parameter,
    medicated_share,
    takes_antidepressant,
    under_masking,
)
from ketacourse.population.prognosis import (
    NATURAL_COURSES,
    benefit_log_odds,
    early_step,
    natural_stress,
)
from ketacourse.population.variability import LARGEST_SHARE, spread_share
from ketacourse.therapy.case import Case
from ketacourse.therapy.course import Course
from ketacourse.therapy.links import convert, links_between
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
    times: list[float] = [*np.arange(0.0, horizon + 1e-9, BETWEEN_H), start_h, horizon]
    doses = course.sessions
    for position, session in enumerate(doses):
        outer = position in (0, len(doses) - 1)
        offsets = CLOSE_H if outer else COARSE_H if len(doses) <= SHORT_COURSE else SPARSE_H
        times += [*(session.start_h + offsets), session.end_h]
    for therapy in course.therapy:
        times += [therapy.start_h, therapy.start_h + therapy.duration_h]
    merged = np.unique(np.round(np.array(times), 6))
    return np.asarray(merged[(merged >= start_h) & (merged <= horizon)])


def baseline_madrs(case: Case, catalogue: Catalogue) -> tuple[float, str]:
    """Return the MADRS total before treatment and where it came from."""
    for key in SCALES_TO_MADRS:
        if key in case.baseline:
            value = float(convert(float(case.baseline[key]), key, "madrs"))
            return min(max(value, 1.0), 60.0), scale(key).label
    return catalogue.value("patient.baseline", "point"), "no score given: typical of trials"


HEPATIC = ("moderate_hepatic_impairment", "severe_hepatic_impairment")
"""Conditions that raise exposure through the liver; of severe impairment there are no data, and
the ratio of the moderate one is used."""


def modifiers_of(patient: Patient) -> PkModifiers:
    """Return the exposure scenarios that apply to a patient."""
    has = patient.conditions.get
    return modifiers_for(
        cyp2b6_genotype=patient.cyp2b6_genotype,
        medications=tuple(m.name for m in patient.medications),
        renal_impairment=has("renal_impairment") == "present",
        hepatic_impairment=any(has(code) == "present" for code in HEPATIC),
    )


def parameters_read(case: Case) -> tuple[str, ...]:
    """Return the catalogue names of what is read for this patient beside the model's own.

    They are the values that stand in for what the case does not say, the time spent at a
    visit, and the exposure scenarios that apply.
    """
    patient = case.patient
    scenarios = modifiers_of(patient).scenarios
    found = ["placebo.visit_time", "patient.crp", "patient.il6", "patient.il1b"]
    if not any(key in case.baseline for key in SCALES_TO_MADRS):
        found.append("patient.baseline")
    found += [f"pk_modifier.{s}_{path}" for s in scenarios for path in ("systemic", "oral")]
    return tuple(found)


def sources_of_tables(case: Case, scales: tuple[str, ...]) -> tuple[str, ...]:
    """Return the sources of what is looked up in tables: scale links and allele frequencies."""
    given = [key for key in SCALES_TO_MADRS if key in case.baseline][:1]
    found = [k.source for key in (*given, *scales) for k in links_between("madrs", key)]
    if case.patient.bdnf_genotype not in MET_SHARE:
        found += val66met_frequencies(case.patient.ancestry).source_keys
    return tuple(dict.fromkeys(found))


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
    bipolar = patient.diagnosis == "bipolar_depression"
    decay = np.where(bipolar, values["patient.bipolar_decay"], 1.0)
    medicated = medicated_share(
        course.setting,
        new_oral_antidepressant=course.new_oral_antidepressant,
        medicated=takes_antidepressant(patient),
    )
    decay = decay * values["patient.medication_decay"] ** medicated
    early = early_step(patient.failed_antidepressants, diagnosis=patient.diagnosis)
    prognosis = benefit_log_odds(patient.age_years, early, values)
    cap = catalogue.value("variability.gain_cap", "1")
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
    }

    def moved(name: str) -> Array:
        return spread_share(np.minimum(values[name], LARGEST_SHARE * cap), prognosis, cap=cap)

    natural = {name: moved(name) for name in NATURAL_COURSES}

    varying = {
        "patient.il6": il6_rows,
        "patient.expectancy_max": moved(expectancy_parameter(course.masking)),
        "patient.care_max": moved(care_parameter(course.setting)),
        "patient.antidepressant_max": moved("placebo.antidepressant_share"),
        "patient.decay_factor": decay,
        "patient.stress": natural_stress(early, {**values, **natural}),
        **{name: moved(name) for name in DRUG_GAINS},
    }
    return {
        **{name: np.full(rows, value) for name, value in constant.items()},
        **varying,
        **under_masking({**values, **varying}, course.masking),
    }


def inflows_for(course: Course, body: Body, catalogue: Catalogue) -> tuple[Inflow, ...]:
    """Return what enters the body over a course."""
    return inflows_of(
        [(s.start_h, s.dose) for s in course.sessions],
        model=serving(body.model, [s.dose for s in course.sessions]),
        catalogue=catalogue,
        weight_kg=body.weight_kg,
        parameters=body.parameters,
    )
