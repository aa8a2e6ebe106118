"""The smallest piece of work: a chunk, named by the digest of everything it depends on."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ketacourse.trials.design import Trial

CHUNK_PATIENTS = 4096
"""Patients of a chunk: enough to hide the cost of a chunk, few enough to lose when killed, and to
share out evenly."""
Trajectories = Literal["visits", "none"]
"""Whether the rows of patients are stored, or their summaries only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One chunk of a trial.

    Attributes
    ----------
    name
        Digest of the trial, the cell, the range and what is stored.
    cell
        Position of the cell.
    first, count
        Range of patients within the cell.
    """

    name: str
    cell: int
    first: int
    count: int


def task_of(digest: str, *, cell: int, first: int, count: int, trajectories: Trajectories) -> Task:
    """Return the task of one range of patients of a trial, given the trial's digest."""
    text = json.dumps([digest, cell, first, count, trajectories])
    name = hashlib.sha256(text.encode()).hexdigest()[:24]
    return Task(name=name, cell=cell, first=first, count=count)


def tasks_of(
    trial: Trial, *, trajectories: Trajectories, chunk_patients: int = CHUNK_PATIENTS
) -> Iterator[Task]:
    """Yield the chunks of a trial in order."""
    for cell in range(len(trial.cells)):
        patients = trial.patients_of(cell)
        for first in range(0, patients, chunk_patients):
            count = min(chunk_patients, patients - first)
            yield task_of(
                trial.digest, cell=cell, first=first, count=count, trajectories=trajectories
            )
