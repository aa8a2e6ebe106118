"""From parameters and a course to a problem the engine can run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.problem import Problem, pose
from ketacourse.engine.schedule import Schedule, Span
from ketacourse.engine.solve import DEFAULT_TOLERANCE, solve
from ketacourse.errors import OutOfRangeError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.model import brain, chain
from ketacourse.model.pk.dosing import inflows_of
from ketacourse.model.pk.effect_site import with_effect_site
from ketacourse.model.pk.linear import Inflow, LinearSystem
from ketacourse.model.pk.models import STANDARD, pk_model, serving
from ketacourse.model.pk.modes import modes
from ketacourse.model.pk.modifiers import PkModifiers
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession

Array = NDArray[np.float64]

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

    model: str = STANDARD
    weight_kg: float | Array = REFERENCE_WEIGHT_KG
    age_years: float | Array = 40.0
    modifiers: PkModifiers = field(default_factory=PkModifiers)
    parameters: Mapping[str, Array] = field(default_factory=dict)


def drug_system(
    course: Course,
    body: Body,
    parameters: Mapping[str, Array],
    *,
    catalogue: Catalogue,
    plasma: bool = True,
) -> LinearSystem:
    """Return disposition and effect site for the drugs and routes of a course.

    ``plasma`` says whether concentrations in plasma stay among the outputs; without them
    the modes of a large batch need a third of the memory.
    """
    doses = [s.dose for s in course.sessions] or [REFERENCE_COURSE.sessions[0].dose]
    p = SimpleNamespace(**{n: parameters[f"brain.{n}"] for n in brain.UNITS})
    weights_of = brain.driver_weights(p)
    system = pk_model(
        serving(body.model, doses),
        catalogue=catalogue,
        routes=tuple(dict.fromkeys(d.route for d in doses)),
        drugs=tuple(dict.fromkeys(d.drug for d in doses)),
        weight_kg=body.weight_kg,
        age_years=body.age_years,
        modifiers=body.modifiers,
        parameters=body.parameters,
        outputs=None if plasma else {a for weights in weights_of.values() for a in weights},
    )
    present = {
        driver: {analyte: w for analyte, w in weights.items() if analyte in system.outputs}
        for driver, weights in weights_of.items()
    }
    return with_effect_site(system, drivers=present, ke0_per_h=p.ke0, alone=not plasma)


def pose_course(
    course: Course,
    *,
    body: Body,
    parameters: Mapping[str, Array],
    times_h: Array,
    catalogue: Catalogue,
    dose_factor: float | Array = 1.0,
    attendance: Array | None = None,
    therapy_attendance: Array | None = None,
    plasma: bool = True,
) -> Problem:
    """Pose N patients on one course.

    Parameters
    ----------
    parameters
        Every parameter of the chain, shape (N,).
    times_h
        Times to report (h from the first dose).
    dose_factor
        Multiplies every amount: a number, shape (N,), or shape (n_sessions, N); 0 is a
        sham dose.
    attendance
        1 for each session a patient comes to, 0 for each missed, shape (n_sessions, N);
        a missed one gives neither drug nor expectancy. All come by default.
    therapy_attendance
        The same for therapy sessions, shape (n_therapy, N).
    plasma
        See `drug_system`.

    Raises
    ------
    OutOfRangeError
        If factors or attendance have another shape, or attendance is not 0 to 1.
    """
    patients = len(next(iter(parameters.values())))
    system = drug_system(course, body, parameters, catalogue=catalogue, plasma=plasma)
    sessions, therapies = len(course.sessions), len(course.therapy)
    visits = _checked_attendance("attendance", attendance, (sessions, patients))
    therapy = _checked_attendance("therapy_attendance", therapy_attendance, (therapies, patients))
    factors = _session_factors(dose_factor, (sessions, patients)) * visits
    visit_h = catalogue.value("placebo.visit_time", "h")
    start_h = min([0.0, float(times_h[0]), *(s.start_h for s in course.therapy)])
    end_h = max(float(times_h[-1]), course.horizon_h)
    schedule = Schedule(
        start_h=start_h,
        end_h=end_h,
        inflows=tuple(_inflows(course, body, factors, catalogue)),
        visits=tuple(Span(s.start_h, s.start_h + visit_h) for s in course.sessions),
        therapy=tuple(Span(t.start_h, t.start_h + t.duration_h) for t in course.therapy),
        times_h=times_h,
    )
    return pose(
        schedule=schedule,
        modes=modes(system),
        parameters=parameters,
        patients=patients,
        attendance=np.concatenate([visits, therapy]),
    )


def _inflows(course: Course, body: Body, factors: Array, catalogue: Catalogue) -> Iterator[Inflow]:
    """Yield what enters in each session, its amounts times the session's factors."""
    whole = session_inflows(course.sessions, body=body, catalogue=catalogue)
    for inflows, factor in zip(whole, factors, strict=True):
        for inflow in inflows:
            yield inflow._replace(amount_umol=np.asarray(inflow.amount_umol) * factor)


def session_inflows(
    sessions: Sequence[DrugSession], *, body: Body, catalogue: Catalogue
) -> list[tuple[Inflow, ...]]:
    """Return what enters in each session; what equal doses let in is computed once."""
    model = serving(body.model, [s.dose for s in sessions])
    of_dose = {
        dose: inflows_of(
            [(0.0, dose)],
            model=model,
            catalogue=catalogue,
            weight_kg=body.weight_kg,
            parameters=body.parameters,
        )
        for dose in {s.dose: None for s in sessions}
    }
    return [tuple(i._replace(start_h=s.start_h) for i in of_dose[s.dose]) for s in sessions]


def _session_factors(given: float | Array, shape: tuple[int, int]) -> Array:
    """Return factors on the amount of each session, shape (n_sessions, N)."""
    factors = np.asarray(given, dtype=np.float64)
    if factors.shape not in ((), shape[1:], shape):
        raise OutOfRangeError(
            f"The dose factors have shape {factors.shape}.",
            remedy=f"Give one number, {shape[1]} (one per patient), or {shape[0]} x {shape[1]}.",
        )
    return np.asarray(np.broadcast_to(factors, shape))


def _checked_attendance(name: str, given: Array | None, shape: tuple[int, int]) -> Array:
    if given is None:
        return np.ones(shape)
    if np.shape(given) != shape:
        raise OutOfRangeError(
            f"'{name}' has shape {np.shape(given)}.",
            remedy=f"Give {shape[0]} x {shape[1]}: one row per session, one column per patient.",
        )
    if not ((given >= 0.0) & (given <= 1.0)).all():
        raise OutOfRangeError(f"'{name}' is not all from 0 to 1.", remedy="Give 1 or 0.")
    return np.asarray(given, dtype=np.float64)


def with_references(
    parameters: Mapping[str, Array],
    *,
    catalogue: Catalogue,
    tolerance: float = DEFAULT_TOLERANCE,
) -> dict[str, Array]:
    """Add the peaks of the reference session, found by running it for each patient.

    The session is given to a person of 70 kg with typical pharmacokinetics, typical
    inflammation and no medication, so that what a patient brings shows in the result.
    """
    patients = len(next(iter(parameters.values())))
    ones = np.ones(patients)
    plain = {
        **parameters,
        **dict.fromkeys(chain.REFERENCES, ones),
        "patient.ampa_open": ones,
        "patient.mtor_free": ones,
        "patient.met_share": 0.0 * ones,
        "patient.crp": catalogue.value("patient.crp", "mg/L") * ones,
        "patient.il6": catalogue.value("patient.il6", "pg/mL") * ones,
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
