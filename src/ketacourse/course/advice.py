r"""Comparing what may follow from each option, draw by draw.

Every option is run on the same possible patients with the same random numbers, so that a
difference between two options is a difference within one and the same possible future. The
functions here see arrays only: they serve one patient (`decide`) as well as thousands at once.

Net benefit of a draw, in symptom-free days,

.. math:: u = w_f d_f + w_p (d_r - d_f) - c_s n_s - c_t n_t - c_p n_p - c_d n_d - c_e e

with days in remission :math:`d_f`, relief days :math:`d_r` (a day in remission counts one, a day
at the patient's baseline nothing, between them in proportion), drug and therapy sessions,
sessions with a pressure surge and with marked dissociation, and exposure in sessions of
0.5 mg/kg.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.preferences import Preferences

Array = NDArray[np.float64]
Verdict = Literal["better", "worse", "same", "open"]

DAYS_PER_WEEK = 7.0
HELD_WEEKS = (4, 8, 12)
"""Weeks from today at which it is asked whether a response still holds."""
LEVEL = 0.8
"""Share of draws inside every interval."""
REFERENCE_MG_PER_KG = 0.5

VERDICT_WORDS: Mapping[Verdict, str] = {
    "better": "better",
    "worse": "worse",
    "same": "no difference that matters",
    "open": "no clear difference: the interval reaches differences that do not matter",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """The lines that decide what a day counts for (true MADRS, points).

    ``baseline`` and ``response`` may differ between the M possible patients, shape (M,).
    """

    remission: float
    response: float | Array
    baseline: float | Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """What one option leads to in each of M draws, over the horizon.

    Attributes
    ----------
    symptom_free_days, relief_days
        Days in remission; the same with days short of it counted in part, (M,).
    held
        Week to whether the mean of the week before it shows a response, (M,).
    sessions, therapy_sessions
        Sessions still to come.
    surge_sessions, dissociative_sessions
        Expected number of sessions with a pressure surge, and with marked dissociation, (M,).
    any_surge, any_dissociation
        Chance of at least one, (M,).
    exposure_mg_per_kg
        Drug still to come, as the intravenous racemate dose of equal exposure (mg/kg).
    """

    symptom_free_days: Array
    relief_days: Array
    held: Mapping[int, NDArray[np.bool_]]
    sessions: int
    therapy_sessions: int
    surge_sessions: Array
    dissociative_sessions: Array
    any_surge: Array
    any_dissociation: Array
    exposure_mg_per_kg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An expected value with the interval that holds `LEVEL` of the draws."""

    mean: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How an option differs from the reference, in net benefit (symptom-free days).

    ``chance_better`` and ``chance_worse`` count differences beyond the indifference.
    """

    estimate: Estimate
    chance_better: float
    chance_worse: float
    verdict: Verdict


def days_below(paths: Array, line: float | Array, weights: Array) -> Array:
    """Return on how many days a course lies at or below a line, shape (M,).

    Parameters
    ----------
    paths
        True severity on each day of the grid (points), shape (M, T).
    line
        A number or one per draw (points).
    weights
        Days that each point of the grid stands for, shape (T,).
    """
    lines = np.asarray(line, dtype=np.float64)
    return np.asarray((paths <= lines.reshape(-1, 1)) @ weights, dtype=np.float64)


def relief(paths: Array, lines: Lines) -> Array:
    """Return what each day counts: 1 in remission, 0 at baseline, in proportion between, (M, T).

    Examples
    --------
    >>> lines = Lines(remission=10.0, response=15.0, baseline=30.0)
    >>> relief(np.array([[8.0, 20.0, 35.0]]), lines)
    array([[1. , 0.5, 0. ]])
    """
    top = np.maximum(np.asarray(lines.baseline, dtype=np.float64), lines.remission + 1.0)
    top = top.reshape(-1, 1)
    return np.asarray(np.clip((top - paths) / (top - lines.remission), 0.0, 1.0))


def day_weights(days: Array, horizon_days: float) -> Array:
    """Return how many days each point of a rising grid stands for; they add up to the horizon.

    Examples
    --------
    >>> day_weights(np.array([1.0, 2.0, 3.0]), 3.0)
    array([0.75, 1.5 , 0.75])
    """
    if days.size == 1:
        return np.array([horizon_days])
    halves = np.diff(days) / 2.0
    weights = np.zeros(days.size)
    weights[:-1] += halves
    weights[1:] += halves
    return np.asarray(weights * horizon_days / weights.sum())


def held_at(paths: Array, days: Array, week: int, line: float | Array) -> NDArray[np.bool_]:
    """Return whether the mean over the week before week ``week`` is in response, shape (M,).

    ``days`` count from today.
    """
    end = week * DAYS_PER_WEEK
    inside = (days > end - DAYS_PER_WEEK - 1e-9) & (days <= end + 1e-9)
    lines = np.asarray(line, dtype=np.float64)
    return np.asarray(paths[:, inside].mean(axis=1) <= lines)


def net_benefit(outcome: Outcome, preferences: Preferences) -> Array:
    """Return the net benefit of each draw (symptom-free days), shape (M,)."""
    p = preferences
    fixed = (
        p.session * outcome.sessions
        + p.therapy_session * outcome.therapy_sessions
        + p.exposure * outcome.exposure_mg_per_kg / REFERENCE_MG_PER_KG
    )
    return np.asarray(
        p.symptom_free_day * outcome.symptom_free_days
        + p.part_day * (outcome.relief_days - outcome.symptom_free_days)
        - p.surge * outcome.surge_sessions
        - p.dissociation * outcome.dissociative_sessions
        - fixed
    )


def estimate(values: Array, weights: Array | None = None) -> Estimate:
    """Return mean and interval of draws, shape (M,)."""
    ends = ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0)
    if weights is None:
        lower, upper = np.quantile(values, ends)
        return Estimate(mean=float(values.mean()), lower=float(lower), upper=float(upper))
    share = weights / weights.sum()
    order = np.argsort(values)
    reached = np.cumsum(share[order])
    lower, upper = (
        values[order][min(int(np.searchsorted(reached, end)), values.size - 1)] for end in ends
    )
    return Estimate(mean=float(values @ share), lower=float(lower), upper=float(upper))


def compare(net: Array, reference: Array, *, indifference: float) -> Difference:
    """Return how an option differs from the reference, both shape (M,), draw by draw."""
    gap = net - reference
    found = estimate(gap)
    verdict: Verdict = "open"
    if found.lower > indifference:
        verdict = "better"
    elif found.upper < -indifference:
        verdict = "worse"
    elif found.lower >= -indifference and found.upper <= indifference:
        verdict = "same"
    return Difference(
        estimate=found,
        chance_better=float(np.mean(gap > indifference)),
        chance_worse=float(np.mean(gap < -indifference)),
        verdict=verdict,
    )


def first_of(expected: Array, burden: Array, *, indifference: float) -> NDArray[np.int64]:
    """Return which option stands first, for each of P patients.

    Options whose expected net benefit is within the indifference of the best one count as
    equal; of those, the one with the least burden stands first.

    Parameters
    ----------
    expected
        Expected net benefit (symptom-free days), shape (P, O); an option that is not open to a
        patient is minus infinity.
    burden
        Rank of each option by burden, fewest sessions first, shape (O,) or (P, O).

    Examples
    --------
    >>> first_of(np.array([[10.0, 11.0, 14.0]]), np.array([0, 1, 2]), indifference=2.0)
    array([2])
    >>> first_of(np.array([[13.0, 11.0, 14.0]]), np.array([0, 1, 2]), indifference=2.0)
    array([0])
    """
    best = expected.max(axis=1, keepdims=True)
    equal = expected >= best - indifference
    ranks = np.broadcast_to(np.asarray(burden, dtype=np.float64), expected.shape)
    return np.asarray(np.argmin(np.where(equal, ranks, np.inf), axis=1), dtype=np.int64)


def ranking(expected: Array, burden: Array, *, indifference: float) -> list[int]:
    """Return the options in order: first as `first_of` says, then again among the rest."""
    left = list(range(expected.size))
    order: list[int] = []
    while left:
        here = np.array(left)
        at = int(first_of(expected[here][None], burden[here], indifference=indifference)[0])
        order.append(left.pop(at))
    return order


def burdens(sessions: Sequence[int], changes: Sequence[int]) -> Array:
    """Return ranks by number of sessions, then by how much they change the plan.

    Examples
    --------
    >>> burdens([2, 0, 2], [0, 1, 1])
    array([1., 0., 2.])
    """
    order = sorted(range(len(sessions)), key=lambda k: (sessions[k], changes[k], k))
    ranks = np.empty(len(sessions))
    ranks[order] = np.arange(len(sessions))
    return ranks
