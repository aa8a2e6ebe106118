"""Do one task: run the chunk, write its rows, and last of all its counts.

A task can be done twice, by two workers at once, or stopped anywhere: the files of a chunk
are named by what they hold, so that the second writes what the first did.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ketacourse.engine.recorded import record_chain
from ketacourse.trials.chunk import run_chunk
from ketacourse.trials.design import Trial
from ketacourse.trials.endpoint_tally import Block, EndpointTally, endpoint_tally
from ketacourse.trials.folder import chunk_path, read_chunk
from ketacourse.trials.path import paths_of
from ketacourse.trials.rows import ArmRows, Frame, Int64
from ketacourse.trials.storage import arm_folder, file_digest, write_rows, write_text
from ketacourse.trials.tally import Tally, arm_tally
from ketacourse.trials.task import Task, Trajectories
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
        record = {
            "cell": task.cell, "first": task.first, "count": task.count, "files": files,
            **counts.as_data(),
        }  # fmt: skip
        text = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
        write_text(chunk_path(folder, task), text + "\n")
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
class Counts:
    """The counts of some chunks: by arm, and behind the endpoints."""

    arms: Mapping[int, Tally]
    endpoints: EndpointTally

    def as_data(self) -> dict[str, Any]:
        """Return the counts as plain data."""
        return {
            "arms": {str(arm): _plain(tally) for arm, tally in self.arms.items()},
            "pooled": _plain(self.endpoints.pooled),
            "trials": {
                name: {"start": block.start, **_array(block.sums)}
                for name, block in self.endpoints.trials.items()
            },
        }


def counts_from(record: Mapping[str, Any]) -> Counts:
    """Return the counts that were stored as plain data."""
    return Counts(
        arms={int(arm): _tally(tally) for arm, tally in record["arms"].items()},
        endpoints=EndpointTally(
            pooled=_tally(record["pooled"]),
            trials={
                name: Block(start=block["start"], sums=_numbers(block))
                for name, block in record["trials"].items()
            },
        ),
    )


def count_cell(
    trial: Trial, cell: int, arms: Mapping[int, tuple[ArmRows, Frame]]
) -> Counts:
    """Return the counts of the arms of a cell."""
    branches = len(trial.rerandomise.branches) if trial.rerandomise else 0
    return Counts(
        arms={arm: arm_tally(rows, frame, branches) for arm, (rows, frame) in arms.items()},
        endpoints=endpoint_tally(trial, cell, arms),
    )


def frames_of_cell(trial: Trial, cell: int) -> dict[int, Frame]:
    """Return what the columns of each arm of a cell stand for."""
    found: dict[int, Frame] = {}
    for path in paths_of(trial, cell):
        for phase, given in enumerate(path.phases):
            found.setdefault(given.arm, path.frame(trial, phase))
    return found


def _plain(tally: Tally) -> dict[str, Any]:
    return {name: _array(counts) for name, counts in tally.items()}


def _array(counts: Int64) -> dict[str, Any]:
    return {"shape": list(counts.shape), "values": counts.reshape(-1).tolist()}


def _tally(data: Mapping[str, Any]) -> Tally:
    return {name: _numbers(entry) for name, entry in data.items()}


def _numbers(entry: Mapping[str, Any]) -> Int64:
    return np.array(entry["values"], dtype=np.int64).reshape(entry["shape"])
