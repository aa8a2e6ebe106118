"""Conduct a path: who comes, what is rated, what the rules decide, who leaves.

Rules act at visits on what was rated there. The path is run up to the next visit at which a
rule acts, what later sessions give is decided, and it is run again from the start: the past
does not change, because a patient's random numbers belong to day and purpose.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ketacourse.evidence.catalogue import Catalogue, load_catalogue
from ketacourse.evidence.variants import BASE
from ketacourse.population.adherence import (
    draw_attendance,
    draw_dropout,
    dropout_probability,
    side_effect_burden,
)
from ketacourse.population.cohort import Cohort, arm_parameters
from ketacourse.population.expectancy import expectancy_parameter
from ketacourse.population.measurement import latent_scores, observe
from ketacourse.population.typical import calibrated_belief
from ketacourse.population.variability import SessionFactors, draw_session_factors
from ketacourse.trials.decisions import Decision, decide, decision_days
from ketacourse.trials.design import Trial
from ketacourse.trials.path import EVERYONE, NO_SESSION, Path
from ketacourse.trials.posed import Posed, Seen, contacts_of, factors_of, pose_path, run_posed
from ketacourse.trials.rows import UNSEEN, Int8, Int16, Int64

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conducted:
    """What happened to N patients on a path.

    Attributes
    ----------
    latent
        True MADRS at each reading (points), (n_readings, N): after a drop-out, what it would
        have been had the patient stayed.
    scores
        Scale to rated totals at each reading, -1 where not rated, (n_readings, N).
    seen
        Peaks in each slot.
    choice
        What each patient received in each slot, (n_slots, N).
    missed
        Sessions that were planned and missed, (n_slots, N).
    last
        Position of the last reading before drop-out, (N,).
    decided
        Branch, rescue and the rest that rules decided.
    factors
        How the sessions of a patient differ.
    """

    latent: Array
    scores: Mapping[str, Int16]
    seen: Seen
    choice: Int8
    missed: NDArray[np.bool_]
    last: Int64
    decided: Decision
    factors: SessionFactors


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """The patients of a path within a cohort, and everything that does not change."""

    trial: Trial
    path: Path
    cohort: Cohort
    index: Int64
    posed: Posed
    nodes_h: Array
    came: NDArray[np.bool_]
    factors: SessionFactors
    catalogue: Catalogue


def pose_group(trial: Trial, path: Path, cohort: Cohort, index: Int64) -> Posed:
    """Pose some patients of a cohort on a path."""
    arm = trial.arms[path.phases[0].arm]
    parameters = arm_parameters(
        cohort,
        masking=arm.masking,
        control=arm.control,
        setting=arm.setting,
        new_oral_antidepressant=arm.new_oral_antidepressant,
    )
    body = cohort.body
    return pose_path(
        path,
        body=replace(
            body,
            weight_kg=np.asarray(body.weight_kg)[index],
            age_years=np.asarray(body.age_years)[index],
            parameters={name: values[index] for name, values in body.parameters.items()},
        ),
        parameters={name: values[index] for name, values in parameters.items()},
        catalogue=load_catalogue(),
    )


def conduct(trial: Trial, path: Path, cohort: Cohort, index: Int64, nodes_h: Array) -> Conducted:
    """Take patients of a cohort along a path.

    Parameters
    ----------
    index
        Positions of the patients within the cohort.
    nodes_h
        Steps of the path (h).
    """
    group = _group(trial, path, cohort, index, nodes_h)
    decided = Decision.planned(path, index.size)
    for day in decision_days(trial, path):
        choice = _taken(group, decided)
        seen = _run(group, choice, decided, until_day=day)
        scores = _rated(group, seen, decided, until_day=day)
        last = _last_readings(group, scores, seen, decided, choice, until_day=day)
        decided = decide(
            trial, path, decided, day=day, scores=scores, in_trial=_present(path, last, day),
            seed=cohort.seed, first=cohort.first, index=index,
        )  # fmt: skip
    choice = _taken(group, decided)
    seen = _run(group, choice, decided)
    scores = _rated(group, seen, decided)
    last = _last_readings(group, scores, seen, decided, choice)
    return _after_leaving(group, decided, choice, seen, scores, last)


def _group(trial: Trial, path: Path, cohort: Cohort, index: Int64, nodes_h: Array) -> _Group:
    seed, first, count = cohort.seed, cohort.first, cohort.size
    came = draw_attendance(trial.adherence, len(path.slots), seed=seed, first=first, count=count)
    factors = draw_session_factors(
        len(path.slots), seed=seed, first=first, count=count, catalogue=load_catalogue(),
        belief=calibrated_belief(BASE), spread=trial.population.spread,
    )  # fmt: skip
    return _Group(
        trial=trial,
        path=path,
        cohort=cohort,
        index=index,
        posed=pose_group(trial, path, cohort, index),
        nodes_h=nodes_h,
        came=came[:, index] > 0.0,
        factors=SessionFactors(
            exposure=factors.exposure[:, index],
            pressure=factors.pressure[:, index],
            dissociation=factors.dissociation[:, index],
        ),
        catalogue=load_catalogue(),
    )


def _taken(group: _Group, decided: Decision) -> Int8:
    """Return what each patient takes of what is planned: missed sessions give nothing."""
    return np.where(group.came, decided.choice, NO_SESSION).astype(np.int8)


def _run(
    group: _Group,
    choice: Int8,
    decided: Decision,
    *,
    until_day: float | None = None,
) -> Seen:
    """Run the path, and again with the beliefs of later phases for those whose beliefs change.

    The beliefs of a phase act on the mood of that phase only, so that its readings are taken
    from its own run.
    """
    path = group.path
    therapy = np.array([
        np.ones(len(group.index)) if t.branch == EVERYONE else decided.branch == t.branch
        for t in path.therapy
    ], dtype=np.float64).reshape(len(path.therapy), len(group.index))  # fmt: skip
    beliefs = [_beliefs(group, decided, phase) for phase in range(len(path.phases))]
    given = factors_of(path, choice, group.factors.exposure)
    contact = contacts_of(path, choice)

    def run(phase: int, index: Int64 | None) -> Seen:
        return run_posed(
            group.posed,
            given=given,
            contact=contact,
            therapy=therapy,
            expectancy=beliefs[phase],
            nodes_h=group.nodes_h,
            until_day=until_day,
            index=index,
        )

    found = run(0, None)
    madrs = found.madrs.copy()
    for phase in sorted({r.run for r in path.readings if r.run > 0}):
        rows = [
            i
            for i, r in enumerate(path.readings)
            if r.run == phase and (until_day is None or r.day <= until_day)
        ]
        other = np.flatnonzero(beliefs[phase] != beliefs[0])
        if rows and other.size:
            madrs[np.ix_(np.array(rows), other)] = run(phase, other).madrs[rows]
    return replace(found, madrs=madrs)


def _beliefs(group: _Group, decided: Decision, phase: int) -> Array:
    """Return the largest effect of expectancy of each patient in a phase, (N,)."""
    values, trial = group.cohort.values, group.trial
    arm = trial.arms[group.path.phases[phase].arm]
    found = np.array(values[expectancy_parameter(arm.masking, arm.control)][group.index])
    if trial.rerandomise is not None and phase > 0:
        for position, branch in enumerate(trial.rerandomise.branches):
            here = decided.branch == position
            name = expectancy_parameter(branch.masking, branch.control)
            found[here] = values[name][group.index][here]
    return found


def _rated(
    group: _Group, seen: Seen, decided: Decision, *, until_day: float | None = None
) -> dict[str, Int16]:
    """Return the rated totals of every scale, -1 where it is not rated, (n_readings, N)."""
    trial, cohort = group.trial, group.cohort
    shape = (len(group.path.readings), len(group.index))
    found: dict[str, Int16] = {}
    whole = np.zeros(cohort.size)
    for row, reading in enumerate(group.path.readings):
        if until_day is not None and reading.day > until_day:
            continue
        for key in reading.scales:
            totals = found.setdefault(key, np.full(shape, UNSEEN, dtype=np.int16))
            whole[group.index] = seen.madrs[row]
            rating = trial.ratings.get(key)
            believes = None
            if rating is not None and rating.expectation != 0.0 and row > 0:
                believes = np.zeros(cohort.size, dtype=np.bool_)
                believes[group.index] = _believes_drug(group, decided, reading.run)
            totals[row] = observe(
                latent_scores(whole, key),
                key=key,
                visit=f"day {reading.day:g}",
                seed=cohort.seed,
                first=cohort.first,
                rating=rating,
                believes=believes,
            )[group.index]
    return found


def _believes_drug(group: _Group, decided: Decision, phase: int) -> NDArray[np.bool_]:
    """Return who is believed to receive the drug: who does, where it is not hidden."""
    arm = group.trial.arms[group.path.phases[phase].arm]
    name = expectancy_parameter(arm.masking, arm.control)
    found = np.full(len(group.index), name == "placebo.expectancy_open")
    if group.trial.rerandomise is not None and phase > 0:
        for position, branch in enumerate(group.trial.rerandomise.branches):
            name = expectancy_parameter(branch.masking, branch.control)
            found[decided.branch == position] = name == "placebo.expectancy_open"
    return found


def _last_readings(
    group: _Group,
    scores: Mapping[str, Int16],
    seen: Seen,
    decided: Decision,
    choice: Int8,
    *,
    until_day: float | None = None,
) -> Int64:
    """Return the position of the last reading before each patient leaves, (N,)."""
    trial, path, cohort = group.trial, group.path, group.cohort
    readings = path.readings
    patients = len(group.index)
    last = np.full(patients, len(readings) - 1, dtype=np.int64)
    here = np.ones(patients, dtype=np.bool_)
    key = readings[0].scales[0]
    start = scores[key][0].astype(np.float64)
    benefit = np.zeros(patients)
    burden_of = np.where(
        choice >= 0, side_effect_burden(np.nan_to_num(seen.cadss * group.factors.dissociation)), 0.0
    )
    days = np.array([s.day for s in path.slots])
    whole = np.zeros(cohort.size)
    for row in range(1, len(readings)):
        reading, before = readings[row], readings[row - 1]
        if until_day is not None and reading.day > until_day:
            break
        if key in before.scales:
            totals = scores[key][row - 1]
            benefit = np.where(totals >= 0, 1.0 - totals / np.maximum(start, 1.0), benefit)
        between = (days >= before.day) & (days < reading.day)
        burden = burden_of[between].max(axis=0, initial=0.0)
        chance = dropout_probability(
            trial.adherence, benefit=benefit, burden=burden, days=reading.day - before.day
        )
        whole[group.index] = chance
        leaves = draw_dropout(
            whole, visit=f"day {reading.day:g}", seed=cohort.seed, first=cohort.first
        )[group.index]
        gone = here & leaves
        if trial.rerandomise is not None and reading.phase > 0:
            gone &= decided.branch != EVERYONE  # the others have left by design
        last[gone] = row - 1
        here &= ~gone
    return last


def _present(path: Path, last: Int64, day: float) -> NDArray[np.bool_]:
    """Return who is still seen on a day, (N,)."""
    days = np.array([r.day for r in path.readings])
    return np.asarray(days[last] >= day)


def _after_leaving(
    group: _Group,
    decided: Decision,
    choice: Int8,
    seen: Seen,
    scores: dict[str, Int16],
    last: Int64,
) -> Conducted:
    """Take away what follows a drop-out: sessions and ratings."""
    path = group.path
    readings = path.readings
    days = np.array([r.day for r in readings] + [np.inf])
    left_on = days[last + 1]
    slot_days = np.array([s.day for s in path.slots]).reshape(-1, 1)
    lost = slot_days >= left_on[None, :]
    kept = np.where(lost, NO_SESSION, choice).astype(np.int8)
    rows = np.arange(len(readings)).reshape(-1, 1)
    absent = rows > last[None, :]
    if group.trial.rerandomise is not None:
        after = np.array([r.phase > 0 for r in readings]).reshape(-1, 1)
        absent |= after & (decided.branch == EVERYONE)[None, :]
    return Conducted(
        latent=seen.madrs,
        scores={
            key: np.where(absent, UNSEEN, totals).astype(np.int16) for key, totals in scores.items()
        },
        seen=seen,
        choice=kept,
        missed=(decided.choice != NO_SESSION) & ~group.came & ~lost,
        last=last,
        decided=decided,
        factors=group.factors,
    )
