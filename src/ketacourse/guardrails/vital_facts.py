"""What a case says about vital signs: before a session, during it, and on leaving."""

from collections.abc import Callable, Iterable, Mapping

from ketacourse.evidence.rule import PHASES
from ketacourse.guardrails.dose_facts import sessions_in_scope
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
from ketacourse.guardrails.timeline import in_words, next_session_day
from ketacourse.therapy.vitals import Moment, VitalSigns

MOMENT_WORDS: dict[Moment, str] = {
    "rest": "at rest", "pre_dose": "before the dose",
    "in_session": "in the session", "discharge": "on leaving",
}  # fmt: skip
MINUTES_PER_DAY = 1440.0
MINUTE_DAYS = 1.0 / MINUTES_PER_DAY

Quantity = Callable[[VitalSigns], float | None]


def _sbp(signs: VitalSigns) -> float | None:
    return signs.sbp_mmhg


def _dbp(signs: VitalSigns) -> float | None:
    return signs.dbp_mmhg


def _heart_rate(signs: VitalSigns) -> float | None:
    return signs.heart_rate_bpm


def _spo2(signs: VitalSigns) -> float | None:
    return signs.spo2_percent


def _respiratory_rate(signs: VitalSigns) -> float | None:
    return signs.respiratory_rate


def _all_signs(context: Context) -> tuple[VitalSigns, ...]:
    own = context.case.patient.vitals
    return (*(() if own is None else (own,)), *context.case.vitals)


def _before(context: Context, day: float) -> tuple[VitalSigns, ...]:
    """Return the readings at rest or before a dose, up to ``day`` (to the minute)."""
    return tuple(
        signs
        for signs in _all_signs(context)
        if signs.moment in ("rest", "pre_dose") and signs.day <= day + MINUTE_DAYS
    )


def _newest(readings: Iterable[VitalSigns], quantity: Quantity) -> tuple[VitalSigns, ...]:
    """Return all readings of the newest day that hold the quantity: every one counts."""
    holding = [signs for signs in readings if quantity(signs) is not None]
    newest = max((signs.day for signs in holding), default=None)
    return tuple(signs for signs in holding if signs.day == newest)


def _where(signs: VitalSigns) -> str:
    return f"{MOMENT_WORDS[signs.moment]}, {in_words(signs.day)}"


def _before_session(quantity: Quantity) -> Reader:
    def read(context: Context) -> Fact:
        day = next_session_day(context.case)
        newest = _newest(_before(context, day), quantity)
        if not newest:
            return missing()
        return known(
            *(
                Reading(value=value, where=_where(signs), age_days=day - signs.day)
                for signs in newest
                if (value := quantity(signs)) is not None
            )
        )

    return read


def _in_session(quantity: Quantity) -> Reader:
    def read(context: Context) -> Fact:
        readings = [
            Reading(value=value, where=in_words(signs.day))
            for signs in context.case.vitals
            if signs.moment == "in_session" and (value := quantity(signs)) is not None
        ]
        return known(*readings) if readings else missing()

    return read


def _leaving(context: Context) -> list[tuple[VitalSigns, float]]:
    """Return each reading on leaving with the start of its session, within the scope (days)."""
    pairs = []
    for signs in context.case.vitals:
        starts = [s.day for s in sessions_in_scope(context) if s.day <= signs.day]
        if signs.moment == "discharge" and starts:
            pairs.append((signs, starts[-1]))
    return pairs


def _minutes_after_dose(context: Context) -> Fact:
    if not sessions_in_scope(context):
        return NOT_APPLICABLE
    readings = [
        Reading(value=(signs.day - start) * MINUTES_PER_DAY, where=in_words(signs.day))
        for signs, start in _leaving(context)
    ]
    return known(*readings) if readings else missing()


def _above_baseline(quantity: Quantity) -> Reader:
    def read(context: Context) -> Fact:
        readings = []
        for signs, start in _leaving(context):
            value = quantity(signs)
            before = _newest(_before(context, start), quantity)
            if value is None or not before:
                return missing("not recorded on leaving, or before the session")
            own = min(v for b in before if (v := quantity(b)) is not None)
            readings.append(Reading(value=value - own, where=in_words(signs.day)))
        return known(*readings) if readings else missing()

    return read


def _age_of_signs(context: Context) -> Fact:
    day = next_session_day(context.case)
    newest = max((signs.day for signs in _before(context, day)), default=None)
    return NOT_APPLICABLE if newest is None else known_value(day - newest, in_words(newest))


def _age_of_signs_at_dose(context: Context) -> Fact:
    if PHASES.index(context.phase) < PHASES.index("dose"):
        return NOT_APPLICABLE
    return _age_of_signs(context)


READERS: Mapping[str, Reader] = {
    "before_session.sbp_mmhg": _before_session(_sbp),
    "before_session.dbp_mmhg": _before_session(_dbp),
    "before_session.heart_rate_bpm": _before_session(_heart_rate),
    "before_session.spo2_percent": _before_session(_spo2),
    "in_session.sbp_mmhg": _in_session(_sbp),
    "in_session.dbp_mmhg": _in_session(_dbp),
    "in_session.heart_rate_bpm": _in_session(_heart_rate),
    "in_session.spo2_percent": _in_session(_spo2),
    "in_session.respiratory_rate": _in_session(_respiratory_rate),
    "discharge.minutes_after_dose": _minutes_after_dose,
    "discharge.sbp_above_baseline_mmhg": _above_baseline(_sbp),
    "discharge.dbp_above_baseline_mmhg": _above_baseline(_dbp),
    "freshness.vital_signs": _age_of_signs,
    "freshness.vital_signs_at_dose": _age_of_signs_at_dose,
}
"""Field to the function that reads it."""
