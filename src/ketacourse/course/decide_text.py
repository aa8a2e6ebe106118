"""A decision as text for a terminal: rules first, then the suggestion, then the options."""

import textwrap
from collections.abc import Iterator

from ketacourse.course.advice import VERDICT_WORDS
from ketacourse.course.decide_result import Decision, Weighed
from ketacourse.course.decide_weigh import EQUAL_DAYS
from ketacourse.course.decide_words import days_words, percent
from ketacourse.course.screen import DISCLAIMER
from ketacourse.guardrails.finding import Finding

WIDTH = 88
RELIEF_WORDS = (
    "Relief days: a day in remission counts one, a day at the patient's baseline nothing, between "
    "them in proportion."
)

ORDER_WORDS = (
    f"Order: the best balance first; within {EQUAL_DAYS:g} days of each other balances count as "
    "equal, and of those fewer sessions come first."
)


def text(decision: Decision) -> str:
    """Return the decision as plain text."""
    return "\n".join(_lines(decision))


def _lines(decision: Decision) -> Iterator[str]:
    title = decision.case.title or decision.case.patient.identifier
    yield from _wrapped(f"{title}: what next, decided from day {decision.today:g}.", "")
    if decision.rules:
        yield ""
        yield "RULES FIRST"
        for finding in decision.rules:
            yield from _finding(finding)
    yield ""
    yield "BLOCKED" if decision.blocked else "SUGGESTION"
    for sentence in decision.conclusion:
        yield from _wrapped(sentence, "  ")
    if decision.blocked:
        for finding in decision.screening.findings:
            if finding.severity == "blocked":
                yield from _finding(finding)
    else:
        yield from _options(decision)
        yield from _rest(decision)
    yield ""
    yield from _wrapped(DISCLAIMER, "")


def _finding(finding: Finding) -> Iterator[str]:
    urgent = "URGENT: " if finding.urgent else ""
    yield from _wrapped(
        f"{finding.code}  {urgent}{finding.title}. {finding.statement} Seen: {finding.observed}.",
        "  ",
    )
    yield from _wrapped(finding.remedy, " " * 11)


def _options(decision: Decision) -> Iterator[str]:
    yield ""
    weeks = decision.horizon_days / 7.0
    yield f"OPTIONS over {weeks:g} weeks; 80% of possible futures in ( )"
    yield from _wrapped(RELIEF_WORDS, "  ")
    yield from _wrapped(ORDER_WORDS, "  ")
    for one in decision.ranked:
        yield from _option(one)
    for out in decision.excluded:
        codes = ", ".join(dict.fromkeys(f.code for f in out.findings))
        yield from _wrapped(f"--  {out.option.label}: blocked by screening ({codes}).", "  ")
        yield from _wrapped(out.findings[0].statement, " " * 6)


def _option(one: Weighed) -> Iterator[str]:
    yield from _wrapped(f"{one.rank:2d}. {one.option.label}  [{one.key}]", "  ")
    inner = " " * 6
    held = ", ".join(f"{percent(e.mean)} at {w}" for w, e in one.held.items())
    peak = one.peak_pressure_mmhg
    yield from _wrapped(
        f"relief days {days_words(one.relief_days)}, of them {one.symptom_free_days.mean:.1f} "
        f"symptom-free; response held: {held} weeks; "
        f"sessions {one.sessions}; pressure surge {percent(one.surge.mean)}"
        + (
            f" (next peak {peak.mean:.0f}, {peak.lower:.0f} to {peak.upper:.0f} mmHg)"
            if peak
            else ""
        )
        + f"; marked dissociation {percent(one.dissociation.mean)}; exposure "
        f"{one.exposure_mg_per_kg:.1f} mg/kg more, {one.exposure_total_mg_per_kg:.1f} in all.",
        inner,
    )
    if one.difference is not None and one.days_gained is not None:
        yield from _wrapped(
            f"Against the plan: relief days {days_words(one.days_gained, signed=True)}; on "
            f"balance {days_words(one.difference.estimate, signed=True)}: "
            f"{VERDICT_WORDS[one.difference.verdict]}.",
            inner,
        )
    yield from _wrapped(f"Why: {one.option.why}.", inner)
    for finding in one.findings:
        yield from _wrapped(f"{finding.code}  {finding.statement}", inner)


def _rest(decision: Decision) -> Iterator[str]:
    if decision.would_change:
        yield ""
        yield "WHAT WOULD CHANGE IT"
        for sentence in decision.would_change:
            yield from _wrapped(sentence, "  ")
    yield ""
    yield "WHAT COUNTS HOW MUCH, in symptom-free days"
    for label, value, grade in decision.preferences.lines():
        yield f"  {value:5.2f}  {label} ({grade})"
    yield from _wrapped(decision.preferences.said_aloud, "  ")
    found = decision.provenance
    if found is not None:
        yield ""
        yield "WHAT IT RESTS ON"
        for note in decision.notes:
            yield from _wrapped(note, "  ")
        if found.surprise:
            yield from _wrapped(f"CAUTION: {found.surprise}", "  ")
        yield from _wrapped(
            f"{found.method} {found.draws} possible futures, seed {found.seed}; ketacourse "
            f"{found.version}, model {found.model_digest}.",
            "  ",
        )


def _wrapped(content: str, indent: str) -> list[str]:
    return textwrap.wrap(
        content, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ",
        break_on_hyphens=False,
    )  # fmt: skip
