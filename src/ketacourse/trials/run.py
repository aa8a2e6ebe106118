"""Run a trial into a folder, and summarise it from there."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ketacourse.errors import InputError
from ketacourse.trials.counts import Counts, counts_from
from ketacourse.trials.design import Trial
from ketacourse.trials.executor import DaskExecutor, Executor, SerialExecutor
from ketacourse.trials.folder import Stored, open_folder, read_chunk, read_folder, sweep
from ketacourse.trials.gather import gather
from ketacourse.trials.results import TrialResult, result_of, write_result
from ketacourse.trials.storage import SUMMARY, TRIAL, ready_to_write
from ketacourse.trials.task import CHUNK_PATIENTS, Task, Trajectories, tasks_of
from ketacourse.trials.trial_read import parse_trial
from ketacourse.trials.work import ChunkWork, RecountWork, recounted


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
    source: Path | None = None,
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
    source
        Folder of a trial with the same patients, arms and visits: its stored patients are
        counted for the endpoints of this trial, and nothing is simulated.
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
        If a Dask address does not answer, or the source holds other patients; then nothing
        was written.
    """
    doer = executor or SerialExecutor()
    work: ChunkWork | RecountWork
    where = str(folder.resolve())
    if source is None:
        work = ChunkWork(trial=trial, folder=where, trajectories=trajectories)
    else:
        stored = checked_source(source, trial)
        trajectories, chunk_patients = "none", stored.chunk_patients
        work = RecountWork(
            trial=trial, folder=where, source=str(source.resolve()), source_digest=stored.digest
        )
    if isinstance(doer, DaskExecutor):
        doer.check()
    open_folder(
        folder, trial, trajectories=trajectories, chunk_patients=chunk_patients, force=force
    )
    tasks = list(tasks_of(trial, trajectories=trajectories, chunk_patients=chunk_patients))
    missing = [task for task in tasks if read_chunk(folder, task) is None]
    arms = [len(cell) for cell in trial.cells]
    done = sum(t.count * arms[t.cell] for t in tasks) - sum(t.count * arms[t.cell] for t in missing)
    clock = _Clock(done=done, total=sum(t.count * arms[t.cell] for t in tasks))
    tell = progress or _silent
    tell(clock.now(done))
    for task in doer.run(work, missing):
        ready_to_write()  # others are still at work
        done += task.count * arms[task.cell]
        tell(clock.now(done))
    result = result_of(trial, gather(trial, (_counts(folder, task) for task in tasks)))
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
    return result_of(trial, gather(trial, (_counts(folder, task) for task in tasks)))


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
    stored = checked_source(folder, asked)
    counts = (recounted(asked, task, folder, stored.digest) for task in tasks)
    return result_of(asked, gather(asked, counts))


def checked_source(folder: Path, trial: Trial) -> Stored:
    """Return what a folder says of its trial, if it has the patients of another one.

    Raises
    ------
    InputError
        If it holds no trial, no rows of patients, or other patients, arms or visits.
    """
    stored = read_folder(folder)
    if stored.trajectories != "visits":
        raise InputError(
            f"'{folder}' keeps counts only, no rows of patients.",
            remedy="Run its trial again with trajectories = visits.",
        )
    if _what_was_run(trial.content) != _what_was_run(stored.content):
        raise InputError(
            f"The trial in '{folder}' has other patients, arms or visits.",
            remedy="Change only endpoints, contrasts, subgroups, relapse, reference and power.",
        )
    return stored


def stored_trial(folder: Path) -> tuple[Trial, list[Task]]:
    """Return the trial of a folder and its chunks.

    Raises
    ------
    InputError
        If the folder holds no trial.
    """
    stored = read_folder(folder)
    content = dict(stored.content)
    # Who was in a table of patients is in the rows; the table itself may be gone.
    people = {k: v for k, v in content.get("population", {}).items() if k != "table"}
    trial = parse_trial({**content, "population": people}, where=str(folder / TRIAL))
    trial = replace(trial, digest=stored.digest, content=content)
    tasks = tasks_of(trial, trajectories=stored.trajectories, chunk_patients=stored.chunk_patients)
    return trial, list(tasks)


def _counts(folder: Path, task: Task) -> Counts:
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


def _what_was_run(content: Mapping[str, Any]) -> Mapping[str, Any]:
    return {key: value for key, value in content.items() if key not in ASKED}


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
