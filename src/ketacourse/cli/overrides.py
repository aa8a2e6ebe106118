"""Overrides from the command line: a named prescriber goes on, with a recorded reason."""

import datetime
from collections.abc import Sequence

from ketacourse.course.screen import Screening
from ketacourse.errors import BlockedError, InputError
from ketacourse.guardrails.override import Override


def today() -> str:
    """Return today's date where this machine stands, as 2026-01-31."""
    return datetime.datetime.now().astimezone().date().isoformat()


def read_overrides(
    screening: Screening, *, codes: Sequence[str], reasons: Sequence[str], by: str, on: str
) -> tuple[Override, ...]:
    """Return the overrides of what a screening shows now.

    Parameters
    ----------
    screening
        The screening without overrides.
    codes, reasons
        Codes of blocking rules, and one reason for each.
    by, on
        Who decides, and the date of the decision.

    Raises
    ------
    InputError
        If a code does not block the case or has no reason, or nobody is named.
    BlockedError
        If a rule is one that nobody may override.
    """
    if len(codes) != len(reasons):
        raise InputError(
            f"Overrides given: {len(codes)}, reasons given: {len(reasons)}.",
            remedy="Give one --reason for each --override.",
        )
    overrides: list[Override] = []
    for code, reason in zip(codes, reasons, strict=True):
        found = [f for f in screening.findings if f.code == code and f.severity == "blocked"]
        if not found:
            raise InputError(
                f"'{code}' does not block this case.",
                remedy=f"Blocking: {', '.join(blocking_codes(screening)) or 'nothing'}.",
            )
        for finding in found:
            if not finding.overridable:
                raise BlockedError(
                    f"{code} cannot be overridden: {finding.statement}", remedy=finding.remedy
                )
            overrides.append(
                Override(code=code, observed=finding.observed, by=by, on=on, reason=reason)
            )
    return tuple(overrides)


def blocking_codes(screening: Screening) -> tuple[str, ...]:
    """Return the codes of the rules that block, in order, each once."""
    return tuple(dict.fromkeys(f.code for f in screening.findings if f.severity == "blocked"))
