"""Check codes a case file may mention: what is done before, during and after a dose.

A check that is not mentioned was not recorded, and a guardrail that needs it fails closed.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, get_args

from ketacourse.errors import InputError
from ketacourse.therapy.bounds import COURSE_DAY

CheckState = Literal["done", "not_done"]
CHECK_STATES: tuple[CheckState, ...] = get_args(CheckState)

CHECKS: dict[str, str] = {
    "history_and_examination": "history taken, mental status and physical examination documented",
    "medications_confirmed": "medication list gone through with the patient and complete",
    "ecg": "electrocardiogram",
    "renal_tests": "renal function tests",
    "liver_tests": "liver function tests",
    "pregnancy_test": "pregnancy test",
    "stop_bang": "STOP-BANG screen for sleep apnoea",
    "cssrs_screen": "C-SSRS suicide screen (result: low, moderate or high)",
    "substance_use_assessment": "assessment of the risk of substance use",
    "urinary_symptoms": "questions about urinary symptoms",
    "cognition_baseline": "baseline test of cognition",
    "rationale_documented": "reason for ketamine after failed drug treatment and psychotherapy",
    "consent": "consent discussed and documented",
    "off_label_explained": "off-label status explained",
    "transport": "responsible adult named to take the patient home",
    "fasting_food": "no food for the time the product asks for",
    "fasting_liquids": "no liquids for the time the product asks for",
    "pulse_oximetry": "pulse oximetry during the session",
    "observation_two_hours": "observation for two hours after the dose",
    "blood_pressure_40_min": "blood pressure about 40 min after the dose",
    "rems_enrolment": "enrolment in the risk programme of esketamine",
    "emergency_clinician_on_site": "clinician able to manage an emergency on site",
    "anaesthetist_on_site": "anaesthetist on site",
    "written_instructions": "written instructions for the way home given",
    "benzodiazepine_plan": "a prescriber's plan for the patient's benzodiazepine",
}
"""Code to meaning; screening rules refer to these codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was done of one check.

    Parameters
    ----------
    state
        ``done`` or ``not_done``.
    day
        When it was done (days from the first dose; negative before it), None if unknown.
    result
        What it showed, such as ``normal``, ``negative`` or ``low``; empty if not recorded.
    """

    state: CheckState
    day: float | None = None
    result: str = ""

    def __post_init__(self) -> None:
        if self.state not in CHECK_STATES:
            raise InputError(
                f"The state '{self.state}' of a check is not known.",
                remedy=f"Use {' or '.join(CHECK_STATES)}.",
            )
        if self.day is not None:
            COURSE_DAY.check(self.day)


def check_code(code: str) -> str:
    """Return ``code`` if it is a known check.

    Raises
    ------
    InputError
        If it is not, with the closest known codes.
    """
    if code in CHECKS:
        return code
    close = get_close_matches(code, CHECKS, n=3, cutoff=0.5)
    known = " or ".join(f"'{c}'" for c in close) or f"one of {', '.join(CHECKS)}"
    raise InputError(f"The check '{code}' is not known.", remedy=f"Use {known}.")
