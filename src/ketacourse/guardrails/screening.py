"""Every rule on one case, in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass

from ketacourse.evidence.rule import PHASES, Phase, Rule
from ketacourse.evidence.rules import RuleBook, load_rules
from ketacourse.guardrails.extrapolation import for_research
from ketacourse.guardrails.fact import Context
from ketacourse.guardrails.facts import check_codes
from ketacourse.guardrails.finding import Finding, in_order
from ketacourse.guardrails.judge import ChecklistItem, judge
from ketacourse.guardrails.override import Override, apply_overrides
from ketacourse.guardrails.scope import concerns
from ketacourse.guardrails.settings import ClinicSettings
from ketacourse.therapy.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """What came of all rules: findings in order, the checklist, rules off, and background."""

    findings: tuple[Finding, ...]
    checklist: tuple[ChecklistItem, ...]
    switched_off: tuple[Rule, ...]
    background: tuple[Rule, ...]


def judge_all(
    case: Case,
    *,
    settings: ClinicSettings,
    overrides: Sequence[Override] = (),
    phase: Phase = "plan",
    iv_equivalents: Sequence[float] | None = None,
    research: bool = False,
    book: RuleBook | None = None,
) -> Verdicts:
    """Judge every rule on a case.

    Parameters
    ----------
    case
        The case.
    settings, overrides
        Decisions of the clinic, and of a prescriber for this case.
    phase
        The step that is being decided; what is due later stays on the checklist.
    iv_equivalents
        Intravenous equivalent of each planned dose that holds drug (mg/kg). Without them
        only a course of intravenous racemate can be judged; any other blocks.
    research
        Whether mood is extrapolated on purpose.
    book
        The rules; those that ship with the package if None.
    """
    book = settings.apply(load_rules() if book is None else book)
    check_codes(book.rules.values())
    context = Context(
        case=case,
        phase=phase,
        rules=book.rules,
        iv_equivalents=None if iv_equivalents is None else tuple(iv_equivalents),
    )
    concerned = [rule for rule in book.rules.values() if concerns(rule, context)]
    judged = [judge(rule, book, context) for rule in concerned]
    findings = apply_overrides(
        [j.finding for j in judged if j.finding is not None], overrides, book
    )
    items = [j.item for j in judged if j.item is not None]
    return Verdicts(
        findings=in_order(for_research(findings) if research else findings),
        checklist=tuple(sorted(items, key=lambda item: (PHASES.index(item.phase), item.code))),
        switched_off=tuple(
            sorted((rule for rule in concerned if not rule.enabled), key=lambda rule: rule.code)
        ),
        background=tuple(
            rule
            for rule in concerned
            if rule.enabled and rule.check in ("reference", "kept_by_program")
        ),
    )
