"""The named protocols, day by day."""

import pytest

from ketacourse.errors import EvidenceError, InputError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.therapy.course import Course
from ketacourse.therapy.protocol import build_protocol, load_protocols, protocol

DAYS = {
    "iv_single": [0],
    "iv_six_over_two_weeks": [0, 2, 4, 7, 9, 11],
    "iv_six_over_three_weeks": [0, 3, 7, 10, 14, 17],
    "im_course": [0, 3, 7, 10, 14, 17],
    "sc_response_guided": [0, 3, 7, 10, 14, 17, 21, 24],
    "esketamine_label": [0, 3, 7, 10, 14, 17, 21, 24, 28, 35, 42, 49, 56, 70, 84, 98],
    "taper_and_booster": [0, 2, 4, 7, 9, 11, 18, 25, 32, 39, 67, 95, 123],
}

FIELDS = {
    "label": "one dose",
    "horizon": "28 d",
    "source": "andrade2017_dosing",
    "grade": "measured",
    "doses": [{"drug": "ketamine", "route": "im", "dose": "0.5 mg/kg", "days": [0]}],
}


def test_these_protocols_ship_with_these_days() -> None:
    shipped = {name: [s.day for s in p.sessions] for name, p in load_protocols().items()}
    assert shipped == DAYS


@pytest.mark.parametrize(
    "name", [n for n in DAYS if n.startswith("iv") or n == "taper_and_booster"]
)
def test_infusions_are_half_a_milligram_per_kilogram_over_forty_minutes(name: str) -> None:
    for session in protocol(name).sessions:
        assert session.dose.label == ("0.5 mg/kg ketamine, intravenous infusion over 40 min")


def test_the_label_starts_with_56_mg_twice_a_week() -> None:
    sessions = protocol("esketamine_label").sessions
    assert [s.dose.amount_mg for s in sessions] == [56.0] + [84.0] * 15
    assert {s.dose.drug for s in sessions} == {"esketamine"}
    for week in range(4):
        assert len([s for s in sessions if week * 7 <= s.day < week * 7 + 7]) == 2
    for week in range(4, 8):
        assert len([s for s in sessions if week * 7 <= s.day < week * 7 + 7]) == 1


@pytest.mark.parametrize("name", DAYS)
def test_every_protocol_makes_a_course_and_names_a_source(name: str) -> None:
    found = protocol(name)
    course = Course(sessions=found.sessions, horizon_days=found.horizon_days)
    assert course.last_dose_day < found.horizon_days
    assert found.source in load_catalogue().sources


@pytest.mark.parametrize("name", DAYS)
def test_what_is_assumed_is_said(name: str) -> None:
    found = protocol(name)
    assert found.note
    if found.grade == "assumed":
        assert "assumed" in found.note.lower()


def test_the_subcutaneous_dose_rises_step_by_step_to_its_last_step() -> None:
    rule = protocol("sc_response_guided").escalation
    assert rule is not None
    dose, given = 0.5, []
    for _ in range(5):
        given.append(dose)
        dose = rule.next_mg_per_kg(dose, improvement=0.2)
    assert given == [0.5, 0.6, 0.75, 0.9, 0.9]


def test_enough_improvement_keeps_the_dose() -> None:
    rule = protocol("sc_response_guided").escalation
    assert rule is not None
    assert rule.next_mg_per_kg(0.6, improvement=0.5) == 0.6


def test_a_dose_that_is_no_step_is_refused() -> None:
    rule = protocol("sc_response_guided").escalation
    assert rule is not None
    with pytest.raises(InputError, match=r"Use one of 0\.5, 0\.6, 0\.75, 0\.9 mg/kg"):
        rule.next_mg_per_kg(0.55, improvement=0.2)


def test_a_plan_without_scores_says_that_it_shows_the_first_step() -> None:
    found = protocol("sc_response_guided")
    assert found.escalation is not None
    assert {s.dose.amount_mg_per_kg for s in found.sessions} == {0.5}
    assert "Without observed scores" in found.escalation.said_aloud


def test_an_unknown_protocol_is_refused_with_the_close_ones() -> None:
    with pytest.raises(InputError, match="'im_course'"):
        protocol("im_cource")


def test_a_protocol_without_a_source_is_refused() -> None:
    with pytest.raises(EvidenceError, match="lacks 'source'"):
        build_protocol("x", {k: v for k, v in FIELDS.items() if k != "source"})


def test_a_protocol_of_unknown_grade_is_refused() -> None:
    with pytest.raises(EvidenceError, match="grade 'solid'"):
        build_protocol("x", {**FIELDS, "grade": "solid"})


def test_a_protocol_with_a_bare_dose_is_refused() -> None:
    doses = [{"drug": "ketamine", "route": "im", "dose": "0.5", "days": [0]}]
    with pytest.raises(InputError, match="has no unit"):
        build_protocol("x", {**FIELDS, "doses": doses})
