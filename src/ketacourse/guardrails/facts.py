"""The one place where a field name becomes a fact of a case."""

from collections.abc import Callable, Iterable, Mapping

from ketacourse.errors import EvidenceError
from ketacourse.evidence.rule import Rule
from ketacourse.evidence.rules import FAMILIES
from ketacourse.guardrails import dose_facts, patient_facts, score_facts, vital_facts
from ketacourse.guardrails.fact import Context, Fact, Reader
from ketacourse.therapy.checks import CHECKS
from ketacourse.therapy.conditions import CONDITIONS
from ketacourse.therapy.dose import DRUGS, ROUTES
from ketacourse.therapy.medications import CLASSES, load_medicines
from ketacourse.therapy.patient import CHOICES

READERS: Mapping[str, Reader] = {
    **patient_facts.READERS,
    **vital_facts.READERS,
    **dose_facts.READERS,
    **score_facts.READERS,
}
"""Field to the function that reads it."""

FAMILY_READERS: Mapping[str, Callable[[str, Context], Fact]] = {
    "conditions": patient_facts.read_condition,
    "medications": patient_facts.read_medication,
    "checks": patient_facts.read_check,
    "check_results": patient_facts.read_check_result,
}


def read_fact(field: str, context: Context) -> Fact:
    """Return what the case says about one field.

    Raises
    ------
    EvidenceError
        If no function reads the field: a rule must never pass because nobody looked.
    """
    if field in READERS:
        return READERS[field](context)
    family, _, code = field.partition(".")
    if family in FAMILY_READERS:
        return FAMILY_READERS[family](code, context)
    raise EvidenceError(f"No function reads the field '{field}'.", remedy="Write its reader.")


def field_label(field: str, label: str) -> str:
    """Return a field in words: the code's meaning for members of a family."""
    family, _, code = field.partition(".")
    meanings = {"conditions": CONDITIONS, "medications": CLASSES, "checks": CHECKS}
    return meanings.get(family, {}).get(code, label)


def check_codes(rules: Iterable[Rule]) -> None:
    """Raise if a rule names a condition, check, medicine, drug or route no case can state.

    Raises
    ------
    EvidenceError
        With the rule and the code: a rule that can never apply would protect nobody.
    """
    known = {
        "conditions": set(CONDITIONS),
        "checks": set(CHECKS),
        "check_results": set(CHECKS),
        "medications": {*CLASSES, *load_medicines()},
    }
    assert set(known) == set(FAMILIES)  # every family of the loader is checked here
    for rule in rules:
        taking = [f"medications.{code}" for code in rule.scope.taking]
        for field in (*(r.field for r in rule.require), *taking):
            family, _, code = field.partition(".")
            if family in known and code not in known[family]:
                raise EvidenceError(
                    f"Rule '{rule.code}' reads '{field}', which no case file can state.",
                    remedy="Use a known code, or add it where the codes are listed.",
                )
        _check_scope(rule)


def _check_scope(rule: Rule) -> None:
    scope = rule.scope
    for name, words, allowed in (
        ("drug", scope.drugs, DRUGS),
        ("route", scope.routes, ROUTES),
        ("diagnosis", scope.diagnoses, CHOICES["diagnosis"]),
    ):
        unknown = sorted(set(words) - set(allowed))
        if unknown:
            raise EvidenceError(
                f"Rule '{rule.code}' is limited to the {name} {unknown}, which does not exist.",
                remedy=f"Use {', '.join(allowed)}.",
            )
