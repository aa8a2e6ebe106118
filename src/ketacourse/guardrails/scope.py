"""Whom and what a rule concerns."""

from collections.abc import Callable

from ketacourse.evidence.rule import Rule
from ketacourse.guardrails.fact import Context
from ketacourse.guardrails.patient_facts import NOT_TAKEN, read_medication


def concerns(rule: Rule, context: Context) -> bool:
    """Return whether a rule concerns the case.

    A course without doses leaves drug and route open, so rules limited to one concern it.
    """
    return all(part(rule, context) for part in _PARTS)


def _drug(rule: Rule, context: Context) -> bool:
    sessions = context.case.course_as_given.sessions
    wanted = rule.scope.drugs
    return not wanted or not sessions or any(s.dose.drug in wanted for s in sessions)


def _route(rule: Rule, context: Context) -> bool:
    sessions = context.case.course_as_given.sessions
    wanted = rule.scope.routes
    return not wanted or not sessions or any(s.dose.route in wanted for s in sessions)


def _diagnosis(rule: Rule, context: Context) -> bool:
    wanted = rule.scope.diagnoses
    return not wanted or context.case.patient.diagnosis in wanted


def _age(rule: Rule, context: Context) -> bool:
    # Written so that an age that is not a number keeps the rule in force.
    age = context.case.patient.age_years
    scope = rule.scope
    return not (
        (scope.age_at_least is not None and age < scope.age_at_least)
        or (scope.age_above is not None and age <= scope.age_above)
        or (scope.age_up_to is not None and age > scope.age_up_to)
    )


def _sex(rule: Rule, context: Context) -> bool:
    patient = context.case.patient
    if not rule.scope.sex or patient.sex == rule.scope.sex:
        return True
    # Sex excuses silence only: what is stated as present counts for anybody.
    codes = [
        r.field.removeprefix("conditions.")
        for r in rule.require
        if r.field.startswith("conditions.")
    ]
    return any(patient.conditions.get(code, "absent") != "absent" for code in codes)


def _taking(rule: Rule, context: Context) -> bool:
    wanted = rule.scope.taking
    return not wanted or any(
        read_medication(code, context).readings[0].value != NOT_TAKEN for code in wanted
    )


_PARTS: tuple[Callable[[Rule, Context], bool], ...] = (
    _drug, _route, _diagnosis, _age, _sex, _taking,
)  # fmt: skip
