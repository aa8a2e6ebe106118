"""Screen: one case in, findings in order out, as text and as plain values."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ketacourse.course.screen import WIDTH, Screening, screen
from ketacourse.evidence.rules import load_rules
from ketacourse.guardrails.finding import Finding, in_order
from ketacourse.guardrails.settings import ClinicSettings
from ketacourse.therapy.case import parse_case

ADULT = json.loads(
    (Path(__file__).parents[1] / "scenarios" / "unremarkable_adult.json").read_text("utf-8")
)["case"]


def screened(patient: dict[str, Any] | None = None, **options: Any) -> Screening:
    """Screen the unremarkable adult with changes to the patient's tables."""
    changed = {
        key: {**ADULT["patient"][key], **value} if isinstance(value, dict) else value
        for key, value in (patient or {}).items()
    }
    return screen(parse_case({**ADULT, "patient": {**ADULT["patient"], **changed}}), **options)


ANEURYSM = {"conditions": {"aneurysmal_vascular_disease": "present"}}


def test_an_unremarkable_adult_is_not_blocked() -> None:
    screening = screened()
    assert not screening.blocked
    assert screening.summary == (
        "Unremarkable adult: not blocked. 0 blocking, 0 to weigh, 1 for information."
    )


def test_an_aneurysm_blocks() -> None:
    screening = screened(ANEURYSM)
    assert screening.blocked
    finding = screening.findings[0]
    assert (finding.code, finding.severity, finding.observed) == ("CON-001", "blocked", "present")
    assert finding.requirement == "absent"


def test_findings_come_most_severe_first_and_urgent_ones_before_all() -> None:
    screening = screened(
        {
            "conditions": {"acute_suicidality": "present", "hypertension_history": "present"},
            "age": "17 years",
        }
    )
    assert [f.code for f in screening.findings] == [
        "SUI-001",
        "ELG-002",
        "MON-035",
        "MON-036",
        "ELG-008",
    ]


def test_recorded_findings_come_before_those_not_recorded() -> None:
    def finding(code: str, state: Any) -> Finding:
        return Finding(
            code=code, severity="blocked", statement="", threshold="", observed="", unit="",
            source="", verified=True, needs_confirmation=False, overridable=False, remedy="",
            state=state,
        )  # fmt: skip

    mixed = [finding("A", "not_recorded"), finding("B", "stale"), finding("C", "recorded")]
    assert [f.code for f in in_order(mixed)] == ["C", "B", "A"]


def test_the_text_says_what_was_seen_what_is_required_and_whence() -> None:
    text = screened(ANEURYSM).text()
    assert "BLOCKED" in text.splitlines()[0]
    assert "Seen: present. Required: absent." in text
    assert "Cannot be overridden; Spravato (esketamine) US prescribing information" in text
    assert "not a medical device" in " ".join(text.split())


def test_the_text_tells_what_is_unverified_overridable_and_urgent() -> None:
    text = " ".join(
        screened({"conditions": {"acute_suicidality": "present", "stroke_or_tia": "present"}})
        .text()
        .split()
    )
    assert "SUI-001 URGENT: Suicidal thoughts." in text
    assert "not verified; to be confirmed by a clinician" in text
    assert "Can be overridden with a recorded reason; to be confirmed by a clinician" in text


def test_the_text_names_the_clinic_whose_settings_are_in_force() -> None:
    text = screened(settings=ClinicSettings(clinic="Example clinic")).text()
    assert "Settings of Example clinic are in force." in text


def test_a_course_without_doses_can_be_screened() -> None:
    case = parse_case(ADULT)
    assert not screen(replace(case, course=replace(case.course, sessions=()))).blocked


def test_the_text_fits_a_terminal_and_has_no_colours() -> None:
    lines = screened(ANEURYSM).text().splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert "\x1b" not in "".join(lines)


def test_what_was_not_recorded_is_one_short_list() -> None:
    bare = {key: value for key, value in ADULT["patient"].items() if key != "conditions"}
    text = screen(parse_case({**ADULT, "patient": bare})).text()
    after = text.split("BLOCKED until it is recorded\n")[1].split("\n\n")[0]
    codes = [line.split()[0] for line in after.splitlines() if line.startswith("  CON-")]
    assert codes == [f"CON-{i:03d}" for i in range(1, 9)]


def test_rules_that_cannot_be_computed_are_a_checklist_to_confirm_by_hand() -> None:
    screening = screened()
    by_hand = {item.code for item in screening.checklist if item.by_hand}
    assert {"DOS-017", "DIS-002", "CNS-005"} <= by_hand
    assert "* not computable: confirm by hand" in screening.text()


def test_steps_that_are_due_later_are_on_the_checklist_until_they_are_due() -> None:
    later = {"checks": {"consent": "not_done"}}
    planning = screened(later)
    assert "CNS-014" in {item.code for item in planning.checklist}
    assert not planning.blocked
    dosing = screened(later, phase="dose")
    assert {f.code: f.severity for f in dosing.findings}["CNS-014"] == "blocked"


def test_rules_that_are_off_are_listed_with_the_reason() -> None:
    off = {entry["code"]: entry["status"] for entry in screened().as_dict()["switched_off"]}
    assert off["MON-015"] == (
        "off: clinic setting (a threshold from a repository nobody has reviewed)"
    )
    assert "MON-015 Clinic stop: pressure" in " ".join(screened().text().split())


def test_every_rule_that_concerns_the_case_is_accounted_for() -> None:
    screening = screened()
    told = {f.code for f in screening.findings} | {i.code for i in screening.checklist}
    told |= {r.code for r in (*screening.switched_off, *screening.background)}
    silent = {code for code, r in load_rules().rules.items() if code not in told}
    assert all(
        load_rules().rule(code).computable or load_rules().rule(code).scope.drugs for code in silent
    )


def test_the_plain_values_survive_json() -> None:
    screening = screened(ANEURYSM)
    again = json.loads(json.dumps(screening.as_dict()))
    assert again["blocked"] is True
    assert again["findings"][0]["code"] == "CON-001"
    assert again["checklist"][0]["when"]


def test_screening_twice_gives_the_same() -> None:
    assert screened(ANEURYSM) == screened(ANEURYSM)


@pytest.mark.parametrize(("dose", "codes"), [("0.5 mg/kg", set()), ("1.5 mg/kg", {"EXT-001"})])
def test_the_equivalent_of_an_injection_is_computed(dose: str, codes: set[str]) -> None:
    session = {"day": 0, "drug": "ketamine", "route": "im", "dose": dose}
    screening = screen(parse_case({**ADULT, "course": {"sessions": [session]}}))
    assert {f.code for f in screening.findings if f.topic == "extrapolation"} == codes


def test_a_research_run_extrapolates_with_a_caution() -> None:
    session = {"day": 0, "drug": "ketamine", "route": "im", "dose": "1.5 mg/kg"}
    case = parse_case({**ADULT, "course": {"sessions": [session]}})
    assert not screen(case, research=True).blocked
    assert screen(case, iv_equivalents=[float("nan")]).blocked
