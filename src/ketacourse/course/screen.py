"""Screen: what the rules say about a case, before anything is planned or given."""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ketacourse.errors import ExtrapolationError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.rule import PHASE_WORDS, Phase, Rule
from ketacourse.evidence.source import Source
from ketacourse.guardrails.dose_facts import sessions_with_drug
from ketacourse.guardrails.finding import Finding
from ketacourse.guardrails.judge import ChecklistItem
from ketacourse.guardrails.override import Override
from ketacourse.guardrails.screening import judge_all
from ketacourse.guardrails.settings import ClinicSettings
from ketacourse.population.equivalents import iv_equivalents as equivalents_of
from ketacourse.therapy.case import Case

WIDTH = 88
"""Characters per line of the text."""

SEVERITY_WORDS = {"blocked": "BLOCKED", "caution": "CAUTION", "info": "FOR INFORMATION"}

DISCLAIMER = (
    "Decision support for licensed professionals: it doses no one, and it is not a medical device."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What screening found.

    Parameters
    ----------
    title, patient
        Title of the case and the patient's local pseudonym.
    phase
        The step that was decided.
    clinic
        Whose settings were in force; empty for the rules as shipped.
    findings
        Most severe first; the same objects that a simulation and a report carry.
    checklist
        What is due later, or can be confirmed by hand only.
    switched_off
        Rules that are off: settings a clinic may switch on.
    background
        Rules that are facts to know rather than to check.
    overrides
        Overrides that were handed in, used or not.
    """

    title: str
    patient: str
    phase: Phase
    clinic: str
    findings: tuple[Finding, ...]
    checklist: tuple[ChecklistItem, ...]
    switched_off: tuple[Rule, ...]
    background: tuple[Rule, ...]
    overrides: tuple[Override, ...] = ()

    @property
    def blocked(self) -> bool:
        """Return whether any finding blocks."""
        return any(f.severity == "blocked" for f in self.findings)

    @property
    def summary(self) -> str:
        """Return the outcome in one line."""
        counts = {s: sum(f.severity == s for f in self.findings) for s in SEVERITY_WORDS}
        verdict = "BLOCKED" if self.blocked else "not blocked"
        return (
            f"{self.title or self.patient}: {verdict}. {counts['blocked']} blocking, "
            f"{counts['caution']} to weigh, {counts['info']} for information."
        )

    def text(self) -> str:
        """Return the screening as plain text for a terminal."""
        return "\n".join(_lines(self, load_catalogue().sources))

    def as_dict(self) -> dict[str, Any]:
        """Return the screening with plain values, ready for JSON."""
        return {
            "title": self.title,
            "patient": self.patient,
            "phase": self.phase,
            "clinic": self.clinic,
            "blocked": self.blocked,
            "summary": self.summary,
            "findings": [finding.as_dict() for finding in self.findings],
            "checklist": [{**asdict(item), "when": item.when} for item in self.checklist],
            "switched_off": [
                {"code": r.code, "title": r.title, "status": r.status} for r in self.switched_off
            ],
            "background": [
                {"code": r.code, "title": r.title, "statement": r.statement, "source": r.source}
                for r in self.background
            ],
            "overrides": [asdict(override) for override in self.overrides],
        }


def screen(
    case: Case,
    *,
    settings: ClinicSettings | None = None,
    overrides: Sequence[Override] = (),
    phase: Phase = "plan",
    iv_equivalents: Sequence[float] | None = None,
    research: bool = False,
) -> Screening:
    """Screen a case against the rules of selection and safety.

    Parameters
    ----------
    case
        The case as it was read.
    settings
        Decisions of the clinic; the rules as shipped if None.
    overrides
        Recorded decisions of a prescriber to go on in spite of a relative rule.
    phase
        The step that is being decided: ``plan``, ``dose``, ``session``, ``discharge`` or
        ``follow_up``. What is due later stays on the checklist.
    iv_equivalents
        Intravenous equivalent of each planned dose that holds drug (mg/kg); computed from
        the pharmacokinetics if None.
    research
        Whether mood is extrapolated on purpose.

    Returns
    -------
    Screening
        Findings, checklist and rules that are off.

    Raises
    ------
    InputError
        If a setting or an override is not allowed.
    """
    in_force = settings or ClinicSettings()
    equivalents = _iv_equivalents(case) if iv_equivalents is None else iv_equivalents
    verdicts = judge_all(
        case, settings=in_force, overrides=overrides, phase=phase, research=research,
        iv_equivalents=equivalents,
    )  # fmt: skip
    return Screening(
        title=case.title, patient=case.patient.identifier, phase=phase, clinic=in_force.clinic,
        findings=verdicts.findings, checklist=verdicts.checklist,
        switched_off=verdicts.switched_off, background=verdicts.background,
        overrides=tuple(overrides),
    )  # fmt: skip


def _iv_equivalents(case: Case) -> tuple[float, ...]:
    """Return the intravenous equivalent of each dose that holds drug (mg/kg)."""
    given = sessions_with_drug(case)
    if not given:
        return ()
    values = equivalents_of(
        replace(case.course, sessions=given),
        weight_kg=case.patient.weight_kg,
        catalogue=load_catalogue(),
    )
    return tuple(float(value) for value in values)


def _lines(screening: Screening, sources: Mapping[str, Source]) -> Iterator[str]:
    yield screening.summary
    if screening.clinic:
        yield f"Settings of {screening.clinic} are in force."
    for severity in SEVERITY_WORDS:
        yield from _severity_lines(severity, screening.findings, sources)
    yield from _checklist_lines(screening.checklist)
    yield from _listed(
        "OFF: settings a clinic may switch on", screening.switched_off, lambda r: r.title
    )
    yield ""
    yield from _wrapped(DISCLAIMER, "")


def _severity_lines(
    severity: str, findings: Sequence[Finding], sources: Mapping[str, Source]
) -> Iterator[str]:
    own = [f for f in findings if f.severity == severity]
    # Reasons to stop and urgent ones are told in full; what was merely not recorded is one list.
    told = [f for f in own if f.state == "recorded" or f.urgent]
    open_ones = [f for f in own if f not in told]
    if told:
        yield ""
        yield SEVERITY_WORDS[severity]
    for finding in told:
        yield from _finding_lines(finding, sources, brief=severity == "info")
    if open_ones:
        yield ""
        yield f"{SEVERITY_WORDS[severity]} until it is recorded"
        for finding in open_ones:
            yield from _wrapped(f"{finding.code}  {finding.statement}", "  ")


def _finding_lines(
    finding: Finding, sources: Mapping[str, Source], *, brief: bool
) -> Iterator[str]:
    urgent = "URGENT: " if finding.urgent else ""
    head = f"{finding.code}  {urgent}{finding.title}. {finding.statement}"
    yield from _wrapped(head if not brief else f"{head} Seen: {finding.observed}.", "  ")
    if brief:
        return
    inner = " " * 11
    yield from _wrapped(f"Seen: {finding.observed}. Required: {finding.requirement}.", inner)
    yield from _wrapped(finding.override or finding.remedy, inner)
    source = sources[finding.source].citation
    yield from _wrapped(f"{'; '.join((*_remarks(finding), source))}.", inner)


def _remarks(finding: Finding) -> Iterator[str]:
    if finding.severity == "blocked":
        yield (
            "Can be overridden with a recorded reason"
            if finding.overridable
            else "Cannot be overridden"
        )
    if not finding.verified:
        yield "not verified"
    if finding.needs_confirmation:
        yield "to be confirmed by a clinician"


def _checklist_lines(items: Sequence[ChecklistItem]) -> Iterator[str]:
    for phase, words in PHASE_WORDS.items():
        own = [item for item in items if item.phase == phase]
        if own:
            yield ""
            yield f"CHECKLIST {words} (* not computable: confirm by hand)"
        for item in own:
            yield from _wrapped(f"{'*' if item.by_hand else ' '} {item.code}  {item.text}", "  ")


def _listed(heading: str, rules: Sequence[Rule], words: Callable[[Rule], str]) -> Iterator[str]:
    if rules:
        yield ""
        yield heading
        yield from _wrapped("; ".join(f"{rule.code} {words(rule)}" for rule in rules), "  ")


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False
    )


EXTRAPOLATION = "extrapolation"
"""Topic of the rules on the range that evidence covers."""


def outside_evidence(screening: Screening, *, research: bool) -> bool:
    """Return whether a dose lies outside the evidence on mood, or refuse it.

    Raises
    ------
    ExtrapolationError
        If screening blocks such a dose.
    """
    beyond = [f for f in screening.findings if f.topic == EXTRAPOLATION]
    for finding in beyond:
        if finding.severity == "blocked":
            hint = "" if research else " With research=True mood is shown, marked on every page."
            raise ExtrapolationError(
                f"course.sessions: {finding.statement} Given: {finding.observed}.",
                remedy=finding.remedy + hint,
            )
    return bool(beyond)
