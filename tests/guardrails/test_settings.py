"""A clinic may switch rules on and change limits, signed, and never loosen what is absolute."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ketacourse.errors import InputError
from ketacourse.evidence.rules import RuleBook
from ketacourse.guardrails.settings import (
    ClinicSettings,
    SettingChange,
    load_settings,
    parse_settings,
)


def change(code: str, kind: Any, **values: Any) -> SettingChange:
    signed = {"by": "Dr Example", "on": "2025-03-01", "reason": "decided in the team"}
    return SettingChange(code=code, change=kind, **{**signed, **values})


def applied(book: RuleBook, *changes: SettingChange) -> RuleBook:
    return ClinicSettings(changes=changes).apply(book)


def test_without_settings_the_rules_are_as_shipped(book: RuleBook) -> None:
    assert ClinicSettings().apply(book).rules == book.rules


def test_a_rule_can_be_switched_on(book: RuleBook) -> None:
    rule = applied(book, change("MON-011", "enable")).rule("MON-011")
    assert rule.enabled
    assert not rule.verified


def test_a_warning_can_be_switched_off(book: RuleBook) -> None:
    rule = applied(book, change("INT-007", "disable")).rule("INT-007")
    assert rule.status == "off: clinic setting (switched off by the clinic)"


@pytest.mark.parametrize("code", ["CON-001", "CON-009", "MON-025", "SUI-001", "FRS-001"])
def test_what_blocks_or_guards_cannot_be_switched_off(code: str, book: RuleBook) -> None:
    with pytest.raises(InputError, match=f"{code} cannot be switched off"):
        applied(book, change(code, "disable"))


def test_a_limit_can_be_changed_in_another_unit(book: RuleBook) -> None:
    new = change("FRS-001", "threshold", value=1.0, unit="week")
    assert applied(book, new).rule("FRS-001").require[0].value == pytest.approx(7.0)


def test_one_of_two_limits_is_changed_by_naming_its_field(book: RuleBook) -> None:
    new = change("MON-004", "threshold", field="before_session.dbp_mmhg", value=95.0, unit="mmHg")
    limits = [r.value for r in applied(book, new).rule("MON-004").require]
    assert limits == [140, 95.0]


def test_an_interval_is_changed_as_a_whole(book: RuleBook) -> None:
    new = change("MON-012", "threshold", value=55.0, upper=110.0, unit="1/min")
    limit = applied(book, new).rule("MON-012").require[0]
    assert (limit.value, limit.upper) == (55.0, 110.0)


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("ELG-002", {"value": 16.0, "unit": "year"}),
        ("EXT-001", {"value": 0.1, "upper": 1.5, "unit": "mg/kg"}),
        ("EXT-002", {"value": 3.0, "unit": "mg/kg"}),
    ],
)
def test_an_absolute_limit_cannot_be_loosened(
    code: str, values: dict[str, Any], book: RuleBook
) -> None:
    with pytest.raises(InputError, match=f"{code} is absolute; .* would loosen it"):
        applied(book, change(code, "threshold", **values))


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("ELG-002", {"value": 21.0, "unit": "year"}),
        ("EXT-001", {"value": 0.2, "upper": 0.8, "unit": "mg/kg"}),
        ("EXT-002", {"value": 1.0, "unit": "mg/kg"}),
    ],
)
def test_an_absolute_limit_can_be_tightened(
    code: str, values: dict[str, Any], book: RuleBook
) -> None:
    rule = applied(book, change(code, "threshold", **values)).rule(code)
    assert rule.require[0].value == values["value"]
    assert rule.needs_confirmation


def test_a_forbidden_band_of_an_absolute_rule_cannot_be_moved(book: RuleBook) -> None:
    band = replace(book.rule("DOS-009"), severity="blocked")
    own = RuleBook({"DOS-009": band}, book.fields, book.sources)
    moved = change("DOS-009", "threshold", value=70.0, upper=120.0, unit="mg")
    with pytest.raises(InputError, match="DOS-009 is absolute"):
        applied(own, moved)


@pytest.mark.parametrize(
    ("code", "values", "problem"),
    [
        ("XXX-001", {"value": 1.0, "unit": "day"}, "'XXX-001', which does not exist"),
        ("CON-001", {"value": 1.0, "unit": "day"}, "it has none"),
        ("MON-004", {"value": 1.0, "unit": "mmHg"}, "before_session.sbp_mmhg, before_"),
        ("FRS-001", {"value": 1.0}, "is incomplete"),
        ("FRS-001", {"value": 1.0, "unit": "mmHg"}, "cannot be expressed in day"),
        ("MON-012", {"value": 1.0, "unit": "1/min"}, "Give value, upper and unit"),
        ("FRS-001", {"value": float("nan"), "unit": "day"}, "Give finite numbers"),
        ("MON-012", {"value": 90.0, "upper": 50.0, "unit": "1/min"}, "in order"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(
    code: str, values: dict[str, Any], problem: str, book: RuleBook
) -> None:
    with pytest.raises(InputError, match=problem):
        applied(book, change(code, "threshold", **values))


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"by": " "}, "has no 'by'"),
        ({"reason": ""}, "has no 'reason'"),
        ({"on": "yesterday"}, "has the date 'yesterday'"),
        ({"on": ""}, "has no date"),
        ({"value": 3.0}, "has the wrong value"),
    ],
)
def test_a_change_must_be_signed(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        change("MON-011", "enable", **values)


def test_an_unknown_kind_of_change_is_refused() -> None:
    with pytest.raises(InputError, match="The change 'tweak' of rule MON-011 is not known"):
        change("MON-011", "tweak")


def test_settings_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "clinic.toml"
    path.write_text(
        'clinic = "Example"\n[[changes]]\ncode = "MON-011"\nchange = "enable"\n'
        'by = "Dr Example"\non = 2025-03-01\nreason = "our own limit"\n',
        encoding="utf-8",
    )
    settings = load_settings(path)
    assert settings.clinic == "Example"
    assert settings.changes[0].on == "2025-03-01"


def test_settings_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_settings(tmp_path / "missing.toml")
    with pytest.raises(InputError, match=r"unknown keys \['rules'\]"):
        parse_settings({"rules": []})
    with pytest.raises(InputError, match="A change of the settings cannot be read"):
        parse_settings({"changes": [{"code": "MON-011"}]})
    with pytest.raises(InputError, match="A change of the settings cannot be read"):
        parse_settings({"changes": ["MON-011"]})
