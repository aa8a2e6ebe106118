"""A fact: what a case says about one field, or that it says nothing.

Every rule reads facts, never the case itself, so that "not recorded" cannot be
mistaken for a value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ketacourse.evidence.rule import Phase, Rule, Scope
from ketacourse.therapy.case import Case

FactState = Literal["known", "missing", "not_applicable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value of a field.

    Parameters
    ----------
    value
        A number in the unit of the field, or a word.
    where
        Which reading it is, such as ``day 3``.
    age_days
        Age at the next session (days); None where no day was recorded.
    """

    value: float | str
    where: str = ""
    age_days: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """All readings of one field that a rule must look at.

    ``remark`` says why nothing is known. ``not_applicable`` means that the question
    does not arise, such as the benefit of a fourth session that is still to come.
    """

    state: FactState
    readings: tuple[Reading, ...] = ()
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a reader of facts may look at.

    Parameters
    ----------
    case
        The case.
    phase
        The step that is being decided.
    scope
        Scope of the rule that asks; readers of doses keep to it.
    rules
        The rules in force, for limits that a reader needs.
    iv_equivalents
        Intravenous equivalent of each planned dose that holds drug (mg/kg), or None if
        nobody computed them. Given as numbers: guardrails do not know the model.
    """

    case: Case
    phase: Phase = "plan"
    scope: Scope = field(default_factory=Scope)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    iv_equivalents: tuple[float, ...] | None = None


Reader = Callable[[Context], Fact]
"""Reads one field of a case."""

NOT_APPLICABLE = Fact(state="not_applicable")


def known(*readings: Reading) -> Fact:
    """Return a fact with these readings; without any, the question does not arise."""
    return Fact(state="known", readings=readings) if readings else NOT_APPLICABLE


def known_value(value: float | str, where: str = "") -> Fact:
    """Return a fact with one reading."""
    return known(Reading(value=value, where=where))


def missing(remark: str = "not recorded") -> Fact:
    """Return a fact of which nothing is known, and why."""
    return Fact(state="missing", remark=remark)


def from_optional(value: float | str | None, where: str = "") -> Fact:
    """Return a known fact, or a missing one for None."""
    return missing() if value is None else known_value(value, where)
