"""The outcome of each patient on an endpoint, from the rows of an arm.

A missing score is not replaced by a guess: by the endpoint's own rule the patient is left
out, has failed, or keeps the last score.
"""

from dataclasses import dataclass

import numpy as np

from ketacourse.therapy.scales import scale
from ketacourse.trials.decisions import holds_for, is_response
from ketacourse.trials.design import Endpoint, Relapse, Trial
from ketacourse.trials.rows import DRUG, SHAM, UNSEEN, ArmRows, Frame, Int16, Int64, Mask

PERCENT = 100
"""Percentages are kept in hundredths, so that their sums are exact."""
SURGE_SBP_MMHG, SURGE_RISE_MMHG = 180, 40
"""A surge is a systolic pressure, or a rise of it, of at least this (mmHg)."""
DISSOCIATED_ABOVE = 4
"""Dissociation is a CADSS total above this (points)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of N patients.

    Attributes
    ----------
    counts
        Who counts, (N,).
    value
        Points, hundredths of a percent, or 0 and 1; for the time to an event, the position
        on the endpoint's axis of days, (N,).
    event
        Whether the event occurred there, for the time to an event, (N,).
    """

    counts: Mask
    value: Int64
    event: Mask


def outcome(endpoint: Endpoint, trial: Trial, rows: ArmRows, frame: Frame) -> Outcome:
    """Return the outcome of every patient of an arm on an endpoint."""
    if endpoint.measure == "survival":
        assert trial.relapse is not None  # a file without it is refused
        found = _time_to_relapse(endpoint, trial, trial.relapse, rows, frame)
    elif endpoint.kind in ("change", "percent_change"):
        found = _change(endpoint, rows, frame)
    elif endpoint.kind in ("response", "remission"):
        found = _reached(endpoint, rows, frame)
    elif endpoint.kind == "sustained_response":
        found = _sustained(endpoint, rows, frame)
    else:
        found = _adverse(endpoint, rows)
    if endpoint.among == "rerandomised":
        return Outcome(
            counts=found.counts & (rows.branch >= 0), value=found.value, event=found.event
        )
    return found


def survival_axis(endpoint: Endpoint, frames: tuple[Frame, ...]) -> tuple[float, ...]:
    """Return the days since the start at which an event may be seen, the first being 0."""
    start = endpoint.from_day or 0.0
    last = np.inf if endpoint.day is None else endpoint.day
    days = {
        frame.visit_days[i] for frame in frames for i in frame.rated(endpoint.scale)
    }  # fmt: skip
    return (0.0, *sorted(day - start for day in days if start < day <= last))


def _plain(counts: Mask, value: Int64) -> Outcome:
    return Outcome(counts=counts, value=value, event=np.zeros(counts.shape, dtype=np.bool_))


def _scores(endpoint: Endpoint, rows: ArmRows, frame: Frame) -> tuple[Int64, Int64]:
    """Return baseline and the total on the endpoint's day, -1 where missing."""
    totals = rows.scores[endpoint.scale]
    position = frame.position(endpoint.day or 0.0)
    found = totals[:, position]
    if endpoint.missing == "last":
        found = _last_seen(totals[:, : position + 1])
    return totals[:, 0].astype(np.int64), found.astype(np.int64)


def _last_seen(totals: Int16) -> Int16:
    """Return the last total that was rated, (N,)."""
    seen = np.where(totals != UNSEEN, np.arange(totals.shape[1]), -1).max(axis=1)
    return np.asarray(totals[np.arange(len(totals)), seen])


def _change(endpoint: Endpoint, rows: ArmRows, frame: Frame) -> Outcome:
    start, total = _scores(endpoint, rows, frame)
    counts = (total >= 0) & (start >= 0)
    value = total - start
    if endpoint.kind == "percent_change":
        counts &= start > 0
        value = np.rint(100.0 * PERCENT * value / np.maximum(start, 1)).astype(np.int64)
    return _plain(counts, np.where(counts, value, 0))


def _rescued_before(rows: ArmRows, position: int) -> Mask:
    return np.asarray((rows.rescue_visit >= 0) & (rows.rescue_visit < position))


def _reached(endpoint: Endpoint, rows: ArmRows, frame: Frame) -> Outcome:
    start, total = _scores(endpoint, rows, frame)
    if endpoint.kind == "response":
        reached = is_response(total.astype(np.int16), start.astype(np.int16), _fraction(endpoint))
    else:
        reached = (total >= 0) & (total <= _cut_off(endpoint))
    if endpoint.rescued == "failure":
        reached &= ~_rescued_before(rows, frame.position(endpoint.day or 0.0))
    counts = start >= 0 if endpoint.missing == "failure" else (start >= 0) & (total >= 0)
    return _plain(counts, (reached & counts).astype(np.int64))


def _sustained(endpoint: Endpoint, rows: ArmRows, frame: Frame) -> Outcome:
    totals = rows.scores[endpoint.scale]
    first, last = (frame.position(d or 0.0) for d in (endpoint.from_day, endpoint.day))
    at = np.array([i for i in frame.rated(endpoint.scale) if first <= i <= last])
    held = is_response(totals[:, at], totals[:, :1], _fraction(endpoint)).all(axis=1)
    if endpoint.rescued == "failure":
        held &= ~_rescued_before(rows, last)
    seen = (totals[:, at] != UNSEEN).all(axis=1)
    began = totals[:, 0] >= 0
    counts = began if endpoint.missing == "failure" else seen & began
    return _plain(counts, (held & counts).astype(np.int64))


def _adverse(endpoint: Endpoint, rows: ArmRows) -> Outcome:
    came = (rows.session == DRUG) | (rows.session == SHAM)
    if endpoint.kind == "drop_out":
        return _plain(np.ones(rows.size, dtype=np.bool_), rows.dropped.astype(np.int64))
    if endpoint.kind == "pressure_surge":
        bad = (rows.sbp_peak >= SURGE_SBP_MMHG) | (rows.sbp_rise >= SURGE_RISE_MMHG)
    elif endpoint.kind == "dissociation":
        bad = rows.cadss > DISSOCIATED_ABOVE
    else:
        bad = rows.nausea == 1
    counts = came.any(axis=1)
    return _plain(counts, ((bad & came).any(axis=1) & counts).astype(np.int64))


def _time_to_relapse(
    endpoint: Endpoint, trial: Trial, rule: Relapse, rows: ArmRows, frame: Frame
) -> Outcome:
    """Return when responders relapse; rescue counts as a relapse at its visit."""
    axis = np.array(survival_axis(endpoint, tuple(frames_of(trial))))
    from_day = endpoint.from_day or 0.0
    first = frame.position(from_day)
    totals = rows.scores[endpoint.scale]
    at_risk = is_response(totals[:, first], totals[:, 0], _fraction(endpoint))
    at_risk &= ~_rescued_before(rows, first)
    judged = rows.scores[rule.when.scale]
    last_day = from_day + axis[-1]
    at = [i for i in frame.rated(rule.when.scale) if from_day < frame.visit_days[i] <= last_day]
    bad = holds_for(rule.when, judged[:, at], judged[:, :1])
    seen = judged[:, at] != UNSEEN
    starts = _runs(bad, rule.visits)
    never = len(at)
    relapse = np.where(starts.any(axis=1), starts.argmax(axis=1), never)
    positions = np.array([*at, len(frame.visits)])
    rescued = np.where(rows.rescue_visit > first, rows.rescue_visit, len(frame.visits))
    relapse_at = np.minimum(positions[relapse], rescued)
    event = relapse_at < len(frame.visits)
    event &= np.array([*frame.visit_days, np.inf])[relapse_at] <= last_day
    ends = np.where(seen, positions[:-1], first).max(axis=1, initial=first)
    when = np.where(event, relapse_at, ends)
    days = np.array([*frame.visit_days, 0.0])[when] - from_day
    value = np.searchsorted(axis, days + 1e-6, side="right") - 1
    return Outcome(counts=at_risk, value=value.astype(np.int64), event=event & at_risk)


def frames_of(trial: Trial) -> list[Frame]:
    """Return the visits of every arm, without sessions."""
    return [Frame(visits=arm.visits, session_days=()) for arm in trial.arms]


def _runs(bad: Mask, length: int) -> Mask:
    """Return where a run of ``length`` columns that all hold begins."""
    found = bad.copy()
    for shift in range(1, length):
        found[:, :-shift] &= bad[:, shift:]
        found[:, -shift:] = False
    return found


def _fraction(endpoint: Endpoint) -> float:
    if endpoint.fraction is not None:
        return endpoint.fraction
    return scale(endpoint.scale).response_fraction or 0.5


def _cut_off(endpoint: Endpoint) -> float:
    if endpoint.cut_off is not None:
        return endpoint.cut_off
    limit = scale(endpoint.scale).remission_max
    assert limit is not None  # a file without either is refused
    return limit
