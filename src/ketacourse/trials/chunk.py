"""Run one chunk of a trial: some patients of one cell, in every arm of the cell.

A chunk depends on nothing but the trial and the range of its patients. The steps of the
engine are chosen once for each path, on the first patients of the cell, and serve every
chunk.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketacourse.engine.accuracy import SPARING_CHECKED, accurate_nodes
from ketacourse.engine.solve import DEFAULT_TOLERANCE, MANY
from ketacourse.population.cohort import Cohort
from ketacourse.population.streams import uniforms
from ketacourse.trials.conduct import Conducted, conduct, pose_group
from ketacourse.trials.covariate_columns import CATEGORIES, NUMBERS
from ketacourse.trials.design import Trial
from ketacourse.trials.path import NO_SESSION, Path, paths_of
from ketacourse.trials.posed import QUANTITIES
from ketacourse.trials.rows import (
    DRUG,
    MISSED,
    SHAM,
    UNSEEN,
    ArmRows,
    Float32,
    Int8,
    Int16,
    Int64,
    joined,
)
from ketacourse.trials.worlds import draw_patients, pilot_patients

Array = NDArray[np.float64]

PILOTS = 256
"""Patients on whom the steps of a path are chosen."""
HIGHEST_PRESSURE = 400
"""Highest systolic pressure that is written down (mmHg)."""


def run_chunk(trial: Trial, cell: int, first: int, count: int) -> dict[int, ArmRows]:
    """Run patients ``first`` to ``first + count`` of a cell.

    Parameters
    ----------
    cell
        Position of the cell in `Trial.cells`.
    first, count
        Range within the cell, from 0.

    Returns
    -------
    dict
        Position of the arm to its patients, ordered by number.
    """
    cohort = draw_patients(trial, cell, first, count)
    within = np.arange(first, first + count)
    parts: dict[int, list[ArmRows]] = {}
    paths = paths_of(trial, cell)
    for position, path in enumerate(paths):
        index = path_members(trial, within, position, len(paths))
        if index.size == 0:
            continue
        done = conduct(trial, path, cohort, index, path_nodes(trial, cell, position))
        for phase, given in enumerate(path.phases):
            if trial.rerandomise is not None and phase > 0:
                continue  # both phases of a re-randomised arm are columns of the same rows
            rows = _rows(trial, path, phase, cohort, within, index, done)
            parts.setdefault(given.arm, []).append(rows)
    return {arm: joined(found) for arm, found in parts.items()}


def path_members(trial: Trial, within: Int64, position: int, paths: int) -> Int64:
    """Return the positions of those who take a path: dealt in turn over the sequences."""
    if trial.crossover is None:
        return np.arange(within.size)
    return np.flatnonzero(within % paths == position)


_NODES: dict[tuple[str, int, int], Array] = {}
"""Steps chosen in this process, by trial, cell and path."""


def path_nodes(trial: Trial, cell: int, position: int) -> Array:
    """Return the steps of a path (h), chosen with every dose given in full."""
    key = (trial.digest, cell, position)
    if key not in _NODES:
        path = paths_of(trial, cell)[position]
        many = trial.patients_of(cell) >= MANY
        pilots = SPARING_CHECKED if many else PILOTS
        cohort = pilot_patients(trial, cell, pilots)
        posed = pose_group(trial, path, cohort, np.arange(pilots))
        _NODES[key] = accurate_nodes(posed.problem, DEFAULT_TOLERANCE, QUANTITIES, sparing=many)
    return _NODES[key]


def _rows(
    trial: Trial,
    path: Path,
    phase: int,
    cohort: Cohort,
    within: Int64,
    index: Int64,
    done: Conducted,
) -> ArmRows:
    """Return the rows of the arm given in one phase."""
    both = trial.rerandomise is not None
    arm = trial.arms[path.phases[phase].arm]
    readings = [i for i, r in enumerate(path.readings) if both or r.phase == phase]
    slots = [i for i, s in enumerate(path.slots) if both or s.phase == phase]
    scores = {key: np.ascontiguousarray(done.scores[key][readings].T) for key in arm.scales}
    session, dose = _sessions(path, slots, cohort, index, done)
    peaks = _peaks(slots, cohort, index, done, session)
    last = np.searchsorted(readings, done.last, side="right") - 1
    numbers, categories = _covariates(cohort, index)
    shape = index.size
    return ArmRows(
        patient=cohort.first + index.astype(np.int64),
        trial=within[index] // arm.patients,
        period=np.full(shape, 0 if both else phase, dtype=np.int8),
        branch=done.decided.branch.astype(np.int8),
        scores=scores,
        latent=np.ascontiguousarray(done.latent[readings].T.astype(np.float32)),
        session=session,
        dose_mg=dose,
        last_visit=last.astype(np.int16),
        dropped=done.last < readings[-1],
        rescue_visit=_rescue_visit(path, readings, done),
        numbers=numbers,
        categories=categories,
        **peaks,
    )


def _sessions(
    path: Path, slots: list[int], cohort: Cohort, index: Int64, done: Conducted
) -> tuple[Int8, Float32]:
    """Return what took place in each slot, and the dose (mg), (N, n_slots)."""
    session = np.full((index.size, len(slots)), UNSEEN, dtype=np.int8)
    dose = np.zeros((index.size, len(slots)), dtype=np.float32)
    weight = cohort.covariates.weight_kg[index]
    for column, slot in enumerate(slots):
        choice = done.choice[slot]
        session[:, column] = np.where(choice >= 0, DRUG, SHAM)
        session[choice == NO_SESSION, column] = UNSEEN
        session[done.missed[slot], column] = MISSED
        for position, given in enumerate(path.slots[slot].doses):
            here = choice == position
            per_kg = given.amount_mg_per_kg
            amount = given.amount_mg if per_kg is None else per_kg * weight[here]
            dose[here, column] = amount
    return session, dose


def _peaks(
    slots: list[int], cohort: Cohort, index: Int64, done: Conducted, session: Int8
) -> dict[str, Any]:
    """Return what was highest in each session, (N, n_slots), -1 without a session."""
    here = (session == SHAM) | (session == DRUG)
    rest = cohort.covariates.sbp_mmhg[index]
    seen, factors = done.seen, done.factors
    rise = (seen.sbp_rise * factors.pressure)[slots].T
    cadss = (seen.cadss * factors.dissociation)[slots].T
    peak = np.minimum(rest[:, None] + rise, HIGHEST_PRESSURE)
    chance = _nausea_draws(cohort, index, slots)
    found: dict[str, NDArray[Any]] = {
        "sbp_peak": np.rint(peak).astype(np.int16),
        "sbp_rise": np.rint(np.minimum(rise, HIGHEST_PRESSURE)).astype(np.int16),
        "cadss": np.rint(np.clip(cadss, 0.0, 92.0)).astype(np.int16),
        "nausea": (chance < seen.nausea[slots].T).astype(np.int8),
    }
    return {
        name: np.where(here, values, UNSEEN).astype(values.dtype) for name, values in found.items()
    }


def _nausea_draws(cohort: Cohort, index: Int64, slots: list[int]) -> Array:
    drawn = [
        uniforms(cohort.seed, f"session:nausea:{slot}", cohort.first, cohort.size)[index, 0]
        for slot in slots
    ]
    return np.stack(drawn, axis=1) if drawn else np.empty((index.size, 0))


def _rescue_visit(path: Path, readings: list[int], done: Conducted) -> Int16:
    days = np.array([path.readings[i].day for i in readings])
    found = np.searchsorted(days, done.decided.rescued_on - 1e-9)
    return np.where(done.decided.rescued_on < 0, UNSEEN, found).astype(np.int16)


def _covariates(cohort: Cohort, index: Int64) -> tuple[dict[str, Float32], dict[str, Int8]]:
    numbers = {
        n: np.asarray(getattr(cohort.covariates, n))[index].astype(np.float32) for n in NUMBERS
    }
    categories: dict[str, Int8] = {"response_class": cohort.response_class[index].astype(np.int8)}
    for name, words in CATEGORIES.items():
        if name == "response_class":
            continue
        values = getattr(cohort.covariates, name)
        if name == "hypertension":
            categories[name] = values[index].astype(np.int8)
            continue
        code = np.zeros(index.size, dtype=np.int8)
        for position, word in enumerate(words):
            code[values[index] == word] = position
        categories[name] = code
    return numbers, categories
