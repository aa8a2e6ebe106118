"""What one requirement says about one case: kept, broken, or unknown and why."""

from dataclasses import dataclass
from typing import Literal

from ketacourse.evidence.rule import PHASES, FieldSpec, Requirement
from ketacourse.evidence.rules import RuleBook
from ketacourse.guardrails.fact import Context, Fact, Reading
from ketacourse.guardrails.facts import field_label, read_fact
from ketacourse.guardrails.requirement import is_kept
from ketacourse.quantity import conversion_factor

VerdictState = Literal["kept", "broken", "missing", "stale", "not_applicable"]

UNIT_WORDS = {
    "percent": "%", "year": "years", "count": "", "point": "points", "day": "days",
    "month": "month", "hour": "h", "kg/m**2": "kg/m²", "1/week": "per week",
    "1/min": "per min",
}  # fmt: skip
"""Unit of a rule to how a reader sees it; other units are shown as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome of one requirement.

    ``observed`` is what the case says, in words and in the unit of the requirement.
    """

    requirement: Requirement
    state: VerdictState
    label: str
    observed: str = ""

    @property
    def unit(self) -> str:
        """Return the unit as a reader sees it."""
        return UNIT_WORDS.get(self.requirement.unit, self.requirement.unit)


def verdict_on(requirement: Requirement, book: RuleBook, context: Context) -> Verdict:
    """Return what one requirement says about a case."""
    spec = book.field(requirement.field)
    label = field_label(requirement.field, spec.label)
    fact = read_fact(requirement.field, context)
    if fact.state != "known":
        return Verdict(requirement=requirement, state=fact.state, label=label, observed=fact.remark)
    return _of_readings(requirement, spec, label, fact, context)


def _of_readings(
    requirement: Requirement, spec: FieldSpec, label: str, fact: Fact, context: Context
) -> Verdict:
    factor = conversion_factor(spec.unit, requirement.unit) if requirement.unit else 1.0
    values = [(_scaled(r.value, factor), r) for r in fact.readings]
    broken = [(value, r) for value, r in values if not is_kept(requirement, value)]
    stale = [(value, r) for value, r in values if _is_stale(r, spec, context)]
    state: VerdictState = "broken" if broken else "stale" if stale else "kept"
    shown = broken or stale or values
    return Verdict(
        requirement=requirement, state=state, label=label, observed=_in_words(shown, state)
    )


def _scaled(value: float | str, factor: float) -> float | str:
    return value if isinstance(value, str) else value * factor


def _is_stale(reading: Reading, spec: FieldSpec, context: Context) -> bool:
    limit_days = max_age_days(spec, context)
    if limit_days is None:
        return False
    return reading.age_days is None or not reading.age_days <= limit_days


def max_age_days(spec: FieldSpec, context: Context) -> float | None:
    """Return how old a value of this field may be (days), None where age does not matter.

    The limit of the newest step that has been reached applies.
    """
    reached = PHASES[: PHASES.index(context.phase) + 1]
    codes = [spec.max_age[phase] for phase in reached if phase in spec.max_age]
    if not codes:
        return None
    limit = context.rules[codes[-1]].require[0]
    assert limit.value is not None  # the loader refuses a limit without a value
    return limit.value * conversion_factor(limit.unit, "day")


def _in_words(values: list[tuple[float | str, Reading]], state: VerdictState) -> str:
    first, more = values[0], len(values) - 1
    value, reading = first
    words = value if isinstance(value, str) else f"{value:.4g}"
    where = f" ({reading.where})" if reading.where else ""
    tail = f", and {more} more" if more else ""
    age = ""
    if state == "stale":
        age = (
            f", {reading.age_days:.3g} days old at the next session"
            if reading.age_days is not None
            else ", without a day"
        )
    return f"{words}{where}{age}{tail}"
