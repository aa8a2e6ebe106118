"""The range that evidence covers: what may be predicted for which dose.

Doses come in as numbers (intravenous equivalents), so that the guard does not depend on
the model it guards.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ketacourse.evidence.rules import RuleBook, load_rules
from ketacourse.guardrails.fact import Context
from ketacourse.guardrails.finding import Finding, in_order
from ketacourse.guardrails.judge import judge
from ketacourse.therapy.case import Case

MOOD_RULES = ("EXT-001", "EXT-003")
CONCENTRATION_RULES = ("EXT-002",)

RESEARCH_REMEDY = "Research run: the mood prediction is extrapolated, and every page says so."


def extrapolation_findings(
    case: Case,
    *,
    iv_equivalents: Sequence[float] | None,
    research: bool = False,
    book: RuleBook | None = None,
) -> tuple[Finding, ...]:
    """Return what lies outside the range that evidence covers.

    Parameters
    ----------
    case
        The case with its planned doses.
    iv_equivalents
        Intravenous equivalent of each planned dose that holds drug (mg/kg). Without them
        only a course of intravenous racemate can be judged; any other blocks.
    research
        Whether mood is extrapolated on purpose: it is then a caution.
    book
        The rules; those that ship with the package if None.

    Returns
    -------
    tuple of Finding
        Empty when concentrations, blood pressure and mood are all covered.
    """
    rules = load_rules() if book is None else book
    values = None if iv_equivalents is None else tuple(iv_equivalents)
    context = Context(case=case, rules=rules.rules, iv_equivalents=values)
    judged = (judge(rules.rule(code), rules, context) for code in MOOD_RULES + CONCENTRATION_RULES)
    found = in_order(j.finding for j in judged if j.finding is not None)
    return for_research(found) if research else found


def for_research(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings of a run that extrapolates mood on purpose.

    The range of the mood evidence becomes a caution; nothing else changes. A dose whose
    equivalent is not known stays blocked.
    """
    return tuple(
        replace(f, severity="caution", remedy=RESEARCH_REMEDY)
        if f.code in MOOD_RULES and f.state == "recorded"
        else f
        for f in findings
    )
