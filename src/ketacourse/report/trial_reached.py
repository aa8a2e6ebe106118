"""Response and remission of the groups at a few visits, as bars with intervals."""

import numpy as np

from ketacourse.report.section import Figure, Section
from ketacourse.report.trial_bars import Bar, Block, draw_bars, largest
from ketacourse.report.trial_look import cut, key, labels, looks, told
from ketacourse.report.trial_numbers import percent, share_words, whole
from ketacourse.report.trial_scores import scales_of
from ketacourse.report.view import DataTable
from ketacourse.report.wording import listing
from ketacourse.therapy.scales import scale
from ketacourse.trials.arm_summary import ArmSummary, ScoreCourse
from ketacourse.trials.design import Trial
from ketacourse.trials.results import TrialResult
from ketacourse.trials.rows import Int64
from ketacourse.trials.statistics import Estimate, share_of

_MOST_DAYS = 4
_NAME = 15  # letters of a name that fit beside a bar

Shares = dict[str, dict[float, Estimate]]
"""Arm to its share by day."""


def reached_section(result: TrialResult) -> Section:
    """Return the section on response and remission, one figure per scale."""
    found = {name: shares_of(result, name) for name in scales_of(result)}
    figures = tuple(_figure(result, name, kinds) for name, kinds in found.items() if kinds)
    return Section(
        key="reached",
        title="Response and remission",
        intro="" if figures else "No scale with a rule of response or remission was rated.",
        figures=figures,
    )


def shares_of(result: TrialResult, name: str) -> dict[str, Shares]:
    """Return response and remission on a scale by arm and day; of what has no rule, nothing."""
    found: dict[str, Shares] = {}
    for arm in result.arms:
        course = arm.scores.get(name)
        if course is None:
            continue
        for kind, counts in (("response", course.responded), ("remission", course.remitted)):
            if counts is not None:
                found.setdefault(kind, {})[arm.name] = _by_day(result.trial, arm, course, counts)
    return found


def _by_day(
    trial: Trial, arm: ArmSummary, course: ScoreCourse, counts: Int64
) -> dict[float, Estimate]:
    of = course.n if of_rated(trial) else np.full_like(course.n, arm.patients)
    return {
        float(day): share_of(int(n), int(count))
        for day, n, count in zip(course.days, of, counts, strict=True)
        if day > 0.0 and n > 0
    }


def of_rated(trial: Trial) -> bool:
    """Return whether shares are of those rated: who is not dealt again has not failed."""
    return trial.rerandomise is not None


def key_days(trial: Trial, name: str, days: list[float]) -> list[float]:
    """Return at most four days to draw: those that endpoints ask about, then spread ones."""
    asked = {e.day for e in trial.endpoints if e.scale == name and e.measure == "binary"}
    last = len(days) - 1
    spread = [days[round(k * last / (_MOST_DAYS - 1))] for k in (3, 0, 1, 2)] if days else []
    wanted = dict.fromkeys([*(day for day in days if day in asked), *spread])
    return sorted(list(wanted)[:_MOST_DAYS])


def _figure(result: TrialResult, name: str, kinds: dict[str, Shares]) -> Figure:
    days = sorted({day for shares in kinds.values() for found in shares.values() for day in found})
    shown = key_days(result.trial, name, days)
    blocks = {kind: _blocks(result, shares, shown) for kind, shares in kinds.items()}
    label = scale(name).label
    most = max(largest(found) for found in blocks.values())
    drawings = tuple(
        draw_bars(f"{kind.capitalize()} on the {label}", "% of the arm", found, most=most)
        for kind, found in blocks.items()
    )
    return Figure(
        key=f"reached-{name}", reading=_reading(kinds, label), drawings=drawings,
        caption=_caption(result.trial, name, kinds), grades=(), table=_table(kinds),
    )  # fmt: skip


def _caption(trial: Trial, name: str, kinds: dict[str, Shares]) -> str:
    about = scale(name)
    rules = []
    if "response" in kinds:
        rules.append(f"Response: {about.label} lower by {about.response_fraction:.0%} or more.")
    if "remission" in kinds:
        rules.append(f"Remission: {about.label} of {about.remission_max:g} or less.")
    counted = (
        "Shares are of those rated at the visit." if of_rated(trial)
        else "Shares are of all patients of the arm: who is not rated counts as not there."
    )  # fmt: skip
    known = list(looks([arm.name for arm in trial.arms]).values())
    return (
        f"{' '.join(rules)} {counted} Endpoints follow their own rules, in the table of "
        f"endpoints. Lines across the ends: 95% interval (Wilson). {key(known)}."
    )


def _blocks(result: TrialResult, shares: Shares, days: list[float]) -> list[Block]:
    known = [look for look in looks(result.trial.groups).values() if look.name in shares]
    texts = labels(known, _NAME)
    found = []
    for day in days:
        bars = tuple(
            Bar(label=text, tone=look.tone, share=shares[look.name][day])
            for look, text in zip(known, texts, strict=True)
            if day in shares[look.name]
        )
        found.append(Block(heading=f"day {day:g}", bars=bars))
    return found


def _reading(kinds: dict[str, Shares], label: str) -> str:
    sentences = []
    for kind, shares in kinds.items():
        day = max(day for found in shares.values() for day in found)
        last = {arm: found[day] for arm, found in shares.items() if day in found}
        parts = [
            f"{percent(share.value)} in {cut(arm, 40)}"
            for arm, share in told(last, lambda share: share.value)
        ]
        sentences.append(f"{kind.capitalize()} on the {label} on day {day:g}: {listing(parts)}.")
    return " ".join(sentences)


def _table(kinds: dict[str, Shares]) -> DataTable:
    rows = [
        (kind, arm, f"{day:g}", whole(share.n), share_words(share))
        for kind, shares in kinds.items()
        for arm, found in shares.items()
        for day, share in found.items()
    ]
    return DataTable(
        header=("reached", "arm", "day", "counted", "share (95% interval)"), rows=tuple(rows)
    )
