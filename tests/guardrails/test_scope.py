"""Whom a rule concerns, with doubt decided for the rule."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ketacourse.evidence.rules import RuleBook
from ketacourse.guardrails.fact import Context
from ketacourse.guardrails.scope import concerns
from ketacourse.therapy.case import Case


@pytest.mark.parametrize(
    ("code", "years", "is_concerned"),
    [
        ("MON-005", 64.9, True),
        ("MON-005", 65.0, True),
        ("MON-005", 65.1, False),
        ("MON-006", 65.0, False),
        ("MON-006", 65.1, True),
        ("DOS-021", 64.9, False),
        ("DOS-021", 65.0, True),
    ],
)
def test_age_bounds(
    code: str, years: float, is_concerned: bool, book: RuleBook, case_with: Callable[..., Case]
) -> None:
    case = case_with(
        {
            "patient": {"age": f"{years} years"},
            "course": {"protocol": "esketamine_label", "horizon": "112 d"},
        }
    )
    assert concerns(book.rule(code), Context(case=case)) is is_concerned


def test_every_age_has_a_systolic_limit_of_the_trials(
    book: RuleBook, case_with: Callable[..., Case]
) -> None:
    for years in (18.0, 64.9, 65.0, 65.1, 90.0):
        context = Context(case=case_with({"patient": {"age": f"{years} years"}}))
        rules = [book.rule(code) for code in ("MON-005", "MON-006")]
        assert sum(concerns(rule, context) for rule in rules) == 1


def test_a_course_without_doses_leaves_rules_on_drug_and_route_in_force(
    book: RuleBook, case_with: Callable[..., Case]
) -> None:
    case = case_with()
    case = replace(case, course=replace(case.course, sessions=()))
    for code in ("SCH-014", "ELG-011"):
        assert concerns(book.rule(code), Context(case=case))


def test_sex_excuses_silence_but_not_a_stated_condition(
    book: RuleBook, case_with: Callable[..., Case]
) -> None:
    silent = {"sex": "male", "conditions": {"pregnancy_or_breastfeeding": None, "eclampsia": None}}
    stated = {"sex": "male", "conditions": {"pregnancy_or_breastfeeding": "present"}}
    rule = book.rule("CON-009")
    assert not concerns(rule, Context(case=case_with({"patient": silent})))
    assert concerns(rule, Context(case=case_with({"patient": stated})))
