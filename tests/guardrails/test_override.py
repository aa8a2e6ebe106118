"""A relative rule can be overridden with name and reason; an absolute one never."""

from collections.abc import Callable
from typing import Any

import pytest

from ketacourse.course.screen import Screening, screen
from ketacourse.errors import InputError
from ketacourse.guardrails.override import Override
from ketacourse.therapy.case import Case

HIGH = {"patient": {"vitals": {"sbp": "150 mmHg"}}}
SEEN = "150 (at rest, day -3)"


def override(code: str = "MON-004", **values: Any) -> Override:
    return Override(code=code, **{"by": "Dr Example", "reason": "rested, repeated", **values})


@pytest.fixture
def screened(case_with: Callable[..., Case]) -> Callable[..., Screening]:
    def run(changes: Any, *overrides: Override) -> Screening:
        return screen(case_with(changes), overrides=overrides)

    return run


def test_an_overridden_block_becomes_a_caution_that_says_by_whom(
    screened: Callable[..., Screening],
) -> None:
    both = (override(on="2025-03-01"), override("MON-005"))
    screening = screened(HIGH, *both)
    assert not screening.blocked
    found = {f.code: f for f in screening.findings}
    assert found["MON-004"].severity == "caution"
    assert found["MON-004"].override == ("Overridden by Dr Example on 2025-03-01: rested, repeated")
    assert found["MON-005"].override == "Overridden by Dr Example: rested, repeated"


def test_an_override_holds_for_what_was_seen(screened: Callable[..., Screening]) -> None:
    seen = [override(code, observed=SEEN) for code in ("MON-004", "MON-005")]
    assert not screened(HIGH, *seen).blocked
    higher = {"patient": {"vitals": {"sbp": "190 mmHg"}}}
    assert screened(higher, *seen).blocked


@pytest.mark.parametrize("code", ["CON-001", "ELG-002", "MON-024", "EXT-001", "INT-005"])
def test_what_is_not_relative_cannot_be_overridden(
    code: str, screened: Callable[..., Screening]
) -> None:
    with pytest.raises(InputError, match=f"The rule {code} cannot be overridden"):
        screened({}, override(code))


def test_an_override_of_no_rule_is_refused(screened: Callable[..., Screening]) -> None:
    with pytest.raises(InputError, match="'XXX-001', which does not exist"):
        screened({}, override("XXX-001"))


@pytest.mark.parametrize(
    ("values", "problem"),
    [({"by": ""}, "no 'by'"), ({"reason": "  "}, "no 'reason'"), ({"on": "today"}, "'today'")],
)
def test_an_override_is_signed(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        override(**values)


def test_an_override_does_not_touch_an_absolute_block(
    screened: Callable[..., Screening],
) -> None:
    also = {
        "patient": {**HIGH["patient"], "conditions": {"aneurysmal_vascular_disease": "present"}}
    }
    screening = screened(also, override(), override("MON-005"))
    assert [f.code for f in screening.findings if f.severity == "blocked"] == ["CON-001"]
