"""From parameters and a course to a problem the engine can run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.problem import Problem, pose
from ketacourse.engine.schedule import Schedule, Span
from ketacourse.engine.solve import DEFAULT_TOLERANCE, solve
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.model import brain, chain
from ketacourse.model.pk.dosing import inflows_of
from ketacourse.model.pk.effect_site import with_effect_site
from ketacourse.model.pk.linear import LinearSystem
from ketacourse.model.pk.models import pk_model
from ketacourse.model.pk.modes import modes
from ketacourse.model.pk.modifiers import PkModifiers
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession

Array = NDArray[np.float64]

REFERENCE_MODEL = "kamp"
REFERENCE_WEIGHT_KG = 70.0
REFERENCE_COURSE = Course(
    sessions=(
        DrugSession(
            day=0.0,
            dose=Dose(
                drug="ketamine", route="iv_infusion", amount_mg_per_kg=0.5, duration_h=40 / 60
            ),
        ),
    ),
    horizon_days=21.0,
)
"""The session whose peaks are the unit of the mood components."""

SMALLEST_REFERENCE = 0.01
"""Least peak that counts as the unit of a mood component (assumed): parameters with which
the reference session does next to nothing must not turn nothing into a full effect."""

_REFERENCE_TIMES_H = np.concatenate(
    [np.linspace(0, 12, 49), np.linspace(14, 72, 30), np.linspace(78, 504, 72)]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What the pharmacokinetics need to know of N patients.

    ``weight_kg`` and ``age_years`` are numbers or shape (N,); ``parameters`` replace
    typical values of the pharmacokinetic model, by catalogue name.
    """

    model: str = REFERENCE_MODEL
    weight_kg: float | Array = REFERENCE_WEIGHT_KG
    age_years: float | Array = 40.0
    modifiers: PkModifiers = field(default_factory=PkModifiers)
    parameters: Mapping[str, Array] = field(default_factory=dict)


def drug_system(
    course: Course, body: Body, parameters: Mapping[str, Array], *, catalogue: Catalogue
) -> LinearSystem:
    """Return disposition and effect site for the drugs and routes of a course."""
    doses = [s.dose for s in course.sessions] or [REFERENCE_COURSE.sessions[0].dose]
    system = pk_model(
        body.model,
        catalogue=catalogue,
        routes=tuple(dict.fromkeys(d.route for d in doses)),
        drugs=tuple(dict.fromkeys(d.drug for d in doses)),
        weight_kg=body.weight_kg,
        age_years=body.age_years,
        modifiers=body.modifiers,
        parameters=body.parameters,
    )
    p = SimpleNamespace(**{n: parameters[f"brain.{n}"] for n in brain.UNITS})
    present = {
        driver: {analyte: w for analyte, w in weights.items() if analyte in system.outputs}
        for driver, weights in brain.driver_weights(p).items()
    }
    return with_effect_site(system, drivers=present, ke0_per_h=p.ke0)


def pose_course(
    course: Course,
    *,
    body: Body,
    parameters: Mapping[str, Array],
    times_h: Array,
    catalogue: Catalogue,
    dose_factor: float | Array = 1.0,
) -> Problem:
    """Pose N patients on one course.

    Parameters
    ----------
    parameters
        Every parameter of the chain, shape (N,).
    times_h
        Times to report (h from the first dose).
    dose_factor
        Multiplies every amount, a number or shape (N,); 0 is a sham dose.
    """
    patients = len(next(iter(parameters.values())))
    system = drug_system(course, body, parameters, catalogue=catalogue)
    inflows = inflows_of(
        [(s.start_h, s.dose) for s in course.sessions],
        model=body.model,
        catalogue=catalogue,
        weight_kg=body.weight_kg,
        parameters=body.parameters,
    )
    visit_h = catalogue.value("placebo.visit_time", "h")
    start_h = min([0.0, float(times_h[0]), *(s.start_h for s in course.therapy)])
    end_h = max(float(times_h[-1]), course.horizon_h)
    schedule = Schedule(
        start_h=start_h,
        end_h=end_h,
        inflows=tuple(
            i._replace(amount_umol=np.asarray(i.amount_umol) * dose_factor) for i in inflows
        ),
        visits=tuple(Span(s.start_h, s.start_h + visit_h) for s in course.sessions),
        therapy=tuple(Span(t.start_h, t.start_h + t.duration_h) for t in course.therapy),
        times_h=times_h,
    )
    return pose(
        schedule=schedule, modes=modes(system), parameters=parameters, patients=patients
    )


def with_references(
    parameters: Mapping[str, Array],
    *,
    catalogue: Catalogue,
    tolerance: float = DEFAULT_TOLERANCE,
) -> dict[str, Array]:
    """Add the peaks of the reference session, found by running it for each patient.

    The session is given to a person of 70 kg with typical pharmacokinetics and no
    medication, so that what a patient brings shows in the result.
    """
    patients = len(next(iter(parameters.values())))
    ones = np.ones(patients)
    plain = {
        **parameters,
        **dict.fromkeys(chain.REFERENCES, ones),
        "patient.ampa_open": ones,
        "patient.mtor_free": ones,
        "patient.met_share": 0.0 * ones,
        "patient.stress": 0.0 * ones,
        "patient.decay_factor": ones,
    }
    problem = pose_course(
        REFERENCE_COURSE,
        body=Body(),
        parameters=plain,
        times_h=_REFERENCE_TIMES_H,
        catalogue=catalogue,
    )
    spines = ("spines_new", "spines_mature", "spines_persistent")
    run = solve(
        problem, tolerance=tolerance, quantities=("ampa_strength", "block_trapped", *spines)
    )
    structure = sum(run.of(s) for s in spines)
    peaks = (run.of("ampa_strength"), run.of("block_trapped"), np.asarray(structure))
    found = [np.maximum(peak.max(axis=1), SMALLEST_REFERENCE) for peak in peaks]
    return {**parameters, **dict(zip(chain.REFERENCES, found, strict=True))}
