"""The counts of some chunks of a trial, and how they are written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ketacourse.trials.design import Trial
from ketacourse.trials.endpoint_tally import Block, EndpointTally, endpoint_tally
from ketacourse.trials.path import paths_of
from ketacourse.trials.rows import ArmRows, Frame, Int64
from ketacourse.trials.tally import Tally, arm_tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The counts of some chunks: by arm, by branch, and behind the endpoints.

    ``branches`` is keyed by the positions of an arm and of a branch.
    """

    arms: Mapping[int, Tally]
    branches: Mapping[tuple[int, int], Tally]
    endpoints: EndpointTally

    def as_data(self) -> dict[str, Any]:
        """Return the counts as plain data."""
        return {
            "arms": {str(arm): _plain(tally) for arm, tally in self.arms.items()},
            "branches": {f"{a}:{b}": _plain(tally) for (a, b), tally in self.branches.items()},
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
        branches={
            (int(name.partition(":")[0]), int(name.partition(":")[2])): _tally(tally)
            for name, tally in record["branches"].items()
        },
        endpoints=EndpointTally(
            pooled=_tally(record["pooled"]),
            trials={
                name: Block(start=block["start"], sums=_numbers(block))
                for name, block in record["trials"].items()
            },
        ),
    )


def count_cell(trial: Trial, cell: int, arms: Mapping[int, tuple[ArmRows, Frame]]) -> Counts:
    """Return the counts of the arms of a cell."""
    branches = len(trial.rerandomise.branches) if trial.rerandomise else 0
    return Counts(
        arms={arm: arm_tally(rows, frame, branches) for arm, (rows, frame) in arms.items()},
        branches={
            (arm, branch): arm_tally(rows.of(rows.branch == branch), frame, branches)
            for arm, (rows, frame) in arms.items()
            for branch in range(branches)
        },
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
