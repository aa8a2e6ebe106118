"""What a case says about its doses and about the course they make up."""

from collections.abc import Callable, Mapping

from ketacourse.guardrails.fact import (
    NOT_APPLICABLE,
    Context,
    Fact,
    Reader,
    Reading,
    known,
    known_value,
    missing,
)
from ketacourse.guardrails.timeline import in_words
from ketacourse.therapy.case import Case
from ketacourse.therapy.session import DrugSession

DAYS_PER_WEEK = 7.0
INTRAVENOUS = ("iv_infusion", "iv_bolus")
OWN_RANGE = (("esketamine", "intranasal"),)
"""Drugs and routes whose own dose range was studied; a rule of its own states it."""


def sessions_with_drug(case: Case) -> tuple[DrugSession, ...]:
    """Return the planned doses; a session without drug is none."""
    weight_kg = case.patient.weight_kg
    return tuple(s for s in case.course_as_given.sessions if s.dose.total_mg(weight_kg) != 0.0)


def sessions_in_scope(context: Context) -> tuple[DrugSession, ...]:
    """Return the planned doses that the rule concerns."""
    given = sessions_with_drug(context.case)
    scope = context.scope
    if scope.sessions == "first":
        given = given[:1]
    elif scope.sessions == "later":
        given = given[1:]
    return tuple(
        session
        for session in given
        if (not scope.routes or session.dose.route in scope.routes)
        and (not scope.drugs or session.dose.drug in scope.drugs)
    )


def _of_doses(value: Callable[[DrugSession, float], float]) -> Reader:
    def read(context: Context) -> Fact:
        weight_kg = context.case.patient.weight_kg
        return known(
            *(
                Reading(value=value(session, weight_kg), where=in_words(session.day))
                for session in sessions_in_scope(context)
            )
        )

    return read


def _mg_per_kg(session: DrugSession, weight_kg: float) -> float:
    return session.dose.total_mg_per_kg(weight_kg)


def _total_mg(session: DrugSession, weight_kg: float) -> float:
    return session.dose.total_mg(weight_kg)


def _duration_min(session: DrugSession, weight_kg: float) -> float:
    del weight_kg
    return session.dose.duration_h * 60.0


def _rate_mg_per_kg_per_h(session: DrugSession, weight_kg: float) -> float:
    hours = session.dose.duration_h
    amount = session.dose.total_mg_per_kg(weight_kg)
    return amount / hours if hours > 0.0 else float("inf")


def _iv_equivalents(concerned: Callable[[DrugSession], bool]) -> Reader:
    def read(context: Context) -> Fact:
        sessions = sessions_with_drug(context.case)
        if not any(concerned(session) for session in sessions):
            return NOT_APPLICABLE
        values = context.iv_equivalents
        if values is None:
            weight_kg = context.case.patient.weight_kg
            if not all(map(_is_its_own_equivalent, sessions)):
                return missing("not computed for these routes and drugs")
            values = tuple(s.dose.total_mg_per_kg(weight_kg) for s in sessions)
        if len(values) != len(sessions):
            return missing(f"{len(values)} values were given for {len(sessions)} doses")
        return known(
            *(
                Reading(value=value, where=in_words(session.day))
                for session, value in zip(sessions, values, strict=True)
                if concerned(session)
            )
        )

    return read


def _is_its_own_equivalent(session: DrugSession) -> bool:
    return session.dose.route in INTRAVENOUS and session.dose.drug == "ketamine"


def _has_no_range_of_its_own(session: DrugSession) -> bool:
    return (session.dose.drug, session.dose.route) not in OWN_RANGE


def _any(_session: DrugSession) -> bool:
    return True


def _drug(context: Context) -> Fact:
    drugs = dict.fromkeys(session.dose.drug for session in context.case.course_as_given.sessions)
    return known(*(Reading(value=drug) for drug in drugs))


def _session_count(context: Context) -> Fact:
    return known_value(float(len(sessions_in_scope(context))))


def _span_days(context: Context) -> Fact:
    days = [session.day for session in sessions_in_scope(context)]
    return known_value(days[-1] - days[0]) if days else NOT_APPLICABLE


def _therapy_sessions(context: Context) -> Fact:
    return known_value(float(len(context.case.course.therapy)))


def _most_per_week(first_day: float, last_day: float) -> Reader:
    """Read the most doses in one week of a stretch, weeks counted from its first day."""

    def read(context: Context) -> Fact:
        weeks: dict[int, int] = {}
        for session in sessions_in_scope(context):
            if first_day <= session.day < last_day:
                week = int((session.day - first_day) // DAYS_PER_WEEK)
                weeks[week] = weeks.get(week, 0) + 1
        if not weeks:
            return NOT_APPLICABLE
        busiest = max(weeks, key=lambda week: weeks[week])
        start = first_day + busiest * DAYS_PER_WEEK
        return known_value(float(weeks[busiest]), f"week from {in_words(start)}")

    return read


READERS: Mapping[str, Reader] = {
    "dose.mg_per_kg": _of_doses(_mg_per_kg),
    "dose.total_mg": _of_doses(_total_mg),
    "dose.duration_min": _of_doses(_duration_min),
    "dose.rate_mg_per_kg_per_h": _of_doses(_rate_mg_per_kg_per_h),
    "dose.iv_equivalent_mg_per_kg": _iv_equivalents(_any),
    "dose.iv_equivalent_for_mood_mg_per_kg": _iv_equivalents(_has_no_range_of_its_own),
    "course.drug": _drug,
    "course.session_count": _session_count,
    "course.span_days": _span_days,
    "course.therapy_sessions": _therapy_sessions,
    "course.sessions_per_week_1_to_4": _most_per_week(0.0, 28.0),
    "course.sessions_per_week_5_to_8": _most_per_week(28.0, 56.0),
    "course.sessions_per_week_from_9": _most_per_week(56.0, float("inf")),
    "course.sessions_per_week_second_month": _most_per_week(30.0, float("inf")),
}
"""Field to the function that reads it."""
