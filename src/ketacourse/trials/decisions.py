"""What rules decide at a visit: the dose, the interval, rescue, the branch."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ketacourse.population.streams import uniforms
from ketacourse.therapy.scales import scale
from ketacourse.trials.design import Arm, Criterion, Rerandomisation, Trial
from ketacourse.trials.path import EVERYONE, NO_SESSION, SAME_TIME_DAYS, Path
from ketacourse.trials.rows import Int8, Int16, Int64, Mask

NOT_RESCUED = -1.0
EARLY_DAYS = 0.5
"""How much earlier than its interval a session may still be given (days)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What has been decided for N patients so far.

    Attributes
    ----------
    choice
        What is planned for each in each slot, (n_slots, N).
    step, interval
        Positions of the present dose step and interval, (N,).
    branch
        Branch, `path.EVERYONE` for none, (N,).
    rescued_on
        Day of the visit at which rescue began, -1 for none, (N,).
    """

    choice: Int8
    step: Int64
    interval: Int64
    branch: Int64
    rescued_on: NDArray[np.float64]

    @classmethod
    def planned(cls, path: Path, patients: int) -> "Decision":
        """Return what is planned before any visit."""
        choice = np.full((len(path.slots), patients), NO_SESSION, dtype=np.int8)
        for row, slot in enumerate(path.slots):
            if slot.branch == EVERYONE:
                choice[row] = slot.planned
        return cls(
            choice=choice,
            step=np.zeros(patients, dtype=np.int64),
            interval=np.zeros(patients, dtype=np.int64),
            branch=np.full(patients, EVERYONE, dtype=np.int64),
            rescued_on=np.full(patients, NOT_RESCUED),
        )


def decision_days(trial: Trial, path: Path) -> tuple[float, ...]:
    """Return the days at which a rule acts, in order."""
    if trial.crossover is not None:
        return ()
    arm = trial.arms[path.phases[0].arm]
    rules = (arm.dose_rule, arm.spacing_rule, arm.rescue)
    days = {day for rule in rules if rule is not None for day in rule.days}
    if trial.rerandomise is not None:
        days.add(trial.rerandomise.day)
    return tuple(sorted(days))


def decide(
    trial: Trial,
    path: Path,
    before: Decision,
    *,
    day: float,
    scores: Mapping[str, Int16],
    in_trial: Mask,
    seed: int,
    first: int,
    index: Int64,
) -> Decision:
    """Return what is decided after a visit.

    Parameters
    ----------
    day
        The day of the visit.
    scores
        Rated totals up to it, (n_readings, N).
    in_trial
        Who is still seen, (N,).
    seed, first, index
        Seed, first patient of the cohort, and positions of the patients in it.
    """
    arm = trial.arms[path.phases[0].arm]
    row = next(i for i, r in enumerate(path.readings) if abs(r.day - day) < SAME_TIME_DAYS)
    rule = trial.rerandomise
    if rule is not None and day > rule.day + SAME_TIME_DAYS:
        in_trial = in_trial & (before.branch != EVERYONE)
    found = before
    if arm.dose_rule is not None and day in arm.dose_rule.days:
        holds = criterion_holds(arm.dose_rule.when, scores, row) & in_trial
        highest = len(arm.dose_rule.steps) - 1
        found = replace(found, step=np.minimum(found.step + holds, highest))
        found = replace(found, choice=_with_steps(path, found, day))
    if arm.spacing_rule is not None and day in arm.spacing_rule.days:
        holds = criterion_holds(arm.spacing_rule.when, scores, row)
        widest = len(arm.spacing_rule.intervals_days) - 1
        moved = np.clip(found.interval + np.where(holds, 1, -1), 0, widest)
        if day == arm.spacing_rule.days[0]:
            moved = np.where(holds, np.minimum(1, widest), 0)
        found = replace(found, interval=np.where(in_trial, moved, found.interval))
        found = replace(found, choice=_with_intervals(path, arm, found, day))
    if arm.rescue is not None and day in arm.rescue.days:
        needs = criterion_holds(arm.rescue.when, scores, row) & in_trial
        found = _rescued(path, found, day, needs)
    if rule is not None and abs(rule.day - day) < SAME_TIME_DAYS:
        qualified = _qualified(rule, scores, row) & in_trial
        found = _dealt(rule, path, found, qualified, seed=seed, first=first, index=index)
    return found


def criterion_holds(when: Criterion, scores: Mapping[str, Int16], row: int) -> Mask:
    """Return for whom a condition holds at a reading, (N,); it does not where nothing is rated."""
    totals, start = scores[when.scale][row], scores[when.scale][0]
    return holds_for(when, totals, start)


def holds_for(when: Criterion, totals: Int16, start: Int16) -> Mask:
    """Return where a condition holds for totals, given the baseline; of equal shape."""
    holds = (totals >= 0) & (start >= 0)
    improved = 1.0 - totals / np.maximum(start, 1)
    if when.improved_less_than is not None:
        holds &= improved < when.improved_less_than
    if when.improved_at_least is not None:
        holds &= improved >= when.improved_at_least
    if when.score_at_least is not None:
        holds &= totals >= when.score_at_least
    if when.score_at_most is not None:
        holds &= totals <= when.score_at_most
    return np.asarray(holds)


def _with_steps(path: Path, now: Decision, day: float) -> Int8:
    choice = now.choice.copy()
    for row, slot in enumerate(path.slots):
        if slot.day >= day - SAME_TIME_DAYS and len(slot.doses) > 1:
            given = choice[row] >= 0
            choice[row] = np.where(given, now.step, choice[row])
    return choice


def _with_intervals(path: Path, arm: Arm, now: Decision, day: float) -> Int8:
    """Return the choices with later sessions left out where they come too early."""
    assert arm.spacing_rule is not None
    gaps = np.array(arm.spacing_rule.intervals_days)[now.interval]
    choice = now.choice.copy()
    last = np.full(choice.shape[1], -np.inf)
    for row, slot in enumerate(path.slots):
        if slot.rescue_day is not None or slot.branch != EVERYONE:
            continue
        if slot.day >= day - SAME_TIME_DAYS:
            due = slot.day - last >= gaps - EARLY_DAYS
            given = now.step if len(slot.doses) > 1 else slot.planned
            choice[row] = np.where(due, given, NO_SESSION)
        last = np.where(choice[row] != NO_SESSION, slot.day, last)
    return choice


def _rescued(path: Path, now: Decision, day: float, needs: Mask) -> Decision:
    begins = needs & (now.rescued_on < 0)
    choice = now.choice.copy()
    for row, slot in enumerate(path.slots):
        if slot.rescue_day is not None and abs(slot.rescue_day - day) < SAME_TIME_DAYS:
            choice[row] = np.where(begins, 0, choice[row])
    return replace(now, choice=choice, rescued_on=np.where(begins, day, now.rescued_on))


def _qualified(rule: Rerandomisation, scores: Mapping[str, Int16], row: int) -> Mask:
    totals, start = scores[rule.scale][row], scores[rule.scale][0]
    about = scale(rule.scale)
    if rule.among == "everyone":
        return np.asarray(totals >= 0)
    if rule.among == "remitters":
        limit = -1.0 if about.remission_max is None else about.remission_max
        return np.asarray((totals >= 0) & (totals <= limit))
    return is_response(totals, start, about.response_fraction or 0.5)


def is_response(totals: Int16, start: Int16, fraction: float) -> Mask:
    """Return where a total is a response from a baseline; not where either is missing."""
    enough = totals <= start * (1.0 - fraction)
    return np.asarray((totals >= 0) & (start > 0) & enough)


def _dealt(
    rule: Rerandomisation,
    path: Path,
    now: Decision,
    qualified: Mask,
    *,
    seed: int,
    first: int,
    index: Int64,
) -> Decision:
    u = uniforms(seed, "trial:branch", first, int(index.max()) + 1)[index, 0]
    dealt = np.minimum((u * len(rule.branches)).astype(np.int64), len(rule.branches) - 1)
    branch = np.where(qualified, dealt, EVERYONE)
    choice = now.choice.copy()
    for row, slot in enumerate(path.slots):
        if slot.branch != EVERYONE:
            choice[row] = np.where(branch == slot.branch, slot.planned, NO_SESSION)
        elif slot.day >= rule.day - SAME_TIME_DAYS and slot.rescue_day is None:
            choice[row] = NO_SESSION
    return replace(now, choice=choice, branch=branch)
