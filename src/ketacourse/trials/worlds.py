"""Which account of the mechanism each replicate of a trial lives in.

Nobody knows the typical values, nor which mechanism is right. A trial that is repeated is
therefore repeated in other worlds: the first replicate with the base mechanism at its typical
values, each further one with a joint draw of what is believed. All arms of a replicate share
its world.
"""

from functools import lru_cache

import numpy as np

from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.evidence.posterior import load_posterior
from ketacourse.evidence.variants import BASE
from ketacourse.population.beliefs import Member, members_of
from ketacourse.population.cohort import Cohort, draw_cohort, joined
from ketacourse.trials.design import Trial

DRAWN_WORLDS = 48
"""Worlds beside the most believed one; further replicates go through them again."""


def draw_patients(trial: Trial, cell: int, first: int, count: int) -> Cohort:
    """Return patients ``first`` to ``first + count`` of a cell, each in its replicate's world."""
    size = trial.arms[trial.cells[cell][0]].patients
    start = trial.first_patient(cell)
    parts = []
    at, end = first, first + count
    while at < end:
        replicate = at // size
        stop = end if trial.uncertainty == "typical" else min(end, (replicate + 1) * size)
        world = world_of(trial, replicate)
        parts.append(
            draw_cohort(
                trial.population, seed=trial.seed, first=start + at, count=stop - at,
                belief=world.belief, variant=world.variant,
            )
        )  # fmt: skip
        at = stop
    return joined(parts)


def pilot_patients(trial: Trial, cell: int, count: int) -> Cohort:
    """Return patients on whom the steps are chosen: the first ones, in as many worlds as fit."""
    worlds = [world_of(trial, r) for r in range(min(trial.replicates, PILOT_WORLDS))]
    edges = np.linspace(0, count, len(worlds) + 1).astype(int)
    first = trial.first_patient(cell)
    return joined(
        [
            draw_cohort(
                trial.population, seed=trial.seed, first=first + int(low), count=int(high - low),
                belief=world.belief, variant=world.variant,
            )
            for world, low, high in zip(worlds, edges[:-1], edges[1:], strict=True)
        ]
    )  # fmt: skip


PILOT_WORLDS = 16


def world_of(trial: Trial, replicate: int) -> Member:
    """Return the mechanism and the typical values of one replicate (from 0)."""
    if trial.uncertainty == "typical" or replicate == 0:
        return Member(variant=trial.variant or BASE)
    drawn = _drawn(trial.variant, trial.seed, trial.population.pk_model)
    return drawn[(replicate - 1) % len(drawn)]


@lru_cache(maxsize=4)
def _drawn(variant: str | None, seed: int, pk_model: str) -> tuple[Member, ...]:
    _, members = members_of(
        DRAWN_WORLDS,
        seed=seed,
        catalogue=load_catalogue(),
        pk_model=pk_model,
        posterior=load_posterior(),
        only=variant,
    )
    return members
