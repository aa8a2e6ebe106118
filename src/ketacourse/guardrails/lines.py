"""Limits as lines: where a chart of the session shows holding a dose or leaving."""

from dataclasses import dataclass
from typing import Literal

from ketacourse.evidence.rule import Must, Requirement, Rule
from ketacourse.evidence.rules import RuleBook, load_rules
from ketacourse.guardrails.fact import Context
from ketacourse.guardrails.scope import concerns
from ketacourse.guardrails.settings import ClinicSettings
from ketacourse.guardrails.verdict import UNIT_WORDS
from ketacourse.therapy.case import Case

Kind = Literal["hold", "discharge"]
Direction = Literal["upper", "lower"]

_HOLD_MOMENTS = ("pre_dose", "in_session")
_SIDES: dict[Must, tuple[Direction, ...]] = {
    "at_most": ("upper",), "below": ("upper",), "at_least": ("lower",), "above": ("lower",),
    "between": ("lower", "upper"),
}  # fmt: skip
"""Comparison to the sides on which its limits lie; other comparisons draw no line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLine:
    """One limit as a line on a chart.

    Parameters
    ----------
    code, kind
        Rule it comes from; whether it holds a dose or keeps a patient from leaving.
    quantity
        What it is drawn on: ``sbp``, ``dbp``, ``heart_rate``, ``spo2``,
        ``respiratory_rate``, ``sbp_rise``, ``dbp_rise``, ``cadss``, ``moaas``, ``time``.
    value, unit
        Where the line lies.
    direction
        ``upper`` if values above it are beyond the limit, ``lower`` if those below are.
    moment
        ``pre_dose``, ``in_session`` or ``discharge``.
    label, explained
        A few words for the chart, and a sentence for the text.
    source, verified, enabled
        Source key, whether it was read there, and whether the rule is in force.
    """

    code: str
    kind: Kind
    quantity: str
    value: float
    unit: str
    direction: Direction
    moment: str
    label: str
    explained: str
    source: str
    verified: bool
    enabled: bool


def hold_lines(
    *,
    settings: ClinicSettings | None = None,
    case: Case | None = None,
    include_off: bool = False,
) -> tuple[LimitLine, ...]:
    """Return the limits at which a dose is held, slowed or stopped.

    Parameters
    ----------
    settings
        Decisions of the clinic; the rules as shipped if None.
    case
        Leaves out rules that do not concern this case (other ages, other drugs).
    include_off
        Also return rules that are off, marked as such.
    """
    return _lines("hold", settings, case, include_off=include_off)


def discharge_lines(
    *,
    settings: ClinicSettings | None = None,
    case: Case | None = None,
    include_off: bool = False,
) -> tuple[LimitLine, ...]:
    """Return the limits that must be kept before a patient leaves; see ``hold_lines``."""
    return _lines("discharge", settings, case, include_off=include_off)


def _lines(
    kind: Kind, settings: ClinicSettings | None, case: Case | None, *, include_off: bool
) -> tuple[LimitLine, ...]:
    book = (settings or ClinicSettings()).apply(load_rules())
    return tuple(
        line
        for rule in book.rules.values()
        if (rule.enabled or include_off) and (case is None or concerns(rule, Context(case=case)))
        for requirement in rule.require
        for line in _of_requirement(kind, rule, requirement, book)
    )


def _of_requirement(
    kind: Kind, rule: Rule, requirement: Requirement, book: RuleBook
) -> tuple[LimitLine, ...]:
    spec = book.field(requirement.field)
    wanted = _HOLD_MOMENTS if kind == "hold" else ("discharge",)
    if not spec.quantity or spec.moment not in wanted:
        return ()
    values = [v for v in (requirement.value, requirement.upper) if v is not None]
    unit = UNIT_WORDS.get(requirement.unit, requirement.unit)
    off = "" if rule.enabled else "; off: clinic setting"
    unread = "" if rule.verified else ", not verified"
    return tuple(
        LimitLine(
            code=rule.code, kind=kind, quantity=spec.quantity, value=value, unit=unit,
            direction=direction, moment=spec.moment,
            label=f"{rule.title} ({rule.code}{off})",
            explained=f"{spec.label} {requirement.threshold} {unit} ({rule.code}{unread}{off})",
            source=rule.source, verified=rule.verified, enabled=rule.enabled,
        )
        for value, direction in zip(values, _SIDES.get(requirement.must, ()), strict=False)
    )  # fmt: skip
