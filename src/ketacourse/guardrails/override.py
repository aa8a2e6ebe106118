"""Overrides: a named prescriber goes on in spite of a relative rule, with a reason.

An override that says what was observed holds for that observation only: if it changes, the
rule blocks again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ketacourse.errors import InputError
from ketacourse.evidence.rules import RuleBook
from ketacourse.guardrails.finding import Finding
from ketacourse.guardrails.settings import check_signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One recorded decision to go on.

    Parameters
    ----------
    code
        Code of the rule.
    by, reason
        Who decided, and why.
    on
        The date (as 2026-01-31); empty for a decision taken with this run.
    observed
        What the finding showed, word for word; empty for what it shows in this run.
    """

    code: str
    by: str
    reason: str
    on: str = ""
    observed: str = ""

    def __post_init__(self) -> None:
        check_signature(f"The override of rule {self.code}", self.by, self.on, self.reason)

    @property
    def words(self) -> str:
        """Return who overrode the rule, when and why."""
        when = f" on {self.on}" if self.on else ""
        return f"Overridden by {self.by}{when}: {self.reason}"


def apply_overrides(
    findings: Sequence[Finding], overrides: Sequence[Override], book: RuleBook
) -> tuple[Finding, ...]:
    """Return the findings with overridden ones turned into cautions that say so.

    Raises
    ------
    InputError
        If a rule does not exist or cannot be overridden.
    """
    for override in overrides:
        _check_allowed(override, book)
    return tuple(_overridden(finding, overrides) for finding in findings)


def _check_allowed(override: Override, book: RuleBook) -> None:
    if override.code not in book.rules:
        raise InputError(
            f"The override names the rule '{override.code}', which does not exist.",
            remedy="Copy the code from the finding.",
        )
    if not book.rules[override.code].overridable:
        raise InputError(
            f"The rule {override.code} cannot be overridden.",
            remedy="Only relative rules can; the finding says which.",
        )


def _overridden(finding: Finding, overrides: Sequence[Override]) -> Finding:
    if finding.severity != "blocked" or not finding.overridable:
        return finding
    for override in overrides:
        if override.code == finding.code and override.observed in ("", finding.observed):
            return replace(finding, severity="caution", override=override.words)
    return finding
