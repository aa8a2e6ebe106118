"""A forecast in plain sentences."""

import numpy as np

from ketacourse.course.refit_result import Chance, NextSession, Refit, Relapse, ScaleForecast
from ketacourse.report.shown import number, span
from ketacourse.report.wording import listing, plain
from ketacourse.therapy.scales import scale

DISCLAIMER = (
    "This is a forecast for one patient, made for licensed professionals from the patient's own "
    "scores and from what a model of ketamine courses expects of such patients. It is research "
    "and decision support, not a medical device, and it doses nobody.",
    "It is no promise. Half of what happens lies outside the dark band, by its meaning, and a "
    "person can do better or worse than all of it.",
    "It knows nothing of suicide risk. Thoughts of suicide are dealt with on the day, whatever "
    "the forecast says.",
)


def percent(share: float) -> str:
    """Return a share in whole percent, without claiming certainty.

    Examples
    --------
    >>> percent(0.004), percent(0.5), percent(0.999)
    ('below 1%', '50%', 'above 99%')
    """
    if share < 0.01:
        return "below 1%"
    return "above 99%" if share > 0.99 else f"{share:.0%}"


def percent_span(low: float, high: float) -> str:
    """Return two shares as an interval in percent."""
    return f"{100.0 * low:.0f}–{100.0 * high:.0f}%"


def at_day(about: ScaleForecast, day: float) -> tuple[float, float, float]:
    """Return lower end, middle and upper end of the 80% interval on a day (points)."""
    return (
        float(np.interp(day, about.days, about.quantiles[1])),
        float(np.interp(day, about.days, about.quantiles[3])),
        float(np.interp(day, about.days, about.quantiles[5])),
    )


def headline(refit: Refit) -> str:
    """Return what the chart says in one sentence."""
    about = refit.forecasts[refit.main]
    form = scale(refit.main)
    own = [s for s in refit.readings.scores if s.scale == refit.main]
    now = f"{form.label} is {own[-1].total} on day {own[-1].day:g}" if own else "No score is known"
    target, word = _next_mark(refit)
    low, middle, high = at_day(about, target)
    later = refit.readings.course.horizon_days
    low2, middle2, high2 = at_day(about, later)
    return (
        f"{now}, from {about.baseline:.0f} before the course. Expected {word}: {middle:.0f} "
        f"(80% between {span(f'{low:.0f}', f'{high:.0f}')}); on day {later:g}, without further "
        f"doses than planned: {middle2:.0f} ({span(f'{low2:.0f}', f'{high2:.0f}')})."
    )


def _next_mark(refit: Refit) -> tuple[float, str]:
    """Return the next day that matters, and its name."""
    doses = [s.day for s in refit.readings.course.sessions]
    last = max(doses, default=0.0) + 1.0
    if last > refit.today:
        return last, f"on day {last:g}, after the last planned dose"
    soon = min(refit.today + 14.0, refit.readings.course.horizon_days)
    return soon, f"on day {soon:g}"


def outcome_sentences(refit: Refit) -> tuple[tuple[str, str], ...]:
    """Return what a reader who reads nothing else should see."""
    rows = [("Expected course", headline(refit))]
    for outcome in ("response", "remission"):
        told = [c for c in refit.chances if c.outcome == outcome and c.scale == refit.main]
        first = told[0].rule if told else ""
        told = [c for c in told if c.rule == first]
        if told:
            rows.append((outcome.capitalize(), _chance_sentence(told)))
    rows.append(("Holding it", relapse_sentence(refit.relapse)))
    if refit.next_session is not None:
        rows.append(("Next session", session_sentence(refit.next_session)))
    rows.append(("How sure", refit.diagnostics.text))
    rows.append(("Anything odd?", refit.surprise.text))
    return tuple(rows)


def _chance_sentence(told: list[Chance]) -> str:
    days = [f"{percent(c.probability)} on day {c.day:g}" for c in told]
    return f"{told[0].rule}: {listing(days)}."


def relapse_sentence(relapse: Relapse) -> str:
    """Return how long a response is expected to hold."""
    start = f"day {relapse.start:g}"
    if np.isnan(relapse.held[0]):
        return f"A response on {start} is too unlikely to say how long it would hold."
    if relapse.days.size == 1:
        return f"A response on {start} has a chance of {percent(relapse.responding)}."
    if relapse.median_day is None:
        held = percent(float(relapse.held[-1]))
        how = f"{held} of responders are expected to be without relapse on day {relapse.days[-1]:g}"
    else:
        how = f"half of responders are expected to have relapsed by day {relapse.median_day:g}"
    return (
        f"If nothing is given beyond the plan: the chance of a response on {start} is "
        f"{percent(relapse.responding)}; {how}. Relapse: {relapse.rule}."
    )


def session_sentence(session: NextSession) -> str:
    """Return what to expect in the chair."""
    found = {e.name: e for e in session.expected}
    which = f"Day {session.day:g} ({session.dose})" if session.planned else (
        f"None is planned; a repetition of the last ({session.dose}) would bring"
    )  # fmt: skip
    rise, cadss = found["sbp_rise"], found["cadss"]
    parts = [f"systolic pressure up by {_expected(rise.middle, rise.lower, rise.upper)} mmHg"]
    if "sbp_peak" in found:
        peak = found["sbp_peak"]
        parts.append(
            f"to {_expected(peak.middle, peak.lower, peak.upper)} mmHg "
            f"(180 or more: {percent(session.chances['sbp_peak_180'])})"
        )
    seen = len(session.watched)
    learned = (
        f" Learned from {seen} watched session{'' if seen == 1 else 's'} of this patient."
        if seen else " No session of this patient was watched yet."
    )  # fmt: skip
    return (
        f"{which}: {', '.join(parts)}; dissociation "
        f"{_expected(cadss.middle, cadss.lower, cadss.upper)} CADSS points, a side effect and no "
        f"aim.{learned}"
    )


def _expected(middle: float, low: float, high: float) -> str:
    return f"{middle:.0f} ({span(f'{low:.0f}', f'{high:.0f}')})"


def learned_words(refit: Refit) -> str:
    """Return what the scores taught most, in one sentence."""
    rows = sorted(refit.learned, key=lambda r: -r.narrowed)
    taught = [r.label for r in rows if r.narrowed > 0.15][:4]
    little = [r.label for r in rows if r.narrowed < 0.05]
    if not taught:
        return "The scores have taught little so far: the forecast is mostly that of such patients."
    said = f"The scores taught most about {listing(taught)}"
    return f"{said}, and next to nothing about {listing(little[-3:])}." if little else f"{said}."


def number_text(value: float, unit: str) -> str:
    """Return a parameter as a reader would say it: shares in percent."""
    if unit == "1":
        return f"{number(100.0 * value, unit='%')}%"
    return plain(value, 2).replace("-", "−", 1)
