"""Limits as lines for the chart of a session."""

from collections.abc import Callable

from ketacourse.guardrails.lines import discharge_lines, hold_lines
from ketacourse.guardrails.settings import ClinicSettings
from ketacourse.therapy.case import Case


def test_as_shipped_only_limits_in_force_are_drawn() -> None:
    lines = hold_lines()
    assert all(line.enabled and line.verified for line in lines)
    drawn = {(line.code, line.quantity, line.value) for line in lines}
    assert {("MON-004", "sbp", 140), ("MON-004", "dbp", 90), ("MON-023", "cadss", 4)} <= drawn


def test_limits_of_unreviewed_documents_are_marked_when_asked_for() -> None:
    extra = [line for line in hold_lines(include_off=True) if line.code == "MON-015"]
    assert [(line.quantity, line.value) for line in extra] == [("sbp", 180), ("dbp", 110)]
    assert all("off: clinic setting" in line.label for line in extra)
    assert all("not verified" in line.explained for line in extra)


def test_a_clinic_that_switched_a_limit_on_sees_its_line(
    everything_on: ClinicSettings,
) -> None:
    assert "MON-015" in {line.code for line in hold_lines(settings=everything_on)}


def test_an_interval_gives_a_lower_and_an_upper_line(everything_on: ClinicSettings) -> None:
    pulse = [line for line in hold_lines(settings=everything_on) if line.code == "MON-012"]
    assert [(line.direction, line.value) for line in pulse] == [("lower", 50), ("upper", 100)]
    assert {line.unit for line in pulse} == {"per min"}


def test_lines_follow_the_age_of_the_patient(case_with: Callable[..., Case]) -> None:
    young = {line.code for line in hold_lines(case=case_with())}
    old = {line.code for line in hold_lines(case=case_with({"patient": {"age": "70 years"}}))}
    assert young - old == {"MON-005"}
    assert old - young == {"MON-006"}


def test_discharge_lines_hold_the_patient_for_two_hours_after_esketamine(
    case_with: Callable[..., Case],
) -> None:
    (line,) = discharge_lines()
    assert (line.code, line.quantity, line.value, line.direction) == (
        "DIS-001",
        "time",
        120,
        "lower",
    )
    assert discharge_lines(case=case_with()) == ()


def test_proposed_discharge_limits_are_there_when_asked_for() -> None:
    proposed = {(line.code, line.quantity) for line in discharge_lines(include_off=True)}
    assert {("DIS-011", "sbp_rise"), ("DIS-012", "moaas"), ("DIS-012", "cadss")} <= proposed
