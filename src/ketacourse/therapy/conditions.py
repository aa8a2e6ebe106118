"""Condition codes a case file may mention, each with its meaning.

A condition is ``present`` or ``absent``; one that is not mentioned is unknown, and a
guardrail that needs it then fails closed.
"""

from difflib import get_close_matches
from typing import Literal

from ketacourse.errors import InputError

ConditionState = Literal["present", "absent"]

CONDITIONS: dict[str, str] = {
    "aneurysmal_vascular_disease": (
        "aneurysm of a thoracic, abdominal, intracranial or peripheral artery"
    ),
    "arteriovenous_malformation": "arteriovenous malformation",
    "intracerebral_haemorrhage": "intracerebral haemorrhage, now or in the past",
    "ketamine_hypersensitivity": "hypersensitivity to ketamine, esketamine or an excipient",
    "hypertension_hazard": "a condition in which a rise of blood pressure is a serious hazard",
    "eclampsia": "eclampsia or pre-eclampsia",
    "severe_coronary_disease": "severe coronary or myocardial disease",
    "stroke_or_cerebral_trauma": "cerebrovascular accident or cerebral trauma",
    "pregnancy_or_breastfeeding": "pregnancy or breastfeeding",
    "severe_hepatic_impairment": "severe hepatic impairment (Child-Pugh C)",
    "moderate_hepatic_impairment": "moderate hepatic impairment (Child-Pugh B)",
    "renal_impairment": "renal impairment of any degree",
    "uncontrolled_hypertension": "untreated or uncontrolled high blood pressure",
    "hypertension_history": "history of high blood pressure, treated or not",
    "hypertensive_encephalopathy_history": "history of hypertensive encephalopathy",
    "hyperthyroidism_untreated": "untreated hyperthyroidism",
    "recent_cardiac_event": (
        "myocardial infarction, unstable angina or revascularisation within 12 months"
    ),
    "stroke_or_tia": "history of stroke or transient ischaemic attack",
    "raised_intracranial_pressure": "raised intracranial pressure",
    "untreated_glaucoma": "untreated glaucoma",
    "substance_use_disorder_active": "substance use disorder without 12 months of abstinence",
    "substance_use_history": "history of substance use disorder or drug misuse",
    "schizophrenia_spectrum_self_or_family": (
        "schizophrenia-spectrum disorder of the patient or a first-degree relative"
    ),
    "psychosis_current": "psychotic features in the present episode",
    "mania_current": "mania or hypomania now",
    "acute_suicidality": "depression with acute suicidal ideation or behaviour",
    "ketamine_cystitis": "ketamine cystitis in the past, or urothelial symptoms now",
    "severe_respiratory_disease": "unstable airway or severe respiratory disease",
    "sleep_apnoea": "sleep apnoea, known or suspected by a screening tool",
    "psychotherapy_failed": "psychotherapy tried in this illness without sufficient benefit",
}
"""Code to meaning; screening rules refer to these codes."""


def condition_code(code: str) -> str:
    """Return ``code`` if it is a known condition.

    Raises
    ------
    InputError
        If it is not, with the closest known codes.
    """
    if code in CONDITIONS:
        return code
    close = get_close_matches(code, CONDITIONS, n=3, cutoff=0.5)
    known = " or ".join(f"'{c}'" for c in close) or f"one of {', '.join(CONDITIONS)}"
    raise InputError(f"The condition '{code}' is not known.", remedy=f"Use {known}.")
