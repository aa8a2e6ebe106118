"""Streaming sums behind endpoints: over all patients, by subgroup, and trial by trial."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ketacourse.trials.covariate_columns import CATEGORIES, NUMBERS
from ketacourse.trials.design import Endpoint, Subgroup, Trial
from ketacourse.trials.outcomes import Outcome, frames_of, outcome, survival_axis
from ketacourse.trials.rows import ArmRows, Frame, Int64, Mask
from ketacourse.trials.tally import Tally


def levels(subgroup: Subgroup) -> tuple[str, ...]:
    """Return the names of the levels of a subgroup."""
    if subgroup.covariate in NUMBERS:
        unit = NUMBERS[subgroup.covariate]
        return (f"up to {subgroup.cut:g} {unit}", f"above {subgroup.cut:g} {unit}")
    return CATEGORIES[subgroup.covariate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Sums trial by trial: the number of the first trial, and one row per trial."""

    start: int
    sums: Int64


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointTally:
    """Sums behind the endpoints of one chunk.

    Attributes
    ----------
    pooled
        ``i:group`` over all patients, ``i:group:subgroup:level`` by subgroup, and
        ``i:paired:contrast`` over the patients of both arms.
    trials
        ``i:group:size`` and ``i:paired:contrast:size`` trial by trial; the size is that of
        an arm, 0 for each arm's own.
    """

    pooled: Tally
    trials: Mapping[str, Block]


def endpoint_tally(
    trial: Trial, cell: int, arms: Mapping[int, tuple[ArmRows, Frame]]
) -> EndpointTally:
    """Return the sums behind every endpoint for the arms of a cell.

    Parameters
    ----------
    arms
        Position of each arm to its rows and what their columns stand for.
    """
    pooled: Tally = {}
    trials: dict[str, Block] = {}
    axes = tuple(frames_of(trial))
    for number, endpoint in enumerate(trial.endpoints):
        wanted = trial.groups_of(endpoint)
        compared = {n for c in trial.contrasts_of(endpoint) for n in (*c.arms, *c.against)}
        axis = len(survival_axis(endpoint, axes))
        outcomes = {a: outcome(endpoint, trial, rows, frame) for a, (rows, frame) in arms.items()}
        for arm, result in outcomes.items():
            rows = arms[arm][0]
            for group, member in _groups(trial, arm, rows):
                if group not in wanted:
                    continue
                name = f"{number}:{group}"
                pooled[name] = _more(pooled, name, sums(endpoint, result, member, axis))
                for part, inside in _by_subgroup(trial, rows):
                    both = sums(endpoint, result, member & inside, axis)
                    pooled[f"{name}:{part}"] = _more(pooled, f"{name}:{part}", both)
                if group in compared:
                    trials |= _trial_by_trial(
                        trial, cell, arm, name, endpoint, rows, result, member, axis
                    )
        for contrast, within in _paired(trial, endpoint, outcomes):
            name, everybody = f"{number}:paired:{contrast}", np.ones_like(within.counts)
            pooled[name] = sums(DIFFERENCE, within, everybody, axis)
            arm, (rows, _) = next(iter(arms.items()))
            trials |= _trial_by_trial(
                trial, cell, arm, name, DIFFERENCE, rows, within, everybody, axis
            )
    return EndpointTally(pooled=pooled, trials=trials)


DIFFERENCE = Endpoint(name="difference", kind="change", test="t_test")
"""How differences within patients are summed: as numbers."""


def sizes_of(trial: Trial) -> tuple[int, ...]:
    """Return the sizes of arms for which results are kept trial by trial, 0 for their own."""
    own = (0,) if trial.replicates > 1 else ()
    return (*own, *trial.power_patients)


def trials_of(trial: Trial, cell: int, size: int) -> int:
    """Return how many whole trials of a size the patients of a cell make."""
    return trial.patients_of(cell) // size if size else trial.replicates


def _trial_by_trial(
    trial: Trial,
    cell: int,
    arm: int,
    name: str,
    endpoint: Endpoint,
    rows: ArmRows,
    result: Outcome,
    member: Mask,
    axis: int,
) -> dict[str, Block]:
    found = {}
    within = rows.patient - trial.first_patient(cell)
    for size in sizes_of(trial):
        number = within // (size or trial.arms[arm].patients)
        use = result.counts & member & (number < trials_of(trial, cell, size))
        start = int(number[0])
        if start >= trials_of(trial, cell, size):
            continue
        at = number[use] - start
        length = min(int(number[-1]), trials_of(trial, cell, size) - 1) - start + 1
        sums_of = _grouped(endpoint, result.value[use], result.event[use], at, length, axis)
        found[f"{name}:{size}"] = Block(start=start, sums=sums_of)
    return found


def _grouped(
    endpoint: Endpoint, value: Int64, event: Mask, at: Int64, length: int, axis: int
) -> Int64:
    """Return `sums` for each group of patients, shape (length, n_sums)."""
    if endpoint.measure == "survival":
        parts = [
            np.bincount(at[who] * axis + value[who], minlength=length * axis).reshape(length, axis)
            for who in (event, ~event)
        ]
        return np.concatenate(parts, axis=1).astype(np.int64)
    columns = [np.bincount(at, minlength=length), np.bincount(at, weights=value, minlength=length)]
    if endpoint.measure == "continuous":
        columns.append(np.bincount(at, weights=value * value, minlength=length))
    return np.stack(columns, axis=1).astype(np.int64)


def _more(found: Tally, name: str, counts: Int64) -> Int64:
    """Return the counts of a group, which may gather patients of several arms."""
    return found[name] + counts if name in found else counts


def _groups(trial: Trial, arm: int, rows: ArmRows) -> Iterator[tuple[str, Mask]]:
    """Yield the groups that the patients of an arm belong to, and who belongs."""
    yield trial.arms[arm].name, np.ones(rows.size, dtype=np.bool_)
    if trial.rerandomise is not None:
        for position, branch in enumerate(trial.rerandomise.branches):
            yield branch.name, rows.branch == position


def _by_subgroup(trial: Trial, rows: ArmRows) -> Iterator[tuple[str, Mask]]:
    for index, subgroup in enumerate(trial.subgroups):
        for level, _ in enumerate(levels(subgroup)):
            yield f"{index}:{level}", _in_level(subgroup, level, rows)


def _in_level(subgroup: Subgroup, level: int, rows: ArmRows) -> Mask:
    if subgroup.covariate in NUMBERS:
        above = rows.numbers[subgroup.covariate] > np.float32(subgroup.cut or 0.0)
        return np.asarray(above if level else ~above)
    return np.asarray(rows.categories[subgroup.covariate] == level)


def sums(endpoint: Endpoint, result: Outcome, member: Mask, axis: int) -> Int64:
    """Return the sums that an endpoint is estimated from.

    n, sum and sum of squares of a number; n and successes of a yes or no; and for the
    time to an event the events, then the censored, at each day of the axis.
    """
    use = result.counts & member
    value = result.value[use]
    if endpoint.measure == "continuous":
        return np.array([value.size, value.sum(), (value * value).sum()], dtype=np.int64)
    if endpoint.measure == "binary":
        return np.array([value.size, value.sum()], dtype=np.int64)
    event = result.event[use]
    return np.concatenate([
        np.bincount(value[event], minlength=axis), np.bincount(value[~event], minlength=axis)
    ]).astype(np.int64)  # fmt: skip


def _paired(
    trial: Trial, endpoint: Endpoint, outcomes: Mapping[int, Outcome]
) -> Iterator[tuple[str, Outcome]]:
    """Yield the difference within each patient, for contrasts of two arms that share them."""
    names = {trial.arms[arm].name: arm for arm in outcomes}
    for contrast in trial.contrasts_of(endpoint):
        pair = (*contrast.arms, *contrast.against)
        if endpoint.measure == "survival" or len(pair) != 2 or not set(pair) <= set(names):
            continue
        first, second = (outcomes[names[name]] for name in pair)
        yield (
            contrast.name,
            Outcome(
                counts=first.counts & second.counts,
                value=first.value - second.value,
                event=np.zeros(first.counts.shape, dtype=np.bool_),
            ),
        )
