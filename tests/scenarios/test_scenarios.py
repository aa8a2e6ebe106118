"""Every patient history gives exactly the findings it expects."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ketacourse.course.screen import screen
from ketacourse.guardrails.override import Override
from ketacourse.guardrails.settings import parse_settings
from ketacourse.therapy.case import parse_case

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("*.json"))


def read(name: str) -> dict[str, Any]:
    scenario: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
    if "like" in scenario:
        scenario["case"] = merged(read(scenario["like"])["case"], scenario["but"])
    return scenario


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``base`` with changes made inside its tables; null takes an entry out."""
    result = dict(base)
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        elif value is None:
            result.pop(key, None)
        else:
            result[key] = value
    return result


@pytest.mark.parametrize("name", NAMES)
def test_history_gives_exactly_the_expected_findings(name: str) -> None:
    scenario = read(name)
    screening = screen(
        parse_case(scenario["case"]),
        settings=parse_settings(scenario.get("settings", {})),
        overrides=[Override(**o) for o in scenario.get("overrides", [])],
        phase=scenario.get("phase", "plan"),
    )
    expected = scenario["expect"]
    found = {finding.code: finding.severity for finding in screening.findings}
    assert found == expected["findings"]
    assert screening.blocked is expected["blocked"]
    assert not set(expected.get("not_found", ())) & set(found)
    assert set(expected.get("checklist", ())) <= {item.code for item in screening.checklist}


def test_there_are_histories_to_read() -> None:
    assert len(NAMES) >= 8
    assert all(read(name)["story"] for name in NAMES)
