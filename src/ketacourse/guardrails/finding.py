"""A finding: what a rule says about one case, the same object wherever it is shown."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal

from ketacourse.evidence.rule import Severity

State = Literal["recorded", "not_recorded", "stale"]

_SEVERITY_ORDER: dict[Severity, int] = {"blocked": 0, "caution": 1, "info": 2}
_STATE_ORDER: dict[State, int] = {"recorded": 0, "stale": 1, "not_recorded": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule says about one case.

    Parameters
    ----------
    code, title, topic
        The rule it comes from, in short.
    severity
        ``blocked`` stops the plan, ``caution`` warns, ``info`` is shown.
    statement
        What was found, in one sentence.
    threshold, unit
        What the rule requires, and in which unit.
    observed
        What the case says, with the day where there is one.
    source, verified, needs_confirmation
        Source key, whether it was read there, whether a clinician still confirms it.
    overridable
        Whether a named prescriber may go on with a recorded reason.
    remedy
        What to do.
    state
        Whether the value was recorded, too old, or not recorded at all.
    urgent
        Comes before every other finding, and no setting or forecast lowers it.
    override
        Who overrode it, when and why; empty unless somebody did.
    """

    code: str
    severity: Severity
    statement: str
    threshold: str
    observed: str
    unit: str
    source: str
    verified: bool
    needs_confirmation: bool
    overridable: bool
    remedy: str
    title: str = ""
    topic: str = ""
    state: State = "recorded"
    urgent: bool = False
    override: str = ""

    @property
    def requirement(self) -> str:
        """Return what the rule requires, with its unit."""
        return f"{self.threshold} {self.unit}".strip()

    def as_dict(self) -> dict[str, Any]:
        """Return the finding with plain values, ready for JSON."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings as they are read: urgent, then by severity, recorded ones first."""
    return tuple(
        sorted(
            findings,
            key=lambda f: (
                not f.urgent,
                _SEVERITY_ORDER[f.severity],
                _STATE_ORDER[f.state],
                f.code,
            ),
        )
    )
