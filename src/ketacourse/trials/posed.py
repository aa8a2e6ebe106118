"""A path as a problem for the engine, and what is read from a run of it.

The problem is posed once for a group of patients; a change of what they receive replaces
amounts and attendance only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.problem import Problem, pose
from ketacourse.engine.schedule import Schedule, Span
from ketacourse.engine.solve import solve
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.model import chain
from ketacourse.model.pk.linear import Inflow
from ketacourse.model.pk.modes import modes
from ketacourse.population.batch import Body, drug_system, session_inflows
from ketacourse.therapy.course import Course
from ketacourse.trials.path import SAME_TIME_DAYS, SHAM_OPTION, Path

Array = NDArray[np.float64]
Int8 = NDArray[np.int8]
Int64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

PEAK_OFFSETS_H = (20.0 / 60.0, 40.0 / 60.0, 1.0, 1.5)
"""Times after the start of a session at which its peaks are looked for (h), beside its end."""
QUANTITIES = ("madrs", "sbp_rise", "cadss", "nausea")
"""What a trial needs of a run."""
EXPECTANCY = chain.PARAMETER_NAMES.index("patient.expectancy_max")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posed:
    """A group of N patients on a path, ready to run.

    Attributes
    ----------
    problem
        The engine's problem with every dose given in full.
    path
        The path.
    session_of
        Position in ``path.doses`` of each inflow.
    reading_rows, peak_rows
        Rows of the reported times: of each reading, and of each slot (several).
    """

    problem: Problem
    path: Path
    session_of: Int64
    reading_rows: Int64
    peak_rows: tuple[Int64, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a run shows of N patients.

    Attributes
    ----------
    madrs
        Latent MADRS at each reading (points), (n_readings, N).
    sbp_rise, cadss, nausea
        Peaks in each slot (mmHg, points, probability), (n_slots, N).
    """

    madrs: Array
    sbp_rise: Array
    cadss: Array
    nausea: Array


def pose_path(
    path: Path, *, body: Body, parameters: Mapping[str, Array], catalogue: Catalogue
) -> Posed:
    """Pose N patients on a path, every slot given at its first dose.

    Parameters
    ----------
    parameters
        Every parameter of the chain, shape (N,).
    """
    patients = len(next(iter(parameters.values())))
    course = Course(sessions=path.doses, horizon_days=_horizon(path))
    inflows: list[Inflow] = []
    session_of: list[int] = []
    whole = session_inflows(path.doses, body=body, catalogue=catalogue)
    for index, given in enumerate(whole):
        inflows += given
        session_of += [index] * len(given)
    times, reading_rows, peak_rows = _times(path)
    visit_h = catalogue.value("placebo.visit_time", "h")
    start_h = min([0.0, *(t.session.start_h for t in path.therapy)])
    schedule = Schedule(
        start_h=start_h,
        end_h=max(float(times[-1]), path.end_day * 24.0),
        inflows=tuple(inflows),
        visits=tuple(Span(d * 24.0, d * 24.0 + visit_h) for d in path.contact_days),
        therapy=tuple(
            Span(t.session.start_h, t.session.start_h + t.session.duration_h) for t in path.therapy
        ),
        times_h=times,
    )
    system = drug_system(course, body, parameters, catalogue=catalogue)
    return Posed(
        problem=pose(
            schedule=schedule, modes=modes(system), parameters=parameters, patients=patients
        ),
        path=path,
        session_of=np.array(session_of, dtype=np.int64),
        reading_rows=reading_rows,
        peak_rows=peak_rows,
    )


def run_posed(
    posed: Posed,
    *,
    given: Array,
    contact: Array,
    therapy: Array,
    expectancy: Array | None,
    nodes_h: Array,
    index: Int64 | None = None,
    until_day: float | None = None,
) -> Seen:
    """Run some of the patients up to a day.

    Parameters
    ----------
    given
        Factor on the amount of each of ``path.doses``, (n_doses, N).
    contact, therapy
        Attendance of each contact day and therapy session, (n, N).
    expectancy
        Largest expectancy effect of each patient, (N,); None keeps that of the problem.
    nodes_h
        Steps of the whole path (h).
    index
        Patients to run; all if None.
    until_day
        Last day to run to; readings and slots after it are NaN.
    """
    problem = posed.problem
    table = problem.parameters
    if expectancy is not None:
        table = table.copy()
        table[EXPECTANCY] = expectancy
    problem = replace(
        problem,
        amounts=problem.amounts * given[posed.session_of],
        attendance=np.concatenate([contact, therapy]),
        parameters=table,
    )
    if index is not None:
        problem = problem.subset(index)
    times = problem.schedule.times_h
    kept = len(times)
    if until_day is not None:
        end = until_day * 24.0 + SAME_TIME_DAYS
        kept = int(np.searchsorted(times, end, side="right"))
        end_h = float(times[kept - 1])
        problem = replace(
            problem, schedule=replace(problem.schedule, end_h=end_h, times_h=times[:kept])
        )
        nodes_h = nodes_h[nodes_h <= end_h + 1e-9]
    got = solve(problem, quantities=QUANTITIES, nodes_h=nodes_h)
    return _seen(posed, got.values, kept)


def _seen(posed: Posed, values: Array, kept: int) -> Seen:
    """Return readings and peaks of a run that reported the first ``kept`` times."""
    patients = values.shape[0]
    madrs = np.full((len(posed.reading_rows), patients), np.nan)
    for row, time in enumerate(posed.reading_rows):
        if time < kept:
            madrs[row] = values[:, time, 0]
    peaks = np.full((3, len(posed.peak_rows), patients), np.nan)
    for slot, rows in enumerate(posed.peak_rows):
        if rows[-1] < kept:
            peaks[:, slot] = values[:, rows, 1:].max(axis=1).T
    return Seen(madrs=madrs, sbp_rise=peaks[0], cadss=peaks[1], nausea=peaks[2])


def factors_of(path: Path, choice: Int8, exposure: Array) -> Array:
    """Return the factor on each of ``path.doses``, (n_doses, N).

    Parameters
    ----------
    choice
        What each patient receives in each slot, (n_slots, N).
    exposure
        Factor on what enters the body in each slot, (n_slots, N).
    """
    given = np.zeros((len(path.doses), choice.shape[1]))
    for (slot, position), (dose, factor) in path.option.items():
        given[dose] += np.where(choice[slot] == position, factor * exposure[slot], 0.0)
    return given


def contacts_of(path: Path, choice: Int8) -> Array:
    """Return whether each patient comes on each contact day, (n_contacts, N)."""
    days = np.array(path.contact_days)
    came = np.zeros((len(days), choice.shape[1]))
    for slot, entry in enumerate(path.slots):
        row = int(np.argmin(np.abs(days - entry.day)))
        came[row] = np.maximum(came[row], choice[slot] >= SHAM_OPTION)
    return came


def _times(path: Path) -> tuple[Array, Int64, tuple[Int64, ...]]:
    """Return the times to report (h), the row of each reading, and the rows of each slot."""
    reading = [r.day * 24.0 for r in path.readings]
    slots = []
    for slot in path.slots:
        start = slot.day * 24.0
        ends = {start + dose.duration_h for dose in slot.doses if dose.duration_h > 0.0}
        slots.append(sorted({start + h for h in PEAK_OFFSETS_H} | ends))
    every = sorted({round(t, 6) for t in [0.0, *reading, *(t for s in slots for t in s)]})
    times = np.array(every)

    def rows(wanted: list[float]) -> Int64:
        found = np.searchsorted(times, np.round(wanted, 6) - 1e-7)
        return np.asarray(found, dtype=np.int64)

    return times, rows(reading), tuple(rows(s) for s in slots)


def _horizon(path: Path) -> float:
    return max(1.0, path.end_day)
