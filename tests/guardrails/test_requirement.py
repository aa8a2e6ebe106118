"""A limit is kept below, at or above, as it says; what cannot be compared keeps nothing."""

import math

import pytest

from ketacourse.evidence.rule import Must, Requirement
from ketacourse.evidence.rules import RuleBook
from ketacourse.guardrails.requirement import is_kept


def limit(must: Must, value: float = 140.0, upper: float | None = None) -> Requirement:
    return Requirement(field="f", must=must, value=value, upper=upper, unit="mmHg")


@pytest.mark.parametrize(
    ("must", "below", "at", "above"),
    [
        ("at_most", True, True, False),
        ("below", True, False, False),
        ("at_least", False, True, True),
        ("above", False, False, True),
    ],
)
def test_one_limit_below_at_and_above(must: Must, below: bool, at: bool, above: bool) -> None:
    assert [is_kept(limit(must), v) for v in (139.9, 140.0, 140.1)] == [below, at, above]


@pytest.mark.parametrize(
    ("must", "kept"),
    [
        ("between", [False, True, True, True, False]),
        ("outside", [True, False, False, False, True]),
    ],
)
def test_two_limits_from_below_to_above(must: Must, kept: list[bool]) -> None:
    interval = limit(must, 50.0, 100.0)
    assert [is_kept(interval, v) for v in (49.9, 50.0, 75.0, 100.0, 100.1)] == kept


def test_no_numeric_rule_is_kept_by_what_is_not_a_number(book: RuleBook) -> None:
    numeric = [r for rule in book.rules.values() for r in rule.require if r.unit]
    assert len(numeric) > 50
    for requirement in numeric:
        assert not is_kept(requirement, math.nan), requirement
        assert not is_kept(requirement, "140"), requirement


def test_no_upper_limit_is_kept_by_infinity() -> None:
    assert not is_kept(limit("at_most"), math.inf)
    assert not is_kept(limit("between", 1.0, 2.0), math.inf)


def test_rounding_of_a_computed_rate_does_not_break_its_limit() -> None:
    assert is_kept(limit("at_most", 1.0), 0.1 * 3 / 0.3)
    assert not is_kept(limit("at_most", 1.0), 1.000001)


@pytest.mark.parametrize(
    ("must", "kept", "broken"),
    [
        ("absent", "absent", "present"),
        ("absent", " Absent ", "perhaps"),
        ("done", "done", "not_done"),
        ("not_taken", "not taken", "phenelzine"),
    ],
)
def test_words_are_kept_only_by_the_one_that_clears(must: Must, kept: str, broken: str) -> None:
    requirement = Requirement(field="f", must=must)
    assert is_kept(requirement, kept)
    assert not is_kept(requirement, broken)
    assert not is_kept(requirement, 0.0)


def test_a_choice_is_kept_by_its_values_alone() -> None:
    words = Requirement(field="f", must="one_of", values=("low", "moderate"))
    assert is_kept(words, "Low")
    assert not is_kept(words, "low risk")
    doses = Requirement(field="f", must="one_of", values=(56.0, 84.0), unit="mg")
    assert [is_kept(doses, v) for v in (56.0, 84.0, 70.0, math.nan)] == [True, True, False, False]


def test_a_requirement_without_its_limit_keeps_nothing() -> None:
    assert not is_kept(Requirement(field="f", must="at_most", unit="mmHg"), 0.0)
