"""The range of the evidence: 0.1 to 1 mg/kg for mood, up to 2 mg/kg for concentrations."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ketacourse.guardrails.extrapolation import extrapolation_findings
from ketacourse.therapy.case import Case


def one_dose(dose: str, route: str = "im", drug: str = "ketamine") -> dict[str, Any]:
    session = {"day": 0, "drug": drug, "route": route, "dose": dose}
    return {"course": {"protocol": None, "sessions": [session]}}


@pytest.mark.parametrize(
    ("equivalent", "codes"),
    [
        (0.09, {"EXT-001"}),
        (0.1, set()),
        (0.5, set()),
        (1.0, set()),
        (1.01, {"EXT-001"}),
        (2.0, {"EXT-001"}),
        (2.01, {"EXT-001", "EXT-002"}),
        (math.nan, {"EXT-001", "EXT-002"}),
    ],
)
def test_the_range_of_the_evidence(
    equivalent: float, codes: set[str], case_with: Callable[..., Case]
) -> None:
    found = extrapolation_findings(case_with(one_dose("0.5 mg/kg")), iv_equivalents=[equivalent])
    assert {f.code for f in found} == codes
    assert all(f.severity == "blocked" and not f.overridable for f in found)


def test_research_turns_the_range_of_mood_into_a_caution(case_with: Callable[..., Case]) -> None:
    case = case_with(one_dose("3 mg/kg"))
    found = extrapolation_findings(case, iv_equivalents=[2.8], research=True)
    assert {f.code: f.severity for f in found} == {"EXT-001": "caution", "EXT-002": "blocked"}
    assert "every page says so" in next(f.remedy for f in found if f.code == "EXT-001")


def test_an_equivalent_nobody_computed_blocks_even_for_research(
    case_with: Callable[..., Case],
) -> None:
    case = case_with(one_dose("0.5 mg/kg"))
    found = extrapolation_findings(case, iv_equivalents=None, research=True)
    assert {f.code: f.severity for f in found} == {"EXT-001": "blocked", "EXT-002": "blocked"}


@pytest.mark.parametrize(
    ("dose", "codes"), [("28 mg", set()), ("84 mg", set()), ("112 mg", {"EXT-003"})]
)
def test_nasal_esketamine_has_a_range_of_its_own(
    dose: str, codes: set[str], case_with: Callable[..., Case]
) -> None:
    case = case_with(one_dose(dose, "intranasal", "esketamine"))
    found = extrapolation_findings(case, iv_equivalents=[1.3])
    assert {f.code for f in found} == codes


def test_a_course_without_drug_is_covered(case_with: Callable[..., Case]) -> None:
    case = case_with()
    case = replace(case, course=replace(case.course, sessions=()))
    assert extrapolation_findings(case, iv_equivalents=None) == ()
