"""Patients on unusual courses, with the two independent solutions of each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from ketacourse.engine.accuracy import scale_of
from ketacourse.engine.layout import QUANTITIES
from ketacourse.engine.problem import Problem
from ketacourse.engine.reference import solve_reference
from ketacourse.engine.schedule import Schedule
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.variants import load_variants
from ketacourse.interop.sbml import sbml_of
from ketacourse.model.pk.linear import LinearSystem
from ketacourse.model.pk.models import pk_parameters
from ketacourse.population.batch import Body, drug_system, pose_course
from ketacourse.population.ensemble import build_ensemble
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession, TherapySession

Array = np.ndarray
SINCE_DOSE_H = np.array([0, 0.02, 0.05, 0.1, 0.25, 0.5, 0.67, 0.8, 1, 1.5, 2, 3, 4, 6, 8, 12, 18])


def dose(route: str = "iv_infusion", duration_h: float = 40 / 60, **amount: Any) -> Dose:
    return Dose(route=route, duration_h=duration_h, **(amount or {"amount_mg_per_kg": 0.5}))


def course(
    doses: dict[float, Dose], horizon_days: float, therapy: tuple[float, ...] = ()
) -> Course:
    return Course(
        sessions=tuple(DrugSession(day=day, dose=given) for day, given in doses.items()),
        therapy=tuple(TherapySession(day=day, duration_h=1.0) for day in therapy),
        horizon_days=horizon_days,
    )


PUSH = dose("iv_bolus", 10 / 3600)
TWO = course(dict.fromkeys((0.0, 3.0), dose()), 5, therapy=(1.0,))
COURSES = {
    "six infusions with therapy": course(
        dict.fromkeys((0.0, 3.0, 7.0, 10.0, 14.0, 17.0), dose()), 35, (-7.0, 1.0, 8.0, 15.02, 22.0)
    ),
    "intramuscular": course(dict.fromkeys((0.0, 7.0), dose("im", 0.0)), 14),
    "overlapping": course({0.0: dose(), 0.01: dose(), 0.02: dose("iv_bolus", 0.0)}, 7),
    "ten-second push": course({0.0: PUSH}, 7),
    "oral": course(dict.fromkeys((0.0, 1.0), dose("oral", 0.0, amount_mg_per_kg=1.0)), 5),
    "intranasal esketamine": course(
        dict.fromkeys((0.0, 3.0), dose("intranasal", 0.1, drug="esketamine", amount_mg=56.0)),
        7,
    ),
    "no drug": course(dict.fromkeys((0.0, 3.0), dose(amount_mg_per_kg=0.0)), 7, (1.0,)),
}
EXTREMES = ("extreme 1", "extreme 2", "extreme 3")
VARIANTS = tuple(load_variants())[1:]
CASES = (*COURSES, *EXTREMES, *VARIANTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One patient as the kernel, SciPy and an SBML simulator see them."""

    problem: Problem
    system: LinearSystem
    schedule: Schedule
    parameters: dict[str, float]

    def scipy(self) -> Array:
        return solve_reference(
            system=self.system,
            schedule=self.schedule,
            parameters=self.parameters,
            quantities=QUANTITIES,
            rtol=1e-9,
        )

    def sbml(self) -> str:
        return sbml_of(system=self.system, schedule=self.schedule, parameters=self.parameters)

    def roadrunner(self) -> Array:
        return simulate_sbml(self.sbml(), self.schedule)


def simulate_sbml(sbml: str, schedule: Schedule) -> Array:
    """Return all quantities at the reported times, shape (n_times, n_quantities)."""
    roadrunner = pytest.importorskip("roadrunner")
    roadrunner.Logger.disableLogging()
    model = roadrunner.RoadRunner(sbml)
    model.integrator.stiff = False  # the fastest rate is about 40 per hour
    model.integrator.relative_tolerance = 1e-9
    model.integrator.absolute_tolerance = 1e-13
    model.integrator.maximum_num_steps = 100_000
    model.timeCourseSelections = list(QUANTITIES)
    return np.array(model.simulate(times=list(schedule.times_h - schedule.start_h)))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a case once with each."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", CASES)


@pytest.fixture(scope="session")
def worst_error() -> Callable[[Array, Array], tuple[float, str]]:
    """Return a function: largest error as a share of a quantity's range, and the quantity."""

    def of(values: Array, truth: Array) -> tuple[float, str]:
        errors = (np.abs(values - truth) / scale_of(truth)).max(axis=0)
        return float(errors.max()), QUANTITIES[int(errors.argmax())]

    return of


@pytest.fixture(scope="session")
def bench(chain_rows: Callable[..., Any]) -> Callable[[str], Bench]:
    """Return a function that gives the patient of one case."""

    @cache
    def of(name: str) -> Bench:
        if name in EXTREMES:
            return _posed(TWO, *_extreme(chain_rows, EXTREMES.index(name)))
        if name in VARIANTS:
            return _posed(TWO, chain_rows(name), {})
        return _posed(COURSES[name], chain_rows("disinhibition"), {})

    return of


@pytest.fixture(scope="session")
def truth(bench: Callable[[str], Bench]) -> Callable[[str, str], Array]:
    """Return a function that solves one case by one independent way, once."""

    @cache
    def of(name: str, solver: str) -> Array:
        found = getattr(bench(name), solver)()
        return np.asarray(found)

    return of


def _extreme(
    chain_rows: Callable[..., Any], which: int
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return the draw furthest from typical of its batch, with its pharmacokinetics."""
    catalogue = load_catalogue()
    units = pk_parameters("kamp", ("iv_infusion",))
    drawn = build_ensemble(
        tuple(load_variants().values()),
        draws=60,
        seed=10 + which,
        catalogue=catalogue,
        pk_units=units,
    )
    rows = chain_rows(draws=60, seed=10 + which)
    rates = np.array([v for n, v in rows.items() if n.endswith(("rate", "_on", "_open"))])
    far = int(np.argmax(np.abs(np.log(rates / rates[:, :1] + 1e-9)).sum(axis=0)))
    one = {name: values[[far]] for name, values in rows.items()}
    return one, {name: v[far] for name, v in drawn.pharmacokinetics.items()}


def _posed(plan: Course, rows: dict[str, Array], pharmacokinetics: dict[str, Any]) -> Bench:
    catalogue = load_catalogue()
    body = Body(parameters=pharmacokinetics)
    start_h = min([0.0, *(t.start_h for t in plan.therapy)])
    around = np.concatenate([s.start_h + SINCE_DOSE_H for s in plan.sessions])
    times = np.unique(np.concatenate([np.linspace(start_h, plan.horizon_h, 40), around]))
    times = times[np.append(True, np.diff(times) > 1e-6) & (times <= plan.horizon_h)]
    problem = pose_course(plan, body=body, parameters=rows, times_h=times, catalogue=catalogue)
    system = drug_system(plan, body, rows, catalogue=catalogue)
    schedule = replace(
        problem.schedule,
        inflows=tuple(
            i._replace(amount_umol=float(a[0]))
            for i, a in zip(problem.schedule.inflows, problem.amounts, strict=True)
        ),
    )
    return Bench(
        problem=problem,
        system=replace(
            system,
            rates=system.rates.reshape(-1, *system.rates.shape[-2:])[0],
            observe=system.observe.reshape(-1, *system.observe.shape[-2:])[0],
        ),
        schedule=schedule,
        parameters={name: float(values[0]) for name, values in rows.items()},
    )
