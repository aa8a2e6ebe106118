"""What a clinical rule is: a requirement on a case, its severity, its source.

A rule states what must hold. ``require`` names the fields of a case and the limit each
must keep, so that a missing, stale or unreadable value can never satisfy it.
"""

from dataclasses import dataclass, field
from typing import Literal, get_args

Severity = Literal["blocked", "caution", "info"]
Phase = Literal["plan", "dose", "session", "discharge", "follow_up"]
Check = Literal[
    "condition", "medication", "number", "choice", "done", "mixed",
    "by_hand", "reference", "kept_by_program",
]  # fmt: skip
Must = Literal[
    "at_most", "below", "at_least", "above", "between", "outside",
    "one_of", "absent", "not_taken", "done",
]  # fmt: skip
Topic = Literal[
    "eligibility", "contraindication", "interaction", "monitoring", "discharge", "dosing",
    "schedule", "maintenance", "consent", "extrapolation", "freshness", "suicide_risk", "record",
]  # fmt: skip
OffBecause = Literal["memory", "tool_default", "unreviewed_repository", "one_clinic", "marketing"]

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
PHASES: tuple[Phase, ...] = get_args(Phase)
CHECKS: tuple[Check, ...] = get_args(Check)
MUSTS: tuple[Must, ...] = get_args(Must)
TOPICS: tuple[Topic, ...] = get_args(Topic)
OFF_BECAUSE: tuple[OffBecause, ...] = get_args(OffBecause)

NOT_COMPUTABLE: tuple[Check, ...] = ("by_hand", "reference", "kept_by_program")
ONE_LIMIT: tuple[Must, ...] = ("at_most", "below", "at_least", "above")
TWO_LIMITS: tuple[Must, ...] = ("between", "outside")

OFF_WORDS: dict[OffBecause, str] = {
    "memory": "recalled, no document was checked",
    "tool_default": "a default proposed by this project",
    "unreviewed_repository": "a threshold from a repository nobody has reviewed",
    "one_clinic": "the practice of one clinic",
    "marketing": "a marketing claim",
}

PHASE_WORDS: dict[Phase, str] = {
    "plan": "before planning",
    "dose": "before the dose",
    "session": "during the session",
    "discharge": "before leaving",
    "follow_up": "during follow-up",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One field of a case that a rule may read.

    Parameters
    ----------
    name
        Group and short name, such as ``before_session.sbp_mmhg``.
    label
        The field in words.
    kind
        ``number``, ``choice``, or one of the families ``condition``, ``medication``,
        ``done`` whose members are codes of the case file.
    unit
        Unit of the value; empty unless it is a number.
    max_age
        Phase to the code of the rule that says how old the value may be.
    quantity, moment
        What a chart would draw it on, such as ``sbp``, and when it is read.
    """

    name: str
    label: str
    kind: Literal["number", "choice", "condition", "medication", "done"]
    unit: str = ""
    max_age: dict[Phase, str] = field(default_factory=dict)
    quantity: str = ""
    moment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What one field must satisfy.

    ``value`` (and ``upper`` for an interval) are in ``unit``; ``values`` lists what a
    choice may be.
    """

    field: str
    must: Must
    value: float | None = None
    upper: float | None = None
    values: tuple[str | float, ...] = ()
    unit: str = ""

    @property
    def threshold(self) -> str:
        """Return the requirement in words, without its unit.

        Examples
        --------
        >>> Requirement(field="f", must="at_most", value=140.0, unit="mmHg").threshold
        'at most 140'
        """
        words = self.must.replace("_", " ")
        if self.must in ONE_LIMIT:
            return f"{words} {self.value:g}"
        if self.must in TWO_LIMITS:
            return f"{words} {self.value:g} and {self.upper:g}"
        if self.must == "one_of":
            return " or ".join(v if isinstance(v, str) else f"{v:g}" for v in self.values)
        return words


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whom and what a rule concerns; an empty scope is everybody.

    Ages are in years. ``taking`` names medication classes, one of which must be taken.
    ``sessions`` limits a rule on doses to the first dose or to the later ones.
    """

    drugs: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    taking: tuple[str, ...] = ()
    sex: Literal["", "female", "male"] = ""
    age_at_least: float | None = None
    age_above: float | None = None
    age_up_to: float | None = None
    sessions: Literal["all", "first", "later"] = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of selection, dosing or safety.

    Parameters
    ----------
    code, title, statement
        Stable code, a few words, one sentence.
    check
        Kind of check; ``by_hand``, ``reference`` and ``kept_by_program`` cannot be
        computed from a case file.
    require, combine
        What must hold: ``all`` of the requirements or ``any`` of them.
    severity, overridable
        What a breach means, and whether a named prescriber may go on with a reason.
    phase
        When the answer is due. Before that, a missing answer is on the checklist.
    scope
        Whom and what the rule concerns.
    source, also
        Source key, and keys of further sources.
    verified
        Whether the statement was read in a source that somebody answers for.
    enabled, off_because
        Whether it is on unless a clinic decides otherwise, and why not.
    always_on
        A guard of the project itself that no setting can switch off.
    urgent
        Comes before every other finding.
    needs_confirmation
        Whether a clinician still has to confirm the rule for the clinic.
    remedy, note
        What to do, and what the reader should know about the rule.
    """

    code: str
    topic: Topic
    title: str
    statement: str
    check: Check
    require: tuple[Requirement, ...] = ()
    combine: Literal["all", "any"] = "all"
    severity: Severity
    overridable: bool = False
    phase: Phase = "plan"
    scope: Scope = field(default_factory=Scope)
    source: str
    also: tuple[str, ...] = ()
    verified: bool
    enabled: bool
    off_because: OffBecause | None = None
    always_on: bool = False
    urgent: bool = False
    needs_confirmation: bool = True
    remedy: str = ""
    note: str = ""

    @property
    def computable(self) -> bool:
        """Return whether a case file can answer the rule."""
        return self.check not in NOT_COMPUTABLE

    @property
    def absolute(self) -> bool:
        """Return whether a breach blocks and nobody may override it."""
        return self.severity == "blocked" and not self.overridable

    @property
    def status(self) -> str:
        """Return in words whether the rule is on, and why not.

        Shown wherever the rule is shown, so that a setting is never mistaken for evidence.
        """
        if self.enabled:
            return "on"
        because = OFF_WORDS[self.off_because] if self.off_because else "switched off by the clinic"
        return f"off: clinic setting ({because})"
