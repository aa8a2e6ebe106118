"""Do one task: run the chunk, write its rows, and last of all its counts.

A task can be done twice, by two workers at once, or stopped anywhere: the files of a chunk
are named by what they hold, so that the second writes what the first did.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ketacourse.engine.recorded import record_chain
from ketacourse.errors import InputError
from ketacourse.trials.chunk import run_chunk
from ketacourse.trials.counts import Counts, count_cell, frames_of_cell
from ketacourse.trials.design import Trial
from ketacourse.trials.folder import chunk_path, read_chunk
from ketacourse.trials.storage import (
    arm_folder,
    file_digest,
    read_rows,
    write_rows,
    write_text,
)
from ketacourse.trials.task import Task, Trajectories, task_of
from ketacourse.version import VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkWork:
    """What a worker does with a task; it can be sent to another process or machine.

    Attributes
    ----------
    folder
        The output folder, which every worker must see under this name.
    """

    trial: Trial
    folder: str
    trajectories: Trajectories

    def __call__(self, task: Task) -> Task:
        """Run a chunk and store it, unless it is there already."""
        folder = Path(self.folder)
        if read_chunk(folder, task) is not None:
            return task
        frames = frames_of_cell(self.trial, task.cell)
        arms = run_chunk(self.trial, task.cell, task.first, task.count)
        files = {}
        if self.trajectories == "visits":
            for arm, rows in arms.items():
                name = f"{arm_folder(self.trial, arm)}/{task.name}.parquet"
                write_rows(rows, frames[arm], folder / name, self._about(arm))
                files[name] = file_digest(folder / name)
        counts = count_cell(self.trial, task.cell, {a: (r, frames[a]) for a, r in arms.items()})
        write_counts(folder, task, counts, files=files)
        return task

    def _about(self, arm: int) -> dict[str, str]:
        return {
            "arm": self.trial.arms[arm].name,
            "layout": "one row per patient; -1 where nothing was rated or took place",
            "trial_digest": self.trial.digest,
            "model_digest": record_chain().digest,
            "version": VERSION,
            "research": "true" if self.trial.research else "false",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RecountWork:
    """Count stored patients anew instead of running them.

    Attributes
    ----------
    trial
        What is asked of the patients.
    folder
        Where the counts go.
    source, source_digest
        The folder that holds the patients, and the digest of its trial.
    """

    trial: Trial
    folder: str
    source: str
    source_digest: str

    def __call__(self, task: Task) -> Task:
        """Count a chunk and store its counts, unless they are there already."""
        folder = Path(self.folder)
        if read_chunk(folder, task) is None:
            counts = recounted(self.trial, task, Path(self.source), self.source_digest)
            write_counts(folder, task, counts, files={})
        return task


def recounted(trial: Trial, task: Task, source: Path, source_digest: str) -> Counts:
    """Return the counts of a chunk from its stored rows.

    Raises
    ------
    InputError
        If the rows are not there, or damaged.
    """
    stored = task_of(
        source_digest, cell=task.cell, first=task.first, count=task.count, trajectories="visits"
    )
    record = read_chunk(source, stored)
    if record is None or not record["files"]:
        raise InputError(
            f"'{source}' does not hold the rows of patients {task.first} to "
            f"{task.first + task.count - 1} of cell {task.cell}.",
            remedy="Finish that trial first, with trajectories = visits.",
        )
    frames = frames_of_cell(trial, task.cell)
    arms = {}
    for arm in trial.cells[task.cell]:
        path = source / arm_folder(trial, arm) / f"{stored.name}.parquet"
        arms[arm] = (read_rows(path, frames[arm]), frames[arm])
    return count_cell(trial, task.cell, arms)


def write_counts(folder: Path, task: Task, counts: Counts, *, files: Mapping[str, str]) -> None:
    """Store the counts of a chunk, and the files it wrote with their fingerprints."""
    record = {
        "cell": task.cell, "first": task.first, "count": task.count, "files": dict(files),
        **counts.as_data(),
    }  # fmt: skip
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
    write_text(chunk_path(folder, task), text + "\n")
