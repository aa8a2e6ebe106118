"""What a case says about the patient: person, conditions, medicines, checks, and the record."""

from collections.abc import Mapping

from ketacourse.guardrails.fact import (
    NOT_APPLICABLE,
    Context,
    Fact,
    Reader,
    Reading,
    from_optional,
    known,
    known_value,
    missing,
)
from ketacourse.guardrails.timeline import in_words, last_recorded_day, next_session_day
from ketacourse.therapy.medications import CLASSES, load_medicines
from ketacourse.therapy.patient import Medication

NOT_TAKEN = "not taken"


def read_condition(code: str, context: Context) -> Fact:
    """Return ``present`` or ``absent``; anything else that is stated is passed on as it is."""
    return from_optional(context.case.patient.conditions.get(code))


def read_medication(code: str, context: Context) -> Fact:
    """Return the medicines of a class, or of that name; or that none is taken."""
    taken = [m.name for m in context.case.patient.medications if _matches(m, code)]
    return known_value(", ".join(taken) if taken else NOT_TAKEN)


def _matches(medicine: Medication, code: str) -> bool:
    return medicine.is_a(code) or medicine.name.strip().casefold() == code.casefold()


def read_check(code: str, context: Context) -> Fact:
    """Return ``done`` or ``not_done``, with the age of the check at the next session."""
    check = context.case.patient.checks.get(code)
    if check is None:
        return missing()
    if check.state == "done" and _is_ahead(check.day, context):
        return missing(_AHEAD)
    return known(_dated(check.state, check.day, context))


def read_check_result(code: str, context: Context) -> Fact:
    """Return what a check showed; a check that was not done has no result to judge."""
    check = context.case.patient.checks.get(code)
    if check is None or check.state != "done":
        return NOT_APPLICABLE
    if not check.result.strip():
        return missing("done, but its result is not recorded")
    return known(_dated(check.result, check.day, context))


_AHEAD = "dated after the session that is decided: correct the day"


def _is_ahead(day: float | None, context: Context) -> bool:
    """Return whether a check is dated after all that is recorded and the session to come."""
    if day is None:
        return False
    recorded = last_recorded_day(context.case)
    session = next_session_day(context.case)
    latest = session if recorded is None else max(session, recorded)
    return not day < latest + 1.0  # a check of the same day may carry any hour of it


def _dated(value: str, day: float | None, context: Context) -> Reading:
    if day is None:
        return Reading(value=value, where="not dated")
    if _is_ahead(day, context):  # its age is not known, so that it cannot pass as recent
        return Reading(value=value, where=f"{in_words(day)}, still to come")
    return Reading(value=value, where=in_words(day), age_days=next_session_day(context.case) - day)


def _age_of(code: str, context: Context) -> Fact:
    check = context.case.patient.checks.get(code)
    if check is None or check.state != "done":
        return NOT_APPLICABLE
    if check.day is None:
        return missing("done, but not dated")
    if _is_ahead(check.day, context):
        return missing(_AHEAD)
    return known_value(next_session_day(context.case) - check.day, in_words(check.day))


def _age_years(context: Context) -> Fact:
    return known_value(context.case.patient.age_years)


def _failed_antidepressants(context: Context) -> Fact:
    return from_optional(context.case.patient.failed_antidepressants)


def _bmi(context: Context) -> Fact:
    return from_optional(context.case.patient.bmi)


def _cyp2b6(context: Context) -> Fact:
    return known_value(context.case.patient.cyp2b6_genotype)


def _without_known_class(context: Context) -> Fact:
    names = load_medicines()
    odd = [
        m.name
        for m in context.case.patient.medications
        if m.name.strip().lower() not in names
        and (not m.classes or not set(m.classes) <= set(CLASSES))
    ]
    return known_value(float(len(odd)), ", ".join(odd))


def _medications_confirmed(context: Context) -> Fact:
    patient = context.case.patient
    history = patient.checks.get("history_and_examination")
    if patient.medications or (history is not None and history.state == "done"):
        return known_value("confirmed")
    return missing("no medicine listed, and no history recorded")


def _contradictions(context: Context) -> Fact:
    patient = context.case.patient
    has = patient.conditions.get
    found = [
        text
        for stated, text in (
            (
                patient.sex == "male" and has("pregnancy_or_breastfeeding") == "present",
                "male, and pregnant or breastfeeding",
            ),
            (
                patient.sex == "male" and has("eclampsia") == "present",
                "male, and eclampsia",
            ),
            (
                has("uncontrolled_hypertension") == "present"
                and has("hypertension_history") == "absent",
                "uncontrolled hypertension, and no history of hypertension",
            ),
            (
                has("substance_use_disorder_active") == "present"
                and has("substance_use_history") == "absent",
                "active substance use disorder, and no history of substance use",
            ),
            (
                has("intracerebral_haemorrhage") == "present"
                and has("stroke_or_cerebral_trauma") == "absent",
                "intracerebral haemorrhage, and no stroke",
            ),
            (
                patient.diagnosis == "trd"
                and patient.failed_antidepressants is not None
                and patient.failed_antidepressants < 2,
                "resistant depression, and fewer than two failed antidepressants",
            ),
        )
        if stated
    ]
    return known_value(float(len(found)), "; ".join(found))


READERS: Mapping[str, Reader] = {
    "patient.age_years": _age_years,
    "patient.failed_antidepressants": _failed_antidepressants,
    "patient.bmi": _bmi,
    "patient.cyp2b6_genotype": _cyp2b6,
    "patient.medications_without_known_class": _without_known_class,
    "patient.medications_confirmed": _medications_confirmed,
    "record.contradictions": _contradictions,
    "freshness.cssrs_screen": lambda context: _age_of("cssrs_screen", context),
    "freshness.pregnancy_test": lambda context: _age_of("pregnancy_test", context),
}
"""Field to the function that reads it."""
