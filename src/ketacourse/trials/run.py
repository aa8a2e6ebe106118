"""Run a trial into a folder, and summarise it from there."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ketacourse.errors import InputError
from ketacourse.trials.design import Trial
from ketacourse.trials.executor import DaskExecutor, Executor, SerialExecutor
from ketacourse.trials.folder import open_folder, read_chunk, read_folder, sweep
from ketacourse.trials.gather import gather
from ketacourse.trials.results import TrialResult, result_of, write_result
from ketacourse.trials.storage import SUMMARY, TRIAL, arm_folder, read_rows
from ketacourse.trials.task import CHUNK_PATIENTS, Task, Trajectories, tasks_of
from ketacourse.trials.trial_read import parse_trial
from ketacourse.trials.work import ChunkWork, Counts, count_cell, counts_from, frames_of_cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a trial is.

    Attributes
    ----------
    done, total
        Patients finished, and patients in all; each counts once per arm that treats them.
    rate
        Patients per second in this run; 0 until a chunk is done.
    seconds_left
        What the rest will take at this rate, None while it is not known.
    """

    done: int
    total: int
    rate: float
    seconds_left: float | None


Tell = Callable[[Progress], None]


def run_trial(
    trial: Trial,
    folder: Path,
    *,
    executor: Executor | None = None,
    trajectories: Trajectories = "visits",
    force: bool = False,
    chunk_patients: int = CHUNK_PATIENTS,
    progress: Tell | None = None,
) -> TrialResult:
    """Run a trial, or the rest of one that was stopped, and return its results.

    Parameters
    ----------
    folder
        Where the results go; a folder of the same trial is taken up, any other refused.
    executor
        Who does the work; this process by default. The results do not depend on it.
    trajectories
        ``visits`` stores a row per patient; ``none`` keeps counts only.
    force
        Replace the results of another trial.
    chunk_patients
        Patients of a chunk.
    progress
        Told after each chunk how far the trial is.

    Raises
    ------
    OutputError
        If the folder holds something else, cannot be written, or the disk is full.
    InputError
        If a Dask address does not answer; then nothing was written.
    """
    doer = executor or SerialExecutor()
    if isinstance(doer, DaskExecutor):
        doer.check()
    open_folder(
        folder, trial, trajectories=trajectories, chunk_patients=chunk_patients, force=force
    )
    tasks = list(tasks_of(trial, trajectories=trajectories, chunk_patients=chunk_patients))
    missing = [task for task in tasks if read_chunk(folder, task) is None]
    work = ChunkWork(trial=trial, folder=str(folder.resolve()), trajectories=trajectories)
    total = sum(t.count * len(trial.cells[t.cell]) for t in tasks)
    done = total - sum(t.count * len(trial.cells[t.cell]) for t in missing)
    tell = progress or _silent
    told = _Clock(done=done, total=total)
    tell(told.now(done))
    for task in doer.run(work, missing):
        done += task.count * len(trial.cells[task.cell])
        tell(told.now(done))
    result = result_of(trial, gather(trial, (_record(folder, task) for task in tasks)))
    if missing or not (folder / SUMMARY).is_file():
        write_result(result, folder)
    sweep(folder)
    return result


def load_result(folder: Path) -> TrialResult:
    """Return the results in a folder, from its counts, without simulating.

    Raises
    ------
    InputError
        If the folder holds no finished trial.
    """
    trial, tasks = stored_trial(folder)
    return result_of(trial, gather(trial, (_record(folder, task) for task in tasks)))


def endpoints(folder: Path, trial: Trial | None = None) -> TrialResult:
    """Return the results computed anew from the stored patients, without simulating.

    Parameters
    ----------
    trial
        The same trial with other endpoints, contrasts, subgroups or relapse rule; that of
        the folder by default.

    Raises
    ------
    InputError
        If the folder holds no rows of patients, is not finished, or the other trial is not
        the same in its patients, arms and visits.
    """
    own, tasks = stored_trial(folder)
    asked = own if trial is None else trial
    if _what_was_run(asked) != _what_was_run(own):
        raise InputError(
            f"The trial in '{folder}' has other patients, arms or visits.",
            remedy="Change only endpoints, contrasts, subgroups, relapse and reference.",
        )
    return result_of(asked, gather(asked, _recounted(folder, asked, tasks)))


def stored_trial(folder: Path) -> tuple[Trial, list[Task]]:
    """Return the trial of a folder and its chunks.

    Raises
    ------
    InputError
        If the folder holds no trial, or one of another version of the model.
    """
    stored = read_folder(folder)
    trial = parse_trial(stored.content, where=str(folder / TRIAL), folder=folder)
    if trial.digest != stored.digest:
        trial = replace(trial, digest=stored.digest)
    tasks = tasks_of(
        trial, trajectories=stored.trajectories, chunk_patients=stored.chunk_patients
    )
    return trial, list(tasks)


def _recounted(folder: Path, trial: Trial, tasks: list[Task]) -> Iterator[Counts]:
    for task in tasks:
        record = read_chunk(folder, task)
        names = {} if record is None else record["files"]
        if not names:
            raise InputError(
                f"'{folder}' does not hold the rows of patients {task.first} to "
                f"{task.first + task.count - 1} of a cell.",
                remedy="Finish the trial with trajectories = visits.",
            )
        frames = frames_of_cell(trial, task.cell)
        arms = {
            arm: (read_rows(folder / _file(trial, arm, task), frames[arm]), frames[arm])
            for arm in trial.cells[task.cell]
        }
        yield count_cell(trial, task.cell, arms)


def _file(trial: Trial, arm: int, task: Task) -> str:
    return f"{arm_folder(trial, arm)}/{task.name}.parquet"


def _record(folder: Path, task: Task) -> Counts:
    record = read_chunk(folder, task)
    if record is None:
        raise InputError(
            f"A chunk of the trial in '{folder}' is missing or damaged.",
            remedy="Run the same command again: it makes what is missing.",
        )
    return counts_from(record)


ASKED = ("endpoints", "contrasts", "subgroups", "relapse", "reference", "alpha", "power",
         "title", "note")  # fmt: skip
"""Keys of a trial file that say what is asked of its patients, not what happens to them."""


def _what_was_run(trial: Trial) -> Mapping[str, Any]:
    return {key: value for key, value in trial.content.items() if key not in ASKED}


class _Clock:
    """Turns finished patients into a rate and the time left."""

    def __init__(self, *, done: int, total: int) -> None:
        self._start, self._total, self._since = done, total, time.monotonic()

    def now(self, done: int) -> Progress:
        seconds = time.monotonic() - self._since
        fresh = done - self._start
        rate = fresh / seconds if fresh and seconds > 0.0 else 0.0
        left = (self._total - done) / rate if rate else None
        return Progress(done=done, total=self._total, rate=rate, seconds_left=left)


def _silent(_: Progress) -> None:
    """Tell nobody."""
