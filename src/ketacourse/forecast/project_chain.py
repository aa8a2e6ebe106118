"""Virtual patients of the full chain under several designs: what the course model follows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.solve import solve
from ketacourse.evidence.catalogue import Catalogue, load_catalogue
from ketacourse.evidence.posterior import load_posterior
from ketacourse.forecast.constants import course_constants
from ketacourse.forecast.drive import strengths
from ketacourse.forecast.regimen import LEAST_SHARE, Regimen
from ketacourse.population.batch import Body, pose_course
from ketacourse.population.beliefs import Member, members_of
from ketacourse.population.cohort import Cohort, arm_parameters, draw_cohort
from ketacourse.population.prognosis import decades_beyond, early_step
from ketacourse.population.specification import population_preset
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession, TherapySession

Array = NDArray[np.float64]
Progress = Callable[[str, float], None]

HORIZON_DAYS = 84.0
PER_BELIEF = 16
"""Patients per joint draw of typical values."""
BIPOLAR_EVERY = 4
"""Every how many-th belief is given to patients with bipolar depression."""
AT_ONCE = 50
"""Beliefs that are run side by side."""
LEAST_STEP_H = 0.01
"""Own steps nearer than this to a fixed one are left out (h)."""
SCENARIO = "pk_modifier."
"""Beginning of what the pharmacokinetics owe to genotype and sex, which a clinic may know."""

SIX = (0.0, 2.0, 4.0, 7.0, 9.0, 11.0)
EIGHT = (0.0, 3.0, 7.0, 10.0, 14.0, 17.0, 21.0, 24.0)
THERAPY = (1.0, 3.0, 5.0, 8.0, 10.0, 12.0, 19.0, 26.0, 33.0, 40.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A course that is followed: doses by day (mg/kg over 40 min), therapy, drug or sham."""

    doses: Mapping[float, float]
    therapy: tuple[float, ...] = ()
    sham: bool = False

    @property
    def course(self) -> Course:
        """Return the course in the terms of the clinic."""
        return Course(
            sessions=tuple(DrugSession(day=d, dose=_dose(a)) for d, a in self.doses.items()),
            therapy=tuple(TherapySession(day=d, duration_h=1.0) for d in self.therapy),
            horizon_days=HORIZON_DAYS,
        )


DESIGNS: dict[str, Design] = {
    "one dose": Design(doses={0.0: 0.5}),
    "one low dose": Design(doses={0.0: 0.25}),
    "one high dose": Design(doses={0.0: 1.0}),
    "two doses": Design(doses={0.0: 0.5, 7.0: 0.5}),
    "six doses": Design(doses=dict.fromkeys(SIX, 0.5)),
    "eight and boosters": Design(doses=dict.fromkeys((*EIGHT, 42.0, 63.0), 0.5)),
    "six with therapy": Design(doses=dict.fromkeys(SIX, 0.5), therapy=THERAPY),
    "weekly, stepped": Design(doses={0.0: 0.5, 7.0: 0.5, 14.0: 0.75, 21.0: 0.75, 28.0: 0.75}),
    "sham": Design(doses=dict.fromkeys(SIX, 0.5), sham=True),
}
"""The designs; those after the first serve the repetition, the dose and therapy."""

DAYS = np.array([0.1, 0.5, 1.0, 2.0, 3.0, 5.0, 6.9, 8.0, 10.0, 12.0, 14.0, 17.0, 20.9, 25.0, 28.0,
                 31.0, 35.0, 41.9, 43.0, 49.0, 56.0, 62.9, 64.0, 70.0, 77.0, 84.0])  # fmt: skip
"""Days on which severity is compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """N patients of the chain and their true courses.

    Attributes
    ----------
    madrs
        Latent MADRS by design, shape (N, T) on `DAYS`.
    regimens
        The designs as the course model sees them, with strengths of shape (S, N).
    known
        What the chain fixes outright, or where a fit starts and is held to, by parameter of the
        course model, shape (N,).
    covariates
        What a clinic may know, by name, shape (N,).
    class_of
        Response class, shape (N,).
    """

    madrs: Mapping[str, Array]
    regimens: Mapping[str, Regimen]
    known: Mapping[str, Array]
    covariates: Mapping[str, Array]
    class_of: NDArray[np.int8]


def chain_truth(count: int, *, seed: int, progress: Progress) -> Truth:
    """Return patients of the full chain, about ``count``, under every design."""
    catalogue = load_catalogue()
    _, members = members_of(
        max(count // PER_BELIEF, 1), seed=seed, catalogue=catalogue, posterior=load_posterior()
    )
    parts = []
    for start in range(0, len(members), AT_ONCE):
        chosen = members[start : start + AT_ONCE]
        parts.append(_part(chosen, start, seed, catalogue))
        progress("run the chain", min((start + AT_ONCE) / len(members), 1.0))
    return _joined(parts)


def _part(members: tuple[Member, ...], start: int, seed: int, catalogue: Catalogue) -> Truth:
    cohorts = [_cohort(m, start + i, seed) for i, m in enumerate(members)]
    arms = [arm_parameters(c) for c in cohorts]
    parameters = {n: np.concatenate([a[n] for a in arms]) for n in arms[0]}
    body = _body(cohorts)
    madrs, regimens = {}, {}
    plain = replace(
        body, parameters={n: v for n, v in body.parameters.items() if n.startswith(SCENARIO)}
    )
    for name, design in DESIGNS.items():
        madrs[name] = _madrs(design, body, parameters, catalogue)
        regimens[name] = _regimen(design, plain)
    return Truth(
        madrs=madrs,
        regimens=regimens,
        known={
            "baseline": parameters["patient.baseline"],
            # A share that harms has no place on the scale of odds; it counts as almost none.
            "expectancy": np.maximum(parameters["patient.expectancy_max"], LEAST_SHARE),
            "care": np.maximum(parameters["patient.care_max"], LEAST_SHARE),
            "antidepressant": np.maximum(parameters["patient.antidepressant_max"], LEAST_SHARE),
            "drift": _natural_drift(parameters),
            # The same equation; where a course says little of it, the chain's own value stays.
            "holding": parameters["structure.therapy_stabilisation"],
        },
        covariates=_covariates(cohorts),
        class_of=np.concatenate([c.response_class for c in cohorts]),
    )


def _natural_drift(parameters: Mapping[str, Array]) -> Array:
    """Return the drift that has the chain's natural course at the horizon, shape (N,)."""
    time_h = parameters["mood.disease_time"]
    ebbed = parameters["patient.stress"] * time_h * -np.expm1(-HORIZON_DAYS * 24.0 / time_h)
    return np.asarray(ebbed / -np.expm1(-HORIZON_DAYS / course_constants().drift_time))


def _cohort(member: Member, index: int, seed: int) -> Cohort:
    preset = "bipolar_trial" if index % BIPOLAR_EVERY == BIPOLAR_EVERY - 1 else "clinic"
    return draw_cohort(
        population_preset(preset), seed=seed, first=index * PER_BELIEF, count=PER_BELIEF,
        belief=member.belief, variant=member.variant,
    )  # fmt: skip


def _body(cohorts: list[Cohort]) -> Body:
    bodies = [c.body for c in cohorts]

    def joined(name: str) -> Array:
        return np.concatenate([np.broadcast_to(b.parameters[name], PER_BELIEF) for b in bodies])

    return replace(
        bodies[0],
        weight_kg=np.concatenate([np.asarray(b.weight_kg) for b in bodies]),
        age_years=np.concatenate([np.asarray(b.age_years) for b in bodies]),
        parameters={name: joined(name) for name in bodies[0].parameters},
    )


def _madrs(
    design: Design, body: Body, parameters: Mapping[str, Array], catalogue: Catalogue
) -> Array:
    problem = pose_course(
        design.course, body=body, parameters=parameters, times_h=DAYS * 24.0,
        catalogue=catalogue, dose_factor=0.0 if design.sham else 1.0, plasma=False,
    )  # fmt: skip
    run = solve(problem, quantities=("madrs",), nodes_h=_nodes(design, problem.schedule.edges()))
    return np.clip(run.of("madrs"), 0.0, 60.0)


def _nodes(design: Design, edges: Array) -> Array:
    """Return steps dense after each event: the course needs no more than a tenth of a point."""
    after = np.concatenate([np.linspace(0.0, 2.0, 41), np.linspace(2.25, 12.0, 40)])
    events = [*design.doses, *design.therapy]
    close = [day * 24.0 + after for day in events]
    every = np.arange(0.0, HORIZON_DAYS * 24.0 + 1.0, 2.0)
    fixed = np.unique(np.concatenate([edges, DAYS * 24.0]))
    own = np.unique(np.round(np.concatenate([every, *close]), 3))
    own = own[(own > fixed[0]) & (own < fixed[-1])]
    apart = np.abs(own[:, None] - fixed[None, :]).min(axis=1) > LEAST_STEP_H
    return np.unique(np.concatenate([fixed, own[apart]]))


def _regimen(design: Design, body: Body) -> Regimen:
    drive = {a: strengths(body, _dose(a)) for a in set(design.doses.values())}
    rows = [0.0 * drive[a] if design.sham else drive[a] for a in design.doses.values()]
    return Regimen(
        days=np.array(list(design.doses)),
        strength=np.array(rows),
        therapy_days=np.array(design.therapy),
        therapy_hours=np.ones(len(design.therapy)),
    )


def _dose(amount: float) -> Dose:
    return Dose(route="iv_infusion", amount_mg_per_kg=amount, duration_h=40.0 / 60.0)


def _covariates(cohorts: list[Cohort]) -> dict[str, Array]:
    def joined(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(c.covariates, name) for c in cohorts])

    height_m = np.asarray(joined("height_cm"), dtype=float) / 100.0
    return {
        "bipolar": (joined("diagnosis") == "bipolar_depression").astype(float),
        "met_share": np.asarray(joined("met_share"), dtype=float),
        "log_crp": np.log(np.maximum(np.asarray(joined("crp_mg_per_l"), dtype=float), 0.01)),
        "beyond_55": decades_beyond(np.asarray(joined("age_years"), dtype=float)),
        "early_step": early_step(np.asarray(joined("failed_antidepressants"), dtype=float)),
        "female": (joined("sex") == "female").astype(float),
        "bmi": np.asarray(joined("weight_kg"), dtype=float) / height_m**2,
    }


def _joined(parts: list[Truth]) -> Truth:
    def over(pick: Callable[[Truth], Mapping[str, Array]]) -> dict[str, Array]:
        return {n: np.concatenate([pick(p)[n] for p in parts]) for n in pick(parts[0])}

    regimens = {
        name: replace(r, strength=np.concatenate([p.regimens[name].strength for p in parts], 1))
        for name, r in parts[0].regimens.items()
    }
    return Truth(
        madrs=over(lambda t: t.madrs),
        regimens=regimens,
        known=over(lambda t: t.known),
        covariates=over(lambda t: t.covariates),
        class_of=np.concatenate([p.class_of for p in parts]),
    )
