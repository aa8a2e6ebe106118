"""What a case says by its scores: suicidal thoughts, alertness, dissociation, benefit, relapse."""

import math
from collections.abc import Iterator, Mapping

from ketacourse.guardrails.fact import (
    NOT_APPLICABLE,
    Context,
    Fact,
    Reader,
    Reading,
    known,
    known_value,
    missing,
)
from ketacourse.guardrails.patient_facts import read_check_result
from ketacourse.guardrails.timeline import in_words, past_sessions
from ketacourse.therapy.scales import scale
from ketacourse.therapy.score import Score

BENEFIT_SCALES = ("madrs", "phq9", "qids_sr16", "hamd17", "gad7", "pcl5", "ybocs")
"""Scales by which benefit is judged; MADRS first, as the stopping rules used it."""

DEPRESSION_SCALES = ("madrs", "phq9", "qids_sr16")

NEXT_DAY = 0.5
"""Least time after a dose for a score to count as taken a day after it (days)."""

REVIEW_RULE = "SCH-008"
"""The rule whose limit says what improvement is."""


def _of_scale(context: Context, key: str) -> list[Score]:
    return sorted((s for s in context.case.scores if s.scale == key), key=lambda s: s.day)


def _baseline(key: str) -> Reader:
    def read(context: Context) -> Fact:
        value = context.case.baseline.get(key)
        return missing() if value is None else known_value(value)

    return read


def _baseline_scales(context: Context) -> Fact:
    recorded = [key for key in DEPRESSION_SCALES if key in context.case.baseline]
    return known_value(float(len(recorded)), ", ".join(recorded))


def _every(key: str) -> Reader:
    def read(context: Context) -> Fact:
        found = _of_scale(context, key)
        if not found:
            return missing()
        return known(*(Reading(value=float(s.total), where=in_words(s.day)) for s in found))

    return read


def _newest(key: str) -> Reader:
    def read(context: Context) -> Fact:
        found = _of_scale(context, key)
        if not found:
            return missing()
        return known_value(float(found[-1].total), in_words(found[-1].day))

    return read


def _newest_record(context: Context, key: str) -> tuple[float, float] | None:
    """Return day and total of the newest record; the baseline counts as before all (days)."""
    found = _of_scale(context, key)
    if found:
        return found[-1].day, float(found[-1].total)
    baseline = context.case.baseline.get(key)
    return None if baseline is None else (-math.inf, baseline)


def _phq9_item9(context: Context) -> Fact:
    item = _newest_record(context, "phq9_item9")
    form = _newest_record(context, "phq9")
    if form is not None and (item is None or item[0] < form[0]):
        if form[1] == 0.0:
            return known_value(0.0, f"PHQ-9 is 0, {_when(form[0])}")
        return missing(f"item 9 of the PHQ-9 ({_when(form[0])}) is not recorded")
    return NOT_APPLICABLE if item is None else known_value(item[1], _when(item[0]))


def _cssrs_after_item9(context: Context) -> Fact:
    records = [_newest_record(context, key) for key in ("phq9_item9", "phq9")]
    days = [record[0] for record in records if record is not None]
    check = context.case.patient.checks.get("cssrs_screen")
    if not days:
        return NOT_APPLICABLE
    if check is None or check.state != "done":
        return missing("no C-SSRS recorded")
    if check.day is None:
        return missing("the C-SSRS is not dated")
    if max(days) > -math.inf and check.day < math.floor(max(days)):
        return missing(f"the C-SSRS is from {in_words(check.day)}, before the PHQ-9")
    return known_value("done", in_words(check.day))


def _cssrs_result(context: Context) -> Fact:
    result = read_check_result("cssrs_screen", context)
    return missing() if result.state == "not_applicable" else result


def _when(day: float) -> str:
    return "before the course" if day == -math.inf else in_words(day)


def _improvements(context: Context) -> Iterator[tuple[int, float | None, str]]:
    """Yield each past session (0-based) with the improvement a day after it (percent)."""
    days = [session.day for session in context.case.course_as_given.sessions]
    for index, session in enumerate(past_sessions(context.case)):
        until = days[index + 1] if index + 1 < len(days) else session.day + 7.0
        yield (index, *_improvement(context, session.day + NEXT_DAY, until))


def _improvement(context: Context, start: float, until: float) -> tuple[float | None, str]:
    for key in BENEFIT_SCALES:
        baseline = context.case.starting_total(key)
        scores = [s for s in _of_scale(context, key) if start <= s.day <= until]
        if baseline > 0.0 and scores:
            percent = 100.0 * (baseline - scores[0].total) / baseline
            return percent, f"{scale(key).label}, {in_words(scores[0].day)}"
    return None, ""


def _improvement_after_fourth(context: Context) -> Fact:
    for index, percent, where in _improvements(context):
        if index == 3:
            if percent is None:
                return missing("no score with a baseline a day after the fourth session")
            return known_value(percent, where)
    return NOT_APPLICABLE


def _unimproved_in_a_row(context: Context) -> Fact:
    later = [percent for index, percent, _ in _improvements(context) if index >= 3]
    if len(later) < 3:
        return NOT_APPLICABLE
    known_percents = [percent for percent in later if percent is not None]
    if len(known_percents) < len(later):
        return missing("not every session is followed by a score with a baseline")
    limit = context.rules[REVIEW_RULE].require[0].value
    assert limit is not None  # the loader refuses a limit without a value
    run = longest = 0
    for percent in known_percents:
        run = run + 1 if not percent >= limit else 0
        longest = max(longest, run)
    return known_value(float(longest))


def _regained(key: str) -> Reader:
    def read(context: Context) -> Fact:
        baseline = context.case.starting_total(key)
        scores = _of_scale(context, key)
        rule = scale(key)
        responded = [
            i for i, s in enumerate(scores) if rule.is_response(s.total, baseline=baseline)
        ]
        if not responded or len(scores) - responded[0] < 3:
            return NOT_APPLICABLE
        last = scores[-2:]
        return known_value(float(min(s.total for s in last)), in_words(last[-1].day))

    return read


READERS: Mapping[str, Reader] = {
    "scores.baseline_scales": _baseline_scales,
    "scores.phq9_baseline": _baseline("phq9"),
    "scores.madrs_baseline": _baseline("madrs"),
    "scores.phq9_item9": _phq9_item9,
    "scores.cssrs_after_item9": _cssrs_after_item9,
    "scores.cssrs_result": _cssrs_result,
    "scores.moaas_lowest": _every("moaas"),
    "scores.moaas_newest": _newest("moaas"),
    "scores.cadss_highest": _every("cadss"),
    "scores.cadss_newest": _newest("cadss"),
    "scores.improvement_after_fourth_percent": _improvement_after_fourth,
    "scores.unimproved_in_a_row_after_third": _unimproved_in_a_row,
    "scores.madrs_regained": _regained("madrs"),
    "scores.phq9_regained": _regained("phq9"),
}
"""Field to the function that reads it."""
