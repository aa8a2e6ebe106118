"""What screening found, most severe first, in the words of the rules."""

from collections.abc import Iterable
from dataclasses import dataclass

from ketacourse.course.result import Simulation
from ketacourse.guardrails.finding import Finding, in_order
from ketacourse.report.sources import Evidence, Reference, references

SEVERITY_WORDS = {"blocked": "Blocks the plan", "caution": "Caution", "info": "For information"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One finding as the page shows it; one that ``stops`` stands before any forecast."""

    severity: str
    word: str
    code: str
    title: str
    statement: str
    limit: str
    observed: str
    remedy: str
    remarks: str
    source: str
    references: tuple[Reference, ...]
    stops: bool


def finding_rows(simulation: Simulation) -> tuple[FindingRow, ...]:
    """Return the findings of a run as they are read: urgent first, then by severity."""
    return rows_of(simulation.findings, simulation)


def rows_of(findings: Iterable[Finding], run: Evidence) -> tuple[FindingRow, ...]:
    """Return findings as they are read, with their numbers in the run's list of sources."""
    rows = []
    for f in in_order(findings):
        remarks = []
        if f.needs_confirmation:
            remarks.append("a clinician must confirm it")
        if not f.verified:
            remarks.append("clinic setting, not verified against its source")
        if f.severity == "blocked":
            remarks.append(
                "can be overridden with a recorded reason" if f.overridable
                else "cannot be overridden"
            )  # fmt: skip
        if f.override:
            remarks.append(f"overridden: {f.override}")
        rows.append(
            FindingRow(
                severity=f.severity, word=_word(f), code=f.code, title=f.title,
                statement=f.statement, limit=f.requirement,
                observed=f.observed, remedy=f.remedy, remarks="; ".join(remarks), source=f.source,
                references=references(run, (f.source,)),
                stops=f.urgent or f.severity == "blocked",
            )
        )  # fmt: skip
    return tuple(rows)


def _word(finding: Finding) -> str:
    urgent = "Urgent. " if finding.urgent else ""
    return f"{urgent}{SEVERITY_WORDS[finding.severity]}"
