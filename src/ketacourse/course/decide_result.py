"""What a decision is: options weighed, options set apart, rules that come first, provenance."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ketacourse.course.advice import Difference, Estimate
from ketacourse.course.options import Option
from ketacourse.course.preferences import Preferences
from ketacourse.course.screen import Screening
from ketacourse.guardrails.finding import Finding
from ketacourse.therapy.case import Case

Ending = Literal["blocked", "urgent", "review", "clear", "open"]
"""How a decision ends: stopped by screening, by the suicide-risk alert, by the review of benefit;
with one option clearly first, or without a clear difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """One option with what it is expected to lead to over the horizon.

    Attributes
    ----------
    option
        What would be done.
    rank
        Place in the ranking, from 1.
    symptom_free_days, relief_days
        Days in remission; the same with days short of it counted in part.
    held
        Week from today to the chance that a response holds then.
    sessions, therapy_sessions
        Sessions still to come.
    peak_pressure_mmhg
        Highest systolic pressure of the next session, None without one.
    surge, dissociation
        Chance of at least one session with a pressure surge, with marked dissociation.
    exposure_mg_per_kg, exposure_total_mg_per_kg
        Drug still to come, and with what was given, as intravenous racemate (mg/kg).
    net
        Net benefit by the preferences (symptom-free days).
    days_gained
        Relief days beyond the plan's, draw by draw; None for the plan itself.
    difference
        Net benefit beyond the plan's; None for the plan itself.
    findings
        What screening says of this course and not of the plan.
    reasons
        Why it stands where it stands, in words.
    """

    option: Option
    rank: int
    symptom_free_days: Estimate
    relief_days: Estimate
    held: Mapping[int, Estimate]
    sessions: int
    therapy_sessions: int
    peak_pressure_mmhg: Estimate | None
    surge: Estimate
    dissociation: Estimate
    exposure_mg_per_kg: float
    exposure_total_mg_per_kg: float
    net: Estimate
    days_gained: Estimate | None
    difference: Difference | None
    findings: tuple[Finding, ...]
    reasons: tuple[str, ...]

    @property
    def key(self) -> str:
        """Return the key of the option."""
        return self.option.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """An option that screening blocks; it is never ranked."""

    option: Option
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextScore:
    """What one more score is worth before deciding.

    ``turns`` says which scores would put which option first, with their chance.
    """

    scale: str
    day: float
    gain: float
    chance_of_change: float
    turns: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a decision rests on, so that it can be made again.

    Attributes
    ----------
    version, model_digest, case_digest
        Package; equations and numbers; the case as it was read.
    seed, draws
        Seed of the random streams and number of possible futures.
    method
        How the patient's own course was inferred, with its diagnostics.
    surprise
        What says that this patient is unlike those the model knows; empty otherwise.
    """

    version: str
    model_digest: str
    case_digest: str
    seed: int
    draws: int
    method: str
    surprise: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What may be done next, and what speaks for and against it.

    Attributes
    ----------
    case
        The case as it was read.
    today, horizon_days
        Day from which is decided (days from the first dose), and how far it looks ahead.
    preferences
        What counts how much.
    screening
        What the rules say of the case as planned.
    rules
        Findings that come before every forecast: suicide risk and the review of benefit.
    outcome, suggested
        How it ends; key of the suggested option, empty where none is suggested.
    conclusion
        The same in plain sentences.
    ranked, excluded
        Options in order, and those that screening blocks.
    next_score
        What one more score is worth; None where nothing was ranked.
    would_change
        What else would change the order, in sentences.
    notes
        What a reader should know of the input: left out, assumed, unusual.
    provenance
        What it rests on; None where screening stopped before any forecast.
    """

    case: Case
    today: float
    horizon_days: float
    preferences: Preferences
    screening: Screening
    rules: tuple[Finding, ...]
    outcome: Ending
    suggested: str
    conclusion: tuple[str, ...]
    ranked: tuple[Weighed, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    next_score: NextScore | None = None
    would_change: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    provenance: Provenance | None = None

    @property
    def blocked(self) -> bool:
        """Return whether screening blocks, so that nothing is suggested."""
        return self.outcome == "blocked"

    def weighed(self, key: str) -> Weighed | None:
        """Return one ranked option, None if it was not ranked."""
        return next((w for w in self.ranked if w.key == key), None)
