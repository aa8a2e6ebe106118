"""The decide step: what may be done next, each option with benefit, cost and interval.

Rules come first and win: what screening blocks is never ranked, the alert for suicide risk
withholds every suggestion, and the review of benefit rules out going on unchanged. What is left
is compared on the same possible futures of this patient and ordered by stated preferences.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict

from ketacourse.course.decide_options import options_for
from ketacourse.course.decide_outlook import look_ahead
from ketacourse.course.decide_result import Decision, Ending, Excluded, Provenance, Weighed
from ketacourse.course.decide_rules import URGENT_WORDS, first_findings, is_alert, is_review
from ketacourse.course.decide_weigh import JUDGED_BY, Outlook, next_score, weigh
from ketacourse.course.decide_words import conclusion_of, score_words, suggested_of, weight_words
from ketacourse.course.options import Option, Standing
from ketacourse.course.preferences import Preferences
from ketacourse.course.refit_input import read_case
from ketacourse.course.screen import Screening, screen
from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.guardrails.finding import Finding
from ketacourse.guardrails.override import Override
from ketacourse.guardrails.settings import ClinicSettings
from ketacourse.therapy.case import Case
from ketacourse.version import VERSION

Progress = Callable[[str, float], None]

DEFAULT_DRAWS = 2000
FEWEST_DRAWS, MOST_DRAWS = 100, 20_000
HORIZON_DAYS = 84.0
"""How far options are compared (days): twelve weeks, the longest week asked about."""


def decide(
    case: Case,
    *,
    preferences: Preferences | None = None,
    settings: ClinicSettings | None = None,
    overrides: Sequence[Override] = (),
    today: float | None = None,
    seed: int = 1,
    draws: int = DEFAULT_DRAWS,
    screening: Screening | None = None,
    progress: Progress | None = None,
    look: Callable[..., Outlook] = look_ahead,
) -> Decision:
    """Weigh what may be done next for one patient.

    Parameters
    ----------
    case
        The patient, the plan, and everything observed so far.
    preferences
        What counts how much; this project's assumptions if None.
    settings, overrides
        Decisions of the clinic about rules, and of a prescriber for this case.
    today
        Day from which is decided (days from the first dose); sessions before it were given.
        The day of the newest record if None.
    seed, draws
        Seed of the random streams, and number of possible futures compared.
    screening
        Screening of the case as planned, run here when absent.
    progress
        Called with the name of a step and the share done (0 to 1).
    look
        What looks ahead from the patient's scores.

    Returns
    -------
    Decision
        With `Decision.blocked` set, and nothing ranked, where screening blocks.

    Raises
    ------
    InputError
        If a number makes no sense, a record lies after today, or one day has two totals.
    """
    if not FEWEST_DRAWS <= draws <= MOST_DRAWS:
        raise InputError(
            f"draws is {draws}.", remedy=f"Give {FEWEST_DRAWS} to {MOST_DRAWS} possible futures."
        )
    tell = progress or _silent
    wanted = preferences or Preferences()
    in_force = settings or ClinicSettings()
    active = tuple(overrides) or (() if screening is None else screening.overrides)
    readings = read_case(case, today=today)
    now = readings.today
    tell("screen", 0.02)
    found = screening or screen(case, settings=in_force, overrides=active)
    rules = first_findings(found.findings)
    if found.blocked:
        return _blocked(case, now, wanted, found, rules)
    standing = Standing(
        course=readings.course, today=now, improvement=improvement(case, now),
        horizon_days=HORIZON_DAYS,
    )  # fmt: skip
    tell("screen the options", 0.05)
    allowed, excluded = _screened(case, options_for(standing), now, in_force, active, found)
    tell("refit to the scores", 0.15)
    outlook = look(case, readings, horizon_days=HORIZON_DAYS, seed=seed, draws=draws)
    outcomes = []
    for k, (option, _) in enumerate(allowed):
        tell(option.label, 0.3 + 0.6 * k / len(allowed))
        outcomes.append(outlook.outcome(option))
    ranked, net = weigh(allowed, outcomes, outlook, wanted)
    suggested = suggested_of(ranked, rules)
    asked = next_score(case, now, standing, ranked, net, outlook)
    tell("done", 1.0)
    return Decision(
        case=case, today=now, horizon_days=HORIZON_DAYS, preferences=wanted, screening=found,
        rules=rules, outcome=_ending(rules, suggested),
        suggested="" if suggested is None else suggested.key,
        conclusion=conclusion_of(ranked, excluded, rules, suggested, wanted),
        ranked=ranked, excluded=excluded, next_score=asked,
        would_change=(*score_words(asked), *weight_words(ranked, wanted)), notes=readings.notes,
        provenance=Provenance(
            version=VERSION, model_digest=f"{outlook.digest}-{load_catalogue().digest}",
            case_digest=case_digest(case), seed=seed, draws=draws, method=outlook.method,
            surprise=outlook.surprise,
        ),
    )  # fmt: skip


def improvement(case: Case, today: float) -> float | None:
    """Return the share of the baseline that the newest score has lost, None without one."""
    found: list[tuple[float, float]] = []
    for key in JUDGED_BY:
        start = case.starting_total(key)
        newest = max(
            (s for s in case.scores if s.scale == key and 0.0 < s.day <= today),
            key=lambda s: s.day,
            default=None,
        )
        if start > 0.0 and newest is not None:
            found.append((newest.day, (start - newest.total) / start))
    return max(found, key=lambda seen: seen[0])[1] if found else None


def case_digest(case: Case) -> str:
    """Return a fingerprint of the case as it was read."""
    text = json.dumps(asdict(case), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _silent(_step: str, _share: float) -> None:
    """Show nothing."""


def _blocked(
    case: Case, now: float, wanted: Preferences, found: Screening, rules: tuple[Finding, ...]
) -> Decision:
    codes = dict.fromkeys(f.code for f in found.findings if f.severity == "blocked")
    return Decision(
        case=case, today=now, horizon_days=HORIZON_DAYS, preferences=wanted, screening=found,
        rules=rules, outcome="blocked", suggested="",
        conclusion=(
            *((URGENT_WORDS,) if any(is_alert(f) for f in rules) else ()),
            f"Screening blocks this course ({', '.join(codes)}). Nothing is forecast, ranked or "
            "suggested.",
        ),
    )  # fmt: skip


def _ending(rules: Sequence[Finding], suggested: Weighed | None) -> Ending:
    if any(is_alert(f) for f in rules):
        return "urgent"
    if any(is_review(f) for f in rules):
        return "review"
    if suggested is None or suggested.difference is None:
        return "open"
    return "clear" if suggested.difference.verdict == "better" else "open"


def _screened(
    case: Case,
    options: Sequence[Option],
    today: float,
    settings: ClinicSettings,
    overrides: Sequence[Override],
    plan: Screening,
) -> tuple[list[tuple[Option, tuple[Finding, ...]]], tuple[Excluded, ...]]:
    """Return the options that screening allows, with what it adds, and those it blocks."""
    known = {f.code for f in plan.findings}
    allowed: list[tuple[Option, tuple[Finding, ...]]] = []
    excluded: list[Excluded] = []
    for option in options:
        if not option.future(today):
            allowed.append((option, ()))  # giving nothing needs no leave
            continue
        found = screen(option.of(case), settings=settings, overrides=overrides).findings
        blocking = tuple(f for f in found if f.severity == "blocked")
        if blocking:
            excluded.append(Excluded(option=option, findings=blocking))
        else:
            allowed.append((option, tuple(f for f in found if f.code not in known)))
    return allowed, tuple(excluded)
