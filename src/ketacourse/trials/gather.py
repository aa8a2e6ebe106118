"""Put the counts of all chunks together, one after another."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from ketacourse.trials.counts import Counts
from ketacourse.trials.design import Trial
from ketacourse.trials.endpoint_tally import Block
from ketacourse.trials.rows import Int64
from ketacourse.trials.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The counts of a whole trial.

    Attributes
    ----------
    arms
        Position of each arm to its counts.
    branches
        Positions of an arm and a branch to the counts of those who were dealt to it.
    pooled
        Sums behind the endpoints, as in `EndpointTally`.
    trials
        The same trial by trial, (n_trials, n_sums).
    digest
        Fingerprint of all of it: the same whatever executor, order and size of chunks.
    """

    arms: Mapping[int, Tally]
    branches: Mapping[tuple[int, int], Tally]
    pooled: Tally
    trials: Mapping[str, Int64]
    digest: str


def gather(trial: Trial, chunks: Iterable[Counts]) -> Gathered:
    """Return the sum of the counts of all chunks."""
    arms: dict[int, Tally] = {}
    branches: dict[tuple[int, int], Tally] = {}
    pooled: Tally = {}
    trials: dict[str, Int64] = {}
    for chunk in chunks:
        for arm, tally in chunk.arms.items():
            _add(arms.setdefault(arm, {}), tally)
        for key, tally in chunk.branches.items():
            _add(branches.setdefault(key, {}), tally)
        _add(pooled, chunk.endpoints.pooled)
        for name, block in chunk.endpoints.trials.items():
            trials[name] = _placed(trials.get(name), block)
    ordered = dict(sorted(arms.items()))
    return Gathered(
        arms=ordered,
        branches=dict(sorted(branches.items())),
        pooled=pooled,
        trials=trials,
        digest=_digest(trial, ordered, pooled, trials),
    )


def _add(total: Tally, part: Mapping[str, Int64]) -> None:
    for name, counts in part.items():
        total[name] = total[name] + counts if name in total else counts


def _placed(total: Int64 | None, block: Block) -> Int64:
    end = block.start + len(block.sums)
    have = 0 if total is None else len(total)
    if total is None or end > have:
        wider = np.zeros((max(end, have), block.sums.shape[1]), dtype=np.int64)
        if total is not None:
            wider[:have] = total
        total = wider
    total[block.start : end] += block.sums
    return total


def _digest(
    trial: Trial, arms: Mapping[int, Tally], pooled: Tally, trials: Mapping[str, Int64]
) -> str:
    found = hashlib.sha256(trial.digest.encode())
    groups = [(f"arm {arm}", tally) for arm, tally in arms.items()]
    for title, tally in (*groups, ("pooled", pooled), ("trials", trials)):
        for name in sorted(tally):
            counts = tally[name]
            found.update(json.dumps([title, name, list(counts.shape)]).encode())
            found.update(np.ascontiguousarray(counts, dtype="<i8").tobytes())
    return found.hexdigest()
