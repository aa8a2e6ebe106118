"""Every computable rule fires on a case that breaks it, and keeps quiet on one that does not.

The cases are in ``rules_one_by_one.json``: changes to the unremarkable adult. Where a rule
has a limit, the two cases lie on its two sides.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ketacourse.course.screen import screen
from ketacourse.evidence.rules import RuleBook
from ketacourse.guardrails.settings import ClinicSettings
from ketacourse.therapy.case import Case

TABLE: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "rules_one_by_one.json").read_text(encoding="utf-8")
)


def states(case: Case, settings: ClinicSettings, phase: Any) -> Mapping[str, str]:
    """Return rule code to state of its finding, with every rule switched on."""
    return {f.code: f.state for f in screen(case, settings=settings, phase=phase).findings}


@pytest.mark.parametrize("code", TABLE)
def test_rule_fires(
    code: str, case_with: Callable[..., Case], everything_on: ClinicSettings
) -> None:
    entry = TABLE[code]
    found = states(case_with(entry["fires"]), everything_on, entry.get("phase", "plan"))
    assert found.get(code) == entry.get("state", "recorded")


@pytest.mark.parametrize("code", TABLE)
def test_rule_keeps_quiet(
    code: str, case_with: Callable[..., Case], everything_on: ClinicSettings
) -> None:
    entry = TABLE[code]
    found = states(case_with(entry.get("quiet", {})), everything_on, entry.get("phase", "plan"))
    assert code not in found


def test_every_computable_rule_has_both_cases(book: RuleBook) -> None:
    assert set(TABLE) == {rule.code for rule in book.rules.values() if rule.computable}
