"""A reading has an age at the next session, and an old one does not pass as current."""

from collections.abc import Callable
from typing import Any

import pytest

from ketacourse.evidence.rules import RuleBook
from ketacourse.guardrails.fact import Context
from ketacourse.guardrails.judge import judge
from ketacourse.guardrails.timeline import last_recorded_day, next_session_day, past_sessions
from ketacourse.therapy.case import Case

AGEING = [
    ("MON-004", {"vitals": {"day": -15}}),
    ("MON-005", {"vitals": {"day": -15}}),
    ("MON-007", {"vitals": {"day": -15}}),
    ("CON-016", {"vitals": {"day": -15}}),
    ("MON-024", {"checks": {"cssrs_screen": {"state": "done", "day": -8, "result": "low"}}}),
    ("REC-003", {"checks": {"pregnancy_test": {"state": "done", "day": -8, "result": "negative"}}}),
]


@pytest.mark.parametrize(("code", "patient"), AGEING)
def test_an_old_value_is_stale(
    code: str, patient: dict[str, Any], book: RuleBook, case_with: Callable[..., Case]
) -> None:
    context = Context(case=case_with({"patient": patient}), rules=book.rules)
    finding = judge(book.rule(code), book, context).finding
    assert finding is not None
    assert finding.state == "stale"
    assert "too old to rely on" in finding.statement
    assert "days old at the next session" in finding.observed
    assert finding.severity == ("blocked" if book.rule(code).absolute else "caution")


def test_every_field_that_ages_is_tested_here(book: RuleBook) -> None:
    ageing = {spec.name for spec in book.fields.values() if spec.max_age}
    tested = {r.field for code, _ in AGEING for r in book.rule(code).require}
    heart_rate_is_read_by_rules_that_are_off = {"before_session.heart_rate_bpm"}
    assert ageing - heart_rate_is_read_by_rules_that_are_off <= tested


def test_an_old_value_that_breaks_the_rule_is_a_breach_all_the_same(
    book: RuleBook, case_with: Callable[..., Case]
) -> None:
    old_and_high = {"patient": {"vitals": {"day": -30, "sbp": "190 mmHg"}}}
    context = Context(case=case_with(old_and_high), rules=book.rules)
    finding = judge(book.rule("MON-004"), book, context).finding
    assert finding is not None
    assert (finding.severity, finding.state) == ("blocked", "recorded")


def test_on_the_day_of_the_dose_a_reading_may_be_an_hour_old(
    book: RuleBook, case_with: Callable[..., Case]
) -> None:
    for hours, is_stale in ((0.9, False), (1.1, True)):
        case = case_with({"patient": {"vitals": {"day": -hours / 24.0}}})
        finding = judge(
            book.rule("MON-004"), book, Context(case=case, phase="dose", rules=book.rules)
        ).finding
        assert (finding is not None) == is_stale


def test_age_counts_to_the_next_session_of_a_course_under_way(
    case_with: Callable[..., Case],
) -> None:
    assert next_session_day(case_with()) == 0.0
    under_way = case_with({"scores": [{"day": 3, "scale": "madrs", "total": 20}]})
    assert last_recorded_day(under_way) == 3.0
    assert next_session_day(under_way) == 4.0
    assert [s.day for s in past_sessions(under_way)] == [0.0, 2.0]


def test_a_course_that_is_over_is_looked_at_from_its_first_session(
    case_with: Callable[..., Case],
) -> None:
    over = case_with({"scores": [{"day": 40, "scale": "madrs", "total": 20}]})
    assert next_session_day(over) == 0.0
    assert len(past_sessions(over)) == 6


def test_a_reading_after_the_session_says_nothing_about_before_it(
    book: RuleBook, case_with: Callable[..., Case]
) -> None:
    later = {
        "patient": {"vitals": None},
        "vitals": [{"day": 20, "moment": "rest", "sbp": "120 mmHg", "dbp": "70 mmHg"}],
    }
    context = Context(case=case_with(later), rules=book.rules)
    finding = judge(book.rule("MON-004"), book, context).finding
    assert finding is not None
    assert finding.state == "not_recorded"


def test_the_newest_reading_counts_before_a_session(
    book: RuleBook, case_with: Callable[..., Case]
) -> None:
    calmer = [{"day": 0, "moment": "pre_dose", "sbp": "128 mmHg", "dbp": "80 mmHg"}]
    high = {"patient": {"vitals": {"sbp": "160 mmHg"}}, "vitals": calmer}
    context = Context(case=case_with(high), rules=book.rules)
    assert judge(book.rule("MON-004"), book, context).finding is None


FROM_THE_FUTURE = {"state": "done", "day": 70}


@pytest.mark.parametrize(
    ("code", "checks"),
    [
        ("ELG-011", {"ecg": {**FROM_THE_FUTURE, "result": "normal"}}),
        ("MON-024", {"cssrs_screen": {**FROM_THE_FUTURE, "result": "low"}}),
        ("FRS-003", {"cssrs_screen": {**FROM_THE_FUTURE, "result": "low"}}),
        ("REC-003", {"pregnancy_test": {**FROM_THE_FUTURE, "result": "negative"}}),
    ],
)
def test_a_check_that_is_still_to_come_does_not_count_as_done(
    code: str, checks: dict[str, Any], book: RuleBook, case_with: Callable[..., Case]
) -> None:
    context = Context(case=case_with({"patient": {"checks": checks}}), rules=book.rules)
    finding = judge(book.rule(code), book, context).finding
    assert finding is not None
    assert finding.state in ("not_recorded", "stale")


def test_a_bad_result_counts_whatever_its_day(
    book: RuleBook, case_with: Callable[..., Case]
) -> None:
    positive = {"pregnancy_test": {**FROM_THE_FUTURE, "result": "positive"}}
    context = Context(case=case_with({"patient": {"checks": positive}}), rules=book.rules)
    finding = judge(book.rule("REC-003"), book, context).finding
    assert finding is not None
    assert (finding.severity, finding.state) == ("blocked", "recorded")


def test_a_check_done_during_the_course_counts_once_the_course_got_there(
    book: RuleBook, case_with: Callable[..., Case]
) -> None:
    later = {
        "patient": {"checks": {"ecg": {"state": "done", "day": 5, "result": "normal"}}},
        "scores": [{"day": 6, "scale": "madrs", "total": 20}],
    }
    context = Context(case=case_with(later), rules=book.rules)
    assert judge(book.rule("ELG-011"), book, context).finding is None
