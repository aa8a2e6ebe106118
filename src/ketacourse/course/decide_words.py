"""Reasons, conclusions and what would change them, in plain sentences."""

from collections.abc import Iterator, Sequence

from ketacourse.course.advice import VERDICT_WORDS, Estimate
from ketacourse.course.decide_result import Excluded, NextScore, Weighed
from ketacourse.course.decide_rules import (
    REVIEW_WORDS,
    URGENT_WORDS,
    is_alert,
    is_review,
    may_suggest,
)
from ketacourse.course.preferences import Preferences
from ketacourse.guardrails.finding import Finding
from ketacourse.therapy.scales import scale

_CHANCE_STEP = 0.03
"""Changes of a chance below this are not worth a sentence."""


def days_words(value: Estimate, *, signed: bool = False) -> str:
    """Return an estimate of days in words.

    Examples
    --------
    >>> days_words(Estimate(mean=3.21, lower=-0.4, upper=8.0), signed=True)
    '+3.2 (−0.4 to 8.0)'
    """
    mark = "+" if signed else ""
    text = f"{value.mean:{mark}.1f} ({value.lower:.1f} to {value.upper:.1f})"
    return text.replace("-", "−")


def percent(value: float) -> str:
    """Return a chance in words; nothing is called certain or impossible.

    Examples
    --------
    >>> percent(0.314), percent(0.999), percent(0.0)
    ('31%', 'over 99%', 'under 1%')
    """
    if value < 0.01:
        return "under 1%"
    return "over 99%" if value > 0.99 else f"{100.0 * value:.0f}%"


def reasons_for(one: Weighed, plan: Weighed) -> tuple[str, ...]:
    """Return why an option stands where it stands, compared with going on as planned."""
    if one.difference is None or one.days_gained is None:
        return (one.option.why,)
    parts = [one.option.why, f"relief days {days_words(one.days_gained, signed=True)}"]
    sessions = one.sessions - plan.sessions
    if sessions:
        noun = "session" if abs(sessions) == 1 else "sessions"
        parts.append(f"{abs(sessions)} {'more' if sessions > 0 else 'fewer'} {noun}")
    for name, now, then in (
        ("pressure surge", one.surge.mean, plan.surge.mean),
        ("marked dissociation", one.dissociation.mean, plan.dissociation.mean),
    ):
        if abs(now - then) >= _CHANCE_STEP:
            parts.append(f"chance of a {name} {percent(now)} instead of {percent(then)}")
    parts.append(f"on balance {VERDICT_WORDS[one.difference.verdict]}")
    return tuple(parts)


def conclusion_of(
    ranked: Sequence[Weighed],
    excluded: Sequence[Excluded],
    rules: Sequence[Finding],
    suggested: Weighed | None,
    preferences: Preferences,
) -> tuple[str, ...]:
    """Return the decision in a few sentences, rules first."""
    lines: list[str] = []
    if any(is_alert(f) for f in rules):
        lines.append(URGENT_WORDS)
    if any(is_review(f) for f in rules):
        lines.append(REVIEW_WORDS)
    if suggested is None:
        if not any(is_alert(f) for f in rules):
            lines.append("The rules leave no option to suggest.")
        return tuple(lines)
    lines += _suggestion(suggested, ranked, preferences)
    if excluded:
        lines.append(
            f"Set apart because screening blocks: {', '.join(e.option.label for e in excluded)}."
        )
    return tuple(lines)


def _suggestion(
    suggested: Weighed, ranked: Sequence[Weighed], preferences: Preferences
) -> Iterator[str]:
    found, margin = suggested.difference, preferences.indifference
    if found is None:
        yield f"{suggested.option.label}. No other option has a better balance."
    else:
        gained = days_words(found.estimate, signed=True)
        if found.verdict == "better":
            yield (
                f"{suggested.option.label}: better than the plan on balance, by {gained} "
                "symptom-free days."
            )
        elif found.verdict == "worse":
            yield (
                f"{suggested.option.label}: what the rules leave. On balance the forecast puts it "
                f"behind the plan ({gained} symptom-free days)."
            )
        else:
            yield (
                f"{suggested.option.label} has the best balance, but no clear difference from "
                f"going on as planned: {gained} symptom-free days, and differences up to "
                f"{margin:g} do not matter."
            )
    near = [
        w.option.label
        for w in ranked
        if w.key != suggested.key and abs(w.net.mean - suggested.net.mean) <= margin
    ]
    if near:
        yield f"As good within {margin:g} days: {'; '.join(near[:4])}."


def score_words(found: NextScore) -> Iterator[str]:
    """Yield what one more score is worth, and which scores would turn the ranking."""
    label = scale(found.scale).label
    yield (
        f"One more {label} on day {found.day:g} would put another option first with a chance of "
        f"{percent(found.chance_of_change)}; deciding with it is worth {found.gain:.1f} "
        "symptom-free days."
    )
    if len(found.turns) > 1:
        for scores, option, chance in found.turns:
            yield f"{label} {scores} ({percent(chance)}): {option} first."


def weight_words(ranked: Sequence[Weighed], preferences: Preferences) -> Iterator[str]:
    """Yield how a session would have to be weighed for the runner-up to come first."""
    if len(ranked) < 2:
        return
    first = ranked[0]
    for other in ranked[1:]:
        extra = other.sessions - first.sessions
        if extra == 0:
            continue
        turn = preferences.session + (other.net.mean - first.net.mean) / extra
        if turn >= 0.0 and abs(turn - preferences.session) > 1e-9:
            yield (
                f"If a session counted {turn:.2f} symptom-free days instead of "
                f"{preferences.session:.2f}, '{other.option.label}' and "
                f"'{first.option.label}' would weigh the same."
            )
            return


def suggested_of(ranked: Sequence[Weighed], rules: Sequence[Finding]) -> Weighed | None:
    """Return the first option that the rules leave to be suggested."""
    return next(
        (w for w in ranked if may_suggest(w.option.kind, rules, gives_drug=w.sessions > 0)), None
    )
