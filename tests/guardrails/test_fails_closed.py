"""Nothing passes in silence: what is missing, stale, contradictory or unreadable is said."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ketacourse.evidence.rule import Phase, Rule
from ketacourse.evidence.rules import RuleBook, load_rules
from ketacourse.guardrails import judge as judging
from ketacourse.guardrails import verdict
from ketacourse.guardrails.fact import Context, known_value, missing
from ketacourse.guardrails.judge import judge
from ketacourse.therapy.case import Case

COMPUTABLE = sorted(r.code for r in load_rules().rules.values() if r.computable)


@pytest.fixture
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "read_fact", lambda _field, _context: missing())
    monkeypatch.setattr(judging, "concerns", lambda _rule, _context: True)


@pytest.fixture
def nothing_but_nan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "read_fact", lambda _f, _c: known_value(float("nan")))
    monkeypatch.setattr(judging, "concerns", lambda _rule, _context: True)


def on(rule: Rule) -> Rule:
    return replace(rule, enabled=True)


@pytest.mark.usefixtures("nothing_known")
@pytest.mark.parametrize("code", COMPUTABLE)
def test_a_missing_value_is_said_once_its_step_is_reached(
    code: str, book: RuleBook, case_with: Callable[..., Case]
) -> None:
    rule = book.rule(code)
    context = Context(case=case_with(), phase="follow_up", rules=book.rules)
    finding = judge(on(rule), book, context).finding
    assert finding is not None
    assert finding.state == "not_recorded"
    assert "not recorded: confirm" in finding.statement
    assert finding.severity == ("blocked" if rule.absolute else finding.severity)
    assert not finding.overridable


@pytest.mark.usefixtures("nothing_known")
@pytest.mark.parametrize("code", COMPUTABLE)
def test_a_missing_value_is_on_the_checklist_before_its_step(
    code: str, book: RuleBook, case_with: Callable[..., Case]
) -> None:
    rule = book.rule(code)
    judged = judge(on(rule), book, Context(case=case_with(), rules=book.rules))
    assert (judged.item is not None) == (rule.phase != "plan")
    assert (judged.finding is not None) == (rule.phase == "plan")


@pytest.mark.usefixtures("nothing_but_nan")
@pytest.mark.parametrize("code", COMPUTABLE)
def test_a_value_that_is_not_a_number_is_a_breach(
    code: str, book: RuleBook, case_with: Callable[..., Case]
) -> None:
    rule = book.rule(code)
    context = Context(case=case_with(), phase="follow_up", rules=book.rules)
    finding = judge(on(rule), book, context).finding
    assert finding is not None
    assert finding.severity == rule.severity


@pytest.mark.usefixtures("nothing_known")
def test_not_knowing_blocks_for_absolute_rules_and_warns_for_relative_ones_when_planning(
    book: RuleBook, case_with: Callable[..., Case]
) -> None:
    severities = _severities(book, Context(case=case_with(), phase="plan", rules=book.rules))
    assert severities["CON-001"] == "blocked"
    assert severities["CON-009"] == "caution"
    assert severities["MON-004"] == "caution"


@pytest.mark.usefixtures("nothing_known")
@pytest.mark.parametrize("phase", ["dose", "session", "discharge", "follow_up"])
def test_not_knowing_blocks_for_relative_rules_too_once_a_dose_is_to_be_given(
    phase: Phase, book: RuleBook, case_with: Callable[..., Case]
) -> None:
    severities = _severities(book, Context(case=case_with(), phase=phase, rules=book.rules))
    assert severities["CON-001"] == severities["CON-009"] == severities["MON-004"] == "blocked"
    assert severities["ELG-013"] == "info"


def _severities(book: RuleBook, context: Context) -> dict[str, str]:
    return {
        rule.code: finding.severity
        for rule in book.rules.values()
        if (finding := judge(rule, book, context).finding) is not None
    }


def test_a_state_that_is_neither_present_nor_absent_blocks(
    book: RuleBook, case_with: Callable[..., Case]
) -> None:
    case = case_with()
    odd = {**case.patient.conditions, "eclampsia": "perhaps"}
    case = replace(case, patient=replace(case.patient, conditions=odd))
    finding = judge(book.rule("CON-006"), book, Context(case=case, rules=book.rules)).finding
    assert finding is not None
    assert (finding.severity, finding.observed) == ("blocked", "perhaps")


def test_two_readings_at_the_same_moment_must_both_keep_the_limit(
    book: RuleBook, case_with: Callable[..., Case]
) -> None:
    again = [{"day": -3, "moment": "rest", "sbp": "180 mmHg", "dbp": "80 mmHg"}]
    context = Context(case=case_with({"vitals": again}), rules=book.rules)
    finding = judge(book.rule("MON-004"), book, context).finding
    assert finding is not None
    assert "180" in finding.observed


def test_an_undated_suicide_screen_counts_as_too_old(
    book: RuleBook, case_with: Callable[..., Case]
) -> None:
    case = case_with({"patient": {"checks": {"cssrs_screen": {"day": None}}}})
    finding = judge(book.rule("MON-024"), book, Context(case=case, rules=book.rules)).finding
    assert finding is not None
    assert (finding.severity, finding.state) == ("blocked", "stale")
    assert "without a day" in finding.observed
