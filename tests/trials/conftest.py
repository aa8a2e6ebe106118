"""Small trials for every test of this folder."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ketacourse.trials.chunk import run_chunk
from ketacourse.trials.counts import Counts, count_cell, frames_of_cell
from ketacourse.trials.design import Trial
from ketacourse.trials.trial_read import parse_trial

SINGLE = {"name": "ketamine", "protocol": "iv_single"}
SHAM = {"name": "midazolam", "control": "midazolam", "session_days": [0]}


@pytest.fixture
def content() -> dict[str, Any]:
    """Return the tables of a small sound trial file."""
    return {
        "title": "small",
        "patients": 40,
        "masking": "active_placebo",
        "visits": [{"days": [1, 3, 7], "scales": ["madrs"]}],
        "arms": [dict(SINGLE), dict(SHAM)],
        "reference": "midazolam",
        "endpoints": [
            {"name": "change", "kind": "change", "day": 3},
            {"name": "response", "kind": "response", "day": 3},
        ],
    }


@pytest.fixture
def make(content) -> Callable[..., Trial]:
    """Return a function that makes the small trial with some keys changed."""

    def call(**changes: Any) -> Trial:
        found = {**content, **changes}
        return parse_trial({k: v for k, v in found.items() if v is not None})

    return call


def count_in_parts(trial: Trial, size: int) -> Iterator[Counts]:
    """Yield the counts of a trial in parts of some patients."""
    for cell in range(len(trial.cells)):
        frames, patients = frames_of_cell(trial, cell), trial.patients_of(cell)
        for first in range(0, patients, size):
            arms = run_chunk(trial, cell, first, min(size, patients - first))
            yield count_cell(trial, cell, {a: (r, frames[a]) for a, r in arms.items()})


@pytest.fixture
def parts() -> Callable[[Trial, int], Iterator[Counts]]:
    """Return a function that yields the counts of a trial in parts of some patients."""
    return count_in_parts


@pytest.fixture
def rows(make):
    """Return a function that runs a changed trial: rows of its arms, by position."""

    def call(*, cell: int = 0, first: int = 0, **changes: Any):
        trial = make(**changes)
        return run_chunk(trial, cell, first, trial.patients_of(cell) - first)

    return call
