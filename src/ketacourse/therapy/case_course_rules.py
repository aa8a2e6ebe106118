"""Rules over the planned course of a case file: doses, days, duplicates, overlap."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ketacourse.errors import Fault
from ketacourse.therapy.bounds import HORIZON_DAYS
from ketacourse.therapy.case_faults import path_text, refused, shown
from ketacourse.therapy.case_file import CourseTable, SessionTable, TherapyTable
from ketacourse.therapy.course import DEFAULT_HORIZON_DAYS
from ketacourse.therapy.dose import AMOUNT_MG, AMOUNT_PER_KG, DURATION_H, SMALLEST_DOSE_MG_PER_KG
from ketacourse.therapy.protocol import protocol
from ketacourse.therapy.session import DrugSession

FOLLOW_UP_DAYS = 28.0
"""Least follow-up after the last session when no horizon is given (days)."""

_LIGHTEST_ADULT_KG = 40.0
_MINUTE_DAYS = 1.0 / 1440.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A session of the file on one of its days: where it stands, start and end (days)."""

    path: str
    start: float
    end: float


def days_of(table: SessionTable | TherapyTable) -> tuple[float, ...]:
    """Return the days of a session table, whether written as day or as days."""
    if table.days is not None:
        return tuple(table.days)
    return () if table.day is None else (table.day,)


def horizon_of(course: CourseTable) -> float:
    """Return the follow-up of a course (days): as given, of its protocol, or long enough."""
    if course.horizon is not None:
        return course.horizon
    named = protocol(course.protocol).horizon_days if course.protocol else DEFAULT_HORIZON_DAYS
    tables = (*(course.sessions or ()), *course.boosters, *course.therapy)
    last = max((day for table in tables for day in days_of(table)), default=0.0)
    return min(max(named, last + FOLLOW_UP_DAYS), HORIZON_DAYS.maximum)


def course_faults(course: CourseTable, weight_kg: float | None) -> Iterator[Fault]:
    """Yield what is wrong with the plan; ``weight_kg`` is None where it could not be read."""
    yield from _plan_faults(course)
    groups: tuple[tuple[str, Sequence[SessionTable]], ...] = (
        ("sessions", course.sessions or ()),
        ("boosters", course.boosters),
    )
    for name, tables in groups:
        for index, table in enumerate(tables):
            place = ("course", name, index)
            yield from _day_faults(table, place)
            yield from _dose_faults(table, place, weight_kg)
    for index, entry in enumerate(course.therapy):
        yield from _day_faults(entry, ("course", "therapy", index))
    yield from _timing_faults(course)
    yield from _horizon_faults(course)


def _plan_faults(course: CourseTable) -> Iterator[Fault]:
    if course.protocol is not None and course.sessions is not None:
        yield Fault(
            path="course.sessions",
            value=shown(course.sessions),
            problem=f"The protocol '{course.protocol}' and explicit sessions are both given.",
            remedy="Keep one of them; further doses of a protocol go into [[course.boosters]].",
        )
    if course.protocol is None and not course.sessions:
        yield Fault(
            path="course",
            value="",
            problem="Neither a protocol nor sessions are given.",
            remedy='Add protocol = "iv_six_over_two_weeks" or [[course.sessions]].',
        )


def _day_faults(
    table: SessionTable | TherapyTable, place: tuple[str | int, ...]
) -> Iterator[Fault]:
    if (table.day is None) == (table.days is None):
        both = table.day is not None
        yield Fault(
            path=path_text(place),
            value="",
            problem="Both day and days are given." if both else "No day is given.",
            remedy="Give day = 0 for one session or days = [0, 2, 4] for several.",
        )


def _dose_faults(
    table: SessionTable, place: tuple[str | int, ...], weight_kg: float | None
) -> Iterator[Fault]:
    amount, unit = table.dose
    given = f"{amount:g} {'mg/kg' if unit.endswith('/kg') else 'mg'}"
    per_kg = unit.endswith("/kg")
    bounds = AMOUNT_PER_KG[table.route] if per_kg else AMOUNT_MG[table.route]
    smallest = SMALLEST_DOSE_MG_PER_KG * (1.0 if per_kg else _LIGHTEST_ADULT_KG)
    path = path_text((*place, "dose"))
    if not amount >= smallest:
        yield Fault(
            path=path,
            value=shown(given),
            problem=f"{bounds.label} is {given}, too small for any effect.",
            remedy=f"Give {smallest:g} to {bounds.maximum:g} {bounds.unit}; "
            "less is a slip of unit, and a session without drug is left out.",
        )
    else:
        yield from refused(bounds.check, amount, path=path, value=given)
        if not per_kg and weight_kg is not None and bounds.holds(amount):
            yield from _heavy_dose_faults(table, path, amount, weight_kg)
    yield from _duration_faults(table, place)


def _heavy_dose_faults(
    table: SessionTable, path: str, amount_mg: float, weight_kg: float
) -> Iterator[Fault]:
    limit = AMOUNT_PER_KG[table.route]
    if amount_mg / weight_kg > limit.maximum:
        yield Fault(
            path=path,
            value=f"{amount_mg:g} mg",
            problem=f"{amount_mg:g} mg is {amount_mg / weight_kg:.3g} mg/kg at {weight_kg:g} kg.",
            remedy=limit.remedy,
        )


def _duration_faults(table: SessionTable, place: tuple[str | int, ...]) -> Iterator[Fault]:
    path = path_text((*place, "duration"))
    if table.duration is None:
        if table.route == "iv_infusion":
            yield Fault(
                path=path,
                value="",
                problem="An infusion has no duration.",
                remedy='Add duration = "40 min".',
            )
        return
    limit = DURATION_H[table.route]
    if not limit.holds(table.duration):
        yield Fault(
            path=path,
            value=f"{table.duration * 60:g} min",
            problem=f"{limit.label} is {table.duration * 60:g} min.",
            remedy=f"Give {limit.minimum * 60:g} to {limit.maximum * 60:g} min: {limit.reason}.",
        )


def _given_doses(course: CourseTable) -> list[Given]:
    given: list[Given] = []
    if course.protocol is not None and course.sessions is None:
        planned = protocol(course.protocol).sessions
        given += [_planned(session) for session in planned]
    for name, tables in (("sessions", course.sessions or []), ("boosters", course.boosters)):
        for index, table in enumerate(tables):
            path = path_text(("course", name, index))
            length = (table.duration or 0.0) / 24.0
            given += [Given(path=path, start=d, end=d + length) for d in days_of(table)]
    return sorted(given, key=lambda one: one.start)


def _planned(session: DrugSession) -> Given:
    path = f"the protocol's dose on day {session.day:g}"
    return Given(path=path, start=session.day, end=session.day + session.dose.duration_h / 24.0)


def _timing_faults(course: CourseTable) -> Iterator[Fault]:
    doses = _given_doses(course)
    if doses and doses[0].start > 0.0:
        yield Fault(
            path=f"{doses[0].path}.day",
            value=shown(doses[0].start),
            problem=f"The first dose is on day {doses[0].start:g}.",
            remedy="Days count from the first dose: put it on day 0.",
        )
    for earlier, later in itertools.pairwise(doses):
        yield from _pair_faults(earlier, later, one="dose", all_of_them="doses")
    for earlier, later in itertools.pairwise(_planned_therapy(course)):
        yield from _pair_faults(earlier, later, one="session", all_of_them="therapy sessions")


def _pair_faults(earlier: Given, later: Given, *, one: str, all_of_them: str) -> Iterator[Fault]:
    if later.start - earlier.start < _MINUTE_DAYS:
        problem = f"This {one} on day {later.start:g} repeats {earlier.path}."
        remedy = "Keep one of the two, or move one."
    elif later.start < earlier.end:
        minutes = (earlier.end - later.start) * 1440.0
        problem = (
            f"This {one} starts on day {later.start:.6g}, {minutes:.3g} min before "
            f"{earlier.path} ends."
        )
        remedy = f"Start it on day {earlier.end:.4f} or later: {all_of_them} may not overlap."
    else:
        return
    yield Fault(path=later.path, value=shown(later.start), problem=problem, remedy=remedy)


def _planned_therapy(course: CourseTable) -> list[Given]:
    given = [
        Given(path=path_text(("course", "therapy", index)), start=d, end=d + entry.duration / 24.0)
        for index, entry in enumerate(course.therapy)
        for d in days_of(entry)
    ]
    return sorted(given, key=lambda one: one.start)


def _horizon_faults(course: CourseTable) -> Iterator[Fault]:
    horizon = horizon_of(course)
    late = [one for one in _given_doses(course) if one.start > horizon]
    late += [one for one in _planned_therapy(course) if one.start > horizon]
    for one in late:
        yield Fault(
            path=one.path,
            value=shown(one.start),
            problem=f"Day {one.start:g} lies after the horizon of {horizon:g} days.",
            remedy=f'Set horizon = "{one.start + FOLLOW_UP_DAYS:g} d" or leave the session out.',
        )
