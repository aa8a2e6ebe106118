"""Cases for the guardrails: an adult in whom nothing is found, and changes to that adult."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ketacourse.evidence.rules import RuleBook, load_rules
from ketacourse.guardrails.settings import ClinicSettings, SettingChange
from ketacourse.therapy.case import Case, parse_case

UNREMARKABLE = Path(__file__).parents[1] / "scenarios" / "unremarkable_adult.json"


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with changes made inside its tables; None takes an entry out."""
    result = dict(base)
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        elif value is None:
            result.pop(key, None)
        else:
            result[key] = value
    return result


@pytest.fixture(scope="session")
def case_with() -> Callable[..., Case]:
    """Return a function that makes the unremarkable adult's case with changes."""
    base = json.loads(UNREMARKABLE.read_text(encoding="utf-8"))["case"]

    def make(changes: Mapping[str, Any] | None = None) -> Case:
        return parse_case(merged(base, changes or {}))

    return make


@pytest.fixture(scope="session")
def book() -> RuleBook:
    """Return the rule book as shipped."""
    return load_rules()


@pytest.fixture(scope="session")
def everything_on(book: RuleBook) -> ClinicSettings:
    """Return the settings of a clinic that switched every rule on."""
    return ClinicSettings(
        clinic="a clinic that uses every rule",
        changes=tuple(
            SettingChange(
                code=rule.code, change="enable", by="Dr Example", on="2025-03-01", reason="test"
            )
            for rule in book.rules.values()
            if not rule.enabled
        ),
    )
