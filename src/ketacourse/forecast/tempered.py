"""Tempered sequential Monte Carlo: from the prior to the posterior in small steps.

People drawn from the prior follow the likelihood raised from 0 to 1. At each step they are
picked anew in proportion to their weights and then moved in ways that keep the prior, and
accepted by the tempered likelihood alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import logsumexp

from ketacourse.forecast.cloud import Cloud, drawn, near_anchors
from ketacourse.forecast.people import People, systematic
from ketacourse.forecast.psis import effective_size

Array = NDArray[np.float64]
LogLikelihood = Callable[[People], Array]

PEOPLE = 1500
"""People that are moved."""
KEPT_SHARE = 0.5
"""Share of people that each step must keep worth something."""
MOVES = 4
"""Moves after each step; after the last, twice as many."""
MOST_STEPS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempered:
    """People with equal weights after the last step.

    Attributes
    ----------
    steps
        Number of steps from prior to posterior.
    accepted
        Share of moves accepted in the last step.
    log_evidence
        Log probability of the scores over all possible patients.
    origins
        Number of first drawn people from whom the last ones descend.
    """

    people: People
    steps: int
    accepted: float
    log_evidence: float
    origins: int


def tempered(
    cloud: Cloud,
    log_likelihood: LogLikelihood,
    random: np.random.Generator,
    *,
    people: int = PEOPLE,
) -> Tempered:
    """Return people of the posterior, ``people`` of them, with equal weights."""
    anchor, deviation = drawn(cloud, people, random)
    level, steps, evidence, accepted = 0.0, 0, 0.0, 0.0
    one = log_likelihood(cloud.people(anchor, deviation))
    origin = np.arange(people)
    while level < 1.0 and steps < MOST_STEPS:
        raised = _next_level(one, level)
        weight = (raised - level) * one
        evidence += float(logsumexp(weight) - np.log(people))
        weight = np.exp(weight - logsumexp(weight))
        pick = systematic(weight, people, float(random.random()))
        anchor, deviation, one, origin = anchor[pick], deviation[pick], one[pick], origin[pick]
        level, steps = raised, steps + 1
        turns = MOVES if level < 1.0 else 2 * MOVES
        shares = []
        for turn in range(turns):
            anchor, deviation, one, share = _moved(
                cloud, log_likelihood, random, (anchor, deviation, one), level, turn
            )
            shares.append(share)
        accepted = float(np.mean(shares))
    return Tempered(
        people=cloud.people(anchor, deviation), steps=steps, accepted=accepted,
        log_evidence=evidence, origins=int(np.unique(origin).size),
    )  # fmt: skip


def _next_level(one: Array, level: float) -> float:
    def short(raised: float) -> float:
        weight = (raised - level) * one
        return effective_size(weight - logsumexp(weight)) - KEPT_SHARE * one.size

    if short(1.0) >= 0.0:
        return 1.0
    return float(brentq(short, level, 1.0, xtol=1e-6))


def _moved(
    cloud: Cloud,
    log_likelihood: LogLikelihood,
    random: np.random.Generator,
    state: tuple[NDArray[np.intp], Array, Array],
    level: float,
    turn: int,
) -> tuple[NDArray[np.intp], Array, Array, float]:
    """Return people after one move: of the anchor, of the deviation, or of both."""
    anchor, deviation, one = state
    reach = max(int(cloud.size * (0.3, 0.1, 0.03, 0.01)[turn % 4]), 1)
    turned = (0.9, 0.5, 0.9, 0.3)[turn % 4]
    other = near_anchors(cloud, anchor, reach, random)
    noise = random.standard_normal(deviation.shape)
    moved = np.sqrt(1.0 - turned**2) * deviation + turned * noise
    fresh = log_likelihood(cloud.people(other, moved))
    weight = np.log(cloud.weight[other]) - np.log(cloud.weight[anchor])
    accept = np.log(random.random(one.size)) < level * (fresh - one) + weight
    return (
        np.where(accept, other, anchor),
        np.where(accept[:, None], moved, deviation),
        np.where(accept, fresh, one),
        float(accept.mean()),
    )
