"""Judge one rule on one case: a finding, an item of the checklist, or nothing to say.

What is recorded and breaks a rule is always a finding. What is not recorded is a finding
once its step has been reached, and an item of the checklist before. Nothing passes in
silence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ketacourse.evidence.rule import PHASE_WORDS, PHASES, Phase, Rule, Severity
from ketacourse.evidence.rules import RuleBook
from ketacourse.guardrails.fact import Context
from ketacourse.guardrails.finding import Finding, State
from ketacourse.guardrails.scope import concerns
from ketacourse.guardrails.verdict import Verdict, verdict_on

SHOWN_VERDICTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistItem:
    """Something to do or to confirm that a case file cannot settle now.

    ``by_hand`` marks rules that no case file can answer.
    """

    code: str
    phase: Phase
    text: str
    severity: Severity
    source: str
    verified: bool
    by_hand: bool

    @property
    def when(self) -> str:
        """Return when it is due, in words."""
        return PHASE_WORDS[self.phase]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What came of one rule; at most one of the two is set."""

    finding: Finding | None = None
    item: ChecklistItem | None = None


NOTHING = Judgement()


def judge(rule: Rule, book: RuleBook, context: Context) -> Judgement:
    """Judge one rule on one case.

    Parameters
    ----------
    rule
        The rule, as in force.
    book
        The book it comes from, for the fields it reads.
    context
        The case, and the step that is being decided.
    """
    if not rule.enabled or not concerns(rule, context):
        return NOTHING
    if not rule.computable:
        return Judgement(item=_item(rule, by_hand=True)) if rule.check == "by_hand" else NOTHING
    own = replace(context, scope=rule.scope)
    verdicts = [verdict_on(requirement, book, own) for requirement in rule.require]
    decisive = _decisive(rule, verdicts)
    if not decisive:
        return NOTHING
    due = PHASES.index(rule.phase) <= PHASES.index(context.phase)
    if not due and not any(_is_breach(v) for v in decisive):
        return Judgement(item=_item(rule, by_hand=False))
    return Judgement(finding=_finding(rule, decisive, context.phase))


def _is_breach(verdict: Verdict) -> bool:
    """Return whether a value is broken for good: a step not done yet can still be done."""
    return verdict.state == "broken" and verdict.requirement.must != "done"


def _decisive(rule: Rule, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts that keep the rule from being kept, broken ones alone if any."""
    open_ones = [v for v in verdicts if v.state not in ("kept", "not_applicable")]
    if rule.combine == "any" and len(open_ones) < len(verdicts):
        return []
    broken = [v for v in open_ones if v.state == "broken"]
    return broken or open_ones


def _finding(rule: Rule, decisive: Sequence[Verdict], phase: Phase) -> Finding:
    state: State = "recorded"
    if not any(v.state == "broken" for v in decisive):
        state = "stale" if all(v.state == "stale" for v in decisive) else "not_recorded"
    units = list(dict.fromkeys(v.unit for v in decisive))
    limits = [_with_unit(v.requirement.threshold, v, units) for v in decisive]
    seen = [
        v.observed if v.state == "missing" else _with_unit(v.observed, v, units) for v in decisive
    ]
    return Finding(
        code=rule.code,
        title=rule.title,
        topic=rule.topic,
        severity=_severity(rule, state, phase),
        statement=_statement(rule, state, decisive),
        threshold=_joined(rule, limits, decisive),
        observed=_joined(rule, seen, decisive),
        unit=units[0] if len(units) == 1 else "",
        source=rule.source,
        verified=rule.verified,
        needs_confirmation=rule.needs_confirmation or state != "recorded",
        overridable=rule.overridable and state == "recorded",
        remedy=_remedy(rule, state),
        state=state,
        urgent=rule.urgent and state == "recorded",
    )


def _severity(rule: Rule, state: State, phase: Phase) -> Severity:
    """Return the severity: not knowing blocks, except a relative rule before the dose is due.

    A plan may be made before everything is measured; a dose may not be given.
    """
    if state == "recorded" or rule.absolute or PHASES.index(phase) >= PHASES.index("dose"):
        return rule.severity
    return "info" if rule.severity == "info" else "caution"


def _statement(rule: Rule, state: State, decisive: Sequence[Verdict]) -> str:
    if state == "recorded":
        return rule.statement
    named = ", ".join(v.label for v in decisive[:SHOWN_VERDICTS])
    more = len(decisive) - SHOWN_VERDICTS
    tail = f" and {more} more" if more > 0 else ""
    problem = "too old to rely on" if state == "stale" else "not recorded: confirm"
    return f"{rule.title}: {named}{tail}: {problem}."


def _remedy(rule: Rule, state: State) -> str:
    if state == "recorded" and rule.remedy:
        return rule.remedy
    if state == "recorded":
        return "Take it into account."
    if state == "stale":
        return "Repeat it and record the day."
    return "Ask, and record the answer in the case file."


def _joined(rule: Rule, words: Sequence[str], decisive: Sequence[Verdict]) -> str:
    """Return what several requirements say as one text, each once, named if they differ."""
    glue = " or " if rule.combine == "any" else "; "
    if len(set(words)) > 1:
        words = [f"{v.label}: {w}" for w, v in zip(words, decisive, strict=True)]
    return glue.join(dict.fromkeys(w for w in words if w))


def _with_unit(words: str, verdict: Verdict, units: Sequence[str]) -> str:
    """Return the words with the unit where it differs between requirements."""
    return words if len(units) == 1 else f"{words} {verdict.unit}".strip()


def _item(rule: Rule, *, by_hand: bool) -> ChecklistItem:
    return ChecklistItem(
        code=rule.code, phase=rule.phase, text=f"{rule.title}: {rule.statement}",
        severity=rule.severity, source=rule.source, verified=rule.verified, by_hand=by_hand,
    )  # fmt: skip
